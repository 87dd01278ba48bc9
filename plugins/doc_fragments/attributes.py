# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The attributes of modules, documented once."""

from __future__ import annotations


class ModuleDocFragment:
    """``puqcloud.puqvpn.attributes`` describes the attributes of all modules.

    It also names the authors. ``.read_only`` is the support of modules that only read, the fragment ``modify`` that of
    modules that write. ``.both_generations`` is for modules that also work with 2.x panels, and ``.generation_2`` for
    those that only work with them; both must come before the general fragment, since the first value wins.
    """

    DOCUMENTATION = r"""
author:
  - PUQ VPN collection contributors (@puqcloud)
options: {}
attributes:
  check_mode:
    description:
      - Can run in C(check_mode) and return changed status prediction without modifying the panel.
      - An object that does not exist but that an earlier task of the same play may create, such as a server, an account
        or a certificate, is assumed to exist, and a warning names the assumption. What no earlier task can fix, for
        example an invalid value, or a name or an address that is already in use, fails as it does without check mode.
  diff_mode:
    description: Returns details on what has changed, or would change in C(check_mode), when in diff mode.
  idempotent:
    description:
      - When run twice in a row outside check mode, with the same arguments, the second run reports no change, provided
        that nothing else changed the panel in between.
  in_process:
    description:
      - On the controller, the task runs inside the Ansible process and returns the same result as the module. This
        saves starting a process for each item of a loop, and all items share one connection to the panel.
      - Does not apply to connections other than C(local), to tasks with C(become), C(async) or C(environment), or to
        a Python interpreter other than Ansible's own. The module then runs as usual.
      - To disable it, set the variable C(puqvpn_in_process), the environment variable E(PUQVPN_IN_PROCESS), or the key
        C(in_process) in the section C(puqvpn) of C(ansible.cfg) to V(false).
    support: full
  platform:
    description: The generations of the panel software PUQVPNCP that the module works with.
    platforms: PUQVPNCP 1.x
    support: full
  action_group:
    description:
      - Use C(group/puqcloud.puqvpn.all) in C(module_defaults) to set the connection options once for all modules.
    support: full
    membership:
      - puqcloud.puqvpn.all
"""

    BOTH_GENERATIONS = r"""
options: {}
attributes:
  platform:
    platforms: PUQVPNCP 1.x, PUQVPNCP 2.x
"""

    GENERATION_2 = r"""
options: {}
attributes:
  platform:
    platforms: PUQVPNCP 2.x
"""

    READ_ONLY = r"""
options: {}
attributes:
  check_mode:
    support: full
    details:
      - This module does not modify the panel.
  diff_mode:
    support: N/A
    details:
      - This module does not modify the panel.
  idempotent:
    support: full
    details:
      - This module does not modify the panel.
"""
