# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The body of ``puqvpn_apply``: an entire panel is planned, written and verified with the fewest requests."""

from __future__ import annotations

import time
from typing import Any, Mapping

from .._client import PanelClient
from .._document.parse import parse
from .._document.plan import Plan, plan_document
from .._document.progress import Progress
from .._document.purge import RemovalGuards
from .._document.refusals import removal_refused
from .._document.result import error_of, result_of, summarize
from .._document.run import run
from .._document.sections import LISTS
from .._document.steps import ObjectStep
from .._errors import OptionError, PuqVpnError
from .._panel.parallel import CONCURRENCY_ARGUMENT, check_concurrency
from .._panel.reader import PanelReader
from .._schema import VERIFY_ARGUMENTS
from .._summary import counted

OPTIONS: dict[str, dict[str, Any]] = {
    "config": {"type": "dict", "required": True, "no_log": True},
    "purge": {"type": "list", "elements": "str", "choices": [section.name for section in LISTS], "default": []},
    "purge_scope": {"type": "list", "elements": "str"},
    "protect": {"type": "list", "elements": "str", "default": []},
    "purge_action": {"type": "str", "choices": ["delete", "disable"], "default": "delete"},
    "max_deletes": {"type": "int"},
    "max_disables": {"type": "int"},
    "allow_empty": {"type": "bool", "default": False},
    "on_error": {"type": "str", "choices": ["stop", "continue"], "default": "stop"},
    "concurrency": CONCURRENCY_ARGUMENT,
    "expiry_warn_days": {"type": "int", "default": 14},
    "recreate": {"type": "bool", "default": False},
    "include_secrets": {"type": "bool", "default": False},
    **VERIFY_ARGUMENTS,
}


def apply(options: Mapping[str, Any], client: PanelClient) -> dict[str, Any]:
    """Apply a document to a panel: one read for each section, the changes, one read to verify them.

    :returns: ``changed``, ``plan``, ``summary``, ``failures``, ``protected``, ``expired``, ``expiring``, ``refusals``,
        ``unverified``, ``diff`` and ``msg``.
    :raises OptionError: the options contradict each other or the document.
    :raises PuqVpnError: ``invalid_config`` or ``removal_refused`` before anything is written. The error of the only
        change that failed, or ``changes_failed``, with the result in its details.
    """
    started = time.monotonic()
    check_concurrency(options["concurrency"])
    _check_warn_days(options["expiry_warn_days"])
    client.learn_secrets(options["config"])
    document = parse(options["config"], {"recreate": options["recreate"]}, client.connection.generation, client.now)
    client.warnings += document.remarks
    reader = PanelReader(client)
    assume = client.assume if client.check_mode else None
    plan = plan_document(document, reader, _guards(options), assume, warn_days=options["expiry_warn_days"])
    client.warnings += plan.warnings
    client.learn_secrets(*(step.change.before for step in plan.steps))
    _report_refusals(plan, client)
    progress = Progress(plan, reader.root, include_secrets=options["include_secrets"])
    if not client.check_mode:
        try:
            run(progress, reader, options)
        except PuqVpnError as error:
            error.details.update(result_of(progress, check_mode=False))
            raise
    if progress.failures:
        raise error_of(progress)
    result = result_of(progress, check_mode=client.check_mode)
    seconds = time.monotonic() - started
    requests = counted(client.requests, "request")
    return {**result, "msg": f"{summarize(result['summary'])}; {requests} in {seconds:.1f} s"}


def _check_warn_days(days: int) -> None:
    if days < 0:
        raise OptionError(f"expiry_warn_days is {days}", hint="Give 0 or more; 0 reports nobody.")


def _report_refusals(plan: Plan, client: PanelClient) -> None:
    """Refuse a plan that would remove too much. Check mode removes nothing, so it only reports the refusal."""
    if not plan.refusals:
        return
    refused = removal_refused(plan.refusals, [step for step in plan.steps if isinstance(step, ObjectStep)])
    if not client.check_mode:
        raise refused
    reasons = "; ".join(refusal.text for refusal in plan.refusals)
    client.warnings.append(f"Without check mode this run would be refused ({refused.code}): {reasons}.")


def _guards(options: Mapping[str, Any]) -> RemovalGuards:
    scope = options["purge_scope"]
    return RemovalGuards(
        sections=tuple(options["purge"]),
        scope=None if scope is None else tuple(scope),
        protect=tuple(options["protect"]),
        max_deletes=options["max_deletes"],
        allow_empty=options["allow_empty"],
        disable=options["purge_action"] == "disable",
        max_disables=options["max_disables"],
    )
