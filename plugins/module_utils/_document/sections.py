# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A panel as one document: its sections, the items in them, and what is wrong with each of those.

Nothing here knows HTTP or Ansible: a document is read from a dictionary, whoever wrote it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Iterable, List, Mapping, cast

from .._errors import PuqVpnError, listed
from .._field_types import Switch, ValueType, Word
from .._objects.account import ACCOUNT
from .._objects.backup_config import BACKUP_CONFIG
from .._objects.dns import DNS
from .._objects.firewall import FIREWALL, FIREWALL_RULE
from .._objects.ikev2 import IKEV2_SETTINGS
from .._objects.port_forward import PORT_FORWARD
from .._objects.system_config import SYSTEM_CONFIG
from .._objects.traffic_logging import TRAFFIC_LOGGING
from .._objects.wireguard import WIREGUARD
from .._schema import Kind, ObjectKind, SettingsKind, Values
from .._untrusted import given as told_back
from .._untrusted import one_line, visible
from .unknown_options import unknown_name

_STATE = Word(("present", "absent"))
_WRITE_ONLY = Word(("on_create", "always"))
_SWITCH = Switch()


@dataclass(frozen=True, eq=False)
class Section:
    """A part of a document: settings, or a list of objects of one kind.

    ``result_name`` is the name of the kind in plans and failures: its module without ``puqvpn_``. ``flags`` are the
    options of an item that are no fields.
    """

    name: str
    result_name: str
    kind: Kind
    flags: Mapping[str, ValueType] = field(default_factory=dict)

    @cached_property
    def options(self) -> tuple[str, ...]:
        """What an item may hold, in the order of the documentation."""
        return (*(one.name for one in self.kind.fields), *self.flags)

    @cached_property
    def names(self) -> Mapping[Any, str]:
        """The options by the names that they may be given under, those of the API included."""
        aliases = {one.wire: one.name for one in self.kind.fields if one.wire}
        return {**{name: name for name in self.options}, **aliases}


def _settings(kind: SettingsKind, **flags: ValueType) -> Section:
    return Section(kind.name, kind.name, kind, flags)


def _objects(name: str, result_name: str, kind: ObjectKind, **flags: ValueType) -> Section:
    return Section(name, result_name, kind, {"state": _STATE, **flags})


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
        return display_name(self.section, self.values)

    @property
    def place(self) -> str:
        """Where it stands in the document, such as ``accounts[3]``; empty when it is in no list."""
        return "" if self.index is None else f"{self.section.name}[{self.index}]"

    @property
    def label(self) -> str:
        """What it is about, in a sentence, and where it stands."""
        label = one_line(objects_of(self.section).label(self.values))
        return f"{label} ({self.place})" if self.place else label


def objects_of(section: Section) -> ObjectKind:
    """The kind of a section that is a list of objects."""
    return cast(ObjectKind, section.kind)


def display_name(section: Section, values: Values) -> str:
    """What a user calls an object of the section, or the settings."""
    return section.kind.name_of(values) if isinstance(section.kind, ObjectKind) else section.name


@dataclass(frozen=True)
class Problem:
    """What is wrong with an item, as a sentence. ``hint`` is for all problems that have it, and told once."""

    section: str
    index: int | None
    name: str
    text: str
    hint: str = ""

    @property
    def as_result(self) -> dict[str, Any]:
        """The problem as a part of a result."""
        return {"section": self.section, "index": self.index, "name": visible(self.name), "problem": self.text}

    @property
    def place(self) -> str:
        """Where it is, see :func:`place`."""
        return place(self.section, self.index, self.name)


def place(section: str, index: int | None, name: str) -> str:
    """Where something stands in a document, such as ``accounts[3] alice``; what is not in it is named only."""
    name = one_line(name)
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

    def __str__(self) -> str:
        """The problems as sentences that can be read: equal ones as one, and only the first of them."""
        groups: dict[tuple[str, str], list[Problem]] = {}
        for one in self:
            groups.setdefault((one.text, one.hint), []).append(one)
        sentences: list[str] = []
        hints = {""}
        told = 0
        for (text, hint), group in groups.items():
            places = listed([one.place for one in group], most=_MOST_PLACES)
            sentence = f"{places}: {text[:_LONGEST_TEXT]}" + (f" {hint}" if hint not in hints else "")
            if len(sentences) == _MOST_SENTENCES or (sentences and len(" ".join(sentences)) + len(sentence) > _LONGEST):
                break
            sentences.append(sentence)
            hints.add(hint)
            told += len(group)
        more = f" ... and {len(self) - told} more, see problems." if told < len(self) else ""
        return " ".join(sentences) + more


# How much the sentence of a failure tells of the problems; its result has all of them.
_MOST_SENTENCES = 10
_MOST_PLACES = 2
_LONGEST_TEXT = 1000
_LONGEST = 4000


@dataclass(frozen=True)
class Document:
    """What a panel should hold. A section that is not there is not touched.

    ``problems`` are those of sections and items by themselves; an item that has one is not in ``sections``.
    """

    sections: Mapping[str, tuple[Item, ...]]
    remarks: list[str]
    problems: Problems

    def __contains__(self, section: Section) -> bool:
        return section.name in self.sections

    def items(self, section: Section) -> tuple[Item, ...]:
        """The items of a section."""
        return self.sections.get(section.name, ())


def parse(config: Mapping[str, Any], defaults: Values) -> Document:
    """Read a document. ``defaults`` are the flags of items that do not have their own."""
    parser = _Parser(defaults)
    sections = {str(name): content for name, content in config.items() if content is not None}
    items = {name: tuple(parser.section(name, content)) for name, content in sections.items()}
    return Document(items, parser.remarks, parser.problems)


def refuse(problems: Problems, removals: Iterable[Mapping[str, str]] = ()) -> None:
    """Raise when there are problems; ``removals`` are what the plan would have removed.

    :raises PuqVpnError: ``invalid_config`` with all of them in its details.
    """
    if problems:
        raise PuqVpnError(
            "invalid_config",
            f"config cannot be applied, and nothing was written. {problems}",
            details={"problems": [one.as_result for one in problems], "removals": list(removals)},
        )


class _Parser:
    def __init__(self, defaults: Values) -> None:
        self.problems = Problems()
        self.remarks: list[str] = []
        self._defaults = defaults

    def section(self, name: str, content: Any) -> Iterable[Item]:
        section = SECTIONS.get(name)
        if section is None:
            unknown = unknown_name("section", name, tuple(SECTIONS))
            self.problems.append(Problem(name, None, "config", unknown.text, unknown.hint))
        elif not isinstance(section.kind, ObjectKind):
            yield from self._item(section, None, content)
        elif isinstance(content, list):
            for index, given in enumerate(content):
                yield from self._item(section, index, given)
        else:
            self.problems.append(Problem(name, None, name, "must be a list of objects."))

    def _item(self, section: Section, index: int | None, given: Any) -> Iterable[Item]:
        """The item, unless something is wrong with it."""
        if not isinstance(given, dict):
            name = section.name if index is None else ""
            self.problems.append(Problem(section.name, index, name, "must be a dictionary of options."))
            return
        options, wrong_names = _by_option(section, given)
        wanted = section.kind.parse(options)
        flags, wrong = self._flags(section, options)
        item = Item(section, wanted.values, flags, index)
        texts = [*wrong_names, *((text, "") for text in (*wanted.problems, *wrong))]
        if isinstance(section.kind, ObjectKind) and not texts:
            texts += ((text, "") for text in _incomplete(section.kind, item))
        self.remarks += (f"{place(section.name, index, item.name)}: {remark}" for remark in wanted.remarks)
        name = item.name or one_line(options.get("name", ""))
        self.problems += (Problem(section.name, index, name, *text) for text in texts)
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
                    texts.append(f"{name} {error}, not {told_back(options[name])}.")
        return flags, texts


def _by_option(section: Section, given: Mapping[Any, Any]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """What was given by the names of options; and what is wrong with the names, each with its hint."""
    options: dict[str, Any] = {}
    wrong: list[tuple[str, str]] = []
    for name, value in given.items():
        option = section.names.get(name)
        if option is None:
            unknown = unknown_name("option", str(name), section.options)
            wrong.append((unknown.text, unknown.hint))
            option = unknown.meant
        elif option in options:
            wrong.append((f"{option} is given twice, also as {name}.", ""))
        options.setdefault(option, value)
    return options, wrong


def _incomplete(kind: ObjectKind, item: Item) -> Iterable[str]:
    """What an object in a document must have, so that the next run finds it again."""
    if kind.substitutes and not kind.key(item.values):
        yield f"needs {' or '.join([*kind.identity, *kind.substitutes])}, to be found again."
    missing = [name for name in kind.identity if name not in item.values]
    if missing and (item.absent or not kind.substitutes):
        yield f"needs {' and '.join(missing)}."
    if not item.absent:
        yield from kind.check(item.values)
