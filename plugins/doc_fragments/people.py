# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of the filters that read a list of people, documented once."""

from __future__ import annotations


class ModuleDocFragment:
    """``puqcloud.puqvpn.people``: the list, and what its people have in common."""

    DOCUMENTATION = r"""
options:
  _input:
    description:
      - The people, as O(puqcloud.puqvpn.users#role:main:puqvpn_users_list), or the text of a CSV file.
    type: raw
    required: true
  generation:
    description: The generation of the panel.
    type: int
    choices: [1, 2]
    required: true
  defaults:
    description: Options for everybody, see O(puqcloud.puqvpn.users#role:main:puqvpn_users_defaults).
    type: dict
    default: {}
  groups:
    description: Options by group, see O(puqcloud.puqvpn.users#role:main:puqvpn_users_groups).
    type: dict
    default: {}
  csv:
    description: Options of the filter P(puqcloud.puqvpn.from_csv#filter).
    type: dict
    default: {}
  archive_password:
    description: The password of the archives of people without one of their own.
    type: str
    default: ""
"""
