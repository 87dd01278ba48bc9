# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order of all writes of a plan, in stages that follow each other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Iterable, Sequence

from .._change import CREATE, DELETE, RECREATE
from .._lockout import policies_becoming_drop
from .addresses import AddressPool
from .list_plan import ListPlan
from .order import merge_blockers, network_blockers, order_steps, value_blockers
from .problems import Problems
from .steps import CREATE_NEW, REMOVE_OLD, WHOLE, ObjectStep, SettingsStep, Stage, Write


class StageBuilder:
    """Orders the writes of a plan; what cannot be ordered is a problem."""

    def __init__(
        self, servers: ListPlan, accounts: ListPlan, forwards: ListPlan, addresses: AddressPool, problems: Problems
    ) -> None:
        self._servers = servers
        self._accounts = accounts
        self._forwards = forwards
        self._addresses = addresses
        self._problems = problems
        self._early = self._removed_early()

    def build(self, settings: Sequence[SettingsStep], rules: Iterable[ObjectStep]) -> list[Stage]:
        """Return the stages: removals, which free what others need, from the children up; settings and rules; then
        creations and updates, from the parents down. Servers, settings and rules are written one by one.
        """
        # Policies that drop packets must wait for the rules that accept some.
        late = [step for step in settings if policies_becoming_drop(step.change)]
        server_stages, account_stages = self._server_stages(), self._account_stages()
        stages = [
            self._removals(self._forwards),
            self._removals(self._accounts),
            *_one_by_one(self._removals(self._servers)),
            *_one_by_one(Write(step) for step in settings if step not in late),
            *_one_by_one(map(Write, rules)),
            *_one_by_one(map(Write, late)),
            *_one_by_one(write for stage in server_stages for write in stage),
            *(tuple(map(self._second_half, stage)) for stage in account_stages),
            tuple(self._second_half(Write(step)) for step in _kept(self._forwards)),
        ]
        return [stage for stage in stages if stage]

    def _removed_early(self) -> set[ObjectStep]:
        """Return the recreated objects that are removed with the others: accounts of servers that go, and port forwards
        of accounts that are recreated.
        """
        gone_servers = {step.name for step in self._servers.steps if step.change.action in (DELETE, RECREATE)}
        recreated = [step for step in self._accounts.steps if step.change.action == RECREATE]
        names = {step.name for step in recreated}
        parent = self._accounts.section.parent_field
        # A panel may show anything there, also what cannot be in a set.
        early = {step for step in recreated if str(step.change.before.get(parent)) in gone_servers}
        return early | {
            step
            for step in self._forwards.steps
            if step.change.action == RECREATE and str(step.change.before.get("to_peer")) in names
        }

    def _server_stages(self) -> list[Stage]:
        steps = _kept(self._servers)
        kind = self._servers.kind
        blockers = merge_blockers(value_blockers(steps, kind.unique), network_blockers(steps, kind.networks[0]))
        return order_steps(steps, blockers, self._refuse_circle)

    def _account_stages(self) -> list[Stage]:
        # Nothing waits for a new account. One whose address is only found then must not get that of another one.
        late = [step for step in _kept(self._accounts) if self._finds_address_late(step)]
        steps = [step for step in _kept(self._accounts) if not self._finds_address_late(step)]
        stages = order_steps(steps, value_blockers(steps, self._accounts.kind.unique, self._early), self._unblock)
        return [*stages, tuple(map(Write, late))]

    def _finds_address_late(self, step: ObjectStep) -> bool:
        return step.change.action == CREATE and self._accounts.kind.address not in step.change.values

    def _unblock(self, step: ObjectStep, names: Sequence[str]) -> dict[str, Any]:
        """Make an account give up what others wait for: a recreated one is removed early, another one is parked."""
        if step.change.action == RECREATE:
            self._early.add(step)
            return {}
        address = self._accounts.kind.address
        values: dict[str, Any] = {name: "" for name in names if name != address}
        if address in names:
            server = str(step.change.before[self._accounts.section.parent_field])
            values[address] = self._addresses.spare(server)
            if values[address] is None:
                self._problem(step, f"swaps addresses in a circle, which needs one more free address on {server}.")
        return values

    def _refuse_circle(self, step: ObjectStep, names: Sequence[str]) -> dict[str, Any]:
        fields = " and ".join(names)
        self._problem(step, f"swaps {fields} in a circle with others: set another value in a run before this one.")
        return {}

    def _problem(self, step: ObjectStep, text: str) -> None:
        if step.item is not None:
            self._problems.add(step.item, text)

    def _removals(self, objects: ListPlan) -> Stage:
        """Return the removals of a section, and the first halves of recreations that are completed later."""
        return tuple(
            Write(step, WHOLE if step.change.action == DELETE else REMOVE_OLD)
            for step in objects.steps
            if step.change.action == DELETE or step in self._early
        )

    def _second_half(self, write: Write) -> Write:
        return replace(write, part=CREATE_NEW) if write.step in self._early else write


def _kept(objects: ListPlan) -> list[ObjectStep]:
    return [step for step in objects.steps if step.change.action != DELETE]


def _one_by_one(writes: Iterable[Write]) -> list[Stage]:
    return [(write,) for write in writes]
