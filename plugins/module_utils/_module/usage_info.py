# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The body of ``puqvpn_usage_info``: the traffic of accounts or clients by month, and who has had none for long."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Iterable, Mapping, Sequence

from .._client import PanelClient
from .._document.sections import LAYOUTS
from .._errors import OptionError, PuqVpnError, RefusedError, listed
from .._field_types import NAME
from .._objects.system_config import SYSTEM_CONFIG
from .._panel.parallel import CONCURRENCY_ARGUMENT, check_concurrency, in_parallel
from .._panel.reader import PanelReader
from .._resource import parse_options
from .._schema import ArgumentSpec, Items, ObjectKind, Values, parent_of
from .._subsets.sessions import Session, live_sessions, sessions_by_account
from .._subsets.traffic import PERIOD, Month, TrafficReader, sum_of, totals_by_server, with_total
from .._summary import counted
from .._time import parse_time
from .._untrusted import printable

OPTIONS: ArgumentSpec = {
    **{name: argument for name, argument in PERIOD.argument_spec.items() if name != "include_secrets"},
    "months_back": {"type": "int", "default": 0},
    "stale_months": {"type": "int"},
    "names": {"type": "list", "elements": "str"},
    "concurrency": CONCURRENCY_ARGUMENT,
}

# Panels keep a few months; this only stops a typing error from causing thousands of requests.
_MOST_MONTHS = 120
_LONGEST_NAME = 255
_OTHER_PATH = ("answer_is_html", "http_error", "unknown_operation")


@dataclass(frozen=True)
class _Period:
    """The months to report, and those in which a stale account had no traffic; each from the newest to the oldest."""

    reported: Sequence[Month]
    stale: Sequence[Month]
    skipped: Mapping[Month, str]


@dataclass
class _Usage:
    """The traffic of an account: ``amounts`` of the months that the panel showed, and what it refused."""

    account: Values
    amounts: dict[Month, dict[str, int]] = field(default_factory=dict)
    failed: Month | None = None
    error: PuqVpnError | None = None

    def is_stale(self, period: _Period) -> bool:
        """Return whether the panel shows all months of the period, and no traffic in any of them."""
        amounts = [self.amounts.get(month) for month in period.stale]
        return bool(amounts) and all(amount is not None and not any(amount.values()) for amount in amounts)


def usage_info(options: Mapping[str, Any], client: PanelClient) -> dict[str, Any]:
    """Read the traffic, with one GET for each account or client and month besides the list of accounts.

    :returns: ``changed``, which is always false, ``usage`` and ``msg``.
    :raises OptionError: for a wrong option, before anything is sent.
    :raises PuqVpnError: ``not_found`` for a name that does not exist, ``requirements_not_met`` if the panel does not
        keep the traffic for as long as ``stale_months`` needs, or as the client does.
    """
    now = client.now
    wanted = _period_of(options, client, now)
    check_concurrency(options["concurrency"])
    reader = PanelReader(client)
    kind = LAYOUTS[reader.generation].accounts.kind
    accounts = _accounts(reader, kind, options["names"])
    period = _kept(wanted, _history(reader, wanted, now), now, client) if accounts else wanted
    traffic = TrafficReader(client)
    found = in_parallel(
        options["concurrency"], lambda account: _read(traffic, account, period), accounts, interrupt=client.stop
    )
    _report_failures(found, client)
    current = {"generation": reader.generation, "current_month": Month(now.year, now.month)._asdict()}
    usage = {**current, **_result(reader, kind, found, period)}
    if period.stale:
        usage["accounts_without_traffic_since"] = _stale(reader, kind, found, period)
    return {"changed": False, "usage": usage, "msg": _message(usage, kind)}


# --- Months


def _period_of(options: Mapping[str, Any], client: PanelClient, now: datetime) -> _Period:
    for name, least in (("months_back", 0), ("stale_months", 1)):
        if options[name] is not None and not least <= options[name] <= _MOST_MONTHS:
            raise OptionError(f"{name} is {options[name]}", hint=f"Give a number from {least} to {_MOST_MONTHS}.")
    current = Month(now.year, now.month)
    last = Month(**{**current._asdict(), **parse_options(PERIOD, options, client)})
    asked = [last.before(months) for months in range(options["months_back"] + 1)]
    stale = [current.before(months) for months in range(options["stale_months"] + 1)] if options["stale_months"] else []
    future = {month: "future" for month in asked if not month.has_begun(now)}
    return _Period([month for month in asked if month not in future], stale, future)


def _history(reader: PanelReader, period: _Period, now: datetime) -> int | None:
    """Return for how many months a panel keeps traffic; None if it does not say, or where the current one suffices.

    Only 1.x panels are known to say it (contract: system_config_get).
    """
    is_needed = period.stale or any(month < (now.year, now.month) for month in period.reported)
    if reader.generation == 2 or not is_needed:
        return None
    try:
        history = reader.settings(SYSTEM_CONFIG).get("traffic_statistics_history")
    except PuqVpnError as error:
        if not reader.concerns_one_part(error):
            raise
        return None
    return history if isinstance(history, int) and history >= 0 else None


def _kept(period: _Period, history: int | None, now: datetime, client: PanelClient) -> _Period:
    """Return the period without months that the panel does not keep any more.

    Whether the current month is one of the months of the history is not documented. So a month is read if either is
    possible, and nobody is called stale unless the panel certainly keeps all months.

    :raises PuqVpnError: ``requirements_not_met``.
    """
    if history is None:
        if period.stale:
            client.warnings.append(
                "The panel does not show for how many months it keeps traffic statistics, which is 2 by default. So "
                "accounts without traffic may have had some in months that it does not keep any more."
            )
        return period
    if period.stale and history < len(period.stale):
        months = len(period.stale)
        raise PuqVpnError(
            "requirements_not_met",
            f"stale_months is {months - 1}, so the traffic of {months} months is needed, the current one included, and "
            f"traffic_statistics_history of the panel is {history}",
            hint=f"Set it to {months} or more with puqvpn_system_config, or decrease stale_months.",
        ).at(client.connection.root)
    if not history:
        client.warnings.append("The panel collects no traffic statistics: its traffic_statistics_history is 0.")
    oldest = Month(now.year, now.month).before(history)
    gone = {month: "not_kept" for month in period.reported if month < oldest}
    reported = [month for month in period.reported if month not in gone]
    return _Period(reported, period.stale, {**period.skipped, **gone})


# --- Accounts


def _accounts(reader: PanelReader, kind: ObjectKind, names: Sequence[str] | None) -> Items:
    wanted = [{"name": name} for name in dict.fromkeys(names or ())]
    found = reader.named_objects(kind, wanted, partial=names is not None)
    reader.client.learn_secrets(*found)
    if names is None:
        return found
    by_name = {account["name"]: account for account in found}
    missing = [item["name"] for item in wanted if item["name"] not in by_name]
    if missing:
        raise PuqVpnError(
            "not_found", f"these {kind.title}s do not exist: {listed(missing)}", hint="Check the list names."
        ).at(reader.root)
    return [by_name[item["name"]] for item in sorted(wanted, key=lambda item: item["name"])]


def _read(traffic: TrafficReader, account: Values, period: _Period) -> _Usage:
    """Read the months of an account from the newest to the oldest, up to the first one that the panel refuses.

    Where only the question is whether it is stale, the newest month with traffic answers it.
    """
    usage = _Usage(account)
    try:
        for month in period.reported:
            usage.failed = month
            usage.amounts[month] = traffic.read(account["name"], *month)
        for month in period.stale:
            usage.failed = month
            if month not in usage.amounts:
                usage.amounts[month] = traffic.read(account["name"], *month)
            if any(usage.amounts[month].values()):
                break
    except PuqVpnError as error:
        if not _concerns_one_account(error, account["name"]):
            raise
        usage.error = error
    else:
        usage.failed = None
    return usage


def _concerns_one_account(error: PuqVpnError, name: str) -> bool:
    """Return whether the same request for another account may succeed.

    An account that was removed meanwhile, a name that no path can contain, a month that the panel refuses, and an
    answer that nobody understands must not hide the traffic of all others.
    """
    if isinstance(error, RefusedError):
        return error.code in ("not_found", "panel_refused")
    # A server may take a name that no account should have, such as one with a slash, for another path.
    is_odd = re.fullmatch(NAME.pattern, name) is None or len(name) > _LONGEST_NAME
    return error.code in ("answer_wrong_type", "untrusted_value") or (is_odd and error.code in _OTHER_PATH)


def _report_failures(found: Sequence[_Usage], client: PanelClient) -> None:
    """Warn of accounts whose traffic is unknown.

    :raises PuqVpnError: that of the first account, if the panel showed the traffic of none.
    """
    failed = [usage for usage in found if usage.error]
    if failed and not any(usage.amounts for usage in found):
        raise failed[0].error or AssertionError
    if failed:
        names = [printable(usage.account["name"]) for usage in failed]
        client.warnings.append(
            f"The traffic of {listed(names)} is unknown or incomplete, and counts in no total. The first error: "
            f"{failed[0].error}"
        )


# --- The result


def _result(reader: PanelReader, kind: ObjectKind, found: Sequence[_Usage], period: _Period) -> dict[str, Any]:
    server = parent_of(kind).field
    months = sorted(period.reported)
    rows = [
        {
            "panel": reader.root,
            "name": usage.account["name"],
            "server": _text(usage.account.get(server)),
            **month._asdict(),
            **with_total(usage.amounts[month]),
        }
        for month in months
        for usage in found
        if month in usage.amounts
    ]
    return {
        "rows": rows,
        "months": [
            {
                **month._asdict(),
                **with_total(sum_of(of_month)),
                "servers": totals_by_server(of_month),
            }
            for month in months
            for of_month in [[row for row in rows if (row["year"], row["month"]) == month]]
        ],
        "servers": totals_by_server(rows),
        "total": with_total(sum_of(rows)),
        "accounts": [
            {
                **_described(kind, usage.account),
                **with_total(sum_of(usage.amounts[month] for month in months if month in usage.amounts)),
                "complete": usage.error is None,
            }
            for usage in found
        ],
        "failures": [
            {
                "name": usage.account["name"],
                **usage.failed._asdict(),
                "error": str(usage.error),
                "error_code": usage.error.code,
            }
            for usage in found
            if usage.error and usage.failed
        ],
        "skipped_months": [{**month._asdict(), "reason": reason} for month, reason in sorted(period.skipped.items())],
    }


def _described(kind: ObjectKind, account: Values) -> dict[str, Any]:
    """Return what tells accounts apart, and what a quota may change; null for what a panel does not show."""
    return {
        "name": account["name"],
        "server": _text(account.get(parent_of(kind).field)),
        "status": _text(account.get("status")),
        "username": _text(account.get("username")),
        "address": _text(account.get(kind.address)),
        "public_key": _text(account.get("public_key")),
        "b_download": _number(account.get("b_download")),
        "b_upload": _number(account.get("b_upload")),
    }


def _stale(reader: PanelReader, kind: ObjectKind, found: Sequence[_Usage], period: _Period) -> Items:
    """Return the accounts without traffic in the period, with what the panel shows of their sessions."""
    stale = [usage.account for usage in found if usage.is_stale(period)]
    sessions = _sessions(reader, kind, [usage.account for usage in found]) if stale else {}
    return [
        {
            "name": account["name"],
            "server": _text(account.get(parent_of(kind).field)),
            "status": _text(account.get("status")),
            **period.stale[-1]._asdict(),
            "online": None if sessions is None else account["name"] in sessions,
            "last_handshake": _last_handshake((sessions or {}).get(account["name"], ())),
        }
        for account in stale
    ]


def _sessions(reader: PanelReader, kind: ObjectKind, accounts: Iterable[Values]) -> dict[str, list[Session]] | None:
    """Return the live sessions by account; None with a warning if the panel does not show them."""
    try:
        return sessions_by_account(kind, accounts, live_sessions(reader))
    except PuqVpnError as error:
        if not reader.concerns_one_list(error):
            raise
        reader.client.warnings.append(f"Whether accounts without traffic are online is unknown: {error}")
        return None


def _last_handshake(sessions: Iterable[Values]) -> str | None:
    """Return the time of the last handshake as the panel writes it, in its own time zone; null if it shows none."""
    times = [session.get("latest_handshake") for session in sessions]
    return max((str(time) for time in times if parse_time(time)), default=None)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _message(usage: Mapping[str, Any], kind: ObjectKind) -> str:
    months = [Month(month["year"], month["month"]) for month in usage["months"]]
    parts = [
        counted(len(usage["accounts"]), kind.title),
        f"{usage['total']['total_gb']:.3f} GB"
        + (f" in {months[0]}" if len(months) == 1 else f" from {months[0]} to {months[-1]}" if months else ""),
    ]
    if "accounts_without_traffic_since" in usage:
        parts.append(f"{len(usage['accounts_without_traffic_since'])} without traffic")
    if usage["failures"]:
        parts.append(f"{len(usage['failures'])} unknown")
    return ", ".join(parts)
