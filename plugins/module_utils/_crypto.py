# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check whether keys and certificates belong together, if the library ``cryptography`` is installed, and make keys."""

from __future__ import annotations

import base64
import os
import traceback
from functools import lru_cache
from importlib import import_module
from types import SimpleNamespace
from typing import Any, Iterable, Mapping

from ._errors import MissingLibraryError


@lru_cache(maxsize=None)
def _cryptography() -> Any:
    """Return the parts of the library in use; None without it. It loads slowly, and few tasks have keys."""
    try:
        return SimpleNamespace(
            x509=import_module("cryptography.x509"),
            serialization=import_module("cryptography.hazmat.primitives.serialization"),
            x25519=import_module("cryptography.hazmat.primitives.asymmetric.x25519"),
        )
    except ImportError:
        return None


def new_pair() -> dict[str, str]:
    """Return a new pair of WireGuard keys, ``private_key`` and ``public_key``, as ``wg genkey`` makes them.

    :raises MissingLibraryError: the library is not installed.
    """
    try:
        import_module("cryptography.hazmat.primitives.asymmetric.x25519")
    except ImportError:
        raise MissingLibraryError("cryptography", traceback.format_exc()) from None
    raw = bytearray(os.urandom(32))
    # WireGuard shows a key that is not clamped otherwise than it was written.
    raw[0] &= 248
    raw[31] = raw[31] & 127 | 64
    private = base64.b64encode(raw).decode()
    return {"private_key": private, "public_key": _public_key(private)}


def _public_key(private_key: str) -> str:
    library = _cryptography()
    key = library.x25519.X25519PrivateKey.from_private_bytes(base64.b64decode(private_key)).public_key()
    raw = key.public_bytes(library.serialization.Encoding.Raw, library.serialization.PublicFormat.Raw)
    return base64.b64encode(raw).decode()


def pair_problems(values: Mapping[str, Any]) -> Iterable[str]:
    """Yield the problems of ``private_key`` and ``public_key`` of WireGuard together, as sentences."""
    private, public = values.get("private_key"), values.get("public_key")
    if not private or not public:
        return
    if _cryptography() is not None and _public_key(private) != public:
        yield "public_key does not belong to private_key."


def certificate_problems(certificate: str, key: str) -> Iterable[str]:
    """Yield the problems of a certificate and its key, both PEM, as sentences that name the options of a CA."""
    library = _cryptography()
    if library is None:
        return
    try:
        public = library.x509.load_pem_x509_certificate(certificate.encode()).public_key()
    except ValueError:
        yield "ca.cert is not a valid certificate."
        return
    try:
        private = library.serialization.load_pem_private_key(key.encode(), password=None)
    except (ValueError, TypeError):
        yield "ca.key is not a valid private key; it must not be encrypted."
        return
    form = (library.serialization.Encoding.DER, library.serialization.PublicFormat.SubjectPublicKeyInfo)
    if public.public_bytes(*form) != private.public_key().public_bytes(*form):
        yield "ca.key does not belong to ca.cert."


def subject_of(certificate: object) -> dict[str, str]:
    """Return the subject of a certificate by the field names of the panel; empty where it cannot be read.

    A panel writes some fields to other attributes than requested (contract: ikev2_generate_ca), or not at all: only
    those that have an attribute of their own are returned.
    """
    library = _cryptography()
    # A panel may show anything in its place.
    if library is None or not isinstance(certificate, str):
        return {}
    try:
        subject = library.x509.load_pem_x509_certificate(certificate.encode()).subject
    except ValueError:
        return {}
    oid = library.x509.NameOID
    names = {
        "common_name": oid.COMMON_NAME,
        "organization": oid.ORGANIZATION_NAME,
        "organizational_unit": oid.ORGANIZATIONAL_UNIT_NAME,
        "locality": oid.LOCALITY_NAME,
        "country_name": oid.COUNTRY_NAME,
        "state_or_province_name": oid.STATE_OR_PROVINCE_NAME,
    }
    found = {name: subject.get_attributes_for_oid(attribute) for name, attribute in names.items()}
    return {name: str(values[0].value) for name, values in found.items() if values}
