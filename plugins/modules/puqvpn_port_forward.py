#!/usr/bin/python
# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: puqvpn_port_forward
short_description: Manage port forwards of a WireGuard server
version_added: 0.2.0
description:
  - Creates, updates and deletes port forwards of a WireGuard server of a PUQVPNCP panel. A port forward passes what
    arrives at a port of the server's public address to one of its clients.
  - A forward of TCP port 22, of the panel's own port, or of the port in O(url) takes that port away from the host. You
    may no longer be able to reach the panel then, so the task warns about it.
extends_documentation_fragment:
  - puqcloud.puqvpn.connection
  - puqcloud.puqvpn.attributes
  - puqcloud.puqvpn.modify
  - puqcloud.puqvpn.modify.resource
  - puqcloud.puqvpn.modify.replace
attributes:
  check_mode:
    details:
      - Only read requests are sent. Two more of them check whether the panel would accept a new port forward.
options:
  wg_name:
    description:
      - Name of the WireGuard server.
    type: str
    required: true
  dst_port:
    description:
      - Port of the server's public address, from 1 to 65535. Must not be the port that the server listens on.
    type: int
    required: true
  protocol:
    description:
      - Protocol of the port. The same port can be forwarded once per protocol.
    type: str
    choices: [tcp, udp]
    required: true
  to_peer:
    description:
      - Name of the account to forward the port to, which must belong to the same server.
      - Required if O(state=present).
    type: str
  to_port:
    description:
      - Port of the client to forward the port to, from 1 to 65535.
      - Required if O(state=present).
    type: int
notes:
  - To create or update a TCP forward, the module also reads the firewall rules, which contain the panel's own port.
seealso:
  - module: puqcloud.puqvpn.puqvpn_wireguard
    description: Manage the WireGuard server.
  - module: puqcloud.puqvpn.puqvpn_account
    description: Manage the account that a port is forwarded to.
  - module: puqcloud.puqvpn.puqvpn_firewall_rule
    description: Manage the filter rules of the firewall.
"""

EXAMPLES = r"""
- name: Forward a port to the SSH server of a client
  puqcloud.puqvpn.puqvpn_port_forward:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    wg_name: Default
    dst_port: 2222
    protocol: tcp
    to_peer: alice
    to_port: 22
  register: ssh

- name: Show the target of the forward
  ansible.builtin.debug:
    msg: "Port {{ ssh.port_forward.dst_port }} leads to {{ ssh.port_forward.to_peer }}:{{ ssh.port_forward.to_port }}"

- name: Forward it to another port of the client, which interrupts it for a moment
  puqcloud.puqvpn.puqvpn_port_forward:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    wg_name: Default
    dst_port: 2222
    protocol: tcp
    to_peer: alice
    to_port: 2022

- name: Forward a port for both protocols
  puqcloud.puqvpn.puqvpn_port_forward:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    wg_name: Default
    dst_port: 5060
    protocol: "{{ item }}"
    to_peer: alice
    to_port: 5060
  loop:
    - tcp
    - udp

- name: Delete a port forward
  puqcloud.puqvpn.puqvpn_port_forward:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    wg_name: Default
    dst_port: 2222
    protocol: tcp
    state: absent
"""

RETURN = r"""
port_forward:
  description: The port forward after the task, under the names of the options. Empty if it does not exist.
  type: dict
  returned: success
  sample:
    wg_name: Default
    dst_port: 2222
    protocol: tcp
    to_peer: alice
    to_port: 22
diff:
  description: The fields that change, before and after.
  type: dict
  returned: success, or failure after a write
  sample: {before: {to_port: 22}, after: {to_port: 2022}}
fields:
  description: The options that caused the failure.
  type: list
  elements: str
  returned: failure because of specific options, for example with RV(error_code=value_not_stored)
  sample: [to_port]
restored:
  description: Whether the old port forward was restored.
  type: bool
  returned: failure after the deletion of a port forward that was to be recreated
  sample: true
lost:
  description: The old port forward, in the form of RV(port_forward).
  type: dict
  returned: when RV(restored=false)
  sample: {wg_name: Default, dst_port: 2222, protocol: tcp, to_peer: alice, to_port: 22}
msg:
  description: A summary of the result in one line; on failure, the error message.
  type: str
  returned: always
  sample: "Default/8080/tcp: created"
requests:
  description: The number of HTTP requests that the task sent, retries included.
  type: int
  returned: success
  sample: 3
error_code:
  description:
    - A stable, machine-readable error code, for example V(invalid_option), V(not_found) or V(panel_refused).
  type: str
  returned: failure
  sample: panel_refused
panel_error:
  description: The error message returned by the panel; empty if there was none.
  type: str
  returned: failure
  sample: Entered incorrect peer
"""

from functools import partial

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._module.port_forward import warn_of_diversion
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._objects.port_forward import PORT_FORWARD
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._resource import manage_object
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._task import Task

TASK = Task(PORT_FORWARD.argument_spec, partial(manage_object, PORT_FORWARD, inspect=warn_of_diversion))


def main() -> None:
    """Entry point of the module."""
    TASK.run()


if __name__ == "__main__":
    main()
