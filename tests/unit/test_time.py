# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The times that a panel writes."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._time import age, days_until, parse_time

NOON = datetime(2026, 5, 12, 12, 0, 0, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    "text",
    [
        "2026-05-12T12:00:00Z",
        "2026-05-12t12:00:00z",
        "2026-05-12T12:00:00.159356394Z",
        "2026-05-12T14:00:00.159356394+02:00",
        "2026-05-12T05:30:00-06:30",
        "2026-05-12T14:00:00+0200",
        "2026-05-12 12:00:00",
        " 2026-05-12 12:00:00 Z ",
    ],
)
def test_a_time_in_any_form_is_the_same_time(text: str) -> None:
    assert parse_time(text) == NOON


def test_a_bare_date_is_its_midnight() -> None:
    assert parse_time("2026-05-12") == NOON - timedelta(hours=12)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "never",
        "2026-13-45T00:00:00Z",
        "2026-05-12T12:00Z",
        "2026-05-12T12:00:00Z and more",
        "0001-01-01T00:00:00+09:00",
        "9999-12-31T23:59:59-09:00",
        None,
        True,
        20260512,
        ["2026-05-12"],
        {},
    ],
)
def test_anything_else_is_no_time(text: object) -> None:
    assert (parse_time(text), days_until(text), age(text)) == (None, None, None)


@pytest.mark.parametrize(("hours", "days"), [(36, 1), (12, 0), (-12, -1), (-36, -2)])
def test_days_are_whole_and_rounded_down(hours: int, days: int) -> None:
    moment = datetime.now(timezone.utc) + timedelta(hours=hours)
    assert days_until(moment.isoformat()) == days


def test_the_age_of_a_time_grows() -> None:
    moment = datetime.now(timezone.utc) - timedelta(hours=3)
    assert timedelta(hours=3) <= (age(moment.isoformat()) or timedelta()) < timedelta(hours=4)
