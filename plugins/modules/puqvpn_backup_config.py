#!/usr/bin/python
# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: puqvpn_backup_config
short_description: Manage the schedule of automatic backups
version_added: 0.2.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Sets when a PUQVPNCP panel makes backups by itself, how many it keeps, and whether it copies them to an FTP server.
  - The settings are written as a whole, that is the present ones with the wanted ones laid over them. What they need
    together is checked before anything is written. They are read again after the write, and a value that did not stick
    fails the task.
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
      - The diff shows the fields that change. Of O(ftp_password) it only shows that it changes.
  idempotent:
    support: full
    details:
      - Nothing is written when every option that is given has its value already.
options:
  backup_to_ftp:
    description:
      - Whether backups are also copied to an FTP server.
      - V(true) needs O(ftp_server), O(ftp_user) and O(ftp_password), given here or set before.
    type: bool
  every_day:
    description:
      - Whether a backup is made every day.
    type: bool
  every_day_hour:
    description:
      - The hour of the day at which the daily backup is made, 0 to 23.
    type: int
  every_day_minute:
    description:
      - The minute of that hour at which the daily backup is made, 0 to 59.
    type: int
  every_day_statistics:
    description:
      - Whether daily backups also hold the statistics of the traffic.
    type: bool
  every_hour:
    description:
      - Whether a backup is made every hour.
    type: bool
  every_hour_minute:
    description:
      - The minute of the hour at which the hourly backup is made, 0 to 59.
    type: int
  every_hour_statistics:
    description:
      - Whether hourly backups also hold the statistics of the traffic.
    type: bool
  ftp_password:
    description:
      - The password on the FTP server.
      - Needed while O(backup_to_ftp=true).
    type: str
  ftp_path:
    description:
      - The folder on the FTP server that backups are copied to.
    type: str
  ftp_server:
    description:
      - The host name or IP address of the FTP server, without a port.
      - Needed while O(backup_to_ftp=true).
    type: str
  ftp_server_port:
    description:
      - The port of the FTP server, 1 to 65535.
    type: int
  ftp_user:
    description:
      - The user name on the FTP server.
      - Needed while O(backup_to_ftp=true).
    type: str
  number_backups:
    description:
      - The number of backups that are kept, 1 or more.
    type: int
notes:
  - The FTP server is not tried when the settings are written. Whether it takes backups shows when the next one is made,
    for example with M(puqcloud.puqvpn.puqvpn_backup).
  - FTP does not encrypt what it transfers, and a backup holds the private keys and passwords of everything on the
    panel.
  - The schedule is not part of a backup, so a restore does not change it.
seealso:
  - module: puqcloud.puqvpn.puqvpn_backup
    description: Make, download and restore backups.
  - module: puqcloud.puqvpn.puqvpn_system_config
    description: Manage the settings for statistics and for the online state.
"""

EXAMPLES = r"""
- name: Make a backup every night at half past three, with statistics, and keep two weeks of them
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

- name: Show when backups are made
  ansible.builtin.debug:
    msg: >-
      A backup is made at {{ schedule.backup_config.every_day_hour }} h
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

- name: Make a backup every hour too, and nothing else is touched
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
  description: The settings as they are now, in check mode as they would be.
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
  contains:
    backup_to_ftp:
      description: Whether backups are also copied to an FTP server.
      type: bool
      returned: success
    every_day:
      description: Whether a backup is made every day.
      type: bool
      returned: success
    every_day_hour:
      description: The hour of the day at which the daily backup is made.
      type: int
      returned: success
    every_day_minute:
      description: The minute of that hour at which the daily backup is made.
      type: int
      returned: success
    every_day_statistics:
      description: Whether daily backups also hold the statistics of the traffic.
      type: bool
      returned: success
    every_hour:
      description: Whether a backup is made every hour.
      type: bool
      returned: success
    every_hour_minute:
      description: The minute of the hour at which the hourly backup is made.
      type: int
      returned: success
    every_hour_statistics:
      description: Whether hourly backups also hold the statistics of the traffic.
      type: bool
      returned: success
    ftp_password:
      description: The password on the FTP server.
      type: str
      returned: when O(include_secrets=true)
    ftp_path:
      description: The folder on the FTP server that backups are copied to.
      type: str
      returned: success
    ftp_server:
      description: The host name or IP address of the FTP server, without a port.
      type: str
      returned: success
    ftp_server_port:
      description: The port of the FTP server.
      type: int
      returned: success
    ftp_user:
      description: The user name on the FTP server.
      type: str
      returned: success
    number_backups:
      description: The number of backups that are kept.
      type: int
      returned: success
diff:
  description: The fields that change, before and after. Secrets are hidden.
  type: dict
  returned: success, or when the failure came after a write
  sample:
    before:
      number_backups: 10
    after:
      number_backups: 14
fields:
  description: The options that the failure is about.
  type: list
  elements: str
  returned: when the failure is about single options, for example RV(error_code=value_not_stored)
  sample: [number_backups]
error_code:
  description:
    - What went wrong as a stable word, for example V(invalid_option), V(panel_refused), V(value_not_stored) or
      V(not_authorized).
  type: str
  returned: failure
  sample: panel_refused
panel_error:
  description: The panel's own words, empty when it said nothing.
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
