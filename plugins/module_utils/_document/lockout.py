# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a plan cuts off: the panel itself, which is refused, and other services, of which it warns."""

from __future__ import annotations

from typing import Callable, Iterable, Iterator

from .._change import CREATE, RECREATE
from .._errors import PuqVpnError
from .._lockout import FirewallChange, diversion_warnings, policies_becoming_drop
from .._objects.firewall import FIREWALL, FIREWALL_RULE
from .._schema import Values
from .list_plan import Assume, ListPlan
from .problems import Problem, Problems
from .rules import RulesPlan
from .sections import FIREWALL_SECTION, RULES
from .source import PanelSource
from .steps import SettingsStep


def planned_firewall_change(
    panel: PanelSource,
    servers: Callable[[], Iterable[Values]],
    rules: RulesPlan | None,
    step: SettingsStep | None,
    *,
    allow_lockout: bool,
    assume: Assume | None,
) -> FirewallChange | None:
    """Return the change of the firewall; None when it can cut off nothing, so that nothing needs to be read.

    ``rules`` is None for a document without rules, ``step`` for one that changes no policy. Only without rules may an
    earlier task add some: a document that contains them is complete.
    """
    drops = step is not None and policies_becoming_drop(step.change)
    if not drops and (rules is None or not rules.steps):
        return None
    policies = panel.settings(FIREWALL)
    return FirewallChange(
        root=panel.root,
        rules=panel.objects(FIREWALL_RULE) if rules is None else rules.before,
        read_policies=lambda: policies,
        read_servers=servers,
        rule_changes=[] if rules is None else rules.changes,
        policy_change=None if step is None else step.change,
        allow_lockout=allow_lockout,
        assume=assume if rules is None else None,
    )


def check_lockout(change: FirewallChange, step: SettingsStep | None, problems: Problems) -> None:
    """Refuse to cut off the panel at any moment."""
    if change.rules_cut_off_panel:
        text = (
            f"the changes of its rules would cut off the panel, whose port is {change.panel.port}. Keep a rule that "
            "accepts this port, or set allow_lockout: true in the section firewall."
        )
        problems.append(Problem(RULES.name, None, RULES.name, text))
    try:
        change.refuse_policies()
    except PuqVpnError as error:
        if step is not None:
            problems.add_error(step.item, error)


def lockout_warnings(change: FirewallChange) -> Iterator[str]:
    """Return what else is cut off."""
    return change.warnings(f"{RULES.name}: the change of the rules", f"{FIREWALL_SECTION.name}: ")


def diversions(forwards: ListPlan, panel: PanelSource) -> Iterator[str]:
    """Yield what new port forwards take away from the host. The rules are read if one may."""
    for step in forwards.steps:
        if step.change.action in (CREATE, RECREATE) and step.change.values.get("protocol") == "tcp":
            yield from diversion_warnings(str(step), step.change.values, panel.objects(FIREWALL_RULE), panel.root)
