# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts and what is made for them."""

from __future__ import annotations

import calendar
import datetime
import zlib

from .. import material
from ..site import Site
from ..wire import (
    Field,
    Form,
    PanelError,
    Record,
    choice,
    integer,
    ipv4,
    ipv6,
    matching,
    number_text,
    read,
    text,
    wireguard_key,
)
from .collection import Collection, collection
from .operations import Operations

operations = Operations(rebuild=True)

SETTINGS = {
    "status": Field(choice("enable", "disable")),
    "password": Field(text),
    "allowed_IPs": Field(ipv4, "Wrong external IP format"),
    "allowed_IPs_ipv6": Field(ipv6, "Wrong external IP format"),
    "b_download": Field(integer(0, 10000)),
    "b_upload": Field(integer(0, 10000)),
}

NEW = {
    "name": Field(matching(r"[A-Za-z0-9_-]+"), "Wrong name (only letters, numbers and '_', '-')"),
    "username": Field(matching(r"[A-Za-z0-9_-]+"), "Wrong Username (only letters, numbers and '_', '-')"),
    **SETTINGS,
    "wg_name": Field(text),
    "allowed_IPs": Field(ipv4, "Wrong IP format"),
    "allowed_IPs_ipv6": Field(ipv6, "Wrong IP format"),
    "private_key": Field(wireguard_key, "Keys are invalid"),
    "public_key": Field(wireguard_key, "Keys are invalid"),
}

SHOWN = ["allowed_IPs", "name", "password", "private_key", "public_key", "status", "username", "wg_name"]

FIRST_YEAR = 1970


def account_on_wire(site: Site, account: Record) -> Record:
    """Return an account as replies show it."""
    shown = [*SHOWN, "allowed_IPs_ipv6"] if site.options.echo_write_only else SHOWN
    numbers = {key: number_text(account[key]) for key in ("b_download", "b_upload", "mangle")}
    return {**{key: account[key] for key in shown}, **numbers}


@operations("GET", "/account")
def account_list(site: Site, form: Form) -> Collection:
    """Return all accounts, by name."""
    accounts = {name: account_on_wire(site, account) for name, account in sorted(site.panel.accounts.items())}
    return collection(site, accounts, keyed=False)


@operations("GET", "/account/<name>")
def account_get(site: Site, form: Form, name: str) -> Record:
    """Return an account."""
    return account_on_wire(site, site.panel.account(name))


@operations("POST", "/account")
def account_create(site: Site, form: Form) -> Record:
    """Create an account."""
    if len(site.panel.accounts) >= site.options.licence_slots:
        raise PanelError("VPN account limit exceeded")
    if form.get("wg_name") not in site.panel.wireguard:
        raise PanelError("Wireguard server not valid", field="wg_name")
    values = read({"allowed_IPs": "", **form}, NEW)
    account = site.panel.add_account(values, server_bandwidth_wins=site.options.server_bandwidth_wins)
    return account_on_wire(site, account)


@operations("PUT", "/account/<name>")
def account_update(site: Site, form: Form, name: str) -> Record:
    """Change an account."""
    site.panel.account(name)
    return account_on_wire(site, site.panel.change_account(name, read(form, SETTINGS)))


@operations("DELETE", "/account/<name>")
def account_delete(site: Site, form: Form, name: str) -> str:
    """Remove an account."""
    site.panel.remove_account(name)
    return "success"


@operations("GET", "/account/<name>/config_text")
def account_config_text(site: Site, form: Form, name: str) -> str:
    """Return the client's configuration."""
    account = site.panel.account(name)
    return material.wireguard_config(account, site.panel.server_of(account))


@operations("GET", "/account/<name>/config_qr")
def account_config_qr(site: Site, form: Form, name: str) -> str:
    """Return the client's configuration as a picture."""
    return material.qr_code(account_config_text(site, form, name))


@operations("GET", "/account/<name>/ikev2_profile")
def account_ikev2_profile(site: Site, form: Form, name: str) -> str:
    """Return the client's IKEv2 profile."""
    username, ikev2 = site.panel.account(name)["username"], site.panel.ikev2
    return material.ikev2_profile(username, ikev2["server_domain"], ikev2["ca_cert"])


@operations("GET", "/account/<name>/otl", creates=True)
def account_otl_create(site: Site, form: Form, name: str) -> str:
    """Create a one-time link."""
    return create_otl(site, name)


def create_otl(site: Site, name: str) -> str:
    """Create a one-time link of an account and return its URL."""
    today = datetime.date.today()
    expires = today + datetime.timedelta(days=site.panel.otl_config["lifetime"])
    return f"{site.url}/otl/{site.panel.add_otl(name, today.isoformat(), expires.isoformat())}"


@operations("GET", "/account/<name>/firewall_mangle_rules")
def account_firewall_mangle_rules(site: Site, form: Form, name: str) -> str:
    """Return the live mangle rules."""
    account = site.panel.account(name)
    address, mark = account["allowed_IPs"], f"MARK {account['mangle']:#x} Pkt:0 Bytes:0\n"
    return f"0.0.0.0/0 -> {address} {mark}{address} -> 0.0.0.0/0 {mark}"


@operations("GET", "/account/<name>/traffic_control")
def account_traffic_control(site: Site, form: Form, name: str) -> str:
    """Return the traffic classes, one per direction."""
    account = site.panel.account(name)
    interface = site.panel.server_of(account)["interface_name"]
    directions = (("ens18", "b_upload", "cb97"), (interface, "b_download", "cb98"))
    return "".join(
        f"{device} --> class htb 1:{account['mangle']} root leaf {leaf}: prio 0 rate {account[limit]}Mbit "
        f"ceil {account[limit]}Mbit burst 1600b cburst 1600b \n"
        " Sent 0 bytes 0 pkt (dropped 0, overlimits 0 requeues 0) \n backlog 0b 0p requeues 0\n\n"
        for device, limit, leaf in directions
    )


@operations("GET", "/account/<name>/dump")
def account_dump(site: Site, form: Form, name: str) -> Record:
    """Return what the interface says about the peer."""
    account = site.panel.account(name)
    return {
        "allowed_ips": f"{account['allowed_IPs']}/32",
        "endpoint": "(none)",
        "keepalive": "off",
        "latest_handshake": number_text(0),
        "transfer_rx": number_text(0),
        "transfer_tx": number_text(0),
    }


@operations("GET", "/account/<name>/traffic_statistics/<year>/<month>")
def account_traffic_statistics(site: Site, form: Form, name: str, year: str, month: str) -> list[Record]:
    """Return the traffic of a month by day."""
    site.panel.account(name)
    return [{"account": name, **day} for day in traffic_days(site, name, year, month)]


def traffic_days(site: Site, name: str, year: str, month: str) -> list[Record]:
    """Return one entry per calendar day.

    Amounts that nobody has set depend on account and day only, and are 0 in the future.
    """
    if not month.isdecimal() or not 1 <= int(month) <= 12:
        raise PanelError("Wrong month setting", field="month")
    if not year.isdecimal() or not FIRST_YEAR <= int(year) <= datetime.MAXYEAR:
        raise PanelError("Wrong year setting", field="year")
    days = calendar.monthrange(int(year), int(month))[1]
    dates = [datetime.date(int(year), int(month), day) for day in range(1, days + 1)]
    amounts = site.panel.traffic.get(name, {}).get(f"{int(year):04}-{int(month):02}")
    if amounts is None:
        return [_traffic_of(name, day) for day in dates]
    return [{"date": day.isoformat(), **(amounts if day.day == 1 else dict.fromkeys(amounts, 0))} for day in dates]


def _traffic_of(name: str, day: datetime.date) -> Record:
    amount = 0 if day > datetime.date.today() else zlib.crc32(f"{name} {day}".encode())
    return {"date": day.isoformat(), "traffic_download": amount, "traffic_upload": amount // 4}
