# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a text from a panel, a proxy or a file may become: the one place that decides.

A panel may be hostile, so its texts stay texts. Before one becomes something else, a function of this module decides by
an allow-list for that use. Those named ``as_...`` return the text in the form of its use, or raise a ValueError that
completes the sentence "the value ..."; :func:`._errors.accepted` makes an error of it. The others cannot fail: they
return what is safe to show.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from typing import Any

_LONGEST_QUOTE = 100
_LONGEST_LINE = 500
# In bytes, of one name in a folder on every common file system. Callers add endings and prefixes of their own.
_LONGEST_NAME = 200

# A first character that no program takes for an option, and none that a shell, a pattern of hosts or a path gives a
# meaning to. Letters of all alphabets are welcome in names of hosts: they come from templates of users as well.
_HOST_NAME = re.compile(r"\w[\w.@+-]*")
# As a machine calls itself.
_OWN_NAME = re.compile(r"(.+\.)?localhost[46]?(\.localdomain[46]?)?|ip6-(localhost|loopback)")
_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@+ -]*")
_GROUP_PART = re.compile(r"[A-Za-z0-9_.-]+")
# What has no meaning in Markdown or in HTML: letters, digits, and some signs, but an underscore only inside of a word,
# and no dot that makes a link of what begins with www. A colon would make links as well.
_PLAIN_IN_CELL = re.compile(r"[^\W_]|(?<=[^\W_])_+(?=[^\W_])|(?<!www)\.|[ ,;()/=+%-]", re.IGNORECASE)


# --- Uses that can be refused


def as_address(value: Any) -> str:
    """An IPv4 or IPv6 address without a prefix, in its short spelling."""
    text = value if isinstance(value, str) else ""
    try:
        # A scope, as in fe80::1%eth0, is free text.
        if "%" in text:
            raise ValueError
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise ValueError("is not an IP address") from None


def as_client_address(value: Any) -> str:
    """The address at which a client of a panel is reached: never this machine itself, nor several machines or none."""
    text = as_address(value)
    address = ipaddress.ip_address(text)
    # Addresses of IPv4 inside of IPv6 are reserved as well.
    if address.is_loopback or address.is_unspecified or address.is_multicast or address.is_reserved:
        raise ValueError("is not the address of another machine")
    return text


def as_host_name(value: Any) -> str:
    """The name of a host in an inventory: it also names files, and programs such as ssh get it as an argument."""
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
    """True for the name of a host, with or without a user, that leads back to the machine that connects to it."""
    host = name.rpartition("@")[2].lower().rstrip(".")
    try:
        # As programs read numbers in the place of a name: 127.1 and 0x7f000001 are addresses, too.
        address = ipaddress.ip_address(host if ":" in host else socket.inet_aton(host))
    except (OSError, ValueError):
        return _OWN_NAME.fullmatch(host) is not None
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_loopback or address.is_unspecified


def as_file_name(value: Any) -> str:
    """The name of a file inside a folder: never a path, a hidden file, or a name that looks like two lines."""
    text = value if isinstance(value, str) else ""
    if not _FILE_NAME.fullmatch(text) or len(text) > _LONGEST_NAME or text.endswith((".", " ")):
        raise ValueError(
            "is not a file name: ASCII letters, digits, blanks and . _ - @ + only, beginning with a letter or a digit, "
            f"at most {_LONGEST_NAME} characters"
        )
    return text


def as_text(value: Any) -> str:
    """A text that stays one, and that is neither a number nor nothing."""
    if not isinstance(value, str):
        raise ValueError("is not a text")
    return value


def as_path_segment(value: Any) -> str:
    """One segment of a path of the API, before it is percent-encoded: a name that cannot change the path."""
    text = str(value)
    if text in ("", ".", ".."):
        raise ValueError("is not a name that can be part of a path")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("is not valid Unicode text") from None
    return text


def as_group_part(value: Any) -> str:
    """A part of the name of a group in an inventory, in which ``-`` and ``.`` become ``_``."""
    text = value if isinstance(value, str) else ""
    if not _GROUP_PART.fullmatch(text) or len(text) > _LONGEST_NAME:
        raise ValueError("cannot be part of a group name: ASCII letters, digits and . _ - only")
    return re.sub(r"[.-]", "_", text)


# --- Texts to be shown


def escaped(value: Any) -> str:
    """A value in quotes for a message that refuses it: ASCII only, every other character escaped, 100 at most."""
    quoted = ascii(value)
    return quoted if len(quoted) <= _LONGEST_QUOTE else f"{quoted[: _LONGEST_QUOTE - 4]}...'"


def one_line(value: Any, most: int = _LONGEST_LINE) -> str:
    """A value as a part of a sentence or a line on a terminal: no line ends, no control characters, 500 at most."""
    line = " ".join("".join(character if character.isprintable() else " " for character in str(value)).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def visible(value: Any) -> str:
    """A name as data of a failed result, which Ansible prints: whole, and what cannot be seen is escaped."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in str(value))


def given(value: Any) -> str:
    """As :func:`one_line`, for a value that is told back to whoever gave it: an empty one is ``''``."""
    return one_line(value) or "''"


def quoted(value: Any) -> str:
    """A name in double quotes, told back to whoever gave it: what cannot be seen is escaped; 100 characters at most."""
    text = visible(value)
    return f'"{text}"' if len(text) <= _LONGEST_QUOTE else f'"{text[: _LONGEST_QUOTE - 1]}…"'


def as_table_cell(value: Any) -> str:
    """A value as the text of a cell in a Markdown table: no markup, no HTML, no line end, no second cell."""
    text = one_line(value)
    plain = {place for found in _PLAIN_IN_CELL.finditer(text) for place in range(*found.span())}
    return "".join(character if place in plain else f"&#{ord(character)};" for place, character in enumerate(text))
