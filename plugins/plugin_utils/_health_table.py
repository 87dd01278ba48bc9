# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A table of the health of many panels, for a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._health import items_in, mapping_of, number_of, text_of
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._untrusted import one_line

# Sentences of modules can be long, as they name the next step.
_LONGEST_LINE = 5000
_LONGEST_CELL = 16


def health_table(results: Mapping[str, Any]) -> list[str]:
    """Return a line for each panel with everything that is wrong, and below them a table with a row for each panel."""
    panels = [(one_line(host), mapping_of(result)) for host, result in results.items()]
    width = max(len(host) for host in ["PANEL", *(host for host, _result in panels)])
    rows = [_row(width, "PANEL", "HEALTH", "VERSION", "LICENSE DAYS", "FREE ACCOUNTS", "BACKUP HOURS")]
    sick = []
    for host, result in panels:
        status, age = mapping_of(result.get("status")), number_of(mapping_of(result.get("backups")).get("age"))
        days, free = number_of(status.get("license_days_left")), number_of(status.get("accounts_free"))
        hours = None if age is None else age // 60
        rows.append(_row(width, host, _verdict(result), text_of(status.get("version")), days, free, hours))
        violations = "; ".join(map(str, items_in(result.get("violations"))))
        if violations:
            sick.append(f"{host}: {one_line(violations, _LONGEST_LINE)}")
    return sick + rows


def _row(width: int, panel: str, *cells: Any) -> str:
    health, version, days, free, hours = (
        "-" if cell in (None, "") else one_line(cell, _LONGEST_CELL) for cell in cells
    )
    return f"{panel:<{width}}  {health:<11}  {version:<8}  {days:>12}  {free:>13}  {hours:>12}".rstrip()


def _verdict(result: Mapping[str, Any]) -> str:
    if not result:
        return "not checked"
    if not result.get("reachable"):
        return "unreachable"
    return "healthy" if result.get("healthy") is True else "unhealthy"
