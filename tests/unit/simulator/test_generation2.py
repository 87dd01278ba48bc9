# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Generation 2: another credential, another form of body and answer, other names."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from openapi_spec_validator import validate
from simulator import Simulator
from simulator.readings import SWITCHES, readings
from unit.simulator.api import decode_qr

CONTRACT = Path(__file__).parents[2] / "contract"


class Api2:
    """One session with a panel of generation 2."""

    def __init__(self, simulator: Simulator) -> None:
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {simulator.credential}"
        self._url = f"{simulator.url}/api/v1/"

    def send(self, method: str, path: str, body: Any = None) -> requests.Response:
        """Return the answer as it is."""
        return self.session.request(method, self._url + path, json=body, timeout=10)

    def ask(self, method: str, path: str, **body: Any) -> Any:
        """Return the data of a success."""
        reply = self.send(method, path, body or None).json()
        assert reply["result"] == "OK", reply
        return reply["data"]

    def refusal(self, method: str, path: str, **body: Any) -> tuple[str, dict[str, str]]:
        """Return the message and the fields of a refusal."""
        reply = self.send(method, path, body or None).json()
        assert reply["result"] == "ERROR", reply
        return reply["message"], reply["errors"]


@pytest.fixture
def sim() -> Iterator[Simulator]:
    """A panel of generation 2."""
    with Simulator(generation=2, reload_seconds=3600.0) as simulator:
        yield simulator


@pytest.fixture
def api(sim: Simulator) -> Iterator[Api2]:
    """A session with it."""
    client = Api2(sim)
    with client.session:
        yield client


@pytest.fixture
def alice(api: Api2) -> dict[str, Any]:
    """A client."""
    body = {"name": "alice", "username": "al", "ipv4": "10.0.0.2", "status": "Enable"}
    client: dict[str, Any] = api.ask("POST", "client", network_name="Default", **body)
    return client


def test_only_the_token_lets_in(sim: Simulator, api: Api2) -> None:
    url = f"{sim.url}/api/v1/system/status"
    unauthorized: list[dict[str, Any]] = [
        {"headers": {}},
        {"headers": {"Authorization": "Bearer 0"}},
        {"headers": {"Authorization": f"Basic {sim.credential}"}},
        {"cookies": {"access_hash": sim.credential}},
    ]
    for request in unauthorized:
        reply = requests.get(url, timeout=10, **request).json()
        assert (reply["result"], reply["message"]) == ("ERROR", "Not authorized")
    sim.options.set(bare_unauthorized=True)
    answer = requests.get(url, timeout=10)
    assert (answer.status_code, answer.json()) == (401, {"error": "unauthorized"})
    assert api.ask("GET", "system/status")


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "firewall"), ("GET", "account"), ("PUT", "system/reload"), ("POST", "dns")]
)
def test_what_is_not_simulated_is_a_page(api: Api2, method: str, path: str) -> None:
    answer = api.send(method, path)
    assert answer.status_code == 404
    assert "<html>" in answer.text


def test_status_and_licence(api: Api2, alice: dict[str, Any]) -> None:
    status = api.ask("GET", "system/status")
    assert (status["count_accounts"], status["count_accounts_available"], status["status"]) == (1, 50, "OK")
    assert status["version"].startswith("2.")
    assert api.ask("GET", "license")["valid"] is True


def test_what_is_only_inferred_may_not_be_there(sim: Simulator, api: Api2, alice: dict[str, Any]) -> None:
    assert api.ask("GET", "client") == [alice]
    assert api.ask("GET", "system/info")["timezone"] == "Europe/Warsaw"
    sim.options.set(inferred=False)
    assert [api.send("GET", path).status_code for path in ("client", "system/info")] == [404, 404]
    paths = api.send("GET", "openapi.json").json()["paths"]
    assert list(paths["/client"]) == ["post"]
    assert "/system/info" not in paths


def test_reload_makes_busy_and_writes_are_refused(sim: Simulator, api: Api2, alice: dict[str, Any]) -> None:
    assert api.ask("POST", "system/reload") is None
    assert api.ask("GET", "system/status")["status"].startswith("Loading")
    assert api.refusal("DELETE", "client/alice")[0] == "PUQVPNCP status not OK"
    sim.idle()
    api.ask("DELETE", "client/alice")


def test_client_lives_and_dies(api: Api2, alice: dict[str, Any]) -> None:
    assert (alice["network_name"], alice["ipv4"], alice["status"]) == ("Default", "10.0.0.2", "enable")
    assert "allowed_IPs" not in alice
    assert api.ask("GET", "client/alice") == alice
    changed = api.ask("PUT", "client/alice", b_download=20, status="disable")
    assert changed == {**alice, "b_download": 20, "status": "disable"} == api.ask("GET", "client/alice")
    api.ask("DELETE", "client/alice")
    assert api.refusal("GET", "client/alice") == ("Client not found", {})


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"network_name": "None"}, "Network not valid"),
        ({"name": "alice"}, "The name is already in use"),
        ({"username": "al"}, "The username is already in use"),
        ({"ipv4": "10.0.0.2"}, "IP address already in use"),
        ({"ipv4": "10.9.0.2"}, "The IP address is not within the network"),
        ({"ipv4": 5}, "Wrong IP format"),
        ({"b_download": -1}, "Wrong bandwidth"),
        ({"status": "on"}, "Wrong status"),
    ],
)
def test_refusal_names_the_field(
    sim: Simulator, api: Api2, alice: dict[str, Any], body: dict[str, Any], message: str
) -> None:
    (field,) = body
    sim.options.set(bandwidth_on_create="taken")
    assert api.refusal("POST", "client", **{"network_name": "Default", **body}) == (message, {field: message})


def test_body_must_be_json(sim: Simulator, api: Api2) -> None:
    answer = api.session.post(f"{sim.url}/api/v1/client", data={"network_name": "Default"}, timeout=10)
    assert answer.json()["result"] == "ERROR"
    assert sim.panel.accounts == {}


def test_licence_limits_the_clients(sim: Simulator, api: Api2, alice: dict[str, Any]) -> None:
    sim.options.set(licence_slots=1)
    assert api.refusal("POST", "client", network_name="Default")[0] == "VPN client limit exceeded"


@pytest.mark.parametrize(("reading", "download"), [("ignored", 0), ("taken", 100)])
@pytest.mark.parametrize("key", ["b_download", "bandwidth_download"])
def test_bandwidth_on_create(sim: Simulator, api: Api2, reading: str, download: int, key: str) -> None:
    sim.options.set(bandwidth_on_create=reading)
    assert api.ask("POST", "client", network_name="Default", **{key: 100})["b_download"] == download


def test_sessions(sim: Simulator, api: Api2, alice: dict[str, Any]) -> None:
    assert api.ask("GET", "client/online") == []
    sim.connect("wireguard", "alice", transfer_rx=5)
    sim.connect("ikev2", "alice")
    sessions = api.ask("GET", "client/online")
    assert [(session["protocol"], session["network"], session["ip"]) for session in sessions] == [
        ("wireguard", "Default", "10.0.0.2"),
        ("ikev2", "Default", "10.0.0.2"),
    ]
    assert sessions[0]["transfer_rx"] == 5


ROW = {
    "network": "Default",
    "ip": "10.0.0.2",
    "endpoint": "198.51.100.7",
    "undocumented": "a field that no page mentions",
}


@pytest.mark.parametrize(
    ("container", "expected"),
    [
        ("rows", [{"name": "alice", "protocol": "ikev2", **ROW}]),
        ("named", [{"name": "alice", **ROW}]),
        ("by_client", {"alice": {"ikev2": ROW}}),
        ("by_protocol", {"ikev2": {"alice": ROW}}),
        ("lists", {"ikev2": [{"name": "alice", **ROW}]}),
        ("by_name", {"alice": {"protocol": "ikev2", **ROW}}),
    ],
)
def test_the_containers_of_sessions(
    sim: Simulator, api: Api2, alice: dict[str, Any], container: str, expected: Any
) -> None:
    sim.options.set(sessions=container, unknown_fields=True)
    assert api.ask("GET", "client/online") == []
    sim.connect("ikev2", "alice", endpoint=ROW["endpoint"])
    assert api.ask("GET", "client/online") == expected


def test_traffic_has_an_entry_per_day(api: Api2, alice: dict[str, Any]) -> None:
    days = api.ask("GET", "client/alice/traffic/2024/2")
    assert len(days) == 29
    assert days[0].keys() == {"date", "traffic_download", "traffic_upload"}
    assert api.refusal("GET", "client/alice/traffic/2024/13")[0] == "Wrong month setting"


def test_readings(sim: Simulator, api: Api2, alice: dict[str, Any]) -> None:
    sim.options.set(status_word="SUCCESS", error_codes=True, numbers="strings", unknown_fields=True)
    answer = api.send("GET", "client/alice")
    assert answer.json()["result"] == "ok"
    assert answer.json()["data"]["b_download"] == "0"
    assert "undocumented" in answer.json()["data"]
    assert api.send("GET", "client/nobody").status_code == 404


def test_faults_speak_the_language_of_the_generation(sim: Simulator, api: Api2) -> None:
    sim.fault("error", text="x")
    assert api.refusal("GET", "network") == ("x", {})
    sim.fault("echo_credential")
    assert sim.credential in api.refusal("GET", "network")[0]
    sim.fault("wrong_type", msg=7)
    assert api.ask("GET", "network") == 7
    sim.fault("not_stored", method="PUT")
    api.ask("POST", "client", network_name="Default", name="bob")
    assert api.ask("PUT", "client/bob", b_upload=9)["b_upload"] == 9
    assert api.ask("GET", "client/bob")["b_upload"] == 0


# --- Readings


def test_each_value_of_each_switch_meets_each_value_of_every_other() -> None:
    made = readings()
    for (one, ones), (other, others) in itertools.combinations(SWITCHES.items(), 2):
        assert {(reading[one], reading[other]) for reading in made} == set(itertools.product(ones, others))
    assert len({tuple(reading.items()) for reading in made}) == len(made)


def test_the_first_reading_is_that_of_a_panel_without_options(sim: Simulator) -> None:
    first = readings()[0]
    assert first == {name: getattr(sim.options, name) for name in SWITCHES}
    assert readings()[0] is not first


@pytest.mark.parametrize("reading", readings())
def test_a_client_lives_under_every_reading(sim: Simulator, api: Api2, reading: dict[str, Any]) -> None:
    sim.options.set(**reading)
    answer = api.send("POST", "client", {"network_name": "Default", "name": "7-x", "b_upload": 3})
    assert (answer.status_code, answer.json()["result"].upper()) == (200, "OK")
    assert api.send("PUT", "client/7-x", {"b_download": 20}).json()["result"].upper() == "OK"
    assert api.send("GET", "client/7-x").json()["data"]["b_download"] in (20, "20")
    assert sim.panel.accounts["7-x"]["b_download"] == 20
    refusal = api.send("PUT", "client/7-x", {"b_download": -1}).json()
    assert (refusal["result"].upper(), "errors" in refusal) == ("ERROR", reading["field_errors"])
    paths = ["config/text", "config/qr", "amneziawg/config", "openvpn/profile", "ikev2/profile"]
    assert all(api.send("GET", f"client/7-x/{path}").content for path in paths)
    assert api.send("GET", "client").status_code == (200 if reading["inferred"] else 404)
    assert api.send("DELETE", "client/7-x").json()["result"].upper() == "OK"
    assert sim.panel.accounts == {}


# --- Clients


def test_what_is_left_out_of_a_client_is_filled_in(api: Api2) -> None:
    first, second = (api.ask("POST", "client", **{key: "Default"}) for key in ("network", "network_name"))
    assert (first["ipv4"], second["ipv4"]) == ("10.0.0.2", "10.0.0.3")
    assert first["username"].startswith("user_")
    assert len(first["username"].removeprefix("user_")) == 4
    for field in ("name", "username", "password"):
        assert first[field]
        assert first[field] != second[field]


def test_a_name_may_begin_with_a_digit_and_have_a_hyphen(sim: Simulator, api: Api2) -> None:
    assert api.ask("POST", "client", network_name="Default", name="7-vpn-1_x")["name"] == "7-vpn-1_x"
    assert api.ask("GET", "client/7-vpn-1_x")["ipv4"] == "10.0.0.2"
    assert api.refusal("POST", "client", network_name="Default", name="a b")[1].keys() == {"name"}


def test_a_client_called_online_is_hidden_by_the_sessions(sim: Simulator, api: Api2) -> None:
    api.ask("POST", "client", network_name="Default", name="online")
    assert api.ask("GET", "client/online") == []
    assert api.ask("PUT", "client/online", b_upload=4)["b_upload"] == 4
    api.ask("DELETE", "client/online")
    assert sim.panel.accounts == {}


@pytest.mark.parametrize("body", [{}, {"network": "None"}, {"network": "Default", "network_name": "office"}])
def test_a_client_needs_one_network_that_is_there(sim: Simulator, api: Api2, body: dict[str, str]) -> None:
    sim.panel.add_server({"name": "office"})
    assert api.refusal("POST", "client", name="bob", **body)[1].keys() == {"network_name"}
    assert sim.panel.accounts == {}


@pytest.mark.parametrize("address", ["10.0.0.1", "10.0.0.253", "10.0.0.254"])
def test_the_gateways_are_nobodys(sim: Simulator, api: Api2, alice: dict[str, Any], address: str) -> None:
    text = "IP address already in use"
    assert api.refusal("POST", "client", network_name="Default", ipv4=address) == (text, {"ipv4": text})
    assert api.refusal("PUT", "client/alice", ipv4=address) == (text, {"ipv4": text})
    assert api.ask("GET", "client/alice") == alice


@pytest.mark.parametrize(
    "body",
    [
        {"username": "other"},
        {"name": "other"},
        {"network_name": "office"},
        {"network": "office"},
        {"colour": "red"},
        {"private_key": "x"},
        {"bandwidth_download": 5},
        {"b_upload": "5"},
        {"b_upload": 5.5},
        {"b_upload": True},
        {"b_upload": 10001},
        {"b_upload": None},
        {"status": True},
        {"password": 5},
        {"password": ""},
        {"ipv4": "10.0.0"},
        {"ipv4": ["10.0.0.3"]},
        {"ipv6": "10.0.0.3"},
        {"ipv6": "x", "colour": "red", "b_download": "x"},
    ],
)
def test_a_change_that_is_wrong_changes_nothing(api: Api2, alice: dict[str, Any], body: dict[str, Any]) -> None:
    message, errors = api.refusal("PUT", "client/alice", **{"b_download": 5, **body})
    assert errors.keys() == body.keys()
    assert message in errors.values()
    assert api.ask("GET", "client/alice") == alice


def test_a_partial_change_keeps_the_rest(api: Api2, alice: dict[str, Any]) -> None:
    change = {"password": "new", "ipv4": "10.0.0.9", "ipv6": "fd00::9", "b_upload": 7, "status": "disable"}
    for number, (field, value) in enumerate(change.items(), 1):
        expected = {**alice, **dict(itertools.islice(change.items(), number))}
        assert api.ask("PUT", "client/alice", **{field: value}) == expected == api.ask("GET", "client/alice")


def test_a_panel_that_shows_numbers_as_texts_takes_them(sim: Simulator, api: Api2, alice: dict[str, Any]) -> None:
    sim.options.set(numbers="strings")
    assert api.ask("PUT", "client/alice", b_upload="5", b_download=6)["b_upload"] == "5"
    assert (sim.panel.accounts["alice"]["b_upload"], sim.panel.accounts["alice"]["b_download"]) == (5, 6)
    assert api.refusal("PUT", "client/alice", b_upload="5x")[1].keys() == {"b_upload"}


def test_who_is_disabled_or_deleted_is_offline(sim: Simulator, api: Api2, alice: dict[str, Any]) -> None:
    for protocol in ("wireguard", "amneziawg", "openvpn", "ikev2"):
        sim.connect(protocol, "alice")
    assert {session["protocol"] for session in api.ask("GET", "client/online")} == {
        *("wireguard", "amneziawg", "openvpn", "ikev2")
    }
    api.ask("PUT", "client/alice", b_upload=5)
    assert len(api.ask("GET", "client/online")) == 4
    api.ask("PUT", "client/alice", status="disable")
    assert api.ask("GET", "client/online") == []
    sim.connect("openvpn", "alice")
    assert "connected_since" in api.ask("GET", "client/online")[0]
    api.ask("DELETE", "client/alice")
    assert api.ask("GET", "client/online") == []


def test_a_full_network_has_no_more_addresses(sim: Simulator, api: Api2) -> None:
    sim.panel.add_server({"name": "tiny", "address": "10.9.0.1/29"})
    assert api.ask("GET", "network/tiny/available_ip") == ["10.9.0.2", "10.9.0.3", "10.9.0.4"]
    for _time in range(3):
        api.ask("POST", "client", network_name="tiny")
    assert api.ask("GET", "network/tiny/available_ip") == []
    assert api.refusal("POST", "client", network_name="tiny")[0] == "There is no free IP address in the network"


def test_a_panel_without_licence_serves_fifty_clients(sim: Simulator, api: Api2) -> None:
    sim.options.set(licence_slots=500, licensed=False)
    status = api.ask("GET", "system/status")
    assert (status["license_valid"], status["count_accounts_available"]) == (False, 50)
    for number in range(2, 52):
        sim.panel.add_account({"wg_name": "Default", "allowed_IPs": f"10.0.0.{number}"})
    assert api.refusal("POST", "client", network_name="Default")[0] == "VPN client limit exceeded"
    sim.options.set(licensed=True)
    api.ask("POST", "client", network_name="Default")


# --- How clients are shown


def test_a_status_may_have_a_capital(sim: Simulator, api: Api2, alice: dict[str, Any]) -> None:
    sim.options.set(status_case="title")
    assert api.ask("GET", "client/alice")["status"] == "Enable"
    assert api.ask("PUT", "client/alice", status="disable")["status"] == "Disable"
    assert sim.panel.accounts["alice"]["status"] == "disable"


@pytest.mark.parametrize(
    ("reading", "shown"),
    [
        ("network_name", {"network_name": "Default"}),
        ("network", {"network": "Default"}),
        ("both", {"network_name": "Default", "network": "Default"}),
        ("nested", {"network": {"name": "Default"}}),
    ],
)
def test_the_keys_of_a_network(
    sim: Simulator, api: Api2, alice: dict[str, Any], reading: str, shown: dict[str, Any]
) -> None:
    sim.options.set(network_key=reading)
    client = api.ask("GET", "client/alice")
    assert {key: client[key] for key in ("network_name", "network") if key in client} == shown
    assert [client] == api.ask("GET", "client")


def test_the_containers_of_clients(sim: Simulator, api: Api2, alice: dict[str, Any]) -> None:
    without_name = {key: value for key, value in alice.items() if key != "name"}
    thin = {key: alice[key] for key in ("name", "network_name", "status", "ipv4")}
    expected = {"rows": [alice], "map": {"alice": without_name}, "wrapped": {"clients": [alice]}, "thin": [thin]}
    for reading, clients in expected.items():
        sim.options.set(clients=reading)
        assert api.ask("GET", "client") == clients
        assert api.ask("GET", "client/alice") == alice
    assert expected.keys() == set(SWITCHES["clients"])


def test_the_answer_to_a_write_of_a_client(sim: Simulator, api: Api2, alice: dict[str, Any]) -> None:
    for reading, data in {"client": {"data": alice}, "name": {"data": "alice"}, "nothing": {}}.items():
        sim.options.set(create_answer=reading)
        assert api.send("PUT", "client/alice", {}).json() == {"result": "OK", "message": "", **data}
        created = api.send("POST", "client", {"network": "Default", "name": reading}).json()
        assert created.get("data") == {"client": api.ask("GET", "client/client"), "name": "name"}.get(reading)


def test_a_change_of_the_address(sim: Simulator, api: Api2, alice: dict[str, Any]) -> None:
    sim.options.set(address_change="ignored")
    assert api.ask("PUT", "client/alice", ipv4="10.0.0.9", b_upload=1) == {**alice, "b_upload": 1}
    sim.options.set(address_change="refused")
    assert api.refusal("PUT", "client/alice", ipv4="10.0.0.9", b_upload=2)[1].keys() == {"ipv4"}
    assert api.ask("GET", "client/alice")["b_upload"] == 1
    sim.options.set(address_change="taken")
    assert api.ask("PUT", "client/alice", ipv4="10.0.0.9/24")["ipv4"] == "10.0.0.9"


def test_an_address_may_have_the_prefix_of_its_network(sim: Simulator, api: Api2) -> None:
    sim.panel.add_server({"name": "office", "address": "10.9.0.1/25"})
    sim.options.set(address_form="prefix")
    assert api.ask("POST", "client", network="office")["ipv4"] == "10.9.0.2/25"


def test_refusals_may_not_name_the_fields(sim: Simulator, api: Api2, alice: dict[str, Any]) -> None:
    sim.options.set(field_errors=False)
    for body in ({"b_upload": -1}, {"colour": "red"}):
        refusal = api.send("PUT", "client/alice", body).json()
        assert refusal.keys() == {"result", "message"}
        assert refusal["message"]


# --- Networks


def test_networks(api: Api2, alice: dict[str, Any]) -> None:
    [network] = api.ask("GET", "network")
    assert network == api.ask("GET", "network/Default")
    assert (network["subnet_ipv4"], network["wireguard_ip"], network["clients_count"]) == ("10.0.0.0/24", "10.0.0.1", 1)
    assert (network["openvpn_ip"], network["ikev2_ip"]) == ("10.0.0.254", "10.0.0.253")
    assert api.refusal("GET", "network/None") == ("Network not found", {})


def test_the_containers_of_networks(sim: Simulator, api: Api2) -> None:
    sim.panel.add_server({"name": "office"})
    rows = api.ask("GET", "network")
    sim.options.set(networks="map")
    assert api.ask("GET", "network") == {row["name"]: row for row in rows}


def test_free_addresses(sim: Simulator, api: Api2, alice: dict[str, Any]) -> None:
    free = api.ask("GET", "network/Default/available_ip")
    assert free == [f"10.0.0.{number}" for number in range(3, 253)]
    sim.options.set(available_ip="single")
    assert api.ask("GET", "network/Default/available_ip") == "10.0.0.3"
    sim.options.set(available_ip="object")
    assert api.ask("GET", "network/Default/available_ip") == {"ip": "10.0.0.3"}
    assert api.refusal("GET", "network/None/available_ip")[0] == "Network not found"


def test_the_flags_of_protocols(sim: Simulator, api: Api2) -> None:
    sim.panel.change_server("Default", {"protocols": ["openvpn"]})
    flags = {"wireguard": False, "amneziawg": False, "openvpn": True, "ikev2": False}

    def shown(reading: str) -> Any:
        sim.options.set(protocol_flags=reading)
        network = api.ask("GET", "network/Default")
        return {name: network[name] for name in (*flags, "protocols") if name in network}

    assert shown("flat") == flags
    assert shown("nested") == {"protocols": flags}
    assert {name: flag["enabled"] for name, flag in shown("enabled").items()} == flags
    assert shown("hidden") == {}


def test_networks_are_made_by_the_control_port(sim: Simulator, api: Api2) -> None:
    for values in ({"address": "10.9.0.1/24", "protocols": []}, {"protocols": ["ikev2"]}):
        assert requests.post(f"{sim.control_url}/network", json={"name": "office", **values}, timeout=10).ok
    network = api.ask("GET", "network/office")
    assert (network["wireguard_ip"], network["wireguard"], network["ikev2"]) == ("10.9.0.1", False, True)


# --- Profiles and links

PROFILES = {
    "wireguard": ["config/text", "config/qr", "wireguard"],
    "amneziawg": ["amneziawg/config", "amneziawg/qr"],
    "openvpn": ["openvpn/profile"],
    "ikev2": ["ikev2/profile"],
}


def test_the_configuration_of_wireguard(sim: Simulator, api: Api2, alice: dict[str, Any]) -> None:
    sim.panel.change_server("Default", {"endpoint": "vpn.example.net"})
    server = sim.panel.wireguard["Default"]
    text = api.ask("GET", "client/alice/config/text")
    assert text.splitlines() == [
        "\t[Interface]",
        "\tAddress = 10.0.0.2/24",
        f"\tDNS = {server['dns_1']},{server['dns_2']}",
        "\tMTU = 1420",
        f"\tPrivateKey = {alice['private_key']}",
        "",
        "\t[Peer]",
        "\tPersistentKeepalive = 25",
        "\tEndpoint = vpn.example.net:51820",
        f"\tPublicKey = {server['public_key']}",
        "\tAllowedIPs = 0.0.0.0/0",
    ]
    assert api.ask("GET", "client/alice/wireguard") == text
    assert decode_qr(api.ask("GET", "client/alice/config/qr")) == text


def test_the_configuration_of_amneziawg_has_keys_of_its_own(api: Api2, alice: dict[str, Any]) -> None:
    text = api.ask("GET", "client/alice/amneziawg/config")
    interface = text.partition("[Peer]")[0]
    assert all(f"\t{name} = " in interface for name in ("Jc", "Jmin", "Jmax", "S1", "S2", "H1", "H2", "H3", "H4"))
    assert alice["private_key"] not in text
    assert api.ask("GET", "client/alice/amneziawg/config") == text
    assert decode_qr(api.ask("GET", "client/alice/amneziawg/qr")) == text


def test_the_profile_of_openvpn_has_its_keys_in_it(api: Api2, alice: dict[str, Any]) -> None:
    text = api.ask("GET", "client/alice/openvpn/profile")
    lines = text.splitlines()
    assert lines[:3] == ["client", "dev tun", "proto udp"]
    assert {"compress lz4-v2", "key-direction 1", "auth-user-pass"} <= set(lines)

    def block(tag: str) -> str:
        return text.partition(f"<{tag}>\n")[2].partition(f"</{tag}>\n")[0]

    authority, certificate = (x509.load_pem_x509_certificate(block(tag).encode()) for tag in ("ca", "cert"))
    certificate.verify_directly_issued_by(authority)
    assert load_pem_private_key(block("key").encode(), None).public_key() == certificate.public_key()
    assert "OpenVPN Static key V1" in block("tls-auth")
    assert api.ask("GET", "client/alice/openvpn/profile") == text


def test_the_profile_of_ikev2_has_another_identity_each_time(api: Api2, alice: dict[str, Any]) -> None:
    one, other = (json.loads(api.ask("GET", "client/alice/ikev2/profile")) for _time in range(2))
    assert one.pop("uuid") != other.pop("uuid")
    assert one == other
    assert (one["type"], one["local"]["eap_id"]) == ("ikev2-eap", "al")
    x509.load_der_x509_certificate(base64.b64decode(one["remote"]["cert"], validate=True))


@pytest.mark.parametrize("path", ["config/text", "amneziawg/config", "openvpn/profile"])
def test_the_forms_of_a_profile(sim: Simulator, api: Api2, alice: dict[str, Any], path: str) -> None:
    text = api.ask("GET", f"client/alice/{path}")
    sim.options.set(profile_reply="object", unknown_fields=True)
    assert list(api.ask("GET", f"client/alice/{path}").values()) == [text]
    sim.options.set(profile_reply="base64")
    assert base64.b64decode(api.ask("GET", f"client/alice/{path}")).decode() == text
    sim.options.set(profile_reply="raw")
    answer = api.send("GET", f"client/alice/{path}")
    assert answer.text == text
    assert "json" not in answer.headers["Content-Type"]


def test_the_forms_of_an_ikev2_profile(sim: Simulator, api: Api2, alice: dict[str, Any]) -> None:
    keys = {"uuid", "name", "type", "remote", "local"}
    sim.options.set(ikev2_profile="json", unknown_fields=True)
    assert api.ask("GET", "client/alice/ikev2/profile").keys() == keys
    sim.options.set(profile_reply="object")
    (profile,) = api.ask("GET", "client/alice/ikev2/profile").values()
    assert profile.keys() == keys
    sim.options.set(profile_reply="raw")
    assert api.send("GET", "client/alice/ikev2/profile").json().keys() == keys
    sim.options.set(profile_reply="base64")
    assert json.loads(base64.b64decode(api.ask("GET", "client/alice/ikev2/profile"))).keys() == keys


@pytest.mark.parametrize("path", ["config/qr", "amneziawg/qr"])
def test_the_forms_of_a_picture(sim: Simulator, api: Api2, alice: dict[str, Any], path: str) -> None:
    picture = api.ask("GET", f"client/alice/{path}")
    sim.options.set(profile_reply="object")
    assert list(api.ask("GET", f"client/alice/{path}").values()) == [picture]
    sim.options.set(profile_reply="base64")
    assert api.ask("GET", f"client/alice/{path}") == f"data:image/png;base64,{picture}"
    sim.options.set(profile_reply="raw")
    answer = api.send("GET", f"client/alice/{path}")
    assert (answer.headers["Content-Type"], answer.content) == ("image/png", base64.b64decode(picture))


@pytest.mark.parametrize("protocol", PROFILES)
def test_a_protocol_that_is_off_has_no_profile(sim: Simulator, api: Api2, alice: dict[str, Any], protocol: str) -> None:
    sim.panel.change_server("Default", {"protocols": [other for other in PROFILES if other != protocol]})
    for path in itertools.chain.from_iterable(PROFILES.values()):
        if path in PROFILES[protocol]:
            assert "is not enabled on the network Default" in api.refusal("GET", f"client/alice/{path}")[0]
        else:
            assert api.ask("GET", f"client/alice/{path}")
    assert api.refusal("GET", "client/bob/config/text")[0] == "Client not found"


def test_the_forms_of_a_one_time_link(sim: Simulator, api: Api2, alice: dict[str, Any]) -> None:
    assert api.send("GET", "client/alice/otl").status_code == 404
    urls = [api.ask("POST", "client/alice/otl")]
    sim.options.set(link_reply="object")
    urls.append(api.ask("POST", "client/alice/otl")["url"])
    sim.options.set(link_reply="nested")
    link = api.ask("POST", "client/alice/otl")["otl"]
    urls.append(link["link"])
    assert link["expires"] > "2026"
    assert [url.rpartition("/")[2] for url in urls] == list(sim.panel.otls)
    assert {url.rpartition("/")[0] for url in urls} == {"https://vpn.example.com/otl"}
    assert api.refusal("POST", "client/bob/otl")[0] == "Client not found"


# --- DNS and ad blocking


def test_dns(sim: Simulator, api: Api2) -> None:
    dns = api.ask("GET", "dns")
    assert {name: dns[name] for name in sim.panel.dns} == sim.panel.dns
    assert dns["acl"] == ["127.0.0.1", "10.0.0.0/24"]
    assert api.ask("PUT", "dns", max_cache_ttl=60) == {**dns, "max_cache_ttl": 60} == api.ask("GET", "dns")
    whole = {**dns, "enabled": False, "forwarders_1": "192.0.2.53", "forwarders_2": "2001:db8::53", "pid": 1, "x": {}}
    shown = {**whole, "pid": dns["pid"]}
    del shown["x"]
    assert api.ask("PUT", "dns", **whole) == shown == api.ask("GET", "dns")
    assert sim.panel.dns.keys() == {"enabled", "forwarders_1", "forwarders_2", "max_cache_ttl"}


@pytest.mark.parametrize(
    "body", [{"max_cache_ttl": 5}, {"max_cache_ttl": "60"}, {"enabled": 1}, {"forwarders_1": ""}, {"forwarders_2": 8}]
)
def test_dns_refuses_what_is_wrong(api: Api2, body: dict[str, Any]) -> None:
    before = api.ask("GET", "dns")
    assert api.refusal("PUT", "dns", **{"enabled": False, **body})[1].keys() == body.keys()
    assert api.ask("GET", "dns") == before


def test_dns_may_have_other_names(sim: Simulator, api: Api2) -> None:
    known = api.ask("GET", "dns")
    sim.options.set(dns_names="other")
    dns = api.ask("GET", "dns")
    assert not dns.keys() & known.keys()
    (name,) = (name for name, value in dns.items() if value == known["max_cache_ttl"])
    assert api.ask("PUT", "dns", max_cache_ttl=60) == dns
    assert api.ask("PUT", "dns", **{**dns, name: 60}) == {**dns, name: 60}
    assert sim.panel.dns["max_cache_ttl"] == 60


@pytest.mark.parametrize(("reading", "name"), [("known", "enabled"), ("other", "blocking")])
def test_ad_blocking_is_switched(sim: Simulator, api: Api2, reading: str, name: str) -> None:
    sim.options.set(adblock_names=reading)
    adblock = api.ask("GET", "dns/adblock")
    assert adblock[name] is False
    assert api.ask("PUT", "dns/adblock", **{**adblock, name: True}) == {**adblock, name: True}
    assert api.ask("PUT", "dns/adblock", unknown=False) == api.ask("GET", "dns/adblock")
    assert api.refusal("PUT", "dns/adblock", **{name: "yes"})[1].keys() == {name}
    assert sim.panel.adblock["enabled"] is True


def test_lists_of_ad_blocking(sim: Simulator, api: Api2) -> None:
    built_in = api.ask("GET", "dns/adblock")["lists"]
    assert len(built_in) == 4
    url = "https://lists.example.com/own.txt"
    api.ask("POST", "dns/adblock/lists", name="Own list", url=url)
    api.ask("POST", "dns/adblock/update")
    adblock = api.ask("GET", "dns/adblock")
    own = adblock["lists"][-1]
    assert (own["name"], own["url"], own["enabled"], own["builtin"]) == ("Own list", url, True, False)
    assert adblock["total_blocked"] >= own["domains"] > 0
    assert adblock["last_update"]
    sim.options.set(adblock_lists="map")
    assert api.ask("GET", "dns/adblock")["lists"]["Own list"] == own
    api.ask("DELETE", "dns/adblock/lists/Own%20list")
    assert api.ask("GET", "dns/adblock")["lists"].keys() == {row["name"] for row in built_in}
    assert api.refusal("DELETE", "dns/adblock/lists/Own%20list")[0] == "List not found"
    for row in built_in:
        assert api.refusal("DELETE", f"dns/adblock/lists/{row['name']}")[0] == "A built-in list cannot be deleted"


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"name", "url"}),
        ({"name": "x", "url": "ftp://lists.example.com/x"}, {"url"}),
        ({"name": "Pete Lowe", "url": "https://lists.example.com/x"}, {"name"}),
        ({"name": "x", "url": "https://lists.example.com/x", "enabled": "yes", "x": 1}, {"enabled", "x"}),
    ],
)
def test_a_list_that_is_wrong_is_refused(api: Api2, body: dict[str, Any], fields: set[str]) -> None:
    refusal = api.send("POST", "dns/adblock/lists", body).json()
    assert (refusal["result"], refusal["errors"].keys()) == ("ERROR", fields)


def test_the_whitelist_of_ad_blocking(sim: Simulator, api: Api2) -> None:
    for domain in ("example.com", "a-b.example.org"):
        api.ask("POST", "dns/adblock/whitelist", domain=domain)
    assert api.ask("GET", "dns/adblock/whitelist") == ["example.com", "a-b.example.org"]
    for domain in ("example.com", "no domain", 5):
        assert api.refusal("POST", "dns/adblock/whitelist", domain=domain)[1].keys() == {"domain"}
    sim.options.set(adblock_lists="map")
    assert api.ask("GET", "dns/adblock/whitelist") == [{"domain": "example.com"}, {"domain": "a-b.example.org"}]
    api.ask("DELETE", "dns/adblock/whitelist/example.com")
    assert api.ask("GET", "dns/adblock/whitelist") == [{"domain": "a-b.example.org"}]
    assert api.refusal("DELETE", "dns/adblock/whitelist/example.com")[0] == "Domain not found"


# --- The panel


def test_metrics_have_no_envelope(sim: Simulator, api: Api2, alice: dict[str, Any]) -> None:
    sim.connect("openvpn", "alice")
    assert "online_openvpn 1\n" in api.send("GET", "metrics").text


@pytest.mark.parametrize(
    ("operation", "permission"),
    [
        ("GET client", "client:read"),
        ("GET client/alice/config/text", "client:read"),
        ("POST client", "client:write"),
        ("DELETE client/alice", "client:write"),
        ("POST client/alice/otl", "otl:write"),
        ("GET network", "network:read"),
        ("GET network/Default/available_ip", "network:read"),
        ("GET system/status", "system_config:read"),
        ("POST system/reload", "system_config:write"),
        ("GET license", "license:read"),
        ("GET dns", "dns:read"),
        ("PUT dns/adblock", "dns:write"),
    ],
)
def test_a_token_does_what_it_is_permitted(
    sim: Simulator, api: Api2, alice: dict[str, Any], operation: str, permission: str
) -> None:
    method, path = operation.split()
    resource, _colon, kind = permission.partition(":")
    sim.options.set(permissions=f"firewall:read, {resource}:{'write' if kind == 'read' else 'read'}")
    answer = api.send(method, path, {"network": "Default"})
    assert (answer.status_code, answer.json()["result"]) == (403, "ERROR")
    assert permission in answer.json()["message"]
    assert list(sim.panel.accounts) == ["alice"]
    sim.options.set(permissions=f"firewall:read, {permission}")
    assert api.send(method, path, {"network": "Default"}).json()["result"] == "OK"


def test_a_token_may_do_everything(sim: Simulator, api: Api2, alice: dict[str, Any]) -> None:
    sim.options.set(permissions="*")
    api.ask("DELETE", "client/alice")


def test_a_write_of_a_client_may_make_busy(sim: Simulator, api: Api2, alice: dict[str, Any]) -> None:
    sim.options.set(busy_after_write=3600.0)
    api.ask("POST", "client/alice/otl")
    api.ask("PUT", "dns", max_cache_ttl=60)
    assert api.ask("GET", "system/status")["status"] == "OK"
    api.ask("PUT", "client/alice", b_upload=5)
    assert api.ask("GET", "system/status")["status"].startswith("Loading")
    assert api.refusal("POST", "client", network_name="Default")[0] == "PUQVPNCP status not OK"
    assert api.ask("GET", "client/alice")["b_upload"] == 5


@pytest.mark.parametrize("operation", ["GET client", "DELETE client/alice", "GET nothing", "POST system/reload"])
def test_maintenance_is_a_page(sim: Simulator, api: Api2, alice: dict[str, Any], operation: str) -> None:
    sim.options.set(maintenance=True)
    answer = api.send(*operation.split())
    assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (503, "text/html")
    assert list(sim.panel.accounts) == ["alice"]
    assert api.ask("GET", "system/status")["status"] == "OK"
    assert api.send("GET", "openapi.json").status_code == 200


# --- The document


def _document(sim: Simulator) -> Any:
    """Read the document as anybody can, without a token."""
    return requests.get(f"{sim.url}/api/v1/openapi.json", timeout=10).json()


def test_the_document_needs_no_token(sim: Simulator) -> None:
    document = _document(sim)
    assert document["openapi"] == "3.0.3"
    assert document["paths"]["/openapi.json"]["get"]["security"] == []


def test_operations_are_those_of_the_contract(sim: Simulator) -> None:
    contract = yaml.safe_load((CONTRACT / "v2.yaml").read_text())["operations"]
    known: dict[str, set[tuple[str, str]]] = {}
    for operation in contract:
        known.setdefault(operation["confidence"], set()).add((operation["method"], operation["path"]))

    def simulated() -> set[tuple[str, str]]:
        return {(method.upper(), path) for path, item in _document(sim)["paths"].items() for method in item}

    assert simulated() - known["documented"] == {("GET", "/client"), ("GET", "/system/info")}
    assert simulated() - known["documented"] <= known["inferred"]
    sim.options.set(inferred=False)
    assert simulated() == known["documented"]


def test_the_full_document_describes_the_bodies(sim: Simulator) -> None:
    document = _document(sim)
    operation = document["paths"]["/client"]["post"]
    assert operation["description"].startswith("Create a client")
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/ClientCreate"}
    body = document["components"]["schemas"]["ClientCreate"]
    assert body["required"] == ["network_name"]
    assert body["properties"]["status"]["enum"] == ["enable", "disable"]
    assert body["properties"]["b_download"]["type"] == "integer"
    assert "username" not in document["components"]["schemas"]["ClientUpdate"]["properties"]


@pytest.mark.parametrize("reading", readings())
def test_the_document_is_valid_under_every_reading(sim: Simulator, reading: dict[str, Any]) -> None:
    sim.options.set(**reading)
    if reading["openapi"] == "none":
        assert requests.get(f"{sim.url}/api/v1/openapi.json", timeout=10).status_code == 404
        return
    document = _document(sim)
    validate(document)
    has_schemas = "schemas" in document["components"]
    has_bodies = "requestBody" in document["paths"]["/client"]["post"]
    assert has_schemas is has_bodies is (reading["openapi"] == "full")


# --- Memory and faults


def test_memory_is_reset_and_copied(sim: Simulator, api: Api2, alice: dict[str, Any]) -> None:
    fresh = Simulator(generation=2).state()
    api.ask("PUT", "dns/adblock", enabled=True)
    api.ask("POST", "dns/adblock/whitelist", domain="example.com")
    sim.connect("openvpn", "alice")
    memory, state = sim.snapshot(), sim.state()
    assert (state["adblock"]["whitelist"], len(state["openvpn_online"])) == (["example.com"], 1)
    sim.reset()
    assert {**sim.state(), "wireguard": {}} == {**fresh, "wireguard": {}}
    sim.reset(memory)
    assert sim.state() == state


@pytest.mark.parametrize(
    ("operation", "body", "wrong"),
    [
        ("POST client", {"network": "Default", "name": "bob"}, {"ipv4": "10.0.0.77"}),
        ("PUT client/alice", {"b_upload": 5}, {"b_upload": 6}),
        ("PUT dns", {"max_cache_ttl": 60}, {"max_cache_ttl": 61}),
        ("PUT dns/adblock", {"enabled": True}, {"enabled": False}),
    ],
)
@pytest.mark.usefixtures("alice")
def test_a_wrong_value_is_kept(
    sim: Simulator, api: Api2, operation: str, body: dict[str, Any], wrong: dict[str, Any]
) -> None:
    method, path = operation.split()
    ((field, value),) = wrong.items()
    sim.fault("wrong_value", field=field, value=value)
    assert api.ask(method, path, **body)[field] != value
    assert api.ask("GET", "client/bob" if method == "POST" else path)[field] == value


def test_a_race_for_an_address(sim: Simulator, api: Api2) -> None:
    sim.fault("race", method="POST", path="client")
    text = "IP address already in use"
    assert api.refusal("POST", "client", network="Default", ipv4="10.0.0.5") == (text, {"ipv4": text})
    assert [account["allowed_IPs"] for account in sim.panel.accounts.values()] == ["10.0.0.5"]
