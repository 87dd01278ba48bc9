# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who is admitted by rules and policies, and what a port forward takes away."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._change import ObjectChange
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._lockout import (
    cut_off,
    diversion_warnings,
    other_services,
    panel_service,
    server_services,
)
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._objects.firewall import FIREWALL_RULE
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._packet_filter import Chain, rule_states

ADDRESS = "https://203.0.113.200:8098"
ADDRESS_6 = "https://[2001:db8::200]:8098"
NAME = "https://vpn.example.com:8098"
LOOPBACK = "http://127.0.0.1:8098"
ROOTS = [ADDRESS, NAME]

EVERYWHERE = {"s_ip": "0.0.0.0/0", "s_port": 0, "d_ip": "0.0.0.0/0", "d_port": 0}


def rule(action: str, **values: Any) -> dict[str, Any]:
    return {"name": "x", "action": action, "chain": "INPUT", "protocol": "ANY", **EVERYWHERE, **values}


def accept(**values: Any) -> dict[str, Any]:
    return rule("ACCEPT", **values)


def drop(**values: Any) -> dict[str, Any]:
    return rule("DROP", **values)


def admits(rules: list[dict[str, Any]], policy: str, root: str, chain: str = "INPUT") -> bool:
    return Chain(rules, policy, chain).admits(panel_service(rules, root))


# --- With a policy that drops, somebody must be let in


@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize(
    "rules",
    [
        [accept()],
        [accept(protocol="TCP", d_port=8098)],
        [accept(s_ip="192.0.2.0/24")],
        [accept(s_ip="2001:db8::/32"), accept(s_ip="192.0.2.0/24")],
        [accept(s_ip="::/0")],
        [drop(d_port=22), accept()],
        [drop(protocol="UDP"), accept()],
        [drop(s_port=1024), accept()],
        [drop(s_ip="192.0.2.0/24"), accept()],
        [drop(s_ip="192.0.2.0/24"), accept(s_ip="192.0.0.0/16")],
        [drop(s_ip="0.0.0.0/1"), accept(s_ip="192.0.2.0/24")],
        [accept(), drop()],
    ],
)
def test_somebody_is_let_in(root: str, rules: list[dict[str, Any]]) -> None:
    assert admits(rules, "DROP", root)


@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize(
    "rules",
    [
        [],
        [accept(d_port=22)],
        [accept(protocol="UDP")],
        [accept(protocol="ICMP")],
        [accept(chain="FORWARD")],
        [accept(s_port=50000)],
        [accept(d_ip="198.51.100.7/32")],
        [accept(d_ip="198.51.100.0/24")],
        [accept(s_ip="127.0.0.0/8")],
        [accept(s_ip="::1/128")],
        [drop(), accept()],
        [drop(s_ip="::/0"), accept()],
        [drop(s_ip="192.0.2.0/24"), accept(s_ip="192.0.2.0/24")],
        [drop(s_ip="192.0.2.0/24"), accept(s_ip="192.0.2.7/32")],
        [drop(s_ip="192.0.2.0/25"), drop(s_ip="192.0.2.128/25"), accept(s_ip="192.0.2.0/24")],
        [drop(s_ip="0.0.0.0/1"), drop(s_ip="128.0.0.0/1"), accept()],
        [drop(s_ip="128.0.0.0/1"), drop(s_ip="64.0.0.0/2"), drop(s_ip="0.0.0.0/2"), accept()],
        [drop(s_ip="0.0.0.0/1", protocol="TCP"), drop(s_ip="128.0.0.0/1", d_port=8098), accept()],
        [accept(s_ip="nonsense")],
        [accept(s_ip=None)],
        [accept(s_ip=["0.0.0.0/0"])],
    ],
)
def test_nobody_is_let_in(root: str, rules: list[dict[str, Any]]) -> None:
    assert not admits(rules, "DROP", root)


@pytest.mark.parametrize(
    ("root", "rules", "expected"),
    [
        (ADDRESS, [accept(d_ip="203.0.113.200/32")], True),
        (ADDRESS, [accept(d_ip="203.0.113.0/24")], True),
        (NAME, [accept(d_ip="203.0.113.200/32")], False),
        (ADDRESS_6, [accept(d_ip="2001:db8::/64")], True),
        (ADDRESS_6, [accept(d_ip="203.0.113.200/32")], False),
        (ADDRESS_6, [accept(s_ip="2001:db8:1::/48")], True),
        (ADDRESS_6, [accept(s_ip="192.0.2.0/24")], False),
        (ADDRESS, [accept(s_ip="2001:db8:1::/48")], False),
        (ADDRESS_6, [drop(s_ip="::/1"), drop(s_ip="8000::/1"), accept()], False),
        (NAME, [drop(s_ip="::/1"), drop(s_ip="8000::/1"), accept()], False),
        (ADDRESS, [drop(s_ip="::/1"), drop(s_ip="8000::/1"), accept()], True),
        (LOOPBACK, [accept(s_ip="127.0.0.0/8")], True),
        ("http://localhost:8098", [accept(s_ip="127.0.0.0/8")], True),
    ],
)
def test_the_address_in_url_counts(root: str, rules: list[dict[str, Any]], expected: bool) -> None:
    assert admits(rules, "DROP", root) is expected


# --- With a policy that accepts, only everybody together can be kept out


@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([drop()], False),
        ([drop(d_port=8098)], False),
        ([drop(s_ip="0.0.0.0/1"), drop(s_ip="128.0.0.0/1")], False),
        ([drop(s_ip="0.0.0.0/1"), accept(s_port=7), drop(s_ip="128.0.0.0/1")], False),
        ([drop(s_ip="0.0.0.0/1"), accept(s_ip="10.0.0.0/8"), drop(s_ip="128.0.0.0/1")], False),
        ([drop(s_ip="0.0.0.0/1"), accept(s_ip="192.0.2.0/24"), drop(s_ip="128.0.0.0/1")], True),
        ([drop(s_ip="0.0.0.0/1"), drop(s_ip="128.0.0.0/2")], True),
        ([drop(s_ip="0.0.0.0/1"), drop(s_ip="128.0.0.0/1", protocol="UDP")], True),
        ([drop(s_ip="0.0.0.0/1"), drop(s_ip="128.0.0.0/1", d_port=22)], True),
        ([drop(d_ip="198.51.100.7/32")], True),
        ([drop(d_ip="0.0.0.0/1"), drop(d_ip="128.0.0.0/1")], False),
        ([accept(s_ip="192.0.2.0/24"), drop()], True),
    ],
)
def test_everybody_together_is_kept_out(root: str, rules: list[dict[str, Any]], expected: bool) -> None:
    assert admits(rules, "ACCEPT", root) is expected


@pytest.mark.parametrize(
    ("root", "expected"), [(ADDRESS, False), (NAME, True), (ADDRESS_6, True), ("https://203.0.113.9:8098", True)]
)
def test_a_rule_that_drops_what_goes_to_the_address_in_url(root: str, expected: bool) -> None:
    assert admits([drop(d_ip="203.0.113.200/32")], "ACCEPT", root) is expected
    assert admits([drop(d_ip="203.0.113.200/31")], "ACCEPT", root) is expected


def test_answers_pass_the_chain_output_the_other_way_round() -> None:
    answers = accept(chain="OUTPUT", s_port=8098)
    assert admits([answers], "DROP", ADDRESS, "OUTPUT")
    assert admits([{**answers, "s_ip": "203.0.113.200/32"}], "DROP", ADDRESS, "OUTPUT")
    assert not admits([{**answers, "s_ip": "198.51.100.7/32"}], "DROP", ADDRESS, "OUTPUT")
    assert not admits([{**answers, "d_port": 50000}], "DROP", ADDRESS, "OUTPUT")
    assert not admits([{**answers, "chain": "INPUT"}], "DROP", ADDRESS, "OUTPUT")


# --- What is to be within reach


def test_the_panels_own_port_is_that_of_its_rule() -> None:
    own = accept(name="system_PUQVPNCP", protocol="TCP", d_port=9000)
    root = "https://vpn.example.com"
    assert [panel_service(rules, root).port for rules in ([], [own])] == [443, 9000]
    assert {service.port for service in other_services([own], root)} == {443, 22}
    assert {service.port for service in other_services([], root)} == {22}
    assert {service.port for service in other_services([], "https://vpn.example.com:22")} == set()


def test_a_port_that_requests_go_to_is_needed_all_the_time() -> None:
    states = [Chain(rules, "DROP") for rules in ([accept()], [], [accept()])]
    assert cut_off([panel_service([], NAME), *other_services([], NAME)], states) == [panel_service([], NAME)]


def test_only_the_moments_at_which_fewest_are_admitted_are_looked_at() -> None:
    door, other = accept(name="door"), drop(name="other")

    def change(action: str, before: dict[str, Any], values: dict[str, Any]) -> ObjectChange:
        return ObjectChange(FIREWALL_RULE, action, before, values, (), {"position": "end"})

    def states(*changes: ObjectChange) -> list[list[str]]:
        return [[rule["name"] for rule in rules] for rules in rule_states([door], changes)]

    again = change("recreate", door, door)
    added = change("create", {}, other)
    assert states() == [["door"]]
    assert states(again) == [["door"], [], ["door"]]
    assert states(added) == [["door"], ["door", "other"]]
    assert states(added, again) == [["door"], ["other"], ["other", "door"]]
    assert states(again, again) == [["door"], [], [], ["door"]]


def test_what_was_out_of_reach_before_is_not_cut_off() -> None:
    assert cut_off(other_services([], NAME), [Chain([], "DROP"), Chain([drop()], "DROP")]) == []


def test_a_server_is_reached_at_its_own_address() -> None:
    (server,) = server_services([{"name": "office", "listen_port": 51900, "external_ip": "203.0.113.9"}])
    assert str(server) == "WireGuard server office (UDP port 51900)"
    assert Chain([accept(protocol="UDP", d_ip="203.0.113.9/32")], "DROP").admits(server)
    assert not Chain([accept(protocol="UDP", d_ip="203.0.113.200/32")], "DROP").admits(server)
    assert not Chain([accept(protocol="TCP")], "DROP").admits(server)


def test_a_server_without_a_usable_port_or_address_is_no_stumbling_block() -> None:
    found = server_services(
        [{}, {"name": "a", "listen_port": "x"}, {"name": "b\nc", "listen_port": 5, "external_ip": 7}]
    )
    assert [str(service) for service in found] == ["WireGuard server b c (UDP port 5)"]


# --- Port forwards


@pytest.mark.parametrize(
    ("port", "words"),
    [
        (8098, "the panel (TCP port 8098)"),
        (22, "SSH (TCP port 22)"),
        (443, "the port in url (TCP port 443, unless it is translated to 8098 on the way)"),
    ],
)
def test_a_forward_that_takes_a_port_of_the_host_away(port: int, words: str) -> None:
    rules, root = [accept(name="system_PUQVPNCP", d_port=8098)], "https://vpn.example.com"
    forward = {"protocol": "tcp", "dst_port": port, "to_peer": "alice"}
    (text,) = diversion_warnings("port forward x", forward, rules, root)
    assert words in text
    assert "alice" in text
    for harmless in ({**forward, "protocol": "udp"}, {**forward, "dst_port": 8080}):
        assert list(diversion_warnings("port forward x", harmless, rules, root)) == []
