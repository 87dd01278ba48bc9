# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The strings to pull: faults as a client sees them, counters, the control API, TLS, and the program."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from simulator import Simulator, Tls
from simulator.faults import KINDS
from unit.simulator.api import Api

TESTS = Path(__file__).parents[2]


# Faults -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "ran"), [("drop_before", False), ("drop_after", True)])
def test_dropped_connection(sim: Simulator, api: Api, kind: str, ran: bool) -> None:
    sim.fault(kind)
    with pytest.raises(requests.ConnectionError):
        api.account("alice", "10.0.0.2")
    assert ("alice" in sim.panel.accounts) is ran
    assert api.ask("GET", "system/status")["count_accounts"] == int(ran)


def test_status_page(sim: Simulator, api: Api) -> None:
    sim.fault("status", code=502, retry_after=7)
    answer = api.send("PUT", "wireguard/Default", {"mtu": "1300"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (502, "7")
    assert "<html>" in answer.text
    assert sim.panel.wireguard["Default"]["mtu"] == 0


def test_status_without_page_after_the_operation_ran(sim: Simulator, api: Api) -> None:
    sim.fault("status", code=504, html=False, run=True)
    answer = api.send("PUT", "wireguard/Default", {"mtu": "1300"})
    assert (answer.status_code, answer.text) == (504, "")
    assert sim.panel.wireguard["Default"]["mtu"] == 1300


def test_rate_limit(sim: Simulator, api: Api) -> None:
    sim.fault("rate_limit", retry_after=3)
    answer = api.send("GET", "account")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3")


def test_login_page(sim: Simulator, api: Api) -> None:
    sim.fault("login_page")
    answer = api.send("GET", "account")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "<form" in answer.text


def test_redirect(sim: Simulator, api: Api) -> None:
    sim.fault("redirect")
    answer = api.send("GET", "account")
    assert (answer.status_code, answer.headers["Location"]) == (302, "http://other.example.com/")


def test_error(sim: Simulator, api: Api) -> None:
    sim.fault("error", text="No space left")
    assert api.refusal("GET", "account") == "No space left"


def test_echoed_credential(sim: Simulator, api: Api) -> None:
    sim.fault("echo_credential")
    assert sim.credential in api.refusal("GET", "account")


def test_cut_json(sim: Simulator, api: Api) -> None:
    whole = api.send("GET", "wireguard").content
    sim.fault("cut_json")
    cut = api.send("GET", "wireguard").content
    assert cut == whole[: len(whole) // 2]
    assert sim.connections == 1


def test_short_body(sim: Simulator, api: Api) -> None:
    sim.fault("short_body")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        api.send("GET", "wireguard")


@pytest.mark.parametrize("body", [[1], 7, None, "text"])
def test_wrong_type_of_the_body(sim: Simulator, api: Api, body: Any) -> None:
    sim.fault("wrong_type", body=body)
    assert api.send("GET", "account").json() == body


def test_wrong_type_of_the_payload(sim: Simulator, api: Api) -> None:
    sim.fault("wrong_type", msg=["a"])
    assert api.ask("GET", "account/alice") == ["a"]


def test_empty(sim: Simulator, api: Api) -> None:
    sim.fault("empty")
    answer = api.send("GET", "account")
    assert (answer.status_code, answer.content) == (200, b"")


def test_bad_utf8(sim: Simulator, api: Api) -> None:
    sim.fault("bad_utf8")
    content = api.send("GET", "account").content
    with pytest.raises(UnicodeDecodeError):
        content.decode()
    assert json.loads(content.decode(errors="ignore"))["status"] == "success"


def test_endless_body_ends_with_the_client(sim: Simulator, api: Api) -> None:
    sim.fault("endless")
    threads = set(threading.enumerate())
    with api.send("GET", "account", stream=True) as answer:
        assert (
            sum(len(chunk) for chunk, _number in zip(answer.iter_content(4096), range(100), strict=False)) == 100 * 4096
        )
    for thread in set(threading.enumerate()) - threads:
        thread.join(10)
        assert not thread.is_alive()
    assert api.ask("GET", "account") == []


def test_slow_answer_comes_after_the_client_gave_up(sim: Simulator, api: Api) -> None:
    sim.fault("slow", seconds=3600)
    with pytest.raises(requests.ReadTimeout):
        requests.get(f"{sim.url}/api/v1/account", timeout=(10, 0.05))
    assert api.ask("GET", "account") == []


def test_slow_answer_is_whole(sim: Simulator, api: Api) -> None:
    sim.fault("slow", seconds=0.01)
    assert api.ask("GET", "account") == []


def test_drip_sends_the_whole_answer(sim: Simulator, api: Api) -> None:
    whole = api.send("GET", "account").content
    sim.fault("drip", seconds=0.0)
    assert api.send("GET", "account").content == whole


def test_waits_end_with_the_simulator() -> None:
    with Simulator() as sim:
        api = Api(sim)
        sim.fault("drip", seconds=3600)
        threads = set(threading.enumerate())
        answer = api.send("GET", "account", stream=True)
        waiting = set(threading.enumerate()) - threads
        assert waiting
    for thread in waiting:
        thread.join(10)
        assert not thread.is_alive()
    answer.close()


@pytest.mark.parametrize(
    ("method", "path", "form"),
    [
        ("PUT", "wireguard/Default", {"b_upload": "7"}),
        ("POST", "wireguard", {"name": "New"}),
        ("DELETE", "wireguard/Default", {}),
    ],
)
def test_write_that_does_not_stick(sim: Simulator, api: Api, method: str, path: str, form: dict[str, str]) -> None:
    before = api.ask("GET", "wireguard")
    sim.fault("not_stored")
    echoed = api.ask(method, path, **form)
    assert echoed == "success" or form.items() <= echoed.items()
    assert api.ask("GET", "wireguard") == before
    assert api.ask(method, path, **form)
    assert api.ask("GET", "wireguard") != before


def test_writes_that_show_late(sim: Simulator, api: Api) -> None:
    sim.lag(2, view="wireguard*")
    api.ask("PUT", "wireguard/Default", b_upload="7")
    assert sim.panel.wireguard["Default"]["b_upload"] == 7
    api.ask("GET", "account")
    shown = [api.ask("GET", path)["b_upload"] for path in ["wireguard/Default"] * 3]
    assert shown == ["0", "0", "7"]


def test_writes_in_a_row_that_show_late(sim: Simulator, api: Api) -> None:
    api.account("alice", "10.0.0.2", username="old")
    sim.lag(1)
    api.ask("DELETE", "account/alice")
    api.ask("POST", "account", wg_name="Default", name="alice", username="new", allowed_IPs="10.0.0.2")
    assert [api.ask("GET", "account/alice")["username"] for _read in range(2)] == ["old", "new"]
    sim.lag(9)
    api.ask("DELETE", "account/alice")
    assert api.ask("GET", "account/alice")["username"] == "new"
    sim.clear_faults()
    assert api.refusal("GET", "account/alice") == "Account not found"


BOB = {"name": "bob", "wg_name": "Default", "allowed_IPs": "10.0.0.3"}


@pytest.mark.parametrize(
    ("write", "form", "wrong"),
    [
        ("POST account", BOB, ("status", "disable")),
        ("POST account", BOB, ("allowed_IPs", "10.0.0.4")),
        ("PUT account/alice", {"password": "new"}, ("password", "other")),
        ("POST wireguard", {"name": "New", "keep_alive": "25"}, ("keep_alive", 0)),
        ("PUT wireguard/Default", {"dns_1": "192.0.2.53"}, ("dns_1", "192.0.2.8")),
        ("PUT dns", {"forwarders_1": "192.0.2.53"}, ("forwarders_1", "192.0.2.8")),
        ("PUT system/config", {"wireguard_handshake_uptime": "60"}, ("wireguard_handshake_uptime", 180)),
        ("PUT system/config/default", {}, ("wireguard_handshake_uptime", 60)),
        ("PUT ikev2", {"enabled": "0"}, ("enabled", True)),
        ("PUT ikev2/advanced_settings/default", {}, ("uniqueids", "yes")),
        ("PUT traffic_logging", {"influxdb_bucket": "logs"}, ("influxdb_bucket", "")),
    ],
)
def test_write_of_which_one_value_does_not_stick(
    sim: Simulator, api: Api, write: str, form: dict[str, str], wrong: tuple[str, Any]
) -> None:
    api.account("alice", "10.0.0.2")
    method, path = write.split()
    field, value = wrong
    sim.fault("wrong_value", method=method, path=path, field=field, value=value)
    echoed = api.ask(method, path, **form)
    assert echoed[field] != value
    place = path.removesuffix("/default") if method == "PUT" else f"{path}/{form['name']}"
    stored = api.ask("GET", "ikev2/config" if place == "ikev2" else place)
    assert stored == {**echoed, field: value}


def test_write_that_says_success_only_and_does_not_stick(sim: Simulator, api: Api) -> None:
    sim.fault("wrong_value", field="policy_forward", value="DROP")
    assert api.ask("PUT", "firewall/conf", policy_forward="ACCEPT") == "success"
    assert api.ask("GET", "firewall/conf")["policy_forward"] == "DROP"


def test_panel_lives_on_with_a_wrong_value(sim: Simulator, api: Api) -> None:
    for field, value in (("allowed_IPs", "10.0.0.9"), ("username", "other")):
        sim.fault("wrong_value", field=field, value=value)
        api.account("alice", "10.0.0.2", username="al")
        form = {"wg_name": "Default", "allowed_IPs": "10.0.0.3", field: value}
        assert api.refusal("POST", "account", **form).endswith("already in use")
        api.ask("DELETE", "account/alice")


def test_refused_write_leaves_no_wrong_value(sim: Simulator, api: Api) -> None:
    before = api.account("alice", "10.0.0.2")
    sim.fault("wrong_value", field="password", value="other", times=2)
    assert api.refusal("POST", "account", wg_name="Default", allowed_IPs="10.0.0.2") == "IP address already in use"
    assert api.refusal("PUT", "account/alice", allowed_IPs="x") == "Wrong external IP format"
    assert api.ask("GET", "account") == [before]


@pytest.mark.parametrize(
    ("path", "field", "value"),
    [("dns", "no_such_field", 1), ("dns", "enabled", "1"), ("wireguard/Default/set_bandwidth", "b_upload", 1)],
)
def test_wrong_value_that_cannot_be_is_told(sim: Simulator, api: Api, path: str, field: str, value: Any) -> None:
    before = sim.state()
    sim.fault("wrong_value", field=field, value=value)
    assert api.refusal("PUT", path).startswith("There is no such fault")
    assert sim.state() == before


@pytest.mark.parametrize("name", ["alice", "peer_0", "rival"])
def test_address_that_another_client_takes_first(sim: Simulator, api: Api, name: str) -> None:
    sim.fault("race", method="POST", path="account", times=2)
    form = {"wg_name": "Default", "name": name, "username": name.replace("peer", "user")}
    for address in ("10.0.0.2", "10.0.0.3"):
        assert api.refusal("POST", "account", **form, allowed_IPs=address) == "IP address already in use"
    api.ask("POST", "account", **form, allowed_IPs="10.0.0.4")
    taken = {account["allowed_IPs"]: account["name"] for account in api.ask("GET", "account")}
    assert taken.keys() == {"10.0.0.2", "10.0.0.3", "10.0.0.4"}
    assert [address for address, owner in taken.items() if owner == name] == ["10.0.0.4"]


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ({"wg_name": "None", "allowed_IPs": "10.0.0.2"}, "Wireguard server not valid"),
        ({"wg_name": "Default", "allowed_IPs": "x"}, "Wrong IP format"),
        ({"wg_name": "Default"}, "Wrong IP format"),
        ({"wg_name": "Default", "allowed_IPs": "10.0.0.1"}, "IP address already in use"),
    ],
)
def test_race_for_an_address_that_nobody_can_have(sim: Simulator, api: Api, form: dict[str, str], text: str) -> None:
    sim.fault("race")
    assert api.refusal("POST", "account", **form) == text
    assert sim.panel.accounts == {}


def test_set_cookie(sim: Simulator, api: Api) -> None:
    sim.fault("set_cookie")
    answer = api.send("GET", "account")
    assert "Set-Cookie" in answer.headers
    assert answer.json()["status"] == "success"


def test_fault_meets_the_requests_it_is_for(sim: Simulator, api: Api) -> None:
    sim.fault("error", text="x", method="GET", path="account/al*", times=2)
    api.account("alice", "10.0.0.2")
    api.ask("PUT", "account/alice")
    api.ask("GET", "account")
    for _time in range(2):
        assert api.refusal("GET", "account/alice") == "x"
    api.ask("GET", "account/alice")


def test_fault_path_may_be_decoded(sim: Simulator, api: Api) -> None:
    sim.fault("error", text="x", path="account/a b", times=None)
    assert api.refusal("GET", "account/a%20b") == "x"
    assert sim.counts() == {"GET account/a%20b": 1}


def test_fault_for_ever_until_cleared(sim: Simulator, api: Api) -> None:
    sim.fault("error", text="x", times=None)
    for _time in range(5):
        assert api.refusal("GET", "account") == "x"
    sim.clear_faults()
    api.ask("GET", "account")


@pytest.mark.parametrize(
    ("kind", "options"), [("no_such_kind", {}), ("status", {"colour": "red"}), ("wrong_value", {"field": "mtu"})]
)
def test_fault_that_is_none_is_an_error(sim: Simulator, kind: str, options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=kind):
        sim.fault(kind, **options)


def test_readme_names_every_fault() -> None:
    readme = (TESTS / "simulator" / "README.md").read_text()
    assert [kind for kind in KINDS if f"`{kind}`" not in readme] == []


# Counters -----------------------------------------------------------------------------------------------------------


def test_a_session_is_one_connection(sim: Simulator, api: Api) -> None:
    for _time in range(100):
        api.ask("GET", "system/status")
    assert sim.connections == 1
    assert sim.counts() == {"GET system/status": 100}
    Api(sim).ask("GET", "system/status")
    assert sim.connections == 2
    sim.reset_counters()
    assert (sim.connections, sim.counts(), sim.requests) == (0, {}, [])


def test_requests_are_recorded(sim: Simulator, api: Api) -> None:
    api.send("POST", "account?x=1", {"name": "a b"}, headers={"X-Test": "yes"})
    [request] = sim.requests
    assert (request.method, request.path, request.query) == ("POST", "account", "x=1")
    assert request.body == b"name=a+b"
    assert request.headers["X-Test"] == "yes"
    assert sim.counts() == {"POST account": 1}


def test_answer_without_body_keeps_the_connection(sim: Simulator, api: Api) -> None:
    assert api.send("HEAD", "nothing").content == b""
    sim.fault("empty")
    api.send("GET", "account")
    api.ask("GET", "account")
    assert sim.connections == 1


def test_latency_delays_each_answer(sim: Simulator, api: Api) -> None:
    sim.latency = 3600
    with pytest.raises(requests.ReadTimeout):
        requests.get(f"{sim.url}/api/v1/account", timeout=(10, 0.05))
    sim.latency = 0
    assert api.ask("GET", "account") == []


def test_reset(sim: Simulator, api: Api) -> None:
    first_key = sim.panel.wireguard["Default"]["private_key"]
    panel, options = sim.panel, sim.options
    api.account("alice", "10.0.0.2")
    api.ask("POST", "backups")
    api.ask("PUT", "ikev2/generate_ca_rsa", ca_common_name="x", ca_organization="x")
    sim.connect("ikev2", "alice")
    sim.busy()
    sim.fault("empty", times=None)
    sim.options.set(licence_slots=1, latency=0.001)
    sim.reset()
    assert (sim.connections, sim.counts(), sim.latency) == (0, {}, 0.0)
    assert (sim.panel, sim.options) == (panel, options)
    assert api.ask("GET", "system/status")["status"] == "OK"
    assert api.ask("GET", "account") == api.ask("GET", "ikev2/online") == api.ask("GET", "backups")["backups"] == []
    assert api.ask("GET", "ikev2/config")["ca_cert"] == ""
    assert list(api.ask("GET", "wireguard")) == ["Default"]
    assert sim.panel.wireguard["Default"]["private_key"] != first_key
    assert api.ask("GET", "license")["accounts"] == 500


# The control API ----------------------------------------------------------------------------------------------------


def control(sim: Simulator, method: str, command: str, /, **body: Any) -> Any:
    answer = requests.request(method, f"{sim.control_url}/{command}", json=body or None, timeout=10)
    return answer.json() if answer.ok else (answer.status_code, answer.json()["error"])


def test_control_over_http(sim: Simulator, api: Api) -> None:
    control(sim, "POST", "busy", text="Loading (x)")
    assert api.ask("GET", "system/status")["status"] == "Loading (x)"
    control(sim, "POST", "idle")
    assert api.ask("GET", "system/status")["status"] == "OK"
    control(sim, "POST", "latency", seconds=0.001)
    assert sim.latency == 0.001
    control(sim, "POST", "fault", kind="status", code=500, path="account", times=None)
    assert api.send("GET", "account").status_code == 500
    control(sim, "POST", "faults/clear")
    assert api.ask("GET", "account") == []
    counted = {"requests": {"GET system/status": 2, "GET account": 2}, "connections": 1}
    assert control(sim, "GET", "counts") == counted
    control(sim, "POST", "counts/reset")
    assert control(sim, "GET", "counts") == {"requests": {}, "connections": 0}
    control(sim, "POST", "options", licence_slots=7)
    assert api.ask("GET", "license")["accounts"] == 7
    api.account("alice", "10.0.0.2")
    api.ask("POST", "backups")
    control(sim, "POST", "online", protocol="wireguard", name="alice")
    state = control(sim, "GET", "state")
    assert state["accounts"]["alice"]["allowed_IPs"] == "10.0.0.2"
    assert [session["name"] for session in state["wireguard_online"]] == ["alice"]
    assert len(state["backups"]) == 1
    control(sim, "POST", "reset")
    assert control(sim, "GET", "state")["accounts"] == {}


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("nothing", {}, 404),
        ("options", {"no_such_option": 1}, 400),
        ("fault", {"kind": "no_such_kind"}, 400),
        ("busy", {"colour": "red"}, 400),
        ("online", {"protocol": "wireguard", "name": "nobody"}, 400),
    ],
)
def test_wrong_control_request_is_told(sim: Simulator, path: str, body: dict[str, Any], code: int) -> None:
    status, error = control(sim, "POST", path, **body)
    assert status == code
    assert error


# TLS ----------------------------------------------------------------------------------------------------------------


def test_tls_verifies_with_its_authority_only() -> None:
    with Simulator(tls=True) as sim:
        api = Api(sim)
        with pytest.raises(requests.exceptions.SSLError):
            api.send("GET", "system/status")
        assert sim.url.startswith("https://localhost:")
        for url in (sim.url, sim.url.replace("localhost", "127.0.0.1")):
            answer = requests.get(f"{url}/api/v1/system/status", verify=sim.ca_path, timeout=10)
            assert answer.json()["error"] == "Not authorized"
        sim.reset_counters()
        api.session.verify = sim.ca_path
        for _time in range(10):
            api.ask("GET", "system/status")
        assert sim.connections == 1
        sim.fault("drop_after")
        with pytest.raises(requests.ConnectionError):
            api.account("alice", "10.0.0.2")
        assert api.ask("GET", "account/alice")
    assert sim.ca_path
    assert not Path(sim.ca_path).exists()


def test_certificate_stands_strict_verification() -> None:
    with Simulator(tls=True) as sim:
        context = ssl.create_default_context(cafile=sim.ca_path)
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        port = int(sim.url.rpartition(":")[2])
        address = ("127.0.0.1", port)
        with socket.create_connection(address) as raw, context.wrap_socket(raw, server_hostname="localhost") as secure:
            assert secure.version()


@pytest.mark.parametrize(
    ("tls", "reason"),
    [(Tls(expired=True), "expired"), (Tls(hostnames=["other.example.com"]), "not valid for|doesn't match")],
)
def test_bad_certificate(tls: Tls, reason: str) -> None:
    with Simulator(tls=tls) as sim, pytest.raises(requests.exceptions.SSLError, match=reason):
        requests.get(f"{sim.url}/api/v1/system/status", verify=sim.ca_path, timeout=10)


def test_stalled_handshake_keeps_nobody_waiting() -> None:
    with Simulator(tls=True) as sim:
        port = int(sim.url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)):
            assert requests.get(f"{sim.url}/api/v1/account", verify=sim.ca_path, timeout=10).ok


# The program --------------------------------------------------------------------------------------------------------


@contextmanager
def program(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """A simulator as a program, and the line that it prints."""
    command = [sys.executable, "-m", "simulator", *arguments]
    environment = os.environ | {"PYTHONPATH": str(TESTS)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_program(tmp_path: Path, ending: signal.Signals) -> None:
    file = tmp_path / "info.json"
    with program("--info", str(file), "--credential", "ab" * 40, "--set", "licence_slots=7") as (process, info):
        assert info["pid"] == process.pid
        assert (info["generation"], info["credential"], info["ca_path"]) == (1, "ab" * 40, None)
        assert json.loads(file.read_text()) == info
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        cookies = {"access_hash": info["credential"]}
        licence = requests.get(f"{info['url']}/api/v1/license", cookies=cookies, timeout=10).json()
        assert licence["msg"]["accounts"] == 7
        assert requests.get(f"{info['control_url']}/counts", timeout=10).json()["requests"] == {"GET license": 1}
        process.send_signal(ending)
        assert process.wait(10) == 0


def test_program_with_tls_and_generation_2(tmp_path: Path) -> None:
    folder = tmp_path / "tls"
    options = ["--set", "numbers=strings", "--set", "clients=wrapped", "--set", "field_errors=false"]
    with program("--generation", "2", "--tls-dir", str(folder), *options) as (_process, info):
        headers = {"Authorization": f"Bearer {info['credential']}"}
        url = f"{info['url']}/api/v1/system/status"
        answer = requests.get(url, headers=headers, verify=info["ca_path"], timeout=10)
        assert answer.json()["data"]["count_accounts"] == "0"
        url = f"{info['url']}/api/v1/client"
        answer = requests.get(url, headers=headers, verify=info["ca_path"], timeout=10)
        assert answer.json()["data"] == {"clients": []}
        answer = requests.post(url, headers=headers, json={}, verify=info["ca_path"], timeout=10)
        assert answer.json().keys() == {"message", "result"}
        assert Path(info["ca_path"]).parent == folder


@pytest.mark.parametrize("setting", ["no_such_option=1", "licence_slots=many", "numbers=words"])
def test_program_tells_what_is_no_option(setting: str) -> None:
    command = [sys.executable, "-m", "simulator", "--set", setting]
    environment = os.environ | {"PYTHONPATH": str(TESTS)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 1
    assert setting.partition("=")[0] in done.stderr
    assert "Traceback" not in done.stderr
