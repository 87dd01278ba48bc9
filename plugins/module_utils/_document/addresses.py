# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses for accounts that set none: one read of the free addresses of each server that needs them."""

from __future__ import annotations

import random
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
        self._changed = {step.name for step in servers.steps if "address" in step.change.fields}
        self._interfaces = {
            str(server.values.get("name")): str(server.values.get("address", "")) for server in servers.future()
        }
        self._existing = {str(server.get("name")) for server in servers.current}
        self._free: dict[str, Iterator[str]] = {}
        self._taken = {str(account.values.get("allowed_ips")) for account in accounts.future()}

    def assign(self, step: ObjectStep) -> bool:
        """Assign an address to the new account of a step; return False when its server has none left.

        The step keeps none while the network of its server is unknown: the server does not exist, or is created without
        an address.
        """
        server = str(step.change.values["wg_name"])
        if not self._is_known(server):
            return True
        address = self.spare(server)
        if address is None or step.item is None:
            return False
        change = self._accounts.change(step.item, step.change.before or None, allowed_ips=address)
        step.change = change or step.change
        return True

    def reassign(self, server: str, steps: Sequence[ObjectStep], *, anywhere: bool) -> list[ObjectStep]:
        """Assign the addresses that are free now to steps on a server; return the steps that got none.

        Other clients most likely take the first free addresses; ``anywhere`` avoids these.
        """
        self._taken.difference_update(str(step.change.values.get("allowed_ips")) for step in steps)
        free = self._panel.free_addresses(server, again=True)
        self._existing.add(server)
        self._changed.discard(server)
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

    def _is_known(self, server: str) -> bool:
        return self._keeps_network(server) or bool(self._interfaces.get(server))

    def _keeps_network(self, server: str) -> bool:
        return server in self._existing and server not in self._changed

    def _candidates(self, server: str) -> Iterable[str]:
        """Return what is free now, then what becomes free; of a new network, all addresses."""
        if self._keeps_network(server):
            yield from self._panel.free_addresses(server)
            for account in self._accounts.current:
                if account.get("wg_name") == server:
                    yield str(account.get("allowed_ips"))
            return
        # A panel may show accounts on servers that it does not show, or a server without an address.
        interface = interface_of(self._interfaces.get(server))
        if interface is not None:
            yield from (str(host) for host in interface.network.hosts() if host != interface.ip)
