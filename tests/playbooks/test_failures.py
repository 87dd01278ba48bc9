# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a user sees when something is wrong: one clear sentence, no traceback, no secret even with -vvvv."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.puqcloud.puqvpn.tests.playbooks.runs import Playbook, Start, play_of_panels
from simulator import Tls

STATUS = "puqcloud.puqvpn.puqvpn_status"
REQUEST = "puqcloud.puqvpn.puqvpn_request"

# Every credential and every secret of these tests holds this word, so that one search finds them all. Playbooks take
# them from variables, as from a vault: ansible-core itself shows the lines of a playbook around a task that failed.
CANARY = "c0ffee"
HASH = CANARY * 13 + "00"
SECRETS = {"hash": HASH, "wrong_hash": CANARY * 13 + "11", "hash_with_line_feed": f"{HASH}\n", "password": CANARY}
ALICE = {"name": "alice", "username": "alice", "wg_name": "Default", "allowed_IPs": "10.0.0.10"}


def _unused_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])


class Scenarios:
    """Tasks that fail, each with the code and the words that its failure must hold."""

    def __init__(self) -> None:
        self.tasks: list[dict[str, Any]] = []
        self.expected: dict[str, tuple[str, tuple[str, ...]]] = {}

    def add(self, name: str, module: str, options: dict[str, Any], code: str, *words: str, **task: Any) -> None:
        options = {"retries": 0, "timeout": 5, **options}
        self.tasks.append({"name": name, module: options, "ignore_errors": True, **task})
        self.expected[name] = (code, words)

    def check(self, playbook: Playbook) -> None:
        """Run the tasks with all that Ansible can show, and compare."""
        run = playbook(self.tasks, "-vvvv", "--diff", secrets=SECRETS)
        assert run.code == 0, run.output
        outcomes = {entry["task"]: entry["result"] for entry in run.results if entry["outcome"] == "failed"}
        assert set(outcomes) == set(self.expected)
        for name, (code, words) in self.expected.items():
            failure = outcomes[name]
            assert (name, failure["error_code"]) == (name, code), failure["msg"]
            for word in words:
                assert word in failure["msg"], (name, failure["msg"])
            assert "\n" not in failure["msg"]
            if code != "missing_library":
                assert "Traceback" not in str(failure), (name, failure)
        assert run.places_with(CANARY) == []


def test_every_mistake_of_a_connection_gets_one_clear_sentence(start: Start, playbook: Playbook) -> None:
    panel = start(credential=HASH)
    login = start(credential=HASH)
    login.fault("login_page", times=None)
    second = start(generation=2, credential=HASH)
    tls = start(credential=HASH, tls=True)
    expired = start(credential=HASH, tls=Tls(expired=True))
    named = start(credential=HASH, tls=Tls(hostnames=["other.example.com"]))
    good = {"url": panel.url, "access_hash": "{{ hash }}"}

    cases = Scenarios()
    add = cases.add
    add(
        "wrong hash",
        STATUS,
        {**good, "access_hash": "{{ wrong_hash }}"},
        "not_authorized",
        "access_hash is wrong",
        "address",
    )
    bound = {**good, "url": start(credential=HASH, bound_to="192.0.2.9").url}
    add("bound", STATUS, bound, "not_authorized", "access_hash is wrong", "not bound to")
    down = f"http://127.0.0.1:{_unused_port()}"
    add("panel down", STATUS, {**good, "url": down}, "connection_refused", "nothing listens", "panel is running")
    add("no such host", STATUS, {**good, "url": "https://panel.invalid"}, "name_resolution_failed", "panel.invalid")
    add("unknown authority", STATUS, {**good, "url": tls.url}, "tls_untrusted", "ca_path")
    add("expired", STATUS, {**good, "url": expired.url, "ca_path": expired.ca_path}, "tls_expired", "Renew it")
    add("name", STATUS, {**good, "url": named.url, "ca_path": named.ca_path}, "tls_name_mismatch", "not issued for")
    add("http to tls", STATUS, {**good, "url": tls.url.replace("https", "http")}, "connection_lost", "with https")
    add("https to http", STATUS, {**good, "url": panel.url.replace("http", "https")}, "tls_not_spoken", "with http")
    add("login page", STATUS, {**good, "url": login.url}, "answer_is_html", "web page", "url is the root")
    add("2.x with a hash", STATUS, {**good, "url": second.url}, "wrong_generation", "Set token instead of access_hash")
    token = {"url": panel.url, "token": "{{ hash }}"}
    add("1.x with a token", STATUS, token, "wrong_generation", "Set access_hash instead of token")
    cases.check(playbook)


def test_every_mistake_of_a_task_gets_one_clear_sentence(start: Start, playbook: Playbook, tmp_path: Path) -> None:
    panel = start(credential=HASH)
    no_requests = tmp_path / "without"
    no_requests.mkdir()
    (no_requests / "requests.py").write_text('raise ImportError("No module named requests")\n')
    good = {"url": panel.url, "access_hash": "{{ hash }}"}

    cases = Scenarios()
    add = cases.add
    add("both credentials", STATUS, {**good, "token": "{{ hash }}"}, "invalid_option", "mutually exclusive")
    add("no credential", STATUS, {"url": panel.url}, "invalid_option", "No credential is set", "Settings, API")
    add("line feed", STATUS, {**good, "access_hash": "{{ hash_with_line_feed }}"}, "invalid_option", "trim filter")
    add("version", STATUS, {**good, "min_version": "abc"}, "invalid_option", "min_version is abc")
    add("dots", REQUEST, {**good, "path": "account/../x"}, "invalid_option", "would leave the API")
    add("foreign host", REQUEST, {**good, "path": "https://evil.example.com/x"}, "invalid_option", "contains a host")
    data = {"password": "{{ password }}"}
    add("data with GET", REQUEST, {**good, "path": "account", "data": data}, "invalid_option", "method POST or PUT")
    add("not there", REQUEST, {**good, "path": "account/nobody"}, "not_found", "Account not found")
    add("no operation", REQUEST, {**good, "path": "acount"}, "unknown_operation", "Check the path")
    without = {"environment": {"PYTHONPATH": str(no_requests)}}
    add("no requests", STATUS, good, "missing_library", "requests", **without)
    cases.check(playbook)


def test_roles_refuse_a_2x_panel_in_the_words_of_the_modules(start: Start, playbook: Playbook, tmp_path: Path) -> None:
    panel = start(generation=2)
    told = {
        "backup": "puqvpn_backup supports 1.x panels only, and token is the credential of a 2.x panel. Set access_hash",
        "panel": "config cannot be applied, and nothing was written. accounts: is a section for 1.x panels only.",
    }
    tasks = [
        {
            "name": role,
            "block": [{"name": "run", "ansible.builtin.include_role": {"name": f"puqcloud.puqvpn.{role}"}}],
            "rescue": [{"name": f"{role} failed", "ansible.builtin.debug": {"msg": "{{ ansible_failed_result.msg }}"}}],
        }
        for role in told
    ]
    wanted = {"puqvpn_backup_folder": f"{tmp_path}/backup", "puqvpn_panel_accounts": [{"name": "alice"}]}
    connection = {"url": panel.url, "token": panel.credential}
    play = play_of_panels(connection, hosts="localhost", tasks=tasks)
    play["vars"].update(wanted)
    (tmp_path / "play.yml").write_text(yaml.safe_dump([play], sort_keys=False))
    run = playbook(tmp_path / "play.yml")
    assert run.code == 0, run.output
    for role, sentence in told.items():
        assert run.result_of(f"{role} failed")["msg"].count(sentence) == 1
        assert run.result_of(f"{role} failed")["msg"].count("1.x panels only") == 1
    assert not (tmp_path / "backup").exists()
    assert panel.connections == 0


def test_a_wrong_option_shows_no_secret(start: Start, playbook: Playbook) -> None:
    panel = start(credential=HASH)
    options = {
        "url": panel.url,
        "access_hash": "{{ hash }}",
        "path": "account",
        "method": "POST",
        "data": {"password": "{{ password }}"},
    }
    tasks = [
        {"name": "type", REQUEST: {**options, "retries": "abc"}, "ignore_errors": True},
        {"name": "choice", REQUEST: {**options, "method": "PATCH"}, "ignore_errors": True},
        {"name": "unknown", REQUEST: {**options, "colour": "red"}, "ignore_errors": True},
    ]
    run = playbook(tasks, "-vvvv", "--diff", secrets=SECRETS)
    assert [entry["result"]["error_code"] for entry in run.results] == ["invalid_option"] * 3
    assert run.places_with(CANARY) == []
    assert panel.connections == 0


FAULTS: list[dict[str, Any]] = [
    {"kind": "drop_before"},
    {"kind": "drop_after"},
    {"kind": "status", "code": 500},
    {"kind": "status", "code": 502},
    {"kind": "status", "code": 503},
    {"kind": "rate_limit", "retry_after": 0},
    {"kind": "login_page"},
    {"kind": "redirect", "location": "http://other.example.com/?next=/api"},
    {"kind": "cut_json"},
    {"kind": "short_body"},
    {"kind": "wrong_type", "body": [1, 2]},
    {"kind": "empty"},
    {"kind": "bad_utf8"},
    {"kind": "endless"},
    {"kind": "slow", "seconds": 30},
    {"kind": "drip", "seconds": 0.2},
    {"kind": "not_stored"},
    {"kind": "error", "text": f"Password {CANARY} is too simple", "path": "account*"},
    {"kind": "set_cookie"},
    {"kind": "echo_credential"},
]


def test_no_secret_is_seen_whatever_the_panel_does(start: Start, playbook: Playbook) -> None:
    tasks: list[dict[str, Any]] = []
    data = {**ALICE, "password": "{{ password }}"}
    for fault in [{}, *FAULTS]:
        panel = start(credential=HASH)
        if fault:
            panel.fault(**fault, times=None)
        common = {"url": panel.url, "access_hash": "{{ hash }}", "retries": 0, "timeout": 1}
        name = f"{fault.get('kind', 'no fault')} {fault.get('code', '')}".strip()
        create = {"method": "POST", "path": "account", "probe": "account/alice", "data": data}
        blind = {"method": "POST", "path": "account", "data": {**data, "name": "bob", "username": "bob"}}
        change = {
            "method": "PUT",
            "path": "account/alice",
            "data": {"password": "{{ password }}", "status": "disable"},
        }
        read = {"path": "account/alice", "expect": {"password": "{{ password }}"}}
        tasks += [
            {"name": f"status, {name}", STATUS: common, "ignore_errors": True},
            {"name": f"create, {name}", REQUEST: {**common, **create}, "ignore_errors": True},
            {"name": f"blind, {name}", REQUEST: {**common, **blind}, "ignore_errors": True},
            {"name": f"change, {name}", REQUEST: {**common, **change}, "ignore_errors": True},
            {"name": f"read, {name}", REQUEST: {**common, **read}, "ignore_errors": True},
        ]
    run = playbook(tasks, "-vvvv", "--diff", secrets=SECRETS)
    assert run.code == 0, run.output
    assert len(run.results) == len(tasks)
    assert run.places_with(CANARY) == []
    assert "Traceback" not in run.output
    good = [entry for entry in run.results if entry["task"].endswith("no fault")]
    assert {entry["task"]: entry["outcome"] for entry in good} == {
        "status, no fault": "ok",
        "create, no fault": "ok",
        "blind, no fault": "failed",
        "change, no fault": "ok",
        "read, no fault": "ok",
    }
    for entry in run.results:
        if entry["outcome"] == "failed":
            assert entry["result"]["error_code"], entry
            assert entry["result"]["msg"].count("failed: ") == 1, entry


def test_words_stay_intact_when_a_password_is_one_of_them(start: Start, playbook: Playbook) -> None:
    panel = start(credential=HASH)
    data = {**ALICE, "password": "enable"}
    options = {"url": panel.url, "access_hash": "{{ hash }}", "method": "POST", "path": "account", "data": data}
    run = playbook([{"name": "create", REQUEST: {**options, "probe": "account/alice"}}], secrets=SECRETS)
    result = run.result_of("create")
    assert result["payload"]["status"] == "enable"
    assert result["diff"]["after"]["wg_name"] == "Default"
    assert result["diff"]["after"]["password"] == "********"
    assert "password" not in result["payload"]
