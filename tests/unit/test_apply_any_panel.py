# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Any panel becomes any other one in one run, whatever its objects take from each other on the way."""

from __future__ import annotations

import ipaddress
import random
from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import Connect
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import run
from simulator import Simulator
from simulator.readings import readings

PURGE = ["wireguard", "accounts", "port_forwards", "firewall_rules"]


class Drawn:
    """A document that is drawn by lot from so few names, addresses and ports that two of them often share some.

    Servers keep their networks and ports, which servers cannot exchange with each other in one run.
    """

    def __init__(self, lot: random.Random) -> None:
        self.wireguard = [
            {"name": name, "address": f"10.{at}.0.1/29", "listen_port": 52000 + at}
            for at, name in enumerate("ABC")
            if name == "A" or lot.random() < 0.7
        ]
        self.accounts: list[dict[str, Any]] = []
        usernames = lot.sample(range(12), 12)
        for server in self.wireguard:
            hosts = list(ipaddress.IPv4Interface(server["address"]).network.hosts())[1:]
            # One address stays free, for accounts that exchange theirs.
            for host in lot.sample(hosts, lot.randint(0, len(hosts) - 1)):
                number = len(self.accounts)
                account = {
                    "name": f"user_{number}",
                    "username": f"login_{usernames[number]}",
                    "wg_name": server["name"],
                }
                self.accounts.append({**account, "allowed_ips": str(host), "status": lot.choice(["enable", "disable"])})
        lot.shuffle(self.accounts)
        self.port_forwards = [
            {
                "wg_name": account["wg_name"],
                "dst_port": port,
                "protocol": "tcp",
                "to_peer": account["name"],
                "to_port": 80,
            }
            for account in self.accounts
            for port in [int(account["name"][5:]) // 2]
            if port and lot.random() < 0.3
        ]
        self.port_forwards = list(
            {(forward["wg_name"], forward["dst_port"]): forward for forward in self.port_forwards}.values()
        )
        self.firewall_rules: list[dict[str, Any]] = [
            {"name": name, "action": "DROP", "protocol": "TCP", "d_port": 1000 + lot.randint(0, 2)}
            for name in lot.sample("abcdef", lot.randint(0, 6))
        ]
        self.firewall_rules.insert(lot.randint(0, len(self.firewall_rules)), {"name": "system_PUQVPNCP"})

    @property
    def config(self) -> dict[str, Any]:
        return vars(self)


def shown(panel: Simulator) -> tuple[Any, ...]:
    """What the panel holds, as far as documents are about it."""
    memory = panel.panel
    return (
        {name: (server["address"], server["listen_port"]) for name, server in memory.wireguard.items()},
        {
            name: (account["username"], account["wg_name"], account["allowed_IPs"], account["status"])
            for name, account in memory.accounts.items()
        },
        {
            (name, forward["dst_port"]): forward["to_peer"]
            for name, all_ in memory.port_forwards.items()
            for forward in all_.values()
        },
        [rule["name"] for rule in memory.firewall_filter],
        {rule["name"]: int(rule["d_port"]) for rule in memory.firewall_filter if rule["name"] != "system_PUQVPNCP"},
    )


def expected(drawn: Drawn) -> tuple[Any, ...]:
    return (
        {server["name"]: (server["address"], server["listen_port"]) for server in drawn.wireguard},
        {
            account["name"]: (account["username"], account["wg_name"], account["allowed_ips"], account["status"])
            for account in drawn.accounts
        },
        {(forward["wg_name"], forward["dst_port"]): forward["to_peer"] for forward in drawn.port_forwards},
        [rule["name"] for rule in drawn.firewall_rules],
        {rule["name"]: rule["d_port"] for rule in drawn.firewall_rules if len(rule) > 1},
    )


@pytest.mark.parametrize("seed", range(60))
def test_any_panel_becomes_any_other_one(panel: Simulator, connect: Connect, seed: int) -> None:
    lot = random.Random(seed)
    panel.panel.remove_server("Default")
    client, checking = connect(panel), connect(panel, check_mode=True)
    for drawn in (Drawn(lot), Drawn(lot), Drawn(lot)):
        options = {"config": drawn.config, "purge": PURGE, "allow_empty": True, "recreate": True}
        predicted = run(checking, "apply", **options)
        result = run(client, "apply", **options)
        assert shown(panel) == expected(drawn)
        assert (result["diff"], result["summary"]) == (predicted["diff"], predicted["summary"])
        assert run(client, "apply", **options)["changed"] is False


# --- Generation 2


def drawn_clients(lot: random.Random) -> list[dict[str, Any]]:
    """Clients drawn by lot from so few names, usernames and addresses that two documents often share some."""
    usernames, names = lot.sample(range(8), 8), lot.sample(range(8), lot.randint(0, 7))
    addresses = {
        network: [f"10.{at}.0.{host}" for host in lot.sample(range(2, 7), 4)] for at, network in enumerate("AB")
    }
    clients = []
    for name in names:
        network = lot.choice("AB")
        if addresses[network]:
            client = {"name": f"user_{name}", "username": f"login_{usernames.pop()}", "network_name": network}
            numbers = {"b_download": lot.randint(0, 2), "b_upload": lot.randint(0, 2)}
            status = lot.choice(["enable", "disable"])
            clients.append({**client, **numbers, "ipv4": addresses[network].pop(), "status": status})
    return clients


@pytest.mark.parametrize("seed", range(20))
def test_any_clients_become_any_other_ones(connect: Connect, seed: int) -> None:
    lot = random.Random(seed)
    # A panel that does not list its clients is not purged.
    with Simulator(generation=2, **{**readings()[seed % len(readings())], "inferred": True}) as panel:
        panel.panel.remove_server("Default")
        for at, network in enumerate("AB"):
            panel.network(network, address=f"10.{at}.0.1/24")
        client, checking = connect(panel), connect(panel, check_mode=True)
        for _run in range(3):
            clients = drawn_clients(lot)
            options = {"config": {"clients": clients}, "purge": ["clients"], "allow_empty": True, "recreate": True}
            predicted = run(checking, "apply", **options)
            result = run(client, "apply", **options)
            names = {"network_name": "wg_name", "ipv4": "allowed_IPs"}
            wanted = {one["name"]: {names.get(name, name): value for name, value in one.items()} for one in clients}
            accounts = panel.panel.accounts
            assert set(accounts) == set(wanted)
            for name, values in wanted.items():
                assert {key: accounts[name][key] for key in values} == values
            assert (result["diff"], result["summary"]) == (predicted["diff"], predicted["summary"])
            assert run(client, "apply", **options)["changed"] is False
