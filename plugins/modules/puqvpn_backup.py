#!/usr/bin/python
# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: puqvpn_backup
short_description: Create, download and restore backups of a panel
version_added: 0.2.0
description:
  - Creates a backup archive on a PUQVPNCP panel, or finds one that is recent enough, and optionally downloads it.
  - Restores an archive, which replaces everything on the panel, including all servers, accounts and sessions, and so
    disconnects every client. Creating or downloading an archive interrupts nothing.
  - Finding an archive takes one request, creating one takes three, and downloading it takes one more. Restoring takes
    two, and one for each look at the status while the panel rebuilds its configuration.
extends_documentation_fragment:
  - puqcloud.puqvpn.connection
  - puqcloud.puqvpn.attributes
  - puqcloud.puqvpn.modify
  - puqcloud.puqvpn.file
attributes:
  check_mode:
    details:
      - Only read requests are sent, and no file is changed. An existing archive is downloaded to compare it with
        O(dest), unless the directory of O(dest) does not exist yet.
  diff_mode:
    details:
      - The diff shows the archive that is created or restored, and the checksum of O(dest) before and after, but not
        the content of the archive.
  idempotent:
    support: partial
    details:
      - Idempotent with O(name), and with O(max_age) until the newest archive is older. Otherwise, every run creates an
        archive.
      - With O(state=restored), every run restores the archive.
options:
  state:
    description:
      - V(present) ensures that there is an archive. It creates one unless O(name) is set or O(max_age) is met.
      - V(restored) replaces everything on the panel with the archive O(name), and waits up to O(busy_timeout) seconds
        until the panel is ready.
    type: str
    choices: [present, restored]
    default: present
  name:
    description:
      - Name of an archive on the panel, with its extension V(.zip). It must exist.
      - With O(state=present), no archive is created, which is useful together with O(dest).
      - Required if O(state=restored).
    type: str
    aliases: [backup_name]
  statistics:
    description:
      - Whether a new archive includes the traffic statistics. If not set, the panel decides.
      - Mutually exclusive with O(name).
    type: bool
  max_age:
    description:
      - Age in minutes, 0 or more, up to which the newest archive is returned instead of creating one. If not set, every
        run creates an archive.
      - Mutually exclusive with O(name).
    type: int
  dest:
    description:
      - File to download the archive to, or an existing directory, to which the name of the archive is appended. The
        directory of the file must exist.
      - If it ends with V(/), it is a directory. One that does not exist is created with the mode V(0700), since
        puqcloud.puqvpn 0.10.0.
      - The file gets the mode V(0600). It is only replaced if its content differs, and only by an archive that was
        received completely and can be read to its end.
      - In a directory, a symbolic link with the name of the archive is rejected, and the name must consist of ASCII
        letters, digits, spaces and C(. _ - @ +) and begin with a letter, a digit or C(_). If the panel returns another
        name, the task fails with RV(error_code=untrusted_value) before the download. To download such an archive, set
        this option to a file.
      - Mutually exclusive with O(state=restored).
    type: path
notes:
  - An archive contains the private keys and passwords of everything on the panel. Store it where nobody else can read
    it.
  - The users of the panel, its TLS certificates, its license and its backup schedule are not part of a backup.
  - The panel only responds when a new archive is complete, which may take longer than the default of O(timeout).
    Increase it for large panels. If the connection breaks, the module looks for the new archive before it requests
    another one.
  - If the panel copies its backups to an FTP server and that fails for a new archive, the task fails with
    RV(error_code=ftp_upload_failed), although the archive exists.
  - The API cannot delete archives. M(puqcloud.puqvpn.puqvpn_backup_config) sets how many the panel keeps.
  - A restored archive may contain another access hash, so that later tasks are no longer authorized.
  - A restore that fails halfway leaves the panel with an incomplete configuration.
  - The result contains no secrets, so O(include_secrets) has no effect.
seealso:
  - module: puqcloud.puqvpn.puqvpn_backup_config
    description: Manage the schedule of automatic backups and their copies on an FTP server.
  - module: puqcloud.puqvpn.puqvpn_status
    description: Gather the status of a panel, wait for it, and check it.
"""

EXAMPLES = r"""
- name: Create a backup unless there is one from the last 24 hours, and allow two minutes for it
  puqcloud.puqvpn.puqvpn_backup:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    max_age: 1440
    statistics: true
    timeout: 120
  register: backup

- name: Show the newest archive
  ansible.builtin.debug:
    msg: "The newest archive is {{ backup.backup.backup_name }}, with {{ backup.backup.size }} MB"

- name: Create a backup and download it to a directory, under its own name
  puqcloud.puqvpn.puqvpn_backup:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    dest: "{{ playbook_dir }}"
    timeout: 120
  register: download

- name: Show the downloaded file
  ansible.builtin.debug:
    msg: "{{ download.dest }} has the checksum {{ download.checksum }}"

- name: Download a certain archive
  puqcloud.puqvpn.puqvpn_backup:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    name: vpn.example.com_2026-01-31_18-00-00.zip
    dest: "{{ playbook_dir }}/puqvpn.zip"

- name: Restore an archive, and wait up to ten minutes until the panel is ready
  puqcloud.puqvpn.puqvpn_backup:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    state: restored
    name: vpn.example.com_2026-01-31_18-00-00.zip
    busy_timeout: 600
"""

RETURN = r"""
backup:
  description: The archive. Empty in check mode if one would be created.
  type: dict
  returned: success, and when RV(error_code=ftp_upload_failed)
  sample:
    backup_name: vpn.example.com_2026-01-31_18-00-00.zip
    creation_date: "2026-01-31T18:00:17.159356394+01:00"
    size: 7.462
  contains:
    backup_name:
      description: The name of the archive on the panel.
      type: str
    creation_date:
      description: The time at which the archive was created, as returned by the panel.
      type: str
    size:
      description: The size of the archive in MB.
      type: float
dest:
  description:
    - The path of the downloaded file. In check mode, that of the directory if the name of the archive is not known yet.
  type: str
  returned: when O(dest) is set
  sample: /srv/backups/vpn.example.com_2026-01-31_18-00-00.zip
checksum:
  description: The SHA-256 checksum of the archive.
  type: str
  returned: when O(dest) is set, but not in check mode if an archive would be created
  sample: 6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d
size:
  description: The size of the file in bytes.
  type: int
  returned: when O(dest) is set and RV(dest) exists
  sample: 7824474
state:
  description: The type of RV(dest), V(file), or V(directory) in check mode.
  type: str
  returned: when O(dest) is set and RV(dest) exists
  sample: file
mode:
  description: The permissions of the file.
  type: str
  returned: when O(dest) is set and RV(dest) exists
  sample: "0600"
owner:
  description: The owner of the file.
  type: str
  returned: when O(dest) is set and RV(dest) exists
  sample: root
group:
  description: The group of the file.
  type: str
  returned: when O(dest) is set and RV(dest) exists
  sample: root
uid:
  description: The user ID of the owner.
  type: int
  returned: when O(dest) is set and RV(dest) exists
  sample: 0
gid:
  description: The ID of the group.
  type: int
  returned: when O(dest) is set and RV(dest) exists
  sample: 0
status:
  description:
    - The status of the panel after a restore, in the form of RV(puqcloud.puqvpn.puqvpn_status#module:status).
  type: dict
  returned: when O(state=restored), but not in check mode
  sample: {url: "https://vpn.example.com", generation: 1, version: "1.8", state: OK, ready: true}
diff:
  description:
    - Whether an archive is created or restored, and the path and the checksum of the file, before and after.
  type: dict
  returned: success, or failure after a write
  sample:
    before: {dest: /srv/backups/panel.zip, sha256: null}
    after: {backup: a new one, dest: /srv/backups/panel.zip, sha256: of the new one}
msg:
  description: A summary of the result in one line; on failure, the error message.
  type: str
  returned: always
  sample: "2026-11-01_03-00.zip: created"
requests:
  description: The number of HTTP requests that the task sent, retries included.
  type: int
  returned: success
  sample: 3
error_code:
  description:
    - A stable, machine-readable error code, for example V(not_found) if the archive does not exist,
      V(ftp_upload_failed), V(archive_damaged) if a download is incomplete, V(untrusted_value) if the name of an archive
      cannot be used as a file name, V(file_not_written) if for example the disk is full, V(panel_busy) or
      V(invalid_option).
  type: str
  returned: failure
  sample: ftp_upload_failed
panel_error:
  description: The error message returned by the panel; empty if there was none.
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
