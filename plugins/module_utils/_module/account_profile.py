# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The body of ``puqvpn_account_profile``: the profile of a client, as the content of a file."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
import re
from typing import Any, Mapping

from .._check_mode import unwritable_for
from .._client import PanelClient
from .._endpoints import expand_path
from .._errors import ExchangeError, OptionError, RefusedError
from .._files import content_of_file
from .._resource import account_name
from .._schema import ArgumentSpec
from .._secrets import HIDDEN
from .._untrusted import one_line

OPTIONS: ArgumentSpec = {
    "name": {"type": "str", "required": True},
    "format": {"type": "str", "choices": ["wireguard", "qr", "ikev2"], "default": "wireguard"},
    "dest": {"type": "path", "required": True},
    "validate": {"type": "str"},
}

_OPERATIONS = {"wireguard": "config_text", "qr": "config_qr", "ikev2": "ikev2_profile"}
_ENDINGS = {"wireguard": "conf", "qr": "png", "ikev2": "sswan"}
_ALSO_ASSUMED = {"wireguard": "", "qr": "", "ikev2": ", and so do the certificates of IKEv2"}
_PNG = b"\x89PNG\r\n\x1a\n"
# Settings whose values wg-quick runs as commands, as root.
_COMMANDS = ("preup", "postup", "predown", "postdown")
_SECRET_LINE = re.compile(r"^(\s*(?:PrivateKey|PresharedKey)\s*=\s*)\S.*$", re.MULTILINE | re.IGNORECASE)


def account_profile(options: Mapping[str, Any], client: PanelClient) -> dict[str, Any]:
    """Read a profile and compare it with the file: one read, or two for IKEv2.

    The caller writes the file, with its attributes: ``content`` is what it must contain, and is no part of the result.

    :returns: ``changed``, ``dest``, ``format``, ``checksum``, ``size``, ``diff`` and ``content``; no content in check
        mode as long as the account does not exist.
    :raises OptionError: with every problem of the options, before anything is sent.
    :raises ExchangeError: ``answer_wrong_type`` when the answer is not a profile.
    """
    name, dest, follow = _validate(options, client)
    path = expand_path("account/{name}", {"name": name})
    content = _read(client, f"{path}/{_OPERATIONS[options['format']]}", options["format"])
    if content is None:
        client.assume(f"account {name} exists{_ALSO_ASSUMED[options['format']]}")
        return _prediction(dest, options["format"])
    if options["format"] == "ikev2":
        _check_login(client, name, path, content)
    before = content_of_file(dest, follow=follow)
    if before is not None and _same(before, content, options["format"]):
        content = before
    changed = before != content
    shown = {"before": _shown(before, options["format"]), "after": _shown(content, options["format"])}
    if changed and shown["before"] == shown["after"]:
        shown["after"] += "# The key changes, too.\n"
    return {
        "changed": changed,
        "dest": dest,
        "format": options["format"],
        "checksum": hashlib.sha256(content).hexdigest(),
        "size": len(content),
        "diff": {"before_header": dest, "after_header": dest, **shown} if changed else {"before": "", "after": ""},
        "content": content,
    }


def _read(client: PanelClient, path: str, kind: str) -> bytes | None:
    """Return the profile; None in check mode where an earlier task may yet create the account or its certificates."""
    try:
        return client.read(path, lambda payload: _content_of(payload, kind))
    except RefusedError as refused:
        if not client.check_mode or not refused.absent:
            raise
        return None


def _prediction(dest: str, kind: str) -> dict[str, Any]:
    """Return the result for a profile that cannot be read yet."""
    return {
        "changed": True,
        "dest": dest,
        "format": kind,
        "checksum": None,
        "size": None,
        "diff": {"before_header": dest, "after_header": dest, "before": "", "after": ""},
        "content": None,
    }


def _validate(options: Mapping[str, Any], client: PanelClient) -> tuple[str, str, bool]:
    """Return the account, the file, and whether the file may be a link: not if it is only named after the account."""
    name, problems = "", []
    try:
        name = account_name(options)
    except OptionError as error:
        problems.append(str(error))
    dest, is_directory = options["dest"], os.path.isdir(options["dest"]) or options["dest"].endswith("/")
    if is_directory:
        dest = os.path.join(dest, f"{name}.{_ENDINGS[options['format']]}")
    problems += unwritable_for(client, dest, follow=not is_directory)
    if options["validate"] is not None and "%s" not in options["validate"]:
        problems.append("validate must contain %s, which stands for the file to validate.")
    if problems:
        raise OptionError(" ".join(problems))
    return name, dest, not is_directory


def _content_of(payload: Any, kind: str) -> bytes:
    """Return the content of the file for an answer.

    :raises ExchangeError: the answer is not a profile.
    """
    try:
        if not isinstance(payload, str) or not payload.strip():
            raise ValueError("it is empty or not a string")
        if kind == "wireguard":
            return _wireguard(payload)
        if kind == "qr":
            return _picture(payload)
        _parsed(payload.encode("utf-8"))
        return payload.encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise ExchangeError(
            "answer_wrong_type",
            f"the answer is not a profile: {one_line(error)}",
            hint="Look at the account in the panel; for IKEv2, check that its certificates exist.",
        ) from None


def _wireguard(text: str) -> bytes:
    """Put each setting on its own line: the first follows the name of its section (contract: account_config_text/1)."""
    lines = re.sub(r"^\s*(\[\w+\])", r"\1\n", text, flags=re.MULTILINE).splitlines()
    kept = [line.strip() for line in lines if line.strip()]
    if not kept or kept[0].casefold() != "[interface]":
        raise ValueError("it does not begin with [Interface]")
    # As wg-quick reads a line.
    settings = (line.split("#", 1)[0].split("=", 1)[0].strip() for line in kept)
    commands = [name for name in settings if name.casefold() in _COMMANDS]
    if commands:
        raise ValueError(f"it contains commands ({', '.join(sorted(set(commands)))}), which wg-quick runs as root")
    out = "\n".join(kept).replace("\n[", "\n\n[")
    return f"{out}\n".encode()


def _picture(text: str) -> bytes:
    """Decode a PNG in base64, with or without the prefix of a data: URI (contract: account_config_qr/1)."""
    try:
        picture = base64.b64decode(text.split(",", 1)[-1] if text.startswith("data:") else text, validate=True)
    except binascii.Error:
        raise ValueError("it is not base64") from None
    if not picture.startswith(_PNG):
        raise ValueError("it is not a PNG")
    return picture


def _check_login(client: PanelClient, name: str, path: str, profile: bytes) -> None:
    """Warn of a profile with the login of another account (contract: account_ikev2_profile/2)."""
    local = _parsed(profile).get("local")
    login = local.get("eap_id") if isinstance(local, dict) else None
    account = client.get(path).payload
    username = account.get("username") if isinstance(account, dict) else None
    if login != username:
        logins = client.redact(f"the login {one_line(login)}, and the account has {one_line(username)}")
        client.warnings.append(f"The profile of {name} has {logins}.")


def _parsed(profile: bytes) -> dict[str, Any]:
    """Parse a profile, whose certificate contains raw carriage returns (contract: account_ikev2_profile/1).

    :raises ValueError: it is not a JSON object.
    """
    document = json.loads(profile.decode("utf-8"), strict=False)
    if not isinstance(document, dict):
        raise ValueError("it is not a JSON object")
    return document


def _same(before: bytes, after: bytes, kind: str) -> bool:
    """Return whether both mean the same: the UUID of an IKEv2 profile may be another one each time."""
    if kind != "ikev2":
        return before == after
    try:
        old, new = _parsed(before), _parsed(after)
    except (ValueError, RecursionError):
        return False
    return {**old, "uuid": ""} == {**new, "uuid": ""}


def _shown(content: bytes | None, kind: str) -> str:
    """Return the content as a diff may show it: without key material, and of a picture its checksum only."""
    if content is None:
        return ""
    if kind == "qr":
        return f"sha256 {hashlib.sha256(content).hexdigest()}\n"
    return _SECRET_LINE.sub(rf"\g<1>{HIDDEN}", content.decode("utf-8", "replace"))
