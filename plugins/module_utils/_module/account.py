# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The work of ``puqvpn_account``: an account, with an address where none is given."""

from __future__ import annotations

from typing import Any, Mapping

from .._change import CREATE, RECREATE, Change
from .._client import PanelClient
from .._errors import RefusedError
from .._free_addresses import is_address_taken, no_free_address, read_free_addresses
from .._objects.account import ACCOUNT
from .._resource import conclude_object, plan, read_current, wanted_object
from .._schema import Values

OPTIONS: dict[str, dict[str, Any]] = {**ACCOUNT.argument_spec, "rollback": {"type": "bool", "default": False}}

# How often another address is tried when somebody else takes the chosen one at the same moment.
_ADDRESS_TRIES = 5


def account(options: Mapping[str, Any], client: PanelClient) -> dict[str, Any]:
    """Let an account be as the options say: one read, one write, one read; one more to find a free address.

    :returns: ``changed``, ``account``, ``unverified`` and ``diff``.
    :raises PuqVpnError: ``no_free_address``, or as :func:`.manage.manage_object` does.
    """
    wanted = wanted_object(ACCOUNT, options, client)
    current = read_current(client, ACCOUNT, wanted)
    tries = 0
    while True:
        tries += 1
        change, chosen = _plan(options, client, wanted, current)
        try:
            return conclude_object(client, ACCOUNT, options, change, wanted=wanted, current=current)
        except RefusedError as refused:
            if chosen is None or current is not None or not is_address_taken(refused) or tries == _ADDRESS_TRIES:
                raise
        client.warnings.append(f"{chosen} was taken by somebody else meanwhile; the next free address is tried.")


def _plan(
    options: Mapping[str, Any], client: PanelClient, wanted: Values, current: Values | None
) -> tuple[Change | None, str | None]:
    """The plan, and the address that was chosen where none was given."""
    change, chosen = plan(ACCOUNT, options, wanted, current, client), None
    if change is None or change.action not in (CREATE, RECREATE):
        return change, None
    if "allowed_ips" not in change.values:
        chosen = _free_address(client, change.values["wg_name"])
        if chosen is not None:
            change = plan(ACCOUNT, options, {**wanted, "allowed_ips": chosen}, current)
    if current is not None:
        client.warnings.append(
            f"{ACCOUNT.label(current)} is removed and made again: its one-time links and the port forwards to it may "
            "be gone afterwards."
        )
    return change, chosen


def _free_address(client: PanelClient, server: str) -> str | None:
    """An address for a new account; None in check mode when the server is not there yet."""
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
