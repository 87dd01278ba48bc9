# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A throw-away authority and the server certificate that it signs."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

LIFETIME = datetime.timedelta(days=30)


@dataclass(frozen=True)
class Tls:
    """What kind of certificate the panel shows; without a directory its files live in a temporary one."""

    expired: bool = False
    hostnames: tuple[str, ...] | list[str] = ("localhost", "127.0.0.1")
    key_usage: bool = True
    directory: str | Path | None = None


def prepare(tls: Tls, directory: Path) -> tuple[ssl.SSLContext, Path]:
    """Write authority, certificate and key into the directory; return the server's context and the authority's file."""
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _key in range(2))
    builder = _builder("Simulator authority", authority_key.public_key())
    authority = _sign(builder, authority_key, None, [], key_usage=tls.key_usage)
    server = _sign(
        _builder(tls.hostnames[0], key.public_key(), expired=tls.expired), authority_key, authority, tls.hostnames
    )
    key_pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    ca_path, server_path = directory / "ca.pem", directory / "server.pem"
    ca_path.write_bytes(authority.public_bytes(Encoding.PEM))
    server_path.touch(mode=0o600)
    server_path.write_bytes(key_pem + server.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server_path)
    return context, ca_path


def _builder(common_name: str, public_key: Any, *, expired: bool = False) -> Any:
    start = datetime.datetime.now(datetime.timezone.utc) - (2 * LIFETIME if expired else datetime.timedelta(hours=1))
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)]))
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + LIFETIME)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _sign(
    builder: Any, key: Any, issuer: Any, hostnames: tuple[str, ...] | list[str], *, key_usage: bool = True
) -> Any:
    """Sign as the issuer; without one the certificate is the authority's own."""
    is_authority = issuer is None
    usage = dict.fromkeys(
        [
            "digital_signature",
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "key_cert_sign",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ],
        False,
    )
    usage |= {"key_cert_sign": True, "crl_sign": True} if is_authority else {"digital_signature": True}
    # A strict client wants all of these extensions.
    builder = (
        builder.issuer_name(builder._subject_name if is_authority else issuer.subject)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
    )
    if key_usage:
        builder = builder.add_extension(x509.KeyUsage(**usage), critical=True)
    if hostnames:
        names = [_general_name(hostname) for hostname in hostnames]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(key, SHA256())


def _general_name(hostname: str) -> Any:
    try:
        return x509.IPAddress(ipaddress.ip_address(hostname))
    except ValueError:
        return x509.DNSName(hostname)
