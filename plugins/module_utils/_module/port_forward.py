# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ``puqvpn_port_forward`` has of its own: a warning of a port that the host itself is administered through."""

from __future__ import annotations

from .._change import DELETE, ObjectChange
from .._client import PanelClient
from .._lockout import diversion_warnings
from .._objects.firewall import FIREWALL_RULE
from .._objects.port_forward import PORT_FORWARD
from .._panel.reader import read_objects


def warn_of_diversion(client: PanelClient, change: ObjectChange) -> None:
    """Warn of a forward that takes away the panel's port or that of SSH; the rules tell the panel's own."""
    if change.action != DELETE and change.values.get("protocol") == "tcp":
        rules = read_objects(client, FIREWALL_RULE, {})
        client.warnings += diversion_warnings(
            PORT_FORWARD.label(change.values), change.values, rules, client.connection.root
        )
