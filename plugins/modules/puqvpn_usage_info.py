#!/usr/bin/python
# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: puqvpn_usage_info
short_description: Gather the traffic of accounts by month, and find unused ones
version_added: 0.8.0
description:
  - Gathers the traffic of the accounts of a 1.x panel, or of the clients of a 2.x panel, in one or several months,
    with sums by month and by server, and in a form that is ready for billing. All amounts are in bytes. That the panel
    counts bytes is not documented, but follows from its examples.
  - Also finds the accounts that have had no traffic for a number of months.
  - Takes one request for the list of accounts, and one for each account and month. No request is sent for months that
    have not begun, and for months that the panel does not keep any more. To learn how many months it keeps, the
    module reads the system configuration of a 1.x panel, which takes one more request, unless only the current month is
    needed. 2.x panels are not known to show it.
  - An account is not asked for older months after the panel has refused one, for example because somebody has removed
    the account meanwhile, or because the answer cannot be understood. Such an account is listed in
    RV(usage.failures) with a warning, and its unknown traffic never counts as V(0). The task fails if the panel shows
    the traffic of no account at all, or if an error concerns all requests, such as a missing permission.
extends_documentation_fragment:
  - puqcloud.puqvpn.connection
  - puqcloud.puqvpn.attributes.both_generations
  - puqcloud.puqvpn.attributes
  - puqcloud.puqvpn.attributes.read_only
options:
  year:
    description:
      - Year of the month. Defaults to the current one.
    type: int
  month:
    description:
      - Month, from 1 to 12. Defaults to the current one, by the clock of the controller in UTC.
      - A panel only keeps as many months as
        O(puqcloud.puqvpn.puqvpn_system_config#module:traffic_statistics_history) says. It is not documented whether
        that includes the current one, so the module reads one month more.
    type: int
  months_back:
    description:
      - How many months before O(month) to gather as well, from 0 to 120.
    type: int
    default: 0
  stale_months:
    description:
      - Also look for accounts without any traffic in the current month and in as many months before, from 1 to 120.
        They are returned in RV(usage.accounts_without_traffic_since).
      - The traffic of an account is read from the newest month to the oldest one, and only until a month with traffic.
        If there are such accounts, the live sessions are read as well, with two requests, or with one for a 2.x panel.
      - The task fails if the panel does not keep the traffic for so long, which means that
        O(puqcloud.puqvpn.puqvpn_system_config#module:traffic_statistics_history) must be at least one more than this
        option. For a 2.x panel, a warning says that this is unknown.
      - A panel does not show when an account was created, so new accounts that have not been used yet are among them.
    type: int
  names:
    description:
      - Names of the accounts to gather. By default, all accounts are gathered. The task fails if one of them does not
        exist.
    type: list
    elements: str
  concurrency:
    description:
      - Maximum number of accounts to read at the same time, from 1 to 16, each over a connection of its own. The result
        does not depend on it.
    type: int
    default: 1
seealso:
  - module: puqcloud.puqvpn.puqvpn_info
    description: Gather everything else about a panel.
  - module: puqcloud.puqvpn.puqvpn_system_config
    description: Set for how many months a panel keeps traffic statistics.
  - plugin: puqcloud.puqvpn.to_csv
    plugin_type: filter
    description: Write the rows to a CSV file.
"""

EXAMPLES = r"""
- name: Gather the traffic of this month
  puqcloud.puqvpn.puqvpn_usage_info:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
  register: panel

- name: Show the accounts with more than 100 GB
  ansible.builtin.debug:
    msg: "{{ panel.usage.rows | selectattr('total', 'gt', 100 * 10 ** 9) | map(attribute='name') }}"

- name: Gather the traffic of October, of 8 accounts at a time
  puqcloud.puqvpn.puqvpn_usage_info:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    year: 2026
    month: 10
    concurrency: 8
  register: october

- name: Write it to a file for billing
  ansible.builtin.copy:
    content: "{{ october.usage.rows | puqcloud.puqvpn.to_csv }}"
    dest: october.csv
    mode: "0600"
  delegate_to: localhost

- name: Gather the traffic of this month and the two months before on a 2.x panel
  puqcloud.puqvpn.puqvpn_usage_info:
    url: https://vpn2.example.com
    token: "{{ vault_puqvpn_token }}"
    months_back: 2
  register: panel

- name: Show the sums by month
  ansible.builtin.debug:
    msg: "{{ panel.usage.months }}"

- name: Find the accounts that nobody has used in this month and the month before
  puqcloud.puqvpn.puqvpn_usage_info:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    stale_months: 1
  register: panel

- name: Show their names
  ansible.builtin.debug:
    msg: "{{ panel.usage.accounts_without_traffic_since | map(attribute='name') }}"
"""

RETURN = r"""
usage:
  description:
    - The traffic in bytes. C(total) is the sum of C(download) and C(upload), and C(total_gb) is C(total) in units of
      10^9 bytes, rounded to 3 digits. An unused account has a row with V(0), an account in RV(usage.failures) has none.
  type: dict
  returned: success
  contains:
    generation:
      description: The generation of the panel, V(1) or V(2).
      type: int
      sample: 1
    current_month:
      description: The current month.
      type: dict
      sample: {year: 2026, month: 11}
    rows:
      description:
        - A flat row for each account and month, sorted by month and name. C(panel) is the URL of the panel, C(server)
          the WireGuard server, or the network of a 2.x panel. It is V(null) if the panel does not show it.
      type: list
      elements: dict
      sample:
        - panel: https://vpn.example.com
          name: alice
          server: office
          year: 2026
          month: 10
          download: 1209108969
          upload: 375698174
          total: 1584807143
          total_gb: 1.585
    months:
      description: The sums by month, each with the sums of its C(servers). Months without a request are missing.
      type: list
      elements: dict
      sample:
        - year: 2026
          month: 10
          download: 1209108969
          upload: 375698174
          total: 1584807143
          total_gb: 1.585
          servers:
            - {name: office, download: 1209108969, upload: 375698174, total: 1584807143, total_gb: 1.585}
    servers:
      description:
        - The sums by server, or by network of a 2.x panel, over all months. C(name) is V(null) for accounts whose
          server the panel does not show.
      type: list
      elements: dict
      sample:
        - {name: office, download: 1209108969, upload: 375698174, total: 1584807143, total_gb: 1.585}
    total:
      description: The sum of all accounts and months.
      type: dict
      sample: {download: 1209108969, upload: 375698174, total: 1584807143, total_gb: 1.585}
    accounts:
      description:
        - The accounts, sorted by name, with their sums over all months. C(complete) is V(false) if the panel has not
          shown all of these months. C(address) is the address in the tunnel. What the panel does not show is V(null).
      type: list
      elements: dict
      sample:
        - name: alice
          server: office
          status: enable
          username: alice
          address: 10.26.0.2
          public_key: "ZGV2aWNlIGtleSBvZiBhbGljZSAgICAgICAgICAgIDE="
          b_download: 100
          b_upload: 100
          download: 1209108969
          upload: 375698174
          total: 1584807143
          total_gb: 1.585
          complete: true
    failures:
      description:
        - The accounts whose traffic is unknown, with the newest month that the panel has refused, the C(error) message
          and its C(error_code).
      type: list
      elements: dict
      sample:
        - name: bob
          year: 2026
          month: 10
          error: 'GET account/bob/traffic_statistics/2026/10 on https://vpn.example.com failed: the panel answered
            "Account not found".'
          error_code: not_found
    skipped_months:
      description:
        - The months that were asked for and for which no request was sent, with the C(reason) V(future) or V(not_kept).
      type: list
      elements: dict
      sample:
        - {year: 2026, month: 7, reason: not_kept}
    accounts_without_traffic_since:
      description:
        - The accounts that have had no traffic since the beginning of C(year) and C(month), sorted by name. Accounts
          whose traffic is unknown are not among them.
        - C(online) is whether the account has a live session, which may have had no traffic yet, and C(last_handshake)
          the time of its last handshake in the time zone of the panel. Panels only show it for live sessions of
          WireGuard and AmneziaWG, so it is V(null) for most accounts. Both are V(null) if the panel does not show its
          live sessions.
      type: list
      elements: dict
      returned: when O(stale_months) is set
      sample:
        - {name: carol, server: office, status: enable, year: 2026, month: 10, online: false, last_handshake: null}
msg:
  description: A summary of the result in one line; on failure, the error message.
  type: str
  returned: always
  sample: 3 accounts, 1.585 GB in 2026-10
requests:
  description: The number of HTTP requests that the task sent, retries included.
  type: int
  returned: success
  sample: 4
error_code:
  description:
    - A stable, machine-readable error code, for example V(not_found), V(permission_denied) or V(requirements_not_met).
  type: str
  returned: failure
  sample: not_found
panel_error:
  description: The error message returned by the panel; empty if there was none.
  type: str
  returned: failure
  sample: Account not found
"""

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._module.usage_info import OPTIONS, usage_info
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._task import BOTH_GENERATIONS, Task

TASK = Task(OPTIONS, usage_info, generations=BOTH_GENERATIONS)


def main() -> None:
    """Entry point of the module."""
    TASK.run()


if __name__ == "__main__":
    main()
