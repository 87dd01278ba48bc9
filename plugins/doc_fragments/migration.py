# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of the filters that compare a 1.x panel with the 2.x panel its accounts move to, documented once."""

from __future__ import annotations


class ModuleDocFragment:
    """``puqcloud.puqvpn.migration``: both panels, and which accounts move where."""

    DOCUMENTATION = r"""
options:
  _input:
    description:
      - RV(puqcloud.puqvpn.puqvpn_info#module:info) of the 1.x panel with the subsets V(wireguard) and V(accounts).
    type: dict
    required: true
  panel:
    description:
      - RV(puqcloud.puqvpn.puqvpn_info#module:info) of the 2.x panel with the subsets V(wireguard) and V(accounts). The
        filter fails if the panel did not return them.
    type: dict
    required: true
  networks:
    description:
      - The names of the networks of the 2.x panel by the names of the servers of the 1.x panel. The accounts of a
        server that is not named move to the network of the same name, and those of a server with an empty string do not
        move.
    type: dict
    required: true
  names:
    description:
      - The names of the accounts that move. All of them if empty.
    type: list
    elements: str
    required: true
seealso:
  - ref: ansible_collections.puqcloud.puqvpn.docsite.from_1x_to_2x
    description: The guide that uses this filter.
"""
