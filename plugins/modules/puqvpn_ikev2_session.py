#!/usr/bin/python
# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: puqvpn_ikev2_session
short_description: End the live IKEv2 session of an account
version_added: 0.2.0
description:
  - Ends the live IKEv2 session of an account of a PUQVPNCP panel, if it has one.
  - The client is disconnected, but can connect again at once, since its account is not changed. If the panel still
    lists a session afterwards, a warning says so.
  - Sends one request if the account has no session, and three otherwise.
extends_documentation_fragment:
  - puqcloud.puqvpn.connection
  - puqcloud.puqvpn.attributes
  - puqcloud.puqvpn.modify
attributes:
  diff_mode:
    details:
      - The diff contains the number of sessions of the account.
  idempotent:
    details:
      - Nothing is sent if the account has no session. A client that has connected again has a new session, which the
        next run ends.
options:
  name:
    description:
      - Name of the account. This is not the user name that the client logs in with.
    type: str
    required: true
  state:
    description:
      - State of the session. Only clients can create sessions.
    type: str
    choices: [absent]
    default: absent
notes:
  - If the account does not exist, it has no session, so the task succeeds without a change.
  - The API cannot end WireGuard sessions.
  - The result contains no secrets, so O(include_secrets) has no effect.
seealso:
  - module: puqcloud.puqvpn.puqvpn_account
    description: Disable an account, so that its client cannot connect.
  - module: puqcloud.puqvpn.puqvpn_ikev2
    description: Disable IKEv2, which ends all sessions.
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

- name: End the session that the client may have started in the meantime
  puqcloud.puqvpn.puqvpn_ikev2_session:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    name: alice
    state: absent
"""

RETURN = r"""
disconnected:
  description: Whether a session was ended. In check mode, whether one would be.
  type: bool
  returned: success
  sample: true
diff:
  description: The number of sessions of the account, before and after.
  type: dict
  returned: success, or failure after a write
  sample: {before: {sessions: 1}, after: {sessions: 0}}
msg:
  description: A summary of the result in one line; on failure, the error message.
  type: str
  returned: always
  sample: "bob: 1 session ended"
requests:
  description: The number of HTTP requests that the task sent, retries included.
  type: int
  returned: success
  sample: 3
error_code:
  description:
    - A stable, machine-readable error code, for example V(not_authorized), V(panel_busy) or V(panel_refused).
  type: str
  returned: failure
  sample: not_authorized
panel_error:
  description: The error message returned by the panel; empty if there was none.
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
