# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory as users of ansible-inventory and ansible-playbook see it."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.puqcloud.puqvpn.plugins.inventory import puqvpn
from ansible_collections.puqcloud.puqvpn.tests.playbooks.runs import (
    COLLECTION,
    Inventory,
    Listing,
    Playbook,
    Start,
    encrypted,
    environment_of,
)
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import CREDENTIAL_OPTION, GOOD_STATUS
from simulator import Simulator

CANARY = "c4nary"
HOSTILE = "{{ lookup('pipe', 'id') }}"
BOTH = "{{ puqvpn_panel }}_{{ puqvpn_name }}"
EXAMPLES = COLLECTION / "examples" / "inventory"
PANELS_EXAMPLE = COLLECTION / "examples" / "panels"


def fill(panel: Simulator, *names: str, **values: Any) -> Simulator:
    """Give a panel accounts, with addresses in the order of their names."""
    taken = len(panel.panel.accounts)
    for number, name in enumerate(names, start=taken + 10):
        panel.panel.add_account({"name": name, "wg_name": "Default", "allowed_IPs": f"10.0.0.{number}", **values})
    return panel


def write(folder: Path, name: str = "test", **options: Any) -> Path:
    """An inventory file."""
    file = folder / f"{name}.puqvpn.yml"
    file.write_text(yaml.safe_dump({"plugin": "puqcloud.puqvpn.puqvpn", **options}, sort_keys=False))
    return file


def at(panel: Simulator, **options: Any) -> dict[str, Any]:
    """The options that lead to a panel."""
    return {"url": panel.url, CREDENTIAL_OPTION[panel.generation]: panel.credential, **options}


def cached(folder: Path, **more: str) -> dict[str, str]:
    """The environment in which inventories are kept in a folder."""
    return {"ANSIBLE_INVENTORY_CACHE": "true", "ANSIBLE_INVENTORY_CACHE_CONNECTION": str(folder / "kept"), **more}


def requests_of(*panels: Simulator) -> list[int]:
    """How many requests each panel has had since it was last asked for this."""
    counts = [len(panel.requests) for panel in panels]
    for panel in panels:
        panel.reset_counters()
    return counts


# --- What is in it


def test_an_account_is_a_host_with_its_variables_and_groups(start: Start, inventory: Inventory, tmp_path: Path) -> None:
    panel = fill(start(), "alice", "bob", b_download=50, b_upload=5)
    panel.panel.add_server({"name": "branch-2", "address": "10.0.5.1/24", "listen_port": 51830})
    panel.panel.add_account(
        {"name": "carol", "username": "c_user", "wg_name": "branch-2", "allowed_IPs": "10.0.5.2", "status": "disable"}
    )
    panel.connect("wireguard", "alice", endpoint="198.51.100.7:4711")
    panel.connect("ikev2", "alice", endpoint="198.51.100.8")
    panel.connect("ikev2", "bob", endpoint="198.51.100.9")
    listing = inventory(write(tmp_path, **at(panel)))
    account = panel.panel.accounts["alice"]
    assert listing.hosts["alice"] == {
        "ansible_host": "10.0.0.10",
        "puqvpn_name": "alice",
        "puqvpn_wg_name": "Default",
        "puqvpn_status": "enable",
        "puqvpn_username": account["username"],
        "puqvpn_allowed_ips": "10.0.0.10",
        "puqvpn_public_key": account["public_key"],
        "puqvpn_b_download": 50,
        "puqvpn_b_upload": 5,
        "puqvpn_mangle": account["mangle"],
        "puqvpn_online": True,
        "puqvpn_online_protocols": ["wireguard", "ikev2"],
        "puqvpn_endpoint": "198.51.100.7:4711",
        "puqvpn_panel": "127.0.0.1",
        "puqvpn_panel_url": panel.url,
    }
    online = ("puqvpn_online", "puqvpn_online_protocols", "puqvpn_endpoint")
    assert [listing.hosts["bob"][name] for name in online] == [True, ["ikev2"], "198.51.100.9"]
    assert [listing.hosts["carol"][name] for name in online] == [False, [], None]
    assert listing.groups == {
        "puqvpn_enabled": {"alice", "bob"},
        "puqvpn_disabled": {"carol"},
        "puqvpn_online": {"alice", "bob"},
        "puqvpn_wg_Default": {"alice", "bob"},
        "puqvpn_wg_branch_2": {"carol"},
        "puqvpn_panel_127_0_0_1": {"alice", "bob", "carol"},
    }
    assert listing.stderr == ""
    assert panel.counts() == {"GET account": 1, "GET wireguard/online": 1, "GET ikev2/online": 1}
    assert panel.connections == 1


def test_clients_of_2x_panels_are_hosts_beside_accounts(start: Start, inventory: Inventory, tmp_path: Path) -> None:
    old = fill(start(), "alice", "shared")
    new = fill(start(generation=2), "bob", "shared", b_download=50, b_upload=5)
    new.panel.add_server({"name": "branch-2", "address": "10.0.5.1/24", "listen_port": 51830})
    new.panel.add_account(
        {"name": "carol", "wg_name": "branch-2", "allowed_IPs": "10.0.5.2", "status": "disable", "b_download": 7}
    )
    for protocol, port in (("openvpn", 1194), ("wireguard", 4711)):
        new.connect(protocol, "bob", endpoint=f"198.51.100.7:{port}")
    # The same clients, as other panels may write them.
    readings = {
        "map": {"clients": "map", "network_key": "nested", "address_form": "prefix", "sessions": "by_client"},
        "wrapped": {"clients": "wrapped", "network_key": "network", "status_case": "title", "sessions": "by_protocol"},
        "thin": {"clients": "thin", "network_key": "both", "sessions": "lists", "numbers": "strings"},
    }
    others = {name: start(generation=2, **options) for name, options in readings.items()}
    for panel in others.values():
        panel.reset(new.snapshot())
    without_list = start(generation=2, inferred=False)
    panels = {"old": old, "new": new, **others, "bare": without_list}
    file = write(
        tmp_path,
        panels=[at(panel, name=name) for name, panel in panels.items()],
        hostname=BOTH,
        on_unreachable="skip",
        keyed_groups=[{"key": "puqvpn_online_protocols", "prefix": "over"}],
        compose={"address": "puqvpn_ipv4 | default(puqvpn_allowed_ips)"},
    )
    listing = inventory(file, **cached(tmp_path))
    client = new.panel.accounts["bob"]
    assert listing.hosts["new_bob"] == {
        "ansible_host": "10.0.0.10",
        "address": "10.0.0.10",
        "puqvpn_name": "bob",
        "puqvpn_network_name": "Default",
        "puqvpn_status": "enable",
        "puqvpn_username": client["username"],
        "puqvpn_ipv4": "10.0.0.10",
        "puqvpn_ipv6": "",
        "puqvpn_public_key": client["public_key"],
        "puqvpn_b_download": 50,
        "puqvpn_b_upload": 5,
        "puqvpn_online": True,
        "puqvpn_online_protocols": ["wireguard", "openvpn"],
        "puqvpn_endpoint": "198.51.100.7:4711",
        "puqvpn_panel": "new",
        "puqvpn_panel_url": new.url,
    }
    for name, panel in others.items():
        for client_name in ("bob", "shared", "carol"):
            expected = {**listing.hosts[f"new_{client_name}"], "puqvpn_panel": name, "puqvpn_panel_url": panel.url}
            found = listing.hosts[f"{name}_{client_name}"]
            if name == "thin":
                # What its list does not show, no request is sent for.
                expected = {variable: value for variable, value in expected.items() if variable in found}
                assert "puqvpn_username" not in found
            assert found == expected
    assert set(listing.hosts) == {
        *("old_alice", "old_shared"),
        *(f"{name}_{client_name}" for name in ("new", *others) for client_name in ("bob", "shared", "carol")),
    }
    same = ("new", *others)
    assert listing.groups == {
        "puqvpn_enabled": {"old_alice", "old_shared", *(f"{name}_{who}" for name in same for who in ("bob", "shared"))},
        "puqvpn_disabled": {f"{name}_carol" for name in same},
        "puqvpn_online": {f"{name}_bob" for name in same},
        "over_wireguard": {f"{name}_bob" for name in same},
        "over_openvpn": {f"{name}_bob" for name in same},
        "puqvpn_wg_Default": {"old_alice", "old_shared"},
        "puqvpn_network_Default": {f"{name}_{who}" for name in same for who in ("bob", "shared")},
        "puqvpn_network_branch_2": {f"{name}_carol" for name in same},
        "puqvpn_panel_old": {"old_alice", "old_shared"},
        **{f"puqvpn_panel_{name}": {f"{name}_{who}" for who in ("bob", "shared", "carol")} for name in same},
    }
    assert f"Panel bare cannot be read: GET client on {without_list.url} failed" in listing.warnings
    assert "The panel does not list its clients, which this needs." in listing.warnings
    assert listing.warnings.count("left out of the inventory") == listing.stderr.count("[WARNING]") == 1
    for name in same:
        assert panels[name].counts() == {"GET client": 1, "GET client/online": 1}
        assert panels[name].connections == 1
    requests_of(*panels.values())

    again = inventory(file, **cached(tmp_path))
    assert (again.hosts, again.groups) == (listing.hosts, listing.groups)
    assert requests_of(*panels.values()) == [0, 0, 0, 0, 0, 1]
    kept = "".join(path.read_text() for path in (tmp_path / "kept").iterdir())
    # The search does search: what is not secret is found.
    assert client["public_key"] in kept
    for seen in (kept, listing.output, again.output, listing.log):
        for name in ("password", "private_key"):
            assert str(client[name]) not in seen


def test_words_are_words_in_the_json_of_every_release(start: Start, inventory: Inventory, tmp_path: Path) -> None:
    panel = fill(start(), "alice")
    panel.connect("wireguard", "alice", endpoint="[2001:db8::1]:4711")
    assert "__ansible_unsafe" not in inventory(write(tmp_path, **at(panel))).stdout


def test_graph_and_yaml_show_the_same(start: Start, inventory: Inventory, tmp_path: Path) -> None:
    panel = fill(start(), "alice", "bob")
    panel.panel.change_account("bob", {"status": "disable"})
    file = write(tmp_path, **at(panel, url=panel.url + "/"))
    assert inventory(file, "--graph").stdout.split() == [
        *("@all:", "|--@ungrouped:"),
        *("|--@puqvpn_enabled:", "|", "|--alice", "|--@puqvpn_disabled:", "|", "|--bob", "|--@puqvpn_online:"),
        *("|--@puqvpn_panel_127_0_0_1:", "|", "|--alice", "|", "|--bob"),
        *("|--@puqvpn_wg_Default:", "|", "|--alice", "|", "|--bob"),
    ]
    shown = yaml.safe_load(inventory(file, "--list", "--yaml").stdout)["all"]["children"]
    assert {name: set(group["hosts"]) for name, group in shown.items()} == {
        "puqvpn_enabled": {"alice"},
        "puqvpn_disabled": {"bob"},
        "puqvpn_panel_127_0_0_1": {"alice", "bob"},
        "puqvpn_wg_Default": {"alice", "bob"},
    }
    assert shown["puqvpn_enabled"]["hosts"]["alice"] == inventory(file).hosts["alice"]


def test_without_what_is_there_by_default(start: Start, inventory: Inventory, tmp_path: Path) -> None:
    panel = fill(start(), "alice")
    listing = inventory(write(tmp_path, **at(panel), default_groups=False, set_ansible_host=False))
    assert "ansible_host" not in listing.hosts["alice"]
    assert listing.groups == {"ungrouped": {"alice"}}


def test_filters(start: Start, inventory: Inventory, tmp_path: Path) -> None:
    panel = fill(start(), "alice", "alan", "bob")
    filters = {"wg_name": ["Default"], "status": "enable", "name": ["al*"]}
    panel.panel.change_account("alan", {"status": "disable"})
    listing = inventory(write(tmp_path, **at(panel), filters=filters))
    assert set(listing.hosts) == {"alice"}
    # Groups that a play may name are there all the same.
    assert "puqvpn_disabled" in listing.listed["all"]["children"]


def test_filters_of_panels_of_both_generations(start: Start, inventory: Inventory, tmp_path: Path) -> None:
    panels = [fill(start(generation=generation), f"alice{generation}", f"bob{generation}") for generation in (1, 2)]
    for panel in panels:
        panel.panel.add_server({"name": "office_1", "address": "10.0.5.1/24", "listen_port": 51830})
        carol = {"name": f"carol{panel.generation}", "wg_name": "office_1", "allowed_IPs": "10.0.5.2"}
        panel.panel.add_account(carol)
    common = {"panels": [at(panel, name=f"p{panel.generation}") for panel in panels], "set_ansible_host": False}
    filters = {"wg_name": ["Default"], "network_name": ["office_*"], "name": ["[ac]*"]}
    listing = inventory(write(tmp_path, **common, filters=filters))
    assert set(listing.hosts) == {"alice1", "carol2"}
    assert listing.stderr == ""
    requests_of(*panels)
    for given, words in [
        ({"wg_name": ["Default"]}, "filters sets wg_name, which only 1.x panels have, but panel p2 is a 2.x panel."),
        ({"network_name": []}, 'Also set wg_name in filters, for example to ["*"] for all accounts or to [] for none.'),
    ]:
        refused = inventory(write(tmp_path, **common, filters=given, on_unreachable="skip"))
        assert words in refused.warnings
        assert refused.hosts == {}
    assert requests_of(*panels) == [0, 0]


def test_constructed_variables_and_groups(start: Start, inventory: Inventory, tmp_path: Path) -> None:
    panel = fill(start(), "alice", b_download=5)
    fill(panel, "bob", b_download=50)
    constructed = {
        "compose": {"ansible_host": "puqvpn_name ~ '.example.com'", "rate": "puqvpn_b_download * 2", "no": "nothing.x"},
        "groups": {"slow": "rate | int < 20", "never": "nothing.x"},
        "keyed_groups": [{"key": "puqvpn_b_download | string", "prefix": "rate"}, {"key": "nothing.x"}],
    }
    listing = inventory(write(tmp_path, **at(panel), **constructed, default_groups=False))
    assert listing.groups == {"slow": {"alice"}, "rate_5": {"alice"}, "rate_50": {"bob"}}
    assert {name: host["ansible_host"] for name, host in listing.hosts.items()} == {
        "alice": "alice.example.com",
        "bob": "bob.example.com",
    }


def test_mistakes_in_constructed_variables_and_groups_are_told_with_strict(
    start: Start, inventory: Inventory, tmp_path: Path
) -> None:
    panel = fill(start(), "alice")
    for mistake in (
        {"compose": {"x": "nothing.x"}},
        {"groups": {"x": "nothing.x"}},
        {"keyed_groups": [{"key": "nothing.x"}]},
    ):
        told = inventory(write(tmp_path, **at(panel), **mistake, strict=True))
        assert "nothing" in told.warnings
        assert "Unable to parse" in told.warnings


# --- Several panels


def test_five_panels_with_2000_accounts_each(start: Start, inventory: Inventory, tmp_path: Path) -> None:
    panels = [start(credential=f"{CANARY}{number}" * 8) for number in range(5)]
    first = ipaddress.ip_address("10.16.0.2")
    for panel in panels:
        panel.panel.add_server({"name": "large", "address": "10.16.0.1/20", "listen_port": 51999})
        for number in range(2000):
            password = f"{CANARY}-{number}"
            address = {"wg_name": "large", "allowed_IPs": str(first + number)}
            panel.panel.add_account({"name": f"a{number}", "password": password, **address})
    names = [f"p{number}" for number in range(5)]
    file = write(tmp_path, panels=[at(panel, name=name) for name, panel in zip(names, panels)], hostname=BOTH)
    listing = inventory(file, **cached(tmp_path))
    assert set(listing.hosts) == {f"{name}_a{number}" for name in names for number in range(2000)}
    assert listing.hosts["p3_a17"]["ansible_host"] == "10.16.0.19"
    assert [len(listing.groups[f"puqvpn_panel_{name}"]) for name in names] == [2000] * 5
    assert [panel.connections for panel in panels] == [1] * 5
    assert requests_of(*panels) == [3] * 5

    again = inventory(file, **cached(tmp_path))
    assert [panel.connections for panel in panels] == [0] * 5
    assert requests_of(*panels) == [0] * 5
    assert again.hosts == listing.hosts
    assert again.groups == listing.groups

    kept = "".join(path.read_text() for path in (tmp_path / "kept").iterdir())
    accounts = [account for panel in panels for account in panel.panel.accounts.values()]
    # The search does search: what is not secret is found.
    assert all(account["public_key"] in kept for account in accounts[::500])
    private = {account["private_key"] for account in accounts}
    for seen in (kept, listing.output, listing.log):
        assert CANARY not in seen
        assert private.isdisjoint(re.findall("[A-Za-z0-9+/]{43}=", seen))


def test_accounts_of_the_same_name_never_become_one_host(start: Start, inventory: Inventory, tmp_path: Path) -> None:
    names = [f"a{number}" for number in range(7)]
    paris, rome = fill(start(), "paris_only", *names), fill(start(), *names, "rome_only")
    panels = [at(paris, name="paris"), at(rome, name="rome")]
    told = inventory(write(tmp_path, panels=panels))
    assert "7 in total: a0 (in paris and rome), a1 (in paris and rome)" in told.warnings
    assert "a4 (in paris and rome) and more" in told.warnings
    assert f'Set hostname to a template that distinguishes them, for example "{BOTH}".' in told.warnings
    assert told.hosts == {}
    resolved = inventory(write(tmp_path, panels=panels, hostname=BOTH))
    assert set(resolved.hosts) == {f"{panel}_{name}" for panel in ("paris", "rome") for name in names} | {
        "paris_paris_only",
        "rome_rome_only",
    }
    assert resolved.hosts["paris_a0"]["ansible_host"] != resolved.hosts["rome_a0"]["ansible_host"]
    assert resolved.stderr == ""


def test_an_account_with_the_name_of_something_else_is_told(start: Start, inventory: Inventory, tmp_path: Path) -> None:
    # Ansible would give the variables of the host to the group, and take the client of a VPN for the controller.
    names = ("all", "localhost", "127.1", "puqvpn_online", "puqvpn_wg_Default")
    panel = fill(start(), "alice", *names)
    told = inventory(write(tmp_path, **at(panel)))
    groups = "puqvpn_online (a group), puqvpn_wg_Default (a group)."
    assert f"5 in total: 127.1 (the controller), all (a group), localhost (the controller), {groups}" in told.warnings
    assert told.hosts == {}
    resolved = inventory(write(tmp_path, **at(panel), hostname="vpn-{{ puqvpn_name }}"))
    assert set(resolved.hosts) == {"vpn-alice", *(f"vpn-{name}" for name in names)}


def told_of(inventory: Inventory, folder: Path, cases: list[tuple[dict[str, Any], str]]) -> None:
    """Read an inventory for each case at once; none of them may have hosts, and each must be told in these words."""
    files = [write(folder, f"case{number}", **options) for number, (options, _words) in enumerate(cases)]
    told = inventory(files[0], "--list", *(part for file in files[1:] for part in ("-i", str(file))))
    # All that is told of a file stands together, and the warnings begin with its name.
    parts = re.split(r"(?=\[WARNING\])", told.warnings)
    for file, (options, words) in zip(files, cases):
        assert any(file.stem in part.replace(" ", "") and words in part for part in parts), (options, told.stderr)
    assert told.hosts == {}


def test_a_hostname_that_is_no_good_is_told(start: Start, inventory: Inventory, tmp_path: Path) -> None:
    panel = fill(start(), "alice", "bob")
    cases = [
        ("puqvpn_name", "hostname is puqvpn_name, which is the same for every host"),
        ("{{ puqvpn_wg_name }}", "1 in total: Default (in 127.0.0.1 and 127.0.0.1)"),
        ("{{ puqvpn_nonsense }}", "hostname cannot be evaluated"),
        ("{{ puqvpn_name", "hostname cannot be evaluated"),
        ("{{ 1 // puqvpn_b_download }}", "hostname cannot be evaluated"),
        (
            "{{ '' if puqvpn_name == 'bob' else puqvpn_name }}",
            "The host name of account 'bob' is '', which is not a host",
        ),
        ("{{ puqvpn_name }}\u0007x", r"The host name of account 'alice' is 'alice\x07x', which is not a host name"),
        ("{{ puqvpn_name }}/{{ puqvpn_wg_name }}", "'alice/Default', which is not a host name"),
    ]
    told_of(inventory, tmp_path, [({**at(panel), "hostname": hostname}, words) for hostname, words in cases])


def test_a_hostname_may_be_any_template(start: Start, inventory: Inventory, tmp_path: Path) -> None:
    panel = fill(start(), "Alice", "Bob")
    hostname = (
        "{% if puqvpn_b_download > 5 %}fast-{% endif %}{{ puqvpn_name | lower }}{{ puqvpn_no | default('.') }}{{ x }}"
    )
    panel.panel.change_account("Bob", {"b_download": 50})
    assert set(inventory(write(tmp_path, **at(panel), hostname=hostname), "--list", "-e", "x=com").hosts) == {
        "alice.com",
        "fast-bob.com",
    }
    numbers = inventory(write(tmp_path, **at(panel), hostname="{{ puqvpn_mangle }}"))
    assert set(numbers.hosts) == {str(one["mangle"]) for one in panel.panel.accounts.values()}


def test_one_panel_is_down(start: Start, inventory: Inventory, tmp_path: Path) -> None:
    down = start()
    panels = [at(fill(start(), "alice"), name="paris"), at(down, name="rome"), at(fill(start(), "bob"), name="oslo")]
    down.stop()
    common = {"panels": panels, "retries": 0}
    failed = inventory(write(tmp_path, **common))
    assert f"Panel rome cannot be read: GET account on {down.url} failed: nothing listens" in failed.warnings
    assert failed.hosts == {}
    skipped = inventory(write(tmp_path, **common, on_unreachable="skip"), **cached(tmp_path))
    assert f"Panel rome cannot be read: GET account on {down.url} failed: nothing listens" in skipped.warnings
    assert "Its hosts are left out of the inventory" in skipped.warnings
    assert set(skipped.hosts) == {"alice", "bob"}
    assert "puqvpn_panel_rome" in skipped.listed["all"]["children"]


def test_a_panel_that_was_down_is_asked_again_and_no_other(start: Start, inventory: Inventory, tmp_path: Path) -> None:
    paris, rome = fill(start(), "alice"), fill(start(), "bob")
    rome.fault("status", code=503)
    panels = [at(paris, name="paris"), at(rome, name="rome")]
    file = write(tmp_path, panels=panels, on_unreachable="skip", retries=0)
    assert set(inventory(file, **cached(tmp_path)).hosts) == {"alice"}
    requests_of(paris, rome)
    assert set(inventory(file, **cached(tmp_path)).hosts) == {"alice", "bob"}
    assert requests_of(paris, rome) == [0, 3]


def test_what_a_panel_says_at_its_own_options_goes_before_the_defaults(
    start: Start, inventory: Inventory, tmp_path: Path
) -> None:
    paris, rome = fill(start(), "alice"), fill(start(tls=True, credential=f"{CANARY}-rome"), "bob")
    panels = [
        {"name": "paris", "url": paris.url, "token": None},
        {"name": "rome", "url": rome.url, "access_hash": rome.credential, "ca_path": rome.ca_path},
    ]
    for options, environment in [
        ({"access_hash": paris.credential}, {}),
        ({}, {"PUQVPN_ACCESS_HASH": paris.credential}),
        ({}, {**environment_of(paris), "PUQVPN_TIMEOUT": "20"}),
    ]:
        listing = inventory(write(tmp_path, panels=panels, **options), **environment)
        assert set(listing.hosts) == {"alice", "bob"}, listing.stderr


def test_a_list_of_sessions_that_a_panel_does_not_have_is_told(
    start: Start, inventory: Inventory, tmp_path: Path
) -> None:
    panel = fill(start(), "alice")
    for protocol in ("wireguard", "ikev2"):
        panel.connect(protocol, "alice")
    for protocol, title, fault in (
        ("ikev2", "IKEv2", {"kind": "error", "text": "Strongswan not installed\x1b[2J\u202e"}),
        ("ikev2", "IKEv2", {"kind": "login_page"}),
        ("wireguard", "WireGuard", {"kind": "status", "code": 404}),
    ):
        panel.fault(**fault, path=f"{protocol}/online")
        listing = inventory(write(tmp_path, **at(panel)))
        assert f"GET {protocol}/online on {panel.url} failed" in listing.warnings
        assert f"No account of this panel is reported as online over {title}." in listing.warnings
        assert "\x1b" not in listing.stderr
        (other,) = {"wireguard", "ikev2"} - {protocol}
        assert listing.hosts["alice"]["puqvpn_online_protocols"] == [other]
    # What may pass is no reason to call everybody offline.
    panel.fault("status", code=503, path="ikev2/online", times=None)
    assert inventory(write(tmp_path, **at(panel), retries=0)).hosts == {}


# --- Panels from a group


def write_fleet(folder: Path, name: str = "hosts", **fleet: Any) -> Path:
    """An inventory source with the panels of a fleet."""
    file = folder / f"{name}.yml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump(fleet, sort_keys=False))
    return file


def credential_of(panel: Simulator) -> dict[str, str]:
    """The variable with the credential of a panel."""
    return {f"puqvpn_{CREDENTIAL_OPTION[panel.generation]}": panel.credential}


def test_a_fleet_is_written_once(start: Start, inventory: Inventory, tmp_path: Path) -> None:
    # Variables of hosts and groups, in sources and beside them, plain, as templates, and encrypted.
    paris, rome, oslo, bern = (
        fill(start(generation=generation, tls=generation == 2, credential=f"{CANARY}-{number}"), f"alice{number}")
        for number, generation in enumerate((1, 1, 2, 1))
    )
    password = tmp_path / "password"
    password.write_text("secret")
    hosts = write_fleet(
        tmp_path / "fleet",
        all={"vars": {"puqvpn_ca_path": str(oslo.ca_path)}},
        panels={
            "children": {
                "old": {
                    "hosts": {
                        "paris": {"puqvpn_url": f"{paris.url}/api/v1", "puqvpn_retries": 0},
                        "rome": {"panel_port": rome.url.rpartition(":")[2]},
                        "bern": {"puqvpn_url": bern.url},
                    },
                    "vars": {"puqvpn_access_hash": "{{ vault_hashes[inventory_hostname] }}"},
                },
                "new": {"hosts": {"oslo": {"puqvpn_url": oslo.url}}, "vars": {"puqvpn_access_hash": None}},
            },
            "vars": {
                "puqvpn_url": "{{ base }}:{{ panel_port }}",
                "base": "http://127.0.0.1",
                "puqvpn_access_hash": "of nobody",
                "puqvpn_retries": "many",
            },
        },
    )
    beside = hosts.parent / "group_vars"
    for folder, name, text in [
        (beside, "new", f"puqvpn_token: {encrypted(oslo.credential, password)}"),
        (beside, "old", yaml.safe_dump({"vault_hashes": {"paris": paris.credential, "rome": rome.credential}})),
        (beside, "all", "puqvpn_retries: many"),
        (beside, "panels", "puqvpn_retries: 0"),
        (tmp_path / "host_vars", "bern", f"puqvpn_access_hash: {bern.credential}"),
    ]:
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.yml").write_text(text)
    accounts = write(tmp_path, panels_from="panels", timeout="{{ 20 }}")
    arguments = ("-i", str(accounts), "--vault-password-file", str(password))
    for _cached in range(2):
        listing = inventory(hosts, *arguments, "--list", **cached(tmp_path))
        assert "[WARNING]" not in listing.stderr
        assert {name: host["puqvpn_panel"] for name, host in listing.hosts.items() if "puqvpn_panel" in host} == {
            "alice0": "paris",
            "alice1": "rome",
            "alice2": "oslo",
            "alice3": "bern",
        }
        assert listing.groups["puqvpn_panel_oslo"] == {"alice2"}
        assert listing.hosts["alice0"]["puqvpn_panel_url"] == paris.url
        own = {name.removeprefix("puqvpn_") for name in listing.hosts["alice0"]}
        assert own.isdisjoint({"url", "access_hash", "token"})
    assert requests_of(paris, rome, oslo, bern) == [3, 3, 2, 3]
    # In a list, Ansible itself shows the variables of the panels.
    graph = inventory(hosts, *arguments, "--graph", "-vvvv")
    assert "alice3" in graph.output
    for seen in (graph.output, graph.log, *(path.read_text() for path in (tmp_path / "kept").iterdir())):
        assert CANARY not in seen
    # An extra variable goes before any other one.
    down = inventory(hosts, *arguments, "--graph", "-e", "puqvpn_url=http://127.0.0.1:1")
    assert "Panel bern cannot be read: GET account on http://127.0.0.1:1 failed" in down.warnings


def test_the_variables_of_a_host_replace_the_options_beside(start: Start, inventory: Inventory, tmp_path: Path) -> None:
    paris, oslo = fill(start(), "alice"), fill(start(generation=2), "bob")
    hosts = write_fleet(
        tmp_path,
        panels={
            "hosts": {"paris": {"puqvpn_url": paris.url}, "oslo": {"puqvpn_url": oslo.url, **credential_of(oslo)}},
        },
    )
    file = write(tmp_path, panels_from="{{ 'panels' }}", access_hash=paris.credential)
    # The URL of another panel in the environment is not that of a host.
    listing = inventory(hosts, "-i", str(file), "--list", PUQVPN_URL="http://127.0.0.1:1")
    assert {host["puqvpn_panel"] for host in listing.hosts.values() if "puqvpn_panel" in host} == {"paris", "oslo"}


def test_a_group_that_does_not_describe_panels_is_told(start: Start, inventory: Inventory, tmp_path: Path) -> None:
    panel = start()
    good = {"puqvpn_url": panel.url, **credential_of(panel)}
    hosts = {
        "no_url": {"puqvpn_access_hash": CANARY},
        "no_credential": {"puqvpn_url": panel.url},
        "both": {**good, "puqvpn_token": CANARY},
        "undefined": {**good, "puqvpn_url": "https://{{ nowhere }}"},
        "undefined_hash": {**good, "puqvpn_access_hash": "{{ vault_hashes['x'] }}"},
        "many": {**good, "puqvpn_retries": "many"},
        "nowhere": {**good, "puqvpn_url": "nowhere"},
        "hash_dict": {**good, "puqvpn_access_hash": {"x": CANARY}},
    }
    fleet = write_fleet(
        tmp_path,
        fleet={"hosts": {"good": good}},
        empty={"children": {"empty_too": None}},
        **{f"of_{name}": {"hosts": {"good": {}, name: variables}} for name, variables in hosts.items()},
    )
    cases = [
        ({"panels_from": "later"}, "panels_from is later, but this group does not exist when this file is read. Read"),
        ({"panels_from": "empty"}, "panels_from is empty, but this group has no hosts when this file is read. Read"),
        ({"panels_from": "fleet", "panels": []}, "panels and panels_from are both set"),
        ({"panels_from": "fleet", "url": panel.url}, "url and panels_from are both set"),
        ({"panels_from": "of_no_url"}, "panels_from, no_url: puqvpn_url is not set. Set it for the host or one of its"),
        ({"panels_from": "of_no_credential"}, "panels_from, no_credential: No credential is set"),
        ({"panels_from": "of_both"}, "panels_from, both: puqvpn_access_hash and puqvpn_token are both set"),
        (
            {"panels_from": "of_undefined"},
            "puqvpn_url of host undefined cannot be evaluated: 'nowhere' is undefined",
        ),
        (
            {"panels_from": "of_undefined_hash"},
            "puqvpn_access_hash of host undefined_hash cannot be evaluated: 'vault_hashes' is",
        ),
        ({"panels_from": "of_many"}, "panels_from, many: argument 'retries' is of type"),
        ({"panels_from": "of_nowhere"}, "panels_from, nowhere: url is not the http or https URL of a panel"),
        (
            {"panels_from": "of_hash_dict"},
            "panels_from, hash_dict: access_hash contains a character that no credential has",
        ),
    ]
    files = [write(tmp_path, f"case{number}", **options) for number, (options, _words) in enumerate(cases)]
    listing = inventory(fleet, "--list", *(part for file in files for part in ("-i", str(file))))
    parts = re.split(r"(?=\[WARNING\])", listing.warnings)
    for file, (options, words) in zip(files, cases):
        assert any(file.stem in part.replace(" ", "") and words in part for part in parts), (options, listing.stderr)
    assert CANARY not in listing.stderr
    assert panel.connections == 0
    assert set(listing.hosts) == {"good", *hosts}


def test_an_account_never_becomes_the_host_of_a_panel(start: Start, inventory: Inventory, tmp_path: Path) -> None:
    panel = fill(start(), "alice", "paris")
    hosts = write_fleet(
        tmp_path, panels={"hosts": {"paris": None}, "vars": {"puqvpn_url": panel.url, **credential_of(panel)}}
    )
    listing = inventory(hosts, "-i", str(write(tmp_path, panels_from="panels")), "--list")
    assert "1 in total: paris (a panel)." in listing.warnings
    assert "ansible_host" not in listing.hosts["paris"]


# --- Panels as hosts


def show(panel: Simulator, **values: Any) -> None:
    """Make a panel answer with a status in which these values differ."""
    panel.fault("wrong_type", path="system/status", times=None, msg={**GOOD_STATUS, **values})


def test_panels_are_hosts_with_their_status(start: Start, inventory: Inventory, tmp_path: Path) -> None:
    names = {"paris": 1, "oslo": 2, "rome": 1, "bern": 2, "kiev": 1, "down": 1, "odd": 2}
    panels = {name: fill(start(generation=generation), "alice") for name, generation in names.items()}
    show(panels["rome"], status=f"Loading {HOSTILE}", version=HOSTILE, count_accounts=5)
    show(panels["bern"], license_valid=False)
    show(panels["kiev"], license="2999-01-01T00:00:00Z", access_hash=CANARY, password=CANARY)
    panels["down"].fault("drop_before", times=None)
    panels["odd"].fault("error", path="system/status", text="No such thing", times=None)
    options = {
        "hosts": "panels",
        "panels": [at(panel, name=name) for name, panel in panels.items()],
        "retries": 0,
        "compose": {"spare": "(puqvpn_accounts_free or 0) > 0", "whole": "puqvpn_state ~ '!'"},
        "keyed_groups": [{"key": "puqvpn_version | default('unknown', true)", "prefix": "release"}],
        "strict": True,
    }
    file = write(tmp_path, **options, on_unreachable="skip")
    for reads in (1, 0):
        listing = inventory(file, **cached(tmp_path))
        # What cannot be read is read again, and nothing else is ever read.
        for name, panel in panels.items():
            again = 1 if name in ("down", "odd") else reads
            assert panel.counts() == ({"GET system/status": again} if again else {}), name
            panel.reset_counters()
        assert set(listing.hosts) == set(names)
        assert {name: hosts for name, hosts in listing.groups.items() if not name.startswith("release")} == {
            "puqvpn_panels": set(names),
            "puqvpn_generation_1": {"paris", "rome", "kiev", "down"},
            "puqvpn_generation_2": {"oslo", "bern", "odd"},
            "puqvpn_not_ready": {"rome"},
            "puqvpn_slots_low": {"rome"},
            "puqvpn_license_ending": {"bern"},
            "puqvpn_unreachable": {"down"},
            "puqvpn_unreadable": {"odd"},
        }
        assert {"bern", "kiev"} <= listing.groups["release_1_8"]
        assert listing.groups["release_unknown"] == {"down", "odd"}
        rome, down = listing.hosts["rome"], listing.hosts["down"]
        assert (rome["puqvpn_version"], rome["puqvpn_state"]) == (HOSTILE, f"Loading {HOSTILE}")
        assert rome["whole"] == f"Loading {HOSTILE}!"
        assert rome["puqvpn_violations"][0] == f"it is not ready, its state is Loading {HOSTILE}"
        assert [name for name, host in listing.hosts.items() if host["spare"]] == ["bern", "kiev", "oslo", "paris"]
        assert (down["puqvpn_reachable"], down["puqvpn_healthy"], down["puqvpn_url"]) == (
            *(False, False),
            panels["down"].url,
        )
        assert not [name for name in down if name.startswith("ansible_")]
        assert f"Panel down cannot be read: GET system/status on {panels['down'].url} failed" in listing.warnings
        assert "It is in the group puqvpn_unreachable." in listing.warnings
        assert "It is in the group puqvpn_unreadable." in listing.warnings
        assert listing.stderr.count("[WARNING]") == 2
    kept = "".join(path.read_text() for path in (tmp_path / "kept").iterdir())
    assert "Loading" in kept
    for seen in (kept, listing.output, listing.log):
        assert CANARY not in seen
        assert not any(panel.credential in seen for panel in panels.values())
    # What is required is no part of what is kept.
    stricter = inventory(write(tmp_path, **options, on_unreachable="skip", min_free_accounts=3), **cached(tmp_path))
    assert stricter.groups["puqvpn_slots_low"] == {"rome", "bern", "kiev"}
    # By default, a panel that cannot be read fails the inventory.
    failed = inventory(write(tmp_path, **options), **cached(tmp_path))
    assert failed.hosts == {}
    assert f"Panel down cannot be read: GET system/status on {panels['down'].url} failed" in failed.warnings


def test_a_play_over_the_panels_of_a_group(
    start: Start, inventory: Inventory, playbook: Playbook, tmp_path: Path
) -> None:
    paris, oslo, down = (start(generation=generation) for generation in (1, 2, 1))
    down.stop()
    variables = {
        name: {"puqvpn_url": panel.url, **credential_of(panel)}
        for name, panel in {"paris": paris, "oslo": oslo, "down": down}.items()
    }
    hosts = write_fleet(tmp_path, panels={"hosts": variables})
    options = {"panels_from": "panels", "hosts": "panels", "retries": 0, "on_unreachable": "skip"}
    file = write(tmp_path, **options, default_groups=True)
    listing = inventory(hosts, "-i", str(file), "--list")
    for name, own in variables.items():
        assert {variable: listing.hosts[name][variable] for variable in own} == own
    assert listing.groups["panels"] == listing.groups["puqvpn_panels"] == set(variables)
    requests_of(paris, oslo)
    play = {
        "name": "Test",
        "hosts": "puqvpn_panels:!puqvpn_unreachable",
        "connection": "local",
        "gather_facts": False,
        "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"},
        "module_defaults": {
            "group/puqcloud.puqvpn.all": {
                "url": "{{ puqvpn_url }}",
                "access_hash": "{{ puqvpn_access_hash | default(omit) }}",
                "token": "{{ puqvpn_token | default(omit) }}",
            }
        },
        "tasks": [
            {"name": "read", "puqcloud.puqvpn.puqvpn_status": {}, "register": "found"},
            {
                "name": "same",
                "ansible.builtin.assert": {"that": "found.status.version == puqvpn_version"},
            },
        ],
    }
    (tmp_path / "play.yml").write_text(yaml.safe_dump([play]))
    run = playbook(tmp_path / "play.yml", "-i", str(hosts), "-i", str(file))
    assert run.code == 0, run.output
    assert len([entry for entry in run.results if entry["task"] == "same"]) == 2
    assert requests_of(paris, oslo) == [2, 2]
    without = inventory(hosts, "-i", str(write(tmp_path, **options, default_groups=False)), "--list")
    assert without.groups == {"panels": set(variables)}


def test_a_panel_and_something_else_never_become_one_host(start: Start, inventory: Inventory, tmp_path: Path) -> None:
    panel = fill(start(), "alice", "paris")
    as_panels = {"hosts": "panels", **at(panel)}
    panels_file = write(tmp_path, "1", hosts="panels", panels=[at(panel, name="paris")])
    accounts_file = write(tmp_path, "2", **at(panel))
    told = inventory(panels_file, "-i", str(accounts_file), "--list")
    assert "paris (a host of another inventory source)" in told.warnings
    assert set(told.hosts) == {"paris"}
    told = inventory(accounts_file, "-i", str(panels_file), "--list")
    assert "The panel paris cannot be a host of this name, which an account has." in told.warnings
    assert "puqvpn_version" not in told.hosts["paris"]
    requests_of(panel)
    cases: list[tuple[dict[str, Any], str]] = [
        (as_panels, "The panel 127.0.0.1 cannot be a host of this name, which is that of the controller. Set another"),
        *(
            ({"hosts": "panels", "groups": {"mine": "true"}, "panels": [at(panel, name=name)]}, words)
            for name, words in [
                ("all", "The panel all cannot be a host of this name, which a group has"),
                ("puqvpn_not_ready", "which a group has"),
                ("mine", "which a group has"),
                ("a b", "The panel a b cannot be a host of this name, which is not a host name: letters"),
            ]
        ),
        *(
            ({**as_panels, **option}, f"{next(iter(option))} only has a meaning with hosts: accounts. Remove it.")
            for option in ({"filters": {"name": ["*"]}}, {"hostname": "{{ x }}"}, {"set_ansible_host": False})
        ),
        *(
            ({**at(panel), option: 5}, f"{option} only has a meaning with hosts: panels. Remove it.")
            for option in ("min_license_days", "min_free_accounts")
        ),
        ({**as_panels, "min_license_days": "many"}, "min_license_days"),
        ({**as_panels, "hosts": "panel"}, "hosts"),
        ({"panels_from": "nowhere", "hosts": "panels"}, "this group does not exist when this file is read"),
    ]
    told_of(inventory, tmp_path, cases)
    assert requests_of(panel) == [0]


# --- Options


def test_options_can_be_templates(start: Start, inventory: Inventory, tmp_path: Path) -> None:
    panel = fill(start(tls=True), "alice", "bob")
    options = {
        "url": "{{ lookup('ansible.builtin.env', 'WHERE') }}",
        "access_hash": "{{ my_hash }}",
        "validate_certs": "{{ lookup('ansible.builtin.env', 'CHECK') == 'yes' }}",
        "ca_path": "{{ lookup('ansible.builtin.env', 'AUTHORITY') }}",
        "timeout": "{{ 10 + 10 }}",
        "retries": "{{ '1' }}",
    }
    environment = {"WHERE": panel.url, "CHECK": "yes", "AUTHORITY": str(panel.ca_path)}
    arguments = ("--list", "-e", f"my_hash={panel.credential}")
    one = write(tmp_path, **options, filters={"name": ["{{ 'al' ~ '*' }}"]})
    assert set(inventory(one, *arguments, **environment).hosts) == {"alice"}
    several = write(tmp_path, panels=[{"name": "{{ 'par' ~ 'is' }}", **options}], on_unreachable="{{ 'skip' }}")
    listing = inventory(several, *arguments, **environment)
    assert {host["puqvpn_panel"] for host in listing.hosts.values()} == {"paris"}
    # The options are what they say: the certificate is checked, or not.
    wrong = inventory(several, *arguments, **{**environment, "AUTHORITY": str(COLLECTION / "COPYING")})
    assert "contains no certificate" in wrong.warnings
    assert set(inventory(several, *arguments, **{**environment, "CHECK": "no"}).hosts) == {"alice", "bob"}


def test_a_credential_can_be_encrypted(start: Start, inventory: Inventory, tmp_path: Path) -> None:
    panel = fill(start(credential=f"{CANARY}-hash"), "alice")
    password = tmp_path / "password"
    password.write_text("secret")
    credential = encrypted(panel.credential, password)
    file = tmp_path / "test.puqvpn.yaml"
    head = "plugin: puqcloud.puqvpn.puqvpn\n"
    indented = credential.replace("\n", "\n    ")
    for text in (
        f"{head}url: {panel.url}\naccess_hash: {credential}",
        f"{head}panels:\n  - url: {panel.url}\n    access_hash: {indented}",
    ):
        file.write_text(text)
        listing = inventory(file, "--list", "-vvvv", "--vault-password-file", str(password))
        assert set(listing.hosts) == {"alice"}, listing.stderr
        assert CANARY not in listing.output + listing.log


def test_a_wrong_option_is_told_in_a_sentence_before_anything_is_sent(
    start: Start, inventory: Inventory, tmp_path: Path
) -> None:
    panel = start()
    cases: list[tuple[dict[str, Any], str]] = [
        ({"url": None}, "url is missing: set it as an option"),
        ({"access_hash": None}, "No credential is set"),
        ({"url": "vpn.example.com"}, "url is not the http or https URL of a panel"),
        ({"token": "t"}, "access_hash and token are both set"),
        ({"ca_path": "/nowhere.pem"}, "ca_path /nowhere.pem cannot be read"),
        ({"timeout": -1}, "timeout is -1"),
        ({"validate_certs": "ture"}, "validate_certs"),
        ({"timeout": "{{ nothing }}"}, "timeout cannot be evaluated"),
        ({"on_unreachable": "ignore"}, "on_unreachable"),
        ({"panels": [{"colour": "red"}]}, "panels.colour"),
        ({"panels": [{"url": "http://192.0.2.1", "retries": "many"}]}, "'retries'"),
        ({"panels": ["paris"]}, "panels"),
        ({"panels": "paris"}, "panels"),
        ({"panels": [{"name": "paris", "url": "nowhere"}]}, "panels, paris: url is not the http or https URL"),
        ({"panels": [{"access_hash": "a", "token": "t"}]}, "access_hash and token are both set"),
        ({"panels": [{}, {"url": "http://127.0.0.1:1"}]}, "Two panels have the name 127.0.0.1"),
        ({"panels": [{"name": "p-a"}, {"name": "p_a"}]}, "The panels p-a and p_a would share the group"),
        ({"panels": [{"name": "a\u2028b"}]}, "panels, a b: name contains a line break or another control character"),
        ({"hostnam": "{{ puqvpn_name }}"}, 'unknown option "hostnam" (did you mean "hostname"?). Valid options: acc'),
        ({"validate_cert": False}, 'unknown option "validate_cert" (did you mean "validate_certs"?)'),
        ({"keyed_group": []}, 'unknown option "keyed_group" (did you mean "keyed_groups"?)'),
        ({"colour": "{{ nothing }}"}, 'unknown option "colour". Valid options'),
        ({"filters": {"server": "x"}}, "filters.server"),
        ({"filters": {"status": "on"}}, "value of status must be one of: enable, disable, got: on"),
        ({"filters": ["x"]}, "filters"),
    ]
    given = [
        ({name: value for name, value in {**at(panel), **options}.items() if value is not None}, words)
        for options, words in cases
    ]
    told_of(inventory, tmp_path, given)
    assert panel.connections == 0


def test_only_files_with_the_right_ending_are_taken(start: Start, inventory: Inventory, tmp_path: Path) -> None:
    panel = fill(start(), "alice")
    for name, hosts in [("puqvpn.yml", {"alice"}), ("my_puqvpn.yaml", {"alice"}), ("vpn.yml", set())]:
        file = write(tmp_path, **at(panel)).rename(tmp_path / name)
        assert set(inventory(file).hosts) == hosts
    assert requests_of(panel) == [6]


# --- Texts


def test_a_text_of_a_panel_is_never_a_template(
    start: Start, inventory: Inventory, playbook: Playbook, tmp_path: Path
) -> None:
    panel = fill(start(unknown_fields=True), "alice")
    panel.panel.add_server({"name": HOSTILE, "address": "10.0.5.1/24", "listen_port": 51830})
    hostile = {"name": HOSTILE, "username": f"u{HOSTILE}", "wg_name": HOSTILE, "allowed_IPs": "10.0.5.2"}
    panel.panel.add_account(hostile)
    panel.connect("wireguard", HOSTILE, endpoint=HOSTILE)
    options = {
        **at(panel),
        "hostname": "host-{{ puqvpn_mangle }}",
        # It would be refused as a group, see below.
        "default_groups": False,
        "compose": {
            "ansible_connection": "'local'",
            "again": "puqvpn_name",
            "both": "puqvpn_username ~ puqvpn_wg_name",
        },
        "groups": {"named": "puqvpn_username == again"},
        "keyed_groups": [{"key": "puqvpn_username", "prefix": "user"}],
        "strict": True,
    }
    file = write(tmp_path, **options)
    alice, name = (f"host-{panel.panel.accounts[account]['mangle']}" for account in ("alice", HOSTILE))
    expected = {
        "inventory_hostname": name,
        "puqvpn_name": HOSTILE,
        "puqvpn_username": f"u{HOSTILE}",
        "puqvpn_wg_name": HOSTILE,
        "puqvpn_endpoint": HOSTILE,
        "again": HOSTILE,
        "both": f"u{HOSTILE}{HOSTILE}",
    }
    for environment in (cached(tmp_path), cached(tmp_path)):
        listing = inventory(file, **environment)
        assert set(listing.hosts) == {alice, name}, listing.stderr
        host = {**listing.hosts[name], "inventory_hostname": name}
        assert {variable: host[variable] for variable in expected} == expected
        # Ansible's own words for the safe names of groups.
        assert all(group.replace("_", "").isalnum() for group in listing.groups)
        shown = {variable: f"{{{{ {variable} }}}}" for variable in expected}
        message = {"msg": {**shown, "hosts": "{{ groups.all }}", "mine": "{{ hostvars[inventory_hostname].again }}"}}
        play = {"name": "Show", "hosts": "all", "gather_facts": False, "tasks": [{"ansible.builtin.debug": message}]}
        (tmp_path / "play.yml").write_text(yaml.safe_dump([play]))
        run = playbook(tmp_path / "play.yml", "-i", str(file), **environment)
        assert run.code == 0, run.output
        told = next(one["result"]["msg"] for one in run.results if one["result"]["msg"]["puqvpn_name"] == HOSTILE)
        assert told == {**expected, "hosts": [alice, name], "mine": HOSTILE}
        assert "uid=" not in listing.output + run.output
    assert "uid=" not in inventory(file, "--graph").output
    # As a name or a group it is refused, and is no template in the error either.
    named = {**at(panel), "hostname": "{{ puqvpn_name }}"}
    told_of(
        inventory,
        tmp_path,
        [
            (named, f'The host name of account "{HOSTILE}" is "{HOSTILE}", which is not a host name'),
            (
                named,
                f'The WireGuard server of account "{HOSTILE}" is "{HOSTILE}", which cannot be part of a group name',
            ),
            (at(panel), f'The host name of account "{HOSTILE}" is "{HOSTILE}", which is not a host name'),
        ],
    )


# --- Hostile panels

# What a client of a VPN may look like on a panel that wants more than that.
HOSTILE_ACCOUNTS: list[list[dict[str, Any]]] = [
    *([{"allowed_IPs": address}] for address in ("-oProxyCommand=touch pwned", "x.example.com", "127.0.0.1", "", True)),
    *([{"name": name}] for name in ("-oProxyCommand=touch pwned", "../victim", "a\u2028b", "\x1b[2J\u202e", "x" * 300)),
    *([{"name": name}] for name in ("all", "localhost", "puqvpn_online", "slow", "from_a_user", ["x"], True, "")),
    *([{"wg_name": server}] for server in ("a/b", "../x", "a\x1fb", ["x"], {"x": 1})),
    [{}, {}],
    [{"wg_name": "office-1"}, {"name": "second", "wg_name": "office_1"}],
    # Where users compose: a group for each user, an address, and a value that is only there at times.
    *([{"username": group}] for group in ("all", "ungrouped", "localhost", "puqvpn_disabled", "good", "parent", "")),
    [{"username": True}],
    [{"b_upload": "-oProxyCommand=touch pwned"}],
    [{"b_download": ["x"]}],
]


# And what a client of a 2.x panel may look like.
HOSTILE_CLIENTS: list[list[dict[str, Any]]] = [
    *([{"ipv4": address}] for address in ("-oProxyCommand=touch pwned", "127.0.0.1/24", None, {"ip": "10.0.0.66"})),
    *([{"name": name}] for name in ("-oProxyCommand=touch pwned", None)),
    *([{"network_name": network}] for network in ("a/b", {"name": "../x"}, {"id": 1}, ["x"])),
    [{"network_name": "office-1"}, {"name": "third", "network_name": {"name": "office_1"}}],
    [{"b_upload": "-oProxyCommand=touch pwned"}],
]


def hostile(start: Start, *accounts: dict[str, Any], generation: int = 1) -> Simulator:
    """A panel that answers with these accounts or clients, whatever they hold."""
    panel = start(generation=generation)
    path, address, parent = {1: ("account", "allowed_IPs", "wg_name"), 2: ("client", "ipv4", "network_name")}[
        generation
    ]
    common = {parent: "Default", "status": "enable", address: "10.0.0.66", "b_download": 100, "b_upload": 100}
    full = [{"name": "eve", "username": "eve", **common, **account} for account in accounts]
    panel.fault("wrong_type", path=path, msg=full, times=None)
    return panel


def composed() -> dict[str, Any]:
    """What users compose, with less care than the documentation tells them to have."""
    return {
        "compose": {"ansible_ssh_host": "puqvpn_b_upload | string", "rate": "puqvpn_b_download // 1"},
        "groups": {"slow": "puqvpn_b_download < 10"},
        "keyed_groups": [
            {"key": "puqvpn_username", "prefix": "", "separator": "", "parent_group": "parent"},
            {"key": "puqvpn_status", "prefix": "from_a"},
        ],
        "strict": True,
    }


def test_a_hostile_panel_is_left_out_and_no_other(start: Start, inventory: Inventory, tmp_path: Path) -> None:
    good = hostile(start, {"name": "good", "username": "someone"}, {"name": "good2", "username": "someone"})
    lies = [(1, accounts) for accounts in HOSTILE_ACCOUNTS] + [(2, clients) for clients in HOSTILE_CLIENTS]
    panels = [
        at(
            hostile(start, *({"name": f"eve{number}", **account} for account in accounts), generation=generation),
            name=f"p{number}",
        )
        for number, (generation, accounts) in enumerate(lies)
    ]
    static = tmp_path / "users.ini"
    static.write_text("[from_a_user]\nweb ansible_host=192.0.2.1\n")
    old, new = panels[: len(HOSTILE_ACCOUNTS)], panels[len(HOSTILE_ACCOUNTS) :]
    common = {"panels": [*old[::2], at(good, name="good"), *old[1::2], *new], **composed()}
    skipped = inventory(static, "--list", "-i", str(write(tmp_path, **common, on_unreachable="skip")))
    for number, (_generation, accounts) in enumerate(lies):
        assert re.search(rf"Panel p{number} cannot be (used|read): ", skipped.warnings), (accounts, skipped.warnings)
    assert "Panel good" not in skipped.warnings
    assert skipped.warnings.count("Its hosts are left out of the inventory.") == len(lies)
    assert set(skipped.hosts) == {"good", "good2", "web"}
    assert skipped.hosts["web"] == {"ansible_host": "192.0.2.1"}
    assert skipped.groups == {
        "from_a_user": {"web"},
        **dict.fromkeys(("someone", "from_a_enable", "puqvpn_enabled", "puqvpn_wg_Default"), {"good", "good2"}),
        "puqvpn_panel_good": {"good", "good2"},
    }
    assert skipped.stderr.isascii()
    assert "\x1b" not in skipped.stderr

    failed = inventory(static, "--list", "-i", str(write(tmp_path, **common)))
    assert set(failed.hosts) == {"web"}
    for number, accounts in enumerate(HOSTILE_ACCOUNTS[:10]):
        assert f"Panel p{number} cannot be used" in failed.warnings, accounts
    assert "localhost (the controller)" in failed.warnings
    assert "puqvpn_wg_office_1 (of office-1 and office_1)" in failed.warnings
    assert "puqvpn_network_office_1 (of office-1 and office_1)" in failed.warnings
    assert failed.stderr.isascii()


def test_the_ways_out_that_errors_name(start: Start, inventory: Inventory, tmp_path: Path) -> None:
    panel = hostile(
        start,
        {"name": "eve", "allowed_IPs": "-oProxyCommand=touch pwned", "wg_name": "office-1"},
        {"name": "../victim", "wg_name": "office_1"},
        {"name": "bob", "wg_name": "a/b"},
    )
    out = {"hostname": "{{ puqvpn_name | regex_replace('[^a-z]', '-') }}.example.com", "filters": {"name": ["*[a-z]"]}}
    listing = inventory(
        write(tmp_path, **at(panel), set_ansible_host=False, default_groups=False, hostname="x{{ puqvpn_name | hash }}")
    )
    assert len(listing.hosts) == 3
    assert not any("ansible_host" in host for host in listing.hosts.values())
    told_of(inventory, tmp_path, [({**at(panel), **out}, "The host name of account '../victim' is '---victim.example")])
    filtered = inventory(write(tmp_path, **at(panel), filters={"name": ["bob"]}, default_groups=False))
    assert filtered.hosts["bob"]["ansible_host"] == "10.0.0.66"


def test_a_composed_address_is_an_address(start: Start, inventory: Inventory, tmp_path: Path) -> None:
    panel = hostile(start, {"username": "-oProxyCommand=touch pwned"})
    cases = [
        ({"compose": {variable: expression}, "set_ansible_host": own}, variable)
        for own in (True, False)
        for variable, expression in (
            ("ansible_host", "puqvpn_username"),
            ("ansible_host", "puqvpn_username ~ '.example.com'"),
            ("ansible_ssh_host", "puqvpn_username"),
            ("ansible_host", "[puqvpn_username]"),
        )
    ]
    words = "compose sets {} of account 'eve' to"
    told_of(inventory, tmp_path, [({**at(panel), **given}, words.format(variable)) for given, variable in cases])
    fine = {"ansible_host": "puqvpn_name ~ '.example.com'", "other": "puqvpn_username", "ansible_ssh_host": "none"}
    listing = inventory(write(tmp_path, **at(panel), compose=fine))
    assert listing.hosts["eve"]["ansible_host"] == "eve.example.com"


def test_panels_in_conflict_lose_no_other_accounts(start: Start, inventory: Inventory, tmp_path: Path) -> None:
    paris = hostile(start, {"name": "a"}, {"name": "b", "wg_name": "office-1"}, {"name": "c"})
    rome = hostile(start, {"name": "c"}, {"name": "d", "wg_name": "office_1"}, {"name": "e"})
    file = write(tmp_path, panels=[at(paris, name="paris"), at(rome, name="rome")], on_unreachable="skip")
    listing = inventory(file)
    assert set(listing.hosts) == {"a", "e"}
    assert "1 in total: c (in paris and rome)." in listing.warnings
    assert "1 in total: puqvpn_wg_office_1 (of office-1 and office_1)." in listing.warnings
    assert "These hosts are left out of the inventory." in listing.warnings
    file = write(tmp_path, panels=[at(paris, name="paris"), at(rome, name="rome")], hostname=BOTH, default_groups=False)
    assert len(inventory(file).hosts) == 6


def test_an_account_never_becomes_a_host_of_another_source(start: Start, inventory: Inventory, tmp_path: Path) -> None:
    static = tmp_path / "static.ini"
    static.write_text("db ansible_host=192.0.2.1\n[routers]\nrouter\n")
    db, router = hostile(start, {"name": "db"}), hostile(start, {"name": "router"})
    first, second = write(tmp_path, "first", **at(db)), write(tmp_path, "second", **at(router))
    listing = inventory(static, "--list", "-i", str(first), "-i", str(second))
    assert "1 in total: db (a host of another inventory source)." in listing.warnings
    assert listing.hosts["db"] == {"ansible_host": "192.0.2.1"}
    # What another source knows without an address is the same host: that is how users group them.
    assert listing.hosts["router"]["ansible_host"] == "10.0.0.66"
    assert listing.groups["routers"] == {"router"}
    # Two files are two sources as well.
    third = write(tmp_path, "third", **at(hostile(start, {"name": "router", "allowed_IPs": "10.0.0.66"})))
    listing = inventory(second, "--list", "-i", str(third))
    assert "1 in total: router (a host of another inventory source)." in listing.warnings
    assert listing.hosts["router"]["puqvpn_panel_url"] == router.url


def test_what_a_panel_needs_and_does_not_have_is_its_own_failure(
    start: Start, inventory: Inventory, tmp_path: Path
) -> None:
    (tmp_path / "empty.pem").write_text("")
    panels = [
        at(fill(start(), "good"), name="good"),
        at(start(), name="missing", ca_path=str(tmp_path / "missing.pem")),
        at(start(), name="folder", ca_path=str(tmp_path)),
        at(start(), name="empty", ca_path=str(tmp_path / "empty.pem")),
        {"name": "nowhere", "url": "https://nowhere.invalid", "access_hash": "x"},
    ]
    listing = inventory(write(tmp_path, panels=panels, retries=0, on_unreachable="skip"))
    assert set(listing.hosts) == {"good"}
    for name in ("missing", "folder", "empty", "nowhere"):
        assert f"Panel {name} cannot be read: " in listing.warnings


@pytest.mark.parametrize("generation", [1, 2])
def test_no_secret_is_seen(start: Start, inventory: Inventory, tmp_path: Path, generation: int) -> None:
    credential = f"{CANARY}-{'0123456789abcdef' * 4}"
    panel = fill(start(generation=generation, credential=credential), "alice", password=f"{CANARY} word")
    option = CREDENTIAL_OPTION[generation]
    file = write(tmp_path, url=panel.url, **{option: "{{ lookup('ansible.builtin.env', 'MINE') }}"}, retries=0)
    environment = cached(tmp_path, MINE=credential)
    for fault in ({}, {}, {"kind": "echo_credential"}, {"kind": "wrong_type"}, {"kind": "cut_json"}):
        if fault:
            panel.fault(**fault)
            (tmp_path / "kept").rename(tmp_path / f"kept_before_{fault['kind']}")
        listing = inventory(file, "--list", "-vvvv", **environment)
        assert set(listing.hosts) == (set() if fault else {"alice"}), listing.stderr
        kept = [path.read_text() for path in tmp_path.glob("kept*/*")]
        for seen in (listing.output, listing.log, *kept):
            assert CANARY not in seen
            assert panel.panel.accounts["alice"]["private_key"] not in seen
        assert any(panel.panel.accounts["alice"]["public_key"] in seen for seen in kept)


# --- The cache


def test_what_the_cache_depends_on(start: Start, inventory: Inventory, tmp_path: Path) -> None:
    panel, other = fill(start(), "alice"), fill(start(), "bob")
    file = write(tmp_path, **at(panel))
    assert set(inventory(file, **cached(tmp_path)).hosts) == {"alice"}
    assert requests_of(panel) == [3]
    # Whether the credential is right is only asked when something is read.
    file = write(tmp_path, **at(panel, access_hash="another"), filters={"name": ["a*"]}, hostname="x-{{ puqvpn_name }}")
    assert set(inventory(file, **cached(tmp_path)).hosts) == {"x-alice"}
    assert requests_of(panel) == [0]
    assert set(inventory(write(tmp_path, **at(other)), **cached(tmp_path)).hosts) == {"bob"}
    assert requests_of(panel, other) == [0, 3]
    named = write(tmp_path, panels=[at(panel, name="paris")])
    assert set(inventory(named, **cached(tmp_path)).groups) >= {"puqvpn_panel_paris"}
    assert requests_of(panel) == [3]
    inventory(write(tmp_path, "other", **at(panel)), **cached(tmp_path))
    assert requests_of(panel) == [3]
    # Accounts of a 1.x panel are no clients of a 2.x panel at the same address.
    assert inventory(write(tmp_path, url=panel.url, token="x", retries=0), **cached(tmp_path)).hosts == {}
    assert requests_of(panel) != [0]
    inventory(write(tmp_path, **at(panel)))
    assert requests_of(panel) == [3]


def test_a_cache_that_is_of_no_use_is_made_anew(start: Start, inventory: Inventory, tmp_path: Path) -> None:
    panel = fill(start(), "alice")
    file = write(tmp_path, **at(panel))
    inventory(file, **cached(tmp_path))
    (kept,) = (tmp_path / "kept").iterdir()
    good = kept.read_text()
    for bad in (good[:50], "[]", good.replace("puqvpn_name", "name"), good.replace("accounts", "hosts")):
        kept.write_text(bad)
        requests_of(panel)
        assert set(inventory(file, **cached(tmp_path)).hosts) == {"alice"}
        assert requests_of(panel) == [3]
        assert kept.read_text() == good


def test_a_cache_is_not_trusted_more_than_a_panel(start: Start, inventory: Inventory, tmp_path: Path) -> None:
    panel = fill(start(), "alice")
    file = write(tmp_path, **at(panel))
    inventory(file, **cached(tmp_path))
    (kept,) = (tmp_path / "kept").iterdir()
    good = kept.read_text()
    # From ansible-core 2.19 on, the file holds JSON inside of JSON.
    quote = '\\"' if '\\"' in good else '"'
    for part, change in (
        ('"puqvpn_name": "alice"', '"puqvpn_name": "../victim"'),
        ('"puqvpn_name": "alice"', '"puqvpn_name": ["alice"]'),
        ('"puqvpn_allowed_ips": "10.0.0.10"', '"puqvpn_allowed_ips": "-oProxyCommand=touch pwned"'),
        ('"puqvpn_wg_name": "Default"', '"puqvpn_wg_name": "a/b"'),
        ('"puqvpn_mangle"', '"ansible_connection": "local", "puqvpn_mangle"'),
    ):
        old, bad = (text.replace('"', quote) for text in (part, change))
        assert old in good
        kept.write_text(good.replace(old, bad))
        requests_of(panel)
        listing = inventory(file, **cached(tmp_path))
        assert (listing.hosts["alice"]["ansible_host"], listing.stderr) == ("10.0.0.10", "")
        assert "ansible_connection" not in listing.hosts["alice"]
        assert requests_of(panel) == [3]
        assert kept.read_text() == good


def test_what_cannot_be_used_is_not_kept(start: Start, inventory: Inventory, tmp_path: Path) -> None:
    paris, rome = hostile(start, {"name": "a/b"}), fill(start(), "alice")
    file = write(tmp_path, panels=[at(paris, name="paris"), at(rome, name="rome")], on_unreachable="skip")
    assert set(inventory(file, **cached(tmp_path)).hosts) == {"alice"}
    paris.clear_faults()
    fill(paris, "bob")
    requests_of(paris, rome)
    assert set(inventory(file, **cached(tmp_path)).hosts) == {"alice", "bob"}
    assert requests_of(paris, rome) == [3, 0]


def test_refresh_inventory_shows_a_new_account(
    start: Start, inventory: Inventory, playbook: Playbook, tmp_path: Path
) -> None:
    panel = fill(start(), "alice")
    file = write(tmp_path, **at(panel))
    inventory(file, **cached(tmp_path))
    new = {**at(panel), "name": "bob", "wg_name": "Default", "allowed_ips": "10.0.0.77"}
    seen = {"msg": "{{ groups['puqvpn_enabled'] }}"}
    tasks = [
        {"name": "make", "puqcloud.puqvpn.puqvpn_account": new},
        {"name": "before", "ansible.builtin.debug": seen},
        {"name": "refresh", "ansible.builtin.meta": "refresh_inventory"},
        {"name": "after", "ansible.builtin.debug": seen},
    ]
    run = playbook(tasks, "-i", str(file), **cached(tmp_path))
    assert run.code == 0, run.output
    assert run.result_of("before")["msg"] == ["alice"]
    assert run.result_of("after")["msg"] == ["alice", "bob"]
    assert panel.counts()["GET wireguard/online"] == 2
    # What was read anew is what is kept.
    requests_of(panel)
    assert set(inventory(file, **cached(tmp_path)).hosts) == {"alice", "bob"}
    assert requests_of(panel) == [0]


# --- Examples


def _example(start: Start) -> tuple[Simulator, Simulator, dict[str, str]]:
    paris, rome = (fill(start(), "alice", "bob", b_download=100) for _panel in range(2))
    environment = environment_of(paris)
    for name, panel in (("PARIS", paris), ("ROME", rome)):
        environment |= {f"{name}_URL": panel.url, f"{name}_ACCESS_HASH": panel.credential}
    return paris, rome, environment


def _everything(inventory: Inventory, file: Path, **environment: str) -> Listing:
    """The hosts of a file, and the certainty that all ways to look at it work without a word."""
    listing = inventory(file, "--list", **environment)
    for other in (["--graph", "--vars"], ["--list", "--yaml"]):
        shown = inventory(file, *other, **environment)
        assert shown.stderr == ""
        assert all(host in shown.stdout for host in listing.hosts)
    assert listing.stderr == ""
    return listing


def test_the_example_of_one_panel_works(start: Start, inventory: Inventory) -> None:
    paris, _rome, environment = _example(start)
    paris.panel.change_account("bob", {"status": "disable"})
    listing = _everything(inventory, EXAMPLES / "office.puqvpn.yml", **environment)
    assert listing.groups["download_100"] == set(listing.hosts) == {"alice"}


def test_the_example_of_several_panels_works(start: Start, inventory: Inventory) -> None:
    _paris, rome, environment = _example(start)
    listing = _everything(inventory, EXAMPLES / "fleet.puqvpn.yml", **environment)
    assert set(listing.hosts) == {"paris_alice", "paris_bob", "rome_alice", "rome_bob"}
    rome.fault("login_page", times=None)
    assert set(inventory(EXAMPLES / "fleet.puqvpn.yml", **environment).hosts) == {"paris_alice", "paris_bob"}


def test_the_example_of_panels_of_both_generations_works(start: Start, inventory: Inventory) -> None:
    paris, oslo = (fill(start(generation=generation), "alice", "bob") for generation in (1, 2))
    for panel, name in ((paris, "branch"), (oslo, "branch"), (oslo, "Default_1")):
        panel.panel.add_server({"name": name, "address": f"10.0.{len(panel.panel.wireguard)}.1/24"})
    oslo.panel.add_account({"name": "carol", "wg_name": "Default_1", "allowed_IPs": "10.0.2.2"})
    for panel in (paris, oslo):
        panel.panel.add_account({"name": "dora", "wg_name": "branch", "allowed_IPs": "10.0.1.2"})
    environment = {
        "PARIS_URL": paris.url,
        "PARIS_ACCESS_HASH": paris.credential,
        "OSLO_URL": oslo.url,
        "OSLO_TOKEN": oslo.credential,
        # The credential of a panel replaces the one of the environment.
        "PUQVPN_ACCESS_HASH": "another",
    }
    listing = _everything(inventory, EXAMPLES / "mixed.puqvpn.yml", **environment)
    assert set(listing.hosts) == {"paris_alice", "paris_bob", "oslo_alice", "oslo_bob", "oslo_carol"}
    assert listing.groups["site_Default"] == {"paris_alice", "paris_bob", "oslo_alice", "oslo_bob"}
    assert listing.groups["site_Default_1"] == {"oslo_carol"}


def test_the_example_of_panels_as_hosts_works(start: Start, inventory: Inventory, playbook: Playbook) -> None:
    paris, oslo = start(), start(generation=2)
    environment = {
        **{"PARIS_URL": paris.url, "PARIS_ACCESS_HASH": paris.credential},
        **{"OSLO_URL": oslo.url, "OSLO_TOKEN": oslo.credential},
    }
    show(paris, count_accounts=5)
    listing = _everything(inventory, PANELS_EXAMPLE / "panels.puqvpn.yml", **environment)
    assert listing.groups["puqvpn_panels"] == set(listing.hosts) == {"paris", "oslo"}
    assert "paris" in listing.groups["puqvpn_slots_low"] & listing.groups["release_1_8"]
    oslo.stop()
    environment["PUQVPN_RETRIES"] = "0"
    run = playbook(PANELS_EXAMPLE / "attention.yml", "-i", str(PANELS_EXAMPLE / "panels.puqvpn.yml"), **environment)
    assert run.code == 0, run.output
    told = [entry["result"].get("msg", "") for entry in run.results if entry["task"] == "Show the reasons"]
    assert sorted(text.partition(": ")[0] for text in told) == ["oslo", "paris"]
    assert [entry["result"]["info"].keys() for entry in run.results if "info" in entry["result"]] == [{"dns"}]


def test_every_example_of_the_documentation_works(start: Start, inventory: Inventory, tmp_path: Path) -> None:
    office, paris, rome, oslo = (
        fill(start(generation=generation), "router_1", "alice", status="enable", b_download=1)
        for generation in (1, 1, 1, 2)
    )
    for panel in (paris, rome, oslo):
        name = {1: "office", 2: "office_1"}[panel.generation]
        panel.panel.add_server({"name": name, "address": "10.0.5.1/24", "listen_port": 51830})
        panel.panel.add_account({"name": "router_2", "wg_name": name, "allowed_IPs": "10.0.5.2"})
    for panel in (paris, oslo):
        panel.connect("ikev2", "router_2")
    examples = puqvpn.EXAMPLES.replace("/tmp/puqvpn_inventory", str(tmp_path / "kept"))
    panels = {"vpn": office, "paris": paris, "rome": rome, "oslo": oslo}
    for name, panel in panels.items():
        examples = examples.replace(f"https://{name}.example.com", panel.url)
    environment = {
        "PUQVPN_ACCESS_HASH": office.credential,
        "OFFICE_ACCESS_HASH": paris.credential,
        "ROME_ACCESS_HASH": rome.credential,
        "OSLO_TOKEN": oslo.credential,
    }
    fleet = {name: {"puqvpn_url": panel.url, **credential_of(panel)} for name, panel in panels.items()}
    earlier = write_fleet(tmp_path, "inventory", panels={"hosts": fleet})
    files = []
    for number, document in enumerate(examples.split("---\n")[1:]):
        files.append(tmp_path / f"{number}.puqvpn.yml")
        files[-1].write_text(document)
    one_panel, several = (_everything(inventory, file, **environment) for file in files[:2])
    accounts, as_panels = (inventory(earlier, "-i", str(file), "--list", **environment) for file in files[2:])
    assert accounts.stderr == as_panels.stderr == ""
    assert set(one_panel.hosts) == {"router_1", "alice"}
    assert set(several.hosts) == {"paris_router_2", "rome_router_2", "oslo_router_2"}
    assert several.hosts["paris_router_2"]["ansible_host"] == "router_2.paris.example.com"
    assert list((tmp_path / "kept").iterdir())
    assert {"vpn_alice", "oslo_router_2", *panels} <= set(accounts.hosts)
    assert set(as_panels.hosts) == as_panels.groups["puqvpn_panels"] == set(panels)
    assert set.union(*(hosts for name, hosts in as_panels.groups.items() if name.startswith("release_"))) == set(panels)
