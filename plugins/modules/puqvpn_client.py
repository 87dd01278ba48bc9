#!/usr/bin/python
# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: puqvpn_client
short_description: Manage VPN clients of 2.x panels
version_added: 0.7.0
description:
  - Creates, updates and deletes a client in a network of a PUQVPNCP 2.x panel. On 1.x panels, clients are called
    accounts, see M(puqcloud.puqvpn.puqvpn_account).
  - Disabling or deleting a client ends its sessions over all protocols at once. After a change of O(ipv4) or O(ipv6),
    it needs a new configuration.
extends_documentation_fragment:
  - puqcloud.puqvpn.connection
  - puqcloud.puqvpn.attributes.generation_2
  - puqcloud.puqvpn.attributes
  - puqcloud.puqvpn.modify
  - puqcloud.puqvpn.modify.resource
  - puqcloud.puqvpn.modify.recreate
  - puqcloud.puqvpn.modify.expiry
attributes:
  check_mode:
    details:
      - Only read requests are sent. Up to two of them check whether the user name or the address is in use, and whether
        the address belongs to the network.
      - On a panel that does not list its clients, user names and addresses are assumed to be unused, with a warning.
options:
  name:
    description:
      - Name of the client, consisting of letters, digits, V(_) and V(-). It cannot be changed.
      - A client cannot be called V(online), which is another resource of the API.
    type: str
    required: true
  network_name:
    description:
      - Name of the network of the client. Required for a new client.
      - Can only be changed with O(recreate=true).
    type: str
    aliases: [network]
  status:
    description:
      - Whether the client is allowed to connect.
    type: str
    choices: [enable, disable]
  username:
    description:
      - User name for OpenVPN and IKEv2, consisting of letters, digits, V(_) and V(-), and unique among all clients.
      - Can only be changed with O(recreate=true).
    type: str
  password:
    description:
      - Password for OpenVPN and IKEv2.
    type: str
  ipv4:
    description:
      - IPv4 address of the client. It must be an unused address in the network. The prefix length of the network is
        accepted and ignored.
      - If not set for a new client, the first free address of the network is used, or the next one if another client
        takes it in the meantime. Finding it takes one more request.
      - It is not documented that a panel can change the address of a client. The module tries it, and fails if the
        address stays the same. With O(recreate=true), the client is recreated instead.
    type: str
  ipv6:
    description:
      - IPv6 address of the client, with the same restrictions as O(ipv4). The empty string means none.
    type: str
  b_download:
    description:
      - Maximum download bandwidth of the client in Mbit/s, from 0 to 10000. V(0) means that of its network.
    type: int
  b_upload:
    description:
      - Maximum upload bandwidth of the client, with the same unit, range and meaning of V(0) as O(b_download).
    type: int
  rollback:
    description:
      - Whether to delete a new client again if the bandwidths could not be set, or the panel stored other values than
        requested and they cannot be corrected. The task fails in either case.
    type: bool
    default: false
notes:
  - A panel may ignore the bandwidths of a new client. The module sets them with an update after its creation, which
    takes one more request.
  - Deleting a client frees its address and its slot in the license. With O(recreate=true), its keys, certificates and
    one-time links are lost.
  - A password that is generated in each run, for example by the lookup P(ansible.builtin.password#lookup) with
    V(/dev/null), differs every time, so each run updates the client.
seealso:
  - module: puqcloud.puqvpn.puqvpn_client_profile
    description: Save the configuration of a client to a file.
  - module: puqcloud.puqvpn.puqvpn_client_link
    description: Create a one-time configuration link for a client.
  - module: puqcloud.puqvpn.puqvpn_apply
    description: Manage many clients in one task.
  - module: puqcloud.puqvpn.puqvpn_account
    description: Manage the accounts of 1.x panels, which correspond to clients.
  - ref: ansible_collections.puqcloud.puqvpn.docsite.panels_2x
    description: What works on 2.x panels, and which facts about them are still open.
"""

EXAMPLES = r"""
- name: Create a client with the first free address of its network
  puqcloud.puqvpn.puqvpn_client:
    url: https://vpn2.example.com
    token: "{{ vault_puqvpn_token }}"
    name: bob
    network_name: Default
    b_download: 100
    b_upload: 100
  register: bob

- name: Show the address of the client
  ansible.builtin.debug:
    msg: "{{ bob.client.name }} has the address {{ bob.client.ipv4 }}"

- name: Set a new random password, which changes the client in every run
  puqcloud.puqvpn.puqvpn_client:
    url: https://vpn2.example.com
    token: "{{ vault_puqvpn_token }}"
    name: alice
    password: "{{ lookup('ansible.builtin.password', '/dev/null') }}"

- name: Disable a client, which ends its sessions
  puqcloud.puqvpn.puqvpn_client:
    url: https://vpn2.example.com
    token: "{{ vault_puqvpn_token }}"
    name: alice
    status: disable

- name: Change the user name, which recreates the client
  puqcloud.puqvpn.puqvpn_client:
    url: https://vpn2.example.com
    token: "{{ vault_puqvpn_token }}"
    name: bob
    username: robert
    recreate: true

- name: Give somebody access until the end of January, in a playbook that runs every day
  puqcloud.puqvpn.puqvpn_client:
    url: https://vpn2.example.com
    token: "{{ vault_puqvpn_token }}"
    name: alice
    status: enable
    expires: "2027-01-31"

- name: Delete a client
  puqcloud.puqvpn.puqvpn_client:
    url: https://vpn2.example.com
    token: "{{ vault_puqvpn_token }}"
    name: bob
    state: absent
"""

RETURN = r"""
client:
  description:
    - The client after the task; in check mode, as far as it can be predicted. Empty if the client does not exist.
    - Contains all options that describe a client, with the same names and types, as far as the panel returns them, and
      other fields as the panel returns them. O(password) and private keys are only included with
      O(include_secrets=true).
  type: dict
  returned: success
  sample:
    name: bob
    network_name: Default
    status: enable
    username: user_1831
    ipv4: 10.0.0.2
    ipv6: ""
    b_download: 100
    b_upload: 100
expires:
  description: The option O(expires) as a day, or as a moment in UTC. V(null) if it is not set.
  type: str
  returned: success
  version_added: 0.8.0
  sample: "2027-01-31"
expired:
  description: Whether O(expires) has passed.
  type: bool
  returned: success
  version_added: 0.8.0
  sample: false
unverified:
  description: The options that were set but could not be compared, because the panel does not return them.
  type: list
  elements: str
  returned: success
  sample: [password]
diff:
  description: The fields that change, before and after.
  type: dict
  returned: success, or failure after a write
  sample: {before: {b_download: 20}, after: {b_download: 100}}
fields:
  description: The options that caused the failure.
  type: list
  elements: str
  returned: failure because of specific options, for example with RV(error_code=immutable_field)
  sample: [username]
restored:
  description: Whether the old client was restored.
  type: bool
  returned: failure after the deletion of a client that was to be recreated
  sample: true
lost:
  description: The old client, in the form of RV(client).
  type: dict
  returned: when RV(restored=false)
  sample: {name: alice}
rolled_back:
  description: Whether the new client was deleted again.
  type: bool
  returned: when O(rollback=true) and a new client has other values than requested
  sample: true
msg:
  description: A summary of the result in one line; on failure, the error message.
  type: str
  returned: always
  sample: "bob: b_download 10 -> 100"
requests:
  description: The number of HTTP requests that the task sent, retries included.
  type: int
  returned: success
  sample: 3
error_code:
  description:
    - A stable, machine-readable error code, for example V(immutable_field), V(license_limit) or V(already_exists).
  type: str
  returned: failure
  sample: immutable_field
panel_error:
  description:
    - The error message returned by the panel, followed by those of single fields; empty if there was none.
  type: str
  returned: failure
  sample: "Validation failed; ipv4: The address is already in use"
"""

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._module.client import OPTIONS, manage_client
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._task import Task

TASK = Task(OPTIONS, manage_client, generations=(2,))


def main() -> None:
    """Entry point of the module."""
    TASK.run()


if __name__ == "__main__":
    main()
