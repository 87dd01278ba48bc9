# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes are proved: a panel that shows them late is waited for, and a failed proof tells what was sent."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils import _client
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import (
    ExchangeError,
    PuqVpnError,
    VerificationError,
)
from ansible_collections.puqcloud.puqvpn.tests.unit.keys import key_pair
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import Connect, connection_options, writes_to
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import MODULES, apply, failure, module_of, run
from simulator import Simulator

ALICE = {"name": "alice", "wg_name": "Default", "allowed_ips": "10.0.0.10"}
FOREVER = 99
NOTHING: dict[str, Any] = {"before": {}, "after": {}}


@pytest.fixture
def client(panel: Simulator, connect: Connect) -> PanelClient:
    return connect(panel)


def pauses_of(client: PanelClient) -> list[float]:
    return [round(pause, 3) for pause in client.pauses]  # type: ignore[attr-defined]


# --- How long a proof is looked for


def unproven() -> VerificationError:
    return VerificationError("object_not_stored", "it is not there")


def looks(client: PanelClient, *ends: Any) -> tuple[int, Any]:
    """How often is looked until the proof, and how it ends; what is an error is raised."""
    left = list(ends)

    def look() -> Any:
        end = left.pop(0)
        if isinstance(end, PuqVpnError):
            raise end
        return end

    try:
        end = client.until_verified(look)
    except PuqVpnError as error:
        end = error
    return len(ends) - len(left), end


@pytest.mark.parametrize(
    ("seconds", "pauses"),
    [(0, []), (0.05, [0.05]), (0.25, [0.1, 0.15]), (5, [0.1, 0.2, 0.4, 0.8, 1.6, 1.9])],
)
def test_a_proof_is_looked_for_with_growing_pauses(
    client: PanelClient, monkeypatch: pytest.MonkeyPatch, seconds: float, pauses: list[float]
) -> None:
    # Otherwise, what the reads take counts as well.
    monkeypatch.setattr(_client, "time", SimpleNamespace(monotonic=lambda: 0.0))
    client.verify_timeout = seconds
    number, end = looks(client, *(unproven() for _look in range(20)))
    assert (number, end.code) == (1 + len(pauses), "object_not_stored")
    assert pauses_of(client) == pauses


def test_a_proof_that_is_there_costs_nothing(client: PanelClient) -> None:
    assert looks(client, "proof", unproven()) == (1, "proof")
    assert pauses_of(client) == []
    assert looks(client, unproven(), unproven(), "proof") == (3, "proof")
    assert pauses_of(client) == [0.1, 0.2]


def test_the_time_of_the_reads_counts(client: PanelClient, monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([0.0, 3.0, 4.95, 7.0])
    monkeypatch.setattr(_client, "time", SimpleNamespace(monotonic=lambda: next(times)))
    number, _end = looks(client, unproven(), unproven(), unproven(), "too late")
    assert number == 3
    assert pauses_of(client) == [0.1, 0.05]


def test_a_read_that_fails_is_no_missing_proof(client: PanelClient) -> None:
    number, end = looks(client, unproven(), ExchangeError("timeout", "it took too long"), "proof")
    assert (number, end.code) == (2, "timeout")


# --- The option

WRITE_AND_PROVE = [
    "account",
    "account_link",
    "adblock",
    "apply",
    "backup",
    "backup_config",
    "client",
    "dns",
    "firewall",
    "firewall_rule",
    "ikev2",
    "ikev2_session",
    "ikev2_settings",
    "port_forward",
    "system_config",
    "traffic_logging",
    "wireguard",
]


def test_every_module_that_writes_and_proves_has_the_option() -> None:
    having = [name for name in MODULES if "verify_timeout" in module_of(name).TASK.options]
    assert having == [f"puqvpn_{name}" for name in WRITE_AND_PROVE]
    assert {module_of(name).TASK.options["verify_timeout"]["default"] for name in having} == {5.0}


def attempt(panel: Simulator, module: str, **options: Any) -> dict[str, Any]:
    task = module_of(module).TASK
    spec = {name: option.get("default") for name, option in task.argument_spec.items()}
    given = {**spec, **connection_options(panel), **options}
    return dict(task.attempt(given, check_mode=False).result)


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf"), -float("inf")])
def test_a_time_that_makes_no_sense_is_refused(panel: Simulator, seconds: float) -> None:
    result = attempt(panel, "account", **ALICE, verify_timeout=seconds)
    assert result["error_code"] == "invalid_option"
    assert "verify_timeout" in result["msg"]
    assert panel.counts() == {}


def test_the_option_is_what_a_task_waits_for(panel: Simulator) -> None:
    panel.lag(2)
    assert attempt(panel, "account", **ALICE, verify_timeout=0)["error_code"] == "object_not_stored"
    assert panel.counts() == {"GET account/alice": 2, "POST account": 1}
    panel.clear_faults()
    panel.lag(2)
    result = attempt(panel, "account", name="alice", status="disable", verify_timeout=5)
    assert result["account"]["status"] == "disable"


# --- A panel that shows late what it did


@pytest.mark.parametrize(("seconds", "is_kept"), [(5, True), (0, False)])
def test_a_good_account_is_not_rolled_back_because_it_shows_late(
    panel: Simulator, client: PanelClient, seconds: float, is_kept: bool
) -> None:
    panel.lag(3)
    options = {**ALICE, "rollback": True, "verify_timeout": seconds}
    if is_kept:
        assert run(client, "account", **options)["account"]["name"] == "alice"
    else:
        assert failure(client, "account", **options).details["rolled_back"] is True
    assert ("alice" in panel.panel.accounts) is is_kept


@pytest.mark.parametrize(("module", "option"), [("dns", "enabled"), ("firewall", "internal_traffic")])
def test_a_switch_that_shows_late_is_not_written_in_another_spelling(
    panel: Simulator, client: PanelClient, module: str, option: str
) -> None:
    before = run(client, module)[module][option]
    panel.options.set(switch_words="words" if module == "dns" else "digits")
    panel.reset_counters()
    panel.lag(3)
    assert run(client, module, **{option: not before})[module][option] is not before
    assert len(writes_to(panel)) == 1


def test_a_reset_to_other_defaults_is_waited_for_and_reported(panel: Simulator, client: PanelClient) -> None:
    path = "system/config/default"
    panel.fault("wrong_value", method="PUT", path=path, field="traffic_statistics_history", value=3)
    panel.panel.system_config["wireguard_handshake_uptime"] = 77
    result = run(client, "system_config", defaults=True)
    assert result["system_config"]["traffic_statistics_history"] == 3
    assert any("traffic_statistics_history of the" in warning for warning in client.warnings)
    assert sum(pauses_of(client)) == pytest.approx(5)


@pytest.mark.parametrize("answer", ["success", ""])
def test_a_new_account_that_nobody_shows_at_first_is_put_right_all_the_same(
    panel: Simulator, client: PanelClient, answer: str
) -> None:
    panel.panel.wireguard["Default"].update(b_download=12)
    panel.fault("wrong_type", method="POST", msg=answer)
    panel.lag(3)
    assert run(client, "account", **ALICE, b_download=100)["account"]["b_download"] == 100
    assert writes_to(panel) == ["POST account", "PUT account/alice"]


def test_an_old_account_that_shows_for_a_while_is_not_taken_for_the_new_one(
    panel: Simulator, client: PanelClient
) -> None:
    run(client, "account", **ALICE, username="old", b_download=7)
    panel.reset_counters()
    panel.fault("wrong_type", method="POST", msg="success")
    panel.lag(3)
    run(client, "account", name="alice", username="new", b_download=7, recreate=True)
    assert panel.panel.accounts["alice"]["username"] == "new"
    assert writes_to(panel) == ["DELETE account/alice", "POST account"]


def test_an_old_account_that_shows_for_a_while_is_put_back_when_it_is_gone(
    panel: Simulator, client: PanelClient
) -> None:
    run(client, "account", **ALICE, username="old", password="kept")
    before = {**panel.panel.accounts["alice"], "mangle": 0}
    panel.fault("error", method="POST", text="VPN account limit exceeded")
    panel.lag(3)
    assert failure(client, "account", name="alice", username="new", recreate=True).details["restored"] is True
    assert {**panel.panel.accounts["alice"], "mangle": 0} == before


def test_a_removal_whose_answer_is_lost_is_looked_into_until_it_shows(panel: Simulator, client: PanelClient) -> None:
    run(client, "account", **ALICE, username="old")
    panel.fault("drop_after", method="DELETE", times=None)
    panel.lag(3)
    run(client, "account", name="alice", username="new", recreate=True)
    assert panel.panel.accounts["alice"]["username"] == "new"


def test_apply_reads_only_the_families_again_that_show_late(panel: Simulator, client: PanelClient) -> None:
    forward = {"wg_name": "Default", "dst_port": 8080, "protocol": "tcp", "to_peer": "alice", "to_port": 80}
    config = {"wireguard": [{"name": "office"}], "accounts": [ALICE], "port_forwards": [forward]}
    panel.lag(2, view="account")
    apply(client, config)
    counts = {name: number for name, number in panel.counts().items() if name.startswith("GET ")}
    assert counts == {
        "GET wireguard": 2,
        "GET account": 1 + 3,
        "GET wireguard/Default/port_forward": 2,
        "GET license": 1,
        "GET firewall/rules/filter": 1,
    }
    assert pauses_of(client) == [0.1, 0.2]


def test_apply_waits_once_for_all_families(panel: Simulator, client: PanelClient) -> None:
    panel.fault("not_stored", method="POST", path="account")
    panel.fault("not_stored", method="POST", path="wireguard")
    error = failure(client, "apply", config={"wireguard": [{"name": "office"}], "accounts": [ALICE]})
    assert {failure["name"]: failure["error_code"] for failure in error.details["failures"]} == {
        "office": "object_not_stored",
        "alice": "object_not_stored",
    }
    assert sum(pauses_of(client)) == pytest.approx(5)


def test_a_session_that_ends_late_is_no_reason_for_a_warning(panel: Simulator, client: PanelClient) -> None:
    run(client, "account", **ALICE)
    panel.connect("ikev2", "alice")
    panel.lag(3)
    assert run(client, "ikev2_session", name="alice")["disconnected"] is True
    assert client.warnings == []


def test_a_link_that_is_listed_late_has_its_end(panel: Simulator, client: PanelClient) -> None:
    run(client, "account", **ALICE)
    panel.lag(3)
    result = run(client, "account_link", name="alice", include_secrets=True)
    assert result["expires"] == next(iter(panel.panel.otls.values()))["lifetime"]
    assert client.warnings == []


# --- What a failed proof tells


@pytest.mark.parametrize(
    ("module", "options", "path"),
    [
        ("account", {"password": "canary", "name": "alice"}, "account/alice"),
        ("wireguard", {**key_pair(), "name": "Default"}, "wireguard/Default"),
        ("traffic_logging", {"influxdb_token": "canary"}, "traffic_logging"),
        ("backup_config", {"ftp_password": "canary"}, "backups/config"),
    ],
)
def test_a_secret_that_was_not_stored_is_in_the_diff_and_hidden(
    panel: Simulator, client: PanelClient, module: str, options: dict[str, Any], path: str
) -> None:
    hidden = next(iter(options))
    run(client, "account", **ALICE, password="before")
    panel.fault("not_stored", method="PUT", path=path)
    error = failure(client, module, **options)
    assert error.code == "value_not_stored"
    assert error.details["changed"] is True
    assert error.details["diff"]["after"][hidden].startswith("********")
    assert options[hidden] not in str(error.details)
    panel.fault("not_stored", method="PUT", path=path)
    name = {"account": "accounts", "wireguard": "wireguard"}.get(module, module)
    error = failure(client, "apply", config={name: [options] if "name" in options else options})
    assert error.details["changed"] is True
    after = error.details["diff"]["after"][name]
    assert after.get(options.get("name"), after)[hidden].startswith("********")
    assert error.details["summary"]["update"] == 0


@pytest.mark.parametrize(
    ("module", "options", "method"),
    [
        ("port_forward", {"wg_name": "Default", "dst_port": 80, "protocol": "tcp", "state": "absent"}, "DELETE"),
        ("firewall_rule", {"name": "no_telnet", "action": "DROP", "protocol": "TCP", "d_port": 23}, "POST"),
        ("dns", {"max_cache_ttl": 60}, "PUT"),
        ("firewall", {"ip_forward": False}, "PUT"),
        ("ikev2", {"ca": {"common_name": "CA", "organization": "Example"}}, "PUT"),
        ("ikev2_session", {"name": "alice"}, "DELETE"),
        ("account_link", {"name": "alice", "include_secrets": True}, ""),
        ("backup", {}, "POST"),
    ],
)
@pytest.mark.parametrize("is_lie", [True, False], ids=["lie", "read_that_fails"])
def test_what_was_sent_is_reported(
    panel: Simulator, connect: Connect, module: str, options: dict[str, Any], method: str, *, is_lie: bool
) -> None:
    client = connect(panel)
    run(client, "account", **ALICE)
    forward = {"dst_port": 80, "protocol": "tcp", "to_peer": "alice", "to_port": 80}
    panel.panel.port_forwards["Default"]["80_tcp"] = forward
    panel.connect("ikev2", "alice")
    expected = run(connect(panel, check_mode=True), module, **options)
    if is_lie and module not in ("ikev2_session", "account_link"):
        panel.fault("not_stored", method=method, times=None)
    else:
        panel.fault("slow", method="GET", seconds=0, times=2 if module == "account_link" else 1)
        panel.fault("status", method="GET", code=500, times=None)
    error = failure(client, module, **options)
    assert error.details["changed"] is True
    assert error.details["diff"] == expected["diff"]
    if module == "account_link":
        assert error.details["url"] == f"{panel.url}/otl/{next(iter(panel.panel.otls))}"


def test_accounts_that_did_not_get_their_bandwidth_are_reported_with_the_server(
    panel: Simulator, client: PanelClient
) -> None:
    run(client, "account", **ALICE)
    panel.fault("not_stored", method="PUT", path="wireguard/Default/set_bandwidth")
    error = failure(client, "wireguard", name="Default", b_download=50, set_bandwidth=True)
    assert error.details["changed"] is True
    assert error.details["diff"]["after"] == {
        "b_download": 50,
        "accounts": {"alice": {"b_download": 50, "b_upload": 0}},
    }


@pytest.mark.parametrize(
    "fault", [{"kind": "error", "method": "PUT"}, {"kind": "status", "method": "GET", "code": 500}]
)
def test_a_server_that_was_changed_is_reported_when_its_accounts_fail(
    panel: Simulator, client: PanelClient, fault: dict[str, Any]
) -> None:
    run(client, "account", **ALICE)
    path = "wireguard/Default/peers" if fault["method"] == "GET" else "wireguard/Default/set_bandwidth"
    panel.fault(**fault, path=path)
    error = failure(client, "wireguard", name="Default", b_download=50, set_bandwidth=True)
    assert error.details["changed"] is True
    assert error.details["diff"]["after"] == {"b_download": 50}


def test_what_is_as_it_was_before_is_no_change(panel: Simulator, client: PanelClient) -> None:
    panel.fault("wrong_value", method="POST", path="account", field="password", value="other")
    panel.fault("wrong_value", method="PUT", path="account/alice", field="password", value="other")
    error = failure(client, "account", **ALICE, password="mine", rollback=True)
    assert (error.details["rolled_back"], error.details["changed"], error.details["diff"]) == (True, False, NOTHING)
    run(client, "account", **ALICE, username="old")
    panel.fault("error", method="POST", text="VPN account limit exceeded")
    error = failure(client, "account", name="alice", username="new", recreate=True)
    assert (error.details["restored"], error.details["changed"], error.details["diff"]) == (True, False, NOTHING)


def test_what_is_lost_is_reported_as_a_removal(panel: Simulator, client: PanelClient) -> None:
    run(client, "account", **ALICE, username="old")
    panel.fault("error", method="POST", text="VPN account limit exceeded", times=None)
    error = failure(client, "account", name="alice", username="new", recreate=True)
    assert error.details["changed"] is True
    assert (error.details["diff"]["before"]["username"], error.details["diff"]["after"]) == ("old", {})
    assert error.details["lost"]["username"] == "old"


@pytest.mark.parametrize("module", ["account", "apply"])
@pytest.mark.parametrize("kind", ["wrong_value", "not_stored"])
def test_a_rollback_of_what_was_made_again_brings_the_old_one_back(
    panel: Simulator, client: PanelClient, module: str, kind: str
) -> None:
    run(client, "account", **ALICE, username="old", password="kept")
    before = {**panel.panel.accounts["alice"], "mangle": 0}
    wrong = {"field": "password", "value": "other"} if kind == "wrong_value" else {}
    panel.fault(kind, method="POST", path="account", **wrong)
    panel.fault(kind, method="PUT", path="account/alice", **wrong)
    item = {"name": "alice", "username": "new", "rollback": True, "recreate": True}
    error = failure(client, module, **({"config": {"accounts": [item]}} if module == "apply" else item))
    (reported,) = error.details["failures"] if module == "apply" else [error.details]
    assert reported["restored"] is True
    assert error.details["changed"] is False
    assert {**panel.panel.accounts["alice"], "mangle": 0} == before
