# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one-time links of a panel."""

from __future__ import annotations

from typing import Any

from .._client import PanelClient
from .._schema import items_of


def unused_links(client: PanelClient) -> list[dict[str, Any]]:
    """Return the links that were not used yet, with one GET (contract: otl_list/1, with the wrapper as misspelt)."""
    links = client.read("otl/list", lambda payload: items_of(payload, "olts", "otls"))
    client.learn_secrets(*links)
    return links
