# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: users_plan
short_description: Check a list of people, and plan their accounts and files
version_added: 0.8.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Returns what the role P(puqcloud.puqvpn.users#role) applies to a panel, and what each person is to get.
  - Reports everything that is wrong with the list, with the lines of a CSV file, and everything in the folder that is
    in the way. Nothing is read from a panel.
options:
  folder:
    description: The folder on the controller that contains a folder for each panel.
    type: path
    required: true
  host:
    description: The name of the panel in the inventory.
    type: str
    required: true
  archive:
    description: Whether people get an encrypted archive, which needs a password.
    type: bool
    default: false
extends_documentation_fragment:
  - puqcloud.puqvpn.people
"""

EXAMPLES = r"""
- name: Check a list of people
  ansible.builtin.debug:
    msg: "{{ people | puqcloud.puqvpn.users_plan(generation=1, folder='users', host='vpn.example.com') }}"
  vars:
    people:
      - name: anna
        wg_name: Default
        formats: [wireguard, qr]
"""

RETURN = r"""
_value:
  description: The plan, without what the filter P(puqcloud.puqvpn.users_secrets#filter) returns.
  type: dict
  contains:
    problems:
      description: Everything that is wrong, one sentence each. If there is anything, the rest must not be used.
      type: list
      elements: str
    path:
      description: The folder of the panel.
      type: str
    section:
      description: The section of O(puqcloud.puqvpn.puqvpn_apply#module:config) for the people.
      type: str
    people:
      description:
        - What each person is to get. C(status) is V(enabled), V(disabled), V(expired) or V(absent).
      type: list
      elements: dict
    batches:
      description: The C(names) of enabled people with the same C(formats).
      type: list
      elements: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._users import users_plan


class FilterModule:
    """Makes the filter known to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"users_plan": users_plan}
