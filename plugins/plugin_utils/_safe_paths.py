# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where roles may write files on the controller: in the folder that the user named, and nowhere else."""

from __future__ import annotations

import os
from collections.abc import Iterable

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._files import folder_obstacle, obstacle
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
    problem = _outside(folder, path) or folder_obstacle(path)
    return [problem] if problem else []


def _outside(folder: str, path: str) -> str:
    """Return the reason why a path is not directly in the folder, as a sentence: some name led out of it."""
    inside, name = os.path.split(path)
    if inside == os.path.realpath(os.path.expanduser(folder)) and name not in ("", os.curdir, os.pardir):
        return ""
    return f"{escaped(path)} is not in the folder {echo(folder)}. Host names must not contain a path."
