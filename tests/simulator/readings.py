# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Readings of the contract of generation 2 as sets of options, few enough to run every test under each of them."""

from __future__ import annotations

import functools
import itertools
from typing import Any

from .options import readings_of_2

SWITCHES: dict[str, tuple[Any, ...]] = readings_of_2()
"""The open points of the contract of generation 2, each with its values, the default first."""

# A value of a switch, both as positions: a value may be one that cannot be sorted among the others.
Choice = tuple[int, int]
Pair = tuple[Choice, Choice]


def readings() -> list[dict[str, Any]]:
    """Return sets of options in which each two values of different switches meet at least once.

    The first set has all defaults. The sets are the same each time: `Simulator(generation=2, **reading)`.
    """
    names = sorted(SWITCHES)
    return [{name: SWITCHES[name][at] for name, at in zip(names, row, strict=True)} for row in _rows()]


@functools.lru_cache(maxsize=None)
def _rows() -> tuple[tuple[int, ...], ...]:
    """Return the positions of the values of each set, in the order of the names of the switches."""
    sizes = [len(SWITCHES[name]) for name in sorted(SWITCHES)]
    choices = [(switch, at) for switch, size in enumerate(sizes) for at in range(size)]
    missing: dict[Pair, None] = dict.fromkeys(
        (one, other) for one, other in itertools.combinations(choices, 2) if one[0] != other[0]
    )
    defaults = [(switch, 0) for switch in range(len(sizes))]
    rows = []
    row = defaults
    while True:
        for pair in itertools.combinations(row, 2):
            missing.pop(pair, None)
        rows.append(tuple(at for _switch, at in row))
        if not missing:
            return tuple(sorted(rows))
        row = _next_row(sizes, missing)


def _next_row(sizes: list[int], missing: dict[Pair, None]) -> list[Choice]:
    """Return a set that begins with a missing pair, and takes of each other switch what brings the most of them."""
    row = list(next(iter(missing)))
    taken = {switch for switch, _at in row}
    # The switches with the most values first, for they have the most pairs.
    for switch in sorted(range(len(sizes)), key=lambda switch: -sizes[switch]):
        if switch not in taken:
            row.append(max(((switch, at) for at in range(sizes[switch])), key=functools.partial(_gain, row, missing)))
    return sorted(row)


def _gain(row: list[Choice], missing: dict[Pair, None], choice: Choice) -> int:
    return sum((min(choice, other), max(choice, other)) in missing for other in row)
