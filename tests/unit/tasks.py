# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How tests run the work of a module: with the options as Ansible itself validates and converts them."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._connection import CONNECTION_OPTIONS
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import PuqVpnError
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._file_tools import FileTools

MODULES_FOLDER = Path(__file__).resolve().parents[2] / "plugins" / "modules"
ALL_MODULES = sorted(path.stem for path in MODULES_FOLDER.glob("*.py"))
# The only module without a panel, and so without requests, faults, generations and hostile answers.
WITHOUT_PANEL = "puqvpn_files"
MODULES = [module for module in ALL_MODULES if module != WITHOUT_PANEL]

# What is asked for where a task must name a month.
MONTH = {"year": 2026, "month": 3}


def module_of(name: str) -> Any:
    """The module file, by its name with or without puqvpn_."""
    name = name if name.startswith("puqvpn_") else f"puqvpn_{name}"
    return importlib.import_module(f"ansible_collections.puqcloud.puqvpn.plugins.modules.{name}")


def run(client: PanelClient, module: str, **parameters: Any) -> dict[str, Any]:
    """The result of a module's work; the parameters are what a playbook holds."""
    task = module_of(module).TASK
    spec = {name: option for name, option in task.argument_spec.items() if name not in CONNECTION_OPTIONS}
    validated = ArgumentSpecValidator(spec).validate(parameters)
    assert not validated.error_messages, validated.error_messages
    options = validated.validated_parameters
    return dict(task.perform(options, client, FileTools(options, check_mode=client.check_mode)))


def without_summary(result: Mapping[str, Any]) -> dict[str, Any]:
    """The result without its line and the number of its requests, in which check mode and a real run differ."""
    return {name: value for name, value in result.items() if name not in ("msg", "requests")}


def apply(client: PanelClient, config: dict[str, Any], **options: Any) -> dict[str, Any]:
    """The result of applying a document to a panel."""
    return run(client, "apply", config=config, **options)


def failure(client: PanelClient, module: str, **parameters: Any) -> PuqVpnError:
    """The error that a module's work ends with."""
    with pytest.raises(PuqVpnError) as caught:
        run(client, module, **parameters)
    return caught.value


def assert_within(predicted: Any, happened: Any, where: str = "") -> None:
    """Nothing that was predicted turned out otherwise."""
    if not isinstance(predicted, dict):
        assert predicted == happened, where
        return
    for name, value in predicted.items():
        assert name in happened, f"{where}{name}"
        assert_within(value, happened[name], f"{where}{name}.")


def gather(client: PanelClient, *names: str, **options: Any) -> dict[str, Any]:
    """What the module info returns as `info`."""
    result = run(client, "info", gather_subset=list(names), **{**MONTH, **options})
    assert result["changed"] is False
    return dict(result["info"])
