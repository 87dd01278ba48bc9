# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ``puqvpn_client`` has of its own: the option to delete a new client that is not as requested."""

from __future__ import annotations

from typing import Any, Mapping

from .._addressed import manage_addressed
from .._client import PanelClient
from .._expiry import EXPIRY_ARGUMENTS
from .._objects.client import CLIENT
from .._schema import ArgumentSpec

OPTIONS: ArgumentSpec = {
    **CLIENT.argument_spec,
    **EXPIRY_ARGUMENTS,
    "rollback": {"type": "bool", "default": False},
}


def manage_client(options: Mapping[str, Any], client: PanelClient) -> dict[str, Any]:
    """Ensure that a client is as the options say, see :func:`._addressed.manage_addressed`."""
    lost = "its keys, certificates and one-time links change, so it needs a new configuration"
    return manage_addressed(CLIENT, options, client, lost=lost)
