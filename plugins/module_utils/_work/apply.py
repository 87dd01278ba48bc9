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

from .._apply import carry_out, complete, prove, proving, remove_object, write_settings
from .._client import PanelClient
from .._document.plan import Plan, plan_document
from .._document.purge import Guards, removal_refused
from .._document.sections import ACCOUNTS, LISTS, PORT_FORWARDS, RULES, SERVERS, Section, objects_of, parse
from .._document.steps import MAKE, PARK, REMOVE, Stage, Step, Write
from .._errors import ExchangeError, FateUnknownError, OptionError, PuqVpnError, RefusedError
from .._kinds import Objects, SettingsKind, Values
from .._plan import CREATE, DELETE, RECREATE, UPDATE
from .._transport.session import MOST_AT_ONCE
from .account import lost_race, no_free_address
from .manage import roll_back, salvage
from .reading import Reading

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
    reading = Reading(client)
    plan = plan_document(document, reading, _guards(options), client.assume if client.check_mode else None)
    client.warnings += plan.warnings
    client.learn_secrets(*(step.change.before for step in plan.steps))
    _heed_refusals(plan, client)
    run = _Run(plan, reading, options)
    if not client.check_mode:
        try:
            run.carry_out()
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
    def told(self) -> dict[str, Any]:
        return {
            "kind": self.step.section.told,
            "name": self.step.name,
            "index": self.step.index,
            "error": str(self.error),
            "error_code": self.error.code,
            **self.error.details,
        }


class _Run:
    """A plan on its way: what is done, what failed, and what others took meanwhile."""

    def __init__(self, plan: Plan, reading: Reading, options: Mapping[str, Any]) -> None:
        self.plan = plan
        self.client = reading.client
        self.reading = reading
        self.options = options
        self._failures: dict[Step, _Failure] = {}
        self._failed: dict[tuple[str, str], Step] = {}
        self._done: set[Step] = set()
        self._begun: set[Step] = set()
        self._sending: set[Step] = set()
        # Held while these are looked at or changed, and while addresses are chosen.
        self._lock = threading.RLock()
        self._is_cut_off = False
        self._wrote = False
        self._taken: list[str] = []

    def carry_out(self) -> None:
        """Send all writes, then read everything that was written again.

        When a failure ends the run, what was removed to be made again is made all the same, as long as that can be.
        """
        for stage in self.plan.stages:
            self._send_all(stage)
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
                # The task is to end: nothing more is begun, and what is on its way comes to its end without pauses.
                self._is_cut_off = True
                self.client.stop()
                raise

    def _try(self, write: Write) -> None:
        if not self._may_send(write):
            return
        try:
            self._check_parents(write.step)
            self._send(write)
        except PuqVpnError as error:
            with self._lock:
                self._is_cut_off = self._is_cut_off or _concerns_all(error)
                self._fail(write.step, error)
        else:
            with self._lock:
                self._wrote = True
                (self._done if write.ends else self._begun).add(write.step)
        finally:
            with self._lock:
                self._sending.discard(write.step)

    def _may_send(self, write: Write) -> bool:
        """True when the write is to be sent, which begins with that."""
        with self._lock:
            finishes = write.part == MAKE and write.step in self._begun
            may_begin = not self._failures or self.options["on_error"] == "continue" or finishes
            if self._is_cut_off or write.step in self._failures or not may_begin:
                return False
            self._sending.add(write.step)
            return True

    def _check_parents(self, step: Step) -> None:
        """An object cannot be made on, or lead to, what could not be made."""
        for section, name in ((SERVERS, "wg_name"), (ACCOUNTS, "to_peer")):
            failed = self._failed.get((section.name, str(step.change.values.get(name))))
            if failed is not None:
                raise PuqVpnError("parent_failed", f"it was not tried, since {failed} failed before")

    def _send(self, write: Write) -> None:
        step, change, kind = write.step, write.step.change, write.step.section.kind
        if isinstance(kind, SettingsKind):
            write_settings(self.client, kind, change)
        elif write.part == REMOVE:
            remove_object(self.client, objects_of(step.section), change.before)
        elif write.part == PARK:
            carry_out(self.client, objects_of(step.section), replace(change, action=UPDATE, values=write.values))
        elif step.chosen and (write.part == MAKE or change.action == CREATE):
            self._make_with_address(step)
        else:
            self._make(step, as_new=write.part == MAKE)

    def _make(self, step: Step, *, as_new: bool = False) -> None:
        """Carry out a change; a new object whose old one is gone already is made ``as_new``."""
        kind = objects_of(step.section)
        change = replace(step.change, action=CREATE) if as_new else step.change
        answer = carry_out(self.client, kind, change)
        self._wrote = True
        if change.action in (CREATE, RECREATE):
            try:
                complete(self.client, kind, change, answer)
            except PuqVpnError as error:
                self._roll_back(step, error)
                raise

    def _make_with_address(self, step: Step) -> None:
        """Make an account whose address was chosen, with another one when somebody else took it meanwhile."""
        tries = 0
        while True:
            with self._lock:
                if tries or "allowed_ips" not in step.change.values:
                    self._choose_again(step, anywhere=tries > 0)
            tries += 1
            try:
                return self._make(step, as_new=True)
            except RefusedError as refused:
                if not lost_race(refused) or tries == _ADDRESS_TRIES:
                    raise
            self._taken.append(str(step.change.values["allowed_ips"]))

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

    def _roll_back(self, step: Step, error: PuqVpnError) -> None:
        if step.item is not None and step.item.flags.get("rollback"):
            roll_back(self.client, objects_of(step.section), step.change.values, error)

    def _fail(self, step: Step, error: PuqVpnError) -> None:
        if step in self._begun and step.change.action == RECREATE:
            error.details["lost"] = step.section.kind.shown(step.change.before, self.options["include_secrets"])
            error.hint += " It was removed before that."
        error.at(self.client.connection.root)
        self._failures[step] = _Failure(step, error)
        self._failed[step.section.name, step.name] = step
        self._done.discard(step)

    # Proving --------------------------------------------------------------------------------------------------------

    def _prove(self) -> None:
        """Read each family of which something was written once more, and fail the steps that did not stick."""
        with proving():
            for section in LISTS:
                steps = [step for step in self._made if step.section is section]
                if steps:
                    self._prove_objects(steps, list(self._shown(section, steps)))

    def _shown(self, section: Section, steps: Iterable[Step]) -> Iterable[Values]:
        if section is PORT_FORWARDS:
            servers = sorted({str({**step.change.before, **step.change.values}["wg_name"]) for step in steps})
            # Those of a server that is gone are gone with it.
            known = {str(one.get("name")) for one in self.reading.servers()}
            return [one for name in servers if name in known for one in self.reading.port_forwards(name, again=True)]
        read = {RULES: self.reading.rules, SERVERS: self.reading.servers, ACCOUNTS: self.reading.accounts}
        return read[section](again=True)

    def _prove_objects(self, steps: list[Step], shown: list[Values]) -> None:
        kind = objects_of(steps[0].section)
        objects = Objects(kind, shown)
        for step in steps:
            values = {**step.change.before, **step.change.values}
            try:
                prove(self.client, kind, step.change, values, objects.find(values))
            except PuqVpnError as error:
                if step.change.action in (CREATE, RECREATE):
                    salvage(self.client, kind, step.change, error, self.options)
                    self._roll_back(step, error)
                self._fail(step, error)
        if kind is RULES.kind and not self._failures and not self.plan.rules.is_in_order(shown):
            self._fail(steps[-1], _other_order())

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
            "changed": bool(steps) or self._wrote,
            "plan": [_told(step, step in self._done) for step in self.plan.steps],
            "summary": {
                **{action: counts[action] for action in (CREATE, UPDATE, RECREATE, DELETE)},
                "unchanged": self.plan.unchanged,
                "failed": len(self._failures),
            },
            "failures": [failure.told for failure in self.failures],
            "protected": self.plan.protected,
            "refusals": [refusal.told for refusal in self.plan.refusals],
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
        """Before and after by section and name, of objects only what changes."""
        diff: dict[str, dict[str, Any]] = {"before": {}, "after": {}}
        for step in steps:
            for side, values in step.change.diff.items():
                if isinstance(step.section.kind, SettingsKind):
                    diff[side][step.section.name] = values
                elif values:
                    diff[side].setdefault(step.section.name, {})[step.name] = values
        moved = self.plan.rules.moved if any(step.section is RULES for step in steps) else None
        for side, names in zip(diff, moved or ()):
            diff[side][f"order of {RULES.name}"] = names
        return diff


def _other_order() -> PuqVpnError:
    return PuqVpnError(
        "value_not_stored",
        "the write was answered with success, but the rules are in another order than config has them",
        hint="Look into the panel's log. Somebody else may have changed the rules.",
    )


def _told(step: Step, done: bool) -> dict[str, Any]:
    fields = [] if step.change.action == DELETE else list(step.change.fields)
    return {"action": step.change.action, "kind": step.section.told, "name": step.name, "fields": fields, "done": done}


def _concerns_all(error: PuqVpnError) -> bool:
    """True when no other change would fare better: the panel is gone, or lets us in no more."""
    if error.code in _CONCERNS_ALL:
        return True
    return isinstance(error, (ExchangeError, FateUnknownError)) and error.http_status in _TRANSIENT
