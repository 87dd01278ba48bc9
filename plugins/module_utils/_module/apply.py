# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The work of ``puqvpn_apply``: a whole document is planned, carried out and proved with the fewest requests."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Iterable, Mapping

from .._change import CREATE, DELETE, RECREATE, UPDATE, Change, remaining_change, removal
from .._client import PanelClient
from .._document.abort import plan_abort
from .._document.plan import Plan, plan_document
from .._document.purge import Guards, removal_refused
from .._document.sections import ACCOUNTS, LISTS, PORT_FORWARDS, RULES, SERVERS, Section, objects_of, parse
from .._document.steps import MAKE, PARK, REMOVE, Stage, Step, Write
from .._errors import ExchangeError, FateUnknownError, OptionError, PuqVpnError, RefusedError, VerificationError
from .._execute import (
    complete,
    execute,
    remove_old,
    restore,
    restore_or_report,
    restoring_on_failure,
    roll_back,
    write_settings,
)
from .._free_addresses import is_address_taken, no_free_address
from .._reader import PanelReader
from .._schema import VERIFY_ARGUMENTS, ObjectIndex, SettingsKind, Values
from .._signals import signals_deferred
from .._transport.session import MOST_AT_ONCE
from .._verify import check_change, verifying

OPTIONS: dict[str, dict[str, Any]] = {
    "config": {"type": "dict", "required": True, "no_log": True},
    "purge": {"type": "list", "elements": "str", "choices": [one.name for one in LISTS], "default": []},
    "purge_scope": {"type": "list", "elements": "str"},
    "protect": {"type": "list", "elements": "str", "default": []},
    "max_deletes": {"type": "int"},
    "allow_empty": {"type": "bool", "default": False},
    "on_error": {"type": "str", "choices": ["stop", "continue"], "default": "stop"},
    "concurrency": {"type": "int", "default": 1},
    "recreate": {"type": "bool", "default": False},
    "include_secrets": {"type": "bool", "default": False},
    **VERIFY_ARGUMENTS,
}

# How often an account gets another address when others take the chosen ones at the same moment.
_ADDRESS_TRIES = 20
# How many failures the sentence of a failure names; its result has all of them.
_MOST_TOLD = 20
# What the panel says of all requests alike, so that no other change fares better.
_CONCERNS_ALL = ("license_inactive", "not_authorized", "panel_busy", "wrong_generation")
_TRANSIENT = (None, 429, 502, 503, 504)


def apply(options: Mapping[str, Any], client: PanelClient) -> dict[str, Any]:
    """Let a panel be as a document says: one read for each family of objects, the changes, one read to prove them.

    :returns: ``changed``, ``plan``, ``summary``, ``failures``, ``protected``, ``refusals``, ``unverified``, ``diff``.
    :raises OptionError: the guards make no sense with the document.
    :raises PuqVpnError: ``invalid_config`` or ``removal_refused`` before anything is written. The error of the one
        change that failed, or ``changes_failed``, with the result in its details.
    """
    _check_concurrency(options["concurrency"])
    client.learn_secrets(options["config"])
    document = parse(options["config"], {"recreate": options["recreate"]})
    client.warnings += document.remarks
    reader = PanelReader(client)
    plan = plan_document(document, reader, _guards(options), client.assume if client.check_mode else None)
    client.warnings += plan.warnings
    client.learn_secrets(*(step.change.before for step in plan.steps))
    _heed_refusals(plan, client)
    run = _Run(plan, reader, options)
    if not client.check_mode:
        try:
            run.execute()
        except PuqVpnError as error:
            error.details.update(run.result())
            raise
    if run.failures:
        raise run.error()
    return run.result()


def _check_concurrency(concurrency: int) -> None:
    if not 1 <= concurrency <= MOST_AT_ONCE:
        raise OptionError(f"concurrency is {concurrency}", hint=f"Give a number from 1 to {MOST_AT_ONCE}.")


def _heed_refusals(plan: Plan, client: PanelClient) -> None:
    """Do not carry out what would remove too much. Check mode removes nothing, so it only reports it."""
    if not plan.refusals:
        return
    refused = removal_refused(plan.refusals, plan.steps)
    if not client.check_mode:
        raise refused
    reasons = "; ".join(one.text for one in plan.refusals)
    client.warnings.append(f"Without check mode this run would be refused ({refused.code}): {reasons}.")


def _guards(options: Mapping[str, Any]) -> Guards:
    scope = options["purge_scope"]
    return Guards(
        sections=tuple(options["purge"]),
        scope=None if scope is None else tuple(scope),
        protect=tuple(options["protect"]),
        max_deletes=options["max_deletes"],
        allow_empty=options["allow_empty"],
    )


@dataclass(frozen=True)
class _Failure:
    step: Step
    error: PuqVpnError

    @property
    def as_result(self) -> dict[str, Any]:
        return {
            "kind": self.step.section.result_name,
            "name": self.step.name,
            "index": self.step.index,
            "error": str(self.error),
            "error_code": self.error.code,
            **self.error.details,
        }


class _Run:
    """A plan on its way: what is done, what failed, and what others took meanwhile."""

    def __init__(self, plan: Plan, reader: PanelReader, options: Mapping[str, Any]) -> None:
        self.plan = plan
        self.client = reader.client
        self.reader = reader
        self.options = options
        self._failures: dict[Step, _Failure] = {}
        self._failed: dict[tuple[str, str], Step] = {}
        self._done: set[Step] = set()
        self._begun: set[Step] = set()
        self._sending: set[Step] = set()
        # What is different from before where a step is half done, or failed after a write.
        self._left: dict[Step, Change] = {}
        # Held while these are looked at or changed, and while addresses are chosen.
        self._lock = threading.RLock()
        self._is_cut_off = False
        self._is_ending = self._is_closing = False
        self._taken: list[str] = []

    def execute(self) -> None:
        """Send all writes, then read everything that was written again.

        When a failure ends the run, or a signal that is held back until then, what is half done is finished or undone,
        so that nothing is lost that was removed to be made again.

        :raises PuqVpnError: ``interrupted`` when a signal came that did not end the process or the task by itself.
        """
        with signals_deferred(self._end):
            try:
                for stage in self.plan.stages:
                    self._send_all(stage)
            finally:
                if self._is_ending or self._stops():
                    self._close()
                self._tell_lost()
            if self._is_ending:
                raise PuqVpnError("interrupted", "the task was told to end", hint="Run it again, it does the rest.")
            if self._taken:
                self.client.warnings.append(
                    f"Others took these addresses meanwhile, and the accounts got other ones: {', '.join(self._taken)}."
                )
            if not self._is_cut_off:
                self._prove()

    # Writing --------------------------------------------------------------------------------------------------------

    def _send_all(self, stage: Stage) -> None:
        """Send the writes of a stage, in their order, as many at the same time as is allowed."""
        at_once = min(self.options["concurrency"], len(stage))
        if at_once == 1:
            for write in stage:
                self._try(write)
            return
        with ThreadPoolExecutor(at_once) as pool:
            try:
                for sent in [pool.submit(self._try, write) for write in stage]:
                    sent.result()
            except BaseException:
                self._end()
                raise

    def _end(self) -> None:
        """Begin nothing more; a signal handler may do this.

        What is on its way comes to its end without pauses, unless half of another step may depend on it.
        """
        self._is_ending = True
        if all(write.ends for stage in self.plan.stages for write in stage):
            self.client.stop()

    def _close(self) -> None:
        """Finish or undo what is half done."""
        self._is_closing = True
        half = self._half()
        if not self._is_ending:
            # After a failure, one that is parked stays so until the next run: it is told, and nothing is lost.
            half = {step for step in half if step.change.action == RECREATE}
        rest = plan_abort(self.plan.stages, half, self._done, set(self._failures))
        for stage in rest.send:
            self._send_all(stage)
        for write in rest.undo:
            self._undo(write)

    def _half(self) -> set[Step]:
        """The steps of which the first half alone was sent."""
        return self._begun - self._done - set(self._failures)

    def _undo(self, write: Write) -> None:
        """Let an object be as it was before the first half of its change."""
        step, change, kind = write.step, write.step.change, objects_of(write.step.section)
        try:
            if write.part == PARK:
                before = {name: change.before.get(name, "") for name in write.values}
                execute(self.client, kind, replace(change, action=UPDATE, values=before))
            else:
                error = PuqVpnError("interrupted", "the task was told to end before it was made again")
                restore(self.client, kind, change, error)
                if not error.details["restored"]:
                    raise error
        except PuqVpnError as failure:
            self._fail(step, failure)
        else:
            self._begun.discard(step)
            self._left.pop(step, None)

    def _tell_lost(self) -> None:
        """Let what was removed to be made again, and could not be when the run ended, be a failure of its own."""
        for step in self._half():
            if step.change.action == RECREATE:
                error = PuqVpnError("interrupted", "it was removed before, and the run ended before it was made again")
                error.details["restored"] = False
                self._fail(step, error)

    def _try(self, write: Write) -> None:
        if not self._may_send(write):
            return
        try:
            self._send(write)
        except PuqVpnError as error:
            with self._lock:
                self._is_cut_off = self._is_cut_off or _concerns_all(error)
                self._fail(write.step, error)
        else:
            with self._lock:
                self._note(write)
        finally:
            with self._lock:
                self._sending.discard(write.step)

    def _note(self, write: Write) -> None:
        """Note that a write was sent."""
        step = write.step
        if write.ends:
            self._done.add(step)
            self._left.pop(step, None)
            return
        self._begun.add(step)
        half = removal(objects_of(step.section), step.change.before)
        if write.part == PARK:
            half = replace(step.change, values=write.values, fields=tuple(write.values))
        if half is not None:
            self._left[step] = half

    def _may_send(self, write: Write) -> bool:
        """True when the write is to be sent, which begins with that."""
        with self._lock:
            may_begin = self._is_closing or not (self._is_ending or self._stops())
            if self._is_cut_off or write.step in self._failures or not may_begin:
                return False
            self._sending.add(write.step)
            return True

    def _stops(self) -> bool:
        """True when something failed, and nothing more is to be begun after that."""
        return bool(self._failures) and self.options["on_error"] == "stop"

    def _check_parents(self, step: Step) -> None:
        """An object cannot be made on, or lead to, what could not be made."""
        for section, name in ((SERVERS, "wg_name"), (ACCOUNTS, "to_peer")):
            failed = self._failed.get((section.name, str(step.change.values.get(name))))
            if failed is not None:
                raise PuqVpnError("parent_failed", f"it was not tried, since {failed} failed before")

    def _send(self, write: Write) -> None:
        step, change = write.step, write.step.change
        if write.part == MAKE:
            with restoring_on_failure(self.client, objects_of(step.section), change):
                self._check_parents(step)
                answer = self._create(step)
            self._complete(step, answer)
            return
        self._check_parents(step)
        if isinstance(step.section.kind, SettingsKind):
            write_settings(self.client, step.section.kind, change)
        elif write.part == REMOVE:
            remove_old(self.client, objects_of(step.section), change)
        elif write.part == PARK:
            execute(self.client, objects_of(step.section), replace(change, action=UPDATE, values=write.values))
        elif change.action == CREATE:
            self._complete(step, self._create(step))
        else:
            answer = execute(self.client, objects_of(step.section), change)
            if change.action == RECREATE:
                self._complete(step, answer)

    def _create(self, step: Step) -> Values:
        """Make a new object; an account whose address was chosen gets another one when somebody else took it meanwhile.

        :returns: the object as the panel's answer shows it.
        """
        tries = 0
        while True:
            if step.chosen:
                with self._lock:
                    if tries or "allowed_ips" not in step.change.values:
                        self._choose_again(step, anywhere=tries > 0)
            tries += 1
            try:
                return execute(self.client, objects_of(step.section), replace(step.change, action=CREATE))
            except RefusedError as refused:
                if not step.chosen or not is_address_taken(refused) or tries == _ADDRESS_TRIES:
                    raise
            self._taken.append(str(step.change.values["allowed_ips"]))

    def _complete(self, step: Step, answer: Values) -> None:
        """Put right what a new object got other values for than were asked for."""
        try:
            complete(self.client, objects_of(step.section), step.change, answer)
        except PuqVpnError as error:
            error.wrote = True
            self._salvage(step, error)
            raise

    def _choose_again(self, step: Step, *, anywhere: bool) -> None:
        """Plan the addresses anew of this account and of all others of its server that are still to be made."""
        server = step.change.values["wg_name"]
        waiting = [
            one
            for one in self.plan.steps
            if one.chosen and (one is step or not self._is_under_way(one)) and one.change.values["wg_name"] == server
        ]
        if step in self.plan.addresses.choose_again(str(server), waiting, anywhere=anywhere):
            raise no_free_address(str(server))

    def _is_under_way(self, step: Step) -> bool:
        return step in self._done or step in self._failures or step in self._sending

    def _salvage(self, step: Step, error: PuqVpnError) -> None:
        """Remove a new object again that is not as it was asked for, if that is wished, and put an old one back."""
        kind = objects_of(step.section)
        # One that the end of the task kept from being looked at may well be as it was asked for.
        if error.code != "interrupted" and step.item is not None and step.item.flags.get("rollback"):
            roll_back(self.client, kind, step.change.values, error)
        restore_or_report(self.client, kind, step.change, error, self.options)

    def _fail(self, step: Step, error: PuqVpnError) -> None:
        error.at(self.client.connection.root)
        if error.details.get("restored") is False:
            error.details["lost"] = step.section.kind.as_result(step.change.before, self.options["include_secrets"])
        if error.wrote:
            self._left.pop(step, None)
            left = remaining_change(step.change, error)
            self._left.update({step: left} if left else {})
        if error.details.get("restored") is True:
            self._begun.discard(step)
        self._failures[step] = _Failure(step, error)
        self._failed[step.section.name, step.name] = step
        self._done.discard(step)

    # Proving --------------------------------------------------------------------------------------------------------

    def _prove(self) -> None:
        """Read each family of which something was written again, until all of it is there, and fail what is not.

        Only the families are read a second time of which something was missing.
        """
        waiting = {section: [step for step in self._made if step.section is section] for section in LISTS}
        missing: dict[Step, PuqVpnError] = {}

        def look() -> None:
            missing.clear()
            for section, steps in waiting.items():
                found = self._unproven(section, steps) if steps else {}
                missing.update(found)
                waiting[section] = list(found)
            for error in missing.values():
                raise error

        try:
            self.client.until_verified(look)
        except VerificationError:
            for step, error in missing.items():
                if step.change.action in (CREATE, RECREATE):
                    self._salvage(step, error)
                self._fail(step, error)

    def _unproven(self, section: Section, steps: list[Step]) -> dict[Step, PuqVpnError]:
        """The steps that the panel does not show as done, each with what is missing."""
        kind = objects_of(section)
        with verifying():
            shown = list(self._shown(section, steps))
        objects = ObjectIndex(kind, shown)
        missing: dict[Step, PuqVpnError] = {}
        for step in steps:
            values = {**step.change.before, **step.change.values}
            try:
                check_change(self.client, kind, step.change, values, objects.find(values))
            except VerificationError as error:
                missing[step] = error
        if section is RULES and not missing and not self._failures and not self.plan.rules.is_in_order(shown):
            missing[steps[-1]] = VerificationError(
                "value_not_stored", "the rules are in another order than config has them"
            )
        return missing

    def _shown(self, section: Section, steps: Iterable[Step]) -> Iterable[Values]:
        if section is PORT_FORWARDS:
            servers = sorted({str({**step.change.before, **step.change.values}["wg_name"]) for step in steps})
            # Those of a server that is gone are gone with it.
            known = {str(one.get("name")) for one in self.reader.servers()}
            return [one for name in servers if name in known for one in self.reader.port_forwards(name, again=True)]
        read = {RULES: self.reader.rules, SERVERS: self.reader.servers, ACCOUNTS: self.reader.accounts}
        return read[section](again=True)

    # What came of it ------------------------------------------------------------------------------------------------

    @property
    def failures(self) -> list[_Failure]:
        """What failed, in the order of the plan."""
        return [self._failures[step] for step in self.plan.steps if step in self._failures]

    @property
    def _made(self) -> list[Step]:
        """What was done, in the order of the plan."""
        return [step for step in self.plan.steps if step in self._done]

    def result(self) -> dict[str, Any]:
        """What was done, in check mode what would be."""
        steps = self.plan.steps if self.client.check_mode else self._made
        counts = Counter(step.change.action for step in steps)
        return {
            "changed": bool(steps or self._left),
            "plan": [_plan_entry(step, step in self._done) for step in self.plan.steps],
            "summary": {
                **{action: counts[action] for action in (CREATE, UPDATE, RECREATE, DELETE)},
                "unchanged": self.plan.unchanged,
                "failed": len(self._failures),
            },
            "failures": [failure.as_result for failure in self.failures],
            "protected": self.plan.protected,
            "refusals": [refusal.as_result for refusal in self.plan.refusals],
            "unverified": self.plan.unverified,
            "diff": self._diff(steps),
        }

    def error(self) -> PuqVpnError:
        """The failures as one: the only one itself, or one that names them all."""
        failures = self.failures
        total, done = len(self.plan.steps), len(self._done)
        half = [str(step) for step in self.plan.steps if step in self._begun and step not in self._done]
        made = f"{done} of {total} changes were made{', and half of ' + ', '.join(half) if half else ''}."
        # Before the sentence of the only failure, which is a part of it, becomes that of the whole.
        told = self.result()
        if len(failures) == 1:
            error = failures[0].error
            error.message = f"{failures[0].step}: {error.message}"
            error.hint = f"{error.hint} {made}".strip()
        else:
            sentences = " ".join(f"{one.step}: {one.error}" for one in failures[:_MOST_TOLD])
            more = f" And {len(failures) - _MOST_TOLD} more, see failures." if len(failures) > _MOST_TOLD else ""
            error = PuqVpnError(
                "changes_failed",
                f"{len(failures)} of {total} changes failed. {sentences}{more}",
                hint=made,
                panel_error=failures[0].error.panel_error,
            )
        error.details.update(told)
        return error

    def _diff(self, steps: Iterable[Step]) -> dict[str, dict[str, Any]]:
        """Before and after by section and name, of objects only what changes; what failed after a write included."""
        diff: dict[str, dict[str, Any]] = {"before": {}, "after": {}}
        changes = {**self._left, **{step: step.change for step in steps}}
        for step in filter(changes.__contains__, self.plan.steps):
            for side, values in changes[step].diff.items():
                if isinstance(step.section.kind, SettingsKind):
                    diff[side][step.section.name] = values
                elif values:
                    diff[side].setdefault(step.section.name, {})[step.name] = values
        moved = self.plan.rules.moved if any(step.section is RULES for step in changes) else None
        for side, names in zip(diff, moved or ()):
            diff[side][f"order of {RULES.name}"] = names
        return diff


def _plan_entry(step: Step, done: bool) -> dict[str, Any]:
    fields = [] if step.change.action == DELETE else list(step.change.fields)
    return {
        "action": step.change.action,
        "kind": step.section.result_name,
        "name": step.name,
        "fields": fields,
        "done": done,
    }


def _concerns_all(error: PuqVpnError) -> bool:
    """True when no other change would fare better: the panel is gone, or lets us in no more."""
    if error.code in _CONCERNS_ALL:
        return True
    return isinstance(error, (ExchangeError, FateUnknownError)) and error.http_status in _TRANSIENT
