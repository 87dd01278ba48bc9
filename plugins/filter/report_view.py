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
      description: The state of the fleet, V(good), V(notice), V(bad), V(down) or V(unknown). Panels have the same.
      type: str
      sample: good
    sign:
      description: A character for the level. Panels have the same.
      type: str
      sample: "!"
    generated:
      description: When the report was written.
      type: str
      sample: 2026-11-30 14:30 UTC
    compared:
      description: Which report it was compared with, as a sentence without a period.
      type: str
    states:
      description: How many panels are in each state that occurs, each with C(level), C(sign), C(text) and C(percent).
      type: list
      elements: dict
    figures:
      description:
        - Figures of the whole fleet, each with C(label), C(value), C(note) and C(percent), which may be V(null).
      type: list
      elements: dict
    traffic:
      description:
        - The traffic of the fleet by month, V(null) if it is unknown. C(rows) contains the texts of a table. C(total)
          and C(download) are paths of an SVG of C(width) and C(height), with C(labels) for its months, and
          C(description) is the same in words.
      type: dict
    notes:
      description: What a reader has to know about the report.
      type: list
      elements: str
    changes:
      description:
        - What has changed since the last report, each with C(panel) and C(texts). C(id) is that of the panel, V(null)
          if this report does not have it.
      type: list
      elements: dict
    unfolded:
      description: Whether the panels are so few that everything can be shown.
      type: bool
    panels:
      description:
        - The panels, the worst first. Each has an C(id), C(name), C(label) for its state, C(about), C(reasons),
          C(meters) and the same as one line, C(summary), its C(traffic) of this month and as a C(line) chart,
          C(servers), C(drift) and C(accounts) to look at.
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
