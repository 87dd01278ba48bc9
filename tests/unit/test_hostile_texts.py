# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every text of the table in every field, name, file name, header and error that a task of any module gets to see.

All fields of an answer show a text at once, and each field shows some of the texts alone; one that names something or
leads somewhere shows all of them alone. Where many tasks read the same answer, the texts are shared out among them.
Panels of generation 2 show a fifth of the texts at each place, by turns: what becomes of a text is the same for both.
"""

from __future__ import annotations

import itertools
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._endpoints import writes_by_get
from ansible_collections.puqcloud.puqvpn.tests.hostile.runs import (
    Identities,
    Site,
    hasten,
    identities,
    losses,
    objections,
    perform,
    snapshot,
)
from ansible_collections.puqcloud.puqvpn.tests.hostile.scenarios import PLAYS, Play, by_module
from ansible_collections.puqcloud.puqvpn.tests.hostile.tables import VALUES, texts
from ansible_collections.puqcloud.puqvpn.tests.hostile.watch import tree
from ansible_collections.puqcloud.puqvpn.tests.unit.scenarios import FOLDER
from simulator import Simulator
from simulator.hostile import leaves

pytestmark = pytest.mark.exhaustive

T = TypeVar("T")

# Fields whose texts become a name, a path, an address, a date or a decision somewhere.
TELLING = frozenset(
    "account address allowed_IPs backup_name creation_date domain dst_port interface_name ipv4 key lifetime name "
    "network_name protocol size status to_peer username version wg_name".split()
)
# How many texts, and values of other types, every other field shows alone, and how many the answer to a write shows.
SOME_TEXTS, SOME_VALUES, MANY_TEXTS = 2, 3, 8
# The part of all texts that a place shows on a panel of generation 2, where one of generation 1 shows all.
PART_OF_2 = 5
# Names of objects that tasks come upon and are not about, one of each family.
NAMES = ("bob", "other", "neighbour", "kept.zip")
HEADERS = ("Content-Type", "Content-Disposition", "Content-Encoding", "Retry-After", "Set-Cookie", "Link", "X-Any")
ENVELOPE = ("error", "status", "result", "message")
# Words in paths and positions that are names and numbers.
VARIABLE = frozenset("alice bob carol dave office Default other kept.zip another.zip peer_1 2026 3 tcp udp".split())


# --- Cases


@dataclass(frozen=True)
class Case:
    """A lie, and the text or value that it shows."""

    id: str
    arm: Callable[[Simulator], None]
    renames_to: str | None = None


@dataclass
class Rehearsal:
    """A task on an honest panel: the objects before and after it, and what it read."""

    before: Identities
    goal: Identities
    answers: list[tuple[str, str, Any]]


@dataclass
class Positions:
    """The places of one kind: ``places`` are tasks with the path and the position of each."""

    places: list[tuple[Play, str, str]] = field(default_factory=list)

    def shared_out(self, things: Iterable[T]) -> Iterator[tuple[Play, str, str, T]]:
        """Each thing at one of the places, in turn."""
        for place, thing in zip(itertools.cycle(self.places), things):
            yield (*place, thing)


def rehearse(play: Play, site: Site) -> Rehearsal:
    panel = site.panels[play.generation]
    play.stage(panel, site.folder)
    before = identities(snapshot(panel, site.folder))
    ending = perform(play, site)
    assert list(objections(ending, site.folder)) == []
    answers = [(method, path, _document(content)) for method, path, content in ending.answers]
    return Rehearsal(before, identities(ending.state), answers)


def _document(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return {}


class Cases:
    """All cases of all plays: which play tries what is decided here, the same in every run."""

    def __init__(self, rehearsals: dict[Play, Rehearsal], site: Site) -> None:
        self.texts = texts(site.canary)
        self.of: dict[Play, list[Case]] = defaultdict(list)
        self._rotating = itertools.cycle(self.texts.items())
        self._answers: dict[Any, Positions] = defaultdict(Positions)
        self._fields: dict[Any, Positions] = defaultdict(Positions)
        self._names: dict[Any, Positions] = defaultdict(Positions)
        for play, rehearsal in rehearsals.items():
            for method, path, document in rehearsal.answers:
                self._note(play, method, path, document)
        self._lie_in_all_fields()
        self._lie_in_one_field()
        self._lie_about_names()
        self._lie_in_memory()
        self._lie_in_errors_and_headers(rehearsals)

    def _note(self, play: Play, method: str, path: str, document: Any) -> None:
        """Note where an answer can be a lie; of many entries alike, the first and the last."""
        operation = (play.generation, method, *_generalized(path.split("/")))
        self._answers[operation].places.append((play, path, ""))
        alike: dict[Any, list[str]] = defaultdict(list)
        for position, _value in leaves(document):
            alike[tuple(_generalized(position.split(".")))].append(position)
        for kind, positions in alike.items():
            # Parts of the envelope are fields of their own, and so are entries without a name.
            name = kind[-1] if len(kind) > 1 and kind[-1] != "*" else kind[-2:]
            # A panel that says that it refused a write, and did it, is no liar that anybody could see through.
            refuses = len(kind) == 1 and kind[0] in ENVELOPE and (method != "GET" or writes_by_get(method, path))
            for position in dict.fromkeys((positions[0], positions[-1])) if not refuses else ():
                self._fields[(*operation, name)].places.append((play, path, position))
        for kind, position in _names_of_objects(document):
            self._names[(*operation, kind)].places.append((play, path, position))

    def _shown(self, generation: int) -> Iterable[tuple[str, str]]:
        """All texts, or those whose turn it is."""
        all_ = self.texts.items()
        return all_ if generation == 1 else itertools.islice(self._rotating, len(all_) // PART_OF_2)

    def _lie_in_all_fields(self) -> None:
        for (generation, method, *_path), answer in self._answers.items():
            # Of the answer to a write little is read.
            shown = self._shown(generation) if method == "GET" else itertools.islice(self._rotating, MANY_TEXTS)
            for play, path, _all, (id, text) in answer.shared_out(shown):
                self._replace(play, path, ["msg", "msg.*", "data", "data.*"], f"all-{id}", value=text)

    def _lie_in_one_field(self) -> None:
        types = itertools.cycle(VALUES.items())
        for (generation, method, *_path, name), positions in self._fields.items():
            is_telling = name in TELLING and method == "GET"
            shown = self._shown(generation) if is_telling else itertools.islice(self._rotating, SOME_TEXTS)
            shows_all = is_telling and generation == 1
            values = VALUES.items() if shows_all else itertools.islice(types, SOME_VALUES)
            for play, path, position, (id, value) in positions.shared_out([*shown, *values]):
                self._replace(play, path, position, f"{position}-{id}", value=value)
            for play, path, position, (id, text) in positions.shared_out(itertools.islice(self._rotating, 1)):
                self._replace(play, path, position, f"field_{position}-{id}", name=text)

    def _lie_about_names(self) -> None:
        for (generation, *_path), positions in self._names.items():
            for play, path, position, (id, text) in positions.shared_out(self._shown(generation)):
                self._replace(play, path, position, f"name_{position}-{id}", name=text)

    def _lie_in_memory(self) -> None:
        """Objects that have such a name everywhere, for one task of each module at a time."""
        for (generation, _module), plays in by_module().items():
            # What is restored has the names from before.
            able = [play for play in plays if play.scenario.parameters.get("state") != "restored"]
            for play, (id, text) in zip(itertools.cycle(able), self._shown(generation)):
                self.of[play].append(Case(f"renamed-{id}", _renaming(text), text))

    def _lie_in_errors_and_headers(self, rehearsals: dict[Play, Rehearsal]) -> None:
        for (generation, _module), plays in by_module().items():
            places = [(play, answer) for play in plays for answer in rehearsals[play].answers]
            for (play, (method, path, _document)), (id, text) in zip(itertools.cycle(places), self._shown(generation)):
                self._fault(play, method, path, f"error-{id}", "error", text=text)
        headers = itertools.product(HEADERS, self.texts.items())
        for play, (header, (id, text)) in zip(itertools.cycle(rehearsals), headers):
            method, path, _document = rehearsals[play].answers[-1]
            self._fault(play, method, path, f"header_{header}-{id}", "header", name=header, value=text)

    def _replace(self, play: Play, path: str, at: str | list[str], id: str, **change: Any) -> None:
        self._fault(play, None, path, id, "replace", at=at, **change)

    def _fault(self, play: Play, method: str | None, path: str, id: str, kind: str, **options: Any) -> None:
        def arm(panel: Simulator) -> None:
            panel.fault(kind, method=method, path=path, times=None, **options)

        self.of[play].append(Case(f"{path}-{id}", arm))


def _generalized(words: Iterable[str]) -> list[str]:
    return ["*" if word in VARIABLE or word.isdigit() else word for word in words]


def _names_of_objects(document: Any) -> Iterator[tuple[str, str]]:
    """The positions of objects that are keyed by name."""
    for envelope, payload in document.items() if isinstance(document, dict) else ():
        if isinstance(payload, dict) and any(isinstance(held, dict) for held in payload.values()):
            yield from ((envelope, f"{envelope}.{name}") for name in payload)


def _renaming(text: str) -> Callable[[Simulator], None]:
    def arm(panel: Simulator) -> None:
        for name in NAMES:
            panel.rename(name, text)

    return arm


# --- Runs


@dataclass
class Theatre:
    """A site, the rehearsals of all plays on it, and all cases."""

    site: Site
    rehearsals: dict[Play, Rehearsal]
    cases: Cases


@pytest.fixture(scope="module")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    """Everything that all cases share, since to start a panel takes longer than a case."""
    with ExitStack() as stack:
        panels = {generation: stack.enter_context(Simulator(generation=generation)) for generation in (1, 2)}
        hasten(stack.enter_context(pytest.MonkeyPatch.context()))
        site = Site(tmp_path_factory.mktemp("site"), panels)
        site.prepare()
        rehearsals = {play: rehearse(play, site) for play in PLAYS}
        yield Theatre(site, rehearsals, Cases(rehearsals, site))


def wrong_with(case: Case, play: Play, theatre: Theatre) -> list[str]:
    """All that is wrong with how a task ends that is told a lie."""
    site, rehearsal = theatre.site, theatre.rehearsals[play]
    panel = site.panels[play.generation]
    play.stage(panel, site.folder)
    case.arm(panel)
    if FOLDER in play.scenario.parameters.values():
        # However it is called, and whatever path that makes.
        panel.fault("archive", method="GET", path="backups/?*", times=None)
    before, goal = rehearsal.before, rehearsal.goal
    if case.renames_to is not None:
        before, goal = (_renamed(held, case.renames_to) for held in (before, goal))
    ending = perform(play, site)
    return [*objections(ending, site.folder), *losses(ending, play, before, goal)]


def _renamed(held: Identities, text: str) -> Identities:
    renamed: Identities = Identities()
    for (family, name), count in held.items():
        words = [text if word in NAMES else word for word in name.split(" ")]
        renamed[family, " ".join(words)] += count
    return renamed


def test_the_table_is_long_and_its_texts_differ(theatre: Theatre) -> None:
    shown = theatre.cases.texts
    assert len(shown) >= 40
    assert len(set(shown.values())) == len(shown)


@pytest.mark.parametrize("play", PLAYS, ids=str)
def test_lies(play: Play, theatre: Theatre, subtests: pytest.Subtests) -> None:
    around = tree(theatre.site.root / "others")
    for case in theatre.cases.of[play]:
        wrong = wrong_with(case, play, theatre)
        if wrong:
            # Only what fails is reported by itself: there are thousands.
            with subtests.test(case=case.id):
                assert wrong == []
    assert tree(theatre.site.root / "others") == around
    assert sorted(path.name for path in theatre.site.root.iterdir()) == ["given", "others"]
