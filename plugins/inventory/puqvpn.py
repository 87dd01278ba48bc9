# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: puqvpn
short_description: PUQ VPN inventory source
version_added: 0.3.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Creates an inventory host for each account of 1.x panels and for each client of 2.x panels. One file can contain
    panels of both generations. By default, Ansible connects to the address of the account or client in the tunnel.
  - With O(hosts=panels), creates a host for each panel instead, with its status as variables, and groups of panels that
    need attention.
  - Unless stated otherwise, everything about accounts also applies to clients of 2.x panels, and everything about
    WireGuard servers to networks.
  - The name of the configuration file must end with C(puqvpn.yml) or C(puqvpn.yaml), and the file must contain
    C(plugin=puqcloud.puqvpn.puqvpn).
  - Sends three requests to each 1.x panel and two to each 2.x panel, over one connection, or a single one with
    O(hosts=panels), and none to a panel that is cached. Panels are read in parallel.
  - All host variables except C(ansible_host) start with V(puqvpn_). Neither variables nor cache contain secrets.
  - On 1.x panels, the variables V(puqvpn_name), V(puqvpn_wg_name), V(puqvpn_status), V(puqvpn_username),
    V(puqvpn_allowed_ips), V(puqvpn_public_key), V(puqvpn_b_download), V(puqvpn_b_upload) and V(puqvpn_mangle) come from
    the account, as M(puqcloud.puqvpn.puqvpn_account) returns them.
  - On 2.x panels, the variables V(puqvpn_name), V(puqvpn_network_name), V(puqvpn_status), V(puqvpn_username),
    V(puqvpn_ipv4), V(puqvpn_ipv6), V(puqvpn_b_download) and V(puqvpn_b_upload) come from the client, as
    M(puqcloud.puqvpn.puqvpn_client) returns them. The plugin does not set a variable for a field that the panel does
    not show in its list of clients.
  - Every further field that the panel returns is a variable as well, for example V(puqvpn_allowed_ips_ipv6). A field
    that would replace a variable with another meaning in this collection, such as V(puqvpn_panel), V(puqvpn_url) or an
    option of a role, is omitted.
  - The plugin adds the variables V(puqvpn_online) (a boolean), V(puqvpn_online_protocols) (a list that can contain
    V(wireguard), V(ikev2) and, on 2.x panels, V(amneziawg) and V(openvpn)), V(puqvpn_endpoint) (the current address of
    the client, V(null) without a live session), V(puqvpn_panel) (the name of the panel) and V(puqvpn_panel_url). A 2.x
    panel may not show the protocol of a session. The client is online nevertheless.
  - With O(hosts=panels), the variables are V(puqvpn_url) and V(puqvpn_generation), the V(puqvpn_version),
    V(puqvpn_state), V(puqvpn_ready), V(puqvpn_license_valid), V(puqvpn_license_expires), V(puqvpn_license_days_left),
    V(puqvpn_accounts_used), V(puqvpn_accounts_limit), V(puqvpn_accounts_free) and V(puqvpn_wireguard_servers) that
    M(puqcloud.puqvpn.puqvpn_status) returns, and the V(puqvpn_healthy), V(puqvpn_reachable), V(puqvpn_violations) and
    V(puqvpn_violation_codes) that M(puqcloud.puqvpn.puqvpn_health) returns. What a panel does not show is V(null).
extends_documentation_fragment:
  - puqcloud.puqvpn.connection.plugins
  - puqcloud.puqvpn.connection.panels
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
options:
  plugin:
    description:
      - The name of this plugin. Marks the file as an inventory source for it.
    type: str
    required: true
    choices: [puqcloud.puqvpn.puqvpn]
  panels_from:
    description:
      - The name of a group. Its hosts, which an earlier inventory source must have defined, are the panels, instead of
        O(panels) or one panel. The name of a panel is that of its host.
      - Each host has the URL of its panel in the variable C(puqvpn_url), and its credential in C(puqvpn_access_hash) or
        C(puqvpn_token). Every other connection option can be a variable as well, for example C(puqvpn_ca_path) for
        O(ca_path). The connection options of this file and of the environment are the defaults, except O(url).
      - The variables can be set for hosts and groups in earlier inventory sources, in C(group_vars) and C(host_vars)
        beside these or beside this file, and as extra variables, with the usual precedence. They can be templates of
        other variables of the host, and encrypted with Ansible Vault. Files beside a playbook only, facts and
        C(hostvars) are not known when an inventory is read.
      - An inventory source only sees the groups of those before it. The order is that of C(-i), in a directory that of
        the file names.
    type: str
    version_added: 0.9.0
  hosts:
    description:
      - What becomes a host.
      - V(accounts) are the accounts of 1.x panels and the clients of 2.x panels.
      - V(panels) are the panels themselves. The name of a panel must be a host name as described in O(hostname). Hosts
        of O(panels_from) exist already. They keep all their variables, V(puqvpn_url) included, and get further ones.
      - The plugin does not set how Ansible connects to a panel, since a command for the machine of a panel must not run
        on the controller. Use C(connection=local) in plays with modules of this collection.
    type: str
    choices: [accounts, panels]
    default: accounts
    version_added: 0.9.0
  min_license_days:
    description:
      - A panel belongs to the group V(puqvpn_license_ending) if its license ends in fewer days. Only with
        O(hosts=panels).
    type: int
    default: 30
    version_added: 0.9.0
  min_free_accounts:
    description:
      - A panel belongs to the group V(puqvpn_slots_low) if it can have fewer further accounts. Only with
        O(hosts=panels).
    type: int
    default: 1
    version_added: 0.9.0
  on_unreachable:
    description:
      - What to do if a panel cannot be read, because it does not answer, stays busy for too long, refuses the
        credential or does not list its clients, or if it cannot be used, because it returns something that must not
        become the name, the address or a group of a host.
      - V(fail) adds no hosts at all and reports everything that is wrong in a single error.
      - V(skip) adds the hosts of the other panels and warns about this one. If accounts of several panels would become
        the same host, or their servers the same group, only these accounts are skipped, since it is unknown which panel
        is right.
      - With O(hosts=panels), V(skip) does not skip a panel that cannot be read, since you may look for it. The plugin
        warns about it and adds it to V(puqvpn_unreachable) or V(puqvpn_unreadable). Its status is V(null).
      - Invalid options, and with O(panels_from) also invalid variables, always fail the inventory.
    type: str
    choices: [fail, skip]
    default: fail
  hostname:
    description:
      - A template for the host name, which can use the variables of the account. Defaults to the name of the account.
        Only with O(hosts=accounts).
      - A host name consists of letters, digits, V(.), V(_), V(-), V(@) and V(+), starts with a letter, a digit or V(_),
        and has at most 200 bytes. IP addresses are accepted as well. Everything else is refused, since host names are
        also used as file names and as arguments of programs.
      - Two accounts never become the same host, and no host gets the name of a group, of the controller, of a panel, or
        of a host that another inventory source reaches at another address. If the names of accounts are not unique
        enough, the inventory fails and says so. V({{ puqvpn_panel }}_{{ puqvpn_name }}) is unique.
    type: str
  set_ansible_host:
    description:
      - Whether to set C(ansible_host) to the IPv4 address of the account in the tunnel, V(puqvpn_allowed_ips) on 1.x
        panels and V(puqvpn_ipv4) on 2.x panels. Only with O(hosts=accounts).
      - An account without an address is refused, and so is any value that is not the address of another machine.
      - With V(false), and without C(ansible_host) in O(compose), Ansible connects to whatever the host name resolves
        to. The panel controls that name, unless O(hostname) appends a domain of your own.
      - If O(compose) sets C(ansible_host), the value must be an IP address or a host name as described in O(hostname).
    type: bool
    default: true
  default_groups:
    description:
      - Whether to add hosts to the groups V(puqvpn_enabled) or V(puqvpn_disabled), V(puqvpn_online) during a live
        session, V(puqvpn_wg_NAME) for their WireGuard server on 1.x panels, V(puqvpn_network_NAME) for their network on
        2.x panels, and V(puqvpn_panel_NAME) for their panel. Characters that are invalid in a group name are replaced
        with V(_).
      - Names of servers and networks must consist of ASCII letters, digits, V(.), V(_) and V(-). Servers with the same
        name on several panels share a group, and so do networks. Those with different names never do, nor do panels. If
        V(office-1) and V(office_1) would share a group, the inventory fails and says so. Rename one of them, or set
        this to V(false) and define O(keyed_groups) yourself.
      - V(puqvpn_enabled), V(puqvpn_disabled), V(puqvpn_online) and the groups of panels exist even if they are empty.
      - With O(hosts=panels), the groups are V(puqvpn_panels) for all panels, V(puqvpn_generation_1) and
        V(puqvpn_generation_2), V(puqvpn_unreachable), V(puqvpn_unreadable) for panels that refuse to show their status,
        V(puqvpn_not_ready), V(puqvpn_license_ending), also for a license that is not valid, and V(puqvpn_slots_low).
        All of them exist even if they are empty.
    type: bool
    default: true
  filters:
    description:
      - Which accounts become hosts. An account must match all filters. Only with O(hosts=accounts).
      - Filters are applied after reading. The cache always contains all accounts.
      - O(filters.wg_name) only applies to 1.x panels, and O(filters.network_name) only to 2.x panels. With panels of
        both generations, set both or neither. The inventory fails if only the other one is set, since it is unknown
        whether all hosts of these panels are wanted or none.
      - The inventory fails if a filter needs a field that a 2.x panel does not show in its list of clients.
    type: dict
    suboptions:
      wg_name:
        description:
          - Names of WireGuard servers on 1.x panels, or shell patterns such as V(office_*). The account must belong to
            one of them. V([*]) means all servers and V([]) none.
        type: list
        elements: str
      network_name:
        description:
          - Names of networks on 2.x panels, or shell patterns such as V(office_*). The client must belong to one of
            them. V([*]) means all networks and V([]) none.
        type: list
        elements: str
        version_added: 0.7.0
      status:
        description:
          - Status of the account.
        type: str
        choices: [enable, disable]
      name:
        description:
          - Shell patterns such as V(office_*). The name of the account must match one of them.
        type: list
        elements: str
notes:
  - All options except O(hostname), O(compose), O(groups) and O(keyed_groups) can be templates, which are evaluated once
    when the file is read. They can use extra variables. Options can also be encrypted with Ansible Vault.
  - Keep the credential out of the file. Use an environment variable, a vault or a lookup instead, since Ansible shows
    the lines around a syntax error.
  - Data returned by panels is untrusted. It is never evaluated as a template, and it only becomes the name, the address
    or a default group of a host if it cannot be mistaken for anything else.
  - You are responsible for O(compose), O(groups) and O(keyed_groups). Set a C(prefix) in O(keyed_groups), since a panel
    could choose any group otherwise. Only V(all), V(ungrouped), the names of hosts and of the controller, and default
    groups that the host does not belong to are refused.
  - If a panel cannot list its live sessions or those of a protocol, for example because strongSwan is not installed or
    the token lacks the permission, a warning says so, and its accounts count as offline for that protocol.
  - The vendor does not document the list of clients of 2.x panels. The plugin accepts every container and spelling that
    can be expected, and fails if a panel has no such list.
  - Panels are cached separately, by file, name, URL and generation. A panel that could not be read or used is not
    cached. Filters, host names and groups are not cached either, nor is what is wrong with a panel. They are determined
    and checked each time.
  - An access hash is bound to one IP address, which must be that of the controller. A token can be limited to addresses
    and permissions. It must be allowed to read clients.
  - C(ansible-inventory) shows the variables of hosts, also the credentials that O(panels_from) reads from them. Encrypt
    these, or set them to a lookup.
seealso:
  - plugin: puqcloud.puqvpn.puqvpn
    plugin_type: lookup
    description: Read arbitrary data from a panel.
  - module: puqcloud.puqvpn.puqvpn_account
    description: Manage accounts of 1.x panels.
  - module: puqcloud.puqvpn.puqvpn_client
    description: Manage clients of 2.x panels.
"""

EXAMPLES = r"""
# office.puqvpn.yml: one panel. The credential comes from the environment variable PUQVPN_ACCESS_HASH.
---
plugin: puqcloud.puqvpn.puqvpn
url: https://vpn.example.com

# fleet.puqvpn.yml: several panels, of which oslo is a 2.x panel. Host names contain the name of the panel, and
# unreachable panels are skipped. Only some accounts and clients become hosts, with composed addresses and groups.
# Answers are cached for ten minutes.
---
plugin: puqcloud.puqvpn.puqvpn
access_hash: "{{ lookup('ansible.builtin.env', 'OFFICE_ACCESS_HASH') }}"
panels:
  - name: paris
    url: https://paris.example.com
  - name: rome
    url: https://rome.example.com
    access_hash: "{{ lookup('ansible.builtin.env', 'ROME_ACCESS_HASH') }}"
  - name: oslo
    url: https://oslo.example.com
    token: "{{ lookup('ansible.builtin.env', 'OSLO_TOKEN') }}"
hostname: "{{ puqvpn_panel }}_{{ puqvpn_name }}"
on_unreachable: skip
filters:
  wg_name: [office, branch]
  network_name: ["office_*"]
  status: enable
  name: ["router_*"]
set_ansible_host: false
compose:
  ansible_host: puqvpn_name ~ '.' ~ puqvpn_panel ~ '.example.com'
groups:
  slow: puqvpn_b_download < 10
keyed_groups:
  - key: puqvpn_online_protocols
    prefix: over
strict: true
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: /tmp/puqvpn_inventory
cache_timeout: 600

# accounts.puqvpn.yml: the accounts of all panels that inventory.yml lists as the hosts of the group panels, with their
# connection in the variables puqvpn_url and puqvpn_access_hash or puqvpn_token. Pass both, in this order:
# -i inventory.yml -i accounts.puqvpn.yml
---
plugin: puqcloud.puqvpn.puqvpn
panels_from: panels
hostname: "{{ puqvpn_panel }}_{{ puqvpn_name }}"

# panels.puqvpn.yml: the same panels with their status, and the groups puqvpn_license_ending, puqvpn_slots_low,
# puqvpn_not_ready and puqvpn_unreachable of those that need attention.
---
plugin: puqcloud.puqvpn.puqvpn
panels_from: panels
hosts: panels
on_unreachable: skip
min_license_days: 60
keyed_groups:
  - key: puqvpn_version | default('unknown', true)
    prefix: release
"""

import hashlib
import re
import secrets
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import groupby
from typing import Any

from ansible import constants as C  # noqa: N812  # its name everywhere in Ansible
from ansible.errors import AnsibleError, AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import OptionError
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._untrusted import (
    as_host_name,
    echo,
    escaped,
    means_this_machine,
    one_line,
)
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._inventory.account_hosts import AccountHosts
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._inventory.accounts import (
    FILTERS_OPTION,
    refuse_partial_filters,
)
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._inventory.compiled import compile_once
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._inventory.group import panels_in_group
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._inventory.hosts import (
    Conflicts,
    Host,
    as_template,
    as_variable,
    without_conflicts,
)
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._inventory.panel_hosts import (
    PanelHosts,
    refuse_taken_names,
)
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._inventory.panels import (
    PANELS_OPTION,
    InventoryPanel,
    Variables,
    panels_of,
    refuse_shared_groups,
)
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._plugin_client import (
    connection_options,
    errors_as,
    reader,
    refuse_unknown,
    validated,
)

# The options with suboptions, as an argument spec.
NESTED_OPTIONS = {"panels": PANELS_OPTION, "filters": FILTERS_OPTION}

# Options that only have a meaning with one value of ``hosts``.
_OPTIONS_OF = {
    "accounts": ("filters", "hostname", "set_ansible_host"),
    "panels": ("min_free_accounts", "min_license_days"),
}

# Evaluated for each host; all other options may be templates themselves.
_TEMPLATES_OF_HOSTS = ("hostname", "compose", "groups", "keyed_groups")

# The variables that decide where a host is reached.
_ADDRESSES = frozenset({"ansible_host", "ansible_ssh_host"})

# The groups of every inventory.
_ANSIBLES_GROUPS = ("all", "ungrouped")

_MOST_PANELS_AT_ONCE = 8


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):  # type: ignore[misc]  # ansible-core ships no types
    """Turn accounts and clients, or panels, into hosts."""

    NAME = "puqcloud.puqvpn.puqvpn"

    def verify_file(self, path: str) -> bool:
        """Return whether a file is meant for this plugin."""
        return bool(super().verify_file(path)) and path.endswith(("puqvpn.yml", "puqvpn.yaml"))

    def set_options(self, task_keys: Any = None, var_options: Any = None, direct: Any = None) -> None:
        """Set the options of the file. Templates are evaluated first, since Ansible converts options to their types."""
        with errors_as(AnsibleParserError):
            refuse_unknown(direct or (), self.option_definitions.keys())
        self.templar.available_variables = self._vars
        self._given = {name: self._evaluated(name, value) for name, value in (direct or {}).items()}
        super().set_options(task_keys=task_keys, var_options=var_options, direct=self._given)

    def _evaluated(self, name: str, value: Any) -> Any:
        if name in _TEMPLATES_OF_HOSTS:
            return value
        try:
            evaluated = self.templar.template(value)
            # Before ansible-core 2.19, an encrypted value is decrypted when it becomes a text.
            return str(evaluated) if getattr(evaluated, "__ENCRYPTED__", False) else evaluated
        except AnsibleError as error:
            # Without its origin, around which Ansible would show the lines of the file.
            raise AnsibleParserError(f"{name} cannot be evaluated: {error.message}") from None

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        """Fill the inventory. Everything is read and checked before the first host is added."""
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        with errors_as(AnsibleParserError):
            self._refuse_options_of_others()
            nested = validated(NESTED_OPTIONS, {name: self._given.get(name) for name in NESTED_OPTIONS})
            panels = self._panels(nested["panels"])
            self._host_source: AccountHosts | PanelHosts = (
                self._panel_hosts(panels)
                if self._hosts_are_panels
                else self._account_hosts(panels, nested["filters"] or {})
            )
        hosts = self._hosts(panels, path, cache)
        self._default_groups = self._groups_by_default(panels, hosts)
        others = set(self.inventory.hosts)
        self._add(hosts)
        self._construct_all(hosts, others)

    @property
    def _hosts_are_panels(self) -> bool:
        return bool(self.get_option("hosts") == "panels")

    def _refuse_options_of_others(self) -> None:
        """Refuse options that would have no effect.

        :raises OptionError: one of them is set.
        """
        for hosts, names in _OPTIONS_OF.items():
            for name in names:
                if hosts != self.get_option("hosts") and self._given.get(name) is not None:
                    raise OptionError(f"{name} only has a meaning with hosts: {hosts}", hint="Remove it.")

    def _panels(self, panels: list[dict[str, Any]] | None) -> list[InventoryPanel]:
        """Return the panels of the file, or of the group that it names.

        :raises OptionError: they are not described in one way, or the options of one of them are invalid.
        """
        options = connection_options(self._given)
        group = self._given.get("panels_from")
        if group is None:
            return panels_of(options, panels)
        for name in ("panels", "url"):
            if self._given.get(name) is not None:
                raise OptionError(
                    f"{name} and panels_from are both set, but they are mutually exclusive",
                    hint="With panels_from, the panels are the hosts of a group, and puqvpn_url is the URL of each.",
                )
        panels = panels_in_group(str(group), self.inventory, self.loader, self._vars, self._evaluated_for_host)
        self.templar.available_variables = self._vars
        return panels_of(options, panels, are_hosts=True)

    def _evaluated_for_host(self, name: str, value: Any, variables: Variables) -> Any:
        self.templar.available_variables = variables
        return self._evaluated(name, value)

    def _account_hosts(self, panels: list[InventoryPanel], filters: dict[str, Any]) -> AccountHosts:
        default_groups = self.get_option("default_groups")
        if default_groups:
            refuse_shared_groups(panels)
        refuse_partial_filters(filters, panels)
        self._check_hostname()
        set_ansible_host = self.get_option("set_ansible_host")
        return AccountHosts(filters, self._names, set_ansible_host=set_ansible_host, default_groups=default_groups)

    def _panel_hosts(self, panels: list[InventoryPanel]) -> PanelHosts:
        requirements = {name: self.get_option(name) for name in _OPTIONS_OF["panels"]}
        source = PanelHosts(requirements, with_unreadable=self._skips)
        groups = self._groups_with(source.groups(panels) if self.get_option("default_groups") else ())

        def taken(name: str) -> str:
            """Return what has the name of a host already; empty if nothing has."""
            if name in groups:
                return "which a group has"
            if means_this_machine(name):
                return "which is that of the controller"
            known = self.inventory.hosts.get(name)
            return "which an account has" if known and "puqvpn_panel_url" in known.vars else ""

        refuse_taken_names(panels, taken)
        return source

    def _check_hostname(self) -> None:
        hostname = self.get_option("hostname")
        if hostname is not None and "{" not in hostname:
            raise AnsibleParserError(
                f"hostname is {echo(hostname)}, which is the same for every host. Use a template, for "
                'example "{{ puqvpn_panel }}_{{ puqvpn_name }}".'
            )

    @property
    def _skips(self) -> bool:
        return bool(self.get_option("on_unreachable") == "skip")

    def _leave_out(self, failures: list[str]) -> None:
        """Warn about panels whose hosts are left out, or fail if none may be."""
        if failures and not self._skips:
            raise AnsibleParserError(" ".join(failures))
        for failure in failures:
            self.display.warning(f"{failure} Its hosts are left out of the inventory.")

    # --- Reading

    def _hosts(self, panels: list[InventoryPanel], path: str, cache: bool) -> list[Host]:
        """Return the hosts of all panels in their order, without hosts that conflict with others or with groups."""
        found, failures = self._hosts_by_panel(panels, path, cache)
        hosts = [host for panel in panels for host in found.get(panel.name, ())]
        taken = {} if self._hosts_are_panels else self._taken(panels, hosts)
        if not self._skips:
            conflicts = Conflicts.among(hosts, taken)
            self._leave_out([*failures, str(conflicts)] if conflicts else failures)
            return hosts
        hosts, at_fault, between = without_conflicts(hosts, taken)
        self._leave_out([*failures, *(_unusable(panel, conflicts) for panel, conflicts in at_fault.items())])
        if between:
            self.display.warning(f"{between} These hosts are left out of the inventory.")
        return hosts

    def _hosts_by_panel(
        self, panels: list[InventoryPanel], path: str, cache: bool
    ) -> tuple[dict[str, list[Host]], list[str]]:
        """Return the hosts of each panel by its name, from the cache if possible, and the failures of the others."""
        caching = self.get_option("cache")
        keys = {panel.name: self._key(path, panel) for panel in panels}
        found: dict[str, list[Host]] = {}
        failures: list[str] = []
        if caching and cache:
            kept = {panel.name: self._kept_hosts(panel, keys[panel.name]) for panel in panels}
            found = {name: hosts for name, hosts in kept.items() if hosts is not None}
        with ThreadPoolExecutor(max_workers=_MOST_PANELS_AT_ONCE) as threads:
            answers = [(panel, threads.submit(self._read, panel)) for panel in panels if panel.name not in found]
        for panel, answer in answers:
            try:
                answered = answer.result()
                found[panel.name] = self._hosts_of(panel, answered)
            except AnsibleParserError as error:
                failures.append(error.message)
                continue
            # Values that cannot be used are not cached: the next run reads the panel again.
            entry = self._host_source.to_keep(answered) if caching else None
            if entry:
                self._cache[keys[panel.name]] = entry
        return found, failures

    def _read(self, panel: InventoryPanel) -> Any:
        # The list of an inventory is data for programs, to which the variables of an earlier source belong.
        with _failing(panel, "read"), reader(panel.connection, masks_credential=not panel.is_host) as client:
            return self._host_source.read(panel, client)

    def _key(self, path: str, panel: InventoryPanel) -> str:
        """Return the cache key of a panel. It depends on the file, name, URL and generation, not on the credential."""
        identity = "\n".join((path, panel.name, panel.connection.root, str(panel.connection.generation)))
        return f"{self.get_cache_key(path)}_{hashlib.sha256(identity.encode()).hexdigest()[:16]}"

    def _kept_hosts(self, panel: InventoryPanel, key: str) -> list[Host] | None:
        """Return the hosts of a panel from the cache; None if it contains nothing usable."""
        try:
            kept = self._cache[key]
        except Exception:
            # Nothing is cached, or a cache plugin fails in its own way with what it has found.
            return None
        answered = self._host_source.kept(panel, kept) if isinstance(kept, dict) else None
        try:
            return None if answered is None else self._hosts_of(panel, answered)
        except AnsibleParserError:
            return None

    # --- Hosts

    def _hosts_of(self, panel: InventoryPanel, answered: Any) -> list[Host]:
        """Return the hosts that a panel has, or is.

        :raises AnsibleParserError: with everything that is wrong with them.
        """
        with _failing(panel, "used"):
            return list(self._host_source.of(panel, answered))

    def _names(self, accounts: list[Variables]) -> list[str]:
        """Return the host names of the accounts, whatever they contain."""
        hostname = self.get_option("hostname")
        if hostname is None or not accounts:
            return [account["puqvpn_name"] for account in accounts]
        # Ansible compiles a template each time it is evaluated, which would take longer than everything else here. So
        # a single template renders all names, in a loop around that of the user. No panel can guess the separator.
        separator = f"\x1f{secrets.token_hex()}\x1f"
        used = sorted(set(re.findall(r"\bpuqvpn_\w+", hostname)))
        own = ", ".join(f"{name}=puqvpn.{name}" for name in used)
        loop = "{% for puqvpn in puqvpn_accounts %}" + separator + "{% with " + own + " %}"
        self.templar.available_variables = {
            **self._vars,
            "puqvpn_accounts": [{name: account[name] for name in used if name in account} for account in accounts],
        }
        try:
            text = self.templar.template(as_template(loop + hostname + "{% endwith %}{% endfor %}"))
        except Exception as error:
            # Before ansible-core 2.19, whatever a filter or an operator raises for a value of a panel arrives here.
            raise AnsibleParserError(f"hostname cannot be evaluated: {_words(error)}") from None
        # The method of str itself: before ansible-core 2.19, a single unsafe name would make all names unsafe.
        return [name.strip() for name in str.split(text, separator)[1:]]

    def _groups_by_default(self, panels: list[InventoryPanel], hosts: list[Host]) -> dict[str, None]:
        """Return the default groups without duplicates."""
        if not self.get_option("default_groups"):
            return {}
        fixed = self._host_source.groups(panels)
        return dict.fromkeys((*fixed, *(group for host in hosts for group in host.default_groups)))

    def _groups_with(self, default_groups: Iterable[str]) -> set[str]:
        """Return the names of the groups that exist, of these, and of those in ``groups``."""
        composed = (super(InventoryModule, self)._sanitize_group_name(str(name)) for name in self.get_option("groups"))
        return {*self.inventory.groups, *default_groups, *composed}

    def _taken(self, panels: list[InventoryPanel], hosts: list[Host]) -> dict[str, str]:
        """Return the names that the host of an account must not have, and what has them.

        Ansible would give the variables of the host to the group, and mistake the client of a VPN for the controller,
        or for a host that is reached elsewhere.
        """
        groups = self._groups_with(self._groups_by_default(panels, hosts))
        others = (host.name for host in hosts if self._is_another(host))
        return {
            **dict.fromkeys(others, "a host of another inventory source"),
            **dict.fromkeys((panel.name for panel in panels if panel.is_host), "a panel"),
            **dict.fromkeys((host.name for host in hosts if means_this_machine(host.name)), "the controller"),
            **dict.fromkeys(groups, "a group"),
        }

    def _is_another(self, host: Host) -> bool:
        """Return whether another source has a host of the same name that is a panel, or is reached elsewhere."""
        known = self.inventory.hosts.get(host.name)
        if known is None:
            return False
        if "puqvpn_url" in known.vars:
            return True
        own = {
            "puqvpn_panel_url": host.panel.connection.root,
            **({"ansible_host": host.address} if host.address else {}),
        }
        return any(known.vars.get(name, value) != value for name, value in own.items())

    def _add(self, hosts: list[Host]) -> None:
        for group in self._default_groups:
            self.inventory.add_group(group)
        for host in hosts:
            self.inventory.add_host(host.name)
            # On the host itself: the methods of the inventory look up each name again, and take groups for hosts.
            entry = self.inventory.hosts[host.name]
            for variable, value in host.variables.items():
                entry.set_variable(variable, value)
            if host.address:
                entry.set_variable("ansible_host", as_variable(host.address))
            for group in host.default_groups if self._default_groups else ():
                self.inventory.add_child(group, host.name)

    # --- What users compose

    def _construct_all(self, hosts: list[Host], others: set[str]) -> None:
        """Add the variables and groups that users compose. ``others`` are hosts that existed before."""
        compile_once(self.templar)
        failures = []
        for name, of_panel in groupby(hosts, key=lambda host: host.panel.name):
            added = list(of_panel)
            try:
                for host in added:
                    self._construct(host)
            except Exception as error:
                # Ansible raises errors of any type here, for example for a group that would be its own parent.
                failures.append(_unusable(name, _words(error)))
                for host in added if self._skips else hosts:
                    if host.name not in others and host.name in self.inventory.hosts:
                        self.inventory.remove_host(self.inventory.hosts[host.name])
        self._leave_out(failures)

    def _construct(self, host: Host) -> None:
        self._constructing = host
        strict = self.get_option("strict")
        self._set_composite_vars(self.get_option("compose"), host.variables, host.name, strict)
        self._check_composed_address(host)
        self._add_host_to_composed_groups(self.get_option("groups"), host.variables, host.name, strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), host.variables, host.name, strict)

    def _check_composed_address(self, host: Host) -> None:
        """Refuse an invalid address that users compose of texts of a panel: ssh might take it for an option."""
        for variable in _ADDRESSES & self.get_option("compose").keys():
            value = self.inventory.hosts[host.name].vars.get(variable)
            if value in (None, ""):
                # No address at all. Before ansible-core 2.19 it is an empty text.
                continue
            try:
                as_host_name(value)
            except ValueError as reason:
                raise AnsibleParserError(
                    f"compose sets {variable} of {host.label} to {escaped(value)}, which {reason}. Correct the values "
                    f"on the panel, {host.exclusion}or change compose."
                ) from None

    def _sanitize_group_name(self, name: str) -> str:
        """Return the safe name of a group in ``groups`` or ``keyed_groups``, which may contain texts of a panel.

        In ``hosts`` of a play, Ansible prefers groups to hosts: ``hosts: localhost`` would leave the controller.
        """
        group = str(super()._sanitize_group_name(name))
        own = () if group in self._constructing.default_groups else self._default_groups
        if group in _ANSIBLES_GROUPS or group in own or group in self.inventory.hosts or group in C.LOCALHOST:
            raise AnsibleParserError(
                f"groups or keyed_groups would create a group with the name {one_line(group)}, which a host or another "
                "group has. Use a unique prefix."
            )
        return group


@contextmanager
def _failing(panel: InventoryPanel, what: str) -> Iterator[None]:
    """Name the panel in errors."""
    try:
        with errors_as(AnsibleParserError):
            yield
    except AnsibleParserError as error:
        raise AnsibleParserError(f"Panel {one_line(panel.name)} cannot be {what}: {error.message}") from None


def _words(error: Exception) -> str:
    """Return the message of an error on one line, without the origin that Ansible would show around it."""
    return one_line(error.message if isinstance(error, AnsibleError) else error)


def _unusable(panel: str, reason: object) -> str:
    return f"Panel {one_line(panel)} cannot be used: {reason}"
