# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The current time, and the times that users and panels write."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone

_FORM = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d:\d\d)(?:\.\d+)?\s*(Z|[+-]\d\d:?\d\d)?)?", re.IGNORECASE)

# A date object of YAML has a blank in place of the T when a template makes it a text.
_END = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[T ]([01]\d|2[0-3])(:[0-5]\d)(:[0-5]\d)?(?:\.\d+)? ?(Z|[+-](?:0\d|1[0-4]):?[0-5]\d)?)?",
    re.ASCII | re.IGNORECASE,
)
_SAMPLES = "a day such as 2027-01-31, or a moment with a zone such as 2027-01-31T18:00:00Z or 2027-01-31T18:00:00+01:00"


def now() -> datetime:
    """Return the current time, in UTC."""
    return datetime.now(timezone.utc)


def parse_end(text: str) -> date | datetime:
    """Return the last day of something, or the moment at which it ends, in UTC.

    :raises ValueError: with what the text must be, to follow the name of an option.
    """
    match = _END.fullmatch(text)
    if match is None:
        raise ValueError(f"must be {_SAMPLES}")
    day, hour, minute, second, zone = match.groups()
    if hour and not zone:
        raise ValueError(f"needs a zone: it must be {_SAMPLES}")
    try:
        if not hour:
            return date.fromisoformat(day)
        return datetime.fromisoformat(f"{day}T{hour}{minute}{second or ''}+00:00") - _offset(zone)
    except (ValueError, OverflowError):
        raise ValueError(f"is no day that exists: it must be {_SAMPLES}") from None


def end_text(end: date | datetime) -> str:
    """Return the normal form of an end, which :func:`parse_end` accepts."""
    return end.isoformat().replace("+00:00", "Z")


def days_left(end: date | datetime, moment: datetime) -> int:
    """Return the days from a moment to an end, by the calendar in UTC: 0 on the last day, negative afterwards."""
    return ((end.date() if isinstance(end, datetime) else end) - moment.date()).days


def has_ended(end: date | datetime, moment: datetime) -> bool:
    """Return whether a moment is past an end. A day ends with its last moment in UTC."""
    return moment >= end if isinstance(end, datetime) else moment.date() > end


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
    return (moment - now()).days if moment else None


def age(text: object) -> timedelta | None:
    """Return how long ago a time was; None for a time that cannot be parsed."""
    moment = parse_time(text)
    return now() - moment if moment else None


def _offset(zone: str | None) -> timedelta:
    if not zone or zone in "Zz":
        return timedelta()
    sign = -1 if zone[0] == "-" else 1
    return sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
