# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The schedule of backups: when the panel creates them, how many it keeps, and where it copies them."""

from __future__ import annotations

from typing import Iterable

from .._field_types import PASSWORD, Host, Number, Switch, Text
from .._schema import Field, SettingsKind, Values


def _check(values: Values) -> Iterable[str]:
    for name in ("ftp_server", "ftp_user", "ftp_password"):
        if values.get("backup_to_ftp") and not values.get(name):
            yield f"{name} must be filled while backup_to_ftp is true."


# Operations backup_config_get and backup_config_update.
BACKUP_CONFIG = SettingsKind(
    name="backup_config",
    title="backup schedule",
    fields=(
        Field("every_hour", Switch()),
        Field("every_hour_minute", Number(0, 59)),
        Field("every_hour_statistics", Switch()),
        Field("every_day", Switch()),
        Field("every_day_hour", Number(0, 23)),
        Field("every_day_minute", Number(0, 59)),
        Field("every_day_statistics", Switch()),
        Field("number_backups", Number(1)),
        Field("backup_to_ftp", Switch()),
        Field("ftp_server", Host(optional=True)),
        Field("ftp_server_port", Number(1, 65535)),
        Field("ftp_user", Text()),
        Field("ftp_password", PASSWORD),
        Field("ftp_path", Text()),
    ),
    check=_check,
    path="backups/config",
)
