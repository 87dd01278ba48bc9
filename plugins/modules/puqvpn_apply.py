#!/usr/bin/python
# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: puqvpn_apply
short_description: Let a whole panel be as a document says
version_added: 0.3.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Takes a document that says what a PUQVPNCP panel should hold, reads what it holds, and makes the changes in
    between, in one task and over one connection.
  - The whole document is checked first. Everything that is wrong with it by itself is reported in one failure before
    the first request, such as unknown options, wrong values, and two items with the same name, address, username or
    port. Everything that is wrong with it on this panel is reported in another one. In both cases nothing is written.
  - Each family of objects is read once, whatever its size. Then only the changes are sent, and each family that was
    changed is read once more to verify them. A run that changes nothing costs the reads alone. Port forwards are read
    server by server, since the panel has no list of all.
  - A change of the firewall that would cut off the panel at any moment is refused, as by the single modules. One that
    cuts off SSH, the port in O(url) where that is not the panel's own, or the UDP port of a WireGuard server is warned
    of, and so is a TCP forward of port 22, of the panel's own port, or of the port in O(url). Such a forward costs a
    read of the firewall rules, and a change of the firewall that may concern UDP costs one of the WireGuard servers.
  - A document with the current content of a panel is RV(puqcloud.puqvpn.puqvpn_info#module:info.config).
  - Works with panels of the generation 1.x.
extends_documentation_fragment:
  - puqcloud.puqvpn.connection
  - puqcloud.puqvpn.attributes
  - puqcloud.puqvpn.attributes.actiongroup_all
  - puqcloud.puqvpn.modify
attributes:
  check_mode:
    support: full
    details:
      - Only reads are sent in check mode. The result is the plan.
      - What an earlier task of the same play may make is assumed to exist, with a warning that names it. That holds for
        the server of an account, for the server and the account of a port forward, for a server in O(purge_scope), and
        for an object of which an item says too little to create it. Addresses on such a server are not checked. The
        accounts of a server that goes are assumed to be removed before, unless O(config) has the section V(accounts).
      - What is in the way fails as it does for real, such as an address that another account has, or a license that is
        used up.
      - What a real run would refuse to remove is reported in RV(refusals), with a warning.
      - Where O(config) has no section V(firewall_rules), a rule that accepts the panel's own port and that an earlier
        task of the same play may add is assumed to exist, with a warning.
  diff_mode:
    support: full
    details:
      - The diff shows the fields that change, by section and name. Of a secret it only shows that it changes.
  idempotent:
    support: partial
    details:
      - Not with C(update_write_only=always) in an item and a field that the panel does not show.
options:
  config:
    description:
      - What the panel should hold, by section. A section that is not there is not touched.
      - The sections V(system_config), V(dns), V(firewall), V(ikev2_settings), V(traffic_logging) and V(backup_config)
        are dictionaries with the options of M(puqcloud.puqvpn.puqvpn_system_config), M(puqcloud.puqvpn.puqvpn_dns),
        M(puqcloud.puqvpn.puqvpn_firewall), M(puqcloud.puqvpn.puqvpn_ikev2_settings),
        M(puqcloud.puqvpn.puqvpn_traffic_logging) and M(puqcloud.puqvpn.puqvpn_backup_config), but for C(defaults). An
        option that is not given keeps its value.
      - The sections V(wireguard), V(accounts) and V(port_forwards) are lists of dictionaries with the options of
        M(puqcloud.puqvpn.puqvpn_wireguard), M(puqcloud.puqvpn.puqvpn_account) and
        M(puqcloud.puqvpn.puqvpn_port_forward), but for C(set_bandwidth). An account needs C(name), C(username) or
        C(allowed_ips), a server C(name) or C(interface_name).
      - The section V(firewall_rules) is the list of filter rules, in their order, with the options of
        M(puqcloud.puqvpn.puqvpn_firewall_rule) but for C(position). As many as can be stay where they are, the others
        are removed and added again. Rules that begin with C(system_) belong to the panel. Such a name alone may stand
        in the list, to say which rules are before it and which after.
      - Each item may have C(state=absent), to be removed. With C(force=true), the accounts of a server go with it.
    type: dict
    required: true
  purge:
    description:
      - The sections whose objects are removed when O(config) does not name them. Rules that begin with C(system_) stay.
      - The section must be in O(config).
      - What matches O(protect) stays, and so do the server and the account that it depends on.
    type: list
    elements: str
    choices: [firewall_rules, wireguard, accounts, port_forwards]
    default: []
  purge_scope:
    description:
      - The names of the WireGuard servers to which the purge of accounts and port forwards is limited. Without it, it
        is about all servers.
      - A server that still has accounts outside the scope is not removed, the task is refused.
    type: list
    elements: str
  protect:
    description:
      - Shell patterns of names that are kept, such as V(ops_*). They are compared with whole names, upper and lower
        case count, and V(*) also matches a slash.
      - The name of a port forward is C(server/port/protocol), so V(office/*) and V(*/443/tcp) match port forwards. A
        pattern without a slash is mostly about servers, accounts and firewall rules. The name of the account that a
        port forward leads to does not count.
      - O(purge) passes over a protected object, and RV(protected) lists it. It also keeps the server that a protected
        account or port forward belongs to, and the account that a protected port forward leads to.
      - Kept objects count. They have their addresses, usernames and ports, and a place in the license.
      - An explicit removal of a protected object is refused with RV(error_code=removal_refused). That is an item with
        C(state=absent), an account that would go with its server because of C(force=true), an account or a server that
        O(recreate) would remove and create again, and a port forward whose account would go or be created again.
      - Edits are not removals. A firewall rule or a port forward that O(config) changes may be removed and added again,
        since the panel cannot edit it.
      - With a pattern that has a slash in it, the port forwards of all servers are read when accounts may go, whether
        or not O(config) has the section V(port_forwards).
    type: list
    elements: str
    default: []
  max_deletes:
    description:
      - The maximum number of objects that one run may remove. A run that would remove more is refused, and nothing is
        written. What O(protect) keeps does not count.
      - In check mode, RV(refusals) reports it.
    type: int
  allow_empty:
    description:
      - Whether to purge a section of which O(config) names no object that should exist. Such a list is mostly a
        mistake, so a purge that would remove something because of it is refused otherwise. An empty section with
        nothing to remove is never refused.
      - In check mode, RV(refusals) reports it.
    type: bool
    default: false
  on_error:
    description:
      - What to do when a change fails. With V(stop) nothing further is begun, and what was removed to be made again is
        made, or put back as it was. With V(continue) the other changes are made, unless the panel is gone or lets us in
        no more; what depends on the failed one is left out.
      - In both cases the task fails, tells what was done, and the next run does the rest.
    type: str
    choices: [stop, continue]
    default: stop
  concurrency:
    description:
      - How many changes may be sent at the same time, from 1 to 16. Each needs a connection of its own.
      - It is about accounts and port forwards. Servers, settings and firewall rules are changed one by one, and the
        order of the kinds stays. The plan is the same, and so is the result.
      - When a change fails with O(on_error=stop), those that are on their way come to their end.
    type: int
    default: 1
    version_added: 0.4.0
  recreate:
    description:
      - What to do when an option differs that the panel cannot change later. With V(false) the task is refused and
        names it, with V(true) the object is removed and made again. What is not given is taken over from the old
        object.
      - An item can say so by itself, with an option of the same name.
    type: bool
    default: false
  include_secrets:
    description:
      - Whether RV(failures) hold the secrets of an object that was lost, so that it can be made again.
    type: bool
    default: false
notes:
  - The order is as follows. First removals, port forwards before accounts before servers, so that names, addresses,
    ports and places in the license become free. Then settings and firewall rules, and a policy becomes DROP only after
    the rules that accept something. Then servers, accounts and port forwards.
  - Accounts may exchange their addresses, also in a circle. One of them gets a free address of its server for a moment.
  - A new account without C(allowed_ips) gets a free address of its server. When others take it meanwhile, all that are
    still to come are planned anew.
  - Every edit ends the current connection of a client, and an edit of a server rebuilds its interface. Therefore
    nothing is sent when nothing differs.
  - A port forward to an account that has to be made again is made again, too. Of those that O(config) does not name,
    the panel may drop some.
  - Values that a panel does not show cannot be compared. RV(unverified) names them.
  - After one of the signals TERM, INT and HUP, and when the time limit of the task is over, nothing more is begun.
    Requests already in flight are completed, and what was removed to be made again is made, or put back as it was.
    Then the signal takes effect, and the next run does the rest.
  - Nothing can hold back the signal KILL, which the operating system sends when memory runs out, and Ansible to an
    asynchronous task whose time is over. What is removed at that moment to be made again is missing, and the next run
    creates it with new values for what O(config) does not give, such as keys.
  - Certificates, one-time links, the license and the users of the panel are no part of a document.
seealso:
  - module: puqcloud.puqvpn.puqvpn_info
    description: Read a panel as a document.
"""

EXAMPLES = r"""
- name: Let a panel hold a server and its accounts, and see the difference with --check --diff
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

- name: Let the accounts of one server be those in the document, and no others
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
    # Kept, although config does not name them.
    protect: ["ops_*"]
    max_deletes: 10

- name: Keep the order of the firewall rules, with the panel's own rule between them
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

- name: Make as many changes as possible, and tell which failed
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

- name: Make many accounts, eight at a time
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
  description:
    - All changes, in the order in which they are made.
  type: list
  elements: dict
  returned: success, or when a change failed
  sample:
    - action: create
      kind: account
      name: carl
      fields: [name, wg_name, allowed_ips]
      done: true
  contains:
    action:
      description: V(create), V(update), V(recreate) or V(delete).
      type: str
      returned: success
    kind:
      description: What is changed, for example V(account); the name of its module without C(puqvpn_).
      type: str
      returned: success
    name:
      description: The name of the object. Of settings it is that of their section.
      type: str
      returned: success
    fields:
      description:
        - The fields that differ, or that a new object is given. V(position) is the place of a firewall rule.
      type: list
      elements: str
      returned: success
    done:
      description: Whether the change was made. Always V(false) in check mode.
      type: bool
      returned: success
summary:
  description:
    - How many changes there were of each kind, in check mode how many there would be.
    - C(update) is the number of objects and settings that were changed. Templates read it as C(summary['update']),
      since C(summary.update) is a method that every dictionary has.
  type: dict
  returned: success, or when a change failed
  sample:
    create: 1
    update: 0
    recreate: 0
    delete: 1
    unchanged: 1
    failed: 0
  contains:
    create:
      description: The number of objects that were made.
      type: int
      returned: success
    recreate:
      description: The number of objects that were removed and made again.
      type: int
      returned: success
    delete:
      description: The number of objects that were removed.
      type: int
      returned: success
    unchanged:
      description: The number of items that were as they should be.
      type: int
      returned: success
    failed:
      description: The number of changes that failed.
      type: int
      returned: success
failures:
  description:
    - The changes that failed. Empty when there are none.
    - Further keys are those that the module of the object would return, such as C(restored) and C(lost).
  type: list
  elements: dict
  returned: success, or when a change failed
  sample: []
  contains:
    kind:
      description: What could not be changed, as in RV(plan[].kind).
      type: str
      returned: success
    name:
      description: The name of the object.
      type: str
      returned: success
    index:
      description: The place of its item in the list, from 0. V(null) for settings, and for what no item is about.
      type: int
      returned: success
    error:
      description: What went wrong, as a sentence.
      type: str
      returned: success
    error_code:
      description: What went wrong as a stable word.
      type: str
      returned: success
protected:
  description:
    - What O(purge) would have removed, and was kept because of O(protect). Sorted by kind, in the order of the panel.
  type: list
  elements: dict
  returned: success, or when a change failed
  sample:
    - kind: account
      name: ops_1
  contains:
    kind:
      description: What was kept, as in RV(plan[].kind).
      type: str
      returned: success
    name:
      description: The name of the object.
      type: str
      returned: success
refusals:
  description:
    - Why the run must not be carried out, because it would remove too much. For real it fails then, with
      RV(error_code=removal_refused). In check mode nothing can be removed, so the result has the plan, and these
      reasons next to it. Empty when there are none.
  type: list
  elements: dict
  returned: success, when a change failed, or when RV(error_code=removal_refused)
  sample:
    - reason: max_deletes
      message: the run would remove 2 objects, and max_deletes is 1.
      removals:
        - kind: account
          name: bert
        - kind: account
          name: carl
  contains:
    reason:
      description:
        - The reason as a stable word. V(empty_section) is about O(allow_empty), V(protected) about O(protect) and
          V(max_deletes) about O(max_deletes).
      type: str
      returned: success
    message:
      description: The reason as a sentence.
      type: str
      returned: success
    removals:
      description: The objects that would be removed, each with RV(plan[].kind) and RV(plan[].name).
      type: list
      elements: dict
      returned: success
unverified:
  description:
    - By section, the options that were given and that the panel does not show, so that nobody can tell whether they
      differ.
  type: dict
  returned: success, or when a change failed
  sample:
    wireguard: [mtu]
diff:
  description:
    - The fields that change, before and after, by section and name. Secrets are hidden.
    - After a failure these are the changes that were made, and those that were sent and could not be verified.
  type: dict
  returned: success, or when a change failed
  sample:
    before:
      accounts:
        anna:
          b_download: 20
    after:
      accounts:
        anna:
          b_download: 100
problems:
  description:
    - Everything that is wrong with O(config), one entry for each problem of each item. The message of the failure tells
      equal problems once, the first ten different ones, and which options are valid.
  type: list
  elements: dict
  returned: when RV(error_code=invalid_config)
  sample:
    - section: accounts
      index: 3
      name: dora
      problem: wg_name offcie is no WireGuard server, neither on the panel nor in config.
  contains:
    section:
      description: The section of O(config).
      type: str
      returned: failure
    index:
      description: The place of the item in its list, from 0. V(null) for settings, and for the section as a whole.
      type: int
      returned: failure
    name:
      description: The name of the item as far as it is known.
      type: str
      returned: failure
    problem:
      description: What is wrong, as a sentence.
      type: str
      returned: failure
removals:
  description: Everything that would have been removed.
  type: list
  elements: dict
  returned: when RV(error_code=removal_refused) or RV(error_code=invalid_config)
  sample:
    - kind: account
      name: bert
error_code:
  description:
    - What went wrong as a stable word. V(invalid_config) and V(removal_refused) are told before anything is written.
      When one change failed it is the word for that, for example V(already_exists), and V(changes_failed) when
      several did.
  type: str
  returned: failure
  sample: invalid_config
panel_error:
  description: The panel's own words, empty when it said nothing.
  type: str
  returned: failure
  sample: VPN account limit exceeded
"""

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._module.apply import OPTIONS, apply
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._task import Task

TASK = Task(OPTIONS, apply)


def main() -> None:
    """Entry point of the module."""
    TASK.run()


if __name__ == "__main__":
    main()
