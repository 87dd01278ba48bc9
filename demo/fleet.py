# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A fleet of simulated panels that people use, and the report on it; as a program, a picture of the report."""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import ExitStack
from datetime import datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from simulator import Simulator

# Of the picture, in pixels.
WIDTH, HEIGHT = 1160, 1560
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def use(panel: Simulator, *, backup_hours: int = 3) -> None:
    """Give all accounts of a panel traffic of a year, some of them a session, and the panel a backup."""
    now = datetime.now(timezone.utc)
    for number, name in enumerate(panel.panel.accounts):
        for back in range(13):
            month = 12 * now.year + now.month - 1 - back
            amount = 10**8 * (3 + 41 * number % 83) * (22 - back + 5 * (back * back % 3 + number % 2))
            # This month is not over yet.
            amount = amount * now.day // 30 if back == 0 else amount
            panel.traffic(name, f"{month // 12}-{month % 12 + 1:02}", download=amount, upload=amount // 6)
        if number % 3 == 0:
            panel.connect("wireguard", name)
    if panel.generation == 1:
        panel.panel.add_backup("newest.zip", (now - timedelta(hours=backup_hours, minutes=1)).isoformat())


def populate(panel: Simulator, **servers: int) -> None:
    """Create so many accounts on each of these servers."""
    for number, (server, accounts) in enumerate(servers.items()):
        panel.network(server, address=f"10.{20 + number}.0.1/24")
        for account in range(accounts):
            address = f"10.{20 + number}.0.{account + 2}"
            panel.panel.add_account({"name": f"{server}_{account + 1}", "wg_name": server, "allowed_IPs": address})


def expire_license(panel: Simulator, days: int) -> None:
    """Leave the license of a panel so many days."""
    expires = datetime.now(timezone.utc) + timedelta(days=days, hours=1)
    panel.options.set(licence_expires=expires.isoformat(timespec="seconds"))


def inventory(panels: dict[str, Simulator], **variables: Any) -> str:
    """Return an inventory of panels; variables are those of the first one."""
    hosts: dict[str, dict[str, Any]] = {}
    for name, panel in panels.items():
        credential = {1: "demo_access_hash", 2: "demo_token"}[panel.generation]
        hosts[name] = {"demo_url": panel.url, credential: panel.credential, "demo_ca_path": str(panel.ca_path)}
    hosts[next(iter(hosts))] |= variables
    local = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    return yaml.safe_dump({"panels": {"hosts": hosts, "vars": local}}, sort_keys=False)


def take_picture(file: Path) -> None:
    """Report on a fleet twice, and save a picture of the second report.

    :raises CalledProcessError: ansible-playbook or the browser failed.
    """
    browser = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if browser is None:
        sys.exit(f"A browser is required: one of {', '.join(PROGRAMS)}.")
    generations = {"ams": 1, "fra": 1, "lon": 2, "nyc": 1, "par": 1, "sin": 2, "tyo": 1, "waw": 1}
    panels = {f"{name}.example.com": Simulator(generation=of, tls=True) for name, of in generations.items()}
    with ExitStack() as running, TemporaryDirectory(prefix="puqvpn-fleet-") as folder:
        for number, panel in enumerate(panels.values()):
            running.enter_context(panel)
            panel.panel.system_config["traffic_statistics_history"] = 12
            panel.options.set(licence_slots=60)
            expire_license(panel, 60 + 45 * number)
            populate(panel, office=9 + 5 * number % 11, remote=4 + number)
            use(panel, backup_hours=3)
        hosts = Path(folder) / "fleet.yml"
        hosts.write_text(inventory(panels))
        program = Path(sys.executable).with_name("ansible-playbook")
        settings = [
            "-e",
            f"demo_folder={folder}",
            "-e",
            f"demo_report_folder={folder}/report",
            "-e",
            "demo_months_back=12",
        ]
        command = [program, "-i", hosts, *settings, Path(__file__).with_name("report.yml")]
        subprocess.run(command, check=True)
        expire_license(panels["par.example.com"], 12)
        panels["ams.example.com"].fault("drop_before", times=None)
        subprocess.run([*command, "--skip-tags", "usage"], check=True)
        # Chromium refuses to run as root with its sandbox, and the page has no script.
        options = ["--headless", "--no-sandbox", "--hide-scrollbars", f"--window-size={WIDTH},{HEIGHT}"]
        page = (Path(folder) / "report/report.html").as_uri()
        # It complains of everything that a server does not have.
        subprocess.run([browser, *options, f"--screenshot={file}", page], check=True, stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    take_picture(Path(sys.argv[1]).resolve())
