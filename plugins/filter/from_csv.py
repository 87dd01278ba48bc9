# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: from_csv
short_description: Read accounts or clients from the CSV export of a spreadsheet
version_added: 0.8.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Returns the rows of a CSV text as dictionaries of options, for O(puqcloud.puqvpn.puqvpn_apply#module:config) or for
    the role P(puqcloud.puqvpn.users#role). An empty cell leaves its option unset.
  - Reads what common spreadsheet programs write. Line breaks can be those of any system. Cells can be quoted, and then
    contain delimiters, line breaks, and quotes that are doubled. A byte order mark, blanks around cells, empty lines,
    lines of delimiters only, and a first line such as V(sep=;) are ignored. Blanks inside of quotes are kept.
  - The first line is the header. Its titles are names of options of M(puqcloud.puqvpn.puqvpn_account) and
    M(puqcloud.puqvpn.puqvpn_client), or C(email), C(formats), C(groups), C(link) and C(archive_password), which the
    role reads. Case, blanks, hyphens and underscores in titles do not matter, so V(User Name) is C(username).
  - All values are strings. Cells of C(formats) and C(groups) become lists of words. Between words are blanks, commas,
    semicolons or vertical bars. Quote such a cell if it contains the delimiter.
  - An apostrophe before a formula, as the filter P(puqcloud.puqvpn.to_csv#filter) writes it, is removed.
  - All problems of the text are reported in a single failure, with their lines in the file and their columns. These are
    unknown, missing and duplicate columns, missing and surplus cells, duplicate names, and quotes that are not closed.
options:
  _input:
    description:
      - The CSV text, for example from P(ansible.builtin.file#lookup).
      - A file in UTF-16 is recognized by its byte order mark. Since ansible-core 2.19, the lookup warns about such
        files, and it will refuse them from 2.23 on.
    type: str
    required: true
  delimiter:
    description:
      - The character between cells. If empty, it is the comma, the semicolon or the tab with which the header contains
        most columns that are known.
    type: str
    default: ""
  columns:
    description:
      - The names of options by the titles of columns, for titles that are not names of options.
    type: dict
    default: {}
  unknown:
    description:
      - What to do with other columns. V(extra) keeps their cells in a dictionary C(extra) of the row, with their titles
        as keys, and V(refuse) reports them as problems.
    type: str
    choices: [extra, refuse]
    default: extra
  required:
    description:
      - Options that each row must set.
    type: list
    elements: str
    default: [name]
  encoding:
    description:
      - The encoding of a file that is neither UTF-8 nor UTF-16, such as V(cp1252).
    type: str
    default: ""
seealso:
  - ref: ansible_collections.puqcloud.puqvpn.docsite.accounts_from_csv
    description: A guide that uses this filter.
  - ref: ansible_collections.puqcloud.puqvpn.docsite.onboarding
    description: How to onboard many people.
"""

EXAMPLES = r"""
- name: Apply the accounts of a spreadsheet
  puqcloud.puqvpn.puqvpn_apply:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    config:
      accounts: "{{ lookup('ansible.builtin.file', 'accounts.csv') | puqcloud.puqvpn.from_csv(unknown='refuse') }}"

- name: Show the people of a spreadsheet with titles in another language
  ansible.builtin.debug:
    msg: "{{ text | puqcloud.puqvpn.from_csv(columns={'Benutzer': 'name', 'E-Mail-Adresse': 'email'}) }}"
  vars:
    text: |
      Benutzer;E-Mail-Adresse;Abteilung
      anna;anna@example.com;Einkauf
"""

RETURN = r"""
_value:
  description: The rows, without their empty cells.
  type: list
  elements: dict
  sample:
    - name: anna
      email: anna@example.com
      groups: [staff, remote]
      extra:
        Department: Sales
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._csv_reader import from_csv


class FilterModule:
    """Makes the filter known to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"from_csv": from_csv}
