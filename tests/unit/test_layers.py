# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The layers of docs/architecture.md: what may import what."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
UTILS = PLUGINS / "module_utils"
FILES = sorted(UTILS.rglob("*.py"))
# What only runs on the controller, from the bottom to the top.
CONTROLLER = ("plugin_utils", "filter", "lookup", "inventory", "action")
CONTROLLER_FILES = [file for folder in CONTROLLER for file in sorted((PLUGINS / folder).rglob("*.py"))]

# From the bottom to the top: a file may import those of its own layer and below.
LAYERS = [
    {"_untrusted", "_signals"},
    {"_errors", "_secrets", "_json"},
    {"_compare", "_connection", "_files", "_crypto", "_networks", "_time", "_vault", "_yaml"},
    {"_field_types", "_endpoints", "_openapi", "_transport"},
    {"_schema", "_envelope"},
    {"_objects", "_change", "_client", "_expiry", "_file_writer"},
    {"_summary"},
    {"_panel", "_lockout", "_packet_filter"},
    {"_health"},
    {"_check_mode", "_verify"},
    {"_execute"},
    {"_resource"},
    {"_addressed", "_profile"},
    {"_rotate_keys"},
    {"_document"},
    {"_subsets"},
    {"_module", "_task"},
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}


def _name(file: Path) -> str:
    return file.relative_to(UTILS).parts[0].removesuffix(".py")


def _imports(file: Path) -> set[str]:
    """The packages, and the files of module_utils, that a file imports."""
    found: set[str] = set()
    depth = len(file.relative_to(UTILS).parts)
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = (node.module or "").split(".")[0]
            found.add(_name(file) if node.level and node.level < depth else module)
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(UTILS)))
def test_arrows_point_downwards_only(file: Path) -> None:
    above = {name for name in _imports(file) if LEVEL.get(name, -1) > LEVEL[_name(file)]}
    assert above == set()


@pytest.mark.parametrize("file", [*FILES, *CONTROLLER_FILES], ids=lambda file: str(file.relative_to(PLUGINS)))
def test_a_body_belongs_to_its_module_alone(file: Path) -> None:
    nodes = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.ImportFrom)]
    assert [node.module for node in nodes if "_module" in (node.module or "").split(".")] == []
    assert file.parent.name != "_module" or [node.module for node in nodes if node.level == 1] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(UTILS)))
def test_only_the_edge_knows_ansible_and_only_the_transport_knows_requests(file: Path) -> None:
    imports = _imports(file)
    assert ("ansible" in imports) is (_name(file) == "_task")
    assert not imports & {"requests", "urllib3"} or _name(file) == "_transport"


def test_the_plan_knows_no_http() -> None:
    reached, queue = set(), {"_change"}
    while queue:
        name = queue.pop()
        reached.add(name)
        queue |= {one for one in _imports(UTILS / f"{name}.py") if one in LEVEL} - reached
    assert reached <= {
        "_change",
        "_schema",
        "_field_types",
        "_compare",
        "_networks",
        "_time",
        "_secrets",
        "_errors",
        "_untrusted",
    }


@pytest.mark.parametrize("file", sorted((UTILS / "_document").glob("*.py")), ids=lambda file: file.name)
def test_only_the_run_of_a_document_sends_requests(file: Path) -> None:
    tree = ast.walk(ast.parse(file.read_text()))
    siblings = {node.module for node in tree if isinstance(node, ast.ImportFrom) and node.level == 1}
    assert bool(_imports(file) & {"_client", "_execute", "_panel", "_verify"}) is (file.stem in {"run", "verify"})
    assert not siblings & {"run", "verify"} or file.stem == "run"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(UTILS)))
def test_module_utils_know_nothing_above_them(file: Path) -> None:
    depth = len(file.relative_to(UTILS).parts)
    nodes = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.ImportFrom)]
    assert [node.module for node in nodes if node.level > depth] == []
    assert "ansible_collections" not in _imports(file)


@pytest.mark.parametrize("file", CONTROLLER_FILES, ids=lambda file: str(file.relative_to(PLUGINS)))
def test_plugins_stand_on_module_utils_and_plugin_utils(file: Path) -> None:
    # The action plugin of a module does what that module does.
    below = {"modules", "plugin_utils"} if file.parent.name == "action" else {"module_utils", "plugin_utils"}
    nodes = list(ast.walk(ast.parse(file.read_text())))
    names = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    names += [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    own = [name.split(".")[4] for name in names if name.startswith("ansible_collections.puqcloud.puqvpn.plugins.")]
    assert set(own) <= below
    # HTTP is the transport's alone.
    assert not {name.split(".")[0] for name in names} & {"requests", "urllib3", "http"}


def test_each_module_has_an_action_plugin() -> None:
    modules, actions = ({file.name for file in (PLUGINS / folder).glob("*.py")} for folder in ("modules", "action"))
    assert modules == actions
