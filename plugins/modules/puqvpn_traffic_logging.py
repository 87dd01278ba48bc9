#!/usr/bin/python
# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: puqvpn_traffic_logging
short_description: Manage the logging of the traffic of clients
version_added: 0.2.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Sets whether and how a PUQVPNCP panel logs the traffic of the clients of the VPN, to a syslog server, to InfluxDB,
    or to both.
  - The settings are written as a whole, that is the present ones with the wanted ones laid over them. What they need
    together is checked before anything is written. They are read again after the write, and a value that did not stick
    fails the task.
  - No connection is interrupted.
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
      - The diff shows the fields that change. Of O(influxdb_token) it only shows that it changes.
  idempotent:
    support: full
    details:
      - Nothing is written when every option that is given has its value already.
options:
  enabled:
    description:
      - Whether traffic of clients is logged. V(true) needs O(enabled_remote_syslog=true) or
        O(enabled_influxdb=true).
    type: bool
  enabled_influxdb:
    description:
      - Whether the log goes to InfluxDB. V(true) needs O(influxdb_url), O(influxdb_token),
        O(influxdb_bucket) and O(influxdb_organization), given here or set before.
      - The host of the panel must have Telegraf installed.
    type: bool
  enabled_remote_syslog:
    description:
      - Whether the log goes to a syslog server. V(true) needs O(remote_syslog_server), given
        here or set before.
    type: bool
  established:
    description:
      - Whether to log packets of established connections.
      - When none of O(established), O(invalid), O(new), O(related) and O(untracked) is V(true), all of these
        packets are logged.
    type: bool
  incoming:
    description:
      - Whether incoming traffic is logged as well.
    type: bool
  influxdb_bucket:
    description:
      - The bucket of InfluxDB to write to.
    type: str
  influxdb_organization:
    description:
      - The organization in InfluxDB that the bucket belongs to.
    type: str
  influxdb_token:
    description:
      - The token that lets the panel write to InfluxDB.
    type: str
  influxdb_url:
    description:
      - The address of InfluxDB, for example V(http://192.0.2.30:8086).
    type: str
  interface_in:
    description:
      - Whether the log has a column for the interface that a packet came in by.
    type: bool
  interface_out:
    description:
      - Whether the log has a column for the interface that a packet goes out by.
    type: bool
  invalid:
    description:
      - Whether to log packets that belong to no known connection and open none.
      - When none of O(established), O(invalid), O(new), O(related) and O(untracked) is V(true), all of these
        packets are logged.
    type: bool
  len:
    description:
      - Whether the log has a column for the length of a packet.
    type: bool
  mark:
    description:
      - Whether the log has a column for the mark of a packet, which tells the account.
    type: bool
  new:
    description:
      - Whether to log packets that open a connection.
      - When none of O(established), O(invalid), O(new), O(related) and O(untracked) is V(true), all of these
        packets are logged.
    type: bool
  related:
    description:
      - Whether to log packets that open a connection which belongs to an established one.
      - When none of O(established), O(invalid), O(new), O(related) and O(untracked) is V(true), all of these
        packets are logged.
    type: bool
  remote_syslog_server:
    description:
      - The IP address of the syslog server, without a prefix.
    type: str
  remote_syslog_server_port:
    description:
      - The port of the syslog server, 1 to 65535.
    type: int
  tos:
    description:
      - Whether the log has a column for the type of service of a packet.
    type: bool
  untracked:
    description:
      - Whether to log packets of connections that are not tracked.
      - When none of O(established), O(invalid), O(new), O(related) and O(untracked) is V(true), all of these
        packets are logged.
    type: bool
notes:
  - Logging takes processor time and disk space of the host. What is logged is personal data of the users.
seealso:
  - module: puqcloud.puqvpn.puqvpn_system_config
    description: Manage how often statistics of the traffic are collected.
  - module: puqcloud.puqvpn.puqvpn_firewall
    description: Manage the policies and the forwarding of the firewall.
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

- name: Add the interfaces and the length of packets to the log
  puqcloud.puqvpn.puqvpn_traffic_logging:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    interface_in: true
    interface_out: true
    len: true
  register: logging

- name: Show where the log goes
  ansible.builtin.debug:
    msg: >-
      The log goes to {{ logging.traffic_logging.remote_syslog_server }}
      and to {{ logging.traffic_logging.influxdb_url }}

- name: Log nothing any more, and keep the other settings
  puqcloud.puqvpn.puqvpn_traffic_logging:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    enabled: false
"""

RETURN = r"""
traffic_logging:
  description: The settings as they are now, in check mode as they would be.
  type: dict
  returned: success
  sample:
    enabled: true
    enabled_influxdb: false
    enabled_remote_syslog: true
    established: false
    incoming: false
    influxdb_bucket: ""
    influxdb_organization: ""
    influxdb_url: ""
    interface_in: false
    interface_out: false
    invalid: false
    len: false
    mark: false
    new: true
    related: false
    remote_syslog_server: 192.0.2.20
    remote_syslog_server_port: 514
    tos: false
    untracked: false
  contains:
    enabled:
      description: Whether traffic of clients is logged.
      type: bool
      returned: success
    enabled_influxdb:
      description: Whether the log goes to InfluxDB.
      type: bool
      returned: success
    enabled_remote_syslog:
      description: Whether the log goes to a syslog server.
      type: bool
      returned: success
    established:
      description: Whether packets of established connections are logged.
      type: bool
      returned: success
    incoming:
      description: Whether incoming traffic is logged as well.
      type: bool
      returned: success
    influxdb_bucket:
      description: The bucket of InfluxDB.
      type: str
      returned: success
    influxdb_organization:
      description: The organization in InfluxDB.
      type: str
      returned: success
    influxdb_token:
      description: The token for InfluxDB.
      type: str
      returned: when O(include_secrets=true)
    influxdb_url:
      description: The address of InfluxDB.
      type: str
      returned: success
    interface_in:
      description: Whether the log has a column for the interface that a packet came in by.
      type: bool
      returned: success
    interface_out:
      description: Whether the log has a column for the interface that a packet goes out by.
      type: bool
      returned: success
    invalid:
      description: Whether packets that belong to no known connection and open none are logged.
      type: bool
      returned: success
    len:
      description: Whether the log has a column for the length of a packet.
      type: bool
      returned: success
    mark:
      description: Whether the log has a column for the mark of a packet.
      type: bool
      returned: success
    new:
      description: Whether packets that open a connection are logged.
      type: bool
      returned: success
    related:
      description: Whether packets that open a connection which belongs to an established one are logged.
      type: bool
      returned: success
    remote_syslog_server:
      description: The IP address of the syslog server.
      type: str
      returned: success
    remote_syslog_server_port:
      description: The port of the syslog server.
      type: int
      returned: success
    tos:
      description: Whether the log has a column for the type of service of a packet.
      type: bool
      returned: success
    untracked:
      description: Whether packets of connections that are not tracked are logged.
      type: bool
      returned: success
diff:
  description: The fields that change, before and after. Secrets are hidden.
  type: dict
  returned: success, or when the failure came after a write
  sample:
    before:
      enabled: false
    after:
      enabled: true
fields:
  description: The options that the failure is about.
  type: list
  elements: str
  returned: when the failure is about single options, for example RV(error_code=value_not_stored)
  sample: [new]
error_code:
  description:
    - What went wrong as a stable word, for example V(invalid_option), V(panel_refused), V(value_not_stored) or
      V(not_authorized).
  type: str
  returned: failure
  sample: panel_refused
panel_error:
  description: The panel's own words, empty when it said nothing.
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
