# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules as playbooks use them: defaults for all, the environment, check mode, facts, a panel that is busy."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.tests.playbooks.runs import Playbook, Start, environment_of

STATUS = "puqcloud.puqvpn.puqvpn_status"
REQUEST = "puqcloud.puqvpn.puqvpn_request"
ALICE = {"name": "alice", "username": "alice", "wg_name": "Default", "allowed_IPs": "10.0.0.10"}


def test_one_status_task_costs_one_get_on_one_connection(start: Start, playbook: Playbook) -> None:
    panel = start()
    run = playbook([{"name": "status", STATUS: {}}], **environment_of(panel))
    assert run.code == 0, run.output
    assert panel.counts() == {"GET system/status": 1}
    assert panel.connections == 1


@pytest.mark.parametrize("generation", [1, 2])
def test_defaults_of_the_action_group_reach_every_module(start: Start, playbook: Playbook, generation: int) -> None:
    panel = start(generation=generation)
    credential = {1: "access_hash", 2: "token"}[generation]
    block = {
        "name": "all",
        "module_defaults": {"group/puqcloud.puqvpn.all": {"url": panel.url, credential: panel.credential}},
        "block": [
            {"name": "status", STATUS: None},
            {"name": "request", REQUEST: {"path": "system/status", "expect": {"status": "OK"}}},
        ],
    }
    run = playbook([block])
    assert run.code == 0, run.output
    assert run.result_of("status")["status"]["generation"] == generation
    assert run.result_of("request")["generation"] == generation


def test_facts_are_set(start: Start, playbook: Playbook) -> None:
    panel = start()
    tasks = [
        {"name": "status", STATUS: {}},
        {"name": "fact", "ansible.builtin.assert": {"that": ["ansible_facts.puqvpn.accounts_free == 500"]}},
    ]
    assert playbook(tasks, **environment_of(panel)).code == 0


def test_a_change_costs_two_requests_and_no_change_costs_one(start: Start, playbook: Playbook) -> None:
    panel = start()
    create: dict[str, Any] = {"method": "POST", "path": "account", "probe": "account/alice", "data": ALICE}
    tasks = [{"name": "create", REQUEST: create}]
    predicted = playbook(tasks, "--check", "--diff", **environment_of(panel))
    assert panel.counts() == {"GET account/alice": 1}
    panel.reset_counters()
    happened = playbook(tasks, "--diff", **environment_of(panel))
    assert panel.counts() == {"GET account/alice": 1, "POST account": 1}
    assert panel.connections == 1
    panel.reset_counters()
    again = playbook(tasks, "--diff", **environment_of(panel))
    assert panel.counts() == {"GET account/alice": 1}
    assert (predicted.changed, happened.changed, again.changed) == (["create"], ["create"], [])
    assert predicted.result_of("create")["diff"] == happened.result_of("create")["diff"]
    assert '+    "allowed_IPs": "10.0.0.10"' in predicted.output


def test_a_lost_answer_ends_with_one_object_and_a_warning(start: Start, playbook: Playbook) -> None:
    panel = start()
    panel.fault("drop_after", method="POST")
    create = {"method": "POST", "path": "account", "probe": "account/alice", "data": ALICE}
    run = playbook([{"name": "create", REQUEST: create}], **environment_of(panel))
    assert run.changed == ["create"]
    assert list(panel.panel.accounts) == ["alice"]
    assert any("The object exists on the panel" in told for told in run.result_of("create")["warnings"])


def test_a_panel_that_loads_for_three_seconds(start: Start, playbook: Playbook) -> None:
    text = "Loading (Wireguard delete old interfaces)"
    panel, stuck = start(), start()
    stuck.busy(text=text)
    at_stuck = {"url": stuck.url, "access_hash": stuck.credential}
    tasks = [
        {"name": "now", STATUS: at_stuck},
        {"name": "too long", STATUS: {**at_stuck, "wait": True, "wait_timeout": 1}, "ignore_errors": True},
        {"name": "start", "ansible.builtin.uri": _busy(panel.control_url)},
        {"name": "wait", STATUS: {"wait": True}},
    ]
    run = playbook(tasks, **environment_of(panel))
    assert run.code == 0, run.output
    assert run.result_of("now")["status"]["ready"] is False
    assert run.result_of("now")["status"]["state"] == text
    assert run.result_of("too long")["error_code"] == "panel_busy"
    assert text in run.result_of("too long")["msg"]
    assert run.result_of("wait")["status"]["ready"] is True
    assert panel.counts()["GET system/status"] > 1


def _busy(control_url: str) -> dict[str, Any]:
    return {"url": f"{control_url}/busy", "method": "POST", "body": {"seconds": 3}, "body_format": "json"}


def test_retries_are_visible(start: Start, playbook: Playbook) -> None:
    panel = start()
    panel.fault("status", code=503)
    run = playbook([{"name": "status", STATUS: {}}], **environment_of(panel))
    assert any("succeeded only at attempt 2" in told for told in run.result_of("status")["warnings"])
