# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Panels to talk to: simulators on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._connection import Connection
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import Connect, connection_options
from simulator import Simulator


@pytest.fixture
def panel() -> Iterator[Simulator]:
    """A 1.x panel."""
    with Simulator(generation=1) as simulator:
        yield simulator


@pytest.fixture(params=[1, 2], ids=["1.x", "2.x"])
def any_panel(request: pytest.FixtureRequest) -> Iterator[Simulator]:
    """A panel of either generation, for what both promise."""
    with Simulator(generation=request.param) as simulator:
        yield simulator


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Make clients; pauses are noted in ``client.pauses`` instead of being waited for."""
    with ExitStack() as stack:

        def make(panel: Simulator, *, check_mode: bool = False, **overrides: Any) -> PanelClient:
            pauses: list[float] = []
            options = connection_options(panel, **overrides)
            client = PanelClient(Connection.from_options(options), check_mode=check_mode, sleep=pauses.append)
            client.pauses = pauses  # type: ignore[attr-defined]
            return stack.enter_context(client)

        yield make
