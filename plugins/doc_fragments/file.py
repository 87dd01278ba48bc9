# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What modules that write a file document about it, once."""

from __future__ import annotations


class ModuleDocFragment:
    """``puqcloud.puqvpn.file``, for modules with an option ``dest``."""

    DOCUMENTATION = r"""
options: {}
notes:
  - O(dest) must not be a device, a named pipe or a socket. If it is a symbolic link, the content is compared with that
    of its target, and the link itself is replaced.
"""
