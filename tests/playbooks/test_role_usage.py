# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role usage: reports on the controller, and what it does about quotas. Its decisions: test_usage_role.py."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.puqcloud.puqvpn.tests.playbooks.runs import (
    EITHER_GENERATION,
    Playbook,
    Run,
    Start,
    play_of_panels,
    variables_of,
)
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import add_servers_and_accounts, writes_to
from simulator import Simulator

CREATE, WRITE, NOTE = (
    "Create the folder of the panel",
    "Write the reports and the list of changes",
    "Note that the changes are made",
)
APPLY = "Disable, limit and restore accounts"
GB = 10**9
QUOTA = {"quota_gb": 5, "account_quotas_gb": {"bob": 50}}


def month_of(panel: Simulator, **gigabytes: float) -> str:
    """Count traffic of this month, none of the month before, and return this month."""
    now = datetime.now(timezone.utc)
    for name in panel.panel.accounts:
        panel.traffic(name, f"{now:%Y-%m}", download=int(gigabytes.get(name, 0) * GB))
        year, month = divmod(now.year * 12 + now.month - 2, 12)
        panel.traffic(name, f"{year}-{month + 1:02}")
    return f"{now:%Y-%m}"


class Role:
    """Runs of the role for panels by name."""

    def __init__(self, playbook: Playbook, folder: Path) -> None:
        self._playbook, self._folder = playbook, folder
        self.reports = folder / "usage"

    def run(self, panels: dict[str, Simulator], *arguments: str, roles: Any = (), **variables: Any) -> Run:
        inventory, play = self._folder / "inventory.yml", self._folder / "play.yml"
        inventory.write_text(
            yaml.safe_dump({"all": {"hosts": {name: variables_of(panel) for name, panel in panels.items()}}})
        )
        options = {f"puqvpn_usage_{name}": value for name, value in {**variables, "folder": str(self.reports)}.items()}
        content = play_of_panels(EITHER_GENERATION, roles=[*roles, {"role": "puqcloud.puqvpn.usage", "vars": options}])
        play.write_text(yaml.safe_dump([content]))
        return self._playbook(play, "-i", str(inventory), *arguments)

    def report(self, host: str, month: str) -> dict[str, Any]:
        return dict(json.loads((self.reports / host / f"{month}.json").read_text()))

    def held(self, host: str) -> list[str]:
        return [entry["name"] for entry in json.loads((self.reports / host / "changes.json").read_text())["changes"]]


@pytest.fixture
def role(playbook: Playbook, tmp_path: Path) -> Role:
    """The role, which reports into a folder that is not there yet."""
    return Role(playbook, tmp_path)


@pytest.fixture
def panels(start: Start) -> dict[str, Simulator]:
    """A panel of each generation, with three accounts each."""
    panels = {"vpn1": start(), "vpn2": start(generation=2)}
    for panel in panels.values():
        add_servers_and_accounts(panel)
    return panels


def status_of(panels: dict[str, Simulator], name: str) -> set[str]:
    return {panel.panel.accounts[name]["status"] for panel in panels.values()}


def test_quotas_on_panels_of_both_generations(panels: dict[str, Simulator], role: Role) -> None:
    for panel in panels.values():
        month = month_of(panel, alice=6, bob=40)
    options = {**QUOTA, "over_quota": "disable"}
    # Check mode tells, and writes nothing.
    predicted = role.run(panels, "--check", **options)
    assert predicted.code == 0, predicted.output
    assert set(predicted.changed) == {CREATE, APPLY}
    assert not role.reports.exists()
    assert [writes_to(panel) for panel in panels.values()] == [[], []]
    assert {step["name"] for step in predicted.result_of(APPLY)["plan"]} == {"alice"}
    # For real.
    happened = role.run(panels, **options)
    assert happened.code == 0, happened.output
    assert status_of(panels, "alice") == {"disable"}
    assert status_of(panels, "bob") == {"enable"}
    for host in panels:
        report = role.report(host, month)
        assert [(row["panel"], row["name"], row["over_quota"]) for row in report["rows"]] == [
            (host, "alice", True),
            (host, "bob", False),
            (host, "carol", False),
        ]
        rows = list(csv.DictReader(io.StringIO((role.reports / host / f"{month}.csv").read_text())))
        assert [row["total_gb"] for row in rows] == ["6.0", "40.0", "0.0"]
        assert role.held(host) == ["alice"]
        assert (role.reports / host).stat().st_mode & 0o777 == 0o700
        assert {file.stat().st_mode & 0o777 for file in (role.reports / host).iterdir()} == {0o600}
    # A second run changes nothing.
    for panel in panels.values():
        panel.reset_counters()
    again = role.run(panels, **options)
    assert (again.code, again.changed) == (0, []), again.output
    assert [writes_to(panel) for panel in panels.values()] == [[], []]
    # The list, the settings of a 1.x panel, and each account in two months.
    assert [len(panel.requests) for panel in panels.values()] == [1 + 1 + 6, 1 + 6]


def test_a_limit_that_a_failure_of_the_panel_interrupts(start: Start, role: Role) -> None:
    panel = start()
    add_servers_and_accounts(panel)
    panel.panel.accounts["alice"].update(b_download=100, b_upload=50)
    month_of(panel, alice=6)
    options = {**QUOTA, "over_quota": "limit", "limit": {"b_download": 2, "b_upload": 1}}
    panel.fault("error", method="PUT", path="account/alice", text="No space left")
    failed = role.run({"vpn1": panel}, **options)
    assert failed.code == 2
    assert role.held("vpn1") == ["alice"]
    healed = role.run({"vpn1": panel}, **options)
    assert healed.code == 0, healed.output
    assert (panel.panel.accounts["alice"]["b_download"], panel.panel.accounts["alice"]["b_upload"]) == (2, 1)
    month_of(panel, alice=0)
    restored = role.run({"vpn1": panel}, **options)
    assert restored.code == 0, restored.output
    assert (panel.panel.accounts["alice"]["b_download"], panel.panel.accounts["alice"]["b_upload"]) == (100, 50)
    assert role.held("vpn1") == []


def test_what_is_wrong_is_refused_before_anything_is_written(start: Start, role: Role) -> None:
    panel = start()
    add_servers_and_accounts(panel)
    month_of(panel, alice=6, carol=7)
    many = role.run({"vpn1": panel}, **{**QUOTA, "over_quota": "disable", "max_disables": 1})
    assert many.code == 2
    assert "2 accounts would be disabled, and puqvpn_usage_max_disables is 1: alice, carol." in many.output
    wrong = role.run({"vpn1": panel}, quota_gb=-1)
    assert wrong.code == 2
    assert "quota_gb must be a number, 0 or more, not -1." in " ".join(wrong.output.split())
    assert not role.reports.exists()
    assert writes_to(panel) == []
