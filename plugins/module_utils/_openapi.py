# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare a request with the OpenAPI 3 document of a panel.

A panel is not trusted, and neither is its document: any value in it may have any type, references may be circular or
lead nowhere, and lists may be huge. What cannot be understood yields no problem, and the work is bounded. No pattern of
a document is evaluated, since it could take forever.

A document is expected to be maintained by hand, with gaps (contract: schema_document). So a check is lenient where
several readings are possible: a field is unknown only if no branch of a schema names it, and the case of a word does
not count.
"""

from __future__ import annotations

import difflib
import json
import re
from collections import deque
from dataclasses import dataclass
from itertools import islice
from typing import Any, Callable, Iterable, Iterator, Mapping, Sequence
from urllib.parse import unquote

from ._compare import as_panel_types
from ._connection import API_PREFIX
from ._errors import listed
from ._json import is_openapi_3
from ._untrusted import one_line, quoted

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# Beginnings of paths in a document that are part of url; the other part may be in its servers.
_PREFIXES = (API_PREFIX, "/v1")
_BRANCHES = ("allOf", "oneOf", "anyOf")

# A 2.x panel has fewer than 200 paths (contract: endpoint_enumeration).
_MOST_PATHS = 10_000
# Of the search for names that look alike.
_MOST_COMPARED = 500
_LONGEST_COMPARED = 80
_LONGEST_REDACTED = 4096
_MOST_LISTED = 10
# Of schemas that apply to one value, and of references that lead to one object.
_MOST_PARTS = 200
_MOST_HOPS = 20
_LONGEST_REFERENCE = 500
# Of schemas within each other, and of schemas, entries of lists and problems in one check.
_DEEPEST = 50
_MOST_STEPS = 20_000

_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
    "null": (type(None),),
}
_TYPE_NAMES = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "a boolean",
    "object": "an object",
    "array": "a list",
    "null": "null",
}


@dataclass(frozen=True)
class _Path:
    """A path of a document. ``variables`` says of each segment whether it contains a parameter."""

    segments: tuple[str, ...]
    variables: tuple[bool, ...]
    item: object

    def fits(self, segments: Sequence[str]) -> bool:
        """Return whether the segments of a request are those of this path, with any values of its parameters."""
        return len(segments) == len(self.segments) and all(map(_fits, self.segments, self.variables, segments))

    def filled(self, segments: Sequence[str]) -> str:
        """Return the path with the segments of a request in the place of its parameters."""
        given = [*segments, *self.segments[len(segments) :]]
        return "/".join(
            value if variable else segment for segment, variable, value in zip(self.segments, self.variables, given)
        )

    @property
    def template(self) -> str:
        """The path as in the document, relative to the API."""
        return "/".join(self.segments)


class ApiDescription:
    """What the document of a panel says about its operations.

    All problems complete the sentence "According to the document, ...". ``redact`` masks secrets in texts of the
    document, before they are shortened.

    :raises ValueError: the document cannot be used; the text completes the sentence "openapi.json ...".
    """

    def __init__(self, document: object, redact: Callable[[str], str] = str) -> None:
        if not isinstance(document, dict) or not is_openapi_3(document):
            raise ValueError("is not an OpenAPI 3 document")
        paths = document.get("paths")
        if not isinstance(paths, dict) or not paths:
            raise ValueError("describes no paths")
        if len(paths) > _MOST_PATHS:
            raise ValueError(f"describes more than {_MOST_PATHS} paths")
        self._document = _Document(document, redact)
        self._paths = [_path(template, item) for template, item in paths.items()]

    def operation_problems(self, method: str, path: str) -> list[str]:
        """Return the problem of a path or a method that the document does not describe."""
        fitting = self._fitting(path)
        if not fitting:
            nearest = [
                f"{self._document.shown(known.template)} with {self._methods_of([known])}"
                for known in self._nearest(path)
            ]
            hint = f" (nearest: {', '.join(nearest)})" if nearest else ""
            return [f"the path {quoted(path)} is unknown{hint}"]
        if self._operation(method, path) is None:
            known_as = self._document.shown(fitting[0].template)
            return [f"the method {method} is unknown for {known_as} (it has {self._methods_of(fitting)})"]
        return []

    def body_problems(self, method: str, path: str, data: Mapping[str, Any]) -> list[str]:
        """Return what is wrong with the body of a request; nothing if the document does not describe it."""
        body = self._body(method, path)
        if not data and body.get("required") is not True:
            return []
        schema = _json_schema(self._document.resolved(body.get("content")))
        check = _BodyCheck(self._document)
        found = [*check.unknown_fields([schema], data), *check.problems(schema, data)]
        return list(dict.fromkeys(found))

    def typed(self, method: str, path: str, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return a body with numbers and booleans where the document has them, see :func:`._compare.as_panel_types`."""
        schema = _json_schema(self._document.resolved(self._body(method, path).get("content")))
        converted: dict[str, Any] = as_panel_types(data, _BodyCheck(self._document).sample([schema], data))
        return converted

    def _body(self, method: str, path: str) -> Mapping[str, Any]:
        operation = self._operation(method, path) or {}
        return self._document.resolved(operation.get("requestBody"))

    def _operation(self, method: str, path: str) -> Mapping[str, Any] | None:
        """Return an operation: of the path with the fewest parameters that has the method."""
        found = (self._operations_of(known).get(method) for known in self._fitting(path))
        return next((operation for operation in found if operation is not None), None)

    def _operations_of(self, path: _Path) -> dict[str, Mapping[str, Any]]:
        item = self._document.resolved(path.item)
        found = {method: item.get(method.lower(), item.get(method)) for method in _METHODS}
        return {method: operation for method, operation in found.items() if isinstance(operation, dict)}

    def _methods_of(self, paths: Iterable[_Path]) -> str:
        found = {method for path in paths for method in self._operations_of(path)}
        return ", ".join(method for method in _METHODS if method in found) or "no method"

    def _fitting(self, path: str) -> list[_Path]:
        """Return the paths that a request fits, those with words in the place of parameters first."""
        segments = _segments(path)
        return sorted((known for known in self._paths if known.fits(segments)), key=lambda known: known.variables)

    def _nearest(self, path: str) -> list[_Path]:
        segments = _segments(path)
        filled = {known.filled(segments)[:_LONGEST_COMPARED]: known for known in self._paths[:_MOST_COMPARED]}
        return [filled[text] for text in _alike("/".join(segments), filled, most=3)]


def _path(template: str, item: object) -> _Path:
    for prefix in _PREFIXES:
        if template.startswith(f"{prefix}/"):
            template = template[len(prefix) :]
            break
    segments = tuple(_segments(template))
    return _Path(segments, tuple("{" in segment for segment in segments), item)


def _segments(path: str) -> list[str]:
    return [unquote(segment) for segment in path.strip("/").split("/")]


def _fits(template: str, variable: bool, segment: str) -> bool:
    if not variable:
        return template == segment
    # A segment may also consist of words and parameters. A pattern made of it could take forever.
    before, after = template.partition("{")[0], template.rpartition("}")[2]
    return len(segment) > len(before) + len(after) and segment.startswith(before) and segment.endswith(after)


def _alike(name: str, names: Iterable[str], most: int) -> list[str]:
    """Return the names that look like a name, the nearest first."""
    compared = [text for text in islice(names, _MOST_COMPARED) if len(text) <= _LONGEST_COMPARED]
    return difflib.get_close_matches(name[:_LONGEST_COMPARED], compared, n=most)


def _json_schema(content: Mapping[str, Any]) -> object:
    """Return the schema of a JSON body; None if the document has none."""
    media = [name for name in islice(content, _MOST_PARTS) if "json" in name.lower() or name == "*/*"]
    found = content.get(min(media, key=lambda name: name != "application/json")) if media else None
    return found.get("schema") if isinstance(found, dict) else None


class _Document:
    """Follow the references of a document, never those to other documents, and show its texts."""

    def __init__(self, document: Mapping[str, Any], redact: Callable[[str], str]) -> None:
        self._root = document
        self._redact = redact

    def shown(self, value: object) -> str:
        """Return a value of the document as a part of a sentence."""
        if isinstance(value, str):
            # Cut before it is redacted and escaped, since it may be huge. The end of what is shown is not the cut: a
            # secret there is still complete.
            return quoted(self._redact(value[:_LONGEST_REDACTED])[: 2 * _LONGEST_COMPARED])
        return _type_name(value) if isinstance(value, (dict, list)) else one_line(json.dumps(value), 30)

    def resolved(self, value: object) -> Mapping[str, Any]:
        """Return the object that a value is or refers to; an empty one if it is neither."""
        for _hop in range(_MOST_HOPS):
            if not isinstance(value, dict):
                break
            if "$ref" not in value:
                return value
            value = self.target(value["$ref"])
        return {}

    def target(self, reference: object) -> object:
        """Return what a reference such as ``#/components/schemas/Client`` means; None if nothing is there."""
        if not isinstance(reference, str) or not reference.startswith("#/") or len(reference) > _LONGEST_REFERENCE:
            return None
        place: object = self._root
        for part in reference[2:].split("/"):
            name = unquote(part).replace("~1", "/").replace("~0", "~")
            if isinstance(place, dict):
                place = place.get(name)
            elif isinstance(place, list) and re.fullmatch("[0-9]{1,6}", name) and int(name) < len(place):
                place = place[int(name)]
            else:
                return None
        return place


class _BodyCheck:
    """The check of one body against its schema, in a limited number of steps."""

    def __init__(self, document: _Document) -> None:
        self._document = document
        self._steps = _MOST_STEPS

    # --- All schemas that may describe a value

    def _parts(self, schemas: Iterable[object]) -> tuple[list[Mapping[str, Any]], bool]:
        """Return schemas with all those that they refer to or branch into, each once, and whether these are all."""
        queue = deque(islice(schemas, _MOST_PARTS))
        found: dict[int, Mapping[str, Any]] = {}
        complete = True
        while queue and len(found) < _MOST_PARTS and self._spend(1):
            schema = queue.popleft()
            if not isinstance(schema, dict):
                # A reference that leads nowhere, or a schema that is a boolean.
                complete = False
            elif id(schema) not in found:
                found[id(schema)] = schema
                if "$ref" in schema:
                    queue.append(self._document.target(schema["$ref"]))
                for word in _BRANCHES:
                    queue.extend(_list(schema.get(word))[:_MOST_PARTS])
        return list(found.values()), complete and not queue

    def unknown_fields(self, schemas: Iterable[object], value: object, place: str = "") -> Iterator[str]:
        """Yield the fields that no schema of a value names, with the name that was probably meant."""
        parts, complete = self._parts(schemas)
        if not complete:
            return
        if isinstance(value, list):
            for at, item in enumerate(value):
                yield from self.unknown_fields(_all_of(parts, "items"), item, f"{place}[{at}]")
        if not isinstance(value, dict):
            return
        known = [_dict(part.get("properties")) for part in parts]
        is_open = not any(known) or any(map(_is_open, parts))
        for name, held in value.items():
            schemas_of_field = [fields[name] for fields in known if name in fields]
            if schemas_of_field:
                yield from self.unknown_fields(schemas_of_field, held, _joined(place, name))
            elif not is_open:
                yield f"{quoted(_joined(place, name))} is unknown ({self._suggested(str(name), known)})"

    def sample(self, schemas: Iterable[object], value: object) -> Any:
        """Return an example with the types that the schemas of a value have; None where they do not settle one."""
        parts, _complete = self._parts(schemas)
        if isinstance(value, dict):
            known = [_dict(part.get("properties")) for part in parts]
            return {
                name: self.sample([fields[name] for fields in known if name in fields], held)
                for name, held in value.items()
            }
        if isinstance(value, list):
            return [self.sample(_all_of(parts, "items"), item) for item in value]
        types = {name for part in parts for name in _types_of(part)} - {"null"}
        if types == {"boolean"}:
            return True
        return 0 if types and types <= {"integer", "number"} else None

    # --- Values that break a rule

    def problems(self, schema: object, value: object, place: str = "", depth: int = 0) -> list[str]:
        """Return the rules of a schema that a value breaks, and required fields that it lacks."""
        if not isinstance(schema, dict) or depth > _DEEPEST or not self._spend(1):
            return []
        found = []
        if "$ref" in schema:
            found += self.problems(self._document.target(schema["$ref"]), value, place, depth + 1)
        for branch in _list(schema.get("allOf")):
            if not self._left:
                break
            found += self.problems(branch, value, place, depth + 1)
        for word in ("oneOf", "anyOf"):
            found += self._problems_of_best(_list(schema.get(word)), value, place, depth + 1)
        return found + self._own_problems(schema, value, place, depth)

    def _problems_of_best(self, branches: Iterable[object], value: object, place: str, depth: int) -> list[str]:
        """Return the problems with the branch that a value comes closest to: it need not fit more than one."""
        best: list[str] | None = None
        for branch in branches:
            found = self.problems(branch, value, place, depth)
            if not found or not self._left:
                return []
            best = found if best is None or len(found) < len(best) else best
        return best or []

    def _own_problems(self, schema: Mapping[str, Any], value: object, place: str, depth: int) -> list[str]:
        label = quoted(place) if place else "the body"
        types = _types_of(schema)
        if types and not any(_is_of(value, name) for name in types):
            wanted = " or ".join(_TYPE_NAMES[name] for name in types)
            return [f"{label} must be {wanted}, not {_type_name(value)}"]
        found = [
            f"{label} must be {rule}" for rule in (*self._broken_choice(schema, value), *_broken_limits(schema, value))
        ]
        if isinstance(value, dict):
            found += self._problems_of_fields(schema, value, place, depth)
        if isinstance(value, list):
            for at, item in enumerate(value):
                found += self.problems(schema.get("items"), item, f"{place}[{at}]", depth + 1)
        return found

    def _broken_choice(self, schema: Mapping[str, Any], value: object) -> Iterator[str]:
        choices = _list(schema.get("enum"))
        if "const" in schema:
            choices = [schema["const"]]
        if not choices or value is None or not self._spend(len(choices)):
            return
        folded = _folded(value)
        if not any(choice == value or _folded(choice) == folded for choice in choices):
            some = "one of " if len(choices) > 1 else ""
            yield some + self._listed(choices)

    def _problems_of_fields(
        self, schema: Mapping[str, Any], value: Mapping[str, Any], place: str, depth: int
    ) -> list[str]:
        fields, others = _dict(schema.get("properties")), schema.get("additionalProperties")
        required = _list(schema.get("required"))
        found = []
        if self._spend(len(required)):
            # What is read only is required of answers alone.
            missing = [
                _joined(place, name)
                for name in dict.fromkeys(name for name in required if isinstance(name, str))
                if name not in value and _dict(fields.get(name)).get("readOnly") is not True
            ]
            found += [f"{self._listed(missing)} must be set"] if missing else []
        for name, held in value.items():
            found += self.problems(fields.get(name, others), held, _joined(place, name), depth + 1)
        return found

    # --- Texts

    def _suggested(self, name: str, known: Iterable[Mapping[str, Any]]) -> str:
        names = list(dict.fromkeys(islice((field for fields in known for field in fields), _MOST_COMPARED)))
        probable = _alike(name, names, most=1)
        return f"probably {self._document.shown(probable[0])}" if probable else f"known: {self._listed(names)}"

    def _listed(self, values: Sequence[object]) -> str:
        self._spend(_MOST_LISTED)
        shown = [self._document.shown(value) for value in values[:_MOST_LISTED]]
        # The others are only counted.
        return listed(shown + [""] * (len(values) - len(shown)), _MOST_LISTED)

    # --- The limit

    def _spend(self, steps: int) -> bool:
        """Count steps, and return whether as many were left."""
        self._steps -= steps
        return self._left

    @property
    def _left(self) -> bool:
        return self._steps >= 0


def _joined(place: str, name: object) -> str:
    return f"{place}.{name}" if place else str(name)


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _all_of(parts: Iterable[Mapping[str, Any]], keyword: str) -> list[Any]:
    return [part[keyword] for part in parts if keyword in part]


def _folded(choice: object) -> object:
    return choice.casefold() if isinstance(choice, str) and len(choice) <= _LONGEST_COMPARED else choice


def _is_open(schema: Mapping[str, Any]) -> bool:
    """Return whether a schema allows fields that it does not name.

    JSON Schema allows them by default. A document that lists fields and says nothing else means these fields.
    """
    return any(schema.get(word) not in (None, False) for word in ("additionalProperties", "patternProperties"))


def _types_of(schema: Mapping[str, Any]) -> list[str]:
    """Return the types that a schema allows; none if it does not say, or in words of its own."""
    stated = schema.get("type")
    stated = stated[:_MOST_LISTED] if isinstance(stated, list) else [stated]
    names = [name for name in stated if isinstance(name, str) and name in _TYPES]
    if len(names) < len(stated):
        return []
    return [*names, "null"] if names and schema.get("nullable") is True else names


def _is_of(value: object, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    return isinstance(value, _TYPES[name]) or (name == "integer" and isinstance(value, float) and value.is_integer())


def _type_name(value: object) -> str:
    return next((_TYPE_NAMES[name] for name in _TYPES if _is_of(value, name)), "a value of another type")


def _broken_limits(schema: Mapping[str, Any], value: object) -> Iterator[str]:
    """Yield the limits that a value exceeds; limits that are not numbers are none."""
    if isinstance(value, (str, list)):
        unit, names = ("characters", "Length") if isinstance(value, str) else ("items", "Items")
        least, most = _number(schema.get(f"min{names}")), _number(schema.get(f"max{names}"))
        if least is not None and len(value) < least:
            yield f"at least {one_line(least, 30)} {unit} long"
        if most is not None and len(value) > most:
            yield f"at most {one_line(most, 30)} {unit} long"
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield from _broken_range(schema, value)


def _broken_range(schema: Mapping[str, Any], value: float) -> Iterator[str]:
    least, most = _number(schema.get("minimum")), _number(schema.get("maximum"))
    # A boolean that sharpens the limit in OpenAPI 3.0, a limit of its own in 3.1.
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    above, below = least if above is True else _number(above), most if below is True else _number(below)
    if least is not None and value < least:
        yield f"at least {one_line(least, 30)}"
    elif above is not None and value <= above:
        yield f"more than {one_line(above, 30)}"
    if most is not None and value > most:
        yield f"at most {one_line(most, 30)}"
    elif below is not None and value >= below:
        yield f"less than {one_line(below, 30)}"


def _number(value: object) -> float | None:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None
