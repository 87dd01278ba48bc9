# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write lists of flat dictionaries as CSV, for programs and for spreadsheets."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import OptionError
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._untrusted import escaped, one_line

_DELIMITERS = ",;\t|"
_NEWLINES = {"crlf": "\r\n", "lf": "\n"}
# A cell that spreadsheets evaluate, some of them also after blanks, or with full-width signs. Apostrophes are counted
# in, so that whoever removes one of them gets the text back.
_FORMULA = re.compile("'* *[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_BYTE_ORDER_MARK = "\ufeff"


def to_csv(
    rows: Sequence[Mapping[str, Any]],
    *,
    columns: Sequence[str] = (),
    delimiter: str = ",",
    header: bool = True,
    newline: str = "lf",
    guard: bool = True,
    bom: bool = False,
) -> str:
    """Return the rows as CSV.

    :param columns: in this order; by default all keys, in the order in which the rows have them first.
    :param newline: ``lf`` or ``crlf``.
    :param guard: whether a text that a spreadsheet would evaluate as a formula gets an apostrophe in front of it.
    :param bom: whether to begin with a byte order mark, by which spreadsheets recognize UTF-8.
    :raises OptionError: an option is invalid, or a row or a value is not flat.
    """
    if delimiter not in list(_DELIMITERS):
        raise OptionError(f"delimiter is {escaped(delimiter)}", hint="Use a comma, a semicolon, a tab or |.")
    if newline not in _NEWLINES:
        raise OptionError(f"newline is {escaped(newline)}", hint="Use lf or crlf.")
    _check(rows)
    names = list(columns or dict.fromkeys(name for row in rows for name in row))
    table = [
        [_cell(row.get(name), guard, f"row {at}, column {name}") for name in names] for at, row in enumerate(rows, 1)
    ]
    if header:
        table.insert(0, [_cell(name, guard, "the header") for name in names])
    lines = [_line(cells, delimiter) + _NEWLINES[newline] for cells in table if cells]
    return f"{_BYTE_ORDER_MARK if bom else ''}{''.join(lines)}"


def without_guard(text: str) -> str:
    """Return the text of a cell without the apostrophe that :func:`to_csv` puts in front of a formula."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def _check(rows: Any) -> None:
    if isinstance(rows, (str, Mapping)) or not isinstance(rows, Sequence):
        raise OptionError(f"to_csv was given {_type(rows)}", hint="Give it a list of dictionaries.")
    for number, row in enumerate(rows, 1):
        if not isinstance(row, Mapping):
            raise OptionError(f"row {number} is {_type(row)}", hint="Give a list of dictionaries.")


def _line(cells: Sequence[str], delimiter: str) -> str:
    target = io.StringIO(newline="")
    # Before Python 3.13, only line breaks that are a part of the terminator are quoted.
    csv.writer(target, delimiter=delimiter, lineterminator="\r\n").writerow(cells)
    return target.getvalue()[:-2]


def _cell(value: Any, guard: bool, place: str) -> str:
    """Return a value as the text of a cell: nothing for null, ``true`` or ``false``, and numbers as they are."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if not isinstance(value, str):
        raise OptionError(
            f"{one_line(place)} is {_type(value)}",
            hint="Choose other columns, or join the parts of the value to a text.",
        )
    if "\0" in value:
        raise OptionError(f"{one_line(place)} contains a null character, which CSV cannot")
    return f"'{value}" if guard and _FORMULA.match(value) else value


def _type(value: Any) -> str:
    names = ((Mapping, "a dictionary"), (str, "a string"), (Sequence, "a list"))
    return next((name for kind, name in names if isinstance(value, kind)), f"of type {type(value).__name__}")
