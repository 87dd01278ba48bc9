# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signals that come between the removal of an object and its creation: nothing is lost, and then they take effect."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._connection import Connection
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import PuqVpnError
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._signals import signals_deferred
from ansible_collections.puqcloud.puqvpn.tests.unit.keys import key_pair
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import client_of, connection_options, writes_to
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import apply, failure, run
from simulator import Simulator
from simulator.faults import Exchange, Faults
from werkzeug import Response

TERM, INT, HUP, ALRM = signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGALRM
DEADLINE = 60


class EndedError(BaseException):
    """The task is to end."""


def end(_signal: int, _frame: object) -> None:
    raise EndedError


# --- Holding back


@pytest.fixture
def handlers() -> Iterator[list[int]]:
    """The signals that take effect, each with a handler that notes it."""
    seen: list[int] = []
    before = {number: signal.signal(number, lambda number, _frame: seen.append(number)) for number in (TERM, INT, ALRM)}
    before[HUP] = signal.signal(HUP, signal.SIG_IGN)
    yield seen
    for number, handler in before.items():
        signal.signal(number, handler)


def test_signals_take_effect_after_the_block(handlers: list[int]) -> None:
    told: list[int] = []
    with signals_deferred(lambda: told.append(len(handlers))):
        for number in (TERM, HUP, INT, TERM):
            signal.raise_signal(number)
        assert (handlers, told) == ([], [0, 0, 0])
    assert sorted(handlers) == sorted([TERM, INT])
    signal.raise_signal(ALRM)
    assert handlers[-1] == ALRM
    assert signal.getsignal(HUP) == signal.SIG_IGN


def test_blocks_may_be_nested(handlers: list[int]) -> None:
    with signals_deferred():
        with signals_deferred():
            signal.raise_signal(TERM)
        assert handlers == []
    assert handlers == [TERM]


def test_a_signal_wins_over_an_error(handlers: list[int]) -> None:
    signal.signal(TERM, end)
    with pytest.raises(EndedError), signals_deferred():
        signal.raise_signal(TERM)
        signal.raise_signal(INT)
        raise ValueError
    # One that raises keeps none of the others from its effect, and nothing stays behind.
    assert handlers == [INT]
    assert signal.getsignal(TERM) is end
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == set()


def test_in_another_thread_nothing_is_held(handlers: list[int]) -> None:
    inside, done = threading.Event(), threading.Event()

    def hold() -> None:
        with signals_deferred():
            inside.set()
            done.wait(DEADLINE)

    thread = threading.Thread(target=hold)
    thread.start()
    assert inside.wait(DEADLINE)
    signal.raise_signal(TERM)
    assert handlers == [TERM]
    done.set()
    thread.join()


def test_a_client_can_be_stopped_while_it_pauses(panel: Simulator) -> None:
    panel.fault("rate_limit", times=None, retry_after=600)
    client = PanelClient(Connection.from_options(connection_options(panel, busy_timeout=600)))
    before = signal.signal(ALRM, lambda _number, _frame: client.stop())
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        with pytest.raises(PuqVpnError) as caught:
            client.get("system/status")
    finally:
        signal.signal(ALRM, before)
    assert caught.value.code == "interrupted"


# --- Between the removal and the creation

OLD_PAIR = key_pair()
ALICE = {"name": "alice", "wg_name": "Default", "allowed_ips": "10.0.0.10", "username": "old", "password": "kept"}
FORWARD = {"wg_name": "Default", "dst_port": 8080, "protocol": "tcp", "to_peer": "alice", "to_port": 80}
IKEV2 = {
    "ca": {"common_name": "Old CA", "organization": "Example"},
    "server": {"domain": "vpn.example.com", "ip": "203.0.113.9", "common_name": "vpn", "organization": "Example"},
    "enabled": True,
}


@dataclass(frozen=True)
class Recreate:
    """A task that makes something again: what it removes and what it makes, and how what matters of it is seen."""

    module: str
    options: dict[str, Any]
    removal: str
    creation: str
    kept: Callable[[Simulator], Any]
    changed: Callable[[Simulator], Any]
    new: Any
    generation: int = 1


def of_account(panel: Simulator) -> Any:
    return {name: panel.panel.accounts["alice"][name] for name in ("private_key", "public_key", "password")}


def of_client(panel: Simulator) -> Any:
    """What a panel of generation 2 does not make anew."""
    return {name: panel.panel.accounts["alice"][name] for name in ("password", "allowed_IPs")}


def username(panel: Simulator) -> Any:
    return panel.panel.accounts["alice"]["username"]


NEW_ALICE = {"name": "alice", "username": "new", "recreate": True}
RECREATES = {
    "account": Recreate("account", NEW_ALICE, "DELETE account/alice", "POST account", of_account, username, "new"),
    "account_keys": Recreate(
        "account",
        {"name": "alice", "rotate_keys": True},
        "DELETE account/alice",
        "POST account",
        lambda panel: (panel.panel.accounts["alice"]["password"], panel.panel.port_forwards["Default"]["8080_tcp"]),
        lambda panel: panel.panel.accounts["alice"]["private_key"] != OLD_PAIR["private_key"],
        True,
    ),
    "wireguard": Recreate(
        "wireguard",
        {"name": "office", "interface_name": "wg77", "recreate": True},
        "DELETE wireguard/office",
        "POST wireguard",
        lambda panel: panel.panel.wireguard["office"]["private_key"],
        lambda panel: panel.panel.wireguard["office"]["interface_name"],
        "wg77",
    ),
    "port_forward": Recreate(
        "port_forward",
        {**FORWARD, "to_port": 81},
        "DELETE wireguard/Default/port_forwarding/8080/tcp",
        "POST wireguard/Default/port_forwarding",
        lambda panel: panel.panel.port_forwards["Default"]["8080_tcp"]["to_peer"],
        lambda panel: panel.panel.port_forwards["Default"]["8080_tcp"]["to_port"],
        81,
    ),
    "firewall_rule": Recreate(
        "firewall_rule",
        {"name": "no_telnet", "d_port": 24},
        "DELETE firewall/rules/filter/no_telnet",
        "POST firewall/rules/filter/end",
        lambda panel: [rule["action"] for rule in panel.panel.firewall_filter if rule["name"] == "no_telnet"],
        lambda panel: [rule["d_port"] for rule in panel.panel.firewall_filter if rule["name"] == "no_telnet"],
        ["24"],
    ),
    "ikev2": Recreate(
        "ikev2",
        {**IKEV2, "ca": {**IKEV2["ca"], "common_name": "New CA"}, "recreate": True},  # type: ignore[dict-item]
        "DELETE ikev2/delete_ca_rsa",
        "PUT ikev2/generate_ca_rsa",
        lambda panel: (bool(panel.panel.ikev2["server_cert"]), panel.panel.ikev2["enabled"]),
        lambda panel: panel.panel.ikev2["ca_common_name"],
        "New CA",
    ),
    **{
        f"apply_{concurrency}": Recreate(
            "apply",
            {
                "config": {"accounts": [NEW_ALICE, {"name": "bob", "username": "bobby", "recreate": True}]},
                "concurrency": concurrency,
            },
            "DELETE account/alice",
            "POST account",
            of_account,
            username,
            "new",
        )
        for concurrency in (1, 8)
    },
    "client": Recreate("client", NEW_ALICE, "DELETE client/alice", "POST client", of_client, username, "new", 2),
    "apply_clients": Recreate(
        "apply",
        {"config": {"clients": [NEW_ALICE]}},
        "DELETE client/alice",
        "POST client",
        of_client,
        username,
        "new",
        2,
    ),
}


@pytest.fixture
def furnished(request: pytest.FixtureRequest) -> Iterator[Simulator]:
    """A panel, for the task that a test is about, with something of each kind that can be made again."""
    task = RECREATES[request.node.callspec.params.get("name", "account")]
    with Simulator(generation=task.generation, reload_seconds=0) as panel:
        furnish(panel)
        yield panel


def furnish(panel: Simulator) -> None:
    """Add something of each kind that can be made again."""
    with client_of(panel) as client:
        if panel.generation == 2:
            for name in ("alice", "bob"):
                run(client, "client", name=name, username=name, network_name="Default", password="canary", b_upload=7)
            return
        run(client, "account", **ALICE, **OLD_PAIR)
        run(client, "account", name="bob", wg_name="Default", username="bob")
        run(client, "wireguard", name="office", interface_name="wg7")
        run(client, "port_forward", **FORWARD)
        run(client, "firewall_rule", name="no_telnet", action="DROP", protocol="TCP", d_port=23)


Moment = Callable[[str], None]


@pytest.fixture
def at_request(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let something happen when a panel sees a request: before it is carried out, or after that, before the answer."""

    def arrange(request: str, happen: Callable[[], None], *, after: bool = True) -> None:
        answer = Faults.answer
        numbers = itertools.count(1)

        def answer_and_more(self: Faults, method: str, path: str, exchange: Exchange) -> Response:
            hit = f"{method} {path}" == request and next(numbers) == 1
            if hit and not after:
                happen()
            response = answer(self, method, path, exchange)
            if hit and after:
                happen()
            return response

        monkeypatch.setattr(Faults, "answer", answer_and_more)

    return arrange


def ended_by(pid: int) -> int:
    """The signal that ended a child."""
    deadline = time.monotonic() + DEADLINE
    while True:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.WTERMSIG(status) if os.WIFSIGNALED(status) else -os.WEXITSTATUS(status)
        assert time.monotonic() < deadline
        time.sleep(0.005)


def fork(work: Callable[[], Any]) -> tuple[int, Callable[[], Any]]:
    """A child that does some work as soon as it is told to, as one of Ansible's workers does, and what tells it."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        # Of threads, which are those of the simulator.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid:
        os.close(reading)
        return pid, lambda: os.close(writing)
    code = 1
    try:
        os.close(writing)
        signal.signal(TERM, signal.SIG_DFL)
        signal.signal(INT, signal.default_int_handler)
        os.read(reading, 1)
        work()
        code = 0
    except KeyboardInterrupt:
        signal.signal(INT, signal.SIG_DFL)
        signal.raise_signal(INT)
    finally:
        os._exit(code)


@pytest.mark.parametrize(("moment", "number"), [("removed", TERM), ("before_creation", INT), ("created", TERM)])
@pytest.mark.parametrize("name", RECREATES)
def test_a_worker_that_is_to_end_makes_first_what_it_removed(
    furnished: Simulator, at_request: Callable[..., None], name: str, moment: str, number: int
) -> None:
    task = RECREATES[name]
    if name == "ikev2":
        run(client_of(furnished), "ikev2", **IKEV2)
    kept = task.kept(furnished)
    furnished.reset_counters()
    child: list[int] = []
    request = task.removal if moment == "removed" else task.creation
    at_request(request, lambda: os.kill(child[0], number), after=moment != "before_creation")
    pid, begin = fork(lambda: run(client_of(furnished), task.module, **task.options))
    child.append(pid)
    begin()
    assert ended_by(pid) == number
    assert task.kept(furnished) == kept
    assert task.changed(furnished) == task.new
    if name == "apply_1":
        # Nothing else was begun.
        assert "DELETE account/bob" not in writes_to(furnished)
    assert sorted(furnished.panel.accounts) == ["alice", "bob"]


# A module in a process of its own, with its options on standard input, and signals as in a terminal: what started the
# tests may ignore some of them.
PROGRAM = """
import importlib, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
from ansible.module_utils import basic
basic._ANSIBLE_ARGS = sys.stdin.buffer.read()
basic._ANSIBLE_PROFILE = "legacy"
importlib.import_module(f"ansible_collections.puqcloud.puqvpn.plugins.modules.puqvpn_{sys.argv[1]}").main()
"""


@pytest.mark.parametrize("number", [TERM, INT, HUP], ids=["TERM", "INT", "HUP"])
def test_a_module_that_is_to_end_makes_first_what_it_removed(
    furnished: Simulator, at_request: Callable[..., None], number: int
) -> None:
    kept = of_account(furnished)
    child: list[subprocess.Popen[bytes]] = []
    at_request("DELETE account/alice", lambda: child[0].send_signal(number))
    options = connection_options(furnished)
    arguments = {"ANSIBLE_MODULE_ARGS": {"url": options["url"], "access_hash": options["access_hash"], **NEW_ALICE}}
    command = [sys.executable, "-c", PROGRAM, "account"]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(command, **pipes) as process:  # type: ignore[call-overload]
        child.append(process)
        output, _errors = process.communicate(json.dumps(arguments).encode(), timeout=DEADLINE)
    assert (process.returncode, output) == (-number, b"")
    assert of_account(furnished) == kept
    assert username(furnished) == "new"


@pytest.mark.parametrize("name", ["account", "apply_1", "apply_8"])
def test_a_panel_that_is_busy_after_the_removal_is_waited_for(
    furnished: Simulator, at_request: Callable[..., None], name: str
) -> None:
    task = RECREATES[name]
    kept = of_account(furnished)
    child: list[int] = []

    def be_busy_and_end() -> None:
        furnished.busy(requests=3)
        os.kill(child[0], TERM)

    at_request("DELETE account/alice", be_busy_and_end)
    pid, begin = fork(lambda: run(client_of(furnished), task.module, **task.options))
    child.append(pid)
    begin()
    assert ended_by(pid) == TERM
    assert of_account(furnished) == kept
    assert username(furnished) == "new"


# --- A whole plan, of which only a part was sent


@pytest.fixture
def ending(at_request: Callable[..., None]) -> Iterator[Callable[..., None]]:
    """Let the task end at a request, as Ansible ends one whose time is over."""
    before = signal.signal(ALRM, end)

    def arrange(request: str) -> None:
        main = threading.main_thread().ident or 0
        at_request(request, lambda: signal.pthread_kill(main, ALRM))

    yield arrange
    signal.signal(ALRM, before)


def apply_until_the_end(panel: Simulator, config: dict[str, Any], **options: Any) -> None:
    with client_of(panel) as client, pytest.raises(EndedError):
        apply(client, config, **options)


def people(panel: Simulator, server: str, network: str, names: str) -> dict[str, str]:
    """Accounts on a server, and their keys."""
    for at, name in enumerate(names):
        panel.panel.add_account(
            {"name": name, "username": name, "wg_name": server, "allowed_IPs": f"{network}.{10 + at}"}
        )
    return keys_of(panel)


def keys_of(panel: Simulator) -> dict[str, str]:
    return {name: one["private_key"] for name, one in panel.panel.accounts.items()}


def addresses_of(panel: Simulator) -> dict[str, str]:
    return {name: one["allowed_IPs"] for name, one in panel.panel.accounts.items()}


def servers_of(panel: Simulator) -> set[str]:
    return {one["wg_name"] for one in panel.panel.accounts.values()}


RENAMED = {
    "wireguard": [{"name": "new", "address": "10.70.0.1/24", "listen_port": 52000}],
    "accounts": [{"name": name, "wg_name": "new"} for name in "abcd"],
}


@pytest.fixture
def renaming(panel: Simulator) -> Simulator:
    """A panel whose server is to get another name, for which its accounts have to move."""
    panel.panel.remove_server("Default")
    panel.panel.add_server({"name": "old", "address": "10.70.0.1/24", "listen_port": 52000})
    people(panel, "old", "10.70.0", "abcd")
    return panel


@pytest.mark.parametrize("concurrency", [1, 2])
def test_accounts_go_back_to_the_server_that_is_still_there(
    renaming: Simulator, ending: Callable[..., None], concurrency: int
) -> None:
    keys, addresses = keys_of(renaming), addresses_of(renaming)
    ending("DELETE account/b")
    apply_until_the_end(renaming, RENAMED, purge=["wireguard"], recreate=True, concurrency=concurrency)
    assert (keys_of(renaming), addresses_of(renaming)) == (keys, addresses)
    assert servers_of(renaming) == {"old"}
    assert "DELETE wireguard/old" not in writes_to(renaming)
    with client_of(renaming) as client:
        apply(client, RENAMED, purge=["wireguard"], recreate=True)
    assert (keys_of(renaming), servers_of(renaming)) == (keys, {"new"})


@pytest.mark.parametrize("concurrency", [1, 2])
@pytest.mark.parametrize("request_at_the_end", ["DELETE wireguard/old", "POST wireguard", "POST account"])
def test_accounts_come_to_the_new_server_when_the_old_one_is_gone(
    renaming: Simulator, ending: Callable[..., None], request_at_the_end: str, concurrency: int
) -> None:
    keys = keys_of(renaming)
    ending(request_at_the_end)
    config = {**RENAMED, "dns": {"max_cache_ttl": 77}} if request_at_the_end == "POST account" else RENAMED
    apply_until_the_end(renaming, config, purge=["wireguard"], recreate=True, concurrency=concurrency)
    assert (keys_of(renaming), servers_of(renaming)) == (keys, {"new"})
    assert sorted(writes_to(renaming)).count("POST account") == 4


@pytest.mark.parametrize("request_at_the_end", ["DELETE wireguard/old", "POST wireguard"])
def test_the_end_of_a_plan_has_the_usual_patience(
    renaming: Simulator, ending: Callable[..., None], at_request: Callable[..., None], request_at_the_end: str
) -> None:
    keys = keys_of(renaming)
    at_request("DELETE wireguard/old", lambda: renaming.busy(requests=3))
    # The panel refuses the server at first.
    ending(request_at_the_end)
    apply_until_the_end(renaming, RENAMED, purge=["wireguard"], recreate=True)
    assert (keys_of(renaming), servers_of(renaming)) == (keys, {"new"})


def circle(names: str) -> dict[str, Any]:
    """Each of the accounts gets the address of the next one."""
    addresses = [f"10.0.0.{10 + at}" for at in range(len(names))]
    items = [{"name": name, "allowed_ips": addresses[at - 1]} for at, name in enumerate(names)]
    return {"accounts": items}


# The first write parks one of them. It can go back as long as nobody has taken its place.
@pytest.mark.parametrize(("names", "nth"), [("ab", 1), ("ab", 2), ("abc", 1), ("abc", 2)])
def test_no_account_stays_at_the_address_where_it_was_parked(
    panel: Simulator, ending: Callable[..., None], names: str, nth: int
) -> None:
    keys = people(panel, "Default", "10.0.0", names)
    before = addresses_of(panel)
    written = order_of(names)[nth - 1]
    ending(f"PUT account/{written}")
    apply_until_the_end(panel, circle(names))
    wanted = {item["name"]: item["allowed_ips"] for item in circle(names)["accounts"]}
    assert addresses_of(panel) == (before if nth == 1 else wanted)
    assert keys_of(panel) == keys


def order_of(names: str) -> list[str]:
    """In which order a circle of accounts is written."""
    with Simulator() as panel, client_of(panel) as client:
        people(panel, "Default", "10.0.0", names)
        apply(client, circle(names))
        return [write.rsplit("/", 1)[1] for write in writes_to(panel)]


@pytest.mark.parametrize("request_at_the_end", ["DELETE account/a", "DELETE account/b", "POST account"])
def test_accounts_that_exchange_their_names_are_both_there(
    panel: Simulator, ending: Callable[..., None], request_at_the_end: str
) -> None:
    keys = people(panel, "Default", "10.0.0", "ab")
    config = {"accounts": [{"name": "a", "username": "b"}, {"name": "b", "username": "a"}]}
    ending(request_at_the_end)
    apply_until_the_end(panel, config, recreate=True)
    assert keys_of(panel) == keys
    usernames = {name: one["username"] for name, one in panel.panel.accounts.items()}
    assert usernames in ({"a": "a", "b": "b"}, {"a": "b", "b": "a"})


def test_a_forward_that_was_removed_for_its_account_is_there_again(
    panel: Simulator, ending: Callable[..., None]
) -> None:
    keys = people(panel, "Default", "10.0.0", "a")
    forward = {"dst_port": 80, "protocol": "tcp", "to_peer": "a", "to_port": 80}
    panel.panel.port_forwards["Default"]["80_tcp"] = dict(forward)
    config = {"accounts": [{"name": "a", "username": "z"}], "port_forwards": [{**forward, "wg_name": "Default"}]}
    ending("DELETE wireguard/Default/port_forwarding/80/tcp")
    apply_until_the_end(panel, config, recreate=True)
    assert panel.panel.port_forwards["Default"] == {"80_tcp": forward}
    assert keys_of(panel) == keys
    assert panel.panel.accounts["a"]["username"] == "a"


def test_a_task_that_lives_on_fails_and_says_what_was_done(
    panel: Simulator, ending: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    people(panel, "Default", "10.0.0", "abc")
    ending("PUT account/b")
    signal.signal(ALRM, lambda _number, _frame: None)
    with client_of(panel) as client:
        config = {"accounts": [{"name": name, "status": "disable"} for name in "abc"]}
        error = failure(client, "apply", config=config)
    assert error.code == "interrupted"
    assert [one["done"] for one in error.details["plan"]] == [True, True, False]
    assert error.details["changed"] is True


# --- What cannot be made again


def test_what_was_removed_before_is_put_back_when_the_new_one_is_refused(panel: Simulator) -> None:
    people(panel, "Default", "10.0.0", "a")
    forward = {"dst_port": 80, "protocol": "tcp", "to_peer": "a", "to_port": 80}
    panel.panel.port_forwards["Default"]["80_tcp"] = dict(forward)
    panel.fault("error", method="POST", path="wireguard/Default/port_forwarding", text="Something is wrong")
    other = {**forward, "wg_name": "Default", "to_port": 81}
    with client_of(panel) as client:
        config = {"accounts": [{"name": "a", "username": "z"}], "port_forwards": [other]}
        error = failure(client, "apply", config=config, recreate=True)
    (told,) = error.details["failures"]
    assert (told["kind"], told["restored"]) == ("port_forward", True)
    assert panel.panel.port_forwards["Default"] == {"80_tcp": forward}
    assert list(error.details["diff"]["after"]) == ["accounts"]


def test_what_was_removed_before_another_failure_is_made_all_the_same(renaming: Simulator) -> None:
    keys = keys_of(renaming)
    renaming.fault("error", method="PUT", path="dns", text="Something is wrong")
    config = {**RENAMED, "dns": {"max_cache_ttl": 77}, "backup_config": {"number_backups": 3}}
    with client_of(renaming) as client:
        error = failure(client, "apply", config=config, purge=["wireguard"], recreate=True)
    assert [one["kind"] for one in error.details["failures"]] == ["dns"]
    assert (keys_of(renaming), servers_of(renaming)) == (keys, {"new"})
    # Nothing else is begun after a failure.
    assert "PUT backups/config" not in writes_to(renaming)


def test_what_was_removed_before_a_removal_that_fails_is_put_back(renaming: Simulator) -> None:
    keys = keys_of(renaming)
    renaming.fault("error", method="DELETE", path="account/c", text="Something is wrong")
    with client_of(renaming) as client:
        error = failure(client, "apply", config=RENAMED, purge=["wireguard"], recreate=True)
    assert [one["name"] for one in error.details["failures"]] == ["c"]
    assert (keys_of(renaming), servers_of(renaming)) == (keys, {"old"})
    assert error.details["changed"] is False


@pytest.mark.parametrize("fault", ["error", "drop_before"])
def test_what_is_lost_with_its_server_is_told_one_by_one(renaming: Simulator, fault: str) -> None:
    renaming.fault(fault, method="POST", path="wireguard", times=None)
    connection = Connection.from_options(connection_options(renaming, retries=0))
    with PanelClient(connection, sleep=lambda _pause: None) as client:
        error = failure(client, "apply", config=RENAMED, purge=["wireguard"], recreate=True)
    lost = {one["name"]: one["lost"] for one in error.details["failures"] if "lost" in one}
    assert {name: one["allowed_ips"] for name, one in lost.items()} == {
        name: f"10.70.0.{10 + at}" for at, name in enumerate("abcd")
    }
    assert sorted(error.details["diff"]["before"]["accounts"]) == list("abcd")
    assert "private_key" not in str(error.details)
