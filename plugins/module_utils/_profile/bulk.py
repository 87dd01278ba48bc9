# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Save the configurations of many accounts or clients to a directory: one read of their list, and one of each file.

Nothing is written before all options, names and paths are checked. Then each file is written as soon as it is read, so
that not all of them are in memory at once. One that fails does not stop the others, unless they would fail as well.
"""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Iterable, Iterator, Mapping, Sequence, Union

from .._client import PanelClient
from .._errors import OptionError, PuqVpnError, RefusedError, accepted, combined_failure, concerns_all_requests
from .._field_types import NAME
from .._file_writer import FileWriter
from .._files import FileNotWrittenError, directory_unwritable, folder_obstacle, obstacle
from .._panel.filters import wanted_by
from .._panel.parallel import check_concurrency, each_in_parallel, in_parallel
from .._panel.reader import PanelReader, read_object
from .._schema import ObjectKind, Values
from .._summary import counted, describe_objects
from .._untrusted import as_file_name, echo, one_line
from .formats import DEFAULT_FORMAT, ProfileFormat, selection_problems
from .protocols import ListedNetworks
from .reply import read_profile
from .target import Target, warn_of_another_login

# What a panel shows of an account or a client: None if it does not exist, or the error of reading it.
Shown = Union[Values, None, PuqVpnError]


def save_profiles(
    options: Mapping[str, Any],
    client: PanelClient,
    files: FileWriter,
    kind: ObjectKind,
    formats: Mapping[str, ProfileFormat],
) -> dict[str, Any]:
    """Save the configurations that the options ask for.

    It reads the list of accounts or clients, on 2.x panels also that of the networks, and then each configuration.

    :returns: ``changed``, ``files``, ``failures``, ``diff`` (a list), ``msg``.
    :raises OptionError: with every problem of the options and of the paths, before anything is written.
    :raises PuqVpnError: the error of the only file that failed, or ``files_failed``, with the result in its details;
        ``untrusted_value`` for a name of the panel that no file can have.
    """
    folder = _Folder(options, client, formats)
    names = None if options["all"] else _names(options)
    problems = [*selection_problems(options), *files.problems(client.assume), *folder.problems()]
    if names is not None:
        problems += _name_problems(names)
    if problems:
        raise OptionError(" ".join(problems))
    check_concurrency(options["concurrency"])
    if names is not None:
        folder.check(names)
    reader = PanelReader(client)
    shown = _read_shown(reader, kind, options, names, needed=_needed_fields(kind, folder.formats))
    if names is None:
        folder.check(shown)
    client.learn_secrets(*(owner for owner in shown.values() if isinstance(owner, Mapping)))
    run = _Run(client, files, kind, folder, concurrency=options["concurrency"])
    run.save(shown, ListedNetworks(reader))
    if run.failures:
        raise run.error()
    return run.result()


# --- Names


def _names(options: Mapping[str, Any]) -> list[str]:
    return list(options["names"] or []) if options["name"] is None else [options["name"]]


def _name_problems(names: Sequence[str]) -> Iterator[str]:
    """Yield what is wrong with names of the options, as sentences."""
    for name in names:
        try:
            as_file_name(NAME.parse(name))
        except ValueError as error:
            yield f"name {echo(name)} {error}."
    yield from _similar(names)


def _similar(names: Iterable[str]) -> Iterator[str]:
    """Yield which names are the same for some file systems, as sentences."""
    seen: dict[str, str] = {}
    for name in names:
        other = seen.get(name.casefold())
        if other is not None:
            same = "is given twice" if other == name else f"differs from {echo(other)} only by case"
            yield f"name {echo(name)} {same}, and their files would be the same."
        seen[name.casefold()] = name


# --- Accounts and clients


def _needed_fields(kind: ObjectKind, formats: Iterable[str]) -> set[str]:
    """Return the fields that must be known of each client, which the list of a 2.x panel need not contain."""
    if kind.is_documented:
        return set()
    return {"network_name", "username"} if "ikev2" in formats else {"network_name"}


def _read_shown(
    reader: PanelReader, kind: ObjectKind, options: Mapping[str, Any], names: Sequence[str] | None, *, needed: set[str]
) -> dict[str, Shown]:
    """Return what the panel shows of the accounts or clients that are asked for, by name.

    :raises PuqVpnError: also if all of them are asked for, and the panel does not list them.
    """
    if names is not None and not names:
        return {}
    no_list = reader.no_list(kind)
    if names is None and no_list is not None:
        raise no_list
    objects = [] if no_list is not None else reader.objects(kind)
    shown: dict[str, Shown]
    if names is None:
        is_wanted = wanted_by(options["filters"] or {}, kind)
        what = f"the name of {kind.title}"
        shown = {accepted(as_file_name, what, found.get("name")): found for found in filter(is_wanted, objects)}
    else:
        by_name = {str(found.get("name")): found for found in objects}
        shown = {name: by_name.get(name, {} if no_list else None) for name in names}
    incomplete = [name for name, found in shown.items() if isinstance(found, Mapping) and not needed <= found.keys()]
    alone = in_parallel(
        options["concurrency"], lambda name: _read_alone(reader.client, kind, name), incomplete, reader.client.stop
    )
    return {**shown, **dict(zip(incomplete, alone))}


def _read_alone(client: PanelClient, kind: ObjectKind, name: str) -> Shown:
    try:
        return read_object(client, kind, {"name": name})
    except PuqVpnError as error:
        if _ends_run(error):
            raise
        return error


def _ends_run(error: PuqVpnError) -> bool:
    """Return whether all other files would fail as well. An answer that is not understood concerns a single one."""
    if error.code in ("answer_wrong_object", "answer_wrong_type"):
        return False
    return concerns_all_requests(error) or isinstance(error, FileNotWrittenError)


# --- The directory


class _Folder:
    """The directory of the option ``dest``, in which each name may have one of its own."""

    def __init__(self, options: Mapping[str, Any], client: PanelClient, formats: Mapping[str, ProfileFormat]) -> None:
        self.path: str = options["dest"]
        chosen = options["formats"] if options["formats"] is not None else [options["format"] or DEFAULT_FORMAT]
        self.formats = {label: formats[label] for label in chosen}
        self._has_repeated_format = len(self.formats) < len(chosen)
        self.per_name: bool = options["folder_per_name"]
        self._client = client

    @property
    def _is_missing(self) -> bool:
        return not os.path.lexists(self.path)

    def problems(self) -> Iterator[str]:
        """Yield what is wrong with the directory and the formats, as sentences."""
        if self._has_repeated_format:
            yield "formats contains a format twice."
        if self._is_missing and self.per_name:
            problem = folder_obstacle(self.path)
            if problem:
                yield f"dest {problem}"
        elif self._is_missing and self._client.check_mode:
            # An earlier task may create it.
            self._client.assume(f"the directory {self.path} exists")
        elif not os.path.isdir(self.path):
            yield f"dest {echo(self.path)} is not a directory. Create it first."
        elif not self.per_name:
            yield from directory_unwritable(self.path)

    def of(self, name: str) -> str:
        """Return the directory for the files of a name."""
        return os.path.join(self.path, name) if self.per_name else self.path

    def targets(self, name: str) -> list[Target]:
        """Return the files of a name."""
        return [
            Target(name, os.path.join(self.of(name), f"{name}.{chosen.ending}"), False, label, chosen)
            for label, chosen in self.formats.items()
        ]

    def check(self, names: Iterable[str]) -> None:
        """Refuse names whose files cannot be written, without a request.

        :raises OptionError: with every problem.
        """
        problems = list(self._obstacles(names))
        if problems:
            raise OptionError(" ".join(problems))

    def _obstacles(self, names: Iterable[str]) -> Iterator[str]:
        """Yield why files cannot be written, as sentences."""
        names = list(names)
        targets = [target for name in names for target in self.targets(name)]
        yield from _similar(os.path.relpath(target.dest, self.path) for target in targets)
        if self._is_missing:
            return
        if self.per_name:
            yield from self._obstacles_to_folders(names)
        for target in targets:
            problem = obstacle(target.dest)
            if problem:
                yield f"dest {problem}"

    def _obstacles_to_folders(self, names: Iterable[str]) -> Iterator[str]:
        has_missing = False
        for folder in map(self.of, names):
            if not os.path.lexists(folder):
                has_missing = True
            elif os.path.islink(folder) or not os.path.isdir(folder):
                yield f"dest {echo(folder)} is not a directory: remove it, or use another dest."
            else:
                yield from directory_unwritable(folder)
        if has_missing:
            yield from directory_unwritable(self.path)


# --- The run


@dataclass
class _Run:
    """The files of a run: which are done, and which failed."""

    client: PanelClient
    writer: FileWriter
    kind: ObjectKind
    folder: _Folder
    concurrency: int
    files: list[dict[str, Any]] = field(default_factory=list)
    failures: list[tuple[Target, PuqVpnError]] = field(default_factory=list)
    diff: list[dict[str, str]] = field(default_factory=list)
    total: int = 0

    def save(self, shown: Mapping[str, Shown], networks: ListedNetworks) -> None:
        """Read and write all files, until there is an error that all others would meet as well."""
        targets = [target for name in shown for target in self.folder.targets(name)]
        self.total = len(targets)
        self._assume(name for name, found in shown.items() if found is None)
        if self.folder.per_name and targets and not self.client.check_mode:
            self.writer.make_folder(self.folder.path)
        ready = [target for target in targets if self._is_ready(target, shown[target.name], networks)]
        with closing(each_in_parallel(self.concurrency, self._read, ready, self.client.stop)) as answers:
            for target, answer in answers:
                error = self._write(target, answer, shown[target.name])
                if error is not None and self._fail(target, error):
                    return

    def _assume(self, missing: Iterable[str]) -> None:
        names = list(missing)
        if names and self.client.check_mode:
            self.client.assume(f"{describe_objects(self.kind.title, names)} {'exists' if len(names) == 1 else 'exist'}")

    def _is_ready(self, target: Target, found: Shown, networks: ListedNetworks) -> bool:
        """Return whether a configuration can be requested."""
        if found is None and self.client.check_mode:
            self._note(target.name, target.prediction())
            return False
        try:
            if found is None:
                raise PuqVpnError("not_found", f"{self.kind.title} {target.name} does not exist")
            if isinstance(found, PuqVpnError):
                raise found
            if target.format.protocol:
                networks.require_protocol(found, target.format.protocol, target.name)
        except PuqVpnError as error:
            if _ends_run(error):
                raise
            self._fail(target, error)
            return False
        return True

    def _read(self, target: Target) -> bytes | PuqVpnError:
        try:
            return read_profile(self.client, self.kind, target.name, target.format)
        except PuqVpnError as error:
            return error

    def _write(self, target: Target, answer: bytes | PuqVpnError, owner: Shown) -> PuqVpnError | None:
        """Write a configuration that was read. Return the error of reading or writing it, if any."""
        if isinstance(answer, PuqVpnError):
            if not (self.client.check_mode and isinstance(answer, RefusedError) and answer.absent):
                return answer
            self.client.assume(f"{self.kind.title} {target.name} exists{target.format.also_assumed}")
            self._note(target.name, target.prediction())
            return None
        if target.label == "ikev2":
            warn_of_another_login(self.client, target.name, answer, owner, self.kind.title)
        try:
            if self.folder.per_name and not self.client.check_mode:
                self.writer.make_folder(self.folder.of(target.name))
            self._note(target.name, target.save(self.writer, answer))
        except PuqVpnError as error:
            return error
        return None

    def _note(self, name: str, result: dict[str, Any]) -> None:
        """Note a file that is as it should be, by the result that it would have alone."""
        if result["diff"].get("after_header"):
            self.diff.append(result["diff"])
        self.files.append({"name": name, **{key: result[key] for key in _OF_A_FILE if key in result}})

    def _fail(self, target: Target, error: PuqVpnError) -> bool:
        """Note a failure. Return whether all other files would fail as well."""
        error.at(self.client.connection.root)
        self.failures.append((target, error))
        return _ends_run(error)

    def result(self) -> dict[str, Any]:
        """Return what was done; in check mode what would be done."""
        changed = [entry for entry in self.files if entry["changed"]]
        unchanged = len(self.files) - len(changed)
        return {
            "changed": bool(changed),
            "files": self.files,
            "failures": [
                {"name": target.name, "format": target.label, "error": str(error), "error_code": error.code}
                for target, error in self.failures
            ],
            "diff": self.diff,
            "msg": one_line(f"{counted(len(changed), 'file')} saved to {self.folder.path}, {unchanged} unchanged"),
        }

    def error(self) -> PuqVpnError:
        """Return the failures as one error: the only failure itself, or an error that lists them."""
        result = self.result()
        del result["msg"]
        open_ = self.total - len(self.files) - len(self.failures)
        done = f"{len(self.files)} of {self.total} files are up to date"
        counts = f"{done}, and {open_} were not attempted." if open_ else f"{done}."
        labelled = [(self._label(target), error) for target, error in self.failures]
        error = combined_failure("files_failed", "files", labelled, self.total, counts)
        error.details.update(result)
        return error

    def _label(self, target: Target) -> str:
        return f"{target.label} of {self.kind.title} {target.name}"


_OF_A_FILE = ("format", "dest", "checksum", "size", "changed", "backup_file")
