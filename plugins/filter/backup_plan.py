# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: backup_plan
short_description: Which archives the role backup keeps
version_added: 0.5.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Decides which archives the role P(puqcloud.puqvpn.backup#role) keeps and which it removes. One that is damaged is
    neither counted nor removed.
options:
  _input:
    description:
      - The results of M(ansible.builtin.stat) in a loop over the archives of
        P(puqcloud.puqvpn.backup_folder#filter), with the checksum V(sha256).
    type: list
    elements: dict
    required: true
  keep:
    description:
      - How many good archives to keep, 1 or more, with the new one.
    type: int
    required: true
  new:
    description:
      - The V(name) and the checksum V(sha256) of the archive of this run. Empty in check mode, where it is not known.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show which archives would be removed
  ansible.builtin.debug:
    msg: "{{ (listed.results | puqcloud.puqvpn.backup_plan(7, {})).surplus }}"
"""

RETURN = r"""
_value:
  description: The plan.
  type: dict
  contains:
    damaged:
      description: The names of archives that are not as they were downloaded.
      type: list
      elements: str
    surplus:
      description: The names of good archives that are older than those to keep.
      type: list
      elements: str
    list:
      description: The list of checksums as it is to be.
      type: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._backup_folder import backup_plan


class FilterModule:
    """Makes the filter known to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filter by its name."""
        return {"backup_plan": backup_plan}
