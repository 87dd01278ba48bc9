# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Print how all checks ended, from the reports that nox wrote: the last lines of `make test` name what failed."""

from __future__ import annotations

import json
import sys
from pathlib import Path

sessions = [session for report in sys.argv[1:] for session in json.loads(Path(report).read_text())["sessions"]]
for session in sessions:
    print(f"{session['name']:<14}{session['result']:<10}{session['duration'] / 60:5.1f} min")
if failed := [session["name"] for session in sessions if session["result"] != "success"]:
    sys.exit(f"Failed: {', '.join(failed)}. To run one again: .build/venv/bin/nox -s {failed[0]}")
