#!/usr/bin/python
# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: puqvpn_adblock
short_description: Manage ad blocking of 2.x panels
version_added: 0.7.0
description:
  - Enables and disables the ad blocking of the DNS server of a PUQVPNCP panel of version 2.1 or newer, updates its
    lists, and deletes lists and entries of the whitelist.
  - It cannot create lists or entries of the whitelist, since it is not documented how a panel accepts them.
extends_documentation_fragment:
  - puqcloud.puqvpn.connection
  - puqcloud.puqvpn.attributes.generation_2
  - puqcloud.puqvpn.attributes
  - puqcloud.puqvpn.modify
attributes:
  idempotent:
    support: partial
    details:
      - With O(update=true), every run updates the lists.
options:
  enabled:
    description:
      - Whether ads are blocked.
      - Can only be set if the panel returns a field with this name. All other fields that it returns are sent back
        unchanged.
    type: bool
  lists_absent:
    description:
      - Names of lists that should not exist. Those that a panel provides itself cannot be deleted.
    type: list
    elements: str
    default: []
  whitelist_absent:
    description:
      - Domains that should not be on the whitelist, in any case.
    type: list
    elements: str
    default: []
  update:
    description:
      - Whether to update the lists now. A panel otherwise updates them once a day.
    type: bool
    default: false
notes:
  - The module sends one request if nothing has to change, one more if O(whitelist_absent) is set, and one for each
    change and its verification.
seealso:
  - module: puqcloud.puqvpn.puqvpn_dns
    description: Manage the DNS server itself.
  - ref: ansible_collections.puqcloud.puqvpn.docsite.panels_2x
    description: What works on 2.x panels, and which facts about them are still open.
"""

EXAMPLES = r"""
- name: Block ads
  puqcloud.puqvpn.puqvpn_adblock:
    url: https://vpn2.example.com
    token: "{{ vault_puqvpn_token }}"
    enabled: true

- name: Update the lists now
  puqcloud.puqvpn.puqvpn_adblock:
    url: https://vpn2.example.com
    token: "{{ vault_puqvpn_token }}"
    update: true

- name: Delete an entry of the whitelist
  puqcloud.puqvpn.puqvpn_adblock:
    url: https://vpn2.example.com
    token: "{{ vault_puqvpn_token }}"
    whitelist_absent:
      - ads.example.com
"""

RETURN = r"""
adblock:
  description:
    - The settings of ad blocking after the task, O(enabled) under the name of the option, and all other fields as the
      panel returns them.
  type: dict
  returned: success
  sample:
    enabled: true
    total_blocked: 1204
diff:
  description:
    - The changes, before and after. Deleted lists and entries of the whitelist are listed as C(lists) and C(whitelist).
      An update of the lists is shown as C(update).
  type: dict
  returned: success, or failure after a write
  sample: {before: {whitelist: [ads.example.com]}, after: {whitelist: []}}
fields:
  description: The options that caused the failure.
  type: list
  elements: str
  returned: failure because of specific options, for example with RV(error_code=field_not_shown)
  sample: [enabled]
msg:
  description: A summary of the result in one line; on failure, the error message.
  type: str
  returned: always
  sample: "ad blocking: enabled false -> true"
requests:
  description: The number of HTTP requests that the task sent, retries included.
  type: int
  returned: success
  sample: 3
error_code:
  description:
    - A stable, machine-readable error code, for example V(field_not_shown) or V(panel_refused).
  type: str
  returned: failure
  sample: field_not_shown
panel_error:
  description: The error message returned by the panel; empty if there was none.
  type: str
  returned: failure
  sample: The list is built in
"""

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._module.adblock import OPTIONS, adblock
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._task import Task

TASK = Task(OPTIONS, adblock, generations=(2,))


def main() -> None:
    """Entry point of the module."""
    TASK.run()


if __name__ == "__main__":
    main()
