# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Encrypt and decrypt files with Ansible Vault, which belongs to the controller: a module process does not have it."""

from __future__ import annotations

from typing import Any

from ._errors import OptionError

try:
    from ansible.errors import AnsibleError
    from ansible.parsing.vault import VaultLib, VaultSecret, is_encrypted
except ImportError:
    VaultLib = None


class Vault:
    """Files that are encrypted with one password.

    :raises OptionError: in a module process.
    """

    def __init__(self, password: str) -> None:
        if VaultLib is None:
            raise OptionError(
                "vault_password needs Ansible Vault, which only the controller has",
                hint="Run the task there: with delegate_to: localhost, and without become, async and another Python.",
            )
        self._secret: Any = VaultSecret(password.encode())
        self._library: Any = VaultLib([("default", self._secret)])

    def encrypt(self, text: str) -> bytes:
        """Return the encrypted text, as the content of a file. Each encryption differs."""
        return bytes(self._library.encrypt(text, secret=self._secret))

    def decrypt(self, content: bytes) -> str | None:
        """Return the text of an encrypted file; None if it is not encrypted, or with another password."""
        if not is_encrypted(content):
            return None
        try:
            return bytes(self._library.decrypt(content)).decode()
        except (AnsibleError, ValueError):
            return None
