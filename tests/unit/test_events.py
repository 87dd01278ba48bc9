# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The event source, as ansible-rulebook loads and runs it."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import runpy
import shutil
import stat
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleError
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._connection import CONNECTION_OPTIONS
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._events import poll
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._events.poll import (
    OPTIONS,
    PanelWatcher,
    parse_options,
    watchers_of,
)
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._events.state_file import StateFile
from ansible_collections.puqcloud.puqvpn.tests.hostile.tables import BREAKAGES, VALUES, texts
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import CREDENTIAL_OPTION
from simulator import Simulator
from simulator.readings import readings

COLLECTION = Path(__file__).resolve().parents[2]
SOURCE = COLLECTION / "extensions" / "eda" / "plugins" / "event_source" / "panel.py"
LISTS = {1: "account", 2: "client"}
SESSIONS = {1: ["wireguard/online", "ikev2/online"], 2: ["client/online"]}

Main = Callable[[Any, dict[str, Any]], Awaitable[None]]


def options_of(panel: Simulator, **options: Any) -> dict[str, Any]:
    """The options of a source for a panel whose failures show at once."""
    credential = CREDENTIAL_OPTION[panel.generation]
    return {"url": panel.url, credential: panel.credential, "retries": 0, "max_backup_hours": 0, **options}


def watcher_of(panel: Simulator, states: StateFile | None = None, **options: Any) -> PanelWatcher:
    (watcher,) = watchers_of(parse_options(options_of(panel, **options)), states)
    return watcher


def types(events: list[dict[str, Any]]) -> list[str]:
    return [event["type"] for event in events]


def refusal(args: dict[str, Any]) -> str:
    """Why the source does not start."""

    async def start() -> None:
        await asyncio.wait_for(poll.watch(asyncio.Queue(), args), 20)

    with pytest.raises(AnsibleError) as caught:
        asyncio.run(start())
    return str(caught.value.message)


def add(panel: Simulator, name: str, **values: Any) -> None:
    (address, *_others) = panel.panel.free_addresses("Default")
    own = {"name": name, "wg_name": "Default", "allowed_IPs": address, "password": f"canary-{name}"}
    panel.panel.add_account({**own, **values})


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for option in CONNECTION_OPTIONS.values():
        monkeypatch.delenv(option["env"], raising=False)


# --- Requests


def test_a_poll_sends_one_to_three_requests_over_one_connection(any_panel: Simulator) -> None:
    add(any_panel, "alice")
    watcher = watcher_of(any_panel)
    for _poll in range(4):
        assert watcher.poll() == []
    sessions = SESSIONS[any_panel.generation]
    assert any_panel.counts() == {
        "GET system/status": 4,
        f"GET {LISTS[any_panel.generation]}": 4,
        **{f"GET {path}": 4 // len(sessions) for path in sessions},
    }
    assert any_panel.connections == 1


def test_what_is_not_watched_is_not_read(any_panel: Simulator) -> None:
    watcher = watcher_of(any_panel, watch=[])
    assert [watcher.poll(), watcher.poll()] == [[], []]
    assert any_panel.counts() == {"GET system/status": 2}


def test_backups_are_read_once_per_hour_in_place_of_sessions(panel: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = 1000.0
    monkeypatch.setattr(poll, "monotonic", lambda: moment)
    watcher = watcher_of(panel, max_backup_hours=48)
    for _poll in range(2):
        watcher.poll()
    assert (panel.counts()["GET backups"], len(panel.requests)) == (1, 6)
    moment += 3599
    watcher.poll()
    assert panel.counts()["GET backups"] == 1
    moment += 1
    watcher.poll()
    assert (panel.counts()["GET backups"], len(panel.requests)) == (2, 12)


def test_backups_are_not_read_from_2x_panels() -> None:
    with Simulator(generation=2) as panel:
        watcher_of(panel, max_backup_hours=48).poll()
        assert "GET backups" not in panel.counts()


# --- A panel and its failures


def test_everything_that_happens_to_an_account(any_panel: Simulator) -> None:
    watcher = watcher_of(any_panel, panels=[{"name": "office"}])
    polls = [watcher.poll() for _list in SESSIONS[any_panel.generation]]
    add(any_panel, "alice")
    polls.append(watcher.poll())
    any_panel.panel.connect("wireguard", "alice", endpoint="198.51.100.7:4711")
    polls += [watcher.poll(), watcher.poll()]
    any_panel.panel.change_account("alice", {"b_upload": 9, "password": "canary-new"})
    any_panel.panel.disconnect("alice")
    polls += [watcher.poll(), watcher.poll()]
    any_panel.panel.remove_account("alice")
    polls.append(watcher.poll())
    events = [event for poll in polls for event in poll]
    assert types(events) == [
        "account_created",
        "account_online",
        "account_changed",
        "account_offline",
        "account_removed",
    ]
    common = {"panel": "office", "url": any_panel.url, "generation": any_panel.generation, "account": "alice"}
    assert all({name: event[name] for name in common} == common for event in events)
    assert all(event["text"].startswith("office: ") and event["time"].endswith("Z") for event in events)
    assert events[1]["endpoint"] == "198.51.100.7:4711"
    assert events[2]["fields"] == ["b_upload", "password"]
    assert "canary" not in json.dumps(events)
    assert any_panel.credential not in json.dumps(events)


def test_a_panel_that_restarts_or_is_busy(any_panel: Simulator) -> None:
    watcher = watcher_of(any_panel)
    assert watcher.poll() == []
    any_panel.busy()
    (event,) = watcher.poll()
    assert event["type"] == "panel_not_ready"
    assert watcher.poll() == []
    any_panel.idle()
    assert types(watcher.poll()) == ["panel_ready"]
    any_panel.fault("drop_before", times=2)
    (event,) = watcher.poll()
    assert (event["type"], event["error_code"]) == ("panel_unreachable", "connection_lost")
    assert watcher.poll() == []
    assert types(watcher.poll()) == ["panel_reachable"]
    # A busy panel is not waited for, and not asked for anything else.
    any_panel.reset_counters()
    any_panel.busy()
    watcher.poll()
    assert any_panel.counts() == {"GET system/status": 1}


def test_a_list_that_fails_is_logged_once_and_changes_nothing(
    any_panel: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    add(any_panel, "alice")
    watcher = watcher_of(any_panel, watch=["accounts"])
    assert watcher.poll() == []
    any_panel.fault("error", path=LISTS[any_panel.generation], times=3, text=f"no {any_panel.credential}")
    with caplog.at_level(logging.INFO, "puqcloud.puqvpn.panel"):
        assert [watcher.poll() for _poll in range(4)] == [[], [], [], []]
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO"]
    assert any_panel.credential not in caplog.text


def test_a_2x_panel_that_does_not_list_its_clients() -> None:
    with Simulator(generation=2, inferred=False) as panel:
        add(panel, "alice")
        watcher = watcher_of(panel)
        assert watcher.poll() == []
        panel.panel.connect("openvpn", "alice")
        assert types(watcher.poll()) == ["account_online"]
        panel.panel.disconnect("alice")
        assert types(watcher.poll()) == ["account_offline"]


@pytest.mark.parametrize("reading", readings(), ids=range(len(readings())))
def test_every_reading_of_the_contract_of_2x(reading: dict[str, Any]) -> None:
    with Simulator(generation=2, **{**reading, "inferred": True}) as panel:
        add(panel, "alice")
        watcher = watcher_of(panel)
        assert watcher.poll() == []
        panel.panel.connect("wireguard", "alice", endpoint="192.0.2.1:1")
        panel.panel.change_account("alice", {"status": "disable"})
        found = [(event["type"], event["account"]) for event in watcher.poll()]
        assert found == [("account_changed", "alice"), ("account_online", "alice")]
        assert watcher.poll() == []
        assert len(panel.requests) == 9


def test_an_unexpected_exception_is_logged_without_the_credential(
    panel: Simulator, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    watcher = watcher_of(panel)

    def fail(*_arguments: Any) -> None:
        raise KeyError(panel.credential)

    with monkeypatch.context() as broken:
        broken.setattr(poll, "advance", fail)
        assert [watcher.poll(), watcher.poll()] == [[], []]
    (record,) = caplog.records
    assert "KeyError" in record.getMessage()
    assert panel.credential not in caplog.text
    add(panel, "alice")
    watcher.poll()
    panel.panel.remove_account("alice")
    assert types(watcher.poll()) == ["account_removed"]


def test_events_of_a_flood_are_limited(
    panel: Simulator, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(poll, "_MOST_EVENTS", 2)
    watcher = watcher_of(panel)
    watcher.poll()
    for name in "abcde":
        add(panel, name)
    assert len(watcher.poll()) == 2
    assert "3 of 5 events are left out" in caplog.text
    assert watcher.poll() == []


def test_a_hostile_panel_makes_no_text_that_does_anything(
    any_panel: Simulator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    canary = tmp_path / "canary"
    add(any_panel, "alice")
    watcher = watcher_of(any_panel)
    for _list in SESSIONS[any_panel.generation]:
        watcher.poll()
    hostile = {**texts(canary), "credential": any_panel.credential}
    for value in [*hostile.values(), *VALUES.values()]:
        for path, at in (
            ("system/status", ["msg.*", "data.*"]),
            (LISTS[any_panel.generation], ["msg.*.*", "data.*.*"]),
        ):
            any_panel.fault("replace", path=path, at=at, value=value)
        any_panel.fault("replace", path="*/online", at=["msg.*.*", "data.*.*"], value=value)
        for event in watcher.poll():
            dumped = json.dumps(event)
            assert not any(sign in dumped for sign in ("{{", "{%", "{#", "\\n", "\\r", "\\u001b", "\\ud800"))
            assert any_panel.credential not in dumped
            assert len(event["text"]) <= 600
        any_panel.clear_faults()
    assert not canary.exists()
    # None of it was unexpected, and the panel is watched as before.
    assert not [record for record in caplog.records if "poll failed" in record.getMessage()]
    watcher.poll()
    add(any_panel, "bob")
    assert types(watcher.poll()) == ["account_created"]


# The breakages after which an answer still counts as one, for example as a list without anything in it.
ANSWERS = {"envelope_of_other_types", "no_content", "no_content_and_a_text", "status_that_does_not_exist"}


def test_no_breakage_of_http_ends_the_source(any_panel: Simulator, caplog: pytest.LogCaptureFixture) -> None:
    add(any_panel, "alice")
    watcher = watcher_of(any_panel, timeout=3, watch=["accounts"])
    watcher.poll()
    unexpected = []
    for breakage in (known for known in BREAKAGES if not (known.stalls or known.heavy or known.id in ANSWERS)):
        breakage.arm(any_panel, times=1, **({} if breakage.greeting else {"path": LISTS[any_panel.generation]}))
        found = types(watcher.poll())
        any_panel.clear_faults()
        any_panel.greet("close", times=0)
        found += types(watcher.poll())
        # Only the status decides whether the panel can be reached, and what cannot be read is no change.
        if not set(found) <= {"panel_unreachable", "panel_reachable"}:
            unexpected.append((breakage.id, found))
    assert unexpected == []
    assert not [record for record in caplog.records if "poll failed" in record.getMessage()]
    add(any_panel, "bob")
    assert types(watcher.poll()) == ["account_created"]


# --- The state file


def test_the_state_survives_a_restart(any_panel: Simulator, tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    add(any_panel, "alice")
    any_panel.panel.connect("wireguard", "alice", endpoint="198.51.100.7:4711")
    lists = SESSIONS[any_panel.generation]

    def polls() -> list[str]:
        states = StateFile(str(file))
        watcher = watcher_of(any_panel, states, min_license_days=10**6)
        found = [event for _list in lists for event in watcher.poll()]
        watcher.keep_state()
        states.save()
        return types(found)

    assert polls() == ["license_ending"]
    assert polls() == []
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "canary" not in file.read_text()
    assert any_panel.credential not in file.read_text()
    any_panel.panel.disconnect("alice")
    add(any_panel, "bob")
    assert sorted(polls()) == ["account_created", "account_offline"]
    any_panel.panel.connect("wireguard", "alice", endpoint="203.0.113.1:1")
    assert polls() == ["account_online"]


def test_a_state_is_only_written_when_it_has_changed(panel: Simulator, tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    states = StateFile(str(file))
    watcher = watcher_of(panel, states, watch=["accounts"])

    def written() -> int:
        watcher.poll()
        watcher.keep_state()
        states.save()
        return file.stat().st_ino

    before = written()
    assert written() == before
    add(panel, "alice")
    assert written() != before


def test_panels_share_a_state_file_by_name(any_panel: Simulator, panel: Simulator, tmp_path: Path) -> None:
    file = tmp_path / "state.json"

    def problems(first: Simulator) -> list[bool]:
        panels = [
            {"name": name, "url": simulator.url, CREDENTIAL_OPTION[simulator.generation]: simulator.credential}
            for name, simulator in (("one", first), ("two", panel))
        ]
        states = StateFile(str(file))
        watchers = watchers_of(parse_options({"panels": panels, "min_free_accounts": 10**6}), states)
        found = ["slots_low" in types(watcher.poll()) for watcher in watchers]
        for watcher in watchers:
            watcher.keep_state()
        states.save()
        return found

    assert problems(any_panel) == [True, True]
    assert problems(any_panel) == [False, False]
    # A panel with another address is another panel.
    with Simulator() as other:
        assert problems(other) == [True, False]


@pytest.mark.parametrize(
    "content",
    [
        "not json",
        "[]",
        "{}",
        '{"panels": {}}',
        '{"format": "puqcloud.puqvpn.panel", "version": 1, "panels": []}',
        '{"format": "puqcloud.puqvpn.panel", "version": 2, "panels": {}}',
        "[" * 100_000,
    ],
)
def test_a_file_that_is_something_else_is_refused_and_left(content: str, tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    file.write_text(content)
    message = refusal({"url": "http://127.0.0.1:1", "access_hash": "x", "state_file": str(file)})
    assert str(file) in message
    assert "remove the file" in message.lower()
    assert file.read_text() == content


def test_an_empty_state_file_is_a_new_one(panel: Simulator, tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    file.touch()
    save_once(panel, file)
    assert json.loads(file.read_text())["panels"].keys() == {"127.0.0.1"}


_NO_PART: list[Any] = [7, [7], {"x": 7}, {"x": [7]}]


@pytest.mark.parametrize(
    ("part", "value"),
    [(part, value) for part in ("problems", "accounts", "online", "addresses", "drift") for value in _NO_PART],
)
def test_a_damaged_entry_of_a_state_file_counts_as_none(
    panel: Simulator, tmp_path: Path, caplog: pytest.LogCaptureFixture, part: str, value: Any
) -> None:
    file = tmp_path / "state.json"
    save_once(panel, file)
    content = json.loads(file.read_text())
    content["panels"]["127.0.0.1"][part] = value
    file.write_text(json.dumps(content))
    assert save_once(panel, file) == []
    assert json.loads(file.read_text())["panels"]["127.0.0.1"][part] != value
    assert "no usable state of this panel" in caplog.text


def save_once(panel: Simulator, file: Path) -> list[dict[str, Any]]:
    states = StateFile(str(file))
    watcher = watcher_of(panel, states)
    events = watcher.poll()
    watcher.keep_state()
    states.save()
    return events


def test_a_state_that_cannot_be_written(panel: Simulator, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = tmp_path / "folder"
    assert "does not exist" in refusal(options_of(panel, state_file=str(folder / "state.json")))
    folder.mkdir()
    assert "is a directory" in refusal(options_of(panel, state_file=str(folder)))
    states = StateFile(str(folder / "state.json"))
    watcher = watcher_of(panel, states)
    folder.rmdir()
    watcher.poll()
    watcher.keep_state()
    states.save()
    states.save()
    (record,) = caplog.records
    assert "state_file cannot be written (file_not_written)" in record.getMessage()
    folder.mkdir()
    states.save()
    assert (folder / "state.json").exists()


# --- Drift


def test_drift_is_compared_at_its_own_interval(any_panel: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = 1000.0
    monkeypatch.setattr(poll, "monotonic", lambda: moment)
    add(any_panel, "alice")
    section = {1: "accounts", 2: "clients"}[any_panel.generation]
    parent = {1: "wg_name", 2: "network_name"}[any_panel.generation]
    config = {section: [{"name": "alice", parent: "Default", "status": "enable", "password": "canary-wanted"}]}
    watcher = watcher_of(any_panel, config=config, watch=[], drift_interval=600)
    (event,) = watcher.poll()
    assert (event["type"], event["changes"]) == ("drift", 1)
    assert [(entry["name"], entry["fields"]) for entry in event["plan"]] == [("alice", ["password"])]
    assert "canary" not in json.dumps(event)
    before = len(any_panel.requests)
    any_panel.panel.change_account("alice", {"status": "disable"})
    assert watcher.poll() == []
    assert len(any_panel.requests) == before + 1
    moment += 600
    (event,) = watcher.poll()
    assert event["plan"][0]["fields"] == ["status", "password"]
    assert {request.method for request in any_panel.requests} == {"GET"}
    assert any_panel.connections == 1


def test_a_document_in_a_file_is_read_before_each_comparison(
    panel: Simulator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "panel.yml"
    file.write_text("accounts: []\n")
    add(panel, "alice")
    watcher = watcher_of(panel, config_file=str(file), watch=[], drift_interval=0.001, purge=["accounts"])
    # An empty list would remove everything, which puqvpn_apply refuses.
    (event,) = watcher.poll()
    assert (event["plan"][0]["action"], len(event["refusals"])) == ("delete", 1)
    file.write_text("accounts:\n  - {name: alice, wg_name: Default, expires: 2020-01-01}\n")
    (event,) = watcher.poll()
    assert event["plan"][0]["fields"] == ["status"]
    # As the variables of the role panel, beside others.
    file.write_text(
        "puqvpn_panel_accounts: [{name: alice, wg_name: Default, b_upload: 7}]\nansible_connection: local\n"
    )
    (event,) = watcher.poll()
    assert event["plan"][0]["fields"] == ["b_upload"]
    for broken in ("accounts: [", "- x\n", "accounts: !vault x", "accounts: ['{{ x }}']\n", "accouts: []\n"):
        file.write_text(broken)
        assert watcher.poll() == []
    file.unlink()
    assert watcher.poll() == []
    messages = [record.getMessage() for record in caplog.records]
    # Four files in a row that are no document make one line.
    assert [message.split(": ")[1] for message in messages] == [
        "drift failed (invalid_option)",
        "drift failed (invalid_config)",
        "drift failed (invalid_option)",
    ]


def test_each_panel_may_have_a_document_of_its_own(panel: Simulator, tmp_path: Path) -> None:
    file = tmp_path / "panel.yml"
    file.write_text("dns: {enabled: true}\n")
    panels = [{"name": "a", "config_file": str(file)}, {"name": "b", "config": {"accounts": []}}, {"name": "c"}]
    watchers = watchers_of(parse_options(options_of(panel, panels=panels, config={"wireguard": []}, watch=[])))
    for watcher in watchers:
        watcher.poll()
    counts = panel.counts()
    # Accounts are compared together with their servers.
    assert [counts.get(f"GET {path}") for path in ("dns", "account", "wireguard")] == [1, 1, 2]


# --- Options


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({"intervall": 5}, ['unknown option "intervall" (did you mean "interval"?)']),
        ({"busy_timeout": 5}, ['unknown option "busy_timeout"']),
        ({"panels": [{"urll": "x"}]}, ['unknown option "urll" (did you mean "url"?)']),
        ({"panels": [{"interval": 5}]}, ['unknown option "interval"']),
        ({"url": None}, ["url is missing", "PUQVPN_URL"]),
        ({"access_hash": None}, ["No credential is set"]),
        ({"token": "t"}, ["mutually exclusive"]),
        ({"interval": 0}, ["interval is 0.0", "0.001"]),
        ({"interval": "soon"}, ["interval"]),
        ({"interval": float("nan")}, ["interval is nan"]),
        ({"jitter": -1}, ["jitter is -1"]),
        ({"concurrency": 0}, ["concurrency is 0"]),
        ({"max_backup_hours": -1}, ["max_backup_hours is -1"]),
        ({"watch": ["session"]}, ["watch", "session"]),
        ({"validate_certs": "ture"}, ["validate_certs"]),
        ({"ca_path": "/nowhere.pem"}, ["ca_path", "cannot be read"]),
        ({"config": {"accouts": []}}, ["accouts"]),
        ({"config": {"clients": []}}, ["2.x panels only"]),
        ({"config": {"accounts": []}, "config_file": "/x"}, ["mutually exclusive"]),
        ({"config_file": "/nowhere.yml"}, ["config_file /nowhere.yml does not exist"]),
        ({"purge": ["accounts"]}, ["need a document"]),
        ({"panels": [{}, {}]}, ["Two panels have the name"]),
        ({"panels": [{"name": "a\nb"}]}, ["control character"]),
        ({"panels": "x"}, ["panels"]),
    ],
)
def test_an_invalid_option_ends_the_source_before_anything_is_sent(
    panel: Simulator, args: dict[str, Any], words: list[str]
) -> None:
    message = refusal(options_of(panel, **args))
    assert [word for word in words if word not in message] == [], message
    assert panel.requests == []


def test_options_from_the_environment_and_from_variables(panel: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUQVPN_URL", panel.url)
    monkeypatch.setenv("PUQVPN_ACCESS_HASH", panel.credential)
    monkeypatch.setenv("PUQVPN_BUSY_TIMEOUT", "300")
    # ansible-rulebook makes texts of variables in templates.
    options = parse_options({"interval": "5", "watch": "accounts", "eda_feedback_queue": object()})
    assert (options["interval"], options["watch"], options["busy_timeout"]) == (5.0, ["accounts"], 0)
    (watcher,) = watchers_of(options)
    watcher.poll()
    assert panel.counts()["GET account"] == 1


def test_the_documentation_names_the_options_and_their_defaults() -> None:
    documentation = yaml.safe_load(runpy.run_path(str(SOURCE))["DOCUMENTATION"])
    documented = documentation["options"]
    connection = {name: option for name, option in CONNECTION_OPTIONS.items() if name != "busy_timeout"}
    spec = {**connection, **OPTIONS}
    assert documented.keys() == spec.keys()
    assert documented["panels"]["suboptions"].keys() == {"name", *connection, "config", "config_file"}
    for name, option in documented.items():
        for key in ("type", "elements", "default", "choices"):
            assert option.get(key) == spec[name].get(key), (name, key)
    for name, option in documented["panels"]["suboptions"].items():
        assert option["type"] == OPTIONS["panels"]["options"][name]["type"], name


def test_the_documentation_names_every_event() -> None:
    documentation = yaml.safe_load(runpy.run_path(str(SOURCE))["DOCUMENTATION"])
    words = " ".join(documentation["description"])
    issued = (COLLECTION / "plugins" / "plugin_utils" / "_events/state.py").read_text()
    guide = (COLLECTION / "docs" / "docsite" / "rst" / "events.rst").read_text()
    for name in (
        *("panel_unreachable", "panel_reachable", "panel_not_ready", "panel_ready", "license_ending", "slots_low"),
        *("backup_too_old", "account_created", "account_changed", "account_removed", "account_online"),
        *("account_offline", "drift"),
    ):
        assert f"C({name})" in words
        assert f'"{name}"' in issued
        assert f"``{name}``" in guide


# --- The source in ansible-rulebook


def test_events_reach_the_queue_until_the_task_is_cancelled(any_panel: Simulator, tmp_path: Path) -> None:
    file = tmp_path / "state.json"

    async def run() -> list[dict[str, Any]]:
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        main = runpy.run_path(str(SOURCE))["main"]
        options = {"interval": 0.01, "jitter": 0, "min_free_accounts": 10**6, "state_file": str(file)}
        task = asyncio.create_task(main(queue, options_of(any_panel, **options)))
        events = [await asyncio.wait_for(queue.get(), 20)]
        add(any_panel, "alice")
        events.append(await asyncio.wait_for(queue.get(), 20))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 20)
        return events

    assert types(asyncio.run(run())) == ["slots_low", "account_created"]
    # What was delivered is saved at the end, so that it is not sent twice.
    assert json.loads(file.read_text())["panels"]["127.0.0.1"]["problems"] == ["slots_low"]


def test_a_panel_that_does_not_answer_keeps_neither_others_nor_the_end_waiting(panel: Simulator) -> None:
    with Simulator() as silent:
        silent.greet("silence", times=None)

        async def run() -> str:
            queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
            panels = [
                {"name": name, "url": simulator.url, "access_hash": simulator.credential}
                for name, simulator in (("silent", silent), ("vocal", panel))
            ]
            task = asyncio.create_task(poll.watch(queue, {"panels": panels, "min_free_accounts": 10**6}))
            event = await asyncio.wait_for(queue.get(), 20)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                # Less than the timeout of the request that is still in flight.
                await asyncio.wait_for(task, 20)
            return str(event["panel"])

        assert asyncio.run(run()) == "vocal"


def test_no_more_panels_at_once_than_allowed() -> None:
    with Simulator() as panel:
        panel.latency = 0.02

        async def run() -> None:
            panels = [{"name": str(at)} for at in range(6)]
            args = options_of(panel, panels=panels, concurrency=2, min_free_accounts=10**6, watch=[])
            queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
            task = asyncio.create_task(poll.watch(queue, args))
            found = {(await asyncio.wait_for(queue.get(), 20))["panel"] for _panel in panels}
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            assert found == {str(at) for at in range(6)}

        asyncio.run(run())
        assert panel.most_at_once == 2


@pytest.mark.parametrize("place", ["installed", "linked", "copied", "path", "hidden"])
def test_the_source_finds_its_collection_without_a_collection_loader(tmp_path: Path, place: str) -> None:
    tree = COLLECTION.parents[2]
    source = SOURCE
    environment = {"ANSIBLE_COLLECTIONS_PATH": str(tmp_path / "none")}
    if place == "linked":
        source = tmp_path / "ansible_collections" / "puqcloud" / "puqvpn" / SOURCE.relative_to(COLLECTION)
        (tmp_path / "ansible_collections" / "puqcloud").mkdir(parents=True)
        (tmp_path / "ansible_collections" / "puqcloud" / "puqvpn").symlink_to(COLLECTION)
    if place in ("copied", "path"):
        source = tmp_path / "panel.py"
        shutil.copy(SOURCE, source)
        environment["ANSIBLE_COLLECTIONS_PATH"] = str(tree if place == "copied" else tree / "ansible_collections")
    if place == "hidden":
        # As the package "ansible" of PyPI does.
        (tmp_path / "site" / "ansible_collections").mkdir(parents=True)
        (tmp_path / "site" / "ansible_collections" / "__init__.py").touch()
        environment["PYTHONPATH"] = str(tmp_path / "site")
    done = load(source, tmp_path, **environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "No credential is set", done.stdout


def test_a_source_without_its_collection_says_what_to_do(tmp_path: Path) -> None:
    source = tmp_path / "panel.py"
    shutil.copy(SOURCE, source)
    done = load(source, tmp_path, ANSIBLE_COLLECTIONS_PATH=str(tmp_path / "none"))
    assert done.returncode != 0
    assert "does not find its collection" in done.stderr
    assert "set ANSIBLE_COLLECTIONS_PATH" in done.stderr


LOADER = """\
import asyncio, runpy, sys
module = runpy.run_path(sys.argv[1])
try:
    asyncio.run(module["main"](asyncio.Queue(), {"url": "http://127.0.0.1:1"}))
except ImportError:
    raise
except Exception as error:
    print(str(error.message).split(".")[0])
assert not any("collection_loader" in type(finder).__module__ for finder in sys.meta_path)
"""


def load(source: Path, home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Load a source as ansible-rulebook does, in a process of its own, and run it without a credential."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PUQVPN", "PYTHON", "ANSIBLE"))}
    return subprocess.run(
        [sys.executable, "-c", LOADER, str(source)],
        env={**kept, "HOME": str(home), **environment},
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
