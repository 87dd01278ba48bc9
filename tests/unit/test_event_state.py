# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which events follow from what a poll found."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import ExchangeError
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._health import PanelReport
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._objects.account import ACCOUNT
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._objects.client import CLIENT
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._subsets.sessions import ONLINE_LISTS
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._events.state import (
    MOST_ACCOUNTS_WITH_ADDRESSES,
    MOST_ADDRESSES,
    MOST_PLAN_ENTRIES,
    Event,
    Findings,
    PanelState,
    advance,
)

REQUIREMENTS = {"min_license_days": 30, "min_free_accounts": 1, "max_backup_hours": 48}
GOOD_STATUS = {
    "generation": 1,
    "state": "OK",
    "ready": True,
    "license_valid": True,
    "license_expires": "2030-01-01",
    "license_days_left": 300,
    "accounts_used": 5,
    "accounts_limit": 50,
    "accounts_free": 45,
}
WIREGUARD, IKEV2 = ONLINE_LISTS[1]
ALICE = {"name": "alice", "wg_name": "office", "status": "enable", "b_upload": 5, "password": "canary-1"}


def findings(*, status: dict[str, Any] | None = None, backups: Any = None, **found: Any) -> Findings:
    parts: dict[str, Any] = {"status": {**GOOD_STATUS, **(status or {})}}
    if backups is not None:
        parts["backups"] = backups
    return Findings(report=PanelReport(parts=parts), **found)


def after(*polls: Findings, state: PanelState | None = None) -> tuple[list[list[Event]], PanelState]:
    """The events of each poll, and the state in the end."""
    events = []
    state = state or PanelState()
    for poll in polls:
        more, state = advance(state, poll, ACCOUNT, REQUIREMENTS)
        events.append(more)
    return events, state


def types(events: list[list[Event]]) -> list[list[str]]:
    return [[event["type"] for event in poll] for poll in events]


def online(*sessions: tuple[str, str | None], over: Any = WIREGUARD) -> Findings:
    rows = [{"name": name, "endpoint": endpoint, "protocol": over.protocol} for name, endpoint in sessions]
    return findings(sessions=(over, rows))


def archive(hours: int) -> dict[str, Any]:
    created = datetime.now(timezone.utc) - timedelta(hours=hours)
    return {"name": "b.zip", "creation_date": created.strftime("%Y-%m-%dT%H:%M:%SZ"), "size": 1}


# --- What is wrong


def test_a_healthy_panel_makes_no_event() -> None:
    first = findings(backups=[archive(1)], accounts=[ALICE], sessions=(WIREGUARD, [{"name": "alice"}]))
    assert types(after(first, first, first)[0]) == [[], [], []]


def test_a_panel_that_goes_and_comes_makes_one_event_each() -> None:
    gone = Findings(unreachable=ExchangeError("connection_refused", "nothing listens"))
    polls, _state = after(findings(), gone, gone, gone, findings(), findings())
    event, back = polls[1], polls[4]
    assert [event[0]["type"], event[0]["error_code"]] == ["panel_unreachable", "connection_refused"]
    assert "nothing listens" in event[0]["text"]
    assert back == [{"type": "panel_reachable", "text": "the panel answers again"}]
    assert [polls[number] for number in (0, 2, 3, 5)] == [[], [], [], []]


def test_the_first_poll_sends_what_is_wrong() -> None:
    bad = findings(
        status={"license_days_left": 3, "accounts_free": 0},
        backups=[],
        accounts=[ALICE],
        sessions=(WIREGUARD, [{"name": "alice", "endpoint": "192.0.2.1:1"}]),
    )
    events, _state = after(bad, bad)
    assert types(events) == [["license_ending", "slots_low", "backup_too_old"], []]
    ending, slots, backup = events[0]
    assert (ending["days_left"], ending["expires"], ending["valid"]) == (3, "2030-01-01", True)
    assert (slots["free"], slots["used"], slots["limit"]) == (0, 5, 50)
    assert (backup["count"], backup["age_minutes"], backup["newest"]) == (0, None, None)
    assert types(after(Findings(unreachable=ExchangeError("connection_failed", "x")))[0]) == [["panel_unreachable"]]


def test_a_license_that_is_not_valid_is_one_event_whatever_else_is_wrong_with_it() -> None:
    events, _state = after(findings(status={"license_valid": False, "license_days_left": -2}))
    ((event,),) = events
    assert event["type"] == "license_ending"
    assert "not valid; its license ended" in event["text"]


def test_what_is_wrong_again_after_it_was_well_makes_another_event() -> None:
    low = findings(status={"accounts_free": 0})
    assert types(after(low, low, findings(), low)[0]) == [["slots_low"], [], [], ["slots_low"]]
    # Every day the text differs, and it is the same state.
    days = [findings(status={"license_days_left": left}) for left in (31, 30, 29, 28, 27)]
    assert types(after(*days)[0]) == [[], [], ["license_ending"], [], []]


def test_backups_are_only_judged_when_they_were_read() -> None:
    events, state = after(findings(backups=[archive(50)]), findings(), findings(backups=[archive(51)]))
    assert types(events) == [["backup_too_old"], [], []]
    events, _state = after(findings(backups=[archive(1)]), findings(), findings(backups=[archive(49)]), state=state)
    assert types(events) == [[], [], ["backup_too_old"]]


def test_a_busy_panel_is_judged_for_nothing_else() -> None:
    busy = findings(status={"ready": False, "state": "Loading", "accounts_free": None, "license_days_left": None})
    events, _state = after(findings(), busy, busy, findings())
    assert types(events) == [[], ["panel_not_ready"], [], ["panel_ready"]]
    assert events[1][0]["state"] == "Loading"
    # It may come back busy, and be gone while it is busy.
    gone = Findings(unreachable=ExchangeError("connection_failed", "x"))
    assert types(after(findings(), gone, busy, gone, findings())[0]) == [
        [],
        ["panel_unreachable"],
        ["panel_not_ready", "panel_reachable"],
        ["panel_unreachable"],
        ["panel_ready", "panel_reachable"],
    ]


# --- Accounts


def accounts(*rows: dict[str, Any]) -> Findings:
    return findings(accounts=list(rows))


def test_accounts_are_created_changed_and_removed() -> None:
    bob = {**ALICE, "name": "bob", "password": "canary-2"}
    changed = {**bob, "b_upload": 7, "status": "disable"}
    events, _state = after(accounts(ALICE), accounts(ALICE, bob), accounts(ALICE, changed), accounts(changed))
    assert types(events) == [[], ["account_created"], ["account_changed"], ["account_removed"]]
    assert events[1][0]["account"] == "bob"
    assert events[1][0]["after"] == {"name": "bob", "wg_name": "office", "status": "enable", "b_upload": 5}
    assert events[2][0]["fields"] == ["b_upload", "status"]
    assert events[2][0]["before"] == {"b_upload": 5, "status": "enable"}
    assert events[2][0]["after"] == {"b_upload": 7, "status": "disable"}
    assert events[3][0]["account"] == "alice"


def test_an_account_that_is_renamed_or_recreated() -> None:
    renamed = {**ALICE, "name": "alicia"}
    events, _state = after(accounts(ALICE), accounts(renamed))
    assert types(events) == [[], ["account_removed", "account_created"]]
    # Between two polls, all that shows is what differs.
    events, _state = after(accounts({**ALICE, "public_key": "a"}), accounts({**ALICE, "public_key": "b"}))
    assert events[1][0]["fields"] == ["public_key"]


def test_a_changed_secret_is_only_named() -> None:
    events, state = after(accounts(ALICE), accounts({**ALICE, "password": "canary-2", "private_key": "canary-3"}))
    ((event,),) = events[1:]
    # The panel has never shown a private key before, so it is no change.
    assert (event["type"], event["fields"], event["before"], event["after"]) == (
        "account_changed",
        ["password"],
        {},
        {},
    )
    assert "canary" not in json.dumps(events)
    assert "canary" not in repr(state)


def test_fields_that_come_and_go_are_no_change() -> None:
    without = {name: value for name, value in ALICE.items() if name not in ("b_upload", "password")}
    events, _state = after(accounts(ALICE), accounts(without), accounts(ALICE), accounts({**ALICE, "b_upload": 6}))
    assert types(events) == [[], [], [], ["account_changed"]]
    # Nor are those that a panel adds, such as counters.
    counted = [accounts({**ALICE, "transfer_rx": count, "mangle": count}) for count in (1, 2)]
    assert types(after(*counted)[0]) == [[], []]


def test_an_account_list_that_fails_leaves_the_accounts_as_they_were() -> None:
    assert types(after(accounts(ALICE), findings(), findings(), accounts(ALICE))[0]) == [[], [], [], []]
    assert types(after(findings(), findings(), accounts(ALICE), accounts())[0]) == [[], [], [], ["account_removed"]]


# --- Live sessions


def test_who_comes_online_and_goes_offline() -> None:
    events, _state = after(
        online(),
        online(("alice", "198.51.100.7:4711")),
        online(("alice", "198.51.100.7:4711")),
        online(),
        online(("alice", "198.51.100.7:5000")),
        online(("alice", "203.0.113.9:5000")),
    )
    assert types(events) == [[], ["account_online"], [], ["account_offline"], ["account_online"], ["account_online"]]
    first, again, moved = (events[at][0] for at in (1, 4, 5))
    assert (first["endpoint"], first["protocol"]) == ("198.51.100.7:4711", "wireguard")
    assert (first["new_endpoint"], first["known_endpoints"]) == (True, [])
    # Another port is no other place.
    assert (again["new_endpoint"], again["known_endpoints"]) == (False, ["198.51.100.7"])
    # Also without a break: somebody else may use the same configuration.
    assert (moved["new_endpoint"], moved["known_endpoints"]) == (True, ["198.51.100.7"])


def test_the_first_read_of_a_list_learns_who_is_online() -> None:
    events, _state = after(
        online(("alice", "198.51.100.7:4711")),
        online(("bob", "[2001:db8::1]:500"), over=IKEV2),
        online(("alice", "198.51.100.7:4712")),
        online(over=IKEV2),
        online(),
    )
    assert types(events) == [[], [], [], ["account_offline"], ["account_offline"]]
    assert [poll[0]["account"] for poll in events[3:]] == ["bob", "alice"]


def test_an_account_with_two_protocols_is_online_until_both_end() -> None:
    events, _state = after(
        online(),
        online(over=IKEV2),
        online(("alice", "192.0.2.1:1")),
        online(("alice", "192.0.2.1:2"), over=IKEV2),
        online(),
        online(over=IKEV2),
    )
    assert types(events) == [[], [], ["account_online"], [], [], ["account_offline"]]


def test_a_session_without_an_endpoint() -> None:
    for endpoint in (None, "", "(none)", ":1", 7):
        events, _state = after(online(), online(("alice", endpoint)), online(("alice", "192.0.2.1:1")))  # type: ignore[arg-type]
        assert types(events) == [[], ["account_online"], []]
        assert (events[1][0]["new_endpoint"], events[1][0]["known_endpoints"]) == (False, [])


@pytest.mark.parametrize(
    ("endpoint", "address"),
    [
        ("192.0.2.1:51820", "192.0.2.1"),
        ("192.0.2.1", "192.0.2.1"),
        ("[2001:db8::1]:51820", "2001:db8::1"),
        ("2001:db8:0::1", "2001:db8::1"),
        ("2001:db8::1[4500]", "2001:db8::1[4500]"),
        ("host.example.com:4500", "host.example.com"),
    ],
)
def test_the_address_of_an_endpoint(endpoint: str, address: str) -> None:
    _events, state = after(online(("alice", endpoint)))
    assert state.addresses == {"alice": [address]}


def test_sessions_of_2x_belong_to_clients_by_name_username_or_address() -> None:
    clients = [{"name": name, "username": f"user_{name}", "ipv4": f"10.0.0.{at}"} for at, name in enumerate("ab", 1)]
    (everything,) = ONLINE_LISTS[2]
    state = PanelState()
    for rows in ([], [{"name": "user_a"}, {"ip": "10.0.0.2/32"}, {"ip": "10.9.9.9"}]):
        found = findings(accounts=clients, sessions=(everything, rows))
        events, state = advance(state, found, CLIENT, REQUIREMENTS)
    assert [(event["type"], event["account"], event["protocol"]) for event in events] == [
        ("account_online", "a", None),
        ("account_online", "b", None),
    ]


def test_what_a_panel_makes_the_state_remember_is_bounded() -> None:
    _events, state = after(*(online(("alice", f"192.0.2.{at}:1")) for at in range(40)))
    assert state.addresses == {"alice": [f"192.0.2.{at}" for at in range(40 - MOST_ADDRESSES, 40)]}
    crowd = [(f"user_{at}", f"192.0.2.{at % 200}:1") for at in range(MOST_ACCOUNTS_WITH_ADDRESSES + 5)]
    _events, state = after(online(*crowd), state=state)
    assert len(state.addresses) == MOST_ACCOUNTS_WITH_ADDRESSES
    assert "alice" not in state.addresses
    # Those of removed accounts are forgotten.
    _events, state = after(accounts(ALICE), accounts(), state=state)
    assert state.addresses == {}


# --- Drift


def drift(*names: str, refusals: tuple[str, ...] = ()) -> Findings:
    plan = [
        {"action": "update", "kind": "account", "name": name, "fields": ["status"], "reason": "", "done": False}
        for name in names
    ]
    return findings(drift={"plan": plan, "refusals": list(refusals)})


def test_drift_is_sent_once_for_each_plan() -> None:
    polls = [drift(), drift("a"), findings(), drift("a"), drift("a", "b"), drift(), drift("a")]
    events, _state = after(*polls)
    assert types(events) == [[], ["drift"], [], [], ["drift"], [], ["drift"]]
    (event,) = events[4]
    assert (event["changes"], event["text"]) == (2, "the panel differs from its document: 2 changes")
    assert event["plan"][1] == {"action": "update", "kind": "account", "name": "b", "fields": ["status"], "reason": ""}
    assert types(after(drift("a"), drift("a", refusals=("too many",)))[0]) == [["drift"], ["drift"]]


def test_a_long_plan_is_counted_and_cut() -> None:
    ((event,),), _state = after(drift(*map(str, range(500))))
    assert (event["changes"], len(event["plan"])) == (500, MOST_PLAN_ENTRIES)


# --- Untrusted values


def test_no_text_of_a_panel_is_a_template_or_has_two_lines() -> None:
    evil = "{{ lookup('pipe', 'id') }}\n#jinja2:variable_start_string:'[['" + "x" * 1000
    row = {**ALICE, "name": evil, "status": evil, "b_upload": 10**400, "wg_name": [{evil: evil}]}
    events, _state = after(
        accounts(),
        replace(accounts(row), sessions=(WIREGUARD, [])),
        replace(findings(status={"ready": False, "state": evil}), sessions=(WIREGUARD, [])),
        replace(online((evil, evil))),
        Findings(unreachable=ExchangeError("connection_failed", evil)),
        drift(evil),
    )
    assert [len(poll) for poll in events] == [0, 1, 1, 2, 1, 2]
    text = json.dumps(events)
    assert not any(sign in text for sign in ("{{", "{%", "{#", "#jinja2:", "\\n"))
    assert all(len(value) <= 500 for poll in events for event in poll for value in map(str, [event["text"]]))
    assert isinstance(events[1][0]["after"]["b_upload"], str)
