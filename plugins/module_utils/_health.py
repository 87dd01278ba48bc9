# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a panel is healthy: what it reports, compared with what is required.

No value of a panel is trusted to have the documented type. One that has not counts as not reported, so that a single
panel never keeps others from being checked or shown.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Iterable, Iterator, Mapping, NamedTuple, Sequence

from ._errors import PuqVpnError
from ._panel.archives import archive_age
from ._panel.status import MAX_COUNT, free_accounts, license_term
from ._untrusted import one_line

SERVICES = ("wireguard", "iptables", "bind9", "strongswan")

# By generation: the parts that panels report beside their status. Of 2.x panels, only the clients are documented.
REPORTED_PARTS: Mapping[int, tuple[str, ...]] = {1: ("accounts", *SERVICES, "backups"), 2: ("accounts",)}
# By generation: fields of the status that a panel need not report (contract: system_status, ``key: v1``).
_OPTIONAL: Mapping[Any, tuple[str, ...]] = {2: ("license_valid", "license_days_left")}

# By service: its processes, and the fields in which the panel reports their numbers. The others have no process.
_PROCESSES = {"bind9": {"named": "pid"}, "strongswan": {"charon": "pid_charon", "starter": "pid_starter"}}

_TEXTS = ("url", "version", "state", "license_expires")
_NUMBERS = (
    "generation",
    "license_days_left",
    "accounts_used",
    "accounts_limit",
    "accounts_free",
    "wireguard_servers",
)
_SWITCHES = ("ready", "license_valid")


class Violation(NamedTuple):
    """Something that is wrong with a panel: a stable ``code``, and a sentence."""

    code: str
    text: str


@dataclass(frozen=True)
class AccountRow:
    """An account or client; ``online`` is None if the panel does not show live sessions."""

    name: str
    server: Any
    status: Any
    online: bool | None


@dataclass
class PanelReport:
    """What a panel reported: ``parts`` are ``status``, ``accounts`` (rows), ``backups`` and services by name.

    A part is missing if it was not asked for or could not be read; ``failures`` say why. ``not_reported`` are those
    that no panel of its generation reports, or not this panel. ``reachable`` is false if the panel could not be asked
    for the rest.
    """

    parts: dict[str, Any] = field(default_factory=dict)
    not_reported: list[str] = field(default_factory=list)
    failures: list[Violation] = field(default_factory=list)
    reachable: bool = True

    def note_failure(self, part: str, error: PuqVpnError, *, reachable: bool) -> None:
        """Note that a part could not be read, and whether the panel can be asked for others."""
        self.reachable = reachable
        self.failures.append(
            Violation("unreadable", f"{part} cannot be checked: {error}")
            if reachable
            else Violation("unreachable", f"it cannot be checked: {error}")
        )


def judge(report: PanelReport, requirements: Mapping[str, Any]) -> dict[str, Any]:
    """Compare a report with the options of ``puqvpn_health``; return ``health`` as documented there."""
    parts = report.parts
    status = _status(parts["status"]) if "status" in parts else {}
    services = {name: _service(name, mapping_of(parts[name])) for name in SERVICES if name in parts}
    archives = [mapping_of(archive) for archive in items_in(parts.get("backups"))]
    backups = _backups(archives)
    violations = [
        *report.failures,
        *(_status_violations(status, requirements) if status else ()),
        *_service_violations(services),
        *(_backup_violations(backups, requirements["max_backup_hours"]) if "backups" in parts else ()),
    ]
    return {
        "healthy": not violations,
        "reachable": report.reachable,
        "violations": [violation.text for violation in violations],
        "violation_codes": [violation.code for violation in violations],
        "not_reported": report.not_reported,
        "status": status,
        "accounts": _accounts(parts["accounts"]) if "accounts" in parts else {},
        "services": services,
        "backups": backups,
    }


# --- What is reported


def _status(reported: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **{name: text_of(reported.get(name)) for name in _TEXTS},
        **{name: number_of(reported.get(name)) for name in _NUMBERS},
        **{name: None if reported.get(name) is None else reported[name] is True for name in _SWITCHES},
    }


def _accounts(rows: Sequence[AccountRow]) -> dict[str, Any]:
    """Count the accounts, in total and by server."""
    by_server: dict[str | None, list[AccountRow]] = {}
    for row in rows:
        by_server.setdefault(text_of(row.server), []).append(row)
    return {
        **_counts(rows),
        "servers": [
            {"name": server, **_counts(of_server)}
            for server, of_server in sorted(by_server.items(), key=lambda item: item[0] or "")
        ],
        "names": _names(rows),
        "online_names": _names(row for row in rows if row.online),
    }


def _counts(rows: Sequence[AccountRow]) -> dict[str, Any]:
    """Return how many accounts there are; null for what the panel does not show of each of them."""
    has_status = all(row.status in ("enable", "disable") for row in rows)
    has_online = all(row.online is not None for row in rows)
    return {
        "total": len(rows),
        "enabled": sum(row.status == "enable" for row in rows) if has_status else None,
        "online": sum(row.online is True for row in rows) if has_online else None,
    }


def _names(rows: Iterable[AccountRow]) -> list[str]:
    return sorted(one_line(row.name) for row in rows)


def _service(name: str, reported: Mapping[str, Any]) -> dict[str, Any]:
    version = text_of(reported.get(name)) or ""
    if name not in _PROCESSES:
        return {"version": version}
    pids = {process: int(number_of(reported.get(pid)) or 0) for process, pid in _PROCESSES[name].items()}
    return {"version": version, "enabled": reported.get("enabled") is True, "pids": pids}


def _backups(archives: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Summarize the archives, which are sorted from the newest to the oldest."""
    newest = archives[0] if archives else {}
    sizes = [size for size in (number_of(archive.get("size")) for archive in archives) if size is not None]
    age = archive_age(newest)
    return {
        "count": len(archives),
        "size": sum(size for size in sizes if size >= 0),
        "newest": text_of(newest.get("name")),
        "age": None if age is None else int(age.total_seconds() // 60),
    }


# --- What is wrong


def _status_violations(status: Mapping[str, Any], requirements: Mapping[str, Any]) -> Iterator[Violation]:
    unknown = [name for name in _OPTIONAL.get(status["generation"], ()) if status[name] is None]
    if not status["ready"]:
        yield Violation("not_ready", f"it is not ready, its state is {status['state'] or 'unknown'}")
    if not status["license_valid"] and "license_valid" not in unknown:
        yield Violation("license_ending", "its license is not valid")
    for code, option, name, sentence in (
        ("license_ending", "min_license_days", "license_days_left", license_term),
        ("slots_low", "min_free_accounts", "accounts_free", free_accounts),
    ):
        if name not in unknown and (status[name] is None or status[name] < requirements[option]):
            yield Violation(code, f"{sentence(status[name])}, and {option} is {requirements[option]}")


def _service_violations(services: Mapping[str, Mapping[str, Any]]) -> Iterator[Violation]:
    for name, service in services.items():
        if not service["version"]:
            yield Violation("service_down", f"{name} is not installed")
        elif service.get("enabled") and not any(service["pids"].values()):
            yield Violation("service_down", f"{name} is enabled, but not running")


def _backup_violations(backups: Mapping[str, Any], max_backup_hours: int) -> Iterator[Violation]:
    age, text = backups["age"], ""
    if not backups["count"]:
        text = "it has no backup"
    elif age is None:
        text = "the age of its newest backup is unknown"
    elif age > max_backup_hours * 60:
        text = f"its newest backup is {age // 60} hours old, and max_backup_hours is {max_backup_hours}"
    if text:
        yield Violation("backup_too_old", text)


# --- Values of any type


def mapping_of(value: Any) -> Mapping[str, Any]:
    """Return a dictionary; an empty one for any other value."""
    return value if isinstance(value, Mapping) else {}


def items_in(value: Any) -> Sequence[Any]:
    """Return a list; an empty one for any other value."""
    return value if isinstance(value, Sequence) and not isinstance(value, (str, bytes)) else []


def text_of(value: Any) -> str | None:
    """Return a text as one line; None for any other value."""
    return one_line(value) if isinstance(value, str) else None


def number_of(value: Any) -> int | float | None:
    """Return a number that can be calculated with and shown; None for any other value."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return value if is_number and abs(value) <= MAX_COUNT else None
