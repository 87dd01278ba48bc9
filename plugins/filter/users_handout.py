# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: users_handout
short_description: List what people are handed out, and who gets something new
version_added: 0.8.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Returns the hand-out list of the role P(puqcloud.puqvpn.users#role), and compares it with the last one in the folder
    of the panel. Whoever has other files than that one records gets something new.
options:
  _input:
    description: What the filter P(puqcloud.puqvpn.users_plan#filter) returned.
    type: dict
    required: true
  saved:
    description: Results of M(puqcloud.puqvpn.puqvpn_account_profile) or M(puqcloud.puqvpn.puqvpn_client_profile).
    type: list
    elements: dict
    required: true
  accounts:
    description: The subset V(accounts) of M(puqcloud.puqvpn.puqvpn_info).
    type: raw
    required: true
  applied:
    description: The result of M(puqcloud.puqvpn.puqvpn_apply).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show who gets something new
  ansible.builtin.debug:
    msg: "{{ (plan | puqcloud.puqvpn.users_handout(saved=[], accounts=[], applied={})).new }}"
  vars:
    people: [{name: anna, wg_name: Default}]
    plan: "{{ people | puqcloud.puqvpn.users_plan(generation=1, folder='users', host='vpn.example.com') }}"
"""

RETURN = r"""
_value:
  description: The hand-out list, without secrets.
  type: dict
  contains:
    people:
      description: What each person has, with paths in the folder of the panel.
      type: list
      elements: dict
    unused_folders:
      description: The folders of those who are handed out nothing.
      type: list
      elements: str
    new:
      description: The names of those whose files differ from the last list.
      type: list
      elements: str
    links:
      description: The names of those who need a new link.
      type: list
      elements: str
    archives:
      description: The names of those who need a new archive.
      type: list
      elements: str
    json:
      description: The list for programs.
      type: str
    csv:
      description: The list for people.
      type: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._users import users_handout


class FilterModule:
    """Makes the filter known to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"users_handout": users_handout}
