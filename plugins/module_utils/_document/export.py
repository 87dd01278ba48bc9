# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A panel as the document that makes it again: what can be set, in a stable order, and nothing else."""

from __future__ import annotations

from typing import Any, Iterable

from .._lockout import is_system_rule
from .._schema import Field, Kind, ObjectKind, SettingsKind, Values
from .._untrusted import one_line
from .sections import ACCOUNTS, PORT_FORWARDS, RULES, SERVERS, Section, display_name, objects_of
from .source import PanelSource, all_port_forwards


class Export:
    """Makes a document of a panel. ``remarks`` name what it could not put in."""

    def __init__(self, panel: PanelSource, *, include_secrets: bool = False) -> None:
        self._panel = panel
        self._include_secrets = include_secrets
        self.remarks: list[str] = []

    def section(self, section: Section) -> dict[str, Any] | list[dict[str, Any]]:
        """The settings of a section, or its objects: rules in their order, others by name."""
        if isinstance(section.kind, SettingsKind):
            return self._item(section, self._panel.settings(section.kind))
        items = (self._item(section, one) for one in self._shown(section))
        return [one for one in items if self._can_be_made(section, one)]

    def _shown(self, section: Section) -> Iterable[Values]:
        if section is PORT_FORWARDS:
            return all_port_forwards(self._panel)
        return {RULES: self._panel.rules, SERVERS: self._panel.servers, ACCOUNTS: self._panel.accounts}[section]()

    def _item(self, section: Section, shown: Values) -> dict[str, Any]:
        kind = section.kind
        if section is RULES and is_system_rule(shown):
            # It cannot be set, and only says where the other rules are.
            return {"name": shown["name"]}
        values: dict[str, Any] = {}
        useless: list[str] = []
        for one in _exported(kind, shown, self._include_secrets):
            value = shown[one.name]
            if _can_be_given(one, value):
                values[one.name] = value
            elif value != "":
                # An empty text where none can be given means that nothing is set.
                useless.append(one.name)
        if useless:
            label = one_line(display_name(section, shown))
            self.remarks.append(
                f"{section.name} {label}: {', '.join(useless)} cannot be set to what the panel shows, and is left out."
            )
        return values

    def _can_be_made(self, section: Section, item: Values) -> bool:
        kind = objects_of(section)
        if section is RULES and is_system_rule(item):
            return True
        missing = [name for name in (*kind.identity, *kind.needed) if name not in item]
        if missing:
            label, fields = one_line(display_name(section, item)), " and ".join(missing)
            self.remarks.append(f"{section.name} {label}: left out, since the panel shows no usable {fields}.")
        return not missing


def _exported(kind: Kind, shown: Values, include_secrets: bool) -> Iterable[Field]:
    """The fields that a document holds. Of a pair one half alone cannot be set."""
    hidden = {one.name for one in kind.fields if one.secret and not include_secrets}
    pair = kind.pair if isinstance(kind, ObjectKind) else ()
    if hidden & set(pair) or not all(shown.get(name) for name in pair):
        hidden |= set(pair)
    return (one for one in kind.fields if one.name in shown and one.name not in hidden)


def _can_be_given(field: Field, value: Any) -> bool:
    try:
        return bool(field.parse(value) == value)
    except ValueError:
        return False
