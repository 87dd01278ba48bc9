#!/usr/bin/python
# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: puqvpn_system_config
short_description: Manage the traffic statistics and the online status of a panel
version_added: 0.2.0
description:
  - Configures how often a PUQVPNCP panel collects traffic statistics, how long it keeps them, and when a WireGuard
    client counts as offline.
  - A change interrupts nothing.
extends_documentation_fragment:
  - puqcloud.puqvpn.connection
  - puqcloud.puqvpn.attributes
  - puqcloud.puqvpn.modify
  - puqcloud.puqvpn.modify.settings
options:
  traffic_statistics_frequency:
    description:
      - Interval at which traffic statistics are collected, in minutes, from 1 to 1440.
    type: int
  traffic_statistics_history:
    description:
      - Number of months to keep traffic statistics. With V(0), no statistics are collected.
    type: int
  wireguard_handshake_uptime:
    description:
      - Time after its last handshake during which a WireGuard client counts as online, in seconds, from 1 to 300.
    type: int
  defaults:
    description:
      - Whether to reset all of these settings to the defaults of the panel, which are V(5) for
        O(traffic_statistics_frequency), V(2) for O(traffic_statistics_history) and V(180) for
        O(wireguard_handshake_uptime). Mutually exclusive with all of them.
    type: bool
    default: false
seealso:
  - module: puqcloud.puqvpn.puqvpn_traffic_logging
    description: Manage the logging of client traffic.
  - module: puqcloud.puqvpn.puqvpn_info
    description: Gather the traffic of a month.
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

- name: Disable traffic statistics
  puqcloud.puqvpn.puqvpn_system_config:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    traffic_statistics_history: 0

- name: Restore the defaults of the panel
  puqcloud.puqvpn.puqvpn_system_config:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    defaults: true
"""

RETURN = r"""
system_config:
  description: The settings after the task, under the names of the options.
  type: dict
  returned: success
  sample:
    traffic_statistics_frequency: 10
    traffic_statistics_history: 6
    wireguard_handshake_uptime: 180
diff:
  description: The fields that change, before and after.
  type: dict
  returned: success, or failure after a write
  sample: {before: {traffic_statistics_frequency: 5}, after: {traffic_statistics_frequency: 10}}
fields:
  description: The options that caused the failure.
  type: list
  elements: str
  returned: failure because of specific options, for example with RV(error_code=value_not_stored)
  sample: [wireguard_handshake_uptime]
msg:
  description: A summary of the result in one line; on failure, the error message.
  type: str
  returned: always
  sample: "system configuration: traffic_statistics_history 2 -> 12"
requests:
  description: The number of HTTP requests that the task sent, retries included.
  type: int
  returned: success
  sample: 3
error_code:
  description:
    - A stable, machine-readable error code, for example V(invalid_option), V(value_not_stored) or V(not_authorized).
  type: str
  returned: failure
  sample: not_authorized
panel_error:
  description: The error message returned by the panel; empty if there was none.
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
