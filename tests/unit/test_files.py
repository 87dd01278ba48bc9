# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that modules write: only regular ones are replaced, in one step, and a full disk leaves nothing behind."""

from __future__ import annotations

import base64
import itertools
import json
import os
import random
import resource
import socket
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import OptionError
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._files import (
    AtomicFile,
    FileNotWrittenError,
    content_of_file,
    digest_of_file,
)
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import Connect
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import failure, run
from simulator import Simulator

ARCHIVE = "kept.zip"
# In bytes: what fits, and what does not.
DISK, TOO_MUCH = 64 * 1024, 300 * 1024
# The modules that write files, with what makes them write one.
MODULES: dict[str, dict[str, Any]] = {
    "backup": {"name": ARCHIVE},
    "request": {"path": "account/alice/config_text"},
    "account_profile": {"name": "alice"},
}


def incompressible(size: int) -> bytes:
    return random.Random(1).randbytes(size)


@pytest.fixture
def client(panel: Simulator, connect: Connect) -> PanelClient:
    panel.panel.add_account({"name": "alice", "wg_name": "Default", "allowed_IPs": "10.0.0.10"})
    panel.panel.add_backup(ARCHIVE, "2026-01-31T18:00:17+01:00")
    return connect(panel)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, which is the current one: the path of a socket must be short."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def enlarge(panel: Simulator, folder: Path) -> bytes:
    """Let the archive of the panel be larger than the disk."""
    with zipfile.ZipFile(folder / "large.zip", "w") as archive:
        archive.writestr("noise", incompressible(TOO_MUCH))
    panel.panel.backups[ARCHIVE]["archive"] = (folder / "large.zip").read_bytes()
    (folder / "large.zip").unlink()
    return panel.panel.backups[ARCHIVE]["archive"]


# --- What is no regular file


def a_pipe(place: Path) -> None:
    os.mkfifo(place)


def a_socket(place: Path) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(place.name)


def a_device(place: Path) -> None:
    """/dev/zero, which has no end."""
    try:
        os.mknod(place, stat.S_IFCHR | 0o600, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("only root can make a device")


def a_folder(place: Path) -> None:
    place.mkdir()


def a_link(place: Path) -> None:
    place.with_name("target").write_bytes(b"of somebody else")
    place.symlink_to("target")


def a_broken_link(place: Path) -> None:
    place.symlink_to("nowhere")


Make = Callable[[Path], None]
SPECIAL: list[tuple[Make, str]] = [(a_pipe, "a named pipe"), (a_socket, "a socket"), (a_device, "a device")]


@pytest.mark.parametrize(("make", "words"), SPECIAL, ids=[words for _make, words in SPECIAL])
def test_no_special_file_is_opened_or_replaced(
    connect: Connect, panel: Simulator, here: Path, make: Make, words: str
) -> None:
    special, link = here / "special", here / "link"
    make(special)
    link.symlink_to("special")
    before = os.stat(special)
    for module, dest, check_mode in itertools.product(MODULES, (special, link), (False, True)):
        error = failure(connect(panel, check_mode=check_mode), module, **MODULES[module], dest=str(dest))
        assert isinstance(error, OptionError)
        assert f"dest {dest} is {words}, and only regular files are replaced" in str(error)
    assert panel.counts() == {}
    assert link.is_symlink()
    assert (os.stat(special).st_ino, os.stat(special).st_mode) == (before.st_ino, before.st_mode)


@pytest.mark.parametrize("make", [a_pipe, a_socket, a_device, a_folder, a_link, a_broken_link])
@pytest.mark.parametrize("module", ["backup", "account_profile"])
def test_nothing_but_a_regular_file_is_replaced_inside_a_folder(
    panel: Simulator, client: PanelClient, here: Path, module: str, make: Make
) -> None:
    name = {"backup": ARCHIVE, "account_profile": "alice.conf"}[module]
    make(here / name)
    before = {path.name: os.lstat(path).st_ino for path in here.iterdir()}
    error = failure(client, module, **MODULES[module], dest=str(here))
    assert f"{here / name} is a " in str(error)
    assert {path.name: os.lstat(path).st_ino for path in here.iterdir()} == before
    assert not (here / "nowhere").exists()
    # Nothing was downloaded either; which archive it is, a list had to say.
    assert set(panel.counts()) <= {"GET backups"}


@pytest.mark.parametrize("make", [a_pipe, a_socket, a_device, a_folder, a_link, a_broken_link])
def test_nor_is_it_replaced_by_the_configuration_of_a_2x_client(connect: Connect, here: Path, make: Make) -> None:
    make(here / "alice.conf")
    before = {path.name: os.lstat(path).st_ino for path in here.iterdir()}
    with Simulator(generation=2) as panel:
        error = failure(connect(panel), "client_profile", name="alice", dest=str(here))
        assert f"{here / 'alice.conf'} is a " in str(error)
        assert panel.counts() == {}
    assert {path.name: os.lstat(path).st_ino for path in here.iterdir()} == before


@pytest.mark.parametrize("make", [a_link, a_broken_link])
@pytest.mark.parametrize("module", ["backup", "request"])
def test_a_link_that_the_user_names_is_replaced_and_its_target_left_alone(
    client: PanelClient, tmp_path: Path, module: str, make: Make
) -> None:
    dest = tmp_path / "dest"
    make(dest)
    assert run(client, module, **MODULES[module], dest=str(dest))["changed"] is True
    assert stat.S_IMODE(os.lstat(dest).st_mode) == 0o600
    assert dest.is_file()
    assert not dest.is_symlink()
    assert not (tmp_path / "nowhere").exists()
    target = tmp_path / "target"
    assert not target.exists() or target.read_bytes() == b"of somebody else"


@pytest.mark.parametrize("module", ["backup", "request"])
def test_a_link_to_the_same_content_is_no_change(client: PanelClient, tmp_path: Path, module: str) -> None:
    dest, target = tmp_path / "dest", tmp_path / "target"
    run(client, module, **MODULES[module], dest=str(target))
    dest.symlink_to(target)
    assert run(client, module, **MODULES[module], dest=str(dest))["changed"] is False
    assert dest.is_symlink()


@pytest.mark.parametrize("read", [content_of_file, digest_of_file])
def test_what_becomes_a_pipe_in_the_meantime_is_not_waited_for(tmp_path: Path, read: Callable[..., Any]) -> None:
    a_pipe(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    for name in ("pipe", "link"):
        with pytest.raises(OptionError, match="is not a regular file"):
            read(str(tmp_path / name))
    with pytest.raises(OptionError, match="cannot be read"):
        read(str(tmp_path / "link"), follow=False)


@pytest.mark.parametrize("dest", ["a\0b", "x" * 300, "loop"])
def test_a_path_that_is_none_is_told(panel: Simulator, client: PanelClient, here: Path, dest: str) -> None:
    (here / "loop").symlink_to("loop")
    for module, options in MODULES.items():
        assert "cannot be used" in str(failure(client, module, **options, dest=dest))
    assert panel.counts() == {}


def test_an_empty_path_is_told(panel: Simulator, client: PanelClient) -> None:
    for module, options in MODULES.items():
        assert "dest is empty" in str(failure(client, module, **options, dest=""))
    assert panel.counts() == {}


# --- A full disk


@contextmanager
def small_disk() -> Iterator[None]:
    """Let no file become larger than the disk, as a quota does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (DISK, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_ends_a_download_with_one_sentence(panel: Simulator, client: PanelClient, tmp_path: Path) -> None:
    enlarge(panel, tmp_path)
    (tmp_path / "backup.zip").write_bytes(b"old")
    with small_disk():
        error = failure(client, "backup", name=ARCHIVE, dest=str(tmp_path / "backup.zip"))
    assert error.code == "file_not_written"
    assert f"dest {tmp_path}/backup.zip could not be written (File too large)" in str(error)
    assert "failed" not in str(error)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"backup.zip": b"old"}
    # It is no failure of the panel, so nothing was tried again.
    assert panel.counts() == {"GET backups": 1, f"GET backups/{ARCHIVE}": 1}
    assert error.at(panel.url).panel == panel.url


def test_a_full_disk_ends_a_request_with_one_sentence(panel: Simulator, client: PanelClient, tmp_path: Path) -> None:
    panel.fault("wrong_type", method="GET", msg="x" * TOO_MUCH)
    (tmp_path / "kept").write_bytes(b"old")
    with small_disk():
        error = failure(client, "request", path="account/alice/config_text", dest=str(tmp_path / "kept"))
    assert error.code == "file_not_written"
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"kept": b"old"}


def written_at_once(new: AtomicFile) -> None:
    new.write(incompressible(TOO_MUCH))


def written_in_pieces(new: AtomicFile) -> None:
    for _piece in range(TOO_MUCH // 1000):
        new.file.write(incompressible(1000))


def buffered(new: AtomicFile) -> None:
    """Write less at the end of the disk than is kept in memory, so that only the end of the file shows it."""
    new.file.write(incompressible(DISK))
    new.file.flush()
    new.file.write(b"more")
    new.put_in_place()


def lengthened(new: AtomicFile) -> None:
    new.file.truncate(TOO_MUCH)


@pytest.mark.parametrize("write", [written_at_once, written_in_pieces, buffered, lengthened])
def test_whatever_fails_on_a_full_disk_leaves_the_old_file_alone(
    tmp_path: Path, write: Callable[[AtomicFile], None]
) -> None:
    (tmp_path / "kept").write_bytes(b"old")
    with small_disk(), pytest.raises(FileNotWrittenError), AtomicFile(str(tmp_path / "kept")) as new:
        write(new)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"kept": b"old"}


def test_a_file_that_cannot_even_be_closed_is_removed(tmp_path: Path) -> None:
    descriptors = len(os.listdir("/proc/self/fd")) if os.path.exists("/proc/self/fd") else 0
    with small_disk(), pytest.raises(KeyError), AtomicFile(str(tmp_path / "kept")) as new:
        new.file.write(incompressible(DISK))
        new.file.flush()
        new.file.write(b"more")
        raise KeyError
    assert list(tmp_path.iterdir()) == []
    if descriptors:
        assert len(os.listdir("/proc/self/fd")) == descriptors


def test_a_file_system_without_space_is_told_as_such(tmp_path: Path) -> None:
    mounted = tmp_path / "small"
    mounted.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(mounted)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("no file system can be mounted here")
    with ExitStack() as stack:
        stack.callback(subprocess.run, ["umount", str(mounted)], check=True)
        (mounted / "kept").write_bytes(b"old")
        with pytest.raises(FileNotWrittenError, match="No space left on device"), AtomicFile(
            str(mounted / "kept")
        ) as new:
            new.write(incompressible(TOO_MUCH))
        assert {path.name: path.read_bytes() for path in mounted.iterdir()} == {"kept": b"old"}


# --- The module that leaves its file to Ansible

AS_A_MODULE = """
import resource, runpy, sys
limit, name = sys.argv.pop(1), sys.argv.pop(1)
if limit != "none":
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), resource.RLIM_INFINITY))
runpy.run_module(name, run_name="__main__", alter_sys=True)
"""


def saved(panel: Simulator, dest: Path, limit: str = "none", **options: Any) -> dict[str, Any]:
    """The result of the module, run as a process of its own."""
    arguments = {"url": panel.url, "access_hash": panel.credential, "name": "alice", "dest": str(dest), **options}
    name = "ansible_collections.puqcloud.puqvpn.plugins.modules.puqvpn_account_profile"
    done = subprocess.run(
        [sys.executable, "-c", AS_A_MODULE, limit, name],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": {**arguments, "_ansible_remote_tmp": str(dest.parent / "tmp")}}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("old", [b"old", None])
def test_a_full_disk_leaves_the_old_profile_whole(
    panel: Simulator, client: PanelClient, tmp_path: Path, old: bytes | None
) -> None:
    picture = b"\x89PNG\r\n\x1a\n" + incompressible(TOO_MUCH)
    panel.fault("wrong_type", method="GET", msg=base64.b64encode(picture).decode(), times=None)
    folder = tmp_path / "profiles"
    folder.mkdir()
    if old is not None:
        (folder / "alice.png").write_bytes(old)
    result = saved(panel, folder, str(DISK), format="qr")
    assert (result["failed"], result["error_code"]) == (True, "file_not_written")
    assert result["msg"].startswith(f"{panel.url}: dest {folder}/alice.png could not be written (File too large).")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == ({"alice.png": old} if old else {})
    assert saved(panel, folder, format="qr")["changed"] is True
    assert (folder / "alice.png").read_bytes() == picture


@pytest.mark.parametrize("make", [a_link, a_broken_link])
def test_a_link_to_be_replaced_by_a_profile_never_lends_it_a_mode(
    panel: Simulator, client: PanelClient, tmp_path: Path, make: Make
) -> None:
    dest = tmp_path / "alice.conf"
    make(dest)
    result = saved(panel, dest)
    assert (result["changed"], result["mode"]) == (True, "0600")
    assert not dest.is_symlink()
    assert b"PrivateKey" in dest.read_bytes()
    assert not (tmp_path / "nowhere").exists()
    target = tmp_path / "target"
    assert not target.exists() or (target.read_bytes(), target.stat().st_mode & 0o77) == (b"of somebody else", 0o44)


def test_a_file_that_cannot_be_moved_to_its_place_is_told_with_a_code(
    panel: Simulator, client: PanelClient, tmp_path: Path
) -> None:
    dest = tmp_path / "alice.conf"
    dest.write_bytes(b"old")
    command = ["mount", "--bind", str(dest), str(dest)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("nothing can be mounted here")
    with ExitStack() as stack:
        stack.callback(subprocess.run, ["umount", str(dest)], check=True)
        result = saved(panel, dest)
        assert (result["failed"], result["error_code"]) == (True, "file_not_written")
        assert "\n" not in result["msg"]
        assert dest.read_bytes() == b"old"
        assert saved(panel, dest, unsafe_writes=True)["changed"] is True
        assert b"PrivateKey" in dest.read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["alice.conf"]


def test_only_what_cannot_be_had_again_is_waited_for(
    panel: Simulator, client: PanelClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A previous file, or a link that was just created, must survive a failure of the machine."""
    flushed: list[int] = []
    monkeypatch.setattr(os, "fsync", flushed.append)
    many = {"names": ["alice"], "formats": ["wireguard", "ikev2"], "dest": str(tmp_path)}
    run(client, "account_profile", **many)
    assert flushed == []
    panel.panel.accounts["alice"]["allowed_IPs"] = "10.0.0.99"
    run(client, "account_profile", **many)
    assert len(flushed) == 1
    run(client, "account_link", name="alice", dest=str(tmp_path / "link"))
    assert len(flushed) == 2
