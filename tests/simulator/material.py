# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What clients are handed: key pairs, configurations, QR codes, certificates and profiles."""

from __future__ import annotations

import base64
import datetime
import functools
import hashlib
import io
import ipaddress
import itertools
import re
import secrets
import uuid
from collections.abc import Mapping
from typing import Any

import segno
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509 import NameOID

from .wire import Record

PrivateKey = RSAPrivateKey | ec.EllipticCurvePrivateKey


def wireguard_key_pair() -> tuple[str, str]:
    """Return a private key and its public key, both base64."""
    return _key_pair(X25519PrivateKey.generate())


def derived_key_pair(key: str) -> tuple[str, str]:
    """Return another pair, always the same one for a key."""
    return _key_pair(X25519PrivateKey.from_private_bytes(hashlib.sha256(key.encode()).digest()))


def _key_pair(private: X25519PrivateKey) -> tuple[str, str]:
    raw = private.private_bytes_raw(), private.public_key().public_bytes_raw()
    return base64.b64encode(raw[0]).decode(), base64.b64encode(raw[1]).decode()


def wireguard_config(account: Record, server: Record) -> str:
    """Return the client's configuration, tabs and line breaks as the panel writes them."""
    prefix = ipaddress.ip_interface(server["address"]).network.prefixlen
    mtu = f"MTU = {server['mtu']}" if server["mtu"] else ""
    peer = [
        f"AllowedIPs = {server['allowed_ips'] or '0.0.0.0/0'}",
        f"Endpoint = {server['endpoint'] or server['external_ip']}:{server['listen_port']}",
        *([f"PersistentKeepalive = {server['keep_alive']}"] if server["keep_alive"] else []),
        f"PublicKey = {server['public_key']}",
    ]
    return (
        f"[Interface]\tAddress = {account['allowed_IPs']}/{prefix}\n"
        f"\tDNS = {server['dns_1']},{server['dns_2']}\n"
        f"\tPrivateKey = {account['private_key']}\n"
        f"\t{mtu}\n"
        "[Peer]\n\t" + "\n\t".join(peer)
    )


@functools.lru_cache(maxsize=256)
def qr_code(text: str) -> str:
    """Return a PNG, base64, that decodes to the text."""
    png = io.BytesIO()
    segno.make(text, error="l", micro=False).save(png, kind="png", scale=6)
    return base64.b64encode(png.getvalue()).decode()


def ikev2_profile(username: str, domain: str, certificate: str) -> str:
    """Return the strongSwan profile; line breaks of the certificate are raw carriage returns, as in the manual."""
    identity = uuid.uuid5(uuid.NAMESPACE_DNS, f"{username}.{domain}")
    certificate = certificate.replace("\n", "\r")
    return (
        f'{{\n\t\t"uuid": "{identity}",\n\t\t"name": "{domain}",\n\t\t"type": "ikev2-eap",\n'
        f'\t\t"remote": {{\n\t\t  "addr": "{domain}",\n\t\t  "id": "{domain}",\n'
        f'\t\t  "cert": "{certificate}"\n\t\t}},\n'
        f'\t\t"local": {{\n\t\t  "eap_id": "{username}"\n\t\t}}\n\t  }}'
    )


def one_line_of_der(certificate: str) -> str:
    """Return a certificate in PEM as one line of base64."""
    return "".join(line for line in certificate.splitlines() if not line.startswith("-----"))


# Certificates of IKEv2 ------------------------------------------------------------------------------------------------

_YEAR = datetime.timedelta(days=365)

# To find an RSA key takes longer than anything else that a panel does, so all panels take turns with some of them. A
# new one differs from those before.
_RSA_KEYS = 16
_TURNS = itertools.cycle(range(_RSA_KEYS))


def root_certificate(subject: Mapping[str, str]) -> tuple[str, str]:
    """Return a self-signed root certificate and its key, both PEM, for ten years."""
    key = rsa_key()
    name = _name(subject)
    builder = _certificate(name, name, key, 10 * _YEAR)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return _sign(builder, key), _key_pem(key)


def server_certificate(subject: Mapping[str, str], names: list[str], root: tuple[str, str]) -> tuple[str, str]:
    """Return a server certificate signed by the root, and its key, both PEM, for five years."""
    authority, authority_key = _load(*root)
    key = rsa_key()
    builder = _certificate(_name(subject), authority.subject, key, 5 * _YEAR)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    # The panel lists an address as a DNS name, too.
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
    return _sign(builder, authority_key), _key_pem(key)


def belong_together(certificate: str, key: str) -> bool:
    """Tell whether both are readable PEM and the key is that of the certificate."""
    try:
        loaded, private = _load(certificate, key)
    except (ValueError, TypeError):
        return False
    return loaded.public_key() == private.public_key()


def _load(certificate: str, key: str) -> tuple[x509.Certificate, RSAPrivateKey]:

    return x509.load_pem_x509_certificate(certificate.encode()), _load_key(key)


# To load one, which is checked then, takes long as well.
@functools.lru_cache(maxsize=_RSA_KEYS)
def _load_key(key: str) -> RSAPrivateKey:

    private = load_pem_private_key(key.encode(), password=None)
    if not isinstance(private, RSAPrivateKey):
        raise ValueError("not an RSA key")
    return private


def rsa_key() -> RSAPrivateKey:
    """Return a new key."""
    return _found_rsa_key(next(_TURNS))


@functools.lru_cache(maxsize=None)
def _found_rsa_key(_turn: int) -> RSAPrivateKey:

    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _name(subject: Mapping[str, str]) -> x509.Name:

    oids = {
        "country_name": NameOID.COUNTRY_NAME,
        "state_or_province_name": NameOID.STATE_OR_PROVINCE_NAME,
        "locality": NameOID.LOCALITY_NAME,
        "organization": NameOID.ORGANIZATION_NAME,
        "organizational_unit": NameOID.ORGANIZATIONAL_UNIT_NAME,
        "common_name": NameOID.COMMON_NAME,
    }
    # The panel takes any text for a country; X.509 knows two letters only.
    return x509.Name(
        [
            x509.NameAttribute(oid, subject[field])
            for field, oid in oids.items()
            if subject[field] and not (field == "country_name" and len(subject[field]) != 2)
        ]
    )


def _certificate(subject: Any, issuer: Any, key: PrivateKey, lifetime: datetime.timedelta) -> Any:

    now = datetime.datetime.now(datetime.timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + lifetime)
    )


def _sign(builder: Any, key: PrivateKey) -> str:

    return str(builder.sign(key, SHA256()).public_bytes(Encoding.PEM).decode())


def _key_pem(key: PrivateKey) -> str:

    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


# Certificates of OpenVPN ----------------------------------------------------------------------------------------------

# Made when they are first asked for, and then the same for all panels of a process: keys of elliptic curves are quick.


@functools.lru_cache(maxsize=None)
def vpn_authority() -> tuple[str, ec.EllipticCurvePrivateKey]:
    """Return the certificate, PEM, that signs those of clients, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "PUQVPNCP CA")])
    builder = _certificate(name, name, key, 10 * _YEAR)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return _sign(builder, key), key


@functools.lru_cache(maxsize=None)
def vpn_client_certificate(username: str) -> tuple[str, str]:
    """Return a client's certificate and its key, both PEM."""
    certificate, authority_key = vpn_authority()
    issuer = x509.load_pem_x509_certificate(certificate.encode()).subject
    key = ec.generate_private_key(ec.SECP256R1())
    # X.509 knows no more than 64 characters, and a hostile panel has clients of any name.
    common_name = re.sub(r"[^A-Za-z0-9_-]", "_", username)[:64] or "client"
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    return _sign(_certificate(name, issuer, key, 5 * _YEAR), authority_key), _key_pem(key)


@functools.lru_cache(maxsize=None)
def openvpn_static_key() -> str:
    """Return the key that both sides of OpenVPN know."""
    lines = "".join(f"{secrets.token_hex(16)}\n" for _line in range(16))
    return f"-----BEGIN OpenVPN Static key V1-----\n{lines}-----END OpenVPN Static key V1-----\n"
