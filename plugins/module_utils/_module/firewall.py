# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The work of ``puqvpn_firewall``: the policies, unless they would lock the administrator out."""

from __future__ import annotations

from typing import Any, Mapping

from .._change import Change, settings_change
from .._client import PanelClient
from .._lockout import (
    cut_off_by_policies,
    cut_off_warning,
    other_services,
    panel_service,
    policies_becoming_drop,
    refuse_lockout,
    server_services,
)
from .._objects.firewall import FIREWALL, FIREWALL_RULE
from .._objects.wireguard import WIREGUARD
from .._reader import read_objects, read_settings
from .._resource import conclude_settings, parse_options

OPTIONS: dict[str, dict[str, Any]] = {**FIREWALL.argument_spec, "allow_lockout": {"type": "bool", "default": False}}


def firewall(options: Mapping[str, Any], client: PanelClient) -> dict[str, Any]:
    """Let the policies be as the options say: one read, one write, one read.

    The rules and the WireGuard servers are read before a DROP.

    :returns: ``changed``, ``firewall`` and ``diff``.
    :raises PuqVpnError: ``lockout``, or as :func:`.manage.manage_settings` does.
    """
    wanted = parse_options(FIREWALL, options, client)
    current = read_settings(client, FIREWALL)
    change = settings_change(FIREWALL, wanted, current)
    if change is not None and policies_becoming_drop(change):
        _look_at_reach(client, change, allow_lockout=options["allow_lockout"])
    return conclude_settings(client, FIREWALL, options, change, wanted=wanted, current=current)


def _look_at_reach(client: PanelClient, change: Change, *, allow_lockout: bool) -> None:
    """Refuse a policy that cuts off the panel, and warn of what else it cuts off."""
    root = client.connection.root
    rules = read_objects(client, FIREWALL_RULE, {})
    services = other_services(rules, root)
    if allow_lockout:
        services = [panel_service(rules, root), *services]
    else:
        refuse_lockout(policies_becoming_drop(change), rules, root, client.assume if client.check_mode else None)
    services += server_services(read_objects(client, WIREGUARD, {}))
    for name, cut in cut_off_by_policies(services, change, rules, rules).items():
        client.warnings += cut_off_warning(f"{name} DROP", cut, may_be_prevented=client.check_mode)
