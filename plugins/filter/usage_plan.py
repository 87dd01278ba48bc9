# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: usage_plan
short_description: Decide about quotas and unused accounts, and render the reports of the role usage
version_added: 0.8.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Compares the traffic of a panel with the quotas, and decides which accounts the role usage disables, limits and
    restores. Reads the list of its earlier changes and the earlier reports in the folder of the panel.
  - This filter is a building block of the role usage.
options:
  _input:
    description:
      - RV(puqcloud.puqvpn.puqvpn_usage_info#module:usage) of the panel.
    type: dict
    required: true
  folder:
    description:
      - Folder on the controller that contains a folder for each panel.
    type: path
    required: true
  host:
    description:
      - Name of the panel in the inventory, which is the name of its folder.
    type: str
    required: true
  options:
    description:
      - Variables of the role without their prefix C(puqvpn_usage_), for example C(quota_gb) and C(over_quota).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show who is over the quota
  ansible.builtin.debug:
    msg: "{{ (panel.usage | puqcloud.puqvpn.usage_plan('usage', 'vpn1', {'quota_gb': 100})).result.over_quota }}"
"""

RETURN = r"""
_value:
  description:
    - The folder of the panel in C(path), what prevents the role from doing anything in C(problems), and why it must
      not make the changes in C(refusal).
    - The C(files) to write before the changes, without those that are there already, and the C(list) to write after
      them, each with C(path) and C(content).
      The C(config) for P(puqcloud.puqvpn.puqvpn_apply#module), and the C(result) for the user.
  type: dict
  sample:
    path: /srv/usage/vpn1
    problems: []
    refusal: ""
    files: [{path: /srv/usage/vpn1/2026-11.csv, content: "panel,name\n"}]
    list: {path: /srv/usage/vpn1/changes.json, content: "{}"}
    config: {accounts: [{name: alice, status: disable}]}
    result: {over_quota: [{name: alice, quota_gb: 100.0, total_gb: 120.5}]}
"""

from collections.abc import Callable
from typing import Any

from ansible.utils.unsafe_proxy import wrap_var
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._usage.plan import usage_plan


def _usage_plan(usage: dict[str, Any], folder: str, host: str, options: dict[str, Any]) -> Any:
    """Return the plan. Its texts come from a panel, and are no templates."""
    return wrap_var(usage_plan(usage, folder, host, options))


class FilterModule:
    """Makes the filter known to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"usage_plan": _usage_plan}
