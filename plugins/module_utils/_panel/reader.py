# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read what a panel holds, in normal form: one thing at a time, or through a reader that remembers."""

from __future__ import annotations

from typing import Any, Callable, Collection, Iterable, Iterator, TypeVar

from .._client import PanelClient
from .._endpoints import expand_path
from .._errors import ExchangeError, PuqVpnError, RefusedError
from .._objects.port_forward import PORT_FORWARD
from .._objects.read_only import FreeAddresses, Slots
from .._schema import (
    Items,
    Kind,
    ObjectIndex,
    ObjectKind,
    SettingsKind,
    ShownSettings,
    Values,
    items_of,
    named_items,
)
from .free_addresses import read_free_addresses
from .slots import read_slots

T = TypeVar("T")

# Errors of a 2.x panel that does not list its clients, or in a form that nobody can know.
_NO_LIST = ("answer_is_html", "answer_wrong_type", "not_found", "panel_refused", "unknown_operation")


def read_object(client: PanelClient, kind: ObjectKind, values: Values) -> dict[str, Any] | None:
    """Read the object that the values name, with one GET; None when it does not exist.

    Values without a name or a substitute name no object, and nothing is read.

    :raises PuqVpnError: ``answer_wrong_object``, ``answer_wrong_type``, or as the client does.
    """
    try:
        return read_existing(client, kind, values)
    except RefusedError as refused:
        if not refused.absent:
            raise
        return None


def read_existing(client: PanelClient, kind: ObjectKind, values: Values) -> dict[str, Any] | None:
    """As :func:`read_object`, for an object that must exist: the refusal of the panel says so if it does not."""
    key = kind.key(values)
    if not key:
        return None
    if kind.readable and key == kind.identity:
        path = expand_path(kind.item_path, values)
        found = client.read(path, lambda payload: _requested(kind, payload, values) if payload else None)
    else:
        shown = ObjectIndex(kind, read_objects(client, kind, values)).find(values)
        found = None if shown is None else dict(shown)
    client.learn_secrets(found)
    return found


def read_objects(client: PanelClient, kind: ObjectKind, values: Values, path: str = "") -> list[dict[str, Any]]:
    """Read all objects of a kind, with one GET, or those that another ``path`` shows.

    ``values`` fill the names in the path of the list. What only the path says is part of every object of it.
    """
    above = {field.name: values[field.name] for field in kind.fields if not field.in_form and field.name in values}

    def understand(payload: Any) -> Items:
        objects = named_items(payload) if kind.identity == ("name",) else items_of(payload)
        if isinstance(payload, dict):
            payload.clear()
        # In its place and out of the payload, so that no object is held in both forms until all of them are read.
        for at, item in enumerate(objects):
            objects[at] = {**kind.read(item), **above}
        return objects

    return client.read(path or expand_path(kind.list_path, values), understand)


def read_settings(client: PanelClient, kind: SettingsKind) -> ShownSettings:
    """Read settings, with one GET."""
    found = client.read(kind.path, kind.read)
    client.learn_secrets(found)
    return found


def _requested(kind: ObjectKind, payload: Any, values: Values) -> dict[str, Any]:
    """Return the object in an answer, which must be the requested one (contract: wireguard_get/1)."""
    found = kind.read(payload)
    if any(found.get(name, values[name]) != values[name] for name in kind.identity):
        raise ExchangeError("answer_wrong_object", f"the answer shows another {kind.title} than {kind.label(values)}")
    if not kind.is_documented and not any(field.name in found for field in kind.fields):
        raise ExchangeError("answer_wrong_type", f"the answer does not show the {kind.title}")
    omitted = {field.name: field.omitted for field in kind.fields if field.omitted is not None}
    return {**omitted, **found}


class PanelReader:
    """What a panel holds: each family of objects is read once, and only if needed, until ``again`` asks for it.

    :raises PuqVpnError: from every method, as the client does.
    """

    def __init__(self, client: PanelClient) -> None:
        self.client = client
        self._known: dict[str, Any] = {}
        # By the path of a list that the panel does not show: why not.
        self._without_list: dict[str, PuqVpnError] = {}

    @property
    def root(self) -> str:
        """The address of the panel."""
        return self.client.connection.root

    @property
    def generation(self) -> int:
        """The generation of the panel."""
        return self.client.connection.generation

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
        is_foreign = error.code == "answer_wrong_type" and self.generation == 2
        return is_foreign or error.code in ("unknown_operation", "unsupported_generation")

    def concerns_one_list(self, error: PuqVpnError) -> bool:
        """As :meth:`concerns_one_part`, for a list that the API need not have."""
        # The web interface answers for paths that the API does not have.
        return self.concerns_one_part(error) or error.code == "answer_is_html"

    def settings(self, kind: SettingsKind, *, again: bool = False) -> ShownSettings:
        """Return the settings of a kind."""
        return self._once(kind.path, lambda: read_settings(self.client, kind), again)

    def objects(
        self,
        kind: ObjectKind,
        wanted: Iterable[Values] = (),
        *,
        fields: Collection[str] = (),
        partial: bool = False,
        again: bool = False,
    ) -> Items:
        """Return all objects of a kind, by name unless their order has a meaning.

        The list of 2.x panels is not documented (contract: GET /client, inferred), nor is how much of an object it
        shows. An object that it does not show with all of the wanted values, or without one of the ``fields``, is read
        alone. With ``partial``, only the ``wanted`` objects are read on a panel without the list.
        """
        name = kind.list_path
        if again:
            self._known.pop(name, None)
        no_list = self.no_list(kind)
        if no_list is None:
            if not kind.is_documented:
                self._known[name] = list(self._in_full(kind, self._known[name], wanted, fields))
            objects: Items = self._known[name]
            return objects
        if not partial:
            raise no_list
        return [found for values in wanted for found in [read_object(self.client, kind, values)] if found]

    def named_objects(self, kind: ObjectKind, wanted: Iterable[Values] = (), *, partial: bool = False) -> Items:
        """As :meth:`objects`, for those that all must have a name.

        :raises PuqVpnError: also ``answer_wrong_type`` for an object without one.
        """
        found = self.objects(kind, wanted, partial=partial)
        if not all(isinstance(item.get("name"), str) and item["name"] for item in found):
            error = ExchangeError("answer_wrong_type", f"the answer shows {kind.title}s without a name")
            raise error.during("GET", kind.list_path, self.root)
        return found

    def no_list(self, kind: ObjectKind) -> PuqVpnError | None:
        """Return why a panel does not list the objects of a kind; None if it does."""
        name = kind.list_path
        if name not in self._without_list:
            try:
                self._once(name, lambda: _in_order(kind, read_objects(self.client, kind, {})))
            except PuqVpnError as error:
                if kind.is_documented or error.code not in _NO_LIST:
                    raise
                if error.code == "answer_is_html":
                    # The web interface answers for paths that the API does not have.
                    error.code = "unknown_operation"
                error.hint = (
                    f"The panel does not list its {kind.title}s, which this needs. A single {kind.title} can still be "
                    "managed, and puqvpn_apply without purge reads those in config only."
                )
                self._without_list[name] = error
        return self._without_list.get(name)

    def _in_full(
        self, kind: ObjectKind, objects: Items, wanted: Iterable[Values], fields: Collection[str]
    ) -> Iterator[dict[str, Any]]:
        by_name = {str(values.get("name")): values for values in wanted}
        for shown in objects:
            needed = {*fields, *by_name.get(str(shown.get("name")), ())}
            whole = None if needed <= shown.keys() else read_object(self.client, kind, shown)
            yield whole or shown

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

    def free_addresses(self, kind: ObjectKind, parent: str, *, again: bool = False) -> FreeAddresses:
        """Return the addresses on a parent that no object of the kind has (contract: wireguard_available_ips)."""
        return self._once(f"free on {parent}", lambda: read_free_addresses(self.client, kind, parent), again)

    def slots(self) -> Slots:
        """Return how many accounts or clients the license allows, and how many there are."""
        return read_slots(self.client)

    def _once(self, name: str, read: Callable[[], T], again: bool = False) -> T:
        if again or name not in self._known:
            self._known[name] = read()
        found: T = self._known[name]
        return found


def _in_order(kind: ObjectKind, objects: Items) -> Items:
    return objects if kind.ordered else _by_name(objects)


def _by_name(objects: Items) -> Items:
    return sorted(objects, key=lambda item: str(item.get("name")))
