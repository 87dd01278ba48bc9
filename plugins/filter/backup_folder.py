# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: backup_folder
short_description: What the role backup keeps of a panel
version_added: 0.5.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Reads the list of checksums that the role P(puqcloud.puqvpn.backup#role) keeps beside the archives of a panel. Each
    line must be as the role writes it.
options:
  _input:
    description:
      - The folder on the controller that holds a folder for each panel.
    type: path
    required: true
  host:
    description:
      - The name of the host, which is that of the folder of the panel.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show which archives of a panel are kept
  ansible.builtin.debug:
    msg: "{{ ('/srv/backups' | puqcloud.puqvpn.backup_folder('vpn1.example.com')).archives | map(attribute='name') }}"
"""

RETURN = r"""
_value:
  description: What is there.
  type: dict
  contains:
    path:
      description: The folder of the panel.
      type: str
    archives:
      description: The V(name) and the checksum V(sha256) of each archive in the list, the oldest first.
      type: list
      elements: dict
    problems:
      description: What is wrong with the folder or the list, one sentence each. Then V(archives) is empty.
      type: list
      elements: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._backup_folder import backup_folder


class FilterModule:
    """Makes the filter known to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filter by its name."""
        return {"backup_folder": backup_folder}
