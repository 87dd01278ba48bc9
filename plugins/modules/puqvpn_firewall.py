#!/usr/bin/python
# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: puqvpn_firewall
short_description: Manage the policies and the forwarding of the firewall
version_added: 0.2.0
description:
  - Sets the policies of the firewall of a PUQVPNCP panel, and whether its host forwards packets.
  - A policy V(DROP) can lock out the administrators of the host, users of the panel, and every client of the VPN. The
    module protects the panel's own port, see O(allow_lockout). First add rules that accept the other ports, with
    M(puqcloud.puqvpn.puqvpn_firewall_rule).
  - A policy that becomes V(DROP) takes two additional requests, to read the rules and the WireGuard servers.
extends_documentation_fragment:
  - puqcloud.puqvpn.connection
  - puqcloud.puqvpn.attributes
  - puqcloud.puqvpn.modify
  - puqcloud.puqvpn.modify.settings
  - puqcloud.puqvpn.modify.lockout
options:
  policy_input:
    description:
      - What happens to packets for the host itself that no rule matches.
      - V(DROP) is refused if no rule with V(ACCEPT) admits anybody to the panel's own port, see O(allow_lockout).
    type: str
    choices: [ACCEPT, DROP]
  policy_forward:
    description:
      - What happens to packets that the host forwards, from and to clients of the VPN. They can only reach the internet
        with V(ACCEPT).
    type: str
    choices: [ACCEPT, DROP]
  policy_output:
    description:
      - What happens to packets that the host itself sends. Clients of the VPN can only reach the internet with
        V(ACCEPT).
      - V(DROP) is refused if no rule with V(ACCEPT) admits the responses of the panel. Since rules can only be created
        for incoming packets, V(DROP) usually requires O(allow_lockout=true).
    type: str
    choices: [ACCEPT, DROP]
  ip_forward:
    description:
      - Whether the host forwards packets. Clients of the VPN can only reach the internet with V(true).
    type: bool
  internal_traffic:
    description:
      - Whether the firewall accepts traffic between clients of the VPN. Each WireGuard server also has a setting of its
        own.
    type: bool
  allow_lockout:
    description:
      - Whether to set a policy even if it cuts off the panel's own port, so that nobody may be able to reach the panel.
        If V(false), the task fails with RV(error_code=lockout) before the write. If V(true), it only warns.
    type: bool
    default: false
seealso:
  - module: puqcloud.puqvpn.puqvpn_firewall_rule
    description: Manage the rules, which are exceptions to O(policy_input).
  - module: puqcloud.puqvpn.puqvpn_wireguard
    description: Manage WireGuard servers, each with its own setting for traffic between its clients.
"""

EXAMPLES = r"""
- name: Accept SSH from the office, before everything else is dropped
  puqcloud.puqvpn.puqvpn_firewall_rule:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    name: allow_ssh
    action: ACCEPT
    protocol: TCP
    s_ip: 192.0.2.0/24
    d_port: 22

- name: Accept WireGuard, before everything else is dropped
  puqcloud.puqvpn.puqvpn_firewall_rule:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    name: allow_wireguard
    action: ACCEPT
    protocol: UDP
    d_port: 51820

- name: Drop packets that no rule accepts
  puqcloud.puqvpn.puqvpn_firewall:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    policy_input: DROP
  register: firewall

- name: Show the policy
  ansible.builtin.debug:
    msg: "The policy for packets that no rule matches is {{ firewall.firewall.policy_input }}"

- name: Allow clients to reach the internet and each other
  puqcloud.puqvpn.puqvpn_firewall:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    policy_forward: ACCEPT
    policy_output: ACCEPT
    ip_forward: true
    internal_traffic: true
"""

RETURN = r"""
firewall:
  description:
    - The settings after the task, under the names of the options.
  type: dict
  returned: success
  sample:
    policy_input: DROP
    policy_forward: ACCEPT
    policy_output: ACCEPT
    ip_forward: true
    internal_traffic: false
diff:
  description: The fields that change, before and after.
  type: dict
  returned: success, or failure after a write
  sample: {before: {policy_input: ACCEPT}, after: {policy_input: DROP}}
fields:
  description: The options that caused the failure.
  type: list
  elements: str
  returned: failure because of specific options, for example with RV(error_code=lockout)
  sample: [policy_input]
port:
  description: The panel's own port.
  type: int
  returned: when RV(error_code=lockout)
  sample: 8098
msg:
  description: A summary of the result in one line; on failure, the error message.
  type: str
  returned: always
  sample: "firewall: policy_input ACCEPT -> DROP"
requests:
  description: The number of HTTP requests that the task sent, retries included.
  type: int
  returned: success
  sample: 3
error_code:
  description:
    - A stable, machine-readable error code, for example V(lockout), V(value_not_stored) or V(not_authorized).
  type: str
  returned: failure
  sample: lockout
panel_error:
  description: The error message returned by the panel; empty if there was none.
  type: str
  returned: failure
  sample: ""
"""

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._module.firewall import OPTIONS, firewall
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._task import Task

TASK = Task(OPTIONS, firewall)


def main() -> None:
    """Entry point of the module."""
    TASK.run()


if __name__ == "__main__":
    main()
