# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks in process: the same results as those of modules, and only where that makes no difference."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import time
import zipfile
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.puqcloud.puqvpn.tests.playbooks.runs import (
    COLLECTION,
    Playbook,
    Run,
    Start,
    encrypted,
    environment_in,
    environment_of,
    play_of_panels,
)
from ansible_collections.puqcloud.puqvpn.tests.unit.keys import key_pair, without_keys
from simulator import Simulator
from simulator.faults import Exchange, Faults
from werkzeug import Response

STATUS = "puqcloud.puqvpn.puqvpn_status"
ACCOUNT = "puqcloud.puqvpn.puqvpn_account"
APPLY = "puqcloud.puqvpn.puqvpn_apply"
REQUEST = "puqcloud.puqvpn.puqvpn_request"
IKEV2 = "puqcloud.puqvpn.puqvpn_ikev2"
PROFILE = "puqcloud.puqvpn.puqvpn_account_profile"
EXPORT = "puqcloud.puqvpn.puqvpn_export"
LINK = "puqcloud.puqvpn.puqvpn_account_link"
BACKUP = "puqcloud.puqvpn.puqvpn_backup"
ALICE = {"name": "alice", "wg_name": "Default", "allowed_ips": "10.0.0.10"}
KEYS, OTHER_KEYS = key_pair(), key_pair()
ALICE_IN_MEMORY = {"name": "alice", "wg_name": "Default", "allowed_IPs": "10.0.0.10"}
# YAML writes these without quotes, and reads them as objects.
MOMENT = datetime(9999, 1, 31, 18, tzinfo=timezone(timedelta(hours=-5)))
PEOPLE = {
    "accounts": [
        {"name": "alice", "expires": MOMENT, "status": "enable"},
        {"name": "dora", "wg_name": "Default", "expires": date(2020, 1, 31)},
    ]
}
IN_PROCESS = {"PUQVPN_IN_PROCESS": "true"}
AS_MODULE = {"PUQVPN_IN_PROCESS": "false"}
HIDDEN = "********"


def ran_modules(run: Run) -> bool:
    """True when a run with -vvv started a module of the collection in a process of its own."""
    return f"Using module file {COLLECTION}" in run.output


def results_of(run: Run, panel: Simulator) -> list[dict[str, Any]]:
    """All results, without what differs from panel to panel and from run to run: address, credential, keys, seconds."""
    told = json.dumps(run.results).replace(panel.url, "URL").replace(panel.credential, "CREDENTIAL")
    told = re.sub(r"(requests?) in \d+\.\d s", r"\1 in SECONDS", told)
    results: list[dict[str, Any]] = without_keys(json.loads(told))
    for one in results:
        # What failed_when made a success of is kept there by ansible-core 2.19 and 2.20 alone, and for modules alone.
        one["result"].pop("failed_when_suppressed_exception", None)
    return results


# --- The same results


def tasks_of_all_ends() -> list[dict[str, Any]]:
    """Tasks that end in each of the ways in which a task can end."""
    return [
        {"name": "made", ACCOUNT: ALICE},
        {"name": "unchanged", ACCOUNT: {"name": "alice", "wg_name": "{{ server }}"}},
        {"name": "changed", ACCOUNT: {"name": "alice", "b_download": "50"}},
        {"name": "given twice", ACCOUNT: {**ALICE, "allowed_IPs": ALICE["allowed_ips"]}},
        {"name": "given twice and wrong", ACCOUNT: {**ALICE, "allowed_IPs": "x", "b_upload": "x"}},
        {"name": "predicted", ACCOUNT: {"name": "alice", "b_download": 60}, "check_mode": True},
        {"name": "without a diff", ACCOUNT: {"name": "alice", "password": "{{ password }}"}, "diff": False},
        {"name": "hidden", ACCOUNT: {"name": "alice"}, "no_log": True},
        {"name": "a loop", ACCOUNT: {"name": "{{ item }}", "wg_name": "Default"}, "loop": ["bob", "carl"]},
        {"name": "exported", EXPORT: {"dest": "exported", "vault_password": "{{ password }}"}},
        {"name": "exported without secrets", EXPORT: {"dest": "exported"}},
        {"name": "in the way", EXPORT: {"dest": "vaulted.yml", "vault_password": ""}},
        {"name": "removed", "ansible.builtin.file": {"path": "{{ playbook_dir }}/exported", "state": "absent"}},
        {"name": "facts", STATUS: {}},
        {"name": "used", "ansible.builtin.assert": {"that": ["ansible_facts.puqvpn.accounts_free == 497"]}},
        {"name": "expected", REQUEST: {"path": "account/alice", "expect": {"wg_name": "Default"}}},
        {"name": "refused", ACCOUNT: {**ALICE, "wg_name": "nowhere"}},
        {"name": "immutable", ACCOUNT: {"name": "alice", "allowed_ips": "10.9.9.9"}},
        {"name": "not there", REQUEST: {"path": "account/nobody"}},
        {"name": "unknown options", ACCOUNT: {"name": "alice", "colour": "red", "size": 3}},
        {
            "name": "misspelled secrets",
            ACCOUNT: {"name": "alice", "pasword": "{{ password }}", "acces_hash": "{{ password }}"},
        },
        {"name": "misspelled secrets inside", IKEV2: {"ca": {"kye": "{{ password }}", "common_name": "x"}}},
        {
            "name": "misspelled secrets beside a file",
            PROFILE: {"name": "a", "dest": "x", "mode": "0600", "pasword": "{{ password }}"},
        },
        {"name": "missing options", REQUEST: {}},
        {"name": "no number", ACCOUNT: {"name": "alice", "b_download": "fast"}},
        {"name": "no choice", ACCOUNT: {"name": "alice", "state": "gone"}},
        {"name": "two wrong", ACCOUNT: {"name": "alice", "state": "gone", "b_download": "fast"}},
        {"name": "no texts", ACCOUNT: {**ALICE, "name": False, "password": 1.5, "allowed_IPs": ["10.0.0.9"]}},
        {"name": "a day", ACCOUNT: {"name": "alice", "expires": date(2020, 1, 31)}},
        {"name": "a moment", ACCOUNT: {"name": "alice", "status": "enable", "expires": "{{ moment }}"}},
        {"name": "dates in a variable", APPLY: {"config": "{{ people }}", "expiry_warn_days": 9999999}},
        {"name": "dates in a list", APPLY: {"config": {"accounts": "{{ people.accounts }}"}}, "check_mode": True},
        {"name": "no date", ACCOUNT: {"name": "alice", "expires": 20270131}},
        {"name": "no zone", ACCOUNT: {"name": "alice", "expires": datetime(2027, 1, 31, 18)}},
        {"name": "no text for a date", ACCOUNT: {"name": "alice", "expires": True}},
        {"name": "no texts inside", IKEV2: {"ca": {"country_name": False, "common_name": "x"}, "url": True}},
        {"name": "numbers as texts", ACCOUNT: {"name": 7, "state": "absent"}},
        {"name": "a country", IKEV2: {"ca": {"country_name": "Poland"}}},
        {"name": "no url", STATUS: {"url": ""}},
        {"name": "a token", ACCOUNT: {**ALICE, "access_hash": "", "token": "of-2.x"}},
        {"name": "no credential", STATUS: {"access_hash": ""}},
        {"name": "no certificates", STATUS: {"ca_path": "not/there.pem"}},
        {"name": "a word as a number", STATUS: {"retries": "many"}},
        {"name": "skipped", ACCOUNT: {"name": "alice", "state": "absent"}, "when": "false"},
        {"name": "expected to fail", ACCOUNT: {"name": "x y"}, "register": "told", "failed_when": "told is success"},
        {"name": "delegated", STATUS: {}, "delegate_to": "localhost"},
        {"name": "again", STATUS: {}, "register": "seen", "until": "seen.attempts == 2", "retries": 3, "delay": 0},
        {"name": "notified", ACCOUNT: {"name": "alice", "b_download": 70}, "register": "told", "notify": "handled"},
        {"name": "of the playbook", STATUS: {"ca_path": "authority.pem"}},
        {"name": "gone", ACCOUNT: {"name": "alice", "state": "absent", "access_hash": "{{ vaulted }}"}},
    ]


# With --diff, a result is that of a plain run and its diff.
@pytest.mark.parametrize("mode", ["--check", "--diff"])
def test_results_are_the_same_key_by_key(start: Start, playbook: Playbook, tmp_path: Path, mode: str) -> None:
    password_file = tmp_path / "vault-password"
    password_file.write_text("of this test")
    (tmp_path / "authority.pem").write_text("-----BEGIN CERTIFICATE-----\n")
    seen = []
    for way in (IN_PROCESS, AS_MODULE):
        panel = start()
        # A request that is answered at the second attempt only is a warning.
        panel.fault("status", path="system/status", code=503)
        connection = {"url": panel.url, "access_hash": panel.credential, "retries": 1}
        play = play_of_panels(connection, hosts="localhost", vars_files=["vaulted.yml"], ignore_errors=True)
        play["vars"].update(server="Default", password="a word of its own", moment=MOMENT, people=PEOPLE)
        play["handlers"] = [{"name": "handled", STATUS: {}}]
        play["tasks"] = tasks_of_all_ends()
        (tmp_path / "vaulted.yml").write_text(f"vaulted: {encrypted(panel.credential, password_file)}")
        (tmp_path / "play.yml").write_text(yaml.safe_dump([play], sort_keys=False))
        # Variables that are empty count as not set.
        variables = {**way, "PUQVPN_TOKEN": "", "PUQVPN_TIMEOUT": "", "PUQVPN_CA_PATH": ""}
        run = playbook(tmp_path / "play.yml", mode, **variables, ANSIBLE_VAULT_PASSWORD_FILE=str(password_file))
        seen.append((run, results_of(run, panel)))
    (inside, told), (outside, expected) = seen
    assert inside.code == outside.code == 0, inside.output
    assert [one["task"] for one in told] == [one["task"] for one in expected]
    for one, other in zip(told, expected):
        assert one["result"].keys() == other["result"].keys(), one["task"]
        assert one == other, one["task"]
    assert any("warnings" in one["result"] for one in told)
    for task, code, words in (
        ("no texts", "invalid_option", ("name must be", "password must be", "allowed_IPs must be", "quote it")),
        ("no texts inside", "invalid_option", ("url must be", "ca.country_name must be", "quote it")),
        ("a country", "invalid_option", ("ca.country_name must be two letters",)),
        ("no date", "invalid_option", ("expires must be a day such as 2027-01-31", "not 20270131")),
        ("no zone", "invalid_option", ("expires needs a zone", "2027-01-31T18:00:00+01:00")),
        ("no text for a date", "invalid_option", ("expires must be a string",)),
        ("no url", "invalid_option", ("url is missing", "PUQVPN_URL")),
        ("a token", "unsupported_generation", ("puqvpn_account supports 1.x panels only", "Set access_hash")),
    ):
        result = inside.result_of(task)
        assert (result["error_code"], result["panel_error"]) == (code, "")
        assert all(word in result["msg"] for word in words), result["msg"]
    applied = inside.result_of("dates in a variable")
    assert [(entry["name"], entry["expires"]) for key in ("expired", "expiring") for entry in applied[key]] == [
        ("dora", "2020-01-31"),
        ("alice", "9999-01-31T23:00:00Z"),
    ]


OLD = "[Interface]\nAddress = 10.0.0.99/24\n"
TELL_ALL = "/bin/sh -c 'cat \"$1\"; cat; pwd; umask; exit 3' sh %s"


def tasks_with_files(folder: Path) -> list[dict[str, Any]]:
    """Tasks that write files in each of the ways in which a file can be written or not."""
    own = {"owner": str(os.getuid()), "group": str(os.getgid())}
    as_root = os.geteuid() == 0
    cases: dict[str, dict[str, Any]] = {
        "new": {"dest": "{{ folder }}/new"},
        "same": {"dest": "{{ folder }}/new"},
        "relative": {"dest": "written/relative"},
        "with a mode": {"dest": "{{ folder }}/mode", "mode": "0640", **own},
        "another mode": {"dest": "{{ folder }}/mode", "mode": "u=rw,g=,o="},
        "a number as the mode": {"dest": "{{ folder }}/mode", "mode": 0o640},
        "another owner": {"dest": "{{ folder }}/owner", "owner": "nobody" if as_root else "root"},
        "other content": {"dest": "{{ folder }}/old", "mode": "0644"},
        "other content with a copy": {"dest": "{{ folder }}/older", "backup": True},
        "valid": {"dest": "{{ folder }}/valid", "validate": "grep -q PrivateKey %s", "unsafe_writes": True},
        "invalid": {"dest": "{{ folder }}/oldest", "validate": TELL_ALL, "backup": True},
        "no validator": {"dest": "{{ folder }}/oldest", "validate": "/not/there %s"},
        "half a command": {"dest": "{{ folder }}/oldest", "validate": "'%s"},
        "a folder": {"dest": "{{ folder }}"},
        "a link": {"dest": "{{ folder }}/link"},
        "a broken link in a folder": {"dest": "{{ folder }}/links"},
        "no folder": {"dest": "{{ folder }}/not/there"},
        "a folder that cannot be written to": {"dest": "/proc/profile"},
        "no mode": {"dest": "{{ folder }}/never", "mode": "u=rwz"},
        "no permissions": {"dest": "{{ folder }}/never", "mode": "77777"},
        "a switch as the mode": {"dest": "{{ folder }}/never", "mode": True},
        "nobody of that name": {"dest": "{{ folder }}/never", "owner": "not-there", "group": "nor-there"},
        "two names": {"dest": "{{ folder }}/mode", "attr": "+A", "attributes": "+A"},
        "attributes that the file system lacks": {"dest": "{{ folder }}/attributes", "attributes": "+Z"},
        "no text": {"dest": "{{ folder }}/never", "owner": True},
        "unknown": {"dest": "{{ folder }}/never", "colour": "red"},
        "nobody": {"dest": "{{ folder }}/never", "name": "nobody"},
    }
    tasks = [{"name": name, PROFILE: {"name": "alice", **options}} for name, options in cases.items()]
    many = {"formats": ["wireguard", "ikev2"], "dest": "{{ folder }}/many"}
    return [
        *tasks,
        {"name": "many", PROFILE: {"all": True, "mode": "0640", **own, **many}},
        {"name": "some of many", PROFILE: {"names": ["nobody", "alice", "nobody_else"], "concurrency": 2, **many}},
        {"name": "a folder for each", PROFILE: {"all": True, "folder_per_name": True, **many}},
        {"name": "a link to a file", LINK: {"name": "alice", "dest": "{{ folder }}/link.txt"}},
        {"name": "the same link", LINK: {"name": "alice", "dest": "{{ folder }}/link.txt", "mode": "0640"}},
        {"name": "no file for a link", LINK: {"name": "alice", "mode": "0640"}},
        {"name": "a loop", PROFILE: {"name": "alice", "dest": "{{ folder }}/{{ item }}"}, "loop": ["new", "x", "y"]},
        {"name": "a picture", REQUEST: {"path": "account/alice/config_qr", "dest": "{{ folder }}/picture"}},
        {"name": "the same picture", REQUEST: {"path": "account/alice/config_qr", "dest": "{{ folder }}/picture"}},
        {"name": "no file", REQUEST: {"path": "account/alice", "dest": "{{ folder }}/never"}},
        {"name": "an archive", BACKUP: {"name": "kept.zip", "dest": "{{ folder }}/"}},
        {"name": "the same archive", BACKUP: {"name": "kept.zip", "dest": "{{ folder }}/"}},
    ]


def written_in(folder: Path) -> dict[str, tuple[str, int, int]]:
    """The kind, mode and owner of everything in a folder. The name of a copy contains a moment."""
    found = {path.relative_to(folder): path.lstat() for path in folder.rglob("*")}
    return {
        re.sub(r"[.][0-9]+[.][-0-9]+@[:0-9]+~$", " copied", str(name)): (
            stat.filemode(at.st_mode),
            at.st_uid,
            at.st_gid,
        )
        for name, at in found.items()
    }


@pytest.mark.parametrize("mode", [("--diff",), ("--check",)], ids=["diff", "check"])
def test_files_are_the_same_key_by_key(start: Start, playbook: Playbook, tmp_path: Path, mode: tuple[str]) -> None:
    folder = tmp_path / "written"
    archive, seen = io.BytesIO(), []
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("configuration", "kept")
    for way in (IN_PROCESS, AS_MODULE):
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "links").mkdir(parents=True)
        (folder / "many").mkdir()
        for name in ("old", "older", "oldest", "target"):
            (folder / name).write_text(OLD)
            (folder / name).chmod(0o604)
        (folder / "link").symlink_to("target")
        (folder / "links" / "alice.conf").symlink_to("nowhere")
        panel = start()
        panel.panel.add_account({**ALICE_IN_MEMORY, **KEYS})
        panel.panel.wireguard["Default"].update(OTHER_KEYS)
        panel.panel.add_backup("kept.zip", "2026-01-31T18:00:17+01:00")
        panel.panel.backups["kept.zip"].update(archive=archive.getvalue(), size=0.1)
        connection = {"url": panel.url, "access_hash": panel.credential}
        play = play_of_panels(connection, hosts="localhost", ignore_errors=True)
        play["vars"].update(folder=str(folder))
        play["tasks"] = tasks_with_files(folder)
        (tmp_path / "play.yml").write_text(yaml.safe_dump([play], sort_keys=False))
        run = playbook(tmp_path / "play.yml", "-vvv", *mode, **way)
        results = results_of(run, panel)
        copied = [one["result"].pop("backup_file") for one in results if "backup_file" in one["result"]]
        assert [re.sub(r"[.][0-9]+[.].*", "", name) for name in copied] == (
            [] if mode == ("--check",) else [f"{folder}/older"]
        )
        assert ran_modules(run) is (way is AS_MODULE)
        seen.append((run, results, written_in(folder)))
    (inside, results, files), (outside, expected, expected_files) = seen
    assert inside.code == outside.code == 0, inside.output
    for one, other in zip(results, expected):
        assert one == other, one["task"]
    assert len(results) == len(expected)
    assert files == expected_files
    failed = {one["task"]: one["result"]["error_code"] for one in results if "error_code" in one["result"]}
    assert failed["no mode"] == failed["no permissions"] == failed["a switch as the mode"] == "invalid_option"
    if mode != ("--check",):
        assert failed["nobody of that name"] == "invalid_option"
        assert failed["invalid"] == failed["no validator"] == failed["half a command"] == "validation_failed"
        assert failed["attributes that the file system lacks"] == "file_not_written"
    assert not {name for name in files if "never" in name or name.startswith(".")}


@pytest.mark.parametrize("way", [IN_PROCESS, AS_MODULE], ids=["in process", "as a module"])
def test_a_wrong_value_of_the_option_is_an_error_and_nothing_is_sent(
    start: Start, playbook: Playbook, way: dict[str, str]
) -> None:
    panel = start()
    task = {"name": "made", ACCOUNT: ALICE, "vars": {"puqvpn_in_process": "{{ 'may' ~ 'be' }}"}, "ignore_errors": True}
    result = playbook([task], **way, **environment_of(panel)).result_of("made")
    assert result["error_code"] == "invalid_option"
    assert "puqvpn_in_process is 'maybe'" in result["msg"]
    assert panel.counts() == {}


@pytest.mark.parametrize("way", [IN_PROCESS, AS_MODULE], ids=["in process", "as a module"])
def test_the_value_of_a_misspelled_option_is_never_shown(
    start: Start, playbook: Playbook, way: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "secret.yml").write_text("secret: canary-of-an-option")
    cases: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
        "a password": (ACCOUNT, {"name": "alice", "pasword": "{{ secret }}"}, {"name": "alice", "pasword": HIDDEN}),
        "a credential": (STATUS, {"acces_hash": ["{{ secret }}"]}, {"acces_hash": HIDDEN}),
        "a key": (IKEV2, {"ca": {"kye": "{{ secret }}"}}, {"ca.kye": HIDDEN}),
        "beside a file": (PROFILE, {"mode": "0600", "pasword": "{{ secret }}"}, {"mode": "0600", "pasword": HIDDEN}),
    }
    tasks = [{"name": name, module: options, "ignore_errors": True} for name, (module, options, _s) in cases.items()]
    run = playbook(tasks, "-vvv", "-e", f"@{tmp_path}/secret.yml", **way, **environment_of(start()))
    assert "canary" not in run.output
    for name, (_module, _options, shown) in cases.items():
        result = run.result_of(name)
        assert result["error_code"] == "invalid_option"
        assert "canary" not in json.dumps(result)
        # ansible-core 2.21 leaves the invocation out.
        if "invocation" in result:
            arguments = result["invocation"]["module_args"]
            assert {place: value_at(arguments, place) for place in shown} == shown


def value_at(options: dict[str, Any], place: str) -> Any:
    """The value at a dotted place."""
    first, _dot, rest = place.partition(".")
    return value_at(options[first], rest) if rest else options[first]


@pytest.mark.parametrize("way", [IN_PROCESS, AS_MODULE], ids=["in process", "as a module"])
def test_no_text_of_a_panel_is_evaluated(start: Start, playbook: Playbook, way: dict[str, str]) -> None:
    panel = start()
    text = "{{ lookup('ansible.builtin.pipe', 'touch evaluated') }}"
    panel.panel.add_account({"name": "alice", "wg_name": "Default", "allowed_IPs": "10.0.0.10"})
    panel.panel.falsify(panel.panel.accounts["alice"], "username", text)
    panel.fault("error", path="account/bob", text=text)
    tasks = [
        {
            "name": "read",
            REQUEST: {"path": "account/alice"},
            "register": "told",
            "failed_when": "told.payload.username == '1'",
        },
        {"name": "refused", REQUEST: {"path": "account/bob"}, "register": "refused", "ignore_errors": True},
        {"name": "used", "ansible.builtin.debug": {"msg": "{{ [told.payload.username, refused.panel_error] }}"}},
    ]
    run = playbook(tasks, **way, **environment_of(panel))
    assert run.result_of("used")["msg"] == [text, text]
    assert not (run.home / "evaluated").exists()


# --- Where tasks run in process


# Programs that do what Ansible's own Python, and sudo, would do here.
OTHER_PYTHON = f'#!/bin/sh\nexec {sys.executable} "$@"\n'
SUDO = '#!/bin/sh\nwhile [ "$1" != /bin/sh ]; do shift; done\nexec "$@"\n'


@pytest.mark.parametrize(
    ("keywords", "as_module"),
    [
        ({}, False),
        ({"connection": "ansible.builtin.local"}, False),
        ({"delegate_to": "localhost"}, False),
        ({"environment": {}}, False),
        ({"vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}}, False),
        ({"vars": {"ansible_python_interpreter": "auto_silent"}}, False),
        ({"vars": {"ansible_python_interpreter": "{{ playbook_dir }}/other-python"}}, True),
        ({"delegate_to": "other"}, True),
        ({"environment": {"LANG": "C"}}, True),
        ({"async": 30, "poll": 1, "vars": {"ansible_async_dir": "{{ playbook_dir }}"}}, True),
        ({"become": True, "vars": {"ansible_become_exe": "{{ playbook_dir }}/sudo"}}, True),
        ({"vars": {"puqvpn_in_process": False}}, True),
        ({"vars": {"puqvpn_in_process": "{{ 1 == 2 }}"}}, True),
        ({"vars": {"puqvpn_in_process": "{{ 1 == 1 }}"}}, False),
    ],
    ids=lambda value: "" if isinstance(value, bool) else str(value),
)
def test_a_task_runs_in_process_only_where_that_makes_no_difference(
    start: Start, playbook: Playbook, tmp_path: Path, keywords: dict[str, Any], as_module: bool
) -> None:
    panel = start()
    for name, program in (("other-python", OTHER_PYTHON), ("sudo", SUDO)):
        (tmp_path / name).write_text(program)
        (tmp_path / name).chmod(0o755)
    write_inventory(tmp_path, other=f"{tmp_path}/other-python")
    run = run_one(playbook, tmp_path, {STATUS: {}, **keywords}, **environment_of(panel))
    assert run.code == 0, run.output
    assert run.result_of("one")["status"]["ready"] is True
    assert ran_modules(run) is as_module
    assert panel.connections == 1


SHOW_YEAR = "import datetime; print(datetime.datetime.now().year)"

# A Python whose clock is a hundred years late.
LATE_CLOCK = """
import datetime
class Late(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        now = super().now(tz)
        return now.replace(year=now.year + 100, day=1)
datetime.datetime = Late
"""


def test_only_the_clock_of_the_controller_counts(start: Start, playbook: Playbook, tmp_path: Path) -> None:
    panel = start()
    panel.panel.add_account({"name": "alice", "wg_name": "Default", "allowed_IPs": "10.0.0.10"})
    (tmp_path / "sitecustomize.py").write_text(LATE_CLOCK)
    (tmp_path / "other-python").write_text(f'#!/bin/sh\nPYTHONPATH={tmp_path} exec {sys.executable} "$@"\n')
    (tmp_path / "other-python").chmod(0o755)
    write_inventory(tmp_path, other=f"{tmp_path}/other-python")
    task = {ACCOUNT: {"name": "alice", "expires": str(date.today() + timedelta(days=2))}, "delegate_to": "other"}
    play = {
        "name": "Test",
        "hosts": "localhost",
        "gather_facts": False,
        "tasks": [
            {"name": "late", "ansible.builtin.command": {"argv": [f"{tmp_path}/other-python", "-c", SHOW_YEAR]}},
            {"name": "elsewhere", **task},
            {"name": "async", **task, "async": 30, "poll": 1, "vars": {"ansible_async_dir": str(tmp_path)}},
        ],
    }
    (tmp_path / "play.yml").write_text(yaml.safe_dump([play], sort_keys=False))
    run = playbook(tmp_path / "play.yml", "-i", str(tmp_path / "hosts.yml"), **environment_of(panel))
    assert run.code == 0, run.output
    assert int(run.result_of("late")["stdout"]) > date.today().year + 90
    for name in ("elsewhere", "async"):
        result = run.result_of(name)
        assert (result["changed"], result["expired"]) == (False, False)
        assert "_puqvpn_now" not in json.dumps(result)


def write_inventory(folder: Path, **others: str) -> None:
    """An inventory of localhost, with Ansible's own Python, and of other hosts that are the same but for theirs."""
    pythons = {"localhost": "{{ ansible_playbook_python }}", **others}
    hosts = {
        name: {"ansible_connection": "local", "ansible_python_interpreter": python} for name, python in pythons.items()
    }
    (folder / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": hosts}}))


def run_one(playbook: Playbook, folder: Path, task: dict[str, Any], **environment: str) -> Run:
    """Run one task at localhost with -vvv, with the inventory of the folder."""
    return playbook(write_play(folder, task), "-vvv", "-i", str(folder / "hosts.yml"), **environment)


def write_play(folder: Path, task: dict[str, Any]) -> Path:
    """The file of a play at localhost with one task."""
    play = {"name": "Test", "hosts": "localhost", "gather_facts": False, "tasks": [{"name": "one", **task}]}
    file = folder / "play.yml"
    file.write_text(yaml.safe_dump([play], sort_keys=False))
    return file


def test_a_task_that_writes_a_file_runs_in_process(start: Start, playbook: Playbook, tmp_path: Path) -> None:
    panel = start()
    panel.panel.add_account({"name": "alice", "wg_name": "Default", "allowed_IPs": "10.0.0.10"})
    for module, options in ((PROFILE, {"name": "alice"}), (REQUEST, {"path": "account/alice/config_qr"}), (BACKUP, {})):
        task = {"name": "one", module: {**options, "dest": "{{ playbook_dir }}/kept"}}
        run = playbook([task], "-vvv", **environment_of(panel))
        assert run.changed == ["one"], run.output
        assert not ran_modules(run)


def test_the_option_can_be_set_in_ansible_cfg(start: Start, playbook: Playbook, tmp_path: Path) -> None:
    panel = start()
    settings = tmp_path / "ansible.cfg"
    for value, as_module in (("no", True), ("yes", False)):
        settings.write_text(f"[puqvpn]\nin_process = {value}\n")
        environment = {**environment_of(panel), "ANSIBLE_CONFIG": str(settings)}
        # A variable of the environment that is empty counts as not set.
        run = playbook([{"name": "one", STATUS: {}}], "-vvv", **environment, PUQVPN_IN_PROCESS="")
        assert ran_modules(run) is as_module
        # Variables are stronger than the environment, and that than the file.
        assert ran_modules(playbook([{"name": "one", STATUS: {}}], "-vvv", **environment, **AS_MODULE))
    run = playbook([{"name": "one", STATUS: {}}], "-vvv", "-e", "puqvpn_in_process=yes", **environment, **AS_MODULE)
    assert not ran_modules(run)


# --- Connections


def test_all_items_of_a_loop_share_one_connection(start: Start, playbook: Playbook) -> None:
    panel = start(tls=True)
    panel.panel.add_account({"name": "alice", "wg_name": "Default", "allowed_IPs": "10.0.0.10"})
    task = {"name": "unchanged", ACCOUNT: ALICE, "loop": list(range(100))}
    assert playbook([task], **environment_of(panel)).code == 0
    assert panel.connections == 1
    assert panel.counts() == {"GET account/alice": 100}


def test_no_connection_is_shared_by_two_credentials(start: Start, playbook: Playbook) -> None:
    panel = start()
    wrong = panel.credential.swapcase() + "0"
    options = {"url": panel.url, "retries": 0, "access_hash": "{{ item }}"}
    task = {"name": "one", STATUS: options, "loop": [panel.credential, wrong, panel.credential], "ignore_errors": True}
    results = playbook([task]).result_of("one")["results"]
    assert [one.get("error_code") for one in results] == [None, "not_authorized", None]
    assert panel.connections == 2
    sent = [request.headers["Cookie"] for request in panel.requests]
    assert sent == [f"access_hash={one}" for one in (panel.credential, wrong, panel.credential)]


def test_secrets_of_one_item_are_not_taken_for_those_of_the_next(start: Start, playbook: Playbook) -> None:
    panel = start()
    options = {"name": "alice", "wg_name": "Default", "password": "{{ item }}"}
    task = {"name": "one", ACCOUNT: options, "loop": ["Default", "another"], "ignore_errors": True}
    results = playbook([task], **environment_of(panel)).result_of("one")["results"]
    assert [one["account"]["wg_name"] for one in results] == ["Default", "Default"]


# --- A panel that hangs


def timed_out(result: dict[str, Any], seconds: int) -> bool:
    """Whether Ansible ended a task since its time was over, which it says in words alone before ansible-core 2.18."""
    if "timedout" in result:
        return bool(result["timedout"]["period"] == seconds)
    return f"failed to execute in the expected time frame ({seconds}) and was terminated" in result["msg"]


def test_a_panel_that_hangs_does_not_hang_a_task(start: Start, playbook: Playbook) -> None:
    panel = start()
    panel.fault("slow", times=None, seconds=60)
    task = {"name": "one", STATUS: {"timeout": 0.5, "retries": 1}, "ignore_errors": True}
    run = playbook([task], **environment_of(panel))
    assert run.result_of("one")["error_code"] == "timeout"
    limited = {"name": "one", STATUS: {"timeout": 50}, "timeout": 1, "ignore_errors": True}
    run = playbook([limited], **environment_of(panel))
    assert timed_out(run.result_of("one"), 1)
    panel.stop()


def test_an_interrupt_ends_a_run_in_the_middle_of_a_request(start: Start, tmp_path: Path) -> None:
    panel = start()
    panel.fault("slow", times=None, seconds=600)
    play = write_play(tmp_path, {STATUS: {"timeout": 300}})
    run = subprocess.Popen(
        [Path(sys.executable).with_name("ansible-playbook"), play],
        cwd=tmp_path,
        env={**environment_in(tmp_path), **environment_of(panel)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        # As a terminal does: a group of its own, which the signal is for as a whole.
        start_new_session=True,
    )
    while not panel.requests:
        assert run.poll() is None
        time.sleep(0.05)
    os.killpg(run.pid, signal.SIGINT)
    output, _none = run.communicate(timeout=60)
    assert b"User interrupted execution" in output
    assert not group_is_alive(run.pid)


@pytest.mark.parametrize("way", [IN_PROCESS, AS_MODULE], ids=["in_process", "module"])
def test_an_interrupt_between_removal_and_creation_loses_nothing(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: dict[str, str]
) -> None:
    panel = start()
    panel.panel.add_account({**ALICE_IN_MEMORY, "username": "old", "password": "kept"})
    before = {**panel.panel.accounts["alice"], "mangle": 0, "username": "new"}
    runs: list[subprocess.Popen[bytes]] = []
    answer = Faults.answer

    def answer_and_interrupt(self: Faults, method: str, path: str, exchange: Exchange) -> Response:
        response = answer(self, method, path, exchange)
        if method == "DELETE":
            # As a terminal does: the group as a whole.
            os.killpg(runs[0].pid, signal.SIGINT)
        return response

    monkeypatch.setattr(Faults, "answer", answer_and_interrupt)
    play = write_play(tmp_path, {ACCOUNT: {"name": "alice", "username": "new", "recreate": True}})
    run = subprocess.Popen(
        [Path(sys.executable).with_name("ansible-playbook"), play],
        cwd=tmp_path,
        env={**environment_in(tmp_path), **environment_of(panel), **way},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    runs.append(run)
    run.communicate(timeout=60)
    # Ansible does not wait for its workers.
    deadline = time.monotonic() + 60
    while "alice" not in panel.panel.accounts and time.monotonic() < deadline:
        time.sleep(0.01)
    assert {**panel.panel.accounts["alice"], "mangle": 0} == before


def test_a_time_limit_between_removal_and_creation_loses_nothing(start: Start, playbook: Playbook) -> None:
    panel = start()
    panel.panel.add_account({**ALICE_IN_MEMORY, "username": "old", "password": "kept"})
    key = panel.panel.accounts["alice"]["private_key"]
    panel.fault("slow", method="POST", seconds=2)
    options = {"name": "alice", "username": "new", "recreate": True}
    run = playbook([{"name": "one", ACCOUNT: options, "timeout": 1, "ignore_errors": True}], **environment_of(panel))
    assert timed_out(run.result_of("one"), 1)
    account = panel.panel.accounts["alice"]
    assert (account["private_key"], account["password"]) == (key, "kept")


def group_is_alive(leader: int) -> bool:
    """True when a process of the group is left."""
    try:
        os.killpg(leader, 0)
    except ProcessLookupError:
        return False
    return True
