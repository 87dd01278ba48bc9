# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Backups: one archive and not two, whole or not at all, and a panel that answers after a restore."""

from __future__ import annotations

import datetime
import stat
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import OptionError, PuqVpnError
from ansible_collections.puqcloud.puqvpn.tests.unit import tasks
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import Connect
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import run, without_summary
from simulator import Simulator

OLD = "vpn.example.com_2026-01-31_18-00-00.zip"


@pytest.fixture
def client(panel: Simulator, connect: Connect) -> PanelClient:
    """A client of a panel with one old archive, made when there was no account."""
    panel.panel.add_backup(OLD, "2026-01-31T18:00:17.159356394+01:00")
    panel.panel.add_account({"name": "alice", "wg_name": "Default", "allowed_IPs": "10.0.0.10"})
    return connect(panel)


failure = partial(tasks.failure, module="backup")


# --- Making one


def test_an_archive_is_created_and_returned(panel: Simulator, client: PanelClient) -> None:
    made = run(client, "backup")["backup"]
    assert sorted(panel.panel.backups) == sorted([OLD, made["backup_name"]])
    assert panel.counts() == {"GET backups": 2, "POST backups": 1}


def test_a_young_archive_is_good_enough(panel: Simulator, client: PanelClient) -> None:
    made = run(client, "backup", max_age=60)
    panel.reset_counters()
    again = run(client, "backup", max_age="60")
    assert (made["changed"], again["changed"]) == (True, False)
    assert again["backup"] == made["backup"]
    assert panel.counts() == {"GET backups": 1}


@pytest.mark.parametrize(("minutes", "changed"), [(59, False), (61, True)])
def test_the_age_counts_in_the_time_zone_of_the_panel(
    panel: Simulator, client: PanelClient, minutes: int, changed: bool
) -> None:
    zone = datetime.timezone(datetime.timedelta(hours=-9))
    made = datetime.datetime.now(zone) - datetime.timedelta(minutes=minutes)
    panel.panel.add_backup("young.zip", made.isoformat())
    assert run(client, "backup", max_age=60)["changed"] is changed


def test_check_mode_makes_none_and_predicts_it(
    panel: Simulator, connect: Connect, client: PanelClient, tmp_path: Path
) -> None:
    for options in ({}, {"dest": str(tmp_path)}, {"dest": str(tmp_path / "a.zip")}):
        known = list(panel.panel.backups)
        predicted = run(connect(panel, check_mode=True), "backup", **options)
        assert list(panel.panel.backups) == known
        assert not (tmp_path / "a.zip").exists()
        happened = run(client, "backup", **options)
        assert predicted["changed"] is happened["changed"] is True
        assert predicted["diff"] == happened["diff"]


@pytest.mark.parametrize("fault", ["drop_after", "drop_before", "short_body"])
def test_a_lost_answer_leaves_one_new_archive(panel: Simulator, client: PanelClient, fault: str) -> None:
    panel.fault(fault, method="POST")
    made = run(client, "backup")["backup"]
    assert sorted(panel.panel.backups) == sorted([OLD, made["backup_name"]])


def test_a_copy_by_ftp_that_fails_names_the_archive_that_was_made(panel: Simulator, client: PanelClient) -> None:
    panel.options.set(ftp_fails=True)
    panel.panel.backup_config.update(backup_to_ftp=True, ftp_server="f", ftp_user="u", ftp_password="p")
    error = failure(client)
    (new,) = set(panel.panel.backups) - {OLD}
    assert error.code == "ftp_upload_failed"
    assert error.details["backup"]["backup_name"] == new
    assert new in str(error)


def test_an_archive_that_is_not_there_after_it_was_made(panel: Simulator, client: PanelClient) -> None:
    panel.fault("not_stored", method="POST")
    assert failure(client).code == "object_not_stored"


@pytest.mark.parametrize("statistics", [True, False])
def test_statistics_are_asked_for(panel: Simulator, client: PanelClient, statistics: bool) -> None:
    run(client, "backup", statistics=statistics)
    (sent,) = (request for request in panel.requests if request.method == "POST")
    assert sent.body == (b"statistics=1" if statistics else b"statistics=0")


# --- Bringing it here


def test_an_archive_is_downloaded_once(panel: Simulator, client: PanelClient, tmp_path: Path) -> None:
    dest = tmp_path / "backup.zip"
    results = [run(client, "backup", name=OLD, dest=str(dest)) for _run in range(2)]
    assert [result["changed"] for result in results] == [True, False]
    assert dest.read_bytes() == panel.panel.backups[OLD]["archive"]
    assert stat.S_IMODE(dest.stat().st_mode) == 0o600
    assert panel.counts() == {"GET backups": 2, f"GET backups/{OLD}": 2}
    assert list(tmp_path.iterdir()) == [dest]


def test_a_folder_gets_the_archive_under_its_own_name(client: PanelClient, tmp_path: Path) -> None:
    result = run(client, "backup", backup_name=OLD, dest=str(tmp_path))
    assert result["dest"] == str(tmp_path / OLD)
    assert zipfile.is_zipfile(tmp_path / OLD)


def test_a_folder_that_ends_with_a_slash_is_created(
    panel: Simulator, connect: Connect, client: PanelClient, tmp_path: Path
) -> None:
    folder = tmp_path / "new" / "backups"
    options = {"name": OLD, "dest": f"{folder}/"}
    predicted = run(connect(panel, check_mode=True), "backup", **options)
    assert not folder.parent.exists()
    now = datetime.datetime.now(datetime.timezone.utc).isoformat()
    panel.fault("wrong_type", path="backups", msg={"backups": [{"backup_name": "../x", "creation_date": now}]})
    assert failure(client, max_age=60, dest=options["dest"]).code == "untrusted_value"
    assert not folder.parent.exists()
    panel.clear_faults()
    happened = run(client, "backup", **options)
    assert (predicted["changed"], predicted["dest"]) == (happened["changed"], happened["dest"])
    assert happened["dest"] == str(folder / OLD)
    assert [stat.S_IMODE(path.stat().st_mode) for path in (folder.parent, folder)] == [0o700, 0o700]
    assert run(client, "backup", **options)["changed"] is False
    (tmp_path / "file").write_text("mine")
    assert "is a file, not a folder" in str(failure(client, name=OLD, dest=f"{tmp_path}/file/"))


HOSTILE_NAMES: list[Any] = [
    "../../authorized_keys",
    "/etc/passwd",
    "..",
    "",
    ".bashrc",
    "-rf",
    "a/b.zip",
    "a\\b.zip",
    "a\nb.zip",
    "a\rb.zip",
    "a\x00b.zip",
    "a\x85b.zip",
    "a\u2028b.zip",
    "a\x1b[2Jb.zip",
    "a\u202eb.zip",
    "a" * 300,
    None,
    True,
    7,
    ["a.zip"],
    {"a": "b"},
]


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=ascii)
def test_a_name_that_is_no_file_name_is_refused_before_a_download(
    panel: Simulator, connect: Connect, tmp_path: Path, name: Any
) -> None:
    inside = tmp_path / "one" / "two"
    inside.mkdir(parents=True)
    young = datetime.datetime.now(datetime.timezone.utc).isoformat()
    panel.fault(
        "wrong_type", method="GET", times=None, msg={"backups": [{"backup_name": name, "creation_date": young}]}
    )
    for client in (connect(panel), connect(panel, check_mode=True)):
        panel.reset_counters()
        error = failure(client, dest=str(inside), max_age=60)
        assert error.code == "untrusted_value"
        assert "the name of an archive" in str(error)
        assert str(error).isascii()
        assert str(error).isprintable()
        assert panel.counts() == {"GET backups": 1}
    assert sorted(tmp_path.rglob("*")) == [tmp_path / "one", inside]


@pytest.mark.parametrize("name", [name for name in HOSTILE_NAMES if not isinstance(name, str) or not name], ids=ascii)
def test_an_archive_without_a_name_is_not_downloaded_to_a_file_either(
    panel: Simulator, client: PanelClient, tmp_path: Path, name: Any
) -> None:
    panel.fault("wrong_type", method="POST", msg={"backup_name": name})
    for shown in ([], [{"backup_name": name}]):
        panel.fault("wrong_type", method="GET", path="backups", msg={"backups": shown})
    error = failure(client, dest=str(tmp_path / "backup.zip"))
    assert error.code == "untrusted_value"
    assert list(tmp_path.iterdir()) == []


def test_what_a_panel_calls_its_archives_never_breaks_a_message(panel: Simulator, client: PanelClient) -> None:
    shown = {"backups": [{"backup_name": name} for name in ["a\n\x1b[31m\u2028b" * 200, None, ["x"], "\u202e"]]}
    panel.fault("wrong_type", method="GET", path="backups", msg=shown)
    error = failure(client, name="kept.zip")
    assert error.code == "not_found"
    assert str(error).isprintable()
    assert len(str(error)) < 1500
    assert str(error).startswith(f"{panel.url}: archive kept.zip does not exist. The newest are: a [31m b")


def test_check_mode_says_whether_the_file_would_change(
    panel: Simulator, connect: Connect, client: PanelClient, tmp_path: Path
) -> None:
    dest = tmp_path / "backup.zip"
    checking = connect(panel, check_mode=True)
    predicted = run(checking, "backup", name=OLD, dest=str(dest))
    assert not dest.exists()
    happened = run(client, "backup", name=OLD, dest=str(dest))
    assert without_summary(predicted) == without_summary(happened)
    assert run(checking, "backup", name=OLD, dest=str(dest))["changed"] is False


@pytest.mark.parametrize(
    ("fault", "options"),
    [
        ("short_body", {}),
        ("drop_before", {}),
        ("cut_json", {}),
        ("empty", {}),
        ("login_page", {}),
        ("drip", {"seconds": 5}),
        ("slow", {"seconds": 5}),
        ("wrong_type", {"msg": "no archive"}),
    ],
)
def test_a_broken_download_leaves_the_old_file(
    panel: Simulator, connect: Connect, tmp_path: Path, fault: str, options: dict[str, Any]
) -> None:
    panel.panel.add_backup(OLD, "2026-01-31T18:00:17+01:00")
    dest = tmp_path / "backup.zip"
    dest.write_bytes(b"old")
    panel.fault(fault, method="GET", path=f"backups/{OLD}", times=9, **options)
    with pytest.raises(PuqVpnError):
        run(connect(panel, timeout=0.3, retries=1), "backup", name=OLD, dest=str(dest))
    assert dest.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [dest]


def test_a_download_that_breaks_once_begins_again(panel: Simulator, client: PanelClient, tmp_path: Path) -> None:
    panel.fault("short_body", method="GET", path=f"backups/{OLD}")
    run(client, "backup", name=OLD, dest=str(tmp_path / "backup.zip"))
    assert (tmp_path / "backup.zip").read_bytes() == panel.panel.backups[OLD]["archive"]


def test_an_archive_that_is_damaged_on_the_panel(panel: Simulator, client: PanelClient, tmp_path: Path) -> None:
    archive = bytearray(panel.panel.backups[OLD]["archive"])
    archive[60] ^= 0xFF
    panel.panel.backups[OLD]["archive"] = bytes(archive)
    assert failure(client, name=OLD, dest=str(tmp_path / "backup.zip")).code == "archive_damaged"
    assert list(tmp_path.iterdir()) == []


def as_archive(folder: Path, *files: tuple[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    with zipfile.ZipFile(folder / "made.zip", "w", compression) as archive:
        for name, content in files:
            archive.writestr(name, content)
    content = (folder / "made.zip").read_bytes()
    (folder / "made.zip").unlink()
    return content


def with_size(archive: bytes, size: int) -> bytes:
    """The archive, whose list says that its only file has this size."""
    entry = archive.index(b"PK\x01\x02") + 24
    return archive[:entry] + size.to_bytes(4, "little") + archive[entry + 4 :]


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("a file name with an escape", "damaged ("),
        ("lzma", "compressed in a way"),
        ("bzip2", "compressed in a way"),
        ("a bomb", "many times its own size"),
        ("a long list", "the list of its files is too large"),
        ("no zip at all", "damaged ("),
        ("encrypted", "damaged ("),
    ],
)
def test_an_archive_that_a_hostile_panel_made_is_damaged_and_no_more(
    panel: Simulator, client: PanelClient, tmp_path: Path, kind: str, message: str
) -> None:
    plain = as_archive(tmp_path, ("a", b"0" * 100))
    encrypted = bytearray(plain)
    encrypted[6] |= 1
    encrypted[plain.index(b"PK\x01\x02") + 8] |= 1
    noisy = as_archive(tmp_path, ("a\n\x1b[2Jb", b"0" * 100)).replace(b"b30\xa0", b"b30\xa1")
    archives: dict[str, Callable[[], bytes]] = {
        "a file name with an escape": lambda: noisy,
        "lzma": lambda: as_archive(tmp_path, ("a", bytes(1000)), compression=zipfile.ZIP_LZMA),
        "bzip2": lambda: as_archive(tmp_path, ("a", bytes(1000)), compression=zipfile.ZIP_BZIP2),
        "a bomb": lambda: with_size(plain, 2**31),
        "a long list": lambda: as_archive(tmp_path, *((f"{at:0200}", b"") for at in range(20000))),
        "no zip at all": lambda: b"PK\x03\x04 and no more",
        "encrypted": lambda: bytes(encrypted),
    }
    panel.panel.backups[OLD]["archive"] = archives[kind]()
    error = failure(client, name=OLD, dest=str(tmp_path / "backup.zip"))
    assert error.code == "archive_damaged"
    assert message in str(error)
    assert str(error).isprintable()
    assert list(tmp_path.iterdir()) == []


def test_an_archive_larger_than_any_other_answer_is_downloaded(
    panel: Simulator, client: PanelClient, tmp_path: Path
) -> None:
    size = 65 * 1024 * 1024
    large = tmp_path / "large.zip"
    with zipfile.ZipFile(large, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("zeros", bytes(size))
    panel.panel.backups[OLD]["archive"] = large.read_bytes()
    result = run(client, "backup", name=OLD, dest=str(tmp_path / "backup.zip"))
    assert (tmp_path / "backup.zip").stat().st_size > size
    assert result["changed"] is True


# --- Restoring


def test_a_restore_waits_until_the_panel_is_ready(panel: Simulator, client: PanelClient) -> None:
    panel.options.set(reload_seconds=0.3)
    result = run(client, "backup", state="restored", name=OLD)
    assert result["changed"] is True
    assert result["status"]["ready"] is True
    assert result["status"]["accounts_used"] == 0
    assert panel.panel.accounts == {}
    assert panel.counts()["GET system/status"] > 1


def test_check_mode_restores_nothing(panel: Simulator, client: PanelClient, connect: Connect) -> None:
    assert run(connect(panel, check_mode=True), "backup", state="restored", name=OLD)["changed"] is True
    assert list(panel.panel.accounts) == ["alice"]


def test_an_archive_that_is_not_there_is_not_restored_and_the_others_are_named(
    panel: Simulator, client: PanelClient
) -> None:
    for options in ({"state": "restored"}, {}):
        error = failure(client, name="other.zip", **options)
        assert error.code == "not_found"
        assert OLD in str(error)
        # The request that showed them did not fail.
        assert str(error).startswith(f"{panel.url}: archive other.zip does not exist")
    assert set(panel.counts()) == {"GET backups"}


def test_a_panel_that_does_not_come_back(panel: Simulator, connect: Connect) -> None:
    panel.panel.add_backup(OLD, "2026-01-31T18:00:17+01:00")
    panel.options.set(reload_seconds=60.0)
    error = failure(connect(panel, busy_timeout=1), state="restored", name=OLD)
    assert error.code == "panel_busy"
    assert "Look at the panel" in str(error)


# --- Options


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"state": "restored"}, "needs name"),
        ({"state": "restored", "name": OLD, "max_age": 5, "statistics": True}, "max_age cannot be used"),
        ({"name": OLD, "max_age": 5}, "max_age cannot be used with name"),
        ({"max_age": -1}, "0 or more"),
        ({"name": "../x"}, "without a path"),
        ({"dest": "/nowhere/backup.zip"}, "does not exist"),
    ],
)
def test_bad_options_are_refused_before_anything_is_sent(
    panel: Simulator, client: PanelClient, options: dict[str, Any], message: str
) -> None:
    error = failure(client, **options)
    assert isinstance(error, OptionError)
    assert message in str(error)
    assert panel.counts() == {}


def test_the_other_path_of_the_list_is_found(panel: Simulator, client: PanelClient) -> None:
    panel.options.set(spelling="alternate")
    run(client, "backup")
    assert panel.counts() == {"GET backups": 1, "GET system/backups": 2, "POST backups": 1}
