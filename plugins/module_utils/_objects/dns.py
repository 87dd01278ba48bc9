# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The caching name server for VPN clients, and its ad blocking."""

from __future__ import annotations

from .._field_types import Address, Number, Switch
from .._schema import Field, SettingsKind

# Operations dns_get and dns_update.
# By generation. Under which names 2.x panels know the settings is not documented (contract: dns, ``key: v1``).
DNS = {
    generation: SettingsKind(
        name="dns",
        title="DNS server",
        generation=generation,
        fields=(
            Field("enabled", Switch("true", "false")),
            Field("forwarders_1", Address()),
            Field("forwarders_2", Address()),
            Field("max_cache_ttl", Number(30, 3600)),
        ),
        read_only=(Field("pid", Number(0)),),
        path="dns",
    )
    for generation in (1, 2)
}

ADBLOCK = SettingsKind(
    name="adblock",
    title="ad blocking",
    generation=2,
    fields=(Field("enabled", Switch()),),
    path="dns/adblock",
)
