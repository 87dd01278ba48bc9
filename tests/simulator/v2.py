# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Generation 2, as far as its paths are documented: bearer token, JSON bodies, {result, message, data, errors}."""

from __future__ import annotations

import functools
import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, abort, request
from werkzeug import Request, Response

from . import material
from .pages import create_app as create_bare_app
from .pages import current_site, json_response
from .site import Site
from .state import network_of
from .v1.account import create_otl, traffic_days
from .v1.system import dns_told, host_on_wire, licence_on_wire
from .wire import Field, Keyed, PanelError, Record, choice, integer, ipv4, ipv6, matching, read, render, text

View = Callable[..., Any]
V = TypeVar("V", bound=View)

STATUS = Field(lambda value: choice("enable", "disable")(value.lower()), "Wrong status")

# The name in the request, the name in the panel's memory. Pages disagree on the key of the network.
SETTINGS = {
    "status": ("status", STATUS),
    "password": ("password", Field(text)),
    "ipv4": ("allowed_IPs", Field(ipv4, "Wrong IP format")),
    "ipv6": ("allowed_IPs_ipv6", Field(ipv6, "Wrong IP format")),
    "b_download": ("b_download", Field(integer(0, 10000), "Wrong bandwidth")),
    "b_upload": ("b_upload", Field(integer(0, 10000), "Wrong bandwidth")),
}
NEW = {
    "network": ("wg_name", Field(text)),
    "network_name": ("wg_name", Field(text)),
    "name": ("name", Field(matching(r"[A-Za-z0-9_-]+"), "Wrong name (only letters, numbers and '_', '-')")),
    "username": (
        "username",
        Field(matching(r"[A-Za-z0-9_-]+"), "Wrong Username (only letters, numbers and '_', '-')"),
    ),
    **SETTINGS,
}
FIELD_NAMES = {"wg_name": "network_name", "allowed_IPs": "ipv4", "allowed_IPs_ipv6": "ipv6"}
TEXTS = {
    "Account not found": "Client not found",
    "Wireguard server not found": "Network not found",
    "Wireguard server not valid": "Network not valid",
    "VPN account limit exceeded": "VPN client limit exceeded",
    "The IP address is not within the range of the wireguard server": "The IP address is not within the network",
}
OBFUSCATION = {
    "Jc": 4,
    "Jmin": 40,
    "Jmax": 70,
    "S1": 15,
    "S2": 20,
    "H1": 1148412411,
    "H2": 1937592110,
    "H3": 1420931045,
    "H4": 1715324601,
}


@dataclass(frozen=True)
class Operation:
    """One operation; `view(site, **path)` returns the payload. `inferred`: no page names it."""

    method: str
    path: str
    view: View
    takes: Mapping[str, tuple[str, Field]]
    inferred: bool

    def is_there(self, site: Site) -> bool:
        """Tell whether the panel knows the operation."""
        return site.options.inferred or not self.inferred


OPERATIONS: list[Operation] = []


def operation(
    method: str, path: str, takes: Mapping[str, tuple[str, Field]] | None = None, *, inferred: bool = False
) -> Callable[[V], V]:
    """Return a decorator that enters a view in the table."""

    def enter(view: V) -> V:
        OPERATIONS.append(Operation(method, path, view, takes or {}, inferred))
        return view

    return enter


class V2:
    """How generation 2 puts its answers."""

    def success(self, site: Site, payload: Any) -> Response:
        """Return the envelope around a payload."""
        data = render(payload, site.options.numbers, site.options.unknown_fields)
        return json_response({"result": self._word(site, "OK"), "message": "", "data": data})

    def failure(self, site: Site, error: PanelError) -> Response:
        """Return the envelope of a refusal, or, for a bad token, what no page describes."""
        if error.code == 401 and site.options.bare_unauthorized:
            return json_response({"error": "unauthorized"}, 401)
        message = TEXTS.get(error.text, error.text)
        errors = {FIELD_NAMES.get(error.field, error.field): message} if error.field else {}
        code = error.code if site.options.error_codes else 200
        return json_response({"result": self._word(site, "ERROR"), "message": message, "errors": errors}, code)

    def credential(self, request: Request) -> str:
        """Return the token that a request carries."""
        scheme, _blank, token = request.headers.get("Authorization", "").partition(" ")
        return token if scheme.lower() == "bearer" else ""

    @staticmethod
    def _word(site: Site, word: str) -> str:
        return word.lower() if site.options.status_word.isupper() else word


@functools.lru_cache(maxsize=None)
def create_app() -> Flask:
    """Return the API of generation 2; to make it takes longer than most tests."""
    app = create_bare_app()
    app.add_url_rule("/api/v1/openapi.json", "openapi", lambda: json_response(openapi(current_site())))
    for entry in OPERATIONS:
        _add(app, entry)
    return app


def _add(app: Flask, entry: Operation) -> None:
    def run(**path: str) -> Response:
        site = current_site()
        if not entry.is_there(site):
            abort(404)
        site.authorize(request)
        if entry.method != "GET":
            site.refuse_when_busy()
        if entry.takes:
            path["values"] = _read_body(entry.takes)  # type: ignore[assignment]
        payload = entry.view(site, **path)
        if entry.method != "GET" and entry.path != "/system/reload":
            site.rebuild(site.options.busy_after_write)
        return site.dialect.success(site, payload)

    endpoint = f"{entry.method} {entry.path}".replace(".", "")
    app.add_url_rule(f"/api/v1{entry.path}", endpoint, run, methods=[entry.method], provide_automatic_options=False)


def _read_body(fields: Mapping[str, tuple[str, Field]]) -> Record:
    body = request.get_json(force=True, silent=True)
    if not isinstance(body, dict):
        raise PanelError("The body is not a JSON object")
    form = {name: value if isinstance(value, str) else json.dumps(value) for name, value in body.items()}
    values = read(form, {name: field for name, (_key, field) in fields.items()})
    return {fields[name][0]: value for name, value in values.items()}


# System ---------------------------------------------------------------------------------------------------------------


@operation("GET", "/system/status")
def system_status(site: Site) -> Record:
    """Report counts and whether the panel is busy."""
    return {
        "count_accounts": len(site.panel.accounts),
        "count_accounts_available": site.options.licence_slots,
        "networks_count": len(site.panel.wireguard),
        "license": site.options.licence_expires,
        "license_valid": site.options.licensed,
        "status": site.status(),
        "version": site.options.version,
    }


@operation("GET", "/system/info", inferred=True)
def system_info(site: Site) -> Record:
    """Describe the host."""
    return host_on_wire()


@operation("POST", "/system/reload")
def system_reload(site: Site) -> None:
    """Rebuild the configuration."""
    site.rebuild(site.options.reload_seconds)


@operation("GET", "/license")
def license_get(site: Site) -> Record:
    """Return the licence."""
    return licence_on_wire(site)


@operation("GET", "/dns")
def dns_get(site: Site) -> Record:
    """Return the name server's settings."""
    return dns_told(site)


# Networks -------------------------------------------------------------------------------------------------------------


def _network(site: Site, server: Record) -> Record:
    interface = ipaddress.IPv4Interface(server["address"])
    last = interface.network.broadcast_address
    return {
        "name": server["name"],
        "description": "",
        "subnet_ipv4": str(interface.network),
        "wireguard_ip": str(interface.ip),
        "openvpn_ip": str(last - 1),
        "ikev2_ip": str(last - 2),
        "upstream": server["external_ip"],
        "vpn_domain": server["endpoint"],
        **{key: server[key] for key in ("dns_1", "dns_2", "b_download", "b_upload", "ipv6")},
        "client_to_client": server["internal_traffic"],
        "disable_nat": False,
        "wireguard": True,
        "amneziawg": True,
        "openvpn": True,
        "ikev2": server["ikev2"],
        "clients_count": sum(1 for _peer in site.panel.peers(server["name"])),
    }


@operation("GET", "/network")
def network_list(site: Site) -> list[Record]:
    """Return all networks."""
    return [_network(site, server) for _name, server in sorted(site.panel.wireguard.items())]


@operation("GET", "/network/<name>")
def network_get(site: Site, name: str) -> Record:
    """Return a network."""
    return _network(site, site.panel.server(name))


@operation("GET", "/network/<name>/available_ip")
def network_available_ip(site: Site, name: str) -> list[str]:
    """Return the free addresses of a network; those of the other protocols' gateways are not free."""
    network = network_of(site.panel.server(name)["address"])
    gateways = {str(network.broadcast_address - offset) for offset in (1, 2)}
    return [address for address in site.panel.free_addresses(name) if address not in gateways]


# Clients --------------------------------------------------------------------------------------------------------------


def _client(account: Record) -> Record:
    shown = ["name", "username", "password", "status", "b_download", "b_upload", "private_key", "public_key"]
    return {
        **{key: account[key] for key in shown},
        "network_name": account["wg_name"],
        "ipv4": account["allowed_IPs"],
        "ipv6": account["allowed_IPs_ipv6"],
    }


@operation("GET", "/client", inferred=True)
def client_list(site: Site) -> list[Record]:
    """Return all clients."""
    return [_client(account) for account in site.panel.accounts.values()]


@operation("POST", "/client", takes=NEW)
def client_create(site: Site, values: Record) -> Record:
    """Create a client."""
    if len(site.panel.accounts) >= site.options.licence_slots:
        raise PanelError("VPN account limit exceeded")
    if values.get("wg_name") not in site.panel.wireguard:
        raise PanelError("Wireguard server not valid", field="wg_name")
    if "allowed_IPs" not in values:
        values["allowed_IPs"] = network_available_ip(site, values["wg_name"])[0]
    return _client(site.panel.add_account(values, server_bandwidth_wins=site.options.server_bandwidth_wins))


@operation("GET", "/client/<name>")
def client_get(site: Site, name: str) -> Record:
    """Return a client."""
    return _client(site.panel.account(name))


@operation("PUT", "/client/<name>", takes=SETTINGS)
def client_update(site: Site, name: str, values: Record) -> Record:
    """Change a client."""
    return _client(site.panel.change_account(name, values))


@operation("DELETE", "/client/<name>")
def client_delete(site: Site, name: str) -> None:
    """Remove a client."""
    site.panel.remove_account(name)


@operation("GET", "/client/online")
def client_online(site: Site) -> Any:
    """Return the sessions of all protocols, in the container of the option; it is a list when there are none."""
    sessions = [("wireguard", session["name"], _session(session)) for session in site.panel.wireguard_online]
    sessions += [("ikev2", session["name"], _session(session)) for session in site.panel.ikev2_online]
    return CONTAINERS[site.options.sessions](sessions) if sessions else []


def _session(session: Record) -> Record:
    optional = ("endpoint", "latest_handshake", "transfer_rx", "transfer_tx")
    return {
        "network": session["wg_name"],
        "ip": session["allowed_IPs"],
        **{key: session[key] for key in optional if key in session},
    }


Sessions = list[tuple[str, str, Record]]


def _by_client(sessions: Sessions) -> Keyed:
    found = Keyed()
    for protocol, name, row in sessions:
        found.setdefault(name, Keyed())[protocol] = row
    return found


def _by_protocol(sessions: Sessions) -> Keyed:
    return _by_client([(name, protocol, row) for protocol, name, row in sessions])


def _lists(sessions: Sessions) -> Keyed:
    found = Keyed()
    for protocol, name, row in sessions:
        found.setdefault(protocol, []).append({"name": name, **row})
    return found


# The candidates of the contract, client_session, container; then those that other collections of panels have: a list of
# rows with a name, as in generation 1, and a map by name.
CONTAINERS: dict[str, Callable[[Sessions], Any]] = {
    "by_client": _by_client,
    "by_protocol": _by_protocol,
    "lists": _lists,
    "rows": lambda sessions: [{"name": name, **row, "protocol": protocol} for protocol, name, row in sessions],
    "named": lambda sessions: [{"name": name, **row} for _protocol, name, row in sessions],
    "by_name": lambda sessions: Keyed((name, {**row, "protocol": protocol}) for protocol, name, row in sessions),
}


@operation("GET", "/client/<name>/config/text")
@operation("GET", "/client/<name>/wireguard")
def client_config_text(site: Site, name: str) -> str:
    """Return the WireGuard configuration."""
    account = site.panel.account(name)
    return material.wireguard_config(account, site.panel.server_of(account))


@operation("GET", "/client/<name>/config/qr")
def client_config_qr(site: Site, name: str) -> str:
    """Return the WireGuard configuration as a picture."""
    return material.qr_code(client_config_text(site, name))


@operation("GET", "/client/<name>/amneziawg/config")
def client_amneziawg_config(site: Site, name: str) -> str:
    """Return the AmneziaWG configuration."""
    settings = "".join(f"\t{key} = {value}\n" for key, value in OBFUSCATION.items())
    return client_config_text(site, name).replace("[Peer]", f"{settings}[Peer]")


@operation("GET", "/client/<name>/amneziawg/qr")
def client_amneziawg_qr(site: Site, name: str) -> str:
    """Return the AmneziaWG configuration as a picture."""
    return material.qr_code(client_amneziawg_config(site, name))


@operation("GET", "/client/<name>/openvpn/profile")
def client_openvpn_profile(site: Site, name: str) -> str:
    """Return the OpenVPN profile."""
    server = site.panel.server_of(site.panel.account(name))
    remote = server["endpoint"] or server["external_ip"]
    return (
        f"client\ndev tun\nproto udp\nremote {remote} 1194\ncipher AES-256-GCM\nauth SHA256\n"
        "auth-user-pass\nremote-cert-tls server\nverb 3\n"
    )


@operation("GET", "/client/<name>/ikev2/profile")
def client_ikev2_profile(site: Site, name: str) -> str:
    """Return the IKEv2 profile."""
    username, ikev2 = site.panel.account(name)["username"], site.panel.ikev2
    return material.ikev2_profile_strict(username, ikev2["server_domain"], ikev2["ca_cert"])


@operation("GET", "/client/<name>/traffic/<year>/<month>")
def client_traffic(site: Site, name: str, year: str, month: str) -> list[Record]:
    """Return the traffic of a month by day."""
    site.panel.account(name)
    return traffic_days(name, year, month)


@operation("POST", "/client/<name>/otl")
def client_otl_create(site: Site, name: str) -> Record:
    """Create a one-time link."""
    return {"url": create_otl(site, name)}


# The document -------------------------------------------------------------------------------------------------------


def openapi(site: Site) -> Record:
    """Return the OpenAPI document of what is simulated."""
    paths: dict[str, Record] = {"/openapi.json": {"get": _described("Return this document", "", {}, security=[])}}
    for entry in OPERATIONS:
        if not entry.is_there(site):
            continue
        path = re.sub(r"<(\w+)>", r"{\1}", entry.path)
        summary = (entry.view.__doc__ or "").strip()
        paths.setdefault(path, {})[entry.method.lower()] = _described(summary, path, entry.takes)
    return {
        "openapi": "3.0.3",
        "info": {"title": "PUQVPNCP API", "version": site.options.version},
        "servers": [{"url": "/api/v1"}],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
    }


def _described(summary: str, path: str, takes: Mapping[str, Any], **more: Any) -> Record:
    names = re.findall(r"{(\w+)}", path)
    described: Record = {
        "summary": summary,
        "parameters": [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names],
        "responses": {"200": {"description": "The envelope", "content": {"application/json": {"schema": {}}}}},
        **more,
    }
    if takes:
        numbers = ("b_download", "b_upload")
        properties = {name: {"type": "integer" if name in numbers else "string"} for name in takes}
        body = {"schema": {"type": "object", "properties": properties}}
        described["requestBody"] = {"required": True, "content": {"application/json": body}}
    return described
