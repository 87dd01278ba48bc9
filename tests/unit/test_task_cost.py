# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task costs, by what can be counted: code that is imported, patterns that are compiled, settings."""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible import constants
from ansible_collections.puqcloud.puqvpn.plugins.action.puqvpn_status import ActionModule
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._connection import Connection
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._field_types import NAME
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._transport.session import Transport
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils import _action
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import connection_options
from simulator import Simulator

UTILS = Path(__file__).resolve().parents[2] / "plugins" / "module_utils"
PACKAGE = "ansible_collections.puqcloud.puqvpn.plugins"
# What a task needs that changes something, writes files, rotates keys or fails.
OF_FEW_TASKS = {"_check_mode", "_execute", "_file_writer", "_files", "_rotate_keys", "_signals", "_verify"}
# A module process compiles this much: more takes each task longer. In bytes.
MOST_CODE = 245_000

IMPORT_MODULE = f"""
import json, sys
import {PACKAGE}.modules.puqvpn_account
print(json.dumps([file.__file__ for name, file in sys.modules.items() if name.startswith("{PACKAGE}.module_utils.")]))
"""

# What a worker does after the fork: tasks of all ends.
RUN_TASKS = f"""
import json, re, sys
from {PACKAGE}.action.puqvpn_account import ActionModule
if sys.version_info < (3, 11):
    import sre_compile as compiler
else:
    import re._compiler as compiler
before, compiled, ends, compile = set(sys.modules), [], [], compiler.compile
compiler.compile = lambda pattern, *flags: compiled.append(str(pattern)) or compile(pattern, *flags)
connection = json.load(sys.stdin)
bob = {{"name": "bob", "wg_name": "Default"}}
for options, check_mode in (
    (bob, False),
    (bob, False),
    ({{"name": "bob", "b_download": 5}}, True),
    ({{"name": "bob", "b_download": 5}}, False),
    ({{"name": "bob", "b_download": 7, "wg_name": "another"}}, False),
    ({{"name": "bob", "state": "absent"}}, False),
    ({{**bob, "url": "http://127.0.0.1:1", "retries": 0}}, False),
):
    validated = ActionModule._validator.validate({{**connection, **options}}).validated_parameters
    outcome = ActionModule.task.attempt(validated, check_mode=check_mode)
    ends.append(outcome.result.get("error_code", outcome.result.get("changed")))
json.dump({{"ends": ends, "modules": sorted(set(sys.modules) - before), "patterns": compiled}}, sys.stdout)
"""


def in_another_process(code: str, given: Any = None) -> Any:
    """What code writes as JSON in a process of its own, which has imported nothing yet."""
    done = subprocess.run(
        [sys.executable, "-c", code], input=json.dumps(given), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_module_process_imports_what_an_unchanged_account_needs() -> None:
    files = [Path(file) for file in in_another_process(IMPORT_MODULE) if file]
    names = {str(file.relative_to(UTILS).with_suffix("")) for file in files}
    assert {"_resource", "_transport/session", "_objects/account"} <= names
    assert not names & {*OF_FEW_TASKS, "_transport/diagnosis"}
    assert sum(file.stat().st_size for file in files) < MOST_CODE


def test_a_worker_imports_and_compiles_nothing_after_the_fork(panel: Simulator) -> None:
    found = in_another_process(RUN_TASKS, connection_options(panel))
    assert found["ends"] == [True, False, True, True, "immutable_field", True, "connection_refused"]
    assert found["modules"] == []
    # That of a name: to compile those of all fields beforehand would take a module process longer. And that of base64
    # before Python 3.11.
    assert set(found["patterns"]) <= {NAME.pattern, "b'[A-Za-z0-9+/]*={0,2}'"}


def action() -> ActionModule:
    """An action plugin as Ansible makes one for each item of a loop."""
    task = SimpleNamespace(
        action="puqcloud.puqvpn.puqvpn_status", args={}, async_val=0, delegate_to=None, environment=None, diff=False
    )
    shell = SimpleNamespace(env_prefix=lambda **_variables: "")
    connection = SimpleNamespace(transport="local", become=None, _shell=shell)
    return ActionModule(task, connection, SimpleNamespace(), None, None, None)


def test_settings_are_looked_up_once_for_all_items_of_a_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up: list[str] = []
    look_up: Callable[..., Any] = constants.config.get_config_value

    def count(name: str, *arguments: Any, **keywords: Any) -> Any:
        looked_up.append(name)
        return look_up(name, *arguments, **keywords)

    _action._configured.cache_clear()
    monkeypatch.setattr(constants.config, "get_config_value", count)
    for _item in range(3):
        assert action()._is_requested({})
        assert action()._is_possible({})
        _action._shows_invocation({})
    assert looked_up == ["in_process"]
    # The environment may differ from one task to the next one.
    monkeypatch.setenv("PUQVPN_IN_PROCESS", "false")
    assert not action()._is_requested({})


@pytest.mark.parametrize("validate_certs", [True, False])
def test_trusted_certificates_are_loaded_once_for_all_connections(
    monkeypatch: pytest.MonkeyPatch, validate_certs: bool
) -> None:
    loaded: list[str] = []
    for name in ("load_verify_locations", "load_default_certs"):
        load: Callable[..., None] = getattr(ssl.SSLContext, name)
        monkeypatch.setattr(
            ssl.SSLContext,
            name,
            lambda context, *given, name=name, load=load: loaded.append(name) or load(context, *given),
        )
    with Simulator(generation=1, tls=True) as panel:
        connection = Connection.from_options(connection_options(panel, validate_certs=validate_certs))
        transport = Transport(connection)
        for _request in range(3):
            assert transport.send("GET", "system/status").status == 200
            # The next request needs another connection.
            transport.close()
        assert panel.connections == 3
    assert loaded == (["load_verify_locations"] if validate_certs else [])
