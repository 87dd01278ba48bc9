# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The panel's memory: what exists, and the rules that hold between the objects."""

from __future__ import annotations

import copy
import datetime
import ipaddress
import itertools
import pickle
import secrets
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from . import initial, material
from .archives import pack
from .wire import PanelError, Record

# What an archive holds; users, certificates of the web server, licence and backup settings are not part of it.
ARCHIVED = (
    "wireguard",
    "accounts",
    "port_forwards",
    "firewall_conf",
    "firewall_filter",
    "dns",
    "system_config",
    "ikev2",
    "ikev2_advanced",
    "otl_config",
    "otl_config_wireguard",
    "otl_config_ikev2",
    "otls",
    "traffic_logging",
)

_PEER = {
    "endpoint": "198.51.100.180:47471",
    "latest_handshake": "2026-01-31 13:02:01",
    "transfer_rx": 3892,
    "transfer_tx": 2972,
}

# What is made up of a session. OpenVPN has the time of its beginning instead of that of a handshake.
MADE_UP: dict[str, Record] = {
    "wireguard": _PEER,
    "amneziawg": _PEER,
    "openvpn": {
        "endpoint": "198.51.100.180:50112",
        "connected_since": "2026-01-31 12:58:40",
        "transfer_rx": 5120,
        "transfer_tx": 9216,
    },
    "ikev2": {"endpoint": "198.51.100.180", "uptime": " 11 seconds ago"},
}

PROTOCOLS = tuple(MADE_UP)

SERVER_DEFAULTS: Record = {
    "mtu": 0,
    "keep_alive": 0,
    "allowed_ips": "",
    "endpoint": "",
    "internal_traffic": False,
    "external_ip": initial.EXTERNAL_IP,
    "dns_1": initial.DNS_1,
    "dns_2": initial.DNS_2,
    "ipv6": False,
    "address_ipv6": "",
    "dns_1_ipv6": "",
    "dns_2_ipv6": "",
    "b_download": 0,
    "b_upload": 0,
    "ikev2": False,
    # What a network of generation 2 offers; generation 1 has no such list. A list, as an archive returns it.
    "protocols": list(PROTOCOLS),
}


@lru_cache(maxsize=4096)
def network_of(address: str) -> ipaddress.IPv4Network:
    """Return the network of an interface address."""
    return ipaddress.IPv4Interface(address).network


class Panel:
    """Everything a panel remembers, as dictionaries of native values under the field names of generation 1.

    The public attributes are to be read. What is added through the methods is found by name, user name and address
    without a pass over all objects.
    """

    def __init__(self) -> None:
        self.wireguard: dict[str, Record] = {}
        self.accounts: dict[str, Record] = {}
        self.port_forwards: dict[str, dict[str, Record]] = {}
        self.otls: dict[str, Record] = {}
        # By account and month, such as 2026-11: what there was of its traffic, instead of what is made up.
        self.traffic: dict[str, dict[str, Record]] = {}
        self.backups: dict[str, Record] = {}
        self.wireguard_online: list[Record] = []
        self.amneziawg_online: list[Record] = []
        self.openvpn_online: list[Record] = []
        self.ikev2_online: list[Record] = []
        self.firewall_conf: Record = {}
        self.firewall_filter: list[Record] = []
        self.dns: Record = {}
        self.adblock: Record = {}
        self.system_config: Record = {}
        self.ikev2: Record = {}
        self.ikev2_advanced: Record = {}
        self.otl_config: Record = {}
        self.otl_config_wireguard: Record = {}
        self.otl_config_ikev2: Record = {}
        self.traffic_logging: Record = {}
        self.backup_config: Record = {}
        self.telegraf_installed = True
        self._index()
        self.reset()

    def reset(self) -> None:
        """Go back to the state of a fresh panel: one server, no account."""
        for name in ("wireguard", "accounts", "port_forwards", "otls", "backups", "traffic"):
            setattr(self, name, {})
        for protocol in PROTOCOLS:
            setattr(self, f"{protocol}_online", [])
        for name in [
            "firewall_conf",
            "firewall_filter",
            "dns",
            "adblock",
            "system_config",
            "ikev2",
            "ikev2_advanced",
            "otl_config",
            "otl_config_wireguard",
            "otl_config_ikev2",
            "traffic_logging",
            "backup_config",
        ]:
            setattr(self, name, copy.deepcopy(getattr(initial, name.upper())))
        self.telegraf_installed = True
        self._index()
        self.add_server({"name": "Default", "address": "10.0.0.1/24", "listen_port": 51820})

    # Copies ---------------------------------------------------------------------------------------------------------

    def archive(self) -> Record:
        """Return what a backup holds; a reference, to be written out at once."""
        return {section: getattr(self, section) for section in ARCHIVED}

    def unarchive(self, sections: Record) -> None:
        """Replace everything that a backup holds."""
        for section in ARCHIVED:
            setattr(self, section, sections[section])
        self._index()

    def add_backup(self, name: str, created: str) -> Record:
        """Keep an archive of what there is now, under any name and RFC 3339 time of creation."""
        if datetime.datetime.fromisoformat(created).tzinfo is None:
            raise ValueError(f"{created} has no offset from UTC")
        archive = pack(self.archive())
        backup = {
            "backup_name": name,
            "creation_date": created,
            "size": round(len(archive) / 1e6, 6),
            "archive": archive,
        }
        self.backups[name] = backup
        return backup

    def falsify(self, record: Record, field: str, value: Any) -> None:
        """Put another value into an account, a server or settings, without a look at the rules."""
        if type(record[field]) is not type(value):
            raise ValueError(f"{field} cannot be {value!r}: it is {record[field]!r}")
        record[field] = value
        self._index()

    def snapshot(self) -> bytes:
        """Return a copy of everything."""
        return pickle.dumps(vars(self))

    def restore(self, snapshot: bytes) -> None:
        """Return to a snapshot."""
        vars(self).update(pickle.loads(snapshot))

    def as_json(self) -> Record:
        """Return the state as JSON can hold it: archives are told by their size only."""
        backups = {
            name: {key: value for key, value in backup.items() if key != "archive"}
            for name, backup in self.backups.items()
        }
        others = ["adblock", "backup_config", "traffic", *(f"{protocol}_online" for protocol in PROTOCOLS)]
        return {**self.archive(), **{name: getattr(self, name) for name in others}, "backups": backups}

    def _index(self) -> None:
        self._by_username = {account["username"]: name for name, account in self.accounts.items()}
        self._by_address: dict[str, str] = {}
        self._members: dict[str, dict[str, None]] = {name: {} for name in self.wireguard}
        for name, account in self.accounts.items():
            self._members[account["wg_name"]][name] = None
            self._by_address.update(dict.fromkeys(_addresses(account), name))
        self._next_mark = max((account["mangle"] for account in self.accounts.values()), default=99) + 1

    # Servers --------------------------------------------------------------------------------------------------------

    def server(self, name: str) -> Record:
        """Return a server."""
        if name not in self.wireguard:
            raise PanelError("Wireguard server not found", code=404)
        return self.wireguard[name]

    def add_server(self, values: Record) -> Record:
        """Create a server; what is left out is filled in with free values."""
        port = values.get("listen_port") or self._free_port()
        private_key, public_key = _keys(values)
        server = {
            **SERVER_DEFAULTS,
            "name": self._free_name("Default", self.wireguard),
            "interface_name": self._free_interface(port),
            "listen_port": port,
            "private_key": private_key,
            "public_key": public_key,
            **values,
        }
        if server["name"] in self.wireguard:
            raise PanelError("The name is already in use", field="name")
        self._check_server(server)
        if "address" not in server:
            server["address"] = self._free_server_address()
        self.wireguard[server["name"]] = server
        self._members[server["name"]] = {}
        self.port_forwards[server["name"]] = {}
        return server

    def change_server(self, name: str, values: Record) -> Record:
        """Change some values of a server."""
        server = self.server(name)
        if "private_key" in values or "public_key" in values:
            _keys(values)
        self._check_server({**server, **values})
        server.update(values)
        return server

    def remove_server(self, name: str) -> None:
        """Remove a server without accounts."""
        self.server(name)
        if self._members[name]:
            raise PanelError("Cannot be deleted. There are active peers.")
        del self.wireguard[name], self._members[name], self.port_forwards[name]

    def peers(self, server: str) -> Iterator[Record]:
        """Return the accounts of a server."""
        self.server(server)
        return (self.accounts[name] for name in self._members[server])

    def free_addresses(self, server: str) -> list[str]:
        """Return the addresses of a server's range that nobody has."""
        return list(self.each_free_address(server))

    def each_free_address(self, server: str) -> Iterator[str]:
        """Return the same one by one: a range may be large."""
        interface = ipaddress.IPv4Interface(self.server(server)["address"])
        hosts = map(str, interface.network.hosts())
        return (host for host in hosts if host not in self._by_address and host != str(interface.ip))

    def spread_bandwidth(self, name: str) -> None:
        """Give all accounts of a server the server's bandwidth."""
        server = self.server(name)
        for account in self.peers(name):
            account.update(b_download=server["b_download"], b_upload=server["b_upload"])

    def _check_server(self, server: Record) -> None:
        for other in self.wireguard.values():
            if other["name"] == server["name"]:
                continue
            if other["interface_name"] == server["interface_name"]:
                raise PanelError("Interface already in use", field="interface_name")
            if other["listen_port"] == server["listen_port"]:
                raise PanelError("Port already in use", field="listen_port")
            if "address" in server and network_of(other["address"]).overlaps(network_of(server["address"])):
                raise PanelError("IP address or subnet already in use", field="address")

    def _free_port(self) -> int:
        used = {server["listen_port"] for server in self.wireguard.values()}
        return next(port for port in range(51820, 65536) if port not in used)

    def _free_interface(self, number: int) -> str:
        used = {server["interface_name"] for server in self.wireguard.values()}
        return next(name for name in map("wg{}".format, itertools.count(number)) if name not in used)

    def _free_server_address(self) -> str:
        used = [network_of(server["address"]) for server in self.wireguard.values()]
        taken = set(used)
        candidates = (ipaddress.IPv4Network(f"10.{i // 256}.{i % 256}.0/24") for i in range(65536))
        free = next(net for net in candidates if net not in taken and not any(net.overlaps(other) for other in used))
        return f"{free.network_address + 1}/24"

    @staticmethod
    def _free_name(prefix: str, taken: dict[str, Any], first: int = 0) -> str:
        number = first + len(taken)
        while f"{prefix}_{number}" in taken:
            number += 1
        return f"{prefix}_{number}"

    # Accounts -------------------------------------------------------------------------------------------------------

    def account(self, name: str) -> Record:
        """Return an account."""
        if name not in self.accounts:
            raise PanelError("Account not found", code=404)
        return self.accounts[name]

    def server_of(self, account: Record) -> Record:
        """Return the server of an account."""
        return self.wireguard[account["wg_name"]]

    def add_account(self, values: Record, *, server_bandwidth_wins: bool = False) -> Record:
        """Create an account; what is left out is filled in."""
        if values.get("wg_name") not in self.wireguard:
            raise PanelError("Wireguard server not valid", field="wg_name")
        server = self.wireguard[values["wg_name"]]
        if values.get("name") in self.accounts:
            raise PanelError("The name is already in use", field="name")
        if values.get("username") in self._by_username:
            raise PanelError("The username is already in use", field="username")
        private_key, public_key = _keys(values)
        bandwidth = {key: server[key] for key in ("b_download", "b_upload")}
        account = {
            "name": self._free_name("peer", self.accounts),
            "username": self._free_name("user", self._by_username),
            "password": secrets.token_hex(8),
            "status": "enable",
            "allowed_IPs_ipv6": "",
            "mangle": self._next_mark,
            "private_key": private_key,
            "public_key": public_key,
            **bandwidth,
            **values,
        }
        if server_bandwidth_wins:
            account.update({key: value for key, value in bandwidth.items() if value})
        self._check_addresses(account, server)
        self._next_mark += 1
        self.accounts[account["name"]] = account
        self._by_username[account["username"]] = account["name"]
        self._members[account["wg_name"]][account["name"]] = None
        self._by_address.update(dict.fromkeys(_addresses(account), account["name"]))
        return account

    def change_account(self, name: str, values: Record) -> Record:
        """Change some values of an account."""
        account = self.account(name)
        changed = {**account, **values}
        self._check_addresses(changed, self.server_of(account))
        self._forget_addresses(account)
        account.update(values)
        self._by_address.update(dict.fromkeys(_addresses(account), name))
        return account

    def free_username(self, first: int) -> str:
        """Return a user name that nobody has, numbered from the first on."""
        return self._free_name("user", self._by_username, first)

    def remove_account(self, name: str) -> None:
        """Remove an account together with the port forwards to it."""
        account = self.account(name)
        self._forget_addresses(account)
        del self.accounts[name], self._by_username[account["username"]], self._members[account["wg_name"]][name]
        forwards = self.port_forwards[account["wg_name"]]
        for key in [key for key, forward in forwards.items() if forward["to_peer"] == name]:
            del forwards[key]

    def _check_addresses(self, account: Record, server: Record) -> None:
        for address in _addresses(account):
            if self._by_address.get(address, account["name"]) != account["name"]:
                raise PanelError("IP address already in use", field="allowed_IPs")
        wanted, interface = ipaddress.IPv4Address(account["allowed_IPs"]), ipaddress.IPv4Interface(server["address"])
        if wanted == interface.ip:
            raise PanelError("IP address already in use", field="allowed_IPs")
        edges = (interface.network.network_address, interface.network.broadcast_address)
        if wanted not in interface.network or wanted in edges:
            text = "The IP address is not within the range of the wireguard server"
            raise PanelError(text, field="allowed_IPs")

    def _forget_addresses(self, account: Record) -> None:
        for address in _addresses(account):
            del self._by_address[address]

    # Sessions -------------------------------------------------------------------------------------------------------

    def connect(self, protocol: str, name: str, **session: Any) -> None:
        """Let an account be online over a protocol; `session` replaces what is made up here."""
        account = self.account(name)
        shown = ("name", "username", "wg_name", "status", "allowed_IPs", "b_download", "b_upload")
        common = {key: account[key] for key in shown}
        if protocol not in PROTOCOLS:
            raise ValueError(f"protocol must be one of {', '.join(PROTOCOLS)}, not {protocol}")
        self._sessions(protocol).append({**common, **MADE_UP[protocol], **session})

    def count_traffic(self, name: str, month: str, download: int = 0, upload: int = 0) -> None:
        """Let these be the bytes of an account in a month such as 2026-11, all of them on its first day."""
        self.account(name)
        datetime.date.fromisoformat(f"{month}-01")
        self.traffic.setdefault(name, {})[month] = {"traffic_download": download, "traffic_upload": upload}

    def disconnect(self, name: str) -> None:
        """End all sessions of an account."""
        for protocol in PROTOCOLS:
            sessions = self._sessions(protocol)
            sessions[:] = [session for session in sessions if session["name"] != name]

    def _sessions(self, protocol: str) -> list[Record]:
        sessions: list[Record] = getattr(self, f"{protocol}_online")
        return sessions

    def add_otl(self, account: str, created: str, expires: str) -> str:
        """Create a one-time link of an account and return its key."""
        self.account(account)
        key = secrets.token_hex(40)
        self.otls[key] = {"account": account, "created_data": created, "key": key, "lifetime": expires}
        return key


def _addresses(account: Record) -> list[str]:
    return [address for address in (account["allowed_IPs"], account["allowed_IPs_ipv6"]) if address]


def _keys(values: Record) -> tuple[str, str]:
    """Return the key pair that was given, or a new one; one key alone is no pair."""
    private_key, public_key = values.get("private_key"), values.get("public_key")
    if not private_key and not public_key:
        return material.wireguard_key_pair()
    if not private_key or not public_key:
        raise PanelError("Keys are invalid", field="private_key")
    return private_key, public_key
