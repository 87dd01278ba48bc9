# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors as exceptions with fields, and the one table of error codes.

Nothing here knows Ansible: the edge (:mod:`._task`) turns a :class:`PuqVpnError` into a failed result.
"""

from __future__ import annotations

from typing import Any, Callable, Mapping, NamedTuple, Sequence, TypeVar

from ._untrusted import escaped, one_line

T = TypeVar("T")

# Of a message that lists problems. The result holds all of them.
_LONGEST_MESSAGE = 4000

_CHECK_URL = "Check that url is the root of a panel, and that no other site or proxy answers in its place."
_CHECK_CONNECTION = "Check that url is correct, that the panel is running, and that no firewall blocks the connection."
_CHECK_WRITE = (
    "Check the log of the panel. The panel may not support this, or somebody else may have changed it. If the panel "
    "shows changes late, raise verify_timeout."
)
_TRY_LATER = "Try again later, or raise retries."


class ErrorCode(NamedTuple):
    """What an error code means, and what to do about it. The latter is also the default hint of an error."""

    meaning: str
    action: str


# The codes are an interface: playbooks branch on them, and docs/docsite/rst/error_codes.rst is generated from this
# table. A code is never renamed.
ERROR_CODES: dict[str, ErrorCode] = {
    "already_exists": ErrorCode(
        "The object, or a value that must be unique on the panel, already exists.",
        "Choose another value, or change the existing object first.",
    ),
    "answer_bad_encoding": ErrorCode(
        "The answer is compressed in a way that cannot be decoded.",
        "Look for a proxy between this machine and the panel that compresses answers, and disable the compression.",
    ),
    "answer_empty": ErrorCode("The answer has no content.", _CHECK_URL),
    "answer_is_a_file": ErrorCode(
        "The answer is a file, such as a backup, and not data.",
        "Use a task with puqcloud.puqvpn.puqvpn_request, and set dest to the file to write the answer to.",
    ),
    "answer_is_data": ErrorCode(
        "The answer is data, and not a file or an archive.",
        "With puqvpn_request, leave out dest and register the result.",
    ),
    "answer_is_html": ErrorCode("The answer is a web page, such as a login form.", _CHECK_URL),
    "answer_not_http": ErrorCode(
        "The answer violates HTTP.", f"{_CHECK_URL} If TLS is enabled on the panel, url must begin with https."
    ),
    "answer_not_json": ErrorCode("The answer is not JSON, or JSON that no panel returns.", _CHECK_URL),
    "answer_not_utf8": ErrorCode("The answer contains text that is not valid UTF-8.", _CHECK_URL),
    "answer_too_large": ErrorCode(
        "The answer is larger than 64 MiB.",
        "No operation of a panel returns that much: check that url is that of a panel.",
    ),
    "answer_truncated": ErrorCode(
        "The answer was cut short.",
        "Run the task again. If this persists, check the connection and any proxy in between.",
    ),
    "answer_wrong_object": ErrorCode("The answer shows another object than the requested one.", _CHECK_URL),
    "answer_wrong_type": ErrorCode("The answer is JSON, but not in the form of this operation.", _CHECK_URL),
    "archive_damaged": ErrorCode(
        "A downloaded backup is damaged. The file on disk was left unchanged.",
        "Try again. If the archive is damaged on the panel, create another one.",
    ),
    "changes_failed": ErrorCode(
        "Several changes of a configuration failed.",
        "See failures in the result, correct the causes, and run the task again: it makes the remaining changes.",
    ),
    "connection_failed": ErrorCode("No connection to the panel could be established.", _CHECK_CONNECTION),
    "connection_lost": ErrorCode("The connection was closed before an answer came.", _CHECK_CONNECTION),
    "connection_refused": ErrorCode(
        "Nothing listens on the port of url.",
        "Check that the panel is running and that the port in url is correct (8098 for http, 443 for https).",
    ),
    "expectation_failed": ErrorCode(
        "The answer differs from expect of puqvpn_request.", "Compare the answer with expect."
    ),
    "field_not_shown": ErrorCode(
        "The panel does not show a setting, so it is unknown under which name it would accept it. Nothing was written.",
        "Leave the option out, or set what the panel shows with puqvpn_request.",
    ),
    "file_not_written": ErrorCode(
        "A file could not be written. An existing file was left unchanged.",
        "The existing file is unchanged. Check the free space, the quota and the permissions of its directory.",
    ),
    "files_failed": ErrorCode(
        "Several files could not be saved, or their content could not be read.",
        "Look at failures in the result. Running the task again saves the others.",
    ),
    "ftp_upload_failed": ErrorCode(
        "The backup exists on the panel, but the panel could not copy it to the FTP server.",
        "Check the FTP settings of the backup schedule.",
    ),
    "http_error": ErrorCode(
        "The answer is an error page with an unexpected HTTP status code.",
        "Check the log of the panel, or of a proxy in front of it.",
    ),
    "immutable_field": ErrorCode(
        "A field differs that the panel cannot update in place.",
        "Set recreate to true to delete and recreate the object, or leave the option out.",
    ),
    "interrupted": ErrorCode(
        "The task was asked to end, for example by a signal or a timeout.",
        "Run the task again: it makes the remaining changes.",
    ),
    "invalid_config": ErrorCode(
        "The configuration cannot be applied. Nothing was written.",
        "Correct the problems in the result, which names the place of each of them.",
    ),
    "invalid_option": ErrorCode(
        "An option is invalid, alone or in combination with another one. Nothing was written.",
        "Correct the option. The message names it and says what is valid.",
    ),
    "license_inactive": ErrorCode(
        "The license of the panel is not active.",
        "Without a valid license, a panel has no API: renew the license in the panel.",
    ),
    "license_limit": ErrorCode(
        "The license allows no more accounts or clients.",
        "All slots of the license are in use: free one, or extend it.",
    ),
    "lockout": ErrorCode(
        "The firewall change would make the panel unreachable. Nothing was written.",
        "First add a rule that accepts the port of the panel from your address, or set allow_lockout to true if you "
        "reach the panel in another way.",
    ),
    "missing_certificate": ErrorCode(
        "IKEv2 needs a root certificate and a server certificate.", "Set ca and server to create them in the same task."
    ),
    "missing_library": ErrorCode(
        "A Python library is not installed where the task runs: requests, or what a certain option requires.",
        "Install it for the Python interpreter that the message names.",
    ),
    "missing_option": ErrorCode(
        "An option is missing that is required to create or to change the object.",
        "Set the options that the message names.",
    ),
    "name_resolution_failed": ErrorCode(
        "The host name in url could not be resolved.",
        "Check the spelling of url and the name servers of the machine where the task runs.",
    ),
    "no_free_address": ErrorCode(
        "The network has no free address for another account or client.",
        "Remove an account or a client, or enlarge the network.",
    ),
    "not_authorized": ErrorCode(
        "The panel rejected the credential, or the address from which the request came.",
        "Compare the access hash and its address in the panel under Settings, API, or the token, its expiry date and "
        "its permissions under Settings, API Tokens.",
    ),
    "not_found": ErrorCode("The object does not exist.", "Check the name, or create the object first."),
    "not_healthy": ErrorCode(
        "The panel is not healthy, and fail of puqvpn_health is true.", "See health in the result for all violations."
    ),
    "object_not_removed": ErrorCode("The panel reported success, but the object still exists.", _CHECK_WRITE),
    "object_not_stored": ErrorCode("The panel reported success, but the object does not exist.", _CHECK_WRITE),
    "panel_busy": ErrorCode(
        "The panel is rebuilding its configuration and was not ready in time.",
        "Raise busy_timeout, or try again later.",
    ),
    "panel_refused": ErrorCode(
        "The panel refused the request. panel_error in the result is its error message.",
        "Correct what the message of the panel complains about.",
    ),
    "parent_failed": ErrorCode(
        "A change of a configuration was not attempted, because a change that it depends on failed.",
        "Correct the cause of that failure and run the task again.",
    ),
    "permission_denied": ErrorCode(
        "The user of the token lacks a permission for the operation.",
        "Give the user a permission group that contains it, in the panel under Settings, Permission Groups.",
    ),
    "protocol_disabled": ErrorCode(
        "The network of a client does not offer the protocol of the configuration. No file was written.",
        "Enable the protocol for the network in the panel, or choose another format.",
    ),
    "proxy_failed": ErrorCode(
        "The proxy that the environment names could not be used.",
        "Check HTTPS_PROXY (or ALL_PROXY) where the task runs, or add the host of the panel to NO_PROXY.",
    ),
    "rate_limited": ErrorCode("The panel, or a proxy in front of it, received too many requests.", _TRY_LATER),
    "redirected": ErrorCode(
        "The answer is a redirect. A redirect is never followed, since the request carries a credential.",
        "Use the panel's own address in url. A panel also redirects visitors that are not on its list.",
    ),
    "removal_refused": ErrorCode(
        "The run would remove objects that are protected, or remove or disable too many. Nothing was written.",
        "Add the objects that must stay to config, or change allow_empty, max_deletes, max_disables or protect.",
    ),
    "request_invalid": ErrorCode(
        "The request cannot be written as HTTP.",
        "Look for characters that are not valid Unicode in the values of the task.",
    ),
    "requirements_not_met": ErrorCode(
        "The panel does not meet the requirements of puqvpn_status.", "See violations in the result for all of them."
    ),
    "schema_mismatch": ErrorCode(
        "With schema: strict, the request does not fit the OpenAPI document of the panel. It was not sent.",
        "Correct the request. If the document is wrong or incomplete, set schema to hint.",
    ),
    "schema_unavailable": ErrorCode(
        "With schema: strict, the OpenAPI document of the panel could not be read or used. The request was not sent.",
        "Set schema to hint or ignore to send the request without a check.",
    ),
    "server_has_accounts": ErrorCode(
        "A WireGuard server cannot be removed while it has accounts.",
        "Remove or move its accounts first, or set force to true to remove them as well.",
    ),
    "timeout": ErrorCode(
        "No complete answer came within timeout seconds.", f"Raise timeout if the panel is slow. {_CHECK_CONNECTION}"
    ),
    "tls_expected": ErrorCode("The panel speaks TLS on this port, and url begins with http.", "Begin url with https."),
    "tls_expired": ErrorCode(
        "The certificate has expired.", "Renew it on the panel, and check the clock where the task runs."
    ),
    "tls_failed": ErrorCode(
        "No TLS connection could be established.",
        f"{_CHECK_CONNECTION} If TLS is disabled on the panel, url must begin with http and include the port, which is "
        "8098 by default.",
    ),
    "tls_name_mismatch": ErrorCode(
        "The certificate was not issued for the host name in url.",
        "Use a name in url that the certificate contains, or give the panel a certificate for this name.",
    ),
    "tls_not_spoken": ErrorCode(
        "The panel does not speak TLS on this port, and url begins with https.",
        "If TLS is disabled on the panel, url must begin with http and include the port, which is 8098 by default.",
    ),
    "tls_not_yet_valid": ErrorCode(
        "The certificate is not valid yet.", "Check the clocks of the panel and of the machine where the task runs."
    ),
    "tls_untrusted": ErrorCode(
        "The certificate, or that of its authority, is not trusted.",
        "Set ca_path to a file with the certificate of the authority. Only for a test, validate_certs: false accepts "
        "any certificate.",
    ),
    "unavailable": ErrorCode("The panel, or a proxy in front of it, is not available.", _TRY_LATER),
    "unknown_operation": ErrorCode(
        "The panel has no such operation.",
        "Check the path and the method, that url is the root of the panel, and that the credential is for a panel of "
        "its generation.",
    ),
    "unsupported_generation": ErrorCode(
        "The module, plugin or subset does not support panels of this generation.",
        "Set access_hash for a 1.x panel or token for a 2.x panel. The attribute platform in the documentation of a "
        "module names the generations that it supports.",
    ),
    "untrusted_value": ErrorCode(
        "A value of the panel must not be used as intended, for example as the name of a host or a file.",
        "Nothing was written. Check the object on the panel: whoever controls the panel, or a proxy in front of it, "
        "may have chosen this value.",
    ),
    "validation_failed": ErrorCode(
        "The command in validate rejected the new content of a file. The existing file was left unchanged.",
        "Run the command by hand on such a file to see its output.",
    ),
    "value_not_stored": ErrorCode("The panel reported success, but shows a different value.", _CHECK_WRITE),
    "write_fate_unknown": ErrorCode(
        "A request that must not be repeated got no answer, so it is unknown whether it took effect.",
        "Check the object on the panel, or run the task again: it detects what exists.",
    ),
    "write_in_check_mode": ErrorCode(
        "A request that could write was refused in check mode.", "This is an error in the collection: please report it."
    ),
    "wrong_generation": ErrorCode(
        "The panel is of the other generation and does not accept this kind of credential.",
        "Set access_hash for a 1.x panel or token for a 2.x panel.",
    ),
}


# Codes of errors that every other request to the panel would meet as well.
PANEL_WIDE = ("license_inactive", "not_authorized", "panel_busy", "wrong_generation")
# HTTP status codes of failures that every other request would meet as well.
_TRANSIENT_STATUS = (None, 429, 502, 503, 504)
# How many failures the message of an error shows; its result has all of them.
_MOST_FAILURES = 20


class PuqVpnError(Exception):
    """An error that a user can act on.

    ``code`` is one of :data:`ERROR_CODES` (``error_code`` in a failed result). ``hint`` is the next step; by default
    the action of the code. ``panel_error`` is the panel's own text, empty if there was none. ``details`` are further
    keys of the failed result. ``wrote`` is true if an earlier write of the same change succeeded.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        hint: str | None = None,
        panel_error: str = "",
        http_status: int | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        action = ERROR_CODES[code].action
        self.code = code
        self.message = message
        self.hint = action if hint is None else hint
        self.panel_error = panel_error
        self.http_status = http_status
        self.details = dict(details or {})
        self.wrote = False
        self.method = ""
        self.path = ""
        self.panel = ""

    @property
    def operation(self) -> str:
        """The request that failed, for example ``GET system/status``; empty if nothing was sent."""
        return f"{self.method} {self.path}".strip()

    def during(self, method: str, path: str, panel: str) -> PuqVpnError:
        """Note the request that failed, unless one is noted already, and return the error."""
        if not self.method:
            self.method, self.path, self.panel = method, path, panel
        return self

    def at(self, panel: str) -> PuqVpnError:
        """Note the panel of an error that no single request caused, and return the error."""
        self.panel = self.panel or panel
        return self

    def __str__(self) -> str:
        # The name in a path may be very long, and must leave room for what failed.
        operation = one_line(self.operation)
        where = f"{operation} on {self.panel} failed: " if self.method else f"{self.panel}: " if self.panel else ""
        sentence = f"{where}{self.message}".rstrip()
        if not sentence.endswith((".", "!", "?")):
            sentence += "."
        # It may contain names of a panel. Whatever they are, the message is one line that a terminal can show.
        return one_line(f"{sentence} {self.hint.strip()}", _LONGEST_MESSAGE)


class OptionError(PuqVpnError):
    """An option is invalid, alone or in combination with another one. Raised before anything is sent."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__("invalid_option", message, hint=hint)


class MissingLibraryError(PuqVpnError):
    """A Python library is not installed. ``traceback`` is that of its import."""

    def __init__(self, library: str, traceback: str) -> None:
        super().__init__("missing_library", f"the Python library {library} is not installed")
        self.library = library
        self.traceback = traceback


def unsupported_generation(what: str, works_with: str = "1.x") -> PuqVpnError:
    """Return the error for something that panels of the credential's generation lack, or are not known to have.

    ``what`` is what was asked for, such as the name of a module, and ``works_with`` the generation that has it.
    """
    right, wrong, other = ("access_hash", "token", "2.x") if works_with == "1.x" else ("token", "access_hash", "1.x")
    return PuqVpnError(
        "unsupported_generation",
        f"{what} supports {works_with} panels only, and {wrong} is the credential of a {other} panel",
        hint=f"Set {right} for a {works_with} panel. See the attribute platform in the documentation of each module.",
    )


class ExchangeError(PuqVpnError):
    """A request got no usable answer: the connection failed, or the answer is not that of a panel.

    ``sent`` is true if the panel may have received the request. ``transient`` errors are worth a retry;
    ``retry_after`` is the pause in seconds that the other side asked for, None if it did not.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        hint: str | None = None,
        panel_error: str = "",
        http_status: int | None = None,
        sent: bool = True,
        transient: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(code, message, hint=hint, panel_error=panel_error, http_status=http_status)
        self.sent = sent
        self.transient = transient
        self.retry_after = retry_after

    @property
    def may_have_acted(self) -> bool:
        """True if a write that ended like this may have taken effect. A 4xx status is a refusal, except 408 and 429."""
        status = self.http_status or 0
        return self.sent and (not 400 <= status < 500 or status in (408, 429))


class FateUnknownError(PuqVpnError):
    """A write that must not be repeated blindly was sent, and it is unknown whether it took effect."""

    def __init__(self, cause: ExchangeError) -> None:
        super().__init__(
            "write_fate_unknown",
            f"{cause.message}, and it is unknown whether the write took effect",
            hint=cause.hint,
            panel_error=cause.panel_error,
            http_status=cause.http_status,
        )
        self.retry_after = cause.retry_after


class RefusedError(PuqVpnError):
    """The panel understood the request and refused it, in its envelope: the request changed nothing.

    ``attempts`` is the number of times that the request was sent: the answer to a repeated write describes the
    panel after the first one. ``said`` is the text of the panel, folded for comparisons and never to be shown: it may
    repeat a secret, which ``redact`` masks in everything that is shown. ``fields`` are those that a 2.x panel refuses.
    """

    def __init__(
        self,
        text: str,
        *,
        generation: int,
        http_status: int,
        fields: Mapping[str, str] | None = None,
        redact: Callable[[str], str] = str,
    ) -> None:
        fields = fields or {}
        # A panel may repeat the text of the first field.
        texts = [text] if text and text not in fields.values() else []
        texts += (f"{name}: {problem}" for name, problem in fields.items())
        self.said = " ".join(" ".join(texts).casefold().split())
        self.attempts = 1
        self.fields = tuple(fields)
        code, hint = classify(self.said, generation)
        if code == "panel_refused" and http_status == 403:
            code, hint = "permission_denied", ERROR_CODES["permission_denied"].action
        panel_error = "; ".join(one_line(redact(part)) for part in texts)
        super().__init__(
            code, f'the panel answered "{panel_error}"', hint=hint, panel_error=panel_error, http_status=http_status
        )

    @property
    def absent(self) -> bool:
        """True if the panel says that the object does not exist."""
        return self.code == "not_found" or self.http_status == 404


class VerificationError(PuqVpnError):
    """A write succeeded according to the panel, which then shows something else than was written.

    ``fields`` are the names of those that have another value.
    """

    def __init__(self, code: str, message: str, *, fields: Sequence[str] = ()) -> None:
        details = {"fields": list(fields)} if fields else {}
        super().__init__(code, f"the panel reported success, but {message}", details=details)
        self.wrote = True


class UntrustedValueError(PuqVpnError):
    """A value of a panel must not be used as intended, such as for the name of a host or a file."""

    def __init__(self, what: str, value: Any, reason: str) -> None:
        super().__init__("untrusted_value", f"the panel shows {what} {escaped(value)}, which {reason}")


def accepted(use: Callable[[Any], T], what: str, value: Any) -> T:
    """Return a value of a panel in the form of its ``use``, a function of :mod:`._untrusted` named ``as_...``.

    ``what`` names value and object, for example ``the address of account alice``.

    :raises UntrustedValueError: the value is not acceptable for that use.
    """
    try:
        return use(value)
    except ValueError as reason:
        raise UntrustedValueError(what, value, str(reason)) from None


_HASH_REFUSED = (
    "Either access_hash is wrong, or it is correct and this request came from an address that the hash is not bound "
    "to: compare the hash and its address in the panel under Settings, API."
)
_TOKEN_REFUSED = (
    "Either token is wrong or has expired, or its user lacks the permission, or this request came from an address that "
    "the token does not allow: compare it in the panel under Settings, API Tokens."
)

_BUSY = "The panel is rebuilding its configuration: raise busy_timeout or try again."
_NO_SERVER = "Check the name of the WireGuard server, or create it first."
_NO_NETWORK = "Check the name of the network, or create it in the panel first."

# Texts by which 1.x panels name a condition (contract: common_errors and the errors of each operation), compared
# case-insensitively, by any part. 2.x panels document no texts; a text that is the same means the same.
_KNOWN_TEXTS: tuple[tuple[str, str, str], ...] = (
    ("license is not active", "license_inactive", ERROR_CODES["license_inactive"].action),
    ("status not ok", "panel_busy", _BUSY),
    ("account limit exceeded", "license_limit", ERROR_CODES["license_limit"].action),
    ("client limit exceeded", "license_limit", ERROR_CODES["license_limit"].action),
    ("wireguard server not found", "not_found", _NO_SERVER),
    ("network not found", "not_found", _NO_NETWORK),
    # How a 2.x panel refuses what the user of a token may not do is not documented.
    ("permission denied", "permission_denied", ERROR_CODES["permission_denied"].action),
    ("insufficient permission", "permission_denied", ERROR_CODES["permission_denied"].action),
    ("access denied", "permission_denied", ERROR_CODES["permission_denied"].action),
    ("forbidden", "permission_denied", ERROR_CODES["permission_denied"].action),
    ("wireguard server not valid", "panel_refused", _NO_SERVER),
    ("entered incorrect peer", "panel_refused", "The account must exist, and on the same WireGuard server."),
    ("dstport cannot be listenport", "panel_refused", "The server itself listens on this port: choose another one."),
    (
        "not within the range",
        "panel_refused",
        "Choose an address of the server's network, or leave it out to get a free one.",
    ),
    ("telegraf not installed", "panel_refused", "Install Telegraf on the host of the panel first."),
    ("is loading", "panel_busy", _BUSY),
    ("not found", "not_found", ""),
    ("does not exist", "not_found", ""),
    ("no such client", "not_found", ""),
    ("no rule found", "not_found", ""),
    ("there is no such", "not_found", ""),
    ("there is no backup", "not_found", ""),
    ("certificate is not present", "not_found", ""),
    ("already in use", "already_exists", ""),
    ("already exists", "already_exists", ""),
    ("already enabled", "already_exists", ""),
    ("already in the system", "already_exists", ""),
)


def concerns_all_requests(error: PuqVpnError) -> bool:
    """Return whether every other request would fail as well: the panel is gone, or denies access."""
    if error.code in PANEL_WIDE:
        return True
    return isinstance(error, (ExchangeError, FateUnknownError)) and error.http_status in _TRANSIENT_STATUS


def combined_failure(
    code: str, what: str, failures: Sequence[tuple[str, PuqVpnError]], total: int, done: str
) -> PuqVpnError:
    """Return failures, each with a label, as one error: the only failure itself, or an error that lists them.

    :param code: that of the error that lists them.
    :param what: what ``total`` is the number of, such as ``changes``.
    :param done: what was done nevertheless, as a sentence.
    """
    label, error = failures[0]
    if len(failures) == 1:
        error.message = f"{label}: {error.message}"
        error.hint = f"{error.hint} {done}".strip()
        return error
    sentences = " ".join(f"{label}: {error}" for label, error in failures[:_MOST_FAILURES])
    more = f" And {len(failures) - _MOST_FAILURES} more, see failures." if len(failures) > _MOST_FAILURES else ""
    message = f"{len(failures)} of {total} {what} failed. {sentences}{more}"
    return PuqVpnError(code, message, hint=done, panel_error=error.panel_error)


def listed(names: Sequence[str], most: int = 20) -> str:
    """Return names as a part of a sentence: the first of them, and the number of the others."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def not_authorized_hint(generation: int) -> str:
    """Return every possible cause of a rejected credential of that generation."""
    return _TOKEN_REFUSED if generation == 2 else _HASH_REFUSED


def classify(text: str, generation: int) -> tuple[str, str]:
    """Map a folded text of a panel to ``(code, hint)``; ``panel_refused`` without a hint if it is not a known one."""
    if any(words in text for words in ("not authorized", "unauthorized", "not authorised", "unauthorised")):
        return "not_authorized", not_authorized_hint(generation)
    if text.startswith("loading"):
        return "panel_busy", _BUSY
    for part, code, hint in _KNOWN_TEXTS:
        if part in text:
            return code, hint
    return "panel_refused", ""
