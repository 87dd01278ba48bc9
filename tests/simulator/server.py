# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP/1.1 on a loopback port: connections stay open, are counted, and can be broken."""

from __future__ import annotations

import contextlib
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any

from werkzeug import Request, Response
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

ADDRESS = "127.0.0.1"

Application = Callable[[Request], Response]


class RawAnswer(Response):
    """Bytes that go over the connection as they are; afterwards it is closed, or kept for the next request."""

    def __init__(self, pieces: Iterable[bytes], *, keep: bool = False) -> None:
        super().__init__()
        self.pieces = pieces
        self.keep = keep


class Handler(WSGIRequestHandler):
    """Answers one request after the other on a connection; werkzeug's own handler closes it after the first."""

    protocol_version = "HTTP/1.1"
    server: Server

    def run_wsgi(self) -> None:
        """Answer one request."""
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request = Request(self.make_environ())
        try:
            self._send(request, self.server.application(request))
        except OSError:  # The client has gone, or a fault hung up.
            self.close_connection = True

    def _send(self, request: Request, response: Response) -> None:
        if isinstance(response, RawAnswer):
            self.close_connection = not response.keep
            for piece in response.pieces:
                self.wfile.write(piece)
            return
        body, status, headers = response.get_wsgi_response(request.environ)
        chunked = request.method != "HEAD" and response.content_length is None
        code, _blank, phrase = status.partition(" ")
        self.send_response(int(code), phrase)
        for name, value in headers:
            self.send_header(name, value)
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for data in body:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data) if chunked else data)
        if chunked:
            self.wfile.write(b"0\r\n\r\n")

    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing: what was asked is recorded."""


class Server(ThreadedWSGIServer):
    """A thread per connection."""

    def __init__(
        self,
        application: Application,
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        greet: Callable[[socket.socket], bool] = lambda _connection: False,
    ) -> None:
        # What werkzeug calls the application is asked for requests here, not for WSGI answers.
        super().__init__(ADDRESS, port, application, Handler)  # type: ignore[arg-type]
        self.application = application
        self.ssl_context = tls
        self._greet = greet
        self.accepted = 0
        self._open: set[socket.socket] = set()
        self._stopping = False
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where the server is reached."""
        return f"https://localhost:{self.port}" if self.ssl_context else f"http://{ADDRESS}:{self.port}"

    def stop(self) -> None:
        """Stop listening and break what is still connected."""
        self._stopping = True
        # What waits for a connection has to get one to see that it is to stop, unless it has just had one.
        with contextlib.suppress(ConnectionError):
            socket.create_connection(self.server_address).close()
        self._thread.join()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        """Wait for connections, without a look at the clock as `serve_forever` has it: tests run many servers."""
        while not self._stopping:
            self._handle_request_noblock()  # type: ignore[attr-defined]
        self.server_close()

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection."""
        connection, address = super().get_request()
        if self._stopping:
            connection.close()
            raise ConnectionAbortedError("the server stops")
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.accepted += 1
        return connection, address

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection, in its own thread: a slow TLS handshake keeps nobody waiting.

        One that was greeted is not served.
        """
        if self._greet(request):
            return
        connection = self.ssl_context.wrap_socket(request, server_side=True) if self.ssl_context else request
        self._open.add(connection)
        try:
            super().finish_request(connection, client_address)
        finally:
            self._open.discard(connection)
            self.shutdown_request(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Report what is not the client's doing; broken connections and failed handshakes are."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)
