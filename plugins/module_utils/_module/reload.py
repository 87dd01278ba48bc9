# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The body of ``puqvpn_reload``: make the panel rebuild its configuration."""

from __future__ import annotations

from typing import Any, Mapping

from .._client import STATUS_PATH, PanelClient
from .._endpoints import RELOAD_METHODS
from .._panel.status import describe_status, summarize_status
from .._schema import ArgumentSpec

OPTIONS: ArgumentSpec = {"wait": {"type": "bool", "default": True}}


def reload(options: Mapping[str, Any], client: PanelClient) -> dict[str, Any]:
    """Reload the panel (contract: system_reload), and wait up to ``busy_timeout`` until it is ready.

    :returns: ``changed``, which is always true, ``msg``, and ``status`` as ``puqvpn_status`` returns it.
    :raises PuqVpnError: ``panel_busy`` when it does not become ready, or as the client does.
    """
    if not client.check_mode:
        client.write(RELOAD_METHODS[client.connection.generation], "system/reload")
    if options["wait"] and not client.check_mode:
        reply = client.wait_until_ready(client.connection.busy_timeout)
    else:
        reply = client.get(STATUS_PATH)
    summary = summarize_status(reply, client.connection.root)
    return {"changed": True, "status": summary, "msg": f"reloaded: {describe_status(summary)}"}
