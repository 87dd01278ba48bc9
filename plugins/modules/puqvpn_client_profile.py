#!/usr/bin/python
# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: puqvpn_client_profile
short_description: Save configurations of clients to files
version_added: 0.7.0
description:
  - Writes what a user needs to connect as a client of a PUQVPNCP 2.x panel to a file, as a WireGuard, AmneziaWG or
    OpenVPN configuration, a QR code, or an IKEv2 profile.
  - The panel is not modified, and no connection is interrupted.
  - Saves one configuration to a file, or those of many clients to a directory, in one format or several.
  - Sends three requests for a single file, for the client, its network and the configuration. For many files, sends one
    request for the list of clients, one for the list of networks, and one for each file. What these lists do not show,
    or a panel without a list of clients, takes another request for each client or network.
extends_documentation_fragment:
  - puqcloud.puqvpn.connection
  - puqcloud.puqvpn.attributes.generation_2
  - puqcloud.puqvpn.attributes
  - puqcloud.puqvpn.file
  - puqcloud.puqvpn.file.written
  - ansible.builtin.files
attributes:
  check_mode:
    support: full
    details:
      - The configuration is read and compared with the file. The file is not changed, and O(validate) is not run.
      - A client or a directory that does not exist is assumed to be created earlier in the play. The file of such a
        client is predicted to change.
  diff_mode:
    support: full
    details:
      - The diff shows the content of the file without keys, or the checksum of a QR code.
  idempotent:
    support: full
    details:
      - The file is only written if its content or its attributes differ. The C(uuid) of an IKEv2 profile, which may be
        a new one each time, is ignored.
options:
  name:
    description:
      - Name of the client. Exactly one of O(name), O(names) and O(all) is required.
    type: str
  names:
    description:
      - Names of clients. Their configurations are saved in the directory O(dest).
      - Names that differ only by case are rejected, since some file systems do not distinguish their files.
    type: list
    elements: str
    version_added: 0.8.0
  all:
    description:
      - Whether to save the configurations of all clients in the directory O(dest), or of those that match O(filters).
      - The task fails if the panel does not list its clients.
    type: bool
    default: false
    version_added: 0.8.0
  filters:
    description:
      - Which clients O(all) includes. A client must match all filters. The inventory plugin has the same filters.
      - The task fails if a filter needs a field that the panel does not show in its list of clients.
    type: dict
    version_added: 0.8.0
    suboptions:
      network_name:
        description:
          - Names of networks, or shell patterns such as V(office_*). The client must belong to one of them.
        type: list
        elements: str
      status:
        description:
          - Status of the client.
        type: str
        choices: [enable, disable]
      name:
        description:
          - Shell patterns such as V(office_*). The name of the client must match one of them.
        type: list
        elements: str
  format:
    description:
      - Format of the file. If neither this nor O(formats) is set, it is V(wireguard).
      - V(wireguard) is the text configuration that C(wg-quick) and other WireGuard apps read.
      - V(wireguard_qr) is the same configuration as a QR code for mobile apps, in PNG format.
      - V(amneziawg) is the text configuration for AmneziaWG apps, with the obfuscation settings of the network. It
        needs a panel of version 2.3 or later.
      - V(amneziawg_qr) is the same configuration as a QR code.
      - V(openvpn) is the configuration for OpenVPN apps, with all certificates and keys.
      - V(ikev2) is the JSON profile for the strongSwan app, which expects the file extension V(.sswan).
    type: str
    choices: [wireguard, wireguard_qr, amneziawg, amneziawg_qr, openvpn, ikev2]
  formats:
    description:
      - Formats of the files, each for every client, instead of O(format). The files are saved in the directory
        O(dest), also with O(name).
    type: list
    elements: str
    choices: [wireguard, wireguard_qr, amneziawg, amneziawg_qr, openvpn, ikev2]
    version_added: 0.8.0
  dest:
    description:
      - Path of the file, on the host that the task runs on. Its directory must exist.
      - If the path is an existing directory, the name of the client with the extension V(.conf), V(.png), V(.ovpn) or
        V(.sswan) is appended. A symbolic link of that name in the directory is rejected.
      - The extensions of WireGuard and AmneziaWG are the same. To save both in one directory, name the files, or use
        O(formats).
      - With O(names), O(all) or O(formats), it is the path of an existing directory, and the files have these names in
        it, except that those for AmneziaWG end in V(.awg.conf) and V(.awg.png).
    type: path
    required: true
  folder_per_name:
    description:
      - Whether each client gets a directory of its own in O(dest), with its name. Directories that do not exist,
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
  - WireGuard, AmneziaWG and OpenVPN configurations and their QR codes contain the private key of the client. An IKEv2
    profile contains the user name, but no password.
  - Clients need a new configuration when their address or key changes, or the address, port or key of their network.
  - The form in which 2.x panels answer is not documented, so the module accepts every likely one, and checks the
    content instead. A WireGuard configuration must have the sections C([Interface]) and C([Peer]), one for AmneziaWG
    also its obfuscation settings. An OpenVPN configuration must have the directives C(client) and C(remote) and the
    certificate in C(<ca>), an IKEv2 profile the fields of a strongSwan profile, and a QR code must be a PNG. Its
    content is not checked. If the answer is anything else, the task fails and the file is not changed.
  - A configuration that does more than to connect is rejected, such as one with commands that C(wg-quick) would run
    (C(PostUp)), or with OpenVPN directives that run scripts, load libraries or write files (C(up), C(plugin), C(log)).
    Panels do not create any on their own.
  - If the panel shows that the network does not offer the protocol, the task fails with
    RV(error_code=protocol_disabled). The names of these settings are not documented. If the panel does not show them,
    or the token lacks the permission to read networks, the configuration is requested nevertheless.
  - The task warns if an IKEv2 profile contains the user name of another client.
seealso:
  - module: puqcloud.puqvpn.puqvpn_client_link
    description: Create a one-time link, with which users download the configuration themselves.
  - module: puqcloud.puqvpn.puqvpn_account_profile
    description: Save the client configuration of an account of a 1.x panel.
  - module: puqcloud.puqvpn.puqvpn_client
    description: Manage clients.
"""

EXAMPLES = r"""
- name: Save the WireGuard configuration of a client
  puqcloud.puqvpn.puqvpn_client_profile:
    url: https://vpn2.example.com
    token: "{{ vault_puqvpn_token }}"
    name: alice
    dest: "{{ playbook_dir }}/alice.conf"
  register: profile

- name: Show what was saved
  ansible.builtin.debug:
    msg: "{{ profile.dest }} has {{ profile.size }} bytes and the mode {{ profile.mode }}"

- name: Save the AmneziaWG configuration as a QR code
  puqcloud.puqvpn.puqvpn_client_profile:
    url: https://vpn2.example.com
    token: "{{ vault_puqvpn_token }}"
    name: alice
    format: amneziawg_qr
    dest: "{{ playbook_dir }}/alice.png"

- name: Save a configuration that a group can read, after checking that it contains a key
  puqcloud.puqvpn.puqvpn_client_profile:
    url: https://vpn2.example.com
    token: "{{ vault_puqvpn_token }}"
    name: alice
    dest: "{{ playbook_dir }}/wg-alice.conf"
    mode: "0640"
    validate: grep -q PrivateKey %s

- name: Create a directory for IKEv2 profiles
  ansible.builtin.file:
    path: "{{ playbook_dir }}/profiles"
    state: directory
    mode: "0700"

- name: Save the IKEv2 profiles of several clients, each under the name of its client
  puqcloud.puqvpn.puqvpn_client_profile:
    url: https://vpn2.example.com
    token: "{{ vault_puqvpn_token }}"
    name: "{{ item }}"
    format: ikev2
    dest: "{{ playbook_dir }}/profiles"
  loop:
    - alice

- name: Save two formats for each enabled client of a network, in a directory per client
  puqcloud.puqvpn.puqvpn_client_profile:
    url: https://vpn2.example.com
    token: "{{ vault_puqvpn_token }}"
    all: true
    filters:
      network_name: [Default]
      status: enable
    formats: [wireguard, wireguard_qr]
    dest: "{{ playbook_dir }}/profiles"
    folder_per_name: true
    concurrency: 4

- name: Save the configurations of some clients, and keep copies of files that change
  puqcloud.puqvpn.puqvpn_client_profile:
    url: https://vpn2.example.com
    token: "{{ vault_puqvpn_token }}"
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
      client does not exist.
  type: str
  returned: for a single file
  sample: 6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d
size:
  description:
    - The size of the file in bytes. In check mode, that of the existing file, or of the content that would be written
      if there is none, or V(null) if the client does not exist either.
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
      description: Name of the client.
      type: str
    format:
      description: Format of the file.
      type: str
    dest:
      description: The path of the file.
      type: str
    checksum:
      description: The SHA-256 checksum of the content. V(null) in check mode if the client does not exist.
      type: str
    size:
      description: The size of the content in bytes. V(null) in check mode if the client does not exist.
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
      description: Name of the client.
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
      change, and in check mode if the client does not exist.
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
    - A stable, machine-readable error code, for example V(not_found) if the client does not exist,
      V(protocol_disabled), V(answer_wrong_type) if the panel did not return a configuration of this format,
      V(validation_failed), V(file_not_written) if for example the disk is full, V(files_failed) if several files
      failed, V(invalid_option) or V(not_authorized).
  type: str
  returned: failure
  sample: not_found
panel_error:
  description: The error message returned by the panel; empty if there was none.
  type: str
  returned: failure
  sample: Client not found
"""

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._module.client_profile import OPTIONS, client_profile
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._task import Task

TASK = Task(OPTIONS, client_profile, writes_files=True, generations=(2,))


def main() -> None:
    """Entry point of the module."""
    TASK.run()


if __name__ == "__main__":
    main()
