# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What passes as the configuration of a client, in which answers it is found, and what of it is shown."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._envelope import Reply
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import ExchangeError, PuqVpnError
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._profile.content import (
    AMNEZIAWG,
    OPENVPN,
    PICTURE,
    PNG,
    STRONGSWAN,
    WIREGUARD,
    Content,
    show_text,
)
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._profile.protocols import is_offered, require_protocol
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._profile.reply import content_of_reply
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._untrusted import as_one_time_link

KEY = f"{'a' * 43}="
INTERFACE = f"[Interface]\nAddress = 10.0.0.23/24\nDNS = 10.0.0.1,192.0.2.1\nMTU = 1320\nPrivateKey = {KEY}\n"
PEER = (
    f"[Peer]\nPersistentKeepalive = 25\nEndpoint = vpn.example.com:51820\nPublicKey = {KEY}\nAllowedIPs = 0.0.0.0/0\n"
)
OBFUSCATION = "Jc = 4\nJmin = 40\nJmax = 70\nS1 = 15\nS2 = 20\nH1 = 1\nH2 = 2\nH3 = 3\nH4 = 4\n"
WG = f"{INTERFACE}\n{PEER}"
AWG = f"{INTERFACE}{OBFUSCATION}\n{PEER}"


def pem(name: str, text: str) -> str:
    return f"-----BEGIN {name}-----\n{text}\n-----END {name}-----\n"


OVPN = (
    "client\ndev tun\nproto udp\nremote vpn.example.com 1194\nresolv-retry infinite\nnobind\npersist-key\npersist-tun\n"
    "cipher AES-256-GCM\nauth SHA256\ncompress lz4-v2\nkey-direction 1\nverb 3\nauth-user-pass\n\n"
    f"<ca>\n{pem('CERTIFICATE', 'canary/ca')}</ca>\n"
    f"<cert>\n{pem('CERTIFICATE', 'canary/cert')}</cert>\n"
    f"<key>\n{pem('PRIVATE KEY', 'canary/key')}</key>\n"
    f"<tls-auth>\n{pem('OpenVPN Static key V1', '0ddba11')}</tls-auth>\n"
)
PROFILE = {
    "uuid": "7a4d3c1e-0000-4000-8000-000000000001",
    "name": "vpn.example.com",
    "type": "ikev2-eap",
    "remote": {"addr": "vpn.example.com", "id": "vpn.example.com", "cert": "AAAA"},
    "local": {"eap_id": "al"},
}
SSWAN = json.dumps(PROFILE)
PICTURE_BYTES = PNG + b" rest"

TEXTS = [
    pytest.param(WIREGUARD, WG, id="wireguard"),
    pytest.param(AMNEZIAWG, AWG, id="amneziawg"),
    pytest.param(OPENVPN, OVPN, id="openvpn"),
    pytest.param(STRONGSWAN, SSWAN, id="ikev2"),
]


def b64(text: str | bytes) -> str:
    return base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode()


def read(payload: Any, content: Content) -> bytes:
    """The content of the file for a payload in the envelope, or for a body without one."""
    is_body = isinstance(payload, bytes)
    reply = Reply(None if is_body else payload, 200, 2, content=payload if is_body else None)
    return content_of_reply(reply, content, "client")


def refused(payload: Any, content: Content) -> str:
    with pytest.raises(ExchangeError) as caught:
        read(payload, content)
    assert caught.value.code == "answer_wrong_type"
    for secret in (KEY, "canary", "0ddba11"):
        assert secret not in str(caught.value)
    return str(caught.value)


# --- Answers


@pytest.mark.parametrize(("content", "text"), TEXTS)
@pytest.mark.parametrize(
    "wrap",
    [
        lambda text: text,
        lambda text: f"\ufeff{text}",
        lambda text: {"config": text},
        lambda text: [text],
        lambda text: {"name": "alice", "config": text, "size": 7, "qr": None},
        lambda text: {"config": {"name": "alice", "text": text}},
        lambda text: {"a": text, "b": text},
        b64,
        lambda text: "\r\n".join(b64(text)[at : at + 76] for at in range(0, len(b64(text)), 76)),
        lambda text: {"content": b64(text)},
        lambda text: f"data:text/plain;base64,{b64(text)}",
        lambda text: f"data:text/plain;charset=utf-8,{quote(text)}",
        lambda text: text.encode(),
        lambda text: b64(text).encode(),
        lambda text: f"\ufeff{text}".encode(),
    ],
    ids=[
        *["text", "text_with_mark", "object", "list", "object_with_more", "nested", "twice_the_same", "base64"],
        *["wrapped_base64", "object_with_base64", "data_uri", "escaped_data_uri", "body", "body_in_base64"],
        "body_with_mark",
    ],
)
def test_a_text_is_found_in_every_likely_answer(content: Content, text: str, wrap: Any) -> None:
    found = read(wrap(text), content)
    assert found.decode().removeprefix("\ufeff") == text


@pytest.mark.parametrize(
    "payload",
    [
        b64(PICTURE_BYTES),
        f"data:image/png;base64,{b64(PICTURE_BYTES)}",
        {"qr": b64(PICTURE_BYTES)},
        {"name": "alice", "image": {"png": f"data:image/png;base64,{b64(PICTURE_BYTES)}"}},
        PICTURE_BYTES,
        b64(PICTURE_BYTES).encode(),
        f"data:image/png;base64,{b64(PICTURE_BYTES)}".encode(),
    ],
    ids=["base64", "data_uri", "object", "nested", "body", "body_in_base64", "body_as_data_uri"],
)
def test_a_picture_is_found_in_every_likely_answer(payload: Any) -> None:
    assert read(payload, PICTURE) == PICTURE_BYTES


@pytest.mark.parametrize("payload", [PROFILE, {"profile": PROFILE}, [PROFILE], {"name": "alice", "profile": SSWAN}])
def test_an_ikev2_profile_may_be_an_object(payload: Any) -> None:
    assert json.loads(read(payload, STRONGSWAN)) == PROFILE


def test_of_several_texts_the_one_of_the_format_is_taken() -> None:
    everything = {"wireguard": WG, "amneziawg": AWG, "openvpn": OVPN, "ikev2": PROFILE, "qr": b64(PICTURE_BYTES)}
    assert read(everything, WIREGUARD).decode() == WG
    assert read(everything, AMNEZIAWG).decode() == AWG
    assert read(everything, OPENVPN).decode() == OVPN
    assert json.loads(read(everything, STRONGSWAN)) == PROFILE
    assert read(everything, PICTURE) == PICTURE_BYTES


@pytest.mark.parametrize(("content", "text"), TEXTS)
def test_two_different_profiles_are_ambiguous(content: Content, text: str) -> None:
    assert "it contains 2 different ones" in refused([text, text.replace("vpn.example.com", "x")], content)


@pytest.mark.parametrize("content", [WIREGUARD, AMNEZIAWG, OPENVPN, STRONGSWAN, PICTURE])
@pytest.mark.parametrize(
    "payload",
    [
        *["", " ", None, True, 7, [], {}, [None], {"a": 1}, "OK", "<h1>Login</h1>", "aGVsbG8=", "data:", "data:,"],
        *["data:;base64,", "data:;base64,data:;base64,aGVsbG8=", "{}", "[]", "null", b"\xff\xfe", b"PK\x03\x04", b"{"],
        *["[" * 5000, '{"a":' * 5000, b"[" * 5000],
    ],
    ids=lambda value: ascii(value)[:30] if not isinstance(value, Content) else None,
)
def test_anything_else_is_no_profile(content: Content, payload: Any) -> None:
    refused(payload, content)


@pytest.mark.parametrize("depth", [3, 30])
@pytest.mark.parametrize(("content", "text"), TEXTS)
def test_what_is_nested_deeper_is_not_looked_at(content: Content, text: str, depth: int) -> None:
    payload: Any = text
    for _level in range(depth):
        payload = {"inside": payload}
    refused(payload, content)


@pytest.mark.parametrize(("content", "text"), TEXTS)
def test_the_profile_of_another_format_is_refused(content: Content, text: str) -> None:
    for other in (WG, AWG, OVPN, SSWAN, PICTURE_BYTES):
        if other != text:
            refused(other, content)
    refused(text, PICTURE)


# --- WireGuard and AmneziaWG


def test_tabs_and_the_first_setting_are_put_in_order() -> None:
    tabs = "".join(f"\t{line}\n" for line in WG.replace("[Interface]\n", "[Interface] ").splitlines())
    assert read(tabs, WIREGUARD).decode() == WG


def test_a_configuration_without_a_peer_is_refused() -> None:
    assert "it has no [Peer]" in refused(INTERFACE, WIREGUARD)
    assert "it has no [Peer]" in refused(f"{INTERFACE}# [Peer]\n", WIREGUARD)


@pytest.mark.parametrize("missing", ["Jc", "H1"])
def test_amneziawg_needs_its_obfuscation(missing: str) -> None:
    text = AWG.replace(f"{missing} =", f"#{missing} =")
    assert "lacks the obfuscation settings" in refused(text, AMNEZIAWG)


@pytest.mark.parametrize("setting", ["Jc = 4", "jmin=40", "S2 = 1", "H4 = 4", "I1 = <b 0x00>", "S3 = 5", "ITime = 1"])
def test_wireguard_has_no_obfuscation(setting: str) -> None:
    assert "obfuscation settings of AmneziaWG" in refused(WG.replace("MTU", f"{setting}\nMTU"), WIREGUARD)


@pytest.mark.parametrize(("content", "text"), TEXTS[:2])
@pytest.mark.parametrize(
    "line",
    [
        "PostUp = touch pwned",
        "postup=touch pwned",
        " PREUP = touch pwned",
        "PreDown\t= touch pwned",
        "PostDown = touch pwned",
        "[Interface]PostUp = touch pwned",
        "[Interface] PostUp = touch pwned",
        "MTU = 1\x0bPostUp = touch pwned",
        "MTU = 1\u2028PostUp = touch pwned",
        "MTU = 1\rPostUp = touch pwned",
    ],
    ids=ascii,
)
def test_commands_are_refused(content: Content, text: str, line: str) -> None:
    for answer in (text.replace("MTU = 1320", line), f"{text}{line}\n"):
        error = refused(answer, content)
        assert "it contains commands (" in error
        assert "pwned" not in error


# --- OpenVPN


def test_an_openvpn_configuration_loses_white_space_only() -> None:
    answer = "\r\n".join(f"\t{line} " for line in OVPN.splitlines())
    assert read(answer, OPENVPN).decode() == OVPN


@pytest.mark.parametrize(
    ("old", "new", "missing"),
    [
        ("client\n", "", "client"),
        ("client\n", "# client\n", "client"),
        ("remote vpn", "; remote vpn", "remote"),
        ("<ca>", "<extra-certs>", "<ca> with a certificate"),
        ("BEGIN CERTIFICATE", "BEGIN CRL", "<ca> with a certificate"),
    ],
)
def test_what_an_openvpn_configuration_needs(old: str, new: str, missing: str) -> None:
    text = OVPN.replace(old, new).replace("</ca>", "</extra-certs>" if "extra" in new else "</ca>")
    assert f"since it lacks {missing}" in refused(text, OPENVPN)


def test_the_server_may_be_in_a_block_of_its_own() -> None:
    text = OVPN.replace("remote vpn.example.com 1194", "<connection>\nremote vpn.example.com 1194 udp\n</connection>")
    assert read(text, OPENVPN).decode() == text


HARMLESS = [
    *["# up /bin/sh", "; up /bin/sh", "--verb 4", "script-security 0", "script-security 1", "setenv UV_ID 7"],
    *["setenv FRIENDLY_NAME office", "remote-cert-tls server", "dhcp-option DNS 10.0.0.1", "redirect-gateway def1"],
    *["pull-filter ignore dns", "remote-random", "block-outside-dns", "tls-version-min 1.2", "reneg-sec 0"],
]


@pytest.mark.parametrize("line", HARMLESS)
def test_ordinary_directives_are_accepted(line: str) -> None:
    assert f"\n{line}\n" in read(OVPN.replace("verb 3", line), OPENVPN).decode()


RUNNING = [
    *["up /bin/sh", "down /bin/sh", "up-restart", "route-up pwned", "route-pre-down pwned", "ipchange pwned"],
    *["plugin pwned.so", "tls-verify pwned", "client-connect pwned", "client-disconnect pwned", "learn-address pwned"],
    *["auth-user-pass-verify pwned via-env", "script-security 2", "script-security 3", "script-security"],
    *['script-security "2"', "script-security 1 2", "iproute pwned", "dns-updown pwned", "pkcs11-providers pwned.so"],
    *["engine pwned", "providers pwned", "config pwned", "log /etc/pwned", "log-append /etc/pwned", "status pwned 1"],
    *[
        "writepid pwned",
        "--up pwned",
        "\tup pwned",
        "setenv opt up pwned",
        'setenv "opt" up pwned',
        "setenv PATH pwned",
    ],
    *["setenv LD_PRELOAD pwned.so", "setenv", "management 127.0.0.1 7505", "tls-crypt-v2-verify pwned"],
]


@pytest.mark.parametrize("line", RUNNING)
def test_directives_that_do_more_than_to_connect_are_refused(line: str) -> None:
    for answer in (OVPN.replace("verb 3", line), f"{OVPN}{line}", f"{line}\n{OVPN}"):
        error = refused(answer, OPENVPN)
        assert f"more than to connect ({line.split(maxsplit=1)[0].removeprefix('--')})" in error
        assert "pwned" not in error


# How a directive could hide from a reader that reads lines otherwise than OpenVPN does.
HIDING = [
    '"up" pwned',
    "'up' pwned",
    "u\\p pwned",
    "\\up pwned",
    "UP pwned",
    "[inline] up pwned",
    "</ca>",
    "<ca> x\nup pwned",
    '"<ca>"\nup pwned',
    "<up>\npwned\n</up>",
    "<connection>\nup pwned\n</connection>",
    "<connection>\n<foo>\n</connection>\nup pwned\n</foo>\n",
    "<foo>\n </foo> x\nup pwned\n</foo>",
    "<foo>\nup pwned",
    f"# {'x' * 300} up pwned",
    f"<foo>\n{'x' * 255}</foo>\nup pwned\n</foo>",
    "verb 3\x0bup pwned",
    "verb 3\x0cup pwned",
    "verb 3\rup pwned",
    "verb 3\u2028up pwned",
    "verb 3\u0085up pwned",
    "verb 3\xa0up pwned",
    "# \x00\nup pwned",
]


@pytest.mark.parametrize("lines", HIDING, ids=ascii)
def test_a_directive_cannot_hide(lines: str) -> None:
    for answer in (OVPN.replace("verb 3", lines), f"{OVPN}{lines}"):
        assert "pwned" not in refused(answer, OPENVPN)


# --- IKEv2


@pytest.mark.parametrize("field", ["uuid", "name", "type", "remote"])
@pytest.mark.parametrize("value", [None, "", 7, [], {}, {"addr": ""}, {"addr": 7}])
def test_what_a_strongswan_profile_needs(field: str, value: Any) -> None:
    assert f"lacks {field}" in refused({**PROFILE, field: value}, STRONGSWAN)
    assert f"lacks {field}" in refused(json.dumps({**PROFILE, field: value}), STRONGSWAN)


def test_a_profile_of_another_protocol_is_refused() -> None:
    assert "does not begin with ikev2-" in refused({**PROFILE, "type": "ikev1-psk"}, STRONGSWAN)


def test_a_profile_with_raw_line_breaks_is_passed_on_byte_for_byte() -> None:
    text = SSWAN.replace("AAAA", "AA\rAA")
    assert read(text, STRONGSWAN) == read(text.encode(), STRONGSWAN) == text.encode()


def test_only_the_number_and_the_spelling_of_a_profile_may_differ() -> None:
    again = json.dumps({**PROFILE, "uuid": "another"}, indent=4).encode()
    assert STRONGSWAN.same(SSWAN.encode(), again)
    assert not STRONGSWAN.same(SSWAN.encode(), json.dumps({**PROFILE, "name": "another"}).encode())
    assert not STRONGSWAN.same(b"what was there before", SSWAN.encode())
    assert not STRONGSWAN.same(b"[" * 100_000, SSWAN.encode())


# --- Diffs


SECRET_LOCAL = {"eap_id": "al", "id": "al@example.com", "p12": "canary/p12", "password": "canary/password"}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (AWG.replace(f"PrivateKey = {KEY}", "PrivateKey = canary"), ["Jc = 4", "PrivateKey = ********"]),
        (f"{WG.replace(KEY, 'x')}presharedkey=canary\n", ["presharedkey=********"]),
        (OVPN.replace("canary/ca\n", "MIIB\n").replace("0ddba11", "canary"), ["MIIB", "<key>\n********\n</key>"]),
        (OVPN.partition("</key>")[0].replace("canary/ca\n", "MIIB\n"), ["remote vpn.example.com 1194"]),
        (json.dumps({**PROFILE, "local": SECRET_LOCAL}), ['"eap_id": "al"', '"id": "al@example.com"']),
        (json.dumps({**PROFILE, "token": "canary"}), ['"name": "vpn.example.com"']),
        (f"before\n{pem('RSA PRIVATE KEY', 'canary')}after\n", ["before", "after"]),
        ("-----BEGIN PRIVATE KEY-----\ncanary", []),
    ],
    ids=["amneziawg", "preshared", "openvpn", "cut_openvpn", "ikev2", "ikev2_other", "pem", "cut_pem"],
)
def test_a_diff_shows_no_key(text: str, kept: list[str]) -> None:
    shown = show_text(text.encode())
    assert "canary" not in shown
    assert [part for part in kept if part not in shown] == []


@pytest.mark.parametrize("text", [SSWAN, "what was there before\n", "", "[" * 100_000])
def test_a_diff_shows_the_rest_as_it_is(text: str) -> None:
    assert show_text(text.encode()) == text


def test_a_diff_shows_the_checksum_of_a_picture_that_was_there_before() -> None:
    assert show_text(PICTURE_BYTES) == PICTURE.show(PICTURE_BYTES)
    assert show_text(PICTURE_BYTES).startswith("sha256 ")


# --- Protocols of a network


@pytest.mark.parametrize("protocol", ["wireguard", "amneziawg", "openvpn", "ikev2"])
@pytest.mark.parametrize(
    ("on", "off"),
    [
        (True, False),
        (1, 0),
        ("1", "0"),
        ("true", "False"),
        ("Enabled", "disabled"),
        ("on", "off"),
        ("enable", "disable"),
    ],
)
@pytest.mark.parametrize(
    "shape",
    [
        lambda name, flag: {name: flag},
        lambda name, flag: {name.upper(): flag},
        lambda name, flag: {f"{name}_enabled": flag},
        lambda name, flag: {f"enable_{name}": flag},
        lambda name, flag: {"protocols": {name: flag}},
        lambda name, flag: {"protocols": {name: {"enabled": flag, "port": 1}}},
        lambda name, flag: {name: {"enabled": flag, "ip": "10.0.0.1"}},
        lambda name, flag: {name: {"enable": flag}},
        lambda name, flag: {name: {"active": flag}},
        lambda name, flag: {name: {"port": 1}, "protocols": {name: flag}},
    ],
    ids=[
        "flat",
        "upper",
        "enabled_suffix",
        "enable_prefix",
        "map",
        "map_of_objects",
        "object",
        "enable",
        "active",
        "both",
    ],
)
def test_every_likely_form_of_a_flag(shape: Any, on: Any, off: Any, protocol: str) -> None:
    others = {"name": "Default", "description": "wireguard", "subnet_ipv4": "10.0.0.0/24"}
    assert is_offered({**others, **shape(protocol, on)}, protocol) is True
    assert is_offered({**others, **shape(protocol, off)}, protocol) is False
    another = "openvpn" if protocol != "openvpn" else "ikev2"
    assert is_offered({**others, **shape(another, off)}, protocol) is None


@pytest.mark.parametrize(
    ("network", "offered"),
    [
        ({"protocols": ["wireguard", "IKEv2"]}, True),
        ({"protocols": ["openvpn"]}, False),
        ({"protocols": []}, None),
        ({"protocols": ["something"]}, None),
        ({"protocols": ["openvpn", 7]}, None),
        ({"protocols": [{"name": "openvpn"}]}, None),
        ({"protocols": "openvpn"}, None),
        ({}, None),
        ({"wireguard": None}, None),
        ({"wireguard": "10.0.0.1"}, None),
        ({"wireguard": 2}, None),
        ({"wireguard": []}, None),
        ({"wireguard": {}}, None),
        ({"wireguard": {"port": 1}}, None),
        ({"wireguard": {"enabled": {"enabled": False}}}, None),
        ({"wireguard": {"enabled": True, "active": False}}, None),
        ({"wireguard": True, "protocols": ["openvpn"]}, None),
    ],
)
def test_a_network_that_says_nothing_or_both(network: dict[str, Any], offered: bool | None) -> None:
    assert is_offered(network, "wireguard") is offered


def test_a_protocol_that_is_off_is_named() -> None:
    with pytest.raises(PuqVpnError) as caught:
        require_protocol({"amneziawg": False}, "amneziawg", "Default", "alice")
    assert caught.value.code == "protocol_disabled"
    assert str(caught.value) == (
        'network "Default" of client alice does not offer AmneziaWG. Enable AmneziaWG in the panel under Networks, or '
        "choose another format."
    )
    require_protocol({"amneziawg": "perhaps"}, "amneziawg", "", "")


# --- Links


@pytest.mark.parametrize(
    "link",
    [
        "https://dev.puqvpncp.com/otl/0123456789abcdef",
        "http://192.168.131.11:8098/otl/0123abc",
        "https://[2001:db8::1]:8443/otl/abc",
        "HTTPS://VPN.example.com/panel/otl/abc-DEF_1.2~/",
        "http://vpn/otl/a=",
    ],
)
def test_a_link_is_accepted_as_it_is(link: str) -> None:
    assert as_one_time_link(link) == link


@pytest.mark.parametrize(
    "link",
    [
        *["", None, 7, "javascript:alert(1)//otl/x", "ftp://vpn/otl/x", "//vpn/otl/x", "/otl/x", "vpn/otl/x"],
        *["https:///otl/x", "https://vpn/otl/", "https://vpn/otl", "https://vpn/otl/x/y", "https://vpn/login?x=/otl/x"],
        *["https://vpn/otl/x?next=//evil", "https://vpn/otl/x#y", "https://u:p@vpn/otl/x", "https://vpn@evil/otl/x"],
        *["https://vpn/otl/x\n", "https://vpn/otl/x\r\ny", " https://vpn/otl/x", "https://vpn/otl/x y"],
        *["https://vpn/otl/\x1b[2J", "https://vpn/otl/\u202ex", "https://vpn/otl/<b>", "https://vp\u0131/otl/x"],
        *["See https://vpn/otl/x", "https://vpn/otl/x'; id", "https://vpn/otl/%0d", f"https://vpn/otl/{'x' * 1000}"],
        *["https://vpn:123456/otl/x", "https://vpn/../otl/x", "https://vpn/otl/.."],
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_anything_else_is_no_link(link: Any) -> None:
    with pytest.raises(ValueError, match="^(is|contains) "):
        as_one_time_link(link)
