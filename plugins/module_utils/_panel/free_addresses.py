# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The free addresses of a WireGuard server or a network, and the errors of a choice among them."""

from __future__ import annotations

from itertools import islice
from typing import Any, Iterable

from .._client import PanelClient
from .._endpoints import expand_path
from .._errors import ExchangeError, PuqVpnError, RefusedError
from .._networks import interface_of
from .._objects.read_only import FreeAddresses
from .._schema import ObjectKind, parent_of


def read_free_addresses(client: PanelClient, kind: ObjectKind, name: str, at_most: int | None = None) -> FreeAddresses:
    """Return the free addresses on the parent with this name, all or the first ones, with one GET.

    A 2.x panel may answer with a list or with a single address, alone or in an object (contract: GET
    /network/{name}/available_ip).
    """

    def understand(payload: Any) -> FreeAddresses:
        found, is_single = _candidates(payload)
        try:
            addresses = [str(kind[kind.address].type.parse(address)) for address in islice(found, at_most)]
        except (TypeError, ValueError):
            raise ExchangeError("answer_wrong_type", "the answer is not a list of addresses") from None
        return FreeAddresses(addresses, all=not is_single)

    parent = parent_of(kind)
    return client.read(expand_path(parent.free_path, {parent.field: name}), understand)


def _candidates(payload: Any) -> tuple[Iterable[Any], bool]:
    """Return what may be addresses in an answer, and whether it shows a single address, which need not be the last."""
    if isinstance(payload, dict):
        lists = [value for value in payload.values() if isinstance(value, list)]
        values = [value for value in payload.values() if interface_of(value) is not None] or list(payload.values())
        return (lists[0], False) if len(lists) == 1 else (values, len(values) == 1)
    if isinstance(payload, list):
        return [_address_in(item) for item in payload], False
    is_single = isinstance(payload, str) and payload != ""
    return [payload] if is_single else payload or [], is_single


def _address_in(item: Any) -> Any:
    """Return the address in an item of a list, which may be an object with it."""
    values = item.values() if isinstance(item, dict) else ()
    return next((value for value in values if interface_of(value) is not None), item)


def is_address_taken(refused: RefusedError, kind: ObjectKind) -> bool:
    """Return whether another client took the address of a new object at the same moment."""
    names_address = "address already in use" in refused.said or kind.address in refused.fields
    return refused.method == "POST" and names_address


def no_free_address(kind: ObjectKind, name: str) -> PuqVpnError:
    """Return the error for a parent without a free address."""
    label = parent_of(kind).kind.label({"name": name})
    return PuqVpnError("no_free_address", f"{label} has no free address for another {kind.title}")
