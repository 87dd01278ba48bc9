# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups: real archives of the panel's memory."""

from __future__ import annotations

import datetime
import io
import json
import zipfile

from werkzeug import Response

from ..initial import HOSTNAME
from ..site import Site
from ..wire import Field, Form, PanelError, Record, filled, integer, require, switch, text
from .operations import Operations

operations = Operations()

FILE_LIST = "files.txt"

CONFIG = {
    "every_hour_minute": Field(integer(0, 59), "In every hour schedule, the minute parameter must be between 0 and 59"),
    "every_day_hour": Field(integer(0, 23), "In the daily schedule, the hour parameter must be between 0 and 23"),
    "every_day_minute": Field(integer(0, 59), "In a daily schedule, the minute parameter must be between 0 and 59"),
    "number_backups": Field(integer(1, 2147483647), "Number backups parameter must be greater than 0"),
    "every_day": Field(switch),
    "every_day_statistics": Field(switch),
    "every_hour": Field(switch),
    "every_hour_statistics": Field(switch),
    "backup_to_ftp": Field(switch),
    "ftp_path": Field(text),
    "ftp_server_port": Field(integer(1, 65535)),
}

FTP_OFF = {name: Field(text) for name in ("ftp_server", "ftp_user", "ftp_password")}
FTP_ON = {
    "ftp_server": Field(filled, "FTP server must be filled"),
    "ftp_user": Field(filled, "FTP user must be filled"),
    "ftp_password": Field(filled, "FTP password must be filled"),
}


@operations("GET", "/backups", ("GET", "/system/backups"))
def backup_list(site: Site, form: Form) -> Record:
    """Return the archives, newest first."""
    backups = sorted(site.panel.backups.values(), key=lambda backup: backup["creation_date"], reverse=True)
    return {"backups": [_on_wire(backup) for backup in backups]}


@operations("POST", "/backups")
def backup_create(site: Site, form: Form) -> Record:
    """Make an archive. Traffic statistics are computed here, so there is nothing to save of them."""
    return _on_wire(create(site))


@operations("PUT", "/backups/restore")
def backup_restore(site: Site, form: Form) -> str:
    """Replace the panel's memory by an archive's."""
    name = form.get("backup_name", "")
    if name not in site.panel.backups:
        raise PanelError("There is no backup with this name", code=404)
    site.panel.unarchive(_unpack(site.panel.backups[name]["archive"]))
    site.rebuild(site.options.reload_seconds)
    return "success"


@operations("GET", "/backups/<backup_name>")
def backup_download(site: Site, form: Form, backup_name: str) -> Response:
    """Return an archive as it is."""
    if backup_name not in site.panel.backups:
        raise PanelError("There is no backup with this name", code=404)
    return Response(site.panel.backups[backup_name]["archive"], mimetype="application/zip")


@operations("GET", "/backups/config")
def backup_config_get(site: Site, form: Form) -> Record:
    """Return the schedule."""
    return site.panel.backup_config


@operations("PUT", "/backups/config")
def backup_config_update(site: Site, form: Form) -> Record:
    """Change the schedule."""
    values = require(form, CONFIG)
    values |= require(form, FTP_ON if values.get("backup_to_ftp") else FTP_OFF)
    site.panel.backup_config.update(values)
    return site.panel.backup_config


def create(site: Site) -> Record:
    """Make an archive and keep it under a name that tells the second, the next free one."""
    now = datetime.datetime.now().astimezone()
    while (name := f"{HOSTNAME}_{now:%Y-%m-%d_%H-%M-%S}.zip") in site.panel.backups:
        now += datetime.timedelta(seconds=1)
    archive = _pack(site.panel.archive())
    backup = {
        "backup_name": name,
        "creation_date": now.isoformat(timespec="microseconds"),
        "size": round(len(archive) / 1e6, 6),
        "archive": archive,
    }
    site.panel.backups[name] = backup
    return backup


def _on_wire(backup: Record) -> Record:
    return {key: value for key, value in backup.items() if key != "archive"}


def _pack(sections: Record) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(FILE_LIST, "".join(f"{section}.json\n" for section in sections))
        for section, content in sections.items():
            archive.writestr(f"{section}.json", json.dumps(content))
    return packed.getvalue()


def _unpack(packed: bytes) -> Record:
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
