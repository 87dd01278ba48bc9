# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The panels of an inventory, their accounts as variables, and the filters that select accounts."""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._connection import CONNECTION_OPTIONS, Connection
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import (
    ExchangeError,
    OptionError,
    PuqVpnError,
    unsupported_generation,
)
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._objects.account import ACCOUNT
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._panel.reader import read_objects
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._schema import items_of
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._secrets import without_secrets
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._untrusted import one_line

Variables = dict[str, Any]

# The options with suboptions. A panel takes what it does not set from the options beside it, so there are no defaults.
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

OWN_GROUPS = "set default_groups: false and define your own keyed_groups"

_CREDENTIALS = ("access_hash", "token")
_PROTOCOLS = {"wireguard": "WireGuard", "ikev2": "IKEv2"}
_PREFIX = "puqvpn_"
# The fields that the inventory itself adds to an account.
_OWN = ("online", "online_protocols", "endpoint", "panel", "panel_url")
# Names with a meaning elsewhere in this collection: users keep connection options in such variables, and the roles have
# their options there. A panel that shows a field with such a name must not be able to set them.
_RESERVED = frozenset((*_OWN, *CONNECTION_OPTIONS, "in_process"))
_RESERVED_BEGINNINGS = ("backup_", "export_", "healthcheck_", "panel_")
# The errors of a panel without such a list, because it is too old or strongSwan is not installed.
_NOT_OFFERED = ("unknown_operation", "answer_is_html", "not_found", "panel_refused")


@dataclass(frozen=True)
class InventoryPanel:
    """A panel of an inventory. Its ``name`` is unique."""

    name: str
    connection: Connection

    @property
    def group(self) -> str:
        """The group of its hosts. The name comes from the user, so letters of all alphabets are accepted."""
        return "puqvpn_panel_" + re.sub(r"\W", "_", self.name)


def panels_of(options: Mapping[str, Any], panels: list[dict[str, Any]] | None) -> list[InventoryPanel]:
    """Return the panels of an inventory: that of the connection options, or those in ``panels`` with these as defaults.

    :raises OptionError: the options of a panel are invalid, or two panels have the same name.
    :raises PuqVpnError: ``unsupported_generation`` for a panel that is not a 1.x panel.
    """
    found: dict[str, InventoryPanel] = {}
    for given in panels or [{}]:
        panel = _panel({name: value for name, value in given.items() if value is not None}, options)
        if panel.name in found:
            raise OptionError(
                f"Two panels have the name {one_line(panel.name)}",
                hint="Set a unique name for each of them in panels. The default is the host in url.",
            )
        found[panel.name] = panel
    return list(found.values())


def _panel(given: dict[str, Any], defaults: Mapping[str, Any]) -> InventoryPanel:
    if any(name in given for name in _CREDENTIALS):
        defaults = {**defaults, **dict.fromkeys(_CREDENTIALS)}
    options = {**defaults, **given}
    name = str(given.get("name") or "")
    try:
        if not name.isprintable():
            raise OptionError("name contains a line break or another control character", hint="Choose another name.")
        connection = Connection.from_options(options)
        if connection.generation != 1:
            raise unsupported_generation("The inventory")
    except PuqVpnError as error:
        if given:
            error.at(f"panels, {one_line(name or options['url'] or 'unnamed panel')}")
        raise
    return InventoryPanel(name or str(urlsplit(connection.root).hostname), connection)


def refuse_shared_groups(panels: Iterable[InventoryPanel]) -> None:
    """Refuse panels that would share a group.

    :raises OptionError: two of them would.
    """
    owners: dict[str, InventoryPanel] = {}
    for panel in panels:
        owner = owners.setdefault(panel.group, panel)
        if owner is not panel:
            raise OptionError(
                f"The panels {one_line(owner.name)} and {one_line(panel.name)} would share the group "
                f"{one_line(panel.group)}",
                hint=f"Rename one of them in panels, or {OWN_GROUPS}.",
            )


def wanted_by(filters: Mapping[str, Any] | None) -> Callable[[Variables], bool]:
    """Return the condition that the variables of an account must meet."""
    servers, status, names = ((filters or {}).get(name) for name in ("wg_name", "status", "name"))
    # An empty list is a filter as well: nothing matches it.
    pattern = None if names is None else re.compile("|".join(map(fnmatch.translate, names)) or "(?!)")

    def wanted(variables: Variables) -> bool:
        return (
            (servers is None or variables.get("puqvpn_wg_name") in servers)
            and (status is None or variables.get("puqvpn_status") == status)
            and (pattern is None or pattern.match(variables["puqvpn_name"]) is not None)
        )

    return wanted


def read_accounts(client: PanelClient) -> list[Variables]:
    """Return the accounts of a panel as variables, without secrets, with three GETs.

    :raises PuqVpnError: as the client does. An online list that the panel does not have is a warning, not an error.
    """
    accounts = read_objects(client, ACCOUNT, {})
    if not all(isinstance(account.get("name"), str) and account["name"] for account in accounts):
        error = ExchangeError("answer_wrong_type", "the answer shows an account without a name")
        raise error.during("GET", ACCOUNT.list_path, client.connection.root)
    sessions = {protocol: _sessions(client, protocol, title) for protocol, title in _PROTOCOLS.items()}
    return [_variables(account, sessions) for account in accounts]


def kept_accounts(kept: Any) -> list[Variables] | None:
    """Return what a cache contains of a panel, if :func:`read_accounts` could have returned it; None otherwise.

    Anybody who can write to the cache could otherwise set any variable of any host.
    """
    try:
        # Refuses what the JSON of a panel cannot contain: objects of a cache plugin, lone surrogates, NaN.
        json.dumps(kept, ensure_ascii=False, allow_nan=False).encode("utf-8")
        return kept if isinstance(kept, list) and all(map(_is_as_read, kept)) else None
    except (TypeError, ValueError, RecursionError):
        return None


def _is_as_read(kept: Any) -> bool:
    """Return whether these variables could be those of an account that was read."""
    if not isinstance(kept, dict) or not all(isinstance(name, str) and name.startswith(_PREFIX) for name in kept):
        return False
    plain = {name.removeprefix(_PREFIX): value for name, value in kept.items()}
    name, protocols = plain.get("name"), plain.get("online_protocols")
    if not (isinstance(name, str) and name and isinstance(protocols, list)):
        return False
    session = {"name": name, "endpoint": plain.get("endpoint")}
    sessions = {protocol: {name: session} if protocol in protocols else {} for protocol in _PROTOCOLS}
    account = {field: value for field, value in plain.items() if field not in _OWN}
    return _variables(ACCOUNT.read(account), sessions) == kept


def _sessions(client: PanelClient, protocol: str, title: str) -> dict[Any, Mapping[str, Any]]:
    """Return the live sessions over a protocol, by the names of their accounts."""
    try:
        found = client.read(f"{protocol}/online", items_of)
    except PuqVpnError as error:
        if error.code not in _NOT_OFFERED:
            raise
        client.warnings.append(f"{error} No account of this panel is reported as online over {title}.")
        return {}
    return {str(session.get("name")): session for session in found}


def _variables(account: Mapping[str, Any], sessions: Mapping[str, Mapping[Any, Mapping[str, Any]]]) -> Variables:
    name = account["name"]
    live = {protocol: held[name] for protocol, held in sessions.items() if name in held}
    about_sessions = {
        "online": bool(live),
        "online_protocols": list(live),
        "endpoint": next((session.get("endpoint") for session in live.values()), None),
    }
    variables = {**ACCOUNT.as_result(_fields(account)), **without_secrets(about_sessions)}
    return {f"{_PREFIX}{field}": value for field, value in variables.items()}


def _fields(account: Mapping[str, Any]) -> Variables:
    """Return the fields of an account under valid names of variables."""
    # A name that is valid already takes precedence over those that would become the same, whatever their order.
    fields = sorted(account, key=lambda field: _variable(field) == field)
    return {name: account[field] for field, name in zip(fields, map(_variable, fields)) if not _is_reserved(name)}


def _is_reserved(name: str) -> bool:
    return name in _RESERVED or name.startswith(_RESERVED_BEGINNINGS)


@lru_cache(maxsize=256)
def _variable(field: str) -> str:
    """Return the name of a field as a part of the name of a variable; the panel may add fields with any name."""
    return re.sub(r"\W", "_", field, flags=re.ASCII)
