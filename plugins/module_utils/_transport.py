# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One HTTP request and its whole answer: the only code that touches ``requests``.

It knows nothing of envelopes or retries. What goes wrong becomes an :class:`~._errors.ExchangeError` that says what to
look at; the text of an exception of the library, which may hold an address or a header, is never passed on.
"""

from __future__ import annotations

import re
import socket
import time
import traceback
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any, BinaryIO, Callable, Iterator, Mapping
from urllib.parse import urlsplit

from ._connection import Connection
from ._errors import ExchangeError, OptionError, PuqVpnError

try:
    import requests
    import urllib3
    from urllib3.exceptions import HTTPError, InsecureRequestWarning, ProtocolError

    REQUESTS_IMPORT_ERROR = None
except ImportError:
    REQUESTS_IMPORT_ERROR = traceback.format_exc()

MAX_ANSWER_BYTES = 64 * 1024 * 1024
# How many requests there may be at the same time.
MOST_AT_ONCE = 16
# In seconds. Web servers keep a connection for five or more, so one that is younger is most likely still there.
_LONGEST_IDLE = 4.0
_CHUNK_BYTES = 64 * 1024
# Of a zip archive with files in it, and of an empty one.
_ARCHIVE_BEGINNINGS = (b"PK\x03\x04", b"PK\x05\x06")
_CONNECTION_HINT = "Check that url is right, that the panel runs, and that no firewall is in between."


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

    :raises PuqVpnError: ``missing_library`` when ``requests`` is not there.
    :raises OptionError: ``ca_path`` cannot be read or holds no certificate.
    """

    def __init__(self, connection: Connection) -> None:
        if REQUESTS_IMPORT_ERROR:
            raise PuqVpnError("missing_library", "The Python library requests is not installed")
        self._connection = connection
        self._session = requests.Session()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, requests.adapters.HTTPAdapter(pool_maxsize=MOST_AT_ONCE))
        self._last_used = time.monotonic()
        # A proxy could read the credential of a plain http request, so the environment may name one for https only.
        self._session.trust_env = connection.root.startswith("https://")
        # What a panel sets as cookies is never sent back: the credential is the only cookie.
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._verify: bool | str = connection.validate_certs
        if connection.validate_certs and connection.ca_path:
            _readable(connection.ca_path)
            self._verify = connection.ca_path
        if not connection.validate_certs:
            # The user asked for it; saying so at every request would fill the output of the task.
            urllib3.disable_warnings(InsecureRequestWarning)
        self._authorize = _Authorization(connection.generation, connection.credential)

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

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
        deadline = time.monotonic() + self._connection.timeout
        try:
            with self._session.request(
                method,
                self._connection.url_of(path),
                params=query,
                data=form,
                json=json,
                auth=_anonymous if anonymous else self._authorize,
                headers={"Accept": "application/json"},
                timeout=self._connection.timeout,
                verify=self._verify,
                allow_redirects=False,
                stream=True,
            ) as response:
                if response.is_redirect or 300 <= response.status_code < 400:
                    raise _redirected(response.status_code, redact(_target(response.headers.get("Location", ""))))
                content, stored = self._read(response, deadline, archive)
                return Answer(response.status_code, response.headers, content, stored)
        except (requests.RequestException, HTTPError) as error:
            raise self._explain(error) from None
        finally:
            self._last_used = time.monotonic()

    def _leave_idle_connections(self) -> None:
        """Use no connection that the panel may be closing just now: a write on it would be lost without an answer."""
        if time.monotonic() - self._last_used > _LONGEST_IDLE:
            self._session.close()

    def _read(self, response: Any, deadline: float, archive: BinaryIO | None) -> tuple[bytes, bool]:
        content = bytearray()
        pieces = _pieces(response)
        for piece in pieces:
            content += piece
            if archive is not None and content.startswith(_ARCHIVE_BEGINNINGS):
                self._store(bytes(content), pieces, archive)
                return b"", True
            if len(content) > MAX_ANSWER_BYTES:
                raise ExchangeError(
                    "answer_too_large",
                    f"the answer is larger than {MAX_ANSWER_BYTES // 1024 // 1024} MiB and was not read to its end",
                    hint="No operation of a panel answers that much: check that url leads to a panel.",
                    http_status=response.status_code,
                )
            if time.monotonic() > deadline:
                raise self._timed_out()
        return bytes(content), False

    def _store(self, beginning: bytes, pieces: Iterator[bytes], archive: BinaryIO) -> None:
        """Write the archive piece by piece; one that drips slower than a MiB within the timeout is given up."""
        start = time.monotonic()
        # An earlier attempt may have left the beginning of an archive.
        archive.seek(0)
        archive.truncate()
        archive.write(beginning)
        for piece in pieces:
            archive.write(piece)
            if time.monotonic() - start > self._connection.timeout * (1 + archive.tell() / 1024 / 1024):
                raise self._timed_out()

    def _explain(self, error: Exception) -> ExchangeError:
        if isinstance(error, requests.exceptions.SSLError):
            return self._explain_tls(str(error))
        if isinstance(error, requests.exceptions.ProxyError):
            return ExchangeError(
                "proxy_failed",
                "the proxy that the environment names could not be used",
                hint="Check HTTPS_PROXY and NO_PROXY where the task runs.",
                sent=False,
                transient=True,
            )
        if isinstance(error, requests.exceptions.ConnectTimeout):
            return self._timed_out(sent=False)
        if isinstance(error, requests.exceptions.Timeout) or "timed out" in str(error):
            return self._timed_out()
        if isinstance(error, (HTTPError, requests.exceptions.ChunkedEncodingError)):
            # The head of the answer was there already: only reading its body raises these.
            return ExchangeError("answer_truncated", "the answer was cut short", transient=True)
        return self._explain_connection(error)

    def _explain_connection(self, error: Exception) -> ExchangeError:
        parts = urlsplit(self._connection.root)
        chain = list(_causes(error))
        if any(isinstance(cause, socket.gaierror) for cause in chain):
            return ExchangeError(
                "name_resolution_failed",
                f"the host name {parts.hostname} could not be resolved",
                hint="Check the spelling of url and the name servers where the task runs.",
                sent=False,
                transient=True,
            )
        if any(isinstance(cause, ConnectionRefusedError) for cause in chain):
            return ExchangeError(
                "connection_refused",
                f"nothing listens on {parts.netloc}",
                hint="Check that the panel runs and that the port in url is right (8098 for http, 443 for https).",
                sent=False,
                transient=True,
            )
        if any(isinstance(cause, ProtocolError) for cause in chain):
            hint = _CONNECTION_HINT
            if parts.scheme == "http":
                hint = "If TLS is switched on in the panel, url must begin with https. Otherwise check the panel's log."
            return ExchangeError(
                "connection_lost", "the connection was closed without an answer", hint=hint, transient=True
            )
        return ExchangeError(
            "connection_failed", f"no connection to {parts.netloc}", hint=_CONNECTION_HINT, sent=False, transient=True
        )

    def _explain_tls(self, text: str) -> ExchangeError:
        folded = text.casefold()
        host = urlsplit(self._connection.root).hostname
        for parts, code, message, hint in _TLS_CAUSES:
            if any(part in folded for part in parts):
                return ExchangeError(code, message.format(host=host), hint=hint, sent=False)
        return ExchangeError("tls_failed", "no TLS connection could be made", hint=_CONNECTION_HINT, sent=False)

    def _timed_out(self, *, sent: bool = True) -> ExchangeError:
        return ExchangeError(
            "timeout",
            f"no whole answer came within {self._connection.timeout:g} seconds",
            hint="Raise timeout if the panel is slow. " + _CONNECTION_HINT,
            sent=sent,
            transient=True,
        )


class _Authorization:
    """Adds the credential to a request.

    As the session's own authentication it also keeps ``requests`` from taking another one from a netrc file.
    """

    def __init__(self, generation: int, credential: str) -> None:
        self._header = (
            ("Authorization", f"Bearer {credential}") if generation == 2 else ("Cookie", f"access_hash={credential}")
        )

    def __call__(self, request: Any) -> Any:
        name, value = self._header
        request.headers[name] = value
        return request


def _pieces(response: Any) -> Iterator[bytes]:
    """The decoded body in pieces as they come in, so that a body that drips can be given up in time."""
    if not hasattr(response.raw, "read1"):
        # urllib3 1.x only hands over pieces that are full.
        yield from response.iter_content(1024)
        return
    while True:
        piece = response.raw.read1(_CHUNK_BYTES, decode_content=True)
        if not piece:
            return
        yield piece


def _anonymous(request: Any) -> Any:
    return request


def _target(location: str) -> str:
    """Where a redirect leads, without its query."""
    parts = urlsplit(location)
    return f"{parts.scheme}://{parts.netloc}{parts.path}" if parts.netloc else parts.path or "an unnamed place"


def _redirected(status: int, target: str) -> ExchangeError:
    return ExchangeError(
        "redirected",
        f"the panel tried to send us to {target}, and a redirect is never followed with a credential",
        hint="Use the panel's own address in url. A panel also redirects visitors that are not on its list.",
        http_status=status,
    )


# Parts of what OpenSSL says, and what it means. Order matters: every cause is also a failed verification.
_TLS_CAUSES = (
    (
        ("certificate has expired", "certificate expired"),
        "tls_expired",
        "the certificate of {host} has expired",
        "Renew it on the panel, and check the clock where the task runs.",
    ),
    (
        ("hostname mismatch", "ip address mismatch", "doesn't match"),
        "tls_name_mismatch",
        "the certificate was not made for the name {host}",
        "Use a name in url that the certificate holds, or give the panel a certificate for this name.",
    ),
    (
        ("certificate verify failed", "certificate_verify_failed"),
        "tls_untrusted",
        "the certificate of {host} comes from an authority that is not trusted",
        "Give the authority's certificate in ca_path. Only for a test, validate_certs: false accepts any certificate.",
    ),
    (
        ("wrong version number", "wrong_version_number", "record layer failure", "unknown protocol", "http request"),
        "tls_not_spoken",
        "{host} does not speak TLS on this port",
        "If TLS is switched off in the panel, url must begin with http and name the port, which is 8098 by default.",
    ),
)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The pause in seconds that a Retry-After header asks for, in either of its two forms; None without one."""
    text = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d{1,9}", text):
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return None


def _readable(ca_path: str) -> None:
    try:
        with open(ca_path, "rb") as bundle:
            holds_certificate = b"-----BEGIN " in bundle.read(MAX_ANSWER_BYTES)
    except OSError as error:
        raise OptionError(
            f"ca_path {ca_path} cannot be read ({error.strerror})",
            hint="Give a PEM file on the machine where the task runs.",
        ) from None
    if not holds_certificate:
        raise OptionError(f"ca_path {ca_path} holds no certificate", hint="Give a bundle in PEM format.")


def _causes(error: BaseException) -> Any:
    """The exception and everything that it came from, in whichever way the libraries chained it."""
    seen: set[int] = set()
    queue: list[Any] = [error]
    while queue:
        cause = queue.pop(0)
        if not isinstance(cause, BaseException) or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        queue += [cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args]
