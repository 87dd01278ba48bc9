# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measure all cases side by side, and write what came of it: ``make bench``."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from ansible_collections.puqcloud.puqvpn.tests.benchmark import page
from ansible_collections.puqcloud.puqvpn.tests.benchmark.baseline import (
    COLLECTIONS,
    Release,
    checkout_of,
    extract,
    previous_release,
)
from ansible_collections.puqcloud.puqvpn.tests.benchmark.case import Case, Workshop
from ansible_collections.puqcloud.puqvpn.tests.benchmark.cases import CASES, chosen
from ansible_collections.puqcloud.puqvpn.tests.benchmark.measure import Runs, alternate, competitors


def main() -> None:
    """Run the cases that were asked for. Only a run of all of them writes the page."""
    arguments = _arguments()
    now = checkout_of(COLLECTIONS)
    with TemporaryDirectory(prefix="b") as folder:
        commit = arguments.baseline or previous_release(arguments.repository, now.version)
        before = extract(arguments.repository, commit, Path(folder, "before"))
        sections, missed = [page.HEADER, page.setting(now, before)], []
        for case in chosen(CASES, arguments.cases):
            runs = _measure(case, Path(folder), arguments.runs or case.runs, now, before)
            sections.append(page.section(case, runs))
            missed += page.missed(case, runs)
            _tell(sections[-1])
    if not arguments.cases:
        arguments.output.write_text("\n".join(sections))
    _tell("\n".join(["Missed targets:", *missed]) if missed else "All targets are met.")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("cases", nargs="*", help="only cases whose name begins with one of these; no page is written")
    parser.add_argument("--runs", type=int, help="how often each contender runs, instead of what its case says")
    parser.add_argument("--baseline", help="commit to compare with, instead of the previous release")
    parser.add_argument("--repository", type=Path, required=True, help="the repository to find it in")
    parser.add_argument("--output", type=Path, required=True, help="the page to write")
    return parser.parse_args()


def _measure(case: Case, folder: Path, rounds: int, now: Release, before: Release) -> Sequence[Runs]:
    start = time.monotonic()
    _tell(f"{case.name}. {case.title}")
    home = folder / case.name
    home.mkdir()
    with ExitStack() as stack:
        contenders = case.contenders(Workshop(home, case.latency, stack))
        runs = competitors(contenders, now, before)
        alternate(runs, rounds, _tell, whole_tree=case.memory == "tree")
    _tell(f"  {case.name} took {time.monotonic() - start:.0f} s\n")
    return runs


def _tell(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
