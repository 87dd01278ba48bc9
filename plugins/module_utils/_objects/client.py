# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A VPN client of a 2.x panel, and the network that it is on, which is only read."""

from __future__ import annotations

from typing import Iterable

from .._field_types import NAME, PASSWORD, Address, Network, Number, Reference, Text, Word
from .._schema import Field, ObjectKind, Parent, Values

NETWORK = ObjectKind(
    name="network",
    title="network",
    generation=2,
    # The keys of most fields are only known from the forms of the web interface (contract: network, ``key: ui``).
    fields=(
        Field("name", NAME, immutable=True),
        Field("description", Text()),
        Field("subnet_ipv4", Network(), aliases=("subnet",)),
        Field("wireguard_ip", Address(any_prefix=True)),
        Field("openvpn_ip", Address(any_prefix=True)),
        Field("ikev2_ip", Address(any_prefix=True)),
    ),
    networks=("subnet_ipv4",),
    list_path="network",
    item_path="network/{name}",
)


def _check(values: Values) -> Iterable[str]:
    if values.get("name") == "online":
        # The API uses this path for something else (contract: GET /client/online).
        yield "name online cannot be used: the API of the panel has another resource at this path."


CLIENT = ObjectKind(
    name="client",
    title="client",
    generation=2,
    fields=(
        Field("name", NAME, immutable=True),
        # Pages disagree on the key (contract: client, fields network_name and network).
        Field("network_name", Reference(NAME.pattern, NAME.meaning), immutable=True, aliases=("network",)),
        Field("status", Word(("enable", "disable"))),
        Field("username", NAME, immutable=True),
        Field("password", PASSWORD),
        # The form of a client does not contain it (contract of the delta: PUT /client/{name}, inferred, low).
        Field("ipv4", Address(any_prefix=True), uncertain=True, follows="network_name"),
        Field("ipv6", Address(version=6, optional=True, any_prefix=True), uncertain=True, follows="network_name"),
        # Pages disagree on whether a new client gets them (contract: quirks, client_create).
        Field("b_download", Number(0, 10000), creatable=False, omitted=0),
        Field("b_upload", Number(0, 10000), creatable=False, omitted=0),
    ),
    check=_check,
    needed=("network_name",),
    unique=("username", "ipv4", "ipv6"),
    address="ipv4",
    parent=Parent(
        "network_name",
        NETWORK,
        free_path="network/{network_name}/available_ip",
        own_addresses=("wireguard_ip", "openvpn_ip", "ikev2_ip"),
    ),
    list_path="client",
    create_path="client",
    item_path="client/{name}",
)
