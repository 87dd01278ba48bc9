# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to change: pure functions of what is wanted and what exists. Check mode and diff show their result."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Dict, Mapping

from ._compare import shown
from ._errors import PuqVpnError, listed
from ._schema import Kind, ObjectKind, SettingsKind, ShownSettings, Values
from ._untrusted import one_line

CREATE, UPDATE, RECREATE, DELETE = "create", "update", "recreate", "delete"

# ``before`` and ``after`` by field.
Diff = Dict[str, Dict[str, Any]]


@dataclass(frozen=True)
class Change:
    """What all changes share.

    ``before`` is the whole object as the panel shows it, empty when there is none. ``values`` are written. ``fields``
    are the names of those that differ.
    """

    kind: Kind
    action: str
    before: Values
    values: Values
    fields: tuple[str, ...]

    @property
    def after(self) -> dict[str, Any]:
        """The object as it will be, as far as that is known. Fields that panels do not show are left out."""
        if self.action == DELETE:
            return {}
        visible = {
            name: value for name, value in self.values.items() if name in self.before or not self.kind[name].write_only
        }
        return visible if self.action in (CREATE, RECREATE) else {**self.before, **visible}

    @property
    def diff(self) -> Diff:
        """Before and after by field, with secrets hidden: what differs, or on deletion the whole object."""
        if self.action == DELETE:
            return {"before": self.kind.as_result(self.before), "after": {}}
        before = {name: shown(name, self.before[name]) for name in self.fields if name in self.before}
        after = {
            name: shown(name, self.values[name], mark="changed" if name in before else "")
            for name in self.fields
            if name in self.values
        }
        return {"before": before, "after": after}


@dataclass(frozen=True)
class ObjectChange(Change):
    """The change of an object.

    ``place`` fills those names of a path that are no fields of the object, and ``old_place`` does so when the old
    object must be restored.
    """

    kind: ObjectKind
    place: Mapping[str, str] = field(default_factory=dict)
    old_place: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SettingsChange(Change):
    """The change of settings, which is always an update."""

    kind: SettingsKind
    before: ShownSettings

    @property
    def body(self) -> dict[str, Any]:
        """What is written: the settings as a whole."""
        return self.kind.body(self.values, self.before)


def differing(kind: Kind, values: Values, current: Values) -> list[str]:
    """Return the fields of ``values`` that ``current`` shows with another value, in the order of the description."""
    # Mostly nothing differs, and few of the fields of a kind have a value.
    names = [name for name, value in values.items() if current.get(name, value) != value]
    return [field.name for field in kind.fields if field.name in names] if names else []


def unverified(values: Values, current: Values) -> list[str]:
    """Return the fields of ``values`` that ``current`` does not show, so that nobody can say whether they differ."""
    return sorted([name for name in values if name not in current])


def object_change(
    kind: ObjectKind, wanted: Values, current: Values | None, options: Mapping[str, Any]
) -> ObjectChange | None:
    """Return the change that gives an object the wanted values, or removes it; None when nothing has to change.

    ``options`` may hold ``state``, ``recreate`` and ``update_write_only``.

    :raises PuqVpnError: ``immutable_field`` when fields differ that cannot change and ``recreate`` is not true,
        ``missing_option`` when a new object needs more than is known of it.
    """
    if options.get("state") == "absent":
        return removal(kind, current)
    if current is None:
        fields = [field.name for field in kind.fields if field.name in wanted]
        return ObjectChange(kind, CREATE, {}, _complete(kind, wanted), tuple(fields))
    fields = differing(kind, wanted, current)
    if not fields and options.get("update_write_only") != "always":
        return None
    recreate = bool(options.get("recreate"))
    # An edit that may not do it is only tried where the object must not be recreated.
    fixed = [name for name in fields if kind[name].immutable or (recreate and kind[name].uncertain)]
    if fixed and not recreate:
        raise PuqVpnError(
            "immutable_field",
            f"{kind.label(current)} has another {' and '.join(fixed)}, which cannot be changed afterwards",
            hint="Give recreate: true to delete and recreate it, or leave the option out.",
            details={"fields": fixed},
        )
    if fixed or (fields and not kind.editable):
        values = {**_taken_over(kind, wanted, current), **wanted}
        return ObjectChange(kind, RECREATE, current, _complete(kind, values), tuple(fields))
    unknown = unverified(wanted, current)
    if options.get("update_write_only") == "always":
        fields += unknown
    if not fields:
        return None
    values = {name: wanted[name] for name in [*fields, *unknown]}
    if any(name in fields for name in kind.pair):
        values.update((name, wanted[name]) for name in kind.pair if name in wanted)
        _require_pair(kind, values)
    return ObjectChange(kind, UPDATE, current, values, tuple(fields))


def removal(kind: ObjectKind, current: Values | None) -> ObjectChange | None:
    """Return the change that removes an object; None when it does not exist."""
    return None if current is None else ObjectChange(kind, DELETE, current, {}, tuple(current))


def settings_change(
    kind: SettingsKind, wanted: Values, current: ShownSettings, *, complete: bool = True
) -> SettingsChange | None:
    """Return the change that gives settings the wanted values; None when they have them.

    Everything that is known is written, since a panel may read a missing field as false or as an error.

    :raises PuqVpnError: ``field_not_shown`` for settings that cannot be written, see :meth:`SettingsKind.not_shown`.
    :raises OptionError: the settings, which must be ``complete``, would contradict each other.
    """
    missing = kind.not_shown(wanted, current)
    if missing:
        raise PuqVpnError(
            "field_not_shown",
            f"the panel shows no {' and no '.join(missing)} among its settings of the {kind.title}, so nobody can say "
            "under which name it would take them",
            hint=f"It shows {listed(list(map(one_line, current.payload)))}: set these with puqvpn_request, and leave "
            f"{' and '.join(missing)} out.",
            details={"fields": missing},
        )
    fields = differing(kind, wanted, current)
    if not fields:
        return None
    values = {**kind.settable(current), **wanted}
    if complete:
        kind.validate(values)
    return SettingsChange(kind, UPDATE, current, values, tuple(fields))


def remaining_change(change: Change, error: PuqVpnError) -> Change | None:
    """Return what remains of a change that failed after a write; None where everything is as it was before."""
    if error.details.get("restored") is False:
        return replace(change, action=DELETE, values={}, fields=tuple(change.before))
    undone = "restored" if change.action == RECREATE else "rolled_back"
    return None if error.details.get(undone) is True else change


def _taken_over(kind: ObjectKind, wanted: Values, current: Values) -> dict[str, Any]:
    """Return the values that a new object takes over from the old one that it replaces."""
    new_pair = any(wanted.get(name, current.get(name)) != current.get(name) for name in kind.pair)
    return {
        field.name: current[field.name]
        for field in kind.fields
        if field.name in current
        and wanted.get(field.follows, current.get(field.follows)) == current.get(field.follows)
        and not (field.name in kind.pair and new_pair)
    }


def _complete(kind: ObjectKind, values: Values) -> Values:
    missing = [name for name in kind.needed if name not in values]
    if missing:
        raise PuqVpnError(
            "missing_option",
            f"{kind.label(values)} does not exist, and a new one needs {' and '.join(missing)}",
            hint=f"Give {' and '.join(missing)}.",
        )
    _require_pair(kind, values)
    return values


def _require_pair(kind: ObjectKind, values: Values) -> None:
    given = [name for name in kind.pair if name in values]
    if len(given) == 1:
        raise PuqVpnError(
            "missing_option",
            f"{given[0]} of {kind.label(values)} can only be set together with the other key",
            hint=f"Give both {' and '.join(kind.pair)}, or neither.",
        )
