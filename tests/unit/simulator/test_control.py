# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults do what they say, counters count, and the program starts and ends as it should."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from simulator import Simulator, Tls

TESTS = Path(__file__).resolve().parents[2]
ALICE = {"name": "alice", "wg_name": "Default", "allowed_IPs": "10.0.0.10"}

Http = Callable[[Simulator], Callable[..., requests.Response]]


@pytest.mark.parametrize(("kind", "stored"), [("drop_before", False), ("drop_after", True)])
def test_a_dropped_connection(sim: Simulator, http: Http, kind: str, stored: bool) -> None:
    sim.fault(kind, method="POST", path="account")
    with pytest.raises(requests.ConnectionError):
        http(sim)("POST", "account", data=ALICE)
    assert ("alice" in sim.panel.accounts) is stored


def test_a_short_body(sim: Simulator, http: Http) -> None:
    sim.fault("short_body")
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.ConnectionError)):
        http(sim)("GET", "system/status")


@pytest.mark.parametrize(
    ("kind", "options", "expected"),
    [
        ("status", {"code": 502}, (502, "text/html", b"<")),
        ("status", {"code": 503, "html": False}, (503, "text/plain", b"")),
        ("rate_limit", {"retry_after": 7}, (429, "text/html", b"<")),
        ("login_page", {}, (200, "text/html", b"<")),
        ("redirect", {"location": "http://other.example.com/"}, (302, "text/html", b"<")),
        ("wrong_type", {"body": [1]}, (200, "application/json", b"[1]")),
        ("empty", {}, (200, "application/json", b"")),
        ("error", {"text": "Some text"}, (200, "application/json", b'{"error":"Some text"')),
        ("set_cookie", {}, (200, "application/json", b"{")),
    ],
)
def test_an_answer_that_goes_wrong(
    sim: Simulator, http: Http, kind: str, options: dict[str, Any], expected: Any
) -> None:
    code, content_type, start = expected
    sim.fault(kind, **options)
    reply = http(sim)("GET", "system/status")
    assert (reply.status_code, reply.headers["Content-Type"].split(";")[0]) == (code, content_type)
    assert reply.content.replace(b" ", b"").startswith(start.replace(b" ", b""))
    if kind == "rate_limit":
        assert reply.headers["Retry-After"] == "7"
    if kind == "redirect":
        assert reply.headers["Location"] == "http://other.example.com/"
    if kind == "set_cookie":
        assert "Set-Cookie" in reply.headers


@pytest.mark.parametrize(("kind", "error"), [("cut_json", ValueError), ("bad_utf8", ValueError)])
def test_an_answer_that_cannot_be_read(sim: Simulator, http: Http, kind: str, error: type[Exception]) -> None:
    sim.fault(kind)
    reply = http(sim)("GET", "system/status")
    assert int(reply.headers["Content-Length"]) == len(reply.content)
    with pytest.raises(error):
        json.loads(reply.content.decode("utf-8"))


def test_a_payload_of_another_type_in_a_good_envelope(sim: Simulator, http: Http) -> None:
    sim.fault("wrong_type", msg=["OK"])
    assert http(sim)("GET", "system/status").json() == {"error": "", "msg": ["OK"], "status": "success"}


def test_an_endless_body_ends_when_the_client_goes(sim: Simulator, http: Http) -> None:
    sim.fault("endless")
    send = http(sim)
    with send("GET", "system/status", stream=True) as reply:
        pieces = reply.iter_content(1024)
        assert all(next(pieces) for _piece in range(1000))
    assert send("GET", "system/status").json()["status"] == "success"


@pytest.mark.parametrize("kind", ["slow", "drip"])
def test_an_answer_that_takes_its_time(sim: Simulator, http: Http, kind: str) -> None:
    sim.fault(kind, seconds=30)
    with pytest.raises((requests.Timeout, requests.ConnectionError)):
        http(sim)("GET", "system/status", timeout=0.2)


def test_a_write_that_does_not_stick(sim: Simulator, http: Http) -> None:
    sim.fault("not_stored")
    assert http(sim)("POST", "account", data=ALICE).json()["msg"]["name"] == "alice"
    assert sim.panel.accounts == {}


def test_an_echoed_credential(sim: Simulator, http: Http) -> None:
    sim.fault("echo_credential")
    assert sim.credential in http(sim)("GET", "system/status").json()["error"]


def test_a_fault_is_for_the_requests_that_it_names(sim: Simulator, http: Http) -> None:
    send = http(sim)
    sim.fault("empty", method="GET", path="account*", times=2)
    answers = [send("GET", path).content == b"" for path in ("dns", "account", "account/x", "account")]
    assert answers == [False, True, True, False]
    sim.fault("empty", times=None)
    assert all(send("GET", "dns").content == b"" for _time in range(3))
    sim.clear_faults()
    assert send("GET", "dns").content


def test_a_fault_that_cannot_work_is_refused(sim: Simulator) -> None:
    with pytest.raises(ValueError, match="the faults are"):
        sim.fault("nonsense")
    with pytest.raises(ValueError, match="fault slow"):
        sim.fault("slow", minutes=1)


def test_requests_and_connections_are_counted(sim: Simulator, http: Http) -> None:
    send = http(sim)
    for _time in range(100):
        send("GET", "system/status")
    assert sim.counts() == {"GET system/status": 100}
    assert sim.connections == 1
    http(sim)("GET", "dns?x=1")
    assert sim.counts()["GET dns"] == 1
    assert sim.connections == 2
    sim.reset_counters()
    assert (sim.counts(), sim.connections) == ({}, 0)


def test_the_control_api_does_what_the_object_does(sim: Simulator, http: Http) -> None:
    send = http(sim)

    def control(command: str, **body: Any) -> Any:
        return requests.post(f"{sim.control_url}/{command}", json=body, timeout=10)

    control("busy", text="Loading (Rules)")
    assert send("GET", "system/status").json()["msg"]["status"] == "Loading (Rules)"
    control("idle")
    control("fault", kind="empty", path="dns")
    assert send("GET", "dns").content == b""
    control("options", version="1.5")
    assert send("GET", "system/status").json()["msg"]["version"] == "1.5"
    counted = requests.get(f"{sim.control_url}/counts", timeout=10).json()
    assert counted == {"requests": {"GET system/status": 2, "GET dns": 1}, "connections": 1}
    assert "Default" in requests.get(f"{sim.control_url}/state", timeout=10).json()["wireguard"]
    assert control("options", colour="red").status_code == 400
    control("reset")
    assert sim.counts() == {}
    assert send("GET", "system/status").json()["msg"]["version"] == "1.8"


def test_busy_for_some_requests(sim: Simulator, http: Http) -> None:
    send = http(sim)
    sim.busy(requests=2)
    states = [send("GET", "system/status").json()["msg"]["status"] == "OK" for _time in range(3)]
    assert states == [False, False, True]


@pytest.mark.parametrize("numbers", ["strings", "numbers"])
def test_numbers_in_the_form_asked_for(sim: Simulator, http: Http, numbers: str) -> None:
    sim.options.set(numbers=numbers)
    server = http(sim)("GET", "wireguard/Default").json()["msg"]
    kind = {"strings": str, "numbers": int}[numbers]
    assert {type(server[name]) for name in ("keep_alive", "listen_port", "b_download")} == {kind}


def test_tls_verifies_with_its_authority_alone(http: Http) -> None:
    with Simulator(tls=True) as sim:
        assert http(sim)("GET", "system/status").json()["status"] == "success"
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(sim.url, timeout=10)


@pytest.mark.parametrize("tls", [Tls(expired=True), Tls(hostnames=["other.example.com"])])
def test_a_bad_certificate_does_not_verify(http: Http, tls: Tls) -> None:
    with Simulator(tls=tls) as sim, pytest.raises(requests.exceptions.SSLError):
        http(sim)("GET", "system/status")


def test_the_program_says_where_it_listens_and_ends_when_told(tmp_path: Path) -> None:
    info = tmp_path / "info.json"
    command = [sys.executable, "-m", "simulator", "--info", str(info), "--set", "version=1.4"]
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        assert told == json.loads(info.read_text())
        assert stat.S_IMODE(info.stat().st_mode) == 0o600
        assert told["pid"] == process.pid
        cookies = {"access_hash": told["credential"]}
        status = requests.get(f"{told['url']}/api/v1/system/status", cookies=cookies, timeout=10).json()
        assert status["msg"]["version"] == "1.4"
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
