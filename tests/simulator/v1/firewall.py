# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The firewall: its policies, the filter rules, and the rules that the panel generates."""

from __future__ import annotations

from ..initial import PANEL_RULE
from ..site import Site
from ..state import network_of
from ..wire import (
    Field,
    Form,
    PanelError,
    Record,
    choice,
    matching,
    network,
    number_text,
    read,
    require,
    switch_in,
    text,
)
from .collection import Collection, collection
from .operations import Operations

operations = Operations(rebuild=True)

POLICY = choice("ACCEPT", "DROP")
CONF_SWITCHES = ("internal_traffic", "ip_forward")
CONF = {
    "policy_input": Field(POLICY, "Wrong parameter: INPUT policy, should be: ACCEPT or DROP"),
    "policy_forward": Field(POLICY, "Wrong parameter: FORWARD policy, should be: ACCEPT or DROP"),
    "policy_output": Field(POLICY, "Wrong parameter: OUTPUT policy, should be: ACCEPT or DROP"),
}

# The manual has no text for a wrong action, protocol or port: these are kept as they come.
RULE = {
    "name": Field(matching(r"[A-Za-z0-9_]+"), "Wrong rule name. Must be letters and numbers only"),
    "chain": Field(choice("INPUT"), "Not correct Chain"),
    "d_ip": Field(network, "Destination IP must be in CIDR format"),
    "s_ip": Field(network, "Source IP must be in CIDR format"),
    "action": Field(text),
    "protocol": Field(text),
    "d_port": Field(text),
    "s_port": Field(text),
}


@operations("GET", "/firewall/info")
def firewall_info(site: Site, form: Form) -> Record:
    """Return the live forwarding switch and the installed packages."""
    forwarding = "yes" if site.panel.firewall_conf["ip_forward"] else "no"
    return {"ip_forward": forwarding, "iproute2": "5.10.0-4", "iptables": "1.8.7-1"}


@operations("GET", "/firewall/conf")
def firewall_conf_get(site: Site, form: Form) -> Record:
    """Return the policies."""
    return site.panel.firewall_conf


@operations("PUT", "/firewall/conf")
def firewall_conf_update(site: Site, form: Form) -> str:
    """Change the policies."""
    switches = dict.fromkeys(CONF_SWITCHES, Field(switch_in(site.options.switch_words)))
    site.panel.firewall_conf.update(read(form, {**switches, **CONF}))
    return "success"


@operations("GET", "/firewall/rules/filter")
def firewall_filter_list(site: Site, form: Form) -> Collection:
    """Return the filter rules in their order; keyed by name they have none."""
    ports = ("d_port", "s_port")
    rules = {
        rule["name"]: {**rule, **{port: _port_on_wire(rule[port]) for port in ports}}
        for rule in site.panel.firewall_filter
    }
    return collection(site, rules, keyed=False)


@operations("POST", "/firewall/rules/filter/<any(top, end):position>")
def firewall_filter_add(site: Site, form: Form, position: str) -> str:
    """Add a filter rule."""
    rule = require(form, RULE)
    rules = site.panel.firewall_filter
    if any(other["name"] == rule["name"] for other in rules):
        raise PanelError("A rule with the same name already exists", field="name")
    rules.insert(0 if position == "top" else len(rules), rule)
    return "success"


@operations("DELETE", "/firewall/rules/filter/<rule_name>")
def firewall_filter_delete(site: Site, form: Form, rule_name: str) -> str:
    """Remove a filter rule."""
    if rule_name == PANEL_RULE:
        raise PanelError(f"You cannot delete this rule. ONLY name={PANEL_RULE}")
    rules = site.panel.firewall_filter
    kept = [rule for rule in rules if rule["name"] != rule_name]
    if len(kept) == len(rules):
        raise PanelError("No rule found with given name", code=404)
    site.panel.firewall_filter = kept
    return "success"


@operations("GET", "/firewall/rules/nat")
def firewall_nat_list(site: Site, form: Form) -> list[Record]:
    """Return the generated address translation of all servers."""
    return [
        {
            "action": "SNAT",
            "chain": "POSTROUTING",
            "d_ip": "0.0.0.0/0",
            "name": f"{name}_{server['interface_name']}",
            "s_ip": str(network_of(server["address"])),
            "to-source": server["external_ip"],
        }
        for name, server in sorted(site.panel.wireguard.items())
    ]


@operations("GET", "/firewall/rules/mangle")
def firewall_mangle_list(site: Site, form: Form) -> list[Record]:
    """Return the generated marks of all accounts, one per direction."""
    return [
        {
            "action": "MARK",
            "chain": "FORWARD",
            "d_ip": account["allowed_IPs"] if direction == "dst" else "0.0.0.0/0",
            "name": f"{direction}_{account['name']}_{account['username']}",
            "s_ip": account["allowed_IPs"] if direction == "src" else "0.0.0.0/0",
            "set-mark": number_text(account["mangle"]),
        }
        for _name, account in sorted(site.panel.accounts.items())
        for direction in ("dst", "src")
    ]


def _port_on_wire(port: str) -> str:
    return number_text(port) if port.isdecimal() else port
