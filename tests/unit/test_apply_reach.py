# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a document leaves within reach: its own port is kept, and what else it cuts off or diverts is warned of."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import Connect, writes_to
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import apply, failure
from simulator import Simulator

RULES = "GET firewall/rules/filter"
SERVERS = "GET wireguard"
DROP_INPUT = {"policy_input": "DROP"}
OWN = {"name": "system_PUQVPNCP"}


@pytest.fixture
def client(panel: Simulator, connect: Connect) -> PanelClient:
    panel.panel.add_account({"name": "alice", "wg_name": "Default", "allowed_IPs": "10.0.0.10"})
    return connect(panel)


@pytest.fixture
def checking(panel: Simulator, client: PanelClient, connect: Connect) -> PanelClient:
    return connect(panel, check_mode=True)


def port_of(panel: Simulator) -> int:
    return int(panel.url.rsplit(":", 1)[1])


def rule(name: str, action: str, port: int = 0, **values: Any) -> dict[str, Any]:
    return {"name": name, "action": action, "d_port": port, **values}


def cut_off(client: PanelClient) -> list[str]:
    return [warning for warning in client.warnings if " cuts off " in warning]


# --- The panel's own port


@pytest.mark.parametrize("allowed", [{"d_ip": "198.51.100.7/32"}, {"s_port": 50000}])
def test_a_rule_that_lets_nobody_in_does_not_allow_a_policy_that_drops(
    panel: Simulator, client: PanelClient, allowed: dict[str, Any]
) -> None:
    panel.panel.firewall_filter.clear()
    config = {"firewall": DROP_INPUT, "firewall_rules": [rule("door", "ACCEPT", **allowed)]}
    error = failure(client, "apply", config=config)
    assert "firewall: policy_input DROP would cut off the panel" in str(error)
    assert writes_to(panel) == []


def test_the_only_rule_that_lets_the_administrator_in_is_not_made_again_under_drop(
    panel: Simulator, client: PanelClient
) -> None:
    panel.panel.firewall_filter.clear()
    apply(client, {"firewall": DROP_INPUT, "firewall_rules": [rule("door", "ACCEPT")]})
    narrower = rule("door", "ACCEPT", s_ip="192.0.2.0/24")
    error = failure(client, "apply", config={"firewall_rules": [narrower]})
    assert f"would cut off the panel, whose port is {port_of(panel)}" in str(error)
    assert apply(client, {"firewall_rules": [rule("second", "ACCEPT")]})["changed"] is True
    assert apply(client, {"firewall_rules": [narrower]})["changed"] is True


def test_halves_that_drop_everything_together_are_refused(panel: Simulator, client: PanelClient) -> None:
    halves = [rule("low", "DROP", s_ip="0.0.0.0/1"), rule("high", "DROP", s_ip="128.0.0.0/1")]
    error = failure(client, "apply", config={"firewall_rules": [*halves, OWN]})
    assert "would cut off the panel, whose port is 8098" in str(error)
    assert writes_to(panel) == []
    assert apply(client, {"firewall_rules": [halves[0], OWN, halves[1]]})["changed"] is True


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_rule_that_an_earlier_task_may_add_is_assumed_in_check_mode_only(
    panel: Simulator, client: PanelClient, connect: Connect, check_mode: bool
) -> None:
    panel.panel.firewall_filter.clear()
    client = connect(panel, check_mode=check_mode)
    if check_mode:
        assert apply(client, {"firewall": DROP_INPUT})["summary"]["update"] == 1
        assumed = f"In check mode it is assumed that a rule accepts port {port_of(panel)} of the panel."
        assert assumed in client.warnings
        assert "unless an earlier task of the play adds a rule for it" in cut_off(client)[0]
    else:
        assert "policy_input DROP would cut off the panel" in str(
            failure(client, "apply", config={"firewall": DROP_INPUT})
        )


def test_a_document_with_rules_is_complete_in_itself(panel: Simulator, checking: PanelClient) -> None:
    panel.panel.firewall_filter.clear()
    for rules in ([], [rule("web", "ACCEPT", 443)]):
        error = failure(checking, "apply", config={"firewall": DROP_INPUT, "firewall_rules": rules})
        assert "policy_input DROP would cut off the panel" in str(error)
    assert "policy_output DROP" in str(failure(checking, "apply", config={"firewall": {"policy_output": "DROP"}}))


# --- Other ports


def test_what_a_policy_cuts_off_is_warned_of_with_its_place(panel: Simulator, client: PanelClient) -> None:
    apply(client, {"firewall": DROP_INPUT})
    (warning,) = cut_off(client)
    assert warning.startswith(f"firewall: policy_input DROP cuts off the port in url (TCP port {port_of(panel)}")
    assert "SSH (TCP port 22), WireGuard server Default (UDP port 51820). " in warning
    assert (panel.counts()[RULES], panel.counts()[SERVERS]) == (1, 1)


def test_servers_count_as_they_will_be(panel: Simulator, checking: PanelClient) -> None:
    panel.panel.add_server({"name": "old", "address": "10.8.0.1/24", "listen_port": 51833})
    config = {
        "firewall": DROP_INPUT,
        "firewall_rules": [
            rule("admin", "ACCEPT", protocol="TCP"),
            rule("vpn", "ACCEPT", 51900, protocol="UDP"),
        ],
        "wireguard": [
            {"name": "Default", "listen_port": 51900},
            {"name": "new", "address": "10.9.0.1/24", "listen_port": 51901},
            {"name": "old", "state": "absent"},
        ],
    }
    apply(checking, config)
    (warning,) = cut_off(checking)
    assert "cuts off WireGuard server new (UDP port 51901). " in warning


def test_what_rules_cut_off_is_warned_of_with_their_section(panel: Simulator, client: PanelClient) -> None:
    apply(client, {"firewall_rules": [rule("no_ssh", "DROP", 22, protocol="TCP")]})
    assert panel.counts().get(SERVERS) is None
    apply(client, {"firewall_rules": [rule("no_vpn", "DROP", 51820, protocol="UDP")]})
    assert [warning.split(". ")[0] for warning in cut_off(client)] == [
        "firewall_rules: the change of the rules cuts off SSH (TCP port 22)",
        "firewall_rules: the change of the rules cuts off WireGuard server Default (UDP port 51820)",
    ]


def test_what_is_out_of_reach_before_is_not_cut_off(panel: Simulator, client: PanelClient) -> None:
    panel.panel.firewall_conf["policy_input"] = "DROP"
    rules = [rule("no_ssh", "DROP", 22, protocol="TCP"), rule("no_vpn", "DROP", 51820, protocol="UDP")]
    apply(client, {"firewall": {"policy_input": "ACCEPT"}, "firewall_rules": rules})
    assert cut_off(client) == []


def test_what_allow_lockout_cuts_off_is_warned_of(panel: Simulator, client: PanelClient) -> None:
    apply(client, {"firewall": {**DROP_INPUT, "allow_lockout": True}, "firewall_rules": [rule("all", "DROP"), OWN]})
    (warning,) = cut_off(client)
    assert warning.startswith("firewall: policy_input DROP cuts off the panel (TCP port 8098), ")


def test_a_document_that_changes_nothing_of_the_firewall_reads_nothing_of_it(
    panel: Simulator, client: PanelClient
) -> None:
    apply(client, {"firewall": DROP_INPUT, "firewall_rules": [rule("web", "ACCEPT", 443)]})
    panel.reset_counters()
    apply(client, {"firewall_rules": [rule("web", "ACCEPT", 443)]})
    assert panel.counts() == {RULES: 1}
    panel.reset_counters()
    apply(client, {"firewall": DROP_INPUT})
    assert panel.counts() == {"GET firewall/conf": 1}


# --- Port forwards


def forward(port: int, protocol: str = "tcp") -> dict[str, Any]:
    return {"wg_name": "Default", "dst_port": port, "protocol": protocol, "to_peer": "alice", "to_port": 80}


@pytest.mark.parametrize("check_mode", [True, False])
def test_forwards_of_ports_that_the_host_is_administered_through_are_warned_of(
    panel: Simulator, connect: Connect, client: PanelClient, check_mode: bool
) -> None:
    client = connect(panel, check_mode=check_mode)
    port = port_of(panel)
    forwards = [forward(8080), forward(22), forward(8098), forward(port), forward(22, "udp")]
    apply(client, {"port_forwards": forwards})
    assert [warning.split(" (")[0] for warning in client.warnings] == [
        "port_forwards[1] Default/22/tcp may divert SSH",
        "port_forwards[2] Default/8098/tcp may divert the panel",
        f"port_forwards[3] Default/{port}/tcp may divert the port in url",
    ]
    assert panel.counts()[RULES] == 1


def test_rules_are_only_read_for_forwards_of_tcp_that_are_made(panel: Simulator, client: PanelClient) -> None:
    apply(client, {"port_forwards": [forward(22), forward(53, "udp")]})
    panel.reset_counters()
    client.warnings.clear()
    apply(client, {"port_forwards": [forward(22), forward(54, "udp"), {**forward(53, "udp"), "state": "absent"}]})
    assert RULES not in panel.counts()
    assert client.warnings == []
