# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a purge may remove: what is protected is kept, and what goes too far is refused, or reported in check mode."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.tests.unit import tasks
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import Connect, writes_to
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import apply, run
from simulator import Simulator

failure = partial(tasks.failure, module="apply")
EVERYTHING = ["firewall_rules", "wireguard", "accounts", "port_forwards"]


@pytest.fixture
def client(panel: Simulator, connect: Connect) -> PanelClient:
    """A client of a panel with the servers Default and lab, their accounts a, b, ops_1 and c, ops_2, and more."""
    panel.panel.add_server({"name": "lab", "address": "10.60.0.1/24", "listen_port": 51999})
    for at, (name, server) in enumerate([("a", "Default"), ("b", "Default"), ("ops_1", "Default")], 2):
        panel.panel.add_account({"name": name, "username": name, "wg_name": server, "allowed_IPs": f"10.0.0.{at}"})
    for at, name in enumerate(("c", "ops_2"), 2):
        panel.panel.add_account({"name": name, "username": name, "wg_name": "lab", "allowed_IPs": f"10.60.0.{at}"})
    forward(panel, "Default", 80, "a")
    forward(panel, "lab", 443, "c")
    rule = {"action": "DROP", "chain": "INPUT", "protocol": "TCP", "s_port": "0", "d_port": "23"}
    for name in ("keep_me", "old"):
        panel.panel.firewall_filter.append({**rule, "s_ip": "0.0.0.0/0", "d_ip": "0.0.0.0/0", "name": name})
    return connect(panel)


def forward(panel: Simulator, server: str, port: int, peer: str) -> None:
    values = {"dst_port": port, "protocol": "tcp", "to_peer": peer, "to_port": port}
    panel.panel.port_forwards[server][f"{port}_tcp"] = values


def steps(result: dict[str, Any]) -> list[str]:
    return sorted(f"{step['action']} {step['name']}" for step in result["plan"])


def kept(result: dict[str, Any]) -> list[str]:
    return [f"{kept['kind']} {kept['name']}" for kept in result["protected"]]


def both(client: PanelClient, config: dict[str, Any], **options: Any) -> dict[str, Any]:
    """The result of a run that check mode predicts, and after which nothing is left to do."""
    client.check_mode = True
    predicted = apply(client, config, **options)
    client.check_mode = False
    result = apply(client, config, **options)
    for name in ("summary", "protected", "refusals", "diff"):
        assert result[name] == predicted[name]
    again = apply(client, config, **options)
    assert (again["changed"], again["protected"]) == (False, result["protected"])
    return result


def removed(name: str, reason: str = "not in config (purge)") -> dict[str, str]:
    """An account among the removals of a refusal."""
    return {"kind": "account", "name": name, "reason": reason}


def reported_and_refused(
    panel: Simulator, client: PanelClient, config: dict[str, Any], **options: Any
) -> dict[str, Any]:
    """What check mode returns of a run that is refused for real."""
    client.check_mode = True
    result = apply(client, config, **options)
    reported = client.warnings[-1]
    client.check_mode = False
    error = failure(client, config=config, **options)
    assert error.code == "removal_refused"
    assert error.details["refusals"] == result["refusals"] != []
    assert reported.startswith("Without check mode this run would be refused (removal_refused): ")
    for refusal in result["refusals"]:
        assert refusal["message"].rstrip(".") in str(error)
        assert refusal["message"].rstrip(".") in reported
        assert all(removal in error.details["removals"] for removal in refusal["removals"])
    assert writes_to(panel) == []
    return result


# --- Refusals


@pytest.mark.parametrize(
    ("config", "options", "reported"),
    [
        ({"accounts": []}, {}, "empty_section a b c ops_1 ops_2"),
        ({"accounts": []}, {"purge_scope": ["lab"]}, "empty_section c ops_2"),
        ({"accounts": []}, {"protect": ["ops_*"]}, "empty_section a b c"),
        ({"accounts": [{"name": "x", "state": "absent"}]}, {}, "empty_section a b c ops_1 ops_2"),
        ({"accounts": [{"name": "a"}]}, {"max_deletes": 3}, "max_deletes b c ops_1 ops_2"),
        ({"port_forwards": []}, {}, "empty_section Default/80/tcp lab/443/tcp"),
        ({"firewall_rules": [{"name": "system_PUQVPNCP"}]}, {}, "empty_section keep_me old"),
    ],
)
def test_what_would_remove_too_much_is_reported_in_check_mode(
    panel: Simulator, client: PanelClient, config: dict[str, Any], options: dict[str, Any], reported: str
) -> None:
    reason, *names = reported.split()
    result = reported_and_refused(panel, client, config, **{"purge": [*config], **options})
    assert [refusal["reason"] for refusal in result["refusals"]] == [reason]
    assert sorted(removal["name"] for removal in result["refusals"][0]["removals"]) == names
    assert steps(result) == [f"delete {name}" for name in names]
    assert result["changed"] is True


def test_all_reasons_are_reported_at_once(panel: Simulator, client: PanelClient) -> None:
    config = {"accounts": [{"name": "ops_1", "state": "absent"}]}
    result = reported_and_refused(panel, client, config, purge=["accounts"], protect=["ops_*"], max_deletes=1)
    assert result["refusals"] == [
        {
            "reason": "empty_section",
            "message": "accounts is empty, and purge would remove everything.",
            "removals": [removed(name) for name in "abc"],
        },
        {
            "reason": "protected",
            "message": "protect forbids the removal of ops_1 (account, state: absent).",
            "removals": [removed("ops_1", "state: absent")],
        },
        {
            "reason": "max_deletes",
            "message": "the run would remove 4 objects, and max_deletes is 1.",
            "removals": [removed("ops_1", "state: absent"), *map(removed, "abc")],
        },
    ]
    assert kept(result) == ["account ops_2"]


@pytest.mark.parametrize("check_mode", [True, False])
def test_an_empty_section_with_nothing_to_remove_is_never_refused(
    panel: Simulator, connect: Connect, check_mode: bool
) -> None:
    client = connect(panel, check_mode=check_mode)
    config = {"accounts": [], "port_forwards": [], "firewall_rules": [{"name": "system_PUQVPNCP"}]}
    result = apply(client, config, purge=[*config])
    assert (result["changed"], result["refusals"], result["protected"]) == (False, [], [])


def test_an_empty_section_of_which_all_is_protected_is_not_refused(client: PanelClient) -> None:
    assert kept(both(client, {"accounts": []}, purge=["accounts"], protect=["*"])) == [
        f"account {name}" for name in ("a", "b", "c", "ops_1", "ops_2")
    ]


def test_a_section_is_not_empty_for_what_only_sounds_like_the_panels(panel: Simulator, client: PanelClient) -> None:
    panel.panel.add_account({"name": "system_monitor", "wg_name": "Default", "allowed_IPs": "10.0.0.50"})
    config = {"accounts": [{"name": "system_monitor"}]}
    assert steps(both(client, config, purge=["accounts"], purge_scope=["lab"])) == ["delete c", "delete ops_2"]


def test_accounts_that_go_with_their_server_do_not_count_as_purged(client: PanelClient) -> None:
    config = {"accounts": [], "wireguard": [{"name": "lab", "state": "absent", "force": True}]}
    result = both(client, config, purge=["accounts"], purge_scope=["Default"], protect=["a", "b", "ops_1"])
    assert steps(result) == ["delete c", "delete lab", "delete ops_2"]
    assert kept(result) == ["account a", "account b", "account ops_1"]


def test_a_panel_without_port_forwards_is_unchanged_by_its_own_export(panel: Simulator, connect: Connect) -> None:
    config = run(connect(panel), "info", gather_subset=["config"])["info"]["config"]
    assert config["port_forwards"] == config["accounts"] == []
    result = apply(connect(panel), config, purge=EVERYTHING)
    assert (result["changed"], result["refusals"]) == (False, [])


# --- What is protected


def test_a_purge_passes_over_what_is_protected(panel: Simulator, client: PanelClient) -> None:
    config = {
        "firewall_rules": [{"name": "system_PUQVPNCP"}],
        "wireguard": [{"name": "Default"}],
        "accounts": [{"name": "a"}],
        "port_forwards": [],
    }
    protect = ["ops_*", "keep_*", "*/80/tcp", "lab"]
    result = both(client, config, purge=EVERYTHING, protect=protect, max_deletes=4, allow_empty=True)
    assert steps(result) == ["delete b", "delete c", "delete lab/443/tcp", "delete old"]
    assert result["summary"]["delete"] == 4
    assert kept(result) == [
        "firewall_rule keep_me",
        "wireguard lab",
        "account ops_1",
        "account ops_2",
        "port_forward Default/80/tcp",
    ]
    assert [rule["name"] for rule in panel.panel.firewall_filter] == ["system_PUQVPNCP", "keep_me"]


@pytest.mark.parametrize(
    ("pattern", "stays"),
    [
        ("lab/443/tcp", ["lab/443/tcp"]),
        ("lab/*", ["lab/443/tcp"]),
        ("*/443/*", ["lab/443/tcp"]),
        ("Default/[89]*/tcp", ["Default/80/tcp"]),
        ("c", []),
        ("LAB/*", []),
        ("", []),
    ],
)
def test_patterns_are_about_the_whole_name(client: PanelClient, pattern: str, stays: list[str]) -> None:
    result = both(client, {"port_forwards": []}, purge=["port_forwards"], protect=[pattern], allow_empty=True)
    assert [kept["name"] for kept in result["protected"]] == stays
    assert result["summary"]["delete"] == 2 - len(stays)


@pytest.mark.parametrize(
    ("config", "options", "reported"),
    [
        ({"accounts": [{"name": "ops_1", "state": "absent"}]}, {}, ["ops_1 (account, state: absent)"]),
        ({"firewall_rules": [{"name": "keep_me", "state": "absent"}]}, {}, ["keep_me (firewall_rule, state: absent)"]),
        (
            {"port_forwards": [{"wg_name": "lab", "dst_port": 443, "protocol": "tcp", "state": "absent"}]},
            {"protect": ["lab/443/*"]},
            ["lab/443/tcp (port_forward, state: absent)"],
        ),
        (
            {"wireguard": [{"name": "lab", "state": "absent", "force": True}]},
            {},
            ["ops_2 (account, its server is removed with force: true)"],
        ),
        (
            {"wireguard": [{"name": "lab", "state": "absent", "force": True}]},
            {"protect": ["lab", "c"]},
            ["c (account, its server is removed with force: true)", "lab (wireguard, state: absent)"],
        ),
        (
            {"accounts": [{"name": "ops_1", "username": "other"}]},
            {"recreate": True},
            ["ops_1 (account, recreate: true)"],
        ),
        (
            {"accounts": [{"name": "ops_2", "wg_name": "Default", "recreate": True}]},
            {},
            ["ops_2 (account, recreate: true)"],
        ),
        # What hangs on an account that goes may go along on the panel.
        (
            {"accounts": [{"name": "c", "state": "absent"}], "port_forwards": []},
            {"protect": ["lab/*"], "purge": ["port_forwards"], "allow_empty": True},
            ["lab/443/tcp (port_forward, along with account c)"],
        ),
        (
            {
                "accounts": [{"name": "c", "username": "other"}],
                "port_forwards": [
                    {"wg_name": "lab", "dst_port": 443, "protocol": "tcp", "to_peer": "c", "to_port": 443}
                ],
            },
            {"protect": ["lab/*"], "recreate": True},
            ["lab/443/tcp (port_forward, along with account c)"],
        ),
        (
            {"wireguard": [{"name": "lab", "state": "absent", "force": True}], "port_forwards": []},
            {"protect": ["lab/*"], "purge": ["port_forwards"], "allow_empty": True},
            ["lab/443/tcp (port_forward, along with account c)"],
        ),
    ],
)
def test_an_explicit_removal_of_what_is_protected_is_refused(
    panel: Simulator, client: PanelClient, config: dict[str, Any], options: dict[str, Any], reported: list[str]
) -> None:
    result = reported_and_refused(panel, client, config, **{"protect": ["ops_*", "keep_*"], **options})
    (refusal,) = result["refusals"]
    assert refusal["reason"] == "protected"
    assert refusal["message"] == f"protect forbids the removal of {', '.join(reported)}."
    assert [removal["name"] for removal in refusal["removals"]] == [removal.split(" ")[0] for removal in reported]


@pytest.mark.parametrize(
    "config",
    [
        {"firewall_rules": [{"name": "keep_me", "action": "DROP", "d_port": 25}]},
        {"firewall_rules": [{"name": "old"}, {"name": "keep_me"}]},
        {"port_forwards": [{"wg_name": "lab", "dst_port": 443, "protocol": "tcp", "to_peer": "ops_2", "to_port": 4}]},
        {"accounts": [{"name": "ops_1", "status": "disable"}], "wireguard": [{"name": "lab", "keep_alive": 7}]},
        # The port forward leads elsewhere, so the account may go.
        {
            "accounts": [{"name": "c", "state": "absent"}],
            "port_forwards": [
                {"wg_name": "lab", "dst_port": 443, "protocol": "tcp", "to_peer": "ops_2", "to_port": 443}
            ],
        },
    ],
)
def test_what_is_protected_can_be_edited(client: PanelClient, config: dict[str, Any]) -> None:
    result = both(client, config, protect=["ops_*", "keep_*", "lab*"], recreate=True)
    assert (result["changed"], result["protected"]) == (True, [])


def test_a_server_is_kept_with_its_protected_account(panel: Simulator, client: PanelClient) -> None:
    config = {"wireguard": [{"name": "Default"}], "accounts": [{"name": "a"}]}
    result = both(client, config, purge=["wireguard", "accounts"], protect=["ops_*"])
    assert kept(result) == ["wireguard lab", "account ops_1", "account ops_2"]
    assert sorted(panel.panel.accounts) == ["a", "ops_1", "ops_2"]
    assert sorted(panel.panel.wireguard) == ["Default", "lab"]


def test_a_server_without_a_protected_account_goes(panel: Simulator, client: PanelClient) -> None:
    config = {"wireguard": [{"name": "Default"}], "accounts": [{"name": "a"}]}
    result = both(client, config, purge=["wireguard", "accounts"], protect=["ops_1"])
    assert steps(result) == ["delete b", "delete c", "delete lab", "delete ops_2"]


def test_an_account_is_kept_with_its_protected_port_forward(panel: Simulator, client: PanelClient) -> None:
    config = {"wireguard": [{"name": "Default"}], "accounts": [{"name": "a"}], "port_forwards": []}
    purge = ["wireguard", "accounts", "port_forwards"]
    result = both(client, config, purge=purge, protect=["lab/443/tcp"], allow_empty=True)
    assert kept(result) == ["wireguard lab", "account c", "port_forward lab/443/tcp"]
    assert sorted(panel.panel.accounts) == ["a", "c"]
    assert list(panel.panel.port_forwards["lab"]) == ["443_tcp"]


def test_a_protected_port_forward_is_looked_for_where_its_account_may_go(panel: Simulator, client: PanelClient) -> None:
    config = {"accounts": [{"name": "a"}]}
    result = both(client, config, purge=["accounts"], protect=["lab/*", "ops_*"])
    assert kept(result) == ["account c", "account ops_1", "account ops_2"]
    panel.reset_counters()
    both(client, config, purge=["accounts"], protect=["ops_*"])
    both(client, {"accounts": [{"name": "a", "status": "disable"}]}, protect=["lab/*"])
    assert not any("port_forward" in request for request in panel.counts())


def test_what_is_protected_keeps_its_place_in_the_license(panel: Simulator, client: PanelClient) -> None:
    panel.options.set(licence_slots=5)
    config = {"accounts": [{"name": f"new_{at}", "wg_name": "Default"} for at in range(4)]}
    options: dict[str, Any] = {"config": config, "purge": ["accounts"], "protect": ["ops_*"]}
    for client.check_mode in (True, False):
        error = failure(client, **options)
        assert "allows 5 accounts, but there would be 6, 1 too many" in str(error)
    config["accounts"].pop()
    assert steps(both(client, **options)) == [
        *(f"create new_{at}" for at in range(3)),
        *(f"delete {name}" for name in "abc"),
    ]


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (
            {"accounts": [{"name": "new", "wg_name": "Default", "allowed_ips": "10.0.0.4"}]},
            "allowed_ips 10.0.0.4 is already used by account ops_1, which is not in config.",
        ),
        (
            {"accounts": [{"name": "new", "wg_name": "Default", "username": "ops_2"}]},
            "username ops_2 is already used by account ops_2, which is not in config.",
        ),
        (
            {"accounts": [], "wireguard": [{"name": "Default"}, {"name": "new", "listen_port": 51999}]},
            "listen_port 51999 is already used by WireGuard server lab, which is not in config.",
        ),
    ],
)
def test_what_is_protected_keeps_what_it_has(client: PanelClient, config: dict[str, Any], words: str) -> None:
    error = failure(client, config=config, purge=[*config], protect=["ops_*"], allow_empty=True)
    assert words in str(error)
    assert apply(client, config, purge=[*config], allow_empty=True)["changed"] is True


def test_a_new_account_without_an_address_gets_none_that_is_protected(panel: Simulator, client: PanelClient) -> None:
    config = {"accounts": [{"name": f"new_{at:03}", "wg_name": "Default"} for at in range(252)]}
    panel.options.set(licence_slots=500)
    both(client, config, purge=["accounts"], protect=["ops_*"])
    addresses = [account["allowed_IPs"] for account in panel.panel.accounts.values() if account["wg_name"] == "Default"]
    assert len(addresses) == len(set(addresses)) == 253
    assert panel.panel.accounts["ops_1"]["allowed_IPs"] == "10.0.0.4"


def test_names_of_a_panel_cannot_shape_a_message(panel: Simulator, client: PanelClient) -> None:
    name = "evil\n\x1b[31m\u2028line"
    panel.panel.accounts[name] = {**panel.panel.accounts["b"], "name": name, "allowed_IPs": "10.0.0.99"}
    error = failure(client, config={"accounts": [{"name": "a"}]}, purge=["accounts"], max_deletes=0)
    assert "account evil [31m line" in str(error)
    assert str(error).isprintable()


def test_a_failed_run_tells_what_was_kept(panel: Simulator, client: PanelClient) -> None:
    panel.fault("error", method="DELETE", path="account/b", text="Something is wrong")
    error = failure(client, config={"accounts": [{"name": "a"}]}, purge=["accounts"], protect=["ops_*"])
    assert error.code == "panel_refused"
    assert kept(error.details) == ["account ops_1", "account ops_2"]
    assert error.details["refusals"] == []
