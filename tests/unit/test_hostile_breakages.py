# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every breakage of the table, at a request of every module and at every request that writes.

At a write the panel does what it is asked for, or does not and pretends, and everything may go wrong from there on. The
state afterwards is the old one or the new one, or the error says what is in between.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._endpoints import writes_by_get
from ansible_collections.puqcloud.puqvpn.tests.hostile.runs import (
    UNSURE,
    Ending,
    Site,
    hasten,
    identities,
    objections,
    perform,
    snapshot,
)
from ansible_collections.puqcloud.puqvpn.tests.hostile.scenarios import PLAYS, Play, by_module
from ansible_collections.puqcloud.puqvpn.tests.hostile.tables import BREAKAGES, Breakage
from ansible_collections.puqcloud.puqvpn.tests.hostile.watch import tree
from simulator import Simulator
from simulator.faults import KINDS
from simulator.hostile import FLOODS, GREETINGS

pytestmark = pytest.mark.exhaustive

ONCE, FROM_THERE_ON = "once", "from_there_on"
# In seconds, of requests that stall, of all others, and of those that a busy machine made stall.
SHORT, USUAL, LONG = 0.3, 3.0, 2.0
# In seconds, after which a case is given up that stalls in spite of its timeout.
PATIENCE = 20.0

# What a task finds out that a panel pretended.
LIES = ("value_not_stored", "object_not_stored", "object_not_removed")

PLAYS_OF_TLS = [play for play in PLAYS if play.scenario.id in ("status", "account-create")]

QUICK = [breakage for breakage in BREAKAGES if not breakage.stalls]
STALLS = [breakage for breakage in BREAKAGES if breakage.stalls]


@dataclass(frozen=True)
class Place:
    """A request of a task: the number ``at`` among all, ``nth`` among those that look the same."""

    at: int
    method: str
    path: str
    nth: int

    @property
    def writes(self) -> bool:
        return self.method != "GET" or writes_by_get(self.method, self.path)


@dataclass(frozen=True)
class Case:
    """A breakage at a request of a task."""

    place: Place
    breakage: Breakage
    extent: str = ONCE
    pretend: bool = False

    def __str__(self) -> str:
        pretends = "-pretended" if self.pretend else ""
        return f"{self.place.at + 1}.{self.place.method} {self.place.path}-{self.breakage.id}-{self.extent}{pretends}"

    def arm(self, panel: Simulator) -> None:
        """Let the breakage wait for its request; those before it are answered as usual."""
        where = {"method": self.place.method, "path": self.place.path} if self.extent == ONCE else {}
        before = self.place.nth if self.extent == ONCE else self.place.at
        if before:
            panel.fault("slow", seconds=0, times=before, **where)
        self.breakage.arm(panel, times=1 if self.extent == ONCE else None, pretend=self.pretend, **where)


@dataclass
class Rehearsal:
    """A task on an honest panel: its requests, and the states at the beginning and after each write."""

    places: list[Place]
    states: list[dict[str, Any]]


def rehearse(play: Play, site: Site) -> Rehearsal:
    panel = site.panels[play.generation]
    play.stage(panel, site.folder)
    states = [snapshot(panel, site.folder)]

    def note(method: str, path: str) -> None:
        if method != "GET" or writes_by_get(method, path):
            states.append(snapshot(panel, site.folder))

    ending = perform(play, site, note)
    assert list(objections(ending, site.folder)) == []
    requests = [(request.method, request.path) for request in panel.requests]
    places = [Place(at, *request, requests[:at].count(request)) for at, request in enumerate(requests)]
    return Rehearsal(places, [*states, ending.state])


def shared_out(rehearsals: dict[Play, Rehearsal], breakages: list[Breakage]) -> Iterator[tuple[Play, Case]]:
    """Each breakage at one request of each module, in turn; before a request, it is the first one's."""
    for plays in by_module().values():
        places = itertools.cycle([(play, place) for play in plays for place in rehearsals[play].places])
        for breakage, (play, place) in zip(breakages, places):
            at = rehearsals[play].places[0] if breakage.greeting else place
            yield play, Case(at, breakage, pretend=breakage.refuses and at.writes)


def at_writes(rehearsals: dict[Play, Rehearsal]) -> Iterator[tuple[Play, Case]]:
    """Breakages at requests that write: at those that create or remove something each of them, in several ways.

    Of the tasks for generation 2, the one that recreates something shows all of that.
    """
    at_requests = [breakage for breakage in QUICK if not breakage.greeting and not breakage.heavy]
    # A panel that says that it refused a write, and did it, is no liar that anybody could see through.
    honest = [breakage for breakage in at_requests if not breakage.refuses]
    edits = itertools.cycle(honest)
    for play, rehearsal in rehearsals.items():
        for place in filter(lambda place: place.writes, rehearsal.places):
            if place.method == "PUT" or (play.generation == 2 and not play.scenario.recreates):
                yield from (
                    (play, Case(place, breakage)) for breakage in itertools.islice(edits, len(at_requests) // 5)
                )
                continue
            yield from ((play, Case(place, breakage)) for breakage in honest)
            yield from ((play, Case(place, breakage, pretend=True)) for breakage in at_requests[place.at % 2 :: 2])
            yield from ((play, Case(place, breakage, FROM_THERE_ON)) for breakage in honest[place.at % 3 :: 3])


# --- Runs


@dataclass
class Theatre:
    """A site, the rehearsals of all plays, and their cases."""

    site: Site
    rehearsals: dict[Play, Rehearsal]
    cases: dict[Play, list[Case]]


@pytest.fixture(scope="module")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    """Everything that all cases share, since to start a panel takes longer than a case."""
    with ExitStack() as stack:
        hasten(stack.enter_context(pytest.MonkeyPatch.context()))
        site = open_site(stack, tmp_path_factory.mktemp("site"))
        rehearsals = {play: rehearse(play, site) for play in PLAYS}
        cases: dict[Play, list[Case]] = defaultdict(list)
        for play, case in (*shared_out(rehearsals, QUICK), *at_writes(rehearsals)):
            cases[play].append(case)
        yield Theatre(site, rehearsals, cases)


def open_site(stack: ExitStack, root: Path) -> Site:
    panels = {generation: stack.enter_context(Simulator(generation=generation)) for generation in (1, 2)}
    site = Site(root, panels)
    site.prepare()
    return site


def wrong_with(case: Case, play: Play, site: Site, rehearsal: Rehearsal, timeout: float) -> list[str]:
    """All that is wrong with how a task ends whose panel breaks HTTP."""
    panel = site.panels[play.generation]
    play.stage(panel, site.folder)
    case.arm(panel)
    ending = perform(play, site, timeout=timeout)
    wrong = [*objections(ending, site.folder), *objections_to_state(ending, case, play, rehearsal)]
    if ending.slowest > 1.5 * timeout + 1:
        wrong.append(f"a request took {ending.slowest:.1f} s with a timeout of {timeout} s")
    return wrong


def objections_to_state(ending: Ending, case: Case, play: Play, rehearsal: Rehearsal) -> Iterator[str]:
    old, *between, new = rehearsal.states
    if case.breakage.harmless and not case.pretend and ending.failed:
        yield f"nothing is wrong with the answer: {ending.sentence}"
    yield from blind_repetitions(ending)
    before, goal, now = identities(old), identities(new), identities(ending.state)
    lost, more = (before & goal) - now, now - (before | goal)
    if lost and not (ending.failed and tells_of_a_loss(ending, case, play)):
        yield f"lost {list(lost)}, and no word of it: {ending.sentence}"
    if more:
        yield f"there is one more {list(more)}"
    # What cannot be proved is believed, and so is a payload that looks good: then there may be something else to do.
    as_wished = ending.state == new or (ending.state == old and play.scenario.unproven)
    if not (ending.failed or as_wished or (not case.place.writes and ending.state not in between)):
        yield "success, and not the new state"


def blind_repetitions(ending: Ending) -> Iterator[str]:
    """What creates something is only sent again after a look at whether it is there."""
    for first, second in itertools.pairwise(ending.requests):
        if first == second and (first[0] == "POST" or writes_by_get(*first[:2])):
            yield f"{first[0]} {first[1]} was sent twice in a row"


def tells_of_a_loss(ending: Ending, case: Case, play: Play) -> bool:
    """True when the error says what was done, that it is not known, or what the panel pretends."""
    told = (*UNSURE, play.scenario.in_between or UNSURE[0])
    return any(text in ending.sentence for text in told) or (case.pretend and ending.result["error_code"] in LIES)


# --- Tests


def test_the_table_is_long_and_uses_all_that_the_simulator_can_break() -> None:
    assert len(BREAKAGES) >= 25
    used = {breakage.fault for breakage in BREAKAGES} | {"replace", "scatter", "archive"}
    assert {name for name, kind in KINDS.items() if kind.__module__ == "simulator.hostile"} <= used
    assert {breakage.greeting for breakage in BREAKAGES} - {""} == set(GREETINGS)
    assert {str(breakage.options["part"]) for breakage in BREAKAGES if breakage.fault == "flood"} == set(FLOODS)


@pytest.mark.parametrize("play", PLAYS, ids=str)
def test_breakages(play: Play, theatre: Theatre, subtests: pytest.Subtests) -> None:
    for case in theatre.cases[play]:
        wrong = wrong_with(case, play, theatre.site, theatre.rehearsals[play], USUAL)
        if wrong:
            # Only what fails is reported by itself: there are thousands.
            with subtests.test(case=str(case)):
                assert wrong == []


@pytest.mark.parametrize("breakage", BREAKAGES, ids=lambda breakage: str(breakage.id))
def test_breakages_below_tls(breakage: Breakage, theatre: Theatre, tls_site: Site) -> None:
    timeout = SHORT if breakage.stalls else USUAL
    for play in PLAYS_OF_TLS:
        rehearsal = theatre.rehearsals[play]
        case = Case(rehearsal.places[0], breakage)
        wrong = wrong_with(case, play, tls_site, rehearsal, timeout)
        # A busy machine stalls, too.
        still = wrong_with(case, play, tls_site, rehearsal, LONG) if wrong and breakage.stalls else wrong
        assert still == []


@pytest.fixture(scope="module")
def tls_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site of one panel that speaks TLS."""
    with Simulator(tls=True) as panel:
        site = Site(tmp_path_factory.mktemp("site"), {1: panel})
        site.prepare()
        yield site


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ExitStack, list[Site]]]:
    """A site for each module, since what stalls takes its time."""
    with ExitStack() as stack:
        yield stack, [open_site(stack, tmp_path_factory.mktemp("site")) for _module in by_module()]


@pytest.mark.parametrize("breakage", STALLS, ids=lambda breakage: str(breakage.id))
def test_stalls(
    breakage: Breakage, theatre: Theatre, sites: tuple[ExitStack, list[Site]], subtests: pytest.Subtests
) -> None:
    stack, free = sites
    cases = list(shared_out(theatre.rehearsals, [breakage]))
    if not breakage.greeting:
        # At another request of each module each time.
        at = STALLS.index(breakage)
        cases = [(play, Case(turned(theatre.rehearsals[play].places, at), breakage)) for play, _case in cases]
    with ThreadPoolExecutor(len(cases)) as pool:
        running = [
            (play, case, site, pool.submit(wrong_with, case, play, site, theatre.rehearsals[play], SHORT))
            for (play, case), site in zip(cases, free)
        ]
        wait([future for *_case, future in running], PATIENCE)
        ended = [(play, case, site, *result_of(stack, site, future)) for play, case, site, future in running]
    for play, case, site, wrong, hangs in ended:
        # A busy machine stalls, too. What is wrong is so for a patient client on its own as well.
        still = wrong_with(case, play, site, theatre.rehearsals[play], LONG) if wrong and not hangs else wrong
        with subtests.test(case=f"{play}-{case}"):
            assert still == []


def turned(places: list[Place], at: int) -> Place:
    return places[at % len(places)]


def result_of(stack: ExitStack, site: Site, future: Future[list[str]]) -> tuple[list[str], bool]:
    """What is wrong with a case, and whether it had to be given up: its panel goes away then."""
    if future.done():
        return future.result(), False
    for generation, panel in site.panels.items():
        panel.stop()
        site.panels[generation] = stack.enter_context(Simulator(generation=generation))
    return ["it hangs"], True


def test_nothing_around_the_folders_was_touched(theatre: Theatre) -> None:
    assert set(tree(theatre.site.root)) - {"given/file"} == {"given", "others", "others/precious"}
