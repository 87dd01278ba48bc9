# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""IKEv2: certificates, the switch, the daemon's settings, sessions."""

from __future__ import annotations

import copy

from .. import initial, material
from ..site import Site
from ..wire import (
    Field,
    Form,
    PanelError,
    Record,
    choice,
    filled,
    integer,
    ipv4,
    ipv6,
    number_text,
    read,
    require,
    switch,
    text,
)
from .operations import Operations

operations = Operations()

UNLIMITED = 2147483647
YES_NO = ("yes", "no")

CA_SUBJECT = {
    "ca_common_name": Field(filled, "Common Name must be filled"),
    "ca_organization": Field(filled, "Organization must be filled"),
    "ca_country_name": Field(text),
    "ca_locality": Field(text),
    "ca_organizational_unit": Field(text),
    "ca_state_or_province_name": Field(text),
}

SERVER_SUBJECT = {
    "server_domain": Field(filled, "Server Domain must be filled"),
    "server_ip": Field(ipv4, "Server IP must be filled"),
    "server_common_name": Field(filled, "Common Name must be filled"),
    "server_organization": Field(filled, "Organization must be filled"),
    "server_organizational_unit": Field(text),
    "server_locality": Field(text),
    "server_state_or_province_name": Field(text),
    "server_country_name": Field(text),
    "server_ipv6": Field(ipv6),
}


def _number(name: str, low: int, high: int) -> Field:
    return Field(integer(low, high), f"Incorrect value {name} (should be {low} to {high})")


def _word(name: str, *words: str, blank: str = "") -> Field:
    return Field(choice(*words), f"Incorrect value {name} (should be {blank}{'|'.join(words)})")


# Where a text looks wrong (Closeaction twice, Forceencaps for fragmentation, Keyingtries for rekeyfuzz, double blanks)
# it is so in the manual.
ADVANCED = {
    **{f"charondebug_{group}": _number(f"Charondebug {group}", -1, 4) for group in initial.CHARON_GROUPS},
    "uniqueids": _word("Uniqueids", *YES_NO, "never", "replace", "keep"),
    "strictcrlpolicy": _word("Strictcrlpolicy", *YES_NO, "ifuri"),
    "authby": _word("Authby", *["pubkey", "rsasig", "ecdsasig", "psk", "secret", "xauthrsasig", "xauthpsk", "never"]),
    "closeaction": _word("Closeaction", "none", "clear", "hold", "restart"),
    "compress": _word("Compress", *YES_NO),
    "dpdaction": _word("Closeaction", "none", "clear", "hold", "restart"),
    "dpddelay": _number("Dpddelay", 0, UNLIMITED),
    "dpdtimeout": _number("Dpdtimeout", 0, UNLIMITED),
    "inactivity": _number("Inactivity", 0, UNLIMITED),
    "esp": Field(filled, "Esp must be filled"),
    "forceencaps": _word("Forceencaps", *YES_NO),
    "fragmentation": _word("Forceencaps", "yes", "accept", "force", "no"),
    "ike": Field(filled, "Ike must be filled"),
    "ikelifetime": _number("Ikelifetime", 0, UNLIMITED),
    "installpolicy": _word("Installpolicy", *YES_NO),
    "keyingtries": _number("Keyingtries", 1, UNLIMITED),
    "lifetime": _number("Lifetime", 1, 86400),
    "margintime": _number("Margintime", 1, UNLIMITED),
    "mobike": _word("Mobike", *YES_NO),
    "modeconfig": _word("Modeconfig", "push", "pull", blank=" "),
    "reauth": _word("Reauth", *YES_NO),
    "rekey": _word("Rekey", *YES_NO),
    "rekeyfuzz": _number("Keyingtries", 0, UNLIMITED),
    "type": _word("Type", "tunnel", "transport", "transport_proxy", "passthrough", "drop", blank=" "),
}


def _config_on_wire(site: Site) -> Record:
    hidden = () if site.options.echo_write_only else ("server_ipv6",)
    return {key: value for key, value in site.panel.ikev2.items() if key not in hidden}


def _require_root(site: Site, text: str = "The ROOT certificate is not present in the system") -> None:
    if not site.panel.ikev2["ca_cert"]:
        raise PanelError(text)


def _require_server(site: Site) -> None:
    if not site.panel.ikev2["server_cert"]:
        raise PanelError("The SERVER certificate is not present in the system")


def _require_no_root(site: Site) -> None:
    if site.panel.ikev2["ca_cert"]:
        raise PanelError("The root certificate is already in the system")


def _subject(values: Record, kind: str) -> dict[str, str]:
    return {field: values.get(f"{kind}_{field}", "") for field in initial.SUBJECT_FIELDS}


@operations("GET", "/ikev2/info")
def ikev2_info(site: Site, form: Form) -> Record:
    """Return the daemon's version and processes."""
    return {"pid_charon": number_text(1473837), "pid_starter": number_text(1473836), "strongswan": "5.9.1-1+deb11u3"}


@operations("GET", "/ikev2/config")
def ikev2_config_get(site: Site, form: Form) -> Record:
    """Return certificates, keys and subjects."""
    return _config_on_wire(site)


@operations("PUT", "/ikev2/import_ca_rsa")
def ikev2_import_ca(site: Site, form: Form) -> Record:
    """Take over a root certificate and its key."""
    _require_no_root(site)
    pair = require(
        form, {"ca_cert": Field(filled, "CaCert must be filled"), "ca_key": Field(filled, "CaKey must be filled")}
    )
    if "-----BEGIN CERTIFICATE-----" not in pair["ca_cert"]:
        raise PanelError("Certificate not found", field="ca_cert")
    if not material.belong_together(pair["ca_cert"], pair["ca_key"]):
        raise PanelError("Certificate failed", field="ca_cert")
    site.panel.ikev2.update({key: f"{pem}\n" for key, pem in pair.items()})
    return _config_on_wire(site)


@operations("PUT", "/ikev2/generate_ca_rsa")
def ikev2_generate_ca(site: Site, form: Form) -> Record:
    """Make a root certificate."""
    _require_no_root(site)
    values = require(form, CA_SUBJECT)
    certificate, key = material.root_certificate(_subject(values, "ca"))
    site.panel.ikev2.update(values, ca_cert=certificate, ca_key=key)
    return _config_on_wire(site)


@operations("DELETE", "/ikev2/delete_ca_rsa")
def ikev2_delete_ca(site: Site, form: Form) -> Record:
    """Remove the root certificate; the server certificate and the subject stay."""
    _require_root(site)
    site.panel.ikev2.update(ca_cert="", ca_key="", enabled=False)
    return _config_on_wire(site)


@operations("PUT", "/ikev2/generate_server_rsa")
def ikev2_generate_server(site: Site, form: Form) -> Record:
    """Make a server certificate, signed by the root."""
    _require_root(site, "The root certificate is not present in the system")
    values, ikev2 = require(form, SERVER_SUBJECT), site.panel.ikev2
    names = [values["server_domain"], values["server_ip"]]
    root = (ikev2["ca_cert"], ikev2["ca_key"])
    certificate, key = material.server_certificate(_subject(values, "server"), names, root)
    enabled = ikev2["enabled"] or site.options.ikev2_self_enable
    ikev2.update(values, server_cert=certificate, server_key=key, enabled=enabled)
    return _config_on_wire(site)


@operations("DELETE", "/ikev2/delete_server_rsa")
def ikev2_delete_server(site: Site, form: Form) -> Record:
    """Remove the server certificate."""
    _require_root(site)
    _require_server(site)
    site.panel.ikev2.update(server_cert="", server_key="", enabled=False)
    return _config_on_wire(site)


@operations("PUT", "/ikev2", ("PUT", "/ikev2/"))
def ikev2_enable(site: Site, form: Form) -> Record:
    """Switch IKEv2 on or off."""
    values = read(form, {"enabled": Field(switch)})
    if values.get("enabled"):
        _require_root(site)
        _require_server(site)
    site.panel.ikev2.update(values)
    return _config_on_wire(site)


@operations("GET", "/ikev2/advanced_settings")
def ikev2_advanced_get(site: Site, form: Form) -> Record:
    """Return the daemon's settings."""
    return site.panel.ikev2_advanced


@operations("PUT", "/ikev2/advanced_settings")
def ikev2_advanced_update(site: Site, form: Form) -> Record:
    """Change the daemon's settings; all of them are needed."""
    site.panel.ikev2_advanced.update(require(form, ADVANCED))
    return site.panel.ikev2_advanced


@operations("PUT", "/ikev2/advanced_settings/default")
def ikev2_advanced_default(site: Site, form: Form) -> Record:
    """Go back to the daemon's first settings."""
    site.panel.ikev2_advanced = copy.deepcopy(initial.IKEV2_ADVANCED)
    return site.panel.ikev2_advanced


@operations("GET", "/ikev2/online")
def ikev2_online(site: Site, form: Form) -> list[Record]:
    """Return the sessions."""
    return [
        {**session, **{key: number_text(session[key]) for key in ("b_download", "b_upload")}}
        for session in site.panel.ikev2_online
    ]


@operations("DELETE", "/ikev2/online/<name>")
def ikev2_online_drop(site: Site, form: Form, name: str) -> str:
    """End the sessions of an account; an account without one is no error."""
    site.panel.ikev2_online = [session for session in site.panel.ikev2_online if session["name"] != name]
    return "success"
