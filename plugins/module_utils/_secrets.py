# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recognize the secrets in a panel's data, and keep them out of everything that others can read."""

from __future__ import annotations

import re
import threading
from typing import Any, Iterable
from urllib.parse import quote, quote_plus

HIDDEN = "********"

# Names of fields that hold a secret (contract: secret: true). The endings also cover what 2.x panels may call them.
_SECRET_NAMES = frozenset({"key", "access_hash", "private_key", "preshared_key", "ca_key", "server_key"})
_SECRET_ENDINGS = ("password", "passphrase", "token", "secret", "private_key", "preshared_key")
_SHORTEST_DISTINCT = 8
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----|^\s*(?:PrivateKey|PresharedKey)\s*=", re.MULTILINE)


def is_secret_field(name: str) -> bool:
    """Return whether the field of that name holds a secret. ``public_key`` does not."""
    folded = name.casefold().replace("-", "_")
    return folded in _SECRET_NAMES or folded.endswith(_SECRET_ENDINGS)


def is_distinct(secret: str) -> bool:
    """Return whether a secret can be masked in any text. A short one such as "stat" would tear "status" apart."""
    return len(secret) >= _SHORTEST_DISTINCT


def without_secrets(value: Any) -> Any:
    """Return a copy of ``value`` without the fields that hold secrets; names of fields and of objects stay readable.

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
    """Return a copy of ``value`` in which every secret is masked, to echo what a user gave.

    With ``whole``, lists and dictionaries under the name of a secret are masked as well: nothing has validated them
    yet.
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


def mask_texts(value: Any, texts: Iterable[str]) -> Any:
    """Return a copy of ``value`` in which the texts are masked wherever they occur, except in names of fields."""
    wanted = sorted(filter(None, texts), key=len, reverse=True)

    def masked(held: Any) -> Any:
        if isinstance(held, dict):
            return {name: masked(part) for name, part in held.items()}
        if isinstance(held, (list, tuple)):
            return [masked(part) for part in held]
        if isinstance(held, str):
            for text in wanted:
                held = held.replace(text, HIDDEN)
            return held
        is_number = isinstance(held, (int, float)) and not isinstance(held, bool)
        return HIDDEN if is_number and any(text in str(held) for text in wanted) else held

    return masked(value) if wanted else value


def secret_values(value: Any) -> list[str]:
    """Return every secret text inside ``value``, by the names of the fields."""
    found: list[str] = []
    _collect_secrets(value, found)
    return found


def _collect_secrets(value: Any, found: list[str]) -> None:
    if isinstance(value, dict):
        for name, held in value.items():
            if isinstance(held, (dict, list)):
                _collect_secrets(held, found)
            elif is_secret_field(str(name)) and isinstance(held, (str, int)) and not isinstance(held, bool):
                found.append(str(held))
    elif isinstance(value, list):
        for item in value:
            _collect_secrets(item, found)


class Redactor:
    """Masks known secrets in texts of others: a panel's errors, a library's exceptions."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        # In the order of learning.
        self._secrets: dict[str, None] = {}
        self._unread: list[str] = []
        # The forms in which texts may contain the secrets, with the words of each.
        self._forms: dict[str, list[str]] = {}
        self._lock = threading.Lock()
        self.add(secrets)

    def add(self, secrets: Iterable[str]) -> None:
        """Learn more secrets; empty ones are ignored."""
        with self._lock:
            learned = [secret for secret in secrets if secret and secret not in self._secrets]
            self._secrets.update(dict.fromkeys(learned))
            self._unread += learned

    @property
    def secrets(self) -> list[str]:
        """The secrets that were learned."""
        with self._lock:
            return list(self._secrets)

    def _add_forms(self) -> None:
        for secret in self._unread:
            for form in sorted({secret, quote(secret, safe=""), quote_plus(secret)}, key=len, reverse=True):
                self._forms[form] = form.split()
        self._unread.clear()

    def __call__(self, text: str) -> str:
        with self._lock:
            self._add_forms()
            for form, words in self._forms.items():
                # Hardly any text contains a secret, and a pattern takes much longer to compile.
                if all(word in text for word in words):
                    text = _pattern_of(form, words).sub(HIDDEN, text)
        return text


def _pattern_of(form: str, words: list[str]) -> re.Pattern[str]:
    # Whoever repeats a secret may have joined or wrapped its lines.
    pattern = r"\s+".join(map(re.escape, words)) or re.escape(form)
    return re.compile(pattern if is_distinct(form) else rf"(?<!\w){pattern}(?!\w)")


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
