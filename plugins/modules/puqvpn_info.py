#!/usr/bin/python
# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: puqvpn_info
short_description: Gather information about a panel
version_added: 0.3.0
description:
  - Gathers information about a PUQVPNCP panel, either all of it or subsets. All requests are sent over one connection,
    and what several subsets need is read once.
  - A subset that the panel rejects or does not support, or whose answer cannot be understood, does not fail the task.
    It is replaced by a dictionary with C(error) and C(error_code), and a warning says so.
  - For 2.x panels, only the subsets V(system), V(license), V(wireguard), V(accounts), V(dns), V(online), V(traffic)
    and V(config) are supported. V(all) does not include the others, and naming one of them results in the
    C(error_code) V(unsupported_generation). Since the API of these panels is hardly documented, fields other than those
    of clients have the names and types that the panel uses.
extends_documentation_fragment:
  - puqcloud.puqvpn.connection
  - puqcloud.puqvpn.attributes.both_generations
  - puqcloud.puqvpn.attributes
  - puqcloud.puqvpn.attributes.read_only
options:
  gather_subset:
    description:
      - Subsets to gather. A V(!) before the name of a subset excludes it. If the list only contains exclusions, all
        other subsets are gathered.
      - V(all) gathers everything that the panel supports, and V(min) gathers V(system) and V(license).
      - V(system) contains the status of the panel and its host. Takes two requests.
      - V(license) contains the license. Takes one request.
      - V(wireguard) contains the WireGuard servers. Takes two requests. For a 2.x panel, it contains the networks and
        takes one request.
      - V(accounts) contains the accounts, or the clients of a 2.x panel. Takes one request.
      - V(port_forwards) contains the port forwards. Takes one request per server, and one for the list of servers.
      - V(firewall) contains the policies and the filter rules. Takes three requests.
      - V(dns) contains the DNS server. Takes one request.
      - V(ikev2) contains the certificates and the settings of IKEv2. Takes three requests.
      - V(online) contains the connected accounts. Takes two requests, or one for a 2.x panel.
      - V(otl) contains the unused one-time links and the texts of their page. Takes four requests.
      - V(backups) contains the archives and their schedule. Takes two requests.
      - V(traffic_logging) contains the settings of traffic logging. Takes one request.
      - V(traffic) contains the traffic of a month. Takes one request per account, which is slow for a panel with many
        accounts, and one for the list of accounts.
      - V(config) contains the panel in the format of O(puqcloud.puqvpn.puqvpn_apply#module:config). Takes one request
        each for the servers, the accounts, the rules and every kind of settings, and one per server for the port
        forwards. For a 2.x panel, it contains the clients, and the settings of the DNS server that can be written back,
        and takes two requests.
    type: list
    elements: str
    default: [all, "!traffic"]
  include_secrets:
    description:
      - Whether to return passwords, private keys and other secrets. If V(false), the fields that contain them are
        omitted.
    type: bool
    default: false
  year:
    description:
      - Year of the month for the subset V(traffic). Defaults to the current one.
    type: int
  month:
    description:
      - Month for the subset V(traffic), from 1 to 12. Defaults to the current one.
      - A panel only keeps as many months as
        O(puqcloud.puqvpn.puqvpn_system_config#module:traffic_statistics_history) says.
    type: int
seealso:
  - module: puqcloud.puqvpn.puqvpn_apply
    description: Apply a declarative configuration to an entire panel.
  - module: puqcloud.puqvpn.puqvpn_status
    description: Check a panel, and wait for it.
  - module: puqcloud.puqvpn.puqvpn_request
    description: Read data that this module does not gather.
  - ref: ansible_collections.puqcloud.puqvpn.docsite.panels_2x
    description: What works on 2.x panels, and which facts about them are still open.
"""

EXAMPLES = r"""
- name: Gather everything except the traffic
  puqcloud.puqvpn.puqvpn_info:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
  register: panel

- name: Show the disabled accounts
  ansible.builtin.debug:
    msg: "{{ panel.info.accounts | selectattr('status', 'equalto', 'disable') | map(attribute='name') }}"

- name: Gather only what is needed
  puqcloud.puqvpn.puqvpn_info:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    gather_subset: [min, online]
  register: panel

- name: Show the connected accounts
  ansible.builtin.debug:
    msg: "{{ (panel.info.online.wireguard + panel.info.online.ikev2) | map(attribute='name') | unique }}"

- name: Gather everything except the one-time links and the traffic
  puqcloud.puqvpn.puqvpn_info:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    gather_subset: ["!otl", "!traffic"]

- name: Export the configuration of the panel with its secrets, to recreate it on another panel
  puqcloud.puqvpn.puqvpn_info:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    gather_subset: config
    include_secrets: true
  register: panel
  no_log: true

- name: Gather the traffic of a month
  puqcloud.puqvpn.puqvpn_info:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    gather_subset: traffic
    year: 2026
    month: 10
  register: panel

- name: Show the account with the most traffic
  ansible.builtin.debug:
    msg: "{{ panel.info.traffic.accounts | sort(attribute='download') | last }}"

- name: Gather everything that a 2.x panel supports
  puqcloud.puqvpn.puqvpn_info:
    url: https://vpn2.example.com
    token: "{{ vault_puqvpn_token }}"
  register: panel

- name: Show the connected accounts of any panel
  ansible.builtin.debug:
    msg: "{{ panel.info.online.values() | flatten | map(attribute='name') | unique }}"

- name: Show the clients of a network of a 2.x panel
  ansible.builtin.debug:
    msg: "{{ panel.info.accounts | selectattr('network_name', 'equalto', 'office') | map(attribute='name') }}"

- name: Gather the traffic of a month on a 2.x panel
  puqcloud.puqvpn.puqvpn_info:
    url: https://vpn2.example.com
    token: "{{ vault_puqvpn_token }}"
    gather_subset: [min, traffic]
    year: 2026
    month: 10
"""

RETURN = r"""
info:
  description:
    - The gathered information, with a key for each subset. For a subset that was rejected, the value only contains
      C(error), the error message, and C(error_code), a stable, machine-readable code.
    - What a panel does not return is omitted or V(null).
  type: dict
  returned: success
  contains:
    system:
      description: The panel and its host.
      type: dict
      returned: when gathered
      contains:
        status:
          description: See RV(puqcloud.puqvpn.puqvpn_status#module:status).
          type: dict
          sample: {version: "1.8", state: OK, ready: true}
        host:
          description: The host of the panel, with memory in megabytes. May be V(null) for a 2.x panel.
          type: dict
          sample:
            hostname: vpn.example.com
            os_name: Debian GNU/Linux 12 (bookworm)
            os_architecture: amd64
            timezone: Europe/Warsaw
            cpu_model: Common KVM processor
            cpu_threads: 4
            cpu_used_load1: 0.69
            cpu_used_load5: 0.28
            cpu_used_load15: 0.2
            memory_total: 7956
            memory_used: 7737
            memory_free: 218
            memory_used_percent: 97
    license:
      description: The license.
      type: dict
      returned: when gathered
      sample:
        valid: true
        accounts: 500
        expiration_date: "2027-03-01T18:38:43+01:00"
        last_check: "2026-11-24T11:11:36+01:00"
        days_left: 97
      contains:
        valid:
          description: Whether the license is valid.
          type: bool
          returned: when the panel returns it
        accounts:
          description: The number of accounts that the license allows.
          type: int
          returned: when the panel returns it
        expiration_date:
          description: The time at which the license expires, as returned by the panel.
          type: str
          returned: when the panel returns it
        last_check:
          description: The time of the last license check, as returned by the panel.
          type: str
          returned: when the panel returns it
        days_left:
          description: The number of full days before the license expires. Negative if it has, V(null) if unknown.
          type: int
        key:
          description: The license key.
          type: str
          returned: when O(include_secrets=true)
    wireguard:
      description: WireGuard.
      type: dict
      returned: when gathered
      contains:
        servers:
          description:
            - The servers sorted by name, see RV(puqcloud.puqvpn.puqvpn_wireguard#module:wireguard).
            - For a 2.x panel, the networks sorted by name, as returned by the panel.
          type: list
          elements: dict
        packages:
          description: The versions of packages. V(null) for a 2.x panel.
          type: dict
          sample: {wireguard: 1.0.20210914-1, wireguard-dkms: 1.0.20210219-1, wireguard-tools: 1.0.20210914-1}
    accounts:
      description:
        - The accounts sorted by name, see RV(puqcloud.puqvpn.puqvpn_account#module:account).
        - For a 2.x panel, the clients sorted by name, with the fields of
          RV(puqcloud.puqvpn.puqvpn_client#module:client).
      type: list
      elements: dict
      returned: when gathered
    port_forwards:
      description:
        - The port forwards of all servers, sorted by server, port and protocol, see
          RV(puqcloud.puqvpn.puqvpn_port_forward#module:port_forward).
      type: list
      elements: dict
      returned: when gathered
    firewall:
      description: The firewall.
      type: dict
      returned: when gathered
      contains:
        policies:
          description: The settings of the firewall, see RV(puqcloud.puqvpn.puqvpn_firewall#module:firewall).
          type: dict
        rules:
          description: The filter rules in their order, see RV(puqcloud.puqvpn.puqvpn_firewall_rule#module:rule).
          type: list
          elements: dict
        ip_forward:
          description: Whether the kernel currently forwards packets.
          type: bool
        packages:
          description: The versions of packages.
          type: dict
          sample: {iptables: 1.8.9-2, iproute2: 6.1.0-3}
    dns:
      description:
        - The DNS server, see RV(puqcloud.puqvpn.puqvpn_dns#module:dns). The fields may differ for a 2.x panel.
      type: dict
      returned: when gathered
    ikev2:
      description: IKEv2 and its certificates, see RV(puqcloud.puqvpn.puqvpn_ikev2#module:ikev2), and the fields below.
      type: dict
      returned: when gathered
      contains:
        settings:
          description: See RV(puqcloud.puqvpn.puqvpn_ikev2_settings#module:ikev2_settings).
          type: dict
        packages:
          description: The versions of packages.
          type: dict
          sample: {strongswan: 5.9.8-5}
        pids:
          description: The process IDs of strongSwan.
          type: dict
          sample: {charon: 2649, starter: 2648}
    online:
      description: The connected accounts, in one list per protocol for a 1.x panel.
      type: dict
      returned: when gathered
      contains:
        clients:
          description:
            - The sessions of all protocols sorted by name, as returned by the panel. A client has one session per
              protocol.
            - Each session contains the C(name) of its client and the C(protocol), if the panel returns them. The
              protocols C(wireguard), C(amneziawg), C(openvpn) and C(ikev2) are in lower case.
          type: list
          elements: dict
          returned: for a 2.x panel
          sample:
            - name: alice
              network: office
              protocol: wireguard
              ip: 10.26.0.2
              endpoint: 198.51.100.180:47471
              latest_handshake: "2026-11-24 13:02:01"
              transfer_rx: 3892
              transfer_tx: 2972
        wireguard:
          description:
            - The accounts with a recent WireGuard handshake. C(latest_handshake) is in the time zone of the panel, and
              C(transfer_rx) and C(transfer_tx) are in bytes.
          type: list
          elements: dict
          returned: for a 1.x panel
          sample:
            - name: alice
              wg_name: office
              status: enable
              username: alice
              allowed_ips: 10.26.0.2
              b_download: 10
              b_upload: 10
              endpoint: 198.51.100.180:47471
              latest_handshake: "2026-11-24 13:02:01"
              transfer_rx: 3892
              transfer_tx: 2972
        ikev2:
          description: The accounts with an IKEv2 session. C(uptime) is a phrase of the panel.
          type: list
          elements: dict
          returned: for a 1.x panel
          sample:
            - name: bob
              wg_name: office
              status: enable
              username: bob
              allowed_ips: 10.26.0.3
              b_download: 10
              b_upload: 10
              endpoint: 198.51.100.181
              uptime: 11 seconds ago
    otl:
      description: One-time links.
      type: dict
      returned: when gathered
      contains:
        settings:
          description: The title, the HTML texts and the CSS of the page, and the C(lifetime) of links in days.
          type: dict
        wireguard:
          description: The labels, links and switches of the WireGuard section of the page.
          type: dict
        ikev2:
          description: The labels, links and switches of the IKEv2 section of the page.
          type: dict
        links:
          description: The unused links, sorted by account and day.
          type: list
          elements: dict
          sample: [{account: alice, created: "2026-11-24", expires: "2026-12-01"}]
          contains:
            account:
              description: The name of the account.
              type: str
            created:
              description: The day on which the link was created.
              type: str
            expires:
              description: The day on which the link expires.
              type: str
            key:
              description: The key of the link, which is the last part of its URL.
              type: str
              returned: when O(include_secrets=true)
    backups:
      description: The archives on the panel, and their schedule.
      type: dict
      returned: when gathered
      contains:
        archives:
          description: The archives, newest first.
          type: list
          elements: dict
          sample:
            - name: vpn.example.com_2026-01-31_18-00-00.zip
              creation_date: "2026-01-31T18:00:17.159356394+01:00"
              size: 7.462
              age: 90
          contains:
            name:
              description: The name of the archive.
              type: str
            creation_date:
              description: The time at which the archive was created, as returned by the panel.
              type: str
            size:
              description: The size in megabytes.
              type: float
            age:
              description: The age in minutes. V(null) if it is unknown.
              type: int
        config:
          description: The schedule, see RV(puqcloud.puqvpn.puqvpn_backup_config#module:backup_config).
          type: dict
    traffic_logging:
      description: See RV(puqcloud.puqvpn.puqvpn_traffic_logging#module:traffic_logging).
      type: dict
      returned: when gathered
    traffic:
      description: The traffic of a month in bytes.
      type: dict
      returned: when gathered
      sample:
        year: 2026
        month: 10
        accounts: [{name: alice, wg_name: office, download: 1209108969, upload: 375698174}]
        servers: [{name: office, download: 1209108969, upload: 375698174}]
        total: {download: 1209108969, upload: 375698174}
      contains:
        year:
          description: The year.
          type: int
        month:
          description: The month.
          type: int
        accounts:
          description: The traffic by account. C(wg_name) is the server, or the network of a 2.x panel.
          type: list
          elements: dict
        servers:
          description: The sums by server, or by network of a 2.x panel. Contains only those with accounts.
          type: list
          elements: dict
        total:
          description: The sum of all accounts.
          type: dict
    config:
      description:
        - The panel in the format of O(puqcloud.puqvpn.puqvpn_apply#module:config). Applying it to the same panel
          changes nothing, and applying it to another panel recreates this one there.
        - The order is stable, so that the configuration can be kept under version control. Objects are sorted by name,
          and firewall rules are in their order. The panel's own rules only have a name, to keep the position of others.
        - Does not contain counters, certificates, one-time links, backups, the license, the users of the panel, and
          what only the panel assigns. If O(include_secrets=false), it contains neither passwords nor keys, not even
          public ones, since they can only be set together with private ones. New accounts then get new keys.
        - A section that the panel rejects is omitted with a warning, and so is a value that cannot be set again.
      type: dict
      returned: when gathered
      sample:
        dns: {enabled: true, forwarders_1: 192.0.2.8, forwarders_2: 192.0.2.1, max_cache_ttl: 3600}
        wireguard:
          - name: office
            address: 10.26.0.1/24
            listen_port: 51826
        accounts:
          - name: alice
            wg_name: office
            status: enable
            username: alice
            allowed_ips: 10.26.0.2
            b_download: 100
            b_upload: 100
msg:
  description: A summary of the result in one line; on failure, the error message.
  type: str
  returned: always
  sample: gathered system, license, accounts (20)
requests:
  description: The number of HTTP requests that the task sent, retries included.
  type: int
  returned: success
  sample: 12
error_code:
  description:
    - A stable, machine-readable error code, for example V(not_authorized), V(panel_busy) or V(answer_wrong_type).
  type: str
  returned: failure
  sample: not_authorized
panel_error:
  description: The error message returned by the panel; empty if there was none.
  type: str
  returned: failure
  sample: Not authorized
"""

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._module.info import OPTIONS, info
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._task import BOTH_GENERATIONS, Task

TASK = Task(OPTIONS, info, generations=BOTH_GENERATIONS)


def main() -> None:
    """Entry point of the module."""
    TASK.run()


if __name__ == "__main__":
    main()
