#!/usr/bin/python
# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: puqvpn_info
short_description: Gather what a panel holds and tells
version_added: 0.3.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Reads a PUQVPNCP panel, as a whole or in parts, which are called subsets. Nothing is changed.
  - All requests go over one connection. What several subsets need is read once.
  - A subset that the panel refuses, or that an older panel does not know, does not fail the task. It becomes a
    dictionary with C(error) and C(error_code), and a warning says so.
  - Works with panels of the generations 1.x and 2.x.
  - A panel of the generation 2.x is asked for V(system), V(license), V(wireguard), V(accounts), V(dns), V(online) and
    V(traffic), each under the key that it has on 1.x panels. No operation is documented that tells the others, so
    nothing is sent for them. V(all) leaves them out; one that is named becomes a dictionary as above, with the
    C(error_code) V(unsupported_generation).
  - How 2.x panels answer is hardly documented. What they list is returned as they write it, and a subset with an answer
    that cannot be understood becomes such a dictionary, too.
extends_documentation_fragment:
  - puqcloud.puqvpn.connection
  - puqcloud.puqvpn.attributes
  - puqcloud.puqvpn.attributes.actiongroup_all
  - puqcloud.puqvpn.attributes.read_only
attributes:
  platform:
    platforms: PUQVPNCP 1.x, PUQVPNCP 2.x
  check_mode:
    support: full
    details:
      - This module only reads.
  diff_mode:
    support: N/A
    details:
      - This module only reads.
  idempotent:
    support: full
    details:
      - This module only reads.
options:
  gather_subset:
    description:
      - What to gather. A V(!) before the name of a subset leaves it out. A list of nothing else means everything but
        these.
      - V(all) is everything that the panel can be asked for, V(min) is V(system) and V(license).
      - V(system) is the status of the panel and its host, with two requests.
      - V(license) is the licence, with one request.
      - V(wireguard) are the WireGuard servers, with two requests; the networks of a 2.x panel, with one.
      - V(accounts) are the accounts, the clients of a 2.x panel, with one request.
      - V(port_forwards) are the port forwards, with one request for each server, and one for the list of servers unless
        V(wireguard) is gathered as well.
      - V(firewall) are the policies and the filter rules, with three requests.
      - V(dns) is the DNS server, with one request.
      - V(ikev2) are the certificates and the settings of IKEv2, with three requests.
      - V(online) are the accounts that are connected, with two requests; with one on a 2.x panel.
      - V(otl) are the one-time links that have not been used, and the texts of their page, with four requests.
      - V(backups) are the archives and their schedule, with two requests.
      - V(traffic_logging) are the settings of traffic logging, with one request.
      - V(traffic) is the traffic of a month, with one request for each account, and one for the list of accounts unless
        V(accounts) is gathered as well. On a panel with many accounts this takes a while, so it is not gathered unless
        it is asked for.
      - V(config) is the panel as the document that M(puqcloud.puqvpn.puqvpn_apply) takes. It costs a request for each
        kind of settings, one each for the servers, the accounts and the rules, and one for the port forwards of each
        server, unless other subsets have read them.
    type: list
    elements: str
    default: [all, "!traffic"]
  include_secrets:
    description:
      - Whether the result holds passwords, private keys and other secrets. Otherwise fields that hold them are left
        out.
    type: bool
    default: false
  year:
    description:
      - The year of the month that V(traffic) tells of. The current one when not given.
    type: int
  month:
    description:
      - The month that V(traffic) tells of, from 1 to 12. The current one when not given.
      - A panel keeps the traffic of some months only, see
        O(puqcloud.puqvpn.puqvpn_system_config#module:traffic_statistics_history).
    type: int
seealso:
  - module: puqcloud.puqvpn.puqvpn_apply
    description: Let a panel be as a document says.
  - module: puqcloud.puqvpn.puqvpn_status
    description: Check and wait for a panel.
  - module: puqcloud.puqvpn.puqvpn_request
    description: Read anything else that a panel tells.
"""

EXAMPLES = r"""
- name: Gather everything but the traffic
  puqcloud.puqvpn.puqvpn_info:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
  register: panel

- name: Show the accounts that are disabled
  ansible.builtin.debug:
    msg: "{{ panel.info.accounts | selectattr('status', 'equalto', 'disable') | map(attribute='name') }}"

- name: Gather only what is needed
  puqcloud.puqvpn.puqvpn_info:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    gather_subset: [min, online]
  register: panel

- name: Show who is connected
  ansible.builtin.debug:
    msg: "{{ (panel.info.online.wireguard + panel.info.online.ikev2) | map(attribute='name') | unique }}"

- name: Gather everything but the one-time links and the traffic
  puqcloud.puqvpn.puqvpn_info:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    gather_subset: ["!otl", "!traffic"]

- name: Read the panel as a document, with all that is needed to make it again elsewhere
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

- name: Gather what a 2.x panel can be asked for
  puqcloud.puqvpn.puqvpn_info:
    url: https://vpn2.example.com
    token: "{{ vault_puqvpn_token }}"
  register: panel

- name: Show who is connected, on a panel of either generation
  ansible.builtin.debug:
    msg: "{{ panel.info.online.values() | flatten | map(attribute='name') | unique }}"

- name: Show the clients of a network of the 2.x panel
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
    - What was gathered, with a key for each subset. The value of a subset that was refused has the keys C(error), a
      sentence, and C(error_code), a stable word, and no others.
    - What a panel does not tell is left out or V(null).
  type: dict
  returned: success
  sample:
    system:
      status:
        url: https://vpn.example.com
        generation: 1
        version: "1.8"
        state: OK
        ready: true
        license_valid: true
        license_expires: "2027-03-01T18:38:43+01:00"
        license_days_left: 97
        accounts_used: 120
        accounts_limit: 500
        accounts_free: 380
        wireguard_servers: 4
      host:
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
      valid: true
      accounts: 500
      expiration_date: "2027-03-01T18:38:43+01:00"
      last_check: "2026-11-24T11:11:36+01:00"
      days_left: 97
  contains:
    system:
      description: The panel and its host.
      type: dict
      returned: when gathered
      contains:
        status:
          description: The same as RV(puqcloud.puqvpn.puqvpn_status#module:status).
          type: dict
          returned: always
        host:
          description:
            - The host as the panel tells it, with numbers as numbers. C(cpu_used_load1) and so on are the load, memory
              is in megabytes.
            - That a 2.x panel tells it is only likely. V(null) where it does not.
          type: dict
          returned: always
    license:
      description: The licence.
      type: dict
      returned: when gathered
      contains:
        valid:
          description: Whether the licence is valid.
          type: bool
          returned: when the panel tells it
        accounts:
          description: The number of accounts that the licence allows.
          type: int
          returned: when the panel tells it
        expiration_date:
          description: When the licence ends, as the panel writes it.
          type: str
          returned: when the panel tells it
        last_check:
          description: When the panel checked the licence, as the panel writes it.
          type: str
          returned: when the panel tells it
        days_left:
          description: Whole days until the licence ends, negative after its end. V(null) when that is not known.
          type: int
          returned: always
        key:
          description: The licence key.
          type: str
          returned: when O(include_secrets=true)
    wireguard:
      description: WireGuard.
      type: dict
      returned: when gathered
      contains:
        servers:
          description:
            - The servers by name, each as RV(puqcloud.puqvpn.puqvpn_wireguard#module:wireguard).
            - The networks of a 2.x panel by name, as the panel writes them.
          type: list
          elements: dict
          returned: always
        packages:
          description: The versions of C(wireguard), C(wireguard-dkms) and C(wireguard-tools). V(null) on a 2.x panel.
          type: dict
          returned: always
    accounts:
      description:
        - The accounts by name, each as RV(puqcloud.puqvpn.puqvpn_account#module:account).
        - The clients of a 2.x panel by name, as the panel writes them. Documented are C(name), C(username), C(status),
          C(network_name) or C(network), C(ipv4), C(ipv6), C(b_download) and C(b_upload). That a 2.x panel lists them
          is only likely.
      type: list
      elements: dict
      returned: when gathered
    port_forwards:
      description:
        - The port forwards of all servers, by server, port and protocol, each as
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
          description: The policies and forwarding as set, as RV(puqcloud.puqvpn.puqvpn_firewall#module:firewall).
          type: dict
          returned: always
        rules:
          description: The filter rules in their order, each as RV(puqcloud.puqvpn.puqvpn_firewall_rule#module:rule).
          type: list
          elements: dict
          returned: always
        ip_forward:
          description: Whether the kernel forwards packets at the moment.
          type: bool
          returned: always
        packages:
          description: The versions of C(iptables) and C(iproute2).
          type: dict
          returned: always
    dns:
      description:
        - The DNS server, as RV(puqcloud.puqvpn.puqvpn_dns#module:dns), with its process C(pid), its version C(bind9),
          and C(acl), the list of addresses and networks that may use it.
        - On a 2.x panel these names are only likely. Others are returned as the panel writes them.
      type: dict
      returned: when gathered
    ikev2:
      description: IKEv2.
      type: dict
      returned: when gathered
      contains:
        enabled:
          description: Whether IKEv2 is enabled.
          type: bool
          returned: always
        ca:
          description: The root certificate, as in RV(puqcloud.puqvpn.puqvpn_ikev2#module:ikev2).
          type: dict
          returned: always
        server:
          description: The server certificate, as in RV(puqcloud.puqvpn.puqvpn_ikev2#module:ikev2).
          type: dict
          returned: always
        settings:
          description: As RV(puqcloud.puqvpn.puqvpn_ikev2_settings#module:ikev2_settings).
          type: dict
          returned: always
        packages:
          description: The version of C(strongswan).
          type: dict
          returned: always
        pids:
          description: The processes C(charon) and C(starter) of strongSwan, as numbers.
          type: dict
          returned: always
    online:
      description:
        - The accounts that are connected, in lists. Together the lists hold every session on a panel of either
          generation, with the C(name) of its account.
      type: dict
      returned: when gathered
      contains:
        clients:
          description:
            - The sessions of all protocols by name, as the panel writes them. A client is listed once for each
              protocol.
            - Whatever container the panel shows its sessions in, each has the C(name) of its client and its
              C(protocol), as far as the panel says them. The words V(wireguard), V(amneziawg), V(openvpn) and V(ikev2)
              are in lower case.
          type: list
          elements: dict
          returned: on a 2.x panel
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
            - The accounts with a recent WireGuard handshake. C(transfer_rx) and C(transfer_tx) count bytes, and
              C(latest_handshake) is in the time of the panel.
          type: list
          elements: dict
          returned: on a 1.x panel
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
          returned: on a 1.x panel
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
          description: Title, texts and style of the page, which are HTML and CSS, and the C(lifetime) of links in days.
          type: dict
          returned: always
        wireguard:
          description: Labels, links and switches of the WireGuard part of the page.
          type: dict
          returned: always
        ikev2:
          description: Labels, links and switches of the IKEv2 part of the page.
          type: dict
          returned: always
        links:
          description: The links that have not been used, by account and day.
          type: list
          elements: dict
          returned: always
          contains:
            account:
              description: The account.
              type: str
              returned: always
            created:
              description: The day on which the link was made.
              type: str
              returned: always
            expires:
              description: The day on which the link expires.
              type: str
              returned: always
            key:
              description: The key of the link, the last part of its address.
              type: str
              returned: when O(include_secrets=true)
    backups:
      description: The archives on the panel.
      type: dict
      returned: when gathered
      contains:
        archives:
          description: The archives, newest first.
          type: list
          elements: dict
          returned: always
          contains:
            name:
              description: The name of the archive.
              type: str
              returned: always
            creation_date:
              description: When the archive was made, as the panel writes it.
              type: str
              returned: always
            size:
              description: The size in megabytes.
              type: float
              returned: always
            age:
              description: Minutes since the archive was made. V(null) when that is not known.
              type: int
              returned: always
        config:
          description: The schedule, as RV(puqcloud.puqvpn.puqvpn_backup_config#module:backup_config).
          type: dict
          returned: always
    traffic_logging:
      description: As RV(puqcloud.puqvpn.puqvpn_traffic_logging#module:traffic_logging).
      type: dict
      returned: when gathered
    traffic:
      description: The traffic of a month in bytes.
      type: dict
      returned: when gathered
      sample:
        year: 2026
        month: 10
        accounts:
          - name: alice
            wg_name: office
            download: 1209108969
            upload: 375698174
        servers:
          - name: office
            download: 1209108969
            upload: 375698174
        total:
          download: 1209108969
          upload: 375698174
      contains:
        year:
          description: The year.
          type: int
          returned: always
        month:
          description: The month.
          type: int
          returned: always
        accounts:
          description:
            - Each account with its C(name) and C(wg_name), C(download) and C(upload). On a 2.x panel C(wg_name) is the
              network.
          type: list
          elements: dict
          returned: always
        servers:
          description: The sums of the accounts of each server or network that has any, with its C(name).
          type: list
          elements: dict
          returned: always
        total:
          description: The sums of all accounts.
          type: dict
          returned: always
    config:
      description:
        - The panel as a document, see O(puqcloud.puqvpn.puqvpn_apply#module:config). Applied to the same panel it
          changes nothing, applied to another one it makes the same.
        - It is in a stable order, so that it can be kept under version control. Objects are in the order of their
          names, firewall rules in their own. Of the panel's own rules only the name is there, to say where others are.
        - Counters and what only the panel decides are left out. Without O(include_secrets) passwords and private keys
          are, too, and public keys with them, since they can only be set together. A new account then gets new ones.
        - Certificates, one-time links, backups, the licence and the users of the panel are no part of it.
        - A section that the panel refuses is left out, with a warning, and so is a value that cannot be set again.
      type: dict
      returned: when gathered
      sample:
        dns:
          enabled: true
          forwarders_1: 192.0.2.8
          forwarders_2: 192.0.2.1
          max_cache_ttl: 3600
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
error_code:
  description:
    - What went wrong as a stable word, for example V(not_authorized), V(panel_busy), V(answer_wrong_type) or
      V(invalid_option).
  type: str
  returned: failure
  sample: not_authorized
panel_error:
  description: The panel's own words, empty when it said nothing.
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
