# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The export of a panel as a document: every option that can be set, in a stable order, and nothing else."""

from __future__ import annotations

from typing import Any, Iterable

from .._packet_filter import is_system_rule
from .._schema import Field, Kind, ObjectKind, Values
from .._untrusted import one_line
from .sections import PORT_FORWARDS, RULES, ListSection, Section, SettingsSection
from .source import PanelSource, all_port_forwards


class Export:
    """Exports the sections of a panel. ``remarks`` name what cannot be part of a document."""

    def __init__(self, panel: PanelSource, *, include_secrets: bool = False) -> None:
        self._panel = panel
        self._include_secrets = include_secrets
        self.remarks: list[str] = []

    def section(self, section: SettingsSection | ListSection) -> dict[str, Any] | list[dict[str, Any]]:
        """Return the settings of a section, or its objects: rules in their order, others by name."""
        if isinstance(section, SettingsSection):
            return self._item(section, self._panel.settings(section.kind))
        items = (self._item(section, values) for values in self._objects(section))
        return [item for item in items if self._is_complete(section, item)]

    def _objects(self, section: ListSection) -> Iterable[Values]:
        if section is PORT_FORWARDS:
            return all_port_forwards(self._panel)
        fields = [field.name for field in section.kind.fields if self._include_secrets or not field.secret]
        return self._panel.objects(section.kind, fields=fields)

    def _item(self, section: Section, values: Values) -> dict[str, Any]:
        if section is RULES and is_system_rule(values):
            # It cannot be set, and only marks a position among the other rules.
            return {"name": values["name"]}
        item: dict[str, Any] = {}
        invalid: list[str] = []
        for option in _exported(section.kind, values, self._include_secrets):
            value = values[option.name]
            if _is_valid(option, value):
                item[option.name] = value
            elif value != "":
                # An empty text that is not valid means that nothing is set.
                invalid.append(option.name)
        if invalid:
            self._remark(section, values, f"{', '.join(invalid)} cannot be set to what the panel shows; left out.")
        return item

    def _is_complete(self, section: ListSection, item: Values) -> bool:
        if section is RULES and is_system_rule(item):
            return True
        missing = [name for name in (*section.kind.identity, *section.kind.needed) if name not in item]
        if missing:
            self._remark(section, item, f"left out, since the panel shows no valid {' and '.join(missing)}.")
        return not missing

    def _remark(self, section: Section, values: Values, text: str) -> None:
        self.remarks.append(f"{section.name} {one_line(section.name_of(values))}: {text}")


def _exported(kind: Kind, values: Values, include_secrets: bool) -> Iterable[Field]:
    """Return the fields for a document. One half of a pair cannot be set without the other."""
    hidden = {field.name for field in kind.fields if field.secret and not include_secrets}
    pair = kind.pair if isinstance(kind, ObjectKind) else ()
    if hidden & set(pair) or not all(values.get(name) for name in pair):
        hidden |= set(pair)
    return (field for field in kind.fields if field.name in values and field.name not in hidden)


def _is_valid(field: Field, value: Any) -> bool:
    try:
        return bool(field.parse(value) == value)
    except ValueError:
        return False
