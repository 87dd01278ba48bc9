# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every fault of a panel at every request of every kind of task, once and for as long as the task runs.

However it ends: with a result or a documented error that says what failed where and shows no secret; the panel holds
the old state or the new one, or the error says what is in between; and when the fault is gone the task ends well.
"""

from __future__ import annotations

import contextlib
import functools
import json
import re
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from types import SimpleNamespace
from typing import Any, Dict, Tuple

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils import _client, _rotate_keys
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import PuqVpnError
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._task import failure
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import Connect
from ansible_collections.puqcloud.puqvpn.tests.unit.scenarios import (
    ACT,
    ANYTHING,
    ARCHIVE,
    CREATE,
    HINT,
    JUDGED,
    LINK,
    LIST,
    PAIRS,
    PART,
    POLL,
    READ,
    SCENARIOS,
    SECRETS,
    WRITE,
    Place,
    Scenario,
    state_of,
)
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import MODULES
from cryptography.hazmat.primitives import serialization
from simulator import Simulator, material
from simulator.faults import KINDS, SETTINGS

pytestmark = pytest.mark.exhaustive

ONCE, ALWAYS, OUTAGE = "once", "always", "outage"
UNKNOWN = "write_fate_unknown"


@dataclass(frozen=True)
class Fault:
    """A fault, and what a task makes of it: ``code``, the error of a request that it hits.

    ``acts`` is true when the operation has run, ``passes`` when another try is worth it, ``refuses`` when the panel
    says that it did nothing, ``succeeds`` when a write is answered with success although the payload makes no sense.
    """

    id: str
    kind: str
    code: str
    options: dict[str, Any] = field(default_factory=dict)
    acts: bool = False
    passes: bool = False
    refuses: bool = False
    succeeds: bool = False


HARMLESS = "harmless"

FAULTS = [
    Fault("drop_before", "drop_before", "connection_lost", passes=True),
    Fault("drop_after", "drop_after", "connection_lost", acts=True, passes=True),
    Fault("short_body", "short_body", "answer_truncated", acts=True, passes=True),
    Fault("unavailable", "status", "unavailable", {"code": 503}, passes=True),
    Fault("bad_gateway_after", "status", "unavailable", {"code": 502, "run": True}, acts=True, passes=True),
    Fault("rate_limit", "rate_limit", "rate_limited", passes=True),
    Fault("busy", "error", "panel_busy", {"text": "PUQVPNCP status not OK"}, passes=True, refuses=True),
    Fault("internal_error", "status", "http_error", {"code": 500}),
    Fault("internal_error_after", "status", "http_error", {"code": 500, "run": True}, acts=True),
    Fault("not_found_page", "status", "unknown_operation", {"code": 404}, refuses=True),
    Fault("login_page", "login_page", "answer_is_html"),
    Fault("redirect", "redirect", "redirected"),
    Fault("error", "error", "panel_refused", {"text": "Something failed"}, refuses=True),
    Fault("echo_credential", "echo_credential", "not_authorized", refuses=True),
    Fault("cut_json", "cut_json", "answer_truncated", acts=True),
    Fault("wrong_json", "wrong_type", "answer_wrong_type", {"body": [1]}, acts=True),
    Fault("wrong_payload", "wrong_type", "answer_wrong_type", acts=True, succeeds=True),
    Fault("empty", "empty", "answer_empty", acts=True),
    Fault("bad_utf8", "bad_utf8", "answer_not_utf8", acts=True),
    Fault("set_cookie", "set_cookie", HARMLESS, acts=True),
]
STALLS = [
    # An hour is longer than the panel lives, so that the operation never runs.
    Fault("slow", "slow", "timeout", {"seconds": 3600}, passes=True),
    Fault("drip", "drip", "timeout", acts=True, passes=True),
    # Nobody waits the ten seconds in which it gets larger than any answer that is read.
    Fault("endless", "endless", "timeout", {"seconds": 0.01}, acts=True, passes=True),
]
OUTAGES = [fault for fault in FAULTS if fault.id in ("drop_before", "drop_after", "unavailable")]
NOT_STORED = Fault("not_stored", "not_stored", "", acts=True)
RACE = Fault("race", "race", "already_exists")

# What the simulator can falsify of the writes with PUT.
IN_MEMORY = "|".join([r"account/[^/]+", r"client/[^/]+", r"wireguard/[^/]+", *map(re.escape, SETTINGS)])

# What a write that was answered with success and forgotten ends with: what is found out by reading, or what the panel
# says to the next write of the task, which builds on the first.
LIES = {"value_not_stored", "object_not_stored", "object_not_removed", "already_exists", "panel_refused", "not_found"}
# A plan of several changes names both.
LIES |= {"changes_failed"}

TIMEOUT = 0.2
"""Of a request that stalls, in seconds."""

# A panel of each generation, and a folder.
Site = Tuple[Dict[int, Simulator], Path]
SITES = 15


# --- A case


@dataclass(frozen=True)
class Case:
    """A fault at one request of a task."""

    scenario: Scenario
    place: Place
    fault: Fault
    extent: str

    def __str__(self) -> str:
        return "-".join([self.scenario.id, str(self.place), self.fault.id, self.extent])

    def arm(self, panel: Simulator) -> None:
        """Let the fault wait for its request; those before it are answered as usual."""
        where = {} if self.extent == OUTAGE else {"method": self.place.method, "path": self.place.path}
        before = self.place.at if self.extent == OUTAGE else self.place.nth
        if before:
            panel.fault("slow", seconds=0, times=before, **where)
        options = dict(self.fault.options)
        if self.fault.id == "error" and self.scenario.secret:
            # A panel may well repeat what it was given.
            options["text"] += f": {self.scenario.secret}"
        if self.fault.kind == "wrong_value" and self.scenario.wrong:
            options["field"], options["value"] = self.scenario.wrong
        panel.fault(self.fault.kind, times=1 if self.extent == ONCE else None, **where, **options)


def cases(faults: list[Fault], *extents: str, writes_only: bool = False) -> list[Case]:
    return [
        Case(scenario, place, fault, extent)
        for scenario in SCENARIOS
        for place in scenario.places
        if place.writes or not writes_only
        for fault in faults
        for extent in extents
        if not repeats_another(place, fault, extent)
    ]


def repeats_another(place: Place, fault: Fault, extent: str) -> bool:
    """True for a case that goes as the one with the same fault once: the task ends there, before any write."""
    return extent == ALWAYS and place.role == READ and not place.writes_before and not fault.passes


def in_turn(cases: list[Case], alike: Callable[[Case], Any]) -> list[Case]:
    """All cases of generation 1; of generation 2, one of those at a place that are ``alike``, by turns.

    When a request is sent again, and for how long, is the same for both generations.
    """
    groups: dict[Any, list[Case]] = defaultdict(list)
    for number, case in enumerate(cases):
        is_of_1 = case.scenario.generation == 1
        groups[number if is_of_1 else (case.scenario.id, case.place.at, alike(case))].append(case)
    return [group[number % len(group)] for number, group in enumerate(groups.values())]


@dataclass(frozen=True)
class Expected:
    """How a case may end."""

    succeeds: bool = True
    fails: bool = True
    codes: frozenset[str] = frozenset()


SUCCESS = Expected(fails=False)


def failing(*codes: str) -> Expected:
    return Expected(succeeds=False, codes=frozenset(codes))


def is_success(case: Case) -> bool:
    """True for an answer that says success with a payload that makes no sense; a 2.x panel need not say more."""
    return case.fault.succeeds or (case.fault.id == "wrong_json" and case.scenario.generation == 2)


def expected(case: Case) -> Expected:
    """How a case ends: what is repeated, looked for, or let pass succeeds, everything else fails with its own code."""
    fault, place = case.fault, case.place
    if fault.code == HARMLESS:
        return SUCCESS
    if is_success(case) and place.role in (WRITE, CREATE, ANYTHING, ACT):
        # A new object that needs a correction is only known from the answer.
        corrected = place.role == CREATE and case.scenario.places[place.at + 1 :][:1]
        return Expected(codes=frozenset({"value_not_stored"})) if corrected and corrected[0].writes else SUCCESS
    if fault.succeeds and case.scenario.module == "request" and place.role == READ:
        return failing(fault.code, "not_found")
    if case.scenario.recreates and place.method == "DELETE" and fault.acts and case.extent != OUTAGE:
        # What came of a removal whose answer cannot be read is found out by reading.
        return SUCCESS
    special = _BY_ROLE[place.role](case) if place.role in _BY_ROLE else None
    if special is not None:
        return special
    return SUCCESS if fault.passes and case.extent == ONCE else failing(fault.code)


def _polled(case: Case) -> Expected | None:
    if case.fault.passes or (case.fault.succeeds and case.scenario.generation == 1):
        # A panel that restarts, or tells nothing, is waited for.
        return SUCCESS if case.extent == ONCE else failing("panel_busy")
    return None


def _downloaded(case: Case) -> Expected | None:
    special = {
        "cut_json": failing("archive_damaged"),
        # Two bytes more somewhere: an archive may bear them, behind its end.
        "bad_utf8": Expected(codes=frozenset({"archive_damaged"})),
        "wrong_payload": failing("answer_is_data"),
    }
    return special.get(case.fault.id)


def _gathered(case: Case) -> Expected | None:
    """What the panel refuses or does not know is told in the result."""
    fault, generation = case.fault, case.scenario.generation
    if generation == 2:
        # Not even the form of what a 2.x panel answers is documented, and whether it lists its clients.
        foreign = WITHOUT_LIST if case.place.path == "client" else ("answer_wrong_type",)
        return SUCCESS if fault.code in foreign or (fault.refuses and fault.code in WITHOUT_LIST) else None
    return SUCCESS if fault.refuses and fault.code in ("panel_refused", "unknown_operation") else None


def _judged(case: Case) -> Expected | None:
    """Whatever the failure, the panel is not healthy, and the task was asked to fail then."""
    return None if case.fault.passes and case.extent == ONCE else failing("not_healthy")


def _created(case: Case) -> Expected | None:
    """A POST whose fate is unknown is looked for, and sent again only when nothing is there."""
    fault = case.fault
    if fault.refuses:
        return None
    if case.extent == OUTAGE:
        return failing(fault.code, UNKNOWN)
    if fault.acts or (fault.passes and case.extent == ONCE):
        return SUCCESS
    codes = frozenset({fault.code, UNKNOWN})
    return Expected(codes=codes) if case.extent == ONCE else Expected(succeeds=False, codes=codes)


def _linked(case: Case) -> Expected | None:
    """Nothing tells a link whose answer was lost from others, so the request is not sent again."""
    return None if case.fault.refuses or case.fault.succeeds else failing(case.fault.code, UNKNOWN)


def _hinted(case: Case) -> Expected | None:
    """What is refused or makes no sense is done without."""
    is_answer = case.fault.refuses or case.fault.code == "answer_wrong_type"
    return SUCCESS if is_answer and case.fault.code != "panel_busy" else None


# What a panel may answer for a list that it does not have: then the objects are read one by one.
WITHOUT_LIST = ("answer_is_html", "answer_wrong_type", "panel_refused", "unknown_operation")


def _listed(case: Case) -> Expected | None:
    return SUCCESS if case.fault.code in WITHOUT_LIST else None


_BY_ROLE = {
    ACT: _linked,
    LIST: _listed,
    POLL: _polled,
    ARCHIVE: _downloaded,
    CREATE: _created,
    LINK: _linked,
    HINT: _hinted,
    PART: _gathered,
    JUDGED: _judged,
}


# --- A run


class Clock(threading.local):
    """The time as a client sees it that does not wait for its pauses."""

    pauses: list[float] = []

    def monotonic(self) -> float:
        return time.monotonic() + sum(self.pauses)


CLOCK = Clock()


@dataclass
class Stage:
    """Panels, a folder for files, what lets clients talk to a panel, and where further panels wait."""

    panels: dict[int, Simulator]
    folder: Path
    connect: Connect
    sites: SimpleQueue[Site]
    generation: int = 1

    @property
    def panel(self) -> Simulator:
        """The panel of the scenario that the stage was set for."""
        return self.panels[self.generation]

    def set_for(self, scenario: Scenario) -> None:
        """Bring the panel of the scenario and the folder to where its task finds them."""
        self.generation = scenario.generation
        scenario.stage(self.panel, self.folder)

    def client(self, **options: Any) -> PanelClient:
        client = self.connect(self.panel, busy_timeout=1, **options)
        CLOCK.pauses = client.pauses  # type: ignore[attr-defined]
        return client

    def state(self) -> dict[str, Any]:
        return state_of(self.panel, self.folder)


@contextlib.contextmanager
def stage_of(sites: SimpleQueue[Site], connect: Connect) -> Iterator[Stage]:
    """One of the panels that wait, until the end of the block."""
    panels, folder = sites.get(timeout=60)
    try:
        yield Stage(panels, folder, connect, sites)
    finally:
        sites.put((panels, folder))


@dataclass
class Outcome:
    """How a task ended, and what was there afterwards."""

    result: dict[str, Any]
    error: PuqVpnError | None
    warnings: list[str]
    state: dict[str, Any]

    def __str__(self) -> str:
        ending = failure(self.error) if self.error else self.result
        return json.dumps([ending, self.warnings], default=str)


@dataclass(frozen=True)
class Rehearsal:
    """The states that a run without faults goes through: at the beginning and after each write, and at the end.

    ``recovered`` are the states that a fault left behind and another run of the task was seen to put right.
    """

    states: list[dict[str, Any]]
    new: dict[str, Any]
    warnings: list[str]
    recovered: list[dict[str, Any]] = field(default_factory=list)

    @property
    def old(self) -> dict[str, Any]:
        return self.states[0]


def requests_of(panel: Simulator) -> list[str]:
    return [f"{request.method} {request.path}" for request in panel.requests]


def attempt(scenario: Scenario, stage: Stage, client: PanelClient) -> Outcome:
    try:
        result, error = scenario.perform(client, stage.folder), None
    except PuqVpnError as raised:
        result, error = {}, raised
    warnings = [text for text in client.warnings if not (scenario.warns and text.startswith(scenario.warns))]
    return Outcome(result, error, warnings, stage.state())


def rehearse(scenario: Scenario, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Rehearsal:
    stage.set_for(scenario)
    states = [stage.state()]
    client = stage.client()
    write = client.write

    def noting(*arguments: Any, **options: Any) -> Any:
        reply = write(*arguments, **options)
        states.append(stage.state())
        return reply

    with monkeypatch.context() as patch:
        patch.setattr(client, "write", noting)
        outcome = attempt(scenario, stage, client)
    assert outcome.error is None
    assert outcome.warnings == [] or scenario.recreates
    return Rehearsal(states, outcome.state, outcome.warnings)


def play(case: Case, stage: Stage, rehearsal: Rehearsal, *, lag: int = 0, **options: Any) -> Outcome:
    """Run the task with its fault, and check what holds for all faults; ``lag`` reads after a write do not show it."""
    stage.set_for(case.scenario)
    case.arm(stage.panel)
    stage.panel.lag(lag)
    outcome = attempt(case.scenario, stage, stage.client(**options))
    told = str(outcome)
    links = list(stage.panel.panel.otls)
    assert [secret for secret in [*SECRETS, *links, stage.panel.credential] if secret in told] == []
    if outcome.error:
        assert stage.panel.url in str(outcome.error)
        claims_loss = outcome.error.details.get("restored") is False
        assert not (claims_loss and outcome.state == rehearsal.old), "nothing is lost"
        check_diff(case, outcome.error, is_changed=outcome.state != rehearsal.old)
    return outcome


PROOFS = ("value_not_stored", "object_not_stored", "object_not_removed")
# They have no diff, or only that of a file.
WITHOUT_DIFF = ("request", "reload", "backup-restore")


def check_diff(case: Case, error: PuqVpnError, *, is_changed: bool) -> None:
    """A failure that follows a write tells what is different now, unless everything is as it was before."""
    details, scenario = error.details, case.scenario
    diff = details.get("diff", {"before": {}, "after": {}})
    # That of many files is a list.
    assert any(diff if isinstance(diff, list) else diff.values()) is bool(details.get("changed")), "both or none"
    if error.code in PROOFS:
        assert details["changed"] is (details.get("restored") is not True)
    if scenario.id.startswith(WITHOUT_DIFF) or case.fault is NOT_STORED:
        # That a write was forgotten is not known before something is read.
        return
    if is_changed and case.place.writes_before:
        assert details["changed"] is True
    if not is_changed and error.code not in PROOFS and scenario.module != "ikev2":
        # Not so where an old root is back: the server certificate under it is a new one.
        assert not details.get("changed")


def check(case: Case, stage: Stage, rehearsal: Rehearsal, **options: Any) -> None:
    """One case from its fault to the run that has nothing to do any more."""
    outcome = play(case, stage, rehearsal, **options)
    if outcome.error is None:
        assert expected(case).succeeds, outcome.result
        check_success(case, rehearsal, outcome)
        writes = any(place.writes for place in case.scenario.places)
        assert outcome.result["changed"] is (writes or rehearsal.old != outcome.state)
    else:
        assert expected(case).fails, str(outcome.error)
        check_error(case, outcome.error)
        check_what_is_left(case, stage, rehearsal, outcome)
    check_recovery(case.scenario, stage, rehearsal, outcome.state)


def check_success(case: Case, rehearsal: Rehearsal, outcome: Outcome) -> None:
    """A task that succeeds leaves what it leaves without a fault, apart from files of a part that was refused."""
    files, new = outcome.state["files"], rehearsal.new["files"]
    assert {**outcome.state, "files": new} == rehearsal.new
    assert files == new or (case.place.role == PART and files.items() <= new.items())


def check_error(case: Case, error: PuqVpnError) -> None:
    assert error.code in expected(case).codes, str(error)
    # What is found by comparing is no failure of one request.
    is_busy = case.fault.code == "panel_busy"
    by_comparison = is_busy or error.code in ("value_not_stored", "not_found", "panel_busy")
    assert by_comparison or f"{case.place.method} {case.place.path} on " in str(error)


def check_what_is_left(case: Case, stage: Stage, rehearsal: Rehearsal, outcome: Outcome) -> None:
    """A task that fails leaves what was there when it did, or puts the old object back, and says what it leaves."""
    place, scenario = case.place, case.scenario
    done = place.writes_before + (place.writes and case.fault.acts)
    left = [rehearsal.states[done]] + [rehearsal.old] * scenario.recreates + [rehearsal.new] * scenario.completes
    assert outcome.state in left
    if not done:
        assert [write for write in stage.panel.requests if write.method != "GET"] == [] or place.writes
    if outcome.state not in (rehearsal.old, rehearsal.new):
        check_progress(scenario, outcome, acted=place.writes and case.fault.acts)
        # What only completes the new object is no reason to put the old one back.
        creates = place.role == CREATE and not (scenario.completes and place.writes_before > 1)
        refused = creates and case.fault.refuses and case.extent == ONCE
        assert not (scenario.recreates and refused), "the old object could have been put back"


def check_progress(scenario: Scenario, outcome: Outcome, *, acted: bool) -> None:
    """The error tells what was done before it, or that the request that it names may have been carried out."""
    told = str(outcome.error)
    unsure = acted and ("may have taken effect" in told or "unknown whether the write took effect" in told)
    assert unsure or (scenario.in_between and scenario.in_between in told), told


def check_recovery(scenario: Scenario, stage: Stage, rehearsal: Rehearsal, state: dict[str, Any]) -> None:
    """When the fault is gone the same task ends well, and after that there is nothing to do."""
    if state in rehearsal.recovered:
        return
    stage.panel.clear_faults()
    again = scenario.perform(stage.client(), stage.folder)
    assert stage.state() == rehearsal.new or scenario.accumulates
    if scenario.idempotent:
        assert again["changed"] is (state != rehearsal.new)
        assert scenario.perform(stage.client(), stage.folder)["changed"] is False
        assert stage.state() == rehearsal.new
    rehearsal.recovered.append(state)


# --- Fixtures


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleQueue[Site]]:
    """Panels for all cases, since to start one takes longer than a case, each with a folder for files."""
    with contextlib.ExitStack() as stack:
        free: SimpleQueue[Site] = SimpleQueue()
        for _number in range(SITES):
            panels = {generation: stack.enter_context(Simulator(generation=generation)) for generation in (1, 2)}
            free.put((panels, tmp_path_factory.mktemp("files")))
        yield free


@pytest.fixture(scope="module")
def rehearsals() -> dict[str, Rehearsal]:
    """The rehearsals so far, by the id of the scenario."""
    return {}


@pytest.fixture
def stage(sites: SimpleQueue[Site], connect: Connect, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.setattr(_client, "time", SimpleNamespace(monotonic=CLOCK.monotonic))
    # To make or load a key takes longer than a whole case. Certificates differ all the same, by their subjects.
    monkeypatch.setattr(material, "rsa_key", one_key)
    monkeypatch.setattr(serialization, "load_pem_private_key", load_key)
    monkeypatch.setattr(_rotate_keys, "new_pair", lambda: PAIRS[6])
    with stage_of(sites, connect) as first_stage:
        yield first_stage


one_key = functools.lru_cache(maxsize=None)(material.rsa_key)
load_key = functools.lru_cache(maxsize=None)(serialization.load_pem_private_key)


RehearsalOf = Callable[[Scenario], Rehearsal]


@pytest.fixture
def rehearsal_of(stage: Stage, rehearsals: dict[str, Rehearsal], monkeypatch: pytest.MonkeyPatch) -> RehearsalOf:
    """Find out how a scenario goes without a fault."""

    def find_out(scenario: Scenario) -> Rehearsal:
        if scenario.id not in rehearsals:
            rehearsals[scenario.id] = rehearse(scenario, stage, monkeypatch)
        return rehearsals[scenario.id]

    return find_out


# --- The matrix


def test_the_matrix_is_whole() -> None:
    # A later module needs scenarios, and a later fault an expectation.
    assert {f"puqvpn_{scenario.module}" for scenario in SCENARIOS} == set(MODULES)
    used = {fault.kind for fault in [*FAULTS, *STALLS, NOT_STORED, RACE]} | {"wrong_value"}
    assert used == {name for name, kind in KINDS.items() if kind.__module__ == "simulator.faults"}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: str(scenario.id))
def test_without_a_fault(scenario: Scenario, stage: Stage, rehearsal_of: RehearsalOf) -> None:
    rehearsal = rehearsal_of(scenario)
    assert len(rehearsal.states) == 1 + sum(place.writes for place in scenario.places)
    stage.set_for(scenario)
    outcome = attempt(scenario, stage, stage.client())
    assert outcome.state == rehearsal.new
    assert requests_of(stage.panel) == list(scenario.requests)
    check_recovery(scenario, stage, rehearsal, outcome.state)


@pytest.mark.parametrize("case", in_turn(cases(FAULTS, ONCE, ALWAYS), lambda case: case.fault.id), ids=str)
def test_a_fault(case: Case, stage: Stage, rehearsal_of: RehearsalOf) -> None:
    check(case, stage, rehearsal_of(case.scenario), retries=3 if case.extent == ONCE else 1)


@pytest.mark.parametrize("case", in_turn(cases(OUTAGES, OUTAGE), lambda case: OUTAGE), ids=str)
def test_everything_fails_from_a_request_on(case: Case, stage: Stage, rehearsal_of: RehearsalOf) -> None:
    check(case, stage, rehearsal_of(case.scenario), retries=1)


STALLING = in_turn(cases(STALLS, ONCE, ALWAYS), lambda case: "stall")


@pytest.mark.parametrize("extent", [ONCE, ALWAYS])
@pytest.mark.parametrize("fault", STALLS, ids=lambda fault: str(fault.id))
def test_a_stall(fault: Fault, extent: str, stage: Stage, rehearsal_of: RehearsalOf, subtests: pytest.Subtests) -> None:
    stalls = [case for case in STALLING if (case.fault, case.extent) == (fault, extent)]
    rehearsals = {case.scenario.id: rehearsal_of(case.scenario) for case in stalls}

    def check_alone(case: Case) -> None:
        with stage_of(stage.sites, stage.connect) as own_stage:
            rehearsal, retries = rehearsals[case.scenario.id], 2 if extent == ONCE else 1
            try:
                check(case, own_stage, rehearsal, timeout=TIMEOUT, retries=retries)
            except (AssertionError, PuqVpnError):
                # A busy machine stalls, too. What is wrong is so for a patient client as well.
                check(case, own_stage, rehearsal, timeout=10 * TIMEOUT, retries=retries)

    # They wait most of the time, so they do it together. One of the panels is that of the rehearsals.
    with ThreadPoolExecutor(SITES - 1) as pool:
        for case, future in [(case, pool.submit(check_alone, case)) for case in stalls]:
            with subtests.test(case=str(case)):
                future.result(timeout=60)


# --- A panel that shows late what it did

LAG = 3
UNCERTAIN = [fault for fault in FAULTS if fault.acts or fault.id in ("drop_before", "error")]


@pytest.mark.parametrize(
    "scenario",
    [scenario for scenario in SCENARIOS if any(place.writes for place in scenario.places)],
    ids=lambda scenario: str(scenario.id),
)
def test_what_shows_late_is_waited_for(scenario: Scenario, stage: Stage, rehearsal_of: RehearsalOf) -> None:
    rehearsal = rehearsal_of(scenario)
    stage.set_for(scenario)
    stage.panel.lag(LAG)
    outcome = attempt(scenario, stage, stage.client())
    assert outcome.error is None
    assert outcome.state == rehearsal.new
    assert outcome.warnings == rehearsal.warnings
    writes = [f"{place.method} {place.path}" for place in scenario.places if place.writes]
    assert [request for request in requests_of(stage.panel) if request in writes] == writes
    others = [request for request in stage.panel.requests if request.method != "GET"]
    assert len(others) == len([request for request in writes if not request.startswith("GET ")])


@pytest.mark.parametrize(
    "case",
    [case for case in cases(UNCERTAIN, ONCE, writes_only=True) if case.scenario.recreates or case.place.role == CREATE],
    ids=str,
)
def test_what_shows_late_is_neither_made_twice_nor_lost(case: Case, stage: Stage, rehearsal_of: RehearsalOf) -> None:
    check(case, stage, rehearsal_of(case.scenario), lag=LAG)


# --- A panel that says success and does something else


@pytest.mark.parametrize("case", cases([NOT_STORED], ONCE, ALWAYS, writes_only=True), ids=str)
def test_a_write_that_is_forgotten_is_found_out(case: Case, stage: Stage, rehearsal_of: RehearsalOf) -> None:
    rehearsal, scenario, place = rehearsal_of(case.scenario), case.scenario, case.place
    outcome = play(case, stage, rehearsal)
    if outcome.error is None:
        # Where the task reads again it sees at least that something is not as expected.
        reads_again = place.role != ACT and any(later.role == READ for later in scenario.places[place.at :])
        unproven = f"{place.method} {place.path}" in scenario.unproven and (outcome.warnings or not reads_again)
        assert outcome.state == rehearsal.new or unproven
    else:
        assert outcome.error.code in LIES
        # Steps that build on a forgotten one may have gone on, when the error names what is not as it was asked for. So
        # may those of a plan, which is proved at its end.
        if not outcome.error.details.get("fields") and not outcome.error.details.get("failures"):
            assert outcome.state in rehearsal.states
            if outcome.state not in (rehearsal.old, rehearsal.new):
                check_progress(scenario, outcome, acted=False)
    if outcome.state in rehearsal.states:
        check_recovery(scenario, stage, rehearsal, outcome.state)


FALSIFIABLE = [
    case
    for case in cases([Fault("wrong_value", "wrong_value", "value_not_stored", acts=True)], ONCE, ALWAYS)
    if case.scenario.wrong
    and not (case.scenario.completes and case.place.writes_before > 1)
    and (case.place.role == CREATE or (case.place.method == "PUT" and re.fullmatch(IN_MEMORY, case.place.path)))
]


@pytest.mark.parametrize("case", FALSIFIABLE, ids=str)
def test_a_value_that_is_not_the_one_written_is_named(case: Case, stage: Stage, rehearsal_of: RehearsalOf) -> None:
    rehearsal, scenario = rehearsal_of(case.scenario), case.scenario
    outcome = play(case, stage, rehearsal)
    name = scenario.wrong[0] if scenario.wrong else ""
    if outcome.error is None:
        # Put right with a correction.
        assert outcome.state == rehearsal.new
    else:
        assert outcome.error.code == "value_not_stored"
        assert outcome.error.details["fields"] == [name]
        assert name in str(outcome.error)
        assert differing_names(outcome.state, rehearsal.new) == {name}
    check_recovery(scenario, stage, rehearsal, outcome.state)


def differing_names(one: Any, other: Any, name: str = "") -> set[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        return set().union(*(differing_names(one.get(key), other.get(key), key) for key in {**one, **other}))
    return set() if one == other else {name}


# --- Another client at the same moment


@pytest.mark.parametrize(
    "case",
    [
        case
        for case in cases([RACE], ONCE, ALWAYS)
        if case.place.role == CREATE and case.place.path in ("account", "client")
    ],
    ids=str,
)
def test_an_address_that_another_client_takes(case: Case, stage: Stage, rehearsal_of: RehearsalOf) -> None:
    rehearsal, scenario = rehearsal_of(case.scenario), case.scenario
    outcome = play(case, stage, rehearsal)
    accounts = outcome.state["accounts"]
    rivals = {name: accounts.pop(name) for name in list(accounts) if name.startswith("rival_")}
    assert rivals
    chooses = scenario.id in ("account-create_with_free_address", "client-create")
    if chooses and case.extent == ONCE:
        assert outcome.error is None
        assert differing_names(outcome.state, rehearsal.new) == {"allowed_IPs"}
        stage.panel.clear_faults()
        assert scenario.perform(stage.client(), stage.folder)["changed"] is False
    else:
        # An address that was asked for is never replaced by another one.
        assert outcome.error is not None
        assert outcome.error.code == RACE.code
        assert f"{case.place.method} {case.place.path} on {stage.panel.url}" in str(outcome.error)
        assert "alice" not in accounts
        if outcome.state != rehearsal.old:
            check_progress(scenario, outcome, acted=False)
