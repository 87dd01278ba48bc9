# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Encrypted archives, decrypted with the command that recipients run."""

from __future__ import annotations

import io
import os
import shlex
import subprocess
import zipfile
from pathlib import Path

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._encrypted_archive import encrypted_archive

FILTER = Path(__file__).resolve().parents[2] / "plugins" / "filter" / "encrypted_archive.yml"
PASSWORD = "c4nary-\u00fc with blanks"


def decrypted(archive: str, password: str) -> subprocess.CompletedProcess[bytes]:
    """What the documented command prints, with the password from the environment."""
    (text,) = (line for line in yaml.safe_load(FILTER.read_text())["DOCUMENTATION"]["description"] if "openssl" in line)
    command = shlex.split(text.partition("C(")[2].partition(")")[0])
    del command[command.index("-in") :]
    environment = {**os.environ, "ARCHIVE_PASSWORD": password}
    return subprocess.run(
        [*command, "-pass", "env:ARCHIVE_PASSWORD"],
        input=archive.encode(),
        env=environment,
        capture_output=True,
        check=False,
    )


def test_only_the_password_opens_an_archive(tmp_path: Path) -> None:
    contents = {"anna.conf": b"PrivateKey = c4nary\n" * 100, "anna.png": bytes(range(256)) * 20}
    (tmp_path / "anna").mkdir()
    for name, content in contents.items():
        (tmp_path / "anna" / name).write_bytes(content)
    files = [f"anna/{name}" for name in (*contents, "not_yet.conf")]
    archive = encrypted_archive(files, str(tmp_path), PASSWORD)
    assert archive.isascii()
    assert max(map(len, archive.splitlines())) == 64
    with zipfile.ZipFile(io.BytesIO(decrypted(archive, PASSWORD).stdout)) as opened:
        assert {name: opened.read(name) for name in opened.namelist()} == contents
    assert decrypted(archive, f"{PASSWORD}.").returncode != 0
    assert encrypted_archive(files, str(tmp_path), PASSWORD) != archive


def test_weak_passwords_and_links_are_refused(tmp_path: Path) -> None:
    with pytest.raises(AnsibleFilterError, match="at least 12 characters"):
        encrypted_archive([], str(tmp_path), "short")
    (tmp_path / "anna.conf").symlink_to("/etc/passwd")
    with pytest.raises(AnsibleFilterError, match="The archive cannot be created"):
        encrypted_archive(["anna.conf"], str(tmp_path), PASSWORD)
