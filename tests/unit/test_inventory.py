# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an inventory is made of: panels, accounts whatever the panel writes, and filters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import OptionError, PuqVpnError
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._inventory_hosts import (
    Conflicts,
    Host,
    hosts_of,
    without_conflicts,
)
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._inventory_panels import (
    NESTED_OPTIONS,
    InventoryPanel,
    kept_accounts,
    panels_of,
    read_accounts,
    refuse_shared_groups,
    wanted_by,
)
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._plugin_client import (
    connection_options,
    refuse_unknown,
    validated,
)
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import DEFAULTS, Connect
from simulator import Simulator

COLLECTION = Path(__file__).resolve().parents[2]

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
        ({"access_hash": "a"}, "panels, unnamed panel: url is missing: set it as an option"),
        ({**good, "name": "ro\u2028me"}, "panels, ro me: name contains a line break"),
        ({**good, "url": "https://rome.example.com"}, "Two panels have the name paris."),
        ({**good, "name": "ro\u2028me"}, "panels, ro me: name contains a line break"),
    ]:
        with pytest.raises(OptionError) as caught:
            panels_of(DEFAULTS, [good, wrong])
        assert str(caught.value).startswith(words)


def _panels(*names: str) -> list[InventoryPanel]:
    return panels_of(
        {**DEFAULTS, "access_hash": "a"},
        [{"name": name, "url": f"https://{at}.invalid"} for at, name in enumerate(names)],
    )


def test_panels_have_groups_of_their_own() -> None:
    names = ("p-a", "p_b", "B\u00fcro 1", "a.b:c/d", "vpn.example.com", "{{ x }}")
    assert [panel.group.removeprefix("puqvpn_panel_") for panel in _panels(*names)] == [
        *("p_a", "p_b", "B\u00fcro_1", "a_b_c_d", "vpn_example_com", "___x___")
    ]
    refuse_shared_groups(_panels(*names))
    with pytest.raises(OptionError, match=r"The panels p-a and p_a would share the group puqvpn_panel_p_a\.") as told:
        refuse_shared_groups(_panels("p-b", "p-a", "p_a"))
    assert "Rename one of them in panels, or set default_groups: false" in str(told.value)


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


def test_a_field_never_replaces_a_variable_that_means_something_else(panel: Simulator, connect: Connect) -> None:
    specs = (COLLECTION / "roles").glob("*/meta/argument_specs.yml")
    options = {
        option.removeprefix("puqvpn_")
        for file in specs
        for entry in yaml.safe_load(file.read_text())["argument_specs"].values()
        for option in entry.get("options", {})
    }
    own = {"online", "online_protocols", "endpoint", "panel", "panel_url", "in_process", *DEFAULTS}
    hostile = {name: "hostile" for name in (*own, *options, "panel url", "in-process", "backup folder")}
    harmless = {"ansible_host": "10.0.0.9", "ansible_connection": "local", "inventory_hostname": "x", "": "empty"}
    # The same variable as a field that is known, and the same one twice.
    twice = {"allowed ips": "10.0.0.66", "wg-name": "x", "a b": 1, "a_b": 2}
    account = {**hostile, **harmless, **twice, "name": "alice", "wg_name": "Default", "allowed_IPs": "10.0.0.10"}
    for payload in (account, dict(reversed(account.items()))):
        panel.fault("wrong_type", path="account", msg=[payload])
        (found,) = read_accounts(connect(panel))
        assert "hostile" not in found.values()
        assert found == {
            "puqvpn_name": "alice",
            "puqvpn_wg_name": "Default",
            "puqvpn_allowed_ips": "10.0.0.10",
            "puqvpn_": "empty",
            "puqvpn_a_b": 2,
            "puqvpn_ansible_connection": "local",
            "puqvpn_ansible_host": "10.0.0.9",
            "puqvpn_inventory_hostname": "x",
            "puqvpn_online": False,
            "puqvpn_online_protocols": [],
            "puqvpn_endpoint": None,
        }


def test_a_secret_is_none_under_another_name_either(panel: Simulator, connect: Connect) -> None:
    secrets = {"private key": "canary", "access hash": "canary", "PRESHARED-KEY": "canary", "x": {"password": "canary"}}
    panel.fault("wrong_type", path="account", msg=[{"name": "alice", **secrets}])
    session = {"name": "alice", "endpoint": {"host": "192.0.2.1", "token": "canary"}}
    panel.fault("wrong_type", path="wireguard/online", msg=[session])
    (found,) = read_accounts(connect(panel))
    assert "canary" not in str(found)
    assert found["puqvpn_endpoint"] == {"host": "192.0.2.1"}


@pytest.mark.parametrize(
    "account",
    [
        {"username": "alice"},
        {"name": ""},
        {"name": {"first": "alice"}},
        {"name": None},
        {"name": ["alice"]},
        {"name": True},
    ],
)
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


# --- The cache


def _kept(panel: Simulator, connect: Connect) -> list[dict[str, Any]]:
    """Accounts as they come back from a cache that keeps JSON."""
    return list(json.loads(json.dumps(read_accounts(connect(panel)))))


@pytest.mark.parametrize("options", [{}, {"unknown_fields": True}, {"numbers": "numbers"}], ids=str)
def test_what_was_read_is_of_use_when_it_was_kept(panel: Simulator, connect: Connect, options: dict[str, Any]) -> None:
    panel.options.set(**options)
    _filled(panel)
    assert kept_accounts(_kept(panel, connect)) == read_accounts(connect(panel))
    odd = [{"name": "alice", "status": {"a": [1]}, "allowed_IPs": None, "b_download": "much", "a b": [1.5, "{{ x }}"]}]
    panel.fault("wrong_type", path="account", msg=odd, times=None)
    assert kept_accounts(_kept(panel, connect)) == read_accounts(connect(panel))


@pytest.mark.parametrize(
    "changes",
    [
        {"ansible_connection": "local"},
        {"ansible_ssh_common_args": "-oProxyCommand=id"},
        {"x": 1},
        {"puqvpn_panel": "another"},
        {"puqvpn_url": "https://evil.example.com"},
        {"puqvpn_backup_folder": "/"},
        {"puqvpn_password": "secret"},
        {"puqvpn_a b": 1},
        {"puqvpn_name": ""},
        {"puqvpn_name": 5},
        {"puqvpn_name": ["alice"]},
        {"puqvpn_name": None},
        {"puqvpn_online": "yes"},
        {"puqvpn_online": True},
        {"puqvpn_online_protocols": "wireguard"},
        {"puqvpn_online_protocols": ["openvpn"]},
        {"puqvpn_endpoint": "192.0.2.1"},
        {"puqvpn_b_download": "0"},
        {"puqvpn_allowed_ips": "10.0.0.10/32"},
        {"puqvpn_allowed_IPs": "10.0.0.66"},
        {"puqvpn_b_upload": float("nan")},
        {"puqvpn_b_upload": float("inf")},
        {"puqvpn_username": "\ud800"},
        {"puqvpn_username": b"alice"},
        {"puqvpn_status": {"a"}},
        {7: "x"},
    ],
    ids=ascii,
)
def test_what_reading_could_not_have_made_is_not_taken_from_a_cache(
    panel: Simulator, connect: Connect, changes: dict[Any, Any]
) -> None:
    panel.panel.add_account({"name": "alice", "wg_name": "Default", "allowed_IPs": "10.0.0.10"})
    (alice,) = _kept(panel, connect)
    assert kept_accounts([alice]) is not None
    assert kept_accounts([alice, {**alice, **changes}]) is None


@pytest.mark.parametrize("kept", [None, {}, "x", 5, [None], [[]], ["x"], [{}], [{"puqvpn_name": "alice"}]], ids=str)
def test_what_is_no_list_of_accounts_is_not_taken_from_a_cache(kept: Any) -> None:
    assert kept_accounts(kept) is None


@pytest.mark.parametrize("levels", [600, 100_000])
def test_a_cache_that_is_nested_without_an_end_is_not_taken(panel: Simulator, connect: Connect, levels: int) -> None:
    panel.panel.add_account({"name": "alice", "wg_name": "Default", "allowed_IPs": "10.0.0.10"})
    (alice,) = _kept(panel, connect)
    endless: list[Any] = []
    for _level in range(levels):
        endless = [endless]
    found = kept_accounts([{**alice, "puqvpn_x": endless}])
    # How deep is too deep depends on the release of Python; it is never an error.
    assert found is None or levels == 600


# --- Hosts


def _account(name: Any = "alice", address: Any = "10.0.0.10", server: Any = "Default", **more: Any) -> dict[str, Any]:
    account = {"puqvpn_name": name, "puqvpn_allowed_ips": address, "puqvpn_wg_name": server, "puqvpn_online": False}
    return {**account, **more}


def _hosts(panel: InventoryPanel, *accounts: dict[str, Any], **options: bool) -> list[Host]:
    given = {"set_ansible_host": True, "default_groups": True, **options}
    return hosts_of(panel, [(account["puqvpn_name"], account) for account in accounts], **given)


def test_an_account_becomes_a_host() -> None:
    (paris,) = _panels("paris-1")
    online = _account("bob", "FD00:0::1", "office-1.a", puqvpn_status="enable", puqvpn_online=True)
    alice, bob = _hosts(paris, _account(puqvpn_status="disable"), online)
    assert (alice.name, alice.address) == ("alice", "10.0.0.10")
    assert list(alice.default_groups) == ["puqvpn_panel_paris_1", "puqvpn_wg_Default", "puqvpn_disabled"]
    assert (bob.name, bob.address) == ("bob", "fd00::1")
    assert list(bob.default_groups) == [
        *("puqvpn_panel_paris_1", "puqvpn_wg_office_1_a", "puqvpn_enabled", "puqvpn_online"),
    ]
    hostile = _account(address="-x", server="a/b", puqvpn_status={"a": 1})
    (alice,) = _hosts(paris, hostile, set_ansible_host=False, default_groups=False)
    assert (alice.address, list(alice.default_groups)) == ("", ["puqvpn_panel_paris_1"])
    (alice,) = _hosts(paris, _account(server=None))
    assert list(alice.default_groups) == ["puqvpn_panel_paris_1"]


HOSTILE = [
    "-oProxyCommand=touch pwned",
    "../victim",
    "/etc/passwd",
    "a\nb",
    "a\u2028b",
    "a\x85b",
    "\x1b[2J",
    "a\u202eb",
    "a b",
    "a;b",
    "a,b",
    "a:b",
    "a!b",
    "*",
    "{{ x }}",
    "$(id)",
    "~root",
    "a" * 300,
    True,
    5,
    ["a"],
    {"a": "b"},
]


@pytest.mark.parametrize("value", [*HOSTILE, "", "."], ids=ascii)
def test_a_hostile_text_becomes_no_host_name(value: Any) -> None:
    with pytest.raises(PuqVpnError) as told:
        hosts_of(_panels("p")[0], [(value, _account())], set_ansible_host=True, default_groups=True)
    text = str(told.value)
    assert told.value.code == "untrusted_value"
    assert text.startswith("The host name of account 'alice' is ")
    assert text.endswith("Correct it on the panel, exclude the account with filters, or choose another hostname.")
    assert text.isascii()
    assert text.isprintable()


@pytest.mark.parametrize("value", [*HOSTILE, "", None, "localhost", "127.0.0.1", "::1", "10.0.0.1/24", "10.0.0.1:22"])
def test_a_hostile_text_becomes_no_address(value: Any) -> None:
    with pytest.raises(PuqVpnError) as told:
        _hosts(_panels("p")[0], _account(address=value))
    text = str(told.value)
    assert "Account 'alice' has no address." in text or text.startswith("The address of account 'alice' is ")
    assert text.endswith("exclude the account with filters, or set set_ansible_host: false.")
    assert text.isascii()
    assert text.isprintable()


@pytest.mark.parametrize("value", HOSTILE, ids=ascii)
def test_a_hostile_text_becomes_no_group(value: Any) -> None:
    with pytest.raises(PuqVpnError) as told:
        _hosts(_panels("p")[0], _account(server=value))
    text = str(told.value)
    assert text.startswith("The server of account 'alice' is ")
    assert text.endswith("or set default_groups: false and define your own keyed_groups.")
    assert text.isascii()
    assert text.isprintable()


def test_all_that_is_wrong_with_a_panel_is_told_at_once_and_shortened() -> None:
    accounts = [_account(f"-{number}", "-x" if number % 2 else None, "a/b") for number in range(2000)]
    with pytest.raises(PuqVpnError) as told:
        _hosts(_panels("p")[0], *accounts)
    text = str(told.value)
    for words in (
        *("The host name of account '-0' is '-0'", "and 1995 more. Correct it on the panel"),
        *("Account '-0' has no address; the address of account '-1' is '-x', which is not an IP address;"),
        "The server of account '-0' is 'a/b'",
    ):
        assert words in text
    assert len(text) < 3000


def _conflicts(hosts: list[Host], **taken: str) -> str:
    return str(Conflicts.among(hosts, taken))


def test_servers_of_different_names_never_become_one_group() -> None:
    paris, rome = _panels("paris", "rome")
    hosts = [
        *_hosts(paris, _account("a", server="office-1"), _account("b", server="office_2")),
        *_hosts(rome, _account("c", server="office-1"), _account("d", server="office_2"), _account("e", server="x")),
    ]
    # A name is shared on purpose.
    assert _conflicts(hosts) == ""
    hosts += _hosts(rome, _account("f", server="office_1"), _account("g", server="office.1"))
    assert _conflicts(hosts) == (
        "Some groups are not unique to a server, 1 in total: puqvpn_wg_office_1 (of office-1 and office_1 and "
        "office.1). Rename one of the servers, or set default_groups: false and define your own keyed_groups."
    )


@pytest.mark.parametrize("server", ["enabled", "disabled", "online", "panel_p", "all", "ungrouped", "localhost"])
def test_the_group_of_a_server_is_never_another_default_group(server: str) -> None:
    (panel,) = _panels("p")
    (host,) = _hosts(panel, _account(server=server))
    assert host.server_group not in {"puqvpn_enabled", "puqvpn_disabled", "puqvpn_online", panel.group, server}


def test_no_panel_takes_the_hosts_of_another_one_out_of_the_inventory() -> None:
    paris, rome, oslo, bern = _panels("paris", "rome", "oslo", "bern")
    hosts = [
        *_hosts(paris, _account("a"), _account("b", server="office-1"), _account("c")),
        *_hosts(rome, _account("c"), _account("d", server="office_1"), _account("e")),
        # These are in conflict by themselves, whomever they name.
        *_hosts(oslo, _account("localhost"), _account("a")),
        *_hosts(bern, _account("a"), _account("a"), _account("f")),
    ]
    left, at_fault, between = without_conflicts(hosts, {"localhost": "the controller"})
    assert [host.name for host in left] == ["a", "e"]
    assert list(at_fault) == ["oslo", "bern"]
    assert "localhost (the controller)" in str(at_fault["oslo"])
    assert "a (in bern and bern)" in str(at_fault["bern"])
    assert "1 in total: c (in paris and rome)." in str(between)
    assert "1 in total: puqvpn_wg_office_1 (of office-1 and office_1)." in str(between)
    left, at_fault, between = without_conflicts(left, {})
    assert (len(left), at_fault, bool(between)) == (2, {}, False)


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


@pytest.mark.parametrize("options", [{"panels": ["a=b c"]}, {"panels": "a b=c"}, {"filters": "a b=c"}])
def test_a_string_in_place_of_suboptions_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match=f"{next(iter(options))}.*dict"):
        validated(NESTED_OPTIONS, options)
