# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: table_cell
short_description: Text of a panel as a cell of a Markdown table
version_added: 0.5.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Makes the text of a cell of a value that comes from a panel or from somebody else. Whatever it holds, it is neither
    markup nor HTML, and it ends neither the cell nor the row.
options:
  _input:
    description:
      - Any value. What is no text is shown as one, and of a text no more than 500 characters.
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
  description: The text of the cell, in which signs with a meaning are character references.
  type: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._untrusted import as_table_cell


class FilterModule:
    """Makes the filter known to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filter by its name."""
        return {"table_cell": as_table_cell}
