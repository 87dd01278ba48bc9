# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stands in for the get-pip.py that ansible-test would download: installs the pip that comes with Python."""

from __future__ import annotations

import subprocess
import sys

subprocess.check_call([sys.executable, "-m", "ensurepip"], stdout=subprocess.DEVNULL)
# pip does not know those options of get-pip.py that begin with --no-.
options = [option for option in sys.argv[1:] if not option.startswith("--no-")]
subprocess.check_call([sys.executable, "-m", "pip", "install", *options])
