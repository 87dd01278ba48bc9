# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The questions that a plan asks a panel, each at most once and only when it needs the answer."""

from __future__ import annotations

from typing import Collection, Iterable, Iterator, Protocol

from .._objects.read_only import FreeAddresses, Slots
from .._objects.wireguard import WIREGUARD
from .._schema import Items, ObjectKind, SettingsKind, ShownSettings, Values


class PanelSource(Protocol):
    """The current state of a panel. A plan has no client: it is given something that answers these questions."""

    @property
    def root(self) -> str:
        """The address of the panel."""

    def settings(self, kind: SettingsKind) -> ShownSettings:
        """Return the settings of a kind."""

    def objects(
        self, kind: ObjectKind, wanted: Iterable[Values] = (), *, fields: Collection[str] = (), partial: bool = False
    ) -> Items:
        """Return all objects of a kind with the ``fields``, or with ``partial`` at least the wanted ones among them."""

    def port_forwards(self, server: str) -> Items:
        """Return the port forwards of a server."""

    def free_addresses(self, kind: ObjectKind, parent: str, *, again: bool = False) -> FreeAddresses:
        """Return the addresses on a parent that are free; read ``again`` where others may have taken some."""

    def slots(self) -> Slots:
        """Return the slots of the license."""


def all_port_forwards(panel: PanelSource) -> Iterator[Values]:
    """Yield the port forwards of all servers. Those of a server without a name cannot be requested."""
    for server in panel.objects(WIREGUARD):
        if "name" in server:
            yield from panel.port_forwards(server["name"])
