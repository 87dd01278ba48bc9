# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The traffic of accounts or clients by month, and its sums by server or network and as a whole."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Iterable, Mapping, NamedTuple

from .._client import PanelClient
from .._endpoints import expand_path
from .._errors import ExchangeError, RefusedError
from .._field_types import Number
from .._objects.read_only import TRAFFIC
from .._panel.reader import PanelReader
from .._schema import Field, Items, Kind, ObjectKind, Values, items_of, parent_of

# The options that name a month.
PERIOD = Kind(name="period", title="month", fields=(Field("year", Number(2000, 9999)), Field("month", Number(1, 12))))

BYTES_PER_GB = 10**9

# The local time of a panel may be this far ahead of UTC.
_LARGEST_OFFSET = timedelta(hours=14)
# By generation: shows an account or a client by day.
_PATHS = {1: "account/{name}/traffic_statistics/{year}/{month}", 2: "client/{name}/traffic/{year}/{month}"}


class Month(NamedTuple):
    """A calendar month."""

    year: int
    month: int

    def before(self, months: int) -> Month:
        """Return the month so many months before this one."""
        year, month = divmod(self.year * 12 + self.month - 1 - months, 12)
        return Month(year, month + 1)

    def has_begun(self, now: datetime) -> bool:
        """Return whether it has begun somewhere on earth."""
        local = now + _LARGEST_OFFSET
        return self <= (local.year, local.month)

    def __str__(self) -> str:
        return f"{self.year}-{self.month:02}"


class TrafficReader:
    """Reads the traffic of an account or client in a month, with one GET; several threads may use it at once."""

    def __init__(self, client: PanelClient) -> None:
        self._client = client
        # Whether a month below 10 needs two digits is not documented (contract: account_traffic_statistics/1). What
        # the panel accepts is found out once.
        self._two_digits = False

    def read(self, name: str, year: int, month: int) -> dict[str, int]:
        """Return the ``download`` and ``upload`` in bytes (contract: traffic_day, inferred).

        :raises ExchangeError: ``answer_wrong_type`` for an answer that does not show the traffic by day.
        :raises PuqVpnError: as the client does.
        """
        two_digits = self._two_digits
        try:
            return self._read(name, year, f"{month:02}" if two_digits else str(month))
        except RefusedError as refused:
            if two_digits or month >= 10 or "wrong month" not in refused.said:
                raise
        found = self._read(name, year, f"{month:02}")
        self._two_digits = True
        return found

    def _read(self, name: str, year: int, month: str) -> dict[str, int]:
        path = expand_path(
            _PATHS[self._client.connection.generation], {"name": name, "year": str(year), "month": month}
        )
        return self._client.read(path, _sum_of_days)


def traffic(reader: PanelReader, kind: ObjectKind, period: Mapping[str, Any]) -> dict[str, Any]:
    """Read the traffic of a month with one GET for each account or client.

    :param period: ``year`` and ``month``.
    :raises PuqVpnError: as the client does.
    """
    year, month = period["year"], period["month"]
    traffic_reader, server = TrafficReader(reader.client), parent_of(kind).field
    rows = [
        {
            "name": account["name"],
            "wg_name": account.get(server),
            **traffic_reader.read(account["name"], year, month),
        }
        for account in reader.objects(kind)
        if "name" in account
    ]
    return {
        "year": year,
        "month": month,
        "accounts": rows,
        "servers": sums_by_server(rows, "wg_name"),
        "total": sum_of(rows),
    }


def sums_by_server(rows: Iterable[Values], field: str) -> Items:
    """Return the sums of rows by the server or network that ``field`` names, sorted by it."""
    servers: dict[str, Items] = {}
    for row in rows:
        servers.setdefault(str(row[field]), []).append(dict(row))
    return [{"name": group[0][field], **sum_of(group)} for _name, group in sorted(servers.items())]


def sum_of(rows: Iterable[Values]) -> dict[str, int]:
    """Return the sums of ``download`` and ``upload``."""
    amounts = [(row["download"], row["upload"]) for row in rows]
    return {"download": sum(download for download, _up in amounts), "upload": sum(upload for _down, upload in amounts)}


def with_total(amount: Mapping[str, Any]) -> dict[str, Any]:
    """Return amounts of ``download`` and ``upload`` with their ``total`` in bytes, and in GB as ``total_gb``."""
    total = amount["download"] + amount["upload"]
    return {**amount, "total": total, "total_gb": round(total / BYTES_PER_GB, 3)}


def totals_by_server(rows: Iterable[Values]) -> Items:
    """As :func:`sums_by_server`, for rows with a ``server``, and with the totals."""
    return [with_total(sums) for sums in sums_by_server(rows, "server")]


def _sum_of_days(payload: Any) -> dict[str, int]:
    days = [TRAFFIC.read(day) for day in items_of(payload)]
    if not all(_is_amount(day.get(direction)) for day in days for direction in ("download", "upload")):
        raise ExchangeError("answer_wrong_type", "the answer does not show the traffic by day")
    return sum_of(days)


def _is_amount(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
