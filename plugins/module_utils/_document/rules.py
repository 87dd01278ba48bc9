# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules of the firewall in the order of their list, although a panel can only add them at the top or the end."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Iterable, Sequence

from .._change import DELETE, RECREATE, Change
from .._lockout import is_system_rule, rules_after
from .._objects.firewall import FIREWALL_RULE, RULE_DEFAULTS
from .._schema import Values
from .purge import Guards, purge
from .sections import RULES, Item, Problems
from .steps import Family, Step

_TOP, _END = "top", "end"


@dataclass
class RulesPlan:
    """The steps in their order, and the rules before and after them."""

    steps: list[Step] = field(default_factory=list)
    before: list[Values] = field(default_factory=list)
    unchanged: int = 0

    @property
    def changes(self) -> list[Change]:
        """The changes in their order."""
        return [step.change for step in self.steps]

    @property
    def after(self) -> list[Values]:
        """The rules when all is done."""
        return rules_after(self.before, self.changes)

    def is_in_order(self, shown: Iterable[Values]) -> bool:
        """True when the rules that a panel shows stand as they will when all is done, others left aside."""
        after, found = _names(self.after), _names(shown)
        common = set(after) & set(found)
        return [name for name in after if name in common] == [name for name in found if name in common]

    @property
    def moved(self) -> tuple[list[str], list[str]] | None:
        """The names of all rules before and after, where some that stay change places."""
        return None if self.is_in_order(self.before) else (_names(self.before), _names(self.after))


def _names(rules: Iterable[Values]) -> list[str]:
    return [str(one.get("name")) for one in rules]


@dataclass
class _PlacedRule:
    """A rule that is asked for: where it is now, and the change that it needs by itself."""

    item: Item
    at: int | None
    change: Change | None


def plan_rules(family: Family, items: Sequence[Item], guards: Guards, problems: Problems) -> RulesPlan:
    """Plan the rules. As many as can be stay where they are; what goes before them is added at the top, the rest at
    the end.
    """
    family.plan([_with_defaults(family, item) for item in items if not is_system_rule(item.values)], problems)
    purge(family, guards)
    shown = list(family.current)
    wanted = list(_wanted(family, items, shown, problems))
    first, last = _staying(wanted, problems)
    steps = [_insert_rule(family, one, _TOP) for one in reversed(wanted[:first])]
    steps += [_insert_rule(family, one, _END) for one in wanted[last:]]
    steps += [step for step in family.steps if step.change.action == DELETE]
    return RulesPlan(steps, shown, len(items) - sum(step.item is not None for step in steps))


def _with_defaults(family: Family, item: Item) -> Item:
    """The API wants all fields of a new rule."""
    if item.absent or family.current.find(item.values) is not None:
        return item
    return replace(item, values={**RULE_DEFAULTS, **item.values})


def _wanted(
    family: Family, items: Iterable[Item], shown: Sequence[Values], problems: Problems
) -> Iterable[_PlacedRule]:
    """The rules that are to be there, in their order. A rule of the panel's own only says where others are."""
    places = {name: at for at, name in enumerate(_names(shown))}
    steps = {step.name: step for step in family.steps}
    for item in items:
        name = item.name
        if is_system_rule(item.values):
            if len(item.values) > 1 or item.absent:
                problems.add(item, "belongs to the panel: only its name can stand here, to say where other rules are.")
            if name in places:
                yield _PlacedRule(item, places[name], None)
        elif not item.absent:
            yield _PlacedRule(item, places.get(name), steps[name].change if name in steps else None)


def _staying(wanted: Sequence[_PlacedRule], problems: Problems) -> tuple[int, int]:
    """From where to where the wanted rules stay as they are: the longest run that is there in this order, and with the
    panel's own rules in it, which nobody can move.
    """
    runs = [(0, 0)]
    start = 0
    for at, one in enumerate(wanted):
        fits = one.at is not None and one.change is None
        follows = fits and at > start and (wanted[at - 1].at or 0) < (one.at or 0)
        if not fits:
            start = at + 1
        elif not follows:
            start = at
        if fits:
            runs.append((start, at + 1))
    fixed = [at for at, one in enumerate(wanted) if is_system_rule(one.item.values)]
    holding = [run for run in runs if all(run[0] <= at < run[1] for at in fixed)]
    if not holding:
        problems.add(wanted[fixed[-1]].item, "stands between rules that cannot be moved to where config has them.")
        return 0, 0
    return max(holding, key=lambda run: run[1] - run[0])


def _insert_rule(family: Family, one: _PlacedRule, position: str) -> Step:
    """The step that puts a rule at the top or the end, made again where it is there already."""
    change = one.change
    if change is None:
        before = family.current.find(one.item.values) or {}
        change = Change(FIREWALL_RULE, RECREATE, before, FIREWALL_RULE.settable(before), ("position",))
    place = {"position": position}
    return Step(RULES, replace(change, place=place, old_place=place), one.item)
