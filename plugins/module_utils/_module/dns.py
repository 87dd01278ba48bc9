# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The body of ``puqvpn_dns``: the settings of the DNS server, as the panels of each generation take them."""

from __future__ import annotations

from typing import Any, Mapping

from .._client import PanelClient
from .._objects.dns import DNS
from .._resource import manage_settings

OPTIONS = DNS[1].argument_spec


def dns(options: Mapping[str, Any], client: PanelClient) -> dict[str, Any]:
    """Ensure that the DNS server is as the options say, see :func:`._resource.manage_settings`."""
    return manage_settings(DNS[client.connection.generation], options, client)
