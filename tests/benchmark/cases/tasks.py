# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a single task costs, in process and as a module."""

from __future__ import annotations

from typing import Any

from ansible_collections.puqcloud.puqvpn.tests.benchmark.case import Case, Figure, Workshop, expect, over, uri
from ansible_collections.puqcloud.puqvpn.tests.benchmark.measure import Contender
from ansible_collections.puqcloud.puqvpn.tests.benchmark.panel import people

DEBUG = {"ansible.builtin.debug": {"msg": "unchanged"}}
(ALICE,) = people(1)
UNCHANGED = {"puqcloud.puqvpn.puqvpn_account": {"name": ALICE["name"], "wg_name": ALICE["wg_name"]}}

ITEMS = 25

BESIDE_DEBUG = """\
Measured apart, the imports of the collection and of `requests` take 0.14 s, once for the whole run. The rest is the
request of each item: `requests` and what is below it, the validation of options, and the result."""


def looped(task: dict[str, Any], number: int = 100) -> list[dict[str, Any]]:
    """A task in a loop."""
    return [{"name": "Loop", "loop": list(range(number)), **task}]


def separate(task: dict[str, Any]) -> list[dict[str, Any]]:
    """A hundred tasks."""
    return [{"name": f"Task {at}", **task} for at in range(100)]


def items_in_process(shop: Workshop) -> list[Contender]:
    """A hundred items that change nothing."""
    shop.panel.fill([ALICE])
    return [
        shop.playbook("debug", looped(DEBUG)),
        shop.playbook("puqvpn_account", looped(UNCHANGED), **expect([shop.panel], GET=100)),
    ]


def tasks_in_process(shop: Workshop) -> list[Contender]:
    """A hundred tasks that change nothing, which have a worker process each."""
    secure, *_others = shop.panels(1, tls=True)
    for panel in (shop.panel, secure):
        panel.fill([ALICE])
    return [
        shop.playbook("debug", separate(DEBUG)),
        shop.playbook("puqvpn_account over http", separate(UNCHANGED), **expect([shop.panel], GET=100)),
        shop.playbook("puqvpn_account over https", separate(UNCHANGED), secure, **expect([secure], GET=100)),
    ]


def items_as_modules(shop: Workshop) -> list[Contender]:
    """Items that change nothing, each with a process of its own."""
    shop.panel.fill([ALICE])
    read = uri(shop.panel, "GET", f"account/{ALICE['name']}")
    once_each = expect([shop.panel], GET=ITEMS)
    module = {"PUQVPN_IN_PROCESS": "false"}
    return [
        shop.playbook("uri", looped(read, ITEMS), **once_each),
        shop.playbook("puqvpn_account", looped(UNCHANGED, ITEMS), **once_each, settings=module),
    ]


CASES = [
    Case(
        "a1",
        "100 looped items that change nothing, in process",
        items_in_process,
        [Figure("`puqvpn_account` / `debug`", over("puqvpn_account", "debug"), at_most=1.25)],
        runs=11,
        note=BESIDE_DEBUG,
    ),
    Case(
        "a2",
        "100 separate tasks that change nothing, in process",
        tasks_in_process,
        [
            Figure("over http / `debug`", over("puqvpn_account over http", "debug"), at_most=1.3),
            Figure("over https / `debug`", over("puqvpn_account over https", "debug"), at_most=1.6),
        ],
        runs=7,
        note=BESIDE_DEBUG,
    ),
    Case(
        "a3",
        f"{ITEMS} looped items that change nothing, as modules",
        items_as_modules,
        [Figure("`puqvpn_account` / `uri`", over("puqvpn_account", "uri"), at_most=0.97)],
        note="""\
Measured apart, in CPU time on a busy machine: the import of `requests` takes 120 ms, and that of what `uri` needs from
Ansible instead 170 ms. Beside it, a module process compiles each file of the collection that it imports, since the
archive that Ansible runs it from contains no bytecode: 44 files in 60 ms in 0.9.0.""",
    ),
]
