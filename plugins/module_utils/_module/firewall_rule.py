# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The work of ``puqvpn_firewall_rule``: a filter rule at its place, unless that would lock the administrator out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Mapping, Sequence

from .._change import CREATE, DELETE, RECREATE, UPDATE, Change
from .._client import PanelClient
from .._errors import OptionError, PuqVpnError
from .._lockout import (
    Filter,
    Service,
    accepting,
    concerns_udp,
    cut_off,
    cut_off_warning,
    is_system_rule,
    other_services,
    panel_service,
    rule_states,
    rules_after,
    server_services,
)
from .._objects.firewall import FIREWALL, FIREWALL_RULE, RULE_DEFAULTS
from .._objects.wireguard import WIREGUARD
from .._reader import read_objects, read_settings
from .._resource import conclude_object, needed_change, parse_options
from .._schema import ObjectIndex, Values

OPTIONS: dict[str, dict[str, Any]] = {
    **FIREWALL_RULE.argument_spec,
    "position": {"type": "str", "choices": ["top", "end"]},
}

_TOP, _END = "top", "end"
_DOING = {CREATE: "Adding", RECREATE: "Changing", DELETE: "Removing"}


def firewall_rule(options: Mapping[str, Any], client: PanelClient) -> dict[str, Any]:
    """Let a filter rule be as the options say: one read, one write (two to change a rule), one read.

    The policies and the WireGuard servers are read as well when the change could cut off the panel, SSH or a server.

    :returns: ``changed``, ``rule`` and ``diff``.
    :raises PuqVpnError: ``lockout``, or as :func:`.manage.manage_object` does.
    """
    wanted = parse_options(FIREWALL_RULE, options, client)
    if is_system_rule(wanted):
        raise OptionError(f"name {wanted['name']} belongs to the panel, as all that begin with system_ do")
    rules = read_objects(client, FIREWALL_RULE, {})
    current = ObjectIndex(FIREWALL_RULE, rules).find(wanted)
    # Without an action it cannot be a new one.
    full = {**RULE_DEFAULTS, **wanted} if current is None and "action" in wanted else wanted
    change = needed_change(client, FIREWALL_RULE, options, full, current)
    # A panel has no edit of rules: that is the change of one that check mode assumes to exist, at an unknown place.
    if change is not None and change.action != UPDATE:
        change = _insert_rule(change, options, rules)
        _warn_of_move(client, change, rules)
        _look_at_reach(client, options, change, rules)
    return conclude_object(client, FIREWALL_RULE, options, change, wanted=wanted, current=current)


# --- Where the rule goes


def _insert_rule(change: Change, options: Mapping[str, Any], rules: Sequence[Values]) -> Change:
    """The change with the place of the rule: a changed one stays the first or the last."""
    place = {"position": (_kept(change, rules) or options["position"] or _END)}
    return replace(change, place=place, old_place=place)


def _kept(change: Change, rules: Sequence[Values]) -> str | None:
    """The position at which a changed rule stays where it is; None when it has none, or for other changes."""
    if change.action != RECREATE:
        return None
    at = _index(change, rules)
    return _TOP if at == 0 else _END if at == len(rules) - 1 else None


def _index(change: Change, rules: Sequence[Values]) -> int:
    return [rule.get("name") for rule in rules].index(change.before["name"])


def _warn_of_move(client: PanelClient, change: Change, rules: Sequence[Values]) -> None:
    if change.action == RECREATE and _kept(change, rules) is None:
        client.warnings.append(
            f"The rule {_name(change)} was number {_index(change, rules) + 1} of {len(rules)} and goes to the "
            f"{change.place['position']}: a change is removal and addition, and the panel can only add rules at the "
            "top or the end."
        )


# --- What the change cuts off


def _look_at_reach(client: PanelClient, options: Mapping[str, Any], change: Change, rules: Sequence[Values]) -> None:
    """Refuse a change that cuts off the panel, and warn of what else it cuts off.

    The policy is only read where it makes a difference, the servers only where one of them may be concerned.
    """
    root = client.connection.root
    panel, others = panel_service(rules, root), other_services(rules, root)
    after = rules_after(rules, [change])
    if not (
        any(cut_off([panel, *others], _filters(rules, change, policy)) for policy in ("ACCEPT", "DROP"))
        or concerns_udp([change], after, "DROP")
    ):
        return
    policy = read_settings(client, FIREWALL).get("policy_input")
    states = _filters(rules, change, policy)
    if cut_off([panel], states):
        _refuse_or_assume(client, options, change, rules, states)
    if concerns_udp([change], after, policy):
        others += server_services(read_objects(client, WIREGUARD, {}))
    cause = f"{_DOING[change.action]} the rule {_name(change)}"
    client.warnings += cut_off_warning(cause, cut_off(others, states), may_be_prevented=client.check_mode)


def _filters(rules: Sequence[Values], change: Change, policy: Any) -> list[Filter]:
    return [Filter(state, policy) for state in rule_states(rules, [change])]


def _refuse_or_assume(
    client: PanelClient, options: Mapping[str, Any], change: Change, rules: Sequence[Values], states: Sequence[Filter]
) -> None:
    """Raise, unless check mode may assume that an earlier task adds a rule that helps."""
    panel = panel_service(rules, client.connection.root)
    helps = not _cuts_off_anyway(panel, options, change, rules, states[0].policy)
    if client.check_mode and helps:
        client.assume(f"another rule accepts port {panel.port} of the panel")
        return
    is_gap = states[-1].admits(panel)
    raise PuqVpnError(
        "lockout",
        f"{_DOING[change.action]} the rule {_name(change)} would cut off the panel, whose port is {panel.port}"
        + (": it is removed and added again, and in between no rule accepts this port" if is_gap else ""),
        hint="First add another rule at the top that accepts this port from your address."
        if helps
        else "Add it at the end, behind a rule that accepts this port, or limit it to other ports or sources.",
        details={"port": panel.port},
    )


def _cuts_off_anyway(
    panel: Service, options: Mapping[str, Any], change: Change, rules: Sequence[Values], policy: Any
) -> bool:
    """True when the change cuts off the panel even if a rule at the top accepts its port."""
    rules = [accepting(panel), *rules]
    return bool(cut_off([panel], _filters(rules, _insert_rule(change, options, rules), policy)))


def _name(change: Change) -> Any:
    return {**change.before, **change.values}["name"]
