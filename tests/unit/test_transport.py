# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers that break HTTP: no exception of a library, no second POST, no wait beyond the timeout, little memory."""

from __future__ import annotations

import contextlib
import gzip
import itertools
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._connection import Connection
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import (
    ExchangeError,
    FateUnknownError,
    OptionError,
    PuqVpnError,
)
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import DEFAULTS, Connect
from simulator import Simulator, Tls

TIMEOUT = 0.4
# What the option promises of the whole exchange.
BOUND = 1.5 * TIMEOUT + 1

ENVELOPE = json.dumps({"error": "", "msg": {"status": "OK"}, "status": "success"}).encode()


@dataclass
class Scripted:
    """A server that reads the head of a request and answers with bytes as they are, then closes the connection."""

    url: str
    requests: list[bytes] = field(default_factory=list)


@contextlib.contextmanager
def scripted(pieces: Iterable[bytes], pause: float = 0.0) -> Iterator[Scripted]:
    """Answer every request with the pieces, a pause in seconds before each."""
    ended = threading.Event()

    def serve(peer: socket.socket) -> None:
        with peer, contextlib.suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                received = peer.recv(65536)
                if not received:
                    return
                head += received
            server.requests.append(head)
            for piece in pieces:
                if ended.wait(pause):
                    return
                peer.sendall(piece)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Scripted(f"http://127.0.0.1:{listener.getsockname()[1]}")
        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            ended.set()
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def client_of(url: str, **options: Any) -> PanelClient:
    given = {**DEFAULTS, "url": url, "access_hash": "hash", "timeout": TIMEOUT, "retries": 0, **options}
    return PanelClient(Connection.from_options(given), sleep=lambda _seconds: None)


def failing(url: str, method: str = "GET", **options: Any) -> PuqVpnError:
    with client_of(url, **options) as client, pytest.raises(PuqVpnError) as caught:
        if method == "GET":
            client.get("system/status")
        else:
            client.write(method, "account", {"name": "alice"})
    told = str(caught.value)
    assert told.isprintable()
    assert "Error" not in told
    assert "object at" not in told
    return caught.value


OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


def whole(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    lines = [b"HTTP/1.1 " + status, b"Content-Type: application/json", b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


# What a server answers at once, and how that is told.
BROKEN = {
    "two_lengths": (OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", "answer_not_http"),
    "rubbish_length": (OK + b"Content-Length: many\r\n\r\n" + ENVELOPE, None),
    "negative_length": (OK + b"Content-Length: -5\r\n\r\n" + ENVELOPE, None),
    "huge_length": (OK + b"Content-Length: 99999999999999999999\r\n\r\n" + ENVELOPE, "answer_truncated"),
    "no_http": (b"220 mail.example.com ESMTP\r\n", "answer_not_http"),
    "rubbish": (bytes(range(256)) * 20, "answer_not_http"),
    "old_http": (b"HTTP/0.9 200 OK\r\n\r\n" + ENVELOPE, None),
    "rubbish_status": (b"HTTP/1.1 twohundred OK\r\n\r\n", "answer_not_http"),
    "huge_status": (b"HTTP/1.1 99999 OK\r\n\r\n", "answer_not_http"),
    "nothing": (b"", "connection_lost"),
    "half_a_head": (OK, "answer_empty"),
    "many_headers": (OK + b"".join(b"X-%d: 1\r\n" % at for at in range(10_000)) + b"\r\n", "answer_not_http"),
    "long_header": (OK + b"X: " + b"x" * 1_000_000 + b"\r\n\r\n", "answer_not_http"),
    "binary_header": (whole(ENVELOPE, b"X: \xff\x00\x1b[2J", b"\xff\xfe: 1", b": 1", b"no colon"), None),
    "odd_cookie": (whole(ENVELOPE, b"Set-Cookie: =;;;=\x01; expires=never; path=\xff; max-age=1e999"), None),
    "bad_redirect": (b"HTTP/1.1 302 Found\r\nLocation: http://[::1\r\nContent-Length: 0\r\n\r\n", "redirected"),
    "odd_redirect": (b"HTTP/1.1 301 X\r\nLocation: \x1b[31m\xe2\x80\xa8\r\nContent-Length: 0\r\n\r\n", "redirected"),
    "no_redirect": (b"HTTP/1.1 304 Not Modified\r\n\r\n", "redirected"),
    "bad_chunk": (CHUNKED + b"zz\r\n{}", "answer_truncated"),
    "negative_chunk": (CHUNKED + b"-1\r\n" + ENVELOPE, None),
    "huge_chunk": (CHUNKED + b"ffffffffffffffffffff\r\n{}", "answer_truncated"),
    "long_extension": (CHUNKED + b"5;" + b"x" * 1_000_000 + b"\r\n", "answer_truncated"),
    "open_chunk": (CHUNKED + b"5\r\n{", "answer_truncated"),
    "short": (OK + b"Content-Length: 500\r\n\r\n{", "answer_truncated"),
    "no_gzip": (whole(ENVELOPE, b"Content-Encoding: gzip"), "answer_bad_encoding"),
    "half_gzip": (whole(gzip.compress(ENVELOPE)[:-10], b"Content-Encoding: gzip"), "answer_truncated"),
    "twice_gzip": (whole(gzip.compress(ENVELOPE), b"Content-Encoding: gzip, gzip"), "answer_bad_encoding"),
    "unknown_encoding": (whole(ENVELOPE, b"Content-Encoding: br"), "answer_bad_encoding"),
    "odd_charset": (whole(ENVELOPE, b"Content-Type: application/json; charset=klingon"), None),
    "deep": (
        whole(b'{"error": "", "msg": ' + b"[" * 900 + b"]" * 900 + b', "status": "success"}'),
        "answer_wrong_type",
    ),
    "very_deep": (whole(b"[" * 100_000), "answer_wrong_type"),
    "surrogate": (whole(b'{"error": "", "msg": "\\ud800", "status": "success"}'), "answer_not_utf8"),
    "unavailable": (whole(b"", status=b"503 Busy"), "unavailable"),
    "bad_retry_after": (whole(b"", b"Retry-After: \xff\xff, 99 \x00", status=b"429 Slow"), "rate_limited"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_read_ends_with_one_sentence(name: str) -> None:
    content, code = BROKEN[name]
    with scripted([content]) as server:
        if code is None:
            # Any library may bear it; an error has to be one of ours.
            with client_of(server.url) as client, contextlib.suppress(PuqVpnError):
                client.get("system/status")
        else:
            error = failing(server.url)
            assert error.code == code, str(error)
            assert server.url in str(error)


@pytest.mark.parametrize("name", [name for name, (_content, code) in BROKEN.items() if code])
def test_a_write_that_was_answered_like_this_may_have_taken_place(name: str) -> None:
    with scripted([BROKEN[name][0]]) as server:
        with client_of(server.url, retries=3) as client, pytest.raises(FateUnknownError):
            client.write("POST", "account", {"name": "alice"})
        assert len(server.requests) == 1


def test_whatever_a_library_raises_the_fate_of_a_write_is_unknown(
    panel: Simulator, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = connect(panel)
    for raised in (
        requests.exceptions.InvalidHeader("x"),
        requests.exceptions.RequestException("x"),
        ValueError("x"),
        RecursionError("x"),
        UnicodeError("x"),
        OSError(5, "x"),
        ssl.SSLError("x"),
        KeyError("x"),
        AttributeError("x"),
    ):

        def broken(*_arguments: Any, raised: Exception = raised, **_keywords: Any) -> Any:
            raise raised

        monkeypatch.setattr(requests.adapters.HTTPAdapter, "build_response", broken)
        with pytest.raises(FateUnknownError):
            client.write("POST", "account", {"name": "alice", "wg_name": "Default", "allowed_IPs": "10.0.0.9"})
        with pytest.raises(ExchangeError) as caught:
            client.get("system/status")
        assert caught.value.sent


# --- The timeout is that of the whole exchange


ENDLESS = {
    "drips_its_head": (itertools.cycle([b"H"]), 0.05),
    "drips_its_headers": (itertools.chain([OK], itertools.repeat(b"X")), 0.05),
    "drips_its_body": (itertools.chain([OK + b"Content-Length: 9999\r\n\r\n"], itertools.repeat(b" ")), 0.05),
    "continues": (itertools.repeat(b"HTTP/1.1 100 Continue\r\n\r\n" * 100), 0.0),
    "continues_slowly": (itertools.repeat(b"HTTP/1.1 100 Continue\r\n\r\n"), 0.05),
    "extends_a_chunk": (itertools.chain([CHUNKED + b"5;"], itertools.repeat(b"x")), 0.05),
    "has_many_chunks": (itertools.chain([CHUNKED], itertools.repeat(b"1\r\n \r\n")), 0.01),
    "has_many_trailers": (itertools.chain([CHUNKED + b"0\r\n"], itertools.repeat(b"X: 1\r\n" * 1000)), 0.0),
    "is_silent": ([b""], 30.0),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_an_answer_without_an_end_is_given_up_in_time(name: str) -> None:
    pieces, pause = ENDLESS[name]
    with scripted(pieces, pause) as server:
        start = time.monotonic()
        error = failing(server.url)
        assert time.monotonic() - start < BOUND
        assert error.code == "timeout"
        assert "0.4 seconds" in str(error)


def test_a_port_that_stays_silent_under_tls_names_http() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        start = time.monotonic()
        error = failing(f"https://127.0.0.1:{server.getsockname()[1]}", "POST")
        assert time.monotonic() - start < BOUND
    assert error.code == "timeout"
    assert "url must begin with http" in str(error)


def test_all_addresses_of_a_host_share_the_timeout(panel: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    port = int(panel.url.rsplit(":", 1)[1])
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in ("127.0.0.2", "127.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_arguments, **_keywords: found)
    # Nothing listens on the first one.
    with client_of(f"http://panel.example.com:{port}", access_hash=panel.credential) as client:
        assert client.get("system/status").payload["status"] == "OK"


# --- Memory


FLOOD = """
import re, sys
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._connection import Connection
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import PuqVpnError
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import DEFAULTS
given = {**DEFAULTS, "url": sys.argv[1], "access_hash": "hash", "retries": 0}
with PanelClient(Connection.from_options(given)) as client:
    try:
        client.get("system/status")
    except PuqVpnError as error:
        # Not ru_maxrss, in which the process that started this one has a part.
        print(error.code, re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1])
"""


def flooded_by(server: Scripted) -> tuple[str, int]:
    """The error of a process that reads from the server, and the most memory that it had in KiB."""
    told = subprocess.run([sys.executable, "-c", FLOOD, server.url], capture_output=True, text=True, check=True)
    code, kib = told.stdout.split()
    return code, int(kib)


def test_a_small_answer_that_unpacks_to_a_gibibyte_fills_no_memory() -> None:
    packer = zlib.compressobj(1, wbits=31)
    mib = bytes(1024 * 1024)
    bomb = b"".join(packer.compress(mib) for _number in range(1024)) + packer.flush()
    with scripted([whole(bomb, b"Content-Encoding: gzip")]) as server:
        code, kib = flooded_by(server)
    assert code == "answer_too_large"
    assert kib < 200 * 1024


def test_an_endless_answer_fills_no_memory() -> None:
    for head in (CHUNKED + b"-1\r\n", OK + b"\r\n"):
        with scripted(itertools.chain([head], itertools.repeat(b" " * 1024 * 1024))) as server:
            code, kib = flooded_by(server)
        assert code in ("answer_too_large", "answer_truncated")
        assert kib < 200 * 1024


# --- What the user or the environment gave


@pytest.mark.parametrize(
    "url",
    [
        "https://vpn..example.com",
        "https://.example.com",
        f"https://{'a' * 70}.example.com",
        f"https://{'a.' * 130}com",
        "http://vpn.example..com:8098/api/v1",
    ],
)
def test_a_host_name_that_cannot_exist_is_refused_before_anything_is_sent(url: str) -> None:
    with pytest.raises(OptionError, match="url has the host name"):
        client_of(url)


@pytest.mark.parametrize(
    "url", ["https://vpn.example.com.", "https://[fd00::1]:8443", f"https://{'a' * 63}.example.com"]
)
def test_a_host_name_that_can_exist_is_accepted(url: str) -> None:
    with client_of(url) as client:
        assert client.connection.root == url


@pytest.fixture(scope="module")
def tls_panel() -> Iterator[Simulator]:
    with Simulator(generation=1, tls=True) as simulator:
        yield simulator


def at_tls(panel: Simulator, **options: Any) -> dict[str, Any]:
    return {"url": panel.url, "access_hash": panel.credential, "timeout": 10.0, **options}


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_bundle_of_the_environment_is_used_or_named(
    tls_panel: Simulator, monkeypatch: pytest.MonkeyPatch, variable: str, tmp_path: Path
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, str(tls_panel.ca_path))
    with client_of(**at_tls(tls_panel)) as client:
        assert client.get("system/status").payload["status"] == "OK"
    monkeypatch.setenv(variable, str(tmp_path / "missing.pem"))
    with pytest.raises(OptionError, match=f"{variable} .*missing.pem cannot be read"):
        client_of(**at_tls(tls_panel))
    # What is given as an option counts, and a panel without TLS needs none.
    with client_of(**at_tls(tls_panel, ca_path=tls_panel.ca_path)) as client:
        assert client.get("system/status").payload["status"] == "OK"
    client_of("http://127.0.0.1:1").__exit__()


@pytest.mark.parametrize("kind", ["broken", "folder", "fifo"])
def test_a_bundle_that_is_none_is_blamed_itself(tls_panel: Simulator, tmp_path: Path, kind: str) -> None:
    bundle = tmp_path / "ca.pem"
    if kind == "broken":
        bundle.write_text("-----BEGIN CERTIFICATE-----\nbm90IG9uZQ==\n-----END CERTIFICATE-----\n")
    elif kind == "folder":
        bundle.mkdir()
    else:
        os.mkfifo(bundle)
    with pytest.raises(OptionError, match="ca_path") as caught, client_of(
        **at_tls(tls_panel, ca_path=str(bundle))
    ) as client:
        client.get("system/status")
    assert "panel runs" not in str(caught.value)


def test_an_authority_with_a_flaw_is_told_in_the_words_of_openssl() -> None:
    with Simulator(generation=1, tls=Tls(key_usage=False)) as panel:
        given = at_tls(panel, ca_path=panel.ca_path)
        if sys.version_info < (3, 13):
            # Older versions accept it.
            with client_of(**given) as client:
                assert client.get("system/status").payload["status"] == "OK"
            return
        error = failing(**given)
    assert error.code == "tls_untrusted"
    assert 'OpenSSL says "CA cert does not include key usage extension"' in str(error)
    assert "ca_path" not in str(error)


@pytest.mark.parametrize(
    ("proxy", "words"),
    [
        ("socks5://user:canary@127.0.0.1:1080", "127.0.0.1:1080, which the environment names, is a SOCKS proxy"),
        ("http://user:canary@127.0.0.1:notaport", "is not a valid URL"),
        ("http://user:canary@127.0.0.1:99999", "is not a valid URL"),
        ("http://", "is not a valid URL"),
        ("http://user:canary@[::1", "is not a valid URL"),
        ("http://user:canary@127.0.0.1:1", "127.0.0.1:1, which the environment names, could not be used"),
        ("user:canary@127.0.0.1:1", "the proxy 127.0.0.1:1, which the environment names"),
        ("canary canary", "the proxy"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_blamed_itself(
    tls_panel: Simulator, monkeypatch: pytest.MonkeyPatch, proxy: str, words: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    error = failing("https://vpn.example.com", "POST")
    assert error.code == "proxy_failed", str(error)
    assert words in str(error)
    assert "HTTPS_PROXY" in str(error)
    assert "canary" not in str(error)


def test_a_proxy_that_refuses_is_blamed_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted([b"HTTP/1.1 407 Authenticate canary\r\n\r\n"]) as server:
        monkeypatch.setenv("HTTPS_PROXY", server.url.replace("//", "//user:canary@"))
        error = failing("https://vpn.example.com", "POST")
    assert error.code == "proxy_failed"
    assert "does not connect to the panel (HTTP 407)" in str(error)
    assert "canary" not in str(error)


def test_a_proxy_that_drips_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted(itertools.chain([b"HTTP/1.1 200 OK\r\n"], itertools.repeat(b"X")), 0.05) as server:
        monkeypatch.setenv("HTTPS_PROXY", server.url)
        start = time.monotonic()
        error = failing("https://vpn.example.com", "POST")
        assert time.monotonic() - start < BOUND
    assert error.code == "proxy_failed"
    assert "did not answer within 0.4 seconds" in str(error)


def test_nothing_of_an_answer_goes_to_the_log_of_a_library(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"), scripted([whole(ENVELOPE, b": no name", b"X: \x1b[2J\xff")]) as server:
        with client_of(server.url) as client:
            assert client.get("system/status").payload == {"status": "OK"}
        with scripted([OK + b"Content-Length: 5\r\n" + CHUNKED[len(OK) :]]) as contradicting:
            failing(contradicting.url)
        assert caplog.records == []
        # What others send is logged as usual.
        requests.get(server.url, timeout=5)
        assert [record.name for record in caplog.records if record.levelname == "WARNING"] != []
