# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the files of the role usage say about a panel: its traffic by month, and accounts over quota or without any."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import OptionError
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._files import content_of_file, folder_obstacle, obstacle
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._health import items_in, mapping_of, number_of, text_of
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._subsets.traffic import Month
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._untrusted import echo
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._safe_paths import path_in
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._text_formats import optional_name, short_name

Values = Mapping[str, Any]

# Before the current month.
_MONTHS = 12


@dataclass
class PanelUsage:
    """What the files show: ``months`` and ``servers`` from the oldest month to the newest, as in the document.

    ``problems`` are the files that could not be used, one sentence each.
    """

    months: list[dict[str, Any]] = field(default_factory=list)
    servers: dict[str | None, list[dict[str, Any]]] = field(default_factory=dict)
    over_quota: list[dict[str, Any]] = field(default_factory=list)
    unused: list[dict[str, Any]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def read_usage(folder: str, host: str, now: datetime) -> PanelUsage:
    """Return what the files of a host say about this month and the twelve before. Missing files are no problem."""
    usage = PanelUsage()
    path = path_in(folder, host)
    # The name of a host must not lead to another folder, and no link in it to other files.
    if os.path.dirname(path) != path_in(folder, "")[:-1] or not os.path.isdir(path) or folder_obstacle(path):
        return usage
    current = Month(now.year, now.month)
    rows: dict[Month, Sequence[Any]] = {}
    for month in (current.before(months) for months in range(_MONTHS, -1, -1)):
        content = _content(os.path.join(path, f"{month}.json"), usage)
        if content is None:
            continue
        usage.months += _amounts(month, content.get("total"))
        for server in map(mapping_of, items_in(content.get("servers"))):
            name = optional_name(server.get("name"))
            usage.servers.setdefault(name, []).extend(_amounts(month, server))
        rows[month] = items_in(content.get("rows"))
    usage.over_quota = _over_quota(rows.get(current, ()))
    usage.unused = _unused(rows.get(current), rows.get(current.before(1)))
    return usage


def _content(path: str, usage: PanelUsage) -> Values | None:
    try:
        content = None if obstacle(path) else content_of_file(path, follow=False)
        found = None if content is None else json.loads(content)
    except (OptionError, RecursionError, ValueError):
        found = ()
    if found is None or isinstance(found, Mapping):
        return found
    usage.problems.append(f"{echo(path)} is not a report of the role usage, so its traffic is missing.")
    return None


def _amounts(month: Month, values: Any) -> list[dict[str, Any]]:
    """Return the amounts of a month as the only item, none if one of them is no number of bytes."""
    amounts = {name: number_of(mapping_of(values).get(name)) for name in ("download", "upload", "total")}
    if not all(isinstance(amount, int) and amount >= 0 for amount in amounts.values()):
        return []
    return [{**month._asdict(), **amounts}]


def _over_quota(rows: Sequence[Any]) -> list[dict[str, Any]]:
    return [
        {**_account(row), **{name: number_of(row.get(name)) for name in ("total_gb", "quota_gb")}}
        for row in map(mapping_of, rows)
        if row.get("over_quota") is True
    ]


def _unused(current: Sequence[Any] | None, earlier: Sequence[Any] | None) -> list[dict[str, Any]]:
    """Return the accounts that have a row without traffic in both months."""
    if current is None or earlier is None:
        return []
    idle = {text_of(row.get("name")) for row in map(mapping_of, earlier) if row.get("total") == 0}
    rows = (row for row in map(mapping_of, current) if row.get("total") == 0)
    return [_account(row) for row in rows if text_of(row.get("name")) in idle]


def _account(row: Values) -> dict[str, Any]:
    return {"name": short_name(row.get("name")), "server": optional_name(row.get("server"))}
