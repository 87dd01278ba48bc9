# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keep bytecode where nobody else does; Python imports this file when it starts.

Ansible sends each module in a zip file, with the source of all that it imports. To compile that again for each task
takes longer than the task.
"""

import _imp
import marshal
import os
import sys
import zipimport
from importlib.util import source_hash

FOLDER = os.path.join(os.path.dirname(__file__), "__pycache__")


def compile_once(source, filename, mode, flags=0, dont_inherit=True):
    """Do what ``compile`` does, for all times."""
    text = source if isinstance(source, bytes) else source.encode()
    kept = os.path.join(FOLDER, f"{source_hash(text).hex()}.{sys.implementation.cache_tag}")
    try:
        with open(kept, "rb") as file:
            code = marshal.load(file)
    except FileNotFoundError:
        code = compile(source, filename, mode, flags, dont_inherit)
        os.makedirs(FOLDER, exist_ok=True)
        with open(f"{kept}.{os.getpid()}", "wb") as file:
            marshal.dump(code, file)
        os.replace(file.name, kept)
    else:
        # A module is in another zip file each time.
        _imp._fix_co_filename(code, filename)
    return code


zipimport.compile = compile_once
