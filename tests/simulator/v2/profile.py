# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What clients are handed: configurations, profiles and pictures of them, in each form that a reply may have."""

from __future__ import annotations

import base64
import ipaddress
import json
import uuid
from collections.abc import Callable
from typing import Any

from werkzeug import Response

from .. import material
from ..initial import HOSTNAME
from ..site import Site
from ..wire import Keyed, PanelError, Record
from .client import client_named
from .operations import Operations

operations = Operations("client")

MTU = 1420
KEEPALIVE = 25
OPENVPN_PORT = 1194
OBFUSCATION = {
    "Jc": 4,
    "Jmin": 40,
    "Jmax": 70,
    "S1": 15,
    "S2": 20,
    "H1": 1148412411,
    "H2": 1937592110,
    "H3": 1420931045,
    "H4": 1715324601,
}
LABELS = {"wireguard": "WireGuard", "amneziawg": "AmneziaWG", "openvpn": "OpenVPN", "ikev2": "IKEv2"}

# Forms of a reply -----------------------------------------------------------------------------------------------------


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


# A profile and its content type to the payload, or to a whole answer. The members of an object are no fields of the
# panel's, so that no undocumented one comes between them.
TEXTS: dict[str, Callable[[str, str], Any]] = {
    "text": lambda text, _type: text,
    "object": lambda text, _type: Keyed(config=text),
    "raw": lambda text, content_type: Response(text, mimetype=content_type),
    "base64": lambda text, _type: _encoded(text),
}
PICTURES: dict[str, Callable[[str], Any]] = {
    "text": lambda picture: picture,
    "object": lambda picture: Keyed(qr=picture),
    "raw": lambda picture: Response(base64.b64decode(picture), mimetype="image/png"),
    "base64": lambda picture: f"data:image/png;base64,{picture}",
}


def _text(site: Site, text: str, content_type: str = "text/plain") -> Any:
    return TEXTS[site.options.profile_reply](text, content_type)


def _picture(site: Site, text: str) -> Any:
    return PICTURES[site.options.profile_reply](material.qr_code(text))


# WireGuard and AmneziaWG ----------------------------------------------------------------------------------------------


def _client_over(site: Site, name: str, protocol: str) -> tuple[Record, Record]:
    """Return a client and its network, on which the protocol must be on."""
    account = client_named(site, name)
    server = site.panel.server_of(account)
    if protocol not in server["protocols"]:
        raise PanelError(f"{LABELS[protocol]} is not enabled on the network {server['name']}")
    return account, server


def _remote(server: Record) -> str:
    return str(server["endpoint"] or server["external_ip"])


def _configuration(account: Record, server: Record, port: int, keys: tuple[str, str], more: Record) -> str:
    """Return a configuration as the panel writes it: a tab before each line."""
    private_key, public_key = keys
    prefix = ipaddress.IPv4Interface(server["address"]).network.prefixlen
    interface = {
        "Address": f"{account['allowed_IPs']}/{prefix}",
        "DNS": f"{server['dns_1']},{server['dns_2']}",
        "MTU": server["mtu"] or MTU,
        "PrivateKey": private_key,
        **more,
    }
    peer = {
        "PersistentKeepalive": server["keep_alive"] or KEEPALIVE,
        "Endpoint": f"{_remote(server)}:{port}",
        "PublicKey": public_key,
        "AllowedIPs": server["allowed_ips"] or "0.0.0.0/0",
    }
    sections = [("Interface", interface), ("Peer", peer)]
    return "\n".join(
        f"\t[{title}]\n" + "".join(f"\t{key} = {value}\n" for key, value in values.items())
        for title, values in sections
    )


def _wireguard(site: Site, name: str) -> str:
    account, server = _client_over(site, name, "wireguard")
    keys = account["private_key"], server["public_key"]
    return _configuration(account, server, server["listen_port"], keys, {})


def _amneziawg(site: Site, name: str) -> str:
    account, server = _client_over(site, name, "amneziawg")
    # Pairs of their own, which the memory need not hold: they follow from those of WireGuard.
    keys = material.derived_key_pair(account["private_key"])[0], material.derived_key_pair(server["private_key"])[1]
    return _configuration(account, server, server["listen_port"] + 1000, keys, OBFUSCATION)


@operations("GET", "/client/<name>/config/text")
@operations("GET", "/client/<name>/wireguard")
def client_config_text(site: Site, name: str) -> Any:
    """Return the WireGuard configuration."""
    return _text(site, _wireguard(site, name))


@operations("GET", "/client/<name>/config/qr")
def client_config_qr(site: Site, name: str) -> Any:
    """Return the WireGuard configuration as a picture."""
    return _picture(site, _wireguard(site, name))


@operations("GET", "/client/<name>/amneziawg/config")
def client_amneziawg_config(site: Site, name: str) -> Any:
    """Return the AmneziaWG configuration."""
    return _text(site, _amneziawg(site, name))


@operations("GET", "/client/<name>/amneziawg/qr")
def client_amneziawg_qr(site: Site, name: str) -> Any:
    """Return the AmneziaWG configuration as a picture."""
    return _picture(site, _amneziawg(site, name))


# OpenVPN and IKEv2 ----------------------------------------------------------------------------------------------------


@operations("GET", "/client/<name>/openvpn/profile")
def client_openvpn_profile(site: Site, name: str) -> Any:
    """Return the OpenVPN profile, with certificates and keys in it."""
    account, server = _client_over(site, name, "openvpn")
    certificate, key = material.vpn_client_certificate(account["username"])
    lines = (
        "client",
        "dev tun",
        "proto udp",
        f"remote {_remote(server)} {OPENVPN_PORT}",
        "resolv-retry infinite",
        "nobind",
        "persist-key",
        "persist-tun",
        "cipher AES-256-GCM",
        "auth SHA256",
        "compress lz4-v2",
        "key-direction 1",
        "verb 3",
        "auth-user-pass",
        "",
    )
    blocks = {
        "ca": material.vpn_authority()[0],
        "cert": certificate,
        "key": key,
        "tls-auth": material.openvpn_static_key(),
    }
    embedded = "".join(f"<{tag}>\n{text.strip()}\n</{tag}>\n" for tag, text in blocks.items())
    return _text(site, "\n".join(lines) + "\n" + embedded, "application/x-openvpn-profile")


@operations("GET", "/client/<name>/ikev2/profile")
def client_ikev2_profile(site: Site, name: str) -> Any:
    """Return the IKEv2 profile, each time under another identity."""
    account, server = _client_over(site, name, "ikev2")
    domain = server["endpoint"] or HOSTNAME
    certificate = site.panel.ikev2["ca_cert"] or material.vpn_authority()[0]
    profile = Keyed(
        uuid=str(uuid.uuid4()),
        name=domain,
        type="ikev2-eap",
        remote=Keyed(addr=domain, id=domain, cert=material.one_line_of_der(certificate)),
        local=Keyed(eap_id=account["username"]),
    )
    if site.options.ikev2_profile == "json" and site.options.profile_reply in ("text", "object"):
        return profile if site.options.profile_reply == "text" else Keyed(config=profile)
    return _text(site, json.dumps(profile), "application/json")
