# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module of the same name, in process."""

from __future__ import annotations

from ansible_collections.puqcloud.puqvpn.plugins.modules.puqvpn_files import TASK
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._action import InProcessAction


class ActionModule(InProcessAction):
    """Run the task of ``puqvpn_files``."""

    task = TASK
