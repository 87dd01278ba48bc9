# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a firewall still admits those who need the host of a panel: its administrator, and the clients of the VPN.

The one decision about this, for single modules and for a whole document. It knows rules and policies, and no HTTP.
"""

from __future__ import annotations

import ipaddress
from collections import deque
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Callable, Iterable, Iterator, Mapping, Sequence, Union
from urllib.parse import urlsplit

from ._change import DELETE, Change
from ._errors import PuqVpnError, listed
from ._schema import Values
from ._untrusted import one_line

Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]
IPNetwork = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]

CHAINS = {"policy_input": "INPUT", "policy_output": "OUTPUT"}
"""The policies that decide about packets to a panel and its answers, and the chains that they are for."""

PANEL_RULE = "system_PUQVPNCP"
"""The rule that keeps a panel reachable (contract: firewall_filter_list)."""

# Networks without a prefix, of either version, all mean this one.
_EVERYWHERE = ipaddress.ip_network("0.0.0.0/0")


def is_system_rule(rule: Values) -> bool:
    """True for a rule that belongs to the panel: the settings page protects all of them (contract:
    firewall_filter_delete/2)."""
    return str(rule.get("name", "")).startswith("system_")


# --- What must stay within reach


@dataclass(frozen=True)
class Service:
    """A port on the host of a panel, what it is for, and the address that it is reached at where that is known.

    ``carries_requests`` is true for a port that the requests of a task themselves go to: it is needed all the time.
    """

    title: str
    port: int
    protocol: str = "TCP"
    address: Address | None = None
    carries_requests: bool = False
    note: str = ""

    def __str__(self) -> str:
        return f"{self.title} ({self.protocol} port {self.port}{self.note})"


def panel_service(rules: Iterable[Values], root: str) -> Service:
    """The panel itself: the port of its own rule, or the one that requests go to where there is no such rule."""
    return Service("the panel", _own_port(rules) or _url_port(root), address=_address_in(root), carries_requests=True)


def other_services(rules: Iterable[Values], root: str) -> list[Service]:
    """What else an administrator uses: SSH, and the port in ``url`` where it is not the panel's own."""
    own, port, address = panel_service(rules, root).port, _url_port(root), _address_in(root)
    note = f", unless it is translated to {own} on the way"
    found = [Service("the port in url", port, address=address, carries_requests=True, note=note)]
    if port != 22:
        found.append(Service("SSH", 22, address=address))
    return [one for one in found if one.port != own]


def server_services(servers: Iterable[Values]) -> list[Service]:
    """The ports that the clients of WireGuard servers dial."""
    return [
        Service(
            f"WireGuard server {one_line(one.get('name'))}", one["listen_port"], "UDP", _address(one.get("external_ip"))
        )
        for one in servers
        if isinstance(one.get("listen_port"), int)
    ]


def _own_port(rules: Iterable[Values]) -> int | None:
    ports = (rule.get("d_port") for rule in rules if rule.get("name") == PANEL_RULE)
    return next((port for port in ports if isinstance(port, int) and port), None)


def _url_port(root: str) -> int:
    parts = urlsplit(root)
    return parts.port or (443 if parts.scheme == "https" else 80)


def _address_in(root: str) -> Address | None:
    host = urlsplit(root).hostname
    return _address("127.0.0.1" if host == "localhost" else host)


def _address(text: Any) -> Address | None:
    try:
        return ipaddress.ip_address(str(text))
    except ValueError:
        return None


# --- Who is admitted


@dataclass(frozen=True)
class Filter:
    """One chain of the firewall at one moment: its rules in their order, and the policy for what none decides about.

    Packets to the host pass ``INPUT``, its answers pass ``OUTPUT``.
    """

    rules: Sequence[Values]
    policy: Any
    chain: str = "INPUT"

    def admits(self, service: Service) -> bool:
        """True when somebody can reach the service.

        Nobody knows where an administrator or a client comes from, so a rule that accepts some sources is taken for
        theirs, and one that drops some is not. But what accepts only sources that are dropped before admits nobody.
        """
        dropped = _Dropped()
        for rule in self.rules:
            packets = self._decided(rule, service)
            if packets is None:
                continue
            source, target = packets
            if rule.get("action") != "ACCEPT":
                dropped.add(source, target)
                if _EVERYWHERE in dropped:
                    return False
            elif target == _EVERYWHERE and source not in dropped:
                return True
        return bool(self.policy == "ACCEPT")

    def _decided(self, rule: Values, service: Service) -> tuple[IPNetwork, IPNetwork] | None:
        """From where and to where a rule decides about packets of the service; None where it does not.

        Of a known address it is everywhere or not at all. A rule for one port of the other side decides about nobody,
        since clients take any.
        """
        here, there = ("d", "s") if self.chain == "INPUT" else ("s", "d")
        if (
            rule.get("chain") != self.chain
            or rule.get("protocol") not in (service.protocol, "ANY")
            or rule.get(f"{here}_port") not in (0, service.port)
            or rule.get(f"{there}_port") != 0
        ):
            return None
        source, target = _network(rule.get(f"{there}_ip")), _network(rule.get(f"{here}_ip"))
        if source is None or target is None or not _may_come_from(source, service.address):
            return None
        if service.address is None or target == _EVERYWHERE:
            return source, target
        return (source, _EVERYWHERE) if service.address in target else None


class _Area:
    """Networks taken together: both halves of a network are the network."""

    def __init__(self) -> None:
        self._networks: set[IPNetwork] = set()

    def __contains__(self, network: IPNetwork) -> bool:
        if not self._networks or _EVERYWHERE in self._networks:
            return bool(self._networks)
        return any(network.supernet(new_prefix=at) in self._networks for at in range(network.prefixlen, 0, -1))

    def add(self, network: IPNetwork) -> None:
        while network not in self._networks:
            self._networks.add(network)
            if network == _EVERYWHERE:
                return
            whole = network.supernet()
            if all(half in self._networks for half in whole.subnets()):
                network = whole if whole.prefixlen else _EVERYWHERE


class _Dropped:
    """The sources that rules drop, whichever address of the host they go to."""

    def __init__(self) -> None:
        self._sources = _Area()
        self._targets: dict[IPNetwork, _Area] = {}

    def __contains__(self, source: IPNetwork) -> bool:
        return source in self._sources

    def add(self, source: IPNetwork, target: IPNetwork = _EVERYWHERE) -> None:
        if target != _EVERYWHERE:
            targets = self._targets.setdefault(source, _Area())
            targets.add(target)
            if _EVERYWHERE not in targets:
                return
        self._sources.add(source)


def _network(value: Any) -> IPNetwork | None:
    return _parsed(value) if isinstance(value, str) else None


@lru_cache(maxsize=4096)
def _parsed(text: str) -> IPNetwork | None:
    try:
        network = ipaddress.ip_network(text)
    except ValueError:
        return None
    return network if network.prefixlen else _EVERYWHERE


def _may_come_from(source: IPNetwork, address: Address | None) -> bool:
    """False for sources that no packet for the service can have: the host itself, and another version of IP."""
    if source == _EVERYWHERE:
        return True
    if address is None:
        return not source.is_loopback
    return source.version == address.version and (address.is_loopback or not source.is_loopback)


# --- What a change does


def rule_states(rules: Sequence[Values], changes: Iterable[Change]) -> Iterator[list[Values]]:
    """The rules at first, at each moment of the changes at which fewest are admitted, and when all is done.

    A changed rule is gone before it is added again. Moments that are followed by one at which fewer are admitted, or
    that follow such a one, are left out.
    """
    state, takes = list(rules), True
    yield state
    at_first = True
    for takes_now, following in _requests(state, changes):
        if takes and not takes_now and not at_first:
            yield state
        state, takes, at_first = following, takes_now, False
    if not at_first:
        yield state


def _requests(rules: list[Values], changes: Iterable[Change]) -> Iterator[tuple[bool, list[Values]]]:
    """The rules after each request, and whether it takes away from those who are admitted, or adds to them."""
    for change in changes:
        if change.before:
            rules = [rule for rule in rules if rule.get("name") != change.before.get("name")]
            yield change.before.get("action") == "ACCEPT", rules
        if change.action != DELETE:
            rules = [change.values, *rules] if change.place["position"] == "top" else [*rules, change.values]
            yield change.values.get("action") != "ACCEPT", rules


def rules_after(rules: Sequence[Values], changes: Iterable[Change]) -> list[Values]:
    """The rules when all changes are done."""
    last = deque(_requests(list(rules), changes), maxlen=1)
    return last[0][1] if last else list(rules)


def policies_becoming_drop(change: Change) -> list[str]:
    """The policies among :data:`CHAINS` that a change of the firewall lets drop packets."""
    return [name for name in CHAINS if name in change.fields and change.values[name] == "DROP"]


def cut_off(services: Iterable[Service], states: Iterable[Filter]) -> list[Service]:
    """The services that are within reach in the first state and not in the last one, or not on the way to it where
    requests go there.
    """
    states = iter(states)
    last = next(states)
    admitted = [one for one in services if last.admits(one)]
    lost: set[Service] = set()
    for last in states:
        lost.update(one for one in admitted if one.carries_requests and one not in lost and not last.admits(one))
    return [one for one in admitted if one in lost or not last.admits(one)]


def concerns_udp(changes: Iterable[Change], rules: Sequence[Values], policy: Any) -> bool:
    """True when changes of rules may cut off a UDP port, so that it is worth a read which ports servers listen on.

    ``rules`` and ``policy`` are those after the changes.
    """
    changes = list(changes)
    accepted = any(_is_of_udp(change.before) and change.before.get("action") == "ACCEPT" for change in changes)
    drops = any(_is_of_udp(change.values) and change.values.get("action") != "ACCEPT" for change in changes)
    return (accepted and policy != "ACCEPT") or ((accepted or drops) and _leaves_nobody(rules))


def _is_of_udp(rule: Values) -> bool:
    """True for a rule that may decide about what comes to a UDP port."""
    return rule.get("chain") == "INPUT" and rule.get("protocol") in ("UDP", "ANY") and rule.get("s_port") == 0


def _leaves_nobody(rules: Iterable[Values]) -> bool:
    """True when the rules may drop everything that comes to some UDP port, or all that another rule accepts there."""
    dropped = _Dropped()
    accepted: list[IPNetwork] = []
    for rule in rules:
        source = _network(rule.get("s_ip")) if _is_of_udp(rule) else None
        if source is not None and rule.get("action") == "ACCEPT":
            accepted.append(source)
        elif source is not None:
            dropped.add(source)
    return _EVERYWHERE in dropped or any(source in dropped for source in accepted)


def accepting(service: Service) -> Values:
    """A rule that admits everybody to a service."""
    anywhere = {"s_ip": "0.0.0.0/0", "s_port": 0, "d_ip": "0.0.0.0/0", "d_port": service.port}
    return {"name": "", "action": "ACCEPT", "chain": "INPUT", "protocol": service.protocol, **anywhere}


# --- What is said of it


def refuse_lockout(
    policies: Iterable[str], rules: Sequence[Values], root: str, assume: Callable[[str], None] | None = None
) -> None:
    """Raise when one of the policies would drop what reaches the panel, with these rules before it.

    What only a rule is missing for is assumed with ``assume``, where an earlier task may add that rule.

    :raises PuqVpnError: ``lockout``
    """
    panel = panel_service(rules, root)
    cut = [name for name in policies if not Filter(rules, "DROP", CHAINS[name]).admits(panel)]
    if not cut:
        return
    if assume is not None and cut == ["policy_input"]:
        assume(f"a rule accepts port {panel.port} of the panel")
        return
    raise PuqVpnError(
        "lockout",
        f"{' and '.join(cut)} DROP would cut off the panel: no rule of the chain "
        f"{' and '.join(CHAINS[name] for name in cut)} accepts its port {panel.port}",
        hint="First add a rule that accepts this port from your address, which is possible for INPUT only, or set "
        "allow_lockout: true if you reach the panel in another way.",
        details={"port": panel.port, "fields": cut},
    )


def cut_off_by_policies(
    services: Iterable[Service], change: Change, before: Sequence[Values], rules: Sequence[Values]
) -> Mapping[str, list[Service]]:
    """The services that each policy cuts off which a change of the firewall lets drop packets.

    ``before`` are the rules now, ``rules`` those with which the policy drops packets.
    """
    services = list(services)
    return {
        name: cut_off(
            services, [Filter(before, change.before.get(name), CHAINS[name]), Filter(rules, "DROP", CHAINS[name])]
        )
        for name in policies_becoming_drop(change)
    }


def cut_off_warning(cause: str, services: Iterable[Service], *, may_be_prevented: bool = False) -> Iterable[str]:
    """The warning that a change cuts off services, if there are any; an earlier task may prevent it in check mode."""
    names = [str(one) for one in services]
    if names:
        unless = " unless an earlier task of the play adds a rule for it" if may_be_prevented else ""
        yield f"{cause} cuts off {listed(names)}{unless}. First add rules that accept what must stay within reach."


def diverted(label: str, forward: Values, rules: Sequence[Values], root: str) -> Iterable[str]:
    """The warning that a port forward takes a port away from the host, if it does; ``called`` names the forward."""
    services = [panel_service(rules, root), *other_services(rules, root)]
    names = [str(one) for one in services if (forward.get("protocol"), forward.get("dst_port")) == ("tcp", one.port)]
    if names:
        yield (
            f"{label} may divert {listed(names)} to the account {one_line(forward.get('to_peer'))}, and lock you out. "
            "Forward another port, unless you reach the panel in another way."
        )
