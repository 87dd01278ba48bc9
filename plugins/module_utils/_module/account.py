# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ``puqvpn_account`` has of its own: to delete a new account that is not as requested, and to rotate keys."""

from __future__ import annotations

from typing import Any, Mapping

from .._addressed import manage_addressed
from .._client import PanelClient
from .._expiry import EXPIRY_ARGUMENTS
from .._objects.account import ACCOUNT
from .._schema import ArgumentSpec

OPTIONS: ArgumentSpec = {
    **ACCOUNT.argument_spec,
    **EXPIRY_ARGUMENTS,
    "rollback": {"type": "bool", "default": False},
    "rotate_keys": {"type": "bool", "default": False},
}


def account(options: Mapping[str, Any], client: PanelClient) -> dict[str, Any]:
    """Ensure that an account is as the options say, see :func:`._addressed.manage_addressed`.

    :raises PuqVpnError: as :func:`._addressed.manage_addressed` or :func:`._rotate_keys.rotate_keys` does.
    """
    if options["rotate_keys"]:
        # Hardly any task does that, and a module process compiles all that it imports.
        from .._rotate_keys import rotate_keys

        return rotate_keys(options, client)
    lost = "its one-time links and the port forwards to it may be gone afterwards"
    return manage_addressed(ACCOUNT, options, client, lost=lost)
