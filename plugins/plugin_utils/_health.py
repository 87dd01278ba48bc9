# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a panel is healthy, from what it tells of itself, and a table of many panels.

Nothing that a panel tells is trusted to be of any type. What is not what it should be counts as not told, so that one
panel never keeps the others from being judged or shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._module.status import (
    MAX_COUNT,
    free_accounts,
    license_term,
)
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._untrusted import one_line

# By service: the subset of puqvpn_info that tells of it.
SUBSETS = {"wireguard": "wireguard", "iptables": "firewall", "bind9": "dns", "strongswan": "ikev2"}

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
# Sentences of modules can be long, as they say what to do.
_LONGEST_SENTENCE = 5000
_LONGEST_CELL = 16


def panel_health(
    told: Mapping[str, Any],
    *,
    min_license_days: int,
    min_free_accounts: int,
    services: Sequence[str],
    max_backup_hours: int,
) -> dict[str, Any]:
    """What ``puqvpn_info`` told, or failed with, compared with what is wanted."""
    info = _mapping(told.get("info"))
    status = _status(_mapping(_mapping(info.get("system")).get("status")))
    # What a panel of another generation does not tell says nothing of its services.
    judged = () if _unsupported(info) else services
    found = {name: _service(name, info) for name in judged if _is_told(info, SUBSETS[name])}
    archives = _archives(info)
    backups = _backups(archives or [])
    wrong = [
        *_unreachable(told, info),
        *(_status_violations(status, min_license_days, min_free_accounts) if status else ()),
        *_service_violations(found),
        *(_backup_violations(backups, max_backup_hours) if archives is not None else ()),
    ]
    return {
        "reachable": bool(info),
        "healthy": not wrong,
        "violations": wrong,
        "status": status,
        "services": found,
        "backups": backups,
    }


def health_table(results: Mapping[str, Any]) -> list[str]:
    """A row for each panel, by the name of its host, and below the table what is wrong."""
    hosts = [(one_line(host), _mapping(result)) for host, result in results.items()]
    width = max(len(host) for host in ["PANEL", *(host for host, _result in hosts)])
    rows = [_row(width, "PANEL", "HEALTH", "VERSION", "LICENSE DAYS", "FREE ACCOUNTS", "BACKUP HOURS")]
    wrong = []
    for host, result in hosts:
        status, age = _mapping(result.get("status")), _number(_mapping(result.get("backups")).get("age"))
        days, free = _number(status.get("license_days_left")), _number(status.get("accounts_free"))
        hours = None if age is None else age // 60
        rows.append(_row(width, host, _health_of(result), _text(status.get("version")), days, free, hours))
        wrong += [f"{host}: {_sentence(text)}" for text in _items(result.get("violations"))]
    return rows + wrong


def _row(width: int, panel: str, *cells: Any) -> str:
    health, version, days, free, hours = (
        "-" if cell in (None, "") else one_line(cell, _LONGEST_CELL) for cell in cells
    )
    return f"{panel:<{width}}  {health:<11}  {version:<8}  {days:>12}  {free:>13}  {hours:>12}".rstrip()


def _health_of(result: Mapping[str, Any]) -> str:
    if not result:
        return "not checked"
    if not result.get("reachable"):
        return "unreachable"
    return "healthy" if result.get("healthy") is True else "unhealthy"


# --- What is told


def _status(told: Mapping[str, Any]) -> dict[str, Any]:
    """The status with its fields as documented; empty when there is none."""
    if not told:
        return {}
    return {
        **{name: _text(told.get(name)) for name in _TEXTS},
        **{name: _number(told.get(name)) for name in _NUMBERS},
        **{name: told.get(name) is True for name in _SWITCHES},
    }


def _service(name: str, info: Mapping[str, Any]) -> dict[str, Any]:
    told = _mapping(info.get(SUBSETS[name]))
    if name in ("wireguard", "iptables"):
        return {"version": _text(_mapping(told.get("packages")).get(name)) or ""}
    enabled = told.get("enabled") is True
    if name == "bind9":
        return {"version": _text(told.get(name)) or "", "enabled": enabled, "pids": {"named": _pid(told.get("pid"))}}
    pids = _mapping(told.get("pids"))
    return {
        "version": _text(_mapping(told.get("packages")).get(name)) or "",
        "enabled": enabled,
        "pids": {process: _pid(pids.get(process)) for process in ("charon", "starter")},
    }


def _archives(info: Mapping[str, Any]) -> list[Mapping[str, Any]] | None:
    """The archives, newest first; None when they were not asked for or not told."""
    if not _is_told(info, "backups"):
        return None
    return [_mapping(one) for one in _items(_mapping(info["backups"]).get("archives"))]


def _backups(archives: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    newest = archives[0] if archives else {}
    sizes = [size for size in (_number(one.get("size")) for one in archives) if size is not None and size >= 0]
    return {
        "count": len(archives),
        "size": sum(sizes),
        "newest": _text(newest.get("name")),
        "age": _number(newest.get("age")),
    }


# --- What is wrong


def _unreachable(told: Mapping[str, Any], info: Mapping[str, Any]) -> Iterator[str]:
    if not info:
        yield f"it cannot be looked at: {_sentence(told.get('msg'))}"
    unsupported = _unsupported(info)
    if unsupported:
        yield re.sub(r"The subset \w+", "The role healthcheck", unsupported[0])
    for name, subset in info.items():
        if "error" in _mapping(subset) and _sentence(subset["error"]) not in unsupported:
            yield f"it does not tell of {one_line(name)}: {_sentence(subset['error'])}"


def _unsupported(info: Mapping[str, Any]) -> list[str]:
    """What the subsets say that only 1.x panels have: all of them say the same of a 2.x panel."""
    subsets = [_mapping(subset) for subset in info.values()]
    return [_sentence(one["error"]) for one in subsets if one.get("error_code") == "unsupported_generation"]


def _status_violations(status: Mapping[str, Any], min_license_days: int, min_free_accounts: int) -> Iterator[str]:
    days, free = status["license_days_left"], status["accounts_free"]
    if not status["ready"]:
        yield f"it is not ready, its state is {status['state'] or 'unknown'}"
    if not status["license_valid"]:
        yield "its license is not valid"
    if days is None or days < min_license_days:
        unit = " days" if days is None or days < 0 else ""
        yield f"{license_term(days)}, and {min_license_days}{unit} are wanted"
    if free is None or free < min_free_accounts:
        yield f"{free_accounts(free)}, and {min_free_accounts} are wanted"


def _service_violations(services: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for name, service in services.items():
        if not service["version"]:
            yield f"{name} is not installed"
        elif service.get("enabled") and not any(service["pids"].values()):
            yield f"{name} does not run, although it is enabled"


def _backup_violations(backups: Mapping[str, Any], max_backup_hours: int) -> Iterator[str]:
    age = backups["age"]
    if not backups["count"]:
        yield "there is no backup"
    elif age is None or age > max_backup_hours * 60:
        how_old = "of unknown age" if age is None else f"{age // 60} hours old"
        yield f"its newest backup is {how_old}, and {max_backup_hours} are allowed"


# --- Values of any type


def _is_told(info: Mapping[str, Any], subset: str) -> bool:
    return subset in info and "error" not in _mapping(info[subset])


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _items(value: Any) -> Sequence[Any]:
    return value if isinstance(value, Sequence) and not isinstance(value, (str, bytes)) else []


def _text(value: Any) -> str | None:
    return one_line(value) if isinstance(value, str) else None


def _sentence(value: Any) -> str:
    return one_line(value, _LONGEST_SENTENCE)


def _number(value: Any) -> Any:
    """A number that can be calculated with and shown; None for everything else."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return value if is_number and abs(value) <= MAX_COUNT else None


def _pid(value: Any) -> int:
    return int(_number(value) or 0)
