# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task did, in one line for its reader: the ``msg`` of a successful result."""

from __future__ import annotations

from typing import Any, Sequence

from ._change import CREATE, DELETE, RECREATE, Change, Diff
from ._compare import MISSING
from ._errors import listed
from ._secrets import HIDDEN
from ._untrusted import one_line

# The longest value and the most fields in a line.
_LONGEST_VALUE = 60
_MOST_FIELDS = 8


def counted(number: int, noun: str) -> str:
    """Return a number of things, such as ``1 request`` or ``3 requests``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def describe_objects(title: str, names: Sequence[str]) -> str:
    """Return objects of one kind in a sentence, such as ``accounts alice, bob``."""
    return f"{title}{'' if len(names) == 1 else 's'} {one_line(listed(names))}"


def summarize_change(name: str, change: Change | None, otherwise: str = "unchanged") -> str:
    """Return what a change does to the object or the settings ``name``, or ``otherwise`` without a change."""
    return one_line(f"{name}: {_action(change) if change else otherwise}")


def summarize_diff(name: str, diff: Diff, otherwise: str = "unchanged") -> str:
    """Return how the object or the settings ``name`` differ afterwards; ``otherwise`` if they do not."""
    return one_line(f"{name}: {_differences(diff) or otherwise}")


def _action(change: Change) -> str:
    if change.action in (CREATE, DELETE):
        return f"{change.action}d"
    differences = _differences(change.diff)
    if change.action == RECREATE:
        return f"recreated, {differences}" if differences else "recreated"
    return differences or "updated"


def _differences(diff: Diff) -> str:
    names = list(dict.fromkeys((*diff["before"], *diff["after"])))
    changes = (
        _difference(name, *(side.get(name, MISSING) for side in (diff["before"], diff["after"]))) for name in names
    )
    return listed(list(changes), _MOST_FIELDS)


def _difference(name: str, before: Any, after: Any) -> str:
    if str(after).startswith(HIDDEN):
        return f"{name} changed"
    if before is MISSING:
        return f"{name} {_value(after)}"
    return f"{name} removed" if after is MISSING else f"{name} {_value(before)} -> {_value(after)}"


def _value(value: Any) -> str:
    """Return a value as a playbook shows it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{one_line(', '.join(map(_value, value)), _LONGEST_VALUE)}]"
    if value is None or value == "":
        return "none"
    return one_line(value, _LONGEST_VALUE)
