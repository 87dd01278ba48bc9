# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Error codes are an interface: one table, and nothing beside it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import ERROR_CODES, PuqVpnError
from ansible_collections.puqcloud.puqvpn.tests.unit.error_codes import PAGE, page

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
TREES = {file: ast.parse(file.read_text()) for file in sorted(PLUGINS.rglob("*.py"))}


def parameters_of(function: ast.FunctionDef) -> list[str]:
    return [argument.arg for argument in function.args.args if argument.arg != "self"]


def callables() -> Iterator[tuple[str, ast.FunctionDef]]:
    """All functions, and the constructors of classes under the names of these."""
    for node in (node for tree in TREES.values() for node in ast.walk(tree)):
        if isinstance(node, ast.FunctionDef) and node.name != "__init__":
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            parts = [part for part in node.body if isinstance(part, ast.FunctionDef) and part.name == "__init__"]
            yield from ((node.name, part) for part in parts)


def takers_of_codes() -> dict[str, int]:
    """What takes an error code as ``code``, by name, with the position of that among the arguments."""
    return {
        name: parameters_of(function).index("code")
        for name, function in callables()
        if re.search(r"\bcode: str\b", ast.unparse(function.args))
    }


def codes_in(tree: ast.AST, takers: dict[str, int]) -> Iterator[str]:
    """Every constant that a tree uses as an error code."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _constants(_code_of_call(node, takers))
        elif isinstance(node, ast.Assign):
            yield from _constants(_code_of_assignment(node.targets[0], node.value))
        elif isinstance(node, ast.FunctionDef) and "code: str=" in ast.unparse(node.args):
            defaults = dict(zip(reversed(parameters_of(node)), reversed(node.args.defaults)))
            yield from _constants(defaults["code"])


def _code_of_call(call: ast.Call, takers: dict[str, int]) -> ast.expr | None:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    # A subclass of an error passes its code first.
    at = 0 if ast.unparse(call.func) == "super().__init__" else takers.get(name)
    named = [keyword.value for keyword in call.keywords if keyword.arg == "code"]
    return named[0] if named else call.args[at] if at is not None and len(call.args) > at else None


def _code_of_assignment(target: ast.expr, value: ast.expr) -> ast.expr | None:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        pairs = [(ast.unparse(name), part) for name, part in zip(target.elts, value.elts)]
        return next((part for name, part in pairs if name == "code"), None)
    return value if re.fullmatch(r"(.+\.)?code", ast.unparse(target)) else None


def _constants(node: ast.expr | None) -> Iterator[str]:
    """The code that an expression stands for, or both of a conditional one."""
    if isinstance(node, ast.IfExp):
        yield from _constants(node.body)
        yield from _constants(node.orelse)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def raised() -> set[str]:
    takers = takers_of_codes()
    assert {"PuqVpnError", "ExchangeError", "VerificationError"} <= takers.keys()
    found = {code for tree in TREES.values() for code in codes_in(tree, takers)}
    # Those that a panel names in its own words, a failure that Ansible detects, and functions that return a code.
    constants = {
        node.value
        for name in ("_KNOWN_TEXTS", "OPTION_FAILURE", "classify")
        for tree in TREES.values()
        for part in ast.walk(tree)
        if _name_of(part) == name
        for node in ast.walk(part)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return found | (constants & ERROR_CODES.keys())


def _name_of(node: ast.AST) -> str:
    if isinstance(node, ast.FunctionDef):
        return node.name
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return ast.unparse(targets[0]) if targets else ""


def test_every_code_that_is_raised_is_in_the_table_and_the_other_way_round() -> None:
    assert raised() == set(ERROR_CODES)


def test_an_unknown_code_cannot_be_raised() -> None:
    with pytest.raises(KeyError):
        raise PuqVpnError("unheard_of", "something happened")


def test_an_error_without_a_hint_says_what_its_code_advises() -> None:
    assert str(PuqVpnError("rate_limited", "slow down")) == "slow down. Try again later, or raise retries."
    assert str(PuqVpnError("rate_limited", "slow down", hint="")) == "slow down."


def test_the_table_is_in_order_and_made_of_sentences() -> None:
    assert list(ERROR_CODES) == sorted(ERROR_CODES)
    for code, entry in ERROR_CODES.items():
        assert re.fullmatch("[a-z0-9]+(_[a-z0-9]+)*", code)
        for text in entry:
            assert re.fullmatch(r"[A-Z0-9].*\.", text), text


def test_the_page_is_the_table() -> None:
    assert PAGE.read_text() == page(), "generate it with: .build/venv/bin/nox -s pages"


def test_codes_in_the_documentation_are_known() -> None:
    texts = [file.read_text() for file in (PLUGINS / "modules").glob("*.py")]
    named = {code for text in texts for code in re.findall(r"RV\(error_code=(\w+)\)", text)}
    assert named
    assert named <= ERROR_CODES.keys()
