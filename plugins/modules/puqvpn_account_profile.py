#!/usr/bin/python
# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: puqvpn_account_profile
short_description: Save the profile of a client as a file
version_added: 0.2.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Reads what a client needs to connect with an account of a PUQVPNCP panel, and writes it to a file, as the
    configuration for WireGuard, as a QR code of it, or as the profile for IKEv2.
  - The panel is only read, and no connection is interrupted.
  - One request is sent, or two with O(format=ikev2).
  - Works with panels of the generation 1.x.
extends_documentation_fragment:
  - puqcloud.puqvpn.connection
  - puqcloud.puqvpn.attributes
  - puqcloud.puqvpn.attributes.actiongroup_all
  - puqcloud.puqvpn.file
  - ansible.builtin.files
  - ansible.builtin.validate
attributes:
  check_mode:
    support: full
    details:
      - In check mode the profile is read and compared with the file. The file is not changed, and O(validate) is not
        run.
      - An account or a folder that does not exist yet is assumed to come. Of the profile of such an account nothing is
        known but that it changes the file.
  diff_mode:
    support: full
    details:
      - The diff shows the file before and after, without key material. Of a QR code it shows the checksum.
  idempotent:
    support: full
    details:
      - The file is only written when its content or its attributes differ. An identifier that may be new in each
        IKEv2 profile does not count.
  in_process:
    support: none
    details:
      - The file is written as Ansible's own modules write files.
options:
  name:
    description:
      - The name of the account.
    type: str
    required: true
  format:
    description:
      - What to write.
      - V(wireguard) is the configuration as a text with one setting per line, which C(wg-quick) takes.
      - V(qr) is the same configuration as a QR code for the apps of phones, a picture in PNG format.
      - V(ikev2) is the profile for the strongSwan app, a JSON document as the panel sends it. Such files end in
        V(.sswan).
    type: str
    choices: [wireguard, qr, ikev2]
    default: wireguard
  dest:
    description:
      - The file to write, on the machine where the task runs. Its folder must exist already.
      - To an existing folder, the name of the account is added, with the ending V(.conf), V(.png) or V(.sswan).
      - Only a regular file is replaced. A device, a named pipe or a socket is refused. A symbolic link that is named
        here is followed to compare, and is replaced itself; inside a folder a link is refused.
    type: path
    required: true
  validate:
    description:
      - A command that checks the new content before it takes the place of the old file, with V(%s) for the path of a
        temporary file. When it ends with another code than 0, the task fails and the old file stays as it was.
      - The command is run without a shell, so pipes and expansions do not work. What it prints is not shown, since it
        may hold the private key.
      - It is only run when the content changes.
    type: str
notes:
  - When O(mode) is not given, the file gets the mode V(0600), whatever the umask is and whatever mode it had before.
  - The WireGuard configuration and its QR code hold the private key of the client. Whoever has one of them can connect
    as this client. The IKEv2 profile holds the name of the user and no password.
  - When the server or the account changes, such as its address, port or key, clients need a new profile.
  - A WireGuard configuration with commands for C(wg-quick) to run, such as C(PostUp), is refused. No panel makes such a
    one by itself. A QR code is not looked into.
  - There is a warning when an IKEv2 profile has the user name of another account.
seealso:
  - module: puqcloud.puqvpn.puqvpn_account
    description: Manage accounts.
  - module: puqcloud.puqvpn.puqvpn_account_link
    description: Hand the profile over to the user with a link that opens once.
  - module: puqcloud.puqvpn.puqvpn_ikev2
    description: Manage the certificates that IKEv2 profiles need.
"""

EXAMPLES = r"""
- name: Save the WireGuard configuration of a client
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

- name: Save the configuration under another name, for a group to read, after a look whether a key is in it
  puqcloud.puqvpn.puqvpn_account_profile:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    name: alice
    dest: "{{ playbook_dir }}/wg-alice.conf"
    mode: "0640"
    validate: grep -q PrivateKey %s

- name: Make a folder for IKEv2 profiles
  ansible.builtin.file:
    path: "{{ playbook_dir }}/profiles"
    state: directory
    mode: "0700"

- name: Save the IKEv2 profiles of some clients, each under the name of its account
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
  description: The file.
  type: str
  returned: success
  sample: /srv/profiles/alice.conf
format:
  description: What is written, the same as O(format).
  type: str
  returned: success
  sample: wireguard
checksum:
  description:
    - The SHA-256 of the content, in check mode of what would be written. V(null) in check mode as long as there is no
      such account.
  type: str
  returned: success
  sample: 6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d
size:
  description:
    - The size of the file in bytes. In check mode that of the present file, or of what would be written when there is
      none, which is V(null) as long as there is no such account.
  type: int
  returned: success
  sample: 268
state:
  description: What RV(dest) is, which is V(file).
  type: str
  returned: when the file exists
  sample: file
mode:
  description: The permissions of the file.
  type: str
  returned: when the file exists
  sample: "0600"
owner:
  description: The name of the user that owns the file.
  type: str
  returned: when the file exists
  sample: root
group:
  description: The name of the group that owns the file.
  type: str
  returned: when the file exists
  sample: root
uid:
  description: The number of the user that owns the file.
  type: int
  returned: when the file exists
  sample: 0
gid:
  description: The number of the group that owns the file.
  type: int
  returned: when the file exists
  sample: 0
diff:
  description:
    - The content before and after, without key material, and empty when it does not change. Of a QR code it is the
      checksum. Without content in check mode as long as there is no such account.
  type: dict
  returned: success
  contains:
    before:
      description: The content before, empty when there was no file.
      type: str
      returned: success
    after:
      description: The content after.
      type: str
      returned: success
    before_header:
      description: The path of the file.
      type: str
      returned: when the content changes
    after_header:
      description: The path of the file.
      type: str
      returned: when the content changes
  sample:
    before: ""
    after: |
      [Interface]
      Address = 10.0.0.10/24
      DNS = 192.0.2.8,192.0.2.1
    before_header: /srv/profiles/alice.conf
    after_header: /srv/profiles/alice.conf
error_code:
  description:
    - What went wrong as a stable word, for example V(not_found) when there is no such account, V(answer_wrong_type)
      when the panel sent no profile, V(validation_failed), V(file_not_written), such as on a full disk,
      V(invalid_option) or V(not_authorized).
  type: str
  returned: failure
  sample: not_found
panel_error:
  description: The panel's own words, empty when it said nothing.
  type: str
  returned: failure
  sample: Account not found
"""

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._module.account_profile import OPTIONS, account_profile
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._task import Task

TASK = Task(OPTIONS, account_profile, writes_file=True)


def main() -> None:
    """Entry point of the module."""
    TASK.run()


if __name__ == "__main__":
    main()
