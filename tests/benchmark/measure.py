# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run commands side by side, each as a whole process, and tell what they cost."""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.puqcloud.puqvpn.tests.benchmark.baseline import Release

LAUNCH = Path(__file__).with_name("launch.py")

CPU, WALL, MEMORY = "CPU", "wall", "MiB"
MEASURES = (CPU, WALL, MEMORY)

NOW, BEFORE = "now", "before"


@dataclass(frozen=True)
class Contender:
    """A command that is measured, in a folder of its own for each release.

    One of ``ours`` runs with each release that has what came with the version ``since``, the others with none.
    ``prepare`` is done before each run; with ``anew``, the folder is empty then. ``check`` raises when a run of the
    checkout did not work, since an earlier release may have sent other requests. One that ``measures_itself`` prints
    its seconds as JSON.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    ours: bool = False
    since: str = ""
    prepare: Callable[[], None] = lambda: None
    check: Callable[[], None] = lambda: None
    anew: bool = False
    measures_itself: bool = False

    def run(self, release: Release, which: str, *, sample: bool = False) -> dict[str, float]:
        """Run it once, and return its cost by measure."""
        self.prepare()
        folder = self.folder / which
        if self.anew:
            shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        report = self.folder / "cost.json"
        environment = {
            **self.environment,
            "ANSIBLE_COLLECTIONS_PATH": str(release.collections),
            # Where a playbook finds it.
            "PWD": str(folder),
        }
        launch = [sys.executable, "-I", "-S", str(LAUNCH), str(report), "sample" if sample else "run"]
        done = subprocess.run(
            [*launch, *self.command], cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise RuntimeError(f"{self.name} ({which}) failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        if which == NOW:
            self.check()
        cost = json.loads(report.read_text())
        if self.measures_itself:
            cost.update(json.loads(done.stdout.splitlines()[-1]))
        return {CPU: cost["cpu"], WALL: cost["wall"], MEMORY: cost["mib"]}


@dataclass
class Runs:
    """What all runs of a contender cost with one release; ``which`` is empty where no release takes part."""

    contender: Contender
    release: Release
    which: str
    costs: list[dict[str, float]] = field(default_factory=list)

    def all(self, measure: str) -> list[float]:
        """The costs by one measure."""
        return [cost[measure] for cost in self.costs]

    def median(self, measure: str) -> float:
        """The median of all runs."""
        return statistics.median(self.all(measure))

    def run(self, *, sample: bool = False) -> dict[str, float]:
        """Run the contender once more, and return what that cost."""
        return self.contender.run(self.release, self.which or NOW, sample=sample)


def competitors(contenders: Sequence[Contender], now: Release, before: Release | None) -> list[Runs]:
    """Return what is run: each contender of ours with both releases, if both have what it is about."""
    found = []
    for contender in contenders:
        if contender.ours and before is not None and before.has(contender.since):
            found.append(Runs(contender, before, BEFORE))
        found.append(Runs(contender, now, NOW if contender.ours else ""))
    return found


def alternate(runs: Sequence[Runs], rounds: int, report: Callable[[str], None], *, whole_tree: bool = False) -> None:
    """Run all once, then all of them again, and so on: what slows the machine down meets all of them.

    For the memory of a ``whole_tree``, which takes time to look at, there is one more run of each, of which nothing
    else is kept.
    """
    for at in range(rounds):
        for its in runs:
            its.costs.append(its.run())
            cost = its.costs[-1]
            report(
                f"  {at + 1}/{rounds} {its.contender.name}{its.which and f' ({its.which})'}: "
                f"CPU {cost[CPU]:.2f} s, wall {cost[WALL]:.2f} s, {cost[MEMORY]:.0f} MiB"
            )
    if whole_tree:
        for its in runs:
            mib = its.run(sample=True)[MEMORY]
            for cost in its.costs:
                cost[MEMORY] = mib
            report(f"  {its.contender.name}{its.which and f' ({its.which})'}: {mib:.0f} MiB at once")


def medians(runs: Sequence[Runs], which: str, measure: str) -> dict[str, float]:
    """Return the medians of one release by the names of contenders, beside those that no release takes part in."""
    return {its.contender.name: its.median(measure) for its in runs if its.which in ("", which)}
