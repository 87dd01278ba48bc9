# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The slots of the license, one for each account or client."""

from __future__ import annotations

from typing import Any, Mapping

from .._client import STATUS_PATH, PanelClient
from .._compare import as_number
from .._objects.read_only import Slots
from .._schema import object_of

# By generation: the path, the field of the limit, and that of the number in use (contract: license_get; for 2.x
# system_status, since the reply of the license is not documented).
_SOURCES = {1: ("license", "accounts", ""), 2: (STATUS_PATH, "count_accounts_available", "count_accounts")}


def read_slots(client: PanelClient) -> Slots:
    """Return the slots of the license, with one GET."""
    path, limit, used = _SOURCES[client.connection.generation]
    shown = client.read(path, lambda payload: object_of(payload, "license"))
    return Slots(_number(shown, limit), _number(shown, used))


def _number(shown: Mapping[str, Any], name: str) -> int | None:
    number = as_number(shown.get(name))
    return None if number is None else int(number)
