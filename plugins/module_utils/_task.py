# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The edge between a module's work and Ansible: options in, results and failures out.

The work of a module is a function ``work(options, client) -> result`` that needs no Ansible class. A :class:`Task`
makes an :class:`Outcome` of it: with :meth:`Task.run` a module process leaves with that, an action plugin returns it.
"""

from __future__ import annotations

import contextlib
import os
import shlex
from dataclasses import dataclass
from typing import Any, Callable, Iterator, Mapping, Sequence

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible.module_utils.common.validation import check_type_dict
from ansible.module_utils.errors import AnsibleFallbackNotFound

from ._client import PanelClient, verify_timeout_of
from ._connection import CONNECTION_OPTIONS, Connection
from ._errors import OptionError, PuqVpnError, unsupported_generation
from ._field_types import NotATextError, text_of
from ._files import AtomicFile, FileNotWrittenError
from ._secrets import hide_secrets
from ._transport.bounded import REQUESTS_IMPORT_ERROR
from ._transport.session import Transport
from ._untrusted import one_line

Work = Callable[[Mapping[str, Any], PanelClient], Mapping[str, Any]]

BOTH_GENERATIONS = (1, 2)
"""For a module that works with all panels."""


def connection_argument_spec() -> dict[str, dict[str, Any]]:
    """The connection options as an argument spec, each with its environment variable as fallback."""
    return {
        name: {
            **{key: value for key, value in option.items() if key != "env"},
            "fallback": (_from_environment_or_empty if option.get("required") else _from_environment, [option["env"]]),
        }
        for name, option in CONNECTION_OPTIONS.items()
    }


def _from_environment(variable: str) -> str:
    """The value of an environment variable; one that is empty counts as not set."""
    value = _from_environment_or_empty(variable)
    if not value:
        raise AnsibleFallbackNotFound
    return value


def _from_environment_or_empty(variable: str) -> str:
    """As above, for a required option: that one is missing is told here, for Ansible does not name the variable."""
    return os.environ.get(variable, "")


_TEXTS = ("str", "path")


def wrong_texts(spec: Mapping[str, Mapping[str, Any]], given: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """What is wrong with the texts among the options as they were given, as sentences.

    Ansible makes texts of all values, and a switch or a number with a point is another text then than the playbook
    shows. Of options with choices it makes the right ones.
    """
    for option, details in spec.items():
        for name in (option, *details.get("aliases", ())):
            if given.get(name) is not None:
                yield from _wrong_texts_of(details, given[name], f"{prefix}{name}")


def _wrong_texts_of(details: Mapping[str, Any], value: Any, name: str) -> Iterator[str]:
    kind, parts = details.get("type", "str"), [(name, value)]
    if kind == "list":
        kind, parts = details.get("elements"), _elements(name, value)
    if details.get("options") is not None:
        for place, part in parts:
            yield from wrong_texts(details["options"], _as_options(part), f"{place}.")
    elif kind in _TEXTS and "choices" not in details:
        for place, part in parts:
            try:
                text_of(part)
            except NotATextError as error:
                yield f"{place} {error.plain if details.get('no_log') else error}."


def _elements(name: str, value: Any) -> list[tuple[str, Any]]:
    """The elements of a list with their places; what is no list is its only element, as Ansible has it."""
    return [(f"{name}[{at}]", part) for at, part in enumerate(value)] if isinstance(value, list) else [(name, value)]


def _as_options(value: Any) -> Mapping[str, Any]:
    """Suboptions, which may also be given as a text; none where Ansible itself finds them wrong."""
    try:
        found = check_type_dict(value)
    except TypeError:
        found = {}
    return found if isinstance(found, dict) else {}


OPTION_FAILURE = {"error_code": "invalid_option", "panel_error": ""}
"""What is added to a failure that Ansible itself finds: an option does not fit the argument spec."""


def credentials_in(options: Mapping[str, Any]) -> set[str]:
    """The texts that must be hidden wherever they stand in a result.

    Options that hold free-form data are ``no_log``, so that nothing logs them. Ansible would then also hide every
    value of theirs wherever it stands in a result, words such as ``enable`` included: here only the credentials are
    hidden in that way, and the secrets in free-form data by their names.
    """
    return {str(options[name]) for name in ("access_hash", "token") if options.get(name)}


def invocation(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options as a result echoes them: without their secrets."""
    return {"module_args": hide_secrets(dict(options), whole=True)}


@dataclass(frozen=True)
class Outcome:
    """What came of a task: the result to leave with, whether it failed, and what to warn of."""

    result: dict[str, Any]
    failed: bool = False
    warnings: Sequence[str] = ()


@dataclass(frozen=True)
class Task:
    """A module: its options and its work, and the ``generations`` of panels that it is made for.

    With ``writes_file`` the work leaves a file to be written to the edge.
    """

    options: Mapping[str, Mapping[str, Any]]
    work: Work
    writes_file: bool = False
    generations: tuple[int, ...] = (1,)

    @property
    def argument_spec(self) -> dict[str, Mapping[str, Any]]:
        """The options of the module and those of the connection."""
        return {**connection_argument_spec(), **self.options}

    def attempt(
        self,
        options: Mapping[str, Any],
        *,
        check_mode: bool,
        name: str = "The module",
        transport_to: Callable[[Connection], Transport | None] = lambda _connection: None,
        finish: Callable[[dict[str, Any]], None] = lambda _result: None,
    ) -> Outcome:
        """Do the work with options that fit the argument spec. ``name`` is that of the module.

        ``transport_to`` may lend a transport, and ``finish`` has the last say on a result, or raises a PuqVpnError.
        """
        client: PanelClient | None = None
        try:
            connection = Connection.from_options(options)
            if connection.generation not in self.generations:
                raise unsupported_generation(name.rsplit(".", 1)[-1]).at(connection.root)
            with PanelClient(connection, check_mode=check_mode, transport=transport_to(connection)) as client:
                client.verify_timeout = verify_timeout_of(options)
                result = dict(self.work(options, client))
            finish(result)
        except PuqVpnError as error:
            if client is not None and not isinstance(error, OptionError):
                error.at(client.connection.root)
            return Outcome(failure(error), True, client.warnings if client else ())
        except RecursionError:
            return Outcome(failure(nested_too_deeply()), True)
        return Outcome(result, False, client.warnings)

    def run(self) -> None:
        """Do the work as a module process does, and leave with its result."""
        module = TaskModule(self)
        outcome = self.attempt(module.params, name=module.label, check_mode=module.check_mode, finish=module.finish)
        for text in outcome.warnings:
            module.warn(text)
        (module.fail_json if outcome.failed else module.exit_json)(**outcome.result)


class TaskModule(AnsibleModule):  # type: ignore[misc]  # ansible-core ships no types
    """The AnsibleModule of a task, whose results never show a secret."""

    # The file that Ansible itself is moving to its place.
    _moved_to: str | None = None

    def __init__(self, task: Task) -> None:
        super().__init__(
            argument_spec=task.argument_spec, supports_check_mode=True, add_file_common_args=task.writes_file
        )
        self._writes_file = task.writes_file

    @property
    def label(self) -> str:
        """The name of the module."""
        return str(self._name)

    def _set_internal_properties(self, *args: Any) -> None:
        """Look at the options as they were given: Ansible has just read them, and converts them next."""
        super()._set_internal_properties(*args)
        wrong = list(wrong_texts(self.argument_spec, self.params))
        if wrong:
            self.fail_json(" ".join(wrong))

    @contextlib.contextmanager
    def moving(self, dest: str) -> Iterator[None]:
        """Let what Ansible itself fails of meanwhile become an error that says which file could not be written.

        It leaves by :meth:`fail_json`, and since 2.19 by an exception of no kind.
        """
        self._moved_to = dest
        try:
            yield
        except PuqVpnError:
            raise
        except Exception as error:
            cause = error.__cause__ or error
            raise FileNotWrittenError(dest, one_line(getattr(cause, "strerror", None) or cause)) from None
        finally:
            self._moved_to = None

    def finish(self, result: dict[str, Any]) -> None:
        """Write the file of a result, if there is one."""
        if self._writes_file:
            _write_file(self, result)

    def exit_json(self, **result: Any) -> None:
        """Leave with a result; its ``invocation`` shows the options without their secrets."""
        self.no_log_values = credentials_in(self.params)
        super().exit_json(invocation=invocation(self.params), **result)

    def fail_json(self, msg: str, **result: Any) -> None:
        """Leave with a failure; its ``invocation`` shows the options without their secrets.

        Ansible itself calls this for an option that does not fit the argument spec, without a code.
        """
        if self._moved_to is not None:
            raise FileNotWrittenError(self._moved_to, one_line(msg))
        self.no_log_values = credentials_in(self.params)
        super().fail_json(msg, invocation=invocation(self.params), **{**OPTION_FAILURE, **result})


def _write_file(module: TaskModule, result: dict[str, Any]) -> None:
    """Give the file of a result its content and its attributes, as ``ansible.builtin.copy`` does; mode 0600 if unsaid.

    :raises PuqVpnError: ``validation_failed`` or ``file_not_written``; the file is left as it was then.
    """
    content: bytes = result.pop("content")
    dest = result["dest"]
    if module.params["mode"] is None:
        module.params["mode"] = "0600"
    if result["changed"] and not module.check_mode:
        with AtomicFile(dest) as new:
            new.write(content)
            _validate(module, new.temporary)
            _replace(module, new, dest)
    attributes = module.load_file_common_arguments(module.params, path=dest)
    result["changed"] = module.set_fs_attributes_if_different(attributes, result["changed"])


def _replace(module: TaskModule, new: AtomicFile, dest: str) -> None:
    """Put the new content in place. The file that it replaces hands its mode down, so that is set before.

    At no moment can anybody read a key who may not read it in the end. A link hands nothing down: it is replaced, and
    what it leads to is left alone.
    """
    if os.path.islink(dest) or not os.path.exists(dest):
        new.put_in_place()
        module.set_default_selinux_context(dest, False)
        return
    module.set_mode_if_different(dest, module.params["mode"], False)
    with module.moving(dest):
        module.atomic_move(new.temporary, dest, unsafe_writes=module.params["unsafe_writes"])


def _validate(module: TaskModule, path: str) -> None:
    if module.params["validate"] is None:
        return
    code, _out, _err = module.run_command(module.params["validate"].replace("%s", shlex.quote(path)))
    if code != 0:
        raise PuqVpnError(
            "validation_failed",
            f"validate found the new content wrong: the command ended with code {code}",
            # What it printed may hold the private key.
            hint="dest was left as it was. Run the command by hand on such a file to see what it says.",
        )


def nested_too_deeply() -> PuqVpnError:
    """The error for JSON into which nothing but the library that reads it goes deep enough."""
    return PuqVpnError("answer_wrong_type", "the answer is nested too deeply")


def failure(error: PuqVpnError) -> dict[str, Any]:
    """A failed result: the sentence, the stable code, the panel's own words, and what the work adds."""
    result = {"msg": str(error), "error_code": error.code, "panel_error": error.panel_error, **error.details}
    if error.code == "missing_library":
        result.update(msg=missing_required_lib("requests"), exception=REQUESTS_IMPORT_ERROR)
    return result
