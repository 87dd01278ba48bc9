# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The work of ``puqvpn_firewall_rule``: a filter rule at its place, unless that would lock the administrator out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Mapping

from .._apply import read_objects, read_settings
from .._client import PanelClient
from .._errors import OptionError, PuqVpnError
from .._kinds import Objects, Values
from .._lockout import is_reachable, is_the_panels, panel_port, placed
from .._objects.firewall import FIREWALL, FIREWALL_RULE, RULE_DEFAULTS
from .._plan import DELETE, RECREATE, Change
from .manage import conclude_object, plan, wanted_object

OPTIONS: dict[str, dict[str, Any]] = {
    **FIREWALL_RULE.argument_spec,
    "position": {"type": "str", "choices": ["top", "end"]},
}

_TOP, _END = "top", "end"


def firewall_rule(options: Mapping[str, Any], client: PanelClient) -> dict[str, Any]:
    """Let a filter rule be as the options say: one read, one write (two to change a rule), one read.

    The policies are read as well when the change could cut off the panel.

    :returns: ``changed``, ``rule`` and ``diff``.
    :raises PuqVpnError: ``lockout``, or as :func:`.manage.manage_object` does.
    """
    wanted = wanted_object(FIREWALL_RULE, options, client)
    if is_the_panels(wanted):
        raise OptionError(f"name {wanted['name']} belongs to the panel, as all that begin with system_ do")
    rules = read_objects(client, FIREWALL_RULE, {})
    current = Objects(FIREWALL_RULE, rules).find(wanted)
    change = _plan(options, client, wanted, current, rules)
    if change is not None:
        _refuse_lockout(client, change, rules)
    return conclude_object(client, FIREWALL_RULE, options, change, wanted=wanted, current=current)


def _plan(
    options: Mapping[str, Any],
    client: PanelClient,
    wanted: Values,
    current: dict[str, Any] | None,
    rules: list[dict[str, Any]],
) -> Change | None:
    change = plan(FIREWALL_RULE, options, {**RULE_DEFAULTS, **wanted} if current is None else wanted, current)
    if change is None or current is None or change.action == DELETE:
        return change and replace(change, place={"position": options["position"] or _END})
    at = rules.index(current)
    kept = _TOP if at == 0 else _END if at == len(rules) - 1 else None
    position = kept or options["position"] or _END
    if kept is None:
        client.warnings.append(
            f"The rule {wanted['name']} was number {at + 1} of {len(rules)} and goes to the {position}: a change is "
            "removal and addition, and the panel can only add rules at the top or the end."
        )
    return replace(change, place={"position": position}, old_place={"position": position})


def _refuse_lockout(client: PanelClient, change: Change, rules: list[dict[str, Any]]) -> None:
    after: list[Values] = [rule for rule in rules if rule != change.before]
    if change.action != DELETE:
        after = placed(after, change.values, change.place["position"])
    port = panel_port(rules, client.connection.root)
    cut = [
        policy for policy in ("ACCEPT", "DROP") if is_reachable(rules, policy, port) > is_reachable(after, policy, port)
    ]
    if not cut or read_settings(client, FIREWALL).get("policy_input") not in cut:
        return
    doing = "Removing" if change.action == DELETE else "Changing" if change.action == RECREATE else "Adding"
    raise PuqVpnError(
        "lockout",
        f"{doing} the rule {change.before.get('name', change.values.get('name'))} would cut off the panel, whose port "
        f"is {port}",
        hint="Add a rule at the top that accepts this port before.",
        details={"port": port},
    )
