# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role panel: desired state from variables, and reports of what differs."""

from __future__ import annotations

import json
import os
import re
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._document.sections import LAYOUTS
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._module.apply import OPTIONS
from ansible_collections.puqcloud.puqvpn.tests.playbooks.runs import (
    COLLECTION,
    EITHER_GENERATION,
    Playbook,
    Run,
    Start,
    play_of_panels,
    variables_of,
)
from ansible_collections.puqcloud.puqvpn.tests.unit.keys import key_pair
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import writes_to
from simulator import Simulator

APPLY = "Apply the variables to the panel"
REPORTS = ["Write the drift reports"]

# Of each section something that a new panel has otherwise.
WANTED: dict[str, Any] = {
    "system_config": {"traffic_statistics_history": 9},
    "dns": {"max_cache_ttl": 77},
    "firewall": {"ip_forward": False},
    "ikev2_settings": {"dpddelay": 7},
    "traffic_logging": {"enabled_remote_syslog": True, "remote_syslog_server": "192.0.2.9"},
    "backup_config": {"number_backups": 3},
    "firewall_rules": [{"name": "no_telnet", "action": "DROP", "protocol": "TCP", "d_port": 23}],
    "wireguard": [{"name": "office", "address": "10.26.0.1/24"}],
    "accounts": [{"name": "alice", "wg_name": "office"}, {"name": "bob", "wg_name": "office"}],
    "port_forwards": [
        {"wg_name": "office", "dst_port": 8443, "protocol": "tcp", "to_peer": "alice", "to_port": 443},
    ],
}
SETTINGS = {name: content for name, content in WANTED.items() if isinstance(content, dict)}


def _prefixed(variables: dict[str, Any]) -> dict[str, Any]:
    return {f"puqvpn_panel_{name}": value for name, value in variables.items()}


class Role:
    """Runs of the role for panels by name. ``play`` are further keywords of the play."""

    def __init__(self, playbook: Playbook, folder: Path) -> None:
        self._playbook, self._folder = playbook, folder
        self.play: dict[str, Any] = {}
        self.reports = folder / "reports"

    def run(self, panels: dict[str, Simulator], *arguments: str, **variables: Any) -> Run:
        """Run it with the same variables for all panels; ``of`` has further variables by the name of the panel."""
        own = variables.pop("of", {})
        hosts = {
            name: {**variables_of(panel), **_prefixed({**variables, **own.get(name, {})})}
            for name, panel in panels.items()
        }
        inventory, play = self._folder / "inventory.yml", self._folder / "play.yml"
        inventory.write_text(yaml.safe_dump({"all": {"hosts": hosts}}))
        content = play_of_panels(EITHER_GENERATION, **{"roles": ["puqcloud.puqvpn.panel"], **self.play})
        play.write_text(yaml.safe_dump([content]))
        return self._playbook(play, "-i", str(inventory), *arguments)


@pytest.fixture
def role(playbook: Playbook, tmp_path: Path) -> Role:
    """The role, which reports into a folder that is not there yet."""
    return Role(playbook, tmp_path)


def steps_of(run: Run) -> set[str]:
    return {f"{step['action']} {step['kind']} {step['name']}" for step in run.result_of(APPLY)["plan"]}


ALL_STEPS = {
    *(f"update {name} {name}" for name in SETTINGS),
    "create firewall_rule no_telnet",
    "create wireguard office",
    "create account alice",
    "create account bob",
    "create port_forward office/8443/tcp",
}


def test_all_sections_are_applied_by_one_task_and_nothing_changes_the_second_time(start: Start, role: Role) -> None:
    panel = start()
    predicted = role.run({"vpn1": panel}, "--check", **WANTED)
    assert predicted.code == 0, predicted.output
    assert writes_to(panel) == []
    happened = role.run({"vpn1": panel}, **WANTED)
    assert happened.code == 0, happened.output
    assert steps_of(predicted) == steps_of(happened) == ALL_STEPS
    assert happened.changed == [APPLY]
    assert panel.panel.accounts["bob"]["wg_name"] == "office"
    panel.reset_counters()
    again = role.run({"vpn1": panel}, **WANTED)
    assert (again.code, again.changed, writes_to(panel)) == (0, [], []), again.output


def test_panels_of_both_generations_in_one_run(start: Start, role: Role) -> None:
    panels = {"vpn1": start(), "vpn2": start(generation=2), "vpn3": start(), "vpn4": start(generation=2)}
    memory = panels["vpn2"].panel
    panels["vpn2"].network("office", address="10.26.0.1/24")
    for name, network, address in (
        ("eve", "Default", "10.0.0.8"),
        ("ops_1", "Default", "10.0.0.9"),
        ("zoe", "office", "10.26.0.8"),
    ):
        memory.add_account({"name": name, "wg_name": network, "allowed_IPs": address})
    clients = {
        "clients": [{"name": "alice", "network_name": "Default", "b_download": 5}, {"name": "bob", "network": "office"}]
    }
    accounts = {"accounts": [{"name": "alice", "wg_name": "Default"}]}
    purge = {"purge": ["clients"], "purge_scope": ["Default"], "protect": ["ops_*"]}
    secrets = {"secrets": {"clients": {"alice": {"password": "c4nary"}}}}
    # Each generation has sections of its own, and dns.
    of = {"vpn1": accounts, "vpn2": {**clients, **purge, **secrets}, "vpn3": clients, "vpn4": accounts}
    wanted = {"dns": {"max_cache_ttl": 77}, "of": of}
    run = role.run(panels, "-vvvv", **wanted)
    assert run.code == 2
    failed = {entry["host"]: entry["result"] for entry in run.results if entry["outcome"] == "failed"}
    assert {name: result["error_code"] for name, result in failed.items()} == {
        "vpn3": "invalid_config",
        "vpn4": "invalid_config",
    }
    assert "clients: is a section for 2.x panels only." in failed["vpn3"]["msg"]
    assert "accounts: is a section for 1.x panels only." in failed["vpn4"]["msg"]
    plans = {entry["host"]: entry["result"].get("plan") for entry in run.results if entry["task"] == APPLY}
    assert {f"{step['action']} {step['name']}" for step in plans["vpn2"]} == {
        *("update dns", "delete eve", "create alice", "create bob")
    }
    assert {name: memory.accounts[name]["wg_name"] for name in sorted(memory.accounts)} == {
        **{"alice": "Default", "bob": "office", "ops_1": "Default", "zoe": "office"}
    }
    assert (memory.accounts["alice"]["password"], memory.accounts["alice"]["b_download"]) == ("c4nary", 5)
    assert run.places_with("c4nary") == []
    assert [name for name, panel in panels.items() if panel.panel.dns["max_cache_ttl"] == 77] == ["vpn1", "vpn2"]
    assert [panels[name].connections for name in ("vpn3", "vpn4")] == [0, 0]
    again = role.run({name: panels[name] for name in ("vpn1", "vpn2")}, **wanted)
    assert (again.code, again.changed) == (0, []), again.output


def test_tags_choose_sections(start: Start, role: Role) -> None:
    panel = start()
    panel.panel.add_account({"name": "eve", "wg_name": "Default", "allowed_IPs": "10.0.0.10"})
    wanted = {**WANTED, "accounts": [{"name": "alice", "wg_name": "Default"}]}
    # What is to be purged is limited in the same way: the other sections are not there.
    purge = ["firewall_rules", "accounts"]
    run = role.run({"vpn1": panel}, "--tags", "dns,accounts", **wanted, purge=purge)
    assert run.code == 0, run.output
    assert steps_of(run) == {"update dns dns", "create account alice", "delete account eve"}
    assert [rule["name"] for rule in panel.panel.firewall_filter] == ["system_PUQVPNCP"]


def test_a_tag_of_the_role_itself_means_all_sections(start: Start, role: Role) -> None:
    panel = start()
    role.play = {"roles": [{"role": "puqcloud.puqvpn.panel", "tags": ["vpn"]}]}
    run = role.run({"vpn1": panel}, "--tags", "vpn", **WANTED)
    assert run.code == 0, run.output
    assert steps_of(run) == ALL_STEPS


@pytest.mark.parametrize(
    ("variables", "end"),
    [
        ({"purge": ["accounts"]}, (["eve", "ops_1"], [], [])),
        ({"purge": ["accounts"], "protect": ["ops_*"]}, (["eve"], ["ops_1"], [])),
        ({"purge": ["accounts"], "max_deletes": 1}, (["eve", "ops_1"], [], ["max_deletes"])),
        ({"purge": ["accounts"], "purge_scope": ["office"]}, ([], [], [])),
        ({"purge": ["accounts"], "accounts": []}, (["eve", "ops_1", "zoe"], [], ["empty_section"])),
        ({"purge": ["accounts"], "accounts": [], "allow_empty": True}, (["eve", "ops_1", "zoe"], [], [])),
        ({"accounts": [{"name": "eve", "username": "other"}]}, "invalid_config"),
        ({"accounts": [{"name": "eve", "username": "other"}], "recreate": True}, (["eve"], [], [])),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, dict) else "",
)
def test_what_limits_and_allows_changes_is_handed_on(
    start: Start, role: Role, variables: dict[str, Any], end: tuple[list[str], list[str], list[str]] | str
) -> None:
    panel = start()
    panel.panel.add_server({"name": "office", "address": "10.26.0.1/24"})
    for at, name in enumerate(("eve", "ops_1", "zoe")):
        panel.panel.add_account({"name": name, "username": name, "wg_name": "Default", "allowed_IPs": f"10.0.0.1{at}"})
    run = role.run({"vpn1": panel}, "--check", **{"accounts": [{"name": "zoe"}], **variables})
    if isinstance(end, str):
        assert (run.code, run.result_of(APPLY)["error_code"]) == (2, end), run.output
    else:
        assert run.code == 0, run.output
        result = run.result_of(APPLY)
        reported = (("plan", "name"), ("protected", "name"), ("refusals", "reason"))
        assert tuple([shown[key] for shown in result[name]] for name, key in reported) == end


@pytest.mark.parametrize(("on_error", "made"), [("stop", 0), ("continue", 1)])
def test_a_change_that_fails_stops_the_others_unless_said_otherwise(
    start: Start, role: Role, on_error: str, made: int
) -> None:
    panel = start()
    panel.fault("error", method="POST", path="account*", times=1, text="Something failed")
    accounts = [{"name": name, "wg_name": "Default"} for name in ("alice", "bob")]
    run = role.run({"vpn1": panel}, accounts=accounts, on_error=on_error)
    assert run.code == 2
    assert len(panel.panel.accounts) == made


def test_changes_are_sent_at_the_same_time_when_that_is_allowed(start: Start, role: Role) -> None:
    panel = start(latency=0.2)
    accounts = [{"name": f"user_{at}", "wg_name": "Default"} for at in range(8)]
    run = role.run({"vpn1": panel}, accounts=accounts, concurrency=4)
    assert run.code == 0, run.output
    assert len(panel.panel.accounts) == 8
    assert 1 < panel.most_at_once <= 4


@pytest.mark.parametrize("way", ["host", "role"])
def test_secrets_are_laid_over_the_sections_and_never_seen(start: Start, role: Role, way: str) -> None:
    panel = start()
    keys = key_pair()
    password, token = 'c4nary  "{{ 6 * 7 }}" <\u00fc> %', "c4nary-{%-token"
    secrets = {
        "accounts": {"alice": {"password": password}, "nobody": {"password": "c4nary-nobody"}},
        "wireguard": {"office": keys},
        "traffic_logging": {"influxdb_token": token},
        "backup_config": {"ftp_password": "c4nary-ftp"},
        "dns": None,
    }
    # As it stands in an encrypted file, where what is no template is marked.
    file = role.reports.parent / "secrets.yml"
    text = yaml.safe_dump({"puqvpn_panel_secrets": secrets}, width=1000)
    file.write_text(re.sub(r"(password|influxdb_token): (?=.*\{[{%])", r"\1: !unsafe ", text))
    if way == "host":
        role.play = {"vars_files": [str(file)]}
    else:
        given = {"role": "puqcloud.puqvpn.panel", "puqvpn_panel_secrets": "{{ read.puqvpn_panel_secrets }}"}
        include = {"name": "Read", "ansible.builtin.include_vars": {"file": str(file), "name": "read"}, "no_log": True}
        role.play = {"pre_tasks": [include], "roles": [given]}
    for arguments in (("--check", "-vvvv", "--diff"), ("-vvvv", "--diff"), ("-vvvv", "-e", "puqvpn_panel_drift=true")):
        run = role.run({"vpn1": panel}, *arguments, **WANTED)
        assert run.code == 0, run.output
        assert [places for secret in ("c4nary", keys["private_key"]) if (places := run.places_with(secret))] == []
    assert run.changed == REPORTS
    memory = panel.panel
    assert memory.accounts["alice"]["password"] == password
    assert memory.wireguard["office"]["private_key"] == keys["private_key"]
    assert memory.traffic_logging["influxdb_token"] == token
    assert memory.backup_config["ftp_password"] == "c4nary-ftp"
    # Another password is a difference, and the reports do not tell it.
    memory.accounts["alice"]["password"] = "c4nary-other"
    run = role.run({"vpn1": panel}, "-vvvv", "--diff", "-e", "puqvpn_panel_drift=true", **WANTED)
    assert steps_of(run) == {"update account alice"}
    assert run.places_with("c4nary") == []
    assert "c4nary" not in "".join(path.read_text() for path in role.reports.iterdir())


def test_what_is_wrong_with_the_secrets_is_reported_without_them(start: Start, role: Role) -> None:
    panel = start()
    run = role.run({"vpn1": panel}, "-vvvv", **WANTED, secrets="c4nary")
    assert run.code == 2
    assert "puqvpn_panel_secrets" in run.output
    assert run.places_with("c4nary") == []
    assert panel.connections == 0


def test_a_switch_in_the_place_of_a_text_reaches_the_module_as_it_is(start: Start, role: Role) -> None:
    panel = start()
    secrets = {"accounts": {"carol": {"password": 1.5}}}
    accounts = [{"name": False, "wg_name": "Default"}, {"name": "carol", "wg_name": "Default"}]
    failed = role.run({"vpn1": panel}, accounts=accounts, secrets=secrets).result_of(APPLY)
    assert failed["error_code"] == "invalid_config"
    assert "name must be a string. A boolean (false) was given: quote it" in failed["msg"]
    assert "password must be a string. A decimal number was given: quote it" in failed["msg"]
    assert panel.connections == 0


REPORT = """\
# vpn1

The panel differs from its variables. Applying them would make these changes:

| action | kind | name | fields | reason |
| --- | --- | --- | --- | --- |
| delete | account | eve |  | not in config (purge) |
| update | dns | dns | max_cache_ttl |  |
| create | firewall_rule | no_telnet | name, action, chain, protocol, s_ip, s_port, d_ip, d_port |  |
| update | account | alice | b_download, b_upload |  |

The panel (-) compared with its variables (+):

```diff
  accounts:
- eve:
-   name: "eve"
-   wg_name: "Default"
-   status: "enable"
-   username: "eve"
-   allowed_ips: "10.0.0.11"
-   public_key: "{public_key}"
-   b_download: 0
-   b_upload: 0
-   mangle: 101
- alice:
-   b_download: 0
-   b_upload: 0
+ alice:
+   b_download: 10
+   b_upload: 20
  dns:
- max_cache_ttl: 3600
+ max_cache_ttl: 77
  firewall_rules:
+ no_telnet:
+   name: "no_telnet"
+   action: "DROP"
+   chain: "INPUT"
+   protocol: "TCP"
+   s_ip: "0.0.0.0/0"
+   s_port: 0
+   d_ip: "0.0.0.0/0"
+   d_port: 23
```
"""


def test_drift_is_reported_and_nothing_is_written(start: Start, role: Role) -> None:
    panel = start()
    for at, name in enumerate(("alice", "eve")):
        panel.panel.add_account({"name": name, "username": name, "wg_name": "Default", "allowed_IPs": f"10.0.0.1{at}"})
    wanted = {
        "dns": {"max_cache_ttl": 77},
        "firewall_rules": WANTED["firewall_rules"],
        "accounts": [{"name": "alice", "b_download": 10, "b_upload": 20}],
        "purge": ["accounts"],
        "drift": True,
    }
    run = role.run({"vpn1": panel}, **wanted)
    assert run.code == 0, run.output
    assert writes_to(panel) == []
    report = REPORT.format(public_key=panel.panel.accounts["eve"]["public_key"])
    assert (role.reports / "vpn1.md").read_text() == report
    reported = json.loads((role.reports / "vpn1.json").read_text())
    result = run.result_of(APPLY)
    told = ("plan", "summary", "protected", "expired", "expiring", "refusals", "unverified", "diff")
    assert reported == {name: result[name] for name in told}
    assert reported["summary"]["delete"] == 1
    # The same difference is the same report.
    assert role.run({"vpn1": panel}, **wanted).changed == [APPLY]


def test_dates_of_accounts_need_no_quotes_and_are_reported(start: Start, role: Role) -> None:
    panel = start()
    for at, name in enumerate(("alice", "eve", "zoe")):
        panel.panel.add_account({"name": name, "wg_name": "Default", "allowed_IPs": f"10.0.0.1{at}"})
    moment = datetime(2020, 1, 31, 18, tzinfo=timezone(timedelta(hours=1)))
    accounts = [{"name": "alice", "expires": date(9999, 1, 31)}, {"name": "eve", "expires": moment}]
    wanted = {"accounts": accounts, "purge": ["accounts"], "purge_action": "disable", "expiry_warn_days": 9999999}
    run = role.run({"vpn1": panel}, **wanted, drift=True)
    assert run.code == 0, run.output
    report = (role.reports / "vpn1.md").read_text()
    assert "| update | account | eve | status | expired on 2020-01-31T17&#58;00&#58;00Z |" in report
    assert "| update | account | zoe | status | not in config (purge) |" in report
    reported = json.loads((role.reports / "vpn1.json").read_text())
    assert [entry["name"] for entry in reported["expired"]] == ["eve"]
    assert [entry["name"] for entry in reported["expiring"]] == ["alice"]
    run = role.run({"vpn1": panel}, **wanted, max_disables=0)
    assert run.result_of(APPLY)["refusals"][0]["reason"] == "max_disables"
    assert role.run({"vpn1": panel}, **wanted, max_disables=1).code == 0
    statuses = {name: account["status"] for name, account in panel.panel.accounts.items()}
    assert statuses == {"alice": "enable", "eve": "disable", "zoe": "disable"}


def test_what_a_run_would_refuse_is_reported(start: Start, role: Role) -> None:
    panel = start()
    for at, name in enumerate(("eve", "ops_1", "zoe")):
        panel.panel.add_account({"name": name, "wg_name": "Default", "allowed_IPs": f"10.0.0.1{at}"})
    wanted = {"accounts": [], "port_forwards": [], "purge": ["accounts", "port_forwards"], "protect": ["ops_*"]}
    run = role.run({"vpn1": panel}, **wanted, max_deletes=1, drift=True)
    assert run.code == 0, run.output
    report = (role.reports / "vpn1.md").read_text()
    assert (
        "\nApplying them would be refused:\n\n- accounts is empty, and purge would remove everything.\n"
        "- the run would remove 2 objects, and max_deletes is 1.\n\nThe panel (-) compared" in report
    )
    reported = json.loads((role.reports / "vpn1.json").read_text())
    assert [refusal["reason"] for refusal in reported["refusals"]] == ["empty_section", "max_deletes"]
    assert reported["protected"] == [{"kind": "account", "name": "ops_1"}]
    run = role.run({"vpn1": panel}, **wanted, max_deletes=1)
    assert (run.code, run.result_of(APPLY)["error_code"]) == (2, "removal_refused"), run.output
    assert writes_to(panel) == []


HOSTILE = [
    "a | b | c |\n| update | dns | dns | all |",
    "```\n# Nothing differs\n```",
    "`a` *b* _c_ <script>alert(1)</script> [d](http://example.com) www.example.com",
    "a\r\n\x1b[2J\x1b]0;title\x07\x9b31m",
    "a\u2028\u2029\x85\x0b\x0c\x7fb",
    "a\u202eb\u2066\ufeff\u200b",
    "{{ lookup('ansible.builtin.pipe', 'touch pwned') }}",
    "--- a\n+++ b\n- c\n+ d",
]


def test_no_text_of_a_panel_means_anything_in_a_report(start: Start, role: Role) -> None:
    panels = {name: start() for name in ("vpn1", "a_b", "link", "pipe", "../up")}
    memory = panels["vpn1"].panel
    for number, text in enumerate(HOSTILE):
        values = {"name": text, "username": f"u{number}", "wg_name": "Default", "allowed_IPs": f"10.0.0.1{number}"}
        memory.add_account({**values, "note": text})
    memory.dns["forwarders_1"] = HOSTILE[1]
    role.reports.mkdir()
    outside = role.reports.parent / "outside"
    outside.write_text("mine")
    (role.reports / "link.md").symlink_to(outside)
    os.mkfifo(role.reports / "pipe.json")
    wanted = {"accounts": [], "purge": ["accounts"], "allow_empty": True, "dns": {"forwarders_1": "192.0.2.1"}}
    run = role.run(panels, **wanted, drift=True)
    refused = {entry["result"]["msg"] for entry in run.results if entry["outcome"] == "failed"}
    assert run.code == 2
    assert len(refused) == 3, run.output
    assert all(text.startswith("Nothing was written. ") and text.isprintable() for text in refused)
    assert outside.read_text() == "mine"
    assert sorted(path.name for path in role.reports.iterdir()) == [
        *("a_b.json", "a_b.md", "link.md", "pipe.json", "vpn1.json", "vpn1.md")
    ]
    assert not (run.home / "pwned").exists()

    text = (role.reports / "vpn1.md").read_text(encoding="utf-8")
    lines = text.split("\n")
    assert all(line.isprintable() for line in lines)
    assert text.splitlines() == lines[:-1]
    table = [line for line in lines if line.startswith("|")]
    assert len(table) == 2 + len(HOSTILE) + 1
    assert all(line.count("|") == 6 for line in table)
    assert set("<>[]`*").isdisjoint("".join(table))
    begin, end = (at for at, line in enumerate(lines) if "`" in line)
    assert (lines[begin], lines[end:]) == ("```diff", ["```", ""])
    assert all(line.startswith(("  ", "- ", "+ ")) and line.isascii() for line in lines[begin + 1 : end])
    assert [line for line in lines if line.startswith("#")] == ["# vpn1"]
    assert (role.reports / "a_b.md").read_text().startswith("# a_b\n")

    reported = (role.reports / "vpn1.json").read_text(encoding="utf-8")
    assert reported.isascii()
    assert {step["name"] for step in json.loads(reported)["plan"]} == {*HOSTILE, "dns"}


def test_another_order_of_rules_is_reported(start: Start, role: Role) -> None:
    panel = start()
    rules = [{"name": name, "action": "DROP", "d_port": port} for port, name in enumerate(("first", "second"), 23)]
    assert role.run({"vpn1": panel}, firewall_rules=rules[::-1]).code == 0
    assert role.run({"vpn1": panel}, firewall_rules=rules, drift=True).code == 0
    report = (role.reports / "vpn1.md").read_text()
    before, after = (f'{sign} order of firewall_rules:\n{sign} - "system_PUQVPNCP"\n' for sign in "-+")
    assert f'{before}- - "second"\n- - "first"\n{after}+ - "first"\n+ - "second"\n```\n' in report
    assert "{}" not in report


def test_panels_that_differ_fail_when_that_is_wanted(start: Start, role: Role) -> None:
    panels = {f"vpn{number}": start() for number in range(1, 5)}
    for name in ("vpn1", "vpn3"):
        panels[name].panel.dns["max_cache_ttl"] = 77
    panels["vpn4"].stop()
    run = role.run(panels, dns={"max_cache_ttl": 77}, drift=True, drift_fail=True)
    assert run.code == 2
    failures = [entry["result"]["msg"] for entry in run.results if entry["outcome"] == "failed"]
    assert sorted(failures, key=len)[0] == (
        f"vpn2 differs from its variables (changes: 1). See {role.reports}/vpn2.md."
    )
    assert len(failures) == 2
    texts = {path.stem: path.read_text() for path in role.reports.glob("*.md")}
    assert set(texts) == {"vpn1", "vpn2", "vpn3"}
    assert texts["vpn1"] == "# vpn1\n\nThe panel matches its variables.\n"
    assert "| update | dns | dns | max_cache_ttl |" in texts["vpn2"]


def test_check_mode_of_the_play_holds(start: Start, role: Role) -> None:
    panel = start()
    role.play = {"check_mode": True}
    run = role.run({"vpn1": panel}, **WANTED)
    assert run.code == 0, run.output
    assert steps_of(run) == ALL_STEPS
    assert writes_to(panel) == []


def test_the_playbook_of_the_readme_works(start: Start, playbook: Playbook, tmp_path: Path) -> None:
    panel = start()
    play, dated, section = re.findall(
        r"```yaml\n(.*?)```", (COLLECTION / "roles/panel/README.md").read_text(), re.DOTALL
    )
    readme, inventory = tmp_path / "readme.yml", tmp_path / "inventory.yml"
    connection = {"puqvpn_url": panel.url, "puqvpn_access_hash": panel.credential}
    (bob,) = yaml.safe_load(dated)["puqvpn_panel_accounts"]
    accounts = [{"name": "alice", "wg_name": "Default"}, {**bob, "expires": "2020-01-31"}]
    wanted = {"puqvpn_panel_accounts": accounts, "puqvpn_panel_traffic_logging": {}}
    readme.write_text(play)
    variables = {**connection, **wanted, **yaml.safe_load(section)}
    inventory.write_text(yaml.safe_dump({"panels": {"hosts": {"vpn1": variables}}}))
    run = playbook(readme, "-i", str(inventory))
    assert run.code == 0, run.output
    assert panel.panel.accounts["alice"]["password"] == "correct horse battery staple"
    assert panel.panel.traffic_logging["influxdb_token"] == "7d5c0c4b5a1e"
    assert (bob["expires"], panel.panel.accounts["bob"]["status"]) == ("2027-01-31", "disable")


def test_the_variables_are_the_sections_and_options_of_apply() -> None:
    role = COLLECTION / "roles" / "panel"
    (specification,) = yaml.safe_load((role / "meta" / "argument_specs.yml").read_text())["argument_specs"].values()
    options = {name.removeprefix("puqvpn_panel_"): option for name, option in specification["options"].items()}
    variables = yaml.safe_load((role / "vars" / "main.yml").read_text())
    (task,) = yaml.safe_load((role / "tasks" / "apply.yml").read_text())
    _apply, report = yaml.safe_load((role / "tasks" / "main.yml").read_text())
    sections = list(dict.fromkeys(name for layout in LAYOUTS.values() for name in layout.sections))
    assert variables["__puqvpn_panel_sections"] == task["tags"] == report["tags"] == sections
    assert [name for name in options if name in sections] == sections
    for name, option in OPTIONS.items():
        if name not in ("config", "include_secrets"):
            reported = {key: options[name][key] for key in options[name].keys() - {"description", "version_added"}}
            assert reported == {key: value for key, value in option.items() if key != "default"}
            assert f"puqvpn_panel_{name}" in task["puqcloud.puqvpn.puqvpn_apply"][name]
