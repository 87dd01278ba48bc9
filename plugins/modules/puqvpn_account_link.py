#!/usr/bin/python
# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: puqvpn_account_link
short_description: Create a one-time configuration link for an account
version_added: 0.2.0
description:
  - Creates a link to a page of a PUQVPNCP panel with everything that a client needs to connect with an account. The
    page opens once, without a password.
  - No connection is interrupted.
  - Sends one request if a link can be reused, and three otherwise, or two with O(reuse=false).
extends_documentation_fragment:
  - puqcloud.puqvpn.connection
  - puqcloud.puqvpn.attributes
  - puqcloud.puqvpn.modify
  - puqcloud.puqvpn.file
  - puqcloud.puqvpn.file.written
  - ansible.builtin.files
attributes:
  diff_mode:
    details:
      - The diff shows that a link is created or that the file changes, but never the link itself.
  idempotent:
    support: partial
    details:
      - With O(reuse=true), a new link is created once the old one has been opened or expires the same day.
      - With O(reuse=false), every run creates a link.
options:
  name:
    description:
      - Name of the account.
    type: str
    required: true
  reuse:
    description:
      - Whether to return an unused link of the account that is valid beyond today, if there is one, instead of creating
        a link. If there are several, the one that is valid longest is returned. Its URL consists of the O(url) of the
        panel and the key of the link.
      - Existing links remain valid when a new one is created.
      - If the file O(dest) contains such a link, it is the one that is returned, and the content of the file stays as
        it is.
    type: bool
    default: true
  dest:
    description:
      - File to write the link to, as a single line, on the host that the task runs on. Its directory must exist.
      - The result of the task, the diff and logs then need not show the link.
      - With O(reuse=true), the file is only replaced if its link has been opened, or expires the same day. With
        O(reuse=false), every run replaces it.
    type: path
    version_added: 0.8.0
notes:
  - Without O(dest) and O(include_secrets=true), the task only ensures that a link exists, and warns if it created one.
    A later task with O(include_secrets=true) and O(reuse=true) returns it.
  - Whoever opens the link first obtains the private key of the client. The scanners of mail and chat services open
    links and thereby use them up. Use links over HTTPS only.
  - The lifetime of links and the content of their page are configured in the panel. The API cannot delete links.
  - The request that creates a link is never retried. If its connection breaks, the task fails with
    RV(error_code=write_fate_unknown). If a link was created nevertheless, the next run with O(reuse=true) finds it.
seealso:
  - module: puqcloud.puqvpn.puqvpn_account
    description: Manage accounts.
  - module: puqcloud.puqvpn.puqvpn_account_profile
    description: Save the client configuration of an account to a file.
  - module: puqcloud.puqvpn.puqvpn_client_link
    description: Create a one-time link for a client of a 2.x panel.
"""

EXAMPLES = r"""
- name: Ensure that a link exists, without returning it
  puqcloud.puqvpn.puqvpn_account_link:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    name: alice
  register: link

- name: Show when the link expires
  ansible.builtin.debug:
    msg: "The link of alice expires on {{ link.expires }}"

- name: Return the link, which is the same one until it is used
  puqcloud.puqvpn.puqvpn_account_link:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    name: alice
    include_secrets: true
  register: link
  no_log: true

- name: Write the link to a file
  ansible.builtin.copy:
    content: "{{ link.url }}\n"
    dest: "{{ playbook_dir }}/alice.link"
    mode: "0600"
  no_log: true

- name: Create another link for a second device
  puqcloud.puqvpn.puqvpn_account_link:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    name: alice
    reuse: false

- name: Write the link to a file, and a new one once it has been used or expires
  puqcloud.puqvpn.puqvpn_account_link:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    name: alice
    dest: "{{ playbook_dir }}/alice.link"
"""

RETURN = r"""
url:
  description: The link. V(null) in check mode if one would be created.
  type: str
  returned: when O(include_secrets=true), also if the task failed after creating the link
  sample: https://vpn.example.com/otl/KEY-OF-THE-LINK
expires:
  description:
    - The expiry date of the link, as returned by the panel. V(null) in check mode if a link would be created, and if
      the panel does not list the new link.
  type: str
  returned: success
  sample: "2026-02-10"
dest:
  description: The path of the file.
  type: str
  returned: when O(dest) is set
  sample: /srv/links/alice.link
state:
  description: The type of RV(dest), which is V(file).
  type: str
  returned: when O(dest) is set and the file exists
  sample: file
mode:
  description: The permissions of the file.
  type: str
  returned: when O(dest) is set and the file exists
  sample: "0600"
owner:
  description: The owner of the file.
  type: str
  returned: when O(dest) is set and the file exists
  sample: root
group:
  description: The group of the file.
  type: str
  returned: when O(dest) is set and the file exists
  sample: root
uid:
  description: The user ID of the owner.
  type: int
  returned: when O(dest) is set and the file exists
  sample: 0
gid:
  description: The ID of the group.
  type: int
  returned: when O(dest) is set and the file exists
  sample: 0
size:
  description: The size of the file in bytes.
  type: int
  returned: when O(dest) is set and the file exists
  sample: 124
backup_file:
  description: The path of the copy of the previous file.
  type: str
  returned: when O(backup) is V(true) and the content of an existing file changed
  sample: /srv/links/alice.link.4711.2026-01-31@18:00:17~
diff:
  description: Whether a link is created, without the link itself.
  type: dict
  returned: success, or failure after a write
  sample: {before: {}, after: {link: a new one}}
msg:
  description: A summary of the result in one line; on failure, the error message.
  type: str
  returned: always
  sample: "bob: link created, until 2026-12-01"
requests:
  description: The number of HTTP requests that the task sent, retries included.
  type: int
  returned: success
  sample: 3
error_code:
  description:
    - A stable, machine-readable error code, for example V(not_found) if the account does not exist,
      V(write_fate_unknown), V(answer_wrong_type), V(invalid_option) or V(not_authorized).
  type: str
  returned: failure
  sample: not_found
panel_error:
  description: The error message returned by the panel; empty if there was none.
  type: str
  returned: failure
  sample: Account not found
"""

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._module.account_link import OPTIONS, account_link
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._task import Task

TASK = Task(OPTIONS, account_link, writes_files=True)


def main() -> None:
    """Entry point of the module."""
    TASK.run()


if __name__ == "__main__":
    main()
