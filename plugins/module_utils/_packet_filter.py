# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The packet filter of a panel's host: which services its rules and policies admit packets to."""

from __future__ import annotations

import ipaddress
from collections import deque
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Iterable, Iterator, Sequence

from ._change import DELETE, ObjectChange
from ._networks import IPAddress, IPNetwork
from ._schema import Values

# Networks without a prefix, of either version, all mean this one.
_EVERYWHERE = ipaddress.ip_network("0.0.0.0/0")


def is_system_rule(rule: Values) -> bool:
    """Return whether a rule belongs to the panel, which protects it (contract: firewall_filter_delete/2)."""
    return str(rule.get("name", "")).startswith("system_")


@dataclass(frozen=True)
class Service:
    """A port on the host of a panel, its purpose, and the address that clients use, where that is known.

    ``carries_requests`` is true for a port that the requests of a task go to: it is needed all the time.
    """

    title: str
    port: int
    protocol: str = "TCP"
    address: IPAddress | None = None
    carries_requests: bool = False
    note: str = ""

    def __str__(self) -> str:
        return f"{self.title} ({self.protocol} port {self.port}{self.note})"


@dataclass(frozen=True)
class Chain:
    """A chain at one moment: its rules in their order, and the policy for the packets that no rule decides about.

    Packets to the host pass ``INPUT``, its answers pass ``OUTPUT``.
    """

    rules: Sequence[Values]
    policy: Any
    name: str = "INPUT"

    def admits(self, service: Service) -> bool:
        """Return whether somebody can reach the service.

        The addresses of administrators and clients are unknown, so a rule that accepts some sources is assumed to
        accept theirs, and one that drops some is not. A rule that only accepts sources dropped before admits nobody.
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
        """Return the source and target of the packets of a service that a rule decides about; None if there are none.

        The target is everywhere where the address of the service is known. A rule for one port of the other side
        decides about nobody, since clients use any.
        """
        here, there = ("d", "s") if self.name == "INPUT" else ("s", "d")
        if (
            rule.get("chain") != self.name
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


class _NetworkSet:
    """A set of networks, which contains a network when it contains both halves of it."""

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
    """The sources that rules drop, whichever address of the host they send to."""

    def __init__(self) -> None:
        self._sources = _NetworkSet()
        self._targets: dict[IPNetwork, _NetworkSet] = {}

    def __contains__(self, source: IPNetwork) -> bool:
        return source in self._sources

    def add(self, source: IPNetwork, target: IPNetwork = _EVERYWHERE) -> None:
        if target != _EVERYWHERE:
            targets = self._targets.setdefault(source, _NetworkSet())
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


def _may_come_from(source: IPNetwork, address: IPAddress | None) -> bool:
    """Return False for sources that send nothing to a service: the host itself, and those of the other IP version."""
    if source == _EVERYWHERE:
        return True
    if address is None:
        return not source.is_loopback
    return source.version == address.version and (address.is_loopback or not source.is_loopback)


# --- Changes of rules


def rule_states(rules: Sequence[Values], changes: Iterable[ObjectChange]) -> Iterator[list[Values]]:
    """Yield the rules at first, at each moment of the changes at which fewest are admitted, and at the end.

    A changed rule is removed before it is added again. A moment is omitted when fewer are admitted at the one before
    or after it.
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


def rules_after(rules: Sequence[Values], changes: Iterable[ObjectChange]) -> list[Values]:
    """Return the rules after all changes."""
    last = deque(_requests(list(rules), changes), maxlen=1)
    return last[0][1] if last else list(rules)


def _requests(rules: list[Values], changes: Iterable[ObjectChange]) -> Iterator[tuple[bool, list[Values]]]:
    """Yield whether each request excludes some of those who are admitted, or admits more; and the rules after it."""
    for change in changes:
        if change.before:
            rules = [rule for rule in rules if rule.get("name") != change.before.get("name")]
            yield change.before.get("action") == "ACCEPT", rules
        if change.action != DELETE:
            rules = [change.values, *rules] if change.place["position"] == "top" else [*rules, change.values]
            yield change.values.get("action") != "ACCEPT", rules


def may_cut_off_udp(changes: Iterable[ObjectChange], rules: Sequence[Values], policy: Any) -> bool:
    """Return whether changes of rules may cut off a UDP port, whatever it is.

    ``rules`` and ``policy`` are those after the changes.
    """
    changes = list(changes)
    accepted = any(_is_for_udp(change.before) and change.before.get("action") == "ACCEPT" for change in changes)
    drops = any(_is_for_udp(change.values) and change.values.get("action") != "ACCEPT" for change in changes)
    return (accepted and policy != "ACCEPT") or ((accepted or drops) and _excludes_somebody(rules))


def _is_for_udp(rule: Values) -> bool:
    """Return whether a rule may decide about packets to a UDP port."""
    return rule.get("chain") == "INPUT" and rule.get("protocol") in ("UDP", "ANY") and rule.get("s_port") == 0


def _excludes_somebody(rules: Iterable[Values]) -> bool:
    """Return whether rules may drop all packets to a UDP port, or all that another rule accepts there."""
    dropped = _Dropped()
    accepted: list[IPNetwork] = []
    for rule in rules:
        source = _network(rule.get("s_ip")) if _is_for_udp(rule) else None
        if source is not None and rule.get("action") == "ACCEPT":
            accepted.append(source)
        elif source is not None:
            dropped.add(source)
    return _EVERYWHERE in dropped or any(source in dropped for source in accepted)
