# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: drift_report
short_description: Report the drift of a panel in Markdown
version_added: 0.6.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Returns a Markdown report on the result of M(puqcloud.puqvpn.puqvpn_apply) in check mode, as the role
    P(puqcloud.puqvpn.panel#role) writes it in drift mode.
  - No name or value of a panel has a meaning in Markdown or on a terminal.
positional: host
options:
  _input:
    description: The result of M(puqcloud.puqvpn.puqvpn_apply).
    type: dict
    required: true
  host:
    description: The host to name in the heading.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Write the report
  ansible.builtin.copy:
    content: "{{ predicted | puqcloud.puqvpn.drift_report(inventory_hostname) }}"
    dest: drift.md
    mode: "0644"
"""

RETURN = r"""
_value:
  description: The report.
  type: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._panel_role import drift_report


class FilterModule:
    """Makes the filter known to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"drift_report": drift_report}
