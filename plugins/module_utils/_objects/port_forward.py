# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A port of a server's public address that is forwarded to one of its accounts."""

from __future__ import annotations

from .._field_types import NAME, Number, Word
from .._schema import Field, ObjectKind, Parent
from .wireguard import WIREGUARD

# Operations port_forward_list, port_forward_create and port_forward_delete; there is no edit.
PORT_FORWARD = ObjectKind(
    name="port_forward",
    title="port forward",
    fields=(
        Field("wg_name", NAME, immutable=True, in_form=False),
        Field("dst_port", Number(1, 65535), immutable=True),
        Field("protocol", Word(("tcp", "udp")), immutable=True),
        Field("to_peer", NAME),
        Field("to_port", Number(1, 65535)),
    ),
    identity=("wg_name", "dst_port", "protocol"),
    needed=("to_peer", "to_port"),
    parent=Parent("wg_name", WIREGUARD),
    list_path="wireguard/{wg_name}/port_forward",
    create_path="wireguard/{wg_name}/port_forwarding",
    item_path="wireguard/{wg_name}/port_forwarding/{dst_port}/{protocol}",
    editable=False,
    readable=False,
)
