# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The body of ``puqvpn_account``: an account, with a free address if none is given."""

from __future__ import annotations

from typing import Any, Mapping

from .._change import CREATE, RECREATE
from .._client import PanelClient
from .._errors import RefusedError
from .._objects.account import ACCOUNT
from .._panel.free_addresses import is_address_taken, no_free_address, read_free_addresses
from .._panel.reader import read_object
from .._resource import conclude_object, needed_change, parse_options
from .._schema import ArgumentSpec, Values

OPTIONS: ArgumentSpec = {**ACCOUNT.argument_spec, "rollback": {"type": "bool", "default": False}}

# How often a free address is chosen when others take the chosen ones at the same moment.
_ADDRESS_TRIES = 5


def account(options: Mapping[str, Any], client: PanelClient) -> dict[str, Any]:
    """Ensure that an account is as the options say: one read, one write, one read; one more to find a free address.

    :returns: ``changed``, ``account``, ``unverified`` and ``diff``.
    :raises PuqVpnError: ``no_free_address``, or as :func:`._resource.manage_object` does.
    """
    wanted = parse_options(ACCOUNT, options, client)
    current = read_object(client, ACCOUNT, wanted)
    change = needed_change(client, ACCOUNT, options, wanted, current)
    is_new = change is not None and change.action in (CREATE, RECREATE)
    if is_new and current is not None:
        client.warnings.append(
            f"{ACCOUNT.label(current)} is deleted and recreated: its one-time links and the port forwards to it may be "
            "gone afterwards."
        )
    if change is None or not is_new or "allowed_ips" in change.values:
        return conclude_object(client, ACCOUNT, options, change, wanted=wanted, current=current)
    return _create_at_free_address(client, options, change.values["wg_name"], wanted=wanted, current=current)


def _create_at_free_address(
    client: PanelClient, options: Mapping[str, Any], server: str, *, wanted: Values, current: Values | None
) -> dict[str, Any]:
    """Create an account with an address that the server has free, and with another one if somebody takes that."""
    tries = 0
    while True:
        tries += 1
        address = _free_address(client, server)
        chosen = {} if address is None else {"allowed_ips": address}
        change = needed_change(client, ACCOUNT, options, {**wanted, **chosen}, current)
        try:
            return conclude_object(client, ACCOUNT, options, change, wanted=wanted, current=current)
        except RefusedError as refused:
            if current is not None or not is_address_taken(refused) or tries == _ADDRESS_TRIES:
                raise
        client.warnings.append(f"The address {address} was taken in the meantime; the next free one is tried.")


def _free_address(client: PanelClient, server: str) -> str | None:
    """Return an address for a new account; None in check mode when the server does not exist yet."""
    try:
        addresses = read_free_addresses(client, server, at_most=1)
    except RefusedError as refused:
        if not client.check_mode or not refused.absent:
            raise
        client.assume(f"WireGuard server {server} exists")
        return None
    if not addresses:
        raise no_free_address(server).at(client.connection.root)
    return addresses[0]
