# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: file_problems
short_description: Why files cannot be put into a folder
version_added: 0.5.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Looks at places for files on the controller, and says what is wrong with them. A file must be in the folder itself,
    and what is at its place must be a regular file. A symbolic link is not followed, and neither a device nor a named
    pipe is opened.
options:
  _input:
    description:
      - The paths of the files.
    type: list
    elements: path
    required: true
  folder:
    description:
      - The folder that the user named. A link that leads to it is followed.
    type: path
    required: true
"""

EXAMPLES = r"""
- name: Refuse to write outside of the folder
  ansible.builtin.assert:
    that: problems | length == 0
    fail_msg: "{{ problems | join(' ') }}"
  vars:
    problems: "{{ ['/srv/reports/' ~ inventory_hostname ~ '.md'] | puqcloud.puqvpn.file_problems('/srv/reports') }}"
"""

RETURN = r"""
_value:
  description: What is wrong, one sentence each.
  type: list
  elements: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._safe_paths import file_problems


class FilterModule:
    """Makes the filter known to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filter by its name."""
        return {"file_problems": file_problems}
