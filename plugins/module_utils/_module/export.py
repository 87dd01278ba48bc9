# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The body of ``puqvpn_export``: write a panel to files for Git, of which only those are touched that change."""

from __future__ import annotations

import contextlib
import os
import re
from collections import Counter
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import partial
from typing import Any, Callable, Iterable, Iterator, Mapping

from .._client import PanelClient
from .._document.files import (
    FORMATS,
    SECRETS_FILE,
    YAML,
    dates_in,
    is_json,
    is_own,
    secrets_file,
    section_file,
    section_file_name,
)
from .._errors import OptionError
from .._files import (
    AtomicFile,
    content_of_file,
    create_folder,
    folder_unwritable,
    mode_of_file,
    obstacle,
    written_to,
)
from .._json import parse_json
from .._panel.reader import PanelReader
from .._schema import ArgumentSpec
from .._secrets import HIDDEN, hide_secrets, is_secret_field
from .._signals import signals_deferred
from .._subsets.v1 import gather_config
from .._untrusted import echo
from .._vault import Vault
from .._yaml import ReservedKeyError, json_text

OPTIONS: ArgumentSpec = {
    "dest": {"type": "path", "required": True},
    "vault_password": {"type": "str", "no_log": True},
    "format": {"type": "str", "choices": list(FORMATS), "default": YAML},
}

_READABLE, _PRIVATE = 0o644, 0o600
_STATES = ("created", "changed", "unchanged", "removed")
# A line with a value, whose name is the second group.
_VALUE = re.compile(r'^([ -]*"?([\w-]+)"?: ).+$', re.MULTILINE)
_ENCRYPTED = "# The secrets of the panel, encrypted.\n"


@dataclass(frozen=True)
class _File:
    """A file as it was and as it will be; a content of None means that it does not exist."""

    path: str
    mode: int
    before: bytes | None
    after: bytes | None
    old_mode: int | None

    @classmethod
    def at(cls, path: str, mode: int, after: bytes | None, before: bytes | None) -> _File:
        """Return the file at a path. ``before`` is what was read there."""
        return cls(path, mode, before, after, None if before is None else mode_of_file(path))

    @property
    def state(self) -> str:
        """One of :data:`_STATES`."""
        if self.before is None:
            return "created"
        if self.after is None:
            return "removed"
        return "unchanged" if (self.before, self.old_mode) == (self.after, self.mode) else "changed"

    def diffs(self) -> Iterator[dict[str, str]]:
        """Yield the diff of the content and that of the mode, without secrets."""
        if self.before != self.after:
            yield self._diff(self._shown(self.before), self._shown(self.after))
        elif self.old_mode != self.mode:
            yield self._diff(f"mode: {self.old_mode:04o}\n", f"mode: {self.mode:04o}\n")

    def _diff(self, before: str, after: str) -> dict[str, str]:
        # The encryption is all that can be seen of a secret that changes.
        after += "# They change.\n" if before == after else ""
        return {"before_header": self.path, "after_header": self.path, "before": before, "after": after}

    def _shown(self, content: bytes | None) -> str:
        if content is None:
            return ""
        if self.mode == _PRIVATE:
            return _ENCRYPTED
        return _without_secrets(content.decode("utf-8", "replace"))

    def prepare(self, new: AtomicFile) -> None:
        """Write the content and the attributes of the file that will replace this one."""
        new.write(self.after or b"")
        with written_to(self.path):
            if self.before is not None:
                # Only root may give a file away.
                with contextlib.suppress(PermissionError):
                    old = os.stat(self.path)
                    os.chown(new.temporary, old.st_uid, old.st_gid)
            os.chmod(new.temporary, self.mode)


def _without_secrets(text: str) -> str:
    """Return the content of a file, in which somebody may have put a secret by hand."""
    if not is_json(text):
        return _VALUE.sub(lambda line: line[1] + HIDDEN if is_secret_field(line[2]) else line[0], text)
    try:
        content = parse_json(text)
    except ValueError:
        return "# It is not valid JSON, and therefore not shown.\n"
    hidden = hide_secrets(content, whole=True)
    return text if hidden == content else f"{json_text(hidden)}\n"


def export(options: Mapping[str, Any], client: PanelClient) -> dict[str, Any]:
    """Write the sections of a panel to a folder, and its secrets to an encrypted file if there is a password.

    :returns: ``changed``, ``files``, ``sections``, ``msg`` and ``diff``.
    :raises OptionError: files of others are in the way, or the folder cannot be used. Nothing has been written.
    :raises PuqVpnError: ``file_not_written``, ``missing_library``, or as the client does.
    """
    problems = list(_problems(options))
    if problems:
        raise OptionError(" ".join(problems))
    folder, password = os.path.realpath(options["dest"]), options["vault_password"]
    vault = None if password is None else Vault(password)
    if password is not None:
        client.redact.add([password])
    document = gather_config(PanelReader(client), {"include_secrets": vault is not None})
    files = _planned(folder, document, vault, _Writer(options["format"], client.warnings))
    if not client.check_mode:
        _write(folder, files)
    return {
        "changed": any(file.state != "unchanged" for file in files),
        "files": [{"path": file.path, "state": file.state} for file in files],
        "sections": list(document),
        "msg": _summary(files, folder),
        "diff": [diff for file in files for diff in file.diffs()],
    }


def _problems(options: Mapping[str, Any]) -> Iterator[str]:
    yield from folder_unwritable(options["dest"])
    if options["vault_password"] is not None and not options["vault_password"].strip():
        yield "vault_password must not be empty: leave it out to export no secrets."


# --- What is written


@dataclass(frozen=True)
class _Writer:
    """Makes the texts of files in a format, and of those in YAML that cannot be in it. Each of them is a warning."""

    file_format: str
    warnings: list[str]

    def text(self, path: str, render: Callable[[str], str]) -> str:
        """Return the text that a function returns for a format.

        :raises OptionError: a date of the file that is replaced would be lost.
        """
        try:
            return render(self.file_format)
        except ReservedKeyError as error:
            self.warnings.append(f"{echo(path)} is YAML, since {echo(error)} has a meaning of its own in JSON.")
            return render(YAML)
        except ValueError as error:
            _refuse([f"{echo(path)} {error}"])
            raise


def _planned(folder: str, document: Mapping[str, Any], vault: Vault | None, writer: _Writer) -> list[_File]:
    """Return the files of a document, and those of sections that it does not contain.

    :raises OptionError: with every file that must not be replaced.
    """
    paths = {section: os.path.join(folder, section_file_name(section)) for section in document}
    secrets = os.path.join(folder, SECRETS_FILE)
    _refuse(obstacle(path) for path in ([*paths.values(), secrets] if vault else paths.values()))
    before = {section: content_of_file(path, follow=False) for section, path in paths.items()}
    _refuse(
        f"{echo(paths[section])} was not written by this module: remove it, or choose another dest."
        for section, content in before.items()
        if not _is_own(content)
    )
    files = [
        _File.at(path, _READABLE, _section(section, document[section], before[section], path, writer), before[section])
        for section, path in paths.items()
    ]
    if vault is not None:
        files.append(_encrypted(secrets, writer.text(secrets, partial(secrets_file, document)), vault))
    return [*files, *_of_other_sections(folder, paths.values())]


def _section(section: str, content: Any, before: bytes | None, path: str, writer: _Writer) -> bytes:
    """Return the file with a section, with the dates that a user has added to the file before."""

    def render(file_format: str) -> str:
        dates = dates_in(section, (before or b"").decode("utf-8", "replace"))
        return section_file(section, content, dates, file_format)

    return writer.text(path, render).encode()


def _refuse(problems: Iterable[str]) -> None:
    found = [problem for problem in problems if problem]
    if found:
        raise OptionError(f"Nothing was written. {' '.join(found)}")


def _is_own(content: bytes | None) -> bool:
    """Return whether a file may be replaced: it does not exist, or was written by this module."""
    return content is None or is_own(content.decode("utf-8", "replace"))


def _encrypted(path: str, text: str, vault: Vault) -> _File:
    """Return the file with the secrets. Each encryption differs, so what is the same is not encrypted again."""
    before = content_of_file(path, follow=False)
    known = None if before is None else vault.decrypt(before)
    if before is not None and (known is None or not is_own(known)):
        _refuse(
            [
                f"Either {echo(path)} was not written by this module, or its password differs from vault_password. Set "
                "the right password, rename the file, or choose another dest."
            ]
        )
    return _File.at(path, _PRIVATE, before if known == text else vault.encrypt(text), before)


def _of_other_sections(folder: str, paths: Iterable[str]) -> Iterator[_File]:
    """Yield the files that this module wrote for sections which the panel no longer shows."""
    if not os.path.isdir(folder):
        return
    with os.scandir(folder) as entries:
        found = sorted(
            entry.path
            for entry in entries
            if fnmatch(entry.name, section_file_name("*")) and entry.is_file(follow_symlinks=False)
        )
    for path in found:
        content = None if path in paths else content_of_file(path, follow=False)
        if content is not None and _is_own(content):
            yield _File.at(path, _READABLE, None, content)


def _write(folder: str, files: Iterable[_File]) -> None:
    """Write what changes. Nothing is replaced before all new files are complete on the disk."""
    changed = [file for file in files if file.state in ("created", "changed")]
    if changed:
        create_folder(folder)
    with signals_deferred(), contextlib.ExitStack() as stack:
        new_files = [stack.enter_context(AtomicFile(file.path)) for file in changed]
        for file, new in zip(changed, new_files):
            file.prepare(new)
        for new in new_files:
            new.put_in_place()
        for file in files:
            if file.state == "removed":
                with written_to(file.path):
                    os.unlink(file.path)


def _summary(files: Iterable[_File], folder: str) -> str:
    numbers = Counter(file.state for file in files)
    counted = ", ".join(f"{numbers[state]} {state}" for state in _STATES if numbers[state])
    return f"{counted or 'no files'} in {echo(folder)}"
