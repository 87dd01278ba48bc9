#!/usr/bin/python
# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: puqvpn_wireguard
short_description: Manage WireGuard servers of a panel
version_added: 0.2.0
description:
  - Creates, updates and deletes WireGuard servers of a PUQVPNCP panel.
  - Every update rebuilds the interface, whichever option changes, so that all clients of the server reconnect. After a
    change of the address, the port or the keys, all clients also need a new configuration.
extends_documentation_fragment:
  - puqcloud.puqvpn.connection
  - puqcloud.puqvpn.attributes
  - puqcloud.puqvpn.modify
  - puqcloud.puqvpn.modify.resource
  - puqcloud.puqvpn.modify.recreate
  - puqcloud.puqvpn.modify.write_only
attributes:
  check_mode:
    details:
      - Only read requests are sent. One more of them checks whether another server uses the interface, the port or a
        part of the network.
      - Accounts that prevent the deletion of a server are assumed to be deleted by an earlier task.
  idempotent:
    support: partial
    details:
      - Without O(name) and O(interface_name), every run creates a server.
      - With O(update_write_only=always) and an option that the panel does not return, every run updates the server.
options:
  name:
    description:
      - Name of the server, consisting of letters, digits, V(_) and V(-). It cannot be changed.
      - If not set, the server is identified by O(interface_name). If neither is set, each run creates a server, whose
        name the panel chooses, see RV(wireguard.name).
      - V(info) and V(online) are rejected, since the API uses these names for something else.
      - Required if O(state=absent).
    type: str
  address:
    description:
      - IPv4 address of the interface with the prefix length of its network, for example V(10.0.26.1/24). It is the
        gateway of the clients, whose addresses belong to this network.
    type: str
  listen_port:
    description:
      - UDP port that the server listens on. No other server may use it.
      - Panels create servers with ports from 51820. A lower port is set in an update after the creation, and a warning
        says so.
    type: int
  external_ip:
    description:
      - Public IPv4 address that client traffic leaves from, without a prefix length. It must be configured on the host
        of the panel.
    type: str
  interface_name:
    description:
      - Name of the network interface, V(wg) followed by digits, for example V(wg26). No other server may use it.
      - Can only be changed with O(recreate=true).
    type: str
  private_key:
    description:
      - Private key of the server, 44 characters of Base64. Must be set together with O(public_key).
    type: str
  public_key:
    description:
      - Public key of the server, 44 characters of Base64. Must be set together with O(private_key).
    type: str
  mtu:
    description:
      - MTU of the interface, from 0 to 9100. It is also written to client configurations.
      - Requires version 1.6.1 of the panel. The panel may not return it, see O(update_write_only).
    type: int
  keep_alive:
    description:
      - Interval of keepalive packets in seconds, from 0 to 2147483647. V(0) disables them.
      - The WireGuard tools accept at most 65535, and 25 is common. Requires version 1.2 of the panel.
    type: int
  allowed_ips:
    description:
      - Networks that clients reach through the server, in any order. They are written to client configurations, and the
        server does not enforce them.
      - Requires version 1.6.1 of the panel. The panel may not return it, see O(update_write_only).
    type: list
    elements: str
  endpoint:
    description:
      - Address or host name that clients connect to, without a port.
      - Requires version 1.7 of the panel. The panel may not return it, see O(update_write_only).
    type: str
  internal_traffic:
    description:
      - Whether clients of the server can reach each other.
    type: bool
  dns_1:
    description:
      - IPv4 address of the first DNS server of the clients, without a prefix length.
    type: str
  dns_2:
    description:
      - IPv4 address of the second DNS server of the clients, without a prefix length.
    type: str
  ipv6:
    description:
      - Whether the server supports IPv6.
      - Requires version 1.7 of the panel. The panel may not return it, see O(update_write_only).
    type: bool
  address_ipv6:
    description:
      - IPv6 address of the interface with the prefix length of its network, for example V(fd00:26::1/64).
      - Requires version 1.7 of the panel. The panel may not return it, see O(update_write_only).
    type: str
  dns_1_ipv6:
    description:
      - IPv6 address of the first DNS server of the clients, without a prefix length.
      - Requires version 1.7 of the panel. The panel may not return it, see O(update_write_only).
    type: str
  dns_2_ipv6:
    description:
      - IPv6 address of the second DNS server of the clients, without a prefix length.
      - Requires version 1.7 of the panel. The panel may not return it, see O(update_write_only).
    type: str
  b_download:
    description:
      - Maximum download bandwidth of each client in Mbit/s, from 0 to 10000. It applies to new accounts, and only with
        O(set_bandwidth=true) to existing ones.
    type: int
  b_upload:
    description:
      - Maximum upload bandwidth of each client, with the same unit, range and scope as O(b_download).
    type: int
  ikev2:
    description:
      - Whether accounts of the server can also use IKEv2. Requires version 1.2 of the panel.
    type: bool
  set_bandwidth:
    description:
      - Whether to set the bandwidth of all accounts of the server to that of the server. Limits of single accounts are
        overwritten.
      - Takes one more request, and two more if an account differs.
    type: bool
    default: false
  force:
    description:
      - Whether O(state=absent) also deletes the accounts of the server, with one request each. If V(false), a server
        with accounts is not deleted, and the task fails and lists them in RV(accounts).
    type: bool
    default: false
notes:
  - A server with accounts is never recreated, not even with O(force=true). Delete its accounts first, since they cannot
    be moved to another server.
  - A server cannot be disabled, only deleted.
seealso:
  - module: puqcloud.puqvpn.puqvpn_account
    description: Manage the accounts of a server.
  - module: puqcloud.puqvpn.puqvpn_port_forward
    description: Manage the port forwards of a server.
  - module: puqcloud.puqvpn.puqvpn_ikev2
    description: Enable IKEv2, and create its certificates.
"""

EXAMPLES = r"""
- name: Create a server with keys generated by the panel
  puqcloud.puqvpn.puqvpn_wireguard:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    name: office
    address: 10.0.26.1/24
    listen_port: 51826
    endpoint: vpn.example.com
    keep_alive: 25
    mtu: 1420
    internal_traffic: false
    b_download: 100
    b_upload: 100
  register: office

- name: Show the public key of the server, and the options that could not be verified
  ansible.builtin.debug:
    msg:
      - "The public key is {{ office.wireguard.public_key }}"
      - "Not verified: {{ office.unverified | join(', ') }}"

- name: Allow the accounts of a server to use IKEv2
  puqcloud.puqvpn.puqvpn_wireguard:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    name: office
    ikev2: true

- name: Set the networks in client configurations in every run, since the panel may not return them
  puqcloud.puqvpn.puqvpn_wireguard:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    name: office
    allowed_ips:
      - 10.0.0.0/8
      - 192.168.0.0/16
    update_write_only: always

- name: Set the bandwidth of a server and of all its accounts
  puqcloud.puqvpn.puqvpn_wireguard:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    name: Default
    b_download: 50
    b_upload: 20
    set_bandwidth: true

- name: Delete a server together with its accounts
  puqcloud.puqvpn.puqvpn_wireguard:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    name: office
    state: absent
    force: true
"""

RETURN = r"""
wireguard:
  description:
    - The server after the task, under the names of the options; in check mode, as far as it can be predicted. Empty if
      the server does not exist.
    - O(private_key) is only included with O(include_secrets=true), and O(mtu), O(allowed_ips), O(endpoint), O(ipv6),
      O(address_ipv6), O(dns_1_ipv6) and O(dns_2_ipv6) only if the panel returns them.
  type: dict
  returned: success
  sample:
    name: office
    address: 10.0.26.1/24
    listen_port: 51826
    external_ip: 203.0.113.200
    interface_name: wg26
    public_key: 0aCBQ8uk/h85wymLqxaH7wRLBQ648bkvY6oDb4C9cKQ=
    keep_alive: 25
    internal_traffic: false
    dns_1: 192.0.2.8
    dns_2: 192.0.2.1
    b_download: 100
    b_upload: 100
    ikev2: false
  contains:
    name:
      description: The name of the server, chosen by the panel if O(name) was not set.
      type: str
unverified:
  description: The options that were set but could not be compared, because the panel does not return them.
  type: list
  elements: str
  returned: success
  sample: [endpoint, mtu]
diff:
  description: The fields that change, before and after.
  type: dict
  returned: success, or failure after a write
  sample: {before: {ikev2: false}, after: {ikev2: true}}
fields:
  description: The options that caused the failure.
  type: list
  elements: str
  returned: failure because of specific options, for example with RV(error_code=immutable_field)
  sample: [interface_name]
accounts:
  description: The names of all accounts of the server.
  type: list
  elements: str
  returned: when RV(error_code=server_has_accounts)
  sample: [alice, bob]
removed:
  description: The names of the accounts that were deleted before the failure. The server still exists.
  type: list
  elements: str
  returned: when a deletion with O(force=true) was interrupted
  sample: [alice]
restored:
  description: Whether the old server was restored.
  type: bool
  returned: failure after the deletion of a server that was to be recreated
  sample: true
lost:
  description: The old server, in the form of RV(wireguard).
  type: dict
  returned: when RV(restored=false)
  sample: {name: office}
msg:
  description: A summary of the result in one line; on failure, the error message.
  type: str
  returned: always
  sample: "office: created"
requests:
  description: The number of HTTP requests that the task sent, retries included.
  type: int
  returned: success
  sample: 3
error_code:
  description:
    - A stable, machine-readable error code, for example V(immutable_field), V(already_exists) or V(panel_refused).
  type: str
  returned: failure
  sample: already_exists
panel_error:
  description: The error message returned by the panel; empty if there was none.
  type: str
  returned: failure
  sample: Port already in use
"""

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._module.wireguard import OPTIONS, wireguard
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._task import Task

TASK = Task(OPTIONS, wireguard)


def main() -> None:
    """Entry point of the module."""
    TASK.run()


if __name__ == "__main__":
    main()
