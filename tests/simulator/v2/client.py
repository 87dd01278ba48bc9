# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients: what they are, their sessions, their traffic and their one-time links."""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
from collections.abc import Callable, Iterator
from typing import Any

from ..initial import HOSTNAME
from ..options import Options
from ..site import Site
from ..state import PROTOCOLS
from ..v1.account import traffic_days
from ..wire import Keyed, PanelError, Record
from .fields import Body, InvalidBodyError, address, address_ipv6, choice, integer, passed_over, string
from .network import free_address, gateways
from .operations import NOTHING, Nothing, Operations
from .system import slots

operations = Operations("client")

NAME = r"[A-Za-z0-9_-]+"
FIRST_USERNAME = 1000
MAX_BANDWIDTH = 10000

SETTINGS = {
    "status": choice("status", "enable", "disable", error="Wrong status"),
    "password": string("password", "Wrong password"),
    "ipv4": address("allowed_IPs", "Wrong IP format"),
    "ipv6": address_ipv6("allowed_IPs_ipv6", "Wrong IP format"),
}
BANDWIDTH = {name: integer(name, 0, MAX_BANDWIDTH, "Wrong bandwidth") for name in ("b_download", "b_upload")}
# Pages disagree on the keys of network and bandwidth, so that both are taken.
NEW = {
    "network_name": string("wg_name", "Network not valid"),
    "network": string("network", "Network not valid"),
    "name": string("name", "Wrong name (only letters, numbers and '_', '-')", NAME),
    "username": string("username", "Wrong Username (only letters, numbers and '_', '-')", NAME),
    **SETTINGS,
}
NEW_BANDWIDTH = {
    **BANDWIDTH,
    "bandwidth_download": integer("b_download", 0, MAX_BANDWIDTH, "Wrong bandwidth"),
    "bandwidth_upload": integer("b_upload", 0, MAX_BANDWIDTH, "Wrong bandwidth"),
}
FIXED = {name: f"The {name} cannot be changed" for name in ("name", "username", "network", "network_name")}
# A new client has the bandwidth of its network.
NO_BANDWIDTH = {"b_download": 0, "b_upload": 0}

TEXTS = {
    "The IP address is not within the range of the wireguard server": "The IP address is not within the network",
}
FIELD_NAMES = {"wg_name": "network_name", "allowed_IPs": "ipv4", "allowed_IPs_ipv6": "ipv6"}


def new_body(options: Options) -> Body:
    """Return what POST takes."""
    bandwidth = NEW_BANDWIDTH
    if options.bandwidth_on_create == "ignored":
        bandwidth = {name: passed_over(member) for name, member in bandwidth.items()}
    aliases = {"network": "network_name"}
    return Body("ClientCreate", {**NEW, **bandwidth}, required=("network_name",), aliases=aliases)


def update_body(options: Options) -> Body:
    """Return what PUT takes: what differs."""
    if options.address_change != "refused":
        return Body("ClientUpdate", {**SETTINGS, **BANDWIDTH}, fixed=FIXED)
    members = {name: member for name, member in SETTINGS.items() if name != "ipv4"}
    return Body("ClientUpdate", {**members, **BANDWIDTH}, fixed={**FIXED, "ipv4": "The ipv4 cannot be changed"})


# On the wire ----------------------------------------------------------------------------------------------------------

# How a client shows its network.
NETWORK_KEYS: dict[str, Callable[[str], Record]] = {
    "network_name": lambda name: {"network_name": name},
    "network": lambda name: {"network": name},
    "both": lambda name: {"network_name": name, "network": name},
    "nested": lambda name: {"network": {"name": name}},
}


def _client(site: Site, account: Record) -> Record:
    shown = ("name", "username", "password", "b_download", "b_upload", "private_key", "public_key")
    return {
        **{key: account[key] for key in shown},
        **_summary(site, account),
        "ipv6": account["allowed_IPs_ipv6"],
    }


def _summary(site: Site, account: Record) -> Record:
    options = site.options
    ipv4, status = account["allowed_IPs"], account["status"]
    if options.address_form == "prefix":
        ipv4 += f"/{ipaddress.IPv4Interface(site.panel.server_of(account)['address']).network.prefixlen}"
    return {
        "name": account["name"],
        "status": status.title() if options.status_case == "title" else status,
        "ipv4": ipv4,
        **NETWORK_KEYS[options.network_key](account["wg_name"]),
    }


def _without_name(rows: list[Record]) -> Keyed:
    return Keyed((row["name"], {key: value for key, value in row.items() if key != "name"}) for row in rows)


LISTS: dict[str, Callable[[list[Record]], Any]] = {
    "rows": lambda rows: rows,
    "map": _without_name,
    "wrapped": lambda rows: {"clients": rows},
    "thin": lambda rows: rows,
}

ANSWERS: dict[str, Callable[[Site, Record], Record | str | Nothing]] = {
    "client": _client,
    "name": lambda _site, account: str(account["name"]),
    "nothing": lambda _site, _account: NOTHING,
}


def client_named(site: Site, name: str) -> Record:
    """Return a client as it is remembered."""
    if name not in site.panel.accounts:
        raise PanelError("Client not found", code=404)
    return site.panel.accounts[name]


# Operations -----------------------------------------------------------------------------------------------------------


@operations("GET", "/client", inferred=True)
def client_list(site: Site) -> Any:
    """Return all clients, in the container of the option."""
    form = site.options.clients
    row = _summary if form == "thin" else _client
    return LISTS[form]([row(site, account) for account in site.panel.accounts.values()])


@operations("POST", "/client", takes=new_body, answers="Client", rebuilds=True)
def client_create(site: Site, values: Record) -> Record | str | Nothing:
    """Create a client; only its network must be given, and what else is left out is filled in."""
    if len(site.panel.accounts) >= slots(site):
        raise PanelError("VPN client limit exceeded")
    names = {values.pop(key) for key in ("wg_name", "network") if key in values}
    if len(names) != 1 or not names <= site.panel.wireguard.keys():
        raise InvalidBodyError({"network_name": "Network not valid"})
    (name,) = names
    server = site.panel.wireguard[name]
    _check_address(server, values)
    filled_in = {
        **NO_BANDWIDTH,
        "wg_name": name,
        "username": site.panel.free_username(FIRST_USERNAME),
        "allowed_IPs": values.get("allowed_IPs") or free_address(site, server),
    }
    with _refusals():
        account = site.panel.add_account({**filled_in, **values})
    return ANSWERS[site.options.create_answer](site, account)


@operations("GET", "/client/<name>", answers="Client")
def client_get(site: Site, name: str) -> Record:
    """Return a client."""
    return _client(site, client_named(site, name))


@operations("PUT", "/client/<name>", takes=update_body, answers="Client", rebuilds=True)
def client_update(site: Site, name: str, values: Record) -> Record | str | Nothing:
    """Change some values of a client; one that is disabled loses its sessions."""
    account = client_named(site, name)
    if site.options.address_change == "ignored":
        values.pop("allowed_IPs", None)
    _check_address(site.panel.server_of(account), values)
    with _refusals():
        site.panel.change_account(name, values)
    if account["status"] == "disable":
        site.panel.disconnect(name)
    return ANSWERS[site.options.create_answer](site, account)


@operations("DELETE", "/client/<name>", rebuilds=True)
def client_delete(site: Site, name: str) -> None:
    """Remove a client and its sessions."""
    client_named(site, name)
    site.panel.remove_account(name)
    site.panel.disconnect(name)


def _check_address(server: Record, values: Record) -> None:
    if values.get("allowed_IPs") in gateways(server).values():
        raise InvalidBodyError({"ipv4": "IP address already in use"})


@contextlib.contextmanager
def _refusals() -> Iterator[None]:
    """Put the refusals of the memory in the words of generation 2."""
    try:
        yield
    except PanelError as error:
        text = TEXTS.get(error.text, error.text)
        raise InvalidBodyError({FIELD_NAMES.get(error.field, error.field): text}) from None


# Sessions -------------------------------------------------------------------------------------------------------------


@operations("GET", "/client/online")
def client_online(site: Site) -> Any:
    """Return the sessions of all protocols, in the container of the option; it is a list when there are none."""
    sessions = [
        (protocol, session["name"], _session(session))
        for protocol in PROTOCOLS
        for session in getattr(site.panel, f"{protocol}_online")
    ]
    return CONTAINERS[site.options.sessions](sessions) if sessions else []


def _session(session: Record) -> Record:
    optional = ("endpoint", "latest_handshake", "connected_since", "transfer_rx", "transfer_tx")
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


# Traffic and links ----------------------------------------------------------------------------------------------------


@operations("GET", "/client/<name>/traffic/<year>/<month>")
def client_traffic(site: Site, name: str, year: str, month: str) -> list[Record]:
    """Return the traffic of a month by day."""
    client_named(site, name)
    return traffic_days(site, name, year, month)


LINKS: dict[str, Callable[[str, str], str | Record]] = {
    "text": lambda url, _expires: url,
    "object": lambda url, _expires: {"url": url},
    "nested": lambda url, expires: {"otl": {"link": url, "expires": expires}},
}


@operations("POST", "/client/<name>/otl", resource="otl")
def client_otl_create(site: Site, name: str) -> str | Record:
    """Create a one-time link; its host is the panel's own view of its address."""
    client_named(site, name)
    today = datetime.date.today()
    expires = (today + datetime.timedelta(days=site.panel.otl_config["lifetime"])).isoformat()
    key = site.panel.add_otl(name, today.isoformat(), expires)
    return LINKS[site.options.link_reply](f"https://{HOSTNAME}/otl/{key}", expires)
