# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Traffic statistics and the online timeout."""

from __future__ import annotations

from .._field_types import Number
from .._schema import Field, SettingsKind

# Operations system_config_get, system_config_update and system_config_default.
SYSTEM_CONFIG = SettingsKind(
    name="system_config",
    title="system configuration",
    fields=(
        Field("traffic_statistics_frequency", Number(1, 1440)),
        Field("traffic_statistics_history", Number(0)),
        Field("wireguard_handshake_uptime", Number(1, 300)),
    ),
    path="system/config",
    defaults_path="system/config/default",
    defaults={
        "traffic_statistics_frequency": 5,
        "traffic_statistics_history": 2,
        "wireguard_handshake_uptime": 180,
    },
)
