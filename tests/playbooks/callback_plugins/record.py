# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write every result of a play to a file, one JSON object a line, for tests to read."""

from __future__ import annotations

import json
import os

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: record
type: notification
short_description: Record results for tests
description:
  - Appends every result to the file that E(PUQVPN_TEST_RECORD) names.
"""


class CallbackModule(CallbackBase):
    """Records what a task returned, as a user of C(register) sees it."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "record"
    CALLBACK_NEEDS_ENABLED = True

    def _record(self, outcome, result):
        # ansible-core 2.19 made these public under new names.
        task = getattr(result, "task", None) or result._task
        returned = result.result if hasattr(result, "result") else result._result
        host = getattr(result, "host", None) or result._host
        entry = {
            "task": task.get_name().split(" : ")[-1],
            "host": host.get_name(),
            "outcome": outcome,
            "result": returned,
        }
        with open(os.environ["PUQVPN_TEST_RECORD"], "a", encoding="utf-8") as file:
            file.write(json.dumps(entry, default=str) + "\n")

    def v2_runner_on_ok(self, result):
        self._record("ok", result)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._record("failed", result)
