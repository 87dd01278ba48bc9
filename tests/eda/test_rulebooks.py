# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rulebooks, run by the real ansible-rulebook on simulated panels."""

from __future__ import annotations

import json
import queue
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml
from ansible_collections.puqcloud.puqvpn.tests.eda.rulebooks import (
    COLLECTION,
    Rulebook,
    environment_in,
    java_environment,
)
from ansible_collections.puqcloud.puqvpn.tests.playbooks.test_guides import Command, File, steps_of
from simulator import Simulator

EXAMPLES = COLLECTION / "examples" / "eda"
RULEBOOKS = COLLECTION / "extensions" / "eda" / "rulebooks"

pytestmark = pytest.mark.skipif(java_environment() is None, reason="ansible-rulebook needs Java, which was not found")


@dataclass
class Webhook:
    """A webhook, and the texts that were sent to it."""

    url: str = ""
    texts: queue.Queue[str] = field(default_factory=queue.Queue)


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    found = Webhook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            found.texts.put(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["text"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever).start()
        try:
            yield found
        finally:
            server.shutdown()


@pytest.fixture
def panel() -> Iterator[Simulator]:
    with Simulator() as simulator:
        simulator.panel.add_account({"name": "alice", "wg_name": "Default", "allowed_IPs": "10.0.0.10"})
        yield simulator


def test_the_guide_is_followed(panel: Simulator, webhook: Webhook, tmp_path: Path) -> None:
    panel.options.set(licence_slots=1)
    environment = environment_in(tmp_path, panel)
    folder = tmp_path / "guide"
    instead = {
        "https://vpn.example.com": panel.url,
        "replace-with-your-access-hash": panel.credential,
        "https://hooks.example.com/puqvpn": webhook.url,
        "vpn.example.com": "127.0.0.1",
    }

    def replaced(text: str) -> str:
        for old, new in instead.items():
            text = text.replace(old, new)
        return text

    ran = []
    for step in steps_of("events"):
        if isinstance(step, File):
            path = folder / step.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(replaced(step.content))
            continue
        if not step.line.startswith("ansible-rulebook "):
            # The environment that the file events.env describes.
            assert step.line in ("chmod 600 events.env", "set -a; . ./events.env; set +a")
            environment |= dict(line.split("=", 1) for line in (folder / "events.env").read_text().splitlines())
            continue
        ran.append(step.line)
        with Rulebook(*step.line.split()[1:], folder=folder, environment=environment) as rulebook:
            for line in step.shown:
                rulebook.until(replaced(line))
            if "events.yml" in step.line:
                # Until the event is in the state as well.
                _wait_until((folder / "events.json").exists)
            if "license" in step.line:
                assert webhook.texts.get(timeout=60) == "127.0.0.1: 0 accounts are free, and min_free_accounts is 1"
        assert panel.credential not in rulebook.output
    assert len(ran) == 3
    assert panel.panel.dns["max_cache_ttl"] == 600
    state = json.loads((folder / "events.json").read_text())["panels"]["127.0.0.1"]
    assert state["problems"] == ["backup_too_old", "slots_low"]


def test_a_new_endpoint_is_notified_about_and_a_known_one_is_not(
    panel: Simulator, webhook: Webhook, tmp_path: Path
) -> None:
    folder = tmp_path / "eda"
    shutil.copytree(EXAMPLES, folder)
    variables = folder / "variables.yml"
    variables.write_text(yaml.safe_dump({"puqvpn_interval": 0.2, "puqvpn_state_file": str(folder / "state.json")}))
    arguments = ("--rulebook", "puqcloud.puqvpn.new_endpoint", "--inventory", "inventory.yml", "--vars", str(variables))
    environment = {**environment_in(tmp_path, panel), "ALERT_WEBHOOK": webhook.url}

    # Ansible evaluates templates in events.
    canary = tmp_path / "canary"
    hostile = f"{{{{ lookup('ansible.builtin.pipe', 'touch {canary}') }}}}"
    panel.rename("alice", hostile)

    def move(endpoint: str) -> None:
        panel.panel.disconnect(hostile)
        panel.panel.connect("wireguard", hostile, endpoint=endpoint)

    move("198.51.100.7:1")
    with Rulebook(*arguments, folder=folder, environment=environment):
        _wait_for_reads(panel)
        move("198.51.100.7:2")
        _wait_for_reads(panel)
        move("203.0.113.9:1")
        text = webhook.texts.get(timeout=60)
    shown = hostile.replace("{", "(").replace("}", ")")
    assert text == f"127.0.0.1: account {shown} is online from a new endpoint, 203.0.113.9:1"
    assert not canary.exists()


def _wait_for_reads(panel: Simulator) -> None:
    """Wait until the source has read who is online, and the answer was used: it sends the next request after that."""
    path = "GET wireguard/online"
    wanted = panel.counts().get(path, 0) + 2
    _wait_until(lambda: panel.counts().get(path, 0) >= wanted)


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_files_of_the_guide_are_those_of_the_examples() -> None:
    guide = {step.name: yaml.safe_load(step.content) for step in steps_of("events") if isinstance(step, File)}
    shared = {name: content for name, content in guide.items() if (EXAMPLES / name).is_file()}
    assert shared == {name: yaml.safe_load((EXAMPLES / name).read_text()) for name in shared}
    assert shared.keys() == {
        "inventory.yml",
        "notify.yml",
        "panel.yml",
        "group_vars/panels/connection.yml",
        "group_vars/panels/panel.yml",
    }


def test_every_rulebook_is_run() -> None:
    commands = " ".join(step.line for step in steps_of("events") if isinstance(step, Command))
    named = {path.stem for path in RULEBOOKS.glob("*.yml") if f"puqcloud.puqvpn.{path.stem} " in commands}
    assert {path.stem for path in RULEBOOKS.glob("*.yml")} == {*named, "new_endpoint"}
