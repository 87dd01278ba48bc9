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


def connection_options(panel: Simulator, **overrides: Any) -> dict[str, Any]:
    """The connection options as a module has them after validation."""
    options: dict[str, Any] = {
        "url": panel.url,
        "access_hash": None,
        "token": None,
        "validate_certs": True,
        "ca_path": panel.ca_path,
        "timeout": 10.0,
        "retries": 3,
        "busy_timeout": 30,
    }
    options[CREDENTIAL_OPTION[panel.generation]] = panel.credential
    return {**options, **overrides}


def client_of(panel: Simulator) -> PanelClient:
    """A client as a task has it, for preparing a panel."""
    return PanelClient(Connection.from_options(connection_options(panel)))
