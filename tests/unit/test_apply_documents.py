# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with a document by itself: all of it in one failure that can be read, and before the first request."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import PuqVpnError
from ansible_collections.puqcloud.puqvpn.tests.unit import tasks
from ansible_collections.puqcloud.puqvpn.tests.unit.keys import key_pair
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import Connect
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import apply
from simulator import Simulator

failure = partial(tasks.failure, module="apply")


@pytest.fixture
def client(panel: Simulator, connect: Connect) -> PanelClient:
    return connect(panel)


def refused(panel: Simulator, client: PanelClient, config: dict[str, Any]) -> PuqVpnError:
    """The failure of a document that is wrong whatever the panel holds, in check mode as for real."""
    client.check_mode = True
    predicted = failure(client, config=config)
    client.check_mode = False
    error = failure(client, config=config)
    assert (str(predicted), predicted.details) == (str(error), error.details)
    assert error.code == "invalid_config"
    assert panel.counts() == {}
    return error


def problems(error: PuqVpnError) -> list[tuple[Any, ...]]:
    return [
        (problem["section"], problem["index"], problem["name"], problem["problem"])
        for problem in error.details["problems"]
    ]


def people(number: int, **values: Any) -> list[dict[str, Any]]:
    return [{"name": f"user_{at:05}", "wg_name": "Default", **values} for at in range(number)]


# --- How problems are reported


def test_equal_problems_are_reported_once(panel: Simulator, client: PanelClient) -> None:
    error = refused(panel, client, {"accounts": people(500, colour="red")})
    assert (
        'accounts[0] user_00000, accounts[1] user_00001 and 498 more: unknown option "colour". Valid options: name, '
        "wg_name, status," in str(error)
    )
    assert str(error).count("Valid options") == 1
    assert "see problems" not in str(error)
    assert [problem[1:3] for problem in problems(error)] == [(at, f"user_{at:05}") for at in range(500)]
    assert {problem[3] for problem in problems(error)} == {'unknown option "colour".'}


def test_the_first_ten_of_different_problems_are_reported(panel: Simulator, client: PanelClient) -> None:
    items = people(500)
    for at, item in enumerate(items):
        item["b_download"] = -1 - at
    error = refused(panel, client, {"accounts": items})
    assert "accounts[9] user_00009: b_download must be a whole number from 0 to 10000, not -10." in str(error)
    assert "not -11." not in str(error)
    assert str(error).endswith("and 490 more, see problems.")
    assert len(error.details["problems"]) == 500


def test_the_valid_options_of_a_section_are_listed_once(panel: Simulator, client: PanelClient) -> None:
    items = people(3, colour="red")
    items[1]["shape"] = "round"
    error = refused(panel, client, {"accounts": items, "dns": {"colour": "red"}})
    assert str(error).count("Valid options: name, wg_name,") == 1
    assert str(error).count("Valid options: enabled,") == 1
    assert 'accounts[1] user_00001: unknown option "shape".' in str(error)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("usrname", 'unknown option "usrname". Did you mean "username"? Valid options: name,'),
        ("Username", 'unknown option "Username". Did you mean "username"?'),
        ("colour", 'unknown option "colour". Valid options: name,'),
        ("", 'unknown option "". Valid'),
        (None, 'unknown option "None". Valid'),
        (False, 'unknown option "False". Valid'),
        (7, 'unknown option "7". Valid'),
        ("na\u2028me\x1b[31m", 'unknown option "na\\u2028me\\x1b[31m". Valid'),
        ("\ufeffusername", '"\\ufeffusername" is "username" with a byte order mark before it: save the file as UTF-8 '),
        ("\u00ef\u00bb\u00bfusername", '"\u00ef\u00bb\u00bfusername" is "username" with a byte order mark before it'),
        ("\ufeff USERNAME", '"\\ufeff USERNAME" is "username" with a byte order mark before it'),
        (" username", '" username" is "username" with blanks around it: remove them.'),
        ("username\r", '"username\\r" is "username" with blanks around it'),
        ("\u00a0username\t", '"\\xa0username\\t" is "username" with blanks around it'),
        ("username\u200b", '"username\\u200b" is "username" with invisible characters around it'),
        ("allowed_IPs ", '"allowed_IPs " is "allowed_ips" with blanks around it'),
        ("x" * 100_000, 'unknown option "xxx'),
    ],
)
def test_what_is_wrong_with_the_name_of_an_option(panel: Simulator, client: PanelClient, name: Any, words: str) -> None:
    error = refused(panel, client, {"accounts": [{"name": "anna", "wg_name": "Default", name: "x"}]})
    assert words in str(error)
    assert str(error).split(": ", 1)[0].endswith("accounts[0] anna")
    assert len(str(error)) < 1000


def test_a_byte_order_mark_before_the_first_column_is_reported_for_all_rows_at_once(
    panel: Simulator, client: PanelClient
) -> None:
    rows = [{"\ufeffname": f"user_{at}", "wg_name": "Default"} for at in range(30)]
    error = refused(panel, client, {"accounts": rows})
    assert 'accounts[0] user_0, accounts[1] user_1 and 28 more: "\\ufeffname" is "name" with a byte order' in str(error)
    assert str(error).endswith("save the file as UTF-8 without one, or read it as utf-8-sig.")
    assert len(error.details["problems"]) == 30


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"Accounts": []}, 'unknown section "Accounts". Did you mean "accounts"? Valid sections: system_config,'),
        ({"\ufeffaccounts": []}, '"\\ufeffaccounts" is "accounts" with a byte order mark before it'),
        ({False: 1}, 'unknown section "False". Valid sections'),
        ({1: {}, "": []}, 'unknown section "1". Valid sections'),
        ({"accounts": "anna"}, "accounts: must be a list of objects."),
        ({"accounts": 7}, "accounts: must be a list of objects."),
        ({"dns": "on"}, "dns: must be a dictionary of options."),
        ({"accounts": [None, None, []]}, "accounts[0], accounts[1] and 1 more: must be a dictionary of options."),
        ({"accounts": [{"name": {"a": 1}}]}, "name must be a string"),
        ({"accounts": [{"name": "a", "b_upload": float("inf")}]}, "a whole number from 0 to 10000, not inf."),
        ({"accounts": [{"name": "a", "b_upload": float("nan")}]}, "a whole number from 0 to 10000, not nan."),
        ({"accounts": [{"name": "a", "b_upload": 10**400}]}, "a whole number from 0 to 10000, not 1000"),
        ({"accounts": [{"name": "a", "state": ""}]}, "state must be one of present, absent, not ''."),
    ],
)
def test_what_is_no_document_at_all(panel: Simulator, client: PanelClient, config: dict[Any, Any], words: str) -> None:
    assert words in str(refused(panel, client, config))


@pytest.mark.parametrize(
    "item",
    [
        None,
        {},
        {"name": "a" * 1000 + "!", "colour": 1},
        {"name": "a", "wg_name": ["x"] * 100, "b_download": {"x": 1}, "column_1": 1, "column_2": 2},
        {"name": "b" * 5000, "wg_name": "Default"},
    ],
)
def test_ten_thousand_wrong_items_are_one_readable_failure(
    panel: Simulator, client: PanelClient, item: dict[str, Any] | None
) -> None:
    error = failure(client, config={"accounts": [item] * 10_000, "port_forwards": [item]})
    assert len(str(error)) < 6000
    assert len(error.details["problems"]) >= 10_000
    assert panel.counts() == {}


def test_problems_with_the_panel_are_reported_in_the_same_form(panel: Simulator, client: PanelClient) -> None:
    error = failure(client, config={"accounts": [{**person, "wg_name": "Defalt"} for person in people(500)]})
    assert (
        "accounts[0] user_00000, accounts[1] user_00001 and 498 more: wg_name Defalt does not exist, neither "
        "on the panel nor in config." in str(error)
    )
    assert len(error.details["problems"]) == 500


# --- What is wrong between the items


OFFICE = {"name": "office", "address": "10.26.0.1/24", "listen_port": 51900, "interface_name": "wg7"}
LAB = {"name": "lab", "address": "10.27.0.1/24", "listen_port": 51901, "interface_name": "wg8"}
ANNA = {"name": "anna", "wg_name": "office", "username": "a", "allowed_ips": "10.26.0.2", "allowed_ips_ipv6": "fd00::2"}
BERT = {"name": "bert", "wg_name": "office", "username": "b", "allowed_ips": "10.26.0.3", "allowed_ips_ipv6": "fd00::3"}
FORWARD = {"wg_name": "office", "dst_port": 8080, "protocol": "tcp", "to_peer": "anna", "to_port": 80}
KEYS = key_pair()


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"accounts": [ANNA, {**BERT, "name": "anna"}]}, "accounts[1] anna: is the same account as accounts[0]."),
        ({"accounts": [ANNA, {"name": "anna", "state": "absent"}]}, "accounts[1] anna: is the same account"),
        (
            {"accounts": [ANNA, {**BERT, "username": "a"}]},
            "bert: username a is already used by account anna (accounts[0])",
        ),
        (
            {"accounts": [ANNA, {"username": "a"}]},
            "accounts[1] a: username a is already used by account anna (accounts[0])",
        ),
        (
            {"accounts": [{"username": "a"}, {"username": "a"}]},
            "accounts[1] a: is the same account as accounts[0]",
        ),
        (
            {"accounts": [ANNA, {"name": "bert", "allowed_IPs": "10.26.0.2/32"}]},
            "allowed_ips 10.26.0.2 is already used by account anna (accounts[0]).",
        ),
        (
            {"accounts": [ANNA, {**BERT, "allowed_ips_ipv6": "FD00:0::2"}]},
            "allowed_ips_ipv6 fd00::2 is already used by account anna (accounts[0]).",
        ),
        (
            {"accounts": [{**ANNA, **KEYS}, {**BERT, **KEYS}]},
            "accounts[1] bert: public_key ",
        ),
        ({"wireguard": [OFFICE, {**LAB, "name": "office"}]}, "is the same WireGuard server as wireguard[0]."),
        (
            {"wireguard": [OFFICE, {**LAB, "listen_port": "51900"}]},
            "wireguard[1] lab: listen_port 51900 is already used by WireGuard server office (wireguard[0]).",
        ),
        ({"wireguard": [OFFICE, {**LAB, "interface_name": "wg7"}]}, "interface_name wg7 is already used by WireGuard"),
        (
            {"wireguard": [OFFICE, {**LAB, "address": "10.26.0.129/25"}]},
            "lab: address 10.26.0.128/25 overlaps the network of WireGuard server office (wireguard[0]).",
        ),
        (
            {"wireguard": [{**OFFICE, "address": "10.26.5.1/24"}, {**LAB, "address": "10.26.0.1/16"}]},
            "office: address 10.26.5.0/24 overlaps the network of WireGuard server lab (wireguard[1]).",
        ),
        (
            {"wireguard": [{**OFFICE, "address_ipv6": "fd00:26::1/64"}, {**LAB, "address_ipv6": "fd00:26::9/64"}]},
            "lab: address_ipv6 fd00:26::/64 overlaps the network of WireGuard server office (wireguard[0]).",
        ),
        (
            {"port_forwards": [FORWARD, {**FORWARD, "dst_port": "8080", "protocol": "TCP", "to_port": 81}]},
            "port_forwards[1] office/8080/tcp: is the same port forward as port_forwards[0].",
        ),
        ({"firewall_rules": [{"name": "x", "action": "DROP"}] * 2}, "firewall_rules[1] x: is the same firewall"),
        (
            {"accounts": [{**ANNA, "allowed_ips": "10.27.0.2"}], "wireguard": [OFFICE]},
            "accounts[0] anna: allowed_ips 10.27.0.2 is outside the network 10.26.0.0/24.",
        ),
        (
            {"accounts": [{**ANNA, "allowed_ips": "10.26.0.1"}], "wireguard": [OFFICE]},
            "10.26.0.1 is the address of its server.",
        ),
        (
            {"accounts": [ANNA], "wireguard": [{"name": "office", "state": "absent"}]},
            "accounts[0] anna: wg_name office is removed by wireguard[0].",
        ),
        (
            {"port_forwards": [FORWARD], "wireguard": [{"name": "office", "state": "absent"}]},
            "port_forwards[0] office/8080/tcp: wg_name office is removed by wireguard[0].",
        ),
        (
            {"port_forwards": [FORWARD], "accounts": [{"name": "anna", "state": "absent"}]},
            "port_forwards[0] office/8080/tcp: to_peer anna is removed by accounts[0].",
        ),
        (
            {"port_forwards": [FORWARD], "accounts": [{"name": "anna", "wg_name": "lab"}]},
            "port_forwards[0] office/8080/tcp: to_peer anna is not an account of office.",
        ),
        (
            {"port_forwards": [{**FORWARD, "dst_port": 51900}], "wireguard": [OFFICE]},
            "dst_port 51900 is the listen_port of office itself.",
        ),
    ],
)
def test_items_that_are_in_each_others_way(
    panel: Simulator, client: PanelClient, config: dict[str, Any], words: str
) -> None:
    error = refused(panel, client, config)
    assert words in str(error)
    assert len(error.details["problems"]) == 1


def test_everything_is_reported_in_one_failure(panel: Simulator, client: PanelClient) -> None:
    config = {
        "acounts": [],
        "dns": {"max_cache_ttl": 1},
        "wireguard": [OFFICE, {**LAB, "listen_port": 51900}],
        "accounts": [ANNA, {**BERT, "username": "a"}, {"name": "carl", "colour": "red"}, {**ANNA, "name": "dora"}],
        "port_forwards": [{**FORWARD, "dst_port": 51900}],
    }
    error = refused(panel, client, config)
    reported = [(section, index) for section, index, _name, _text in problems(error)]
    assert reported == [
        ("acounts", None),
        ("dns", None),
        ("accounts", 2),
        ("wireguard", 1),
        ("accounts", 1),
        ("accounts", 3),
        ("accounts", 3),
        ("accounts", 3),
        ("port_forwards", 0),
    ]


@pytest.mark.parametrize(
    "config",
    [
        {"accounts": [{**ANNA, "state": "absent"}, {**ANNA, "name": "bert"}]},
        {"wireguard": [{**OFFICE, "state": "absent", "force": True}, {**OFFICE, "name": "new"}]},
        {"accounts": [{**ANNA, **KEYS}, {**BERT, "wg_name": "lab", "allowed_ips": "10.27.0.2", **KEYS}]},
        {"port_forwards": [FORWARD, {**FORWARD, "protocol": "udp"}, {**FORWARD, "wg_name": "lab", "to_peer": "carl"}]},
    ],
)
def test_what_only_looks_as_if_it_were_twice(panel: Simulator, client: PanelClient, config: dict[str, Any]) -> None:
    panel.panel.add_server(dict(OFFICE))
    panel.panel.add_server(dict(LAB))
    panel.panel.add_account({"name": "anna", "username": "a", "wg_name": "office", "allowed_IPs": "10.26.0.2"})
    panel.panel.add_account({"name": "carl", "username": "c", "wg_name": "lab", "allowed_IPs": "10.27.0.9"})
    apply(client, config, recreate=True)


def test_values_that_a_panel_should_not_show_are_nobodys(panel: Simulator, client: PanelClient) -> None:
    for at, name in enumerate("ab"):
        panel.panel.add_account({"name": name, "wg_name": "Default", "allowed_IPs": f"10.0.0.1{at}"})
        panel.panel.accounts[name].update(username=["x", {"y": 1}], allowed_IPs={"z": 1})
    panel.panel.wireguard["Default"].update(address=["10.0.0.1"], listen_port={})
    config = {"accounts": [{"name": "a", "status": "disable"}, {"name": "b", "b_download": 7, "username": "u"}]}
    client.check_mode = True
    result = apply(client, {**config, "wireguard": [{"name": "Default", "keep_alive": 5}]}, recreate=True)
    assert result["summary"]["recreate"] == 1
