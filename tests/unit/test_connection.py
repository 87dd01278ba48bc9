# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The connection options: what is accepted, and the sentence that a wrong one gets."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._connection import Connection
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import OptionError
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import DEFAULTS

OPTIONS = {**DEFAULTS, "url": "https://vpn.example.com", "access_hash": "0" * 80}


def connection(**overrides: Any) -> Connection:
    return Connection.from_options({**OPTIONS, **overrides})


@pytest.mark.parametrize(
    ("url", "root"),
    [
        ("https://vpn.example.com", "https://vpn.example.com"),
        ("https://vpn.example.com/", "https://vpn.example.com"),
        ("https://VPN.example.com/api/v1", "https://vpn.example.com"),
        ("https://vpn.example.com/api/v1/", "https://vpn.example.com"),
        ("http://192.0.2.10:8098", "http://192.0.2.10:8098"),
        ("http://[2001:db8::1]:8098/", "http://[2001:db8::1]:8098"),
        ("https://example.com/panel/api/v1", "https://example.com/panel"),
    ],
)
def test_every_spelling_of_the_root_is_accepted(url: str, root: str) -> None:
    assert connection(url=url).url_of("system/status") == f"{root}/api/v1/system/status"


@pytest.mark.parametrize(
    "url",
    ["vpn.example.com", "ftp://vpn.example.com", "https://", "https://vpn.example.com:port", "https://a b", "//x"],
)
def test_a_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(OptionError, match="url is not the http or https URL of a panel"):
        connection(url=url)


@pytest.mark.parametrize("url", ["https://me:secret@vpn.example.com", "https://vpn.example.com/?a=1", "https://h/#f"])
def test_a_url_with_more_than_a_root_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(OptionError, match="url must not contain") as caught:
        connection(url=url)
    assert "secret" not in str(caught.value)


def test_the_credential_decides_the_generation() -> None:
    assert connection().generation == 1
    assert connection(access_hash=None, token="abcdef").generation == 2


def test_both_credentials_are_refused_and_the_environment_is_named() -> None:
    with pytest.raises(OptionError, match="access_hash and token are both set") as caught:
        connection(token="abcdef")
    assert "PUQVPN_TOKEN" in str(caught.value)


@pytest.mark.parametrize("empty", [None, ""])
def test_no_credential_is_refused_and_says_where_it_is_made(empty: str | None) -> None:
    with pytest.raises(OptionError, match="No credential is set.*access_hash for a 1.x.*token for a 2.x"):
        connection(access_hash=empty, token=empty)


@pytest.mark.parametrize("character", ["\n", "\r", "\t", " ", ";", ",", "\x00", "\x7f", "é"])
def test_a_credential_that_could_change_the_request_is_refused(character: str) -> None:
    with pytest.raises(OptionError, match="access_hash contains a character") as caught:
        connection(access_hash=f"canary{character}x")
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    "overrides",
    [{"timeout": 0.0}, {"timeout": float("nan")}, {"timeout": float("inf")}, {"retries": -1}, {"busy_timeout": -1}],
)
def test_numbers_that_make_no_sense_are_refused_by_name(overrides: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match=next(iter(overrides))):
        connection(**overrides)


@pytest.mark.parametrize(
    ("url", "cleartext"),
    [
        ("http://192.0.2.10:8098", True),
        ("http://vpn.example.com", True),
        ("https://vpn.example.com", False),
        ("http://127.0.0.1:8098", False),
        ("http://localhost:8098", False),
        ("http://[::1]:8098", False),
    ],
)
def test_cleartext_is_plain_http_beyond_loopback(url: str, cleartext: bool) -> None:
    assert connection(url=url).is_cleartext is cleartext
