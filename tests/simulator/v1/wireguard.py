# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""WireGuard servers and their port forwards."""

from __future__ import annotations

from ..site import Site
from ..state import network_of
from ..wire import (
    Field,
    Form,
    PanelError,
    Record,
    choice,
    integer,
    interface_address,
    interface_address_ipv6,
    ipv4,
    ipv6,
    matching,
    number_text,
    read,
    require,
    switch,
    text,
    wireguard_key,
)
from .account import account_on_wire
from .collection import Collection, collection
from .operations import Operations

operations = Operations(rebuild=True)

SETTINGS = {
    "private_key": Field(wireguard_key, "Keys are invalid"),
    "public_key": Field(wireguard_key, "Keys are invalid"),
    # Documented from 51820 on for creation, while the example of the update goes below.
    "listen_port": Field(integer(1, 65535), "Wrong Port format"),
    "external_ip": Field(ipv4, "Wrong external IP format"),
    "address": Field(interface_address, "IP address or subnet already in use"),
    "dns_1": Field(ipv4, "Wrong DNS1 IP format"),
    "dns_2": Field(ipv4, "Wrong DNS2 IP format"),
    "mtu": Field(integer(0, 9100)),
    "keep_alive": Field(integer(0, 2147483647)),
    "allowed_ips": Field(text),
    "endpoint": Field(text),
    "internal_traffic": Field(switch),
    "ipv6": Field(switch),
    "address_ipv6": Field(interface_address_ipv6),
    "dns_1_ipv6": Field(ipv6),
    "dns_2_ipv6": Field(ipv6),
    "b_download": Field(integer(0, 10000)),
    "b_upload": Field(integer(0, 10000)),
    "ikev2": Field(switch),
}

NEW = {
    "interface_name": Field(matching(r"wg[0-9]+"), "Wrong network interface name (wgXXX)"),
    "name": Field(matching(r"[A-Za-z0-9_-]+"), "Wrong name (only letters, numbers and '_', '-')"),
    **SETTINGS,
    "listen_port": Field(integer(51820, 65535), "Wrong Port format"),
}

FORWARD = {
    "protocol": Field(choice("tcp", "udp"), "Protocol must be tcp or udp"),
    "dst_port": Field(integer(1, 65535), "DST port must be within 1-65535"),
    "to_port": Field(integer(1, 65535), "To port must be within 1-65535"),
    "to_peer": Field(text),
}

FORWARD_PATH = {
    "protocol": Field(choice("tcp", "udp"), "Incorrect protocol parameter (tcp|udp)"),
    "dst_port": Field(integer(1, 65535), "Incorrect dst_port parameter"),
}

SHOWN = [
    "address",
    "dns_1",
    "dns_2",
    "external_ip",
    "ikev2",
    "interface_name",
    "internal_traffic",
    "keep_alive",
    "name",
    "private_key",
    "public_key",
]
WRITE_ONLY = ["mtu", "allowed_ips", "endpoint", "ipv6", "address_ipv6", "dns_1_ipv6", "dns_2_ipv6"]


def server_on_wire(site: Site, server: Record) -> Record:
    """Return a server as replies show it."""
    shown = [*SHOWN, *WRITE_ONLY] if site.options.echo_write_only else SHOWN
    numbers = {key: number_text(server[key]) for key in ("b_download", "b_upload", "listen_port")}
    return {**{key: server[key] for key in shown}, **numbers}


@operations("GET", "/wireguard/info")
def wireguard_info(site: Site, form: Form) -> Record:
    """List the installed packages."""
    return {
        "wireguard": "1.0.20210223-1",
        "wireguard-dkms": "1.0.20210219-1",
        "wireguard-tools": "1.0.20210223-1",
    }


@operations("GET", "/wireguard")
def wireguard_list(site: Site, form: Form) -> Collection:
    """Return all servers."""
    servers = {name: server_on_wire(site, server) for name, server in site.panel.wireguard.items()}
    return collection(site, servers, keyed=True)


@operations("POST", "/wireguard")
def wireguard_create(site: Site, form: Form) -> Record:
    """Create a server."""
    return server_on_wire(site, site.panel.add_server(read(form, NEW)))


@operations("PUT", "/wireguard/<name>")
def wireguard_update(site: Site, form: Form, name: str) -> Record:
    """Change a server."""
    site.panel.server(name)
    return server_on_wire(site, site.panel.change_server(name, read(form, SETTINGS)))


@operations("DELETE", "/wireguard/<name>")
def wireguard_delete(site: Site, form: Form, name: str) -> str:
    """Remove a server."""
    site.panel.remove_server(name)
    return "success"


@operations("GET", "/wireguard/<name>")
def wireguard_get(site: Site, form: Form, name: str) -> Record:
    """Return a server."""
    return server_on_wire(site, site.panel.server(name))


@operations("GET", "/wireguard/<name>/peers")
def wireguard_peers(site: Site, form: Form, name: str) -> Collection:
    """Return the accounts of a server."""
    peers = {account["name"]: account_on_wire(site, account) for account in site.panel.peers(name)}
    return collection(site, peers, keyed=True)


@operations("GET", "/wireguard/<name>/port_forward", ("GET", "/wireguard/<name>/port_forwarding"))
def port_forward_list(site: Site, form: Form, name: str) -> Collection:
    """Return the port forwards of a server."""
    site.panel.server(name)
    return collection(site, site.panel.port_forwards[name], keyed=True)


@operations(
    "POST",
    "/wireguard/<name>/port_forwarding",
    ("POST", "/wireguard/<name>/port_forward"),
    ("POST", "/port_forward"),
)
def port_forward_create(site: Site, form: Form, name: str = "") -> Record:
    """Forward a port to an account."""
    if not name:  # The short spelling leaves it to the account to say which server is meant.
        name = site.panel.accounts.get(form.get("to_peer", ""), {}).get("wg_name", "")
    server = site.panel.server(name)
    forward = require(form, FORWARD)
    if forward["dst_port"] == server["listen_port"]:
        raise PanelError("DstPort cannot be ListenPort")
    key = f"{forward['dst_port']}_{forward['protocol']}"
    if key in site.panel.port_forwards[name]:
        raise PanelError("DST port and protocol are already enabled")
    if site.panel.accounts.get(forward["to_peer"], {}).get("wg_name") != name:
        raise PanelError("Entered incorrect peer")
    site.panel.port_forwards[name][key] = forward
    return forward


@operations(
    "DELETE",
    "/wireguard/<name>/port_forwarding/<dst_port>/<protocol>",
    ("DELETE", "/wireguard/<name>/port_forward/<dst_port>/<protocol>"),
    ("DELETE", "/port_forward/<dst_port>/<protocol>"),
)
def port_forward_delete(site: Site, form: Form, dst_port: str, protocol: str, name: str = "") -> str:
    """Remove a port forward."""
    path = require({"dst_port": dst_port, "protocol": protocol}, FORWARD_PATH)
    key = f"{path['dst_port']}_{path['protocol']}"
    forwards = site.panel.port_forwards
    if not name:
        name = next((server for server, keys in forwards.items() if key in keys), next(iter(forwards), ""))
    site.panel.server(name)
    if key not in forwards[name]:
        raise PanelError("There is no such port forwarding", code=404)
    del forwards[name][key]
    return "success"


@operations("GET", "/wireguard/<name>/firewall_nat_rules")
def wireguard_firewall_nat_rules(site: Site, form: Form, name: str) -> str:
    """Return the live NAT rule."""
    server = site.panel.server(name)
    return f"{network_of(server['address'])} -> 0.0.0.0/0 SNAT to:{server['external_ip']} Pkt:0 Bytes:0\n"


@operations("GET", "/wireguard/<name>/firewall_filter_rules")
def wireguard_firewall_filter_rules(site: Site, form: Form, name: str) -> str:
    """Return the live filter rule between clients of the server."""
    server = site.panel.server(name)
    clients = network_of(server["address"])
    return f"{clients} -> {clients} {'ACCEPT' if server['internal_traffic'] else 'DROP'}  Pkt:0 Bytes:0\n"


@operations("GET", "/wireguard/<name>/traffic_control")
def wireguard_traffic_control(site: Site, form: Form, name: str) -> str:
    """Return the queue of the interface."""
    site.panel.server(name)
    return (
        "qdisc htb 1: root refcnt 2 r2q 10 default 0 direct_packets_stat 0 direct_qlen 1000\n"
        " Sent 0 bytes 0 pkt (dropped 0, overlimits 0 requeues 0) \n backlog 0b 0p requeues 0\n"
    )


@operations("GET", "/wireguard/<name>/dump")
def wireguard_dump(site: Site, form: Form, name: str) -> Record:
    """Return what the interface itself says."""
    server = site.panel.server(name)
    return {"port": number_text(server["listen_port"]), "public_key": server["public_key"]}


@operations("GET", "/wireguard/<name>/available_ips")
def wireguard_available_ips(site: Site, form: Form, name: str) -> list[str]:
    """Return the free addresses."""
    return site.panel.free_addresses(name)


@operations("PUT", "/wireguard/<name>/set_bandwidth", ("GET", "/wireguard/<name>/set_bandwidth"))
def wireguard_set_bandwidth(site: Site, form: Form, name: str) -> str:
    """Give the accounts of a server its bandwidth."""
    site.panel.spread_bandwidth(name)
    return ""


@operations("GET", "/wireguard/online")
def wireguard_online(site: Site, form: Form) -> list[Record]:
    """Return the sessions."""
    numbers = ("b_download", "b_upload", "transfer_rx", "transfer_tx")
    return [
        {**session, **{key: number_text(session[key]) for key in numbers}} for session in site.panel.wireguard_online
    ]
