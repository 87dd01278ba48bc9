# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role report: its files, its requests and its notifications. What the report says: test_report.py."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
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
from prometheus_client.parser import text_string_to_metric_families
from simulator import Simulator

REQUESTS = {
    1: dict.fromkeys(
        ["GET system/status", "GET account", "GET wireguard/online", "GET ikev2/online", "GET backups"], 1
    ),
    2: dict.fromkeys(["GET system/status", "GET client", "GET client/online"], 1),
}
MODES = {**dict.fromkeys(("report.html", "report.md", "report.prom"), 0o644), "report.json": 0o600}


def furnished(start: Start, **options: Any) -> Simulator:
    """A healthy panel with an account that is online."""
    panel = start(**options)
    panel.panel.add_account({"name": "anna", "wg_name": "Default", "allowed_IPs": "10.0.0.10"})
    panel.connect("wireguard", "anna")
    if panel.generation == 1:
        panel.panel.add_backup("new.zip", (datetime.now(timezone.utc) - timedelta(hours=3, seconds=30)).isoformat())
    return panel


class Role:
    """Runs of the role on panels by name, with a task file for notifications that writes down what it gets."""

    def __init__(self, playbook: Playbook, folder: Path) -> None:
        self._playbook, self._folder = playbook, folder
        self.reports, self.notes = folder / "report", folder / "notes"
        task = {
            "name": "Take note",
            "ansible.builtin.copy": {
                "content": "{{ {'changes': puqvpn_report_changes, 'summary': puqvpn_report_summary} | to_json }}",
                "dest": str(self.notes),
                "mode": "0600",
            },
        }
        (folder / "notify.yml").write_text(yaml.safe_dump([task]))

    def run(
        self, hosts: dict[str, dict[str, Any]], *arguments: str, keywords: Any = (), tags: Any = (), **variables: Any
    ) -> Run:
        inventory, play = self._folder / "inventory.yml", self._folder / "play.yml"
        inventory.write_text(yaml.safe_dump({"all": {"hosts": hosts}}))
        options = {
            "puqvpn_report_notify": "notify.yml",
            **{f"puqvpn_report_{name}": value for name, value in variables.items()},
        }
        roles = [{"role": "puqcloud.puqvpn.report", "vars": options, "tags": list(tags)}]
        play.write_text(yaml.safe_dump([play_of_panels(EITHER_GENERATION, roles=roles, **dict(keywords))]))
        return self._playbook(play, "-i", str(inventory), *arguments)

    @property
    def document(self) -> dict[str, Any]:
        return dict(json.loads((self.reports / "report.json").read_text()))

    @property
    def states(self) -> dict[str, str]:
        return {panel["name"]: panel["state"] for panel in self.document["panels"]}

    def panel(self, name: str) -> dict[str, Any]:
        return next(panel for panel in self.document["panels"] if panel["name"] == name)

    def notified(self) -> list[str] | None:
        """Whom the last run has notified of; None if it has not."""
        if not self.notes.exists():
            return None
        note = json.loads(self.notes.read_text())
        self.notes.unlink()
        return [panel["name"] for panel in note["changes"]]


@pytest.fixture
def role(playbook: Playbook, tmp_path: Path) -> Role:
    """The role, which reports into a folder that is not there yet."""
    return Role(playbook, tmp_path)


def test_a_fleet_of_both_generations_some_of_it_in_trouble(start: Start, role: Role) -> None:
    panels = {"vpn1": furnished(start), "vpn2": furnished(start, generation=2), "bare": start(), "down": start()}
    hosts: dict[str, dict[str, Any]] = {name: variables_of(panel) for name, panel in panels.items()}
    hosts["refused"] = {**hosts["vpn1"], "panel_hash": "wrong"}
    hosts["invalid"] = {**hosts["vpn1"], "panel_hash": "a hash with blanks"}
    panels["down"].stop()
    predicted = role.run(hosts, "--check")
    assert predicted.code == 0, predicted.output
    assert not role.reports.exists()
    panels["vpn1"].reset_counters()
    run = role.run({name: hosts[name] for name in hosts if name != "refused"})
    assert run.code == 0, run.output
    for name in ("vpn1", "vpn2", "bare"):
        assert panels[name].counts() == {
            request: times * (1 if name == "vpn1" else 2)
            for request, times in REQUESTS[panels[name].generation].items()
        }
    assert panels["vpn1"].connections == 1
    assert role.states == {
        **{"down": "unreachable", "invalid": "not_checked"},
        **{"bare": "unhealthy", "vpn1": "healthy", "vpn2": "healthy"},
    }
    assert list(role.states) == ["down", "invalid", "bare", "vpn1", "vpn2"]
    assert {path.name: path.stat().st_mode & 0o777 for path in role.reports.iterdir()} == MODES
    families = text_string_to_metric_families((role.reports / "report.prom").read_text())
    online = {
        tuple(sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
        if family.name == "puqvpn_online"
    }
    assert online == {("bare", ""): 0, ("vpn1", "Default"): 1, ("vpn2", "Default"): 1}
    for name in ("report.html", "report.md"):
        page = (role.reports / name).read_text()
        assert [host for host in role.states if host not in page] == []
    assert run.places_with(panels["vpn1"].credential) == []
    assert role.notified() == ["down", "invalid", "bare"]

    # Another account and a backup: only the panel that got well is worth a notification.
    panels["vpn1"].panel.add_account({"name": "bert", "wg_name": "Default", "allowed_IPs": "10.0.0.11"})
    panels["bare"].panel.add_backup("new.zip", datetime.now(timezone.utc).isoformat())
    assert role.run(hosts).code == 0
    assert role.notified() == ["refused", "bare"]
    assert role.panel("vpn1")["changes"][-1] == {"code": "account_created", "text": "1 account created: bert"}
    assert role.panel("refused")["reasons"][0]["code"] == "unreachable"
    assert role.run(hosts).code == 0
    assert role.notified() is None


def test_a_host_that_leaves_the_play_has_its_row(start: Start, role: Role) -> None:
    hosts = {"incomplete": {"panel_url": "{{ no_such_variable }}"}, "vpn1": variables_of(furnished(start))}
    # Before ansible-core 2.19, such a host fails at any task.
    role.run(hosts)
    assert role.states == {"incomplete": "not_checked", "vpn1": "healthy"}


def test_drift_and_traffic_are_part_of_the_report_and_the_panel_is_only_read(
    start: Start, role: Role, tmp_path: Path
) -> None:
    differs, same, wrong = furnished(start), furnished(start, generation=2), furnished(start)
    hosts = {
        "differs": {
            **variables_of(differs),
            "puqvpn_panel_accounts": [
                {"name": "anna", "wg_name": "Default", "status": "disable", "password": "c4nary"}
            ],
            # Whatever it says, nothing is written.
            "puqvpn_panel_drift": False,
        },
        "same": {**variables_of(same), "puqvpn_panel_clients": [{"name": "anna", "network_name": "Default"}]},
        "wrong": {**variables_of(wrong), "puqvpn_panel_clients": [{"name": "anna"}]},
    }
    month = {"download": 3 * 10**9, "upload": 10**9, "total": 4 * 10**9, "total_gb": 4.0}
    now = datetime.now(timezone.utc)
    file = tmp_path / "usage" / "differs" / f"{now:%Y-%m}.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"rows": [], "servers": [{"name": "Default", **month}], "total": month}))
    before = {name: panel.state() for name, panel in (("differs", differs), ("same", same))}
    run = role.run(hosts, "-e", "puqvpn_panel_drift=false", drift=True)
    assert run.code == 0, run.output
    assert {"differs": differs.state(), "same": same.state()} == before
    assert {request.method for panel in (differs, same, wrong) for request in panel.requests} == {"GET"}
    drift = role.panel("differs")["drift"]
    assert drift["plan"] == [
        {"action": "update", "kind": "account", "name": "anna", "fields": ["status", "password"], "reason": ""}
    ]
    anna = differs.panel.accounts["anna"]
    for secret in ("c4nary", anna["password"], anna["private_key"], differs.credential):
        assert run.places_with(secret) == []
        assert [path for path in role.reports.iterdir() if secret in path.read_text()] == []
    assert role.panel("same")["drift"] == {"changes": 0, "plan": [], "refusals": []}
    assert role.panel("wrong")["drift"] is None
    assert [reason["code"] for reason in role.panel("wrong")["reasons"]] == ["drift_unknown"]
    assert role.states == {"wrong": "unhealthy", "differs": "healthy", "same": "healthy"}
    (server,) = role.panel("differs")["servers"]
    assert [amounts["total"] for amounts in server["traffic"]] == [4 * 10**9]


def test_a_tag_of_the_user_selects_the_whole_report(start: Start, role: Role) -> None:
    accounts = [{"name": "anna", "wg_name": "Default", "status": "disable"}]
    hosts = {"vpn1": {**variables_of(furnished(start)), "puqvpn_panel_accounts": accounts}}
    run = role.run(hosts, "--tags", "mine", tags=["mine"], drift=True)
    assert run.code == 0, run.output
    assert role.panel("vpn1")["drift"]["changes"] == 1


def test_with_serial_the_last_batch_writes_one_report_on_all_panels(start: Start, role: Role) -> None:
    hosts = {f"vpn{number}": variables_of(furnished(start)) for number in range(3)}
    run = role.run(hosts, keywords={"serial": 2})
    assert run.code == 0, run.output
    assert role.states == dict.fromkeys(hosts, "healthy")
    assert role.notified() is None
    assert run.changed.count("Write the document") == 1


def test_nothing_is_written_out_of_the_folder_or_over_other_files(start: Start, role: Role, tmp_path: Path) -> None:
    hosts = {"vpn1": variables_of(furnished(start))}
    role.reports.mkdir()
    (tmp_path / "elsewhere").write_text("kept")
    (role.reports / "report.prom").symlink_to(tmp_path / "elsewhere")
    run = role.run(hosts)
    assert (run.code, run.changed) == (2, [])
    assert f"No report was written. {role.reports}/report.prom is a symbolic link" in run.output
    (role.reports / "report.prom").unlink()
    (role.reports / "report.json").write_text("[]")
    run = role.run(hosts)
    assert (run.code, run.changed) == (2, [])
    assert "report.json is not a report of this role" in run.output
    (role.reports / "report.json").unlink()
    run = role.run(hosts, notify="nowhere.yml")
    assert (run.code, run.changed) == (2, [])
    assert f"{tmp_path}/nowhere.yml is no file with tasks. Correct puqvpn_report_notify." in run.output
    assert (tmp_path / "elsewhere").read_text() == "kept"


def test_a_notification_that_fails_is_sent_again(start: Start, role: Role, tmp_path: Path) -> None:
    hosts = {"vpn1": variables_of(start())}
    works = (tmp_path / "notify.yml").read_text()
    (tmp_path / "notify.yml").write_text(yaml.safe_dump([{"name": "Fail", "ansible.builtin.fail": {"msg": "no mail"}}]))
    assert role.run(hosts).code == 2
    assert not (role.reports / "report.json").exists()
    (tmp_path / "notify.yml").write_text(works)
    assert role.run(hosts).code == 0
    assert role.notified() == ["vpn1"]


def test_text_of_a_panel_stays_text(start: Start, role: Role) -> None:
    panel = furnished(start)
    panel.busy(text="{{ 6 * 7 }} {% raw %}")
    run = role.run({"vpn1": variables_of(panel)})
    assert run.code == 0, run.output
    (reason,) = role.panel("vpn1")["reasons"]
    assert reason["text"] == "it is not ready, its state is {{ 6 * 7 }} {% raw %}"
    note = json.loads(role.notes.read_text())
    assert note["changes"][0]["reasons"] == [reason]
    assert "not ready, its state is {{ 6 * 7 }} {% raw %}" in (role.reports / "report.html").read_text()
    assert run.result_of("Return the report to AWX")["ansible_stats"]["data"]["puqvpn_report"]["panels"][0][
        "reasons"
    ] == [reason]


def test_the_playbook_of_the_readme_works(start: Start, playbook: Playbook, tmp_path: Path) -> None:
    panel = furnished(start)
    readme, inventory = tmp_path / "readme.yml", tmp_path / "inventory.yml"
    text = (Path(__file__).parents[2] / "roles/report/README.md").read_text()
    readme.write_text(text.split("```yaml\n")[1].split("```")[0])
    variables = {"puqvpn_url": panel.url, "puqvpn_access_hash": panel.credential}
    inventory.write_text(yaml.safe_dump({"panels": {"hosts": {"vpn1": variables}}}))
    run = playbook(readme, "-i", str(inventory))
    assert run.code == 0, run.output
    assert (tmp_path / "report" / "report.json").exists()
