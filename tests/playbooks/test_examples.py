# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every example that the documentation shows is run, with real ansible-playbook against a simulated panel."""

from __future__ import annotations

import importlib
import json
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.puqcloud.puqvpn.tests.playbooks.runs import COLLECTION, Playbook, Start, environment_of
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import client_of
from simulator import Simulator

EXAMPLES = sorted((COLLECTION / "examples").glob("*.yml"))
MODULES = sorted(path.stem for path in (COLLECTION / "plugins" / "modules").glob("*.py"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example_works_and_changes_nothing_when_run_again(
    example: Path, start: Start, playbook: Playbook, tmp_path: Path
) -> None:
    panel = start()
    folders = dict.fromkeys(("account_folder", "ikev2_folder", "usage_folder"), tmp_path)
    written = {**folders, "backup_file": tmp_path / "panel.zip"}
    arguments = (example, *(part for name, path in written.items() for part in ("-e", f"{name}={path}")))
    first = playbook(*arguments, **environment_of(panel))
    assert first.code == 0, first.output
    again = playbook(*arguments, **environment_of(panel))
    assert again.code == 0, again.output
    assert again.changed == []


def _prepare(panel: Simulator, client: Any) -> None:
    """What the examples of the modules take for granted on the 1.x panel."""
    client.write("POST", "account", {"name": "alice", "wg_name": "Default", "allowed_IPs": "10.0.0.10"})
    client.write("PUT", "dns", {"enabled": "true", "max_cache_ttl": 600})
    panel.connect("ikev2", "alice")
    panel.panel.add_backup("vpn.example.com_2026-01-31_18-00-00.zip", "2026-01-31T18:00:17+01:00")


def test_the_playbooks_of_the_readme_work(start: Start, playbook: Playbook, tmp_path: Path) -> None:
    panel, panel_2x = start(), start(generation=2)
    blocks = re.findall(r"```yaml\n(.*?)```", (COLLECTION / "README.md").read_text(), re.DOTALL)
    requirements, *playbooks = blocks
    (collection,) = yaml.safe_load(requirements)["collections"]
    galaxy = yaml.safe_load((COLLECTION / "galaxy.yml").read_text())
    assert collection["name"] == f"{galaxy['namespace']}.{galaxy['name']}"
    readme = tmp_path / "readme.yml"
    instead = {
        "https://vpn.example.com": panel.url,
        "https://vpn2.example.com": panel_2x.url,
        **{name: f"{tmp_path}/{name}" for name in ("alice.conf", "carol.ovpn")},
    }
    secrets = {"vault_puqvpn_access_hash": panel.credential, "vault_puqvpn_token": panel_2x.credential}
    for text, changes in zip(playbooks, (0, 2, 2), strict=True):
        readme.write_text(re.sub("|".join(map(re.escape, instead)), lambda found: instead[found[0]], text))
        for changed in (changes, 0):
            run = playbook(readme, secrets=secrets)
            assert run.code == 0, run.output
            assert len(run.changed) == changed
    assert list(panel.panel.accounts) == ["alice", "bob"]
    assert list(panel_2x.panel.accounts) == ["carol", "dave"]


def test_the_links_of_a_readme_work_on_galaxy() -> None:
    readmes = [COLLECTION / "README.md", *COLLECTION.glob("roles/*/README.md")]
    links = [link for readme in readmes for link in re.findall(r"\]\(([^)]+)\)", readme.read_text())]
    assert [link for link in links if not link.startswith("https://")] == []
    own = r"https://github\.com/puqcloud/ansible-collection-puqvpn/(?:blob|tree)/main/(.*)"
    paths = {found[1] for link in links if (found := re.fullmatch(own, link))}
    assert [path for path in paths if not (COLLECTION / path).exists()] == []


def test_the_command_of_the_readme_saves_the_description_of_the_api(start: Start, tmp_path: Path) -> None:
    (command,) = re.findall(r"^curl .*", (COLLECTION / "README.md").read_text(), re.MULTILINE)
    line = command.replace("https://vpn.example.com", start(generation=2).url)
    subprocess.run(shlex.split(line), cwd=tmp_path, check=True)
    assert json.loads((tmp_path / "openapi.json").read_text())["openapi"].startswith("3.")


@pytest.mark.parametrize("module", MODULES)
def test_every_example_of_a_module_works(module: str, start: Start, playbook: Playbook) -> None:

    first, second = start(generation=1), start(generation=2)
    with client_of(first) as client:
        _prepare(first, client)
    second.panel.add_server({"name": "office", "address": "10.26.0.1/24"})
    second.panel.add_account({"name": "alice", "wg_name": "Default", "allowed_IPs": "10.0.0.10"})
    documented = importlib.import_module(f"ansible_collections.puqcloud.puqvpn.plugins.modules.{module}").EXAMPLES
    text = documented.replace("https://vpn.example.com", first.url).replace("https://vpn2.example.com", second.url)
    tasks = yaml.safe_load(text)
    secrets = {
        "vault_puqvpn_access_hash": first.credential,
        "vault_puqvpn_token": second.credential,
        "vault_export_password": "of this test",
    }
    run = playbook(tasks, secrets=secrets)
    assert run.code == 0, run.output
    assert {entry["task"] for entry in run.results} == {task["name"] for task in tasks}
