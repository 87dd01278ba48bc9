# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The work of puqvpn_info: what it costs, what it returns, and what becomes of a subset that the panel refuses."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import PuqVpnError
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._subsets.v1 import SUBSETS
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import Connect, add_servers_and_accounts
from ansible_collections.puqcloud.puqvpn.tests.unit.scenarios import certificates
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import MONTH, failure, gather, run
from simulator import Simulator

SERVERS = "GET wireguard"
ACCOUNTS = "GET account"
STATISTICS = [f"GET account/{name}/traffic_statistics/2026/3" for name in ("alice", "bob", "carol")]
FORWARDS = [f"GET wireguard/{name}/port_forward" for name in ("Default", "office")]

# The requests of each subset alone.
REQUESTS = {
    "system": ["GET system/status", "GET system/info"],
    "license": ["GET license"],
    "wireguard": [SERVERS, "GET wireguard/info"],
    "accounts": [ACCOUNTS],
    "port_forwards": [SERVERS, *FORWARDS],
    "firewall": ["GET firewall/conf", "GET firewall/rules/filter", "GET firewall/info"],
    "dns": ["GET dns"],
    "ikev2": ["GET ikev2/config", "GET ikev2/advanced_settings", "GET ikev2/info"],
    "online": ["GET wireguard/online", "GET ikev2/online"],
    "otl": ["GET otl/config", "GET otl/config_wireguard", "GET otl/config_ikev2", "GET otl/list"],
    "backups": ["GET backups", "GET backups/config"],
    "traffic_logging": ["GET traffic_logging"],
    "traffic": [ACCOUNTS, *STATISTICS],
    "config": [
        *(f"GET {path}" for path in ("system/config", "dns", "firewall/conf", "ikev2/advanced_settings")),
        *(f"GET {path}" for path in ("traffic_logging", "backups/config", "firewall/rules/filter")),
        *(SERVERS, ACCOUNTS, *FORWARDS),
    ],
}
EVERY_REQUEST = list(dict.fromkeys(request for requests in REQUESTS.values() for request in requests))


@pytest.fixture
def full_panel(panel: Simulator) -> Simulator:
    """A panel that has two of everything."""
    add_servers_and_accounts(panel)
    memory = panel.panel
    for port, protocol in ((8080, "tcp"), (443, "tcp")):
        forward = {"dst_port": port, "protocol": protocol, "to_peer": "alice", "to_port": 80}
        memory.port_forwards["Default"][f"{port}_{protocol}"] = forward
    memory.port_forwards["office"]["53_udp"] = {"dst_port": 53, "protocol": "udp", "to_peer": "carol", "to_port": 53}
    memory.firewall_filter.append({**memory.firewall_filter[0], "name": "web", "d_port": "22"})
    memory.add_otl("bob", "2026-01-01", "2026-01-11")
    memory.add_otl("alice", "2026-01-02", "2026-01-12")
    memory.backup_config.update(ftp_server="192.0.2.9", ftp_password="canary-ftp")
    memory.traffic_logging.update(influxdb_token="canary-token")
    certificates(panel)
    hour_ago, day_ago = (datetime.now(timezone.utc) - timedelta(hours=hours, seconds=30) for hours in (1, 24))
    memory.add_backup("older.zip", day_ago.isoformat())
    memory.add_backup("newer.zip", hour_ago.isoformat())
    panel.connect("wireguard", "alice")
    panel.connect("ikev2", "bob")
    return panel


@pytest.fixture
def client(full_panel: Simulator, connect: Connect) -> PanelClient:
    """In check mode, in which nothing but reading is possible."""
    return connect(full_panel, check_mode=True)


# --- What it costs


def test_every_subset_is_counted() -> None:
    assert list(REQUESTS) == list(SUBSETS)


@pytest.mark.parametrize("subset", REQUESTS)
def test_a_subset_costs_its_own_requests_on_one_connection(
    full_panel: Simulator, client: PanelClient, subset: str
) -> None:
    assert list(gather(client, subset)) == [subset]
    assert full_panel.counts() == dict.fromkeys(REQUESTS[subset], 1)
    assert full_panel.connections == 1


def test_everything_costs_each_request_once_on_one_connection(full_panel: Simulator, client: PanelClient) -> None:
    assert list(gather(client, "all")) == list(SUBSETS)
    assert full_panel.counts() == dict.fromkeys(EVERY_REQUEST, 1)
    assert full_panel.connections == 1
    assert client.warnings == []


# --- What is chosen


def test_the_traffic_is_not_gathered_unless_asked_for(client: PanelClient) -> None:
    assert set(run(client, "info")["info"]) == set(SUBSETS) - {"traffic"}


@pytest.mark.parametrize(
    ("given", "chosen"),
    [
        (["min"], {"system", "license"}),
        (["min", "dns"], {"system", "license", "dns"}),
        (["min", "!license"], {"system"}),
        (["dns", "!dns"], set()),
        (["dns", "!system"], {"dns"}),
        (["!traffic", "!otl", "all"], set(SUBSETS) - {"traffic", "otl"}),
        (["!traffic", "!otl"], set(SUBSETS) - {"traffic", "otl"}),
    ],
)
def test_names_add_up_and_exclusions_win(client: PanelClient, given: list[str], chosen: set[str]) -> None:
    assert set(gather(client, *given)) == chosen


@pytest.mark.parametrize("wrong", ["acounts", "!acounts", "!all", "!", ""])
def test_an_unknown_name_is_refused_with_the_choices(full_panel: Simulator, client: PanelClient, wrong: str) -> None:
    error = failure(client, "info", gather_subset=["system", wrong])
    assert error.code == "invalid_option"
    shown = wrong or "''"
    assert f"gather_subset contains {shown}, which" in str(error)
    assert all(name in str(error) for name in [*SUBSETS, "all", "min"])
    assert full_panel.connections == 0


@pytest.mark.parametrize("wrong", [{"month": 0}, {"month": 13}, {"year": 26}])
def test_a_month_that_is_none_is_refused(full_panel: Simulator, client: PanelClient, wrong: dict[str, int]) -> None:
    (name,) = wrong
    error = failure(client, "info", **wrong)
    assert error.code == "invalid_option"
    assert f"{name} must be a whole number from" in str(error)
    assert full_panel.connections == 0


# --- What is returned


def test_what_is_returned(full_panel: Simulator, client: PanelClient) -> None:
    memory = full_panel.panel
    info = gather(client, "all")
    assert info["system"]["status"] == run(client, "status")["status"]
    assert info["system"]["host"]["cpu_threads"] == 4
    assert info["system"]["host"]["cpu_used_load1"] == 0.69
    assert info["license"]["valid"] is True
    assert info["license"]["accounts"] == 500
    assert info["license"]["days_left"] == info["system"]["status"]["license_days_left"]
    servers = [run(client, "wireguard", name=name)["wireguard"] for name in ("Default", "office")]
    assert info["wireguard"]["servers"] == servers
    assert set(info["wireguard"]["packages"]) == {"wireguard", "wireguard-dkms", "wireguard-tools"}
    accounts = [run(client, "account", name=name)["account"] for name in ("alice", "bob", "carol")]
    assert info["accounts"] == accounts
    assert [(forward["wg_name"], forward["dst_port"], forward["to_peer"]) for forward in info["port_forwards"]] == [
        ("Default", 443, "alice"),
        ("Default", 8080, "alice"),
        ("office", 53, "carol"),
    ]
    firewall = info["firewall"]
    assert firewall["policies"] == memory.firewall_conf
    assert [(rule["name"], rule["d_port"]) for rule in firewall["rules"]] == [("system_PUQVPNCP", 8098), ("web", 22)]
    assert firewall["ip_forward"] is True
    assert set(firewall["packages"]) == {"iptables", "iproute2"}
    assert {name: info["dns"][name] for name in memory.dns} == memory.dns
    assert isinstance(info["dns"]["pid"], int)
    assert set(info["dns"]) == {*memory.dns, "pid", "bind9", "acl"}
    config = run(client, "ikev2")["ikev2"]
    assert {name: info["ikev2"][name] for name in config} == config
    assert info["ikev2"]["settings"] == memory.ikev2_advanced
    assert list(info["ikev2"]["packages"]) == ["strongswan"]
    assert {name: type(pid) for name, pid in info["ikev2"]["pids"].items()} == {"charon": int, "starter": int}
    (wireguard,), (ikev2,) = info["online"]["wireguard"], info["online"]["ikev2"]
    assert (wireguard["name"], wireguard["allowed_ips"], wireguard["transfer_rx"]) == ("alice", "10.0.0.10", 3892)
    assert (ikev2["name"], ikev2["b_upload"], ikev2["uptime"]) == ("bob", 0, "11 seconds ago")
    assert info["otl"]["settings"] == memory.otl_config
    assert info["otl"]["wireguard"] == memory.otl_config_wireguard
    assert info["otl"]["ikev2"] == memory.otl_config_ikev2
    assert info["otl"]["links"] == [
        {"account": "alice", "created": "2026-01-02", "expires": "2026-01-12"},
        {"account": "bob", "created": "2026-01-01", "expires": "2026-01-11"},
    ]
    archives = info["backups"]["archives"]
    assert [(archive["name"], archive["age"]) for archive in archives] == [("newer.zip", 60), ("older.zip", 24 * 60)]
    assert [archive["size"] for archive in archives] == [
        memory.backups[archive["name"]]["size"] for archive in archives
    ]
    assert info["backups"]["config"] == run(client, "backup_config")["backup_config"]
    assert info["traffic_logging"] == run(client, "traffic_logging")["traffic_logging"]


@pytest.mark.parametrize("numbers", ["documented", "strings", "numbers"])
@pytest.mark.parametrize("keyed", ["documented", "swapped"])
@pytest.mark.parametrize("spelling", ["default", "alternate"])
def test_every_form_of_the_answers_gives_the_same(
    full_panel: Simulator, connect: Connect, numbers: str, keyed: str, spelling: str
) -> None:
    usual = gather(connect(full_panel), "all", include_secrets=True)
    full_panel.options.set(numbers=numbers, keyed=keyed, spelling=spelling)
    assert gather(connect(full_panel), "all", include_secrets=True) == usual


@pytest.mark.parametrize("empty_sets", ["documented", "text", "null"])
def test_a_panel_that_holds_nothing(panel: Simulator, connect: Connect, empty_sets: str) -> None:
    panel.options.set(empty_sets=empty_sets)
    panel.panel.remove_server("Default")
    info = gather(connect(panel), "all")
    assert (info["wireguard"]["servers"], info["accounts"], info["port_forwards"]) == ([], [], [])
    assert (info["otl"]["links"], info["backups"]["archives"]) == ([], [])
    assert info["online"] == {"wireguard": [], "ikev2": []}
    assert info["traffic"] == {**MONTH, "accounts": [], "servers": [], "total": {"download": 0, "upload": 0}}


def test_the_names_that_were_meant_are_read_as_well(full_panel: Simulator, client: PanelClient) -> None:
    link = {"account": "bob", "created_date": "2026-01-01", "key": "canary", "lifetime": "2026-01-11"}
    full_panel.fault("wrong_type", path="otl/list", msg={"otls": {"canary": link}})
    full_panel.fault("wrong_type", path="otl/config_ikev2", msg={"enabled": "1"})
    otl = gather(client, "otl")["otl"]
    assert otl["links"] == [{"account": "bob", "created": "2026-01-01", "expires": "2026-01-11"}]
    assert otl["ikev2"] == {"enable": True}


# --- Traffic


def test_the_traffic_adds_up(full_panel: Simulator, connect: Connect) -> None:
    client = connect(full_panel)
    days = {name: client.get(f"account/{name}/traffic_statistics/2026/3").payload for name in ("alice", "bob", "carol")}
    down = {name: sum(day["traffic_download"] for day in held) for name, held in days.items()}
    up = {name: sum(day["traffic_upload"] for day in held) for name, held in days.items()}
    assert min(down.values()) > 0
    traffic = gather(client, "traffic")["traffic"]
    assert (traffic["year"], traffic["month"]) == (2026, 3)
    servers = {"alice": "Default", "bob": "Default", "carol": "office"}
    assert traffic["accounts"] == [
        {"name": name, "wg_name": server, "download": down[name], "upload": up[name]}
        for name, server in servers.items()
    ]
    assert traffic["servers"] == [
        {"name": "Default", "download": down["alice"] + down["bob"], "upload": up["alice"] + up["bob"]},
        {"name": "office", "download": down["carol"], "upload": up["carol"]},
    ]
    assert traffic["total"] == {"download": sum(down.values()), "upload": sum(up.values())}


def test_the_traffic_is_that_of_the_month_of_the_task(client: PanelClient) -> None:
    client.now = datetime(2031, 12, 31, 23, 59, tzinfo=timezone.utc)
    traffic = run(client, "info", gather_subset=["traffic"])["info"]["traffic"]
    assert (traffic["year"], traffic["month"]) == (2031, 12)


def test_a_month_that_must_have_two_digits_is_found_out_once(full_panel: Simulator, client: PanelClient) -> None:
    usual = gather(client, "traffic")
    full_panel.reset_counters()
    full_panel.fault("error", path="*/traffic_statistics/2026/3", text="- Wrong month setting", times=None)
    assert gather(client, "traffic") == usual
    padded = [f"{request.rpartition('/')[0]}/03" for request in STATISTICS]
    assert full_panel.counts() == dict.fromkeys([ACCOUNTS, STATISTICS[0], *padded], 1)


@pytest.mark.parametrize("month", [3, 11])
def test_a_month_that_is_refused_in_every_spelling(full_panel: Simulator, client: PanelClient, month: int) -> None:
    full_panel.fault("error", path="*/traffic_statistics/*", text="Wrong month setting", times=None)
    assert gather(client, "traffic", month=month)["traffic"]["error_code"] == "panel_refused"


def test_days_without_traffic_fields_are_no_traffic(full_panel: Simulator, client: PanelClient) -> None:
    full_panel.fault("wrong_type", path="*/traffic_statistics/*", msg=[{"date": "2026-03-01"}])
    error = failure(client, "info", gather_subset=["traffic"])
    assert error.code == "answer_wrong_type"
    assert "does not show the traffic by day" in str(error)


# --- What is refused


@pytest.mark.parametrize("request_", EVERY_REQUEST)
def test_what_is_refused_is_reported_in_its_place(full_panel: Simulator, client: PanelClient, request_: str) -> None:
    path = request_.split()[1]
    full_panel.fault("error", path=path, times=None, text="Something failed")
    info = gather(client, "all")
    # A document does without the sections that are refused.
    refused = [name for name, requests in REQUESTS.items() if request_ in requests and name != "config"]
    sections = [warning for warning in client.warnings if warning.startswith("The config contains no ")]
    assert bool(sections) is (request_ in REQUESTS["config"])
    for name in refused:
        assert info[name] == {"error": info[name]["error"], "error_code": "panel_refused"}
        assert f'{request_} on {full_panel.url} failed: the panel answered "Something failed"' in info[name]["error"]
        assert f"The subset {name} was not gathered: {info[name]['error']}" in client.warnings
    assert len(client.warnings) == len(refused) + len(sections)
    full_panel.clear_faults()
    others = [name for name in SUBSETS if name not in refused and not (sections and name == "config")]
    assert {name: info[name] for name in others} == gather(client, *others)


def test_what_an_older_panel_does_not_know_is_reported_in_its_place(full_panel: Simulator, client: PanelClient) -> None:
    full_panel.fault("status", path="*backups", times=None, code=404)
    info = gather(client, "all")
    assert info["backups"]["error_code"] == "unknown_operation"
    assert [name for name, value in info.items() if "error" in value] == ["backups"]


def test_everything_can_be_refused(full_panel: Simulator, client: PanelClient) -> None:
    full_panel.fault("error", times=None, text="The license is not active")
    info = gather(client, "all")
    assert {name: value["error_code"] for name, value in info.items()} == dict.fromkeys(SUBSETS, "license_inactive")


@pytest.mark.parametrize(
    ("kind", "options", "code"),
    [
        ("error", {"text": "Not authorized"}, "not_authorized"),
        ("error", {"text": "PUQVPNCP status not OK"}, "panel_busy"),
        ("drop_before", {}, "connection_lost"),
        ("status", {"code": 403}, "not_authorized"),
        ("login_page", {}, "answer_is_html"),
    ],
)
def test_what_is_about_more_than_one_subset_fails_the_task(
    full_panel: Simulator, connect: Connect, kind: str, options: dict[str, Any], code: str
) -> None:
    full_panel.fault(kind, path="dns", times=None, **options)
    error = failure(connect(full_panel, busy_timeout=0, retries=0), "info", gather_subset=["min", "dns"])
    assert error.code == code
    assert f"GET dns on {full_panel.url} failed" in str(error)


@pytest.mark.parametrize("request_", EVERY_REQUEST)
@pytest.mark.parametrize("payload", [[["a list", "of lists"]], "a text", 7], ids=["lists", "text", "number"])
def test_an_answer_of_another_type_fails_the_task(
    full_panel: Simulator, client: PanelClient, request_: str, payload: Any
) -> None:
    full_panel.fault("wrong_type", path=request_.split()[1], times=None, msg=payload)
    error = failure(client, "info", gather_subset=["all"], **MONTH)
    assert error.code == "answer_wrong_type"
    assert f"{request_} on {full_panel.url} failed" in str(error)


@pytest.mark.parametrize("request_", EVERY_REQUEST)
@pytest.mark.parametrize("payload", [{}, [{}], {"a": {}}], ids=["empty", "list", "map"])
def test_an_answer_without_any_field_is_no_traceback(
    full_panel: Simulator, client: PanelClient, request_: str, payload: Any
) -> None:
    full_panel.fault("wrong_type", path=request_.split()[1], times=None, msg=payload)
    try:
        gather(client, "all")
    except PuqVpnError as error:
        assert error.code == "answer_wrong_type"
        assert f"{request_} on {full_panel.url} failed" in str(error)


# --- Secrets


def test_secrets_are_only_returned_where_they_are_asked_for(full_panel: Simulator, client: PanelClient) -> None:
    memory = full_panel.panel
    secrets = {str(item["private_key"]) for item in [*memory.accounts.values(), *memory.wireguard.values()]}
    secrets |= {"canary-alice", "canary-bob", "canary-carol", "canary-ftp", "canary-token", *memory.otls}
    secrets |= {json.dumps(memory.ikev2[name])[1:-1] for name in ("ca_key", "server_key")}
    secrets |= {client.get("license").payload["key"]}
    kept = json.dumps(gather(client, "all"))
    assert [secret for secret in secrets if secret in kept] == []
    returned = json.dumps(gather(client, "all", include_secrets=True))
    assert [secret for secret in secrets if secret not in returned] == []


def test_a_secret_that_the_panel_repeats_is_hidden(full_panel: Simulator, client: PanelClient) -> None:
    keys = [*full_panel.panel.otls, client.get("license").payload["key"]]
    full_panel.fault("error", path="backups", text=" ".join(keys))
    error = gather(client, "all")["backups"]["error"]
    assert "********" in error
    assert [key for key in keys if key in error or key in str(client.warnings)] == []
