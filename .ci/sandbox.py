# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What keeps the checks apart from the user's settings, and from the checkout."""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
from pathlib import Path


def isolate(home: Path) -> None:
    """Give the tools a home directory of their own, and keep nothing of the user but the settings of pip."""
    if os.environ["HOME"] == str(home):
        return
    config_home = Path(os.environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser()
    files = [Path("~/.pip/pip.conf").expanduser(), config_home / "pip/pip.conf", os.environ.get("PIP_CONFIG_FILE", "")]
    settings = configparser.ConfigParser(interpolation=None)
    settings.read(files)
    # From the environment as well: ansible-test does not hand it on to the pip that it runs.
    options = {name[4:].lower().replace("_", "-"): value for name, value in os.environ.items() if name[:4] == "PIP_"}
    settings.read_dict({"global": {**options, "quiet": "1"}})
    pip_conf = home / ".config/pip/pip.conf"
    pip_conf.parent.mkdir(parents=True, exist_ok=True)
    with pip_conf.open("w") as file:
        settings.write(file)

    # The commands of pyenv work for the selected versions only. Put the Pythons behind them in their place.
    pyenv = Path(os.environ.get("PYENV_ROOT") or "~/.pyenv").expanduser()
    pythons = os.pathsep.join(map(str, pyenv.glob("versions/3.*/bin")))
    os.environ["PATH"] = os.environ["PATH"].replace(str(pyenv / "shims"), pythons)
    os.environ["HOME"] = str(home)
    for name in list(os.environ):
        if name.startswith(("ANSIBLE_", "PUQVPN_", "PYTHON", "XDG_")):
            del os.environ[name]


def copy_checkout(checkout: Path, tree: Path) -> None:
    """Copy what git tracks, and new files that it does not ignore."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=checkout,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    shutil.rmtree(tree, ignore_errors=True)
    for name in filter(None, listing.split("\0")):
        source, target = checkout / name, tree / name
        if os.path.lexists(source):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target, follow_symlinks=False)
    # The tools ask git for the files. Without a repository of its own, the copy is an ignored part of the checkout.
    subprocess.run(["git", "init", "--quiet", str(tree)], check=True)
