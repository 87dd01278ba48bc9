# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read what a panel holds, in normal form: one thing at a time, or through a reader that remembers."""

from __future__ import annotations

from typing import Any, Callable, TypeVar

from .._client import PanelClient
from .._compare import as_number
from .._endpoints import expand_path
from .._errors import ExchangeError, PuqVpnError, RefusedError
from .._objects.account import ACCOUNT
from .._objects.firewall import FIREWALL_RULE
from .._objects.port_forward import PORT_FORWARD
from .._objects.wireguard import WIREGUARD
from .._schema import Items, Kind, ObjectIndex, ObjectKind, SettingsKind, Values, items_of, named_items, object_of
from .free_addresses import read_free_addresses

T = TypeVar("T")


def read_object(client: PanelClient, kind: ObjectKind, values: Values) -> dict[str, Any] | None:
    """Read the object that the values name, with one GET; None when it does not exist.

    Values without a name or a substitute name no object, and nothing is read.

    :raises PuqVpnError: ``answer_wrong_object``, ``answer_wrong_type``, or as the client does.
    """
    key = kind.key(values)
    if not key:
        return None
    try:
        if kind.readable and key == kind.identity:
            path = expand_path(kind.item_path, values)
            found = client.read(path, lambda payload: _requested(kind, payload, values) if payload else None)
        else:
            found = ObjectIndex(kind, read_objects(client, kind, values)).find(values)
    except RefusedError as refused:
        if not refused.absent:
            raise
        return None
    client.learn_secrets(found)
    return found


def read_objects(client: PanelClient, kind: ObjectKind, values: Values, path: str = "") -> list[dict[str, Any]]:
    """Read all objects of a kind, with one GET, or those that another ``path`` shows.

    ``values`` fill the names in the path of the list. What only the path says is part of every object of it.
    """
    above = {field.name: values[field.name] for field in kind.fields if not field.in_form and field.name in values}
    return client.read(
        path or expand_path(kind.list_path, values),
        lambda payload: [{**kind.read(item), **above} for item in items_of(payload)],
    )


def read_settings(client: PanelClient, kind: SettingsKind) -> dict[str, Any]:
    """Read settings, with one GET."""
    found = client.read(kind.path, kind.read)
    client.learn_secrets(found)
    return found


def _requested(kind: ObjectKind, payload: Any, values: Values) -> dict[str, Any]:
    """Return the object in an answer, which must be the requested one (contract: wireguard_get/1)."""
    found = kind.read(payload)
    if any(found.get(name, values[name]) != values[name] for name in kind.identity):
        raise ExchangeError("answer_wrong_object", f"the answer shows another {kind.title} than {kind.label(values)}")
    return found


class PanelReader:
    """What a panel holds: each family of objects is read once, and only if needed, until ``again`` asks for it.

    :raises PuqVpnError: from every method, as the client does.
    """

    def __init__(self, client: PanelClient) -> None:
        self.client = client
        self._known: dict[str, Any] = {}

    @property
    def root(self) -> str:
        """The address of the panel."""
        return self.client.connection.root

    def read(self, kind: Kind, path: str) -> dict[str, Any]:
        """Return what the panel shows at a path, secrets included; not remembered."""
        return kind.as_result(self.client.read(path, kind.read), True)

    def listed(self, path: str) -> Items:
        """Return the objects that a 2.x panel lists at a path, by name, as it writes them: their fields are unknown."""
        return self._once(path, lambda: _by_name(self.client.read(path, named_items)))

    def concerns_one_part(self, error: PuqVpnError) -> bool:
        """Return whether the panel refuses or lacks what was read, and would not answer every request like this."""
        if isinstance(error, RefusedError):
            return error.code not in ("not_authorized", "panel_busy")
        # The answers of 2.x panels are hardly documented: one that is not understood says nothing about the others.
        is_foreign = error.code == "answer_wrong_type" and self.client.connection.generation == 2
        return is_foreign or error.code in ("unknown_operation", "unsupported_generation")

    def settings(self, kind: SettingsKind, *, again: bool = False) -> dict[str, Any]:
        """Return the settings of a kind."""
        return self._once(kind.path, lambda: read_settings(self.client, kind), again)

    def servers(self, *, again: bool = False) -> Items:
        """Return all WireGuard servers, by name (contract: wireguard_list)."""
        return self._once("wireguard", lambda: _by_name(read_objects(self.client, WIREGUARD, {})), again)

    def accounts(self, *, again: bool = False) -> Items:
        """Return all accounts, by name (contract: account_list)."""
        return self._once("account", lambda: _by_name(read_objects(self.client, ACCOUNT, {})), again)

    def rules(self, *, again: bool = False) -> Items:
        """Return the filter rules of the firewall, in their order (contract: firewall_filter_list)."""
        return self._once("rules", lambda: read_objects(self.client, FIREWALL_RULE, {}), again)

    def port_forwards(self, server: str, *, again: bool = False) -> Items:
        """Return the port forwards of one server, by port and protocol (contract: port_forward_list)."""
        return self._once(
            f"forwards of {server}",
            lambda: sorted(
                read_objects(self.client, PORT_FORWARD, {"wg_name": server}),
                key=lambda forward: (str(forward.get("dst_port")).zfill(5), str(forward.get("protocol"))),
            ),
            again,
        )

    def free_addresses(self, server: str, *, again: bool = False) -> list[str]:
        """Return the addresses of a server that no account has (contract: wireguard_available_ips)."""
        return self._once(f"free on {server}", lambda: read_free_addresses(self.client, server), again)

    def slots(self) -> int | None:
        """Return how many accounts the license allows (contract: license_get); None if the panel does not show it."""
        slots = as_number(self.client.read("license", lambda payload: object_of(payload, "license")).get("accounts"))
        return None if slots is None else int(slots)

    def _once(self, name: str, read: Callable[[], T], again: bool = False) -> T:
        if again or name not in self._known:
            self._known[name] = read()
        found: T = self._known[name]
        return found


def _by_name(objects: Items) -> Items:
    return sorted(objects, key=lambda item: str(item.get("name")))
