# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What two objects cannot share, and the conflicts between the items of a document, whatever the panel holds."""

from __future__ import annotations

from typing import Any, Iterable, Iterator, Mapping, Protocol, TypeVar

from .._networks import IPNetwork, address_problem, is_within, network_of, network_order
from .._schema import Values
from .parse import Document
from .problems import Problems
from .sections import ACCOUNTS, LISTS, PORT_FORWARDS, SERVERS, Item, ListSection


class HasValues(Protocol):
    """An item, or an object after the plan."""

    @property
    def values(self) -> Values:
        """The values in normal form."""


T = TypeVar("T", bound=HasValues)


def duplicates(objects: Iterable[T], *names: str) -> Iterator[tuple[T, T]]:
    """Yield the objects whose values of all these fields an earlier one has, with the first one that has them."""
    owners: dict[tuple[Any, ...], T] = {}
    for candidate in objects:
        values = []
        for name in names:
            value = candidate.values.get(name)
            # A panel may show anything, and only texts and numbers are meaningful values.
            if value is None or value == "" or not isinstance(value, (str, int)):
                break
            values.append(value)
        else:
            owner = owners.setdefault(tuple(values), candidate)
            if owner is not candidate:
                yield candidate, owner


def overlapping(objects: Iterable[T], name: str) -> Iterator[tuple[T, T]]:
    """Yield the objects whose network in a field overlaps that of another one, with the other one."""
    networks: list[tuple[IPNetwork, T]] = []
    for candidate in objects:
        network = network_of(candidate.values.get(name))
        if network is not None:
            networks.append((network, candidate))
    # A network is within another or beside it, so each is compared with the last one that is not within another.
    networks.sort(key=lambda pair: network_order(pair[0]))
    outer: tuple[IPNetwork, T] | None = None
    for network, candidate in networks:
        if outer is not None and is_within(network, outer[0]):
            yield candidate, outer[1]
        else:
            outer = network, candidate


# --- The items of a document


def check_items(document: Document) -> None:
    """Refuse a document for the problems that it has whatever the panel holds: in its items, and between them.

    Objects that must not exist conflict with nothing.

    :raises PuqVpnError: ``invalid_config`` with every problem.
    """
    problems = Problems(document.problems)
    items = {section: list(_distinct(section, document.items(section), problems)) for section in LISTS}
    servers, accounts = items[SERVERS], items[ACCOUNTS]
    present = {section: [item for item in items[section] if not item.absent] for section in LISTS}
    for section in LISTS:
        for name in section.kind.unique:
            for item, other in duplicates(present[section], name):
                problems.add(item, already_used(name, item.values[name], other.label))
    # Two peers of a WireGuard interface cannot have the same key.
    for item, other in duplicates(present[ACCOUNTS], "wg_name", "public_key"):
        problems.add(item, already_used("public_key", item.values["public_key"], other.label))
    for name in SERVERS.kind.networks:
        for item, other in overlapping(present[SERVERS], name):
            problems.add(item, network_overlaps(name, item.values[name], other.label))
    _check_servers_of_accounts(present[ACCOUNTS], servers, problems)
    _check_targets_of_forwards(present[PORT_FORWARDS], accounts, servers, problems)
    problems.raise_if_any()


def already_used(name: str, value: Any, other: str) -> str:
    """Return the sentence for a value that another object has already."""
    return f"{name} {value} is already used by {other}."


def network_overlaps(name: str, address: Any, other: str) -> str:
    """Return the sentence for a network that overlaps that of another server."""
    return f"{name} {network_of(address)} overlaps the network of {other}."


def _distinct(section: ListSection, items: Iterable[Item], problems: Problems) -> Iterator[Item]:
    """Yield the items without those that are about the same object as an earlier one."""
    owners: dict[tuple[Any, ...], Item] = {}
    for item in items:
        names = section.kind.key(item.values)
        other = owners.setdefault((names, *[str(item.values[name]) for name in names]), item)
        if other is item:
            yield item
        else:
            problems.add(item, same_object(other))


def same_object(other: Item) -> str:
    """Return the sentence for an item that is about the same object as another one."""
    return f"is the same {other.section.kind.title} as {other.location}."


def _by_name(items: Iterable[Item]) -> Mapping[Any, Item]:
    return {item.values["name"]: item for item in items if "name" in item.values}


def _check_servers_of_accounts(accounts: Iterable[Item], servers: Iterable[Item], problems: Problems) -> None:
    """Find accounts that cannot be on their server, as far as the document describes it."""
    by_name = _by_name(servers)
    for item in accounts:
        server = by_name.get(item.values.get("wg_name"))
        if server is None:
            continue
        text = address_problem(item.values.get("allowed_ips"), server.values.get("address"))
        if server.absent:
            problems.add(item, _removed("wg_name", server))
        elif text:
            problems.add(item, f"allowed_ips {item.values['allowed_ips']} {text}")


def _check_targets_of_forwards(
    forwards: Iterable[Item], accounts: Iterable[Item], servers: Iterable[Item], problems: Problems
) -> None:
    """Find port forwards that cannot lead to their account, as far as the document describes it.

    Those to an account that is removed since it is expired end with it, see :func:`.expiry.end_with_target`.
    """
    accounts_by_name, servers_by_name = _by_name(accounts), _by_name(servers)
    for item in forwards:
        values = item.values
        server, account = servers_by_name.get(values["wg_name"]), accounts_by_name.get(values.get("to_peer"))
        if server is not None and server.absent:
            problems.add(item, _removed("wg_name", server))
        elif account is not None and account.absent and not account.reason:
            problems.add(item, _removed("to_peer", account))
        elif account is not None and account.values.get("wg_name", values["wg_name"]) != values["wg_name"]:
            problems.add(item, not_an_account(values))
        elif server is not None and values["dst_port"] == server.values.get("listen_port"):
            problems.add(item, own_port(values))


def _removed(name: str, parent: Item) -> str:
    return f"{name} {parent.name} is removed by {parent.location}."


def not_an_account(forward: Values) -> str:
    """Return the sentence for a port forward to something that is not an account of its server."""
    return f"to_peer {forward.get('to_peer')} is not an account of {forward['wg_name']}."


def own_port(forward: Values) -> str:
    """Return the sentence for a port forward from the port of its own server."""
    return f"dst_port {forward['dst_port']} is the listen_port of {forward['wg_name']} itself."
