# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The free addresses of a WireGuard server, and the errors of a choice among them."""

from __future__ import annotations

from itertools import islice
from typing import Any

from .._client import PanelClient
from .._endpoints import expand_path
from .._errors import ExchangeError, PuqVpnError, RefusedError
from .._objects.account import ACCOUNT


def read_free_addresses(client: PanelClient, server: str, at_most: int | None = None) -> list[str]:
    """Return the free addresses of a server in the panel's order, all or the first ones."""

    def understand(payload: Any) -> list[str]:
        addresses = payload.values() if isinstance(payload, dict) else payload or []
        try:
            return [str(ACCOUNT["allowed_ips"].type.parse(address)) for address in islice(addresses, at_most)]
        except (TypeError, ValueError):
            raise ExchangeError("answer_wrong_type", "the answer is not a list of addresses") from None

    return client.read(expand_path("wireguard/{name}/available_ips", {"name": server}), understand)


def is_address_taken(refused: RefusedError) -> bool:
    """Return whether another client took the address of a new account at the same moment."""
    return refused.method == "POST" and "address already in use" in refused.said


def no_free_address(server: str) -> PuqVpnError:
    """Return the error for a server without a free address."""
    return PuqVpnError(
        "no_free_address",
        f"WireGuard server {server} has no free address for another account",
    )
