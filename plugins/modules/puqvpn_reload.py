#!/usr/bin/python
# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: puqvpn_reload
short_description: Reload the configuration of a panel
version_added: 0.2.0
description:
  - Makes a PUQVPNCP panel rebuild its running configuration from the stored one, and waits until it is ready again.
  - During a reload, the panel is busy and accepts no changes, and clients may be disconnected.
  - If the panel is already busy and rejects the reload, the module retries for up to O(busy_timeout) seconds.
  - A 2.x panel may end the sessions of its clients. If the response to its reload is lost, the task fails, since it is
    unknown whether the panel reloads.
  - Sends one request for the reload, and one for each look at the status.
extends_documentation_fragment:
  - puqcloud.puqvpn.connection
  - puqcloud.puqvpn.attributes.both_generations
  - puqcloud.puqvpn.attributes
attributes:
  check_mode:
    support: full
    details:
      - The status is read, but nothing is reloaded. The task is changed.
  diff_mode:
    support: none
    details:
      - A reload changes no settings.
  idempotent:
    support: none
    details:
      - Every run reloads the panel, and the task is always changed.
options:
  wait:
    description:
      - Whether to wait until the panel is ready again, which means that its state is V(OK). The task fails if it is not
        ready after O(busy_timeout) seconds.
      - With V(false), the task ends when the panel has accepted the request.
    type: bool
    default: true
seealso:
  - module: puqcloud.puqvpn.puqvpn_status
    description: Wait for a panel without a reload.
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

- name: Reload a 2.x panel
  puqcloud.puqvpn.puqvpn_reload:
    url: https://vpn2.example.com
    token: "{{ vault_puqvpn_token }}"

- name: Reload the panel, and continue at once
  puqcloud.puqvpn.puqvpn_reload:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    wait: false

- name: Wait for the panel later
  puqcloud.puqvpn.puqvpn_status:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    wait: true

- name: Reload a slow panel, which may take up to ten minutes
  puqcloud.puqvpn.puqvpn_reload:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    busy_timeout: 600
"""

RETURN = r"""
status:
  description:
    - See RV(puqcloud.puqvpn.puqvpn_status#module:status). If O(wait=false), the panel may not be ready yet.
  type: dict
  returned: success
  sample:
    version: "1.8"
    state: OK
    ready: true
msg:
  description: A summary of the result in one line; on failure, the error message.
  type: str
  returned: always
  sample: "reloaded: 1.8, ready, license 350 days, 530 of 550 free"
requests:
  description: The number of HTTP requests that the task sent, retries included.
  type: int
  returned: success
  sample: 3
error_code:
  description:
    - A stable, machine-readable error code, for example V(panel_busy), V(license_inactive) or V(not_authorized).
  type: str
  returned: failure
  sample: panel_busy
panel_error:
  description: The error message returned by the panel; empty if there was none.
  type: str
  returned: failure
  sample: PUQVPNCP status not OK
"""

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._module.reload import OPTIONS, reload
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._task import BOTH_GENERATIONS, Task

TASK = Task(OPTIONS, reload, generations=BOTH_GENERATIONS)


def main() -> None:
    """Entry point of the module."""
    TASK.run()


if __name__ == "__main__":
    main()
