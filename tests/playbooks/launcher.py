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

import contextlib
import gc
import importlib
import io
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from types import TracebackType
from typing import IO, Any, NoReturn

# What programs of Ansible and the collection import, in the end.
IMPORTS = ("ansible.cli.playbook", "ansible.cli.inventory", "ansible.executor.module_common", "requests")
# Far more than an order has.
MOST_BYTES = 1 << 20
# In seconds.
LONGEST_RUN = 600


class Launcher:
    """The process that forks, as tests see it."""

    def __init__(self, environment: Mapping[str, str], python: Path) -> None:
        """Start it. Python reads ``environment`` when it starts, and programs cannot change that any more.

        To Ansible, its interpreter is ``python``.
        """
        self._control, inner = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._modules = TemporaryDirectory()
        self._python = python
        with inner:
            command = [sys.executable, __file__, str(inner.fileno())]
            self._process = subprocess.Popen(command, env=environment, pass_fds=[inner.fileno()])

    def __enter__(self) -> Launcher:
        return self

    def __exit__(self, _type: type[BaseException] | None, _value: Any, _traceback: TracebackType | None) -> None:
        self._control.close()
        self._process.wait()
        self._modules.cleanup()

    def run(
        self, program: str, *arguments: str | Path, cwd: Path, env: Mapping[str, str], merge: bool = False
    ) -> subprocess.CompletedProcess[str]:
        """Run a program that lies beside Python, as ``subprocess.run`` does; with ``merge`` all its output is one."""
        command = [str(Path(sys.executable).with_name(program)), *map(str, arguments)]
        umask = os.umask(0)
        os.umask(umask)
        order = json.dumps(
            {
                "command": command,
                "folder": str(cwd),
                "environment": dict(env),
                "umask": umask,
                "modules": self._modules.name,
                "python": str(self._python),
            }
        )
        with TemporaryFile() as stdout, TemporaryFile() as stderr:
            code = self._order(order.encode(), stdout, stdout if merge else stderr)
            output = [_read(file) for file in (stdout, stderr)]
        return subprocess.CompletedProcess(command, code, *output)

    def _order(self, order: bytes, stdout: IO[bytes], stderr: IO[bytes]) -> int:
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                descriptors = [stdout.fileno(), stderr.fileno(), theirs.fileno()]
                socket.send_fds(self._control, [order], descriptors)
            ours.settimeout(LONGEST_RUN)
            with ours.makefile() as answer:
                pid = int(answer.readline())
                try:
                    return int(answer.readline())
                except TimeoutError:
                    os.kill(pid, signal.SIGKILL)
                    raise


def _read(file: IO[bytes]) -> str:
    file.seek(0)
    return io.TextIOWrapper(file, encoding="utf-8").read()


def serve(control: socket.socket) -> None:
    """Fork for each order, until no more can come; return in the forks, each time with a program to run."""
    while True:
        message, descriptors, _flags, _address = socket.recv_fds(control, MOST_BYTES, 3)
        if not message:
            sys.exit()
        if os.fork() == 0:
            control.close()
            break
        for descriptor in descriptors:
            os.close(descriptor)
        # Those forks that have done their work.
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
    stdout, stderr, answer = descriptors
    pid = os.fork()
    if pid:
        report(pid, answer)
    os.close(answer)
    for descriptor, standard in ((stdout, 1), (stderr, 2)):
        os.dup2(descriptor, standard)
        os.close(descriptor)
    become(**json.loads(message))


def report(pid: int, answer: int) -> NoReturn:
    """Wait for a program, and report its process and its exit code."""
    os.write(answer, b"%d\n" % pid)
    _pid, status = os.waitpid(pid, 0)
    os.write(answer, b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def become(
    *, command: list[str], folder: str, environment: dict[str, str], umask: int, modules: str, python: str
) -> None:
    """Take over what a process of its own would have started with; keep modules that are ready in a folder."""
    os.chdir(folder)
    os.umask(umask)
    os.environ.clear()
    os.environ.update(environment)
    tempfile.tempdir = None
    sys.argv = command
    sys.path[0] = str(Path(command[0]).parent)
    sys.executable = python
    settings = importlib.import_module("ansible.constants")
    os.symlink(modules, Path(settings.DEFAULT_LOCAL_TMP) / "ansiballz_cache")


def preload() -> None:
    """Import what programs import, but for Ansible's own code outside of what modules use, and for the collection."""
    importlib.import_module("interpreter").preload(IMPORTS, "ansible.module_utils")
    finder = importlib.import_module("ansible.utils.collection_loader._collection_finder")
    # Ansible compiles a collection again each time that it starts.
    finder.compile = importlib.import_module("sitecustomize").compile_once  # type: ignore[attr-defined]
    gc.freeze()


if __name__ == "__main__":
    preload()
    serve(socket.socket(fileno=int(sys.argv[1])))
    runpy.run_path(sys.argv[0], run_name="__main__")
