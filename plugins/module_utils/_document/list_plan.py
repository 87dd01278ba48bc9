# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan for one list section: its objects now, the items for them, and the steps from one to the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Collection, Iterable

from .._change import DELETE, RECREATE, UPDATE, ObjectChange, object_change, removal, unverified
from .._errors import PuqVpnError
from .._expiry import DISABLED
from .._schema import ObjectIndex, ObjectKind, Values
from .._summary import describe_objects
from .._untrusted import one_line
from .conflicts import same_object
from .problems import Problems
from .sections import Item, ListSection
from .steps import ObjectStep

# Notes an assumption of check mode, as the end of the sentence "it is assumed that ...".
Assume = Callable[[str], None]


@dataclass
class FutureObject:
    """An object after the plan. ``step`` changes it, ``item`` asks for it; None where nothing does."""

    values: Values
    step: ObjectStep | None
    item: Item | None

    def label(self, kind: ObjectKind, item: Item) -> str:
        """Return the object in a sentence about another item, with its location in the document."""
        label = one_line(kind.label(self.values))
        if self.item is not None and self.item.location:
            return f"{label} ({self.item.location})"
        return f"{label}, which is not in config" if item.location else label


class ListPlan:
    """The objects of a list section, and the steps that change them.

    ``protected`` are the objects without an item that a purge keeps.
    """

    def __init__(self, section: ListSection, objects: Iterable[Values]) -> None:
        self.section = section
        self.kind = section.kind
        self.current = ObjectIndex(self.kind, objects)
        self.steps: list[ObjectStep] = []
        self.protected: list[Values] = []
        self.unchanged = 0
        self.unverified: set[str] = set()
        self._items: dict[tuple[str, ...], Item] = {}
        self._steps: dict[tuple[str, ...], ObjectStep] = {}

    def plan(self, items: Iterable[Item], problems: Problems, assume: Assume | None = None) -> None:
        """Plan the items, each on its own.

        With ``assume``, an object that does not exist is assumed to exist when its item does not suffice to create it.
        """
        assumed: list[str] = []
        for item in items:
            current = self.current.find(item.values)
            if not self._claim(item, current, problems):
                continue
            try:
                if assume is not None and self.is_assumed(item, current):
                    assumed.append(item.name)
                    self._note(item, current, self._change_of_assumed(item))
                else:
                    self._note(item, current, self.change(item, current))
            except PuqVpnError as error:
                problems.add_error(item, error)
        if assume is not None and assumed:
            assume(f"{describe_objects(self.kind.title, assumed)} will exist")

    @property
    def items(self) -> Collection[Item]:
        """The items that were planned."""
        return self._items.values()

    def is_assumed(self, item: Item, current: Values | None) -> bool:
        """Return whether the object does not exist and its item does not suffice to create it."""
        return current is None and not item.absent and any(name not in item.values for name in self.kind.needed)

    def _change_of_assumed(self, item: Item) -> ObjectChange | None:
        """Return the change of an object that is only assumed; None when its item merely names it."""
        fields = tuple(name for name in item.values if name not in self.kind.key(item.values))
        action = UPDATE if self.kind.editable else RECREATE
        return ObjectChange(self.kind, action, {}, item.values, fields) if fields else None

    def change(self, item: Item, current: Values | None, **more: Any) -> ObjectChange | None:
        """Return the change that an item requires, with ``more`` values than it has."""
        return object_change(self.kind, {**item.values, **more}, current, item.flags)

    def disable(self, values: Values, cause: str) -> None:
        """Disable an object without an item."""
        change = object_change(self.kind, DISABLED, values, {})
        if change is not None:
            self.add(ObjectStep(self.section, change, cause=cause))
        self.unverified.update(unverified(DISABLED, values))

    def remove(self, values: Values, cause: str) -> None:
        """Remove an object without an item."""
        change = removal(self.kind, values)
        if change is not None:
            self.add(ObjectStep(self.section, change, cause=cause))

    def add(self, step: ObjectStep) -> None:
        """Add a step."""
        self.steps.append(step)
        if step.change.before:
            self._steps[self.identity(step.change.before)] = step

    def identity(self, values: Values) -> tuple[str, ...]:
        """Return what distinguishes an object of this section from others."""
        return tuple([str(values.get(name)) for name in self.kind.identity])

    def recreate_unchanged(self, unchanged: FutureObject) -> None:
        """Recreate an object that would stay as it is."""
        values = self.kind.settable(unchanged.values)
        self.unchanged -= 1
        change = ObjectChange(self.kind, RECREATE, unchanged.values, values, ())
        self.add(ObjectStep(self.section, change, unchanged.item))

    def without_item(self) -> list[Values]:
        """Return the existing objects that have no item."""
        return [values for values in self.current if self.identity(values) not in self._items]

    def step_of(self, values: Values) -> ObjectStep | None:
        """Return the step that changes an existing object."""
        return self._steps.get(self.identity(values))

    def is_removed(self, values: Values) -> bool:
        """Return whether an existing object is removed for good."""
        step = self.step_of(values)
        return step is not None and step.change.action == DELETE

    def future(self) -> list[FutureObject]:
        """Return all objects as they are after the plan."""
        objects = []
        for values in self.current:
            identity = self.identity(values)
            step, item = self._steps.get(identity), self._items.get(identity)
            if step is None:
                objects.append(FutureObject(values, None, item))
            elif step.change.action != DELETE:
                objects.append(FutureObject({**values, **step.change.values}, step, item))
        created = (step for step in self.steps if not step.change.before)
        return objects + [FutureObject(step.change.values, step, step.item) for step in created]

    def _claim(self, item: Item, current: Values | None, problems: Problems) -> bool:
        """Note which object an item is about; return False when another item is about it, too."""
        key = self.identity(current) if current else (*self.kind.key(item.values), item.name)
        other = self._items.setdefault(key, item)
        if other is not item:
            problems.add(item, same_object(other))
        return other is item

    def _note(self, item: Item, current: Values | None, change: ObjectChange | None) -> None:
        if change is None:
            self.unchanged += 1
        else:
            self.add(ObjectStep(self.section, change, item))
        if not item.absent:
            self.unverified.update(unverified(item.values, current or (change.after if change else item.values)))
