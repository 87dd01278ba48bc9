# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: yaml_value
short_description: Format an untrusted value for a YAML file of variables
version_added: 0.5.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Formats a value as YAML on one line, from which Ansible reads the same value again. Strings are quoted, and their
    control characters and line breaks are escaped.
  - A string that looks like a template is tagged with C(!unsafe), so that it is never evaluated.
options:
  _input:
    description:
      - Any value that JSON can represent.
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: Store the names of the accounts as a variable
  ansible.builtin.copy:
    content: |
      ---
      accounts: {{ gathered.info.accounts | map(attribute='name') | puqcloud.puqvpn.yaml_value }}
    dest: "{{ playbook_dir }}/accounts.yml"
    mode: "0644"
"""

RETURN = r"""
_value:
  description: The value, ready to follow a key and its colon.
  type: str
  sample: '["alice", "bob"]'
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._yaml import yaml_value


class FilterModule:
    """Makes the filter known to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"yaml_value": yaml_value}
