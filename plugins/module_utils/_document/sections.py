# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A panel as one document: its sections, the items in them, and what is wrong with those by themselves.

Nothing here knows HTTP or Ansible: a document is read from a dictionary, whoever wrote it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Iterable, List, Mapping, cast

from .._errors import PuqVpnError
from .._kinds import Kind, ObjectKind, SettingsKind, Values
from .._objects.account import ACCOUNT
from .._objects.backup_config import BACKUP_CONFIG
from .._objects.dns import DNS
from .._objects.firewall import FIREWALL, FIREWALL_RULE
from .._objects.ikev2 import IKEV2_SETTINGS
from .._objects.port_forward import PORT_FORWARD
from .._objects.system_config import SYSTEM_CONFIG
from .._objects.traffic_logging import TRAFFIC_LOGGING
from .._objects.wireguard import WIREGUARD
from .._types import Switch, ValueType, Word
from .._untrusted import one_line

_STATE = Word(("present", "absent"))
_WRITE_ONLY = Word(("on_create", "always"))
_SWITCH = Switch()


@dataclass(frozen=True, eq=False)
class Section:
    """A part of a document: settings, or a list of objects of one kind.

    ``told`` is what plans and failures call the kind, the name of its module without ``puqvpn_``. ``flags`` are the
    options of an item that are no fields.
    """

    name: str
    told: str
    kind: Kind
    flags: Mapping[str, ValueType] = field(default_factory=dict)

    @property
    def options(self) -> list[str]:
        """What an item may hold, in the order of the documentation."""
        return [*(one.name for one in self.kind.fields), *self.flags]


def _settings(kind: SettingsKind, **flags: ValueType) -> Section:
    return Section(kind.name, kind.name, kind, flags)


def _objects(name: str, told: str, kind: ObjectKind, **flags: ValueType) -> Section:
    return Section(name, told, kind, {"state": _STATE, **flags})


FIREWALL_SECTION = _settings(FIREWALL, allow_lockout=_SWITCH)
RULES = _objects("firewall_rules", "firewall_rule", FIREWALL_RULE)
SERVERS = _objects("wireguard", "wireguard", WIREGUARD, recreate=_SWITCH, update_write_only=_WRITE_ONLY, force=_SWITCH)
ACCOUNTS = _objects("accounts", "account", ACCOUNT, recreate=_SWITCH, update_write_only=_WRITE_ONLY, rollback=_SWITCH)
PORT_FORWARDS = _objects("port_forwards", "port_forward", PORT_FORWARD)

SETTINGS = (
    _settings(SYSTEM_CONFIG),
    _settings(DNS),
    FIREWALL_SECTION,
    _settings(IKEV2_SETTINGS),
    _settings(TRAFFIC_LOGGING),
    _settings(BACKUP_CONFIG),
)
LISTS = (RULES, SERVERS, ACCOUNTS, PORT_FORWARDS)
SECTIONS = {one.name: one for one in (*SETTINGS, *LISTS)}


@dataclass(frozen=True)
class Item:
    """One entry of a document, in normal form. ``index`` is its place in the list; None for settings."""

    section: Section
    values: Values
    flags: Values
    index: int | None = None

    @property
    def absent(self) -> bool:
        """True when the object must not be there."""
        return self.flags.get("state") == "absent"

    @property
    def name(self) -> str:
        """What a user calls it."""
        return named(self.section, self.values)


def objects_of(section: Section) -> ObjectKind:
    """The kind of a section that is a list of objects."""
    return cast(ObjectKind, section.kind)


def named(section: Section, values: Values) -> str:
    """What a user calls an object of the section, or the settings."""
    return section.kind.name_of(values) if isinstance(section.kind, ObjectKind) else section.name


@dataclass(frozen=True)
class Problem:
    """What is wrong with an item, as a sentence."""

    section: str
    index: int | None
    name: str
    text: str

    @property
    def told(self) -> dict[str, Any]:
        """The problem as a part of a result."""
        return {"section": self.section, "index": self.index, "name": self.name, "problem": self.text}

    def __str__(self) -> str:
        return f"{place(self.section, self.index, self.name)}: {self.text}"


def place(section: str, index: int | None, name: str) -> str:
    """Where something stands in a document, such as ``accounts[3] alice``; what is not in it is named only."""
    return f"{section}[{index}] {name}".strip() if index is not None else section if section == name else name


class Problems(List[Problem]):
    """The problems that were found so far."""

    def add(self, item: Item, text: str) -> None:
        """Note what is wrong with an item."""
        self.append(Problem(item.section.name, item.index, item.name, text))

    def add_error(self, item: Item, error: PuqVpnError) -> None:
        """Note why the engine refuses an item."""
        sentence = error.message if error.message.endswith(".") else f"{error.message}."
        self.add(item, f"{sentence} {error.hint}".rstrip())


@dataclass(frozen=True)
class Document:
    """What a panel should hold. A section that is not there is not touched."""

    sections: Mapping[str, tuple[Item, ...]]
    remarks: list[str]

    def __contains__(self, section: Section) -> bool:
        return section.name in self.sections

    def items(self, section: Section) -> tuple[Item, ...]:
        """The items of a section."""
        return self.sections.get(section.name, ())


# How many problems the sentence of a failure names; its result has all of them.
_MOST_TOLD = 20


def parse(config: Mapping[str, Any], defaults: Values) -> Document:
    """Read a document. ``defaults`` are the flags of items that do not have their own.

    :raises PuqVpnError: ``invalid_config`` with every problem of every item by itself.
    """
    parser = _Parser(defaults)
    sections = {name: content for name, content in config.items() if content is not None}
    items = {name: tuple(parser.section(name, content)) for name, content in sections.items()}
    refuse(parser.problems)
    return Document(items, parser.remarks)


def refuse(problems: Iterable[Problem], removals: Iterable[Mapping[str, str]] = ()) -> None:
    """Raise when there are problems; ``removals`` are what the plan would have removed.

    :raises PuqVpnError: ``invalid_config`` with all of them in its details.
    """
    found = list(problems)
    if not found:
        return
    told = " ".join(str(one) for one in found[:_MOST_TOLD])
    more = f" And {len(found) - _MOST_TOLD} more, see problems." if len(found) > _MOST_TOLD else ""
    raise PuqVpnError(
        "invalid_config",
        f"config cannot be applied, and nothing was written. {told}{more}",
        details={"problems": [one.told for one in found], "removals": list(removals)},
    )


class _Parser:
    def __init__(self, defaults: Values) -> None:
        self.problems = Problems()
        self.remarks: list[str] = []
        self._defaults = defaults

    def section(self, name: str, content: Any) -> Iterable[Item]:
        section = SECTIONS.get(name)
        if section is None:
            self._problem(name, None, name, f"is no section. There are: {', '.join(SECTIONS)}.")
        elif not isinstance(section.kind, ObjectKind):
            yield from self._item(section, None, content)
        elif isinstance(content, list):
            for index, given in enumerate(content):
                yield from self._item(section, index, given)
        else:
            self._problem(name, None, name, "must be a list of objects.")

    def _item(self, section: Section, index: int | None, given: Any) -> Iterable[Item]:
        """The item, unless something is wrong with it."""
        if not isinstance(given, dict):
            name = section.name if index is None else ""
            self._problem(section.name, index, name, "must be a dictionary of options.")
            return
        options, texts = _by_option(section, given)
        wanted = section.kind.examine(options)
        flags, wrong = self._flags(section, options)
        item = Item(section, wanted.values, flags, index)
        texts += [*wanted.problems, *wrong]
        if isinstance(section.kind, ObjectKind) and not texts:
            texts += _incomplete(section.kind, item)
        self.remarks += (f"{place(section.name, index, item.name)}: {remark}" for remark in wanted.remarks)
        for text in texts:
            self._problem(section.name, index, item.name or one_line(given.get("name", "")), text)
        if not texts:
            yield item

    def _flags(self, section: Section, options: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """The flags of an item, and what is wrong with them."""
        flags = {name: value for name, value in self._defaults.items() if name in section.flags}
        texts = []
        for name, flag in section.flags.items():
            if options.get(name) is not None:
                try:
                    flags[name] = flag.parse(options[name])
                except ValueError as error:
                    texts.append(f"{name} {error}, not {one_line(options[name])}.")
        return flags, texts

    def _problem(self, section: str, index: int | None, name: str, text: str) -> None:
        self.problems.append(Problem(section, index, name, text))


def _by_option(section: Section, given: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """What was given by the names of options, and what is wrong with the names."""
    aliases = {one.wire: one.name for one in section.kind.fields if one.wire}
    options: dict[str, Any] = {}
    texts: list[str] = []
    for name, value in given.items():
        option = aliases.get(name, name)
        if option not in section.options:
            texts.append(f"{one_line(name)} is no option of it. There are: {', '.join(section.options)}.")
        elif option in options:
            texts.append(f"{option} is given twice, also as {name}.")
        options[option] = value
    return options, texts


def _incomplete(kind: ObjectKind, item: Item) -> Iterable[str]:
    """What an object in a document must have, so that the next run finds it again."""
    if kind.substitutes and not kind.key(item.values):
        yield f"needs {' or '.join([*kind.identity, *kind.substitutes])}, to be found again."
    missing = [name for name in kind.identity if name not in item.values]
    if missing and (item.absent or not kind.substitutes):
        yield f"needs {' and '.join(missing)}."
    if not item.absent:
        yield from kind.check(item.values)
