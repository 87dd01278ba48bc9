# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backup archives: the sections of the panel's memory as files of a zip, with a list of the files."""

from __future__ import annotations

import io
import json
import zipfile

from .wire import PanelError, Record

FILE_LIST = "files.txt"


def pack(sections: Record) -> bytes:
    """Return an archive of the sections."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(FILE_LIST, "".join(f"{section}.json\n" for section in sections))
        for section, content in sections.items():
            archive.writestr(f"{section}.json", json.dumps(content))
    return packed.getvalue()


def unpack(packed: bytes) -> Record:
    """Return the sections in an archive."""
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            contents = {name: archive.read(name).decode() for name in archive.namelist()}
    except zipfile.BadZipFile as error:
        raise PanelError(f"Failed to open archive, ERROR: {error}") from error
    _check_files(contents)
    return {name.removesuffix(".json"): json.loads(content) for name, content in contents.items()}


def _check_files(contents: dict[str, str]) -> None:
    if not contents:
        raise PanelError("Empty archive")
    listed = contents.pop(FILE_LIST, "").split()
    if not listed:
        raise PanelError("Empty list of files in file with file list")
    if len(listed) != len(contents):
        raise PanelError("The number of files in the archive does not match the list of files in the file")
    if set(listed) != set(contents):
        raise PanelError("Mismatch between files in archive and list of files")
