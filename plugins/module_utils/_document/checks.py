# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a panel would hold together after a plan: nothing twice, nothing that leads nowhere, nothing too much.

Each check stands alone: it needs the families that it is about, with one step or with many. In check mode it is given
``assume``, which notes what an earlier task of the same play may make and is missing until then. What is in the way of
something is a problem in both modes.
"""

from __future__ import annotations

from typing import Any, Callable, Iterable, Mapping

from .._change import DELETE, RECREATE
from .._errors import listed
from .._networks import misplaced
from .._schema import ObjectKind, Values
from .._untrusted import one_line
from .conflicts import (
    NETWORKS,
    UNIQUE,
    no_peer,
    overlapping,
    own_port,
    shared,
    shared_network,
    sharing,
)
from .purge import Guards
from .sections import ACCOUNTS, SERVERS, Problem, Problems
from .source import PanelSource
from .steps import Assume, Entry, Family, counted


def check_servers(
    problems: Problems, servers: Family, accounts: Family, guards: Guards, assume: Assume | None = None
) -> None:
    """No two servers share an interface, a port or a part of a network, and none goes while it has accounts.

    With ``assume``, the accounts of a server that goes are taken to be gone by then.
    """
    entries = servers.future()
    for name in UNIQUE[SERVERS]:
        _report(problems, servers.kind, name, sharing(entries, name), shared)
    for name in NETWORKS:
        _report(problems, servers.kind, name, overlapping(entries, name), shared_network)
    going = [step for step in servers.steps if step.change.action in (DELETE, RECREATE)]
    left = _left_on(accounts) if going else {}
    for step in going:
        names = left.get(step.name, [])
        if names and assume is not None:
            one, are = counted("account", names), "is" if len(names) == 1 else "are"
            assume(f"{one} of WireGuard server {one_line(step.name)} {are} removed before")
        elif names:
            outside = "" if guards.covers(step.name) else " outside purge_scope"
            told = f"cannot be removed while it has accounts{outside}: {one_line(listed(names))}."
            text = f"{told} Remove or move them in the same config."
            problems.append(Problem(step.section.name, step.index, step.name, text))


def check_accounts(problems: Problems, accounts: Family, servers: Family, assume: Assume | None = None) -> None:
    """No two accounts share a username or an address, and each has one of its server's range.

    With ``assume``, a server that is not there is taken to come, and nothing is said of addresses on it.
    """
    entries = accounts.future()
    for name in UNIQUE[ACCOUNTS]:
        _report(problems, accounts.kind, name, sharing(entries, name), shared)
    known = _Servers(servers, assume)
    for entry in entries:
        if entry.item is None or "wg_name" not in entry.values:
            continue
        wrong = known.problem(entry.values["wg_name"])
        server = known.find(entry.values["wg_name"])
        if wrong:
            problems.add(entry.item, wrong)
        elif server is not None and (entry.step or server.step):
            text = misplaced(entry.values.get("allowed_ips"), server.values.get("address"))
            if text:
                problems.add(entry.item, f"allowed_ips {one_line(entry.values['allowed_ips'])} {text}")
    known.report_assumed()


def check_forwards(
    problems: Problems, forwards: Family, accounts: Family, servers: Family, assume: Assume | None = None
) -> None:
    """Each port forward leads to an account of its server, and not from the server's own port.

    With ``assume``, a server or an account that is not there is taken to come.
    """
    entries = [entry for entry in forwards.future() if entry.item is not None]
    if not entries:
        return
    known, peers = _Servers(servers, assume), _Peers(accounts, assume)
    for entry in entries:
        values = entry.values
        server = known.find(values["wg_name"])
        text = known.problem(values["wg_name"]) or peers.problem(values)
        if not text and server is not None and values["dst_port"] == server.values.get("listen_port"):
            text = own_port(values)
        if text and entry.item is not None:
            problems.add(entry.item, text)
    known.report_assumed()
    peers.report_assumed()


def check_slots(problems: Problems, accounts: Family, panel: PanelSource) -> None:
    """The license has room for all accounts. The panel is only asked where they become more.

    In check mode as well: others are in the way, and nothing is missing that could still come.
    """
    now, then = len(list(accounts.current)), len(accounts.future())
    slots = panel.slots() if then > now else None
    # Fewer than there are now cannot be the number that is meant (contract: system_status/1).
    if slots is not None and now <= slots < then:
        text = f"the license has room for {slots} accounts, and there would be {then}, {then - slots} too many."
        problems.append(Problem(ACCOUNTS.name, None, ACCOUNTS.name, text))


class _Servers:
    """The WireGuard servers as they will be, and those that are missing and assumed to come."""

    def __init__(self, servers: Family, assume: Assume | None) -> None:
        self._known = {str(entry.values.get("name")): entry for entry in servers.future()}
        self._going = _going(servers)
        self._assume = assume
        self._assumed: dict[str, None] = {}

    def find(self, name: Any) -> Entry | None:
        """The server; None where it is not there."""
        return self._known.get(str(name))

    def problem(self, name: Any) -> str:
        """Why nothing can be on the server; empty when something can."""
        if str(name) in self._known:
            return ""
        if str(name) in self._going:
            return f"wg_name {one_line(name)} is a WireGuard server that is to be removed."
        if self._assume is None:
            return f"wg_name {one_line(name)} is no WireGuard server, neither on the panel nor in config."
        self._assumed[str(name)] = None
        return ""

    def report_assumed(self) -> None:
        """Tell what was assumed."""
        if self._assume is not None and self._assumed:
            self._assume(f"{counted('WireGuard server', list(self._assumed))} will exist")


class _Peers:
    """The accounts that port forwards may lead to, and those that are missing and assumed to come."""

    def __init__(self, accounts: Family, assume: Assume | None) -> None:
        self._at = {
            str(entry.values.get("name")): entry.values["wg_name"]
            for entry in accounts.future()
            if "wg_name" in entry.values
        }
        self._going = _going(accounts)
        self._assume = assume
        self._assumed: dict[str, dict[str, None]] = {}

    def problem(self, forward: Values) -> str:
        """Why a port forward cannot lead where it should; empty when it can."""
        name, server = str(forward.get("to_peer")), forward["wg_name"]
        if "to_peer" not in forward or self._at.get(name) == server:
            return ""
        if self._assume is None or name in self._at or name in self._going:
            return no_peer(forward)
        self._assumed.setdefault(str(server), {})[name] = None
        return ""

    def report_assumed(self) -> None:
        """Tell what was assumed."""
        if self._assume is None:
            return
        for server, names in self._assumed.items():
            self._assume(f"{counted('account', list(names))} will exist on WireGuard server {one_line(server)}")


def _going(family: Family) -> set[str]:
    return {step.name for step in family.steps if step.change.action == DELETE}


def _report(
    problems: Problems,
    kind: ObjectKind,
    name: str,
    pairs: Iterable[tuple[Entry, Entry]],
    sentence: Callable[[str, Any, str], str],
) -> None:
    """Note that two cannot both have the value of a field, at an item that asks for it; how it is already may stay."""
    for pair in pairs:
        for one, other in (pair, reversed(pair)) if pair[0].step or pair[1].step else ():
            if one.item is not None and name in one.item.values:
                problems.add(one.item, sentence(name, one.values[name], other.label(kind, one.item)))
                break


def _left_on(accounts: Family) -> Mapping[str, list[str]]:
    """The accounts that stay, by the server that they are on now."""
    left: dict[str, list[str]] = {}
    for one in accounts.current:
        step, server = accounts.step_of(one), one.get("wg_name")
        if step is None or (step.change.action != DELETE and step.change.values.get("wg_name", server) == server):
            left.setdefault(str(server), []).append(str(one.get("name")))
    return left
