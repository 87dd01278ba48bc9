# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What may be written for a value, and what means the same."""

from __future__ import annotations

import base64
import ipaddress
import random
from collections.abc import Callable, Iterator
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


# --- Most values take a fast way, which must not differ from that of the library

KINDS_OF_ADDRESS = [
    Address(version, optional, any_prefix)
    for version in (0, 4, 6)
    for optional in (False, True)
    for any_prefix in (False, True)
]
BYTES = "0 1 9 10 99 100 199 200 249 250 255 0 1 2 3 00 01 010 256 260 300 999 +1 -1 1e1 0x1 ١ ² 1\n".split(" ")
BEGINNINGS = [*[""] * 8, " ", "\n", "\u2003", "::ffff:", "+", "."]
ENDS = [*[""] * 8, *["/32"] * 4, "/032", "/0", "/24", "/31", "/33", "/128", "/ 32", "/32/32", "/255.255.255.255"]
ENDS += ["/255.255.255.0", "/", "\n", "/32\n", " ", ".", ".0", "%eth0", "\x00", "\u2003", "/٣٢"]


def addresses() -> Iterator[str]:
    """Texts that are or resemble addresses."""
    chance = random.Random(16)
    for _text in range(5000):
        parts = chance.choices(BYTES, k=chance.choice([3, 4, 4, 4, 4, 4, 5]))
        separator = chance.choice([*["."] * 12, "..", ",", ":", ". "])
        yield chance.choice(BEGINNINGS) + separator.join(parts) + chance.choice(ENDS)
    yield from ("", " ", "::", "fd00::2", "FD00::2/128", "fd00::2/64", "::ffff:10.0.0.1", "167772161", "10.1", "alice")


def address_by_library(kind: Address, text: str) -> str:
    text = text.strip()
    if kind.optional and not text:
        return ""
    interface = ipaddress.ip_interface(text)
    network = interface.network
    edges = [network.network_address, network.broadcast_address] if network.version == 4 else []
    is_host = network.num_addresses <= 2 or interface.ip not in edges
    if kind.version in (0, interface.version) and (network.num_addresses == 1 or (kind.any_prefix and is_host)):
        return str(interface.ip)
    raise ValueError


def keys() -> Iterator[str]:
    """Texts that are or resemble keys."""
    chance = random.Random(16)
    for _text in range(3000):
        letters = [*KEY]
        for _change in range(chance.choice([0, 0, 1, 2])):
            letters[chance.randrange(len(letters))] = chance.choice(
                ["=", "+", "/", "-", "_", " ", "\n", "é", "", "AB", "z"]
            )
        yield chance.choice(["", "", " "]) + "".join(letters) + chance.choice(["", "", "\n", "="])


def key_by_library(_kind: Key, text: str) -> str:
    text = text.strip()
    if len(text) == 44 and len(base64.b64decode(text, validate=True)) == 32:
        return text
    raise ValueError


def words() -> Iterator[str]:
    yield from ("enable", "Enable", "ENABLE ", " disable", "enable\n", "", "enabled", "disabl", "ﬁ", "dısable")


def word_by_search(kind: Word, text: str) -> str:
    found = [choice for choice in kind.choices if choice.casefold() == text.strip().casefold()]
    if found:
        return found[0]
    raise ValueError


def result_of(parse: Callable[..., str], *arguments: object) -> str | None:
    try:
        return parse(*arguments)
    except ValueError:
        return None


@pytest.mark.parametrize(
    ("kinds", "texts", "by_library"),
    [
        (KINDS_OF_ADDRESS, addresses, address_by_library),
        ([Key()], keys, key_by_library),
        ([Word(("enable", "disable"))], words, word_by_search),
    ],
    ids=["addresses", "keys", "words"],
)
def test_a_value_means_what_the_library_makes_of_it(
    kinds: list[ValueType], texts: Callable[[], Iterator[str]], by_library: Callable[..., str]
) -> None:
    accepted = 0
    for text in texts():
        for kind in kinds:
            expected = result_of(by_library, kind, text)
            assert result_of(kind.parse, text) == expected, (kind, text)
            assert kind.read(text) == (text if expected is None else expected), (kind, text)
            accepted += expected is not None
    assert accepted
