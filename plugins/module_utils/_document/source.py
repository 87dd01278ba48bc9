# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The questions that a plan asks a panel, each at most once and only when it needs the answer."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Protocol

from .._schema import SettingsKind, Values

# Objects in normal form, as a panel shows them.
Objects = List[Dict[str, Any]]


class PanelSource(Protocol):
    """The current state of a panel. A plan has no client: it is given something that answers these questions."""

    @property
    def root(self) -> str:
        """The address of the panel."""

    def settings(self, kind: SettingsKind) -> dict[str, Any]:
        """Return the settings of a kind."""

    def servers(self) -> Objects:
        """Return all WireGuard servers."""

    def accounts(self) -> Objects:
        """Return all accounts."""

    def rules(self) -> Objects:
        """Return the filter rules of the firewall, in their order."""

    def port_forwards(self, server: str) -> Objects:
        """Return the port forwards of a server."""

    def free_addresses(self, server: str, *, again: bool = False) -> list[str]:
        """Return the addresses of a server that no account has; read ``again`` where others may have taken some."""

    def slots(self) -> int | None:
        """Return the number of accounts that the license allows; None when the panel does not show it."""


def all_port_forwards(panel: PanelSource) -> Iterator[Values]:
    """Yield the port forwards of all servers. Those of a server without a name cannot be requested."""
    for server in panel.servers():
        if "name" in server:
            yield from panel.port_forwards(server["name"])
