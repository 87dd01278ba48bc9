#!/usr/bin/python
# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: puqvpn_status
short_description: Gather the status of a panel, wait for it, and check it
version_added: 0.1.0
description:
  - Gathers the version, the state, the license and the number of accounts of a PUQVPNCP panel, with a single request.
  - Can wait until a panel that is starting or rebuilding its configuration is ready.
  - Can check the panel against requirements. All unmet requirements are reported in a single failure.
extends_documentation_fragment:
  - puqcloud.puqvpn.connection
  - puqcloud.puqvpn.attributes.both_generations
  - puqcloud.puqvpn.attributes
  - puqcloud.puqvpn.attributes.read_only
options:
  wait:
    description:
      - Whether to wait until the panel is ready, which means that its state is V(OK). This includes a panel that does
        not respond yet, for example during a restart.
      - With V(false), the task also succeeds if the panel is not ready, see RV(status.ready).
    type: bool
    default: false
  wait_timeout:
    description:
      - Maximum time in seconds to wait if O(wait=true). If the panel is not ready by then, the task fails with its last
        state.
    type: int
    default: 300
  min_version:
    description:
      - Minimum version of the panel, as numbers separated by dots, for example V("1.8").
    type: str
  require_license:
    description:
      - Whether the license must be valid.
    type: bool
    default: false
  min_license_days:
    description:
      - Minimum number of full days before the license expires.
    type: int
  min_free_accounts:
    description:
      - Minimum number of accounts that can still be created under the license.
    type: int
notes:
  - A 2.x panel is documented to return the numbers of used and of all slots of its license, and nothing else. A panel
    that returns no state counts as ready. A requirement whose value is V(null), such as O(min_license_days), is not
    met. Panels with up to 50 clients need no license, so do not set O(require_license) for them.
seealso:
  - module: puqcloud.puqvpn.puqvpn_info
    description: Gather all information about a panel.
  - module: puqcloud.puqvpn.puqvpn_health
    description: Check the state, the license, the services and the backups of a panel.
"""

EXAMPLES = r"""
- name: Gather the status of a 1.x panel
  puqcloud.puqvpn.puqvpn_status:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"

- name: Show how many accounts are in use
  ansible.builtin.debug:
    msg: "{{ ansible_facts.puqvpn.accounts_used }} of {{ ansible_facts.puqvpn.accounts_limit }} accounts are in use"

- name: Gather the status of a 2.x panel
  puqcloud.puqvpn.puqvpn_status:
    url: https://vpn2.example.com
    token: "{{ vault_puqvpn_token }}"

- name: Wait up to two minutes until the panel is ready
  puqcloud.puqvpn.puqvpn_status:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    wait: true
    wait_timeout: 120

- name: Fail if the panel is outdated, or if its license expires soon or is nearly exhausted
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
    - The status of the panel, with the same names and types for all panels. A value that the panel does not return is
      V(null).
  type: dict
  returned: when the panel answered, also if requirements are not met
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
      description: The URL of the panel.
      type: str
    generation:
      description: The generation of the panel, V(1) or V(2).
      type: int
    version:
      description: The version of the panel.
      type: str
    state:
      description: The state of the panel, V(OK) if it is idle. Empty if a 2.x panel returns none.
      type: str
    ready:
      description: Whether the panel is idle and accepts changes.
      type: bool
    license_valid:
      description: Whether the license is valid.
      type: bool
    license_expires:
      description: When the license expires, in the format of the panel.
      type: str
    license_days_left:
      description: The number of full days before the license expires. Negative if it has expired.
      type: int
    accounts_used:
      description: The number of accounts, or of clients of a 2.x panel.
      type: int
    accounts_limit:
      description: The number of accounts or clients that the license allows.
      type: int
    accounts_free:
      description: The number of accounts or clients that can still be created.
      type: int
    wireguard_servers:
      description: The number of WireGuard servers, or of networks of a 2.x panel.
      type: int
payload:
  description: The status as returned by the panel.
  type: dict
  returned: when the panel answered, also if requirements are not met
  sample:
    count_accounts: 120
    count_accounts_available: 500
    count_wireguard: 4
    license: "2027-03-01T18:38:43+01:00"
    license_valid: true
    status: OK
    version: "1.8"
ansible_facts:
  description: The facts that the module sets.
  type: dict
  returned: success
  contains:
    puqvpn:
      description: Same as RV(status).
      type: dict
violations:
  description: All unmet requirements, one sentence each.
  type: list
  elements: str
  returned: when requirements are not met
  sample:
    - its version is 1.4, and min_version is 1.6
msg:
  description: A summary of the result in one line; on failure, the error message.
  type: str
  returned: always
  sample: 1.8, ready, license 350 days, 530 of 550 free
requests:
  description: The number of HTTP requests that the task sent, retries included.
  type: int
  returned: success
  sample: 1
error_code:
  description:
    - A stable, machine-readable error code, for example V(requirements_not_met), V(panel_busy) or V(not_authorized).
  type: str
  returned: failure
  sample: not_authorized
panel_error:
  description: The error message returned by the panel; empty if there was none.
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
