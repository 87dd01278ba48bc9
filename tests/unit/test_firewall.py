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
CONF = "GET firewall/conf"


@pytest.fixture
def client(panel: Simulator, connect: Connect) -> PanelClient:
    for at, name in enumerate(["alice", "bob"]):
        panel.panel.add_account({"name": name, "wg_name": "Default", "allowed_IPs": f"10.0.0.{10 + at}"})
    return connect(panel)


def port_of(panel: Simulator) -> int:
    """The port in url, which is another one than that of the panel's own rule."""
    return int(panel.url.rsplit(":", 1)[1])


def cut_off(client: PanelClient) -> list[str]:
    return [warning for warning in client.warnings if " cuts off " in warning]


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
    # With another policy, SSH would be cut off.
    run(client, "firewall_rule", name="ssh", d_port=2222)
    assert panel.counts() == {f"GET {RULES}": 2, CONF: 1, f"DELETE {RULES}/ssh": 1, f"POST {RULES}/end": 1}
    panel.reset_counters()
    run(client, "firewall_rule", name="ssh", d_port=2223)
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


def test_a_rule_in_the_middle_that_moves_is_reported(panel: Simulator, client: PanelClient) -> None:
    for name in ("one", "two", "three"):
        run(client, "firewall_rule", **{**SSH, "name": name})
    run(client, "firewall_rule", name="one", d_port=2222)
    assert names(panel) == ["system_PUQVPNCP", "two", "three", "one"]
    assert any("was number 2 of 4 and moves to the end" in warning for warning in client.warnings)


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
    door = {"name": "door", "action": "ACCEPT", "protocol": "TCP", "d_port": port_of(panel)}
    run(client, "firewall_rule", **door)
    run(client, "firewall", policy_input="DROP")
    assert failure(client, "firewall_rule", name="door", state="absent").code == "lockout"
    assert failure(client, "firewall_rule", name="door", action="DROP").code == "lockout"
    run(client, "firewall_rule", **{**door, "name": "second"})
    assert run(client, "firewall_rule", name="door", state="absent")["changed"] is True


@pytest.mark.parametrize("change", [{"s_ip": "192.0.2.0/24"}, {"protocol": "ANY"}, {"d_port": 0}])
def test_the_only_rule_that_lets_the_administrator_in_is_not_made_again_under_drop(
    panel: Simulator, client: PanelClient, change: dict[str, Any]
) -> None:
    """Between the removal and the addition nobody would be let in."""
    door = {"name": "door", "action": "ACCEPT", "protocol": "TCP", "d_port": port_of(panel)}
    panel.panel.firewall_filter.clear()
    run(client, "firewall_rule", **door)
    run(client, "firewall", policy_input="DROP")
    panel.reset_counters()
    error = failure(client, "firewall_rule", **{**door, **change})
    assert error.code == "lockout"
    assert "removed and added again, and in between" in str(error)
    assert "First add another rule" in str(error)
    assert panel.counts() == {f"GET {RULES}": 1, CONF: 1}
    run(client, "firewall_rule", **{**door, "name": "second"})
    assert run(client, "firewall_rule", **{**door, **change})["changed"] is True


@pytest.mark.parametrize(
    ("rule", "is_let_in"),
    [
        ({"d_ip": "198.51.100.7/32"}, False),
        ({"s_port": 50000}, False),
        ({"d_ip": "127.0.0.0/8"}, True),
        ({"s_ip": "192.0.2.0/24"}, True),
    ],
)
def test_drop_needs_a_rule_that_lets_somebody_in(
    panel: Simulator, client: PanelClient, rule: dict[str, Any], is_let_in: bool
) -> None:
    panel.panel.firewall_filter.clear()
    door = {"name": "door", "action": "ACCEPT", "protocol": "TCP", "d_port": port_of(panel)}
    run(client, "firewall_rule", **{**door, **rule})
    if is_let_in:
        assert run(client, "firewall", policy_input="DROP")["changed"] is True
    else:
        assert failure(client, "firewall", policy_input="DROP").code == "lockout"


def test_the_second_half_of_what_drops_everything_is_refused(panel: Simulator, client: PanelClient) -> None:
    half = {**DROP_ALL, "position": "top"}
    run(client, "firewall_rule", **{**half, "name": "low", "s_ip": "0.0.0.0/1"})
    assert failure(client, "firewall_rule", **{**half, "name": "high", "s_ip": "128.0.0.0/1"}).code == "lockout"
    run(client, "firewall_rule", **{**half, "name": "high", "s_ip": "128.0.0.0/2"})


def test_a_rule_that_drops_what_goes_to_the_panels_address_is_refused(panel: Simulator, client: PanelClient) -> None:
    rule = {**DROP_ALL, "position": "top", "d_ip": "127.0.0.1/32"}
    error = failure(client, "firewall_rule", **rule)
    assert error.code == "lockout"
    assert "at the end" in error.hint
    assert run(client, "firewall_rule", **{**rule, "d_ip": "127.0.0.2/32"})["changed"] is True


# --- Other ports


def test_a_policy_that_cuts_off_ssh_and_servers_warns_of_each_port(panel: Simulator, client: PanelClient) -> None:
    panel.panel.add_server({"name": "office", "address": "10.9.0.1/24", "listen_port": 51900})
    port = port_of(panel)
    run(client, "firewall", policy_input="DROP")
    (warning,) = cut_off(client)
    assert warning.startswith("policy_input DROP cuts off ")
    for words in (
        "SSH (TCP port 22)",
        "WireGuard server Default (UDP port 51820)",
        "WireGuard server office (UDP port 51900)",
        f"the port in url (TCP port {port}, unless it is translated to 8098 on the way)",
    ):
        assert words in warning


def test_only_what_is_cut_off_is_warned_of(panel: Simulator, client: PanelClient) -> None:
    panel.panel.add_server({"name": "office", "address": "10.9.0.1/24", "listen_port": 51900})
    run(client, "firewall_rule", **SSH)
    run(client, "firewall_rule", name="door", action="ACCEPT", protocol="TCP", d_port=port_of(panel))
    run(client, "firewall_rule", name="vpn", action="ACCEPT", protocol="UDP", d_port=51820)
    assert cut_off(client) == []
    run(client, "firewall", policy_input="DROP")
    (warning,) = cut_off(client)
    assert "cuts off WireGuard server office (UDP port 51900). " in warning
    client.warnings.clear()
    # It is cut off already.
    run(client, "firewall_rule", **DROP_ALL)
    assert cut_off(client) == []


def test_what_allow_lockout_cuts_off_is_warned_of(panel: Simulator, client: PanelClient) -> None:
    run(client, "firewall", policy_output="DROP", allow_lockout=True)
    (warning,) = cut_off(client)
    assert warning.startswith("policy_output DROP cuts off the panel (TCP port 8098), ")
    assert "SSH (TCP port 22), WireGuard server Default (UDP port 51820)" in warning


def test_what_a_policy_costs(panel: Simulator, client: PanelClient) -> None:
    run(client, "firewall", policy_input="DROP")
    assert panel.counts() == {CONF: 2, f"GET {RULES}": 1, "GET wireguard": 1, "PUT firewall/conf": 1}
    panel.reset_counters()
    run(client, "firewall", policy_forward="DROP")
    assert panel.counts() == {CONF: 2, "PUT firewall/conf": 1}


SERVERS = "GET wireguard"
DROP_UDP = {"name": "x", "action": "DROP", "protocol": "UDP", "position": "top"}
DEFAULT_SERVER = "WireGuard server Default (UDP port 51820)"


@pytest.mark.parametrize(
    ("rule", "reads", "reported"),
    [
        ({"d_port": 51820}, [CONF, SERVERS], DEFAULT_SERVER),
        ({"d_port": 51820, "d_ip": "203.0.113.200/32"}, [CONF, SERVERS], DEFAULT_SERVER),
        ({"d_port": 51820, "protocol": "ANY"}, [CONF, SERVERS], DEFAULT_SERVER),
        ({"d_port": 51821}, [CONF, SERVERS], ""),
        ({"s_ip": "198.51.100.7/32"}, [], ""),
        ({"s_ip": "198.51.100.7/32", "protocol": "ANY"}, [], ""),
        ({"s_port": 500}, [], ""),
        ({"protocol": "TCP", "d_port": 23}, [], ""),
        ({"protocol": "TCP", "d_port": 22}, [CONF], "SSH (TCP port 22)"),
        ({"action": "ACCEPT"}, [], ""),
    ],
)
def test_a_new_rule_that_cuts_off_a_port_warns_and_reads_no_more_than_that_needs(
    panel: Simulator, client: PanelClient, rule: dict[str, Any], reads: list[str], reported: str
) -> None:
    run(client, "firewall_rule", **{**DROP_UDP, **rule})
    assert panel.counts() == {f"GET {RULES}": 2, f"POST {RULES}/top": 1, **dict.fromkeys(reads, 1)}
    assert cut_off(client) == [
        f"Adding the rule x cuts off {reported}. First add rules that accept what must stay reachable."
        for _once in filter(None, [reported])
    ]


@pytest.mark.parametrize("rule", [{"d_port": 51820}, {"protocol": "TCP", "d_port": 22}])
def test_a_new_rule_cuts_off_nothing_that_the_policy_drops_already(
    panel: Simulator, client: PanelClient, rule: dict[str, Any]
) -> None:
    panel.panel.firewall_conf["policy_input"] = "DROP"
    run(client, "firewall_rule", **{**DROP_UDP, **rule})
    assert cut_off(client) == []


@pytest.mark.parametrize(
    ("policy", "behind", "reads"),
    [("DROP", [], [CONF, SERVERS]), ("ACCEPT", [], [CONF]), ("ACCEPT", [DROP_ALL], [CONF, SERVERS])],
)
def test_a_rule_that_accepts_no_more_and_cuts_off_a_server(
    panel: Simulator, client: PanelClient, policy: str, behind: list[dict[str, Any]], reads: list[str]
) -> None:
    for rule in ({"name": "vpn", "action": "ACCEPT", "protocol": "UDP", "d_port": 51820}, *behind):
        run(client, "firewall_rule", **rule)
    panel.panel.firewall_conf["policy_input"] = policy
    for change, reported in (({"s_ip": "192.0.2.0/24"}, []), ({"d_port": 51821}, [DEFAULT_SERVER])):
        client.warnings.clear()
        panel.reset_counters()
        run(client, "firewall_rule", name="vpn", position="top", **change)
        assert {
            request: count for request, count in panel.counts().items() if request in {CONF, SERVERS}
        } == dict.fromkeys(reads, 1)
        begins = [f"Changing the rule vpn cuts off {name}. " for name in reported if SERVERS in reads]
        assert [warning.startswith(begin) for warning, begin in zip(cut_off(client), begins)] == [True] * len(begins)
        assert len(cut_off(client)) == len(begins)


def test_a_port_in_url_that_is_cut_off_is_warned_of_and_the_panels_own_is_refused(
    panel: Simulator, client: PanelClient
) -> None:
    run(client, "firewall_rule", **DROP_ALL, protocol="TCP", d_port=port_of(panel))
    (warning,) = cut_off(client)
    assert warning.startswith(f"Adding the rule {DROP_ALL['name']} cuts off the port in url (TCP port ")
    own = {"name": "own", "action": "DROP", "protocol": "TCP", "d_port": 8098, "position": "top"}
    assert failure(client, "firewall_rule", **own).code == "lockout"


# --- Check mode


@pytest.fixture
def checking(panel: Simulator, client: PanelClient, connect: Connect) -> PanelClient:
    return connect(panel, check_mode=True)


def test_a_rule_that_an_earlier_task_may_add_is_assumed(panel: Simulator, checking: PanelClient) -> None:
    panel.panel.firewall_filter.clear()
    result = run(checking, "firewall", policy_input="DROP")
    assert (result["changed"], result["firewall"]["policy_input"]) == (True, "DROP")
    assumed = f"In check mode it is assumed that a rule accepts port {port_of(panel)} of the panel."
    assert assumed in checking.warnings
    (warning,) = cut_off(checking)
    assert "unless an earlier task of the play adds a rule for it" in warning


@pytest.mark.parametrize("options", [{"state": "absent"}, {"action": "DROP"}, {"s_ip": "192.0.2.0/24"}])
def test_another_rule_that_an_earlier_task_may_add_is_assumed(
    panel: Simulator, checking: PanelClient, options: dict[str, Any]
) -> None:
    port = port_of(panel)
    rule = {**panel.panel.firewall_filter[0], "name": "door", "d_port": str(port)}
    panel.panel.firewall_filter = [rule]
    panel.panel.firewall_conf["policy_input"] = "DROP"
    result = run(checking, "firewall_rule", name="door", **options)
    assert result["changed"] is True
    assert f"In check mode it is assumed that another rule accepts port {port} of the panel." in checking.warnings


@pytest.mark.parametrize(
    ("module", "options"),
    [
        ("firewall", {"policy_output": "DROP"}),
        ("firewall", {"policy_output": "DROP", "policy_input": "DROP"}),
        ("firewall_rule", {**DROP_ALL, "position": "top"}),
    ],
)
def test_what_no_earlier_task_can_prevent_is_refused_in_check_mode_as_well(
    checking: PanelClient, module: str, options: dict[str, Any]
) -> None:
    assert failure(checking, module, **options).code == "lockout"


def test_a_rule_may_go_while_the_policy_accepts(panel: Simulator, client: PanelClient) -> None:
    panel.panel.firewall_filter.clear()
    run(client, "firewall_rule", name="door", action="ACCEPT", protocol="TCP", d_port=port_of(panel))
    assert run(client, "firewall_rule", name="door", state="absent")["changed"] is True


def test_drop_without_a_rule_for_the_panel_is_refused(panel: Simulator, client: PanelClient) -> None:
    panel.panel.firewall_filter.clear()
    error = failure(client, "firewall", policy_input="DROP")
    assert error.code == "lockout"
    assert str(port_of(panel)) in str(error)
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
    assert panel.counts() == {f"GET {listing}": 2, f"GET {RULES}": 1, f"POST {item}": 1}
    panel.reset_counters()
    run(client, "port_forward", **{**FORWARD, "to_peer": "bob"})
    assert panel.counts() == {
        f"GET {listing}": 2,
        f"GET {RULES}": 1,
        f"DELETE {item}/8080/tcp": 1,
        f"POST {item}": 1,
    }
    # Nothing comes between removal and addition, so that the gap is as short as it can be.
    assert [request.method for request in panel.requests][-4:] == ["GET", "DELETE", "POST", "GET"]
    panel.reset_counters()
    assert run(client, "port_forward", **{**FORWARD, "to_peer": "bob", "dst_port": "8080"})["changed"] is False
    assert panel.counts() == {f"GET {listing}": 1}
    panel.reset_counters()
    run(client, "port_forward", **{**FORWARD, "protocol": "udp"})
    assert panel.counts() == {f"GET {listing}": 2, f"POST {item}": 1}
    panel.reset_counters()
    run(client, "port_forward", wg_name="Default", dst_port=8080, protocol="tcp", state="absent")
    assert panel.counts() == {f"GET {listing}": 2, f"DELETE {item}/8080/tcp": 1}


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_forward_of_a_port_that_the_host_is_administered_through_is_warned_of(
    panel: Simulator, connect: Connect, client: PanelClient, check_mode: bool
) -> None:
    for port, words in ((8098, "the panel (TCP port 8098)"), (22, "SSH (TCP port 22)"), (port_of(panel), "in url")):
        client = connect(panel, check_mode=check_mode)
        result = run(client, "port_forward", **{**FORWARD, "dst_port": port})
        assert result["changed"] is True
        (warning,) = client.warnings
        assert warning.startswith(f"port forward Default/{port}/tcp may divert ")
        assert words in warning
        assert "alice" in warning
    client = connect(panel, check_mode=check_mode)
    run(client, "port_forward", **{**FORWARD, "dst_port": 22, "protocol": "udp"})
    run(client, "port_forward", **FORWARD)
    assert client.warnings == []


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
