# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: one_line
short_description: Make untrusted text safe to show on one line
version_added: 0.5.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Replaces line breaks of all kinds, control characters, terminal escape sequences and characters that change the
    text direction with spaces, so that a value returned by a panel can be shown on one line of a terminal.
options:
  _input:
    description:
      - Any value. Values other than strings are converted.
    type: raw
    required: true
  most:
    description:
      - The maximum number of characters. A longer line is truncated and ends with an ellipsis.
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
  sample: OK
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._untrusted import one_line


class FilterModule:
    """Makes the filter known to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"one_line": one_line}
