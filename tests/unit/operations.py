# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Generate the page that maps operations of the API to modules, by running the modules and recording their requests.

Run it as a program to update the page: ``.build/venv/bin/nox -s pages``.
"""

from __future__ import annotations

import functools
import itertools
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.tests.unit import scenarios
from ansible_collections.puqcloud.puqvpn.tests.unit.keys import authority
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import client_of
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import run
from simulator import Simulator
from simulator.v2 import OPERATIONS

COLLECTION = Path(__file__).resolve().parents[2]
PAGE = COLLECTION / "docs" / "docsite" / "rst" / "operations.rst"
GENERIC = "puqvpn_request"

BACKUP = "old.zip"
OWN_LIST, ALLOWED = "own", "ads.example.com"
SUBJECT = {"common_name": "vpn.example.com", "organization": "Example"}
RULE = {"name": "ssh", "action": "ACCEPT"}
FORWARD = {"wg_name": "Default", "dst_port": 80, "protocol": "tcp"}

# Everything that the modules can do, in an order that works on one panel; options that only reach the same operations
# again are left out.
TASKS: list[tuple[str, dict[str, Any]]] = [
    ("puqvpn_status", {}),
    ("puqvpn_health", {"accounts": True}),
    ("puqvpn_apply", {"config": {"accounts": [{"name": "carl", "wg_name": "Default"}]}}),
    ("puqvpn_apply", {"config": {"accounts": [{"name": "carl", "state": "absent"}]}}),
    ("puqvpn_info", {"gather_subset": ["all"], "year": 2026, "month": 1}),
    ("puqvpn_export", {"dest": "export"}),
    ("puqvpn_usage_info", {"stale_months": 1}),
    ("puqvpn_reload", {}),
    ("puqvpn_wireguard", {"interface_name": "wg7", "keep_alive": 25}),
    ("puqvpn_wireguard", {"name": "Default", "b_download": 5, "set_bandwidth": True}),
    ("puqvpn_wireguard", {"name": "Default", "b_upload": 6}),
    ("puqvpn_account", {"wg_name": "Default", "username": "bobby"}),
    ("puqvpn_account", {"name": "bob", "wg_name": "Default"}),
    ("puqvpn_account", {"name": "bob", "status": "disable"}),
    ("puqvpn_account", {"name": "bob", "state": "absent"}),
    ("puqvpn_account_profile", {"name": "alice", "format": "wireguard", "dest": "profile"}),
    ("puqvpn_account_profile", {"name": "alice", "format": "qr", "dest": "profile"}),
    ("puqvpn_account_profile", {"name": "alice", "format": "ikev2", "dest": "profile"}),
    ("puqvpn_account_profile", {"all": True, "dest": ""}),
    ("puqvpn_account_link", {"name": "alice"}),
    ("puqvpn_port_forward", {**FORWARD, "to_peer": "alice", "to_port": 80}),
    ("puqvpn_port_forward", {**FORWARD, "state": "absent"}),
    ("puqvpn_firewall_rule", RULE),
    ("puqvpn_firewall_rule", {**RULE, "state": "absent"}),
    ("puqvpn_firewall_rule", {**RULE, "name": "all", "action": "DROP", "position": "top", "s_port": 9}),
    ("puqvpn_firewall", {"policy_input": "DROP"}),
    ("puqvpn_dns", {"max_cache_ttl": 60}),
    ("puqvpn_system_config", {"traffic_statistics_history": 0}),
    ("puqvpn_system_config", {"defaults": True}),
    ("puqvpn_ikev2", {"ca": SUBJECT, "server": {**SUBJECT, "domain": "vpn.example.com", "ip": "203.0.113.9"}}),
    ("puqvpn_ikev2", {"enabled": True}),
    ("puqvpn_ikev2", {"ca": authority("Own CA"), "server": {}, "recreate": True}),
    ("puqvpn_ikev2_settings", {"dpddelay": 60}),
    ("puqvpn_ikev2_settings", {"defaults": True}),
    ("puqvpn_ikev2_session", {"name": "alice"}),
    ("puqvpn_traffic_logging", {"new": True}),
    ("puqvpn_backup_config", {"number_backups": 3}),
    ("puqvpn_backup", {"dest": "archive"}),
    ("puqvpn_wireguard", {"name": "Default", "state": "absent", "force": True}),
    ("puqvpn_backup", {"state": "restored", "name": BACKUP}),
]

# The same on a 2.x panel.
TASKS_OF_2: list[tuple[str, dict[str, Any]]] = [
    ("puqvpn_status", {}),
    ("puqvpn_health", {"accounts": True}),
    ("puqvpn_info", {"gather_subset": ["all"], "year": 2026, "month": 1}),
    ("puqvpn_export", {"dest": "export"}),
    ("puqvpn_usage_info", {"stale_months": 1}),
    ("puqvpn_reload", {}),
    ("puqvpn_client", {"name": "bob", "network_name": "Default", "b_download": 5}),
    ("puqvpn_client", {"name": "bob", "state": "absent"}),
    ("puqvpn_apply", {"config": {"clients": [{"name": "bob", "network_name": "Default", "b_download": 5}]}}),
    ("puqvpn_apply", {"config": {"clients": [{"name": "bob", "state": "absent"}]}}),
    ("puqvpn_dns", {"max_cache_ttl": 60}),
    ("puqvpn_adblock", {"enabled": True, "update": True}),
    ("puqvpn_adblock", {"lists_absent": [OWN_LIST], "whitelist_absent": [ALLOWED]}),
    ("puqvpn_client_profile", {"name": "alice", "format": "wireguard", "dest": "profile"}),
    ("puqvpn_client_profile", {"name": "alice", "format": "wireguard_qr", "dest": "profile"}),
    ("puqvpn_client_profile", {"name": "alice", "format": "amneziawg", "dest": "profile"}),
    ("puqvpn_client_profile", {"name": "alice", "format": "amneziawg_qr", "dest": "profile"}),
    ("puqvpn_client_profile", {"name": "alice", "format": "openvpn", "dest": "profile"}),
    ("puqvpn_client_profile", {"name": "alice", "format": "ikev2", "dest": "profile"}),
    ("puqvpn_client_profile", {"all": True, "dest": ""}),
    ("puqvpn_client_link", {"name": "alice"}),
]


@functools.lru_cache(maxsize=None)
def contract() -> list[dict[str, Any]]:
    """The operations of 1.x panels."""
    document = yaml.safe_load((COLLECTION / "tests" / "contract" / "v1.yaml").read_text())
    return list(document["operations"])


@functools.lru_cache(maxsize=None)
def reached() -> dict[str, set[str]]:
    """The modules that reach each operation, by the operation's id; each module does all that it can."""
    modules: dict[str, set[str]] = {operation["id"]: set() for operation in contract()}
    with Simulator(generation=1) as panel, client_of(panel) as client, tempfile.TemporaryDirectory() as folder:
        panel.panel.add_account({"name": "alice", "wg_name": "Default", "allowed_IPs": "10.0.0.10"})
        panel.panel.add_backup(BACKUP, "2026-01-31T18:00:17+01:00")
        panel.connect("ikev2", "alice")
        scenarios.unused(panel)
        for module, method, path in _requests(panel, client, folder, TASKS):
            modules[operation_of(method, path)].add(module)
    return modules


def reached_of_2() -> dict[tuple[str, str], set[str]]:
    """The modules that reach each operation of 2.x panels that is simulated, by its method and path."""
    modules: dict[tuple[str, str], set[str]] = {(operation.method, operation.path): set() for operation in OPERATIONS}
    with Simulator(generation=2) as panel, client_of(panel) as client, tempfile.TemporaryDirectory() as folder:
        panel.panel.add_account({"name": "alice", "wg_name": "Default", "allowed_IPs": "10.0.0.10"})
        scenarios.unused(panel)
        client.write(
            "POST", "dns/adblock/lists", {"name": OWN_LIST, "url": "https://example.com/list", "enabled": True}
        )
        client.write("POST", "dns/adblock/whitelist", {"domain": ALLOWED})
        for module, method, path in _requests(panel, client, folder, TASKS_OF_2):
            fitting = [known for known in modules if known[0] == method and _fits(known[1], path)]
            modules[min(fitting, key=lambda known: known[1].count("<"))].add(module)
    return modules


def _requests(
    panel: Simulator, client: PanelClient, folder: str, tasks: list[tuple[str, dict[str, Any]]]
) -> Iterator[tuple[str, str, str]]:
    """Run the tasks, and yield the module, the method and the path of each request."""
    for module, parameters in tasks:
        panel.reset_counters()
        given = dict(parameters)
        if "dest" in given:
            given["dest"] = f"{folder}/{given['dest']}"
        run(client, module, **given)
        yield from ((module, request.method, request.path) for request in panel.requests)


def _fits(template: str, path: str) -> bool:
    return re.fullmatch(re.sub(r"[{<]\w+[}>]", "[^/]+", template), f"/{path}") is not None


def operation_of(method: str, path: str) -> str:
    """The id of the operation with this method and path; a fixed path goes before one with names in it."""
    fitting = [
        operation for operation in contract() if operation["method"] == method and _fits(operation["path"], path)
    ]
    return str(min(fitting, key=lambda operation: operation["path"].count("{"))["id"])


def page() -> str:
    """Return the page in reStructuredText: a table for each group of operations."""
    modules = reached()
    tables = []
    for group, operations in itertools.groupby(contract(), key=lambda operation: str(operation["group"])):
        title = TITLES[group]
        rows = [_row(operation, sorted(modules[operation["id"]]) or [GENERIC]) for operation in operations]
        tables.append(f"\n{title}\n{'-' * len(title)}\n{TABLE}{''.join(rows)}")
    reached_by = reached_of_2()
    rows = [
        _row(
            {
                "method": operation.method,
                "path": re.sub(r"<(\w+)>", r"{\1}", operation.path),
                "summary": re.split("[.,;]", operation.view.__doc__ or "")[0] + ".",
            },
            sorted(reached_by[operation.method, operation.path]) or [GENERIC],
        )
        for operation in sorted(OPERATIONS, key=lambda operation: (operation.path, operation.method))
    ]
    return HEAD + "".join(tables) + HEAD_OF_2 + TABLE + "".join(rows)


def _row(operation: dict[str, Any], modules: list[str]) -> str:
    # The full name of a module is too long for its column, and a browser breaks it anywhere.
    links = ", ".join(f":ansplugin:`{name} <puqcloud.puqvpn.{name}#module>`" for name in modules)
    # The contract is in British English, the documentation is not.
    summary = operation["summary"].replace("licence", "license")
    return f"  * - ``{operation['method']} {operation['path'].lstrip('/')}``\n    - {summary}\n    - {links}\n"


HEAD = """\
..
  Copyright (c) 2026 PUQ VPN collection contributors
  GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
  SPDX-License-Identifier: GPL-3.0-or-later

.. _ansible_collections.puqcloud.puqvpn.docsite.operations:

API operations and their modules
================================

This page lists every operation of the 1.x API and the modules that call it, and at the end those of 2.x panels. Paths
are relative to ``/api/v1``.
:ansplugin:`puqvpn_request <puqcloud.puqvpn.puqvpn_request#module>` can call all of them, and is only listed where it is
the only one.
"""

HEAD_OF_2 = """
2.x panels
----------

These operations of 2.x panels are named in the vendor's documentation, or most likely exist. A panel describes all of
its own in ``openapi.json``, and :ansplugin:`puqvpn_request <puqcloud.puqvpn.puqvpn_request#module>` can call them.
"""

TABLE = """
.. list-table::
  :header-rows: 1
  :widths: 38 37 25

  * - Operation
    - Description
    - Modules
"""

TITLES = {
    "system": "System",
    "wireguard": "WireGuard servers and port forwards",
    "account": "Accounts",
    "firewall": "Firewall",
    "license": "License",
    "dns": "DNS",
    "system_config": "System settings",
    "ikev2": "IKEv2",
    "online": "Live sessions",
    "otl": "One-time links",
    "traffic_logging": "Traffic logging",
    "backup": "Backups",
}

if __name__ == "__main__":
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page())
