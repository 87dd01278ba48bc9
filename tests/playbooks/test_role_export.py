# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role export: a panel as files, the same to the letter, from which the role panel makes it again."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.vault import VaultLib, VaultSecret
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._document.sections import LAYOUTS
from ansible_collections.puqcloud.puqvpn.tests.playbooks.runs import (
    COLLECTION,
    EITHER_GENERATION,
    Playbook,
    Run,
    Start,
    play_of_panels,
    variables_of,
)
from ansible_collections.puqcloud.puqvpn.tests.unit.test_export import furnish
from simulator import Simulator

PASSWORD = "c4nary-vault-password"
FILES = {f"puqvpn_panel_{section}.yml" for section in LAYOUTS[1].sections}
EXPORTED = "Export the panel to files on the controller"


# What means something to YAML, to Ansible or to a terminal, or may be the end of a line to one of them.
HOSTILE = [
    "a\u2028b: c\u2029d",
    "a\x85b\x0bc\x0cd\x1ce",
    "a\r\nb\tc\x00d",
    "a\x1b[2J\x9b31m\u202eb\ufeff",
    "---\nputs: 1\n...",
    '"\n  injected: "1',
    "'",
    "!unsafe a",
    "!!python/object/apply:os.system [touch pwned]",
    "&a *a",
    "\\",
    "{{",
    "{{ lookup('ansible.builtin.pipe', 'touch pwned') }}",
    "y " * 2000,
]


def awkward(panel: Simulator) -> None:
    """Fill the panel with texts and names that are easily taken for something else."""
    furnish(panel, 3, 8 + len(HOSTILE))
    memory = panel.panel
    for account, password in zip(list(memory.accounts.values())[8:], HOSTILE):
        account["password"] = password
    long = {**memory.accounts["user_0010"], "name": "long" * 400}
    memory.accounts["user_0010"] = long
    memory.accounts = {account["name"]: account for account in memory.accounts.values()}
    passwords = [
        "{{ 6 * 7 }}",
        "{% raw %}",
        "{# no #}",
        "two\n  lines: {{ 1 }}",
        "\u00fc \U0001f600 '\"\\",
        "yes",
        # A number to YAML, and long enough to be found nowhere by chance: the runs are searched for it.
        "0123456701234567",
    ]
    for account, password in zip(memory.accounts.values(), passwords):
        account["password"] = password
    memory.accounts["yes"] = {**memory.accounts.pop("user_0007"), "name": "yes", "username": "123"}
    memory.traffic_logging.update(influxdb_token="c4nary-{{ token }}", influxdb_bucket="{{ bucket }}")
    memory.backup_config.update(ftp_password="c4nary-ftp", ftp_user="- user: #1", ftp_path="/{%")


class Tree:
    """An inventory whose host_vars are exported, and runs of roles for its only host."""

    def __init__(self, playbook: Playbook, folder: Path) -> None:
        self._playbook = playbook
        self.base = folder / "tree"
        self.folder = self.base / "host_vars" / "vpn1"
        self.base.mkdir()

    def run(self, role: str, panel: Simulator, *arguments: str, vault: bool = False, **variables: Any) -> Run:
        inventory, play, password = (self.base / name for name in ("inventory.yml", "play.yml", "password"))
        connection = {"url": panel.url, "access_hash": panel.credential}
        if vault:
            password.write_text(PASSWORD)
            arguments = (*arguments, "--vault-password-file", str(password))
            variables.update(export_vault=True, export_vault_password=PASSWORD)
        given = {f"puqvpn_{name}": value for name, value in variables.items()}
        # The role export depends neither on the Python of modules, nor on an environment of the play.
        hosts = {
            "vpn1": given,
            "localhost": {"ansible_connection": "local", "ansible_python_interpreter": "/not/there"},
        }
        inventory.write_text(yaml.safe_dump({"all": {"hosts": hosts}}))
        content = play_of_panels(connection, roles=[f"puqcloud.puqvpn.{role}"])
        if role == "export":
            content["vars"]["ansible_python_interpreter"] = "/not/there"
            content["environment"] = {"PUQVPN_URL": panel.url}
            del content["module_defaults"]["group/puqcloud.puqvpn.all"]["url"]
        play.write_text(yaml.safe_dump([content]))
        return self._playbook(play, "-i", str(inventory), "--limit", "vpn1", *arguments)

    def content(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.folder.iterdir()} if self.folder.exists() else {}

    def secrets(self) -> str:
        return VaultLib([("default", VaultSecret(PASSWORD.encode()))]).decrypt(self.content()["vault.yml"]).decode()


@pytest.fixture
def tree(playbook: Playbook, tmp_path: Path) -> Tree:
    """A folder without anything in it."""
    return Tree(playbook, tmp_path)


def secrets_of(panel: Simulator) -> set[str]:
    memory = panel.panel
    keys = {one["private_key"] for one in (*memory.accounts.values(), *memory.wireguard.values())}
    return keys | {"c4nary", memory.accounts["user_0006"]["password"]}


def mode(path: Path) -> str:
    return f"{stat.S_IMODE(path.stat().st_mode):04o}"


def test_files_without_secrets_that_stay_the_same(start: Start, tree: Tree) -> None:
    panel = start()
    awkward(panel)
    predicted = tree.run("export", panel, "--check")
    assert (predicted.code, tree.content()) == (0, {}), predicted.output
    assert predicted.changed == [EXPORTED]
    first = tree.run("export", panel)
    assert first.code == 0, first.output
    assert first.changed == predicted.changed
    content = tree.content()
    assert set(content) == FILES
    assert {mode(path) for path in tree.folder.iterdir()} == {"0644"}
    text = b"".join(content.values()).decode()
    assert [secret for secret in secrets_of(panel) if secret in text] == []
    panel.reset_counters()
    again = tree.run("export", panel)
    assert (again.code, again.changed, tree.content()) == (0, [], content), again.output
    assert panel.connections == 1


def test_a_panel_is_made_again_from_its_files(start: Start, tree: Tree) -> None:
    panel, other = start(), start()
    awkward(panel)
    run = tree.run("export", panel, "-vvvv", "--diff", vault=True)
    assert run.code == 0, run.output
    assert {secret: places for secret in secrets_of(panel) if (places := run.places_with(secret))} == {}
    content, secrets = tree.content(), tree.secrets()
    assert set(content) == {*FILES, "vault.yml"}
    assert content["vault.yml"].startswith(b"$ANSIBLE_VAULT;1.1;AES256\n")
    assert mode(tree.folder / "vault.yml") == "0600"
    plain = b"".join(text for name, text in content.items() if name != "vault.yml").decode()
    assert [secret for secret in secrets_of(panel) if secret in plain] == []

    # Nothing differs on the panel itself, and an empty one becomes the same.
    purge = ["firewall_rules", "wireguard", "accounts", "port_forwards"]
    same = tree.run("panel", panel, "-vvvv", vault=True, panel_purge=purge)
    assert (same.code, same.changed) == (0, []), same.output
    other.panel.remove_server("Default")
    made = tree.run("panel", other, "-vvvv", "--diff", vault=True, panel_purge=purge)
    assert made.code == 0, made.output
    assert {secret: places for secret in secrets_of(panel) if (places := made.places_with(secret))} == {}
    for kind, names in (("accounts", ("password", "private_key", "username")), ("wireguard", ("private_key",))):
        old, new = getattr(panel.panel, kind), getattr(other.panel, kind)
        assert {key: [one[name] for name in names] for key, one in old.items()} == {
            key: [one[name] for name in names] for key, one in new.items()
        }
    for name in ("influxdb_token", "influxdb_bucket"):
        assert other.panel.traffic_logging[name] == panel.panel.traffic_logging[name]
    for name in ("ftp_password", "ftp_user", "ftp_path"):
        assert other.panel.backup_config[name] == panel.panel.backup_config[name]

    # The other panel is the same to the letter, also what is encrypted.
    again = tree.run("export", other, vault=True)
    assert (again.code, again.changed, tree.content()) == (0, [], content), again.output
    other.panel.accounts["user_0001"]["password"] = "c4nary-other"
    changed = tree.run("export", other, "--diff", vault=True)
    assert (changed.code, changed.changed) == (0, [EXPORTED])
    assert tree.secrets() == secrets.replace('!unsafe "{% raw %}"', '"c4nary-other"')
    assert changed.places_with("c4nary") == []


def test_a_2x_panel_is_made_again_from_its_files(start: Start, playbook: Playbook, tmp_path: Path) -> None:
    panels = {"vpn1": start(generation=2), "vpn2": start(generation=2)}
    panel, other = panels.values()
    for simulated in panels.values():
        simulated.network("office", address="10.26.0.1/24")
    people = (("alice", "Default", "10.0.0.7"), ("bob", "office", "10.26.0.7"), ("yes", "Default", "10.0.0.9"))
    for name, network, address in people:
        client = {"name": name, "username": f"{name}_1", "password": f"c4nary-{{{{ {name}", "b_download": 5}
        panel.panel.add_account({**client, "wg_name": network, "allowed_IPs": address})
    panel.panel.dns["max_cache_ttl"] = 77
    other.panel.add_account({"name": "eve", "wg_name": "Default", "allowed_IPs": "10.0.0.8"})
    other.panel.add_account({"name": "ops", "wg_name": "office", "allowed_IPs": "10.26.0.8"})

    inventory, password = tmp_path / "inventory.yml", tmp_path / "password"
    inventory.write_text(yaml.safe_dump({"all": {"hosts": {n: variables_of(one) for n, one in panels.items()}}}))
    password.write_text(PASSWORD)
    folder = tmp_path / "group_vars" / "all"
    variables: dict[str, dict[str, Any]] = {
        "export": {
            "export_folder": str(folder),
            "export_format": "json",
            "export_vault": True,
            "export_vault_password": PASSWORD,
        },
        "panel": {"panel_purge": ["clients"], "panel_purge_scope": ["Default"]},
    }

    def run(role: str, *arguments: str) -> Run:
        play = play_of_panels(EITHER_GENERATION, roles=[f"puqcloud.puqvpn.{role}"])
        play["vars"].update({f"puqvpn_{name}": value for name, value in variables[role].items()})
        (tmp_path / f"{role}.yml").write_text(yaml.safe_dump([play]))
        return playbook(tmp_path / f"{role}.yml", "-i", str(inventory), "-vvvv", "--diff", *arguments)

    exported = run("export", "--limit", "vpn1")
    assert exported.code == 0, exported.output
    content = {path.name: path.read_text() for path in folder.iterdir()}
    assert set(content) == {"puqvpn_panel_dns.yml", "puqvpn_panel_clients.yml", "vault.yml"}
    assert yaml.safe_load(content["puqvpn_panel_clients.yml"])["puqvpn_panel_clients"][1] == {
        **{"name": "bob", "network_name": "office", "status": "enable", "username": "bob_1"},
        **{"ipv4": "10.26.0.7", "ipv6": "", "b_download": 5, "b_upload": 0},
    }

    # Nothing differs on the panel itself. The other one becomes the same, but for what is on another network.
    applied = run("panel", "--vault-password-file", str(password))
    assert applied.code == 0, applied.output
    changed = [entry["host"] for entry in applied.results if entry["result"].get("changed")]
    assert changed == ["vpn2"]
    clients = other.panel.accounts
    assert set(clients) == {"alice", "bob", "yes", "ops"}
    for name in ("alice", "bob", "yes"):
        for field in ("username", "password", "wg_name", "allowed_IPs", "b_download"):
            assert clients[name][field] == panel.panel.accounts[name][field]
    assert other.panel.dns["max_cache_ttl"] == 77
    assert exported.places_with("c4nary") == applied.places_with("c4nary") == []
    assert "c4nary" not in content["puqvpn_panel_clients.yml"]


def test_sections_that_are_gone_lose_their_files_and_nobody_else_does(start: Start, tree: Tree) -> None:
    panel = start()
    assert tree.run("export", panel).code == 0
    # Where a panel holds nothing of a kind, there is nothing to purge.
    same = tree.run("panel", panel, panel_purge=["firewall_rules", "wireguard", "accounts", "port_forwards"])
    assert (same.code, same.changed) == (0, []), same.output
    mine = {"puqvpn_panel_purge.yml": b"puqvpn_panel_purge: [accounts]\n", "vault.yml": b"secret: 1\n", "a.txt": b"a"}
    for name, text in mine.items():
        (tree.folder / name).write_bytes(text)
    panel.fault("error", method="GET", path="ikev2/advanced_settings", text="strongSwan is not installed", times=None)
    predicted, happened = tree.run("export", panel, "--check"), tree.run("export", panel)
    assert predicted.changed == happened.changed == [EXPORTED]
    assert "strongSwan is not installed" in " ".join(happened.output.split())
    content = tree.content()
    assert set(content) == {*FILES, *mine} - {"puqvpn_panel_ikev2_settings.yml"}
    assert {name: content[name] for name in mine} == mine


def test_neither_a_link_nor_a_pipe_is_followed_or_opened(start: Start, playbook: Playbook, tmp_path: Path) -> None:
    panel = start()
    outside = tmp_path / "outside"
    outside.write_text("mine")
    dns = "puqvpn_panel_dns.yml"
    makes: dict[str, tuple[str, Callable[[Path], None]]] = {
        "link": (dns, lambda place: place.symlink_to(outside)),
        "broken": (dns, lambda place: place.symlink_to(tmp_path / "nowhere")),
        "pipe": (dns, os.mkfifo),
        "vault_link": ("vault.yml", lambda place: place.symlink_to(outside)),
        "vault_pipe": ("vault.yml", os.mkfifo),
    }
    for host, (name, make) in makes.items():
        (tmp_path / "tree" / host).mkdir(parents=True)
        make(tmp_path / "tree" / host / name)
    inventory, play = tmp_path / "inventory.yml", tmp_path / "play.yml"
    inventory.write_text(yaml.safe_dump({"all": {"hosts": dict.fromkeys(makes, {})}}))
    connection = {"url": panel.url, "access_hash": panel.credential}
    content = play_of_panels(connection, roles=["puqcloud.puqvpn.export"])
    content["vars"].update(
        puqvpn_export_folder=f"{tmp_path}/tree/{{{{ inventory_hostname }}}}",
        puqvpn_export_vault="{{ inventory_hostname is match('vault') }}",
        puqvpn_export_vault_password=PASSWORD,
    )
    play.write_text(yaml.safe_dump([content]))
    run = playbook(play, "-i", str(inventory))
    told = [entry["result"]["msg"] for entry in run.results if entry["outcome"] == "failed"]
    assert len(told) == len(makes), run.output
    assert all(text.startswith(f"Nothing was written. {tmp_path}/tree/") for text in told)
    assert sum("is a symbolic link" in text for text in told) == 3
    assert sum("is a named pipe" in text for text in told) == 2
    assert outside.read_text() == "mine"
    assert not (tmp_path / "nowhere").exists()
    assert sorted(path.name for path in (tmp_path / "tree").rglob("*") if path.parent.name in makes) == [
        *(dns,) * 3,
        *("vault.yml",) * 2,
    ]


def test_what_the_role_did_not_write_is_not_overwritten(start: Start, tree: Tree) -> None:
    panel = start()
    tree.folder.mkdir(parents=True)
    dns = tree.folder / "puqvpn_panel_dns.yml"
    dns.write_text("puqvpn_panel_dns: {}\n")
    run = tree.run("export", panel)
    assert run.code == 2
    said = run.result_of(EXPORTED)["msg"]
    assert f"Nothing was written. {dns} was not written by this module: remove it" in said
    assert tree.content() == {dns.name: b"puqvpn_panel_dns: {}\n"}


@pytest.mark.parametrize("password", [PASSWORD, "another", None])
def test_an_encrypted_file_of_somebody_else_stays(start: Start, tree: Tree, password: str | None) -> None:
    text = b"mine: c4nary-secret\n"
    if password:
        text = VaultLib().encrypt(text, VaultSecret(password.encode()), "default")
    # Not in host_vars: Ansible itself would have to read it there.
    tree.folder = tree.base / "elsewhere"
    tree.folder.mkdir()
    (tree.folder / "vault.yml").write_bytes(text)
    variables = {"export_folder": str(tree.folder), "export_vault": True, "export_vault_password": PASSWORD}
    run = tree.run("export", start(), "-vvvv", **variables)
    assert run.code == 2
    said = run.result_of(EXPORTED)["msg"]
    assert said.startswith(
        f"Nothing was written. Either {tree.folder}/vault.yml was not written by this module, or its password differs"
    )
    assert tree.content() == {"vault.yml": text}
    assert run.places_with("c4nary") == []


@pytest.mark.parametrize("vault", [False, True])
def test_why_a_panel_cannot_be_read_is_told(start: Start, tree: Tree, vault: bool) -> None:
    for panel, text in ((start(), "Not authorized"), (start(licensed=False), "The license is not active")):
        if text == "Not authorized":
            panel.fault("error", text=f"{text}\n\x1b[2J", times=None)
        run = tree.run("export", panel, vault=vault)
        assert run.code == 2
        assert text in run.result_of(EXPORTED)["msg"]
        assert run.result_of(EXPORTED)["msg"].isprintable()
        assert tree.content() == {}


def test_secrets_without_a_password_are_refused(start: Start, tree: Tree) -> None:
    panel = start()
    run = tree.run("export", panel, export_vault=True)
    assert run.code == 2
    assert "puqvpn_export_vault_password is not set" in run.result_of("Require a password for secrets")["msg"]
    assert panel.connections == 0


def test_nothing_is_known_after_the_role(start: Start, tree: Tree, playbook: Playbook) -> None:
    panel = start()
    awkward(panel)
    variables = {
        "puqvpn_export_folder": str(tree.folder),
        "puqvpn_export_vault": True,
        "puqvpn_export_vault_password": "{{ lookup('ansible.builtin.env', 'VAULT_PASSWORD') }}",
    }
    connection = {"PUQVPN_URL": panel.url, "PUQVPN_ACCESS_HASH": panel.credential}
    run = playbook(
        [
            {"name": "Export", "ansible.builtin.include_role": {"name": "puqcloud.puqvpn.export"}, "vars": variables},
            {"name": "Show", "ansible.builtin.debug": {"msg": "{{ hostvars[inventory_hostname] }}"}},
        ],
        "-vvvv",
        VAULT_PASSWORD=PASSWORD,
        **connection,
    )
    assert run.code == 0, run.output
    assert set(tree.content()) == {*FILES, "vault.yml"}
    assert {secret: places for secret in secrets_of(panel) if (places := run.places_with(secret))} == {}


def test_the_playbook_of_the_readme_works(start: Start, playbook: Playbook, tmp_path: Path) -> None:
    panel = start()
    (text,) = re.findall(r"```yaml\n(.*?)```", (COLLECTION / "roles/export/README.md").read_text(), re.DOTALL)
    readme, inventory, password = (tmp_path / name for name in ("readme.yml", "inventory.yml", "password"))
    readme.write_text(text.replace("~/.vault_password", str(password)))
    password.write_text(f"{PASSWORD}\n")
    connection = {"puqvpn_url": panel.url, "puqvpn_access_hash": panel.credential}
    inventory.write_text(yaml.safe_dump({"panels": {"hosts": {"vpn1": connection}}}))
    run = playbook(readme, "-i", str(inventory))
    assert run.code == 0, run.output
    assert {path.name for path in (tmp_path / "host_vars" / "vpn1").iterdir()} == {*FILES, "vault.yml"}
