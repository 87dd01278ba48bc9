# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The result of a run, or of its prediction in check mode; and the error of a run with failures."""

from __future__ import annotations

from collections import Counter
from typing import Any, Mapping, Sequence

from .._change import CREATE, DELETE, RECREATE, UPDATE
from .._errors import PuqVpnError, combined_failure
from .progress import Progress
from .sections import RULES
from .steps import SettingsStep, Step

# The counts of a summary in its message.
_WORDS = {CREATE: "created", UPDATE: "changed", RECREATE: "recreated", DELETE: "deleted"}


def result_of(progress: Progress, *, check_mode: bool) -> dict[str, Any]:
    """Return what was done; in check mode what would be done."""
    plan = progress.plan
    steps = plan.steps if check_mode else progress.completed
    counts = Counter(step.change.action for step in steps)
    return {
        "changed": bool(steps or progress.remaining),
        "plan": [_plan_entry(step, step in progress.done) for step in plan.steps],
        "summary": {
            **{action: counts[action] for action in (CREATE, UPDATE, RECREATE, DELETE)},
            "unchanged": plan.unchanged,
            "failed": len(progress.failures),
        },
        "failures": [_failure(step, error) for step, error in progress.failed],
        "protected": plan.protected,
        "expired": plan.expired,
        "expiring": plan.expiring,
        "refusals": [refusal.as_result for refusal in plan.refusals],
        "unverified": plan.unverified,
        "diff": _diff(progress, steps),
    }


def summarize(summary: Mapping[str, int]) -> str:
    """Return how many objects were treated in which way, such as ``20 created, 1 changed, 3 unchanged``."""
    parts = [f"{summary[action]} {word}" for action, word in _WORDS.items() if summary[action]]
    return ", ".join([*parts, f"{summary['unchanged']} unchanged"])


def error_of(progress: Progress) -> PuqVpnError:
    """Return the failures as one error: the only failure itself, or an error that lists them."""
    failed = progress.failed
    total = len(progress.plan.steps)
    half = [str(step) for step in progress.incomplete]
    made = f"{len(progress.done)} of {total} changes were made{', and half of ' + ', '.join(half) if half else ''}."
    # Its failures show the message of an error before it is extended below.
    result = result_of(progress, check_mode=False)
    error = combined_failure("changes_failed", "changes", [(str(step), error) for step, error in failed], total, made)
    error.details.update(result)
    return error


def _plan_entry(step: Step, done: bool) -> dict[str, Any]:
    return {
        "action": step.change.action,
        "kind": step.section.result_name,
        "name": step.name,
        "fields": [] if step.change.action == DELETE else list(step.change.fields),
        "reason": step.reason,
        "done": done,
    }


def _failure(step: Step, error: PuqVpnError) -> dict[str, Any]:
    return {
        "kind": step.section.result_name,
        "name": step.name,
        "index": step.index,
        "error": str(error),
        "error_code": error.code,
        **error.details,
    }


def _diff(progress: Progress, steps: Sequence[Step]) -> dict[str, dict[str, Any]]:
    """Return the changes before and after by section and name, those that failed after a write included."""
    diff: dict[str, dict[str, Any]] = {"before": {}, "after": {}}
    changes = {**progress.remaining, **{step: step.change for step in steps}}
    for step in filter(changes.__contains__, progress.plan.steps):
        for side, values in changes[step].diff.items():
            if isinstance(step, SettingsStep):
                diff[side][step.section.name] = values
            elif values:
                diff[side].setdefault(step.section.name, {})[step.name] = values
    moved = progress.plan.rules.moved if any(step.section is RULES for step in changes) else None
    for side, names in zip(diff, moved or ()):
        diff[side][f"order of {RULES.name}"] = names
    return diff
