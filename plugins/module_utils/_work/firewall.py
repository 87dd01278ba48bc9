# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The work of ``puqvpn_firewall``: the policies, unless they would lock the administrator out."""

from __future__ import annotations

from typing import Any, Mapping

from .._apply import read_objects, read_settings
from .._client import PanelClient
from .._errors import PuqVpnError
from .._objects.firewall import FIREWALL, FIREWALL_RULE
from .._plan import Change, plan_settings
from .lockout import is_reachable, panel_port
from .manage import conclude_settings, wanted_values

OPTIONS: dict[str, dict[str, Any]] = {**FIREWALL.argument_spec, "allow_lockout": {"type": "bool", "default": False}}

_CHAINS = {"policy_input": "INPUT", "policy_output": "OUTPUT"}


def firewall(options: Mapping[str, Any], client: PanelClient) -> dict[str, Any]:
    """Let the policies be as the options say: one read, one write, one read; the rules are read before a DROP.

    :returns: ``changed``, ``firewall`` and ``diff``.
    :raises PuqVpnError: ``lockout``, or as :func:`.manage.manage_settings` does.
    """
    wanted = wanted_values(FIREWALL, options, client)
    current = read_settings(client, FIREWALL)
    change = plan_settings(FIREWALL, wanted, current)
    if change is not None and not options["allow_lockout"]:
        _refuse_lockout(client, change)
    return conclude_settings(client, FIREWALL, options, change, wanted=wanted, current=current)


def _refuse_lockout(client: PanelClient, change: Change) -> None:
    dropping = [name for name in _CHAINS if name in change.fields and change.values[name] == "DROP"]
    if not dropping:
        return
    rules = read_objects(client, FIREWALL_RULE, {})
    port = panel_port(rules, client.connection.root)
    cut = [name for name in dropping if not is_reachable(rules, "DROP", port, _CHAINS[name])]
    if cut:
        raise PuqVpnError(
            "lockout",
            f"{' and '.join(cut)} DROP would cut off the panel: no rule of the chain "
            f"{' and '.join(_CHAINS[name] for name in cut)} accepts its port {port}",
            hint="Add a rule that accepts the port before, which is possible for INPUT only, or give "
            "allow_lockout: true if you reach the panel in another way.",
            details={"port": port, "fields": cut},
        )
