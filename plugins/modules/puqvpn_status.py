#!/usr/bin/python
# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: puqvpn_status
short_description: Gather the status of a panel, wait for it, and check it
version_added: 0.1.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Reads the version, the state, the license and the number of accounts of a PUQVPNCP panel, with one request.
  - Can wait until a panel that is starting or rebuilding its configuration is ready.
  - Can check the panel against requirements. Everything that is not met is told in one failure.
  - Works with panels of the generations 1.x and 2.x.
extends_documentation_fragment:
  - puqcloud.puqvpn.connection
  - puqcloud.puqvpn.attributes
  - puqcloud.puqvpn.attributes.actiongroup_all
  - puqcloud.puqvpn.attributes.read_only
attributes:
  platform:
    platforms: PUQVPNCP 1.x, PUQVPNCP 2.x
  check_mode:
    support: full
    details:
      - This module only reads.
  diff_mode:
    support: N/A
    details:
      - This module only reads.
  idempotent:
    support: full
    details:
      - This module only reads.
options:
  wait:
    description:
      - Whether to wait until the panel is ready, that is until its state is V(OK). A panel that does not answer yet,
        as during a restart, is waited for as well.
      - Without waiting, a panel that is not ready is no failure, see RV(status.ready).
    type: bool
    default: false
  wait_timeout:
    description:
      - Seconds to wait with O(wait=true), before the task fails with the last state of the panel.
    type: int
    default: 300
  min_version:
    description:
      - The lowest version that the panel may have, in numbers and dots, for example V("1.8").
    type: str
  require_license:
    description:
      - Whether the license must be valid.
    type: bool
    default: false
  min_license_days:
    description:
      - The lowest number of whole days that must be left until the license ends.
    type: int
  min_free_accounts:
    description:
      - The lowest number of accounts that the license must still have room for.
    type: int
seealso:
  - module: puqcloud.puqvpn.puqvpn_request
    description: Read anything else that a panel tells.
"""

EXAMPLES = r"""
- name: Gather the status of a 1.x panel
  puqcloud.puqvpn.puqvpn_status:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"

- name: Show what was gathered
  ansible.builtin.debug:
    msg: "{{ ansible_facts.puqvpn.accounts_used }} of {{ ansible_facts.puqvpn.accounts_limit }} accounts are in use"

- name: Gather the status of a 2.x panel
  puqcloud.puqvpn.puqvpn_status:
    url: https://vpn2.example.com
    token: "{{ vault_puqvpn_token }}"

- name: Wait until the panel is ready, two minutes at most
  puqcloud.puqvpn.puqvpn_status:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    wait: true
    wait_timeout: 120

- name: Fail when the panel is too old, or its license soon ends or is nearly used up
  puqcloud.puqvpn.puqvpn_status:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    min_version: "1.6"
    require_license: true
    min_license_days: 30
    min_free_accounts: 10
"""

RETURN = r"""
status:
  description:
    - The status under names and types that are the same for every panel. What a panel does not tell is V(null).
  type: dict
  returned: when the panel answered, also when requirements are not met
  sample:
    url: https://vpn.example.com
    generation: 1
    version: "1.8"
    state: OK
    ready: true
    license_valid: true
    license_expires: "2027-03-01T18:38:43+01:00"
    license_days_left: 97
    accounts_used: 120
    accounts_limit: 500
    accounts_free: 380
    wireguard_servers: 4
  contains:
    url:
      description: The root of the panel.
      type: str
      returned: always
    generation:
      description: The generation of the API, V(1) or V(2).
      type: int
      returned: always
    version:
      description: The version of the panel.
      type: str
      returned: always
    state:
      description: What the panel says it is doing, V(OK) when it is idle.
      type: str
      returned: always
    ready:
      description: Whether the panel is idle and takes changes.
      type: bool
      returned: always
    license_valid:
      description: Whether the license is valid.
      type: bool
      returned: always
    license_expires:
      description: When the license ends, as the panel writes it.
      type: str
      returned: always
    license_days_left:
      description: Whole days until the license ends, negative after its end.
      type: int
      returned: always
    accounts_used:
      description: The number of accounts on the panel.
      type: int
      returned: always
    accounts_limit:
      description: The number of accounts that the license allows.
      type: int
      returned: always
    accounts_free:
      description: The number of accounts that can still be made.
      type: int
      returned: always
    wireguard_servers:
      description: The number of WireGuard servers. Not known for 2.x panels that do not tell it.
      type: int
      returned: always
payload:
  description: The status as the panel sent it.
  type: dict
  returned: when the panel answered
  sample:
    count_accounts: 120
    count_accounts_available: 500
    count_wireguard: 4
    license: "2027-03-01T18:38:43+01:00"
    license_valid: true
    status: OK
    version: "1.8"
ansible_facts:
  description: The facts of the panel.
  type: dict
  returned: success
  contains:
    puqvpn:
      description: The same as RV(status).
      type: dict
      returned: success
violations:
  description: Every requirement that is not met, one sentence each.
  type: list
  elements: str
  returned: when requirements are not met
  sample:
    - its version is 1.4, and min_version is 1.6
error_code:
  description:
    - What went wrong as a stable word, for example V(not_authorized), V(panel_busy) or V(requirements_not_met).
  type: str
  returned: failure
  sample: not_authorized
panel_error:
  description: The panel's own words, empty when it said nothing.
  type: str
  returned: failure
  sample: Not authorized
"""

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._module.status import OPTIONS, status
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._task import BOTH_GENERATIONS, Task

TASK = Task(OPTIONS, status, generations=BOTH_GENERATIONS)


def main() -> None:
    """Entry point of the module."""
    TASK.run()


if __name__ == "__main__":
    main()
