# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The types of fields: which values they take, and how a value is compared and written to a panel.

Each type knows one normal form of a value. Wanted values and those of a panel are converted to it, so that they are
equal when they mean the same, and results show it. ``parse`` is strict and for users, ``read`` takes whatever a panel
shows (contract: types_on_wire).
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Iterable
from urllib.parse import urlsplit

from ._compare import as_number, as_switch
from ._networks import interface_of, is_host, network_order, short_ipv4
from ._time import end_text, parse_end

MAX_INT = 2147483647

_BASE64_OF_32_BYTES = re.compile("[A-Za-z0-9+/]{43}=")
_HOST_NAME = re.compile(r"(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")


class NotATextError(ValueError):
    """A value that is no text; ``plain`` says so without the value, which may be a secret."""

    def __init__(self, value: object) -> None:
        what, shown, why = _describe(value)
        super().__init__(f"must be a string. {what}{shown} was given: quote it{why}")
        self.plain = f"must be a string. {what} was given: quote it{why}"


def text_of(value: object) -> str:
    """Return a text that a user gave; a whole number keeps its digits.

    :raises NotATextError: the value is anything else, whose text could be another one than was meant.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise NotATextError(value)


def _describe(value: object) -> tuple[str, str, str]:
    """Return what a value is that is no text, how it looks, and why quotes help."""
    if isinstance(value, bool):
        why = ", since YAML converts words such as no and yes to booleans"
        return "A boolean", f" ({'true' if value else 'false'})", why
    if isinstance(value, float):
        return "A decimal number", f" ({value})", ", or 1.10 would become 1.1"
    if value is None:
        return "Nothing", " (null)", ""
    names = {list: "A list", dict: "A dictionary"}
    return next((name for kind, name in names.items() if isinstance(value, kind)), "Another value"), "", ""


class ValueType:
    """The base of all types."""

    @property
    def argument(self) -> dict[str, Any]:
        """The part of an argument spec that belongs to the type."""
        return {"type": "str"}

    def parse(self, value: object) -> Any:
        """Return the normal form of a value that a user gave.

        :raises ValueError: with what the value must be, to follow the name of the option.
        """
        raise NotImplementedError

    def read(self, value: object) -> Any:
        """Return the normal form of a value that a panel shows; the value itself when the contract does not know it."""
        try:
            # No user can quote what a panel shows.
            return self.parse(str(value) if isinstance(value, float) else value)
        except ValueError:
            return value

    def serialize(self, value: Any) -> str:
        """Return the text that a 1.x panel takes in a form for a normal form."""
        return str(value)

    def remark(self, value: object) -> str:
        """Return what a user should know about a value that is accepted; mostly empty."""
        return ""


@dataclass(frozen=True)
class Text(ValueType):
    """A text, limited by ``pattern`` and its ``meaning`` in words; outer white space only counts with ``exact``."""

    pattern: str = ""
    meaning: str = ""
    filled: bool = False
    exact: bool = False

    def parse(self, value: object) -> str:
        """Return the text, see :meth:`ValueType.parse`."""
        text = text_of(value)
        text = text if self.exact else text.strip()
        if self.filled and not text:
            raise ValueError("must not be empty")
        if self.pattern and not self._regex.fullmatch(text):
            raise ValueError(f"must be {self.meaning}")
        return text

    @cached_property
    def _regex(self) -> re.Pattern[str]:
        return re.compile(self.pattern)


@dataclass(frozen=True)
class Reference(Text):
    """The name of another object. A panel may show that object itself instead, with its ``name``."""

    def read(self, value: object) -> Any:
        """Return the name that a panel shows."""
        return super().read(value["name"] if isinstance(value, dict) and "name" in value else value)


NAME = Text(r"[A-Za-z0-9_-]+", "letters, digits, _ and - only")
PASSWORD = Text(exact=True)


class Proposals(ValueType):
    """Cipher proposals: a text with commas, whose order counts and whose blanks do not."""

    def parse(self, value: object) -> str:
        """Return the proposals without blanks, see :meth:`ValueType.parse`."""
        parts = [part.strip() for part in text_of(value).split(",")]
        if not all(parts):
            raise ValueError("must be one proposal or several with commas between them")
        return ",".join(parts)


@dataclass(frozen=True)
class Number(ValueType):
    """A whole number within limits, which hold for users only: a panel may show any."""

    low: int
    high: int = MAX_INT

    @property
    def argument(self) -> dict[str, Any]:
        """See :attr:`ValueType.argument`."""
        return {"type": "int"}

    def parse(self, value: object) -> int:
        """Return the number, see :meth:`ValueType.parse`."""
        number = as_number(value)
        if number is None or number != int(number) or not self.low <= number <= self.high:
            raise ValueError(f"must be a whole number from {self.low} to {self.high}")
        return int(number)

    def read(self, value: object) -> Any:
        """Return the number that a panel shows, as a number or as a text."""
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        number = as_number(value)
        return int(number) if number is not None and number == int(number) else value


class Amount(ValueType):
    """A number that need not be whole, which only a panel shows."""

    def parse(self, value: object) -> int | float:
        """Return the number, see :meth:`ValueType.parse`."""
        number = as_number(value)
        if number is None:
            raise ValueError("must be a number")
        return number


@dataclass(frozen=True)
class Port(Number):
    """The port of a server that clients connect to."""

    low: int = 1
    high: int = 65535

    def remark(self, value: object) -> str:
        """Return that a port is below the range for new servers (contract: wireguard_update/3)."""
        return "is below 51820, where the ports of servers usually begin" if self.parse(value) < 51820 else ""


@dataclass(frozen=True)
class Switch(ValueType):
    """On or off. The manual does not agree with itself on how to write it (contract: global/4)."""

    on: str = "1"
    off: str = "0"

    @property
    def argument(self) -> dict[str, Any]:
        """See :attr:`ValueType.argument`."""
        return {"type": "bool"}

    def parse(self, value: object) -> bool:
        """Return true or false, see :meth:`ValueType.parse`."""
        switch = as_switch(value)
        if switch is None:
            raise ValueError("must be true or false")
        return switch

    def serialize(self, value: bool) -> str:
        """Return the documented spelling."""
        return self.on if value else self.off

    @property
    def alternate_spelling(self) -> Switch:
        """The same switch in the other spelling, for a panel that did not follow the documented one."""
        return Switch() if self.on == "true" else Switch("true", "false")


@dataclass(frozen=True)
class Word(ValueType):
    """One of a few words, in any case."""

    choices: tuple[str, ...]

    @property
    def argument(self) -> dict[str, Any]:
        """See :attr:`ValueType.argument`."""
        return {"type": "str", "choices": list(self.choices)}

    def parse(self, value: object) -> str:
        """Return the word as the contract spells it, see :meth:`ValueType.parse`."""
        if value in self.choices:
            # The spelling of the contract: nearly all values have it.
            return self.choices[self.choices.index(value)]
        # YAML converts the words yes and no to booleans.
        text = ("yes" if value else "no") if isinstance(value, bool) else str(value)
        for choice in self.choices:
            if choice.casefold() == text.strip().casefold():
                return choice
        raise ValueError(f"must be one of {', '.join(self.choices)}")


@dataclass(frozen=True)
class Address(ValueType):
    """An address without a prefix, or with that of a single address; of either version if ``version`` is 0.

    With ``any_prefix`` it may have the prefix of its network, which does not count.
    """

    version: int = 4
    optional: bool = False
    any_prefix: bool = False

    def parse(self, value: object) -> str:
        """Return the address in its short spelling, see :meth:`ValueType.parse`."""
        text = text_of(value).strip()
        if self.optional and not text:
            return ""
        short = short_ipv4(text) if self.version != 6 else None
        if short is not None:
            return short
        kind = f"IPv{self.version}" if self.version else "IP"
        interface = interface_of(text)
        if interface is None:
            raise ValueError(f"must be an {kind} address")
        is_one = interface.network.num_addresses == 1 or (self.any_prefix and is_host(interface.ip, interface.network))
        if self.version not in (0, interface.version) or not is_one:
            raise ValueError(f"must be one {kind} address, without a prefix")
        return str(interface.ip)

    def read(self, value: object) -> Any:
        """Return the address that a panel shows; an empty text for one that is not set."""
        return "" if value is None and self.optional else super().read(value)


@dataclass(frozen=True)
class Interface(ValueType):
    """The address of an interface with the prefix of its network, such as 10.0.26.1/24."""

    version: int = 4
    optional: bool = False

    def parse(self, value: object) -> str:
        """Return address and prefix, see :meth:`ValueType.parse`."""
        text = text_of(value).strip()
        if self.optional and not text:
            return ""
        sample = "10.0.26.1/24" if self.version == 4 else "fd00:26::1/64"
        interface = interface_of(text)
        if (
            interface is None
            or interface.version != self.version
            or "/" not in text
            or not is_host(interface.ip, interface.network)
        ):
            raise ValueError(f"must be the address of the interface with a prefix, such as {sample}")
        return str(interface)


class Network(ValueType):
    """A network with its prefix; a bare address means itself alone."""

    def parse(self, value: object) -> str:
        """Return the network in its short spelling, see :meth:`ValueType.parse`."""
        text = text_of(value).strip()
        try:
            return str(ipaddress.ip_network(text, strict=False))
        except ValueError:
            raise ValueError("must be a network with a prefix, such as 10.0.0.0/8") from None

    def remark(self, value: object) -> str:
        """Return that a network has host bits (contract: wireguard_create/4)."""
        return _host_bits([value])


class Networks(ValueType):
    """A set of networks; neither order nor repetition counts."""

    @property
    def argument(self) -> dict[str, Any]:
        """See :attr:`ValueType.argument`."""
        return {"type": "list", "elements": "str"}

    def parse(self, value: object) -> list[str]:
        """Return the networks in order, see :meth:`ValueType.parse`."""
        networks = {ipaddress.ip_network(Network().parse(item)) for item in _items(value) if str(item).strip()}
        return [str(network) for network in sorted(networks, key=network_order)]

    def serialize(self, value: list[str]) -> str:
        """Return the networks joined by commas."""
        return ",".join(value)

    def remark(self, value: object) -> str:
        """Return which networks have host bits (contract: wireguard_create/4)."""
        return _host_bits(_items(value))


class Key(ValueType):
    """A key of WireGuard: 32 bytes in base64."""

    def parse(self, value: object) -> str:
        """Return the key, see :meth:`ValueType.parse`."""
        text = text_of(value).strip()
        if not _BASE64_OF_32_BYTES.fullmatch(text):
            raise ValueError("must be a WireGuard key, 44 characters of base64")
        return text


@dataclass(frozen=True)
class Host(ValueType):
    """A host name or an address."""

    optional: bool = False

    def parse(self, value: object) -> str:
        """Return the name in lower case, or the address in its short spelling, see :meth:`ValueType.parse`."""
        text = text_of(value).strip().lower()
        if self.optional and not text:
            return ""
        try:
            return str(ipaddress.ip_address(text))
        except ValueError:
            if not _HOST_NAME.fullmatch(text) or re.fullmatch(r"[0-9.]+", text):
                raise ValueError("must be a host name or an address, without a port") from None
        return text


@dataclass(frozen=True)
class Url(ValueType):
    """A URL, or an empty text."""

    def parse(self, value: object) -> str:
        """Return the URL, see :meth:`ValueType.parse`."""
        text = text_of(value).strip()
        try:
            parts = urlsplit(text)
            good = not text or (parts.scheme in ("http", "https") and bool(parts.hostname))
        except ValueError:
            good = False
        if not good or re.search(r"\s", text):
            raise ValueError("must be a URL that begins with http:// or https://")
        return text


class End(ValueType):
    """The last day of something, or the moment at which it ends. A moment is returned in UTC, without fractions."""

    def parse(self, value: object) -> str:
        """Return the day or the moment, see :meth:`ValueType.parse`."""
        return end_text(parse_end(value.strip() if isinstance(value, str) else ""))


class Pem(ValueType):
    """A certificate or a key in PEM; line ends and outer white space do not count."""

    def parse(self, value: object) -> str:
        """Return the text with plain line ends and one at its end, see :meth:`ValueType.parse`."""
        lines = [line.strip() for line in text_of(value).replace("\r", "\n").split("\n")]
        text = "\n".join(filter(None, lines))
        if text and "-----BEGIN " not in text:
            raise ValueError("must be in PEM format, with its BEGIN and END lines")
        return f"{text}\n" if text else ""


def _items(value: object) -> list[object]:
    """Return the items of a list, or of a text with commas between them."""
    items = value.split(",") if isinstance(value, str) else value
    if not isinstance(items, list):
        raise ValueError("must be a list of networks")
    return items


def _host_bits(values: Iterable[object]) -> str:
    remarks = []
    for value in values:
        text = str(value).strip()
        if "/" in text and str(ipaddress.ip_interface(text).ip) != str(ipaddress.ip_interface(text).network[0]):
            remarks.append(f"{text} has host bits and means the network {ipaddress.ip_interface(text).network}")
    return ", ".join(remarks)
