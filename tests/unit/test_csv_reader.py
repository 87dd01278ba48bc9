# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The CSV exports of spreadsheet programs, as people write them and as programs break them."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import lookup_loader
from ansible.template import Templar
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._csv import to_csv
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._csv_reader import (
    CsvFormat,
    CsvTable,
    from_csv,
    read_csv,
)

PEOPLE = [
    {"name": "anna", "groups": ["staff", "remote"], "b_download": "100"},
    {"name": "bert", "extra": {"Notes": 'says "hello"; or,\nnot'}},
]


def read(text: str, **form: Any) -> CsvTable:
    return read_csv(text, CsvFormat(**form))


def written(delimiter: str, end: str, quoting: int = csv.QUOTE_MINIMAL) -> str:
    """PEOPLE as Python itself writes them, with the line breaks of the cells as those of the rows."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=quoting)
    writer.writerow(["name", "groups", "b_download", "Notes"])
    writer.writerow(["anna", "staff remote", "100", ""])
    writer.writerow(["bert", "", "", PEOPLE[1]["extra"]["Notes"].replace("\n", end)])  # type: ignore[index]
    return out.getvalue()


@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_dialect_of_a_file_is_detected(delimiter: str, end: str, quoting: int) -> None:
    text = written(delimiter, end, quoting)
    expected = [PEOPLE[0], {**PEOPLE[1], "extra": {"Notes": PEOPLE[1]["extra"]["Notes"].replace("\n", end)}}]  # type: ignore[index]
    for before in ("", "\ufeff", f"sep={delimiter}{end}", f'\ufeff"SEP={delimiter}"{end}', f"{end}{delimiter}{end}"):
        assert from_csv(before + text) == expected


@pytest.mark.parametrize(
    ("header", "cells", "options"),
    [
        ("Name;User Name;B-Download", "anna;ann;7", {"name": "anna", "username": "ann", "b_download": "7"}),
        ("NAME,e-mail,allowed_IPs", "anna,a@x,10.0.0.2", {"name": "anna", "email": "a@x", "allowed_ips": "10.0.0.2"}),
        ("name;network", "anna;office", {"name": "anna", "network_name": "office"}),
        # Titles may contain another delimiter more often than the right one.
        ("name;a, b, c, d;state", "anna;1;absent", {"name": "anna", "extra": {"a, b, c, d": "1"}, "state": "absent"}),
        ("name", "anna", {"name": "anna"}),
        ("  name\t, status ", "\xa0anna , disable\t", {"name": "anna", "status": "disable"}),
        ('name,password', 'anna," a b "', {"name": "anna", "password": " a b "}),
        ("name,Phone,password", "007,+49 30 1,yes", {"name": "007", "extra": {"Phone": "+49 30 1"}, "password": "yes"}),
        ("name,groups,formats", "anna,a|b a;c,qr", {"name": "anna", "groups": ["a", "b", "c"], "formats": ["qr"]}),
        ("name;groups", 'anna;"a;b, c"', {"name": "anna", "groups": ["a", "b", "c"]}),
        ("name;;status;", "anna;;disable;", {"name": "anna", "status": "disable"}),
        ("name,Title", "anna,'=1+1", {"name": "anna", "extra": {"Title": "=1+1"}}),
        ("name,Title", "anna,''tis", {"name": "anna", "extra": {"Title": "''tis"}}),
    ],
)  # fmt: skip
def test_titles_and_cells_may_be_written_in_many_ways(header: str, cells: str, options: dict[str, Any]) -> None:
    assert from_csv(f"{header}\n{cells}\n") == [options]


def test_the_format_can_be_given() -> None:
    text = "Login|Mail|Dept\nanna|a@x|IT\n"
    form = {"delimiter": "|", "columns": {"login": "name", "MAIL": "E-Mail"}}
    assert from_csv(text, **form) == [{"name": "anna", "email": "a@x", "extra": {"Dept": "IT"}}]
    with pytest.raises(AnsibleFilterError, match='Line 1, column "Dept", is unknown. Columns: .*b_download'):
        from_csv(text, **form, unknown="refuse")


try:
    from ansible.template import trust_as_template
except ImportError:

    def trust_as_template(value: str) -> str:
        """Return the text: before ansible-core 2.19, every text is a template."""
        return value


RAW = "name;Notes\r\nanna;gr\u00fc\u00df\r\n"


@pytest.mark.parametrize("end", ["", "\r\n", "\n\n", " "])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp1252"])
def test_a_file_may_have_the_encoding_of_any_program(
    encoding: str, end: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "people.csv"
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    path.write_bytes(f"{mark}{RAW}{end}".encode(encoding))
    loader = DataLoader()
    lookup = lookup_loader.get("file", loader=loader, templar=Templar(loader=loader))
    (text,) = lookup.run([str(path)], {})
    if encoding == "cp1252":
        with pytest.raises(AnsibleFilterError, match="Line 2 is not valid UTF-8. .*, or set encoding"):
            from_csv(text)
    assert from_csv(text, encoding="cp1252") == [{"name": "anna", "extra": {"Notes": "gr\u00fc\u00df"}}]
    capsys.readouterr()


def test_what_a_cell_contains_is_never_a_template() -> None:
    (row,) = from_csv('name,Notes\nanna,"{{ 6 * 7 }}"\n')
    templar = Templar(loader=DataLoader(), variables={"item": row["extra"]["Notes"]})
    assert templar.template(trust_as_template("{{ item }}")) == "{{ 6 * 7 }}"


TWICE = "appears twice, perhaps under another title."


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("", ["The file is empty: it has no header."]),
        ("\n \n", ["The file is empty: it has no header."]),
        ("n\0a\0", ["The file contains NUL characters. Save it as CSV in UTF-8."]),
        ("Login\nanna\n", ['Line 1, column "name", is missing.']),
        ("\n\nname,User Name,username\nanna,a,b\n", [f'Line 3, column "username", {TWICE}']),
        ("name,Note,note\nanna,a,b\n", [f'Line 1, column "note", {TWICE}']),
        (
            # The line of a cell is that of the file, whatever is quoted or left out before.
            'name;Notes\n"anna";"a\r\nb"\n;;\n\n;c\nanna;d\nbert\ncarl;e;f\ndora;"g\nemil;"h"i\n',
            [
                'Line 6, column "name", is empty.',
                "Line 8 has too few cells: 1 of 2.",
                "Line 9 has too many cells: more than 2.",
                'Line 10, column "Notes", begins with a quote that is not closed at the end of the cell.',
                'Line 11, column "Notes", begins with a quote that is not closed at the end of the cell.',
                'Line 7, column "name", contains "anna", as line 2 does.',
            ],
        ),
        ("name,\nanna,c4nary\n", ["Line 2, a column without a title, is not empty. Add a title to the header."]),
    ],
)  # fmt: skip
def test_all_problems_are_reported_with_their_lines(text: str, problems: list[str]) -> None:
    assert read(text).problems == problems
    with pytest.raises(AnsibleFilterError, match="The CSV text cannot be used"):
        from_csv(text)


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ({"delimiter": ";;"}, 'delimiter must be a single character, not ";;".'),
        ({"unknown": "keep"}, 'unknown must be one of extra, refuse, not "keep".'),
        ({"columns": {"Login": "nme"}}, 'columns names the option "nme", which does not exist.'),
        ({"columns": ["Login"]}, "columns must be a dictionary of options by title."),
        ({"required": "name"}, "required must be a list of options."),
        ({"delimiter": 7}, "delimiter and encoding must be texts."),
        ({"required": ["name", "mail"]}, 'required names the option "mail", which does not exist.'),
    ],
)
def test_a_format_that_makes_no_sense_is_refused(form: dict[str, Any], problem: str) -> None:
    assert read("name\nanna\n", **form).problems == [problem]
    assert read("\xff".encode("latin-1").decode("utf-8", "surrogateescape"), encoding="nonsense").problems == [
        "encoding nonsense does not exist."
    ]


def test_something_else_than_a_text_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="must be the text of a file"):
        from_csv([{"name": "anna"}])  # type: ignore[arg-type]


def test_rows_can_have_to_set_more_than_a_name() -> None:
    text = "name,email,status\nanna,a@x,\nbert,,disable\n"
    problems = ['Line 3, column "email", is empty.', 'Line 2, column "status", is empty.']
    assert sorted(read(text, required=["name", "E-Mail", "status"]).problems) == sorted(problems)
    assert read(text, required=["name", "wg_name"]).problems == ['Line 1, column "wg_name", is missing.']


def test_a_file_of_problems_ends_in_a_readable_message() -> None:
    text = "name,status\n" + "anna\n" * 1000
    with pytest.raises(AnsibleFilterError) as raised:
        from_csv(text)
    assert str(raised.value).endswith("And 1899 more.")
    assert len(str(raised.value)) < 10_000


def test_what_to_csv_writes_is_read_back() -> None:
    texts = [
        "=1+1",
        "'=1+1",
        "''-1",
        "@a",
        "'tis",
        "a;b,c",
        'say "no"',
        "two\nlines",
        "tab\there",
        "+49 30 1",
        "\u00fc",
    ]
    rows = [{"name": f"a{at}", "extra": {"Note": text}} for at, text in enumerate(texts)]
    flat = [{"name": row["name"], "Note": row["extra"]["Note"]} for row in rows]  # type: ignore[index]
    for delimiter, newline in ((",", "lf"), (";", "crlf"), ("\t", "lf")):
        assert from_csv(to_csv(flat, delimiter=delimiter, newline=newline, bom=True)) == rows
