# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The example of a fleet: panels that are down do not stop the others, and the recap is right."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml
from ansible_collections.puqcloud.puqvpn.tests.playbooks.runs import COLLECTION, Playbook, Run, Start
from simulator import Simulator


class Fleet:
    """Panels by their names, of which some are down, and runs of the example for all of them."""

    def __init__(self, start: Start, playbook: Playbook, folder: Path, resources: ExitStack) -> None:
        self._start, self._playbook, self._folder, self._resources = start, playbook, folder, resources
        self.up: dict[str, Simulator] = {}
        self.down: dict[str, str] = {}

    def add(self, name: str) -> None:
        self.up[name] = self._start()

    def add_down(self, name: str) -> None:
        # A port that is taken and not listened to: nobody else can come to listen there meanwhile.
        taken = self._resources.enter_context(socket.socket())
        taken.bind(("127.0.0.1", 0))
        self.down[name] = f"http://127.0.0.1:{taken.getsockname()[1]}"

    def run(self, *arguments: str) -> Run:
        urls = {**{name: panel.url for name, panel in self.up.items()}, **self.down}
        credentials = {panel.url: panel.credential for panel in self.up.values()}
        hashes = {**credentials, **dict.fromkeys(self.down.values(), "a" * 80)}
        inventory, vault = self._folder / "inventory.yml", self._folder / "vault.json"
        hosts = {name: {"puqvpn_url": url} for name, url in sorted(urls.items())}
        inventory.write_text(yaml.safe_dump({"panels": {"hosts": hosts}}))
        vault.write_text(json.dumps({"vault_puqvpn_access_hashes": hashes}))
        example = COLLECTION / "examples" / "fleet" / "fleet.yml"
        return self._playbook(example, "-i", str(inventory), "-e", f"@{vault}", *arguments)

    def check_summary(self, run: Run, failures_each: int) -> None:
        """Every panel that is up was changed, with its own access hash, and exactly the others are named.

        ``failures_each`` is the number of failures in the recap of each panel that is down.
        """
        requests = {"GET system/status": 1, "GET dns": 2, "PUT dns": 1}
        assert {name: panel.counts() for name, panel in self.up.items()} == dict.fromkeys(self.up, requests)
        assert {panel.panel.dns["max_cache_ttl"] for panel in self.up.values()} == {600}
        summary, *failures = run.result_of("Summarize the run")["msg"]
        assert summary == f"{len(self.up)} of {len(self.up) + len(self.down)} panels are configured."
        assert [failure.split(": ")[0] for failure in failures] == sorted(self.down)
        for failure in failures:
            url = self.down[failure.split(": ")[0]]
            assert f"GET system/status on {url} failed: nothing listens on" in failure
        counts = r"^(\S+) +: .* unreachable=0 +failed=(\d+) .* rescued=(\d+) "
        recap = {name: (failed, rescued) for name, failed, rescued in re.findall(counts, run.output, re.MULTILINE)}
        assert recap == {**dict.fromkeys(self.up, ("0", "0")), **dict.fromkeys(self.down, (str(failures_each), "1"))}
        assert [name for name, panel in self.up.items() if run.places_with(panel.credential)] == []


@pytest.fixture
def fleet(start: Start, playbook: Playbook, tmp_path: Path) -> Iterator[Fleet]:
    """No panel yet."""
    with ExitStack() as resources:
        yield Fleet(start, playbook, tmp_path, resources)


def test_panels_that_are_down_do_not_stop_the_others_and_are_named(fleet: Fleet) -> None:
    for number in range(1, 51):
        add = fleet.add_down if number in (7, 23, 50) else fleet.add
        add(f"vpn{number:02}.example.com")
    run = fleet.run("--forks", "10")
    assert run.code == 2, run.output
    fleet.check_summary(run, failures_each=1)


def test_a_run_fails_only_when_that_is_wanted(fleet: Fleet) -> None:
    # The first host is the one that the summary is made on.
    fleet.add_down("vpn1.example.com")
    fleet.add("vpn2.example.com")
    run = fleet.run("-e", "fleet_strict=false")
    assert run.code == 0, run.output
    fleet.check_summary(run, failures_each=0)


def test_a_fleet_without_a_failure(fleet: Fleet) -> None:
    for name in ("vpn1.example.com", "vpn2.example.com"):
        fleet.add(name)
    run = fleet.run()
    assert run.code == 0, run.output
    fleet.check_summary(run, failures_each=0)
