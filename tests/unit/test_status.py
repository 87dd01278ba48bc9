# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The work of puqvpn_status."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._envelope import Reply
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import OptionError, PuqVpnError
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._module.status import status
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._panel.status import summarize_status
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import Connect
from simulator import Simulator

OPTIONS: dict[str, Any] = {
    "wait": False,
    "wait_timeout": 300,
    "min_version": None,
    "require_license": False,
    "min_license_days": None,
    "min_free_accounts": None,
}


def run(client: Any, **options: Any) -> dict[str, Any]:
    return status({**OPTIONS, **options}, client)


def test_one_get_on_one_connection(any_panel: Simulator, connect: Connect) -> None:
    result = run(connect(any_panel))
    assert any_panel.counts() == {"GET system/status": 1}
    assert any_panel.connections == 1
    assert result["changed"] is False
    assert result["ansible_facts"] == {"puqvpn": result["status"]}


@pytest.mark.parametrize("numbers", ["documented", "strings", "numbers"])
@pytest.mark.parametrize("ready_text", ["OK", "ok"])
@pytest.mark.parametrize("status_word", ["success", "SUCCESS"])
def test_every_form_of_the_answer_gives_the_same_status(
    any_panel: Simulator, connect: Connect, numbers: str, ready_text: str, status_word: str
) -> None:
    any_panel.options.set(numbers=numbers, ready_text=ready_text, status_word=status_word)
    status = run(connect(any_panel))["status"]
    assert status["generation"] == any_panel.generation
    assert status["url"] == any_panel.url
    assert status["ready"] is True
    assert status["license_valid"] is True
    slots = any_panel.options.licence_slots
    assert (status["accounts_used"], status["accounts_limit"], status["accounts_free"]) == (0, slots, slots)


def test_the_limit_counts_slots_and_not_what_is_left(panel: Simulator, connect: Connect) -> None:
    panel.options.set(licence_slots=3)
    client = connect(panel)
    client.write("POST", "account", {"name": "a", "wg_name": "Default", "allowed_IPs": "10.0.0.5"})
    status = run(client)["status"]
    assert (status["accounts_used"], status["accounts_limit"], status["accounts_free"]) == (1, 3, 2)
    assert status["wireguard_servers"] == 1


def test_a_panel_that_is_not_ready_is_reported_and_is_no_failure(any_panel: Simulator, connect: Connect) -> None:
    any_panel.busy(text="Loading (Rules)")
    status = run(connect(any_panel))["status"]
    assert (status["ready"], status["state"]) == (False, "Loading (Rules)")


def test_waiting_ends_when_the_panel_is_ready(any_panel: Simulator, connect: Connect) -> None:
    any_panel.busy(requests=3)
    assert run(connect(any_panel), wait=True)["status"]["ready"] is True
    assert any_panel.counts() == {"GET system/status": 4}


def test_waiting_too_long_fails_with_the_panels_text(any_panel: Simulator, connect: Connect) -> None:
    any_panel.busy(text="Loading (Rules)")
    with pytest.raises(PuqVpnError, match=r"Loading \(Rules\)") as caught:
        run(connect(any_panel), wait=True, wait_timeout=0)
    assert caught.value.code == "panel_busy"


def test_requirements_that_are_met(any_panel: Simulator, connect: Connect) -> None:
    any_panel.options.set(version="2.10.0")
    result = run(connect(any_panel), min_version="2.9", require_license=True, min_license_days=0, min_free_accounts=50)
    assert "violations" not in result


def test_every_requirement_that_is_not_met_is_reported_at_once(any_panel: Simulator, connect: Connect) -> None:
    any_panel.options.set(version="1.10", licence_slots=5)
    with pytest.raises(PuqVpnError) as caught:
        run(connect(any_panel), min_version="1.11", min_license_days=99999, min_free_accounts=6)
    error = caught.value
    assert error.code == "requirements_not_met"
    assert len(error.details["violations"]) == 3
    assert all(violation in str(error) for violation in error.details["violations"])
    assert error.details["status"]["accounts_free"] == 5


def test_a_version_that_is_none_is_refused_before_anything_is_sent(panel: Simulator, connect: Connect) -> None:
    with pytest.raises(OptionError, match="min_version is abc, which is not a version"):
        run(connect(panel), min_version="abc")
    assert panel.connections == 0


def summary(**payload: Any) -> dict[str, Any]:
    return summarize_status(Reply(payload, 200, 1), "https://vpn.example.com")


def test_what_a_panel_does_not_tell_is_none() -> None:
    status = summary(status="OK")
    assert status["ready"] is True
    assert [name for name, value in status.items() if value is None] == [
        "version",
        "license_valid",
        "license_expires",
        "license_days_left",
        "accounts_used",
        "accounts_limit",
        "accounts_free",
        "wireguard_servers",
    ]


@pytest.mark.parametrize(
    "form", ["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.123456789+00:00", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S+0000"]
)
def test_days_left_are_whole_days_in_every_form_of_a_date(form: str) -> None:
    moment = datetime.now(timezone.utc) + timedelta(days=10, hours=12)
    assert summary(license=moment.strftime(form))["license_days_left"] == 10


def test_days_left_respect_the_zone() -> None:
    moment = datetime.now(timezone.utc) + timedelta(hours=3)
    assert summary(license=moment.strftime("%Y-%m-%dT%H:%M:%S+05:00"))["license_days_left"] == -1
    assert summary(license=moment.strftime("%Y-%m-%dT%H:%M:%S-05:00"))["license_days_left"] == 0


@pytest.mark.parametrize("text", ["", "never", "2026-13-45T00:00:00Z", "0001-01-01T00:00:00+09:00", None])
def test_a_date_that_is_none_leaves_the_days_open(text: Any) -> None:
    assert summary(license=text)["license_days_left"] is None


@pytest.mark.parametrize(
    ("days", "sentence"),
    [
        (None, "the license expiry date is unknown, and min_license_days is 30"),
        (2.5, "2 days are left until its license ends, and min_license_days is 30"),
        (1.5, "1 day is left until its license ends, and min_license_days is 30"),
        (0.5, "0 days are left until its license ends, and min_license_days is 30"),
        (-0.5, "its license ended less than a day ago, and min_license_days is 30"),
        (-1.5, "its license ended 1 day ago, and min_license_days is 30"),
        (-3, "its license ended 3 days ago, and min_license_days is 30"),
    ],
)
def test_how_long_a_license_is_still_valid_is_said_in_words(
    panel: Simulator, connect: Connect, days: float | None, sentence: str
) -> None:
    expires = None if days is None else (datetime.now(timezone.utc) + timedelta(days=days)).isoformat()
    panel.fault("wrong_type", msg={"status": "OK", "license": expires})
    with pytest.raises(PuqVpnError) as caught:
        run(connect(panel), min_license_days=30)
    assert caught.value.details["violations"] == [sentence]
    # That request did not fail.
    assert str(caught.value) == f"{panel.url}: the panel does not meet the requirements: {sentence}."


@pytest.mark.parametrize(
    ("used", "limit", "sentence"),
    [
        (5, 5, "0 accounts are free"),
        (9, 5, "0 accounts are free"),
        (4, 5, "1 account is free"),
        (3, 5, "2 accounts are free"),
        (None, 5, "the number of free accounts is unknown"),
    ],
)
def test_how_many_accounts_are_free_is_said_in_words(
    panel: Simulator, connect: Connect, used: int | None, limit: int, sentence: str
) -> None:
    panel.fault("wrong_type", msg={"status": "OK", "count_accounts": used, "count_accounts_available": limit})
    with pytest.raises(PuqVpnError) as caught:
        run(connect(panel), min_free_accounts=10)
    assert caught.value.details["violations"] == [f"{sentence}, and min_free_accounts is 10"]


ANYTHING: list[Any] = [None, True, "many", "1.5", "-1", -1, 1.5, 10**400, "9" * 18, [1], {"a": 1}, "a\n\x1b[2J\u2028"]


@pytest.mark.parametrize("value", ANYTHING, ids=lambda value: ascii(value)[:20])
@pytest.mark.parametrize(
    "field", ["count_accounts", "count_accounts_available", "count_wireguard", "license", "license_valid", "version"]
)
def test_what_is_no_such_value_is_none_and_breaks_nothing(field: str, value: Any) -> None:
    payload = {"status": "OK", "count_accounts": 1, "count_accounts_available": "5", "count_wireguard": 1}
    status = summary(**{**payload, field: value})
    for name in ("accounts_used", "accounts_limit", "accounts_free", "wireguard_servers"):
        assert status[name] is None or (
            isinstance(status[name], int) and not isinstance(status[name], bool) and status[name] >= 0
        )
    for name in ("version", "license_expires", "state"):
        assert status[name] is None or (isinstance(status[name], str) and status[name].isprintable())


def test_a_status_that_is_no_object_is_reported(panel: Simulator, connect: Connect) -> None:
    panel.fault("wrong_type", msg=["OK"])
    with pytest.raises(PuqVpnError, match="the status is no object") as caught:
        run(connect(panel))
    assert caught.value.code == "answer_wrong_type"
