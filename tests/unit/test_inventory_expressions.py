# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Expressions of an inventory that are compiled once mean what they mean to Ansible, which compiles them each time."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import ansible.template
import jinja2.environment
import pytest
from ansible.errors import AnsibleError
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible_collections.puqcloud.puqvpn.plugins.inventory import puqvpn
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._inventory.account_hosts import hosts_of
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._inventory.hosts import as_template, as_variable
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._inventory.panels import panels_of
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import DEFAULTS

(PANEL,) = panels_of({**DEFAULTS, "access_hash": "a", "url": "https://vpn.example.com"}, None)

BEFORE_2_19 = not hasattr(ansible.template, "trust_as_template")
is_trusted = getattr(ansible.template, "is_trusted_as_template", bool)

# What another inventory source has set for the first host: a template, and one with other delimiters.
BODY = "{{ puqvpn_name }}[% puqvpn_status %]"
OF_ANOTHER_SOURCE = {
    "plain": BODY,
    "delimited": f"#jinja2: variable_start_string:'[%', variable_end_string:'%]'\n{BODY}",
}

# --- What is in an inventory


def as_expressions(value: Any) -> Any:
    """Trust the texts of an option as those of a file."""
    if isinstance(value, dict):
        return {name: as_expressions(held) for name, held in value.items()}
    if isinstance(value, list):
        return [as_expressions(held) for held in value]
    return as_template(value) if isinstance(value, str) else value


def described(value: Any) -> Any:
    """A value with its types, and whether its texts are templates."""
    if isinstance(value, dict):
        return type(value).__name__, [(described(name), described(held)) for name, held in value.items()]
    if isinstance(value, list):
        return type(value).__name__, [described(held) for held in value]
    return type(value).__name__, value, isinstance(value, str) and is_trusted(value)


def constructed(options: dict[str, Any], accounts: list[dict[str, Any]]) -> InventoryData:
    """The inventory of accounts with the options of a file."""
    plugin = puqvpn.InventoryModule()
    plugin._options = {
        **{"strict": True, "compose": {}, "groups": {}, "keyed_groups": [], "use_extra_vars": False},
        **{"on_unreachable": "fail", "leading_separator": True},
        **as_expressions(options),
    }
    plugin.get_option = plugin._options.get
    plugin.inventory = InventoryData()
    plugin.templar = Templar(loader=DataLoader())
    plugin._vars = {"puqvpn_status": "of the command line"}
    plugin._default_groups = {}
    plugin.inventory.add_host("alice")
    for name, template in OF_ANOTHER_SOURCE.items():
        plugin.inventory.set_variable("alice", name, as_template(template))
    named = [(account["puqvpn_name"], as_variable(account)) for account in accounts]
    hosts = hosts_of(PANEL, named, set_ansible_host=False, default_groups=False)
    plugin._add(hosts)
    plugin._construct_all(hosts, set())
    return plugin.inventory


def listing(options: dict[str, Any], accounts: list[dict[str, Any]]) -> Any:
    """Everything in an inventory in its order, or why there is none."""
    try:
        inventory = constructed(options, accounts)
    except AnsibleError as error:
        return str(error)
    hosts = [(host.name, described(host.vars)) for host in inventory.hosts.values()]
    groups = [
        (group.name, [host.name for host in group.hosts], [child.name for child in group.child_groups])
        for group in inventory.groups.values()
    ]
    return hosts, groups


# --- Random inventories

NAMES = [
    *("puqvpn_name", "puqvpn_status", "puqvpn_b_download", "puqvpn_online", "puqvpn_online_protocols"),
    *(
        "puqvpn_endpoint",
        "puqvpn_comment",
        "puqvpn_extra",
        "missing",
        "composed_0",
        "group_names",
        "inventory_hostname",
    ),
    *OF_ANOTHER_SOURCE,
]
LITERALS = [
    *(
        "0",
        "7",
        "1.5",
        "''",
        "'a'",
        "'{{ puqvpn_name }}'",
        "'}}'",
        "'{#'",
        "'{% if %}'",
        "'\\n'",
        r"'\\d+'",
        r"'(.)\1'",
    ),
    *("'True'", "'[1, 2]'", "'{\"a\": 1}'", "'007'", "none", "true", "omit", "[]", "{}", "['a', '', none]", "()"),
    *("{'a': '', 'b': 'c'}", "'a' | upper", "[3, 1] | sort", "undef()", "range(3)", "lookup('env', 'NOTHING')"),
]
OPERATIONS = [
    *("{a} ~ {b}", "{a} + {b}", "{a} == {b}", "{a} < {b}", "{a} in {b}", "{a} and {b}", "{a} or {b}", "not {a}"),
    *(
        "{a} if {b} else {c}",
        "{a} if {b}",
        "({a})[0]",
        "({a}).a",
        "({a}).upper()",
        "[{a}, {b}]",
        "{{'k': {a}, 'l': {b}}}",
    ),
    *("({a}) | default({b})", "({a}) | default({b}, true)", "({a}) | upper", "({a}) | length", "({a}) | list"),
    *(
        r"({a}) | regex_replace('(.)\\1', {b})",
        r"({a}) | regex_replace('(\\w)', '-\\1')",
        "({a}) | string",
        "({a}) | int",
    ),
    *("({a}) | bool", "({a}) | map('upper')", "({a}) | join('-')", "({a}) | to_json", "({a}) | from_json"),
    *("({a}) | mandatory", "({a}) | unknown_filter", "({a}) is unknown_test", "({a}) is defined", "({a}) is string"),
    *("({a}) is match({b})", "({a}) | select('string') | list", "[{a}] | random", "({a}) | dict2items"),
]
# Not one expression, or none at all.
NO_EXPRESSIONS = ["{e} }}}} {{{{ {e}", "{{{{ {e} }}}}", "{e} {{# x #}}", "{e} {e}", ""]
TEXTS = ["a", "b c", "", "{{ 7 * 7 }}", "{% raw %}", "}}", "True", "[1]", "aabb", "\\1", "#jinja2: x"]


class Dice:
    """Makes random inventories."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.pick = self._random.choice

    def expression(self, depth: int = 2) -> str:
        """A random expression."""
        if depth == 0 or self._random.random() < 0.2:
            return str(self.pick(NAMES if self._random.random() < 0.7 else LITERALS))
        parts = {name: self.expression(depth - 1) for name in "abc"}
        return str(self.pick(OPERATIONS)).format(**parts)

    def source(self) -> str:
        """What a user could write as an expression."""
        source = "{e}" if self._random.random() < 0.9 else str(self.pick(NO_EXPRESSIONS))
        return source.format(e=self.expression())

    def options(self) -> dict[str, Any]:
        """The options of a random file. Some expressions are used twice."""
        sources = [self.source() for _number in range(4)]
        return {
            "strict": self.pick([True, False, False, False]),
            "use_extra_vars": self.pick([True, False]),
            "leading_separator": self.pick([True, False]),
            "compose": {f"composed_{number}": self.pick(sources) for number in range(3)},
            **self.pick([{}, {"groups": {f"group {number}": self.pick(sources) for number in range(2)}}]),
            **self.pick([{}, {"keyed_groups": [self._keyed_group(sources) for _number in range(2)]}]),
        }

    def _keyed_group(self, sources: list[str]) -> dict[str, Any]:
        entry = {
            "key": self.pick([*sources, "puqvpn_status", "puqvpn_online_protocols", "puqvpn_extra", "composed_0"]),
            "prefix": self.pick([None, "", "p"]),
            "separator": self.pick([None, "", "-"]),
            "parent_group": self.pick([None, "parent", "in_{{ puqvpn_status }}", "{{ missing }}"]),
            "default_value": self.pick([None, None, "none"]),
            "trailing_separator": self.pick([None, None, True, False]),
        }
        return {name: value for name, value in entry.items() if value is not None}

    def accounts(self, number: int = 5) -> list[dict[str, Any]]:
        """Accounts with random values."""
        return [
            {
                "puqvpn_name": name,
                "puqvpn_status": self.pick(["enable", "disable"]),
                "puqvpn_b_download": self.pick([0, 50, None]),
                "puqvpn_online": self.pick([True, False]),
                "puqvpn_online_protocols": self.pick([[], ["wireguard"], ["wireguard", "ikev2"]]),
                "puqvpn_endpoint": self.pick([None, "198.51.100.7"]),
                "puqvpn_comment": self.pick(TEXTS),
                **self.pick([{}, {"puqvpn_extra": {"a": self.pick(TEXTS), "b": None}}, {"puqvpn_extra": []}]),
            }
            for name in ("alice", "bob", "carol", "dave", "erin")[:number]
        ]


def listing_of_ansible(monkeypatch: pytest.MonkeyPatch, *arguments: Any) -> Any:
    """The listing when Ansible compiles the expressions for each host."""
    with monkeypatch.context() as patch:
        patch.setattr(puqvpn, "compile_once", lambda _templar: None)
        return listing(*arguments)


def compare(monkeypatch: pytest.MonkeyPatch, seeds: range) -> Counter[str]:
    """Compare random inventories with those of Ansible's own; how many ended how."""
    endings: Counter[str] = Counter()
    for seed in seeds:
        dice = Dice(seed)
        options, accounts = dice.options(), dice.accounts(3)
        found = listing(options, accounts)
        assert found == listing_of_ansible(monkeypatch, options, accounts), f"seed {seed}: {options}"
        endings["failed" if isinstance(found, str) else "grouped" if len(found[1]) > 2 else "not grouped"] += 1
    return endings


# Since ansible-core 2.19, the setting has no effect.
@pytest.mark.parametrize("native", [False, True] if BEFORE_2_19 else [False])
def test_inventories_are_those_of_ansible(monkeypatch: pytest.MonkeyPatch, native: bool) -> None:
    monkeypatch.setattr("ansible.constants.DEFAULT_JINJA2_NATIVE", native, raising=False)
    endings = compare(monkeypatch, range(1000 * native, 1000 * native + 20))
    assert min(endings[ending] for ending in ("failed", "grouped", "not grouped")) > 0


def test_an_expression_can_be_a_condition_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    # Before ansible-core 2.19, this is a backspace in a condition, and elsewhere the boundary of a word.
    expression = r"puqvpn_name is search('\bali')"
    arguments = {"compose": {"composed": expression}, "groups": {"composed": expression}}, Dice(0).accounts()
    assert listing(*arguments) == listing_of_ansible(monkeypatch, *arguments)


def test_a_template_with_other_delimiters_is_not_mistaken_for_one_without(monkeypatch: pytest.MonkeyPatch) -> None:
    options = {"keyed_groups": [{"key": name, "prefix": "of"} for name in OF_ANOTHER_SOURCE]}
    arguments = options, Dice(0).accounts(1)
    found = listing(*arguments)
    assert found == listing_of_ansible(monkeypatch, *arguments)
    assert len(found[1]) == 2 + len(OF_ANOTHER_SOURCE)


def test_values_that_differ_each_time_do(monkeypatch: pytest.MonkeyPatch) -> None:
    for expression in ("1000000000 | random", "puqvpn_name ~ (1000000000 | random)", "range(1000000000) | random"):
        inventory = constructed({"compose": {"drawn": expression}}, Dice(0).accounts())
        drawn = {host.vars["drawn"] for host in inventory.hosts.values()}
        assert len(drawn) == 5, expression


# --- What it costs


def test_more_hosts_do_not_compile_more(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = Counter[str]()
    generate = jinja2.environment.Environment._generate

    def count(self: Any, *args: Any, **kwargs: Any) -> Any:
        compiled["expressions"] += 1
        return generate(self, *args, **kwargs)

    monkeypatch.setattr(jinja2.environment.Environment, "_generate", count)
    options = {
        "compose": {"a": "puqvpn_name ~ '.example.com'", "b": r"puqvpn_name | regex_replace('^(.)', '\\1')"},
        "groups": {"slow": "puqvpn_status == 'enable'"},
        "keyed_groups": [{"key": "puqvpn_status", "prefix": "status"}],
    }
    for number in (1, 5):
        compiled.clear()
        constructed(options, Dice(0).accounts(number))
        assert compiled["expressions"] == 4
