#!/usr/bin/python
# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: puqvpn_apply
short_description: Apply a declarative configuration to an entire panel
version_added: 0.3.0
description:
  - Compares a PUQVPNCP panel with O(config) and writes the differences, in one task and over one connection.
    RV(puqcloud.puqvpn.puqvpn_info#module:info.config) is the current configuration of a panel in the same form.
  - Every update of an account disconnects its client, and every update of a WireGuard server rebuilds its interface, so
    that all of its clients reconnect.
  - The whole of O(config) is validated before the first request, for example for unknown options, invalid values, and
    items with the same name, address, user name or port. It is then checked against the panel before the first write.
    Each check reports all of its errors in a single failure.
  - Each kind of object is read once, and once more after it was changed, to verify the changes. Port forwards are read
    server by server, since the API cannot list them all.
  - A change of the firewall or of a port forward that may cut off the panel, SSH, or the clients of the VPN is refused
    or causes a warning, as in M(puqcloud.puqvpn.puqvpn_firewall), M(puqcloud.puqvpn.puqvpn_firewall_rule) and
    M(puqcloud.puqvpn.puqvpn_port_forward). This may take one more read of the firewall rules or of the servers.
extends_documentation_fragment:
  - puqcloud.puqvpn.connection
  - puqcloud.puqvpn.attributes.both_generations
  - puqcloud.puqvpn.attributes
  - puqcloud.puqvpn.modify
attributes:
  check_mode:
    details:
      - Only read requests are sent. The result is the plan. Deletions that would be refused outside check mode are
        listed in RV(refusals), with a warning.
      - An earlier task of the same play is assumed to create the server of an account, the server and the account of a
        port forward, the servers in O(purge_scope), and any object that an item does not describe completely. Addresses
        on an assumed server are not checked.
      - The accounts of a server that is deleted are assumed to be deleted earlier, unless O(config) has the section
        V(accounts). A firewall rule that accepts the panel's own port is assumed to exist, unless O(config) has the
        section V(firewall_rules).
  diff_mode:
    details:
      - The diff contains the fields that change, by section and name. For a secret, it only shows that the value
        changes.
  idempotent:
    support: partial
    details:
      - An item with C(update_write_only=always) and a field that the panel does not return is updated in every run.
options:
  config:
    description:
      - Desired configuration, by section. Sections that are not present are not touched, and neither are options
        that are not set.
      - The sections V(system_config), V(dns), V(firewall), V(ikev2_settings), V(traffic_logging) and V(backup_config)
        are dictionaries with the options of the module of the same name, for example M(puqcloud.puqvpn.puqvpn_dns),
        except C(defaults).
      - The sections V(wireguard), V(accounts) and V(port_forwards) are lists of dictionaries with the options of
        M(puqcloud.puqvpn.puqvpn_wireguard), M(puqcloud.puqvpn.puqvpn_account) and
        M(puqcloud.puqvpn.puqvpn_port_forward), except C(set_bandwidth). A server is identified by C(name) or
        C(interface_name), and an account by C(name), C(username) or C(allowed_ips).
      - The section V(firewall_rules) is the ordered list of filter rules, with the options of
        M(puqcloud.puqvpn.puqvpn_firewall_rule) except C(position). As few rules as possible are deleted and recreated
        to establish the order. Rules whose names begin with C(system_) belong to the panel. An item with only such a
        name marks the place of that rule in the list.
      - A 2.x panel has the sections V(dns) and V(clients) only. V(clients) is a list of dictionaries with the options
        of M(puqcloud.puqvpn.puqvpn_client), and each client is identified by C(name). Networks cannot be managed, since
        it is not documented how a panel accepts them. Those that clients refer to must exist.
      - With C(expires), access of an account or a client ends on a date, see RV(expired). Dates need no quotes in YAML.
        An expired item with C(expired=absent) is deleted, and so is a port forward in O(config) to its account.
      - An item with C(state=absent) is deleted. C(force=true) deletes the accounts of a server along with it.
    type: dict
    required: true
  purge:
    description:
      - Sections of O(config) to purge, that is to delete the objects that O(config) does not contain. Firewall rules
        whose names begin with C(system_) are kept.
      - Refused if a 2.x panel does not list its clients.
    type: list
    elements: str
    choices: [firewall_rules, wireguard, accounts, port_forwards, clients]
    default: []
  purge_action:
    description:
      - What O(purge) does with accounts and clients. V(delete) deletes them. V(disable) disables those that are
        enabled, so that they keep their keys, addresses and slots in the license. Objects of all other sections are
        deleted in both cases.
      - With V(disable), a server cannot be purged while it has accounts, and O(protect), O(purge_scope) and
        O(allow_empty) apply as they do for deletions. A protected account stays enabled.
    type: str
    choices: [delete, disable]
    default: delete
    version_added: 0.8.0
  purge_scope:
    description:
      - Names of the WireGuard servers whose accounts and port forwards may be purged, or of the networks of a 2.x panel
        whose clients may be purged. All of them if not set.
      - Purging a server that still has accounts outside this scope is refused.
    type: list
    elements: str
  protect:
    description:
      - Shell-style patterns for names of objects that must not be deleted, such as V(ops_*). They match whole names
        and are case-sensitive, and V(*) also matches a slash.
      - The name of a port forward is C(server/port/protocol), so V(office/*) and V(*/443/tcp) match port forwards.
        Patterns without a slash usually match servers, accounts and firewall rules. The account of a port forward is
        not part of its name.
      - O(purge) skips protected objects and lists them in RV(protected). It also keeps the server of a protected
        account or port forward, and the account that a protected port forward leads to.
      - An account or a client with C(expired=absent) is disabled in place of deleted once it is expired, if it is
        protected or a protected port forward leads to it, and listed in RV(protected). Its access ends in any case.
      - Objects that are kept still occupy their addresses, user names, ports and slots in the license.
      - Any other deletion of a protected object is refused with RV(error_code=removal_refused). This applies to an item
        with C(state=absent), to an account that C(force=true) would delete along with its server, to an account or a
        server that O(recreate) would recreate, and to a port forward whose account would be deleted or recreated.
      - Updates are not deletions. A firewall rule or a port forward that O(config) changes may still be deleted and
        recreated, since the panel cannot edit it.
      - If a pattern contains a slash and accounts may be deleted, the port forwards of all servers are read, even if
        O(config) has no section V(port_forwards).
    type: list
    elements: str
    default: []
  max_deletes:
    description:
      - Maximum number of objects that a run may delete. A run that would delete more is refused before the first write.
      - Expired accounts and clients with C(expired=absent) count as well.
    type: int
  max_disables:
    description:
      - Maximum number of objects that O(purge) may disable with O(purge_action=disable). A run that would disable more
        is refused before the first write.
      - Accounts and clients that are disabled because O(config) says so, or because they are expired, do not count.
    type: int
    version_added: 0.8.0
  allow_empty:
    description:
      - Whether to purge a section for which O(config) lists no object that should exist. Such a list is usually a
        mistake, so the purge is refused if it would delete or disable anything.
    type: bool
    default: false
  on_error:
    description:
      - What to do with the remaining changes if one of them fails. In both cases, the task fails and reports what was
        done, and the next run completes the rest.
      - V(stop) starts no further change. An object that was deleted to be recreated is still recreated, or restored.
      - V(continue) makes all changes that do not depend on the failed one, unless the panel is unreachable or rejects
        the credential.
    type: str
    choices: [stop, continue]
    default: stop
  concurrency:
    description:
      - Maximum number of changes to send at the same time, from 1 to 16, each over a connection of its own.
      - Applies to accounts, port forwards and clients only. All other changes are sent one by one, and neither the plan
        nor the result depends on it.
      - If a change fails with O(on_error=stop), requests already in flight are completed.
    type: int
    default: 1
    version_added: 0.4.0
  expiry_warn_days:
    description:
      - How many days before its C(expires) an account or a client is listed in RV(expiring). With V(0), none is.
    type: int
    default: 14
    version_added: 0.8.0
  recreate:
    description:
      - Whether to delete and recreate objects when a field differs that the panel cannot update in place. Options that
        are not set are taken over from the old object. If V(false), the task fails before the first write and names the
        field.
      - An item can override this with an option of the same name.
    type: bool
    default: false
  include_secrets:
    description:
      - Whether RV(failures) contain the secrets of an object that was lost, so that it can be recreated.
notes:
  - Deletions come first, in the order of port forwards, accounts and servers, which frees names, addresses, ports and
    slots in the license. Settings and firewall rules follow, and a policy only becomes DROP after the rules that accept
    something. Servers, accounts and port forwards are created and updated last.
  - Accounts can swap addresses, also in a cycle. One of them temporarily gets a free address of its server.
  - A new account without C(allowed_ips) gets a free address of its server. If another client takes it in the meantime,
    addresses are chosen again for all accounts that remain to be created.
  - What is said about accounts and their servers also applies to the clients of a 2.x panel and their networks. The
    bandwidths of a new client are set with a second request. If the panel does not list its clients, or not with all of
    their options, those in O(config) are read one by one.
  - A port forward to an account that is recreated is recreated as well. The panel may drop port forwards to it that
    O(config) does not contain.
  - After one of the signals TERM, INT and HUP, or when the timeout of the task is reached, no further change is
    started. Requests already in flight are completed, and an object that was deleted to be recreated is recreated, or
    restored. The signal then takes effect, and the next run completes the rest.
  - The signal KILL cannot be deferred. The operating system sends it when memory runs out, and Ansible sends it to an
    asynchronous task that exceeds its time limit. An object that is being recreated at that moment is missing, and the
    next run creates it with new values, such as keys, for options that O(config) does not set.
  - Certificates, one-time links, the license and the users of the panel cannot be part of O(config).
seealso:
  - module: puqcloud.puqvpn.puqvpn_info
    description: Read the configuration of a panel in the form of O(config).
  - ref: ansible_collections.puqcloud.puqvpn.docsite.panels_2x
    description: What works on 2.x panels, and which facts about them are still open.
"""

EXAMPLES = r"""
- name: Ensure that a server and its accounts are as described, or show the differences with --check --diff
  puqcloud.puqvpn.puqvpn_apply:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    config:
      dns:
        max_cache_ttl: 600
      wireguard:
        - name: office
          address: 10.26.0.1/24
          b_download: 100
          b_upload: 100
      accounts:
        - name: anna
          wg_name: office
        - name: bert
          wg_name: office
          status: disable
      port_forwards:
        - wg_name: office
          dst_port: 8443
          protocol: tcp
          to_peer: anna
          to_port: 443

- name: Delete all accounts of a server that are not listed, except protected ones
  puqcloud.puqvpn.puqvpn_apply:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    config:
      accounts:
        - name: anna
          wg_name: office
        - name: carl
          wg_name: office
    purge: [accounts]
    purge_scope: [office]
    protect: ["ops_*"]
    max_deletes: 10

- name: Ensure the order of the firewall rules, with a rule of the panel between them
  puqcloud.puqvpn.puqvpn_apply:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    config:
      firewall_rules:
        - name: no_telnet
          action: DROP
          protocol: TCP
          d_port: 23
        - name: system_PUQVPNCP
        - name: ssh_of_the_office
          action: ACCEPT
          protocol: TCP
          s_ip: 192.0.2.0/24
          d_port: 22

- name: Make as many changes as possible, and report those that failed
  puqcloud.puqvpn.puqvpn_apply:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    config:
      accounts:
        - name: anna
          b_download: 50
        - name: carl
          b_download: 50
    on_error: continue

- name: Ensure that the clients in a network of a 2.x panel are as listed, and no others exist in it
  puqcloud.puqvpn.puqvpn_apply:
    url: https://vpn2.example.com
    token: "{{ vault_puqvpn_token }}"
    config:
      clients:
        - name: anna
          network_name: office
          b_download: 100
          b_upload: 100
        - name: bert
          network_name: office
          status: disable
    purge: [clients]
    purge_scope: [office]

- name: Give somebody access until a date, and others until they are no longer listed
  puqcloud.puqvpn.puqvpn_apply:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    config:
      accounts:
        - name: anna
          wg_name: office
          status: enable
        - name: carl
          wg_name: office
          status: enable
          expires: "2027-01-31"
    purge: [accounts]
    purge_action: disable
    max_disables: 5
  register: people

- name: Show whose access ends soon
  ansible.builtin.debug:
    msg: "{{ people.expiring }}"

- name: Create many accounts, eight at a time
  puqcloud.puqvpn.puqvpn_apply:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    config:
      accounts:
        - name: dora
          wg_name: office
        - name: emil
          wg_name: office
    concurrency: 8
"""

RETURN = r"""
plan:
  description: All changes, in the order in which they are made.
  type: list
  elements: dict
  returned: success, or when a change failed
  sample:
    - action: create
      kind: account
      name: carl
      fields: [name, wg_name, allowed_ips]
      reason: ""
      done: true
  contains:
    action:
      description: V(create), V(update), V(recreate) or V(delete).
      type: str
    kind:
      description: The kind of object, which is the name of its module without C(puqvpn_), for example V(account).
      type: str
    name:
      description: The name of the object, or of the section for settings.
      type: str
    fields:
      description: The fields that differ, or that a new object is given. V(position) is the place of a firewall rule.
      type: list
      elements: str
    reason:
      description:
        - Why the change is made although no item says so, for example V(expired on 2027-01-31) or
          V(not in config (purge\)). Empty otherwise.
      type: str
      version_added: 0.8.0
    done:
      description: Whether the change was made. Always V(false) in check mode.
      type: bool
summary:
  description:
    - The number of changes by RV(plan[].action), of items that are C(unchanged), and of changes that C(failed).
    - In templates, write C(summary['update']), since C(summary.update) is a method of every dictionary.
  type: dict
  returned: success, or when a change failed
  sample: {create: 1, update: 0, recreate: 0, delete: 1, unchanged: 1, failed: 0}
failures:
  description:
    - The changes that failed, with the keys below and those that the module of the object returns on failure, such as
      C(restored) and C(lost).
  type: list
  elements: dict
  returned: success, or when a change failed
  sample: []
  contains:
    kind:
      description: The kind of object, as in RV(plan[].kind).
      type: str
    name:
      description: The name of the object.
      type: str
    index:
      description: The index of the item in its list, from 0. V(null) for settings, and if no item caused the change.
      type: int
    error:
      description: The error message.
      type: str
    error_code:
      description: The error code.
      type: str
protected:
  description:
    - The objects that O(purge) would have deleted or disabled, or C(expired=absent) deleted, without O(protect). With
      the keys C(kind) and C(name) of RV(plan), sorted by kind, and then as on the panel.
  type: list
  elements: dict
  returned: success, or when a change failed
  sample:
    - {kind: account, name: ops_1}
expired:
  description:
    - The accounts and clients in O(config) whose C(expires) has passed, by date, also those that were disabled or
      deleted before. Without those that have C(state=absent).
  type: list
  elements: dict
  returned: success, or when a change failed
  version_added: 0.8.0
  sample:
    - {kind: account, name: carl, expires: "2027-01-31", days_left: -1}
  contains:
    kind:
      description: The kind of object, as in RV(plan[].kind).
      type: str
    name:
      description: The name of the object.
      type: str
    expires:
      description: The date as a day, or as a moment in UTC.
      type: str
    days_left:
      description: The days until then by the calendar in UTC. V(0) on the last day, and negative afterwards.
      type: int
expiring:
  description:
    - The accounts and clients in O(config) whose C(expires) is within O(expiry_warn_days), by date, with the keys of
      RV(expired).
  type: list
  elements: dict
  returned: success, or when a change failed
  version_added: 0.8.0
  sample:
    - {kind: account, name: bert, expires: "2027-02-14", days_left: 12}
refusals:
  description:
    - Why the deletions of this run, or the purge that disables, are refused. Outside check mode, the task fails with
      RV(error_code=removal_refused) if there are any. In check mode, they are returned along with the plan.
  type: list
  elements: dict
  returned: success, when a change failed, or when RV(error_code=removal_refused)
  sample:
    - reason: max_deletes
      message: the run would remove 2 objects, and max_deletes is 1.
      removals:
        - {kind: account, name: bert, reason: not in config (purge)}
        - {kind: account, name: carl, reason: expired on 2027-01-31}
  contains:
    reason:
      description:
        - V(empty_section) because of O(allow_empty), V(protected), V(max_deletes) or V(max_disables).
      type: str
    message:
      description: The reason as a sentence.
      type: str
    removals:
      description:
        - The objects that would be deleted, or disabled with V(max_disables), with the keys C(kind) and C(name) of
          RV(plan) and the C(reason).
      type: list
      elements: dict
unverified:
  description: By section, the options that were set but could not be compared, because the panel does not return them.
  type: dict
  returned: success, or when a change failed
  sample: {wireguard: [mtu]}
diff:
  description:
    - The fields that change, before and after, by section and name.
    - After a failure, it contains the changes that were made, and those that were sent but could not be verified.
  type: dict
  returned: success, or when a change failed
  sample: {before: {accounts: {anna: {b_download: 20}}}, after: {accounts: {anna: {b_download: 100}}}}
problems:
  description:
    - All errors in O(config), one entry for each error of each item. The error message of the task contains the first
      ten different ones, and the valid options.
  type: list
  elements: dict
  returned: when RV(error_code=invalid_config)
  sample:
    - section: accounts
      index: 3
      name: dora
      problem: wg_name offcie does not exist, neither on the panel nor in config.
  contains:
    section:
      description: The section of O(config).
      type: str
    index:
      description: The index of the item in its list, from 0. V(null) for settings, and for the section as a whole.
      type: int
    name:
      description: The name of the item, as far as it is known.
      type: str
    problem:
      description: The error as a sentence.
      type: str
removals:
  description:
    - The objects that would have been deleted, with the keys C(kind) and C(name) of RV(plan) and the C(reason).
  type: list
  elements: dict
  returned: when RV(error_code=removal_refused) or RV(error_code=invalid_config)
  sample:
    - {kind: account, name: bert, reason: not in config (purge)}
msg:
  description: A summary of the result in one line; on failure, the error message.
  type: str
  returned: always
  sample: 20 created, 1 changed, 3 unchanged; 27 requests in 0.8 s
requests:
  description: The number of HTTP requests that the task sent, retries included.
  type: int
  returned: success
  sample: 27
error_code:
  description:
    - A stable, machine-readable error code. V(invalid_config) and V(removal_refused) are reported before the first
      write. If a single change failed, it is the code of that failure, for example V(already_exists), and
      V(changes_failed) if several did.
  type: str
  returned: failure
  sample: invalid_config
panel_error:
  description: The error message returned by the panel; empty if there was none.
  type: str
  returned: failure
  sample: VPN account limit exceeded
"""

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._module.apply import OPTIONS, apply
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._task import BOTH_GENERATIONS, Task

TASK = Task(OPTIONS, apply, generations=BOTH_GENERATIONS)


def main() -> None:
    """Entry point of the module."""
    TASK.run()


if __name__ == "__main__":
    main()
