# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Removal of what a document does not name, and what keeps it from removing too much."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Collection, Iterable, Iterator, Sequence

from .._change import DELETE, RECREATE
from .._errors import OptionError, PuqVpnError, listed
from .._lockout import is_system_rule
from .._schema import Values
from .._untrusted import given, one_line, visible
from .sections import (
    ACCOUNTS,
    LISTS,
    PORT_FORWARDS,
    RULES,
    SECTIONS,
    SERVERS,
    Document,
    Section,
    display_name,
    objects_of,
)
from .steps import Assume, Family, Step, counted

SCOPED = (ACCOUNTS, PORT_FORWARDS)
"""Sections whose objects belong to a server, so that their purge can be limited to some servers."""

PURGE, FORCE = "purge", "force: true"
"""Why something is removed that no item is about, in the words of options."""


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

    def protects(self, name: str) -> bool:
        """True when an object of this name must be kept."""
        return any(fnmatchcase(name, pattern) for pattern in self.protect)

    @property
    def names_forwards(self) -> bool:
        """True when port forwards are protected for sure: no other name has a slash in it."""
        return any("/" in pattern for pattern in self.protect)

    def takes(self, section: Section, one: Values) -> bool:
        """True when an object of which the document says nothing is to be removed."""
        if section is RULES and is_system_rule(one):
            return False
        return self.purges(section) and (section not in SCOPED or self.covers(one.get("wg_name")))

    def check(self, document: Document) -> None:
        """Refuse what makes no sense with the document.

        :raises OptionError: with every problem.
        """
        problems = [
            f'purge lists "{name}", but config has no such section. Purging it would delete every '
            f"{objects_of(SECTIONS[name]).title}; add the section to config."
            for name in self.sections
            if name not in document.sections
        ]
        if self.max_deletes is not None and self.max_deletes < 0:
            problems.append("max_deletes must be 0 or more.")
        if self.scope is not None and not any(self.purges(section) for section in SCOPED):
            problems.append(f"purge_scope needs purge to name {' or '.join(one.name for one in SCOPED)}.")
        if problems:
            raise OptionError(" ".join(problems))

    def check_scope(self, servers: Iterable[str], assume: Assume | None = None) -> None:
        """Refuse a scope that names a server which there is not: it would protect what it was meant to purge.

        With ``assume``, such a server is taken to come.

        :raises OptionError: with the names.
        """
        known = set(servers)
        unknown = [name for name in self.scope or () if name not in known]
        if unknown and assume is not None:
            assume(f"{counted('WireGuard server', unknown)} will exist")
        elif unknown:
            names = ", ".join(map(given, unknown))
            raise OptionError(f"purge_scope names {names}, and there is no such WireGuard server")


def purge(family: Family, guards: Guards, needed: Collection[str] = ()) -> None:
    """Plan the removal of what no item is about, but for what is protected, and for what that needs."""
    for one in family.unclaimed():
        if guards.takes(family.section, one):
            name = display_name(family.section, one)
            if name in needed or guards.protects(name):
                family.kept.append(one)
            else:
                family.remove(one, PURGE)


def needed_by_protected(family: Family, guards: Guards, parent: str) -> set[str]:
    """The names that a field holds in those protected objects of a family that stay."""
    return {
        str(one[parent])
        for one in (family.current if guards.protect else ())
        if parent in one and guards.protects(display_name(family.section, one)) and not _goes(family, one)
    }


def kept_of(family: Family) -> list[dict[str, str]]:
    """What a purge passed over, as a part of a result."""
    return [
        {"kind": family.section.result_name, "name": display_name(family.section, one)}
        for one in family.kept
        if not _goes(family, one)
    ]


def _goes(family: Family, one: Values) -> bool:
    step = family.step_of(one)
    return step is not None and step.change.action == DELETE


# --- What a plan must not remove


@dataclass(frozen=True)
class Removal:
    """An object that goes, for good or to be made again; ``why`` in the words of options."""

    section: Section
    name: str
    why: str = ""

    @property
    def as_result(self) -> dict[str, str]:
        """The removal as a part of a result."""
        return {"kind": self.section.result_name, "name": visible(self.name)}

    def __str__(self) -> str:
        return one_line(f"{self.name} ({self.section.result_name}, {self.why})")


@dataclass(frozen=True)
class Refusal:
    """Why a plan must not be carried out, as a stable word and as a sentence without its end, and what it is about."""

    reason: str
    text: str
    removals: Sequence[Removal]

    @property
    def as_result(self) -> dict[str, Any]:
        """The refusal as a part of a result."""
        return {"reason": self.reason, "message": f"{self.text}.", "removals": [one.as_result for one in self.removals]}


def removals_of(steps: Iterable[Step]) -> list[Removal]:
    """What steps remove for good."""
    return [_removal(step) for step in steps if step.change.action == DELETE]


def refusals_of(document: Document, guards: Guards, steps: Sequence[Step], lost: Iterable[Removal]) -> list[Refusal]:
    """Why steps must not be carried out. ``lost`` is what a panel may remove along with them."""
    found = []
    for section in LISTS:
        purged = removals_of(step for step in steps if step.section is section and step.cause == PURGE)
        if purged and not guards.allow_empty and _is_empty(section, document):
            found.append(
                Refusal("empty_section", f"{section.name} is empty, and purge would remove everything", purged)
            )
    protected = [one for one in (*_taken_away(steps), *lost) if guards.protects(one.name)]
    if protected:
        text = f"protect forbids to remove {listed([str(one) for one in protected])}"
        found.append(Refusal("protected", text, protected))
    removals = removals_of(steps)
    if guards.max_deletes is not None and len(removals) > guards.max_deletes:
        text = f"the run would remove {len(removals)} objects, and max_deletes is {guards.max_deletes}"
        found.append(Refusal("max_deletes", text, removals))
    return found


def removal_refused(refusals: Sequence[Refusal], steps: Iterable[Step]) -> PuqVpnError:
    """The error for a plan that must not be carried out."""
    removals = {(one.section.result_name, one.name): one for one in removals_of(steps)}
    for refusal in refusals:
        removals.update(((one.section.result_name, one.name), one) for one in refusal.removals)
    return PuqVpnError(
        "removal_refused",
        f"nothing was written: {'; '.join(one.text for one in refusals)}. What would have gone: "
        f"{listed([f'{kind} {one_line(name)}' for kind, name in removals])}",
        hint="Put into config what must stay, or give allow_empty, max_deletes or protect other values.",
        details={
            "removals": [one.as_result for one in removals.values()],
            "refusals": [one.as_result for one in refusals],
        },
    )


def lost_forwards(forwards: Family, accounts: Family, servers: Family) -> Iterator[Removal]:
    """The port forwards that a panel may remove, or that are made again, since their account or server goes.

    Those are not among them of which the document itself says something else.
    """
    peers, parents = (
        {step.name: step for step in family.steps if step.change.action in (DELETE, RECREATE)}
        for family in (accounts, servers)
    )
    for one in forwards.current:
        step = forwards.step_of(one)
        stays = step is None or step.change.values.get("to_peer", one.get("to_peer")) == one.get("to_peer")
        cause = peers.get(str(one.get("to_peer"))) or parents.get(str(one.get("wg_name")))
        if cause is not None and stays and not _goes(forwards, one):
            yield Removal(
                PORT_FORWARDS, display_name(PORT_FORWARDS, one), f"along with {cause.section.result_name} {cause.name}"
            )


def _removal(step: Step) -> Removal:
    why = step.cause or ("recreate: true" if step.change.action == RECREATE else "state: absent")
    return Removal(step.section, display_name(step.section, step.change.before), why)


def _taken_away(steps: Iterable[Step]) -> Iterator[Removal]:
    """What goes for good, or is made again since that was allowed. Of rules and port forwards that is an edit."""
    for step in steps:
        recreated = step.change.action == RECREATE and step.section in (SERVERS, ACCOUNTS)
        if recreated or step.change.action == DELETE:
            yield _removal(step)


def _is_empty(section: Section, document: Document) -> bool:
    """True when the document names no object that should be there."""
    return all(item.absent or (section is RULES and is_system_rule(item.values)) for item in document.items(section))
