# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each successful result says in one line what happened, and how many requests it took."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import Connect
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import run
from ansible_collections.puqcloud.puqvpn.tests.unit.test_every_option import STORIES, Story, open_panel_of
from simulator import Simulator

BOB = {"name": "bob", "wg_name": "Default", "b_download": 10, "password": "canary-1"}


def message(client: Any, module: str, **options: Any) -> str:
    return str(run(client, module, **options)["msg"])


def test_an_account_is_described_by_what_changes(panel: Simulator, connect: Connect) -> None:
    client = connect(panel)
    assert message(client, "account", **BOB) == "bob: created"
    assert message(client, "account", **BOB) == "bob: unchanged"
    changed = {**BOB, "b_download": 100, "status": "disable", "password": "canary-2"}
    assert (
        message(client, "account", **changed) == "bob: status enable -> disable, password changed, b_download 10 -> 100"
    )
    assert message(client, "account", name="bob", state="absent") == "bob: deleted"
    assert message(client, "account", name="bob", state="absent") == "bob: does not exist"


def test_check_mode_says_that_nothing_was_written(panel: Simulator, connect: Connect) -> None:
    checking = connect(panel, check_mode=True)
    assert message(checking, "account", **BOB) == "bob: created (check mode, nothing was written)"
    assert message(checking, "account", name="bob", state="absent") == "bob: does not exist"


def test_settings_go_by_what_they_are(panel: Simulator, connect: Connect) -> None:
    client = connect(panel)
    assert message(client, "system_config", traffic_statistics_history=7).startswith("system configuration: traffic_")
    assert message(client, "system_config", traffic_statistics_history=7) == "system configuration: unchanged"


def test_apply_counts_objects_requests_and_seconds(panel: Simulator, connect: Connect) -> None:
    accounts = [{"name": f"user{at}", "wg_name": "Default"} for at in range(3)]
    panel.reset_counters()
    created = run(connect(panel), "apply", config={"accounts": accounts})
    assert re.fullmatch(rf"3 created, 0 unchanged; {created['requests']} requests in \d+\.\d s", created["msg"])
    assert created["requests"] == sum(panel.counts().values())
    accounts = [{**accounts[0], "b_upload": 7}, {"name": "user1", "state": "absent"}, accounts[2]]
    changed = message(connect(panel), "apply", config={"accounts": accounts})
    assert changed.startswith("1 changed, 1 deleted, 1 unchanged; ")


def test_a_status_is_a_line(panel: Simulator, connect: Connect) -> None:
    status = run(connect(panel), "status")
    days, free, limit = (status["status"][name] for name in ("license_days_left", "accounts_free", "accounts_limit"))
    version = status["status"]["version"]
    assert status["msg"] == f"{version}, ready, license {days} days, {free} of {limit} free"
    panel.busy(60, text="Backup is running")
    assert ", not ready (Backup is running), " in message(connect(panel), "status")


@pytest.mark.parametrize("story", STORIES, ids=str)
def test_every_result_has_a_line_and_the_number_of_its_requests(story: Story, connect: Connect) -> None:
    with open_panel_of(story.generation) as panel:
        client = connect(panel)
        for step in [*([story.created] if story.created else []), *story.steps]:
            panel.reset_counters()
            result = run(client, story.module, **story.named, **step)
            assert result["requests"] == sum(panel.counts().values())
            assert result["msg"].isprintable()
            assert result["msg"].strip()
