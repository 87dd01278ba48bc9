# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role usage does for a panel: the files that it writes, and the changes of accounts."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ansible.utils.unsafe_proxy import wrap_var
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._document.sections import LAYOUTS
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import OptionError, listed
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._untrusted import echo, printable
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._safe_paths import file_problems, folder_problems, path_in
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._usage.folder import (
    LIST,
    differs,
    lists_of,
    read_list,
    report,
    report_files,
)
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._usage.rules import (
    Decisions,
    Rules,
    decide,
    month_text,
)

# The section of puqvpn_apply by generation.


def usage_plan(usage: Mapping[str, Any], folder: str, host: str, options: Mapping[str, Any]) -> Any:
    """Return what to write for a panel, as documented in the filter ``usage_plan``. Its texts are no templates.

    :param usage: as ``puqvpn_usage_info`` returns it.
    :param folder: contains a folder for each panel.
    :param host: the name of the panel in the inventory.
    :param options: those of the role, without their prefix.
    """
    return wrap_var(_plan(usage, folder, host, options))


def _plan(usage: Mapping[str, Any], folder: str, host: str, options: Mapping[str, Any]) -> dict[str, Any]:
    path = path_in(folder, host)
    try:
        rules = Rules.parse(options)
        _refuse([*folder_problems(folder, path)])
        files = [os.path.join(path, month_text(month)) for month in usage["months"]]
        list_path = os.path.join(path, LIST)
        _refuse(file_problems([list_path, *(f"{file}{end}" for file in files for end in (".json", ".csv"))], path))
        known = read_list(list_path)
        if known.entries and not usage["accounts"]:
            raise OptionError(
                f"The panel shows no account at all, and {echo(list_path)} has changes of accounts. Remove that file "
                "if they are all gone."
            )
        decisions = decide(usage, rules, known)
        months = list(zip(usage["months"], files, strict=True))
        reports = [report(host, month, usage, rules, f"{file}.json") for month, file in months]
        before, after = lists_of(decisions)
        written = [
            {"path": list_path, "content": before if decisions.changes else after},
            *(file for of_month, name in zip(reports, files, strict=True) for file in report_files(of_month, name)),
        ]
        differing = [file for file in written if differs(**file)]
    except OptionError as error:
        return {"path": path, "problems": [error.message], "refusal": "", "files": [], "config": {}, "result": {}}
    return {
        "path": path,
        "problems": [],
        "refusal": _refusal(decisions, rules),
        "files": differing,
        "list": {"path": list_path, "content": after},
        "config": {
            LAYOUTS[usage["generation"]].accounts.name: [
                {"name": name, **values} for name, values in sorted(decisions.changes.items())
            ]
        },
        "result": _result(decisions, rules, usage),
    }


def _refuse(problems: list[str]) -> None:
    if problems:
        raise OptionError(" ".join(problems))


def _refusal(decisions: Decisions, rules: Rules) -> str:
    """Return why the changes must not be made, as a sentence; empty if they may be."""
    disabled = decisions.disabled
    if rules.max_disables is None or len(disabled) <= rules.max_disables:
        return ""
    return (
        f"{len(disabled)} accounts would be disabled, and puqvpn_usage_max_disables is {rules.max_disables}: "
        f"{listed([printable(name) for name in disabled])}."
    )


def _result(decisions: Decisions, rules: Rules, usage: Mapping[str, Any]) -> dict[str, Any]:
    names = {account["name"] for account in usage["accounts"]}
    reasons = {entry.name: entry.reason for entry in decisions.entries}
    return {
        "over_quota": decisions.over_quota,
        "stale": decisions.stale,
        "changes": [
            {
                "name": name,
                "action": _action(name, values, decisions),
                "reason": reasons.get(name, ""),
                "values": values,
            }
            for name, values in sorted(decisions.changes.items())
        ],
        "held": sorted(reasons),
        "dropped": decisions.dropped,
        "not_enforced": decisions.not_enforced,
        "unknown": [account["name"] for account in usage["accounts"] if not account["complete"]],
        "quotas_without_account": sorted(rules.account_quotas_gb.keys() - names),
    }


def _action(name: str, values: Mapping[str, Any], decisions: Decisions) -> str:
    if name in decisions.restored:
        return "restore"
    return "disable" if values.get("status") == "disable" else "limit"
