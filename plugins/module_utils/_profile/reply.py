# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read a profile, and find its content in the answer of a panel."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any, Iterable, Iterator
from urllib.parse import unquote_to_bytes

from .._client import PanelClient
from .._endpoints import expand_path
from .._envelope import Reply
from .._errors import ExchangeError
from .._schema import ObjectKind
from .._untrusted import one_line
from .content import PNG, Content
from .formats import ProfileFormat

# The payload, what an object or a list in it contains, and what those contain.
_DEEPEST = 2


def read_profile(client: PanelClient, kind: ObjectKind, name: str, chosen: ProfileFormat) -> bytes:
    """Read the configuration of an account or a client as the content of a file, with one GET.

    :raises ExchangeError: ``answer_wrong_type`` if the answer is no such configuration.
    """
    path = f"{expand_path(kind.item_path, {'name': name})}/{chosen.operation}"
    if kind.is_documented:
        return client.read(path, lambda payload: content_of_text(payload, chosen.content, kind.title))
    return client.read_reply(path, lambda reply: content_of_reply(reply, chosen.content, kind.title))


def content_of_text(payload: Any, content: Content, title: str) -> bytes:
    """Return the content of the file for a payload that must be a text. ``title`` is what the profile is of.

    :raises ExchangeError: ``answer_wrong_type``, the answer is not such a profile.
    """
    if not isinstance(payload, str) or not payload.strip():
        raise _not_a_profile("it is empty or not a string", title)
    return _only_content([decoded(payload)], content, title)


def content_of_reply(reply: Reply, content: Content, title: str) -> bytes:
    """Return the content of the file for a reply of undocumented shape, which contains exactly one such profile.

    It may be a text or the profile itself as JSON, both also within an object; a data URI or base64 of it; or the body
    of an answer without envelope.

    :raises ExchangeError: ``answer_wrong_type``, the answer contains no such profile, or several.
    """
    if reply.content is not None:
        return _only_content([_decoded_body(reply.content)], content, title)
    return _only_content(_candidates(reply.payload, content), content, title)


def decoded(text: str) -> bytes:
    """Return what a text means: the content of a data URI, or of base64, or the text itself.

    No profile is base64 by accident: each of them contains characters that base64 lacks.
    """
    if text.lstrip().startswith("data:"):
        head, _comma, data = text.strip().partition(",")
        if not head.endswith(";base64"):
            return unquote_to_bytes(data)
        text = data
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return text.encode("utf-8")


def _decoded_body(body: bytes) -> bytes:
    if body.startswith(PNG):
        return body
    try:
        return decoded(body.decode("utf-8"))
    except UnicodeDecodeError:
        return body


def _candidates(payload: Any, content: Content) -> Iterator[bytes]:
    """Yield everything in a payload that may be a profile."""
    level = [payload]
    for _depth in range(_DEEPEST + 1):
        inside: list[Any] = []
        for value in level:
            if isinstance(value, str) and value.strip():
                yield decoded(value)
            elif isinstance(value, dict):
                if content.is_json:
                    yield f"{json.dumps(value, indent=2, ensure_ascii=False)}\n".encode()
                inside += value.values()
            elif isinstance(value, list):
                inside += value
        level = inside


def _only_content(candidates: Iterable[bytes], content: Content, title: str) -> bytes:
    fitting: set[bytes] = set()
    problems: dict[str, None] = {}
    for candidate in candidates:
        try:
            fitting.add(content.check(candidate))
        except ValueError as error:
            problems[str(error)] = None
    if len(fitting) > 1:
        raise _not_a_profile(f"it contains {len(fitting)} different ones", title)
    if not fitting:
        raise _not_a_profile("; ".join(problems) or "it is empty or contains no text", title)
    return fitting.pop()


def _not_a_profile(reason: str, title: str) -> ExchangeError:
    return ExchangeError(
        "answer_wrong_type",
        f"the answer is not a profile: {one_line(reason)}",
        hint=f"Look at the {title} in the panel; for IKEv2, check that its certificates exist.",
    )
