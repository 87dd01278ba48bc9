# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text of a panel in YAML files that Ansible loads: whatever it contains, it stays one value on one line."""

from __future__ import annotations

import json
import re
from typing import Any, Mapping, Sequence

# Text that Ansible may evaluate as a template.
_TEMPLATE = re.compile(r"\{[{%#]")
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
    return f'"{"".join(map(_character, text))}"'


def _character(character: str) -> str:
    code = ord(character)
    if character in _ESCAPES:
        return _ESCAPES[character]
    if code <= 0xFFFF and character.isprintable():
        return character
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
