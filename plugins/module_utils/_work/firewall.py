# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The work of ``puqvpn_firewall``: the policies, unless they would lock the administrator out."""

from __future__ import annotations

from typing import Any, Mapping

from .._apply import read_objects, read_settings
from .._client import PanelClient
from .._lockout import newly_dropping, refuse_lockout
from .._objects.firewall import FIREWALL, FIREWALL_RULE
from .._plan import plan_settings
from .manage import conclude_settings, wanted_values

OPTIONS: dict[str, dict[str, Any]] = {**FIREWALL.argument_spec, "allow_lockout": {"type": "bool", "default": False}}


def firewall(options: Mapping[str, Any], client: PanelClient) -> dict[str, Any]:
    """Let the policies be as the options say: one read, one write, one read; the rules are read before a DROP.

    :returns: ``changed``, ``firewall`` and ``diff``.
    :raises PuqVpnError: ``lockout``, or as :func:`.manage.manage_settings` does.
    """
    wanted = wanted_values(FIREWALL, options, client)
    current = read_settings(client, FIREWALL)
    change = plan_settings(FIREWALL, wanted, current)
    if change is not None and not options["allow_lockout"]:
        dropping = newly_dropping(change)
        if dropping:
            refuse_lockout(dropping, read_objects(client, FIREWALL_RULE, {}), client.connection.root)
    return conclude_settings(client, FIREWALL, options, change, wanted=wanted, current=current)
