# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The work of puqvpn_client, under every reading of what the vendor leaves open."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import Connect, writes_to
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import failure, run
from simulator import Simulator
from simulator.readings import readings

BOB = {"name": "bob", "network_name": "Default"}
# Of each option a value that a new client would not have by itself.
EVERYTHING = {
    **BOB,
    "status": "disable",
    "username": "robert",
    "password": "canary-bob",
    "ipv4": "10.0.0.77",
    "b_download": 20,
    "b_upload": 30,
}


@pytest.fixture
def panel() -> Iterator[Simulator]:
    """A 2.x panel with a network and no client."""
    with Simulator(generation=2) as simulator:
        yield simulator


@pytest.fixture
def client(panel: Simulator, connect: Connect) -> PanelClient:
    return connect(panel)


def shown(panel: Simulator, name: str = "bob") -> dict[str, Any]:
    """What the panel remembers, under the names of the options."""
    account = panel.panel.accounts[name]
    names = {"network_name": "wg_name", "ipv4": "allowed_IPs", "ipv6": "allowed_IPs_ipv6"}
    return {option: account[names.get(option, option)] for option in [*EVERYTHING, "ipv6"]}


def bodies(panel: Simulator, method: str) -> list[Any]:
    """What the requests with a method carried."""
    return [json.loads(request.body) for request in panel.requests if request.method == method]


# --- Under every reading


@pytest.mark.parametrize("reading", readings(), ids=range(len(readings())))
def test_the_life_of_a_client(connect: Connect, reading: dict[str, Any]) -> None:
    with Simulator(generation=2, **reading) as panel:
        client = connect(panel)
        predicted = run(connect(panel, check_mode=True), "client", **EVERYTHING, include_secrets=True)
        created = run(client, "client", **EVERYTHING, include_secrets=True)
        assert (predicted["changed"], predicted["diff"]) == (created["changed"], created["diff"])
        assert created["changed"] is True
        assert {name: shown(panel)[name] for name in EVERYTHING} == EVERYTHING
        assert {name: created["client"][name] for name in EVERYTHING} == EVERYTHING
        assert created["unverified"] == []
        again = run(client, "client", **EVERYTHING, include_secrets=True)
        assert (again["changed"], again["client"]) == (False, created["client"])
        panel.reset_counters()
        changed = run(client, "client", name="bob", status="enable", password="canary-2", b_upload=0)
        assert bodies(panel, "PUT") == [{"status": "enable", "password": "canary-2", "b_upload": 0}]
        assert changed["changed"] is True
        assert changed["diff"]["before"]["b_upload"] == 30
        assert "canary" not in str(changed)
        assert run(client, "client", name="bob", state="absent")["changed"] is True
        assert panel.panel.accounts == {}
        assert run(client, "client", name="bob", state="absent")["changed"] is False


@pytest.mark.parametrize("reading", readings(), ids=range(len(readings())))
def test_a_client_with_a_free_address(connect: Connect, reading: dict[str, Any]) -> None:
    with Simulator(generation=2, **reading) as panel:
        client = connect(panel)
        predicted = run(connect(panel, check_mode=True), "client", **BOB, b_download=5)
        created = run(client, "client", **BOB, b_download=5)
        assert predicted["client"].items() <= created["client"].items()
        assert shown(panel)["ipv4"] == created["client"]["ipv4"]
        assert shown(panel)["b_download"] == 5
        assert panel.counts()["POST client"] == panel.counts()["PUT client/bob"] == 1


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("reading", readings(), ids=range(len(readings())))
def test_a_panel_that_refuses_says_why_by_field(connect: Connect, reading: dict[str, Any], check_mode: bool) -> None:
    with Simulator(generation=2, **reading) as panel:
        run(connect(panel), "client", **EVERYTHING)
        panel.reset_counters()
        client = connect(panel, check_mode=check_mode)
        carol = {"name": "carol", "network_name": "Default", "ipv4": "10.0.0.77"}
        if reading["inferred"] or not check_mode:
            error = failure(client, "client", **carol)
            assert error.code == "already_exists" or not reading["field_errors"]
            assert "10.0.0.77" in str(error) or "address" in str(error).casefold()
        else:
            # Without a list of clients, check mode cannot find out that the address is in use.
            assert run(client, "client", **carol)["changed"] is True
            assert client.warnings == ["In check mode it is assumed that no other client has the same ipv4."]
        assert list(panel.panel.accounts) == ["bob"]


# --- Requests


def test_the_requests_of_a_new_client(panel: Simulator, client: PanelClient) -> None:
    run(client, "client", **BOB, b_download=20, b_upload=30)
    assert [f"{request.method} {request.path}" for request in panel.requests] == [
        "GET client/bob",
        "GET network/Default/available_ip",
        "POST client",
        "PUT client/bob",
        "GET client/bob",
    ]
    (new,) = bodies(panel, "POST")
    assert new == {"name": "bob", "network_name": "Default", "ipv4": new["ipv4"]}
    assert bodies(panel, "PUT") == [{"b_download": 20, "b_upload": 30}]
    assert panel.connections == 1


@pytest.mark.parametrize("answer", ["client", "name", "nothing"])
def test_bandwidths_that_a_new_client_has_are_not_written(panel: Simulator, client: PanelClient, answer: str) -> None:
    panel.options.set(create_answer=answer)
    run(client, "client", **BOB, ipv4="10.0.0.9", b_download=0, b_upload=0)
    assert writes_to(panel) == ["POST client"]


def test_an_unchanged_client_costs_one_read(panel: Simulator, client: PanelClient) -> None:
    run(client, "client", **EVERYTHING)
    panel.reset_counters()
    assert run(client, "client", **{**EVERYTHING, "ipv4": "10.0.0.77/24", "status": "disable"})["changed"] is False
    assert panel.counts() == {"GET client/bob": 1}


def test_the_network_may_be_given_as_network(panel: Simulator, client: PanelClient) -> None:
    run(client, "client", name="bob", network="Default")
    assert run(client, "client", **BOB)["changed"] is False


# --- Addresses


@pytest.mark.parametrize("change", ["ignored", "refused"])
def test_an_address_that_does_not_change_can_be_changed_with_recreate(
    panel: Simulator, client: PanelClient, change: str
) -> None:
    run(client, "client", **EVERYTHING)
    panel.options.set(address_change=change)
    client.verify_timeout = 0
    error = failure(client, "client", name="bob", ipv4="10.0.0.78", verify_timeout=0)
    assert error.code == ("value_not_stored" if change == "ignored" else "panel_refused")
    assert "It is not documented that a client can get another ipv4: set recreate: true" in str(error)
    assert shown(panel)["ipv4"] == "10.0.0.77"
    predicted = run(connect_in_check_mode(client), "client", name="bob", ipv4="10.0.0.78", recreate=True)
    panel.reset_counters()
    recreated = run(client, "client", name="bob", ipv4="10.0.0.78", recreate=True)
    assert writes_to(panel) == ["DELETE client/bob", "POST client", "PUT client/bob"]
    assert shown(panel) == {**EVERYTHING, "ipv4": "10.0.0.78", "ipv6": ""}
    assert predicted["diff"] == recreated["diff"]
    assert any("bob is deleted and recreated" in text for text in client.warnings)


def test_an_address_that_is_in_use_is_no_reason_to_recreate_a_client(panel: Simulator, client: PanelClient) -> None:
    run(client, "client", **EVERYTHING)
    run(client, "client", name="carol", network_name="Default", ipv4="10.0.0.78")
    error = failure(client, "client", name="bob", ipv4="10.0.0.78")
    assert error.code == "already_exists"
    assert "recreate" not in str(error)


def connect_in_check_mode(client: PanelClient) -> PanelClient:
    return PanelClient(client.connection, check_mode=True)


def test_an_address_that_changes_is_verified(panel: Simulator, client: PanelClient) -> None:
    run(client, "client", **EVERYTHING)
    panel.reset_counters()
    changed = run(client, "client", name="bob", ipv4="10.0.0.78")
    assert changed["client"]["ipv4"] == shown(panel)["ipv4"] == "10.0.0.78"
    assert bodies(panel, "PUT") == [{"ipv4": "10.0.0.78"}]


def test_an_address_that_somebody_takes_meanwhile(panel: Simulator, client: PanelClient) -> None:
    panel.fault("error", path="client", method="POST", text="IP address already in use")
    run(client, "client", **BOB)
    assert "was taken in the meantime; the next free one is tried" in client.warnings[0]
    assert panel.counts()["GET network/Default/available_ip"] == panel.counts()["POST client"] == 2


# --- What cannot change


@pytest.mark.parametrize(("option", "value"), [("username", "other"), ("network_name", "office")])
def test_what_cannot_change_is_refused_or_recreated(
    panel: Simulator, client: PanelClient, option: str, value: str
) -> None:
    panel.panel.add_server({"name": "office", "address": "10.9.0.1/24", "listen_port": 51900})
    run(client, "client", **EVERYTHING)
    panel.reset_counters()
    address = {"ipv4": "10.9.0.5"} if option == "network_name" else {}
    error = failure(client, "client", name="bob", **address, **{option: value})
    assert (error.code, error.details["fields"][0]) == ("immutable_field", option)
    assert writes_to(panel) == []
    run(client, "client", name="bob", recreate=True, **address, **{option: value})
    assert shown(panel) == {**EVERYTHING, "ipv6": "", **address, option: value}


# --- Failures


def test_a_second_half_that_fails_is_reported(panel: Simulator, client: PanelClient) -> None:
    panel.fault("error", path="client/bob", method="PUT", text="Something failed", times=None)
    error = failure(client, "client", **BOB, b_download=20)
    assert "client bob was created with another b_download, and the edit that corrects it failed" in str(error)
    assert error.details["changed"] is True
    assert "bob" in panel.panel.accounts


def test_a_second_half_that_fails_is_rolled_back_on_request(panel: Simulator, client: PanelClient) -> None:
    panel.fault("error", path="client/bob", method="PUT", text="Something failed", times=None)
    error = failure(client, "client", **BOB, b_download=20, rollback=True)
    assert error.details["rolled_back"] is True
    assert panel.panel.accounts == {}
    assert error.details["changed"] is False


def test_every_field_that_is_refused_is_named(panel: Simulator, client: PanelClient) -> None:
    error = failure(client, "client", name="bob", network_name="nowhere", ipv4="10.0.0.9")
    assert "network_name: Network not valid" in error.panel_error
    assert "Network not valid" in str(error)


def test_a_license_without_a_slot(panel: Simulator, client: PanelClient) -> None:
    panel.options.set(licence_slots=0)
    assert failure(client, "client", **BOB, ipv4="10.0.0.9").code == "license_limit"


def test_a_missing_permission_is_named(panel: Simulator, client: PanelClient) -> None:
    panel.options.set(permissions="client:read,network:read")
    error = failure(client, "client", **BOB)
    assert error.code == "permission_denied"
    assert "permission group" in str(error)


def test_a_new_client_needs_a_network(panel: Simulator, client: PanelClient) -> None:
    error = failure(client, "client", name="bob")
    assert (error.code, writes_to(panel)) == ("missing_option", [])


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"name": "online", "network_name": "Default"}, "name online cannot be used"),
        ({"name": "a/b"}, "name must be letters, digits, _ and - only"),
        ({"name": "bob", "ipv4": "10.0.0.0/24"}, "ipv4 must be one IPv4 address"),
        ({"name": "bob", "ipv6": "10.0.0.1"}, "ipv6 must be one IPv6 address"),
        ({"name": "bob", "b_download": 10001}, "b_download must be a whole number from 0 to 10000"),
        ({"name": "bob", "network_name": "a b"}, "network_name must be letters"),
        ({"name": "bob", "username": ""}, "username must be letters"),
    ],
)
def test_bad_input_is_refused_before_anything_is_sent(
    panel: Simulator, client: PanelClient, options: dict[str, Any], problem: str
) -> None:
    error = failure(client, "client", **options)
    assert problem in str(error)
    assert panel.connections == 0


def test_a_lost_answer_creates_no_second_client(panel: Simulator, client: PanelClient) -> None:
    panel.fault("drop_after", path="client", method="POST")
    created = run(client, "client", **BOB, b_upload=3)
    assert panel.counts()["POST client"] == 1
    assert (created["changed"], created["client"]["b_upload"]) == (True, 3)


# --- Check mode


def test_check_mode_assumes_a_network_that_does_not_exist_yet(panel: Simulator, connect: Connect) -> None:
    client = connect(panel, check_mode=True)
    predicted = run(client, "client", name="bob", network_name="office", b_upload=3)
    assert predicted["changed"] is True
    assert "In check mode it is assumed that network office exists." in client.warnings


@pytest.mark.parametrize(
    ("address", "code"),
    [("10.9.9.9", "panel_refused"), ("10.0.0.0", "panel_refused")]
    # Of the network itself, by protocol.
    + [(f"10.0.0.{host}", "already_exists") for host in (1, 253, 254)],
)
def test_check_mode_refuses_an_address_that_no_client_can_have(
    panel: Simulator, connect: Connect, address: str, code: str
) -> None:
    for check_mode in (True, False):
        error = failure(connect(panel, check_mode=check_mode), "client", **BOB, ipv4=address)
        assert error.code == code
    assert panel.panel.accounts == {}


# --- Answers in other forms


def answer(panel: Simulator, **shown: Any) -> None:
    """Let the panel show the client like this from now on."""
    panel.fault("wrong_type", path="client/bob", method="GET", msg=shown, times=None)


@pytest.mark.parametrize("name", ["client", "item", "data"])
def test_a_client_may_be_inside_another_object(panel: Simulator, client: PanelClient, name: str) -> None:
    answer(panel, **{name: {**EVERYTHING, "status": "Disable", "ipv4": "10.0.0.77/24"}})
    assert run(client, "client", **EVERYTHING)["changed"] is False
    assert run(connect_in_check_mode(client), "client", name="bob", b_upload=31)["diff"]["before"] == {"b_upload": 30}


def test_an_answer_without_a_client_is_refused(panel: Simulator, client: PanelClient) -> None:
    answer(panel, id=7, created="yesterday")
    error = failure(client, "client", **EVERYTHING)
    assert (error.code, writes_to(panel)) == ("answer_wrong_type", [])
    assert "the answer does not show the client" in str(error)


def test_a_bandwidth_that_is_left_out_is_zero(panel: Simulator, client: PanelClient) -> None:
    run(client, "client", **BOB)
    shown_without = {name: value for name, value in client.get("client/bob").payload.items() if name[:2] != "b_"}
    panel.fault("wrong_type", path="client/bob", method="GET", msg=shown_without, times=2)
    assert run(client, "client", name="bob", b_download=0, b_upload=0)["changed"] is False
    assert run(client, "client", name="bob", b_download=5)["changed"] is True
    assert panel.panel.accounts["bob"]["b_download"] == 5


def test_what_the_panel_never_shows_is_reported(panel: Simulator, client: PanelClient) -> None:
    answer(panel, name="bob", network_name="Default")
    result = run(client, "client", **BOB, password="canary", status="enable", ipv6="fd00::2")
    assert (result["changed"], result["unverified"]) == (False, ["ipv6", "password", "status"])


@pytest.mark.parametrize(
    "free",
    [
        ["10.0.0.5", "10.0.0.6"],
        [{"ip": "10.0.0.5"}],
        "10.0.0.5",
        {"ip": "10.0.0.5"},
        {"free": ["10.0.0.5/24"]},
        {"1": "10.0.0.5"},
    ],
)
def test_free_addresses_may_have_any_form(panel: Simulator, client: PanelClient, free: Any) -> None:
    panel.fault("wrong_type", path="network/Default/available_ip", method="GET", msg=free)
    assert run(client, "client", **BOB)["client"]["ipv4"] == "10.0.0.5"


@pytest.mark.parametrize("free", [[], None, {}, ""])
def test_a_network_without_a_free_address(panel: Simulator, client: PanelClient, free: Any) -> None:
    panel.fault("wrong_type", path="network/Default/available_ip", method="GET", msg=free)
    error = failure(client, "client", **BOB)
    assert (error.code, writes_to(panel)) == ("no_free_address", [])
    assert "network Default has no free address for another client" in str(error)


@pytest.mark.parametrize("free", [[1], "somewhere", {"ip": 7}, [["10.0.0.5"]], {"a": {}}])
def test_what_is_no_address_is_not_used(panel: Simulator, client: PanelClient, free: Any) -> None:
    panel.fault("wrong_type", path="network/Default/available_ip", method="GET", msg=free)
    assert (failure(client, "client", **BOB).code, writes_to(panel)) == ("answer_wrong_type", [])
