# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A WireGuard server."""

from __future__ import annotations

from typing import Iterable

from .._crypto import pair_problems
from .._field_types import NAME, Address, Host, Interface, Key, Networks, Number, Port, Switch, Text
from .._schema import Field, ObjectKind, Values


def _check(values: Values) -> Iterable[str]:
    yield from pair_problems(values)
    if values.get("name") in ("info", "online"):
        # The API uses their paths for something else (contract: path_collisions).
        yield f"name {values['name']} cannot be used: the API of the panel has another resource at this path."


# Operations wireguard_list, wireguard_get, wireguard_create, wireguard_update and wireguard_delete.
WIREGUARD = ObjectKind(
    name="wireguard",
    title="WireGuard server",
    fields=(
        Field("name", NAME, immutable=True),
        Field("address", Interface()),
        # Narrower on creation than in the example of the edit (contract: wireguard_update/3).
        Field("listen_port", Port(), new=Number(51820, 65535)),
        Field("external_ip", Address()),
        Field("interface_name", Text(r"wg[0-9]+", "wg followed by digits"), immutable=True),
        Field("private_key", Key()),
        Field("public_key", Key()),
        Field("mtu", Number(0, 9100), write_only=True),
        Field("keep_alive", Number(0)),
        Field("allowed_ips", Networks(), write_only=True),
        Field("endpoint", Host(optional=True), write_only=True),
        Field("internal_traffic", Switch()),
        Field("dns_1", Address()),
        Field("dns_2", Address()),
        Field("ipv6", Switch(), write_only=True),
        Field("address_ipv6", Interface(version=6, optional=True), write_only=True),
        Field("dns_1_ipv6", Address(version=6, optional=True), write_only=True),
        Field("dns_2_ipv6", Address(version=6, optional=True), write_only=True),
        Field("b_download", Number(0, 10000)),
        Field("b_upload", Number(0, 10000)),
        Field("ikev2", Switch()),
    ),
    check=_check,
    substitutes=("interface_name",),
    pair=("private_key", "public_key"),
    unique=("interface_name", "listen_port"),
    networks=("address", "address_ipv6"),
    list_path="wireguard",
    create_path="wireguard",
    item_path="wireguard/{name}",
)
