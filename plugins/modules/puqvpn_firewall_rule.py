#!/usr/bin/python
# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: puqvpn_firewall_rule
short_description: Manage a filter rule of the firewall
version_added: 0.2.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Adds, changes and removes a filter rule of the firewall of a PUQVPNCP panel. The rule is found by its name.
  - A panel cannot edit a rule, so a change is a removal and an addition. For a moment between them the rule is not
    there. When the addition fails, the old rule is put back.
  - A rule that drops packets can cut off the panel, SSH, or the clients of the VPN. The module refuses, with
    RV(error_code=lockout), what would cut off the panel's own port, even between the removal and the addition. To
    change the only rule that accepts this port while O(puqcloud.puqvpn.puqvpn_firewall#module:policy_input) is V(DROP),
    first add another one. The module warns when a change cuts off SSH (TCP port 22), the port in O(url) where that is
    not the panel's own, or the UDP port of a WireGuard server.
  - When nothing has to change, one request is sent. An addition or a removal costs three requests, a change four. Where
    one of these ports is concerned, the policy is read as well, and where one of UDP is, the WireGuard servers.
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
      - In check mode the panel is only read. The result is the plan.
      - Another rule that accepts the panel's own port and that an earlier task of the same play may add is assumed to
        exist, with a warning. The task for real still requires it.
  diff_mode:
    support: full
    details:
      - The diff shows the fields that change, of a new rule all that are asked for, of a removed one all that it had.
  idempotent:
    support: full
    details:
      - Nothing is written when every option that is given has its value already. Where the rule stands is not compared.
options:
  name:
    description:
      - The name of the rule, of letters, digits and underscores. It is unique.
      - Names that begin with V(system_) belong to the panel and are refused.
    type: str
    required: true
  action:
    description:
      - What happens to packets that the rule matches. A new rule needs it.
    type: str
    choices: [ACCEPT, DROP]
  chain:
    description:
      - The packets that the rule looks at. V(INPUT) are those for the host itself, and panels have no other choice.
      - A new rule is made with V(INPUT) when this is not given.
    type: str
    choices: [INPUT]
  protocol:
    description:
      - The protocol of the packets, V(ANY) for all.
      - A new rule is made with V(ANY) when this is not given.
    type: str
    choices: [TCP, UDP, ICMP, ANY]
  s_ip:
    description:
      - The network that the packets come from, with its prefix, for example V(192.0.2.0/24). V(0.0.0.0/0) is any.
      - A new rule is made with V(0.0.0.0/0) when this is not given.
    type: str
  s_port:
    description:
      - The port that the packets come from, 0 to 65535. V(0) is any.
      - A new rule is made with V(0) when this is not given.
    type: int
  d_ip:
    description:
      - The network that the packets go to, with its prefix, for example V(203.0.113.200/32). V(0.0.0.0/0) is any.
      - A new rule is made with V(0.0.0.0/0) when this is not given.
    type: str
  d_port:
    description:
      - The port that the packets go to, 0 to 65535. V(0) is any.
      - A new rule is made with V(0) when this is not given.
    type: int
  position:
    description:
      - Where a new rule goes, to the V(top) or to the V(end) of the list. Panels evaluate rules in the order of the
        list.
      - A new rule goes to the end when this is not given.
      - Where an existing rule stands is never compared. One that changes stays where it is when it was the first or the
        last. Otherwise it goes to O(position), with a warning when that moves it.
    type: str
    choices: [top, end]
notes:
  - An option that is not given is not touched on an existing rule. What the options say of new rules holds for those
    only.
  - The panel's own port is the one in its rule V(system_PUQVPNCP), or that in O(url) when there is no such rule.
  - A rule with V(ACCEPT) for some sources counts as yours, unless rules with V(DROP) before it cover all of these
    sources. One for a single source port admits nobody, and neither does one for an address other than the panel's,
    which is only known where O(url) holds an IP address. Rules with V(DROP) count together.
  - A change is a removal and an addition. The signals TERM, INT and HUP, and the time limit of the task, are held back
    in between. Nothing can hold back KILL. When it comes in between, the rule is missing until the next run.
seealso:
  - module: puqcloud.puqvpn.puqvpn_firewall
    description: Set what happens to packets that no rule decides on.
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

- name: Remove a rule
  puqcloud.puqvpn.puqvpn_firewall_rule:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    name: no_telnet
    state: absent
"""

RETURN = r"""
rule:
  description: The rule as it is now, in check mode as it would be. Empty when there is none any more.
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
  contains:
    name:
      description: The name of the rule.
      type: str
      returned: when the rule is there
    action:
      description: What happens to packets that the rule matches, V(ACCEPT) or V(DROP).
      type: str
      returned: when the rule is there
    chain:
      description: The packets that the rule looks at, V(INPUT).
      type: str
      returned: when the rule is there
    protocol:
      description: The protocol, V(TCP), V(UDP), V(ICMP) or V(ANY).
      type: str
      returned: when the rule is there
    s_ip:
      description: The network that the packets come from, V(0.0.0.0/0) for any.
      type: str
      returned: when the rule is there
    s_port:
      description: The port that the packets come from, V(0) for any.
      type: int
      returned: when the rule is there
    d_ip:
      description: The network that the packets go to, V(0.0.0.0/0) for any.
      type: str
      returned: when the rule is there
    d_port:
      description: The port that the packets go to, V(0) for any.
      type: int
      returned: when the rule is there
diff:
  description: The fields that change, before and after. A new rule has nothing before, a removed one nothing after.
  type: dict
  returned: success, or when the failure came after a write
  sample:
    before:
      s_ip: 0.0.0.0/0
    after:
      s_ip: 192.0.2.0/24
fields:
  description: The options that the failure is about.
  type: list
  elements: str
  returned: when the failure is about single options, for example RV(error_code=value_not_stored)
  sample: [d_port]
port:
  description: The panel's own port.
  type: int
  returned: when RV(error_code=lockout)
  sample: 8098
restored:
  description: Whether the old rule was put back after a new one could not take its place.
  type: bool
  returned: when the old one was removed before the failure
  sample: true
lost:
  description: The old rule which could not be put back, without its secrets unless O(include_secrets=true).
  type: dict
  returned: when RV(restored=false)
  sample:
    name: no_telnet
error_code:
  description:
    - What went wrong as a stable word, for example V(lockout), V(missing_option), V(invalid_option) or
      V(value_not_stored).
  type: str
  returned: failure
  sample: lockout
panel_error:
  description: The panel's own words, empty when it said nothing.
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
