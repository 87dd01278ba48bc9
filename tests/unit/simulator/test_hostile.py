# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A hostile panel, byte by byte: what it lies, and what goes over the connection when it breaks HTTP."""

from __future__ import annotations

import gzip
import io
import json
import socket
import ssl
import zlib
from contextlib import closing
from typing import Any

import pytest
import requests
from simulator import Simulator
from simulator.hostile import FLOODS, GREETINGS, leaves, zeros
from unit.simulator.api import Api

ENOUGH = 20_000


def connect(sim: Simulator) -> socket.socket:
    port = int(sim.url.rpartition(":")[2])
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    if sim.ca_path is None:
        return connection
    return ssl.create_default_context(cafile=sim.ca_path).wrap_socket(connection, server_hostname="localhost")


def ask(connection: socket.socket, sim: Simulator, path: str = "account") -> None:
    head = f"GET /api/v1/{path} HTTP/1.1\r\nHost: localhost\r\nCookie: access_hash={sim.credential}\r\n\r\n"
    connection.sendall(head.encode())


def bytes_of(sim: Simulator, path: str = "account", most: int = ENOUGH) -> bytes:
    """What comes back until the connection is closed, or until there is enough."""
    got = b""
    with closing(connect(sim)) as connection:
        ask(connection, sim, path)
        connection.settimeout(2)
        while len(got) < most:
            piece = connection.recv(65536)
            if not piece:
                break
            got += piece
    return got


def add_alice(sim: Simulator) -> None:
    sim.panel.add_account({"name": "alice", "wg_name": "Default", "allowed_IPs": "10.0.0.2"})


# Lies ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["../../victim", "\u2028", "\ud800", "\x00", 7, None, [], {"a": 1}])
def test_any_value_in_any_field(sim: Simulator, api: Api, value: Any) -> None:
    add_alice(sim)
    sim.fault("replace", path="account", at="msg.*.name", value=value)
    (account,) = api.ask("GET", "account")
    assert account["name"] == value
    assert account["username"] == sim.panel.accounts["alice"]["username"]
    assert api.ask("GET", "account")[0]["name"] == "alice"


def test_any_value_at_several_positions_or_as_a_whole(sim: Simulator, api: Api) -> None:
    sim.fault("replace", path="wireguard", at=["msg.Default.dns_*", "msg.Default.name"], value="x")
    assert {name for name, value in api.ask("GET", "wireguard")["Default"].items() if value == "x"} == {
        "dns_1",
        "dns_2",
        "name",
    }
    sim.fault("replace", path="wireguard", at="msg.Default", value=7)
    assert api.ask("GET", "wireguard") == {"Default": 7}


def test_any_name_of_an_object_or_a_field(sim: Simulator, api: Api) -> None:
    sim.fault("replace", path="wireguard", at="msg.Default", name="-x")
    assert list(api.ask("GET", "wireguard")) == ["-x"]
    sim.fault("replace", path="dns", at="msg.enabled", name="\x1b")
    assert "\x1b" in api.ask("GET", "dns")


@pytest.mark.parametrize("text", ["\u2028", "\ud800", "\r\n"])
def test_any_text_in_an_error(sim: Simulator, api: Api, text: str) -> None:
    sim.fault("error", text=text)
    assert api.refusal("GET", "account") == text


def test_an_object_can_have_any_name_in_the_memory(sim: Simulator, api: Api) -> None:
    add_alice(sim)
    sim.rename("alice", "x\n--y")
    sim.rename("Default", "a|b")
    assert api.ask("GET", "account/x%0A--y")["wg_name"] == "a|b"
    assert [peer["name"] for peer in api.ask("GET", "wireguard/a%7Cb/peers").values()] == ["x\n--y"]
    api.ask("DELETE", "account/x%0A--y")
    assert sim.panel.accounts == {}


def test_texts_in_a_part_of_the_fields(sim: Simulator, api: Api) -> None:
    add_alice(sim)
    (honest,) = api.ask("GET", "account")
    fields = [name for name, value in honest.items() if isinstance(value, str)]
    shown = []
    for first in range(3):
        sim.fault("scatter", values=["x", "y"], first=first, every=3)
        (account,) = api.ask("GET", "account")
        changed = [name for name in honest if account[name] != honest[name]]
        assert changed == fields[first::3]
        shown += changed
        assert {account[name] for name in changed} == {"x", "y"}
    assert sorted(shown) == sorted(fields)


def test_an_archive_is_the_answer_to_anything(sim: Simulator, api: Api) -> None:
    sim.fault("archive")
    assert api.send("GET", "backups/..%2f..%2fx").content.startswith(b"PK\x03\x04")


def test_positions_of_what_holds_nothing_else() -> None:
    document = {"msg": {"a": [{"b": 1}, "c"], "d": {}}}
    assert dict(leaves(document)) == {"msg.a.0.b": 1, "msg.a.1": "c", "msg.d": {}}


def test_the_panel_does_nothing_and_says_that_it_did(sim: Simulator, api: Api) -> None:
    sim.fault("cut_json", method="POST", pretend=True)
    api.send("POST", "account", {"name": "alice", "wg_name": "Default", "allowed_IPs": "10.0.0.2"})
    assert sim.panel.accounts == {}


# The head -----------------------------------------------------------------------------------------------------------


def test_any_text_as_the_status_line_or_a_header(sim: Simulator) -> None:
    sim.fault("status_line", text="ICY \u00e9\x00")
    assert bytes_of(sim).startswith("ICY \u00e9\x00\r\nContent-Type: ".encode())
    sim.fault("header", name="Location", value="http://[::1", code=302)
    with closing(connect(sim)) as connection:
        ask(connection, sim)
        assert b"302 Whatever\r\nContent-Type: application/json\r\n" in connection.recv(65536)
    sim.fault("header", name="Content-Type", value="a\r\nInjected: yes")
    with requests.get(sim.url, timeout=10) as answer:
        assert answer.headers["Injected"] == "yes"


def test_lengths_that_contradict_each_other(sim: Simulator) -> None:
    sim.fault("content_length", values=["right", "1", "-7"])
    head, _blank, body = bytes_of(sim).partition(b"\r\n\r\n")
    lengths = [line for line in head.split(b"\r\n") if line.startswith(b"Content-Length")]
    assert lengths == [b"Content-Length: %d" % len(body), b"Content-Length: 1", b"Content-Length: -7"]


def test_heads_that_are_too_large(sim: Simulator) -> None:
    sim.fault("many_headers")
    assert bytes_of(sim, most=90_000).count(b"\r\nX-") > 8_000
    sim.fault("long_header")
    assert b"x" * 1_000_000 in bytes_of(sim, most=1024 * 1024)


def test_a_status_without_a_body_and_with_one_that_has_no_place(sim: Simulator, api: Api) -> None:
    sim.fault("bare_status", code=503, headers={"Retry-After": "x"})
    answer = api.send("GET", "account")
    assert (answer.status_code, answer.content, answer.headers["Content-Type"]) == (503, b"", "application/json")
    assert answer.headers["Retry-After"] == "x"
    sim.fault("bare_status", code=204, text="x", length=False)
    assert bytes_of(sim).endswith(b"\r\n\r\nx")


def test_an_answer_of_the_first_version_of_http(sim: Simulator) -> None:
    sim.fault("no_head")
    assert json.loads(bytes_of(sim)) == {"error": "", "msg": [], "status": "success"}


# Ends, pauses and floods --------------------------------------------------------------------------------------------


PARTS = {"answer": b"", "status_line": b"HTTP/1.", "header": b"Content-Ty", "head": b"\r\n", "body": b'"msg":[]'}


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("within", PARTS)
def test_an_answer_that_ends_early(within: str, tls: bool) -> None:
    with Simulator(tls=tls) as sim:
        sim.fault("cut", within=within)
        assert bytes_of(sim).endswith(PARTS[within])


@pytest.mark.parametrize("within", PARTS)
def test_a_connection_that_is_reset(sim: Simulator, within: str) -> None:
    sim.fault("cut", within=within, reset=True)
    with pytest.raises(ConnectionResetError):
        bytes_of(sim)


@pytest.mark.parametrize("within", ["answer", "header", "body"])
def test_an_answer_that_stops_coming(sim: Simulator, within: str) -> None:
    sim.fault("stall", within=within)
    with closing(connect(sim)) as connection:
        ask(connection, sim)
        connection.settimeout(0.2)
        with pytest.raises(socket.timeout):
            while connection.recv(65536):
                pass


def test_a_head_that_drips(sim: Simulator, api: Api) -> None:
    sim.fault("drip_head", seconds=0)
    assert api.send("GET", "account").json()["status"] == "success"
    sim.fault("drip_head", seconds=3600)
    with closing(connect(sim)) as connection:
        ask(connection, sim)
        connection.settimeout(0.1)
        with pytest.raises(socket.timeout):
            connection.recv(1)


@pytest.mark.parametrize("part", FLOODS)
def test_a_part_that_never_ends(sim: Simulator, part: str) -> None:
    sim.fault("flood", part=part)
    assert len(bytes_of(sim)) >= ENOUGH


# The body -----------------------------------------------------------------------------------------------------------


def test_chunks_of_any_size(sim: Simulator) -> None:
    sim.fault("chunk_size", text="zz")
    assert b"\r\n\r\nzz\r\n{" in bytes_of(sim)
    sim.fault("no_last_chunk")
    assert bytes_of(sim).endswith(b"}\r\n")


def test_a_second_answer_that_nobody_asked_for(sim: Simulator) -> None:
    sim.fault("two_answers")
    with closing(connect(sim)) as connection:
        ask(connection, sim)
        got = b""
        while b"forged" not in got:
            got += connection.recv(65536)
    assert got.count(b"HTTP/1.1 200 OK") == 2


def test_compression_that_is_right_cut_or_a_lie(sim: Simulator, api: Api) -> None:
    sim.fault("gzipped", layers=2)
    assert api.send("GET", "account").json()["status"] == "success"
    sim.fault("gzipped", announced="br")
    assert json.loads(gzip.decompress(api.send("GET", "account").content))["status"] == "success"
    sim.fault("gzipped", keep=0.5)
    body = api.send("GET", "account", stream=True).raw.read(decode_content=False)
    with pytest.raises(EOFError):
        gzip.decompress(body)


def test_a_bomb_is_small_and_whole() -> None:
    assert gzip.decompress(zeros(3, layers=1)) == bytes(3 * 1024 * 1024)
    inner = gzip.decompress(zeros(1024, layers=2))
    assert (len(zeros(1024, layers=2)) < 10_000, len(inner) < 2_000_000) == (True, True)
    with gzip.open(io.BytesIO(inner)) as unpacked:
        assert unpacked.read(100) == bytes(100)
    assert int.from_bytes(inner[-4:], "little") == 2**30
    checksum = zlib.crc32(bytes(64 * 1024 * 1024))
    assert int.from_bytes(zeros(64, layers=1)[-8:-4], "little") == checksum


def test_texts_that_are_hardly_json(sim: Simulator, api: Api) -> None:
    good = '{{"error":"","msg":{},"status":"success"}}'
    for fault, payload in [
        ({"kind": "raw_payload", "text": "1e999"}, "1e999"),
        ({"kind": "raw_payload", "text": '"\\ud800"'}, '"\\ud800"'),
        ({"kind": "nested", "depth": 3}, "[[[1]]]"),
        ({"kind": "digits", "count": 5}, "99999"),
    ]:
        sim.fault(**fault)
        assert api.send("GET", "account").text == good.format(payload)
    sim.fault("raw_body", text="ab", content_type="text/plain", repeat=3)
    assert api.send("GET", "account").text == "ababab"
    sim.fault("encoded", encoding="utf-16")
    assert json.loads(api.send("GET", "account").content.decode("utf-16"))["status"] == "success"


# The port -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tls", [False, True])
def test_a_port_that_is_silent(tls: bool) -> None:
    with Simulator(tls=tls) as sim:
        sim.greet("silence")
        connection = socket.create_connection(("127.0.0.1", int(sim.url.rpartition(":")[2])))
        connection.settimeout(0.1)
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        with closing(connection), pytest.raises(socket.timeout):
            connection.recv(1)
        # Only as often as was asked for.
        assert (
            requests.get(f"{sim.url}/api/v1/system/status", verify=sim.ca_path or True, timeout=10).status_code == 200
        )


@pytest.mark.parametrize(
    ("kind", "sent"),
    [("close", b""), ("ssh_banner", b"SSH-2.0-"), ("tls_alert", b"\x15\x03\x03"), ("plain_http", b"HTTP/1.1 400")],
)
def test_a_port_that_speaks_first(sim: Simulator, kind: str, sent: bytes) -> None:
    sim.greet(kind)
    with closing(connect(sim)) as connection:
        assert connection.recv(100)[: len(sent)] == sent


def test_a_port_that_resets(sim: Simulator) -> None:
    sim.greet("reset")
    # As early as within the connecting, if the machine is busy.
    with pytest.raises(ConnectionResetError), closing(connect(sim)) as connection:
        connection.recv(1)


def test_an_unknown_greeting(sim: Simulator) -> None:
    with pytest.raises(ValueError, match="the greetings are: " + ", ".join(GREETINGS)):
        sim.greet("hello")


def test_all_of_it_over_the_control_api(sim: Simulator, api: Api) -> None:
    def control(command: str, **body: Any) -> None:
        assert requests.post(f"{sim.control_url}/{command}", json=body, timeout=10).json() == {"done": True}

    add_alice(sim)
    control("rename", old="alice", new="\u2028")
    control("fault", kind="replace", path="account", at="msg.*.username", value="\ud800")
    (account,) = api.ask("GET", "account")
    assert (account["name"], account["username"]) == ("\u2028", "\ud800")
    control("greet", kind="ssh_banner")
    with closing(connect(sim)) as connection:
        assert connection.recv(4) == b"SSH-"
