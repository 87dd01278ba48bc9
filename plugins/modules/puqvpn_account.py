#!/usr/bin/python
# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: puqvpn_account
short_description: Manage VPN accounts
version_added: 0.2.0
description:
  - Creates, updates and deletes an account on a WireGuard server of a PUQVPNCP panel.
  - Every update disconnects the client, whichever option changes. After a change of its address, the client also needs
    a new configuration.
extends_documentation_fragment:
  - puqcloud.puqvpn.connection
  - puqcloud.puqvpn.attributes
  - puqcloud.puqvpn.modify
  - puqcloud.puqvpn.modify.resource
  - puqcloud.puqvpn.modify.recreate
  - puqcloud.puqvpn.modify.expiry
  - puqcloud.puqvpn.modify.write_only
attributes:
  check_mode:
    details:
      - Only read requests are sent. Up to two of them check whether the user name or the address is in use, and whether
        the address belongs to the network of the server.
  idempotent:
    support: partial
    details:
      - Without O(name), O(username) and O(allowed_ips), every run creates a new account.
      - With O(rotate_keys=true), every run makes new keys.
      - With O(update_write_only=always) and O(allowed_ips_ipv6), every run updates the account if the panel does not
        return that address.
options:
  name:
    description:
      - Name of the account, consisting of letters, digits, V(_) and V(-). It cannot be changed.
      - If not set, the account is identified by O(username), or else by O(allowed_ips). For a new account, the panel
        then chooses a name, see RV(account.name).
      - Required if O(state=absent).
    type: str
  wg_name:
    description:
      - Name of the WireGuard server of the account. Required for a new account.
      - Can only be changed with O(recreate=true).
    type: str
  status:
    description:
      - Whether the account is allowed to connect.
    type: str
    choices: [enable, disable]
  username:
    description:
      - User name for IKEv2, consisting of letters, digits, V(_) and V(-), and unique among all accounts.
      - Can only be changed with O(recreate=true).
    type: str
  password:
    description:
      - Password for IKEv2.
    type: str
  allowed_ips:
    description:
      - IPv4 address of the client, without a prefix length. It must be an unused address in the network of the server.
      - If not set for a new account, the first free address of the server is used, or the next one if another client
        takes it in the meantime. Finding it takes one more request.
    type: str
    aliases: [allowed_IPs]
  allowed_ips_ipv6:
    description:
      - IPv6 address of the client, without a prefix length. Requires version 1.7 of the panel.
      - The panel may not return it, see O(update_write_only).
    type: str
    aliases: [allowed_IPs_ipv6]
  private_key:
    description:
      - Private key of the client, 44 characters of Base64. Set both keys for a new account or neither, in which case
        the panel generates them.
      - Keys that do not belong together are rejected if the Python library C(cryptography) is available.
      - Can only be changed with O(recreate=true).
    type: str
  public_key:
    description:
      - Public key of the client, with the same format and restrictions as O(private_key).
    type: str
  b_download:
    description:
      - Maximum download bandwidth of the client in Mbit/s, from 0 to 10000. Defaults to that of the server for a new
        account.
    type: int
  b_upload:
    description:
      - Maximum upload bandwidth of the client, with the same unit, range and default as O(b_download).
    type: int
  rollback:
    description:
      - Whether to delete a new account again if the panel stored other values than requested and they cannot be
        corrected. The task fails in either case.
    type: bool
    default: false
  rotate_keys:
    description:
      - Whether to give an existing account a new pair of keys, for example because a device was lost. Everything else
        stays as it is, apart from what other options of the same task change. A new account gets a new pair in any
        case.
      - The option acts like a command. Every run makes new keys, and the client needs a new configuration each time.
      - Since the panel cannot change keys, the account is deleted and recreated. It keeps its name, address, user name,
        password, bandwidth and status. The port forwards to it are recreated if the panel drops them, its one-time
        links may be lost. If the new account cannot be created, the old one is restored.
      - If the panel does not return the password or another value of the account, the task fails before it writes
        anything, and names the option to set. An IPv6 address that the panel does not return is lost unless
        O(allowed_ips_ipv6) is set, and a warning says so.
      - Takes one more request than recreating the account, and two more for each port forward to it.
      - Requires the Python library C(cryptography), which is a part of every ansible-core.
      - Mutually exclusive with O(private_key), O(public_key) and O(state=absent). O(wg_name) must not differ.
    type: bool
    default: false
    version_added: 0.8.0
notes:
  - Some panels create an account with the bandwidth of its server, regardless of the options. The module corrects this
    with an update, which takes one more request.
  - Deleting an account frees its address and its slot in the license. With O(recreate=true), its one-time links and
    port forwards may be lost.
  - A password that is generated in each run, for example by the lookup P(ansible.builtin.password#lookup) with
    V(/dev/null), differs every time, so each run updates the account and disconnects its client.
seealso:
  - module: puqcloud.puqvpn.puqvpn_wireguard
    description: Manage the WireGuard servers that accounts belong to.
  - module: puqcloud.puqvpn.puqvpn_account_profile
    description: Save the client configuration of an account to a file.
  - module: puqcloud.puqvpn.puqvpn_account_link
    description: Create a one-time configuration link for an account.
  - module: puqcloud.puqvpn.puqvpn_client
    description: Manage the clients of 2.x panels, which correspond to accounts.
"""

EXAMPLES = r"""
- name: Create an account with the first free address of its server
  puqcloud.puqvpn.puqvpn_account:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    name: bob
    wg_name: Default
    username: bob
    b_download: 100
    b_upload: 100
  register: bob

- name: Show the address of the account
  ansible.builtin.debug:
    msg: "{{ bob.account.name }} has the address {{ bob.account.allowed_ips }}"

- name: Set a new random password, which changes the account in every run
  puqcloud.puqvpn.puqvpn_account:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    name: alice
    password: "{{ lookup('ansible.builtin.password', '/dev/null') }}"

- name: Disable an account
  puqcloud.puqvpn.puqvpn_account:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    name: alice
    status: disable

- name: Change the user name, which recreates the account with the same keys and the same address
  puqcloud.puqvpn.puqvpn_account:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    name: bob
    username: robert
    recreate: true

- name: Make new keys, since a device was lost
  puqcloud.puqvpn.puqvpn_account:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    name: alice
    rotate_keys: true

- name: Give somebody access until the end of January, in a playbook that runs every day
  puqcloud.puqvpn.puqvpn_account:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    name: alice
    status: enable
    expires: "2027-01-31"

- name: Delete an account
  puqcloud.puqvpn.puqvpn_account:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    name: bob
    state: absent
"""

RETURN = r"""
account:
  description:
    - The account after the task; in check mode, as far as it can be predicted. Empty if the account does not exist.
    - Contains the fields below and all options that describe an account, with the same names and types.
      O(password) and O(private_key) are only included with O(include_secrets=true), and O(allowed_ips_ipv6) only if the
      panel returns it.
  type: dict
  returned: success
  contains:
    name:
      description: The name of the account, chosen by the panel if O(name) was not set.
      type: str
    mangle:
      description: The firewall mark of the account, assigned by the panel.
      type: int
  sample:
    name: bob
    wg_name: Default
    status: enable
    username: bob
    allowed_ips: 10.0.0.2
    public_key: /3XqKYTMcUrJhKP14v0p4A2hIeRmHiDLOtvB8nk4R0g=
    b_download: 100
    b_upload: 100
    mangle: 322
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
  sample: [allowed_ips_ipv6]
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
  description: Whether the old account was restored.
  type: bool
  returned: failure after the deletion of an account that was to be recreated
  sample: true
lost:
  description: The old account, in the form of RV(account).
  type: dict
  returned: when RV(restored=false)
  sample: {name: alice}
lost_port_forwards:
  description:
    - The port forwards to the account that could not be recreated, see
      RV(puqcloud.puqvpn.puqvpn_port_forward#module:port_forward).
  type: list
  elements: dict
  returned: when O(rotate_keys=true) and port forwards may be lost
  version_added: 0.8.0
  sample: [{wg_name: Default, dst_port: 8080, protocol: tcp, to_peer: alice, to_port: 80}]
rolled_back:
  description: Whether the new account was deleted again.
  type: bool
  returned: when O(rollback=true) and a new account has other values than requested
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
  description: The error message returned by the panel; empty if there was none.
  type: str
  returned: failure
  sample: The username is already in use
"""

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._module.account import OPTIONS, account
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._task import Task

TASK = Task(OPTIONS, account)


def main() -> None:
    """Entry point of the module."""
    TASK.run()


if __name__ == "__main__":
    main()
