# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Encrypt and decrypt files with Ansible Vault, which belongs to the controller: a module process does not have it."""

from __future__ import annotations

import sys

from ._errors import OptionError


class Vault:
    """Files that are encrypted with one password.

    :raises OptionError: in a module process.
    """

    def __init__(self, password: str) -> None:
        # Ansible has loaded it long before. In a module process, an import would find the ansible-core of that Python,
        # which does not go together with the parts of Ansible in the module, and breaks these.
        vault, errors = (sys.modules.get(f"ansible.{name}") for name in ("parsing.vault", "errors"))
        if vault is None or errors is None:
            raise OptionError(
                "vault_password needs Ansible Vault, which only the controller has",
                hint="Run the task there: with delegate_to: localhost, and without become and async.",
            )
        self._secret = vault.VaultSecret(password.encode())
        self._library = vault.VaultLib([("default", self._secret)])
        self._is_encrypted = vault.is_encrypted
        self._error = errors.AnsibleError

    def encrypt(self, text: str) -> bytes:
        """Return the encrypted text, as the content of a file. Each encryption differs."""
        return bytes(self._library.encrypt(text, secret=self._secret))

    def decrypt(self, content: bytes) -> str | None:
        """Return the text of an encrypted file; None if it is not encrypted, or with another password."""
        if not self._is_encrypted(content):
            return None
        try:
            return bytes(self._library.decrypt(content)).decode()
        except (self._error, ValueError):
            return None
