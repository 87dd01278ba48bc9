# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The name server and its ad blocking."""

from __future__ import annotations

import datetime
import zlib

from ..options import Options
from ..site import Site
from ..v1.system import dns_told
from ..wire import Keyed, PanelError, Record
from .fields import Body, InvalidBodyError, Member, any_address, boolean, integer, string
from .operations import Operations

operations = Operations("dns")

# No page shows the keys of 2.x; the known ones are those of generation 1.
OTHER_NAMES = {
    "enabled": "service_enabled",
    "forwarders_1": "forwarder_primary",
    "forwarders_2": "forwarder_secondary",
    "max_cache_ttl": "cache_ttl",
    "acl": "allowed_networks",
    "bind9": "server_version",
    "pid": "process_id",
}
SETTINGS = {
    "enabled": boolean("enabled"),
    "forwarders_1": any_address("forwarders_1", "Incorrect data in Forwarder1 parameters"),
    "forwarders_2": any_address("forwarders_2", "Incorrect data in Forwarder2 parameters"),
    "max_cache_ttl": integer("max_cache_ttl", 30, 3600, "Incorrect TTL (should be 30 to 3600)"),
}


def _named(options: Options, name: str) -> str:
    return name if options.dns_names == "known" else OTHER_NAMES[name]


def dns_body(options: Options) -> Body:
    """Return what PUT takes: all of what GET shows, or some of it; what cannot be set is passed over."""
    members = {_named(options, name): member for name, member in SETTINGS.items()}
    return Body("DnsUpdate", members, passed_over=True)


@operations("GET", "/dns", answers="Dns")
def dns_get(site: Site) -> Record:
    """Return the name server's settings."""
    return {_named(site.options, name): value for name, value in dns_told(site).items()}


@operations("PUT", "/dns", takes=dns_body, answers="Dns")
def dns_update(site: Site, values: Record) -> Record:
    """Change the name server's settings."""
    site.panel.dns.update(values)
    return dns_get(site)


# Ad blocking ----------------------------------------------------------------------------------------------------------

DOMAIN = r"(?=.{1,253}$)([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
LIST = {
    "name": string("name", "Wrong name", r"[^/\x00-\x1f]+"),
    "url": string("url", "Wrong URL (only http and https)", r"https?://[^\s/]+\S*"),
    "enabled": boolean("enabled"),
}
WHITELISTED = {"domain": string("domain", "Wrong domain", DOMAIN)}


def _switch_name(options: Options) -> str:
    return "enabled" if options.adblock_names == "known" else "blocking"


def adblock_body(options: Options) -> Body:
    """Return what PUT takes: the switch, alone or among all of what GET shows, which is passed over."""
    members: dict[str, Member] = {_switch_name(options): boolean("enabled")}
    return Body("AdblockUpdate", members, passed_over=True)


@operations("GET", "/dns/adblock", answers="Adblock")
def adblock_get(site: Site) -> Record:
    """Return whether ads are blocked, and by which lists."""
    adblock = site.panel.adblock
    lists = adblock["lists"]
    return {
        _switch_name(site.options): adblock["enabled"],
        "last_update": adblock["last_update"],
        "total_blocked": sum(row["domains"] for row in lists.values() if row["enabled"]),
        "lists": Keyed(lists) if site.options.adblock_lists == "map" else list(lists.values()),
    }


@operations("PUT", "/dns/adblock", takes=adblock_body, answers="Adblock")
def adblock_update(site: Site, values: Record) -> Record:
    """Switch ad blocking on or off."""
    site.panel.adblock.update(values)
    return adblock_get(site)


@operations("POST", "/dns/adblock/update")
def adblock_refresh(site: Site) -> None:
    """Fetch all lists that are on; what they hold depends on their address only."""
    adblock = site.panel.adblock
    adblock["last_update"] = datetime.datetime.now().isoformat(" ", "seconds")
    for row in adblock["lists"].values():
        row["domains"] = zlib.crc32(row["url"].encode()) % 100_000 if row["enabled"] else 0


@operations("POST", "/dns/adblock/lists", takes=lambda _options: Body("AdblockList", LIST, required=("name", "url")))
def adblock_list_create(site: Site, values: Record) -> Record:
    """Add a list."""
    lists = site.panel.adblock["lists"]
    if values["name"] in lists:
        raise InvalidBodyError({"name": "The name is already in use"})
    lists[values["name"]] = {"enabled": True, "builtin": False, "domains": 0, **values}
    return dict(lists[values["name"]])


@operations("DELETE", "/dns/adblock/lists/<name>")
def adblock_list_delete(site: Site, name: str) -> None:
    """Remove a list that is not built in."""
    lists = site.panel.adblock["lists"]
    if name not in lists:
        raise PanelError("List not found", code=404)
    if lists[name]["builtin"]:
        raise PanelError("A built-in list cannot be deleted")
    del lists[name]


@operations("GET", "/dns/adblock/whitelist")
def whitelist_get(site: Site) -> list[str] | list[Record]:
    """Return the domains that are never blocked."""
    domains: list[str] = site.panel.adblock["whitelist"]
    return [{"domain": domain} for domain in domains] if site.options.adblock_lists == "map" else list(domains)


@operations(
    "POST", "/dns/adblock/whitelist", takes=lambda _options: Body("Whitelisted", WHITELISTED, required=("domain",))
)
def whitelist_create(site: Site, values: Record) -> None:
    """Never block a domain."""
    domains = site.panel.adblock["whitelist"]
    if values["domain"] in domains:
        raise InvalidBodyError({"domain": "The domain is already on the list"})
    domains.append(values["domain"])


@operations("DELETE", "/dns/adblock/whitelist/<name>")
def whitelist_delete(site: Site, name: str) -> None:
    """Let a domain be blocked again."""
    if name not in site.panel.adblock["whitelist"]:
        raise PanelError("Domain not found", code=404)
    site.panel.adblock["whitelist"].remove(name)
