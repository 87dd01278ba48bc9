# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role backup keeps in a folder, and what it may put there and remove.

Neither the panel nor the list of checksums beside the archives is trusted: it may be years old, and others may have
written to it. What is not exactly as the role writes it is a problem that the role fails with, before it does anything.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import OptionError
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._files import content_of_file, obstacle
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._untrusted import as_file_name, escaped
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._safe_paths import folder_problems, path_in

LIST = "SHA256SUMS"
_LINE = re.compile(r"([0-9a-fA-F]{64})  (.*)", re.DOTALL)
_MOST_TOLD = 5


def backup_folder(folder: str, host: str) -> dict[str, Any]:
    """The folder of a panel: its ``path``, the ``archives`` that its list names, oldest first, and all ``problems``.

    With a problem there are no archives.
    """
    path = path_in(folder, host)
    problems = folder_problems(folder, path)
    archives: dict[str, str] = {}
    if not problems:
        archives, problems = _listed(os.path.join(path, LIST))
    told = [] if problems else [{"name": name, "sha256": digest} for name, digest in archives.items()]
    return {"path": path, "archives": told, "problems": problems}


def backup_refusal(name: Any, folder: Mapping[str, Any]) -> str:
    """Why an archive that a panel shows is not downloaded into its folder, as a sentence; empty when it may be."""
    told = f"The panel shows an archive named {escaped(name)}, which"
    try:
        place = os.path.join(folder["path"], as_file_name(name))
    except ValueError as reason:
        return f"{told} {reason}."
    if _is_the_list(name):
        return f"{told} is the name of the list of checksums."
    if os.path.lexists(place) and name not in (one["name"] for one in folder["archives"]):
        return f"{told} is the name of a file that this role did not put into {folder['path']}: rename or remove it."
    return ""


def backup_plan(found: Sequence[Mapping[str, Any]], keep: int, new: Mapping[str, Any]) -> dict[str, Any]:
    """Which archives are ``damaged``, which are ``surplus``, and the ``list`` of those that are left.

    ``found`` is what the module stat found of each archive in the list. ``new`` is the archive of this run, with
    ``name`` and ``sha256``; it is one of those to keep, also where check mode does not know it.
    """
    before = [one for one in found if one["stat"]["exists"] and one["item"]["name"] != new.get("name")]
    good = [one["item"] for one in before if one["stat"].get("checksum") == one["item"]["sha256"]]
    surplus = good[::-1][keep - 1 :]
    left = [one["item"] for one in before if one["item"] not in surplus]
    return {
        "damaged": [one["item"]["name"] for one in before if one["item"] not in good],
        "surplus": [one["name"] for one in surplus],
        "list": "".join(f"{one['sha256']}  {one['name']}\n" for one in [*left, *([new] if new else [])]),
    }


def _listed(path: str) -> tuple[dict[str, str], list[str]]:
    """The checksums by name, and what is wrong with the list as sentences."""
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
    # The last line has an end as well.
    for number, line in enumerate(lines if lines[-1] else lines[:-1], 1):
        match = _LINE.fullmatch(line)
        reasons = list(_wrong_with(match, archives))
        if match and not reasons:
            archives[match[2]] = match[1].lower()
        problems += [f"Line {number} of {path} is {escaped(line)}, which {reason}." for reason in reasons]
    if len(problems) > _MOST_TOLD:
        problems[_MOST_TOLD:] = [f"And {len(problems) - _MOST_TOLD} more lines are wrong."]
    if problems:
        problems.append("Correct them, or remove the list: the archives then count as files of somebody else.")
    return archives, problems


def _wrong_with(match: re.Match[str] | None, known: Mapping[str, str]) -> Iterator[str]:
    if match is None:
        yield "is not a checksum of 64 hexadecimal digits, two blanks and the name of an archive"
        return
    try:
        name = as_file_name(match[2])
    except ValueError as reason:
        yield f"holds a name that {reason}"
        return
    if name in known:
        yield "names an archive a second time"
    if _is_the_list(name):
        yield "names the list itself"


def _is_the_list(name: str) -> bool:
    """True for the name of the list, also on a file system that does not tell upper from lower case."""
    return name.casefold() == LIST.casefold()
