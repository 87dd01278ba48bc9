#!/usr/bin/python
# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: puqvpn_port_forward
short_description: Forward a port of a WireGuard server to an account
version_added: 0.2.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Adds, changes and removes the forwarding of a port of a WireGuard server of a PUQVPNCP panel. What arrives at the
    port of the server's public address is sent on to a client.
  - The panel cannot edit a forward. A change is a removal and an addition, and in between the port is not forwarded for
    a moment. When the addition fails, the old forward is put back.
  - A forward of TCP port 22, of the panel's own port, or of the port in O(url) takes that port away from the host. The
    task warns of it, since you may no longer reach the panel.
  - A task that changes nothing costs one request. An addition or a removal costs three, and a change four, since the
    forwards are read again to verify them. An addition or a change of a TCP forward costs one more, to read the panel's
    own port from the firewall rules.
  - Works with panels of the generation 1.x.
extends_documentation_fragment:
  - puqcloud.puqvpn.connection
  - puqcloud.puqvpn.attributes
  - puqcloud.puqvpn.attributes.actiongroup_all
  - puqcloud.puqvpn.modify
  - puqcloud.puqvpn.modify.resource
  - puqcloud.puqvpn.modify.replace
attributes:
  check_mode:
    support: full
    details:
      - Only reads are sent in check mode. The result is the plan. Two more reads find out whether the panel would take
        a new forward.
  diff_mode:
    support: full
    details:
      - The diff shows the fields that change.
  idempotent:
    support: full
    details:
      - The forwards of the server are read before, and nothing is sent when this one is as it should be.
options:
  wg_name:
    description:
      - The name of the WireGuard server.
    type: str
    required: true
  dst_port:
    description:
      - The port of the server's public address, from 1 to 65535. It must not be the port that the server listens on.
      - A port can be forwarded once for each O(protocol).
    type: int
    required: true
  protocol:
    description:
      - The protocol of the port.
    type: str
    choices: [tcp, udp]
    required: true
  to_peer:
    description:
      - The name of the account that the port is forwarded to. It must be on the same server.
      - O(state=present) needs it.
    type: str
  to_port:
    description:
      - The port of the client that the port is forwarded to, from 1 to 65535.
      - O(state=present) needs it.
    type: int
notes:
  - The forwards are read again after every write. A value that did not stick fails the task with
    RV(error_code=value_not_stored) and the name of the field.
  - A change is a removal and an addition. The signals TERM, INT and HUP, and the time limit of the task, are held back
    in between. Nothing can hold back KILL. When it comes in between, the forward is missing until the next run.
seealso:
  - module: puqcloud.puqvpn.puqvpn_wireguard
    description: Manage the WireGuard server.
  - module: puqcloud.puqvpn.puqvpn_account
    description: Manage the account that a port is forwarded to.
  - module: puqcloud.puqvpn.puqvpn_firewall_rule
    description: Manage the filter rules of the panel.
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

- name: Show where the port leads
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

- name: Remove a forward
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
  description:
    - The forward after the task, in check mode as it will be. Empty when there is none.
  type: dict
  returned: success
  sample:
    dst_port: 2222
    protocol: tcp
    to_peer: alice
    to_port: 22
  contains:
    dst_port:
      description: The port of the server's public address.
      type: int
      returned: success
    protocol:
      description: The protocol of the port, V(tcp) or V(udp).
      type: str
      returned: success
    to_peer:
      description: The name of the account that the port is forwarded to.
      type: str
      returned: success
    to_port:
      description: The port of the client that the port is forwarded to.
      type: int
      returned: success
diff:
  description: The fields that change, before and after.
  type: dict
  returned: success, or when the failure came after a write
  sample:
    before:
      to_port: 22
    after:
      to_port: 2022
fields:
  description: The options that the failure is about.
  type: list
  elements: str
  returned: when the failure is about single options, for example RV(error_code=value_not_stored)
  sample: [to_port]
restored:
  description: Whether the old forward was put back after a new one could not take its place.
  type: bool
  returned: when the old one was removed before the failure
  sample: true
lost:
  description: The old forward which could not be put back, without its secrets unless O(include_secrets=true).
  type: dict
  returned: when RV(restored=false)
  sample:
    dst_port: 8443
error_code:
  description:
    - What went wrong as a stable word, for example V(invalid_option), V(missing_option), V(not_found),
      V(panel_refused), V(value_not_stored) or V(write_fate_unknown).
  type: str
  returned: failure
  sample: panel_refused
panel_error:
  description: The panel's own words, empty when it said nothing.
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
