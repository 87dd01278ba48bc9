# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the benchmark makes of its measurements, and what it compares with."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.puqcloud.puqvpn.tests.benchmark.baseline import PLACE, Release, extract, previous_release
from ansible_collections.puqcloud.puqvpn.tests.benchmark.case import Case, Figure, over
from ansible_collections.puqcloud.puqvpn.tests.benchmark.cases import chosen
from ansible_collections.puqcloud.puqvpn.tests.benchmark.measure import (
    BEFORE,
    CPU,
    MEMORY,
    NOW,
    WALL,
    Contender,
    alternate,
    competitors,
)
from ansible_collections.puqcloud.puqvpn.tests.benchmark.page import missed, section

# Half a second of work, in a process below the one that is run.
BUSY = "import time\nwhile time.process_time() < 0.5: pass"
BUSY_BELOW = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BUSY!r}])"
LARGE_TWICE = """
import subprocess, sys, time
large = bytearray(b"x") * 40_000_000
subprocess.run([sys.executable, "-c", "import time; large = bytearray(b'x') * 40_000_000; time.sleep(0.3)"])
"""


@pytest.fixture
def before(tmp_path: Path) -> Release:
    return Release("0.9.0", tmp_path / "old")


@pytest.fixture
def now(tmp_path: Path) -> Release:
    return Release("0.10.0", tmp_path / "new")


def contender(folder: Path, code: str, **more: object) -> Contender:
    return Contender("ours", [sys.executable, "-c", code], {"PATH": ""}, folder, **more)  # type: ignore[arg-type]


def test_processes_below_the_contender_count(tmp_path: Path, now: Release) -> None:
    assert contender(tmp_path, BUSY_BELOW).run(now, NOW)[CPU] >= 0.5


def test_memory_is_that_of_the_largest_process_or_of_all_of_them(tmp_path: Path, now: Release) -> None:
    large = contender(tmp_path, LARGE_TWICE)
    assert 40 < large.run(now, NOW)[MEMORY] < 70
    assert large.run(now, NOW, sample=True)[MEMORY] > 70


def test_a_contender_that_fails_ends_the_benchmark_with_what_it_said(tmp_path: Path, now: Release) -> None:
    with pytest.raises(RuntimeError, match="ours \\(now\\) failed:\nno panel"):
        contender(tmp_path, "raise SystemExit('no panel')").run(now, NOW)


def test_ours_run_with_both_releases_and_the_others_once(tmp_path: Path, before: Release, now: Release) -> None:
    said = []
    write = contender(
        tmp_path, "import os; print(open('collections', 'w').write(os.environ['ANSIBLE_COLLECTIONS_PATH']))"
    )
    ours = Contender(**{**vars(write), "ours": True, "check": lambda: said.append("checked")})
    new = Contender(**{**vars(ours), "name": "new", "since": "0.10.0"})
    runs = competitors([write, ours, new], now, before)
    assert [(its.contender.name, its.which) for its in runs] == [
        ("ours", ""),
        ("ours", BEFORE),
        ("ours", NOW),
        ("new", NOW),
    ]
    alternate(runs[1:3], 2, lambda _line: None)
    assert [len(its.costs) for its in runs] == [0, 2, 2, 0]
    assert (tmp_path / BEFORE / "collections").read_text() == str(before.collections)
    assert (tmp_path / NOW / "collections").read_text() == str(now.collections)
    assert said == ["checked", "checked"], "an earlier release may have sent other requests"


@pytest.mark.parametrize(
    ("prefixes", "names"), [([], ["a1", "a2", "export"]), (["a"], ["a1", "a2"]), (["a2", "exp"], ["a2", "export"])]
)
def test_cases_are_chosen_by_the_beginning_of_their_names(prefixes: list[str], names: list[str]) -> None:
    cases = [Case(name, "", lambda _shop: [], []) for name in ("a1", "a2", "export")]
    assert [case.name for case in chosen(cases, prefixes)] == names


def test_a_case_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(SystemExit, match="no case begins with x. The cases are: a1"):
        chosen([Case("a1", "", lambda _shop: [], [])], ["a", "x"])


def test_the_page_shows_both_releases_and_targets_only_the_console(
    tmp_path: Path, before: Release, now: Release
) -> None:
    floor, ours = contender(tmp_path, ""), contender(tmp_path, "", ours=True)
    floor = Contender(**{**vars(floor), "name": "debug"})
    new = Contender(**{**vars(ours), "name": "new", "since": "0.10.0"})
    runs = competitors([floor, ours, new], now, before)
    for its, cpu in zip(runs, (1.0, 4.0, 1.5, 1.0)):
        its.costs = [{CPU: cpu * factor, WALL: 2.0, MEMORY: 50.0} for factor in (1, 0.5, 3)]
    figures = [
        Figure("ours / debug", over("ours", "debug"), at_most=1.25),
        Figure("new / debug", over("new", "debug"), at_most=1.0, measures=[CPU]),
    ]
    case = Case("a1", "Tasks", lambda _shop: [], figures, latency=0.01, memory="process", note="It is Ansible.")
    text = section(case, runs)
    assert text.startswith("## a1. Tasks, 10 ms of latency\n\n3 runs of each contender.\n")
    assert "| debug |  | 1.00 s (0.50 to 3.00) | 2.00 s (2.00 to 2.00) | 50 MiB |" in text
    assert "| ours | before | 4.00 s (2.00 to 12.00) | 2.00 s (2.00 to 2.00) | 50 MiB |" in text
    assert "| ours / debug | CPU | 4 | 1.5 |\n| ours / debug | wall | 1 | 1 |\n| new / debug | CPU | - | 1 |" in text
    assert text.endswith("\n\nIt is Ansible.\n")
    assert "1.25" not in text
    assert list(missed(case, runs)) == ["a1. ours / debug, CPU: 1.5, at most 1.25 is wanted"]


def commit(repository: Path, version: str, subject: str) -> str:
    (repository / "galaxy.yml").write_text(f"name: puqvpn\nversion: {version}\n")
    (repository / "subject").write_text(subject)
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    git(repository, "add", "--all")
    git(repository, *identity, "commit", "--quiet", "--message", subject)
    return git(repository, "rev-parse", "HEAD")


def git(repository: Path, *arguments: str) -> str:
    command = ["git", "-C", str(repository), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_the_baseline_is_the_commit_that_set_the_previous_version(tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    repository.mkdir()
    git(repository, "init", "--quiet")
    older = commit(repository, "0.8.0", "Release 0.8.0")
    released = commit(repository, "0.9.0", "Release 0.9.0")
    commit(repository, "0.9.0", "Make it fast")
    assert previous_release(repository, "0.9.0") == older
    assert previous_release(repository, "0.10.0") == released, "the version is raised but not committed"
    commit(repository, "0.10.0", "Release 0.10.0")
    assert previous_release(repository, "0.10.0") == released

    release = extract(repository, released, tmp_path / "before")
    assert release.version == "0.9.0"
    assert (release.collections / PLACE / "subject").read_text() == "Release 0.9.0"
    assert not release.has("0.10.0")
    assert release.has("0.9.0")
    assert release.has("")


def test_a_repository_without_another_version_has_no_baseline(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    commit(tmp_path, "0.1.0", "Begin")
    with pytest.raises(LookupError, match="choose one with --baseline"):
        previous_release(tmp_path, "0.1.0")
