#!/usr/bin/python
# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: puqvpn_firewall_rule
short_description: Manage filter rules of the firewall
version_added: 0.2.0
description:
  - Creates, updates and deletes a filter rule of the firewall of a PUQVPNCP panel, which is identified by its name.
  - A rule that drops packets can cut off the panel, SSH, or the clients of the VPN. The module refuses to cut off the
    panel's own port, even for the moment between the deletion and the recreation of a rule, with
    RV(error_code=lockout). To change the only rule that accepts this port while
    O(puqcloud.puqvpn.puqvpn_firewall#module:policy_input) is V(DROP), first create another one.
  - If a rule may concern one of these ports, the policy is read as well, and for UDP also the WireGuard servers.
extends_documentation_fragment:
  - puqcloud.puqvpn.connection
  - puqcloud.puqvpn.attributes
  - puqcloud.puqvpn.modify
  - puqcloud.puqvpn.modify.resource
  - puqcloud.puqvpn.modify.replace
  - puqcloud.puqvpn.modify.lockout
attributes:
  idempotent:
    details:
      - Nothing is written if the rule already is as requested. Its position is not compared.
options:
  name:
    description:
      - Unique name of the rule, consisting of letters, digits and underscores.
      - Names that begin with V(system_) belong to the panel and are rejected.
    type: str
    required: true
  action:
    description:
      - What happens to packets that the rule matches. Required for a new rule.
    type: str
    choices: [ACCEPT, DROP]
  chain:
    description:
      - The packets that the rule applies to. V(INPUT), the only chain of the panel, contains those for the host itself.
        It is the default for a new rule.
    type: str
    choices: [INPUT]
  protocol:
    description:
      - Protocol of the packets. V(ANY), the default for a new rule, matches all protocols.
    type: str
    choices: [TCP, UDP, ICMP, ANY]
  s_ip:
    description:
      - Source network with its prefix length, for example V(192.0.2.0/24). V(0.0.0.0/0), the default for a new rule,
        matches all addresses.
    type: str
  s_port:
    description:
      - Source port, from 0 to 65535. V(0), the default for a new rule, matches all ports.
    type: int
  d_ip:
    description:
      - Destination network with its prefix length, with the same default as O(s_ip).
    type: str
  d_port:
    description:
      - Destination port, with the same range and default as O(s_port).
    type: int
  position:
    description:
      - Where to insert a new rule, at the V(top) or at the V(end) of the list, which is the default. The panel
        evaluates rules in the order of the list.
      - The position of an existing rule is never compared. When it changes, it stays in place if it was the first or
        the last one. Otherwise, it moves to O(position), and the task warns about this.
    type: str
    choices: [top, end]
seealso:
  - module: puqcloud.puqvpn.puqvpn_firewall
    description: Set what happens to packets that no rule matches.
  - module: puqcloud.puqvpn.puqvpn_port_forward
    description: Forward a port of a WireGuard server to one of its clients.
"""

EXAMPLES = r"""
- name: Accept SSH, before any other rule
  puqcloud.puqvpn.puqvpn_firewall_rule:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    name: allow_ssh
    action: ACCEPT
    protocol: TCP
    d_port: 22
    position: top

- name: Drop Telnet from everywhere
  puqcloud.puqvpn.puqvpn_firewall_rule:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    name: no_telnet
    action: DROP
    protocol: TCP
    d_port: 23

- name: Accept SSH from the office only, and leave the rest of the rule as it is
  puqcloud.puqvpn.puqvpn_firewall_rule:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    name: allow_ssh
    s_ip: 192.0.2.0/24
  register: ssh

- name: Show the rule
  ansible.builtin.debug:
    msg: "Port {{ ssh.rule.d_port }} is open for {{ ssh.rule.s_ip }}"

- name: Delete a rule
  puqcloud.puqvpn.puqvpn_firewall_rule:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    name: no_telnet
    state: absent
"""

RETURN = r"""
rule:
  description:
    - The rule after the task, under the names of the options. Empty if the rule does not exist.
  type: dict
  returned: success
  sample:
    name: allow_ssh
    action: ACCEPT
    chain: INPUT
    protocol: TCP
    s_ip: 192.0.2.0/24
    s_port: 0
    d_ip: 0.0.0.0/0
    d_port: 22
diff:
  description: The fields that change, before and after. For a new or a deleted rule, these are all of its fields.
  type: dict
  returned: success, or failure after a write
  sample: {before: {s_ip: 0.0.0.0/0}, after: {s_ip: 192.0.2.0/24}}
fields:
  description: The options that caused the failure.
  type: list
  elements: str
  returned: failure because of specific options, for example with RV(error_code=value_not_stored)
  sample: [d_port]
port:
  description: The panel's own port.
  type: int
  returned: when RV(error_code=lockout)
  sample: 8098
restored:
  description: Whether the old rule was restored.
  type: bool
  returned: failure after the deletion of a rule that was to be recreated
  sample: true
lost:
  description: The old rule, in the form of RV(rule).
  type: dict
  returned: when RV(restored=false)
  sample: {name: no_telnet}
msg:
  description: A summary of the result in one line; on failure, the error message.
  type: str
  returned: always
  sample: "allow-https: created"
requests:
  description: The number of HTTP requests that the task sent, retries included.
  type: int
  returned: success
  sample: 3
error_code:
  description:
    - A stable, machine-readable error code, for example V(lockout), V(missing_option) or V(value_not_stored).
  type: str
  returned: failure
  sample: lockout
panel_error:
  description: The error message returned by the panel; empty if there was none.
  type: str
  returned: failure
  sample: ""
"""

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._module.firewall_rule import OPTIONS, firewall_rule
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._task import Task

TASK = Task(OPTIONS, firewall_rule)


def main() -> None:
    """Entry point of the module."""
    TASK.run()


if __name__ == "__main__":
    main()
