# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Collections of named objects: an array here, an object keyed by name there, and a client should read either."""

from __future__ import annotations

from ..site import Site
from ..wire import Keyed, Record

Collection = Keyed | list[Record] | str | None

EMPTY = {"text": "", "null": None}


def collection(site: Site, members: dict[str, Record], *, keyed: bool) -> Collection:
    """Return the members in the form that is documented (`keyed` by name or an array), or as the options say."""
    if not members and site.options.empty_sets in EMPTY:
        return EMPTY[site.options.empty_sets]
    return Keyed(members) if keyed is (site.options.keyed == "documented") else list(members.values())
