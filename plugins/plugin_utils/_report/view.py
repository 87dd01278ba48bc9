# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the page and the Markdown of the role report show: texts with their units, lengths of bars, points of charts.

The templates of the role only present this. Every text is one line without control characters, but not escaped: what
has to be escaped depends on the format, so each template does that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._subsets.traffic import BYTES_PER_GB, Month
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._untrusted import one_line
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._report.document import (
    DRIFT,
    HEALTHY,
    NOT_CHECKED,
    UNHEALTHY,
    UNREACHABLE,
    shown_state,
)

View = dict[str, Any]

_LONGEST_NAME = 80
# Rows that all lists of one kind share, so that a page of many panels stays small; and the bounds of one list.
_ROWS_OF_ALL, _FEWEST_ROWS, _MOST_ROWS = 1000, 5, 50
# Up to so many panels, everything is unfolded.
_FEW_PANELS = 3

# By state: level (a class of the style sheet), sign and label.
_STATES = {
    UNREACHABLE: ("down", "✕", "Unreachable"),
    NOT_CHECKED: ("unknown", "?", "Not checked"),
    UNHEALTHY: ("bad", "!", "Unhealthy"),
    DRIFT: ("notice", "≠", "Healthy, with drift"),
    HEALTHY: ("good", "✓", "Healthy"),
}
# The length of a full bar.
_LICENSE_DAYS = 365

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9])")

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# Before this month.
_MONTHS_SHOWN = 12
# In units of the SVG: of a column and its bar, and of the plots.
_COLUMN, _BAR = 30, 20
_CHART_HEIGHT, _LINE_HEIGHT = 110, 26

_DIRECTIONS = ("download", "upload")
_NOTHING = dict.fromkeys(_DIRECTIONS, 0)


def report_view(document: Mapping[str, Any]) -> View:
    """Return what the templates of the role report show of its document."""
    panels = document["panels"]
    months = _months_until(document["generated"])
    rows = max(_FEWEST_ROWS, min(_MOST_ROWS, _ROWS_OF_ALL // max(len(panels), 1)))
    states = [shown_state(panel) for panel in panels]
    traffic = _sum_by_month((month for panel in panels for month in panel["traffic"]), months)
    return {
        **_headline(states),
        "generated": _moment(document["generated"]),
        "compared": _compared(document["previous"]),
        "states": _proportions(states),
        "figures": [*_figures(document, traffic.get(months[-1]))],
        "traffic": _chart(traffic, months),
        "notes": _limited([_sentence(note) for note in document["notes"]], rows),
        "changes": [*_changes(document, rows)],
        "unfolded": len(panels) <= _FEW_PANELS,
        "panels": [_panel(number, panel, months, rows) for number, panel in enumerate(panels, 1)],
    }


# --- The fleet


def _headline(states: Sequence[str]) -> View:
    total, well = len(states), sum(state in (HEALTHY, DRIFT) for state in states)
    if not total:
        level, text = "unknown", "No panels to report on"
    elif total == 1:
        level, _sign, label = _STATES[states[0]]
        text = "The panel is healthy" if well else f"The panel is {label.lower()}"
    elif well == total:
        level = "notice" if DRIFT in states else "good"
        text = f"All {total:,} panels are healthy"
    else:
        level = "bad"
        text = f"{well:,} of {total:,} panels {'is' if well == 1 else 'are'} healthy"
    sign = next(sign for of, sign, _label in _STATES.values() if of == level)
    return {"level": level, "sign": sign, "headline": text}


def _compared(previous: str | None) -> str:
    return f"Compared with the report of {_moment(previous)}" if previous else "No earlier report to compare with"


def _changes(document: Mapping[str, Any], rows: int) -> Iterator[View]:
    """Yield what has changed, with the number of the panel if the report has it."""
    for number, panel in enumerate(document["panels"], 1):
        if panel["changes"]:
            texts = _limited([_sentence(change["text"]) for change in panel["changes"]], rows)
            yield {"id": number, "panel": _name(panel["name"]), "texts": texts}
    for name in document["gone"]:
        yield {"id": None, "panel": _name(name), "texts": ["This report does not have it"]}


def _proportions(states: Sequence[str]) -> list[View]:
    """Return each state that occurs, with its part of a bar in percent."""
    counts = {state: states.count(state) for state in _STATES}
    return [
        {
            "level": level,
            "sign": sign,
            "text": f"{counts[state]:,} {label.lower()}",
            "percent": _ratio(counts[state], len(states)),
        }
        for state, (level, sign, label) in _STATES.items()
        if counts[state]
    ]


def _figures(document: Mapping[str, Any], month: Mapping[str, int] | None) -> Iterator[View]:
    """Yield the figures of the whole fleet that are known."""
    summary, panels = document["summary"], document["panels"]
    used, limit, online = summary["accounts_used"], summary["accounts_limit"], summary["online"]
    if used is not None:
        yield _figure("Accounts", _count(used), f"of {_count(limit)} slots" if limit else "", _part(used, limit))
    if online is not None:
        yield _figure("Online now", _count(online), "accounts with a session")
    if month:
        directions = ", ".join(f"{_amount(month[direction])} {direction}" for direction in _DIRECTIONS)
        yield _figure("Traffic this month", _amount(_total(month)), directions)
    terms = [(days, panel["name"]) for panel in panels if (days := panel["license"].get("days_left")) is not None]
    if terms:
        days, name = min(terms)
        yield _figure("Next license to end", _term(days), _name(name))
    ages = [(age, panel["name"]) for panel in panels if (age := panel["backup"].get("age_seconds")) is not None]
    if ages:
        age, name = max(ages)
        yield _figure("Oldest backup", _age(age), f"the newest of {_name(name)}")
    compared = [panel["drift"] for panel in panels if panel["drift"]]
    if compared:
        differing = sum(bool(drift["changes"]) for drift in compared)
        changes = summary["drift_changes"] or 0
        note = (
            f"{'change' if changes == 1 else 'changes'} in {differing:,} of {_plural(len(compared), 'panel')} compared"
        )
        yield _figure("Drift", _count(changes), note)


def _figure(label: str, value: str, note: str = "", percent: int | None = None) -> View:
    return {"label": label, "value": value, "note": note, "percent": percent}


# --- A panel


def _panel(number: int, panel: Mapping[str, Any], months: Sequence[Month], rows: int) -> View:
    level, sign, label = _STATES[shown_state(panel)]
    traffic = _sum_by_month(panel["traffic"], months)
    meters = [*_meters(panel, {reason["code"] for reason in panel["reasons"]})]
    return {
        "id": number,
        "name": _name(panel["name"]),
        "level": level,
        "sign": sign,
        "label": label,
        "about": ", ".join(_about(panel)),
        "reasons": _limited([_sentence(reason["text"]) for reason in panel["reasons"]], rows),
        "meters": meters,
        "summary": " · ".join(f"{meter['label']} {meter['text']}" for meter in meters),
        "traffic": _amount_or_dash(traffic.get(months[-1])),
        "line": _line(traffic, months, _peak([traffic])),
        "servers": _servers(panel["servers"], months, rows),
        "drift": _drift(panel["drift"], rows),
        "accounts": _accounts(panel, rows),
    }


def _about(panel: Mapping[str, Any]) -> Iterator[str]:
    if panel["url"]:
        yield one_line(panel["url"], 2 * _LONGEST_NAME)
    if panel["version"]:
        yield f"version {_name(panel['version'])}"


def _meters(panel: Mapping[str, Any], codes: set[str]) -> Iterator[View]:
    """Yield what is measured, with a bar where there is a limit; nothing of a panel that reports nothing."""
    days, expires = panel["license"].get("days_left"), panel["license"].get("expires")
    if days is not None:
        end = f"{'until' if days >= 0 else 'on'} {_date(expires)}" if expires else ""
        left = f"{_term(days)} left" if days >= 0 else f"ended {_term(days)}"
        yield _meter("License", left, end, _part(days, _LICENSE_DAYS), "license_ending" in codes)
    yield from _account_meters(panel["accounts"], "slots_low" in codes)
    backup = panel["backup"]
    if backup.get("count") is not None:
        age = backup.get("age_seconds")
        text = "none" if not backup["count"] else "of unknown age" if age is None else f"{_age(age)} old"
        kept = f"newest of {_count(backup['count'])}" if backup["count"] else ""
        yield _meter("Backup", text, kept, None, "backup_too_old" in codes)
    drift = panel["drift"]
    if drift is not None:
        text = _plural(drift["changes"], "change") if drift["changes"] else "none"
        yield _meter("Drift", text, "against its files", None, bool(drift["changes"]))


def _account_meters(accounts: Mapping[str, Any], slots_low: bool) -> Iterator[View]:
    used, limit, free = accounts.get("used"), accounts.get("limit"), accounts.get("free")
    if used is not None:
        text = f"{_count(used)} of {_count(limit)} slots" if limit else f"{_count(used)} in use"
        yield _meter("Accounts", text, "" if free is None else f"{_count(free)} free", _part(used, limit), slots_low)
    online, enabled = accounts.get("online"), accounts.get("enabled")
    if online is not None:
        note = "" if enabled is None else f"of {_count(enabled)} enabled"
        yield _meter("Online now", _count(online), note, _part(online, enabled), False)


def _meter(label: str, text: str, note: str, percent: int | None, is_bad: bool) -> View:
    # The sign says in black and white what the color says.
    return {"label": label, "text": text, "note": note, "percent": percent, "is_bad": is_bad}


def _servers(servers: Sequence[Mapping[str, Any]], months: Sequence[Month], rows: int) -> View:
    shown = sorted(servers, key=lambda server: -sum(month["total"] for month in server["traffic"]))[:rows]
    traffic = [_sum_by_month(server["traffic"], months) for server in shown]
    peak = _peak(traffic)
    return {
        "title": _plural(len(servers), "server"),
        "has_traffic": any(traffic),
        "rows": [
            {
                "name": "not known" if server["name"] is None else _name(server["name"]),
                "accounts": _count_or_dash(server["accounts"]),
                "enabled": _count_or_dash(server["enabled"]),
                "online": _count_or_dash(server["online"]),
                "this_month": _amount_or_dash(of_server.get(months[-1])),
                "last_month": _amount_or_dash(of_server.get(months[-2])),
                "line": _line(of_server, months, peak),
            }
            for server, of_server in zip(shown, traffic, strict=True)
        ],
        "more": _more(len(servers) - len(shown), "server"),
    }


def _drift(drift: Mapping[str, Any] | None, rows: int) -> View | None:
    if not drift or not (drift["plan"] or drift["refusals"]):
        return None
    plan = drift["plan"]
    return {
        "title": f"Drift: {_plural(drift['changes'], 'change')}",
        "rows": [
            {
                "action": _name(step["action"]),
                "kind": _name(step["kind"]),
                "name": _name(step["name"]),
                "fields": one_line(", ".join(map(str, step["fields"])), 2 * _LONGEST_NAME),
                "reason": one_line(step["reason"], 2 * _LONGEST_NAME),
            }
            for step in plan[:rows]
        ],
        "more": _more(len(plan) - rows, "change"),
        "refusals": _limited([one_line(refusal) for refusal in drift["refusals"]], rows),
    }


def _accounts(panel: Mapping[str, Any], rows: int) -> View | None:
    """Return the accounts that somebody should look at, the most urgent first."""
    notes = [
        *((entry["name"], f"expired on {_name(entry['expires'])}") for entry in panel["expired"]),
        *((entry["name"], _ending(entry)) for entry in panel["expiring"]),
        *(
            (entry["name"], f"over quota: {_gb(entry['total_gb'])} of {_gb(entry['quota_gb'])} this month")
            for entry in panel["over_quota"]
        ),
        *((entry["name"], "no traffic this month and last month") for entry in panel["unused"]),
    ]
    if not notes:
        return None
    parts = {name: len(panel[name]) for name in ("expired", "expiring", "over_quota", "unused")}
    return {
        "title": "Accounts: "
        + ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in parts.items() if count),
        "rows": [{"name": _name(name), "note": note} for name, note in notes[:rows]],
        "more": _more(len(notes) - rows, "account"),
    }


def _ending(entry: Mapping[str, Any]) -> str:
    days = entry["days_left"]
    left = "" if days is None else ", today" if days == 0 else f", in {_plural(days, 'day')}"
    return f"ends on {_name(entry['expires'])}{left}"


# --- Traffic


def _months_until(generated: str) -> list[Month]:
    """Return this month and those before it that are shown, the oldest first."""
    current = Month(int(generated[:4]), int(generated[5:7]))
    return [current.before(months) for months in range(_MONTHS_SHOWN, -1, -1)]


def _sum_by_month(traffic: Iterable[Mapping[str, Any]], months: Sequence[Month]) -> dict[Month, dict[str, int]]:
    """Return the amounts of those months that have any, in bytes by direction."""
    sums: dict[Month, dict[str, int]] = {}
    for entry in traffic:
        month = Month(entry["year"], entry["month"])
        if month in months:
            amounts = sums.setdefault(month, {**_NOTHING})
            for direction in _DIRECTIONS:
                amounts[direction] += entry[direction]
    return sums


def _total(amounts: Mapping[str, int]) -> int:
    return sum(amounts[direction] for direction in _DIRECTIONS)


def _peak(traffic: Iterable[Mapping[Month, Mapping[str, int]]]) -> int:
    return max((_total(amounts) for by_month in traffic for amounts in by_month.values()), default=0)


def _chart(traffic: Mapping[Month, Mapping[str, int]], months: Sequence[Month]) -> View | None:
    """Return a chart of both directions, one upon the other, and the same as the rows of a table."""
    peak = _peak([traffic])
    if not peak:
        return None
    shown = [traffic.get(month, _NOTHING) for month in months]
    return {
        "width": _COLUMN * len(months),
        "height": _CHART_HEIGHT,
        "peak": _amount(peak),
        # The bars of downloads lie upon those of both directions.
        "total": _bars([_total(amounts) for amounts in shown], peak, _CHART_HEIGHT),
        "download": _bars([amounts["download"] for amounts in shown], peak, _CHART_HEIGHT),
        "labels": [_MONTHS[month - 1] for _year, month in months],
        "description": _described(traffic, months),
        "rows": [
            {
                "month": _month_name(month),
                **{direction: _amount(traffic[month][direction]) for direction in _DIRECTIONS},
                "total": _amount(_total(traffic[month])),
            }
            for month in reversed(months)
            if month in traffic
        ],
    }


def _line(traffic: Mapping[Month, Mapping[str, int]], months: Sequence[Month], peak: int) -> View | None:
    """Return a chart that fits into a line of text."""
    if not peak or not traffic:
        return None
    totals = [_total(traffic.get(month, _NOTHING)) for month in months]
    return {
        "width": _COLUMN * len(months) // 3,
        "height": _LINE_HEIGHT,
        "bars": _bars(totals, peak, _LINE_HEIGHT, scale=3),
        "description": _described(traffic, months),
    }


def _bars(amounts: Sequence[int], peak: int, height: int, scale: int = 1) -> str:
    """Return the path of a bar for each amount that is not 0, ``height`` high for the ``peak``."""
    column, width = _COLUMN // scale, _BAR // scale
    return "".join(
        # Something is at least a line.
        f"M{column * place + (column - width) // 2} {height}v-{max(round(height * amount / peak), 1)}h{width}V{height}z"
        for place, amount in enumerate(amounts)
        if amount > 0
    )


def _described(traffic: Mapping[Month, Mapping[str, int]], months: Sequence[Month]) -> str:
    """Return a chart in words."""
    return ", ".join(f"{_month_name(month)}: {_amount(_total(traffic[month]))}" for month in months if month in traffic)


def _month_name(month: Month) -> str:
    return f"{_MONTHS[month.month - 1]} {month.year}"


# --- Texts


def _name(value: Any) -> str:
    return one_line(value, _LONGEST_NAME) or "–"


def _sentence(text: str) -> str:
    """Return what is said about a panel, such as "it is not ready", as a line of its own."""
    line = one_line(text)
    return line[:1].upper() + line[1:]


def _date(text: str) -> str:
    """Return the date of a moment without its time; any other text as it is."""
    return text[:10] if _DATE.match(text) else _name(text)


def _moment(text: str) -> str:
    """Return a moment like 2026-11-30T14:30:00Z for readers, in minutes."""
    return f"{one_line(text)[:16].replace('T', ' ')} UTC"


def _count(number: float) -> str:
    # A panel may show 20.0.
    return f"{round(number):,}"


def _count_or_dash(number: float | None) -> str:
    return "–" if number is None else _count(number)


def _plural(number: float, noun: str) -> str:
    return f"{_count(number)} {noun}{'' if number == 1 else 's'}"


def _term(days: float) -> str:
    """Return how long a license is still valid, or how long ago it ended."""
    # Days are rounded down: in the first hours after the end, it is minus one.
    ended = -days - 1
    return _plural(days, "day") if days >= 0 else f"{_plural(ended, 'day')} ago" if ended else "today"


def _amount(number: int) -> str:
    """Return bytes with three digits and a decimal unit, as the role usage counts."""
    size, units = float(number), ["B", "kB", "MB", "GB", "TB", "PB"]
    while size >= 999.5 and len(units) > 1:
        size /= 1000
        units.pop(0)
    return f"{size:.3g} {units[0]}" if size < 1000 else f"{size:,.0f} {units[0]}"


def _gb(number: float) -> str:
    return _amount(round(number * BYTES_PER_GB))


def _amount_or_dash(amounts: Mapping[str, int] | None) -> str:
    return _amount(_total(amounts)) if amounts else "–"


def _age(seconds: float) -> str:
    minutes = int(seconds // 60)
    if minutes < 120:
        return _plural(minutes, "minute")
    return _plural(minutes // 60, "hour") if minutes < 72 * 60 else _plural(minutes // 1440, "day")


def _ratio(part: float, whole: float) -> int:
    """Return a part in percent: 0 only if it is nothing, never more than everything."""
    return max(0, min(100, round(100 * part / whole) or int(part > 0)))


def _part(part: float | None, whole: float | None) -> int | None:
    return None if part is None or not whole or whole < 0 else _ratio(part, whole)


def _limited(texts: Sequence[str], rows: int) -> list[str]:
    more = _more(len(texts) - rows, "line")
    return [*texts[:rows], *([more] if more else [])]


def _more(number: int, noun: str) -> str:
    return f"and {_plural(number, f'more {noun}')}" if number > 0 else ""
