# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an answer means, byte by byte."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._envelope import Reply, open_envelope
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import ExchangeError, PuqVpnError, RefusedError
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._transport.session import Answer, retry_after


def answer(body: Any, status: int = 200, **headers: str) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, content)


@pytest.mark.parametrize("word", ["success", "SUCCESS", " Success "])
@pytest.mark.parametrize("status", [200, 400, 503])
def test_generation_1_succeeds_by_its_word_alone(word: str, status: int) -> None:
    reply = open_envelope(answer({"error": "", "msg": {"a": 1}, "status": word}, status), 1)
    assert reply == Reply({"a": 1}, status, 1)


@pytest.mark.parametrize("word", ["OK", "ok", " Ok"])
@pytest.mark.parametrize("status", [200, 400, 503])
def test_generation_2_succeeds_by_its_word_alone(word: str, status: int) -> None:
    assert open_envelope(answer({"result": word, "data": [1]}, status), 2) == Reply([1], status, 2)


def test_generation_2_may_leave_out_data_and_even_the_envelope() -> None:
    assert open_envelope(answer({"result": "OK"}), 2).payload is None
    assert open_envelope(answer([{"name": "a"}]), 2).payload == [{"name": "a"}]


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ({"error": "- Account not found", "msg": "", "status": "error"}, "Account not found"),
        ({"error": "Wrong name", "status": "ERROR"}, "Wrong name"),
        ({"error": "half done", "msg": {}, "status": "success"}, "half done"),
        ({"msg": "only here", "status": "error"}, "only here"),
    ],
)
def test_generation_1_refuses_with_its_text(document: Any, text: str) -> None:
    with pytest.raises(RefusedError) as caught:
        open_envelope(answer(document), 1)
    assert caught.value.panel_error == text


def test_a_text_of_the_panel_stays_a_part_of_one_line() -> None:
    with pytest.raises(RefusedError) as caught:
        open_envelope(answer({"error": "first\nsecond\x1b[31m" + "x" * 9999, "status": "error"}), 1)
    assert caught.value.panel_error.startswith("first second [31mxxx")
    assert len(caught.value.panel_error) == 500


def test_generation_2_refuses_with_its_text_and_every_field() -> None:
    document = {"result": "ERROR", "message": "invalid", "errors": {"ipv4": "taken", "name": "too long"}}
    with pytest.raises(RefusedError) as caught:
        open_envelope(answer(document, 422), 2)
    assert caught.value.panel_error == "invalid; ipv4: taken; name: too long"


@pytest.mark.parametrize(
    ("errors", "text", "code"),
    [
        ({"ipv4": "IP address already in use"}, "ipv4: IP address already in use", "already_exists"),
        ({"a": "wrong", "b": ["x", "y"]}, "a: wrong; b: x, y", "panel_refused"),
        ({}, "no reason given", "panel_refused"),
        (["x"], "no reason given", "panel_refused"),
    ],
)
def test_generation_2_may_refuse_without_a_text(errors: Any, text: str, code: str) -> None:
    with pytest.raises(RefusedError) as caught:
        open_envelope(answer({"result": "ERROR", "message": "", "errors": errors}), 2)
    assert (caught.value.panel_error, caught.value.code) == (text, code)


@pytest.mark.parametrize(
    ("text", "status", "code"),
    [
        ("Loading networks", 200, "panel_busy"),
        ("Error loading the certificate", 200, "panel_refused"),
        ("Permission denied", 200, "permission_denied"),
        ("You may not do that", 403, "permission_denied"),
        ("Network not found", 404, "not_found"),
        ("Client bob does not exist", 200, "not_found"),
        ("The panel is loading", 200, "panel_busy"),
        ("VPN client limit exceeded", 200, "license_limit"),
    ],
)
def test_texts_of_generation_2_are_classified(text: str, status: int, code: str) -> None:
    with pytest.raises(RefusedError) as caught:
        open_envelope(answer({"result": "ERROR", "message": text}, status), 2)
    assert caught.value.code == code


def test_a_2x_panel_may_answer_a_write_without_content() -> None:
    assert open_envelope(answer(b"", 204), 2) == Reply(None, 204, 2)
    for status, generation in ((200, 2), (204, 1)):
        with pytest.raises(ExchangeError) as caught:
            open_envelope(answer(b"", status), generation)
        assert caught.value.code == "answer_empty"


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({"message": "Client not found"}, "not_found"),
        ({"error": "network nowhere does not exist"}, "not_found"),
        ({"error": "Not Found"}, "unknown_operation"),
        ({"detail": "no route"}, "unknown_operation"),
    ],
)
def test_a_2x_panel_may_refuse_an_object_without_an_envelope(document: Any, code: str) -> None:
    with pytest.raises(PuqVpnError) as caught:
        open_envelope(answer(document, 404), 2)
    assert caught.value.code == code


def test_a_configuration_is_no_json() -> None:
    text = b"\t[Interface]\n\tAddress = 10.0.0.2/24\n"
    assert open_envelope(answer(text), 2, raw=True).content == text
    with pytest.raises(ExchangeError) as caught:
        open_envelope(answer(b'["a", '), 2, raw=True)
    assert caught.value.code == "answer_truncated"


@pytest.mark.parametrize(
    ("text", "code", "hint"),
    [
        ("Wireguard server not found", "not_found", "create it first"),
        ("Wireguard server not valid", "panel_refused", "create it first"),
        ("Entered incorrect peer", "panel_refused", "same WireGuard server"),
        ("DstPort cannot be ListenPort", "panel_refused", "choose another one"),
        ("The IP address is not within the range of the wireguard server", "panel_refused", "a free one"),
        ("InfluxDB Telegraf not installed", "panel_refused", "Install Telegraf"),
    ],
)
def test_known_texts_say_what_to_do(text: str, code: str, hint: str) -> None:
    with pytest.raises(RefusedError) as caught:
        open_envelope(answer({"error": text, "msg": "", "status": "error"}), 1)
    assert caught.value.code == code
    assert hint in str(caught.value)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("not authorized", "not_authorized"),
        ("The license is not active", "license_inactive"),
        ("PUQVPNCP  status not OK", "panel_busy"),
        ("Loading (Wireguard delete old interfaces)", "panel_busy"),
        ("VPN account limit exceeded", "license_limit"),
        ("Account not found", "not_found"),
        ("There is no such port forwarding", "not_found"),
        ("The name is already in use", "already_exists"),
        ("Wrong IP format", "panel_refused"),
    ],
)
def test_known_texts_have_stable_codes(text: str, code: str) -> None:
    with pytest.raises(RefusedError) as caught:
        open_envelope(answer({"error": text, "msg": "", "status": "error"}), 1)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("content", "status", "headers", "code"),
    [
        (b"", 200, {}, "answer_empty"),
        (b" \n", 200, {}, "answer_empty"),
        (b"", 502, {}, "unavailable"),
        (b"", 503, {"Content_Type": "application/json"}, "unavailable"),
        (b"oops", 504, {"Content_Type": "application/json"}, "unavailable"),
        (b'{"error": "\xff"}', 504, {}, "unavailable"),
        (b"[1, 2]", 503, {}, "unavailable"),
        (b"", 404, {}, "unknown_operation"),
        (b'{"a": NaN}', 200, {}, "answer_not_json"),
        (b'{"a": -Infinity}', 200, {}, "answer_not_json"),
        (b'{"a": 1e999}', 200, {}, "answer_not_json"),
        (b'{"a": ' + b"9" * 5000 + b"}", 200, {}, "answer_not_json"),
        (b'{"error": "", "error": "", "msg": 1, "status": "success"}', 200, {}, "answer_not_json"),
        (b'{"error": "", "msg": {"a": 1, "a": 2}, "status": "success"}', 200, {}, "answer_not_json"),
        (b'{"error": "", "msg": "\\ud800", "status": "success"}', 200, {}, "answer_not_utf8"),
        (b'{"error": "", "msg": {"\\uDfff": 1}, "status": "success"}', 200, {}, "answer_not_utf8"),
        (b'{"error": "", "msg": ' + b"[" * 900 + b"]" * 900 + b', "status": "success"}', 200, {}, "answer_wrong_type"),
        (
            b'{"error": "", "msg": ' + b'{"a":' * 70 + b"1" + b"}" * 70 + b', "status": "success"}',
            200,
            {},
            "answer_wrong_type",
        ),
        ('{"error": ""}'.encode("utf-16"), 200, {"Content_Type": "application/json"}, "answer_not_utf8"),
        (b"<html>Log in</html>", 200, {"Content_Type": "text/html"}, "answer_is_html"),
        (b"hello", 200, {}, "answer_not_json"),
        (b'{"error": "", "msg": {"a"', 200, {}, "answer_truncated"),
        (b'{"error": "\xff"}', 200, {}, "answer_not_utf8"),
        (b"[1, 2]", 200, {}, "answer_wrong_type"),
        (b"42", 200, {"Content_Type": "application/json"}, "answer_wrong_type"),
        (b'{"hello": 1}', 200, {}, "answer_wrong_type"),
        (b"[" * 100_000, 200, {}, "answer_wrong_type"),
        (b"<html>", 404, {}, "unknown_operation"),
        (b"<html>", 502, {}, "unavailable"),
        (b"slow down", 429, {}, "rate_limited"),
        (b"<html>", 500, {}, "http_error"),
        (b"<html>", 401, {}, "not_authorized"),
        (b'{"error": "unauthorized"}', 401, {}, "not_authorized"),
        (b"Client sent an HTTP request to an HTTPS server.\n", 400, {}, "tls_expected"),
    ],
)
def test_what_is_no_envelope_has_an_error_of_its_own(content: bytes, status: int, headers: Any, code: str) -> None:
    with pytest.raises(ExchangeError) as caught:
        open_envelope(answer(content, status, **headers), 1)
    assert caught.value.code == code
    assert caught.value.hint
    assert caught.value.http_status == status


@pytest.mark.parametrize("spoken", [1, 2])
def test_the_other_generation_names_the_right_option(spoken: int) -> None:
    document = {"result": "ERROR", "message": "?"} if spoken == 2 else {"error": "?", "msg": "", "status": "error"}
    right, wrong = ("token", "access_hash") if spoken == 2 else ("access_hash", "token")
    with pytest.raises(PuqVpnError) as caught:
        open_envelope(answer(document), 3 - spoken)
    assert caught.value.code == "wrong_generation"
    assert f"Set {right} instead of {wrong}" in str(caught.value)


def test_an_archive_is_welcome_only_where_one_is_asked_for() -> None:
    archive = answer(b"PK\x03\x04\xff\xfe", 200, Content_Type="application/zip")
    assert open_envelope(archive, 1, raw=True).content == archive.content
    with pytest.raises(ExchangeError):
        open_envelope(archive, 1)
    with pytest.raises(ExchangeError, match="web page"):
        open_envelope(answer(b"<!DOCTYPE html>", 200), 1, raw=True)


def test_retry_after_is_read_in_both_forms() -> None:
    assert retry_after({"Retry-After": "7"}) == 7.0
    assert retry_after({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0.0
    assert retry_after({"Retry-After": "soon"}) is None
    assert retry_after({}) is None


@pytest.mark.parametrize(
    ("content", "payload"),
    [
        (b'\xef\xbb\xbf{"error": "", "msg": 1, "status": "success"}', 1),
        (b'{"error": "", "msg": "\\ud83d\\ude00", "status": "success"}', "\U0001f600"),
        (b'{"error": "", "msg": ' + b"[" * 40 + b"]" * 40 + b', "status": "success"}', None),
    ],
)
def test_unusual_json_that_is_whole_is_read(content: bytes, payload: Any) -> None:
    reply = open_envelope(answer(content), 1)
    assert payload is None or reply.payload == payload
