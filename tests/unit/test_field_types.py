# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What may be written for a value, and what means the same."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._field_types import (
    Address,
    Host,
    Interface,
    Key,
    Network,
    Networks,
    Number,
    Pem,
    Port,
    Proposals,
    Switch,
    Text,
    Url,
    ValueType,
    Word,
)

# Fixed, since the names of tests show them.
KEY, OTHER_KEY = (base64.b64encode(bytes([byte] * 32)).decode() for byte in (1, 2))
POLICY = Word(("ACCEPT", "DROP"))
YES_NO = Word(("yes", "no"))
NETWORKS = "10.0.0.0/8,192.168.0.0/16"


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        (Number(0), 11, "11"),
        (Number(0), 11, " 11 "),
        (Number(0), 11, 11.0),
        (Number(-1), -1, "-1"),
        (Switch(), True, "yes"),
        (Switch(), True, 1),
        (Switch(), True, "1"),
        (Switch(), False, "off"),
        (Switch(), False, "0"),
        (POLICY, "DROP", "drop"),
        (POLICY, "ACCEPT", " Accept "),
        (YES_NO, "yes", True),
        (YES_NO, "no", False),
        (Address(), "10.0.26.2", "10.0.26.2/32"),
        (Address(version=6), "fd00::2", "FD00:0:0:0::2/128"),
        (Address(version=0), "fd00::2", "fd00:0::2"),
        (Interface(), "10.0.26.1/24", " 10.0.26.1/255.255.255.0"),
        (Interface(version=6), "fd00::1/64", "fd00:0:0::1/64"),
        (Network(), "10.0.0.0/8", "10.1.2.3/8"),
        (Network(), "10.1.2.3/32", "10.1.2.3"),
        (Networks(), ["10.0.0.0/8", "192.168.0.0/16"], ["192.168.0.0/16", "10.0.0.0/8"]),
        (Networks(), ["10.0.0.0/8", "192.168.0.0/16"], "192.168.0.0/16, 10.0.0.0/8"),
        (Networks(), ["10.0.0.0/8"], ["10.0.0.0/8", "10.2.0.0/8"]),
        (Networks(), [], ""),
        (Key(), KEY, f"{KEY} \n"),
        (Host(), "vpn.example.com", "VPN.example.com "),
        (Host(), "fd00::2", "FD00:0::2"),
        (Proposals(), "aes256-sha256,3des!", "aes256-sha256, 3des! "),
        (Text(), "office", " office\n"),
        (Pem(), "-----BEGIN X-----\nAA\n-----END X-----\n", "-----BEGIN X-----\r\nAA\r-----END X-----"),
    ],
)
def test_what_means_the_same_is_the_same(kind: ValueType, one: Any, other: Any) -> None:
    assert kind.parse(one) == kind.parse(other)
    assert kind.read(other) == kind.parse(one)


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        (Number(0), 1, 11),
        (Proposals(), "a,b", "b,a"),
        (Text(exact=True), "secret", "secret "),
        (Networks(), ["10.0.0.0/8"], ["10.0.0.0/9"]),
        (Interface(), "10.0.26.1/24", "10.0.26.1/25"),
        (Key(), KEY, OTHER_KEY),
    ],
)
def test_what_means_something_else_differs(kind: ValueType, one: Any, other: Any) -> None:
    assert kind.parse(one) != kind.parse(other)


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        (Number(30, 3600), 29, "from 30 to 3600"),
        (Number(30, 3600), 3601, "from 30 to 3600"),
        (Number(0), "many", "whole number"),
        (Number(0), 1.5, "whole number"),
        (Number(0), True, "whole number"),
        (Port(), 0, "from 1 to 65535"),
        (Switch(), "perhaps", "true or false"),
        (POLICY, "REJECT", "ACCEPT, DROP"),
        (Address(), "10.0.0.0/24", "one IPv4 address"),
        (Address(), "10.0.0.256", "an IPv4 address"),
        (Address(), "", "an IPv4 address"),
        (Address(), "fd00::2", "one IPv4 address"),
        (Address(version=6), "10.0.0.2", "one IPv6 address"),
        (Interface(), "10.0.26.1", "with a prefix"),
        (Interface(), "10.0.26.0/24", "address of the interface"),
        (Interface(), "10.0.26.255/24", "address of the interface"),
        (Interface(version=6), "10.0.26.1/24", "fd00:26::1/64"),
        (Network(), "everywhere", "10.0.0.0/8"),
        (Networks(), [NETWORKS], "10.0.0.0/8"),
        (Key(), KEY[:-1], "44 characters"),
        (Key(), "x" * 44, "44 characters"),
        (Key(), "!" * 43 + "=", "44 characters"),
        (Host(), "vpn.example.com:443", "without a port"),
        (Host(), "a b", "host name"),
        (Host(), "1.2.3", "host name"),
        (Host(), "", "host name"),
        (Url(), "ftp://host", "http"),
        (Url(), "http://", "http"),
        (Proposals(), "a,,b", "commas"),
        (Proposals(), "", "proposal"),
        (Text(r"[A-Za-z0-9_]+", "letters, digits and _ only"), "a-b", "letters, digits and _ only"),
        (Text(filled=True), " ", "not be empty"),
        (Pem(), "PEM", "BEGIN"),
    ],
)
def test_a_bad_value_is_refused_with_what_it_must_be(kind: ValueType, value: Any, message: str) -> None:
    with pytest.raises(ValueError, match=".") as caught:
        kind.parse(value)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (Switch(), True, "1"),
        (Switch("true", "false"), False, "false"),
        (Switch("true", "false").alternate_spelling, False, "0"),
        (Switch().alternate_spelling, True, "true"),
        (Number(0), "25", "25"),
        (Networks(), ["192.168.0.0/16", "10.0.0.0/8"], NETWORKS),
        (Address(), "10.0.0.2/32", "10.0.0.2"),
    ],
)
def test_values_on_the_wire(kind: ValueType, value: Any, text: str) -> None:
    assert kind.serialize(kind.parse(value)) == text


@pytest.mark.parametrize(
    ("kind", "value", "remark"),
    [
        (Networks(), "0.0.0.0/1,0.0.0.129/1", "0.0.0.129/1 has host bits"),
        (Network(), "10.1.2.3/8", "means the network 10.0.0.0/8"),
        (Port(), 51333, "below 51820"),
    ],
)
def test_what_is_odd_is_remarked(kind: ValueType, value: Any, remark: str) -> None:
    assert remark in kind.remark(value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [(Networks(), ["10.0.0.0/8"]), (Network(), "10.0.0.0/8"), (Network(), "10.0.0.1"), (Port(), 51820), (Key(), KEY)],
)
def test_what_is_not_odd_is_not_remarked(kind: ValueType, value: Any) -> None:
    assert kind.remark(value) == ""


@pytest.mark.parametrize("kind", [Number(0), Switch(), POLICY, Address(), Network(), Networks(), Key(), Host(), Url()])
@pytest.mark.parametrize("shown", [None, "???", {"a": 1}, [{}], 10**30])
def test_whatever_a_panel_shows_is_taken(kind: ValueType, shown: Any) -> None:
    kind.read(shown)
