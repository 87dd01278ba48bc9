# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sections that a document can have, and their items."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Iterable, Mapping

from .._expiry import EXPIRY_OPTIONS
from .._field_types import Switch, ValueType, Word
from .._objects.account import ACCOUNT
from .._objects.backup_config import BACKUP_CONFIG
from .._objects.client import CLIENT, NETWORK
from .._objects.dns import DNS
from .._objects.firewall import FIREWALL, FIREWALL_RULE
from .._objects.ikev2 import IKEV2_SETTINGS
from .._objects.port_forward import PORT_FORWARD
from .._objects.system_config import SYSTEM_CONFIG
from .._objects.traffic_logging import TRAFFIC_LOGGING
from .._objects.wireguard import WIREGUARD
from .._schema import Kind, ObjectKind, SettingsKind, Values
from .._untrusted import one_line

_STATE = Word(("present", "absent"))
_WRITE_ONLY = Word(("on_create", "always"))
_SWITCH = Switch()


@dataclass(frozen=True, eq=False)
class Section:
    """A part of a document.

    ``result_name`` is the name of the kind in plans and failures: its module without ``puqvpn_``. ``flags`` are the
    options of an item that are not fields of the kind.
    """

    name: str
    result_name: str
    kind: Kind
    flags: Mapping[str, ValueType] = field(default_factory=dict)

    @cached_property
    def options(self) -> tuple[str, ...]:
        """The options of an item, in the order of the documentation."""
        return (*(option.name for option in self.kind.fields), *self.flags)

    @cached_property
    def option_names(self) -> Mapping[Any, str]:
        """The options by every name that a document may use for them, those of the API included."""
        aliases = {name: option.name for option in self.kind.fields for name in option.other_names}
        return {**{name: name for name in self.options}, **aliases}

    def name_of(self, _values: Values) -> str:
        """Return the name of an item for users."""
        return self.name

    def check(self, _item: Item) -> Iterable[str]:
        """Return what is wrong with an item whose options are valid on their own."""
        return ()


@dataclass(frozen=True, eq=False)
class SettingsSection(Section):
    """Settings, which always exist: the section is its only item."""

    kind: SettingsKind


@dataclass(frozen=True, eq=False)
class ListSection(Section):
    """A list of objects of one kind."""

    kind: ObjectKind

    @property
    def parent_field(self) -> str:
        """The field that names what an object of the section is on; empty where it is on nothing."""
        return self.kind.parent.field if self.kind.parent else ""

    def name_of(self, values: Values) -> str:
        """See :meth:`Section.name_of`."""
        return self.kind.name_of(values)

    def check(self, item: Item) -> Iterable[str]:
        """See :meth:`Section.check`; an object must also be recognizable on the next run."""
        kind = self.kind
        if kind.substitutes and not kind.key(item.values):
            yield f"needs {' or '.join([*kind.identity, *kind.substitutes])}, to be recognized on the next run."
        missing = [name for name in kind.identity if name not in item.values]
        if missing and (item.absent or not kind.substitutes):
            yield f"needs {' and '.join(missing)}."
        if not item.absent:
            yield from kind.check(item.values)


def _settings(kind: SettingsKind, **flags: ValueType) -> SettingsSection:
    return SettingsSection(kind.name, kind.name, kind, flags)


def _objects(name: str, result_name: str, kind: ObjectKind, **flags: ValueType) -> ListSection:
    return ListSection(name, result_name, kind, {"state": _STATE, **flags})


FIREWALL_SECTION = _settings(FIREWALL, allow_lockout=_SWITCH)
RULES = _objects("firewall_rules", "firewall_rule", FIREWALL_RULE)
SERVERS = _objects("wireguard", "wireguard", WIREGUARD, recreate=_SWITCH, update_write_only=_WRITE_ONLY, force=_SWITCH)
ACCOUNTS = _objects(
    "accounts",
    "account",
    ACCOUNT,
    recreate=_SWITCH,
    update_write_only=_WRITE_ONLY,
    rollback=_SWITCH,
    **EXPIRY_OPTIONS,
)
PORT_FORWARDS = _objects("port_forwards", "port_forward", PORT_FORWARD)
CLIENTS = _objects("clients", "client", CLIENT, recreate=_SWITCH, rollback=_SWITCH, **EXPIRY_OPTIONS)
# A document cannot contain them: how to write networks is not documented (contract: network, ``key: ui``).
NETWORKS = _objects("networks", "network", NETWORK)


@dataclass(frozen=True)
class Layout:
    """What documents for the panels of a generation consist of, in the order of the documentation.

    ``servers`` have networks, and ``accounts`` addresses in them. Servers need not be a part of documents.
    """

    settings: tuple[SettingsSection, ...]
    lists: tuple[ListSection, ...]
    servers: ListSection
    accounts: ListSection

    @cached_property
    def sections(self) -> Mapping[str, SettingsSection | ListSection]:
        """All sections by name."""
        sections: tuple[SettingsSection | ListSection, ...] = (*self.settings, *self.lists)
        return {section.name: section for section in sections}


# By generation.
LAYOUTS = {
    1: Layout(
        settings=(
            _settings(SYSTEM_CONFIG),
            _settings(DNS[1]),
            FIREWALL_SECTION,
            _settings(IKEV2_SETTINGS),
            _settings(TRAFFIC_LOGGING),
            _settings(BACKUP_CONFIG),
        ),
        lists=(RULES, SERVERS, ACCOUNTS, PORT_FORWARDS),
        servers=SERVERS,
        accounts=ACCOUNTS,
    ),
    2: Layout(settings=(_settings(DNS[2]),), lists=(CLIENTS,), servers=NETWORKS, accounts=CLIENTS),
}
LISTS = tuple(section for layout in LAYOUTS.values() for section in layout.lists)
# The sections of objects that have an address on a server.
ADDRESSED = tuple(layout.accounts for layout in LAYOUTS.values())


@dataclass
class Item:
    """An item of a document, in normal form. ``index`` is its position in the list; None for settings.

    ``reason`` says in words why not that is wanted which the document says, but what is here: its date has passed.
    """

    section: Section
    values: Values
    flags: Values
    index: int | None = None
    reason: str = ""

    @property
    def absent(self) -> bool:
        """Whether the object must not exist."""
        return self.flags.get("state") == "absent"

    @property
    def name(self) -> str:
        """The name for users."""
        return self.section.name_of(self.values)

    @property
    def location(self) -> str:
        """The location in the document, such as ``accounts[3]``; empty for settings."""
        return "" if self.index is None else f"{self.section.name}[{self.index}]"

    @property
    def label(self) -> str:
        """The object in a sentence, with its location."""
        label = one_line(f"{self.section.kind.title} {self.name}".strip())
        return f"{label} ({self.location})" if self.location else label
