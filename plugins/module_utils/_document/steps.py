# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The changes of a whole panel: what each is for, and in which writes it is carried out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable, Iterable, Sequence, Tuple

from .._change import DELETE, RECREATE, UPDATE, Change, object_change, removal, unverified
from .._errors import PuqVpnError, listed
from .._schema import ObjectIndex, ObjectKind, Values
from .._untrusted import one_line
from .conflicts import same_object
from .sections import Item, Problems, Section, display_name, objects_of, place

Assume = Callable[[str], None]
"""Notes what check mode takes for granted, as the end of the sentence "it is assumed that ..."."""


def counted(title: str, names: Sequence[str]) -> str:
    """Objects of one kind in a sentence, such as ``accounts alice, bob``."""
    return f"{title}{'' if len(names) == 1 else 's'} {one_line(listed(names))}"


@dataclass(eq=False)
class Step:
    """One change of a plan, and the item that asks for it; None where something is removed that no item is about.

    ``chosen`` is true when the address of the account was not asked for. ``cause`` says why something is removed that
    no item is about.
    """

    section: Section
    change: Change
    item: Item | None = None
    chosen: bool = False
    cause: str = ""

    @property
    def name(self) -> str:
        """What a user calls the object."""
        return display_name(self.section, {**self.change.before, **self.change.values})

    @property
    def index(self) -> int | None:
        """The place of the item in its list."""
        return self.item.index if self.item else None

    def __str__(self) -> str:
        return place(self.section.name, self.index, self.name)


WHOLE, REMOVE, MAKE, PARK = "whole", "remove", "make", "park"


@dataclass(frozen=True)
class Write:
    """What is sent at one place of the order for a step: mostly all of it.

    A new object that must wait for something that its old one is in the way of is removed and made apart. An object
    that changes places with others in a circle is parked: it gets ``values`` for a moment.
    """

    step: Step
    part: str = WHOLE
    values: Values = field(default_factory=dict)

    @property
    def ends(self) -> bool:
        """True for the last write of a step."""
        return self.part in (WHOLE, MAKE)


Stage = Tuple[Write, ...]
"""Writes of which none needs another one, so that they may be sent at the same time."""


@dataclass(frozen=True)
class Entry:
    """An object as it will be. ``step`` makes it so, ``item`` asks for it; None where nothing does."""

    values: Values
    step: Step | None
    item: Item | None

    def label(self, kind: ObjectKind, item: Item) -> str:
        """The object in a sentence about another item, and where it stands in the document, if there is one."""
        label = one_line(kind.label(self.values))
        if self.item is not None and self.item.place:
            return f"{label} ({self.item.place})"
        return f"{label}, which is not in config" if item.place else label


class Family:
    """All objects of one section: what is there, what is asked for, and the steps from here to there.

    ``kept`` is what a purge passed over, although no item is about it.
    """

    def __init__(self, section: Section, shown: Iterable[Values]) -> None:
        self.section = section
        self.kind = objects_of(section)
        self.current = ObjectIndex(self.kind, shown)
        self.steps: list[Step] = []
        self.kept: list[Values] = []
        self.unchanged = 0
        self.unverified: set[str] = set()
        self._items: dict[tuple[str, ...], Item] = {}
        self._steps: dict[tuple[str, ...], Step] = {}

    def plan(self, items: Iterable[Item], problems: Problems, assume: Assume | None = None) -> None:
        """Plan the items, each on its own.

        With ``assume``, an object is taken to come of which an item says too little to make it.
        """
        assumed: list[str] = []
        for item in items:
            found = self.current.find(item.values)
            if not self._claim(item, found, problems):
                continue
            try:
                if assume is not None and self.is_assumed(item, found):
                    assumed.append(item.name)
                    self._note(item, found, self._change_of_assumed(item))
                else:
                    self._note(item, found, self.change(item, found))
            except PuqVpnError as error:
                problems.add_error(item, error)
        if assume is not None and assumed:
            assume(f"{counted(self.kind.title, assumed)} will exist")

    def is_assumed(self, item: Item, found: Values | None) -> bool:
        """True when there is no object, and the item says too little to make one: it must be there by then."""
        return found is None and not item.absent and any(name not in item.values for name in self.kind.needed)

    def _change_of_assumed(self, item: Item) -> Change | None:
        """What an item may change of an object that is only assumed; None where it only names it."""
        fields = tuple(name for name in item.values if name not in self.kind.key(item.values))
        action = UPDATE if self.kind.editable else RECREATE
        return Change(self.kind, action, {}, item.values, fields) if fields else None

    def change(self, item: Item, found: Values | None, **more: Any) -> Change | None:
        """The change that an item needs, with ``more`` values than it has."""
        return object_change(self.kind, {**item.values, **more}, found, item.flags)

    def remove(self, one: Values, cause: str) -> None:
        """Remove what no item is about."""
        change = removal(self.kind, one)
        if change is not None:
            self.add(Step(self.section, change, cause=cause))

    def add(self, step: Step) -> None:
        """Add a step."""
        self.steps.append(step)
        if step.change.before:
            self._steps[self.identity(step.change.before)] = step

    def identity(self, values: Values) -> tuple[str, ...]:
        """What tells an object of this family from others."""
        return tuple(str(values.get(name)) for name in self.kind.identity)

    def recreate_unchanged(self, entry: Entry) -> None:
        """Remove what would stay as it is, and make it again."""
        values = self.kind.settable(entry.values)
        self.unchanged -= 1
        self.add(Step(self.section, Change(self.kind, RECREATE, entry.values, values, ()), entry.item))

    def unclaimed(self) -> list[Values]:
        """What is there and no item is about."""
        return [one for one in self.current if self.identity(one) not in self._items]

    def step_of(self, shown: Values) -> Step | None:
        """The step that changes what is there."""
        return self._steps.get(self.identity(shown))

    def future(self) -> list[Entry]:
        """All objects as they will be."""
        entries = []
        for one in self.current:
            step, item = self.step_of(one), self._items.get(self.identity(one))
            if step is None:
                entries.append(Entry(one, None, item))
            elif step.change.action != DELETE:
                entries.append(Entry({**one, **step.change.values}, step, item))
        entries += (Entry(step.change.values, step, step.item) for step in self.steps if not step.change.before)
        return entries

    def _claim(self, item: Item, found: Values | None, problems: Problems) -> bool:
        """Note which object an item is about; false when another item is about it, too."""
        key = self.identity(found) if found else (*self.kind.key(item.values), item.name)
        other = self._items.setdefault(key, item)
        if other is not item:
            problems.add(item, same_object(other))
        return other is item

    def _note(self, item: Item, found: Values | None, change: Change | None) -> None:
        if change is None:
            self.unchanged += 1
        else:
            self.add(Step(self.section, change, item))
        if not item.absent:
            self.unverified.update(unverified(item.values, found or (change.after if change else item.values)))
