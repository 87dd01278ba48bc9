# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules of the firewall in the order of their list, although a panel can only add them at the top or the end."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Iterable, Iterator, Sequence

from .._change import DELETE, RECREATE, ObjectChange
from .._objects.firewall import FIREWALL_RULE, RULE_DEFAULTS
from .._packet_filter import is_system_rule, rules_after
from .._schema import Values
from .list_plan import ListPlan
from .problems import Problems
from .purge import RemovalGuards, purge
from .sections import RULES, Item
from .steps import ObjectStep

_TOP, _END = "top", "end"


@dataclass
class RulesPlan:
    """The steps in their order, and the rules before and after them."""

    steps: list[ObjectStep] = field(default_factory=list)
    before: list[Values] = field(default_factory=list)
    unchanged: int = 0

    @property
    def changes(self) -> list[ObjectChange]:
        """The changes in their order."""
        return [step.change for step in self.steps]

    @property
    def after(self) -> list[Values]:
        """The rules after all steps."""
        return rules_after(self.before, self.changes)

    def is_in_order(self, rules: Iterable[Values]) -> bool:
        """Return whether rules are in the order that they have after all steps, unknown ones left aside."""
        expected, found = _names(self.after), _names(rules)
        common = set(expected) & set(found)
        return [name for name in expected if name in common] == [name for name in found if name in common]

    @property
    def moved(self) -> tuple[list[str], list[str]] | None:
        """The names of all rules before and after, if rules that stay change places."""
        return None if self.is_in_order(self.before) else (_names(self.before), _names(self.after))


def _names(rules: Iterable[Values]) -> list[str]:
    return [str(rule.get("name")) for rule in rules]


@dataclass
class _WantedRule:
    """A rule that must exist: its position now, and the change that it requires by itself."""

    item: Item
    position: int | None
    change: ObjectChange | None


def plan_rules(objects: ListPlan, items: Sequence[Item], guards: RemovalGuards, problems: Problems) -> RulesPlan:
    """Plan the rules. As many as possible stay where they are; the rules before them are added at the top, the others
    at the end.
    """
    objects.plan([_with_defaults(objects, item) for item in items if not is_system_rule(item.values)], problems)
    purge(objects, guards)
    current = list(objects.current)
    wanted = list(_wanted(objects, items, current, problems))
    first, last = _staying(wanted, problems)
    steps = [_insert(objects, rule, _TOP) for rule in reversed(wanted[:first])]
    steps += [_insert(objects, rule, _END) for rule in wanted[last:]]
    steps += [step for step in objects.steps if step.change.action == DELETE]
    return RulesPlan(steps, current, len(items) - sum(step.item is not None for step in steps))


def _with_defaults(objects: ListPlan, item: Item) -> Item:
    """Complete a new rule: the API requires all of its fields."""
    if item.absent or objects.current.find(item.values) is not None:
        return item
    return replace(item, values={**RULE_DEFAULTS, **item.values})


def _wanted(
    objects: ListPlan, items: Iterable[Item], current: Sequence[Values], problems: Problems
) -> Iterator[_WantedRule]:
    """Yield the rules that must exist, in their order. A system rule only marks a position."""
    positions = {name: position for position, name in enumerate(_names(current))}
    steps = {step.name: step for step in objects.steps}
    for item in items:
        name = item.name
        if is_system_rule(item.values):
            if len(item.values) > 1 or item.absent:
                problems.add(item, "belongs to the panel: set only its name here, as a position for other rules.")
            if name in positions:
                yield _WantedRule(item, positions[name], None)
        elif not item.absent:
            yield _WantedRule(item, positions.get(name), steps[name].change if name in steps else None)


def _staying(wanted: Sequence[_WantedRule], problems: Problems) -> tuple[int, int]:
    """Return the range of the wanted rules that stay as they are: the longest run that exists in this order and
    contains the system rules, which cannot be moved.
    """
    runs = [(0, 0)]
    start = 0
    for index, rule in enumerate(wanted):
        fits = rule.position is not None and rule.change is None
        follows = fits and index > start and (wanted[index - 1].position or 0) < (rule.position or 0)
        if not fits:
            start = index + 1
        elif not follows:
            start = index
        if fits:
            runs.append((start, index + 1))
    fixed = [index for index, rule in enumerate(wanted) if is_system_rule(rule.item.values)]
    containing = [(start, end) for start, end in runs if all(start <= index < end for index in fixed)]
    if not containing:
        problems.add(wanted[fixed[-1]].item, "is between rules that cannot be moved to their place in config.")
        return 0, 0
    return max(containing, key=lambda run: run[1] - run[0])


def _insert(objects: ListPlan, rule: _WantedRule, position: str) -> ObjectStep:
    """Return the step that adds a rule at the top or the end; an existing one is recreated there."""
    change = rule.change
    if change is None:
        before = objects.current.find(rule.item.values) or {}
        change = ObjectChange(FIREWALL_RULE, RECREATE, before, FIREWALL_RULE.settable(before), ("position",))
    place = {"position": position}
    return ObjectStep(RULES, replace(change, place=place, old_place=place), rule.item)
