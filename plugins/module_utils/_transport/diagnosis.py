# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turn the exception of a library that ended a request into an error that says what to check.

The stage that a request had reached decides whether the panel may have received it, not the type of the exception: only
what was certainly not sent counts as not sent. The text of an exception may contain an address, a header or a password
and is never passed on; the only exception is the fixed phrase of OpenSSL for a certificate.
"""

from __future__ import annotations

import http.client
import re
import socket
import ssl
from typing import Any, Iterator, TypeVar
from urllib.parse import urlsplit

from .._connection import Connection
from .._errors import ERROR_CODES, ExchangeError, OptionError, PuqVpnError
from .._untrusted import one_line
from .bounded import CONNECTING, PREPARING, READING, SECURING, TUNNELING, TooMuchError, too_large, truncated
from .certificates import BUNDLE_HINT, Bundle, is_bundle

E = TypeVar("E", bound=BaseException)

_TLS_HINT = "If TLS is enabled on the panel, url must begin with https. Otherwise check the log of the panel."

# The errors of requests and urllib3 for a URL that they cannot use, whether it is that of the panel or of a proxy.
_UNUSABLE_URL = ("InvalidURL", "InvalidProxyURL", "InvalidSchema", "MissingSchema", "LocationValueError")


class Diagnosis:
    """Explain exceptions of the libraries. ``proxy`` is the URL of the proxy in use."""

    def __init__(self, connection: Connection, proxy: str | None, bundle: Bundle | None) -> None:
        self._connection = connection
        self._parts = urlsplit(connection.root)
        self._proxy = proxy
        self._bundle = bundle

    def explain(self, error: BaseException, stage: str) -> PuqVpnError:
        """Return the error to raise for an exception in a request that had reached ``stage``."""
        chain = list(_causes(error))
        if stage in (CONNECTING, TUNNELING, SECURING) or _named(chain, _UNUSABLE_URL):
            found = self._explain_connecting(chain, stage)
            found.sent = False
            return found
        found = self._explain_exchange(chain, stage)
        found.sent = stage != PREPARING
        return found

    def _timed_out(self, hint: str = "") -> ExchangeError:
        text = f"no complete answer came within {self._connection.timeout:g} seconds"
        error = ExchangeError("timeout", text, transient=True)
        error.hint = f"{error.hint} {hint}".strip()
        return error

    # --- Before anything was sent

    def _explain_connecting(self, chain: list[BaseException], stage: str) -> ExchangeError:
        if self._proxy is not None and (_named(chain, _UNUSABLE_URL) or stage in (CONNECTING, TUNNELING)):
            return self._explain_proxy(self._proxy, chain)
        if stage == SECURING or _first(chain, ssl.SSLError):
            return self._explain_tls(chain)
        if _first(chain, socket.gaierror) or _first(chain, UnicodeError):
            return ExchangeError(
                "name_resolution_failed",
                f"the host name {self._parts.hostname} could not be resolved",
                transient=True,
            )
        if _first(chain, ConnectionRefusedError):
            return ExchangeError("connection_refused", f"nothing listens on {self._parts.netloc}", transient=True)
        if _is_timeout(chain):
            return self._timed_out()
        return ExchangeError("connection_failed", f"no connection to {self._parts.netloc}", transient=True)

    def _explain_proxy(self, proxy: str, chain: list[BaseException]) -> ExchangeError:
        usable = not _named(chain, _UNUSABLE_URL)
        why = "could not be used"
        if proxy.lower().startswith("socks") and not usable:
            why = "is a SOCKS proxy, which requires the Python library PySocks where the task runs"
        elif not usable:
            why = "is not a valid URL"
        elif _is_timeout(chain):
            why = f"did not answer within {self._connection.timeout:g} seconds"
        elif _refused_tunnel(chain):
            why = f"does not connect to the panel (HTTP {_refused_tunnel(chain)})"
        text = f"the proxy {_without_password(proxy)}, which the environment names, {why}"
        return ExchangeError("proxy_failed", text, transient=usable)

    def _explain_tls(self, chain: list[BaseException]) -> ExchangeError:
        host = self._parts.hostname
        certificate = _first(chain, ssl.SSLCertVerificationError)
        if certificate is not None:
            return _explain_certificate(host, certificate.verify_code, certificate.verify_message, self._bundle)
        if self._bundle is not None and not is_bundle(self._bundle.path):
            raise OptionError(f"{self._bundle} contains no certificate that OpenSSL can read", hint=BUNDLE_HINT)
        text = " ".join(str(cause) for cause in chain).casefold()
        if "doesn't match" in text:
            return _explain_certificate(host, _WRONG_NAME, "", self._bundle)
        if any(words in text for words in _NOT_TLS):
            return ExchangeError("tls_not_spoken", f"{host} does not speak TLS on this port")
        if _is_timeout(chain):
            return self._timed_out(ERROR_CODES["tls_not_spoken"].action)
        return ExchangeError("tls_failed", "no TLS connection could be established")

    # --- When the panel may have received it

    def _explain_exchange(self, chain: list[BaseException], stage: str) -> ExchangeError:
        if stage == PREPARING:
            return ExchangeError("request_invalid", "the request cannot be written as HTTP")
        if _is_timeout(chain):
            return self._timed_out()
        if _first(chain, TooMuchError):
            return too_large()
        if stage == READING:
            return truncated()
        if _is_lost(chain):
            hint = _TLS_HINT if self._parts.scheme == "http" else None
            text = "the connection was closed without an answer"
            return ExchangeError("connection_lost", text, hint=hint, transient=True)
        return ExchangeError("answer_not_http", "the answer violates HTTP")


# X509_V_ERR_... codes of OpenSSL. For all others, its own phrase is reported.
_NOT_YET_VALID, _EXPIRED, _WRONG_NAME, _WRONG_ADDRESS = 9, 10, 62, 64
# No chain from the certificate to a trusted authority: 2, 20 and 21 lack an issuer, 18 and 19 are self-signed.
_UNKNOWN_AUTHORITY = (2, 18, 19, 20, 21)

# Parts of the messages of OpenSSL if the other side does not speak TLS.
_NOT_TLS = ("wrong version number", "wrong_version_number", "record layer failure", "unknown protocol", "http request")


def _explain_certificate(host: str | None, code: int, phrase: str, bundle: Bundle | None) -> ExchangeError:
    if code == _EXPIRED:
        return ExchangeError("tls_expired", f"the certificate of {host} has expired")
    if code == _NOT_YET_VALID:
        return ExchangeError("tls_not_yet_valid", f"the certificate of {host} is not valid yet")
    if code in (_WRONG_NAME, _WRONG_ADDRESS):
        return ExchangeError("tls_name_mismatch", f"the certificate was not issued for the name {host}")
    if code in _UNKNOWN_AUTHORITY:
        what = "the certificate of the authority that issued it"
        advice = f"Check that {bundle} contains {what}." if bundle else f"Set ca_path to a file with {what}."
        if bundle and bundle.name != "ca_path":
            advice = f"Add {what} to {bundle}, or set ca_path to a file with it."
        return ExchangeError(
            "tls_untrusted",
            f"the certificate of {host} comes from an authority that is not trusted",
            hint=f"{advice} Only for a test, validate_certs: false accepts any certificate.",
        )
    return ExchangeError(
        "tls_untrusted",
        f'the certificate of {host}, or that of its authority, is not accepted: OpenSSL says "{one_line(phrase)}"',
        hint="Reissue that certificate without this flaw. Python 3.13 and newer enforce more of RFC 5280 than older "
        "versions, such as the key usage of an authority.",
    )


# --- Exceptions of libraries


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield the exception and all of its causes, however the libraries chained them."""
    seen: set[int] = set()
    queue: list[Any] = [error]
    while queue:
        cause = queue.pop(0)
        if not isinstance(cause, BaseException) or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        queue += [cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args]


def _first(chain: list[BaseException], kind: type[E]) -> E | None:
    return next((cause for cause in chain if isinstance(cause, kind)), None)


def _named(chain: list[BaseException], names: tuple[str, ...]) -> bool:
    """Return whether a class of one of the exceptions has one of the names, without importing the libraries."""
    return any(base.__name__ in names for cause in chain for base in type(cause).__mro__)


def _is_timeout(chain: list[BaseException]) -> bool:
    return _first(chain, socket.timeout) is not None or _named(chain, ("Timeout", "TimeoutError"))


def _refused_tunnel(chain: list[BaseException]) -> str:
    """Return the HTTP status code with which a proxy refused to connect to the panel; empty if it did not."""
    matches = (re.match(r"Tunnel connection failed: ([0-9]{3})", str(cause)) for cause in chain)
    return next((match.group(1) for match in matches if match), "")


def _is_lost(chain: list[BaseException]) -> bool:
    """Return whether the connection broke, rather than that the answer was invalid."""
    # All exceptions of requests are subclasses of OSError.
    own = [cause for cause in chain if not type(cause).__module__.startswith("requests")]
    broke = _first(own, OSError) is not None
    wrong = [cause for cause in chain if isinstance(cause, (http.client.HTTPException, ValueError))]
    return broke and all(isinstance(cause, http.client.RemoteDisconnected) for cause in wrong)


# --- What the user set


def _without_password(proxy: str) -> str:
    """Return host and port of a proxy, and nothing else, since the rest may contain a password."""
    try:
        parts = urlsplit(proxy if "://" in proxy else f"//{proxy}")
        host, port = parts.hostname, parts.port
    except ValueError:
        return "of HTTPS_PROXY"
    if not host or not re.fullmatch(r"[A-Za-z0-9_.:-]+", host):
        return "of HTTPS_PROXY"
    return f"{host}:{port}" if port else host
