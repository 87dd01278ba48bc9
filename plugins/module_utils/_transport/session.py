# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One HTTP request and its whole answer: with :mod:`.bounded` the only code that touches ``requests``.

It knows nothing of envelopes or retries. No exception of a library leaves it: what goes wrong becomes an
:class:`~.._errors.ExchangeError` that says what to look at, see :mod:`.diagnosis`.
"""

from __future__ import annotations

import errno
import os
import re
import time
import zlib
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, BinaryIO, Callable, Iterator, Mapping
from urllib.parse import urlsplit

from .._connection import Connection
from .._errors import ExchangeError, OptionError, PuqVpnError
from .._untrusted import one_line
from .bounded import EXCHANGE, READING, REQUESTS_IMPORT_ERROR, SENDING, BoundedAdapter
from .diagnosis import BUNDLE_HINT, MAX_ANSWER_BYTES, Bundle, Diagnosis, too_large, truncated

if not REQUESTS_IMPORT_ERROR:
    import requests
    import urllib3
    from urllib3.exceptions import InsecureRequestWarning

# How many requests there may be at the same time.
MOST_AT_ONCE = 16
# In seconds. Web servers keep a connection for five or more, so one that is younger is most likely still there.
_LONGEST_IDLE = 4.0
_CHUNK_BYTES = 64 * 1024
_MIB = 1024 * 1024
# Beside the body there are its head and the sizes of its chunks.
_MOST_BYTES = MAX_ANSWER_BYTES + 8 * _MIB
# Of a zip archive with files in it, and of an empty one; the first pieces of a body may be short.
_ARCHIVE_BEGINNINGS = (b"PK\x03\x04", b"PK\x05\x06")
_PIECES_OF_BEGINNING = 8
# The variables that name a file of certificates to trust, in the order in which requests looks at them.
_BUNDLE_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@dataclass(frozen=True)
class Answer:
    """What came back: ``status`` is the HTTP code, ``content`` the decoded body, header names are case-insensitive.

    The body of an archive that was ``stored`` is in the file that was given for it.
    """

    status: int
    headers: Mapping[str, str]
    content: bytes
    stored: bool = False


class Transport:
    """A session with one panel: kept alive, it carries the credential to no other place.

    It holds one TCP connection, or as many as there are requests at once, which may be up to :data:`MOST_AT_ONCE`.
    There is no session of ``requests`` in it, which would follow redirects, keep cookies and read other credentials.

    :raises PuqVpnError: ``missing_library`` when ``requests`` is not there.
    :raises OptionError: the file of certificates to trust cannot be read or holds none.
    """

    def __init__(self, connection: Connection) -> None:
        if REQUESTS_IMPORT_ERROR:
            raise PuqVpnError("missing_library", "The Python library requests is not installed")
        self._connection = connection
        self._adapter = BoundedAdapter(pool_maxsize=MOST_AT_ONCE)
        self._last_used = time.monotonic()
        self._credential = _credential_header(connection)
        # A proxy could read the credential of a plain http request, so the environment may name one for https only.
        is_tls = connection.root.startswith("https://")
        self._proxies = requests.utils.get_environ_proxies(connection.root) if is_tls else {}
        bundle = _bundle(connection, is_tls)
        self._verify: bool | str = bundle.path if bundle else connection.validate_certs
        proxy = requests.utils.select_proxy(connection.root, self._proxies)
        self._diagnosis = Diagnosis(connection, proxy, bundle)
        if not connection.validate_certs:
            # The user asked for it; saying so at every request would fill the output of the task.
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
        archive: BinaryIO | None = None,
        redact: Callable[[str], str] = str,
    ) -> Answer:
        """Send one request and read its answer, within the connection's timeout in seconds.

        ``form`` is sent form-encoded, ``json`` as JSON. ``anonymous`` leaves the credential out. An answer that is a
        zip archive is written to the file ``archive``, of any size; then the timeout is that of each MiB. ``redact``
        takes secrets out of the texts of others that errors show.

        :raises ExchangeError: no answer, a redirect, or an answer that is cut short or over 64 MiB.
        """
        self._leave_idle_connections()
        EXCHANGE.begin(self._connection.timeout, _MOST_BYTES)
        try:
            request = requests.Request(
                method,
                self._connection.url_of(path),
                params=query,
                data=form,
                json=json,
                headers={**_HEADERS, **({} if anonymous else self._credential)},
            ).prepare()
            EXCHANGE.stage = SENDING
            with self._adapter.send(
                request, stream=True, timeout=EXCHANGE.left, verify=self._verify, proxies=self._proxies
            ) as response:
                EXCHANGE.stage = READING
                if 300 <= response.status_code < 400:
                    target = redact(_target(response.headers.get("Location", "")))
                    raise _redirected(response.status_code, one_line(target))
                content, stored = self._read(response, archive)
                return Answer(response.status_code, response.headers, content, stored)
        except PuqVpnError:
            raise
        except Exception as error:
            # Whatever a library may think of: what comes from outside must not end a task in any other way than this.
            raise self._diagnosis.explain(error, EXCHANGE.stage) from None
        finally:
            EXCHANGE.end()
            self._last_used = time.monotonic()

    def _leave_idle_connections(self) -> None:
        """Use no connection that the panel may be closing just now: a write on it would be lost without an answer."""
        if time.monotonic() - self._last_used > _LONGEST_IDLE:
            self._adapter.close()

    def _read(self, response: Any, archive: BinaryIO | None) -> tuple[bytes, bool]:
        # A list, since a buffer that grows is copied each time, which would take the memory twice.
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
            if size > MAX_ANSWER_BYTES:
                raise too_large(response.status_code)
        return b"".join(parts), False

    def _store(self, beginning: bytes, pieces: Iterator[bytes], archive: BinaryIO) -> None:
        """Write the archive piece by piece; one that drips slower than a MiB within the timeout is given up."""
        start = EXCHANGE.deadline
        # An earlier attempt may have left the beginning of an archive.
        archive.seek(0)
        archive.truncate()
        archive.write(beginning)
        for piece in pieces:
            archive.write(piece)
            EXCHANGE.deadline = start + self._connection.timeout * archive.tell() / _MIB
            EXCHANGE.most = _MOST_BYTES


# Compression is limited to what is unpacked here, piece by piece: a library unpacks all that a small answer holds.
_HEADERS = {"Accept": "application/json", "Accept-Encoding": "gzip"}


def _credential_header(connection: Connection) -> dict[str, str]:
    if connection.generation == 2:
        return {"Authorization": f"Bearer {connection.credential}"}
    return {"Cookie": f"access_hash={connection.credential}"}


def _pieces(response: Any) -> Iterator[bytes]:
    """The body in pieces of 64 KiB at most, unpacked.

    :raises ExchangeError: ``answer_bad_encoding`` or ``answer_truncated``.
    """
    packed = iter(lambda: response.raw.read(_CHUNK_BYTES, decode_content=False), b"")
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding in ("", "identity"):
        yield from packed
        return
    if encoding not in ("gzip", "x-gzip"):
        raise _badly_encoded("is compressed in a way that was not asked for")
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        for piece in packed:
            left = piece
            while left and not unpacker.eof:
                yield unpacker.decompress(left, _CHUNK_BYTES)
                left = unpacker.unconsumed_tail
    except zlib.error:
        raise _badly_encoded("is said to be gzip and is not") from None
    if not unpacker.eof:
        raise truncated()


def _badly_encoded(what: str) -> ExchangeError:
    return ExchangeError(
        "answer_bad_encoding",
        f"the answer {what}",
        hint="Look for a proxy between here and the panel that compresses answers, and switch that off.",
    )


def _target(location: str) -> str:
    """Where a redirect leads, without its query."""
    try:
        parts = urlsplit(location)
    except ValueError:
        return "a place that is no URL"
    return f"{parts.scheme}://{parts.netloc}{parts.path}" if parts.netloc else parts.path or "an unnamed place"


def _redirected(status: int, target: str) -> ExchangeError:
    return ExchangeError(
        "redirected",
        f"the panel tried to send us to {target}, and a redirect is never followed with a credential",
        hint="Use the panel's own address in url. A panel also redirects visitors that are not on its list.",
        http_status=status,
    )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The pause in seconds that a Retry-After header asks for, in either of its two forms; None without one."""
    text = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError, IndexError, OverflowError, OSError):
        return None


def _bundle(connection: Connection, is_tls: bool) -> Bundle | None:
    """The file of certificates to trust that was given; None for those that come with ``requests``.

    :raises OptionError: it cannot be one.
    """
    if not connection.validate_certs:
        return None
    if connection.ca_path:
        return _readable(Bundle("ca_path", connection.ca_path))
    names = [name for name in _BUNDLE_VARIABLES if is_tls and os.environ.get(name)]
    return _readable(Bundle(names[0], os.environ[names[0]])) if names else None


def _readable(bundle: Bundle) -> Bundle:
    if os.path.isdir(bundle.path) and bundle.name != "ca_path":
        # For its variables, requests takes a folder of certificates as well.
        return bundle
    try:
        # To open a pipe would wait for somebody to write into it.
        if os.path.exists(bundle.path) and not os.path.isfile(bundle.path):
            raise OSError(errno.EINVAL, "it is not a file")
        with open(bundle.path, "rb") as file:
            holds_certificate = b"-----BEGIN " in file.read(MAX_ANSWER_BYTES)
    except OSError as error:
        raise OptionError(f"{bundle} cannot be read ({error.strerror})", hint=BUNDLE_HINT) from None
    if not holds_certificate:
        raise OptionError(f"{bundle} holds no certificate", hint=BUNDLE_HINT)
    return bundle
