# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report on a fleet, as a document: what is found on each panel, worst first, and what has changed since.

Neither a panel, nor the last report, nor a file of the role usage is trusted to have the documented form. A value of
another type counts as unknown, which is null in the document. All texts are printable and in one line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._health import items_in, mapping_of, number_of, text_of
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._untrusted import one_line
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._report.changes import changes_since
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._report.usage import PanelUsage
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._text_formats import optional_name, short_name

Values = Mapping[str, Any]

# Of the document. A report of another version is not compared with.
VERSION = 1

HEALTHY, UNHEALTHY, UNREACHABLE, NOT_CHECKED = "healthy", "unhealthy", "unreachable", "not_checked"
# What readers see of a healthy panel that differs from its files.
DRIFT = "drift"
# From the worst to the best.
_ORDER = (UNREACHABLE, NOT_CHECKED, UNHEALTHY, DRIFT, HEALTHY)

_LONGEST_TEXT = 1000


def build(
    found: Values,
    now: datetime,
    previous: Values | None = None,
    usage: Mapping[str, PanelUsage] | None = None,
    notes: Iterable[str] = (),
) -> dict[str, Any]:
    """Return the document, as described in the README of the role report.

    :param found: by the name of the host: ``health`` as ``puqvpn_health`` returns it, ``drift`` as ``puqvpn_apply``
        returns it in check mode, and ``error``, why there is no ``health``. Each may be missing.
    :param now: in UTC.
    :param previous: the last report, None if there is none.
    :param usage: what the role usage has written about each host.
    :param notes: what a reader of the report has to know about it, one sentence each.
    """
    earlier = rows_by_name(previous or {})
    panels = [
        _panel(short_name(host), mapping_of(result), (usage or {}).get(host) or PanelUsage())
        for host, result in found.items()
    ]
    for panel in panels:
        before = earlier.get(panel["name"], {})
        panel["changes"] = changes_since(before, panel) if previous is not None else []
        if panel["account_names"] is None:
            # The next report compares with what was known last.
            panel["account_names"] = _names(before.get("account_names"))
    panels.sort(key=_worst_first)
    names = {panel["name"] for panel in panels}
    return {
        "version": VERSION,
        "generated": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "previous": text_of((previous or {}).get("generated")),
        "summary": _summary(panels),
        "panels": panels,
        "gone": sorted(short_name(name) for name in earlier if name not in names),
        "notes": [
            one_line(text, _LONGEST_TEXT)
            for text in (*notes, *(problem for of_host in (usage or {}).values() for problem in of_host.problems))
        ],
    }


def rows_by_name(report: Values) -> dict[str, Values]:
    """Return the rows of an earlier report by the names of their panels."""
    rows = map(mapping_of, items_in(report.get("panels")))
    return {row["name"]: row for row in rows if isinstance(row.get("name"), str)}


def shown_state(panel: Values) -> str:
    """Return the state of a row, or ``drift`` if it is healthy and differs from its files."""
    differs = panel["state"] == HEALTHY and (panel["drift"] or {}).get("changes")
    return DRIFT if differs else str(panel["state"])


def _worst_first(panel: Values) -> tuple[int, int, str]:
    return _ORDER.index(shown_state(panel)), -len(panel["reasons"]), panel["name"]


def _summary(panels: Sequence[Values]) -> dict[str, Any]:
    states = [panel["state"] for panel in panels]
    return {
        "panels": len(panels),
        **{state: states.count(state) for state in (HEALTHY, UNHEALTHY, UNREACHABLE, NOT_CHECKED)},
        "accounts_used": _sum(panel["accounts"]["used"] for panel in panels),
        "accounts_limit": _sum(panel["accounts"]["limit"] for panel in panels),
        "online": _sum(panel["accounts"]["online"] for panel in panels),
        "drift_changes": _sum(panel["drift"] and panel["drift"]["changes"] for panel in panels),
    }


def _sum(numbers: Iterable[Any]) -> Any:
    """Return the sum of what is known; None if nothing is."""
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None


# --- One panel


def _panel(name: str, result: Values, usage: PanelUsage) -> dict[str, Any]:
    health = mapping_of(result.get("health"))
    status, accounts = mapping_of(health.get("status")), mapping_of(health.get("accounts"))
    names = _names(accounts.get("names"))
    drift = mapping_of(result.get("drift"))
    reasons = _reasons(health, result, drift)
    codes = {reason["code"] for reason in reasons}
    remaining = _still_there(names)
    return {
        "name": name,
        "url": text_of(status.get("url")),
        "generation": number_of(status.get("generation")),
        "version": text_of(status.get("version")),
        "state": _state(health, reasons),
        "reasons": reasons,
        "ready": status.get("ready") if isinstance(status.get("ready"), bool) else None,
        "license": {
            "valid": status.get("license_valid") if isinstance(status.get("license_valid"), bool) else None,
            "expires": text_of(status.get("license_expires")),
            "days_left": number_of(status.get("license_days_left")),
        },
        "accounts": {
            **{field: number_of(status.get(f"accounts_{field}")) for field in ("used", "limit", "free")},
            **{field: number_of(accounts.get(field)) for field in ("enabled", "online")},
        },
        "servers": _servers(accounts, usage),
        "traffic": usage.months,
        "backup": _backup(mapping_of(health.get("backups")), "backup_too_old" in codes),
        "drift": _drift(drift),
        **{field: [_end(item) for item in items_in(drift.get(field))] for field in ("expiring", "expired")},
        "over_quota": [account for account in usage.over_quota if remaining(account)],
        "unused": [account for account in usage.unused if remaining(account)],
        "changes": [],
        "account_names": names,
    }


def _state(health: Values, reasons: Sequence[Values]) -> str:
    if not health:
        return NOT_CHECKED
    if health.get("reachable") is not True:
        return UNREACHABLE
    return HEALTHY if health.get("healthy") is True and not reasons else UNHEALTHY


def _reasons(health: Values, result: Values, drift: Values) -> list[dict[str, str]]:
    """Return what is wrong with the codes of ``puqvpn_health``, and those that only a report has."""
    if not health:
        error = text_of(result.get("error")) or "this run has no result for it"
        return [_reason("not_checked", f"it cannot be checked: {error}")]
    texts, codes = items_in(health.get("violations")), items_in(health.get("violation_codes"))
    reasons = [
        _reason(text_of(codes[index]) or "other" if index < len(codes) else "other", text)
        for index, text in enumerate(texts)
    ]
    if drift and drift.get("failed"):
        reasons.append(_reason("drift_unknown", f"it cannot be compared with its files: {drift.get('msg')}"))
    return reasons


def _reason(name: str, text: Any) -> dict[str, str]:
    return {"code": name, "text": one_line(text, _LONGEST_TEXT)}


def _servers(accounts: Values, usage: PanelUsage) -> list[dict[str, Any]]:
    """Return the servers or networks by name, those with traffic in a file included that the panel does not show."""
    shown = {optional_name(server.get("name")): server for server in map(mapping_of, items_in(accounts.get("servers")))}
    return [
        {
            "name": name,
            "accounts": number_of(shown.get(name, {}).get("total")),
            **{field: number_of(shown.get(name, {}).get(field)) for field in ("enabled", "online")},
            "traffic": usage.servers.get(name, []),
        }
        for name in sorted({**shown, **usage.servers}, key=lambda name: (name is None, name or ""))
    ]


def _backup(backups: Values, is_too_old: bool) -> dict[str, Any]:
    # Without a backup, panels that report them are unhealthy. All others have not been asked.
    age = number_of(backups.get("age"))
    return {
        "count": number_of(backups.get("count")) or (0 if is_too_old else None),
        "newest": text_of(backups.get("newest")),
        "age_seconds": None if age is None else int(age * 60),
    }


def _was_compared(drift: Values) -> bool:
    # Without any variable to compare with, nothing is read.
    return not drift.get("failed") and isinstance(drift.get("plan"), Sequence) and drift.get("requests") != 0


def _drift(drift: Values) -> dict[str, Any] | None:
    if not _was_compared(drift):
        return None
    plan = [
        {
            **{field: short_name(change.get(field) or "") for field in ("action", "kind", "name")},
            "fields": [short_name(field) for field in items_in(change.get("fields"))],
            "reason": one_line(change.get("reason") or ""),
        }
        for change in map(mapping_of, items_in(drift["plan"]))
    ]
    refusals = map(mapping_of, items_in(drift.get("refusals")))
    return {
        "changes": len(plan),
        "plan": plan,
        "refusals": [one_line(refusal.get("message"), _LONGEST_TEXT) for refusal in refusals],
    }


def _end(item: Any) -> dict[str, Any]:
    end = mapping_of(item)
    return {
        **{field: short_name(end.get(field) or "") for field in ("kind", "name", "expires")},
        "days_left": number_of(end.get("days_left")),
    }


# --- Names


def _names(value: Any) -> list[str] | None:
    if not isinstance(value, Sequence) or isinstance(value, (str, bytes)):
        return None
    return sorted({short_name(name) for name in value})


def _still_there(names: Sequence[str] | None) -> Callable[[Values], bool]:
    """Return the condition that an account of a file exists, as far as the panel shows its accounts."""
    known = None if names is None else frozenset(names)
    return lambda account: known is None or account["name"] in known
