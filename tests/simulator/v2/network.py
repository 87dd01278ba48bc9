# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks, as far as they are read."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator

from ..site import Site
from ..state import PROTOCOLS
from ..wire import Keyed, PanelError, Record
from .operations import Operations

operations = Operations("network")


def gateways(server: Record) -> dict[str, str]:
    """Return the addresses of a network that are the panel's own, one per protocol."""
    interface = ipaddress.IPv4Interface(server["address"])
    last = interface.network.broadcast_address
    return {"wireguard_ip": str(interface.ip), "openvpn_ip": str(last - 1), "ikev2_ip": str(last - 2)}


def network_named(site: Site, name: str) -> Record:
    """Return a network as it is remembered."""
    if name not in site.panel.wireguard:
        raise PanelError("Network not found", code=404)
    return site.panel.wireguard[name]


def free_addresses(site: Site, server: Record) -> Iterator[str]:
    """Return the addresses of a network that a client can have."""
    own = set(gateways(server).values())
    return (address for address in site.panel.each_free_address(server["name"]) if address not in own)


def free_address(site: Site, server: Record) -> str:
    """Return one of them."""
    address = next(free_addresses(site, server), None)
    if address is None:
        raise PanelError("There is no free IP address in the network")
    return address


# How a network shows whether each protocol is on there.
FLAGS: dict[str, Callable[[dict[str, bool]], Record]] = {
    "flat": dict,
    "nested": lambda flags: {"protocols": flags},
    "enabled": lambda flags: {name: {"enabled": on, "mtu": 0} for name, on in flags.items()},
    "hidden": lambda _flags: {},
}


def _network(site: Site, server: Record) -> Record:
    return {
        "name": server["name"],
        "description": "",
        "subnet_ipv4": str(ipaddress.IPv4Interface(server["address"]).network),
        **gateways(server),
        "upstream": server["external_ip"],
        "vpn_domain": server["endpoint"],
        **{key: server[key] for key in ("dns_1", "dns_2", "b_download", "b_upload", "ipv6")},
        "client_to_client": server["internal_traffic"],
        "disable_nat": False,
        "clients_count": sum(1 for _peer in site.panel.peers(server["name"])),
        **FLAGS[site.options.protocol_flags]({protocol: protocol in server["protocols"] for protocol in PROTOCOLS}),
    }


@operations("GET", "/network")
def network_list(site: Site) -> list[Record] | Keyed:
    """Return all networks, in the order of their names."""
    rows = {name: _network(site, server) for name, server in sorted(site.panel.wireguard.items())}
    return Keyed(rows) if site.options.networks == "map" else list(rows.values())


@operations("GET", "/network/<name>", answers="Network")
def network_get(site: Site, name: str) -> Record:
    """Return a network."""
    return _network(site, network_named(site, name))


@operations("GET", "/network/<name>/available_ip")
def network_available_ip(site: Site, name: str) -> list[str] | str | Record:
    """Return the free addresses of a network, or one of them; those of the gateways are not free."""
    server = network_named(site, name)
    if site.options.available_ip == "list":
        return list(free_addresses(site, server))
    address = free_address(site, server)
    return address if site.options.available_ip == "single" else {"ip": address}
