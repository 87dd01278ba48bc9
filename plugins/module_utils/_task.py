# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The edge between the body of a module and Ansible: options in, results and failures out.

The body of a module is a function ``body(options, client) -> result`` that needs no Ansible class. A :class:`Task`
turns it into an :class:`Outcome`, which a module process exits with (:meth:`Task.run`) and an action plugin returns.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Callable, Iterable, Iterator, Mapping, NamedTuple, Sequence

from ansible.module_utils.basic import FILE_COMMON_ARGUMENTS, AnsibleModule, missing_required_lib
from ansible.module_utils.common.validation import check_type_dict
from ansible.module_utils.errors import AnsibleFallbackNotFound

from ._client import PanelClient, assumption, verify_timeout_of
from ._connection import CONNECTION_OPTIONS, Connection
from ._errors import MissingLibraryError, OptionError, PuqVpnError, unsupported_generation
from ._field_types import NotATextError, text_of
from ._secrets import HIDDEN, hide_secrets, is_distinct, mask_texts
from ._transport.session import Transport

try:
    from ansible.module_utils.secrets import register_secrets
except ImportError:
    # Before ansible-core 2.22, which masks registered texts in everything that it prints and logs.
    register_secrets = None

Spec = Mapping[str, Mapping[str, Any]]
# Its arguments are the options and the client; those of a module that writes files end with a FileWriter. Without a
# connection, they are the options, a FileWriter, and a function that notes what check mode assumes.
Body = Callable[..., Mapping[str, Any]]

# For a module that works with all panels.
BOTH_GENERATIONS = (1, 2)

# Added to a failure that Ansible itself detects: an option does not fit the argument spec.
OPTION_FAILURE = {"error_code": "invalid_option", "panel_error": ""}

# The moment of a task by the clock of the controller, for a module process. It is no option.
MOMENT = "_puqvpn_now"

_TEXT_TYPES = ("str", "path")


# --- Options


def connection_argument_spec() -> dict[str, dict[str, Any]]:
    """Return the argument spec of the connection options, each with its environment variable as fallback."""
    return {
        name: {
            **{key: value for key, value in option.items() if key != "env"},
            "fallback": (_from_environment_or_empty if option.get("required") else _from_environment, [option["env"]]),
        }
        for name, option in CONNECTION_OPTIONS.items()
    }


def _from_environment(variable: str) -> str:
    """Return the value of an environment variable; an empty one counts as not set."""
    value = _from_environment_or_empty(variable)
    if not value:
        raise AnsibleFallbackNotFound
    return value


def _from_environment_or_empty(variable: str) -> str:
    """Return the value for a required option; if it is missing, the error of Ansible would not name the variable."""
    return os.environ.get(variable, "")


def spec_to_validate(spec: Spec) -> dict[str, dict[str, Any]]:
    """Return a copy of an argument spec in which no option is ``no_log``, for Ansible's validation.

    Ansible would mask every value of such options, in free-form data also words such as ``enable``: up to 2.21
    wherever they occur in a result, since then in the whole output. Here :class:`Task` masks the secrets alone.
    """
    validated = {
        name: {**option, "no_log": False} if option.get("no_log") else {**option} for name, option in spec.items()
    }
    for option in validated.values():
        if option.get("options"):
            option["options"] = spec_to_validate(option["options"])
    return validated


def text_problems(spec: Spec, given: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Yield what is wrong with the texts among the options as they were given, as sentences.

    Ansible converts all values to texts, and the text of a boolean or of a float differs from what the playbook shows.
    It converts the values of options with choices correctly.
    """
    for option, details in spec.items():
        for name in (option, *details.get("aliases", ())):
            if given.get(name) is not None:
                yield from _text_problems_of(details, given[name], f"{prefix}{name}")


def _text_problems_of(details: Mapping[str, Any], value: Any, name: str) -> Iterator[str]:
    kind, parts = details.get("type", "str"), [(name, value)]
    if kind == "list":
        kind, parts = details.get("elements"), _elements(name, value)
    if details.get("options") is not None:
        # Ansible converts the elements of a list also where it will refuse the list.
        for place, part in _elements(name, value):
            try:
                yield from text_problems(details["options"], _as_options(part), f"{place}.")
            except ValueError:
                # Before ansible-core 2.18, its validation ends with this exception.
                yield f"{place} must be a dictionary."
    elif kind in _TEXT_TYPES and "choices" not in details:
        for place, part in parts:
            try:
                text_of(part)
            except NotATextError as error:
                yield f"{place} {error.plain if details.get('no_log') else error}."


def _elements(name: str, value: Any) -> list[tuple[str, Any]]:
    """Return the elements of a list with their places; as in Ansible, any other value is the only element."""
    return [(f"{name}[{at}]", part) for at, part in enumerate(value)] if isinstance(value, list) else [(name, value)]


def _as_options(value: Any) -> Mapping[str, Any]:
    """Return suboptions, which may also be given as a text; none if Ansible itself will refuse them.

    :raises ValueError: Ansible cannot even refuse them.
    """
    try:
        found = check_type_dict(value)
    except TypeError:
        found = {}
    return found if isinstance(found, dict) else {}


# --- Secrets


def without_credentials(result: Any, options: Mapping[str, Any]) -> Any:
    """Return a result in which the credentials of the connection are masked wherever they occur."""
    return mask_texts(result, (str(options[name]) for name in ("access_hash", "token") if options.get(name)))


def invocation(options: Mapping[str, Any], spec: Spec) -> dict[str, Any]:
    """Return the options as a result echoes them: without secrets, and without the values of those that are ``no_log``.

    Values of options that the module does not have are masked as well: their names may be misspelled ones of secrets.
    """
    return {"module_args": hide_secrets(_without_unknown(options, spec), whole=True)}


def _without_unknown(options: Mapping[str, Any], spec: Spec) -> dict[str, Any]:
    known = {name: details for option, details in spec.items() for name in (option, *details.get("aliases", ()))}
    return {
        name: _without_unknown_inside(value, known[name]) if name in known else HIDDEN
        for name, value in options.items()
    }


def _without_unknown_inside(value: Any, details: Mapping[str, Any]) -> Any:
    if value is None:
        return value
    if details.get("no_log"):
        # As Ansible does. A whole configuration is not worth copying into each result.
        return HIDDEN
    if not details.get("options"):
        return value
    if isinstance(value, list):
        return [_without_unknown_inside(part, details) for part in value]
    # Suboptions in a text have not been parsed yet.
    return _without_unknown(value, details["options"]) if isinstance(value, dict) else HIDDEN


def keep_secret(secrets: Iterable[str]) -> None:
    """Register secrets with Ansible, which masks them in its output; short ones would tear other words apart."""
    if register_secrets is not None:
        register_secrets(filter(is_distinct, secrets))


# --- Results


def nested_too_deeply() -> PuqVpnError:
    """Return the error for JSON that only the JSON library itself can traverse."""
    return PuqVpnError("answer_wrong_type", "the answer is nested too deeply")


def failure(error: PuqVpnError) -> dict[str, Any]:
    """Return a failed result: the message, the error code, the panel's own words, and what the body adds."""
    result = {"msg": str(error), "error_code": error.code, "panel_error": error.panel_error, **error.details}
    if isinstance(error, MissingLibraryError):
        result.update(msg=missing_required_lib(error.library), exception=error.traceback)
    return result


class Outcome(NamedTuple):
    """What a task ends with: the result, whether it failed, and warnings."""

    result: dict[str, Any]
    failed: bool = False
    warnings: Sequence[str] = ()


# --- Tasks


@dataclass(frozen=True)
class Task:
    """A module: its options, its body, and the ``generations`` of panels that it supports.

    With ``writes_files``, it has Ansible's common options for files, and its body gets a FileWriter. Without
    ``connects``, it works on files alone, and has no connection options.
    """

    options: Spec
    body: Body
    writes_files: bool = False
    generations: tuple[int, ...] = (1,)
    connects: bool = True

    @cached_property
    def argument_spec(self) -> dict[str, Mapping[str, Any]]:
        """The options of the module, of the connection, and of files."""
        about_files = FILE_COMMON_ARGUMENTS if self.writes_files else {}
        about_connection = connection_argument_spec() if self.connects else {}
        return {**about_connection, **about_files, **self.options}

    def attempt(
        self,
        options: Mapping[str, Any],
        *,
        check_mode: bool,
        name: str = "The module",
        now: datetime | None = None,
        transport_to: Callable[[Connection], Transport | None] = lambda _connection: None,
        file_tools: Any = None,
    ) -> Outcome:
        """Run the body with options that fit the argument spec. ``name`` is that of the module.

        ``now`` is the moment of the task; without one it is read from the clock here.
        ``transport_to`` may lend a transport. ``file_tools`` are those of a FileWriter, for a body that needs one.
        """
        if not self.connects:
            return self._attempt_without_panel(options, _writer_with(file_tools))
        client: PanelClient | None = None
        try:
            connection = Connection.from_options(options)
            keep_secret([connection.credential])
            if connection.generation not in self.generations:
                works_with = f"{self.generations[0]}.x"
                raise unsupported_generation(name.rsplit(".", 1)[-1], works_with).at(connection.root)
            transport = transport_to(connection)
            with PanelClient(connection, check_mode=check_mode, transport=transport, now=now) as client:
                result = self.perform(options, client, file_tools)
        except PuqVpnError as error:
            if client is not None and not isinstance(error, OptionError):
                error.at(client.connection.root)
            return Outcome(failure(error), True, client.warnings if client else ())
        except RecursionError:
            return Outcome(failure(nested_too_deeply()), True)
        finally:
            # A user who sets include_secrets wants to see them.
            if client is not None and not options.get("include_secrets"):
                keep_secret(client.redact.secrets)
        return Outcome(result, False, client.warnings)

    def perform(self, options: Mapping[str, Any], client: PanelClient, file_tools: Any = None) -> dict[str, Any]:
        """Run the body with a client, and add to its result what all results have in common; see :meth:`attempt`.

        :raises PuqVpnError: as the body does.
        """
        client.verify_timeout = verify_timeout_of(options)
        before = client.requests
        writer = [_writer_with(file_tools)] if self.writes_files else []
        result = _with_check_mode(self.body(options, client, *writer), client.check_mode)
        return {**result, "requests": client.requests - before}

    def _attempt_without_panel(self, options: Mapping[str, Any], writer: Any) -> Outcome:
        assumed: list[str] = []
        try:
            result = self.body(options, writer, assumed.append)
        except PuqVpnError as error:
            return Outcome(failure(error), True)
        return Outcome(_with_check_mode(result, writer.check_mode), False, list(map(assumption, assumed)))

    def run(self) -> None:
        """Run as a module process, and exit with the result."""
        module = TaskModule(self)
        outcome = self.attempt(
            module.params, name=module.label, check_mode=module.check_mode, now=module.now, file_tools=module
        )
        for text in without_credentials(outcome.warnings, module.params):
            module.warn(text)
        (module.fail_json if outcome.failed else module.exit_json)(**outcome.result)


def _writer_with(file_tools: Any) -> Any:
    # A module process compiles all that it imports.
    from ._file_writer import FileWriter

    return FileWriter(file_tools)


def _with_check_mode(result: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    """Return a result whose message says that nothing was written, if only check mode is the reason."""
    note = " (check mode, nothing was written)" if check_mode and result["changed"] else ""
    return {**result, "msg": result["msg"] + note}


class TaskModule(AnsibleModule):  # type: ignore[misc]  # ansible-core ships no types
    """The AnsibleModule of a task. Its results never show a secret."""

    argument_spec: dict[str, Any]

    def __init__(self, task: Task) -> None:
        self._puqvpn_task = task
        self.now: datetime | None = None
        super().__init__(argument_spec=spec_to_validate(task.argument_spec), supports_check_mode=True)

    @property
    def label(self) -> str:
        """The name of the module."""
        return str(self._name)

    def _set_internal_properties(self, *args: Any) -> None:
        """Check the options as they were given: Ansible has just read them, and converts them next."""
        super()._set_internal_properties(*args)
        moment = self.params.pop(MOMENT, None)
        self.now = datetime.fromisoformat(moment) if moment else None
        problems = list(text_problems(self._puqvpn_task.argument_spec, self.params))
        if problems:
            self.fail_json(" ".join(problems))

    def _log_invocation(self) -> None:
        """Log which options were given. Unlike for validation, ``no_log`` counts here."""
        validated, self.argument_spec = self.argument_spec, {**self.argument_spec, **self._puqvpn_task.argument_spec}
        super()._log_invocation()
        self.argument_spec = validated

    def exit_json(self, **result: Any) -> None:
        """Exit with a result; its ``invocation`` shows the options without their secrets."""
        super().exit_json(**self._presentable(result))

    def fail_json(self, msg: str, **result: Any) -> None:
        """Exit with a failure; its ``invocation`` shows the options without their secrets.

        Ansible itself calls this for an option that does not fit the argument spec, without an error code.
        """
        super().fail_json(**self._presentable({"msg": msg, **OPTION_FAILURE, **result}))

    def _presentable(self, result: Mapping[str, Any]) -> dict[str, Any]:
        echoed = invocation(self.params, self._puqvpn_task.argument_spec)
        return dict(without_credentials({"invocation": echoed, **result}, self.params))
