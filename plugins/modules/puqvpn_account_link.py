#!/usr/bin/python
# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: puqvpn_account_link
short_description: Make a one-time link for a client
version_added: 0.2.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Makes a link that opens a page with everything that a client needs to connect with an account of a PUQVPNCP panel.
    The link opens once, without a password.
  - A link that is good beyond today and has not been used is returned instead of a new one, unless O(reuse=false).
  - No connection is interrupted.
  - A link that is there costs one request, a new one costs three, or two with O(reuse=false).
  - Works with panels of the generation 1.x.
extends_documentation_fragment:
  - puqcloud.puqvpn.connection
  - puqcloud.puqvpn.attributes
  - puqcloud.puqvpn.attributes.actiongroup_all
  - puqcloud.puqvpn.modify
attributes:
  check_mode:
    support: full
    details:
      - In check mode the panel is only read, and no link is made. An account that does not exist yet is assumed to
        come.
  diff_mode:
    support: full
    details:
      - The diff shows that a link is made. It never shows the link.
  idempotent:
    support: partial
    details:
      - With O(reuse=true), as long as the link is not used and good beyond today. With O(reuse=false) each run makes a
        link.
options:
  name:
    description:
      - The name of the account.
    type: str
    required: true
  reuse:
    description:
      - Whether to return a link of the account that has not been used and is good beyond today, when there is one. Of
        several ones it is the one that is good for the longest time. Its address is made of the O(url) of the panel and
        the key of the link.
      - With V(false) a new link is made every time. The old ones stay good.
    type: bool
    default: true
notes:
  - The link is only returned with O(include_secrets=true). Without it the task makes sure that there is one, and a
    later task with O(include_secrets=true) and O(reuse=true) returns it. When a link was made, a warning says so.
  - Whoever opens the link first gets the private key of the client. The scanners of mail and chat services open links
    and use them up. Use it over HTTPS only.
  - How many days a link is good for, and what its page shows, is set in the panel. The API cannot remove a link.
  - A request that makes a link is sent once. When the connection breaks, the task fails with
    RV(error_code=write_fate_unknown), and a link that was made is found when the task is run again with O(reuse=true).
seealso:
  - module: puqcloud.puqvpn.puqvpn_account
    description: Manage accounts.
  - module: puqcloud.puqvpn.puqvpn_account_profile
    description: Save the profile of a client as a file.
"""

EXAMPLES = r"""
- name: Let there be a link for a client, without showing it
  puqcloud.puqvpn.puqvpn_account_link:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    name: alice
  register: link

- name: Show until when the link is good
  ansible.builtin.debug:
    msg: "The link of alice is good until {{ link.expires }}"

- name: Read the link, the same one as long as it is not used
  puqcloud.puqvpn.puqvpn_account_link:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    name: alice
    include_secrets: true
  register: link
  no_log: true

- name: Put the link into a file that is handed over
  ansible.builtin.copy:
    content: "{{ link.url }}\n"
    dest: "{{ playbook_dir }}/alice.link"
    mode: "0600"
  no_log: true

- name: Make another link for a second device
  puqcloud.puqvpn.puqvpn_account_link:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    name: alice
    reuse: false
"""

RETURN = r"""
url:
  description: The link. V(null) in check mode when a new one would be made.
  type: str
  returned: when O(include_secrets=true), also when the task failed after the link was made
  sample: https://vpn.example.com/otl/KEY-OF-THE-LINK
expires:
  description:
    - The day on which the link expires, as the panel writes it. V(null) in check mode when a new one would be made, and
      when the panel does not list the new link.
  type: str
  returned: success
  sample: "2026-02-10"
diff:
  description: That a link is made, without the link.
  type: dict
  returned: success, or when the failure came after a write
  sample:
    before: {}
    after:
      link: a new one
error_code:
  description:
    - What went wrong as a stable word, for example V(not_found) when there is no such account,
      V(write_fate_unknown), V(answer_wrong_type), V(invalid_option) or V(not_authorized).
  type: str
  returned: failure
  sample: not_found
panel_error:
  description: The panel's own words, empty when it said nothing.
  type: str
  returned: failure
  sample: Account not found
"""

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._module.account_link import OPTIONS, account_link
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._task import Task

TASK = Task(OPTIONS, account_link)


def main() -> None:
    """Entry point of the module."""
    TASK.run()


if __name__ == "__main__":
    main()
