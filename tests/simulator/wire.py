# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How values travel: texts on the way in, a mixture of texts, numbers and switches on the way out."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Form = Mapping[str, str]
Record = dict[str, Any]


class PanelError(Exception):
    """A refusal in the panel's own words; `code` is the HTTP status, where panels use them, `field` what is wrong."""

    def __init__(self, text: str, code: int = 400, field: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.code = code
        self.field = field


class NumberText(str):
    """A number that the panel writes as a JSON string."""

    __slots__ = ()


class Keyed(Record):
    """A JSON object that is a collection keyed by name, not an object with fields."""


def number_text(number: int | str) -> NumberText:
    """Return the number as the panel writes it inside a string."""
    return NumberText(number)


# Reading ------------------------------------------------------------------------------------------------------------

Parser = Callable[[str], Any]


@dataclass(frozen=True)
class Field:
    """One parameter: how it is read, and the documented text for a value that cannot be.

    Where no text is documented a value that cannot be read is passed over, as if it had not been sent.
    """

    parse: Parser
    error: str = ""


def read(form: Form, fields: Mapping[str, Field]) -> Record:
    """Return the native values of those parameters that were sent, in the order of `fields`."""
    values = {}
    for name, field in fields.items():
        if name not in form:
            continue
        try:
            values[name] = field.parse(form[name])
        except ValueError:
            if field.error:
                raise PanelError(field.error, field=name) from None
    return values


def require(form: Form, fields: Mapping[str, Field]) -> Record:
    """Return the native values of all parameters; one that is missing counts as empty."""
    return read({name: form.get(name, "") for name in fields}, fields)


def text(value: str) -> str:
    """Read a text."""
    return value


def filled(value: str) -> str:
    """Read a text that must not be empty; the white space around it is not part of it."""
    if not value.strip():
        raise ValueError(value)
    return value.strip()


SWITCH_WORDS = {"any": ("1", "true", "0", "false"), "digits": ("1", "0"), "words": ("true", "false")}


def switch_in(words: str) -> Parser:
    """Return a reader of switches that knows some of the spellings of the manual."""

    def parse(value: str) -> bool:
        if value not in SWITCH_WORDS[words]:
            raise ValueError(value)
        return value in {"1", "true"}

    return parse


# Exactly the spellings of the manual, so that a client's own spelling (True, on) does not pass.
switch = switch_in("any")


def integer(low: int, high: int) -> Parser:
    """Return a reader of decimal numbers within a range."""

    def parse(value: str) -> int:
        if not re.fullmatch(r"-?[0-9]+", value) or not low <= int(value) <= high:
            raise ValueError(value)
        return int(value)

    return parse


def choice(*values: str) -> Parser:
    """Return a reader of one of a few words."""

    def parse(value: str) -> str:
        if value not in values:
            raise ValueError(value)
        return value

    return parse


def matching(pattern: str) -> Parser:
    """Return a reader of texts of a pattern."""

    def parse(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(value)
        return value

    return parse


def ipv4(value: str) -> str:
    """Read an IPv4 address, bare or with a prefix length: the manual declares the one and shows the other."""
    return str(ipaddress.IPv4Interface(value).ip)


def ipv6(value: str) -> str:
    """Read an IPv6 address, bare or with a prefix length, or nothing."""
    return str(ipaddress.IPv6Interface(value).ip) if value else ""


def interface_address(value: str) -> str:
    """Read the IPv4 address of an interface with its prefix length."""
    return str(_with_prefix(value, ipaddress.IPv4Interface))


def interface_address_ipv6(value: str) -> str:
    """Read the IPv6 address of an interface with its prefix length, or nothing."""
    return str(_with_prefix(value, ipaddress.IPv6Interface)) if value else ""


def network(value: str) -> str:
    """Read an IPv4 network in CIDR notation."""
    return str(_with_prefix(value, ipaddress.IPv4Interface).network)


def _with_prefix(value: str, kind: Callable[[str], Any]) -> Any:
    if "/" not in value:
        raise ValueError(value)
    return kind(value)


def wireguard_key(value: str) -> str:
    """Read a WireGuard key; a `+` that was not percent-encoded arrives as a blank and is caught here."""
    try:
        key = base64.b64decode(value, validate=True)
    except binascii.Error as error:
        raise ValueError(value) from error
    if len(key) != 32:
        raise ValueError(value)
    return value


# Writing ------------------------------------------------------------------------------------------------------------


def render(value: Any, numbers: str, unknown_fields: bool) -> Any:
    """Return a reply's payload with its numbers in the wanted form and, if wanted, an undocumented field per object."""
    if numbers == "documented" and not unknown_fields:
        return value
    if isinstance(value, dict):
        rendered: Record = {key: render(item, numbers, unknown_fields) for key, item in value.items()}
        if unknown_fields and not isinstance(value, Keyed):
            rendered["undocumented"] = "a field that no page mentions"
        return rendered
    if isinstance(value, list):
        return [render(item, numbers, unknown_fields) for item in value]
    return _render_number(value, numbers)


def _render_number(value: Any, numbers: str) -> Any:
    if numbers == "numbers" and isinstance(value, NumberText):
        return float(value) if "." in value else int(value)
    if numbers == "strings" and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return value
