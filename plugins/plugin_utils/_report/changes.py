# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has changed about a panel since the last report.

Only what both reports show is compared: while a panel is unreachable, nothing about it counts as changed but its state.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import listed
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._health import items_in, mapping_of, number_of, text_of
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._summary import counted
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._untrusted import one_line

Values = Mapping[str, Any]

# A change of these is a change of the state of a panel.
STATE_CODES = ("state", "reason_new", "reason_gone")
# Reasons of which a panel may have several at once, so that their texts tell them apart. The texts of all others have
# numbers that change every day.
_SEVERAL = ("service_down", "unreadable")
_MOMENT = re.compile(r"^(\d{4}-\d\d-\d\d)T\d\d:\d\d.*$", re.ASCII)
# Their codes, labels and places in a row of the document.
_COMPARED = (
    ("version", "version", "version"),
    ("generation", "generation", "generation"),
    ("license", "end of the license", "license.expires"),
    ("accounts_limit", "account slots", "accounts.limit"),
    ("drift", "changes against its files", "drift.changes"),
)


def changes_since(before: Values, panel: Values) -> list[dict[str, str]]:
    """Return the changes as ``code`` and ``text``; ``before`` is the row in the last report, empty if it has none.

    A panel without a row counts as one that was healthy.
    """
    new = [] if before else [_change("panel_new", "the last report does not have it")]
    return [
        *new,
        *_state(before, panel),
        *_reasons(before, panel),
        *_numbers(before, panel),
        *_servers(before, panel),
        *_accounts(before, panel),
    ]


def _change(name: str, text: str) -> dict[str, str]:
    return {"code": name, "text": one_line(text, 1000)}


def _state(before: Values, panel: Values) -> Iterator[dict[str, str]]:
    old, new = text_of(before.get("state")) or "healthy", panel["state"]
    if old != new:
        yield _change("state", f"{state_in_words(old)} before, {state_in_words(new)} now")


def state_in_words(state: str) -> str:
    """Return a state in a sentence, such as ``not checked``."""
    return state.replace("_", " ")


def _reasons(before: Values, panel: Values) -> Iterator[dict[str, str]]:
    old, new = _by_key(before.get("reasons")), _by_key(panel["reasons"])
    yield from (_change("reason_new", text) for key, text in new.items() if key not in old)
    yield from (_change("reason_gone", f"no longer: {text}") for key, text in old.items() if key not in new)


def _by_key(reasons: Any) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for reason in map(mapping_of, items_in(reasons)):
        code, text = str(reason.get("code")), str(reason.get("text"))
        found.setdefault((code, text if code in _SEVERAL else ""), text)
    return found


def _numbers(before: Values, panel: Values) -> Iterator[dict[str, str]]:
    """Compare the values that are one number or one text each."""
    for code, label, path in _COMPARED:
        old, new = _at(before, path), _at(panel, path)
        if old is not None and new is not None and old != new:
            yield _change(code, f"{label}: {old} before, {new} now")


def _at(row: Values, path: str) -> Any:
    value: Any = row
    for key in path.split("."):
        value = mapping_of(value).get(key)
    text = text_of(value)
    # Of a moment, only the date.
    return number_of(value) if text is None else _MOMENT.sub(r"\1", text)


def _servers(before: Values, panel: Values) -> Iterator[dict[str, str]]:
    if before.get("account_names") is None or panel["account_names"] is None:
        return
    # A server without accounts is not listed.
    old, new = _accounts_by_server(before.get("servers")), _accounts_by_server(panel["servers"])
    for name in sorted({**old, **new}):
        if old.get(name, 0) != new.get(name, 0):
            text = f"accounts on {name}: {old.get(name, 0)} before, {new.get(name, 0)} now"
            yield _change("server_accounts", text)


def _accounts_by_server(servers: Any) -> dict[str, int | float]:
    found = (
        (text_of(server.get("name")), number_of(server.get("accounts")))
        for server in map(mapping_of, items_in(servers))
    )
    return {name: number for name, number in found if name is not None and number is not None}


def _accounts(before: Values, panel: Values) -> Iterator[dict[str, str]]:
    names = before.get("account_names")
    if not isinstance(names, list) or panel["account_names"] is None:
        return
    old, new = {name for name in names if isinstance(name, str)}, set(panel["account_names"])
    for code, verb, changed in (("account_created", "created", new - old), ("account_removed", "removed", old - new)):
        if changed:
            yield _change(code, f"{counted(len(changed), 'account')} {verb}: {listed(sorted(changed))}")
