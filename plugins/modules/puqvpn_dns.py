#!/usr/bin/python
# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: puqvpn_dns
short_description: Manage the DNS server for VPN clients
version_added: 0.2.0
description:
  - Configures the caching DNS server that a PUQVPNCP panel runs for the clients of the VPN.
  - No connection is interrupted, but clients that use this server cannot resolve names while it is disabled.
extends_documentation_fragment:
  - puqcloud.puqvpn.connection
  - puqcloud.puqvpn.attributes.both_generations
  - puqcloud.puqvpn.attributes
  - puqcloud.puqvpn.modify
  - puqcloud.puqvpn.modify.settings
options:
  enabled:
    description:
      - Whether the DNS server runs.
    type: bool
  forwarders_1:
    description:
      - IPv4 address of the first server that queries are forwarded to, without a prefix length.
    type: str
  forwarders_2:
    description:
      - IPv4 address of the second server that queries are forwarded to.
    type: str
  max_cache_ttl:
    description:
      - Maximum time in seconds that an answer is cached, from 30 to 3600.
    type: int
notes:
  - It is not documented which fields a 2.x panel accepts. So an option can only be set if the panel returns a field
    with its name, and all other fields are sent back unchanged. Otherwise the task fails with
    RV(error_code=field_not_shown), and nothing is written.
  - The networks that may use the server cannot be set. The panel maintains them, see RV(dns.acl).
seealso:
  - module: puqcloud.puqvpn.puqvpn_wireguard
    description: Set the DNS servers for the clients of a WireGuard server.
  - module: puqcloud.puqvpn.puqvpn_system_config
    description: Manage the settings for statistics and for the online state.
  - module: puqcloud.puqvpn.puqvpn_adblock
    description: Manage the ad blocking of 2.x panels.
  - ref: ansible_collections.puqcloud.puqvpn.docsite.panels_2x
    description: What works on 2.x panels, and which facts about them are still open.
"""

EXAMPLES = r"""
- name: Enable the DNS server, with two forwarders
  puqcloud.puqvpn.puqvpn_dns:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    enabled: true
    forwarders_1: 192.0.2.8
    forwarders_2: 192.0.2.1

- name: Cache answers for five minutes at most
  puqcloud.puqvpn.puqvpn_dns:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    max_cache_ttl: 300
  register: dns

- name: Show who may use the DNS server
  ansible.builtin.debug:
    msg: "The DNS server answers to {{ dns.dns.acl | join(', ') }}"

- name: Enable the DNS server of a 2.x panel
  puqcloud.puqvpn.puqvpn_dns:
    url: https://vpn2.example.com
    token: "{{ vault_puqvpn_token }}"
    enabled: true
"""

RETURN = r"""
dns:
  description:
    - The settings after the task, under the names of the options, and the fields below.
  type: dict
  returned: success
  contains:
    acl:
      description: The addresses and networks that may use the DNS server.
      type: list
      elements: str
      returned: when the panel returns it
    bind9:
      description: The package version of the DNS server.
      type: str
      returned: when the panel returns it
    pid:
      description: The process ID of the DNS server.
      type: int
      returned: when the panel returns it
  sample:
    enabled: true
    forwarders_1: 192.0.2.8
    forwarders_2: 192.0.2.1
    max_cache_ttl: 300
    acl:
      - 127.0.0.1
      - 10.0.0.0/24
    bind9: "1:9.16.33-1~deb11u1"
    pid: 2649459
diff:
  description: The fields that change, before and after.
  type: dict
  returned: success, or failure after a write
  sample: {before: {max_cache_ttl: 3600}, after: {max_cache_ttl: 300}}
fields:
  description: The options that caused the failure.
  type: list
  elements: str
  returned: failure because of specific options, for example with RV(error_code=value_not_stored)
  sample: [max_cache_ttl]
msg:
  description: A summary of the result in one line; on failure, the error message.
  type: str
  returned: always
  sample: "DNS server: enabled false -> true"
requests:
  description: The number of HTTP requests that the task sent, retries included.
  type: int
  returned: success
  sample: 3
error_code:
  description:
    - A stable, machine-readable error code, for example V(invalid_option), V(value_not_stored) or V(not_authorized).
  type: str
  returned: failure
  sample: not_authorized
panel_error:
  description: The error message returned by the panel; empty if there was none.
  type: str
  returned: failure
  sample: Not authorized
"""

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._module.dns import OPTIONS, dns
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._task import BOTH_GENERATIONS, Task

TASK = Task(OPTIONS, dns, generations=BOTH_GENERATIONS)


def main() -> None:
    """Entry point of the module."""
    TASK.run()


if __name__ == "__main__":
    main()
