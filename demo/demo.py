# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Show the collection at work: a simulated panel with TLS under a private authority, and a real playbook."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from simulator import Simulator

NEXT = """
That was a simulated panel. With your own one:

  1. In the panel, make a credential: Settings, API on 1.x panels, Settings, API Tokens on 2.x panels.
     A hash of a 1.x panel only works from the address that it is bound to: that of this machine.
  2. Tell the collection where the panel is and what to show it:

       export PUQVPN_URL=https://vpn.example.com
       export PUQVPN_ACCESS_HASH=...   # 2.x panels: PUQVPN_TOKEN

  3. Build the collection, install it next to your ansible-core and the Python library requests, and look:

       ansible-galaxy collection build
       ansible-galaxy collection install puqcloud-puqvpn-*.tar.gz
       ansible-playbook examples/status.yml
"""


def main() -> int:
    """Run the playbook twice; the exit code is that of ansible-playbook."""
    with Simulator(generation=1, tls=True) as panel, TemporaryDirectory(prefix="puqvpn-demo-") as folder:
        panel.busy(seconds=3)
        environment = {
            "PUQVPN_URL": panel.url,
            "PUQVPN_ACCESS_HASH": panel.credential,
            "PUQVPN_CA_PATH": str(panel.ca_path),
            "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
            # The implicit localhost runs modules with the Python of ansible-playbook.
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        }
        ansible_playbook = Path(sys.executable).with_name("ansible-playbook")
        playbook = Path(__file__).with_name("demo.yml")
        command = [ansible_playbook, "--diff", "-e", f"demo_folder={folder}", playbook]
        for told in (
            f"A simulated panel answers on {panel.url}. It is busy for three seconds.",
            "The same playbook again: everything is as it should be, so nothing changes.",
        ):
            print(f"\n{told}", flush=True)
            code = subprocess.call(command, env={**os.environ, **environment})
            if code != 0:
                return code
    print(NEXT)
    return 0


if __name__ == "__main__":
    sys.exit(main())
