# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Panels to look at from outside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import requests
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


@pytest.fixture
def http() -> Iterator[Callable[[Simulator], Callable[..., requests.Response]]]:
    """Make functions that send requests to a panel of either generation, each on one session and authorized."""
    with ExitStack() as stack:

        def of(sim: Simulator) -> Callable[..., requests.Response]:
            session = stack.enter_context(requests.Session())
            if sim.generation == 1:
                session.cookies.set("access_hash", sim.credential)
            else:
                session.headers["Authorization"] = f"Bearer {sim.credential}"
            # The environment may name a bundle of authorities, and would win over this one.
            session.trust_env = False
            session.verify = sim.ca_path or True

            def send(method: str, path: str, **options: Any) -> requests.Response:
                options = {"timeout": 10, "allow_redirects": False, **options}
                return session.request(method, f"{sim.url}/api/v1/{path}", **options)

            return send

        yield of
