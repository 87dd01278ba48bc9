# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The work of ``puqvpn_info``: what a panel holds and tells, by subset."""

from __future__ import annotations

from datetime import date
from typing import Any, Callable, Iterable, Mapping

from .._apply import read_objects
from .._client import STATUS_PATH, PanelClient
from .._document.export import Export
from .._document.sections import SECTIONS
from .._errors import ExchangeError, OptionError, PuqVpnError, RefusedError
from .._kinds import Field, Kind, Values, entries
from .._objects.account import ACCOUNT
from .._objects.backup_config import BACKUP_CONFIG
from .._objects.dns import DNS
from .._objects.firewall import FIREWALL, FIREWALL_RULE
from .._objects.ikev2 import IKEV2_SETTINGS
from .._objects.port_forward import PORT_FORWARD
from .._objects.report import ARCHIVE, HOST, LICENSE, LINK, LINK_SETTINGS, SERVICE, SESSION, TRAFFIC
from .._objects.traffic_logging import TRAFFIC_LOGGING
from .._objects.wireguard import WIREGUARD
from .._paths import filled
from .._secrets import without_secrets
from .._types import Number
from .account_link import unused_links
from .backup import age_of, archives
from .ikev2 import read_ikev2
from .reading import Reading
from .status import days_left, summarise

PERIOD = Kind(name="period", title="month", fields=(Field("year", Number(2000, 9999)), Field("month", Number(1, 12))))

OPTIONS: dict[str, dict[str, Any]] = {
    "gather_subset": {"type": "list", "elements": "str", "default": ["all", "!traffic"]},
    **PERIOD.argument_spec,
}

Options = Mapping[str, Any]
Subset = Callable[[Reading, Options], Any]

_MIN = ("system", "license")


def info(options: Options, client: PanelClient) -> dict[str, Any]:
    """Gather the subsets; one that the panel refuses does not keep the others from being gathered.

    :returns: ``changed`` and ``info``.
    :raises OptionError: for a wrong option, before anything is sent.
    :raises PuqVpnError: as the client does when the panel cannot be reached or does not let the user in.
    """
    names = _chosen(options["gather_subset"])
    today = date.today()
    options = {**options, "year": today.year, "month": today.month, **PERIOD.parse(options).values}
    reading = Reading(client)
    found: dict[str, Any] = {}
    for name in names:
        try:
            found[name] = SUBSETS[name](reading, options)
        except PuqVpnError as error:
            if not _concerns_one_subset(error):
                raise
            found[name] = {"error": str(error), "error_code": error.code}
            client.warnings.append(f"The subset {name} was not gathered: {error}")
    return {"changed": False, "info": found if options["include_secrets"] else without_secrets(found)}


def _concerns_one_subset(error: PuqVpnError) -> bool:
    """True for what the panel refuses or does not know, and not for what it would say to every request."""
    if isinstance(error, RefusedError):
        return error.code not in ("not_authorized", "panel_busy")
    return error.code == "unknown_operation"


def _chosen(wanted: Iterable[str]) -> list[str]:
    """The names of the subsets to gather, in the order in which they are gathered."""
    groups = {"all": set(SUBSETS), "min": set(_MIN), **{name: {name} for name in SUBSETS}}
    left_out = {name[1:] for name in wanted if name.startswith("!")}
    named = {name for name in wanted if not name.startswith("!")}
    unknown = [*sorted(named - set(groups)), *(f"!{name}" for name in sorted(left_out - set(SUBSETS)))]
    if unknown:
        raise OptionError(
            f"gather_subset holds {', '.join(unknown)}, which cannot be gathered or left out",
            hint=f"Choose among {', '.join(groups)}. A ! before the name of a subset leaves it out.",
        )
    chosen = set().union(*(groups[name] for name in named or {"all"})) - left_out
    return [name for name in SUBSETS if name in chosen]


# --- Subsets


def _system(reading: Reading, _options: Options) -> dict[str, Any]:
    client = reading.client
    return {
        "status": summarise(client.get(STATUS_PATH), client.connection.root),
        "host": _told(reading, HOST, "system/info"),
    }


def _license(reading: Reading, _options: Options) -> dict[str, Any]:
    told = _told(reading, LICENSE, "license")
    reading.client.learn_secrets(told)
    return {**told, "days_left": days_left(told.get("expiration_date"))}


def _wireguard(reading: Reading, _options: Options) -> dict[str, Any]:
    return {
        "servers": _shown(WIREGUARD, reading.servers()),
        "packages": _told(reading, SERVICE, "wireguard/info"),
    }


def _accounts(reading: Reading, _options: Options) -> list[dict[str, Any]]:
    return _shown(ACCOUNT, reading.accounts())


def _port_forwards(reading: Reading, _options: Options) -> list[dict[str, Any]]:
    names = [server["name"] for server in reading.servers() if "name" in server]
    return [forward for name in names for forward in _shown(PORT_FORWARD, reading.port_forwards(name))]


def _firewall(reading: Reading, _options: Options) -> dict[str, Any]:
    policies, rules = reading.settings(FIREWALL), reading.rules()
    told = _told(reading, SERVICE, "firewall/info")
    return {
        "policies": FIREWALL.shown(policies),
        "rules": _shown(FIREWALL_RULE, rules),
        "ip_forward": told.get("ip_forward"),
        "packages": {name: told.get(name) for name in ("iptables", "iproute2")},
    }


def _dns(reading: Reading, _options: Options) -> dict[str, Any]:
    return DNS.shown(reading.settings(DNS))


def _ikev2(reading: Reading, _options: Options) -> dict[str, Any]:
    certificates, settings = read_ikev2(reading.client), reading.settings(IKEV2_SETTINGS)
    told = _told(reading, SERVICE, "ikev2/info")
    return {
        **certificates,
        "settings": IKEV2_SETTINGS.shown(settings),
        "packages": {"strongswan": told.get("strongswan")},
        "pids": {name: told.get(f"pid_{name}") for name in ("charon", "starter")},
    }


def _online(reading: Reading, _options: Options) -> dict[str, Any]:
    return {
        name: _shown(SESSION, read_objects(reading.client, SESSION, {}, f"{name}/online"))
        for name in ("wireguard", "ikev2")
    }


def _otl(reading: Reading, _options: Options) -> dict[str, Any]:
    settings = {
        name: _told(reading, LINK_SETTINGS, path)
        for name, path in (
            ("settings", "otl/config"),
            ("wireguard", "otl/config_wireguard"),
            ("ikev2", "otl/config_ikev2"),
        )
    }
    links = _shown(LINK, map(LINK.read, unused_links(reading.client)))
    return {**settings, "links": sorted(links, key=lambda one: (str(one.get("account")), str(one.get("created"))))}


def _backups(reading: Reading, _options: Options) -> dict[str, Any]:
    found = []
    for archive in archives(reading.client):
        age = age_of(archive)
        minutes = None if age is None else int(age.total_seconds() // 60)
        found.append({**ARCHIVE.shown(ARCHIVE.read(archive), True), "age": minutes})
    return {"archives": found, "config": BACKUP_CONFIG.shown(reading.settings(BACKUP_CONFIG), True)}


def _traffic_logging(reading: Reading, _options: Options) -> dict[str, Any]:
    return TRAFFIC_LOGGING.shown(reading.settings(TRAFFIC_LOGGING), True)


def _traffic(reading: Reading, options: Options) -> dict[str, Any]:
    year, month = options["year"], options["month"]
    # Whether the month is written with two digits is not documented (contract: account_traffic_statistics/1). A
    # spelling that the panel refuses is taken out, so that it is tried once.
    spellings = list(dict.fromkeys((str(month), f"{month:02}")))
    accounts = [
        {"name": one["name"], "wg_name": one.get("wg_name"), **_traffic_of(reading.client, one, year, spellings)}
        for one in reading.accounts()
        if "name" in one
    ]
    servers = sorted({one["wg_name"] for one in accounts}, key=str)
    return {
        "year": year,
        "month": month,
        "accounts": accounts,
        "servers": [{"name": name, **_sum(one for one in accounts if one["wg_name"] == name)} for name in servers],
        "total": _sum(accounts),
    }


def _traffic_of(client: PanelClient, account: Values, year: int, months: list[str]) -> dict[str, int]:
    """The bytes of an account in a month; of the spellings of the month those that the panel refuses are removed."""
    names = {"name": account["name"], "year": year, "month": months[0]}
    try:
        return client.read(filled("account/{name}/traffic_statistics/{year}/{month}", names), _sum_of_days)
    except RefusedError as refused:
        if "wrong month" not in refused.said or len(months) == 1:
            raise
    del months[0]
    return _traffic_of(client, account, year, months)


def _sum_of_days(payload: Any) -> dict[str, int]:
    try:
        return _sum(TRAFFIC.read(day) for day in entries(payload))
    except (KeyError, TypeError):
        raise ExchangeError("answer_wrong_type", "the answer does not show the traffic by day") from None


def _sum(items: Iterable[Values]) -> dict[str, int]:
    amounts = [(one["download"], one["upload"]) for one in items]
    return {"download": sum(download for download, _up in amounts), "upload": sum(upload for _down, upload in amounts)}


def _config(reading: Reading, options: Options) -> dict[str, Any]:
    """The panel as a document; a section that the panel refuses is left out, so that it is not touched later."""
    export = Export(reading, include_secrets=options["include_secrets"])
    config: dict[str, Any] = {}
    refused: dict[str, PuqVpnError] = {}
    for section in SECTIONS.values():
        try:
            config[section.name] = export.section(section)
        except PuqVpnError as error:
            if not _concerns_one_subset(error):
                raise
            refused[section.name] = error
    if not config:
        raise next(iter(refused.values()))
    reading.client.warnings += [f"The config holds no {name}: {error}" for name, error in refused.items()]
    reading.client.warnings += export.remarks
    return config


SUBSETS: dict[str, Subset] = {
    "system": _system,
    "license": _license,
    "wireguard": _wireguard,
    "accounts": _accounts,
    "port_forwards": _port_forwards,
    "firewall": _firewall,
    "dns": _dns,
    "ikev2": _ikev2,
    "online": _online,
    "otl": _otl,
    "backups": _backups,
    "traffic_logging": _traffic_logging,
    "traffic": _traffic,
    "config": _config,
}
"""What can be gathered. Secrets are taken out of the result afterwards."""


def _told(reading: Reading, kind: Kind, path: str) -> dict[str, Any]:
    """What a panel tells at a path, with one GET."""
    return kind.shown(reading.client.read(path, kind.read), True)


def _shown(kind: Kind, objects: Iterable[Values]) -> list[dict[str, Any]]:
    return [kind.shown(one, True) for one in objects]
