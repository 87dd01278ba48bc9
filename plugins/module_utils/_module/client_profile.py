# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The body of ``puqvpn_client_profile``: the profiles of clients of a 2.x panel, as files."""

from __future__ import annotations

from typing import Any, Mapping

from .._client import PanelClient
from .._errors import RefusedError
from .._file_writer import FileWriter
from .._objects.client import CLIENT
from .._panel.reader import read_existing
from .._profile.bulk import save_profiles
from .._profile.formats import CLIENT_FORMATS, is_bulk, profile_options
from .._profile.protocols import read_network, require_protocol
from .._profile.reply import read_profile
from .._profile.target import Target, warn_of_another_login
from .._schema import ArgumentSpec

OPTIONS: ArgumentSpec = profile_options(CLIENT, CLIENT_FORMATS)


def client_profile(options: Mapping[str, Any], client: PanelClient, files: FileWriter) -> dict[str, Any]:
    """Save a profile to a file, with three reads, of the client, its network and the profile; or those of many clients.

    :returns: ``changed``, ``dest``, ``format``, ``checksum``, ``size``, ``diff`` and ``msg``; in check mode a
        prediction as long as the client does not exist.
    :raises OptionError: with every problem of the options, before anything is sent.
    :raises PuqVpnError: ``protocol_disabled`` when the network does not offer the protocol.
    :raises ExchangeError: ``answer_wrong_type`` when the answer is not a profile.
    """
    if is_bulk(options):
        return save_profiles(options, client, files, CLIENT, CLIENT_FORMATS)
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
        network = read_network(client, network_name)
        require_protocol(network, target.format.protocol, network_name, target.name)
    content = read_profile(client, CLIENT, target.name, target.format)
    if target.label == "ikev2":
        warn_of_another_login(client, target.name, content, vpn_client, "client")
    return target.save(files, content)
