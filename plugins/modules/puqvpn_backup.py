#!/usr/bin/python
# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: puqvpn_backup
short_description: Make, download and restore backups of a panel
version_added: 0.2.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Makes a backup archive on a PUQVPNCP panel, or finds one that is young enough, and can download it.
  - Restores an archive, which replaces everything on the panel, with all servers, accounts and sessions, so
    every client is disconnected.
  - Making or downloading an archive interrupts nothing.
  - An archive that is there costs one request, a new one costs three. A download costs one more. A restore costs two,
    and one for each look at the status while the panel rebuilds its configuration.
  - Works with panels of the generation 1.x.
extends_documentation_fragment:
  - puqcloud.puqvpn.connection
  - puqcloud.puqvpn.attributes
  - puqcloud.puqvpn.attributes.actiongroup_all
  - puqcloud.puqvpn.modify
  - puqcloud.puqvpn.file
attributes:
  check_mode:
    support: full
    details:
      - In check mode the panel is only read. No archive is made or restored, and no file is changed. An archive that is
        there is downloaded to compare it with O(dest), unless the folder of O(dest) does not exist yet.
  diff_mode:
    support: full
    details:
      - The diff shows the archive that is made or restored, and the checksum of O(dest) before and after. What the
        archive holds is not shown.
  idempotent:
    support: partial
    details:
      - With O(name), and with O(max_age) as long as the newest archive is younger. Otherwise each run makes an archive.
      - Not with O(state=restored), which is changed every time.
  in_process:
    support: partial
    details:
      - Not with O(dest).
options:
  state:
    description:
      - What should be. V(present) lets there be an archive. Without O(name) one is made, unless O(max_age) says that
        the newest will do.
      - V(restored) replaces everything on the panel by the archive O(name), and waits until the panel is ready, for up
        to O(busy_timeout) seconds. It is changed every time.
    type: str
    choices: [present, restored]
    default: present
  name:
    description:
      - The name of an archive on the panel, with its ending V(.zip).
      - With O(state=present) that archive must exist, and nothing is made. This is useful together with O(dest).
      - It must be given with O(state=restored).
    type: str
    aliases: [backup_name]
  statistics:
    description:
      - Whether a new archive also holds the statistics of the traffic. When it is not given, the panel decides.
      - It has no meaning when O(name) is given, and is refused then.
    type: bool
  max_age:
    description:
      - Minutes, 0 or more. No archive is made when the newest one is younger, and that one is returned instead.
      - When it is not given, an archive is made every time.
      - It has no meaning when O(name) is given, and is refused then.
    type: int
  dest:
    description:
      - A file to download the archive to, or an existing folder, to which the name of the archive is added. The folder
        must exist already.
      - The file gets the mode V(0600). It is only replaced when its content differs, and only by an archive that came
        whole and can be read to its end.
      - Only a regular file is replaced. A device, a named pipe or a socket is refused. A symbolic link that is named
        here is followed to compare, and is replaced itself; inside a folder a link is refused.
      - In a folder, the name of the archive must consist of ASCII letters, digits, blanks and C(. _ - @ +) and begin
        with a letter, a digit or C(_). A panel that shows another name is refused with
        RV(error_code=untrusted_value), before anything is downloaded. Name a file here to download such an archive.
      - It has no meaning with O(state=restored), and is refused then.
    type: path
notes:
  - A backup holds the private keys and passwords of everything on the panel. Keep it where nobody else can read it.
  - Users of the panel, its TLS certificates, its license and its backup schedule are not part of a backup.
  - The panel answers only when a new archive is complete, which may take longer than O(timeout) allows by default.
    Raise it for large panels. When the connection breaks meanwhile, the module looks for the new archive before it asks
    for another one.
  - A panel that copies its backups by FTP does that with a new archive too. When the copy fails, the task fails with
    RV(error_code=ftp_upload_failed), and the archive exists nevertheless.
  - The API cannot remove archives. How many the panel keeps is set with M(puqcloud.puqvpn.puqvpn_backup_config).
  - A restored archive may bring another access hash, so that later tasks are not authorized with the present one.
  - A restore that fails half-way leaves half a configuration on the panel.
  - There is nothing secret in the result, so O(include_secrets) makes no difference.
seealso:
  - module: puqcloud.puqvpn.puqvpn_backup_config
    description: Manage the schedule of automatic backups and their copies by FTP.
  - module: puqcloud.puqvpn.puqvpn_status
    description: Gather the status of a panel, wait for it, and check it.
"""

EXAMPLES = r"""
- name: Make a backup unless there is one of the last 24 hours, with two minutes of time for it
  puqcloud.puqvpn.puqvpn_backup:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    max_age: 1440
    statistics: true
    timeout: 120
  register: backup

- name: Show which archive is the newest
  ansible.builtin.debug:
    msg: "The newest archive is {{ backup.backup.backup_name }}, with {{ backup.backup.size }} MB"

- name: Make a backup, and download it into a folder under its own name
  puqcloud.puqvpn.puqvpn_backup:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    dest: "{{ playbook_dir }}"
    timeout: 120
  register: download

- name: Show where the backup is
  ansible.builtin.debug:
    msg: "{{ download.dest }} has the checksum {{ download.checksum }}"

- name: Download a certain archive
  puqcloud.puqvpn.puqvpn_backup:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    name: vpn.example.com_2026-01-31_18-00-00.zip
    dest: "{{ playbook_dir }}/puqvpn.zip"

- name: Replace everything on the panel by an archive, and wait ten minutes at most until the panel is ready
  puqcloud.puqvpn.puqvpn_backup:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    state: restored
    name: vpn.example.com_2026-01-31_18-00-00.zip
    busy_timeout: 600
"""

RETURN = r"""
backup:
  description: The archive. Empty in check mode when a new one would be made.
  type: dict
  returned: success, and when only the copy by FTP failed
  sample:
    backup_name: vpn.example.com_2026-01-31_18-00-00.zip
    creation_date: "2026-01-31T18:00:17.159356394+01:00"
    size: 7.462
  contains:
    backup_name:
      description: The name of the archive on the panel.
      type: str
      returned: success
    creation_date:
      description: When the archive was made, as the panel writes it.
      type: str
      returned: success
    size:
      description: The size of the archive in MB.
      type: float
      returned: success
dest:
  description: The file with the archive. In check mode the folder, when the name of the archive is not known yet.
  type: str
  returned: when O(dest) is given
  sample: /srv/backups/vpn.example.com_2026-01-31_18-00-00.zip
checksum:
  description: The SHA-256 of the archive.
  type: str
  returned: when O(dest) is given, but for check mode when a new archive would be made
  sample: 6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d
size:
  description: The size of the file in bytes.
  type: int
  returned: when O(dest) is given and RV(dest) exists
  sample: 7824474
state:
  description: What RV(dest) is, V(file), or in check mode V(directory) when it is a folder.
  type: str
  returned: when O(dest) is given and RV(dest) exists
  sample: file
mode:
  description: The permissions of the file.
  type: str
  returned: when O(dest) is given and RV(dest) exists
  sample: "0600"
owner:
  description: The name of the user that owns the file.
  type: str
  returned: when O(dest) is given and RV(dest) exists
  sample: root
group:
  description: The name of the group that owns the file.
  type: str
  returned: when O(dest) is given and RV(dest) exists
  sample: root
uid:
  description: The number of the user that owns the file.
  type: int
  returned: when O(dest) is given and RV(dest) exists
  sample: 0
gid:
  description: The number of the group that owns the file.
  type: int
  returned: when O(dest) is given and RV(dest) exists
  sample: 0
status:
  description:
    - The status after a restore, under the same names and types as M(puqcloud.puqvpn.puqvpn_status) returns. What the
      panel does not tell is V(null).
  type: dict
  returned: with O(state=restored), but for check mode
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
      description: Whether the license is valid.
      type: bool
      returned: success
    license_expires:
      description: When the license ends, as the panel writes it.
      type: str
      returned: success
    license_days_left:
      description: Whole days until the license ends, negative after its end.
      type: int
      returned: success
    accounts_used:
      description: The number of accounts on the panel.
      type: int
      returned: success
    accounts_limit:
      description: The number of accounts that the license allows.
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
diff:
  description:
    - What changes, that is whether an archive is made or restored, and the file with its checksum before and after.
  type: dict
  returned: success, or when the failure came after a write
  sample:
    before:
      dest: /srv/backups/panel.zip
      sha256: null
    after:
      backup: a new one
      dest: /srv/backups/panel.zip
      sha256: of the new one
error_code:
  description:
    - What went wrong as a stable word, for example V(not_found) when there is no such archive, V(ftp_upload_failed),
      V(archive_damaged) when a download did not come whole, V(untrusted_value) when the name of an archive cannot be
      that of a file, V(file_not_written), such as on a full disk, V(panel_busy) or V(invalid_option).
  type: str
  returned: failure
  sample: ftp_upload_failed
panel_error:
  description: The panel's own words, empty when it said nothing.
  type: str
  returned: failure
  sample: "FTP upload error: connection refused"
"""

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._module.backup import OPTIONS, backup
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._task import Task

TASK = Task(OPTIONS, backup)


def main() -> None:
    """Entry point of the module."""
    TASK.run()


if __name__ == "__main__":
    main()
