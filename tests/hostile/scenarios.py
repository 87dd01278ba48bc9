# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tasks that hostile panels are tried on: those of the fault matrix, and what else makes much of answers."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._subsets.v1 import SUBSETS
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._subsets.v2 import SUBSETS as SUBSETS_OF_2
from ansible_collections.puqcloud.puqvpn.tests.unit.scenarios import (
    DEST,
    FOLDER,
    RULE_OF_LIST,
    SCENARIOS,
    Scenario,
    account,
    archive,
    certificates,
    server_with_account,
    unused,
)
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import MODULES, MONTH
from simulator import Simulator


def _everything(panel: Simulator) -> None:
    archive(panel)
    certificates(panel)
    server_with_account(panel)
    panel.connect("wireguard", "bob")


def _scenario(id: str, parameters: dict[str, Any], prepare: Any = _everything, **more: Any) -> Scenario:
    # Which requests it takes is found out by running it.
    return Scenario(id, id.partition("-")[0], parameters, (), prepare, **more)


@dataclass(frozen=True, eq=False)
class Play:
    """A task of a module, on a panel of a generation."""

    scenario: Scenario
    generation: int = 1

    def __str__(self) -> str:
        return self.scenario.id

    def given(self, folder: Path) -> dict[str, Any]:
        """The parameters of the task."""
        return self.scenario.given(folder)

    def stage(self, panel: Simulator, folder: Path) -> None:
        """Bring panel and folder to where the task finds them."""
        self.scenario.stage(panel, folder)


_MORE = [
    _scenario("status-requirements", {"min_version": "1.0", "require_license": True, "min_license_days": 1}),
    *(_scenario(f"info-{subset}", {"gather_subset": [subset], **MONTH}) for subset in SUBSETS),
    _scenario("health-all", {"accounts": True}),
    _scenario("usage_info-stale", {"stale_months": 1, "months_back": 1}, unused),
    _scenario("request-dest", {"path": "account/bob/config_text", "dest": DEST}),
    _scenario("request-archive", {"path": "backups/kept.zip", "dest": DEST}),
    _scenario("request-expect", {"path": "wireguard/office", "expect": {"address": "10.9.0.1/24"}}),
    _scenario("export-all", {"dest": FOLDER, "vault_password": "canary-vault"}),
    _scenario("backup-new_to_folder", {"dest": FOLDER}, archive),
    _scenario("backup-newest_to_folder", {"max_age": 100_000_000, "dest": FOLDER}, archive),
    _scenario("account_link-reuse", {"name": "bob"}),
    _scenario("account_link-file", {"name": "bob", "dest": DEST}, unproven=("GET account/bob/otl",)),
    _scenario("account_profile-all", {"all": True, "formats": ["wireguard", "qr"], "dest": FOLDER}),
    _scenario(
        "apply-purge_everything",
        {
            "config": {"wireguard": [], "accounts": [], "port_forwards": [], "firewall_rules": [RULE_OF_LIST]},
            "purge": ["wireguard", "accounts", "port_forwards", "firewall_rules"],
            "allow_empty": True,
            "on_error": "continue",
        },
        in_between="changes were made",
    ),
    _scenario(
        "apply-expired",
        {
            "config": {"accounts": [{"username": "bob", "expires": "2020-01-31"}]},
            "purge": ["accounts"],
            "purge_action": "disable",
            "on_error": "continue",
        },
        in_between="changes were made",
    ),
    _scenario("account-unchanged", {"name": "alice", "wg_name": "Default"}, account),
    _scenario("wireguard-unchanged", {"name": "office", "address": "10.9.0.1/24"}),
    _scenario("ikev2-unchanged", {"server": {"domain": "vpn.example.com"}}),
]

_MORE_OF_2 = [
    _scenario("status-2", {}),
    _scenario("health-2", {"services": [], "max_backup_hours": 0, "accounts": True}),
    *(_scenario(f"info-{subset}_2", {"gather_subset": [subset], **MONTH}) for subset in SUBSETS_OF_2),
    _scenario("usage_info-2", {"stale_months": 1, "months_back": 1}, unused),
    _scenario("request-2", {"path": "client"}),
    _scenario("client_profile-all", {"all": True, "formats": ["amneziawg", "openvpn"], "dest": FOLDER}),
    _scenario(
        "request-update_2",
        {"method": "PUT", "path": "client/bob", "data": {"b_download": 7}},
        unproven=("PUT client/bob",),
    ),
    _scenario(
        "apply-expired_2",
        {
            "config": {"clients": [{"name": "bob", "expires": "2020-01-31", "expired": "absent"}]},
            "purge": ["clients"],
            "purge_action": "disable",
            "allow_empty": True,
            "on_error": "continue",
        },
        in_between="changes were made",
    ),
    _scenario("request-remove_2", {"method": "DELETE", "path": "client/bob"}, unproven=("DELETE client/bob",)),
]

PLAYS = [
    *(Play(scenario, scenario.generation) for scenario in [*SCENARIOS, *_MORE]),
    *(Play(scenario, generation=2) for scenario in _MORE_OF_2),
]

# A later module needs a task here as well.
assert {f"puqvpn_{play.scenario.module}" for play in PLAYS} == set(MODULES)


def by_module() -> dict[tuple[int, str], list[Play]]:
    """The plays of each module, on panels of each generation."""
    modules: dict[tuple[int, str], list[Play]] = defaultdict(list)
    for play in PLAYS:
        modules[play.generation, play.scenario.module].append(play)
    return modules
