# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a client configuration consists of: check it before it becomes a file, compare it, and show it without secrets.

A ``check_...`` function takes what a panel answered and returns the content of the file, or raises a ValueError that
completes the sentence "the answer is not a profile: ...". It never repeats a part of the content, which is secret.
"""

from __future__ import annotations

import hashlib
import json
import operator
import re
from dataclasses import dataclass
from functools import partial
from typing import Any, Callable

from .._secrets import HIDDEN, hide_secrets
from .openvpn import check_openvpn, hide_blocks

PNG = b"\x89PNG\r\n\x1a\n"

# Settings whose values wg-quick and awg-quick run as commands, as root.
_COMMANDS = ("preup", "postup", "predown", "postdown")
# Settings that only AmneziaWG has. Newer versions of it have more of them, for example S3 and I1.
_OBFUSCATION = re.compile(r"j(c|min|max|\d)|[shi]\d|itime")
_NEEDED_OBFUSCATION = {"jc", "h1"}

_SECRET_LINE = re.compile(r"^(\s*(?:PrivateKey|PresharedKey)\s*=\s*)\S.*$", re.MULTILINE | re.IGNORECASE)
_SECRET_PEM = re.compile(r"(-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)
# What strongSwan calls the user in a profile; everything else under "local" authenticates this user.
_PUBLIC_LOCAL = ("eap_id", "id")


# --- WireGuard and AmneziaWG


def check_interface(answer: bytes) -> bytes:
    """Put each setting on its own line: the first follows the name of its section (contract: account_config_text/1).

    2.x panels begin each line with a tab (contract: wireguard_text).
    """
    lines = re.sub(r"^\s*(\[\w+\])", r"\1\n", as_text(answer), flags=re.MULTILINE).splitlines()
    kept = [line.strip() for line in lines if line.strip()]
    if not kept or kept[0].casefold() != "[interface]":
        raise ValueError("it does not begin with [Interface]")
    commands = {name for name in map(_setting, kept) if name.casefold() in _COMMANDS}
    if commands:
        raise ValueError(f"it contains commands ({', '.join(sorted(commands))}), which wg-quick runs as root")
    out = "\n".join(kept).replace("\n[", "\n\n[")
    return f"{out}\n".encode()


def check_wireguard(answer: bytes, *, obfuscated: bool) -> bytes:
    """Check a WireGuard configuration, or one of AmneziaWG if it must be ``obfuscated``."""
    content = check_interface(answer)
    names = {_setting(line).casefold() for line in content.decode().splitlines()}
    if "[peer]" not in names:
        raise ValueError("it has no [Peer]")
    obfuscation = {name for name in names if _OBFUSCATION.fullmatch(name)}
    if obfuscated and not obfuscation >= _NEEDED_OBFUSCATION:
        raise ValueError("it lacks the obfuscation settings of AmneziaWG (Jc, H1)")
    if obfuscation and not obfuscated:
        raise ValueError("it has obfuscation settings of AmneziaWG, which WireGuard does not know")
    return content


def _setting(line: str) -> str:
    """Return the name of a setting, as wg-quick reads a line."""
    return line.split("#", 1)[0].split("=", 1)[0].strip()


# --- Pictures


def check_picture(answer: bytes) -> bytes:
    """Check that the answer is a PNG. The content of the QR code is not read."""
    if not answer.startswith(PNG):
        raise ValueError("it is not a PNG")
    return answer


# --- IKEv2


def parse_profile(content: bytes) -> dict[str, Any]:
    """Parse a profile, whose certificate contains raw carriage returns (contract: account_ikev2_profile/1).

    :raises ValueError: it is not a JSON object.
    """
    try:
        document = json.loads(as_text(content), strict=False)
    except json.JSONDecodeError as error:
        raise ValueError(f"it is not JSON ({error.msg})") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(document, dict):
        raise ValueError("it is not a JSON object")
    return document


def check_json_object(answer: bytes) -> bytes:
    """Check that the answer is a JSON object, and return it as it is."""
    parse_profile(answer)
    return answer


def check_strongswan(answer: bytes) -> bytes:
    """Check that the answer is a profile as the strongSwan app reads it, and return it as it is."""
    profile = parse_profile(answer)
    remote = profile.get("remote")
    fields = {
        "uuid": profile.get("uuid"),
        "name": profile.get("name"),
        "type": profile.get("type"),
        "remote.addr": remote.get("addr") if isinstance(remote, dict) else None,
    }
    missing = [name for name, value in fields.items() if not isinstance(value, str) or not value]
    if missing:
        raise ValueError(f"it is not a strongSwan profile, since it lacks {', '.join(missing)}")
    if not str(fields["type"]).startswith("ikev2-"):
        raise ValueError("it is not an IKEv2 profile, since its type does not begin with ikev2-")
    return answer


def same_profile(before: bytes, after: bytes) -> bool:
    """Return whether both mean the same: the UUID of an IKEv2 profile may be another one each time."""
    try:
        old, new = parse_profile(before), parse_profile(after)
        return {**old, "uuid": ""} == {**new, "uuid": ""}
    except (ValueError, RecursionError):
        return False


# --- Content in a diff


def show_text(content: bytes) -> str:
    """Return a text as a diff may show it: without key material. The previous file may be anything."""
    if content.startswith(PNG):
        return show_picture(content)
    text = _hide_in_profile(content) or content.decode("utf-8", "replace")
    text = _SECRET_LINE.sub(rf"\g<1>{HIDDEN}", hide_blocks(text))
    return _SECRET_PEM.sub(rf"\g<1>\n{HIDDEN}\n\g<2>", text)


def show_picture(content: bytes) -> str:
    """Return what a diff may show of a picture with a key in it: its checksum."""
    return f"sha256 {hashlib.sha256(content).hexdigest()}\n"


def _hide_in_profile(content: bytes) -> str:
    """Return an IKEv2 profile without its secrets; empty if the content is another one or has none."""
    try:
        profile = parse_profile(content)
        hidden = hide_secrets(profile)
        if isinstance(profile.get("local"), dict):
            local = profile["local"].items()
            hidden["local"] = {name: value if name in _PUBLIC_LOCAL else HIDDEN for name, value in local}
        return "" if hidden == profile else f"{json.dumps(hidden, indent=2, ensure_ascii=False)}\n"
    except (ValueError, RecursionError):
        return ""


def as_text(content: bytes) -> str:
    """Return the text that the content is in UTF-8, without a byte order mark.

    :raises ValueError: it is no text.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8 text") from None


# --- The kinds of content


@dataclass(frozen=True)
class Content:
    """A kind of content: how it is checked, when two of them mean the same, and how a diff shows it.

    What ``is_json`` may also come as an object of the panel's own JSON.
    """

    check: Callable[[bytes], bytes]
    same: Callable[[bytes, bytes], bool] = operator.eq
    show: Callable[[bytes], str] = show_text
    is_json: bool = False


# What 1.x panels answer is checked as far as their manual describes it.
INTERFACE = Content(check_interface)
JSON_OBJECT = Content(check_json_object, same_profile, is_json=True)

PICTURE = Content(check_picture, show=show_picture)
WIREGUARD = Content(partial(check_wireguard, obfuscated=False))
AMNEZIAWG = Content(partial(check_wireguard, obfuscated=True))
OPENVPN = Content(lambda answer: check_openvpn(as_text(answer)))
STRONGSWAN = Content(check_strongswan, same_profile, is_json=True)
