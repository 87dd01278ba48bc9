# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run real playbooks against a simulated panel with TLS under a private authority."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from simulator import Simulator

NEXT = """
That was a simulated panel. To use a panel of your own:

  1. Create a credential in the panel: an access hash under Settings, API (1.x), or a token under Settings,
     API Tokens (2.x). An access hash works only from the address it is bound to, that of this machine.
  2. Export the URL and the credential:

       export PUQVPN_URL=https://vpn.example.com
       export PUQVPN_ACCESS_HASH=...   # 2.x panels: PUQVPN_TOKEN

  3. Build and install the collection, and run an example. ansible-core and the Python library requests are required:

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
    """Change the panel by hand, as in its web interface."""
    memory = panel.panel
    memory.accounts["alice"]["b_download"] = 1000
    memory.firewall_filter[:] = [rule for rule in memory.firewall_filter if rule["name"] != "no_telnet"]
    memory.dns["enabled"] = False


def show(panel: Simulator, folder: Path) -> None:
    """Run the playbooks in order.

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

    def play(title: str, playbook: str, *options: str) -> None:
        print(f"\n{title}", flush=True)
        arguments = [*command, *options, Path(__file__).with_name(playbook)]
        subprocess.run(arguments, env={**os.environ, **environment}, check=True)

    panel.busy(seconds=3)
    play(f"A simulated panel answers on {panel.url}. It is busy for three seconds.", "demo.yml", "--diff")
    play("The same playbook again: it is idempotent, so nothing changes.", "demo.yml", "--diff")
    play("Export the panel as files for Git.", "export.yml")
    change(panel)
    drift = "Somebody has changed the panel by hand. Drift mode reports the differences and writes nothing."
    play(drift, "panel.yml", "-e", "puqvpn_panel_drift=true")
    play("The same playbook without drift mode restores the configuration from the files.", "panel.yml", "--diff")


def main() -> int:
    """Run the demo, and return the exit code of ansible-playbook."""
    with Simulator(generation=1, tls=True) as panel, TemporaryDirectory(prefix="puqvpn-demo-") as folder:
        try:
            show(panel, Path(folder))
        except subprocess.CalledProcessError as error:
            return error.returncode
    print(NEXT)
    return 0


if __name__ == "__main__":
    sys.exit(main())
