# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses for accounts that were given none: one read of free addresses for each server that needs them."""

from __future__ import annotations

import random
from typing import Iterable, Iterator, Sequence

from .._networks import interface_of
from .source import PanelSource
from .steps import Family, Step


class Addresses:
    """Hands out addresses that neither an account has or will have, nor another step was given."""

    def __init__(self, panel: PanelSource, servers: Family, accounts: Family) -> None:
        self._panel = panel
        self._accounts = accounts
        self._changed = {step.name for step in servers.steps if "address" in step.change.fields}
        self._interfaces = {
            str(entry.values.get("name")): str(entry.values.get("address", "")) for entry in servers.future()
        }
        self._existing = {str(one.get("name")) for one in servers.current}
        self._pools: dict[str, Iterator[str]] = {}
        self._taken = {str(entry.values.get("allowed_ips")) for entry in accounts.future()}

    def choose(self, step: Step) -> bool:
        """Give an address to the new account of a step; false when its server has none left.

        That of a server which is made without one is only known once it is there: then the step stays without. So it
        does on a server that is not there.
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

    def choose_again(self, server: str, steps: Sequence[Step], *, anywhere: bool) -> list[Step]:
        """Give addresses to steps on a server, from what is free now; those for which that was not enough.

        When others are choosing at the same moment, most likely from the beginning, better ones come from ``anywhere``.
        """
        self._taken.difference_update(str(step.change.values.get("allowed_ips")) for step in steps)
        free = self._panel.free_addresses(server, again=True)
        self._existing.add(server)
        self._changed.discard(server)
        self._pools[server] = iter(random.sample(free, len(free)) if anywhere else free)
        return [step for step in steps if not self.choose(step)]

    def spare(self, server: str) -> str | None:
        """An address that nobody else gets; None when there is none left."""
        if server not in self._pools:
            self._pools[server] = iter(self._candidates(server))
        address = next((one for one in self._pools[server] if one not in self._taken), None)
        if address is not None:
            self._taken.add(address)
        return address

    def _is_known(self, server: str) -> bool:
        stays = server in self._existing and server not in self._changed
        return stays or bool(self._interfaces.get(server))

    def _candidates(self, server: str) -> Iterable[str]:
        """What is free now, then what becomes free; of a network that is only about to come, all of it."""
        if server in self._existing and server not in self._changed:
            yield from self._panel.free_addresses(server)
            for one in self._accounts.current:
                if one.get("wg_name") == server:
                    yield str(one.get("allowed_ips"))
            return
        # A panel may show accounts on servers that it does not show, or a server without an address.
        interface = interface_of(self._interfaces.get(server, ""))
        if interface is not None:
            yield from (str(host) for host in interface.network.hosts() if host != interface.ip)
