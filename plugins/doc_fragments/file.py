# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What modules that write a file document about it, once."""

from __future__ import annotations


class ModuleDocFragment:
    """``puqcloud.puqvpn.file``, for modules with an option ``dest``.

    ``.written`` is for those that also set the attributes of files.
    """

    DOCUMENTATION = r"""
options: {}
notes:
  - O(dest) must not be a device, a named pipe or a socket. If it is a symbolic link, the content is compared with that
    of its target, and the link itself is replaced.
"""

    WRITTEN = r"""
options:
  validate:
    description:
      - Command that checks the new content before it replaces the file, with V(%s) for the path of a temporary file. If
        its exit code is not 0, the task fails and the file is not changed.
      - The command is only run if the content changes, and without a shell, so pipes and expansions do not work. Its
        output is not shown, since it may contain a secret.
    type: str
  backup:
    description:
      - Whether to keep a copy of the previous file in the same directory when its content changes, with the time in its
        name and the same owner and mode.
    type: bool
    default: false
    version_added: 0.8.0
notes:
  - If O(mode) is not set, a file gets the mode V(0600), regardless of the umask and of its previous mode.
  - The options O(mode), O(owner) and O(group) are checked before anything is sent to the panel.
"""
