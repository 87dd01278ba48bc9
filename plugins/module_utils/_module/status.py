# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The body of ``puqvpn_status``: the status of a panel, and whether it meets the requirements."""

from __future__ import annotations

from typing import Any, Mapping

from .._client import STATUS_PATH, PanelClient
from .._errors import OptionError, PuqVpnError
from .._panel.status import describe_status, free_accounts, license_term, parse_version, summarize_status
from .._schema import ArgumentSpec
from .._secrets import without_secrets
from .._untrusted import echo

OPTIONS: ArgumentSpec = {
    "wait": {"type": "bool", "default": False},
    "wait_timeout": {"type": "int", "default": 300},
    "min_version": {"type": "str"},
    "require_license": {"type": "bool", "default": False},
    "min_license_days": {"type": "int"},
    "min_free_accounts": {"type": "int"},
}


def status(options: Mapping[str, Any], client: PanelClient) -> dict[str, Any]:
    """Read the status with one GET (contract: system_status), or wait for a panel that is not ready.

    :returns: ``status``, ``payload``, ``ansible_facts`` and ``msg``, as documented in ``puqvpn_status``.
    :raises OptionError: ``min_version`` is not a version.
    :raises PuqVpnError: ``requirements_not_met`` with all ``violations``; ``panel_busy`` after ``wait_timeout``.
    """
    least = parse_version(options["min_version"]) if options["min_version"] is not None else None
    if options["min_version"] is not None and least is None:
        raise OptionError(
            f"min_version is {echo(options['min_version'])}, which is not a version",
            hint='Give numbers and dots: "1.8".',
        )
    reply = client.wait_until_ready(options["wait_timeout"]) if options["wait"] else client.get(STATUS_PATH)
    summary = summarize_status(reply, client.connection.root)
    result = {"status": summary, "payload": without_secrets(reply.payload)}
    violations = _violations(summary, options, least)
    if violations:
        raise PuqVpnError(
            "requirements_not_met",
            "the panel does not meet the requirements: " + "; ".join(violations),
            hint="",
            details={**result, "violations": violations},
        ).at(client.connection.root)
    return {"changed": False, **result, "ansible_facts": {"puqvpn": summary}, "msg": describe_status(summary)}


def _violations(summary: Mapping[str, Any], options: Mapping[str, Any], least: tuple[int, ...] | None) -> list[str]:
    found = []
    if least is not None and (parse_version(summary["version"]) or ()) < least:
        version = f"its version is {summary['version']}" if summary["version"] else "its version is unknown"
        found.append(f"{version}, and min_version is {options['min_version']}")
    if options["require_license"] and not summary["license_valid"]:
        found.append("its license is not valid")
    for option, field, sentence in (
        ("min_license_days", "license_days_left", license_term),
        ("min_free_accounts", "accounts_free", free_accounts),
    ):
        wanted, held = options[option], summary[field]
        if wanted is not None and (held is None or held < wanted):
            found.append(f"{sentence(held)}, and {option} is {wanted}")
    return found
