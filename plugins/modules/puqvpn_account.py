#!/usr/bin/python
# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: puqvpn_account
short_description: Manage a VPN account of a panel
version_added: 0.2.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Creates, changes and removes a VPN account on a WireGuard server of a PUQVPNCP panel.
  - An option that is not given is not touched. Of an account that exists only what differs is sent.
  - Every edit ends the current connection of the client, whatever was changed. With a new address, the client also
    needs a new configuration. Therefore nothing is sent when nothing differs.
  - A task that changes nothing costs one request. One that changes something costs three, since the account is read
    again to verify it, and four when a free address has to be found.
  - Works with panels of the generation 1.x.
extends_documentation_fragment:
  - puqcloud.puqvpn.connection
  - puqcloud.puqvpn.attributes
  - puqcloud.puqvpn.attributes.actiongroup_all
  - puqcloud.puqvpn.modify
  - puqcloud.puqvpn.modify.resource
  - puqcloud.puqvpn.modify.recreate
  - puqcloud.puqvpn.modify.write_only
attributes:
  check_mode:
    support: full
    details:
      - Only reads are sent in check mode. The result is the plan. Up to two more reads find out whether another account
        has the user name or the address, and whether the address is one of the server's network.
  diff_mode:
    support: full
    details:
      - The diff shows the fields that change. Of a secret it only shows that it changes.
  idempotent:
    support: partial
    details:
      - Not without O(name), O(username) and O(allowed_ips), since each run then makes a new account.
      - Not with O(update_write_only=always) and O(allowed_ips_ipv6), when the panel does not show that address.
options:
  name:
    description:
      - The name of the account, of letters, digits, V(_) and V(-). It cannot be changed later.
      - Without it the account is found by O(username), else by O(allowed_ips). Without any of these a new account is
        made each time.
      - The panel chooses the name of a new account for which none is given, see RV(account.name).
      - O(state=absent) needs it.
    type: str
  wg_name:
    description:
      - The name of the WireGuard server that the account is on. A new account needs it.
      - It cannot be changed later, see O(recreate).
    type: str
  status:
    description:
      - Whether the account may connect.
    type: str
    choices: [enable, disable]
  username:
    description:
      - The name to log in with over IKEv2, of letters, digits, V(_) and V(-). No other account may have it.
      - It cannot be changed later, see O(recreate).
    type: str
  password:
    description:
      - The password to log in with over IKEv2.
    type: str
  allowed_ips:
    description:
      - The IPv4 address of the client, without a prefix. It must be free and in the range of the server.
      - A new account for which none is given gets the first free address of the server. When another client takes that
        one in the meantime, the next is tried.
    type: str
    aliases: [allowed_IPs]
  allowed_ips_ipv6:
    description:
      - The IPv6 address of the client, without a prefix. It needs version 1.7 of the panel.
      - Panels need not show it, see O(update_write_only).
    type: str
    aliases: [allowed_IPs_ipv6]
  private_key:
    description:
      - The private key of the client, 44 characters of base64. A new account takes both keys or none, and without them
        the panel makes a pair.
      - Keys that do not belong together are refused, if the Python library C(cryptography) is there to check them.
      - It cannot be changed later, see O(recreate).
    type: str
  public_key:
    description:
      - The public key of the client, 44 characters of base64. See O(private_key).
      - It cannot be changed later, see O(recreate).
    type: str
  b_download:
    description:
      - The bandwidth to the client in Mbit/s, from 0 to 10000. A new account for which none is given gets that of its
        server.
    type: int
  b_upload:
    description:
      - The bandwidth from the client in Mbit/s, from 0 to 10000. A new account for which none is given gets that of its
        server.
    type: int
  rollback:
    description:
      - What to do when a new account has other values than asked for, and they cannot be put right. With V(false) the
        task fails and the account stays, with V(true) the task fails and the account is removed again.
    type: bool
    default: false
notes:
  - Some panels give a new account the bandwidth of its server, whatever was asked for. The module puts values that
    differ after the creation right with an edit, which costs one more write.
  - The account is read again after every write. A value that did not stick fails the task with
    RV(error_code=value_not_stored) and the name of the field.
  - When an account is removed, its address and its place in the licence become free. With O(recreate=true), its
    one-time links and port forwards may be lost.
  - A password that is made up anew in each run, as with the lookup P(ansible.builtin.password#lookup) and
    V(/dev/null), is another one each time. It changes the account and ends its connection in every run.
seealso:
  - module: puqcloud.puqvpn.puqvpn_wireguard
    description: Manage the WireGuard server that accounts are on.
  - module: puqcloud.puqvpn.puqvpn_account_profile
    description: Save the configuration of a client to a file.
  - module: puqcloud.puqvpn.puqvpn_account_link
    description: Make a one-time link from which a user downloads the configuration.
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

- name: Show which address the account got
  ansible.builtin.debug:
    msg: "{{ bob.account.name }} has the address {{ bob.account.allowed_ips }}"

- name: Give an account a new password, which is another one in every run
  puqcloud.puqvpn.puqvpn_account:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    name: alice
    password: "{{ lookup('ansible.builtin.password', '/dev/null') }}"

- name: Lock an account out, only if it is not locked out yet
  puqcloud.puqvpn.puqvpn_account:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    name: alice
    status: disable

- name: Change a username, for which the account has to be made again with the same keys and the same address
  puqcloud.puqvpn.puqvpn_account:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    name: bob
    username: robert
    recreate: true

- name: Remove an account
  puqcloud.puqvpn.puqvpn_account:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    name: bob
    state: absent
"""

RETURN = r"""
account:
  description:
    - The account after the task, in check mode as it will be as far as that is known. Empty when there is none.
    - Fields that only the panel knows are there as well.
  type: dict
  returned: success
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
  contains:
    name:
      description: The name of the account.
      type: str
      returned: success
    wg_name:
      description: The name of the WireGuard server that the account is on.
      type: str
      returned: success
    status:
      description: Whether the account may connect, V(enable) or V(disable).
      type: str
      returned: success
    username:
      description: The name to log in with over IKEv2.
      type: str
      returned: success
    password:
      description: The password to log in with over IKEv2.
      type: str
      returned: when O(include_secrets=true)
    allowed_ips:
      description: The IPv4 address of the client.
      type: str
      returned: success
    allowed_ips_ipv6:
      description: The IPv6 address of the client.
      type: str
      returned: when the panel shows it
    private_key:
      description: The private key of the client.
      type: str
      returned: when O(include_secrets=true)
    public_key:
      description: The public key of the client.
      type: str
      returned: success
    b_download:
      description: The bandwidth to the client in Mbit/s.
      type: int
      returned: success
    b_upload:
      description: The bandwidth from the client in Mbit/s.
      type: int
      returned: success
    mangle:
      description: The firewall mark of the account, which the panel assigns.
      type: int
      returned: success
unverified:
  description:
    - The options that were given and that the panel does not show, so that nobody can tell whether they differ.
  type: list
  elements: str
  returned: success
  sample:
    - allowed_ips_ipv6
diff:
  description: The fields that change, before and after. Secrets are hidden.
  type: dict
  returned: success, or when the failure came after a write
  sample:
    before:
      b_download: 20
    after:
      b_download: 100
fields:
  description: The options that the failure is about.
  type: list
  elements: str
  returned: when the failure is about single options, for example RV(error_code=immutable_field)
  sample: [username]
restored:
  description: Whether the old account was put back after a new one could not take its place.
  type: bool
  returned: when the old one was removed before the failure
  sample: true
lost:
  description: The old account which could not be put back, without its secrets unless O(include_secrets=true).
  type: dict
  returned: when RV(restored=false)
  sample:
    name: alice
rolled_back:
  description: Whether the new account was removed again.
  type: bool
  returned: when O(rollback=true) and the new account is not as it was asked for
  sample: true
error_code:
  description:
    - What went wrong as a stable word, for example V(invalid_option), V(missing_option), V(immutable_field),
      V(already_exists), V(license_limit), V(value_not_stored) or V(write_fate_unknown).
  type: str
  returned: failure
  sample: immutable_field
panel_error:
  description: The panel's own words, empty when it said nothing.
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
