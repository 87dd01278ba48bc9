# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: to_csv
short_description: Write a list of dictionaries as CSV
version_added: 0.8.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Writes a list of flat dictionaries as CSV, with quotes where they are needed. V(null) becomes an empty cell, and
    booleans become C(true) and C(false). A cell that contains a list or a dictionary is refused, with its row and
    column.
options:
  _input:
    description:
      - The rows. They need not have the same keys.
    type: list
    elements: dict
    required: true
  columns:
    description:
      - The keys to write, in this order. By default, all keys are written in the order in which they first occur.
    type: list
    elements: str
    default: []
  delimiter:
    description:
      - The character between two cells, one of a comma, a semicolon, a tab and V(|). Spreadsheets in many languages
        expect a semicolon.
    type: str
    default: ","
  header:
    description:
      - Whether the first line contains the names of the columns.
    type: bool
    default: true
  newline:
    description:
      - The end of a line. V(lf) is a line feed, V(crlf) a carriage return and a line feed.
    type: str
    choices: [lf, crlf]
    default: lf
  guard:
    description:
      - Whether to write an apostrophe in front of text that a spreadsheet would evaluate as a formula, since it begins
        with one of C(= + - @), also after blanks, or with a tab or a line break. Numbers are never changed.
      - The filter P(puqcloud.puqvpn.from_csv#filter) removes these apostrophes.
      - Set this to V(false) only if a program reads the file, and no spreadsheet ever opens it. Text in it may come
        from a panel, and whoever controls the panel could execute commands on the machine of the reader.
    type: bool
    default: true
  bom:
    description:
      - Whether to begin with a byte order mark, by which some spreadsheets recognize UTF-8.
    type: bool
    default: false
seealso:
  - module: puqcloud.puqvpn.puqvpn_usage_info
    description: Gather the traffic of accounts, with rows for this filter.
"""

EXAMPLES = r"""
- name: Write the traffic of a month to a file that programs read
  ansible.builtin.copy:
    content: "{{ panel.usage.rows | puqcloud.puqvpn.to_csv }}"
    dest: usage.csv
    mode: "0600"

- name: Write some columns to a file for a spreadsheet
  ansible.builtin.copy:
    content: >-
      {{ panel.usage.rows | puqcloud.puqvpn.to_csv(columns=['name', 'server', 'total_gb'], delimiter=';',
                                                   newline='crlf', bom=true) }}
    dest: usage.csv
    mode: "0600"
"""

RETURN = r"""
_value:
  description: The text of the file.
  type: str
  sample: "name,total_gb\nalice,1.585\n"
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._csv import to_csv
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._plugin_client import errors_as


class FilterModule:
    """Makes the filter known to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"to_csv": errors_as(AnsibleFilterError)(to_csv)}
