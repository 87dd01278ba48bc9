#!/usr/bin/python
# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: puqvpn_reload
short_description: Reload a panel
version_added: 0.2.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Makes a PUQVPNCP panel rebuild its running configuration from the stored one, and waits until it is ready again.
  - During a reload the panel is busy and takes no changes, and connections of clients may drop.
  - A panel that is busy already refuses a reload. It is waited for and asked again, for up to O(busy_timeout) seconds.
  - One request is sent for the reload, and one for each look at the status.
  - Works with panels of the generation 1.x.
extends_documentation_fragment:
  - puqcloud.puqvpn.connection
  - puqcloud.puqvpn.attributes
  - puqcloud.puqvpn.attributes.actiongroup_all
attributes:
  check_mode:
    support: full
    details:
      - In check mode the status is read and nothing is reloaded. The task is changed.
  diff_mode:
    support: none
    details:
      - A reload changes no setting, so there is nothing to show.
  idempotent:
    support: none
    details:
      - Every run reloads the panel, and the task is always changed.
options:
  wait:
    description:
      - Whether to wait until the panel is ready again, that is until its state is V(OK). The task fails when it is not
        after O(busy_timeout) seconds.
      - With V(false) the task ends when the panel has accepted the request.
    type: bool
    default: true
seealso:
  - module: puqcloud.puqvpn.puqvpn_status
    description: Gather the status of a panel, wait for it, and check it.
  - module: puqcloud.puqvpn.puqvpn_backup
    description: Restore a backup, and wait until the panel is ready.
"""

EXAMPLES = r"""
- name: Reload the panel, and wait until it is ready
  puqcloud.puqvpn.puqvpn_reload:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
  register: reload

- name: Show the state of the panel
  ansible.builtin.debug:
    msg: "The panel is ready with {{ reload.status.wireguard_servers }} servers"

- name: Reload the panel, and go on at once
  puqcloud.puqvpn.puqvpn_reload:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    wait: false

- name: Wait for the panel later
  puqcloud.puqvpn.puqvpn_status:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    wait: true

- name: Reload a panel that takes long, ten minutes at most
  puqcloud.puqvpn.puqvpn_reload:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    busy_timeout: 600
"""

RETURN = r"""
status:
  description:
    - The status under the same names and types as M(puqcloud.puqvpn.puqvpn_status) returns. What the panel does not
      tell is V(null). With O(wait=false), the panel may not be ready yet.
  type: dict
  returned: success
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
      returned: success
    generation:
      description: The generation of the API, V(1).
      type: int
      returned: success
    version:
      description: The version of the panel.
      type: str
      returned: success
    state:
      description: What the panel says it is doing, V(OK) when it is idle.
      type: str
      returned: success
    ready:
      description: Whether the panel is idle and takes changes.
      type: bool
      returned: success
    license_valid:
      description: Whether the licence is valid.
      type: bool
      returned: success
    license_expires:
      description: When the licence ends, as the panel writes it.
      type: str
      returned: success
    license_days_left:
      description: Whole days until the licence ends, negative after its end.
      type: int
      returned: success
    accounts_used:
      description: The number of accounts on the panel.
      type: int
      returned: success
    accounts_limit:
      description: The number of accounts that the licence allows.
      type: int
      returned: success
    accounts_free:
      description: The number of accounts that can still be made.
      type: int
      returned: success
    wireguard_servers:
      description: The number of WireGuard servers.
      type: int
      returned: success
error_code:
  description:
    - What went wrong as a stable word, for example V(panel_busy) or V(not_authorized).
  type: str
  returned: failure
  sample: panel_busy
panel_error:
  description: The panel's own words, empty when it said nothing.
  type: str
  returned: failure
  sample: PUQVPNCP status not OK
"""

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._module.reload import OPTIONS, reload
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._task import Task

TASK = Task(OPTIONS, reload)


def main() -> None:
    """Entry point of the module."""
    TASK.run()


if __name__ == "__main__":
    main()
