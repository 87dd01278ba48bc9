# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the accounts of a 1.x panel can move to a 2.x panel, as what, and how far they are."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._migration import (
    migration_clients,
    migration_problems,
    migration_progress,
)
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import client_of
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import run
from simulator import Simulator

NETWORK = {
    "name": "Default",
    "subnet_ipv4": "10.0.0.0/24",
    "wireguard_ip": "10.0.0.1",
    "openvpn_ip": "10.0.0.254",
    "ikev2_ip": "10.0.0.253",
}


def _account(name: str = "anna", **values: Any) -> dict[str, Any]:
    account = {
        "name": name,
        "wg_name": "Default",
        "username": name,
        "password": f"password of {name}",
        "allowed_ips": "10.0.0.10",
        "status": "enable",
        "b_download": 100,
        "b_upload": 0,
        "private_key": "a key",
    }
    return {key: value for key, value in {**account, **values}.items() if value is not None}


def _client(name: str = "anna", **values: Any) -> dict[str, Any]:
    client = {"name": name, "network_name": "Default", "username": name, "ipv4": "10.0.0.10", "status": "disable"}
    return {key: value for key, value in {**client, **values}.items() if value is not None}


def _info(*accounts: dict[str, Any], address: str | None = "10.0.0.1/24") -> dict[str, Any]:
    servers = [{"name": "Default", "address": address}, {"name": "office", "address": "10.9.0.1/24"}]
    return {"accounts": list(accounts), "wireguard": {"servers": servers}}


def _panel(*clients: dict[str, Any], network: dict[str, Any] | None = None, **status: Any) -> dict[str, Any]:
    status = {"accounts_limit": 50, "accounts_used": len(clients), "license_valid": True, **status}
    networks = [NETWORK if network is None else network]
    return {
        "accounts": list(clients),
        "wireguard": {"servers": networks, "packages": None},
        "system": {"status": status, "host": None},
    }


def _problems(info: dict[str, Any], panel: dict[str, Any], networks: Any = None, names: Any = ()) -> list[Any]:
    problems = migration_problems(info, panel, networks or {}, list(names))
    assert all(problem["message"].endswith(".") for problem in problems)
    assert "password of" not in str(problems)
    return [(problem["code"], problem["account"], problem["network"], problem["certain"]) for problem in problems]


# --- What prevents a move


def test_panels_that_fit_have_no_problems() -> None:
    assert _problems(_info(_account()), _panel()) == []
    # Once its client exists, an account is not in its own way.
    assert _problems(_info(_account()), _panel(_client())) == []
    assert _problems(_info(_account()), _panel(_client(ipv4=None, username=None))) == []


@pytest.mark.parametrize(
    ("values", "code", "certain"),
    [
        ({"name": "online"}, "invalid_value", True),
        ({"name": "an na"}, "invalid_value", True),
        ({"username": "an.na"}, "invalid_value", True),
        ({"password": None}, "password_missing", True),
        ({"password": ""}, "password_missing", True),
        ({"allowed_ips": None}, "address_missing", True),
        ({"allowed_ips": "10.0.1.10"}, "address_outside", True),
        ({"allowed_ips": "10.0.0.255"}, "address_outside", True),
        ({"allowed_ips": "10.0.0.1"}, "address_is_gateway", True),
        ({"allowed_ips": "10.0.0.253"}, "address_is_gateway", True),
        ({"allowed_ips": "10.0.0.254"}, "address_is_gateway", True),
        ({"allowed_ips_ipv6": "fd00::2"}, "ipv6_not_moved", False),
    ],
)
def test_an_account_that_cannot_be_a_client(values: dict[str, Any], code: str, certain: bool) -> None:
    account = _account(**{"username": "anna", **values})
    assert _problems(_info(account), _panel()) == [(code, account["name"], "Default", certain)]


def test_a_network_that_does_not_exist() -> None:
    info = _info(_account(), _account("bert", wg_name="office", allowed_ips="10.9.0.2"))
    assert _problems(info, _panel()) == [("network_missing", None, "office", True)]
    # The network of the server may have another name.
    office = {**NETWORK, "subnet_ipv4": "10.9.0.0/24", "wireguard_ip": "10.9.0.1"}
    renamed = _info(_account("bert", wg_name="office", allowed_ips="10.9.0.2"))
    assert _problems(renamed, _panel(network=office), {"office": "Default"}) == []
    # And the accounts of a server may stay where they are.
    assert _problems(info, _panel(), {"office": ""}) == []


def test_a_network_with_another_subnet() -> None:
    network = {**NETWORK, "subnet_ipv4": "10.0.0.0/16"}
    assert _problems(_info(_account()), _panel(network=network)) == [("subnet_differs", None, "Default", True)]


@pytest.mark.parametrize("hidden", ["panel", "network"])
def test_a_subnet_that_is_not_shown_must_be_checked_by_hand(hidden: str) -> None:
    network = {key: value for key, value in NETWORK.items() if hidden != "network" or key != "subnet_ipv4"}
    info = _info(_account(), address=None if hidden == "panel" else "10.0.0.1/24")
    assert _problems(info, _panel(network=network)) == [("subnet_unknown", None, "Default", False)]


def test_the_subnet_may_have_the_other_likely_name_and_host_bits() -> None:
    network = {**{key: value for key, value in NETWORK.items() if key != "subnet_ipv4"}, "subnet": "10.0.0.1/24"}
    assert _problems(_info(_account()), _panel(network=network)) == []


@pytest.mark.parametrize("address", ["10.0.0.1", "10.0.0.253", "10.0.0.254"])
def test_gateways_that_are_not_shown_are_assumed_by_convention(address: str) -> None:
    network = {"name": "Default", "subnet_ipv4": "10.0.0.0/24"}
    found = _problems(_info(_account(allowed_ips=address)), _panel(network=network))
    assert found == [
        ("gateways_unknown", None, "Default", False),
        ("address_is_gateway", "anna", "Default", False),
    ]
    found = _problems(_info(_account()), _panel(network=network))
    assert found == [("gateways_unknown", None, "Default", False)]


def test_gateways_in_networks_of_other_sizes() -> None:
    def found(subnet: str, address: str) -> bool:
        network = {"name": "Default", "subnet_ipv4": subnet}
        info = _info(_account(allowed_ips=address), address=subnet)
        return "address_is_gateway" in [code for code, *_rest in _problems(info, _panel(network=network))]

    assert [found("10.0.0.0/23", f"10.0.0.{last}") for last in (1, 2, 253, 254)] == [True, False, True, True]
    assert [found("10.0.0.0/23", f"10.0.1.{last}") for last in (1, 252, 253, 254)] == [False, False, True, True]
    assert [found("10.0.0.0/26", f"10.0.0.{last}") for last in (1, 60, 61, 62)] == [True, False, True, True]


def test_a_network_shows_its_gateway_elsewhere() -> None:
    network = {**NETWORK, "openvpn_ip": "10.0.0.10/24"}
    assert _problems(_info(_account()), _panel(network=network)) == [("address_is_gateway", "anna", "Default", True)]
    assert _problems(_info(_account(allowed_ips="10.0.0.254")), _panel(network=network)) == []


def test_what_two_accounts_share() -> None:
    found = _problems(_info(_account(), _account()), _panel())
    assert found == [("duplicate", "anna", None, True), *[("duplicate", None, None, True)] * 2]


@pytest.mark.parametrize("field", ["username", "ipv4"])
def test_what_another_client_uses(field: str) -> None:
    other = {"username": "bert", "ipv4": "10.0.0.11", field: _client()[field]}
    found = _problems(_info(_account()), _panel(_client("bert", **other)))
    assert found == [("in_use", "anna", "Default", True)]


@pytest.mark.parametrize(
    "values",
    [{"network_name": "office"}, {"username": "another"}, {"ipv4": "10.0.0.99"}],
    ids=lambda one: next(iter(one)),
)
def test_another_client_of_the_same_name(values: dict[str, Any]) -> None:
    found = _problems(_info(_account()), _panel(_client(**values)))
    assert found == [("client_differs", "anna", "Default", True)]


def test_clients_that_do_not_show_what_they_use() -> None:
    found = _problems(_info(_account()), _panel(_client("bert", username=None, ipv4=None)))
    assert found == [("clients_incomplete", None, None, False)] * 2


@pytest.mark.parametrize(
    ("status", "accounts", "expected"),
    [
        ({"accounts_limit": 2, "accounts_used": 1}, 2, [("license_slots", None, None, True)]),
        ({"accounts_limit": 2, "accounts_used": 0}, 2, []),
        # A panel without a license serves 50 clients, whatever it shows.
        (
            {"accounts_limit": 500, "accounts_used": 49, "license_valid": False},
            2,
            [("license_slots", None, None, True)],
        ),
        ({"accounts_limit": None, "accounts_used": 49, "license_valid": False}, 1, []),
        ({"accounts_limit": None}, 1, [("license_unknown", None, None, False)]),
        ({"accounts_limit": None}, 0, []),
        ({"accounts_limit": 1, "accounts_used": None}, 2, [("license_slots", None, None, True)]),
    ],
)
def test_the_slots_of_the_license(status: dict[str, Any], accounts: int, expected: list[Any]) -> None:
    info = _info(*(_account(f"a{at}", allowed_ips=f"10.0.0.{at + 2}") for at in range(accounts)))
    assert _problems(info, _panel(**status)) == expected


def test_clients_that_exist_need_no_slot() -> None:
    assert _problems(_info(_account()), _panel(_client(), accounts_limit=1)) == []


def test_only_the_named_accounts_move() -> None:
    info = _info(_account(), _account("bert", password=None))
    assert _problems(info, _panel(), names=["anna"]) == []
    assert _problems(info, _panel(), names=["anna", "carl"]) == [("account_missing", "carl", None, True)]


@pytest.mark.parametrize(
    ("info", "panel", "networks", "names", "expected"),
    [
        ({}, _panel(), {}, [], "The 1.x panel: the subset accounts is missing"),
        (_info(), {}, {}, [], "The 2.x panel: the subset wireguard is missing"),
        (_info(), {**_panel(), "accounts": {"error": "GET client\nfailed"}}, {}, [], "accounts: GET client failed"),
        (_info(), {**_panel(), "wireguard": {"error": "no permission"}}, {}, [], "wireguard: no permission"),
        (_info(), _panel(), [], [], "networks must be a dictionary"),
        (_info(), _panel(), {}, "anna", "names a list"),
    ],
)
def test_a_move_needs_what_both_panels_hold(info: Any, panel: Any, networks: Any, names: Any, expected: str) -> None:
    for function in (migration_problems, migration_clients, migration_progress):
        with pytest.raises(AnsibleFilterError, match=expected):
            function(info, panel, networks, names)


def test_a_message_stays_one_line() -> None:
    evil = "a\n\x1b[2J'\""
    info = _info(_account(evil, username=evil, wg_name=evil))
    problems = migration_problems(info, _panel(_client("bert", username=evil)), {}, [evil, f"{evil}!"])
    assert {problem["code"] for problem in problems} == {
        "account_missing",
        "network_missing",
        "invalid_value",
        "in_use",
    }
    for problem in problems:
        assert problem["message"].isprintable()
        assert f"{problem['account']}{problem['network']}".isprintable()


# --- What moves


def test_clients_are_created_disabled_and_keep_their_status_later() -> None:
    account = _account(allowed_ips_ipv6="fd00::2", mangle=100)
    (new,) = migration_clients(_info(account), _panel(), {}, [])
    carried = {
        "name": "anna",
        "network_name": "Default",
        "username": "anna",
        "password": "password of anna",
        "ipv4": "10.0.0.10",
        "b_download": 100,
        "b_upload": 0,
    }
    assert new == {**carried, "status": "disable"}
    assert migration_clients(_info(account), _panel(_client(status="enable")), {}, []) == [carried]


def test_accounts_move_to_the_networks_that_are_named() -> None:
    info = _info(_account(), _account("bert", wg_name="office"), _account("carl", wg_name="guests"))
    items = migration_clients(info, _panel(), {"office": "Default", "guests": None}, [])
    assert [(item["name"], item["network_name"]) for item in items] == [("anna", "Default"), ("bert", "Default")]


def test_values_that_the_panel_does_not_show_are_left_out() -> None:
    (item,) = migration_clients(_info(_account(password="", b_download=None)), _panel(), {}, [])
    assert not {"password", "b_download"} & item.keys()


# --- How far a move has come


def test_accounts_are_grouped_by_their_status_on_both_panels() -> None:
    states = {
        "to_create": ("enable", None),
        "to_enable": ("enable", "disable"),
        "on_both": ("enable", "enable"),
        "moved": ("disable", "enable"),
        "disabled": ("disable", "disable"),
        "conflicting": ("enable", ""),
    }
    info = _info(*(_account(name, status=old) for name, (old, _new) in states.items()))
    panel = _panel(*(_client(name, status=new) for name, (_old, new) in states.items() if new is not None))
    assert migration_progress(info, panel, {}, []) == {name: [{"name": name}] for name in states}


@pytest.mark.parametrize("values", [{"username": "another"}, {"network_name": "office"}])
def test_the_client_of_somebody_else_is_left_alone(values: dict[str, Any]) -> None:
    progress = migration_progress(_info(_account()), _panel(_client(**values)), {}, [])
    assert {state: items for state, items in progress.items() if items} == {"conflicting": [{"name": "anna"}]}


def test_a_name_that_no_client_can_have_is_never_a_part_of_a_batch() -> None:
    for name in ("../anna", "{{ 1 }}", ""):
        progress = migration_progress(_info(_account(name)), _panel(_client(name)), {}, [])
        assert [state for state, items in progress.items() if items] == ["conflicting"]


# --- With the panels


READINGS: list[dict[str, Any]] = [
    {},
    {"clients": "map", "network_key": "nested", "address_form": "prefix", "networks": "map", "status_case": "title"},
    {"clients": "wrapped", "network_key": "network", "numbers": "strings"},
    {"clients": "thin", "network_key": "both"},
]


@pytest.mark.parametrize("readings", READINGS, ids=str)
def test_accounts_move_from_panel_to_panel(readings: dict[str, Any]) -> None:
    with Simulator() as old, Simulator(generation=2, **readings) as new, client_of(old) as one, client_of(new) as other:
        for at, name in enumerate(("anna", "bert")):
            old.panel.add_account(
                {"name": name, "username": f"user_{name}", "wg_name": "Default", "allowed_IPs": f"10.0.0.1{at}"}
            )
        old.panel.change_account("bert", {"status": "disable", "b_download": 7})
        subsets = ["system", "wireguard", "accounts"]

        def gathered() -> tuple[dict[str, Any], dict[str, Any]]:
            info = run(one, "info", gather_subset=subsets, include_secrets=True)["info"]
            return info, run(other, "info", gather_subset=subsets)["info"]

        info, panel = gathered()
        assert migration_problems(info, panel, {}, []) == []
        items = migration_clients(info, panel, {}, [])
        assert run(other, "apply", config={"clients": items})["summary"]["create"] == 2
        info, panel = gathered()
        assert migration_problems(info, panel, {}, []) == []
        progress = migration_progress(info, panel, {}, [])
        assert (progress["to_enable"], progress["disabled"]) == ([{"name": "anna"}], [{"name": "bert"}])
        new.panel.change_account("anna", {"status": "enable"})
        again = run(other, "apply", config={"clients": migration_clients(*gathered(), {}, [])})
        assert again["plan"] == []
        kept = ("name", "username", "password", "allowed_IPs", "b_download", "b_upload", "wg_name")
        before, after = (
            [[account[field] for field in kept] for account in panel.panel.accounts.values()] for panel in (old, new)
        )
        assert before == after
