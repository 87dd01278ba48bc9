# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The work of puqvpn_info on a 2.x panel: what is asked for, and what becomes of answers that nobody documented."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import Connect, add_servers_and_accounts
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import MONTH, failure, gather, run
from simulator import Simulator

CLIENTS = "GET client"
TRAFFIC = [f"GET client/{name}/traffic/2026/3" for name in ("alice", "bob", "carol")]

# The requests of each subset alone.
REQUESTS = {
    "system": ["GET system/status", "GET system/info"],
    "license": ["GET license"],
    "wireguard": ["GET network"],
    "accounts": [CLIENTS],
    "dns": ["GET dns"],
    "online": ["GET client/online"],
    "traffic": [CLIENTS, *TRAFFIC],
    "config": [CLIENTS, "GET dns"],
}
EVERY_REQUEST = list(dict.fromkeys(request for requests in REQUESTS.values() for request in requests))
NOT_DOCUMENTED = ["port_forwards", "firewall", "ikev2", "otl", "backups", "traffic_logging"]


@pytest.fixture
def panel() -> Iterator[Simulator]:
    """A 2.x panel that has two of everything."""
    with Simulator(generation=2) as simulator:
        add_servers_and_accounts(simulator)
        simulator.connect("wireguard", "alice")
        simulator.connect("ikev2", "bob")
        yield simulator


@pytest.fixture
def client(panel: Simulator, connect: Connect) -> PanelClient:
    """In check mode, in which nothing but reading is possible."""
    return connect(panel, check_mode=True)


# --- What it costs


@pytest.mark.parametrize("subset", REQUESTS)
def test_a_subset_costs_its_own_requests_on_one_connection(panel: Simulator, client: PanelClient, subset: str) -> None:
    assert list(gather(client, subset)) == [subset]
    assert panel.counts() == dict.fromkeys(REQUESTS[subset], 1)
    assert panel.connections == 1


def test_everything_costs_each_request_once_on_one_connection(panel: Simulator, client: PanelClient) -> None:
    assert list(gather(client, "all")) == list(REQUESTS)
    assert panel.counts() == dict.fromkeys(EVERY_REQUEST, 1)
    assert panel.connections == 1
    assert client.warnings == []


# --- What is chosen


@pytest.mark.parametrize(
    ("given", "left_out"),
    [
        ({}, {"traffic"}),
        ({"gather_subset": ["!system"]}, {"system"}),
        ({"gather_subset": ["all", "!config", "!dns"]}, {"config", "dns"}),
        ({"gather_subset": ["min"]}, set(REQUESTS) - {"system", "license"}),
    ],
)
def test_what_is_not_documented_is_left_out(client: PanelClient, given: dict[str, Any], left_out: set[str]) -> None:
    assert set(run(client, "info", **given)["info"]) == set(REQUESTS) - left_out
    assert client.warnings == []


@pytest.mark.parametrize("subset", NOT_DOCUMENTED)
def test_what_is_not_documented_is_reported_when_it_is_named(
    panel: Simulator, client: PanelClient, subset: str
) -> None:
    info = gather(client, "all", subset)
    assert set(info) == {*REQUESTS, subset}
    assert info[subset]["error_code"] == "unsupported_generation"
    assert f"{panel.url}: The subset {subset} supports 1.x panels only" in info[subset]["error"]
    assert client.warnings == [f"The subset {subset} was not gathered: {info[subset]['error']}"]
    assert panel.counts() == dict.fromkeys(EVERY_REQUEST, 1)


def test_an_unknown_name_is_refused_with_the_choices(panel: Simulator, client: PanelClient) -> None:
    error = failure(client, "info", gather_subset=["clients"])
    assert error.code == "invalid_option"
    assert all(name in str(error) for name in [*REQUESTS, *NOT_DOCUMENTED, "all", "min"])
    assert panel.connections == 0


# --- What is returned


def test_what_is_returned(panel: Simulator, client: PanelClient) -> None:
    info = gather(client, "all", include_secrets=True)
    assert info["system"]["status"] == run(client, "status")["status"]
    assert info["system"]["status"]["wireguard_servers"] == 2
    assert info["system"]["host"]["cpu_used_load1"] == 0.69
    assert (info["license"]["valid"], info["license"]["accounts"]) == (True, 50)
    assert info["license"]["days_left"] == info["system"]["status"]["license_days_left"]
    networks = [client.get(f"network/{name}").payload for name in ("Default", "office")]
    assert info["wireguard"] == {"servers": networks, "packages": None}
    assert info["accounts"] == [client.get(f"client/{name}").payload for name in ("alice", "bob", "carol")]
    assert {name: info["dns"][name] for name in panel.panel.dns} == panel.panel.dns
    assert [(session["name"], session["protocol"]) for session in info["online"]["clients"]] == [
        ("alice", "wireguard"),
        ("bob", "ikev2"),
    ]
    traffic = info["traffic"]
    days = {name: client.get(f"client/{name}/traffic/2026/3").payload for name in ("alice", "bob", "carol")}
    down = {name: sum(day["traffic_download"] for day in held) for name, held in days.items()}
    up = {name: sum(day["traffic_upload"] for day in held) for name, held in days.items()}
    assert min(down.values()) > 0
    servers = {"alice": "Default", "bob": "Default", "carol": "office"}
    assert (traffic["year"], traffic["month"]) == (2026, 3)
    assert traffic["accounts"] == [
        {"name": name, "wg_name": server, "download": down[name], "upload": up[name]}
        for name, server in servers.items()
    ]
    assert [server["name"] for server in traffic["servers"]] == ["Default", "office"]
    assert traffic["servers"][0]["download"] == down["alice"] + down["bob"]
    assert traffic["total"] == {"download": sum(down.values()), "upload": sum(up.values())}


@pytest.mark.parametrize("numbers", ["documented", "strings"])
def test_one_expression_fits_both_generations(panel: Simulator, connect: Connect, numbers: str) -> None:
    """What the example of a fleet relies on."""
    panel.options.set(numbers=numbers)
    answers = []
    with Simulator(generation=1, numbers=numbers) as other:
        other.panel.add_account({"name": "alice", "wg_name": "Default", "allowed_IPs": "10.0.0.10"})
        other.connect("wireguard", "alice")
        for simulator in (other, panel):
            info = gather(connect(simulator), "all")
            total = info["traffic"]["total"]["download"]
            answers.append(
                {
                    "servers": info["wireguard"]["servers"][0]["name"],
                    "account": (info["accounts"][0]["name"], info["accounts"][0]["status"]),
                    "online": sorted(row["name"] for rows in info["online"].values() for row in rows)[0],
                    "is_integer": isinstance(total, int),
                    "ttl": info["dns"]["max_cache_ttl"],
                    "host": info["system"]["host"]["timezone"],
                }
            )
    assert answers[0] == answers[1]


@pytest.mark.parametrize("empty", [[], {}, None], ids=["list", "map", "null"])
def test_a_panel_that_holds_nothing(panel: Simulator, client: PanelClient, empty: Any) -> None:
    for path in ("network", "client", "client/online"):
        panel.fault("wrong_type", path=path, msg=empty)
    info = gather(client, "wireguard", "accounts", "online", "traffic")
    assert info["wireguard"]["servers"] == info["accounts"] == info["online"]["clients"] == []
    assert info["traffic"] == {**MONTH, "accounts": [], "servers": [], "total": {"download": 0, "upload": 0}}


@pytest.mark.parametrize("subset", ["wireguard", "accounts", "online"])
def test_a_collection_may_be_keyed_by_name(panel: Simulator, client: PanelClient, subset: str) -> None:
    usual = gather(client, subset)
    (request,) = REQUESTS[subset]
    path = request.split()[1]
    rows = {row.pop("name"): row for row in client.get(path).payload}
    panel.fault("wrong_type", path=path, msg=rows)
    assert gather(client, subset) == usual


@pytest.mark.parametrize("container", ["by_client", "by_protocol", "lists", "named", "by_name"])
@pytest.mark.parametrize("more", [{}, {"unknown_fields": True}, {"numbers": "strings"}], ids=["", "unknown", "strings"])
def test_sessions_may_be_in_any_container(
    panel: Simulator, client: PanelClient, container: str, more: dict[str, Any]
) -> None:
    panel.options.set(**more)
    usual = gather(client, "online")["online"]["clients"]
    assert [(session["name"], session["protocol"]) for session in usual] == [("alice", "wireguard"), ("bob", "ikev2")]
    panel.options.set(sessions=container)
    if container == "named":
        usual = [{key: value for key, value in session.items() if key != "protocol"} for session in usual]
    assert gather(client, "online")["online"]["clients"] == usual
    assert client.warnings == []


@pytest.mark.parametrize("container", ["by_client", "by_protocol", "lists"])
def test_a_client_with_two_sessions_is_returned_twice(panel: Simulator, client: PanelClient, container: str) -> None:
    panel.connect("ikev2", "alice")
    usual = gather(client, "online")
    assert len(usual["online"]["clients"]) == 3
    panel.options.set(sessions=container)
    assert gather(client, "online") == usual


def test_sessions_may_be_grouped_by_protocol(panel: Simulator, client: PanelClient) -> None:
    usual = gather(client, "online")
    rows = {row.pop("protocol"): [row] for row in client.get("client/online").payload}
    panel.fault("wrong_type", path="client/online", msg={**rows, "openvpn": [], "amneziawg": None})
    assert gather(client, "online") == usual


def test_an_unknown_field_is_returned_as_it_is(panel: Simulator, client: PanelClient) -> None:
    panel.options.set(unknown_fields=True)
    info = gather(client, "all")
    assert all("undocumented" in item for item in (info["dns"], info["accounts"][0], info["wireguard"]["servers"][0]))


@pytest.mark.parametrize("key", ["network", "network_name"])
def test_the_network_of_a_client_has_either_name(panel: Simulator, client: PanelClient, key: str) -> None:
    panel.fault("wrong_type", path="client", msg=[{"name": "alice", key: "office"}])
    assert gather(client, "traffic")["traffic"]["accounts"][0]["wg_name"] == "office"


def test_a_client_whose_network_is_not_shown_counts_as_well(panel: Simulator, client: PanelClient) -> None:
    panel.fault("wrong_type", path="client", msg=[{"name": "alice"}, {"name": "bob", "network": {"id": 1}}])
    traffic = gather(client, "traffic")["traffic"]
    assert [account["wg_name"] for account in traffic["accounts"]] == [None, {"id": 1}]
    assert sum(server["download"] for server in traffic["servers"]) == traffic["total"]["download"] > 0


@pytest.mark.parametrize(("down", "up"), [("traffic_download", "traffic_upload"), ("download", "upload")])
def test_the_traffic_of_a_day_has_either_name(panel: Simulator, client: PanelClient, down: str, up: str) -> None:
    panel.fault("wrong_type", path="*/traffic/*", times=None, msg=[{down: "3", up: 1}, {down: 4, up: "1"}])
    traffic = gather(client, "traffic")["traffic"]
    assert [(account["download"], account["upload"]) for account in traffic["accounts"]] == [(7, 2)] * 3


def test_a_month_that_must_have_two_digits_is_found_out_once(panel: Simulator, client: PanelClient) -> None:
    usual = gather(client, "traffic")
    panel.reset_counters()
    panel.fault("error", path="*/traffic/2026/3", text="Wrong month setting", times=None)
    assert gather(client, "traffic") == usual
    padded = [f"{request.rpartition('/')[0]}/03" for request in TRAFFIC]
    assert panel.counts() == dict.fromkeys([CLIENTS, TRAFFIC[0], *padded], 1)


# --- What is refused


def test_a_panel_may_know_the_documented_operations_alone(panel: Simulator, client: PanelClient) -> None:
    panel.options.set(inferred=False)
    info = gather(client, "all")
    assert info["system"]["host"] is None
    assert info["system"]["status"]["ready"] is True
    assert {name: value["error_code"] for name, value in info.items() if "error" in value} == {
        "accounts": "unknown_operation",
        "traffic": "unknown_operation",
    }
    assert list(info["config"]) == ["dns"]
    assert "puqvpn_apply without purge reads those in config only" in client.warnings[2]
    assert len(client.warnings) == 3


@pytest.mark.parametrize("request_", EVERY_REQUEST)
@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"kind": "error", "text": "Something failed"}, "panel_refused"),
        ({"kind": "status", "code": 404}, "unknown_operation"),
        ({"kind": "wrong_type", "msg": "a text"}, "answer_wrong_type"),
    ],
    ids=["refused", "unknown", "text"],
)
def test_what_is_not_answered_is_reported_in_its_place(
    panel: Simulator, client: PanelClient, request_: str, fault: dict[str, Any], code: str
) -> None:
    panel.fault(path=request_.split()[1], times=None, **fault)
    info = gather(client, "all")
    # The host is only likely to be shown, so it is no failure when it is not.
    refused = [name for name, held in REQUESTS.items() if request_ in held and request_ != "GET system/info"]
    sections = ["dns", "clients"]
    if "config" in refused:
        # A section that is not answered does not keep the other one from being exported.
        refused.remove("config")
        sections.remove("clients" if request_ == CLIENTS else "dns")
        (warning,) = (text for text in client.warnings if text.startswith("The config contains no "))
        assert f"{request_} on {panel.url} failed" in warning
        client.warnings.remove(warning)
    assert list(info["config"]) == sections
    for name in refused:
        assert info[name] == {"error": info[name]["error"], "error_code": code}
        assert f"{request_} on {panel.url} failed" in info[name]["error"]
        assert f"The subset {name} was not gathered: {info[name]['error']}" in client.warnings
    assert len(client.warnings) == len(refused)
    panel.clear_faults()
    usual = gather(client, *(name for name in REQUESTS if name not in refused))
    if not refused:
        usual["system"]["host"] = None
    usual["config"] = {name: usual["config"][name] for name in sections}
    assert {name: info[name] for name in usual} == usual


@pytest.mark.parametrize("request_", EVERY_REQUEST)
@pytest.mark.parametrize("payload", [{}, [{}], {"a": {}}, [["a"]], 7], ids=["empty", "list", "map", "lists", "number"])
def test_an_answer_of_another_form_keeps_nothing_else_from_being_gathered(
    panel: Simulator, client: PanelClient, request_: str, payload: Any
) -> None:
    panel.fault("wrong_type", path=request_.split()[1], times=None, msg=payload)
    wrong = {name for name, value in gather(client, "all").items() if "error" in value}
    assert wrong <= {name for name, requests in REQUESTS.items() if request_ in requests}


@pytest.mark.parametrize("request_", ["GET dns", "GET system/info"])
@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"kind": "error", "text": "Not authorized"}, "not_authorized"),
        ({"kind": "drop_before"}, "connection_lost"),
        ({"kind": "login_page"}, "answer_is_html"),
    ],
    ids=["not authorized", "lost", "page"],
)
def test_what_is_about_more_than_one_subset_fails_the_task(
    panel: Simulator, connect: Connect, request_: str, fault: dict[str, Any], code: str
) -> None:
    panel.fault(path=request_.split()[1], times=None, **fault)
    error = failure(connect(panel, retries=0), "info")
    assert error.code == code
    assert f"{request_} on {panel.url} failed" in str(error)


# --- Secrets


def test_secrets_are_only_returned_where_they_are_asked_for(panel: Simulator, client: PanelClient) -> None:
    secrets = {str(account["private_key"]) for account in panel.panel.accounts.values()}
    secrets |= {"canary-alice", "canary-bob", "canary-carol", client.get("license").payload["key"], "canary-dns"}
    dns = {"enabled": True, "tsig_secret": "canary-dns"}
    panel.fault("wrong_type", path="dns", times=None, msg=dns)
    kept = json.dumps(gather(client, "all"))
    assert [secret for secret in secrets if secret in kept] == []
    returned = json.dumps(gather(client, "all", include_secrets=True))
    assert [secret for secret in secrets if secret not in returned] == []
