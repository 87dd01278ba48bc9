# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which accounts the role usage disables, limits and restores.

The role keeps a list of its own changes. An entry has the values that the role has set, and the previous ones. As long
as the account has the values of the entry, the role owns them, and restores the previous ones as soon as there is no
reason for them any more. An account with other values was changed by somebody else meanwhile, so it belongs to them.
"Accounts" are also the clients of 2.x panels here.
"""

from __future__ import annotations

import fnmatch
import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import OptionError
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._field_types import NAME
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._subsets.traffic import BYTES_PER_GB
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._untrusted import echo

T = TypeVar("T")
Values = Mapping[str, Any]

BANDWIDTHS = ("b_download", "b_upload")
QUOTA, STALE = "quota", "stale"
_ENABLED, _DISABLED = "enable", "disable"
_OVER_QUOTA = ("report", "disable", "limit")
_STALE = ("report", "disable")
_LARGEST_BANDWIDTH = 10000


@dataclass(frozen=True)
class Rules:
    """The options of the role, with the months as numbers."""

    quota_gb: float | None = None
    account_quotas_gb: Mapping[str, float | None] = field(default_factory=dict)
    over_quota: str = "report"
    limit: Mapping[str, int] = field(default_factory=dict)
    stale_months: int | None = None
    stale: str = "report"
    exclude: Sequence[str] = ()
    max_disables: int | None = None

    @classmethod
    def parse(cls, options: Mapping[str, Any]) -> Rules:
        """Return the rules; their options come from variables, so that numbers may be texts.

        :raises OptionError: with every problem.
        """
        given = {name: value for name, value in options.items() if value is not None}
        problems = list(_problems(given))
        if problems:
            raise OptionError(" ".join(problems))
        quotas = given.get("account_quotas_gb", {})
        return cls(
            quota_gb=_as(float, given.get("quota_gb")),
            account_quotas_gb={str(name): _as(float, quota) for name, quota in quotas.items()},
            over_quota=str(given.get("over_quota", "report")),
            limit={str(name): int(value) for name, value in given.get("limit", {}).items()},
            stale_months=_as(int, given.get("stale_months")),
            stale=str(given.get("stale", "report")),
            exclude=[str(pattern) for pattern in given.get("exclude", ())],
            max_disables=_as(int, given.get("max_disables")),
        )

    def quota_of(self, name: str) -> float | None:
        """Return the quota of an account in GB; None if it has none."""
        return self.account_quotas_gb.get(name, self.quota_gb)

    def excludes(self, name: str) -> bool:
        """Return whether the role must not touch an account."""
        return any(fnmatch.fnmatchcase(name, pattern) for pattern in self.exclude)


def _as(kind: Callable[[Any], T], value: Any) -> T | None:
    return None if value is None else kind(value)


def _problems(given: Mapping[str, Any]) -> Iterator[str]:
    quotas, limit = given.get("account_quotas_gb", {}), given.get("limit", {})
    yield from _number_problems("quota_gb", given.get("quota_gb"))
    if not isinstance(quotas, Mapping):
        yield "account_quotas_gb must be a dictionary of quotas by account."
    else:
        for name, quota in quotas.items():
            yield from _number_problems(f"account_quotas_gb, {echo(name)}", quota)
    for name, choices in (("over_quota", _OVER_QUOTA), ("stale", _STALE)):
        if given.get(name, choices[0]) not in choices:
            yield f"{name} must be one of {', '.join(choices)}, not {echo(given[name])}."
    if not isinstance(limit, Mapping) or not limit.keys() <= set(BANDWIDTHS):
        yield f"limit must be a dictionary with {' and '.join(BANDWIDTHS)}."
    else:
        for name, value in limit.items():
            yield from _number_problems(f"limit, {name}", value, 1, _LARGEST_BANDWIDTH, whole=True)
        if given.get("over_quota") == "limit" and not limit:
            yield "over_quota is limit, so limit must contain b_download, b_upload or both."
    yield from _number_problems("stale_months", given.get("stale_months"), 1, whole=True)
    yield from _number_problems("max_disables", given.get("max_disables"), whole=True)
    if given.get("stale") == "disable" and "stale_months" not in given:
        yield "stale is disable, so stale_months must be set."
    exclude = given.get("exclude", ())
    if isinstance(exclude, (str, Mapping)) or not isinstance(exclude, Sequence):
        yield "exclude must be a list of names or shell patterns."


def _number_problems(
    name: str, value: Any, low: int = 0, high: float = math.inf, *, whole: bool = False
) -> Iterator[str]:
    if value is None:
        return
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not (low <= number <= high and math.isfinite(number)) or (whole and number != int(number)):
        limits = f"from {low} to {high}" if math.isfinite(high) else f"{low} or more"
        yield f"{name} must be a {'whole ' if whole else ''}number, {limits}, not {echo(value)}."


@dataclass(frozen=True)
class Entry:
    """A change of the role: the ``values`` that it has set, or is about to set, and the ``previous`` ones.

    ``identity`` tells the account from another one that somebody creates under its name. ``month`` is the one that
    gave the reason, such as ``2026-11``. ``done`` is true once the panel has stored the values.
    """

    name: str
    identity: str
    reason: str
    month: str
    values: Values
    previous: Values
    done: bool = False

    def holds(self, account: Values) -> bool:
        """Return whether an account still has the values of this entry."""
        return all(account[name] == value for name, value in self.values.items())


@dataclass(frozen=True)
class Known:
    """What the role remembers: the month in which it first saw an account of an identity, and its own changes."""

    since: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    entries: Sequence[Entry] = ()


@dataclass
class Decisions:
    """What the role does: the fields to write by account, and what it remembers.

    ``entries`` are those of the list once the panel has stored the changes, and ``before`` those until then: a run that
    ends early may leave any account with its old or its new values. ``restored`` and ``dropped`` are accounts that
    leave the list: the former with their previous values. ``not_enforced`` are those that cannot be changed.
    """

    changes: dict[str, dict[str, Any]] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    before: Sequence[Entry] = ()
    since: dict[str, tuple[str, str]] = field(default_factory=dict)
    over_quota: list[dict[str, Any]] = field(default_factory=list)
    stale: list[dict[str, Any]] = field(default_factory=list)
    restored: list[str] = field(default_factory=list)
    dropped: list[dict[str, str]] = field(default_factory=list)
    not_enforced: list[str] = field(default_factory=list)

    @property
    def disabled(self) -> list[str]:
        """The accounts that are disabled by this run."""
        return sorted(name for name, values in self.changes.items() if values.get("status") == _DISABLED)


def month_text(month: Values) -> str:
    """Return a month as ``2026-11``."""
    return f"{month['year']}-{month['month']:02}"


def decide(usage: Values, rules: Rules, known: Known) -> Decisions:
    """Decide about all accounts of a panel, from what ``puqvpn_usage_info`` returns."""
    decider = _Decider(usage, rules, known)
    for account in usage["accounts"]:
        decider.decide(account)
    decider.finish()
    return decider.decisions


class _Decider:
    def __init__(self, usage: Values, rules: Rules, known: Known) -> None:
        self.decisions = Decisions()
        self._rules = rules
        self._known = known
        self._month = month_text(usage["current_month"])
        self._names = {account["name"] for account in usage["accounts"]}
        self._totals = {row["name"]: row["total"] for row in usage["rows"] if month_text(row) == self._month}
        self._complete = {account["name"]: account["complete"] for account in usage["accounts"]}
        self._stale = {account["name"]: account for account in usage.get("accounts_without_traffic_since", ())}
        self._entries: dict[str, list[Entry]] = defaultdict(list)
        for entry in known.entries:
            self._entries[entry.name].append(entry)

    def decide(self, account: Values) -> None:
        """Decide about one account."""
        name = account["name"]
        entries = self._entries_of(account)
        held = next((entry for entry in entries if entry.holds(account)), None)
        self._remember(account, entries, held)
        over, stale = self._is_over(name), self._is_stale(account)
        if self._rules.excludes(name):
            self._drop(name, entries, "it is excluded")
        elif not self._complete[name]:
            # Whether there is still a reason is unknown, so everything stays as it is.
            self.decisions.entries += entries
        else:
            # What the account has without the change of the role.
            base = {**account, **(held.previous if held else {})}
            reason, wanted = self._wanted(base, over, stale)
            self._change(account, base, Entry(name, _identity(account), reason, self._month, wanted, {}), entries, held)

    def finish(self) -> None:
        """Forget accounts that do not exist any more, and note what to remember until the changes are made."""
        for name in sorted(self._entries.keys() - self._names):
            self._drop(name, self._entries[name], "it does not exist any more")
        known = list(self._known.entries)
        new = [replace(entry, done=False) for entry in self.decisions.entries if entry not in known]
        self.decisions.before = [*known, *(entry for entry in new if entry not in known)]

    # One account ----------------------------------------------------------------------------------------------------

    def _entries_of(self, account: Values) -> list[Entry]:
        entries = self._entries[account["name"]]
        own = [entry for entry in entries if entry.identity == _identity(account)]
        if len(own) < len(entries):
            self._drop(account["name"], entries, "it was recreated")
        return own

    def _remember(self, account: Values, entries: Sequence[Entry], held: Entry | None) -> None:
        """Remember since when the role has seen the account enabled; whoever enables a stale one begins again."""
        name, identity = account["name"], _identity(account)
        since, known_identity = self._known.since.get(name, (self._month, identity))
        enabled_again = held is None and any(entry.reason == STALE and entry.done for entry in entries)
        is_new = known_identity != identity or (enabled_again and account["status"] == _ENABLED)
        self.decisions.since[name] = (self._month if is_new else since, identity)

    def _is_over(self, name: str) -> bool:
        quota, total = self._rules.quota_of(name), self._totals.get(name)
        if quota is None or total is None or total <= quota * BYTES_PER_GB:
            return False
        self.decisions.over_quota.append({"name": name, "quota_gb": quota, "total_gb": round(total / BYTES_PER_GB, 3)})
        return True

    def _is_stale(self, account: Values) -> bool:
        """Return whether an account may be disabled for want of traffic.

        A panel does not show when an account was created. So the role must have seen it for all of the months.
        """
        found = self._stale.get(account["name"])
        if found is None:
            return False
        since, _identity_then = self.decisions.since[account["name"]]
        is_known = since <= month_text(found)
        self.decisions.stale.append({**found, "known_since": since, "due": is_known and not found["online"]})
        return is_known and not found["online"]

    def _wanted(self, base: Values, over: bool, stale: bool) -> tuple[str, dict[str, Any]]:
        """Return the reason for a change, and the values; none for an account that is disabled anyway."""
        measure = self._rules.over_quota if over else self._rules.stale if stale else "report"
        if base["status"] != _ENABLED or measure == "report":
            return "", {}
        if not _is_name(base["name"]):
            # puqvpn_apply would refuse all changes together.
            self.decisions.not_enforced.append(base["name"])
            return "", {}
        wanted = {"status": _DISABLED} if measure == "disable" else self._limited(base)
        return QUOTA if over else STALE, wanted

    def _limited(self, base: Values) -> dict[str, Any]:
        """Return the bandwidths to lower; 0 means unlimited (contract: network, b_download, ``zero``)."""
        if any(base[name] is None for name in self._rules.limit):
            # It could not be restored.
            self.decisions.not_enforced.append(base["name"])
            return {}
        return {name: most for name, most in self._rules.limit.items() if base[name] == 0 or base[name] > most}

    def _change(
        self, account: Values, base: Values, wanted: Entry, entries: Sequence[Entry], held: Entry | None
    ) -> None:
        """Note what to write, and the entries to keep: those of before as long as they may still count."""
        target = {**{name: base[name] for name in (held.previous if held else ())}, **wanted.values}
        changes = {name: value for name, value in target.items() if account[name] != value}
        if changes:
            self.decisions.changes[wanted.name] = changes
        if wanted.values:
            previous = {name: base[name] for name in wanted.values}
            is_same = held is not None and (held.values, held.previous) == (wanted.values, previous)
            month = held.month if held and is_same else wanted.month
            self.decisions.entries.append(
                Entry(wanted.name, wanted.identity, wanted.reason, month, wanted.values, previous, done=True)
            )
        elif held:
            self.decisions.restored.append(wanted.name)
        elif entries:
            self._drop(wanted.name, entries, "somebody else has changed it")

    def _drop(self, name: str, entries: Sequence[Entry], why: str) -> None:
        if entries:
            self.decisions.dropped.append({"name": name, "why": why})


def _is_name(name: str) -> bool:
    try:
        return NAME.parse(name) == name
    except ValueError:
        return False


def _identity(account: Values) -> str:
    """Return what tells an account from another one of the same name: its key if the panel shows it."""
    return str(account["public_key"] or account["username"] or "")
