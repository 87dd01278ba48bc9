# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys for tests, made by the library that computes them."""

from __future__ import annotations

import base64
import datetime
import json
import re
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from simulator import material


def key_pair() -> dict[str, str]:
    """A key pair of WireGuard under the names of the options."""
    key = X25519PrivateKey.generate()
    private = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return {"private_key": base64.b64encode(private).decode(), "public_key": base64.b64encode(public).decode()}


def without_keys(value: Any) -> Any:
    """A copy in which every key of WireGuard is the same word: each panel makes keys of its own."""
    return json.loads(re.sub(r'"[\w+/]{43}="', '"KEY"', json.dumps(value)))


def authority(common_name: str) -> dict[str, str]:
    """A root certificate and its key, as options of ``ca``."""
    key = material.rsa_key()
    name = x509.Name(
        [x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)]
        + [x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Example")]
    )
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=365))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    return {
        "cert": certificate.public_bytes(Encoding.PEM).decode(),
        "key": key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode(),
    }
