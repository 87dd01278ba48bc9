# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Comparison of a wanted value with the one a panel holds, whatever form either is written in.

A panel writes numbers as text or as numbers, switches as booleans, digits or words, lists with commas, addresses with
or without ``/32`` (contract: types_on_wire). Two values of the same type are only equal when they are the same, apart
from outer white space, the spelling of addresses and the case of the words ``enable`` and ``disable``: the version
``1.10`` is not ``1.1``.
"""

from __future__ import annotations

import math
import re
from functools import partial
from typing import Any, Iterator

from ._networks import interface_of
from ._secrets import HIDDEN, hide_secrets, is_secret_field

# 2.x panels write them with a capital letter as well.
_STATUS_WORDS = ("enable", "disable")
# Fields that hold the name of an object; pages disagree on the key of a network.
_NAME_FIELD = re.compile(r"(.*name|network)s?", re.IGNORECASE)
# The spellings of a switch, on and off.
_SPELLINGS = (("true", "false"), ("1", "0"), ("yes", "no"), ("on", "off"))
_WHOLE_NUMBER = re.compile(r"[+-]?\d{1,18}")
_WORDS = {word: word == pair[0] for pair in _SPELLINGS for word in pair}


class _Missing:
    def __repr__(self) -> str:
        return "(not there)"


# Stands for a field that the panel's object does not have.
MISSING = _Missing()


def same(wanted: object, found: object, field: str = "") -> bool:
    """Return whether both mean the same; ``field`` is the name of what holds them, where it has one."""
    if isinstance(wanted, bool) or isinstance(found, bool):
        return as_switch(wanted) is not None and as_switch(wanted) == as_switch(found)
    if isinstance(wanted, list) or isinstance(found, list):
        return _same_list(wanted, found, field)
    if isinstance(wanted, dict) or isinstance(found, dict):
        return isinstance(wanted, dict) and isinstance(found, dict) and next(differences(wanted, found), None) is None
    if isinstance(wanted, str) and isinstance(found, str):
        return _same_text(wanted.strip(), found.strip(), field)
    return _same_number(wanted, found)


def differences(wanted: dict[str, Any], found: object, prefix: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield the fields of ``wanted`` that ``found`` does not hold, as ``(dotted name, wanted, found)``.

    Fields that only ``found`` has are ignored. A field that ``found`` lacks is reported as :data:`MISSING`.
    """
    for name, value in wanted.items():
        held = found.get(name, MISSING) if isinstance(found, dict) else MISSING
        if isinstance(value, dict) and isinstance(held, dict):
            yield from differences(value, held, f"{prefix}{name}.")
        elif held is MISSING or not same(value, held, str(name)):
            yield f"{prefix}{name}", value, held


def shown(name: str, value: Any, mark: str = "") -> Any:
    """Return a value as it may be shown under its dotted ``name``: a secret is replaced by a mask and ``mark``."""
    if isinstance(value, (dict, list)):
        return hide_secrets(value)
    if value is MISSING or not is_secret_field(name.rsplit(".", 1)[-1]):
        return value
    return f"{HIDDEN} ({mark})" if mark else HIDDEN


def as_panel_types(given: Any, held: Any, field: str = "") -> Any:
    """Return a value in the JSON types in which a panel shows what it ``held`` before.

    Before version 2.19, ansible-core converts numbers and booleans that come from a template to text. So only a text is
    converted, only where it is exactly a number or a boolean, and never a name or a secret.
    """
    if isinstance(given, dict):
        fields = held if isinstance(held, dict) else {}
        return {name: as_panel_types(value, fields.get(name), str(name)) for name, value in given.items()}
    if isinstance(given, list):
        items = held if isinstance(held, list) else []
        return [
            as_panel_types(item, items[min(at, len(items) - 1)] if items else None, field)
            for at, item in enumerate(given)
        ]
    if not isinstance(given, str) or _is_verbatim(field):
        return given
    converted: Any = None
    if isinstance(held, bool):
        converted = as_switch(given) if given == given.strip() else None
    elif isinstance(held, (int, float)):
        converted = as_number(given)
        converted = converted if str(converted) == given else None
    return given if converted is None else converted


def in_form_of(value: Any, held: Any) -> Any:
    """Return a switch, a number or a text in the form of the value that a panel ``held`` in its place."""
    if isinstance(value, bool) and not isinstance(held, bool):
        spellings = [words for words in _SPELLINGS if str(held).casefold() in words]
        word = spellings[0][not value] if spellings else None
        return value if word is None else int(word) if isinstance(held, int) else word
    return str(value) if isinstance(held, str) else value


def as_switch(value: object) -> bool | None:
    """Return a switch in any form: a boolean, 1 and 0, yes and no, true and false, on and off; None for the rest."""
    if isinstance(value, bool):
        return value
    return _WORDS.get(str(value).strip().casefold()) if isinstance(value, (str, int)) else None


def as_number(value: object) -> int | float | None:
    """Return a number, or the number that a text consists of; None for the rest, including infinity."""
    if isinstance(value, str):
        text = value.strip()
        if _WHOLE_NUMBER.fullmatch(text):
            return int(text)
        return float(text) if re.fullmatch(r"[+-]?\d{1,18}\.\d{1,18}", text) else None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _is_verbatim(field: str) -> bool:
    """Return whether the text of a field is a name or a secret, and nothing else."""
    return bool(_NAME_FIELD.fullmatch(field)) or is_secret_field(field)


def _same_text(wanted: str, found: str, field: str) -> bool:
    if wanted == found:
        return True
    if wanted.casefold() in _STATUS_WORDS and not _is_verbatim(field):
        return wanted.casefold() == found.casefold()
    interface = interface_of(wanted)
    return interface is not None and interface == interface_of(found)


def _same_number(wanted: object, found: object) -> bool:
    if isinstance(wanted, str) or isinstance(found, str):
        wanted, found = as_number(wanted), as_number(found)
        return wanted is not None and wanted == found
    return bool(wanted == found)


def _same_list(wanted: object, found: object, field: str) -> bool:
    left, right = _items(wanted), _items(found)
    return (
        left is not None
        and right is not None
        and len(left) == len(right)
        and all(map(partial(same, field=field), left, right))
    )


def _items(value: object) -> list[Any] | None:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",")] if value.strip() else []
    return value if isinstance(value, list) else None
