# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can go wrong, as exceptions with fields: one place for codes, sentences and hints.

Nothing here knows Ansible: the edge (:mod:`._task`) turns a :class:`PuqVpnError` into a failed result.
"""

from __future__ import annotations

from typing import Any, Callable, Mapping, Sequence, TypeVar

from ._untrusted import escaped, one_line

T = TypeVar("T")

# Of a failure that lists what is wrong, which its result holds in whole.
_LONGEST_SENTENCE = 4000


class PuqVpnError(Exception):
    """Something that a user can act on.

    ``code`` is stable and in snake_case: playbooks may branch on it (``error_code`` in a failed result).
    ``hint`` says what to do next. ``panel_error`` is the panel's own text, empty when it said nothing.
    ``details`` are further keys of the failed result. ``wrote`` is true when a write of the same change was answered
    with success before.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        hint: str = "",
        panel_error: str = "",
        http_status: int | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.panel_error = panel_error
        self.http_status = http_status
        self.details = dict(details or {})
        self.wrote = False
        self.method = ""
        self.path = ""
        self.panel = ""

    @property
    def operation(self) -> str:
        """What was tried, for example ``GET system/status``; empty when nothing was sent."""
        return f"{self.method} {self.path}".strip()

    def during(self, method: str, path: str, panel: str) -> PuqVpnError:
        """Note what was tried and where, and return itself; the first to know wins, so that an origin is kept."""
        if not self.method:
            self.method, self.path, self.panel = method, path, panel
        return self

    def at(self, panel: str) -> PuqVpnError:
        """Note the panel of an error that no single request is to blame for, and return itself."""
        self.panel = self.panel or panel
        return self

    def __str__(self) -> str:
        where = f"{self.operation} on {self.panel} failed: " if self.method else f"{self.panel}: " if self.panel else ""
        sentence = f"{where}{self.message}".rstrip()
        if not sentence.endswith((".", "!", "?")):
            sentence += "."
        # Names of a panel may be in it, and whatever they hold, it is one line that a terminal can show.
        return one_line(f"{sentence} {self.hint.strip()}", _LONGEST_SENTENCE)


class OptionError(PuqVpnError):
    """An option is wrong, alone or with another one. Raised before anything is sent."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__("invalid_option", message, hint=hint)


def unsupported_generation(what: str, works_with: str = "1.x") -> PuqVpnError:
    """The error for something that panels of the generation of the credential do not have, or not as far as is known.

    ``what`` is what was asked for, such as the name of a module, and ``works_with`` the generation that has it.
    """
    right, wrong, other = ("access_hash", "token", "2.x") if works_with == "1.x" else ("token", "access_hash", "1.x")
    return PuqVpnError(
        "unsupported_generation",
        f"{what} works with {works_with} panels only, and {wrong} is the credential of a {other} panel",
        hint=f"Give {right} for a {works_with} panel. With {other} panels, puqvpn_status, puqvpn_info and "
        "puqvpn_request work.",
    )


class ExchangeError(PuqVpnError):
    """A request got no usable answer: the connection failed, or what came back is not the panel's word.

    ``sent`` tells whether the panel may have received the request. ``transient`` errors are worth another try;
    ``retry_after`` is the pause in seconds that the other side asked for, None when it did not.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        hint: str = "",
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
        """True when a write that ended like this may have taken place. A 4xx code is a refusal, but for 408 and 429."""
        status = self.http_status or 0
        return self.sent and (not 400 <= status < 500 or status in (408, 429))


class FateUnknownError(PuqVpnError):
    """A write that must not be repeated blindly was sent, and whether it took place is not known."""

    def __init__(self, cause: ExchangeError) -> None:
        super().__init__(
            "write_fate_unknown",
            f"{cause.message}, and it is not known whether the write took place",
            hint=cause.hint,
            panel_error=cause.panel_error,
            http_status=cause.http_status,
        )
        self.retry_after = cause.retry_after


class RefusedError(PuqVpnError):
    """The panel understood the request and said no, in its envelope: nothing was changed by it.

    ``attempts`` is the number of times that the request was sent: the answer to a repeated write describes the
    panel after the first one. ``said`` is what the panel said, folded for comparisons and never to be shown: it may
    repeat a secret, which ``redact`` takes out of everything that is shown.
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
        self.said = " ".join(text.casefold().split())
        self.attempts = 1
        code, hint = classify(self.said, generation)
        texts = [text, *(f"{name}: {told}" for name, told in (fields or {}).items())]
        told = "; ".join(one_line(redact(one)) for one in texts)
        super().__init__(
            code,
            f'the panel answered "{told}"',
            hint=hint,
            panel_error=told,
            http_status=http_status,
        )

    @property
    def absent(self) -> bool:
        """True when the panel says that the object does not exist."""
        return self.code == "not_found" or self.http_status == 404


class VerificationError(PuqVpnError):
    """A write was answered with success, and what the panel shows afterwards is not what was written.

    ``fields`` are the names of those that have another value.
    """

    def __init__(self, code: str, message: str, *, fields: Sequence[str] = ()) -> None:
        super().__init__(
            code,
            f"the write was answered with success, but {message}",
            hint="Look into the panel's log. The panel may not support this, or somebody else may have changed it. One "
            "that shows a change late needs a higher verify_timeout.",
            details={"fields": list(fields)} if fields else {},
        )
        self.wrote = True


class UntrustedValueError(PuqVpnError):
    """A value of a panel that must not become what it was to become, such as a host name or the name of a file."""

    def __init__(self, what: str, value: Any, reason: str) -> None:
        super().__init__(
            "untrusted_value",
            f"the panel shows {what} {escaped(value)}, which {reason}",
            hint="Nothing was written. Look at the object on the panel: whoever controls the panel, or a proxy in "
            "front of it, may have chosen this value.",
        )


def accepted(use: Callable[[Any], T], what: str, value: Any) -> T:
    """Return a value of a panel in the form of its ``use``, a function of :mod:`._untrusted` named ``as_...``.

    ``what`` names value and object, for example ``the address of account alice``.

    :raises UntrustedValueError: the value is not good enough for that use.
    """
    try:
        return use(value)
    except ValueError as reason:
        raise UntrustedValueError(what, value, str(reason)) from None


_HASH_REFUSED = (
    "Either access_hash is wrong, or it is right and this request came from an address that the hash is not bound to: "
    "compare the hash and its address in the panel under Settings, API."
)
_TOKEN_REFUSED = (
    "Either token is wrong or has expired, or its user lacks the permission, or this request came from an address that "
    "the token does not allow: compare it in the panel under Settings, API Tokens."
)

_NO_SERVER = "Check the name of the WireGuard server, or make it first."

# Texts by which 1.x panels name a condition (contract: common_errors and the errors of each operation), compared
# without regard to case, by any part. 2.x panels document no texts; a text that is the same means the same.
_KNOWN_TEXTS: tuple[tuple[str, str, str], ...] = (
    ("loading (", "panel_busy", "The panel is rebuilding its configuration: raise busy_timeout or try again."),
    ("license is not active", "license_inactive", "Without a valid licence a panel has no API: renew it in the panel."),
    ("status not ok", "panel_busy", "The panel is rebuilding its configuration: raise busy_timeout or try again."),
    ("account limit exceeded", "license_limit", "All account slots of the licence are in use: free one, or extend it."),
    ("wireguard server not found", "not_found", _NO_SERVER),
    ("wireguard server not valid", "panel_refused", _NO_SERVER),
    ("entered incorrect peer", "panel_refused", "The account must be there, and on the same WireGuard server."),
    ("dstport cannot be listenport", "panel_refused", "The server itself listens on this port: choose another one."),
    ("not within the range", "panel_refused", "Choose an address of the server's network, or let a free one be taken."),
    ("telegraf not installed", "panel_refused", "Install Telegraf on the host of the panel first."),
    ("not found", "not_found", ""),
    ("no rule found", "not_found", ""),
    ("there is no such", "not_found", ""),
    ("there is no backup", "not_found", ""),
    ("certificate is not present", "not_found", ""),
    ("already in use", "already_exists", ""),
    ("already exists", "already_exists", ""),
    ("already enabled", "already_exists", ""),
    ("already in the system", "already_exists", ""),
)


def listed(names: Sequence[str], most: int = 20) -> str:
    """Names as a part of a sentence: the first of them, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def not_authorized_hint(generation: int) -> str:
    """Every cause that a refused credential can have, for the credential of that generation."""
    return _TOKEN_REFUSED if generation == 2 else _HASH_REFUSED


def classify(text: str, generation: int) -> tuple[str, str]:
    """Map a folded text of a panel to ``(code, hint)``; ``panel_refused`` with no hint when it is not a known one."""
    if any(words in text for words in ("not authorized", "unauthorized", "not authorised", "unauthorised")):
        return "not_authorized", not_authorized_hint(generation)
    for part, code, hint in _KNOWN_TEXTS:
        if part in text:
            return code, hint
    return "panel_refused", ""
