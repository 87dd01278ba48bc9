# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order of changes that take something from each other: an address, a port, a username."""

from __future__ import annotations

from typing import Any, Callable, Collection, Iterable, Mapping, Sequence, Tuple

from .._networks import interface_of
from .steps import PARK, Stage, Step, Write

Blockers = Mapping[Step, Sequence[Tuple[Step, str]]]
"""For each step those that hold what it takes, and the field that this is about."""

Free = Callable[[Step, Sequence[str]], Mapping[str, Any]]
"""Finds values of fields that let a step leave what others wait for; empty when nothing is to be written for that."""


def in_order(steps: Iterable[Step], blockers: Blockers, free: Free) -> list[Stage]:
    """Each step in a later stage than those that hold what it takes; of a circle, one step is freed first."""
    waiting = {step: {blocker for blocker, _field in blockers.get(step, ())} for step in steps}
    followers: dict[Step, dict[Step, str]] = {}
    for step, held in blockers.items():
        for blocker, name in held:
            followers.setdefault(blocker, {})[step] = name
    ready = [step for step, held in waiting.items() if not held]
    stages: list[Stage] = []
    while waiting:
        if ready:
            stages.append(tuple(map(Write, ready)))
            gone = ready
            for step in ready:
                del waiting[step]
        else:
            step = _in_circle(waiting)
            values = free(step, sorted(set(followers[step].values())))
            if values:
                stages.append((Write(step, PARK, values),))
            gone = [step]
        ready = [follower for step in gone for follower in _released(step, waiting, followers.pop(step, ()))]
    return stages


def _released(step: Step, waiting: Mapping[Step, set[Step]], followers: Collection[Step]) -> list[Step]:
    """Those of the followers of a step that wait for nothing any more when it is gone."""
    for follower in followers:
        waiting[follower].discard(step)
    return [follower for follower in followers if not waiting[follower]]


def _in_circle(waiting: Mapping[Step, set[Step]]) -> Step:
    """A step of those that wait for each other."""
    step = next(iter(waiting))
    seen = set()
    while step not in seen:
        seen.add(step)
        step = next(iter(waiting[step]))
    return step


def holders(steps: Sequence[Step], names: Sequence[str], gone: Collection[Step] = ()) -> Blockers:
    """Which steps leave what others take, by equal values of some fields; those that are ``gone`` hold nothing."""
    leaves = {
        (name, str(step.change.before[name])): step
        for step in steps
        for name in names
        if step not in gone and _leaves(step, name)
    }
    found: dict[Step, list[tuple[Step, str]]] = {}
    for step in steps:
        for name in names:
            holder = leaves.get((name, str(step.change.values[name])), step) if name in step.change.values else step
            if holder is not step:
                found.setdefault(step, []).append((holder, name))
    return found


def overlaps(steps: Sequence[Step]) -> Blockers:
    """Which servers leave a network that others take a part of; few servers change theirs at once."""
    leaving = [(interface_of(step.change.before["address"]), step) for step in steps if _leaves(step, "address")]
    found: dict[Step, list[tuple[Step, str]]] = {}
    for step in steps if leaving else ():
        taken = interface_of(step.change.values.get("address", ""))
        for left, holder in leaving:
            if holder is not step and left is not None and taken is not None and left.network.overlaps(taken.network):
                found.setdefault(step, []).append((holder, "address"))
    return found


def together(*all_blockers: Blockers) -> Blockers:
    """Several reasons to wait as one."""
    found: dict[Step, list[tuple[Step, str]]] = {}
    for blockers in all_blockers:
        for step, held in blockers.items():
            found.setdefault(step, []).extend(held)
    return found


def _leaves(step: Step, name: str) -> bool:
    before, after = step.change.before.get(name), step.change.values.get(name)
    return before not in (None, "") and after is not None and after != before
