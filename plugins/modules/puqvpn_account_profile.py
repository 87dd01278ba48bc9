#!/usr/bin/python
# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: puqvpn_account_profile
short_description: Save the client configuration of an account to a file
version_added: 0.2.0
description:
  - Writes what a client needs to connect with an account of a PUQVPNCP panel to a file, as a WireGuard configuration, a
    QR code or an IKEv2 profile.
  - The panel is not modified, and no connection is interrupted.
  - Sends one request, or two with O(format=ikev2).
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
      - Name of the account.
    type: str
    required: true
  format:
    description:
      - Format of the file.
      - V(wireguard) is the text configuration that C(wg-quick) and other WireGuard clients read.
      - V(qr) is the same configuration as a QR code for mobile apps, in PNG format.
      - V(ikev2) is the JSON profile for the strongSwan app, which expects the file extension V(.sswan).
    type: str
    choices: [wireguard, qr, ikev2]
    default: wireguard
  dest:
    description:
      - Path of the file, on the host that the task runs on. Its directory must exist.
      - If the path is an existing directory, the name of the account with the extension V(.conf), V(.png) or V(.sswan)
        is appended. A symbolic link of that name in the directory is rejected.
    type: path
    required: true
notes:
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
"""

RETURN = r"""
dest:
  description: The path of the file.
  type: str
  returned: success
  sample: /srv/profiles/alice.conf
format:
  description: The value of O(format).
  type: str
  returned: success
  sample: wireguard
checksum:
  description:
    - The SHA-256 checksum of the content; in check mode, of the content that would be written, or V(null) if the
      account does not exist.
  type: str
  returned: success
  sample: 6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d
size:
  description:
    - The size of the file in bytes. In check mode, that of the existing file, or of the content that would be written
      if there is none, or V(null) if the account does not exist either.
  type: int
  returned: success
  sample: 268
state:
  description: The type of RV(dest), which is V(file).
  type: str
  returned: when the file exists
  sample: file
mode:
  description: The permissions of the file.
  type: str
  returned: when the file exists
  sample: "0600"
owner:
  description: The owner of the file.
  type: str
  returned: when the file exists
  sample: root
group:
  description: The group of the file.
  type: str
  returned: when the file exists
  sample: root
uid:
  description: The user ID of the owner.
  type: int
  returned: when the file exists
  sample: 0
gid:
  description: The ID of the group.
  type: int
  returned: when the file exists
  sample: 0
backup_file:
  description: The path of the copy of the previous file.
  type: str
  returned: when O(backup) is V(true) and the content of an existing file changed
  sample: /srv/profiles/alice.conf.4711.2026-01-31@18:00:17~
diff:
  description:
    - The content before and after, without keys, or the checksums of a QR code. Both are empty if the content does not
      change, and in check mode if the account does not exist.
    - C(before_header) and C(after_header) are the path of the file if the content changes.
  type: dict
  returned: success
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
      example the disk is full, V(invalid_option) or V(not_authorized).
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
