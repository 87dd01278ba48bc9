#!/usr/bin/python
# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: puqvpn_traffic_logging
short_description: Manage the logging of client traffic
version_added: 0.2.0
description:
  - Configures whether and how a PUQVPNCP panel logs the traffic of VPN clients, to a syslog server, to InfluxDB, or to
    both.
  - A change interrupts nothing.
extends_documentation_fragment:
  - puqcloud.puqvpn.connection
  - puqcloud.puqvpn.attributes
  - puqcloud.puqvpn.modify
  - puqcloud.puqvpn.modify.settings
options:
  enabled:
    description:
      - Whether to log client traffic. Requires O(enabled_remote_syslog=true) or O(enabled_influxdb=true).
    type: bool
  enabled_influxdb:
    description:
      - Whether to log to InfluxDB. Requires O(influxdb_url), O(influxdb_token), O(influxdb_bucket) and
        O(influxdb_organization), unless they have been set before.
      - Telegraf must be installed on the host of the panel.
    type: bool
  enabled_remote_syslog:
    description:
      - Whether to log to a syslog server. Requires O(remote_syslog_server), unless it has been set before.
    type: bool
  established:
    description:
      - Whether to log packets of established connections.
    type: bool
  incoming:
    description:
      - Whether to log incoming traffic as well.
    type: bool
  influxdb_bucket:
    description:
      - InfluxDB bucket to write to.
    type: str
  influxdb_organization:
    description:
      - InfluxDB organization that the bucket belongs to.
    type: str
  influxdb_token:
    description:
      - InfluxDB token with write access to the bucket.
    type: str
  influxdb_url:
    description:
      - URL of InfluxDB, for example V(http://192.0.2.30:8086).
    type: str
  interface_in:
    description:
      - Whether to log the interface on which a packet was received.
    type: bool
  interface_out:
    description:
      - Whether to log the interface on which a packet is sent.
    type: bool
  invalid:
    description:
      - Whether to log packets that neither belong to a known connection nor open one.
    type: bool
  len:
    description:
      - Whether to log the length of a packet.
    type: bool
  mark:
    description:
      - Whether to log the mark of a packet, which identifies the account.
    type: bool
  new:
    description:
      - Whether to log packets that open a connection.
    type: bool
  related:
    description:
      - Whether to log packets that open a connection related to an established one.
    type: bool
  remote_syslog_server:
    description:
      - IP address of the syslog server, without a prefix length.
    type: str
  remote_syslog_server_port:
    description:
      - Port of the syslog server, from 1 to 65535.
    type: int
  tos:
    description:
      - Whether to log the type of service of a packet.
    type: bool
  untracked:
    description:
      - Whether to log packets of connections that are not tracked.
    type: bool
notes:
  - If none of O(established), O(invalid), O(new), O(related) and O(untracked) is V(true), all of these packets are
    logged.
  - Logging uses processor time and disk space of the host. The log contains personal data of the users.
seealso:
  - module: puqcloud.puqvpn.puqvpn_system_config
    description: Manage the collection of traffic statistics.
  - module: puqcloud.puqvpn.puqvpn_firewall
    description: Manage the policies of the firewall.
"""

EXAMPLES = r"""
- name: Log new connections to a syslog server
  puqcloud.puqvpn.puqvpn_traffic_logging:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    enabled: true
    enabled_remote_syslog: true
    remote_syslog_server: 192.0.2.20
    remote_syslog_server_port: 514
    new: true

- name: Log to InfluxDB as well
  puqcloud.puqvpn.puqvpn_traffic_logging:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    enabled_influxdb: true
    influxdb_url: http://192.0.2.30:8086
    influxdb_organization: Example Org
    influxdb_bucket: logs_puqvpncp
    influxdb_token: "{{ lookup('ansible.builtin.password', '/dev/null') }}"

- name: Log the interfaces and the length of packets
  puqcloud.puqvpn.puqvpn_traffic_logging:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    interface_in: true
    interface_out: true
    len: true
  register: logging

- name: Show the log servers
  ansible.builtin.debug:
    msg: >-
      Traffic is logged to {{ logging.traffic_logging.remote_syslog_server }}
      and {{ logging.traffic_logging.influxdb_url }}

- name: Disable logging, and keep the other settings
  puqcloud.puqvpn.puqvpn_traffic_logging:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    enabled: false
"""

RETURN = r"""
traffic_logging:
  description:
    - The settings after the task, under the names of the options.
    - O(influxdb_token) is only included if O(include_secrets=true).
  type: dict
  returned: success
  sample:
    enabled: true
    enabled_remote_syslog: true
    remote_syslog_server: 192.0.2.20
    remote_syslog_server_port: 514
    enabled_influxdb: false
    influxdb_url: ""
    influxdb_bucket: ""
    influxdb_organization: ""
    incoming: false
    established: false
    related: false
    new: true
    invalid: false
    untracked: false
    interface_in: false
    interface_out: false
    len: false
    mark: false
    tos: false
diff:
  description: The fields that change, before and after.
  type: dict
  returned: success, or failure after a write
  sample: {before: {enabled: false}, after: {enabled: true}}
fields:
  description: The options that caused the failure.
  type: list
  elements: str
  returned: failure because of specific options, for example with RV(error_code=value_not_stored)
  sample: [new]
msg:
  description: A summary of the result in one line; on failure, the error message.
  type: str
  returned: always
  sample: "traffic logging: incoming false -> true"
requests:
  description: The number of HTTP requests that the task sent, retries included.
  type: int
  returned: success
  sample: 3
error_code:
  description:
    - A stable, machine-readable error code, for example V(invalid_option), V(panel_refused) or V(value_not_stored).
  type: str
  returned: failure
  sample: panel_refused
panel_error:
  description: The error message returned by the panel; empty if there was none.
  type: str
  returned: failure
  sample: InfluxDB Telegraf not installed
"""

from functools import partial

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._objects.traffic_logging import TRAFFIC_LOGGING
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._resource import manage_settings
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._task import Task

TASK = Task(TRAFFIC_LOGGING.argument_spec, partial(manage_settings, TRAFFIC_LOGGING))


def main() -> None:
    """Entry point of the module."""
    TASK.run()


if __name__ == "__main__":
    main()
