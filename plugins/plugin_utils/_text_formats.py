# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text of a panel in reports: whatever it contains, it stays one value on one line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._untrusted import one_line

_LONGEST_NAME = 200
# A key without characters that have a meaning in YAML, in Markdown or on a terminal.
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_ ./-]*")
# JSON can escape these like any other character. Markdown, HTML or a terminal would interpret them.
_TOUCHY = re.compile(r"[`<>&\x7f]")


def short_name(value: Any) -> str:
    """Return a name for a report, in one line and with at most 200 characters."""
    return one_line(value, _LONGEST_NAME)


def optional_name(value: Any) -> str | None:
    """Return a name as :func:`short_name` does, and None for None."""
    return None if value is None else short_name(value)


def json_line(value: Any) -> str:
    """Return a value as one line of JSON in ASCII, without characters that Markdown, HTML or a terminal interprets."""
    text = json.dumps(_plain(value))
    return _TOUCHY.sub(lambda sign: f"\\u{ord(sign[0]):04x}", text)


def diff_text(diff: Mapping[str, Any]) -> str:
    """Return the diff of ``puqvpn_apply`` as lines that begin with a minus, a plus or two blanks."""
    return "\n".join(_diff_lines(_mapping(diff.get("before")), _mapping(diff.get("after"))))


def _diff_lines(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for section in {**before, **after}:
        old, new = before.get(section, {}), after.get(section, {})
        if not isinstance(old, Mapping) or not isinstance(new, Mapping):
            yield from _side("-", before, section)
            yield from _side("+", after, section)
            continue
        yield f"  {_key(section)}:"
        for name in {**old, **new}:
            yield from _side("-", old, name)
            yield from _side("+", new, name)


def _side(sign: str, values: Mapping[str, Any], name: str) -> Iterator[str]:
    """Yield one value of one side; an object or a list takes several lines."""
    value = values.get(name, {})
    if value == {}:
        return
    if isinstance(value, Mapping):
        yield f"{sign} {_key(name)}:"
        yield from (f"{sign}   {_key(field)}: {json_line(held)}" for field, held in value.items())
    elif isinstance(value, Sequence) and not isinstance(value, str):
        yield f"{sign} {_key(name)}:"
        yield from (f"{sign} - {json_line(held)}" for held in value)
    else:
        yield f"{sign} {_key(name)}: {json_line(value)}"


def _key(name: Any) -> str:
    text = str(name)
    return text if _PLAIN_KEY.fullmatch(text) else json_line(text)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _plain(value: Any) -> Any:
    """Return the value without the types that ansible-core uses for tagged data."""
    if isinstance(value, Mapping):
        return {str(name): _plain(held) for name, held in value.items()}
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Sequence):
        return [_plain(held) for held in value]
    return value
