# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The clients of a 2.x panel, and the network of a client."""

from __future__ import annotations

from typing import Any

from .._client import PanelClient
from .._endpoints import expand_path
from .._errors import ExchangeError, RefusedError
from .._schema import object_of


def read_client(client: PanelClient, name: str) -> dict[str, Any]:
    """Read a client, with one GET.

    :raises PuqVpnError: ``answer_wrong_object``, ``answer_wrong_type``, or as the panel client does.
    """
    found = client.read(expand_path("client/{name}", {"name": name}), lambda payload: _requested(payload, name))
    client.learn_secrets(found)
    return found


def network_name_of(vpn_client: dict[str, Any]) -> str:
    """Return the name of the network of a client, whose key differs between the vendor's pages; empty if unknown."""
    for key in ("network_name", "network"):
        network = vpn_client.get(key)
        name = network.get("name") if isinstance(network, dict) else network
        if isinstance(name, str) and name:
            return name
    return ""


def read_network(client: PanelClient, name: str) -> dict[str, Any] | None:
    """Read a network, with one GET; None if its fields are not to be had.

    The panel may lack the operation, or the token the permission to read networks.
    """
    try:
        payload = client.get(expand_path("network/{name}", {"name": name})).payload
    except RefusedError as refused:
        if refused.code == "panel_busy":
            raise
        return None
    except ExchangeError as error:
        if error.code not in ("unknown_operation", "not_authorized"):
            raise
        return None
    return payload if isinstance(payload, dict) else None


def _requested(payload: Any, name: str) -> dict[str, Any]:
    found = object_of(payload, "client")
    if found.get("name", name) != name:
        text = f"the answer shows another client than {name}"
        raise ExchangeError("answer_wrong_object", text)
    return found
