# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task costs grows with the number of objects, and not faster: counted, since a time says nothing in a test."""

from __future__ import annotations

import cProfile
import gc
import json
import tracemalloc
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._change import CREATE, ObjectChange
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._connection import Connection
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._document.conflicts import check_items
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._document.parse import parse
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._document.plan import Plan, plan_document
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._document.purge import RemovalGuards
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import PuqVpnError
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._lockout import (
    cut_off,
    panel_service,
)
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._module import apply
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._objects.account import ACCOUNT
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._objects.firewall import FIREWALL_RULE
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._packet_filter import Chain, rule_states
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._transport.session import Answer
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._report.document import build
from ansible_collections.puqcloud.puqvpn.tests.benchmark.panel import form_of
from ansible_collections.puqcloud.puqvpn.tests.benchmark.plan import SERVER, accounts_of
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import DEFAULTS

# Eight times as many fill hash tables, whose sizes are powers of two, to the same part.
FEW, MANY = 200, 1600
NOW = datetime(2026, 5, 12, tzinfo=timezone.utc)


def of_expired(number: int) -> Callable[[], Plan]:
    """A plan in which the dates of all accounts have passed or are near, and some of them are protected."""
    panel, _config = accounts_of(number)
    ended = [
        {"name": account["name"], "expires": "2020-01-31" if at % 2 else "2027-01-31", "expired": "absent"}
        for at, account in enumerate(panel.accounts)
    ]
    guards = RemovalGuards(protect=("*1",))
    return lambda: plan_document(parse({"accounts": ended}, {}, 1, NOW), panel, guards, warn_days=9999)


def of_exchanges(number: int) -> Callable[[], Plan]:
    """A plan in which all accounts exchange their addresses in pairs, each with a detour."""
    panel, _config = accounts_of(number)
    pairs = zip(panel.accounts[::2], panel.accounts[1::2])
    moved: list[dict[str, Any]] = [
        {"name": account["name"], "allowed_ips": other["allowed_ips"]}
        for pair in pairs
        for account, other in (pair, reversed(pair))
    ]
    return lambda: plan_document(parse({"accounts": moved}, {"recreate": False}, 1, NOW), panel, RemovalGuards())


def of_wrong_items(number: int) -> Callable[[], None]:
    """A document of which nothing is right: each item is wrong by itself, or has what another one has."""
    wrong = [{"name": f"user_{at}", f"column_{at}": at, "b_download": -at} for at in range(number)]
    twice = [{"name": f"other_{at}", "username": f"u_{at // 2}", "allowed_ips": "10.0.0.2"} for at in range(number)]

    def refuse() -> None:
        with pytest.raises(PuqVpnError):
            check_items(parse({"accounts": wrong + twice}, {}, 1, NOW))

    return refuse


def calls_of(work: Callable[[], object]) -> int:
    """How many Python functions are called, those of libraries included."""
    profile = cProfile.Profile(builtins=False)
    # The collection of garbage calls nothing, and takes a third of the time.
    gc.disable()
    try:
        profile.runcall(work)
    finally:
        gc.enable()
    return sum(function.callcount for function in profile.getstats())


def memory_of(work: Callable[[], object]) -> int:
    """The bytes that are in use at the most."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("measure", [calls_of, memory_of])
@pytest.mark.parametrize("plan", [of_exchanges, of_expired, of_wrong_items])
def test_eight_times_the_accounts_cost_eight_times_as_much(
    plan: Callable[[int], Callable[[], object]], measure: Callable[[Callable[[], object]], int]
) -> None:
    plan(FEW)()
    assert measure(plan(MANY)) < 1.2 * MANY / FEW * measure(plan(FEW))


# --- A whole task


class MemoryTransport:
    """Answers of a panel from memory."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self._bodies = {
            path: json.dumps({"status": "success", "msg": payload}).encode() for path, payload in answers.items()
        }

    def send(self, _method: str, path: str, **_more: Any) -> Answer:
        return Answer(200, {"Content-Type": "application/json"}, self._bodies[path])


def of_a_task(number: int) -> Callable[[], object]:
    """A task that reads a panel, plans its accounts and returns a result; in check mode, so that nothing is written."""
    panel, config = accounts_of(number)
    answers = {
        "wireguard": [SERVER],
        "wireguard/wide/available_ips": panel.free_addresses(ACCOUNT, "wide").addresses,
        "account": {account["name"]: form_of(account) for account in panel.accounts},
        "license": {},
    }
    connection = Connection.from_options({**DEFAULTS, "url": "https://vpn.example.com", "access_hash": "0" * 80})
    transport: Any = MemoryTransport(answers)
    options = {name: option.get("default") for name, option in apply.OPTIONS.items()}
    options.update(config=config, purge=["accounts"])

    def run() -> object:
        result = apply.apply(options, PanelClient(connection, check_mode=True, transport=transport, now=NOW))
        assert len(result["plan"]) == number // 5 + number // 10 * 2
        return result

    return run


# Memory in use grows in steps, as dictionaries do.
@pytest.mark.parametrize(
    ("measure", "sizes", "most"), [(calls_of, (1_000, 10_000, 100_000), 1.1), (memory_of, (1_000, 10_000), 1.2)]
)
def test_a_whole_task_costs_as_much_for_each_of_many_accounts_as_for_each_of_few(
    measure: Callable[[Callable[[], object]], int], sizes: tuple[int, ...], most: float
) -> None:
    of_a_task(FEW)()
    first, *others = (measure(of_a_task(size)) / size for size in sizes)
    assert max(others) < most * first


def of_a_report(number: int) -> Callable[[], object]:
    """A report on a panel half of whose accounts were removed since the last one, and as many created."""
    names = [f"user{at}" for at in range(number)]
    old, new = ({"vpn": {"health": {"accounts": {"names": held}}}} for held in (names, names[number // 2 :]))
    previous = build(old, NOW)
    return lambda: build(new, NOW, previous)


def test_eight_times_the_accounts_make_a_report_eight_times_as_much_work() -> None:
    of_a_report(FEW)()
    assert calls_of(of_a_report(MANY)) < 1.1 * MANY / FEW * calls_of(of_a_report(FEW))


def of_rules(number: int) -> Callable[[], object]:
    """Whether rules let somebody in that drop and accept each source, one after the other."""
    rules = [rule(action, at) for at in range(number) for action in ("DROP", "ACCEPT")]
    return lambda: Chain(rules, "DROP").admits(panel_service(rules, "https://vpn.example.com"))


def of_new_rules(number: int) -> Callable[[], object]:
    """Whether anybody is cut off by new rules, one after the other."""
    place = {"position": "top"}
    changes = [ObjectChange(FIREWALL_RULE, CREATE, {}, rule("DROP", at), (), place) for at in range(number)]
    panel = panel_service([], "https://vpn.example.com")
    return lambda: cut_off([panel], (Chain(rules, "ACCEPT") for rules in rule_states([], changes)))


def rule(action: str, at: int) -> dict[str, Any]:
    anywhere = {"chain": "INPUT", "protocol": "ANY", "s_port": 0, "d_ip": "0.0.0.0/0", "d_port": 0}
    return {**anywhere, "action": action, "s_ip": f"10.{at >> 8}.{at & 255}.0/24"}


@pytest.mark.parametrize("decision", [of_rules, of_new_rules])
def test_eight_times_the_rules_cost_eight_times_as_much(decision: Callable[[int], Callable[[], object]]) -> None:
    decision(MANY)()
    assert calls_of(decision(MANY)) < 1.1 * MANY / FEW * calls_of(decision(FEW))
