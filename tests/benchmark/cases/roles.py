# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Roles for ten panels, beside playbooks of the modules that they call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.puqcloud.puqvpn.tests.benchmark.case import FOLDER, Case, Figure, Workshop, expect, over, role
from ansible_collections.puqcloud.puqvpn.tests.benchmark.measure import Contender
from ansible_collections.puqcloud.puqvpn.tests.benchmark.panel import Panel, people

PANELS = 10
ACCOUNTS = "{{ lookup('ansible.builtin.file', 'accounts.json') | from_json }}"
PLACE = f"{FOLDER}/{{{{ inventory_hostname }}}}"

MODULES = "modules"

BESIDE_MODULES = """\
What the role takes beyond its modules are further tasks for each panel, each in a process that Ansible forks: Ansible
validates the arguments of the role, `puqvpn_files` writes what is written, and a task that is skipped costs its fork as
well. The rest is what Ansible takes to evaluate the expressions of the role."""


def both(
    shop: Workshop,
    panels: list[Panel],
    called: dict[str, dict[str, Any]],
    name: str,
    *,
    check_mode: bool = False,
    **variables: Any,
) -> Callable[..., list[Contender]]:
    """A role and the modules that it calls, each with these fields of a contender."""

    def contenders(**fields: Any) -> list[Contender]:
        common = {"name": "Module", **({"check_mode": True} if check_mode else {})}
        tasks = [{**common, f"puqcloud.puqvpn.{module}": options} for module, options in called.items()]
        return [
            shop.fleet_playbook(MODULES, panels, tasks, forks=PANELS, **fields),
            shop.fleet_playbook(name, panels, [role(name, **variables)], forks=PANELS, **fields),
        ]

    return contenders


def drift(shop: Workshop) -> list[Contender]:
    """Panels of which each fifth of a hundred accounts differs."""
    panels = shop.panels(PANELS)
    accounts = people(100)
    for panel in panels:
        panel.fill(accounts)
    shop.write("accounts.json", [{**one, "b_download": 20} if at % 5 == 0 else one for at, one in enumerate(accounts)])
    variables = {
        "puqvpn_panel_accounts": ACCOUNTS,
        "puqvpn_panel_drift": True,
        "puqvpn_panel_report_folder": FOLDER,
    }
    check = {"puqvpn_apply": {"config": {"accounts": ACCOUNTS}}}
    return both(shop, panels, check, "panel", check_mode=True, **variables)(**expect(panels, GET=2))


def backups(shop: Workshop) -> list[Contender]:
    """Panels whose last archives have been removed, so that each run has one to download."""
    panels = shop.panels(PANELS)

    def prepare() -> None:
        for panel in panels:
            panel.fill(people(100))

    called = [
        {"max_age": 60},
        {"name": "{{ made.backup.backup_name }}", "dest": f"{PLACE}.zip"},
    ]
    tasks = [{"name": "Module", "puqcloud.puqvpn.puqvpn_backup": options, "register": "made"} for options in called]
    variables = {"puqvpn_backup_folder": FOLDER, "puqvpn_backup_keep": 3}
    return [
        shop.fleet_playbook(MODULES, panels, tasks, forks=PANELS, prepare=prepare),
        shop.fleet_playbook("backup", panels, [role("backup", **variables)], forks=PANELS, prepare=prepare),
    ]


def health(shop: Workshop) -> list[Contender]:
    """Panels that are healthy."""
    panels = shop.panels(PANELS)
    for panel in panels:
        panel.fill(people(100))
    called = {"puqvpn_health": {"max_backup_hours": 0}}
    return both(shop, panels, called, "healthcheck", puqvpn_healthcheck_max_backup_hours=0)()


def onboarding(shop: Workshop) -> list[Contender]:
    """Twenty people with two files each, on empty panels."""
    panels = shop.panels(PANELS)
    shop.write("accounts.json", people(20))

    def prepare() -> None:
        for panel in panels:
            panel.fill([])

    formats = ["wireguard", "ikev2"]
    called = {
        "puqvpn_status": {},
        "puqvpn_apply": {"config": {"accounts": ACCOUNTS}, "concurrency": 4},
        "puqvpn_info": {"gather_subset": "accounts"},
        "puqvpn_account_profile": {
            "names": f"{{{{ {ACCOUNTS[2:-2]} | map(attribute='name') }}}}",
            "formats": formats,
            "dest": PLACE,
            "folder_per_name": True,
            "concurrency": 4,
        },
    }
    variables = {
        "puqvpn_users_list": ACCOUNTS,
        "puqvpn_users_defaults": {"formats": formats},
        "puqvpn_users_folder": FOLDER,
    }
    return both(shop, panels, called, "users", **variables)(prepare=prepare, anew=True)


def case(name: str, title: str, contenders: Callable[[Workshop], list[Contender]]) -> Case:
    """A role beside its modules."""
    figure = Figure(f"role `{name}` / its modules", over(name, MODULES), at_most=1.5)
    return Case(f"role_{name}", f"{title}, {PANELS} panels", contenders, [figure], runs=3, note=BESIDE_MODULES)


CASES = [
    case("panel", "The role panel in drift mode", drift),
    case("backup", "The role backup", backups),
    case("healthcheck", "The role healthcheck", health),
    case("users", "The role users", onboarding),
]
