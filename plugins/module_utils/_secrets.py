# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is secret in a panel's data, and how it is kept out of everything that others can read."""

from __future__ import annotations

import re
import threading
from typing import Any, Iterable
from urllib.parse import quote, quote_plus

HIDDEN = "********"

# Names of fields that hold a secret (contract: secret: true). The endings also cover what 2.x panels may call them.
_SECRET_NAMES = frozenset({"key", "access_hash", "private_key", "preshared_key", "ca_key", "server_key"})
_SECRET_ENDINGS = ("password", "passphrase", "token", "secret", "private_key", "preshared_key")
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----|^\s*(?:PrivateKey|PresharedKey)\s*=", re.MULTILINE)


def is_secret_field(name: str) -> bool:
    """True when the field of that name holds a secret. ``public_key`` does not."""
    folded = name.casefold().replace("-", "_")
    return folded in _SECRET_NAMES or folded.endswith(_SECRET_ENDINGS)


def without_secrets(value: Any) -> Any:
    """A copy of ``value`` without the fields that hold secrets; names of fields and of objects stay readable.

    The one-time links of a 1.x panel are keyed by their secret (contract: otl_list, ``key_secret``): such a map
    becomes a list of its entries.
    """
    if isinstance(value, dict):
        return {
            name: without_secrets(list(held.values()) if _keyed_by_secret(held) else held)
            for name, held in value.items()
            if not _holds_secret(str(name), held)
        }
    if isinstance(value, list):
        return [without_secrets(item) for item in value if not _holds_secret("", item)]
    return value


def hide_secrets(value: Any, *, whole: bool = False) -> Any:
    """A copy of ``value`` in which every secret is replaced by a mark: for echoing what a user gave.

    With ``whole``, lists and dictionaries under the name of a secret are hidden as well: nothing has checked them yet.
    """
    if isinstance(value, dict):
        return {
            name: HIDDEN
            if held is not None and (_holds_secret(str(name), held) or (whole and is_secret_field(str(name))))
            else hide_secrets(held, whole=whole)
            for name, held in value.items()
        }
    if isinstance(value, list):
        return [hide_secrets(item, whole=whole) for item in value]
    return HIDDEN if _holds_secret("", value) else value


def secret_values(value: Any) -> list[str]:
    """Every secret text inside ``value``, by the names of the fields."""
    found: list[str] = []
    if isinstance(value, dict):
        for name, held in value.items():
            if is_secret_field(str(name)) and isinstance(held, (str, int)) and not isinstance(held, bool):
                found.append(str(held))
            else:
                found.extend(secret_values(held))
    elif isinstance(value, list):
        for item in value:
            found.extend(secret_values(item))
    return found


class Redactor:
    """Removes known secrets from texts that somebody else wrote: a panel's errors, a library's exceptions."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        # Mostly nothing ever needs redaction, so patterns are only made when a text does; in the order of learning.
        self._unused: dict[str, None] = {}
        self._patterns: dict[str, re.Pattern[str]] = {}
        self._lock = threading.Lock()
        self.add(secrets)

    def add(self, secrets: Iterable[str]) -> None:
        """Learn further secrets; empty ones are passed over."""
        learned = dict.fromkeys(filter(None, secrets))
        with self._lock:
            self._unused.update(learned)

    def _prepare(self) -> None:
        for secret in self._unused:
            for form in sorted({secret, quote(secret, safe=""), quote_plus(secret)}, key=len, reverse=True):
                # Who repeats a secret may have put it on one line, or broken it into several.
                pattern = r"\s+".join(map(re.escape, form.split())) or re.escape(form)
                # A short secret such as "stat" is only removed as a word of its own: "status" stays readable.
                self._patterns[form] = re.compile(rf"(?<!\w){pattern}(?!\w)" if len(form) < 8 else pattern)

        self._unused.clear()

    def __call__(self, text: str) -> str:
        with self._lock:
            self._prepare()
            for pattern in self._patterns.values():
                text = pattern.sub(HIDDEN, text)
        return text


def _holds_secret(name: str, held: Any) -> bool:
    # A nested object under such a name is looked into instead: the secret is one of its fields.
    if is_secret_field(name) and not isinstance(held, (dict, list)):
        return True
    return isinstance(held, str) and _PRIVATE_KEY.search(held) is not None


def _keyed_by_secret(held: Any) -> bool:
    return (
        isinstance(held, dict)
        and bool(held)
        and all(isinstance(entry, dict) and entry.get("key") == name for name, entry in held.items())
    )
