#!/usr/bin/python
# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: puqvpn_firewall
short_description: Manage the policies and the forwarding of the firewall
version_added: 0.2.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Sets the policies of the firewall of a PUQVPNCP panel, and whether traffic is forwarded.
  - The settings are written as a whole, that is the present ones with the wanted ones laid over them. They are read
    again after the write, and a value that did not stick fails the task.
  - A policy V(DROP) can lock out whoever administers the host, the panel itself, or every client of the VPN. The module
    keeps the panel's own port open, see O(allow_lockout). It warns when a policy cuts off SSH (TCP port 22), the port
    in O(url) where that is not the panel's own, or the UDP port of a WireGuard server. First add rules that accept
    them, with M(puqcloud.puqvpn.puqvpn_firewall_rule).
  - When nothing has to change, one request is sent, otherwise three. A policy that becomes V(DROP) costs two more, to
    read the rules and the WireGuard servers.
  - Works with panels of the generation 1.x.
extends_documentation_fragment:
  - puqcloud.puqvpn.connection
  - puqcloud.puqvpn.attributes
  - puqcloud.puqvpn.attributes.actiongroup_all
  - puqcloud.puqvpn.modify
  - puqcloud.puqvpn.modify.settings
attributes:
  check_mode:
    support: full
    details:
      - In check mode the panel is only read. The result is the plan.
      - A rule that accepts the panel's own port and that an earlier task of the same play may add is assumed to exist,
        with a warning. The task for real still requires it.
  diff_mode:
    support: full
    details:
      - The diff shows the fields that change.
  idempotent:
    support: full
    details:
      - Nothing is written when every option that is given has its value already.
options:
  policy_input:
    description:
      - What happens to packets for the host itself that no rule decides on.
      - V(DROP) is refused while no rule with V(ACCEPT) admits anybody to the panel's own port, see O(allow_lockout).
    type: str
    choices: [ACCEPT, DROP]
  policy_forward:
    description:
      - What happens to packets that the host forwards, from and to clients of the VPN. They reach the internet only
        with V(ACCEPT).
    type: str
    choices: [ACCEPT, DROP]
  policy_output:
    description:
      - What happens to packets that the host itself sends. Clients of the VPN reach the internet only with V(ACCEPT).
      - V(DROP) is refused while no rule with V(ACCEPT) admits the answers of the panel, see O(allow_lockout). The rules
        that can be made are for incoming packets only, so they make no exception to this policy, and V(DROP) will
        hardly be set without O(allow_lockout=true).
    type: str
    choices: [ACCEPT, DROP]
  ip_forward:
    description:
      - Whether the host forwards packets. Clients of the VPN reach the internet only with V(true).
    type: bool
  internal_traffic:
    description:
      - Whether the firewall lets through traffic between clients of the VPN. Every WireGuard server has a setting of
        its own besides this one.
    type: bool
  allow_lockout:
    description:
      - Whether to set a policy even if it cuts off the panel's own port, so that nobody may reach the panel any more.
        With V(false) the task fails with RV(error_code=lockout) and nothing is written. With V(true) there is a warning
        instead.
      - The panel's own port is the one in its rule V(system_PUQVPNCP), or that in O(url) when there is no such rule.
      - A rule with V(ACCEPT) for some sources counts as yours, unless rules with V(DROP) before it cover all of these
        sources. One for a single source port admits nobody, and neither does one for an address other than the panel's.
        That address is only known where O(url) holds an IP address.
    type: bool
    default: false
seealso:
  - module: puqcloud.puqvpn.puqvpn_firewall_rule
    description: Manage the rules that make exceptions to O(policy_input).
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

- name: Drop what no rule accepts
  puqcloud.puqvpn.puqvpn_firewall:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    policy_input: DROP
  register: firewall

- name: Show the policy
  ansible.builtin.debug:
    msg: "Packets that no rule decides on meet {{ firewall.firewall.policy_input }}"

- name: Let clients reach the internet and each other
  puqcloud.puqvpn.puqvpn_firewall:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    policy_forward: ACCEPT
    policy_output: ACCEPT
    ip_forward: true
    internal_traffic: true

- name: Accept everything again
  puqcloud.puqvpn.puqvpn_firewall:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    policy_input: ACCEPT
"""

RETURN = r"""
firewall:
  description: The settings of the firewall as they are now, in check mode as they would be.
  type: dict
  returned: success
  sample:
    policy_input: DROP
    policy_forward: ACCEPT
    policy_output: ACCEPT
    ip_forward: true
    internal_traffic: false
  contains:
    policy_input:
      description: What happens to packets for the host itself that no rule decides on, V(ACCEPT) or V(DROP).
      type: str
      returned: success
    policy_forward:
      description: What happens to packets that the host forwards, V(ACCEPT) or V(DROP).
      type: str
      returned: success
    policy_output:
      description: What happens to packets that the host itself sends, V(ACCEPT) or V(DROP).
      type: str
      returned: success
    ip_forward:
      description: Whether the host forwards packets.
      type: bool
      returned: success
    internal_traffic:
      description: Whether the firewall lets through traffic between clients of the VPN.
      type: bool
      returned: success
diff:
  description: The fields that change, before and after.
  type: dict
  returned: success, or when the failure came after a write
  sample:
    before:
      policy_input: ACCEPT
    after:
      policy_input: DROP
fields:
  description: The options that the failure is about.
  type: list
  elements: str
  returned: when the failure is about single options, for example RV(error_code=lockout)
  sample: [policy_input]
port:
  description: The panel's own port.
  type: int
  returned: when RV(error_code=lockout)
  sample: 8098
error_code:
  description:
    - What went wrong as a stable word, for example V(lockout), V(value_not_stored) or V(not_authorized).
  type: str
  returned: failure
  sample: lockout
panel_error:
  description: The panel's own words, empty when it said nothing.
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
