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
    description:
      - Can run in C(check_mode) and return changed status prediction without modifying the panel.
      - What an earlier task of the same play may bring about, such as a server, an account or a certificate that is
        missing, is no failure in check mode. It is assumed, and a warning names the assumption. What no task can mend
        fails as it does without check mode, for example a wrong value, or a name or an address that is taken.
  diff_mode:
    description: Returns details on what has changed, or would change in C(check_mode), when in diff mode.
  idempotent:
    description:
      - When run twice in a row outside check mode, with the same arguments, the second run changes nothing, as long as
        nothing else changed the panel in between.
  in_process:
    description:
      - On the controller the task runs in Ansible's own process, which saves the start of a process for each item of a
        loop. All items share one connection to the panel. The result is the same as that of the module.
      - That is so with the connection C(local), without C(become), C(async) and C(environment), and with no other
        Python interpreter than Ansible's own. In any other case the module runs as usual.
      - The variable C(puqvpn_in_process=false) turns it off, as do the environment variable
        E(PUQVPN_IN_PROCESS) and the key C(in_process) in the section C(puqvpn) of C(ansible.cfg).
    support: full
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
