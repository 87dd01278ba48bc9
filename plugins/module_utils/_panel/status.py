# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The status of a panel in the same form for every panel, and the sentences about its license."""

from __future__ import annotations

import re
from typing import Any, Mapping

from .._client import STATUS_PATH, is_ready, state_of
from .._compare import as_number, as_switch
from .._envelope import Reply
from .._errors import PuqVpnError
from .._summary import counted
from .._time import days_until
from .._untrusted import one_line

# The largest number that counts as a number of things: every JSON reader keeps it exact.
MAX_COUNT = 2**53


def summarize_status(reply: Reply, url: str) -> dict[str, Any]:
    """Return the payload of ``system_status`` under names and types that are the same for every panel.

    What the panel does not show is None. Times are as the panel wrote them, ``license_days_left`` counts whole days
    and is negative after the end.

    :raises PuqVpnError: ``answer_wrong_type`` for a payload that is no object.
    """
    payload = reply.payload
    if not isinstance(payload, dict):
        raise PuqVpnError("answer_wrong_type", "the status is no object", http_status=reply.http_status).during(
            "GET", STATUS_PATH, url
        )
    used, limit = _count(payload.get("count_accounts")), _count(payload.get("count_accounts_available"))
    expires = payload.get("license")
    state = state_of(payload)
    return {
        "url": url,
        "generation": reply.generation,
        "version": None if payload.get("version") is None else one_line(payload["version"]),
        "state": state,
        "ready": is_ready(state, reply.generation),
        "license_valid": as_switch(payload.get("license_valid")),
        "license_expires": one_line(expires) if isinstance(expires, str) else None,
        "license_days_left": days_until(expires),
        "accounts_used": used,
        # The field counts the slots of the license, not those that are left.
        "accounts_limit": limit,
        "accounts_free": max(0, limit - used) if limit is not None and used is not None else None,
        "wireguard_servers": _count(payload.get("count_wireguard", payload.get("networks_count"))),
    }


def describe_status(status: Mapping[str, Any]) -> str:
    """Return a status as one line, such as ``1.8, ready, license 350 days, 530 of 550 free``.

    What the panel does not show is left out.
    """
    parts = [status["version"], "ready" if status["ready"] else f"not ready ({status['state']})"]
    days, free, limit = (status[name] for name in ("license_days_left", "accounts_free", "accounts_limit"))
    if days is not None:
        parts.append(f"license {counted(days, 'day')}" if days >= 0 else "license expired")
    if free is not None:
        parts.append(f"{free} of {limit} free")
    return ", ".join(part for part in parts if part)


def license_term(days_left: int | None) -> str:
    """Return how long a license is still valid, or how long ago it expired, as the beginning of a sentence."""
    if days_left is None:
        return "the license expiry date is unknown"
    if days_left >= 0:
        return f"{_counted(days_left, 'day is', 'days are')} left until its license ends"
    # Days are rounded down: in the first hours after the end, it is minus one.
    ended = -days_left - 1
    return (
        f"its license ended {_counted(ended, 'day', 'days')} ago" if ended else "its license ended less than a day ago"
    )


def free_accounts(free: int | None) -> str:
    """Return how many accounts can still be created, as the beginning of a sentence."""
    return (
        "the number of free accounts is unknown"
        if free is None
        else f"{_counted(free, 'account is', 'accounts are')} free"
    )


def _count(value: object) -> int | None:
    """Return a number of things; None for anything else."""
    number = as_number(value)
    return int(number) if number is not None and 0 <= number <= MAX_COUNT and number == int(number) else None


def _counted(number: int, singular: str, plural: str) -> str:
    return f"{number} {singular if number == 1 else plural}"


def parse_version(text: object) -> tuple[int, ...] | None:
    """Return the numbers of a version, without trailing zeros: 1.8 and 1.8.0 are the same; None for anything else."""
    match = re.fullmatch(r"v?(\d{1,9}(?:\.\d{1,9})*)(?:[-+ ].*)?", str(text or "").strip())
    if match is None:
        return None
    numbers = [int(number) for number in match.group(1).split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
