# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What OpenAPI documents of different styles say about a request, and documents that are wrong or hostile."""

from __future__ import annotations

import copy
import itertools
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._openapi import ApiDescription
from openapi_spec_validator import validate

FOLDER = Path(__file__).with_name("openapi")
DOCUMENTS = {path.stem: yaml.safe_load(path.read_text()) for path in sorted(FOLDER.iterdir())}
API = {name: ApiDescription(document) for name, document in DOCUMENTS.items()}


def put(schema: Any, **components: Any) -> dict[str, Any]:
    """A document in which the body of PUT client/{name} has a schema."""
    operation = {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
    return {
        "openapi": "3.0.3",
        "paths": {"/client/{name}": {"put": operation}},
        "components": {"schemas": components},
    }


def problems(document: Any, data: dict[str, Any]) -> list[str]:
    """What is wrong with a body of PUT client/{name}."""
    return ApiDescription(document).body_problems("PUT", "client/alice", data)


# --- The documents themselves


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_documents_are_valid(name: str) -> None:
    validate(DOCUMENTS[name])


def test_the_documents_differ_in_style() -> None:
    assert {name: document["openapi"] for name, document in DOCUMENTS.items()} == {
        "generated": "3.1.0",
        "hand_written": "3.0.3",
        "thin": "3.0.0",
    }
    has = {name: [word in json.dumps(DOCUMENTS[name]) for word in ("$ref", "/api/v1/", "properties")] for name in API}
    assert has == {
        "generated": [False, True, True],
        "hand_written": [True, False, True],
        "thin": [False, False, False],
    }


# --- Paths and methods


@pytest.mark.parametrize(
    ("name", "method", "path"),
    [
        ("hand_written", "GET", "client"),
        ("hand_written", "POST", "client/"),
        ("hand_written", "GET", "client/alice"),
        ("hand_written", "GET", "client/online"),
        # The only path with this method has a parameter there.
        ("hand_written", "DELETE", "client/online"),
        ("hand_written", "GET", "client/alice%2Fbob"),
        ("hand_written", "GET", "client/alice/traffic/2026/03"),
        ("hand_written", "GET", "backups/a.zip"),
        ("generated", "PUT", "client/alice"),
        ("generated", "POST", "client/alice/otl"),
        ("generated", "GET", "openapi.json"),
        ("thin", "POST", "client"),
        ("thin", "PUT", "client/alice"),
    ],
)
def test_an_operation_that_is_described_is_no_problem(name: str, method: str, path: str) -> None:
    assert API[name].operation_problems(method, path) == []


@pytest.mark.parametrize(
    ("name", "method", "path", "problem"),
    [
        (
            "hand_written",
            "GET",
            "clients/alice",
            'the path "clients/alice" is unknown (nearest: "client/{name}" with GET, PUT, DELETE, ',
        ),
        ("hand_written", "PUT", "client", 'the method PUT is unknown for "client" (it has GET, POST)'),
        (
            "hand_written",
            "POST",
            "client/online",
            'the method POST is unknown for "client/online" (it has GET, PUT, DELETE)',
        ),
        ("hand_written", "GET", "backups/a.tar", 'the path "backups/a.tar" is unknown (nearest: "backups/{name}.zip"'),
        ("hand_written", "GET", "backups/.zip", 'the path "backups/.zip" is unknown'),
        (
            "generated",
            "GET",
            "network/office/availableip",
            '(nearest: "network/{network_name}/available_ip" with GET)',
        ),
        ("generated", "GET", "client/alice/otl", 'for "client/{client_name}/otl" (it has POST)'),
        ("thin", "GET", "client", 'the method GET is unknown for "client" (it has POST)'),
        ("thin", "GET", "network", '"network" (it has no method)'),
        ("thin", "GET", "firewall/rules", 'the path "firewall/rules" is unknown'),
    ],
)
def test_what_is_not_described_comes_with_what_is(name: str, method: str, path: str, problem: str) -> None:
    (found,) = API[name].operation_problems(method, path)
    assert problem in found


def test_a_path_that_nothing_resembles_has_no_suggestion() -> None:
    assert API["thin"].operation_problems("GET", "firewall/rules") == ['the path "firewall/rules" is unknown']


@pytest.mark.parametrize("prefix", ["", "/api/v1", "/v1"])
def test_the_beginning_of_a_path_may_be_in_the_paths_or_in_the_servers(prefix: str) -> None:
    document = {"openapi": "3.0.3", "paths": {f"{prefix}/client/{{name}}": {"get": {}}}}
    assert ApiDescription(document).operation_problems("GET", "client/alice") == []
    assert '"client/{name}" with GET' in ApiDescription(document).operation_problems("GET", "clients/alice")[0]


def test_a_path_may_be_a_reference() -> None:
    document = put({})
    document["shared"] = document["paths"]["/client/{name}"]
    document["paths"] = {"/client/{name}": {"$ref": "#/shared"}}
    assert ApiDescription(document).operation_problems("PUT", "client/alice") == []


# --- Bodies


@pytest.mark.parametrize(
    ("name", "method", "path", "data"),
    [
        ("hand_written", "POST", "client", {"name": "alice", "network_name": "office", "b_download": 5, "ipv4": None}),
        ("hand_written", "PUT", "client/alice", {"status": "Enable"}),
        ("hand_written", "PUT", "client/alice", {"wireguard": {"mtu": 1281}, "group": {"name": "a"}}),
        ("hand_written", "PUT", "dns/records", {}),
        ("hand_written", "PUT", "dns/records", {"records": [{"type": "a", "value": "1"}]}),
        ("hand_written", "PUT", "dns/records", {"records": [{"type": "TXT", "value": {"text": "long" * 9}}]}),
        ("generated", "POST", "client", {"name": "alice", "network": "office", "status": None, "b_upload": None}),
        ("generated", "POST", "client", {"name": "a", "network": "b", "kind": "client", "labels": {"any": "text"}}),
        ("generated", "PUT", "client/alice", {"expires": {"anything": 1}, "b_download": 10000.0}),
        ("generated", "POST", "adblock/lists", {"url": "https://example.com", "name": "a"}),
        ("generated", "POST", "adblock/lists", {"domains": ["example.com"]}),
        ("generated", "POST", "client/alice/otl", {"anything": True}),
        ("thin", "POST", "client", {"anything": 1}),
        ("thin", "PUT", "client/alice", {"anything": [{}]}),
        # There is no such operation, which is another problem.
        ("thin", "POST", "none", {"anything": 1}),
    ],
)
def test_a_body_that_is_described_is_no_problem(name: str, method: str, path: str, data: dict[str, Any]) -> None:
    assert API[name].body_problems(method, path, data) == []


@pytest.mark.parametrize(
    ("name", "method", "path", "data", "found"),
    [
        (
            "hand_written",
            "POST",
            "client",
            {"name": "a" * 33, "network": "office", "status": "on", "b_downlod": 5, "b_upload": "5"},
            [
                '"network" is unknown (probably "network_name")',
                '"b_downlod" is unknown (probably "b_download")',
                '"status" must be one of "enable", "disable"',
                '"b_upload" must be an integer, not a string',
                '"network_name" must be set',
                '"name" must be at most 32 characters long',
            ],
        ),
        ("hand_written", "POST", "client", {}, ['"name", "network_name" must be set']),
        (
            "hand_written",
            "PUT",
            "client/alice",
            {"b_download": 10001, "b_upload": -1, "password": "short", "ipv4": 7, "wireguard": {"mtu": 1280, "prt": 1}},
            [
                '"wireguard.prt" is unknown (known: "enabled", "mtu")',
                '"b_download" must be at most 10000',
                '"b_upload" must be at least 0',
                '"password" must be at least 8 characters long',
                '"ipv4" must be a string or null, not an integer',
                '"wireguard.mtu" must be more than 1280',
            ],
        ),
        (
            "hand_written",
            "PUT",
            "client/alice",
            {"group": {"name": "a", "parent": {"parent": {"name": 1}}}},
            ['"group.parent.parent.name" must be a string, not an integer', '"group.parent.name" must be set'],
        ),
        ("hand_written", "PUT", "dns/records", {"records": []}, ['"records" must be at least 1 items long']),
        (
            "hand_written",
            "PUT",
            "dns/records",
            {"records": [{"type": "MX", "value": "1" * 16, "tll": 1}]},
            [
                '"records[0].tll" is unknown (probably "ttl")',
                '"records[0].type" must be one of "A", "TXT"',
                '"records[0].value" must be at most 15 characters long',
            ],
        ),
        (
            "generated",
            "POST",
            "client",
            {"name": "", "kind": "x", "status": "on", "b_download": 10001, "protocols": ["a"], "labels": {"b": 1}},
            [
                '"network" must be set',
                '"name" must be at least 1 characters long',
                '"kind" must be "client"',
                '"status" must be one of "Enable", "Disable", null',
                '"b_download" must be less than 10001',
                '"protocols[0]" must be one of "wireguard", "amneziawg", "openvpn", "ikev2"',
                '"labels.b" must be a string, not an integer',
            ],
        ),
        (
            "generated",
            "PUT",
            "client/alice",
            {"network": "office", "b_upload": True, "protocols": "ikev2"},
            [
                '"network" is unknown (known: "status", "b_download", "b_upload", "protocols", "labels", "expires")',
                '"b_upload" must be an integer, not a boolean',
                '"protocols" must be a list, not a string',
            ],
        ),
        (
            "generated",
            "POST",
            "adblock/lists",
            {"names": "a", "domains": "example.com"},
            ['"names" is unknown (probably "name")', '"url" must be set'],
        ),
        ("thin", "PUT", "client/alice", {}, []),
    ],
)
def test_every_problem_of_a_body_is_found(
    name: str, method: str, path: str, data: dict[str, Any], found: list[str]
) -> None:
    assert sorted(API[name].body_problems(method, path, data)) == sorted(found)


def test_a_field_is_only_unknown_if_no_branch_knows_it() -> None:
    branches = [{"properties": {"a": {"properties": {"b": {}}}}}, {"properties": {"a": {"properties": {"c": {}}}}}]
    data = {"a": {"b": 1, "c": 2}}
    for word in ("allOf", "oneOf", "anyOf"):
        assert problems(put({word: branches, "additionalProperties": False}), data) == []
        assert problems(put({word: branches}), {"a": {"d": 1}, "e": 2}) == [
            '"a.d" is unknown (known: "b", "c")',
            '"e" is unknown (known: "a")',
        ]
        assert problems(put({word: [*branches, {"additionalProperties": {}}]}), {"e": 1}) == []


def test_what_is_read_only_is_not_required_of_a_request() -> None:
    schema = {"required": ["id", "a"], "properties": {"id": {"readOnly": True}, "a": {}}}
    assert problems(put(schema), {}) == ['"a" must be set']


def test_texts_become_what_the_document_says() -> None:
    """ansible-core 2.18 makes texts of numbers and switches that come from templates."""
    data = {
        "name": "7",
        "b_download": "100",
        "b_upload": "0100",
        "wireguard": {"enabled": "True", "mtu": "1400"},
        "password": "12345678",
        "ipv4": "5",
        "other": "1",
    }
    typed = API["hand_written"].typed("POST", "client", data)
    assert repr(typed) == repr({**data, "b_download": 100, "wireguard": {"enabled": True, "mtu": 1400}})
    listed = {"items": {"type": ["integer", "null"]}}
    typed = ApiDescription(put({"properties": {"a": listed}})).typed("PUT", "client/alice", {"a": ["1", "x"]})
    assert repr(typed) == repr({"a": [1, "x"]})
    assert API["thin"].typed("PUT", "client/alice", data) == data


# --- Wrong and hostile documents

WRONG: list[Any] = [None, True, 0, -1.5, "", "text", [], [None], {}, {"$ref": 1}, {"$ref": "#/paths"}, [[{}]]]
DATA = {
    "name": "alice",
    "b_download": 5,
    "status": "enable",
    "wireguard": {"mtu": 1},
    "records": [{"type": "A"}],
    "": {},
}


def places(value: Any) -> Iterator[tuple[Any, ...]]:
    """The place of every value in a document."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        yield (name,)
        yield from ((name, *below) for below in places(part))


def ask(api: ApiDescription) -> None:
    """Ask everything of a document; texts come back, whatever it contains."""
    for method, path in (("PUT", "client/alice"), ("POST", "client"), ("GET", "clint/a"), ("PUT", "dns/records")):
        found = [*api.operation_problems(method, path), *api.body_problems(method, path, DATA)]
        assert all(isinstance(text, str) and text.isprintable() and len(text) < 2000 for text in found)
        assert api.typed(method, path, DATA).keys() == DATA.keys()


@pytest.mark.parametrize("document", [*WRONG, {"openapi": "3.0.3"}, {"swagger": "2.0", "paths": {"/a": {}}}])
def test_what_is_no_document_is_refused(document: Any) -> None:
    with pytest.raises(ValueError, match="^(is not an OpenAPI 3 document|describes no paths)$"):
        ApiDescription(document)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_wrong_value_anywhere_is_no_error(name: str) -> None:
    tried = 0
    for place, wrong in itertools.product(places(DOCUMENTS[name]), WRONG):
        document = copy.deepcopy(DOCUMENTS[name])
        *above, last = place
        holder = document
        for step in above:
            holder = holder[step]
        holder[last] = wrong
        try:
            api = ApiDescription(document)
        except ValueError:
            assert place in (("openapi",), ("paths",))
            continue
        ask(api)
        tried += 1
    assert tried > 300


def circle() -> Any:
    return put(
        {"$ref": "#/components/schemas/A"}, A={"$ref": "#/components/schemas/B"}, B={"$ref": "#/components/schemas/A"}
    )


def wide_circle() -> Any:
    me = {"$ref": "#/components/schemas/A"}
    schema = {"allOf": [me] * 30, "oneOf": [me] * 30, "anyOf": [me] * 30, "properties": {"b_download": me}, "items": me}
    return put(me, A={**schema, "additionalProperties": me})


def deep() -> Any:
    schema: dict[str, Any] = {"type": "object"}
    for _level in range(60):
        schema = {"allOf": [schema], "anyOf": [schema], "properties": {"wireguard": schema}}
    return put(schema)


def many_branches() -> Any:
    return put({word: [{"required": ["x", "y"]}] * 300_000 for word in ("allOf", "oneOf", "anyOf")})


def many_names() -> Any:
    names = [f"field_{at}" for at in range(300_000)]
    fields = {name: {"enum": names} for name in names}
    return put({"properties": {**fields, "status": {"enum": names}}, "required": names, "type": names})


def branches_with_many_names() -> Any:
    names = [f"field_{at}" for at in range(100_000)]
    schema = {"required": names, "enum": names, "properties": dict.fromkeys(names, {})}
    return put({"oneOf": [{"$ref": "#/components/schemas/A"}] * 100_000}, A=schema)


def long_texts() -> Any:
    text = "a" * 4_000_000
    schema = {"required": [text], "properties": {text: {}, "status": {"enum": [text]}, "b_download": {"const": text}}}
    return put({"oneOf": [{"$ref": "#/components/schemas/A"}] * 1000}, A=schema)


def many_paths() -> Any:
    return {"openapi": "3.0.3", "paths": {"/" + "{a}" * 9 + f"/{at}": {"$ref": "#/x"} for at in range(10_000)}}


def paths_that_look_alike() -> Any:
    return {"openapi": "3.0.3", "paths": {f"/{'clint' * 40}/a{at}": {} for at in range(10_000)}}


def ambiguous_segments() -> Any:
    return {"openapi": "3.0.3", "paths": {"/" + "{a}c" * 100_000 + "/{b}": {"get": {}}}}


def invisible() -> Any:
    text = "client\n\x1b[2J\u202e"
    document = put({"properties": {text: {}}, "required": [text]})
    document["paths"][f"/{text}/{{a}}"] = {"get": {}}
    return document


def patterns() -> Any:
    return put({"properties": {"name": {"pattern": "^(a+)+$", "format": "(a+)+"}}, "patternProperties": {"(a+)+$": 1}})


HOSTILE = [
    circle,
    wide_circle,
    deep,
    many_branches,
    many_names,
    branches_with_many_names,
    long_texts,
    many_paths,
    paths_that_look_alike,
    ambiguous_segments,
    invisible,
    patterns,
]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_document_takes_a_limited_number_of_steps(hostile: Callable[[], Any]) -> None:
    api = ApiDescription(hostile())
    steps = 0

    def count(_frame: Any, _event: str, _argument: Any) -> None:
        nonlocal steps
        steps += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        ask(api)
    finally:
        sys.setprofile(before)
    assert steps < 5_000_000


def test_a_document_with_too_many_paths_is_refused() -> None:
    paths: dict[str, Any] = {f"/{at}": {} for at in range(1_000_000)}
    with pytest.raises(ValueError, match="^describes more than 10000 paths$"):
        ApiDescription({"openapi": "3.0.3", "paths": paths})


@pytest.mark.parametrize(
    "reference", ["https://example.com/schema.json", "other.json#/A", "#/components/schemas/None", "#", "#/paths/x/9/y"]
)
def test_a_reference_that_leads_nowhere_makes_no_field_unknown(reference: str) -> None:
    schema = {"allOf": [{"$ref": reference}, {"properties": {"b_download": {"type": "integer"}}}]}
    assert problems(put(schema), {"other": 1, "b_download": "x"}) == ['"b_download" must be an integer, not a string']


def test_a_reference_may_lead_through_lists_and_escapes() -> None:
    schema = {"$ref": "#/components/schemas/a~1b~0c%20d/allOf/1"}
    target = {"allOf": [{}, {"properties": {"x": {"type": "integer"}}}]}
    assert problems(put(schema, **{"a/b~c d": target}), {"x": ""}) == ['"x" must be an integer, not a string']


def test_a_circle_still_names_problems_outside_of_it() -> None:
    schema = {"$ref": "#/components/schemas/A"}
    circular = {"allOf": [schema], "properties": {"b_download": {"type": "integer"}}}
    found = problems(put(schema, A=circular), {"b_download": "x", "b_downlod": 1})
    assert found == ['"b_downlod" is unknown (probably "b_download")', '"b_download" must be an integer, not a string']
