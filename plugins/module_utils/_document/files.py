# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An exported document as files of variables of the role ``panel``: one for each section, and one for the secrets.

They are kept in Git, so the same document always yields the same bytes. Their format is YAML or JSON, which is YAML as
well, and which Ansible reads several times as fast.
"""

from __future__ import annotations

import json
import re
import traceback
from datetime import date
from importlib import import_module
from typing import Any, Iterable, Iterator, Mapping, Sequence

from .._errors import MissingLibraryError
from .._expiry import EXPIRY_OPTIONS
from .._json import parse_json
from .._schema import ObjectKind
from .._untrusted import echo
from .._yaml import json_text, json_value, yaml_key, yaml_value
from .sections import LAYOUTS

YAML, JSON = FORMATS = ("yaml", "json")

# The first line of every YAML file, by which its author is recognized. JSON has no comments, see :func:`is_own`.
MARK = "# Written by the role puqcloud.puqvpn.export."
SECRETS_FILE = "vault.yml"
SECRETS = "secrets"

_VARIABLE = "puqvpn_panel_{}"
# The first line of an item, a line with an option that no panel stores, and where such an option may be in any form,
# outside of texts.
_ITEM = re.compile(r'  - name: ["\']?([A-Za-z0-9_-]+)["\']?\s*(?:#.*)?')
_DATE = re.compile(rf"    (?:{'|'.join(EXPIRY_OPTIONS)}): \S.*")
_TEXT = re.compile(r'"(?:\\.|[^"\\])*"(?!\s*:)')
_ANY_DATE = re.compile(rf"(?<![\w-])(?:{'|'.join(EXPIRY_OPTIONS)})[\"']?\s*:")
_SECTIONS = {name: section for layout in LAYOUTS.values() for name, section in layout.sections.items()}
_JSON_NAMES = "|".join(_VARIABLE.format(name) for name in (*_SECTIONS, SECRETS))
_OWN = re.compile(rf'{re.escape(MARK)}|{{"(?:{_JSON_NAMES})": [\[{{]\n')


def section_file_name(section: str) -> str:
    """Return the name of the file of a section; ``*`` stands for any section."""
    return f"{_VARIABLE.format(section)}.yml"


def is_own(text: str) -> bool:
    """Return whether the export wrote a file, which is recognized by its first line.

    In JSON, that line ends after the name of the variable and a bracket, as in no other common layout.
    """
    return _OWN.match(text) is not None


def is_json(text: str) -> bool:
    """Return whether a file of the export is JSON."""
    return text.startswith("{")


def dates_in(section: str, text: str) -> dict[str, list[str]]:
    """Return the dates of accounts in a section's file by name, as lines of YAML.

    A user has added them, and no panel has them.

    :raises ValueError: a date would be lost; completes the sentence "the file ...".
    """
    if is_json(text):
        return _dates_in_json(section, text)
    dates: dict[str, list[str]] = {}
    item: list[str] | None = None
    if not _has_dates(section):
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
            raise ValueError(
                f"has a date in line {number} that would be lost. Write it below the name of the account, in a line of "
                'its own such as expires: "2027-01-31", indented like the name.'
            )
    return {name: lines for name, lines in dates.items() if lines}


def _has_dates(section: str) -> bool:
    return not EXPIRY_OPTIONS.keys().isdisjoint(_SECTIONS[section].flags)


def _dates_in_json(section: str, text: str) -> dict[str, list[str]]:
    try:
        items = parse_json(text).get(_VARIABLE.format(section))
    except ValueError as error:
        raise ValueError(f"cannot be read as JSON ({error}). Correct it, or remove the file.") from None
    dates: dict[str, list[str]] = {}
    for item in items if _has_dates(section) and isinstance(items, list) else ():
        added = {name: item[name] for name in item if name in EXPIRY_OPTIONS} if isinstance(item, dict) else {}
        if not added:
            continue
        if not isinstance(item.get("name"), str) or any(isinstance(value, (dict, list)) for value in added.values()):
            raise ValueError(
                f'has a date that would be lost, of {echo(item.get("name"))}. Write it beside the "name" of the '
                'account, such as "expires": "2027-01-31".'
            )
        dates[item["name"]] = [f"    {name}: {json.dumps(value, ensure_ascii=False)}" for name, value in added.items()]
    return dates


def section_file(
    section: str,
    content: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    dates: Mapping[str, Sequence[str]] | None = None,
    file_format: str = YAML,
) -> str:
    """Return the file with a section, without what belongs in the file with the secrets.

    ``dates`` are those of the file that it replaces, see :func:`dates_in`.

    :raises ReservedKeyError: the section cannot be written as JSON.
    :raises ValueError: a date cannot be written as JSON; completes the sentence "the file ...".
    :raises MissingLibraryError: the parser of YAML is missing, which reads dates that are to be written as JSON.
    """
    secret, dates = secret_fields(section), dates or {}
    if file_format == JSON:
        return _json_file(section, _section_as_json(content, secret, dates))
    lines = [MARK, "---", f"{_VARIABLE.format(section)}:"]
    if not content:
        lines[-1] += " {}" if isinstance(content, Mapping) else " []"
    elif isinstance(content, Mapping):
        lines += _lines(content, (name for name in content if name not in secret), "  ")
    else:
        for item in content:
            first, *others = _lines(item, (name for name in item if name not in secret), "    ")
            lines += [f"  - {first.lstrip()}", *others, *dates.get(str(item.get("name")), ())]
    return "\n".join([*lines, ""])


def _section_as_json(
    content: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    secret: Sequence[str],
    dates: Mapping[str, Sequence[str]],
) -> Any:
    if isinstance(content, Mapping):
        return json_value(_without(content, secret))
    # Users may write templates in place of dates.
    return [
        {**json_value(_without(item, secret)), **dict(map(_date_as_json, dates.get(str(item.get("name")), ())))}
        for item in content
    ]


def _without(values: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in names}


def _date_as_json(line: str) -> tuple[str, Any]:
    """Return the option and its value in a line of YAML, in which dates need no quotes."""
    name, _colon, text = line.strip().partition(": ")
    try:
        # As Ansible does: most texts in quotes are JSON, and the parser of YAML takes a hundred times as long.
        return name, json.loads(text)
    except ValueError:
        return name, _yaml_scalar(text)


def _yaml_scalar(text: str) -> Any:
    try:
        yaml = import_module("yaml")
    except ImportError:
        raise MissingLibraryError("PyYAML", traceback.format_exc()) from None
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        value = ()
    if value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, date):
        return value.isoformat()
    raise ValueError(f"has a date that would be lost in JSON, {echo(text)}. Write it in quotes.")


def secrets_file(document: Mapping[str, Any], file_format: str = YAML) -> str:
    """Return the file with the secrets of all sections, before it is encrypted.

    The names of objects are quoted: one may be called yes.

    :raises ReservedKeyError: the secrets cannot be written as JSON.
    """
    secrets = {
        section: _secrets(content, secret)
        for section, content in document.items()
        if (secret := secret_fields(section))
    }
    if file_format == JSON:
        return _json_file(SECRETS, json_value(secrets))
    lines = [MARK, "---", f"{_VARIABLE.format(SECRETS)}:"]
    for section, content in secrets.items():
        lines.append(f"  {section}:")
        if isinstance(document[section], Mapping):
            lines += _lines(content, content, "    ")
        else:
            for name, values in content.items():
                lines.append(f"    {yaml_key(name, 4)}")
                lines += _lines(values, values, "      ")
    return "\n".join([*lines, ""])


def _secrets(content: Mapping[str, Any] | Sequence[Mapping[str, Any]], secret: Sequence[str]) -> dict[str, Any]:
    """Return the secrets of a section; for a section that is a list, by the name of the item."""
    if isinstance(content, Mapping):
        return {name: content[name] for name in secret if name in content}
    return {str(item["name"]): _secrets(item, secret) for item in content}


def secret_fields(section: str) -> tuple[str, ...]:
    """Return the fields of a section that belong in the file with the secrets, the other half of a pair included."""
    kind = _SECTIONS[section].kind
    pair = kind.pair if isinstance(kind, ObjectKind) else ()
    return tuple(field.name for field in kind.fields if field.secret or field.name in pair)


def _lines(values: Mapping[str, Any], names: Iterable[str], indent: str) -> Iterator[str]:
    return (f"{indent}{name}: {yaml_value(values[name])}" for name in names)


def _json_file(name: str, content: Any) -> str:
    text = json_text(content)
    if not content:
        # The first line is as in a file with content, see is_own.
        text = "\n".join(text)
    return f'{{"{_VARIABLE.format(name)}": {text}}}\n'
