# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A panel as it is read by a task that looks at more than one thing: each family of objects once, and only if needed.

Everything is kept in normal form until it is asked for anew with ``again``.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List, TypeVar

from ._client import PanelClient
from ._compare import as_number
from ._errors import ExchangeError, PuqVpnError, RefusedError
from ._execute import read_objects, read_settings
from ._free_addresses import read_free_addresses
from ._objects.account import ACCOUNT
from ._objects.firewall import FIREWALL_RULE
from ._objects.port_forward import PORT_FORWARD
from ._objects.wireguard import WIREGUARD
from ._schema import Kind, SettingsKind, items_of

T = TypeVar("T")

ObjectList = List[Dict[str, Any]]


class PanelReader:
    """What a panel holds, read through one client and remembered.

    :raises PuqVpnError: from every method, as the client does.
    """

    def __init__(self, client: PanelClient) -> None:
        self.client = client
        self._known: dict[str, Any] = {}

    @property
    def root(self) -> str:
        """The address of the panel."""
        return self.client.connection.root

    def read_only(self, kind: Kind, path: str) -> dict[str, Any]:
        """What the panel tells at a path, secrets included; not remembered."""
        return kind.as_result(self.client.read(path, kind.read), True)

    def listed(self, path: str) -> ObjectList:
        """The objects that a 2.x panel lists at a path, by name and as it writes them: their fields are not known."""
        return self._once(path, lambda: _by_name(self.client.read(path, named_items)))

    def is_of_one_part(self, error: PuqVpnError) -> bool:
        """True for what the panel refuses or does not know, and not for what it would say to every request."""
        if isinstance(error, RefusedError):
            return error.code not in ("not_authorized", "panel_busy")
        # How a 2.x panel answers is hardly documented: that one answer is not understood says nothing of the others.
        is_foreign = error.code == "answer_wrong_type" and self.client.connection.generation == 2
        return is_foreign or error.code in ("unknown_operation", "unsupported_generation")

    def settings(self, kind: SettingsKind, *, again: bool = False) -> dict[str, Any]:
        """The settings of a kind."""
        return self._once(kind.path, lambda: read_settings(self.client, kind), again)

    def servers(self, *, again: bool = False) -> ObjectList:
        """All WireGuard servers, by name (contract: wireguard_list)."""
        return self._once("wireguard", lambda: _by_name(read_objects(self.client, WIREGUARD, {})), again)

    def accounts(self, *, again: bool = False) -> ObjectList:
        """All accounts, by name (contract: account_list)."""
        return self._once("account", lambda: _by_name(read_objects(self.client, ACCOUNT, {})), again)

    def rules(self, *, again: bool = False) -> ObjectList:
        """The filter rules of the firewall, in their order (contract: firewall_filter_list)."""
        return self._once("rules", lambda: read_objects(self.client, FIREWALL_RULE, {}), again)

    def port_forwards(self, server: str, *, again: bool = False) -> ObjectList:
        """The port forwards of one server, by port and protocol (contract: port_forward_list)."""
        return self._once(
            f"forwards of {server}",
            lambda: sorted(
                read_objects(self.client, PORT_FORWARD, {"wg_name": server}),
                key=lambda one: (str(one.get("dst_port")).zfill(5), str(one.get("protocol"))),
            ),
            again,
        )

    def free_addresses(self, server: str, *, again: bool = False) -> list[str]:
        """The addresses of a server that no account has (contract: wireguard_available_ips)."""
        return self._once(f"free on {server}", lambda: read_free_addresses(self.client, server), again)

    def slots(self) -> int | None:
        """How many accounts the licence allows (contract: license_get); None where the panel does not tell."""

        def understand(payload: Any) -> int | None:
            if not isinstance(payload, dict):
                raise ExchangeError("answer_wrong_type", "the licence is no object")
            slots = as_number(payload.get("accounts"))
            return None if slots is None else int(slots)

        return self.client.read("license", understand)

    def _once(self, name: str, read: Callable[[], T], again: bool = False) -> T:
        if again or name not in self._known:
            self._known[name] = read()
        found: T = self._known[name]
        return found


def named_items(payload: Any) -> ObjectList:
    """The objects of a collection; in one that is keyed by name, each with its name.

    :raises ExchangeError: it is no collection.
    """
    found = items_of(payload)
    return [{"name": name, **one} for name, one in zip(payload, found)] if isinstance(payload, dict) else found


def _by_name(objects: ObjectList) -> ObjectList:
    return sorted(objects, key=lambda one: str(one.get("name")))
