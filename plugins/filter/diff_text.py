# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: diff_text
short_description: Format the diff of a panel as text
version_added: 0.5.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Formats the diff returned by M(puqcloud.puqvpn.puqvpn_apply) as readable text, as in the reports of the role
    P(puqcloud.puqvpn.panel#role). Each line starts with V(-), V(+) or two spaces.
  - Each value is formatted as JSON in ASCII on one line, so that values returned by a panel can neither imitate another
    line, nor end a Markdown block, nor send control sequences to a terminal.
options:
  _input:
    description:
      - The value of C(diff) in the result of M(puqcloud.puqvpn.puqvpn_apply).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the differences between a panel and its configuration
  ansible.builtin.debug:
    msg: "{{ (predicted.diff | puqcloud.puqvpn.diff_text).splitlines() }}"
"""

RETURN = r"""
_value:
  description: The lines, without a trailing newline.
  type: str
  sample: |2-
      accounts:
    - anna:
    -   b_download: 20
    + anna:
    +   b_download: 100
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._text_formats import diff_text


class FilterModule:
    """Makes the filter known to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"diff_text": diff_text}
