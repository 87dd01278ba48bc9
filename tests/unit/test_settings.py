# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings that are written as a whole: nothing else is lost, nonsense is refused, and the panel's word is checked."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import OptionError
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import Connect
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import failure, run
from simulator import Simulator

ONE_OPTION = {
    "dns": ("dns", {"max_cache_ttl": 60}),
    "firewall": ("firewall/conf", {"internal_traffic": True}),
    "system_config": ("system/config", {"wireguard_handshake_uptime": 60}),
    "ikev2_settings": ("ikev2/advanced_settings", {"dpddelay": 60}),
    "traffic_logging": ("traffic_logging", {"remote_syslog_server_port": 60}),
    "backup_config": ("backups/config", {"number_backups": 60}),
}


STATE = {"ikev2_settings": "ikev2_advanced", "firewall": "firewall_conf"}
"""Where the simulator keeps the settings, when not under the name of the module."""


@pytest.fixture
def client(panel: Simulator, connect: Connect) -> PanelClient:
    return connect(panel)


@pytest.mark.parametrize("module", ONE_OPTION)
def test_what_it_costs(panel: Simulator, client: PanelClient, module: str) -> None:
    path, options = ONE_OPTION[module]
    run(client, module, **options)
    assert panel.counts() == {f"GET {path}": 2, f"PUT {path}": 1}
    assert panel.connections == 1
    panel.reset_counters()
    run(client, module, **options)
    assert panel.counts() == {f"GET {path}": 1}


@pytest.mark.parametrize("module", ONE_OPTION)
def test_nothing_else_is_lost(panel: Simulator, client: PanelClient, module: str) -> None:
    state: dict[str, Any] = getattr(
        panel.panel, {"ikev2_settings": "ikev2_advanced", "firewall": "firewall_conf"}.get(module, module)
    )
    if module == "backup_config":
        state.update(ftp_server="ftp.example.com", ftp_user="u", ftp_password="p&+=", backup_to_ftp=True)
    if module == "traffic_logging":
        state.update(influxdb_token="a+b/c==", influxdb_url="http://192.0.2.1:8086", new=True)
    before = dict(state)
    _path, options = ONE_OPTION[module]
    run(client, module, **options)
    after = getattr(panel.panel, STATE.get(module, module))
    assert after == {**before, **options}


@pytest.mark.parametrize("module", ONE_OPTION)
def test_a_value_that_did_not_stick_fails_with_its_name(panel: Simulator, client: PanelClient, module: str) -> None:
    path, options = ONE_OPTION[module]
    panel.fault("not_stored", method="PUT", path=path, times=2)
    error = failure(client, module, **options)
    assert (error.code, error.details["fields"]) == ("value_not_stored", list(options))
    assert next(iter(options)) in str(error)


@pytest.mark.parametrize("module", ["system_config", "ikev2_settings"])
def test_defaults_reset_everything_once(panel: Simulator, client: PanelClient, connect: Connect, module: str) -> None:
    path, options = ONE_OPTION[module]
    first = run(client, module)[module]
    run(client, module, **options)
    panel.reset_counters()
    predicted = run(connect(panel, check_mode=True), module, defaults=True)
    happened = run(client, module, defaults=True)
    assert panel.counts()[f"PUT {path}/default"] == 1
    assert predicted["diff"] == happened["diff"]
    assert predicted[module] == happened[module] == first
    assert run(client, module, defaults=True)["changed"] is False


@pytest.mark.parametrize("module", ["system_config", "ikev2_settings"])
def test_defaults_do_not_go_with_other_options(panel: Simulator, client: PanelClient, module: str) -> None:
    error = failure(client, module, defaults=True, **ONE_OPTION[module][1])
    assert isinstance(error, OptionError)
    assert panel.counts() == {}


def test_logging_without_a_place_to_log_to_is_refused_before_the_write(panel: Simulator, client: PanelClient) -> None:
    error = failure(client, "traffic_logging", enabled=True, enabled_influxdb=True, influxdb_bucket="logs")
    for name in ("influxdb_url", "influxdb_token", "influxdb_organization"):
        assert f"{name} must be filled" in str(error)
    assert "enabled_remote_syslog" in str(failure(client, "traffic_logging", enabled=True))
    assert "remote_syslog_server" in str(failure(client, "traffic_logging", enabled_remote_syslog=True))
    assert set(panel.counts()) == {"GET traffic_logging"}


def test_a_copy_by_ftp_needs_its_fields(panel: Simulator, client: PanelClient) -> None:
    error = failure(client, "backup_config", backup_to_ftp=True, ftp_user="u")
    assert "ftp_server must be filled" in str(error)
    assert "ftp_password must be filled" in str(error)
    assert "ftp_user" not in str(error)
    assert set(panel.counts()) == {"GET backups/config"}


def test_the_other_path_of_traffic_logging_is_found(panel: Simulator, client: PanelClient) -> None:
    panel.options.set(spelling="alternate")
    assert run(client, "traffic_logging", new=True)["changed"] is True
    assert panel.panel.traffic_logging["new"] is True
    # The spelling that this panel knows is only looked for once.
    assert panel.counts() == {"GET traffic_logging": 1, "GET system/traffic_logging": 2, "PUT traffic_logging": 1}


@pytest.mark.parametrize("words", ["digits", "words"])
@pytest.mark.parametrize(("module", "option"), [("dns", "enabled"), ("firewall", "ip_forward")])
def test_a_switch_is_written_in_the_spelling_that_the_panel_follows(
    panel: Simulator, client: PanelClient, words: str, module: str, option: str
) -> None:
    panel.options.set(switch_words=words)
    for value in (False, True):
        assert run(client, module, **{option: value})["changed"] is True
        assert getattr(panel.panel, STATE.get(module, module))[option] is value


def test_a_field_that_an_old_panel_does_not_show_is_reported(panel: Simulator, client: PanelClient) -> None:
    del panel.panel.firewall_conf["internal_traffic"]
    assert run(client, "firewall", internal_traffic=True)["changed"] is False
    assert any("does not show internal_traffic" in warning for warning in client.warnings)


@pytest.mark.parametrize("numbers", ["strings", "numbers"])
def test_numbers_of_a_panel_in_any_form_change_nothing(panel: Simulator, client: PanelClient, numbers: str) -> None:
    panel.options.set(numbers=numbers, unknown_fields=True)
    for module, options in (
        ("system_config", {"traffic_statistics_frequency": "5"}),
        ("dns", {"max_cache_ttl": "3600", "enabled": "yes"}),
        ("backup_config", {"number_backups": "10", "every_day": "no"}),
        ("ikev2_settings", {"dpddelay": "300", "reauth": True, "esp": " " + _esp(panel).replace(",", ", ")}),
    ):
        assert run(client, module, **options)["changed"] is False


def _esp(panel: Simulator) -> str:
    return str(panel.panel.ikev2_advanced["esp"])
