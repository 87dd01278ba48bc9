# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Paths that a user writes: encoded, and never able to leave the API."""

from __future__ import annotations

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._endpoints import answers_secret, api_path, writes_by_get
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import OptionError


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ("system/status", "system/status"),
        ("/system/status", "system/status"),
        ("/api/v1/system/status", "system/status"),
        ("api/v1/system/status", "system/status"),
        ("ikev2/", "ikev2/"),
        ("account/a b", "account/a%20b"),
        ("account/ünï", "account/%C3%BCn%C3%AF"),
        ("account/a%2Fb", "account/a%2Fb"),
        ("account/100%", "account/100%25"),
        ("account/v1.x", "account/v1.x"),
    ],
)
def test_a_path_is_made_relative_and_encoded_once(written: str, path: str) -> None:
    assert api_path(written) == path


@pytest.mark.parametrize(
    "written",
    [
        "../x",
        "account/../../login",
        "account/..",
        "account/%2e%2e/x",
        "account/%2E%2E%2Fx",
        "account/..%5cx",
        "account/./x",
        "https://evil.example.com/api/v1/account",
        "//evil.example.com/account",
        "\\\\evil.example.com\\account",
        "account/a?x=1",
        "account/a#x",
        "account/a\nb",
        "account//a",
        "",
        "/",
        "/api/v1",
    ],
)
def test_a_path_that_could_lead_elsewhere_is_refused(written: str) -> None:
    with pytest.raises(OptionError, match="^probe "):
        api_path(written, "probe")


def test_gets_that_write_are_known() -> None:
    assert writes_by_get("GET", "account/alice/otl")
    assert writes_by_get("GET", "wireguard/Default/set_bandwidth")
    assert not writes_by_get("GET", "account/alice")
    assert not writes_by_get("GET", "otl/list")
    assert not writes_by_get("PUT", "wireguard/Default/set_bandwidth")


@pytest.mark.parametrize(
    "path",
    [
        "account/a/config_text",
        "account/a/config_qr",
        "account/a/ikev2_profile",
        "account/a/otl",
        "backups/x.zip",
        "client/a/config/text",
        "client/a/amneziawg/qr",
        "client/a/openvpn/profile",
        "client/a/otl",
    ],
)
def test_answers_that_are_secret_as_a_whole_are_known(path: str) -> None:
    assert answers_secret(path)


@pytest.mark.parametrize("path", ["account/a", "backups", "backups/config", "otl/list", "system/status"])
def test_other_answers_are_not_secret_as_a_whole(path: str) -> None:
    assert not answers_secret(path)
