# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an inventory is made of: panels, accounts whatever the panel writes, and filters."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import OptionError, PuqVpnError
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._fleet import (
    NESTED_OPTIONS,
    panels_of,
    read_accounts,
    wanted_by,
)
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._panel import (
    connection_options,
    refuse_unknown,
    validated,
)
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import DEFAULTS, Connect
from simulator import Simulator

# --- Panels


def test_one_panel_has_the_name_of_its_host() -> None:
    (panel,) = panels_of({**DEFAULTS, "url": "https://VPN.example.com:8443/x/", "access_hash": "a"}, None)
    assert (panel.name, panel.connection.root) == ("vpn.example.com", "https://vpn.example.com:8443/x")


def test_panels_take_what_they_do_not_say_from_beside() -> None:
    beside = {**DEFAULTS, "url": "https://one.example.com", "access_hash": "a", "retries": 7}
    first, second = panels_of(
        beside, [{"name": "first"}, {"url": "https://two.example.com", "access_hash": "b", "retries": 0, "name": None}]
    )
    assert (first.name, first.connection.root, first.connection.retries) == ("first", "https://one.example.com", 7)
    assert (second.name, second.connection.root, second.connection.retries) == (
        "two.example.com",
        "https://two.example.com",
        0,
    )
    assert (first.connection.credential, second.connection.credential) == ("a", "b")


def test_the_credential_of_a_panel_replaces_either_one_beside() -> None:
    (panel,) = panels_of({**DEFAULTS, "url": "https://one.example.com", "token": "t"}, [{"access_hash": "a"}])
    assert panel.connection.credential == "a"


def test_panels_are_converted_as_ansible_does() -> None:
    given = validated(NESTED_OPTIONS, {"panels": [{"validate_certs": "no", "timeout": "5", "retries": "0"}]})
    (panel,) = given["panels"]
    assert {name: value for name, value in panel.items() if value is not None} == {
        "validate_certs": False,
        "timeout": 5.0,
        "retries": 0,
    }


def test_the_connection_options_of_plugins_are_those_of_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUQVPN_URL", "https://vpn.example.com")
    monkeypatch.setenv("PUQVPN_TIMEOUT", "5")
    monkeypatch.setenv("PUQVPN_VALIDATE_CERTS", "no")
    assert connection_options({"timeout": 7, "token": None, "hostname": "x"}) == {
        **DEFAULTS,
        "url": "https://vpn.example.com",
        "timeout": 7.0,
        "validate_certs": False,
    }


@pytest.mark.parametrize("where", ["option", "variable", "panel"])
def test_a_typing_mistake_does_not_turn_off_the_check_of_certificates(
    monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    if where == "variable":
        monkeypatch.setenv("PUQVPN_VALIDATE_CERTS", "ture")
    with pytest.raises(OptionError, match="validate_certs"):
        if where == "panel":
            validated(NESTED_OPTIONS, {"panels": [{"validate_certs": "ture"}]})
        else:
            connection_options({"validate_certs": "ture"} if where == "option" else {})


def test_the_panel_with_a_wrong_option_is_named() -> None:
    good = {"name": "paris", "url": "https://paris.example.com", "access_hash": "a"}
    for wrong, words in [
        ({"name": "rome", "url": "x", "access_hash": "a"}, "panels, rome: url is not"),
        ({"url": "https://rome.example.com"}, "panels, https://rome.example.com: No credential"),
        ({"access_hash": "a"}, "panels, one without a name: url is missing: give it as an option"),
        ({**good, "url": "https://rome.example.com"}, "Two panels have the name paris."),
    ]:
        with pytest.raises(OptionError) as caught:
            panels_of(DEFAULTS, [good, wrong])
        assert str(caught.value).startswith(words)


def test_an_option_that_nobody_knows_is_told_with_the_nearest_one() -> None:
    known = {"hostname", "filters", "cache", "cache_timeout"}
    refuse_unknown(["cache", "filters"], known)
    for name, words in [
        ("hostnam", 'unknown option "hostnam" (did you mean "hostname"?). Valid options: cache, cache_timeout, '),
        ("cache-timeout", '"cache-timeout" (did you mean "cache_timeout"?)'),
        ("HostName", '"HostName" (did you mean "hostname"?)'),
        ("x\u2028y", 'unknown option "x y". Valid options'),
        (7, 'unknown option "7". Valid options'),
        ("", 'unknown option "". Valid options'),
    ]:
        with pytest.raises(OptionError) as told:
            refuse_unknown(["cache", name], known)
        assert words in str(told.value)
    with pytest.raises(OptionError, match="and 95 more"):
        refuse_unknown(map(str, range(100)), known)


# --- Accounts


def _filled(panel: Simulator) -> None:
    for number, name in enumerate(("alice", "bob"), start=10):
        panel.panel.add_account({"name": name, "wg_name": "Default", "allowed_IPs": f"10.0.0.{number}"})
    panel.connect("ikev2", "bob", endpoint="198.51.100.9")


@pytest.mark.parametrize(
    "options",
    [{}, {"numbers": "strings"}, {"numbers": "numbers"}, {"keyed": "swapped"}, {"status_word": "SUCCESS"}],
    ids=str,
)
def test_accounts_are_the_same_whatever_way_a_panel_writes_them(
    panel: Simulator, connect: Connect, options: dict[str, Any]
) -> None:
    panel.options.set(**options)
    _filled(panel)
    alice, bob = sorted(read_accounts(connect(panel)), key=lambda account: account["puqvpn_name"])
    assert (alice["puqvpn_b_download"], alice["puqvpn_allowed_ips"], alice["puqvpn_online"]) == (0, "10.0.0.10", False)
    assert (bob["puqvpn_online_protocols"], bob["puqvpn_endpoint"]) == (["ikev2"], "198.51.100.9")
    assert not [name for name in alice if "password" in name or "private" in name]


@pytest.mark.parametrize("empty_sets", ["documented", "text", "null"])
def test_a_panel_without_accounts(panel: Simulator, connect: Connect, empty_sets: str) -> None:
    panel.options.set(empty_sets=empty_sets)
    assert read_accounts(connect(panel)) == []


def test_a_field_that_nobody_knows_is_a_variable_with_a_good_name(panel: Simulator, connect: Connect) -> None:
    account = {"name": "alice", "some field-1": 5, "api_token": "secret", "Größe": "x"}
    panel.fault("wrong_type", path="account", msg=[account])
    (found,) = read_accounts(connect(panel))
    assert {name: value for name, value in found.items() if "online" not in name and "endpoint" not in name} == {
        "puqvpn_name": "alice",
        "puqvpn_some_field_1": 5,
        "puqvpn_Gr__e": "x",
    }


@pytest.mark.parametrize("account", [{"username": "alice"}, {"name": ""}, {"name": {"first": "alice"}}, {"name": None}])
def test_an_account_without_a_name_is_an_error(panel: Simulator, connect: Connect, account: dict[str, Any]) -> None:
    panel.fault("wrong_type", path="account", msg=[account])
    with pytest.raises(
        PuqVpnError, match=r"GET account on http.* failed: the answer shows an account without a name\."
    ):
        read_accounts(connect(panel))


def test_a_read_that_may_succeed_later_is_an_error(panel: Simulator, connect: Connect) -> None:
    _filled(panel)
    for path in ("account", "wireguard/online", "ikev2/online"):
        panel.fault("status", code=503, path=path, times=None)
        with pytest.raises(PuqVpnError) as caught:
            read_accounts(connect(panel, retries=0))
        assert (caught.value.code, caught.value.path) == ("unavailable", path)
        panel.clear_faults()


# --- Filters


@pytest.mark.parametrize(
    ("filters", "left"),
    [
        (None, {"alice", "alan", "bob", "carol"}),
        ({}, {"alice", "alan", "bob", "carol"}),
        ({"wg_name": ["Default"]}, {"alice", "alan", "bob"}),
        ({"wg_name": ["spare", "none"]}, {"carol"}),
        ({"wg_name": []}, set()),
        ({"status": "disable"}, {"bob"}),
        ({"name": ["al*", "c?rol"]}, {"alice", "alan", "carol"}),
        ({"name": ["AL*", "ali"]}, set()),
        ({"name": []}, set()),
        ({"name": ["al*"], "wg_name": ["spare"]}, set()),
        ({"name": ["*"], "status": "enable", "wg_name": None}, {"alice", "alan", "carol"}),
    ],
)
def test_filters(filters: dict[str, Any] | None, left: set[str]) -> None:
    accounts = [
        {"puqvpn_name": "alice", "puqvpn_wg_name": "Default", "puqvpn_status": "enable"},
        {"puqvpn_name": "alan", "puqvpn_wg_name": "Default", "puqvpn_status": "enable"},
        {"puqvpn_name": "bob", "puqvpn_wg_name": "Default", "puqvpn_status": "disable"},
        {"puqvpn_name": "carol", "puqvpn_wg_name": "spare", "puqvpn_status": "enable"},
    ]
    assert {account["puqvpn_name"] for account in filter(wanted_by(filters), accounts)} == left
