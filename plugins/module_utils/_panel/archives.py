# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The backup archives of a panel."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from .._client import PanelClient
from .._objects.read_only import ARCHIVE
from .._schema import Values, items_of
from .._time import age

ARCHIVES_PATH = "backups"


def list_archives(client: PanelClient) -> list[dict[str, Any]]:
    """Return the archives, newest first, with one GET (contract: backup_list)."""
    archives = client.read(ARCHIVES_PATH, lambda payload: items_of(payload, "backups"))
    return sorted(archives, key=lambda archive: archive_age(archive) or timedelta.max)


def read_archives(client: PanelClient) -> list[dict[str, Any]]:
    """Return the archives in normal form, newest first, with one GET."""
    return [ARCHIVE.as_result(ARCHIVE.read(archive), True) for archive in list_archives(client)]


def archive_age(archive: Values) -> timedelta | None:
    """Return the age of an archive; None when its date cannot be parsed."""
    return age(archive.get("creation_date"))
