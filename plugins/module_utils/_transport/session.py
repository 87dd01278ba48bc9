# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Send an HTTP request and read its complete answer: with :mod:`.bounded` the only code that uses ``requests``.

It knows nothing about envelopes or retries. No exception of a library leaves it: every failure becomes an
:class:`~.._errors.ExchangeError` that says what to check, see :mod:`.diagnosis`.
"""

from __future__ import annotations

import re
import time
import zlib
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, BinaryIO, Callable, Iterator, Mapping
from urllib.parse import urlencode, urlsplit

from .._connection import Connection
from .._errors import ExchangeError, MissingLibraryError, PuqVpnError
from .._untrusted import one_line
from .bounded import (
    EXCHANGE,
    MAX_ANSWER_BYTES,
    READING,
    REQUESTS_IMPORT_ERROR,
    SENDING,
    BoundedAdapter,
    too_large,
    truncated,
)
from .certificates import bundle_of

if not REQUESTS_IMPORT_ERROR:
    import requests
    import urllib3
    from urllib3.exceptions import InsecureRequestWarning

# The most requests that may be in flight at the same time.
MOST_AT_ONCE = 16
# In seconds. Web servers keep an idle connection for at least five, so a younger one is most likely still open.
_LONGEST_IDLE = 4.0
_CHUNK_BYTES = 64 * 1024
_MIB = 1024 * 1024
# Besides the body, an answer has headers and chunk sizes.
_MOST_BYTES = MAX_ANSWER_BYTES + 8 * _MIB
# Of a zip archive with files, and of an empty one; the first pieces of a body may be short.
_ARCHIVE_BEGINNINGS = (b"PK\x03\x04", b"PK\x05\x06")
_PIECES_OF_BEGINNING = 8


@dataclass
class Answer:
    """An answer: ``status`` is the HTTP status code, ``content`` the decoded body; header names ignore case.

    Whoever has made something else of the body may empty ``content``. The body of an archive that was ``stored`` is in
    the file that was passed for it.
    """

    status: int
    headers: Mapping[str, str]
    content: bytes
    stored: bool = False


class Transport:
    """A session with one panel. It is kept alive, and sends the credential to no other place.

    It has one TCP connection per request in flight, at most :data:`MOST_AT_ONCE`. It does not use a session of
    ``requests``, which would follow redirects, keep cookies and read other credentials.

    :raises PuqVpnError: ``missing_library`` if ``requests`` is not installed.
    :raises OptionError: the file of trusted certificates cannot be read or contains none.
    """

    def __init__(self, connection: Connection) -> None:
        if REQUESTS_IMPORT_ERROR:
            raise MissingLibraryError("requests", REQUESTS_IMPORT_ERROR)
        self._connection = connection
        self._last_used = time.monotonic()
        self._credential = _credential_header(connection)
        # A proxy could read the credential of a plain http request, so the environment may name one for https only.
        is_tls = connection.root.startswith("https://")
        self._adapter = BoundedAdapter(
            is_tls=is_tls, validate_certs=connection.validate_certs, pool_maxsize=MOST_AT_ONCE
        )
        self._proxies = requests.utils.get_environ_proxies(connection.root) if is_tls else {}
        self._bundle = bundle_of(connection, is_tls)
        self._verify: bool | str = self._bundle.path if self._bundle else connection.validate_certs
        if not connection.validate_certs:
            # The user asked for it; a warning for every request would fill the output of the task.
            urllib3.disable_warnings(InsecureRequestWarning)

    def close(self) -> None:
        """Close the connection."""
        self._adapter.close()

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        form: Mapping[str, str] | None = None,
        json: Mapping[str, Any] | None = None,
        anonymous: bool = False,
        most: int = MAX_ANSWER_BYTES,
        archive: BinaryIO | None = None,
        redact: Callable[[str], str] = str,
    ) -> Answer:
        """Send one request and read its answer, within the connection's timeout in seconds.

        ``form`` is sent form-encoded, ``json`` as JSON. ``anonymous`` leaves the credential out. ``most`` is
        the size of the largest answer in bytes. One that is a zip archive is written to the file ``archive``, whatever
        its size; the timeout is then that of each MiB. ``redact`` masks secrets in texts of others that errors show.

        :raises ExchangeError: no answer, a redirect, or an answer that is cut short or larger than ``most``.
        """
        self._leave_idle_connections()
        EXCHANGE.begin(self._connection.timeout, _MOST_BYTES)
        try:
            request = requests.Request(
                method,
                self._connection.url_of(path),
                # As texts: what requests itself does to encode a dictionary takes a tenth of the time of a request.
                params=urlencode(query or {}),
                data=urlencode(form or {}),
                json=json,
                headers={
                    **_HEADERS,
                    **({"Content-Type": "application/x-www-form-urlencoded"} if form else {}),
                    **({} if anonymous else self._credential),
                },
            ).prepare()
            EXCHANGE.stage = SENDING
            with self._adapter.send(
                request, stream=True, timeout=EXCHANGE.left, verify=self._verify, proxies=self._proxies
            ) as response:
                EXCHANGE.stage = READING
                if 300 <= response.status_code < 400:
                    target = redact(_target(response.headers.get("Location", "")))
                    raise _redirected(response.status_code, one_line(target))
                content, stored = self._read(response, archive, most)
                return Answer(response.status_code, response.headers, content, stored)
        except PuqVpnError:
            raise
        except Exception as error:
            # Of any type: input from outside must not end a task in any other way than this.
            raise self._explain(error) from None
        finally:
            EXCHANGE.end()
            self._last_used = time.monotonic()

    def _explain(self, error: Exception) -> PuqVpnError:
        """Return the error to raise for an exception of a library; see :mod:`.diagnosis`."""
        # Most module processes need none of it.
        from .diagnosis import Diagnosis

        proxy = requests.utils.select_proxy(self._connection.root, self._proxies)
        return Diagnosis(self._connection, proxy, self._bundle).explain(error, EXCHANGE.stage)

    def _leave_idle_connections(self) -> None:
        """Close a connection that the panel may be closing at this moment: a write would be lost without an answer."""
        if time.monotonic() - self._last_used > _LONGEST_IDLE:
            self._adapter.close()

    def _read(self, response: Any, archive: BinaryIO | None, most: int) -> tuple[bytes, bool]:
        # A list, since a growing buffer is copied each time, which would take twice the memory.
        parts: list[bytes] = []
        size = 0
        pieces = _pieces(response)
        for piece in pieces:
            parts.append(piece)
            size += len(piece)
            if archive is not None and len(parts) <= _PIECES_OF_BEGINNING:
                beginning = b"".join(parts)
                if beginning.startswith(_ARCHIVE_BEGINNINGS):
                    self._store(beginning, pieces, archive)
                    return b"", True
            if size > most:
                raise too_large(response.status_code, most)
        return b"".join(parts), False

    def _store(self, beginning: bytes, pieces: Iterator[bytes], archive: BinaryIO) -> None:
        """Write the archive piece by piece; abort if a MiB takes longer than the timeout."""
        start = EXCHANGE.deadline
        # An earlier attempt may have left a part of an archive.
        archive.seek(0)
        archive.truncate()
        archive.write(beginning)
        for piece in pieces:
            archive.write(piece)
            EXCHANGE.deadline = start + self._connection.timeout * archive.tell() / _MIB
            EXCHANGE.most = _MOST_BYTES


# Only compression that is unpacked here, piece by piece: a library would unpack all that a small answer contains.
_HEADERS = {"Accept": "application/json", "Accept-Encoding": "gzip"}


def _credential_header(connection: Connection) -> dict[str, str]:
    if connection.generation == 2:
        return {"Authorization": f"Bearer {connection.credential}"}
    return {"Cookie": f"access_hash={connection.credential}"}


def _pieces(response: Any) -> Iterator[bytes]:
    """Yield the unpacked body in pieces of at most 64 KiB.

    :raises ExchangeError: ``answer_bad_encoding`` or ``answer_truncated``.
    """
    packed = iter(lambda: response.raw.read(_CHUNK_BYTES, decode_content=False), b"")
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding in ("", "identity"):
        yield from packed
        return
    if encoding not in ("gzip", "x-gzip"):
        raise _badly_encoded("uses a compression that was not requested")
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        for piece in packed:
            left = piece
            while left and not unpacker.eof:
                yield unpacker.decompress(left, _CHUNK_BYTES)
                left = unpacker.unconsumed_tail
    except zlib.error:
        raise _badly_encoded("is declared as gzip, but is not") from None
    if not unpacker.eof:
        raise truncated()


def _badly_encoded(what: str) -> ExchangeError:
    return ExchangeError("answer_bad_encoding", f"the answer {what}")


def _target(location: str) -> str:
    """Return the target of a redirect, without its query."""
    try:
        parts = urlsplit(location)
    except ValueError:
        return "a place that is not a URL"
    return f"{parts.scheme}://{parts.netloc}{parts.path}" if parts.netloc else parts.path or "an unnamed place"


def _redirected(status: int, target: str) -> ExchangeError:
    return ExchangeError(
        "redirected",
        f"the panel redirected to {target}, and a redirect is never followed with a credential",
        http_status=status,
    )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the pause in seconds that a Retry-After header asks for, in either of its two forms; None without one."""
    text = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError, IndexError, OverflowError, OSError):
        return None
