# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where roles may write files on the controller: in the folder that the user named, and nowhere else."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._files import obstacle
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._untrusted import echo, escaped


def path_in(folder: str, name: str) -> str:
    """Return the path of ``name`` in a folder of the user. Links in the path of the folder are followed."""
    return os.path.join(os.path.realpath(os.path.expanduser(folder)), name)


def file_problems(paths: Iterable[str], folder: str) -> list[str]:
    """Return the reasons why files cannot be written, one sentence each: not in the folder, or not a regular file."""
    problems = (_outside(folder, path) or obstacle(path) for path in paths)
    return [problem for problem in problems if problem]


def folder_problems(folder: str, path: str) -> list[str]:
    """Return the reasons why ``path`` cannot be a folder in ``folder``, see :func:`file_problems`.

    If it does not exist, it must be possible to create it.
    """
    problem = _outside(folder, path)
    try:
        mode = None if problem else os.lstat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        mode = None
    except (OSError, ValueError) as error:
        return [f"{echo(path)} cannot be used ({getattr(error, 'strerror', None) or error})."]
    if mode is not None and not stat.S_ISDIR(mode):
        found = "a symbolic link" if stat.S_ISLNK(mode) else "a file"
        problem = f"{echo(path)} is {found}, not a folder. Remove it, or choose another folder."
    if mode is None and not problem:
        problem = _not_creatable(path)
    return [problem] if problem else []


def _not_creatable(path: str) -> str:
    """Return the reason why a folder that does not exist cannot be created, as a sentence."""
    existing = path
    while not os.path.exists(existing):
        existing = os.path.dirname(existing)
    if os.path.isdir(existing) and os.access(existing, os.W_OK | os.X_OK):
        return ""
    return f"{echo(path)} cannot be created in {echo(existing)}. Choose another folder."


def _outside(folder: str, path: str) -> str:
    """Return the reason why a path is not directly in the folder, as a sentence: some name led out of it."""
    inside, name = os.path.split(path)
    if inside == os.path.realpath(os.path.expanduser(folder)) and name not in ("", os.curdir, os.pardir):
        return ""
    return f"{escaped(path)} is not in the folder {echo(folder)}. Host names must not contain a path."
