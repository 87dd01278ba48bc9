# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks on a furnished panel, each with the requests that it takes: what the fault matrix lets go wrong one by one.

Everything that a panel would make up is given, so that two runs of a scenario leave the same behind.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any

# As it is loaded on the controller.
import ansible.parsing.vault  # noqa: F401  # pylint: disable=unused-import
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.tests.unit.keys import authority, key_pair
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import run
from cryptography import x509
from simulator import Simulator, material

DEST = "<dest>"
"""Stands in parameters for a file of the test."""
FOLDER = "<folder>"
"""Stands in parameters for the folder of that file."""

FOLDER = "<folder>"
"""Stands in parameters for a folder that files of the task go to."""

# What each request is to its task, where the method alone does not tell.
READ, WRITE, CREATE = "read", "write", "create"
POLL = "poll"  # waits for the panel to be ready
ARCHIVE = "archive"  # an answer that is no JSON
LINK = "link"  # a request that creates a link, and that nothing can be looked for after
HINT = "hint"  # a read that a panel may refuse, or answer with anything
ANYTHING = "anything"  # takes any payload
ACT = "act"  # a request that starts something each time, and whose payload tells nothing
LIST = "list"  # a list that a 2.x panel need not show
PART = "part"  # a read whose refusal is a part of the result
JUDGED = "judged"  # a read whose failure is a violation

RECREATED = "removed before"


@dataclass(frozen=True)
class Place:
    """A request of a task: the number ``at`` among all, ``nth`` among those that look the same."""

    at: int
    method: str
    path: str
    nth: int
    role: str
    writes_before: int

    @property
    def writes(self) -> bool:
        return self.role in (WRITE, CREATE, LINK, ACT)

    def __str__(self) -> str:
        return f"{self.at + 1}.{self.method}_{self.path}"


@dataclass(frozen=True)
class Scenario:
    """A task and the panel that it finds.

    ``requests`` are those of a run without faults, ``roles`` what they are where that is special, by their number.
    ``in_between`` is what an error must say when writes before it leave something between the old and the new state.
    ``recreates`` is true where a failure may put the old object back. ``idempotent`` is false where each run changes
    something. ``unproven`` are the writes that no later answer can prove. ``wrong`` is a field that the task writes,
    and another value of it as the panel's memory holds it. ``secret`` is one of the secrets that the parameters hold.
    ``warns`` is the beginning of a warning that belongs to a run without faults. ``accumulates`` is true where each run
    leaves something more behind, or something less. ``completes`` is true where a failure may carry out what is left.
    ``generation`` is that of the panel.
    """

    id: str
    module: str
    parameters: Mapping[str, Any]
    requests: tuple[str, ...]
    prepare: Callable[[Simulator], None] = lambda _panel: None
    roles: Mapping[int, str] = field(default_factory=dict)
    in_between: str = ""
    recreates: bool = False
    idempotent: bool = True
    unproven: tuple[str, ...] = ()
    wrong: tuple[str, Any] | None = None
    secret: str = ""
    warns: str = ""
    accumulates: bool = False
    completes: bool = False
    generation: int = 1

    @property
    def places(self) -> list[Place]:
        places: list[Place] = []
        for at, request in enumerate(self.requests):
            method, path = request.split()
            usual = {"GET": READ, "POST": CREATE}.get(method, WRITE)
            nth = self.requests[:at].count(request)
            writes_before = sum(place.writes for place in places)
            places.append(Place(at, method, path, nth, self.roles.get(at + 1, usual), writes_before))
        return places

    def given(self, folder: Path) -> dict[str, Any]:
        places = {DEST: str(folder / "file"), FOLDER: str(folder)}
        return {
            name: places.get(value, value) if isinstance(value, str) else value
            for name, value in self.parameters.items()
        }

    def stage(self, panel: Simulator, folder: Path) -> None:
        """Bring a panel and a folder to where the task finds them, whatever happened before."""
        key = (self.id, panel.generation)
        if key not in _MEMORIES:
            panel.reset()
            furnish(panel)
            self.prepare(panel)
            _MEMORIES[key] = panel.snapshot()
        panel.reset(_MEMORIES[key])
        panel.options.set(reload_seconds=0)
        for file in folder.iterdir():
            file.unlink()
        if DEST in self.parameters.values():
            (folder / "file").write_bytes(b"what was there before")

    def perform(self, client: PanelClient, folder: Path) -> dict[str, Any]:
        return run(client, self.module, **self.given(folder))


# What panels remember at the beginning, by scenario and generation: to furnish one takes longer than most tasks.
_MEMORIES: dict[tuple[str, int], bytes] = {}


# --- The panel

PAIRS = [key_pair() for _number in range(7)]
ROOT = authority("Imported CA")
SECRETS = [*(pair["private_key"] for pair in PAIRS), *ROOT["key"].splitlines()[1:-1], "canary", "PRIVATE KEY"]
"""None of these may be in anything that is shown: passwords and tokens have the word canary in them."""

NEIGHBOUR = {"name": "bob", "wg_name": "Default", "username": "bob", "password": "canary-bob", **PAIRS[0]}


def furnish(panel: Simulator) -> None:
    """Add objects that no task is about."""
    memory = panel.panel
    memory.wireguard["Default"].update(PAIRS[1])
    memory.add_server({"name": "other", "address": "10.7.0.1/24", "listen_port": 51877, **PAIRS[2]})
    memory.add_account({**NEIGHBOUR, "allowed_IPs": "10.0.0.2"})
    memory.port_forwards["Default"]["9999_udp"] = {
        "dst_port": 9999,
        "protocol": "udp",
        "to_peer": "bob",
        "to_port": 53,
    }
    memory.firewall_filter.append({**RULE_IN_MEMORY, "name": "neighbour"})
    memory.add_otl("bob", "2026-01-01", "2030-01-01")
    panel.connect("ikev2", "bob")


def remembering(panel: Simulator) -> None:
    """Let the panel keep the traffic of all months."""
    panel.panel.system_config["traffic_statistics_history"] = 10**6


def unused(panel: Simulator) -> None:
    """Let an account have had no traffic for months."""
    remembering(panel)
    now = datetime.now(timezone.utc)
    # Around midnight on the last day of a month, the month of the test is the next one.
    months = now.year * 12 + now.month
    for month in (divmod(months - before, 12) for before in range(4)):
        panel.traffic(next(iter(panel.panel.accounts)), f"{month[0]}-{month[1] + 1:02}")


def account(panel: Simulator) -> None:
    values = {"allowed_IPs" if name == "allowed_ips" else name: value for name, value in ALICE.items()}
    panel.panel.add_account({**values, "password": "canary-before"})


def account_with_forward(panel: Simulator) -> None:
    account(panel)
    forward = {"dst_port": 8080, "protocol": "tcp", "to_peer": "alice", "to_port": 80}
    panel.panel.port_forwards["Default"]["8080_tcp"] = forward


def clients(panel: Simulator) -> None:
    for at, name in enumerate(("carol", "dave"), 20):
        values = {"name": name, "username": name, "password": f"canary-{name}", "allowed_IPs": f"10.0.0.{at}"}
        panel.panel.add_account({**values, "wg_name": "Default", **PAIRS[at - 15]})


def blocked_ads(panel: Simulator) -> None:
    for name in ("ours", "theirs"):
        row = {
            "name": name,
            "url": f"https://lists.example.com/{name}",
            "enabled": True,
            "builtin": False,
            "domains": 7,
        }
        panel.panel.adblock["lists"][name] = row
    panel.panel.adblock["whitelist"] += ["example.com", "example.org"]


def narrow_server(panel: Simulator) -> None:
    panel.panel.wireguard["Default"].update(b_download=12, b_upload=12)


def server(panel: Simulator) -> None:
    panel.panel.add_server({**OFFICE, "keep_alive": 0})


def server_with_account(panel: Simulator) -> None:
    server(panel)
    values = {"name": "dave", "username": "dave", "password": "canary-dave", "allowed_IPs": "10.9.0.2"}
    panel.panel.add_account({**values, "wg_name": "office", **PAIRS[5]})
    panel.panel.wireguard["office"].update(b_download=5, b_upload=6)


def forward(panel: Simulator) -> None:
    panel.panel.port_forwards["Default"]["8080_tcp"] = {
        "dst_port": 8080,
        "protocol": "tcp",
        "to_peer": "bob",
        "to_port": 80,
    }


def rule(panel: Simulator) -> None:
    panel.panel.firewall_filter.append({**RULE_IN_MEMORY, "name": "no_telnet"})


def accepting_rule(panel: Simulator) -> None:
    """Add a rule with which a policy that drops cuts off nothing."""
    everything = {"name": "all", "action": "ACCEPT", "protocol": "ANY", "d_port": "0"}
    panel.panel.firewall_filter.append({**RULE_IN_MEMORY, **everything})


def other_settings(panel: Simulator) -> None:
    panel.panel.system_config["wireguard_handshake_uptime"] = 60
    panel.panel.ikev2_advanced["dpddelay"] = 60


def certificates(panel: Simulator) -> None:
    subject = {"common_name": "Old CA", "organization": "Example"}
    pems = material.root_certificate({**dict.fromkeys(_SUBJECT, ""), **subject})
    server_subject = {**dict.fromkeys(_SUBJECT, ""), "common_name": "vpn", "organization": "Example"}
    server_pems = material.server_certificate(server_subject, ["vpn.example.com", "203.0.113.9"], pems)
    panel.panel.ikev2.update(
        ca_common_name="Old CA",
        ca_organization="Example",
        ca_cert=pems[0],
        ca_key=pems[1],
        server_common_name="vpn",
        server_organization="Example",
        server_domain="vpn.example.com",
        server_ip="203.0.113.9",
        server_cert=server_pems[0],
        server_key=server_pems[1],
        enabled=True,
    )


def session(panel: Simulator) -> None:
    account(panel)
    panel.connect("ikev2", "alice")


def archive(panel: Simulator) -> None:
    panel.panel.add_backup("kept.zip", "2023-01-27T19:00:57+01:00")


def archive_of_another_time(panel: Simulator) -> None:
    archive(panel)
    panel.panel.dns["max_cache_ttl"] = 77
    panel.panel.add_backup("another.zip", "2023-02-27T19:00:57+01:00")
    panel.panel.dns["max_cache_ttl"] = 3600


_SUBJECT = ("common_name", "country_name", "locality", "organization", "organizational_unit", "state_or_province_name")


def state_of(panel: Simulator, folder: Path) -> dict[str, Any]:
    """All that a panel and a folder hold, without what turns out otherwise each time."""
    state = panel.state()
    for account in state["accounts"].values():
        del account["mangle"]
        if panel.generation == 2:
            # They cannot be given, so that a panel makes new ones each time.
            del account["private_key"], account["public_key"]
    state["otls"] = sorted(link["account"] for link in state["otls"].values())
    state["backups"] = sorted(re.sub(r"_[-0-9_]+\.zip$", "_now.zip", name) for name in state["backups"])
    # The time of an update is another one each time.
    state["adblock"]["last_update"] = bool(state["adblock"]["last_update"])
    ikev2 = state["ikev2"]
    for part in ("ca", "server"):
        pem, key = ikev2[f"{part}_cert"], ikev2.pop(f"{part}_key")
        ikev2[f"{part}_cert"] = _certificate(pem, key) if pem else ""
    state["files"] = {file.name: _kind_of(file.read_bytes()) for file in folder.iterdir()}
    return state


@lru_cache(maxsize=256)
def _certificate(pem: str, key: str) -> tuple[str, str, bool]:
    loaded = x509.load_pem_x509_certificate(pem.encode())
    names = loaded.subject.rfc4514_string(), loaded.issuer.rfc4514_string()
    return (*names, material.belong_together(pem, key))


def _kind_of(content: bytes) -> bytes:
    # An archive holds the secrets of this run: it is enough that it is one.
    if content.startswith(b"PK\x03\x04"):
        return b"an archive"
    if content.startswith(b"$ANSIBLE_VAULT;"):
        return b"encrypted"
    try:
        # The number of an IKEv2 profile is a new one each time, and its layout is the panel's.
        return json.dumps({**json.loads(content), "uuid": ""}, sort_keys=True).encode()
    except (ValueError, TypeError):
        return content


# --- The tasks

ALICE = {
    "name": "alice",
    "wg_name": "Default",
    "username": "alice",
    "password": "canary-alice",
    "allowed_ips": "10.0.0.10",
    **PAIRS[3],
}
WITHOUT_KEYS = {name: value for name, value in ALICE.items() if not name.endswith("_key")}
WITHOUT_ADDRESS = {name: value for name, value in ALICE.items() if name != "allowed_ips"}
WITHOUT_NAME = {name: value for name, value in ALICE.items() if name != "name"}
CLIENT = {
    "name": "alice",
    "network_name": "Default",
    "username": "alice",
    "password": "canary-alice",
    "b_download": 20,
    "b_upload": 30,
}
WITHOUT_BANDWIDTH = {name: value for name, value in CLIENT.items() if name not in ("b_download", "b_upload")}
OFFICE = {
    "name": "office",
    "address": "10.9.0.1/24",
    "listen_port": 51900,
    "interface_name": "wg9",
    "external_ip": "203.0.113.9",
    "keep_alive": 25,
    **PAIRS[4],
}
FORWARD = {"wg_name": "Default", "dst_port": 8080, "protocol": "tcp", "to_peer": "bob", "to_port": 80}
RULE = {"name": "no_telnet", "action": "DROP", "protocol": "TCP", "d_port": 23, "position": "end"}
RULE_OF_LIST = {name: value for name, value in RULE.items() if name != "position"}
NEIGHBOURS_FORWARD = {"wg_name": "Default", "dst_port": 9999, "protocol": "udp", "to_peer": "bob", "to_port": 53}
RULE_IN_MEMORY = {
    "action": "DROP",
    "chain": "INPUT",
    "d_ip": "0.0.0.0/0",
    "d_port": "23",
    "protocol": "TCP",
    "s_ip": "0.0.0.0/0",
    "s_port": "0",
}
LOGGING = {
    "enabled": True,
    "enabled_influxdb": True,
    "influxdb_url": "http://192.0.2.15:8086",
    "influxdb_token": "canary-token",
    "influxdb_bucket": "logs",
    "influxdb_organization": "Example",
}
SCHEDULE = {
    "number_backups": 60,
    "backup_to_ftp": True,
    "ftp_server": "ftp.example.com",
    "ftp_user": "backup",
    "ftp_password": "canary-ftp",
}
IKEV2 = {
    "ca": {"common_name": "New CA", "organization": "Example"},
    "server": {
        "domain": "vpn.example.com",
        "ip": "203.0.113.9",
        "common_name": "vpn",
        "organization": "Example",
    },
    "enabled": True,
}
AT_ALICE = "GET account/alice"
AT_CLIENT = "GET client/alice"
ADS, WHITELIST = "GET dns/adblock", "GET dns/adblock/whitelist"
AT_OFFICE = "GET wireguard/office"
FORWARDS = "GET wireguard/Default/port_forward"
RULES = "GET firewall/rules/filter"
CONFIG = "GET ikev2/config"


def _settings(module: str, path: str, parameters: Mapping[str, Any], wrong: tuple[str, Any], secret: str = "") -> Any:
    requests = (f"GET {path}", f"PUT {path}", f"GET {path}")
    return Scenario(f"{module}-update", module, parameters, requests, wrong=wrong, secret=secret)


def _defaults(module: str, path: str) -> Scenario:
    requests = (f"GET {path}", f"PUT {path}/default", f"GET {path}")
    # A panel may have other defaults than the manual says, so nothing can prove that it is reset.
    return Scenario(
        f"{module}-defaults", module, {"defaults": True}, requests, other_settings, unproven=(f"PUT {path}/default",)
    )


READ_ACCOUNTS = ("GET wireguard", "GET account")
# A plan of several changes says how far it came.
COUNTED = "changes were made"

SCENARIOS = [
    Scenario(
        "apply-create",
        "apply",
        {"config": {"accounts": [ALICE]}},
        (*READ_ACCOUNTS, "GET license", "POST account", "GET account"),
        wrong=("password", "canary-wrong"),
        secret="canary-alice",
    ),
    Scenario(
        "apply-exchange",
        "apply",
        {
            "config": {
                "accounts": [{"name": "alice", "allowed_ips": "10.0.0.2"}, {"name": "bob", "allowed_ips": "10.0.0.10"}]
            }
        },
        (
            *READ_ACCOUNTS,
            "GET wireguard/Default/available_ips",
            "PUT account/alice",
            "PUT account/bob",
            "PUT account/alice",
            "GET account",
        ),
        account,
        in_between=COUNTED,
    ),
    Scenario(
        "apply-recreate",
        "apply",
        {"config": {"accounts": [{**ALICE, "username": "alice2"}]}, "recreate": True},
        (*READ_ACCOUNTS, "DELETE account/alice", "POST account", "GET account"),
        account,
        in_between=RECREATED,
        recreates=True,
        wrong=("password", "canary-wrong"),
        secret="canary-alice",
    ),
    Scenario(
        "apply-purge",
        "apply",
        {"config": {"accounts": [{"name": "bob"}], "port_forwards": [NEIGHBOURS_FORWARD]}, "purge": ["accounts"]},
        (*READ_ACCOUNTS, FORWARDS, "DELETE account/alice", "GET account"),
        account,
    ),
    Scenario(
        "apply-settings",
        "apply",
        {"config": {"backup_config": SCHEDULE, "firewall_rules": [RULE_OF_LIST]}},
        (
            "GET backups/config",
            RULES,
            "GET firewall/conf",
            "PUT backups/config",
            "GET backups/config",
            "POST firewall/rules/filter/end",
            RULES,
        ),
        in_between=COUNTED,
        secret="canary-ftp",
    ),
    Scenario("status", "status", {}, ("GET system/status",)),
    Scenario("status-wait", "status", {"wait": True, "wait_timeout": 2}, ("GET system/status",), roles={1: POLL}),
    Scenario(
        "health",
        "health",
        {"services": ["strongswan"], "max_backup_hours": 10**6, "fail": True},
        ("GET system/status", "GET ikev2/config", "GET ikev2/info", "GET backups"),
        archive,
        roles=dict.fromkeys(range(1, 5), JUDGED),
    ),
    Scenario(
        "info",
        "info",
        {"gather_subset": ["system", "accounts", "traffic"], "year": 2026, "month": 3},
        (
            "GET system/status",
            "GET system/info",
            "GET account",
            "GET account/bob/traffic_statistics/2026/3",
        ),
        roles=dict.fromkeys(range(1, 5), PART),
    ),
    Scenario(
        "export",
        "export",
        {"dest": FOLDER},
        tuple(
            f"GET {path}"
            for path in (
                "system/config",
                "dns",
                "firewall/conf",
                "ikev2/advanced_settings",
                "traffic_logging",
                "backups/config",
                "firewall/rules/filter",
                "wireguard",
                "account",
                "wireguard/Default/port_forward",
                "wireguard/other/port_forward",
            )
        ),
        roles=dict.fromkeys(range(1, 12), PART),
    ),
    Scenario(
        "usage_info",
        "usage_info",
        {"year": 2026, "month": 3, "concurrency": 2},
        ("GET account", "GET system/config", "GET account/bob/traffic_statistics/2026/3"),
        remembering,
        roles={2: PART},
    ),
    Scenario("request-get", "request", {"path": "account"}, ("GET account",), roles={1: ANYTHING}),
    Scenario(
        "request-create",
        "request",
        {
            "method": "POST",
            "path": "account",
            "probe": "account/alice",
            "data": {**WITHOUT_ADDRESS, "allowed_IPs": "10.0.0.10"},
        },
        (AT_ALICE, "POST account"),
        unproven=("POST account",),
        secret="canary-alice",
    ),
    Scenario(
        "request-update",
        "request",
        {"method": "PUT", "path": "account/alice", "data": {"password": "canary-alice"}},
        (AT_ALICE, "PUT account/alice"),
        account,
        unproven=("PUT account/alice",),
        secret="canary-alice",
    ),
    Scenario(
        "request-remove",
        "request",
        {"method": "DELETE", "path": "account/alice"},
        (AT_ALICE, "DELETE account/alice"),
        account,
        unproven=("DELETE account/alice",),
    ),
    Scenario(
        "account-create",
        "account",
        ALICE,
        (AT_ALICE, "POST account", AT_ALICE),
        wrong=("password", "canary-wrong"),
        secret="canary-alice",
    ),
    Scenario(
        "account-create_with_free_address",
        "account",
        WITHOUT_ADDRESS,
        (AT_ALICE, "GET wireguard/Default/available_ips", "POST account", AT_ALICE),
        wrong=("password", "canary-wrong"),
        secret="canary-alice",
    ),
    Scenario(
        "account-create_without_name",
        "account",
        WITHOUT_NAME,
        ("GET account", "POST account", "GET account/peer_1"),
        wrong=("password", "canary-wrong"),
        secret="canary-alice",
    ),
    Scenario(
        "account-create_and_correct",
        "account",
        {**ALICE, "b_download": 100, "b_upload": 100},
        (AT_ALICE, "POST account", "PUT account/alice", AT_ALICE),
        narrow_server,
        in_between="b_download and b_upload",
        wrong=("b_download", 55),
        secret="canary-alice",
    ),
    Scenario(
        "account-update",
        "account",
        {"name": "alice", "password": "canary-alice", "status": "disable"},
        (AT_ALICE, "PUT account/alice", AT_ALICE),
        account,
        wrong=("password", "canary-wrong"),
        secret="canary-alice",
    ),
    Scenario(
        "account-recreate",
        "account",
        {**ALICE, "username": "alice2", "recreate": True},
        (AT_ALICE, "DELETE account/alice", "POST account", AT_ALICE),
        account,
        in_between=RECREATED,
        recreates=True,
        wrong=("password", "canary-wrong"),
        secret="canary-alice",
    ),
    Scenario(
        "account-rotate_keys",
        "account",
        {**WITHOUT_KEYS, "rotate_keys": True},
        (
            *(AT_ALICE, "GET wireguard/Default/port_forward", "DELETE account/alice", "POST account", AT_ALICE),
            *("POST wireguard/Default/port_forwarding", "GET wireguard/Default/port_forward"),
        ),
        account_with_forward,
        in_between=RECREATED,
        recreates=True,
        completes=True,
        idempotent=False,
        accumulates=True,
        wrong=("password", "canary-wrong"),
        secret="canary-alice",
    ),
    Scenario(
        "account-remove",
        "account",
        {"name": "alice", "state": "absent"},
        (AT_ALICE, "DELETE account/alice", AT_ALICE),
        account,
    ),
    Scenario(
        "wireguard-create",
        "wireguard",
        OFFICE,
        (AT_OFFICE, "POST wireguard", AT_OFFICE),
        wrong=("keep_alive", 99),
        secret=PAIRS[4]["private_key"],
    ),
    Scenario(
        "wireguard-update",
        "wireguard",
        {"name": "office", "keep_alive": 25, **PAIRS[6]},
        (AT_OFFICE, "PUT wireguard/office", AT_OFFICE),
        server,
        wrong=("keep_alive", 99),
        secret=PAIRS[6]["private_key"],
    ),
    Scenario(
        "wireguard-recreate",
        "wireguard",
        {**OFFICE, "interface_name": "wg10", "recreate": True},
        (AT_OFFICE, "GET wireguard/office/peers", "DELETE wireguard/office", "POST wireguard", AT_OFFICE),
        server,
        in_between=RECREATED,
        recreates=True,
        wrong=("keep_alive", 99),
        secret=PAIRS[4]["private_key"],
    ),
    Scenario(
        "wireguard-remove_with_accounts",
        "wireguard",
        {"name": "office", "state": "absent", "force": True},
        ("GET wireguard/office/peers", "DELETE account/dave", "DELETE wireguard/office", AT_OFFICE),
        server_with_account,
        in_between="were removed before",
    ),
    Scenario(
        "wireguard-set_bandwidth",
        "wireguard",
        {"name": "office", "set_bandwidth": True},
        (
            AT_OFFICE,
            "GET wireguard/office/peers",
            "PUT wireguard/office/set_bandwidth",
            "GET wireguard/office/peers",
        ),
        server_with_account,
    ),
    Scenario(
        "port_forward-create",
        "port_forward",
        FORWARD,
        (FORWARDS, RULES, "POST wireguard/Default/port_forwarding", FORWARDS),
    ),
    Scenario(
        "port_forward-change",
        "port_forward",
        {**FORWARD, "to_port": 81},
        (
            FORWARDS,
            RULES,
            "DELETE wireguard/Default/port_forwarding/8080/tcp",
            "POST wireguard/Default/port_forwarding",
            FORWARDS,
        ),
        forward,
        in_between=RECREATED,
        recreates=True,
    ),
    Scenario(
        "port_forward-remove",
        "port_forward",
        {"wg_name": "Default", "dst_port": 8080, "protocol": "tcp", "state": "absent"},
        (FORWARDS, "DELETE wireguard/Default/port_forwarding/8080/tcp", FORWARDS),
        forward,
    ),
    _settings(
        "firewall",
        "firewall/conf",
        {"policy_forward": "DROP", "internal_traffic": True},
        wrong=("policy_forward", "ACCEPT"),
    ),
    Scenario(
        "firewall-drop",
        "firewall",
        {"policy_input": "DROP"},
        ("GET firewall/conf", RULES, "GET wireguard", "PUT firewall/conf", "GET firewall/conf"),
        accepting_rule,
        wrong=("policy_input", "ACCEPT"),
    ),
    Scenario(
        "firewall_rule-create",
        "firewall_rule",
        RULE,
        (RULES, "POST firewall/rules/filter/end", RULES),
    ),
    Scenario(
        "firewall_rule-change",
        "firewall_rule",
        {**RULE, "d_port": 24},
        (RULES, "DELETE firewall/rules/filter/no_telnet", "POST firewall/rules/filter/end", RULES),
        rule,
        in_between=RECREATED,
        recreates=True,
    ),
    Scenario(
        "firewall_rule-remove",
        "firewall_rule",
        {"name": "no_telnet", "state": "absent"},
        (RULES, "DELETE firewall/rules/filter/no_telnet", RULES),
        rule,
    ),
    _settings("dns", "dns", {"max_cache_ttl": 60, "forwarders_1": "192.0.2.53"}, wrong=("max_cache_ttl", 77)),
    _settings(
        "system_config",
        "system/config",
        {"wireguard_handshake_uptime": 90},
        wrong=("wireguard_handshake_uptime", 77),
    ),
    _defaults("system_config", "system/config"),
    _settings(
        "traffic_logging",
        "traffic_logging",
        LOGGING,
        wrong=("influxdb_bucket", "others"),
        secret="canary-token",
    ),
    _settings("backup_config", "backups/config", SCHEDULE, wrong=("number_backups", 3), secret="canary-ftp"),
    _settings("ikev2_settings", "ikev2/advanced_settings", {"dpddelay": 90}, wrong=("dpddelay", 77)),
    _defaults("ikev2_settings", "ikev2/advanced_settings"),
    Scenario(
        "reload",
        "reload",
        {},
        ("PUT system/reload", "GET system/status"),
        roles={2: POLL},
        idempotent=False,
        unproven=("PUT system/reload",),
    ),
    Scenario(
        "ikev2-create",
        "ikev2",
        IKEV2,
        (CONFIG, "PUT ikev2/generate_ca_rsa", "PUT ikev2/generate_server_rsa", "PUT ikev2", CONFIG),
        in_between="Done before",
        wrong=("enabled", False),
    ),
    Scenario(
        "ikev2-import",
        "ikev2",
        {"ca": ROOT, "server": IKEV2["server"]},
        (CONFIG, "PUT ikev2/import_ca_rsa", "PUT ikev2/generate_server_rsa", CONFIG),
        in_between="Done before",
        secret=ROOT["key"],
    ),
    Scenario(
        "ikev2-recreate",
        "ikev2",
        {**IKEV2, "recreate": True},
        (
            CONFIG,
            "DELETE ikev2/delete_server_rsa",
            "DELETE ikev2/delete_ca_rsa",
            "PUT ikev2/generate_ca_rsa",
            "PUT ikev2/generate_server_rsa",
            "PUT ikev2",
            CONFIG,
        ),
        certificates,
        in_between="Done before",
        recreates=True,
        wrong=("enabled", False),
    ),
    Scenario(
        "ikev2-remove",
        "ikev2",
        {"ca": {"state": "absent"}, "server": {"state": "absent"}},
        (CONFIG, "DELETE ikev2/delete_server_rsa", "DELETE ikev2/delete_ca_rsa", CONFIG),
        certificates,
        in_between="Done before",
    ),
    Scenario(
        "ikev2_session",
        "ikev2_session",
        {"name": "alice"},
        ("GET ikev2/online", "DELETE ikev2/online/alice", "GET ikev2/online"),
        session,
        # A client may connect again at once.
        unproven=("DELETE ikev2/online/alice",),
    ),
    Scenario("backup-create", "backup", {"max_age": 60}, ("GET backups", "POST backups", "GET backups"), archive),
    Scenario(
        "backup-download",
        "backup",
        {"name": "kept.zip", "dest": DEST},
        ("GET backups", "GET backups/kept.zip"),
        archive,
        roles={2: ARCHIVE},
    ),
    Scenario(
        "backup-restore",
        "backup",
        {"name": "another.zip", "state": "restored"},
        ("GET backups", "PUT backups/restore", "GET system/status"),
        archive_of_another_time,
        roles={3: POLL},
        idempotent=False,
        unproven=("PUT backups/restore",),
    ),
    Scenario(
        "account_profile-wireguard",
        "account_profile",
        {"name": "bob", "dest": DEST},
        ("GET account/bob/config_text",),
    ),
    Scenario(
        "account_profile-qr",
        "account_profile",
        {"name": "bob", "format": "qr", "dest": DEST},
        ("GET account/bob/config_qr",),
    ),
    Scenario(
        "account_profile-ikev2",
        "account_profile",
        {"name": "bob", "format": "ikev2", "dest": DEST},
        ("GET account/bob/ikev2_profile", "GET account/bob"),
        roles={2: ANYTHING},
    ),
    Scenario(
        "account_profile-bulk",
        "account_profile",
        {"names": ["bob"], "formats": ["wireguard"], "dest": FOLDER},
        ("GET account", "GET account/bob/config_text"),
    ),
    Scenario(
        "account_link",
        "account_link",
        {"name": "alice"},
        ("GET otl/list", "GET account/alice/otl", "GET otl/list"),
        account,
        roles={2: LINK},
        unproven=("GET account/alice/otl",),
        warns="A link was created, but it is a secret",
    ),
    *(
        Scenario(
            f"client_profile-{name}",
            "client_profile",
            {"name": "bob", "format": name, "dest": DEST},
            ("GET client/bob", "GET network/Default", f"GET client/bob/{operation}"),
            roles={2: HINT},
            generation=2,
        )
        for name, operation in (
            ("wireguard", "config/text"),
            ("amneziawg_qr", "amneziawg/qr"),
            ("openvpn", "openvpn/profile"),
            ("ikev2", "ikev2/profile"),
        )
    ),
    Scenario(
        "client_profile-bulk",
        "client_profile",
        {"names": ["bob"], "formats": ["wireguard"], "dest": FOLDER},
        ("GET client", "GET network", "GET client/bob/config/text"),
        roles={1: LIST, 2: HINT},
        generation=2,
    ),
    Scenario(
        "client_link",
        "client_link",
        {"name": "alice"},
        ("POST client/alice/otl",),
        account,
        roles={1: LINK},
        idempotent=False,
        unproven=("POST client/alice/otl",),
        warns="A link was created, but it is a secret",
        accumulates=True,
        generation=2,
    ),
    Scenario(
        "client-create",
        "client",
        CLIENT,
        (AT_CLIENT, "GET network/Default/available_ip", "POST client", "PUT client/alice", AT_CLIENT),
        in_between="b_download and b_upload",
        wrong=("b_download", 55),
        secret="canary-alice",
        generation=2,
    ),
    Scenario(
        "client-update",
        "client",
        {"name": "alice", "password": "canary-alice", "status": "disable", "ipv4": "10.0.0.11"},
        (AT_CLIENT, "PUT client/alice", AT_CLIENT),
        account,
        wrong=("password", "canary-wrong"),
        secret="canary-alice",
        generation=2,
    ),
    Scenario(
        "client-recreate",
        "client",
        {**WITHOUT_BANDWIDTH, "username": "alice2", "ipv4": "10.0.0.10", "recreate": True},
        (AT_CLIENT, "DELETE client/alice", "POST client", AT_CLIENT),
        account,
        in_between=RECREATED,
        recreates=True,
        wrong=("password", "canary-wrong"),
        secret="canary-alice",
        generation=2,
    ),
    Scenario(
        "client-remove",
        "client",
        {"name": "alice", "state": "absent"},
        (AT_CLIENT, "DELETE client/alice", AT_CLIENT),
        account,
        generation=2,
    ),
    Scenario(
        "adblock-change",
        "adblock",
        {"enabled": True, "lists_absent": ["ours"], "whitelist_absent": ["example.com"]},
        (
            *(ADS, WHITELIST, "PUT dns/adblock", ADS, "DELETE dns/adblock/lists/ours", ADS),
            *("DELETE dns/adblock/whitelist/example.com", WHITELIST, ADS),
        ),
        blocked_ads,
        in_between="Done before",
        generation=2,
    ),
    Scenario(
        "adblock-update",
        "adblock",
        {"update": True},
        (ADS, "POST dns/adblock/update", ADS),
        roles={2: ACT},
        idempotent=False,
        unproven=("POST dns/adblock/update",),
        generation=2,
    ),
    Scenario(
        "export_2",
        "export",
        {"dest": FOLDER, "vault_password": "canary-vault"},
        ("GET dns", "GET client"),
        roles={1: PART, 2: PART},
        secret="canary-vault",
        generation=2,
    ),
    Scenario(
        "dns-update_2",
        "dns",
        {"max_cache_ttl": 60},
        ("GET dns", "PUT dns", "GET dns"),
        wrong=("max_cache_ttl", 77),
        generation=2,
    ),
    Scenario(
        "apply-clients",
        "apply",
        {
            "config": {
                "dns": {"max_cache_ttl": 60},
                "clients": [
                    {**CLIENT, "ipv4": "10.0.0.10"},
                    {"name": "carol", "state": "absent"},
                    {"name": "dave", "password": "canary-alice", "username": "dave"},
                ],
            }
        },
        (
            *("GET network", "GET client", "GET dns", "DELETE client/carol", "PUT dns", "GET dns"),
            *("POST client", "PUT client/alice", "PUT client/dave", "GET client"),
        ),
        clients,
        roles={1: LIST, 2: LIST, 10: LIST},
        in_between=COUNTED,
        secret="canary-alice",
        generation=2,
    ),
    Scenario(
        "reload_2",
        "reload",
        {},
        ("POST system/reload", "GET system/status"),
        roles={1: ACT, 2: POLL},
        idempotent=False,
        unproven=("POST system/reload",),
        generation=2,
    ),
]
