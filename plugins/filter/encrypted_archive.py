# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: encrypted_archive
short_description: Put files of the controller into an encrypted archive
version_added: 0.8.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Returns a ZIP file with the files, encrypted with a password, as ASCII text. Neither a program nor a temporary file
    is needed, and the password is on no command line.
  - Decrypt it with C(openssl enc -d -a -aes-256-cbc -pbkdf2 -iter 600000 -in FILE -out FILE.zip).
  - The encryption is AES-256 in CBC mode. Its key is derived with PBKDF2, HMAC-SHA256, 600,000 iterations and a random
    salt, so each result differs. It protects the content from being read, and does not detect changes.
  - Files that do not exist are left out, so that the filter also works in check mode.
positional: folder, password
options:
  _input:
    description: The paths of the files in O(folder).
    type: list
    elements: str
    required: true
  folder:
    description: The folder.
    type: path
    required: true
  password:
    description: The password, at least 12 characters.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Write an encrypted archive
  ansible.builtin.copy:
    content: "{{ ['alice.conf', 'alice.png'] | puqcloud.puqvpn.encrypted_archive('/srv/vpn', vault_archive_password) }}"
    dest: alice.zip.enc
    mode: "0600"
  no_log: true
"""

RETURN = r"""
_value:
  description: The encrypted archive, with a line feed after each 64 characters.
  type: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._encrypted_archive import encrypted_archive


class FilterModule:
    """Makes the filter known to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"encrypted_archive": encrypted_archive}
