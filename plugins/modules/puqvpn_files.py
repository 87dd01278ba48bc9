#!/usr/bin/python
# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: puqvpn_files
short_description: Write text files into a folder on the controller
version_added: 0.10.0
description:
  - Writes any number of text files into a folder, and removes others from it, with a single task. It needs no panel.
  - On the controller, it runs in process like all modules of this collection, so it is much faster than
    M(ansible.builtin.copy) in a loop, which starts processes for each file. For many hosts, that makes the difference
    between seconds and minutes.
  - Everything is checked before anything is written, and each file is replaced atomically.
extends_documentation_fragment:
  - puqcloud.puqvpn.attributes
  - ansible.builtin.files
attributes:
  check_mode:
    support: full
    description:
      - Can run in C(check_mode) and return changed status prediction without modifying files.
    details:
      - The files are read and compared. Neither the folder nor a file is changed.
      - A user or a group that does not exist is assumed to be created earlier in the play, and a warning names it.
  diff_mode:
    support: full
    details:
      - The diff shows the content of each file that changes, and the name of each file that is removed. If contents are
        secret, set C(diff) of the task to V(false), or C(no_log) to V(true).
  idempotent:
    support: full
    description:
      - When run twice in a row outside check mode, with the same arguments, the second run reports no change, provided
        that nothing else changed the files in between.
  platform:
    description: Where the module works.
    platforms: posix
    support: full
  action_group:
    description:
      - Use C(group/puqcloud.puqvpn.all) in C(module_defaults) to set the connection options once for all modules.
    details:
      - This module has no connection options, so it is not part of the group.
    support: none
    membership: []
options:
  dest:
    description:
      - Path of the folder. Symbolic links in it are followed.
      - A folder that does not exist is created, with O(owner) and O(group), and so are the missing ones above it.
    type: path
    required: true
  folder_mode:
    description:
      - Permissions of the folder, in the same form as O(mode).
      - If not set, an existing folder keeps its mode, and a new one gets V(0700).
    type: raw
  files:
    description:
      - The files to write. Other files in the folder are left alone.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description:
          - Name of the file. It must not contain a path.
          - A name that differs from another one, or from one in O(absent), only by case is rejected, since some file
            systems do not distinguish them.
        type: str
        required: true
      content:
        description:
          - Content of the file, which is written in UTF-8. It never appears in the log, or among the options that a
            result shows.
          - Before ansible-core 2.19, a template whose result looks like a list or a dictionary becomes one. Add the
            filter C(string) to such a template.
        type: str
        required: true
  absent:
    description:
      - Names of files to remove from the folder. Those that do not exist are no error. They are removed before O(files)
        are written.
    type: list
    elements: str
    default: []
notes:
  - If O(mode) is not set, a file gets the mode V(0600), regardless of the umask and of its previous mode.
  - The module refuses to write or remove anything if one of the names belongs to something other than a regular file,
    such as a symbolic link, a folder or a device.
  - Run this module on the controller, with C(connection=local) or C(delegate_to=localhost). On another host, it writes
    the files there.
seealso:
  - module: ansible.builtin.copy
    description: Copy files, also to other hosts.
"""

EXAMPLES = r"""
- name: Read the panel
  puqcloud.puqvpn.puqvpn_info:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    gather_subset: [system, accounts]
  register: panel

- name: Write reports on the panel, and remove the one that an older playbook wrote
  puqcloud.puqvpn.puqvpn_files:
    dest: "{{ playbook_dir }}/reports"
    folder_mode: "0755"
    mode: "0644"
    files:
      - name: "{{ inventory_hostname }}.json"
        content: "{{ panel.info | to_nice_json }}\n"
      - name: "{{ inventory_hostname }}.csv"
        content: "{{ panel.info.accounts | puqcloud.puqvpn.to_csv }}"
    absent:
      - "{{ inventory_hostname }}.txt"

- name: Write one file about all hosts, without its content in the output
  puqcloud.puqvpn.puqvpn_files:
    dest: "{{ playbook_dir }}/reports"
    files:
      - name: all.json
        content: "{{ ansible_play_hosts_all | map('extract', hostvars, 'panel') | to_nice_json }}\n"
  run_once: true
  diff: false
"""

RETURN = r"""
dest:
  description: The path of the folder, in which symbolic links are resolved.
  returned: success
  type: str
  sample: /srv/reports
written:
  description:
    - Names of the files whose content or attributes changed, in the order of O(files). In check mode, of those that
      would change.
  returned: success
  type: list
  elements: str
  sample: [vpn1.example.com.json]
removed:
  description:
    - Names of the files that were removed, in the order of O(absent). In check mode, of those that would be removed.
  returned: success
  type: list
  elements: str
  sample: []
state:
  description: The type of RV(dest), which is V(directory).
  returned: if the folder exists
  type: str
  sample: directory
mode:
  description: The permissions of the folder.
  returned: if the folder exists
  type: str
  sample: "0755"
owner:
  description: The owner of the folder.
  returned: if the folder exists
  type: str
  sample: root
group:
  description: The group of the folder.
  returned: if the folder exists
  type: str
  sample: root
uid:
  description: The user ID of the owner.
  returned: if the folder exists
  type: int
  sample: 0
gid:
  description: The ID of the group.
  returned: if the folder exists
  type: int
  sample: 0
size:
  description: The size of the folder itself in bytes.
  returned: if the folder exists
  type: int
  sample: 4096
diff:
  description: The content of each changed file before and after, and the state of each removed one.
  returned: in diff mode
  type: list
  elements: dict
  sample:
    - before_header: /srv/reports/vpn1.example.com.md
      after_header: /srv/reports/vpn1.example.com.md
      before: ""
      after: "# vpn1.example.com\n"
msg:
  description: A summary of the result in one line; on failure, the error message.
  returned: always
  type: str
  sample: 1 written, 0 removed in /srv/reports
error_code:
  description: A stable, machine-readable error code, for example V(invalid_option) or V(file_not_written).
  returned: failure
  type: str
  sample: invalid_option
panel_error:
  description: Always empty, since no panel is involved.
  returned: failure
  type: str
  sample: ""
"""

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._module.files import OPTIONS, write_files
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._task import Task

TASK = Task(OPTIONS, write_files, writes_files=True, generations=(), connects=False)


def main() -> None:
    """Entry point of the module."""
    TASK.run()


if __name__ == "__main__":
    main()
