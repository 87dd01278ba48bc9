# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""WireGuard servers: their accounts when they go, the bandwidth of all accounts, ports and other spellings."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.tests.unit import tasks
from ansible_collections.puqcloud.puqvpn.tests.unit.keys import key_pair
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import Connect
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import run, without_summary
from simulator import Simulator


@pytest.fixture
def client(panel: Simulator, connect: Connect) -> PanelClient:
    """A client of a panel with two accounts on the server Default."""
    for at, name in enumerate(["alice", "bob"]):
        panel.panel.add_account({"name": name, "wg_name": "Default", "allowed_IPs": f"10.0.0.{10 + at}"})
    return connect(panel)


failure = partial(tasks.failure, module="wireguard")


# --- Removal


def test_a_server_with_accounts_is_not_removed_and_they_are_listed(panel: Simulator, client: PanelClient) -> None:
    error = failure(client, name="Default", state="absent")
    assert error.code == "server_has_accounts"
    assert "alice, bob" in str(error)
    assert "force: true" in str(error)
    assert panel.counts() == {"GET wireguard/Default/peers": 1}


def test_force_removes_the_accounts_first(panel: Simulator, client: PanelClient) -> None:
    result = run(client, "wireguard", name="Default", state="absent", force=True)
    assert result["diff"]["before"]["accounts"] == ["alice", "bob"]
    assert (panel.panel.accounts, panel.panel.wireguard) == ({}, {})
    assert panel.counts() == {
        "GET wireguard/Default/peers": 1,
        "DELETE account/alice": 1,
        "DELETE account/bob": 1,
        "DELETE wireguard/Default": 1,
        "GET wireguard/Default": 1,
    }


def test_check_mode_assumes_that_the_accounts_are_removed_before(
    panel: Simulator, client: PanelClient, connect: Connect
) -> None:
    checking = connect(panel, check_mode=True)
    predicted = run(checking, "wireguard", name="Default", state="absent")
    assert any(
        "the accounts of WireGuard server Default are removed before: alice, bob" in warning
        for warning in checking.warnings
    )
    for name in ("alice", "bob"):
        run(client, "account", name=name, state="absent")
    happened = run(client, "wireguard", name="Default", state="absent")
    assert without_summary(predicted) == without_summary(happened)


def test_a_removal_that_stops_half_way_says_how_far_it_came(panel: Simulator, client: PanelClient) -> None:
    panel.fault("error", method="DELETE", path="account/bob", text="Something is wrong")
    error = failure(client, name="Default", state="absent", force=True)
    assert error.details["removed"] == ["alice"]
    assert "1 of 2 accounts were removed before" in str(error)
    assert run(client, "wireguard", name="Default", state="absent", force=True)["changed"] is True


def test_a_server_that_is_not_there_needs_no_removal(panel: Simulator, client: PanelClient) -> None:
    assert run(client, "wireguard", name="nowhere", state="absent")["changed"] is False
    assert panel.counts() == {"GET wireguard/nowhere/peers": 1}


def test_a_server_with_accounts_is_not_made_again(panel: Simulator, client: PanelClient) -> None:
    for force in (False, True):
        error = failure(client, name="Default", interface_name="wg77", recreate=True, force=force)
        assert error.code == "server_has_accounts"
    assert sorted(panel.panel.accounts) == ["alice", "bob"]


# --- Bandwidth


def test_all_accounts_get_the_bandwidth_of_the_server_once(panel: Simulator, client: PanelClient) -> None:
    options = {"name": "Default", "b_download": 50, "b_upload": 20, "set_bandwidth": True}
    result = run(client, "wireguard", **options)
    assert result["diff"]["after"]["accounts"]["bob"] == {"b_download": 50, "b_upload": 20}
    assert {(account["b_download"], account["b_upload"]) for account in panel.panel.accounts.values()} == {(50, 20)}
    panel.reset_counters()
    assert run(client, "wireguard", **options)["changed"] is False
    assert panel.counts() == {"GET wireguard/Default": 1, "GET wireguard/Default/peers": 1}


def test_an_account_that_differs_is_a_change(panel: Simulator, client: PanelClient, connect: Connect) -> None:
    run(client, "wireguard", name="Default", b_download=50, set_bandwidth=True)
    panel.panel.accounts["alice"]["b_download"] = 7
    panel.reset_counters()
    predicted = run(connect(panel, check_mode=True), "wireguard", name="Default", set_bandwidth=True)
    happened = run(client, "wireguard", name="Default", set_bandwidth=True)
    assert predicted["changed"] is happened["changed"] is True
    assert predicted["diff"] == happened["diff"]
    assert happened["diff"]["before"] == {"accounts": {"alice": {"b_download": 7, "b_upload": 0}}}
    assert panel.counts()["PUT wireguard/Default/set_bandwidth"] == 1
    assert "PUT wireguard/Default" not in panel.counts()


def test_a_bandwidth_that_the_accounts_did_not_get(panel: Simulator, client: PanelClient) -> None:
    panel.fault("not_stored", method="PUT", path="wireguard/Default/set_bandwidth")
    error = failure(client, name="Default", b_download=50, set_bandwidth=True)
    assert error.code == "value_not_stored"
    assert "alice and bob" in str(error)


# --- Values


def test_a_field_that_did_not_stick_is_named(panel: Simulator, client: PanelClient) -> None:
    panel.fault("not_stored", method="PUT")
    error = failure(client, name="Default", keep_alive=25)
    assert (error.code, error.details["fields"]) == ("value_not_stored", ["keep_alive"])
    assert "keep_alive" in str(error)


@pytest.mark.parametrize("name", ["info", "online"])
def test_names_that_the_api_uses_itself_are_refused(panel: Simulator, client: PanelClient, name: str) -> None:
    assert name in str(failure(client, name=name))
    assert panel.counts() == {}


def test_a_low_port_is_remarked_and_given_to_a_new_server_with_an_edit(panel: Simulator, client: PanelClient) -> None:
    run(client, "wireguard", name="Default", listen_port=51333)
    assert panel.panel.wireguard["Default"]["listen_port"] == 51333
    panel.reset_counters()
    assert run(client, "wireguard", name="new", listen_port=443)["wireguard"]["listen_port"] == 443
    assert panel.counts() == {"GET wireguard/new": 2, "POST wireguard": 1, "PUT wireguard/new": 1}
    assert any("listen_port is below 51820" in warning for warning in client.warnings)


def test_a_server_with_a_low_port_can_be_made_again(panel: Simulator, client: PanelClient) -> None:
    run(client, "wireguard", name="office", interface_name="wg5")
    run(client, "wireguard", name="office", listen_port=51333)
    run(client, "wireguard", name="office", interface_name="wg6", recreate=True)
    assert panel.panel.wireguard["office"]["listen_port"] == 51333


def test_networks_with_host_bits_are_remarked_and_sent_as_they_are_meant(panel: Simulator, client: PanelClient) -> None:
    run(client, "wireguard", name="office", allowed_ips="0.0.0.0/1, 128.0.0.129/1")
    assert panel.panel.wireguard["office"]["allowed_ips"] == "0.0.0.0/1,128.0.0.0/1"
    assert any("128.0.0.129/1" in warning for warning in client.warnings)


def test_other_spellings_of_the_same_values_change_nothing(panel: Simulator, client: PanelClient) -> None:
    panel.options.set(echo_write_only=True)
    pair = key_pair()
    run(
        client,
        "wireguard",
        name="office",
        ipv6=True,
        address_ipv6="fd00:8::1/64",
        dns_1="192.0.2.8",
        allowed_ips=["10.0.0.0/8", "192.168.0.0/16"],
        keep_alive=25,
        internal_traffic=True,
        ikev2=False,
        mtu=1320,
        endpoint="vpn.example.com",
        **pair,
    )
    result = run(
        client,
        "wireguard",
        name="office ",
        ipv6="yes",
        address_ipv6="FD00:8:0::1/64",
        dns_1="192.0.2.8/32",
        allowed_ips="192.168.0.0/16, 10.0.0.0/8",
        keep_alive="25",
        internal_traffic="1",
        ikev2=0,
        mtu=" 1320",
        endpoint="VPN.example.com",
        private_key=f"{pair['private_key']} ",
        public_key=f" {pair['public_key']}",
    )
    assert result["changed"] is False


def test_a_server_without_a_name_is_found_by_its_interface(panel: Simulator, client: PanelClient) -> None:
    made = run(client, "wireguard", interface_name="wg5")["wireguard"]["name"]
    assert run(client, "wireguard", interface_name="wg5", keep_alive=25)["wireguard"]["name"] == made
    assert panel.panel.wireguard[made]["keep_alive"] == 25


def test_a_lost_creation_without_anything_to_look_for_is_not_repeated(panel: Simulator, client: PanelClient) -> None:
    panel.fault("drop_after", method="POST")
    assert failure(client, keep_alive=25).code == "write_fate_unknown"
    assert panel.counts() == {"POST wireguard": 1}


@pytest.mark.parametrize("answer", ["success", "", {"address": "10.0.9.1/24"}])
def test_a_new_server_whose_name_nobody_tells_is_said_to_be_there(
    panel: Simulator, client: PanelClient, answer: Any
) -> None:
    panel.fault("wrong_type", method="POST", msg=answer)
    error = failure(client, keep_alive=25)
    assert "not under which name" in str(error)
    assert len(panel.panel.wireguard) == 2


@pytest.mark.parametrize("answer", ["success", "", {"address": "10.0.9.1/24"}])
def test_an_answer_that_does_not_show_the_server_is_made_up_for_by_reading(
    panel: Simulator, client: PanelClient, answer: Any
) -> None:
    panel.fault("wrong_type", method="POST", msg=answer)
    assert run(client, "wireguard", name="office", keep_alive=25)["wireguard"]["keep_alive"] == 25
