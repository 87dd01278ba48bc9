# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: file_problems
short_description: Explain why files cannot be written to a folder
version_added: 0.5.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Checks paths on the controller before files are written to them. Each path must be directly inside the folder, and
    an existing file must be a regular file. Symbolic links are not followed, and neither devices nor named pipes are
    opened.
options:
  _input:
    description:
      - The paths of the files.
    type: list
    elements: path
    required: true
  folder:
    description:
      - The path of the folder, which may be a symbolic link.
    type: path
    required: true
"""

EXAMPLES = r"""
- name: Refuse to write outside the folder
  ansible.builtin.assert:
    that: problems | length == 0
    fail_msg: "{{ problems | join(' ') }}"
  vars:
    problems: "{{ ['/srv/reports/' ~ inventory_hostname ~ '.md'] | puqcloud.puqvpn.file_problems('/srv/reports') }}"
"""

RETURN = r"""
_value:
  description: The problems, one sentence each. Empty if all files can be written.
  type: list
  elements: str
  sample: []
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._safe_paths import file_problems


class FilterModule:
    """Makes the filter known to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"file_problems": file_problems}
