# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many panels in one play."""

from __future__ import annotations

from functools import partial

from ansible_collections.puqcloud.puqvpn.tests.benchmark.case import Case, Figure, Medians, Workshop, expect
from ansible_collections.puqcloud.puqvpn.tests.benchmark.measure import MEMORY, Contender
from ansible_collections.puqcloud.puqvpn.tests.benchmark.panel import people

PANELS, FORKS, ACCOUNTS = 200, 50, 100
DEBUG, STATUS, APPLY = "debug", "puqvpn_status", "puqvpn_apply"


def fleet(shop: Workshop) -> list[Contender]:
    """All panels, as many at the same time as there are forks."""
    panels = shop.panels(PANELS)
    accounts = people(ACCOUNTS)
    for panel in panels:
        panel.fill(accounts)
    shop.write("accounts.json", accounts)
    config = {"accounts": "{{ lookup('ansible.builtin.file', 'accounts.json') | from_json }}"}
    apply = {"name": "Apply", "puqcloud.puqvpn.puqvpn_apply": {"config": config}}
    return [
        shop.fleet_playbook(
            DEBUG, panels, [{"name": "Say", "ansible.builtin.debug": {"msg": "unchanged"}}], forks=FORKS
        ),
        shop.fleet_playbook(
            STATUS,
            panels,
            [{"name": "Status", "puqcloud.puqvpn.puqvpn_status": {}}],
            forks=FORKS,
            **expect(panels, GET=1),
        ),
        shop.fleet_playbook(APPLY, panels, [apply], forks=FORKS, **expect(panels, GET=2)),
    ]


def milliseconds_of_a_panel(name: str, medians: Medians) -> float:
    """What each panel costs, the start of the playbook included."""
    return 1000 * medians[name] / PANELS


def memory_of_a_fork(name: str, medians: Medians) -> float:
    """What each fork takes."""
    return medians[name] / FORKS


CASES = [
    Case(
        "fleet",
        f"{PANELS} panels with {FORKS} forks, of {ACCOUNTS} accounts that are as they should be",
        fleet,
        [
            *(
                Figure(f"ms for each panel, `{name}`", partial(milliseconds_of_a_panel, name))
                for name in (DEBUG, STATUS, APPLY)
            ),
            *(
                Figure(f"for each fork, `{name}`", partial(memory_of_a_fork, name), measures=[MEMORY])
                for name in (DEBUG, STATUS, APPLY)
            ),
        ],
        runs=3,
        # Slow panels, so that the forks are there at the same time.
        latency=1.0,
        memory="tree",
        note="All answers take a second, so that the forks are there at the same time.",
    )
]
