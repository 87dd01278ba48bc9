# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""RETURN documents every key that a module returns, with its type, and no key that no run returns.

The fields of a dictionary, or of the dictionaries in a list, are those in ``contains``, those in ``sample``, and those
of the value that the description refers to, as in ``see RV(...)``, ``as RV(...)`` or ``in the form of RV(...)``.
Where the description says that they have the names of options, they are also the options that it names with ``O()``,
and what ``sample`` shows must be an option or be in ``contains``.

A field is in every dictionary that is not empty, unless its ``returned`` says when it is, it is an option that the
description names, or it belongs to a value that the description refers to and is optional there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import PuqVpnError
from ansible_collections.puqcloud.puqvpn.tests.unit import scenarios
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import Connect, add_servers_and_accounts
from ansible_collections.puqcloud.puqvpn.tests.unit.scenarios import SCENARIOS, Scenario
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import MODULES, MONTH, module_of, run
from ansible_collections.puqcloud.puqvpn.tests.unit.test_every_option import STORIES, Story, open_panel_of
from simulator import Simulator

PREFIX = "puqvpn_"
REFERENCE = re.compile(r"\b(?:[Ss]ee|[Aa]s|in the form of) RV\(([^)=]+)\)")
OPTIONS_AS_FIELDS = re.compile(r"(?:names|structure) of the options|all options that describe")
OPTION = re.compile(r"\bO\((\w+)\)")
FIELD = re.compile(r"\bC\((\w+)\)")
TYPES: dict[str, tuple[type, ...]] = {
    "bool": (bool,),
    "dict": (dict,),
    "float": (float, int),
    "int": (int,),
    "list": (list,),
    "str": (str,),
}

# Whose fields the panel decides, or another page describes.
OPEN = {
    ("apply", "unverified"): "by the sections that the user wrote",
    ("apply", "failures"): "with what the module of the object would return",
    ("info", "info.config"): "the option config of puqvpn_apply",
    ("info", "info.otl.settings"): "texts of a page of the panel",
    ("info", "info.otl.wireguard"): "texts of a page of the panel",
    ("info", "info.otl.ikev2"): "texts of a page of the panel",
    ("status", "payload"): "as the panel returns it",
}
# What a 2.x panel returns under its own names.
OPEN_OF_2 = {
    "adblock",
    "client",
    "dns",
    "info.accounts",
    "info.dns",
    "info.online.clients",
    "info.wireguard.servers",
    "lost",
}


# --- The documentation


@dataclass
class Value:
    """A documented value. One that is ``optional`` may be missing, one that is ``shared`` is documented elsewhere."""

    types: tuple[type, ...]
    elements: tuple[type, ...] = ()
    returned: str = ""
    optional: bool = False
    shared: bool = False
    nullable: bool = False
    sample: Any = None
    fields: dict[str, Value] = field(default_factory=dict)


def documentation(module: str) -> dict[str, Value]:
    """Return what a module returns, by the names at the top."""
    return {name: _value(module, entry) for name, entry in _entries(module).items()}


def _entries(module: str) -> dict[str, Any]:
    return dict(yaml.safe_load(module_of(module).RETURN))


def _value(module: str, entry: Mapping[str, Any], nullable: bool = False) -> Value:
    text, returned = _text(entry["description"]), entry.get("returned", "")
    nullable = nullable or "V(null)" in text
    return Value(
        types=_types(entry["type"]),
        elements=_types(entry.get("elements", "raw")),
        returned=returned,
        optional=returned not in ("", "always", "success"),
        nullable=nullable,
        sample=entry.get("sample"),
        fields=dict(_fields(module, entry, text, nullable)),
    )


def _fields(module: str, entry: Mapping[str, Any], text: str, nullable: bool) -> Iterator[tuple[str, Value]]:
    for reference in REFERENCE.findall(text):
        for name, value in _referred(module, reference).fields.items():
            yield name, Value(**{**vars(value), "shared": True})
    options = module_of(module).TASK.options if OPTIONS_AS_FIELDS.search(text) else {}
    contains = entry.get("contains", {})
    sample = entry.get("sample") if "dict" in (entry["type"], entry.get("elements")) else None
    if options or not REFERENCE.search(text):
        yield from _fields_of_sample(sample, options, set(FIELD.findall(text)), nullable)
    if options:
        wrong = _merged(sample).keys() - options.keys() - contains.keys()
        assert not wrong, f"{module}: {wrong} are no options"
        for name in OPTION.findall(text):
            yield name, Value(**{**vars(_option(options[name])), "optional": True})
    for name, inner in contains.items():
        shown = _merged(sample).get(name)
        yield name, _value(module, inner if shown is None else {"sample": shown, **inner}, nullable)


def _fields_of_sample(
    sample: Any, options: Mapping[str, Any], named: set[str], nullable: bool
) -> Iterator[tuple[str, Value]]:
    """Yield the fields that a sample shows; of an option with suboptions, the others of these are optional."""
    for name, shown in _merged(sample).items():
        option = options.get(name, {})
        inner = option.get("options") or {}
        fields = dict(_fields_of_sample(shown, inner, named, nullable))
        if inner:
            wrong = fields.keys() - inner.keys() - named
            assert not wrong, f"{name} shows {wrong}, which are no options"
            optional = {other: Value((), optional=True, shared=True) for other in named}
            optional |= {other: Value(_types(part["type"]), optional=True) for other, part in inner.items()}
            fields = {**optional, **fields}
        value = _option(option) if option else Value(_types_of(shown), _elements_of(shown), nullable=nullable)
        yield name, Value(**{**vars(value), "fields": fields})


def _referred(module: str, reference: str) -> Value:
    """Return the value that a reference leads to, ``namespace.collection.name#module:path`` or a path in the module."""
    place, _colon, path = reference.rpartition(":")
    other = place.partition("#")[0].rpartition(".")[2].removeprefix(PREFIX) or module
    first, *others = path.replace("[]", "").split(".")
    value = _value(other, _entries(other)[first])
    for name in others:
        value = value.fields[name]
    return value


def _option(option: Mapping[str, Any]) -> Value:
    return Value(_types(option["type"]), _types(option.get("elements", "raw")))


def _merged(sample: Any) -> dict[str, Any]:
    """Return a dictionary, or the dictionaries of a list as one."""
    if isinstance(sample, list):
        return dict(pair for item in sample for pair in _merged(item).items())
    return sample if isinstance(sample, dict) else {}


def _text(description: str | list[str]) -> str:
    return description if isinstance(description, str) else " ".join(description)


def _types(name: str) -> tuple[type, ...]:
    return TYPES.get(name, ())


def _types_of(shown: Any) -> tuple[type, ...]:
    return _types(type(shown).__name__)


def _elements_of(shown: Any) -> tuple[type, ...]:
    return _types_of(shown[0]) if isinstance(shown, list) and shown else ()


# --- The comparison


@dataclass
class Comparison:
    """Results of a module beside its documentation: what of it was ``seen``, and what is wrong."""

    module: str
    values: dict[str, Value]
    generation: int = 1
    seen: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)

    def success(self, result: Mapping[str, Any], generation: int = 1) -> None:
        """Compare the result of a run that succeeds."""
        self.generation = generation
        self._dictionary("", result, self.values, whole=True)
        self.wrong += [
            f"{name} is there, although it is returned: {value.returned}"
            for name, value in self.values.items()
            if name in result and value.returned.startswith("failure")
        ]
        self.wrong += [
            f"{name} is missing in a success"
            for name, value in self.values.items()
            if name not in result and value.returned.startswith("success")
        ]

    def failure(self, error: PuqVpnError) -> None:
        """Compare the result of a run that fails."""
        result = {**error.details, "error_code": error.code, "panel_error": error.panel_error}
        self._dictionary("", result, self.values, whole=True)

    def samples(self) -> None:
        """Compare the samples, which need not hold everything."""
        for path, value in self._everything("", self.values):
            if value.sample is not None and not value.shared:
                Comparison(self.module, self.values, wrong=self.wrong)._compare(path, value.sample, value, whole=False)

    def unseen(self) -> list[str]:
        """Return what is documented here, and was in no result."""
        return [
            path
            for path, value in self._everything("", self.values)
            if path not in self.seen and not value.shared and not self._is_open(path.rpartition(".")[0])
        ]

    def _everything(self, prefix: str, values: Mapping[str, Value]) -> Iterator[tuple[str, Value]]:
        for name, value in values.items():
            yield f"{prefix}{name}", value
            if not value.shared:
                yield from self._everything(f"{prefix}{name}.", value.fields)

    def _compare(self, path: str, found: Any, value: Value, whole: bool) -> None:
        self.seen.add(path)
        if found is None:
            if not value.nullable and not self._is_open(path.rpartition(".")[0]):
                self.wrong.append(f"{path} is null, which its description does not say")
            return
        if not _is_of(found, value.types):
            self.wrong.append(f"{path} is {type(found).__name__}, not {value.types[0].__name__}")
        elif value.types == (list,):
            for item in found:
                if not _is_of(item, value.elements):
                    self.wrong.append(f"{path} holds {type(item).__name__}, not {value.elements[0].__name__}")
                elif value.elements == (dict,):
                    self._dictionary(path, item, value.fields, whole)
        elif value.types == (dict,):
            self._dictionary(path, found, value.fields, whole)

    def _dictionary(self, path: str, found: Mapping[str, Any], fields: Mapping[str, Value], whole: bool) -> None:
        prefix = f"{path}." if path else ""
        is_open = self._is_open(path)
        if path == "info" and isinstance(found, dict):
            found = {name: part for name, part in found.items() if not _is_refused(part)}
        for name, part in found.items():
            if name in fields:
                self._compare(f"{prefix}{name}", part, fields[name], whole and not is_open)
            elif not is_open and (path or name != "changed"):
                self.wrong.append(f"{prefix}{name} is not documented")
        if path and found and whole and not is_open:
            missing = [name for name, value in fields.items() if not value.optional and name not in found]
            self.wrong += [f"{prefix}{name} is missing" for name in missing]

    def _is_open(self, path: str) -> bool:
        above = {path[:end] for end in (*(at.start() for at in re.finditer(r"\.", path)), len(path))}
        of_module = {name for module, name in OPEN if module == self.module}
        return "diff" in above or bool(above & (of_module | (OPEN_OF_2 if self.generation == 2 else set())))


def _is_of(found: Any, types: tuple[type, ...]) -> bool:
    """Return true for a value of one of the types, and where there are none, for everything."""
    return not types or (isinstance(found, types) and (not isinstance(found, bool) or bool in types))


def _is_refused(part: Any) -> bool:
    """Return true for a subset of puqvpn_info that the panel refused, which is documented in prose."""
    return isinstance(part, dict) and part.keys() == {"error", "error_code"}


# --- The runs


def nothing(_panel: Simulator) -> None:
    """Leave a panel as it is."""


@dataclass(frozen=True)
class Run:
    """A run of a module on a furnished panel, for what neither a story nor a scenario shows.

    ``fault`` is the kind of a fault, and the requests that it meets as a method and a path.
    """

    module: str
    parameters: Mapping[str, Any]
    prepare: Callable[[Simulator], None] = nothing
    fault: tuple[str, str] = ("", "")
    times: int | None = 1
    generation: int = 1
    check_mode: bool = False


def full_panel(panel: Simulator) -> None:
    scenarios.archive(panel)
    scenarios.certificates(panel)
    panel.connect("wireguard", "bob")


def unused_panel(panel: Simulator) -> None:
    scenarios.clients(panel)
    scenarios.unused(panel)
    panel.connect("wireguard", "bob")


def unused_panel_of_2(panel: Simulator) -> None:
    full_panel_of_2(panel)
    scenarios.unused(panel)
    for name in panel.panel.accounts:
        panel.connect("wireguard", name)


def full_panel_of_2(panel: Simulator) -> None:
    add_servers_and_accounts(panel)
    panel.connect("wireguard", "alice")


def lagging(panel: Simulator) -> None:
    """Let the panel show what was before, for longer than anybody waits for it."""
    panel.lag(9)


def lagging_forward(panel: Simulator) -> None:
    scenarios.forward(panel)
    lagging(panel)


def lagging_rule(panel: Simulator) -> None:
    scenarios.rule(panel)
    lagging(panel)


def failing_ftp(panel: Simulator) -> None:
    panel.options.set(ftp_fails=True)
    panel.panel.backup_config.update(backup_to_ftp=True, ftp_server="f", ftp_user="u", ftp_password="p")


def without_rules(panel: Simulator) -> None:
    panel.panel.firewall_filter.clear()


def overriding_server(panel: Simulator) -> None:
    panel.panel.wireguard["Default"].update(b_download=12, b_upload=12)


def differently_named(panel: Simulator) -> None:
    panel.options.set(adblock_names="other")


NEW_CLIENT = {"name": "dora", "network_name": "Default", "b_download": 5}
ROTATED = {"name": "alice", "rotate_keys": True}
OTHER_NETWORK = {"name": "alice", "network_name": "office", "ipv4": "10.9.0.9", "recreate": True}
OTHER_FORWARD = {**scenarios.FORWARD, "to_port": 81}
OTHER_RULE = {**scenarios.RULE, "d_port": 24}
OTHER_USER = {**scenarios.ALICE, "username": "alice2"}
OTHER_INTERFACE = {**scenarios.OFFICE, "interface_name": "wg10"}
RECREATED_IKEV2 = {**scenarios.IKEV2, "recreate": True}
ADD_FORWARD = "POST wireguard/Default/port_forwarding"
ADD_RULE = "POST firewall/rules/filter/end"

AT_ONCE = {"verify_timeout": 0}
FOREVER = 10_000_000
DATED = [{"name": "alice", "expires": "2020-01-31"}, {"name": "bob", "expires": "9999-12-31"}]
DISABLING = {"config": {"accounts": [scenarios.ALICE]}, "purge": ["accounts"], "purge_action": "disable"}
REMOVING = {"config": {"accounts": [scenarios.ALICE]}, "purge": ["accounts"]}

RUNS = [
    Run("account", {"name": "alice", "username": "a"}, scenarios.account),
    Run("account", {**OTHER_USER, "recreate": True}, scenarios.account, ("error", "POST account")),
    Run("account", {**OTHER_USER, "recreate": True}, scenarios.account, ("error", "POST account"), times=None),
    Run(
        "account",
        {**scenarios.ALICE, "b_download": 100, "rollback": True},
        overriding_server,
        ("error", "PUT account/alice"),
    ),
    Run("account_link", {"name": "alice", "include_secrets": True}, scenarios.account),
    Run("account_link", {"name": "nobody"}),
    Run("account_link", {"name": "bob", "dest": scenarios.DEST, "backup": True}),
    Run("account_profile", {"name": "nobody", "dest": "/nowhere"}),
    Run("account_profile", {"name": "bob", "dest": scenarios.DEST, "backup": True}),
    Run("account_profile", {"name": "bob", "formats": ["wireguard"], "dest": scenarios.FOLDER, "backup": True}),
    Run("account_profile", {"names": ["nobody", "bob"], "dest": scenarios.FOLDER}),
    Run("account_profile", {"names": ["nobody", "bob"], "dest": scenarios.FOLDER}, check_mode=True),
    Run("apply", {"config": {"accounts": [{"name": "bob", "status": "off"}]}}),
    Run("apply", {**REMOVING, "max_deletes": 0}),
    Run("apply", {**REMOVING, "max_deletes": 0}, check_mode=True),
    Run("apply", {**REMOVING, "protect": ["b*"]}),
    Run("apply", {"config": {"accounts": [scenarios.ALICE]}}, fault=("error", "POST account")),
    Run("apply", {"config": {"accounts": DATED}, "expiry_warn_days": FOREVER}, scenarios.account),
    Run("apply", {**DISABLING, "max_disables": 0}, scenarios.account),
    Run("backup", {}, failing_ftp),
    Run("backup_config", {"number_backups": 7, **AT_ONCE}, lagging),
    Run("adblock", {"enabled": True, "whitelist_absent": ["ads.example.com"], "update": True}, generation=2),
    Run("adblock", {"enabled": True}, differently_named, generation=2),
    Run("adblock", {"update": True}, fault=("error", "POST dns/adblock/update"), generation=2),
    Run("client", NEW_CLIENT, generation=2),
    Run("client", NEW_CLIENT, generation=2, check_mode=True),
    Run("client", {"name": "alice", "username": "a"}, full_panel_of_2, generation=2),
    Run("client", {**NEW_CLIENT, "rollback": True}, fault=("error", "PUT client/dora"), generation=2),
    Run("account", ROTATED, scenarios.account_with_forward, ("error", ADD_FORWARD)),
    Run("client", OTHER_NETWORK, full_panel_of_2, ("error", "POST client"), generation=2),
    Run("client", OTHER_NETWORK, full_panel_of_2, ("error", "POST client"), times=None, generation=2),
    Run("client", {"name": "nobody", "state": "absent"}, generation=2),
    Run("client_link", {"name": "alice", "include_secrets": True}, full_panel_of_2, generation=2),
    Run("client_link", {"name": "alice", "include_secrets": True}, full_panel_of_2, generation=2, check_mode=True),
    Run("client_link", {"name": "nobody"}, generation=2),
    Run("client_link", {"name": "alice", "dest": scenarios.DEST, "backup": True}, full_panel_of_2, generation=2),
    Run("client_link", {"name": "alice", "dest": scenarios.DEST, "force": False}, full_panel_of_2, generation=2),
    Run("client_profile", {"name": "nobody", "dest": "/nowhere"}, generation=2),
    Run("client_profile", {"name": "alice", "dest": scenarios.DEST, "backup": True}, full_panel_of_2, generation=2),
    Run("client_profile", {"all": True, "dest": scenarios.FOLDER, "backup": True}, full_panel_of_2, generation=2),
    Run("client_profile", {"names": ["nobody", "alice"], "dest": scenarios.FOLDER}, full_panel_of_2, generation=2),
    Run("client_profile", {"names": ["nobody"], "dest": scenarios.FOLDER}, generation=2, check_mode=True),
    Run("dns", {"max_cache_ttl": 77, **AT_ONCE}, lagging),
    Run("export", {"dest": ""}),
    Run("firewall", {"internal_traffic": True, **AT_ONCE}, lagging),
    Run("firewall", {"policy_input": "DROP"}, without_rules),
    Run("firewall_rule", {**OTHER_RULE, **AT_ONCE}, lagging_rule),
    Run("firewall_rule", {"name": "all", "action": "DROP", "position": "top"}),
    Run("firewall_rule", OTHER_RULE, scenarios.rule, ("error", ADD_RULE)),
    Run("firewall_rule", OTHER_RULE, scenarios.rule, ("error", ADD_RULE), times=None),
    Run("health", {"accounts": True}, full_panel),
    Run("health", {"fail": True}),
    Run("health", {}, fault=("login_page", "GET *")),
    Run("health", {"accounts": True}, full_panel_of_2, generation=2),
    Run("ikev2", {"ca": {"common_name": "Another"}}, scenarios.certificates),
    Run("ikev2", RECREATED_IKEV2, scenarios.certificates, ("error", "PUT ikev2/generate_ca_rsa")),
    Run("ikev2_session", {"name": "alice"}, fault=("error", "GET ikev2/online")),
    Run("ikev2_settings", {"dpddelay": 77, **AT_ONCE}, lagging),
    Run("info", {"gather_subset": ["all", "traffic"], "include_secrets": True, **MONTH}, full_panel),
    Run("info", {"gather_subset": ["all", "traffic"]}, full_panel),
    Run("info", {"gather_subset": ["all", "traffic", "otl"], **MONTH}, full_panel_of_2, generation=2),
    Run("info", {}, fault=("login_page", "GET *")),
    Run("port_forward", {**OTHER_FORWARD, **AT_ONCE}, lagging_forward),
    Run("port_forward", OTHER_FORWARD, scenarios.forward, ("error", ADD_FORWARD)),
    Run("port_forward", OTHER_FORWARD, scenarios.forward, ("error", ADD_FORWARD), times=None),
    Run("reload", {}, fault=("error", "PUT system/reload")),
    Run("request", {"path": "account/nobody"}, check_mode=True),
    Run("request", {"path": "account/nobody"}),
    Run("request", {"path": "dns", "expect": {"max_cache_ttl": 1, "none": 2}}),
    Run("request", {"path": "dns", "expect": {"max_cache_ttl": 1}}, check_mode=True),
    Run("request", {"method": "POST", "path": "account", "data": {"name": "a"}}, check_mode=True),
    Run("request", {"path": "clients", "schema": "strict"}, generation=2),
    Run("status", {"min_version": "99"}),
    Run("status", {"min_version": "99"}, generation=2),
    Run("status", {}, generation=2),
    Run("system_config", {"wireguard_handshake_uptime": 90, **AT_ONCE}, lagging),
    Run("traffic_logging", {"remote_syslog_server_port": 77, **AT_ONCE}, lagging),
    Run("usage_info", {"stale_months": 1, "months_back": 1}, unused_panel),
    Run("usage_info", {"stale_months": 1}, unused_panel, fault=("error", "GET *online"), times=None),
    Run("usage_info", {"year": 9999}, full_panel),
    Run("usage_info", {}, scenarios.clients, fault=("error", "GET account/bob/*")),
    Run("usage_info", {"names": ["nobody"]}),
    Run("usage_info", {"stale_months": 1, "months_back": 1}, unused_panel_of_2, generation=2),
    Run("wireguard", {"name": "office", "state": "absent"}, scenarios.server_with_account),
    Run(
        "wireguard",
        {"name": "office", "state": "absent", "force": True},
        scenarios.server_with_account,
        ("error", "DELETE wireguard/office"),
    ),
    Run("wireguard", OTHER_INTERFACE, scenarios.server),
    Run("wireguard", {**OTHER_INTERFACE, "recreate": True}, scenarios.server, ("error", "POST wireguard")),
    Run("wireguard", {**OTHER_INTERFACE, "recreate": True}, scenarios.server, ("error", "POST wireguard"), times=None),
]


@dataclass(frozen=True)
class Stage:
    """Open panels of both generations and a folder for files, and what lets clients talk to panels."""

    panels: Mapping[int, Simulator]
    folder: Path
    connect: Connect

    def client(self, panel: Simulator, **options: Any) -> PanelClient:
        return self.connect(panel, busy_timeout=1, **options)

    def compare(self, comparison: Comparison, of: Run | Scenario | Story) -> None:
        """Do a run, and compare what comes of it."""
        if isinstance(of, Story):
            self._tell(comparison, of)
        elif isinstance(of, Scenario) and of.generation == 1:
            self._perform(comparison, of, self.panels[1])
        elif isinstance(of, Scenario):
            with Simulator(generation=of.generation) as panel:
                self._perform(comparison, of, panel)
        elif of.generation == 1:
            self._run(comparison, of, self.panels[1])
        else:
            with Simulator(generation=of.generation) as panel:
                self._run(comparison, of, panel)

    def _tell(self, comparison: Comparison, story: Story) -> None:
        """Run the steps of a story; settings are always there, so that one step shows all of them."""
        steps = [story.created, *story.steps] if story.created else story.steps[:1]
        for at, step in enumerate(steps):
            options = {**story.named, **step, "include_secrets": at % 2 == 0}
            done = run(self.client(self.panels[story.generation]), story.module, **options)
            comparison.success(done, story.generation)

    def _perform(self, comparison: Comparison, scenario: Scenario, panel: Simulator) -> None:
        scenario.stage(panel, self.folder)
        self._finish(comparison, lambda: scenario.perform(self.client(panel), self.folder), scenario.generation)

    def _run(self, comparison: Comparison, one: Run, panel: Simulator) -> None:
        if one.generation == 1:
            panel.reset()
            scenarios.furnish(panel)
        one.prepare(panel)
        kind, request = one.fault
        if kind:
            method, path = request.split()
            panel.fault(kind, method=method, path=path, times=one.times)
        client = self.client(panel, check_mode=one.check_mode)
        for name in ("file", "alice.conf", "bob.conf"):
            (self.folder / name).write_bytes(b"what was there before")
        dest = {scenarios.DEST: str(self.folder / "file"), scenarios.FOLDER: str(self.folder)}
        given = {name: dest.get(value, value) if name == "dest" else value for name, value in one.parameters.items()}
        self._finish(comparison, lambda: run(client, one.module, **given), one.generation)
        panel.clear_faults()

    def _finish(self, comparison: Comparison, work: Callable[[], dict[str, Any]], generation: int = 1) -> None:
        try:
            result = work()
        except PuqVpnError as error:
            comparison.failure(error)
        else:
            comparison.success(_with_file(result), generation)


def _with_file(result: dict[str, Any]) -> dict[str, Any]:
    """Add what Ansible itself adds to the result of a module that has a file."""
    module = object.__new__(AnsibleModule)
    module._selinux_enabled = False
    return dict(module.add_path_info(result)) if "dest" in result else result


@pytest.mark.parametrize("name", MODULES)
def test_what_a_module_returns_is_documented(name: str, connect: Connect, tmp_path: Path) -> None:
    module = name.removeprefix(PREFIX)
    comparison = Comparison(module, documentation(module))
    every: tuple[Run | Scenario | Story, ...] = (*STORIES, *SCENARIOS, *RUNS)
    with open_panel_of(1) as old, open_panel_of(2) as new:
        stage = Stage({1: old, 2: new}, tmp_path, connect)
        for of in every:
            if of.module == module:
                stage.compare(comparison, of)
    comparison.samples()
    assert sorted(set(comparison.wrong)) == []
    assert comparison.unseen() == []


# --- The comparison itself


DOCUMENTED = """
account:
  description: An account.
  type: dict
  returned: success
  contains:
    name: {description: The name., type: str}
    port: {description: The port. V(null) if unknown., type: int}
    key: {description: The key., type: str, returned: with secrets}
    peers: {description: The peers., type: list, elements: dict, sample: [{name: a, online: true}]}
"""
AS_DOCUMENTED = {"name": "a", "port": None, "peers": [{"name": "b", "online": False}]}


@pytest.mark.parametrize(
    ("account", "wrong"),
    [
        (AS_DOCUMENTED, []),
        ({}, []),
        ({**AS_DOCUMENTED, "key": "k"}, []),
        ({**AS_DOCUMENTED, "wg_name": "x"}, ["account.wg_name is not documented"]),
        ({**AS_DOCUMENTED, "name": 1}, ["account.name is int, not str"]),
        ({**AS_DOCUMENTED, "port": True}, ["account.port is bool, not int"]),
        ({**AS_DOCUMENTED, "name": None}, ["account.name is null, which its description does not say"]),
        ({"name": "a", "peers": []}, ["account.port is missing"]),
        ({**AS_DOCUMENTED, "peers": [{"name": "a"}]}, ["account.peers.online is missing"]),
        ({**AS_DOCUMENTED, "peers": [{"name": "a", "on": 1, "online": True}]}, ["account.peers.on is not documented"]),
        ({**AS_DOCUMENTED, "peers": ["a"]}, ["account.peers holds str, not dict"]),
    ],
)
def test_a_difference_is_found(account: dict[str, Any], wrong: list[str]) -> None:
    values = {name: _value("account", entry) for name, entry in yaml.safe_load(DOCUMENTED).items()}
    comparison = Comparison("account", values)
    comparison.success({"changed": True, "account": account})
    assert comparison.wrong == wrong
    assert ("account.key" in comparison.unseen()) is ("key" not in account)
