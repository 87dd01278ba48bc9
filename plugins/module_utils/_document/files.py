# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An exported document as files of variables of the role ``panel``: one for each section, and one for the secrets.

They are kept in Git, so the same document always yields the same bytes.
"""

from __future__ import annotations

import re
from typing import Any, Iterable, Iterator, Mapping, Sequence

from .._expiry import EXPIRY_OPTIONS
from .._schema import ObjectKind
from .._yaml import yaml_key, yaml_value
from .sections import LAYOUTS

# The first line of every file, by which its author is recognized.
MARK = "# Written by the role puqcloud.puqvpn.export."
SECRETS_FILE = "vault.yml"

_VARIABLE = "puqvpn_panel_{}"
# The first line of an item, a line with an option that no panel stores, and where such an option may be in any form,
# outside of texts.
_ITEM = re.compile(r'  - name: ["\']?([A-Za-z0-9_-]+)["\']?\s*(?:#.*)?')
_DATE = re.compile(rf"    (?:{'|'.join(EXPIRY_OPTIONS)}): \S.*")
_TEXT = re.compile(r'"(?:\\.|[^"\\])*"(?!\s*:)')
_ANY_DATE = re.compile(rf"(?<![\w-])(?:{'|'.join(EXPIRY_OPTIONS)})[\"']?\s*:")
_SECTIONS = {name: section for layout in LAYOUTS.values() for name, section in layout.sections.items()}


def section_file_name(section: str) -> str:
    """Return the name of the file of a section; ``*`` stands for any section."""
    return f"{_VARIABLE.format(section)}.yml"


def dates_in(section: str, text: str) -> dict[str, list[str]]:
    """Return the lines of a section's file with the dates of accounts, by name.

    A user has added them, and no panel has them.

    :raises ValueError: with the number of a line in which a date is in another form, so that it would be lost.
    """
    dates: dict[str, list[str]] = {}
    item: list[str] | None = None
    if EXPIRY_OPTIONS.keys().isdisjoint(_SECTIONS[section].flags):
        return dates
    for number, line in enumerate(text.splitlines(), 1):
        first = _ITEM.fullmatch(line)
        if first is not None:
            item = dates.setdefault(first[1], [])
        elif line.startswith("  -"):
            item = None
        if item is not None and _DATE.fullmatch(line):
            item.append(line.rstrip())
        elif _ANY_DATE.search(_TEXT.sub("", line).partition("#")[0]):
            raise ValueError(number)
    return {name: lines for name, lines in dates.items() if lines}


def section_file(
    section: str,
    content: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    dates: Mapping[str, Sequence[str]] | None = None,
) -> str:
    """Return the file with a section, without what belongs in the file with the secrets.

    ``dates`` are lines of the file that it replaces, see :func:`dates_in`.
    """
    secret = secret_fields(section)
    lines = [MARK, "---", f"{_VARIABLE.format(section)}:"]
    if not content:
        lines[-1] += " {}" if isinstance(content, Mapping) else " []"
    elif isinstance(content, Mapping):
        lines += _lines(content, (name for name in content if name not in secret), "  ")
    else:
        for item in content:
            first, *others = _lines(item, (name for name in item if name not in secret), "    ")
            lines += [f"  - {first.lstrip()}", *others, *(dates or {}).get(str(item.get("name")), ())]
    return "\n".join([*lines, ""])


def secrets_file(document: Mapping[str, Any]) -> str:
    """Return the file with the secrets of all sections, before it is encrypted.

    The names of objects are quoted: one may be called yes.
    """
    lines = [MARK, "---", f"{_VARIABLE.format('secrets')}:"]
    for section, content in document.items():
        secret = secret_fields(section)
        if not secret:
            continue
        lines.append(f"  {section}:")
        if isinstance(content, Mapping):
            lines += _lines(content, (name for name in secret if name in content), "    ")
        else:
            for item in content:
                lines.append(f"    {yaml_key(item['name'], 4)}")
                lines += _lines(item, (name for name in secret if name in item), "      ")
    return "\n".join([*lines, ""])


def secret_fields(section: str) -> tuple[str, ...]:
    """Return the fields of a section that belong in the file with the secrets, the other half of a pair included."""
    kind = _SECTIONS[section].kind
    pair = kind.pair if isinstance(kind, ObjectKind) else ()
    return tuple(field.name for field in kind.fields if field.secret or field.name in pair)


def _lines(values: Mapping[str, Any], names: Iterable[str], indent: str) -> Iterator[str]:
    return (f"{indent}{name}: {yaml_value(values[name])}" for name in names)
