# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which protocols a 2.x network offers, as far as a panel shows it."""

from __future__ import annotations

from typing import Any, Iterator, Mapping

from .._compare import as_switch
from .._errors import PuqVpnError

# Spelled as their vendors do.
_TITLES = {"wireguard": "WireGuard", "amneziawg": "AmneziaWG", "openvpn": "OpenVPN", "ikev2": "IKEv2"}
_WORDS = {"enable": True, "enabled": True, "active": True, "disable": False, "disabled": False, "inactive": False}
_SWITCHES = ("enabled", "enable", "active")


def require_protocol(network: Mapping[str, Any], protocol: str, label: str) -> None:
    """Refuse to ask for the configuration of a protocol that the network does not offer.

    ``label`` names the network and the client.

    :raises PuqVpnError: ``protocol_disabled``; never if the network does not show its protocols.
    """
    if is_offered(network, protocol) is False:
        title = _TITLES[protocol]
        raise PuqVpnError(
            "protocol_disabled",
            f"{label} does not offer {title}",
            hint=f"Enable {title} in the panel under Networks, or choose another format.",
        )


def is_offered(network: Mapping[str, Any], protocol: str) -> bool | None:
    """Return whether a network offers a protocol; None if it does not say, or contradicts itself.

    The names of the flags are not documented, so every likely form is read: ``wireguard: true``,
    ``wireguard: {enabled: true}``, ``wireguard_enabled: true``, ``enable_wireguard: true``,
    ``protocols: {wireguard: true}`` and ``protocols: [wireguard]``.
    """
    fields = _folded(network)
    found = {_flag(fields.get(name)) for name in (protocol, f"{protocol}_enabled", f"enable_{protocol}")}
    found |= set(_of_protocols(fields.get("protocols"), protocol))
    found.discard(None)
    return found.pop() if len(found) == 1 else None


def _of_protocols(protocols: Any, protocol: str) -> Iterator[bool | None]:
    if isinstance(protocols, dict):
        yield _flag(_folded(protocols).get(protocol))
    elif isinstance(protocols, list):
        names = [name.strip().casefold() for name in protocols if isinstance(name, str)]
        # A list of other things, or an empty one, says nothing about this protocol.
        if names and len(names) == len(protocols) and set(names) <= _TITLES.keys():
            yield protocol in names


def _flag(value: Any) -> bool | None:
    if isinstance(value, dict):
        fields = _folded(value)
        flags = {_flag(fields[name]) for name in _SWITCHES if name in fields and not isinstance(fields[name], dict)}
        flags.discard(None)
        return flags.pop() if len(flags) == 1 else None
    word = _WORDS.get(value.strip().casefold()) if isinstance(value, str) else None
    return as_switch(value) if word is None else word


def _folded(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name.casefold(): value for name, value in fields.items()}
