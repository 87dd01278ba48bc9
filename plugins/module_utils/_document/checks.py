# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a panel would hold together after a plan: nothing twice, nothing that leads nowhere, nothing too much."""

from __future__ import annotations

import ipaddress
from typing import Any, Iterable, Mapping

from .._errors import listed
from .._kinds import ObjectKind
from .._plan import DELETE, RECREATE
from .._types import interface_of
from .panel import Panel
from .purge import Guards
from .sections import ACCOUNTS, Problem, Problems
from .steps import Entry, Family


def check_servers(problems: Problems, servers: Family, accounts: Family, guards: Guards) -> None:
    """No two servers share an interface, a port or a part of a network, and none goes while it has accounts."""
    entries = servers.future()
    for name in ("interface_name", "listen_port"):
        _unique(problems, servers.kind, entries, name)
    _disjoint(problems, servers.kind, entries)
    going = [step for step in servers.steps if step.change.action in (DELETE, RECREATE)]
    left = _left_on(accounts) if going else {}
    for step in going:
        names = left.get(step.name, [])
        if names:
            outside = "" if guards.covers(step.name) else " outside purge_scope"
            told = f"cannot be removed while it has accounts{outside}: {listed(names)}."
            text = f"{told} Remove or move them in the same config."
            problems.append(Problem(step.section.name, step.index, step.name, text))


def check_accounts(problems: Problems, accounts: Family, servers: Family) -> None:
    """No two accounts share a username or an address, and each has one of its server's range."""
    entries = accounts.future()
    for name in ("username", "allowed_ips", "allowed_ips_ipv6"):
        _unique(problems, accounts.kind, entries, name)
    known = {str(entry.values.get("name")): entry for entry in servers.future()}
    for entry in entries:
        if entry.item is None or "wg_name" not in entry.values:
            continue
        server = known.get(str(entry.values["wg_name"]))
        if server is None:
            problems.add(entry.item, _no_server(entry.values["wg_name"]))
        elif entry.step or server.step:
            text = _misplaced(entry.values.get("allowed_ips"), server.values.get("address"))
            if text:
                problems.add(entry.item, f"allowed_ips {entry.values['allowed_ips']} {text}")


def check_forwards(problems: Problems, forwards: Family, accounts: Family, servers: Family) -> None:
    """Each port forward leads to an account of its server, and not from the server's own port."""
    entries = [entry for entry in forwards.future() if entry.item is not None]
    if not entries:
        return
    known = {str(entry.values.get("name")): entry.values for entry in servers.future()}
    at = {str(entry.values.get("name")): entry.values.get("wg_name") for entry in accounts.future()}
    for entry in entries:
        item, values = entry.item, entry.values
        server = known.get(str(values["wg_name"]))
        if item is None:
            continue
        if server is None:
            problems.add(item, _no_server(values["wg_name"]))
        elif at.get(str(values.get("to_peer"))) != values["wg_name"]:
            problems.add(item, f"to_peer {values.get('to_peer')} is no account of {values['wg_name']}.")
        elif values["dst_port"] == server.get("listen_port"):
            problems.add(item, f"dst_port {values['dst_port']} is the port that {values['wg_name']} itself listens on.")


def check_slots(problems: Problems, accounts: Family, panel: Panel) -> None:
    """The licence has room for all accounts. The panel is only asked where they become more."""
    now, then = len(list(accounts.current)), len(accounts.future())
    slots = panel.slots() if then > now else None
    # Fewer than there are now cannot be the number that is meant (contract: system_status/1).
    if slots is not None and now <= slots < then:
        text = f"the licence has room for {slots} accounts, and there would be {then}, {then - slots} too many."
        problems.append(Problem(ACCOUNTS.name, None, ACCOUNTS.name, text))


def _no_server(name: Any) -> str:
    return f"wg_name {name} is no WireGuard server, neither on the panel nor in config."


def _unique(problems: Problems, kind: ObjectKind, entries: Iterable[Entry], name: str) -> None:
    owners: dict[Any, Entry] = {}
    for entry in entries:
        value = entry.values.get(name)
        if value in (None, ""):
            continue
        other = owners.setdefault(value, entry)
        if not (entry.step or other.step):
            # How it is already.
            continue
        for one, another in ((entry, other), (other, entry)):
            if one is not another and one.item is not None and name in one.item.values:
                problems.add(one.item, f"{name} {value} is also that of {another.called(kind)}.")
                break


def _disjoint(problems: Problems, kind: ObjectKind, entries: Iterable[Entry]) -> None:
    networks = []
    for entry in entries:
        network = _network(entry.values.get("address"))
        if network is not None:
            networks.append((network, entry))
    # A network lies within another or beside it, so each is compared with the last one that lies within no other.
    networks.sort(key=lambda one: (int(one[0].network_address), one[0].prefixlen))
    outer, other = networks[0] if networks else (None, None)
    for network, entry in networks[1:]:
        if outer is None or other is None or not network.subnet_of(outer):
            outer, other = network, entry
        elif entry.step or other.step:
            item, another = (entry.item, other) if entry.item else (other.item, entry)
            if item is not None:
                problems.add(item, f"address {network} shares addresses with {another.called(kind)}.")


def _network(address: Any) -> Any:
    interface = interface_of(str(address or ""))
    return interface.network if interface is not None and interface.version == 4 else None


def _misplaced(address: Any, server: Any) -> str:
    """Why an account of a server cannot have an address; empty when it can, or when that cannot be told."""
    network = _network(server)
    if network is None or not address:
        return ""
    ip = ipaddress.ip_address(address)
    if ip not in network:
        return f"is not within the range of its server, {network}."
    if str(ip) == str(server).split("/", maxsplit=1)[0]:
        return "is that of its server."
    edges = (network.network_address, network.broadcast_address) if network.prefixlen < 31 else ()
    return f"is no address of a host in {network}." if ip in edges else ""


def _left_on(accounts: Family) -> Mapping[str, list[str]]:
    """The accounts that stay, by the server that they are on now."""
    left: dict[str, list[str]] = {}
    for one in accounts.current:
        step, server = accounts.step_of(one), one.get("wg_name")
        if step is None or (step.change.action != DELETE and step.change.values.get("wg_name", server) == server):
            left.setdefault(str(server), []).append(str(one.get("name")))
    return left
