# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The firewall: its policies, and the filter rules, the only rules that can be written."""

from __future__ import annotations

from .._field_types import Network, Number, Switch, Text, Word
from .._schema import Field, ObjectKind, SettingsKind

_POLICY = Word(("ACCEPT", "DROP"))

# Operations firewall_conf_get and firewall_conf_update.
FIREWALL = SettingsKind(
    name="firewall",
    title="firewall",
    fields=(
        Field("policy_input", _POLICY),
        Field("policy_forward", _POLICY),
        Field("policy_output", _POLICY),
        Field("ip_forward", Switch()),
        Field("internal_traffic", Switch()),
    ),
    path="firewall/conf",
)

# Operations firewall_filter_list, firewall_filter_add and firewall_filter_delete; there is no edit.
FIREWALL_RULE = ObjectKind(
    name="rule",
    title="firewall rule",
    fields=(
        Field("name", Text(r"[A-Za-z0-9_]+", "letters, digits and _ only"), immutable=True),
        Field("action", Word(("ACCEPT", "DROP"))),
        Field("chain", Word(("INPUT",))),
        Field("protocol", Word(("TCP", "UDP", "ICMP", "ANY"))),
        Field("s_ip", Network()),
        Field("s_port", Number(0, 65535)),
        Field("d_ip", Network()),
        Field("d_port", Number(0, 65535)),
    ),
    needed=("action",),
    list_path="firewall/rules/filter",
    create_path="firewall/rules/filter/{position}",
    item_path="firewall/rules/filter/{name}",
    editable=False,
    readable=False,
    ordered=True,
)

# What is sent of a new rule where nothing is given: the API requires all fields (contract: firewall_filter_add/4).
RULE_DEFAULTS = {
    "chain": "INPUT",
    "protocol": "ANY",
    "s_ip": "0.0.0.0/0",
    "s_port": 0,
    "d_ip": "0.0.0.0/0",
    "d_port": 0,
}
