# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The panel client: requests with retries, a busy panel, and writes that are never repeated blindly.

Modules, plugins and tests use this class alone to talk to a panel. It raises :class:`~._errors.PuqVpnError` and knows
no Ansible class.
"""

from __future__ import annotations

import contextlib
import math
import queue
import random
import threading
import time
from dataclasses import dataclass
from typing import Any, BinaryIO, Callable, Iterator, Mapping, TypeVar

from ._connection import Connection
from ._endpoints import spellings, writes_by_get
from ._envelope import Reply, is_openapi_3, open_envelope, wrong_generation
from ._errors import ExchangeError, FateUnknownError, OptionError, PuqVpnError, RefusedError, VerificationError
from ._schema import VERIFY_TIMEOUT
from ._secrets import Redactor, secret_values
from ._transport.session import Transport
from ._untrusted import given, one_line

T = TypeVar("T")

STATUS_PATH = "system/status"

_LONGEST_RETRY_PAUSE = 15.0
_LONGEST_POLL_PAUSE = 5.0
_FIRST_PROOF_PAUSE = 0.1


@dataclass(frozen=True)
class _Content:
    """What goes along with a request, and what its answer may be.

    ``query`` holds texts, and so does ``data`` for a 1.x panel, which takes a form; a 2.x panel takes any JSON.
    """

    query: Mapping[str, str] | None = None
    data: Mapping[str, Any] | None = None
    raw: bool = False
    archive: BinaryIO | None = None


class PanelClient:
    """One panel, one session, one task; several threads may use it at once.

    A ``transport`` that is given stays open, for the next client of the same connection.
    With ``check_mode`` every request that could write is refused before it is sent. ``warnings`` collects what a user
    should know of although it is no failure; the edge shows them. For ``verify_timeout`` seconds a panel may show
    something older than what was written.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        check_mode: bool = False,
        transport: Transport | None = None,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        self.connection = connection
        self.warnings: list[str] = []
        self.check_mode = check_mode
        self.verify_timeout = VERIFY_TIMEOUT
        # No Event: a signal handler must be able to stop a client while its thread is in the middle of a pause.
        self._stopped: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._thread = threading.local()
        self._sleep = sleep or self._pause
        # Takes the secrets that the client knows out of a text of somebody else.
        self.redact = Redactor([connection.credential])
        # By the name of an operation: which of its spellings this panel knows.
        self._spelling: dict[str, int] = {}
        self._transport = transport or Transport(connection)
        self._keeps_open = transport is not None
        if connection.is_cleartext:
            self.warnings.append(
                f"The credential goes to {connection.root} over plain http, where others on the network can read it. "
                "Switch on TLS in the panel and let url begin with https."
            )

    def __enter__(self) -> PanelClient:
        return self

    def __exit__(self, *_exc: object) -> None:
        if not self._keeps_open:
            self._transport.close()

    def stop(self) -> None:
        """Wait for nothing any more and repeat nothing, in no thread: the task is to end.

        A signal handler may call it. What is to be :meth:`finishing` is not affected.
        """
        self._stopped.put(None)

    @contextlib.contextmanager
    def finishing(self) -> Iterator[None]:
        """In the block, and in this thread, send with the usual patience also when the task is to end.

        So what was removed to be made again is not lost because the panel is busy at that moment.
        """
        before = getattr(self._thread, "finishing", False)
        self._thread.finishing = True
        try:
            yield
        finally:
            self._thread.finishing = before

    def assume(self, what: str) -> None:
        """Note what check mode takes for granted, since an earlier task of the same play may bring it about.

        ``what`` completes the sentence "In check mode it is assumed that ...".
        """
        text = f"In check mode it is assumed that {what}."
        if text not in self.warnings:
            self.warnings.append(text)

    def _pause(self, seconds: float) -> None:
        if getattr(self._thread, "finishing", False):
            time.sleep(seconds)
            return
        try:
            self._stopped.get(timeout=seconds)
        except queue.Empty:
            return
        # For the other threads that wait, and for the next pause.
        self._stopped.put(None)
        raise PuqVpnError("interrupted", "it was not tried again, since the task was told to end")

    def learn_secrets(self, *values: Mapping[str, Any] | None) -> None:
        """Note the secrets among the values, by the names of their fields: no error shows them from now on."""
        self.redact.add(secret for value in values for secret in secret_values(value))

    def get(self, path: str, query: Mapping[str, str] | None = None, *, raw: bool = False) -> Reply:
        """Read. Repeated after transient failures. ``raw``: see :func:`._envelope.open_envelope`.

        :raises PuqVpnError: as :meth:`write` does.
        """
        return self._send("GET", path, _Content(query=query, raw=raw))

    def read(self, path: str, understand: Callable[[Any], T]) -> T:
        """Read a payload and understand it; what is wrong with it becomes an error of this request."""
        payload = self.get(path).payload
        try:
            return understand(payload)
        except PuqVpnError as error:
            error.during("GET", path, self.connection.root)
            raise

    def download(self, path: str, archive: BinaryIO) -> None:
        """Read a zip archive of any size into the file ``archive``; repeated as :meth:`get` is, from the beginning.

        :raises ExchangeError: ``answer_is_data`` when the answer is no archive, or as :meth:`get` does.
        """
        reply = self._send("GET", path, _Content(archive=archive))
        if reply.content is None:
            raise ExchangeError("answer_is_data", "the answer is no archive").during("GET", path, self.connection.root)

    def write(
        self, method: str, path: str, data: Mapping[str, Any] | None = None, query: Mapping[str, str] | None = None
    ) -> Reply:
        """Write. PUT and DELETE are repeated after transient failures; POST and a GET that writes are not.

        :raises RefusedError: the panel said no; ``attempts`` tells how often it was asked.
        :raises FateUnknownError: a request that must not be repeated may have taken place.
        :raises ExchangeError: no usable answer came.
        :raises PuqVpnError: ``write_in_check_mode``, ``panel_busy``, ``wrong_generation``, ``not_authorized``.
        """
        return self._send(method, path, _Content(query=query, data=data))

    def until_verified(self, check: Callable[[], T]) -> T:
        """What ``check`` finds, which reads and is repeated with growing pauses as long as it raises UnprovenError.

        A panel may show for a moment what was there before a write.

        :raises UnprovenError: the last one, after ``verify_timeout`` seconds.
        :raises PuqVpnError: every other error of ``check``, at once.
        """
        deadline = time.monotonic() + self.verify_timeout
        pause, left = _FIRST_PROOF_PAUSE, self.verify_timeout
        while True:
            try:
                return check()
            except VerificationError:
                # What is planned counts as well as what went by: a clock that stands still does not make it endless.
                rest = min(left, deadline - time.monotonic())
                if rest <= 0:
                    raise
            self._sleep(min(pause, rest))
            left -= pause
            pause *= 2

    def create(
        self,
        path: str,
        data: Mapping[str, Any] | None,
        find: Callable[[], Reply | None],
        query: Mapping[str, str] | None = None,
    ) -> Reply:
        """POST exactly once in effect: when its fate is unknown, ``find`` looks for the object before another try.

        ``find`` returns the reply that shows the object, or None when it is not there. It counts as not there when that
        is so for ``verify_timeout`` seconds.

        :raises PuqVpnError: as :meth:`write` does; FateUnknownError only when ``find`` could not tell.
        """
        lost = 0
        while True:
            try:
                return self.write("POST", path, data, query)
            except FateUnknownError as unknown:
                lost += 1
                found = self._look_for(find, unknown)
                if found is None and lost > self.connection.retries:
                    raise
                if found is None:
                    self._sleep(self._retry_pause(lost, unknown.retry_after))
            except RefusedError as refused:
                # The lost request may have been carried out only after the object was looked for.
                found = self._found(find) if lost and refused.code == "already_exists" else None
                if found is None:
                    raise
            if found is not None:
                self.warnings.append(
                    f"POST {path}: the connection broke before the answer came. The object was found on the panel "
                    "afterwards, so it was made and the request was not sent again."
                )
                return found

    def wait_until_ready(self, timeout: float) -> Reply:
        """Poll ``system/status`` until its text is OK; the reply that said so.

        A panel that does not answer, as during a restart, is waited for as well.

        :raises PuqVpnError: ``panel_busy`` after ``timeout`` seconds, with the panel's text or the last failure.
        """
        deadline = time.monotonic() + timeout
        pause = 0.25
        while True:
            told, reply = self._ready_state()
            if reply is not None:
                return reply
            left = deadline - time.monotonic()
            if left <= 0:
                raise PuqVpnError(
                    "panel_busy",
                    f"the panel was not ready within {round(timeout, 1):g} seconds, its state is: {given(told)}",
                    hint="Wait longer, or look into the panel's log for what it is doing.",
                    panel_error=told,
                ).at(self.connection.root)
            pause = min(pause * 2, _LONGEST_POLL_PAUSE)
            self._sleep(min(pause, left))

    def _ready_state(self) -> tuple[str, Reply | None]:
        """The panel's state as a text, and the reply when it is ready."""
        try:
            reply = self._once("GET", STATUS_PATH, _Content())
        except ExchangeError as error:
            if not error.transient:
                raise
            return error.message, None
        except RefusedError as error:
            if error.code != "panel_busy":
                raise
            return error.panel_error, None
        state = state_of(reply.payload)
        return self.redact(state), reply if is_ready(state) else None

    def _look_for(self, find: Callable[[], Reply | None], unknown: FateUnknownError) -> Reply | None:
        try:
            return self._found(find)
        except PuqVpnError as error:
            unknown.hint = f"Looking for the object failed as well: {error}"
            raise unknown from None

    def _found(self, find: Callable[[], Reply | None]) -> Reply | None:
        """What ``find`` finds; None when it finds nothing for as long as a panel may show something older."""

        def look() -> Reply:
            found = find()
            if found is None:
                raise VerificationError("object_not_stored", "the object is not there")
            return found

        try:
            return self.until_verified(look)
        except VerificationError:
            return None

    def _send(self, method: str, path: str, content: _Content) -> Reply:
        """One operation in the spelling that this panel knows.

        Another one is only tried where the panel says, without an envelope, that it has no such operation: then
        nothing was done (contract: fallback).
        """
        self.learn_secrets(content.data)
        name, ways = spellings(method, path)
        unknown: ExchangeError | None = None
        for at, way in enumerate(ways):
            if at < self._spelling.get(name, 0):
                continue
            try:
                reply = self._send_patiently(*way, content)
            except ExchangeError as error:
                # A page of the web interface proves nothing where something may have been written.
                if error.code != "unknown_operation" and (method != "GET" or error.code != "answer_is_html"):
                    raise
                unknown = unknown or error
                continue
            self._spelling[name] = at
            return reply
        raise unknown or ExchangeError("unknown_operation", "the panel knows no such operation")

    def _send_patiently(self, method: str, path: str, content: _Content) -> Reply:
        busy_until: float | None = None
        attempts = 0
        while True:
            attempts += 1
            try:
                reply = self._once(method, path, content)
                break
            except RefusedError as refused:
                refused.attempts = attempts
                if refused.code != "panel_busy":
                    raise
                # Refused because it is busy: nothing was done, so even a POST may be sent again.
                busy_until = busy_until or time.monotonic() + self.connection.busy_timeout
                self._wait_while_busy(busy_until, refused)
                attempts -= 1
            except ExchangeError as error:
                self._sleep(self._pause_before_next(method, path, error, attempts))
        if attempts > 1:
            self.warnings.append(f"{method} {path} on {self.connection.root} was answered at attempt {attempts} only.")
        return reply

    def _wait_while_busy(self, until: float, refused: RefusedError) -> None:
        left = until - time.monotonic()
        if left <= 0:
            raise refused
        self.wait_until_ready(left)
        # Some panels say OK a moment before they accept a write again.
        self._sleep(min(0.1, left))

    def _pause_before_next(self, method: str, path: str, error: ExchangeError, attempts: int) -> float:
        """Seconds to wait before the request is sent again; raises when it must not be."""
        repeatable = method in ("GET", "PUT", "DELETE") and not writes_by_get(method, path)
        if not repeatable and error.may_have_acted:
            raise FateUnknownError(error).during(method, path, self.connection.root) from None
        if not error.transient or attempts > self.connection.retries:
            if attempts > 1:
                error.message += f" (tried {attempts} times)"
            if method != "GET" and error.may_have_acted:
                error.hint += " The write may have taken place: run the task again, it finds out."
            raise error
        return self._retry_pause(attempts, error.retry_after)

    def _retry_pause(self, attempts: int, asked: float | None) -> float:
        """Exponential backoff with jitter; a Retry-After is honoured, up to busy_timeout."""
        if asked is not None:
            return min(asked, float(self.connection.busy_timeout))
        return min(0.5 * 2.0 ** (attempts - 1), _LONGEST_RETRY_PAUSE) * random.uniform(0.5, 1.0)

    def _once(self, method: str, path: str, content: _Content) -> Reply:
        """One request, one reply. Every error leaves here with what was tried."""
        if self.check_mode and (method != "GET" or writes_by_get(method, path)):
            raise PuqVpnError("write_in_check_mode", f"{method} {path} would write, which check mode forbids")
        try:
            is_form = self.connection.generation == 1
            answer = self._transport.send(
                method,
                path,
                query=content.query,
                form=content.data if is_form else None,
                json=None if is_form else content.data,
                archive=content.archive,
                redact=self.redact,
            )
            if answer.stored:
                return Reply(None, answer.status, self.connection.generation, content=b"")
            try:
                return open_envelope(answer, self.connection.generation, raw=content.raw, redact=self.redact)
            except ExchangeError as error:
                if error.code == "not_authorized" and self.connection.generation == 1 and self._is_generation_2():
                    raise wrong_generation(2, answer.status) from None
                raise
        except PuqVpnError as error:
            error.during(method, path, self.connection.root)
            raise

    def _is_generation_2(self) -> bool:
        """A 2.x panel shows its OpenAPI document to anybody; asked without the credential."""
        try:
            return is_openapi_3(self._transport.send("GET", "openapi.json", anonymous=True))
        except ExchangeError:
            return False


def verify_timeout_of(options: Mapping[str, Any]) -> float:
    """The option ``verify_timeout``; the default for a module that does not have it.

    :raises OptionError: it is negative, or no number that ends.
    """
    seconds = float(options.get("verify_timeout", VERIFY_TIMEOUT))
    if not 0 <= seconds < math.inf:
        raise OptionError(
            f"verify_timeout is {seconds:g}, and must be a number of seconds, 0 or more",
            hint="Give 0 to look once, or leave it out for the default.",
        )
    return seconds


def state_of(payload: Any) -> str:
    """The text in which ``system/status`` says what the panel is doing; empty when there is none."""
    return one_line(payload.get("status", "")) if isinstance(payload, dict) else ""


def is_ready(state: str) -> bool:
    """True for the one text that means idle, in any case."""
    return state.casefold() == "ok"
