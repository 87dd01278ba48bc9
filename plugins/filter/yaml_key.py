# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: yaml_key
short_description: Format untrusted text as a key in a YAML file
version_added: 0.5.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Formats a name as a quoted YAML key followed by a colon. Control characters and line breaks are escaped. If the key
    is too long for one line, the colon is on the next line.
options:
  _input:
    description:
      - The name. Values other than strings are converted.
    type: raw
    required: true
  indent:
    description:
      - The number of spaces at the start of the line with the key.
    type: int
    default: 0
seealso:
  - plugin: puqcloud.puqvpn.yaml_value
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Store the addresses of the accounts as a variable
  ansible.builtin.copy:
    content: |
      ---
      addresses:
      {% for account in gathered.info.accounts %}
        {{ account.name | puqcloud.puqvpn.yaml_key(2) }} {{ account.allowed_ips | puqcloud.puqvpn.yaml_value }}
      {% endfor %}
    dest: "{{ playbook_dir }}/addresses.yml"
    mode: "0644"
"""

RETURN = r"""
_value:
  description: The key with its colon.
  type: str
  sample: '"alice":'
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._yaml import yaml_key


class FilterModule:
    """Makes the filter known to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"yaml_key": yaml_key}
