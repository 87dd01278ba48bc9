# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role users makes of a list of people, and what it hands out to them."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._csv_reader import from_csv
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._users import (
    users_handout,
    users_plan,
    users_secrets,
)

HOST = "vpn.example.com"


def plan(folder: Path, people: Any, **options: Any) -> dict[str, Any]:
    return dict(users_plan(people, **{"generation": 1, "folder": str(folder), "host": HOST, **options}))


def items_of(people: Any, generation: int = 1, **options: Any) -> list[dict[str, Any]]:
    """The items that are applied for a list of people."""
    return list(users_secrets(people, generation=generation, **options)["items"])


def planned(folder: Path, people: Any, **options: Any) -> dict[str, Any]:
    """The plan of a list without problems."""
    found = plan(folder, people, **options)
    assert found["problems"] == []
    return found


def test_people_become_items_and_batches(tmp_path: Path) -> None:
    people = [
        {"name": "anna", "wg_name": "Default", "email": "anna@example.com", "groups": ["staff"], "password": "c4nary"},
        {"name": "bert", "formats": "qr, wireguard", "status": "disable", "wg_name": None},
        {"name": "carl", "formats": ["qr", "wireguard"], "link": "yes", "expires": datetime.date(2999, 1, 31)},
        {"name": "dora", "expires": "2020-01-31", "link": True},
        {"name": "emil", "state": "absent"},
        {"name": "fred", "formats": ["wireguard", "qr"], "extra": {"Department": "IT"}},
        {"name": "gina", "formats": [], "email": "", "groups": ""},
    ]
    found = planned(tmp_path, people)
    assert "c4nary" not in json.dumps(found)
    assert found["path"] == str(tmp_path / HOST)
    assert found["section"] == "accounts"
    assert items_of(people)[:3] == [
        {"status": "enable", "name": "anna", "wg_name": "Default", "password": "c4nary"},
        {"status": "disable", "name": "bert"},
        {"status": "enable", "name": "carl", "expires": "2999-01-31"},
    ]
    assert [(person["name"], person["status"], person["link"]) for person in found["people"]] == [
        ("anna", "enabled", False),
        ("bert", "disabled", False),
        ("carl", "enabled", True),
        ("dora", "expired", True),
        ("emil", "absent", False),
        ("fred", "enabled", False),
        ("gina", "enabled", False),
    ]
    assert found["batches"] == [
        {"formats": ["wireguard"], "names": ["anna"]},
        {"formats": ["qr", "wireguard"], "names": ["carl", "fred"]},
    ]
    assert found["people"][0]["email"] == "anna@example.com"
    assert found["people"][2]["expires"] == "2999-01-31"


def test_clients_of_2x_panels_have_other_options(tmp_path: Path) -> None:
    text = "name,network,formats\nanna,office,openvpn wireguard\n"
    found = planned(tmp_path, text, generation=2)
    assert (found["section"], items_of(text, 2)) == (
        "clients",
        [{"status": "enable", "name": "anna", "network_name": "office"}],
    )
    assert found["batches"] == [{"formats": ["openvpn", "wireguard"], "names": ["anna"]}]
    assert plan(tmp_path, text, generation=1)["problems"] == [
        "Line 2 (anna): unknown format \"openvpn\". Valid formats: wireguard, qr, ikev2.",
        'Line 2 (anna): unknown option "network_name".',
    ]  # fmt: skip


def test_persons_outrank_groups_and_groups_outrank_defaults(tmp_path: Path) -> None:
    shared = {
        "defaults": {"b_download": 10, "b_upload": 10, "wg_name": "Default", "formats": "qr"},
        "groups": {"staff": {"b_download": 100, "link": True}, "guests": {"b_download": 5}, "remote": {"link": True}},
    }
    people = [
        {"name": "anna", "groups": ["staff", "remote"], "b_upload": 7},
        {"name": "bert", "groups": "staff guests", "b_download": 1},
        {"name": "carl"},
    ]
    found = planned(tmp_path, people, **shared)
    assert [[item[name] for name in ("b_download", "b_upload", "wg_name")] for item in items_of(people, **shared)] == [
        [100, 7, "Default"],
        [1, 10, "Default"],
        [10, 10, "Default"],
    ]
    assert [person["link"] for person in found["people"]] == [True, True, False]
    assert found["batches"] == [{"formats": ["qr"], "names": ["anna", "bert", "carl"]}]


def test_options_that_mean_the_same_do_not_contradict_each_other(tmp_path: Path) -> None:
    groups = {
        "a": {"formats": ["openvpn", "ikev2"], "b_upload": 5, "network": "Default"},
        "b": {"formats": "ikev2 openvpn", "b_upload": "5", "network_name": "Default"},
    }
    people = [{"name": "anna", "groups": "a b"}, {"name": "bert", "network_name": "office"}]
    given = {"generation": 2, "groups": groups, "defaults": {"network": "other"}}
    planned(tmp_path, people, **given)
    items = items_of(people, **given)  # type: ignore[arg-type]
    assert [item["network_name"] for item in items] == ["Default", "office"]
    assert all("network" not in item for item in items)


def test_groups_are_only_listed_if_none_is_defined(tmp_path: Path) -> None:
    found = planned(tmp_path, "name,groups\nanna,sales|board\n")
    assert found["people"][0]["groups"] == ["sales", "board"]


LIST = "puqvpn_users_list"
PERSON: dict[str, Any] = {"name": "anna"}


@pytest.mark.parametrize(
    ("people", "options", "problems"),
    [
        ({"name": "anna"}, {}, [f"{LIST} must be a list of people."]),
        (["anna", PERSON], {}, [f"{LIST}[0]: must be a dictionary of options."]),
        ([{"username": "anna"}], {}, [f"{LIST}[0]: needs a name."]),
        (
            [{**PERSON, "email": "a@x\nBcc: b@x"}],
            {},
            [f'{LIST}[0] (anna): email must be one address, not "a@x\\nBcc: b@x".'],
        ),
        ([{**PERSON, "email": "a@x, b@x"}], {}, [f'{LIST}[0] (anna): email must be one address, not "a@x, b@x".']),
        ([{**PERSON, "link": "maybe"}], {}, [f'{LIST}[0] (anna): link must be yes or no, not "maybe".']),
        (
            [{**PERSON, "formats": [{"a": 1}]}],
            {},
            [f"{LIST}[0] (anna): unknown format \"{{'a': 1}}\". Valid formats: wireguard, qr, ikev2."],
        ),
        ([{**PERSON, "formats": 7}], {}, [f"{LIST}[0] (anna): formats must be a list."]),
        ([{**PERSON, "groups": 7}], {"groups": {"a": {}}}, [f"{LIST}[0] (anna): groups must be a list of names."]),
        (
            [{**PERSON, "groups": ["a", "c"]}],
            {"groups": {"a": {}, "b": {}}},
            [f'{LIST}[0] (anna): unknown group "c". Groups: "a", "b".'],
        ),
        (
            [{**PERSON, "groups": ["a", "b"]}],
            {"groups": {"a": {"b_upload": 1}, "b": {"b_upload": 2}}},
            [
                f'{LIST}[0] (anna): groups "a" and "b" contradict each other in b_upload. Set it for the person, or in '
                "one group only."
            ],
        ),
        (
            [PERSON],
            {"defaults": {"nme": 1, "email": "a@x"}, "groups": {"a": [], "b": {"name": "x"}}},
            [
                'puqvpn_users_defaults: unknown option "nme".',
                "puqvpn_users_defaults: email belongs to a single person.",
                "puqvpn_users_groups.a: must be a dictionary of options.",
                "puqvpn_users_groups.b: name belongs to a single person.",
                f'{LIST}[0] (anna): unknown option "nme". Did you mean "name"?',
            ],
        ),
        (
            [{**PERSON, "username": "a"}, {"name": "Anna", "username": "a"}],
            {},
            [
                f"{LIST}[1] (Anna): username a is already used by account anna ({LIST}[0]).",
                f'{LIST}[1] (Anna): the name differs from "anna" only by case. Both would share a folder on some '
                "systems.",
            ],
        ),
        (
            [PERSON],
            {"archive": True, "archive_password": "short"},
            [
                f"{LIST}[0] (anna): needs archive_password with at least 12 characters, or "
                "puqvpn_users_archive_password for all."
            ],
        ),
    ],
)  # fmt: skip
def test_all_problems_of_a_list_are_reported(
    tmp_path: Path, people: Any, options: dict[str, Any], problems: list[str]
) -> None:
    assert plan(tmp_path, people, **options)["problems"] == problems


@pytest.mark.parametrize(
    "name",
    ["../anna", "an/na", ".", "..", "an na", "j\u00fcrgen", "anna\nbert", "{{ 7 }}", "an\x00na", "-rf", "a" * 300],
)
def test_no_name_can_lead_out_of_the_folder(tmp_path: Path, name: str) -> None:
    found = plan(tmp_path, [{"name": name}])
    assert len(found["problems"]) == 1
    assert found["problems"][0].startswith(f"{LIST}[0]")


def test_problems_of_a_file_have_their_lines_and_equal_ones_are_one(tmp_path: Path) -> None:
    text = "name;b_download;Dept\nanna;fast;IT\n\nbert;fast;\ncarl;-1;\ncarl;2;\ndora;3\n"
    assert plan(tmp_path, text)["problems"] == [
        "Line 7 has too few cells: 2 of 3.",
        'Line 6, column "name", contains "carl", as line 5 does.',
        "Line 2 (anna), Line 4 (bert): b_download must be a whole number from 0 to 10000, not fast.",
        "Line 5 (carl): b_download must be a whole number from 0 to 10000, not -1.",
    ]
    options = "delimiter, columns, unknown, required, encoding"
    assert plan(tmp_path, text, csv={"colour": "red"})["problems"] == [
        f'puqvpn_users_csv_options: unknown option "colour". Valid options: {options}.'
    ]
    assert plan(tmp_path, "Login\nanna\n", csv={"columns": {"Login": "name"}})["problems"] == []


def test_nothing_in_the_way_is_followed_or_overwritten(tmp_path: Path) -> None:
    folder = tmp_path / HOST
    (folder / "bert").mkdir(parents=True)
    (folder / "anna").symlink_to(folder / "bert")
    (folder / "handout.csv").mkdir()
    problems = plan(tmp_path, [{"name": "anna"}, {"name": "bert"}])["problems"]
    assert [problem.split(" is ")[0] for problem in problems] == [f"{folder}/handout.csv", f"{folder}/anna"]
    (folder / "handout.csv").rmdir()
    (folder / "anna").unlink()
    for foreign in (
        "[]",
        "{}",
        "no JSON",
        '{"people": [{"name": "a", "files": [1]}]}',
        '{"people": [1]}',
        '{"people": 1}',
        "[" * 100_000,
    ):
        (folder / "handout.json").write_text(foreign)
        (problem,) = plan(tmp_path, [{"name": "anna"}])["problems"]
        assert "handout.json was not written by this role" in problem
    (problem,) = plan(tmp_path, [{"name": "anna"}], host="../elsewhere")["problems"]
    assert "is not in the folder" in problem


# --- The hand-out list


def file_of(folder: Path, name: str, checksum: str | None, extension: str = "conf") -> dict[str, Any]:
    path = folder / HOST / name / f"{name}.{extension}"
    return {"name": name, "dest": str(path), "checksum": checksum, "format": "wireguard", "changed": True, "size": 1}


def handed_out(found: dict[str, Any], files: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    accounts = [{"name": "anna", "wg_name": "Default", "allowed_ips": "10.0.0.2"}]
    given = {"saved": [{"skipped": True}, {"files": files}], "accounts": accounts, "applied": {}, **more}
    return dict(users_handout(found, **given))


def write(folder: Path, handout: dict[str, Any]) -> None:
    """Write what the role writes last."""
    (folder / HOST).mkdir(exist_ok=True)
    (folder / HOST / "handout.json").write_text(handout["json"])


def test_only_who_gets_other_files_is_new(tmp_path: Path) -> None:
    people = [{"name": "anna", "link": True}, {"name": "bert"}, {"name": "carl", "status": "disable"}]
    found = planned(tmp_path, people, archive=True, archive_password="c4nary-c4nary")
    passwords = users_secrets(people, generation=1, archive_password="c4nary-c4nary")["archive_passwords"]
    assert set(passwords.values()) == {"c4nary-c4nary"}
    files = [file_of(tmp_path, "anna", "1"), file_of(tmp_path, "anna", "2", "png"), file_of(tmp_path, "bert", "3")]
    first = handed_out(found, files)
    assert (first["new"], first["links"], first["archives"]) == (["anna", "bert"], ["anna"], ["anna", "bert"])
    assert "c4nary" not in json.dumps([found, first])
    write(tmp_path, first)
    # What the run before did not get to.
    again = handed_out(found, files)
    assert (again["new"], again["links"], again["archives"]) == ([], ["anna"], ["anna", "bert"])
    for name, *endings in (("anna", "link", "zip.enc"), ("bert", "zip.enc")):
        (tmp_path / HOST / name).mkdir()
        for ending in endings:
            (tmp_path / HOST / name / f"{name}.{ending}").touch()
    done = handed_out(found, files)
    assert (done["new"], done["links"], done["archives"]) == ([], [], [])
    assert (done["json"], done["csv"]) == (first["json"], first["csv"])
    # A file less is nothing new.
    assert handed_out(found, files[1:])["new"] == []
    changed = handed_out(found, [file_of(tmp_path, "anna", "7"), *files[1:]])
    assert (changed["new"], changed["links"], changed["archives"]) == (["anna"], ["anna"], ["anna"])


def test_nobody_is_handed_out_a_part_of_their_files(tmp_path: Path) -> None:
    found = planned(tmp_path, [{"name": "anna", "link": True}, {"name": "bert", "link": True}])
    files = [file_of(tmp_path, "anna", "1"), file_of(tmp_path, "bert", "2")]
    failures = [{"name": "bert", "format": "ikev2", "error": "no certificate", "error_code": "not_found"}]
    handout = handed_out(found, [], saved=[{"failed": False, "files": files, "failures": failures}])
    assert (handout["new"], handout["links"]) == (["anna"], ["anna"])
    assert [person["files"] for person in handout["people"]] == [[{"file": "anna/anna.conf", "checksum": "1"}], []]


def test_who_was_disabled_for_a_while_gets_nothing_new(tmp_path: Path) -> None:
    people = [{"name": "anna"}, {"name": "bert"}]
    files = [file_of(tmp_path, "anna", "1"), file_of(tmp_path, "bert", "2")]
    first = handed_out(planned(tmp_path, people), files)
    write(tmp_path, first)
    (tmp_path / HOST / "bert").mkdir()
    without = handed_out(planned(tmp_path, [people[0], {"name": "bert", "status": "disable"}]), files[:1])
    assert (without["new"], without["unused_folders"]) == ([], ["bert"])
    assert without["people"][1]["files"] == [{"file": "bert/bert.conf", "checksum": "2"}]
    write(tmp_path, without)
    assert handed_out(planned(tmp_path, people), files)["new"] == []
    # Whoever has left the list is new when coming back.
    write(tmp_path, handed_out(planned(tmp_path, people[:1]), files[:1]))
    assert handed_out(planned(tmp_path, people), files)["new"] == ["bert"]


def test_the_list_says_who_is_handed_out_what(tmp_path: Path) -> None:
    people = [
        {"name": "anna", "link": True, "email": "a@example.com", "groups": "x y", "expires": "2999-01-31"},
        {"name": "bert", "wg_name": "Default", "b_download": 10},
        {"name": "carl", "expires": "2020-01-31", "link": True},
    ]
    found = planned(tmp_path, people)
    for folder in ("anna", "carl", "left"):
        (tmp_path / HOST / folder).mkdir(parents=True)
    files = [file_of(tmp_path, "anna", "1"), file_of(tmp_path, "bert", None)]
    diff = {"after": {"accounts": {"bert": {"allowed_ips": "10.0.0.3", "b_download": 10}}}}
    handout = handed_out(found, files, applied={"diff": diff})
    written = json.loads(handout["json"])
    assert written["unused_folders"] == handout["unused_folders"] == ["carl", "left"]
    assert written["people"] == handout["people"]
    assert written["people"][0] == {
        "name": "anna",
        "email": "a@example.com",
        "groups": ["x", "y"],
        "status": "enabled",
        "server": "Default",
        "address": "10.0.0.2",
        "expires": "2999-01-31",
        "files": [{"file": "anna/anna.conf", "checksum": "1"}],
        "link": "anna/anna.link",
        "archive": "",
    }
    assert [person["address"] for person in written["people"]] == ["10.0.0.2", "10.0.0.3", ""]
    assert (written["people"][2]["files"], written["people"][2]["link"]) == ([], "")
    (row, *_others) = from_csv(handout["csv"])
    assert row["extra"]["files"] == "anna/anna.conf"
    assert (row["name"], row["groups"], row["expires"]) == ("anna", ["x", "y"], "2999-01-31")


def test_no_text_of_a_panel_is_more_than_a_text(tmp_path: Path) -> None:
    found = planned(tmp_path, [{"name": "anna"}, {"name": "bert"}])
    accounts = [
        {"name": "anna", "wg_name": "a\n\x1b[2J=1+1", "allowed_ips": "=cmd|' /C calc'!A0"},
        {"name": "bert", "wg_name": ["Default"], "allowed_ips": "10.0.0.3/32"},
        "no account",
    ]
    handout = handed_out(found, [], accounts=accounts)
    assert [person["address"] for person in handout["people"]] == ["", "10.0.0.3"]
    assert handout["people"][0]["server"] == "a [2J=1+1"


def test_a_panel_that_does_not_list_its_clients_has_no_addresses(tmp_path: Path) -> None:
    found = planned(tmp_path, [{"name": "anna", "network_name": "Default"}], generation=2)
    diff = {"after": {"clients": {"anna": {"ipv4": "10.0.0.3"}}}}
    handout = handed_out(found, [], accounts={"error": "unknown"}, applied={"diff": diff})
    assert (handout["people"][0]["address"], handout["people"][0]["server"]) == ("", "Default")
