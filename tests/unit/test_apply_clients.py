# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The work of puqvpn_apply on 2.x panels: clients, under every reading of what the vendor leaves open."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import PuqVpnError
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import Connect, writes_to
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import apply, failure, gather, run
from simulator import Simulator
from simulator.readings import readings

ALICE = {"name": "alice", "network_name": "Default", "password": "canary-a", "b_download": 10, "b_upload": 20}
BOB = {"name": "bob", "network_name": "Default", "username": "robert", "ipv4": "10.0.0.77", "status": "disable"}
CAROL = {"name": "carol", "network_name": "office"}
DEFAULTS = {"name": "Default"}


@pytest.fixture
def panel() -> Iterator[Simulator]:
    """A 2.x panel with two networks and no client."""
    with _two_networks() as simulator:
        yield simulator


@pytest.fixture
def client(panel: Simulator, connect: Connect) -> PanelClient:
    return connect(panel)


def _two_networks(**reading: Any) -> Simulator:
    simulator = Simulator(generation=2, **reading)
    simulator.panel.add_server({"name": "office", "address": "10.9.0.1/24", "listen_port": 51900})
    return simulator


def names(panel: Simulator) -> list[str]:
    return sorted(panel.panel.accounts)


def refused(client: PanelClient, clients: list[dict[str, Any]], **options: Any) -> PuqVpnError:
    return failure(client, "apply", config={"clients": clients}, **options)


# --- Under every reading


@pytest.mark.parametrize("reading", readings(), ids=range(len(readings())))
def test_clients_come_change_and_go(connect: Connect, reading: dict[str, Any]) -> None:
    with _two_networks(**reading) as panel:
        client, checking = connect(panel), connect(panel, check_mode=True)
        config = {"clients": [ALICE, BOB, CAROL]}
        predicted, created = apply(checking, config), apply(client, config)
        assert created["summary"] == predicted["summary"] == {**NOTHING, "create": 3}
        assert _without_done(created) == _without_done(predicted)
        assert names(panel) == ["alice", "bob", "carol"]
        assert {name: panel.panel.accounts["alice"][name] for name in ("password", "b_download", "b_upload")} == {
            name: ALICE[name] for name in ("password", "b_download", "b_upload")
        }
        assert apply(client, config)["summary"] == {**NOTHING, "unchanged": 3}
        panel.reset_counters()
        config = {
            "clients": [{**ALICE, "b_download": 5}, {**BOB, "status": "enable"}, {"name": "carol", "state": "absent"}]
        }
        changed = apply(client, config)
        assert changed["summary"] == {**NOTHING, "update": 2, "delete": 1}
        assert sorted(writes_to(panel)) == ["DELETE client/carol", "PUT client/alice", "PUT client/bob"]
        assert apply(client, config)["changed"] is False


NOTHING = {"create": 0, "update": 0, "recreate": 0, "delete": 0, "unchanged": 0, "failed": 0}


def _without_done(result: dict[str, Any]) -> Any:
    plan = [{name: value for name, value in entry.items() if name != "done"} for entry in result["plan"]]
    return plan, result["changed"], result["unverified"], result["protected"], result["refusals"]


@pytest.mark.parametrize("reading", readings(), ids=range(len(readings())))
def test_an_export_can_be_applied_and_changes_nothing(connect: Connect, reading: dict[str, Any]) -> None:
    with _two_networks(**reading) as panel:
        client = connect(panel)
        apply(client, {"clients": [ALICE, BOB, CAROL]})
        config = gather(connect(panel, check_mode=True), "config", include_secrets=True)["config"]
        assert ("clients" in config, "dns" in config) == (reading["inferred"], reading["dns_names"] == "known")
        if "error" in config:
            assert "The panel does not list its clients" in config["error"]
            return
        if reading["inferred"]:
            assert [item["name"] for item in config["clients"]] == ["alice", "bob", "carol"]
            assert config["clients"][1] == {**config["clients"][1], **BOB, "b_download": 0}
        panel.reset_counters()
        assert apply(connect(panel), config)["changed"] is False
        assert writes_to(panel) == []


# --- Requests


def test_new_clients_cost_two_writes_each(panel: Simulator, client: PanelClient) -> None:
    panel.options.set(licence_slots=1000)
    clients = [{"name": f"c{at}", "network_name": "Default", "b_download": 5, "b_upload": 6} for at in range(100)]
    apply(client, {"clients": clients})
    counts = panel.counts()
    assert sum(number for request, number in counts.items() if request.startswith("POST client")) == 100
    assert sum(number for request, number in counts.items() if request.startswith("PUT client/")) == 100
    reads = {request: number for request, number in counts.items() if request.startswith("GET")}
    assert reads == {
        "GET network": 1,
        "GET client": 2,
        "GET network/Default/available_ip": 1,
        "GET system/status": 1,
    }
    panel.reset_counters()
    assert apply(client, {"clients": clients})["changed"] is False
    assert panel.counts() == {"GET network": 1, "GET client": 1}


@pytest.mark.parametrize("answer", ["name", "nothing"])
def test_an_answer_that_does_not_show_a_new_client_costs_a_read_each(
    panel: Simulator, client: PanelClient, answer: str
) -> None:
    panel.options.set(create_answer=answer)
    apply(client, {"clients": [ALICE, BOB]})
    assert panel.counts()["GET client/alice"] == panel.counts()["GET client/bob"] == 1
    assert len(writes_to(panel)) == 3


@pytest.mark.parametrize("form", ["single", "object"])
@pytest.mark.parametrize("concurrency", [1, 4])
def test_a_panel_that_shows_one_free_address_is_asked_for_each_client(
    panel: Simulator, client: PanelClient, form: str, concurrency: int
) -> None:
    panel.options.set(available_ip=form)
    clients = [{"name": f"c{at}", "network_name": "Default"} for at in range(8)]
    apply(client, {"clients": clients}, concurrency=concurrency)
    assert names(panel) == [item["name"] for item in clients]
    assert len({account["allowed_IPs"] for account in panel.panel.accounts.values()}) == 8
    assert apply(client, {"clients": clients})["changed"] is False


@pytest.mark.parametrize("concurrency", [1, 4])
def test_an_address_that_is_given_to_one_client_is_not_found_for_another(
    panel: Simulator, client: PanelClient, concurrency: int
) -> None:
    panel.options.set(available_ip="single")
    first = client.get("network/Default/available_ip").payload
    clients = [{"name": f"c{at}", "network_name": "Default"} for at in range(3)]
    clients.append({"name": "last", "network_name": "Default", "ipv4": first})
    apply(client, {"clients": clients}, concurrency=concurrency)
    assert panel.panel.accounts["last"]["allowed_IPs"] == first
    assert len(panel.panel.accounts) == 4


def test_rows_without_all_options_cost_a_read_each(panel: Simulator, client: PanelClient) -> None:
    apply(client, {"clients": [ALICE, BOB, CAROL]})
    panel.options.set(clients="thin")
    panel.reset_counters()
    assert apply(client, {"clients": [ALICE, BOB, CAROL]})["changed"] is False
    assert panel.counts() == {"GET network": 1, "GET client": 1, "GET client/alice": 1, "GET client/bob": 1}


# --- A panel without a list


def test_a_panel_without_a_list_is_read_client_by_client(panel: Simulator, client: PanelClient) -> None:
    panel.options.set(inferred=False)
    apply(client, {"clients": [ALICE, BOB]})
    panel.reset_counters()
    assert apply(client, {"clients": [ALICE, BOB, {"name": "carol", "state": "absent"}]})["changed"] is False
    assert panel.counts() == {
        "GET network": 1,
        "GET client": 1,
        "GET client/alice": 1,
        "GET client/bob": 1,
        "GET client/carol": 1,
    }


def test_a_panel_without_a_list_is_not_purged(panel: Simulator, client: PanelClient) -> None:
    apply(client, {"clients": [ALICE, BOB]})
    panel.options.set(inferred=False)
    panel.reset_counters()
    error = refused(client, [ALICE], purge=["clients"])
    assert error.code == "unknown_operation"
    assert "puqvpn_apply without purge reads those in config only" in str(error)
    assert (writes_to(panel), names(panel)) == ([], ["alice", "bob"])


# --- Purge


def test_a_purge_is_limited_to_networks(panel: Simulator, client: PanelClient) -> None:
    apply(client, {"clients": [ALICE, BOB, CAROL, {"name": "ops_1", "network_name": "Default"}]})
    result = apply(
        client, {"clients": [ALICE]}, purge=["clients"], purge_scope=["Default"], protect=["ops_*"], max_deletes=1
    )
    assert names(panel) == ["alice", "carol", "ops_1"]
    assert result["protected"] == [{"kind": "client", "name": "ops_1"}]


def test_a_purge_with_a_scope_needs_the_network_of_each_client(panel: Simulator, client: PanelClient) -> None:
    apply(client, {"clients": [ALICE, BOB, CAROL]})
    panel.fault("wrong_type", path="client", method="GET", msg=[{"name": name} for name in names(panel)])
    panel.reset_counters()
    apply(client, {"clients": [{"name": "alice"}]}, purge=["clients"], purge_scope=["Default"])
    assert names(panel) == ["alice", "carol"]
    assert panel.counts()["GET client/bob"] == panel.counts()["GET client/carol"] == 1


@pytest.mark.parametrize("check_mode", [True, False])
def test_guards_hold(panel: Simulator, connect: Connect, check_mode: bool) -> None:
    apply(connect(panel), {"clients": [ALICE, BOB]})
    client = connect(panel, check_mode=check_mode)
    if check_mode:
        result = apply(client, {"clients": []}, purge=["clients"], max_deletes=1)
        assert [refusal["reason"] for refusal in result["refusals"]] == ["empty_section", "max_deletes"]
    else:
        error = refused(client, [], purge=["clients"], max_deletes=1)
        assert error.code == "removal_refused"
    assert names(panel) == ["alice", "bob"]


def test_a_scope_must_be_a_network(panel: Simulator, client: PanelClient) -> None:
    error = refused(client, [ALICE], purge=["clients"], purge_scope=["nowhere"])
    assert "purge_scope names" in str(error)
    assert "no such network exists" in str(error)


# --- What is refused, all at once


def test_every_problem_is_reported_before_anything_is_written(panel: Simulator, client: PanelClient) -> None:
    apply(client, {"clients": [BOB]})
    panel.reset_counters()
    error = refused(
        client,
        [
            {"name": "a", "network_name": "nowhere"},
            {"name": "b", "network_name": "Default", "ipv4": "10.9.0.9"},
            {"name": "c", "network_name": "Default", "ipv4": "10.0.0.77"},
            {"name": "d", "network_name": "office", "username": "robert"},
            {"name": "bob", "username": "other"},
            {"name": "e"},
            {"name": "f", "network_name": "Default", "ipv4": "10.0.0.254"},
        ],
    )
    found = [(problem["index"], problem["name"]) for problem in sorted(error.details["problems"], key=_index)]
    assert found == list(enumerate(["a", "b", "c", "d", "bob", "e", "f"]))
    assert "ipv4 10.0.0.254 is the address of its server." in str(error)
    assert "network_name nowhere does not exist on the panel: create the network there first." in str(error)
    assert writes_to(panel) == []


def _index(problem: dict[str, Any]) -> int:
    return int(problem["index"])


def test_what_contradicts_itself_is_refused_before_the_first_request(panel: Simulator, client: PanelClient) -> None:
    error = refused(
        client,
        [ALICE, {**BOB, "ipv4": "10.0.0.5"}, {"name": "x", "ipv4": "10.0.0.5/24"}, {"name": "alice"}, {"nane": "y"}],
    )
    assert {problem["index"] for problem in error.details["problems"]} == {2, 3, 4}
    assert panel.connections == 0


@pytest.mark.parametrize("inferred", [True, False])
def test_the_slots_of_the_license_count(panel: Simulator, client: PanelClient, inferred: bool) -> None:
    apply(client, {"clients": [BOB]})
    panel.options.set(licence_slots=2, inferred=inferred)
    panel.reset_counters()
    error = refused(client, [ALICE, CAROL])
    assert "the license allows 2 clients, but there would be 3, 1 too many." in str(error)
    assert writes_to(panel) == []


@pytest.mark.parametrize("section", ["accounts", "wireguard", "firewall", "port_forwards"])
def test_sections_of_1x_panels_are_refused(panel: Simulator, client: PanelClient, section: str) -> None:
    error = failure(client, "apply", config={section: []})
    assert f"{section}: is a section for 1.x panels only. Sections for this one: dns, clients." in str(error)
    assert panel.connections == 0


def test_clients_are_refused_on_a_1x_panel(connect: Connect) -> None:
    with Simulator(generation=1) as old:
        error = failure(connect(old), "apply", config={"clients": [ALICE]})
        assert "clients: is a section for 2.x panels only." in str(error)
        assert old.connections == 0


# --- Exchanges, failures


def test_two_clients_exchange_their_addresses(panel: Simulator, client: PanelClient) -> None:
    first, second = {**BOB, "ipv4": "10.0.0.10"}, {**CAROL, "network_name": "Default", "ipv4": "10.0.0.11"}
    apply(client, {"clients": [first, second]})
    config = {"clients": [{**first, "ipv4": "10.0.0.11"}, {**second, "ipv4": "10.0.0.10"}]}
    assert apply(client, config)["summary"] == {**NOTHING, "update": 2}
    assert [panel.panel.accounts[name]["allowed_IPs"] for name in ("bob", "carol")] == ["10.0.0.11", "10.0.0.10"]


def test_a_client_that_moves_to_another_network_gets_an_address_there(panel: Simulator, client: PanelClient) -> None:
    apply(client, {"clients": [BOB]})
    moved = {"name": "bob", "network_name": "office"}
    assert apply(client, {"clients": [moved]}, recreate=True)["summary"] == {**NOTHING, "recreate": 1}
    assert panel.panel.accounts["bob"]["allowed_IPs"].startswith("10.9.0.")
    assert panel.panel.accounts["bob"]["username"] == "robert"


def test_an_address_that_does_not_change_is_reported_with_the_way_out(panel: Simulator, client: PanelClient) -> None:
    apply(client, {"clients": [BOB]})
    panel.options.set(address_change="ignored")
    moved = {**BOB, "ipv4": "10.0.0.78"}
    error = refused(client, [moved], verify_timeout=0)
    assert (error.code, error.details["fields"]) == ("value_not_stored", ["ipv4"])
    assert "set recreate: true to delete and recreate it" in str(error)
    assert apply(client, {"clients": [moved]}, recreate=True)["summary"] == {**NOTHING, "recreate": 1}


def test_a_second_half_that_fails_is_rolled_back_on_request(panel: Simulator, client: PanelClient) -> None:
    panel.fault("error", path="client/alice", method="PUT", text="Something failed", times=None)
    error = refused(client, [{**ALICE, "rollback": True}, BOB], on_error="continue")
    assert error.details["failures"][0]["rolled_back"] is True
    assert names(panel) == ["bob"]
    assert error.details["summary"] == {**NOTHING, "create": 1, "failed": 1}


def test_dns_and_clients_in_one_document(panel: Simulator, client: PanelClient) -> None:
    config = {"dns": {"max_cache_ttl": 77}, "clients": [CAROL]}
    assert apply(client, config)["summary"] == {**NOTHING, "create": 1, "update": 1}
    assert panel.panel.dns["max_cache_ttl"] == 77
    assert apply(client, config)["summary"] == {**NOTHING, "unchanged": 2}


def test_dns_that_is_not_shown_is_a_problem_of_the_document(panel: Simulator, client: PanelClient) -> None:
    panel.options.set(dns_names="other")
    error = failure(client, "apply", config={"dns": {"max_cache_ttl": 77}, "clients": [CAROL]})
    assert error.code == "invalid_config"
    assert "the panel shows no max_cache_ttl" in str(error)
    assert writes_to(panel) == []


def test_the_module_sees_what_the_document_made(panel: Simulator, client: PanelClient) -> None:
    apply(client, {"clients": [ALICE]})
    assert run(client, "client", **ALICE)["changed"] is False


@pytest.mark.parametrize(
    "wrap", [lambda rows: {"clients": rows}, lambda rows: {"clients": rows, "total": 2}, lambda rows: rows]
)
@pytest.mark.parametrize("keyed", [True, False])
def test_the_list_of_clients_may_have_any_form(panel: Simulator, client: PanelClient, wrap: Any, keyed: bool) -> None:
    apply(client, {"clients": [ALICE, BOB]})
    rows = client.get("client").payload
    if keyed:
        rows = {row.pop("name"): row for row in rows}
    panel.fault("wrong_type", path="client", method="GET", msg=wrap(rows), times=None)
    if keyed and "total" in wrap(rows):
        # A map beside something else could be anything.
        panel.clear_faults()
    assert apply(client, {"clients": [ALICE, BOB]}, purge=["clients"])["summary"] == {**NOTHING, "unchanged": 2}


@pytest.mark.parametrize("empty", [[], {}, None, {"clients": []}, {"clients": {}}, {"clients": [], "total": 0}])
def test_the_list_of_clients_may_be_empty(panel: Simulator, client: PanelClient, empty: Any) -> None:
    panel.fault("wrong_type", path="client", method="GET", msg=empty)
    result = apply(client, {"clients": [{"name": "alice", "state": "absent"}]}, purge=["clients"])
    assert result["changed"] is False
