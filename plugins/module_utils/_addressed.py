# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Manage an object with an address on its parent: an account or a client, with a free address if none is given."""

from __future__ import annotations

from functools import partial
from typing import Any, Callable, Dict, Mapping, Optional

from ._change import CREATE, RECREATE
from ._client import PanelClient
from ._errors import RefusedError
from ._expiry import DISABLED, enforce_expiry, is_expired, parse_expires
from ._panel.free_addresses import is_address_taken, no_free_address, read_free_addresses
from ._panel.reader import read_object
from ._resource import conclude_object, needed_change, parse_options
from ._schema import ObjectKind, Values, parent_of

Result = Dict[str, Any]
# Brings an object from what it is, if it exists, to what is wanted: the last argument does it and returns the result.
Around = Callable[[Mapping[str, Any], PanelClient, Values, Optional[Values], Callable[[Values], Result]], Result]

# How often a free address is chosen when others take the chosen ones at the same moment.
_ADDRESS_TRIES = 5


def _as_wanted(
    _options: Mapping[str, Any],
    _client: PanelClient,
    wanted: Values,
    _current: Values | None,
    proceed: Callable[[Values], Result],
) -> Result:
    return proceed(wanted)


def manage_addressed(
    kind: ObjectKind, options: Mapping[str, Any], client: PanelClient, *, lost: str, around: Around = _as_wanted
) -> Result:
    """Ensure that an object is as the options say: one read, one write, one read; one more to find a free address.

    An object that is expired must be disabled, or not exist.

    :param lost: what may be lost when the object is recreated, in a sentence.
    :param around: what a module does before and after the change, and what else it wants.
    :returns: ``changed``, the object under the name of its kind, ``expires``, ``expired``, ``unverified`` and ``diff``.
    :raises PuqVpnError: ``no_free_address``, or as :func:`._resource.manage_object` does.
    """
    expires = parse_expires(options)
    given = parse_options(kind, options, client)
    enforced = enforce_expiry(given, {**options, "expires": expires}, client.now)
    options = {**options, "state": enforced.state}
    current = read_object(client, kind, enforced.values)
    proceed = partial(_manage, kind, options, client, current=current, lost=lost)
    result = around(options, client, enforced.values, current, proceed)
    after = result["diff"]["after"]
    if result["changed"] and enforced.reason and (not after or DISABLED.items() <= after.items()):
        result["msg"] += f" ({enforced.reason})"
    return {**result, "expires": expires, "expired": is_expired(expires, client.now)}


def _manage(
    kind: ObjectKind,
    options: Mapping[str, Any],
    client: PanelClient,
    wanted: Values,
    *,
    current: Values | None,
    lost: str,
) -> Result:
    change = needed_change(client, kind, options, wanted, current)
    is_new = change is not None and change.action in (CREATE, RECREATE)
    if is_new and current is not None:
        client.warnings.append(f"{kind.label(current)} is deleted and recreated: {lost}.")
    if change is None or not is_new or kind.address in change.values:
        return conclude_object(client, kind, options, change, wanted=wanted, current=current)
    return _create_at_free_address(client, kind, options, change.values, wanted=wanted, current=current)


def _create_at_free_address(
    client: PanelClient,
    kind: ObjectKind,
    options: Mapping[str, Any],
    values: Values,
    *,
    wanted: Values,
    current: Values | None,
) -> Result:
    """Create an object with an address that is free on its parent, and with another one if somebody takes that."""
    parent = str(values[parent_of(kind).field])
    tries = 0
    while True:
        tries += 1
        address = _free_address(client, kind, parent)
        chosen = {} if address is None else {kind.address: address}
        change = needed_change(client, kind, options, {**wanted, **chosen}, current)
        try:
            return conclude_object(client, kind, options, change, wanted=wanted, current=current)
        except RefusedError as refused:
            if current is not None or not is_address_taken(refused, kind) or tries == _ADDRESS_TRIES:
                raise
        client.warnings.append(f"The address {address} was taken in the meantime; the next free one is tried.")


def _free_address(client: PanelClient, kind: ObjectKind, parent: str) -> str | None:
    """Return an address for a new object; None in check mode when its parent does not exist yet."""
    try:
        addresses = read_free_addresses(client, kind, parent, at_most=1).addresses
    except RefusedError as refused:
        if not client.check_mode or not refused.absent:
            raise
        client.assume(f"{parent_of(kind).kind.label({'name': parent})} exists")
        return None
    if not addresses:
        raise no_free_address(kind, parent).at(client.connection.root)
    return addresses[0]
