# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recreate an account with new keys, and the port forwards to it."""

from __future__ import annotations

from functools import partial
from typing import Any, Callable, Iterable, Mapping, Sequence

from ._addressed import manage_addressed
from ._change import CREATE, ObjectChange
from ._client import STATUS_PATH, PanelClient
from ._crypto import new_pair
from ._errors import OptionError, PuqVpnError, RefusedError, accepted, listed
from ._execute import execute
from ._objects.account import ACCOUNT
from ._objects.port_forward import PORT_FORWARD
from ._panel.reader import read_objects
from ._panel.status import parse_version, summarize_status
from ._schema import Items, Values
from ._signals import signals_deferred
from ._verify import after_write, report_diff, verify_object

# The first version of 1.x panels that has port forwards (contract: port_forward_list).
_FIRST_WITH_FORWARDS = (1, 6)

# What check mode shows in place of a key that does not exist yet.
_A_NEW_KEY = "a new one"


def rotate_keys(options: Mapping[str, Any], client: PanelClient) -> dict[str, Any]:
    """Ensure that an account is as the options say, and delete and recreate it with a new pair of keys.

    The port forwards to it are recreated as well.

    :raises MissingLibraryError: new keys need ``cryptography``. Nothing has been sent.
    :raises PuqVpnError: as :func:`._addressed.manage_addressed` does, also after a failure to recreate port forwards,
        with these as ``lost_port_forwards`` in the details.
    """
    _refuse_contradictions(options)
    rotate = partial(_rotate_keys, pair=new_pair())
    lost = "its client needs a new configuration, and its one-time links may be gone afterwards"
    result = manage_addressed(ACCOUNT, {**options, "recreate": True}, client, lost=lost, around=rotate)
    if client.check_mode:
        result[ACCOUNT.name] = {name: value for name, value in result[ACCOUNT.name].items() if value != _A_NEW_KEY}
    return result


def _refuse_contradictions(options: Mapping[str, Any]) -> None:
    if options["state"] == "absent":
        raise OptionError("rotate_keys cannot be used with state absent")
    given = [name for name in ACCOUNT.pair if options[name] is not None]
    if given:
        raise OptionError(
            f"rotate_keys makes new keys, and cannot be given together with {' and '.join(given)}",
            hint="To set keys of your own, leave rotate_keys out and set recreate to true.",
        )


def _rotate_keys(
    options: Mapping[str, Any],
    client: PanelClient,
    wanted: Values,
    current: Values | None,
    proceed: Callable[[Values], dict[str, Any]],
    *,
    pair: Mapping[str, str],
) -> dict[str, Any]:
    """Recreate an account with a new pair of keys, and the port forwards that the panel may drop with the old one.

    An edit does not take keys (contract: account_update), and what becomes of the port forwards is not documented
    (contract: account_delete).
    """
    if options["state"] == "absent":
        # It has expired.
        return proceed(wanted)
    if client.check_mode:
        pair = dict.fromkeys(pair, _A_NEW_KEY)
    else:
        client.learn_secrets(pair)
    if current is None:
        return proceed({**wanted, **pair})
    _require_everything(client, wanted, current)
    forwards = _forwards_to(client, current)
    # The signals must also wait until the port forwards exist again.
    with signals_deferred():
        try:
            result = proceed({**wanted, **pair})
        except PuqVpnError as error:
            if error.details.get("restored") is False:
                _report_lost(error, forwards)
            elif error.wrote:
                _report_lost(error, [forward for forward, _error in _recreate_forwards(client, forwards)])
            raise
        failures = [] if client.check_mode else _recreate_forwards(client, forwards)
    if failures:
        failure = failures[0][1]
        failure.message = (
            f"{ACCOUNT.label(current)} has new keys, but a port forward to it could not be recreated: {failure.message}"
        )
        _report_lost(failure, [forward for forward, _error in failures])
        report_diff(failure, result["diff"])
        raise failure
    return result


def _require_everything(client: PanelClient, wanted: Values, current: Values) -> None:
    """Refuse to recreate an account of which the panel hides something: the new one would have another value.

    The old keys are needed as well, to restore it after a failure.
    """
    label = ACCOUNT.label(current)
    if wanted.get("wg_name", current.get("wg_name")) != current.get("wg_name"):
        raise PuqVpnError(
            "immutable_field",
            f"{label} has another wg_name, and rotate_keys keeps it on its server",
            hint="Leave wg_name out, or move the account with recreate: true in a task of its own.",
            details={"fields": ["wg_name"]},
        ).at(client.connection.root)
    hidden = [
        field.name
        for field in ACCOUNT.fields
        if not field.write_only and field.name not in wanted and _is_hidden(current.get(field.name))
    ]
    if hidden:
        raise PuqVpnError(
            "missing_option",
            f"the panel does not show {' and '.join(hidden)} of {label}, which would be lost with its old keys",
            hint=f"Set {' and '.join(hidden)}. For keys of your own, set recreate to true and leave rotate_keys out.",
        ).at(client.connection.root)
    unknown = [field.name for field in ACCOUNT.fields if field.write_only and field.name not in {**wanted, **current}]
    if unknown:
        client.warnings.append(
            f"The panel does not show {' and '.join(unknown)} of {label}. If it has such an address, set the option: "
            "the account loses it otherwise."
        )


def _is_hidden(value: Any) -> bool:
    """Return whether a panel shows nothing in place of a value, or a mask."""
    return value is None or (isinstance(value, str) and value != "" and not value.strip("*\u2022"))


def _forwards_to(client: PanelClient, owner: Values) -> Items:
    """Return the port forwards to an account; none on a panel of a version that has none.

    :raises UntrustedValueError: one of the server has a value that nobody could set again, so it could get lost.
    """
    try:
        found = read_objects(client, PORT_FORWARD, {"wg_name": owner["wg_name"]})
    except PuqVpnError as error:
        # A proxy may answer like this as well, and the port forwards would be lost.
        if error.code != "unknown_operation" or not _is_older(client, _FIRST_WITH_FORWARDS):
            raise
        return []
    for forward in found:
        for field in PORT_FORWARD.fields:
            what = f"{field.name} of {PORT_FORWARD.label(forward)}"
            accepted(field.type.parse, what, forward.get(field.name))
    return [PORT_FORWARD.settable(forward) for forward in found if forward["to_peer"] == owner["name"]]


def _is_older(client: PanelClient, version: tuple[int, ...]) -> bool:
    shown = parse_version(summarize_status(client.get(STATUS_PATH), client.connection.root)["version"])
    return shown is not None and shown < version


def _recreate_forwards(client: PanelClient, forwards: Iterable[Values]) -> list[tuple[Values, PuqVpnError]]:
    """Create port forwards, unless they exist, and verify each of them; return those that fail."""
    failures = []
    for forward in forwards:
        change = ObjectChange(PORT_FORWARD, CREATE, {}, forward, tuple(forward))
        try:
            with client.finishing(), after_write():
                _create_unless_kept(client, change)
                verify_object(client, change, forward)
        except PuqVpnError as error:
            failures.append((forward, error))
    return failures


def _create_unless_kept(client: PanelClient, change: ObjectChange) -> None:
    """Create a port forward. A panel that kept it says so: its port and protocol are unique (contract)."""
    try:
        execute(client, change)
    except RefusedError as refused:
        if refused.code != "already_exists":
            raise


def _report_lost(error: PuqVpnError, forwards: Sequence[Values]) -> None:
    """Name in an error the port forwards that could not be recreated."""
    if forwards:
        error.details["lost_port_forwards"] = [PORT_FORWARD.as_result(forward) for forward in forwards]
        names = listed(list(map(PORT_FORWARD.name_of, forwards)))
        error.hint += (
            f" Port forwards that the panel may have removed before could not be recreated: {names}. See "
            "lost_port_forwards in the result."
        )
