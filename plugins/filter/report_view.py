# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: report_view
short_description: Prepare a fleet report for templates
version_added: 0.9.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Turns the document of the role P(puqcloud.puqvpn.report#role), the content of its C(report.json), into what its page
    shows. Numbers become texts with units, and traffic becomes charts. Long lists are shortened, the more panels there
    are, so that the page of many panels stays small.
  - Text returned by a panel is on one line and without control characters. It is B(not escaped). A template must escape
    all of it, for example with the filter C(e) for HTML, or P(puqcloud.puqvpn.table_cell#filter) for Markdown.
options:
  _input:
    description:
      - The document.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Write the page with a template of your own
  ansible.builtin.template:
    src: fleet.html.j2
    dest: "{{ playbook_dir }}/fleet.html"
    mode: "0644"
  vars:
    report: "{{ lookup('ansible.builtin.file', 'report/report.json') | from_json | puqcloud.puqvpn.report_view }}"
"""

RETURN = r"""
_value:
  description:
    - The texts and numbers of the page.
  type: dict
  contains:
    headline:
      description: How many panels are healthy, as a sentence.
      type: str
    level:
      description: The state of the fleet.
      type: str
      sample: good
    figures:
      description: Figures of the whole fleet, each with C(label), C(value), C(note) and C(percent).
      type: list
      elements: dict
    traffic:
      description: The traffic of the fleet by month as a chart and a table, V(null) if it is unknown.
      type: dict
    changes:
      description: What has changed since the last report, each with C(panel) and C(text).
      type: list
      elements: dict
    panels:
      description: The panels, the worst first, with their reasons, figures, servers, drift and accounts to look at.
      type: list
      elements: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._report_view import report_view


class FilterModule:
    """Makes the filter known to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"report_view": report_view}
