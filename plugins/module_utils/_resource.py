# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The work of every module that manages one thing: read, plan, carry out, prove, and tell.

``manage_object`` and ``manage_settings`` are the whole work of most modules. Others are made of the same steps.
"""

from __future__ import annotations

import contextlib
from typing import Any, Callable, Dict, Iterator, Mapping, cast

from ._change import CREATE, RECREATE, Change, differing, plan_object, plan_removal, plan_settings, unverified
from ._check_mode import assumed_change, lasting_problems, predict_refusals
from ._client import PanelClient
from ._errors import OptionError, PuqVpnError
from ._execute import (
    after_write,
    complete,
    execute,
    read_object,
    read_settings,
    remove_object,
    reset_settings,
    restore,
    verify_object,
    write_settings,
)
from ._field_types import NAME
from ._schema import Kind, ObjectKind, SettingsKind, Values
from ._signals import signals_deferred
from ._untrusted import given

Options = Mapping[str, Any]
Diff = Dict[str, Dict[str, Any]]


def wanted_values(kind: Kind, options: Options, client: PanelClient) -> dict[str, Any]:
    """The values that the options ask for, in normal form; what a user should know of them becomes a warning.

    :raises OptionError: with every problem, before anything is sent.
    """
    wanted = kind.parse(options)
    client.warnings += wanted.remarks
    client.learn_secrets(wanted.values)
    return wanted.values


def account_name(options: Options) -> str:
    """The option ``name`` of a module that does something with an account.

    :raises OptionError: no account can have this name.
    """
    try:
        return NAME.parse(options["name"])
    except ValueError as error:
        raise OptionError(f"name {error}, not {given(options['name'])}") from None


def _result(kind: Kind, options: Options, change: Change | None, found: Values) -> dict[str, Any]:
    return {
        "changed": change is not None,
        kind.name: kind.as_result(found, options["include_secrets"]),
        "diff": change.diff if change else {"before": {}, "after": {}},
    }


# --- Objects


def manage_object(
    kind: ObjectKind,
    options: Options,
    client: PanelClient,
    *,
    inspect: Callable[[PanelClient, Change], None] = lambda _client, _change: None,
) -> dict[str, Any]:
    """Let an object be as the options say, or be absent.

    ``inspect`` looks at the change before it is made, in check mode as well.

    :returns: ``changed``, the object under the name of its kind, ``unverified`` and ``diff``.
    :raises PuqVpnError: as the plan, its execution and the client do.
    """
    wanted = wanted_object(kind, options, client)
    current = read_current(client, kind, wanted)
    change = plan(kind, options, wanted, current, client)
    if change is not None:
        inspect(client, change)
    return conclude_object(client, kind, options, change, wanted=wanted, current=current)


def wanted_object(kind: ObjectKind, options: Options, client: PanelClient) -> dict[str, Any]:
    """As :func:`wanted_values`, and the values must make sense together and say which object is meant."""
    wanted = wanted_values(kind, options, client)
    if options["state"] == "absent":
        missing = [name for name in kind.identity if name not in wanted]
        if missing:
            raise OptionError(f"state absent needs {' and '.join(missing)}, to know which {kind.title} is meant")
    else:
        kind.refuse_problems(wanted)
    return wanted


def read_current(client: PanelClient, kind: ObjectKind, wanted: Values) -> dict[str, Any] | None:
    """The object as it is now. Without anything that tells it from others, nothing is read: it will be a new one."""
    return read_object(client, kind, wanted) if kind.key(wanted) else None


def plan(
    kind: ObjectKind,
    options: Options,
    wanted: Values,
    current: Values | None,
    client: PanelClient | None = None,
) -> Change | None:
    """The plan for an object, as ``state`` and the other options want it.

    In check mode, an object that is not there is assumed to come where too little is said of it to make it.
    """
    if options["state"] == "absent":
        return plan_removal(kind, current)
    lacks = current is None and not all(name in wanted for name in kind.needed)
    if lacks and client is not None and client.check_mode:
        return assumed_change(client, kind, wanted)
    return plan_object(
        kind,
        wanted,
        current,
        recreate=options.get("recreate", False),
        update_write_only=options.get("update_write_only", "on_create"),
    )


def conclude_object(
    client: PanelClient,
    kind: ObjectKind,
    options: Options,
    change: Change | None,
    *,
    wanted: Values,
    current: Values | None,
) -> dict[str, Any]:
    """Carry out the change, unless in check mode, and tell what came of it."""
    if change is None:
        # What is assumed to be there is as it is wanted.
        found: Values = current or ({} if options["state"] == "absent" else wanted)
    elif client.check_mode:
        predict_refusals(client, change, wanted)
        found = change.after
    else:
        found = execute_and_verify(client, kind, change, options)
    result = _result(kind, options, change, found)
    if "update_write_only" in options:
        result["unverified"] = unverified(wanted, found) if options["state"] == "present" else []
    return result


def execute_and_verify(client: PanelClient, kind: ObjectKind, change: Change, options: Options) -> dict[str, Any]:
    """Carry out the change of an object and prove it; the object as it is now, empty when it is gone.

    With the option ``rollback`` a new object that is not as it was asked for is removed again.
    """
    # The proof belongs to what must not be interrupted: when it fails the old object is put back.
    with signals_deferred() if change.action == RECREATE else contextlib.nullcontext():
        try:
            answer = execute(client, kind, change)
            with after_write():
                if change.action not in (CREATE, RECREATE):
                    return verify_object(client, kind, change, change.before)
                return _verify_new(client, kind, change, answer, options)
        except PuqVpnError as error:
            restore_or_report(client, kind, change, error, options)
            left = remaining_change(change, error)
            report_diff(error, left.diff if left else {"before": {}, "after": {}})
            raise


def restore_or_report(
    client: PanelClient, kind: ObjectKind, change: Change, error: PuqVpnError, options: Options
) -> None:
    """Put an old object back that was removed for a new one which is not there, and tell in the error what is lost."""
    is_missing = error.code == "object_not_stored" or error.details.get("rolled_back") is True
    if change.action == RECREATE and is_missing:
        restore(client, kind, change, error)
    if error.details.get("restored") is False:
        error.details["lost"] = kind.as_result(change.before, options["include_secrets"])


def remaining_change(change: Change, error: PuqVpnError) -> Change | None:
    """What a change comes to that failed after a write; None where everything is as it was before."""
    if error.details.get("restored") is False:
        return plan_removal(cast(ObjectKind, change.kind), change.before)
    undone = "restored" if change.action == RECREATE else "rolled_back"
    return None if error.details.get(undone) is True else change


def report_diff(error: PuqVpnError, diff: Diff) -> None:
    """Let a failure that comes after a write tell what is different now, as a success does."""
    if error.wrote:
        error.details.update(changed=any(diff.values()), diff=diff)


@contextlib.contextmanager
def reporting_diff(diff: Diff) -> Iterator[None]:
    """As :func:`report_diff`, for the failures in the block."""
    try:
        yield
    except PuqVpnError as error:
        report_diff(error, diff)
        raise


def _verify_new(
    client: PanelClient, kind: ObjectKind, change: Change, answer: Values, options: Options
) -> dict[str, Any]:
    if not answer and not kind.key(change.values):
        raise PuqVpnError(
            "answer_wrong_type",
            f"the panel said that it made a {kind.title}, but not under which name",
            hint="Look for it in the panel, and give its name to the task.",
        ).at(client.connection.root)
    try:
        shown = complete(client, kind, change, answer)
        return verify_object(client, kind, change, shown or change.values)
    except PuqVpnError as error:
        if options.get("rollback"):
            roll_back(client, kind, answer or change.values, error)
        raise


def roll_back(client: PanelClient, kind: ObjectKind, values: Values, error: PuqVpnError) -> None:
    """Remove a new object again that is not as it was asked for, and tell in the error."""
    try:
        remove_object(client, kind, values)
    except PuqVpnError as second:
        error.details["rolled_back"] = False
        error.hint += f" {kind.label(values)} could not be removed again: {second}"
    else:
        error.details["rolled_back"] = True
        error.hint += f" {kind.label(values)} was removed again, as rollback asks for."


# --- Settings


def manage_settings(kind: SettingsKind, options: Options, client: PanelClient) -> dict[str, Any]:
    """Let settings be as the options say, or as the panel has them by default.

    :returns: ``changed``, the settings under the name of their kind, and ``diff``.
    :raises PuqVpnError: as the plan, its execution and the client do.
    """
    wanted = wanted_values(kind, options, client)
    if options.get("defaults"):
        if wanted:
            raise OptionError(f"defaults resets everything and cannot be given together with {', '.join(wanted)}")
        return _reset(kind, options, client)
    current = read_settings(client, kind)
    change = _plan_settings(client, kind, wanted, current)
    return conclude_settings(client, kind, options, change, wanted=wanted, current=current)


def _plan_settings(client: PanelClient, kind: SettingsKind, wanted: Values, current: Values) -> Change | None:
    """The plan for settings. In check mode, what the others of them lack is assumed to come."""
    try:
        return plan_settings(kind, wanted, current)
    except OptionError as error:
        if not client.check_mode or lasting_problems(kind, wanted):
            raise
        client.assume(f"the {kind.title} is complete by then: {error.message.rstrip('.')}")
        return plan_settings(kind, wanted, current, complete=False)


def conclude_settings(
    client: PanelClient,
    kind: SettingsKind,
    options: Options,
    change: Change | None,
    *,
    wanted: Values,
    current: Values,
) -> dict[str, Any]:
    """Carry out the change, unless in check mode, and tell what came of it."""
    unknown = unverified(wanted, current)
    if unknown:
        client.warnings.append(
            f"The panel does not show {', '.join(unknown)} of the {kind.title}, so it cannot be told whether they "
            "differ. They are only sent together with another change."
        )
    found: Values = current
    if change is not None and client.check_mode:
        found = change.after
    elif change is not None:
        with reporting_diff(change.diff):
            found = write_settings(client, kind, change)
    return _result(kind, options, change, found)


def _reset(kind: SettingsKind, options: Options, client: PanelClient) -> dict[str, Any]:
    current = read_settings(client, kind)
    change = plan_settings(kind, kind.defaults, current)
    if change is None or client.check_mode:
        return conclude_settings(client, kind, options, change, wanted={}, current=current)
    with reporting_diff(change.diff):
        found = reset_settings(client, kind)
    others = differing(kind, kind.defaults, found)
    if others:
        client.warnings.append(
            f"After the reset, {', '.join(others)} of the {kind.title} are not as in the manual. The panel has other "
            "defaults, and is reset every time, or it did not do it. To be sure, give the values instead of defaults."
        )
    fields = tuple(one.name for one in kind.fields if found.get(one.name) != current.get(one.name))
    happened = Change(kind, change.action, current, found, fields) if fields else None
    return _result(kind, options, happened, found)
