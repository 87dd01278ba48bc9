# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The panel itself: status, host, licence, reload, metrics."""

from __future__ import annotations

from werkzeug import Response

from ..site import Site
from ..state import PROTOCOLS
from ..v1.system import host_on_wire, licence_on_wire
from ..wire import Record
from .operations import Operations

operations = Operations("system_config")

# A panel without a licence is not refused anything, but serves no more clients than these.
UNLICENSED_SLOTS = 50


def slots(site: Site) -> int:
    """Return how many clients the panel serves."""
    options = site.options
    return options.licence_slots if options.licensed else min(options.licence_slots, UNLICENSED_SLOTS)


@operations("GET", "/system/status", answers="Status")
def system_status(site: Site) -> Record:
    """Report counts and whether the panel is busy."""
    return {
        "count_accounts": len(site.panel.accounts),
        "count_accounts_available": slots(site),
        "networks_count": len(site.panel.wireguard),
        "license": site.options.licence_expires,
        "license_valid": site.options.licensed,
        "status": site.status(),
        "version": site.options.version,
    }


@operations("GET", "/system/info", inferred=True)
def system_info(site: Site) -> Record:
    """Describe the host."""
    return host_on_wire()


@operations("POST", "/system/reload")
def system_reload(site: Site) -> None:
    """Rebuild the configuration."""
    site.rebuild(site.options.reload_seconds)


@operations("GET", "/license", resource="license")
def license_get(site: Site) -> Record:
    """Return the licence."""
    return {**licence_on_wire(site), "accounts": slots(site)}


@operations("GET", "/metrics", resource="traffic")
def metrics(site: Site) -> Response:
    """Return how many sessions there are, as Prometheus reads it."""
    counts = {protocol: len(getattr(site.panel, f"{protocol}_online")) for protocol in PROTOCOLS}
    lines = [f"online_{protocol} {count}\n" for protocol, count in counts.items()]
    return Response("".join(lines), mimetype="text/plain")
