# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A hostile panel: lies in answers that are well formed, and HTTP that is broken below the framework.

Importing this module enters its kinds of faults beside those of `faults`. The operation runs in each of them, and the
answer to it is what goes wrong. `GREETINGS` are what a port does instead of waiting for a request.
"""

from __future__ import annotations

import fnmatch
import functools
import gzip
import itertools
import json
import os
import select
import socket
import struct
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from werkzeug import Response

from .archives import pack
from .faults import Exchange, kind
from .pages import json_bytes
from .server import RawAnswer
from .state import Panel

# In seconds, between the pieces of what never ends, so that it leaves some of the processor to others.
PAUSE = 0.001
JSON = "application/json"


# Lies: well-formed answers ------------------------------------------------------------------------------------------


def leaves(document: Any, position: str = "") -> Iterator[tuple[str, Any]]:
    """Return all values that hold no others, each with its position, such as `msg.alice.name` or `msg.0`."""
    for _name, inner, value in _members(document, position):
        if _holds_others(value):
            yield from leaves(value, inner)
        else:
            yield inner, value


def rewritten(document: Any, at: list[str], change: dict[str, Any], position: str = "") -> Any:
    """Return a copy with another `value` or `name` at all positions that fit one of the patterns.

    A pattern means names and leaves; a value that holds others is only meant by its exact position.
    """
    if not _holds_others(document):
        return document
    copy: list[tuple[Any, Any]] = []
    for name, inner, value in _members(document, position):
        fits = inner in at or any(fnmatch.fnmatchcase(inner, pattern) for pattern in at)
        replaced = fits and "value" in change and (inner in at or not _holds_others(value))
        new_name = change["name"] if fits and "name" in change else name
        copy.append((new_name, change["value"] if replaced else rewritten(value, at, change, inner)))
    return dict(copy) if isinstance(document, dict) else [value for _name, value in copy]


def _holds_others(value: Any) -> bool:
    return isinstance(value, dict | list) and bool(value)


def _members(document: Any, position: str) -> list[tuple[Any, str, Any]]:
    held = document.items() if isinstance(document, dict) else enumerate(document)
    return [(name, f"{position}.{name}" if position else str(name), value) for name, value in held]


@kind
def replace(exchange: Exchange, at: str | list[str], **change: Any) -> Response:
    """Answer as usual, with another `value` of any type, or another `name`, at positions such as `msg.*.name`."""
    answer = exchange.run()
    document = answer.get_json(silent=True)
    if document is not None:
        answer.set_data(json_bytes(rewritten(document, [at] if isinstance(at, str) else at, change)))
    return answer


@kind
def scatter(exchange: Exchange, values: list[str], first: int, every: int) -> Response:
    """Answer as usual, with the next of these texts in every so many texts of the payload, beginning with the first."""
    answer = exchange.run()
    document = answer.get_json(silent=True)
    if isinstance(document, dict):
        positions = [
            at for at, value in leaves(document) if isinstance(value, str) and at.startswith(("msg.", "data."))
        ]
        for number, at in enumerate(positions[first::every]):
            document = rewritten(document, [at], {"value": values[(first + number * every) % len(values)]})
        answer.set_data(json_bytes(document))
    return answer


@kind
def archive(exchange: Exchange) -> Response:
    """Answer with an archive, whatever was asked for."""
    return Response(pack(exchange.site.panel.archive()), mimetype="application/zip")


def rename(panel: Panel, old: str, new: str) -> None:
    """Give an object another name everywhere in the memory, without a look at the rules."""
    for section, content in vars(panel).items():
        setattr(panel, section, _renamed(content, old, new))


def _renamed(content: Any, old: str, new: str) -> Any:
    if isinstance(content, dict):
        return {_renamed(name, old, new): _renamed(value, old, new) for name, value in content.items()}
    if isinstance(content, list):
        return [_renamed(value, old, new) for value in content]
    return new if content == old else content


# An answer as bytes -------------------------------------------------------------------------------------------------


def to_bytes(text: str) -> bytes:
    """Return any text as bytes, also one that has no UTF-8."""
    return text.encode("utf-8", "surrogatepass")


class Wire:
    """The answer to an exchange in the parts that go over the connection."""

    def __init__(self, exchange: Exchange) -> None:
        answer = exchange.run()
        self.status_line = to_bytes(f"HTTP/1.1 {answer.status}")
        self.body = answer.get_data()
        self.headers = [(b"Content-Type", to_bytes(answer.content_type or JSON))]
        self.headers += [(b"Content-Length", b"%d" % len(self.body))]

    def set(self, name: str, *values: str) -> Wire:
        """Replace a header by as many lines of it as there are values."""
        key = to_bytes(name)
        self.headers = [header for header in self.headers if header[0].lower() != key.lower()]
        self.headers += [(key, to_bytes(value)) for value in values]
        return self

    def holding(self, body: bytes) -> Wire:
        """Replace the body."""
        self.body = body
        return self.set("Content-Length", str(len(body)))

    def chunked(self) -> Wire:
        """Announce a body in chunks."""
        return self.set("Content-Length").set("Transfer-Encoding", "chunked")

    @property
    def head(self) -> bytes:
        """Status line and headers, without the empty line after them."""
        return b"\r\n".join([self.status_line, *(name + b": " + value for name, value in self.headers), b""])

    def up_to(self, part: str) -> bytes:
        """Return what comes before some part of the answer has ended."""
        head = self.head
        return {
            "answer": b"",
            "status_line": self.status_line[: len(self.status_line) // 2],
            "header": head[: len(self.status_line) + 2 + len("Content-Ty")],
            "head": head,
            "body": head + b"\r\n" + self.body[: len(self.body) // 2],
        }[part]

    def answer(self, *, keep: bool = True) -> RawAnswer:
        """Return all of it, after which the connection stays open or is closed."""
        return RawAnswer([self.head, b"\r\n", self.body], keep=keep)


# The head -----------------------------------------------------------------------------------------------------------


@kind
def status_line(exchange: Exchange, text: str) -> Response:
    """Answer with any text as the first line."""
    wire = Wire(exchange)
    wire.status_line = to_bytes(text)
    return wire.answer(keep=False)


@kind
def header(exchange: Exchange, name: str, value: str, code: int | None = None) -> Response:
    """Answer with any text in a header, and perhaps with another status."""
    wire = Wire(exchange).set(name, value)
    if code is not None:
        wire.status_line = b"HTTP/1.1 %d Whatever" % code
    return wire.answer()


@kind
def content_length(exchange: Exchange, values: list[str], keep: bool = False) -> Response:
    """Answer with these Content-Length headers; `right` stands for the length of the body."""
    wire = Wire(exchange)
    right = str(len(wire.body))
    return wire.set("Content-Length", *(value.replace("right", right) for value in values)).answer(keep=keep)


@kind
def many_headers(exchange: Exchange, count: int = 10_000) -> Response:
    """Answer with thousands of headers."""
    wire = Wire(exchange)
    wire.headers += [(b"X-%d" % number, b"x") for number in range(count)]
    return wire.answer()


@kind
def long_header(exchange: Exchange, size: int = 1024 * 1024) -> Response:
    """Answer with one huge header."""
    return Wire(exchange).set("X-Long", "x" * size).answer()


@kind
def bare_status(
    exchange: Exchange,
    *,
    code: int,
    content_type: str = JSON,
    text: str = "",
    length: bool = True,
    headers: dict[str, str] | None = None,
) -> Response:
    """Answer with a status and any body; without `length` the body ends with the connection."""
    wire = Wire(exchange).set("Content-Type", content_type).holding(to_bytes(text))
    wire.status_line = b"HTTP/1.1 %d Whatever" % code
    if not length:
        wire.set("Content-Length")
    for name, value in (headers or {}).items():
        wire.set(name, value)
    return wire.answer(keep=length)


@kind
def no_head(exchange: Exchange) -> Response:
    """Answer with the body alone, as HTTP/0.9 did."""
    return RawAnswer([Wire(exchange).body])


# Ends and pauses ----------------------------------------------------------------------------------------------------


@kind
def cut(exchange: Exchange, within: str, reset: bool = False) -> Response:
    """Close the connection within the `answer`, its `status_line`, a `header`, the `head` or the `body`."""
    beginning = Wire(exchange).up_to(within)

    def pieces() -> Iterator[bytes]:
        yield beginning
        if reset:
            reset_connection(exchange.connection)

    return RawAnswer(pieces())


@kind
def stall(exchange: Exchange, within: str) -> Response:
    """Send nothing more within the `answer`, its `status_line`, a `header`, the `head` or the `body`."""
    beginning = Wire(exchange).up_to(within)

    def pieces() -> Iterator[bytes]:
        yield beginning
        wait_until_gone(exchange.connection, exchange.stopped)

    return RawAnswer(pieces())


@kind
def drip_head(exchange: Exchange, seconds: float = 0.1) -> Response:
    """Send the head byte by byte."""
    wire = Wire(exchange)

    def pieces() -> Iterator[bytes]:
        for byte in wire.head:
            exchange.stopped.wait(seconds)
            yield bytes([byte])
        yield b"\r\n" + wire.body

    return RawAnswer(pieces(), keep=True)


# What comes before a part that never ends, and the piece that it is made of.
FLOODS: dict[str, Callable[[Wire], tuple[bytes, bytes]]] = {
    "status_line": lambda wire: (b"HTTP/1.1 200 ", b"O" * 512),
    "continue": lambda wire: (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 20),
    "early_hints": lambda wire: (b"", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 20),
    "header": lambda wire: (wire.head + b"X-Endless: ", b"x" * 512),
    "folded_header": lambda wire: (wire.head + b"X-Endless: x\r\n", b" x\r\n" * 100),
    "headers": lambda wire: (wire.head, b"X-Endless: x\r\n" * 40),
    "chunk_size": lambda wire: (wire.chunked().head + b"\r\n", b"0" * 512),
    "chunk_extension": lambda wire: (wire.chunked().head + b"\r\n1;x=", b"x" * 512),
    "chunks": lambda wire: (wire.chunked().head + b"\r\n", b"1\r\n \r\n" * 80),
    "trailer": lambda wire: (wire.chunked().head + b"\r\n0\r\nX-Endless: ", b"x" * 512),
    "trailers": lambda wire: (wire.chunked().head + b"\r\n0\r\n", b"X-Endless: x\r\n" * 40),
    "body": lambda wire: (wire.set("Content-Length").head + b"\r\n", b" " * 512),
}


@kind
def flood(exchange: Exchange, part: str) -> Response:
    """Send a part of the answer that never ends, see `FLOODS`."""
    beginning, piece = FLOODS[part](Wire(exchange))

    def pieces() -> Iterator[bytes]:
        yield beginning
        while not exchange.stopped.wait(PAUSE):
            yield piece

    return RawAnswer(pieces())


# The body -----------------------------------------------------------------------------------------------------------


@kind
def chunk_size(exchange: Exchange, text: str, keep: bool = False) -> Response:
    """Send the body in one chunk with any text as its size; `right` stands for the size of the body."""
    wire = Wire(exchange).chunked()
    size = to_bytes(text.replace("right", f"{len(wire.body):x}"))
    return RawAnswer([wire.head, b"\r\n", size + b"\r\n" + wire.body + b"\r\n0\r\n\r\n"], keep=keep)


@kind
def no_last_chunk(exchange: Exchange) -> Response:
    """Send the body in a chunk, and close the connection where another one would begin."""
    wire = Wire(exchange).chunked()
    return RawAnswer([wire.head, b"\r\n%x\r\n" % len(wire.body) + wire.body + b"\r\n"])


@kind
def two_answers(exchange: Exchange, text: str = "") -> Response:
    """Send more than was announced: a second answer, forged, or any text."""
    body = json_bytes({"error": "", "msg": "forged", "status": "success"})
    second = to_bytes(text) or b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    wire = Wire(exchange)
    return RawAnswer([wire.head, b"\r\n", wire.body + second], keep=True)


@kind
def gzipped(exchange: Exchange, layers: int = 1, keep: float = 1.0, announced: str | None = None) -> Response:
    """Send the first part of the body after it was compressed once or more often, announced as that or otherwise."""
    wire = Wire(exchange)
    body = functools.reduce(lambda packed, _layer: gzip.compress(packed), range(layers), wire.body)
    encodings = ", ".join(["gzip"] * layers) if announced is None else announced
    return wire.holding(body[: int(len(body) * keep)]).set("Content-Encoding", encodings).answer()


@functools.lru_cache(maxsize=8)
def zeros(size: int, layers: int) -> bytes:
    """Return so many MiB of zeros, compressed once or more often, without ever holding them all."""
    block = bytes(1024 * 1024)
    # After a full flush a compressed block stands for itself, so that it can be repeated.
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    end = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS).flush()
    checksum = functools.reduce(lambda crc, _number: zlib.crc32(block, crc), range(size), 0)
    head = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
    whole = head + packed * size + end + struct.pack("<II", checksum, size * len(block) % 2**32)
    return functools.reduce(lambda inner, _layer: gzip.compress(inner), range(layers - 1), whole)


@kind
def gzip_bomb(exchange: Exchange, mebibytes: int = 1024, layers: int = 1) -> Response:
    """Send a small body that is huge when it is unpacked."""
    return (
        Wire(exchange).holding(zeros(mebibytes, layers)).set("Content-Encoding", ", ".join(["gzip"] * layers)).answer()
    )


@kind
def encoded(exchange: Exchange, encoding: str) -> Response:
    """Send the JSON in another encoding of Python, such as `utf-8-sig` or `utf-16`."""
    wire = Wire(exchange)
    return wire.holding(wire.body.decode(errors="replace").encode(encoding, "replace")).answer()


@kind
def raw_body(exchange: Exchange, text: str, content_type: str = JSON, repeat: int = 1) -> Response:
    """Send any text, or many times the same, as the body."""
    return Wire(exchange).holding(to_bytes(text) * repeat).set("Content-Type", content_type).answer()


@kind
def raw_payload(exchange: Exchange, text: str) -> Response:
    """Send any text as the JSON of the payload in a good envelope."""
    exchange.run()
    return _around(exchange, to_bytes(text))


@kind
def nested(exchange: Exchange, depth: int, opening: str = "[", closing: str = "]") -> Response:
    """Send a payload that is nested deeply."""
    exchange.run()
    return _around(exchange, to_bytes(opening * depth + "1" + closing * depth))


@kind
def digits(exchange: Exchange, count: int = 5000) -> Response:
    """Send a payload that is an integer of many digits."""
    exchange.run()
    return _around(exchange, b"9" * count)


def _around(exchange: Exchange, payload: bytes) -> Response:
    place = "the payload of this answer"
    answer = exchange.site.dialect.success(exchange.site, place)
    answer.set_data(answer.get_data().replace(json.dumps(place).encode(), payload))
    return answer


# The connection -----------------------------------------------------------------------------------------------------


def reset_connection(connection: socket.socket) -> None:
    """Close a connection so that the other side sees a reset instead of an end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(connection.detach())


def wait_until_gone(connection: socket.socket, stopped: threading.Event) -> None:
    """Take what the client sends, and say nothing until it closes the connection."""
    while not stopped.is_set():
        if select.select([connection], [], [], 0.05)[0] and not connection.recv(65536):
            return


Greeting = Callable[[socket.socket, threading.Event], None]


def _sending(pieces: Callable[[], Iterable[bytes]]) -> Greeting:
    def greet(connection: socket.socket, stopped: threading.Event) -> None:
        for piece in pieces():
            connection.sendall(piece)
            if stopped.wait(PAUSE):
                return
        # A connection that is closed before the request was taken is reset, and what was sent may be lost.
        connection.shutdown(socket.SHUT_WR)
        wait_until_gone(connection, stopped)

    return greet


GREETINGS: dict[str, Greeting] = {
    "silence": wait_until_gone,
    "close": _sending(lambda: []),
    "reset": lambda connection, stopped: reset_connection(connection),
    "garbage": _sending(lambda: [bytes(range(256)) * 4]),
    "endless_garbage": _sending(lambda: itertools.repeat(b"\x00\xff\x16\x03" * 128)),
    "ssh_banner": _sending(lambda: [b"SSH-2.0-OpenSSH_9.2p1\r\n"]),
    "plain_http": _sending(lambda: [b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"]),
    # A fatal alert: handshake_failure.
    "tls_alert": _sending(lambda: [b"\x15\x03\x03\x00\x02\x02\x28"]),
    # The head of a record of a handshake that never comes.
    "tls_record": _sending(lambda: [b"\x16\x03\x03\x40\x00\x02"]),
}
"""What a port does with a new connection instead of waiting for a request, after which it is closed."""
