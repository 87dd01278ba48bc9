# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options that modules which manage something share, documented once."""

from __future__ import annotations


class ModuleDocFragment:
    """``puqcloud.puqvpn.manage`` and, where they apply, its other parts, such as ``puqcloud.puqvpn.manage.state``."""

    DOCUMENTATION = r"""
options:
  include_secrets:
    description:
      - Whether the result holds passwords, private keys and other secrets. Otherwise fields that hold them are left
        out. The diff never shows a secret, only that it changes.
    type: bool
    default: false
"""

    VERIFY = r"""
options:
  verify_timeout:
    description:
      - How long the panel may take to show what was written, in seconds. After a write it is read again, with growing
        pauses, until it shows the change. Only when it still does not after this time, the task fails.
      - A panel that shows the change at once costs neither time nor a further request. With V(0) it is read once.
      - It also holds for a creation or removal whose answer was lost. The object is looked for during this time before
        the module concludes that it does not exist, so that nothing is created twice.
    type: float
    default: 5.0
    version_added: 0.5.0
"""

    STATE = r"""
options:
  state:
    description:
      - Whether the object should be there.
    type: str
    choices: [present, absent]
    default: present
"""

    RECREATE = r"""
options:
  recreate:
    description:
      - What to do when an option differs that the panel cannot change later. With V(false) the task fails and names
        it, with V(true) the object is removed and made again. What is not given is taken over from the old object.
      - When the new object cannot be made, the old one is put back.
      - The signals TERM, INT and HUP, and the time limit of a task, are held back between the removal and the proof
        that the new object exists, and take effect afterwards. Nothing can hold back KILL, which the operating system
        sends when memory runs out, and Ansible to an asynchronous task whose time is over. When it comes in between,
        the object is missing, and the next run creates it with new values for what is not given, such as keys.
    type: bool
    default: false
"""

    WRITE_ONLY = r"""
options:
  update_write_only:
    description:
      - What to do with options that the panel takes but does not show, so that nobody can tell whether they differ.
        The result names them in RV(unverified). A panel that shows them has them compared as any other option.
      - With V(on_create) they are sent when the object is made, and later only together with another change.
      - With V(always) they are sent every time, and the task is changed every time.
    type: str
    choices: [on_create, always]
    default: on_create
"""
