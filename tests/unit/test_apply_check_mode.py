# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check mode of a document: what an earlier task of the play may make is assumed, what none can mend fails."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.tests.unit import tasks
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import Connect, writes_to
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import apply
from simulator import Simulator

failure = partial(tasks.failure, module="apply")

OFFICE = {"name": "office", "address": "10.26.0.1/24", "listen_port": 51900}
ANNA = {"name": "anna", "wg_name": "office"}
FORWARD = {"wg_name": "office", "dst_port": 443, "protocol": "tcp", "to_peer": "anna", "to_port": 443}


@pytest.fixture
def client(panel: Simulator, connect: Connect) -> PanelClient:
    """A client in check mode."""
    return connect(panel, check_mode=True)


def assumed(client: PanelClient) -> list[str]:
    beginning = "In check mode it is assumed that "
    return [reported[len(beginning) : -1] for reported in client.warnings if reported.startswith(beginning)]


def steps(result: dict[str, Any]) -> list[str]:
    return [f"{step['action']} {step['kind']} {step['name']}" for step in result["plan"]]


@pytest.mark.parametrize(
    ("earlier", "config", "reported"),
    [
        ({"wireguard": [OFFICE]}, {"accounts": [ANNA]}, ["WireGuard server office will exist"]),
        (
            {"wireguard": [OFFICE]},
            {"accounts": [{**ANNA, "allowed_ips": "10.26.0.7"}], "port_forwards": [FORWARD]},
            ["WireGuard server office will exist"],
        ),
        (
            {"wireguard": [OFFICE], "accounts": [ANNA]},
            {"port_forwards": [FORWARD, {**FORWARD, "protocol": "udp"}]},
            ["WireGuard server office will exist", "account anna will exist on WireGuard server office"],
        ),
        (
            {"accounts": [{"name": "anna", "wg_name": "Default"}]},
            {"port_forwards": [{**FORWARD, "wg_name": "Default"}]},
            ["account anna will exist on WireGuard server Default"],
        ),
        (
            {"accounts": [{"name": "anna", "wg_name": "Default"}]},
            {"accounts": [{"name": "anna", "b_download": 50}]},
            ["account anna will exist"],
        ),
        (
            {"wireguard": [OFFICE], "accounts": [ANNA], "port_forwards": [FORWARD]},
            {
                "accounts": [{"name": "anna", "status": "disable"}],
                "port_forwards": [{**FORWARD, "to_port": 80}, {**FORWARD, "protocol": "udp"}],
            },
            [
                "account anna will exist",
                "WireGuard server office will exist",
                "account anna will exist on WireGuard server office",
            ],
        ),
    ],
)
def test_what_an_earlier_task_may_make_is_assumed(
    panel: Simulator,
    connect: Connect,
    earlier: dict[str, Any],
    config: dict[str, Any],
    reported: list[str],
) -> None:
    client, real = connect(panel, check_mode=True), connect(panel)
    predicted = apply(client, config)
    assert predicted["changed"] is True
    assert assumed(client) == reported
    apply(real, earlier)
    happened = apply(real, config)
    assert assumed(real) == []
    actions = [step.replace("recreate port", "create port") for step in steps(happened)]
    assert steps(predicted) == actions


@pytest.mark.parametrize(
    ("earlier", "config", "reported"),
    [
        (
            {"accounts": [{"name": "anna", "wg_name": "Default"}]},
            {"accounts": [{"name": "anna"}]},
            ["account anna will exist"],
        ),
        (
            {"firewall_rules": [{"name": "x", "action": "DROP"}]},
            {"firewall_rules": [{"name": "system_PUQVPNCP"}, {"name": "x"}]},
            ["firewall rule x will exist, as config has it"],
        ),
        (
            {"wireguard": [OFFICE], "accounts": [ANNA], "port_forwards": [FORWARD]},
            {"port_forwards": [{"wg_name": "office", "dst_port": 443, "protocol": "tcp"}]},
            ["port forward office/443/tcp will exist"],
        ),
    ],
)
def test_what_is_only_named_is_assumed_and_not_changed(
    panel: Simulator,
    connect: Connect,
    earlier: dict[str, Any],
    config: dict[str, Any],
    reported: list[str],
) -> None:
    client, real = connect(panel, check_mode=True), connect(panel)
    assert apply(client, config)["changed"] is False
    assert assumed(client) == reported
    assert failure(real, config=config).code == "invalid_config"
    apply(real, earlier)
    assert apply(real, config)["changed"] is False


def test_an_address_on_an_assumed_server_is_left_to_the_real_run(panel: Simulator, client: PanelClient) -> None:
    result = apply(client, {"accounts": [ANNA, {**ANNA, "name": "bert", "allowed_ips": "192.0.2.1"}]})
    assert "allowed_ips" not in result["diff"]["after"]["accounts"]["anna"]
    assert result["diff"]["after"]["accounts"]["bert"]["allowed_ips"] == "192.0.2.1"
    assert not any("available_ips" in request for request in panel.counts())


def test_an_account_moves_to_an_assumed_server(panel: Simulator, client: PanelClient) -> None:
    panel.panel.add_account({"name": "anna", "wg_name": "Default", "allowed_IPs": "10.0.0.2"})
    result = apply(client, {"accounts": [ANNA], "port_forwards": [FORWARD]}, recreate=True)
    assert steps(result) == ["recreate account anna", "create port_forward office/443/tcp"]
    assert assumed(client) == ["WireGuard server office will exist"]


def test_the_scope_of_a_purge_may_be_a_server_to_come(panel: Simulator, client: PanelClient) -> None:
    panel.panel.add_account({"name": "bert", "wg_name": "Default", "allowed_IPs": "10.0.0.2"})
    result = apply(client, {"accounts": [ANNA]}, purge=["accounts"], purge_scope=["office"])
    assert steps(result) == ["create account anna"]
    assert assumed(client) == ["WireGuard server office will exist"]


def test_many_assumptions_are_reported_in_a_few_sentences(client: PanelClient) -> None:
    forwards = [{**FORWARD, "dst_port": at, "to_peer": f"user_{at}"} for at in range(1000, 1500)]
    apply(client, {"port_forwards": forwards, "accounts": [{**ANNA, "wg_name": f"server_{at}"} for at in range(1)]})
    reported = assumed(client)
    assert len(reported) == 3
    assert reported[-1].startswith("accounts user_1000, user_1001, ")
    assert reported[-1].endswith(" and 480 more will exist on WireGuard server office")


@pytest.mark.parametrize(
    ("config", "options", "words"),
    [
        (
            {"accounts": [{**ANNA, "wg_name": "Default", "allowed_ips": "10.1.0.2"}]},
            {},
            "is outside the network",
        ),
        (
            {"accounts": [{**ANNA, "allowed_ips": "10.0.0.2"}]},
            {},
            "allowed_ips 10.0.0.2 is already used by account bert",
        ),
        ({"accounts": [{**ANNA, "username": "bert"}]}, {}, "username bert is already used by account bert"),
        (
            {"accounts": [{"name": "new", "allowed_ips": "10.0.0.2", "username": "x"}]},
            {},
            "is already used by account bert",
        ),
        ({"accounts": [{"name": "bert", "username": "x"}]}, {}, "account bert has another username"),
        ({"wireguard": [{**OFFICE, "address": "10.0.0.9/25"}]}, {}, "overlaps the network of WireGuard server Default"),
        ({"port_forwards": [{**FORWARD, "to_peer": "bert"}]}, {}, "to_peer bert is not an account of office."),
        (
            {"port_forwards": [{**FORWARD, "wg_name": "Default", "dst_port": 51820}]},
            {},
            "is the listen_port of Default itself.",
        ),
        # What the same document removes is not made by an earlier task.
        (
            {"accounts": [{**ANNA, "wg_name": "old"}], "wireguard": [{"name": "Default"}]},
            {"purge": ["wireguard"]},
            "wg_name old is removed in the same run.",
        ),
        (
            {"port_forwards": [{**FORWARD, "wg_name": "Default", "to_peer": "bert"}], "accounts": [{"name": "carl"}]},
            {"purge": ["accounts"]},
            "to_peer bert is not an account of Default.",
        ),
        (
            {"wireguard": [{"name": "Default", "state": "absent"}], "accounts": []},
            {},
            "wireguard[0] Default: cannot be removed while it has accounts: bert, carl.",
        ),
    ],
)
def test_what_no_task_can_mend_fails_as_it_does_for_real(
    panel: Simulator,
    client: PanelClient,
    config: dict[str, Any],
    options: dict[str, Any],
    words: str,
) -> None:
    panel.panel.add_server({"name": "old", "address": "10.60.0.1/24"})
    for at, name in enumerate(("bert", "carl"), 2):
        panel.panel.add_account({"name": name, "username": name, "wg_name": "Default", "allowed_IPs": f"10.0.0.{at}"})
    error = failure(client, config=config, **options)
    assert error.code == "invalid_config"
    assert words in str(error)
    client.check_mode = False
    assert failure(client, config=config, **options).code == "invalid_config"
    assert writes_to(panel) == []


def test_a_license_that_is_used_up_fails(panel: Simulator, client: PanelClient) -> None:
    panel.options.set(licence_slots=0)
    error = failure(client, config={"accounts": [ANNA]})
    assert "the license allows 0 accounts" in str(error)


def test_accounts_of_a_server_that_goes_may_be_gone_by_then(
    panel: Simulator, connect: Connect, client: PanelClient
) -> None:
    panel.panel.add_account({"name": "bert", "wg_name": "Default", "allowed_IPs": "10.0.0.2"})
    config = {"wireguard": [{"name": "Default", "state": "absent"}]}
    assert steps(apply(client, config)) == ["delete wireguard Default"]
    assert assumed(client) == ["account bert of WireGuard server Default is removed before"]
    real = connect(panel)
    assert failure(real, config=config).code == "invalid_config"
    apply(real, {"accounts": []}, purge=["accounts"], allow_empty=True)
    assert steps(apply(real, config)) == ["delete wireguard Default"]
