#!/usr/bin/python
# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: puqvpn_health
short_description: Check the health of a panel
version_added: 0.6.0
description:
  - Checks the state, the license, the services and the newest backup of a PUQVPNCP panel, and returns everything that
    is wrong. With O(accounts=true), it also counts the accounts and who is online.
  - An unhealthy panel is a result, not a failure, unless O(fail=true). This includes a panel that cannot be reached or
    that refuses the credential.
  - The role P(puqcloud.puqvpn.healthcheck#role) checks a fleet with this module and prints a table of all panels.
  - A value that does not have the documented type, such as a size that is not a number, counts as not reported.
extends_documentation_fragment:
  - puqcloud.puqvpn.connection
  - puqcloud.puqvpn.attributes
  - puqcloud.puqvpn.attributes.read_only
attributes:
  platform:
    platforms: PUQVPNCP 1.x, PUQVPNCP 2.x
    support: partial
    details:
      - 2.x panels are not documented to report services and backups, which are listed in
        RV(health.not_reported). They also need not report the validity and the expiry date of their license, since
        they can be used without one. What is not reported is no violation.
options:
  min_license_days:
    description:
      - Minimum number of whole days until the license expires.
    type: int
    default: 30
  min_free_accounts:
    description:
      - Minimum number of accounts that can still be created under the license.
    type: int
    default: 1
  services:
    description:
      - Services that must be installed. Other services are neither read nor returned.
      - V(bind9) must also be running if the DNS server is enabled, V(strongswan) if IKEv2 is enabled.
    type: list
    elements: str
    choices: [wireguard, iptables, bind9, strongswan]
    default: [wireguard, iptables, bind9, strongswan]
  max_backup_hours:
    description:
      - Maximum age of the newest backup on the panel, in hours.
      - With V(0), backups are neither read nor checked.
    type: int
    default: 48
  accounts:
    description:
      - Whether to also read the accounts, or the clients of a 2.x panel, and their live sessions. This takes three more
        requests, or two on 2.x panels.
      - They are counted in RV(health.accounts). Nothing about them makes a panel unhealthy.
      - If the panel does not show the live sessions of a protocol, a warning says so, and these count as offline.
    type: bool
    default: false
    version_added: 0.9.0
  fail:
    description:
      - Whether the task fails if the panel is unhealthy. The failed result also contains RV(health).
    type: bool
    default: false
seealso:
  - module: puqcloud.puqvpn.puqvpn_status
    description: Gather the status of a panel, wait for it, and check it.
  - ref: ansible_collections.puqcloud.puqvpn.docsite.panels_2x
    description: What works on 2.x panels, and which facts about them are still open.
"""

EXAMPLES = r"""
- name: Check a panel
  puqcloud.puqvpn.puqvpn_health:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    max_backup_hours: 24
  register: panel

- name: Show what is wrong
  ansible.builtin.debug:
    msg: "{{ panel.health.violations }}"

- name: Check a 2.x panel, which reports neither services nor backups
  puqcloud.puqvpn.puqvpn_health:
    url: https://vpn2.example.com
    token: "{{ vault_puqvpn_token }}"
    min_free_accounts: 10

- name: Count the accounts and who is online
  puqcloud.puqvpn.puqvpn_health:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    services: []
    max_backup_hours: 0
    accounts: true
  register: panel

- name: Fail unless the license and WireGuard are in order
  puqcloud.puqvpn.puqvpn_health:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    services: [wireguard]
    max_backup_hours: 0
    fail: true
"""

RETURN = r"""
health:
  description: The health of the panel.
  type: dict
  returned: success, and failure if the panel is unhealthy
  contains:
    healthy:
      description: Whether there is no violation.
      type: bool
      returned: always
      sample: false
    reachable:
      description: Whether the panel answered all requests, also if it refused some of them.
      type: bool
      returned: always
      sample: true
    violations:
      description: Everything that is wrong, one sentence each.
      type: list
      elements: str
      returned: always
      sample:
        - its newest backup is 50 hours old, and max_backup_hours is 48
    violation_codes:
      description:
        - A stable code for each of RV(health.violations), in the same order.
        - V(unreachable) for a panel that cannot be read, V(unreadable) for a part that it refuses, V(not_ready),
          V(license_ending) also for a license that is not valid, V(slots_low) for too few free accounts,
          V(service_down) also for a service that is not installed, and V(backup_too_old) also without any backup.
      type: list
      elements: str
      returned: always
      sample: [backup_too_old]
      version_added: 0.9.0
    not_reported:
      description:
        - What was to be checked but is not reported by panels of this generation, the names of O(services) and
          V(backups). Also V(accounts) if a 2.x panel does not list its clients.
      type: list
      elements: str
      returned: always
      sample: []
      version_added: 0.7.0
    status:
      description: As RV(puqcloud.puqvpn.puqvpn_status#module:status). Empty if it could not be read.
      type: dict
      returned: always
      sample:
        url: https://vpn.example.com
        generation: 1
        version: "1.8"
        state: OK
        ready: true
        license_valid: true
        license_expires: "2026-12-31T00:00:00Z"
        license_days_left: 334
        accounts_used: 12
        accounts_limit: 512
        accounts_free: 500
        wireguard_servers: 2
    accounts:
      description:
        - The accounts, or the clients of a 2.x panel. Empty without O(accounts=true), or if they could not be read.
      type: dict
      returned: always
      version_added: 0.9.0
      contains:
        total:
          description: Number of accounts.
          type: int
          returned: if the accounts were read
          sample: 3
        enabled:
          description: Number of enabled accounts; V(null) if the panel does not show the status of each of them.
          type: int
          returned: if the accounts were read
          sample: 2
        online:
          description: Number of accounts with a live session; V(null) if the panel does not show live sessions.
          type: int
          returned: if the accounts were read
          sample: 1
        servers:
          description:
            - The same numbers by WireGuard server, or by network on 2.x panels, sorted by name.
            - Servers without accounts are not listed.
          type: list
          elements: dict
          returned: if the accounts were read
          contains:
            name:
              description: Name of the server; V(null) if the panel does not show it.
              type: str
              returned: always
          sample:
            - {name: office, total: 3, enabled: 2, online: 1}
        names:
          description: The names of all accounts, sorted.
          type: list
          elements: str
          returned: if the accounts were read
          sample: [alice, bob, carol]
        online_names:
          description: The names of the accounts with a live session, sorted.
          type: list
          elements: str
          returned: if the accounts were read
          sample: [alice]
    services:
      description:
        - The O(services) that could be read, by name.
        - RV(health.services.bind9.enabled) and RV(health.services.strongswan.enabled) tell whether the service should
          be running. C(pids) contains the process IDs by process, V(0) for a process that is not running.
      type: dict
      returned: always
      contains:
        wireguard:
          description: The version of WireGuard.
          type: dict
          returned: if V(wireguard) is in O(services)
          sample: {version: 1.0.20210223-1}
        iptables:
          description: The version of iptables.
          type: dict
          returned: if V(iptables) is in O(services)
          sample: {version: 1.8.7-1}
        bind9:
          description: The DNS server.
          type: dict
          returned: if V(bind9) is in O(services)
          contains:
            enabled:
              description: Whether the DNS server is enabled.
              type: bool
              returned: always
          sample: {version: "1:9.16.48-1", enabled: true, pids: {named: 2649459}}
        strongswan:
          description: The IKEv2 server.
          type: dict
          returned: if V(strongswan) is in O(services)
          contains:
            enabled:
              description: Whether IKEv2 is enabled.
              type: bool
              returned: always
          sample: {version: 5.9.1-1, enabled: true, pids: {charon: 1473837, starter: 1473836}}
    backups:
      description: The backups on the panel.
      type: dict
      returned: always
      contains:
        count:
          description: Number of archives.
          type: int
          returned: always
          sample: 7
        size:
          description: Total size of the archives whose size is known, in megabytes.
          type: float
          returned: always
          sample: 12.5
        newest:
          description: Name of the newest archive; V(null) if there is none.
          type: str
          returned: always
          sample: vpn.example.com_2026-01-31_18-00-00.zip
        age:
          description: Age of the newest archive in minutes; V(null) if it is unknown.
          type: int
          returned: always
          sample: 180
msg:
  description: A summary of the result in one line; on failure, the error message.
  type: str
  returned: always
  sample: healthy
requests:
  description: The number of HTTP requests that the task sent, retries included.
  type: int
  returned: success
  sample: 7
error_code:
  description: A stable, machine-readable error code, for example V(not_healthy) or V(invalid_option).
  type: str
  returned: failure
  sample: not_healthy
panel_error:
  description: The error message returned by the panel; empty if there was none.
  type: str
  returned: failure
  sample: ""
"""

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._module.health import OPTIONS, health
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._task import BOTH_GENERATIONS, Task

TASK = Task(OPTIONS, health, generations=BOTH_GENERATIONS)


def main() -> None:
    """Entry point of the module."""
    TASK.run()


if __name__ == "__main__":
    main()
