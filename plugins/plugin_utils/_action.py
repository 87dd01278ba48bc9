# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks in process: the work of a module is done in Ansible's own worker, where a module would do the same.

A module on the controller costs a process of its own, with all its imports and a connection to the panel, for every
item of a loop. Ansible imports this file once, before it forks its workers, and does all items of a loop in one worker.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from ansible import constants
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.json import AnsibleJSONEncoder
from ansible.module_utils.common.parameters import remove_values
from ansible.module_utils.errors import UnsupportedError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action.normal import ActionModule as NormalAction
from ansible.utils.unsafe_proxy import wrap_var
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._connection import Connection
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import OptionError
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._task import (
    OPTION_FAILURE,
    Outcome,
    Task,
    credentials_in,
    failure,
    invocation,
    wrong_texts,
)
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._transport.session import Transport

VARIABLE = "puqvpn_in_process"

_ENVIRONMENT = "PUQVPN_IN_PROCESS"

# As documented in doc_fragments/attributes.py. Ansible takes any word that it does not know for false where it is told
# that an option is a switch, so this one is read as a text.
_IN_PROCESS: dict[str, Any] = {
    "type": "str",
    "default": "true",
    "vars": [{"name": VARIABLE}],
    "ini": [{"section": "puqvpn", "key": "in_process"}],
}

# The sessions of this worker. One belongs to all connection options together, so never to two credentials.
_TRANSPORTS: dict[Connection, Transport] = {}


class InProcessAction(NormalAction):  # type: ignore[misc]  # ansible-core ships no types
    """Does the ``task`` of a module in process if that makes no difference, and runs the module otherwise."""

    task: ClassVar[Task]

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the result of the task; the same in both ways."""
        variables = task_vars or {}
        try:
            in_process = self._is_wanted(variables)
        except OptionError as error:
            return {"failed": True, **failure(error)}
        if not in_process or not self._is_possible(variables):
            return dict(super().run(tmp, task_vars))
        # A module is given no more than JSON either, and it starts in the folder of the playbook.
        given = json.loads(json.dumps(self._task.args, cls=AnsibleJSONEncoder, vault_to_text=True))
        with contextlib.chdir(self._loader.get_basedir()):  # type: ignore[attr-defined]  # of Python 3.11
            return self._run_in_process(given, variables)

    def _is_wanted(self, variables: Mapping[str, Any]) -> bool:
        """True unless the user turned it off.

        :raises OptionError: it is neither true nor false.
        """
        name = self._task.action
        # An environment variable that is empty counts as not set.
        environment = [{"name": _ENVIRONMENT}] if os.environ.get(_ENVIRONMENT) else []
        options = {"in_process": {**_IN_PROCESS, "env": environment}}
        constants.config.initialize_plugin_configuration_definitions("action", name, options)
        told = self._told(VARIABLE, variables)
        value = constants.config.get_config_value("in_process", plugin_type="action", plugin_name=name, variables=told)
        try:
            return bool(boolean(value))
        except TypeError:
            raise OptionError(
                f"{VARIABLE} is {value!r}, which is neither true nor false",
                hint=f"It can also come from the environment variable {_ENVIRONMENT}, or from in_process in the "
                "section puqvpn of ansible.cfg.",
            ) from None

    def _is_possible(self, variables: Mapping[str, Any]) -> bool:
        """True when a module would run on the controller, as the same user, with the same Python and environment.

        A task that leaves a file behind is a module's: Ansible writes and describes files with an AnsibleModule.
        """
        environment: dict[str, Any] = {}
        self._compute_environment_string(environment)
        return (
            self._connection.transport == "local"
            and not self._connection.become
            and not self._task.async_val
            and not environment
            and not self.task.writes_file
            and not self._task.args.get("dest")
            and self._has_own_interpreter(variables)
        )

    def _has_own_interpreter(self, variables: Mapping[str, Any]) -> bool:
        """True unless another Python than Ansible's own is named."""
        if self._task.delegate_to:
            variables = variables["ansible_delegated_vars"][self._task.delegate_to]
        told = self._told("ansible_python_interpreter", variables)
        interpreter = constants.config.get_config_value("INTERPRETER_PYTHON", variables=told)
        return str(interpreter).startswith("auto") or interpreter == sys.executable

    def _told(self, name: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """A variable with its value, as settings are looked up in; empty where it is not there."""
        return {name: self._templar.template(variables[name])} if name in variables else {}

    def _run_in_process(self, given: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        options, outcome = self._attempt(given)
        result = dict(outcome.result)
        if _shows_invocation(variables):
            result["invocation"] = invocation(options)
        if outcome.failed:
            result["failed"] = True
        if outcome.warnings:
            result["warnings"] = list(outcome.warnings)
        # Whatever a panel answers, no text of it is ever evaluated as a template.
        return dict(wrap_var(remove_values(result, credentials_in(options))))

    def _attempt(self, given: Mapping[str, Any]) -> tuple[Mapping[str, Any], Outcome]:
        """What came of the task, and its options as far as they were converted."""
        spec = self.task.argument_spec
        wrong = list(wrong_texts(spec, given))
        if wrong:
            return given, _refused(" ".join(wrong))
        checked = ArgumentSpecValidator(spec).validate(given)
        options: dict[str, Any] = checked.validated_parameters
        twice = _given_twice(spec, given)
        if checked.error_messages:
            return options, _refused(self._wrong_options(checked), twice)
        outcome = self.task.attempt(
            options, name=self._task.action, check_mode=self._task.check_mode, transport_to=_transport_to
        )
        return options, replace(outcome, warnings=[*twice, *outcome.warnings])

    def _wrong_options(self, checked: Any) -> str:
        """What an AnsibleModule says of options that do not fit the argument spec."""
        told = str(checked.errors.msg)
        if isinstance(checked.errors[0], UnsupportedError):
            return f"Unsupported parameters for ({self._task.action}) module: {told}"
        return told


def _refused(text: str, warnings: Sequence[str] = ()) -> Outcome:
    """A failure before the work has begun: an option is wrong."""
    return Outcome({"msg": text, **OPTION_FAILURE}, failed=True, warnings=warnings)


def _given_twice(spec: Mapping[str, Mapping[str, Any]], given: Mapping[str, Any]) -> list[str]:
    """What an AnsibleModule says of options that are given under two names."""
    return [
        f"Both option {name} and its alias {alias} are set."
        for name, option in spec.items()
        for alias in option.get("aliases", ())
        if name in given and alias in given
    ]


def _transport_to(connection: Connection) -> Transport:
    """The session of this worker with a panel; it is made when it is first needed."""
    if connection not in _TRANSPORTS:
        _TRANSPORTS[connection] = Transport(connection)
    return _TRANSPORTS[connection]


def _shows_invocation(variables: Mapping[str, Any]) -> bool:
    """True when results echo the options: a setting of Ansible since 2.21, and always before."""
    setting = "INJECT_INVOCATION"
    if constants.config.get_configuration_definition(setting) is None:
        return True
    return bool(constants.config.get_config_value(setting, variables=variables))
