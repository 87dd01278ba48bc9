# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The reasons for which a plan that would remove or disable too much is not carried out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterable, Iterator, Sequence

from .._change import DELETE, RECREATE, UPDATE
from .._errors import PuqVpnError, listed
from .._packet_filter import is_system_rule
from .._untrusted import one_line, printable
from .list_plan import ListPlan
from .parse import Document
from .purge import PURGE, RemovalGuards
from .sections import ADDRESSED, LISTS, PORT_FORWARDS, RULES, SERVERS, Section
from .steps import ObjectStep


@dataclass(frozen=True)
class Removal:
    """An object that is removed, for good or to be recreated, or disabled by a purge, and why."""

    section: Section
    name: str
    why: str
    is_disabled: bool = False

    @property
    def as_result(self) -> dict[str, str]:
        """The removal in a result."""
        return {"kind": self.section.result_name, "name": printable(self.name), "reason": printable(self.why)}

    @property
    def label(self) -> str:
        """The removal in a list of all of them. That purge removes something needs no explanation."""
        label = f"{self.section.result_name} {self.name}"
        return one_line(label if self.why == PURGE else f"{label} ({self.why})")

    def __str__(self) -> str:
        return one_line(f"{self.name} ({self.section.result_name}, {self.why})")


@dataclass(frozen=True)
class Refusal:
    """Why a plan is refused: a stable word, a sentence without its end, and the removals in question."""

    reason: str
    text: str
    removals: Sequence[Removal]

    @property
    def as_result(self) -> dict[str, Any]:
        """The refusal in a result."""
        removals = [removal.as_result for removal in self.removals]
        return {"reason": self.reason, "message": f"{self.text}.", "removals": removals}


def removals_of(steps: Iterable[ObjectStep]) -> list[Removal]:
    """Return what steps remove for good."""
    return [_removal(step) for step in steps if step.change.action == DELETE]


def refusals_of(
    document: Document, guards: RemovalGuards, steps: Sequence[ObjectStep], lost: Iterable[Removal]
) -> list[Refusal]:
    """Return why steps must not be carried out. ``lost`` is what a panel may remove along with them."""
    refusals = []
    for section in LISTS:
        purged = [_removal(step) for step in steps if step.section is section and step.cause == PURGE]
        if purged and not guards.allow_empty and _is_empty(section, document):
            verb = "disable" if guards.disables(section) else "remove"
            text = f"{section.name} is empty, and purge would {verb} everything"
            refusals.append(Refusal("empty_section", text, purged))
    protected = [removal for removal in (*_unwanted(steps), *lost) if guards.protects(removal.name)]
    if protected:
        text = f"protect forbids the removal of {listed([str(removal) for removal in protected])}"
        refusals.append(Refusal("protected", text, protected))
    removals = removals_of(steps)
    if guards.max_deletes is not None and len(removals) > guards.max_deletes:
        text = f"the run would remove {len(removals)} objects, and max_deletes is {guards.max_deletes}"
        refusals.append(Refusal("max_deletes", text, removals))
    # Not those of expired accounts: that is asked for by name.
    disabled = [removal for removal in map(_removal, steps) if removal.is_disabled]
    if guards.max_disables is not None and len(disabled) > guards.max_disables:
        text = f"purge would disable {len(disabled)} objects, and max_disables is {guards.max_disables}"
        refusals.append(Refusal("max_disables", text, disabled))
    return refusals


def removal_refused(refusals: Sequence[Refusal], steps: Iterable[ObjectStep]) -> PuqVpnError:
    """Return the error for a plan that is refused."""
    all_removals = (*removals_of(steps), *(removal for refusal in refusals for removal in refusal.removals))
    unique = {(removal.section.result_name, removal.name): removal for removal in all_removals}
    removals, disabled = (
        [removal for removal in unique.values() if removal.is_disabled is is_disabled] for is_disabled in (False, True)
    )
    would = [
        f"{verb} {listed([removal.label for removal in group])}"
        for verb, group in (("remove", removals), ("disable", disabled))
        if group
    ]
    return PuqVpnError(
        "removal_refused",
        f"nothing was written: {'; '.join(refusal.text for refusal in refusals)}. The run would {' and '.join(would)}",
        details={
            "removals": [removal.as_result for removal in removals],
            "refusals": [refusal.as_result for refusal in refusals],
        },
    )


def lost_forwards(forwards: ListPlan, accounts: ListPlan, servers: ListPlan) -> Iterator[Removal]:
    """Yield the port forwards that are lost or recreated since their account or server is removed.

    Those for which the document itself says something else are not among them.
    """
    gone_accounts, gone_servers = (
        {step.name: step for step in objects.steps if step.change.action in (DELETE, RECREATE)}
        for objects in (accounts, servers)
    )
    for values in forwards.current:
        step = forwards.step_of(values)
        stays = step is None or step.change.values.get("to_peer", values.get("to_peer")) == values.get("to_peer")
        cause = gone_accounts.get(str(values.get("to_peer"))) or gone_servers.get(str(values.get("wg_name")))
        if cause is not None and stays and not forwards.is_removed(values):
            why = f"along with {cause.section.result_name} {cause.name}"
            yield Removal(PORT_FORWARDS, PORT_FORWARDS.name_of(values), why)


def _removal(step: ObjectStep) -> Removal:
    action, name = step.change.action, step.section.name_of(step.change.before)
    why = "recreate: true" if action == RECREATE else (step.reason or "state: absent")
    return Removal(step.section, name, why, is_disabled=action == UPDATE and step.cause == PURGE)


def _unwanted(steps: Iterable[ObjectStep]) -> Iterator[Removal]:
    """Yield the removals that ``protect`` is about. Rules and port forwards are recreated in place of an edit."""
    for step in steps:
        recreated = step.change.action == RECREATE and step.section in (SERVERS, *ADDRESSED)
        if recreated or step.change.action == DELETE:
            yield _removal(step)


def _is_empty(section: Section, document: Document) -> bool:
    """Return whether no item of a section asks for an object to exist."""
    return all(item.absent or (section is RULES and is_system_rule(item.values)) for item in document.items(section))
