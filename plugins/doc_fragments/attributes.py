# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The attributes of modules, documented once."""

from __future__ import annotations


class ModuleDocFragment:
    """``puqcloud.puqvpn.attributes`` and, for the action group, ``puqcloud.puqvpn.attributes.actiongroup_all``."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying the panel.
  diff_mode:
    description: Returns details on what has changed, or would change in C(check_mode), when in diff mode.
  idempotent:
    description:
      - When run twice in a row outside check mode, with the same arguments, the second run changes nothing, as long as
        nothing else changed the panel in between.
"""

    ACTIONGROUP_ALL = r"""
options: {}
attributes:
  action_group:
    description:
      - Use C(group/puqcloud.puqvpn.all) in C(module_defaults) to set the connection options once for all modules.
    support: full
    membership:
      - puqcloud.puqvpn.all
"""
