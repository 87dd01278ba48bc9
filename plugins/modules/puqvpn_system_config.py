#!/usr/bin/python
# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: puqvpn_system_config
short_description: Manage the settings for statistics and for the online state
version_added: 0.2.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Sets how often a PUQVPNCP panel collects statistics of the traffic, how long it keeps them, and when a client counts
    as offline.
  - The settings are written as a whole, that is the present ones with the wanted ones laid over them. They are read
    again after the write, and a value that did not stick fails the task.
  - No connection is interrupted.
  - When nothing has to change, one request is sent, otherwise three.
  - Works with panels of the generation 1.x.
extends_documentation_fragment:
  - puqcloud.puqvpn.connection
  - puqcloud.puqvpn.attributes
  - puqcloud.puqvpn.attributes.actiongroup_all
  - puqcloud.puqvpn.modify
  - puqcloud.puqvpn.modify.settings
attributes:
  check_mode:
    support: full
    details:
      - In check mode the panel is only read. The result is the plan.
  diff_mode:
    support: full
    details:
      - The diff shows the fields that change.
  idempotent:
    support: full
    details:
      - Nothing is written when every option that is given has its value already.
options:
  traffic_statistics_frequency:
    description:
      - Minutes between two collections of the traffic statistics, 1 to 1440.
    type: int
  traffic_statistics_history:
    description:
      - Months that the traffic statistics are kept. With V(0) none are collected and stored.
    type: int
  wireguard_handshake_uptime:
    description:
      - Seconds after its last handshake that a WireGuard client counts as online, 1 to 300.
    type: int
  defaults:
    description:
      - Whether to reset all of these settings to the defaults of the panel, which are V(5) for
        O(traffic_statistics_frequency), V(2) for O(traffic_statistics_history) and V(180) for
        O(wireguard_handshake_uptime).
      - Cannot be given together with one of these settings.
    type: bool
    default: false
seealso:
  - module: puqcloud.puqvpn.puqvpn_traffic_logging
    description: Manage the logging of the connections of clients.
  - module: puqcloud.puqvpn.puqvpn_ikev2_settings
    description: Manage the settings of IKEv2.
"""

EXAMPLES = r"""
- name: Collect statistics every ten minutes, and keep them for half a year
  puqcloud.puqvpn.puqvpn_system_config:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    traffic_statistics_frequency: 10
    traffic_statistics_history: 6
  register: config

- name: Show when a client counts as offline
  ansible.builtin.debug:
    msg: "A client is offline after {{ config.system_config.wireguard_handshake_uptime }} seconds without a handshake"

- name: Collect no statistics at all
  puqcloud.puqvpn.puqvpn_system_config:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    traffic_statistics_history: 0

- name: Go back to the defaults of the panel
  puqcloud.puqvpn.puqvpn_system_config:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    defaults: true
"""

RETURN = r"""
system_config:
  description: The settings as they are now, in check mode as they would be.
  type: dict
  returned: success
  sample:
    traffic_statistics_frequency: 10
    traffic_statistics_history: 6
    wireguard_handshake_uptime: 180
  contains:
    traffic_statistics_frequency:
      description: Minutes between two collections of the traffic statistics.
      type: int
      returned: success
    traffic_statistics_history:
      description: Months that the traffic statistics are kept, V(0) when none are collected.
      type: int
      returned: success
    wireguard_handshake_uptime:
      description: Seconds after its last handshake that a WireGuard client counts as online.
      type: int
      returned: success
diff:
  description: The fields that change, before and after.
  type: dict
  returned: success, or when the failure came after a write
  sample:
    before:
      traffic_statistics_frequency: 5
    after:
      traffic_statistics_frequency: 10
fields:
  description: The options that the failure is about.
  type: list
  elements: str
  returned: when the failure is about single options, for example RV(error_code=value_not_stored)
  sample: [wireguard_handshake_uptime]
error_code:
  description:
    - What went wrong as a stable word, for example V(invalid_option), V(value_not_stored) or V(not_authorized).
  type: str
  returned: failure
  sample: not_authorized
panel_error:
  description: The panel's own words, empty when it said nothing.
  type: str
  returned: failure
  sample: Not authorized
"""

from functools import partial

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._objects.system_config import SYSTEM_CONFIG
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._resource import manage_settings
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._task import Task

TASK = Task(SYSTEM_CONFIG.argument_spec, partial(manage_settings, SYSTEM_CONFIG))


def main() -> None:
    """Entry point of the module."""
    TASK.run()


if __name__ == "__main__":
    main()
