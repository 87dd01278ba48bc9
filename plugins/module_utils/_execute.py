# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plan carried out: what is read before, what is written, and the proof afterwards that it is there."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Any, Iterator, Mapping, Sequence

from ._change import CREATE, DELETE, RECREATE, Change, differing
from ._client import PanelClient
from ._endpoints import expand_path
from ._envelope import Reply
from ._errors import ExchangeError, PuqVpnError, RefusedError, VerificationError
from ._field_types import Switch
from ._schema import ObjectIndex, ObjectKind, SettingsKind, Values, items_of
from ._signals import signals_deferred

# --- Reading


def read_object(client: PanelClient, kind: ObjectKind, values: Values) -> dict[str, Any] | None:
    """The object that the values are about, with one GET; None when it is not there.

    :raises PuqVpnError: ``answer_wrong_object``, ``answer_wrong_type``, or as the client does.
    """
    by_name = kind.readable and all(name in values for name in kind.identity)
    try:
        if by_name:
            path = expand_path(kind.item_path, values)
            found = client.read(path, lambda payload: _the_one(kind, payload, values) if payload else None)
        else:
            found = ObjectIndex(kind, read_objects(client, kind, values)).find(values)
    except RefusedError as refused:
        if not refused.absent:
            raise
        return None
    client.learn_secrets(found)
    return found


def read_objects(client: PanelClient, kind: ObjectKind, values: Values, path: str = "") -> list[dict[str, Any]]:
    """All objects of a kind, with one GET, or those that another ``path`` shows.

    ``values`` fill the names in the path of the list. What only the path says is part of every object of it.
    """
    above = {one.name: values[one.name] for one in kind.fields if not one.in_form and one.name in values}
    return client.read(
        path or expand_path(kind.list_path, values),
        lambda payload: [{**kind.read(entry), **above} for entry in items_of(payload)],
    )


def read_settings(client: PanelClient, kind: SettingsKind) -> dict[str, Any]:
    """The settings, with one GET."""
    found = client.read(kind.path, kind.read)
    client.learn_secrets(found)
    return found


def _the_one(kind: ObjectKind, payload: Any, values: Values) -> dict[str, Any]:
    """The object in an answer, which must never be another one than was asked for (contract: wireguard_get/1)."""
    found = kind.read(payload)
    if any(found.get(name, values[name]) != values[name] for name in kind.identity):
        raise ExchangeError("answer_wrong_object", f"the answer shows another {kind.title} than {kind.label(values)}")
    return found


# --- Objects


def execute(client: PanelClient, kind: ObjectKind, change: Change) -> dict[str, Any]:
    """Carry out the change of an object.

    :returns: a new object as the panel's answer shows it; empty when the answer does not, and for other changes.
    :raises PuqVpnError: as the client does. When a new object could not take the place of an old one, the old one was
        put back if that was possible; the message says so, and ``restored`` in the details.
    """
    if change.action == CREATE:
        return _create(client, kind, change.values, change.place)
    if change.action == RECREATE:
        return _replace(client, kind, change)
    if change.action == DELETE:
        remove_object(client, kind, change.before)
    else:
        client.write("PUT", expand_path(kind.item_path, change.before), kind.form(change.values))
    return {}


def remove_object(client: PanelClient, kind: ObjectKind, values: Values) -> None:
    """Remove an object; one that is gone already is no error."""
    try:
        client.write("DELETE", expand_path(kind.item_path, values))
    except RefusedError as refused:
        if not refused.absent:
            raise


def verify_object(client: PanelClient, kind: ObjectKind, change: Change, values: Values) -> dict[str, Any]:
    """Read the object again until the change is there, for ``verify_timeout`` seconds at most.

    :returns: the object, empty when it was to be removed.
    :raises UnprovenError: ``value_not_stored`` with the names of the ``fields`` that have another value,
        ``object_not_stored`` or ``object_not_removed``.
    :raises PuqVpnError: it could not be read.
    """

    def look() -> dict[str, Any]:
        with verifying():
            found = read_object(client, kind, values)
        return check_change(client, kind, change, values, found)

    return client.until_verified(look)


def check_change(
    client: PanelClient, kind: ObjectKind, change: Change, values: Values, found: dict[str, Any] | None
) -> dict[str, Any]:
    """As :func:`verify_object`, with what was ``found`` by reading again once."""
    if change.action == DELETE:
        if found is not None:
            raise not_verified(client, "object_not_removed", f"{kind.label(found)} is still there after its removal")
        return {}
    if found is None:
        raise not_verified(client, "object_not_stored", f"{kind.label(values)} is not there after it was written")
    wrong = differing(kind, change.values, found)
    if wrong:
        raise value_not_stored(client, kind.label(found), wrong)
    return found


def correct(client: PanelClient, kind: ObjectKind, values: Values, answer: Values) -> None:
    """Put right with an edit what a new object got other values for than were asked for, as far as it can be edited.

    Panels are documented to answer a creation with other values (contract: account_create/3).

    :raises PuqVpnError: as the client does, with the names of the ``fields``.
    """
    wrong = differing(kind, values, answer)
    editable = {name: values[name] for name in wrong if kind.editable and not kind[name].immutable}
    if not editable:
        return
    try:
        client.write("PUT", expand_path(kind.item_path, answer), kind.form(editable))
    except PuqVpnError as error:
        error.wrote = True
        error.message = (
            f"{kind.label(answer)} was made with another {' and '.join(wrong)}, and the edit that puts it right "
            f"failed: {error.message}"
        )
        error.details["fields"] = wrong
        raise


def complete(client: PanelClient, kind: ObjectKind, change: Change, answer: Values) -> Values:
    """As :func:`correct`, for a new object whose ``answer`` need not show it; the object as far as it is shown then.

    :raises UnprovenError: the object is not shown, see :func:`verify_object`.
    """
    # Where the answer to a creation does not show what can still be put right, what is there does.
    shown = answer or (_shown_new(client, kind, change.values) if kind.editable else {})
    if shown:
        correct(client, kind, change.values, shown)
    return shown


def _shown_new(client: PanelClient, kind: ObjectKind, values: Values) -> Values:
    """A new object, as soon as the panel shows it and no more the old one that it replaces."""
    fixed = {name: value for name, value in values.items() if kind[name].immutable}
    return verify_object(client, kind, Change(kind, CREATE, {}, fixed, tuple(fixed)), values)


def value_not_stored(client: PanelClient, label: str, fields: list[str]) -> PuqVpnError:
    """The error for values that a panel said it stored and did not."""
    message = f"{label} has another value of {' and '.join(fields)} than written"
    return not_verified(client, "value_not_stored", message, fields)


def not_verified(client: PanelClient, code: str, message: str, fields: Sequence[str] = ()) -> PuqVpnError:
    """The error for what a panel said it did, and does not show; the message follows "but"."""
    return VerificationError(code, message, fields=fields).at(client.connection.root)


@contextlib.contextmanager
def after_write() -> Iterator[None]:
    """Note in the errors of the block that a write was answered with success before."""
    try:
        yield
    except PuqVpnError as error:
        error.wrote = True
        raise


@contextlib.contextmanager
def verifying() -> Iterator[None]:
    """As :func:`after_write`, where the block only reads again: the errors say what is missing."""
    try:
        with after_write():
            yield
    except PuqVpnError as error:
        error.hint += " The change was sent and answered with success before; only the proof is missing."
        raise


def _create(client: PanelClient, kind: ObjectKind, values: Values, place: Mapping[str, str]) -> dict[str, Any]:
    path = expand_path(kind.create_path, {**values, **place})
    form = kind.form({name: value for name, value in values.items() if kind[name].fits_new(value)})
    if not kind.key(values):
        # Nothing tells the new object from others, so a request whose fate is unknown stays one.
        return _answered(kind, client.write("POST", path, form), values)
    return _answered(kind, client.create(path, form, lambda: _look_for(client, kind, values)), values)


def _look_for(client: PanelClient, kind: ObjectKind, values: Values) -> Reply | None:
    found = read_object(client, kind, values)
    # What differs in what no edit can change is not the new object: it may be the old one that it replaces.
    wrong = [] if found is None else differing(kind, values, found)
    if found is None or any(kind[name].immutable or not kind.editable for name in wrong):
        return None
    return Reply(found, None, client.connection.generation)


def _answered(kind: ObjectKind, reply: Reply, values: Values) -> dict[str, Any]:
    """The object in the answer to a write; empty when the answer holds a bare word, or something else."""
    if not isinstance(reply.payload, dict) or not reply.payload:
        return {}
    shown = {**{name: values[name] for name in kind.identity if name in values}, **kind.read(reply.payload)}
    is_it = all(name in shown and values.get(name, shown[name]) == shown[name] for name in kind.identity)
    return shown if is_it else {}


def _replace(client: PanelClient, kind: ObjectKind, change: Change) -> dict[str, Any]:
    """Remove the old object and at once make the new one, so that the gap is as short as it can be."""
    with signals_deferred():
        remove_old(client, kind, change)
        with restoring_on_failure(client, kind, change):
            return _create(client, kind, change.values, change.place)


def remove_old(client: PanelClient, kind: ObjectKind, change: Change) -> None:
    """Remove the old object of a change, for which a new one will be made.

    A removal that may have taken place although it failed is looked into, so that the new one is made then.
    """
    with client.finishing():
        try:
            remove_object(client, kind, change.before)
        except PuqVpnError as error:
            if not _may_have_acted(error) or not _confirm_removed(client, kind, change, error):
                raise


def _may_have_acted(error: PuqVpnError) -> bool:
    """True when a removal that failed like this may have taken place: in the last attempt, or in one before."""
    if isinstance(error, RefusedError):
        return error.attempts > 1
    return error.may_have_acted if isinstance(error, ExchangeError) else error.code == "panel_busy"


def _confirm_removed(client: PanelClient, kind: ObjectKind, change: Change, error: PuqVpnError) -> bool:
    try:
        return _is_gone(client, kind, change.before)
    except PuqVpnError:
        error.hint += f" It could not be found out whether {kind.label(change.before)} was removed before that."
        return False


def _is_gone(client: PanelClient, kind: ObjectKind, values: Values) -> bool:
    """True when the object is not there: one that is shown may only be shown for a moment longer."""

    def look() -> None:
        if read_object(client, kind, values) is not None:
            raise not_verified(client, "object_not_removed", f"{kind.label(values)} is still there after its removal")

    try:
        client.until_verified(look)
    except VerificationError:
        return False
    return True


@contextlib.contextmanager
def restoring_on_failure(client: PanelClient, kind: ObjectKind, change: Change) -> Iterator[None]:
    """Make the new object of a change in the block, whose old one is removed; put that one back when this fails."""
    try:
        with client.finishing(), after_write():
            yield
    except PuqVpnError as error:
        restore(client, kind, change, error)
        raise


def restore(client: PanelClient, kind: ObjectKind, change: Change, error: PuqVpnError) -> None:
    """Let the old object be there as it was, since no new one took its place, and say in the error whether it is."""
    old = kind.settable(change.before)
    label = kind.label(change.before)
    error.wrote = True
    try:
        with client.finishing():
            # A removal that was answered with success need not have taken place.
            if _is_gone(client, kind, old):
                answer = _create(client, kind, old, change.old_place)
                if answer:
                    correct(client, kind, old, answer)
            verify_object(client, kind, replace(change, action=CREATE, values=old), old)
    except PuqVpnError as second:
        error.details["restored"] = False
        error.hint += f" {label} was removed before and could NOT be put back: {second}"
    else:
        error.details["restored"] = True
        error.hint += f" {label} is there as it was before."


# --- Settings


def write_settings(client: PanelClient, kind: SettingsKind, change: Change) -> dict[str, Any]:
    """Write settings as a whole, and prove that what was asked for is there.

    :returns: the settings as they are now.
    :raises UnprovenError: ``value_not_stored`` with the names of the ``fields``.
    :raises PuqVpnError: as the client does.
    """
    asked = {name: change.values[name] for name in change.fields}
    client.write("PUT", kind.path, kind.form(change.values))
    try:
        return _read_back(client, kind, asked)
    except VerificationError as error:
        # Only now: settings that are shown late must not be written a second time.
        if not all(isinstance(kind[name].type, Switch) for name in error.details["fields"]):
            raise
    # A panel may know the other spelling of switches only (contract: dns_update/3, firewall_conf_update/1).
    with after_write():
        client.write("PUT", kind.path, {**kind.form(change.values), **_alternate_spelling(kind, change.values)})
    return _read_back(client, kind, asked)


def reset_settings(client: PanelClient, kind: SettingsKind) -> dict[str, Any]:
    """Reset settings to the panel's own defaults; as they are then, which need not be as the manual has them."""
    client.write("PUT", kind.defaults_path)
    try:
        return _read_back(client, kind, kind.defaults)
    except VerificationError:
        with verifying():
            return read_settings(client, kind)


def _read_back(client: PanelClient, kind: SettingsKind, asked: Values) -> dict[str, Any]:
    """The settings, as soon as they have the values that were asked for."""

    def look() -> dict[str, Any]:
        with verifying():
            found = read_settings(client, kind)
        wrong = differing(kind, asked, found)
        if wrong:
            raise value_not_stored(client, kind.title, wrong)
        return found

    return client.until_verified(look)


def _alternate_spelling(kind: SettingsKind, values: Values) -> dict[str, str]:
    return {
        one.wire_name: one.type.alternate_spelling.write(values[one.name])
        for one in kind.fields
        if isinstance(one.type, Switch) and one.name in values
    }
