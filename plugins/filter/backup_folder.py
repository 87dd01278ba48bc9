# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: backup_folder
short_description: List the archives that the role backup keeps of a panel
version_added: 0.5.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Reads the list of checksums that the role P(puqcloud.puqvpn.backup#role) keeps next to the archives of a panel. Each
    line must have the format that the role writes.
options:
  _input:
    description:
      - The folder on the controller that contains a subfolder for each panel.
    type: path
    required: true
  host:
    description:
      - The name of the host, which is also the name of its subfolder.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show the archives that are kept of a panel
  ansible.builtin.debug:
    msg: "{{ ('/srv/backups' | puqcloud.puqvpn.backup_folder('vpn1.example.com')).archives | map(attribute='name') }}"
"""

RETURN = r"""
_value:
  description: The folder of the panel.
  type: dict
  sample:
    path: /srv/backups/vpn1.example.com
    archives:
      - name: vpn1.example.com_2026-01-31_18-00-00.zip
        sha256: 6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d
    problems: []
  contains:
    path:
      description: The path of the folder.
      type: str
    archives:
      description: The archives in the list with their C(name) and their checksum C(sha256), oldest first.
      type: list
      elements: dict
    problems:
      description: The problems of the folder and the list, one sentence each. If there are any, C(archives) is empty.
      type: list
      elements: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._backup_folder import backup_folder


class FilterModule:
    """Makes the filter known to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"backup_folder": backup_folder}
