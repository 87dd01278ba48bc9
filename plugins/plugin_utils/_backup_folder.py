# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The backups in the folder of a panel, and which of them the role backup may add and remove.

Neither the panel nor the checksum list beside the archives is trusted: the list may be years old, and others may have
changed it. The role fails before it does anything if the list is not exactly as the role writes it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import OptionError
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._files import content_of_file, digest_of_file, obstacle
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._untrusted import as_file_name, escaped
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._safe_paths import folder_problems, path_in

LIST = "SHA256SUMS"
_LINE = re.compile(r"([0-9a-fA-F]{64})  (.*)", re.DOTALL)
_MAX_PROBLEMS = 5


def backup_folder(folder: str, host: str, keep: int = 1) -> dict[str, Any]:
    """Return the ``path`` of a panel's folder, the ``archives`` in its list, oldest first, and all ``problems``.

    If there are problems, no archives are returned. To ``keep`` none is one.
    """
    path = path_in(folder, host)
    problems = folder_problems(folder, path)
    if keep < 1:
        problems.append(f"puqvpn_backup_keep is {keep}, and must be at least 1.")
    archives: dict[str, str] = {}
    if not problems:
        archives, problems = _listed(os.path.join(path, LIST))
    items = [] if problems else [{"name": name, "sha256": digest} for name, digest in archives.items()]
    return {"path": path, "archives": items, "problems": problems}


def backup_refusal(made: Mapping[str, Any], folder: Mapping[str, Any]) -> str:
    """Return the reason why the archive of a panel must not be downloaded into the folder; empty if it may be.

    ``made`` is the result of ``puqvpn_backup``. It contains no archive if check mode would create one.
    """
    if folder["problems"]:
        return f"Nothing was created, downloaded or removed. {' '.join(folder['problems'])}"
    archive = made.get("backup") or {}
    problem = _name_problem(archive.get("backup_name"), folder) if archive else ""
    return f"Nothing was downloaded or removed. {problem}" if problem else ""


def _name_problem(name: Any, folder: Mapping[str, Any]) -> str:
    """Return the reason why an archive of that name must not be downloaded, as a sentence; empty if it may be."""
    subject = f"The panel shows an archive named {escaped(name)}, which"
    try:
        place = os.path.join(folder["path"], as_file_name(name))
    except ValueError as reason:
        return f"{subject} {reason}."
    if _is_the_list(name):
        return f"{subject} is the name of the checksum list."
    if os.path.lexists(place) and name not in (archive["name"] for archive in folder["archives"]):
        return f"{subject} is the name of a file in {folder['path']} that this role did not write. Rename or remove it."
    return ""


def backup_plan(folder: Mapping[str, Any], keep: int, new: Mapping[str, Any]) -> dict[str, Any]:
    """Return which archives are ``damaged``, which are ``surplus``, and the ``list`` of the remaining ones.

    All archives of the ``folder``, which :func:`backup_folder` returned, are read. ``new`` is the archive of this run,
    with ``name`` and ``sha256``. It is one of those to keep, also if check mode does not know it.
    """
    found = [(archive, _digest(os.path.join(folder["path"], archive["name"]))) for archive in folder["archives"]]
    before = [
        (archive, digest) for archive, digest in found if digest is not None and archive["name"] != new.get("name")
    ]
    good = [archive for archive, digest in before if digest == archive["sha256"]]
    surplus = good[::-1][keep - 1 :]
    left = [archive for archive, _digest_of_it in before if archive not in surplus]
    return {
        "damaged": [archive["name"] for archive, digest in before if digest != archive["sha256"]],
        "surplus": [archive["name"] for archive in surplus],
        "list": "".join(f"{archive['sha256']}  {archive['name']}\n" for archive in [*left, *([new] if new else [])]),
    }


def _digest(path: str) -> str | None:
    """Return the checksum of an archive, None if it does not exist; empty if it is no file that can be read."""
    try:
        return digest_of_file(path, follow=False)
    except OptionError:
        return ""


def _listed(path: str) -> tuple[dict[str, str], list[str]]:
    """Return the checksums by name, and the problems of the list as sentences."""
    found = obstacle(path)
    if found:
        return {}, [found]
    try:
        content = content_of_file(path, follow=False) or b""
    except OptionError as error:
        return {}, [str(error)]
    archives: dict[str, str] = {}
    problems: list[str] = []
    lines = content.decode("utf-8", "surrogateescape").split("\n")
    # The last line ends with a line feed as well.
    for number, line in enumerate(lines if lines[-1] else lines[:-1], 1):
        match = _LINE.fullmatch(line)
        reasons = list(_line_problems(match, archives))
        if match and not reasons:
            archives[match[2]] = match[1].lower()
        problems += [f"Line {number} of {path} is {escaped(line)}, which {reason}." for reason in reasons]
    if len(problems) > _MAX_PROBLEMS:
        problems[_MAX_PROBLEMS:] = [f"And {len(problems) - _MAX_PROBLEMS} more lines are wrong."]
    if problems:
        problems.append(
            "Correct them, or remove the list. The archives then count as files that this role did not write."
        )
    return archives, problems


def _line_problems(match: re.Match[str] | None, known: Mapping[str, str]) -> Iterator[str]:
    if match is None:
        yield "is not a checksum of 64 hexadecimal digits, two blanks and the name of an archive"
        return
    try:
        name = as_file_name(match[2])
    except ValueError as reason:
        yield f"contains a name that {reason}"
        return
    if name in known:
        yield "names an archive a second time"
    if _is_the_list(name):
        yield "names the list itself"


def _is_the_list(name: str) -> bool:
    """Return whether this is the name of the list, also on a case-insensitive file system."""
    return name.casefold() == LIST.casefold()
