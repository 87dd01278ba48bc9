# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dates that YAML and Jinja make of what a playbook does not quote."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._dates import dates_as_text
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._panel_role import panel_config

PEOPLE = {
    "accounts": [
        {"name": 'it\'s "bob"', "expires": date(2027, 1, 31), "b_download": 5, "password": None},
        {"name": "a", "expires": datetime(2027, 1, 31, 18, tzinfo=timezone(timedelta(hours=1)))},
        {"name": "b", "expires": datetime(2027, 1, 31, 18, 0, 0, 5, tzinfo=timezone(-timedelta(hours=9, minutes=30)))},
        {"name": "c", "expires": datetime(2027, 1, 31, 18, tzinfo=timezone.utc)},
        {"name": "d", "expires": datetime(2027, 1, 31, 18)},
    ],
    "purge": True,
}
TEXTS = [
    "2027-01-31",
    "2027-01-31T18:00:00+01:00",
    "2027-01-31T18:00:00.000005-09:30",
    "2027-01-31T18:00:00+00:00",
    "2027-01-31T18:00:00",
]


@pytest.mark.parametrize("given", [PEOPLE, str(PEOPLE), {**PEOPLE, "accounts": str(PEOPLE["accounts"])}])
def test_dates_are_iso_texts_wherever_they_are(given: Any) -> None:
    found = dates_as_text(given)
    assert [account["expires"] for account in found["accounts"]] == TEXTS
    assert found["accounts"][0]["name"] == 'it\'s "bob"'
    assert (found["accounts"][0]["b_download"], found["accounts"][0]["password"], found["purge"]) == (5, None, True)


@pytest.mark.parametrize(
    "text",
    [
        "[datetime.date.today()]",
        "[datetime.date(2027, 13, 1)]",
        "[datetime.date(2027)]",
        "[datetime.date(*[2027, 1, 31])]",
        "[datetime.date(**{'year': 2027})]",
        "[datetime.datetime.now()]",
        "[datetime.datetime(2027, 1, 31, tzinfo=__import__('os'))]",
        "[datetime.date(2027, 1, 31), __import__('os').system('touch pwned')]",
        "{**{'a': datetime.date(2027, 1, 31)}}",
        "{[]: datetime.date(2027, 1, 31)}",
        "[datetime.date(2027, 1, 31)",
        "[datetime.date(2027, 1, 31)] or [1]",
        "[datetime.timedelta(days=10 ** 100)]  # datetime.date",
        "[" * 5000 + "datetime.date(2027, 1, 31)" + "]" * 5000,
        "[1, 2]",
        "{{ datetime.date }}",
        "datetime.date(2027, 1, 31)",
    ],
)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert dates_as_text({"a": [text]}) == {"a": [text]}


def test_the_sections_of_a_panel_keep_their_dates() -> None:
    secrets = {"accounts": {"a": {"password": "x"}}}
    sections = {"accounts": PEOPLE["accounts"], "dns": {"max_cache_ttl": 60}}
    found = panel_config(sections, secrets)
    assert [account["expires"] for account in found["accounts"]] == TEXTS
    assert found["accounts"][1] == {"name": "a", "expires": TEXTS[1], "password": "x"}
    assert panel_config({**sections, "accounts": str(PEOPLE["accounts"])}, secrets) == found
