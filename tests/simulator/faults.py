# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How answers go wrong: each kind of fault is a function from an exchange to what the client gets."""

from __future__ import annotations

import contextlib
import fnmatch
import inspect
import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn
from urllib.parse import unquote

from werkzeug import Request, Response

from .pages import html_page, json_response
from .site import Site
from .state import Panel
from .wire import PanelError, Record, ipv4


@dataclass
class Exchange:
    """A request on its way: `run()` lets the panel answer it, `stopped` ends every wait."""

    request: Request
    site: Site
    run: Callable[[], Response]
    stopped: threading.Event

    @property
    def connection(self) -> socket.socket:
        """The connection that the request came in on."""
        connection: socket.socket = self.request.environ["werkzeug.socket"]
        return connection

    def pretending(self) -> Exchange:
        """Return the same exchange with a panel that does nothing and says that it did."""
        return replace(self, run=lambda: self.site.dialect.success(self.site, "success"))

    def hang_up(self) -> NoReturn:
        """Close the connection as it is."""
        self.connection.shutdown(socket.SHUT_RDWR)
        raise ConnectionAbortedError


Kind = Callable[..., Response]

KINDS: dict[str, Kind] = {}


def kind(function: Kind) -> Kind:
    """Enter a kind of fault under its name."""
    KINDS[function.__name__] = function
    return function


# The connection -----------------------------------------------------------------------------------------------------


@kind
def drop_before(exchange: Exchange) -> Response:
    """Close the connection without an answer; the operation does not run."""
    exchange.hang_up()


@kind
def drop_after(exchange: Exchange) -> Response:
    """Close the connection without an answer; the operation has run."""
    exchange.run()
    exchange.hang_up()


@kind
def short_body(exchange: Exchange) -> Response:
    """Promise the whole body, send half of it and close the connection."""
    body, answer = _body_of(exchange)

    def half() -> Iterator[bytes]:
        yield body[: len(body) // 2]
        exchange.hang_up()

    return _streamed(answer, half(), len(body))


@kind
def slow(exchange: Exchange, seconds: float = 1.0) -> Response:
    """Wait before answering."""
    exchange.stopped.wait(seconds)
    return exchange.run()


@kind
def drip(exchange: Exchange, seconds: float = 0.1) -> Response:
    """Send the answer byte by byte."""
    body, answer = _body_of(exchange)

    def drops() -> Iterator[bytes]:
        for position in range(len(body)):
            exchange.stopped.wait(seconds)
            yield body[position : position + 1]

    return _streamed(answer, drops(), len(body))


@kind
def endless(exchange: Exchange, seconds: float = 0.001) -> Response:
    """Send a body that ends only when the client goes, and wait before every 64 KiB of it."""
    answer = exchange.run()

    def chunks() -> Iterator[bytes]:
        while not exchange.stopped.wait(seconds):
            yield b" " * 65536

    return _streamed(answer, chunks())


# Instead of the panel -----------------------------------------------------------------------------------------------


@kind
def status(
    exchange: Exchange, code: int = 503, html: bool = True, retry_after: int | None = None, run: bool = False
) -> Response:
    """Answer with an HTTP status, as a proxy does; with `run` the operation has run."""
    if run:
        exchange.run()
    answer = html_page(f"{code} page", code=code) if html else Response("", code, mimetype="text/plain")
    if retry_after is not None:
        answer.headers["Retry-After"] = str(retry_after)
    return answer


@kind
def rate_limit(exchange: Exchange, retry_after: int = 1) -> Response:
    """Answer that there are too many requests."""
    return status(exchange, code=429, retry_after=retry_after)


@kind
def login_page(exchange: Exchange) -> Response:
    """Answer with the form to log in."""
    return html_page("Login", '<form method="post"><input name="login"><input name="password" type="password"></form>')


@kind
def redirect(exchange: Exchange, location: str = "http://other.example.com/", code: int = 302) -> Response:
    """Send the client elsewhere."""
    answer = html_page("Found", code=code)
    answer.headers["Location"] = location
    return answer


@kind
def error(exchange: Exchange, text: str = "Something failed", code: int = 400) -> Response:
    """Refuse with a text."""
    return exchange.site.dialect.failure(exchange.site, PanelError(text, code))


@kind
def echo_credential(exchange: Exchange) -> Response:
    """Refuse with a text that holds the credential that was sent."""
    sent = exchange.site.dialect.credential(exchange.request)
    return error(exchange, text=f"Not authorized: {sent}", code=401)


# The body -----------------------------------------------------------------------------------------------------------


@kind
def cut_json(exchange: Exchange) -> Response:
    """Answer with the first half of the body, as if it were whole."""
    body, answer = _body_of(exchange)
    answer.set_data(body[: len(body) // 2])
    return answer


@kind
def wrong_type(exchange: Exchange, **replacement: Any) -> Response:
    """Answer with any JSON (`body`), or with a good envelope around a payload of another type (`msg`)."""
    exchange.run()
    if "body" in replacement:
        return json_response(replacement["body"])
    return exchange.site.dialect.success(exchange.site, replacement.get("msg", [["a list", "of lists"]]))


@kind
def empty(exchange: Exchange) -> Response:
    """Answer with nothing."""
    answer = exchange.run()
    answer.set_data(b"")
    return answer


@kind
def bad_utf8(exchange: Exchange) -> Response:
    """Answer with bytes in the first text that are not UTF-8."""
    body, answer = _body_of(exchange)
    before, quote, after = body.partition(b'"')
    answer.set_data(before + quote + b"\xff\xfe" + after)
    return answer


@kind
def set_cookie(exchange: Exchange) -> Response:
    """Answer as usual, and set a cookie."""
    answer = exchange.run()
    answer.set_cookie("session", "of-the-web-interface")
    return answer


def _body_of(exchange: Exchange) -> tuple[bytes, Response]:
    answer = exchange.run()
    return answer.get_data(), answer


def _streamed(answer: Response, body: Iterator[bytes], length: int | None = None) -> Response:
    streamed = Response(body, answer.status_code, mimetype=answer.mimetype)
    if length is not None:
        streamed.content_length = length
    return streamed


# The memory ---------------------------------------------------------------------------------------------------------


@kind
def not_stored(exchange: Exchange) -> Response:
    """Answer as usual, and forget what was written."""
    with exchange.site.lock:
        before = exchange.site.panel.snapshot()
        answer = exchange.run()
        exchange.site.panel.restore(before)
    return answer


@kind
def wrong_value(exchange: Exchange, field: str, value: Any) -> Response:
    """Answer as usual, and keep another value in one field of what was written; `value` as the memory has it.

    The field has the name that the API gives it.
    """
    with exchange.site.lock:
        answer = exchange.run()
        reply = answer.get_json()  # None: a page, for there is no such path.
        if not reply or _is_refusal(reply):
            return answer
        try:
            written = _written(exchange.request, exchange.site.panel)
            exchange.site.panel.falsify(written, NAMES_OF_2.get(field, field), value)
        except (LookupError, ValueError) as problem:  # Told to the client, where a test that asks for it will see it.
            return error(exchange, text=f"There is no such fault: {problem!r}", code=500)
    return answer


@kind
def race(exchange: Exchange) -> Response:
    """Let another client create an account with the address that the request asks for, then answer as usual."""
    sent = exchange.request.form or exchange.request.get_json(silent=True)
    form = {NAMES_OF_2.get(name, name): value for name, value in sent.items()} if isinstance(sent, dict) else {}
    panel = exchange.site.panel
    with exchange.site.lock:
        # Nobody can win an address that the panel gives to nobody: the answer tells what is wrong with it.
        with contextlib.suppress(PanelError, ValueError):
            address = ipv4(form.get("allowed_IPs", ""))
            # Named after the address, so that the name is neither the one that is asked for nor another race's.
            name = f"rival_{address.replace('.', '_')}"
            panel.add_account({"name": name, "username": name, "wg_name": form.get("wg_name"), "allowed_IPs": address})
        return exchange.run()


# The fields of a client in generation 2, under their names in memory.
NAMES_OF_2 = {"network": "wg_name", "network_name": "wg_name", "ipv4": "allowed_IPs", "ipv6": "allowed_IPs_ipv6"}

# What writes change apart from servers and accounts.
SETTINGS = {
    "dns": "dns",
    "dns/adblock": "adblock",
    "firewall/conf": "firewall_conf",
    "system/config": "system_config",
    "system/config/default": "system_config",
    "ikev2": "ikev2",
    "ikev2/advanced_settings": "ikev2_advanced",
    "ikev2/advanced_settings/default": "ikev2_advanced",
    "traffic_logging": "traffic_logging",
    "backups/config": "backup_config",
}


def _is_refusal(reply: Record) -> bool:
    return bool(reply.get("error")) or reply.get("result", "OK").upper() != "OK"


def _written(request: Request, panel: Panel) -> Record:
    """Return what a write has just created or changed."""
    path = request.path.removeprefix("/api/v1/").rstrip("/")
    if request.method == "PUT" and path in SETTINGS:
        settings: Record = getattr(panel, SETTINGS[path])
        return settings
    group, _slash, name = path.partition("/")
    members = {"account": panel.accounts, "client": panel.accounts, "wireguard": panel.wireguard}.get(group, {})
    if request.method == "POST" and not name and members:
        return members[next(reversed(members))]  # What was added last stands last.
    if request.method == "PUT" and name in members:
        return members[name]
    raise ValueError(f"{request.method} {path} writes nothing whose value could be wrong")


# Which requests -----------------------------------------------------------------------------------------------------


@dataclass
class Fault:
    """A kind of fault waiting for the requests that it is for; with `pretend` their operations do not run."""

    kind: str
    method: str | None = None
    path: str | None = None
    times: int | None = 1
    pretend: bool = False
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Find out at once whether this can work."""
        if self.kind not in KINDS:
            raise ValueError(f"{self.kind} is not a fault; the faults are: {', '.join(KINDS)}")
        try:
            inspect.signature(KINDS[self.kind]).bind(None, **self.options)
            json.dumps(self.options)
        except TypeError as problem:
            raise ValueError(f"fault {self.kind}: {problem}") from problem

    def is_for(self, method: str, path: str) -> bool:
        """Tell whether a request matches; the path may be written as on the wire or decoded."""
        if self.times == 0 or self.method not in (None, method):
            return False
        return self.path is None or any(fnmatch.fnmatchcase(form, self.path) for form in (path, unquote(path)))


class Faults:
    """The faults that wait, the oldest first."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Let a fault wait for its requests."""
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """Forget all faults."""
        with self._lock:
            self._faults.clear()

    def answer(self, method: str, path: str, exchange: Exchange) -> Response:
        """Answer a request, wrongly if a fault waits for it."""
        fault = self._take(method, path)
        if fault is None:
            return exchange.run()
        return KINDS[fault.kind](exchange.pretending() if fault.pretend else exchange, **fault.options)

    def _take(self, method: str, path: str) -> Fault | None:
        with self._lock:
            fault = next((fault for fault in self._faults if fault.is_for(method, path)), None)
            if fault and fault.times is not None:
                fault.times -= 1
            return fault
