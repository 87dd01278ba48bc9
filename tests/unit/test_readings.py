# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every module that supports 2.x panels, under every reading of what their contract leaves open.

A task leaves the same behind under each of them, and returns the same, or it refuses with the documented error. What
check mode predicts comes true, and neither check mode nor a refusal writes anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import PuqVpnError
from ansible_collections.puqcloud.puqvpn.tests.hostile.scenarios import PLAYS
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import Connect, writes_to
from ansible_collections.puqcloud.puqvpn.tests.unit.scenarios import Scenario, account, state_of
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import MODULES, MONTH, assert_within, module_of
from simulator import Simulator
from simulator.readings import readings

TASKS = [
    *(
        play.scenario
        for play in PLAYS
        if play.generation == 2 and play.scenario.module not in ("client_profile", "info")
    ),
    # What test_client_profile_and_link.py does not show of them in all formats.
    *(play.scenario for play in PLAYS if play.scenario.id == "client_profile-wireguard"),
    Scenario("info-all_2", "info", {"gather_subset": ["all"], **MONTH}, (), account, generation=2),
]

# By task, the values of a switch under which it is refused, each with the error.
REFUSED: dict[str, tuple[str, dict[Any, str]]] = {
    "adblock-change": ("adblock_names", {"other": "field_not_shown"}),
    "apply-clients": ("dns_names", {"other": "invalid_config"}),
    "apply-expired_2": ("inferred", {False: "unknown_operation"}),
    "client-update": ("address_change", {"ignored": "value_not_stored", "refused": "panel_refused"}),
    "dns-update_2": ("dns_names", {"other": "field_not_shown"}),
    "export_2": ("inferred", {False: "unknown_operation"}),
    "usage_info-2": ("inferred", {False: "unknown_operation"}),
    "request-2": ("inferred", {False: "unknown_operation"}),
}
# What a subset of info consists of that a panel does not show, or not in a form that anybody could know.
PARTS = {"field_not_shown", "not_found", "unknown_operation"}
# An edit that was carried out in part is known from reading again.
PROVEN = "value_not_stored"


@dataclass
class Ending:
    """How a task ended, what it wrote, and what was there afterwards."""

    result: dict[str, Any]
    code: str
    writes: list[str]
    state: dict[str, Any]


@pytest.fixture(scope="module")
def shared_panel() -> Iterator[Simulator]:
    """A panel for all tasks, since to start one takes longer than a task."""
    with Simulator(generation=2) as panel:
        yield panel


def test_every_module_for_2x_panels_has_a_task() -> None:
    modules = {f"puqvpn_{scenario.module}" for scenario in TASKS}
    assert modules == {module for module in MODULES if 2 in module_of(module).TASK.generations}


@pytest.mark.parametrize("scenario", TASKS, ids=lambda scenario: str(scenario.id))
def test_a_task_under_every_reading(
    scenario: Scenario, shared_panel: Simulator, connect: Connect, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    first: Ending | None = None
    for number, reading in enumerate(readings()):
        with subtests.test(reading=number):
            scenario.stage(shared_panel, tmp_path)
            shared_panel.options.set(**reading)
            before = state_of(shared_panel, tmp_path)
            predicted = ending_of(scenario, shared_panel, connect, tmp_path, check_mode=True)
            assert (predicted.writes, predicted.state) == ([], before)
            happened = ending_of(scenario, shared_panel, connect, tmp_path)
            first = first or happened
            switch, codes = REFUSED.get(scenario.id, ("inferred", {}))
            code = codes.get(reading[switch], "")
            if scenario.id == "export_2" and reading["dns_names"] != "other":
                # Something is exported all the same.
                code = ""
            assert happened.code == code, happened.result
            # Only the panel knows that it will refuse an edit, or pass over a part of it.
            assert predicted.code == ("" if "address" in switch else code)
            if code:
                assert happened.state == before or code == PROVEN
                continue
            check_success(predicted, happened, before)
            check_state(scenario, happened.state, first.state)
            check_result(scenario, happened.result, first.result)
            if scenario.idempotent and happened.result["changed"]:
                again = ending_of(scenario, shared_panel, connect, tmp_path)
                assert (again.code, again.result["changed"], again.writes) == ("", False, [])


def ending_of(
    scenario: Scenario, panel: Simulator, connect: Connect, folder: Path, *, check_mode: bool = False
) -> Ending:
    """Run a task; an exception that is none of ours is one too many."""
    panel.reset_counters()
    client = connect(panel, check_mode=check_mode, retries=0)
    try:
        result, code = scenario.perform(client, folder), ""
    except PuqVpnError as error:
        result, code = {"msg": str(error), **error.details}, error.code
    return Ending(result, code, writes_to(panel), state_of(panel, folder))


def check_success(predicted: Ending, happened: Ending, before: dict[str, Any]) -> None:
    result = happened.result
    assert predicted.result["changed"] is result["changed"]
    assert predicted.result.get("diff") == result.get("diff")
    for name, value in predicted.result.items():
        # A plan says what was done, and only the panel knows its answer to a write, and how it is after a reload.
        if name not in ("changed", "diff", "plan", "status", "payload", "request", "requests", "msg", "http_status"):
            assert_within(value, result[name], f"{name}.")
    assert bool(happened.writes) is (result["changed"] and happened.state["files"] == before["files"])


def check_state(scenario: Scenario, state: dict[str, Any], first: dict[str, Any]) -> None:
    """A task leaves the same behind under every reading, apart from files with what the panel does not show."""
    if scenario.module == "export":
        assert state["files"].items() <= first["files"].items()
        state = {**state, "files": first["files"]}
    assert state == first


def check_result(scenario: Scenario, result: dict[str, Any], first: dict[str, Any]) -> None:
    """A result is the same under every reading, apart from what the panel does not show."""
    if scenario.module != "info":
        assert result["changed"] is first["changed"]
        assert set(result) == set(first)
        return
    for subset, found in result["info"].items():
        if "error_code" in found:
            assert found["error_code"] in PARTS
        elif subset == "accounts":
            for client, whole in zip(found, first["info"]["accounts"], strict=True):
                client.pop("undocumented", None)
                assert client.items() <= whole.items()
