# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tests see of a run of ansible-playbook or ansible-inventory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from simulator import Simulator

COLLECTION = Path(__file__).resolve().parents[2]


@dataclass
class Run:
    """What a user, and everything that a user can look at, saw of a run."""

    code: int
    output: str
    log: str
    home: Path
    results: list[dict[str, Any]] = field(default_factory=list)

    def result_of(self, task: str) -> dict[str, Any]:
        return next(entry["result"] for entry in self.results if entry["task"] == task)

    @property
    def changed(self) -> list[str]:
        return [entry["task"] for entry in self.results if entry["result"].get("changed")]

    def places_with(self, text: str) -> list[str]:
        """Where the text can be read after the run: the output, the log, and every file that is left."""
        found = [name for name, seen in (("output", self.output), ("log", self.log)) if text in seen]
        for path in self.home.rglob("*"):
            if path.is_file() and text.encode() in path.read_bytes():
                found.append(str(path.relative_to(self.home)))
        return found


@dataclass
class Listing(Run):
    """What ansible-inventory printed."""

    stdout: str = ""
    stderr: str = ""

    @cached_property
    def listed(self) -> dict[str, Any]:
        """What a run with --list printed; with -vvvv more is printed before that."""
        return dict(_plain(json.loads(self.stdout[self.stdout.index("{\n") :])))

    @property
    def hosts(self) -> dict[str, dict[str, Any]]:
        """The variables of all hosts."""
        return dict(self.listed["_meta"]["hostvars"])

    @property
    def groups(self) -> dict[str, set[str]]:
        """The hosts of all groups that have any."""
        return {name: set(group["hosts"]) for name, group in self.listed.items() if "hosts" in group}

    @property
    def warnings(self) -> str:
        """What was told beside, on one line: Ansible breaks lines where it likes."""
        return " ".join(self.stderr.split())


def _plain(value: Any) -> Any:
    """JSON without the marks that ansible-core gives to texts which it does not trust."""
    if isinstance(value, dict):
        plain = {name: _plain(held) for name, held in value.items()}
        return plain.get("__ansible_unsafe", plain)
    return [_plain(item) for item in value] if isinstance(value, list) else value


Playbook = Callable[..., Run]
Inventory = Callable[..., Listing]
Start = Callable[..., Simulator]


def play_of_panels(connection: dict[str, Any], **keywords: Any) -> dict[str, Any]:
    """A play whose hosts are panels, with the connection options of all modules; ``keywords`` are further ones."""
    return {
        "name": "Test",
        "hosts": "all",
        "connection": "local",
        "gather_facts": False,
        "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"},
        "module_defaults": {"group/puqcloud.puqvpn.all": {"retries": 0, **connection}},
        **keywords,
    }


# The connection options of a play whose hosts are panels of both generations, as `variables_of` describes them.
EITHER_GENERATION = {
    "url": "{{ panel_url }}",
    "access_hash": "{{ panel_hash | default(omit) }}",
    "token": "{{ panel_token | default(omit) }}",
}


def variables_of(panel: Simulator) -> dict[str, str]:
    """The variables of a host that is a panel."""
    return {"panel_url": panel.url, {1: "panel_hash", 2: "panel_token"}[panel.generation]: panel.credential}


def environment_of(panel: Simulator) -> dict[str, str]:
    """The environment variables that lead to a panel."""
    credential = {1: "PUQVPN_ACCESS_HASH", 2: "PUQVPN_TOKEN"}[panel.generation]
    variables = {"PUQVPN_URL": panel.url, credential: panel.credential}
    return {**variables, "PUQVPN_CA_PATH": str(panel.ca_path)} if panel.ca_path else variables


def encrypted(text: str, password_file: Path) -> str:
    """A text as Ansible Vault encrypts it, to stand behind a name in a YAML file."""
    vault = Path(sys.executable).with_name("ansible-vault")
    command = [vault, "encrypt_string", "--vault-password-file", password_file, text]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def environment_in(home: Path) -> dict[str, str]:
    """The environment in which the programs of Ansible run, with nothing of whoever runs the tests."""
    return {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(Path(__file__).with_name("python")),
        "HOME": str(home),
        "TMPDIR": str(home),
        "ANSIBLE_HOME": str(home / ".ansible"),
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTION.parents[2]),
        "ANSIBLE_LOG_PATH": str(home / "ansible.log"),
        "ANSIBLE_CACHE_PLUGIN": "jsonfile",
        "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(home / "facts"),
        "ANSIBLE_NOCOLOR": "1",
        # The implicit localhost runs modules with the Python of ansible-playbook.
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).with_name("callback_plugins")),
        "ANSIBLE_CALLBACKS_ENABLED": "record",
    }
