# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""OpenVPN configurations: refuse what would do more on a client than to connect, and hide the keys inside.

Lines are read as OpenVPN reads them, or refused where the two could differ.
"""

from __future__ import annotations

import re
from typing import Iterator

from .._secrets import HIDDEN

# Directives that run programs or scripts, load libraries, write files, or read more directives from elsewhere.
_FORBIDDEN = frozenset(
    (
        "up down up-restart route-up route-pre-down ipchange plugin tls-verify tls-crypt-v2-verify tls-export-cert "
        "client-connect client-disconnect client-crresponse learn-address auth-user-pass-verify iproute dns-updown "
        "pkcs11-providers engine providers config cd chroot log log-append status writepid tmp-dir replay-persist "
        "ifconfig-pool-persist genkey management management-client"
    ).split()
)
# Variables that no program interprets, for example the name that an app shows. A line "setenv opt ..." is a directive
# in disguise.
_HARMLESS_VARIABLE = re.compile(r"FRIENDLY_NAME|CLIENT_CERT|UV_[A-Za-z0-9_]+")
_DIRECTIVE = re.compile(r"[a-z0-9][a-z0-9-]*")
_BLOCK = re.compile(r"<([a-z0-9-]+)>")
# A block of these contains directives.
_NESTED = "connection"
# Blocks without key material.
_PUBLIC_BLOCKS = ("ca", _NESTED)
# OpenVPN rejects longer lines among directives, and splits them inside a block.
_LONGEST_LINE = 250


def check_openvpn(text: str) -> bytes:
    """Check the configuration of an OpenVPN client, and return it without white space around its lines.

    :raises ValueError: it is not one, or does more than to connect.
    """
    lines = [line.strip() for line in _lines(text)]
    directives, blocks = _parse(lines)
    names = {words[0] for words in directives}
    forbidden = {words[0] for words in directives if _does_more(words)} | (blocks.keys() & _FORBIDDEN)
    if forbidden:
        raise ValueError(f"it contains directives that do more than to connect ({', '.join(sorted(forbidden))})")
    missing = [name for name in ("client", "remote") if name not in names]
    if not re.search("-----BEGIN [A-Z ]*CERTIFICATE-----", "\n".join(blocks.get("ca", []))):
        missing.append("<ca> with a certificate")
    if missing:
        raise ValueError(f"it is not the configuration of an OpenVPN client, since it lacks {', '.join(missing)}")
    out = "\n".join(lines).strip("\n")
    return f"{out}\n".encode()


def hide_blocks(text: str) -> str:
    """Return any text without the content of blocks such as ``<key>``; one without an end goes on to the end."""
    shown: list[str] = []
    block = ""
    for line in text.splitlines(keepends=True):
        if block:
            if not line.strip().startswith(f"</{block}>"):
                continue
            block = ""
        shown.append(line)
        match = _BLOCK.fullmatch(line.strip())
        if match and match.group(1) not in _PUBLIC_BLOCKS:
            block = match.group(1)
            shown.append(f"{HIDDEN}\n")
    return "".join(shown)


def _lines(text: str) -> list[str]:
    """Return the lines, each of which is one line to every program.

    :raises ValueError: one contains control characters other than tabs, or is too long.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    for number, line in enumerate(lines, 1):
        if not line.replace("\t", " ").isprintable():
            raise ValueError(f"line {number} contains control characters")
        if len(line.encode()) > _LONGEST_LINE:
            raise ValueError(f"line {number} is longer than {_LONGEST_LINE} bytes")
    return lines


def _parse(lines: list[str]) -> tuple[list[list[str]], dict[str, list[str]]]:
    """Return the directives with their arguments, and the content of the blocks by name.

    :raises ValueError: a line is neither, or a block has no end.
    """
    directives: list[list[str]] = []
    blocks: dict[str, list[str]] = {}
    numbered = iter(enumerate(lines, 1))
    for number, line in numbered:
        match = _BLOCK.fullmatch(line)
        if match:
            blocks.setdefault(match.group(1), []).extend(_content_of_block(match.group(1), numbered))
        elif line and line[0] not in "#;":
            directives.append(_directive(line, number))
    if _NESTED in blocks:
        nested, others = _parse(blocks.pop(_NESTED))
        return directives + nested, {**others, **blocks}
    return directives, blocks


def _content_of_block(name: str, numbered: Iterator[tuple[int, str]]) -> Iterator[str]:
    for _number, line in numbered:
        # Whatever follows the end on its line is ignored.
        if line.startswith(f"</{name}>"):
            return
        yield line
    raise ValueError(f"its block <{name}> has no end")


def _directive(line: str, number: int) -> list[str]:
    """Return the words of a directive, which OpenVPN also accepts with two leading hyphens."""
    words = line.split()
    name = words[0][2:] if words[0].startswith("--") else words[0]
    # Not in quotes, and without a backslash, both of which OpenVPN removes.
    if not _DIRECTIVE.fullmatch(name):
        raise ValueError(f"line {number} is not an OpenVPN directive")
    return [name, *words[1:]]


def _does_more(words: list[str]) -> bool:
    """Return whether a directive does more than a connection needs."""
    name, *arguments = words
    if name == "setenv":
        return not arguments or _HARMLESS_VARIABLE.fullmatch(arguments[0]) is None
    if name == "script-security":
        return arguments not in (["0"], ["1"])
    return name in _FORBIDDEN
