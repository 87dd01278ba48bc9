# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The work of ``puqvpn_ikev2_session``: a live session is ended."""

from __future__ import annotations

from typing import Any, Mapping

from .._client import PanelClient
from .._kinds import entries
from .._paths import filled
from .manage import account_name

OPTIONS: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["absent"], "default": "absent"},
    "include_secrets": {"type": "bool", "default": False},
}

_ONLINE = "ikev2/online"


def ikev2_session(options: Mapping[str, Any], client: PanelClient) -> dict[str, Any]:
    """End the IKEv2 session of an account, if it has one (contract: ikev2_online, ikev2_online_drop).

    :returns: ``changed``, ``disconnected`` and ``diff``.
    :raises PuqVpnError: as the client does.
    """
    name = account_name(options)
    sessions = _sessions(client, name)
    if sessions and not client.check_mode:
        client.write("DELETE", filled("ikev2/online/{name}", {"name": name}))
        if _sessions(client, name):
            client.warnings.append(
                f"The panel still shows a session of {name}: the client has connected again, or was not cut off. "
                "An account with status disable cannot connect."
            )
    return {
        "changed": bool(sessions),
        "disconnected": bool(sessions),
        "diff": {"before": {"sessions": len(sessions)}, "after": {"sessions": 0}},
    }


def _sessions(client: PanelClient, name: str) -> list[dict[str, Any]]:
    return [one for one in client.read(_ONLINE, entries) if one.get("name") == name]
