# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every module through creation, a change of each single option, no change and removal: first in check mode, then real.

Check mode must predict what happens: the same ``changed``, the same diff, and an object of which nothing turns out
otherwise; and the panel must see nothing but GETs. The second real run of everything must change nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.tests.unit.keys import key_pair
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import Connect
from ansible_collections.puqcloud.puqvpn.tests.unit.scenarios import blocked_ads
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import assert_within, module_of, run, without_summary
from simulator import Simulator


@dataclass
class Story:
    """A module, what names the object in every step, what is given in each of the steps, and the panel for it."""

    module: str
    named: dict[str, Any]
    created: dict[str, Any]
    steps: list[dict[str, Any]]
    removed: bool = True
    uncovered: set[str] = field(default_factory=set)
    generation: int = 1

    def __str__(self) -> str:
        return self.module if self.generation == 1 else f"{self.module}_{self.generation}"


SWITCHES = [
    "enabled_remote_syslog",
    "enabled",
    *["incoming", "established", "related", "new", "invalid", "untracked"],
    *["interface_in", "interface_out", "len", "mark", "tos"],
]
DEBUG = "dmn mgr ike chd job cfg knl net asn enc lib esp tls tnc imc imv pts".split()

STORIES = [
    Story(
        "account",
        {"name": "bob"},
        {"wg_name": "Default", "username": "bobby", "password": "first", "allowed_ips": "10.0.0.20", **key_pair()},
        [
            {"expires": "2020-01-31"},
            {"status": "enable", "expires": "9999-12-31"},
            {"status": "disable"},
            {"password": "second"},
            {"allowed_ips": "10.0.0.21"},
            {"allowed_ips_ipv6": "fd00::21"},
            {"b_download": 30},
            {"b_upload": 40},
            {"b_upload": 0},
            {"username": "robert", "recreate": True},
            {**key_pair(), "recreate": True},
            {"wg_name": "other", "recreate": True},
        ],
        uncovered={"rotate_keys"},  # changes something each time
    ),
    Story(
        "wireguard",
        {"name": "office"},
        {"address": "10.9.0.1/24", "listen_port": 51900, "interface_name": "wg9", **key_pair()},
        [
            {"address": "10.8.0.1/24"},
            {"listen_port": 51333},
            {"external_ip": "203.0.113.9"},
            {**key_pair()},
            {"mtu": 1320},
            {"keep_alive": 25},
            {"allowed_ips": ["10.0.0.0/8", "192.168.0.0/16"]},
            {"endpoint": "vpn.example.com"},
            {"internal_traffic": True},
            {"dns_1": "10.8.0.1"},
            {"dns_2": "192.0.2.53"},
            {"ipv6": True},
            {"address_ipv6": "fd00:8::1/64"},
            {"dns_1_ipv6": "fd00:8::53"},
            {"dns_2_ipv6": "fd00:8::54"},
            {"b_download": 100},
            {"b_upload": 50},
            {"ikev2": True},
            {"interface_name": "wg10", "recreate": True},
        ],
    ),
    Story(
        "port_forward",
        {"wg_name": "Default", "dst_port": 8080, "protocol": "tcp"},
        {"to_peer": "alice", "to_port": 80},
        [{"to_peer": "carol"}, {"to_port": 81}],
    ),
    Story(
        "firewall",
        {},
        {},
        [
            {"policy_input": "DROP"},
            {"policy_forward": "DROP"},
            {"policy_output": "DROP", "allow_lockout": True},
            {"ip_forward": False},
            {"internal_traffic": True},
        ],
        removed=False,
    ),
    Story(
        "firewall_rule",
        {"name": "no_telnet"},
        {"action": "DROP", "protocol": "TCP", "d_port": 23},
        [
            {"action": "ACCEPT"},
            {"protocol": "UDP"},
            {"s_ip": "192.0.2.0/24"},
            {"s_port": 1024},
            {"d_ip": "198.51.100.7/32"},
            {"d_port": 24},
        ],
        uncovered={"chain"},  # has one value only
    ),
    Story(
        "dns",
        {},
        {},
        [{"enabled": False}, {"forwarders_1": "192.0.2.8"}, {"forwarders_2": "192.0.2.9"}, {"max_cache_ttl": 60}],
        removed=False,
    ),
    Story(
        "system_config",
        {},
        {},
        [
            {"traffic_statistics_frequency": 10},
            {"traffic_statistics_history": 0},
            {"wireguard_handshake_uptime": 300},
            {"defaults": True},
        ],
        removed=False,
    ),
    Story(
        "traffic_logging",
        {},
        {},
        [
            {"remote_syslog_server": "192.0.2.14"},
            {"remote_syslog_server_port": 1514},
            {"influxdb_url": "http://192.0.2.15:8086"},
            {"influxdb_token": "a+token/with=signs"},
            {"influxdb_bucket": "logs"},
            {"influxdb_organization": "Example Org"},
            {"enabled_influxdb": True},
            *({name: True} for name in SWITCHES),
        ],
        removed=False,
    ),
    Story(
        "backup_config",
        {},
        {},
        [
            {"every_hour": True},
            {"every_hour_minute": 59},
            {"every_hour_statistics": True},
            {"every_day": True},
            {"every_day_hour": 23},
            {"every_day_minute": 30},
            {"every_day_statistics": True},
            {"number_backups": 3},
            {"ftp_server": "ftp.example.com"},
            {"ftp_server_port": 2121},
            {"ftp_user": "backup"},
            {"ftp_password": "p+w&d="},
            {"ftp_path": "home/vpn"},
            {"backup_to_ftp": True},
        ],
        removed=False,
    ),
    Story(
        "ikev2_settings",
        {},
        {},
        [
            {"ike": "aes256-sha256-modp2048!"},
            {"esp": "aes256-sha256!"},
            *({name: 120} for name in ["ikelifetime", "lifetime", "margintime", "rekeyfuzz", "keyingtries"]),
            *({name: 77} for name in ["dpddelay", "dpdtimeout", "inactivity"]),
            {"rekey": "yes"},
            {"reauth": "no"},
            {"dpdaction": "restart"},
            {"closeaction": "hold"},
            {"authby": "rsasig"},
            {"compress": "yes"},
            {"forceencaps": "no"},
            {"fragmentation": "force"},
            {"installpolicy": "no"},
            {"mobike": "no"},
            {"modeconfig": "push"},
            {"strictcrlpolicy": "ifuri"},
            {"type": "transport"},
            {"uniqueids": "never"},
            *({f"charondebug_{group}": at % 5} for at, group in enumerate(DEBUG, start=1) if at % 5),
            *({f"charondebug_{group}": -1} for at, group in enumerate(DEBUG, start=1) if not at % 5),
            {"defaults": True},
        ],
        removed=False,
    ),
    Story(
        "ikev2",
        {},
        {
            "ca": {"common_name": "Example CA", "organization": "Example"},
            "server": {
                "domain": "vpn.example.com",
                "ip": "203.0.113.9",
                "common_name": "vpn.example.com",
                "organization": "Example",
            },
            "enabled": True,
        },
        [
            {"enabled": False},
            {"server": {"domain": "vpn2.example.com"}, "recreate": True},
            {"server": {"ip": "203.0.113.10"}, "recreate": True},
            {"server": {"ipv6": "fd00::9"}, "recreate": True},
            {"server": {"locality": "Town", "country_name": "PL"}, "recreate": True},
            {"server": {"common_name": "vpn", "organization": "O", "organizational_unit": "U"}, "recreate": True},
            {"server": {"state_or_province_name": "State"}, "recreate": True},
            {"enabled": True},
            {"ca": {"common_name": "Another CA", "locality": "Town"}, "server": {}, "recreate": True},
            {"ca": {"organization": "Another"}, "server": {}, "recreate": True},
            {
                "ca": {"organizational_unit": "U", "state_or_province_name": "S", "country_name": "PL"},
                "server": {},
                "recreate": True,
            },
            {"ca": {"state": "absent"}, "server": {"state": "absent"}},
        ],
        removed=False,
        uncovered={"ca.cert", "ca.key"},  # the import has tests of its own
    ),
    Story(
        "client",
        {"name": "bob"},
        {"network_name": "Default", "username": "bobby", "password": "first", "ipv4": "10.0.0.20", "b_download": 10},
        [
            {"expires": "2020-01-31"},
            {"status": "enable", "expires": "9999-12-31"},
            {"status": "disable"},
            {"password": "second"},
            {"ipv4": "10.0.0.21"},
            {"ipv6": "fd00::21"},
            {"b_download": 30},
            {"b_upload": 40},
            {"b_upload": 0},
            {"username": "robert", "recreate": True},
            {"network_name": "other", "recreate": True},
        ],
        generation=2,
    ),
    Story(
        "dns",
        {},
        {},
        [{"enabled": False}, {"forwarders_1": "192.0.2.8"}, {"forwarders_2": "192.0.2.9"}, {"max_cache_ttl": 60}],
        removed=False,
        generation=2,
    ),
    Story(
        "adblock",
        {},
        {},
        [{"enabled": True}, {"lists_absent": ["ours", "none"]}, {"whitelist_absent": ["example.com", "example.net"]}],
        removed=False,
        uncovered={"update"},  # changes something each time
        generation=2,
    ),
]

CONTROLS = {"state", "include_secrets", "recreate", "update_write_only", "rollback", "allow_lockout", "force"}
CONTROLS |= {"set_bandwidth", "position", "verify_timeout", "expired"}


def _names(values: dict[str, Any]) -> set[str]:
    names: set[str] = set()
    for name, value in values.items():
        names |= {f"{name}.{inner}" for inner in value} if isinstance(value, dict) else {name}
    return names


@pytest.mark.parametrize("story", STORIES, ids=str)
def test_a_story_changes_each_option(story: Story) -> None:
    changed = set().union(*map(_names, story.steps)) | story.uncovered
    options: dict[str, Any] = module_of(story.module).TASK.options
    expected = _names({name: option.get("options", True) for name, option in options.items()})
    expected -= CONTROLS | set(story.named) | {"ca.state", "server.state"}
    assert expected <= changed


@contextlib.contextmanager
def open_panel_of(generation: int) -> Iterator[Simulator]:
    """A panel that shows every field, with a second server or network, and two accounts or clients."""
    with Simulator(generation=generation, echo_write_only=True) as panel:
        panel.panel.add_server({"name": "other", "address": "10.7.0.1/24"})
        for at, name in enumerate(["alice", "carol"]):
            panel.panel.add_account({"name": name, "wg_name": "Default", "allowed_IPs": f"10.0.0.{10 + at}"})
        blocked_ads(panel)
        yield panel


@pytest.fixture
def open_panel(story: Story) -> Iterator[Simulator]:
    with open_panel_of(story.generation) as panel:
        yield panel


@pytest.mark.parametrize("story", STORIES, ids=str)
def test_check_mode_predicts_what_happens(story: Story, open_panel: Simulator, connect: Connect) -> None:
    steps = [{**story.created}] if story.created else []
    steps += story.steps
    if story.removed:
        steps += [{"state": "absent"}, {"state": "absent"}]
    client, checking = connect(open_panel), connect(open_panel, check_mode=True)
    for at, step in enumerate(steps):
        open_panel.reset_counters()
        predicted = run(checking, story.module, **story.named, **step)
        assert all(request.startswith("GET ") for request in open_panel.counts()), step
        happened = run(client, story.module, **story.named, **step)
        writes = [request for request in open_panel.counts() if not request.startswith("GET ")]
        last_removal = step == {"state": "absent"} and at == len(steps) - 1
        assert predicted["changed"] is happened["changed"] is not last_removal, step
        assert bool(writes) is happened["changed"]
        assert predicted["diff"] == happened["diff"], step
        assert bool(happened["diff"]["after"] or happened["diff"]["before"]) is happened["changed"]
        for name, value in without_summary(predicted).items():
            if name not in ("diff", "changed"):
                assert_within(value, happened[name], f"{name}.")
        open_panel.reset_counters()
        again = run(client, story.module, **story.named, **step)
        assert again["changed"] is False, step
        assert again["diff"] == {"before": {}, "after": {}}
        assert sum(open_panel.counts().values()) == (2 if "whitelist_absent" in step else 1), step


@pytest.mark.parametrize("story", [story for story in STORIES if story.removed or story.created], ids=str)
def test_what_is_returned_can_be_given_back(story: Story, open_panel: Simulator, connect: Connect) -> None:
    client = connect(open_panel)
    run(client, story.module, **story.named, **story.created)
    known = set(module_of(story.module).TASK.options)
    for include_secrets in (False, True):
        result = run(client, story.module, **story.named, **story.created, include_secrets=include_secrets)
        beside = ("changed", "diff", "unverified", "expires", "expired")
        (returned,) = (value for name, value in without_summary(result).items() if name not in beside)
        given_back = {name: value for name, value in returned.items() if name in known}
        for part in ("ca", "server"):
            if part in given_back and story.module == "ikev2":
                inner = module_of("ikev2").TASK.options[part]["options"]
                given_back[part] = {name: value for name, value in given_back[part].items() if name in inner}
        assert run(client, story.module, **given_back)["changed"] is False
