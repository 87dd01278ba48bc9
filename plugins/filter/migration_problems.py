# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: migration_problems
short_description: List what prevents accounts of a 1.x panel from moving to a 2.x panel
version_added: 0.7.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Compares the accounts of a 1.x panel with a 2.x panel, and returns everything that prevents them from becoming
    clients there, such as networks that do not exist, addresses in use, or too few slots in the license. An empty list
    means that they can move.
  - Much of what 2.x panels return is not documented. What a panel does not show is also part of the list, as something
    to check by hand.
  - Gather the 1.x panel with O(puqcloud.puqvpn.puqvpn_info#module:include_secrets=true), since missing passwords are
    problems, and the 2.x panel also with the subset V(system), for the number of clients that its license allows.
positional: panel, networks, names
extends_documentation_fragment:
  - puqcloud.puqvpn.migration
"""

EXAMPLES = r"""
- name: Fail unless all accounts can move
  ansible.builtin.assert:
    that: problems == []
    fail_msg: "{{ problems | map(attribute='message') }}"
  vars:
    problems: "{{ old.info | puqcloud.puqvpn.migration_problems(new.info, {'office': 'Default'}, []) }}"
"""

RETURN = r"""
_value:
  description: The problems.
  type: list
  elements: dict
  sample:
    - code: in_use
      account: anna
      network: Default
      certain: true
      message: 'Account "anna": client "bert" of the 2.x panel has the same ipv4.'
  contains:
    code:
      description:
        - A stable, machine-readable code.
        - V(network_missing), V(subnet_differs), V(subnet_unknown) and V(gateways_unknown) concern a network.
        - V(account_missing), V(invalid_value), V(password_missing), V(address_missing), V(address_outside),
          V(address_is_gateway), V(ipv6_not_moved) and V(duplicate) concern an account.
        - V(client_differs), V(in_use) and V(clients_incomplete) concern existing clients of the 2.x panel.
        - V(license_slots) and V(license_unknown) concern its license.
      type: str
    account:
      description: The name of the account, or V(null).
      type: str
    network:
      description: The name of the network, or V(null).
      type: str
    certain:
      description: Whether the panels show the problem. V(false) for what must be checked by hand.
      type: bool
    message:
      description: The problem as one or more sentences.
      type: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._migration import migration_problems


class FilterModule:
    """Makes the filter known to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"migration_problems": migration_problems}
