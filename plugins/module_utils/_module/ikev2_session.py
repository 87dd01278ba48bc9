# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The body of ``puqvpn_ikev2_session``: end the live session of an account."""

from __future__ import annotations

from typing import Any, Mapping

from .._client import PanelClient
from .._endpoints import expand_path
from .._errors import VerificationError
from .._resource import account_name
from .._schema import VERIFY_ARGUMENTS, ArgumentSpec, Items, items_of
from .._summary import counted
from .._verify import not_verified, reporting_diff, verifying

OPTIONS: ArgumentSpec = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["absent"], "default": "absent"},
    "include_secrets": {"type": "bool", "default": False},
    **VERIFY_ARGUMENTS,
}

_ONLINE = "ikev2/online"


def ikev2_session(options: Mapping[str, Any], client: PanelClient) -> dict[str, Any]:
    """End the IKEv2 session of an account, if it has one (contract: ikev2_online, ikev2_online_drop).

    :returns: ``changed``, ``disconnected``, ``diff`` and ``msg``.
    :raises PuqVpnError: as the client does.
    """
    name = account_name(options)
    sessions = _sessions(client, name)
    diff = {"before": {"sessions": len(sessions)}, "after": {"sessions": 0}}
    if sessions and not client.check_mode:
        client.write("DELETE", expand_path("ikev2/online/{name}", {"name": name}))
        with reporting_diff(diff):
            _warn_unless_gone(client, name)
    ended = f"{counted(len(sessions), 'session')} ended" if sessions else "no session"
    return {"changed": bool(sessions), "disconnected": bool(sessions), "diff": diff, "msg": f"{name}: {ended}"}


def _warn_unless_gone(client: PanelClient, name: str) -> None:
    """Read until the panel shows no session any more; one that is left in the end need not mean a failure."""

    def look() -> None:
        with verifying():
            left = _sessions(client, name)
        if left:
            raise not_verified(client, "object_not_removed", f"a session of {name} is still shown")

    try:
        client.until_verified(look)
    except VerificationError:
        client.warnings.append(
            f"The panel still shows a session of {name}: the client has connected again, or was not disconnected. "
            "An account with status disable cannot connect."
        )


def _sessions(client: PanelClient, name: str) -> Items:
    return [session for session in client.read(_ONLINE, items_of) if session.get("name") == name]
