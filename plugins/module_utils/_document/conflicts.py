# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What two objects cannot both have, and what is wrong between the items of a document whatever a panel holds."""

from __future__ import annotations

from typing import Any, Iterable, Iterator, Mapping, Protocol, Sequence, TypeVar

from .._networks import misplaced, network_of, network_order
from .._schema import Values
from .sections import ACCOUNTS, LISTS, PORT_FORWARDS, SERVERS, Document, Item, Problems, objects_of, refuse

UNIQUE = {
    SERVERS: ("interface_name", "listen_port"),
    ACCOUNTS: ("username", "allowed_ips", "allowed_ips_ipv6"),
}
"""By section, the fields whose value only one object can have."""

NETWORKS = ("address", "address_ipv6")
"""The fields of a server that hold its networks, of which no two share addresses."""


class Holder(Protocol):
    """Something that has values: an item, or an object as it will be."""

    @property
    def values(self) -> Values:
        """The values in normal form."""


T = TypeVar("T", bound=Holder)


def sharing(holders: Iterable[T], *names: str) -> Iterator[tuple[T, T]]:
    """Those that have the same values of all these fields as an earlier one, with the first one that has them."""
    owners: dict[tuple[Any, ...], T] = {}
    for one in holders:
        values = tuple(one.values.get(name) for name in names)
        # A panel may show anything, and what is no text or number is no value that could be meant.
        if all(isinstance(value, (str, int)) and value != "" for value in values):
            other = owners.setdefault(values, one)
            if other is not one:
                yield one, other


def overlapping(holders: Iterable[T], name: str) -> Iterator[tuple[T, T]]:
    """Those whose network in a field shares addresses with that of another one, with the other one."""
    networks = [(network_of(one.values.get(name)), one) for one in holders]
    # A network lies within another or beside it, so each is compared with the last one that lies within no other.
    known = sorted((one for one in networks if one[0] is not None), key=lambda one: network_order(one[0]))
    if known:
        outer, other = known[0]
        for network, one in known[1:]:
            if network.version == outer.version and network.subnet_of(outer):
                yield one, other
            else:
                outer, other = network, one


# --- The items of a document


def check_items(document: Document) -> None:
    """Refuse a document for what is wrong with it whatever a panel holds: in its items, and between them.

    Objects that must not exist are in nobody's way.

    :raises PuqVpnError: ``invalid_config`` with every problem.
    """
    problems = Problems(document.problems)
    items = {section: list(_distinct(document.items(section), problems)) for section in LISTS}
    servers, accounts, forwards = (items[section] for section in (SERVERS, ACCOUNTS, PORT_FORWARDS))
    for section, names in UNIQUE.items():
        for name in names:
            for item, other in sharing(_present(items[section]), name):
                problems.add(item, shared(name, item.values[name], other.label))
    # Two peers of one WireGuard interface cannot have the same key.
    for item, other in sharing(_present(accounts), "wg_name", "public_key"):
        problems.add(item, shared("public_key", item.values["public_key"], other.label))
    for name in NETWORKS:
        for item, other in overlapping(_present(servers), name):
            problems.add(item, shared_network(name, item.values[name], other.label))
    _check_places(accounts, servers, problems)
    _check_targets(forwards, accounts, servers, problems)
    refuse(problems)


def shared(name: str, value: Any, other: str) -> str:
    """The sentence for a value that another one has already."""
    return f"{name} {value} is also that of {other}."


def shared_network(name: str, address: Any, other: str) -> str:
    """The sentence for a network of which another one has a part."""
    return f"{name} {network_of(address)} shares addresses with {other}."


def _present(items: Iterable[Item]) -> Sequence[Item]:
    return [item for item in items if not item.absent]


def _distinct(items: Iterable[Item], problems: Problems) -> Iterator[Item]:
    """The items without those that are about the same object as an earlier one."""
    owners: dict[tuple[Any, ...], Item] = {}
    for item in items:
        names = objects_of(item.section).key(item.values)
        other = owners.setdefault((names, *(str(item.values[name]) for name in names)), item)
        if other is item:
            yield item
        else:
            problems.add(item, same_object(other))


def same_object(other: Item) -> str:
    """The sentence for an item that is about the same object as another one."""
    return f"is about the same {objects_of(other.section).title} as {other.place}."


def _by_name(items: Iterable[Item]) -> Mapping[Any, Item]:
    return {item.values["name"]: item for item in items if "name" in item.values}


def _check_places(accounts: Iterable[Item], servers: Iterable[Item], problems: Problems) -> None:
    """Find accounts that cannot be on their server, as far as the document says what that is."""
    display_name = _by_name(servers)
    for item in _present(accounts):
        server = display_name.get(item.values.get("wg_name"))
        if server is None:
            continue
        text = misplaced(item.values.get("allowed_ips"), server.values.get("address"))
        if server.absent:
            problems.add(item, removed("wg_name", server))
        elif text:
            problems.add(item, f"allowed_ips {item.values['allowed_ips']} {text}")


def _check_targets(
    forwards: Iterable[Item], accounts: Iterable[Item], servers: Iterable[Item], problems: Problems
) -> None:
    """Find port forwards that cannot lead to their account, as far as the document says what that is."""
    peers, display_name = _by_name(accounts), _by_name(servers)
    for item in _present(forwards):
        values = item.values
        server, peer = display_name.get(values["wg_name"]), peers.get(values.get("to_peer"))
        if server is not None and server.absent:
            problems.add(item, removed("wg_name", server))
        elif peer is not None and peer.absent:
            problems.add(item, removed("to_peer", peer))
        elif peer is not None and peer.values.get("wg_name", values["wg_name"]) != values["wg_name"]:
            problems.add(item, no_peer(values))
        elif server is not None and values["dst_port"] == server.values.get("listen_port"):
            problems.add(item, own_port(values))


def removed(name: str, parent: Item) -> str:
    """The sentence for an item that needs what the document removes."""
    return f"{name} {parent.name} is to be removed, see {parent.place}."


def no_peer(values: Values) -> str:
    """The sentence for a port forward that leads to no account of its server."""
    return f"to_peer {values.get('to_peer')} is no account of {values['wg_name']}."


def own_port(values: Values) -> str:
    """The sentence for a port forward from the port of its own server."""
    return f"dst_port {values['dst_port']} is the port that {values['wg_name']} itself listens on."
