# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The execution of a plan: its writes are sent stage by stage, and then verified."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Mapping

from .._change import CREATE, DELETE, RECREATE, UPDATE
from .._client import PanelClient
from .._errors import PuqVpnError, RefusedError, concerns_all_requests
from .._execute import complete, execute, remove_old, restore, restoring_on_failure, write_settings
from .._panel.free_addresses import is_address_taken, no_free_address
from .._panel.parallel import in_parallel
from .._panel.reader import PanelReader
from .._schema import Values
from .._signals import signals_deferred
from .abort import plan_abort
from .progress import Progress
from .sections import ACCOUNTS, SERVERS
from .steps import CREATE_NEW, PARK, REMOVE_OLD, ObjectStep, SettingsStep, Stage, Step, Write
from .verify import Verifier, undo_creation

# How often an account gets another address when other clients take the chosen ones at the same moment.
_ADDRESS_TRIES = 20


def run(progress: Progress, reader: PanelReader, options: Mapping[str, Any]) -> None:
    """Send all writes of a plan, then verify them.

    When the run ends early, because of a failure or of a signal that is held back until then, steps that are half done
    are completed or undone, so that no object is lost that was removed to be recreated.

    :raises PuqVpnError: ``interrupted`` when a signal came that did not end the process or the task by itself.
    """
    client = reader.client
    sender = Sender(client, progress, options)
    with signals_deferred(sender.interrupt):
        sender.send()
        if sender.is_interrupted:
            raise PuqVpnError("interrupted", "the task was interrupted")
        if sender.taken_addresses:
            client.warnings.append(
                "Other clients took these addresses meanwhile, so the accounts got different ones: "
                f"{', '.join(sender.taken_addresses)}."
            )
        if not sender.is_cut_off:
            Verifier(reader, progress, options).verify()


class Sender:
    """Sends the writes of a plan. ``is_cut_off`` is true after an error that every other request would meet as well."""

    def __init__(self, client: PanelClient, progress: Progress, options: Mapping[str, Any]) -> None:
        self.is_cut_off = False
        self.is_interrupted = False
        self.taken_addresses: list[str] = []
        self._client = client
        self._plan = progress.plan
        self._progress = progress
        self._options = options
        self._is_aborting = False
        self._in_flight: set[Step] = set()

    def send(self) -> None:
        """Send all writes; after a failure that ends the run, or a signal, complete or undo what is half done."""
        try:
            for stage in self._plan.stages:
                self._send_stage(stage)
        finally:
            if self.is_interrupted or self._stops_after_failure():
                self._abort()
            self._report_lost()

    def interrupt(self) -> None:
        """Begin no more steps; a signal handler may call this.

        Requests in flight are completed without pauses, unless the other half of a step may depend on them.
        """
        self.is_interrupted = True
        if all(write.is_last for stage in self._plan.stages for write in stage):
            self._client.stop()

    def _send_stage(self, stage: Stage) -> None:
        """Send the writes of a stage, in their order, as many concurrently as allowed."""
        in_parallel(self._options["concurrency"], self._try, stage, self.interrupt)

    def _try(self, write: Write) -> None:
        if not self._begin(write):
            return
        try:
            self._send(write)
        except PuqVpnError as error:
            with self._progress.lock:
                self.is_cut_off = self.is_cut_off or concerns_all_requests(error)
                self._progress.fail(write.step, error)
        else:
            if write.is_last:
                self._progress.complete(write.step)
        finally:
            with self._progress.lock:
                self._in_flight.discard(write.step)

    def _begin(self, write: Write) -> bool:
        """Return whether to send a write, which begins with that."""
        with self._progress.lock:
            may_begin = self._is_aborting or not (self.is_interrupted or self._stops_after_failure())
            if self.is_cut_off or write.step in self._progress.failures or not may_begin:
                return False
            self._in_flight.add(write.step)
            return True

    def _stops_after_failure(self) -> bool:
        return bool(self._progress.failures) and self._options["on_error"] == "stop"

    # One write ------------------------------------------------------------------------------------------------------

    def _send(self, write: Write) -> None:
        step = write.step
        if isinstance(step, SettingsStep):
            write_settings(self._client, step.change)
        elif write.part == CREATE_NEW:
            with restoring_on_failure(self._client, step.change):
                self._check_parents(step)
                answer = self._create(step)
            self._complete(step, answer)
        else:
            self._check_parents(step)
            self._send_object(step, write)

    def _send_object(self, step: ObjectStep, write: Write) -> None:
        change = step.change
        if write.part == REMOVE_OLD:
            remove_old(self._client, change)
            removed = replace(change, action=DELETE, values={}, fields=tuple(change.before))
            self._progress.half_complete(step, removed)
        elif write.part == PARK:
            parked = replace(change, action=UPDATE, values=write.values, fields=tuple(write.values))
            execute(self._client, parked)
            self._progress.half_complete(step, parked)
        elif change.action == CREATE:
            self._complete(step, self._create(step))
        else:
            answer = execute(self._client, change)
            if change.action == RECREATE:
                self._complete(step, answer)

    def _check_parents(self, step: ObjectStep) -> None:
        """Refuse an object whose server or account could not be created."""
        for section, name in ((SERVERS, "wg_name"), (ACCOUNTS, "to_peer")):
            failed = self._progress.failed_step(section, str(step.change.values.get(name)))
            if failed is not None:
                raise PuqVpnError("parent_failed", f"it was not attempted, since {failed} failed before", hint="")

    def _complete(self, step: ObjectStep, answer: Values) -> None:
        """Correct a new object that got other values than requested."""
        try:
            complete(self._client, step.change, answer)
        except PuqVpnError as error:
            error.wrote = True
            undo_creation(self._client, step, error, self._options)
            raise

    # Addresses ------------------------------------------------------------------------------------------------------

    def _create(self, step: ObjectStep) -> Values:
        """Create an object; an account gets another address when another client took the chosen one meanwhile.

        :returns: the object as the panel's answer shows it.
        """
        tries = 0
        while True:
            if step.picks_address:
                with self._progress.lock:
                    if tries or step.section.kind.address not in step.change.values:
                        self._reassign_addresses(step, anywhere=tries > 0)
            tries += 1
            try:
                return execute(self._client, replace(step.change, action=CREATE))
            except RefusedError as refused:
                kind = step.section.kind
                if not step.picks_address or not is_address_taken(refused, kind) or tries == _ADDRESS_TRIES:
                    raise
            self.taken_addresses.append(str(step.change.values[kind.address]))

    def _reassign_addresses(self, step: ObjectStep, *, anywhere: bool) -> None:
        """Assign other addresses to this account and to all of its server that are not created yet."""
        field = step.section.parent_field
        server = step.change.values[field]
        begun = self._progress.done | self._progress.failures.keys() | self._in_flight
        # This one first: the panel may only show a single address.
        waiting = [
            step,
            *(
                other
                for other in self._plan.steps
                if isinstance(other, ObjectStep)
                and other.picks_address
                and other is not step
                and other not in begun
                and other.change.values[field] == server
            ),
        ]
        if step in self._plan.addresses.reassign(str(server), waiting, anywhere=anywhere):
            raise no_free_address(step.section.kind, str(server))

    # The early end --------------------------------------------------------------------------------------------------

    def _abort(self) -> None:
        """Complete or undo what is half done."""
        self._is_aborting = True
        half = self._progress.half_done
        if not self.is_interrupted:
            # After a failure, a parked object stays parked until the next run: this is reported, and nothing is lost.
            half = {step: change for step, change in half.items() if step.change.action == RECREATE}
        rest = plan_abort(self._plan.stages, half, self._progress.done, self._progress.failures.keys())
        for stage in rest.send:
            self._send_stage(stage)
        for step in rest.undo:
            self._undo(step)

    def _undo(self, step: ObjectStep) -> None:
        """Undo the first half of a step."""
        half = self._progress.half_done[step]
        try:
            if half.action == UPDATE:
                values = {name: half.before.get(name, "") for name in half.values}
                execute(self._client, replace(half, values=values))
            else:
                error = PuqVpnError("interrupted", "the task was interrupted before the object was recreated")
                restore(self._client, step.change, error)
                if not error.details["restored"]:
                    raise error
        except PuqVpnError as failure:
            self._progress.fail(step, failure)
        else:
            self._progress.undo(step)

    def _report_lost(self) -> None:
        """Report as failed what was removed and could not be recreated when the run ended."""
        for step in self._progress.half_done:
            if step.change.action == RECREATE:
                error = PuqVpnError("interrupted", "it was removed, and the run ended before it was recreated")
                error.details["restored"] = False
                self._progress.fail(step, error)
