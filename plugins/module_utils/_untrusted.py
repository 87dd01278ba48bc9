# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide what a text from a panel, a proxy or a file may be used for.

A panel may be hostile, so its texts stay texts. Before a text is used as anything else, a function of this module
checks it against an allow-list for that use. Functions named ``as_...`` return the text in the form of its use, or
raise a ValueError that completes the sentence "the value ..."; :func:`._errors.accepted` turns that into an error. The
others cannot fail: they return what is safe to show.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from typing import Any

_LONGEST_QUOTE = 100
_LONGEST_LINE = 500
# In bytes, of a file name on every common file system. Callers add extensions and prefixes of their own.
_LONGEST_NAME = 200
_LONGEST_LINK = 1000

# A first character that no program takes for an option, and none that has a meaning in a shell, a host pattern or a
# path. Letters of all alphabets are accepted in host names, which also come from templates of users.
_HOST_NAME = re.compile(r"\w[\w.@+-]*")
# Names by which a machine calls itself.
_OWN_NAME = re.compile(r"(.+\.)?localhost[46]?(\.localdomain[46]?)?|ip6-(localhost|loopback)")
_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@+ -]*")
# Of a one-time link: its scheme, host and port are those by which the panel knows itself (contract: one-time URL).
_ONE_TIME_LINK = re.compile(
    r"https?://([a-z0-9_.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?(/[a-z0-9_~-][a-z0-9._~-]*)*/otl/[a-z0-9_~-][a-z0-9._~=-]*/?",
    re.ASCII | re.IGNORECASE,
)
_GROUP_PART = re.compile(r"[A-Za-z0-9_.-]+")
# What has no meaning in Markdown or in HTML: letters, digits, and some punctuation, but an underscore only inside a
# word, and no dot after www, which would make a link. A colon would make links as well.
_PLAIN_IN_CELL = re.compile(r"[^\W_]|(?<=[^\W_])_+(?=[^\W_])|(?<!www)\.|[ ,;()/=+%-]", re.IGNORECASE)


# --- Uses that can be refused


def as_address(value: Any) -> str:
    """Return an IPv4 or IPv6 address without a prefix, in its short spelling."""
    text = value if isinstance(value, str) else ""
    try:
        # A scope, as in fe80::1%eth0, is free text.
        if "%" in text:
            raise ValueError
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise ValueError("is not an IP address") from None


def as_client_address(value: Any) -> str:
    """Return the address of a client of a panel: never this machine itself, nor several machines or none."""
    text = as_address(value)
    address = ipaddress.ip_address(text)
    # IPv4 addresses in IPv6 notation are reserved as well.
    if address.is_loopback or address.is_unspecified or address.is_multicast or address.is_reserved:
        raise ValueError("is not the address of another machine")
    return text


def as_host_name(value: Any) -> str:
    """Return the name of a host in an inventory: it is also used for files, and as an argument of ssh."""
    text = value if isinstance(value, str) else ""
    if _HOST_NAME.fullmatch(text) and len(text.encode("utf-8", "replace")) <= _LONGEST_NAME:
        return text
    try:
        return as_address(text)
    except ValueError:
        raise ValueError(
            "is not a host name: letters, digits and . _ - @ + only, beginning with a letter or a digit, at most "
            f"{_LONGEST_NAME} bytes"
        ) from None


def means_this_machine(name: str) -> bool:
    """Return whether the name of a host, with or without a user, leads back to the machine that connects to it."""
    host = name.rpartition("@")[2].lower().rstrip(".")
    try:
        # As programs read numbers in place of a name: 127.1 and 0x7f000001 are addresses as well.
        address = ipaddress.ip_address(host if ":" in host else socket.inet_aton(host))
    except (OSError, ValueError):
        return _OWN_NAME.fullmatch(host) is not None
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_loopback or address.is_unspecified


def as_file_name(value: Any) -> str:
    """Return the name of a file inside a directory: never a path, a hidden file, or a name of several lines."""
    text = value if isinstance(value, str) else ""
    if not _FILE_NAME.fullmatch(text) or len(text) > _LONGEST_NAME or text.endswith((".", " ")):
        raise ValueError(
            "is not a file name: ASCII letters, digits, spaces and . _ - @ + only, beginning with a letter or a digit, "
            f"at most {_LONGEST_NAME} characters"
        )
    return text


def as_text(value: Any) -> str:
    """Return a text that is used as such: neither a number nor null."""
    if not isinstance(value, str):
        raise ValueError("is not a string")
    return value


def as_path_segment(value: Any) -> str:
    """Return a segment of an API path, before it is percent-encoded: a name that cannot change the path."""
    text = str(value)
    if text in ("", ".", ".."):
        raise ValueError("is not a name that can be part of a path")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("is not valid Unicode text") from None
    return text


def as_one_time_link(value: Any) -> str:
    """Return the address of a page of a panel that opens once: a user opens it in a browser, and nothing follows it."""
    text = value if isinstance(value, str) else ""
    if not text.isprintable() or " " in text:
        raise ValueError("contains white space or control characters")
    if "@" in text:
        raise ValueError("contains user information")
    if not _ONE_TIME_LINK.fullmatch(text) or len(text) > _LONGEST_LINK:
        raise ValueError("is not an absolute http or https URL with the path /otl/ and a key")
    return text


def as_group_part(value: Any) -> str:
    """Return a part of the name of a group in an inventory, with ``_`` instead of ``-`` and ``.``."""
    text = value if isinstance(value, str) else ""
    if not _GROUP_PART.fullmatch(text) or len(text) > _LONGEST_NAME:
        raise ValueError("cannot be part of a group name: ASCII letters, digits and . _ - only")
    return re.sub(r"[.-]", "_", text)


# --- Texts to be shown


def escaped(value: Any) -> str:
    """Return a value of a panel in quotes, for a message that refuses it: at most 100 characters, ASCII only."""
    text = ascii(value)
    return text if len(text) <= _LONGEST_QUOTE else f"{text[: _LONGEST_QUOTE - 4]}...'"


def one_line(value: Any, most: int = _LONGEST_LINE) -> str:
    """Return a value as a part of a sentence: at most 500 characters, no line breaks, no control characters."""
    line = " ".join("".join(character if character.isprintable() else " " for character in str(value)).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def without_template(value: Any, most: int = _LONGEST_LINE) -> str:
    """Return a value as :func:`one_line` does, and never as a template.

    An event becomes a variable of a playbook on the command line, and Ansible evaluates the texts in those.
    """
    line = one_line(value, most).translate({ord("{"): "(", ord("}"): ")"})
    # Ansible takes whatever follows these words for a template with other braces.
    return re.sub("#+(?=jinja2:)", "", line)


def printable(value: Any) -> str:
    """Return a name for the data of a failed result, which Ansible prints: in full, invisible characters escaped."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in str(value)
    )


def echo(value: Any) -> str:
    """Return the value of an option for a message to the user who set it: like :func:`one_line`, ``''`` if empty."""
    return one_line(value) or "''"


def quoted(value: Any) -> str:
    """Return a name in double quotes, for a message to its user: at most 100 characters, invisible ones escaped."""
    text = printable(value)
    return f'"{text}"' if len(text) <= _LONGEST_QUOTE else f'"{text[: _LONGEST_QUOTE - 1]}…"'


def as_table_cell(value: Any) -> str:
    """Return a value as the text of a cell in a Markdown table: no markup, no HTML, no line break, no other cell."""
    text = one_line(value)
    plain = {place for found in _PLAIN_IN_CELL.finditer(text) for place in range(*found.span())}
    return "".join(character if place in plain else f"&#{ord(character)};" for place, character in enumerate(text))
