# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is documented of 2.x panels."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
import zxingcpp
from PIL import Image
from simulator import Simulator

Http = Callable[[Simulator], Callable[..., requests.Response]]


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with Simulator(generation=2) as simulator:
        yield simulator


@pytest.fixture
def call(sim: Simulator, http: Http) -> Callable[..., Any]:
    send = http(sim)

    def run(method: str, path: str, **body: Any) -> Any:
        document = send(method, path, json=body or None).json()
        if document["result"] != "OK":
            raise LookupError(document["message"], document["errors"])
        return document["data"]

    return run


def test_the_openapi_document_is_for_everybody_and_lists_what_there_is(sim: Simulator) -> None:
    document = requests.get(f"{sim.url}/api/v1/openapi.json", timeout=10).json()
    assert document["openapi"].startswith("3.0")
    listed = " ".join(document["paths"])
    for path in ("/system/status", "/license", "/network", "/client/{name}", "/client/{name}/otl"):
        assert path in listed


def test_the_round_of_a_client(call: Callable[..., Any]) -> None:
    made = call("POST", "client", network_name="Default", name="alice")
    assert (made["name"], made["status"]) == ("alice", "enable")
    assert made["ipv4"] not in call("GET", "network/Default/available_ip")
    call("PUT", "client/alice", b_download=50, status="disable")
    changed = call("GET", "client/alice")
    assert (changed["b_download"], changed["status"]) == (50, "disable")
    call("DELETE", "client/alice")
    with pytest.raises(LookupError, match="not found"):
        call("GET", "client/alice")


def test_refusals_name_the_field(call: Callable[..., Any]) -> None:
    call("POST", "client", network_name="Default", name="alice")
    with pytest.raises(LookupError) as caught:
        call("POST", "client", network_name="Default", name="alice")
    assert "name" in caught.value.args[1]


def test_status_networks_and_licence(sim: Simulator, call: Callable[..., Any]) -> None:
    told = call("GET", "system/status")
    assert (told["status"], told["count_accounts"], told["count_accounts_available"]) == ("OK", 0, 500)
    assert call("GET", "license")["valid"] is True
    assert [network["name"] for network in call("GET", "network")] == ["Default"]
    assert call("GET", "client/online") == []
    call("POST", "system/reload")
    assert any(request.path == "system/reload" for request in sim.requests)


def test_material_and_links(sim: Simulator, call: Callable[..., Any]) -> None:
    call("POST", "client", network_name="Default", name="alice")
    text = call("GET", "client/alice/config/text")
    picture = call("GET", "client/alice/config/qr").rsplit(",", 1)[-1]
    codes = zxingcpp.read_barcodes(Image.open(io.BytesIO(base64.b64decode(picture))))
    assert [code.text for code in codes] == [text]
    for path in ("wireguard", "amneziawg/config", "amneziawg/qr", "openvpn/profile", "ikev2/profile"):
        assert call("GET", f"client/alice/{path}")
    call("POST", "client/alice/otl")
    assert len(sim.panel.otls) == 1
    assert len(call("GET", "client/alice/traffic/2026/2")) == 28


@pytest.mark.parametrize("bare", [False, True])
def test_a_bad_token_in_both_readings(sim: Simulator, bare: bool) -> None:
    sim.options.set(bare_unauthorized=bare)
    reply = requests.get(f"{sim.url}/api/v1/system/status", timeout=10)
    assert reply.json().get("result") == (None if bare else "ERROR")
    assert reply.status_code == (401 if bare else 200)


def test_the_cookie_of_1x_is_no_credential(sim: Simulator) -> None:
    cookies = {"access_hash": sim.credential}
    assert requests.get(f"{sim.url}/api/v1/client/x", cookies=cookies, timeout=10).json()["result"] == "ERROR"
