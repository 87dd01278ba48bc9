# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an inventory is made of: its panels, what each of them tells of its accounts, and which accounts are wanted."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._apply import read_objects
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._connection import CONNECTION_OPTIONS, Connection
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import (
    ExchangeError,
    OptionError,
    PuqVpnError,
)
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._kinds import entries
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._objects.account import ACCOUNT
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._untrusted import one_line

Variables = dict[str, Any]

# The options that have parts. What a panel does not say it takes from the options beside it, so there are no defaults.
NESTED_OPTIONS: dict[str, dict[str, Any]] = {
    "panels": {
        "type": "list",
        "elements": "dict",
        "options": {
            "name": {"type": "str"},
            **{name: {"type": option["type"]} for name, option in CONNECTION_OPTIONS.items()},
        },
    },
    "filters": {
        "type": "dict",
        "options": {
            "wg_name": {"type": "list", "elements": "str"},
            "status": {"type": "str", "choices": ["enable", "disable"]},
            "name": {"type": "list", "elements": "str"},
        },
    },
}

_CREDENTIALS = ("access_hash", "token")
_PROTOCOLS = {"wireguard": "WireGuard", "ikev2": "IKEv2"}
# What the errors of a panel mean that has no such list: it is too old, or strongSwan is not installed.
_NOT_OFFERED = ("unknown_operation", "answer_is_html", "not_found", "panel_refused")


@dataclass(frozen=True)
class Panel:
    """A panel of an inventory. No other one has the ``name``."""

    name: str
    connection: Connection


def panels_of(options: Mapping[str, Any], panels: list[dict[str, Any]] | None) -> list[Panel]:
    """The panels of an inventory: the one of the connection options, or those in ``panels``, with these as defaults.

    :raises OptionError: a panel cannot be reached like this, is no 1.x panel, or has the name of another one.
    """
    found: dict[str, Panel] = {}
    for given in panels or [{}]:
        panel = _panel({name: value for name, value in given.items() if value is not None}, options)
        if panel.name in found:
            raise OptionError(
                f"Two panels have the name {one_line(panel.name)}",
                hint="Give each of them a name of its own in panels. By default it is the host in url.",
            )
        found[panel.name] = panel
    return list(found.values())


def _panel(given: dict[str, Any], defaults: Mapping[str, Any]) -> Panel:
    if any(name in given for name in _CREDENTIALS):
        defaults = {**defaults, **dict.fromkeys(_CREDENTIALS)}
    options = {**defaults, **given}
    try:
        connection = Connection.from_options(options)
        if connection.generation != 1:
            raise OptionError(
                "token is given, and the inventory is only made of 1.x panels", hint="Give access_hash instead."
            )
    except OptionError as error:
        if given:
            error.at(f"panels, {one_line(given.get('name') or options['url'] or 'one without a name')}")
        raise
    return Panel(str(given.get("name") or urlsplit(connection.root).hostname), connection)


def wanted_by(filters: Mapping[str, Any] | None) -> Callable[[Variables], bool]:
    """The test that the variables of an account have to pass."""
    servers, status, names = ((filters or {}).get(name) for name in ("wg_name", "status", "name"))
    # An empty list is a wish as well: nothing fits it.
    pattern = None if names is None else re.compile("|".join(map(fnmatch.translate, names)) or "(?!)")

    def wanted(variables: Variables) -> bool:
        return (
            (servers is None or variables.get("puqvpn_wg_name") in servers)
            and (status is None or variables.get("puqvpn_status") == status)
            and (pattern is None or pattern.match(variables["puqvpn_name"]) is not None)
        )

    return wanted


def read_accounts(client: PanelClient) -> list[Variables]:
    """The accounts of a panel as variables, without secrets, with three GETs.

    :raises PuqVpnError: as the client does. An online list that the panel does not have is no error, but a warning.
    """
    accounts = read_objects(client, ACCOUNT, {})
    if not all(isinstance(account.get("name"), str) and account["name"] for account in accounts):
        error = ExchangeError("answer_wrong_type", "the answer shows an account without a name")
        raise error.during("GET", ACCOUNT.list_path, client.connection.root)
    sessions = {protocol: _sessions(client, protocol, title) for protocol, title in _PROTOCOLS.items()}
    return [_variables(account, sessions) for account in accounts]


def _sessions(client: PanelClient, protocol: str, title: str) -> dict[Any, Mapping[str, Any]]:
    """The live sessions over a protocol, by the names of their accounts."""
    try:
        found = client.read(f"{protocol}/online", entries)
    except PuqVpnError as error:
        if error.code not in _NOT_OFFERED:
            raise
        client.warnings.append(f"{error} No account of this panel counts as online over {title}.")
        return {}
    return {str(session.get("name")): session for session in found}


def _variables(account: Mapping[str, Any], sessions: Mapping[str, Mapping[Any, Mapping[str, Any]]]) -> Variables:
    name = account["name"]
    live = {protocol: held[name] for protocol, held in sessions.items() if name in held}
    return {
        **{_variable(field): value for field, value in ACCOUNT.shown(account).items()},
        "puqvpn_online": bool(live),
        "puqvpn_online_protocols": list(live),
        "puqvpn_endpoint": next((session.get("endpoint") for session in live.values()), None),
    }


@lru_cache(maxsize=256)
def _variable(field: str) -> str:
    """The name of a variable; that of a field which only the panel knows may be anything."""
    return "puqvpn_" + re.sub(r"\W", "_", field, flags=re.ASCII)
