# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: health_table
short_description: Format the health of panels as a table
version_added: 0.5.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Formats the health of several panels as a table for a terminal. Above it, one line for each panel lists everything
    that is wrong with it. Text returned by a panel cannot imitate another row.
options:
  _input:
    description:
      - RV(puqcloud.puqvpn.puqvpn_health#module:health) by host name. An empty value marks a panel that was not checked.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show a table of all panels
  ansible.builtin.debug:
    msg: "{{ {'vpn1.example.com': checked.health} | puqcloud.puqvpn.health_table }}"
"""

RETURN = r"""
_value:
  description: The lines of the list and of the table.
  type: list
  elements: str
  sample:
    - "vpn1.example.com: its newest backup is 60 hours old, and max_backup_hours is 48"
    - "PANEL             HEALTH       VERSION   LICENSE DAYS  FREE ACCOUNTS  BACKUP HOURS"
    - "vpn1.example.com  unhealthy    1.8                 97            380            60"
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._health_table import health_table


class FilterModule:
    """Makes the filter known to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"health_table": health_table}
