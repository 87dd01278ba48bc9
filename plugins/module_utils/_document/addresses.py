# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses for accounts that set none: one read of the free addresses of each server that needs them."""

from __future__ import annotations

import random
from functools import cached_property
from typing import Iterable, Iterator, Sequence

from .._networks import interface_of
from .list_plan import ListPlan
from .source import PanelSource
from .steps import ObjectStep


class AddressPool:
    """Assigns addresses that no account has or will have."""

    def __init__(self, panel: PanelSource, servers: ListPlan, accounts: ListPlan) -> None:
        self._panel = panel
        self._accounts = accounts
        self._address, self._parent = accounts.kind.address, accounts.section.parent_field
        network = servers.kind.networks[0]
        self._changed = {step.name for step in servers.steps if network in step.change.fields}
        self._interfaces = {
            str(server.values.get("name")): str(server.values.get(network, "")) for server in servers.future()
        }
        self._existing = {str(server.get("name")) for server in servers.current}
        self._free: dict[str, Iterator[str]] = {}
        # Servers of which the panel only shows the next free address.
        self._one_by_one: set[str] = set()

    @cached_property
    def _taken(self) -> set[str]:
        """The addresses that an account has or will have, collected when the first one is assigned."""
        return {str(account.values.get(self._address)) for account in self._accounts.future()}

    def assign(self, step: ObjectStep) -> bool:
        """Assign an address to the new account of a step; return False when its server has none left.

        The step keeps none while the network of its server is unknown: the server does not exist, or is created without
        an address. Neither does it where the panel only shows the next free address, which another account gets.
        """
        server = str(step.change.values[self._parent])
        if not self._is_known(server):
            return True
        address = self.spare(server)
        if address is None and server in self._one_by_one:
            return True
        if address is None or step.item is None:
            return False
        change = self._accounts.change(step.item, step.change.before or None, **{self._address: address})
        step.change = change or step.change
        return True

    def reassign(self, server: str, steps: Sequence[ObjectStep], *, anywhere: bool) -> list[ObjectStep]:
        """Assign the addresses that are free now to steps on a server; return the steps that got none.

        Other clients most likely take the first free addresses; ``anywhere`` avoids these.
        """
        self._taken.difference_update(str(step.change.values.get(self._address)) for step in steps)
        self._existing.add(server)
        self._changed.discard(server)
        free = self._read(server, again=True)
        self._free[server] = iter(random.sample(free, len(free)) if anywhere else free)
        return [step for step in steps if not self.assign(step)]

    def spare(self, server: str) -> str | None:
        """Return an address that nothing else gets; None when none is left."""
        if server not in self._free:
            self._free[server] = iter(self._candidates(server))
        address = next((address for address in self._free[server] if address not in self._taken), None)
        if address is not None:
            self._taken.add(address)
        return address

    def _read(self, server: str, *, again: bool = False) -> list[str]:
        free = self._panel.free_addresses(self._accounts.kind, server, again=again)
        if not free.all:
            self._one_by_one.add(server)
        return free.addresses

    def _is_known(self, server: str) -> bool:
        return self._keeps_network(server) or bool(self._interfaces.get(server))

    def _keeps_network(self, server: str) -> bool:
        return server in self._existing and server not in self._changed

    def _candidates(self, server: str) -> Iterable[str]:
        """Return what is free now, then what becomes free; of a new network, all addresses."""
        if self._keeps_network(server):
            yield from self._read(server)
            for account in self._accounts.current:
                if account.get(self._parent) == server:
                    yield str(account.get(self._address))
            return
        # A panel may show accounts on servers that it does not show, or a server without an address.
        interface = interface_of(self._interfaces.get(server))
        if interface is not None:
            yield from (str(host) for host in interface.network.hosts() if host != interface.ip)
