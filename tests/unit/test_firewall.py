# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Firewall rules and forwarded ports, which have no edit, and the policies: nobody is locked out, nothing is lost."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import PuqVpnError
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import Connect
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import failure, run
from simulator import Simulator

SSH = {"name": "ssh", "action": "ACCEPT", "protocol": "TCP", "d_port": 22}
DROP_ALL = {"name": "drop_all", "action": "DROP"}
FORWARD = {"wg_name": "Default", "dst_port": 8080, "protocol": "tcp", "to_peer": "alice", "to_port": 80}
RULES = "firewall/rules/filter"


@pytest.fixture
def client(panel: Simulator, connect: Connect) -> PanelClient:
    for at, name in enumerate(["alice", "bob"]):
        panel.panel.add_account({"name": name, "wg_name": "Default", "allowed_IPs": f"10.0.0.{10 + at}"})
    return connect(panel)


def names(panel: Simulator) -> list[str]:
    return [rule["name"] for rule in panel.panel.firewall_filter]


# --- Rules


def test_what_a_rule_costs(panel: Simulator, client: PanelClient) -> None:
    run(client, "firewall_rule", **SSH)
    assert panel.counts() == {f"GET {RULES}": 2, f"POST {RULES}/end": 1}
    panel.reset_counters()
    assert run(client, "firewall_rule", **SSH)["changed"] is False
    assert panel.counts() == {f"GET {RULES}": 1}
    panel.reset_counters()
    run(client, "firewall_rule", name="ssh", d_port=2222)
    assert panel.counts() == {f"GET {RULES}": 2, f"DELETE {RULES}/ssh": 1, f"POST {RULES}/end": 1}
    panel.reset_counters()
    run(client, "firewall_rule", name="ssh", state="absent")
    assert panel.counts() == {f"GET {RULES}": 2, f"DELETE {RULES}/ssh": 1}


def test_a_rule_goes_where_it_is_asked_to(panel: Simulator, client: PanelClient) -> None:
    run(client, "firewall_rule", **SSH, position="top")
    run(client, "firewall_rule", **{**SSH, "name": "web", "d_port": 443})
    assert names(panel) == ["ssh", "system_PUQVPNCP", "web"]


def test_a_changed_rule_stays_first_or_last(panel: Simulator, client: PanelClient) -> None:
    run(client, "firewall_rule", **SSH, position="top")
    run(client, "firewall_rule", **{**SSH, "name": "web", "d_port": 443})
    run(client, "firewall_rule", name="ssh", d_port=2222)
    run(client, "firewall_rule", name="web", d_port=444)
    assert names(panel) == ["ssh", "system_PUQVPNCP", "web"]
    assert client.warnings == []


def test_a_rule_in_the_middle_that_moves_is_told(panel: Simulator, client: PanelClient) -> None:
    for name in ("one", "two", "three"):
        run(client, "firewall_rule", **{**SSH, "name": name})
    run(client, "firewall_rule", name="one", d_port=2222)
    assert names(panel) == ["system_PUQVPNCP", "two", "three", "one"]
    assert any("was number 2 of 4 and goes to the end" in warning for warning in client.warnings)


def test_what_is_not_given_of_an_existing_rule_stays(panel: Simulator, client: PanelClient) -> None:
    run(client, "firewall_rule", **SSH, s_ip="192.0.2.0/24")
    run(client, "firewall_rule", name="ssh", d_port=2222)
    rule = panel.panel.firewall_filter[-1]
    assert (rule["s_ip"], rule["protocol"], rule["d_port"]) == ("192.0.2.0/24", "TCP", "2222")


def test_the_old_rule_is_put_back_when_the_new_one_is_refused(panel: Simulator, client: PanelClient) -> None:
    run(client, "firewall_rule", **SSH, position="top")
    before = [dict(rule) for rule in panel.panel.firewall_filter]
    panel.fault("error", method="POST", text="Something is wrong")
    error = failure(client, "firewall_rule", name="ssh", d_port=2222)
    assert error.details["restored"] is True
    assert panel.panel.firewall_filter == before


@pytest.mark.parametrize("state", ["present", "absent"])
def test_rules_of_the_panel_are_left_alone(panel: Simulator, client: PanelClient, state: str) -> None:
    error = failure(client, "firewall_rule", name="system_PUQVPNCP", action="DROP", state=state)
    assert "belongs to the panel" in str(error)
    assert panel.counts() == {}


def test_other_spellings_of_the_same_rule_change_nothing(panel: Simulator, client: PanelClient) -> None:
    run(client, "firewall_rule", **SSH, s_ip="192.0.2.7/32", d_ip="10.0.0.0/8")
    result = run(
        client, "firewall_rule", **{**SSH, "d_port": "22", "s_ip": "192.0.2.7", "d_ip": "10.1.2.3/8", "s_port": "0"}
    )
    assert result["changed"] is False


def test_a_rule_that_is_not_there_after_it_was_added(panel: Simulator, client: PanelClient) -> None:
    panel.fault("not_stored", method="POST")
    assert failure(client, "firewall_rule", **SSH).code == "object_not_stored"


# --- The panel's own port


def test_a_rule_that_cuts_off_the_panel_is_refused(panel: Simulator, client: PanelClient) -> None:
    for rule in (DROP_ALL, {**DROP_ALL, "protocol": "TCP", "d_port": 8098}):
        error = failure(client, "firewall_rule", **rule, position="top")
        assert error.code == "lockout"
        assert "8098" in str(error)
    assert names(panel) == ["system_PUQVPNCP"]


@pytest.mark.parametrize(
    "rule",
    [
        {**DROP_ALL, "position": "end"},
        {**DROP_ALL, "position": "top", "d_port": 23},
        {**DROP_ALL, "position": "top", "protocol": "UDP"},
        {**DROP_ALL, "position": "top", "s_ip": "198.51.100.7/32"},
    ],
)
def test_a_rule_that_leaves_the_panel_reachable_is_added(
    panel: Simulator, client: PanelClient, rule: dict[str, Any]
) -> None:
    assert run(client, "firewall_rule", **rule)["changed"] is True


def test_the_only_rule_that_lets_the_administrator_in_stays_under_drop(panel: Simulator, client: PanelClient) -> None:
    panel.panel.firewall_filter.clear()
    port = int(panel.url.rsplit(":", 1)[1])
    door = {"name": "door", "action": "ACCEPT", "protocol": "TCP", "d_port": port}
    run(client, "firewall_rule", **door)
    run(client, "firewall", policy_input="DROP")
    assert failure(client, "firewall_rule", name="door", state="absent").code == "lockout"
    assert failure(client, "firewall_rule", name="door", action="DROP").code == "lockout"
    run(client, "firewall_rule", **{**door, "name": "second"})
    assert run(client, "firewall_rule", name="door", state="absent")["changed"] is True


def test_a_rule_may_go_while_the_policy_accepts(panel: Simulator, client: PanelClient) -> None:
    panel.panel.firewall_filter.clear()
    port = int(panel.url.rsplit(":", 1)[1])
    run(client, "firewall_rule", name="door", action="ACCEPT", protocol="TCP", d_port=port)
    assert run(client, "firewall_rule", name="door", state="absent")["changed"] is True


def test_drop_without_a_rule_for_the_panel_is_refused(panel: Simulator, client: PanelClient) -> None:
    panel.panel.firewall_filter.clear()
    error = failure(client, "firewall", policy_input="DROP")
    assert error.code == "lockout"
    assert panel.url.rsplit(":", 1)[1] in str(error)
    assert "allow_lockout" in str(error)
    assert panel.panel.firewall_conf["policy_input"] == "ACCEPT"
    assert run(client, "firewall", policy_input="DROP", allow_lockout=True)["changed"] is True


def test_drop_behind_a_rule_that_drops_everything_is_refused(panel: Simulator, client: PanelClient) -> None:
    panel.panel.firewall_filter.insert(0, {**panel.panel.firewall_filter[0], "name": "x", "action": "DROP"})
    assert failure(client, "firewall", policy_input="DROP").code == "lockout"


def test_drop_for_answers_of_the_panel_is_refused(panel: Simulator, client: PanelClient) -> None:
    error = failure(client, "firewall", policy_output="DROP")
    assert (error.code, error.details["fields"]) == ("lockout", ["policy_output"])


def test_a_policy_that_is_drop_already_is_no_change_and_no_question(panel: Simulator, client: PanelClient) -> None:
    panel.panel.firewall_filter.clear()
    panel.panel.firewall_conf["policy_input"] = "DROP"
    assert run(client, "firewall", policy_input="DROP")["changed"] is False
    assert panel.counts() == {"GET firewall/conf": 1}


# --- Forwarded ports


def test_what_a_forward_costs(panel: Simulator, client: PanelClient) -> None:
    listing, item = "wireguard/Default/port_forward", "wireguard/Default/port_forwarding"
    run(client, "port_forward", **FORWARD)
    assert panel.counts() == {f"GET {listing}": 2, f"POST {item}": 1}
    panel.reset_counters()
    run(client, "port_forward", **{**FORWARD, "to_peer": "bob"})
    assert panel.counts() == {f"GET {listing}": 2, f"DELETE {item}/8080/tcp": 1, f"POST {item}": 1}
    # Nothing comes between removal and addition, so that the gap is as short as it can be.
    assert [request.method for request in panel.requests][-4:] == ["GET", "DELETE", "POST", "GET"]
    panel.reset_counters()
    assert run(client, "port_forward", **{**FORWARD, "to_peer": "bob", "dst_port": "8080"})["changed"] is False
    assert panel.counts() == {f"GET {listing}": 1}


def test_the_old_forward_is_put_back_when_the_new_one_is_refused(panel: Simulator, client: PanelClient) -> None:
    run(client, "port_forward", **FORWARD)
    error = failure(client, "port_forward", **{**FORWARD, "to_peer": "nobody"})
    assert "Entered incorrect peer" in error.panel_error
    assert error.details["restored"] is True
    assert panel.panel.port_forwards["Default"]["8080_tcp"]["to_peer"] == "alice"


def test_tcp_and_udp_are_two_forwards(panel: Simulator, client: PanelClient) -> None:
    run(client, "port_forward", **FORWARD)
    run(client, "port_forward", **{**FORWARD, "protocol": "udp"})
    run(client, "port_forward", wg_name="Default", dst_port=8080, protocol="tcp", state="absent")
    assert list(panel.panel.port_forwards["Default"]) == ["8080_udp"]


def test_a_new_forward_needs_its_target(panel: Simulator, client: PanelClient) -> None:
    error = failure(client, "port_forward", wg_name="Default", dst_port=8080, protocol="tcp")
    assert error.code == "missing_option"
    assert "to_peer and to_port" in str(error)


def test_a_forward_of_a_server_that_is_not_there(panel: Simulator, client: PanelClient) -> None:
    assert failure(client, "port_forward", **{**FORWARD, "wg_name": "nowhere"}).code == "not_found"
    gone = {"wg_name": "nowhere", "dst_port": 8080, "protocol": "tcp", "state": "absent"}
    assert run(client, "port_forward", **gone)["changed"] is False


def test_the_other_spelling_of_the_paths_is_found_once(panel: Simulator, client: PanelClient) -> None:
    panel.options.set(spelling="alternate")
    run(client, "port_forward", **FORWARD)
    run(client, "port_forward", **{**FORWARD, "to_port": 81})
    run(client, "port_forward", wg_name="Default", dst_port=8080, protocol="tcp", state="absent")
    assert panel.panel.port_forwards["Default"] == {}
    misses = {"GET wireguard/Default/port_forward", "POST wireguard/Default/port_forwarding"}
    assert {request: count for request, count in panel.counts().items() if request in misses} == dict.fromkeys(
        misses, 1
    )


@pytest.mark.parametrize("fault", ["drop_after", "error", "empty", "cut_json"])
def test_no_other_spelling_after_an_answer_or_a_write_of_unknown_fate(
    panel: Simulator, client: PanelClient, fault: str
) -> None:
    panel.fault(fault, method="POST", **({"text": "Not today"} if fault == "error" else {}))
    with contextlib.suppress(PuqVpnError):
        run(client, "port_forward", **FORWARD)
    assert not any(request.endswith("/port_forward") for request in panel.counts() if request.startswith("POST"))
    assert len(panel.panel.port_forwards["Default"]) <= 1


# --- Collections in other forms


@pytest.mark.parametrize("keyed", ["documented", "swapped"])
@pytest.mark.parametrize("empty_sets", ["documented", "text", "null"])
def test_collections_are_understood_in_every_form(
    panel: Simulator, client: PanelClient, keyed: str, empty_sets: str
) -> None:
    panel.options.set(keyed=keyed, empty_sets=empty_sets)
    panel.panel.firewall_filter.clear()
    for module, options in (("port_forward", FORWARD), ("firewall_rule", SSH)):
        assert [run(client, module, **options)["changed"] for _run in range(2)] == [True, False]
    panel.panel.add_server({"name": "empty", "address": "10.6.0.1/24"})
    assert run(client, "wireguard", name="empty", state="absent")["changed"] is True
