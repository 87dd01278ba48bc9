# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters that select some of the accounts or clients of a panel, for modules and for the inventory alike."""

from __future__ import annotations

import fnmatch
import operator
import re
from functools import partial
from typing import Any, Callable, Mapping

from .._errors import PuqVpnError
from .._schema import ArgumentSpec, ObjectKind, Values, parent_of
from .._untrusted import escaped


def filter_options(*kinds: ObjectKind) -> ArgumentSpec:
    """Return the suboptions of an option ``filters`` for accounts, clients, or both."""
    return {
        **{parent_of(kind).field: {"type": "list", "elements": "str"} for kind in kinds},
        "status": {"type": "str", "choices": ["enable", "disable"]},
        "name": {"type": "list", "elements": "str"},
    }


def filtered_fields(kind: ObjectKind) -> tuple[str, ...]:
    """Return the fields that filters look at."""
    # By name first: whoever excludes an account that cannot be used need not know what else is wrong with it.
    return ("name", parent_of(kind).field, "status")


def wanted_by(filters: Mapping[str, Any], kind: ObjectKind) -> Callable[[Values], bool]:
    """Return the condition that an account or a client must meet.

    The condition raises a :class:`PuqVpnError` for one that the panel shows without a field to be looked at.
    """
    conditions: dict[str, Callable[[Any], bool]] = {
        field: partial(operator.eq, filters[field]) if field == "status" else _matching(filters[field])
        for field in filtered_fields(kind)
        if filters.get(field) is not None
    }
    return lambda values: all(fits(_shown(kind, values, field)) for field, fits in conditions.items())


def _matching(patterns: list[str]) -> Callable[[Any], bool]:
    """Return whether a value matches one of the shell patterns; what is not a text is only matched by ``*``."""
    # An empty list is a filter as well: nothing matches it.
    pattern = re.compile("|".join(map(fnmatch.translate, patterns)) or "(?!)")
    return lambda value: pattern.match(value if isinstance(value, str) else "") is not None


def _shown(kind: ObjectKind, values: Values, field: str) -> Any:
    """Return the value of a field, which the list of a 2.x panel need not contain (contract: GET /client, rows)."""
    if field not in values:
        raise PuqVpnError(
            "answer_wrong_type",
            f"the panel does not show {field} of {kind.title} {escaped(values.get('name'))}",
            hint=f"Remove {field} from filters.",
        )
    return values[field]
