# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an inventory is made of: its panels, what each of them says of its accounts, and which accounts are wanted."""

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
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._reader import read_objects
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._schema import items_of
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._secrets import without_secrets
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

OWN_GROUPS = "set default_groups: false and write keyed_groups of your own"

_CREDENTIALS = ("access_hash", "token")
_PROTOCOLS = {"wireguard": "WireGuard", "ikev2": "IKEv2"}
_PREFIX = "puqvpn_"
# What the inventory itself says of an account.
_OWN = ("online", "online_protocols", "endpoint", "panel", "panel_url")
# Names with a meaning elsewhere in this collection: users keep the way to a panel in such variables, and the roles have
# their options there. A panel that shows a field of such a name must not be able to set them.
_RESERVED = frozenset((*_OWN, *CONNECTION_OPTIONS, "in_process"))
_RESERVED_BEGINNINGS = ("backup_", "export_", "healthcheck_", "panel_")
# What the errors of a panel mean that has no such list: it is too old, or strongSwan is not installed.
_NOT_OFFERED = ("unknown_operation", "answer_is_html", "not_found", "panel_refused")


@dataclass(frozen=True)
class InventoryPanel:
    """A panel of an inventory. No other one has the ``name``."""

    name: str
    connection: Connection

    @property
    def group(self) -> str:
        """The group of its hosts. The name is the user's own, so letters of all alphabets are welcome."""
        return "puqvpn_panel_" + re.sub(r"\W", "_", self.name)


def panels_of(options: Mapping[str, Any], panels: list[dict[str, Any]] | None) -> list[InventoryPanel]:
    """The panels of an inventory: the one of the connection options, or those in ``panels``, with these as defaults.

    :raises OptionError: a panel cannot be reached like this, is no 1.x panel, or has the name of another one.
    """
    found: dict[str, InventoryPanel] = {}
    for given in panels or [{}]:
        panel = _panel({name: value for name, value in given.items() if value is not None}, options)
        if panel.name in found:
            raise OptionError(
                f"Two panels have the name {one_line(panel.name)}",
                hint="Give each of them a name of its own in panels. By default it is the host in url.",
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
            raise OptionError("name holds a line end or another control character", hint="Give it another name.")
        connection = Connection.from_options(options)
        if connection.generation != 1:
            raise unsupported_generation("The inventory")
    except PuqVpnError as error:
        if given:
            error.at(f"panels, {one_line(name or options['url'] or 'one without a name')}")
        raise
    return InventoryPanel(name or str(urlsplit(connection.root).hostname), connection)


def refuse_shared_groups(panels: Iterable[InventoryPanel]) -> None:
    """Two panels never get one group.

    :raises OptionError: two of them would.
    """
    owners: dict[str, InventoryPanel] = {}
    for panel in panels:
        owner = owners.setdefault(panel.group, panel)
        if owner is not panel:
            raise OptionError(
                f"The panels {one_line(owner.name)} and {one_line(panel.name)} would both have the group "
                f"{one_line(panel.group)}",
                hint=f"Rename one of them in panels, or {OWN_GROUPS}.",
            )


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


def kept_accounts(kept: Any) -> list[Variables] | None:
    """What a cache has kept of a panel, when it is what :func:`read_accounts` returns; None otherwise.

    Whoever can write to the cache could otherwise set any variable of any host.
    """
    try:
        # Nothing that the JSON of a panel cannot hold: objects of a cache plugin, half characters, NaN.
        json.dumps(kept, ensure_ascii=False, allow_nan=False).encode("utf-8")
        return kept if isinstance(kept, list) and all(map(_is_as_read, kept)) else None
    except (TypeError, ValueError, RecursionError):
        return None


def _is_as_read(kept: Any) -> bool:
    """True when reading an account could have made these variables."""
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
    """The live sessions over a protocol, by the names of their accounts."""
    try:
        found = client.read(f"{protocol}/online", items_of)
    except PuqVpnError as error:
        if error.code not in _NOT_OFFERED:
            raise
        client.warnings.append(f"{error} No account of this panel counts as online over {title}.")
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
    """The fields of an account under names that variables can have."""
    # A name that need not be changed goes before those that would become the same, whatever their order.
    fields = sorted(account, key=lambda field: _variable(field) == field)
    return {name: account[field] for field, name in zip(fields, map(_variable, fields)) if not _is_reserved(name)}


def _is_reserved(name: str) -> bool:
    return name in _RESERVED or name.startswith(_RESERVED_BEGINNINGS)


@lru_cache(maxsize=256)
def _variable(field: str) -> str:
    """A field as a part of the name of a variable; one that only the panel knows may have any name."""
    return re.sub(r"\W", "_", field, flags=re.ASCII)
