# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Profiles of many accounts and clients in one task: few requests, all checks first, and failures stop nothing else."""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import OptionError, PuqVpnError
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import Connect
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import run, without_summary
from simulator import Simulator
from simulator.readings import readings

MODULES = {1: "account_profile", 2: "client_profile"}
TITLES = {1: "account", 2: "client"}
TWO_FORMATS = {1: ["wireguard", "ikev2"], 2: ["amneziawg", "ikev2"]}
ENDINGS = {1: ["conf", "sswan"], 2: ["awg.conf", "sswan"]}
PATHS = {
    1: ["account/{}/config_text", "account/{}/ikev2_profile"],
    2: ["client/{}/amneziawg/config", "client/{}/ikev2/profile"],
}
LISTS = {1: ["GET account"], 2: ["GET client", "GET network"]}
PARENT = {1: "wg_name", 2: "network_name"}
NAMES = ["alice", "bob", "carol"]

TwoOf = tuple[Path, Simulator]


@pytest.fixture(params=[1, 2], ids=["1.x", "2.x"])
def panel(request: pytest.FixtureRequest) -> Iterator[Simulator]:
    """A panel with three people, of whom one is on another server."""
    with Simulator(generation=request.param) as simulator:
        simulator.panel.add_server({"name": "office", "address": "10.9.0.1/24", "listen_port": 51900})
        for at, name in enumerate(NAMES):
            server, network = ("office", "10.9.0") if name == "carol" else ("Default", "10.0.0")
            account = {"name": name, "wg_name": server, "allowed_IPs": f"{network}.{10 + at}", "username": f"u-{name}"}
            simulator.panel.add_account({**account, "password": f"canary-{name}"})
        yield simulator


@pytest.fixture
def client(panel: Simulator, connect: Connect) -> PanelClient:
    return connect(panel)


def save(client: PanelClient, folder: Path, **options: Any) -> dict[str, Any]:
    generation = client.connection.generation
    given = {"names": ["alice", "bob"], "formats": TWO_FORMATS[generation], "dest": str(folder), **options}
    return run(client, MODULES[generation], **{name: value for name, value in given.items() if value is not None})


def fail(client: PanelClient, folder: Path, **options: Any) -> PuqVpnError:
    with pytest.raises(PuqVpnError) as caught:
        save(client, folder, **options)
    return caught.value


def requests_for(panel: Simulator, names: list[str]) -> dict[str, int]:
    paths = [f"GET {path.format(name)}" for path in PATHS[panel.generation] for name in names]
    return dict.fromkeys([*LISTS[panel.generation], *paths], 1)


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def file_names(panel: Simulator, names: list[str]) -> set[str]:
    return {f"{name}.{ending}" for name in names for ending in ENDINGS[panel.generation]}


def mode_of(path: Path) -> str:
    return f"{stat.S_IMODE(path.stat().st_mode):04o}"


# --- What is saved


@pytest.mark.parametrize("concurrency", [1, 4])
def test_many_files_take_one_read_of_the_lists_and_one_of_each(
    panel: Simulator, client: PanelClient, tmp_path: Path, concurrency: int
) -> None:
    result = save(client, tmp_path, concurrency=concurrency)
    assert panel.counts() == requests_for(panel, ["alice", "bob"])
    assert result["requests"] == sum(panel.counts().values())
    assert result["changed"] is True
    assert set(files_in(tmp_path)) == file_names(panel, ["alice", "bob"])
    assert [(entry["name"], entry["format"]) for entry in result["files"]] == [
        (name, kind) for name in ("alice", "bob") for kind in TWO_FORMATS[panel.generation]
    ]
    for entry in result["files"]:
        assert Path(entry["dest"]).stat().st_size == entry["size"]
        assert mode_of(Path(entry["dest"])) == "0600"
        assert entry["changed"] is True
    assert [diff["after_header"] for diff in result["diff"]] == [entry["dest"] for entry in result["files"]]
    assert result["failures"] == []
    assert client.warnings == []
    secrets = ["canary-", panel.panel.accounts["alice"]["private_key"]]
    assert [secret for secret in secrets if secret in json.dumps(result)] == []


def test_each_file_is_the_one_that_a_task_of_its_own_saves(
    panel: Simulator, client: PanelClient, tmp_path: Path
) -> None:
    result = save(client, tmp_path)
    for entry in result["files"]:
        options = {"name": entry["name"], "format": entry["format"], "dest": entry["dest"]}
        alone = run(client, MODULES[panel.generation], **options)
        assert alone["changed"] is False
        assert (alone["checksum"], alone["size"]) == (entry["checksum"], entry["size"])


def test_unchanged_files_are_not_touched(panel: Simulator, client: PanelClient, tmp_path: Path) -> None:
    save(client, tmp_path)
    before = {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in tmp_path.iterdir()}
    panel.panel.accounts["bob"]["username"] = "another"
    result = save(client, tmp_path, backup=True)
    changed = [Path(entry["dest"]).name for entry in result["files"] if entry["changed"]]
    assert changed == ["bob.sswan"]
    after = {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in tmp_path.iterdir()}
    assert {name for name in before if before[name] != after[name]} == {"bob.sswan"}
    (copy,) = (entry["backup_file"] for entry in result["files"] if "backup_file" in entry)
    assert b"u-bob" in Path(copy).read_bytes()
    assert mode_of(Path(copy)) == "0600"
    assert len(result["diff"]) == 1
    assert result["msg"].startswith("1 file saved to ")
    again = save(client, tmp_path)
    assert (again["changed"], again["diff"]) == (False, [])


@pytest.mark.parametrize("formats", [1, 2], ids=["one", "two"])
def test_a_single_name_with_several_formats(
    panel: Simulator, client: PanelClient, tmp_path: Path, formats: int
) -> None:
    result = save(client, tmp_path, names=None, name="alice", formats=TWO_FORMATS[panel.generation][:formats])
    assert len(result["files"]) == len(files_in(tmp_path)) == formats


def test_without_formats_it_is_wireguard(client: PanelClient, tmp_path: Path) -> None:
    save(client, tmp_path, formats=None)
    assert set(files_in(tmp_path)) == {"alice.conf", "bob.conf"}
    picture = {1: "qr", 2: "wireguard_qr"}[client.connection.generation]
    save(client, tmp_path, formats=None, format=picture)
    assert set(files_in(tmp_path)) == {"alice.conf", "bob.conf", "alice.png", "bob.png"}


def test_the_files_of_all_formats_have_different_names(panel: Simulator, client: PanelClient, tmp_path: Path) -> None:
    kinds = {
        1: ["wireguard", "qr", "ikev2"],
        2: ["wireguard", "wireguard_qr", "amneziawg", "amneziawg_qr", "openvpn", "ikev2"],
    }
    formats = kinds[panel.generation]
    result = save(client, tmp_path, formats=formats)
    assert len(files_in(tmp_path)) == len(result["files"]) == 2 * len(formats)


def test_nobody_is_asked_for_and_nothing_is_sent(panel: Simulator, client: PanelClient, tmp_path: Path) -> None:
    result = save(client, tmp_path, names=[])
    assert (result["changed"], result["files"], panel.counts()) == (False, [], {})


# --- All of them, and filters


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        (None, NAMES),
        ({}, NAMES),
        ({"name": ["*o*"]}, ["bob", "carol"]),
        ({"parent": ["Def*"]}, ["alice", "bob"]),
        ({"parent": ["Def*"], "name": ["b*", "c*"]}, ["bob"]),
        ({"status": "disable"}, ["bob"]),
        ({"name": []}, []),
    ],
)
def test_all_means_those_who_match_the_filters(
    panel: Simulator, client: PanelClient, tmp_path: Path, filters: dict[str, Any] | None, names: list[str]
) -> None:
    panel.panel.accounts["bob"]["status"] = "disable"
    if filters and "parent" in filters:
        filters = {**filters, PARENT[panel.generation]: filters["parent"]}
        del filters["parent"]
    save(client, tmp_path, names=None, all=True, filters=filters)
    expected = requests_for(panel, names)
    if not names:
        expected.pop("GET network", None)
    assert panel.counts() == expected
    assert set(files_in(tmp_path)) == file_names(panel, names)


@pytest.mark.parametrize("name", ["../x", "a/b", "x\ny", "-rf", ".hidden", "", "a" * 300], ids=ascii)
def test_a_name_of_the_panel_that_is_no_file_name_is_refused(
    panel: Simulator, client: PanelClient, tmp_path: Path, name: Any
) -> None:
    panel.panel.falsify(panel.panel.accounts["bob"], "name", name)
    error = fail(client, tmp_path, names=None, all=True)
    assert error.code == "untrusted_value"
    assert files_in(tmp_path) == {}
    assert set(panel.counts()) == {LISTS[panel.generation][0]}


def test_names_of_the_panel_whose_files_would_be_the_same_are_refused(
    panel: Simulator, client: PanelClient, tmp_path: Path
) -> None:
    panel.panel.falsify(panel.panel.accounts["bob"], "name", "ALICE")
    error = fail(client, tmp_path, names=None, all=True)
    assert isinstance(error, OptionError)
    assert "only by case" in str(error)
    if panel.generation == 2:
        panel.panel.falsify(panel.panel.accounts["bob"], "name", "alice.awg")
        error = fail(client, tmp_path, names=None, all=True, formats=["wireguard", "amneziawg"])
        assert "alice.awg.conf is given twice" in str(error)
    assert files_in(tmp_path) == {}


# --- Directories


def test_each_name_gets_a_folder_that_nobody_else_can_enter(
    panel: Simulator, client: PanelClient, tmp_path: Path
) -> None:
    (tmp_path / "bob").mkdir(mode=0o755)
    before = os.umask(0)
    try:
        save(client, tmp_path, folder_per_name=True)
    finally:
        os.umask(before)
    assert {path.name: mode_of(path) for path in tmp_path.iterdir()} == {"alice": "0700", "bob": "0755"}
    assert set(files_in(tmp_path / "alice")) == file_names(panel, ["alice"])
    assert save(client, tmp_path, folder_per_name=True)["changed"] is False


def test_a_folder_is_not_left_for_a_file_that_fails(panel: Simulator, client: PanelClient, tmp_path: Path) -> None:
    fail(client, tmp_path, names=["nobody", "bob"], folder_per_name=True)
    assert [path.name for path in tmp_path.iterdir()] == ["bob"]


@pytest.mark.parametrize("folder_per_name", [False, True])
def test_no_link_in_the_directory_is_followed(
    panel: Simulator, client: PanelClient, tmp_path: Path, folder_per_name: bool
) -> None:
    elsewhere, dest = tmp_path / "elsewhere", tmp_path / "dest"
    elsewhere.mkdir()
    dest.mkdir()
    if folder_per_name:
        (dest / "bob").symlink_to(elsewhere)
    else:
        (dest / f"bob.{ENDINGS[panel.generation][0]}").symlink_to(elsewhere / "file")
    error = fail(client, dest, folder_per_name=folder_per_name)
    assert isinstance(error, OptionError)
    assert str(dest / "bob") in str(error)
    assert files_in(tmp_path) == {}
    assert panel.counts() == {}


# --- Options


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"names": None}, ["exactly one of name, names and all."]),
        ({"name": "alice"}, ["exactly one", "name and names"]),
        ({"all": True}, ["exactly one", "names and all"]),
        ({"filters": {}}, ["filters needs all: true"]),
        ({"format": "wireguard"}, ["format and formats are mutually exclusive"]),
        ({"formats": ["wireguard", "wireguard"]}, ["a format twice"]),
        ({"names": ["alice", "a/b", "-x", "alice"]}, ["name a/b must be", "name -x is not a file name", "given twice"]),
        ({"names": ["alice", "ALICE"]}, ["name ALICE differs from alice only by case"]),
        ({"concurrency": 0}, ["concurrency is 0"]),
        ({"concurrency": 17}, ["concurrency is 17"]),
        ({"dest": "/not/there"}, ["/not/there is not a directory"]),
        ({"dest": "/dev/null"}, ["/dev/null is not a directory"]),
        ({"validate": "true", "mode": "x", "owner": "no-such-user"}, ["%s", "mode must be", "no-such-user"]),
        (
            {"names": None, "name": "alice", "formats": None, "format": "wireguard", "folder_per_name": True},
            ["folder_per_name needs names, all or formats"],
        ),
    ],
    ids=str,
)
def test_what_is_wrong_with_the_options_is_reported_before_anything_is_sent(
    panel: Simulator, client: PanelClient, tmp_path: Path, options: dict[str, Any], words: list[str]
) -> None:
    error = fail(client, tmp_path, **options)
    assert isinstance(error, OptionError)
    assert all(word in str(error) for word in words), str(error)
    assert panel.counts() == {}
    assert files_in(tmp_path) == {}


def test_the_mode_and_the_command_are_for_each_file(panel: Simulator, client: PanelClient, tmp_path: Path) -> None:
    save(client, tmp_path, mode="0640", validate="grep -q . %s")
    assert {mode_of(path) for path in tmp_path.iterdir()} == {"0640"}
    result = save(client, tmp_path)
    assert {entry["changed"] for entry in result["files"]} == {True}
    assert {mode_of(path) for path in tmp_path.iterdir()} == {"0600"}
    assert result["diff"] == []


# --- Failures


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"kind": "error", "text": "canary-bob is out of order"}, "panel_refused"),
        ({"kind": "wrong_type", "msg": "canary-bob"}, "answer_wrong_type"),
        ({"kind": "login_page"}, "answer_is_html"),
    ],
)
def test_a_file_that_fails_does_not_prevent_the_others(
    panel: Simulator, client: PanelClient, tmp_path: Path, fault: dict[str, Any], code: str
) -> None:
    first, _second = PATHS[panel.generation]
    panel.fault(method="GET", path=first.format("bob"), times=9, **fault)
    error = fail(client, tmp_path, names=NAMES)
    assert error.code == code
    assert f"{TWO_FORMATS[panel.generation][0]} of {TITLES[panel.generation]} bob" in str(error)
    assert "5 of 6 files are up to date." in str(error)
    assert set(files_in(tmp_path)) == file_names(panel, NAMES) - {f"bob.{ENDINGS[panel.generation][0]}"}
    (failed,) = error.details["failures"]
    assert (failed["name"], failed["format"], failed["error_code"]) == (
        "bob",
        TWO_FORMATS[panel.generation][0],
        code,
    )
    assert len(error.details["files"]) == len(error.details["diff"]) == 5
    assert error.details["changed"] is True
    assert "canary" not in json.dumps(error.details) + str(error)
    panel.clear_faults()
    rest = save(client, tmp_path, names=NAMES)
    assert [entry["name"] for entry in rest["files"] if entry["changed"]] == ["bob"]


def test_several_failures_are_one_error_that_lists_them(panel: Simulator, client: PanelClient, tmp_path: Path) -> None:
    error = fail(client, tmp_path, names=["nobody", "alice", "neither"])
    assert error.code == "files_failed"
    assert "4 of 6 files failed." in str(error)
    assert "2 of 6 files are up to date." in str(error)
    assert [(one["name"], one["error_code"]) for one in error.details["failures"]] == [
        ("nobody", "not_found"),
        ("nobody", "not_found"),
        ("neither", "not_found"),
        ("neither", "not_found"),
    ]
    assert panel.counts() == requests_for(panel, ["alice"])


@pytest.mark.parametrize("concurrency", [1, 3])
def test_a_panel_that_is_gone_is_not_asked_for_every_file(
    panel: Simulator, connect: Connect, tmp_path: Path, concurrency: int
) -> None:
    client = connect(panel, retries=0)
    panel.fault("status", method="GET", path=PATHS[panel.generation][1].format("alice"), code=503, times=None)
    error = fail(client, tmp_path, names=NAMES, concurrency=concurrency)
    assert error.http_status == 503
    assert "1 of 6 files are up to date, and 4 were not attempted." in str(error)
    assert set(files_in(tmp_path)) == {f"alice.{ENDINGS[panel.generation][0]}"}
    assert sum(panel.counts().values()) <= len(LISTS[panel.generation]) + 2 * concurrency + 1


def test_a_rejected_file_is_left_as_it_was(panel: Simulator, client: PanelClient, tmp_path: Path) -> None:
    first = tmp_path / f"alice.{ENDINGS[panel.generation][0]}"
    first.write_bytes(b"before")
    error = fail(client, tmp_path, validate="grep -q u-alice %s")
    assert error.code == "files_failed"
    assert first.read_bytes() == b"before"
    assert {one["error_code"] for one in error.details["failures"]} == {"validation_failed"}
    assert [(one["name"], one["format"]) for one in error.details["files"]] == [("alice", "ikev2")]


def test_a_directory_that_vanishes_ends_the_run(
    panel: Simulator, client: PanelClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dest = tmp_path / "dest"
    dest.mkdir()
    learn = PanelClient.learn_secrets

    def learn_and_remove(self: PanelClient, *values: Any) -> None:
        learn(self, *values)
        shutil.rmtree(dest, ignore_errors=True)

    monkeypatch.setattr(PanelClient, "learn_secrets", learn_and_remove)
    error = fail(client, dest)
    assert error.code == "file_not_written"
    assert "0 of 4 files are up to date, and 3 were not attempted." in str(error)


def test_a_profile_with_the_login_of_another_is_reported(panel: Simulator, client: PanelClient, tmp_path: Path) -> None:
    save(client, tmp_path)
    document = json.loads((tmp_path / "alice.sswan").read_bytes(), strict=False)
    answer = json.dumps({**document, "local": {"eap_id": "mallory"}})
    panel.fault("wrong_type", method="GET", path=PATHS[panel.generation][1].format("alice"), msg=answer)
    save(client, tmp_path)
    title = TITLES[panel.generation]
    assert client.warnings == [f"The profile of alice has the login mallory, and the {title} has u-alice."]


# --- Check mode


def test_check_mode_predicts_the_same_and_writes_nothing(panel: Simulator, connect: Connect, tmp_path: Path) -> None:
    options = {"names": None, "all": True, "folder_per_name": True, "formats": TWO_FORMATS[panel.generation][:1]}
    predicted = save(connect(panel, check_mode=True), tmp_path, **options)
    assert list(tmp_path.iterdir()) == []
    happened = save(connect(panel), tmp_path, **options)
    assert without_summary(predicted) == without_summary(happened)
    again = save(connect(panel, check_mode=True), tmp_path, **options)
    assert (again["changed"], again["diff"]) == (False, [])


def test_folders_of_names_are_created_with_those_above_them(panel: Simulator, connect: Connect, tmp_path: Path) -> None:
    folder = tmp_path / "later" / "vpn"
    options = {"names": ["alice"], "folder_per_name": True, "formats": TWO_FORMATS[panel.generation][:1]}
    predicted = save(connect(panel, check_mode=True), folder, **options)
    assert list(tmp_path.iterdir()) == []
    happened = save(connect(panel), folder, **options)
    assert without_summary(predicted) == without_summary(happened)
    assert {stat.S_IMODE(path.stat().st_mode) for path in (folder.parent, folder, folder / "alice")} == {0o700}
    (tmp_path / "file").write_text("mine")
    error = fail(connect(panel), tmp_path / "file" / "vpn", **options)
    assert error.code == "invalid_option"
    assert str(tmp_path / "file") in str(error)


def test_check_mode_assumes_what_an_earlier_task_may_create(panel: Simulator, connect: Connect, tmp_path: Path) -> None:
    checking = connect(panel, check_mode=True)
    result = save(checking, tmp_path / "later", names=["nobody", "alice", "neither"])
    title = TITLES[panel.generation]
    assert checking.warnings == [
        f"In check mode it is assumed that the directory {tmp_path / 'later'} exists.",
        f"In check mode it is assumed that {title}s nobody, neither exist.",
    ]
    assert result["changed"] is True
    assert {entry["name"]: entry["checksum"] is None for entry in result["files"]} == {
        "nobody": True,
        "alice": False,
        "neither": True,
    }


# --- What 2.x panels leave open


@pytest.fixture
def panel2() -> Iterator[Simulator]:
    with Simulator(generation=2) as simulator:
        for at, name in enumerate(["alice", "bob"]):
            simulator.panel.add_account(
                {"name": name, "wg_name": "Default", "allowed_IPs": f"10.0.0.{10 + at}", "username": f"u-{name}"}
            )
        yield simulator


@pytest.mark.parametrize("reading", readings())
def test_every_reading_of_the_contract_gives_the_same_files(
    panel2: Simulator, connect: Connect, tmp_path: Path, reading: dict[str, Any]
) -> None:
    client = connect(panel2)
    save(client, tmp_path)
    panel2.options.set(**reading)
    has_list = panel2.options.inferred
    for options in ({}, {"names": None, "all": True}) if has_list else ({},):
        panel2.reset_counters()
        result = save(connect(panel2), tmp_path, **options)
        assert (result["changed"], len(result["files"])) == (False, 4)
        # A list of names alone takes a request for each client, and a network without flags one of its own.
        assert sum(panel2.counts().values()) <= 2 + 4 + 2 + 1
    assert client.warnings == []


def test_a_panel_that_does_not_list_its_clients(panel2: Simulator, connect: Connect, tmp_path: Path) -> None:
    panel2.fault("status", method="GET", path="client", code=404, times=None)
    client = connect(panel2)
    result = save(client, tmp_path, names=["alice", "bob"])
    assert len(result["files"]) == 4
    assert {name: number for name, number in panel2.counts().items() if name.count("/") == 1} == {
        "GET client/alice": 1,
        "GET client/bob": 1,
    }
    assert fail(client, tmp_path, names=["nobody"], formats=["openvpn"]).code == "not_found"
    error = fail(client, tmp_path, names=None, all=True)
    assert error.code == "unknown_operation"
    assert "does not list its clients" in str(error)


@pytest.mark.parametrize("flags", ["flat", "nested", "enabled", "hidden"])
def test_a_protocol_that_is_off_fails_for_those_on_the_network_alone(
    panel2: Simulator, connect: Connect, tmp_path: Path, flags: str
) -> None:
    panel2.options.set(protocol_flags=flags)
    panel2.panel.add_server({"name": "office", "address": "10.9.0.1/24", "listen_port": 51900})
    panel2.panel.wireguard["office"]["protocols"] = ["wireguard"]
    panel2.panel.add_account({"name": "carol", "wg_name": "office", "allowed_IPs": "10.9.0.2"})
    error = fail(connect(panel2), tmp_path, names=NAMES, formats=["wireguard", "openvpn"])
    assert error.code == ("panel_refused" if flags == "hidden" else "protocol_disabled")
    assert set(files_in(tmp_path)) == {"alice.conf", "alice.ovpn", "bob.conf", "bob.ovpn", "carol.conf"}
    (failed,) = error.details["failures"]
    assert (failed["name"], failed["format"]) == ("carol", "openvpn")
    assert ("GET client/carol/openvpn/profile" in panel2.counts()) is (flags == "hidden")


@pytest.mark.parametrize("codes", [False, True])
def test_a_token_that_may_not_read_networks_is_enough(
    panel2: Simulator, connect: Connect, tmp_path: Path, codes: bool
) -> None:
    panel2.options.set(permissions="client:read", error_codes=codes)
    assert len(save(connect(panel2), tmp_path)["files"]) == 4
    assert [name for name in panel2.counts() if "network" in name] == ["GET network"]


def test_a_client_that_cannot_be_read_alone_fails_alone(panel2: Simulator, connect: Connect, tmp_path: Path) -> None:
    panel2.options.set(clients="thin")
    panel2.fault("wrong_type", method="GET", path="client/bob", msg={"name": "alice"}, times=None)
    error = fail(connect(panel2), tmp_path)
    assert {one["error_code"] for one in error.details["failures"]} == {"answer_wrong_object"}
    assert {one["name"] for one in error.details["files"]} == {"alice"}
