# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verification of a run: each section that was written is read again, once for all of its objects."""

from __future__ import annotations

from typing import Any, Iterable, Mapping

from .._change import CREATE, RECREATE
from .._client import PanelClient
from .._errors import PuqVpnError, VerificationError
from .._execute import restore_or_report, roll_back
from .._panel.reader import PanelReader
from .._schema import ObjectIndex, Values
from .._verify import check_change, verifying
from .progress import Progress
from .sections import LISTS, PORT_FORWARDS, RULES, SERVERS, ListSection
from .steps import ObjectStep


def undo_creation(client: PanelClient, step: ObjectStep, error: PuqVpnError, options: Mapping[str, Any]) -> None:
    """Remove a new object that differs from its item, if ``rollback`` asks for it, and restore an old one."""
    # An object that an interrupted task could not read may well be as requested.
    if error.code != "interrupted" and step.item is not None and step.item.flags.get("rollback"):
        roll_back(client, step.section.kind, step.change.values, error)
    restore_or_report(client, step.change, error, options)


class Verifier:
    """Verifies the steps of a run. Settings are verified when they are written."""

    def __init__(self, reader: PanelReader, progress: Progress, options: Mapping[str, Any]) -> None:
        self._reader = reader
        self._client = reader.client
        self._progress = progress
        self._options = options

    def verify(self) -> None:
        """Read the sections that were written until they show all changes, and fail the steps that they do not show.

        Only the sections that lack something are read a second time.
        """
        steps = [step for step in self._progress.completed if isinstance(step, ObjectStep)]
        waiting = {section: [step for step in steps if step.section is section] for section in LISTS}
        missing: dict[ObjectStep, PuqVpnError] = {}

        def look() -> None:
            missing.clear()
            for section, unverified in waiting.items():
                found = self._missing(section, unverified) if unverified else {}
                missing.update(found)
                waiting[section] = list(found)
            for error in missing.values():
                raise error

        try:
            self._client.until_verified(look)
        except VerificationError:
            for step, error in missing.items():
                if step.change.action in (CREATE, RECREATE):
                    undo_creation(self._client, step, error, self._options)
                self._progress.fail(step, error)

    def _missing(self, section: ListSection, steps: list[ObjectStep]) -> dict[ObjectStep, PuqVpnError]:
        """Return the steps that the panel does not show as done, each with what is missing."""
        with verifying():
            shown = list(self._read(section, steps))
        objects = ObjectIndex(section.kind, shown)
        missing: dict[ObjectStep, PuqVpnError] = {}
        for step in steps:
            values = {**step.change.before, **step.change.values}
            try:
                check_change(self._client, step.change, values, objects.find(values))
            except VerificationError as error:
                missing[step] = error
        if section is RULES and not missing and not self._progress.failures and not self._rules_are_in_order(shown):
            missing[steps[-1]] = VerificationError("value_not_stored", "the order of the rules differs from config")
        return missing

    def _rules_are_in_order(self, shown: Iterable[Values]) -> bool:
        return self._progress.plan.rules.is_in_order(shown)

    def _read(self, section: ListSection, steps: Iterable[ObjectStep]) -> Iterable[Values]:
        reader = self._reader
        if section is PORT_FORWARDS:
            servers = sorted({str({**step.change.before, **step.change.values}["wg_name"]) for step in steps})
            # The port forwards of a removed server are removed with it.
            known = {str(server.get("name")) for server in reader.objects(SERVERS.kind)}
            return [forward for name in servers if name in known for forward in reader.port_forwards(name, again=True)]
        wanted = [{**step.change.before, **step.change.values} for step in steps]
        return reader.objects(section.kind, wanted, partial=True, again=True)
