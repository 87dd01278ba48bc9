# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets go in and never come out: not in results, diffs, messages, logs, cached facts or files left behind."""

from __future__ import annotations

import json
import os
import re
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest
from ansible_collections.puqcloud.puqvpn.tests.playbooks.runs import Playbook, Run, Start
from ansible_collections.puqcloud.puqvpn.tests.unit.keys import authority, key_pair
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import CREDENTIAL_OPTION
from simulator import Simulator
from simulator.material import server_certificate

HIDDEN = "********"

# Every secret of these tests that need not be a key holds this word, so that one search finds them all.
CANARY = "c4nary"
HASH = f"{CANARY}-hash-{'0123456789abcdef' * 4}"
# What must stay intact under way, and look different in the encodings in which a panel may repeat it.
AWKWARD = f'{CANARY}  "two" blanks, <\u00fc> & 100 % +/=\\'

# A private key in PEM; a picture with a key, in base64 and as it is; an archive of the whole panel.
CONTENTS = ("PRIVATE KEY", "iVBORw0KGgo", "IHDR", "accounts.json", "AAAAAA-BBBBBB-CCCCCC")

# The keys under which a result may say that there is a secret, which it hides.
SECRET_OPTIONS = (
    *("access_hash", "token", "password", "vault_password", "private_key", "key", "influxdb_token", "ftp_password"),
)


# --- What is secret, and where it can be read


def secrets_of(panel: Simulator) -> set[str]:
    """Every secret that the panel holds now."""
    memory = panel.panel
    found = {str(one[name]) for one in memory.accounts.values() for name in ("password", "private_key")}
    found |= {str(one["private_key"]) for one in memory.wireguard.values()} | set(memory.otls)
    found |= {memory.ikev2["ca_key"], memory.ikev2["server_key"], memory.backup_config["ftp_password"]}
    return (found | {memory.traffic_logging["influxdb_token"]}) - {""}


def pieces_of(secret: str) -> set[str]:
    """Parts by which a secret is recognised in any encoding, and when only a part of it is shown.

    The first third of a private key in PEM is left out: it is also in the certificate.
    """
    secret = secret[len(secret) // 3 :] if "PRIVATE KEY" in secret else secret
    runs = re.findall(r"[A-Za-z0-9]{8,}", secret)
    pieces = {run[at : at + 16] for run in runs for at in range(0, len(run), 16)}
    return {piece for piece in pieces if len(piece) >= 8}


def leaks(run: Run, secrets: set[str]) -> dict[str, list[str]]:
    """Which secrets can be read after a run, and where."""
    wanted = {CANARY, *CONTENTS}.union(*(pieces_of(secret) for secret in secrets))
    return {piece: places for piece in sorted(wanted) if (places := run.places_with(piece))}


def hidden_at(value: Any, path: str = "") -> Iterator[str]:
    """The dotted names of everything in a result that is hidden, in whole or in part."""
    if isinstance(value, (dict, list)):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for name, held in items:
            yield from hidden_at(name, f"{path}(key)")
            yield from hidden_at(held, f"{path}.{name}")
    elif isinstance(value, str) and HIDDEN in value:
        yield path.lstrip(".")


# --- Tasks


class Tasks:
    """Tasks at one or more panels, and how each of them must end.

    That is ``changed``, ``ok`` or an ``error_code``; in check mode the same, where nothing else is said.
    """

    def __init__(self) -> None:
        self.blocks: list[dict[str, Any]] = []
        self.ends: dict[str, tuple[str, str]] = {}

    def at(self, panel: Simulator) -> None:
        """Let the tasks that follow work on this panel."""
        credential = CREDENTIAL_OPTION[panel.generation]
        defaults = {"url": panel.url, credential: "{{ hash }}", "retries": 0, "timeout": 10}
        self.blocks.append({"module_defaults": {"group/puqcloud.puqvpn.all": defaults}, "block": []})

    def add(
        self, name: str, module: str, options: dict[str, Any], end: str, in_check_mode: str = "", **task: Any
    ) -> None:
        """Add a task; ``task`` are further keywords of it."""
        assert name not in self.ends
        keywords = {"ignore_errors": True, "register": f"told{len(self.ends)}", **task}
        self.blocks[-1]["block"].append({"name": name, f"puqcloud.puqvpn.puqvpn_{module}": options, **keywords})
        self.ends[name] = (end, in_check_mode or end)

    def run(
        self, playbook: Playbook, *arguments: str, secrets: dict[str, Any] | None = None, **environment: str
    ) -> Run:
        """Run them, put all results into the cache of facts, and compare how they ended."""
        told = ", ".join(f"told{number}" for number in range(len(self.ends)))
        facts = {"name": "facts", "ansible.builtin.set_fact": {"told": f"{{{{ [{told}] }}}}", "cacheable": True}}
        given = {"hash": HASH, **(secrets or {})}
        run = playbook([*self.blocks, facts], *arguments, secrets=given, **environment)
        assert run.code == 0, run.output
        ended = {entry["task"]: _end_of(entry) for entry in run.results if entry["task"] in self.ends}
        assert ended == {name: ends["--check" in arguments] for name, ends in self.ends.items()}, [
            entry["result"].get("msg") for entry in run.results if entry["outcome"] == "failed"
        ]
        return run


def _end_of(entry: dict[str, Any]) -> str:
    if entry["outcome"] == "failed":
        return str(entry["result"].get("error_code", entry["result"]))
    return "changed" if entry["result"]["changed"] else "ok"


# --- A panel full of secrets


class World:
    """A panel that has something of everything, and the variables of a playbook that changes it.

    ``given`` are the variables. Those that begin with ``old_`` are what the panel has.
    """

    def __init__(self, panel: Simulator) -> None:
        self.panel = panel
        self.given: dict[str, Any] = {
            "password": AWKWARD,
            "old_password": f"{CANARY}-old-word",
            "token": f"{CANARY}/{'Z9y8X7w6' * 10}==",
            "old_token": f"{CANARY}+{'A1b2C3d4' * 10}==",
            "ftp_password": f"{CANARY}-ftp",
            "old_ftp_password": f"{CANARY}-old-ftp",
        }
        for name in ("old", "new", "server", "spare"):
            self.given |= {f"{name}_{key}": value for key, value in key_pair().items()}
        for name in ("old_ca", "ca"):
            self.given |= {f"{name}_{key}": value for key, value in authority(name).items()}
        self._fill()
        self.at_first = secrets_of(panel)

    @property
    def secrets(self) -> set[str]:
        """Everything that is or was secret, the public halves of keys left out."""
        given = {value for name, value in self.given.items() if not name.endswith(("public_key", "cert"))}
        return given | self.at_first | secrets_of(self.panel)

    def _fill(self) -> None:
        memory, given = self.panel.panel, self.given
        pairs = {
            name: {key: given[f"{name}_{key}"] for key in ("private_key", "public_key")} for name in ("old", "spare")
        }
        memory.add_server({"name": "spare", "address": "10.0.5.1/24", "listen_port": 51830, **pairs["spare"]})
        for number, name in enumerate(("alice", "bob", "carol", "dora"), start=10):
            keys = pairs["old"] if name == "bob" else {}
            address = {"wg_name": "Default", "allowed_IPs": f"10.0.0.{number}"}
            password = given["old_password"]
            memory.add_account({"name": name, "username": f"{name}_user", "password": password, **address, **keys})
        memory.add_account({"name": "tenant", "wg_name": "spare", "allowed_IPs": "10.0.5.2"})
        root = (given["old_ca_cert"], given["old_ca_key"])
        subject = {**dict.fromkeys(("country_name", "state_or_province_name", "locality"), ""), **SUBJECT}
        certificate, key = server_certificate({**subject, "organizational_unit": ""}, ["vpn.example.com"], root)
        memory.ikev2.update(ca_cert=root[0], ca_key=root[1], server_cert=certificate, server_key=key, enabled=True)
        memory.traffic_logging.update(
            enabled_influxdb=True,
            influxdb_url="http://192.0.2.9:8086",
            influxdb_bucket="b",
            influxdb_organization="o",
            influxdb_token=given["old_token"],
        )
        ftp = {"ftp_server": "192.0.2.9", "ftp_user": "u", "ftp_password": given["old_ftp_password"]}
        memory.backup_config.update(backup_to_ftp=True, **ftp)
        memory.add_otl("bob", "2026-01-01", "2099-01-01")
        memory.add_otl("alice", "2026-01-01", "2026-01-02")
        memory.add_backup("old.zip", "2026-01-01T00:00:00+01:00")
        self.panel.connect("ikev2", "bob")


SUBJECT = {"common_name": "vpn.example.com", "organization": "Example"}
SERVER = {"domain": "vpn.example.com", "ip": "203.0.113.200", **SUBJECT}


def keys(name: str) -> dict[str, str]:
    """Both keys of a pair, as options that take them from variables."""
    return {key: f"{{{{ {name}_{key} }}}}" for key in ("private_key", "public_key")}


def ca(name: str) -> dict[str, str]:
    """A root certificate and its key, likewise."""
    return {key: f"{{{{ {name}_{key} }}}}" for key in ("cert", "key")}


# --- Nothing comes out


def _add_accounts(tasks: Tasks) -> None:
    gina = {"name": "gina", "wg_name": "Default"}
    new, old = {"password": "{{ password }}"}, {"password": "{{ old_password }}"}
    erin = {"name": "erin", "username": "erin", "wg_name": "Default", "allowed_ips": "10.0.0.20"}
    for name, options, *ends in [
        ("made", {**erin, **new, **keys("new")}, "changed"),
        ("made by the panel", {"name": "frank", "wg_name": "Default"}, "changed"),
        ("changed", {"name": "alice", **new, "status": "disable"}, "changed"),
        ("unchanged", {"name": "bob", **old, **keys("old")}, "ok"),
        ("other keys", {"name": "bob", **old, **keys("server")}, "immutable_field"),
        ("recreated", {"name": "dora", **new, **keys("server"), "recreate": True}, "changed"),
        ("new keys", {"name": "frank", "rotate_keys": True}, "changed"),
        ("half a pair", {**gina, "private_key": "{{ spare_private_key }}"}, "missing_option"),
        ("two halves", {**gina, **keys("spare"), "public_key": "{{ new_public_key }}"}, "invalid_option"),
        ("bad key", {**gina, **keys("spare"), "private_key": "{{ password }}"}, "invalid_option"),
        ("taken", {**gina, **old, **keys("spare"), "allowed_ips": "10.0.0.11"}, "already_exists"),
        ("removed", {"name": "carol", "state": "absent"}, "changed"),
    ]:
        tasks.add(f"account, {name}", "account", options, *ends)


def _add_servers(tasks: Tasks) -> None:
    west = {"name": "west", "address": "10.0.0.1/24", "listen_port": 51901}
    for name, options, *ends in [
        ("made", {"name": "east", "address": "10.0.7.1/24", "listen_port": 51900, **keys("new")}, "changed"),
        ("changed", {"name": "Default", **keys("server")}, "changed"),
        ("unchanged", {"name": "spare", **keys("spare")}, "ok"),
        ("immutable", {"name": "spare", **keys("server"), "interface_name": "wg999"}, "immutable_field"),
        ("taken", {**west, **keys("old")}, "already_exists"),
        ("removed", {"name": "spare", "state": "absent", "force": True}, "changed"),
    ]:
        tasks.add(f"server, {name}", "wireguard", options, *ends)


def _add_ikev2(tasks: Tasks) -> None:
    gone = {"state": "absent"}
    for name, options, end in [
        ("unchanged", {"enabled": True, "ca": ca("old_ca")}, "ok"),
        ("another root", {"ca": ca("ca")}, "immutable_field"),
        ("two halves", {"ca": {**ca("ca"), "key": "{{ old_ca_key }}"}}, "invalid_option"),
        ("key alone", {"ca": {"key": "{{ ca_key }}"}}, "invalid_option"),
        ("recreated", {"ca": ca("ca"), "server": SERVER, "recreate": True}, "changed"),
        ("removed", {"enabled": False, "ca": gone, "server": gone}, "changed"),
    ]:
        tasks.add(f"ikev2, {name}", "ikev2", options, end)
    tasks.add("settings of ikev2", "ikev2_settings", {"rekey": "yes"}, "changed")
    tasks.add("session of bob", "ikev2_session", {"name": "bob"}, "changed")
    tasks.add("session of nobody", "ikev2_session", {"name": "nobody"}, "ok")


def _add_settings(tasks: Tasks) -> None:
    for module, option, new in [
        ("traffic_logging", "influxdb_token", "token"),
        ("backup_config", "ftp_password", "ftp_password"),
    ]:
        tasks.add(f"{module}, unchanged", module, {option: f"{{{{ old_{new} }}}}"}, "ok")
        tasks.add(f"{module}, changed", module, {option: f"{{{{ {new} }}}}"}, "changed")
        tasks.add(f"{module}, empty", module, {option: ""}, "invalid_option")
    forward = {"wg_name": "Default", "dst_port": 8080, "protocol": "tcp", "to_peer": "bob", "to_port": 80}
    rule = {"name": "web", "action": "ACCEPT", "protocol": "TCP", "d_port": 80}
    for module, options, end in [
        ("port_forward", forward, "changed"),
        ("firewall", {"policy_forward": "DROP"}, "changed"),
        ("firewall_rule", rule, "changed"),
        ("dns", {"max_cache_ttl": 600}, "changed"),
        ("system_config", {"wireguard_handshake_uptime": 200}, "changed"),
        ("reload", {}, "changed"),
        ("request", {"path": "license"}, "ok"),
        ("info", {"gather_subset": "all"}, "ok"),
        ("usage_info", {"stale_months": 1}, "ok"),
    ]:
        tasks.add(module, module, options, end)
    tasks.add("port_forward, wrong", "port_forward", {**forward, "to_port": 0}, "invalid_option")
    tasks.add("firewall_rule, wrong", "firewall_rule", {**rule, "s_ip": "x"}, "invalid_option")
    tasks.add("dns, wrong", "dns", {"max_cache_ttl": 5}, "invalid_option")
    tasks.add("system_config, wrong", "system_config", {"wireguard_handshake_uptime": 0}, "invalid_option")


def _add_files(tasks: Tasks, folder: Path) -> None:
    tasks.add("restored", "backup", {"name": "old.zip", "state": "restored"}, "changed")
    tasks.add("no such archive", "backup", {"name": "new.zip", "dest": str(folder / "new.zip")}, "not_found")
    tasks.add("archive", "backup", {"name": "old.zip", "dest": str(folder / "old.zip")}, "changed")
    tasks.add("new archive", "backup", {"dest": str(folder)}, "changed")
    for kind, ending in (("wireguard", "conf"), ("qr", "png"), ("ikev2", "sswan")):
        options = {"name": "bob", "format": kind, "dest": str(folder / f"bob.{ending}")}
        tasks.add(f"profile, {kind}", "account_profile", options, "changed")
    options = {"name": "nobody", "dest": str(folder / "nobody.conf")}
    tasks.add("profile of nobody", "account_profile", options, "not_found", "changed")
    bulk = {"formats": ["wireguard", "qr", "ikev2"], "dest": str(folder.with_name("many")), "folder_per_name": True}
    tasks.add("all profiles", "account_profile", {"all": True, **bulk}, "changed")
    tasks.add("profiles of nobody", "account_profile", {"names": ["bob", "nobody"], **bulk}, "files_failed", "changed")
    tasks.add("link that is there", "account_link", {"name": "bob"}, "ok")
    tasks.add("new link", "account_link", {"name": "alice"}, "changed")
    tasks.add("link for nobody", "account_link", {"name": "nobody"}, "not_found", "changed")
    file = {"name": "alice", "dest": str(folder.with_name("many") / "alice.link")}
    tasks.add("link to a file", "account_link", file, "changed")
    tasks.add(
        "link in a file that is refused",
        "account_link",
        {**file, "reuse": False, "validate": "false %s"},
        "validation_failed",
        "changed",
    )


def _add_documents(tasks: Tasks) -> None:
    bob = {"name": "bob", "password": "{{ password }}"}
    settings = {
        "traffic_logging": {"influxdb_token": "{{ token }}"},
        "backup_config": {"ftp_password": "{{ ftp_password }}"},
    }
    new = {"name": "gina", "wg_name": "Default", "password": "{{ password }}", **keys("spare")}
    for name, options, end in [
        ("changed", {"config": {"accounts": [bob, new], **settings}}, "changed"),
        ("recreated", {"config": {"accounts": [{"name": "alice", **keys("server")}]}, "recreate": True}, "changed"),
        ("immutable", {"config": {"accounts": [{**bob, **keys("new")}]}}, "invalid_config"),
        ("wrong", {"config": {"accounts": [{**new, "private_key": "{{ password }}"}]}}, "invalid_config"),
        ("no list", {"config": {"accounts": bob}}, "invalid_config"),
        ("too many", {"config": {"accounts": [bob]}, "purge": ["accounts"], "max_deletes": 0}, "removal_refused"),
    ]:
        # What is refused for real is reported in check mode.
        in_check_mode = "changed" if end == "removal_refused" else end
        tasks.add(f"document, {name}", "apply", options, end, in_check_mode)
    tasks.add("exported", "info", {"gather_subset": ["config"]}, "ok")
    files = {"dest": "{{ playbook_dir }}/exported", "vault_password": "{{ password }}"}
    tasks.add("exported to files", "export", files, "changed")


# The runs for real show what differs between both ways; check mode adds nothing to that.
RUNS = pytest.mark.parametrize(
    ("mode", "in_process"),
    [("--check", "true"), ("--diff", "true"), ("--diff", "false")],
    ids=["check", "in process", "as modules"],
)


@RUNS
def test_no_secret_is_seen_in_the_life_of_anything(
    start: Start, playbook: Playbook, tmp_path: Path, mode: str, in_process: str
) -> None:
    world = World(start(credential=HASH))
    memory = world.panel.panel
    folder, many = tmp_path / "kept", tmp_path / "many"
    folder.mkdir()
    many.mkdir()
    tasks = Tasks()
    tasks.at(world.panel)
    # The archives and profiles first, while the panel is as it was filled.
    _add_files(tasks, folder)
    _add_accounts(tasks)
    _add_servers(tasks)
    _add_ikev2(tasks)
    _add_settings(tasks)
    _add_documents(tasks)
    seen_before = secrets_of(world.panel)
    run = tasks.run(playbook, "-vvvv", "--diff", mode, secrets=world.given, PUQVPN_IN_PROCESS=in_process)

    assert leaks(run, world.secrets) == {}
    # The search does search: what is not secret is found wherever results are kept.
    assert {"output", "log"} < set(run.places_with(world.given["old_public_key"]))
    assert any(place.startswith("facts/") for place in run.places_with(world.given["old_public_key"]))
    if mode == "--check":
        assert secrets_of(world.panel) == seen_before
        assert [*folder.iterdir(), *many.iterdir()] == []
        return
    # The secrets did travel.
    assert memory.accounts["erin"]["password"] == memory.accounts["alice"]["password"] == AWKWARD
    assert memory.accounts["erin"]["private_key"] == world.given["new_private_key"]
    assert memory.accounts["dora"]["private_key"] == world.given["server_private_key"]
    assert memory.wireguard["Default"]["private_key"] == world.given["server_private_key"]
    assert memory.traffic_logging["influxdb_token"] == world.given["token"]
    assert memory.backup_config["ftp_password"] == world.given["ftp_password"]
    _check_kept(folder, world)


def _add_clients(tasks: Tasks) -> None:
    new, old = {"password": "{{ password }}"}, {"password": "{{ old_password }}"}
    gina, bob = {"name": "gina", "network_name": "Default", **new}, {"name": "bob", **new}
    for name, options, end in [
        ("made", {**gina, "name": "erin", "b_download": 5}, "changed"),
        ("changed", {"name": "alice", **new, "status": "disable"}, "changed"),
        ("unchanged", {"name": "bob", **old}, "ok"),
        ("recreated", {"name": "dora", **new, "username": "dora", "recreate": True}, "changed"),
        ("taken", {**gina, "ipv4": "10.0.0.11"}, "already_exists"),
        ("removed", {"name": "carol", "state": "absent"}, "changed"),
    ]:
        tasks.add(f"client, {name}", "client", options, end)
    for name, clients, end in [
        ("changed", [bob, gina], "changed"),
        ("immutable", [{**bob, "username": "other"}], "invalid_config"),
        ("no list", bob, "invalid_config"),
    ]:
        tasks.add(f"document, {name}", "apply", {"config": {"clients": clients}}, end)
    tasks.add("exported", "info", {"gather_subset": ["config"]}, "ok")
    files = {"dest": "{{ playbook_dir }}/exported", "vault_password": "{{ password }}"}
    tasks.add("exported to files", "export", files, "changed")


def _add_refused_clients(tasks: Tasks, refusing: World, lost: World) -> None:
    """The panels repeat passwords; the last client is removed, and neither the new nor the old one can be made."""
    new, words = {"password": "{{ password }}"}, [refusing.given[name] for name in ("password", "old_password")]
    _let_repeat(refusing.panel, "POST", "client", words[0])
    _let_repeat(refusing.panel, "PUT", "client/*", *words)
    _let_repeat(lost.panel, "POST", "client", *words)
    erin, alice = {"name": "erin", "network_name": "Default", "ipv4": "10.0.0.40", **new}, {"name": "alice", **new}
    tasks.add("client refused", "client", erin, "panel_refused", "changed")
    tasks.add("edit refused", "client", alice, "panel_refused", "changed")
    options = {"config": {"clients": [erin, alice]}, "on_error": "continue"}
    tasks.add("document refused", "apply", options, "changes_failed", "changed")
    tasks.at(lost.panel)
    dora = {"name": "dora", **new, "username": "dora", "recreate": True}
    tasks.add("client lost", "client", dora, "panel_refused", "changed")


CLIENT_FORMATS = ("wireguard", "wireguard_qr", "amneziawg", "amneziawg_qr", "openvpn", "ikev2")


@RUNS
def test_no_secret_is_seen_of_a_client(
    start: Start, playbook: Playbook, tmp_path: Path, mode: str, in_process: str
) -> None:
    world, refusing, lost = (World(start(generation=2, credential=HASH)) for _run in range(3))
    folder, many = tmp_path / "kept", tmp_path / "many"
    folder.mkdir()
    many.mkdir()
    tasks = Tasks()
    tasks.at(world.panel)
    for kind in CLIENT_FORMATS:
        options = {"name": "bob", "format": kind, "dest": str(folder / kind)}
        tasks.add(f"profile, {kind}", "client_profile", options, "changed")
    # Another format in the place of a file: the diff shows both.
    tasks.add("overwritten", "client_profile", {"name": "alice", "dest": str(folder / "openvpn")}, "changed")
    bulk = {"formats": list(CLIENT_FORMATS), "dest": str(folder.with_name("many")), "folder_per_name": True}
    tasks.add("all profiles", "client_profile", {"all": True, **bulk}, "changed")
    tasks.add("profiles of nobody", "client_profile", {"names": ["bob", "nobody"], **bulk}, "files_failed", "changed")
    file = {"name": "bob", "dest": str(folder.with_name("many") / "bob.link")}
    tasks.add("link to a file", "client_link", file, "changed")
    tasks.add(
        "link in a file that is refused",
        "client_link",
        {**file, "validate": "false %s"},
        "validation_failed",
        "changed",
    )
    tasks.add("link", "client_link", {"name": "bob"}, "changed")
    tasks.add("link for nobody", "client_link", {"name": "nobody"}, "not_found", "changed")
    _add_clients(tasks)
    tasks.at(refusing.panel)
    _let_repeat(refusing.panel, "GET", "client/bob/*", refusing.given["old_private_key"], f"{CANARY}-old-word")
    tasks.add("repeated", "client_profile", {"name": "bob", "dest": str(folder / "repeated")}, "panel_refused")
    _add_refused_clients(tasks, refusing, lost)
    run = tasks.run(playbook, "-vvvv", "--diff", mode, secrets=world.given, PUQVPN_IN_PROCESS=in_process)

    texts = [path.read_text() for path in folder.iterdir() if not path.name.endswith("_qr")]
    kept = {line.partition("= ")[2] for text in texts for line in text.splitlines() if line.startswith("PrivateKey")}
    assert leaks(run, world.secrets | refusing.secrets | lost.secrets | kept) == {}
    assert len(kept) == (3 if mode == "--diff" else 0)
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} <= {0o600}
    assert len(world.panel.panel.otls) == (5 if mode == "--diff" else 2)
    if mode == "--diff":
        accounts = world.panel.panel.accounts
        assert {accounts[name]["password"] for name in ("alice", "bob", "dora", "erin", "gina")} == {AWKWARD}
        assert run.result_of("client lost")["lost"]["username"] == "dora_user"


def _check_kept(folder: Path, world: World) -> None:
    """The files that are meant to hold secrets do, for their owner alone."""
    kept = {path.name: path for path in folder.iterdir()}
    (new,) = set(world.panel.panel.backups) - {"old.zip"}
    assert set(kept) == {"old.zip", new, "bob.conf", "bob.png", "bob.sswan"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept.values()} == {0o600}
    assert f"PrivateKey = {world.given['old_private_key']}\n" in kept["bob.conf"].read_text()
    assert kept["bob.png"].read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    assert json.loads(kept["bob.sswan"].read_text(), strict=False)["local"]["eap_id"] == "bob_user"
    for name in ("old.zip", new):
        with zipfile.ZipFile(kept[name]) as archive:
            accounts = json.loads(archive.read("accounts.json"))
        assert accounts["bob"]["private_key"] == world.given["old_private_key"]


# --- Whatever the panel says


def _repeated(text: str) -> str:
    """A refusal that repeats what was sent, as it is, as it was on the wire, and at its very end."""
    return f"It cannot be taken: {text} ({quote_plus(text)})"


def _let_repeat(panel: Simulator, method: str, path: str, *secrets: str) -> None:
    text = " and ".join(map(_repeated, secrets))
    panel.fault("error", method=method, path=path, times=None, text=text)


def test_no_secret_is_seen_when_the_panel_repeats_it(start: Start, playbook: Playbook) -> None:
    refusing, lost, bare = (World(start(credential=HASH)) for _run in range(3))
    given = refusing.given
    tasks = Tasks()
    tasks.at(refusing.panel)
    account = {"wg_name": "Default", "password": "{{ password }}", **keys("new")}
    _let_repeat(refusing.panel, "POST", "account", given["password"], given["new_private_key"])
    tasks.add("account made", "account", {"name": "erin", **account}, "panel_refused")
    _let_repeat(refusing.panel, "PUT", "account/*", given["password"], given["old_password"])
    tasks.add("account changed", "account", {"name": "alice", "password": "{{ password }}"}, "panel_refused")
    document = {"accounts": [{"name": "alice", "password": "{{ password }}"}, {"name": "erin", **account}]}
    options = {"config": document, "on_error": "continue"}
    tasks.add("document", "apply", options, "changes_failed")
    server = {"name": "east", "address": "10.0.7.1/24", "listen_port": 51900, **keys("new")}
    _let_repeat(refusing.panel, "POST", "wireguard", given["new_private_key"])
    tasks.add("server made", "wireguard", server, "panel_refused")
    _let_repeat(refusing.panel, "PUT", "wireguard/*", given["server_private_key"])
    tasks.add("server changed", "wireguard", {"name": "Default", **keys("server")}, "panel_refused")
    _let_repeat(refusing.panel, "PUT", "traffic_logging", given["token"], given["old_token"])
    tasks.add("token changed", "traffic_logging", {"influxdb_token": "{{ token }}"}, "panel_refused")
    _let_repeat(refusing.panel, "PUT", "backups/config", given["ftp_password"], given["old_ftp_password"])
    tasks.add("ftp changed", "backup_config", {"ftp_password": "{{ ftp_password }}"}, "panel_refused")
    (link,) = (key for key, one in refusing.panel.panel.otls.items() if one["account"] == "alice")
    _let_repeat(refusing.panel, "GET", "account/alice/otl", link)
    tasks.add("link", "account_link", {"name": "alice"}, "panel_refused")

    # The old account is removed, the new one is refused, and the old one cannot be put back either.
    old = lost.panel.panel.accounts["dora"]
    tasks.at(lost.panel)
    _let_repeat(
        lost.panel, "POST", "account", old["password"], old["private_key"], given["password"], given["new_private_key"]
    )
    tasks.add("account lost", "account", {"name": "dora", **account, "recreate": True}, "panel_refused")

    bare.panel.panel.ikev2.update(ca_cert="", ca_key="", server_cert="", server_key="", enabled=False)
    tasks.at(bare.panel)
    _let_repeat(bare.panel, "PUT", "ikev2/import_ca_rsa", given["ca_key"])
    tasks.add("root imported", "ikev2", {"ca": ca("ca")}, "panel_refused")
    run = tasks.run(playbook, "-vvvv", "--diff", secrets=given)

    assert leaks(run, refusing.secrets | lost.secrets | bare.secrets) == {}
    for name in tasks.ends:
        result = run.result_of(name)
        assert "It cannot be taken" in result["msg"], result
        assert "It cannot be taken" in result["panel_error"], result
    assert run.result_of("account lost")["restored"] is False
    assert run.result_of("account lost")["lost"]["username"] == "dora_user"


def test_no_part_of_a_secret_is_seen_where_a_long_refusal_is_cut_off(start: Start, playbook: Playbook) -> None:
    panel = start(credential=HASH)
    long = f"{CANARY}/{'Z9y8X7w6' * 10}"
    tasks = Tasks()
    tasks.at(panel)
    # Sentences show the first 500 characters of a text, so that the end of one password or another is cut off.
    for length in range(440, 500, 20):
        path = f"account/a{length}"
        panel.panel.add_account({"name": f"a{length}", "wg_name": "Default", "allowed_IPs": f"10.0.0.{length - 430}"})
        panel.fault("error", method="PUT", path=path, text=f"{'x' * length} {long}")
        options = {"name": f"a{length}", "password": "{{ long }}"}
        tasks.add(f"account {length}", "account", options, "panel_refused")
    run = tasks.run(playbook, "-vvvv", "--diff", secrets={"long": long})
    assert leaks(run, {long}) == {}


def test_the_credential_is_not_seen_when_the_panel_repeats_it(start: Start, playbook: Playbook, tmp_path: Path) -> None:
    world = World(start(credential=HASH))
    world.panel.fault("echo_credential", times=None)
    tasks = Tasks()
    tasks.at(world.panel)
    forward = {"wg_name": "Default", "dst_port": 8080, "protocol": "tcp", "to_peer": "bob", "to_port": 80}
    modules: dict[str, dict[str, Any]] = {
        "account": {"name": "alice", "wg_name": "Default", "password": "{{ password }}"},
        "wireguard": {"name": "east", **keys("new")},
        "port_forward": forward,
        "firewall": {"ip_forward": True},
        "firewall_rule": {"name": "web", "action": "ACCEPT"},
        "dns": {"enabled": True},
        "system_config": {"traffic_statistics_frequency": 6},
        "reload": {},
        "ikev2": {"ca": ca("ca")},
        "ikev2_settings": {"rekey": "yes"},
        "ikev2_session": {"name": "bob"},
        "traffic_logging": {"influxdb_token": "{{ token }}"},
        "backup": {"dest": str(tmp_path)},
        "backup_config": {"ftp_password": "{{ ftp_password }}"},
        "account_profile": {"name": "alice", "dest": str(tmp_path / "alice.conf")},
        "account_link": {"name": "alice"},
        "info": {},
        "usage_info": {},
    }
    for module, options in modules.items():
        tasks.add(module, module, options, "not_authorized")
    run = tasks.run(playbook, "-vvvv", "--diff", secrets=world.given)
    assert leaks(run, world.secrets) == {}
    for module in modules:
        assert f"Not authorized: {HIDDEN}" in run.result_of(module)["panel_error"]


def test_no_secret_is_seen_when_it_is_not_stored(start: Start, playbook: Playbook) -> None:
    forgetful, mistaken = World(start(credential=HASH)), World(start(credential=HASH))
    tasks = Tasks()
    tasks.at(forgetful.panel)
    for method in ("PUT", "POST"):
        forgetful.panel.fault("not_stored", method=method, times=None)
    code = "value_not_stored"
    erin = {"name": "erin", "wg_name": "Default", "allowed_ips": "10.0.0.20"}
    tasks.add("made", "account", {**erin, "password": "{{ password }}"}, "object_not_stored")
    tasks.add("password", "account", {"name": "alice", "password": "{{ password }}"}, code)
    tasks.add("key", "wireguard", {"name": "Default", **keys("server")}, code)
    tasks.add("token", "traffic_logging", {"influxdb_token": "{{ token }}"}, code)
    tasks.add("ftp", "backup_config", {"ftp_password": "{{ ftp_password }}"}, code)
    tasks.at(mistaken.panel)
    # The panel's own idea of a password, also after the edit that puts it right.
    stored = f"{CANARY}-of-the-panel"
    mistaken.panel.fault("wrong_value", method="POST", path="account", field="password", value=stored)
    mistaken.panel.fault("wrong_value", method="PUT", path="account/*", field="password", value=stored)
    options = {**erin, "password": "{{ password }}", "rollback": True}
    tasks.add("wrong", "account", options, code)
    run = tasks.run(playbook, "-vvvv", "--diff", secrets=forgetful.given)
    assert leaks(run, forgetful.secrets | mistaken.secrets) == {}
    fields = {name: run.result_of(name).get("fields") for name in tasks.ends if name != "made"}
    assert fields == {
        "password": ["password"],
        "key": ["private_key", "public_key"],
        "token": ["influxdb_token"],
        "ftp": ["ftp_password"],
        "wrong": ["password"],
    }


def test_a_secret_of_another_type_than_text_is_not_seen(start: Start, playbook: Playbook) -> None:
    world = World(start(credential=HASH))
    # YAML makes numbers of some passwords; some users put what is one value into a list or a dictionary.
    number = 40277180391726354
    given = {**world.given, "number": number, "pairs": {"word": AWKWARD}}
    tasks = Tasks()
    tasks.at(world.panel)
    tasks.add("number", "account", {"name": "alice", "password": "{{ number }}"}, "changed")
    tasks.add("list", "account", {"name": "bob", "password": ["{{ password }}"]}, "invalid_option")
    tasks.add("dictionary", "account", {"name": "carol", "password": "{{ pairs }}"}, "invalid_option")
    tasks.add("list in a part", "ikev2", {"ca": {"key": ["{{ password }}"]}}, "invalid_option")
    tasks.add("choice", "account", {"name": "dora", **keys("new"), "status": "on"}, "invalid_option")
    tasks.add("unknown option", "account", {"name": "dora", "password": "{{ password }}", "a": 1}, "invalid_option")
    tasks.add("text for a part", "ikev2", {"ca": "{{ ca_key }}"}, "invalid_option")
    tasks.add("list for a part", "ikev2", {"ca": ["{{ ca_key }}"]}, "invalid_option")
    tasks.add("part in a list", "ikev2", {"ca": [ca("ca")]}, "invalid_option")
    tasks.add("unknown part", "ikev2", {"ca": {**ca("ca"), "a": 1}}, "invalid_option")
    tasks.add("port", "backup_config", {"ftp_password": "{{ password }}", "ftp_server_port": "x"}, "invalid_option")
    run = tasks.run(playbook, "-vvvv", "--diff", secrets=given)
    assert leaks(run, {*world.secrets, str(number)}) == {}


# --- The diff


def test_the_diff_says_that_a_secret_changes_and_no_more(start: Start, playbook: Playbook, tmp_path: Path) -> None:
    world = World(start(credential=HASH))
    profile = {"name": "bob", "dest": str(tmp_path / "bob.conf")}
    tasks = Tasks()
    tasks.at(world.panel)
    tasks.add("first profile", "account_profile", profile, "changed")
    replace = {"path": profile["dest"], "regexp": "(?<=PrivateKey = ).*", "replace": "{{ new_private_key }}"}
    tasks.blocks[-1]["block"].append({"name": "another key", "ansible.builtin.replace": replace, "diff": False})
    tasks.add("profile", "account_profile", profile, "changed")
    tasks.add("password", "account", {"name": "alice", "password": "{{ password }}"}, "changed")
    tasks.add("private_key", "account", {"name": "dora", **keys("new"), "recreate": True}, "changed")
    tasks.add("private_key of a server", "wireguard", {"name": "Default", **keys("server")}, "changed")
    tasks.add("influxdb_token", "traffic_logging", {"influxdb_token": "{{ token }}"}, "changed")
    tasks.add("ftp_password", "backup_config", {"ftp_password": "{{ ftp_password }}"}, "changed")
    tasks.add("ca.key", "ikev2", {"ca": ca("ca"), "server": SERVER, "recreate": True}, "changed")
    # With --diff and nothing else, the printed output is little more than the diff.
    run = tasks.run(playbook, "--diff", secrets=world.given)
    assert leaks(run, world.secrets) == {}
    printed = {
        name: [line for line in text.splitlines() if line.startswith(("-", "+")) and line[:3] not in ("---", "+++")]
        for name, text in re.findall(r"^TASK \[(.+?)\] \*+$(.+?)(?=^TASK|\Z)", run.output, re.MULTILINE | re.DOTALL)
    }
    for name in tasks.ends:
        if "profile" in name:
            continue
        diff, field = run.result_of(name)["diff"], name.split(" ", maxsplit=1)[0]
        assert diff["before"][field] != diff["after"][field], name
        assert HIDDEN in diff["before"][field], name
        assert HIDDEN in diff["after"][field], name
        assert {line[0] for line in printed[name] if f'"{field}"' in line} == {"-", "+"}, printed[name]
    # Of a profile in which nothing but the key is another one, something is said as well.
    diff = run.result_of("profile")["diff"]
    assert diff["before"] != diff["after"]
    assert f"PrivateKey = {HIDDEN}" in diff["after"]
    assert printed["profile"]


# --- What is asked for


def test_secrets_are_returned_where_they_are_asked_for(start: Start, playbook: Playbook, tmp_path: Path) -> None:
    world = World(start(credential=HASH))
    memory, given = world.panel.panel, world.given
    link_of_bob = next(key for key, one in memory.otls.items() if one["account"] == "bob")
    old_dora = dict(memory.accounts["dora"])
    tasks = Tasks()
    tasks.at(world.panel)
    frank = {"name": "frank", "wg_name": "Default"}
    for name, module, options, end in [
        ("unchanged account", "account", {"name": "bob"}, "ok"),
        ("changed account", "account", {"name": "alice", "password": "{{ password }}"}, "changed"),
        ("recreated account", "account", {"name": "dora", **keys("new"), "recreate": True}, "changed"),
        ("generated account", "account", frank, "changed"),
        ("unchanged server", "wireguard", {"name": "spare"}, "ok"),
        ("generated server", "wireguard", {"name": "east"}, "changed"),
        ("unchanged ikev2", "ikev2", {"enabled": True}, "ok"),
        ("logging", "traffic_logging", {"influxdb_token": "{{ token }}"}, "changed"),
        ("schedule", "backup_config", {"ftp_password": "{{ ftp_password }}"}, "changed"),
        ("link that is there", "account_link", {"name": "bob"}, "ok"),
        ("new link", "account_link", {"name": "alice"}, "changed"),
    ]:
        tasks.add(name, module, {**options, "include_secrets": True}, end)
    run = tasks.run(playbook, "--diff", secrets=given)

    for name, account in [("unchanged", "bob"), ("changed", "alice"), ("recreated", "dora"), ("generated", "frank")]:
        told = run.result_of(f"{name} account")["account"]
        held = memory.accounts[account]
        assert (told["password"], told["private_key"]) == (held["password"], held["private_key"])
    assert run.result_of("changed account")["account"]["password"] == AWKWARD
    for name, server in [("unchanged server", "spare"), ("generated server", "east")]:
        assert run.result_of(name)["wireguard"]["private_key"] == memory.wireguard[server]["private_key"]
    told = run.result_of("unchanged ikev2")["ikev2"]
    for part in ("ca", "server"):
        assert told[part]["key"].split() == memory.ikev2[f"{part}_key"].split()
    assert run.result_of("logging")["traffic_logging"]["influxdb_token"] == given["token"]
    assert run.result_of("schedule")["backup_config"]["ftp_password"] == given["ftp_password"]
    assert run.result_of("link that is there")["url"] == f"{world.panel.url}/otl/{link_of_bob}"
    (link,) = (key for key, one in memory.otls.items() if one["account"] == "alice" and one["lifetime"] > "2026-01-02")
    assert run.result_of("new link")["url"] == f"{world.panel.url}/otl/{link}"
    # The diff and the options in the result stay without, and so does what is printed as long as nobody wants more.
    for name in tasks.ends:
        result = run.result_of(name)
        shown = json.dumps([result["diff"], result.get("invocation")])
        assert not [secret for secret in world.secrets for piece in pieces_of(secret) if piece in shown], name
        assert CANARY not in shown, name
    for piece in {CANARY}.union(*(pieces_of(secret) for secret in world.secrets | {old_dora["private_key"]})):
        assert piece not in run.output


# --- Words


def test_words_stay_intact_when_passwords_are_made_of_them(start: Start, playbook: Playbook) -> None:
    panel = start(credential=HASH)
    words = ["stat", "enable", "a", "true", "1", "name"]
    given = {f"word{number}": word for number, word in enumerate(words)}
    tasks = Tasks()
    tasks.at(panel)
    for number, word in enumerate(words):
        options = {"name": f"{word}_account", "username": f"{word}-user", "wg_name": "Default", "b_download": 1}
        password = {"password": f"{{{{ word{number} }}}}"}
        another = {"password": f"{{{{ word{(number + 1) % len(words)} }}}}"}
        address = {"allowed_ips": f"10.0.0.1{number}"}
        tasks.add(f"made, {word}", "account", {**options, **password, **address, "status": "enable"}, "changed")
        tasks.add(f"same, {word}", "account", {**options, **password}, "ok")
        tasks.add(f"changed, {word}", "account", {**options, **another, "status": "disable"}, "changed")
        other = {**options, **another, "username": "another", "wg_name": "a_name"}
        tasks.add(f"immutable, {word}", "account", other, "immutable_field")
        tasks.add(f"wrong, {word}", "account", {**options, **password, "b_upload": -1}, "invalid_option")
    run = tasks.run(playbook, "-vvvv", "--diff", secrets=given)

    for number, word in enumerate(words):
        held = {"name": f"{word}_account", "username": f"{word}-user", "wg_name": "Default"}
        public = panel.panel.accounts[f"{word}_account"]["public_key"]
        numbers = {"b_download": 1, "b_upload": 0, "mangle": 100 + number}
        account = {**held, "allowed_ips": f"10.0.0.1{number}", "public_key": public, **numbers}
        made, same = run.result_of(f"made, {word}"), run.result_of(f"same, {word}")
        assert made["account"] == same["account"] == {**account, "status": "enable"}
        assert made["diff"]["after"] == {
            **{name: account[name] for name in ("name", "wg_name", "username", "allowed_ips", "b_download")},
            "status": "enable",
            "password": HIDDEN,
        }
        assert (made["unverified"], same["diff"]) == ([], {"before": {}, "after": {}})
        changed = run.result_of(f"changed, {word}")
        assert changed["account"] == {**account, "status": "disable"}
        assert {end: shown["status"] for end, shown in changed["diff"].items()} == {
            "before": "enable",
            "after": "disable",
        }
        said = f"account {word}_account has another wg_name and username, which cannot be changed afterwards"
        assert said in run.result_of(f"immutable, {word}")["msg"]
        assert run.result_of(f"immutable, {word}")["fields"] == ["wg_name", "username"]
        assert "b_upload must be a whole number from 0 to 10000, not -1." in run.result_of(f"wrong, {word}")["msg"]
    for name in tasks.ends:
        for path in hidden_at(run.result_of(name)):
            assert path.rsplit(".", maxsplit=1)[-1] in SECRET_OPTIONS, (name, path)
    # The same on paper: every line with something hidden in it is that of a secret.
    marked = [line for line in run.output.splitlines() if re.search(r"(?<!\*)\*{8}(?!\*)", line)]
    assert any('"password"' in line for line in marked)
    secret_line = re.compile(rf'^[-+ ]*"({"|".join(SECRET_OPTIONS)})": "\*{{8}}( \(changed\))?",?$')
    assert [line for line in marked if not secret_line.match(line)] == []
    assert "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER" not in run.output


def test_words_stay_intact_when_ansible_itself_refuses_an_option(start: Start, playbook: Playbook) -> None:
    words = ["stat", "enable", "a", "true", "1", "name"]
    tasks = Tasks()
    tasks.at(start(credential=HASH))
    for number, word in enumerate(words):
        options = {"name": f"{word}_account", "password": f"{{{{ word{number} }}}}"}
        tasks.add(f"no choice, {word}", "account", {**options, "status": "on"}, "invalid_option")
    run = tasks.run(playbook, "-vvvv", secrets={f"word{number}": word for number, word in enumerate(words)})
    for word in words:
        result = run.result_of(f"no choice, {word}")
        assert result["msg"] == "value of status must be one of: enable, disable, got: on"
        # ansible-core 2.21 leaves the invocation out.
        invocation = result.get("invocation")
        assert invocation is None or invocation["module_args"]["name"] == f"{word}_account"
        assert {path.rsplit(".", maxsplit=1)[-1] for path in hidden_at(result)} <= set(SECRET_OPTIONS)


def test_the_sentences_of_errors_stay_intact_when_a_password_is_one_of_their_words(
    start: Start, playbook: Playbook
) -> None:
    panel = start(credential=HASH)
    tasks = Tasks()
    tasks.at(panel)
    panel.fault("login_page", method="PUT", times=None)
    words = {"word0": "a", "word1": "page", "word2": "account", "word3": "url"}
    for number, name in enumerate(words):
        panel.panel.add_account({"name": name, "wg_name": "Default", "allowed_IPs": f"10.0.0.1{number}"})
        tasks.add(name, "account", {"name": name, "password": f"{{{{ {name} }}}}"}, "answer_is_html")
    run = tasks.run(playbook, secrets=words)
    for name in words:
        said = run.result_of(name)["msg"]
        assert said.startswith(f"PUT account/{name} on {panel.url} failed: the answer is a web page"), said
        assert HIDDEN not in said


@pytest.mark.parametrize("in_process", ["true", "false"])
def test_ansible_itself_masks_secrets_and_no_words(start: Start, playbook: Playbook, in_process: str) -> None:
    """ansible-core masks registered secrets since 2.22: no words of free-form data, and no short secrets."""
    pytest.importorskip("ansible.module_utils.secrets")
    panel = start(credential=HASH)
    panel.panel.add_account({"name": "bob", "wg_name": "Default", "allowed_IPs": "10.0.0.10", "password": AWKWARD})
    alice = {"name": "alice", "wg_name": "Default", "username": "a", "password": "enable", "status": "disable"}
    tasks = Tasks()
    tasks.at(panel)
    tasks.add("apply", "apply", {"config": {"accounts": [alice], "dns": {"enabled": True}}}, "changed")
    tasks.add("account", "account", {"name": "bob"}, "ok")
    words = "a, alice, Default, disable, enable, true, wireguard and 1"
    shown = f"{words}; {{{{ hash }}}}; {{{{ password }}}}"
    tasks.blocks.append({"name": "debug", "ansible.builtin.debug": {"msg": shown}})
    run = tasks.run(playbook, "-v", secrets={"password": AWKWARD}, PUQVPN_IN_PROCESS=in_process)
    assert f"{words}; $REDACTED$; $REDACTED$" in run.output
    assert run.output.count("$REDACTED$") == 2


# --- Profiles


@contextmanager
def _umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def _mode(path: Path) -> str:
    return f"{stat.S_IMODE(path.stat().st_mode):04o}"


def test_a_profile_is_written_as_copy_writes_files(start: Start, playbook: Playbook, tmp_path: Path) -> None:
    panel = start(credential=HASH)
    panel.panel.add_account({"name": "alice", "wg_name": "Default", "allowed_IPs": "10.0.0.10"})
    key = panel.panel.accounts["alice"]["private_key"]
    folder = tmp_path / "profiles of clients"
    folder.mkdir()
    old = "[Interface]\nAddress = 10.0.0.99/24\n"
    for name in ("tight", "valid", "invalid", "planned"):
        (folder / f"{name}.conf").write_text(old)
        (folder / f"{name}.conf").chmod(0o644)
    tell_all = '/bin/sh -c \'cat "$1"; cat "$1" >&2; exit 3\' sh %s'
    owner = {"owner": str(os.getuid()), "group": str(os.getgid())}

    tasks = Tasks()
    tasks.at(panel)
    planned = {"check_mode": True}
    for name, file, options, end, keywords in [
        ("plan of a new file", "nothing", {}, "changed", planned),
        ("plan of a new file with a mode", "nothing", {"mode": "0640", **owner}, "changed", planned),
        ("plan of other content", "planned", {"validate": tell_all}, "changed", planned),
        ("new", "new", {}, "changed", {}),
        ("plan of the same", "new", {}, "ok", planned),
        ("plan of a mode", "new", {"mode": "0640"}, "changed", planned),
        ("same", "new", {}, "ok", {}),
        ("same, never validated", "new", {"validate": tell_all}, "ok", {}),
        ("same, mode said", "new", {"mode": "0600", **owner}, "ok", {}),
        ("other content", "tight", {}, "changed", {}),
        ("new with a mode", "mode", {"mode": "0640", **owner}, "changed", {}),
        ("same with a mode", "mode", {"mode": "u=rw,g=r,o=", **owner}, "ok", {}),
        ("mode alone", "mode", {"mode": "0444"}, "changed", {}),
        ("valid", "valid", {"validate": "grep -q PrivateKey %s"}, "changed", {}),
        ("invalid", "invalid", {"validate": tell_all}, "validation_failed", {}),
        ("new and invalid", "nothing", {"validate": tell_all}, "validation_failed", {}),
        ("no place for the file", "nothing", {"validate": "true"}, "invalid_option", {}),
    ]:
        dest = {"name": "alice", "dest": str(folder / f"{file}.conf")}
        tasks.add(name, "account_profile", {**dest, **options}, end, **keywords)
    # Nothing but the module itself keeps others out.
    with _umask(0):
        run = tasks.run(playbook, "-vvvv", "--diff")

    assert leaks(run, secrets_of(panel)) == {}
    # Neither a temporary file nor one that was only planned.
    files = {path.stem: path for path in folder.iterdir()}
    assert set(files) == {"tight", "valid", "invalid", "planned", "new", "mode"}
    for name in ("new", "mode", "tight", "valid"):
        assert f"PrivateKey = {key}\n" in files[name].read_text(), name
    for name in ("invalid", "planned"):
        assert (files[name].read_text(), _mode(files[name])) == (old, "0644"), name
    assert {name: _mode(files[name]) for name in ("new", "mode", "tight", "valid")} == {
        "new": "0600",
        "mode": "0444",
        "tight": "0600",
        "valid": "0600",
    }
    told = run.result_of("new with a mode")
    assert {name: told[name] for name in ("dest", "mode", "state", "uid", "gid")} == {
        "dest": str(files["mode"]),
        "mode": "0640",
        "state": "file",
        "uid": os.getuid(),
        "gid": os.getgid(),
    }
    assert told["size"] == files["mode"].stat().st_size
    assert run.result_of("new")["mode"] == "0600"
    for name in ("invalid", "new and invalid"):
        assert "exited with code 3" in run.result_of(name)["msg"]
        assert "dest is unchanged" in run.result_of(name)["msg"]


def test_a_profile_without_a_mode_is_closed_again(start: Start, playbook: Playbook, tmp_path: Path) -> None:
    panel = start(credential=HASH)
    panel.panel.add_account({"name": "alice", "wg_name": "Default", "allowed_IPs": "10.0.0.10"})
    tasks = Tasks()
    tasks.at(panel)
    dest = tmp_path / "alice.conf"
    options = {"name": "alice", "dest": str(dest)}
    tasks.add("open", "account_profile", {**options, "mode": "0644"}, "changed")
    tasks.add("plan", "account_profile", options, "changed", check_mode=True)
    tasks.add("close", "account_profile", options, "changed")
    tasks.add("closed", "account_profile", options, "ok")
    run = tasks.run(playbook, "--diff")
    assert [run.result_of(name)["mode"] for name in ("open", "close", "closed")] == ["0644", "0600", "0600"]
    assert _mode(dest) == "0600"
