# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: users_secrets
short_description: Return the items and passwords of a list of people
version_added: 0.8.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Returns what the role P(puqcloud.puqvpn.users#role) applies to a panel, and the passwords of archives. The filter
    P(puqcloud.puqvpn.users_plan#filter) leaves them out, and must have found no problem.
extends_documentation_fragment:
  - puqcloud.puqvpn.people
"""

EXAMPLES = r"""
- name: Apply the accounts of a list of people
  puqcloud.puqvpn.puqvpn_apply:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    config:
      accounts: "{{ (people | puqcloud.puqvpn.users_secrets(generation=1))['items'] }}"
  vars:
    people:
      - name: anna
        wg_name: Default
        formats: [wireguard, qr]
"""

RETURN = r"""
_value:
  description: The secrets of the list.
  type: dict
  contains:
    items:
      description: The items of a section of O(puqcloud.puqvpn.puqvpn_apply#module:config).
      type: list
      elements: dict
    archive_passwords:
      description: The passwords of archives by the names of the people.
      type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._users import users_secrets


class FilterModule:
    """Makes the filter known to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"users_secrets": users_secrets}
