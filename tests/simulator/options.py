# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the contract leaves open, as options: clients can be tested against each reading."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Any


@dataclass
class Options:
    """The readings of the contract that this panel follows."""

    error_codes: bool = False  # errors come with an HTTP status of their own instead of 200
    status_word: str = "success"  # or SUCCESS; generation 2 then answers ok instead of OK
    bound_to: str = ""  # source address that the credential is bound to; empty: any
    licensed: bool = True
    licence_slots: int = 500
    licence_expires: str = "2030-12-31T18:38:43+01:00"
    version: str = ""  # empty: the newest of the generation
    numbers: str = "documented"  # or strings, or numbers
    keyed: str = "documented"  # or swapped: arrays of named objects come keyed by name, and keyed ones as arrays
    empty_sets: str = "documented"  # or text, or null: these collections come as "" or null when they are empty
    switch_words: str = "any"  # or digits, or words: the only spellings of a switch that DNS and firewall heed
    ready_text: str = "OK"
    echo_write_only: bool = False  # the fields that no documented reply shows are returned too
    ikev2_self_enable: bool = False  # a new server certificate switches IKEv2 on
    ftp_fails: bool = False  # with FTP on, a backup is made and kept, and its upload reported as an error
    server_bandwidth_wins: bool = True  # a new account gets its server's bandwidth, when the server has one
    unknown_fields: bool = False  # every object has an undocumented field
    spelling: str = "default"  # or alternate: the other documented or likely spelling of some paths
    busy_after_write: float = 0.0  # seconds of rebuilding after a write to servers, accounts or firewall
    reload_seconds: float = 0.2
    bare_unauthorized: bool = False  # generation 2: a bad token is answered without envelope
    sessions: str = "rows"  # generation 2: the container of the sessions, see v2.py
    inferred: bool = True  # generation 2: operations that no page names, but that most likely are there, are there
    latency: float = 0.0  # seconds before each answer

    def __post_init__(self) -> None:
        """Check the values given at the start."""
        self.set(**dataclasses.asdict(self))

    def set(self, **values: Any) -> None:
        """Change options by name; a name or a value that is not an option's is an error, and nothing changes."""
        checked = {name: _checked(name, value) for name, value in values.items()}
        for name, value in checked.items():
            setattr(self, name, value)


_CHOICES = {
    "status_word": ("success", "SUCCESS"),
    "numbers": ("documented", "strings", "numbers"),
    "keyed": ("documented", "swapped"),
    "empty_sets": ("documented", "text", "null"),
    "switch_words": ("any", "digits", "words"),
    "spelling": ("default", "alternate"),
    "sessions": ("rows", "named", "by_client", "by_protocol", "lists", "by_name"),
}
_TYPES = {field.name: type(field.default) for field in dataclasses.fields(Options)}


def parse(setting: str) -> tuple[str, Any]:
    """Read OPTION=VALUE: texts as they are, numbers and switches as in JSON."""
    name, _equals, value = setting.partition("=")
    if _TYPES.get(name) is str:
        return name, value
    try:
        return name, json.loads(value)
    except ValueError:
        raise ValueError(f"{name} cannot be {value}") from None


def _checked(name: str, value: Any) -> Any:
    if name not in _TYPES:
        raise ValueError(f"{name} is not an option; the options are: {', '.join(_TYPES)}")
    if name in _CHOICES and value not in _CHOICES[name]:
        raise ValueError(f"{name} must be one of: {', '.join(_CHOICES[name])}")
    wanted = _TYPES[name]
    # A switch is a number to Python, but not to a user.
    is_switch = isinstance(value, bool)
    if wanted is float and isinstance(value, int) and not is_switch:
        return float(value)
    if not isinstance(value, wanted) or is_switch is not (wanted is bool):
        raise ValueError(f"{name} must be of type {wanted.__name__}, not {type(value).__name__}")
    return value
