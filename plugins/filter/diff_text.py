# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: diff_text
short_description: The diff of a panel as text
version_added: 0.5.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Writes the diff of M(puqcloud.puqvpn.puqvpn_apply) as text for people, as the reports of the role
    P(puqcloud.puqvpn.panel#role) hold it. Each line begins with V(-), V(+) or two blanks.
  - Each value is JSON in ASCII on one line, so that no value of a panel can look like another line, end a block of
    Markdown, or reach a terminal.
options:
  _input:
    description:
      - The value of C(diff) in the result of M(puqcloud.puqvpn.puqvpn_apply).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show how the panel differs
  ansible.builtin.debug:
    msg: "{{ (predicted.diff | puqcloud.puqvpn.diff_text).splitlines() }}"
"""

RETURN = r"""
_value:
  description: The lines, without a line end behind the last one.
  type: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._text_formats import diff_text


class FilterModule:
    """Makes the filter known to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filter by its name."""
        return {"diff_text": diff_text}
