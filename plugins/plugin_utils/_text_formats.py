# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text of a panel in reports and files: whatever it holds, it stays one value on one line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

# A key that is no text of YAML, Markdown or a terminal with a meaning of its own.
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_ ./-]*")
# In JSON these can be escaped like any other character. Otherwise they mean something to Markdown, HTML or a terminal.
_TOUCHY = re.compile(r"[`<>&\x7f]")
# What Ansible may take for a template.
_TEMPLATE = re.compile(r"\{[{%#]")
# With a few to spare: YAML looks no further for the colon.
_LONGEST_SIMPLE_KEY = 1000
_YAML_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}


def json_line(value: Any) -> str:
    """A value as JSON on one line of ASCII, without any sign that Markdown, HTML or a terminal knows."""
    text = json.dumps(_plain(value))
    return _TOUCHY.sub(lambda sign: f"\\u{ord(sign[0]):04x}", text)


def diff_text(diff: Mapping[str, Any]) -> str:
    """The diff of ``puqvpn_apply`` as lines that begin with a minus, a plus or two blanks."""
    return "\n".join(_diff_lines(_mapping(diff.get("before")), _mapping(diff.get("after"))))


def yaml_value(value: Any) -> str:
    """A value as YAML on one line, which loads as the same value: what looks like a template is marked ``!unsafe``."""
    if isinstance(value, str):
        return f"{'!unsafe ' if _TEMPLATE.search(value) else ''}{yaml_text(value)}"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{yaml_key(name)} {yaml_value(held)}' for name, held in value.items())}}}"
    if isinstance(value, Sequence):
        return f"[{', '.join(map(yaml_value, value))}]"
    return json.dumps(value)


def yaml_key(name: Any, indent: int = 0) -> str:
    """The key of a value in YAML with its colon, which stands on a line of its own behind a long key.

    ``indent`` is the number of blanks that the line of the key begins with.
    """
    key = yaml_text(str(name))
    return f"{key}:" if len(key) <= _LONGEST_SIMPLE_KEY else f"? {key}\n{' ' * indent}:"


def yaml_text(text: str) -> str:
    """A text as a double-quoted scalar of YAML; letters of all alphabets stay readable."""
    return f'"{"".join(map(_yaml_character, text))}"'


def _yaml_character(character: str) -> str:
    code = ord(character)
    if character in _YAML_ESCAPES:
        return _YAML_ESCAPES[character]
    if code <= 0xFFFF and character.isprintable():
        return character
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


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
    """One value on one side, an object or a list on several lines."""
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
    """The value without the types by which ansible-core marks what it was told."""
    if isinstance(value, Mapping):
        return {str(name): _plain(held) for name, held in value.items()}
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Sequence):
        return [_plain(held) for held in value]
    return value
