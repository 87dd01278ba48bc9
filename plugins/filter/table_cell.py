# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: table_cell
short_description: Make untrusted text safe in a cell of a Markdown table
version_added: 0.5.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Escapes a value returned by a panel, so that it is interpreted neither as Markdown nor as HTML, and ends neither the
    cell nor the row.
options:
  _input:
    description:
      - Any value. Values other than strings are converted, and strings are truncated to 500 characters.
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: Write a table of accounts
  ansible.builtin.copy:
    content: |
      | account | server |
      | --- | --- |
      {% for account in gathered.info.accounts %}
      | {{ account.name | puqcloud.puqvpn.table_cell }} | {{ account.wg_name | puqcloud.puqvpn.table_cell }} |
      {% endfor %}
    dest: "{{ playbook_dir }}/accounts.md"
    mode: "0644"
"""

RETURN = r"""
_value:
  description: The text of the cell. Special characters are replaced with character references.
  type: str
  sample: "a&#124;b"
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._untrusted import as_table_cell


class FilterModule:
    """Makes the filter known to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"table_cell": as_table_cell}
