# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks in process: the body of a module runs in Ansible's own worker wherever a module would run the same way.

A module on the controller costs a process of its own, with all its imports and a connection to the panel, for every
item of a loop. Ansible imports this file once, before it forks its workers, and runs all items of a loop in one worker.

Each module has an action plugin of its own, a file that Ansible finds by its name. Redirecting all modules to a single
plugin was tried: redirects in ``plugin_routing`` break ``module_defaults``, and with ``action_plugin`` nothing is
imported before the fork, which is three times slower.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import json
import os
import ssl
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from ansible import constants
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.json import AnsibleJSONEncoder
from ansible.module_utils.errors import UnsupportedError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action.normal import ActionModule as NormalAction
from ansible.plugins.loader import filter_loader, test_loader
from ansible.utils.unsafe_proxy import wrap_var
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._connection import Connection
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import OptionError
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._task import (
    MOMENT,
    OPTION_FAILURE,
    Outcome,
    Spec,
    Task,
    failure,
    invocation,
    spec_to_validate,
    text_problems,
    without_credentials,
)
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._time import now
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._transport.session import Transport
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._dates import dates_as_text
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._file_tools import FileTools

VARIABLE = "puqvpn_in_process"

_ENVIRONMENT = "PUQVPN_IN_PROCESS"

# As documented in doc_fragments/attributes.py. Ansible takes any unknown word for false in an option of type bool, so
# this one is read as a text.
_IN_PROCESS: dict[str, Any] = {
    "type": "str",
    "default": "true",
    "vars": [{"name": VARIABLE}],
    "ini": [{"section": "puqvpn", "key": "in_process"}],
}

# The keys of a result that name a file to an AnsibleModule.
_NAMES_OF_FILES = ("path", "dest")

# The sessions of this worker. A key holds all connection options, so no session is shared by two credentials.
_TRANSPORTS: dict[Connection, Transport] = {}

# What takes long once is done here, before the fork, so that no worker has to do it: bodies import these files only
# where they need them, and the first context initializes OpenSSL.
for _file in ("_check_mode", "_execute", "_file_writer", "_rotate_keys", "_transport.diagnosis", "_verify"):
    importlib.import_module(f"ansible_collections.puqcloud.puqvpn.plugins.module_utils.{_file}")
ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class InProcessAction(NormalAction):  # type: ignore[misc]  # ansible-core ships no types
    """Run the ``task`` of a module in process if that makes no difference, and the module otherwise."""

    task: ClassVar[Task]
    # Made once, before the fork: it takes as long as validating the options of an item.
    _validator: ClassVar[ArgumentSpecValidator]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls._validator = ArgumentSpecValidator(spec_to_validate(cls.task.argument_spec))

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the result of the task; it is the same either way."""
        variables = task_vars or {}
        self._task.args = {name: self._plain(name, value) for name, value in self._task.args.items()}
        try:
            in_process = self._is_requested(variables)
        except OptionError as error:
            return {"failed": True, **failure(error)}
        if not in_process or not self._is_possible(variables):
            return dict(super().run(tmp, task_vars))
        # A module receives nothing but JSON either, and it starts in the directory of the playbook.
        given = json.loads(json.dumps(self._task.args, cls=AnsibleJSONEncoder, vault_to_text=True))
        with _working_directory(self._loader.get_basedir()):
            return self._run_in_process(given, variables)

    def _plain(self, name: str, value: Any) -> Any:
        """Return the value of an option; dates in a list or a dictionary become texts."""
        is_nested = self.task.argument_spec.get(name, {}).get("type") in ("dict", "list")
        return dates_as_text(value) if is_nested else value

    def _update_module_args(self, module_name: str, module_args: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        """Give the moment of the task to a module process, as Ansible does with its own internal options.

        Only the clock of the controller counts, wherever the module runs.
        """
        super()._update_module_args(module_name, module_args, *args, **kwargs)
        module_args[MOMENT] = now().isoformat()

    def _is_requested(self, variables: Mapping[str, Any]) -> bool:
        """Return true unless the user turned it off.

        :raises OptionError: the value is not a boolean.
        """
        name = self._task.action
        value = _configured(name, os.environ.get(_ENVIRONMENT, ""))
        if VARIABLE in variables:
            value = constants.config.get_config_value(
                "in_process", plugin_type="action", plugin_name=name, variables=self._templated(VARIABLE, variables)
            )
        try:
            return bool(boolean(value))
        except TypeError:
            raise OptionError(
                f"{VARIABLE} is {value!r}, which is not a boolean",
                hint=f"The value can also come from the environment variable {_ENVIRONMENT}, or from in_process in the "
                "section puqvpn of ansible.cfg.",
            ) from None

    def _is_possible(self, variables: Mapping[str, Any]) -> bool:
        """Return whether a module would run on the controller, with the same user, Python and environment."""
        environment: dict[str, Any] = {}
        self._compute_environment_string(environment)
        return self._is_on_controller() and not environment and self._has_own_interpreter(variables)

    def _is_on_controller(self) -> bool:
        """Return whether a module would run on the controller with the same user, and the task waits for it."""
        is_local = self._connection.transport == "local"
        return is_local and not self._connection.become and not self._task.async_val

    def _has_own_interpreter(self, variables: Mapping[str, Any]) -> bool:
        """Return true unless the task asks for a Python other than Ansible's own."""
        if self._task.delegate_to:
            variables = variables["ansible_delegated_vars"][self._task.delegate_to]
        name = "ansible_python_interpreter"
        interpreter = _setting("INTERPRETER_PYTHON", name, self._templated(name, variables))
        return str(interpreter).startswith("auto") or interpreter == sys.executable

    def _templated(self, name: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Return a variable with its value, as settings are looked up in; empty if it is not set."""
        return {name: self._templar.template(variables[name])} if name in variables else {}

    def _run_in_process(self, given: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        options, outcome = self._attempt(given)
        # As an AnsibleModule describes the file that a result names.
        result = dict(outcome.result)
        if not result.keys().isdisjoint(_NAMES_OF_FILES):
            result = self._file_tools(options).add_path_info(result)
        if _shows_invocation(variables):
            result["invocation"] = invocation(options, self.task.argument_spec)
        if outcome.failed:
            result["failed"] = True
        if outcome.warnings:
            result["warnings"] = list(outcome.warnings)
        # Whatever a panel answers, its texts are never evaluated as templates.
        return dict(wrap_var(without_credentials(result, options)))

    def _attempt(self, given: Mapping[str, Any]) -> tuple[Mapping[str, Any], Outcome]:
        """Run the task. Return its options, as far as they were converted, and its outcome."""
        spec = self.task.argument_spec
        problems = list(text_problems(spec, given))
        if problems:
            return given, _refused(" ".join(problems))
        validated = self._validator.validate(given)
        options: dict[str, Any] = validated.validated_parameters
        warnings = _alias_warnings(spec, given)
        if validated.error_messages:
            return options, _refused(self._option_errors(validated), warnings)
        outcome = self.task.attempt(
            options,
            name=self._task.action,
            check_mode=self._task.check_mode,
            transport_to=_transport_to,
            file_tools=self._file_tools(options) if self.task.writes_files else None,
        )
        return options, outcome._replace(warnings=[*warnings, *outcome.warnings])

    def _file_tools(self, options: Mapping[str, Any]) -> FileTools:
        return FileTools(options, check_mode=self._task.check_mode, diff_mode=self._task.diff)

    def _option_errors(self, validated: Any) -> str:
        """Return what an AnsibleModule says about options that do not fit the argument spec."""
        text = str(validated.errors.msg)
        if isinstance(validated.errors[0], UnsupportedError):
            return f"Unsupported parameters for ({self._task.action}) module: {text}"
        return text


def _load_filters_and_tests() -> None:
    """Load the filters and tests of Ansible and of this collection.

    Ansible loads them when a template needs one. In the worker of each task and each host, that takes 20 to 40 ms. Here
    it takes 20, once.
    """
    # Without the programs of Ansible, nothing loads plugins of a collection.
    with contextlib.suppress(KeyError):
        filter_loader.get("puqcloud.puqvpn.one_line")
        test_loader.get("ansible.builtin.skipped")


# Ansible imports this file before it forks its workers.
_load_filters_and_tests()


@contextlib.contextmanager
def _working_directory(path: str) -> Iterator[None]:
    # contextlib.chdir exists since Python 3.11 only.
    before = os.getcwd()
    os.chdir(path)
    try:
        yield
    finally:
        os.chdir(before)


def _refused(text: str, warnings: Sequence[str] = ()) -> Outcome:
    """Return a failure because of options, before the body runs."""
    return Outcome({"msg": text, **OPTION_FAILURE}, failed=True, warnings=warnings)


def _alias_warnings(spec: Spec, given: Mapping[str, Any]) -> list[str]:
    """Return the warnings of an AnsibleModule about options that are given under two names."""
    return [
        f"Both option {name} and its alias {alias} are set."
        for name, option in spec.items()
        for alias in option.get("aliases", ())
        if name in given and alias in given
    ]


def _transport_to(connection: Connection) -> Transport:
    """Return the session of this worker with a panel, which is created on first use."""
    if connection not in _TRANSPORTS:
        _TRANSPORTS[connection] = Transport(connection)
    return _TRANSPORTS[connection]


@functools.cache
def _configured(action: str, environment: str) -> Any:
    """Return what the environment variable or ansible.cfg says about tasks in process, once for all items of a loop.

    ``environment`` is the value of the variable; an empty one counts as not set.
    """
    options = {"in_process": {**_IN_PROCESS, "env": [{"name": _ENVIRONMENT}] if environment else []}}
    constants.config.initialize_plugin_configuration_definitions("action", action, options)
    return constants.config.get_config_value("in_process", plugin_type="action", plugin_name=action)


def _setting(name: str, variable: str, variables: Mapping[str, Any]) -> Any:
    """Return a setting of Ansible. Unless a variable overrides it, it is the same for all tasks of a run."""
    if variables.get(variable) is None:
        return getattr(constants, name)
    return constants.config.get_config_value(name, variables=variables)


def _shows_invocation(variables: Mapping[str, Any]) -> bool:
    """Return whether results echo the options: a setting of Ansible since 2.21, and always before."""
    setting = "INJECT_INVOCATION"
    return not hasattr(constants, setting) or bool(_setting(setting, "ansible_inject_invocation", variables))
