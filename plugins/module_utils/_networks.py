# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""IP addresses and networks, as documents and panels write them."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import Iterable, Union

IPAddress = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]
IPNetwork = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]
IPInterface = Union[ipaddress.IPv4Interface, ipaddress.IPv6Interface]


# The short spelling of an IPv4 address, alone or with the prefix of a single address.
_BYTE = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_SHORT_IPV4 = re.compile(rf"({_BYTE}(?:\.{_BYTE}){{3}})(?:/32)?")


def short_ipv4(text: str) -> str | None:
    """Return the IPv4 address that a text consists of; None also for other spellings that ``ipaddress`` may know.

    Most addresses are written like this, and ``ipaddress`` takes twenty times as long.
    """
    match = _SHORT_IPV4.fullmatch(text)
    return match.group(1) if match else None


def interface_of(address: object) -> IPInterface | None:
    """Return an address with or without a prefix; None for anything else."""
    try:
        return ipaddress.ip_interface(str(address or ""))
    except ValueError:
        return None


# The address of a server is looked at again for each of its accounts, which would take most of the time of that check.
_recent_interface = lru_cache(maxsize=64)(interface_of)


def _interface_of_server(address: object) -> IPInterface | None:
    # A panel may show anything, and nothing long is kept.
    return _recent_interface(address) if isinstance(address, str) and len(address) <= 64 else interface_of(address)


def network_of(address: object) -> IPNetwork | None:
    """Return the network of an address; None for anything else."""
    interface = interface_of(address)
    return None if interface is None else interface.network


def network_order(network: IPNetwork) -> tuple[int, int, int]:
    """Return a sort key that places a network before those within it."""
    return network.version, int(network.network_address), network.prefixlen


def is_within(network: IPNetwork, outer: IPNetwork) -> bool:
    """Return whether a network is a part of another one."""
    return network.prefixlen >= outer.prefixlen and network.network_address in outer


def is_host(address: IPAddress, network: IPNetwork) -> bool:
    """Return False for the network and the broadcast address of an IPv4 network."""
    edges = (network.network_address, network.broadcast_address) if network.version == 4 else ()
    return network.num_addresses <= 2 or address not in edges


OWN_ADDRESS = "is the address of its server."


def address_problem(address: object, server: object, own_addresses: Iterable[object] = ()) -> str:
    """Return why an object cannot have an address in the network of a server; empty if it can, or if unknown.

    ``server`` is the address of the server with the prefix of its network, or the network alone with its
    ``own_addresses``.
    """
    own, host = _interface_of_server(server), interface_of(address)
    if own is None or host is None or own.version != 4:
        return ""
    network = own.network
    if host.ip not in network:
        return f"is outside the network {network}."
    if not is_host(host.ip, network):
        return f"is not a host address in {network}."
    interfaces = map(_interface_of_server, [server, *own_addresses])
    is_own = host.ip in (interface.ip for interface in interfaces if interface)
    return OWN_ADDRESS if is_own else ""
