# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the things that a panel holds are described: once each, in ``_objects``.

A description yields the options of a module, the names and spellings on the wire, what is secret, what cannot change,
how values are compared, and thereby the plan and the diff. Nothing here knows HTTP or Ansible.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Callable, Iterable, Iterator, Mapping

from ._errors import ExchangeError, OptionError
from ._field_types import NotATextError, ValueType
from ._secrets import is_secret_field, without_secrets
from ._untrusted import given

Values = Mapping[str, Any]
"""Values in normal form by the names of options."""

STATE_ARGUMENT: dict[str, Any] = {"type": "str", "choices": ["present", "absent"], "default": "present"}
VERIFY_TIMEOUT = 5.0
"""For how many seconds a proof is looked for when nothing else is said."""

VERIFY_ARGUMENTS: dict[str, dict[str, Any]] = {"verify_timeout": {"type": "float", "default": VERIFY_TIMEOUT}}
"""What the options of every module have that writes something and proves it."""


@dataclass(frozen=True)
class Field:
    """One field: ``name`` is that of the option and of the returned value, ``wire`` the API's where it differs.

    ``immutable`` fields have no place in the edit of an object. ``write_only`` fields are in no documented reply: a
    panel may show them or not. ``in_form`` is false for what only the path carries. The value of a field that
    ``follows`` another one makes no sense any more when that one changes. ``new`` is the type of the value in a new
    object where that is narrower; a new object gets other values with an edit.
    """

    name: str
    type: ValueType
    wire: str = ""
    immutable: bool = False
    write_only: bool = False
    in_form: bool = True
    follows: str = ""
    new: ValueType | None = None

    def parse(self, given: Any) -> Any:
        """The normal form of a value that a user gave.

        :raises ValueError: with what the value must be, to follow the name of the option.
        """
        if self.secret and not str(given).strip():
            # It would be taken for a value: a variable that is empty by mistake must not remove a password.
            raise ValueError("must not be empty: leave it out to keep the current value")
        return self.type.parse(given)

    def fits_new(self, value: Any) -> bool:
        """True when a new object can be made with the value."""
        try:
            return self.new is None or self.new.parse(value) == value
        except ValueError:
            return False

    @property
    def wire_name(self) -> str:
        """The name that the API uses, upper and lower case included."""
        return self.wire or self.name

    @property
    def secret(self) -> bool:
        """True when the value must not be shown."""
        return is_secret_field(self.name)

    @property
    def argument(self) -> dict[str, Any]:
        """The option as a part of an argument spec."""
        argument = dict(self.type.argument)
        if self.secret:
            argument["no_log"] = True
        elif "key" in self.name:
            # Such a name could be that of a secret, so Ansible wants to be told that it is none.
            argument["no_log"] = False
        if self.wire:
            argument["aliases"] = [self.wire]
        return argument


def _refusal(error: ValueError, value: Any, secret: bool) -> str:
    """Why the value of an option was refused, to follow its name; a secret is not shown."""
    if isinstance(error, NotATextError):
        return error.plain if secret else str(error)
    return f"{error}{'' if secret else f', not {given(value)}'}"


def _no_problems(_values: Values) -> Iterable[str]:
    return ()


@dataclass(frozen=True)
class Kind:
    """What all descriptions share.

    ``name`` is the key of the result, ``title`` the word in sentences. ``check`` finds what is wrong with values
    together: of an object with those that were given, of settings with all of them as they will be. ``read_only`` are
    fields that only the panel knows: they are returned, and no options.
    """

    name: str
    title: str
    fields: tuple[Field, ...]
    check: Callable[[Values], Iterable[str]] = field(default=_no_problems)
    read_only: tuple[Field, ...] = ()

    def __getitem__(self, name: str) -> Field:
        return next(one for one in self.fields if one.name == name)

    @property
    def argument_spec(self) -> dict[str, dict[str, Any]]:
        """The options that every module which manages this kind has."""
        spec = {one.name: one.argument for one in self.fields}
        spec["include_secrets"] = {"type": "bool", "default": False}
        return spec

    def parse(self, options: Mapping[str, Any]) -> ParsedOptions:
        """The options that were given, in normal form.

        :raises OptionError: with every problem of every option in one message.
        """
        wanted = self.validate_fields(options)
        if wanted.problems:
            raise OptionError(" ".join(wanted.problems))
        return wanted

    def validate_fields(self, options: Mapping[str, Any], prefix: str = "") -> ParsedOptions:
        """As :meth:`parse`, with the problems instead of an error; ``prefix`` goes before the names of options."""
        values: dict[str, Any] = {}
        problems: list[str] = []
        remarks: list[str] = []
        for one in self.fields:
            value = options.get(one.name)
            if value is None:
                continue
            try:
                values[one.name] = one.parse(value)
            except ValueError as error:
                problems.append(f"{prefix}{one.name} {_refusal(error, value, one.secret)}.")
                continue
            remark = one.type.remark(value)
            if remark:
                remarks.append(f"{prefix}{one.name} {remark}.")
        return ParsedOptions(values, problems, remarks)

    def refuse_problems(self, values: Values) -> None:
        """Raise with everything that :attr:`check` finds.

        :raises OptionError: with every problem in one message.
        """
        problems = list(self.check(values))
        if problems:
            raise OptionError(" ".join(problems))

    def read(self, shown: Any) -> dict[str, Any]:
        """What a panel shows of one object: known fields in normal form, others as they are.

        :raises ExchangeError: it is no object.
        """
        if not isinstance(shown, dict):
            raise ExchangeError("answer_wrong_type", f"the answer does not show the {self.title}")
        values: dict[str, Any] = {}
        for name, value in shown.items():
            one = self._by_name.get(str(name).casefold())
            if one is None:
                values[str(name)] = value
            else:
                values[one.name] = one.type.read(value)
        return values

    @cached_property
    def _by_name(self) -> dict[str, Field]:
        every = (*self.fields, *self.read_only)
        return {name.casefold(): one for one in every for name in (one.name, one.wire_name)}

    def settable(self, values: Values) -> dict[str, Any]:
        """Those of the values that options can give, without what only the panel knows."""
        return {one.name: values[one.name] for one in self.fields if one.name in values}

    def form(self, values: Values) -> dict[str, str]:
        """The form that sends these values."""
        return {
            one.wire_name: one.type.write(values[one.name]) for one in self.fields if one.in_form and one.name in values
        }

    def as_result(self, values: Values, include_secrets: bool = False) -> dict[str, Any]:
        """An object as a result shows it: in a stable order, the fields of the description first."""
        names = [one.name for one in self.fields if one.name in values]
        names += sorted(name for name in values if name not in names)
        shown = {name: values[name] for name in names}
        return shown if include_secrets else without_secrets(shown)


@dataclass(frozen=True)
class ParsedOptions:
    """What a user wants, in normal form, what is wrong with it, and what the user should know of it."""

    values: dict[str, Any]
    problems: list[str]
    remarks: list[str]


@dataclass(frozen=True)
class ObjectKind(Kind):
    """Objects that come and go.

    ``identity`` are the fields that name an object, ``substitutes`` other fields that only one object can have: an
    object whose name is not given is found by the first of them that is. ``needed`` must be given for a new object.
    ``pair`` are two fields that only go together.

    The paths are templates of the fields. ``list_path`` shows all objects, ``create_path`` takes a new one,
    ``item_path`` is one object: it is removed there, edited when ``editable``, and read when ``readable``.
    """

    identity: tuple[str, ...] = ("name",)
    substitutes: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()
    pair: tuple[str, ...] = ()
    list_path: str = ""
    create_path: str = ""
    item_path: str = ""
    editable: bool = True
    readable: bool = True

    @property
    def argument_spec(self) -> dict[str, dict[str, Any]]:
        """See :attr:`Kind.argument_spec`."""
        spec = {**super().argument_spec, **VERIFY_ARGUMENTS}
        spec["state"] = STATE_ARGUMENT
        if not self.substitutes:
            for name in self.identity:
                spec[name]["required"] = True
        if self.editable and any(one.immutable for one in self.fields if one.name not in self.identity):
            spec["recreate"] = {"type": "bool", "default": False}
        if any(one.write_only for one in self.fields):
            spec["update_write_only"] = {"type": "str", "choices": ["on_create", "always"], "default": "on_create"}
        return spec

    def label(self, values: Values) -> str:
        """The object in a sentence, such as ``account alice``."""
        return f"{self.title} {self.name_of(values)}".strip()

    def name_of(self, values: Values) -> str:
        """By what a user calls the object: its identity, else what stands in for it."""
        names = self.key(values) or [name for name in self.identity if name in values]
        return "/".join(str(values[name]) for name in names)

    def key(self, values: Values) -> tuple[str, ...]:
        """The fields by which the object is found; empty when nothing was given that only one can have."""
        keys = (self.identity, *((name,) for name in self.substitutes))
        return next((names for names in keys if all(name in values for name in names)), ())


class ObjectIndex:
    """Objects of one kind, each of which is found without a pass over all of them."""

    def __init__(self, kind: ObjectKind, objects: Iterable[Values]) -> None:
        self._kind = kind
        self._all = list(objects)
        self._by_key: dict[tuple[str, ...], dict[tuple[Any, ...], Values]] = {}

    def __iter__(self) -> Iterator[Values]:
        return iter(self._all)

    def find(self, values: Values) -> dict[str, Any] | None:
        """The object that the values are about; None when it is not there, or nothing tells which one is meant."""
        names = self._kind.key(values)
        if not names:
            return None
        if names not in self._by_key:
            # In reverse, so that of two with the same key the first one counts.
            self._by_key[names] = {tuple(str(one.get(name)) for name in names): one for one in reversed(self._all)}
        found = self._by_key[names].get(tuple(str(values[name]) for name in names))
        return None if found is None else dict(found)


@dataclass(frozen=True)
class SettingsKind(Kind):
    """Settings that are always there, and are written as a whole.

    ``path`` shows and takes them. A PUT to ``defaults_path`` resets them, to ``defaults`` as far as is documented.
    """

    path: str = ""
    defaults_path: str = ""
    defaults: Mapping[str, Any] = field(default_factory=dict)

    @property
    def argument_spec(self) -> dict[str, dict[str, Any]]:
        """See :attr:`Kind.argument_spec`."""
        spec = {**super().argument_spec, **VERIFY_ARGUMENTS}
        if self.defaults_path:
            spec["defaults"] = {"type": "bool", "default": False}
        return spec


def unwrapped(payload: Any, *names: str) -> Any:
    """The collection inside a payload that has it under one of the names; the payload itself otherwise."""
    if isinstance(payload, dict):
        return next((payload[name] for name in names if name in payload), payload)
    return payload


def items_of(payload: Any) -> list[dict[str, Any]]:
    """The objects of a collection, which a panel shows as an array or keyed by name; an empty one in any way.

    :raises ExchangeError: it is no collection.
    """
    if not payload:
        return []
    items = list(payload.values()) if isinstance(payload, dict) else payload
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise ExchangeError("answer_wrong_type", "the answer is no collection of objects")
    return items
