# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which events follow from what a poll of a panel found, and what is remembered of it until the next one.

:func:`advance` is a pure function of both. "Accounts" are also the clients of 2.x panels here.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import PuqVpnError
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._health import PanelReport, judge, number_of
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._schema import Items, ObjectKind, Values
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._secrets import without_secrets
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._subsets.sessions import (
    PROTOCOLS,
    OnlineList,
    Session,
    sessions_by_account,
)
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._summary import counted
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._untrusted import as_address, without_template

Event = dict[str, Any]

# By the code of what is wrong: the event when it begins, and the one when it ends, if there is one.
_PROBLEM_EVENTS: Mapping[str, tuple[str, str]] = {
    "unreachable": ("panel_unreachable", "panel_reachable"),
    "not_ready": ("panel_not_ready", "panel_ready"),
    "license_ending": ("license_ending", ""),
    "slots_low": ("slots_low", ""),
    "backup_too_old": ("backup_too_old", ""),
}
PROBLEMS = frozenset(_PROBLEM_EVENTS)

# What a panel could make grow without an end: the addresses that are remembered of an account, the accounts with such
# addresses, the entries of a plan in an event, and the length of a name.
MOST_ADDRESSES = 16
MOST_ACCOUNTS_WITH_ADDRESSES = 20_000
MOST_PLAN_ENTRIES = 100
_LONGEST_NAME = 200

# Nobody can find a password through the digests of this process.
_DIGEST_KEY = secrets.token_bytes()


@dataclass(frozen=True)
class PanelState:
    """What is remembered of a panel.

    ``problems`` are the codes of what is wrong. ``accounts`` are None until they were read once, and contain no
    secrets; ``digests`` are those of the secrets, and never leave the process. ``online`` are the names of the accounts
    in each list of sessions by its path, ``addresses`` those from which an account was online, the latest one last.
    ``drift`` is a digest of the plan of the last event, empty without a drift.
    """

    problems: frozenset[str] = frozenset()
    accounts: Mapping[str, Values] | None = None
    digests: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    online: Mapping[str, Sequence[str]] = field(default_factory=dict)
    addresses: Mapping[str, Sequence[str]] = field(default_factory=dict)
    drift: str = ""


@dataclass
class Findings:
    """What a poll found; None or missing for what was not asked or could not be read.

    ``report`` contains the parts of ``puqvpn_health`` that were read, and ``unreachable`` is why its status was not.
    ``sessions`` are those of one list. ``drift`` is the result of comparing the panel with a document.
    """

    report: PanelReport = field(default_factory=PanelReport)
    unreachable: PuqVpnError | None = None
    accounts: Items | None = None
    sessions: tuple[OnlineList, Sequence[Session]] | None = None
    drift: Mapping[str, Any] | None = None


def advance(
    state: PanelState, found: Findings, kind: ObjectKind, requirements: Mapping[str, Any]
) -> tuple[list[Event], PanelState]:
    """Return the events for what has changed, and the state after it.

    What a poll did not read stays as it was. The first time that something is read only what is wrong makes an event.

    :param kind: that of the accounts or clients of the panel.
    :param requirements: the options ``min_license_days``, ``min_free_accounts`` and ``max_backup_hours``.
    """
    events: list[Event] = []
    for step in (_about_problems, _about_accounts, _about_sessions, _about_drift):
        more, state = step(state, found, kind, requirements)
        events += more
    return [_shown(event) for event in events], state


# --- What is wrong with the panel


def _about_problems(
    state: PanelState, found: Findings, _kind: ObjectKind, requirements: Mapping[str, Any]
) -> tuple[list[Event], PanelState]:
    problems, decided = _problems(found, requirements)
    events = [event for code, event in problems.items() if code not in state.problems]
    for code in sorted(decided & state.problems - problems.keys()):
        ended = _PROBLEM_EVENTS[code][1]
        if ended:
            events.append({"type": ended, "text": _ENDED[ended]})
    return events, replace(state, problems=(state.problems - decided) | problems.keys())


_ENDED = {"panel_reachable": "the panel answers again", "panel_ready": "the panel is ready again"}


def _problems(found: Findings, requirements: Mapping[str, Any]) -> tuple[dict[str, Event], frozenset[str]]:
    """Return an event for each thing that is wrong by its code, and the codes that this poll decides about."""
    if found.unreachable is not None:
        error = found.unreachable
        about = {"error_code": error.code, "text": f"the panel cannot be read: {error}"}
        return {"unreachable": {"type": "panel_unreachable", **about}}, frozenset({"unreachable"})
    health = judge(found.report, requirements)
    texts: dict[str, list[str]] = {}
    for code, text in zip(health["violation_codes"], health["violations"], strict=True):
        texts.setdefault(code, []).append(text)
    decided = {"unreachable", "not_ready"}
    if health["status"]["ready"]:
        # A panel that is not ready may not show what it shows otherwise.
        decided |= {"license_ending", "slots_low"}
        decided |= {"backup_too_old"} if "backups" in found.report.parts else set()
    details = _details(health)
    problems = {
        code: {"type": _PROBLEM_EVENTS[code][0], "text": "; ".join(sentences), **details.get(code, {})}
        for code, sentences in texts.items()
        if code in decided
    }
    return problems, frozenset(decided)


def _details(health: Mapping[str, Any]) -> dict[str, Event]:
    status, backups = health["status"], health["backups"]
    return {
        "not_ready": {"state": status["state"]},
        "license_ending": {
            "days_left": status["license_days_left"],
            "expires": status["license_expires"],
            "valid": status["license_valid"],
        },
        "slots_low": {
            "free": status["accounts_free"],
            "limit": status["accounts_limit"],
            "used": status["accounts_used"],
        },
        "backup_too_old": {"newest": backups["newest"], "age_minutes": backups["age"], "count": backups["count"]},
    }


# --- Accounts


def _about_accounts(
    state: PanelState, found: Findings, kind: ObjectKind, _requirements: Mapping[str, Any]
) -> tuple[list[Event], PanelState]:
    if found.accounts is None:
        return [], state
    before = state.accounts
    # A field that a panel does not show this time keeps its value.
    accounts = {
        str(account["name"]): {**(before or {}).get(account["name"], {}), **_public(kind, account)}
        for account in found.accounts
    }
    digests = {str(account["name"]): _digests(kind, account) for account in found.accounts}
    events = [] if before is None else list(_account_events(kind, before, accounts, state.digests, digests))
    addresses = {name: known for name, known in state.addresses.items() if name in accounts}
    return events, replace(state, accounts=accounts, digests=digests, addresses=addresses)


def _account_events(
    kind: ObjectKind,
    before: Mapping[str, Values],
    after: Mapping[str, Values],
    digests_before: Mapping[str, Mapping[str, str]],
    digests_after: Mapping[str, Mapping[str, str]],
) -> Iterator[Event]:
    for name in before:
        if name not in after:
            yield _of_account(kind, name, "account_removed", "was removed")
    for name, values in after.items():
        if name not in before:
            yield {**_of_account(kind, name, "account_created", "was created"), "after": values}
            continue
        fields = _differing(before[name], values)
        secret_fields = _differing(digests_before.get(name, {}), digests_after[name])
        if fields or secret_fields:
            names = sorted([*fields, *secret_fields])
            yield {
                **_of_account(kind, name, "account_changed", f"was changed: {', '.join(names)}"),
                "fields": names,
                "before": {field: before[name][field] for field in fields},
                "after": {field: values[field] for field in fields},
            }


def _of_account(kind: ObjectKind, name: str, event_type: str, what: str) -> Event:
    return {"type": event_type, "account": name, "text": f"{kind.title} {name} {what}"}


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    return [name for name, value in after.items() if name in before and before[name] != value]


def _public(kind: ObjectKind, account: Values) -> dict[str, Any]:
    """Return the fields that options set, without secrets: those that a panel adds may change with every request."""
    shown = {field.name: account[field.name] for field in kind.fields if field.name in account}
    return dict(without_secrets(shown))


def _digests(kind: ObjectKind, account: Values) -> dict[str, str]:
    return {
        field.name: hmac.new(_DIGEST_KEY, str(account[field.name]).encode("utf-8", "replace"), "sha256").hexdigest()
        for field in kind.fields
        if field.name in account and field.secret
    }


# --- Live sessions


def _about_sessions(
    state: PanelState, found: Findings, kind: ObjectKind, _requirements: Mapping[str, Any]
) -> tuple[list[Event], PanelState]:
    if found.sessions is None:
        return [], state
    online, sessions = found.sessions
    live = _by_account(state, kind, sessions)
    known = {name: _addresses(rows) for name, rows in live.items()}
    after = {**state.online, online.path: sorted(live)}
    is_first = online.path not in state.online
    events = [] if is_first else list(_session_events(state, kind, online.path, live, after))
    return events, replace(state, online=after, addresses=_with_addresses(state.addresses, known))


def _by_account(state: PanelState, kind: ObjectKind, sessions: Sequence[Session]) -> Mapping[str, Sequence[Session]]:
    """Return the sessions by account; where the accounts are not known, by the name that a session shows."""
    if state.accounts is not None:
        return sessions_by_account(kind, state.accounts.values(), sessions)
    found: dict[str, list[Session]] = {}
    for session in sessions:
        if isinstance(session.get("name"), str):
            found.setdefault(session["name"], []).append(session)
    return found


def _session_events(
    state: PanelState,
    kind: ObjectKind,
    path: str,
    live: Mapping[str, Sequence[Session]],
    after: Mapping[str, Sequence[str]],
) -> Iterator[Event]:
    was_online, is_online = _names(state.online), _names(after)
    for name in state.online[path]:
        if name not in is_online:
            yield _of_account(kind, name, "account_offline", "is offline")
    for name, sessions in live.items():
        known = list(state.addresses.get(name, ()))
        fresh = [session for session in sessions if not set(_addresses([session])) <= set(known)]
        # Whoever stays online may only then be somewhere else if it is known where that was before.
        if name not in was_online or (fresh and known):
            yield _came_online(kind, name, (fresh or sessions)[0], known, bool(fresh))


def _names(online: Mapping[str, Sequence[str]]) -> set[str]:
    return {name for names in online.values() for name in names}


def _came_online(kind: ObjectKind, name: str, session: Session, known: Sequence[str], is_new: bool) -> Event:
    endpoint, protocol = session.get("endpoint"), session.get("protocol")
    shown = endpoint if isinstance(endpoint, str) and endpoint else None
    place = f" from {'a new endpoint' if is_new else 'a known endpoint'}, {shown}" if shown else ""
    return {
        **_of_account(kind, name, "account_online", f"is online{place}"),
        "protocol": protocol if protocol in PROTOCOLS else None,
        "endpoint": shown,
        "new_endpoint": is_new,
        "known_endpoints": list(known),
    }


def _addresses(sessions: Iterable[Session]) -> list[str]:
    """Return the addresses of the endpoints of sessions, without ports, which differ with each connection."""
    return [address for address in map(_address, sessions) if address]


def _address(session: Session) -> str:
    """Return the address of the endpoint, or a host name; empty if the session has none, such as ``(none)``."""
    endpoint = session.get("endpoint")
    text = endpoint.strip() if isinstance(endpoint, str) else ""
    host, _separator, port = text.rpartition(":")
    for candidate in (text, host.strip("[]") if port.isdecimal() else ""):
        try:
            return as_address(candidate)
        except ValueError:
            continue
    name = host if port.isdecimal() else text
    return name[:_LONGEST_NAME] if name and name[0].isalnum() else ""


def _with_addresses(
    before: Mapping[str, Sequence[str]], seen: Mapping[str, Sequence[str]]
) -> Mapping[str, Sequence[str]]:
    """Return the known addresses of accounts together with those that were just seen, which come last."""
    known = dict(before)
    for name, addresses in seen.items():
        if addresses:
            earlier = [address for address in known.pop(name, ()) if address not in addresses]
            known[name] = [*earlier, *dict.fromkeys(addresses)][-MOST_ADDRESSES:]
    return dict(list(known.items())[-MOST_ACCOUNTS_WITH_ADDRESSES:])


# --- Drift


def _about_drift(
    state: PanelState, found: Findings, _kind: ObjectKind, _requirements: Mapping[str, Any]
) -> tuple[list[Event], PanelState]:
    if found.drift is None:
        return [], state
    plan = [
        {name: entry[name] for name in ("action", "kind", "name", "fields", "reason")} for entry in found.drift["plan"]
    ]
    refusals = found.drift["refusals"]
    if not plan:
        return [], replace(state, drift="")
    digest = hashlib.sha256(json.dumps([plan, refusals], sort_keys=True, default=str).encode()).hexdigest()
    if digest == state.drift:
        return [], state
    event = {
        "type": "drift",
        "text": f"the panel differs from its document: {counted(len(plan), 'change')}",
        "changes": len(plan),
        "plan": plan[:MOST_PLAN_ENTRIES],
        "refusals": refusals,
    }
    return [event], replace(state, drift=digest)


# --- Untrusted values


def _shown(value: Any) -> Any:
    """Return a value of an event in which every text is one line, and none is a template."""
    if isinstance(value, Mapping):
        return {without_template(name): _shown(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_shown(part) for part in value]
    is_plain = value is None or isinstance(value, bool) or number_of(value) is not None
    return value if is_plain else without_template(value)
