#!/usr/bin/python
# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: puqvpn_client_link
short_description: Create a one-time configuration link for a client
version_added: 0.7.0
description:
  - Creates a link to a page of a PUQVPNCP 2.x panel with everything that a user needs to connect as a client. Whoever
    has the link can open the page without a password.
  - Every run creates a link, unless O(force=false) keeps the file of an earlier one. The API of 2.x panels cannot list
    links, so an existing one cannot be found again.
  - No connection is interrupted.
  - Sends one request, or none if O(force=false) keeps the file. In check mode, it reads the client instead.
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
      - No link is created. A client that does not exist is assumed to be created earlier in the play.
  diff_mode:
    support: full
    details:
      - The diff shows that a link is created or that the file changes, but never the link itself.
  idempotent:
    support: partial
    details:
      - Every run creates a link, and the task is changed every time.
      - With O(force=false), a file that exists is kept, and no link is created.
options:
  name:
    description:
      - Name of the client.
    type: str
    required: true
  dest:
    description:
      - File to write the link to, as a single line, on the host that the task runs on. Its directory must exist.
      - The result of the task, the diff and logs then need not show the link.
      - Whether the link in an existing file was opened or has expired is unknown, so O(force) decides what happens.
    type: path
    version_added: 0.8.0
  force:
    description:
      - Whether to create a link and replace the file O(dest) if it exists. If V(false), a file that is not empty is
        kept, whether its link is still valid or not, and only its attributes are set.
      - V(false) requires O(dest).
    type: bool
    default: true
    version_added: 0.8.0
  include_secrets:
    description:
      - Whether to return the link, which is a secret. If V(false) and without O(dest), the link is created, but nobody
        learns it from the task, which warns about that.
    type: bool
    default: false
notes:
  - The link is returned as the panel spells it. Its scheme, host and port are those by which the panel knows itself,
    which may be an address that users cannot reach. If so, correct them in the settings of the panel.
  - Whoever opens the link obtains the private key of the client. The scanners of mail and chat services open links and
    may use them up. Use links over HTTPS only. Whether a link opens once or several times is not documented.
  - The lifetime of links and the content of their page are configured in the panel. It also lists and deletes them.
  - The request that creates a link is never retried. If its connection breaks, the task fails with
    RV(error_code=write_fate_unknown), and a link may exist that nobody has received.
  - The form in which 2.x panels answer is not documented. The module accepts every one that contains exactly one
    absolute URL with C(/otl/) in its path. If there is none or more than one, the task fails with
    RV(error_code=answer_wrong_type), although a link may have been created.
seealso:
  - module: puqcloud.puqvpn.puqvpn_client_profile
    description: Save the configuration of a client to a file.
  - module: puqcloud.puqvpn.puqvpn_account_link
    description: Create a one-time link for an account of a 1.x panel.
  - module: puqcloud.puqvpn.puqvpn_client
    description: Manage clients.
"""

EXAMPLES = r"""
- name: Write a link to a file, unless the file exists
  puqcloud.puqvpn.puqvpn_client_link:
    url: https://vpn2.example.com
    token: "{{ vault_puqvpn_token }}"
    name: alice
    dest: "{{ playbook_dir }}/alice.link"
    force: false

- name: Create a link, and return it
  puqcloud.puqvpn.puqvpn_client_link:
    url: https://vpn2.example.com
    token: "{{ vault_puqvpn_token }}"
    name: alice
    include_secrets: true
  register: link
  no_log: true

- name: Show the result without the link
  ansible.builtin.debug:
    msg: "{{ link.msg }}"
"""

RETURN = r"""
url:
  description: The link, or that of the file that O(force=false) keeps. V(null) in check mode otherwise.
  type: str
  returned: when O(include_secrets=true)
  sample: https://vpn2.example.com/otl/KEY-OF-THE-LINK
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
  description: That a link is created, without the link itself.
  type: dict
  returned: success
  sample: {before: {}, after: {link: a new one}}
msg:
  description: A summary of the result in one line; on failure, the error message.
  type: str
  returned: always
  sample: "bob: link created"
requests:
  description: The number of HTTP requests that the task sent, retries included.
  type: int
  returned: success
  sample: 3
error_code:
  description:
    - A stable, machine-readable error code, for example V(not_found) if the client does not exist,
      V(write_fate_unknown), V(answer_wrong_type), V(invalid_option) or V(not_authorized).
  type: str
  returned: failure
  sample: not_found
panel_error:
  description: The error message returned by the panel; empty if there was none.
  type: str
  returned: failure
  sample: Client not found
"""

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._module.client_link import OPTIONS, client_link
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._task import Task

TASK = Task(OPTIONS, client_link, writes_files=True, generations=(2,))


def main() -> None:
    """Entry point of the module."""
    TASK.run()


if __name__ == "__main__":
    main()
