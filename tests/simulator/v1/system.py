# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The panel itself: status, licence, DNS, settings, one-time links, traffic logging."""

from __future__ import annotations

import copy

from .. import initial
from ..initial import HOSTNAME
from ..site import Site
from ..state import network_of
from ..wire import (
    Field,
    Form,
    Keyed,
    NumberText,
    PanelError,
    Record,
    integer,
    ipv4,
    number_text,
    read,
    switch,
    switch_in,
    text,
)
from .operations import Operations

operations = Operations()

UNLIMITED = 2147483647

SYSTEM_CONFIG = {
    "traffic_statistics_frequency": Field(
        integer(1, UNLIMITED), "Incorrect value Traffic Statistics Frequency (should be 1 to 2147483647)"
    ),
    "traffic_statistics_history": Field(
        integer(0, UNLIMITED), "Incorrect value Traffic Statistics History (should be 0 to 2147483647)"
    ),
    "wireguard_handshake_uptime": Field(
        integer(1, 300), "Incorrect value Wireguard Handshake Uptime (should be 1 to 300)"
    ),
}

DNS = {
    "forwarders_1": Field(ipv4, "Incorrect data in Forwarder1 parameters"),
    "forwarders_2": Field(ipv4, "Incorrect data in Forwarder2 parameters"),
    "max_cache_ttl": Field(integer(30, 3600)),
}

LOGGING = {
    **{name: Field(switch) for name in initial.LOGGING_SWITCHES},
    **{name: Field(text) for name in ("influxdb_bucket", "influxdb_organization", "influxdb_token", "influxdb_url")},
    "remote_syslog_server": Field(text),
    "remote_syslog_server_port": Field(integer(1, 65535)),
}

INFLUXDB_TEXTS = {
    "influxdb_url": "InfluxDB Url must be filled",
    "influxdb_token": "InfluxDB Token must be filled",
    "influxdb_bucket": "InfluxDB Bucket must be filled",
    "influxdb_organization": "InfluxDB Organization must be filled",
}


@operations("GET", "/system/status")
def system_status(site: Site, form: Form) -> Record:
    """Return whether the panel is busy, and some counts."""
    return {
        "count_accounts": len(site.panel.accounts),
        "count_accounts_available": site.options.licence_slots,
        "count_wireguard": len(site.panel.wireguard),
        "license": site.options.licence_expires,
        "license_valid": site.options.licensed,
        "status": site.status(),
        "version": site.options.version,
    }


@operations("GET", "/system/info")
def system_info(site: Site, form: Form) -> Record:
    """Describe the host."""
    return host_on_wire()


def host_on_wire() -> Record:
    """Return the host as both generations show it."""
    numbers = {
        "cpu_threads": "4",
        "cpu_used_load1": "0.69",
        "cpu_used_load15": "0.20",
        "cpu_used_load5": "0.28",
        "memory_free": "218",
        "memory_total": "7956",
        "memory_used": "7737",
        "memory_used_percent": "97",
    }
    return {
        **{key: NumberText(value) for key, value in numbers.items()},
        "cpu_model": "Common KVM processor",
        "hostname": HOSTNAME,
        "os_architecture": "amd64",
        "os_name": "Debian GNU/Linux 11 (bullseye)",
        "timezone": "Europe/Warsaw",
    }


@operations("PUT", "/system/reload")
def system_reload(site: Site, form: Form) -> str:
    """Rebuild the configuration."""
    site.rebuild(site.options.reload_seconds)
    return "success"


@operations("GET", "/license")
def license_get(site: Site, form: Form) -> Record:
    """Return the licence."""
    return licence_on_wire(site)


def licence_on_wire(site: Site) -> Record:
    """Return the licence as both generations show it."""
    return {
        "accounts": site.options.licence_slots,
        "expiration_date": site.options.licence_expires,
        "key": "AAAAAA-BBBBBB-CCCCCC-DDDDDD-EEEEEE",
        "last_check": "2026-01-16T11:11:36+01:00",
        "valid": site.options.licensed,
    }


# DNS and settings ---------------------------------------------------------------------------------------------------


@operations("GET", "/dns")
def dns_get(site: Site, form: Form) -> Record:
    """Return the name server's settings."""
    dns = dns_told(site)
    return {**dns, "max_cache_ttl": number_text(dns["max_cache_ttl"]), "pid": number_text(dns["pid"])}


def dns_told(site: Site) -> Record:
    """Return the name server's settings as native values; who may ask follows the servers."""
    clients = [str(network_of(server["address"])) for server in site.panel.wireguard.values()]
    return {**site.panel.dns, "acl": ["127.0.0.1", *clients], "bind9": "1:9.16.33-1~deb11u1", "pid": 2649459}


@operations("PUT", "/dns")
def dns_update(site: Site, form: Form) -> Record:
    """Change the name server's settings."""
    enabled = Field(switch_in(site.options.switch_words))
    site.panel.dns.update(read(form, {"enabled": enabled, **DNS}))
    return dns_get(site, form)


@operations("GET", "/system/config")
def system_config_get(site: Site, form: Form) -> Record:
    """Return the settings."""
    return site.panel.system_config


@operations("PUT", "/system/config")
def system_config_update(site: Site, form: Form) -> Record:
    """Change the settings."""
    site.panel.system_config.update(read(form, SYSTEM_CONFIG))
    return site.panel.system_config


@operations("PUT", "/system/config/default")
def system_config_default(site: Site, form: Form) -> Record:
    """Go back to the first settings."""
    site.panel.system_config = copy.deepcopy(initial.SYSTEM_CONFIG)
    return site.panel.system_config


# One-time links -----------------------------------------------------------------------------------------------------


@operations("GET", "/otl/config")
def otl_config_get(site: Site, form: Form) -> Record:
    """Return the page around a link."""
    config = site.panel.otl_config
    return {**config, "lifetime": number_text(config["lifetime"])}


@operations("GET", "/otl/list")
def otl_list(site: Site, form: Form) -> Record:
    """Return all links; the misspelt wrapper is the manual's."""
    return {"olts": Keyed(site.panel.otls)}


@operations("GET", "/otl/config_wireguard")
def otl_config_wireguard_get(site: Site, form: Form) -> Record:
    """Return the WireGuard part of the page."""
    return site.panel.otl_config_wireguard


@operations("GET", "/otl/config_ikev2")
def otl_config_ikev2_get(site: Site, form: Form) -> Record:
    """Return the IKEv2 part of the page."""
    return site.panel.otl_config_ikev2


# Traffic logging ----------------------------------------------------------------------------------------------------


@operations("GET", "/traffic_logging", ("GET", "/system/traffic_logging"))
def traffic_logging_get(site: Site, form: Form) -> Record:
    """Return what is logged and where to."""
    return site.panel.traffic_logging


@operations("PUT", "/traffic_logging")
def traffic_logging_update(site: Site, form: Form) -> Record:
    """Change what is logged and where to."""
    changed = {**site.panel.traffic_logging, **read(form, LOGGING)}
    _check_logging(changed, site.panel.telegraf_installed)
    site.panel.traffic_logging = changed
    return changed


def _check_logging(logging: Record, telegraf_installed: bool) -> None:
    if logging["enabled_remote_syslog"] and not logging["remote_syslog_server"]:
        raise PanelError("Remote Syslog Server must be filled")
    if logging["enabled_influxdb"]:
        if not telegraf_installed:
            raise PanelError("InfluxDB Telegraf not installed")
        for field, error in INFLUXDB_TEXTS.items():
            if not logging[field]:
                raise PanelError(error)
    if logging["enabled"] and not (logging["enabled_remote_syslog"] or logging["enabled_influxdb"]):
        raise PanelError("At least one logging method must be enabled (Remote Syslog or/and InfluxDB)")
