# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The body of ``puqvpn_client_profile``: the profile of a client of a 2.x panel, as the content of a file."""

from __future__ import annotations

from typing import Any, Mapping

from .._client import PanelClient
from .._endpoints import expand_path
from .._errors import RefusedError
from .._panel.clients import network_name_of, read_client, read_network
from .._profile.formats import CLIENT_FORMATS, profile_options
from .._profile.protocols import require_protocol
from .._profile.reply import content_of_reply
from .._profile.target import Target, warn_of_another_login
from .._schema import ArgumentSpec
from .._untrusted import quoted

OPTIONS: ArgumentSpec = profile_options(CLIENT_FORMATS)


def client_profile(options: Mapping[str, Any], client: PanelClient) -> dict[str, Any]:
    """Read a profile and compare it with the file: three reads, of the client, its network and the profile.

    :returns: ``changed``, ``dest``, ``format``, ``checksum``, ``size``, ``diff`` and ``content``; no content in check
        mode as long as the client does not exist.
    :raises OptionError: with every problem of the options, before anything is sent.
    :raises PuqVpnError: ``protocol_disabled`` when the network does not offer the protocol.
    :raises ExchangeError: ``answer_wrong_type`` when the answer is not a profile.
    """
    target = Target.from_options(options, client, CLIENT_FORMATS)
    try:
        vpn_client = read_client(client, target.name)
    except RefusedError as refused:
        if not client.check_mode or not refused.absent:
            raise
        client.assume(f"client {target.name} exists")
        return target.prediction()
    network_name = network_name_of(vpn_client)
    network = read_network(client, network_name) if network_name else None
    if network is not None:
        label = f"network {quoted(network_name)} of client {target.name}"
        require_protocol(network, target.format.protocol, label)
    path = f"{expand_path('client/{name}', {'name': target.name})}/{target.format.operation}"
    content = client.read_reply(path, lambda reply: content_of_reply(reply, target.format.content, "client"))
    if target.label == "ikev2":
        warn_of_another_login(client, target.name, content, vpn_client, "client")
    return target.result(content)
