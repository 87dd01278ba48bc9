# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The work of ``puqvpn_status``: what a panel says of itself, and whether that is good enough."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any, Mapping

from .._client import STATUS_PATH, PanelClient, is_ready, state_of
from .._compare import as_number, as_switch
from .._envelope import Reply
from .._errors import OptionError, PuqVpnError
from .._secrets import without_secrets
from .._untrusted import given, one_line

# What still is a number of things, and can be calculated with.
MAX_COUNT = 2**53

OPTIONS: dict[str, dict[str, Any]] = {
    "wait": {"type": "bool", "default": False},
    "wait_timeout": {"type": "int", "default": 300},
    "min_version": {"type": "str"},
    "require_license": {"type": "bool", "default": False},
    "min_license_days": {"type": "int"},
    "min_free_accounts": {"type": "int"},
}


def status(options: Mapping[str, Any], client: PanelClient) -> dict[str, Any]:
    """Read the status with one GET (contract: system_status), or wait for a panel that is not ready.

    :returns: ``status``, ``payload`` and ``ansible_facts``, as documented in ``puqvpn_status``.
    :raises OptionError: ``min_version`` is no version.
    :raises PuqVpnError: ``requirements_not_met`` with all ``violations``; ``panel_busy`` after ``wait_timeout``.
    """
    least = _version(options["min_version"]) if options["min_version"] is not None else None
    if options["min_version"] is not None and least is None:
        raise OptionError(
            f"min_version is {given(options['min_version'])}, which is no version", hint='Give numbers and dots: "1.8".'
        )
    reply = client.wait_until_ready(options["wait_timeout"]) if options["wait"] else client.get(STATUS_PATH)
    summary = summarise(reply, client.connection.root)
    result = {"status": summary, "payload": without_secrets(reply.payload)}
    violations = _violations(summary, options, least)
    if violations:
        raise PuqVpnError(
            "requirements_not_met",
            "the panel does not meet what is required: " + "; ".join(violations),
            details={**result, "violations": violations},
        ).at(client.connection.root)
    return {"changed": False, **result, "ansible_facts": {"puqvpn": summary}}


def summarise(reply: Reply, url: str) -> dict[str, Any]:
    """The payload of ``system_status`` under names and types that are the same for every panel.

    What the panel does not tell is None. Times are as the panel wrote them, ``license_days_left`` counts whole days
    and is negative after the end.
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
        "ready": is_ready(state),
        "license_valid": as_switch(payload.get("license_valid")),
        "license_expires": one_line(expires) if isinstance(expires, str) else None,
        "license_days_left": days_left(expires),
        "accounts_used": used,
        # The field counts the slots of the license, not those that are left.
        "accounts_limit": limit,
        "accounts_free": max(0, limit - used) if limit is not None and used is not None else None,
        "wireguard_servers": _count(payload.get("count_wireguard", payload.get("networks_count"))),
    }


def _count(value: Any) -> int | None:
    """How many there are of something; None for what is no such number."""
    number = as_number(value)
    return int(number) if number is not None and 0 <= number <= MAX_COUNT and number == int(number) else None


def _violations(summary: Mapping[str, Any], options: Mapping[str, Any], least: tuple[int, ...] | None) -> list[str]:
    found = []
    if least is not None and (_version(summary["version"]) or ()) < least:
        version = f"its version is {summary['version']}" if summary["version"] else "its version is unknown"
        found.append(f"{version}, and min_version is {options['min_version']}")
    if options["require_license"] and not summary["license_valid"]:
        found.append("its license is not valid")
    for option, field, sentence in (
        ("min_license_days", "license_days_left", license_term),
        ("min_free_accounts", "accounts_free", free_accounts),
    ):
        wanted, held = options[option], summary[field]
        if wanted is not None and (held is None or held < wanted):
            found.append(f"{sentence(held)}, and {option} is {wanted}")
    return found


def license_term(days_left: int | None) -> str:
    """How long a license is still valid, or since when it is not, as the beginning of a sentence."""
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
    """How many accounts can still be created, as the beginning of a sentence."""
    return (
        "the number of free accounts is unknown"
        if free is None
        else f"{_counted(free, 'account is', 'accounts are')} free"
    )


def _counted(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"


def _version(text: Any) -> tuple[int, ...] | None:
    """The numbers of a version without trailing zeros, so that 1.8 and 1.8.0 are the same; None for anything else."""
    match = re.fullmatch(r"v?(\d{1,9}(?:\.\d{1,9})*)(?:[-+ ].*)?", str(text or "").strip())
    if match is None:
        return None
    numbers = [int(number) for number in match.group(1).split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def days_left(expires: Any) -> int | None:
    """Whole days until a time as a panel writes it, negative after it; None when it cannot be read."""
    moment = _moment(str(expires or ""))
    return (moment - datetime.now(timezone.utc)).days if moment else None


def _moment(text: str) -> datetime | None:
    """Parse an RFC 3339 date-time or a bare date; a time without a zone is taken as UTC."""
    match = re.fullmatch(
        r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d:\d\d)(?:\.\d+)?\s*(Z|[+-]\d\d:?\d\d)?)?", text.strip(), re.IGNORECASE
    )
    if match is None:
        return None
    day, clock, zone = match.groups()
    try:
        moment = datetime.strptime(f"{day} {clock or '00:00:00'}", "%Y-%m-%d %H:%M:%S").replace(tzinfo=timezone.utc)
        return moment - _offset(zone)
    except (ValueError, OverflowError):
        return None


def _offset(zone: str | None) -> timedelta:
    if not zone or zone in "Zz":
        return timedelta()
    sign = -1 if zone[0] == "-" else 1
    return sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
