# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Move the accounts of a 1.x panel to a 2.x panel: what moves, what prevents it, and how far a move has come.

All functions take the same arguments: ``info`` of the 1.x panel and ``panel`` of the 2.x panel, both as
``puqvpn_info`` returns them, ``networks``, which maps the names of servers to those of networks, and ``names`` of
accounts. A server that ``networks`` does not contain leads to the network of the same name, and the accounts of a
server with an empty network do not move. Without ``names``, all other accounts move.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._networks import (
    IPNetwork,
    address_problem,
    interface_of,
    network_of,
)
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._objects.client import CLIENT, NETWORK
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._untrusted import one_line, quoted

Values = Mapping[str, Any]
Problem = dict[str, Any]

# The fields of a client by those of an account, as far as a 2.x panel takes them (contract: carried_over_by_api).
_CARRIED = {
    "name": "name",
    "username": "username",
    "password": "password",
    "allowed_ips": "ipv4",
    "b_download": "b_download",
    "b_upload": "b_upload",
}
# A client with the same name belongs to the account if these fields are the same, as far as the panel shows them.
_IDENTITY = ("network_name", "username")
_GATEWAYS = {"wireguard_ip": "WireGuard", "openvpn_ip": "OpenVPN", "ikev2_ip": "IKEv2"}
# The number of clients without a license (contract: client, limits).
_UNLICENSED_SLOTS = 50
# By the status of the account and that of its client.
_STATES = {
    ("enable", "disable"): "to_enable",
    ("enable", "enable"): "on_both",
    ("disable", "enable"): "moved",
    ("disable", "disable"): "disabled",
}


def migration_clients(info: Values, panel: Values, networks: Values, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return the accounts as items of the section ``clients`` of ``puqvpn_apply``.

    New clients are disabled. The status of those that exist is left alone, so that a second run does not disconnect
    clients that were enabled meanwhile.
    """
    move = _move(info, panel, networks, names)
    return [item if str(item.get("name")) in move.clients else {**item, "status": "disable"} for item in move.items]


def migration_progress(info: Values, panel: Values, networks: Values, names: Sequence[str]) -> dict[str, Any]:
    """Return the accounts by how far they have moved, each as a dictionary with its ``name``."""
    move = _move(info, panel, networks, names)
    progress: dict[str, list[dict[str, Any]]] = {state: [] for state in ("to_create", *_STATES.values(), "conflicting")}
    for account, item in zip(move.accounts, move.items, strict=True):
        progress[_state(move, account, item)].append({"name": item.get("name")})
    return progress


def migration_problems(info: Values, panel: Values, networks: Values, names: Sequence[str]) -> list[Problem]:
    """Return everything that prevents the move, or that must be checked by hand because the 2.x panel hides it.

    A problem has a ``code``, a ``message``, the names of an ``account`` and a ``network``, None if it concerns none,
    and ``certain``, which is False for what must be checked by hand.
    """
    move = _move(info, panel, networks, names)
    return [
        *_missing_accounts(move, names),
        *_network_problems(move),
        *_account_problems(move),
        *_duplicates(move),
        *_conflicts(move),
        *_license_problems(move, panel),
    ]


# --- What moves


@dataclass(frozen=True)
class _Move:
    """``accounts`` that move, the ``items`` of their clients in the same order, and what both panels show."""

    accounts: list[Values]
    items: list[dict[str, Any]]
    servers: dict[str, Values]
    networks: dict[str, Values]
    clients: dict[str, Values]

    @cached_property
    def targets(self) -> dict[str, str]:
        """The networks by the names of the servers whose accounts move."""
        return {
            str(account.get("wg_name")): item["network_name"]
            for account, item in zip(self.accounts, self.items, strict=True)
        }

    def client_of(self, item: Values) -> Values | None:
        """Return the client of the 2.x panel with the name of the item."""
        return self.clients.get(str(item.get("name")))

    def subnet_of(self, network: str) -> IPNetwork | None:
        """Return the IPv4 subnet of a network; None if the panel does not show it."""
        subnet = network_of(self.networks.get(network, {}).get("subnet_ipv4"))
        return subnet if subnet is not None and subnet.version == 4 else None


def _move(info: Values, panel: Values, networks: Values, names: Sequence[str]) -> _Move:
    """Read the arguments.

    :raises AnsibleFilterError: an argument has the wrong type, or a panel did not return what is needed.
    """
    if not isinstance(networks, Mapping) or isinstance(names, str) or not isinstance(names, Sequence):
        raise AnsibleFilterError("The networks must be a dictionary, and the names a list.")
    old, new = "The 1.x panel", "The 2.x panel"
    accounts = [
        account
        for account in _rows(old, info, "accounts")
        if (not names or account.get("name") in names) and _target(account, networks)
    ]
    return _Move(
        accounts,
        [_item(account, networks) for account in accounts],
        _by_name(_rows(old, info, "wireguard")),
        _by_name(NETWORK.read(dict(row)) for row in _rows(new, panel, "wireguard")),
        _by_name(_rows(new, panel, "accounts")),
    )


def _rows(title: str, info: Values, subset: str) -> list[Values]:
    held = info.get(subset) if isinstance(info, Mapping) else None
    if isinstance(held, Mapping) and "error" in held:
        raise AnsibleFilterError(f"{title} did not return the subset {subset}: {one_line(held['error'])}")
    rows = held.get("servers") if isinstance(held, Mapping) else held
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise AnsibleFilterError(f"{title}: the subset {subset} is missing. Gather it with puqvpn_info.")
    return rows


def _by_name(rows: Iterable[Values]) -> dict[str, Values]:
    return {str(row["name"]): row for row in rows if "name" in row}


def _target(account: Values, networks: Values) -> str:
    server = str(account.get("wg_name"))
    return str(networks.get(server, server) or "")


def _item(account: Values, networks: Values) -> dict[str, Any]:
    """Return the account as an item of ``puqvpn_apply``, without what the panel does not show."""
    item = {field: account[source] for source, field in _CARRIED.items() if account.get(source) not in (None, "")}
    return {**item, "network_name": _target(account, networks)}


def _state(move: _Move, account: Values, item: Values) -> str:
    client = move.client_of(item)
    if _value_problems({"name": item.get("name", "")}) or (client and _differences(item, client, _IDENTITY)):
        return "conflicting"
    if client is None:
        return "to_create"
    return _STATES.get((str(account.get("status")), str(client.get("status"))), "conflicting")


def _differences(item: Values, client: Values, fields: Iterable[str]) -> list[str]:
    """Return the fields that differ, as far as both are known."""
    return [name for name in fields if name in item and client.get(name) not in (None, item[name])]


def _value_problems(item: Values) -> list[str]:
    """Return which values a client cannot have, as sentences."""
    return [*CLIENT.parse(item).problems, *CLIENT.check(item)]


# --- What prevents it


def _problem(
    reason: str, message: str, *, certain: bool = True, account: Any = None, network: str | None = None
) -> Problem:
    return {
        "code": reason,
        "account": None if account is None else one_line(account),
        "network": None if network is None else one_line(network),
        "certain": certain,
        "message": message,
    }


def _missing_accounts(move: _Move, names: Iterable[str]) -> Iterator[Problem]:
    known = {account.get("name") for account in move.accounts}
    for name in names:
        if name not in known:
            message = f"The 1.x panel has no account {quoted(name)} on the servers whose accounts move."
            yield _problem("account_missing", message, account=name)


def _network_problems(move: _Move) -> Iterator[Problem]:
    for server, network in sorted(move.targets.items()):
        subject = f"Network {quoted(network)}"
        if network not in move.networks:
            message = f"{subject}, to which the accounts of server {quoted(server)} are to move, does not exist."
            yield _problem("network_missing", message, network=network)
            continue
        wanted, subnet = network_of(move.servers.get(server, {}).get("address")), move.subnet_of(network)
        if wanted is None or subnet is None:
            message = f"{subject}: check by hand that its subnet is that of server {quoted(server)}, "
            message += f"{wanted or 'which the 1.x panel does not show'}. The panels do not show both."
            yield _problem("subnet_unknown", message, certain=False, network=network)
        elif wanted != subnet:
            message = f"{subject} has the subnet {subnet}, but that of server {quoted(server)} is {wanted}."
            yield _problem("subnet_differs", message, network=network)
        hidden = [title for field, title in _GATEWAYS.items() if not move.networks[network].get(field)]
        if hidden:
            message = f"{subject}: check by hand that no account has its address for {', '.join(hidden)}, which the "
            message += "2.x panel does not show. By convention, they end in .1, .254 and .253."
            yield _problem("gateways_unknown", message, certain=False, network=network)


def _account_problems(move: _Move) -> Iterator[Problem]:
    for account, item in zip(move.accounts, move.items, strict=True):
        name, network = item.get("name", ""), item["network_name"]
        subject = f"Account {quoted(name)}"
        for text in _value_problems({"name": name, **item}):
            yield _problem("invalid_value", f"{subject} cannot be a client: {text}", account=name, network=network)
        if "password" not in item:
            message = f"{subject}: the 1.x panel did not return its password. Gather it with include_secrets."
            yield _problem("password_missing", message, account=name, network=network)
        if "ipv4" not in item:
            message = f"{subject}: the 1.x panel did not return its address, so the client would get another one."
            yield _problem("address_missing", message, account=name, network=network)
        else:
            yield from _address_problems(move, name, item["ipv4"], network)
        if account.get("allowed_ips_ipv6"):
            message = f"{subject} has an IPv6 address, which is not moved. Set it by hand if the network has IPv6."
            yield _problem("ipv6_not_moved", message, certain=False, account=name, network=network)


def _address_problems(move: _Move, name: Any, address: Any, network: str) -> Iterator[Problem]:
    subnet, own = move.subnet_of(network), interface_of(address)
    if subnet is None or own is None:
        return
    subject = f"Account {quoted(name)}: its address {own.ip}"
    problem = address_problem(own, subnet)
    if problem:
        yield _problem("address_outside", f"{subject} {problem}", account=name, network=network)
    shown = move.networks[network]
    for field, title in _GATEWAYS.items():
        held = interface_of(shown.get(field))
        if held is None and own.ip in _conventional_gateways(field, subnet):
            message = f"{subject} is by convention that of network {quoted(network)} itself for {title}. "
            message += "The 2.x panel does not show it: check it by hand."
            yield _problem("address_is_gateway", message, certain=False, account=name, network=network)
        elif held is not None and own.ip == held.ip:
            message = f"{subject} is that of network {quoted(network)} itself for {title}."
            yield _problem("address_is_gateway", message, account=name, network=network)


def _conventional_gateways(field: str, subnet: IPNetwork) -> set[Any]:
    """Return the likely addresses of a network for a protocol (contract: network, suggested_on_create).

    The convention is only known for networks of 256 addresses. In a larger one, .254 may also be the last address.
    """
    places = {"wireguard_ip": [1], "openvpn_ip": [254, -2], "ikev2_ip": [253, -3]}[field]
    return {subnet[place] for place in places if place < subnet.num_addresses and subnet.num_addresses > 4}


def _duplicates(move: _Move) -> Iterator[Problem]:
    for field in ("name", "username", "ipv4"):
        for value, number in Counter(item[field] for item in move.items if field in item).items():
            if number > 1:
                message = f"{number} accounts have the {field} {quoted(value)}, which only one client can have."
                yield _problem("duplicate", message, account=value if field == "name" else None)


def _conflicts(move: _Move) -> Iterator[Problem]:
    """Find clients of the 2.x panel that are others than those of the accounts, and what they already use."""
    users = {
        field: {client[field]: name for name, client in move.clients.items() if client.get(field)}
        for field in ("username", "ipv4")
    }
    for item in move.items:
        name, network, client = item.get("name", ""), item["network_name"], move.client_of(item)
        differences = _differences(item, client, (*_IDENTITY, "ipv4")) if client else []
        if differences:
            message = f"The 2.x panel has a client {quoted(name)} with another {' and '.join(differences)}."
            yield _problem("client_differs", message, account=name, network=network)
        for field, held in users.items():
            user = held.get(item.get(field), name)
            if user != name:
                message = f"Account {quoted(name)}: client {quoted(user)} of the 2.x panel has the same {field}."
                yield _problem("in_use", message, account=name, network=network)
    yield from _hidden_values(move)


def _hidden_values(move: _Move) -> Iterator[Problem]:
    own = {str(item.get("name")) for item in move.items}
    others = [client for name, client in move.clients.items() if name not in own]
    for field in ("username", "ipv4"):
        number = sum(field not in client for client in others)
        if number:
            message = f"The 2.x panel does not show the {field} of {number} of its clients. Check by hand that none of "
            message += "them has that of an account."
            yield _problem("clients_incomplete", message, certain=False)


def _license_problems(move: _Move, panel: Values) -> Iterator[Problem]:
    needed = sum(move.client_of(item) is None for item in move.items)
    system = panel.get("system")
    status = system.get("status") if isinstance(system, Mapping) else None
    status = status if isinstance(status, Mapping) else {}
    limit, used = status.get("accounts_limit"), status.get("accounts_used")
    if status.get("license_valid") is False:
        limit = min(limit or _UNLICENSED_SLOTS, _UNLICENSED_SLOTS)
    if limit is None:
        message = f"{needed} clients are to be created. Check by hand that the license of the 2.x panel allows them."
        if needed:
            yield _problem("license_unknown", message, certain=False)
        return
    free = max(0, limit - (len(move.clients) if used is None else used))
    if needed > free:
        message = f"{needed} clients are to be created, but {free} of {limit} slots in the license are free."
        yield _problem("license_slots", message)
