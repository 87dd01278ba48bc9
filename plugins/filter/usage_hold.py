# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: usage_hold
short_description: Keep accounts disabled or limited that the role usage holds
version_added: 0.8.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Replaces the status and the bandwidths of accounts that the role usage has disabled or limited with the values that
    it has set, so that applying the accounts does not restore them before the role does. Lower bandwidths are kept.
  - Reads the list of changes in the folder of the panel. Before the first run of the role, nothing is replaced.
options:
  _input:
    description:
      - Accounts or clients, as in O(puqcloud.puqvpn.puqvpn_apply#module:config).
    type: list
    elements: dict
    required: true
  folder:
    description:
      - Folder on the controller that contains a folder for each panel, which is
        O(puqcloud.puqvpn.usage#role:main:puqvpn_usage_folder).
    type: path
    required: true
  host:
    description:
      - Name of the panel in the inventory.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Apply accounts, and leave those alone that are over their quota
  puqcloud.puqvpn.puqvpn_apply:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    config:
      accounts: "{{ accounts | puqcloud.puqvpn.usage_hold('usage', inventory_hostname) }}"
"""

RETURN = r"""
_value:
  description: The accounts or clients.
  type: list
  elements: dict
  sample:
    - {name: alice, wg_name: office, status: disable}
    - {name: bob, wg_name: office, status: enable}
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._plugin_client import errors_as
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._usage.folder import usage_hold


class FilterModule:
    """Makes the filter known to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"usage_hold": errors_as(AnsibleFilterError)(usage_hold)}
