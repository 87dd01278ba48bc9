# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The body of ``puqvpn_files``: write and remove text files in a folder, without a panel."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Callable, Iterable, Iterator, Mapping, Sequence

from .._errors import OptionError
from .._file_writer import FileWriter
from .._files import content_of_file, folder_unwritable, obstacle, written_to
from .._schema import ArgumentSpec
from .._signals import signals_deferred
from .._untrusted import echo, quoted

OPTIONS: ArgumentSpec = {
    "dest": {"type": "path", "required": True},
    "folder_mode": {"type": "raw"},
    # As a whole: Ansible would log the contents otherwise.
    "files": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "no_log": True,
        "options": {
            "name": {"type": "str", "required": True},
            "content": {"type": "str", "required": True, "no_log": True},
        },
    },
    "absent": {"type": "list", "elements": "str", "default": []},
}


@dataclass(frozen=True)
class _File:
    """A file to write, as it is and as it will be. It does not exist if ``before`` is None."""

    name: str
    path: str
    before: bytes | None
    after: bytes

    @property
    def is_changed(self) -> bool:
        return self.before != self.after

    @property
    def diff(self) -> dict[str, str]:
        texts = [(content or b"").decode("utf-8", "replace") for content in (self.before, self.after)]
        return {"before_header": self.path, "after_header": self.path, "before": texts[0], "after": texts[1]}


def write_files(options: Mapping[str, Any], writer: FileWriter, assume: Callable[[str], None]) -> dict[str, Any]:
    """Remove and write the files that the options name, after everything was checked.

    Files are removed first: a full disk then has space for the others.

    :returns: ``changed``, ``dest``, ``written`` and ``removed`` (names), ``msg``, and ``diff`` in diff mode.
    :raises OptionError: with every problem. Nothing has been written.
    :raises PuqVpnError: ``file_not_written``.
    """
    folder, names = os.path.realpath(options["dest"]), [file["name"] for file in options["files"]]
    problems = [
        *writer.problems(assume),
        *_mode_problems(writer, options["folder_mode"]),
        *folder_unwritable(options["dest"]),
        *_name_problems(names, options["absent"], folder),
        *_content_problems(options["files"]),
    ]
    if problems:
        raise OptionError(f"Nothing was written. {' '.join(problems)}")
    files = [_planned(folder, file) for file in options["files"]]
    removed = [name for name in options["absent"] if os.path.lexists(os.path.join(folder, name))]
    with signals_deferred():
        is_changed = writer.ensure_folder(folder, options["folder_mode"])
        for name in () if writer.check_mode else removed:
            _remove(os.path.join(folder, name))
        written = [
            file.name for file in files if writer.write(file.path, file.after, changed=file.is_changed)["changed"]
        ]
    result = {
        "changed": is_changed or bool(written or removed),
        "dest": folder,
        "written": written,
        "removed": removed,
        "msg": f"{len(written)} written, {len(removed)} removed in {echo(folder)}",
    }
    return {**result, "diff": list(_diffs(folder, removed, files))} if writer.diff_mode else result


def _planned(folder: str, file: Mapping[str, Any]) -> _File:
    path = os.path.join(folder, file["name"])
    return _File(file["name"], path, content_of_file(path, follow=False), file["content"].encode())


def _remove(path: str) -> None:
    with written_to(path, "could not be removed"):
        os.unlink(path)


def _diffs(folder: str, removed: Iterable[str], files: Iterable[_File]) -> Iterator[dict[str, Any]]:
    # What was removed may be an archive of any size, so its content is not shown.
    for name in removed:
        path = os.path.join(folder, name)
        yield {"before": {"path": path, "state": "file"}, "after": {"path": path, "state": "absent"}}
    for file in files:
        if file.is_changed:
            yield file.diff


# --- Problems, as sentences


def _mode_problems(writer: FileWriter, mode: Any) -> Iterator[str]:
    if mode is not None:
        yield from writer.mode_problems("folder_mode", mode)


def _name_problems(written: Sequence[str], removed: Sequence[str], folder: str) -> Iterator[str]:
    """Yield which names are no names of files in the folder, or those of a written file for some file systems."""
    seen: dict[str, str] = {}
    for at, name in enumerate([*written, *removed]):
        if name in ("", os.curdir, os.pardir) or os.sep in name or not name.isprintable():
            yield f"{quoted(name)} is not the name of a file in {echo(folder)}: it must not contain a path."
            continue
        other = seen.get(name.casefold())
        if other is not None:
            same = "is named twice" if other == name else f"differs from {quoted(other)} only by case"
            yield f"{quoted(name)} {same}, and both would be the same file."
        if at < len(written):
            seen[name.casefold()] = name
        problem = obstacle(os.path.join(folder, name))
        if problem:
            yield problem


def _content_problems(files: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for file in files:
        try:
            file["content"].encode()
        except UnicodeEncodeError:
            yield f"The content of {quoted(file['name'])} is not valid Unicode text."
