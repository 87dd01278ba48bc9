# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator as an object: a panel that listens, and the strings to pull on it."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import io
import itertools
import pickle
import secrets
import socket
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug import Request, Response
from werkzeug.datastructures import Headers

from . import control, hostile, v1, v2
from . import tls as authority
from .faults import Exchange, Fault, Faults
from .options import Options
from .pages import SITE
from .server import Server
from .site import BUSY_TEXT, Dialect, Site
from .state import Panel
from .tls import Tls
from .wire import Record

API = "/api/v1/"


@dataclass(frozen=True)
class Generation:
    """What differs between the generations."""

    dialect: Dialect
    create_app: Callable[[], Flask]
    credential_bytes: int
    options: Record


GENERATIONS = {
    1: Generation(v1.V1(), v1.create_app, credential_bytes=40, options={"version": "1.8"}),
    2: Generation(
        v2.V2(), v2.create_app, credential_bytes=32, options={"version": "2.3.0", "licence_slots": v2.UNLICENSED_SLOTS}
    ),
}


@dataclass(frozen=True)
class RecordedRequest:
    """A request as it came in; the path is relative to /api/v1 and as on the wire."""

    method: str
    path: str
    query: str
    headers: Headers
    body: bytes


class Simulator:
    """A VPN control panel on a loopback port, with a second port to control it.

    To be used as a context manager, or with `start` and `stop`.
    """

    def __init__(
        self,
        generation: int = 1,
        tls: bool | Tls | None = None,
        *,
        credential: str | None = None,
        port: int = 0,
        control_port: int = 0,
        **options: Any,
    ) -> None:
        self.generation = generation
        chosen = GENERATIONS[generation]
        self._given = Options(**chosen.options)
        self._given.set(**options)
        credential = credential or secrets.token_hex(chosen.credential_bytes)
        self._site = Site(options=copy.copy(self._given), credential=credential, dialect=chosen.dialect)
        self._app = chosen.create_app()
        self._tls = Tls() if tls is True else tls or None
        self._ports = (port, control_port)
        self._faults = Faults()
        self._greetings: Iterator[str] = iter(())
        self._stopped = threading.Event()
        self._resources = contextlib.ExitStack()
        self._first_connection = 0
        self._in_flight = 0
        self._counting = threading.Lock()
        self.most_at_once = 0
        self.requests: list[RecordedRequest] = []
        self.ca_path: str | None = None
        self.url = ""
        self.control_url = ""

    # Life -----------------------------------------------------------------------------------------------------------

    def start(self) -> Simulator:
        """Listen."""
        context = None
        if self._tls:
            directory = self._tls.directory or self._resources.enter_context(tempfile.TemporaryDirectory())
            context, ca_path = authority.prepare(self._tls, Path(directory))
            self.ca_path = str(ca_path)
        port, control_port = self._ports
        self._server = self._listen(Server(self._answer, port, context, self._greet))
        self.url = self._site.url = self._server.url
        self.control_url = self._listen(Server(control.create_application(self), control_port)).url
        return self

    def stop(self) -> None:
        """Stop listening; waiting faults end."""
        self._stopped.set()
        self._resources.close()

    def __enter__(self) -> Simulator:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _listen(self, server: Server) -> Server:
        self._resources.callback(server.stop)
        return server

    # What is asked --------------------------------------------------------------------------------------------------

    def _answer(self, request: Request) -> Response:
        # The body is read before anything else, so that the connection is ready for the next request.
        body = request.get_data()
        request.environ["wsgi.input"] = io.BytesIO(body)
        raw_path, _mark, query = request.environ["REQUEST_URI"].partition("?")
        path = raw_path.removeprefix(API).removeprefix("/")
        self.requests.append(RecordedRequest(request.method, path, query, Headers(request.headers), body))
        self._count_in_flight(1)
        self._stopped.wait(self.options.latency)
        exchange = Exchange(request, self._site, lambda: self._run(request, path), self._stopped)
        try:
            return self._faults.answer(request.method, path, exchange)
        finally:
            self._count_in_flight(-1)
            self._site.busy.answered()

    def _count_in_flight(self, more: int) -> None:
        with self._counting:
            self._in_flight += more
            self.most_at_once = max(self.most_at_once, self._in_flight)

    def _run(self, request: Request, path: str) -> Response:
        request.environ[SITE] = self._site
        with self._site.lock, self._site.lag.seen(self.panel, request.method, path):
            return Response.from_app(self._app.wsgi_app, request.environ, buffered=True)

    @property
    def connections(self) -> int:
        """The connections accepted since the counters were reset."""
        return self._server.accepted - self._first_connection

    def counts(self) -> dict[str, int]:
        """Return how often each method and path was asked for since the counters were reset."""
        return dict(Counter(f"{request.method} {request.path}" for request in list(self.requests)))

    def reset_counters(self) -> None:
        """Forget requests and connections."""
        self.requests.clear()
        self.most_at_once = 0
        self._first_connection = self._server.accepted

    # What is answered -----------------------------------------------------------------------------------------------

    @property
    def credential(self) -> str:
        """The access hash or token that is let in."""
        return self._site.credential

    @property
    def panel(self) -> Panel:
        """The panel's memory."""
        return self._site.panel

    @property
    def options(self) -> Options:
        """The readings of the contract that the panel follows; change them with `options.set(name=value)`."""
        return self._site.options

    @property
    def latency(self) -> float:
        """The seconds before each answer."""
        return self.options.latency

    @latency.setter
    def latency(self, seconds: float) -> None:
        self.options.set(latency=seconds)

    def busy(self, seconds: float | None = None, *, requests: int | None = None, text: str = BUSY_TEXT) -> None:
        """Be busy for some seconds, for some requests, or, without either, until `idle`."""
        self._site.busy.start(seconds, requests, text)

    def idle(self) -> None:
        """Be busy no more."""
        self._site.busy.stop()

    def lag(self, reads: int, *, view: str = "*") -> None:
        """Let the next reads after each write show what there was before; of paths like `view`, a shell pattern."""
        self._site.lag.start(reads, view)

    def fault(
        self,
        kind: str,
        *,
        method: str | None = None,
        path: str | None = None,
        times: int | None = 1,
        pretend: bool = False,
        **options: Any,
    ) -> None:
        """Let the next matching requests go wrong; `path` is a shell pattern of the part after /api/v1/.

        With `pretend` the panel does nothing of what they ask for, and answers as if it had.
        """
        self._faults.add(Fault(kind, method, path, times, pretend, options))

    def greet(self, kind: str, *, times: int | None = 1) -> None:
        """Let the port do something else with the next connections than wait for requests, see `hostile.GREETINGS`."""
        if kind not in hostile.GREETINGS:
            raise ValueError(f"{kind} is no greeting; the greetings are: {', '.join(hostile.GREETINGS)}")
        self._greetings = itertools.repeat(kind, *([] if times is None else [times]))

    def _greet(self, connection: socket.socket) -> bool:
        """Do with a connection what was asked for, if anything was, and return whether it is done with."""
        kind = next(self._greetings, None)
        if kind is not None:
            hostile.GREETINGS[kind](connection, self._stopped)
        return kind is not None

    def rename(self, old: str, new: str) -> None:
        """Give an object another name everywhere in the memory, without a look at the rules."""
        with self._site.lock:
            hostile.rename(self.panel, old, new)

    def clear_faults(self) -> None:
        """Let everything go right again."""
        self._faults.clear()
        self._site.lag.stop()
        self._greetings = iter(())

    def connect(self, protocol: str, name: str, **session: Any) -> None:
        """Let an account be online over a protocol; `session` replaces fields of what is made up."""
        with self._site.lock:
            self.panel.connect(protocol, name, **session)

    def traffic(self, name: str, month: str, download: int = 0, upload: int = 0) -> None:
        """Let these be the bytes of an account in a month such as 2026-11."""
        with self._site.lock:
            self.panel.count_traffic(name, month, download, upload)

    def hold(self, accounts: list[Record]) -> None:
        """Create accounts, each with its values as in memory: many times as fast as a request for each of them."""
        with self._site.lock:
            for account in accounts:
                self.panel.add_account(account)

    def network(self, name: str, **values: Any) -> None:
        """Create a network, or change one: no page shows how a client of generation 2 does. `values` as in memory."""
        with self._site.lock:
            if name in self.panel.wireguard:
                self.panel.change_server(name, values)
            else:
                self.panel.add_server({"name": name, **values})

    def state(self) -> Record:
        """Return a copy of the panel's memory as JSON can hold it."""
        with self._site.lock:
            # Many times as fast as `copy.deepcopy`.
            copied: Record = pickle.loads(pickle.dumps(self.panel.as_json()))
            return copied

    def snapshot(self) -> bytes:
        """Return a copy of the memory that `reset` can go back to, on this panel or on another one."""
        with self._site.lock:
            return self.panel.snapshot()

    def reset(self, memory: bytes | None = None) -> None:
        """Go back to the beginning, or to a memory: options, no faults, not busy, nothing counted."""
        with self._site.lock:
            if memory is None:
                self.panel.reset()
            else:
                self.panel.restore(memory)
            self.options.set(**dataclasses.asdict(self._given))
            self.idle()
            self.clear_faults()
            self.reset_counters()
