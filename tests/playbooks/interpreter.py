# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Python that starts modules quickly: in forks of a process that has already imported what they import.

Of Ansible and of the collection nothing is imported before: a module takes them from its zip file, as ever.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import runpy
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import NoReturn

# What modules import, in the end.
IMPORTS = ("ansible.module_utils.basic", "requests")
# Far more than an order has.
MOST_BYTES = 1 << 20

# The interpreter, which hands itself over. Whatever is not just a file to run, or would import from somewhere else, is
# for the Python that it stands for.
SCRIPT = """\
#!{python} -ISE
import _socket, array, json, os, sys
if len(sys.argv) != 2 or not os.path.isfile(sys.argv[1]) or os.environ.get("PYTHONPATH", {imports!r}) != {imports!r}:
    os.execv({python!r}, [{python!r}, *sys.argv[1:]])
umask = os.umask(0)
os.umask(umask)
order = [sys.argv[1], os.getcwd(), dict(os.environ), umask]
control = _socket.socket(_socket.AF_UNIX, _socket.SOCK_SEQPACKET)
control.connect({address!r})
descriptors = array.array("i", [0, 1, 2])
control.sendmsg([json.dumps(order).encode()], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, descriptors)])
os._exit(int(control.recv(16)))
"""


class Interpreter:
    """An interpreter at ``path``, for as long as the block lasts."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Start the process that forks. Python reads ``environment`` when it starts."""
        self._folder = TemporaryDirectory(prefix="y")
        self.path = Path(self._folder.name) / "python"
        address = f"{self._folder.name}/socket"
        imports = environment["PYTHONPATH"]
        self.path.write_text(SCRIPT.format(python=sys.executable, address=address, imports=imports))
        self.path.chmod(0o755)
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as control:
            control.bind(address)
            control.listen(100)
            command = [sys.executable, __file__, str(control.fileno())]
            self._process = subprocess.Popen(command, env=environment, pass_fds=[control.fileno()])

    def __enter__(self) -> Interpreter:
        return self

    def __exit__(self, _type: type[BaseException] | None, _value: object, _traceback: TracebackType | None) -> None:
        self._process.terminate()
        self._process.wait()
        self._folder.cleanup()


def preload(imports: tuple[str, ...], kept: str = "") -> None:
    """Import what ``imports`` import, but for what is Ansible's own, unless its name begins with ``kept``."""
    code = f"import json, sys, {', '.join(imports)}; print(json.dumps(list(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    for name in json.loads(found.stdout):
        if name.split(".")[0] != "ansible" or (kept and name.startswith(kept)):
            # A few are made by others while these are imported.
            with contextlib.suppress(ImportError):
                importlib.import_module(name)


def serve(control: socket.socket) -> None:
    """Fork for each order, for as long as the process lives; return in the forks, each time with a file to run."""
    while True:
        connection, _address = control.accept()
        if os.fork() == 0:
            control.close()
            break
        connection.close()
        # Those forks that have done their work.
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
    order, descriptors, _flags, _address = socket.recv_fds(connection, MOST_BYTES, 3)
    pid = os.fork()
    if pid:
        report(pid, connection)
    connection.close()
    for standard, descriptor in enumerate(descriptors):
        os.dup2(descriptor, standard)
        os.close(descriptor)
    become(*json.loads(order))


def report(pid: int, connection: socket.socket) -> NoReturn:
    """Wait for a module, and report its exit code."""
    _pid, status = os.waitpid(pid, 0)
    connection.send(b"%d" % (os.waitstatus_to_exitcode(status) % 256))
    os._exit(0)


def become(file: str, folder: str, environment: dict[str, str], umask: int) -> None:
    """Take over what a process of its own would have started with."""
    os.chdir(folder)
    os.umask(umask)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = [file]
    sys.path[0] = str(Path(file).parent)


if __name__ == "__main__":
    preload(IMPORTS)
    gc.freeze()
    serve(socket.socket(fileno=int(sys.argv[1])))
    runpy.run_path(sys.argv[0], run_name="__main__")
