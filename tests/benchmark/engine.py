# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the module ``puqvpn_apply``, and print what it cost apart from the start of Python and the imports.

The argument is the file with its options, as a module gets them, which all releases read in the same way.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import sys
import time

# Where a module gets it from the zip file that it comes in.
sys.path.insert(0, os.environ["ANSIBLE_COLLECTIONS_PATH"])


def main() -> None:
    """Run the module once, and print its seconds as JSON."""
    # Some releases import it when it is needed.
    importlib.import_module("requests")
    module = importlib.import_module("ansible_collections.puqcloud.puqvpn.plugins.modules.puqvpn_apply")
    output = io.StringIO()
    wall, cpu = time.perf_counter(), time.process_time()
    with contextlib.redirect_stdout(output), contextlib.suppress(SystemExit):
        module.main()
    cost = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
    if json.loads(output.getvalue()).get("failed", False):
        sys.exit(output.getvalue())
    print(json.dumps(cost))


if __name__ == "__main__":
    main()
