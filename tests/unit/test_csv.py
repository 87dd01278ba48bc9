# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter to_csv: what it writes, what it refuses, and what a spreadsheet must not evaluate."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.puqcloud.puqvpn.plugins.filter.filters import FilterModule

to_csv = FilterModule().filters()["to_csv"]


def read(text: str, delimiter: str = ",") -> list[list[str]]:
    """The cells as another program reads them."""
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


@pytest.mark.parametrize(
    ("rows", "options", "text"),
    [
        ([{"name": "alice", "total": 1}, {"total": 2, "note": "x"}], {}, "name,total,note\nalice,1,\n,2,x\n"),
        ([{"a": None, "b": True, "c": False, "d": 1.5, "e": -3}], {}, "a,b,c,d,e\n,true,false,1.5,-3\n"),
        ([{"a": 1, "b": 2}], {"columns": ["b", "none"]}, "b,none\n2,\n"),
        ([{"a": 1, "b": "x;y"}], {"delimiter": ";"}, 'a;b\n1;"x;y"\n'),
        ([{"a": 1}], {"header": False}, "1\n"),
        ([{"a": 1}, {"a": 2}], {"newline": "crlf"}, "a\r\n1\r\n2\r\n"),
        ([{"a": "é"}], {"bom": True}, "\ufeffa\né\n"),
        ([{"a": 'say "x"', "b": "1\n2", "c": "1\r2"}], {}, 'a,b,c\n"say ""x""","1\n2","1\r2"\n'),
        ([{"a": None}], {}, 'a\n""\n'),
        ([], {}, ""),
        ([], {"columns": ["a"]}, "a\n"),
        ([{}], {}, ""),
    ],
)
def test_rows_become_lines(rows: list[dict[str, Any]], options: dict[str, Any], text: str) -> None:
    assert to_csv(rows, **options) == text


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "  =1", "\uff1d1", "'=1", "''@x"]
)
def test_a_formula_becomes_a_text_unless_it_is_turned_off(text: str) -> None:
    assert read(to_csv([{"a": text}]))[1] == [f"'{text}"]
    assert read(to_csv([{"a": text}], guard=False))[1] == [text]
    assert read(to_csv([{text: 1}]))[0] == [f"'{text}"]


@pytest.mark.parametrize("value", [-1, -1.5, "a=b", "'quoted'", "1-2", ""])
def test_anything_else_is_left_as_it_is(value: Any) -> None:
    assert read(to_csv([{"a": value, "b": 0}]))[1] == [str(value), "0"]


@pytest.mark.parametrize("newline", ["lf", "crlf"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_text_is_read_back(delimiter: str, newline: str) -> None:
    texts = [
        "plain",
        "a,b;c\td|e",
        'quote "',
        "two\nlines",
        "two\r\nlines",
        "cr\rcr",
        " blank ",
        "ünïcode 日本 \U0001f600",
    ]
    rows = [{"first": text, "second": "x"} for text in texts]
    lines = read(to_csv(rows, delimiter=delimiter, newline=newline), delimiter)
    assert lines == [["first", "second"], *([text, "x"] for text in texts)]


@pytest.mark.parametrize(
    ("rows", "options", "words"),
    [
        ([{"a": 1}, {"a": 1, "b": [2]}], {}, "row 2, column b is a list"),
        ([{"a": {"x": 1}}], {}, "row 1, column a is a dictionary"),
        ([{"a": object()}], {}, "row 1, column a is of type object"),
        ([{"a\x1b[2J": []}], {}, "row 1, column a [2J is a list"),
        ([{"a": "x\0"}], {}, "row 1, column a contains a null character"),
        ([1], {}, "row 1 is of type int"),
        (["alice"], {}, "row 1 is a string"),
        ("alice", {}, "to_csv was given a string"),
        ({"a": 1}, {}, "to_csv was given a dictionary"),
        ([{"a": 1}], {"delimiter": ",,"}, "delimiter is ',,'"),
        ([{"a": 1}], {"delimiter": '"'}, "delimiter is '\"'"),
        ([{"a": 1}], {"newline": "\n"}, "newline is"),
    ],
)
def test_what_is_no_table_is_refused(rows: Any, options: dict[str, Any], words: str) -> None:
    with pytest.raises(AnsibleFilterError, match=r"\.$") as caught:
        to_csv(rows, **options)
    assert words in str(caught.value)
