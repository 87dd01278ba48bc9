# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run Python files quickly: in forks of a process that has already imported what they import."""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import runpy
import select
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import NoReturn, TypeVar

# Far more than an order has.
MOST_BYTES = 1 << 20

Server = TypeVar("Server", bound="ForkServer")


class ForkServer:
    """The process that forks, for as long as the block lasts; what it runs may go on after that.

    An order goes to the socket at ``address``: a dictionary in JSON with the arguments of :func:`become`, and the three
    standard streams as descriptors. The answer is the process and, when it has ended, its exit code.
    """

    def __init__(self, environment: Mapping[str, str], imports: str, kept: str = "-") -> None:
        """Start it. Python reads ``environment`` when it starts; for the others, see :func:`preload`."""
        self._folder = TemporaryDirectory(prefix="y")
        self.folder = Path(self._folder.name)
        self.address = str(self.folder / "socket")
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as control:
            control.bind(self.address)
            control.listen(100)
            command = [sys.executable, __file__, str(control.fileno()), imports, kept]
            # It ends with its input, and so also if whoever started it is killed.
            self._process = subprocess.Popen(
                command, env=environment, pass_fds=[control.fileno()], stdin=subprocess.PIPE
            )

    def __enter__(self: Server) -> Server:
        return self

    def __exit__(self, _type: type[BaseException] | None, _value: object, _traceback: TracebackType | None) -> None:
        self._process.communicate()
        self._folder.cleanup()


def preload(imports: str, kept: str) -> None:
    """Import what the modules ``imports`` import, but of Ansible itself only what begins with ``kept``."""
    code = f"import json, sys, {imports}; print(json.dumps(list(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    for name in json.loads(found.stdout):
        if name.split(".")[0] != "ansible" or name.startswith(kept):
            # A few are made by others while these are imported.
            with contextlib.suppress(ImportError):
                importlib.import_module(name)
    gc.freeze()


def serve(control: socket.socket) -> None:
    """Fork for each order, until there is no more input; return in the forks, each time with a file to run."""
    while True:
        waiting, _writable, _failed = select.select([control, sys.stdin], [], [])
        if sys.stdin in waiting:
            sys.exit()
        connection, _address = control.accept()
        if os.fork() == 0:
            control.close()
            break
        connection.close()
        # Those forks that have done their work.
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
    order, streams, _flags, _address = socket.recv_fds(connection, MOST_BYTES, 3)
    pid = os.fork()
    if pid:
        report(pid, connection)
    connection.close()
    for standard, stream in enumerate(streams):
        os.dup2(stream, standard)
        os.close(stream)
    become(**json.loads(order))


def report(pid: int, connection: socket.socket) -> NoReturn:
    """Report a process, wait for it, and report its exit code."""
    connection.send(b"%d" % pid)
    _pid, status = os.waitpid(pid, 0)
    connection.send(b"%d" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def become(command: list[str], folder: str, environment: dict[str, str], umask: int) -> None:
    """Take over what a process of its own would have started with."""
    os.chdir(folder)
    os.umask(umask)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = command
    sys.path[0] = str(Path(command[0]).parent)


if __name__ == "__main__":
    preload(*sys.argv[2:])
    serve(socket.socket(fileno=int(sys.argv[1])))
    runpy.run_path(sys.argv[0], run_name="__main__")
