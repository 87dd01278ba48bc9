# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run real playbooks against simulated panels of both generations, with TLS under a private authority.

The argument is the folder for what remains afterwards: the report on all panels.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import fleet
from simulator import Simulator

NEXT = """
The report on the three panels is a single file. Open it in a browser:

  {report}

Those were simulated panels. To use a panel of your own:

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


# An export of a German spreadsheet program.
PEOPLE = """\
Name;E-Mail;Groups;Expires
anna;anna@example.com;mobile;
bert;bert@example.com;;
carl;carl@example.com;;
dora;dora@example.com;mobile;
emil;emil@example.com;;2999-12-31
frieda;frieda@example.com;;
gustav;gustav@example.com;;
heidi;heidi@example.com;;
ivan;ivan@example.com;;
julia;julia@example.com;mobile;
"""


def change(panel: Simulator) -> None:
    """Change the panel by hand, as in its web interface."""
    memory = panel.panel
    memory.accounts["alice"]["b_download"] = 1000
    memory.firewall_filter[:] = [rule for rule in memory.firewall_filter if rule["name"] != "no_telnet"]
    memory.dns["enabled"] = False


def connection_to(panel: Simulator) -> dict[str, str]:
    """Return the environment variables that lead to a panel."""
    credential = {1: "PUQVPN_ACCESS_HASH", 2: "PUQVPN_TOKEN"}[panel.generation]
    return {"PUQVPN_URL": panel.url, credential: panel.credential, "PUQVPN_CA_PATH": str(panel.ca_path)}


def show(panel: Simulator, panel_2x: Simulator, third: Simulator, folder: Path, report: Path) -> None:
    """Run the playbooks in order; the last one writes the report.

    :raises CalledProcessError: one of them failed.
    """
    inventory = folder / "inventory.yml"
    inventory.write_text(INVENTORY)
    environment = {
        "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
        "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false",
        # Modules that write many small files start faster.
        "ANSIBLE_PIPELINING": "true",
    }
    ansible_playbook = Path(sys.executable).with_name("ansible-playbook")
    command = [ansible_playbook, "-i", inventory, "-e", f"demo_folder={folder}"]

    def play(title: str, playbook: str, *options: str, of: Simulator | None = panel) -> None:
        print(f"\n{title}", flush=True)
        arguments = [*command, *options, Path(__file__).with_name(playbook)]
        subprocess.run(arguments, env={**os.environ, **environment, **(connection_to(of) if of else {})}, check=True)

    panel.busy(seconds=3)
    play(f"A simulated panel answers on {panel.url}. It is busy for three seconds.", "demo.yml", "--diff")
    play("The same playbook again: it is idempotent, so nothing changes.", "demo.yml", "--diff")
    play("Export the panel as files for Git.", "export.yml")
    change(panel)
    drift = "Somebody has changed the panel by hand. Drift mode reports the differences and writes nothing."
    play(drift, "panel.yml", "-e", "puqvpn_panel_drift=true")
    play("The same playbook without drift mode restores the configuration from the files.", "panel.yml", "--diff")
    people = folder / "people.csv"
    people.write_text(PEOPLE)
    play("Ten people in a CSV file get accounts, configurations and links.", "users.yml")
    people.write_text(PEOPLE.replace("2999-12-31", "2026-01-31"))
    lost = "The account of emil has expired, and dora has lost her phone. Nobody else gets anything new."
    play(lost, "users.yml", "-e", '{"demo_lost_phones": ["dora"]}')
    play(f"A simulated 2.x panel answers on {panel_2x.url}.", "clients.yml", "--diff", of=panel_2x)
    play("The same playbook again: nothing changes.", "clients.yml", "--diff", of=panel_2x)
    play("The same people get access to this panel.", "users.yml", of=panel_2x)

    panels = {"vpn.example.com": panel, "vpn2.example.com": panel_2x, "vpn3.example.com": third}
    fleet.populate(third, office=14, remote=6)
    for one, age in zip(panels.values(), (3, 3, 60), strict=True):
        fleet.use(one, backup_hours=age)
    fleet.expire_license(third, 12)
    change(panel)
    inventory.write_text(fleet.inventory(panels, puqvpn_report_drift=True))
    title = "A report on three panels: the first one has been changed by hand again, and the third one is sick."
    options = ["-e", f"demo_report_folder={report}", "-e", "demo_months_back=2"]
    play(title, "report.yml", *options, of=None)


def main() -> int:
    """Run the demo, and return the exit code of ansible-playbook."""
    report = Path(sys.argv[1]).resolve()
    panel, panel_2x, third = (Simulator(generation=generation, tls=True) for generation in (1, 2, 1))
    with panel, panel_2x, third, TemporaryDirectory(prefix="puqvpn-demo-") as folder:
        try:
            show(panel, panel_2x, third, Path(folder), report)
        except subprocess.CalledProcessError as error:
            return error.returncode
    print(NEXT.format(report=report / "report.html"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
