# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text of a panel in files that Ansible loads, YAML or JSON: whatever it contains, it stays one value on one line."""

from __future__ import annotations

import json
import re
from typing import Any, Mapping, Sequence

# Text that Ansible may evaluate as a template. The last one declares other braces than the usual ones.
_TEMPLATE = re.compile(r"\{[{%#]|#jinja2:")
# Text that needs no escape sequence.
_PLAIN = re.compile(r"[ !#-\[\]-~]*")
_NOT_ASCII = re.compile(r"[^\n -~]")
# Of the keys by which Ansible recognizes texts in JSON that are no templates, or encrypted.
_RESERVED = "__ansible"
_UNSAFE = "__ansible_unsafe"
# YAML limits the distance to the colon to 1,024 characters.
_LONGEST_SIMPLE_KEY = 1000
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}


def yaml_value(value: Any) -> str:
    """Return a value as one line of YAML that loads as the same value. Possible templates are marked ``!unsafe``."""
    if isinstance(value, str):
        return f"{'!unsafe ' if _TEMPLATE.search(value) else ''}{_text(value)}"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{yaml_key(name)} {yaml_value(held)}' for name, held in value.items())}}}"
    if isinstance(value, Sequence):
        return f"[{', '.join(map(yaml_value, value))}]"
    return json.dumps(value)


def yaml_key(name: Any, indent: int = 0) -> str:
    """Return the key of a YAML mapping with its colon, which is on a line of its own after a long key.

    ``indent`` is the number of blanks at the beginning of the line.
    """
    key = _text(str(name))
    return f"{key}:" if len(key) <= _LONGEST_SIMPLE_KEY else f"? {key}\n{' ' * indent}:"


def _text(text: str) -> str:
    """Return a text as a double-quoted YAML scalar. Letters of all alphabets stay readable."""
    return f'"{text}"' if _PLAIN.fullmatch(text) else f'"{"".join(map(_character, text))}"'


def _character(character: str) -> str:
    code = ord(character)
    if character in _ESCAPES:
        return _ESCAPES[character]
    if code <= 0xFFFF and character.isprintable():
        return character
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


class ReservedKeyError(ValueError):
    """A key of a panel has a meaning in the JSON that Ansible reads. YAML has no such keys."""


def json_value(value: Any) -> Any:
    """Return a value that loads as the same value once it was written by :func:`json_text`.

    JSON has no tag ``!unsafe``, so possible templates are marked as Ansible itself marks them in JSON.

    :raises ReservedKeyError: with the key of a dictionary.
    """
    if isinstance(value, str):
        return {_UNSAFE: value} if _TEMPLATE.search(value) else value
    if isinstance(value, Mapping):
        for name in value:
            if str(name).startswith(_RESERVED):
                raise ReservedKeyError(name)
        return {name: json_value(held) for name, held in value.items()}
    return [json_value(held) for held in value] if isinstance(value, Sequence) else value


def json_text(value: Any) -> str:
    """Return JSON with each value on a line of its own. Letters of all alphabets stay readable."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return _NOT_ASCII.sub(lambda found: found[0] if found[0].isprintable() else json.dumps(found[0])[1:-1], text)
