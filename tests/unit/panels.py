# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How tests reach a simulated panel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._connection import Connection
from simulator import Simulator

Connect = Callable[..., PanelClient]
CREDENTIAL_OPTION = {1: "access_hash", 2: "token"}


# The connection options as they are after validation when none is given.
DEFAULTS: dict[str, Any] = {
    "url": None,
    "access_hash": None,
    "token": None,
    "validate_certs": True,
    "ca_path": None,
    "timeout": 30.0,
    "retries": 3,
    "busy_timeout": 300,
}


# A status (contract: system_status) in which nothing is wrong.
GOOD_STATUS: dict[str, Any] = {
    "version": "1.8",
    "status": "OK",
    "license": "2999-01-01T00:00:00Z",
    "license_valid": True,
    "count_accounts": 3,
    "count_accounts_available": 5,
    "count_wireguard": 1,
}


def connection_options(panel: Simulator, **overrides: Any) -> dict[str, Any]:
    """The connection options as a module has them after validation."""
    options = {**DEFAULTS, "url": panel.url, "ca_path": panel.ca_path, "timeout": 10.0, "busy_timeout": 30}
    options[CREDENTIAL_OPTION[panel.generation]] = panel.credential
    return {**options, **overrides}


def client_of(panel: Simulator) -> PanelClient:
    """A client as a task has it, for preparing a panel."""
    return PanelClient(Connection.from_options(connection_options(panel)))


def writes_to(panel: Simulator) -> list[str]:
    """The writes that the panel saw, in their order."""
    return [f"{request.method} {request.path}" for request in panel.requests if request.method != "GET"]


def add_servers_and_accounts(panel: Simulator) -> None:
    """Two servers, one of them with two accounts, in another order than that of their names."""
    panel.panel.add_server({"name": "office", "address": "10.9.0.1/24", "listen_port": 51900})
    for name, server, address in [
        ("carol", "office", "10.9.0.2"),
        ("alice", "Default", "10.0.0.10"),
        ("bob", "Default", "10.0.0.11"),
    ]:
        values = {"name": name, "wg_name": server, "allowed_IPs": address, "password": f"canary-{name}"}
        panel.panel.add_account(values)
