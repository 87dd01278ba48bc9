# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Show the collection at work: a simulated panel with TLS under a private authority, and real playbooks."""

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


INVENTORY = """\
all:
  hosts:
    vpn.example.com:
      ansible_connection: local
      ansible_python_interpreter: "{{ ansible_playbook_python }}"
"""


def change(panel: Simulator) -> None:
    """Change the panel as somebody does who uses its web pages, behind Ansible's back."""
    memory = panel.panel
    memory.accounts["alice"]["b_download"] = 1000
    memory.firewall_filter[:] = [rule for rule in memory.firewall_filter if rule["name"] != "no_telnet"]
    memory.dns["enabled"] = False


def show(panel: Simulator, folder: Path) -> None:
    """Run the playbooks one after the other.

    :raises CalledProcessError: one of them failed.
    """
    inventory = folder / "inventory.yml"
    inventory.write_text(INVENTORY)
    environment = {
        "PUQVPN_URL": panel.url,
        "PUQVPN_ACCESS_HASH": panel.credential,
        "PUQVPN_CA_PATH": str(panel.ca_path),
        "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
        "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false",
    }
    ansible_playbook = Path(sys.executable).with_name("ansible-playbook")
    command = [ansible_playbook, "-i", inventory, "-e", f"demo_folder={folder}"]

    def play(told: str, playbook: str, *options: str) -> None:
        print(f"\n{told}", flush=True)
        arguments = [*command, *options, Path(__file__).with_name(playbook)]
        subprocess.run(arguments, env={**os.environ, **environment}, check=True)

    panel.busy(seconds=3)
    play(f"A simulated panel answers on {panel.url}. It is busy for three seconds.", "demo.yml", "--diff")
    play("The same playbook again: everything is as it should be, so nothing changes.", "demo.yml", "--diff")
    play("The panel as files that are fit for Git.", "export.yml")
    change(panel)
    drift = "Somebody has changed the panel by hand. How does it differ from the files? Nothing is written."
    play(drift, "panel.yml", "-e", "puqvpn_panel_drift=true")
    play("The same without drift mode: the panel is again as the files say.", "panel.yml", "--diff")


def main() -> int:
    """Show everything; the exit code is that of ansible-playbook."""
    with Simulator(generation=1, tls=True) as panel, TemporaryDirectory(prefix="puqvpn-demo-") as folder:
        try:
            show(panel, Path(folder))
        except subprocess.CalledProcessError as error:
            return error.returncode
    print(NEXT)
    return 0


if __name__ == "__main__":
    sys.exit(main())
