# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every operation of the contract is within reach, and the page that says how is true."""

from __future__ import annotations

from ansible_collections.puqcloud.puqvpn.tests.unit.operations import (
    GENERIC,
    PAGE,
    TASKS,
    TASKS_OF_2,
    contract,
    page,
    reached,
)
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import MODULES


def test_the_page_is_what_the_modules_do() -> None:
    assert PAGE.read_text() == page(), "update it with: .build/venv/bin/nox -s pages"


def test_every_write_has_a_module_of_its_own() -> None:
    modules = reached()
    assert [operation["id"] for operation in contract() if operation["write"] and not modules[operation["id"]]] == []


def test_every_module_has_its_part() -> None:
    assert {module for module, _parameters in [*TASKS, *TASKS_OF_2]} | {GENERIC} == set(MODULES)
