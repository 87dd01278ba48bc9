# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The panels that an earlier inventory source lists as the hosts of a group, with their connection as variables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

from ansible.inventory.helpers import get_group_vars, sort_groups
from ansible.utils.vars import combine_vars
from ansible.vars.plugins import get_vars_from_inventory_sources
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._connection import CONNECTION_OPTIONS
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import OptionError, PuqVpnError
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._untrusted import echo, one_line
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._inventory.panels import PANELS_OPTION, Variables
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._plugin_client import validated

# Evaluate a value, which may be a template of the variables; the text names it in errors.
Evaluate = Callable[[str, Any, Variables], Any]

# The options of a panel by the variables of its host.
_OPTIONS = {f"puqvpn_{name}": name for name in CONNECTION_OPTIONS}


def panels_in_group(
    name: str, inventory: Any, loader: Any, extra_vars: Mapping[str, Any], evaluate: Evaluate
) -> list[dict[str, Any]]:
    """Return the hosts of a group, and of its child groups, in the form of the option ``panels``.

    :raises OptionError: the group has no hosts yet, or a host is not the panel of a connection.
    """
    group = inventory.groups.get(name)
    hosts = group.get_hosts() if group else []
    if not hosts:
        raise OptionError(
            f"panels_from is {echo(name)}, but this group {'has no hosts' if group else 'does not exist'} when this "
            "file is read",
            hint="Read the inventory source with its hosts first: pass it with -i before this file, or, in a "
            "directory, give it a name that sorts before the name of this file.",
        )
    return [
        _panel(host.name, combine_vars(_variables(host, inventory, loader), extra_vars), evaluate) for host in hosts
    ]


def _variables(host: Any, inventory: Any, loader: Any) -> Variables:
    """Return the variables of a host in the precedence of Ansible, as far as they are known while inventories are read.

    Files beside a playbook are not: no playbook has been loaded yet.
    """
    # Until all sources are read, groups are not children of this one.
    everybody = inventory.groups["all"]
    groups = sort_groups([group for group in host.get_groups() if group is not everybody])

    sources = [*inventory.processed_sources, inventory.current_source]

    def in_files(entities: list[Any]) -> Variables:
        """Return the variables in the directories group_vars and host_vars beside the sources."""
        return dict(get_vars_from_inventory_sources(loader, sources, entities, "all"))

    layers = (
        everybody.get_vars(),
        get_group_vars(groups),
        in_files([everybody]),
        in_files(groups),
        host.get_vars(),
        in_files([host]),
    )
    return dict(reduce(combine_vars, layers))


def _panel(host: str, variables: Variables, evaluate: Evaluate) -> dict[str, Any]:
    """Return the options of the panel that a host is.

    :raises OptionError: one of them is invalid or missing.
    """
    options = {
        option: evaluate(f"{variable} of host {one_line(host)}", variables[variable], variables)
        for variable, option in _OPTIONS.items()
        if variables.get(variable) is not None
    }
    try:
        if not options.get("url"):
            raise OptionError(
                "puqvpn_url is not set",
                hint="Set it for the host or one of its groups, in an earlier inventory source, or in group_vars or "
                "host_vars beside one. Files beside a playbook are not known when an inventory is read.",
            )
        if options.get("access_hash") and options.get("token"):
            raise OptionError(
                "puqvpn_access_hash and puqvpn_token are both set, but they are mutually exclusive",
                hint="Set puqvpn_access_hash for a 1.x panel or puqvpn_token for a 2.x panel.",
            )
        return {**validated(PANELS_OPTION["options"], options), "name": host}
    except PuqVpnError as error:
        raise error.at(f"panels_from, {one_line(host)}") from None
