# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parse JSON from a panel strictly.

The library accepts more than JSON allows, and more than can be serialized afterwards: NaN, text that is not valid
Unicode, duplicate names, any depth.
"""

from __future__ import annotations

import json
from typing import Any

# Answers of panels are four levels deep at most (contract: returns.shape), and an OpenAPI document some fifteen.
_DEEPEST = 64
_MOST_DIGITS = 100


class UnusableJsonError(ValueError):
    """A JSON document is refused; completes the sentence "the answer is JSON ...". ``code`` is the error code."""

    def __init__(self, text: str, code: str = "answer_not_json") -> None:
        super().__init__(text)
        self.code = code


def parse_json(text: str) -> Any:
    """Return the document in a text that was decoded from UTF-8.

    :raises UnusableJsonError: it contains what no panel returns.
    :raises ValueError: it is not JSON, or incomplete.
    """
    try:
        document = _DECODER.decode(text)
    except RecursionError:
        raise _too_deep() from None
    _refuse_depth(document)
    # Only an escape sequence can be a lone surrogate, since the text itself was UTF-8.
    if "\\ud" in text or "\\uD" in text:
        _refuse_surrogates(document)
    return document


def _too_deep() -> UnusableJsonError:
    return UnusableJsonError("that is nested too deeply", "answer_wrong_type")


def _refuse_depth(document: Any) -> None:
    level = [document]
    for _depth in range(_DEEPEST):
        level = [
            part
            for value in level
            for part in (value.values() if isinstance(value, dict) else value if isinstance(value, list) else ())
            if isinstance(part, (dict, list))
        ]
        if not level:
            return
    raise _too_deep()


def _refuse_surrogates(document: Any) -> None:
    try:
        json.dumps(document, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise UnusableJsonError("with text that is not valid Unicode", "answer_not_utf8") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise UnusableJsonError("with duplicate names in an object")
    return found


def _constant(_name: str) -> Any:
    raise UnusableJsonError("with an invalid number such as NaN")


def _fraction(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise UnusableJsonError("with a number that is too large")
    return number


def _whole(text: str) -> int:
    if len(text) > _MOST_DIGITS:
        raise UnusableJsonError("with a number that is too large")
    return int(text)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_constant, parse_float=_fraction, parse_int=_whole
)


def is_openapi_3(document: object) -> bool:
    """Return whether a JSON document is an OpenAPI 3 document, as far as it says itself."""
    return isinstance(document, dict) and str(document.get("openapi", "")).startswith("3.")
