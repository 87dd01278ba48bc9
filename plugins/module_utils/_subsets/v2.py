# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The subsets that ``puqvpn_info`` gathers of 2.x panels.

Most answers are only documented by their path, so networks are returned as the panel writes them.
"""

from __future__ import annotations

from typing import Any

from .._client import STATUS_PATH
from .._errors import PuqVpnError
from .._objects.client import CLIENT
from .._objects.read_only import HOST
from .._panel.reader import PanelReader
from .._panel.status import summarize_status
from .._schema import Items
from .sessions import sessions_in
from .traffic import traffic
from .v1 import Options, Subset, gather_config, gather_dns, gather_license


def _system(reader: PanelReader, _options: Options) -> dict[str, Any]:
    return {"status": summarize_status(reader.client.get(STATUS_PATH), reader.root), "host": _host(reader)}


def _host(reader: PanelReader) -> dict[str, Any] | None:
    """Return the host, which a panel probably shows (contract: inferred); None otherwise."""
    try:
        return reader.read(HOST, "system/info")
    except PuqVpnError as error:
        if not reader.concerns_one_part(error):
            raise
        return None


def _wireguard(reader: PanelReader, _options: Options) -> dict[str, Any]:
    return {"servers": reader.listed("network"), "packages": None}


def _accounts(reader: PanelReader, _options: Options) -> Items:
    return [CLIENT.as_result(client, True) for client in reader.objects(CLIENT)]


def _online(reader: PanelReader, _options: Options) -> dict[str, Any]:
    return {"clients": reader.client.read("client/online", sessions_in)}


def _traffic(reader: PanelReader, options: Options) -> dict[str, Any]:
    return traffic(reader, CLIENT, options)


# Secrets are removed from the result afterwards.
SUBSETS: dict[str, Subset] = {
    "system": _system,
    "license": gather_license,
    "wireguard": _wireguard,
    "accounts": _accounts,
    "dns": gather_dns,
    "online": _online,
    "traffic": _traffic,
    "config": gather_config,
}
