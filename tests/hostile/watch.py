# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What code does to the machine that it runs on: the files that it touches, and the processes that it starts."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# Audit events of Python, and which of their arguments are paths.
_TOUCHING = {
    "os.chmod": 1,
    "os.chown": 1,
    "os.link": 2,
    "os.mkdir": 1,
    "os.remove": 1,
    "os.rename": 2,
    "os.rmdir": 1,
    "os.symlink": 2,
    "os.truncate": 1,
    "os.utime": 1,
}
_STARTING = ("os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system", "subprocess.Popen")


@dataclass
class Watched:
    """The paths that were touched, as they were given, and the processes that were started."""

    touched: list[str] = field(default_factory=list)
    started: list[str] = field(default_factory=list)

    def note(self, event: str, arguments: Any) -> None:
        """Take note of an event if it is one of these."""
        if event == "open":
            path, _mode, flags = arguments
            if not isinstance(path, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC):
                self.touched.append(os.fsdecode(path))
        elif event in _TOUCHING:
            paths = arguments[: _TOUCHING[event]]
            self.touched += [os.fsdecode(path) for path in paths if not isinstance(path, int)]
        elif event in _STARTING:
            self.started.append(f"{event} {arguments!r}")

    def outside(self, folder: Path) -> list[str]:
        """What was touched and does not lie in the folder itself."""
        return [path for path in self.touched if Path(os.path.abspath(path)).parent != folder]


@dataclass
class Surroundings:
    """A folder that a task may write to, with others around it."""

    root: Path

    @property
    def folder(self) -> Path:
        """What the user names."""
        return self.root / "given"

    @property
    def canary(self) -> Path:
        """A file that must never come into being."""
        return self.root / "canary"

    def prepare(self) -> None:
        """Make the folder, and those around it."""
        self.folder.mkdir(parents=True)
        (self.root / "others").mkdir()
        (self.root / "others" / "precious").write_text("of somebody else")


_THREAD = threading.local()


def _hook(event: str, arguments: Any) -> None:
    watched: Watched | None = getattr(_THREAD, "watched", None)
    if watched is not None:
        watched.note(event, arguments)


# It stays for as long as the process lives, and passes over threads that nobody watches.
sys.addaudithook(_hook)


@contextlib.contextmanager
def watching() -> Iterator[Watched]:
    """Watch this thread until the end of the block."""
    _THREAD.watched = Watched()
    try:
        yield _THREAD.watched
    finally:
        _THREAD.watched = None


def tree(folder: Path) -> dict[str, tuple[Any, ...]]:
    """All that lies in a folder, at any depth, in a form that differs when something was touched."""
    found: dict[str, tuple[Any, ...]] = {}
    for path in sorted(folder.rglob("*")):
        about = path.lstat()
        content = path.read_bytes() if stat.S_ISREG(about.st_mode) else b""
        is_folder = stat.S_ISDIR(about.st_mode)
        found[str(path.relative_to(folder))] = (about.st_mode, about.st_ino, content, is_folder or about.st_mtime_ns)
    return found
