# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: backup_plan
short_description: Select the archives that the role backup keeps
version_added: 0.5.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Determines which archives the role P(puqcloud.puqvpn.backup#role) keeps and which ones it removes. Damaged archives
    are neither counted nor removed.
options:
  _input:
    description:
      - The results of M(ansible.builtin.stat), with SHA-256 checksums, in a loop over the archives that
        P(puqcloud.puqvpn.backup_folder#filter) returned.
    type: list
    elements: dict
    required: true
  keep:
    description:
      - The number of intact archives to keep, including the new one. At least 1.
    type: int
    required: true
  new:
    description:
      - The C(name) and the checksum C(sha256) of the archive created by this run. Empty in check mode, which creates
        none.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the archives that would be removed
  ansible.builtin.debug:
    msg: "{{ (listed.results | puqcloud.puqvpn.backup_plan(7, {})).surplus }}"
"""

RETURN = r"""
_value:
  description: The selection.
  type: dict
  sample:
    damaged: []
    surplus: [vpn1.example.com_2026-01-24_18-00-00.zip]
    list: |
      6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d  vpn1.example.com_2026-01-31_18-00-00.zip
  contains:
    damaged:
      description: The names of the archives whose content has changed since the download.
      type: list
      elements: str
    surplus:
      description: The names of the intact archives that are older than the ones to keep.
      type: list
      elements: str
    list:
      description: The new content of the list of checksums.
      type: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._backup_folder import backup_plan


class FilterModule:
    """Makes the filter known to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"backup_plan": backup_plan}
