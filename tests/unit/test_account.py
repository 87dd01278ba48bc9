# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Accounts: addresses that are chosen, values that a panel overrides, what cannot be changed, and what it costs."""

from __future__ import annotations

from functools import partial

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import OptionError
from ansible_collections.puqcloud.puqvpn.tests.unit import tasks
from ansible_collections.puqcloud.puqvpn.tests.unit.keys import key_pair
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import Connect
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import run
from simulator import Simulator

ALICE = {"name": "alice", "wg_name": "Default", "allowed_ips": "10.0.0.10"}


@pytest.fixture
def client(panel: Simulator, connect: Connect) -> PanelClient:
    return connect(panel)


failure = partial(tasks.failure, module="account")


# --- What it costs


def test_creation_costs_a_read_a_write_and_a_read(panel: Simulator, client: PanelClient) -> None:
    assert run(client, "account", **ALICE)["changed"] is True
    assert panel.counts() == {"GET account/alice": 2, "POST account": 1}
    assert panel.connections == 1


def test_a_free_address_costs_one_more_read(panel: Simulator, client: PanelClient) -> None:
    run(client, "account", name="alice", wg_name="Default")
    assert panel.counts() == {"GET account/alice": 2, "GET wireguard/Default/available_ips": 1, "POST account": 1}


def test_a_change_costs_a_read_a_write_and_a_read_and_no_change_one_read(panel: Simulator, client: PanelClient) -> None:
    run(client, "account", **ALICE)
    panel.reset_counters()
    run(client, "account", name="alice", status="disable")
    assert panel.counts() == {"GET account/alice": 2, "PUT account/alice": 1}
    panel.reset_counters()
    assert run(client, "account", **ALICE, status="disable")["changed"] is False
    assert panel.counts() == {"GET account/alice": 1}


def test_removal_costs_a_read_a_write_and_a_read(panel: Simulator, client: PanelClient) -> None:
    run(client, "account", **ALICE)
    panel.reset_counters()
    assert run(client, "account", name="alice", state="absent")["account"] == {}
    assert panel.counts() == {"GET account/alice": 2, "DELETE account/alice": 1}
    assert panel.panel.accounts == {}


def test_only_what_differs_is_sent(panel: Simulator, client: PanelClient) -> None:
    run(client, "account", **ALICE, b_download=5)
    run(client, "account", **ALICE, b_download=5, b_upload=6)
    (sent,) = (request for request in panel.requests if request.method == "PUT")
    assert sent.body == b"b_upload=6"


# --- Which account is meant


def test_without_a_name_the_one_with_the_username_is_meant(panel: Simulator, client: PanelClient) -> None:
    created = run(client, "account", wg_name="Default", username="bobby", password="a")
    again = run(client, "account", wg_name="Default", username="bobby", password="b")
    assert list(panel.panel.accounts) == [created["account"]["name"]] == [again["account"]["name"]]
    assert panel.panel.accounts[created["account"]["name"]]["password"] == "b"


def test_without_name_and_username_the_one_with_the_address_is_meant(panel: Simulator, client: PanelClient) -> None:
    created = run(client, "account", wg_name="Default", allowed_ips="10.0.0.9")
    panel.reset_counters()
    assert run(client, "account", wg_name="Default", allowed_ips="10.0.0.9/32")["changed"] is False
    assert panel.counts() == {"GET account": 1}
    assert list(panel.panel.accounts) == [created["account"]["name"]]


def test_without_anything_a_new_account_is_created_and_its_name_reported(panel: Simulator, client: PanelClient) -> None:
    names = [run(client, "account", wg_name="Default")["account"]["name"] for _run in range(2)]
    assert sorted(panel.panel.accounts) == sorted(names)
    assert len(set(names)) == 2


def test_a_removal_needs_a_name(panel: Simulator, client: PanelClient) -> None:
    assert "name" in str(failure(client, username="bobby", state="absent"))
    assert panel.counts() == {}


def test_an_answer_about_another_account_is_not_taken_for_it(panel: Simulator, client: PanelClient) -> None:
    run(client, "account", **ALICE)
    panel.panel.accounts["alice"]["name"] = "mallory"
    error = failure(client, name="alice", status="disable")
    assert error.code == "answer_wrong_object"
    assert panel.panel.accounts["alice"]["status"] == "enable"


# --- Addresses


def test_the_address_is_free_and_of_the_server(panel: Simulator, client: PanelClient) -> None:
    run(client, "account", name="one", wg_name="Default")
    run(client, "account", name="two", wg_name="Default")
    assert [account["allowed_IPs"] for account in panel.panel.accounts.values()] == ["10.0.0.2", "10.0.0.3"]


def test_a_server_without_a_free_address(panel: Simulator, client: PanelClient) -> None:
    panel.panel.add_server({"name": "tiny", "address": "10.5.0.1/30"})
    run(client, "account", name="one", wg_name="tiny")
    error = failure(client, name="two", wg_name="tiny")
    assert error.code == "no_free_address"
    assert "tiny" in str(error)


def test_an_address_that_was_asked_for_is_never_replaced(panel: Simulator, client: PanelClient) -> None:
    run(client, "account", **ALICE)
    error = failure(client, name="bob", wg_name="Default", allowed_ips="10.0.0.10")
    assert error.code == "already_exists"
    assert list(panel.panel.accounts) == ["alice"]


# --- Values that a panel overrides


@pytest.fixture
def overriding(panel: Simulator) -> Simulator:
    """A panel that lets the bandwidth of the server win when an account is made (contract: account_create/3)."""
    panel.panel.wireguard["Default"].update(b_download=12, b_upload=12)
    return panel


def test_a_bandwidth_that_the_server_overrides_is_put_right(overriding: Simulator, client: PanelClient) -> None:
    result = run(client, "account", **ALICE, b_download=100, b_upload=100)
    assert (result["account"]["b_download"], result["account"]["b_upload"]) == (100, 100)
    assert overriding.counts() == {"GET account/alice": 2, "POST account": 1, "PUT account/alice": 1}
    assert run(client, "account", **ALICE, b_download=100, b_upload=100)["changed"] is False


@pytest.mark.parametrize("rollback", [False, True])
def test_when_the_edit_fails_the_field_is_named_and_only_rollback_removes(
    overriding: Simulator, client: PanelClient, rollback: bool
) -> None:
    overriding.fault("error", method="PUT", text="Something is wrong")
    error = failure(client, **ALICE, b_download=100, rollback=rollback)
    assert "b_download" in str(error)
    assert "Something is wrong" in str(error)
    assert error.details["fields"] == ["b_download"]
    assert ("alice" in overriding.panel.accounts) is not rollback
    assert error.details.get("rolled_back", False) is rollback


def test_an_edit_that_does_not_stick_is_found(overriding: Simulator, client: PanelClient) -> None:
    overriding.fault("not_stored", method="PUT")
    error = failure(client, **ALICE, b_download=100)
    assert (error.code, error.details["fields"]) == ("value_not_stored", ["b_download"])


def test_an_account_that_is_not_there_after_its_creation(panel: Simulator, client: PanelClient) -> None:
    panel.fault("not_stored", method="POST")
    assert failure(client, **ALICE).code == "object_not_stored"


def test_an_account_that_is_still_there_after_its_removal(panel: Simulator, client: PanelClient) -> None:
    run(client, "account", **ALICE)
    panel.fault("not_stored", method="DELETE")
    assert failure(client, name="alice", state="absent").code == "object_not_removed"


# --- What cannot be changed


def test_all_fields_that_cannot_change_are_named_and_nothing_is_sent(panel: Simulator, client: PanelClient) -> None:
    panel.panel.add_server({"name": "other", "address": "10.7.0.1/24"})
    run(client, "account", **ALICE, username="alice")
    panel.reset_counters()
    error = failure(client, name="alice", username="a", wg_name="other", **key_pair())
    assert error.code == "immutable_field"
    assert error.details["fields"] == ["wg_name", "username", "private_key", "public_key"]
    assert "recreate: true" in str(error)
    assert panel.counts() == {"GET account/alice": 1}


def test_recreate_takes_over_what_is_not_given(panel: Simulator, client: PanelClient) -> None:
    panel.panel.wireguard["Default"].update(b_download=12)
    pair = key_pair()
    run(client, "account", **ALICE, username="old", password="kept", status="disable", b_download=7, **pair)
    run(client, "account", name="alice", username="new", recreate=True)
    account = panel.panel.accounts["alice"]
    assert account["username"] == "new"
    assert (account["password"], account["status"], account["b_download"]) == ("kept", "disable", 7)
    assert (account["allowed_IPs"], account["private_key"]) == ("10.0.0.10", pair["private_key"])


def test_recreate_on_another_server_takes_an_address_of_that_server(panel: Simulator, client: PanelClient) -> None:
    panel.panel.add_server({"name": "other", "address": "10.7.0.1/24"})
    run(client, "account", **ALICE)
    run(client, "account", name="alice", wg_name="other", recreate=True)
    assert panel.panel.accounts["alice"]["allowed_IPs"] == "10.7.0.2"


def test_the_old_account_is_put_back_as_it_was_when_the_new_one_is_refused(
    panel: Simulator, client: PanelClient
) -> None:
    panel.panel.wireguard["Default"].update(b_download=12)
    run(client, "account", **ALICE, username="old", password="kept", b_download=7)
    before = dict(panel.panel.accounts["alice"])
    panel.fault("error", method="POST", text="VPN account limit exceeded")
    error = failure(client, name="alice", username="new", recreate=True)
    assert error.code == "license_limit"
    assert error.details["restored"] is True
    assert "exists as it was before" in str(error)
    after = {**panel.panel.accounts["alice"], "mangle": before["mangle"]}
    assert after == before


@pytest.mark.parametrize("include_secrets", [False, True])
def test_what_is_lost_is_said_when_the_old_account_cannot_be_put_back(
    panel: Simulator, client: PanelClient, include_secrets: bool
) -> None:
    run(client, "account", **ALICE, username="old", password="canary")
    panel.fault("error", method="POST", text="VPN account limit exceeded", times=2)
    error = failure(client, name="alice", username="new", recreate=True, include_secrets=include_secrets)
    assert error.details["restored"] is False
    assert error.details["lost"]["allowed_ips"] == "10.0.0.10"
    assert "could NOT be restored" in str(error)
    assert "canary" not in str(error)
    assert ("canary" in str(error.details)) is include_secrets


# --- Options


def test_every_problem_is_reported_before_anything_is_sent(panel: Simulator, client: PanelClient) -> None:
    error = failure(
        client,
        name="a b",
        wg_name="Default",
        username="ü",
        allowed_ips="10.0.0.0/24",
        b_download=10001,
        private_key="canary-short",
        public_key="x",
    )
    assert isinstance(error, OptionError)
    for name in ("name", "username", "allowed_ips", "b_download", "private_key", "public_key"):
        assert f"{name} must" in str(error)
    assert "canary" not in str(error)
    assert panel.counts() == {}


def test_keys_that_do_not_belong_together(panel: Simulator, client: PanelClient) -> None:
    pair = {**key_pair(), "public_key": key_pair()["public_key"]}
    assert "public_key does not belong to private_key" in str(failure(client, **ALICE, **pair))
    assert panel.counts() == {}


@pytest.mark.parametrize("name", ["private_key", "public_key"])
def test_one_key_alone_makes_no_account(panel: Simulator, client: PanelClient, name: str) -> None:
    error = failure(client, **ALICE, **{name: key_pair()[name]})
    assert error.code == "missing_option"
    assert panel.counts() == {"GET account/alice": 1}


def test_a_new_account_needs_its_server(panel: Simulator, client: PanelClient) -> None:
    error = failure(client, name="alice")
    assert error.code == "missing_option"
    assert "wg_name" in str(error)


def test_a_server_that_does_not_exist(panel: Simulator, client: PanelClient) -> None:
    assert "Wireguard server not" in failure(client, name="alice", wg_name="nowhere").panel_error


# --- Fields that a panel does not show


def test_a_field_that_is_not_shown_is_no_reason_for_a_change(panel: Simulator, client: PanelClient) -> None:
    result = run(client, "account", **ALICE, allowed_ips_ipv6="fd00::2")
    assert result["unverified"] == ["allowed_ips_ipv6"]
    assert panel.panel.accounts["alice"]["allowed_IPs_ipv6"] == "fd00::2"
    result = run(client, "account", **ALICE, allowed_ips_ipv6="fd00::3")
    assert (result["changed"], result["unverified"]) == (False, ["allowed_ips_ipv6"])
    run(client, "account", **ALICE, allowed_ips_ipv6="fd00::3", status="disable")
    assert panel.panel.accounts["alice"]["allowed_IPs_ipv6"] == "fd00::3"


def test_always_sends_a_field_that_is_not_shown_each_time(panel: Simulator, client: PanelClient) -> None:
    run(client, "account", **ALICE)
    for address in ("fd00::3", "fd00::3"):
        result = run(client, "account", **ALICE, allowed_ips_ipv6=address, update_write_only="always")
        assert result["changed"] is True
        assert result["diff"]["after"] == {"allowed_ips_ipv6": "fd00::3"}
    assert panel.panel.accounts["alice"]["allowed_IPs_ipv6"] == "fd00::3"


def test_a_panel_that_shows_the_field_has_it_compared(panel: Simulator, client: PanelClient) -> None:
    panel.options.set(echo_write_only=True)
    run(client, "account", **ALICE, allowed_ips_ipv6="fd00::2")
    for changed in (True, False):
        result = run(client, "account", **ALICE, allowed_ips_ipv6="fd00:0::3", update_write_only="always")
        assert (result["changed"], result["unverified"]) == (changed, [])


# --- Values in other spellings


def test_other_spellings_of_the_same_values_change_nothing(panel: Simulator, client: PanelClient) -> None:
    panel.options.set(echo_write_only=True)
    pair = key_pair()
    run(client, "account", **ALICE, b_download=1, allowed_ips_ipv6="fd00::2", **pair)
    result = run(
        client,
        "account",
        name=" alice ",
        wg_name="Default",
        allowed_IPs="10.0.0.10/32",
        allowed_IPs_ipv6="FD00:0:0::2/128",
        b_download="1",
        private_key=f" {pair['private_key']}\n",
        public_key=f"{pair['public_key']}  ",
    )
    assert result["changed"] is False


@pytest.mark.parametrize("numbers", ["strings", "numbers"])
def test_numbers_of_a_panel_in_any_form_change_nothing(panel: Simulator, client: PanelClient, numbers: str) -> None:
    run(client, "account", **ALICE, b_download=100)
    panel.options.set(numbers=numbers, unknown_fields=True)
    result = run(client, "account", **ALICE, b_download=100)
    assert result["changed"] is False
    assert result["account"]["b_download"] == 100


# --- Panels that lie, and others that write at the same time


def test_an_address_that_somebody_else_takes_is_replaced_by_the_next(panel: Simulator, client: PanelClient) -> None:
    panel.fault("race", method="POST", path="account")
    result = run(client, "account", name="alice", wg_name="Default")
    assert result["account"]["allowed_ips"] == panel.panel.accounts["alice"]["allowed_IPs"] == "10.0.0.3"
    assert len(panel.panel.accounts) == 2
    assert any("The address 10.0.0.2 was taken in the meantime" in warning for warning in client.warnings)


def test_a_race_that_is_lost_again_and_again_ends(panel: Simulator, client: PanelClient) -> None:
    panel.fault("race", method="POST", path="account", times=99)
    assert failure(client, name="alice", wg_name="Default").code == "already_exists"
    assert "alice" not in panel.panel.accounts


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_value_that_the_panel_says_it_stored_and_did_not(panel: Simulator, client: PanelClient, method: str) -> None:
    if method == "PUT":
        run(client, "account", **ALICE)
    panel.fault("wrong_value", method=method, field="password", value="something else")
    error = failure(client, **ALICE, password="canary")
    assert (error.code, error.details["fields"]) == ("value_not_stored", ["password"])
    assert panel.url in str(error)
    assert "canary" not in str(error)
    assert "something else" not in str(error)
