# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Encrypt and decrypt files in the format of Ansible Vault, version 1.1 and the cipher AES256.

The code of Ansible itself is only available to plugins: a module process has nothing but its ``module_utils``. Source
of the format: "Format of files encrypted with Ansible Vault" in the user guide of Ansible.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import traceback
from binascii import hexlify, unhexlify
from importlib import import_module
from typing import Any

from ._errors import MissingLibraryError

_HEADER = b"$ANSIBLE_VAULT;1.1;AES256"
# Files with a vault ID have the header of version 1.2, which ends with the ID.
_HEADERS = (_HEADER, b"$ANSIBLE_VAULT;1.2;AES256;")
_LONGEST_LINE = 80
_SALT_BYTES, _KEY_BYTES, _BLOCK_BYTES, _ITERATIONS = 32, 32, 16, 10000


class Vault:
    """Files that are encrypted with one password.

    :raises MissingLibraryError: ``cryptography`` is not installed, which is a part of every ansible-core.
    """

    def __init__(self, password: str) -> None:
        try:
            self._ciphers = import_module("cryptography.hazmat.primitives.ciphers")
        except ImportError:
            raise MissingLibraryError("cryptography", traceback.format_exc()) from None
        self._password = password.encode()

    def encrypt(self, text: str) -> bytes:
        """Return the encrypted text, as the content of a file. Each encryption differs."""
        salt = os.urandom(_SALT_BYTES)
        cipher, seal = self._keys(salt)
        plain = text.encode()
        padding = _BLOCK_BYTES - len(plain) % _BLOCK_BYTES
        encryptor = cipher.encryptor()
        secret = encryptor.update(plain + bytes([padding] * padding)) + encryptor.finalize()
        parts = (salt, hmac.new(seal, secret, "sha256").digest(), secret)
        body = hexlify(b"\n".join(map(hexlify, parts)))
        lines = (body[at : at + _LONGEST_LINE] for at in range(0, len(body), _LONGEST_LINE))
        return b"\n".join([_HEADER, *lines, b""])

    def decrypt(self, content: bytes) -> str | None:
        """Return the text of an encrypted file; None if it is not encrypted, or with another password."""
        header, *lines = content.splitlines() or [b""]
        if not header.startswith(_HEADERS):
            return None
        try:
            salt, mark, secret = map(unhexlify, unhexlify(b"".join(lines)).split(b"\n"))
            cipher, seal = self._keys(salt)
            if not hmac.compare_digest(hmac.new(seal, secret, "sha256").digest(), mark):
                return None
            decryptor = cipher.decryptor()
            plain: bytes = decryptor.update(secret) + decryptor.finalize()
            return plain[: -plain[-1]].decode()
        except (ValueError, IndexError):
            return None

    def _keys(self, salt: bytes) -> tuple[Any, bytes]:
        """Return the cipher, and the key that proves the content."""
        derived = hashlib.pbkdf2_hmac(
            "sha256", self._password, salt, _ITERATIONS, _KEY_BYTES + _KEY_BYTES + _BLOCK_BYTES
        )
        key, seal, counter = derived[:_KEY_BYTES], derived[_KEY_BYTES:-_BLOCK_BYTES], derived[-_BLOCK_BYTES:]
        return self._ciphers.Cipher(self._ciphers.algorithms.AES(key), self._ciphers.modes.CTR(counter)), seal
