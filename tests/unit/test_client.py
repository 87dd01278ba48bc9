# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The panel client against a panel that misbehaves in every way that a test can name."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._connection import Connection
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import (
    FateUnknownError,
    PuqVpnError,
    RefusedError,
)
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._transport.session import Transport
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import Connect, connection_options
from simulator import Simulator, Tls

ALICE = {"name": "alice", "username": "alice", "wg_name": "Default", "allowed_IPs": "10.0.0.10", "password": "canary"}


def make_alice(client: PanelClient, **fields: Any) -> None:
    client.write("POST", "account", {**ALICE, **fields})


def failing(client: PanelClient, method: str = "GET", path: str = "system/status", **options: Any) -> PuqVpnError:
    with pytest.raises(PuqVpnError) as caught:
        client.get(path) if method == "GET" else client.write(method, path, **options)
    return caught.value


# --- Requests and connections


def test_many_requests_share_one_connection(any_panel: Simulator, connect: Connect) -> None:
    client = connect(any_panel)
    for _request in range(20):
        client.get("system/status")
    assert any_panel.counts() == {"GET system/status": 20}
    assert any_panel.connections == 1


def test_clients_that_are_lent_a_transport_share_its_connection(panel: Simulator) -> None:
    connection = Connection.from_options(connection_options(panel))
    transport = Transport(connection)
    for _task in range(3):
        with PanelClient(connection, transport=transport) as client:
            client.get("system/status")
    assert panel.connections == 1
    transport.close()


def test_a_connection_that_was_idle_for_long_is_not_used_for_a_write(
    panel: Simulator, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = connect(panel)
    client.get("system/status")
    assert panel.connections == 1
    clock = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: clock() + 4.5)
    make_alice(client)
    assert panel.connections == 2


def test_a_pause_ends_when_the_client_is_stopped(panel: Simulator) -> None:
    panel.fault("rate_limit", times=None, retry_after=600)
    client = PanelClient(Connection.from_options(connection_options(panel, busy_timeout=600)))
    failures: list[PuqVpnError] = []
    thread = threading.Thread(target=lambda: failures.append(failing(client)), daemon=True)
    thread.start()
    while not panel.requests:
        thread.join(0.05)
    client.stop()
    thread.join(60)
    assert [failure.code for failure in failures] == ["interrupted"]
    assert panel.counts() == {"GET system/status": 1}


def test_the_credential_travels_in_its_own_style_alone(any_panel: Simulator, connect: Connect) -> None:
    connect(any_panel).get("system/status")
    headers = any_panel.requests[0].headers
    if any_panel.generation == 1:
        assert headers["Cookie"] == f"access_hash={any_panel.credential}"
        assert "Authorization" not in headers
    else:
        assert headers["Authorization"] == f"Bearer {any_panel.credential}"
        assert "Cookie" not in headers


def test_a_netrc_file_adds_no_other_credential(
    tls_panel: Simulator, connect: Connect, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine localhost login canary password canary\n")
    monkeypatch.setenv("NETRC", str(netrc))
    connect(tls_panel).get("system/status")
    assert "Authorization" not in tls_panel.requests[0].headers


def test_a_plain_http_request_never_goes_through_a_proxy(
    panel: Simulator, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    assert connect(panel).get("system/status").payload["status"] == "OK"


def test_cookies_of_the_panel_are_not_sent_back(panel: Simulator, connect: Connect) -> None:
    client = connect(panel)
    panel.fault("set_cookie")
    client.get("system/status")
    client.get("system/status")
    assert panel.requests[1].headers["Cookie"] == f"access_hash={panel.credential}"


def test_a_redirect_is_not_followed_and_is_named(panel: Simulator, connect: Connect) -> None:
    with Simulator(generation=1) as other:
        panel.fault("redirect", location=f"{other.url}/api/v1/system/status?x=1")
        error = failing(connect(panel))
        assert error.code == "redirected"
        assert other.url in str(error)
        assert other.connections == 0


def test_2x_panels_get_json() -> None:
    with Simulator(generation=2) as panel, PanelClient(Connection.from_options(connection_options(panel))) as client:
        network = next(iter(panel.panel.wireguard))
        client.write("POST", "client", {"name": "alice", "network_name": network, "b_download": 5})
        assert panel.requests[0].headers["Content-Type"] == "application/json"
        assert client.get("client/alice").payload["name"] == "alice"


# --- Retries by verb

TRANSIENT = [
    {"kind": "drop_before"},
    {"kind": "drop_after"},
    {"kind": "status", "code": 502},
    {"kind": "status", "code": 503},
    {"kind": "status", "code": 504},
    {"kind": "rate_limit", "retry_after": 7},
    {"kind": "short_body"},
]


@pytest.mark.parametrize("fault", TRANSIENT, ids=lambda fault: str(fault.get("code", fault["kind"])))
def test_reads_edits_and_removals_are_repeated(panel: Simulator, connect: Connect, fault: dict[str, Any]) -> None:
    client = connect(panel)
    make_alice(client)
    for method, path, data in (
        ("GET", "account/alice", None),
        ("PUT", "account/alice", {"status": "disable"}),
        ("DELETE", "account/alice", None),
    ):
        panel.reset_counters()
        panel.fault(**fault)
        try:
            client.get(path) if method == "GET" else client.write(method, path, data)
        except RefusedError as refused:
            # The first DELETE took effect, so the second one finds nothing.
            assert (method, fault["kind"], refused.absent) in (
                ("DELETE", "drop_after", True),
                ("DELETE", "short_body", True),
            )
            assert refused.attempts == 2
        assert panel.counts() == {f"{method} {path}": 2}
    assert "alice" not in panel.panel.accounts
    assert len(client.pauses) == 3  # type: ignore[attr-defined]
    assert any("at attempt 2" in warning for warning in client.warnings)


def test_retry_after_is_honoured_and_other_pauses_grow(panel: Simulator, connect: Connect) -> None:
    client = connect(panel)
    panel.fault("rate_limit", retry_after=7)
    client.get("system/status")
    assert client.pauses == [7.0]  # type: ignore[attr-defined]
    panel.fault("status", code=503, times=3)
    client.get("system/status")
    first, second, third = client.pauses[1:]  # type: ignore[attr-defined]
    assert 0.25 <= first <= 0.5 <= second <= 1.0 <= third <= 2.0


def test_a_name_of_any_length_leaves_room_for_what_failed(panel: Simulator, connect: Connect) -> None:
    error = failing(connect(panel), path=f"account/{'A' * 20000}")
    assert len(str(error)) < 1000
    assert str(error).startswith("GET account/AAAA")
    assert f"… on {panel.url} failed: " in str(error)
    assert error.hint in str(error)


def test_retries_end_and_the_error_says_how_many(panel: Simulator, connect: Connect) -> None:
    panel.fault("status", code=503, times=None)
    error = failing(connect(panel, retries=2))
    assert error.code == "unavailable"
    assert "tried 3 times" in str(error)
    assert panel.counts() == {"GET system/status": 3}


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"kind": "login_page"}, "answer_is_html"),
        ({"kind": "cut_json"}, "answer_truncated"),
        ({"kind": "wrong_type", "body": [1]}, "answer_wrong_type"),
        ({"kind": "empty"}, "answer_empty"),
        ({"kind": "bad_utf8"}, "answer_not_utf8"),
        ({"kind": "endless"}, "answer_too_large"),
        ({"kind": "status", "code": 500}, "http_error"),
        ({"kind": "error", "text": "Wrong month setting"}, "panel_refused"),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else "",
)
def test_what_will_not_pass_is_not_repeated(
    panel: Simulator, connect: Connect, fault: dict[str, Any], code: str
) -> None:
    panel.fault(**fault)
    error = failing(connect(panel))
    assert error.code == code
    assert error.operation == "GET system/status"
    assert panel.counts() == {"GET system/status": 1}


def test_an_answer_that_drips_ends_with_the_timeout(panel: Simulator, connect: Connect) -> None:
    panel.fault("drip", seconds=0.05)
    error = failing(connect(panel, timeout=0.3, retries=0))
    assert error.code == "timeout"


def test_a_slow_answer_is_a_timeout_and_is_repeated(panel: Simulator, connect: Connect) -> None:
    panel.fault("slow", seconds=5)
    assert connect(panel, timeout=0.3).get("system/status").payload["status"] == "OK"
    assert panel.counts() == {"GET system/status": 2}


# --- A POST whose fate is unknown


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "short_body", "cut_json", "empty", "login_page"])
def test_a_post_is_never_sent_again_blindly(panel: Simulator, connect: Connect, kind: str) -> None:
    client = connect(panel)
    panel.fault(kind, method="POST")
    with pytest.raises(FateUnknownError) as caught:
        make_alice(client)
    assert caught.value.code == "write_fate_unknown"
    assert panel.counts() == {"POST account": 1}


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "short_body", "cut_json", "empty"])
def test_create_looks_before_it_sends_again(panel: Simulator, connect: Connect, kind: str) -> None:
    client = connect(panel)

    def find() -> Any:
        try:
            return client.get("account/alice")
        except RefusedError:
            return None

    panel.fault(kind, method="POST")
    assert client.create("account", ALICE, find).payload["name"] == "alice"
    assert list(panel.panel.accounts) == ["alice"]
    happened = kind != "drop_before"
    assert panel.counts()["POST account"] == (1 if happened else 2)
    assert any("was not sent again" in warning for warning in client.warnings) is happened


def test_create_that_is_lost_every_time_gives_up(panel: Simulator, connect: Connect) -> None:
    client = connect(panel, retries=2)
    panel.fault("drop_before", method="POST", times=None)
    with pytest.raises(FateUnknownError):
        client.create("account", ALICE, lambda: None)
    assert panel.counts() == {"POST account": 3}


def test_create_that_cannot_look_says_why(panel: Simulator, connect: Connect) -> None:
    client = connect(panel)
    panel.fault("drop_after", method="POST")
    panel.fault("error", text="The license is not active", method="GET")
    with pytest.raises(FateUnknownError, match="The search for the object failed as well.*license is not active"):
        client.create("account", ALICE, lambda: client.get("account/alice"))
    assert panel.counts()["POST account"] == 1


def test_create_that_came_through_late_is_not_a_failure(panel: Simulator, connect: Connect) -> None:
    client = connect(panel)
    seen: list[Any] = [None]
    panel.fault("drop_after", method="POST")
    reply = client.create("account", ALICE, lambda: seen.pop() if seen else client.get("account/alice"))
    assert reply.payload["name"] == "alice"
    assert list(panel.panel.accounts) == ["alice"]


def test_a_post_that_reached_nobody_is_sent_again() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
    started: list[Simulator] = []
    with Simulator(generation=1) as panel:
        options = connection_options(panel, url=url, retries=2)
        client = PanelClient(Connection.from_options(options), sleep=lambda _seconds: started.append(panel))
        with client, pytest.raises(PuqVpnError) as caught:
            client.write("POST", "account", ALICE)
    assert caught.value.code == "connection_refused"
    assert len(started) == 2


def test_a_get_that_writes_is_not_repeated(panel: Simulator, connect: Connect) -> None:
    client = connect(panel)
    make_alice(client)
    panel.fault("drop_after", path="account/alice/otl")
    with pytest.raises(FateUnknownError):
        client.get("account/alice/otl")
    assert len(panel.panel.otls) == 1


# --- A busy panel


def test_a_busy_panel_is_waited_for(panel: Simulator, connect: Connect) -> None:
    client = connect(panel)
    panel.busy(requests=3)
    make_alice(client)
    assert list(panel.panel.accounts) == ["alice"]
    counts = panel.counts()
    assert counts["POST account"] == 2
    assert counts["GET system/status"] >= 1


def test_a_panel_that_stays_busy_ends_with_its_text(panel: Simulator, connect: Connect) -> None:
    panel.busy(text="Loading (Wireguard delete old interfaces)")
    error = failing(connect(panel, busy_timeout=0), "POST", "account", data=ALICE)
    assert error.code == "panel_busy"
    assert "status not OK" in error.panel_error


def test_waiting_ends_with_the_last_state(panel: Simulator, connect: Connect) -> None:
    panel.busy(text="Loading (Rules)")
    with pytest.raises(PuqVpnError, match=r"its state is: Loading \(Rules\)") as caught:
        connect(panel).wait_until_ready(0)
    assert caught.value.code == "panel_busy"


@pytest.mark.parametrize("fault", [{"kind": "drop_before"}, {"kind": "status", "code": 502}])
def test_waiting_outlasts_a_restart(panel: Simulator, connect: Connect, fault: dict[str, Any]) -> None:
    panel.fault(**fault, times=3)
    assert connect(panel).wait_until_ready(60).payload["status"] == "OK"


def test_waiting_does_not_outlast_a_wrong_credential(panel: Simulator, connect: Connect) -> None:
    with pytest.raises(RefusedError) as caught:
        connect(panel, access_hash="f" * 80).wait_until_ready(60)
    assert caught.value.code == "not_authorized"


# --- Check mode


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "account"),
        ("PUT", "account/alice"),
        ("DELETE", "account/alice"),
        ("GET", "account/alice/otl"),
        ("GET", "wireguard/Default/set_bandwidth"),
    ],
)
def test_check_mode_refuses_every_write_before_it_is_sent(
    panel: Simulator, connect: Connect, method: str, path: str
) -> None:
    error = failing(connect(panel, check_mode=True), method, path)
    assert error.code == "write_in_check_mode"
    assert panel.requests == []


# --- Credentials and generations


@pytest.mark.parametrize("error_codes", [False, True])
def test_a_wrong_credential_tells_every_cause_in_one_breath(any_panel: Simulator, error_codes: bool) -> None:
    any_panel.options.set(error_codes=error_codes)
    name = "token" if any_panel.generation == 2 else "access_hash"
    options = connection_options(any_panel, **{name: "f" * 64})
    with PanelClient(Connection.from_options(options)) as client:
        error = failing(client)
    assert error.code == "not_authorized"
    assert f"Either {name} is wrong" in str(error)
    assert "address" in str(error)


@pytest.mark.parametrize("bare", [False, True])
def test_a_2x_panel_with_an_access_hash_names_the_token(connect: Connect, bare: bool) -> None:
    with Simulator(generation=2) as panel:
        panel.options.set(bare_unauthorized=bare)
        error = failing(connect(panel, token=None, access_hash="0" * 80))
        assert error.code == "wrong_generation"
        assert "Set token instead of access_hash" in str(error)
        asked_without = [one for one in panel.requests if one.path == "openapi.json"]
        assert all("Cookie" not in one.headers for one in asked_without)


def test_a_1x_panel_with_a_token_names_the_access_hash(panel: Simulator, connect: Connect) -> None:
    error = failing(connect(panel, access_hash=None, token="0" * 64))
    assert error.code == "wrong_generation"
    assert "Set access_hash instead of token" in str(error)


def test_a_credential_that_the_panel_repeats_is_hidden(any_panel: Simulator, connect: Connect) -> None:
    any_panel.fault("echo_credential")
    error = failing(connect(any_panel))
    assert any_panel.credential not in str(error) + error.panel_error
    assert "********" in error.panel_error


def test_a_password_that_the_panel_repeats_is_hidden(panel: Simulator, connect: Connect) -> None:
    panel.fault("error", text="Password canary-password is too simple")
    error = failing(connect(panel), "POST", "account", data={**ALICE, "password": "canary-password"})
    assert "canary-password" not in str(error) + error.panel_error


def test_plain_http_beyond_loopback_is_warned_of(panel: Simulator) -> None:
    options = connection_options(panel, url="http://192.0.2.1:8098")
    with PanelClient(Connection.from_options(options)) as client:
        assert [warning for warning in client.warnings if "plain http" in warning]
    with PanelClient(Connection.from_options(connection_options(panel))) as client:
        assert client.warnings == []


# --- TLS and the network


@pytest.fixture
def tls_panel() -> Iterator[Simulator]:
    with Simulator(generation=1, tls=True) as simulator:
        yield simulator


def test_tls_under_a_private_authority(tls_panel: Simulator, connect: Connect) -> None:
    assert connect(tls_panel).get("system/status").payload["status"] == "OK"
    assert connect(tls_panel, ca_path=None, validate_certs=False).get("system/status").generation == 1


@pytest.mark.parametrize(
    ("overrides", "code", "advice"),
    [
        ({"ca_path": None}, "tls_untrusted", "ca_path"),
        ({"url": "http"}, "connection_lost", "must begin with https"),
    ],
)
def test_tls_that_does_not_work_says_what_to_do(
    tls_panel: Simulator, connect: Connect, overrides: dict[str, Any], code: str, advice: str
) -> None:
    if overrides.get("url") == "http":
        overrides = {"url": tls_panel.url.replace("https:", "http:")}
    error = failing(connect(tls_panel, retries=0, **overrides))
    assert (error.code, advice in str(error)) == (code, True)
    assert tls_panel.requests == []


@pytest.mark.parametrize(
    ("tls", "code"),
    [(Tls(expired=True), "tls_expired"), (Tls(hostnames=["other.example.com"]), "tls_name_mismatch")],
)
def test_a_bad_certificate_is_named(connect: Connect, tls: Tls, code: str) -> None:
    with Simulator(generation=1, tls=tls) as panel:
        error = failing(connect(panel, retries=0))
    assert error.code == code


def test_https_to_a_plain_port_says_so(panel: Simulator, connect: Connect) -> None:
    error = failing(connect(panel, url=panel.url.replace("http:", "https:"), retries=0))
    assert error.code == "tls_not_spoken"
    assert "must begin with http" in str(error)


def test_a_name_that_does_not_resolve(panel: Simulator, connect: Connect) -> None:
    error = failing(connect(panel, url="http://panel.invalid", retries=0))
    assert error.code == "name_resolution_failed"
    assert "panel.invalid" in str(error)


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_ca_path_that_cannot_serve_is_refused_before_anything_is_sent(
    tls_panel: Simulator, connect: Connect, tmp_path: Any, content: str | None
) -> None:
    bundle = tmp_path / "ca.pem"
    if content:
        bundle.write_text(content)
    with pytest.raises(PuqVpnError, match="ca_path") as caught:
        connect(tls_panel, ca_path=str(bundle))
    assert caught.value.code == "invalid_option"
    assert tls_panel.connections == 0


def test_a_server_that_is_no_http_server(panel: Simulator, connect: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            peer, _address = server.accept()
            with peer:
                peer.sendall(b"220 mail.example.com ESMTP\r\n")

        thread = threading.Thread(target=greet)
        thread.start()
        error = failing(connect(panel, url=f"http://127.0.0.1:{server.getsockname()[1]}", retries=0))
        thread.join()
    assert error.code == "answer_not_http"
