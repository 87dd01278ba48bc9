# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an inventory is made of: panels, accounts whatever the panel writes, and filters."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.puqcloud.puqvpn.plugins.inventory.puqvpn import NESTED_OPTIONS
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import OptionError, PuqVpnError
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._untrusted import one_line
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._inventory.account_hosts import hosts_of
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._inventory.accounts import (
    _RESERVED_BEGINNINGS,
    SOURCES,
    kept_accounts,
    read_accounts,
    refuse_partial_filters,
    wanted_by,
)
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._inventory.hosts import Conflicts, Host, without_conflicts
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._inventory.panel_hosts import (
    FACTS,
    PanelHosts,
    refuse_taken_names,
)
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._inventory.panels import (
    InventoryPanel,
    panels_of,
    refuse_shared_groups,
)
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._plugin_client import (
    connection_options,
    refuse_unknown,
    validated,
)
from ansible_collections.puqcloud.puqvpn.tests.hostile.tables import texts
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import CREDENTIAL_OPTION, DEFAULTS, GOOD_STATUS, Connect
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import connection_options as connection_options_of
from simulator import Simulator
from simulator.readings import readings

COLLECTION = Path(__file__).resolve().parents[2]

# By generation: the path of the list, the word in sentences, the field and the title of the server or network, the
# beginning of its groups, the field of the address, and its spelling in the API.
LISTS = {1: "account", 2: "client"}
PARENTS = {1: "wg_name", 2: "network_name"}
PARENT_TITLES = {1: "WireGuard server", 2: "network"}
PREFIXES = {1: "puqvpn_wg_", 2: "puqvpn_network_"}
ADDRESSES = {1: "allowed_ips", 2: "ipv4"}
ADDRESS_KEYS = {1: "allowed_IPs", 2: "ipv4"}

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
    beside = {**DEFAULTS, "url": "https://one.example.com"}
    (panel,) = panels_of({**beside, "token": "t"}, [{"access_hash": "a"}])
    assert (panel.connection.generation, panel.connection.credential) == (1, "a")
    panels = [{"name": "old"}, {"name": "new", "token": "t"}]
    old, new = panels_of({**beside, "access_hash": "a"}, panels)
    assert (old.connection.generation, old.connection.credential) == (1, "a")
    assert (new.connection.generation, new.connection.credential) == (2, "t")


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


def _panels(*names: str, generation: int = 1) -> list[InventoryPanel]:
    return panels_of(
        {**DEFAULTS, CREDENTIAL_OPTION[generation]: "a"},
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
    assert "Rename one of them, or set default_groups: false" in str(told.value)


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


def test_clients_are_the_same_whatever_way_a_panel_writes_them(connect: Connect, subtests: pytest.Subtests) -> None:
    for reading in readings():
        with subtests.test(**reading), Simulator(generation=2, **reading) as panel:
            _filled(panel)
            # A container by name has room for one session of each.
            protocols = ["ikev2"] if reading["sessions"] == "by_name" else ["wireguard", "openvpn", "ikev2"]
            for protocol in protocols[:-1]:
                panel.connect(protocol, "bob", endpoint=f"192.0.2.1:{len(protocol)}")
            if not reading["inferred"]:
                with pytest.raises(PuqVpnError, match="The panel does not list its clients"):
                    read_accounts(connect(panel))
                continue
            alice, bob = read_accounts(connect(panel))
            account = panel.panel.accounts["alice"]
            in_list = {
                "puqvpn_name": "alice",
                "puqvpn_network_name": "Default",
                "puqvpn_status": "enable",
                "puqvpn_ipv4": "10.0.0.10",
            }
            of_client = {
                "puqvpn_username": account["username"],
                "puqvpn_ipv6": "",
                "puqvpn_b_download": 0,
                "puqvpn_b_upload": 0,
                "puqvpn_public_key": account["public_key"],
            }
            assert {name: value for name, value in alice.items() if name != "puqvpn_undocumented"} == {
                **in_list,
                **({} if reading["clients"] == "thin" else of_client),
                "puqvpn_online": False,
                "puqvpn_online_protocols": [],
                "puqvpn_endpoint": None,
            }
            assert ("puqvpn_undocumented" in alice) is reading["unknown_fields"]
            assert bob["puqvpn_online"] is True
            # This container does not say which protocol it is.
            assert bob["puqvpn_online_protocols"] == ([] if reading["sessions"] == "named" else protocols)
            assert bob["puqvpn_endpoint"] == ("198.51.100.9" if reading["sessions"] == "by_name" else "192.0.2.1:9")
            assert panel.counts() == {"GET client": 1, "GET client/online": 1}
            assert panel.connections == 1
            assert kept_accounts(json.loads(json.dumps([alice, bob])), SOURCES[2]) == [alice, bob]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"kind": "login_page"}, "failed: "),
        ({"kind": "error", "text": "Nothing of that kind"}, 'failed: the panel answered "Nothing of that kind"'),
        ({"kind": "error", "text": "Not permitted", "code": 403}, 'failed: the panel answered "Not permitted"'),
        ({"kind": "wrong_type", "msg": {"alice": [["x"]]}}, "failed: the answer is not a collection of sessions"),
    ],
    ids=str,
)
def test_a_panel_that_does_not_show_sessions_has_clients_nevertheless(
    connect: Connect, fault: dict[str, Any], words: str
) -> None:
    with Simulator(generation=2) as panel:
        _filled(panel)
        panel.fault(**fault, path="client/online")
        client = connect(panel)
        assert [found["puqvpn_online"] for found in read_accounts(client)] == [False, False]
        (warning,) = client.warnings
        assert warning.startswith(f"GET client/online on {panel.url} {words}")
        assert warning.endswith(" No client of this panel is reported as online.")


def test_a_session_of_nobody_makes_nobody_online(connect: Connect) -> None:
    with Simulator(generation=2) as panel:
        panel.panel.add_account({"name": "None", "wg_name": "Default", "allowed_IPs": "10.0.0.10"})
        panel.fault("wrong_type", path="client/online", msg=[{"ip": "10.0.0.10", "protocol": "wireguard"}])
        client = connect(panel)
        assert [found["puqvpn_online"] for found in read_accounts(client)] == [False]
        (warning,) = client.warnings
        assert "shows sessions without the name of a client. They are ignored." in warning


def test_an_unknown_protocol_is_a_session_without_a_protocol(connect: Connect) -> None:
    with Simulator(generation=2) as panel:
        _filled(panel)
        sessions = [
            {"name": "alice", "protocol": "{{ x }}", "endpoint": "192.0.2.1"},
            {"name": "bob", "protocol": "OpenVPN"},
        ]
        panel.fault("wrong_type", path="client/online", msg=sessions)
        alice, bob = read_accounts(connect(panel))
        told = ("puqvpn_online", "puqvpn_online_protocols", "puqvpn_endpoint")
        assert [alice[name] for name in told] == [True, [], "192.0.2.1"]
        assert [bob[name] for name in told] == [True, ["openvpn"], None]


@pytest.mark.parametrize("fault", [None, {"kind": "login_page"}, {"kind": "wrong_type", "msg": ["alice"]}], ids=str)
def test_a_panel_without_the_list_of_clients_is_an_error(connect: Connect, fault: dict[str, Any] | None) -> None:
    with Simulator(generation=2, inferred=fault is not None) as panel:
        _filled(panel)
        if fault:
            panel.fault(**fault, path="client")
        with pytest.raises(PuqVpnError, match=r"GET client on http.* failed: .*The panel does not list its clients"):
            read_accounts(connect(panel))
        assert set(panel.counts()) == {"GET client"}


@pytest.mark.parametrize("empty_sets", ["documented", "text", "null"])
def test_a_panel_without_accounts(any_panel: Simulator, connect: Connect, empty_sets: str) -> None:
    any_panel.options.set(empty_sets=empty_sets)
    assert read_accounts(connect(any_panel)) == []


def test_a_field_that_nobody_knows_is_a_variable_with_a_good_name(any_panel: Simulator, connect: Connect) -> None:
    account = {"name": "alice", "some field-1": 5, "api_token": "secret", "Größe": "x"}
    any_panel.fault("wrong_type", path=LISTS[any_panel.generation], msg=[account])
    (found,) = read_accounts(connect(any_panel))
    assert {name: value for name, value in found.items() if "online" not in name and "endpoint" not in name} == {
        "puqvpn_name": "alice",
        "puqvpn_some_field_1": 5,
        "puqvpn_Gr__e": "x",
    }


def test_a_field_never_replaces_a_variable_that_means_something_else(any_panel: Simulator, connect: Connect) -> None:
    panel, generation = any_panel, any_panel.generation
    parent, address = PARENTS[generation], ADDRESSES[generation]
    specs = (COLLECTION / "roles").glob("*/meta/argument_specs.yml")
    options = {
        option.removeprefix("puqvpn_")
        for file in specs
        for entry in yaml.safe_load(file.read_text())["argument_specs"].values()
        for option in entry.get("options", {})
    }
    own = {"online", "online_protocols", "endpoint", "panel", "panel_url", "in_process", *DEFAULTS, *FACTS}
    hostile = {name: "hostile" for name in (*own, *options, "panel url", "in-process", "backup folder")}
    harmless = {"ansible_host": "10.0.0.9", "ansible_connection": "local", "inventory_hostname": "x", "": "empty"}
    # The same variable as a field that is known, and the same one twice.
    twice = {address.replace("_", " "): "10.0.0.66", parent.replace("_", "-"): "x", "a b": 1, "a_b": 2}
    known = {"name": "alice", parent: "Default", ADDRESS_KEYS[generation]: "10.0.0.10"}
    account = {**hostile, **harmless, **twice, **known}
    for payload in (account, dict(reversed(account.items()))):
        panel.fault("wrong_type", path=LISTS[generation], msg=[payload])
        (found,) = read_accounts(connect(panel))
        assert "hostile" not in found.values()
        assert found == {
            "puqvpn_name": "alice",
            f"puqvpn_{parent}": "Default",
            f"puqvpn_{address}": "10.0.0.10",
            "puqvpn_": "empty",
            "puqvpn_a_b": 2,
            "puqvpn_ansible_connection": "local",
            "puqvpn_ansible_host": "10.0.0.9",
            "puqvpn_inventory_hostname": "x",
            "puqvpn_online": False,
            "puqvpn_online_protocols": [],
            "puqvpn_endpoint": None,
        }


def test_a_secret_of_a_client_is_none_wherever_it_is(connect: Connect) -> None:
    nested = {"wireguard": {"private_key": "canary", "port": 1}, "config": "[Interface]\n\tPrivateKey = canary"}
    with Simulator(generation=2) as panel:
        panel.fault("wrong_type", path="client", msg={"alice": {"password": "canary", "psk token": "canary", **nested}})
        panel.fault(
            "wrong_type", path="client/online", msg={"alice": {"wireguard": {"endpoint": "x", "token": "canary"}}}
        )
        (found,) = read_accounts(connect(panel))
    assert "canary" not in str(found)
    assert (found["puqvpn_wireguard"], found["puqvpn_endpoint"]) == ({"port": 1}, "x")


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
def test_an_account_without_a_name_is_an_error(any_panel: Simulator, connect: Connect, account: dict[str, Any]) -> None:
    path = LISTS[any_panel.generation]
    any_panel.fault("wrong_type", path=path, msg=[account])
    with pytest.raises(PuqVpnError, match=rf"GET {path} on http.* failed: the answer shows {path}s without a name\."):
        read_accounts(connect(any_panel))


def test_a_read_that_may_succeed_later_is_an_error(any_panel: Simulator, connect: Connect) -> None:
    _filled(any_panel)
    paths = {1: ("account", "wireguard/online", "ikev2/online"), 2: ("client", "client/online")}
    for path in paths[any_panel.generation]:
        any_panel.fault("status", code=503, path=path, times=None)
        with pytest.raises(PuqVpnError) as caught:
            read_accounts(connect(any_panel, retries=0))
        assert (caught.value.code, caught.value.path) == ("unavailable", path)
        any_panel.clear_faults()


# --- The cache


def _kept(panel: Simulator, connect: Connect) -> list[dict[str, Any]]:
    """Accounts as they come back from a cache that keeps JSON."""
    return list(json.loads(json.dumps(read_accounts(connect(panel)))))


@pytest.mark.parametrize("options", [{}, {"unknown_fields": True}, {"numbers": "numbers"}], ids=str)
def test_what_was_read_is_of_use_when_it_was_kept(
    any_panel: Simulator, connect: Connect, options: dict[str, Any]
) -> None:
    generation = any_panel.generation
    any_panel.options.set(**options)
    _filled(any_panel)
    assert kept_accounts(_kept(any_panel, connect), SOURCES[generation]) == read_accounts(connect(any_panel))
    address = {ADDRESS_KEYS[generation]: None}
    odd = [{"name": "alice", "status": {"a": [1]}, **address, "b_download": "much", "a b": [1.5, "{{ x }}"]}]
    any_panel.fault("wrong_type", path=LISTS[generation], msg=odd, times=None)
    assert kept_accounts(_kept(any_panel, connect), SOURCES[generation]) == read_accounts(connect(any_panel))


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
        {"puqvpn_online": 1},
        {"puqvpn_online": True, "puqvpn_online_protocols": ["l2tp"]},
        {"puqvpn_online_protocols": "wireguard"},
        {"puqvpn_online_protocols": ["wireguard"]},
        {"puqvpn_online_protocols": [["wireguard"]]},
        {"puqvpn_endpoint": "192.0.2.1"},
        {"puqvpn_b_download": "0"},
        {"puqvpn_ADDRESS": "10.0.0.10/32"},
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
    any_panel: Simulator, connect: Connect, changes: dict[Any, Any]
) -> None:
    source, address = SOURCES[any_panel.generation], f"puqvpn_{ADDRESSES[any_panel.generation]}"
    any_panel.panel.add_account({"name": "alice", "wg_name": "Default", "allowed_IPs": "10.0.0.10"})
    (alice,) = _kept(any_panel, connect)
    assert kept_accounts([alice], source) is not None
    changed = {address if name == "puqvpn_ADDRESS" else name: value for name, value in changes.items()}
    assert kept_accounts([alice, {**alice, **changed}], source) is None


@pytest.mark.parametrize(
    ("generation", "changes"),
    [
        (1, {"puqvpn_online": True}),
        (1, {"puqvpn_online_protocols": ["openvpn"], "puqvpn_online": True}),
        (1, {"puqvpn_allowed_IPs": "10.0.0.66"}),
        (2, {"puqvpn_network": "other"}),
        (2, {"puqvpn_status": "Enable"}),
        (2, {"puqvpn_online_protocols": ["ikev2", "wireguard"], "puqvpn_online": True}),
    ],
    ids=str,
)
def test_what_one_generation_never_shows_is_not_taken_from_a_cache(
    connect: Connect, generation: int, changes: dict[str, Any]
) -> None:
    with Simulator(generation=generation) as panel:
        panel.panel.add_account({"name": "alice", "wg_name": "Default", "allowed_IPs": "10.0.0.10"})
        (alice,) = _kept(panel, connect)
        assert kept_accounts([{**alice, **changes}], SOURCES[generation]) is None


@pytest.mark.parametrize("generation", [1, 2])
@pytest.mark.parametrize("kept", [None, {}, "x", 5, [None], [[]], ["x"], [{}], [{"puqvpn_name": "alice"}]], ids=str)
def test_what_is_no_list_of_accounts_is_not_taken_from_a_cache(generation: int, kept: Any) -> None:
    assert kept_accounts(kept, SOURCES[generation]) is None


@pytest.mark.parametrize("levels", [600, 100_000])
def test_a_cache_that_is_nested_without_an_end_is_not_taken(panel: Simulator, connect: Connect, levels: int) -> None:
    panel.panel.add_account({"name": "alice", "wg_name": "Default", "allowed_IPs": "10.0.0.10"})
    (alice,) = _kept(panel, connect)
    endless: list[Any] = []
    for _level in range(levels):
        endless = [endless]
    found = kept_accounts([{**alice, "puqvpn_x": endless}], SOURCES[1])
    # How deep is too deep depends on the release of Python; it is never an error.
    assert found is None or levels == 600


# --- Hosts


def _account(
    name: Any = "alice", address: Any = "10.0.0.10", server: Any = "Default", generation: int = 1, **more: Any
) -> dict[str, Any]:
    """The variables of an account, or of a client on a network."""
    place = {f"puqvpn_{ADDRESSES[generation]}": address, f"puqvpn_{PARENTS[generation]}": server}
    return {"puqvpn_name": name, **place, "puqvpn_online": False, **more}


def _hosts(panel: InventoryPanel, *accounts: dict[str, Any], **options: bool) -> list[Host]:
    given = {"set_ansible_host": True, "default_groups": True, **options}
    return hosts_of(panel, [(account["puqvpn_name"], account) for account in accounts], **given)


@pytest.mark.parametrize("generation", [1, 2])
def test_an_account_becomes_a_host(generation: int) -> None:
    (paris,) = _panels("paris-1", generation=generation)
    prefix, own = PREFIXES[generation], {"generation": generation}
    online = _account("bob", "FD00:0::1", "office-1.a", puqvpn_status="enable", puqvpn_online=True, **own)
    alice, bob = _hosts(paris, _account(puqvpn_status="disable", **own), online)
    assert (alice.name, alice.address) == ("alice", "10.0.0.10")
    assert list(alice.default_groups) == ["puqvpn_panel_paris_1", f"{prefix}Default", "puqvpn_disabled"]
    assert (bob.name, bob.address) == ("bob", "fd00::1")
    assert list(bob.default_groups) == [
        *("puqvpn_panel_paris_1", f"{prefix}office_1_a", "puqvpn_enabled", "puqvpn_online"),
    ]
    hostile = _account(address="-x", server="a/b", puqvpn_status={"a": 1}, **own)
    (alice,) = _hosts(paris, hostile, set_ansible_host=False, default_groups=False)
    assert (alice.address, list(alice.default_groups)) == ("", ["puqvpn_panel_paris_1"])
    (alice,) = _hosts(paris, _account(server=None, **own))
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


@pytest.mark.parametrize("generation", [1, 2])
@pytest.mark.parametrize("value", [*HOSTILE, "", None, "localhost", "127.0.0.1", "::1", "10.0.0.1/24", "10.0.0.1:22"])
def test_a_hostile_text_becomes_no_address(value: Any, generation: int) -> None:
    with pytest.raises(PuqVpnError) as told:
        _hosts(_panels("p", generation=generation)[0], _account(address=value, generation=generation))
    text, title = str(told.value), LISTS[generation]
    assert f"{title.title()} 'alice' has no address." in text or text.startswith(f"The address of {title} 'alice' is ")
    assert text.endswith(f"exclude the {title} with filters, or set set_ansible_host: false.")
    assert text.isascii()
    assert text.isprintable()


@pytest.mark.parametrize("generation", [1, 2])
@pytest.mark.parametrize("value", HOSTILE, ids=ascii)
def test_a_hostile_text_becomes_no_group(value: Any, generation: int) -> None:
    with pytest.raises(PuqVpnError) as told:
        _hosts(_panels("p", generation=generation)[0], _account(server=value, generation=generation))
    text = str(told.value)
    assert text.startswith(f"The {PARENT_TITLES[generation]} of {LISTS[generation]} 'alice' is ")
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
        "The WireGuard server of account '-0' is 'a/b'",
    ):
        assert words in text
    assert len(text) < 3000


def _conflicts(hosts: list[Host], **taken: str) -> str:
    return str(Conflicts.among(hosts, taken))


@pytest.mark.parametrize("generation", [1, 2])
def test_servers_and_networks_of_different_names_never_become_one_group(generation: int) -> None:
    paris, rome = _panels("paris", "rome", generation=generation)

    def on(panel: InventoryPanel, **servers: str) -> list[Host]:
        return _hosts(
            panel, *(_account(name, server=server, generation=generation) for name, server in servers.items())
        )

    hosts = [*on(paris, a="office-1", b="office_2"), *on(rome, c="office-1", d="office_2", e="x")]
    # A name is shared on purpose.
    assert _conflicts(hosts) == ""
    hosts += on(rome, f="office_1", g="office.1")
    assert _conflicts(hosts) == (
        f"Some groups are not unique to a server or network, 1 in total: {PREFIXES[generation]}office_1 (of office-1 "
        "and office_1 and office.1). Rename one of these, or set default_groups: false and define your own "
        "keyed_groups."
    )


def test_a_server_and_a_network_never_become_one_group() -> None:
    (old,), (new,) = _panels("old"), _panels("new", generation=2)
    hosts = [
        *_hosts(old, _account("a", server="office-1")),
        *_hosts(new, _account("b", server="office_1", generation=2)),
    ]
    assert _conflicts(hosts) == ""
    assert [host.parent_group for host in hosts] == ["puqvpn_wg_office_1", "puqvpn_network_office_1"]


@pytest.mark.parametrize("generation", [1, 2])
@pytest.mark.parametrize("server", ["enabled", "disabled", "online", "panel_p", "all", "ungrouped", "localhost"])
def test_the_group_of_a_server_is_never_another_default_group(server: str, generation: int) -> None:
    (panel,) = _panels("p", generation=generation)
    (host,) = _hosts(panel, _account(server=server, generation=generation))
    assert host.parent_group not in {"puqvpn_enabled", "puqvpn_disabled", "puqvpn_online", panel.group, server}


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


# --- Panels as hosts

ANYTHING: list[Any] = [None, True, 0, -1, 1.5, 10**400, "", "many", "{{ x }}", "\x1b[2J", [], [None], {}, {"a": "b"}]


def _panel_hosts(*, with_unreadable: bool = False, **requirements: int) -> PanelHosts:
    given = {"min_license_days": 30, "min_free_accounts": 1, **requirements}
    return PanelHosts(given, with_unreadable=with_unreadable)


def _panel_of(simulator: Simulator, **more: Any) -> InventoryPanel:
    (panel,) = panels_of(connection_options_of(simulator), [{"name": "paris", **more}])
    return panel


def _own_groups(host: Host) -> set[str]:
    """The groups of a host, without those of all panels and of its generation."""
    return {group for group in host.default_groups if not re.fullmatch("puqvpn_(panels|generation_.)", group)}


def test_a_panel_becomes_a_host_with_one_request(any_panel: Simulator, connect: Connect) -> None:
    source, panel, generation = _panel_hosts(), _panel_of(any_panel), any_panel.generation
    (host,) = source.of(panel, source.read(panel, connect(any_panel)))
    payload = connect(any_panel).get("system/status").payload
    assert any_panel.counts() == {"GET system/status": 2}
    days = host.variables["puqvpn_license_days_left"]
    assert host.variables == {
        "puqvpn_url": any_panel.url,
        "puqvpn_generation": generation,
        "puqvpn_version": payload["version"],
        "puqvpn_state": "OK",
        "puqvpn_ready": True,
        "puqvpn_license_valid": True,
        "puqvpn_license_expires": payload["license"],
        "puqvpn_license_days_left": days,
        "puqvpn_accounts_used": 0,
        "puqvpn_accounts_limit": payload["count_accounts_available"],
        "puqvpn_accounts_free": payload["count_accounts_available"],
        "puqvpn_wireguard_servers": 1,
        "puqvpn_healthy": True,
        "puqvpn_reachable": True,
        "puqvpn_violations": [],
        "puqvpn_violation_codes": [],
    }
    assert (host.name, host.address) == ("paris", "")
    assert list(host.default_groups) == ["puqvpn_panels", f"puqvpn_generation_{generation}"]
    assert {name.removeprefix("puqvpn_") for name in host.variables} == set(FACTS)


def test_a_host_of_an_earlier_source_keeps_its_url(panel: Simulator, connect: Connect) -> None:
    source = _panel_hosts()
    (own,) = panels_of(connection_options_of(panel), [{"name": "paris"}], are_hosts=True)
    (host,) = source.of(own, source.read(own, connect(panel)))
    assert "puqvpn_url" not in host.variables


@pytest.mark.parametrize(
    ("shown", "requirements", "groups"),
    [
        ({"status": "Loading"}, {}, ["puqvpn_not_ready"]),
        ({"license_valid": False}, {}, ["puqvpn_license_ending"]),
        ({"license": "2020-01-31T00:00:00Z"}, {}, ["puqvpn_license_ending"]),
        ({}, {"min_license_days": 10**6}, ["puqvpn_license_ending"]),
        ({"count_accounts": 5}, {}, ["puqvpn_slots_low"]),
        ({}, {"min_free_accounts": 3}, ["puqvpn_slots_low"]),
        ({}, {"min_free_accounts": 2}, []),
        ({"count_accounts": 5}, {"min_free_accounts": 0}, []),
        ({"count_accounts": "many", "status": "x"}, {}, ["puqvpn_slots_low", "puqvpn_not_ready"]),
    ],
    ids=str,
)
def test_what_is_wrong_with_a_panel_is_a_group(
    any_panel: Simulator, connect: Connect, shown: dict[str, Any], requirements: dict[str, int], groups: list[str]
) -> None:
    any_panel.fault("wrong_type", path="system/status", msg={**GOOD_STATUS, **shown})
    source, panel = _panel_hosts(**requirements), _panel_of(any_panel)
    (host,) = source.of(panel, source.read(panel, connect(any_panel)))
    assert _own_groups(host) == set(groups) <= set(source.groups([]))
    assert host.variables["puqvpn_healthy"] == (not groups)
    assert {f"puqvpn_{code}" for code in host.variables["puqvpn_violation_codes"]} == set(groups)


@pytest.mark.parametrize(
    ("fault", "reachable", "group"),
    [
        ({"kind": "status", "code": 503}, False, "puqvpn_unreachable"),
        ({"kind": "error", "text": "Not authorized"}, False, "puqvpn_unreachable"),
        ({"kind": "error", "text": "Nothing of that kind"}, True, "puqvpn_unreadable"),
    ],
    ids=str,
)
def test_a_panel_that_cannot_be_read_is_an_error_or_a_host(
    any_panel: Simulator, connect: Connect, fault: dict[str, Any], reachable: bool, group: str
) -> None:
    any_panel.fault(**fault, path="system/status", times=None)
    panel, client = _panel_of(any_panel), connect(any_panel, retries=0)
    with pytest.raises(PuqVpnError, match=f"^GET system/status on {any_panel.url} failed: "):
        _panel_hosts().read(panel, client)
    assert client.warnings == []
    source = _panel_hosts(with_unreadable=True)
    report = source.read(panel, client)
    (host,) = source.of(panel, report)
    assert _own_groups(host) == {group}
    assert {name.removeprefix("puqvpn_") for name in host.variables} == set(FACTS)
    assert host.variables["puqvpn_reachable"] is reachable
    assert host.variables["puqvpn_ready"] is host.variables["puqvpn_version"] is None
    assert host.variables["puqvpn_generation"] == any_panel.generation
    (warning,) = client.warnings
    assert warning.startswith(f"Panel paris cannot be read: GET system/status on {any_panel.url} failed: ")
    assert warning.endswith(f" It is in the group {group}.")
    # It is read again by the next run.
    assert source.to_keep(report) is None


def test_a_status_is_kept_and_judged_again(any_panel: Simulator, connect: Connect) -> None:
    panel = _panel_of(any_panel)
    for shown in ({}, {"version": "{{ x }}\n", "license": ["x"], "count_accounts": "3", "password": "canary"}):
        any_panel.fault("wrong_type", path="system/status", msg={**GOOD_STATUS, **shown})
        source = _panel_hosts()
        report = source.read(panel, connect(any_panel))
        kept = json.loads(json.dumps(source.to_keep(report)))
        assert "canary" not in str(kept)
        again = source.kept(panel, kept)
        assert again is not None
        (host,), (read) = source.of(panel, again), source.of(panel, report)
        assert [host] == read
        (strict,) = _panel_hosts(min_free_accounts=3).of(panel, again)
        assert "puqvpn_slots_low" in strict.default_groups


def test_a_hostile_text_of_a_status_is_one_line_of_a_variable(
    any_panel: Simulator, connect: Connect, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    panel, source, client = _panel_of(any_panel), _panel_hosts(), connect(any_panel)
    fixed = set(source.groups([]))
    for id, text in texts(tmp_path / "canary").items():
        # Half a character is refused by the client.
        shown = text.replace("\ud800", "")
        with subtests.test(id):
            lies = dict.fromkeys(("version", "status", "license"), shown)
            any_panel.fault("wrong_type", path="system/status", msg={**GOOD_STATUS, **lies, shown: shown})
            (host,) = source.of(panel, source.read(panel, client))
            assert {name.removeprefix("puqvpn_") for name in host.variables} == set(FACTS)
            for name in ("version", "state", "license_expires"):
                seen = host.variables[f"puqvpn_{name}"]
                assert seen == one_line(shown)
            assert set(host.default_groups) <= fixed


@pytest.mark.parametrize("value", ANYTHING, ids=lambda value: ascii(value)[:20])
def test_whatever_a_status_or_a_cache_contains(any_panel: Simulator, connect: Connect, value: Any) -> None:
    panel, source = _panel_of(any_panel), _panel_hosts(with_unreadable=True)
    for name in GOOD_STATUS:
        any_panel.fault("wrong_type", path="system/status", msg={**GOOD_STATUS, name: value})
        report = source.read(panel, connect(any_panel))
        (host,) = source.of(panel, report)
        assert all(isinstance(text, str) and text.isprintable() for text in host.variables["puqvpn_violations"])
        entry = source.to_keep(report)
        if entry is None:
            # A number with so many digits is no JSON that anybody reads.
            assert value == 10**400
            continue
        assert (kept := source.kept(panel, entry)) is not None
        assert source.of(panel, kept) == [host]
        # What reading could not have made is not taken from a cache, and what it could is typed as if it was read.
        changed = source.kept(panel, {"status": {**entry["status"], name: value}})
        if changed is not None:
            (other,) = source.of(panel, changed)
            assert type(other.variables["puqvpn_accounts_used"]) in (int, type(None))
            assert type(other.variables["puqvpn_version"]) in (str, type(host.variables["puqvpn_version"]), type(None))
    for kept_wrongly in ({"status": value}, {"accounts": value}, {"status": {**GOOD_STATUS, "puqvpn_x": value}}):
        assert source.kept(panel, kept_wrongly) is None


def test_the_name_of_a_panel_must_be_that_of_a_host() -> None:
    refuse_taken_names(_panels("paris", "vpn.example.com", "192.0.2.1", "b\u00fcro_1"), lambda _name: "")
    for name, words in [
        ("B\u00fcro 1", "The panel B\u00fcro 1 cannot be a host of this name, which is not a host name: letters,"),
        ("a/b", "The panel a/b cannot be a host of this name, which is not a host name"),
        ("all", "The panel all cannot be a host of this name, which a group has. Set another name for it in panels."),
    ]:
        with pytest.raises(OptionError, match=re.escape(words)):
            refuse_taken_names(_panels("paris", name), lambda name: "which a group has" if name == "all" else "")
    # The names of hosts that exist are not those of this file.
    (host,) = panels_of({**DEFAULTS, "access_hash": "a"}, [{"name": "all", "url": "https://x.invalid"}], are_hosts=True)
    refuse_taken_names([host], lambda _name: "which a group has")


# --- Filters


@pytest.mark.parametrize("generation", [1, 2])
@pytest.mark.parametrize(
    ("filters", "left"),
    [
        ({}, {"alice", "alan", "bob", "carol"}),
        ({"PARENT": ["Default"]}, {"alice", "alan", "bob"}),
        ({"PARENT": ["spare", "none"]}, {"carol"}),
        ({"PARENT": ["*"]}, {"alice", "alan", "bob", "carol"}),
        ({"PARENT": ["default", "Def", "efault", "sp?re"]}, {"carol"}),
        ({"PARENT": []}, set()),
        ({"status": "disable"}, {"bob"}),
        ({"name": ["al*", "c?rol"]}, {"alice", "alan", "carol"}),
        ({"name": ["AL*", "ali"]}, set()),
        ({"name": []}, set()),
        ({"name": ["al*"], "PARENT": ["spare"]}, set()),
        ({"name": ["*"], "status": "enable", "PARENT": None}, {"alice", "alan", "carol"}),
        # Those of the other generation say nothing about this one.
        ({"PARENT": ["Default"], "OTHER": ["spare"]}, {"alice", "alan", "bob"}),
    ],
)
def test_filters(filters: dict[str, Any], left: set[str], generation: int) -> None:
    field, other = PARENTS[generation], PARENTS[3 - generation]
    accounts = [
        {"puqvpn_name": "alice", f"puqvpn_{field}": "Default", "puqvpn_status": "enable"},
        {"puqvpn_name": "alan", f"puqvpn_{field}": "Default", "puqvpn_status": "enable"},
        {"puqvpn_name": "bob", f"puqvpn_{field}": "Default", "puqvpn_status": "disable"},
        {"puqvpn_name": "carol", f"puqvpn_{field}": "spare", "puqvpn_status": "enable"},
    ]
    given = {{"PARENT": field, "OTHER": other}.get(name, name): value for name, value in filters.items()}
    wanted = wanted_by(given, SOURCES[generation])
    assert {account["puqvpn_name"] for account in accounts if wanted(account)} == left


@pytest.mark.parametrize("value", [None, ["Default"], {"Default": 1}, True, 5], ids=str)
def test_a_value_that_is_no_text_matches_no_filter_but_that_for_all(value: Any) -> None:
    account = {"puqvpn_name": "alice", "puqvpn_network_name": value, "puqvpn_status": value}
    assert not wanted_by({"network_name": ["Default", "None", "?*"]}, SOURCES[2])(account)
    assert not wanted_by({"status": "enable"}, SOURCES[2])(account)
    # So it is refused as the name of a group, and not left out silently.
    assert wanted_by({"network_name": ["*"]}, SOURCES[2])(account)


@pytest.mark.parametrize("field", ["network_name", "status"])
def test_a_filter_that_the_panel_does_not_show_the_field_of_is_an_error(field: str) -> None:
    wanted = wanted_by({"name": ["al*"], field: {"status": "enable"}.get(field, ["*"])}, SOURCES[2])
    assert wanted({"puqvpn_name": "bob"}) is False
    with pytest.raises(PuqVpnError) as told:
        wanted({"puqvpn_name": "al\x1b"})
    assert str(told.value) == (rf"the panel does not show {field} of client 'al\x1b'. Remove {field} from filters.")


def test_a_filter_for_one_generation_says_nothing_about_the_other() -> None:
    old, new = _panels("old"), _panels("new", generation=2)
    for filters, panels in [
        ({}, [*old, *new]),
        ({"name": ["a"], "status": "enable"}, [*old, *new]),
        ({"wg_name": ["a"]}, old),
        ({"network_name": ["a"], "wg_name": None}, new),
        ({"network_name": [], "wg_name": ["a"]}, [*old, *new]),
        ({"network_name": ["*"], "wg_name": ["a"]}, old),
    ]:
        refuse_partial_filters(filters, panels)
    for filters, panels, words in [
        (
            {"wg_name": ["a"]},
            [*old, *new],
            "filters sets wg_name, which only 1.x panels have, but panel new is a 2.x panel. Also set network_name in "
            'filters, for example to ["*"] for all clients or to [] for none.',
        ),
        (
            {"network_name": ["a"]},
            [*new, *old],
            "which only 2.x panels have, but panel old is a 1.x panel. Also set wg_name",
        ),
        ({"network_name": ["a"]}, old, "but panel old is a 1.x panel"),
        ({"wg_name": []}, new, "filters sets wg_name"),
    ]:
        with pytest.raises(OptionError, match=re.escape(words)):
            refuse_partial_filters(filters, panels)


@pytest.mark.parametrize("options", [{"panels": ["a=b c"]}, {"panels": "a b=c"}, {"filters": "a b=c"}])
def test_a_string_in_place_of_suboptions_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match=f"{next(iter(options))}.*dict"):
        validated(NESTED_OPTIONS, options)


def test_no_panel_sets_an_option_of_a_role() -> None:
    roles = Path(__file__).resolve().parents[2] / "roles"
    assert {f"{role.name}_" for role in roles.iterdir() if role.is_dir()} == set(_RESERVED_BEGINNINGS)
