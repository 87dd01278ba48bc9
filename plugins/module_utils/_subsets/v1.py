# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The subsets that ``puqvpn_info`` gathers of 1.x panels."""

from __future__ import annotations

from typing import Any, Callable, Iterable, Mapping

from .._client import STATUS_PATH
from .._document.export import Export
from .._document.sections import LAYOUTS
from .._document.source import all_port_forwards
from .._errors import PuqVpnError
from .._objects.account import ACCOUNT
from .._objects.backup_config import BACKUP_CONFIG
from .._objects.dns import DNS
from .._objects.firewall import FIREWALL, FIREWALL_RULE
from .._objects.ikev2 import IKEV2_SETTINGS
from .._objects.port_forward import PORT_FORWARD
from .._objects.read_only import ARCHIVE, HOST, LICENSE, LINK, LINK_SETTINGS, SERVICE, SESSION
from .._objects.traffic_logging import TRAFFIC_LOGGING
from .._objects.wireguard import WIREGUARD
from .._panel.archives import archive_age, list_archives
from .._panel.certificates import read_ikev2
from .._panel.links import unused_links
from .._panel.reader import PanelReader, read_objects
from .._panel.status import summarize_status
from .._schema import Items, Kind, Values
from .._time import days_until
from .traffic import traffic

Options = Mapping[str, Any]
Subset = Callable[[PanelReader, Options], Any]


def _system(reader: PanelReader, _options: Options) -> dict[str, Any]:
    return {
        "status": summarize_status(reader.client.get(STATUS_PATH), reader.root),
        "host": reader.read(HOST, "system/info"),
    }


def gather_license(reader: PanelReader, _options: Options) -> dict[str, Any]:
    """Gather the license, which is the same for both generations."""
    license_ = reader.read(LICENSE, "license")
    reader.client.learn_secrets(license_)
    return {**license_, "days_left": days_until(license_.get("expiration_date"))}


def _wireguard(reader: PanelReader, _options: Options) -> dict[str, Any]:
    return {
        "servers": _shown(WIREGUARD, reader.objects(WIREGUARD)),
        "packages": reader.read(SERVICE, "wireguard/info"),
    }


def _accounts(reader: PanelReader, _options: Options) -> Items:
    return _shown(ACCOUNT, reader.objects(ACCOUNT))


def _port_forwards(reader: PanelReader, _options: Options) -> Items:
    return _shown(PORT_FORWARD, all_port_forwards(reader))


def _firewall(reader: PanelReader, _options: Options) -> dict[str, Any]:
    policies, rules = reader.settings(FIREWALL), reader.objects(FIREWALL_RULE)
    service = reader.read(SERVICE, "firewall/info")
    return {
        "policies": FIREWALL.as_result(policies),
        "rules": _shown(FIREWALL_RULE, rules),
        "ip_forward": service.get("ip_forward"),
        "packages": {name: service.get(name) for name in ("iptables", "iproute2")},
    }


def gather_dns(reader: PanelReader, _options: Options) -> dict[str, Any]:
    """Gather the DNS server, which is the same for both generations as far as is known."""
    kind = DNS[reader.generation]
    return kind.as_result(reader.settings(kind), True)


def _ikev2(reader: PanelReader, _options: Options) -> dict[str, Any]:
    certificates, settings = read_ikev2(reader.client), reader.settings(IKEV2_SETTINGS)
    service = reader.read(SERVICE, "ikev2/info")
    return {
        **certificates,
        "settings": IKEV2_SETTINGS.as_result(settings),
        "packages": {"strongswan": service.get("strongswan")},
        "pids": {name: service.get(f"pid_{name}") for name in ("charon", "starter")},
    }


def _online(reader: PanelReader, _options: Options) -> dict[str, Any]:
    return {
        name: _shown(SESSION, read_objects(reader.client, SESSION, {}, f"{name}/online"))
        for name in ("wireguard", "ikev2")
    }


def _otl(reader: PanelReader, _options: Options) -> dict[str, Any]:
    settings = {
        name: reader.read(LINK_SETTINGS, path)
        for name, path in (
            ("settings", "otl/config"),
            ("wireguard", "otl/config_wireguard"),
            ("ikev2", "otl/config_ikev2"),
        )
    }
    links = _shown(LINK, map(LINK.read, unused_links(reader.client)))
    return {**settings, "links": sorted(links, key=lambda link: (str(link.get("account")), str(link.get("created"))))}


def _backups(reader: PanelReader, _options: Options) -> dict[str, Any]:
    found: Items = []
    for archive in list_archives(reader.client):
        age = archive_age(archive)
        minutes = None if age is None else int(age.total_seconds() // 60)
        found.append({**ARCHIVE.as_result(ARCHIVE.read(archive), True), "age": minutes})
    return {"archives": found, "config": BACKUP_CONFIG.as_result(reader.settings(BACKUP_CONFIG), True)}


def _traffic_logging(reader: PanelReader, _options: Options) -> dict[str, Any]:
    return TRAFFIC_LOGGING.as_result(reader.settings(TRAFFIC_LOGGING), True)


def _traffic(reader: PanelReader, options: Options) -> dict[str, Any]:
    return traffic(reader, ACCOUNT, options)


def gather_config(reader: PanelReader, options: Options) -> dict[str, Any]:
    """Export the panel as a document, without sections that the panel refuses, so that these are not touched later.

    A 2.x panel may show nothing of a section that can be written back.
    """
    export = Export(reader, include_secrets=options["include_secrets"])
    config: dict[str, Any] = {}
    refused: dict[str, PuqVpnError] = {}
    for section in LAYOUTS[reader.generation].sections.values():
        try:
            exported = export.section(section)
            if exported != {}:
                config[section.name] = exported
        except PuqVpnError as error:
            if not reader.concerns_one_part(error):
                raise
            refused[section.name] = error
    if refused and not config:
        raise next(iter(refused.values()))
    reader.client.warnings += [f"The config contains no {name}: {error}" for name, error in refused.items()]
    reader.client.warnings += export.remarks
    return config


# Secrets are removed from the result afterwards.
SUBSETS: dict[str, Subset] = {
    "system": _system,
    "license": gather_license,
    "wireguard": _wireguard,
    "accounts": _accounts,
    "port_forwards": _port_forwards,
    "firewall": _firewall,
    "dns": gather_dns,
    "ikev2": _ikev2,
    "online": _online,
    "otl": _otl,
    "backups": _backups,
    "traffic_logging": _traffic_logging,
    "traffic": _traffic,
    "config": gather_config,
}


def _shown(kind: Kind, objects: Iterable[Values]) -> Items:
    return [kind.as_result(item, True) for item in objects]
