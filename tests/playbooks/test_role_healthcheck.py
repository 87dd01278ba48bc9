# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role healthcheck, in plays over one panel and over several."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.puqcloud.puqvpn.tests.playbooks.runs import (
    COLLECTION,
    EITHER_GENERATION,
    Playbook,
    Run,
    Start,
    play_of_panels,
    variables_of,
)
from simulator import Simulator

TABLE = "Print what is wrong, and a table of all panels"
FAILURE = "The panel is not healthy. The reasons are printed above the table of all panels."
REQUESTS = [
    "GET system/status",
    "GET wireguard/info",
    "GET firewall/info",
    "GET dns",
    "GET ikev2/config",
    "GET ikev2/info",
    "GET backups",
]


def healthy(start: Start) -> Simulator:
    """A panel with a backup of three hours ago and a larger, older one."""
    panel = start()
    for name, hours in (("new.zip", 3), ("old.zip", 100)):
        panel.panel.add_backup(name, (datetime.now(timezone.utc) - timedelta(hours=hours, seconds=30)).isoformat())
    return panel


@pytest.fixture
def check(playbook: Playbook, tmp_path: Path) -> Any:
    """Run the role on panels by name, and return the run and the facts of those that got any."""

    def run(panels: dict[str, dict[str, str]], *arguments: str, **variables: Any) -> tuple[Run, dict[str, Any]]:
        facts = tmp_path / "facts.json"
        found = "{{ dict(ansible_play_hosts_all | zip(ansible_play_hosts_all | map('extract', hostvars))) }}"
        results = "{{ found | dict2items | selectattr('value.puqvpn_healthcheck_result', 'defined') | to_json }}"
        inventory = tmp_path / "inventory.yml"
        inventory.write_text(yaml.safe_dump({"all": {"hosts": panels}}))
        role = {
            "name": "Check",
            "ansible.builtin.include_role": {"name": "puqcloud.puqvpn.healthcheck"},
            "vars": {f"puqvpn_healthcheck_{name}": value for name, value in variables.items()},
        }
        keep = {
            "name": "Keep the results",
            "ansible.builtin.copy": {"content": results, "dest": str(facts), "mode": "0600"},
            "vars": {"found": found},
            "run_once": True,
            "check_mode": False,
        }
        play = play_of_panels({**EITHER_GENERATION, "timeout": 5}, tasks=[{"block": [role], "always": [keep]}])
        written = tmp_path / "play.yml"
        written.write_text(yaml.safe_dump([play], sort_keys=False))
        done = playbook(written, "-i", str(inventory), *arguments)
        kept = json.loads(facts.read_text())
        return done, {one["key"]: one["value"]["puqvpn_healthcheck_result"] for one in kept}

    return run


def printed_by(run: Run) -> list[str]:
    (lines,) = [entry["result"]["msg"] for entry in run.results if entry["task"] == TABLE]
    return list(lines)


def table_of(run: Run) -> list[str]:
    """The table, which is the end of what is printed."""
    lines = printed_by(run)
    return lines[next(at for at, line in enumerate(lines) if line.startswith("PANEL ")) :]


def wrong_in(run: Run) -> list[str]:
    """The lines above the table."""
    return printed_by(run)[: -len(table_of(run))]


def failures_of(run: Run) -> list[str]:
    return [entry["result"]["msg"] for entry in run.results if entry["outcome"] == "failed"]


@pytest.mark.parametrize("arguments", [(), ("--check",)], ids=["for real", "check mode"])
def test_a_healthy_panel(start: Start, check: Any, arguments: tuple[str, ...]) -> None:
    panel = healthy(start)
    panel.panel.ikev2["enabled"] = True
    run, results = check({"vpn1": variables_of(panel)}, *arguments)
    assert run.code == 0, run.output
    assert panel.counts() == dict.fromkeys(REQUESTS, 1)
    assert panel.connections == 1
    result = results["vpn1"]
    assert (result["healthy"], result["reachable"], result["violations"]) == (True, True, [])
    assert result["status"]["accounts_free"] == 500
    assert result["services"]["wireguard"] == {"version": "1.0.20210223-1"}
    assert result["services"]["bind9"]["pids"] == {"named": 2649459}
    assert result["services"]["strongswan"]["enabled"] is True
    assert result["services"]["strongswan"]["pids"] == {"charon": 1473837, "starter": 1473836}
    size = sum(archive["size"] for archive in panel.panel.backups.values())
    assert result["backups"] == {"count": 2, "size": pytest.approx(size), "newest": "new.zip", "age": 180}
    days = result["status"]["license_days_left"]
    header, row = table_of(run)
    assert header.split("  ")[0] == "PANEL"
    assert row.split() == ["vpn1", "healthy", result["status"]["version"], str(days), "500", "3"]


def test_everything_that_is_wrong_is_told_at_once(start: Start, check: Any) -> None:
    panel = start()
    soon = datetime.now(timezone.utc) + timedelta(days=5, hours=12)
    panel.options.set(licence_expires=soon.isoformat(), licence_slots=3)
    panel.panel.ikev2["enabled"] = True
    panel.panel.add_backup("old.zip", (datetime.now(timezone.utc) - timedelta(hours=50, seconds=30)).isoformat())
    panel.busy(text="Loading (Rules)")
    ikev2 = {"strongswan": "5.9.1", "pid_charon": "", "pid_starter": "0"}
    panel.fault("wrong_type", path="ikev2/info", times=None, msg=ikev2)
    panel.fault("wrong_type", path="firewall/info", times=None, msg={"ip_forward": "yes", "iproute2": "5.10"})
    panel.fault("error", path="dns", times=None, text="Something failed")
    run, results = check({"vpn1": variables_of(panel)}, min_free_accounts=4)
    assert run.code == 2
    assert failures_of(run) == [FAILURE]
    violations = [
        f'bind9 cannot be checked: GET dns on {panel.url} failed: the panel answered "Something failed".',
        "it is not ready, its state is Loading (Rules)",
        "5 days are left until its license ends, and min_license_days is 30",
        "3 accounts are free, and min_free_accounts is 4",
        "iptables is not installed",
        "strongswan is enabled, but not running",
        "its newest backup is 50 hours old, and max_backup_hours is 48",
    ]
    assert results["vpn1"]["violations"] == violations
    _header, row = table_of(run)
    assert row.split()[:2] == ["vpn1", "unhealthy"]
    assert wrong_in(run) == [f"vpn1: {'; '.join(violations)}"]


def test_a_panel_without_a_license_or_a_backup(start: Start, check: Any) -> None:
    unlicensed, bare = start(licensed=False), start()
    run, results = check({"vpn1": variables_of(unlicensed), "vpn2": variables_of(bare)})
    assert run.code == 2
    told = results["vpn1"]["violations"]
    assert len(told) == 6
    assert all("The license is not active" in violation for violation in told)
    assert results["vpn2"]["violations"] == ["it has no backup"]


def test_thresholds_and_what_is_looked_at_are_variables(start: Start, check: Any) -> None:
    panel = start()
    variables = {"services": ["bind9"], "max_backup_hours": 0, "min_license_days": 0, "min_free_accounts": 500}
    run, results = check({"vpn1": variables_of(panel)}, **variables)
    assert run.code == 0, run.output
    assert panel.counts() == dict.fromkeys(["GET system/status", "GET dns"], 1)
    assert list(results["vpn1"]["services"]) == ["bind9"]


def test_a_panel_that_is_down_does_not_stop_the_others(start: Start, check: Any) -> None:
    down = start()
    address = variables_of(down)
    down.stop()
    panels = {"vpn1": variables_of(healthy(start)), "vpn2": address, "vpn3": variables_of(healthy(start))}
    run, results = check(panels)
    assert run.code == 2
    assert [results[name]["healthy"] for name in panels] == [True, False, True]
    assert [results[name]["reachable"] for name in panels] == [True, False, True]
    (wrong,) = wrong_in(run)
    _header, first, second, third = table_of(run)
    assert [row.split()[:2] for row in (first, second, third)] == [
        ["vpn1", "healthy"],
        ["vpn2", "unreachable"],
        ["vpn3", "healthy"],
    ]
    assert wrong.startswith(f"vpn2: it cannot be checked: GET system/status on {address['panel_url']} failed")
    assert failures_of(run) == [FAILURE]


def test_a_fleet_of_both_generations(start: Start, check: Any) -> None:
    full, silent = start(generation=2, licence_slots=2), start(generation=2)
    for name, address in (("alice", "10.0.0.10"), ("bob", "10.0.0.11")):
        full.panel.add_account({"name": name, "wg_name": "Default", "allowed_IPs": address})
    silent.fault("wrong_type", path="system/status", msg={"status": "OK", "count_accounts": 0}, times=None)
    panels = {"vpn1": healthy(start), "vpn2": start(generation=2), "vpn3": full, "vpn4": silent}
    run, results = check({name: variables_of(panel) for name, panel in panels.items()})
    assert run.code == 2
    rows = [line.split() for line in table_of(run)[1:5]]
    assert [row[:2] for row in rows] == [
        ["vpn1", "healthy"],
        ["vpn2", "healthy"],
        ["vpn3", "unhealthy"],
        ["vpn4", "unhealthy"],
    ]
    # The free accounts and the age of the newest backup.
    assert [row[-2:] for row in rows] == [["500", "3"], ["50", "-"], ["0", "-"], ["-", "-"]]
    assert wrong_in(run) == [
        "vpn3: 0 accounts are free, and min_free_accounts is 1",
        "vpn4: the number of free accounts is unknown, and min_free_accounts is 1",
    ]
    for name in ("vpn2", "vpn3", "vpn4"):
        assert results[name]["not_reported"] == ["wireguard", "iptables", "bind9", "strongswan", "backups"]
        assert panels[name].counts() == {"GET system/status": 1}
    assert results["vpn1"]["not_reported"] == []


def test_wrong_options_of_one_panel_do_not_keep_the_others_from_being_checked(start: Start, check: Any) -> None:
    panels = {
        "vpn1": {"panel_url": "http://127.0.0.1:1", "panel_hash": "a hash with blanks"},
        "vpn2": variables_of(healthy(start)),
    }
    run, results = check(panels)
    assert run.code == 2
    assert failures_of(run) == [FAILURE]
    checked = [entry for entry in run.results if entry["task"] == "Check the health of the panel"]
    (reason,) = [entry["result"]["msg"] for entry in checked if entry["host"] == "vpn1"]
    assert results["vpn1"] == {
        **{"healthy": False, "reachable": False, "violations": [f"it cannot be checked: {reason}"]},
        **{"violation_codes": ["unreadable"], "not_reported": []},
        **{"status": {}, "accounts": {}, "services": {}, "backups": {}},
    }
    assert "access_hash" in reason
    assert results["vpn2"]["healthy"] is True
    assert [row.split()[:2] for row in table_of(run)[1:]] == [["vpn1", "unreachable"], ["vpn2", "healthy"]]


def test_a_report_on_all_panels_is_written_on_request(start: Start, check: Any, tmp_path: Path) -> None:
    panels = {
        "bare": variables_of(start()),
        "invalid": {"panel_url": "http://127.0.0.1:1", "panel_hash": "a hash with blanks"},
        "vpn1": variables_of(healthy(start)),
        "vpn2": variables_of(start(generation=2)),
    }
    run, _results = check(panels, report_folder=str(tmp_path / "report"))
    assert (run.code, failures_of(run)) == (2, [FAILURE, FAILURE])
    document = json.loads((tmp_path / "report" / "report.json").read_text())
    assert [(panel["name"], panel["state"]) for panel in document["panels"]] == [
        ("invalid", "not_checked"),
        ("bare", "unhealthy"),
        ("vpn1", "healthy"),
        ("vpn2", "healthy"),
    ]
    assert {path.name for path in (tmp_path / "report").iterdir()} == {
        *("report.html", "report.md", "report.json", "report.prom"),
    }


def test_the_table_is_the_last_thing_that_is_printed(start: Start, check: Any) -> None:
    bare = start()
    run, _results = check({"vpn1": variables_of(bare), "vpn2": variables_of(healthy(start))})
    tasks = [entry["task"] for entry in run.results]
    assert tasks.index(TABLE) > max(at for at, entry in enumerate(run.results) if entry["outcome"] == "failed")
    assert printed_by(run)[0] == "vpn1: it has no backup"
    assert printed_by(run)[-1].split()[:2] == ["vpn2", "healthy"]


def test_a_sick_panel_takes_a_line_where_it_fails_and_one_above_the_table(start: Start, check: Any) -> None:
    lines = []
    for number in (2, 6):
        run, _results = check({f"vpn{at}": variables_of(start()) for at in range(number)})
        start_of_failures = run.output.index("TASK [puqcloud.puqvpn.healthcheck : Fail if")
        lines.append(len(run.output[start_of_failures : run.output.index("PLAY RECAP")].splitlines()))
        assert len(wrong_in(run)) == number
    # A line each for the failure, for what is wrong, and in the table.
    assert lines[1] - lines[0] == 3 * 4


def test_what_is_wrong_is_only_reported_when_that_is_wanted(start: Start, check: Any) -> None:
    panel = start()
    run, results = check({"vpn1": variables_of(panel)}, fail=False)
    assert run.code == 0, run.output
    assert results["vpn1"]["violations"] == ["it has no backup"]
    assert wrong_in(run) == ["vpn1: it has no backup"]


def test_a_service_that_is_unknown_is_refused(start: Start, playbook: Playbook) -> None:
    panel = start()
    include = {"name": "puqcloud.puqvpn.healthcheck"}
    variables = {"puqvpn_healthcheck_services": ["apache"]}
    run = playbook([{"name": "check", "ansible.builtin.include_role": include, "vars": variables}])
    assert run.code == 2
    assert "apache" in failures_of(run)[0]
    assert panel.connections == 0


def test_text_of_a_panel_stays_text(start: Start, check: Any) -> None:
    panel = healthy(start)
    panel.busy(text="{{ 6 * 7 }} {% raw %}")
    run, results = check({"vpn1": variables_of(panel)}, fail=False)
    assert run.code == 0, run.output
    assert results["vpn1"]["violations"] == ["it is not ready, its state is {{ 6 * 7 }} {% raw %}"]
    assert wrong_in(run)[-1] == "vpn1: it is not ready, its state is {{ 6 * 7 }} {% raw %}"


def test_no_panel_takes_the_table_away_or_writes_into_it(start: Start, check: Any) -> None:
    text = "a\n\x1b[2J\u2028\x9b31m\u202eb " + "x" * 100
    sizes = [None, True, "many", [1], {"a": 1}, -5, 10**18]
    panels = {f"size{number}": start() for number in range(len(sizes))}
    for panel, size in zip(panels.values(), sizes):
        panel.panel.add_backup("new.zip", datetime.now(timezone.utc).isoformat())["size"] = size
    for name in ("state", "error", "archives", "status", "services", "digits"):
        panels[name] = start()
    panels["digits"].panel.add_backup("new.zip", datetime.now(timezone.utc).isoformat())["size"] = 10**400
    panels["state"].busy(text=text)
    panels["error"].fault("error", path="dns", times=None, text=text)
    panels["archives"].fault(
        "wrong_type", path="backups", times=None, msg=[{"backup_name": [], "creation_date": {}}, {}]
    )
    anything = {name: {"a": [text]} for name in ("version", "license", "count_accounts", "count_accounts_available")}
    panels["status"].fault("wrong_type", path="system/status", times=None, msg={"status": "OK", **anything})
    for path in ("wireguard/info", "firewall/info", "ikev2/info", "dns"):
        answer = dict.fromkeys(["wireguard", "iptables", "bind9", "strongswan", "pid", "pid_charon", "enabled"], text)
        panels["services"].fault("wrong_type", path=path, times=None, msg=answer)
    panels["none_left"], panels["ended"] = start(licence_slots=0), start()
    panels["ended"].options.set(licence_expires=(datetime.now(timezone.utc) - timedelta(days=3)).isoformat())
    panels["good"] = healthy(start)
    # As the inventory lists them.
    panels = dict(sorted(panels.items()))
    run, results = check({name: variables_of(panel) for name, panel in panels.items()}, "-f", "10")
    assert run.code == 2
    assert results.keys() == panels.keys()
    lines = table_of(run)
    assert [line.split()[0] for line in lines[1 : len(panels) + 1]] == list(panels)
    told = [f"{name}: {'; '.join(found['violations'])}" for name, found in results.items() if found["violations"]]
    assert wrong_in(run) == told
    assert all(line.isprintable() for line in printed_by(run))
    assert set(failures_of(run)) == {FAILURE}
    good = lines[list(panels).index("good") + 1].split()
    assert (good[1], good[3:], results["good"]["healthy"]) == ("healthy", [good[3], "500", "3"], True)
    assert all(len(line) <= len(lines[0]) + 10 for line in lines[1 : len(panels) + 1])
    for name in panels:
        if name.startswith("size"):
            assert (results[name]["violations"], results[name]["backups"]["size"]) == ([], 0)
    assert "a number that is too large" in results["digits"]["violations"][0]
    assert "0 accounts are free, and min_free_accounts is 1" in results["none_left"]["violations"]
    assert "its license ended 3 days ago, and min_license_days is 30" in results["ended"]["violations"]
    assert "the license expiry date is unknown, and min_license_days is 30" in results["status"]["violations"]
    assert "the number of free accounts is unknown, and min_free_accounts is 1" in results["status"]["violations"]


def test_the_playbook_of_the_readme_works(start: Start, playbook: Playbook, tmp_path: Path) -> None:
    panel = healthy(start)
    (text,) = re.findall(r"```yaml\n(.*?)```", (COLLECTION / "roles/healthcheck/README.md").read_text(), re.DOTALL)
    readme, inventory = tmp_path / "readme.yml", tmp_path / "inventory.ini"
    readme.write_text(text.replace("https://{{ inventory_hostname }}", panel.url))
    inventory.write_text("[panels]\nvpn1\n")
    run = playbook(readme, "-i", str(inventory), "-e", f"vault_puqvpn_access_hash={panel.credential}")
    assert run.code == 0, run.output
    assert table_of(run)[1].split()[:2] == ["vpn1", "healthy"]
