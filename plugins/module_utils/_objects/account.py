# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A VPN account, which is a peer of a WireGuard server."""

from __future__ import annotations

from .._crypto import pair_problems
from .._field_types import NAME, PASSWORD, Address, Key, Number, Word
from .._schema import Field, ObjectKind, Parent
from .wireguard import WIREGUARD

# Operations account_list, account_get, account_create, account_update and account_delete.
ACCOUNT = ObjectKind(
    name="account",
    title="account",
    fields=(
        Field("name", NAME, immutable=True),
        Field("wg_name", NAME, immutable=True),
        Field("status", Word(("enable", "disable"))),
        Field("username", NAME, immutable=True),
        Field("password", PASSWORD),
        Field("allowed_ips", Address(), wire="allowed_IPs", follows="wg_name"),
        Field(
            "allowed_ips_ipv6",
            Address(version=6, optional=True),
            wire="allowed_IPs_ipv6",
            write_only=True,
            follows="wg_name",
        ),
        Field("private_key", Key(), immutable=True),
        Field("public_key", Key(), immutable=True),
        Field("b_download", Number(0, 10000)),
        Field("b_upload", Number(0, 10000)),
    ),
    read_only=(Field("mangle", Number(0)),),
    check=pair_problems,
    substitutes=("username", "allowed_ips"),
    needed=("wg_name",),
    pair=("private_key", "public_key"),
    unique=("username", "allowed_ips", "allowed_ips_ipv6"),
    address="allowed_ips",
    parent=Parent("wg_name", WIREGUARD, free_path="wireguard/{wg_name}/available_ips"),
    list_path="account",
    create_path="account",
    item_path="account/{name}",
)
