# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An empty secret is a mistake of a variable, and never a wish to have none."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._document.sections import LAYOUTS
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import OptionError
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._secrets import is_secret_field
from ansible_collections.puqcloud.puqvpn.tests.unit.keys import authority
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import Connect, writes_to
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import MODULES, apply, failure, module_of, run
from simulator import Simulator

EMPTY = ["", " ", "\n"]
# What the modules with secrets need besides them.
NEEDED: dict[str, dict[str, Any]] = {
    "puqvpn_account": {"name": "alice", "wg_name": "Default"},
    "puqvpn_client": {"name": "alice", "network_name": "Default"},
    "puqvpn_export": {"dest": "export"},
    "puqvpn_wireguard": {"name": "office"},
}
SECRETS = [(module, name) for module in MODULES for name in module_of(module).TASK.options if is_secret_field(name)]


def test_all_secrets_are_known() -> None:
    assert SECRETS == [
        ("puqvpn_account", "password"),
        ("puqvpn_account", "private_key"),
        ("puqvpn_backup_config", "ftp_password"),
        ("puqvpn_client", "password"),
        ("puqvpn_export", "vault_password"),
        ("puqvpn_traffic_logging", "influxdb_token"),
        ("puqvpn_wireguard", "private_key"),
    ]


@pytest.mark.parametrize("empty", EMPTY)
@pytest.mark.parametrize(("module", "name"), SECRETS)
def test_an_empty_secret_is_refused_before_anything_is_sent(
    panel: Simulator, connect: Connect, module: str, name: str, empty: str
) -> None:
    error = failure(connect(panel), module, **NEEDED.get(module, {}), **{name: empty})
    assert isinstance(error, OptionError)
    instead = "export no secrets" if module == "puqvpn_export" else "keep the current value"
    assert f"{name} must not be empty: leave it out to {instead}." in str(error)
    assert panel.counts() == {}


@pytest.mark.parametrize("empty", EMPTY)
def test_an_empty_key_of_a_root_certificate_is_refused(panel: Simulator, connect: Connect, empty: str) -> None:
    error = failure(connect(panel), "ikev2", ca={**authority("Own CA"), "key": empty})
    assert "ca.key must not be empty" in str(error)
    assert panel.counts() == {}


@pytest.mark.parametrize(
    ("section", "name"),
    [(section, one.name) for section, what in LAYOUTS[1].sections.items() for one in what.kind.fields if one.secret],
)
def test_an_empty_secret_in_a_document_is_told_with_its_place(
    panel: Simulator, connect: Connect, section: str, name: str
) -> None:
    item = {**NEEDED.get("puqvpn_account" if section == "accounts" else f"puqvpn_{section}", {}), name: ""}
    config: dict[str, Any] = {section: [item] if "name" in item else item}
    error = failure(connect(panel), "apply", config=config)
    assert error.code == "invalid_config"
    assert [one["section"] for one in error.details["problems"]] == [section]
    assert f"{name} must not be empty" in str(error)
    assert panel.counts() == {}


def test_a_panel_without_secrets_can_be_exported_and_applied(panel: Simulator, connect: Connect) -> None:
    panel.panel.add_account({"name": "alice", "wg_name": "Default", "allowed_IPs": "10.0.0.10", "password": ""})
    panel.panel.traffic_logging.update(influxdb_token="")
    panel.panel.backup_config.update(ftp_password="")
    client = connect(panel)
    config = run(client, "info", gather_subset=["config"], include_secrets=True)["info"]["config"]
    assert "password" not in config["accounts"][0]
    assert "influxdb_token" not in config["traffic_logging"]
    assert "ftp_password" not in config["backup_config"]
    assert client.warnings == []
    assert apply(client, config)["changed"] is False
    assert writes_to(panel) == []
