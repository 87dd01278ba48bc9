# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A document in normal form, read from a dictionary whoever wrote it, with every problem of its items."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Iterable, Mapping

from .._expiry import enforce_expiry
from .._schema import Values
from .._untrusted import echo, one_line
from .problems import Problem, Problems, location
from .sections import LAYOUTS, Item, Layout, ListSection, Section
from .unknown_options import unknown_name


@dataclass(frozen=True)
class Document:
    """The wanted state of a panel at a ``moment``. A section that it does not contain stays untouched.

    ``problems`` are those of sections and items by themselves; an item that has one is not in ``sections``.
    """

    layout: Layout
    sections: Mapping[str, tuple[Item, ...]]
    remarks: list[str]
    problems: Problems
    moment: datetime

    def __contains__(self, section: Section) -> bool:
        return section.name in self.sections

    def items(self, section: Section) -> tuple[Item, ...]:
        """Return the items of a section."""
        return self.sections.get(section.name, ())


def parse(config: Mapping[str, Any], defaults: Values, generation: int, moment: datetime) -> Document:
    """Parse a document for a panel.

    ``defaults`` are the flags of items that do not set their own. Items are as they are wanted at the ``moment``, which
    differs from what they say once they are expired.
    """
    parser = _Parser(defaults, generation, moment)
    sections = {str(name): content for name, content in config.items() if content is not None}
    items = {name: tuple(parser.section(name, content)) for name, content in sections.items()}
    return Document(parser.layout, items, parser.remarks, parser.problems, moment)


class _Parser:
    def __init__(self, defaults: Values, generation: int, moment: datetime) -> None:
        self.layout = LAYOUTS[generation]
        self.problems = Problems()
        self.remarks: list[str] = []
        self._moment = moment
        # By section; all items without flags of their own share them.
        self._default_flags: dict[str, Values] = {
            section.name: {name: value for name, value in defaults.items() if name in section.flags}
            for section in self.layout.sections.values()
        }

    def section(self, name: str, content: Any) -> Iterable[Item]:
        section = self.layout.sections.get(name)
        if section is None:
            self.problems.append(self._unknown_section(name))
        elif not isinstance(section, ListSection):
            yield from self._item(section, None, content)
        elif isinstance(content, list):
            for index, options in enumerate(content):
                yield from self._item(section, index, options)
        else:
            self.problems.append(Problem(name, None, name, "must be a list of objects."))

    def _unknown_section(self, name: str) -> Problem:
        others = [generation for generation, layout in LAYOUTS.items() if name in layout.sections]
        if others:
            text = f"is a section for {others[0]}.x panels only. Sections for this one: "
            return Problem(name, None, name, f"{text}{', '.join(self.layout.sections)}.")
        unknown = unknown_name("section", name, tuple(self.layout.sections))
        return Problem(name, None, "config", unknown.text, unknown.hint)

    def _item(self, section: Section, index: int | None, content: Any) -> Iterable[Item]:
        """Yield the item unless it has a problem."""
        if not isinstance(content, dict):
            name = section.name if index is None else ""
            self.problems.append(Problem(section.name, index, name, "must be a dictionary of options."))
            return
        options, wrong_names = _by_option(section, content)
        parsed = section.kind.parse(options)
        flags, wrong_flags = self._flags(section, options)
        item = Item(section, parsed.values, flags, index)
        texts = [*wrong_names, *((text, "") for text in (*parsed.problems, *wrong_flags))]
        if not texts:
            texts += ((text, "") for text in section.check(item))
        if parsed.remarks:
            self.remarks += (f"{location(section.name, index, item.name)}: {remark}" for remark in parsed.remarks)
        if texts:
            name = item.name or one_line(options.get("name", ""))
            self.problems += (Problem(section.name, index, name, *text) for text in texts)
        else:
            yield self._enforced(item)

    def _enforced(self, item: Item) -> Item:
        if "expires" not in item.flags:
            return item
        enforced = enforce_expiry(item.values, item.flags, self._moment)
        if not enforced.reason:
            return item
        flags = {**item.flags, "state": enforced.state}
        return replace(item, values=enforced.values, flags=flags, reason=enforced.reason)

    def _flags(self, section: Section, options: Mapping[str, Any]) -> tuple[Values, list[str]]:
        """Return the flags of an item, and what is wrong with them."""
        own: dict[str, Any] = {}
        texts = []
        for name, flag in section.flags.items():
            if options.get(name) is not None:
                try:
                    own[name] = flag.parse(options[name])
                except ValueError as error:
                    texts.append(f"{name} {error}, not {echo(options[name])}.")
        defaults = self._default_flags[section.name]
        return {**defaults, **own} if own else defaults, texts


def _by_option(section: Section, content: Mapping[Any, Any]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Return the values by option; and what is wrong with the names, each with its hint."""
    options: dict[str, Any] = {}
    wrong: list[tuple[str, str]] = []
    for name, value in content.items():
        option = section.option_names.get(name)
        if option is None:
            unknown = unknown_name("option", str(name), section.options)
            wrong.append((unknown.text, unknown.hint))
            option = unknown.meant
        elif option in options:
            wrong.append((f"{option} is given twice, also as {name}.", ""))
        options.setdefault(option, value)
    return options, wrong
