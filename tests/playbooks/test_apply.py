# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A whole panel in one task, as playbooks use it: documents in files, two runs at once, and what failures look like."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.puqcloud.puqvpn.tests.playbooks.runs import Playbook, Start, environment_of

APPLY = "puqcloud.puqvpn.puqvpn_apply"
INFO = "puqcloud.puqvpn.puqvpn_info"


def people(number: int, prefix: str) -> dict[str, Any]:
    return {"accounts": [{"name": f"{prefix}_{at:02}", "wg_name": "Default"} for at in range(number)]}


def test_two_playbooks_that_each_add_50_accounts_end_with_100(start: Start, playbook: Playbook) -> None:
    panel = start(latency=0.01)
    plays = [[{"name": "apply", APPLY: {"config": people(50, prefix)}}] for prefix in ("red", "blue")]
    with ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(partial(playbook, **environment_of(panel)), plays))
    assert [run.code for run in runs] == [0, 0], [run.output for run in runs]
    assert len(panel.panel.accounts) == 100
    assert len({account["allowed_IPs"] for account in panel.panel.accounts.values()}) == 100
    assert [playbook(tasks, **environment_of(panel)).changed for tasks in plays] == [[], []]


def test_a_panel_is_kept_in_a_file_and_moved_to_another_one(start: Start, playbook: Playbook, tmp_path: Path) -> None:
    old, new = start(), start()
    old.panel.add_account({"name": "anna", "wg_name": "Default", "allowed_IPs": "10.0.0.7", "password": "the old one"})
    file = tmp_path / "panel.yml"
    content = "{{ panel.info.config | ansible.builtin.to_nice_yaml(sort_keys=false) }}"
    export = [
        {"name": "read", INFO: {"gather_subset": ["config"]}, "register": "panel"},
        {"name": "keep", "ansible.builtin.copy": {"content": content, "dest": str(file), "mode": "0600"}},
    ]
    run = playbook(export, **environment_of(old))
    assert run.code == 0, run.output
    assert "the old one" not in file.read_text()
    assert playbook(export, **environment_of(old)).changed == []
    config = f"{{{{ lookup('ansible.builtin.file', '{file}') | from_yaml }}}}"
    apply = [{"name": "apply", APPLY: {"config": config}}]
    assert playbook(apply, **environment_of(old)).changed == []
    assert playbook(apply, **environment_of(new)).changed == ["apply"]
    assert new.panel.accounts["anna"]["allowed_IPs"] == "10.0.0.7"
    assert yaml.safe_load(file.read_text())["accounts"][0]["name"] == "anna"


def test_a_failure_is_one_line_for_each_thing_that_is_wrong(start: Start, playbook: Playbook) -> None:
    panel = start()
    config = people(3, "red")
    config["accounts"][1]["b_download"] = "fast"
    config["dns"] = {"max_cache_ttl": 1}
    run = playbook([{"name": "apply", APPLY: {"config": config}}], **environment_of(panel))
    assert run.code != 0
    reported = run.result_of("apply")
    assert reported["error_code"] == "invalid_config"
    assert "accounts[1] red_01: b_download must be a whole number from 0 to 10000, not fast." in reported["msg"]
    assert "dns: max_cache_ttl must be a whole number from 30 to 3600, not 1." in reported["msg"]
    assert "Traceback" not in run.output
    assert panel.counts() == {}


def test_a_partial_failure_is_both_changed_and_failed(start: Start, playbook: Playbook) -> None:
    panel = start()
    panel.fault("error", method="POST", path="account", text="Something is wrong")
    tasks = [{"name": "apply", APPLY: {"config": people(3, "red"), "on_error": "continue"}, "ignore_errors": True}]
    run = playbook(tasks, "--diff", **environment_of(panel))
    assert [entry["outcome"] for entry in run.results] == ["failed"]
    reported = run.result_of("apply")
    assert reported["changed"] is True
    assert reported["summary"]["create"] == 2
    assert [failed["name"] for failed in reported["failures"]] == ["red_00"]
    assert sorted(reported["diff"]["after"]["accounts"]) == ["red_01", "red_02"]
