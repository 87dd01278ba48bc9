# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a plan for a whole panel asks the panel, at most once each and only what it needs."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Protocol

from .._schema import SettingsKind, Values

Shown = List[Dict[str, Any]]
"""Objects in normal form, as a panel shows them."""


class PanelSource(Protocol):
    """A panel as it is now. The plan knows no client: it is handed something that can answer these questions."""

    @property
    def root(self) -> str:
        """The address of the panel."""

    def settings(self, kind: SettingsKind) -> dict[str, Any]:
        """The settings of a kind."""

    def servers(self) -> Shown:
        """All WireGuard servers."""

    def accounts(self) -> Shown:
        """All accounts."""

    def rules(self) -> Shown:
        """The filter rules of the firewall, in their order."""

    def port_forwards(self, server: str) -> Shown:
        """The port forwards of one server."""

    def free_addresses(self, server: str, *, again: bool = False) -> list[str]:
        """The addresses of a server that no account has; read ``again`` where others may have taken some."""

    def slots(self) -> int | None:
        """How many accounts the licence allows; None where that is not told."""


def all_port_forwards(panel: PanelSource) -> Iterator[Values]:
    """The port forwards of all servers; those of a server that the panel shows without a name cannot be asked for."""
    for server in panel.servers():
        if "name" in server:
            yield from panel.port_forwards(server["name"])
