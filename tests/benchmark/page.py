# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What came of the measurements, as a page and as a list of the targets that were missed."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Iterator, Sequence
from pathlib import Path

from ansible_collections.puqcloud.puqvpn.tests.benchmark.baseline import Release
from ansible_collections.puqcloud.puqvpn.tests.benchmark.case import Case, Figure
from ansible_collections.puqcloud.puqvpn.tests.benchmark.measure import BEFORE, CPU, MEMORY, NOW, WALL, Runs, medians

# REUSE-IgnoreStart
HEADER = """\
<!--
Copyright (c) 2026 PUQ VPN collection contributors
GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
SPDX-License-Identifier: GPL-3.0-or-later
-->

# Benchmarks

`make bench` writes this page, and all its numbers are of one run. Each contender is a whole process, such as
`ansible-playbook` with its start, against simulated panels in another process. The contenders of a case take turns, so
that whatever slows the machine down meets all of them. Those of the collection run twice, with the previous release and
with the checkout.

CPU seconds are those of the process and of all processes below it, in user and system mode. Each cell is the median of
all runs, with the fastest and the slowest in parentheses. Ratios are those of medians. The seconds are those of this
machine, the ratios should be much the same on others. A dash stands for what the previous release does not have.

The memory of the largest process is the peak of its resident memory (RSS). That of all processes is the most that they
had at once, sampled in a run of its own whose seconds do not count; pages that they share count once (PSS).
"""
# REUSE-IgnoreEnd

MEMORY_HEADINGS = {"process": "largest process", "tree": "all processes"}


def setting(now: Release, before: Release | None) -> str:
    """Return the machine and the versions as a table."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    libraries = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("ansible-core", "requests"))
    compared = f", compared with {before.version}" if before else ""
    return "\n".join(
        [
            "| | |\n| --- | --- |",
            f"| machine | {_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB |",
            f"| system | {platform.system()} {platform.release()} |",
            f"| collection | puqcloud.puqvpn {now.version}{compared} |",
            f"| versions | {libraries}, Python {platform.python_version()} |\n",
        ]
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _colon, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()


def section(case: Case, runs: Sequence[Runs]) -> str:
    """Return what the contenders cost, the figures made of it, and what there is to say about them."""
    latency = f", {case.latency * 1000:g} ms of latency" if case.latency else ""
    lines = [f"## {case.name}. {case.title}{latency}\n"]
    memory = MEMORY_HEADINGS.get(case.memory)
    lines += [
        f"{len(runs[0].costs)} runs of each contender.\n",
        f"| contender | | CPU | wall |{f' {memory} |' if memory else ''}",
        f"| --- | --- | ---: | ---: |{' ---: |' if memory else ''}",
        *(_row(its, with_memory=bool(memory)) for its in runs),
        "\n| figure | of | before | now |\n| --- | --- | ---: | ---: |",
    ]
    for figure in case.figures:
        for measure in figure.measures:
            before, now = (_shown(figure, runs, which, measure) for which in (BEFORE, NOW))
            lines.append(f"| {figure.what} | {measure} | {before} | {now} |")
    return "\n".join([*lines, "", *([f"{case.note}\n"] if case.note else [])])


def _row(its: Runs, *, with_memory: bool) -> str:
    cells = [its.contender.name, its.which, *(_seconds(its, measure) for measure in (CPU, WALL))]
    if with_memory:
        cells.append(f"{its.median(MEMORY):.0f} MiB")
    return f"| {' | '.join(cells)} |"


def _seconds(its: Runs, measure: str) -> str:
    costs = its.all(measure)
    return f"{its.median(measure):.2f} s ({min(costs):.2f} to {max(costs):.2f})"


def _shown(figure: Figure, runs: Sequence[Runs], which: str, measure: str) -> str:
    value = value_of(figure, runs, which, measure)
    return "-" if value is None else f"{value:.3g}"


def value_of(figure: Figure, runs: Sequence[Runs], which: str, measure: str) -> float | None:
    """Return a figure of one release; None if the release lacks what it is about."""
    if not any(its.which == which for its in runs):
        return None
    try:
        return figure.of(medians(runs, which, measure))
    except KeyError:
        return None


def missed(case: Case, runs: Sequence[Runs]) -> Iterator[str]:
    """Yield the targets that the checkout misses, as lines."""
    for figure in case.figures:
        for measure in figure.measures:
            value = value_of(figure, runs, NOW, measure)
            if figure.at_most is not None and value is not None and value > figure.at_most:
                yield f"{case.name}. {figure.what}, {measure}: {value:.3g}, at most {figure.at_most:g} is wanted"
