# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the objects and settings of a panel are described: once each, in ``_objects``.

A description yields the options of a module, the names and spellings on the wire, what is secret, what cannot change,
and how values are compared. Nothing here knows HTTP or Ansible.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping

from ._compare import in_form_of
from ._errors import ExchangeError, OptionError
from ._field_types import NotATextError, Switch, ValueType
from ._secrets import is_secret_field, without_secrets
from ._untrusted import echo

# Values in normal form by the names of options.
Values = Mapping[str, Any]
# One option, or several, in the form of an argument spec.
Argument = Dict[str, Any]
ArgumentSpec = Dict[str, Argument]

STATE_ARGUMENT: Argument = {"type": "str", "choices": ["present", "absent"], "default": "present"}

# For how many seconds a write is verified unless the option says otherwise.
VERIFY_TIMEOUT = 5.0
# The options of every module that writes something and verifies it.
VERIFY_ARGUMENTS: ArgumentSpec = {"verify_timeout": {"type": "float", "default": VERIFY_TIMEOUT}}


@dataclass(frozen=True)
class Field:
    """One field: ``name`` is that of the option and of the returned value, ``wire`` the API's where it differs.

    ``immutable`` fields have no place in the edit of an object. ``write_only`` fields are in no documented reply: a
    panel may show them or not. ``in_form`` is false for what only the path carries. The value of a field that
    ``follows`` another one is void when that one changes. ``new`` is the type of the value in a new object where that
    is narrower; a new object gets other values with an edit, as it does all values of a field that is not
    ``creatable``. ``uncertain`` fields may have no place in an edit: it is tried, unless the object may be recreated.
    ``aliases`` are other names of the option and of the field on the wire. A panel may leave out a field that has the
    value ``omitted``.
    """

    name: str
    type: ValueType
    wire: str = ""
    immutable: bool = False
    write_only: bool = False
    in_form: bool = True
    follows: str = ""
    new: ValueType | None = None
    creatable: bool = True
    uncertain: bool = False
    aliases: tuple[str, ...] = ()
    omitted: Any = None

    def parse(self, value: object) -> Any:
        """Return the normal form of a value that a user gave.

        :raises ValueError: with what the value must be, to follow the name of the option.
        """
        if self.secret and not str(value).strip():
            # It would count as a value: a variable that is empty by mistake must not remove a password.
            raise ValueError("must not be empty: leave it out to keep the current value")
        return self.type.parse(value)

    def fits_new(self, value: Any) -> bool:
        """Return whether a new object can be created with the value."""
        try:
            return self.creatable and (self.new is None or self.new.parse(value) == value)
        except ValueError:
            return False

    @property
    def is_confirmed(self) -> bool:
        """Whether the answer to a creation is expected to show the value that a new object got."""
        return self.creatable and self.in_form and not self.write_only

    @property
    def wire_name(self) -> str:
        """The name that the API uses, upper and lower case included."""
        return self.wire or self.name

    @property
    def other_names(self) -> list[str]:
        """The names other than its own that a user or a panel may use."""
        return [*([self.wire] if self.wire else []), *self.aliases]

    @cached_property
    def secret(self) -> bool:
        """Whether the value must not be shown."""
        return is_secret_field(self.name)

    @property
    def argument(self) -> Argument:
        """The option as a part of an argument spec."""
        argument = dict(self.type.argument)
        if self.secret:
            argument["no_log"] = True
        elif "key" in self.name:
            # Ansible warns of a name that could be that of a secret, unless it is marked as none.
            argument["no_log"] = False
        if self.other_names:
            argument["aliases"] = self.other_names
        return argument


def _problem(error: ValueError, value: object, secret: bool) -> str:
    """Return why the value of an option was refused, to follow its name; a secret is not shown."""
    if isinstance(error, NotATextError):
        return error.plain if secret else str(error)
    return f"{error}{'' if secret else f', not {echo(value)}'}"


def _no_problems(_values: Values) -> Iterable[str]:
    return ()


@dataclass(frozen=True)
class ParsedOptions:
    """The options of a user in normal form, the problems with them, and what the user should know about them."""

    values: dict[str, Any]
    problems: list[str]
    remarks: list[str]


@dataclass(frozen=True)
class Kind:
    """What all descriptions share.

    ``name`` is the key of the result, ``title`` the word in sentences. ``check`` finds contradictions between values:
    of an object between those that were given, of settings between all of them as they will be. ``read_only`` are
    fields that only the panel knows: they are returned, and no options. ``generation`` is that of the panels which
    have it.
    """

    name: str
    title: str
    fields: tuple[Field, ...]
    check: Callable[[Values], Iterable[str]] = dataclasses.field(default=_no_problems)
    read_only: tuple[Field, ...] = ()
    generation: int = 1

    def __getitem__(self, name: str) -> Field:
        return next(field for field in self.fields if field.name == name)

    @property
    def is_documented(self) -> bool:
        """Whether the manual says which fields panels take and show; that of 2.x panels names operations only."""
        return self.generation == 1

    @property
    def argument_spec(self) -> ArgumentSpec:
        """The options that every module which manages this kind has."""
        return {
            **{field.name: field.argument for field in self.fields},
            "include_secrets": {"type": "bool", "default": False},
        }

    def parse(self, options: Mapping[str, Any], prefix: str = "") -> ParsedOptions:
        """Return the options that were given, in normal form; ``prefix`` goes before their names in sentences."""
        parsed = ParsedOptions({}, [], [])
        for field in self.fields:
            value = options.get(field.name)
            if value is None:
                continue
            try:
                parsed.values[field.name] = field.parse(value)
            except ValueError as error:
                parsed.problems.append(f"{prefix}{field.name} {_problem(error, value, field.secret)}.")
                continue
            remark = field.type.remark(value)
            if remark:
                parsed.remarks.append(f"{prefix}{field.name} {remark}.")
        return parsed

    def validate(self, values: Values) -> None:
        """Refuse values that contradict each other.

        :raises OptionError: with everything that :attr:`check` finds.
        """
        problems = list(self.check(values))
        if problems:
            raise OptionError(" ".join(problems))

    def read(self, payload: Any) -> dict[str, Any]:
        """Return what a panel shows of one object: known fields in normal form, others as they are.

        :raises ExchangeError: the payload is no object.
        """
        values: dict[str, Any] = {}
        by_name = self._by_name
        for name, value in object_of(payload, self.title).items():
            field = by_name.get(name) or by_name.get(str(name).casefold())
            if field is None:
                values[str(name)] = value
            elif field.name not in values or str(name).casefold() not in field.aliases:
                values[field.name] = field.type.read(value)
        return values

    @cached_property
    def _by_name(self) -> dict[str, Field]:
        """The fields by their names in lower case, and as the contract writes them, which is how panels do."""
        fields = (*self.fields, *self.read_only)
        pairs = [(name, field) for field in fields for name in (field.name, *field.other_names)]
        folded = {name.casefold(): field for name, field in pairs}
        return {**{name: folded[name.casefold()] for name, _field in pairs}, **folded}

    def settable(self, values: Values) -> dict[str, Any]:
        """Return those of the values that options can set, without those that only the panel knows."""
        return {field.name: values[field.name] for field in self.fields if field.name in values}

    def serialize(self, values: Values) -> dict[str, Any]:
        """Return the body that sends these values: texts for the form of a 1.x panel, JSON types for a 2.x panel."""
        return {
            field.wire_name: field.type.serialize(values[field.name]) if self.generation == 1 else values[field.name]
            for field in self.fields
            if field.in_form and field.name in values
        }

    def as_result(self, values: Values, include_secrets: bool = False) -> dict[str, Any]:
        """Return an object as a result shows it: in a stable order, the fields of the description first."""
        names = [field.name for field in self.fields if field.name in values]
        names += sorted(name for name in values if name not in names)
        shown = {name: values[name] for name in names}
        return shown if include_secrets else without_secrets(shown)


@dataclass(frozen=True)
class Parent:
    """The kind of objects that others are on: ``field`` of those names one, ``free_path`` shows its free addresses.

    ``own_addresses`` are the fields of the parent with addresses that it has itself.
    """

    field: str
    kind: ObjectKind
    free_path: str = ""
    own_addresses: tuple[str, ...] = ()


@dataclass(frozen=True)
class ObjectKind(Kind):
    """Objects that are created and deleted.

    ``identity`` are the fields that name an object, ``substitutes`` other fields that only one object can have: an
    object whose name is not given is found by the first of them that is. ``needed`` must be given for a new object.
    ``pair`` are two fields that only go together. ``unique`` are fields whose values no two objects share, ``networks``
    those whose networks do not overlap. ``address`` is the field with the address in the first network of its
    ``parent``.

    The paths are templates of the fields. ``list_path`` shows all objects, ``create_path`` takes a new one,
    ``item_path`` is one object: it is removed there, edited when ``editable``, and read when ``readable``. The order of
    ``ordered`` objects has a meaning.
    """

    identity: tuple[str, ...] = ("name",)
    substitutes: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()
    pair: tuple[str, ...] = ()
    unique: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    address: str = ""
    parent: Parent | None = None
    list_path: str = ""
    create_path: str = ""
    item_path: str = ""
    editable: bool = True
    readable: bool = True
    ordered: bool = False

    @property
    def argument_spec(self) -> ArgumentSpec:
        """See :attr:`Kind.argument_spec`."""
        spec = {**super().argument_spec, **VERIFY_ARGUMENTS, "state": STATE_ARGUMENT}
        if not self.substitutes:
            for name in self.identity:
                spec[name]["required"] = True
        if self.editable and any(field.immutable for field in self.fields if field.name not in self.identity):
            spec["recreate"] = {"type": "bool", "default": False}
        if any(field.write_only for field in self.fields):
            spec["update_write_only"] = {"type": "str", "choices": ["on_create", "always"], "default": "on_create"}
        return spec

    @property
    def may_hide(self) -> bool:
        """Whether a panel need not show all fields that can be written."""
        return not self.is_documented or any(field.write_only for field in self.fields)

    def read(self, payload: Any) -> dict[str, Any]:
        """See :meth:`Kind.read`; a 2.x panel may put an object into another one, under a name that nobody knows."""
        shown = object_of(payload, self.title)
        if not self.is_documented and len(shown) == 1:
            ((name, value),) = shown.items()
            if isinstance(value, dict) and str(name).casefold() not in self._by_name:
                shown = value
        return super().read(shown)

    def label(self, values: Values) -> str:
        """Return the object in a sentence, such as ``account alice``."""
        return f"{self.title} {self.name_of(values)}".strip()

    def name_of(self, values: Values) -> str:
        """Return what a user calls the object: its identity, else what stands in for it."""
        names = self.key(values) or [name for name in self.identity if name in values]
        return "/".join(str(values[name]) for name in names)

    def key(self, values: Values) -> tuple[str, ...]:
        """Return the fields by which the object is found; none when the values hold nothing that only one can have."""
        for names in self._keys:
            for name in names:
                if name not in values:
                    break
            else:
                return names
        return ()

    @cached_property
    def _keys(self) -> tuple[tuple[str, ...], ...]:
        return (self.identity, *((name,) for name in self.substitutes))


def parent_of(kind: ObjectKind) -> Parent:
    """Return the parent of a kind whose objects have an address on it."""
    if kind.parent is None:
        raise AssertionError(f"a {kind.title} is on nothing")
    return kind.parent


class ObjectIndex:
    """Objects of one kind, each of which is found without a pass over all of them."""

    def __init__(self, kind: ObjectKind, objects: Iterable[Values]) -> None:
        self._kind = kind
        self._all = list(objects)
        self._by_key: dict[tuple[str, ...], dict[tuple[str, ...], Values]] = {}

    def __iter__(self) -> Iterator[Values]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def find(self, values: Values) -> Values | None:
        """Return the object that the values name; None when it does not exist, or they name none."""
        names = self._kind.key(values)
        if not names:
            return None
        if names not in self._by_key:
            # In reverse, so that of two with the same key the first one counts.
            self._by_key[names] = {tuple([str(item.get(name)) for name in names]): item for item in reversed(self._all)}
        return self._by_key[names].get(tuple([str(values[name]) for name in names]))


class ShownSettings(Dict[str, Any]):
    """Settings in normal form, and the ``payload`` that shows them, in the names and types of the panel."""

    def __init__(self, values: Values, payload: Mapping[str, Any]) -> None:
        super().__init__(values)
        self.payload = payload


@dataclass(frozen=True)
class SettingsKind(Kind):
    """Settings that always exist, and are written as a whole.

    ``path`` shows and takes them. A PUT to ``defaults_path`` resets them, to ``defaults`` as far as is documented.
    """

    path: str = ""
    defaults_path: str = ""
    defaults: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def argument_spec(self) -> ArgumentSpec:
        """See :attr:`Kind.argument_spec`."""
        spec = {**super().argument_spec, **VERIFY_ARGUMENTS}
        if self.defaults_path:
            spec["defaults"] = {"type": "bool", "default": False}
        return spec

    def read(self, payload: Any) -> ShownSettings:
        """See :meth:`Kind.read`."""
        return ShownSettings(super().read(payload), payload)

    def not_shown(self, wanted: Values, shown: Values) -> list[str]:
        """Return the wanted fields that cannot be written, since the panel does not show them.

        Where it is not documented which fields a panel takes (contract: DNS keys, not settled), only what it shows is
        certain to be a field.
        """
        return [] if self.is_documented else [name for name in wanted if name not in shown]

    def body(self, values: Values, shown: ShownSettings) -> dict[str, Any]:
        """Return the body that writes the ``values`` over those that a panel has ``shown``.

        A 2.x panel gets back its own answer, in which only the values that differ are replaced, in its types.
        """
        if self.is_documented:
            return self.serialize({**self.settable(shown), **values})
        body = dict(shown.payload)
        for name, held in shown.payload.items():
            field = self._by_name.get(str(name).casefold())
            if field is not None and field.name in values and values[field.name] != shown[field.name]:
                body[name] = in_form_of(values[field.name], held)
        return body

    def alternate_spelling(self, values: Values) -> dict[str, Any]:
        """Return the switches among the values in the spelling that a 1.x panel may know instead of the documented."""
        return {
            field.wire_name: field.type.alternate_spelling.serialize(values[field.name])
            for field in self.fields
            if self.generation == 1 and isinstance(field.type, Switch) and field.name in values
        }


# --- Payloads

Items = List[Dict[str, Any]]


def object_of(payload: Any, title: str) -> dict[str, Any]:
    """Return an object.

    :raises ExchangeError: the payload is anything else, which does not show what ``title`` names.
    """
    if not isinstance(payload, dict):
        raise ExchangeError("answer_wrong_type", f"the answer does not show the {title}")
    return payload


def collection(payload: Any) -> Items | None:
    """Return the objects of a collection, which a panel shows as an array or keyed by name; None for anything else."""
    items = list(payload.values()) if isinstance(payload, dict) else payload
    return items if _are_objects(items) else None


def _are_objects(items: Any) -> bool:
    return isinstance(items, list) and all(isinstance(item, dict) for item in items)


def items_of(payload: Any, *wrappers: str) -> Items:
    """Return the objects of a collection, which may be inside an object under one of the names of ``wrappers``.

    Anything that is empty counts as an empty collection.

    :raises ExchangeError: the payload is no collection.
    """
    if isinstance(payload, dict):
        payload = next((payload[name] for name in wrappers if name in payload), payload)
    items = collection(payload) if payload else []
    if items is None:
        raise ExchangeError("answer_wrong_type", "the answer is not a collection of objects")
    return items


def named_items(payload: Any) -> Items:
    """As :func:`items_of`; the objects of a collection that is keyed by name get that name.

    The collection may also be inside an object: alone, or as an array beside plain values such as their number.
    """
    if isinstance(payload, dict):
        arrays = [value for value in payload.values() if _are_objects(value)]
        if len(arrays) == 1 and not any(isinstance(value, dict) for value in payload.values()):
            return items_of(arrays[0])
        only = next(iter(payload.values())) if len(payload) == 1 else None
        if isinstance(only, dict) and all(isinstance(value, dict) for value in only.values()):
            # No object consists of objects alone, so that this is a collection inside another object.
            payload = only
    items = items_of(payload)
    if not isinstance(payload, dict):
        return items
    return [item if "name" in item else {"name": name, **item} for name, item in zip(payload, items)]
