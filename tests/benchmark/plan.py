# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of a panel of many accounts, without a panel: how long it takes, and how much memory.

Each plan is made in a process of its own, so that the peak of memory is that of this plan.
"""

from __future__ import annotations

import ipaddress
import json
import math
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._document.parse import parse
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._document.plan import plan_document
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._document.purge import RemovalGuards
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._objects.read_only import FreeAddresses, Slots
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._schema import ObjectKind

SERVER = {"name": "wide", "address": "10.64.0.1/12", "interface_name": "wg_1", "listen_port": 51900}


class MemoryPanel:
    """A panel that answers from memory, with what a client would have read."""

    root = "https://vpn.example.com"

    def __init__(self, accounts: list[dict[str, Any]], free: list[str]) -> None:
        self.accounts = accounts
        self._free = free

    def settings(self, kind: Any) -> dict[str, Any]:
        """Nothing here is about settings."""
        raise NotImplementedError

    def objects(self, kind: ObjectKind, _wanted: Any = (), **_more: Any) -> list[dict[str, Any]]:
        """One server with room for all accounts."""
        return {"wireguard": [SERVER], "account": self.accounts}[kind.name]

    def port_forwards(self, _server: str) -> list[dict[str, Any]]:
        """No port forwards."""
        return []

    def free_addresses(self, _kind: ObjectKind, _server: str, *, again: bool = False) -> FreeAddresses:
        """The addresses that are left."""
        return FreeAddresses(self._free, all=True)

    def slots(self) -> Slots:
        """No limit is known."""
        return Slots(None, None)


def accounts_of(number: int) -> tuple[MemoryPanel, dict[str, Any]]:
    """A panel and a document, each with that many accounts.

    Of ten that are there, two change, one is removed as no item is about it, and the others are as they should be. For
    each ten one is made, with an address that has to be found.
    """
    hosts = ipaddress.ip_network("10.64.0.0/12").hosts()
    next(hosts)
    names = [f"user_{at:06}" for at in range(number + number // 10)]
    shown = [
        {
            "name": name,
            "wg_name": "wide",
            "username": name,
            "status": "enable",
            "allowed_ips": str(next(hosts)),
            "b_download": 10,
            "b_upload": 10,
        }
        for name in names[:number]
    ]
    wanted: list[dict[str, Any]] = [
        {**one, "b_download": 20} if at % 5 == 0 else dict(one) for at, one in enumerate(shown) if at % 10 != 3
    ]
    wanted += [{"name": name, "wg_name": "wide"} for name in names[number:]]
    return MemoryPanel(shown, [str(next(hosts)) for _name in names]), {"accounts": wanted}


@dataclass
class PlanTimes:
    """What the plans of one size cost: the seconds of each, and the peak of memory of the largest in MiB."""

    size: int
    seconds: list[float] = field(default_factory=list)
    mib: float = 0.0

    @property
    def median(self) -> float:
        """The median of the seconds."""
        return statistics.median(self.seconds)


def measure(sizes: Sequence[int], rounds: int, report: Callable[[str], None]) -> list[PlanTimes]:
    """Plan all sizes once, then all of them again, and so on."""
    times = [PlanTimes(size) for size in sizes]
    for at in range(rounds):
        for one in times:
            command = [sys.executable, "-m", __spec__.name, str(one.size)]
            cost = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            one.seconds.append(cost["seconds"])
            one.mib = max(one.mib, cost["mib"])
            report(f"  {at + 1}/{rounds} {one.size:,} accounts: {cost['seconds']:.2f} s, {cost['mib']:.0f} MiB")
    return times


def slope_of(times: Sequence[PlanTimes]) -> float:
    """How the time grows with the number of accounts, on log-log axes: 1 is linear. A least-squares line."""
    sizes, seconds = (
        [math.log(value) for value in values] for values in zip(*((one.size, one.median) for one in times))
    )
    return statistics.linear_regression(sizes, seconds).slope


def main() -> None:
    """Plan, and print what it cost."""
    number = int(sys.argv[1])
    panel, config = accounts_of(number)
    start = time.perf_counter()
    plan = plan_document(
        parse(config, {"recreate": False}, 1, datetime.now(timezone.utc)), panel, RemovalGuards(sections=("accounts",))
    )
    seconds = time.perf_counter() - start
    if len(plan.steps) != number // 5 + number // 10 * 2:
        raise RuntimeError(f"the plan has {len(plan.steps)} steps")
    print(json.dumps({"seconds": seconds, "mib": _peak_of_memory()}))


def _peak_of_memory() -> float:
    """The most memory that this process had, in MiB; the figure of ``getrusage`` would be that of who started it."""
    (peak,) = re.findall(r"^VmHWM:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    return int(peak) / 1024


if __name__ == "__main__":
    main()
