#!/usr/bin/python
# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: puqvpn_account_profile
short_description: Save client configurations of accounts to files
version_added: 0.2.0
description:
  - Writes what a client needs to connect with an account of a PUQVPNCP panel to a file, as a WireGuard configuration, a
    QR code or an IKEv2 profile.
  - The panel is not modified, and no connection is interrupted.
  - Saves one configuration to a file, or those of many accounts to a directory, in one format or several.
  - Sends one request for a single file, or two with O(format=ikev2). For many files, sends one request for the list of
    accounts, and one for each file.
extends_documentation_fragment:
  - puqcloud.puqvpn.connection
  - puqcloud.puqvpn.attributes
  - puqcloud.puqvpn.file
  - puqcloud.puqvpn.file.written
  - ansible.builtin.files
attributes:
  check_mode:
    support: full
    details:
      - The configuration is read and compared with the file. The file is not changed, and O(validate) is not run.
      - An account or a directory that does not exist is assumed to be created earlier in the play. The file of such an
        account is predicted to change.
  diff_mode:
    support: full
    details:
      - The diff shows the content of the file without keys, or the checksum of a QR code.
  idempotent:
    support: full
    details:
      - The file is only written if its content or its attributes differ. An identifier that may be new in each IKEv2
        profile is ignored.
options:
  name:
    description:
      - Name of the account. Exactly one of O(name), O(names) and O(all) is required.
    type: str
  names:
    description:
      - Names of accounts. Their configurations are saved in the directory O(dest).
      - Names that differ only by case are rejected, since some file systems do not distinguish their files.
    type: list
    elements: str
    version_added: 0.8.0
  all:
    description:
      - Whether to save the configurations of all accounts in the directory O(dest), or of those that match O(filters).
    type: bool
    default: false
    version_added: 0.8.0
  filters:
    description:
      - Which accounts O(all) includes. An account must match all filters. The inventory plugin has the same filters.
    type: dict
    version_added: 0.8.0
    suboptions:
      wg_name:
        description:
          - Names of WireGuard servers, or shell patterns such as V(office_*). The account must belong to one of them.
        type: list
        elements: str
      status:
        description:
          - Status of the account.
        type: str
        choices: [enable, disable]
      name:
        description:
          - Shell patterns such as V(office_*). The name of the account must match one of them.
        type: list
        elements: str
  format:
    description:
      - Format of the file. If neither this nor O(formats) is set, it is V(wireguard).
      - V(wireguard) is the text configuration that C(wg-quick) and other WireGuard clients read.
      - V(qr) is the same configuration as a QR code for mobile apps, in PNG format.
      - V(ikev2) is the JSON profile for the strongSwan app, which expects the file extension V(.sswan).
    type: str
    choices: [wireguard, qr, ikev2]
  formats:
    description:
      - Formats of the files, each for every account, instead of O(format). The files are saved in the directory
        O(dest), also with O(name).
    type: list
    elements: str
    choices: [wireguard, qr, ikev2]
    version_added: 0.8.0
  dest:
    description:
      - Path of the file, on the host that the task runs on. Its directory must exist.
      - If the path is an existing directory, the name of the account with the extension V(.conf), V(.png) or V(.sswan)
        is appended. A symbolic link of that name in the directory is rejected.
      - With O(names), O(all) or O(formats), it is the path of an existing directory, and the files have these names in
        it.
    type: path
    required: true
  folder_per_name:
    description:
      - Whether each account gets a directory of its own in O(dest), with its name. Directories that do not exist,
        O(dest) among them, are created with the mode V(0700), and with O(owner) and O(group).
      - Only with O(names), O(all) or O(formats).
    type: bool
    default: false
    version_added: 0.8.0
  concurrency:
    description:
      - Maximum number of requests in flight, from 1 to 16. It changes neither the result nor the number of requests.
    type: int
    default: 1
    version_added: 0.8.0
notes:
  - With O(names), O(all) or O(formats), options, names and paths are all checked before the first file is written. A
    file that fails does not prevent the others, unless the panel no longer answers or files cannot be written. The task
    then fails, RV(files) lists those that are up to date, and RV(failures) the others that were attempted.
  - A WireGuard configuration and its QR code contain the private key of the client, which is enough to connect. An
    IKEv2 profile contains the user name, but no password.
  - Clients need a new configuration when the address, port or key of their server or account changes.
  - A WireGuard configuration with commands that C(wg-quick) would run, such as C(PostUp), is rejected. Panels do not
    create any on their own. The content of a QR code is not checked.
  - The task warns if an IKEv2 profile contains the user name of another account.
seealso:
  - module: puqcloud.puqvpn.puqvpn_account
    description: Manage accounts.
  - module: puqcloud.puqvpn.puqvpn_account_link
    description: Create a one-time link, with which users download the configuration themselves.
  - module: puqcloud.puqvpn.puqvpn_ikev2
    description: Manage the certificates that IKEv2 profiles require.
  - module: puqcloud.puqvpn.puqvpn_client_profile
    description: Save the configuration of a client of a 2.x panel.
"""

EXAMPLES = r"""
- name: Save the WireGuard configuration of an account
  puqcloud.puqvpn.puqvpn_account_profile:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    name: alice
    dest: "{{ playbook_dir }}/alice.conf"
  register: profile

- name: Show what was saved
  ansible.builtin.debug:
    msg: "{{ profile.dest }} has {{ profile.size }} bytes and the mode {{ profile.mode }}"

- name: Save the configuration as a QR code
  puqcloud.puqvpn.puqvpn_account_profile:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    name: alice
    format: qr
    dest: "{{ playbook_dir }}/alice.png"

- name: Save a configuration that a group can read, after checking that it contains a key
  puqcloud.puqvpn.puqvpn_account_profile:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    name: alice
    dest: "{{ playbook_dir }}/wg-alice.conf"
    mode: "0640"
    validate: grep -q PrivateKey %s

- name: Create a directory for IKEv2 profiles
  ansible.builtin.file:
    path: "{{ playbook_dir }}/profiles"
    state: directory
    mode: "0700"

- name: Save the IKEv2 profiles of several accounts, each under the name of its account
  puqcloud.puqvpn.puqvpn_account_profile:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    name: "{{ item }}"
    format: ikev2
    dest: "{{ playbook_dir }}/profiles"
  loop:
    - alice

- name: Save two formats for each enabled account of a WireGuard server, in a directory per account
  puqcloud.puqvpn.puqvpn_account_profile:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    all: true
    filters:
      wg_name: [Default]
      status: enable
    formats: [wireguard, qr]
    dest: "{{ playbook_dir }}/profiles"
    folder_per_name: true
    concurrency: 4

- name: Save the configurations of some accounts, and keep copies of files that change
  puqcloud.puqvpn.puqvpn_account_profile:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    names: [alice]
    dest: "{{ playbook_dir }}/profiles"
    backup: true
  register: saved

- name: Show the files
  ansible.builtin.debug:
    msg: "{{ saved.files | map(attribute='dest') | join(', ') }}"
"""

RETURN = r"""
dest:
  description: The path of the file.
  type: str
  returned: for a single file
  sample: /srv/profiles/alice.conf
format:
  description: The value of O(format).
  type: str
  returned: for a single file
  sample: wireguard
checksum:
  description:
    - The SHA-256 checksum of the content; in check mode, of the content that would be written, or V(null) if the
      account does not exist.
  type: str
  returned: for a single file
  sample: 6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d
size:
  description:
    - The size of the file in bytes. In check mode, that of the existing file, or of the content that would be written
      if there is none, or V(null) if the account does not exist either.
  type: int
  returned: for a single file
  sample: 268
state:
  description: The type of RV(dest), which is V(file).
  type: str
  returned: for a single file that exists
  sample: file
mode:
  description: The permissions of the file.
  type: str
  returned: for a single file that exists
  sample: "0600"
owner:
  description: The owner of the file.
  type: str
  returned: for a single file that exists
  sample: root
group:
  description: The group of the file.
  type: str
  returned: for a single file that exists
  sample: root
uid:
  description: The user ID of the owner.
  type: int
  returned: for a single file that exists
  sample: 0
gid:
  description: The ID of the group.
  type: int
  returned: for a single file that exists
  sample: 0
backup_file:
  description: The path of the copy of the previous file.
  type: str
  returned: for a single file that existed, if O(backup) is V(true) and its content changed
  sample: /srv/profiles/alice.conf.4711.2026-01-31@18:00:17~
files:
  description: The files that are as requested, in the order of the names and formats, whether they changed or not.
  type: list
  elements: dict
  returned: with O(names), O(all) or O(formats), also if some files failed
  contains:
    name:
      description: Name of the account.
      type: str
    format:
      description: Format of the file.
      type: str
    dest:
      description: The path of the file.
      type: str
    checksum:
      description: The SHA-256 checksum of the content. V(null) in check mode if the account does not exist.
      type: str
    size:
      description: The size of the content in bytes. V(null) in check mode if the account does not exist.
      type: int
    changed:
      description: Whether the content or the attributes of the file changed.
      type: bool
    backup_file:
      description: The path of the copy of the previous file.
      type: str
      returned: if O(backup) is V(true) and the content of an existing file changed
  sample:
    - name: alice
      format: wireguard
      dest: /srv/profiles/alice.conf
      checksum: 6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d
      size: 268
      changed: true
failures:
  description: The files that failed.
  type: list
  elements: dict
  returned: with O(names), O(all) or O(formats), also if some files failed
  contains:
    name:
      description: Name of the account.
      type: str
    format:
      description: Format of the file.
      type: str
    error:
      description: The error message.
      type: str
    error_code:
      description: A stable, machine-readable error code.
      type: str
  sample: []
diff:
  description:
    - The content before and after, without keys, or the checksums of a QR code. Both are empty if the content does not
      change, and in check mode if the account does not exist.
    - With O(names), O(all) or O(formats), a list with an entry for each file whose content changes.
    - C(before_header) and C(after_header) are the path of the file if the content changes.
  type: raw
  returned: for a single file, and with RV(files)
  sample:
    before: ""
    after: |
      [Interface]
      Address = 10.0.0.10/24
      DNS = 192.0.2.8,192.0.2.1
    before_header: /srv/profiles/alice.conf
    after_header: /srv/profiles/alice.conf
msg:
  description: A summary of the result in one line; on failure, the error message.
  type: str
  returned: always
  sample: "alice: wireguard saved to /home/admin/alice.conf"
requests:
  description: The number of HTTP requests that the task sent, retries included.
  type: int
  returned: success
  sample: 3
error_code:
  description:
    - A stable, machine-readable error code, for example V(not_found) if the account does not exist,
      V(answer_wrong_type) if the panel did not return a configuration, V(validation_failed), V(file_not_written) if for
      example the disk is full, V(files_failed) if several files failed, V(invalid_option) or V(not_authorized).
  type: str
  returned: failure
  sample: not_found
panel_error:
  description: The error message returned by the panel; empty if there was none.
  type: str
  returned: failure
  sample: Account not found
"""

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._module.account_profile import OPTIONS, account_profile
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._task import Task

TASK = Task(OPTIONS, account_profile, writes_files=True)


def main() -> None:
    """Entry point of the module."""
    TASK.run()


if __name__ == "__main__":
    main()
