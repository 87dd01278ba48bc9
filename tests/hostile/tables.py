# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tables of what a hostile panel does, as tests read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from simulator import Simulator

FOLDER = Path(__file__).parent


def _read(name: str) -> dict[str, Any]:
    return {id: _repeated(row) for id, row in yaml.safe_load((FOLDER / name).read_text()).items()}


def _repeated(row: Any) -> Any:
    """A row in which a text that is to be repeated is long, and half a character what YAML cannot write."""
    if isinstance(row, str):
        return row.replace("<surrogate>", "\ud800")
    if not isinstance(row, dict):
        return row
    if set(row) == {"times", "text"}:
        return _repeated(row["text"]) * row["times"]
    return {name: _repeated(value) for name, value in row.items()}


_TEXTS: dict[str, str] = _read("texts.yml")
VALUES: dict[str, Any] = _read("values.yml")


def texts(canary: Path) -> dict[str, str]:
    """What a hostile panel shows, by the ids of the table; none of it may ever lead to the file ``canary``."""
    return {id: text.replace("<canary>", str(canary)).replace("<name>", canary.name) for id, text in _TEXTS.items()}


@dataclass(frozen=True)
class Breakage:
    """A way in which a panel breaks HTTP, at a request or, as a greeting, before one."""

    id: str
    fault: str = ""
    greeting: str = ""
    stalls: bool = False
    harmless: bool = False
    refuses: bool = False
    heavy: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)

    def arm(self, panel: Simulator, *, times: int | None, **where: Any) -> None:
        """Let it wait for its requests, or for the next connections."""
        if self.greeting:
            panel.greet(self.greeting, times=times)
        else:
            panel.fault(self.fault, times=times, **where, **self.options)


def _breakage(id: str, row: dict[str, Any]) -> Breakage:
    marks = {
        name: row.pop(name) for name in ("fault", "greeting", "stalls", "harmless", "refuses", "heavy") if name in row
    }
    return Breakage(id, **marks, options=row)


BREAKAGES = [_breakage(id, row) for id, row in _read("breakages.yml").items()]
