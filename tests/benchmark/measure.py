# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run commands side by side, each as a whole process, and tell how long they took."""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Contender:
    """A command that is measured. ``prepare`` is done before each run, ``check`` raises when a run did not work."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    prepare: Callable[[], None] = lambda: None
    check: Callable[[], None] = lambda: None

    def run(self) -> float:
        """Run it once; the seconds that it took."""
        self.prepare()
        start = time.perf_counter()
        done = subprocess.run(
            self.command, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )
        seconds = time.perf_counter() - start
        if done.returncode != 0:
            raise RuntimeError(f"{self.name} ended with code {done.returncode}:\n{done.stdout[-2000:]}{done.stderr}")
        self.check()
        return seconds


@dataclass
class Times:
    """The seconds of all runs of a contender."""

    name: str
    seconds: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """The median of all runs."""
        return statistics.median(self.seconds)


def alternate(contenders: Sequence[Contender], rounds: int, report: Callable[[str], None]) -> list[Times]:
    """Run all contenders once, then all of them again, and so on: what slows the machine down meets all of them."""
    times = [Times(one.name) for one in contenders]
    for at in range(rounds):
        for one, its in zip(contenders, times):
            its.seconds.append(one.run())
            report(f"  {at + 1}/{rounds} {one.name}: {its.seconds[-1]:.2f} s")
    return times
