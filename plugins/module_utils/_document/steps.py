# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The steps of a plan, each of which is one change, and the writes that carry them out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Tuple, Union

from .._change import UPDATE, Change, ObjectChange, SettingsChange
from .._expiry import DISABLED
from .._schema import Values
from .problems import location
from .sections import Item, ListSection, Section, SettingsSection


@dataclass(eq=False)
class _Step:
    section: Section
    change: Change
    item: Item | None

    @property
    def name(self) -> str:
        """The name of the object for users."""
        return self.section.name_of({**self.change.before, **self.change.values})

    @property
    def reason(self) -> str:
        """Why the document, or what it does not contain, leads to the change; empty where an item says so itself."""
        return ""

    @property
    def index(self) -> int | None:
        """The position of the item in its list."""
        return self.item.index if self.item else None

    def __str__(self) -> str:
        return location(self.section.name, self.index, self.name)


@dataclass(eq=False)
class SettingsStep(_Step):
    """A change of settings."""

    section: SettingsSection
    change: SettingsChange
    item: Item


@dataclass(eq=False)
class ObjectStep(_Step):
    """A change of an object, and the item that requires it; None when an object without an item is changed.

    ``picks_address`` is true for an account whose address was not given. ``cause`` says why an object without an item
    is removed or disabled.
    """

    section: ListSection
    change: ObjectChange
    item: Item | None = None
    picks_address: bool = False
    cause: str = ""

    @property
    def reason(self) -> str:
        """See :attr:`_Step.reason`; an expired account may also change for other reasons."""
        if self.item is None or (self.change.action == UPDATE and DISABLED.keys().isdisjoint(self.change.fields)):
            return self.cause
        return self.item.reason


Step = Union[SettingsStep, ObjectStep]

# The parts of a step. Most steps are one write.
WHOLE = "whole"
# The halves of a recreation that wait for each other: the old object is in the way of what the new one waits for.
REMOVE_OLD, CREATE_NEW = "remove_old", "create_new"
# The first half of an update: in a circle of objects that swap values, one gets other values for a moment.
PARK = "park"


@dataclass(frozen=True)
class Write:
    """What one position of the order sends for a step; ``values`` are those of a parked object."""

    step: Step
    part: str = WHOLE
    values: Values = field(default_factory=dict)

    @property
    def is_last(self) -> bool:
        """Whether this write completes its step."""
        return self.part in (WHOLE, CREATE_NEW)


# Writes that do not depend on each other, so that they may be sent concurrently.
Stage = Tuple[Write, ...]
