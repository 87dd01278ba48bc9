# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a case is: contenders that do the same work, and figures made of what they cost."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from ansible_collections.puqcloud.puqvpn.tests.benchmark.measure import CPU, WALL, Contender
from ansible_collections.puqcloud.puqvpn.tests.benchmark.panel import Panel, start_panels

BIN = Path(sys.executable).parent
SCRIPTS = Path(__file__).parent
OURS = "puqcloud.puqvpn."

# The folder of a contender, in which each release has another one, as a playbook finds it.
FOLDER = "{{ lookup('ansible.builtin.env', 'PWD') }}"

Medians = Mapping[str, float]


@dataclass(frozen=True)
class Figure:
    """A figure made of the medians by each of ``measures``, such as a ratio, and what it should be at the most.

    ``of`` raises KeyError for a contender that a release does not have.
    """

    what: str
    of: Callable[[Medians], float]
    at_most: float | None = None
    measures: Sequence[str] = (CPU, WALL)


@dataclass(frozen=True)
class Case:
    """Contenders that do the same work, and the figures of them.

    ``latency`` is that of the panels, in seconds. ``memory`` tells what the page says about it: of the largest
    ``process``, of all processes at once (``tree``), or nothing. ``note`` is printed below the figures.
    """

    name: str
    title: str
    contenders: Callable[[Workshop], list[Contender]]
    figures: Sequence[Figure]
    runs: int = 5
    latency: float = 0.0
    memory: str = ""
    note: str = ""


@dataclass
class Workshop:
    """Where a case is run: a folder for its files, and the panels that it starts."""

    folder: Path
    latency: float
    stack: ExitStack
    environment: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        """Leave the user's own settings of Ansible out."""
        self.environment = {
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "ANSIBLE_HOME": str(self.folder / ".ansible"),
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        }

    @cached_property
    def panel(self) -> Panel:
        """The panel of a case that needs one."""
        return self.panels(1)[0]

    def panels(self, number: int, *, tls: bool = False) -> list[Panel]:
        """Start panels, which end with the case."""
        return self.stack.enter_context(start_panels(number, tls=tls, latency=self.latency))

    def write(self, name: str, content: Any) -> str:
        """Write a file as JSON, which is YAML; its path."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content))
        return str(path)

    def playbook(
        self, name: str, tasks: list[dict[str, Any]], panel: Panel | None = None, *, place: str = "", **more: Any
    ) -> Contender:
        """The contender that runs these tasks at localhost; ``more`` are its further fields.

        Variables of hosts may be in the folder ``place``.
        """
        play = {"name": name, "hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}
        command = ["ansible-playbook", self.write(f"{place}{_file_name(name)}.yml", [play])]
        return self.contender(name, command, panel or self.panel, ours=OURS in json.dumps(tasks), **more)

    def fleet_playbook(
        self, name: str, panels: Sequence[Panel], tasks: list[dict[str, Any]], *, forks: int, **more: Any
    ) -> Contender:
        """The contender that runs these tasks for each of the panels, as many at a time as there are forks."""
        hosts = {
            f"panel_{at:03}": {"panel_url": panel.url, "panel_hash": panel.credential}
            for at, panel in enumerate(panels)
        }
        common = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        inventory = self.write("panels.yml", {"all": {"vars": common, "hosts": hosts}})
        connection = {"url": "{{ panel_url }}", "access_hash": "{{ panel_hash }}"}
        play = {
            "name": name,
            "hosts": "all",
            "gather_facts": False,
            "module_defaults": {f"group/{OURS}all": connection},
            "tasks": tasks,
        }
        playbook = self.write(f"{_file_name(name)}.yml", [play])
        command = ["ansible-playbook", "--inventory", inventory, "--forks", str(forks), playbook]
        return self.contender(name, command, ours=OURS in json.dumps(tasks), **more)

    def contender(self, name: str, command: Sequence[str], panel: Panel | None = None, **more: Any) -> Contender:
        """The contender that runs a command; ``settings`` are further environment variables."""
        settings = more.pop("settings", {})
        connection = panel.environment if panel else {}
        folder = self.folder / "runs" / _file_name(name)
        return Contender(name, command, {**self.environment, **connection, **settings}, folder, **more)


def _file_name(name: str) -> str:
    return name.replace(" ", "-").replace(",", "")


def uri(panel: Panel, method: str, path: str, **options: Any) -> dict[str, Any]:
    """A task of ``ansible.builtin.uri`` that sends a request to a panel."""
    headers = {"Cookie": f"access_hash={panel.credential}"}
    return {
        "ansible.builtin.uri": {"url": f"{panel.url}/api/v1/{path}", "method": method, "headers": headers, **options}
    }


def role(name: str, **variables: Any) -> dict[str, Any]:
    """A task that runs a role of the collection."""
    return {"name": "Role", "ansible.builtin.include_role": {"name": f"{OURS}{name}"}, "vars": variables}


def expect(panels: Sequence[Panel], **requests: int) -> dict[str, Callable[[], None]]:
    """Fields of a contender that check that each panel was asked exactly that, by method."""

    def forget() -> None:
        for panel in panels:
            panel.forget()

    def check() -> None:
        for panel in panels:
            if panel.requests() != requests:
                raise RuntimeError(f"the panel was asked {panel.requests()} and not {requests}")

    return {"prepare": forget, "check": check}


def over(one: str, other: str) -> Callable[[Medians], float]:
    """The ratio of two contenders."""
    return lambda medians: medians[one] / medians[other]
