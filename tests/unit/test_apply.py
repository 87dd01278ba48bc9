# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A whole panel in one task: what it costs, in which order it is done, and what is refused before any write."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.tests.unit import tasks
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import Connect, writes_to
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import apply
from simulator import Simulator


@pytest.fixture
def client(panel: Simulator, connect: Connect) -> PanelClient:
    return connect(panel)


failure = partial(tasks.failure, module="apply")


def reads(panel: Simulator) -> int:
    return sum(request.method == "GET" for request in panel.requests)


def wide(panel: Simulator) -> None:
    """A server with room for thousands of accounts, and a licence for them."""
    panel.options.set(licence_slots=5000)
    panel.panel.add_server({"name": "wide", "address": "10.50.0.1/20", "listen_port": 51900})


def people(number: int, **values: Any) -> list[dict[str, Any]]:
    return [{"name": f"user_{at:04}", "wg_name": "wide", **values} for at in range(number)]


# --- What it costs


def test_500_accounts_on_an_empty_panel(panel: Simulator, client: PanelClient) -> None:
    wide(panel)
    config = {"accounts": people(500)}
    result = apply(client, config)
    assert result["summary"]["create"] == 500
    assert len(panel.panel.accounts) == 500
    assert writes_to(panel) == ["POST account"] * 500
    assert panel.counts()["GET wireguard/wide/available_ips"] == 1
    assert reads(panel) == 5
    assert panel.connections == 1
    panel.reset_counters()
    assert apply(client, config)["changed"] is False
    assert panel.counts() == {"GET wireguard": 1, "GET account": 1}


def test_values_that_a_panel_overrides_cost_an_edit_for_each_account(panel: Simulator, client: PanelClient) -> None:
    wide(panel)
    panel.panel.wireguard["wide"].update(b_download=12, b_upload=12)
    apply(client, {"accounts": people(5, b_download=50)})
    assert sorted(writes_to(panel)) == sorted(["POST account"] * 5 + [f"PUT account/user_{at:04}" for at in range(5)])
    assert {account["b_download"] for account in panel.panel.accounts.values()} == {50}


def test_2000_unchanged_accounts_cost_the_same_reads_as_two(panel: Simulator, client: PanelClient) -> None:
    wide(panel)
    addresses = iter(panel.panel.free_addresses("wide"))
    config = {
        "accounts": [{**person, "username": person["name"], "allowed_ips": next(addresses)} for person in people(2000)]
    }
    for account in config["accounts"]:
        panel.panel.add_account(
            {**{k: v for k, v in account.items() if k != "allowed_ips"}, "allowed_IPs": account["allowed_ips"]}
        )
    result = apply(client, config)
    assert (result["changed"], result["summary"]["unchanged"]) == (False, 2000)
    assert panel.counts() == {"GET wireguard": 1, "GET account": 1}
    panel.reset_counters()
    apply(client, {"accounts": config["accounts"][:2]})
    assert panel.counts() == {"GET wireguard": 1, "GET account": 1}


def test_free_addresses_are_read_once_for_each_server(panel: Simulator, client: PanelClient) -> None:
    panel.panel.add_server({"name": "other", "address": "10.60.0.1/24"})
    names = [("Default", "a"), ("other", "b"), ("Default", "c"), ("other", "d")]
    apply(client, {"accounts": [{"name": name, "wg_name": server} for server, name in names]})
    assert (
        panel.counts()["GET wireguard/Default/available_ips"]
        == panel.counts()["GET wireguard/other/available_ips"]
        == 1
    )
    addresses = {name: account["allowed_IPs"] for name, account in panel.panel.accounts.items()}
    assert addresses == {"a": "10.0.0.2", "c": "10.0.0.3", "b": "10.60.0.2", "d": "10.60.0.3"}


def test_a_section_that_is_not_there_is_neither_read_nor_touched(panel: Simulator, client: PanelClient) -> None:
    apply(client, {"dns": {"max_cache_ttl": 3600}, "accounts": None})
    assert panel.counts() == {"GET dns": 1}
    panel.reset_counters()
    assert apply(client, {})["summary"]["unchanged"] == 0
    assert panel.counts() == {}


# --- What accounts take from each other


def known(panel: Simulator, number: int = 3, server: str = "Default") -> list[str]:
    """Accounts that are there, called a, b, c and so on; their addresses."""
    addresses = panel.panel.free_addresses(server)[:number]
    for name, address in zip("abcdefghijklmnop", addresses):
        values = {"name": name, "username": name, "password": name, "wg_name": server, "allowed_IPs": address}
        panel.panel.add_account(values)
    return addresses


def addresses_of(panel: Simulator) -> dict[str, str]:
    return {name: account["allowed_IPs"] for name, account in panel.panel.accounts.items()}


def check_once(client: PanelClient, panel: Simulator, config: dict[str, Any], **options: Any) -> dict[str, Any]:
    """One run does it all, in check mode as for real, and a second one nothing."""
    client.check_mode = True
    predicted = apply(client, config, **options)
    assert writes_to(panel) == []
    client.check_mode = False
    result = apply(client, config, **options)
    assert result["changed"] is predicted["changed"] is True
    assert result["diff"] == predicted["diff"]
    assert result["summary"] == predicted["summary"]
    assert [{**step, "done": False} for step in result["plan"]] == predicted["plan"]
    assert all(step["done"] for step in result["plan"])
    writes = len(writes_to(panel))
    again = apply(client, config, **options)
    assert (again["changed"], again["plan"], len(writes_to(panel))) == (False, [], writes)
    return result


@pytest.mark.parametrize("number", [2, 3, 7])
def test_accounts_that_exchange_their_addresses_in_a_circle(panel: Simulator, client: PanelClient, number: int) -> None:
    addresses = known(panel, number)
    names = list(panel.panel.accounts)
    turned = dict(zip(names, [*addresses[1:], addresses[0]]))
    keys = {name: account["private_key"] for name, account in panel.panel.accounts.items()}
    config = {"accounts": [{"name": name, "allowed_ips": address} for name, address in turned.items()]}
    result = check_once(client, panel, config)
    assert addresses_of(panel) == turned
    assert {name: account["private_key"] for name, account in panel.panel.accounts.items()} == keys
    assert len(writes_to(panel)) == number + 1
    assert result["summary"]["update"] == number


def test_a_circle_on_a_server_that_is_full_is_refused(panel: Simulator, client: PanelClient) -> None:
    panel.panel.add_server({"name": "tiny", "address": "10.60.0.1/30"})
    panel.panel.add_server({"name": "small", "address": "10.61.0.1/29"})
    addresses = known(panel, 5, "small")
    config = {"accounts": [{"name": "a", "allowed_ips": addresses[1]}, {"name": "b", "allowed_ips": addresses[0]}]}
    error = failure(client, config=config)
    assert error.code == "invalid_config"
    assert "circle" in str(error)
    assert writes_to(panel) == []


def test_a_chain_of_addresses_needs_no_detour(panel: Simulator, client: PanelClient) -> None:
    addresses = known(panel, 3)
    moved = [*addresses[1:], "10.0.0.200"]
    check_once(client, panel, {"accounts": [{"name": n, "allowed_ips": a} for n, a in zip("abc", moved)]})
    assert writes_to(panel) == ["PUT account/c", "PUT account/b", "PUT account/a"]


def test_a_new_account_takes_the_address_of_one_that_goes(panel: Simulator, client: PanelClient) -> None:
    addresses = known(panel, 2)
    config = {"accounts": [{"name": "a"}, {"name": "new", "wg_name": "Default", "allowed_ips": addresses[1]}]}
    result = check_once(client, panel, config, purge=["accounts"])
    assert addresses_of(panel) == {"a": addresses[0], "new": addresses[1]}
    assert [(step["action"], step["name"]) for step in result["plan"]] == [("delete", "b"), ("create", "new")]


def test_ten_come_and_ten_go_with_a_full_licence(panel: Simulator, client: PanelClient) -> None:
    known(panel, 10)
    panel.options.set(licence_slots=10)
    config = {"accounts": [{"name": f"new_{at}", "wg_name": "Default"} for at in range(10)]}
    check_once(client, panel, config, purge=["accounts"])
    assert sorted(panel.panel.accounts) == [f"new_{at}" for at in range(10)]


def test_more_accounts_than_the_licence_allows_are_refused(panel: Simulator, client: PanelClient) -> None:
    known(panel, 8)
    panel.options.set(licence_slots=10)
    error = failure(client, config={"accounts": [{"name": f"new_{at}", "wg_name": "Default"} for at in range(5)]})
    assert error.code == "invalid_config"
    assert "allows 10 accounts, but there would be 13, 3 too many" in str(error)
    assert writes_to(panel) == []


def test_a_number_of_slots_below_what_is_in_use_says_nothing(panel: Simulator, client: PanelClient) -> None:
    known(panel, 3)
    panel.options.set(licence_slots=2)
    error = failure(client, config={"accounts": [{"name": "new", "wg_name": "Default"}]})
    assert (error.code, error.panel_error) == ("license_limit", "VPN account limit exceeded")


def test_an_account_moves_to_another_server_and_its_old_one_goes(panel: Simulator, client: PanelClient) -> None:
    panel.panel.add_server({"name": "old", "address": "10.60.0.1/24", "listen_port": 51999})
    known(panel, 2, "old")
    keys = panel.panel.accounts["a"]["private_key"]
    config = {
        "wireguard": [{"name": "Default"}, {"name": "new", "address": "10.60.0.1/24", "listen_port": 51999}],
        "accounts": [{"name": "a", "wg_name": "new"}, {"name": "b", "wg_name": "new", "allowed_ips": "10.60.0.99"}],
    }
    result = check_once(client, panel, config, purge=["wireguard"], recreate=True)
    assert sorted(panel.panel.wireguard) == ["Default", "new"]
    assert panel.panel.accounts["a"]["private_key"] == keys
    assert {account["wg_name"] for account in panel.panel.accounts.values()} == {"new"}
    assert result["summary"] == {"create": 1, "update": 0, "recreate": 2, "delete": 1, "unchanged": 1, "failed": 0}


def test_usernames_are_exchanged_by_making_accounts_again(panel: Simulator, client: PanelClient) -> None:
    known(panel, 2)
    config = {"accounts": [{"name": "a", "username": "b"}, {"name": "b", "username": "a"}]}
    check_once(client, panel, config, recreate=True)
    assert {name: account["username"] for name, account in panel.panel.accounts.items()} == {"a": "b", "b": "a"}
    assert {name: account["password"] for name, account in panel.panel.accounts.items()} == {"a": "a", "b": "b"}


def test_a_port_forward_to_an_account_that_is_made_again_is_made_again(panel: Simulator, client: PanelClient) -> None:
    known(panel, 1)
    forward = {"wg_name": "Default", "dst_port": 8080, "protocol": "tcp", "to_peer": "a", "to_port": 80}
    apply(client, {"port_forwards": [forward]})
    panel.reset_counters()
    config = {"accounts": [{"name": "a", "username": "other"}], "port_forwards": [forward]}
    check_once(client, panel, config, recreate=True)
    assert list(panel.panel.port_forwards["Default"]) == ["8080_tcp"]


# --- Servers and port forwards


def test_a_whole_panel_from_nothing(panel: Simulator, client: PanelClient) -> None:
    config = {
        "system_config": {"traffic_statistics_history": 3},
        "dns": {"enabled": False, "max_cache_ttl": 60},
        "firewall": {"policy_forward": "DROP"},
        "ikev2_settings": {"dpddelay": 60},
        "traffic_logging": {"enabled": True, "enabled_remote_syslog": True, "remote_syslog_server": "192.0.2.9"},
        "backup_config": {"every_day": True, "number_backups": 3},
        "firewall_rules": [{"name": "no_telnet", "action": "DROP", "protocol": "TCP", "d_port": 23}],
        "wireguard": [{"name": "office", "address": "10.26.0.1/24", "listen_port": 51900, "keep_alive": 25}],
        "accounts": [{"name": "anna", "wg_name": "office"}, {"name": "bert", "wg_name": "office"}],
        "port_forwards": [
            {"wg_name": "office", "dst_port": 443, "protocol": "tcp", "to_peer": "anna", "to_port": 443},
        ],
    }
    result = check_once(client, panel, config)
    assert result["summary"]["create"] == 5
    assert result["summary"]["update"] == 6
    assert panel.panel.wireguard["office"]["keep_alive"] == 25
    assert addresses_of(panel) == {"anna": "10.26.0.2", "bert": "10.26.0.3"}
    assert panel.panel.port_forwards["office"]["443_tcp"]["to_peer"] == "anna"
    assert result["diff"]["after"]["accounts"]["anna"]["allowed_ips"] == "10.26.0.2"
    assert result["diff"]["after"]["dns"] == {"enabled": False, "max_cache_ttl": 60}


def test_accounts_of_a_server_that_gets_its_network_from_the_panel(panel: Simulator, client: PanelClient) -> None:
    config = {"wireguard": [{"name": "office"}], "accounts": [{"name": "anna", "wg_name": "office"}]}
    apply(client, config)
    assert panel.panel.wireguard["office"]["address"] == "10.0.1.1/24"
    assert addresses_of(panel) == {"anna": "10.0.1.2"}
    assert apply(client, config)["changed"] is False


def test_a_server_is_renumbered_with_its_accounts(panel: Simulator, client: PanelClient) -> None:
    known(panel, 2)
    config = {
        "wireguard": [{"name": "Default", "address": "10.99.0.1/24"}],
        "accounts": [{"name": "a", "allowed_ips": "10.99.0.2"}, {"name": "new", "wg_name": "Default"}],
    }
    error = failure(client, config={**config, "accounts": [{"name": "a"}]})
    assert "accounts[0] a: allowed_ips 10.0.0.2 is outside the network 10." in str(error)
    check_once(client, panel, config)
    assert panel.panel.accounts["a"]["allowed_IPs"] == "10.99.0.2"
    assert panel.panel.accounts["new"]["allowed_IPs"] == "10.99.0.3"


def test_servers_pass_on_ports_and_networks(panel: Simulator, client: PanelClient) -> None:
    panel.panel.add_server({"name": "second", "address": "10.60.0.1/24", "listen_port": 51999})
    config = {
        "wireguard": [
            {"name": "Default", "address": "10.60.0.1/24", "listen_port": 51999},
            {"name": "second", "address": "10.61.0.1/24", "listen_port": 52000},
        ]
    }
    check_once(client, panel, config)
    assert writes_to(panel) == ["PUT wireguard/second", "PUT wireguard/Default"]
    swapped = [{"name": "Default", "listen_port": 52000}, {"name": "second", "listen_port": 51999}]
    assert "swaps listen_port in a circle" in str(failure(client, config={"wireguard": swapped}))


def test_a_server_takes_its_accounts_with_it_by_force(panel: Simulator, client: PanelClient) -> None:
    panel.panel.add_server({"name": "old", "address": "10.60.0.1/24"})
    known(panel, 3, "old")
    item = {"name": "old", "state": "absent"}
    error = failure(client, config={"wireguard": [item]})
    assert "wireguard[0] old: cannot be removed while it has accounts: a, b, c" in str(error)
    result = check_once(client, panel, {"wireguard": [{**item, "force": True}]})
    assert result["summary"]["delete"] == 4
    assert writes_to(panel)[-1] == "DELETE wireguard/old"


# --- Firewall


def rule_names(panel: Simulator) -> list[str]:
    return [rule["name"] for rule in panel.panel.firewall_filter]


def rules(*names: str, **values: Any) -> list[dict[str, Any]]:
    return [
        {"name": name, "action": "DROP", "protocol": "TCP", "d_port": 1000 + ord(name[0]), **values} for name in names
    ]


@pytest.mark.parametrize(
    ("before", "after", "writes"),
    [
        ("", "abc", 3),
        ("abc", "xabc", 1),
        ("abc", "abcx", 1),
        ("abc", "cab", 2),
        ("abcde", "abxcde", 5),
        ("abc", "cba", 4),
        ("abc", "ac", 0),
    ],
)
def test_rules_are_in_the_order_of_their_list(
    panel: Simulator, client: PanelClient, before: str, after: str, writes: int
) -> None:
    if before:
        apply(client, {"firewall_rules": rules(*before)})
        panel.reset_counters()
    config = {"firewall_rules": rules(*after)}
    if writes:
        result = check_once(client, panel, config)
        moved = [step for step in result["plan"] if step["fields"] == ["position"]]
        assert bool(moved) is ("order of firewall_rules" in result["diff"]["after"])
    else:
        assert apply(client, config)["changed"] is False
    assert [name for name in rule_names(panel) if name in after] == list(after)
    assert len(writes_to(panel)) == writes


def test_the_panels_own_rule_stays_where_the_list_has_it(panel: Simulator, client: PanelClient) -> None:
    own = {"name": "system_PUQVPNCP"}
    check_once(client, panel, {"firewall_rules": [*rules("a"), own, *rules("b")]})
    assert rule_names(panel) == ["a", "system_PUQVPNCP", "b"]
    panel.reset_counters()
    check_once(client, panel, {"firewall_rules": [own, *rules("b", "a")]}, purge=["firewall_rules"])
    assert rule_names(panel) == ["system_PUQVPNCP", "b", "a"]
    error = failure(client, config={"firewall_rules": [{**own, "action": "DROP"}]})
    assert "belongs to the panel" in str(error)


def test_rules_that_are_not_named_stay_unless_they_are_purged(panel: Simulator, client: PanelClient) -> None:
    apply(client, {"firewall_rules": rules("a", "b", "c")})
    apply(client, {"firewall_rules": rules("b")})
    assert rule_names(panel) == ["system_PUQVPNCP", "a", "b", "c"]
    apply(client, {"firewall_rules": rules("b")}, purge=["firewall_rules"])
    assert rule_names(panel) == ["system_PUQVPNCP", "b"]


def test_what_accepts_comes_before_a_policy_that_drops(panel: Simulator, client: PanelClient) -> None:
    panel.panel.firewall_filter.clear()
    rule = {"name": "admin", "action": "ACCEPT", "protocol": "TCP", "d_port": 0}
    config = {"firewall": {"policy_input": "DROP"}, "firewall_rules": [rule]}
    error = failure(client, config={"firewall": config["firewall"]})
    assert "firewall: policy_input DROP would cut off the panel" in str(error)
    panel.reset_counters()
    check_once(client, panel, config)
    assert writes_to(panel) == ["POST firewall/rules/filter/end", "PUT firewall/conf"]
    panel.reset_counters()
    config = {"firewall": {"policy_input": "ACCEPT"}, "firewall_rules": [{**rule, "state": "absent"}]}
    check_once(client, panel, config)
    assert writes_to(panel) == ["PUT firewall/conf", "DELETE firewall/rules/filter/admin"]


def test_a_change_of_rules_that_cuts_off_the_panel_is_refused(panel: Simulator, client: PanelClient) -> None:
    everything = {"name": "all", "action": "DROP", "protocol": "ANY"}
    config = {"firewall_rules": [everything, {"name": "system_PUQVPNCP"}]}
    error = failure(client, config=config)
    assert "would cut off the panel, whose port is 8098" in str(error)
    assert writes_to(panel) == []
    apply(client, {**config, "firewall": {"allow_lockout": True}})
    assert rule_names(panel) == ["all", "system_PUQVPNCP"]


# --- What is refused before anything is written


def test_every_problem_of_200_items_is_named_with_its_place(panel: Simulator, client: PanelClient) -> None:
    wide(panel)
    items = people(200)
    items[17]["b_download"] = 20000
    items[117]["stauts"] = "disable"
    items[199]["allowed_ips"] = "10.50.0.0/24"
    error = failure(client, config={"accounts": items})
    assert error.code == "invalid_config"
    reported = [(problem["section"], problem["index"], problem["name"]) for problem in error.details["problems"]]
    assert reported == [("accounts", 17, "user_0017"), ("accounts", 117, "user_0117"), ("accounts", 199, "user_0199")]
    assert "accounts[17] user_0017: b_download must be a whole number from 0 to 10000, not 20000." in str(error)
    assert (
        'accounts[117] user_0117: unknown option "stauts". Did you mean "status"? Valid options: name, wg_name,'
        in str(error)
    )
    assert panel.counts() == {}


OFFICE = {"name": "office", "address": "10.26.0.1/24", "listen_port": 51900}
FORWARD = {"wg_name": "Default", "dst_port": 8080, "protocol": "tcp", "to_peer": "a", "to_port": 80}
ACCOUNT = {"name": "new", "wg_name": "Default"}


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"acounts": []}, 'unknown section "acounts". Did you mean "accounts"? Valid sections: system_config, dns,'),
        ({"accounts": {}}, "accounts: must be a list of objects."),
        ({"accounts": ["anna"]}, "accounts[0]: must be a dictionary of options."),
        ({"dns": [1]}, "dns: must be a dictionary of options."),
        ({"accounts": [{"wg_name": "Default"}]}, "accounts[0]: needs name or username or allowed_ips"),
        ({"accounts": [{"username": "a", "state": "absent"}]}, "accounts[0] a: needs name."),
        ({"accounts": [{**ACCOUNT, "state": "gone"}]}, "state must be one of present, absent, not gone."),
        ({"accounts": [{**ACCOUNT, "allowed_IPs": "10.0.0.9", "allowed_ips": "10.0.0.9"}]}, "is given twice"),
        ({"accounts": [ACCOUNT, ACCOUNT]}, "accounts[1] new: is the same account as accounts[0]"),
        ({"accounts": [{"name": "a"}, {"username": "a"}]}, "accounts[1] a: is the same account as accounts[0]"),
        ({"accounts": [{"name": "new"}]}, "accounts[0] new: account new does not exist, and a new one needs wg_name."),
        ({"accounts": [{**ACCOUNT, "wg_name": "Defalt"}]}, "accounts[0] new: wg_name Defalt does not exist"),
        (
            {"accounts": [{**ACCOUNT, "username": "a"}]},
            "username a is already used by account a, which is not in config.",
        ),
        (
            {"accounts": [{**ACCOUNT, "username": "x"}, {**ACCOUNT, "name": "n2", "username": "x"}]},
            "accounts[1] n2: username x is already used by account new (accounts[0]).",
        ),
        ({"accounts": [{**ACCOUNT, "allowed_ips": "10.0.0.2"}]}, "allowed_ips 10.0.0.2 is already used by account a"),
        ({"accounts": [{**ACCOUNT, "allowed_ips": "10.1.0.2"}]}, "is outside the network 10.0.0.0/24."),
        ({"accounts": [{**ACCOUNT, "allowed_ips": "10.0.0.1"}]}, "allowed_ips 10.0.0.1 is the address of its server."),
        ({"accounts": [{**ACCOUNT, "allowed_ips": "10.0.0.255"}]}, "is not a host address in 10.0.0.0/24."),
        ({"accounts": [{"name": "a", "username": "z"}]}, "accounts[0] a: account a has another username"),
        (
            {"wireguard": [OFFICE, {**OFFICE, "name": "o2", "address": "10.9.0.1/24"}]},
            "listen_port 51900 is already used",
        ),
        ({"wireguard": [{**OFFICE, "address": "10.0.0.129/25"}]}, "overlaps the network of WireGuard server Default"),
        ({"wireguard": [{"name": "Default", "interface_name": "wg9"}]}, "has another interface_name"),
        (
            {"port_forwards": [{**FORWARD, "wg_name": "x"}]},
            "port_forwards[0] x/8080/tcp: wg_name x does not exist",
        ),
        ({"port_forwards": [{**FORWARD, "to_peer": "z"}]}, "to_peer z is not an account of Default."),
        (
            {"port_forwards": [{**FORWARD, "dst_port": 51820}]},
            "dst_port 51820 is the listen_port of Default itself.",
        ),
        ({"port_forwards": [FORWARD, FORWARD]}, "port_forwards[1] Default/8080/tcp: is the same port forward"),
        ({"firewall_rules": [{"name": "x"}]}, "firewall_rules[0] x: firewall rule x does not exist"),
        ({"backup_config": {"backup_to_ftp": True}}, "backup_config: ftp_server must be filled"),
        ({"dns": {"max_cache_ttl": 1}}, "dns: max_cache_ttl must be a whole number from 30 to 3600, not 1."),
    ],
)
def test_a_problem_is_reported_with_its_place(
    panel: Simulator, client: PanelClient, config: dict[str, Any], words: str
) -> None:
    known(panel, 1)
    error = failure(client, config=config)
    assert error.code == "invalid_config"
    assert words in str(error)
    assert writes_to(panel) == []


def test_a_secret_is_not_in_a_problem(client: PanelClient) -> None:
    item = {"name": "a", "wg_name": "Default", "private_key": "canary", "public_key": "canary"}
    error = failure(client, config={"accounts": [{**item, "password": ["canary"]}]})
    assert "accounts[0] a: private_key must be a WireGuard key" in str(error)
    assert "password must be a string." in str(error)
    assert str(error).count("canary") == 1, "that of the public key"


def test_problems_of_the_whole_are_listed_together(panel: Simulator, client: PanelClient) -> None:
    known(panel, 1)
    config = {"wireguard": [{**OFFICE, "address": "10.0.0.1/24"}], "accounts": [{**ACCOUNT, "allowed_ips": "10.0.0.2"}]}
    error = failure(client, config={**config, "port_forwards": [{**FORWARD, "to_peer": "z"}]})
    assert [problem["section"] for problem in error.details["problems"]] == ["wireguard", "accounts", "port_forwards"]


# --- Purge


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"config": {"accounts": []}, "purge": ["accounts"]}, "accounts is empty, and purge would remove everything"),
        ({"config": {"accounts": [{"name": "a"}]}, "purge": ["accounts"], "max_deletes": 1}, "would remove 2 objects"),
        ({"config": {"accounts": [{"name": "b", "state": "absent"}]}, "protect": ["b"]}, "forbids the removal of b"),
        ({"config": {"accounts": [{"name": "b", "state": "absent"}]}, "max_deletes": 0}, "would remove 1 objects"),
    ],
)
def test_a_removal_that_goes_too_far_is_refused(
    panel: Simulator, client: PanelClient, options: dict[str, Any], words: str
) -> None:
    known(panel, 3)
    error = failure(client, **options)
    assert error.code == "removal_refused"
    assert words in str(error)
    assert "account b" in str(error)
    assert "b" in [removal["name"] for removal in error.details["removals"]]
    assert writes_to(panel) == []


def test_a_server_with_accounts_outside_the_scope_is_not_purged(panel: Simulator, client: PanelClient) -> None:
    panel.panel.add_server({"name": "lab", "address": "10.60.0.1/24"})
    known(panel, 2, "lab")
    config = {"wireguard": [{"name": "Default"}], "accounts": [{"name": "x", "wg_name": "Default"}]}
    error = failure(client, config=config, purge=["accounts", "wireguard"], purge_scope=["Default"])
    assert "lab: cannot be removed while it has accounts outside purge_scope: a, b" in str(error)
    assert error.details["removals"] == [{"kind": "wireguard", "name": "lab", "reason": "not in config (purge)"}]
    assert writes_to(panel) == []


def test_an_empty_section_purges_everything_when_that_is_allowed(panel: Simulator, client: PanelClient) -> None:
    known(panel, 3)
    apply(client, {"accounts": []}, purge=["accounts"], allow_empty=True)
    assert panel.panel.accounts == {}


def test_a_purge_stays_within_its_scope(panel: Simulator, client: PanelClient) -> None:
    panel.panel.add_server({"name": "lab", "address": "10.60.0.1/24"})
    panel.panel.add_account({"name": "lab_user", "wg_name": "lab", "allowed_IPs": "10.60.0.2"})
    known(panel, 3)
    panel.panel.port_forwards["lab"]["80_tcp"] = {
        "dst_port": 80,
        "protocol": "tcp",
        "to_peer": "lab_user",
        "to_port": 80,
    }
    panel.panel.port_forwards["Default"]["80_tcp"] = {"dst_port": 80, "protocol": "tcp", "to_peer": "a", "to_port": 80}
    config = {"accounts": [{"name": "a"}], "port_forwards": [FORWARD]}
    check_once(client, panel, config, purge=["accounts", "port_forwards"], purge_scope=["Default"])
    assert sorted(panel.panel.accounts) == ["a", "lab_user"]
    assert list(panel.panel.port_forwards["lab"]) == ["80_tcp"]
    assert list(panel.panel.port_forwards["Default"]) == ["8080_tcp"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"config": {"dns": {}}, "purge": ["accounts"]},
            'purge lists "accounts", but config has no such section. Purging it would delete every account;',
        ),
        ({"config": {"accounts": []}, "purge_scope": ["Default"]}, "purge_scope needs purge"),
        (
            {"config": {"accounts": [{"name": "a"}]}, "purge": ["accounts"], "purge_scope": ["Defalt"]},
            "purge_scope names Defalt, but no such WireGuard server exists",
        ),
        ({"config": {}, "max_deletes": -1}, "max_deletes must be 0 or more"),
    ],
)
def test_guards_that_make_no_sense(panel: Simulator, client: PanelClient, options: dict[str, Any], words: str) -> None:
    error = failure(client, **options)
    assert (error.code, words in str(error)) == ("invalid_option", True)


# --- When a change fails


def test_197_of_200_changes_are_made_and_the_next_run_makes_the_three(panel: Simulator, client: PanelClient) -> None:
    wide(panel)
    apply(client, {"accounts": people(200)})
    panel.reset_counters()
    config = {"accounts": people(200, status="disable")}
    for at in (3, 77, 150):
        panel.fault("error", method="PUT", path=f"account/user_{at:04}", text=f"Something is wrong with {at}")
    error = failure(client, config=config, on_error="continue")
    assert error.code == "changes_failed"
    assert error.details["changed"] is True
    assert error.details["summary"]["update"] == 197
    reported = [(failed["index"], failed["name"], failed["error_code"]) for failed in error.details["failures"]]
    assert reported == [(at, f"user_{at:04}", "panel_refused") for at in (3, 77, 150)]
    assert all(f"Something is wrong with {at}" in str(error) for at in (3, 77, 150))
    panel.reset_counters()
    assert apply(client, config)["summary"]["update"] == 3
    assert writes_to(panel) == [f"PUT account/user_{at:04}" for at in (3, 77, 150)]


def test_a_failure_stops_and_says_what_was_done(panel: Simulator, client: PanelClient) -> None:
    known(panel, 4)
    panel.fault("error", method="PUT", path="account/b", text="Something is wrong")
    config = {"accounts": [{"name": name, "status": "disable"} for name in "abcd"]}
    error = failure(client, config=config)
    assert (error.code, error.panel_error) == ("panel_refused", "Something is wrong")
    assert "accounts[1] b: the panel answered" in str(error)
    assert "1 of 4 changes were made." in str(error)
    assert [step["done"] for step in error.details["plan"]] == [True, False, False, False]
    assert error.details["diff"]["after"] == {"accounts": {"a": {"status": "disable"}}}
    assert writes_to(panel) == ["PUT account/a", "PUT account/b"]
    assert apply(client, config)["summary"]["update"] == 3


def test_what_depends_on_a_failure_is_not_tried(panel: Simulator, client: PanelClient) -> None:
    panel.fault("error", method="POST", path="wireguard", text="No more servers")
    config = {
        "wireguard": [OFFICE],
        "accounts": [{"name": "anna", "wg_name": "office"}, ACCOUNT],
        "port_forwards": [{**FORWARD, "wg_name": "office", "to_peer": "anna"}],
    }
    error = failure(client, config=config, on_error="continue")
    assert [failed["error_code"] for failed in error.details["failures"]] == [
        "panel_refused",
        "parent_failed",
        "parent_failed",
    ]
    assert "since wireguard[0] office failed before" in str(error)
    assert writes_to(panel) == ["POST wireguard", "POST account"]
    assert apply(client, config)["summary"]["create"] == 3


@pytest.mark.parametrize("kind", ["drop_before", "status"])
def test_a_panel_that_is_gone_ends_the_run_also_with_continue(panel: Simulator, connect: Connect, kind: str) -> None:
    known(panel, 10)
    client = connect(panel, retries=1)
    panel.fault("slow", seconds=0, times=2 + 4)
    panel.fault(kind, times=None)
    config = {"accounts": [{"name": name, "status": "disable"} for name in panel.panel.accounts]}
    error = failure(client, config=config, on_error="continue")
    assert error.details["summary"]["update"] == 4
    assert len(error.details["failures"]) == 1
    assert len(writes_to(panel)) == 4 + 2, "the fifth is tried twice"


def test_a_write_that_is_forgotten_is_found_out_for_each_object(panel: Simulator, client: PanelClient) -> None:
    known(panel, 4)
    panel.fault("not_stored", method="PUT", path="account/b")
    panel.fault("not_stored", method="DELETE", path="account/d")
    panel.fault("not_stored", method="POST", path="account")
    config = {
        "accounts": [{"name": name, "status": "disable"} for name in "abc"]
        + [{"name": "d", "state": "absent"}, ACCOUNT]
    }
    error = failure(client, config=config)
    reported = {failed["name"]: failed["error_code"] for failed in error.details["failures"]}
    assert reported == {"b": "value_not_stored", "d": "object_not_removed", "new": "object_not_stored"}
    assert [failed["fields"] for failed in error.details["failures"] if failed["name"] == "b"] == [["status"]]
    assert apply(client, config)["summary"] == {
        "create": 1,
        "update": 1,
        "recreate": 0,
        "delete": 1,
        "unchanged": 2,
        "failed": 0,
    }


def test_an_account_that_is_not_as_asked_for_is_rolled_back(panel: Simulator, client: PanelClient) -> None:
    panel.fault("wrong_value", method="POST", path="account", field="password", value="other")
    panel.fault("wrong_value", method="PUT", path="account/new", field="password", value="other")
    error = failure(client, config={"accounts": [{**ACCOUNT, "password": "mine", "rollback": True}]})
    assert error.code == "value_not_stored"
    assert error.details["failures"][0]["rolled_back"] is True
    assert panel.panel.accounts == {}


def test_an_account_that_cannot_be_made_again_is_put_back(panel: Simulator, client: PanelClient) -> None:
    known(panel, 1)
    before = dict(panel.panel.accounts["a"])
    panel.fault("error", method="POST", path="account", text="Something is wrong")
    error = failure(client, config={"accounts": [{"name": "a", "username": "other"}]}, recreate=True)
    assert error.details["failures"][0]["restored"] is True
    assert {**panel.panel.accounts["a"], "mangle": 0} == {**before, "mangle": 0}


def test_what_is_begun_is_finished_when_a_failure_ends_the_run(panel: Simulator, client: PanelClient) -> None:
    known(panel, 3)
    panel.fault("error", method="POST", path="wireguard", text="No more servers")
    panel.panel.add_server({"name": "old", "address": "10.60.0.1/24"})
    panel.panel.add_account({"name": "moving", "wg_name": "old", "allowed_IPs": "10.60.0.2"})
    keys = panel.panel.accounts["moving"]["private_key"]
    config = {
        "wireguard": [{"name": "Default"}, OFFICE],
        "accounts": [{"name": "moving", "wg_name": "Default"}, {"name": "a", "status": "disable"}],
    }
    error = failure(client, config=config, purge=["wireguard"], recreate=True)
    assert [failed["name"] for failed in error.details["failures"]] == ["office"]
    assert panel.panel.accounts["moving"]["private_key"] == keys
    assert panel.panel.accounts["a"]["status"] == "enable"


# --- Others at the same moment, and things that are nobody's


def test_addresses_that_others_take_are_chosen_again(panel: Simulator, client: PanelClient) -> None:
    panel.fault("race", method="POST", path="account", times=2)
    config = {"accounts": [{"name": name, "wg_name": "Default"} for name in ("x", "y", "z")]}
    result = apply(client, config)
    assert result["summary"]["create"] == 3
    assert any("Other clients took these addresses meanwhile" in reported for reported in client.warnings)
    assert len(set(addresses_of(panel).values())) == 5
    assert apply(client, config)["changed"] is False


def test_an_address_that_was_asked_for_is_never_replaced(panel: Simulator, client: PanelClient) -> None:
    panel.fault("race", method="POST", path="account")
    error = failure(client, config={"accounts": [{**ACCOUNT, "allowed_ips": "10.0.0.9"}]})
    assert error.code == "already_exists"
    assert "new" not in panel.panel.accounts


def test_a_server_that_others_filled_up(panel: Simulator, client: PanelClient) -> None:
    panel.panel.add_server({"name": "tiny", "address": "10.60.0.1/30"})
    panel.fault("race", method="POST", path="account")
    error = failure(client, config={"accounts": [{"name": "new", "wg_name": "tiny"}]})
    assert error.code == "no_free_address"
    config = {"accounts": [{"name": "one", "wg_name": "tiny"}]}
    assert "accounts[0] one: finds no free address on tiny." in str(failure(client, config=config))


def test_unknown_fields_and_counters_are_no_drift(panel: Simulator, client: PanelClient) -> None:
    panel.options.set(unknown_fields=True)
    known(panel, 2)
    config = {"wireguard": [{"name": "Default"}], "accounts": [{"name": "a", "status": "disable"}, {"name": "b"}]}
    apply(client, config)
    panel.panel.accounts["a"]["mangle"] += 1
    assert apply(client, config)["changed"] is False
    assert all(b"unknown" not in request.body for request in panel.requests)


@pytest.mark.parametrize(
    "readings",
    [
        {"keyed": "swapped", "numbers": "strings"},
        {"empty_sets": "null", "numbers": "numbers", "error_codes": True},
        {"empty_sets": "text", "status_word": "SUCCESS", "echo_write_only": True},
        {"spelling": "alternate", "switch_words": "words"},
    ],
)
def test_every_reading_of_the_contract(panel: Simulator, client: PanelClient, readings: dict[str, Any]) -> None:
    panel.options.set(**readings)
    config = {
        "firewall": {"ip_forward": False},
        "dns": {"enabled": False},
        "wireguard": [{**OFFICE, "mtu": 1400, "ipv6": True}],
        "accounts": [{"name": "anna", "wg_name": "office", "allowed_ips_ipv6": "fd00::2"}],
        "port_forwards": [{**FORWARD, "wg_name": "office", "to_peer": "anna"}],
    }
    client.check_mode = True
    predicted = apply(client, config)
    client.check_mode = False
    result = apply(client, config)
    assert result["diff"] == predicted["diff"]
    assert result["summary"]["create"] == 3
    again = apply(client, config)
    assert again["changed"] is False
    shown = readings.get("echo_write_only", False)
    assert again["unverified"] == ({} if shown else {"wireguard": ["ipv6", "mtu"], "accounts": ["allowed_ips_ipv6"]})


def test_options_are_remarked_on_with_their_place(client: PanelClient) -> None:
    apply(client, {"firewall_rules": [{"name": "x", "action": "DROP", "s_ip": "192.0.2.9/24"}]})
    assert any("firewall_rules[0] x: s_ip 192.0.2.9/24 has host bits" in reported for reported in client.warnings)
