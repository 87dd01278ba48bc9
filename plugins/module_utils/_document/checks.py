# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The checks of a panel as it is after a plan: no duplicates, no dangling references, no more than the license allows.

Each check stands alone and only needs the sections that it is about. In check mode it gets ``assume``, which notes what
an earlier task of the same play may create and is missing until then. A conflict is a problem in both modes.
"""

from __future__ import annotations

from typing import Any, Callable, Iterable, Mapping

from .._change import DELETE, RECREATE
from .._errors import listed
from .._networks import address_problem
from .._schema import ObjectKind, Values, parent_of
from .._summary import describe_objects
from .._untrusted import one_line
from .conflicts import (
    already_used,
    duplicates,
    network_overlaps,
    not_an_account,
    overlapping,
    own_port,
)
from .list_plan import Assume, FutureObject, ListPlan
from .problems import Problem, Problems
from .purge import RemovalGuards
from .sections import LISTS
from .source import PanelSource


def check_servers(
    problems: Problems, servers: ListPlan, accounts: ListPlan, guards: RemovalGuards, assume: Assume | None = None
) -> None:
    """Find servers that share an interface, a port or a part of a network, and removed ones that still have accounts.

    With ``assume``, the accounts of a removed server are assumed to be removed before.
    """
    future = servers.future()
    for name in servers.kind.unique:
        _report(problems, servers.kind, name, duplicates(future, name), already_used)
    for name in servers.kind.networks:
        _report(problems, servers.kind, name, overlapping(future, name), network_overlaps)
    removed = [step for step in servers.steps if step.change.action in (DELETE, RECREATE)]
    staying = _staying_accounts(accounts) if removed else {}
    for step in removed:
        names = staying.get(step.name, [])
        if names and assume is not None:
            described, are = describe_objects(accounts.kind.title, names), "is" if len(names) == 1 else "are"
            assume(f"{described} of {servers.kind.title} {one_line(step.name)} {are} removed before")
        elif names:
            outside = "" if guards.covers(step.name) else " outside purge_scope"
            text = f"cannot be removed while it has {accounts.kind.title}s{outside}: {one_line(listed(names))}."
            text += " Remove or move them in the same config."
            problems.append(Problem(step.section.name, step.index, step.name, text))


def check_accounts(problems: Problems, accounts: ListPlan, servers: ListPlan, assume: Assume | None = None) -> None:
    """Find accounts that share a username or an address, or whose address does not suit their server.

    With ``assume``, a server that does not exist is assumed to exist later, and addresses on it are not checked.
    """
    future = accounts.future()
    # A conflict that exists already may stay.
    for name in accounts.kind.unique if accounts.steps else ():
        _report(problems, accounts.kind, name, duplicates(future, name), already_used)
    field, address, network = accounts.section.parent_field, accounts.kind.address, servers.kind.networks[0]
    references = _ServerReferences(servers, field, assume)
    for account in future:
        if account.item is None or field not in account.values:
            continue
        server = references.find(account.values[field])
        if server is None:
            text = references.problem(account.values[field])
            if text:
                problems.add(account.item, text)
        elif account.step or server.step:
            own = map(server.values.get, parent_of(accounts.kind).own_addresses)
            text = address_problem(account.values.get(address), server.values.get(network), own)
            if text:
                problems.add(account.item, f"{address} {one_line(account.values[address])} {text}")
    references.report_assumed()


def check_forwards(
    problems: Problems, forwards: ListPlan, accounts: ListPlan, servers: ListPlan, assume: Assume | None = None
) -> None:
    """Find port forwards that lead to no account of their server, or from the server's own port.

    With ``assume``, a server or an account that does not exist is assumed to exist later.
    """
    wanted = [(forward.values, forward.item) for forward in forwards.future() if forward.item is not None]
    if not wanted:
        return
    server_references = _ServerReferences(servers, forwards.section.parent_field, assume)
    references = _AccountReferences(accounts, assume)
    for values, item in wanted:
        server = server_references.find(values["wg_name"])
        text = server_references.problem(values["wg_name"]) or references.problem(values)
        if not text and server is not None and values["dst_port"] == server.values.get("listen_port"):
            text = own_port(values)
        if text:
            problems.add(item, text)
    server_references.report_assumed()
    references.report_assumed()


def check_slots(problems: Problems, accounts: ListPlan, panel: PanelSource) -> None:
    """Find more accounts than the license allows. The panel is only asked when their number grows.

    This is a conflict in check mode as well: nothing is missing that an earlier task could create.
    """
    if all(step.change.before for step in accounts.steps):
        return
    known, future = len(accounts.current), len(accounts.future())
    if future <= known:
        return
    slots = panel.slots()
    now = known if slots.used is None else slots.used
    then = now + future - known
    # A number below the current one cannot be the limit (contract: system_status/1).
    if slots.limit is not None and now <= slots.limit < then:
        title, too_many = accounts.kind.title, then - slots.limit
        text = f"the license allows {slots.limit} {title}s, but there would be {then}, {too_many} too many."
        problems.append(Problem(accounts.section.name, None, accounts.section.name, text))


class _ServerReferences:
    """The servers after the plan, and those that are missing and assumed to exist later; ``field`` names one."""

    def __init__(self, servers: ListPlan, field: str, assume: Assume | None) -> None:
        self._title = servers.kind.title
        self._may_be_in_config = servers.section in LISTS
        self._field = field
        self._servers = {str(server.values.get("name")): server for server in servers.future()}
        self._removed = _removed_names(servers)
        self._assume = assume
        self._assumed: dict[str, None] = {}

    def find(self, name: Any) -> FutureObject | None:
        """Return a server; None if it does not exist."""
        return self._servers.get(str(name))

    def problem(self, name: Any) -> str:
        """Return why no object can be on a server; empty if it can."""
        if str(name) in self._servers:
            return ""
        if str(name) in self._removed:
            return f"{self._field} {one_line(name)} is removed in the same run."
        if self._assume is None and self._may_be_in_config:
            return f"{self._field} {one_line(name)} does not exist, neither on the panel nor in config."
        if self._assume is None:
            return f"{self._field} {one_line(name)} does not exist on the panel: create the {self._title} there first."
        self._assumed[str(name)] = None
        return ""

    def report_assumed(self) -> None:
        """Report what was assumed."""
        if self._assume is not None and self._assumed:
            self._assume(f"{describe_objects(self._title, list(self._assumed))} will exist")


class _AccountReferences:
    """The accounts that port forwards can lead to, and those that are missing and assumed to exist later."""

    def __init__(self, accounts: ListPlan, assume: Assume | None) -> None:
        self._server_of = {
            str(account.values.get("name")): account.values["wg_name"]
            for account in accounts.future()
            if "wg_name" in account.values
        }
        self._removed = _removed_names(accounts)
        self._assume = assume
        self._assumed: dict[str, dict[str, None]] = {}

    def problem(self, forward: Values) -> str:
        """Return why a port forward cannot lead to its account; empty if it can."""
        name, server = str(forward.get("to_peer")), forward["wg_name"]
        if "to_peer" not in forward or self._server_of.get(name) == server:
            return ""
        if self._assume is None or name in self._server_of or name in self._removed:
            return not_an_account(forward)
        self._assumed.setdefault(str(server), {})[name] = None
        return ""

    def report_assumed(self) -> None:
        """Report what was assumed."""
        if self._assume is None:
            return
        for server, names in self._assumed.items():
            described = describe_objects("account", list(names))
            self._assume(f"{described} will exist on WireGuard server {one_line(server)}")


def _removed_names(objects: ListPlan) -> set[str]:
    return {step.name for step in objects.steps if step.change.action == DELETE}


def _report(
    problems: Problems,
    kind: ObjectKind,
    name: str,
    pairs: Iterable[tuple[FutureObject, FutureObject]],
    sentence: Callable[[str, Any, str], str],
) -> None:
    """Report a conflict of two objects at an item that sets the field; a conflict that exists already may stay."""
    for pair in pairs:
        for wanted, other in (pair, reversed(pair)) if pair[0].step or pair[1].step else ():
            if wanted.item is not None and name in wanted.item.values:
                problems.add(wanted.item, sentence(name, wanted.values[name], other.label(kind, wanted.item)))
                break


def _staying_accounts(accounts: ListPlan) -> Mapping[str, list[str]]:
    """Return the accounts that stay on the server that they are on now, by server."""
    staying: dict[str, list[str]] = {}
    for values in accounts.current:
        field = accounts.section.parent_field
        step, server = accounts.step_of(values), values.get(field)
        if step is None or (step.change.action != DELETE and step.change.values.get(field, server) == server):
            staying.setdefault(str(server), []).append(str(values.get("name")))
    return staying
