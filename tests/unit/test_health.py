# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""puqvpn_health: what it asks for, what it finds wrong, and a panel that reports values of any type."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._health import (
    SERVICES,
    AccountRow,
    PanelReport,
    Violation,
    judge,
)
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._module.health import read_report
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._panel.reader import PanelReader
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._health_table import health_table
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import Connect, client_of
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import failure, run, without_summary
from ansible_collections.puqcloud.puqvpn.tests.unit.test_reports import HOSTILE
from simulator import Simulator

ANYTHING: list[Any] = [None, True, False, 0, -1, 1.5, 10**400, "", "many", [], [None], {}, {"a": "b"}, *HOSTILE[3:14]]
DEFAULTS = {
    "min_license_days": 30,
    "min_free_accounts": 1,
    "services": list(SERVICES),
    "max_backup_hours": 48,
    "accounts": False,
}
EVERY_REQUEST = [
    "GET system/status",
    "GET wireguard/info",
    "GET firewall/info",
    "GET dns",
    "GET ikev2/config",
    "GET ikev2/info",
    "GET backups",
]


@pytest.fixture
def panel() -> Iterator[Simulator]:
    """A healthy panel, with a backup of three hours ago and an older one."""
    with Simulator() as simulator:
        for name, hours in (("new.zip", 3), ("old.zip", 100)):
            created = datetime.now(timezone.utc) - timedelta(hours=hours, seconds=30)
            simulator.panel.add_backup(name, created.isoformat())
        yield simulator


@pytest.fixture
def client(panel: Simulator, connect: Connect) -> PanelClient:
    """In check mode, in which nothing but reading is possible."""
    return connect(panel, check_mode=True)


def check(client: PanelClient, **options: Any) -> dict[str, Any]:
    """The health of a panel."""
    result = run(client, "health", **options)
    assert without_summary(result).keys() == {"changed", "health"}
    assert result["changed"] is False
    return dict(result["health"])


# --- Against panels


def test_a_healthy_panel_costs_one_request_for_each_part_on_one_connection(
    panel: Simulator, client: PanelClient
) -> None:
    health = check(client)
    assert (health["healthy"], health["reachable"], health["violations"]) == (True, True, [])
    assert panel.counts() == dict.fromkeys(EVERY_REQUEST, 1)
    assert panel.connections == 1
    assert health["status"] == run(client, "status")["status"]
    assert health["services"] == {
        "wireguard": {"version": "1.0.20210223-1"},
        "iptables": {"version": health["services"]["iptables"]["version"]},
        "bind9": {**health["services"]["bind9"], "enabled": True, "pids": {"named": 2649459}},
        "strongswan": {**health["services"]["strongswan"], "enabled": False},
    }
    assert all(service["version"] for service in health["services"].values())
    size = sum(archive["size"] for archive in panel.panel.backups.values())
    assert health["backups"] == {"count": 2, "size": pytest.approx(size), "newest": "new.zip", "age": 180}


@pytest.mark.parametrize(
    ("options", "requests"),
    [
        ({"services": [], "max_backup_hours": 0}, ["GET system/status"]),
        ({"services": ["bind9", "bind9"], "max_backup_hours": 0}, ["GET system/status", "GET dns"]),
        ({"services": [], "max_backup_hours": 4}, ["GET system/status", "GET backups"]),
    ],
)
def test_only_what_is_checked_is_read(
    panel: Simulator, client: PanelClient, options: dict[str, Any], requests: list[str]
) -> None:
    health = check(client, **options)
    assert health["healthy"] is True
    assert panel.counts() == dict.fromkeys(requests, 1)
    assert list(health["services"]) == list(dict.fromkeys(options["services"]))


def test_an_unhealthy_panel_is_a_result_and_fails_only_on_request(panel: Simulator, client: PanelClient) -> None:
    options = {"min_free_accounts": 10**6, "max_backup_hours": 2}
    violations = [
        "500 accounts are free, and min_free_accounts is 1000000",
        "its newest backup is 3 hours old, and max_backup_hours is 2",
    ]
    health = check(client, **options)
    assert (health["healthy"], health["reachable"], health["violations"]) == (False, True, violations)
    assert health["violation_codes"] == ["slots_low", "backup_too_old"]
    error = failure(client, "health", **options, fail=True)
    assert (error.code, error.details) == ("not_healthy", {"health": health})
    assert str(error) == f"{panel.url}: the panel is not healthy: {'; '.join(violations)}."


def test_a_part_that_the_panel_refuses_keeps_no_other_from_being_checked(panel: Simulator, client: PanelClient) -> None:
    panel.fault("error", path="ikev2/info", times=None, text="Something failed")
    health = check(client)
    assert health["reachable"] is True
    assert health["violations"] == [
        f'strongswan cannot be checked: GET ikev2/info on {panel.url} failed: the panel answered "Something failed".'
    ]
    assert health["violation_codes"] == ["unreadable"]
    assert list(health["services"]) == ["wireguard", "iptables", "bind9"]
    assert health["backups"]["count"] == 2


def test_a_panel_that_goes_away_is_asked_for_nothing_more(panel: Simulator, connect: Connect) -> None:
    client = connect(panel, retries=0)
    panel.fault("status", code=502, path="firewall/info", times=None)
    health = check(client)
    (violation,) = health["violations"]
    assert (health["healthy"], health["reachable"]) == (False, False)
    assert violation.startswith(f"it cannot be checked: GET firewall/info on {panel.url} failed")
    assert list(health["services"]) == ["wireguard"]
    assert list(panel.counts()) == EVERY_REQUEST[:3]


def test_a_refused_credential_is_a_violation(panel: Simulator, connect: Connect) -> None:
    health = check(connect(panel, access_hash="b" * 80))
    (violation,) = health["violations"]
    assert (health["healthy"], health["reachable"], health["status"]) == (False, False, {})
    assert violation.startswith(f"it cannot be checked: GET system/status on {panel.url} failed")
    assert "Not authorized" in violation
    assert health["violation_codes"] == ["unreachable"]
    assert panel.counts() == {"GET system/status": 1}


def test_a_2x_panel_is_checked_for_what_it_reports(connect: Connect) -> None:
    with Simulator(generation=2) as panel:
        health = check(connect(panel))
        assert panel.counts() == {"GET system/status": 1}
        assert (health["status"]["generation"], health["reachable"], health["healthy"]) == (2, True, True)
        assert health["not_reported"] == ["wireguard", "iptables", "bind9", "strongswan", "backups"]
        assert check(connect(panel), services=["bind9"], max_backup_hours=0)["not_reported"] == ["bind9"]
        panel.options.set(licensed=False, licence_expires="2020-01-01T00:00:00Z", licence_slots=0)
        violations = check(connect(panel))["violations"]
        assert [text.split(" ")[0:2] for text in violations] == [
            ["its", "license"],
            ["its", "license"],
            ["0", "accounts"],
        ]


@pytest.mark.parametrize("name", ["license_valid", "license", "status"])
def test_a_2x_panel_need_not_report_its_license_and_its_state(connect: Connect, name: str) -> None:
    with Simulator(generation=2) as panel:
        shown = {key: value for key, value in connect(panel).get("system/status").payload.items() if key != name}
        panel.fault("wrong_type", path="system/status", times=None, msg=shown)
        assert check(connect(panel))["violations"] == []
        del shown["count_accounts"]
        panel.clear_faults()
        panel.fault("wrong_type", path="system/status", times=None, msg=shown)
        assert check(connect(panel))["violations"] == [
            "the number of free accounts is unknown, and min_free_accounts is 1"
        ]


ONLY_ACCOUNTS = {"accounts": True, "services": [], "max_backup_hours": 0}


def test_accounts_and_who_is_online_are_counted_with_three_requests(panel: Simulator, client: PanelClient) -> None:
    memory = panel.panel
    for at, name in enumerate(("alice", "bob", "carol"), 2):
        memory.add_account({"name": name, "wg_name": "Default", "allowed_IPs": f"10.0.0.{at}"})
    memory.accounts["carol"]["status"] = "disable"
    for protocol, name in (("wireguard", "alice"), ("ikev2", "alice"), ("ikev2", "bob")):
        memory.connect(protocol, name)
    health = check(client, accounts=True, services=[])
    assert health["accounts"] == {
        "total": 3,
        "enabled": 2,
        "online": 2,
        "servers": [{"name": "Default", "total": 3, "enabled": 2, "online": 2}],
        "names": ["alice", "bob", "carol"],
        "online_names": ["alice", "bob"],
    }
    requests = ["system/status", "account", "wireguard/online", "ikev2/online", "backups"]
    assert panel.counts() == {f"GET {path}": 1 for path in requests}
    assert (panel.connections, health["healthy"]) == (1, True)


def test_sessions_that_a_panel_does_not_show_are_unknown_and_no_violation(
    panel: Simulator, client: PanelClient
) -> None:
    panel.panel.add_account({"name": "alice", "wg_name": "Default", "allowed_IPs": "10.0.0.2"})
    panel.fault("error", path="ikev2/online", times=None, text="strongswan is not installed")
    assert check(client, **ONLY_ACCOUNTS)["accounts"]["online"] == 0
    assert client.warnings[-1].endswith("No account of this panel is reported as online over IKEv2.")
    panel.fault("error", path="wireguard/online", times=None, text="wireguard is not installed")
    health = check(client, **ONLY_ACCOUNTS)
    assert (health["accounts"]["online"], health["accounts"]["online_names"], health["healthy"]) == (None, [], True)


def test_accounts_that_a_panel_refuses_to_show_are_a_violation(panel: Simulator, client: PanelClient) -> None:
    panel.fault("error", path="account", times=None, text="Something failed")
    health = check(client, **ONLY_ACCOUNTS)
    assert (health["violation_codes"], health["accounts"], health["reachable"]) == (["unreadable"], {}, True)


def test_clients_of_a_2x_panel_are_counted_if_it_lists_them(connect: Connect) -> None:
    with Simulator(generation=2) as panel:
        panel.panel.add_account({"name": "alice", "wg_name": "Default", "allowed_IPs": "10.0.0.2"})
        panel.connect("openvpn", "alice")
        accounts = check(connect(panel), **ONLY_ACCOUNTS)["accounts"]
        assert (accounts["total"], accounts["online_names"]) == (1, ["alice"])
        assert panel.counts() == {"GET system/status": 1, "GET client": 1, "GET client/online": 1}
        panel.fault("login_page", path="client", times=None)
        health = check(connect(panel), **ONLY_ACCOUNTS)
        assert (health["healthy"], health["accounts"], health["not_reported"]) == (True, {}, ["accounts"])


def test_no_value_of_an_account_keeps_the_others_from_being_counted() -> None:
    good = AccountRow("alice", "office", "enable", online=True)
    for value in ANYTHING:
        rows = [good, AccountRow("a\x1b[2J\nb", value, value, online=False)]
        accounts = judge(PanelReport({"accounts": rows}), DEFAULTS)["accounts"]
        json.dumps(accounts, allow_nan=False)
        assert (accounts["total"], accounts["enabled"], accounts["online"]) == (2, None, 1), value
        assert all(name.isprintable() for name in accounts["names"])


def test_a_negative_age_is_refused_before_anything_is_sent(panel: Simulator, client: PanelClient) -> None:
    error = failure(client, "health", max_backup_hours=-1)
    assert (error.code, panel.connections) == ("invalid_option", 0)
    assert str(error) == "max_backup_hours must not be negative. Set it to 0 to ignore the backups."


# --- What is reported


@pytest.fixture(scope="module")
def good_report() -> PanelReport:
    """What a panel with two backups reports."""
    with Simulator() as panel:
        for name in ("new.zip", "old.zip"):
            panel.panel.add_backup(name, "2026-01-31T18:00:17+01:00")
        return read_report(PanelReader(client_of(panel)), DEFAULTS)


@pytest.fixture
def report(good_report: PanelReport) -> PanelReport:
    """The same, to be changed."""
    return copy.deepcopy(good_report)


def places_in(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of everything inside a value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, held in items:
        yield (*path, key)
        yield from places_in(held, (*path, key))


def test_no_value_of_a_panel_keeps_it_or_another_one_from_being_judged(report: PanelReport) -> None:
    good = judge(report, DEFAULTS)
    *wrong, _header, row = health_table({"good": good})
    # The status is made by the collection, and never anything but a dictionary.
    for path in [place for place in places_in(report.parts) if place != ("status",)]:
        parent: Any = report.parts
        for key in path[:-1]:
            parent = parent[key]
        before = parent[path[-1]]
        for value in ANYTHING:
            parent[path[-1]] = value
            health = judge(report, DEFAULTS)
            json.dumps(health, allow_nan=False)
            table = health_table({"hostile": health, "good": good})
            assert all(text.isprintable() for text in (*health["violations"], *table)), path
            assert table[-1].split() == row.split(), path
            assert len(table) == 3 + bool(health["violations"]) + len(wrong)
            assert len(table[-2]) < 100
        parent[path[-1]] = before


@pytest.mark.parametrize("size", [None, True, "many", "12", [1], {"a": 1}, -5, 10**400])
def test_a_size_that_is_not_a_number_is_left_out(report: PanelReport, size: Any) -> None:
    sizes = [archive["size"] for archive in report.parts["backups"]]
    report.parts["backups"][0]["size"] = size
    backups = judge(report, DEFAULTS)["backups"]
    assert (backups["size"], backups["count"]) == (sizes[1], 2)


@pytest.mark.parametrize(
    ("status", "violations"),
    [
        ({"license_days_left": None}, ["the license expiry date is unknown, and min_license_days is 30"]),
        ({"license_days_left": 0}, ["0 days are left until its license ends, and min_license_days is 30"]),
        ({"license_days_left": 29}, ["29 days are left until its license ends, and min_license_days is 30"]),
        ({"license_days_left": -4}, ["its license ended 3 days ago, and min_license_days is 30"]),
        ({"accounts_free": None}, ["the number of free accounts is unknown, and min_free_accounts is 1"]),
        ({"accounts_free": 0}, ["0 accounts are free, and min_free_accounts is 1"]),
        ({"license_valid": False}, ["its license is not valid"]),
        ({"license_valid": None}, ["its license is not valid"]),
        ({"ready": False, "state": ""}, ["it is not ready, its state is unknown"]),
    ],
)
def test_each_problem_with_the_license_has_its_own_sentence(
    report: PanelReport, status: dict[str, Any], violations: list[str]
) -> None:
    report.parts["status"].update(status)
    report.parts["backups"][0]["creation_date"] = datetime.now(timezone.utc).isoformat()
    assert judge(report, DEFAULTS)["violations"] == violations


def test_a_panel_that_was_not_checked_is_a_row_as_well() -> None:
    failures = [Violation("unreachable", "it cannot be checked: a\n\x1b[2Jb\u2028c")]
    health = judge(PanelReport(failures=failures, reachable=False), DEFAULTS)
    assert health["violation_codes"] == ["unreachable"]
    assert (health["reachable"], health["healthy"], len(health["violations"])) == (False, False, 1)
    wrong, _header, row, other = health_table({"vpn1": health, "vpn2": {}})
    assert row.split() == ["vpn1", "unreachable", "-", "-", "-", "-"]
    assert other.split() == ["vpn2", "not", "checked", "-", "-", "-", "-"]
    assert wrong.startswith("vpn1: it cannot be checked: a")
    assert wrong.isprintable()
