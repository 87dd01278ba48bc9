# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is measured: the cases, the contenders of each, and the ratios that are aimed at."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.puqcloud.puqvpn.tests.benchmark.measure import Contender
from ansible_collections.puqcloud.puqvpn.tests.benchmark.panel import Panel, form_of, people

BIN = Path(sys.executable).parent
COLLECTIONS = Path(__file__).resolve().parents[5]
ACCOUNT = "puqcloud.puqvpn.puqvpn_account"
PROFILE = "puqcloud.puqvpn.puqvpn_account_profile"
APPLY = "puqcloud.puqvpn.puqvpn_apply"
DOCUMENT = {"accounts": "{{ lookup('ansible.builtin.file', 'accounts.json') | from_json }}"}

Medians = Mapping[str, float]


@dataclass(frozen=True)
class Ratio:
    """A ratio of medians, and what it should be; a ratio without a target is only told.

    ``latency`` is the one that the target is about, None where it is about each.
    """

    what: str
    of: Callable[[Medians], float]
    at_most: float | None = None
    at_least: float | None = None
    latency: float | None = None


@dataclass(frozen=True)
class Case:
    """Contenders that do the same work, and the ratios between them."""

    name: str
    title: str
    contenders: Callable[[Workshop], list[Contender]]
    ratios: Sequence[Ratio]


@dataclass
class Workshop:
    """Where a case is run: a folder for its files, the panels, and the latency of their answers in seconds."""

    folder: Path
    panels: list[Panel]
    latency: float
    environment: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        """Leave the user's own settings of Ansible out."""
        self.environment = {
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            "ANSIBLE_HOME": str(self.folder / ".ansible"),
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        }

    @property
    def panel(self) -> Panel:
        """The panel of the cases that need one."""
        return self.panels[0]

    def write(self, name: str, content: Any) -> str:
        """Write a file as JSON, which is YAML; its path."""
        path = self.folder / name
        path.write_text(json.dumps(content))
        return str(path)

    def playbook(self, name: str, tasks: list[dict[str, Any]], **more: Any) -> Contender:
        """The contender that runs these tasks at localhost; ``more`` are its further fields."""
        play = {"name": name, "hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}
        file = self.write(f"{name.replace(' ', '-')}.yml", [play])
        return self.contender(name, ["ansible-playbook", file], **more)

    def contender(self, name: str, command: Sequence[str], **more: Any) -> Contender:
        """The contender that runs a command; ``settings`` are further environment variables."""
        settings = more.pop("settings", {})
        environment = {**self.environment, **self.panel.environment, **settings}
        return Contender(name, command, environment, self.folder, **more)

    def uri(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        """A task of ``ansible.builtin.uri`` that sends a request to the panel."""
        headers = {"Cookie": f"access_hash={self.panel.credential}"}
        return {
            "ansible.builtin.uri": {
                "url": f"{self.panel.url}/api/v1/{path}",
                "method": method,
                "headers": headers,
                **options,
            }
        }

    def expect(self, **requests: int) -> Callable[[], None]:
        """A check that the panel was asked exactly that, by method."""

        def check() -> None:
            if self.panel.requests() != requests:
                raise RuntimeError(f"the panel was asked {self.panel.requests()} and not {requests}")

        return check


# --- a. Single tasks


def repeated(task: dict[str, Any], looped: bool) -> list[dict[str, Any]]:
    """A task a hundred times, in a loop or one by one."""
    if looped:
        return [{"name": "Loop", "loop": list(range(100)), **task}]
    return [{"name": f"Task {at}", **task} for at in range(100)]


def single_tasks(shop: Workshop, *, looped: bool) -> list[Contender]:
    """One hundred tasks that change nothing."""
    (alice,) = people(1)
    shop.panel.fill([alice], shop.latency)
    unchanged = {ACCOUNT: {"name": alice["name"], "wg_name": alice["wg_name"]}}
    once_each: dict[str, Any] = {"prepare": shop.panel.forget, "check": shop.expect(GET=100)}
    return [
        shop.playbook("debug", repeated({"ansible.builtin.debug": {"msg": "unchanged"}}, looped)),
        shop.playbook("uri", repeated(shop.uri("GET", f"account/{alice['name']}"), looped), **once_each),
        shop.playbook("puqvpn_account in process", repeated(unchanged, looped), **once_each),
        shop.playbook(
            "puqvpn_account as a module",
            repeated(unchanged, looped),
            settings={"PUQVPN_IN_PROCESS": "false"},
            **once_each,
        ),
    ]


# --- b. Many new accounts


def new_accounts(shop: Workshop) -> list[Contender]:
    """Five hundred accounts on an empty panel."""
    accounts = people(500)
    shop.write("accounts.json", accounts)
    shop.write("forms.json", [form_of(one) for one in accounts])
    script = str(Path(__file__).with_name("script.py"))
    form = {"body_format": "form-urlencoded", "body": "{{ item }}"}
    forms = "{{ lookup('ansible.builtin.file', 'forms.json') | from_json }}"
    account = {name: f"{{{{ item.{name} }}}}" for name in accounts[0]}
    bulk: dict[str, Any] = {"prepare": lambda: shop.panel.empty(shop.latency), "check": shop.expect(GET=4, POST=500)}
    each = {**bulk, "check": shop.expect(GET=1000, POST=500)}
    loop = {"name": "Loop", "loop": DOCUMENT["accounts"]}
    apply = {"name": "Apply", APPLY: {"config": DOCUMENT}}
    eight = {"name": "Apply", APPLY: {"config": DOCUMENT, "concurrency": 8}}
    checked = {**bulk, "check": shop.expect(GET=3)}
    return [
        shop.playbook("empty playbook", []),
        shop.contender("script with http.client", [sys.executable, script, "forms.json", "http.client"], **bulk),
        shop.contender("script with requests", [sys.executable, script, "forms.json", "requests"], **bulk),
        shop.playbook("puqvpn_apply in check mode", [{**apply, "check_mode": True}], **checked),
        shop.playbook("puqvpn_apply", [apply], **bulk),
        shop.playbook("puqvpn_apply eight at a time", [eight], **bulk),
        shop.playbook("loop of puqvpn_account", [{**loop, ACCOUNT: account}], **each),
        shop.playbook(
            "loop of uri",
            [{"name": "Loop", **shop.uri("POST", "account", **form), "loop": forms}],
            **{**bulk, "check": shop.expect(POST=500)},
        ),
    ]


# --- c. Many accounts that are as they should be


def unchanged_accounts(shop: Workshop) -> list[Contender]:
    """Two thousand accounts, of which none changes."""
    accounts = people(2000)
    shop.panel.fill(accounts, shop.latency)
    shop.write("accounts.json", accounts)
    return [
        shop.playbook(
            "uri",
            [{"name": "List", **shop.uri("GET", "account")}],
            prepare=shop.panel.forget,
            check=shop.expect(GET=1),
        ),
        shop.playbook(
            "puqvpn_apply",
            [{"name": "Apply", APPLY: {"config": DOCUMENT}}],
            prepare=shop.panel.forget,
            check=shop.expect(GET=2),
        ),
    ]


# --- d. The inventory


def inventories(shop: Workshop) -> list[Contender]:
    """Ten thousand accounts as hosts, of which one is shown."""
    accounts = people(10_000)
    shop.panel.fill(accounts, shop.latency)
    plugin = {"plugin": "puqcloud.puqvpn.puqvpn", "url": shop.panel.url, "access_hash": shop.panel.credential}
    cache = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(shop.folder / "cache")}
    asked = shop.write("asked.puqvpn.yml", plugin)
    cached = shop.write("cached.puqvpn.yml", {**plugin, **cache})
    static = shop.folder / "static.yml"
    shop.contender("static", ["ansible-inventory", "-i", asked, "--list", "--yaml", "--output", str(static)]).run()
    # Ansible reads JSON in no time, so that this is about the hosts and not about YAML.
    as_json = shop.write("static.json", yaml.load(static.read_text(), Loader=yaml.CSafeLoader))

    def show(inventory: str) -> list[str]:
        return ["ansible-inventory", "-i", inventory, "--host", accounts[0]["name"]]

    shop.contender("warm", show(cached)).run()
    return [
        shop.contender("static YAML file", show(str(static))),
        shop.contender("the same file as JSON", show(as_json)),
        shop.contender("plugin", show(asked), prepare=shop.panel.forget, check=shop.expect(GET=3)),
        shop.contender("plugin with a warm cache", show(cached), prepare=shop.panel.forget, check=shop.expect()),
    ]


# --- f. A fleet


def fleet(shop: Workshop) -> list[Contender]:
    """The status of fifty panels, all at the same time."""
    for panel in shop.panels:
        panel.empty(shop.latency)
    hosts = {
        f"panel_{at:02}": {"panel_url": panel.url, "panel_hash": panel.credential}
        for at, panel in enumerate(shop.panels)
    }
    common = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    inventory = shop.write("fleet.yml", {"all": {"vars": common, "hosts": hosts}})
    uri = {
        "url": "{{ panel_url }}/api/v1/system/status",
        "headers": {"Cookie": "access_hash={{ panel_hash }}"},
    }
    status = {"url": "{{ panel_url }}", "access_hash": "{{ panel_hash }}"}

    def forget() -> None:
        for panel in shop.panels:
            panel.forget()

    def check() -> None:
        if any(panel.requests() != {"GET": 1} for panel in shop.panels):
            raise RuntimeError("not every panel was asked once")

    def contender(name: str, task: dict[str, Any]) -> Contender:
        play = {"name": name, "hosts": "all", "gather_facts": False, "tasks": [{"name": "Status", **task}]}
        command = ["ansible-playbook", "-i", inventory, "--forks", "50", shop.write(f"{name}.yml", [play])]
        return shop.contender(name, command, prepare=forget, check=check)

    return [
        contender("uri", {"ansible.builtin.uri": uri}),
        contender("puqvpn_status", {"puqcloud.puqvpn.puqvpn_status": status}),
    ]


# --- export. A panel as files


def exports(shop: Workshop) -> list[Contender]:
    """A panel with a hundred accounts as files, which are the same each time."""
    shop.panel.fill(people(100), shop.latency)
    each: dict[str, Any] = {"prepare": shop.panel.forget, "check": shop.expect(GET=11)}
    info = {"gather_subset": "config", "include_secrets": True}
    variables = {
        "puqvpn_export_folder": str(shop.folder / "role"),
        "puqvpn_export_vault": True,
        "puqvpn_export_vault_password": "of this benchmark",
    }
    module = {"dest": str(shop.folder / "module"), "vault_password": "of this benchmark"}
    role = {"ansible.builtin.include_role": {"name": "puqcloud.puqvpn.export"}, "vars": variables}
    return [
        shop.playbook("puqvpn_info", [{"name": "Gather", "puqcloud.puqvpn.puqvpn_info": info}], **each),
        shop.playbook("puqvpn_export", [{"name": "Export", "puqcloud.puqvpn.puqvpn_export": module}], **each),
        shop.playbook("role export", [{"name": "Export", **role}], **each),
    ]


# --- profiles. Files of many accounts


def profiles(shop: Workshop) -> list[Contender]:
    """The files of two hundred accounts in two formats."""
    accounts = people(200)
    shop.panel.fill(accounts, shop.latency)
    file, folder = shop.write("people.json", accounts), shop.folder / "saved"
    script = str(Path(__file__).with_name("script.py"))
    options = {"all": True, "formats": ["wireguard", "ikev2"], "dest": str(folder)}
    loop = {"name": "{{ item.0.name }}", "format": "{{ item.1 }}", "dest": str(folder)}
    items = "{{ lookup('ansible.builtin.file', 'people.json') | from_json | product(['wireguard', 'ikev2']) }}"

    def start_again() -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        shop.panel.forget()

    bulk: dict[str, Any] = {"prepare": start_again, "check": shop.expect(GET=401)}
    return [
        shop.playbook("empty playbook", []),
        shop.contender(
            "download with requests",
            [sys.executable, script, file, "requests", "config_text", "ikev2_profile"],
            prepare=shop.panel.forget,
            check=shop.expect(GET=400),
        ),
        shop.playbook("puqvpn_account_profile", [{"name": "Save", PROFILE: options}], **bulk),
        shop.playbook(
            "puqvpn_account_profile four at a time", [{"name": "Save", PROFILE: {**options, "concurrency": 4}}], **bulk
        ),
        shop.playbook("unchanged files", [{"name": "Save", PROFILE: options}], prepare=shop.panel.forget),
        shop.playbook(
            "loop of puqvpn_account_profile", [{"name": "Save", PROFILE: loop, "loop": items}], prepare=start_again
        ),
    ]


def over_the_download(medians: Medians) -> float:
    """What ``puqvpn_account_profile`` takes beside the bare download and an empty playbook."""
    return medians["puqvpn_account_profile"] / (medians["download with requests"] + medians["empty playbook"])


# --- users. People, their accounts and their files


def users(shop: Workshop) -> list[Contender]:
    """Two hundred people with two files each, on an empty panel, with four requests at the same time."""
    accounts = people(200)
    shop.write("accounts.json", accounts)
    common = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    inventory = shop.write("panels.yml", {"all": {"vars": common, "hosts": {"vpn.example.com": {}}}})
    given = {"puqvpn_users_list": DOCUMENT["accounts"], "puqvpn_users_defaults": {"formats": ["wireguard", "ikev2"]}}
    role = {"role": "puqcloud.puqvpn.users", "vars": given}
    file = shop.write("onboard.yml", [{"name": "Onboard", "hosts": "all", "gather_facts": False, "roles": [role]}])
    apply = {"name": "Apply", APPLY: {"config": DOCUMENT, "concurrency": 4}}
    script = str(Path(__file__).with_name("script.py"))

    def start_again() -> None:
        shutil.rmtree(shop.folder / "users", ignore_errors=True)
        shop.panel.empty(shop.latency)

    return [
        shop.contender(
            "role users",
            ["ansible-playbook", "-i", inventory, file],
            prepare=start_again,
            # Beside those of puqvpn_apply, there are reads of the status, the addresses and the accounts with files.
            check=shop.expect(GET=7 + 400, POST=200),
        ),
        shop.playbook("puqvpn_apply", [apply], prepare=start_again, check=shop.expect(GET=4, POST=200)),
        shop.contender(
            "bare download",
            [sys.executable, script, "accounts.json", "http.client", "config_text", "ikev2_profile"],
            prepare=lambda: shop.panel.fill(accounts, shop.latency),
            check=shop.expect(GET=400),
        ),
    ]


def over(one: str, other: str) -> Callable[[Medians], float]:
    """The ratio of two contenders."""
    return lambda medians: medians[one] / medians[other]


def over_the_limit(limit: str) -> Callable[[Medians], float]:
    """What ``puqvpn_apply`` takes beside 1.5 times a script and an empty playbook."""
    return lambda medians: medians["puqvpn_apply"] / (1.5 * medians[limit] + medians["empty playbook"])


def gain(medians: Medians) -> float:
    """How many times as fast the changes of eight at a time are: check mode is all but them."""
    others = medians["puqvpn_apply in check mode"]
    return (medians["puqvpn_apply"] - others) / (medians["puqvpn_apply eight at a time"] - others)


def onboarding(medians: Medians) -> float:
    """What the role takes over what applying the accounts and downloading the files take by themselves."""
    return medians["role users"] / (medians["puqvpn_apply"] + medians["bare download"])


IN_PROCESS, AS_MODULE = "puqvpn_account in process", "puqvpn_account as a module"

CASES = [
    Case(
        "a1",
        "100 looped items that change nothing",
        partial(single_tasks, looped=True),
        [
            Ratio("in process / `uri`", over(IN_PROCESS, "uri"), at_most=1 / 15),
            # At more latency, it is the panel that is waited for.
            Ratio("in process / `debug`", over(IN_PROCESS, "debug"), at_most=1.5, latency=0),
            Ratio("as a module / `uri`", over(AS_MODULE, "uri"), at_most=1.0),
        ],
    ),
    Case(
        "a2",
        "100 separate tasks that change nothing",
        partial(single_tasks, looped=False),
        [
            Ratio("in process / `uri`", over(IN_PROCESS, "uri"), at_most=1 / 4),
            Ratio("in process / `debug`", over(IN_PROCESS, "debug")),
            Ratio("as a module / `uri`", over(AS_MODULE, "uri"), at_most=1.0),
        ],
    ),
    Case(
        "b",
        "500 new accounts on an empty panel",
        new_accounts,
        [
            Ratio("loop of `uri` / `puqvpn_apply`", over("loop of uri", "puqvpn_apply"), at_least=50, latency=0),
            Ratio(
                "`puqvpn_apply` / (1.5 × script with `requests` + empty playbook)",
                over_the_limit("script with requests"),
                at_most=1.0,
            ),
            Ratio(
                "`puqvpn_apply` / (1.5 × script with `http.client` + empty playbook)",
                over_the_limit("script with http.client"),
            ),
            Ratio("loop of `uri` / loop of `puqvpn_account`", over("loop of uri", "loop of puqvpn_account")),
            Ratio("one at a time / eight at a time, each less check mode", gain, at_least=5, latency=0.01),
        ],
    ),
    Case(
        "c",
        "2,000 accounts that are as they should be",
        unchanged_accounts,
        [Ratio("`puqvpn_apply` / `uri`", over("puqvpn_apply", "uri"), at_most=1.3)],
    ),
    Case(
        "d",
        "An inventory of 10,000 accounts",
        inventories,
        [
            Ratio("plugin / static YAML file", over("plugin", "static YAML file"), at_most=1.3),
            Ratio("warm cache / static YAML file", over("plugin with a warm cache", "static YAML file"), at_most=1.1),
            Ratio("plugin / the same file as JSON", over("plugin", "the same file as JSON")),
            Ratio("warm cache / the same file as JSON", over("plugin with a warm cache", "the same file as JSON")),
        ],
    ),
    Case(
        "export",
        "A panel with 100 accounts as files",
        exports,
        [
            Ratio("`puqvpn_export` / `puqvpn_info`", over("puqvpn_export", "puqvpn_info"), at_most=1.2),
            Ratio("role `export` / `puqvpn_info`", over("role export", "puqvpn_info"), at_most=1.5),
        ],
    ),
    Case(
        "f",
        "The status of 50 panels with 50 forks",
        fleet,
        [Ratio("`uri` / `puqvpn_status`", over("uri", "puqvpn_status"), at_least=2)],
    ),
    Case(
        "profiles",
        "The files of 200 accounts in two formats",
        profiles,
        [
            Ratio(
                "`puqvpn_account_profile` / (download with `requests` + empty playbook)", over_the_download, at_most=1.3
            ),
            Ratio(
                "loop / `puqvpn_account_profile`",
                over("loop of puqvpn_account_profile", "puqvpn_account_profile"),
            ),
        ],
    ),
    Case(
        "users",
        "200 new people with two files each",
        users,
        [Ratio("role `users` / (`puqvpn_apply` + bare download)", onboarding, at_most=3)],
    ),
]
