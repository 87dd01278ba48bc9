# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of operations: each view function is entered under its own name, the operation id of the contract."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

View = Callable[..., Any]
V = TypeVar("V", bound=View)


@dataclass(frozen=True)
class Operation:
    """One operation; `view(site, form, **path)` returns the payload, or a response that has no envelope."""

    id: str
    method: str
    path: str
    view: View
    alternates: tuple[tuple[str, str], ...]
    writes: bool
    rebuilds: bool


class Operations(list[Operation]):
    """The operations of one group."""

    def __init__(self, *, rebuild: bool = False) -> None:
        super().__init__()
        self._rebuild = rebuild

    def __call__(self, method: str, path: str, *alternates: tuple[str, str], creates: bool = False) -> Callable[[V], V]:
        """Return a decorator that enters a view; `creates` marks a GET that writes nevertheless."""

        def enter(view: V) -> V:
            changes = method != "GET"
            self.append(
                Operation(
                    id=view.__name__,
                    method=method,
                    path=path,
                    view=view,
                    alternates=alternates,
                    writes=changes or creates,
                    rebuilds=changes and self._rebuild,
                )
            )
            return view

        return enter
