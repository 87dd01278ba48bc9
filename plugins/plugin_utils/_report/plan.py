# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role report writes for a fleet, and whom it notifies of what."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from ansible.utils.unsafe_proxy import wrap_var
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import OptionError
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._files import content_of_file, folder_obstacle
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._health import text_of
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._time import now
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._untrusted import echo
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._report.changes import STATE_CODES, state_in_words
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._report.document import (
    HEALTHY,
    VERSION,
    build,
    rows_by_name,
)
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._report.metrics import metrics_text
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._report.usage import read_usage
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._report.view import report_view
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._safe_paths import file_problems, path_in

Values = Mapping[str, Any]

FILES = ("report.html", "report.md", "report.prom", "report.json")
# What an AWX artifact has of each panel: it is stored with every run, and passed on in the variables of the next job.
_IN_ARTIFACT = ("name", "url", "state", "reasons", "changes")


def report_plan(
    found: Values, hosts: Iterable[str], folder: str, usage_folder: str, *, now: datetime, notify: str = ""
) -> dict[str, Any]:
    """Return what to write, as documented in the filter ``report_plan``.

    :param found: by the name of the host, as :func:`.document.build` takes it; empty for hosts without a result.
    :param hosts: those that take part in the play. With ``serial``, some of them may still have to be read.
    :param notify: the path of the file with the tasks of the user, empty without one.
    """
    if not all(found.get(host) for host in hosts):
        return {"complete": False}
    path = path_in(folder, "").rstrip("/") or "/"
    problems = _problems(path, folder, notify)
    previous: Values | None = None
    notes: list[str] = []
    if not problems:
        try:
            previous, notes = _last_report(_paths(path)["report.json"])
        except OptionError as error:
            problems = [error.message]
    if problems:
        return {"complete": True, "path": path, "problems": problems}
    usage = {host: read_usage(usage_folder, host, now) for host in found}
    document = build(found, now, previous, usage, notes)
    changed = _changed(document["panels"], previous)
    return {
        "complete": True,
        "path": path,
        "problems": [],
        "view": report_view(document),
        # As text: Ansible takes long to copy the names of many thousand accounts.
        "json": json.dumps(document, indent=1) + "\n",
        "metrics": metrics_text(document),
        "changed": changed,
        "text": "\n".join(map(_sentence, changed)),
        "artifact": {
            **{name: document[name] for name in ("version", "generated", "previous", "summary")},
            "panels": [{name: panel[name] for name in _IN_ARTIFACT} for panel in document["panels"]],
        },
    }


def current_report_plan(found: Values, hosts: Iterable[str], folder: str, usage_folder: str, notify: str = "") -> Any:
    """Return the :func:`report_plan` of this moment. Its texts come from panels, and are no templates."""
    return wrap_var(report_plan(found, hosts, folder, usage_folder, now=now(), notify=notify))


def _problems(path: str, folder: str, notify: str) -> list[str]:
    """Return what prevents the role from writing there, one sentence each."""
    if not folder:
        return ["The folder of the report is empty. Set puqvpn_report_folder to a path, or leave it out."]
    obstacle = folder_obstacle(path)
    problems = [obstacle] if obstacle else file_problems(_paths(path).values(), path)
    if notify and not os.path.isfile(notify):
        problems.append(f"{echo(notify)} is no file with tasks. Correct puqvpn_report_notify.")
    return problems


def _paths(folder: str) -> dict[str, str]:
    return {name: path_in(folder, name) for name in FILES}


def _last_report(path: str) -> tuple[Values | None, list[str]]:
    """Return the last report, and what prevents a comparison with it.

    :raises OptionError: the file cannot be read, or is something else.
    """
    content = content_of_file(path, follow=False)
    if content is None:
        return None, []
    try:
        report = json.loads(content)
    except (RecursionError, ValueError):
        report = None
    is_report = isinstance(report, Mapping) and isinstance(report.get("panels"), list)
    version = report.get("version") if is_report else None
    if isinstance(version, bool) or not isinstance(version, int):
        raise OptionError(
            f"{echo(path)} is not a report of this role. Move it away, or set puqvpn_report_folder to another folder."
        )
    if version != VERSION:
        return None, [f"The last report has version {version}, and cannot be compared with version {VERSION}."]
    return report, []


def _changed(panels: Iterable[Values], previous: Values | None) -> list[dict[str, Any]]:
    """Return the panels whose state, or a reason for it, has changed. One that is new counts as healthy before."""
    earlier = rows_by_name(previous or {})
    return [
        {
            "name": panel["name"],
            "url": panel["url"],
            "before": text_of(earlier.get(panel["name"], {}).get("state")) or HEALTHY,
            "state": panel["state"],
            "reasons": panel["reasons"],
            "changes": panel["changes"],
        }
        for panel in panels
        if (panel["state"] != HEALTHY if previous is None else _has_new_state(panel))
    ]


def _has_new_state(panel: Values) -> bool:
    return any(change["code"] in STATE_CODES for change in panel["changes"])


def _sentence(panel: Values) -> str:
    reasons = "; ".join(reason["text"] for reason in panel["reasons"])
    return f"{panel['name']} is {state_in_words(panel['state'])}" + (f": {reasons}" if reasons else "")
