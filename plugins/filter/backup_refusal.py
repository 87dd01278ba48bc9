# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: backup_refusal
short_description: Explain why the role backup does not download an archive
version_added: 0.5.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Determines whether the role P(puqcloud.puqvpn.backup#role) may store an archive of a panel in its folder, under the
    name that the panel returned.
options:
  _input:
    description:
      - The name of the archive as returned by the panel.
    type: raw
    required: true
  folder:
    description:
      - The return value of P(puqcloud.puqvpn.backup_folder#filter).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Refuse an archive that would replace another file
  ansible.builtin.assert:
    that: refusal | length == 0
    fail_msg: "{{ refusal }}"
  vars:
    folder: "{{ '/srv/backups' | puqcloud.puqvpn.backup_folder(inventory_hostname) }}"
    refusal: "{{ made.backup.backup_name | puqcloud.puqvpn.backup_refusal(folder) }}"
"""

RETURN = r"""
_value:
  description: The reason as a sentence. Empty if the archive can be downloaded.
  type: str
  sample: The panel shows an archive named SHA256SUMS, which is the name of the list of checksums.
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._backup_folder import backup_refusal


class FilterModule:
    """Makes the filter known to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"backup_refusal": backup_refusal}
