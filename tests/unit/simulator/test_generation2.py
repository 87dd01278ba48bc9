# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Generation 2: another credential, another form of body and answer, other names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from simulator import Simulator
from unit.simulator.api import decode_qr


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


def test_openapi_needs_no_token_and_lists_what_is_simulated(sim: Simulator) -> None:
    document = requests.get(f"{sim.url}/api/v1/openapi.json", timeout=10).json()
    assert document["openapi"] == "3.0.3"
    operations = {(method, path) for path, item in document["paths"].items() for method in item}
    assert len(operations) == 34
    assert {("post", "/client"), ("put", "/client/{name}"), ("get", "/client/online")} <= operations
    body = document["components"]["schemas"]["ClientCreate"]
    assert {"network_name", "ipv4", "b_download"} <= body["properties"].keys()
    for path, item in document["paths"].items():
        for operation in item.values():
            assert operation["responses"]
            assert all(f"{{{parameter['name']}}}" in path for parameter in operation.get("parameters", []))


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


def test_dns(sim: Simulator, api: Api2) -> None:
    dns = api.ask("GET", "dns")
    assert {name: dns[name] for name in sim.panel.dns} == sim.panel.dns
    assert dns["acl"] == ["127.0.0.1", "10.0.0.0/24"]


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


def test_networks(api: Api2, alice: dict[str, Any]) -> None:
    [network] = api.ask("GET", "network")
    assert network == api.ask("GET", "network/Default")
    assert (network["subnet_ipv4"], network["wireguard_ip"], network["clients_count"]) == ("10.0.0.0/24", "10.0.0.1", 1)
    assert network["wireguard"] is True
    assert api.refusal("GET", "network/None") == ("Network not found", {})
    free = api.ask("GET", "network/Default/available_ip")
    assert free[0] == "10.0.0.3"
    assert network["openvpn_ip"] not in free


def test_client_lives_and_dies(api: Api2, alice: dict[str, Any]) -> None:
    assert (alice["network_name"], alice["ipv4"], alice["status"]) == ("Default", "10.0.0.2", "enable")
    assert "allowed_IPs" not in alice
    assert api.ask("GET", "client/alice") == alice
    changed = api.ask("PUT", "client/alice", b_download=20, status="disable")
    assert changed == {**alice, "b_download": 20, "status": "disable"} == api.ask("GET", "client/alice")
    api.ask("DELETE", "client/alice")
    assert api.refusal("GET", "client/alice") == ("Client not found", {})


def test_client_is_filled_in(api: Api2) -> None:
    client = api.ask("POST", "client", network="Default")
    assert client["ipv4"] == "10.0.0.2"
    assert client["name"]
    assert client["password"]


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


def test_material(api: Api2, alice: dict[str, Any]) -> None:
    text = api.ask("GET", "client/alice/config/text")
    assert alice["private_key"] in text
    assert api.ask("GET", "client/alice/wireguard") == text
    assert decode_qr(api.ask("GET", "client/alice/config/qr")) == text
    obfuscated = api.ask("GET", "client/alice/amneziawg/config")
    assert "\tJc = 4\n" in obfuscated
    assert decode_qr(api.ask("GET", "client/alice/amneziawg/qr")) == obfuscated
    assert api.ask("GET", "client/alice/openvpn/profile").startswith("client\n")
    assert json.loads(api.ask("GET", "client/alice/ikev2/profile"))["local"]["eap_id"] == "al"


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


def test_one_time_link_is_posted(sim: Simulator, api: Api2, alice: dict[str, Any]) -> None:
    assert api.send("GET", "client/alice/otl").status_code == 404
    url = api.ask("POST", "client/alice/otl")
    assert url.rpartition("/")[0] == "https://vpn.example.com/otl"
    assert url.rpartition("/")[2] in sim.panel.otls


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
