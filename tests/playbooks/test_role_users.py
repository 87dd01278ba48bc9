# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role users: from a list of people to accounts, files, links, and a list of what to hand out."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._csv_reader import from_csv
from ansible_collections.puqcloud.puqvpn.tests.playbooks.runs import (
    EITHER_GENERATION,
    Playbook,
    Run,
    Start,
    play_of_panels,
    variables_of,
)
from ansible_collections.puqcloud.puqvpn.tests.playbooks.test_secrets import leaks, secrets_of
from ansible_collections.puqcloud.puqvpn.tests.unit.keys import key_pair
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import writes_to
from simulator import Simulator

APPLY = "Apply the accounts or clients"
SAVED = {1: "Save the configurations of accounts", 2: "Save the configurations of clients"}
LINKS = {1: "Create one-time links for accounts", 2: "Create one-time links for clients"}
LISTS = "Write the hand-out lists"
ARCHIVES = "Write the encrypted archives"

# As a spreadsheet writes it. No part of a password may be evaluated, or change on its way.
PASSWORD = """c4nary "{{ 6 * 7 }}" <\u00fc> '%\\"""
PEOPLE = """\
Login;E-Mail;Groups;Password;Expires;Status;Notes
anna;anna@example.com;staff, mobile;"c4nary ""{{ 6 * 7 }}"" <\u00fc> '%\\";;;"says; ""hi"" twice"
bert;bert@example.com;staff;;2999-12-31;;

carl;;;;2020-01-31;;
dora;;;;;disable;=1+1
emil;;;;;;
"""
VARIABLES = {
    "csv_options": {"columns": {"Login": "name"}},
    "groups": {"staff": {"b_download": 100}, "mobile": {"link": True}},
}
OWN: dict[int, dict[str, Any]] = {
    1: {"defaults": {"wg_name": "Default", "b_download": 7}, "formats": ["wireguard", "qr"]},
    2: {"defaults": {"network_name": "Default", "b_download": 7}, "formats": ["wireguard", "openvpn"]},
}
# Whatever the number of people: the status, the lists of accounts and servers, free addresses and the license for
# puqvpn_apply, the list once more to verify it and for the addresses, and what each set of formats needs.
READS = {1: 9, 2: 11}
# The extensions of the two formats of the group mobile.
EXTENSIONS = {1: ["conf", "png"], 2: ["conf", "ovpn"]}


class Role:
    """Runs of the role for panels by name, with the files of all of them in one folder."""

    def __init__(self, playbook: Playbook, folder: Path) -> None:
        self._playbook, self._folder = playbook, folder
        self.users = folder / "users"
        self.csv = folder / "people.csv"
        self.csv.write_text(PEOPLE)

    def run(self, panels: dict[str, Simulator], *arguments: str, **variables: Any) -> Run:
        """Run it with the CSV file, unless ``list`` is given, and with further variables of the role."""
        given = {"folder": str(self.users), **({} if "list" in variables else {"csv": str(self.csv)}), **variables}
        hosts = {name: {**variables_of(panel), **self._variables(panel, given)} for name, panel in panels.items()}
        inventory, play = self._folder / "inventory.yml", self._folder / "play.yml"
        inventory.write_text(yaml.safe_dump({"all": {"hosts": hosts}}))
        play.write_text(yaml.safe_dump([play_of_panels(EITHER_GENERATION, roles=["puqcloud.puqvpn.users"])]))
        return self._playbook(play, "-i", str(inventory), *arguments)

    def _variables(self, panel: Simulator, given: dict[str, Any]) -> dict[str, Any]:
        own = OWN[panel.generation]
        mobile = {**VARIABLES["groups"]["mobile"], "formats": own["formats"]}
        groups = {**VARIABLES["groups"], "mobile": mobile}
        variables = {**VARIABLES, "groups": groups, "defaults": own["defaults"], **given}
        return {f"puqvpn_users_{name}": value for name, value in variables.items()}

    def files(self, host: str) -> dict[str, int]:
        """The files and folders of a panel, with their modes."""
        paths = sorted((self.users / host).rglob("*"))
        return {str(path.relative_to(self.users / host)): stat.S_IMODE(path.lstat().st_mode) for path in paths}

    def handout(self, host: str) -> dict[str, Any]:
        """The hand-out list of a panel."""
        return dict(json.loads((self.users / host / "handout.json").read_text()))


@pytest.fixture
def role(playbook: Playbook, tmp_path: Path) -> Role:
    """The role, whose folder does not exist yet."""
    return Role(playbook, tmp_path)


def ended(run: Run) -> dict[str, set[str]]:
    """The tasks that changed something, by host."""
    changed: dict[str, set[str]] = {}
    for entry in run.results:
        if entry["result"].get("changed"):
            changed.setdefault(entry["host"], set()).add(entry["task"])
    return changed


def requests_of(panel: Simulator) -> dict[str, int]:
    """How many requests of each kind the panel saw: downloads, links, writes of accounts or clients, and reads."""
    kinds = {"files": 0, "links": 0, "writes": 0, "reads": 0}
    for request in panel.requests:
        parts = request.path.strip("/").split("/")
        if "otl" in parts:
            kinds["links"] += 1
        elif parts[-1] in ("config_text", "config_qr") or parts[-2:] in (["config", "text"], ["openvpn", "profile"]):
            kinds["files"] += 1
        else:
            kinds["reads" if request.method == "GET" else "writes"] += 1
    return kinds


def test_people_of_a_spreadsheet_get_their_files_once(start: Start, role: Role) -> None:
    panels = {"vpn1": start(), "vpn2": start(generation=2)}
    predicted = role.run(panels, "--check", "--diff")
    assert predicted.code == 0, predicted.output
    assert [writes_to(panel) for panel in panels.values()] == [[], []]
    assert not role.users.exists()
    for panel in panels.values():
        panel.reset_counters()
    first = role.run(panels, "-vvvv", "--diff")
    assert first.code == 0, first.output
    expected = {
        name: {APPLY, SAVED[panel.generation], LINKS[panel.generation], LISTS} for name, panel in panels.items()
    }
    assert ended(predicted) == ended(first) == expected
    secrets = {PASSWORD}.union(*map(secrets_of, panels.values()))
    assert leaks(first, secrets) == {}
    for host, panel in panels.items():
        accounts, files = panel.panel.accounts, [f"anna/anna.{ending}" for ending in EXTENSIONS[panel.generation]]
        assert {name: account["status"] for name, account in accounts.items()} == {
            **dict.fromkeys(["anna", "bert", "emil"], "enable"),
            **dict.fromkeys(["carl", "dora"], "disable"),
        }
        assert [accounts[name]["b_download"] for name in ("anna", "bert", "emil")] == [100, 100, 7]
        assert accounts["anna"]["password"] == PASSWORD
        assert role.files(host) == {
            **dict.fromkeys(["anna", "bert", "emil"], 0o700),
            **dict.fromkeys([*files, "anna/anna.link", "bert/bert.conf", "emil/emil.conf"], 0o600),
            **dict.fromkeys(["handout.csv", "handout.json"], 0o600),
        }
        assert stat.S_IMODE((role.users / host).stat().st_mode) == 0o700
        key = accounts["anna"]["private_key"]
        assert f"PrivateKey = {key}\n" in (role.users / host / "anna/anna.conf").read_text()
        (link,) = panel.panel.otls
        assert link in (role.users / host / "anna/anna.link").read_text()
        listed = role.handout(host)
        assert listed["unused_folders"] == []
        assert [person["status"] for person in listed["people"]] == [
            "enabled",
            "enabled",
            "expired",
            "disabled",
            "enabled",
        ]
        anna, bert, carl = listed["people"][:3]
        assert [file["file"] for file in anna["files"]] == files
        assert (anna["email"], anna["link"], anna["server"]) == ("anna@example.com", "anna/anna.link", "Default")
        assert [person["address"] for person in (anna, bert)] == [
            accounts[name]["allowed_IPs"] for name in ("anna", "bert")
        ]
        assert (bert["expires"], carl["files"], carl["expires"]) == ("2999-12-31", [], "2020-01-31")
        rows = from_csv((role.users / host / "handout.csv").read_text())
        assert [row["name"] for row in rows] == ["anna", "bert", "carl", "dora", "emil"]
        text = (role.users / host / "handout.csv").read_text() + json.dumps(listed)
        assert [secret for secret in secrets if secret in text] == []
        # One request for each account and each file. A 2.x panel needs another one for the bandwidths of a client.
        requests = requests_of(panel)
        assert (requests["files"], requests["writes"]) == (4, {1: 5, 2: 10}[panel.generation])
        assert requests["reads"] == READS[panel.generation]
    for panel in panels.values():
        panel.reset_counters()
    again = role.run(panels)
    assert (again.code, again.changed) == (0, []), again.output
    assert [writes_to(panel) for panel in panels.values()] == [[], []]


def test_only_who_has_another_configuration_gets_something_new(start: Start, role: Role) -> None:
    panel = start()
    archive = {"archive": True, "archive_password": "c4nary-of-archives"}
    first = role.run({"vpn1": panel}, **archive)
    assert first.code == 0, first.output
    before = {path: path.read_bytes() for path in (role.users / "vpn1").rglob("*") if path.is_file()}
    assert {path.name for path in before} >= {"anna.zip.enc", "bert.zip.enc", "emil.zip.enc"}
    # The phone of anna was lost: somebody gave her other keys.
    panel.panel.accounts["anna"].update(key_pair())
    run = role.run({"vpn1": panel}, "-vvvv", "--diff", **archive)
    assert run.code == 0, run.output
    assert ended(run) == {"vpn1": {SAVED[1], ARCHIVES, LINKS[1], LISTS}}
    after = {path: path.read_bytes() for path in (role.users / "vpn1").rglob("*") if path.is_file()}
    changed = {path.name for path in after if after[path] != before.get(path)}
    assert changed == {"anna.conf", "anna.png", "anna.link", "anna.zip.enc", "handout.json"}
    assert leaks(run, secrets_of(panel)) == {}
    # A link that was used is replaced when its file is deleted.
    panel.panel.otls.clear()
    os.remove(role.users / "vpn1/anna/anna.link")
    assert ended(role.run({"vpn1": panel}, **archive)) == {"vpn1": {LINKS[1]}}
    assert len(panel.panel.otls) == 1


def test_a_person_whose_configuration_fails_does_not_keep_others_from_theirs(start: Start, role: Role) -> None:
    panel = start()
    panel.fault("error", path="account/bert/config_text", text="Something failed", times=None)
    people = [{"name": name, "link": True} for name in ("anna", "bert")]
    run = role.run({"vpn1": panel}, list=people)
    assert run.code == 2
    assert "Something failed" in run.result_of("Report configurations that could not be saved")["msg"]
    assert role.files("vpn1").keys() == {"anna", "anna/anna.conf", "anna/anna.link", "handout.csv", "handout.json"}
    panel.clear_faults()
    assert role.run({"vpn1": panel}, list=people).code == 0
    assert {"bert/bert.conf", "bert/bert.link"} < role.files("vpn1").keys()
    assert len(panel.panel.otls) == 2


def test_a_list_with_problems_changes_nothing(start: Start, role: Role) -> None:
    panel = start()
    role.csv.write_text("name;groups;formats\nanna;staf;\n\nbert;;pdf\nAnna;;\ncarl\n")
    run = role.run({"vpn1": panel})
    assert run.code == 2
    message = run.result_of("Refuse a list with problems as a whole")["msg"]
    for text in (
        'Line 2 (anna): unknown group "staf"',
        'Line 4 (bert): unknown format "pdf"',
        'Line 5 (Anna): the name differs from "anna" only by case',
        "Line 6 has too few cells: 1 of 3.",
    ):
        assert text in message
    assert requests_of(panel) == {"files": 0, "links": 0, "writes": 0, "reads": 1}
    assert not role.users.exists()
    run = role.run({"vpn1": panel}, list=[{"name": "anna"}], csv=str(role.csv))
    assert run.result_of("Refuse a list with problems as a whole")["msg"] == (
        "Nothing was changed. Set either puqvpn_users_list or puqvpn_users_csv."
    )


def test_who_is_missing_is_disabled_within_limits_and_keeps_the_folder(start: Start, role: Role) -> None:
    panel = start()
    panel.panel.add_server({"name": "other", "address": "10.9.0.1/24"})
    panel.panel.add_account({"name": "elsewhere", "wg_name": "other", "allowed_IPs": "10.9.0.2"})
    panel.panel.add_account({"name": "ops_1", "wg_name": "Default", "allowed_IPs": "10.0.0.99"})
    people = [{"name": name} for name in ("anna", "bert", "carl")]
    for at, name in enumerate(("anna", "bert", "carl"), start=10):
        panel.panel.add_account({"name": name, "wg_name": "Default", "allowed_IPs": f"10.0.0.{at}"})
    (role.users / "vpn1" / "carl").mkdir(parents=True)
    limits = {"missing": "disable", "scope": ["Default"], "protect": ["ops_*"], "max_disables": 1}

    def disabled() -> set[str]:
        return {name for name, account in panel.panel.accounts.items() if account["status"] == "disable"}

    refused = role.run({"vpn1": panel}, list=people[:1], **limits)
    assert (refused.result_of(APPLY)["error_code"], disabled()) == ("removal_refused", set())
    run = role.run({"vpn1": panel}, list=people[:2], **limits)
    assert run.code == 0, run.output
    assert disabled() == {"carl"}
    assert role.handout("vpn1")["unused_folders"] == ["carl"]
    # Whoever comes back is enabled again.
    run = role.run({"vpn1": panel}, list=people[1:], **{**limits, "missing": "absent", "max_deletes": 1})
    assert run.code == 0, run.output
    assert disabled() == set()
    assert set(panel.panel.accounts) == {"bert", "carl", "elsewhere", "ops_1"}
    assert role.handout("vpn1")["unused_folders"] == ["anna"]
    assert set(role.files("vpn1")) >= {"anna/anna.conf", "carl/carl.conf"}
