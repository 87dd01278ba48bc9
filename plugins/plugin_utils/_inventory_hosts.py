# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hosts of an inventory: texts of a panel become names, addresses and groups here, or are refused."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import PuqVpnError
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._untrusted import (
    as_client_address,
    as_group_part,
    as_host_name,
    escaped,
    one_line,
)
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._inventory_panels import (
    OWN_GROUPS,
    InventoryPanel,
    Variables,
)

STATUS_GROUPS = {"enable": "puqvpn_enabled", "disable": "puqvpn_disabled"}
ONLINE_GROUP = "puqvpn_online"

_MOST_EXAMPLES = 5


@dataclass(frozen=True)
class Host:
    """A host of the inventory.

    ``address`` is where it is reached, empty if the panel does not decide that. ``parent_group`` is the group of its
    WireGuard server or network, empty without one.
    """

    name: str
    panel: InventoryPanel
    variables: Variables
    address: str
    parent_group: str

    @property
    def parent_name(self) -> Any:
        """The name of its WireGuard server or network."""
        return self.variables.get(f"puqvpn_{self.panel.source.parent.field}")

    @property
    def label(self) -> str:
        """The account or client in a sentence, such as ``account 'alice'``."""
        return _label(self.panel, self.variables)

    @property
    def default_groups(self) -> Iterator[str]:
        """The groups that it is in by default."""
        yield self.panel.group
        if self.parent_group:
            yield self.parent_group
        status = str(self.variables.get("puqvpn_status"))
        if status in STATUS_GROUPS:
            yield STATUS_GROUPS[status]
        if self.variables["puqvpn_online"]:
            yield ONLINE_GROUP


class _Refusals:
    """The values of a panel that must not be used as intended, with what a user can do about each."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._problems: dict[str, list[str]] = defaultdict(list)

    def accept(self, use: Callable[[Any], str], what: str, value: Any, way_out: str) -> str:
        """Return the value in the form of its use; empty if it is refused."""
        try:
            return use(value)
        except ValueError as reason:
            self.add(f"{what} is {escaped(value)}, which {reason}", way_out)
            return ""

    def add(self, problem: str, way_out: str) -> None:
        """Note a problem, and what a user can do about it."""
        self._problems[way_out].append(problem)

    def conclude(self) -> None:
        """Raise with all problems.

        :raises PuqVpnError: there are some.
        """
        if self._problems:
            sentences = [
                f"{_first(problems, '; ')}. Correct it on the panel, exclude the {self._title} with filters, or "
                f"{way_out}."
                for way_out, problems in self._problems.items()
            ]
            message = " ".join(f"{text[0].upper()}{text[1:]}" for text in sentences)
            raise PuqVpnError("untrusted_value", message, hint="")


def hosts_of(
    panel: InventoryPanel, accounts: Iterable[tuple[str, Variables]], *, set_ansible_host: bool, default_groups: bool
) -> list[Host]:
    """Turn the accounts or clients of a panel, each with its host name, into hosts.

    :raises PuqVpnError: ``untrusted_value`` with all values that must not be used as intended.
    """
    refusals = _Refusals(panel.source.kind.title)
    hosts = []
    for name, variables in accounts:
        label = _label(panel, variables)
        host_name = refusals.accept(as_host_name, f"the host name of {label}", name, "choose another hostname")
        address = _address(refusals, panel, variables) if set_ansible_host else ""
        group = _parent_group(refusals, panel, variables) if default_groups else ""
        hosts.append(Host(host_name, panel, variables, address, group))
    refusals.conclude()
    return hosts


def _label(panel: InventoryPanel, variables: Variables) -> str:
    return f"{panel.source.kind.title} {escaped(variables['puqvpn_name'])}"


def _address(refusals: _Refusals, panel: InventoryPanel, variables: Variables) -> str:
    address = variables.get(f"puqvpn_{panel.source.kind.address}")
    label, way_out = _label(panel, variables), "set set_ansible_host: false"
    if address in (None, ""):
        # Ansible would connect to the name of the host instead, wherever that leads.
        refusals.add(f"{label} has no address", way_out)
        return ""
    return refusals.accept(as_client_address, f"the address of {label}", address, way_out)


def _parent_group(refusals: _Refusals, panel: InventoryPanel, variables: Variables) -> str:
    source = panel.source
    name = variables.get(f"puqvpn_{source.parent.field}")
    if name in (None, ""):
        return ""
    what = f"the {source.parent.kind.title} of {_label(panel, variables)}"
    return source.group_prefix + refusals.accept(as_group_part, what, name, OWN_GROUPS)


# --- Conflicts


@dataclass(frozen=True)
class Conflict:
    """Hosts that would be mistaken for each other, or for something else."""

    text: str
    hosts: list[Host]


@dataclass(frozen=True)
class Conflicts:
    """The conflicts of an inventory, in the names of its hosts and in the groups of servers and networks."""

    names: list[Conflict]
    groups: list[Conflict]

    @classmethod
    def among(cls, hosts: Iterable[Host], taken: Mapping[str, str]) -> Conflicts:
        """Find the conflicts; ``taken`` are names that no host can have, with what has them."""
        named: dict[str, list[Host]] = defaultdict(list)
        grouped: dict[str, dict[str, list[Host]]] = defaultdict(lambda: defaultdict(list))
        for host in hosts:
            named[host.name].append(host)
            if host.parent_group:
                grouped[host.parent_group][host.parent_name].append(host)
        names = [
            Conflict(f"{name} (in {_and([host.panel.name for host in found])})", found)
            for name, found in named.items()
            if len(found) > 1
        ]
        names += [Conflict(f"{name} ({taken[name]})", found) for name, found in named.items() if name in taken]
        groups = [
            Conflict(f"{group} (of {_and(list(parents))})", [host for found in parents.values() for host in found])
            for group, parents in grouped.items()
            if len(parents) > 1
        ]
        return cls(names, groups)

    def __bool__(self) -> bool:
        return bool(self.names or self.groups)

    def __str__(self) -> str:
        sentences = []
        if self.names:
            sentences.append(
                f"Some host names are not unique, {_counted(self.names)}. Set hostname to a template that "
                'distinguishes them, for example "{{ puqvpn_panel }}_{{ puqvpn_name }}".'
            )
        if self.groups:
            sentences.append(
                f"Some groups are not unique to a server or network, {_counted(self.groups)}. Rename one of these, or "
                f"{OWN_GROUPS}."
            )
        return " ".join(sentences)


def without_conflicts(
    hosts: list[Host], taken: Mapping[str, str]
) -> tuple[list[Host], dict[str, Conflicts], Conflicts]:
    """Return the hosts without conflicts, the conflicts of single panels by their names, and those between panels.

    A panel with conflicts of its own loses all of its hosts. In a conflict between panels, each only loses the hosts
    concerned, since it is unknown which panel is right: no panel can remove another one from the inventory.
    """
    by_panel: dict[str, list[Host]] = defaultdict(list)
    for host in hosts:
        by_panel[host.panel.name].append(host)
    found = {panel: Conflicts.among(of_panel, taken) for panel, of_panel in by_panel.items()}
    at_fault = {panel: conflicts for panel, conflicts in found.items() if conflicts}
    others = [host for host in hosts if host.panel.name not in at_fault]
    between = Conflicts.among(others, taken)
    concerned = {host.name for conflict in (*between.names, *between.groups) for host in conflict.hosts}
    return [host for host in others if host.name not in concerned], at_fault, between


def _counted(conflicts: list[Conflict]) -> str:
    more = " and more" if len(conflicts) > _MOST_EXAMPLES else ""
    texts = ", ".join(conflict.text for conflict in conflicts[:_MOST_EXAMPLES])
    return f"{len(conflicts)} in total: {one_line(texts)}{more}"


def _first(texts: list[str], separator: str) -> str:
    more = f"{separator}and {len(texts) - _MOST_EXAMPLES} more" if len(texts) > _MOST_EXAMPLES else ""
    return separator.join(texts[:_MOST_EXAMPLES]) + more


def _and(names: list[str]) -> str:
    return " and ".join(map(one_line, names[:_MOST_EXAMPLES])) + (" and more" if len(names) > _MOST_EXAMPLES else "")
