# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measure all cases side by side, and write what came of it: ``make bench``."""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml
from ansible_collections.puqcloud.puqvpn.tests.benchmark import plan
from ansible_collections.puqcloud.puqvpn.tests.benchmark.cases import CASES, Case, Workshop
from ansible_collections.puqcloud.puqvpn.tests.benchmark.measure import Times, alternate
from ansible_collections.puqcloud.puqvpn.tests.benchmark.panel import panels

COLLECTION = Path(__file__).resolve().parents[2]
PANELS = 50
SIZES = (1_000, 10_000, 100_000)
PLAN = "e"

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
that whatever slows the machine down meets all of them. The ratios are those of the medians. The seconds are those of
this machine, the ratios should be much the same on others.
"""
# REUSE-IgnoreEnd


def main() -> None:
    """Run the cases that were asked for."""
    arguments = _arguments()
    sections = [HEADER, *_setting(arguments)]
    with TemporaryDirectory(prefix="b") as folder, panels(PANELS) as running:
        for case in CASES:
            for latency in arguments.latencies if case.name in arguments.cases else ():
                home = Path(folder, f"{case.name}-{latency}")
                home.mkdir()
                _tell(f"{case.name}. {case.title}, latency {latency * 1000:g} ms")
                shop = Workshop(home, running, latency)
                times = alternate(case.contenders(shop), arguments.pairs, _tell)
                sections += _section(case, latency, times)
    if PLAN in arguments.cases:
        _tell(f"{PLAN}. The plan alone")
        sections += _plan_section(plan.measure(SIZES, arguments.pairs, _tell))
    page = "\n".join(sections)
    _tell(page)
    arguments.output.write_text(page)


def _arguments() -> argparse.Namespace:
    names = [*(case.name for case in CASES), PLAN]
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--cases", nargs="+", choices=names, default=names, help="only these cases")
    parser.add_argument("--pairs", type=int, default=5, help="how often each contender runs")
    parser.add_argument("--latencies", nargs="+", type=float, default=[0.0, 0.01], help="of panels, in seconds")
    parser.add_argument("--output", type=Path, required=True, help="the page to write")
    return parser.parse_args()


def _tell(text: str) -> None:
    print(text, flush=True)


def _setting(arguments: argparse.Namespace) -> Iterator[str]:
    """The machine, the versions and the command."""
    version = yaml.safe_load((COLLECTION / "galaxy.yml").read_text())["version"]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    libraries = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("ansible-core", "requests"))
    chosen = " ".join(sys.argv[3:])  # Behind --output and the page.
    command = f"nox --session bench -- {chosen}" if chosen else "make bench"
    yield f"| | |\n| --- | --- |\n| machine | {_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB |"
    yield f"| system | {platform.system()} {platform.release()} |"
    yield f"| versions | puqcloud.puqvpn {version}, {libraries}, Python {platform.python_version()} |"
    yield f"| command | `{command}`: {arguments.pairs} runs of each contender |\n"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _colon, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()


def _section(case: Case, latency: float, times: Sequence[Times]) -> Iterator[str]:
    """The seconds of all contenders, and the ratios between them."""
    medians = {one.name: one.median for one in times}
    yield f"## {case.name}. {case.title}, {latency * 1000:g} ms of latency\n"
    yield "| contender | median | fastest | slowest |\n| --- | ---: | ---: | ---: |"
    for one in times:
        yield f"| {one.name} | {one.median:.2f} s | {min(one.seconds):.2f} s | {max(one.seconds):.2f} s |"
    yield "\n| ratio | measured | target | |\n| --- | ---: | ---: | --- |"
    for ratio in case.ratios:
        targets = (ratio.at_most, ratio.at_least) if ratio.latency in (None, latency) else (None, None)
        yield _told(ratio.what, ratio.of(medians), *targets)
    yield ""


def _told(what: str, value: float, most: float | None = None, least: float | None = None) -> str:
    """A row that says what was measured, what was aimed at, and by how much that was missed."""
    if least is not None:
        verdict = "met" if value >= least else f"missed: {least / value:.2f} times too little"
        return f"| {what} | {value:.3g} | at least {least:.3g} | {verdict} |"
    if most is not None:
        verdict = "met" if value <= most else f"missed: {value / most:.2f} times too much"
        return f"| {what} | {value:.3g} | at most {most:.3g} | {verdict} |"
    return f"| {what} | {value:.3g} | | |"


def _plan_section(times: Sequence[plan.PlanTimes]) -> Iterator[str]:
    yield f"## {PLAN}. The plan alone, without a panel\n"
    yield "| accounts | median | for each account | peak of memory |\n| ---: | ---: | ---: | ---: |"
    for one in times:
        each = one.median / one.size * 1_000_000
        yield f"| {one.size:,} | {one.median:.2f} s | {each:.0f} µs | {one.mib:.0f} MiB |"
    yield "\n| ratio | measured | target | |\n| --- | ---: | ---: | --- |"
    yield _told("slope on log-log axes", plan.slope_of(times), 1.1)
    yield _told(f"GiB for {times[-1].size:,} accounts", times[-1].mib / 1024, 1.0)
    yield ""


if __name__ == "__main__":
    main()
