# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an AnsibleModule can do with files, in Ansible's own process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from ansible import constants
from ansible.errors import AnsibleActionFail
from ansible.module_utils.basic import AnsibleModule


class FileTools(AnsibleModule):  # type: ignore[misc]  # ansible-core ships no types
    """The tools of an AnsibleModule for files, without a module process around them.

    ``AnsibleModule.__init__`` belongs to such a process: it reads options from the standard input, writes to the system
    log, and changes the locale, the working directory and, since 2.22, a signal handler. So it is not called.
    """

    def __init__(self, options: Mapping[str, Any], *, check_mode: bool, diff_mode: bool = False) -> None:
        self.params = dict(options)
        self.run_command_environ_update: dict[str, str] = {}
        self.no_log_values: set[str] = set()
        self._clean: Any = None
        self._selinux_enabled = self._selinux_mls_enabled = self._selinux_initial_context = None
        given_by_ansible = {
            "_ansible_check_mode": check_mode,
            "_ansible_diff": diff_mode,
            "_ansible_selinux_special_fs": constants.DEFAULT_SELINUX_SPECIAL_FS,
        }
        # The others of these properties get their defaults.
        self._set_internal_properties(argument_spec={}, module_parameters=given_by_ansible)

    def fail_json(self, msg: str, **_result: Any) -> NoReturn:
        """Fail the task, but do not end the process."""
        raise AnsibleActionFail(msg)
