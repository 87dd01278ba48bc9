# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All cases, in the order of the page."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.puqcloud.puqvpn.tests.benchmark.case import Case
from ansible_collections.puqcloud.puqvpn.tests.benchmark.cases import accounts, files, fleets, inventory, roles, tasks

CASES = [*tasks.CASES, *accounts.CASES, *inventory.CASES, *files.CASES, *roles.CASES, *fleets.CASES]


def chosen(cases: Sequence[Case], prefixes: Sequence[str]) -> list[Case]:
    """Return the cases whose name begins with one of the prefixes, or all of them."""
    for prefix in prefixes:
        if not any(case.name.startswith(prefix) for case in cases):
            raise SystemExit(f"no case begins with {prefix}. The cases are: {', '.join(case.name for case in cases)}")
    return [case for case in cases if not prefixes or case.name.startswith(tuple(prefixes))]
