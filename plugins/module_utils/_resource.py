# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manage one object or one settings page: options in, result out.

``manage_object`` and ``manage_settings`` are the whole body of most modules. Others consist of the same steps.

What writes, or predicts in check mode, is imported where it is needed: a module process compiles all that it imports,
and most tasks change nothing.
"""

from __future__ import annotations

from typing import Any, Callable, Mapping

from ._change import Change, ObjectChange, SettingsChange, differing, object_change, settings_change, unverified
from ._client import PanelClient
from ._errors import OptionError
from ._field_types import NAME
from ._panel.reader import read_object, read_settings
from ._schema import Kind, ObjectKind, SettingsKind, ShownSettings, Values
from ._summary import summarize_change
from ._untrusted import echo

Options = Mapping[str, Any]


def parse_options(kind: Kind, options: Options, client: PanelClient) -> dict[str, Any]:
    """Return the values that the options ask for, in normal form; what a user should know becomes a warning.

    The values of an object must not contradict each other, and name the object that is to be removed.

    :raises OptionError: with every problem, before anything is sent.
    """
    parsed = kind.parse(options)
    if parsed.problems:
        raise OptionError(" ".join(parsed.problems))
    client.warnings += parsed.remarks
    client.learn_secrets(parsed.values)
    if isinstance(kind, ObjectKind):
        _validate_object(kind, options, parsed.values)
    return parsed.values


def _validate_object(kind: ObjectKind, options: Options, wanted: Values) -> None:
    if options["state"] == "present":
        kind.validate(wanted)
        return
    missing = [name for name in kind.identity if name not in wanted]
    if missing:
        raise OptionError(f"state absent needs {' and '.join(missing)}, to know which {kind.title} is meant")


def account_name(options: Options) -> str:
    """Return the option ``name`` of a module that does something with an account.

    :raises OptionError: no account can have this name.
    """
    try:
        return NAME.parse(options["name"])
    except ValueError as error:
        raise OptionError(f"name {error}, not {echo(options['name'])}") from None


def _result(kind: Kind, options: Options, change: Change | None, found: Values, msg: str) -> dict[str, Any]:
    return {
        "changed": change is not None,
        kind.name: kind.as_result(found, options["include_secrets"]),
        "diff": change.diff if change else {"before": {}, "after": {}},
        "msg": msg,
    }


# --- Objects


def manage_object(
    kind: ObjectKind,
    options: Options,
    client: PanelClient,
    *,
    inspect: Callable[[PanelClient, ObjectChange], None] = lambda _client, _change: None,
) -> dict[str, Any]:
    """Ensure that an object is as the options say, or does not exist: one read, one write, one read.

    ``inspect`` sees the change before it is executed, in check mode as well.

    :returns: ``changed``, the object under the name of its kind, ``unverified``, ``diff`` and ``msg``.
    :raises PuqVpnError: as :func:`._change.object_change`, its execution and the client do.
    """
    wanted = parse_options(kind, options, client)
    current = read_object(client, kind, wanted)
    change = needed_change(client, kind, options, wanted, current)
    if change is not None:
        inspect(client, change)
    return conclude_object(client, kind, options, change, wanted=wanted, current=current)


def needed_change(
    client: PanelClient, kind: ObjectKind, options: Options, wanted: Values, current: Values | None
) -> ObjectChange | None:
    """Return the change that an object needs; see :func:`._change.object_change`.

    In check mode, an object that does not exist is assumed to where the options are not enough to create it.
    """
    is_incomplete = options["state"] == "present" and any(name not in wanted for name in kind.needed)
    if client.check_mode and current is None and is_incomplete:
        from ._check_mode import assumed_change

        return assumed_change(client, kind, wanted)
    return object_change(kind, wanted, current, options)


def conclude_object(
    client: PanelClient,
    kind: ObjectKind,
    options: Options,
    change: ObjectChange | None,
    *,
    wanted: Values,
    current: Values | None,
) -> dict[str, Any]:
    """Execute and verify the change, unless in check mode, and return the result."""
    if change is None:
        # What is assumed to exist is as it is wanted.
        found: Values = current or ({} if options["state"] == "absent" else wanted)
    elif client.check_mode:
        from ._check_mode import predict_refusals

        predict_refusals(client, change, wanted)
        found = change.after
    else:
        from ._execute import execute, recovering, verify

        with recovering(client, change, options):
            answer = execute(client, change)
            found = verify(client, change, answer, options)
    otherwise = "does not exist" if options["state"] == "absent" else "unchanged"
    msg = summarize_change(kind.name_of({**wanted, **(current or {}), **found}), change, otherwise)
    result = _result(kind, options, change, found, msg)
    if kind.may_hide:
        result["unverified"] = unverified(wanted, found) if options["state"] == "present" else []
    return result


# --- Settings


def manage_settings(kind: SettingsKind, options: Options, client: PanelClient) -> dict[str, Any]:
    """Ensure that settings are as the options say, or as the panel's defaults.

    :returns: ``changed``, the settings under the name of their kind, ``diff`` and ``msg``.
    :raises PuqVpnError: as :func:`._change.settings_change`, its execution and the client do.
    """
    wanted = parse_options(kind, options, client)
    if options.get("defaults"):
        if wanted:
            raise OptionError(f"defaults resets everything and cannot be given together with {', '.join(wanted)}")
        return _reset(kind, options, client)
    current = read_settings(client, kind)
    change = _settings_change(client, kind, wanted, current)
    return conclude_settings(client, kind, options, change, wanted=wanted, current=current)


def _settings_change(
    client: PanelClient, kind: SettingsKind, wanted: Values, current: ShownSettings
) -> SettingsChange | None:
    """Return the change that settings need. In check mode, what the others of them lack is assumed to come."""
    try:
        return settings_change(kind, wanted, current)
    except OptionError as error:
        from ._check_mode import lasting_problems

        if not client.check_mode or lasting_problems(kind, wanted):
            raise
        client.assume(f"the {kind.title} is complete by then: {error.message.rstrip('.')}")
        return settings_change(kind, wanted, current, complete=False)


def conclude_settings(
    client: PanelClient,
    kind: SettingsKind,
    options: Options,
    change: SettingsChange | None,
    *,
    wanted: Values,
    current: Values,
) -> dict[str, Any]:
    """Execute and verify the change, unless in check mode, and return the result."""
    unknown = unverified(wanted, current)
    if unknown:
        client.warnings.append(
            f"The panel does not show {', '.join(unknown)} of the {kind.title}, so whether they differ is unknown. "
            "They are only sent together with another change."
        )
    found: Values = current
    if change is not None and client.check_mode:
        found = change.after
    elif change is not None:
        from ._execute import write_settings
        from ._verify import reporting_diff

        with reporting_diff(change.diff):
            found = write_settings(client, change)
    return _result(kind, options, change, found, summarize_change(kind.title, change))


def _reset(kind: SettingsKind, options: Options, client: PanelClient) -> dict[str, Any]:
    from ._execute import reset_settings
    from ._verify import reporting_diff

    current = read_settings(client, kind)
    change = settings_change(kind, kind.defaults, current)
    if change is None or client.check_mode:
        return conclude_settings(client, kind, options, change, wanted={}, current=current)
    with reporting_diff(change.diff):
        found = reset_settings(client, kind)
    others = differing(kind, kind.defaults, found)
    if others:
        client.warnings.append(
            f"After the reset, {', '.join(others)} of the {kind.title} differ from the manual. Either the panel has "
            "other defaults and is reset every time, or it did not reset them. To be sure, give the values instead of "
            "defaults."
        )
    fields = tuple(field.name for field in kind.fields if found.get(field.name) != current.get(field.name))
    happened = SettingsChange(kind, change.action, current, found, fields) if fields else None
    return _result(kind, options, happened, found, summarize_change(kind.title, happened))
