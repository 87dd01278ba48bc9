# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The panels of an inventory, their accounts or clients as variables, and the filters that select some of them.

"Accounts" are also the clients of 2.x panels here, unless a sentence names both.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._connection import CONNECTION_OPTIONS, Connection
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import (
    OptionError,
    PuqVpnError,
)
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._objects.account import ACCOUNT
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._objects.client import CLIENT
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._panel import filters as filters_of_panel
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._panel.reader import PanelReader
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._schema import (
    Items,
    ObjectKind,
    Parent,
    parent_of,
)
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._secrets import without_secrets
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._subsets.sessions import (
    ONLINE_LISTS,
    PROTOCOLS,
    OnlineList,
    Session,
    known_sessions,
)
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
        "options": filters_of_panel.filter_options(ACCOUNT, CLIENT),
    },
}

OWN_GROUPS = "set default_groups: false and define your own keyed_groups"

_CREDENTIALS = ("access_hash", "token")
_PREFIX = "puqvpn_"
# The fields that the inventory itself adds to an account.
_OWN = ("online", "online_protocols", "endpoint", "panel", "panel_url")
# Names with a meaning elsewhere in this collection: users keep connection options in such variables, and the roles have
# their options there. A panel that shows a field with such a name must not be able to set them.
_RESERVED = frozenset((*_OWN, *CONNECTION_OPTIONS, "in_process"))
_RESERVED_BEGINNINGS = ("backup_", "export_", "healthcheck_", "panel_", "usage_", "users_")


@dataclass(frozen=True)
class Source:
    """What becomes hosts on the panels of one generation."""

    kind: ObjectKind

    @property
    def parent(self) -> Parent:
        """The WireGuard server or the network that each of them is on."""
        return parent_of(self.kind)

    @property
    def group_prefix(self) -> str:
        """How the names of the groups of servers or networks begin."""
        return f"{_PREFIX}{self.parent.field.removesuffix('_name')}_"

    @property
    def online(self) -> tuple[OnlineList, ...]:
        """Where their live sessions are listed."""
        return ONLINE_LISTS[self.kind.generation]

    @property
    def protocols(self) -> tuple[str, ...]:
        """The protocols of live sessions."""
        known = tuple(online.protocol for online in self.online)
        return known if all(known) else PROTOCOLS

    @property
    def always_names_protocol(self) -> bool:
        """Whether the protocol of every session is known."""
        return all(online.protocol for online in self.online)


# By generation.
SOURCES = {kind.generation: Source(kind) for kind in (ACCOUNT, CLIENT)}
_PARENT_FIELDS = {source.parent.field: generation for generation, source in SOURCES.items()}


@dataclass(frozen=True)
class InventoryPanel:
    """A panel of an inventory. Its ``name`` is unique. ``is_host`` is true if an earlier source has a host for it."""

    name: str
    connection: Connection
    is_host: bool = False

    @property
    def source(self) -> Source:
        """What becomes hosts on it."""
        return SOURCES[self.connection.generation]

    @property
    def group(self) -> str:
        """The group of its hosts. The name comes from the user, so letters of all alphabets are accepted."""
        return "puqvpn_panel_" + re.sub(r"\W", "_", self.name)


def panels_of(
    options: Mapping[str, Any], panels: list[dict[str, Any]] | None, *, are_hosts: bool = False
) -> list[InventoryPanel]:
    """Return the panels of an inventory: that of the connection options, or those in ``panels`` with these as defaults.

    :param are_hosts: whether they come from hosts of an earlier source.
    :raises OptionError: the options of a panel are invalid, or two panels have the same name.
    """
    found: dict[str, InventoryPanel] = {}
    for given in panels or [{}]:
        panel = _panel({name: value for name, value in given.items() if value is not None}, options, are_hosts)
        if panel.name in found:
            raise OptionError(
                f"Two panels have the name {one_line(panel.name)}",
                hint="Set a unique name for each of them in panels. The default is the host in url.",
            )
        found[panel.name] = panel
    return list(found.values())


def _panel(given: dict[str, Any], defaults: Mapping[str, Any], is_host: bool) -> InventoryPanel:
    if any(name in given for name in _CREDENTIALS):
        defaults = {**defaults, **dict.fromkeys(_CREDENTIALS)}
    options = {**defaults, **given}
    name = str(given.get("name") or "")
    try:
        if not name.isprintable():
            raise OptionError("name contains a line break or another control character", hint="Choose another name.")
        connection = Connection.from_options(options)
    except PuqVpnError as error:
        if given:
            option = "panels_from" if is_host else "panels"
            error.at(f"{option}, {one_line(name or options['url'] or 'unnamed panel')}")
        raise
    return InventoryPanel(name or str(urlsplit(connection.root).hostname), connection, is_host)


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
                hint=f"Rename one of them, or {OWN_GROUPS}.",
            )


def refuse_partial_filters(filters: Mapping[str, Any], panels: Iterable[InventoryPanel]) -> None:
    """Refuse a filter for the servers or networks of one generation if the other one has panels and no such filter.

    It would hide or show everything on them, and whoever wrote it may have meant either.

    :raises OptionError: the filter of one generation is missing.
    """
    given = [field for field in _PARENT_FIELDS if filters.get(field) is not None]
    for panel in panels:
        field, generation = panel.source.parent.field, panel.connection.generation
        if given and field not in given:
            raise OptionError(
                f"filters sets {given[0]}, which only {_PARENT_FIELDS[given[0]]}.x panels have, but panel "
                f"{one_line(panel.name)} is a {generation}.x panel",
                hint=f'Also set {field} in filters, for example to ["*"] for all {panel.source.kind.title}s '
                "or to [] for none.",
            )


def wanted_by(filters: Mapping[str, Any], source: Source) -> Callable[[Variables], bool]:
    """Return the condition that the variables of an account must meet; see :func:`._panel.filters.wanted_by`."""
    is_wanted = filters_of_panel.wanted_by(filters, source.kind)
    names = {field: f"{_PREFIX}{field}" for field in filters_of_panel.filtered_fields(source.kind)}
    return lambda variables: is_wanted({field: variables[name] for field, name in names.items() if name in variables})


def read_accounts(client: PanelClient) -> list[Variables]:
    """Return the accounts or clients of a panel as variables, without secrets, with one GET for each list.

    :raises PuqVpnError: as the client does. A list of sessions that the panel does not have is a warning, not an error.
    """
    reader = PanelReader(client)
    source = SOURCES[reader.generation]
    accounts = reader.named_objects(source.kind)
    sessions = _sessions(reader, source)
    return [_variables(source, account, sessions.get(account["name"], ())) for account in accounts]


def kept_accounts(kept: Any, source: Source) -> list[Variables] | None:
    """Return what a cache contains of a panel, if :func:`read_accounts` could have returned it; None otherwise.

    Anybody who can write to the cache could otherwise set any variable of any host.
    """
    try:
        # Refuses what the JSON of a panel cannot contain: objects of a cache plugin, lone surrogates, NaN.
        json.dumps(kept, ensure_ascii=False, allow_nan=False).encode("utf-8")
        return kept if isinstance(kept, list) and all(_is_as_read(source, item) for item in kept) else None
    except (TypeError, ValueError, RecursionError):
        return None


def _is_as_read(source: Source, kept: Any) -> bool:
    """Return whether these variables could be those of an account that was read."""
    if not isinstance(kept, dict) or not all(isinstance(name, str) and name.startswith(_PREFIX) for name in kept):
        return False
    plain = {name.removeprefix(_PREFIX): value for name, value in kept.items()}
    name, protocols = plain.get("name"), plain.get("online_protocols")
    if not (isinstance(name, str) and name and isinstance(protocols, list)):
        return False
    if plain.get("online") is True and not (protocols or source.always_names_protocol):
        protocols = [""]
    live = [{"protocol": protocol, "endpoint": plain.get("endpoint")} for protocol in protocols]
    account = {field: value for field, value in plain.items() if field not in _OWN}
    return _variables(source, source.kind.read(account), live) == kept


# --- Sessions


def _sessions(reader: PanelReader, source: Source) -> dict[str, Items]:
    """Return the live sessions by the names of their accounts."""
    sessions = known_sessions(reader, source.kind) or []
    found: dict[str, Items] = defaultdict(list)
    for session in sessions:
        if isinstance(session.get("name"), str):
            found[session["name"]].append(session)
    if sum(map(len, found.values())) < len(sessions):
        reader.client.warnings.append(
            f"{reader.root} shows sessions without the name of a {source.kind.title}. They are ignored."
        )
    return found


def _about_sessions(source: Source, live: Iterable[Session]) -> Variables:
    """Return the variables about the live sessions of an account. Only known words become protocols."""
    known = source.protocols
    # In the order of the known protocols, all others last.
    by_protocol = sorted(live, key=lambda session: [session["protocol"] != protocol for protocol in known])
    endpoints = (session.get("endpoint") for session in by_protocol)
    return {
        "online": bool(by_protocol),
        "online_protocols": [name for name in known if any(session["protocol"] == name for session in by_protocol)],
        "endpoint": next((endpoint for endpoint in endpoints if endpoint is not None), None),
    }


# --- Variables


def _variables(source: Source, account: Mapping[str, Any], live: Iterable[Session]) -> Variables:
    about_sessions = without_secrets(_about_sessions(source, live))
    variables = {**source.kind.as_result(_fields(account)), **about_sessions}
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
