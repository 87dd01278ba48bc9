# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values are compared by what they mean."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._compare import (
    MISSING,
    as_panel_types,
    differences,
    same,
)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (11, "11"),
        ("11", 11),
        (7.462, "7.462"),
        (True, "1"),
        (True, 1),
        ("yes", True),
        (False, "no"),
        (False, "false"),
        ("10.0.26.2", "10.0.26.2/32"),
        ("2001:db8::1", "2001:0DB8:0:0:0:0:0:1"),
        ("2001:db8::1/128", "2001:db8::1"),
        ("key= ", "key="),
        (["10.0.0.0/8", "192.168.0.0/16"], "10.0.0.0/8, 192.168.0.0/16"),
        ([], ""),
        ({"a": {"b": 1}}, {"a": {"b": "1", "c": 2}}),
        ("enable", "Enable"),
        ("DISABLE", "disable"),
        (["enable"], "Enable"),
        ({"status": "enable"}, {"status": "Enable"}),
    ],
)
def test_the_same_in_another_form(wanted: Any, found: Any) -> None:
    assert same(wanted, found)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("1.10", "1.1"),
        ("007", "7"),
        (11, "12"),
        (True, "2"),
        (True, "enable"),
        (False, ""),
        (0, ""),
        (None, ""),
        ("10.0.26.2/24", "10.0.26.2/32"),
        ("Alice", "alice"),
        ("enable", "disable"),
        ("enable", "Enabled"),
        ({"name": "enable"}, {"name": "Enable"}),
        ({"network_name": "enable"}, {"network_name": "Enable"}),
        ({"names": ["enable"]}, {"names": ["Enable"]}),
        ({"password": "enable"}, {"password": "Enable"}),
        (["a", "b"], ["b", "a"]),
        (["a"], {"a": 1}),
        ({"a": 1}, {"b": 1}),
        ({"a": 1}, "a"),
    ],
)
def test_not_the_same(wanted: Any, found: Any) -> None:
    assert not same(wanted, found)


def test_differences_name_the_field_and_leave_the_rest_alone() -> None:
    wanted = {"a": 1, "b": {"c": 2, "d": 3}, "gone": 4}
    found = {"a": "1", "b": {"c": 2, "d": 9, "more": 0}, "extra": 5}
    assert list(differences(wanted, found)) == [("b.d", 3, 9), ("gone", 4, MISSING)]


@pytest.mark.parametrize(
    ("given", "held", "expected"),
    [
        ("100", 7, 100),
        ("-1", 7, -1),
        ("0", 7, 0),
        ("7.5", 7, 7.5),
        ("100", 7.5, 100),
        ("True", False, True),
        ("false", True, False),
        ("1", False, True),
        ("no", True, False),
        ({"a": {"b": "5"}, "c": "6"}, {"a": {"b": 1}, "c": "1"}, {"a": {"b": 5}, "c": "6"}),
        (["1", "2", "3"], [9, 8], [1, 2, 3]),
        ([{"port": "1"}, {"port": "2"}], [{"port": 9}], [{"port": 1}, {"port": 2}]),
        ({"port": ["5"]}, {"port": [1]}, {"port": [5]}),
    ],
)
def test_a_text_takes_the_type_that_the_panel_shows(given: Any, held: Any, expected: Any) -> None:
    found = as_panel_types(given, held)
    # To Python, 1 and True are the same.
    assert repr(found) == repr(expected)


@pytest.mark.parametrize(
    ("given", "held"),
    [
        ("0100", 7),
        ("+5", 7),
        (" 5", 7),
        ("1.50", 7),
        ("1e3", 7),
        ("", 7),
        ("\u0661", 7),
        ("9" * 30, 7),
        ("True", 7),
        ("enable", True),
        ("2", True),
        (" True", False),
        ("", False),
        ("100", "7"),
        ("True", "False"),
        ("100", None),
        ("100", [7]),
        ("100", {"a": 7}),
        (100, "7"),
        (True, "False"),
        (1, True),
        (None, 7),
        ({"a": "1"}, 7),
        ({"a": "1"}, {"b": 7}),
        (["1"], []),
        (["1"], 7),
        ({"name": "100"}, {"name": 7}),
        ({"network_name": "100"}, {"network_name": 7}),
        ({"network": "100"}, {"network": 7}),
        ({"names": ["100"]}, {"names": [7]}),
        ({"password": "100"}, {"password": 7}),
    ],
)
def test_what_is_no_such_text_stays_as_it_is(given: Any, held: Any) -> None:
    assert repr(as_panel_types(given, held)) == repr(given)
