# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module of the same name, in process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.modules.puqvpn_export import TASK
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._action import InProcessAction


class ActionModule(InProcessAction):
    """Run the task of ``puqvpn_export``."""

    task = TASK

    def _is_requested(self, variables: Mapping[str, Any]) -> bool:
        """Return true also where it is turned off, if secrets are to be encrypted: a module process has no vault."""
        return super()._is_requested(variables) or self._task.args.get("vault_password") is not None
