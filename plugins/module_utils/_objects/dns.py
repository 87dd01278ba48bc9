# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The caching name server for VPN clients."""

from __future__ import annotations

from .._field_types import Address, Number, Switch
from .._schema import Field, SettingsKind

# Operations dns_get and dns_update.
DNS = SettingsKind(
    name="dns",
    title="DNS server",
    fields=(
        Field("enabled", Switch("true", "false")),
        Field("forwarders_1", Address()),
        Field("forwarders_2", Address()),
        Field("max_cache_ttl", Number(30, 3600)),
    ),
    read_only=(Field("pid", Number(0)),),
    path="dns",
)
