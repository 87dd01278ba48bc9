# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which protocols a 2.x network offers, as far as a panel shows it."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Iterator, Mapping

from .._client import PanelClient
from .._compare import as_switch
from .._errors import ExchangeError, PuqVpnError
from .._objects.client import NETWORK
from .._panel.reader import PanelReader, read_existing
from .._schema import Values
from .._untrusted import quoted

# Spelled as their vendors do.
_TITLES = {"wireguard": "WireGuard", "amneziawg": "AmneziaWG", "openvpn": "OpenVPN", "ikev2": "IKEv2"}
_WORDS = {"enable": True, "enabled": True, "active": True, "disable": False, "disabled": False, "inactive": False}
_SWITCHES = ("enabled", "enable", "active")

# Errors of a panel that does not show the network, but may well answer the other requests.
_NOT_SHOWN = ("answer_wrong_object", "answer_wrong_type", "not_authorized", "unknown_operation")


def read_network(client: PanelClient, name: str) -> dict[str, Any]:
    """Read a network; empty if its fields are not to be had.

    The panel may lack the operation, or the token the permission to read networks.
    """
    try:
        return read_existing(client, NETWORK, {"name": name}) or {}
    except PuqVpnError as error:
        if not _may_hide_network(error):
            raise
        return {}


def _may_hide_network(error: PuqVpnError) -> bool:
    """Return whether a panel may refuse to show a network like this, and answer other requests."""
    return error.code != "panel_busy" and (not isinstance(error, ExchangeError) or error.code in _NOT_SHOWN)


class ListedNetworks:
    """The networks of a panel from one read of their list. What the list does not show is read alone, once."""

    def __init__(self, reader: PanelReader) -> None:
        self._reader = reader
        self._alone: dict[str, dict[str, Any]] = {}

    def require_protocol(self, owner: Values, protocol: str, client_name: str) -> None:
        """As :func:`require_protocol`, for the network that a client shows."""
        name = owner.get("network_name")
        if not isinstance(name, str) or not name:
            return
        network = self._listed.get(name, {})
        if self._listed and is_offered(network, protocol) is None:
            if name not in self._alone:
                self._alone[name] = read_network(self._reader.client, name)
            network = self._alone[name]
        require_protocol(network, protocol, name, client_name)

    @cached_property
    def _listed(self) -> dict[str, dict[str, Any]]:
        """The networks by name; empty if the panel does not list them."""
        try:
            return {str(network.get("name")): network for network in self._reader.listed(NETWORK.list_path)}
        except PuqVpnError as error:
            if not _may_hide_network(error):
                raise
            return {}


def require_protocol(network: Values, protocol: str, network_name: str, client_name: str) -> None:
    """Refuse to ask for the configuration of a protocol that the network of a client does not offer.

    :raises PuqVpnError: ``protocol_disabled``; never if the network does not show its protocols.
    """
    if is_offered(network, protocol) is False:
        title = _TITLES[protocol]
        raise PuqVpnError(
            "protocol_disabled",
            f"network {quoted(network_name)} of client {client_name} does not offer {title}",
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
