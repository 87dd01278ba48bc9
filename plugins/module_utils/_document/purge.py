# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The purge of objects that a document does not contain, and the options that limit removals."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Collection

from .._errors import OptionError
from .._packet_filter import is_system_rule
from .._schema import Values
from .._summary import describe_objects
from .._untrusted import echo
from .list_plan import Assume, ListPlan
from .parse import Document
from .sections import ADDRESSED, LISTS, RULES, ListSection, Section

# Why an object without an item is removed or disabled.
PURGE, FORCE = "not in config (purge)", "its server is removed with force: true"


@dataclass(frozen=True)
class RemovalGuards:
    """The options that say what may be removed; ``scope`` None means every server.

    With ``disable``, purge disables accounts in place of removing them.
    """

    sections: tuple[str, ...] = ()
    scope: tuple[str, ...] | None = None
    protect: tuple[str, ...] = ()
    max_deletes: int | None = None
    allow_empty: bool = False
    disable: bool = False
    max_disables: int | None = None

    def purges(self, section: Section) -> bool:
        """Return whether the objects of a section that the document does not contain are removed."""
        return section.name in self.sections

    def disables(self, section: Section) -> bool:
        """Return whether purge disables the objects of a section in place of removing them."""
        return self.disable and section in ADDRESSED

    def covers(self, server: object) -> bool:
        """Return whether the objects of a server may be purged."""
        return self.scope is None or server in self.scope

    def protects(self, name: str) -> bool:
        """Return whether an object of this name must be kept."""
        return any(fnmatchcase(name, pattern) for pattern in self.protect)

    @property
    def names_forwards(self) -> bool:
        """Whether port forwards are certainly protected: no other name contains a slash."""
        return any("/" in pattern for pattern in self.protect)

    def purges_object(self, section: ListSection, values: Values) -> bool:
        """Return whether an object without an item is to be removed or disabled."""
        if section is RULES and is_system_rule(values):
            return False
        return self.purges(section) and (not section.parent_field or self.covers(values.get(section.parent_field)))

    def check(self, document: Document) -> None:
        """Refuse options that make no sense with the document.

        :raises OptionError: with every problem.
        """
        problems = [
            f'purge lists "{section.name}", but config has no such section. Purging it would '
            f"{'disable' if self.disables(section) else 'delete'} every "
            f"{section.kind.title}; add the section to config."
            for section in LISTS
            if section.name in self.sections and section.name not in document.sections
        ]
        limits = {"max_deletes": self.max_deletes, "max_disables": self.max_disables}
        problems += (f"{name} must be 0 or more." for name, most in limits.items() if most is not None and most < 0)
        scoped = [section for section in document.layout.lists if section.parent_field]
        if self.scope is not None and not any(map(self.purges, scoped)):
            problems.append(f"purge_scope needs purge to name {' or '.join(section.name for section in scoped)}.")
        if problems:
            raise OptionError(" ".join(problems))

    def check_scope(self, servers: ListPlan, assume: Assume | None = None) -> None:
        """Refuse a scope with a server that does not exist: it would protect what it was meant to purge.

        With ``assume``, such a server is assumed to exist later.

        :raises OptionError: with the names.
        """
        known = {str(server.values.get("name")) for server in servers.future()}
        title = servers.kind.title
        unknown = [name for name in self.scope or () if name not in known]
        if unknown and assume is not None:
            assume(f"{describe_objects(title, unknown)} will exist")
        elif unknown:
            raise OptionError(f"purge_scope names {', '.join(map(echo, unknown))}, but no such {title} exists")


def purge(objects: ListPlan, guards: RemovalGuards, needed: Collection[str] = ()) -> None:
    """Plan to remove or disable the objects without an item, except protected ones and those that these need."""
    for values in objects.without_item() if guards.purges(objects.section) else ():
        if guards.purges_object(objects.section, values):
            name = objects.section.name_of(values)
            if name in needed or guards.protects(name):
                objects.protected.append(values)
            elif guards.disables(objects.section):
                objects.disable(values, PURGE)
            else:
                objects.remove(values, PURGE)


def needed_by_protected(objects: ListPlan, guards: RemovalGuards, parent: str) -> set[str]:
    """Return the values of the field ``parent`` of the protected objects that stay."""
    return {
        str(values[parent])
        for values in (objects.current if guards.protect else ())
        if parent in values and guards.protects(objects.section.name_of(values)) and not objects.is_removed(values)
    }


def protected_results(objects: ListPlan) -> list[dict[str, str]]:
    """Return the objects that a purge kept, for a result."""
    return [
        {"kind": objects.section.result_name, "name": objects.section.name_of(values)}
        for values in objects.protected
        if not objects.is_removed(values)
    ]
