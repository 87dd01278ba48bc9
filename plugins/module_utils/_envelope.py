# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Interpret answers: the envelopes of both generations, and everything that is not an envelope.

1.x answers ``{error, msg, status}`` (contract: envelope), 2.x answers ``{result, message, data, errors}``. The HTTP
status code does not matter if there is an envelope.
"""

from __future__ import annotations

import codecs
import re
from typing import Any, Callable, NamedTuple

from ._errors import ExchangeError, PuqVpnError, RefusedError, not_authorized_hint
from ._json import UnusableJsonError, is_openapi_3, parse_json
from ._transport.session import Answer, retry_after
from ._untrusted import one_line

_NO_CONTENT = 204
# Worth a retry, if the request may be repeated at all.
TRANSIENT_STATUSES = frozenset({429, 502, 503, 504})
# The beginning of a configuration, such as [Interface]. No JSON begins like this.
_SECTION = re.compile(rb"\s*\[[A-Z][A-Za-z]*\]")
_PLAIN_HTTP_ON_TLS = ("http request to an https server", "plain http request was sent to https port")


class Reply(NamedTuple):
    """A successful answer.

    ``payload`` is the panel's ``msg`` or ``data``. If the body is not an envelope, but an archive or a text,
    ``content`` is the body as bytes, and ``payload`` is None. ``http_status`` is None if nothing was sent.
    """

    payload: Any
    http_status: int | None
    generation: int
    content: bytes | None = None


def open_envelope(answer: Answer, generation: int, *, raw: bool = False, redact: Callable[[str], str] = str) -> Reply:
    """Return the payload of an answer of the expected generation.

    ``raw`` also accepts an answer that is not JSON, such as an archive, as ``content``. ``redact`` masks secrets in
    the error messages of the panel, before they are shortened.

    :raises RefusedError: the panel refused the request.
    :raises ExchangeError: the answer is not that of a panel, or ``wrong_generation`` if the panel is of the other
        generation.
    """
    if generation == 2 and answer.status == _NO_CONTENT and not answer.content:
        # No page says what a 2.x panel answers to a write.
        return Reply(None, answer.status, generation)
    document = _document(answer, generation, raw=raw)
    if isinstance(document, bytes):
        return Reply(None, answer.status, generation, content=document)
    spoken = _generation_of(document)
    if spoken is not None and spoken != generation:
        raise wrong_generation(spoken, answer.status)
    if spoken == 1:
        return _open_1(document, answer, redact)
    if spoken == 2:
        return _open_2(document, answer, redact)
    if generation == 2 and answer.status < 300 and isinstance(document, (dict, list, str) if raw else (dict, list)):
        # openapi.json has no envelope, and neither may other answers of 2.x panels.
        return Reply(document, answer.status, generation)
    raise _no_envelope(document, answer, generation, redact)


def is_of_generation_2(answer: Answer) -> bool:
    """Return whether the answer is an OpenAPI 3 document, which proves a 2.x panel."""
    try:
        document = parse_json(answer.content.decode("utf-8"))
    except ValueError:
        return False
    return is_openapi_3(document)


def wrong_generation(spoken: int, http_status: int) -> ExchangeError:
    """Return the error for a panel of generation ``spoken`` that got a credential of the other generation.

    A panel that lies about that, or a proxy in its place, may have carried out the request.
    """
    right, wrong, where = (
        ("token", "access_hash", "Settings, API Tokens") if spoken == 2 else ("access_hash", "token", "Settings, API")
    )
    return ExchangeError(
        "wrong_generation",
        f"this is a {spoken}.x panel, which does not accept {wrong}",
        hint=f"Set {right} instead of {wrong}; create it in the panel under {where}.",
        http_status=http_status,
    )


def _document(answer: Answer, generation: int, *, raw: bool) -> Any:
    """Return the JSON document of an answer, or its bytes if ``raw`` allows that."""
    # Some programs write a byte order mark, although it is not part of JSON.
    body = answer.content[3:] if answer.content.startswith(codecs.BOM_UTF8) else answer.content
    content_type = answer.headers.get("Content-Type", "")
    if not body.strip():
        raise _bad(answer, generation, "answer_empty", "the answer is empty")
    looks_like_json = body.lstrip()[:1] in (b"{", b"[", b'"') and _SECTION.match(body) is None
    if not looks_like_json and "json" not in content_type:
        return _other_document(answer, generation, raw=raw)
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        if raw and "json" not in content_type:
            return answer.content
        raise _bad(answer, generation, "answer_not_utf8", "the answer is not UTF-8 text") from None
    # A list of many accounts takes much memory in each of its forms: bytes, text and document.
    answer.content = body = b""
    try:
        return parse_json(text)
    except UnusableJsonError as error:
        raise _bad(answer, generation, error.code, f"the answer is JSON {error}") from None
    except ValueError:
        text = "the answer is an incomplete JSON document, it may have been cut short"
        raise _bad(answer, generation, "answer_truncated", text) from None


def _other_document(answer: Answer, generation: int, *, raw: bool) -> bytes:
    """Return the body of an answer that is not JSON, if that is acceptable."""
    start = answer.content[:4096].decode("utf-8", "replace").casefold()
    if any(words in start for words in _PLAIN_HTTP_ON_TLS):
        text = "the panel speaks TLS on this port, and url begins with http"
        raise ExchangeError("tls_expected", text, http_status=answer.status)
    is_html = "html" in answer.headers.get("Content-Type", "") or start.lstrip().startswith(("<!doctype", "<html"))
    if raw and not is_html and answer.status < 400:
        return answer.content
    if is_html:
        text = "the answer is a web page, such as a login form, and not that of the API"
        raise _bad(answer, generation, "answer_is_html", text)
    raise _bad(answer, generation, "answer_not_json", "the answer is not JSON")


def _generation_of(document: Any) -> int | None:
    if not isinstance(document, dict):
        return None
    if isinstance(document.get("result"), str) and document.keys() & {"data", "message", "errors"}:
        return 2
    if isinstance(document.get("status"), str) and document.keys() & {"msg", "error"}:
        return 1
    # The words alone are enough if nothing contradicts them.
    return 2 if str(document.get("result", "")).upper() in ("OK", "ERROR") else None


def _open_1(document: dict[str, Any], answer: Answer, redact: Callable[[str], str]) -> Reply:
    error = document.get("error") or ""
    if document["status"].strip().casefold() == "success" and not error:
        return Reply(document.get("msg"), answer.status, 1)
    # Errors are printed with a leading hyphen in the manual, most likely a list mark (contract: global/3).
    text = str(error or document.get("msg") or document["status"]).lstrip("- \r\n\t")
    raise RefusedError(text, generation=1, http_status=answer.status, redact=redact)


def _open_2(document: dict[str, Any], answer: Answer, redact: Callable[[str], str]) -> Reply:
    if document["result"].strip().upper() == "OK":
        return Reply(document.get("data"), answer.status, 2)
    errors = document.get("errors")
    fields = {str(name): _text_of(text) for name, text in errors.items()} if isinstance(errors, dict) else {}
    text = str(document.get("message") or ("" if fields else "no reason given"))
    raise RefusedError(text, generation=2, http_status=answer.status, fields=fields, redact=redact)


def _text_of(problem: Any) -> str:
    """Return the text about a field, of which there may be several."""
    return ", ".join(map(str, problem)) if isinstance(problem, list) else str(problem)


def _names_object(text: str) -> bool:
    """Return whether a text is about an object that does not exist, and not about an operation."""
    return any(word in text.casefold() for word in ("client", "network"))


def _no_envelope(document: Any, answer: Answer, generation: int, redact: Callable[[str], str]) -> PuqVpnError:
    panel_error = ""
    if isinstance(document, dict):
        texts = (document.get(key) for key in ("error", "message", "msg", "detail"))
        panel_error = next((one_line(redact(str(text))) for text in texts if text), "")
    if panel_error and answer.status == 404 and generation == 2 and _names_object(panel_error):
        return RefusedError(panel_error, generation=2, http_status=404)
    if panel_error and answer.status >= 400:
        return _http_error(answer, generation, panel_error)
    return _bad(answer, generation, "answer_wrong_type", "the answer is JSON, but not in the form of a panel's answer")


def _http_error(answer: Answer, generation: int, panel_error: str) -> ExchangeError:
    """Return the error for an HTTP status code that comes without an envelope."""
    status, hint = answer.status, None
    if status in (401, 403):
        code, meaning, hint = "not_authorized", "the credential was rejected", not_authorized_hint(generation)
    elif status == 429:
        code, meaning = "rate_limited", "too many requests"
    elif status in TRANSIENT_STATUSES:
        code, meaning = "unavailable", "the panel, or a proxy in front of it, is not available"
    elif status in (404, 405):
        code, meaning = "unknown_operation", "the panel has no such operation"
    else:
        code, meaning = "http_error", "the answer is an error page"
    return ExchangeError(
        code,
        f"{meaning} (HTTP {status}" + (f', "{panel_error}")' if panel_error else ")"),
        hint=hint,
        panel_error=panel_error,
        http_status=status,
        transient=status in TRANSIENT_STATUSES,
        retry_after=retry_after(answer.headers),
    )


def _bad(answer: Answer, generation: int, code: str, message: str) -> ExchangeError:
    """Return the error for an answer that cannot be interpreted. A status of failure says more than such a body."""
    if answer.status >= 400:
        return _http_error(answer, generation, "")
    return ExchangeError(code, f"{message} (HTTP {answer.status})", http_status=answer.status)
