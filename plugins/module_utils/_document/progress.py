# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The progress of a run: which steps are done, half done or failed, and what differs on the panel because of them."""

from __future__ import annotations

import threading

from .._change import Change, ObjectChange, remaining_change
from .._errors import PuqVpnError
from .plan import Plan
from .sections import Section
from .steps import ObjectStep, Step


class Progress:
    """The progress of a plan. Threads share it and hold its ``lock`` while they decide by it.

    ``root`` is the address of the panel; ``include_secrets`` says whether failures show those of lost objects.
    """

    def __init__(self, plan: Plan, root: str, *, include_secrets: bool) -> None:
        self.plan = plan
        self.lock = threading.RLock()
        self.done: set[Step] = set()
        self.failures: dict[Step, PuqVpnError] = {}
        # What is different on the panel because of steps that are half done, or failed after a write.
        self.remaining: dict[Step, Change] = {}
        self._root = root
        self._include_secrets = include_secrets
        self._half: dict[ObjectStep, ObjectChange] = {}
        self._failed: dict[tuple[str, str], Step] = {}

    @property
    def half_done(self) -> dict[ObjectStep, ObjectChange]:
        """The steps of which only the first half was sent, with the change that this has made."""
        finished = self.done | self.failures.keys()
        return {step: change for step, change in self._half.items() if step not in finished}

    @property
    def incomplete(self) -> list[Step]:
        """The steps that made half of their change, in the order of the plan."""
        return [step for step in self.plan.steps if step in self._half and step not in self.done]

    @property
    def completed(self) -> list[Step]:
        """The steps that are done, in the order of the plan."""
        return [step for step in self.plan.steps if step in self.done]

    @property
    def failed(self) -> list[tuple[Step, PuqVpnError]]:
        """The steps that failed, in the order of the plan."""
        return [(step, self.failures[step]) for step in self.plan.steps if step in self.failures]

    def failed_step(self, section: Section, name: str) -> Step | None:
        """Return the step of an object if it failed."""
        return self._failed.get((section.name, name))

    def complete(self, step: Step) -> None:
        """Note that all writes of a step were sent."""
        with self.lock:
            self.done.add(step)
            self.remaining.pop(step, None)

    def half_complete(self, step: ObjectStep, change: ObjectChange) -> None:
        """Note that the first half of a step has made a change."""
        with self.lock:
            self._half[step] = self.remaining[step] = change

    def undo(self, step: ObjectStep) -> None:
        """Note that the first half of a step was undone."""
        with self.lock:
            del self._half[step]
            self.remaining.pop(step, None)

    def fail(self, step: Step, error: PuqVpnError) -> None:
        """Note that a step failed."""
        error.at(self._root)
        if error.details.get("restored") is False:
            error.details["lost"] = step.section.kind.as_result(step.change.before, self._include_secrets)
        with self.lock:
            if error.wrote:
                change = remaining_change(step.change, error)
                self.remaining.pop(step, None)
                self.remaining.update({step: change} if change else {})
            if isinstance(step, ObjectStep) and error.details.get("restored") is True:
                self._half.pop(step, None)
            self.failures[step] = error
            self._failed[step.section.name, step.name] = step
            self.done.discard(step)
