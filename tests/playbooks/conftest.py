# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the real ansible-playbook and ansible-inventory, each time in a home of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from ansible_collections.puqcloud.puqvpn.tests.playbooks.interpreter import Interpreter
from ansible_collections.puqcloud.puqvpn.tests.playbooks.launcher import Launcher
from ansible_collections.puqcloud.puqvpn.tests.playbooks.runs import (
    Inventory,
    Listing,
    Playbook,
    Run,
    Start,
    environment_in,
)
from simulator import Simulator


@pytest.fixture(scope="session")
def launcher() -> Iterator[Launcher]:
    """What starts the programs."""
    with TemporaryDirectory(prefix="l") as home:
        environment = environment_in(Path(home))
        with Interpreter(environment) as python, Launcher(environment, python.path) as launcher:
            yield launcher


@pytest.fixture
def playbook(launcher: Launcher, tmp_path: Path) -> Iterator[Playbook]:
    """Run a playbook file, or a play's tasks, and return what happened; `secrets` are variables from a file."""
    homes = ExitStack()

    def run(
        what: Path | list[dict[str, Any]], *arguments: str, secrets: dict[str, str] | None = None, **environment: str
    ) -> Run:
        # A short path: ansible-core puts a socket there, whose path must not be longer than 107 characters.
        home = Path(homes.enter_context(TemporaryDirectory(prefix="p")))
        # What the test itself writes down lies outside the home, which is searched for secrets.
        record, play = tmp_path / f"{home.name}.jsonl", tmp_path / f"{home.name}.yml"
        if not isinstance(what, Path):
            header = {"name": "Test", "hosts": "localhost", "connection": "local", "gather_facts": False}
            play.write_text(yaml.safe_dump([{**header, "tasks": what}], sort_keys=False))
            what = play
        if secrets:
            vault = tmp_path / f"{home.name}.secrets.json"
            vault.write_text(json.dumps(secrets))
            arguments = (*arguments, "-e", f"@{vault}")
        done = launcher.run(
            "ansible-playbook",
            *arguments,
            what,
            cwd=home,
            env={**environment_in(home), "PUQVPN_TEST_RECORD": str(record), **environment},
            merge=True,
        )
        lines = record.read_text().splitlines() if record.exists() else []
        log = (home / "ansible.log").read_text()
        assert "[DEPRECATION WARNING]" not in done.stdout, done.stdout
        return Run(done.returncode, done.stdout, log, home, [json.loads(line) for line in lines])

    with homes:
        yield run


@pytest.fixture
def inventory(launcher: Launcher) -> Iterator[Inventory]:
    """Run ansible-inventory on a file, and return what it printed."""
    homes = ExitStack()

    def run(file: Path, *arguments: str, **environment: str) -> Listing:
        home = Path(homes.enter_context(TemporaryDirectory(prefix="i")))
        done = launcher.run(
            "ansible-inventory",
            *("-i", file),
            *(arguments or ["--list"]),
            cwd=home,
            env={**environment_in(home), **environment},
        )
        assert done.returncode == 0, done.stderr
        assert "[DEPRECATION WARNING]" not in done.stderr, done.stderr
        assert "Traceback" not in done.stderr, done.stderr
        log = (home / "ansible.log").read_text() if (home / "ansible.log").exists() else ""
        return Listing(done.returncode, done.stdout + done.stderr, log, home, stdout=done.stdout, stderr=done.stderr)

    with homes:
        yield run


@pytest.fixture
def start() -> Iterator[Start]:
    """Start simulators that end with the test."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(Simulator(**options))
