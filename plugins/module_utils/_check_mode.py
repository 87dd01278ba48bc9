# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Predict in check mode what the panel would refuse, and assume what an earlier task of the play may change.

A real run gets the answer of the panel itself, so none of this costs it a request. In check mode it is one read more,
two where a change refers to two other objects.
"""

from __future__ import annotations

import os
from typing import Any, Callable, Iterable, Iterator, Mapping

from ._change import DELETE, UPDATE, ObjectChange
from ._client import PanelClient
from ._errors import PuqVpnError
from ._files import unwritable
from ._networks import OWN_ADDRESS, address_problem, network_of
from ._objects.account import ACCOUNT
from ._objects.client import CLIENT
from ._objects.port_forward import PORT_FORWARD
from ._objects.wireguard import WIREGUARD
from ._panel.reader import PanelReader, read_object, read_objects
from ._schema import ObjectKind, SettingsKind, Values, parent_of
from ._untrusted import one_line


def predict_refusals(client: PanelClient, change: ObjectChange, wanted: Values) -> None:
    """Refuse a change that the panel would refuse, and assume what an earlier task may change.

    :raises PuqVpnError: ``already_exists`` or ``panel_refused``, as the panel's own answer would be, or as the client
        does.
    """
    check = _CHECKS.get(change.kind.name)
    if check is not None and change.action != DELETE:
        check(client, change, wanted)


def assumed_change(client: PanelClient, kind: ObjectKind, wanted: Values) -> ObjectChange | None:
    """Return the change of an object that must exist by then, since too little is known to create it, if any.

    Nothing is known about it but what is wanted.
    """
    client.assume(f"{kind.label(wanted)} exists")
    fields = tuple(name for name in kind.settable(wanted) if name not in kind.identity)
    return ObjectChange(kind, UPDATE, {}, wanted, fields) if fields else None


def lasting_problems(kind: SettingsKind, wanted: Values) -> list[str]:
    """Return the contradictions between the wanted settings that no value of the other ones resolves."""
    # The checks ask whether other settings are on or filled.
    names = [field.name for field in kind.fields]
    on, off = (list(kind.check({**dict.fromkeys(names, value), **wanted})) for value in (1, 0))
    return [problem for problem in on if problem in off]


def unwritable_for(client: PanelClient, dest: str | None, *, follow: bool = True) -> Iterator[str]:
    """As :func:`._files.unwritable`; in check mode a directory that does not exist yet is assumed to come."""
    if client.check_mode and dest is not None and not has_directory(dest):
        client.assume(f"the directory {os.path.dirname(dest)} exists")
    else:
        yield from unwritable(dest, follow=follow)


def has_directory(dest: str) -> bool:
    """Return whether something exists at the path of the directory of ``dest``."""
    return os.path.lexists(os.path.dirname(dest) or ".")


# --- Objects


def _check_server(client: PanelClient, change: ObjectChange, _wanted: Values) -> None:
    new = list(_new_values(change, ("interface_name", "listen_port", "address")))
    if new:
        _refuse_taken(change, new, read_objects(client, WIREGUARD, {}))


def _check_addressed(client: PanelClient, change: ObjectChange, wanted: Values) -> None:
    kind, parent = change.kind, parent_of(change.kind)
    # An address that was not requested is one that the panel called free.
    new = [name for name in _new_values(change, kind.unique) if name in wanted]
    if kind.address in wanted and any(_new_values(change, (kind.address, parent.field))):
        _check_address(client, kind, {**change.before, **change.values})
    reader = PanelReader(client)
    if new and reader.no_list(kind) is None:
        _refuse_taken(change, new, reader.objects(kind))
    elif new:
        client.assume(f"no other {kind.title} has the same {' or '.join(new)}")


def _check_address(client: PanelClient, kind: ObjectKind, values: Values) -> None:
    """Refuse an object whose address is not one of its parent's network."""
    parent = parent_of(kind)
    if parent.field not in values:
        return
    name, address = values[parent.field], values[kind.address]
    found = _read_or_assume(client, parent.kind, name)
    why = address_problem(address, found.get(parent.kind.networks[0]), map(found.get, parent.own_addresses))
    if why:
        raise PuqVpnError(
            "already_exists" if why == OWN_ADDRESS else "panel_refused",
            f"{kind.address} {address} {why}",
            hint=f"Choose an address of the network of {parent.kind.label({'name': name})}, or leave the option out to "
            "get a free one.",
        )


def _check_forward(client: PanelClient, change: ObjectChange, _wanted: Values) -> None:
    values = change.values
    server = _read_or_assume(client, WIREGUARD, values["wg_name"])
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


_CHECKS: Mapping[str, Callable[[PanelClient, ObjectChange, Values], None]] = {
    WIREGUARD.name: _check_server,
    ACCOUNT.name: _check_addressed,
    CLIENT.name: _check_addressed,
    PORT_FORWARD.name: _check_forward,
}


def _read_or_assume(client: PanelClient, kind: ObjectKind, name: str) -> dict[str, Any]:
    """Read an object; empty when it does not exist, which is assumed to change."""
    found = read_object(client, kind, {"name": name})
    if found is None:
        client.assume(f"{kind.label({'name': name})} exists")
    return found or {}


def _new_values(change: ObjectChange, names: Iterable[str]) -> Iterator[str]:
    """Yield those of the fields that get a value which the object does not have yet."""
    for name in names:
        value = change.values.get(name)
        if value not in (None, "") and value != change.before.get(name):
            yield name


def _refuse_taken(change: ObjectChange, names: Iterable[str], others: Iterable[Values]) -> None:
    """Refuse a value that only one object can have and another one has."""
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


def _clash(name: str, value: object, held: object) -> bool:
    if name != "address":
        return value == held
    network, other = network_of(value), network_of(held)
    return network is not None and other is not None and bool(network.overlaps(other))
