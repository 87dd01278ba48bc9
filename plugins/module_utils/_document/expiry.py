# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What follows from a date that has passed for other items, for protected objects, and for the result."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, Collection, Dict, Iterable, Iterator, List

from .._expiry import DISABLED, days_until_expiry, is_expired
from .list_plan import ListPlan
from .purge import RemovalGuards
from .sections import Item

_Results = List[Dict[str, Any]]


def disable_protected(
    objects: ListPlan, items: Iterable[Item], guards: RemovalGuards, needed: Collection[str] = ()
) -> Iterator[Item]:
    """Yield the items; one that would remove a protected object, since it is expired, only disables it.

    ``needed`` are the names of objects that protected ones need. The access must end in any case, and a run must not
    fail every night because of it.
    """
    for item in items:
        found = objects.current.find(item.values) if _is_removed(item) else None
        name = "" if found is None else objects.section.name_of(found)
        if found is not None and (name in needed or guards.protects(name)):
            objects.protected.append(found)
            key = {field: item.values[field] for field in objects.kind.key(item.values)}
            yield replace(item, values={**key, **DISABLED}, flags={**item.flags, "state": "present"})
        else:
            yield item


def end_with_target(forwards: Iterable[Item], accounts: ListPlan) -> Iterator[Item]:
    """Yield the items of port forwards; one whose account is removed, since it is expired, removes its port forward."""
    ended = {_name(accounts, item): item for item in accounts.items if _is_removed(item)}
    for forward in forwards:
        account = ended.get(str(forward.values.get("to_peer")))
        if account is None or forward.absent:
            yield forward
        else:
            reason = f"{account.section.result_name} {forward.values['to_peer']} {account.reason}"
            yield replace(forward, flags={**forward.flags, "state": "absent"}, reason=reason)


def expiry_results(objects: ListPlan, moment: datetime, warn_days: int) -> tuple[_Results, _Results]:
    """Return, for a result, who is expired, and who will be within the days; by date, then by name."""
    expired, expiring = [], []
    for item in objects.items:
        expires = item.flags.get("expires")
        if expires is None or (item.absent and not item.reason):
            continue
        days = days_until_expiry(expires, moment)
        entry = {
            "kind": item.section.result_name,
            "name": _name(objects, item),
            "expires": expires,
            "days_left": days,
        }
        if is_expired(expires, moment):
            expired.append(entry)
        elif warn_days > 0 and days <= warn_days:
            expiring.append(entry)
    return sorted(expired, key=_by_date), sorted(expiring, key=_by_date)


def _is_removed(item: Item) -> bool:
    """Return whether an item removes its object since it is expired."""
    return item.absent and bool(item.reason)


def _name(objects: ListPlan, item: Item) -> str:
    """Return the name of an object, which the item need not contain."""
    return objects.section.name_of(objects.current.find(item.values) or item.values)


def _by_date(entry: dict[str, Any]) -> tuple[str, str]:
    # A day ends after every moment of it.
    expires = entry["expires"]
    return (expires if "T" in expires else f"{expires}T24", entry["name"])
