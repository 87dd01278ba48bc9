# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The panel's own document, openapi.json: made of the table of operations, with schemas or without."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ..options import Options
from ..site import Site
from ..state import PROTOCOLS
from ..wire import Record
from .client import NETWORK_KEYS
from .dns import OTHER_NAMES
from .fields import Body
from .operations import Operation

TEXT = {"type": "string"}
INTEGER = {"type": "integer"}
SWITCH = {"type": "boolean"}


def document(site: Site, operations: Iterable[Operation]) -> Record:
    """Return the OpenAPI document of what is simulated."""
    known = [operation for operation in operations if operation.is_there(site)]
    is_full = site.options.openapi == "full"
    own = {"operationId": "get_openapi_json", "summary": "Return this document", "security": []}
    paths: dict[str, Record] = {"/openapi.json": {"get": {**own, "responses": {"200": {"description": "OpenAPI"}}}}}
    for operation in known:
        path = re.sub(r"<(\w+)>", r"{\1}", operation.path)
        described = _described(path, operation)
        if is_full:
            described |= _with_schemas(site.options, path, operation)
        paths.setdefault(path, {})[operation.method.lower()] = described
    components: Record = {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}}
    if is_full:
        components["schemas"] = _schemas(site.options, known)
    return {
        "openapi": "3.0.3",
        "info": {"title": "PUQVPNCP API", "version": site.options.version},
        "servers": [{"url": "/api/v1"}],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": components,
    }


def _described(path: str, operation: Operation) -> Record:
    """Return what even a thin document says of an operation."""
    names = re.findall(r"{(\w+)}", path)
    described: Record = {
        "summary": (operation.view.__doc__ or "").strip().splitlines()[0].rstrip("."),
        "responses": {"200": {"description": "The envelope"}},
    }
    if names:
        described["parameters"] = [{"name": name, "in": "path", "required": True, "schema": TEXT} for name in names]
    return described


def _with_schemas(options: Options, path: str, operation: Operation) -> Record:
    words = re.findall(r"\w+", path)
    more: Record = {
        "operationId": "_".join([operation.method.lower(), *words]),
        "tags": [operation.permission.partition(":")[0]],
        "description": f"{(operation.view.__doc__ or '').strip()} Needs the permission {operation.permission}.",
        "responses": {
            "200": _json("The envelope", _envelope(operation.answers)),
            "default": _json("A refusal", _reference("Error")),
        },
    }
    if operation.takes:
        body = operation.takes(options)
        more["requestBody"] = {"required": True, **_json("", _reference(body.name))}
        del more["requestBody"]["description"]
    return more


def _json(description: str, schema: Record) -> Record:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _reference(name: str) -> Record:
    return {"$ref": f"#/components/schemas/{name}"}


def _envelope(payload: str) -> Record:
    envelope = _reference("Envelope")
    if not payload:
        return envelope
    return {"allOf": [envelope, {"type": "object", "properties": {"data": _reference(payload)}}]}


def _object(properties: Record, **more: Any) -> Record:
    return {"type": "object", "properties": properties, **more}


def _of_body(body: Body) -> Record:
    """Return the schema of what an operation takes."""
    described: Record = _object({name: member.schema for name, member in body.members.items()})
    if body.required:
        described["required"] = list(body.required)
    if not body.passed_over:
        described["additionalProperties"] = False
    return described


def _schemas(options: Options, operations: Iterable[Operation]) -> Record:
    bodies = [operation.takes(options) for operation in operations if operation.takes]
    return {
        "Envelope": _object({"result": TEXT, "message": TEXT, "data": {}}, required=["result"]),
        "Error": _object(
            {"result": TEXT, "message": TEXT, "errors": {"type": "object", "additionalProperties": TEXT}},
            required=["result", "message"],
        ),
        "Status": _object(
            {
                "count_accounts": INTEGER,
                "count_accounts_available": INTEGER,
                "networks_count": INTEGER,
                "license": TEXT,
                "license_valid": SWITCH,
                "status": TEXT,
                "version": TEXT,
            }
        ),
        "Network": _object({**dict.fromkeys(_NETWORK_TEXTS, TEXT), **_flags(options)}),
        "Client": _object(
            {
                **dict.fromkeys(("name", "username", "password", "status", "ipv4", "ipv6"), TEXT),
                **dict.fromkeys(("b_download", "b_upload"), INTEGER),
                **dict.fromkeys(("private_key", "public_key"), TEXT),
                **{key: _shape(value) for key, value in NETWORK_KEYS[options.network_key]("").items()},
            }
        ),
        "Dns": _object({name if options.dns_names == "known" else OTHER_NAMES[name]: {} for name in OTHER_NAMES}),
        "Adblock": _object({"last_update": TEXT, "total_blocked": INTEGER, "lists": {}}),
        **{body.name: _of_body(body) for body in bodies},
    }


_NETWORK_TEXTS = "name description subnet_ipv4 wireguard_ip openvpn_ip ikev2_ip upstream vpn_domain dns_1 dns_2".split()


def _flags(options: Options) -> Record:
    flags = dict.fromkeys(PROTOCOLS, SWITCH)
    if options.protocol_flags == "nested":
        return {"protocols": _object(flags)}
    if options.protocol_flags == "enabled":
        return dict.fromkeys(PROTOCOLS, _object({"enabled": SWITCH, "mtu": INTEGER}))
    return flags if options.protocol_flags == "flat" else {}


def _shape(value: Any) -> Record:
    return TEXT if isinstance(value, str) else _object({name: _shape(inner) for name, inner in value.items()})
