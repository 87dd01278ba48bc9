# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a panel only shows: nothing of it is an option."""

from __future__ import annotations

from typing import NamedTuple

from .._field_types import NAME, Address, Amount, Number, Switch, Text, Word
from .._schema import Field, Kind, ObjectKind

# Operation system_info.


class FreeAddresses(NamedTuple):
    """Free addresses in the panel's order. Unless they are ``all``, the panel only proposes the next one."""

    addresses: list[str]
    all: bool


class Slots(NamedTuple):
    """How many accounts or clients the license allows, and how many there are; None for what a panel does not show."""

    limit: int | None
    used: int | None


HOST = Kind(
    name="host",
    title="host",
    fields=(
        Field("hostname", Text()),
        Field("os_name", Text()),
        Field("os_architecture", Text()),
        Field("timezone", Text()),
        Field("cpu_model", Text()),
        Field("cpu_threads", Amount()),
        Field("cpu_used_load1", Amount()),
        Field("cpu_used_load5", Amount()),
        Field("cpu_used_load15", Amount()),
        Field("memory_total", Amount()),
        Field("memory_used", Amount()),
        Field("memory_free", Amount()),
        Field("memory_used_percent", Amount()),
    ),
)

# Operation license_get.
LICENSE = Kind(
    name="license",
    title="license",
    fields=(
        Field("valid", Switch()),
        Field("accounts", Number(0)),
        Field("expiration_date", Text()),
        Field("last_check", Text()),
        Field("key", Text()),
    ),
)

# Operations wireguard_info, firewall_info and ikev2_info.
SERVICE = Kind(
    name="service",
    title="versions",
    fields=(
        Field("ip_forward", Switch()),
        Field("pid_charon", Number(0)),
        Field("pid_starter", Number(0)),
    ),
)

# Operations wireguard_online and ikev2_online.
SESSION = ObjectKind(
    name="session",
    title="session",
    fields=(
        Field("name", NAME),
        Field("wg_name", NAME),
        Field("status", Word(("enable", "disable"))),
        Field("username", NAME),
        Field("allowed_ips", Address(), wire="allowed_IPs"),
        Field("b_download", Number(0)),
        Field("b_upload", Number(0)),
        Field("endpoint", Text()),
        Field("latest_handshake", Text()),
        Field("transfer_rx", Number(0)),
        Field("transfer_tx", Number(0)),
        Field("uptime", Text()),
    ),
)

# Operations otl_config_get, otl_config_wireguard_get and otl_config_ikev2_get.
LINK_SETTINGS = Kind(
    name="otl",
    title="settings of one-time links",
    fields=(
        # Switches have the longer name elsewhere (contract: otl_config_wireguard_get/1).
        Field("enable", Switch(), wire="enabled"),
        Field("enable_config_qr", Switch()),
        Field("enable_config_text", Switch()),
        Field("lifetime", Number(0)),
    ),
)

# Operation otl_list.
LINK = Kind(
    name="link",
    title="one-time link",
    fields=(
        Field("account", NAME),
        Field("created", Text(), wire="created_data"),
        Field("expires", Text(), wire="lifetime"),
        Field("key", Text()),
    ),
    # The name that was meant (contract: otl_list/1).
    read_only=(Field("created", Text(), wire="created_date"),),
)

# Operation backup_list.
ARCHIVE = Kind(
    name="archive",
    title="archive",
    fields=(Field("name", Text(), wire="backup_name"), Field("creation_date", Text()), Field("size", Amount())),
)

# Operation account_traffic_statistics.
TRAFFIC = Kind(
    name="traffic",
    title="traffic of a day",
    fields=(
        Field("download", Number(0), wire="traffic_download"),
        Field("upload", Number(0), wire="traffic_upload"),
    ),
)
