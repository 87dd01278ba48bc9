# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The body of ``puqvpn_firewall_rule``: a filter rule at its position, unless it would lock out the administrator."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Mapping, Sequence

from .._change import CREATE, DELETE, RECREATE, UPDATE, ObjectChange
from .._client import PanelClient
from .._errors import OptionError, PuqVpnError
from .._lockout import FirewallChange, accepting_rule
from .._objects.firewall import FIREWALL, FIREWALL_RULE, RULE_DEFAULTS
from .._objects.wireguard import WIREGUARD
from .._packet_filter import is_system_rule
from .._panel.reader import PanelReader
from .._resource import conclude_object, needed_change, parse_options
from .._schema import ObjectIndex, Values

OPTIONS: dict[str, dict[str, Any]] = {
    **FIREWALL_RULE.argument_spec,
    "position": {"type": "str", "choices": ["top", "end"]},
}

_TOP, _END = "top", "end"
_DOING = {CREATE: "Adding", RECREATE: "Changing", DELETE: "Removing"}


def firewall_rule(options: Mapping[str, Any], client: PanelClient) -> dict[str, Any]:
    """Create, change or remove a filter rule: one read, one write (two to change a rule), one read.

    The policies and the WireGuard servers are read as well when the change could cut off the panel, SSH or a server.

    :returns: ``changed``, ``rule`` and ``diff``.
    :raises PuqVpnError: ``lockout``, or as :func:`.._resource.manage_object` does.
    """
    wanted = parse_options(FIREWALL_RULE, options, client)
    if is_system_rule(wanted):
        raise OptionError(f"name {wanted['name']} belongs to the panel, like all names that begin with system_")
    reader = PanelReader(client)
    rules = reader.objects(FIREWALL_RULE)
    current = ObjectIndex(FIREWALL_RULE, rules).find(wanted)
    # Without an action it cannot be a new one.
    full = {**RULE_DEFAULTS, **wanted} if current is None and "action" in wanted else wanted
    change = needed_change(client, FIREWALL_RULE, options, full, current)
    # A panel cannot edit rules: an update is that of a rule which check mode assumes to exist, at an unknown position.
    if change is not None and change.action != UPDATE:
        change = _insert_rule(change, options, rules)
        _warn_of_move(client, change, rules)
        _check_lockout(reader, options, change)
    return conclude_object(client, FIREWALL_RULE, options, change, wanted=wanted, current=current)


# --- The position


def _insert_rule(change: ObjectChange, options: Mapping[str, Any], rules: Sequence[Values]) -> ObjectChange:
    """Return the change with the position of the rule: a changed rule stays the first or the last."""
    place = {"position": (_kept_position(change, rules) or options["position"] or _END)}
    return replace(change, place=place, old_place=place)


def _kept_position(change: ObjectChange, rules: Sequence[Values]) -> str | None:
    """Return the position at which a changed rule stays where it is; None if it cannot, and for other changes."""
    if change.action != RECREATE:
        return None
    index = _index(change, rules)
    return _TOP if index == 0 else _END if index == len(rules) - 1 else None


def _index(change: ObjectChange, rules: Sequence[Values]) -> int:
    return [rule.get("name") for rule in rules].index(change.before["name"])


def _warn_of_move(client: PanelClient, change: ObjectChange, rules: Sequence[Values]) -> None:
    if change.action == RECREATE and _kept_position(change, rules) is None:
        client.warnings.append(
            f"The rule {_name(change)} was number {_index(change, rules) + 1} of {len(rules)} and moves to the "
            f"{change.place['position']}: to change a rule, the module removes and adds it, and the panel can only add "
            "rules at the top or the end."
        )


# --- The lockout


def _check_lockout(reader: PanelReader, options: Mapping[str, Any], change: ObjectChange) -> None:
    """Refuse a change that cuts off the panel, and warn of what else it cuts off."""
    client = reader.client
    firewall_change = FirewallChange(
        reader.root,
        reader.objects(FIREWALL_RULE),
        read_policies=lambda: reader.settings(FIREWALL),
        read_servers=lambda: reader.objects(WIREGUARD),
        rule_changes=[change],
        assume=client.assume if client.check_mode else None,
    )
    if firewall_change.rules_cut_off_panel:
        _refuse_or_assume(firewall_change, options, change)
    client.warnings += firewall_change.warnings(f"{_DOING[change.action]} the rule {_name(change)}")


def _refuse_or_assume(firewall_change: FirewallChange, options: Mapping[str, Any], change: ObjectChange) -> None:
    """Raise, unless check mode may assume that an earlier task adds a rule that helps."""
    panel = firewall_change.panel
    rules = [accepting_rule(panel), *firewall_change.rules]
    with_rule = replace(firewall_change, rules=rules, rule_changes=[_insert_rule(change, options, rules)])
    helps = not with_rule.rules_cut_off_panel
    if firewall_change.assume is not None and helps:
        firewall_change.assume(f"another rule accepts port {panel.port} of the panel")
        return
    is_gap = firewall_change.admits_panel_at_end
    raise PuqVpnError(
        "lockout",
        f"{_DOING[change.action]} the rule {_name(change)} would cut off the panel, whose port is {panel.port}"
        + (": it is removed and added again, and in between no rule accepts this port" if is_gap else ""),
        hint="First add another rule at the top that accepts this port from your address."
        if helps
        else "Add it at the end, behind a rule that accepts this port, or limit it to other ports or sources.",
        details={"port": panel.port},
    )


def _name(change: ObjectChange) -> Any:
    return {**change.before, **change.values}["name"]
