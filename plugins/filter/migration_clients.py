# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: migration_clients
short_description: Convert accounts of a 1.x panel to clients of a 2.x panel
version_added: 0.7.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Returns accounts of a 1.x panel as the section V(clients) of O(puqcloud.puqvpn.puqvpn_apply#module:config) for a 2.x
    panel, with their names, user names, passwords, IPv4 addresses and bandwidths.
  - Clients that do not exist yet are created with C(status=disable). The status of existing ones is not set, so that
    clients that are enabled meanwhile stay enabled.
  - Gather the 1.x panel with O(puqcloud.puqvpn.puqvpn_info#module:include_secrets=true), or the 2.x panel generates new
    passwords.
positional: panel, networks, names
extends_documentation_fragment:
  - puqcloud.puqvpn.migration
"""

EXAMPLES = r"""
- name: Create the clients, disabled
  puqcloud.puqvpn.puqvpn_apply:
    url: https://vpn2.example.com
    token: "{{ vault_puqvpn_token }}"
    config:
      clients: "{{ old.info | puqcloud.puqvpn.migration_clients(new.info, {'office': 'Default'}, []) }}"
    concurrency: 8
"""

RETURN = r"""
_value:
  description: The clients.
  type: list
  elements: dict
  sample:
    - name: anna
      username: anna
      password: example
      ipv4: 10.0.0.10
      b_download: 100
      b_upload: 100
      network_name: Default
      status: disable
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._migration import migration_clients


class FilterModule:
    """Makes the filter known to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"migration_clients": migration_clients}
