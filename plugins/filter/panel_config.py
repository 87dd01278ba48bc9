# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: panel_config
short_description: Combine the sections of a panel with their secrets
version_added: 0.6.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Returns the sections of a panel as O(puqcloud.puqvpn.puqvpn_apply#module:config), as the role
    P(puqcloud.puqvpn.panel#role) does. Options in O(secrets) take precedence. Dates that YAML reads as such become
    strings.
positional: secrets
options:
  _input:
    description: The sections by name.
    type: dict
    required: true
  secrets:
    description:
      - Options by the name of the section. For a section that is a list, by the name of the section and that of the
        item.
      - Secrets of items that the list does not contain are ignored.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Apply accounts whose passwords are kept in a vault
  puqcloud.puqvpn.puqvpn_apply:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    config: "{{ {'accounts': accounts} | puqcloud.puqvpn.panel_config({'accounts': passwords}) }}"
  vars:
    accounts:
      - name: alice
        wg_name: Default
    passwords:
      alice:
        password: "{{ vault_password_of_alice }}"
"""

RETURN = r"""
_value:
  description: The sections by name.
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._panel_role import panel_config


class FilterModule:
    """Makes the filter known to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"panel_config": panel_config}
