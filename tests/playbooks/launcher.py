# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Start programs of Ansible quickly: in forks of a process that has already imported the libraries that they import.

What runs is the program itself, such as ansible-playbook, with its own arguments, environment, folder and output. It
saves the start of Python and most imports, which take longer than a short play. Ansible's own code, which reads its
settings while it is imported, and the collection are not among the imports that are saved. What Ansible makes of them
anew each time that it starts is kept: their bytecode, and the modules with all that they need.
"""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from .forks import ForkServer

# What programs of Ansible and the collection import, in the end.
IMPORTS = "ansible.cli.playbook, ansible.cli.inventory, ansible.executor.module_common, requests"
# In seconds.
LONGEST_RUN = 600


class Launcher(ForkServer):
    """What starts the programs."""

    def __init__(self, environment: Mapping[str, str], python: Path) -> None:
        """Start the process that forks; to Ansible, its interpreter is ``python``."""
        super().__init__(environment, IMPORTS, "ansible.module_utils")
        self._python = python
        self._modules = self.folder / "modules"
        self._modules.mkdir()

    def run(
        self, program: str, *arguments: str | Path, cwd: Path, env: Mapping[str, str], merge: bool = False
    ) -> subprocess.CompletedProcess[str]:
        """Run a program that lies beside Python, as ``subprocess.run`` does; with ``merge`` all its output is one."""
        command = [str(Path(sys.executable).with_name(program)), *map(str, arguments)]
        start = [str(Path(__file__).with_name("program.py")), str(self._modules), str(self._python)]
        umask = os.umask(0)
        os.umask(umask)
        order = {"command": [*start, *command], "folder": str(cwd), "environment": dict(env), "umask": umask}
        with Path(os.devnull).open("rb") as stdin, TemporaryFile() as stdout, TemporaryFile() as stderr:
            code = self._order(json.dumps(order), stdin, stdout, stdout if merge else stderr)
            output = [_read(file) for file in (stdout, stderr)]
        return subprocess.CompletedProcess(command, code, *output)

    def _order(self, order: str, *streams: IO[bytes]) -> int:
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as server:
            server.connect(self.address)
            socket.send_fds(server, [order.encode()], [stream.fileno() for stream in streams])
            server.settimeout(LONGEST_RUN)
            pid = int(server.recv(16))
            try:
                return int(server.recv(16))
            except TimeoutError:
                os.kill(pid, signal.SIGKILL)
                raise


def _read(file: IO[bytes]) -> str:
    file.seek(0)
    return io.TextIOWrapper(file, encoding="utf-8").read()
