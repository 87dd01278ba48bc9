# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The body of ``puqvpn_health``: read what a panel reports, and judge it."""

from __future__ import annotations

from typing import Any, Callable, Collection, Mapping

from .._client import STATUS_PATH, PanelClient
from .._document.sections import LAYOUTS
from .._errors import OptionError, PuqVpnError
from .._field_types import Switch
from .._health import REPORTED_PARTS, SERVICES, AccountRow, PanelReport, judge
from .._objects.dns import DNS
from .._objects.read_only import SERVICE
from .._panel.archives import read_archives
from .._panel.reader import PanelReader
from .._panel.status import summarize_status
from .._schema import object_of, parent_of
from .._subsets.sessions import known_sessions, sessions_by_account
from .._untrusted import one_line

OPTIONS: dict[str, dict[str, Any]] = {
    "min_license_days": {"type": "int", "default": 30},
    "min_free_accounts": {"type": "int", "default": 1},
    "services": {"type": "list", "elements": "str", "choices": list(SERVICES), "default": list(SERVICES)},
    "max_backup_hours": {"type": "int", "default": 48},
    "accounts": {"type": "bool", "default": False},
    "fail": {"type": "bool", "default": False},
}


def health(options: Mapping[str, Any], client: PanelClient) -> dict[str, Any]:
    """Check a panel with one GET for its status, one or two for each service, and one for its backups.

    Its accounts and their live sessions take three more, two on a 2.x panel.

    :returns: ``changed``, which is always false, ``health`` and ``msg``. A panel that cannot be reached is unhealthy.
    :raises OptionError: an option makes no sense.
    :raises PuqVpnError: ``not_healthy``, with ``health`` in its details, if the option ``fail`` asks for it.
    """
    if options["max_backup_hours"] < 0:
        raise OptionError("max_backup_hours must not be negative", hint="Set it to 0 to ignore the backups.")
    found = judge(read_report(PanelReader(client), options), options)
    if options["fail"] and not found["healthy"]:
        message = f"the panel is not healthy: {'; '.join(found['violations'])}"
        raise PuqVpnError("not_healthy", message, hint="", details={"health": found}).at(client.connection.root)
    msg = "healthy" if found["healthy"] else f"unhealthy: {'; '.join(found['violations'])}"
    return {"changed": False, "health": found, "msg": one_line(msg)}


def read_report(reader: PanelReader, options: Mapping[str, Any]) -> PanelReport:
    """Read the parts that the options name, until the panel cannot be asked any more."""
    report = PanelReport()
    wanted = [
        *(["accounts"] if options["accounts"] else []),
        *dict.fromkeys(options["services"]),
        *(["backups"] if options["max_backup_hours"] else []),
    ]
    parts = [name for name in wanted if name in REPORTED_PARTS[reader.generation]]
    report.not_reported = [name for name in wanted if name not in parts]
    for name in ["status", *parts]:
        try:
            report.parts[name] = _READERS[name](reader)
        except PuqVpnError as error:
            reachable = reader.concerns_one_part(error)
            if reachable and name in _UNCERTAIN[reader.generation]:
                report.not_reported.append(name)
                continue
            report.note_failure(name, error, reachable=reachable)
            if not reachable:
                break
    return report


def _status(reader: PanelReader) -> dict[str, Any]:
    return summarize_status(reader.client.get(STATUS_PATH), reader.root)


def _accounts(reader: PanelReader) -> list[AccountRow]:
    """Read the accounts or clients, and whether they are online as far as the panel shows live sessions."""
    kind = LAYOUTS[reader.generation].accounts.kind
    accounts = reader.named_objects(kind)
    sessions = known_sessions(reader, kind)
    online = None if sessions is None else sessions_by_account(kind, accounts, sessions)
    return [
        AccountRow(
            name=account["name"],
            server=account.get(parent_of(kind).field),
            status=account.get("status"),
            online=None if online is None else account["name"] in online,
        )
        for account in accounts
    ]


def _strongswan(reader: PanelReader) -> dict[str, Any]:
    """Read whether IKEv2 is enabled (contract: ikev2_config_get), and its processes (contract: ikev2_info)."""
    config = reader.client.read("ikev2/config", lambda payload: object_of(payload, "IKEv2 configuration"))
    return {**reader.read(SERVICE, "ikev2/info"), "enabled": Switch().read(config.get("enabled", False))}


# By generation: parts that a panel may lack without being unhealthy (contract: GET /client, inferred).
_UNCERTAIN: Mapping[int, Collection[str]] = {1: (), 2: ("accounts",)}

_READERS: Mapping[str, Callable[[PanelReader], Any]] = {
    "status": _status,
    "accounts": _accounts,
    "wireguard": lambda reader: reader.read(SERVICE, "wireguard/info"),
    "iptables": lambda reader: reader.read(SERVICE, "firewall/info"),
    "bind9": lambda reader: reader.settings(DNS[reader.generation]),
    "strongswan": _strongswan,
    "backups": lambda reader: read_archives(reader.client),
}
