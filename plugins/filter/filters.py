# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All filters of the collection. Each of them is documented in a file of its name beside this one.

Ansible loads all filter files of a collection as soon as a template uses one of them, in the worker of each task and
each host. A file for each filter, which imports its function, made that take 270 ms. This file takes a few.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from importlib import import_module
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import PuqVpnError

# By the name of the filter: the file in plugins, and the function in it.
_FUNCTIONS: dict[str, tuple[str, str]] = {
    "backup_folder": ("plugin_utils._backup_folder", "backup_folder"),
    "backup_plan": ("plugin_utils._backup_folder", "backup_plan"),
    "backup_refusal": ("plugin_utils._backup_folder", "backup_refusal"),
    "diff_text": ("plugin_utils._text_formats", "diff_text"),
    "drift_report": ("plugin_utils._panel_role", "drift_report"),
    "encrypted_archive": ("plugin_utils._encrypted_archive", "encrypted_archive"),
    "from_csv": ("plugin_utils._csv_reader", "from_csv"),
    "health_table": ("plugin_utils._health_table", "health_table"),
    "migration_clients": ("plugin_utils._migration", "migration_clients"),
    "migration_problems": ("plugin_utils._migration", "migration_problems"),
    "migration_progress": ("plugin_utils._migration", "migration_progress"),
    "one_line": ("module_utils._untrusted", "one_line"),
    "panel_config": ("plugin_utils._panel_role", "panel_config"),
    "report_plan": ("plugin_utils._report.plan", "current_report_plan"),
    "table_cell": ("module_utils._untrusted", "as_table_cell"),
    "to_csv": ("plugin_utils._csv", "to_csv"),
    "usage_hold": ("plugin_utils._usage.folder", "usage_hold"),
    "usage_plan": ("plugin_utils._usage.plan", "usage_plan"),
    "users_handout": ("plugin_utils._users", "users_handout"),
    "users_plan": ("plugin_utils._users", "users_plan"),
    "users_secrets": ("plugin_utils._users", "users_secrets"),
    "yaml_key": ("module_utils._yaml", "yaml_key"),
    "yaml_value": ("module_utils._yaml", "yaml_value"),
}


class LazyFilter:
    """A function of this collection as a filter, which is imported when a template uses it."""

    def __init__(self, file: str, name: str) -> None:
        self._file, self._name = file, name

    @cached_property
    def function(self) -> Callable[..., Any]:
        """The function itself."""
        module = import_module(f"ansible_collections.puqcloud.puqvpn.plugins.{self._file}")
        function: Callable[..., Any] = getattr(module, self._name)
        return function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return what the function does.

        :raises AnsibleFilterError: with the message of an error that a user can act on.
        """
        try:
            return self.function(*args, **kwargs)
        except PuqVpnError as error:
            raise AnsibleFilterError(str(error)) from None
        except RecursionError:
            raise AnsibleFilterError("The value is nested too deeply.") from None


class FilterModule:
    """Makes the filters known to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by their names."""
        return {name: LazyFilter(*place) for name, place in _FUNCTIONS.items()}
