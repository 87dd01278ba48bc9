# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The work of puqvpn_usage_info: what it asks for, how it adds up, who is stale, and what is unknown."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._objects.client import CLIENT
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._subsets.sessions import sessions_by_account
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import Connect, add_servers_and_accounts
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import failure, run
from simulator import Simulator

NOW = datetime(2026, 11, 30, 12, tzinfo=timezone.utc)
NAMES = ("alice", "bob", "carol")
LISTS = {1: "GET account", 2: "GET client"}
ONLINE = {1: ["GET wireguard/online", "GET ikev2/online"], 2: ["GET client/online"]}


@pytest.fixture
def full_panel(any_panel: Simulator) -> Simulator:
    """A panel of either generation, on which carol has had no traffic for long."""
    add_servers_and_accounts(any_panel)
    for month, amount in (("2026-11", 10**9), ("2026-10", 2 * 10**9), ("2026-09", 3 * 10**9)):
        any_panel.traffic("alice", month, amount, 7)
        any_panel.traffic("bob", month, 5 if month == "2026-10" else 0, 0)
        any_panel.traffic("carol", month)
    any_panel.panel.system_config["traffic_statistics_history"] = 3
    return any_panel


@pytest.fixture
def client(full_panel: Simulator, connect: Connect) -> PanelClient:
    """In check mode, in which nothing but reading is possible."""
    return at(connect(full_panel, check_mode=True))


def at(client: PanelClient, now: datetime = NOW) -> PanelClient:
    client.now = now
    return client


def usage(client: PanelClient, **options: Any) -> dict[str, Any]:
    result = run(client, "usage_info", **options)
    assert result["changed"] is False
    return dict(result["usage"])


def request(panel: Simulator, name: str, year: int, month: int) -> str:
    kind = {1: f"account/{name}/traffic_statistics", 2: f"client/{name}/traffic"}[panel.generation]
    return f"GET {kind}/{year}/{month}"


def requests(panel: Simulator, *months: tuple[int, int], names: tuple[str, ...] = NAMES) -> list[str]:
    return [request(panel, name, *month) for name in names for month in months]


def counted(panel: Simulator, requests: list[str], *, settings: bool = False) -> bool:
    """Whether the panel got these requests once each; ``settings`` are those of a 1.x panel."""
    more = ["GET system/config"] if settings and panel.generation == 1 else []
    return panel.counts() == dict.fromkeys([LISTS[panel.generation], *more, *requests], 1)


# --- What it asks for


def test_this_month_costs_one_request_for_each_account(full_panel: Simulator, client: PanelClient) -> None:
    found = usage(client)
    assert found["current_month"] == {"year": 2026, "month": 11}
    assert {(row["year"], row["month"]) for row in found["rows"]} == {(2026, 11)}
    assert counted(full_panel, requests(full_panel, (2026, 11)))
    assert client.warnings == []


def test_a_range_costs_one_request_for_each_account_and_month(full_panel: Simulator, client: PanelClient) -> None:
    usage(client, year=2026, month=10, months_back=1)
    assert counted(full_panel, requests(full_panel, (2026, 10), (2026, 9)), settings=True)


def test_months_back_cross_the_year(full_panel: Simulator, client: PanelClient) -> None:
    found = usage(at(client, datetime(2027, 1, 31, tzinfo=timezone.utc)), months_back=2)
    assert [(month["year"], month["month"]) for month in found["months"]] == [(2026, 11), (2026, 12), (2027, 1)]


def test_months_that_have_not_begun_cost_nothing(full_panel: Simulator, client: PanelClient) -> None:
    # In the east of the panel's world, December has begun.
    found = usage(client, year=2027, month=1, months_back=2)
    assert found["skipped_months"] == [{"year": 2027, "month": 1, "reason": "future"}]
    assert counted(full_panel, requests(full_panel, (2026, 12), (2026, 11)))
    full_panel.reset_counters()
    found = usage(at(client, datetime(2026, 11, 30, 9, tzinfo=timezone.utc)), year=2026, month=12)
    assert (found["rows"], found["months"], found["total"]["total"]) == ([], [], 0)
    assert counted(full_panel, [])


def test_months_that_the_panel_does_not_keep_cost_nothing(panel: Simulator, connect: Connect) -> None:
    add_servers_and_accounts(panel)
    panel.panel.system_config["traffic_statistics_history"] = 1
    found = usage(at(connect(panel)), months_back=3)
    assert [month["month"] for month in found["months"]] == [10, 11]
    assert found["skipped_months"] == [{"year": 2026, "month": month, "reason": "not_kept"} for month in (8, 9)]
    assert counted(panel, requests(panel, (2026, 11), (2026, 10)), settings=True)


def test_a_panel_that_refuses_its_settings_is_asked_for_every_month(panel: Simulator, connect: Connect) -> None:
    add_servers_and_accounts(panel)
    panel.fault("error", path="system/config", text="Something failed")
    assert len(usage(at(connect(panel)), months_back=3)["months"]) == 4


def test_a_panel_that_collects_nothing_is_warned_of(panel: Simulator, connect: Connect) -> None:
    add_servers_and_accounts(panel)
    panel.panel.system_config["traffic_statistics_history"] = 0
    client = at(connect(panel))
    usage(client, months_back=1)
    assert client.warnings == ["The panel collects no traffic statistics: its traffic_statistics_history is 0."]


def test_an_empty_panel_costs_one_request(any_panel: Simulator, connect: Connect) -> None:
    result = run(at(connect(any_panel)), "usage_info", months_back=1, stale_months=1)
    assert result["usage"]["accounts_without_traffic_since"] == result["usage"]["rows"] == []
    assert counted(any_panel, [])


def test_several_accounts_are_read_at_the_same_time(full_panel: Simulator, client: PanelClient) -> None:
    one_by_one = usage(client, months_back=2, stale_months=2)
    full_panel.reset_counters()
    full_panel.latency = 0.05
    assert usage(client, months_back=2, stale_months=2, concurrency=3) == one_by_one
    assert full_panel.most_at_once == 3
    months = requests(full_panel, (2026, 11), (2026, 10), (2026, 9))
    assert counted(full_panel, [*months, *ONLINE[full_panel.generation]], settings=True)


def test_only_the_names_are_read(full_panel: Simulator, client: PanelClient) -> None:
    found = usage(client, names=["carol", "alice", "carol"])
    assert [row["name"] for row in found["rows"]] == ["alice", "carol"]
    assert counted(full_panel, requests(full_panel, (2026, 11), names=("alice", "carol")))


def test_a_panel_without_a_list_of_clients_shows_the_named_ones(connect: Connect) -> None:
    with Simulator(generation=2, inferred=False) as panel:
        add_servers_and_accounts(panel)
        client = at(connect(panel))
        assert [row["name"] for row in usage(client, names=["alice"])["rows"]] == ["alice"]
        assert failure(client, "usage_info").code == "unknown_operation"


# --- How it adds up


def test_rows_are_flat_and_sums_add_up(full_panel: Simulator, client: PanelClient) -> None:
    result = run(client, "usage_info", months_back=1)
    found = result["usage"]
    root = client.connection.root

    def row(name: str, month: int, *amounts: Any) -> dict[str, Any]:
        place = {"name": name, "server": "office" if name == "carol" else "Default", "year": 2026, "month": month}
        return {"panel": root, **place, **amount(*amounts)}

    def amount(download: int, upload: int, gigabytes: float) -> dict[str, Any]:
        return {"download": download, "upload": upload, "total": download + upload, "total_gb": gigabytes}

    assert found["rows"] == [
        row("alice", 10, 2 * 10**9, 7, 2.0),
        row("bob", 10, 5, 0, 0.0),
        row("carol", 10, 0, 0, 0.0),
        row("alice", 11, 10**9, 7, 1.0),
        row("bob", 11, 0, 0, 0.0),
        row("carol", 11, 0, 0, 0.0),
    ]
    assert [
        (month["month"], month["total"], [one["name"] for one in month["servers"]]) for month in found["months"]
    ] == [
        (10, 2 * 10**9 + 12, ["Default", "office"]),
        (11, 10**9 + 7, ["Default", "office"]),
    ]
    assert found["servers"] == [
        {"name": "Default", **amount(3 * 10**9 + 5, 14, 3.0)},
        {"name": "office", **amount(0, 0, 0.0)},
    ]
    assert found["total"] == amount(3 * 10**9 + 5, 14, 3.0)
    alice = found["accounts"][0]
    assert (alice["name"], alice["server"], alice["status"], alice["complete"]) == ("alice", "Default", "enable", True)
    assert (alice["address"], alice["total"]) == ("10.0.0.10", 3 * 10**9 + 14)
    assert (
        result["msg"] == f"3 {full_panel.generation == 1 and 'accounts' or 'clients'}, 3.000 GB from 2026-10 to 2026-11"
    )


def test_nothing_of_an_account_that_is_secret_is_returned(client: PanelClient) -> None:
    assert "canary" not in str(run(client, "usage_info", stale_months=1))


# --- Who is stale


def test_accounts_without_traffic_are_those_without_any_in_all_of_the_months(
    full_panel: Simulator, client: PanelClient
) -> None:
    found = usage(client, stale_months=1)
    assert found["accounts_without_traffic_since"] == [
        {
            "name": "carol",
            "server": "office",
            "status": "enable",
            "year": 2026,
            "month": 10,
            "online": False,
            "last_handshake": None,
        }
    ]
    # The month before is only read of those without traffic in this month, and is not reported.
    months = [*requests(full_panel, (2026, 11)), *requests(full_panel, (2026, 10), names=("bob", "carol"))]
    assert counted(full_panel, [*months, *ONLINE[full_panel.generation]], settings=True)
    assert {row["month"] for row in found["rows"]} == {11}


def test_without_stale_accounts_no_session_is_read(full_panel: Simulator, client: PanelClient) -> None:
    full_panel.traffic("carol", "2026-11", upload=1)
    assert usage(client, stale_months=1)["accounts_without_traffic_since"] == []
    assert not any(request in full_panel.counts() for request in ONLINE[full_panel.generation])


def test_the_last_handshake_is_that_of_a_live_session(full_panel: Simulator, client: PanelClient) -> None:
    full_panel.connect("wireguard", "carol", latest_handshake="2026-11-30 11:58:00")
    full_panel.connect("ikev2", "carol")
    full_panel.connect("wireguard", "alice")
    (carol,) = usage(client, stale_months=1)["accounts_without_traffic_since"]
    assert (carol["online"], carol["last_handshake"]) == (True, "2026-11-30 11:58:00")


@pytest.mark.parametrize("sessions", ["rows", "named", "by_client", "by_protocol", "lists", "by_name"])
def test_sessions_are_found_in_every_container(connect: Connect, sessions: str) -> None:
    with Simulator(generation=2, sessions=sessions) as panel:
        add_servers_and_accounts(panel)
        for name in NAMES:
            for month in ("2026-10", "2026-11"):
                panel.traffic(name, month)
        panel.connect("openvpn", "bob")
        panel.connect("amneziawg", "carol", latest_handshake="2026-11-30 11:58:00")
        found = usage(at(connect(panel)), stale_months=1)["accounts_without_traffic_since"]
        assert [(one["name"], one["online"], one["last_handshake"]) for one in found] == [
            ("alice", False, None),
            ("bob", True, None),
            ("carol", True, "2026-11-30 11:58:00"),
        ]


@pytest.mark.parametrize(
    ("session", "owner"),
    [
        ({"name": "alice"}, "alice"),
        ({"name": "bob"}, "bob"),
        ({"name": "user_1"}, "alice"),
        ({"username": "user_1"}, "alice"),
        ({"ip": "10.0.0.10/32"}, "alice"),
        ({"name": "elsewhere", "ip": "10.0.0.10"}, "alice"),
        ({"name": "elsewhere"}, None),
        ({"name": None, "ip": {}}, None),
        ({}, None),
    ],
)
def test_a_session_belongs_to_a_name_a_username_or_an_address(session: dict[str, Any], owner: str | None) -> None:
    accounts = [{"name": "bob"}, {"name": "alice", "username": "user_1", "ipv4": "10.0.0.10"}, {"name": "carl"}]
    assert list(sessions_by_account(CLIENT, accounts, [session])) == [name for name in [owner] if name]


def test_a_panel_that_does_not_show_its_sessions_is_warned_of(full_panel: Simulator, client: PanelClient) -> None:
    full_panel.fault("error", path="*online", times=None, text="Something failed")
    (carol,) = usage(client, stale_months=1)["accounts_without_traffic_since"]
    assert (carol["online"], carol["last_handshake"]) == (None, None)
    assert "Whether accounts without traffic are online is unknown" in client.warnings[-1]


def test_nobody_is_stale_on_a_panel_that_forgets_too_early(panel: Simulator, connect: Connect) -> None:
    add_servers_and_accounts(panel)
    panel.panel.system_config["traffic_statistics_history"] = 2
    assert usage(at(connect(panel)), stale_months=1)["accounts_without_traffic_since"] == []
    panel.reset_counters()
    error = failure(at(connect(panel)), "usage_info", stale_months=2)
    assert error.code == "requirements_not_met"
    assert "traffic_statistics_history of the panel is 2" in str(error)
    assert "Set it to 3 or more with puqvpn_system_config" in str(error)
    assert counted(panel, [], settings=True)


def test_that_it_is_unknown_how_long_a_panel_remembers_is_warned_of(connect: Connect) -> None:
    with Simulator(generation=2) as panel:
        add_servers_and_accounts(panel)
        client = at(connect(panel))
        usage(client, stale_months=2)
        assert [warning for warning in client.warnings if "does not show for how many months" in warning]


# --- What is unknown


def test_an_account_that_is_removed_meanwhile_is_not_asked_again(full_panel: Simulator, client: PanelClient) -> None:
    path = request(full_panel, "bob", 2026, 11).split()[1]
    text = "Account not found" if full_panel.generation == 1 else "Client not found"
    full_panel.fault("error", path=path, text=text, times=None)
    found = usage(client, months_back=1, stale_months=1)
    assert [row["name"] for row in found["rows"]] == ["alice", "carol", "alice", "carol"]
    (failed,) = found["failures"]
    assert (failed["name"], failed["year"], failed["month"], failed["error_code"]) == ("bob", 2026, 11, "not_found")
    assert [account["complete"] for account in found["accounts"]] == [True, False, True]
    assert request(full_panel, "bob", 2026, 10) not in full_panel.counts()
    assert any("The traffic of bob is unknown or incomplete" in warning for warning in client.warnings)


def test_an_unknown_month_neither_counts_as_none_nor_makes_an_account_stale(
    full_panel: Simulator, client: PanelClient
) -> None:
    full_panel.fault("wrong_type", path=request(full_panel, "carol", 2026, 10).split()[1], msg=["?"], times=None)
    found = usage(client, months_back=1, stale_months=1)
    assert [(row["name"], row["month"]) for row in found["rows"] if row["name"] == "carol"] == [("carol", 11)]
    assert [failed["error_code"] for failed in found["failures"]] == ["answer_wrong_type"]
    assert found["accounts_without_traffic_since"] == []


@pytest.mark.parametrize(
    "day",
    [
        {"traffic_download": -1, "traffic_upload": 0},
        {"traffic_download": None, "traffic_upload": 0},
        {"traffic_download": 1.5, "traffic_upload": 0},
        {"traffic_download": True, "traffic_upload": 0},
        {"traffic_download": "many", "traffic_upload": 0},
        {"traffic_upload": 0},
    ],
)
def test_an_odd_amount_is_unknown(full_panel: Simulator, client: PanelClient, day: dict[str, Any]) -> None:
    full_panel.fault("wrong_type", path=request(full_panel, "bob", 2026, 11).split()[1], msg=[day])
    found = usage(client)
    assert [row["name"] for row in found["rows"]] == ["alice", "carol"]
    assert [failed["name"] for failed in found["failures"]] == ["bob"]


@pytest.mark.parametrize("day", [{"traffic_download": "3", "traffic_upload": 4}, {"download": 3, "upload": "4"}])
def test_amounts_may_be_texts_and_have_other_names(full_panel: Simulator, client: PanelClient, day: Any) -> None:
    full_panel.fault("wrong_type", path="*/traffic*", msg=[day, day], times=None)
    assert [row["total"] for row in usage(client)["rows"]] == [14, 14, 14]


@pytest.mark.parametrize(("name", "code"), [("..", "untrusted_value"), ("a/b", "unknown_operation")])
def test_a_name_that_no_path_can_contain_hides_no_other_account(
    full_panel: Simulator, client: PanelClient, name: str, code: str
) -> None:
    full_panel.rename("bob", name)
    found = usage(client)
    assert [row["name"] for row in found["rows"]] == ["alice", "carol"]
    assert [(failed["name"], failed["error_code"]) for failed in found["failures"]] == [(name, code)]


def test_it_fails_when_nothing_is_known(full_panel: Simulator, client: PanelClient) -> None:
    full_panel.fault("error", path="*/traffic*", text="Something failed", times=None)
    error = failure(client, "usage_info")
    assert error.code == "panel_refused"
    assert request(full_panel, "alice", 2026, 11) in str(error)


@pytest.mark.parametrize("concurrency", [1, 3])
@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"kind": "error", "text": "Permission denied"}, "permission_denied"),
        ({"kind": "error", "text": "Not authorized"}, "not_authorized"),
        ({"kind": "drop_before"}, "connection_lost"),
        ({"kind": "login_page"}, "answer_is_html"),
    ],
)
def test_what_concerns_all_accounts_fails_the_task(
    full_panel: Simulator, connect: Connect, fault: dict[str, str], code: str, concurrency: int
) -> None:
    path = request(full_panel, "bob", 2026, 11).split()[1]
    full_panel.fault(**fault, path=path, times=None)
    client = at(connect(full_panel, retries=0))
    assert failure(client, "usage_info", concurrency=concurrency).code == code


def test_a_list_without_names_is_refused(full_panel: Simulator, client: PanelClient) -> None:
    full_panel.fault("wrong_type", path=LISTS[full_panel.generation].split()[1], msg=[{"status": "enable"}])
    assert failure(client, "usage_info").code == "answer_wrong_type"


# --- Options


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"months_back": -1}, "months_back is -1"),
        ({"months_back": 121}, "months_back is 121"),
        ({"stale_months": 0}, "stale_months is 0"),
        ({"month": 13}, "month must be"),
        ({"year": 26}, "year must be"),
        ({"concurrency": 0}, "concurrency is 0"),
        ({"concurrency": 17}, "concurrency is 17"),
    ],
)
def test_a_wrong_option_is_refused_before_anything_is_sent(
    full_panel: Simulator, client: PanelClient, options: dict[str, Any], word: str
) -> None:
    error = failure(client, "usage_info", **options)
    assert error.code == "invalid_option"
    assert word in str(error)
    assert full_panel.counts() == {}


def test_names_that_do_not_exist_are_refused(full_panel: Simulator, client: PanelClient) -> None:
    error = failure(client, "usage_info", names=["alice", "dora"])
    assert error.code == "not_found"
    assert "do not exist: dora" in str(error)
    assert counted(full_panel, [])
