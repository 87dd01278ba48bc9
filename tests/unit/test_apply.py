# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A whole panel in one task: what it costs, in which order it is done, and what is refused before anything is written."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.tests.unit import tasks
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import Connect
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import run
from simulator import Simulator


@pytest.fixture
def client(panel: Simulator, connect: Connect) -> PanelClient:
    return connect(panel)


failure = partial(tasks.failure, module="apply")


def apply(client: PanelClient, config: dict[str, Any], **options: Any) -> dict[str, Any]:
    return run(client, "apply", config=config, **options)


def sent(panel: Simulator) -> list[str]:
    """The writes that the panel saw, in their order."""
    return [f"{request.method} {request.path}" for request in panel.requests if request.method != "GET"]


def reads(panel: Simulator) -> int:
    return sum(request.method == "GET" for request in panel.requests)


def wide(panel: Simulator) -> None:
    """A server with room for thousands of accounts, and a licence for them."""
    panel.options.set(licence_slots=5000)
    panel.panel.add_server({"name": "wide", "address": "10.50.0.1/20", "listen_port": 51900})


def people(number: int, **values: Any) -> list[dict[str, Any]]:
    return [{"name": f"user_{at:04}", "wg_name": "wide", **values} for at in range(number)]


# --- What it costs


def test_500_accounts_on_an_empty_panel(panel: Simulator, client: PanelClient) -> None:
    wide(panel)
    config = {"accounts": people(500)}
    result = apply(client, config)
    assert result["summary"]["create"] == 500
    assert len(panel.panel.accounts) == 500
    assert sent(panel) == ["POST account"] * 500
    assert panel.counts()["GET wireguard/wide/available_ips"] == 1
    assert reads(panel) <= 6
    assert panel.connections == 1
    panel.reset_counters()
    assert apply(client, config)["changed"] is False
    assert panel.counts() == {"GET wireguard": 1, "GET account": 1}
