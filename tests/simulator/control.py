# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control API: what a test does with the object, over HTTP and on a port of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from werkzeug import Request, Response

from .pages import json_response
from .wire import PanelError, Record

if TYPE_CHECKING:
    from .simulator import Simulator

DONE = {"done": True}


def create_application(simulator: Simulator) -> Callable[[Request], Response]:
    """Return the application that answers control requests."""
    commands = _commands(simulator)

    def answer(request: Request) -> Response:
        body = request.get_data()
        command = commands.get((request.method, request.path))
        if command is None:
            return json_response({"error": f"there is no {request.method} {request.path}"}, 404)
        try:
            result = command(**(request.get_json(force=True) if body else {}))
        except (TypeError, ValueError) as error:
            return json_response({"error": str(error)}, 400)
        except PanelError as error:
            return json_response({"error": error.text}, 400)
        return json_response(DONE if result is None else result)

    return answer


def _commands(simulator: Simulator) -> dict[tuple[str, str], Callable[..., Any]]:
    def latency(seconds: float) -> None:
        simulator.latency = seconds

    def counts() -> Record:
        return {"requests": simulator.counts(), "connections": simulator.connections}

    return {
        ("POST", "/busy"): simulator.busy,
        ("POST", "/idle"): simulator.idle,
        ("POST", "/latency"): latency,
        ("POST", "/fault"): simulator.fault,
        ("POST", "/lag"): simulator.lag,
        ("POST", "/faults/clear"): simulator.clear_faults,
        ("POST", "/greet"): simulator.greet,
        ("POST", "/rename"): simulator.rename,
        ("GET", "/counts"): counts,
        ("POST", "/counts/reset"): simulator.reset_counters,
        ("POST", "/reset"): simulator.reset,
        # The lookup url of Ansible sends nothing else.
        ("GET", "/reset"): simulator.reset,
        ("GET", "/state"): simulator.state,
        ("POST", "/options"): simulator.options.set,
        ("POST", "/online"): simulator.connect,
        ("POST", "/accounts"): simulator.hold,
        ("POST", "/network"): simulator.network,
        ("POST", "/traffic"): simulator.traffic,
    }
