# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a command, and write as JSON what it cost: ``launch.py REPORT run|sample COMMAND...``.

A small process of its own, since the peak of memory of a process begins with that of the one that started it.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
import time
from pathlib import Path

PAUSE = 0.05


def main() -> None:
    """Run the command, and end as it does."""
    report, way, *command = sys.argv[1:]
    start = time.perf_counter()
    pid = os.posix_spawnp(command[0], command, os.environ)
    tree = sampled_memory(pid) if way == "sample" else 0
    _pid, status, usage = os.wait4(pid, 0)
    cost = {
        "wall": time.perf_counter() - start,
        # Of the process and of all below it that were waited for.
        "cpu": usage.ru_utime + usage.ru_stime,
        "mib": (tree or usage.ru_maxrss) / 1024,
    }
    Path(report).write_text(json.dumps(cost))
    sys.exit(os.waitstatus_to_exitcode(status) and 1)


def sampled_memory(pid: int) -> int:
    """Return the most KiB that a process and all below it had together, until it ends.

    Of a page that several of them share, each has its part (PSS). What lives shorter than a pause is not seen.
    """
    most = 0
    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        most = max(most, sum(map(_kib_of, _tree(pid))))
        time.sleep(PAUSE)
    return most


def _tree(root: int) -> list[int]:
    """Return a process and all below it."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # The name of the command is in parentheses, and may hold anything.
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
    found = [root]
    for process in found:
        found += [child for child, parent in parents.items() if parent == process]
    return found


def _kib_of(pid: int) -> int:
    try:
        (kib,) = re.findall(r"^Pss: +(\d+) kB$", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    except (OSError, ValueError):
        # It has just ended.
        return 0
    return int(kib)


if __name__ == "__main__":
    main()
