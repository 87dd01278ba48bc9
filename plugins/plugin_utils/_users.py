# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role users makes of a list of people: items of ``puqvpn_apply``, and what each person is handed out.

The list may come from a spreadsheet or a directory, so each of its texts is checked before anything is written. The
hand-out list in the folder of a panel is the memory of the role: whoever has a file that it does not record is new.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from ansible.module_utils.common.json import AnsibleJSONEncoder
from ansible.utils.unsafe_proxy import wrap_var
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._compare import as_switch
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._document.conflicts import check_items
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._document.parse import Document, parse
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._document.sections import LAYOUTS, Item, ListSection
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import OptionError, PuqVpnError, listed
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._files import content_of_file
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._networks import interface_of
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._profile.formats import ACCOUNT_FORMATS, CLIENT_FORMATS
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._time import now
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._untrusted import (
    as_file_name,
    echo,
    one_line,
    quoted,
)
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._csv import to_csv
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._csv_reader import (
    LISTS,
    PERSON_OPTIONS,
    CsvFormat,
    read_csv,
    shown_problems,
    words_of,
)
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._encrypted_archive import SHORTEST_PASSWORD
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._safe_paths import (
    file_problems,
    folder_problems,
    path_in,
)

Values = Mapping[str, Any]
NOTHING: Values = MappingProxyType({})

# In the folder of a panel, for programs and for people.
HANDOUT_JSON, HANDOUT_CSV = "handout.json", "handout.csv"
LINK, ARCHIVE = "{name}/{name}.link", "{name}/{name}.zip.enc"

_FORMATS = {1: ACCOUNT_FORMATS, 2: CLIENT_FORMATS}
# One address without anything that has a meaning in the header of a mail.
_EMAIL = re.compile(r"[^\s@<>()\[\]\",;:\\]+@[^\s@<>()\[\]\",;:\\]+")
# Options of a person that are no options of an account or a client. The role has no use for further columns.
_OWN = (*PERSON_OPTIONS, "extra")
# What defaults and groups cannot set, since it belongs to one person.
_PERSONAL = ("name", "email", "groups", "archive_password", "extra")
_DEFAULTS: Values = {"formats": ["wireguard"], "link": False, "status": "enable"}


# --- The people


@dataclass(frozen=True)
class _Person:
    """A person: where the list names them, and their options with those of their groups and the defaults."""

    place: str
    options: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.options.get("name", "")).strip()

    @property
    def groups(self) -> list[str]:
        """The names of their groups; none if these are no list, which was reported."""
        groups = self.options.get("groups")
        return [str(group) for group in groups] if isinstance(groups, list) else []

    def archive_password(self, default: str) -> str:
        """Return the password of their archive; empty if there is none."""
        return str(self.options.get("archive_password") or default or "")

    @property
    def label(self) -> str:
        return f"{self.place} ({echo(self.name)})" if self.name else self.place


@dataclass
class _People:
    """The people that were read so far, and what is wrong, by sentence with the places where it is."""

    generation: int
    defaults: Values
    groups: Values
    people: list[_Person] = field(default_factory=list)
    wrong: dict[str, list[str]] = field(default_factory=dict)

    @property
    def section(self) -> ListSection:
        return LAYOUTS[self.generation].accounts

    @property
    def problems(self) -> list[str]:
        """Everything that is wrong, as sentences; those that are the same are one."""
        return [f"{listed(places)}: {text}" if places != [""] else text for text, places in self.wrong.items()]

    def report(self, place: str, text: str) -> None:
        self.wrong.setdefault(text, []).append(place)

    def items(self) -> list[dict[str, Any]]:
        """Return the people as items of the section."""
        return [{name: value for name, value in person.options.items() if name not in _OWN} for person in self.people]


@dataclass(frozen=True)
class _Given:
    """The arguments that say who the people are, and with which options."""

    people: Any
    generation: int
    defaults: Values
    groups: Values
    csv: Values

    def read(self) -> _People:
        """Return the people, with what is wrong with each of them by themselves."""
        found = _People(self.generation, _plain(self.defaults), _plain(self.groups))
        _check_options(found)
        for place, options in _given(self.people, self.csv, found):
            _add(found, place, options)
        return found


def users_plan(
    people: Any,
    *,
    generation: int,
    folder: str,
    host: str,
    defaults: Values = NOTHING,
    groups: Values = NOTHING,
    csv: Values = NOTHING,
    archive: bool = False,
    archive_password: str = "",
) -> Any:
    """Return what is to be done for a list of people, who may also be the text of a CSV file, without their secrets.

    :returns: ``problems``, which are all that is wrong with the list, the ``section`` of the document, ``people`` with
        what they are to get, ``batches`` of those who get the same formats, and ``path``, the folder of the panel.
    """
    found = _Given(people, generation, defaults, groups, csv).read()
    document = parse({found.section.name: found.items()}, {}, generation, now())
    _report_items(found, document)
    items = _items(found, document)
    _report_names(found, items)
    path = path_in(folder, host)
    plans = [
        {**_plan(found, person, item), "archive": archive} for person, item in zip(found.people, items, strict=True)
    ]
    if archive:
        _report_weak_passwords(found, plans, archive_password)
    problems = found.problems or _folder_problems(folder, path, [plan["name"] for plan in plans])
    return wrap_var(
        {
            "problems": shown_problems(problems),
            "path": path,
            "section": found.section.name,
            "people": plans,
            "batches": _batches(plans),
        }
    )


def users_secrets(
    people: Any,
    *,
    generation: int,
    defaults: Values = NOTHING,
    groups: Values = NOTHING,
    csv: Values = NOTHING,
    archive_password: str = "",
) -> Any:
    """Return what :func:`users_plan` leaves out for a list without problems.

    :returns: ``items`` of the section, and ``archive_passwords`` by name.
    """
    found = _Given(people, generation, defaults, groups, csv).read()
    passwords = {person.name: person.archive_password(archive_password) for person in found.people}
    return wrap_var({"items": found.items(), "archive_passwords": passwords})


def _given(people: Any, csv: Values, found: _People) -> Iterator[tuple[str, Any]]:
    """Yield the options of each person, with the place in the list."""
    if isinstance(people, str):
        unknown = csv.keys() - CsvFormat.__dataclass_fields__
        if unknown:
            valid = ", ".join(CsvFormat.__dataclass_fields__)
            text = f"unknown option {listed(list(map(quoted, sorted(map(str, unknown)))))}. Valid options: {valid}."
            found.report("puqvpn_users_csv_options", text)
            return
        table = read_csv(people, CsvFormat(**csv))
        for problem in table.problems:
            found.report("", problem)
        yield from ((f"Line {row.line}", row.values) for row in table.rows)
    elif isinstance(people, Sequence):
        yield from ((f"puqvpn_users_list[{at}]", person) for at, person in enumerate(_plain(people)))
    else:
        neither_or_both = isinstance(people, Mapping) and not people
        sentence = "Set either puqvpn_users_list or puqvpn_users_csv."
        found.report("", sentence if neither_or_both else "puqvpn_users_list must be a list of people.")


def _plain(value: Any) -> Any:
    """Return a value as a module receives it: dates of YAML and encrypted values are texts."""
    return json.loads(json.dumps(value, cls=AnsibleJSONEncoder, vault_to_text=True))


def _check_options(found: _People) -> None:
    """Report what is wrong with the options that several people share."""
    groups = {f"puqvpn_users_groups.{name}": options for name, options in found.groups.items()}
    for place, options in {"puqvpn_users_defaults": found.defaults, **groups}.items():
        if not isinstance(options, Mapping):
            found.report(place, "must be a dictionary of options.")
            continue
        for name in options:
            if name in _PERSONAL:
                found.report(place, f"{name} belongs to a single person.")
            elif name not in _OWN and name not in found.section.option_names:
                found.report(place, f"unknown option {quoted(name)}.")


def _add(found: _People, place: str, given: Any) -> None:
    """Add a person, unless their options cannot be used at all."""
    if not isinstance(given, Mapping):
        found.report(place, "must be a dictionary of options.")
        return
    own = _options(found, given)
    shared = {name: value for name, value in _options(found, found.defaults).items() if name not in _PERSONAL}
    person = _Person(place, {**_DEFAULTS, **shared, **_of_groups(found, _Person(place, own)), **own})
    found.people.append(person)
    if not person.name:
        found.report(place, "needs a name.")
    email = own.get("email")
    if email is not None and not (isinstance(email, str) and _EMAIL.fullmatch(email)):
        found.report(person.label, f"email must be one address, not {quoted(email)}.")
    if as_switch(person.options["link"]) is None:
        found.report(person.label, f"link must be yes or no, not {quoted(person.options['link'])}.")
    _check_formats(found, person)


def _options(found: _People, options: Any) -> dict[str, Any]:
    """Return the options that are set, by their own names instead of aliases, with lists of words as lists.

    None are returned if they are no dictionary, which was reported. What a directory does not know about a person is
    often an empty text.
    """
    if not isinstance(options, Mapping):
        return {}
    names = {name: found.section.option_names.get(name, name) for name in options}
    given = {
        # An option that is set under both names is reported with the item.
        (name if names[name] in options else names[name]): value
        for name, value in options.items()
        if value is not None and not (value == "" and name in _OWN)
    }
    return {**given, **{name: words_of(given[name]) for name in LISTS if isinstance(given.get(name), str)}}


def _comparable(value: Any) -> Any:
    """Return a form in which values are equal that mean the same: the order of formats, or a number as a text."""
    return sorted(map(str, value)) if isinstance(value, list) else str(value)


def _of_groups(found: _People, person: _Person) -> dict[str, Any]:
    """Return the options of the groups of a person, and report those that contradict each other."""
    if not isinstance(person.options.get("groups", []), list):
        found.report(person.label, "groups must be a list of names.")
    merged: dict[str, tuple[Any, str]] = {}
    for group in person.groups if found.groups else ():
        if group not in found.groups:
            found.report(
                person.label, f"unknown group {quoted(group)}. Groups: {', '.join(map(quoted, found.groups))}."
            )
            continue
        for name, value in _options(found, found.groups[group]).items():
            other, origin = merged.setdefault(name, (value, group))
            if name not in person.options and _comparable(other) != _comparable(value):
                text = f"groups {quoted(origin)} and {quoted(group)} contradict each other in {name}."
                found.report(person.label, f"{text} Set it for the person, or in one group only.")
    return {name: value for name, (value, _origin) in merged.items() if name not in _PERSONAL}


def _check_formats(found: _People, person: _Person) -> None:
    formats, known = person.options["formats"], _FORMATS[found.generation]
    if not isinstance(formats, list):
        found.report(person.label, "formats must be a list.")
        person.options["formats"] = []
        return
    for name in formats:
        if not isinstance(name, str) or name not in known:
            found.report(person.label, f"unknown format {quoted(name)}. Valid formats: {', '.join(known)}.")


def _report_items(found: _People, document: Document) -> None:
    """Report what is wrong with the options of accounts or clients, each by itself and all together."""
    try:
        check_items(document)
    except PuqVpnError as error:
        for problem in error.details["problems"]:
            text = re.sub(
                rf"\b{found.section.name}\[(\d+)\]", lambda other: found.people[int(other[1])].place, problem["problem"]
            )
            found.report(found.people[problem["index"]].label, text)


def _report_names(found: _People, items: Iterable[Item | None]) -> None:
    """Report names that panels accept, but that are no names of folders, or not different ones on all systems."""
    names: dict[str, _Person] = {}
    for person, item in zip(found.people, items, strict=True):
        if item is None or not person.name:
            continue
        try:
            as_file_name(person.name)
        except ValueError as reason:
            found.report(person.label, f"the name {reason}.")
        other = names.setdefault(person.name.casefold(), person)
        if other.name != person.name:
            text = (
                f"the name differs from {quoted(other.name)} only by case. Both would share a folder on some systems."
            )
            found.report(person.label, text)


def _items(found: _People, document: Document) -> list[Item | None]:
    """Return the items of all people, as they are wanted at this moment; None for one that has a problem."""
    items = {item.index: item for item in document.items(found.section)}
    return [items.get(index) for index in range(len(found.people))]


def _plan(found: _People, person: _Person, item: Item | None) -> dict[str, Any]:
    """Return what a person is to get. Who is disabled or expired keeps what they have, and gets nothing new."""
    options = person.options
    values, flags = (item.values, item.flags) if item else ({}, {})
    return {
        "name": person.name,
        "email": str(options.get("email", "")),
        "groups": person.groups,
        "status": _status(item),
        "server": str(values.get(found.section.parent_field, "")),
        "expires": flags.get("expires"),
        "formats": [str(name) for name in options["formats"]],
        "link": bool(as_switch(options["link"])),
    }


def _status(item: Item | None) -> str:
    if item is None:
        return ""
    if item.reason:
        return "expired"
    if item.absent:
        return "absent"
    return "disabled" if item.values.get("status") == "disable" else "enabled"


def _report_weak_passwords(found: _People, plans: Iterable[Values], password: str) -> None:
    """Report who gets an archive without a password that protects it."""
    for person, plan in zip(found.people, plans, strict=True):
        if plan["status"] == "enabled" and len(person.archive_password(password)) < SHORTEST_PASSWORD:
            text = f"needs archive_password with at least {SHORTEST_PASSWORD} characters"
            found.report(person.label, f"{text}, or puqvpn_users_archive_password for all.")


def _batches(plans: Iterable[Values]) -> list[dict[str, Any]]:
    """Return the names of those who get files, by their formats."""
    batches: dict[tuple[str, ...], list[str]] = {}
    for plan in plans:
        if plan["status"] == "enabled" and plan["formats"]:
            batches.setdefault(tuple(sorted(set(plan["formats"]))), []).append(plan["name"])
    return [{"formats": list(formats), "names": names} for formats, names in batches.items()]


def _folder_problems(folder: str, path: str, names: Iterable[str]) -> list[str]:
    """Return what prevents the role from writing into the folder of a panel, as sentences."""
    problems = folder_problems(folder, path)
    if problems or not os.path.isdir(path):
        return problems
    problems = file_problems([os.path.join(path, name) for name in (HANDOUT_JSON, HANDOUT_CSV)], path)
    problems += (problem for name in names for problem in folder_problems(path, os.path.join(path, name)))
    if not problems and _recorded(path) is None:
        text = "was not written by this role, or was changed. Rename or remove it, and everybody counts as new."
        problems.append(f"{echo(os.path.join(path, HANDOUT_JSON))} {text}")
    return problems


# --- What they are handed out


def users_handout(plan: Values, *, saved: Sequence[Values], accounts: Any, applied: Values) -> Any:
    """Return the hand-out list of a panel, and who gets something new.

    ``saved`` are the results of the profile modules, ``accounts`` is the subset of ``puqvpn_info``, and ``applied`` the
    result of ``puqvpn_apply``: in check mode, it alone knows the addresses of new accounts and clients.

    :returns: ``people`` and ``unused_folders``, the same as the texts ``json`` and ``csv``, the names of those who are
        ``new``, and of those who need new ``links`` and ``archives``.
    """
    path = str(plan["path"])
    files = _files(path, saved)
    shown = _shown(accounts, applied, str(plan["section"]))
    recorded = _recorded(path) or {}
    # Who is disabled for a while still has the files, and gets nothing new afterwards.
    had = {name: own for name, own in recorded.items() if name not in files}
    people = [_entry(person, {**had, **files}, shown.get(person["name"], {})) for person in plan["people"]]
    names = [entry["name"] for entry in people if entry["name"] in files]
    new = [name for name in names if any(file not in recorded.get(name, ()) for file in files[name])]

    def outdated(key: str) -> list[str]:
        return [
            entry["name"]
            for entry in people
            if entry[key] and (entry["name"] in new or not os.path.lexists(os.path.join(path, entry[key])))
        ]

    content = {"people": people, "unused_folders": _unused_folders(path, people)}
    return wrap_var(
        {
            **content,
            "new": new,
            "links": outdated("link"),
            "archives": outdated("archive"),
            "json": json.dumps(content, indent=2, ensure_ascii=False) + "\n",
            "csv": _csv_of(people),
        }
    )


def _files(path: str, saved: Iterable[Values]) -> dict[str, list[dict[str, Any]]]:
    """Return the files by the name of their owner, with paths in the folder of the panel.

    Nobody is handed out a part of their files, so those of whom one failed have none.
    """
    files: dict[str, list[dict[str, Any]]] = {}
    for result in saved:
        failed = {failure["name"] for failure in result.get("failures", [])}
        for file in result.get("files", []):
            if file["name"] not in failed:
                relative = os.path.relpath(file["dest"], path)
                files.setdefault(file["name"], []).append({"file": relative, "checksum": file["checksum"]})
    return {name: sorted(own, key=lambda file: str(file["file"])) for name, own in files.items()}


def _shown(accounts: Any, applied: Values, section: str) -> dict[str, dict[str, Any]]:
    """Return what the panel shows of accounts or clients, as it is after the run; empty if it does not list them."""
    if not isinstance(accounts, Sequence) or isinstance(accounts, str):
        return {}
    shown = {str(account.get("name")): dict(account) for account in accounts if isinstance(account, Mapping)}
    for name, values in applied.get("diff", {}).get("after", {}).get(section, {}).items():
        shown[name] = {**shown.get(name, {}), **values}
    return shown


def _entry(person: Values, files: Mapping[str, list[dict[str, Any]]], shown: Values) -> dict[str, Any]:
    """Return a person in the hand-out list. Only who is enabled and has files has a link and an archive."""
    name = person["name"]
    gets = person["status"] == "enabled" and name in files
    address = interface_of(shown.get("allowed_ips") or shown.get("ipv4"))
    return {
        "name": name,
        "email": person["email"],
        "groups": list(person["groups"]),
        "status": person["status"],
        "server": one_line(shown.get("wg_name") or shown.get("network_name") or person["server"]),
        "address": "" if address is None else str(address.ip),
        "expires": person["expires"],
        "files": files.get(name, []),
        "link": LINK.format(name=name) if gets and person["link"] else "",
        "archive": ARCHIVE.format(name=name) if gets and person["archive"] else "",
    }


def _unused_folders(path: str, people: Iterable[Values]) -> list[str]:
    """Return the folders of those who are handed out nothing: they left, or are disabled or expired."""
    used = {entry["name"] for entry in people if entry["status"] == "enabled"}
    try:
        with os.scandir(path) as found:
            return sorted(
                entry.name for entry in found if entry.is_dir(follow_symlinks=False) and entry.name not in used
            )
    except (FileNotFoundError, NotADirectoryError):
        return []


def _recorded(path: str) -> dict[str, Any] | None:
    """Return the files of people in the last hand-out list; None if that is something else."""
    try:
        content = content_of_file(os.path.join(path, HANDOUT_JSON), follow=False)
        people = json.loads(content)["people"] if content is not None else []
        return {
            str(person["name"]): [{"file": str(file["file"]), "checksum": file["checksum"]} for file in person["files"]]
            for person in people
        }
    except (OptionError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _csv_of(people: Iterable[Values]) -> str:
    columns = ("name", "email", "groups", "status", "server", "address", "expires", "files", "link", "archive")
    rows = [
        {
            **person,
            "groups": " ".join(person["groups"]),
            "files": " ".join(file["file"] for file in person["files"]),
        }
        for person in people
    ]
    return to_csv(rows, columns=columns, bom=True, newline="crlf")
