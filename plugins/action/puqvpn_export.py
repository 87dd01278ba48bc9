# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module of the same name, in process."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.modules.puqvpn_export import TASK
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._action import InProcessAction


class ActionModule(InProcessAction):
    """Run the task of ``puqvpn_export``, in process if secrets are to be encrypted: a module process has no vault."""

    task = TASK

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the result of the task. A worker that encrypts secrets has the environment of the task meanwhile."""
        if not self._encrypts:
            return super().run(tmp, task_vars)
        environment: dict[str, Any] = {}
        self._compute_environment_string(environment)
        with _environment(environment):
            return super().run(tmp, task_vars)

    @property
    def _encrypts(self) -> bool:
        return self._task.args.get("vault_password") is not None

    def _is_requested(self, variables: Mapping[str, Any]) -> bool:
        """Return true also where it is turned off, if secrets are to be encrypted."""
        return super()._is_requested(variables) or self._encrypts

    def _is_possible(self, variables: Mapping[str, Any]) -> bool:
        """Return true also if a module would have another Python or environment, if secrets are to be encrypted."""
        return self._is_on_controller() if self._encrypts else super()._is_possible(variables)


@contextlib.contextmanager
def _environment(variables: Mapping[str, Any]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update({name: str(value) for name, value in variables.items()})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
