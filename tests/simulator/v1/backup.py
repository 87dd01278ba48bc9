# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups: real archives of the panel's memory."""

from __future__ import annotations

import datetime

from werkzeug import Response

from ..archives import unpack
from ..initial import HOSTNAME
from ..site import Site
from ..wire import Field, Form, PanelError, Record, filled, integer, require, switch, text
from .operations import Operations

operations = Operations()

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
    """Return the archives, newest first; their times may differ in the offset from UTC."""
    backups = sorted(site.panel.backups.values(), key=_time_of, reverse=True)
    return {"backups": [_on_wire(backup) for backup in backups]}


@operations("POST", "/backups")
def backup_create(site: Site, form: Form) -> Record:
    """Make an archive. Traffic statistics are computed here, so there is nothing to save of them."""
    backup = create(site)
    if site.options.ftp_fails and site.panel.backup_config["backup_to_ftp"]:
        raise PanelError("FTP upload error: connection refused")
    return _on_wire(backup)


@operations("PUT", "/backups/restore")
def backup_restore(site: Site, form: Form) -> str:
    """Replace the panel's memory by an archive's."""
    name = form.get("backup_name", "")
    if name not in site.panel.backups:
        raise PanelError("There is no backup with this name", code=404)
    site.panel.unarchive(unpack(site.panel.backups[name]["archive"]))
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
    return site.panel.add_backup(name, now.isoformat(timespec="microseconds"))


def _time_of(backup: Record) -> datetime.datetime:
    return datetime.datetime.fromisoformat(backup["creation_date"])


def _on_wire(backup: Record) -> Record:
    return {key: value for key, value in backup.items() if key != "archive"}
