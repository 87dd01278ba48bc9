# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The body of ``puqvpn_firewall``: the policies, unless they would lock out the administrator."""

from __future__ import annotations

from typing import Any, Mapping

from .._change import SettingsChange, settings_change
from .._client import PanelClient
from .._lockout import FirewallChange, policies_becoming_drop
from .._objects.firewall import FIREWALL, FIREWALL_RULE
from .._objects.wireguard import WIREGUARD
from .._panel.reader import PanelReader, read_settings
from .._resource import conclude_settings, parse_options

OPTIONS: dict[str, dict[str, Any]] = {**FIREWALL.argument_spec, "allow_lockout": {"type": "bool", "default": False}}


def firewall(options: Mapping[str, Any], client: PanelClient) -> dict[str, Any]:
    """Set the policies: one read, one write, one read. The rules and the WireGuard servers are read before a DROP.

    :returns: ``changed``, ``firewall`` and ``diff``.
    :raises PuqVpnError: ``lockout``, or as :func:`.._resource.manage_settings` does.
    """
    wanted = parse_options(FIREWALL, options, client)
    current = read_settings(client, FIREWALL)
    change = settings_change(FIREWALL, wanted, current)
    if change is not None and policies_becoming_drop(change):
        _check_lockout(PanelReader(client), change, allow_lockout=options["allow_lockout"])
    return conclude_settings(client, FIREWALL, options, change, wanted=wanted, current=current)


def _check_lockout(reader: PanelReader, change: SettingsChange, *, allow_lockout: bool) -> None:
    """Refuse a policy that cuts off the panel, and warn of what else it cuts off."""
    client = reader.client
    firewall_change = FirewallChange(
        reader.root,
        reader.objects(FIREWALL_RULE),
        read_policies=lambda: change.before,
        read_servers=lambda: reader.objects(WIREGUARD),
        policy_change=change,
        allow_lockout=allow_lockout,
        assume=client.assume if client.check_mode else None,
    )
    firewall_change.refuse_policies()
    client.warnings += firewall_change.warnings()
