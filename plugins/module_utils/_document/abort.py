# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a run ends that must end early: what is half done is finished or undone, and as little else as can be."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import AbstractSet, Any, Iterable, Sequence, Set, Tuple

from .._change import CREATE, DELETE, RECREATE
from .._schema import Values
from .sections import ACCOUNTS, PORT_FORWARDS, SERVERS, Section
from .steps import Stage, Step, Write

# What only one account can have.
_OWN = ("username", "allowed_ips", "allowed_ips_ipv6")

_Places = Set[Tuple[str, Any]]
"""What an object needs to be there: a server, a peer, and what only one can have."""


@dataclass(frozen=True)
class AbortPlan:
    """What is still to be done, in order: writes to send, and first halves of steps to undo."""

    send: list[Stage] = field(default_factory=list)
    undo: list[Write] = field(default_factory=list)


def plan_abort(
    stages: Sequence[Stage], half: AbstractSet[Step], done: AbstractSet[Step], failed: AbstractSet[Step]
) -> AbortPlan:
    """Plan the end of a run. ``half`` are the steps of which the first half alone was sent.

    Their second halves are sent when they wait for nothing that is not done. Otherwise the first halves are undone.
    Where that cannot be either, such as on a server that is gone, they need what is left of servers and accounts.
    """
    writes = [write for stage in stages for write in stage]
    waiting = {write.step for write in writes} - half - done - failed
    new = _places((step.section, step.change.values) for step in half)
    if new.isdisjoint(_still_taken(waiting | failed)):
        return AbortPlan(send=_rest(stages, half, half))
    old = _places((step.section, step.change.before) for step in half)
    if old.isdisjoint(_taken_since(done)):
        return AbortPlan(undo=[write for write in reversed(writes) if write.step in half and not write.ends])
    needed = {step for step in waiting if step.section in (SERVERS, ACCOUNTS)}
    return AbortPlan(send=_rest(stages, needed | half, half))


def _rest(stages: Iterable[Stage], steps: AbstractSet[Step], half: AbstractSet[Step]) -> list[Stage]:
    """The writes of these steps that were not sent yet."""
    rest = (
        tuple(write for write in stage if write.step in steps and (write.ends or write.step not in half))
        for stage in stages
    )
    return [stage for stage in rest if stage]


def _places(objects: Iterable[tuple[Section, Values]]) -> _Places:
    places: _Places = set()
    for section, values in objects:
        places.add(("server", values.get("wg_name")))
        if section is PORT_FORWARDS:
            places.add(("peer", values.get("to_peer")))
        if section is ACCOUNTS:
            places |= _own(values)
    return places


def _still_taken(waiting: Iterable[Step]) -> _Places:
    """The places that are only there when these steps are done."""
    places: _Places = set()
    for step in waiting:
        if step.section is SERVERS and step.change.action != DELETE and _moves(step):
            places.add(("server", step.name))
        if step.section is ACCOUNTS:
            places |= _own(step.change.before)
            if step.change.action == CREATE:
                places.add(("peer", step.name))
    return places


def _taken_since(done: Iterable[Step]) -> _Places:
    """The places that are not there any more since these steps are done."""
    places: _Places = set()
    for step in done:
        if step.section is SERVERS and _moves(step):
            places.add(("server", step.name))
        if step.section is ACCOUNTS:
            places |= _own(step.change.values)
            if step.change.action == DELETE or "wg_name" in step.change.fields:
                places.add(("peer", step.name))
    return places


def _moves(server: Step) -> bool:
    """True for a server that comes, goes, or gets other addresses."""
    return server.change.action in (CREATE, RECREATE, DELETE) or "address" in server.change.fields


def _own(values: Values) -> _Places:
    return {(name, values[name]) for name in _OWN if values.get(name)}
