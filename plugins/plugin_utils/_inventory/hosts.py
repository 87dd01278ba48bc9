# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hosts of an inventory, their variables, and the conflicts between them."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible.utils.unsafe_proxy import wrap_var
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._untrusted import one_line
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._inventory.panels import (
    OWN_GROUPS,
    InventoryPanel,
    Variables,
)

try:
    from ansible.template import trust_as_template
except ImportError:
    trust_as_template = None

_MOST_EXAMPLES = 5
_WORD = re.compile(r"[A-Za-z0-9_.:/+=@\[\]-]*")


@dataclass(frozen=True)
class Host(ABC):
    """A host of the inventory.

    ``address`` is where it is reached, empty if the panel does not decide that. ``parent_group`` is the group of its
    WireGuard server or network, empty without one, and ``parent_name`` the name of that.
    """

    name: str
    panel: InventoryPanel
    variables: Variables
    address: str = ""
    parent_group: str = ""

    @property
    @abstractmethod
    def label(self) -> str:
        """What it is in a sentence, such as ``account 'alice'``."""

    @property
    @abstractmethod
    def default_groups(self) -> Iterator[str]:
        """The groups that it is in by default."""

    @property
    def parent_name(self) -> Any:
        """The name of its WireGuard server or network; None without one."""
        return None

    @property
    def exclusion(self) -> str:
        """How a user can exclude it, as one of several ways out."""
        return ""


def as_template(text: str) -> str:
    """Return a text that Ansible evaluates as a template. It must not contain templates of anybody but the user."""
    # Before ansible-core 2.19, every text that is not marked as unsafe is trusted.
    trusted: str = trust_as_template(text) if trust_as_template else text
    return trusted


def as_variable(value: Any) -> Any:
    """Return a value of a panel, in which Ansible finds no template, whatever it contains."""
    if isinstance(value, list):
        return [as_variable(item) for item in value]
    if isinstance(value, dict):
        return {as_variable(name): as_variable(held) for name, held in value.items()}
    if isinstance(value, str):
        # In the output of ansible-inventory --list, a text that Ansible does not trust is a dictionary. Words,
        # addresses and keys cannot be templates, so they can be shown as they are.
        return as_template(value) if _WORD.fullmatch(value) else wrap_var(value)
    return value


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


def _and(names: list[str]) -> str:
    return " and ".join(map(one_line, names[:_MOST_EXAMPLES])) + (" and more" if len(names) > _MOST_EXAMPLES else "")
