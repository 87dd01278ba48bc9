# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A panel and a document of any size, of which the plan has a bit of everything."""

from __future__ import annotations

import ipaddress
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._objects.read_only import FreeAddresses, Slots
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._schema import ObjectKind

SERVER = {"name": "wide", "address": "10.64.0.1/12", "interface_name": "wg_1", "listen_port": 51900}


class MemoryPanel:
    """A panel that answers from memory, with what a client would have read."""

    root = "https://vpn.example.com"

    def __init__(self, accounts: list[dict[str, Any]], free: list[str]) -> None:
        self.accounts = accounts
        self._free = free

    def settings(self, kind: Any) -> dict[str, Any]:
        """Nothing here is about settings."""
        raise NotImplementedError

    def objects(self, kind: ObjectKind, _wanted: Any = (), **_more: Any) -> list[dict[str, Any]]:
        """One server with room for all accounts."""
        return {"wireguard": [SERVER], "account": self.accounts}[kind.name]

    def port_forwards(self, _server: str) -> list[dict[str, Any]]:
        """No port forwards."""
        return []

    def free_addresses(self, _kind: ObjectKind, _server: str, *, again: bool = False) -> FreeAddresses:
        """The addresses that are left."""
        return FreeAddresses(self._free, all=True)

    def slots(self) -> Slots:
        """No limit is known."""
        return Slots(None, None)


def accounts_of(number: int) -> tuple[MemoryPanel, dict[str, Any]]:
    """A panel and a document, each with that many accounts.

    Of ten that are there, two change, one is removed as no item is about it, and the others are as they should be. For
    each ten one is made, with an address that has to be found.
    """
    hosts = ipaddress.ip_network("10.64.0.0/12").hosts()
    next(hosts)
    names = [f"user_{at:06}" for at in range(number + number // 10)]
    shown = [
        {
            "name": name,
            "wg_name": "wide",
            "username": name,
            "status": "enable",
            "allowed_ips": str(next(hosts)),
            "b_download": 10,
            "b_upload": 10,
        }
        for name in names[:number]
    ]
    wanted: list[dict[str, Any]] = [
        {**one, "b_download": 20} if at % 5 == 0 else dict(one) for at, one in enumerate(shown) if at % 10 != 3
    ]
    wanted += [{"name": name, "wg_name": "wide"} for name in names[number:]]
    return MemoryPanel(shown, [str(next(hosts)) for _name in names]), {"accounts": wanted}
