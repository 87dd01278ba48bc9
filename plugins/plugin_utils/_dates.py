# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dates that YAML makes objects of where a playbook does not quote them."""

from __future__ import annotations

import ast
from datetime import date, datetime, timedelta, timezone
from typing import Any

_MAKERS: dict[str, Any] = {f"datetime.{maker.__name__}": maker for maker in (date, datetime, timedelta, timezone)}


def dates_as_text(value: Any) -> Any:
    """Return a value in which dates are ISO texts.

    Before ansible-core 2.19, a template that refers to a list or a dictionary with dates makes a text of the whole, as
    Python writes it. It is parsed as Ansible itself parses that of one without dates. Any other text stays as it is.
    """
    if isinstance(value, dict):
        return {key: dates_as_text(part) for key, part in value.items()}
    if isinstance(value, list):
        return [dates_as_text(part) for part in value]
    if isinstance(value, str) and value.startswith(("{", "[")) and "datetime.date" in value:
        try:
            return dates_as_text(_parsed(ast.parse(value, mode="eval").body))
        except (ValueError, TypeError, SyntaxError, OverflowError, RecursionError, MemoryError):
            return value
    return value.isoformat() if isinstance(value, date) else value


def _parsed(node: ast.expr | None) -> Any:
    """Return the value that Python writes like this.

    :raises ValueError: it is anything else, or the text is no such value.
    """
    if isinstance(node, ast.Dict):
        return {_parsed(key): _parsed(part) for key, part in zip(node.keys, node.values, strict=True)}
    if isinstance(node, ast.List):
        return [_parsed(part) for part in node.elts]
    if isinstance(node, ast.Call) and ast.unparse(node.func) in _MAKERS:
        named = {part.arg: _parsed(part.value) for part in node.keywords if part.arg}
        return _MAKERS[ast.unparse(node.func)](*map(_parsed, node.args), **named)
    if isinstance(node, ast.Attribute) and ast.unparse(node) == "datetime.timezone.utc":
        return timezone.utc
    if node is None:
        raise ValueError("a dictionary is unpacked into another one")
    return ast.literal_eval(node)
