# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The body of ``puqvpn_backup``: create, download or restore an archive."""

from __future__ import annotations

import os
import re
import zipfile
from datetime import timedelta
from typing import Any, BinaryIO, Callable, Iterable, Mapping, cast

from .._change import Diff
from .._check_mode import has_directory, unwritable_for
from .._client import PanelClient
from .._endpoints import expand_path
from .._envelope import Reply
from .._errors import OptionError, PuqVpnError, RefusedError, VerificationError, accepted
from .._field_types import Switch
from .._files import (
    AtomicFile,
    create_folder,
    digest_of_file,
    directory_unwritable,
    folder_unwritable,
    unwritable,
)
from .._panel.archives import ARCHIVES_PATH, archive_age, list_archives
from .._panel.status import summarize_status
from .._schema import VERIFY_ARGUMENTS, ArgumentSpec, Items, Values
from .._untrusted import as_file_name, as_text, echo, one_line
from .._verify import not_verified, report_diff, reporting_diff, verifying

OPTIONS: ArgumentSpec = {
    "state": {"type": "str", "choices": ["present", "restored"], "default": "present"},
    "name": {"type": "str", "aliases": ["backup_name"]},
    "statistics": {"type": "bool"},
    "max_age": {"type": "int"},
    "dest": {"type": "path"},
    "include_secrets": {"type": "bool", "default": False},
    **VERIFY_ARGUMENTS,
}

_FTP_FAILED = "ftp upload error"

# An archive declares the size of its content, and a hostile one lies. The limits: the bytes that the content of any
# archive may have, how many times its own size that of a larger one may be, and the bytes that are read at once.
_LARGEST_CONTENT = 1024**3
_MOST_COMPRESSED = 200
_LARGEST_PIECE = 4 * 1024**2


def backup(options: Mapping[str, Any], client: PanelClient) -> dict[str, Any]:
    """Ensure that an archive which is young enough exists, and a copy of it in ``dest``; or restore an archive.

    :returns: ``changed``, ``backup``, ``diff``, ``msg``; ``dest`` and ``checksum`` of the copy; ``status`` after a
        restore.
    :raises OptionError: with every problem of the options, before anything is sent.
    :raises PuqVpnError: ``not_found``, ``ftp_upload_failed``, ``archive_damaged``, ``untrusted_value``,
        ``file_not_written``, or as the client does.
    """
    problems = list(_problems(options, client))
    if problems:
        raise OptionError(" ".join(problems))
    known = list_archives(client)
    if options["state"] == "restored":
        return _restore(client, _named(known, options["name"], client))
    archive, created = _present(options, client, known)
    diff: Diff = {"before": {}, "after": {"backup": "a new one"} if created else {}}
    result = {"changed": created, "backup": archive, "diff": diff}
    dest = options["dest"]
    if dest is not None and (has_directory(dest) or (dest.endswith("/") and not client.check_mode)):
        _download(client, archive, dest, result)
    elif dest is not None:
        _predict_download(archive, dest, result)
    return {**result, "msg": _summary(result, created)}


def _problems(options: Mapping[str, Any], client: PanelClient) -> Iterable[str]:
    yield from _dest_problems(options["dest"], client)
    if options["max_age"] is not None and options["max_age"] < 0:
        yield "max_age must be a number of minutes, 0 or more."
    if options["name"] is not None and not re.fullmatch(r"[^/\x00-\x1f]+", options["name"]):
        yield "name must be the name of an archive, without a path."
    useless = {
        "restored": ("statistics", "max_age", "dest"),
        "present": ("statistics", "max_age") if options["name"] is not None else (),
    }[options["state"]]
    for option in useless:
        if options[option] is not None:
            yield f"{option} cannot be used with {'state restored' if options['state'] == 'restored' else 'name'}."
    if options["state"] == "restored" and options["name"] is None:
        yield "state restored needs name, the archive to restore."


def _dest_problems(dest: str | None, client: PanelClient) -> Iterable[str]:
    # A directory is enough: the archive has its own name.
    if dest and os.path.isdir(dest):
        yield from directory_unwritable(dest)
    elif dest and dest.endswith("/"):
        yield from folder_unwritable(dest.rstrip("/"))
    else:
        yield from unwritable_for(client, dest)


# --- Archives of the panel


def _named(known: Items, name: str, client: PanelClient) -> dict[str, Any]:
    for archive in known:
        if archive.get("backup_name") == name:
            return archive
    newest = ", ".join(_name_in_sentence(archive, client) for archive in known[:5])
    raise PuqVpnError(
        "not_found",
        f"archive {echo(name)} does not exist",
        hint=f"The newest are: {newest}." if newest else "The panel has no archive at all.",
    ).at(client.connection.root)


def _name_in_sentence(archive: Values, client: PanelClient) -> str:
    return client.redact(one_line(archive.get("backup_name")))


def _present(options: Mapping[str, Any], client: PanelClient, known: Items) -> tuple[dict[str, Any], bool]:
    """Return the archive that the options ask for, and whether it is new; empty where check mode does not create it."""
    if options["name"] is not None:
        return _named(known, options["name"], client), False
    age = archive_age(known[0]) if known else None
    if options["max_age"] is not None and age is not None and age < timedelta(minutes=options["max_age"]):
        return known[0], False
    return ({} if client.check_mode else _create(options, client, known)), True


def _create(options: Mapping[str, Any], client: PanelClient, known: Items) -> dict[str, Any]:
    """Create exactly one archive, even if the connection breaks or the copy by FTP fails (contract: backup_create).

    :raises PuqVpnError: ``ftp_upload_failed``, with the archive as ``backup`` in its details.
    """
    names = {str(archive.get("backup_name")) for archive in known}

    def find() -> Reply | None:
        new = [archive for archive in list_archives(client) if str(archive.get("backup_name")) not in names]
        return Reply(new[0], None, client.connection.generation) if new else None

    def listed() -> Reply:
        with verifying():
            new = find()
        if new is None:
            error = not_verified(client, "object_not_stored", "the panel shows no new archive")
            error.hint += " Its disk may be full."
            raise error
        return new

    data = None if options["statistics"] is None else {"statistics": Switch().serialize(options["statistics"])}
    diff: Diff = {"before": {}, "after": {"backup": "a new one"}}
    try:
        answer = client.create(ARCHIVES_PATH, data, find).payload
    except RefusedError as refused:
        if _FTP_FAILED in refused.said:
            _name_archive(client, refused, listed, diff)
        raise
    with reporting_diff(diff):
        found = client.until_verified(listed)
    is_it = isinstance(answer, dict) and str(answer.get("backup_name")) not in names
    return dict(answer if is_it else found.payload)


def _name_archive(client: PanelClient, refused: RefusedError, listed: Callable[[], Reply], diff: Diff) -> None:
    """Name in the error of a failed copy by FTP the archive that was created, if any."""
    try:
        archive = client.until_verified(listed).payload
    except VerificationError:
        return
    refused.code = "ftp_upload_failed"
    refused.wrote = True
    refused.details["backup"] = archive
    refused.hint = (
        f"The archive {_name_in_sentence(archive, client)} was created and is on the panel, only its copy by FTP is "
        "missing: check the FTP settings of the backup schedule."
    )
    report_diff(refused, diff)


# --- Downloading and restoring


def _download(client: PanelClient, archive: Values, dest: str, result: dict[str, Any]) -> None:
    """Download the archive to ``dest``, and add to the result what changed.

    It is written beside ``dest`` and only replaces it when it is complete: a broken download keeps the old file. The
    diff shows the checksums of the file; that of a new archive is not known before it exists.
    """
    is_directory, is_new, option = os.path.isdir(dest) or dest.endswith("/"), result["changed"], dest
    path = ""
    # Check mode creates no archive, so a new one has no name yet.
    if not (is_new and client.check_mode):
        name = accepted(as_file_name if is_directory else as_text, "the name of an archive", archive.get("backup_name"))
        path = expand_path("backups/{name}", {"name": name})
        if is_directory and not client.check_mode:
            create_folder(dest.rstrip("/") or "/", 0o700)
        dest = _file_in(dest, name) if is_directory else dest
    before = None if is_directory and is_new else digest_of_file(dest, follow=not is_directory)
    result["dest"] = dest
    if path:
        result["checksum"] = _fetch(client, path, dest, before)
    after = result.get("checksum")
    if is_new or before != after:
        result["changed"] = True
        shown = option if is_new else dest
        result["diff"]["before"].update(dest=shown, sha256=before)
        result["diff"]["after"].update(dest=shown, sha256="of the new one" if is_new else after)


def _file_in(directory: str, name: str) -> str:
    """Return the file for an archive in a directory, which may only be an older copy.

    :raises OptionError: it is anything else.
    """
    file = os.path.join(directory, name)
    problems = list(unwritable(file, follow=False))
    if problems:
        raise OptionError(" ".join(problems))
    return file


def _predict_download(archive: Values, dest: str, result: dict[str, Any]) -> None:
    """Add to the result what a download would change in check mode, if the directory of ``dest`` does not exist yet."""
    if dest.endswith("/") and not result["changed"]:
        dest = os.path.join(dest, accepted(as_file_name, "the name of an archive", archive.get("backup_name")))
    result.update(changed=True, dest=dest)
    result["diff"]["before"].update(dest=dest, sha256=None)
    result["diff"]["after"].update(dest=dest, sha256="not known yet")


def _fetch(client: PanelClient, path: str, dest: str, before: str | None) -> str:
    """Download the archive, replace ``dest`` if it differs, and return its SHA-256."""
    with AtomicFile(dest) as new:
        client.download(path, new.file)
        with new.reader() as file:
            damage = _damage(file)
        if damage:
            raise PuqVpnError(
                "archive_damaged",
                f"the archive arrived damaged ({client.redact(damage)}), and dest was left as it was",
                hint="Try again. If it is damaged on the panel, create another one.",
            ).during("GET", path, client.connection.root)
        after = new.digest()
        if before != after and not client.check_mode:
            new.put_in_place()
    return after


class _Pieces:
    """An archive that is never read in pieces which fill the memory."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek = file.seek
        self.tell = file.tell
        self.seekable = file.seekable

    def read(self, size: int = -1) -> bytes:
        """Read up to ``size`` bytes; without a size, which is only asked for near the end, up to the largest piece."""
        if size > _LARGEST_PIECE:
            raise ValueError("the list of its files is too large")
        return self._file.read(_LARGEST_PIECE if size < 0 else size)


def _damage(file: BinaryIO) -> str:
    """Return what is wrong with an archive, which must be readable to its last byte; empty when nothing is."""
    size = file.seek(0, os.SEEK_END)
    try:
        with zipfile.ZipFile(cast(BinaryIO, _Pieces(file))) as archive:
            members = archive.infolist()
            if any(member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for member in members):
                return "it is compressed in a way that panels are not known to use"
            if sum(member.file_size for member in members) > max(_LARGEST_CONTENT, _MOST_COMPRESSED * size):
                return "it claims to contain many times its own size"
            broken = archive.testzip()
    except Exception as error:
        # The library raises a dozen kinds of errors for damaged files.
        return one_line(error) or "it cannot be read"
    return "" if broken is None else one_line(broken)


def _summary(result: Mapping[str, Any], created: bool) -> str:
    name = result["backup"].get("backup_name", "a backup")
    saved = f", saved to {result['dest']}" if result["changed"] and "dest" in result else ""
    return one_line(f"{name}: {'created' if created else 'exists'}{saved}")


def _restore(client: PanelClient, archive: Values) -> dict[str, Any]:
    """Restore the archive, and wait until the panel answers that it is ready (contract: backup_restore)."""
    result: dict[str, Any] = {
        "changed": True,
        "backup": archive,
        "diff": {"before": {}, "after": {"restored": archive["backup_name"]}},
        "msg": one_line(f"{archive['backup_name']}: restored"),
    }
    if client.check_mode:
        return result
    try:
        client.write("PUT", f"{ARCHIVES_PATH}/restore", {"backup_name": archive["backup_name"]})
        reply = client.wait_until_ready(client.connection.busy_timeout)
    except PuqVpnError as error:
        error.hint += (
            " Look at the panel before you go on: a restore that fails halfway leaves half a configuration, and a "
            "restored archive may contain other access hashes."
        )
        raise
    return {**result, "status": summarize_status(reply, client.connection.root)}
