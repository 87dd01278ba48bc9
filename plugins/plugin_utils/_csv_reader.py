# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the CSV export of any spreadsheet program as people with options, and report every problem with its line."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible.utils.unsafe_proxy import wrap_var
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._document.sections import ADDRESSED
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._untrusted import echo, quoted
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._csv import without_guard

# What the role users reads beside the options of accounts and clients. Cells of LISTS contain several words.
PERSON_OPTIONS = ("email", "formats", "groups", "link", "archive_password")
LISTS = ("formats", "groups")

# Those that spreadsheet programs use, in the order in which they are preferred for a header of one column.
_DELIMITERS = (",", ";", "\t")
_LINE_BREAK = re.compile(r"\r\n|\r|\n")
# How Excel is told the delimiter of a file (it need not be quoted, and the line contains nothing else).
_SEPARATOR_LINE = re.compile(r'"?sep=([^\r\n])"?[ \t]*(?:\r\n|\r|\n|\Z)', re.IGNORECASE)
_BETWEEN_WORDS = re.compile(r"[\s,;|]+")
_BYTE_ORDER_MARKS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_UNKNOWN = ("extra", "refuse")
_MOST_PROBLEMS = 100


@dataclass(frozen=True)
class CsvRow:
    """The options of a row by name, without those of empty cells, and the ``line`` of the file on which it begins."""

    line: int
    values: dict[str, Any]


@dataclass(frozen=True)
class CsvTable:
    """The rows of a text, and everything that is wrong with it, as sentences."""

    rows: list[CsvRow] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class CsvFormat:
    """How a text is to be read.

    ``columns`` maps titles to options. Titles that are neither there nor names of options are ``unknown``: their cells
    are kept under ``extra``, or refused. ``delimiter`` is detected if it is empty. ``encoding`` is that of a text which
    is neither UTF-8 nor UTF-16.
    """

    delimiter: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    unknown: str = "extra"
    required: Sequence[str] = ("name",)
    encoding: str = ""

    @cached_property
    def options(self) -> dict[str, str]:
        """The options by the normal form of every title that means them."""
        return {**KNOWN_COLUMNS, **{_normal(title): _option(name) for title, name in self.columns.items()}}

    def check(self) -> Iterator[str]:
        """Yield what is wrong with the format itself, as sentences."""
        if not isinstance(self.columns, Mapping):
            yield "columns must be a dictionary of options by title."
            return
        if isinstance(self.required, str) or not isinstance(self.required, Sequence):
            yield "required must be a list of options."
            return
        if not (isinstance(self.delimiter, str) and isinstance(self.encoding, str)):
            yield "delimiter and encoding must be texts."
        elif self.delimiter and (len(self.delimiter) != 1 or self.delimiter in '"\r\n'):
            yield f"delimiter must be a single character, not {quoted(self.delimiter)}."
        if self.unknown not in _UNKNOWN:
            yield f"unknown must be one of {', '.join(_UNKNOWN)}, not {quoted(self.unknown)}."
        named = [
            *(("columns", name) for name in self.columns.values()),
            *(("required", name) for name in self.required),
        ]
        for where, name in named:
            if _normal(name) not in KNOWN_COLUMNS:
                yield f"{where} names the option {quoted(name)}, which does not exist."


def from_csv(
    text: str,
    *,
    delimiter: str = "",
    columns: Mapping[str, str] = MappingProxyType({}),
    unknown: str = "extra",
    required: Sequence[str] = ("name",),
    encoding: str = "",
) -> Any:
    """Return the rows of a CSV text as dictionaries of options, in which no text is a template.

    :raises AnsibleFilterError: with every problem of the text.
    """
    table = read_csv(text, CsvFormat(delimiter, columns, unknown, required, encoding))
    if table.problems:
        raise AnsibleFilterError(f"The CSV text cannot be used. {' '.join(shown_problems(table.problems))}")
    return wrap_var([row.values for row in table.rows])


def shown_problems(problems: Sequence[str]) -> list[str]:
    """Return the problems that a message shows: at most a hundred, and the number of the others."""
    left = len(problems) - _MOST_PROBLEMS
    return [*problems[:_MOST_PROBLEMS], *([f"And {left} more."] if left > 0 else [])]


def words_of(text: str) -> list[str]:
    """Return the different words of a cell that is a list: between them are blanks, commas, semicolons or bars."""
    return list(dict.fromkeys(word for word in _BETWEEN_WORDS.split(text) if word))


def read_csv(text: str, form: CsvFormat) -> CsvTable:
    """Read a text, and find all of its problems."""
    problems = list(form.check())
    if not isinstance(text, str):
        problems.append("It must be the text of a file, for example from lookup('ansible.builtin.file', ...).")
    if problems:
        return CsvTable(problems=problems)
    try:
        text = _decoded(text, form.encoding)
    except ValueError as error:
        return CsvTable(problems=[str(error)])
    return _Reader(text, form).table()


# --- Characters


def _decoded(text: str, encoding: str) -> str:
    """Return a text without its byte order mark.

    Ansible reads every file as UTF-8. It keeps bytes that are not UTF-8 as surrogates, so that all bytes are known.

    :raises ValueError: the file is in another encoding.
    """
    if re.search("[\udc80-\udcff]", text):
        content = text.encode("utf-8", "surrogateescape")
        mark = _BYTE_ORDER_MARKS.get(content[:2], "")
        if mark:
            # The lookup file removes a line feed at the end, which in UTF-16 may be half a character.
            content = content[2:] + (b"\n" if len(content) % 2 else b"")
        text = _decode(content, mark or encoding)
    if "\0" in text:
        raise ValueError("The file contains NUL characters. Save it as CSV in UTF-8.")
    return text.removeprefix("\ufeff")


def _decode(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding or "utf-8")
    except LookupError:
        raise ValueError(f"encoding {echo(encoding)} does not exist.") from None
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ValueError(
            f"Line {line} is not valid {encoding or 'UTF-8'}. Save the file as CSV in UTF-8, or set encoding, for "
            "example to cp1252 for a file of an older Excel."
        ) from None


# --- Columns


def _normal(title: str) -> str:
    """Return a title without case, blanks, hyphens and underscores."""
    return re.sub(r"[\s_-]+", "", title).casefold()


def _option(name: str) -> str:
    return KNOWN_COLUMNS.get(_normal(name), name)


KNOWN_COLUMNS: dict[str, str] = {
    **{_normal(name): option for section in ADDRESSED for name, option in section.option_names.items()},
    **{_normal(name): name for name in PERSON_OPTIONS},
}


@dataclass(frozen=True)
class _Column:
    """A column: its title, and the ``option`` that it sets; None if the title is unknown."""

    title: str
    option: str | None

    @property
    def label(self) -> str:
        return f"column {quoted(self.title)}" if self.title else "a column without a title"


# --- Cells


@dataclass(frozen=True)
class _Cell:
    line: int
    text: str
    broken: bool


class _Reader:
    def __init__(self, text: str, form: CsvFormat) -> None:
        self._form = form
        self._text = text
        self._line_starts = [found.end() for found in _LINE_BREAK.finditer(text)]
        self._problems: list[str] = []
        separator = _SEPARATOR_LINE.match(text)
        self._start = separator.end() if separator else 0
        self._delimiter = form.delimiter or (separator[1] if separator else self._detected())

    def table(self) -> CsvTable:
        records = self._records(self._delimiter)
        header = next(records, None)
        if header is None:
            return CsvTable(problems=["The file is empty: it has no header."])
        columns = self._columns(header)
        rows = [self._row(columns, cells) for cells in records]
        self._find_duplicates(rows)
        return CsvTable(rows, self._problems)

    def _detected(self) -> str:
        """Return the delimiter with which the header has most titles that are known, and most titles at all."""

        def score(delimiter: str) -> tuple[int, int]:
            titles = [cell.text for cell in next(self._records(delimiter), [])]
            return sum(_normal(title) in self._form.options for title in titles), len(titles)

        return max(_DELIMITERS, key=score)

    def _records(self, delimiter: str) -> Iterator[list[_Cell]]:
        """Yield the lists of cells that are not all empty."""
        # The module csv cannot do this: it does not know the line of a cell, and it either takes everything after a
        # quote that is not closed for its cell, or stops there, so that no later problem is found.
        sign = re.escape(delimiter)
        blanks = rf"[^\S\r\n{sign}]*"
        pattern = re.compile(rf'{blanks}(?:"([^"]*(?:""[^"]*)*)"{blanks}|([^{sign}\r\n]*))({sign}|\r\n|\r|\n|\Z)')
        cells: list[_Cell] = []
        for found in pattern.finditer(self._text, self._start):
            cells.append(self._cell(found))
            if found[3] != delimiter:
                if any(cell.text for cell in cells):
                    yield cells
                cells = []

    def _cell(self, found: re.Match[str]) -> _Cell:
        line = bisect_right(self._line_starts, found.start(1 if found[2] is None else 2)) + 1
        text = found[2].rstrip() if found[1] is None else found[1].replace('""', '"')
        broken = found[1] is None and text.startswith('"')
        return _Cell(line, without_guard(text), broken)

    def _columns(self, header: Sequence[_Cell]) -> list[_Column]:
        columns = [_Column(cell.text, self._form.options.get(_normal(cell.text))) for cell in header]
        line, seen = header[0].line, set()
        for cell, column in zip(header, columns, strict=True):
            self._check_quotes(cell, column.label)
            key = column.option or _normal(column.title)
            if key and key in seen:
                self._report(line, column.label, "appears twice, perhaps under another title.")
            seen.add(key)
            if column.title and column.option is None and self._form.unknown == "refuse":
                self._report(line, column.label, f"is unknown. Columns: {', '.join(_column_names())}.")
        for name in map(_option, self._form.required):
            if name not in seen:
                self._report(line, f"column {quoted(name)}", "is missing.")
        return columns

    def _row(self, columns: Sequence[_Column], cells: Sequence[_Cell]) -> CsvRow:
        row, extra = CsvRow(cells[0].line, {}), {}
        if len(cells) < len(columns):
            self._report(row.line, "", f"has too few cells: {len(cells)} of {len(columns)}.")
        surplus = [cell for cell in cells[len(columns) :] if cell.text]
        if surplus:
            self._report(surplus[0].line, "", f"has too many cells: more than {len(columns)}.")
        # What is missing or left over is reported above.
        for column, cell in zip(columns, cells, strict=False):
            self._check_quotes(cell, column.label)
            text = cell.text
            if text and not column.title:
                self._report(cell.line, column.label, "is not empty. Add a title to the header.")
            elif text and column.option is None:
                extra[column.title] = text
            elif text and column.option is not None:
                row.values[column.option] = words_of(text) if column.option in LISTS else text
        if extra:
            row.values["extra"] = extra
        for name in map(_option, self._form.required):
            if name not in row.values and any(column.option == name for column in columns[: len(cells)]):
                self._report(row.line, f"column {quoted(name)}", "is empty.")
        return row

    def _check_quotes(self, cell: _Cell, where: str) -> None:
        if cell.broken:
            self._report(cell.line, where, "begins with a quote that is not closed at the end of the cell.")

    def _find_duplicates(self, rows: Iterable[CsvRow]) -> None:
        lines: dict[Any, int] = {}
        for row in rows:
            name = row.values.get("name")
            first = lines.setdefault(name, row.line)
            if name is not None and first != row.line:
                self._report(row.line, 'column "name"', f"contains {quoted(name)}, as line {first} does.")

    def _report(self, line: int, where: str, problem: str) -> None:
        self._problems.append(f"Line {line}{f', {where},' if where else ''} {problem}")


def _column_names() -> list[str]:
    return sorted(set(KNOWN_COLUMNS.values()))
