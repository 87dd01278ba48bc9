# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The containers in which a 2.x panel may show its sessions."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import ExchangeError
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._subsets.sessions import sessions_in

ROW = {"network": "office", "ip": "10.0.0.2", "transfer_rx": 5, "endpoint": None}
ALICE, BOB = ("alice", "wireguard"), ("bob", "openvpn")


def keys(payload: Any) -> list[tuple[Any, Any]]:
    return [(session.get("name"), session.get("protocol")) for session in sessions_in(payload)]


@pytest.mark.parametrize(
    "payload",
    [
        {"alice": {"wireguard": ROW}, "bob": {"openvpn": ROW}},
        {"wireguard": {"alice": ROW}, "openvpn": {"bob": ROW}},
        {"wireguard": [{"name": "alice", **ROW}], "openvpn": [{"name": "bob", **ROW}]},
        [{"name": "bob", "protocol": "openvpn", **ROW}, {"name": "alice", "protocol": "wireguard", **ROW}],
        {"bob": {"protocol": "openvpn", **ROW}, "alice": {"protocol": "wireguard", **ROW}},
        {"bob": [{"protocol": "openvpn", **ROW}], "alice": [{"protocol": "wireguard", **ROW}]},
        {"wireguard": {"name": "alice", **ROW}, "openvpn": {"name": "bob", **ROW}},
        {"7": {"wireguard": {"name": "alice", **ROW}}, "8": {"openvpn": {"name": "bob", **ROW}}},
        {"WireGuard": {"alice": ROW}, "OPENVPN": {"bob": ROW}},
        [{"name": "bob", "protocol": "OpenVPN", **ROW}, {"name": "alice", "protocol": "WIREGUARD", **ROW}],
        {"alice": {"wireguard": ROW, "ikev2": None}, "bob": {"openvpn": ROW}, "carol": {}, "dave": None},
        {"wireguard": {"alice": ROW, "dave": {}}, "openvpn": {"bob": ROW}, "ikev2": {}, "amneziawg": []},
    ],
)
def test_every_container_means_the_same(payload: Any) -> None:
    found = sessions_in(payload)
    assert keys(payload) == [ALICE, BOB]
    assert all({name: session[name] for name in ROW} == ROW for session in found)


@pytest.mark.parametrize(
    "payload",
    [
        [],
        {},
        None,
        "",
        {"wireguard": [], "openvpn": None, "ikev2": {}},
        {"alice": {"wireguard": None, "openvpn": []}},
        {"wireguard": {"alice": {}}},
        [{}],
    ],
)
def test_no_sessions(payload: Any) -> None:
    assert sessions_in(payload) == []


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        # Without a word about the protocol.
        ([{"name": "alice", **ROW}], [("alice", None)]),
        ({"alice": ROW}, [("alice", None)]),
        ({"alice": [ROW, ROW]}, [("alice", None)] * 2),
        # Without a word about the client.
        ([ROW], [(None, None)]),
        ({"wireguard": [ROW]}, [(None, "wireguard")]),
        # A protocol that nobody knows.
        ({"l2tp": {"alice": ROW}, "wireguard": {"bob": ROW}}, [("alice", "l2tp"), ("bob", "wireguard")]),
        ({"alice": {"l2tp": ROW}, "bob": {"wireguard": ROW}}, [("alice", "l2tp"), ("bob", "wireguard")]),
        ({"l2tp": {"alice": ROW, "bob": ROW}}, [("alice", "l2tp"), ("bob", "l2tp")]),
        ({"alice": {"l2tp": ROW}, "bob": {"l2tp": ROW}}, [("alice", "l2tp"), ("bob", "l2tp")]),
        ({"L2TP": [{"name": "alice", **ROW}]}, [("alice", "L2TP")]),
        # A client that is called like a protocol.
        ({"wireguard": {"openvpn": ROW, "alice": ROW}}, [("alice", "wireguard"), ("openvpn", "wireguard")]),
        (
            {"openvpn": {"wireguard": ROW}, "alice": {"wireguard": ROW}},
            [("alice", "wireguard"), ("openvpn", "wireguard")],
        ),
        ({"wireguard": {"openvpn": ROW}, "ikev2": {"openvpn": ROW}}, [("openvpn", "ikev2"), ("openvpn", "wireguard")]),
        ({"openvpn": {"wireguard": ROW, "ikev2": ROW}}, [("openvpn", "ikev2"), ("openvpn", "wireguard")]),
        ({"wireguard": {"openvpn": {"name": "openvpn", **ROW}}}, [("openvpn", "wireguard")]),
        ({"openvpn": {"wireguard": {"protocol": "WireGuard", **ROW}}}, [("openvpn", "wireguard")]),
        ({"wireguard": [{"name": "wireguard", **ROW}]}, [("wireguard", "wireguard")]),
        ({"wireguard": {"protocol": "openvpn", **ROW}}, [("wireguard", "openvpn")]),
        ([{"name": "ikev2", "protocol": "openvpn", **ROW}], [("ikev2", "openvpn")]),
    ],
)
def test_what_is_a_client_and_what_a_protocol(payload: Any, expected: list[tuple[Any, Any]]) -> None:
    assert keys(payload) == expected


def deep(levels: int) -> Any:
    nested: Any = ROW
    for _level in range(levels):
        nested = {"alice": nested}
    return nested


@pytest.mark.parametrize(
    "payload",
    [
        7,
        True,
        "alice",
        ["alice"],
        [None],
        [[ROW]],
        [{"alice": ROW}],
        [{"name": "alice", "sessions": [ROW]}],
        {"name": "alice", "protocol": "wireguard"},
        {"alice": ROW, "bob": {"wireguard": ROW}},
        {"wireguard": [ROW], "openvpn": {"bob": ROW}},
        {"wireguard": [ROW], "openvpn": "none"},
        {"wireguard": {"alice": [ROW]}},
        {"alice": {"wireguard": ROW, "note": "x"}},
        [{"name": 7}],
        [{"name": None, **ROW}],
        [{"name": "alice", "protocol": 7}],
        {"wireguard": {"alice": {"name": False, **ROW}}},
        deep(3),
        deep(500),
        [[]] * 3,
        {"a": {"b": {"c": ["d"]}}},
    ],
)
def test_what_fits_no_container_is_one_error(payload: Any) -> None:
    with pytest.raises(ExchangeError, match="not a collection of sessions") as caught:
        sessions_in(payload)
    assert caught.value.code == "answer_wrong_type"
