# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: one_line
short_description: Text of a panel as one line of a terminal
version_added: 0.5.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Makes a line of a value that comes from a panel or from somebody else. Line ends of all kinds, control characters,
    escape sequences of terminals and signs that turn the direction of writing become blanks.
options:
  _input:
    description:
      - Any value. What is no text is shown as one.
    type: raw
    required: true
  most:
    description:
      - The highest number of characters. A longer line is cut, and ends with an ellipsis.
    type: int
    default: 500
"""

EXAMPLES = r"""
- name: Show the state of a panel
  ansible.builtin.debug:
    msg: "{{ ansible_facts.puqvpn.state | puqcloud.puqvpn.one_line }}"
"""

RETURN = r"""
_value:
  description: The line.
  type: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._untrusted import one_line


class FilterModule:
    """Makes the filter known to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filter by its name."""
        return {"one_line": one_line}
