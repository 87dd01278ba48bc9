# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses and the networks that they are in, as documents and panels write them."""

from __future__ import annotations

import ipaddress
from typing import Any


def interface_of(text: str) -> Any:
    """An address with or without a prefix; None when it is none."""
    try:
        return ipaddress.ip_interface(text)
    except ValueError:
        return None


def network_of(address: Any) -> Any:
    """The network of an interface; None where it is none."""
    interface = interface_of(str(address or ""))
    return None if interface is None else interface.network


def network_order(network: Any) -> tuple[int, int, int]:
    """What networks are sorted by: one that holds others stands before them."""
    return network.version, int(network.network_address), network.prefixlen


def is_host(address: Any, network: Any) -> bool:
    """False for the first and the last address of an IPv4 network, which stand for itself and for all of its hosts."""
    edges = (network.network_address, network.broadcast_address) if network.version == 4 else ()
    return network.num_addresses <= 2 or address not in edges


def misplaced(address: Any, server: Any) -> str:
    """Why an account of a server cannot have an address; empty when it can, or when that cannot be told."""
    network, host = network_of(server), interface_of(str(address or ""))
    if network is None or host is None or network.version != 4:
        return ""
    if host.ip not in network:
        return f"is not within the range of its server, {network}."
    if str(host.ip) == str(server).split("/", maxsplit=1)[0]:
        return "is that of its server."
    return "" if is_host(host.ip, network) else f"is no address of a host in {network}."
