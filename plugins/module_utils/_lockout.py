# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a firewall still lets an administrator in: the panel's own port must stay within reach."""

from __future__ import annotations

from typing import Iterable, Sequence
from urllib.parse import urlsplit

from ._errors import PuqVpnError
from ._kinds import Values
from ._plan import Change

CHAINS = {"policy_input": "INPUT", "policy_output": "OUTPUT"}
"""The policies that decide about packets to a panel and its answers, and the chains that they are for."""

PANEL_RULE = "system_PUQVPNCP"
"""The rule that keeps a panel reachable (contract: firewall_filter_list)."""

_EVERYWHERE = ("0.0.0.0/0", "::/0")


def is_the_panels(rule: Values) -> bool:
    """True for a rule that belongs to the panel: the settings page protects all of them (contract:
    firewall_filter_delete/2)."""
    return str(rule.get("name", "")).startswith("system_")


def panel_port(rules: Iterable[Values], root: str) -> int:
    """The panel's own port: that of its own rule, else the one that requests go to."""
    for rule in rules:
        port = rule.get("d_port")
        if rule.get("name") == PANEL_RULE and isinstance(port, int) and port:
            return port
    parts = urlsplit(root)
    return parts.port or (443 if parts.scheme == "https" else 80)


def is_reachable(rules: Iterable[Values], policy: str, port: int, chain: str = "INPUT") -> bool:
    """True when the first rule that decides about the port lets packets pass, or the policy does without one.

    Packets to the panel pass INPUT, its answers pass OUTPUT. A rule for some addresses only may mean the
    administrator's: when it accepts it is taken for that, when it drops it decides nothing.
    """
    here, there = ("d_port", "s_port") if chain == "INPUT" else ("s_port", "d_port")
    for rule in rules:
        if rule.get("chain") != chain or rule.get("protocol") not in ("TCP", "ANY") or rule.get(here) not in (0, port):
            continue
        if rule.get("action") == "ACCEPT":
            return True
        if rule.get(there) == 0 and all(rule.get(name) in _EVERYWHERE for name in ("s_ip", "d_ip")):
            return False
    return policy == "ACCEPT"


def placed(rules: Sequence[Values], new: Values, position: str) -> list[Values]:
    """The rules with a new one at the top or the end."""
    return [new, *rules] if position == "top" else [*rules, new]


def newly_dropping(change: Change) -> list[str]:
    """The policies among :data:`CHAINS` that a change of the firewall lets drop packets."""
    return [name for name in CHAINS if name in change.fields and change.values[name] == "DROP"]


def refuse_lockout(policies: Iterable[str], rules: Iterable[Values], root: str) -> None:
    """Raise when one of the policies would drop what reaches the panel, with these rules before it.

    :raises PuqVpnError: ``lockout``
    """
    rules = list(rules)
    port = panel_port(rules, root)
    cut = [name for name in policies if not is_reachable(rules, "DROP", port, CHAINS[name])]
    if cut:
        raise PuqVpnError(
            "lockout",
            f"{' and '.join(cut)} DROP would cut off the panel: no rule of the chain "
            f"{' and '.join(CHAINS[name] for name in cut)} accepts its port {port}",
            hint="Add a rule that accepts the port before, which is possible for INPUT only, or give "
            "allow_lockout: true if you reach the panel in another way.",
            details={"port": port, "fields": cut},
        )
