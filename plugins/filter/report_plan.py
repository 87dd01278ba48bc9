# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: report_plan
short_description: Build the report on a fleet
version_added: 0.9.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Builds the report of the role P(puqcloud.puqvpn.report#role), and compares it with the last one in the same folder.
    Reads the files of the role P(puqcloud.puqvpn.usage#role). Writes nothing.
  - This filter is a building block of the roles report and healthcheck.
positional: hosts, folder, usage_folder, notify
options:
  _input:
    description:
      - What was found on each panel, by the name of its host. C(health) is
        RV(puqcloud.puqvpn.puqvpn_health#module:health), C(drift) the result of P(puqcloud.puqvpn.puqvpn_apply#module)
        in check mode, and C(error) the reason why there is no C(health). Each of them can be missing.
      - An empty value marks a host without a result.
    type: dict
    required: true
  hosts:
    description:
      - The hosts that take part in the play. Unless all of them have a result, C(complete) is false, and nothing else
        is returned.
    type: list
    elements: str
    required: true
  folder:
    description: Folder on the controller that contains the reports.
    type: path
    required: true
  usage_folder:
    description: Folder on the controller that contains a folder for each panel, as the role usage writes it.
    type: path
    required: true
  notify:
    description: File on the controller with the tasks that notify of changes; empty without one.
    type: path
    default: ""
"""

EXAMPLES = r"""
- name: Show how many panels are healthy
  ansible.builtin.debug:
    msg: "{{ plan.artifact.summary.healthy }} of {{ plan.artifact.summary.panels }}"
  vars:
    plan: "{{ {'vpn1': {'health': checked.health}} | puqcloud.puqvpn.report_plan(['vpn1'], 'report', 'usage') }}"
"""

RETURN = r"""
_value:
  description:
    - Whether all hosts have a result in C(complete), the folder in C(path), and what prevents the role from writing
      there in C(problems), one sentence each.
    - The report as text in C(json) and C(metrics), and in C(view) what the templates of the role show of it.
    - C(changed) contains the panels whose state has changed, which C(text) describes, one per line. C(artifact) is the
      part of the document for the variables of other jobs.
  type: dict
  sample:
    complete: true
    path: /srv/report
    problems: []
    view: {headline: All 3 panels are healthy, panels: []}
    json: "{}"
    metrics: ""
    changed: []
    text: ""
    artifact: {version: 1, panels: []}
"""

from collections.abc import Mapping
from typing import Any, Callable

from ansible.utils.unsafe_proxy import wrap_var
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._time import now
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._report.plan import report_plan


def _report_plan(found: Mapping[str, Any], hosts: list[str], folder: str, usage_folder: str, notify: str = "") -> Any:
    """Return the plan. Its texts come from panels, and are no templates."""
    return wrap_var(report_plan(found, hosts, folder, usage_folder, now=now(), notify=notify))


class FilterModule:
    """Makes the filter known to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"report_plan": _report_plan}
