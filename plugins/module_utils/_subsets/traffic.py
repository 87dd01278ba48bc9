# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The traffic of a month, by account, by server and as a whole."""

from __future__ import annotations

from typing import Any, Iterable, Mapping

from .._client import PanelClient
from .._endpoints import expand_path
from .._errors import ExchangeError, RefusedError
from .._objects.read_only import TRAFFIC
from .._schema import Items, Values, items_of


def traffic(client: PanelClient, accounts: Iterable[Values], path: str, period: Mapping[str, Any]) -> dict[str, Any]:
    """Read the traffic with one GET for each account.

    :param accounts: their ``name`` and ``wg_name``.
    :param path: shows an account by day, with places for ``name``, ``year`` and ``month``.
    :param period: ``year`` and ``month``.
    :raises PuqVpnError: as the client does.
    """
    year, month = period["year"], period["month"]
    # Whether the month is written with two digits is not documented (contract: account_traffic_statistics/1). A
    # spelling that the panel refuses is removed, so that it is tried once.
    spellings = list(dict.fromkeys((str(month), f"{month:02}")))
    rows = [
        {
            "name": account["name"],
            "wg_name": account.get("wg_name"),
            **_traffic_of(client, path, account["name"], year, spellings),
        }
        for account in accounts
        if "name" in account
    ]
    servers: dict[str, Items] = {}
    for row in rows:
        servers.setdefault(str(row["wg_name"]), []).append(row)
    return {
        "year": year,
        "month": month,
        "accounts": rows,
        "servers": [{"name": group[0]["wg_name"], **_sum(group)} for _name, group in sorted(servers.items())],
        "total": _sum(rows),
    }


def _traffic_of(client: PanelClient, path: str, name: Any, year: int, months: list[str]) -> dict[str, int]:
    """Return the bytes of an account in a month; remove the spellings of the month that the panel refuses."""
    try:
        return client.read(expand_path(path, {"name": name, "year": year, "month": months[0]}), _sum_of_days)
    except RefusedError as refused:
        if "wrong month" not in refused.said or len(months) == 1:
            raise
    del months[0]
    return _traffic_of(client, path, name, year, months)


def _sum_of_days(payload: Any) -> dict[str, int]:
    try:
        return _sum(TRAFFIC.read(day) for day in items_of(payload))
    except (KeyError, TypeError):
        raise ExchangeError("answer_wrong_type", "the answer does not show the traffic by day") from None


def _sum(items: Iterable[Values]) -> dict[str, int]:
    amounts = [(item["download"], item["upload"]) for item in items]
    return {"download": sum(download for download, _up in amounts), "upload": sum(upload for _down, upload in amounts)}
