# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Panels to look at from outside."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from simulator import Simulator
from unit.simulator.api import Api


@pytest.fixture
def sim() -> Iterator[Simulator]:
    """A panel of generation 1."""
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def api(sim: Simulator) -> Iterator[Api]:
    """A session with it."""
    client = Api(sim)
    with client.session:
        yield client
