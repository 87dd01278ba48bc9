# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with a document, with the location of each problem."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterable, List, Mapping

from .._errors import PuqVpnError, listed
from .._untrusted import one_line, printable
from .sections import Item

# How many problems the message of a failure shows; its result has all of them.
_MAX_SENTENCES = 10
_MAX_LOCATIONS = 2
_MAX_TEXT = 1000
_MAX_MESSAGE = 4000


def location(section: str, index: int | None, name: str) -> str:
    """Return where an item is in a document, such as ``accounts[3] alice``; only the name of what is not an item."""
    name = one_line(name)
    return f"{section}[{index}] {name}".strip() if index is not None else section if section == name else name


@dataclass(frozen=True)
class Problem:
    """What is wrong with an item, as a sentence. ``hint`` belongs to all problems that have it, and is shown once."""

    section: str
    index: int | None
    name: str
    text: str
    hint: str = ""

    @property
    def as_result(self) -> dict[str, Any]:
        """The problem in a result."""
        return {"section": self.section, "index": self.index, "name": printable(self.name), "problem": self.text}

    @property
    def location(self) -> str:
        """See :func:`location`."""
        return location(self.section, self.index, self.name)


class Problems(List[Problem]):
    """The problems found so far."""

    def add(self, item: Item, text: str) -> None:
        """Add what is wrong with an item."""
        self.append(Problem(item.section.name, item.index, item.name, text))

    def add_error(self, item: Item, error: PuqVpnError) -> None:
        """Add why the engine rejects an item."""
        sentence = error.message if error.message.endswith(".") else f"{error.message}."
        self.add(item, f"{sentence} {error.hint}".rstrip())

    def raise_if_any(self, removals: Iterable[Mapping[str, str]] = ()) -> None:
        """Raise all problems as one error; ``removals`` are what the plan would have removed.

        :raises PuqVpnError: ``invalid_config`` with all of them in its details.
        """
        if self:
            raise PuqVpnError(
                "invalid_config",
                f"config cannot be applied, and nothing was written. {self}",
                hint="",
                details={"problems": [problem.as_result for problem in self], "removals": list(removals)},
            )

    def __str__(self) -> str:
        """Return the first problems as sentences, equal ones merged."""
        groups: dict[tuple[str, str], list[Problem]] = {}
        for problem in self:
            groups.setdefault((problem.text, problem.hint), []).append(problem)
        sentences: list[str] = []
        hints = {""}
        shown = 0
        for (text, hint), group in groups.items():
            locations = listed([problem.location for problem in group], most=_MAX_LOCATIONS)
            sentence = f"{locations}: {text[:_MAX_TEXT]}" + (f" {hint}" if hint not in hints else "")
            length = len(" ".join(sentences)) + len(sentence)
            if len(sentences) == _MAX_SENTENCES or (sentences and length > _MAX_MESSAGE):
                break
            sentences.append(sentence)
            hints.add(hint)
            shown += len(group)
        more = f" ... and {len(self) - shown} more, see problems." if shown < len(self) else ""
        return " ".join(sentences) + more
