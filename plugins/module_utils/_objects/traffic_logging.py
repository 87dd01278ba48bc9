# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The log of the connections of clients."""

from __future__ import annotations

from typing import Iterable

from .._field_types import PASSWORD, Address, Number, Switch, Text, Url
from .._schema import Field, SettingsKind, Values

_SYSLOG = ("remote_syslog_server",)
_INFLUXDB = ("influxdb_url", "influxdb_token", "influxdb_bucket", "influxdb_organization")


def _check(values: Values) -> Iterable[str]:
    for switch, needed in (("enabled_remote_syslog", _SYSLOG), ("enabled_influxdb", _INFLUXDB)):
        for name in needed:
            if values.get(switch) and not values.get(name):
                yield f"{name} must be filled while {switch} is true."
    if values.get("enabled") and not (values.get("enabled_remote_syslog") or values.get("enabled_influxdb")):
        yield "enabled needs enabled_remote_syslog or enabled_influxdb to be true."


# Operations traffic_logging_get and traffic_logging_update.
TRAFFIC_LOGGING = SettingsKind(
    name="traffic_logging",
    title="traffic logging",
    fields=(
        Field("enabled", Switch()),
        Field("enabled_remote_syslog", Switch()),
        Field("remote_syslog_server", Address(version=0, optional=True)),
        Field("remote_syslog_server_port", Number(1, 65535)),
        Field("enabled_influxdb", Switch()),
        Field("influxdb_url", Url()),
        Field("influxdb_token", PASSWORD),
        Field("influxdb_bucket", Text()),
        Field("influxdb_organization", Text()),
        Field("incoming", Switch()),
        Field("established", Switch()),
        Field("related", Switch()),
        Field("new", Switch()),
        Field("invalid", Switch()),
        Field("untracked", Switch()),
        Field("interface_in", Switch()),
        Field("interface_out", Switch()),
        Field("len", Switch()),
        Field("mark", Switch()),
        Field("tos", Switch()),
    ),
    check=_check,
    path="traffic_logging",
)
