# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A panel as a document, and back: nothing changes on the same panel, and another one becomes the same."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest
from ansible.module_utils.common.yaml import yaml_dump, yaml_load
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import Connect, writes_to
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import run
from simulator import Simulator

SECRET = ("password", "private_key", "influxdb_token", "ftp_password")


def export(client: PanelClient, **options: Any) -> dict[str, Any]:
    return dict(run(client, "info", gather_subset=["config"], **options)["info"]["config"])


def text_of(config: dict[str, Any]) -> str:
    return str(yaml_dump(config, sort_keys=False))


def furnish(panel: Simulator, servers: int, accounts: int) -> None:
    """Fill a panel with objects that have something of everything, and settings that nobody has by default."""
    memory = panel.panel
    panel.options.set(licence_slots=accounts)
    for at in range(1, servers):
        network = ipaddress.IPv4Address("10.100.0.1") + at * 256
        values = {"name": f"server_{at:02}", "address": f"{network}/24", "listen_port": 52000 + at, "keep_alive": at}
        memory.add_server({**values, "b_download": at, "mtu": 1400, "endpoint": "vpn.example.com"})
    names = list(memory.wireguard)
    free = {name: iter(memory.free_addresses(name)) for name in names}
    for at in range(accounts):
        server = names[at % servers]
        values = {"name": f"user_{at:04}", "username": f"login_{at:04}", "wg_name": server, "b_upload": at % 7}
        memory.add_account({**values, "allowed_IPs": next(free[server]), "status": ("enable", "disable")[at % 2]})
        if at % 40 == 0:
            forward = {"dst_port": 8000 + at, "protocol": "tcp", "to_peer": f"user_{at:04}", "to_port": 80}
            memory.port_forwards[server][f"{8000 + at}_tcp"] = forward
    rule = {"action": "DROP", "chain": "INPUT", "d_ip": "0.0.0.0/0", "protocol": "TCP", "s_ip": "192.0.2.0/24"}
    for at, name in enumerate(("zulu", "alpha", "mike")):
        memory.firewall_filter.insert(at * 2, {**rule, "name": name, "s_port": "0", "d_port": str(3000 + at)})
    memory.system_config.update(traffic_statistics_history=9)
    memory.dns.update(max_cache_ttl=77, enabled=False)
    memory.firewall_conf.update(policy_forward="DROP")
    memory.ikev2_advanced.update(dpddelay=7)
    memory.traffic_logging.update(enabled=True, enabled_remote_syslog=True, remote_syslog_server="192.0.2.9", new=True)
    memory.backup_config.update(every_day=True, number_backups=3)


@pytest.fixture
def client(panel: Simulator, connect: Connect) -> PanelClient:
    furnish(panel, 50, 2000)
    return connect(panel)


def empty_of(connect: Connect, panel: Simulator) -> PanelClient:
    """A client of a panel that holds nothing but its settings."""
    panel.options.set(licence_slots=2000)
    panel.panel.remove_server("Default")
    return connect(panel)


@pytest.mark.parametrize("include_secrets", [False, True])
def test_a_panel_becomes_the_same_as_another(
    panel: Simulator, client: PanelClient, connect: Connect, include_secrets: bool
) -> None:
    config = export(client, include_secrets=include_secrets)
    assert client.warnings == []
    sections = {name: len(config[name]) for name in ("wireguard", "accounts", "port_forwards", "firewall_rules")}
    assert sections == {"wireguard": 50, "accounts": 2000, "port_forwards": 50, "firewall_rules": 4}
    purge = {"purge": list(sections)}
    again = run(client, "apply", config=yaml_load(text_of(config)), **purge)
    assert (again["changed"], writes_to(panel)) == (False, [])
    with Simulator(generation=1) as other:
        second = empty_of(connect, other)
        run(second, "apply", config=yaml_load(text_of(config)), **purge)
        assert text_of(export(second, include_secrets=include_secrets)) == text_of(config)
        for kind in ("accounts", "wireguard"):
            old, new = getattr(panel.panel, kind), getattr(other.panel, kind)
            same = {name for name in old if old[name]["private_key"] == new[name]["private_key"]}
            assert same == (set(old) if include_secrets else set())
        assert [rule["name"] for rule in other.panel.firewall_filter] == [
            rule["name"] for rule in panel.panel.firewall_filter
        ]


def test_a_document_holds_no_secret_unless_asked_for(panel: Simulator, connect: Connect) -> None:
    furnish(panel, 2, 4)
    panel.panel.traffic_logging.update(influxdb_token="canary")
    panel.panel.backup_config.update(ftp_password="canary")
    client = connect(panel)
    text = text_of(export(client))
    assert [name for name in (*SECRET, "public_key", "mangle", "pid", "canary") if name in text] == []
    text = text_of(export(client, include_secrets=True))
    assert [name for name in (*SECRET, "public_key", "canary") if name not in text] == []
    assert panel.panel.accounts["user_0000"]["password"] in text


def test_two_exports_are_the_same_to_the_letter(panel: Simulator, connect: Connect) -> None:
    furnish(panel, 3, 9)
    first = text_of(export(connect(panel)))
    panel.options.set(numbers="strings", unknown_fields=True)
    panel.panel.accounts = dict(reversed(panel.panel.accounts.items()))
    panel.panel.wireguard = dict(reversed(panel.panel.wireguard.items()))
    assert text_of(export(connect(panel))) == first


def test_what_cannot_be_set_again_is_left_out_and_reported(panel: Simulator, connect: Connect) -> None:
    panel.panel.dns["forwarders_1"] = "resolver.example.com"
    panel.panel.dns["forwarders_2"] = ""
    panel.panel.firewall_filter.append({**panel.panel.firewall_filter[0], "name": "odd", "action": "REJECT"})
    client = connect(panel)
    config = export(client)
    assert "forwarders_1" not in config["dns"]
    assert "forwarders_2" not in config["dns"]
    assert config["firewall_rules"] == [{"name": "system_PUQVPNCP"}]
    reported = " ".join(client.warnings)
    assert "dns dns: forwarders_1 cannot be set to what the panel shows; left out." in reported
    assert "firewall_rules odd: left out, since the panel shows no valid action." in reported
    assert "forwarders_2" not in reported
    assert run(client, "apply", config=config)["changed"] is False


def test_a_section_that_the_panel_refuses_is_left_out_and_reported(panel: Simulator, connect: Connect) -> None:
    panel.fault("error", method="GET", path="ikev2/advanced_settings", text="strongSwan is not installed")
    client = connect(panel)
    config = export(client)
    assert "ikev2_settings" not in config
    assert config["dns"]["enabled"] is True
    assert any(
        "The config contains no ikev2_settings" in reported and "not installed" in reported
        for reported in client.warnings
    )


def test_a_port_below_those_of_new_servers_survives(panel: Simulator, connect: Connect) -> None:
    panel.panel.wireguard["Default"]["listen_port"] = 500
    config = export(connect(panel))
    with Simulator(generation=1) as other:
        second = empty_of(connect, other)
        run(second, "apply", config=config)
        assert text_of(export(second)) == text_of(config)
