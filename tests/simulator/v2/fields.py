# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bodies of generation 2: JSON with native types, where each member that is wrong is refused by its name."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..wire import PanelError, Record

UNKNOWN = "Unknown field"
MISSING = "The field is required"


class InvalidBodyError(PanelError):
    """A refusal of one or more members; the message is what is wrong with the first of them."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(next(iter(errors.values())))
        self.errors = dict(errors)


@dataclass(frozen=True)
class Member:
    """A member of a body: its key in memory, empty when it is not kept; its schema; and how its value is read.

    `parse` may raise a ValueError, which the panel says as `error`.
    """

    key: str
    schema: Record
    parse: Callable[[Any], Any]
    error: str


@dataclass(frozen=True)
class Body:
    """What an operation takes.

    `aliases` are other names of members. `fixed` ones are refused with a text of their own, and unknown ones are
    refused, unless they are `passed_over`.
    """

    name: str
    members: Mapping[str, Member]
    required: tuple[str, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)
    passed_over: bool = False

    def read(self, sent: Any, *, numbers: str = "documented") -> Record:
        """Return the values under their keys in memory."""
        if not isinstance(sent, dict):
            raise PanelError("The body is not a JSON object")
        values: Record = {}
        given = {self.aliases.get(name, name) for name in sent}
        errors = {name: MISSING for name in self.required if name not in given}
        for name, value in sent.items():
            member = self.members.get(name)
            if member is None:
                errors.update(self._refusal(name))
                continue
            try:
                values[member.key] = member.parse(_number(member, value) if numbers == "strings" else value)
            except ValueError:
                errors[name] = member.error
        values.pop("", None)
        if errors:
            raise InvalidBodyError(errors)
        return values

    def _refusal(self, name: str) -> dict[str, str]:
        if name in self.fixed:
            return {name: self.fixed[name]}
        return {} if self.passed_over else {name: UNKNOWN}


def _number(member: Member, value: Any) -> Any:
    """Return the number in a text: a panel that shows numbers as texts takes them so."""
    is_number_text = isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,9}", value)
    return int(value) if is_number_text and member.schema["type"] == "integer" else value


def string(key: str, error: str = "Wrong text", pattern: str = r"(?s).+") -> Member:
    """Return a member for a text of a pattern."""

    def parse(value: Any) -> str:
        return _matching(value, pattern)

    return Member(key, {"type": "string"}, parse, error)


def integer(key: str, low: int, high: int, error: str) -> Member:
    """Return a member for a number within a range."""

    def parse(value: Any) -> int:
        # A switch is a number to Python, but not to JSON.
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise ValueError(value)
        return value

    return Member(key, {"type": "integer", "minimum": low, "maximum": high}, parse, error)


def boolean(key: str, error: str = "Wrong switch") -> Member:
    """Return a member for a switch."""

    def parse(value: Any) -> bool:
        if not isinstance(value, bool):
            raise ValueError(value)
        return value

    return Member(key, {"type": "boolean"}, parse, error)


def choice(key: str, *values: str, error: str) -> Member:
    """Return a member for one of a few words, in any case."""

    def parse(value: Any) -> str:
        if not isinstance(value, str) or value.lower() not in values:
            raise ValueError(value)
        return value.lower()

    return Member(key, {"type": "string", "enum": list(values)}, parse, error)


def address(key: str, error: str) -> Member:
    """Return a member for an IPv4 address, alone or with a prefix length."""

    def parse(value: Any) -> str:
        return str(ipaddress.IPv4Interface(_matching(value, ".+")).ip)

    return Member(key, {"type": "string", "format": "ipv4"}, parse, error)


def address_ipv6(key: str, error: str) -> Member:
    """Return a member for an IPv6 address, alone or with a prefix length, or for nothing."""

    def parse(value: Any) -> str:
        return str(ipaddress.IPv6Interface(value).ip) if _matching(value, ".*") else ""

    return Member(key, {"type": "string", "format": "ipv6"}, parse, error)


def any_address(key: str, error: str) -> Member:
    """Return a member for an address of either version, alone."""

    def parse(value: Any) -> str:
        return str(ipaddress.ip_address(_matching(value, ".+")))

    return Member(key, {"type": "string"}, parse, error)


def passed_over(member: Member) -> Member:
    """Return a member of the same schema at whose value the panel does not even look."""
    return Member("", member.schema, lambda value: value, member.error)


def _matching(value: Any, pattern: str) -> str:
    if not isinstance(value, str) or not re.fullmatch(pattern, value):
        raise ValueError(value)
    return value
