# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The names of sections and options that do not exist, and which ones are probably meant."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache

from .._untrusted import quoted

# A byte order mark, also as it looks when UTF-8 is read as Latin-1.
_MARKS = ("\ufeff", "\u00ef\u00bb\u00bf")
# A longer name is not a typo, and comparing it with others would take long.
_MAX_TYPO = 50


@dataclass(frozen=True)
class UnknownName:
    """A name that does not exist.

    ``meant`` is the known name that only differs by invisible characters around it; empty if there is none. ``text`` is
    the sentence that says so, and ``hint`` lists the known names, which need not be repeated for each unknown one.
    """

    meant: str
    text: str
    hint: str = ""


@lru_cache(maxsize=1000)
def unknown_name(what: str, name: str, known: tuple[str, ...]) -> UnknownName:
    """Find out what a name might mean; ``what`` is an option or a section, and ``known`` are those that exist."""
    rest = next((name[len(mark) :] for mark in _MARKS if name.startswith(mark)), name)
    visible = _strip_invisible(rest)
    meant = visible.casefold()
    if meant in known and visible != name:
        return UnknownName(meant, f"{quoted(name)} is {quoted(meant)} with {_surroundings(name, rest)}.")
    near = get_close_matches(meant, known, n=1, cutoff=0.7) if len(meant) <= _MAX_TYPO else []
    text = f"unknown {what} {quoted(name)}."
    if near:
        text += f" Did you mean {quoted(near[0])}?"
    return UnknownName("", text, f"Valid {what}s: {', '.join(known)}.")


def _strip_invisible(name: str) -> str:
    """Remove the invisible characters at both ends of a name."""
    return name.strip("".join({char for char in name if char.isspace() or not char.isprintable()}))


def _surroundings(name: str, rest: str) -> str:
    """Return what is around a known name, and what to do about it."""
    if rest != name:
        return "a byte order mark before it: save the file as UTF-8 without one, or read it as utf-8-sig"
    if all(char.isspace() or char.isprintable() for char in name):
        return "blanks around it: remove them"
    return "invisible characters around it: remove them"
