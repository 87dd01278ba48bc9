#!/usr/bin/python
# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: puqvpn_export
short_description: Export a panel to files for Git
version_added: 0.8.0
description:
  - Reads the configuration of a PUQVPNCP panel, and writes it to a directory, with one file for each section. The files
    contain the variables of the role P(puqcloud.puqvpn.panel#role), which can apply them again.
  - The order is stable, so an unchanged panel leaves the files unchanged, byte for byte. Text of the panel is quoted on
    one line, and anything that looks like a template is tagged with C(!unsafe), or in JSON with C(__ansible_unsafe).
  - If the panel no longer returns a section, its file is removed.
  - Files that this module has not written are neither overwritten nor removed. They are recognized by their first line.
    Everything is checked before anything is written.
  - Takes the same requests as the subset V(config) of M(puqcloud.puqvpn.puqvpn_info).
extends_documentation_fragment:
  - puqcloud.puqvpn.connection
  - puqcloud.puqvpn.attributes.both_generations
  - puqcloud.puqvpn.attributes
attributes:
  check_mode:
    support: full
    details:
      - The panel is read as without check mode, and no file is changed.
  diff_mode:
    support: full
    details:
      - The diff is a list with an entry for each file that changes. Secrets are not shown, of C(vault.yml) only that it
        changes.
  idempotent:
    support: full
options:
  dest:
    description:
      - Directory to write the files to. Missing directories are created with the mode V(0755), existing ones keep their
        mode.
      - The files of the sections are named C(puqvpn_panel_<section>.yml) and have the mode V(0644). A symbolic link or
        anything else that is not a regular file in the place of one of them is rejected.
      - Ansible loads the files automatically if the directory is in C(host_vars) next to the inventory or the playbook.
    type: path
    required: true
  vault_password:
    description:
      - Password to encrypt secrets with. If set, passwords, private keys and other secrets are exported to
        C(vault.yml) in O(dest), encrypted with Ansible Vault. The file has the mode V(0600).
      - If not set, no secrets are exported, and C(vault.yml) is not touched.
      - An existing C(vault.yml) must be encrypted with this password. Unchanged secrets are not encrypted again.
      - Only works in process on the controller, since Ansible Vault is not available to a module process.
    type: str
  format:
    version_added: 0.10.0
    description:
      - Format of the files. Their names stay the same, since JSON is YAML as well.
      - Ansible reads V(json) several times as fast, which is worth it from some hundred accounts on. V(yaml) is easier
        to edit, and can contain comments. The variables are the same.
      - If the format changes, the files are written again. The dates that you have added are kept, comments beside them
        only in V(yaml).
      - A file that cannot be JSON, since the panel shows a name with a meaning in the JSON of Ansible, is written as
        YAML with a warning.
    type: str
    choices: [yaml, json]
    default: yaml
notes:
  - Dates that you have added to accounts and clients with C(expires) and C(expired) are kept, since no panel stores
    them. They must be in the same item as the C(name), in YAML below it and each on a line of its own. An export that
    would lose one is refused.
  - Run this module on the controller, with C(connection=local) or C(delegate_to=localhost). On another host, it writes
    the files there.
  - Of a 2.x panel, clients and the settings of the DNS server are exported, each only if they can be written back.
  - The role P(puqcloud.puqvpn.export#role) exports all panels of an inventory with this module, and the role
    P(puqcloud.puqvpn.panel#role) applies the files.
seealso:
  - module: puqcloud.puqvpn.puqvpn_info
    description: Gather the same configuration without writing files.
"""

EXAMPLES = r"""
- name: Export a panel without its secrets
  puqcloud.puqvpn.puqvpn_export:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    dest: "{{ playbook_dir }}/exports/vpn.example.com"

- name: Export a panel with its secrets, encrypted
  puqcloud.puqvpn.puqvpn_export:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    dest: "{{ playbook_dir }}/host_vars/vpn.example.com"
    vault_password: "{{ vault_export_password }}"
  register: export

- name: Export a panel with many accounts as JSON, which Ansible reads faster
  puqcloud.puqvpn.puqvpn_export:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    dest: "{{ playbook_dir }}/host_vars/vpn2.example.com"
    format: json

- name: Show what changed
  ansible.builtin.debug:
    msg: "{{ export.files | rejectattr('state', 'equalto', 'unchanged') | map(attribute='path') }}"
"""

RETURN = r"""
files:
  description: The files of the export, and those that were removed, with their paths.
  returned: success
  type: list
  elements: dict
  contains:
    path:
      description: Path of the file, in which symbolic links to directories are resolved.
      type: str
    state:
      description:
        - What happened to the file, V(created), V(changed), V(unchanged) or V(removed). In check mode, what would
          happen.
      type: str
  sample:
    - path: /srv/panels/host_vars/vpn.example.com/puqvpn_panel_accounts.yml
      state: changed
    - path: /srv/panels/host_vars/vpn.example.com/vault.yml
      state: unchanged
sections:
  description: Names of the exported sections.
  returned: success
  type: list
  elements: str
  sample: [system_config, dns, firewall, accounts]
diff:
  description: The content of each changed file before and after, without secrets.
  returned: success
  type: list
  elements: dict
  sample:
    - before_header: /srv/panels/host_vars/vpn.example.com/puqvpn_panel_dns.yml
      after_header: /srv/panels/host_vars/vpn.example.com/puqvpn_panel_dns.yml
      before: ""
      after: "# Written by the role puqcloud.puqvpn.export.\n---\npuqvpn_panel_dns:\n  enabled: true\n"
msg:
  description: A summary of the result in one line; on failure, the error message.
  type: str
  returned: always
  sample: 1 changed, 10 unchanged in /srv/panels/host_vars/vpn.example.com
requests:
  description: The number of HTTP requests that the task sent, retries included.
  type: int
  returned: success
  sample: 10
error_code:
  description: A stable, machine-readable error code, for example V(not_authorized) or V(file_not_written).
  type: str
  returned: failure
  sample: invalid_option
panel_error:
  description: The error message returned by the panel; empty if there was none.
  type: str
  returned: failure
  sample: ""
"""

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._module.export import OPTIONS, export
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._task import BOTH_GENERATIONS, Task

TASK = Task(OPTIONS, export, generations=BOTH_GENERATIONS)


def main() -> None:
    """Entry point of the module."""
    TASK.run()


if __name__ == "__main__":
    main()
