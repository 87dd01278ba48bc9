# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of the role usage in the folder of a panel: a report for each month, and the list of its own changes.

What is read of them decides about accounts, so a file that is not exactly as the role writes it is refused before
anything happens.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import OptionError
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._files import content_of_file, obstacle
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._subsets.traffic import (
    BYTES_PER_GB,
    sum_of,
    totals_by_server,
    with_total,
)
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._untrusted import echo, printable
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._csv import to_csv
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._safe_paths import path_in
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._usage.rules import (
    BANDWIDTHS,
    QUOTA,
    STALE,
    Decisions,
    Entry,
    Known,
    Rules,
    Values,
    month_text,
)

LIST = "changes.json"

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
# The columns of a report, with the type of what a row of an earlier one has there.
_COLUMNS: dict[str, tuple[type, ...]] = {
    "panel": (str,),
    "name": (str,),
    "server": (str, type(None)),
    "year": (int,),
    "month": (int,),
    "download": (int,),
    "upload": (int,),
    "total": (int,),
    "total_gb": (float, int),
    "quota_gb": (float, int, type(None)),
    "over_quota": (bool,),
}


# --- The list


def read_list(path: str) -> Known:
    """Return what the role remembers of a panel; nothing before its first run.

    :raises OptionError: the file cannot be read, or is not as the role writes it.
    """
    found = _read(path, _known)
    return Known() if found is None else found


def usage_hold(items: Sequence[Any], folder: str, host: str) -> list[Any]:
    """Return items of accounts with the values that the role has set, so that applying them restores no account.

    A lower bandwidth of an item is kept; 0 means unlimited. What is no item is returned as it is.

    :param folder: contains a folder for each panel.
    :param host: the name of the panel in the inventory.
    :raises OptionError: as :func:`read_list` does.
    """
    held: dict[str, Values] = {}
    for entry in read_list(os.path.join(path_in(folder, host), LIST)).entries:
        held[entry.name] = {**held.get(entry.name, {}), **entry.values}
    return [
        {**item, **_lower(item, held.get(str(item.get("name")), {}))} if isinstance(item, Mapping) else item
        for item in items
    ]


def _lower(item: Values, held: Values) -> dict[str, Any]:
    lower = dict(held)
    for name in BANDWIDTHS:
        own = str(item.get(name))
        if name in held and own.isdecimal() and 0 < int(own) < held[name]:
            lower[name] = item[name]
    return lower


def list_text(since: Mapping[str, tuple[str, str]], entries: Iterable[Entry]) -> str:
    """Return the content of the list, sorted by account."""
    return _json(
        {
            "accounts": {name: {"since": month, "identity": identity} for name, (month, identity) in since.items()},
            "changes": [asdict(entry) for entry in sorted(entries, key=lambda entry: entry.name)],
        }
    )


def _known(content: Any) -> Known:
    since = {name: (_month(seen["since"]), _text(seen["identity"])) for name, seen in content["accounts"].items()}
    return Known(since, [_entry(**item) for item in content["changes"]])


def _entry(
    *,
    name: Any,
    identity: Any,
    reason: Any,
    month: Any,
    values: Mapping[str, Any],
    previous: Mapping[str, Any],
    done: Any,
) -> Entry:
    if reason not in (QUOTA, STALE) or not isinstance(done, bool) or values.keys() != previous.keys() or not values:
        raise ValueError
    for field, value in (*values.items(), *previous.items()):
        is_number = isinstance(value, int) and not isinstance(value, bool)
        if not (value in ("enable", "disable") if field == "status" else field in BANDWIDTHS and is_number):
            raise ValueError
    return Entry(_text(name), _text(identity), reason, _month(month), dict(values), dict(previous), done)


# --- The reports


def report(host: str, month: Values, usage: Values, rules: Rules, path: str) -> dict[str, Any]:
    """Return the report of a month, without the names of its files.

    An account that the panel does not show any more keeps its row of the earlier report at ``path``: it has had this
    traffic, whether it was removed since or cannot be read at the moment.

    :raises OptionError: the earlier report cannot be read, or is not as the role writes it.
    """
    earlier = _read(path, _rows) or []
    current = [row for row in usage["rows"] if month_text(row) == month_text(month)]
    rows = {row["name"]: row for row in (*earlier, *({**row, "panel": host} for row in current))}
    shown = [_with_quota(rows[name], rules) for name in sorted(rows)]
    return {
        "panel": host,
        "year": month["year"],
        "month": month["month"],
        "rows": shown,
        "servers": totals_by_server(shown),
        "total": with_total(sum_of(shown)),
    }


def report_files(report: Values, path: str) -> list[dict[str, str]]:
    """Return the paths and contents of a report, as JSON and CSV; ``path`` is without their endings."""
    # Texts of a panel may contain what no CSV can, and nobody wants several lines in a cell.
    rows = [
        {**row, "name": printable(row["name"]), "server": row["server"] and printable(row["server"])}
        for row in report["rows"]
    ]
    return [
        {"path": f"{path}.json", "content": _json(report)},
        {"path": f"{path}.csv", "content": to_csv(rows, columns=list(_COLUMNS))},
    ]


def _rows(content: Any) -> list[dict[str, Any]]:
    return [{name: _typed(row[name], types) for name, types in _COLUMNS.items()} for row in content["rows"]]


def _with_quota(row: Values, rules: Rules) -> dict[str, Any]:
    quota = rules.quota_of(row["name"])
    return {**row, "quota_gb": quota, "over_quota": quota is not None and row["total"] > quota * BYTES_PER_GB}


# --- Files


def lists_of(decisions: Decisions) -> tuple[str, str]:
    """Return the list until the panel has stored the changes, and afterwards."""
    return list_text(decisions.since, decisions.before), list_text(decisions.since, decisions.entries)


def differs(path: str, content: str) -> bool:
    """Return whether a file does not have the content.

    :raises OptionError: it cannot be read, or is not a regular file.
    """
    return content_of_file(path, follow=False) != content.encode("utf-8")


def _read(path: str, interpret: Callable[[Any], Any]) -> Any:
    found = obstacle(path)
    if found:
        raise OptionError(found)
    content = content_of_file(path, follow=False)
    if content is None:
        return None
    try:
        return interpret(json.loads(content.decode("utf-8")))
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
        raise OptionError(
            f"{echo(path)} is not as the role writes it. Restore it from a backup, or remove it: "
            + (
                "the role then restores no account that it has changed before."
                if os.path.basename(path) == LIST
                else "accounts that were removed since are then missing in this report."
            )
        ) from None


def _text(value: Any) -> str:
    return str(_typed(value, (str,)))


def _month(value: Any) -> str:
    text = _text(value)
    if not _MONTH.fullmatch(text):
        raise ValueError
    return text


def _typed(value: Any, types: tuple[type, ...]) -> Any:
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        raise ValueError
    return value


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, sort_keys=False) + "\n"
