# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connections that end in time, whatever comes in on them, and that know how far a request is.

The timeout of a library holds for each single read: a server that sends a byte now and then keeps its client for ever.
Here all reads of an exchange share one deadline and one limit of bytes.
"""

from __future__ import annotations

import io
import logging
import socket
import threading
import time
import traceback
from typing import Any, Iterator

try:
    from requests.adapters import HTTPAdapter
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

    REQUESTS_IMPORT_ERROR = None
except ImportError:
    REQUESTS_IMPORT_ERROR = traceback.format_exc()
    # Only so that this file can be imported, and the edge can say what is missing.
    HTTPAdapter = HTTPConnection = HTTPSConnection = object  # type: ignore[assignment, misc]
    HTTPConnectionPool = HTTPSConnectionPool = object  # type: ignore[assignment, misc]

# Where a request is. Only before SENDING is it proven that the panel has not received it.
IDLE = "idle"
PREPARING, CONNECTING, TUNNELING, SECURING = "preparing", "connecting", "tunneling", "securing"
SENDING, READING = "sending", "reading"


class TooMuchError(Exception):
    """More bytes came in than an exchange may take."""


class Exchange(threading.local):
    """The request that the current thread is sending: where it is, when it must end, and how much may still come in."""

    stage = IDLE
    deadline = 0.0
    most = 0

    def begin(self, timeout: float, most: int) -> None:
        """Start anew, with ``timeout`` in seconds and ``most`` in bytes."""
        self.stage, self.deadline, self.most = PREPARING, time.monotonic() + timeout, most

    def end(self) -> None:
        """Say that the answer was read, or never will be."""
        self.stage = IDLE

    @property
    def left(self) -> float:
        """The seconds that are left.

        :raises socket.timeout: there are none.
        """
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise socket.timeout("timed out")
        return left

    def received(self, count: int) -> None:
        """Count bytes that came in.

        :raises TooMuchError: these were too many.
        """
        self.most -= count
        if self.most < 0:
            raise TooMuchError


EXCHANGE = Exchange()


def _is_of_others(_record: logging.LogRecord) -> bool:
    """False while this thread sends a request: what a library logs of it holds texts of the panel as they are.

    Ansible would keep them in its own log. All that matters of them is in the errors of this collection.
    """
    return EXCHANGE.stage == IDLE


# A filter holds for its own logger, and not for those below it.
for _part in ("connection", "connectionpool", "response", "util.retry"):
    logging.getLogger(f"urllib3.{_part}").addFilter(_is_of_others)


class _BoundedReads(io.RawIOBase):
    """What comes in on a socket, until the deadline."""

    def __init__(self, sock: Any) -> None:
        super().__init__()
        self._sock = sock
        # Keeps the socket open as long as it is read from, also when its connection was closed.
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
    """What connections of both schemes have in common."""

    def connect(self) -> None:
        EXCHANGE.stage = CONNECTING
        super().connect()  # type: ignore[misc]  # of the class that this one is mixed into
        self.sock: Any = _BoundedSocket(self.sock)
        EXCHANGE.stage = SENDING

    def _new_conn(self) -> socket.socket:
        """Connect to the first address that answers; all of them share the time that is left."""
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
        """Ask a proxy for a tunnel; TLS needs the bare socket afterwards."""
        EXCHANGE.stage = TUNNELING
        bare, self.sock = self.sock, _BoundedSocket(self.sock)
        super()._tunnel()  # type: ignore[misc]
        self.sock = bare
        EXCHANGE.stage = SECURING


def _addresses(host: str, port: int) -> Iterator[tuple[Any, ...]]:
    """The addresses of a host, each with its share of the time that is left then."""
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
    """Sends requests on bounded connections, also through an HTTP proxy.

    A SOCKS proxy keeps the connections of its own library, where the timeout is that of each read.
    """

    def init_poolmanager(self, *arguments: Any, **keywords: Any) -> None:
        super().init_poolmanager(*arguments, **keywords)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **keywords: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **keywords)
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = _POOLS
        return manager
