# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The body of ``puqvpn_adblock``: the switch of ad blocking, its lists and its whitelist."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Any, Callable, Iterable, Iterator, Mapping, Sequence

from .._change import Diff, settings_change
from .._client import PanelClient
from .._compare import as_switch
from .._endpoints import expand_path
from .._errors import ExchangeError, PuqVpnError, RefusedError, listed
from .._execute import write_settings
from .._objects.dns import ADBLOCK
from .._panel.reader import read_settings
from .._resource import parse_options
from .._schema import ArgumentSpec, Items, Values, collection, named_items
from .._summary import summarize_diff
from .._untrusted import one_line
from .._verify import not_verified, report_diff, verifying

_NAMES: Mapping[str, Any] = {"type": "list", "elements": "str", "default": []}

OPTIONS: ArgumentSpec = {
    **ADBLOCK.argument_spec,
    "lists_absent": dict(_NAMES),
    "whitelist_absent": dict(_NAMES),
    "update": {"type": "bool", "default": False},
}

_WHITELIST_PATH = "dns/adblock/whitelist"
# Keys of a domain in an entry of the whitelist, and of the mark of a list that the panel itself provides. Only the
# words of the web interface are documented (contract: adblock).
_DOMAIN_KEYS = ("domain", "name")
_BUILT_IN_KEYS = ("builtin", "built_in", "is_builtin")


def adblock(options: Mapping[str, Any], client: PanelClient) -> dict[str, Any]:
    """Ensure that ad blocking is as the options say: one read, the changes, one read; two more for the whitelist.

    :returns: ``changed``, ``adblock``, ``diff`` and ``msg``.
    :raises PuqVpnError: ``field_not_shown`` before anything is written, or as the client does.
    """
    wanted = parse_options(ADBLOCK, options, client)
    current = read_settings(client, ADBLOCK)
    change = settings_change(ADBLOCK, wanted, current)
    lists = _to_remove(options["lists_absent"], _removable_lists(client, current, options["lists_absent"]))
    domains = _to_remove(options["whitelist_absent"], _whitelist(client) if options["whitelist_absent"] else [])
    removed_lists = [_removal("lists", name) for name in lists]
    removed_domains = [_removal("whitelist", name) for name in domains]
    steps = [
        *([_Step("settings", change.diff)] if change else ()),
        *removed_lists,
        *removed_domains,
        *([_Step("update", {"before": {}, "after": {"update": "requested"}})] if options["update"] else ()),
    ]
    found: Values = current
    if client.check_mode:
        found = change.after if change else current
        if lists or options["update"]:
            # How the panel counts and marks its lists afterwards is unknown.
            found = ADBLOCK.settable(found)
    elif steps:
        writer = _Writer(client, steps)
        if change is not None:
            writer.write(steps[0], lambda: write_settings(client, change))
        writer.remove(removed_lists, lists, lambda: _names_of(_lists_in(read_settings(client, ADBLOCK))))
        writer.remove(removed_domains, domains, lambda: _whitelist(client))
        if options["update"]:
            writer.write(steps[-1], lambda: client.write("POST", "dns/adblock/update"))
        found = writer.read_again()
    diff = _diff_of(steps)
    return {
        "changed": bool(steps),
        ADBLOCK.name: ADBLOCK.as_result(found, options["include_secrets"]),
        "diff": diff,
        "msg": summarize_diff(ADBLOCK.title, diff),
    }


@dataclass(frozen=True)
class _Step:
    """A single write, as errors name it, and what it changes; the ``path`` of what it removes."""

    label: str
    diff: Diff
    path: str = ""


def _removal(family: str, name: str) -> _Step:
    return _Step(
        f"removal of {one_line(name)} from the {family}",
        {"before": {family: [name]}, "after": {family: []}},
        expand_path(f"dns/adblock/{family}/{{name}}", {"name": name}),
    )


def _labels(steps: Iterable[_Step]) -> str:
    return listed([step.label for step in steps]) or "nothing"


def _diff_of(steps: Iterable[_Step]) -> Diff:
    """Return the diff of several steps: the lists of removed names are joined."""
    diff: Diff = {"before": {}, "after": {}}
    for step in steps:
        for side, values in step.diff.items():
            for name, value in values.items():
                is_joined = isinstance(value, list) and name in diff[side]
                diff[side][name] = [*diff[side][name], *value] if is_joined else value
    return diff


class _Writer:
    """Writes one thing after another. A failure reports what was done before it, and what is different now."""

    def __init__(self, client: PanelClient, steps: Sequence[_Step]) -> None:
        self._client = client
        self._steps = steps
        self._done: list[_Step] = []

    def write(self, step: _Step, send: Callable[[], Any]) -> None:
        """Send a write and verify it."""
        with self._reporting(step):
            send()
        self._done.append(step)

    def remove(self, steps: Iterable[_Step], names: Sequence[str], left: Callable[[], Sequence[str]]) -> None:
        """Remove the objects with these names, and verify that none of them is left."""
        for step in steps:
            self.write(step, lambda path=step.path: self._remove(path))  # type: ignore[misc]
        if names:
            with self._reporting():
                self._client.until_verified(lambda: self._verify(names, left))

    def read_again(self) -> Values:
        """Read the settings as they are after all writes."""
        with self._reporting(), verifying():
            return read_settings(self._client, ADBLOCK)

    @contextlib.contextmanager
    def _reporting(self, *steps: _Step) -> Iterator[None]:
        """Report in the errors of the block what was done, and those of its own ``steps`` that took effect."""
        try:
            yield
        except PuqVpnError as error:
            took_effect = [*self._done, *(steps if error.wrote else ())]
            error.wrote = bool(took_effect)
            if len(self._steps) > 1:
                left = self._steps[len(self._done) + len(steps) :]
                error.hint += f" Done before: {_labels(self._done)}. Not attempted: {_labels(left)}."
            report_diff(error, _diff_of(took_effect))
            raise

    def _remove(self, path: str) -> None:
        try:
            self._client.write("DELETE", path)
        except RefusedError as refused:
            if not refused.absent:
                raise

    def _verify(self, names: Sequence[str], left: Callable[[], Sequence[str]]) -> None:
        with verifying():
            still_there = _to_remove(names, left())
        if still_there:
            raise not_verified(
                self._client, "object_not_removed", f"{listed(list(map(one_line, still_there)))} is still there"
            )


def _to_remove(unwanted: Sequence[str], present: Sequence[str]) -> list[str]:
    """Return the names that are present, as the panel spells them; the case of a domain does not count."""
    folded = {name.strip().casefold() for name in unwanted}
    return [name for name in dict.fromkeys(present) if name.casefold() in folded]


def _removable_lists(client: PanelClient, current: Values, unwanted: Sequence[str]) -> list[str]:
    """Return the names of the lists, if some are unwanted; refuse to remove one that the panel itself provides."""
    if not unwanted:
        return []
    lists = _lists_in(current)
    names = _names_of(lists)
    built_in = [
        name
        for name in _to_remove(unwanted, names)
        if any(as_switch(item.get(key)) for item in lists if item.get("name") == name for key in _BUILT_IN_KEYS)
    ]
    if built_in:
        raise PuqVpnError(
            "panel_refused",
            f"{listed(list(map(one_line, built_in)))} is built in, and a panel cannot delete such a list",
            hint="Leave it out of lists_absent, and disable it in the panel.",
        ).at(client.connection.root)
    return names


def _lists_in(current: Values) -> Items:
    """Return the lists that the panel shows with its settings (contract: adblock, ``lists``).

    :raises PuqVpnError: ``field_not_shown`` for a panel that does not show them there.
    """
    lists = current.get("lists")
    if lists is not None and collection(lists) is None:
        raise ExchangeError("answer_wrong_type", "the answer does not show the lists of ad blocking")
    if lists is None:
        raise PuqVpnError(
            "field_not_shown",
            "the panel does not show the lists of its ad blocking, so nobody can say which of them exist",
            hint="Delete a list in the panel, or with puqvpn_request.",
            details={"fields": ["lists_absent"]},
        )
    return named_items(lists)


def _names_of(lists: Items) -> list[str]:
    return [str(item["name"]) for item in lists if "name" in item]


def _whitelist(client: PanelClient) -> list[str]:
    """Return the domains of the whitelist, with one GET (contract: GET /dns/adblock/whitelist, body unknown)."""
    return client.read(_WHITELIST_PATH, _domains_in)


def _domains_in(payload: Any) -> list[str]:
    if isinstance(payload, dict) and len(payload) == 1 and isinstance(next(iter(payload.values())), list):
        payload = next(iter(payload.values()))
    entries = list(payload) if isinstance(payload, dict) else payload or []
    if isinstance(entries, list):
        domains = [_domain_of(entry) for entry in entries]
        if all(domains):
            return domains
    raise ExchangeError("answer_wrong_type", "the answer is not a list of domains")


def _domain_of(entry: Any) -> str:
    """Return the domain of an entry: a text, or an object with the domain; empty for anything else."""
    found = next((entry[key] for key in _DOMAIN_KEYS if key in entry), "") if isinstance(entry, dict) else entry
    return found if isinstance(found, str) else ""
