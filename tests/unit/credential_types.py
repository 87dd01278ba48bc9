# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What AWX and the Event-Driven Ansible controller make of a credential type and the inputs of a credential.

Restated from the documentation of custom credential types. Both render the templates of the injectors in a sandbox:
first the files, then the variables of the environment, in which the paths of the files are known. Differences:

* AWX leaves out inputs that are empty, and renders what is undefined as nothing. A boolean that is not set is false.
  Each file is written, even if it is empty. Its path is ``tower.filename.NAME``.
* The Event-Driven Ansible controller adds the inputs that are missing, and refuses what is undefined. Values keep their
  types until ansible-rulebook sets the environment, and secrets are encrypted until then. A template that names a file
  is rendered by ansible-rulebook, which knows nothing but ``eda.filename.NAME``, and that only for files that are not
  empty.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import yaml
from jinja2 import StrictUndefined
from jinja2.nativetypes import NativeEnvironment
from jinja2.sandbox import ImmutableSandboxedEnvironment

AWX_EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "awx"


class _NativeSandbox(ImmutableSandboxedEnvironment, NativeEnvironment):
    pass


def credential_type(name: str) -> dict[str, Any]:
    """The credential type in a file of the examples."""
    return dict(yaml.safe_load((AWX_EXAMPLES / f"{name}.yml").read_text()))


def _write(content: str, folder: Path) -> str:
    handle, path = tempfile.mkstemp(dir=folder)
    with os.fdopen(handle, "w") as file:
        file.write(content)
    return path


def awx_environment(kind: Mapping[str, Any], inputs: Mapping[str, Any], folder: Path) -> dict[str, str]:
    """The environment of a job; files are written to the folder."""
    values = {name: value for name, value in inputs.items() if value != ""}
    for field in kind["inputs"]["fields"]:
        if field.get("type") == "boolean":
            values.setdefault(field["id"], False)
    sandbox, filename = ImmutableSandboxedEnvironment(), SimpleNamespace()
    for name, template in kind["injectors"]["file"].items():
        path = _write(sandbox.from_string(template).render(values), folder)
        setattr(filename, name.removeprefix("template."), path)
    values["tower"] = SimpleNamespace(filename=filename)
    return {name: sandbox.from_string(template).render(values) for name, template in kind["injectors"]["env"].items()}


def eda_environment(kind: Mapping[str, Any], inputs: Mapping[str, Any], folder: Path) -> dict[str, str]:
    """The environment of ansible-rulebook; files are written to the folder."""
    sandbox = _NativeSandbox(undefined=StrictUndefined)
    files = {
        name.removeprefix("template."): str(content)
        for name, template in kind["injectors"]["file"].items()
        if (content := sandbox.from_string(template).render(inputs))
    }
    fields = kind["inputs"]["fields"]
    values = {field["id"]: inputs.get(field["id"], False if field.get("type") == "boolean" else "") for field in fields}
    secrets = {f"$ANSIBLE_VAULT;{name}": value for name, value in values.items() if name in _secret_names(fields)}
    values |= {name: f"$ANSIBLE_VAULT;{name}" for name in _secret_names(fields)}
    of_files = {"eda": {"filename": {name: _write(content, folder) for name, content in files.items()}}}
    rendered = {
        name: sandbox.from_string(template).render(of_files if "eda.filename" in template else values)
        for name, template in kind["injectors"]["env"].items()
    }
    return {name: str(secrets.get(value, value)) for name, value in rendered.items()}


def _secret_names(fields: list[dict[str, Any]]) -> list[str]:
    return [field["id"] for field in fields if field.get("secret")]
