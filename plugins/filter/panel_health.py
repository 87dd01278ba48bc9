# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: panel_health
short_description: Judge the health of a panel
version_added: 0.5.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Compares what M(puqcloud.puqvpn.puqvpn_info) told of a panel with what is wanted, as the role
    P(puqcloud.puqvpn.healthcheck#role) does.
  - What a panel tells in a form that it should not have counts as not told.
options:
  _input:
    description:
      - The result of M(puqcloud.puqvpn.puqvpn_info) with the subset V(system), also of one that failed. O(services)
        needs the subsets V(wireguard), V(firewall), V(dns) and V(ikev2), and O(max_backup_hours) needs V(backups).
    type: dict
    required: true
  min_license_days:
    description:
      - The lowest number of whole days that must be left until the license ends.
    type: int
    required: true
  min_free_accounts:
    description:
      - The lowest number of accounts that the license must still have room for.
    type: int
    required: true
  services:
    description:
      - The services that must be there.
    type: list
    elements: str
    choices: [wireguard, iptables, bind9, strongswan]
    required: true
  max_backup_hours:
    description:
      - The highest age in hours that the newest archive may have, where archives were asked for.
    type: int
    required: true
"""

EXAMPLES = r"""
- name: Look at a panel
  puqcloud.puqvpn.puqvpn_info:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    gather_subset: [system, wireguard, backups]
  register: told

- name: Show whether it is healthy
  vars:
    health: >-
      {{ told | puqcloud.puqvpn.panel_health(min_license_days=30, min_free_accounts=1, services=['wireguard'],
                                             max_backup_hours=48) }}
  ansible.builtin.debug:
    msg: "{{ health.violations }}"
"""

RETURN = r"""
_value:
  description: What the fact C(puqvpn_healthcheck_result) of the role P(puqcloud.puqvpn.healthcheck#role) holds.
  type: dict
  contains:
    reachable:
      description: Whether the panel could be looked at.
      type: bool
    healthy:
      description: Whether nothing is wrong.
      type: bool
    violations:
      description: Everything that is wrong, one sentence each.
      type: list
      elements: str
    status:
      description: As RV(puqcloud.puqvpn.puqvpn_status#module:status), empty when the panel did not tell it.
      type: dict
    services:
      description: By name V(version), and V(enabled) and V(pids) where there is a process.
      type: dict
    backups:
      description: The number V(count) of archives, the V(size) of all, the V(newest), and its V(age) in minutes.
      type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._health import panel_health


class FilterModule:
    """Makes the filter known to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filter by its name."""
        return {"panel_health": panel_health}
