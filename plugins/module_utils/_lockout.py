# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The decision whether a change of the firewall locks out the administrator, and what else it cuts off.

Single modules and whole documents share it. It sends no request, and asks for policies and servers only if they matter.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Callable, Iterable, Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from ._change import ObjectChange, SettingsChange
from ._errors import PuqVpnError, listed
from ._networks import IPAddress
from ._packet_filter import Chain, Service, may_cut_off_udp, rule_states, rules_after
from ._schema import Values
from ._untrusted import one_line

# The policies for the packets to a panel and for its answers, and their chains.
CHAINS = {"policy_input": "INPUT", "policy_output": "OUTPUT"}

# The rule that keeps a panel reachable (contract: firewall_filter_list).
PANEL_RULE = "system_PUQVPNCP"


# --- The services that must stay reachable


def panel_service(rules: Iterable[Values], root: str) -> Service:
    """Return the panel itself: the port of its own rule, or without such a rule the one of the requests."""
    return Service("the panel", _own_port(rules) or _url_port(root), address=_address_in(root), carries_requests=True)


def other_services(rules: Iterable[Values], root: str) -> list[Service]:
    """Return what else an administrator uses: SSH, and the port in ``url`` if it is not the panel's own."""
    own, port, address = panel_service(rules, root).port, _url_port(root), _address_in(root)
    note = f", unless it is translated to {own} on the way"
    services = [Service("the port in url", port, address=address, carries_requests=True, note=note)]
    if port != 22:
        services.append(Service("SSH", 22, address=address))
    return [service for service in services if service.port != own]


def server_services(servers: Iterable[Values]) -> list[Service]:
    """Return the ports that the clients of WireGuard servers use."""
    return [
        Service(
            f"WireGuard server {one_line(server.get('name'))}",
            server["listen_port"],
            "UDP",
            _address(server.get("external_ip")),
        )
        for server in servers
        if isinstance(server.get("listen_port"), int)
    ]


def _own_port(rules: Iterable[Values]) -> int | None:
    ports = (rule.get("d_port") for rule in rules if rule.get("name") == PANEL_RULE)
    return next((port for port in ports if isinstance(port, int) and port), None)


def _url_port(root: str) -> int:
    parts = urlsplit(root)
    return parts.port or (443 if parts.scheme == "https" else 80)


def _address_in(root: str) -> IPAddress | None:
    host = urlsplit(root).hostname
    return _address("127.0.0.1" if host == "localhost" else host)


def _address(text: Any) -> IPAddress | None:
    try:
        return ipaddress.ip_address(str(text))
    except ValueError:
        return None


# --- The decision


@dataclass(frozen=True)
class FirewallChange:
    """A change of the firewall: of its rules, of its policies, or of both.

    ``rules`` are those before the change. ``read_policies`` returns the policies before it, ``read_servers`` the
    WireGuard servers after it. In check mode, ``assume`` notes what an earlier task may add.
    """

    root: str
    rules: Sequence[Values]
    read_policies: Callable[[], Values]
    read_servers: Callable[[], Iterable[Values]]
    rule_changes: Sequence[ObjectChange] = ()
    policy_change: SettingsChange | None = None
    allow_lockout: bool = False
    assume: Callable[[str], None] | None = None

    @property
    def panel(self) -> Service:
        """The panel itself."""
        return panel_service(self.rules, self.root)

    def refuse_policies(self) -> None:
        """Refuse policies that drop packets of the panel, unless that is allowed or an earlier task may prevent it.

        :raises PuqVpnError: ``lockout``
        """
        panel = self.panel
        dropping = [] if self.allow_lockout else self._dropping
        cut = [name for name in dropping if not Chain(self._rules_after, "DROP", CHAINS[name]).admits(panel)]
        if not cut:
            return
        if self.assume is not None and cut == ["policy_input"]:
            self.assume(f"a rule accepts port {panel.port} of the panel")
            return
        raise PuqVpnError(
            "lockout",
            f"{' and '.join(cut)} DROP would cut off the panel: no rule of the chain "
            f"{' and '.join(CHAINS[name] for name in cut)} accepts its port {panel.port}",
            hint="First add a rule that accepts this port from your address, which is possible for INPUT only, or set "
            "allow_lockout: true if you reach the panel in another way.",
            details={"port": panel.port, "fields": cut},
        )

    @property
    def rules_cut_off_panel(self) -> bool:
        """Whether the changes of the rules cut off the panel at any moment, which is not allowed."""
        return not self.allow_lockout and bool(self._cut_off_by_rules([self.panel]))

    @property
    def admits_panel_at_end(self) -> bool:
        """Whether the panel can be reached after the changes of the rules."""
        return Chain(self._rules_after, self._policy_of_rules).admits(self.panel)

    def warnings(self, rules_cause: str = "", policies_prefix: str = "") -> Iterator[str]:
        """Yield what else is cut off, and by what."""
        services = other_services(self.rules, self.root)
        if self.allow_lockout:
            services.insert(0, self.panel)
        if self._dropping or self._may_cut_off_servers:
            services += server_services(self.read_servers())
        reported: list[Service] = []
        for name, cut in self._cut_off_by_policies(services).items():
            yield from self._warning(f"{policies_prefix}{name} DROP", cut)
            reported += cut
        cut = self._cut_off_by_rules(services)
        if cut:
            before = Chain(self.rules, self._policy)
            cut = [service for service in cut if before.admits(service) and service not in reported]
        yield from self._warning(rules_cause, cut)

    def _warning(self, cause: str, services: Iterable[Service]) -> Iterator[str]:
        names = [str(service) for service in services]
        if names:
            unless = "" if self.assume is None else " unless an earlier task of the play adds a rule for it"
            yield f"{cause} cuts off {listed(names)}{unless}. First add rules that accept what must stay reachable."

    def _cut_off_by_policies(self, services: Sequence[Service]) -> Mapping[str, list[Service]]:
        before = {} if self.policy_change is None else self.policy_change.before
        chains = {
            name: [
                Chain(self.rules, before.get(name), CHAINS[name]),
                Chain(self._rules_after, "DROP", CHAINS[name]),
            ]
            for name in self._dropping
        }
        return {name: cut_off(services, states) for name, states in chains.items()}

    def _cut_off_by_rules(self, services: Sequence[Service]) -> list[Service]:
        """Return the services that the changes of the rules cut off. The policy is only read if that depends on it."""
        if not self._may_matter:
            return []
        return cut_off(services, self._states(self._policy_of_rules))

    @cached_property
    def _may_matter(self) -> bool:
        """Whether the changes of the rules can cut off anything under some policy."""
        if not self.rule_changes:
            return False
        services = [self.panel, *other_services(self.rules, self.root)]
        return may_cut_off_udp(self.rule_changes, self._rules_after, "DROP") or any(
            cut_off(services, self._states(policy)) for policy in ("ACCEPT", "DROP")
        )

    @property
    def _may_cut_off_servers(self) -> bool:
        """Whether it is worth a read which ports WireGuard servers use."""
        return self._may_matter and may_cut_off_udp(self.rule_changes, self._rules_after, self._policy)

    def _states(self, policy: Any) -> Iterator[Chain]:
        return (Chain(rules, policy) for rules in rule_states(self.rules, self.rule_changes))

    @cached_property
    def _rules_after(self) -> Sequence[Values]:
        return rules_after(self.rules, self.rule_changes)

    @cached_property
    def _dropping(self) -> list[str]:
        return [] if self.policy_change is None else policies_becoming_drop(self.policy_change)

    @property
    def _policy(self) -> Any:
        return self.read_policies().get("policy_input")

    @property
    def _policy_of_rules(self) -> Any:
        """The policy while the rules change: DROP is written after them, ACCEPT before them."""
        written = {} if self.policy_change is None or self._dropping else self.policy_change.values
        return written.get("policy_input", self._policy)


def policies_becoming_drop(change: SettingsChange) -> list[str]:
    """Return the policies among :data:`CHAINS` that a change of the firewall sets to DROP."""
    return [name for name in CHAINS if name in change.fields and change.values[name] == "DROP"]


def cut_off(services: Iterable[Service], states: Iterable[Chain]) -> list[Service]:
    """Return the services that are reachable in the first state and not in the last one.

    A service that carries requests must be reachable in all states between them as well.
    """
    states = iter(states)
    last = next(states)
    admitted = [service for service in services if last.admits(service)]
    lost: set[Service] = set()
    for last in states:
        lost.update(
            service
            for service in admitted
            if service.carries_requests and service not in lost and not last.admits(service)
        )
    return [service for service in admitted if service in lost or not last.admits(service)]


def accepting_rule(service: Service) -> Values:
    """Return a rule that admits everybody to a service."""
    anywhere = {"s_ip": "0.0.0.0/0", "s_port": 0, "d_ip": "0.0.0.0/0", "d_port": service.port}
    return {"name": "", "action": "ACCEPT", "chain": "INPUT", "protocol": service.protocol, **anywhere}


def diversion_warnings(label: str, forward: Values, rules: Sequence[Values], root: str) -> Iterator[str]:
    """Yield a warning if a port forward takes a port away from the host; ``label`` names the forward."""
    services = [panel_service(rules, root), *other_services(rules, root)]
    target = (forward.get("protocol"), forward.get("dst_port"))
    names = [str(service) for service in services if target == ("tcp", service.port)]
    if names:
        yield (
            f"{label} may divert {listed(names)} to the account {one_line(forward.get('to_peer'))}, and lock you out. "
            "Forward another port, unless you reach the panel in another way."
        )
