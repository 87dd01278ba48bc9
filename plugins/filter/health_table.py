# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: health_table
short_description: A table of the health of panels
version_added: 0.5.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Makes a table for a terminal of what P(puqcloud.puqvpn.panel_health#filter) found of several panels, and lists
    below it what is wrong. Nothing of a panel can look like another row.
options:
  _input:
    description:
      - What was found, by the name of the host. An empty value means that the panel was not looked at.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show a table of all panels
  ansible.builtin.debug:
    msg: "{{ {'vpn1.example.com': health} | puqcloud.puqvpn.health_table }}"
"""

RETURN = r"""
_value:
  description: The lines.
  type: list
  elements: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._health_table import health_table


class FilterModule:
    """Makes the filter known to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filter by its name."""
        return {"health_table": health_table}
