# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""AWX as far as its jobs go: what the stand-ins of its modules hold is run with ansible-runner, which AWX runs as well.

A job gets a copy of the project and the environment of its credential. AWX runs it in a container, which is left out.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ansible_collections.puqcloud.puqvpn.tests.unit.credential_types import awx_environment

# In a process of its own, since ansible-runner forks, and the simulators are threads of this one.
_RUNNER = """\
import ansible_runner, json, sys
function, options = json.load(sys.stdin)
getattr(ansible_runner, function)(**options)
"""


@dataclass
class Job:
    """What is left of a job."""

    folder: Path

    @property
    def successful(self) -> bool:
        (status,) = self.folder.glob("artifacts/*/status")
        return status.read_text() == "successful"

    @cached_property
    def events(self) -> list[dict[str, Any]]:
        events = [json.loads(path.read_text()) for path in self.folder.glob("artifacts/*/job_events/*.json")]
        return sorted(events, key=lambda event: int(event["counter"]))

    @property
    def output(self) -> str:
        return "".join(path.read_text() for path in self.folder.glob("artifacts/*/stdout"))

    @property
    def artifacts(self) -> dict[str, Any]:
        """What the playbook has kept with set_stats."""
        (stats,) = [event for event in self.events if event["event"] == "playbook_on_stats"]
        return dict(stats["event_data"]["artifact_data"])

    @property
    def changed(self) -> list[str]:
        """The tasks that have changed something."""
        results = [event["event_data"] for event in self.events if event["event"] == "runner_on_ok"]
        return [result["task"] for result in results if result["res"].get("changed")]

    def places_with(self, text: str) -> list[str]:
        """The files in which the text can be read."""
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        return [path.name for path in files if text.encode() in path.read_bytes()]


class Awx:
    """What AWX holds after the playbook has configured it, and how it runs that."""

    def __init__(self, held: Path, project: Path, environment: dict[str, str]) -> None:
        self._objects: dict[str, dict[str, Any]] = json.loads(held.read_text())
        self._project = project
        # AWX has no callbacks of the tests.
        self._environment = {name: value for name, value in environment.items() if "CALLBACK" not in name}
        self._jobs = 0

    def run_node(self, workflow: str, identifier: str) -> Job:
        """Run the job of one node of a workflow."""
        node = self._objects[f"workflow_job_template_node {workflow} / {identifier}"]
        return self.launch(node["unified_job_template"], node["credentials"], node["limit"])

    def launch(self, job_template: str, credentials: list[str] | None = None, limit: str = "all") -> Job:
        """Run a job template, with other credentials and another limit than its own if the template asks for them."""
        template = self._objects[f"job_template {job_template}"]
        assert credentials is None or template["ask_credential_on_launch"]
        assert limit == "all" or template["ask_limit_on_launch"]
        (credential,) = credentials or template["credentials"]
        (source,) = [
            held
            for name, held in self._objects.items()
            if name.startswith(f"inventory_source {template['inventory']} / ")
        ]
        folder = self._folder()
        # The verbosity that the user of AWX chooses to find an error.
        flags = ["-vvv", *["--check"] * (template["job_type"] == "check"), *["--diff"] * bool(template["diff_mode"])]
        return self._run(
            "run",
            credential,
            folder,
            playbook=template["playbook"],
            inventory=f"{folder}/project/{source['source_path']}",
            cmdline=" ".join([*flags, "--limit", limit]),
        )

    def update(self, inventory: str, source: str) -> tuple[Job, dict[str, Any]]:
        """Update an inventory from a source, and return the job and what ansible-inventory has listed."""
        held = self._objects[f"inventory_source {inventory} / {source}"]
        folder = self._folder()
        listed = folder / "listed.json"
        path = f"{folder}/project/{held['source_path']}"
        job = self._run(
            "run_command",
            held["credential"],
            folder,
            executable_cmd="ansible-inventory",
            cmdline_args=["--list", "--export", "-i", path, "--output", str(listed)],
        )
        return job, json.loads(listed.read_text())

    def _folder(self) -> Path:
        self._jobs += 1
        folder = Path(self._environment["HOME"]) / f"job{self._jobs}"
        shutil.copytree(self._project, folder / "project")
        (folder / "env").mkdir()
        return folder

    def _run(self, function: str, credential: str, folder: Path, **options: Any) -> Job:
        held = self._objects[f"credential {credential}"]
        kind = self._objects[f"credential_type {held['credential_type']}"]
        options |= {
            "private_data_dir": str(folder),
            "envvars": {**self._environment, **awx_environment(kind, held["inputs"], folder / "env")},
            "suppress_env_files": True,
            "quiet": True,
        }
        order = json.dumps([function, options])
        command = [sys.executable, "-c", _RUNNER]
        subprocess.run(command, input=order, text=True, env=self._environment, cwd=folder, timeout=300, check=True)
        return Job(folder)
