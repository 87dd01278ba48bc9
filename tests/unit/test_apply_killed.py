# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run that is killed in the middle, and two runs at the same time."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible_collections.puqcloud.puqvpn.tests.unit.panels import Connect, connection_options
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import run
from simulator import Simulator

# The work of the module in a process of its own, with its options on standard input.
PROGRAM = """
import json, sys
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._connection import Connection
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import run

given = json.load(sys.stdin)
with PanelClient(Connection.from_options(given["connection"])) as client:
    run(client, "apply", **given["options"])
"""


def people(number: int, prefix: str = "user") -> dict[str, Any]:
    return {"accounts": [{"name": f"{prefix}_{at:03}", "wg_name": "wide"} for at in range(number)]}


def test_a_run_that_is_killed_is_finished_by_the_next_one(panel: Simulator, connect: Connect) -> None:
    panel.panel.add_server({"name": "wide", "address": "10.50.0.1/21", "b_download": 5})
    config = people(500)
    config["accounts"] = [{**account, "b_download": 7} for account in config["accounts"]]
    given = {"connection": connection_options(panel), "options": {"config": config}}
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        process.stdin.write(json.dumps(given))
        process.stdin.close()
        deadline = time.monotonic() + 60
        while len(panel.panel.accounts) < 100:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.kill()
    made = len(panel.panel.accounts)
    assert 100 <= made < 500
    client = connect(panel)
    result = run(client, "apply", config=config)
    # The one that was in flight when the process ended may have been created after the count.
    existing = result["summary"]["unchanged"] + result["summary"]["update"]
    assert made <= existing <= made + 1
    assert result["summary"]["create"] == 500 - existing
    # The last one may have been made, and not yet put right.
    assert result["summary"]["update"] <= 1
    assert sorted(panel.panel.accounts) == [account["name"] for account in config["accounts"]]
    assert {account["b_download"] for account in panel.panel.accounts.values()} == {7}
    assert len({account["allowed_IPs"] for account in panel.panel.accounts.values()}) == 500
    assert run(client, "apply", config=config)["changed"] is False


def test_two_runs_at_the_same_time(panel: Simulator, connect: Connect) -> None:
    panel.panel.add_server({"name": "wide", "address": "10.50.0.1/24"})
    # Both have read the same free addresses before either of them takes one.
    panel.fault("slow", method="POST", seconds=1, times=2)
    configs = [people(50, prefix) for prefix in ("red", "blue")]
    clients = [connect(panel), connect(panel)]
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda pair: run(pair[0], "apply", config=pair[1]), zip(clients, configs)))
    assert [result["summary"]["create"] for result in results] == [50, 50]
    assert len(panel.panel.accounts) == 100
    assert len({account["allowed_IPs"] for account in panel.panel.accounts.values()}) == 100
    reported = [warning for client in clients for warning in client.warnings]
    assert any("Other clients took these addresses meanwhile" in warning for warning in reported)
    assert [run(connect(panel), "apply", config=config)["changed"] for config in configs] == [False, False]
