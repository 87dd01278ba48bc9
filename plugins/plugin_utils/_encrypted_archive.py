# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An encrypted archive of files, which ``openssl enc`` can decrypt on any system.

The format is that of ``openssl enc -aes-256-cbc -pbkdf2 -iter 600000 -salt -a`` for a ZIP file: a key that is expensive
to derive from the password protects the content from being read. It does not detect changes.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import textwrap
import zipfile
from collections.abc import Iterable
from importlib import import_module

from ansible.errors import AnsibleFilterError
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import OptionError
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._files import content_of_file

# As recommended for PBKDF2 with HMAC-SHA256: half a second for each guess of a password.
ITERATIONS = 600_000

# Whoever gets the archive can try passwords without limit.
SHORTEST_PASSWORD = 12

_BLOCK = 16
_LINE = 64


def encrypted_archive(files: Iterable[str], folder: str, password: str) -> str:
    """Return the files of a folder as an encrypted archive in ASCII. In check mode, files need not exist yet.

    :raises AnsibleFilterError: a file cannot be read, or the password is too short.
    """
    if len(str(password)) < SHORTEST_PASSWORD:
        raise AnsibleFilterError(f"The password of an archive needs at least {SHORTEST_PASSWORD} characters.")
    salt = os.urandom(8)
    derived = hashlib.pbkdf2_hmac("sha256", str(password).encode(), salt, ITERATIONS, 32 + _BLOCK)
    # It is a part of every ansible-core, but loads slowly, and only archives need it.
    ciphers, padding = (import_module(f"cryptography.hazmat.primitives.{name}") for name in ("ciphers", "padding"))
    padder = padding.PKCS7(8 * _BLOCK).padder()
    padded = padder.update(_zip_of(files, folder)) + padder.finalize()
    encryptor = ciphers.Cipher(ciphers.algorithms.AES(derived[:32]), ciphers.modes.CBC(derived[32:])).encryptor()
    content = b"Salted__" + salt + encryptor.update(padded) + encryptor.finalize()
    return "\n".join([*textwrap.wrap(base64.b64encode(content).decode(), _LINE), ""])


def _zip_of(files: Iterable[str], folder: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            try:
                content = content_of_file(os.path.join(folder, file), follow=False)
            except OptionError as error:
                raise AnsibleFilterError(f"The archive cannot be created: {error}") from None
            if content is not None:
                entry = zipfile.ZipInfo(os.path.basename(file))
                entry.external_attr = 0o600 << 16
                archive.writestr(entry, content)
    return target.getvalue()
