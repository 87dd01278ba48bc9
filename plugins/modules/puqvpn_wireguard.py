#!/usr/bin/python
# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: puqvpn_wireguard
short_description: Manage a WireGuard server of a panel
version_added: 0.2.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Creates, changes and removes a WireGuard server of a PUQVPNCP panel.
  - An option that is not given is not touched, and on creation the panel fills it in. Of a server that exists only what
    differs is sent.
  - Every edit rebuilds the interface, whatever was changed, so that all its clients reconnect. With a new address, port
    or key, all clients also need a new configuration. Therefore nothing is sent when nothing differs.
  - A task that changes nothing costs one request, one that changes something three, since the server is read again to
    verify it. O(set_bandwidth) and O(force) cost more, see there.
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
      - Only reads are sent in check mode. The result is the plan. One more read finds out whether another server has
        the interface, the port or a part of the network.
      - Accounts that are in the way of a removal are assumed to be removed before.
  diff_mode:
    support: full
    details:
      - The diff shows the fields that change. Of a secret it only shows that it changes.
  idempotent:
    support: partial
    details:
      - Not without O(name) and O(interface_name), since each run then makes a new server.
      - Not with O(update_write_only=always) and an option that the panel does not show.
options:
  name:
    description:
      - The name of the server, of letters, digits, V(_) and V(-). It cannot be changed later.
      - Without it the server is found by O(interface_name). Without either of these a new server is made each time, and
        the panel chooses its name, see RV(wireguard.name).
      - V(info) and V(online) are refused, since the API has other things under these names.
    type: str
  address:
    description:
      - The IPv4 address of the interface with the prefix of its network, for example V(10.0.26.1/24). It is the gateway
        of the clients, and their addresses are in its network.
    type: str
  listen_port:
    description:
      - The port that the server listens on, over UDP. No other server may have it.
      - Panels make new servers with ports from 51820 on. A lower one is given to the server with an edit, with a
        warning.
    type: int
  external_ip:
    description:
      - The public IPv4 address that the traffic of the clients leaves with, without a prefix. It must be configured on
        the host of the panel.
    type: str
  interface_name:
    description:
      - The name of the network interface, V(wg) and digits, for example V(wg26). No other server may have it.
      - It cannot be changed later, see O(recreate).
    type: str
  private_key:
    description:
      - The private key of the server, 44 characters of base64. It can only be set together with O(public_key).
    type: str
  public_key:
    description:
      - The public key of the server, 44 characters of base64. It can only be set together with O(private_key).
    type: str
  mtu:
    description:
      - The MTU of the interface, from 0 to 9100. It is also written to the configurations of clients.
      - It needs version 1.6.1 of the panel. Panels need not show it, see O(update_write_only).
    type: int
  keep_alive:
    description:
      - Seconds between two packets that keep a connection open, from 0 to 2147483647. V(0) switches them off.
      - The tools of WireGuard take 65535 at most, and 25 is the usual value. It needs version 1.2 of the panel.
    type: int
  allowed_ips:
    description:
      - The networks that clients reach through the server. They are written to the configurations of clients, and are
        no filter on the server. Their order does not matter.
      - It needs version 1.6.1 of the panel. Panels need not show it, see O(update_write_only).
    type: list
    elements: str
  endpoint:
    description:
      - The address or host name that clients connect to, without a port.
      - It needs version 1.7 of the panel. Panels need not show it, see O(update_write_only).
    type: str
  internal_traffic:
    description:
      - Whether the clients of the server may reach each other.
    type: bool
  dns_1:
    description:
      - The IPv4 address of the first name server of the clients, without a prefix.
    type: str
  dns_2:
    description:
      - The IPv4 address of the second name server of the clients, without a prefix.
    type: str
  ipv6:
    description:
      - Whether the server has IPv6 as well.
      - It needs version 1.7 of the panel. Panels need not show it, see O(update_write_only).
    type: bool
  address_ipv6:
    description:
      - The IPv6 address of the interface with the prefix of its network, for example V(fd00:26::1/64).
      - It needs version 1.7 of the panel. Panels need not show it, see O(update_write_only).
    type: str
  dns_1_ipv6:
    description:
      - The IPv6 address of the first name server of the clients, without a prefix.
      - It needs version 1.7 of the panel. Panels need not show it, see O(update_write_only).
    type: str
  dns_2_ipv6:
    description:
      - The IPv6 address of the second name server of the clients, without a prefix.
      - It needs version 1.7 of the panel. Panels need not show it, see O(update_write_only).
    type: str
  b_download:
    description:
      - The bandwidth to each client in Mbit/s, from 0 to 10000. Accounts that are made later get it, those that exist
        only with O(set_bandwidth=true).
    type: int
  b_upload:
    description:
      - The bandwidth from each client in Mbit/s, from 0 to 10000. Accounts that are made later get it, those that exist
        only with O(set_bandwidth=true).
    type: int
  ikev2:
    description:
      - Whether the accounts of the server may use IKEv2 as well. It needs version 1.2 of the panel.
    type: bool
  set_bandwidth:
    description:
      - Whether every account of the server gets the bandwidth of the server, if one of them has another one. The
        limits that single accounts had are overwritten and lost.
      - This costs one more read. If an account differs, it costs one write and another read, which proves it.
    type: bool
    default: false
  force:
    description:
      - Whether O(state=absent) removes the accounts of the server first, which the panel asks for. Otherwise a server
        with accounts is not removed, and the task fails and lists them.
      - This costs one write for each account. It has no meaning for O(recreate).
    type: bool
    default: false
notes:
  - The server is read again after every write. A value that did not stick fails the task with
    RV(error_code=value_not_stored) and the name of the field.
  - A server that has accounts is not made again by O(recreate=true), and O(force) does not change that. Remove its
    accounts first, since they cannot be moved to another server.
  - A server cannot be disabled, only removed.
  - Give O(name) or O(interface_name) with O(state=absent), so that it is clear which server is meant.
seealso:
  - module: puqcloud.puqvpn.puqvpn_account
    description: Manage the accounts of a server.
  - module: puqcloud.puqvpn.puqvpn_port_forward
    description: Forward a port of a server to an account.
  - module: puqcloud.puqvpn.puqvpn_ikev2
    description: Switch IKEv2 on, and make its certificates.
"""

EXAMPLES = r"""
- name: Create a server, of which the panel makes the keys
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

- name: Show the public key of the server, and what the panel does not show
  ansible.builtin.debug:
    msg:
      - "The public key is {{ office.wireguard.public_key }}"
      - "Not verified: {{ office.unverified | join(', ') }}"

- name: Let the accounts of a server use IKEv2 as well
  puqcloud.puqvpn.puqvpn_wireguard:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    name: office
    ikev2: true

- name: Write the networks of the client configurations every time, which a panel need not show
  puqcloud.puqvpn.puqvpn_wireguard:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    name: office
    allowed_ips:
      - 10.0.0.0/8
      - 192.168.0.0/16
    update_write_only: always

- name: Give a server and all its accounts the same bandwidth
  puqcloud.puqvpn.puqvpn_wireguard:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    name: Default
    b_download: 50
    b_upload: 20
    set_bandwidth: true

- name: Remove a server together with its accounts
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
    - The server after the task, in check mode as it will be as far as that is known. Empty when there is none.
    - Fields that only the panel knows are there as well.
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
      description: The name of the server.
      type: str
      returned: success
    address:
      description: The IPv4 address of the interface with the prefix of its network.
      type: str
      returned: success
    listen_port:
      description: The port that the server listens on.
      type: int
      returned: success
    external_ip:
      description: The public IPv4 address that the traffic of the clients leaves with.
      type: str
      returned: success
    interface_name:
      description: The name of the network interface.
      type: str
      returned: success
    private_key:
      description: The private key of the server.
      type: str
      returned: when O(include_secrets=true)
    public_key:
      description: The public key of the server.
      type: str
      returned: success
    mtu:
      description: The MTU of the interface.
      type: int
      returned: when the panel shows it
    keep_alive:
      description: Seconds between two packets that keep a connection open, V(0) when there are none.
      type: int
      returned: success
    allowed_ips:
      description: The networks that clients reach through the server.
      type: list
      elements: str
      returned: when the panel shows it
    endpoint:
      description: The address or host name that clients connect to.
      type: str
      returned: when the panel shows it
    internal_traffic:
      description: Whether the clients of the server may reach each other.
      type: bool
      returned: success
    dns_1:
      description: The IPv4 address of the first name server of the clients.
      type: str
      returned: success
    dns_2:
      description: The IPv4 address of the second name server of the clients.
      type: str
      returned: success
    ipv6:
      description: Whether the server has IPv6 as well.
      type: bool
      returned: when the panel shows it
    address_ipv6:
      description: The IPv6 address of the interface with the prefix of its network.
      type: str
      returned: when the panel shows it
    dns_1_ipv6:
      description: The IPv6 address of the first name server of the clients.
      type: str
      returned: when the panel shows it
    dns_2_ipv6:
      description: The IPv6 address of the second name server of the clients.
      type: str
      returned: when the panel shows it
    b_download:
      description: The bandwidth to each client in Mbit/s, for accounts that are made later.
      type: int
      returned: success
    b_upload:
      description: The bandwidth from each client in Mbit/s, for accounts that are made later.
      type: int
      returned: success
    ikev2:
      description: Whether the accounts of the server may use IKEv2 as well.
      type: bool
      returned: success
unverified:
  description:
    - The options that were given and that the panel does not show, so that nobody can tell whether they differ.
  type: list
  elements: str
  returned: success
  sample:
    - endpoint
    - mtu
diff:
  description: The fields that change, before and after. Secrets are hidden.
  type: dict
  returned: success, or when the failure came after a write
  sample:
    before:
      ikev2: false
    after:
      ikev2: true
fields:
  description: The options that the failure is about.
  type: list
  elements: str
  returned: when the failure is about single options, for example RV(error_code=immutable_field)
  sample: [interface_name]
accounts:
  description: The names of all accounts of the server.
  type: list
  elements: str
  returned: when RV(error_code=server_has_accounts)
  sample: [alice, bob]
removed:
  description: The names of the accounts that O(force) had removed before the failure. The server is still there.
  type: list
  elements: str
  returned: when a removal with O(force=true) stops half-way
  sample: [alice]
restored:
  description: Whether the old server was put back after a new one could not take its place.
  type: bool
  returned: when the old one was removed before the failure
  sample: true
lost:
  description: The old server which could not be put back, without its secrets unless O(include_secrets=true).
  type: dict
  returned: when RV(restored=false)
  sample:
    name: office
error_code:
  description:
    - What went wrong as a stable word, for example V(invalid_option), V(missing_option), V(immutable_field),
      V(already_exists), V(value_not_stored) or V(write_fate_unknown).
  type: str
  returned: failure
  sample: already_exists
panel_error:
  description: The panel's own words, empty when it said nothing.
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
