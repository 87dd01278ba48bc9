# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values are compared by what they mean."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._values import MISSING, differences, same


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
