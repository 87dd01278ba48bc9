# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the changes of a whole panel leave within reach: its own port, SSH, and the WireGuard servers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Iterable, Iterator, Mapping, Sequence

from .._change import CREATE, RECREATE, Change
from .._errors import PuqVpnError
from .._lockout import (
    Filter,
    Service,
    concerns_udp,
    cut_off,
    cut_off_by_policies,
    cut_off_warning,
    diverted,
    other_services,
    panel_service,
    policies_becoming_drop,
    refuse_lockout,
    rule_states,
    server_services,
)
from .._objects.firewall import FIREWALL
from .._schema import Values
from .rules import RulesPlan
from .sections import FIREWALL_SECTION, RULES, Problem, Problems
from .source import PanelSource
from .steps import Assume, Family, Step


@dataclass(frozen=True)
class Reach:
    """The firewall of a panel before, during and after a plan.

    ``rules`` is None for a document that says nothing of them, ``step`` for one that changes no policy. A document with
    rules is complete in itself; without, ``assume`` may take those for granted that an earlier task adds.
    """

    panel: PanelSource
    rules: RulesPlan | None
    step: Step | None
    allow_lockout: bool
    assume: Assume | None

    @property
    def is_touched(self) -> bool:
        """True when the plan changes something here, so that it is worth a read."""
        return bool(self._changes or self._dropping)

    def check(self, problems: Problems) -> None:
        """Refuse to cut off the panel at any moment."""
        if self.allow_lockout or not self.is_touched:
            return
        if self.rules is not None:
            panel = panel_service(self.rules.before, self.panel.root)
            if cut_off([panel], self._by_rules):
                text = (
                    f"the changes of its rules would cut off the panel, whose port is {panel.port}. Let a rule that "
                    "stays accept this port, or give allow_lockout: true in the section firewall."
                )
                problems.append(Problem(RULES.name, None, RULES.name, text))
        if self.step is not None and self.step.item is not None:
            try:
                refuse_lockout(self._dropping, self._after, self.panel.root, self._assume)
            except PuqVpnError as error:
                problems.add_error(self.step.item, error)

    def warnings(self, servers: Callable[[], Iterable[Values]]) -> Iterable[str]:
        """What else is cut off. ``servers`` are those that there will be, which are asked for if they may be."""
        if not self.is_touched:
            return
        services = other_services(self._before, self.panel.root)
        if self.allow_lockout:
            services.insert(0, panel_service(self._before, self.panel.root))
        if self._dropping or concerns_udp(self._changes, self._after, self._policies.get("policy_input")):
            services += server_services(servers())
        told: list[Service] = []
        for name, cut in self._cut_off_by_policies(services).items():
            cause = f"{FIREWALL_SECTION.name}: {name} DROP"
            yield from cut_off_warning(cause, cut, may_be_prevented=self._assume is not None)
            told += cut
        before = Filter(self._before, self._policies.get("policy_input"))
        by_rules = [one for one in cut_off(services, self._by_rules) if before.admits(one) and one not in told]
        yield from cut_off_warning(f"{RULES.name}: the change of the rules", by_rules)

    def _cut_off_by_policies(self, services: Iterable[Service]) -> Mapping[str, list[Service]]:
        return {} if self.step is None else cut_off_by_policies(services, self.step.change, self._before, self._after)

    @property
    def _assume(self) -> Assume | None:
        return self.assume if self.rules is None else None

    @property
    def _changes(self) -> list[Change]:
        return [] if self.rules is None else self.rules.changes

    @property
    def _dropping(self) -> list[str]:
        return [] if self.step is None else policies_becoming_drop(self.step.change)

    @property
    def _before(self) -> Sequence[Values]:
        return self.panel.rules() if self.rules is None else self.rules.before

    @property
    def _after(self) -> Sequence[Values]:
        return self.panel.rules() if self.rules is None else self.rules.after

    @property
    def _policies(self) -> Values:
        return self.panel.settings(FIREWALL)

    @property
    def _by_rules(self) -> Iterator[Filter]:
        """The states that the changes of the rules lead through."""
        # What becomes DROP is written after the rules, what becomes ACCEPT before them.
        written = {} if self.step is None or self._dropping else self.step.change.values
        policy = {**self._policies, **written}.get("policy_input")
        return (Filter(rules, policy) for rules in rule_states(self._before, self._changes))


def diversions(forwards: Family, panel: PanelSource) -> Iterable[str]:
    """What new port forwards take away from the host, each with its place. The rules are read where one may."""
    for step in forwards.steps:
        if step.change.action in (CREATE, RECREATE) and step.change.values.get("protocol") == "tcp":
            yield from diverted(str(step), step.change.values, panel.rules(), panel.root)
