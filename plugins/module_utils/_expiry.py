# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Accounts and clients that end on a date, which is a part of what is wanted: panels have no field for it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Mapping, NamedTuple

from ._errors import OptionError
from ._field_types import End, ValueType, Word
from ._schema import ArgumentSpec, Values
from ._time import days_left, has_ended, parse_end
from ._untrusted import echo

# The options, which belong to an object without being fields of it.
EXPIRY_OPTIONS: Mapping[str, ValueType] = {"expires": End(), "expired": Word(("disable", "absent"))}
EXPIRY_ARGUMENTS: ArgumentSpec = {
    "expires": EXPIRY_OPTIONS["expires"].argument,
    "expired": {**EXPIRY_OPTIONS["expired"].argument, "default": "disable"},
}

# The values of an object that nobody can use.
DISABLED: Values = {"status": "disable"}


class Enforced(NamedTuple):
    """What is wanted of an object at a moment. ``reason`` says in words why that is not what the options say."""

    values: Values
    state: str
    reason: str = ""


def parse_expires(options: Mapping[str, Any]) -> str | None:
    """Return the option ``expires`` of a module in normal form; None if it is not set.

    :raises OptionError: it is neither a day nor a moment with a zone.
    """
    expires = options["expires"]
    try:
        return None if expires is None else EXPIRY_OPTIONS["expires"].parse(expires)
    except ValueError as error:
        raise OptionError(f"expires {error}, not {echo(expires)}") from None


def enforce_expiry(values: Values, options: Mapping[str, Any], moment: datetime) -> Enforced:
    """Return what is wanted of an object at a moment.

    ``values`` are the wanted ones in normal form, as are the ``options`` ``state``, ``expires`` and ``expired``.
    """
    state, expires = options.get("state") or "present", options.get("expires")
    if state == "absent" or not is_expired(expires, moment):
        return Enforced(values, state)
    state = "absent" if options.get("expired") == "absent" else "present"
    return Enforced({**values, **DISABLED}, state, f"expired on {expires}")


def is_expired(expires: str | None, moment: datetime) -> bool:
    """Return whether a date in normal form has passed; never without one."""
    return expires is not None and has_ended(parse_end(expires), moment)


def days_until_expiry(expires: str, moment: datetime) -> int:
    """Return the days that are left, see :func:`._time.days_left`."""
    return days_left(parse_end(expires), moment)
