# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verify writes: read again what was written, and say in every failure after a write what differs now."""

from __future__ import annotations

import contextlib
from typing import Any, Iterator, Sequence

from ._change import DELETE, UPDATE, Diff, ObjectChange, differing
from ._client import PanelClient
from ._errors import PuqVpnError, RefusedError, VerificationError
from ._panel.reader import read_object, read_settings
from ._schema import ObjectKind, SettingsKind, Values


def verify_object(client: PanelClient, change: ObjectChange, values: Values) -> dict[str, Any]:
    """Read an object until it shows the change, for ``verify_timeout`` seconds at most.

    :returns: the object, empty after its removal.
    :raises VerificationError: ``value_not_stored`` with the names of the ``fields`` that have another value,
        ``object_not_stored`` or ``object_not_removed``.
    :raises PuqVpnError: it could not be read.
    """

    def look() -> dict[str, Any]:
        with verifying():
            found = read_object(client, change.kind, values)
        return dict(check_change(client, change, values, found))

    return client.until_verified(look)


def check_change(client: PanelClient, change: ObjectChange, values: Values, found: Values | None) -> Values:
    """Compare an object that was ``found`` after a change with that change; see :func:`verify_object`."""
    kind = change.kind
    if change.action == DELETE:
        if found is not None:
            raise not_verified(client, "object_not_removed", f"{kind.label(found)} is still there after its removal")
        return {}
    if found is None:
        raise not_verified(client, "object_not_stored", f"{kind.label(values)} is not there after it was written")
    wrong = differing(kind, change.values, found)
    if wrong:
        with offering_recreate(change):
            raise value_not_stored(client, kind.label(found), wrong)
    return found


@contextlib.contextmanager
def offering_recreate(change: ObjectChange) -> Iterator[None]:
    """Offer to recreate the object in the errors of an edit that may not do it, refused or without effect."""
    try:
        yield
    except (RefusedError, VerificationError) as error:
        uncertain = [name for name in change.fields if change.kind[name].uncertain]
        # A refusal for another reason, such as an address that is in use, would be the same for a new object.
        if change.action == UPDATE and uncertain and error.code in ("panel_refused", "value_not_stored"):
            error.hint += (
                f" It is not documented that a {change.kind.title} can get another {' and '.join(uncertain)}: set "
                "recreate: true to delete and recreate it."
            )
        raise


def verify_settings(client: PanelClient, kind: SettingsKind, wanted: Values) -> dict[str, Any]:
    """Read settings until they have the wanted values, for ``verify_timeout`` seconds at most.

    :returns: the settings.
    :raises VerificationError: ``value_not_stored`` with the names of the ``fields``.
    :raises PuqVpnError: they could not be read.
    """

    def look() -> dict[str, Any]:
        with verifying():
            found = read_settings(client, kind)
        wrong = differing(kind, wanted, found)
        if wrong:
            raise value_not_stored(client, kind.title, wrong)
        return found

    return client.until_verified(look)


def is_gone(client: PanelClient, kind: ObjectKind, values: Values) -> bool:
    """Return whether an object does not exist: one that is shown may only be shown for a moment longer."""

    def look() -> None:
        if read_object(client, kind, values) is not None:
            raise not_verified(client, "object_not_removed", f"{kind.label(values)} is still there after its removal")

    try:
        client.until_verified(look)
    except VerificationError:
        return False
    return True


# --- Errors after a write


def value_not_stored(client: PanelClient, label: str, fields: list[str]) -> PuqVpnError:
    """Return the error for values that a panel accepted and did not store."""
    message = f"{label} has another value of {' and '.join(fields)} than written"
    return not_verified(client, "value_not_stored", message, fields)


def not_verified(client: PanelClient, code: str, message: str, fields: Sequence[str] = ()) -> PuqVpnError:
    """Return the error for a write that a panel answered with success and does not show; the message follows "but"."""
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
    """As :func:`after_write`, for a block that only reads again: the errors say what is missing."""
    try:
        with after_write():
            yield
    except PuqVpnError as error:
        error.hint += " The change was sent and answered with success; only its verification failed."
        raise


def report_diff(error: PuqVpnError, diff: Diff) -> None:
    """Add to a failure after a write what differs now, as in the result of a success."""
    if error.wrote:
        error.details.update(changed=any(diff.values()), diff=diff)


@contextlib.contextmanager
def reporting_diff(diff: Diff) -> Iterator[None]:
    """As :func:`report_diff`, for the failures in the block."""
    try:
        yield
    except PuqVpnError as error:
        report_diff(error, diff)
        raise
