# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parse the times that a panel writes, in any of the forms that it uses."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

_FORM = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d:\d\d)(?:\.\d+)?\s*(Z|[+-]\d\d:?\d\d)?)?", re.IGNORECASE)


def parse_time(text: object) -> datetime | None:
    """Return an RFC 3339 date-time or a bare date in UTC, which a time without a zone is in; None for all else."""
    match = _FORM.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None:
        return None
    day, clock, zone = match.groups()
    try:
        moment = datetime.strptime(f"{day} {clock or '00:00:00'}", "%Y-%m-%d %H:%M:%S").replace(tzinfo=timezone.utc)
        return moment - _offset(zone)
    except (ValueError, OverflowError):
        return None


def days_until(text: object) -> int | None:
    """Return the whole days until a time, negative after it; None for a time that cannot be parsed."""
    moment = parse_time(text)
    return (moment - datetime.now(timezone.utc)).days if moment else None


def age(text: object) -> timedelta | None:
    """Return how long ago a time was; None for a time that cannot be parsed."""
    moment = parse_time(text)
    return datetime.now(timezone.utc) - moment if moment else None


def _offset(zone: str | None) -> timedelta:
    if not zone or zone in "Zz":
        return timedelta()
    sign = -1 if zone[0] == "-" else 1
    return sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
