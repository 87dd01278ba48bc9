# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is left out, what is hidden, and what stays readable."""

from __future__ import annotations

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._secrets import (
    HIDDEN,
    Redactor,
    hide_secrets,
    mask_texts,
    secret_values,
    without_secrets,
)

ACCOUNT = {
    "name": "stat",
    "username": "enable",
    "password": "enable",
    "private_key": "cHJpdmF0ZQ==",
    "public_key": "cHVibGlj",
    "status": "enable",
}


def test_fields_that_hold_secrets_are_left_out_and_the_rest_is_intact() -> None:
    assert without_secrets({"accounts": [ACCOUNT]}) == {
        "accounts": [{"name": "stat", "username": "enable", "public_key": "cHVibGlj", "status": "enable"}]
    }


def test_every_secret_of_the_contract_is_left_out() -> None:
    secrets = {
        "ca_key": "a",
        "server_key": "b",
        "ftp_password": "c",
        "influxdb_token": "d",
        "key": "e",
        "preshared_key": "f",
        "Password": "g",
    }
    assert without_secrets({**secrets, "ftp_user": "u", "ca_cert": "PEM"}) == {"ftp_user": "u", "ca_cert": "PEM"}


def test_a_private_key_is_left_out_under_any_name() -> None:
    text = "-----BEGIN RSA PRIVATE KEY-----\nMII\n"
    assert without_secrets({"unheard_of": text, "conf": "[Interface]\n\tPrivateKey = x", "note": "kept"}) == {
        "note": "kept"
    }


def test_one_time_links_lose_the_secret_that_they_are_keyed_by() -> None:
    links = {"olts": {"c0ffee": {"account": "alice", "key": "c0ffee", "lifetime": "2026-12-01"}}}
    assert without_secrets(links) == {"olts": [{"account": "alice", "lifetime": "2026-12-01"}]}


def test_hidden_secrets_keep_their_place() -> None:
    assert hide_secrets({"data": {"password": "x", "status": "enable"}}) == {
        "data": {"password": HIDDEN, "status": "enable"}
    }


def test_secret_values_are_found_in_any_depth() -> None:
    assert secret_values({"a": [ACCOUNT], "token": 123}) == ["enable", "cHJpdmF0ZQ==", "123"]


def test_texts_lose_secrets_in_every_encoding() -> None:
    redact = Redactor(["p+ss/word="])
    assert redact("got p+ss/word= and p%2Bss%2Fword%3D") == f"got {HIDDEN} and {HIDDEN}"


def test_a_short_secret_does_not_tear_words_apart() -> None:
    assert Redactor(["stat"])("status of stat is wrong") == f"status of {HIDDEN} is wrong"


def test_a_redactor_knows_its_secrets() -> None:
    redact = Redactor(["first", ""])
    assert redact("first") == HIDDEN
    redact.add(["second", "first"])
    assert redact.secrets == ["first", "second"]
    assert redact("first second third") == f"{HIDDEN} {HIDDEN} third"


def test_a_text_is_masked_wherever_it_occurs() -> None:
    value = {"key": ["a key", {"b": "keykey"}], "number": 1234, "flag": True, "nothing": None, "name": "kept"}
    assert mask_texts(value, ["key", "23", "", "a key", "True"]) == {
        "key": [HIDDEN, {"b": HIDDEN * 2}],
        "number": HIDDEN,
        "flag": True,
        "nothing": None,
        "name": "kept",
    }
    assert mask_texts(value, []) == value
