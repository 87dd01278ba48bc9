# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What check mode finds out beforehand: what the panel would refuse, and what an earlier task may still bring about.

A real run is told by the panel itself, so that all of this costs it no request. In check mode it is one read more, two
where a change leads to two other objects.
"""

from __future__ import annotations

import os
from typing import Any, Callable, Iterable, Iterator, Mapping

from ._change import DELETE, UPDATE, Change
from ._client import PanelClient
from ._errors import PuqVpnError
from ._files import unwritable
from ._networks import misplaced, network_of
from ._objects.account import ACCOUNT
from ._objects.port_forward import PORT_FORWARD
from ._objects.wireguard import WIREGUARD
from ._reader import read_object, read_objects
from ._schema import ObjectKind, SettingsKind, Values
from ._untrusted import one_line


def predict_refusals(client: PanelClient, change: Change, wanted: Values) -> None:
    """Refuse a change that the panel would refuse, and assume what an earlier task may bring about.

    :raises PuqVpnError: ``already_exists`` or ``panel_refused``, as the panel's own answer would be, or as the client
        does.
    """
    look = _LOOKS.get(change.kind.name)
    if look is not None and change.action != DELETE:
        look(client, change, wanted)


def assumed_change(client: PanelClient, kind: ObjectKind, wanted: Values) -> Change | None:
    """The change of an object that must be there already, since too little is known to make it; None for no change.

    Nothing is known of it but what is wanted.
    """
    client.assume(f"{kind.label(wanted)} exists")
    fields = tuple(one.name for one in kind.fields if one.name in wanted and one.name not in kind.identity)
    return Change(kind, UPDATE, {}, wanted, fields) if fields else None


def lasting_problems(kind: SettingsKind, wanted: Values) -> list[str]:
    """What is wrong with the wanted settings together, whatever the others are."""
    # The checks ask whether other settings are on or filled.
    on, off = ([*kind.check({**dict.fromkeys((one.name for one in kind.fields), how), **wanted})] for how in (1, 0))
    return [text for text in on if text in off]


def unwritable_for(client: PanelClient, dest: str | None, *, follow: bool = True) -> Iterator[str]:
    """As :func:`.._files.unwritable`; in check mode a folder that is not there yet is assumed to come."""
    if client.check_mode and dest is not None and not has_folder(dest):
        client.assume(f"the folder {os.path.dirname(dest)} exists")
    else:
        yield from unwritable(dest, follow=follow)


def has_folder(dest: str) -> bool:
    """True when there is something at the place of the folder of ``dest``."""
    return os.path.lexists(os.path.dirname(dest) or ".")


# --- Objects


def _look_at_server(client: PanelClient, change: Change, _wanted: Values) -> None:
    taken = list(_news(change, ("interface_name", "listen_port", "address")))
    if taken:
        _refuse_taken(change, taken, read_objects(client, WIREGUARD, {}))


def _look_at_account(client: PanelClient, change: Change, wanted: Values) -> None:
    # An address that was not asked for is one that the panel called free.
    taken = [name for name in _news(change, ("username", "allowed_ips", "allowed_ips_ipv6")) if name in wanted]
    if "allowed_ips" in wanted and any(_news(change, ("allowed_ips", "wg_name"))):
        _look_at_place(client, {**change.before, **change.values})
    if taken:
        _refuse_taken(change, taken, read_objects(client, ACCOUNT, {}))


def _look_at_place(client: PanelClient, account: Values) -> None:
    """Whether the address of an account is one of its server's network."""
    if "wg_name" not in account:
        return
    server = _server_of(client, account["wg_name"])
    why = misplaced(account["allowed_ips"], server.get("address")) if server else ""
    if why:
        is_own = str(server.get("address")).split("/", maxsplit=1)[0] == account["allowed_ips"]
        raise PuqVpnError(
            "already_exists" if is_own else "panel_refused",
            f"allowed_ips {account['allowed_ips']} {why}",
            hint=f"Choose an address of the network of {WIREGUARD.label({'name': account['wg_name']})}, or leave the "
            "option out to get a free one.",
        )


def _look_at_forward(client: PanelClient, change: Change, _wanted: Values) -> None:
    values = change.values
    server = _server_of(client, values["wg_name"])
    if values["dst_port"] == server.get("listen_port"):
        raise PuqVpnError(
            "panel_refused",
            f"dst_port {values['dst_port']} is the port that {WIREGUARD.label(server)} itself listens on",
            hint="Choose another one.",
        )
    if "to_peer" not in values:
        return
    peer = read_object(client, ACCOUNT, {"name": values["to_peer"]})
    if peer is None:
        client.assume(f"account {values['to_peer']} exists on WireGuard server {values['wg_name']}")
    elif peer.get("wg_name", values["wg_name"]) != values["wg_name"]:
        raise PuqVpnError(
            "panel_refused",
            f"to_peer {values['to_peer']} is an account of WireGuard server {one_line(peer['wg_name'])}, and not of "
            f"{values['wg_name']}",
            hint="The account must be on the same WireGuard server.",
        )


_LOOKS: Mapping[str, Callable[[PanelClient, Change, Values], None]] = {
    WIREGUARD.name: _look_at_server,
    ACCOUNT.name: _look_at_account,
    PORT_FORWARD.name: _look_at_forward,
}


def _server_of(client: PanelClient, name: str) -> dict[str, Any]:
    """The server of that name; empty when it is not there, which is assumed to change."""
    server = read_object(client, WIREGUARD, {"name": name})
    if server is None:
        client.assume(f"{WIREGUARD.label({'name': name})} exists")
    return server or {}


def _news(change: Change, names: Iterable[str]) -> Iterator[str]:
    """Those of the fields that get a value which the object does not have yet."""
    for name in names:
        value = change.values.get(name)
        if value not in (None, "") and value != change.before.get(name):
            yield name


def _refuse_taken(change: Change, names: Iterable[str], others: Iterable[Values]) -> None:
    """Refuse a value that only one object can have, where another one has it."""
    kind = change.kind
    own = change.before.get("name", change.values.get("name"))
    for other in others:
        for name in names:
            if other.get("name") != own and _clash(name, change.values[name], other.get(name)):
                raise PuqVpnError(
                    "already_exists",
                    f"{name} {change.values[name]} is already in use by {kind.title} {one_line(other.get('name'))}",
                    hint="Choose another one, or change that one first.",
                )


def _clash(name: str, value: Any, held: Any) -> bool:
    if name != "address":
        return bool(value == held)
    network, other = network_of(value), network_of(held)
    return network is not None and other is not None and bool(network.overlaps(other))
