# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The early end of a run: steps that are half done are completed or undone, with as few other changes as possible."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import AbstractSet, Iterable, Mapping, Sequence, Set, Tuple

from .._change import CREATE, DELETE, RECREATE, Change
from .._schema import Values
from .sections import ADDRESSED, PORT_FORWARDS, SERVERS, ListSection
from .steps import ObjectStep, Stage, Step

# What an object needs to exist: a server, a peer, and values that only one object can have.
_Resources = Set[Tuple[str, str]]


@dataclass(frozen=True)
class AbortPlan:
    """The rest of a run, in order: writes to send, and steps whose first half is to be undone."""

    send: list[Stage] = field(default_factory=list)
    undo: list[ObjectStep] = field(default_factory=list)


def plan_abort(
    stages: Sequence[Stage], half: Mapping[ObjectStep, Change], done: AbstractSet[Step], failed: AbstractSet[Step]
) -> AbortPlan:
    """Plan the end of a run. ``half`` are the steps of which only the first half was sent.

    Their second halves are sent unless they depend on steps that are not done. Otherwise the first halves are undone.
    Where that is impossible as well, such as on a server that is gone, the remaining steps of servers and accounts are
    sent first.
    """
    waiting = {write.step for stage in stages for write in stage} - half.keys() - done - failed
    new = _resources((step.section, step.change.values) for step in half)
    if new.isdisjoint(_not_yet_available(waiting | failed)):
        return AbortPlan(send=_unsent(stages, half.keys(), half))
    old = _resources((step.section, step.change.before) for step in half)
    if old.isdisjoint(_no_longer_available(done)):
        return AbortPlan(undo=list(half)[::-1])
    needed = {step for step in waiting if step.section is SERVERS or step.section in ADDRESSED}
    return AbortPlan(send=_unsent(stages, needed | half.keys(), half))


def _unsent(stages: Iterable[Stage], steps: AbstractSet[Step], half: Mapping[ObjectStep, Change]) -> list[Stage]:
    """Return the writes of these steps that were not sent yet."""
    unsent = (
        tuple(write for write in stage if write.step in steps and (write.is_last or write.step not in half))
        for stage in stages
    )
    return [stage for stage in unsent if stage]


def _resources(objects: Iterable[tuple[ListSection, Values]]) -> _Resources:
    resources: _Resources = set()
    for section, values in objects:
        if section.parent_field:
            resources.add(("server", str(values.get(section.parent_field))))
        if section is PORT_FORWARDS:
            resources.add(("peer", str(values.get("to_peer"))))
        if section in ADDRESSED:
            resources |= _unique_values(section, values)
    return resources


def _not_yet_available(waiting: Iterable[Step]) -> _Resources:
    """Return the resources that only exist, or become free, with these steps."""
    resources: _Resources = set()
    for step in waiting:
        if step.section is SERVERS and step.change.action != DELETE and _changes_network(step):
            resources.add(("server", step.name))
        if isinstance(step, ObjectStep) and step.section in ADDRESSED:
            resources |= _unique_values(step.section, step.change.before)
            if step.change.action == CREATE:
                resources.add(("peer", step.name))
    return resources


def _no_longer_available(done: Iterable[Step]) -> _Resources:
    """Return the resources that these steps removed or took."""
    resources: _Resources = set()
    for step in done:
        if isinstance(step, ObjectStep) and step.section is SERVERS and _changes_network(step):
            resources.add(("server", step.name))
        if isinstance(step, ObjectStep) and step.section in ADDRESSED:
            resources |= _unique_values(step.section, step.change.values)
            if step.change.action == DELETE or step.section.parent_field in step.change.fields:
                resources.add(("peer", step.name))
    return resources


def _changes_network(server: ObjectStep) -> bool:
    changed = server.change
    return changed.action in (CREATE, RECREATE, DELETE) or any(
        name in changed.fields for name in server.section.kind.networks
    )


def _unique_values(section: ListSection, account: Values) -> _Resources:
    # A panel may show anything, also what cannot be part of a set.
    return {(name, str(account[name])) for name in section.kind.unique if account.get(name)}
