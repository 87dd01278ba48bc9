# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every guide is followed to the letter: its files are written, its commands run, and its promises looked at."""

from __future__ import annotations

import copy
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from configparser import ConfigParser
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any, ClassVar
from urllib.parse import parse_qs

import pytest
import yaml
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._crypto import pair_problems
from ansible_collections.puqcloud.puqvpn.tests.playbooks.awx import Awx
from ansible_collections.puqcloud.puqvpn.tests.playbooks.runs import (
    COLLECTION,
    Start,
    environment_in,
    environment_of,
)
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import client_of, writes_to
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import run
from simulator import Simulator, server

DOCSITE = COLLECTION / "docs" / "docsite"
PANEL = "https://vpn.example.com"
REFERENCE = {"operations", "error_codes"}
# Guides that need ansible-rulebook, which tests/eda follows.
OF_RULEBOOKS = {"events"}
BLOCK = re.compile(r"^\.\. code-block:: (\S+)\n((?:  :.*\n)*)\n((?:  .*\n|\n)+)", re.MULTILINE)


@dataclass
class File:
    """A file that the reader of a guide writes."""

    name: str
    content: str


@dataclass
class Command:
    """A command that the reader of a guide runs, and what the guide shows of its output and its exit code."""

    line: str
    shown: list[str]
    code: int = 0


def steps_of(guide: str) -> list[File | Command]:
    """What the reader of a guide does, from the top to the end; nothing in it may look like a step and be none."""
    text = (DOCSITE / "rst" / f"{guide}.rst").read_text()
    blocks = BLOCK.findall(text)
    assert len(blocks) == text.count("code-block")
    assert set(re.findall(r"^ *\.\. (\S+)::", text, re.MULTILINE)) <= {"code-block", "list-table"}
    assert not re.search(r"^(?! *\.\. ).*::$", text, re.MULTILINE)
    steps: list[File | Command] = []
    for language, options, indented in blocks:
        content = re.sub("^  ", "", indented, flags=re.MULTILINE).strip("\n") + "\n"
        if language == "console":
            steps += _commands(content)
        else:
            (name,) = re.findall(r":caption: (\S+)\n", options)
            steps.append(File(name, content))
    return steps


def _commands(content: str) -> list[Command]:
    assert content.startswith("$ ")
    commands: list[Command] = []
    for part in content.removeprefix("$ ").split("\n$ "):
        line, *shown = part.rstrip("\n").split("\n")
        if line == "echo $?":
            commands[-1].code = int(*shown)
        else:
            commands.append(Command(line, [one for one in shown if one != "..."]))
    return commands


class Reader:
    """Follows a guide in an empty folder, with a shell that keeps its environment from one command to the next."""

    def __init__(self, guide: str, home: Path) -> None:
        self.left = steps_of(guide)
        self.folder = home / "guide"
        self.folder.mkdir()
        self.environment = {
            **environment_in(home),
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "PUQVPN_TEST_RECORD": os.devnull,
        }
        self.typed = ""
        self.instead: dict[str, str] = {}
        self._exported = home / "exported"
        self.open_new_shell()

    def at(self, panel: Simulator) -> None:
        """Let the panel of the guide be this one, and the environment lead to it."""
        self.instead[PANEL] = panel.url
        variables = environment_of(panel)
        self.environment |= variables
        # The shell remembers the environment of earlier commands.
        with self._exported.open("a") as exported:
            exported.writelines(f"export {name}='{value}'\n" for name, value in variables.items())

    def open_new_shell(self) -> None:
        """Forget what earlier commands have exported."""
        self._exported.write_text("")

    def follow(self, to: str = "") -> str:
        """Do what the guide says, up to the next time of this command or to the end, and return its output."""
        output = ""
        while self.left:
            step = self.left.pop(0)
            if isinstance(step, File):
                path = self.folder / step.name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(self._replaced(step.content))
                continue
            output = self._does(step)
            if to and step.line == to:
                return output
        assert not to, f"the guide does not say {to}"
        return output

    def _replaced(self, text: str) -> str:
        for old, new in self.instead.items():
            text = text.replace(old, new)
        return text

    def run(self, line: str, **environment: str) -> tuple[int, str]:
        """Run a command, and return its exit code and its output, with the names that the guide has."""
        keep = f'code=$?; export -p > "{self._exported}"; exit $code'
        done = subprocess.run(
            ["bash", "-c", f'. "{self._exported}"\n{self._replaced(line)}\n{keep}'],
            cwd=self.folder,
            env={**self.environment, **environment},
            input=self.typed,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        output = done.stdout
        for old, new in self.instead.items():
            output = output.replace(new, old)
        return done.returncode, output

    def _does(self, command: Command) -> str:
        code, output = self.run(command.line)
        assert code == command.code, f"{command.line}\n{output}"
        assert "[DEPRECATION WARNING]" not in output, output
        lines = iter(line.rstrip() for line in output.splitlines())
        assert [line for line in command.shown if line not in lines] == [], f"{command.line}\n{output}"
        return output


@pytest.fixture
def reader(request: pytest.FixtureRequest) -> Iterator[Reader]:
    """The reader of the guide that the test is named after, who leaves nothing out."""
    # A short path: ansible-core puts a socket there, whose path must not be longer than 107 characters.
    with TemporaryDirectory(prefix="g") as home:
        reader = Reader(request.function.__name__.removeprefix("test_"), Path(home))
        yield reader
    assert reader.left == []


def test_every_guide_is_followed_by_the_test_of_its_name() -> None:
    guides = {path.stem for path in (DOCSITE / "rst").glob("*.rst")} - REFERENCE
    assert {f"test_{guide}" for guide in guides - OF_RULEBOOKS} <= set(globals())
    sections = yaml.safe_load((DOCSITE / "extra-docs.yml").read_text())["sections"]
    listed = [page for section in sections if section["title"] != "Reference" for page in section["toctree"]]
    assert sorted(listed) == sorted(guides)


@pytest.mark.parametrize("generation", [1, 2])
def test_first_steps(reader: Reader, start: Start, generation: int) -> None:
    panel = start(generation=generation)
    reader.instead[PANEL] = panel.url
    if generation == 2:
        text = (DOCSITE / "rst" / "first_steps.rst").read_text()
        reader.instead |= dict(re.findall(r"^  \* - ``(.*)``\n    - ``(.*)``$", text, re.MULTILINE))
    reader.typed = f"{panel.credential}\n"
    # The collection comes from a build of this checkout instead of Galaxy, and from nowhere else.
    reader.run(f"ansible-galaxy collection build {COLLECTION} --output-path ..")
    (tarball,) = reader.folder.parent.glob("*.tar.gz")
    reader.instead["install puqcloud.puqvpn"] = f"install --offline {tarball}"
    del reader.environment["ANSIBLE_COLLECTIONS_PATH"]
    reader.follow(to="ansible localhost -m puqcloud.puqvpn.puqvpn_status")
    assert '"name": "Default"' in reader.follow(
        to="ansible localhost -m puqcloud.puqvpn.puqvpn_info -a gather_subset=wireguard,accounts"
    )
    reader.follow(to="ansible-playbook account.yml --check --diff")
    assert panel.panel.accounts == {}
    reader.follow(to="ansible-playbook account.yml")
    key = panel.panel.accounts["anna"]["private_key"]
    assert f"PrivateKey = {key}\n" in (reader.folder / "anna.conf").read_text()
    reader.follow()
    assert panel.panel.accounts["anna"]["b_download"] == 100
    vault = (reader.folder / "vault.yml").read_text()
    assert "$ANSIBLE_VAULT" in vault
    assert panel.credential not in vault


def test_accounts_from_csv(reader: Reader, start: Start) -> None:
    panel = start()
    reader.at(panel)
    accounts = panel.panel.accounts
    panel.panel.add_server({"name": "other"})
    address = next(iter(panel.panel.free_addresses("other")))
    panel.panel.add_account({"name": "elsewhere", "wg_name": "other", "allowed_IPs": address})
    panel.panel.add_account({"name": "gone", "wg_name": "Default", "allowed_IPs": "10.0.0.99"})
    reader.follow(to="ansible-playbook accounts.yml --check --diff")
    assert set(accounts) == {"elsewhere", "gone"}
    reader.follow(to="ansible-playbook accounts.yml")
    assert set(accounts) == {"elsewhere", "gone", "anna", "bert", "carl"}
    reader.follow(to="ansible-playbook accounts.yml")
    assert '"gone"' in reader.follow(to="ansible-playbook accounts.yml --check --diff")
    assert set(accounts) == {"elsewhere", "gone", "anna", "bert", "carl"}
    reader.follow(to="ansible-playbook accounts.yml")
    assert set(accounts) == {"elsewhere", "anna", "bert", "carl"}
    values = {name: [accounts[name][field] for field in ("b_download", "status")] for name in ("anna", "bert", "carl")}
    assert values == {"anna": [100, "enable"], "bert": [20, "enable"], "carl": [0, "disable"]}
    assert accounts["anna"]["allowed_IPs"] == "10.0.0.10"
    reader.follow(to="ansible-playbook accounts.yml --diff")
    assert set(accounts) == {"elsewhere", "anna", "bert", "dora"}
    panel.reset_counters()
    assert "nothing was written" in reader.follow()
    (reader.folder / "broken.csv").write_text("name,wg_name\nanna,Default\nbert\n")
    code, output = reader.run("ansible-playbook accounts.yml -e csv_file=broken.csv")
    assert (code, "Line 3 has too few cells: 1 of 2." in " ".join(output.split())) == (2, True), output
    assert {request.method for request in panel.requests} == {"GET"}


def test_expiring_accounts(reader: Reader, start: Start) -> None:
    panel = start()
    reader.at(panel)
    today = datetime.now(timezone.utc).date()
    soon, past = str(today + timedelta(days=10)), str(today - timedelta(days=1))
    people = reader.folder / "people.yml"

    def statuses() -> dict[str, str]:
        return {name: account["status"] for name, account in panel.panel.accounts.items()}

    reader.instead |= {"2027-01-31": soon, "2027-12-31": str(today + timedelta(days=300))}
    reader.follow(to="cat ends.txt")
    assert statuses() == {"anna": "enable", "bert": "enable"}
    # The day after the date.
    people.write_text(people.read_text().replace(soon, past))
    reader.instead["2027-01-31"] = past
    reader.follow(to="cat ends.txt")
    assert statuses() == {"anna": "enable", "bert": "disable"}
    panel.reset_counters()
    output = reader.follow(to="ansible-playbook accounts.yml --check --diff")
    assert "disable" not in output
    # What cron would run, and mail: nothing on a day on which nothing happens.
    crontab = (reader.folder / "crontab").read_text()
    (job,) = re.findall(r"^(?:\S+ ){5}(cd .*)$", crontab, re.MULTILINE)
    job = job.replace("/srv/vpn", str(reader.folder))
    assert reader.run(job) == (0, "")
    _code, output = reader.run(f"(export PUQVPN_ACCESS_HASH=wrong; {job})")
    assert '"error_code": "not_authorized"' in output
    assert writes_to(panel) == []
    reader.follow(to="ansible-playbook accounts.yml")
    assert statuses() == {"anna": "enable", "bert": "enable"}
    reader.follow()
    assert statuses() == {"anna": "enable"}


class Keycloak(BaseHTTPRequestHandler):
    """The operations of the admin API of Keycloak that the guide uses, with the members of a group."""

    members: ClassVar[list[dict[str, Any]]] = []

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        accepted = {"grant_type": ["client_credentials"], "client_id": ["ansible"], "client_secret": ["c4nary-secret"]}
        path = "/realms/example/protocol/openid-connect/token"
        self._answer({"access_token": "c4nary-token"} if (self.path, form) == (path, accepted) else None)

    def do_GET(self) -> None:
        answers = {
            "/admin/realms/example/group-by-path/vpn": {"id": "a1b2", "name": "vpn", "path": "/vpn"},
            "/admin/realms/example/groups/a1b2/members?max=5000": self.members,
        }
        allowed = self.headers["Authorization"] == "Bearer c4nary-token"
        self._answer(answers.get(self.path) if allowed else None)

    def _answer(self, content: Any) -> None:
        self.send_response(401 if content is None else 200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(content).encode())

    def log_message(self, *_arguments: Any) -> None:
        pass


class Onboarding:
    """A panel, and how its people come and go as the reader follows the guide."""

    def __init__(self, reader: Reader, panel: Simulator) -> None:
        self.reader, self.panel = reader, panel
        self.users = reader.folder / "users" / "vpn.example.com"
        reader.environment["ANSIBLE_COLLECTIONS_PATH"] += f":{Path(__file__).with_name('stand_ins')}"

    def enabled(self) -> set[str]:
        return {name for name, account in self.panel.panel.accounts.items() if account["status"] == "enable"}

    def spreadsheet(self) -> None:
        run = "ansible-playbook -i inventory.yml from_csv.yml"
        self.reader.follow(to=f"{run} --check --diff")
        assert self.panel.panel.accounts == {}
        self.reader.follow(to=run)
        accounts = self.panel.panel.accounts
        assert {name: account["b_download"] for name, account in accounts.items()} == {
            "anna": 100,
            "bert": 100,
            "carl": 20,
        }
        self.reader.follow(to=run)
        listed = self.reader.follow(to="cat users/vpn.example.com/handout.csv")
        assert f"carl,carl@example.com,mobile,enabled,Default,{accounts['carl']['allowed_IPs']}," in listed
        self.panel.reset_counters()
        output = self.reader.follow(to=f"{run} -e puqvpn_users_csv=mistakes.csv")
        for line in (2, 3, 4):
            assert f"Line {line} (" in output
        assert {request.method for request in self.panel.requests} == {"GET"}

    def leaver(self) -> None:
        self.reader.follow(to="rm -r users/vpn.example.com/bert")
        assert self.enabled() == {"anna", "carl"}

    def archive(self) -> None:
        # What a recipient types when asked for it.
        self.reader.instead["-iter 600000 -in"] = "-iter 600000 -pass 'pass:correct horse battery staple' -in"
        listed = self.reader.follow(to="python3 -m zipfile --list anna.zip")
        assert ("anna.conf" in listed, "anna.png" in listed) == (True, True)
        assert "correct horse" not in (self.reader.folder / "vault.yml").read_text()

    def mail(self) -> None:
        mails = self.reader.folder.parent / "mails"
        self.reader.environment |= {"PUQVPN_TEST_MAILS": str(mails), "SMTP_PASSWORD": "c4nary-smtp"}
        self.reader.follow(to="ansible-playbook -i inventory.yml mail.yml")
        (mail,) = map(json.loads, mails.read_text().splitlines())
        assert (mail["to"], mail["host"]) == (["anna@example.com"], "smtp.example.com")
        assert (self.users / "anna/anna.link").read_text().strip() in mail["body"]

    def ldap(self) -> None:
        def entry(uid: str, *groups: str, **more: str) -> dict[str, Any]:
            of = [f"cn={group},ou=groups,dc=example,dc=com" for group in groups]
            return {
                "dn": f"uid={uid},ou=people,dc=example,dc=com",
                "uid": uid,
                "memberOf": of if of[1:] else of[0],
                **more,
            }

        members = [entry("anna", "vpn", "staff", "printers", mail="anna@example.com"), entry("dora", "vpn")]
        search = "ou=people,dc=example,dc=com (memberOf=cn=vpn,ou=groups,dc=example,dc=com)"
        bind = {"bind_dn": "cn=ansible,dc=example,dc=com", "bind_pw": "replace-with-your-password"}
        directory = self.reader.folder.parent / "ldap.json"
        directory.write_text(json.dumps({**bind, "entries": {search: members}}))
        self.reader.environment["PUQVPN_TEST_LDAP"] = str(directory)
        self.reader.follow(to="ansible-playbook -i inventory.yml from_ldap.yml")
        assert self.enabled() == {"anna", "dora"}
        accounts = self.panel.panel.accounts
        assert [accounts[name]["b_download"] for name in ("anna", "dora")] == [100, 20]

    def keycloak(self) -> None:
        Keycloak.members = [
            {"username": "dora", "email": "dora@example.com", "enabled": True},
            {"username": "emil.e@example.com", "enabled": True},
            {"username": "anna", "enabled": False},
        ]
        with ThreadingHTTPServer(("127.0.0.1", 0), Keycloak) as server:
            Thread(target=server.serve_forever).start()
            self.reader.instead |= {
                "https://keycloak.example.com": f"http://127.0.0.1:{server.server_port}",
                "replace-with-your-secret": "c4nary-secret",
            }
            self.reader.follow()
            server.shutdown()
        assert self.enabled() == {"dora", "emil_e_example_com"}


def test_onboarding(reader: Reader, start: Start) -> None:
    header = re.compile(r"\A(# (Copyright|GNU|SPDX).*\n)+\n?")
    examples = (COLLECTION / "examples" / "onboarding").iterdir()
    files = {step.name: step.content for step in reader.left if isinstance(step, File)}
    assert {name: files[name] for name in files if name != "vault.yml"} == {
        path.name: header.sub("", path.read_text()) for path in examples if path.suffix != ".license"
    }
    panel = start()
    reader.at(panel)
    onboarding = Onboarding(reader, panel)
    onboarding.spreadsheet()
    onboarding.leaver()
    onboarding.archive()
    onboarding.mail()
    onboarding.ldap()
    onboarding.keycloak()
    log = (reader.folder.parent / "ansible.log").read_text()
    secrets = {account[name] for account in panel.panel.accounts.values() for name in ("password", "private_key")}
    secrets |= set(panel.panel.otls) | {"c4nary", "correct horse", "replace-with-your-password"}
    assert [secret for secret in secrets if secret in log] == []


def test_rotate_passwords(reader: Reader, start: Start) -> None:
    panel = start()
    reader.at(panel)
    panel.panel.add_server({"name": "other"})
    other = next(iter(panel.panel.free_addresses("other")))
    panel.panel.add_account({"name": "elsewhere", "wg_name": "other", "allowed_IPs": other})
    for at, name in enumerate(("anna", "bert", "carl")):
        panel.panel.add_account({"name": name, "wg_name": "Default", "allowed_IPs": f"10.0.0.1{at}"})
    old = {name: account["password"] for name, account in panel.panel.accounts.items()}
    reader.follow(to="ansible-playbook passwords.yml")
    assert {name: account["password"] for name, account in panel.panel.accounts.items()} == old
    reader.follow(to="ansible-playbook rotate.yml")
    new = {name: account["password"] for name, account in panel.panel.accounts.items()}
    assert {name for name in old if old[name] == new[name]} == {"elsewhere"}
    assert len(set(new.values())) == 4
    shown = yaml.safe_load(reader.follow())
    del new["elsewhere"]
    assert shown == {"passwords": new}
    for path in reader.folder.parent.rglob("*"):
        assert not path.is_file() or not any(password in path.read_text() for password in new.values()), path


def test_lost_phone(reader: Reader, start: Start) -> None:
    panel, second = start(), start(generation=2)
    reader.at(panel)
    reader.instead["https://vpn2.example.com"] = second.url
    reader.typed = f"{second.credential}\n"
    memory = panel.panel
    for at, name in enumerate(("anna", "bert")):
        memory.add_account({"name": name, "wg_name": "Default", "username": name, "allowed_IPs": f"10.0.0.1{at}"})
        panel.connect("ikev2", name)
    forward = {"dst_port": 8080, "protocol": "tcp", "to_peer": "anna", "to_port": 80}
    memory.port_forwards["Default"]["8080_tcp"] = dict(forward)
    memory.add_otl("anna", "2026-01-01", "2099-01-01")
    old = dict(memory.accounts["anna"])

    def lives(name: str) -> tuple[str, bool]:
        with client_of(panel) as client:
            sessions = run(client, "info", gather_subset=["online"])["info"]["online"]["ikev2"]
        return memory.accounts[name]["status"], name in [session["name"] for session in sessions]

    reader.follow(to="ansible-playbook lock.yml -e account=anna")
    assert (lives("anna"), lives("bert")) == (("disable", False), ("enable", True))
    assert reader.run("ansible-playbook lock.yml -e account=anna")[1].count("changed=0 ") == 1
    links = "ansible localhost -m puqcloud.puqvpn.puqvpn_info -a gather_subset=otl"
    assert '"account": "anna"' in reader.follow(to=links)
    reader.follow(to="ansible-playbook renew.yml -e account=anna --check --diff")
    assert memory.accounts["anna"] == {**old, "status": "disable"}
    reader.follow(to="ls renewed/anna")
    new = memory.accounts["anna"]
    same = ("name", "wg_name", "username", "allowed_IPs", "b_download", "b_upload", "status")
    assert {field: new[field] for field in same} == {field: old[field] for field in same}
    assert all(new[field] != old[field] for field in ("private_key", "public_key", "password"))
    assert memory.port_forwards["Default"] == {"8080_tcp": forward}
    folder = reader.folder / "renewed" / "anna"
    assert f"PrivateKey = {new['private_key']}\n" in (folder / "anna.conf").read_text()
    assert (folder / "anna.password").read_text().split()[0] == new["password"]
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    reader.follow(to="ansible-playbook lock.yml -e account=bert")
    assert lives("bert") == ("disable", False)
    reader.follow(to="ansible-playbook remove.yml -e account=bert")
    assert list(memory.accounts) == ["anna"]

    values = {"username": "carl", "password": "of-carl", "b_download": 7}
    second.panel.add_account({"name": "carl", "wg_name": "Default", "allowed_IPs": "10.0.0.7", **values})
    old = dict(second.panel.accounts["carl"])
    del reader.environment["PUQVPN_ACCESS_HASH"]
    reader.follow()
    new = second.panel.accounts["carl"]
    assert (new["username"], new["allowed_IPs"], new["b_download"]) == ("carl_2", "10.0.0.7", 7)
    assert all(new[field] != old[field] for field in ("private_key", "password"))
    assert f"PrivateKey = {new['private_key']}\n" in (reader.folder / "renewed/carl/carl.conf").read_text()
    log = (reader.folder.parent / "ansible.log").read_text()
    assert [value for value in (new["private_key"], new["password"]) if value in log] == []


def test_rotate_server_keys(reader: Reader, start: Start) -> None:
    panel = start()
    reader.at(panel)
    memory = panel.panel
    for at, name in enumerate(("anna", "bert")):
        memory.add_account({"name": name, "wg_name": "Default", "allowed_IPs": f"10.0.0.1{at}"})
    memory.port_forwards["Default"]["8080_tcp"] = {
        "dst_port": 8080,
        "protocol": "tcp",
        "to_peer": "anna",
        "to_port": 80,
    }
    old = {field: memory.wireguard["Default"][field] for field in ("private_key", "public_key")}
    accounts, forwards = copy.deepcopy(memory.accounts), copy.deepcopy(memory.port_forwards)
    keys = "ansible-playbook server_keys.yml -e server=Default"
    reader.follow(to=f"{keys} --check --diff")
    assert memory.wireguard["Default"]["public_key"] == old["public_key"]
    reader.follow(to=keys)
    new = memory.wireguard["Default"]["public_key"]
    assert new != old["public_key"]
    assert list(pair_problems(memory.wireguard["Default"])) == []
    for name in ("anna", "bert"):
        assert f"PublicKey = {new}\n" in (reader.folder / f"profiles/{name}/{name}.conf").read_text()
    reader.follow(to=keys)

    # A panel that has not taken the keys.
    memory.wireguard["Default"].update(old)
    reader.follow(to="ansible-playbook -i inventory.yml save.yml")
    reader.follow(to="ansible-playbook -i inventory.yml recreate_server.yml -e server=Default")
    assert memory.wireguard["Default"]["public_key"] == new
    marks = {name: account.pop("mangle") for name, account in accounts.items()}
    assert {name: {**account, "mangle": marks[name]} for name, account in memory.accounts.items()} == {
        name: {**account, "mangle": marks[name]} for name, account in accounts.items()
    }
    assert memory.port_forwards == forwards
    assert "changed=0 " in reader.follow(to=keys)
    reader.follow()
    log = (reader.folder.parent / "ansible.log").read_text()
    assert [
        value["private_key"]
        for value in (*memory.wireguard.values(), *accounts.values())
        if value["private_key"] in log
    ] == []


def test_from_uri_to_apply(reader: Reader, start: Start) -> None:
    wanted = {"anna": (100, "10.0.0.10"), "bert": (20, "10.0.0.11"), "carl": (20, "10.0.0.12")}
    page = (DOCSITE / "rst" / "from_uri_to_apply.rst").read_text()
    panel = start()
    reader.at(panel)
    for playbook in ("with_uri.yml", "with_apply.yml"):
        panel.reset()
        panel.panel.change_server("Default", {"b_download": 10, "b_upload": 10})
        told = re.findall(rf"\* - ``{playbook}``\n    - (\d+)\n    - (\d+)\n", page)
        needed = []
        for _run in range(2):
            panel.reset_counters()
            reader.follow(to=f"ansible-playbook {playbook}")
            needed.append(str(len(panel.requests)))
            accounts = panel.panel.accounts.items()
            assert {name: (one["b_download"], one["allowed_IPs"]) for name, one in accounts} == wanted
        assert told == [tuple(needed)]


def test_speed(reader: Reader, start: Start) -> None:
    panel = start()
    reader.at(panel)
    reader.follow(to="ansible-playbook loop.yml")
    assert panel.connections == 1
    assert list(panel.panel.accounts) == ["anna", "bert", "carl", "dora"]
    reader.follow(to="ansible-playbook together.yml")
    assert len(panel.panel.accounts) == 44
    panel.reset_counters()
    reader.follow(to="ansible-playbook together.yml")
    assert sum(panel.counts().values()) == 2
    reader.follow(to="ansible-playbook files.yml")
    handed_out = reader.folder / "handed_out"
    assert len(list(handed_out.iterdir())) == 40
    panel.reset_counters()
    reader.follow()
    assert sum(panel.counts().values()) == 1 + 2 * 40


def test_move_a_panel(reader: Reader, start: Start) -> None:
    old, new = start(), start()
    reader.instead |= {"https://old.example.com": old.url, "https://new.example.com": new.url}
    hashes = {"vault_old_hash": old.credential, "vault_new_hash": new.credential}
    (reader.folder / "vault.yml").write_text(yaml.safe_dump(hashes))
    old.panel.remove_server("Default")
    old.panel.add_server({"name": "office", "address": "10.30.0.1/24", "external_ip": "198.51.100.10", "ikev2": True})
    for at, name in enumerate(("anna", "bert")):
        old.panel.add_account({"name": name, "wg_name": "office", "allowed_IPs": f"10.30.0.1{at}"})
    old.panel.dns.update(max_cache_ttl=77)
    subject = {"common_name": "vpn.example.com", "organization": "Example"}
    certificates = {"ca": subject, "server": {**subject, "domain": "vpn.example.com", "ip": "198.51.100.10"}}
    with client_of(old) as client:
        run(client, "ikev2", enabled=True, **certificates)
    before = old.state()
    reader.follow(to="ansible-playbook move.yml --check --diff")
    assert {request.method for request in new.requests} == {"GET"}
    reader.follow()
    assert old.state() == before
    log = (reader.folder.parent / "ansible.log").read_text()
    assert [name for name, account in old.panel.accounts.items() if account["private_key"] in log] == []
    assert new.panel.accounts == old.panel.accounts
    assert new.panel.dns == old.panel.dns
    assert list(new.panel.wireguard) == ["office"]
    servers = [panel.panel.wireguard["office"] for panel in (old, new)]
    assert [server["external_ip"] for server in servers] == ["198.51.100.10", "198.51.100.20"]
    assert servers[1] == {**servers[0], "external_ip": "198.51.100.20"}
    assert new.panel.ikev2["ca_cert"] == old.panel.ikev2["ca_cert"]
    assert (new.panel.ikev2["enabled"], new.panel.ikev2["server_ip"]) == (True, "198.51.100.20")


class Migration:
    """A 1.x panel with 200 accounts, and a 2.x panel to which a reader moves them."""

    def __init__(self, reader: Reader, old: Simulator, new: Simulator) -> None:
        self.reader, self.old, self.new = reader, old, new
        self.names = [f"user{number:03}" for number in range(1, 201)]
        for number, name in enumerate(self.names, 2):
            # No part of a password may be taken for a template.
            values = {"password": f"{{{{ {number} * 7 }}}}-of-{name}", "b_download": number, "b_upload": 2 * number}
            old.panel.add_account({"name": name, "wg_name": "Default", "allowed_IPs": f"10.0.0.{number}", **values})
        old.panel.change_account("user200", {"status": "disable"})
        self.before = old.state()

    def enabled(self, panel: Simulator) -> list[str]:
        return [name for name in self.names if panel.panel.accounts[name]["status"] == "enable"]

    def values(self, panel: Simulator) -> list[list[Any]]:
        fields = ("name", "username", "password", "wg_name", "allowed_IPs", "b_download", "b_upload")
        return [[panel.panel.accounts[name][field] for field in fields] for name in self.names]

    def writes(self) -> int:
        """The number of requests since the last time that were no reads; the 1.x panel gets none."""
        assert {request.method for request in self.old.requests} == {"GET"}
        written = sum(request.method != "GET" for request in self.new.requests)
        self.old.reset_counters()
        self.new.reset_counters()
        return written

    def check(self) -> None:
        # Another client has the user name of an account, the address of another one, and a slot of the license.
        foreign = {"username": self.old.panel.accounts["user001"]["username"], "allowed_IPs": "10.0.0.3"}
        self.new.panel.add_account({"name": "foreign", "wg_name": "Default", **foreign})
        steps = list(self.reader.left)
        with pytest.raises(AssertionError, match="The accounts cannot move: 3 problems are listed above"):
            self.reader.follow(to="ansible-playbook check.yml")
        self.new.panel.remove_account("foreign")
        self.reader.left = steps
        self.reader.follow(to="ansible-playbook check.yml")
        assert self.writes() == 0

    def create(self) -> None:
        self.reader.follow(to="ansible-playbook create.yml --check")
        assert self.writes() == 0
        self.reader.follow(to="ansible-playbook create.yml")
        assert self.writes() == 400
        assert self.values(self.new) == self.values(self.old)
        assert self.enabled(self.new) == []
        self.reader.follow(to="ansible-playbook create.yml")
        assert self.writes() == 0

    def hand_out(self) -> None:
        self.reader.follow(to="ansible-playbook profiles.yml -e migration_batch=5")
        self.reader.follow(to="ansible-playbook links.yml -e migration_batch=5")
        folder, names = self.reader.folder / "handed_out", self.names[:5]
        files = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
        assert files == {f"{name}.{extension}": 0o600 for name in names for extension in ("conf", "link")}
        for name in names:
            key = self.new.panel.accounts[name]["private_key"]
            assert f"PrivateKey = {key}\n" in (folder / f"{name}.conf").read_text()
            assert re.fullmatch(r"https://\S+/otl/\S+\n", (folder / f"{name}.link").read_text())

    def enable(self) -> None:
        self.reader.follow(to="ansible-playbook enable.yml -e migration_batch=5")
        assert self.enabled(self.new) == self.names[:5]
        output = self.reader.follow(to="ansible-playbook enable.yml")
        for line in ("Enabled: 20", "Still to be enabled: 174", "Without a client of their own: 0"):
            assert f'"{line}"' in output
        assert self.enabled(self.new) == self.names[:25]
        assert self.old.state() == self.before
        self.reader.follow(to="ansible-playbook enable.yml -e migration_batch=0 -e migration_disable_1x=true")
        # Clients that are enabled stay so, whatever has become of their accounts.
        assert " changed=0 " in self.reader.run("ansible-playbook create.yml -vvv")[1]
        assert (self.enabled(self.new), self.enabled(self.old)) == (self.names[:25], self.names[25:199])

    def go_back(self) -> None:
        self.reader.follow(to="""ansible-playbook back.yml -e '{"migration_names": ["user001"]}'""")
        assert (self.enabled(self.new), self.enabled(self.old)) == (
            self.names[1:25],
            [self.names[0], *self.names[25:199]],
        )
        self.reader.follow(to="ansible-playbook back.yml")
        assert self.enabled(self.new) == []
        code, output = self.reader.run("ansible-playbook back.yml -e migration_delete=true")
        assert (code, "max_deletes" in output) == (2, True)
        # A client that has only the name of an account stays.
        self.new.panel.remove_account("user200")
        foreign = {"name": "user200", "username": "somebody", "allowed_IPs": "10.0.0.201"}
        self.new.panel.add_account({"wg_name": "Default", **foreign})
        self.reader.follow()
        assert list(self.new.panel.accounts) == ["user200"]
        assert self.old.state() == self.before


def test_from_1x_to_2x(reader: Reader, start: Start) -> None:
    header = re.compile(r"\A(# (Copyright|GNU|SPDX).*\n)+\n?")
    example = (COLLECTION / "examples" / "from_1x_to_2x").iterdir()
    files = {step.name: step.content for step in reader.left if isinstance(step, File)}
    assert files == {path.name: header.sub("", path.read_text()) for path in example}
    old, new = start(), start(generation=2, licence_slots=200)
    reader.instead |= {PANEL: old.url, "https://vpn2.example.com": new.url}
    vault = {"vault_puqvpn_access_hash": old.credential, "vault_puqvpn_token": new.credential}
    (reader.folder / "vault.yml").write_text(yaml.safe_dump(vault))
    migration = Migration(reader, old, new)
    migration.check()
    migration.create()
    migration.hand_out()
    migration.enable()
    migration.go_back()
    log = (reader.folder.parent / "ansible.log").read_text()
    passwords = [account["password"] for account in migration.before["accounts"].values()]
    assert [secret for secret in (*passwords, *vault.values()) if secret in log] == []


def installed_example(reader: Reader) -> None:
    """Let the collection be where the reader copies its examples from."""
    installed = reader.folder.parent / ".ansible/collections/ansible_collections/puqcloud"
    installed.mkdir(parents=True)
    (installed / "puqvpn").symlink_to(COLLECTION)


def test_awx(reader: Reader, start: Start) -> None:
    installed_example(reader)
    panels = {"vpn1.example.com": start(tls=True), "vpn2.example.com": start(generation=2, tls=True)}
    for name, panel in panels.items():
        kind = "hash" if panel.generation == 1 else "token"
        reader.instead |= {
            f"https://{name}": panel.url,
            f"{kind}-of-{name.removesuffix('.example.com')}": panel.credential,
        }
    held = reader.folder.parent / "awx.json"
    first, second = panels.values()
    authorities = "".join(Path(panel.ca_path or "").read_text() for panel in panels.values())
    (reader.folder / "project").mkdir()
    (reader.folder / "project/ca.pem").write_text(authorities)
    reader.environment["ANSIBLE_COLLECTIONS_PATH"] += f":{Path(__file__).with_name('stand_ins')}"
    reader.environment["PUQVPN_TEST_AWX"] = str(held)
    output = reader.follow()
    assert [secret for secret in reader.instead if "-of-" in secret and secret in output] == []
    awx = Awx(held, reader.folder / "project", reader.environment)
    differences = {
        "vpn1.example.com": ["dns", "anna"],
        "vpn2.example.com": ["dns", "bert"],
    }
    for name, panel in panels.items():
        _check_and_apply(awx, name, panel, differences[name])
    assert awx.run_node("Check the configuration of a VPN panel: all panels", "vpn1.example.com").successful

    for panel in panels.values():
        panel.reset_counters()
    health = awx.launch("Check the health of all VPN panels")
    assert not health.successful
    assert re.findall(r'"(vpn\d)\.example\.com +(\w+) ', health.output) == [("vpn1", "unhealthy"), ("vpn2", "healthy")]
    for panel in panels.values():
        assert panel.connections == 1
        # Nothing but the file of the credential contains it.
        assert [name for name in health.places_with(panel.credential) if not name.startswith("tmp")] == []

    report = awx.launch("Report on all VPN panels")
    assert report.successful, report.output
    states = {panel["name"]: panel["state"] for panel in report.artifacts["puqvpn_report"]["panels"]}
    assert states == {"vpn1.example.com": "unhealthy", "vpn2.example.com": "healthy"}

    for panel in panels.values():
        panel.reset_counters()
    wrong = awx.launch("Apply the configuration of a VPN panel", ["vpn1.example.com"], limit="vpn2.example.com")
    assert not wrong.successful
    assert f"The credential of the job is that of {first.url}, and vpn2.example.com is {second.url}." in wrong.output
    assert (first.requests, second.requests) == ([], [])


def _check_and_apply(awx: Awx, name: str, panel: Simulator, different: list[str]) -> None:
    """Follow the differences of a panel through the jobs of AWX: reported, applied, and listed as hosts."""
    changes: list[Any] = []
    for workflow, is_check in (("Check the configuration", True), ("Apply the configuration", False)):
        panel.reset_counters()
        job = awx.run_node(f"{workflow} of a VPN panel: all panels", name)
        assert job.successful is not is_check, job.output
        assert ({request.method for request in panel.requests} == {"GET"}) is is_check
        assert panel.connections == 1
        assert job.changed == ["Apply the variables to the panel"]
        # Tasks ran in process.
        assert f"Using module file {COLLECTION}" not in job.output
        assert job.places_with(panel.credential) == ["command"]
        changes.append([change["name"] for change in job.artifacts["vpn_changes"][name]])
    assert changes == [different] * 2
    listing, listed = awx.update("VPN accounts", name)
    assert listing.successful
    assert list(listed["_meta"]["hostvars"]) == [f"localhost_{different[-1]}"]
    assert listing.places_with(panel.credential) == ["command"]


def test_fleet(reader: Reader, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    installed_example(reader)
    reader.environment["PUQVPN_RETRIES"] = "0"
    panels = {}
    for number in range(1, 6):
        # The name of a panel is the host in its URL, so each needs an address of its own.
        monkeypatch.setattr(server, "ADDRESS", f"127.0.0.{number}")
        panels[f"vpn{number}"] = start()
    for name, panel in panels.items():
        panel.panel.add_account({"name": "anna", "wg_name": "Default", "allowed_IPs": "10.0.0.10"})
        reader.instead |= {f"https://{name}.example.com": panel.url, f"hash-of-{name}": panel.credential}
    down = [panels[name] for name in ("vpn1", "vpn2", "vpn4")]
    for panel in down:
        panel.fault("drop_before", times=None)
    output = reader.follow(to="ansible-playbook fleet.yml")
    failed = re.findall(r"^(vpn\d)\.example\.com +: .* failed=1 ", output, re.MULTILINE)
    assert failed == ["vpn1", "vpn2", "vpn4"]
    vault = (reader.folder / "group_vars/panels/vault.yml").read_text()
    assert [name for name, panel in panels.items() if panel.credential in vault] == []
    reader.follow(to="ansible-playbook fleet.yml -e fleet_strict=false")
    for panel in panels.values():
        panel.clear_faults()
        panel.reset_counters()
    limited = reader.follow(to="ansible-playbook fleet.yml --limit vpn1.example.com,vpn2.example.com,vpn4.example.com")
    assert "3 of 3 panels are configured." in limited
    assert [panel for panel in panels.values() if panel.requests] == down
    output = reader.follow(to="ansible-inventory -i inventory.yml -i accounts.puqvpn.yml --graph")
    hosts = {f"{name}.example.com" for name in panels}
    assert set(re.findall(r"vpn\d\.example\.com_anna", output)) == {f"{host}_anna" for host in hosts}
    panels["vpn5"].fault("drop_before", times=None)
    output = reader.follow()
    assert "4 of 4 panels are configured." in output


def test_panels_2x(reader: Reader, start: Start) -> None:
    first, second = start(), start(generation=2)
    reader.instead |= {
        **{"https://vpn1.example.com": first.url, "https://vpn2.example.com": second.url},
        **{"access-hash-of-vpn1": first.credential, "token-of-vpn2": second.credential},
    }
    reader.follow()
    assert [list(panel.panel.accounts) for panel in (first, second)] == [["anna"], ["bert"]]
    document = json.loads((reader.folder / "openapi.json").read_text())
    assert document["openapi"].startswith("3.")
    assert "/client/{name}" in document["paths"]


def test_drift_check(reader: Reader, start: Start) -> None:
    panel = start()
    reader.at(panel)
    accounts = panel.panel.accounts
    check = "ansible-playbook -i inventory.yml panel.yml -e puqvpn_panel_drift=true"
    reader.follow(to=check)
    assert set(accounts) == {"anna", "bert"}

    def somebody_changes_it() -> None:
        panel.panel.change_account("bert", {"status": "disable"})
        panel.panel.add_account({"name": "made_by_hand", "wg_name": "Default", "allowed_IPs": "10.0.0.99"})
        panel.reset_counters()

    somebody_changes_it()
    assert "vpn.example.com differs from its variables" in reader.follow(to=check)
    assert {request.method for request in panel.requests} == {"GET"}
    report = json.loads((reader.folder / "reports/vpn.example.com.json").read_text())
    assert [change["name"] for change in report["plan"]] == ["made_by_hand", "bert"]
    reader.follow()
    assert {name: account["status"] for name, account in accounts.items()} == {"anna": "enable", "bert": "enable"}

    (job,) = yaml.safe_load((reader.folder / ".github/workflows/drift.yml").read_text())["jobs"].values()
    assert job["env"] == {"PUQVPN_URL": panel.url, "PUQVPN_ACCESS_HASH": "${{ secrets.PUQVPN_ACCESS_HASH }}"}
    summary = reader.folder / "summary.md"

    def codes_of_the_pipeline() -> list[int]:
        commands = [step["run"] for step in job["steps"] if "run" in step]
        return [reader.run(command, GITHUB_STEP_SUMMARY=str(summary))[0] for command in commands]

    assert codes_of_the_pipeline() == [0, 0]
    assert "made_by_hand" not in summary.read_text()
    somebody_changes_it()
    assert codes_of_the_pipeline() == [2, 0]
    assert "made_by_hand" in summary.read_text()


def test_inventory(reader: Reader, start: Start) -> None:
    panel = start()
    reader.at(panel)
    # The clients of the simulated panel are this machine.
    reader.environment |= {"ANSIBLE_TRANSPORT": "local", "ANSIBLE_PYTHON_INTERPRETER": sys.executable}
    for at, name in enumerate(("router_paris", "router_rome", "anna_phone")):
        panel.panel.add_account({"name": name, "wg_name": "Default", "allowed_IPs": f"10.0.0.1{at}"})
    panel.panel.change_account("router_rome", {"status": "disable"})
    panel.connect("wireguard", "router_paris")
    reader.follow(to="ansible-inventory --graph")
    panel.reset_counters()
    output = reader.follow(to="ansible 'puqvpn_online:&puqvpn_wg_Default' -m ansible.builtin.ping")
    assert ("router-paris | SUCCESS" in output, "router-rome" in output) == (True, False)
    assert panel.requests == []
    reader.follow(to="ansible-inventory --graph")
    assert panel.counts()["GET account"] == 1
    output = reader.follow(to="ansible-playbook new_router.yml")
    assert f"router-oslo has the address {panel.panel.accounts['router_oslo']['allowed_IPs']}" in output
    second = start(generation=2)
    second.panel.add_account({"name": "router_bern", "wg_name": "Default", "allowed_IPs": "10.0.0.10"})
    reader.instead["https://vpn2.example.com"] = second.url
    reader.environment["OSLO_TOKEN"] = second.credential
    reader.follow()
    for path in (reader.folder / ".cache").iterdir():
        assert panel.credential not in path.read_text()


def test_lost_panel(reader: Reader, start: Start) -> None:
    lost = start()
    reader.at(lost)
    lost.panel.remove_server("Default")
    lost.panel.add_server({"name": "office", "address": "10.30.0.1/24"})
    for at, name in enumerate(("anna", "bert")):
        lost.panel.add_account({"name": name, "wg_name": "office", "allowed_IPs": f"10.30.0.1{at}"})
    lost.panel.add_otl("anna", "2026-01-31", "2026-02-07")
    lost.panel.backup_config.update(every_day=True, number_backups=21)
    content = lost.state()
    saved = "ansible-playbook -i inventory.yml save.yml"
    steps = list(reader.left)
    reader.follow(to=saved)
    ((name, archive),) = lost.panel.backups.items()
    reader.instead["vpn.example.com_2026-01-31_18-00-00.zip"] = name
    reader.follow(to="ls backups/vpn.example.com")
    assert (reader.folder / "backups/vpn.example.com" / name).read_bytes() == archive["archive"]
    assert lost.credential not in (reader.folder / "host_vars/vpn.example.com/vault.yml").read_text()

    restored = start()
    reader.at(restored)
    # Somebody uploads it.
    restored.panel.backups[name] = archive
    reader.follow(to="ansible-playbook restore.yml -e archive=vpn.example.com_2026-01-31_18-00-00.zip")
    assert " changed=0 " in reader.follow()
    assert without_backups(restored.state()) == without_backups(content)

    # Without the archive, the last three commands have to do.
    reader.left = steps[-3:]
    rebuilt = start()
    reader.at(rebuilt)
    assert " changed=0 " in reader.follow()
    assert rebuilt.panel.accounts == lost.panel.accounts
    assert rebuilt.panel.wireguard == lost.panel.wireguard
    assert rebuilt.panel.backup_config == lost.panel.backup_config


def without_backups(state: dict[str, Any]) -> dict[str, Any]:
    """Everything that a panel holds but its archives, and who is connected."""
    return {name: held for name, held in state.items() if name not in ("backups", "wireguard_online", "ikev2_online")}


def test_usage(reader: Reader, start: Start) -> None:
    panel = start()
    reader.instead = {PANEL: panel.url, "replace-with-your-access-hash": panel.credential}
    accounts = panel.panel.accounts
    now = datetime.now(timezone.utc)
    month, last = f"{now:%Y-%m}", f"{now.replace(day=1) - timedelta(days=1):%Y-%m}"
    for at, (name, gigabytes) in enumerate({"anna": 231.4, "bert": 310, "carl": 0}.items()):
        panel.panel.add_account({"name": name, "wg_name": "Default", "allowed_IPs": f"10.0.0.1{at}"})
        panel.traffic(name, month, download=int(gigabytes * 10**9))
        panel.traffic(name, last)
    report = "ansible-playbook -i inventory.yml usage.yml"
    disable = f"{report} -e puqvpn_usage_over_quota=disable"
    shown = reader.follow(to=report)
    assert re.findall(r'"(anna|bert|carl)"', shown) == ["anna", "carl"]
    reader.follow(to=f"{disable} --check --diff")
    assert {account["status"] for account in accounts.values()} == {"enable"}
    reader.follow(to=disable)
    assert [name for name, account in accounts.items() if account["status"] == "disable"] == ["anna"]
    reader.follow(to=f"{disable} -e puqvpn_usage_quota_gb=400")
    assert {account["status"] for account in accounts.values()} == {"enable"}
    reader.follow(to="ansible-playbook -i inventory.yml panel.yml")
    assert [accounts[name]["status"] for name in ("anna", "bert", "dora")] == ["disable", "enable", "disable"]
    panel.reset_counters()
    assert "changed=0 " in reader.follow(to="ansible-playbook -i inventory.yml panel.yml")
    assert {request.method for request in panel.requests} == {"GET"}
    reader.follow()
    reader.instead["/srv/puqvpn"] = str(reader.folder)
    entry = reader._replaced((reader.folder / "crontab").read_text()).splitlines()[1]
    panel.reset_counters()
    assert reader.run(entry.split(None, 5)[5])[0] == 0
    assert {request.method for request in panel.requests} == {"GET"}


def test_alerts(reader: Reader, start: Start) -> None:
    panel = start()
    posted: list[dict[str, str]] = []

    class Webhook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_arguments: Any) -> None:
            pass

    mails = reader.folder.parent / "mails"
    sendmail = reader.folder.parent / "sendmail"
    sendmail.write_text(f'#!/bin/sh\ntest "$*" = -t && cat >> {mails}\n')
    sendmail.chmod(0o755)
    alerted: list[tuple[int, int]] = []

    def run(command: str) -> None:
        code, output = reader.run(command)
        assert code == 0, output
        alerted.append((len(posted), mails.read_text().count("Subject: ")))

    with ExitStack() as stack:
        webhook = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), Webhook))
        Thread(target=webhook.serve_forever).start()
        stack.callback(webhook.shutdown)
        reader.instead = {
            PANEL: panel.url,
            "replace-with-your-access-hash": panel.credential,
            "https://hooks.example.com": f"http://127.0.0.1:{webhook.server_port}",
            "/usr/sbin/sendmail": str(sendmail),
            "/srv/puqvpn": str(reader.folder),
            "/usr/bin/ansible-playbook": "ansible-playbook",
        }
        reader.follow()
        (alert,) = posted
        assert "vpn.example.com: it has no backup" in alert["text"]
        mail = mails.read_text()
        headers, _blank, body = mail.partition("\n\n")
        assert headers.splitlines()[:2] == ["To: ops@example.com", "Subject: 1 of 1 VPN panels need attention"]
        assert body.strip() == alert["text"]

        # What cron and systemd start, in an environment that holds nothing of what the reader has exported.
        reader.open_new_shell()
        mailto, entry = (reader.folder / "crontab").read_text().splitlines()
        assert mailto == "MAILTO=ops@example.com"
        run(entry.split(None, 5)[5])
        service, timer = ConfigParser(interpolation=None), ConfigParser(interpolation=None)
        assert service.read(reader.folder / "puqvpn-alerts.service")
        assert timer.read(reader.folder / "puqvpn-alerts.timer")
        reader.open_new_shell()
        unit = service["Service"]
        run(f"cd {unit['WorkingDirectory']} && set -a && . {unit['EnvironmentFile']} && {unit['ExecStart']}")
        assert alerted == [(2, 2), (3, 3)]
        assert timer["Timer"]["OnCalendar"] == "*-*-* 06:17:00"

        panel.panel.add_backup("new.zip", datetime.now(timezone.utc).isoformat())
        run(unit["ExecStart"])
        assert alerted[-1] == (3, 3)
        webhook.shutdown()


class Posts:
    """A web server that keeps what is posted to it, by path."""

    def __init__(self) -> None:
        self.posted: list[tuple[str, dict[str, Any]]] = []
        posted = self.posted

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["Content-Length"]))
                posted.append((self.path, json.loads(content)))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_arguments: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Posts:
        Thread(target=self._server.serve_forever).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def examples_in(folder: str) -> dict[str, str]:
    """The files of an example by their paths, without their headers."""
    header = re.compile(r"\A(# (Copyright|GNU|SPDX).*\n)+\n?")
    example = COLLECTION / "examples" / folder
    paths = (path for path in example.rglob("*") if path.is_file())
    return {str(path.relative_to(example)): header.sub("", path.read_text()) for path in paths}


def files_of(reader: Reader) -> dict[str, str]:
    return {step.name: step.content for step in reader.left if isinstance(step, File)}


def test_report(reader: Reader, start: Start) -> None:
    assert examples_in("report").items() <= files_of(reader).items()
    panels = {"vpn1": start(), "vpn2": start(generation=2), "vpn3": start()}
    first, second, third = panels.values()
    for name, panel in panels.items():
        reader.instead |= {f"https://{name}.example.com": panel.url}
        reader.instead |= {f"{kind}-of-{name}": panel.credential for kind in ("hash", "token")}
    now = datetime.now(timezone.utc)
    last = now.replace(day=1) - timedelta(days=1)
    for panel in (first, second):
        for at, (name, gigabytes) in enumerate({"anna": 231.4, "carl": 0}.items()):
            panel.panel.add_account({"name": name, "wg_name": "Default", "allowed_IPs": f"10.0.0.1{at}"})
            for month in (now, last):
                panel.traffic(name, f"{month:%Y-%m}", download=int(gigabytes * 10**9))
    third.fault("drop_before", times=None)
    mails = reader.folder.parent / "mails"
    reader.environment["ANSIBLE_COLLECTIONS_PATH"] += f":{Path(__file__).with_name('stand_ins')}"
    reader.environment |= {"PUQVPN_RETRIES": "0", "PUQVPN_TEST_MAILS": str(mails)}
    report = "ansible-playbook -i inventory.yml report.yml"

    def rows() -> dict[str, dict[str, Any]]:
        document = json.loads((reader.folder / "report" / "report.json").read_text())
        return {row["name"].partition(".")[0]: row for row in document["panels"]}

    reader.follow(to="ls report")
    assert [row["state"] for row in rows().values()] == ["unreachable", "unhealthy", "healthy"]
    reader.follow(to=report)
    assert rows()["vpn2"]["servers"][0]["traffic"][-1]["total"] == 231_400_000_000
    assert [account["name"] for account in rows()["vpn1"]["over_quota"]] == ["anna"]
    assert [account["name"] for account in rows()["vpn1"]["unused"]] == ["carl"]
    reader.follow(to=f"{report} -e puqvpn_report_drift=true")
    assert [change["name"] for change in rows()["vpn1"]["drift"]["plan"]] == ["bert"]
    assert rows()["vpn2"]["drift"] is None
    assert "bert" not in first.panel.accounts

    with Posts() as posts:
        reader.instead |= dict.fromkeys(("https://hooks.example.com", "https://api.telegram.org"), posts.url)
        reader.follow(to="set -a; . ./notify.env; set +a")
        first.panel.add_backup("new.zip", now.isoformat())
        reader.follow(to=f"{report} -e puqvpn_report_notify=tasks/mail.yml")
        (mail,) = map(json.loads, mails.read_text().splitlines())
        assert (mail["subject"], mail["body"]) == ("2 of 3 VPN panels are healthy", "vpn1.example.com is healthy")
        first.busy(text="Loading (Rules)")
        reader.follow(to=f"{report} -e puqvpn_report_notify=tasks/webhook.yml")
        second.busy(text="x" * 9000)
        reader.follow()
        (hook, posted), (bot, message) = posts.posted
        reason = "it is not ready, its state is Loading (Rules)"
        assert (hook, posted) == ("/puqvpn", {"text": f"vpn1.example.com is unhealthy: {reason}"})
        assert bot == "/bot123456:replace-with-your-token/sendMessage"
        assert message["text"].startswith("vpn2.example.com is unhealthy: it is not ready")
        # What cron starts: nothing has changed, and nothing is sent or printed.
        (job,) = re.findall(r"^(?:\S+ ){5}(cd .*)$", (reader.folder / "crontab").read_text(), re.MULTILINE)
        assert reader.run(job.replace("/srv/puqvpn", str(reader.folder))) == (0, "")
        assert (len(posts.posted), len(mails.read_text().splitlines())) == (2, 1)
    log = (reader.folder.parent / "ansible.log").read_text()
    secrets = [panel.credential for panel in panels.values()]
    assert [secret for secret in (*secrets, "replace-with-your") if secret in log] == []


def test_prometheus(reader: Reader, start: Start) -> None:
    panel = start()
    installed = reader.folder.parent / ".ansible/collections/ansible_collections/puqcloud"
    installed.mkdir(parents=True)
    (installed / "puqvpn").symlink_to(COLLECTION)
    reader.instead = {PANEL: panel.url, "replace-with-your-access-hash": panel.credential}
    reader.follow()
    (job,) = re.findall(r"^(?:\S+ ){5}(cd .*)$", (reader.folder / "crontab").read_text(), re.MULTILINE)
    assert reader.run(job.replace("/srv/puqvpn", str(reader.folder))) == (0, "")
    assert (reader.folder / "report" / "report.prom").stat().st_mode & 0o777 == 0o644
    service = ConfigParser(interpolation=None)
    assert service.read(reader.folder / "node-exporter.service")
    assert service["Service"]["ExecStart"].endswith("--collector.textfile.directory=/srv/puqvpn/report")
    (rules,) = yaml.safe_load((reader.folder / "prometheus.yml").read_text())["rule_files"]
    (group,) = yaml.safe_load((reader.folder / rules).read_text())["groups"]
    described = set(
        re.findall(r"puqvpn_\w+", (COLLECTION / "roles/report/README.md").read_text().partition("## Metrics")[2])
    )
    assert described >= set(
        re.findall(r"^puqvpn_\w+", (reader.folder / "report/report.prom").read_text(), re.MULTILINE)
    )
    for rule in group["rules"]:
        assert set(rule) - {"for"} == {"alert", "expr", "labels", "annotations"}, rule
        assert re.fullmatch(r"\d+[mh]", rule.get("for", "1m")), rule
        used = set(re.findall(r"puqvpn_\w+", rule["expr"]))
        assert used, rule
        assert used <= described, rule
        assert set(rule["labels"]) == {"severity"}, rule
