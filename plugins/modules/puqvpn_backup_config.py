#!/usr/bin/python
# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: puqvpn_backup_config
short_description: Manage the schedule of automatic backups
version_added: 0.2.0
description:
  - Sets when a PUQVPNCP panel creates backups on its own, how many it keeps, and whether it copies them to an FTP
    server.
  - No connection is interrupted.
extends_documentation_fragment:
  - puqcloud.puqvpn.connection
  - puqcloud.puqvpn.attributes
  - puqcloud.puqvpn.modify
  - puqcloud.puqvpn.modify.settings
options:
  every_day:
    description:
      - Whether to create a backup every day, at O(every_day_hour) and O(every_day_minute).
    type: bool
  every_day_hour:
    description:
      - Hour of the daily backup, from 0 to 23.
    type: int
  every_day_minute:
    description:
      - Minute of the daily backup, from 0 to 59.
    type: int
  every_day_statistics:
    description:
      - Whether daily backups include the traffic statistics.
    type: bool
  every_hour:
    description:
      - Whether to create a backup every hour, at O(every_hour_minute).
    type: bool
  every_hour_minute:
    description:
      - Minute of the hourly backup, from 0 to 59.
    type: int
  every_hour_statistics:
    description:
      - Whether hourly backups include the traffic statistics.
    type: bool
  number_backups:
    description:
      - Number of backups to keep, 1 or more.
    type: int
  backup_to_ftp:
    description:
      - Whether to copy backups to an FTP server. V(true) requires O(ftp_server), O(ftp_user) and O(ftp_password), set
        in this task or before.
    type: bool
  ftp_server:
    description:
      - Host name or IP address of the FTP server, without a port.
    type: str
  ftp_server_port:
    description:
      - Port of the FTP server, from 1 to 65535.
    type: int
  ftp_user:
    description:
      - User name on the FTP server.
    type: str
  ftp_password:
    description:
      - Password on the FTP server.
    type: str
  ftp_path:
    description:
      - Directory on the FTP server for the copies.
    type: str
notes:
  - The panel does not connect to the FTP server until it creates the next backup, for example with
    M(puqcloud.puqvpn.puqvpn_backup).
  - FTP does not encrypt what it transfers, and a backup contains the private keys and passwords of everything on the
    panel.
  - The schedule is not part of a backup, so a restore does not change it.
seealso:
  - module: puqcloud.puqvpn.puqvpn_backup
    description: Create, download and restore backups.
  - module: puqcloud.puqvpn.puqvpn_system_config
    description: Manage the settings for statistics and for the online state.
"""

EXAMPLES = r"""
- name: Create a backup with statistics every night at half past three, and keep those of two weeks
  puqcloud.puqvpn.puqvpn_backup_config:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    every_day: true
    every_day_hour: 3
    every_day_minute: 30
    every_day_statistics: true
    every_hour: false
    number_backups: 14
  register: schedule

- name: Show when backups are created
  ansible.builtin.debug:
    msg: >-
      A backup is created at {{ schedule.backup_config.every_day_hour }} h
      {{ schedule.backup_config.every_day_minute }} every day

- name: Copy backups to an FTP server
  puqcloud.puqvpn.puqvpn_backup_config:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    backup_to_ftp: true
    ftp_server: ftp.example.com
    ftp_server_port: 21
    ftp_user: puqvpn
    ftp_password: "{{ lookup('ansible.builtin.password', '/dev/null') }}"
    ftp_path: backups/vpn.example.com

- name: Create a backup every hour as well, and leave all other settings alone
  puqcloud.puqvpn.puqvpn_backup_config:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    every_hour: true
    every_hour_minute: 50
    every_hour_statistics: false
    number_backups: 48

- name: Stop copying backups
  puqcloud.puqvpn.puqvpn_backup_config:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    backup_to_ftp: false
"""

RETURN = r"""
backup_config:
  description:
    - The settings after the task, under the names of the options. O(ftp_password) is only included with
      O(include_secrets=true).
  type: dict
  returned: success
  sample:
    backup_to_ftp: true
    every_day: true
    every_day_hour: 3
    every_day_minute: 30
    every_day_statistics: true
    every_hour: false
    every_hour_minute: 0
    every_hour_statistics: false
    ftp_path: backups/vpn.example.com
    ftp_server: ftp.example.com
    ftp_server_port: 21
    ftp_user: puqvpn
    number_backups: 14
diff:
  description: The fields that change, before and after.
  type: dict
  returned: success, or failure after a write
  sample: {before: {number_backups: 10}, after: {number_backups: 14}}
fields:
  description: The options that caused the failure.
  type: list
  elements: str
  returned: failure because of specific options, for example with RV(error_code=value_not_stored)
  sample: [number_backups]
msg:
  description: A summary of the result in one line; on failure, the error message.
  type: str
  returned: always
  sample: "backup schedule: hour 3 -> 4"
requests:
  description: The number of HTTP requests that the task sent, retries included.
  type: int
  returned: success
  sample: 3
error_code:
  description:
    - A stable, machine-readable error code, for example V(invalid_option), V(panel_refused) or V(value_not_stored).
  type: str
  returned: failure
  sample: panel_refused
panel_error:
  description: The error message returned by the panel; empty if there was none.
  type: str
  returned: failure
  sample: FTP server must be filled
"""

from functools import partial

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._objects.backup_config import BACKUP_CONFIG
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._resource import manage_settings
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._task import Task

TASK = Task(BACKUP_CONFIG.argument_spec, partial(manage_settings, BACKUP_CONFIG))


def main() -> None:
    """Entry point of the module."""
    TASK.run()


if __name__ == "__main__":
    main()
