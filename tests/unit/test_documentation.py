# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation cannot drift from the code."""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.puqcloud.puqvpn.plugins.doc_fragments.attributes import ModuleDocFragment as Attributes
from ansible_collections.puqcloud.puqvpn.plugins.doc_fragments.connection import ModuleDocFragment as ConnectionFragment
from ansible_collections.puqcloud.puqvpn.plugins.filter.filters import FilterModule
from ansible_collections.puqcloud.puqvpn.plugins.inventory import puqvpn as inventory
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._connection import CONNECTION_OPTIONS
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._task import connection_argument_spec
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import ALL_MODULES, MODULES, WITHOUT_PANEL, module_of

COLLECTION = Path(__file__).resolve().parents[2]
PREFIX = "puqcloud.puqvpn."
FILTERS = FilterModule().filters()


def _compared(option: dict[str, Any]) -> dict[str, Any]:
    """What documentation and code must agree on; of the options inside an option as well."""
    compared = {
        key: option[key] for key in ("type", "required", "default", "choices", "elements", "aliases") if key in option
    }
    inner = option.get("suboptions") or option.get("options")
    return {**compared, "options": _all_compared(inner)} if inner else compared


def _all_compared(options: dict[str, Any]) -> dict[str, Any]:
    return {name: _compared(option) for name, option in options.items()}


def _same_options(documented: dict[str, Any], coded: dict[str, Any]) -> bool:
    return _all_compared(documented) == _all_compared(coded)


def _documented_options(document: dict[str, Any]) -> dict[str, Any]:
    """The options of a document together with those of the fragments of this collection, but for the connection."""
    options = dict(document.get("options") or {})
    for name in document.get("extends_documentation_fragment", []):
        if name.startswith(PREFIX) and name != f"{PREFIX}connection":
            fragment, _dot, part = name[len(PREFIX) :].partition(".")
            source = importlib.import_module(f"ansible_collections.{PREFIX}plugins.doc_fragments.{fragment}")
            text = getattr(source.ModuleDocFragment, part.upper() or "DOCUMENTATION")
            options.update(yaml.safe_load(text)["options"])
    return options


@pytest.mark.parametrize("part", ["DOCUMENTATION", "PLUGINS"])
def test_the_connection_options_are_documented_as_they_are(part: str) -> None:
    documented = yaml.safe_load(getattr(ConnectionFragment, part))["options"]
    if part == "PLUGINS":
        # Ansible would require it of plugins itself, and not find it in the environment.
        assert "required" not in documented["url"]
        documented["url"]["required"] = True
    assert _same_options(documented, CONNECTION_OPTIONS)
    for name, option in CONNECTION_OPTIONS.items():
        assert f"E({option['env']})" in str(documented[name]["description"])
        # If Ansible read the variables for plugins, one that is empty would count.
        assert "env" not in documented[name]


def test_the_nested_options_of_the_inventory_are_documented_as_they_are() -> None:
    panels = yaml.safe_load(ConnectionFragment.PANELS)["options"]
    own = yaml.safe_load(inventory.DOCUMENTATION)["options"]
    assert _same_options({**panels, "filters": own["filters"]}, inventory.NESTED_OPTIONS)


@pytest.mark.parametrize("module", ALL_MODULES)
def test_the_options_of_a_module_are_documented_as_they_are(module: str) -> None:
    document = yaml.safe_load(module_of(module).DOCUMENTATION)
    assert _same_options(_documented_options(document), module_of(module).TASK.options)


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_is_documented_as_it_is(name: str) -> None:
    document = yaml.safe_load((COLLECTION / "plugins" / "filter" / f"{name}.yml").read_text())
    documented, returned = document["DOCUMENTATION"], document["RETURN"]
    assert documented["name"] == name
    assert {"short_description", "version_added", "author", "description"} < documented.keys()
    first, *others = inspect.signature(FILTERS[name].function).parameters.values()
    options = _documented_options(documented)
    assert set(options) == {"_input", *(one.name for one in others)}
    assert options["_input"]["required"] is True
    for one in others:
        assert options[one.name].get("required", False) is (one.default is one.empty)
        # An immutable default stands for a list.
        default = list(one.default) if isinstance(one.default, tuple) else one.default
        assert options[one.name].get("default", one.empty) == default
    assert list(returned) == ["_value"]
    assert f"{PREFIX}{name}" in str(yaml.safe_load(document["EXAMPLES"]))


def test_nothing_is_documented_that_is_no_filter() -> None:
    assert {file.stem for file in (COLLECTION / "plugins" / "filter").glob("*.yml")} == FILTERS.keys()


def test_every_module_with_connection_options_is_in_the_action_group() -> None:
    group = yaml.safe_load((COLLECTION / "meta" / "runtime.yml").read_text())["action_groups"]["all"]
    assert sorted(group) == MODULES
    # It would refuse the connection options that a playbook sets for the group.
    assert not connection_argument_spec().keys() & module_of(WITHOUT_PANEL).TASK.argument_spec.keys()
    membership = yaml.safe_load(Attributes.DOCUMENTATION)["attributes"]["action_group"]["membership"]
    assert membership == ["puqcloud.puqvpn.all"]


@pytest.mark.parametrize("module", ALL_MODULES)
def test_a_module_file_is_thin(module: str) -> None:
    source = (COLLECTION / "plugins" / "modules" / f"{module}.py").read_text()
    code = source.split('RETURN = r"""')[1].split('"""', 1)[1]
    assert len([line for line in code.splitlines() if line.strip()]) <= 60


@pytest.mark.parametrize(
    ("file", "beginning"),
    [
        ("plugins/module_utils/_objects/port_forward.py", "from .._field_types"),
        ("plugins/modules/puqvpn_port_forward.py", "from functools"),
    ],
)
def test_the_worked_example_is_the_code(file: str, beginning: str) -> None:
    code = (COLLECTION / file).read_text()
    example = f"```python\n{code[code.index(beginning) :].strip()}\n```"
    assert example in (COLLECTION / "docs" / "architecture.md").read_text()
