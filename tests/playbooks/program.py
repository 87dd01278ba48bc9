# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a program of Ansible in a fork. The arguments: a folder for modules that are ready, the Python, the program."""

import importlib
import os
import runpy
import sys
from pathlib import Path

_file, ready, python, *command = sys.argv
sys.argv = command
sys.path[0] = str(Path(command[0]).parent)
sys.executable = python
# Ansible compiles a collection again each time that it starts.
finder = importlib.import_module("ansible.utils.collection_loader._collection_finder")
finder.compile = importlib.import_module("sitecustomize").compile_once
settings = importlib.import_module("ansible.constants")
os.symlink(ready, Path(settings.DEFAULT_LOCAL_TMP) / "ansiballz_cache")
runpy.run_path(command[0], run_name="__main__")
