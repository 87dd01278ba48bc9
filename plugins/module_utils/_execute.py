# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Execute changes: send what they need, verify it, and restore what a failure would lose."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Any, Iterator, Mapping

from ._change import CREATE, DELETE, RECREATE, UPDATE, ObjectChange, SettingsChange, differing, remaining_change
from ._client import PanelClient
from ._endpoints import expand_path
from ._envelope import Reply
from ._errors import ExchangeError, PuqVpnError, RefusedError, VerificationError
from ._panel.reader import read_object, read_settings
from ._schema import ObjectKind, SettingsKind, Values
from ._signals import signals_deferred
from ._verify import (
    after_write,
    is_gone,
    offering_recreate,
    report_diff,
    verify_object,
    verify_settings,
    verifying,
)

# --- Objects


def execute(client: PanelClient, change: ObjectChange) -> dict[str, Any]:
    """Execute the change of an object, without verifying it.

    :returns: a new object as the panel's answer shows it; empty when the answer does not, and for other changes.
    :raises PuqVpnError: as the client does. When a new object could not replace an old one, the old one was restored
        if that was possible; the message says so, and ``restored`` in the details.
    """
    kind = change.kind
    if change.action == CREATE:
        return _create(client, kind, change.values, change.place)
    if change.action == RECREATE:
        return _replace(client, change)
    if change.action == DELETE:
        remove_object(client, kind, change.before)
    else:
        with offering_recreate(change):
            client.write("PUT", expand_path(kind.item_path, change.before), kind.serialize(change.values))
    return {}


def verify(client: PanelClient, change: ObjectChange, answer: Values, options: Mapping[str, Any]) -> dict[str, Any]:
    """Verify a change that was executed with that ``answer``; correct a new object first where an edit can.

    With the option ``rollback`` a new object that has other values than requested is removed again.

    :returns: the object as it is now, empty after its removal.
    :raises VerificationError: see :func:`._verify.verify_object`.
    :raises PuqVpnError: as the client does; ``answer_wrong_type`` for a new object of unknown name.
    """
    kind = change.kind
    with after_write():
        if change.action in (UPDATE, DELETE):
            return verify_object(client, change, change.before)
        if not answer and not kind.key(change.values):
            raise PuqVpnError(
                "answer_wrong_type",
                f"the panel said that it created a {kind.title}, but not under which name",
                hint="Look for it in the panel, and give its name to the task.",
            ).at(client.connection.root)
        try:
            shown = complete(client, change, answer)
            return verify_object(client, change, shown or change.values)
        except PuqVpnError as error:
            if options.get("rollback"):
                roll_back(client, kind, answer or change.values, error)
            raise


def remove_object(client: PanelClient, kind: ObjectKind, values: Values) -> None:
    """Remove an object; one that does not exist any more is no error."""
    try:
        client.write("DELETE", expand_path(kind.item_path, values))
    except RefusedError as refused:
        if not refused.absent:
            raise


def complete(client: PanelClient, change: ObjectChange, answer: Values) -> Values:
    """Correct a new object that got other values than requested; its ``answer`` need not show it.

    :returns: the object as far as it is shown.
    :raises VerificationError: the object is not shown, see :func:`._verify.verify_object`.
    :raises PuqVpnError: as the client does, with the names of the ``fields``.
    """
    kind = change.kind
    # Where the answer to a creation does not show what can still be corrected, the panel itself does.
    is_shown = all(name in answer for name in change.values if kind[name].is_confirmed)
    shown = answer if is_shown or not kind.editable else _shown_new(client, kind, change.values)
    if shown:
        _correct(client, kind, change.values, shown)
    return shown


def _shown_new(client: PanelClient, kind: ObjectKind, values: Values) -> Values:
    """Read a new object, as soon as the panel shows it and no longer the old one that it replaces."""
    fixed = {name: value for name, value in values.items() if kind[name].immutable}
    return verify_object(client, ObjectChange(kind, CREATE, {}, fixed, tuple(fixed)), values)


def _correct(client: PanelClient, kind: ObjectKind, values: Values, answer: Values) -> None:
    """Edit a new object that got other values than requested, as far as they can be edited.

    Panels are documented to answer a creation with other values (contract: account_create/3). Values that a creation
    does not take are set here, unless the object has them already.

    :raises PuqVpnError: as the client does, with the names of the ``fields``.
    """
    wrong = differing(kind, values, answer)
    wrong += [name for name in values if not kind[name].creatable and name not in answer]
    editable = {name: values[name] for name in wrong if kind.editable and not kind[name].immutable}
    if not editable:
        return
    try:
        client.write("PUT", expand_path(kind.item_path, answer), kind.serialize(editable))
    except PuqVpnError as error:
        error.wrote = True
        error.message = (
            f"{kind.label(answer)} was created with another {' and '.join(wrong)}, and the edit that corrects it "
            f"failed: {error.message}"
        )
        error.details["fields"] = wrong
        raise


def _create(client: PanelClient, kind: ObjectKind, values: Values, place: Mapping[str, str]) -> dict[str, Any]:
    path = expand_path(kind.create_path, {**values, **place})
    form = kind.serialize({name: value for name, value in values.items() if kind[name].fits_new(value)})
    if not kind.key(values):
        # Nothing distinguishes the new object from others, so the fate of a request may stay unknown.
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
    """Return the object in the answer to a write; an empty one when the answer holds a bare word, or another object."""
    if not isinstance(reply.payload, dict) or not reply.payload:
        return {}
    shown = {**{name: values[name] for name in kind.identity if name in values}, **kind.read(reply.payload)}
    is_it = all(name in shown and values.get(name, shown[name]) == shown[name] for name in kind.identity)
    return shown if is_it else {}


def _replace(client: PanelClient, change: ObjectChange) -> dict[str, Any]:
    """Remove the old object and create the new one at once, so that the gap is as short as possible."""
    with signals_deferred():
        remove_old(client, change)
        with restoring_on_failure(client, change):
            return _create(client, change.kind, change.values, change.place)


def remove_old(client: PanelClient, change: ObjectChange) -> None:
    """Remove the old object of a change, which a new one will replace.

    After a removal that failed and may have taken place all the same, the panel is read, so that the new object is
    created if it did.
    """
    with client.finishing():
        try:
            remove_object(client, change.kind, change.before)
        except PuqVpnError as error:
            if not _may_have_acted(error) or not _confirm_removed(client, change, error):
                raise


def _may_have_acted(error: PuqVpnError) -> bool:
    """Return whether a removal that failed like this may have taken place: in the last attempt, or in one before."""
    if isinstance(error, RefusedError):
        return error.attempts > 1
    return error.may_have_acted if isinstance(error, ExchangeError) else error.code == "panel_busy"


def _confirm_removed(client: PanelClient, change: ObjectChange, error: PuqVpnError) -> bool:
    try:
        return is_gone(client, change.kind, change.before)
    except PuqVpnError:
        error.hint += f" It could not be found out whether {change.kind.label(change.before)} was removed before that."
        return False


# --- After a failure


@contextlib.contextmanager
def recovering(client: PanelClient, change: ObjectChange, options: Mapping[str, Any]) -> Iterator[None]:
    """Execute and verify a change in the block; when that fails, restore the old object and report what differs now."""
    # The verification must not be interrupted either: when it fails the old object is restored.
    with signals_deferred() if change.action == RECREATE else contextlib.nullcontext():
        try:
            yield
        except PuqVpnError as error:
            restore_or_report(client, change, error, options)
            left = remaining_change(change, error)
            report_diff(error, left.diff if left else {"before": {}, "after": {}})
            raise


@contextlib.contextmanager
def restoring_on_failure(client: PanelClient, change: ObjectChange) -> Iterator[None]:
    """Create the new object of a change in the block, whose old one is removed; restore that one when this fails."""
    try:
        with client.finishing(), after_write():
            yield
    except PuqVpnError as error:
        restore(client, change, error)
        raise


def restore_or_report(
    client: PanelClient, change: ObjectChange, error: PuqVpnError, options: Mapping[str, Any]
) -> None:
    """Restore an old object whose new one does not exist, and report in the error an object that is lost."""
    is_missing = error.code == "object_not_stored" or error.details.get("rolled_back") is True
    if change.action == RECREATE and is_missing:
        restore(client, change, error)
    if error.details.get("restored") is False:
        error.details["lost"] = change.kind.as_result(change.before, options["include_secrets"])


def restore(client: PanelClient, change: ObjectChange, error: PuqVpnError) -> None:
    """Create the old object of a change again, which no new one replaced, and say in the error whether that worked."""
    kind, old = change.kind, change.kind.settable(change.before)
    label = kind.label(change.before)
    error.wrote = True
    try:
        with client.finishing():
            # A removal that was answered with success need not have taken place.
            again = replace(change, action=CREATE, values=old)
            if is_gone(client, kind, old):
                complete(client, again, _create(client, kind, old, change.old_place))
            verify_object(client, again, old)
    except PuqVpnError as second:
        error.details["restored"] = False
        error.hint += f" {label} was removed before and could NOT be restored: {second}"
    else:
        error.details["restored"] = True
        error.hint += f" {label} exists as it was before."


def roll_back(client: PanelClient, kind: ObjectKind, values: Values, error: PuqVpnError) -> None:
    """Remove a new object that has other values than requested, and say in the error whether that worked."""
    try:
        remove_object(client, kind, values)
    except PuqVpnError as second:
        error.details["rolled_back"] = False
        error.hint += f" {kind.label(values)} could not be removed again: {second}"
    else:
        error.details["rolled_back"] = True
        error.hint += f" {kind.label(values)} was removed again, as rollback asks for."


# --- Settings


def write_settings(client: PanelClient, change: SettingsChange) -> dict[str, Any]:
    """Write settings as a whole, and verify those that differed.

    :returns: the settings as they are now.
    :raises VerificationError: ``value_not_stored`` with the names of the ``fields``.
    :raises PuqVpnError: as the client does.
    """
    kind = change.kind
    requested = {name: change.values[name] for name in change.fields}
    client.write("PUT", kind.path, change.body)
    try:
        return verify_settings(client, kind, requested)
    except VerificationError as error:
        # Only now: settings that are shown late must not be written a second time.
        alternate = kind.alternate_spelling(change.values)
        if not all(kind[name].wire_name in alternate for name in error.details["fields"]):
            raise
    # A panel may know the other spelling of switches only (contract: dns_update/3, firewall_conf_update/1).
    with after_write():
        client.write("PUT", kind.path, {**change.body, **alternate})
    return verify_settings(client, kind, requested)


def reset_settings(client: PanelClient, kind: SettingsKind) -> dict[str, Any]:
    """Reset settings to the panel's defaults; return them as they are then, which may differ from the manual."""
    client.write("PUT", kind.defaults_path)
    try:
        return verify_settings(client, kind, kind.defaults)
    except VerificationError:
        with verifying():
            return read_settings(client, kind)
