# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The panel client: requests with retries, waits for a busy panel, and writes that are never repeated blindly.

Modules, plugins and tests use nothing else to communicate with a panel. It raises :class:`~._errors.PuqVpnError` and
knows no Ansible class.
"""

from __future__ import annotations

import contextlib
import math
import queue
import random
import threading
import time
from datetime import datetime
from typing import Any, BinaryIO, Callable, Iterator, Mapping, NamedTuple, TypeVar

from ._connection import Connection
from ._endpoints import spellings, writes_by_get
from ._envelope import Reply, is_of_generation_2, open_envelope, wrong_generation
from ._errors import ExchangeError, FateUnknownError, OptionError, PuqVpnError, RefusedError, VerificationError
from ._schema import VERIFY_TIMEOUT
from ._secrets import Redactor, secret_values
from ._time import now as current_time
from ._transport.bounded import MAX_ANSWER_BYTES
from ._transport.session import Transport
from ._untrusted import echo, one_line

T = TypeVar("T")

STATUS_PATH = "system/status"
OPENAPI_PATH = "openapi.json"

# A document of 200 operations takes less than 1 MiB.
_MOST_OPENAPI_BYTES = 4 * 1024 * 1024

_LONGEST_RETRY_PAUSE = 15.0
_LONGEST_POLL_PAUSE = 5.0
_FIRST_PROOF_PAUSE = 0.1


class _Content(NamedTuple):
    """The content of a request, and what its answer may be.

    ``query`` contains strings, as does ``data`` for a 1.x panel, which expects a form; a 2.x panel accepts any JSON.
    ``most`` is the size of the largest answer in bytes.
    """

    query: Mapping[str, str] | None = None
    data: Mapping[str, Any] | None = None
    raw: bool = False
    archive: BinaryIO | None = None
    anonymous: bool = False
    most: int = MAX_ANSWER_BYTES


class PanelClient:
    """A client for one panel in one task; several threads may use it at once.

    A ``transport`` that is passed in stays open, for the next client of the same connection.
    With ``check_mode``, every request that could write is refused before it is sent. ``warnings`` collects what a user
    should know although it is not a failure; the edge shows them. For ``verify_timeout`` seconds, a panel may show an
    older state than the one that was written. ``now`` is the moment of the task, in UTC: that of the controller's clock
    if it is given.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        check_mode: bool = False,
        transport: Transport | None = None,
        sleep: Callable[[float], None] | None = None,
        now: datetime | None = None,
    ) -> None:
        self.connection = connection
        self.now = now or current_time()
        self.warnings: list[str] = []
        self.check_mode = check_mode
        self.verify_timeout = VERIFY_TIMEOUT
        # Not an Event: a signal handler must be able to stop a client while its thread is in the middle of a pause.
        self._stopped: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._thread = threading.local()
        self._sleep = sleep or self._pause
        # Requests sent so far, those that are repeated included.
        self.requests = 0
        self._counting = threading.Lock()
        # Masks the secrets that the client knows in texts of others.
        self.redact = Redactor([connection.credential])
        # By the name of an operation: the index of the spelling that this panel knows.
        self._spelling: dict[str, int] = {}
        self._transport = transport or Transport(connection)
        self._keeps_open = transport is not None
        if connection.is_cleartext:
            self.warnings.append(
                f"The credential is sent to {connection.root} over plain http, where others on the network can read "
                "it. Enable TLS in the panel and begin url with https."
            )

    def __enter__(self) -> PanelClient:
        return self

    def __exit__(self, *_exc: object) -> None:
        if not self._keeps_open:
            self._transport.close()

    def stop(self) -> None:
        """Stop waiting and retrying in all threads, since the task has to end.

        A signal handler may call it. Blocks in :meth:`finishing` are not affected.
        """
        self._stopped.put(None)

    @contextlib.contextmanager
    def finishing(self) -> Iterator[None]:
        """In the block, and in this thread, wait and retry as usual even if the task has to end.

        An object that was deleted to be recreated must not be lost because the panel is busy at that moment.
        """
        before = getattr(self._thread, "finishing", False)
        self._thread.finishing = True
        try:
            yield
        finally:
            self._thread.finishing = before

    def assume(self, what: str) -> None:
        """Note an assumption of check mode, see :func:`assumption`."""
        text = assumption(what)
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
        raise PuqVpnError("interrupted", "it was not retried, since the task was asked to end")

    def learn_secrets(self, *values: Mapping[str, Any] | None) -> None:
        """Learn the secrets among the values, by the names of their fields: no error shows them from now on."""
        self.redact.add(secret for value in values for secret in secret_values(value))

    def get(self, path: str, query: Mapping[str, str] | None = None, *, raw: bool = False) -> Reply:
        """Read; retried after transient failures. ``raw``: see :func:`._envelope.open_envelope`.

        :raises PuqVpnError: as :meth:`write` does.
        """
        return self._send("GET", path, _Content(query=query, raw=raw))

    def read(self, path: str, interpret: Callable[[Any], T]) -> T:
        """Read a payload and interpret it; what is wrong with it becomes an error of this request."""
        payload = self.get(path).payload
        try:
            return interpret(payload)
        except PuqVpnError as error:
            error.during("GET", path, self.connection.root)
            raise

    def read_reply(self, path: str, interpret: Callable[[Reply], T]) -> T:
        """Read like :meth:`read` where the answer may also be a text or a picture without an envelope."""
        reply = self.get(path, raw=True)
        try:
            return interpret(reply)
        except PuqVpnError as error:
            error.during("GET", path, self.connection.root)
            raise

    def openapi_document(self, *, patiently: bool) -> Any:
        """Return the OpenAPI document that a 2.x panel shows to anybody; it is read without the credential.

        Only if ``patiently``, retries and waits are the same as with other requests.

        :raises PuqVpnError: as :meth:`get` does; ``answer_too_large`` for a document larger than 4 MiB.
        """
        send = self._send_patiently if patiently else self._once
        return send("GET", OPENAPI_PATH, _Content(anonymous=True, most=_MOST_OPENAPI_BYTES)).payload

    def download(self, path: str, archive: BinaryIO) -> None:
        """Read a zip archive of any size into the file ``archive``; retried like :meth:`get`, from the beginning.

        :raises ExchangeError: ``answer_is_data`` if the answer is not an archive, or as :meth:`get` does.
        """
        reply = self._send("GET", path, _Content(archive=archive))
        if reply.content is None:
            error = ExchangeError("answer_is_data", "the answer is not an archive", hint="Check the log of the panel.")
            raise error.during("GET", path, self.connection.root)

    def write(
        self,
        method: str,
        path: str,
        data: Mapping[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
        *,
        raw: bool = False,
    ) -> Reply:
        """Write. PUT and DELETE are retried after transient failures; POST and a GET that writes are not.

        ``raw``: see :func:`._envelope.open_envelope`.

        :raises RefusedError: the panel refused the request; ``attempts`` is the number of times that it was sent.
        :raises FateUnknownError: a request that must not be repeated may have taken effect.
        :raises ExchangeError: no usable answer came.
        :raises PuqVpnError: ``write_in_check_mode``, ``panel_busy``, ``wrong_generation``, ``not_authorized``.
        """
        return self._send(method, path, _Content(query=query, data=data, raw=raw))

    def until_verified(self, check: Callable[[], T]) -> T:
        """Return what ``check`` returns. It is repeated with growing pauses as long as it raises VerificationError.

        For a moment after a write, a panel may still show the previous state.

        :raises VerificationError: the last one, after ``verify_timeout`` seconds.
        :raises PuqVpnError: every other error of ``check``, at once.
        """
        deadline = time.monotonic() + self.verify_timeout
        pause, left = _FIRST_PROOF_PAUSE, self.verify_timeout
        while True:
            try:
                return check()
            except VerificationError:
                # Pauses count even if the clock does not advance, so the loop ends in any case.
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
        """POST so that it takes effect once: if the answer is lost, ``find`` looks for the object before a retry.

        ``find`` returns the reply that shows the object, or None if the object does not exist. None is believed once
        it was returned for ``verify_timeout`` seconds.

        :raises PuqVpnError: as :meth:`write` does; FateUnknownError only if ``find`` failed.
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
                # The lost request may have taken effect only after ``find`` looked for the object.
                found = self._found(find) if lost and refused.code == "already_exists" else None
                if found is None:
                    raise
            if found is not None:
                self.warnings.append(
                    f"POST {path}: the connection broke before the answer came. The object exists on the panel, so the "
                    "request took effect and was not sent again."
                )
                return found

    def wait_until_ready(self, timeout: float) -> Reply:
        """Poll ``system/status`` until its text is OK, and return that reply.

        A panel that does not answer, for example during a restart, counts as busy.

        :raises PuqVpnError: ``panel_busy`` after ``timeout`` seconds, with the panel's text or the last failure.
        """
        deadline = time.monotonic() + timeout
        pause = 0.25
        while True:
            state, reply = self._ready_state()
            if reply is not None:
                return reply
            left = deadline - time.monotonic()
            if left <= 0:
                raise PuqVpnError(
                    "panel_busy",
                    f"the panel was not ready within {round(timeout, 1):g} seconds, its state is: {echo(state)}",
                    hint="Wait longer, or check the log of the panel.",
                    panel_error=state,
                ).at(self.connection.root)
            pause = min(pause * 2, _LONGEST_POLL_PAUSE)
            self._sleep(min(pause, left))

    def _ready_state(self) -> tuple[str, Reply | None]:
        """Return the panel's state as a text, and the reply if the panel is ready."""
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
        return self.redact(state), reply if is_ready(state, reply.generation) else None

    def _look_for(self, find: Callable[[], Reply | None], unknown: FateUnknownError) -> Reply | None:
        try:
            return self._found(find)
        except PuqVpnError as error:
            unknown.hint = f"The search for the object failed as well: {error}"
            raise unknown from None

    def _found(self, find: Callable[[], Reply | None]) -> Reply | None:
        """Return what ``find`` finds; None if it finds nothing for as long as a panel may show an older state."""

        def look() -> Reply:
            found = find()
            if found is None:
                raise VerificationError("object_not_stored", "the object does not exist")
            return found

        try:
            return self.until_verified(look)
        except VerificationError:
            return None

    def _send(self, method: str, path: str, content: _Content) -> Reply:
        """Send an operation in the spelling that this panel knows.

        The next spelling is only tried if the panel says, without an envelope, that it has no such operation: then
        the request had no effect (contract: fallback).
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
        raise unknown or ExchangeError("unknown_operation", "the panel has no such operation")

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
                # Refused because it is busy: the request had no effect, so even a POST may be sent again.
                busy_until = busy_until or time.monotonic() + self.connection.busy_timeout
                self._wait_while_busy(busy_until, refused)
                attempts -= 1
            except ExchangeError as error:
                self._sleep(self._pause_before_next(method, path, error, attempts))
        if attempts > 1:
            self.warnings.append(f"{method} {path} on {self.connection.root} succeeded only at attempt {attempts}.")
        return reply

    def _wait_while_busy(self, until: float, refused: RefusedError) -> None:
        left = until - time.monotonic()
        if left <= 0:
            raise refused
        self.wait_until_ready(left)
        # Some panels report OK a moment before they accept a write again.
        self._sleep(min(0.1, left))

    def _pause_before_next(self, method: str, path: str, error: ExchangeError, attempts: int) -> float:
        """Return the seconds to wait before the request is sent again; raise if it must not be."""
        repeatable = method in ("GET", "PUT", "DELETE") and not writes_by_get(method, path)
        if not repeatable and error.may_have_acted:
            raise FateUnknownError(error).during(method, path, self.connection.root) from None
        if not error.transient or attempts > self.connection.retries:
            if attempts > 1:
                error.message += f" (tried {attempts} times)"
            if method != "GET" and error.may_have_acted:
                error.hint += " The write may have taken effect: run the task again, it detects that."
            raise error
        return self._retry_pause(attempts, error.retry_after)

    def _retry_pause(self, attempts: int, asked: float | None) -> float:
        """Return an exponential backoff with jitter; a Retry-After is honored, up to busy_timeout."""
        if asked is not None:
            return min(asked, float(self.connection.busy_timeout))
        return min(0.5 * 2.0 ** (attempts - 1), _LONGEST_RETRY_PAUSE) * random.uniform(0.5, 1.0)

    def _once(self, method: str, path: str, content: _Content) -> Reply:
        """Send one request and return its reply. Every error leaves here with the request that failed."""
        try:
            if self.check_mode and (method != "GET" or writes_by_get(method, path)):
                raise PuqVpnError("write_in_check_mode", "it would write, which check mode forbids")
            is_form = self.connection.generation == 1
            self._count_request()
            answer = self._transport.send(
                method,
                path,
                query=content.query,
                form=content.data if is_form else None,
                json=None if is_form else content.data,
                archive=content.archive,
                anonymous=content.anonymous,
                most=content.most,
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

    def _count_request(self) -> None:
        with self._counting:
            self.requests += 1

    def _is_generation_2(self) -> bool:
        """Ask for the OpenAPI document, which a 2.x panel shows to anybody, without the credential."""
        self._count_request()
        try:
            return is_of_generation_2(
                self._transport.send("GET", OPENAPI_PATH, anonymous=True, most=_MOST_OPENAPI_BYTES)
            )
        except ExchangeError:
            return False


def assumption(what: str) -> str:
    """Return the warning about something that an earlier task of the same play may make true, which check mode assumes.

    ``what`` completes the sentence "In check mode it is assumed that ...".
    """
    return f"In check mode it is assumed that {what}."


def verify_timeout_of(options: Mapping[str, Any]) -> float:
    """Return the option ``verify_timeout``, or its default for a module without this option.

    :raises OptionError: it is negative or not finite.
    """
    seconds = float(options.get("verify_timeout", VERIFY_TIMEOUT))
    if not 0 <= seconds < math.inf:
        raise OptionError(
            f"verify_timeout is {seconds:g}, and must be a number of seconds, 0 or more",
            hint="Set it to 0 to verify once, or leave it out for the default.",
        )
    return seconds


def state_of(payload: Any) -> str:
    """Return the text in which ``system/status`` says what the panel is doing; empty if there is none."""
    return one_line(payload.get("status", "")) if isinstance(payload, dict) else ""


def is_ready(state: str, generation: int) -> bool:
    """Return true for the one text that means idle, in any case.

    That 2.x panels have such a text is only inferred (contract: system_status): one that answers without it is ready.
    """
    return state.casefold() == "ok" or (generation == 2 and not state)
