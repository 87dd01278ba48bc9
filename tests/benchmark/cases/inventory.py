# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Accounts as hosts."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from ansible_collections.puqcloud.puqvpn.tests.benchmark.baseline import COLLECTIONS
from ansible_collections.puqcloud.puqvpn.tests.benchmark.case import BIN, Case, Figure, Workshop, expect, over
from ansible_collections.puqcloud.puqvpn.tests.benchmark.measure import Contender
from ansible_collections.puqcloud.puqvpn.tests.benchmark.panel import people

TEMPLATES = {
    "compose": {"label": "puqvpn_name ~ '@' ~ puqvpn_wg_name"},
    "keyed_groups": [{"key": "puqvpn_status", "prefix": "status"}],
}


def inventories(shop: Workshop) -> list[Contender]:
    """Ten thousand accounts as hosts, of which one is shown."""
    accounts = people(10_000)
    shop.panel.fill(accounts)
    plugin = {"plugin": "puqcloud.puqvpn.puqvpn", **shop.panel.options}
    plain = shop.write("plain.puqvpn.yml", plugin)
    static = shop.write("static.json", _as_file(shop, plain))

    def show(name: str, inventory: str, **more: Any) -> Contender:
        command = ["ansible-inventory", "--inventory", inventory, "--host", accounts[0]["name"]]
        return shop.contender(name, command, **more)

    reads = expect([shop.panel], GET=3)
    cached = shop.write("cached.puqvpn.yml", {**plugin, "cache": True, "cache_plugin": "ansible.builtin.jsonfile"})
    # A folder of each release, filled by the first run.
    place = {"ANSIBLE_INVENTORY_CACHE_CONNECTION": "cache"}
    return [
        show("the same hosts in a JSON file", static),
        show("plugin", plain, ours=True, **reads),
        show("plugin with a cache", cached, ours=True, settings=place),
        show("plugin with templates", shop.write("all.puqvpn.yml", {**plugin, **TEMPLATES}), ours=True, **reads),
    ]


def _as_file(shop: Workshop, inventory: str) -> dict[str, Any]:
    """Return an inventory as one in a file, in which groups have children and hosts."""
    command = [str(BIN / "ansible-inventory"), "--inventory", inventory, "--list"]
    environment = {**shop.environment, "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS)}
    listed = json.loads(subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE).stdout)
    variables = listed.pop("_meta")["hostvars"]
    groups = {
        name: {
            **({"hosts": dict.fromkeys(group["hosts"], {})} if "hosts" in group else {}),
            **({"children": dict.fromkeys(group["children"], {})} if "children" in group else {}),
        }
        for name, group in listed.items()
    }
    groups["all"]["hosts"] = variables
    return groups


CASES = [
    Case(
        "d",
        "An inventory of 10,000 accounts",
        inventories,
        [
            Figure("plugin / the same hosts in a JSON file", over("plugin", "the same hosts in a JSON file")),
            Figure("plugin with a cache / plugin", over("plugin with a cache", "plugin")),
            Figure(
                "plugin with one `compose` and one `keyed_groups` / plugin",
                over("plugin with templates", "plugin"),
                at_most=2,
            ),
        ],
    )
]
