#!/usr/bin/python
# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: puqvpn_dns
short_description: Manage the DNS server for the clients of the VPN
version_added: 0.2.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Sets up the caching DNS server that a PUQVPNCP panel runs for the clients of the VPN.
  - The settings are written as a whole, that is the present ones with the wanted ones laid over them. They are read
    again after the write, and a value that did not stick fails the task.
  - No connection is interrupted. Clients that use this server cannot resolve names while it is switched off.
  - When nothing has to change, one request is sent, otherwise three.
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
  diff_mode:
    support: full
    details:
      - The diff shows the fields that change.
  idempotent:
    support: full
    details:
      - Nothing is written when every option that is given has its value already.
options:
  enabled:
    description:
      - Whether the DNS server runs.
    type: bool
  forwarders_1:
    description:
      - The IPv4 address of the first server that queries are forwarded to, without a prefix.
    type: str
  forwarders_2:
    description:
      - The IPv4 address of the second server that queries are forwarded to, without a prefix.
    type: str
  max_cache_ttl:
    description:
      - Seconds that an answer is kept at most, 30 to 3600.
    type: int
notes:
  - Which networks may use the server is maintained by the panel, see RV(dns.acl). It cannot be set.
seealso:
  - module: puqcloud.puqvpn.puqvpn_wireguard
    description: Tell the clients of a WireGuard server which DNS servers to use.
  - module: puqcloud.puqvpn.puqvpn_system_config
    description: Manage the settings for statistics and for the online state.
"""

EXAMPLES = r"""
- name: Switch the DNS server on, with two servers that it asks
  puqcloud.puqvpn.puqvpn_dns:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    enabled: true
    forwarders_1: 192.0.2.8
    forwarders_2: 192.0.2.1

- name: Keep answers for five minutes at most
  puqcloud.puqvpn.puqvpn_dns:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    max_cache_ttl: 300
  register: dns

- name: Show who may use the DNS server
  ansible.builtin.debug:
    msg: "The DNS server answers to {{ dns.dns.acl | join(', ') }}"

- name: Switch the DNS server off
  puqcloud.puqvpn.puqvpn_dns:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    enabled: false
"""

RETURN = r"""
dns:
  description: The settings of the DNS server as they are now, in check mode as they would be.
  type: dict
  returned: success
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
  contains:
    enabled:
      description: Whether the DNS server runs.
      type: bool
      returned: success
    forwarders_1:
      description: The first server that queries are forwarded to.
      type: str
      returned: success
    forwarders_2:
      description: The second server that queries are forwarded to.
      type: str
      returned: success
    max_cache_ttl:
      description: Seconds that an answer is kept at most.
      type: int
      returned: success
    acl:
      description: The addresses and networks that may use the DNS server, which the panel maintains.
      type: list
      elements: str
      returned: when the panel tells it
    bind9:
      description: The version of the package of the DNS server.
      type: str
      returned: when the panel tells it
    pid:
      description: The number of the process of the DNS server.
      type: int
      returned: when the panel tells it
diff:
  description: The fields that change, before and after.
  type: dict
  returned: success, or when the failure came after a write
  sample:
    before:
      max_cache_ttl: 3600
    after:
      max_cache_ttl: 300
fields:
  description: The options that the failure is about.
  type: list
  elements: str
  returned: when the failure is about single options, for example RV(error_code=value_not_stored)
  sample: [max_cache_ttl]
error_code:
  description:
    - What went wrong as a stable word, for example V(invalid_option), V(value_not_stored) or V(not_authorized).
  type: str
  returned: failure
  sample: not_authorized
panel_error:
  description: The panel's own words, empty when it said nothing.
  type: str
  returned: failure
  sample: Not authorized
"""

from functools import partial

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._objects.dns import DNS
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._resource import manage_settings
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._task import Task

TASK = Task(DNS.argument_spec, partial(manage_settings, DNS))


def main() -> None:
    """Entry point of the module."""
    TASK.run()


if __name__ == "__main__":
    main()
