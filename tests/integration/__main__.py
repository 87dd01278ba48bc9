# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the integration tests both ways at once, in process and as modules; the argument is an empty folder to work in.

Each way has panels of its own, and a copy of the collection, since integration_config.yml is one file. It has a home of
its own as well: ansible-test creates a key there, which two of them would do at once.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from playbooks.interpreter import Interpreter
from simulator import Simulator

COLLECTION = Path(__file__).resolve().parents[2]
PLACE = Path(sys.argv[1])


def run(way: str, python: Path | None = None) -> str:
    """Run the integration tests one way, modules with another Python if there is one, and return what is wrong."""
    home, collections = PLACE / way / "home", PLACE / way / "collections"
    collection = collections / "ansible_collections/puqcloud/puqvpn"
    home.mkdir(parents=True)
    shutil.copytree(COLLECTION, collection, symlinks=True)
    with Simulator(generation=1) as v1, Simulator(generation=2) as v2:
        panels = {
            name: {"url": panel.url, "control_url": panel.control_url, "credential": panel.credential}
            for name, panel in {"simulator_v1": v1, "simulator_v2": v2}.items()
        }
        config = {**panels, "puqvpn_in_process": way == "in-process"}
        if python:
            config["ansible_python_interpreter"] = str(python)
        # JSON is YAML.
        (collection / "tests/integration/integration_config.yml").write_text(json.dumps(config))
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        done = subprocess.run(
            ["ansible-test", "integration", "--local", "--color", "no"],
            cwd=collection,
            env={**environment, "HOME": str(home), "ANSIBLE_COLLECTIONS_PATH": str(collections)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    print(f"{way}:\n{done.stdout}", flush=True)
    if done.returncode:
        return f"{way}: ansible-test failed"
    return f"{way}: ansible-core reports a deprecation" if "[DEPRECATION WARNING]" in done.stdout else ""


if __name__ == "__main__":
    environment = {**os.environ, "PYTHONPATH": str(COLLECTION / "tests/playbooks/python")}
    with Interpreter(environment) as python, ThreadPoolExecutor() as pool:
        ways = [pool.submit(run, "in-process"), pool.submit(run, "as-modules", python.path)]
        sys.exit("\n".join(filter(None, (way.result() for way in ways))) or 0)
