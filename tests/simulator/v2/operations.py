# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of operations that each area of generation 2 fills."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from ..options import Options
from ..site import Site
from .fields import Body

View = Callable[..., Any]
V = TypeVar("V", bound=View)
Takes = Callable[[Options], Body]


class Nothing:
    """What a view returns for an envelope without `data`."""


NOTHING = Nothing()


@dataclass(frozen=True)
class Operation:
    """One operation.

    `view(site, **path)` returns the payload, and gets `values` as well when the operation `takes` a body. A token needs
    the `permission`. `inferred`: no page names it. `answers`: the schema of the payload, where one is known.
    """

    method: str
    path: str
    view: View
    permission: str
    takes: Takes | None = None
    answers: str = ""
    inferred: bool = False
    rebuilds: bool = False

    def is_there(self, site: Site) -> bool:
        """Tell whether the panel knows the operation."""
        return site.options.inferred or not self.inferred


class Operations(list[Operation]):
    """Operations on one resource of the permissions, entered with a decorator."""

    def __init__(self, resource: str) -> None:
        super().__init__()
        self._resource = resource

    def __call__(self, method: str, path: str, *, resource: str = "", **more: Any) -> Callable[[V], V]:
        """Return a decorator that enters a view."""
        permission = f"{resource or self._resource}:{'read' if method == 'GET' else 'write'}"

        def enter(view: V) -> V:
            self.append(Operation(method, path, view, permission, **more))
            return view

        return enter
