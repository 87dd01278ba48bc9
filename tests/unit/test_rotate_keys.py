# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""New keys for an account: everything else stays, and nothing is lost when that fails."""

from __future__ import annotations

import base64
import copy
from importlib import import_module
from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils import _crypto
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._crypto import new_pair, pair_problems
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._task import failure as failed_result
from ansible_collections.puqcloud.puqvpn.tests.unit.keys import key_pair
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import Connect
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import failure, run
from simulator import Simulator

OLD = key_pair()
ALICE = {
    "name": "alice",
    "wg_name": "Default",
    "status": "disable",
    "username": "al",
    "password": "canary-kept",
    "allowed_IPs": "10.0.0.10",
    "allowed_IPs_ipv6": "fd00::10",
    "b_download": 7,
    "b_upload": 8,
    **OLD,
}
FORWARDS = "wireguard/Default/port_forward"
CREATE_FORWARD = "wireguard/Default/port_forwarding"
REQUESTS = ["GET account/alice", f"GET {FORWARDS}", "DELETE account/alice", "POST account", "GET account/alice"]
# For each port forward, when the account is a new one.
AGAIN = [f"POST {CREATE_FORWARD}", f"GET {FORWARDS}"]


@pytest.fixture
def client(panel: Simulator, connect: Connect) -> PanelClient:
    """A client of a panel with an account, to which two ports are forwarded, and another one."""
    panel.options.set(echo_write_only=True)
    panel.panel.add_account(ALICE)
    panel.panel.add_account({"name": "bob", "wg_name": "Default", "allowed_IPs": "10.0.0.11"})
    for port, peer in ((8080, "alice"), (9090, "alice"), (7070, "bob")):
        forward = {"dst_port": port, "protocol": "tcp", "to_peer": peer, "to_port": 80}
        panel.panel.port_forwards["Default"][f"{port}_tcp"] = forward
    return connect(panel, retries=0)


def requests_of(panel: Simulator) -> list[str]:
    return [f"{request.method} {request.path}" for request in panel.requests]


def memory(panel: Simulator) -> dict[str, Any]:
    """What must stay, and what need not: the mark of the firewall."""
    accounts = copy.deepcopy(panel.panel.accounts)
    for account in accounts.values():
        del account["mangle"]
    return {"accounts": accounts, "forwards": copy.deepcopy(panel.panel.port_forwards)}


def without_keys(state: dict[str, Any]) -> dict[str, Any]:
    for name in OLD:
        del state["accounts"]["alice"][name]
    return state


def test_only_the_keys_are_new(panel: Simulator, client: PanelClient) -> None:
    before = memory(panel)
    result = run(client, "account", name="alice", rotate_keys=True)
    assert requests_of(panel) == [*REQUESTS, *AGAIN, *AGAIN]
    keys = {name: panel.panel.accounts["alice"][name] for name in OLD}
    assert list(pair_problems(keys)) == []
    assert keys["private_key"] != OLD["private_key"]
    assert without_keys(memory(panel)) == without_keys(before)
    assert result["changed"] is True
    assert result["account"]["public_key"] == keys["public_key"]
    assert "private_key" not in result["account"]
    assert result["diff"] == {
        "before": {"private_key": "********", "public_key": OLD["public_key"]},
        "after": {"private_key": "******** (changed)", "public_key": keys["public_key"]},
    }
    assert f"public_key {OLD['public_key']} -> {keys['public_key']}" in result["msg"]
    assert "canary" not in str(result)
    assert client.warnings == [
        "account alice is deleted and recreated: its client needs a new configuration, and its one-time links may be "
        "gone afterwards."
    ]
    shown = run(client, "account", name="alice", rotate_keys=True, include_secrets=True)["account"]
    assert shown["private_key"] == panel.panel.accounts["alice"]["private_key"] != keys["private_key"]


def test_the_profile_has_the_new_key(panel: Simulator, client: PanelClient) -> None:
    run(client, "account", name="alice", rotate_keys=True)
    profile = str(client.get("account/alice/config_text").payload)
    assert panel.panel.accounts["alice"]["private_key"] in profile
    assert OLD["private_key"] not in profile


def test_an_account_without_port_forwards_takes_one_request_more(panel: Simulator, client: PanelClient) -> None:
    panel.panel.port_forwards["Default"].clear()
    run(client, "account", name="alice", rotate_keys=True)
    assert requests_of(panel) == REQUESTS


def test_check_mode_names_no_key_that_is_never_used(panel: Simulator, client: PanelClient, connect: Connect) -> None:
    before = memory(panel)
    checking = connect(panel, check_mode=True)
    predicted = run(checking, "account", name="alice", rotate_keys=True, b_download=9, include_secrets=True)
    assert {request.method for request in panel.requests} == {"GET"}
    assert memory(panel) == before
    happened = run(client, "account", name="alice", rotate_keys=True, b_download=9, include_secrets=True)
    assert predicted["changed"] is True
    assert predicted["account"].items() <= happened["account"].items()
    assert not OLD.keys() & predicted["account"].keys()
    assert predicted["diff"]["before"] == happened["diff"]["before"]
    assert predicted["diff"]["after"] == {**happened["diff"]["after"], "public_key": "a new one"}
    assert checking.warnings == client.warnings


def test_what_else_is_asked_for_is_done_at_once(panel: Simulator, client: PanelClient) -> None:
    run(client, "account", name="alice", rotate_keys=True, username="new", password="other", status="enable")
    assert requests_of(panel) == [*REQUESTS, *AGAIN, *AGAIN]
    account = panel.panel.accounts["alice"]
    assert (account["username"], account["password"], account["status"]) == ("new", "other", "enable")
    assert account["private_key"] != OLD["private_key"]


def test_an_account_that_has_expired_is_disabled_with_new_keys_or_removed(
    panel: Simulator, client: PanelClient
) -> None:
    given = {"name": "alice", "rotate_keys": True, "status": "enable", "expires": "2026-01-31"}
    result = run(client, "account", **given)
    assert (result["expired"], result["account"]["status"]) == (True, "disable")
    assert panel.panel.accounts["alice"]["private_key"] != OLD["private_key"]
    run(client, "account", **given, expired="absent")
    assert "alice" not in panel.panel.accounts


def test_a_new_account_gets_a_new_pair(panel: Simulator, client: PanelClient, connect: Connect) -> None:
    given = {"name": "carol", "wg_name": "Default", "rotate_keys": True}
    predicted = run(connect(panel, check_mode=True), "account", **given)
    panel.reset_counters()
    result = run(client, "account", **given)
    assert predicted["changed"] is result["changed"] is True
    assert predicted["account"].items() <= result["account"].items()
    assert requests_of(panel)[:1] == ["GET account/carol"]
    assert list(pair_problems(panel.panel.accounts["carol"])) == []


def test_check_mode_assumes_an_account_that_an_earlier_task_may_create(panel: Simulator, connect: Connect) -> None:
    checking = connect(panel, check_mode=True)
    predicted = run(checking, "account", name="carol", rotate_keys=True)
    assert predicted["changed"] is True
    assert checking.warnings == ["In check mode it is assumed that account carol exists."]
    assert failure(connect(panel), "account", name="carol", rotate_keys=True).code == "missing_option"


def test_a_panel_that_keeps_port_forwards_is_not_given_them_twice(
    panel: Simulator, client: PanelClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory_type = type(panel.panel)
    remove = memory_type.remove_account

    def remove_and_keep(self: Any, name: str) -> Any:
        kept = copy.deepcopy(self.port_forwards)
        removed = remove(self, name)
        self.port_forwards.update(kept)
        return removed

    monkeypatch.setattr(memory_type, "remove_account", remove_and_keep)
    before = memory(panel)
    assert run(client, "account", name="alice", rotate_keys=True)["changed"] is True
    assert without_keys(memory(panel)) == without_keys(before)


# --- What is refused before anything is written


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"state": "absent"}, "rotate_keys cannot be used with state absent"),
        (OLD, "cannot be given together with private_key and public_key"),
        ({"public_key": OLD["public_key"]}, "cannot be given together with public_key"),
    ],
)
def test_options_that_contradict_it(panel: Simulator, client: PanelClient, given: dict[str, Any], said: str) -> None:
    error = failure(client, "account", name="alice", rotate_keys=True, **given)
    assert (error.code, panel.requests) == ("invalid_option", [])
    assert said in str(error)
    assert OLD["private_key"] not in str(error)


def test_new_keys_need_a_library(panel: Simulator, client: PanelClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def import_other(name: str) -> Any:
        if name.startswith("cryptography"):
            raise ImportError(name)
        return import_module(name)

    monkeypatch.setattr(_crypto, "import_module", import_other)
    result = failed_result(failure(client, "account", name="alice", rotate_keys=True))
    assert (result["error_code"], panel.requests) == ("missing_library", [])
    assert "cryptography" in result["msg"]


def test_another_server_is_refused(panel: Simulator, client: PanelClient) -> None:
    panel.panel.add_server({"name": "other", "address": "10.7.0.1/24"})
    before = memory(panel)
    error = failure(client, "account", name="alice", rotate_keys=True, wg_name="other", allowed_ips="10.7.0.9")
    assert (error.code, error.details["fields"]) == ("immutable_field", ["wg_name"])
    assert memory(panel) == before


@pytest.mark.parametrize("shown", [None, "********"])
def test_a_password_that_the_panel_hides_is_not_lost(
    panel: Simulator, client: PanelClient, monkeypatch: pytest.MonkeyPatch, shown: str | None
) -> None:
    read = PanelClient.read

    def hiding(self: PanelClient, path: str, interpret: Any) -> Any:
        def hidden(payload: Any) -> Any:
            account = {**payload, "password": shown}
            return interpret({name: value for name, value in account.items() if value is not None})

        return read(self, path, hidden if path == "account/alice" else interpret)

    before = memory(panel)
    with monkeypatch.context() as patch:
        patch.setattr(PanelClient, "read", hiding)
        error = failure(client, "account", name="alice", rotate_keys=True)
    assert error.code == "missing_option"
    assert "the panel does not show password of account alice" in str(error)
    assert "Set password." in str(error)
    assert memory(panel) == before


def test_an_address_that_the_panel_may_hide_is_pointed_out(panel: Simulator, client: PanelClient) -> None:
    panel.options.set(echo_write_only=False)
    run(client, "account", name="alice", rotate_keys=True)
    assert any("does not show allowed_ips_ipv6 of account alice" in text for text in client.warnings)


# --- What fails


@pytest.mark.parametrize("times", [1, 2])
def test_a_new_account_that_is_refused(panel: Simulator, client: PanelClient, times: int) -> None:
    before = memory(panel)
    panel.fault("error", method="POST", path="account", text="VPN account limit exceeded", times=times)
    error = failure(client, "account", name="alice", rotate_keys=True)
    assert error.code == "license_limit"
    if times == 1:
        # The old one is back, and so are the port forwards to it.
        assert error.details["restored"] is True
        assert memory(panel) == before
        assert "lost_port_forwards" not in error.details
    else:
        assert error.details["restored"] is False
        assert error.details["lost"]["allowed_ips"] == "10.0.0.10"
        assert [forward["dst_port"] for forward in error.details["lost_port_forwards"]] == [8080, 9090]
        assert "Default/8080/tcp, Default/9090/tcp" in str(error)
    assert "canary" not in str(error)


def test_a_port_forward_that_is_refused_does_not_prevent_the_others(panel: Simulator, client: PanelClient) -> None:
    panel.fault("error", method="POST", path=CREATE_FORWARD, text="ListenPort processing error")
    error = failure(client, "account", name="alice", rotate_keys=True)
    assert error.code == "panel_refused"
    assert "account alice has new keys, but a port forward to it could not be recreated" in str(error)
    lost = {"wg_name": "Default", "dst_port": 8080, "protocol": "tcp", "to_peer": "alice", "to_port": 80}
    assert error.details["lost_port_forwards"] == [lost]
    assert error.details["changed"] is True
    assert error.details["diff"]["before"]["public_key"] == OLD["public_key"]
    assert sorted(panel.panel.port_forwards["Default"]) == ["7070_tcp", "9090_tcp"]
    # What the result names is what puts it right.
    run(client, "port_forward", **lost)
    assert sorted(panel.panel.port_forwards["Default"]) == ["7070_tcp", "8080_tcp", "9090_tcp"]


def test_a_panel_that_is_too_old_for_port_forwards(panel: Simulator, client: PanelClient) -> None:
    panel.fault("status", code=404, method="GET", path=FORWARDS, times=None)
    error = failure(client, "account", name="alice", rotate_keys=True)
    assert (error.code, panel.panel.accounts["alice"]["private_key"]) == ("unknown_operation", OLD["private_key"])
    panel.options.set(version="1.5")
    panel.panel.port_forwards["Default"].clear()
    panel.reset_counters()
    assert run(client, "account", name="alice", rotate_keys=True)["changed"] is True
    assert "GET system/status" in requests_of(panel)


# --- The keys


def test_a_pair_is_as_wireguard_makes_it() -> None:
    pairs = [new_pair() for _number in range(20)]
    assert len({pair["private_key"] for pair in pairs}) == 20
    for pair in pairs:
        raw = base64.b64decode(pair["private_key"])
        assert (len(raw), raw[0] & 7, raw[31] & 192) == (32, 0, 64)
        assert list(pair_problems(pair)) == []
