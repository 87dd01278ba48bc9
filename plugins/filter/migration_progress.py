# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: migration_progress
short_description: Group accounts of a 1.x panel by how far they have moved to a 2.x panel
version_added: 0.7.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Compares the status of accounts of a 1.x panel with that of the clients with the same name on a 2.x panel.
  - The lists contain dictionaries with a C(name), which P(ansible.builtin.combine#filter) completes to items of
    M(puqcloud.puqvpn.puqvpn_apply).
positional: panel, networks, names
extends_documentation_fragment:
  - puqcloud.puqvpn.migration
"""

EXAMPLES = r"""
- name: Enable ten clients
  puqcloud.puqvpn.puqvpn_apply:
    url: https://vpn2.example.com
    token: "{{ vault_puqvpn_token }}"
    config:
      clients: "{{ progress.to_enable[:10] | map('combine', {'status': 'enable'}) }}"
  vars:
    progress: "{{ old.info | puqcloud.puqvpn.migration_progress(new.info, {'office': 'Default'}, []) }}"
"""

RETURN = r"""
_value:
  description: The accounts by how far they have moved, in lists of dictionaries with a C(name).
  type: dict
  sample:
    to_create: []
    to_enable: [{name: carl}]
    on_both: []
    moved: [{name: anna}, {name: bert}]
    disabled: []
    conflicting: []
  contains:
    to_create:
      description: Accounts without a client.
      type: list
      elements: dict
    to_enable:
      description: Enabled accounts whose client is disabled.
      type: list
      elements: dict
    on_both:
      description: Enabled accounts whose client is enabled.
      type: list
      elements: dict
    moved:
      description: Disabled accounts whose client is enabled.
      type: list
      elements: dict
    disabled:
      description: Disabled accounts whose client is disabled.
      type: list
      elements: dict
    conflicting:
      description:
        - Accounts whose client has another network or user name and so is not theirs, or has an unknown status, and
          accounts with a name that no client can have.
      type: list
      elements: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._migration import migration_progress


class FilterModule:
    """Makes the filter known to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"migration_progress": migration_progress}
