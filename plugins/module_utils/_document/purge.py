# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Removal of what a document does not name, and what keeps it from removing too much."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Iterable

from .._errors import OptionError, PuqVpnError, listed
from .._kinds import Values
from .._lockout import is_the_panels
from .._plan import DELETE
from .sections import ACCOUNTS, LISTS, PORT_FORWARDS, RULES, Document, Section
from .steps import Family, Step

SCOPED = (ACCOUNTS, PORT_FORWARDS)
"""Sections whose objects belong to a server, so that their purge can be limited to some servers."""


@dataclass(frozen=True)
class Guards:
    """The options that say what may be removed; ``scope`` None means every server."""

    sections: tuple[str, ...] = ()
    scope: tuple[str, ...] | None = None
    protect: tuple[str, ...] = ()
    max_deletes: int | None = None
    allow_empty: bool = False

    def purges(self, section: Section) -> bool:
        """True when what the section does not name is removed."""
        return section.name in self.sections

    def covers(self, server: object) -> bool:
        """True when what belongs to the server may be purged."""
        return self.scope is None or server in self.scope

    def takes(self, section: Section, one: Values) -> bool:
        """True when an object of which the document says nothing is to be removed."""
        if section is RULES and is_the_panels(one):
            return False
        return self.purges(section) and (section not in SCOPED or self.covers(one.get("wg_name")))

    def check(self, document: Document) -> None:
        """Refuse what makes no sense with the document.

        :raises OptionError: with every problem.
        """
        problems = [
            f"purge names {name}, and config has no such section: add it, or nothing would be left of them."
            for name in self.sections
            if name not in document.sections
        ]
        if self.max_deletes is not None and self.max_deletes < 0:
            problems.append("max_deletes must be 0 or more.")
        if self.scope is not None and not any(self.purges(section) for section in SCOPED):
            problems.append(f"purge_scope needs purge to name {' or '.join(one.name for one in SCOPED)}.")
        if problems:
            raise OptionError(" ".join(problems))

    def check_scope(self, servers: Iterable[str]) -> None:
        """Refuse a scope that names a server which there is not: it would protect what it was meant to purge.

        :raises OptionError: with the names.
        """
        unknown = [name for name in self.scope or () if name not in set(servers)]
        if unknown:
            raise OptionError(f"purge_scope names {', '.join(unknown)}, and there is no such WireGuard server")


def purge(family: Family, guards: Guards) -> None:
    """Plan the removal of what no item is about."""
    for one in family.unclaimed():
        if guards.takes(family.section, one):
            family.remove(one)


def check_removals(document: Document, guards: Guards, steps: Iterable[Step]) -> None:
    """Refuse a plan that would remove more than it may.

    :raises PuqVpnError: ``removal_refused`` with all ``removals``.
    """
    removals = [step for step in steps if step.change.action == DELETE]
    reasons = [f"{name} is empty, and purge would remove everything" for name in _emptied(document, guards)]
    protected = [step.name for step in removals if any(fnmatchcase(step.name, one) for one in guards.protect)]
    if protected:
        reasons.append(f"protect forbids to remove {listed(protected)}")
    if guards.max_deletes is not None and len(removals) > guards.max_deletes:
        reasons.append(f"it would remove {len(removals)} objects, and max_deletes is {guards.max_deletes}")
    if reasons:
        raise PuqVpnError(
            "removal_refused",
            f"nothing was written: {'; '.join(reasons)}. What would have gone: "
            f"{listed([f'{one.section.told} {one.name}' for one in removals]) or 'nothing now'}",
            hint="Put into config what must stay, or give allow_empty, max_deletes or protect other values.",
            details={"removals": told_removals(removals)},
        )


def told_removals(steps: Iterable[Step]) -> list[dict[str, str]]:
    """Removals as a part of a result."""
    return [{"kind": one.section.told, "name": one.name} for one in steps if one.change.action == DELETE]


def _emptied(document: Document, guards: Guards) -> list[str]:
    if guards.allow_empty:
        return []
    return [
        section.name
        for section in LISTS
        if guards.purges(section) and all(item.absent or is_the_panels(item.values) for item in document.items(section))
    ]
