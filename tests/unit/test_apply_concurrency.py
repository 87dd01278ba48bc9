# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several changes of a panel at the same time: never more than allowed, and nothing else is different."""

from __future__ import annotations

import signal
import threading
import time
from functools import partial
from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._connection import Connection
from ansible_collections.puqcloud.puqvpn.tests.unit import tasks
from ansible_collections.puqcloud.puqvpn.tests.unit.keys import without_keys
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import Connect, connection_options, writes_to
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import apply, without_summary
from simulator import Simulator
from simulator.faults import Exchange, Faults
from werkzeug import Response

PEOPLE = [{"name": f"user_{at:02}", "wg_name": "Default"} for at in range(40)]

failure = partial(tasks.failure, module="apply")


@pytest.fixture
def client(panel: Simulator, connect: Connect) -> PanelClient:
    # As long as a request is under way, others can come in.
    panel.latency = 0.01
    return connect(panel)


def known(panel: Simulator, number: int) -> list[str]:
    """Accounts that are there, with their names."""
    for person, address in zip(PEOPLE[:number], list(panel.panel.free_addresses("Default"))):
        panel.panel.add_account({**person, "username": person["name"], "allowed_IPs": address})
    return [str(person["name"]) for person in PEOPLE[:number]]


def disabled(names: list[str]) -> dict[str, Any]:
    return {"accounts": [{"name": name, "status": "disable"} for name in names]}


# --- How many


@pytest.mark.parametrize("concurrency", [1, 2, 8, 16])
def test_as_many_requests_as_allowed_are_under_way_and_never_more(
    panel: Simulator, connect: Connect, monkeypatch: pytest.MonkeyPatch, concurrency: int
) -> None:
    people = PEOPLE[: 2 * concurrency]
    # The panel answers a creation only when as many are under way as may be; then all of them.
    gathered = threading.Barrier(concurrency, timeout=60)
    answer = Faults.answer

    def answer_together(self: Faults, method: str, path: str, exchange: Exchange) -> Response:
        if method == "POST":
            gathered.wait()
        return answer(self, method, path, exchange)

    monkeypatch.setattr(Faults, "answer", answer_together)
    client = connect(panel)
    apply(client, {"accounts": people}, concurrency=concurrency)
    assert panel.most_at_once == concurrency
    assert panel.connections == concurrency
    assert writes_to(panel) == ["POST account"] * len(people)
    assert sum(request.method == "GET" for request in panel.requests) == 5
    panel.reset_counters()
    assert apply(client, {"accounts": people}, concurrency=concurrency)["changed"] is False
    assert panel.most_at_once == 1


@pytest.mark.parametrize("concurrency", [0, -1, 17])
def test_a_number_that_makes_no_sense_is_refused(panel: Simulator, client: PanelClient, concurrency: int) -> None:
    error = failure(client, config={"accounts": PEOPLE}, concurrency=concurrency)
    assert error.code == "invalid_option"
    assert "from 1 to 16" in str(error)
    assert panel.counts() == {}


# --- Nothing else is different


def whole_panel() -> dict[str, Any]:
    """A document with changes of every kind."""
    addresses = [f"10.70.0.{at}" for at in range(2, 22)]
    return {
        "dns": {"max_cache_ttl": 600},
        "firewall_rules": [
            {"name": name, "action": "ACCEPT", "protocol": "TCP", "d_port": port}
            for name, port in (("one", 1), ("two", 2), ("three", 3))
        ],
        "wireguard": [{"name": "wide", "address": "10.70.0.1/24"}, {"name": "high", "address": "10.71.0.1/24"}],
        "accounts": [
            # They pass on their addresses, the last one to the first.
            *({"name": f"user_{at:02}", "allowed_ips": f"10.0.0.{2 + (at + 1) % 10}"} for at in range(10)),
            *({"name": f"user_{at:02}", "state": "absent"} for at in range(10, 20)),
            *(
                {"name": f"new_{at:02}", "wg_name": "wide", "allowed_ips": address}
                for at, address in enumerate(addresses)
            ),
        ],
        "port_forwards": [
            {"wg_name": "wide", "dst_port": 8000 + at, "protocol": "tcp", "to_peer": f"new_{at:02}", "to_port": 80}
            for at in range(20)
        ],
    }


def kinds_of(panel: Simulator) -> list[str]:
    """The writes by method and kind, each once in a row."""
    kinds: list[str] = []
    for request in panel.requests:
        kind = f"{request.method} {'forward' if 'port_forward' in request.path else request.path.split('/')[0]}"
        if request.method != "GET" and kinds[-1:] != [kind]:
            kinds.append(kind)
    return kinds


def test_plan_result_and_order_are_those_of_one_at_a_time(connect: Connect) -> None:
    seen = []
    for concurrency in (1, 8):
        with Simulator() as panel:
            known(panel, 20)
            panel.latency = 0.005
            predicted = without_summary(apply(connect(panel, check_mode=True), whole_panel(), concurrency=concurrency))
            happened = without_summary(apply(connect(panel), whole_panel(), concurrency=concurrency))
            addresses = {name: account["allowed_IPs"] for name, account in panel.panel.accounts.items()}
            reported = (predicted, happened, kinds_of(panel), addresses, sorted(writes_to(panel)))
            seen.append(without_keys(reported))
    sequential, concurrent = seen
    for expected, reported in zip(sequential, concurrent):
        assert reported == expected
    summary = {"create": 45, "update": 11, "recreate": 0, "delete": 10, "unchanged": 0, "failed": 0}
    assert concurrent[1]["summary"] == summary


def test_rules_keep_the_order_of_their_list(panel: Simulator, client: PanelClient) -> None:
    rules = [{"name": f"rule_{at:02}", "action": "ACCEPT", "protocol": "TCP", "d_port": 1 + at} for at in range(20)]
    apply(client, {"firewall_rules": rules}, concurrency=16)
    names = [rule["name"] for rule in panel.panel.firewall_filter if rule["name"].startswith("rule_")]
    assert names == [rule["name"] for rule in rules]
    assert panel.most_at_once == 1


# --- When something fails


def test_every_failure_is_reported_of_its_own_item(panel: Simulator, client: PanelClient) -> None:
    names = known(panel, 40)
    broken = names[3::10]
    for name in broken:
        panel.fault("error", method="PUT", path=f"account/{name}", text=f"Something is wrong with {name}")
    error = failure(client, config=disabled(names), on_error="continue", concurrency=8)
    reported = [(failed["index"], failed["name"], failed["error_code"]) for failed in error.details["failures"]]
    assert reported == [(3 + 10 * at, name, "panel_refused") for at, name in enumerate(broken)]
    assert all(f"wrong with {failed['name']}" in failed["error"] for failed in error.details["failures"])
    assert error.details["summary"]["update"] == 36
    assert apply(client, disabled(names), concurrency=8)["summary"]["update"] == 4


def test_a_failure_stops_what_has_not_begun(panel: Simulator, client: PanelClient) -> None:
    names = known(panel, 40)
    panel.fault("error", method="PUT", path=f"account/{names[0]}", text="Something is wrong")
    error = failure(client, config=disabled(names), concurrency=4)
    assert [failed["name"] for failed in error.details["failures"]] == names[:1]
    # What was on its way when the first one failed has come to its end, and is reported as done.
    done = [step["name"] for step in error.details["plan"] if step["done"]]
    assert len(writes_to(panel)) == 1 + len(done) < 40
    assert {name for name, account in panel.panel.accounts.items() if account["status"] == "disable"} == set(done)
    assert apply(client, disabled(names), concurrency=4)["summary"]["update"] == 40 - len(done)


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "status"])
def test_a_panel_that_fails_now_and_then_gets_each_change_once(
    panel: Simulator, client: PanelClient, kind: str
) -> None:
    panel.fault(kind, method="POST", path="account", times=5)
    apply(client, {"accounts": PEOPLE}, concurrency=8)
    assert sorted(panel.panel.accounts) == [person["name"] for person in PEOPLE]


def test_a_panel_that_is_gone_ends_the_run_also_with_continue(panel: Simulator, connect: Connect) -> None:
    names = known(panel, 40)
    panel.fault("drop_before", method="PUT", times=None)
    error = failure(connect(panel, retries=0), config=disabled(names), on_error="continue", concurrency=4)
    assert 1 <= len(error.details["failures"]) <= 4
    assert len(writes_to(panel)) == len(error.details["failures"])


def test_a_panel_that_is_busy_takes_all_changes_in_the_end(panel: Simulator, connect: Connect) -> None:
    names = known(panel, 40)
    panel.latency = 0.01
    client = connect(panel)
    apply(client, disabled(names[:20]), concurrency=8)
    panel.busy(requests=12)
    assert apply(client, disabled(names), concurrency=8)["summary"]["update"] == 20


def test_addresses_that_others_take_are_chosen_again(panel: Simulator, client: PanelClient) -> None:
    panel.fault("race", method="POST", path="account", times=6)
    assert apply(client, {"accounts": PEOPLE}, concurrency=8)["summary"]["create"] == 40
    addresses = [account["allowed_IPs"] for account in panel.panel.accounts.values()]
    assert len(set(addresses)) == len(addresses) == 46
    assert any("Other clients took these addresses meanwhile" in reported for reported in client.warnings)


def test_an_account_that_fails_half_way_is_put_back(panel: Simulator, client: PanelClient) -> None:
    names = known(panel, 20)
    panel.fault("error", method="POST", path="account", text="Something is wrong")
    config = {"accounts": [{"name": name, "username": f"other_{name}"} for name in names]}
    error = failure(client, config=config, recreate=True, on_error="continue", concurrency=8)
    (reported,) = error.details["failures"]
    assert reported["restored"] is True
    assert panel.panel.accounts[reported["name"]]["username"] == reported["name"]
    assert sorted(panel.panel.accounts) == names


def test_secrets_of_all_requests_are_hidden_in_the_failure_of_each(panel: Simulator, client: PanelClient) -> None:
    names = known(panel, 20)
    for name in names:
        panel.fault("error", method="PUT", path=f"account/{name}", text="No: secret-" + ", secret-".join(names))
    config = {"accounts": [{"name": name, "password": f"secret-{name}"} for name in names]}
    error = failure(client, config=config, on_error="continue", concurrency=8)
    assert len(error.details["failures"]) == 20
    assert "secret-" not in str(error) + str(error.details)


def test_an_end_from_outside_leaves_nothing_half_done(panel: Simulator) -> None:
    names = known(panel, 20)
    client = PanelClient(Connection.from_options(connection_options(panel)))
    config = {"accounts": [{"name": name, "username": f"other_{name}"} for name in names]}
    panel.latency = 0.01
    before = signal.signal(signal.SIGALRM, _end)
    watch = threading.Thread(target=_end_in_the_middle, args=(panel,))
    watch.start()
    try:
        # As Ansible ends a task whose time is over.
        with pytest.raises(EndedError):
            apply(client, config, recreate=True, concurrency=8)
    finally:
        signal.signal(signal.SIGALRM, before)
    watch.join()
    assert sorted(panel.panel.accounts) == names
    changed = [name for name, account in panel.panel.accounts.items() if account["username"] != name]
    assert 0 < len(changed) < 20
    # It is over: nothing comes later.
    assert sorted(writes_to(panel)) == sorted(
        [f"DELETE account/{name}" for name in changed] + ["POST account"] * len(changed)
    )


class EndedError(BaseException):
    """The task is to end."""


def _end(_signal: int, _frame: object) -> None:
    raise EndedError


def _end_in_the_middle(panel: Simulator) -> None:
    while "POST account" not in writes_to(panel):
        time.sleep(0.001)
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGALRM)
