#!/usr/bin/python
# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: puqvpn_ikev2_session
short_description: End the live IKEv2 session of an account
version_added: 0.2.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Ends the IKEv2 session that an account of a PUQVPNCP panel has at the moment, if it has one.
  - The connection of the client breaks. The client may connect again at once, since the account is not changed. When
    the panel still shows a session afterwards, there is a warning.
  - An account without a session costs one request, one with a session three, since the sessions are read again.
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
      - In check mode the sessions are only read, and none is ended.
  diff_mode:
    support: full
    details:
      - The diff shows the number of sessions of the account.
  idempotent:
    support: full
    details:
      - Nothing is sent when the account has no session. A client that connected again has a new session, which the next
        run ends.
options:
  name:
    description:
      - The name of the account, of letters, digits, V(_) and V(-). It is not the user name that the client logs in
        with.
    type: str
    required: true
  state:
    description:
      - That there should be no session. A session cannot be made, only clients do that.
    type: str
    choices: [absent]
    default: absent
notes:
  - An account that does not exist has no session, so this is no failure.
  - To keep a client out, disable its account with M(puqcloud.puqvpn.puqvpn_account).
  - There is no counterpart for the sessions of WireGuard.
seealso:
  - module: puqcloud.puqvpn.puqvpn_account
    description: Disable an account, so that it cannot connect.
  - module: puqcloud.puqvpn.puqvpn_ikev2
    description: Switch IKEv2 off, which ends all sessions.
"""

EXAMPLES = r"""
- name: End the IKEv2 session of an account, if it has one
  puqcloud.puqvpn.puqvpn_ikev2_session:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    name: alice
  register: session

- name: Show whether there was a session
  ansible.builtin.debug:
    msg: "{{ 'The session of alice was ended' if session.disconnected else 'Alice was not connected' }}"

- name: Disable an account, so that its client cannot connect again
  puqcloud.puqvpn.puqvpn_account:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    name: alice
    status: disable

- name: End the session that the client may have made in between
  puqcloud.puqvpn.puqvpn_ikev2_session:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    name: alice
    state: absent
"""

RETURN = r"""
disconnected:
  description: Whether a session was ended, in check mode whether one would be.
  type: bool
  returned: success
  sample: true
diff:
  description: The number of sessions of the account, before and after.
  type: dict
  returned: success, or when the failure came after a write
  sample:
    before:
      sessions: 1
    after:
      sessions: 0
error_code:
  description:
    - What went wrong as a stable word, for example V(invalid_option), V(not_authorized) or V(panel_busy).
  type: str
  returned: failure
  sample: not_authorized
panel_error:
  description: The panel's own words, empty when it said nothing.
  type: str
  returned: failure
  sample: Not authorized
"""

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._module.ikev2_session import OPTIONS, ikev2_session
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._task import Task

TASK = Task(OPTIONS, ikev2_session)


def main() -> None:
    """Entry point of the module."""
    TASK.run()


if __name__ == "__main__":
    main()
