# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The body of ``puqvpn_client_profile``: the profile of a client of a 2.x panel, as a file."""

from __future__ import annotations

from typing import Any, Mapping

from .._client import PanelClient
from .._endpoints import expand_path
from .._errors import ExchangeError, PuqVpnError, RefusedError
from .._file_writer import FileWriter
from .._objects.client import CLIENT, NETWORK
from .._panel.reader import read_existing
from .._profile.formats import CLIENT_FORMATS, profile_options
from .._profile.protocols import require_protocol
from .._profile.reply import content_of_reply
from .._profile.target import Target, warn_of_another_login
from .._schema import ArgumentSpec
from .._untrusted import quoted

OPTIONS: ArgumentSpec = profile_options(CLIENT_FORMATS)

# Errors of a panel that does not show the network, but may well answer the other requests.
_NOT_SHOWN = ("answer_wrong_object", "answer_wrong_type", "not_authorized", "unknown_operation")


def client_profile(options: Mapping[str, Any], client: PanelClient, files: FileWriter) -> dict[str, Any]:
    """Save a profile to a file: three reads, of the client, its network and the profile.

    :returns: ``changed``, ``dest``, ``format``, ``checksum``, ``size``, and ``diff``; in check mode a prediction
        as long as the client does not exist.
    :raises OptionError: with every problem of the options, before anything is sent.
    :raises PuqVpnError: ``protocol_disabled`` when the network does not offer the protocol.
    :raises ExchangeError: ``answer_wrong_type`` when the answer is not a profile.
    """
    target = Target.from_options(options, client, files, CLIENT_FORMATS)
    try:
        vpn_client = read_existing(client, CLIENT, {"name": target.name}) or {}
    except RefusedError as refused:
        if not client.check_mode or not refused.absent:
            raise
        client.assume(f"{CLIENT.label({'name': target.name})} exists")
        return target.prediction()
    network_name = vpn_client.get("network_name")
    if isinstance(network_name, str) and network_name:
        label = f"network {quoted(network_name)} of client {target.name}"
        require_protocol(_read_network(client, network_name), target.format.protocol, label)
    path = f"{expand_path(CLIENT.item_path, {'name': target.name})}/{target.format.operation}"
    content = client.read_reply(path, lambda reply: content_of_reply(reply, target.format.content, "client"))
    if target.label == "ikev2":
        warn_of_another_login(client, target.name, content, vpn_client, "client")
    return target.save(files, content)


def _read_network(client: PanelClient, name: str) -> dict[str, Any]:
    """Read a network; empty if its fields are not to be had.

    The panel may lack the operation, or the token the permission to read networks.
    """
    try:
        return read_existing(client, NETWORK, {"name": name}) or {}
    except PuqVpnError as error:
        if error.code == "panel_busy" or (isinstance(error, ExchangeError) and error.code not in _NOT_SHOWN):
            raise
        return {}
