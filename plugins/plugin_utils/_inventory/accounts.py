# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The accounts or clients of panels as variables of hosts, and the filters that select some of them.

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

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._connection import CONNECTION_OPTIONS
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import OptionError
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
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._inventory.panel_hosts import FACTS
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._inventory.panels import InventoryPanel, Variables

# The option ``filters``, as in an argument spec.
FILTERS_OPTION: dict[str, Any] = {"type": "dict", "options": filters_of_panel.filter_options(ACCOUNT, CLIENT)}

_PREFIX = "puqvpn_"
# The fields that the inventory itself adds to an account.
_OWN = ("online", "online_protocols", "endpoint", "panel", "panel_url")
# Names with a meaning elsewhere in this collection: users keep connection options in such variables, the roles have
# their options there, and hosts that are panels their status. A panel that shows a field with such a name must not be
# able to set them.
_RESERVED = frozenset((*_OWN, *FACTS, *CONNECTION_OPTIONS, "in_process"))
_RESERVED_BEGINNINGS = ("backup_", "export_", "healthcheck_", "panel_", "report_", "usage_", "users_")


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


def source_of(panel: InventoryPanel) -> Source:
    """Return what becomes hosts on a panel."""
    return SOURCES[panel.connection.generation]


def refuse_partial_filters(filters: Mapping[str, Any], panels: Iterable[InventoryPanel]) -> None:
    """Refuse a filter for the servers or networks of one generation if the other one has panels and no such filter.

    It would hide or show everything on them, and whoever wrote it may have meant either.

    :raises OptionError: the filter of one generation is missing.
    """
    given = [field for field in _PARENT_FIELDS if filters.get(field) is not None]
    for panel in panels:
        source, generation = source_of(panel), panel.connection.generation
        field = source.parent.field
        if given and field not in given:
            raise OptionError(
                f"filters sets {given[0]}, which only {_PARENT_FIELDS[given[0]]}.x panels have, but panel "
                f"{one_line(panel.name)} is a {generation}.x panel",
                hint=f'Also set {field} in filters, for example to ["*"] for all {source.kind.title}s '
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
