# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stands in for AWX and the modules of ``awx.awx``: some of their options, with a file for what AWX holds."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase

_NAME = {"type": "str", "required": True}
_TEXT = {"type": "str"}
_BOOL = {"type": "bool"}
_DICT = {"type": "dict"}

# What the examples use of the options that the modules have, by module.
OPTIONS: dict[str, dict[str, dict[str, Any]]] = {
    "organization": {"name": _NAME},
    "execution_environment": {"name": _NAME, "organization": _TEXT, "image": _TEXT},
    "credential_type": {
        "name": _NAME,
        "kind": {"type": "str", "choices": ["ssh", "vault", "net", "scm", "cloud", "insights"]},
        "inputs": _DICT,
        "injectors": _DICT,
    },
    "credential": {
        "name": _NAME,
        "organization": _TEXT,
        "credential_type": _NAME,
        "inputs": {**_DICT, "no_log": True},
    },
    "project": {
        "name": _NAME,
        "organization": _TEXT,
        "scm_type": {"type": "str", "choices": ["manual", "git", "svn", "insights", "archive"]},
        "scm_url": _TEXT,
        "scm_update_on_launch": _BOOL,
        "default_environment": _TEXT,
    },
    "inventory": {"name": _NAME, "organization": _NAME},
    "inventory_source": {
        "name": _NAME,
        "inventory": _NAME,
        "organization": _TEXT,
        # The other choices are clouds.
        "source": {"type": "str", "choices": ["scm"]},
        "source_project": _TEXT,
        "source_path": _TEXT,
        "credential": _TEXT,
        "execution_environment": _TEXT,
        "overwrite": _BOOL,
        "overwrite_vars": _BOOL,
        "update_on_launch": _BOOL,
    },
    "job_template": {
        "name": _NAME,
        "organization": _TEXT,
        "project": _TEXT,
        "playbook": _TEXT,
        "job_type": {"type": "str", "choices": ["run", "check"]},
        "diff_mode": _BOOL,
        "inventory": _TEXT,
        "execution_environment": _TEXT,
        "credentials": {"type": "list", "elements": "str"},
        "ask_credential_on_launch": _BOOL,
        "ask_limit_on_launch": _BOOL,
        "allow_simultaneous": _BOOL,
    },
    "workflow_job_template": {"name": _NAME, "organization": _TEXT},
    "workflow_job_template_node": {
        "workflow_job_template": _NAME,
        "identifier": _NAME,
        "organization": _TEXT,
        "unified_job_template": _TEXT,
        "credentials": {"type": "list", "elements": "str"},
        "limit": _TEXT,
    },
    "schedule": {"name": _NAME, "organization": _TEXT, "unified_job_template": _TEXT, "rrule": _TEXT},
}

# The kinds of what options name.
_REFERENCES = {
    "organization": ("organization",),
    "credential_type": ("credential_type",),
    "credential": ("credential",),
    "credentials": ("credential",),
    "project": ("project",),
    "source_project": ("project",),
    "inventory": ("inventory",),
    "execution_environment": ("execution_environment",),
    "default_environment": ("execution_environment",),
    "workflow_job_template": ("workflow_job_template",),
    "unified_job_template": ("job_template", "workflow_job_template"),
}

# What an object belongs to: its name is unique only there.
_PARENTS = {"inventory_source": "inventory", "schedule": "unified_job_template"}


class ActionModule(ActionBase):
    """Create or update an object where the tests find it. No module runs, so that a playbook of many tasks is fast."""

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return whether AWX holds something else now."""
        kind = self._task.action.rpartition(".")[2]
        params = self.validate_argument_spec(OPTIONS[kind])[1]
        held = Path(os.environ["PUQVPN_TEST_AWX"])
        objects = json.loads(held.read_text()) if held.exists() else {}
        problems = _missing(params, objects)
        if not problems and kind == "credential":
            accepted = objects[f"credential_type {params['credential_type']}"]["inputs"]
            problems = _problems_of_inputs(params["inputs"], accepted)
        if problems:
            return {"failed": True, "msg": " ".join(problems)}
        name = _name(kind, params)
        # AWX shows no secret, so that the module updates them each time.
        changed = kind == "credential" or objects.get(name) != params
        held.write_text(json.dumps({**objects, name: params}))
        return {"changed": changed}


def _name(kind: str, params: dict[str, Any]) -> str:
    if kind == "workflow_job_template_node":
        return f"{kind} {params['workflow_job_template']} / {params['identifier']}"
    parent = f"{params[_PARENTS[kind]]} / " if kind in _PARENTS else ""
    return f"{kind} {parent}{params['name']}"


def _missing(params: dict[str, Any], objects: dict[str, Any]) -> list[str]:
    """What the options name, and AWX does not hold."""
    named = [
        (option, name)
        for option, value in params.items()
        if option in _REFERENCES
        for name in (value if isinstance(value, list) else [value])
        if name is not None
    ]
    return [
        f"{option} {name} does not exist."
        for option, name in named
        if not any(f"{kind} {name}" in objects for kind in _REFERENCES[option])
    ]


def _problems_of_inputs(inputs: dict[str, Any], accepted: dict[str, Any]) -> list[str]:
    fields = {field["id"] for field in accepted["fields"]}
    unknown = [f"{name} is no field." for name in inputs if name not in fields]
    return unknown + [f"{name} is required." for name in accepted["required"] if not inputs.get(name)]
