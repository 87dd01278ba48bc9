# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documents of the role report, and the files that its templates make of them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._untrusted import as_table_cell
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._report.view import report_view
from jinja2 import Environment, Template

TEMPLATES = Path(__file__).resolve().parents[2] / "roles/report/templates"
PAGE, MARKDOWN = "report.html.j2", "report.md.j2"
STATES = ("unreachable", "not_checked", "unhealthy", "healthy")


def engine() -> Environment:
    """The engine of templates, set as Ansible does and as the first line of the templates asks for."""
    environment = Environment(trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)
    environment.filters["puqcloud.puqvpn.table_cell"] = as_table_cell
    return environment


def source(name: str) -> str:
    """The text of a template without the line that is for Ansible."""
    header, _end, text = (TEMPLATES / name).read_text().partition("\n")
    assert header == "#jinja2: lstrip_blocks: True"
    return text


def rendered(document: dict[str, Any], name: str = PAGE) -> str:
    """The file that a template makes of a document."""
    return _compiled(name).render(report=report_view(document))


@cache
def _compiled(name: str) -> Template:
    return engine().from_string(source(name))


# --- Documents


def months(last: int, number: int = 13) -> list[dict[str, int]]:
    """The traffic of the months until November 2026, which has ``last`` bytes of downloads."""
    traffic = []
    for back in reversed(range(number)):
        count = 2026 * 12 + 10 - back
        download = last * (40 - 2 * back + 7 * (back % 3)) // 40
        amounts = {"download": download, "upload": download // 5, "total": download + download // 5}
        traffic.append({"year": count // 12, "month": count % 12 + 1, **amounts})
    return traffic


def blank_panel(name: str, state: str, *reasons: tuple[str, str]) -> dict[str, Any]:
    """The row of a panel that shows nothing."""
    return {
        "name": name,
        "url": None,
        "generation": None,
        "version": None,
        "state": state,
        "reasons": [{"code": code, "text": text} for code, text in reasons],
        "ready": None,
        "license": {"valid": None, "expires": None, "days_left": None},
        "accounts": dict.fromkeys(("used", "limit", "free", "enabled", "online")),
        "servers": [],
        "traffic": [],
        "backup": {"count": None, "newest": None, "age_seconds": None},
        "drift": None,
        "expiring": [],
        "expired": [],
        "over_quota": [],
        "unused": [],
        "changes": [],
        "account_names": None,
    }


def panel(name: str, *reasons: tuple[str, str], servers: int = 2, **changes: Any) -> dict[str, Any]:
    """The row of a 1.x panel with accounts, traffic and a backup."""
    traffic = [months(231_000_000_000 // (number + 1)) for number in range(servers)]
    online = 7 * servers
    return {
        **blank_panel(name, "unhealthy" if reasons else "healthy", *reasons),
        "url": f"https://{name}",
        "generation": 1,
        "version": "1.8",
        "ready": True,
        "license": {"valid": True, "expires": "2027-03-07", "days_left": 97},
        "accounts": {
            "used": 20 * servers,
            "limit": 100,
            "free": 100 - 20 * servers,
            "enabled": 18 * servers,
            "online": online,
        },
        "servers": [
            {"name": f"office_{number}", "accounts": 20, "enabled": 18, "online": 7, "traffic": of_server}
            for number, of_server in enumerate(traffic)
        ],
        "traffic": [
            {
                **columns[0],
                **{field: sum(month[field] for month in columns) for field in ("download", "upload", "total")},
            }
            for columns in zip(*traffic)
        ],
        "backup": {"count": 12, "newest": "new.zip", "age_seconds": 10800},
        **changes,
    }


def eventful(name: str) -> dict[str, Any]:
    """The row of a panel of which every part of the page has something to show."""
    step = {"action": "update", "kind": "account", "name": "anna", "fields": ["b_download", "status"], "reason": ""}
    return panel(
        name,
        ("license_ending", "12 days are left until its license ends, and min_license_days is 30"),
        ("backup_too_old", "its newest backup is 60 hours old, and 48 are allowed"),
        license={"valid": True, "expires": "2026-12-12", "days_left": 12},
        backup={"count": 2, "newest": "new.zip", "age_seconds": 216_000},
        drift={"changes": 2, "plan": [step, {**step, "name": "bert"}], "refusals": ["max_deletes is 0"]},
        expiring=[{"kind": "account", "name": "carl", "expires": "2026-12-05", "days_left": 5}],
        expired=[{"kind": "account", "name": "dora", "expires": "2026-11-01", "days_left": -29}],
        over_quota=[{"name": "anna", "server": "office_0", "total_gb": 232.0, "quota_gb": 200.0}],
        unused=[{"name": "emil", "server": "office_1"}],
        changes=[
            {"code": "state", "text": "healthy before, unhealthy now"},
            {"code": "account_created", "text": "1 account created: carl"},
        ],
    )


def document(*panels: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A document of panels, which are sorted already."""

    def total(part: str, field: str) -> int | None:
        known = [row[part][field] for row in panels if row[part] and row[part][field] is not None]
        return sum(known) if known else None

    states = [row["state"] for row in panels]
    return {
        "version": 1,
        "generated": "2026-11-30T14:30:00Z",
        "previous": "2026-11-29T14:30:00Z",
        "summary": {
            "panels": len(panels),
            **{state: states.count(state) for state in STATES},
            "accounts_used": total("accounts", "used"),
            "accounts_limit": total("accounts", "limit"),
            "online": total("accounts", "online"),
            "drift_changes": total("drift", "changes"),
        },
        "panels": list(panels),
        "gone": [],
        "notes": [],
        **changes,
    }


def fleet(size: int) -> dict[str, Any]:
    """A document of panels in all states, a fifth of them sick."""
    failure = "it cannot be checked: GET system/status on https://{} failed: connection refused"
    names = [f"vpn{number}.example.com" for number in range(1, size + 1)]
    sick = [*names[: size // 5]]
    panels: list[dict[str, Any]] = []
    for number, name in enumerate(sick):
        kind = number % 4
        if kind == 0:
            panels.append(blank_panel(name, "unreachable", ("unreachable", failure.format(name))))
        elif kind == 1:
            panels.append(
                blank_panel(name, "not_checked", ("not_checked", "it cannot be checked: access_hash is empty"))
            )
        else:
            panels.append(eventful(name))
    step = {"action": "create", "kind": "firewall rule", "name": "no_telnet", "fields": [], "reason": ""}
    in_sync = {"changes": 0, "plan": [], "refusals": []}
    for number, name in enumerate(names[len(sick) :]):
        drift = {"changes": 1, "plan": [step], "refusals": []} if number == 0 and size > 1 else in_sync
        used = 20 + 13 * number % 75
        counts = {"used": used, "limit": 100, "free": 100 - used, "enabled": used - 3, "online": used // 3}
        panels.append(panel(name, servers=1 + number % 3, drift=drift, accounts=counts))
    panels.sort(key=lambda row: (STATES.index(row["state"]), not (row["drift"] or {}).get("changes")))
    return document(*panels)


def with_texts(text: str) -> dict[str, Any]:
    """A document in which every text that may come from elsewhere is this one."""

    def replaced(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: replaced(held, name) for name, held in value.items()}
        if isinstance(value, list):
            return [replaced(held, key) for held in value]
        # Without a text, there is no such line.
        own = key in ("state", "code", "generated") or (key in ("url", "version", "previous") and not text)
        return text if isinstance(value, str) and not own else value

    found = document(eventful("a"), eventful("b"), gone=["c"], notes=["d"])
    return dict(replaced(found))
