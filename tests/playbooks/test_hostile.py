# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every role and plugin on panels that lie and that break HTTP, as the tables say: a panel for each line of them.

A run takes all of these panels at once, among them an honest one, which must not suffer from the others. The programs
that a hostile text could start are replaced by one that takes note of it.
"""

from __future__ import annotations

import ipaddress
import itertools
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._endpoints import writes_by_get
from ansible_collections.puqcloud.puqvpn.tests.hostile.runs import objections_to_sentence
from ansible_collections.puqcloud.puqvpn.tests.hostile.tables import BREAKAGES, texts
from ansible_collections.puqcloud.puqvpn.tests.hostile.watch import Surroundings, tree
from ansible_collections.puqcloud.puqvpn.tests.playbooks.runs import (
    Inventory,
    Listing,
    Playbook,
    Run,
    Start,
    play_of_panels,
)
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import CREDENTIAL_OPTION
from ansible_collections.puqcloud.puqvpn.tests.unit.scenarios import archive, furnish, server_with_account
from prometheus_client.parser import text_string_to_metric_families
from simulator import Simulator

ROLES = ("backup", "export", "healthcheck", "panel", "report", "usage", "users")
PLAYS = (*ROLES, "lookup")
HONEST = "honest"
# Names of objects, one of each family.
NAMES = ("bob", "other", "neighbour", "kept.zip")
# Panels that show texts in a part of their fields, each in another one.
SCATTERED = 3
# How many texts are names of archives: the first in the table are about paths, commands and lines.
ARCHIVES = 45
PROGRAMS = ("ssh", "scp", "sftp", "sshpass", "touch", "id")
# In seconds, of requests that stall, and of all others.
SHORT, USUAL = 0.5, 5.0


# --- Panels


def furnished(start: Start) -> Simulator:
    """A panel that holds something of every family."""
    panel = start()
    furnish(panel)
    archive(panel)
    server_with_account(panel)
    panel.connect("wireguard", "bob")
    return panel


def named(panel: Simulator, text: str) -> None:
    """A text as the name of an object of each family, and as the error of settings."""
    for name in NAMES:
        panel.rename(name, text)
    for path in ("system/config", "dns"):
        panel.fault("error", method="GET", path=path, text=text, times=None)


def crowded(start: Start, names: list[str]) -> Simulator:
    """A panel with an account, a server and a rule of each of these names."""
    panel = furnished(start)
    memory = panel.panel
    account, server, rule = memory.accounts["bob"], memory.wireguard["other"], memory.firewall_filter[-1]
    for number, name in enumerate(names):
        address = {"allowed_IPs": f"10.0.0.{number + 20}", "wg_name": "Default"}
        memory.accounts[name] = {**account, "name": name, "username": name, **address}
        own = {"address": f"10.9.{number}.1/24", "listen_port": 52000 + number, "interface_name": f"wg{number + 100}"}
        memory.wireguard[name] = {**server, "name": name, **own}
        memory.port_forwards[name] = {}
        memory.firewall_filter.append({**rule, "name": name})
    return panel


# --- The machine


@dataclass
class Machine(Surroundings):
    """The machine that a hostile panel wants, with the programs that one of its texts could start."""

    def __post_init__(self) -> None:
        self.prepare()
        for name in ("programs", "started"):
            (self.root / name).mkdir()
        stub = f'#!/bin/sh\nprintf "%s\\0" "$0" "$@" > {self.root}/started/$$\n'
        for name in PROGRAMS:
            (self.root / "programs" / name).write_text(stub)
            (self.root / "programs" / name).chmod(0o755)
        self.before = tree(self.root / "others")

    def started(self) -> Iterator[list[str]]:
        """The programs that were started since this was last asked for, each with its arguments."""
        for note in (self.root / "started").iterdir():
            yield note.read_text().split("\0")[:-1]
            note.unlink()

    @property
    def environment(self) -> dict[str, str]:
        """What makes Ansible find these programs first, and start fewer of its own."""
        return {"PATH": f"{self.root / 'programs'}:{os.environ['PATH']}", "ANSIBLE_PIPELINING": "true"}

    def objections(self) -> Iterator[str]:
        """What happened that may never happen."""
        for arguments in self.started():
            yield f"started {arguments!a:.500}"
        if tree(self.root / "others") != self.before:
            yield "touched files of others"
        for name in {path.name for path in self.root.iterdir()} - {"given", "others", "programs", "started"}:
            yield f"left {name!a} behind"


# --- What may never be seen


def objections_to_output(run: Run) -> Iterator[str]:
    """What a run may never print, or keep in its log."""
    for what, seen in (("output", run.output), ("log", run.log)):
        unprintable = sorted({one for one in seen if not one.isprintable() and one != "\n"})
        if unprintable:
            yield f"the {what} holds {unprintable!a}: {_around(seen, unprintable[0])!a}"
        for text in ("Traceback (most recent call last)", "MODULE FAILURE", "Unexpected failure"):
            if text in seen:
                yield f"the {what} holds {text}: {_around(seen, text)!a}"


def _around(seen: str, text: str) -> str:
    at = seen.index(text)
    return seen[max(at - 300, 0) : at + 300]


def objections_to_results(run: Run) -> Iterator[str]:
    """What no result may say."""
    for entry in run.results:
        result = entry["result"]
        about = f"{entry['host']}, {entry['task']}"
        for one in result.get("results", [result]):
            if entry["outcome"] == "failed":
                yield from (f"{about}: {wrong}" for wrong in objections_to_sentence("msg", str(one.get("msg", ""))))
            if "exception" in one and "puqvpn" in str(one["exception"]):
                yield f"{about}: {one['exception']!a:.500}"


def objections_to_panel(panel: Simulator, before: dict[str, Any]) -> Iterator[str]:
    """What no role may do to a panel: more than to make an archive, and that once."""
    now = panel.state()
    for family, content in before.items():
        if family == "backups":
            lost, more = content.keys() - now[family].keys(), now[family].keys() - content.keys()
            if lost or len(more) > 1:
                yield f"archives are gone ({sorted(lost)!a}) or new ({sorted(more)!a})"
        elif content != now[family]:
            yield f"{family} is changed"
    requests = [(request.method, request.path) for request in panel.requests]
    writes = [one for one in requests if one[0] != "GET" or writes_by_get(*one)]
    if len(writes) > 1:
        yield f"{writes} were sent"


# --- Roles

# What a user gives each role, where it is not the default.
VARIABLES: dict[str, dict[str, Any]] = {
    "backup": {"folder": "{{ files }}/backups", "max_age": 100_000_000},
    "export": {"folder": "{{ files }}/exports/{{ inventory_hostname }}"},
    "healthcheck": {"max_backup_hours": 1_000_000, "report_folder": "{{ files }}/health"},
    "panel": {
        "drift": True,
        "report_folder": "{{ files }}/reports",
        "purge": ["accounts", "wireguard", "firewall_rules"],
        "allow_empty": True,
        "max_deletes": 1000,
        "accounts": [],
        "wireguard": [],
        "firewall_rules": [],
        "dns": {"max_cache_ttl": 600},
    },
    "report": {
        "folder": "{{ files }}/report",
        "usage_folder": "{{ files }}/usage",
        "max_backup_hours": 1_000_000,
    },
    "usage": {"folder": "{{ files }}/usage", "quota_gb": 1, "stale_months": 1},
    "users": {
        "folder": "{{ files }}/users",
        "list": [{"name": "bob", "formats": ["wireguard", "qr"]}],
        "missing": "disable",
        "protect": ["*"],
    },
}


def role(name: str) -> dict[str, Any]:
    """A role as a task."""
    variables = {f"puqvpn_{name}_{variable}": value for variable, value in VARIABLES[name].items()}
    return {"name": name, "ansible.builtin.import_role": {"name": f"puqcloud.puqvpn.{name}"}, "vars": variables}


def lookups(connection: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Tasks that look something up."""
    for path in ("account", "dns"):
        told = "{{ query('puqcloud.puqvpn.puqvpn', path, **connection) }}"
        yield {
            "name": f"Look up {path}",
            "ansible.builtin.set_fact": {"told": told},
            "vars": {"path": path, "connection": connection},
        }


@dataclass
class Fleet:
    """Panels by the names of their hosts, those of each play with their timeouts, and a run of the plays on them."""

    machine: Machine
    playbook: Playbook
    panels: dict[str, Simulator]
    hosts: dict[str, dict[str, float]]

    def add(self, name: str, panel: Simulator, *plays: str, timeout: float = USUAL) -> None:
        """Add a panel for some plays, or for all of them."""
        self.panels[name] = panel
        for play in plays or PLAYS:
            self.hosts[play][name] = timeout

    def run(self) -> Run:
        """Run each play on its panels, and look for what may never happen."""
        before = {name: panel.state() for name, panel in self.panels.items()}
        inventory, playbook = self.machine.folder / "hosts.yml", self.machine.folder / "plays.yml"
        groups = {
            play: {"hosts": {name: self._way_to(name, timeout) for name, timeout in hosts.items()}}
            for play, hosts in self.hosts.items()
        }
        inventory.write_text(json.dumps({"all": {"children": groups}}))
        playbook.write_text(json.dumps([self._play(play) for play in PLAYS]))
        run = self.playbook(playbook, "-i", str(inventory), "--forks", "4", **self.machine.environment)
        wrong = [
            *self.machine.objections(),
            *objections_to_output(run),
            *objections_to_results(run),
            *self._objections_to_files(),
            *(
                f"{name}: {one}"
                for name, panel in self.panels.items()
                for one in objections_to_panel(panel, before[name])
            ),
        ]
        assert wrong == []
        return run

    def _way_to(self, name: str, timeout: float) -> dict[str, Any]:
        panel = self.panels[name]
        return {"panel_url": panel.url, "panel_hash": panel.credential, "panel_timeout": timeout}

    def _play(self, name: str) -> dict[str, Any]:
        connection = {
            "url": "{{ panel_url }}",
            "access_hash": "{{ panel_hash }}",
            "timeout": "{{ panel_timeout }}",
            "busy_timeout": 1,
            "retries": 0,
        }
        # A host that fails must be there for the play after this.
        tried = {
            "name": f"Try {name}",
            "block": list(lookups(connection) if name == "lookup" else [role(name)]),
            "rescue": [{"name": "Go on", "ansible.builtin.meta": "noop"}],
        }
        play = play_of_panels(connection, hosts=name, tasks=[tried])
        play["vars"]["files"] = str(self.machine.folder)
        return play

    def _objections_to_files(self) -> Iterator[str]:
        hosts = "|".join(self.panels)
        usual = (
            rf"(backups|exports)(/({hosts}))?|reports(/({hosts})\.(json|md))?|hosts\.yml|plays\.yml"
            rf"|(report|health)(/report\.(html|json|md|prom))?|usage(/({hosts})(/(changes|\d{{4}}-\d\d)\.(json|csv))?)?"
            rf"|users(/({hosts})(/handout\.(csv|json)|/bob(/bob\.(conf|png))?)?)?"
            rf"|backups/({hosts})/(SHA256SUMS|[\w. @+-]+)|exports/({hosts})/puqvpn_panel_\w+\.yml"
        )
        for path in self.machine.folder.rglob("*"):
            name = str(path.relative_to(self.machine.folder))
            if path.is_symlink() or not (path.is_file() or path.is_dir()) or not re.fullmatch(usual, name):
                yield f"made {name!a}"


def ended(run: Run, host: str) -> dict[str, str]:
    """How the tasks of a host ended, those that nothing was to be done for left out."""
    return {one["task"]: one["outcome"] for one in run.results if one["host"] == host}


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine of its own."""
    return Machine(tmp_path / "machine")


@pytest.fixture
def fleet(machine: Machine, start: Start, playbook: Playbook) -> Fleet:
    """An honest panel, to which others are added."""
    fleet = Fleet(machine, playbook, {}, {play: {} for play in PLAYS})
    fleet.add(HONEST, furnished(start))
    return fleet


# What the last task of each play says on a panel without anything special.
DONE = {
    "Remove intact archives beyond the number to keep, and list the others": "ok",
    "Export the panel to files on the controller": "ok",
    "Check the health of the panel": "ok",
    "Read its status, its accounts and its backups": "ok",
    "Write the drift reports": "ok",
    "Write the reports and the list of changes": "ok",
    "Write the hand-out lists": "ok",
    "Look up dns": "ok",
}


def test_roles_and_the_lookup_on_panels_that_lie(fleet: Fleet, start: Start) -> None:
    shown = texts(fleet.machine.canary)
    # There is no panel with an empty name, and half a character is refused with all that is around it.
    names = [text for id, text in shown.items() if id not in ("empty", "lone_surrogate")]
    fleet.add("crowd", crowded(start, names))
    for number, (id, text) in enumerate(shown.items()):
        panel = furnished(start)
        named(panel, text)
        # One archive is the newest, and one error the first. Other names are in the crowd, which takes less time.
        with_backup = ["backup"] if number < ARCHIVES else []
        fleet.add(f"name-{id}", panel, "healthcheck", "panel", "lookup", *with_backup)
    for number in range(SCATTERED):
        panel = furnished(start)
        panel.fault("scatter", values=list(shown.values()), first=number, every=SCATTERED, times=None)
        fleet.add(f"fields-{number}", panel)
    run = fleet.run()
    for host in (HONEST, "crowd"):
        assert DONE.items() <= ended(run, host).items(), host
    report = json.loads((fleet.machine.folder / "reports" / "crowd.json").read_text())
    assert set(names) <= {step["name"] for step in report["plan"]}
    for id in shown:
        assert ended(run, f"name-{id}")["Apply the variables to the panel"] == "failed"
    table = run.result_of("Print what is wrong, and a table of all panels")["msg"][-len(fleet.hosts["healthcheck"]) :]
    assert [line.split()[0] for line in table] == list(fleet.hosts["healthcheck"])
    for play, folder in (("healthcheck", "health"), ("report", "report")):
        document = json.loads((fleet.machine.folder / folder / "report.json").read_text())
        assert {panel["name"] for panel in document["panels"]} == set(fleet.hosts[play])
        list(text_string_to_metric_families((fleet.machine.folder / folder / "report.prom").read_text()))


def test_roles_and_the_lookup_on_panels_that_break_http(fleet: Fleet, start: Start) -> None:
    for number, breakage in enumerate(BREAKAGES):
        panel = furnished(start)
        breakage.arm(panel, times=None)
        timeout = SHORT if breakage.stalls else USUAL
        fleet.add(breakage.id, panel, PLAYS[number % len(PLAYS)], timeout=timeout)
    run = fleet.run()
    assert DONE.items() <= ended(run, HONEST).items()
    document = json.loads((fleet.machine.folder / "report" / "report.json").read_text())
    reported = {panel["name"] for panel in document["panels"] if panel["state"] == "unreachable"}
    for breakage in BREAKAGES:
        assert ended(run, breakage.id), breakage
        # The role report never fails.
        has_failed = "failed" in ended(run, breakage.id).values() or breakage.id in reported
        assert not breakage.stalls or has_failed, breakage


# --- The inventory

# The fields of an account, or of a client of a 2.x panel, that show a text; ``None`` is all others at once.
LIES: dict[int, tuple[str | None, ...]] = {
    1: ("name", "allowed_IPs", "wg_name", None),
    2: ("name", "ipv4", "network_name", None),
}
# Where accounts and sessions are listed.
LISTS = {1: ("account", "wireguard/online"), 2: ("client", "client/online")}


def account_of(generation: int, number: int, field: str | None, text: str) -> dict[str, Any]:
    """An account or client that shows a text, and its number among all of them."""
    name, address, parent, *_others = LIES[generation]
    account = {
        name: f"a{number}",
        "username": "u",
        address: f"10.1.{number // 250}.{number % 250 + 1}",
        parent: "Default",
        "status": "enable",
        "b_download": 100,
        "b_upload": 100,
    }
    lie = {field: text} if field else {name: text for name in account if name not in LIES[generation]}
    shown = {**account, **lie, text: text, "number": number}
    if generation == 2 and number % 2:
        # Every other panel shows the network itself instead of its name.
        shown["network"] = {"name": shown.pop("network_name")}
    return shown


def panels_file(machine: Machine, panels: list[dict[str, Any]]) -> Path:
    """An inventory of these panels."""
    file = machine.folder / "test.puqvpn.yml"
    file.write_text(json.dumps({"plugin": "puqcloud.puqvpn.puqvpn", "panels": panels, "on_unreachable": "skip"}))
    return file


def reach(machine: Machine, playbook: Playbook, file: Path) -> list[list[str]]:
    """The arguments with which ssh is started for each host of an inventory."""
    play = machine.folder / "reach.yml"
    task = {"name": "Reach", "ansible.builtin.raw": "true"}
    play.write_text(json.dumps([{"name": "Reach", "hosts": "all", "gather_facts": False, "tasks": [task]}]))
    run = playbook(play, "-i", str(file), **machine.environment)
    assert list(objections_to_output(run)) == []
    return list(machine.started())


def check_left_out(listing: Listing, most: int) -> int:
    """Look at the warnings of panels that are left out, and return how many there are."""
    told = re.findall(r"Panel \S+ cannot be .*?Its hosts are left out of the inventory\.", listing.warnings)
    assert [wrong for one in told for wrong in objections_to_sentence("a warning", one)] == []
    assert listing.warnings.count("left out of the inventory.") == len(told) <= most
    # What it lists is JSON for programs.
    assert {one for one in listing.stderr if not one.isprintable()} <= {"\n"}
    return len(told)


@pytest.mark.parametrize("generation", LIES)
def test_an_inventory_of_panels_that_lie(
    machine: Machine, start: Start, inventory: Inventory, playbook: Playbook, generation: int
) -> None:
    panel = start(generation=generation)
    lies = list(itertools.product(LIES[generation], texts(machine.canary).values()))
    # All of them have the same address: which one of them gets which answer does not matter.
    way = {"url": panel.url, CREDENTIAL_OPTION[generation]: panel.credential, "retries": 0}
    file = panels_file(machine, [{"name": f"p{number}", **way} for number in range(len(lies))])
    accounts, online = LISTS[generation]

    def lie() -> None:
        for number, (field, text) in enumerate(lies):
            panel.fault("wrong_type", path=accounts, msg=[account_of(generation, number, field, text)])
            # Half a character is refused, whichever account its answer comes to.
            harmless = text.replace("\ud800", "")
            live = {"name": f"a{number}", "endpoint": harmless, "protocol": harmless}
            panel.fault("wrong_type", path=online, msg=[live])

    lie()
    listing = inventory(file, **machine.environment)
    hosts = {host["puqvpn_number"]: (name, host) for name, host in listing.hosts.items()}
    assert check_left_out(listing, len(lies)) == len(lies) - len(hosts)
    for number, (field, text) in enumerate(lies):
        if number in hosts:
            name, host = hosts[number]
            assert re.fullmatch(r"\w[\w.@+-]*", name)
            assert ipaddress.ip_address(host["ansible_host"]).is_loopback is False
            # What is only shown is shown as it is.
            assert field is not None or host["puqvpn_username"] == text
        else:
            assert field is not None or "\ud800" in text, text
    assert all(group.isidentifier() for group in listing.groups)
    lie()
    addresses = {host["ansible_host"] for _name, host in hosts.values()}
    started = reach(machine, playbook, file)
    assert addresses <= {argument for arguments in started for argument in arguments}
    for arguments in started:
        assert arguments[0] == str(machine.root / "programs" / "ssh")
        assert addresses & set(arguments)
        assert not any("touch" in argument for argument in arguments)
    assert list(machine.objections()) == []


def at(name: str, panel: Simulator, number: int, **options: Any) -> dict[str, Any]:
    """A panel of an inventory, with an account that no other one has."""
    panel.panel.add_account({"name": f"a{number}", "wg_name": "Default", "allowed_IPs": "10.0.0.10"})
    return {"name": name, "url": panel.url, "access_hash": panel.credential, **options}


def test_an_inventory_of_panels_that_break_http(machine: Machine, start: Start, inventory: Inventory) -> None:
    panels = [at(HONEST, start(), 0)]
    for number, breakage in enumerate(BREAKAGES, start=1):
        panel = start()
        breakage.arm(panel, times=None)
        # One that closes the connection after each answer may do so when the next request is on its way.
        way = {"timeout": SHORT, "retries": 0} if breakage.stalls else {"retries": 1, "busy_timeout": 1}
        panels.append(at(breakage.id, panel, number, **way))
    listing = inventory(panels_file(machine, panels), **machine.environment)
    assert listing.hosts["a0"]["puqvpn_panel"] == HONEST
    harmless = [breakage.id for breakage in BREAKAGES if breakage.harmless]
    assert {*harmless, HONEST} <= {host["puqvpn_panel"] for host in listing.hosts.values()}
    # One of them says in good form that it holds no account.
    assert check_left_out(listing, len(BREAKAGES) - len(harmless)) >= len(panels) - len(listing.hosts) - 1
    assert list(machine.objections()) == []
