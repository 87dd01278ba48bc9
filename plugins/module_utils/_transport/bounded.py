# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connections with a deadline and a size limit for an entire exchange, which know the stage of a request.

The timeout of a library applies to each single read: a server that sends a byte now and then blocks its client forever.
Here, all reads of an exchange share one deadline and one limit of bytes.
"""

from __future__ import annotations

import io
import logging
import socket
import ssl
import threading
import time
import traceback
from typing import Any, Iterator

from .._errors import ExchangeError

try:
    from requests.adapters import HTTPAdapter
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
    from urllib3.util.ssl_ import create_urllib3_context

    REQUESTS_IMPORT_ERROR = None
except ImportError:
    REQUESTS_IMPORT_ERROR = traceback.format_exc()
    # Only so that this file can be imported, and the edge can report what is missing.
    HTTPAdapter = HTTPConnection = HTTPSConnection = object  # type: ignore[assignment, misc]
    HTTPConnectionPool = HTTPSConnectionPool = object  # type: ignore[assignment, misc]

MAX_ANSWER_BYTES = 64 * 1024 * 1024

# The stages of a request. Only before SENDING is it certain that the panel has not received it.
IDLE = "idle"
PREPARING, CONNECTING, TUNNELING, SECURING = "preparing", "connecting", "tunneling", "securing"
SENDING, READING = "sending", "reading"


class TooMuchError(Exception):
    """An exchange received more bytes than allowed."""


def too_large(http_status: int | None = None, most: int = MAX_ANSWER_BYTES) -> ExchangeError:
    """Return the error for an answer that is too large to be read to its end; ``most`` is in bytes."""
    text = f"the answer is larger than {most // 1024 // 1024} MiB and was not read to its end"
    return ExchangeError("answer_too_large", text, http_status=http_status)


def truncated() -> ExchangeError:
    """Return the error for an answer with headers and an incomplete body."""
    return ExchangeError("answer_truncated", "the answer was cut short", transient=True)


class Exchange(threading.local):
    """The request of the current thread: its stage, its deadline, and how many bytes it may still receive."""

    stage = IDLE
    deadline = 0.0
    most = 0

    def begin(self, timeout: float, most: int) -> None:
        """Begin a request, with ``timeout`` in seconds and ``most`` in bytes."""
        self.stage, self.deadline, self.most = PREPARING, time.monotonic() + timeout, most

    def end(self) -> None:
        """End the request: its answer was read, or never will be."""
        self.stage = IDLE

    @property
    def left(self) -> float:
        """The remaining seconds.

        :raises socket.timeout: there are none.
        """
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise socket.timeout("timed out")
        return left

    def received(self, count: int) -> None:
        """Count bytes that were received.

        :raises TooMuchError: these are too many.
        """
        self.most -= count
        if self.most < 0:
            raise TooMuchError


EXCHANGE = Exchange()


def _is_idle(_record: logging.LogRecord) -> bool:
    """Return false while this thread sends a request: libraries log unfiltered texts of the panel then.

    Ansible would write them to its own log. What matters is in the errors of this collection.
    """
    return EXCHANGE.stage == IDLE


# A filter applies to its own logger, and not to those below it.
for _part in ("connection", "connectionpool", "response", "util.retry"):
    logging.getLogger(f"urllib3.{_part}").addFilter(_is_idle)


class _BoundedReads(io.RawIOBase):
    """Raw reads from a socket until the deadline."""

    def __init__(self, sock: Any) -> None:
        super().__init__()
        self._sock = sock
        # Keeps the socket open while it is read from, even after its connection was closed.
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(EXCHANGE.left)
        count: int = self._raw.readinto(buffer) or 0
        EXCHANGE.received(count)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _BoundedSocket:
    """A connected socket as ``http.client`` uses it."""

    def __init__(self, sock: Any) -> None:
        self._sock = sock

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def makefile(self, *_arguments: Any, **_keywords: Any) -> io.BufferedReader:
        return io.BufferedReader(_BoundedReads(self._sock))

    def sendall(self, data: Any) -> None:
        self._sock.settimeout(EXCHANGE.left)
        self._sock.sendall(data)


class _Bounded:
    """The common part of connections of both schemes."""

    def connect(self) -> None:
        EXCHANGE.stage = CONNECTING
        super().connect()  # type: ignore[misc]  # of the class that this one is mixed into
        self.sock: Any = _BoundedSocket(self.sock)
        EXCHANGE.stage = SENDING

    def _new_conn(self) -> socket.socket:
        """Connect to the first address that answers; all of them share the remaining time."""
        error: OSError | None = None
        for family, kind, protocol, _name, address, share in _addresses(self._dns_host, self.port):  # type: ignore[attr-defined]
            sock = None
            try:
                sock = socket.socket(family, kind, protocol)
                for option in self.socket_options or ():  # type: ignore[attr-defined]
                    sock.setsockopt(*option)
                sock.settimeout(EXCHANGE.left * share)
                sock.connect(address)
                sock.settimeout(EXCHANGE.left)
            except OSError as failed:
                error = failed
                if sock is not None:
                    sock.close()
                continue
            return sock
        raise error or OSError("the host has no address")

    def _tunnel(self) -> None:
        """Request a tunnel from a proxy; TLS needs the bare socket afterwards."""
        EXCHANGE.stage = TUNNELING
        bare, self.sock = self.sock, _BoundedSocket(self.sock)
        super()._tunnel()  # type: ignore[misc]
        self.sock = bare
        EXCHANGE.stage = SECURING


def _addresses(host: str, port: int) -> Iterator[tuple[Any, ...]]:
    """Yield the addresses of a host, each with its share of the time that remains then."""
    found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    for at, address in enumerate(found):
        yield (*address, 1 / (len(found) - at))


class _BoundedHTTPConnection(_Bounded, HTTPConnection):
    """A connection without TLS."""


class _BoundedHTTPSConnection(_Bounded, HTTPSConnection):
    """A connection with TLS, whose handshake ends in time as well."""

    def _new_conn(self) -> socket.socket:
        sock = super()._new_conn()
        EXCHANGE.stage = SECURING
        return sock


class _BoundedHTTPPool(HTTPConnectionPool):
    ConnectionCls = _BoundedHTTPConnection


class _BoundedHTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _BoundedHTTPSConnection


_POOLS = {"http": _BoundedHTTPPool, "https": _BoundedHTTPSPool}


class BoundedAdapter(HTTPAdapter):
    """Send requests on bounded connections, also through an HTTP proxy.

    With a SOCKS proxy, the connections are those of its library, where the timeout applies to each read.

    All connections with TLS share a context. The library would load the trusted certificates again for each connection,
    and those of the system for one that verifies none: some 20 ms each time.
    """

    def __init__(self, *, is_tls: bool, validate_certs: bool, **keywords: Any) -> None:
        required = ssl.CERT_REQUIRED if validate_certs else ssl.CERT_NONE
        self._context = create_urllib3_context(cert_reqs=required) if is_tls else None
        self._loaded = False
        super().__init__(**keywords)

    def init_poolmanager(self, *arguments: Any, **keywords: Any) -> None:
        super().init_poolmanager(*arguments, ssl_context=self._context, **keywords)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **keywords: Any) -> Any:
        if proxy.lower().startswith("socks"):
            return super().proxy_manager_for(proxy, ssl_context=self._context, **keywords)
        manager = super().proxy_manager_for(
            proxy, ssl_context=self._context, proxy_ssl_context=self._context, **keywords
        )
        manager.pool_classes_by_scheme = _POOLS
        return manager

    def cert_verify(self, conn: Any, *arguments: Any) -> None:
        """Load the trusted certificates into the context, and not for each connection of the pool."""
        super().cert_verify(conn, *arguments)  # type: ignore[no-untyped-call]  # of requests
        if self._context is None:
            return
        if not self._loaded and (conn.ca_certs or conn.ca_cert_dir):
            stage, EXCHANGE.stage = EXCHANGE.stage, SECURING
            self._context.load_verify_locations(conn.ca_certs, conn.ca_cert_dir)
            EXCHANGE.stage, self._loaded = stage, True
        conn.ca_certs = conn.ca_cert_dir = None
