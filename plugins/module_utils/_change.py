# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to change: a pure function of what is wanted and what is there. Check mode and diff are the plan itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Mapping

from ._compare import MISSING, shown
from ._errors import PuqVpnError
from ._schema import Kind, ObjectKind, SettingsKind, Values

CREATE, UPDATE, RECREATE, DELETE = "create", "update", "recreate", "delete"


@dataclass(frozen=True)
class Change:
    """One change of one thing.

    ``before`` is the whole object as the panel shows it, empty when there is none. ``values`` are written. ``fields``
    are the names of those that differ. ``place`` fills those names of a path that are no fields of the object, and
    ``old_place`` is where the old object goes when it must be put back.
    """

    kind: Kind
    action: str
    before: Values
    values: Values
    fields: tuple[str, ...]
    place: Mapping[str, str] = field(default_factory=dict)
    old_place: Mapping[str, str] = field(default_factory=dict)

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
    def diff(self) -> dict[str, dict[str, Any]]:
        """Before and after by field, with secrets hidden: what differs, or on removal everything that goes."""
        if self.action == DELETE:
            return {"before": self.kind.as_result(self.before), "after": {}}
        before = {name: shown(name, self.before[name]) for name in self.fields if name in self.before}
        after = {
            name: shown(name, self.values[name], mark="changed" if name in before else "")
            for name in self.fields
            if name in self.values
        }
        return {"before": before, "after": after}


def differing(kind: Kind, values: Values, current: Values) -> list[str]:
    """The fields of ``values`` that ``current`` shows with another value, in the order of the description."""
    return [
        one.name
        for one in kind.fields
        if one.name in values and current.get(one.name, MISSING) not in (MISSING, values[one.name])
    ]


def unverified(values: Values, current: Values) -> list[str]:
    """The fields of ``values`` that ``current`` does not show, so that nobody can tell whether they differ."""
    return sorted(name for name in values if name not in current)


def plan_object(
    kind: ObjectKind,
    wanted: Values,
    current: Values | None,
    *,
    recreate: bool = False,
    update_write_only: str = "on_create",
) -> Change | None:
    """The change that gives an object the wanted values; None when it has them.

    :raises PuqVpnError: ``immutable_field`` when fields differ that cannot change and ``recreate`` is false,
        ``missing_option`` when a new object needs more than is known of it.
    """
    if current is None:
        fields = [one.name for one in kind.fields if one.name in wanted]
        return Change(kind, CREATE, {}, _complete(kind, wanted), tuple(fields))
    fields = differing(kind, wanted, current)
    fixed = [name for name in fields if kind[name].immutable]
    if fixed and not recreate:
        raise PuqVpnError(
            "immutable_field",
            f"{kind.label(current)} has another {' and '.join(fixed)}, which cannot be changed afterwards",
            hint="Give recreate: true to have it removed and made again, or leave the option out.",
            details={"fields": fixed},
        )
    if fixed or (fields and not kind.editable):
        values = {**_taken_over(kind, wanted, current), **wanted}
        return Change(kind, RECREATE, current, _complete(kind, values), tuple(fields))
    unknown = unverified(wanted, current)
    if update_write_only == "always":
        fields += unknown
    if not fields:
        return None
    values = {name: wanted[name] for name in [*fields, *unknown]}
    if any(name in fields for name in kind.pair):
        values.update((name, wanted[name]) for name in kind.pair if name in wanted)
        _complete_pair(kind, values)
    return Change(kind, UPDATE, current, values, tuple(fields))


def plan_removal(kind: ObjectKind, current: Values | None) -> Change | None:
    """The change that removes an object; None when there is none."""
    return None if current is None else Change(kind, DELETE, current, {}, tuple(current))


def plan_settings(kind: SettingsKind, wanted: Values, current: Values, *, complete: bool = True) -> Change | None:
    """The change that gives settings the wanted values; None when they have them.

    Everything that is known is written, since a panel may read a missing field as false or as an error.

    :raises OptionError: the settings would make no sense together, and they should be ``complete``.
    """
    fields = differing(kind, wanted, current)
    if not fields:
        return None
    values = {**kind.settable(current), **wanted}
    if complete:
        kind.refuse_problems(values)
    return Change(kind, UPDATE, current, values, tuple(fields))


def _taken_over(kind: ObjectKind, wanted: Values, current: Values) -> dict[str, Any]:
    """What a new object takes over from the old one that it replaces."""
    new_pair = any(wanted.get(name, current.get(name)) != current.get(name) for name in kind.pair)
    return {
        one.name: current[one.name]
        for one in kind.fields
        if one.name in current
        and wanted.get(one.follows, current.get(one.follows)) == current.get(one.follows)
        and not (one.name in kind.pair and new_pair)
    }


def _complete(kind: ObjectKind, values: Values) -> Values:
    missing = [name for name in kind.needed if name not in values]
    if missing:
        raise PuqVpnError(
            "missing_option",
            f"{kind.label(values)} does not exist, and a new one needs {' and '.join(missing)}",
            hint=f"Give {' and '.join(missing)}.",
        )
    _complete_pair(kind, values)
    return values


def _complete_pair(kind: ObjectKind, values: Values) -> None:
    given = [name for name in kind.pair if name in values]
    if len(given) == 1:
        raise PuqVpnError(
            "missing_option",
            f"{given[0]} of {kind.label(values)} can only be set together with the other key",
            hint=f"Give both {' and '.join(kind.pair)}, or none.",
        )
