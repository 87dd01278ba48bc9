# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: puqvpn
short_description: The accounts of panels as hosts
version_added: 0.3.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Makes a host of every VPN account of one or more PUQVPNCP panels. Its address is that of the account in the tunnel.
  - The file must end in C(puqvpn.yml) or C(puqvpn.yaml), and hold C(plugin=puqcloud.puqvpn.puqvpn).
  - Costs at most three requests for each panel, on one connection, and none for a panel that is in the cache. Panels
    are read at the same time.
  - All variables of a host begin with V(puqvpn_), but for C(ansible_host). They hold no secret, and neither does the
    cache.
  - The variables that come from the account are V(puqvpn_name), V(puqvpn_wg_name), V(puqvpn_status),
    V(puqvpn_username), V(puqvpn_allowed_ips), V(puqvpn_public_key), V(puqvpn_b_download), V(puqvpn_b_upload),
    V(puqvpn_mangle), V(puqvpn_allowed_ips_ipv6) where the panel shows it, and whatever else it shows.
  - Beside these there are V(puqvpn_online) (true or false), V(puqvpn_online_protocols) (a list of V(wireguard) and
    V(ikev2)), V(puqvpn_endpoint) (where the client of a live session is, V(null) without one), V(puqvpn_panel) (the
    name of the panel) and V(puqvpn_panel_url).
  - Works with panels of the generation 1.x.
extends_documentation_fragment:
  - puqcloud.puqvpn.connection.plugins
  - puqcloud.puqvpn.connection.panels
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
options:
  plugin:
    description:
      - The name of this plugin, which makes the file one for it.
    type: str
    required: true
    choices: [puqcloud.puqvpn.puqvpn]
  on_unreachable:
    description:
      - What to do when a panel cannot be read, because it does not answer, is busy for too long or refuses the
        credential.
      - With V(fail) there are no hosts at all. With V(skip) a warning names the panel, and there are the hosts of the
        others.
    type: str
    choices: [fail, skip]
    default: fail
  hostname:
    description:
      - The template of a host name, with the variables of the account in it. Without it, the name of the account is the
        host name.
      - Two accounts never become one host, and no host gets the name of a group or of the controller. When the names
        of accounts are not enough for that, the inventory fails and says so, and
        V({{ puqvpn_panel }}_{{ puqvpn_name }}) is what helps.
    type: str
  set_ansible_host:
    description:
      - Whether C(ansible_host) is the IPv4 address of the account in the tunnel.
    type: bool
    default: true
  default_groups:
    description:
      - Whether hosts are put into the groups V(puqvpn_enabled) or V(puqvpn_disabled), V(puqvpn_online) while there is a
        live session, V(puqvpn_wg_NAME) for their WireGuard server and V(puqvpn_panel_NAME) for their panel. Characters
        that cannot stand in the name of a group become V(_).
      - V(puqvpn_enabled), V(puqvpn_disabled), V(puqvpn_online) and the groups of panels are also there when they are
        empty.
    type: bool
    default: true
  filters:
    description:
      - Which accounts become hosts. They must fit all of what is given here.
      - All accounts are read and kept in the cache, whatever is given here.
    type: dict
    suboptions:
      wg_name:
        description:
          - The names of the WireGuard servers.
        type: list
        elements: str
      status:
        description:
          - Whether the account may connect.
        type: str
        choices: [enable, disable]
      name:
        description:
          - Shell patterns such as V(office_*), of which the name of the account must fit one.
        type: list
        elements: str
notes:
  - All options but O(hostname), O(compose), O(groups) and O(keyed_groups) can be templates, which are evaluated once
    when the file is read. Extra variables can be used in them. Options can be encrypted with Ansible Vault as well.
  - Keep the credential out of the file, in the environment, in a vault or in a lookup. Ansible shows the lines around a
    mistake in a file.
  - What a panel tells is never taken for a template, whatever it holds.
  - A panel that has no list of live sessions of a protocol, for example because strongSwan is not installed there, is
    told in a warning. Its accounts then count as not online over that protocol.
  - In the cache, each panel is kept for itself, under the file, its name and its URL. A panel that could not be read is
    asked again the next time. Filters, names and groups are made anew each time.
  - An access hash only works from one address, which must be that of the controller here.
seealso:
  - plugin: puqcloud.puqvpn.puqvpn
    plugin_type: lookup
    description: Read anything from a panel.
  - module: puqcloud.puqvpn.puqvpn_account
    description: Manage an account.
"""

EXAMPLES = r"""
# office.puqvpn.yml, one panel. The credential comes from the environment variable PUQVPN_ACCESS_HASH.
plugin: puqcloud.puqvpn.puqvpn
url: https://vpn.example.com
---
# Several panels, with names that tell their accounts apart. A panel that is down does no harm to the others.
plugin: puqcloud.puqvpn.puqvpn
access_hash: "{{ lookup('ansible.builtin.env', 'OFFICE_ACCESS_HASH') }}"
panels:
  - name: paris
    url: https://paris.example.com
  - name: rome
    url: https://rome.example.com
    access_hash: "{{ lookup('ansible.builtin.env', 'ROME_ACCESS_HASH') }}"
hostname: "{{ puqvpn_panel }}_{{ puqvpn_name }}"
on_unreachable: skip
---
# Some of the accounts, in groups of one's own, kept for ten minutes.
plugin: puqcloud.puqvpn.puqvpn
url: https://vpn.example.com
filters:
  wg_name: [office, branch]
  status: enable
  name: ["router_*"]
set_ansible_host: false
compose:
  ansible_host: puqvpn_name ~ '.vpn.example.com'
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
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible import constants as C  # noqa: N812  # its name everywhere in Ansible
from ansible.errors import AnsibleError, AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.utils.unsafe_proxy import wrap_var
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._untrusted import one_line
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._fleet import (
    NESTED_OPTIONS,
    Panel,
    Variables,
    panels_of,
    read_accounts,
    wanted_by,
)
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._panel import (
    connection_options,
    errors_as,
    reader,
    refuse_unknown,
    validated,
)

try:
    from ansible.template import trust_as_template
except ImportError:
    # ansible-core 2.18 trusts every text that is not marked as unsafe.
    trust_as_template = str

# These are evaluated for each host; all other options can be templates of their own.
_TEMPLATES_OF_HOSTS = ("hostname", "compose", "groups", "keyed_groups")

_STATUS_GROUPS = {"enable": "puqvpn_enabled", "disable": "puqvpn_disabled"}
_ONLINE_GROUP = "puqvpn_online"

_MOST_PANELS_AT_ONCE = 8
_MOST_EXAMPLES = 5
_WORD = re.compile(r"[A-Za-z0-9_.:/+=@\[\]-]*")
# Stands between host names, none of which can hold it.
_SEPARATOR = "\x1f"


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):  # type: ignore[misc]  # ansible-core ships no types
    """Makes hosts of accounts."""

    NAME = "puqcloud.puqvpn.puqvpn"

    def verify_file(self, path: str) -> bool:
        """True for the files that are meant for this plugin."""
        return bool(super().verify_file(path)) and path.endswith(("puqvpn.yml", "puqvpn.yaml"))

    def set_options(self, task_keys: Any = None, var_options: Any = None, direct: Any = None) -> None:
        """Take the options of the file. Ansible converts them to their types, so templates must be evaluated before."""
        with errors_as(AnsibleParserError):
            refuse_unknown(direct or (), self.option_definitions.keys())
        self.templar.available_variables = self._vars
        self._given = {name: self._evaluated(name, value) for name, value in (direct or {}).items()}
        super().set_options(task_keys=task_keys, var_options=var_options, direct=self._given)

    def _evaluated(self, name: str, value: Any) -> Any:
        if name in _TEMPLATES_OF_HOSTS:
            return value
        try:
            return self.templar.template(value)
        except AnsibleError as error:
            # Without its origin, around which Ansible would show the lines of the file.
            raise AnsibleParserError(f"{name} is a template that cannot be evaluated: {error.message}") from None

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        """Fill the inventory. Everything is read and checked before the first host is added."""
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        with errors_as(AnsibleParserError):
            nested = validated(NESTED_OPTIONS, {name: self._given.get(name) for name in NESTED_OPTIONS})
            panels = panels_of(connection_options(self._given), nested["panels"])
        found = self._accounts(panels, path, cache)
        wanted = wanted_by(nested["filters"])
        accounts = [
            {
                **{name: _variable(value) for name, value in account.items()},
                "puqvpn_panel": _variable(panel.name),
                "puqvpn_panel_url": _variable(panel.connection.root),
            }
            for panel in panels
            for account in found.get(panel.name, ())
            if wanted(account)
        ]
        if self.get_option("default_groups"):
            groups = [*_STATUS_GROUPS.values(), _ONLINE_GROUP, *(f"puqvpn_panel_{panel.name}" for panel in panels)]
            for group in dict.fromkeys((*groups, *(name for account in accounts for name in _groups_of(account)))):
                self.inventory.add_group(self._sanitize_group_name(group))
        names = self._names(accounts)
        self._refuse_conflicts(names, accounts)
        for name, account in zip(names, accounts):
            self._add(name, account)

    # --- Reading

    def _accounts(self, panels: list[Panel], path: str, cache: bool) -> dict[str, list[Variables]]:
        """The accounts of every panel that can be read, by its name; from the cache where it holds them."""
        caching = self.get_option("cache")
        keys = {panel.name: self._key(path, panel) for panel in panels}
        found: dict[str, list[Variables]] = {}
        if caching and cache:
            kept = {panel.name: self._kept(keys[panel.name]) for panel in panels}
            found = {name: accounts for name, accounts in kept.items() if accounts is not None}
        for name, accounts in self._asked([panel for panel in panels if panel.name not in found]).items():
            found[name] = accounts
            if caching:
                self._cache[keys[name]] = {"accounts": accounts}
        return found

    def _asked(self, panels: list[Panel]) -> dict[str, list[Variables]]:
        """What the panels answer, all asked at the same time."""
        found: dict[str, list[Variables]] = {}
        failures: list[str] = []
        with ThreadPoolExecutor(max_workers=_MOST_PANELS_AT_ONCE) as threads:
            answers = [(panel, threads.submit(_read, panel)) for panel in panels]
        for panel, answer in answers:
            try:
                found[panel.name] = answer.result()
            except AnsibleParserError as error:
                failures.append(f"Panel {one_line(panel.name)} cannot be read: {error.message}")
        if failures and self.get_option("on_unreachable") == "fail":
            raise AnsibleParserError(" ".join(failures))
        for failure in failures:
            self.display.warning(f"{failure} Its accounts are left out of the inventory.")
        return found

    def _key(self, path: str, panel: Panel) -> str:
        """Where the cache keeps a panel: another file, name or URL is another place. Credentials have no part in it."""
        identity = "\n".join((path, panel.name, panel.connection.root))
        return f"{self.get_cache_key(path)}_{hashlib.sha256(identity.encode()).hexdigest()[:16]}"

    def _kept(self, key: str) -> list[Variables] | None:
        """What the cache keeps; None when that is nothing, or of no use."""
        try:
            kept = self._cache[key]
        except Exception:
            # Nothing is kept, or a cache plugin fails in a way of its own with what it has found.
            return None
        accounts = kept.get("accounts") if isinstance(kept, dict) else None
        if not isinstance(accounts, list):
            return None
        whole = all(isinstance(one, dict) and isinstance(one.get("puqvpn_name"), str) for one in accounts)
        return accounts if whole else None

    # --- Hosts

    def _names(self, accounts: list[Variables]) -> list[str]:
        """The host names of the accounts."""
        hostname = self.get_option("hostname")
        if hostname is None or not accounts:
            return [account["puqvpn_name"] for account in accounts]
        if "{" not in hostname:
            raise AnsibleParserError(
                f"hostname is {one_line(hostname)}, which is the same for every account. Write it as a template, for "
                'example "{{ puqvpn_panel }}_{{ puqvpn_name }}".'
            )
        # Ansible compiles a template each time that it is evaluated, which would take longer than everything else here.
        # So one template makes all names, in a loop around that of the user.
        used = sorted(set(re.findall(r"\bpuqvpn_\w+", hostname)))
        own = ", ".join(f"{name}=puqvpn.{name}" for name in used)
        loop = "{% for puqvpn in puqvpn_accounts %}" + _SEPARATOR + "{% with " + own + " %}"
        self.templar.available_variables = {
            **self._vars,
            "puqvpn_accounts": [{name: one[name] for name in used if name in one} for one in accounts],
        }
        try:
            text = self.templar.template(trust_as_template(loop + hostname + "{% endwith %}{% endfor %}"))
        except AnsibleError as error:
            raise AnsibleParserError(f"hostname cannot be evaluated: {error.message}") from None
        # The method of str itself: on ansible-core 2.18, a single unsafe name would make all names unsafe.
        return [_variable(name.strip()) for name in str.split(text, _SEPARATOR)[1:]]

    def _refuse_conflicts(self, names: list[str], accounts: list[Variables]) -> None:
        """Two accounts are never merged into one host, and no account becomes a group or the controller."""
        if len(names) != len(accounts) or not all(name and name.isprintable() for name in names):
            raise AnsibleParserError("A host name must not be empty, nor hold a control character. Check hostname.")
        panels = defaultdict(list)
        for name, account in zip(names, accounts):
            panels[name].append(account["puqvpn_panel"])
        wrong = [f"{name} (in {' and '.join(found)})" for name, found in panels.items() if len(found) > 1]
        taken = {**dict.fromkeys(C.LOCALHOST, "the controller"), **dict.fromkeys(self.inventory.groups, "a group")}
        wrong += [f"{name} ({taken[name]})" for name in panels if name in taken]
        if wrong:
            told = one_line(", ".join(wrong[:_MOST_EXAMPLES])) + (" and more" if len(wrong) > _MOST_EXAMPLES else "")
            raise AnsibleParserError(
                f"Some host names do not stand for one account alone, {len(wrong)} in all: {told}. "
                'Let hostname tell them apart, for example hostname: "{{ puqvpn_panel }}_{{ puqvpn_name }}".'
            )

    def _add(self, name: str, account: Variables) -> None:
        self.inventory.add_host(name)
        # On the host itself: the methods of the inventory look each name up again, and take groups for hosts.
        host = self.inventory.hosts[name]
        for variable, value in account.items():
            host.set_variable(variable, value)
        if self.get_option("set_ansible_host"):
            host.set_variable("ansible_host", account.get("puqvpn_allowed_ips"))
        if self.get_option("default_groups"):
            for group in _groups_of(account):
                self.inventory.add_child(self._sanitize_group_name(group), name)
        strict = self.get_option("strict")
        self._set_composite_vars(self.get_option("compose"), account, name, strict)
        self._add_host_to_composed_groups(self.get_option("groups"), account, name, strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), account, name, strict)


def _read(panel: Panel) -> list[Variables]:
    with errors_as(AnsibleParserError), reader(panel.connection) as client:
        return read_accounts(client)


def _groups_of(account: Variables) -> Iterator[str]:
    yield f"puqvpn_panel_{account['puqvpn_panel']}"
    if account.get("puqvpn_wg_name"):
        yield f"puqvpn_wg_{account['puqvpn_wg_name']}"
    status = str(account.get("puqvpn_status"))
    if status in _STATUS_GROUPS:
        yield _STATUS_GROUPS[status]
    if account.get("puqvpn_online"):
        yield _ONLINE_GROUP


def _variable(value: Any) -> Any:
    """A value of a panel, in which Ansible finds no template, whatever it holds."""
    if isinstance(value, list):
        return [_variable(item) for item in value]
    if isinstance(value, dict):
        return {_variable(name): _variable(held) for name, held in value.items()}
    if isinstance(value, str):
        # A text that Ansible does not trust is a dictionary in the output of ansible-inventory --list. Words, addresses
        # and keys cannot be templates, and so they can be shown as they are.
        return trust_as_template(value) if _WORD.fullmatch(value) else wrap_var(value)
    return value
