# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every example of the manual, replayed: the reply has the documented keys and JSON types, no more and no less."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from simulator import Simulator, material
from simulator.v1 import OPERATIONS
from unit.simulator.api import Api

CONTRACT = Path(__file__).parents[2] / "contract"
OPERATIONS_OF_CONTRACT = {
    operation["id"]: operation for operation in yaml.safe_load((CONTRACT / "v1.yaml").read_text())["operations"]
}
EXAMPLES = json.loads((CONTRACT / "v1-examples.json").read_text())

NUMBERS = ("b_download", "b_upload", "listen_port", "mangle")
SUBJECT = {"common_name": "TEST_CN", "organization": "TEST_O", "locality": "", "country_name": ""}
SUBJECT |= {"organizational_unit": "", "state_or_province_name": ""}


def documented(operation: str) -> Any:
    """The payload in the documented reply."""
    return EXAMPLES[operation]["response"]["msg"]


def native(record: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A documented server or account as the panel keeps it."""
    return {key: int(value) if key in NUMBERS else value for key, value in record.items()} | changes


# Preparing ----------------------------------------------------------------------------------------------------------


def alone(*servers: dict[str, Any]) -> Callable[[Simulator], None]:
    """These servers, and no other."""

    def prepare(sim: Simulator) -> None:
        sim.panel.remove_server("Default")
        for server in servers:
            sim.panel.add_server(server)

    return prepare


def server_125(sim: Simulator) -> None:
    """The server, accounts and port forwards that the pages on servers look at."""
    server = {"name": "Default_125", "address": "10.0.124.1/24", "listen_port": 51945, "interface_name": "wg125"}
    sim.panel.add_server(server)
    for account in documented("wireguard_peers").values():
        sim.panel.add_account(native(account))


def forwards_of_125(sim: Simulator) -> None:
    server_125(sim)
    sim.panel.port_forwards["Default_125"].update(documented("port_forward_list"))


def forward_23(sim: Simulator) -> None:
    server_125(sim)
    sim.panel.port_forwards["Default_125"]["23_udp"] = documented("port_forward_create")


def server_106(sim: Simulator) -> None:
    """The server and the account peer_10 that the pages on accounts look at."""
    public_key = documented("account_config_text").rpartition("PublicKey = ")[2]
    server = {"name": "Default_106", "address": "10.0.105.1/24", "listen_port": 51926, "interface_name": "wg106"}
    keys = {"private_key": documented("account_get")["private_key"], "public_key": public_key}
    sim.panel.add_server({**server, **keys})
    sim.panel.add_account(native(documented("account_get")))


def server_209(sim: Simulator) -> None:
    bandwidth = {"b_download": 12, "b_upload": 12}
    sim.panel.add_server({"name": "203_0_113_209", "address": "10.0.110.1/24", **bandwidth})


def accounts_of_209(sim: Simulator) -> None:
    server_209(sim)
    for account in documented("account_list"):
        sim.panel.add_account(native(account))


def account_111(sim: Simulator) -> None:
    server_209(sim)
    sim.panel.add_account(native(documented("account_create")))


def online(operation: str) -> Callable[[Simulator], None]:
    """The sessions of a documented list."""

    def prepare(sim: Simulator) -> None:
        server_209(sim)
        for session in documented(operation):
            keys = ("name", "username", "wg_name", "status", "allowed_IPs", "b_download", "b_upload")
            sim.panel.add_account(native({key: session[key] for key in keys}))
            rest = {key: value for key, value in session.items() if key not in keys}
            sim.connect(operation.removesuffix("_online"), session["name"], **rest)

    return prepare


def marked_accounts(sim: Simulator) -> None:
    sim.panel.add_server({"name": "Default_119", "address": "10.0.118.1/24"})
    for number, address, mark in ((121, "10.0.118.3", 227), (122, "10.0.118.4", 228)):
        identity = {"name": f"peer_{number}", "username": f"user_{number + 1}", "mangle": mark}
        sim.panel.add_account({"wg_name": "Default_119", "allowed_IPs": address, **identity})


def filter_rule(name: str) -> Callable[[Simulator], None]:
    def prepare(sim: Simulator) -> None:
        sim.panel.firewall_filter.append({**documented("firewall_filter_list")[1], "name": name})

    return prepare


def root(sim: Simulator) -> None:
    certificate, key = material.root_certificate(SUBJECT)
    sim.panel.ikev2.update(ca_cert=certificate, ca_key=key)


def root_and_server(sim: Simulator) -> None:
    root(sim)
    pair = (sim.panel.ikev2["ca_cert"], sim.panel.ikev2["ca_key"])
    certificate, key = material.server_certificate(SUBJECT, ["vpn.example.com"], pair)
    sim.panel.ikev2.update(server_cert=certificate, server_key=key)


def backup(*names: str) -> Callable[[Simulator], None]:
    """Archives of the panel as it is, under documented names."""

    def prepare(sim: Simulator) -> None:
        for name in names:
            made = Api(sim).ask("POST", "backups")
            sim.panel.backups[name] = {**sim.panel.backups.pop(made["backup_name"]), "backup_name": name}

    return prepare


def links(sim: Simulator) -> None:
    accounts_of_209(sim)
    for _time in range(2):
        Api(sim).ask("GET", "account/alice_pc/otl")


def busy(sim: Simulator) -> None:
    sim.busy(text=documented("system_status")["status"])


PREPARATIONS: dict[str, Callable[[Simulator], None]] = {
    "system_status": busy,
    "wireguard_list": alone(*map(native, documented("wireguard_list").values())),
    "wireguard_update": alone(native(documented("wireguard_update"), listen_port=51947)),
    "wireguard_delete": alone({"name": "Default_90"}),
    # The request names one server, the reply describes another: a slip of the manual.
    "wireguard_get": alone(native(documented("wireguard_get"), name="Default_95")),
    "wireguard_peers": server_125,
    "port_forward_list": forwards_of_125,
    "port_forward_create": server_125,
    "port_forward_delete": forward_23,
    "wireguard_firewall_nat_rules": server_125,
    "wireguard_firewall_filter_rules": server_125,
    "wireguard_traffic_control": server_125,
    "wireguard_dump": server_125,
    "wireguard_available_ips": server_125,
    "wireguard_set_bandwidth": server_125,
    "account_list": accounts_of_209,
    "account_get": server_106,
    "account_create": server_209,
    "account_update": account_111,
    "account_delete": account_111,
    "account_config_text": server_106,
    "account_config_qr": server_106,
    "account_ikev2_profile": server_106,
    "account_otl_create": server_106,
    "account_firewall_mangle_rules": server_106,
    "account_traffic_control": server_106,
    "account_dump": server_106,
    "account_traffic_statistics": accounts_of_209,
    "firewall_filter_list": filter_rule("TEST"),
    "firewall_filter_delete": filter_rule("TEST_SSH_OPEN"),
    "firewall_mangle_list": marked_accounts,
    "ikev2_config_get": root_and_server,
    "ikev2_delete_ca": root,
    "ikev2_generate_server": root,
    "ikev2_delete_server": root_and_server,
    "ikev2_enable": root_and_server,
    "wireguard_online": online("wireguard_online"),
    "ikev2_online": online("ikev2_online"),
    "ikev2_online_drop": online("ikev2_online"),
    "otl_list": links,
    "backup_list": backup(*(entry["backup_name"] for entry in documented("backup_list")["backups"])),
    "backup_restore": backup(EXAMPLES["backup_restore"]["request"]["form"]["backup_name"]),
    "backup_download": backup(EXAMPLES["backup_download"]["request"]["path"].rpartition("/")[2]),
}

# The documented reply of dns_update is a WireGuard server, a slip; the contract expects the shape of dns_get.
REPLY_OF = {"dns_update": "dns_get"}

# Here nothing is left to the panel, so that the reply is the documented one to the letter.
EXACT = (
    "system_info system_reload wireguard_info wireguard_list wireguard_create wireguard_update wireguard_delete "
    "wireguard_peers port_forward_list port_forward_create port_forward_delete wireguard_firewall_nat_rules "
    "wireguard_traffic_control wireguard_set_bandwidth account_list account_get account_update account_delete "
    "account_config_text account_firewall_mangle_rules account_traffic_control account_dump firewall_conf_update "
    "firewall_filter_list firewall_filter_add firewall_filter_delete system_config_update system_config_default "
    "ikev2_info ikev2_advanced_get ikev2_advanced_update ikev2_advanced_default wireguard_online ikev2_online "
    "ikev2_online_drop otl_config_get traffic_logging_update backup_config_update backup_restore"
).split()


# Comparing ----------------------------------------------------------------------------------------------------------


def json_type(value: Any) -> str:
    """The JSON type of a value; true is not a number."""
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, int | float) else type(value).__name__


def differences(actual: Any, expected: Any, *, keyed: bool = False, where: str = "msg") -> list[str]:
    """Tell where keys or JSON types differ; each element of a collection is compared with each documented one."""
    if json_type(actual) != json_type(expected):
        return [f"{where} is of type {json_type(actual)} instead of {json_type(expected)}"]
    if isinstance(expected, list) or (keyed and isinstance(expected, dict)):
        elements = list(actual.values()) if keyed else actual
        models = list(expected.values()) if isinstance(expected, dict) else expected
        if not elements:
            return [f"{where} has no element to compare"]
        return [
            difference
            for number, element in enumerate(elements)
            for model in models
            for difference in differences(element, model, where=f"{where}[{number}]")
        ]
    if isinstance(expected, dict):
        if actual.keys() != expected.keys():
            return [f"{where} differs in the keys {sorted(actual.keys() ^ expected.keys())}"]
        return [
            difference
            for key, value in expected.items()
            for difference in differences(actual[key], value, where=f"{where}.{key}")
        ]
    return []


def replay(sim: Simulator, operation: str) -> Any:
    """Send the documented request to a panel that was prepared for it."""
    if operation in PREPARATIONS:
        PREPARATIONS[operation](sim)
    request = EXAMPLES[operation]["request"]
    form = dict(request["form"])
    if operation == "ikev2_import_ca":  # The example has words in the place of the certificate and the key.
        form["ca_cert"], form["ca_key"] = material.root_certificate(SUBJECT)
    return Api(sim).send(request["method"], request["path"], form)


@pytest.mark.parametrize("operation", EXAMPLES)
def test_reply_has_the_documented_keys_and_types(sim: Simulator, operation: str) -> None:
    answer = replay(sim, operation)

    if operation == "backup_download":  # The only operation without an envelope.
        assert zipfile.ZipFile(io.BytesIO(answer.content)).testzip() is None
        return
    reply = answer.json()
    assert answer.status_code == 200
    assert reply.keys() == {"error", "msg", "status"}
    assert (reply["error"], reply["status"]) == ("", "success")
    returns = OPERATIONS_OF_CONTRACT[operation]["returns"]
    actual, expected = reply["msg"], documented(REPLY_OF.get(operation, operation))
    if "wrapper" in returns:
        assert actual.keys() == {returns["wrapper"]}
        actual, expected = actual[returns["wrapper"]], expected[returns["wrapper"]]
    assert differences(actual, expected, keyed=returns["shape"] == "map") == []


@pytest.mark.parametrize("operation", EXACT)
def test_reply_is_the_documented_one(sim: Simulator, operation: str) -> None:
    assert replay(sim, operation).json()["msg"] == documented(operation)


def test_ikev2_that_is_not_configured_is_the_documented_one(api: Api) -> None:
    assert api.ask("GET", "ikev2/config") == EXAMPLES["ikev2_config_get"]["response_not_configured"]["msg"]


def test_account_takes_the_bandwidth_of_its_server_as_documented(sim: Simulator) -> None:
    made = replay(sim, "account_create").json()["msg"]
    generated = ("private_key", "public_key")
    expected = documented("account_create")
    assert {key: value for key, value in made.items() if key not in generated} == {
        key: value for key, value in expected.items() if key not in generated
    }


def test_each_operation_has_a_replayed_example() -> None:
    assert EXAMPLES.keys() == OPERATIONS_OF_CONTRACT.keys()
    assert len(EXAMPLES) == 72


def test_each_path_and_alternate_is_that_of_the_contract() -> None:
    def spelt(path: str) -> str:
        return path.replace("<any(top, end):", "<").replace("<", "{").replace(">", "}")

    simulated = {
        operation.id: [
            (operation.method, spelt(operation.path)),
            *((method, spelt(path)) for method, path in operation.alternates),
        ]
        for operation in OPERATIONS
    }
    assert simulated == {
        name: [
            (operation["method"], operation["path"]),
            *((alternate["method"], alternate["path"]) for alternate in operation.get("alternates", [])),
        ]
        for name, operation in OPERATIONS_OF_CONTRACT.items()
    }


def test_each_operation_writes_as_the_contract_says() -> None:
    assert {operation.id for operation in OPERATIONS if operation.writes} == {
        name for name, operation in OPERATIONS_OF_CONTRACT.items() if operation["write"]
    }


@pytest.mark.parametrize(
    ("actual", "expected"),
    [({"a": "1"}, {"a": 1}), ({"a": True}, {"a": 1}), ({}, {"a": 1}), ({"a": 1, "b": 2}, {"a": 1}), ([], [1])],
)
def test_differences_are_found(actual: Any, expected: Any) -> None:
    assert differences(actual, expected)
