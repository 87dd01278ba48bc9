# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order of steps that take something from each other: an address, a port, a username."""

from __future__ import annotations

from typing import Any, Callable, Collection, Iterable, Mapping, Sequence, Tuple

from .._networks import network_of
from .steps import PARK, ObjectStep, Stage, Write

# For each step those that hold what it takes, and the field in question.
Blockers = Mapping[ObjectStep, Sequence[Tuple[ObjectStep, str]]]

# Returns values with which a step gives up these fields, so that others can take theirs; empty to write nothing.
Unblock = Callable[[ObjectStep, Sequence[str]], Mapping[str, Any]]


def order_steps(steps: Iterable[ObjectStep], blockers: Blockers, unblock: Unblock) -> list[Stage]:
    """Place each step in a later stage than its blockers; in a circle, one step is unblocked first."""
    waiting = {step: {blocker for blocker, _field in blockers.get(step, ())} for step in steps}
    followers: dict[ObjectStep, dict[ObjectStep, str]] = {}
    for step, pairs in blockers.items():
        for blocker, name in pairs:
            followers.setdefault(blocker, {})[step] = name
    ready = [step for step, blocking in waiting.items() if not blocking]
    stages: list[Stage] = []
    while waiting:
        if ready:
            stages.append(tuple(map(Write, ready)))
            moved = ready
            for step in ready:
                del waiting[step]
        else:
            step = _step_in_circle(waiting)
            values = unblock(step, sorted(set(followers[step].values())))
            if values:
                stages.append((Write(step, PARK, values),))
            moved = [step]
        ready = [follower for step in moved for follower in _unblocked(step, waiting, followers.pop(step, ()))]
    return stages


def _unblocked(
    step: ObjectStep, waiting: Mapping[ObjectStep, set[ObjectStep]], followers: Collection[ObjectStep]
) -> list[ObjectStep]:
    """Return the followers that wait for nothing more after a step."""
    for follower in followers:
        waiting[follower].discard(step)
    return [follower for follower in followers if not waiting[follower]]


def _step_in_circle(waiting: Mapping[ObjectStep, set[ObjectStep]]) -> ObjectStep:
    """Return a step of a circle of steps that wait for each other."""
    step = next(iter(waiting))
    seen = set()
    while step not in seen:
        seen.add(step)
        step = next(iter(waiting[step]))
    return step


def value_blockers(steps: Sequence[ObjectStep], names: Sequence[str], gone: Collection[ObjectStep] = ()) -> Blockers:
    """Return which steps give up a value that others take; those that are ``gone`` hold nothing."""
    holders = {
        (name, str(step.change.before[name])): step
        for step in steps
        for name in names
        if step not in gone and _gives_up(step, name)
    }
    found: dict[ObjectStep, list[tuple[ObjectStep, str]]] = {}
    for step in steps:
        for name in names:
            if name in step.change.values:
                holder = holders.get((name, str(step.change.values[name])), step)
                if holder is not step:
                    found.setdefault(step, []).append((holder, name))
    return found


def network_blockers(servers: Sequence[ObjectStep], name: str) -> Blockers:
    """Return which servers give up a network in a field that others take a part of; few change theirs at once."""
    holders = [(network_of(step.change.before[name]), step) for step in servers if _gives_up(step, name)]
    found: dict[ObjectStep, list[tuple[ObjectStep, str]]] = {}
    for step in servers if holders else ():
        taken = network_of(step.change.values.get(name))
        for network, holder in holders:
            if holder is not step and network is not None and taken is not None and network.overlaps(taken):
                found.setdefault(step, []).append((holder, name))
    return found


def merge_blockers(*all_blockers: Blockers) -> Blockers:
    """Return several reasons to wait as one."""
    found: dict[ObjectStep, list[tuple[ObjectStep, str]]] = {}
    for blockers in all_blockers:
        for step, pairs in blockers.items():
            found.setdefault(step, []).extend(pairs)
    return found


def _gives_up(step: ObjectStep, name: str) -> bool:
    before, after = step.change.before.get(name), step.change.values.get(name)
    return before not in (None, "") and after is not None and after != before
