# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether keys belong together: computed where the library ``cryptography`` is there, not checked elsewhere."""

from __future__ import annotations

import base64
from typing import Any, Iterable, Mapping

try:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

    HAS_CRYPTOGRAPHY = True
except ImportError:
    HAS_CRYPTOGRAPHY = False


def pair_problems(values: Mapping[str, Any]) -> Iterable[str]:
    """What is wrong with ``private_key`` and ``public_key`` of WireGuard together, as sentences."""
    private, public = values.get("private_key"), values.get("public_key")
    if HAS_CRYPTOGRAPHY and private and public:
        key = X25519PrivateKey.from_private_bytes(base64.b64decode(private)).public_key()
        if base64.b64encode(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode() != public:
            yield "public_key does not belong to private_key."


def certificate_problems(certificate: str, key: str) -> Iterable[str]:
    """What is wrong with a certificate and its key, both PEM, together; as sentences that name the options of a CA."""
    if not HAS_CRYPTOGRAPHY:
        return
    try:
        public = x509.load_pem_x509_certificate(certificate.encode()).public_key()
    except ValueError:
        yield "ca.cert is no certificate that can be read."
        return
    try:
        private = load_pem_private_key(key.encode(), password=None)
    except (ValueError, TypeError):
        yield "ca.key is no private key that can be read; it must not be encrypted."
        return
    keys = (public, private.public_key())
    one, other = (key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) for key in keys)
    if one != other:
        yield "ca.key does not belong to ca.cert."


def subject_of(certificate: str) -> dict[str, str]:
    """The subject of a certificate by the field names of the panel; empty where it cannot be read.

    A panel writes some fields elsewhere than asked for (contract: ikev2_generate_ca), or not at all: only those that
    have a place of their own in the certificate are told.
    """
    if not HAS_CRYPTOGRAPHY:
        return {}
    try:
        subject = x509.load_pem_x509_certificate(certificate.encode()).subject
    except ValueError:
        return {}
    names = {
        "common_name": x509.NameOID.COMMON_NAME,
        "organization": x509.NameOID.ORGANIZATION_NAME,
        "organizational_unit": x509.NameOID.ORGANIZATIONAL_UNIT_NAME,
        "locality": x509.NameOID.LOCALITY_NAME,
        "country_name": x509.NameOID.COUNTRY_NAME,
        "state_or_province_name": x509.NameOID.STATE_OR_PROVINCE_NAME,
    }
    found = {name: subject.get_attributes_for_oid(oid) for name, oid in names.items()}
    return {name: str(values[0].value) for name, values in found.items() if values}
