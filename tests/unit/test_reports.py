# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What roles make of the texts of panels: reports, tables, files of variables, and lists of files."""

from __future__ import annotations

import copy
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible.parsing.dataloader import DataLoader
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._yaml import yaml_key, yaml_value
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._backup_folder import (
    backup_folder,
    backup_plan,
    backup_refusal,
)
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._panel_role import drift_report, panel_config
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._text_formats import diff_text

COLLECTION = Path(__file__).resolve().parents[2]

HOSTILE = [
    "",
    " ",
    "a | b | c",
    "a\nb",
    "a\r\nb",
    "a\x85b",
    "a\u2028b",
    "a\u2029b",
    "a\x0bb\x0cc\x1cd",
    "a\tb",
    "a\x00b",
    "a\x1b[2Jb\x1b]0;title\x07",
    "a\x9b31mb",
    "a\u202eb\u2066c",
    "\ufeffa\u200b",
    "a\x7fb",
    "```\n# A heading\n```",
    "`a`",
    "- a",
    "+ a",
    "---",
    "...",
    "<script>alert(1)</script>",
    "[a](http://example.com)",
    "www.example.com",
    "_a_ *b* ~c~",
    "'",
    '"',
    "\\",
    '\\"',
    "{{ 6 * 7 }}",
    "{% raw %}",
    "{# a #}",
    "#jinja2: variable_start_string: '[['",
    "!unsafe a",
    "!!python/object/apply:os.system [a]",
    "&a *a",
    "a: b",
    "a #b",
    "yes",
    "null",
    "0123",
    "1e3",
    "2026-01-31",
    "\u00fc\u00df \u4e2d \U0001f600 \u00a0",
    "x" * 3000,
    "y " * 3000,
]


# --- Reports


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text)[:30])
def test_no_text_leaves_its_line_in_a_diff(text: str) -> None:
    values = {"name": text, text: 1, "nested": {text: [text]}}
    diff = {
        "before": {"accounts": {text: values}, "dns": {"forwarders_1": text}, "order of firewall_rules": [text, "a"]},
        "after": {"accounts": {"b": {}}, text: {"a": text}, "order of firewall_rules": ["a", text]},
    }
    lines = diff_text(diff).splitlines()
    assert all(line.isascii() and line.isprintable() for line in lines)
    assert all(line.startswith(("  ", "- ", "+ ")) and not line.strip(" -+").startswith("`") for line in lines)
    assert len(lines) == 15
    assert set("`<>&\x7f").isdisjoint("".join(lines))
    (line,) = (line for line in lines if line.startswith("-   name: "))
    assert json.loads(line.partition(": ")[2]) == text


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text)[:30])
def test_no_text_leaves_its_place_in_a_report(text: str) -> None:
    change = {"action": "update", "kind": "account", "name": text, "fields": ["b_download", text], "reason": text}
    diff = {"before": {"accounts": {text: {"a": text}}}, "after": {"accounts": {text: {"a": "b"}}}}
    result = {"plan": [change, change], "refusals": [{"reason": "max_deletes", "message": text}], "diff": diff}
    lines = drift_report(result, text).splitlines()
    assert all(line.isprintable() for line in lines)
    assert lines[0].startswith("# ")
    rows = [line for line in lines if line.startswith("|")]
    assert [row.count(" | ") for row in rows] == [4, 4, 4, 4]
    assert [line for line in lines if line.startswith("`")] == ["```diff", "```"]
    assert len(lines) == 22


def test_a_report_without_changes_says_so() -> None:
    report = drift_report({"plan": [], "refusals": [], "diff": {}}, "vpn1")
    assert report == "# vpn1\n\nThe panel matches its variables.\n"


# --- Variables of the role panel


def test_secrets_take_precedence_where_there_is_something_to_combine() -> None:
    sections = {
        "dns": {"enabled": True, "max_cache_ttl": 60},
        "accounts": [{"name": "alice", "password": "old"}, {"name": "bob"}, {"username": "unnamed"}],
        "port_forwards": [],
    }
    secrets = {
        "dns": {"max_cache_ttl": 90},
        "accounts": {"alice": {"password": "new"}, "nobody": {"password": "unused"}, "bob": None},
        "wireguard": {"office": {"private_key": "unused"}},
    }
    before = copy.deepcopy((sections, secrets))
    assert panel_config(sections, secrets) == {
        "dns": {"enabled": True, "max_cache_ttl": 90},
        "accounts": [{"name": "alice", "password": "new"}, {"name": "bob"}, {"username": "unnamed"}],
        "port_forwards": [],
    }
    assert (sections, secrets) == before
    assert panel_config(sections, {}) == sections


@pytest.mark.parametrize("section", [None, "text", 17, ["text", None, {"name": ["a"]}, {"name": None}]])
def test_a_section_of_another_type_is_left_to_the_module(section: Any) -> None:
    assert panel_config({"accounts": section}, {"accounts": {"a": {"password": "x"}}}) == {"accounts": section}


@pytest.mark.parametrize(
    ("secrets", "place"),
    [({"accounts": ["c4nary"]}, "accounts"), ({"accounts": {"alice": "c4nary"}}, "accounts.alice")],
)
def test_secrets_of_another_type_are_refused_without_being_shown(secrets: dict[str, Any], place: str) -> None:
    with pytest.raises(AnsibleFilterError) as caught:
        panel_config({"accounts": [{"name": "alice"}]}, secrets)
    assert str(caught.value) == f"puqvpn_panel_secrets.{place} must be a dictionary of options."


# --- Files of variables


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text)[:30])
def test_a_value_in_a_file_loads_as_the_same_value(tmp_path: Path, text: str) -> None:
    values = {"text": text, "list": [text, "a"], "dict": {text: text}}
    lines = [f"{name}: {yaml_value(value)}" for name, value in values.items()]
    lines += ["names:", f"  {yaml_key(text, 2)}", "    a: 1", "last: 1"]
    assert all(line.isprintable() for line in "\n".join(lines).split("\n"))
    file = tmp_path / "variables.yml"
    file.write_text("\n".join(["---", *lines, ""]), encoding="utf-8")
    assert DataLoader().load_from_file(str(file)) == {**values, "names": {text: {"a": 1}}, "last": 1}
    is_template = any(sign in text for sign in ("{{", "{%", "{#", "#jinja2:"))
    assert ("!unsafe" in lines[0].replace(text, "")) is is_template


@pytest.mark.parametrize("value", [None, True, 0, 17, 1.5, 10**30, [], {}, ["10.0.0.0/8", "::/0"]])
def test_other_values_keep_their_type(value: Any) -> None:
    loaded = yaml.safe_load(f"value: {yaml_value(value)}")["value"]
    assert (loaded, type(loaded)) == (value, type(value))


# --- The list of archives

SUM = "a" * 64
OTHER = "0123456789abcdef" * 4


def folder_with(base: Path, content: bytes) -> dict[str, Any]:
    (base / "vpn1").mkdir()
    (base / "vpn1" / "SHA256SUMS").write_bytes(content)
    return backup_folder(str(base), "vpn1")


@pytest.mark.parametrize(
    ("content", "archives"),
    [
        ("", {}),
        (f"{SUM}  a.zip\n{OTHER}  b 1.zip\n", {"a.zip": SUM, "b 1.zip": OTHER}),
        (f"{SUM}  a.zip\n{OTHER.upper()}  b.zip", {"a.zip": SUM, "b.zip": OTHER}),
    ],
)
def test_a_list_is_read_as_the_role_and_sha256sum_write_it(
    tmp_path: Path, content: str, archives: dict[str, str]
) -> None:
    read = folder_with(tmp_path, content.encode())
    assert read["problems"] == []
    assert {one["name"]: one["sha256"] for one in read["archives"]} == archives
    assert read["path"] == str(tmp_path / "vpn1")


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"a.zip",
        SUM.encode(),
        f"{SUM} a.zip".encode(),
        f"{SUM}  ".encode(),
        f"{SUM}   a.zip".encode(),
        f"{SUM} *a.zip".encode(),
        f" {SUM}  a.zip".encode(),
        f"\\{SUM}  a.zip".encode(),
        f"{SUM[1:]}  a.zip".encode(),
        f"{SUM}a  a.zip".encode(),
        f"{'g' * 64}  a.zip".encode(),
        f"{SUM}  a.zip\r".encode(),
        f"{SUM}  a.zip ".encode(),
        f"{SUM}  .".encode(),
        f"{SUM}  ..".encode(),
        f"{SUM}  ../vpn2".encode(),
        f"{SUM}  /etc/passwd".encode(),
        f"{SUM}  a/b".encode(),
        f"{SUM}  .hidden".encode(),
        f"{SUM}  -rf".encode(),
        f"{SUM}  a\u2028{SUM}  b".encode(),
        f"{SUM}  a\x85b".encode(),
        f"{SUM}  a\rb".encode(),
        f"{SUM}  a\x00b".encode(),
        f"{SUM}  a\x1b[2Jb".encode(),
        f"{SUM}  {{{{ 6 * 7 }}}}".encode(),
        f"{SUM}  SHA256SUMS".encode(),
        f"{SUM}  sha256sums".encode(),
        f"{SUM}  good.zip".encode(),
        f"{OTHER}  good.zip".encode(),
        b"\xff\xfe",
        f"{SUM}  ".encode() + b"\xff.zip",
    ],
    ids=lambda line: ascii(line.replace(SUM.encode(), b"SUM"))[:40],
)
def test_a_line_that_the_role_does_not_write_is_a_problem(tmp_path: Path, line: bytes) -> None:
    for number, content in ((2, [b"", line, b""]), (3, [b"", f"{OTHER}  b.zip".encode(), line, b""])):
        content[0] = f"{SUM}  good.zip".encode()
        read = (
            folder_with(tmp_path / str(number), b"\n".join(content)) if (tmp_path / str(number)).mkdir() is None else {}
        )
        problem, advice = read["problems"]
        assert read["archives"] == []
        assert problem.startswith(f"Line {number} of {tmp_path}/{number}/vpn1/SHA256SUMS is ")
        assert problem.isascii()
        assert problem.isprintable()
        assert "remove the list" in advice


def test_many_wrong_lines_are_told_in_a_few_sentences(tmp_path: Path) -> None:
    problems = folder_with(tmp_path, b"x\n" * 1000)["problems"]
    assert len(problems) == 7
    assert problems[5] == "And 995 more lines are wrong."


@pytest.mark.parametrize("host", ["", ".", "..", "../vpn2", "a/b", "/etc", "a/"])
def test_a_host_that_is_a_path_has_no_folder(tmp_path: Path, host: str) -> None:
    (problem,) = backup_folder(str(tmp_path), host)["problems"]
    assert "is not in the folder" in problem


@pytest.mark.parametrize("place", ["folder", "list"])
@pytest.mark.parametrize("kind", ["link", "pipe", "other"])
def test_neither_a_link_nor_a_pipe_is_followed_or_opened(tmp_path: Path, place: str, kind: str) -> None:
    at, elsewhere = tmp_path / "backups" / "vpn1", tmp_path / "elsewhere"
    at.parent.mkdir()
    elsewhere.mkdir()
    if place == "list":
        at.mkdir()
        at, elsewhere = at / "SHA256SUMS", elsewhere / "SHA256SUMS"
        elsewhere.write_text(f"{SUM}  a.zip\n")
    if kind == "link":
        at.symlink_to(elsewhere)
    elif kind == "pipe":
        os.mkfifo(at)
    else:
        at.mkdir() if place == "list" else at.write_text("a file")
    read = backup_folder(str(at.parents[0 if place == "folder" else 1]), "vpn1")
    assert read["archives"] == []
    assert f"{at} is a " in read["problems"][0]


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    read = backup_folder(str(tmp_path / "backups"), "vpn1")
    assert read == {"path": str(tmp_path / "backups" / "vpn1"), "archives": [], "problems": []}


@pytest.mark.parametrize(
    "name", ["SHA256SUMS", "sha256sums", "Sha256Sums", "../a", ".hidden", "notes.txt", None, 7, "a\nb"]
)
def test_an_archive_that_would_take_the_place_of_a_file_is_refused(tmp_path: Path, name: Any) -> None:
    folder = folder_with(tmp_path, f"{SUM}  listed.zip\n".encode())
    (tmp_path / "vpn1" / "notes.txt").write_text("mine")
    (tmp_path / "vpn1" / "listed.zip").write_text("an archive")
    refusal = backup_refusal({"backup": {"backup_name": name}}, folder)
    assert refusal.startswith("Nothing was downloaded or removed. The panel shows an archive named ")
    assert refusal.isascii()
    assert refusal.isprintable()
    for good in ({"backup": {"backup_name": "listed.zip"}}, {"backup": {"backup_name": "new.zip"}}, {"backup": {}}, {}):
        assert backup_refusal(good, folder) == ""


def test_a_folder_with_problems_gets_nothing(tmp_path: Path) -> None:
    folder = backup_folder(str(tmp_path), "vpn1", 0)
    assert backup_refusal({"skipped": True}, folder) == (
        "Nothing was created, downloaded or removed. puqvpn_backup_keep is 0, and must be at least 1."
    )


def test_only_good_archives_count_and_only_those_are_removed(tmp_path: Path) -> None:
    content = b"PK an archive"
    good = hashlib.sha256(content).hexdigest()
    listed = {**dict.fromkeys(["1.zip", "3.zip", "4.zip", "5.zip", "6.zip", "7.zip"], good), "2.zip": OTHER}
    folder = folder_with(tmp_path, "".join(f"{listed[name]}  {name}\n" for name in sorted(listed)).encode())
    for name in ("1.zip", "2.zip", "4.zip", "7.zip"):
        (tmp_path / "vpn1" / name).write_bytes(content)
    (tmp_path / "vpn1" / "5.zip").mkdir()
    (tmp_path / "vpn1" / "6.zip").symlink_to("1.zip")
    plan = backup_plan(folder, 2, {"name": "8.zip", "sha256": OTHER})
    assert plan["surplus"] == ["4.zip", "1.zip"]
    assert plan["damaged"] == ["2.zip", "5.zip", "6.zip"]
    left = [("2.zip", OTHER), ("5.zip", good), ("6.zip", good), ("7.zip", good), ("8.zip", OTHER)]
    assert plan["list"] == "".join(f"{digest}  {name}\n" for name, digest in left)
    # The one of this run may have been there before, and check mode does not know it.
    assert backup_plan(folder, 2, {"name": "7.zip", "sha256": OTHER})["surplus"] == ["1.zip"]
    assert backup_plan(folder, 3, {})["surplus"] == ["1.zip"]
