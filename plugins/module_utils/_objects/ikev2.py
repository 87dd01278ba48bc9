# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""IKEv2: the subjects of its certificates, and the settings of strongSwan."""

from __future__ import annotations

from .._field_types import Address, Host, Number, Pem, Proposals, Text, Word
from .._schema import Field, Kind, SettingsKind

_SUBJECT = (
    Field("common_name", Text(filled=True)),
    Field("organization", Text(filled=True)),
    Field("organizational_unit", Text()),
    Field("locality", Text()),
    Field("state_or_province_name", Text()),
    Field("country_name", Text(r"([A-Za-z]{2})?", "two letters, such as PL")),
)

# The parts of ikev2_config_get: the fields that begin with ca_ and with server_.
CA = Kind(name="ca", title="root certificate", fields=(Field("cert", Pem()), Field("key", Pem()), *_SUBJECT))
SERVER = Kind(
    name="server",
    title="server certificate",
    fields=(
        Field("domain", Host()),
        Field("ip", Address()),
        Field("ipv6", Address(version=6, optional=True), write_only=True),
        *_SUBJECT,
    ),
)

_YES_NO = ("yes", "no")
_DPD = ("none", "clear", "hold", "restart")
_DEBUG_GROUPS = "dmn mgr ike chd job cfg knl net asn enc lib esp tls tnc imc imv pts".split()

# Operations ikev2_advanced_get, ikev2_advanced_update and ikev2_advanced_default.
IKEV2_SETTINGS = SettingsKind(
    name="ikev2_settings",
    title="IKEv2 settings",
    fields=(
        Field("ike", Proposals()),
        Field("esp", Proposals()),
        Field("ikelifetime", Number(0)),
        Field("lifetime", Number(1, 86400)),
        Field("margintime", Number(1)),
        Field("rekey", Word(_YES_NO)),
        Field("rekeyfuzz", Number(0)),
        Field("reauth", Word(_YES_NO)),
        Field("keyingtries", Number(1)),
        Field("dpdaction", Word(_DPD)),
        Field("dpddelay", Number(0)),
        Field("dpdtimeout", Number(0)),
        Field("inactivity", Number(0)),
        Field("closeaction", Word(_DPD)),
        Field("authby", Word(("pubkey", "rsasig", "ecdsasig", "psk", "secret", "xauthrsasig", "xauthpsk", "never"))),
        Field("compress", Word(_YES_NO)),
        Field("forceencaps", Word(_YES_NO)),
        Field("fragmentation", Word(("yes", "accept", "force", "no"))),
        Field("installpolicy", Word(_YES_NO)),
        Field("mobike", Word(_YES_NO)),
        Field("modeconfig", Word(("push", "pull"))),
        Field("strictcrlpolicy", Word(("yes", "no", "ifuri"))),
        Field("type", Word(("tunnel", "transport", "transport_proxy", "passthrough", "drop"))),
        Field("uniqueids", Word(("yes", "no", "never", "replace", "keep"))),
        *(Field(f"charondebug_{group}", Number(-1, 4)) for group in _DEBUG_GROUPS),
    ),
    path="ikev2/advanced_settings",
    defaults_path="ikev2/advanced_settings/default",
    # As in the documented reply of ikev2_advanced_default.
    defaults={
        "ike": "aes256-sha1-modp1024,aes128-sha1-modp1024,chacha20poly1305-sha512-curve25519-prfsha512,"
        "aes256gcm16-sha384-prfsha384-ecp384,3des-sha1-modp1024!",
        "esp": "aes256-sha256,chacha20poly1305-sha512,aes256-sha1,aes256gcm16-ecp384,3des-sha1!",
        "ikelifetime": 86400,
        "lifetime": 3600,
        "margintime": 600,
        "rekey": "no",
        "rekeyfuzz": 100,
        "reauth": "yes",
        "keyingtries": 5,
        "dpdaction": "clear",
        "dpddelay": 300,
        "dpdtimeout": 150,
        "inactivity": 86400,
        "closeaction": "none",
        "authby": "pubkey",
        "compress": "no",
        "forceencaps": "yes",
        "fragmentation": "yes",
        "installpolicy": "yes",
        "mobike": "yes",
        "modeconfig": "pull",
        "strictcrlpolicy": "no",
        "type": "tunnel",
        "uniqueids": "no",
        **{f"charondebug_{group}": 0 for group in _DEBUG_GROUPS},
    },
)
