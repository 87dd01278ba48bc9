# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Accounts and clients as hosts: texts of a panel become names, addresses and groups here, or are refused.

"Accounts" are also the clients of 2.x panels here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import PuqVpnError
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._untrusted import (
    as_client_address,
    as_group_part,
    as_host_name,
    escaped,
)
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._inventory.accounts import (
    kept_accounts,
    read_accounts,
    source_of,
    wanted_by,
)
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._inventory.hosts import Host, as_variable
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._inventory.panels import (
    OWN_GROUPS,
    InventoryPanel,
    Variables,
)

STATUS_GROUPS = {"enable": "puqvpn_enabled", "disable": "puqvpn_disabled"}
ONLINE_GROUP = "puqvpn_online"

_MOST_EXAMPLES = 5


@dataclass(frozen=True)
class AccountHost(Host):
    """A host that is an account or a client."""

    @property
    def label(self) -> str:
        """The account or client in a sentence."""
        return _label(self.panel, self.variables)

    @property
    def default_groups(self) -> Iterator[str]:
        """The groups of its panel, server, status and session."""
        yield self.panel.group
        if self.parent_group:
            yield self.parent_group
        status = str(self.variables.get("puqvpn_status"))
        if status in STATUS_GROUPS:
            yield STATUS_GROUPS[status]
        if self.variables["puqvpn_online"]:
            yield ONLINE_GROUP

    @property
    def parent_name(self) -> Any:
        """The name of its WireGuard server or network."""
        return self.variables.get(f"puqvpn_{source_of(self.panel).parent.field}")

    @property
    def exclusion(self) -> str:
        """The filters of accounts."""
        return f"exclude the {source_of(self.panel).kind.title} with filters, "


class AccountHosts:
    """The accounts of panels as hosts, with the options of the inventory that they depend on.

    ``names`` returns the host names of accounts, whatever they contain.
    """

    def __init__(
        self,
        filters: Mapping[str, Any],
        names: Callable[[list[Variables]], Sequence[str]],
        *,
        set_ansible_host: bool,
        default_groups: bool,
    ) -> None:
        self._filters = filters
        self._names = names
        self._options = {"set_ansible_host": set_ansible_host, "default_groups": default_groups}

    def groups(self, panels: Iterable[InventoryPanel]) -> Iterator[str]:
        """Return the default groups that exist even if they are empty."""
        yield from (*STATUS_GROUPS.values(), ONLINE_GROUP, *(panel.group for panel in panels))

    def read(self, _panel: InventoryPanel, client: PanelClient) -> list[Variables]:
        """Read the accounts of a panel; see :func:`._inventory.accounts.read_accounts`."""
        return read_accounts(client)

    def to_keep(self, accounts: list[Variables]) -> Variables:
        """Return what a cache keeps of a panel."""
        return {"accounts": accounts}

    def kept(self, panel: InventoryPanel, entry: Mapping[str, Any]) -> list[Variables] | None:
        """Return the accounts that a cache contains; None if :meth:`read` could not have returned them."""
        return kept_accounts(entry.get("accounts"), source_of(panel))

    def of(self, panel: InventoryPanel, accounts: list[Variables]) -> list[AccountHost]:
        """Return the hosts of the accounts of a panel that match the filters.

        :raises PuqVpnError: ``untrusted_value`` with everything that is wrong with them.
        """
        about_panel = as_variable({"puqvpn_panel": panel.name, "puqvpn_panel_url": panel.connection.root})
        is_wanted = wanted_by(self._filters, source_of(panel))
        wanted = [
            {**{name: as_variable(value) for name, value in account.items()}, **about_panel}
            for account in accounts
            if is_wanted(account)
        ]
        return hosts_of(panel, zip(self._names(wanted), wanted, strict=True), **self._options)


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
) -> list[AccountHost]:
    """Turn the accounts or clients of a panel, each with its host name, into hosts.

    :raises PuqVpnError: ``untrusted_value`` with all values that must not be used as intended.
    """
    refusals = _Refusals(source_of(panel).kind.title)
    hosts = []
    for name, variables in accounts:
        label = _label(panel, variables)
        host_name = refusals.accept(as_host_name, f"the host name of {label}", name, "choose another hostname")
        address = _address(refusals, panel, variables) if set_ansible_host else ""
        group = _parent_group(refusals, panel, variables) if default_groups else ""
        hosts.append(AccountHost(host_name, panel, variables, address, group))
    refusals.conclude()
    return hosts


def _label(panel: InventoryPanel, variables: Variables) -> str:
    return f"{source_of(panel).kind.title} {escaped(variables['puqvpn_name'])}"


def _address(refusals: _Refusals, panel: InventoryPanel, variables: Variables) -> str:
    address = variables.get(f"puqvpn_{source_of(panel).kind.address}")
    label, way_out = _label(panel, variables), "set set_ansible_host: false"
    if address in (None, ""):
        # Ansible would connect to the name of the host instead, wherever that leads.
        refusals.add(f"{label} has no address", way_out)
        return ""
    return refusals.accept(as_client_address, f"the address of {label}", address, way_out)


def _parent_group(refusals: _Refusals, panel: InventoryPanel, variables: Variables) -> str:
    source = source_of(panel)
    name = variables.get(f"puqvpn_{source.parent.field}")
    if name in (None, ""):
        return ""
    what = f"the {source.parent.kind.title} of {_label(panel, variables)}"
    return source.group_prefix + refusals.accept(as_group_part, what, name, OWN_GROUPS)


def _first(texts: list[str], separator: str) -> str:
    more = f"{separator}and {len(texts) - _MOST_EXAMPLES} more" if len(texts) > _MOST_EXAMPLES else ""
    return separator.join(texts[:_MOST_EXAMPLES]) + more
