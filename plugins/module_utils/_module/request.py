# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The body of ``puqvpn_request``: any operation of the API, sent only if it is needed."""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass, replace
from typing import Any, Iterable, Iterator, Mapping
from urllib.parse import unquote

from .._change import Diff
from .._check_mode import unwritable_for
from .._client import PanelClient
from .._compare import MISSING, as_panel_types, differences, shown
from .._endpoints import answers_secret, api_path, writes_by_get
from .._envelope import Reply
from .._errors import ExchangeError, FateUnknownError, OptionError, PuqVpnError, RefusedError
from .._files import AtomicFile, digest_of_file
from .._openapi import ApiDescription
from .._schema import ArgumentSpec, collection
from .._secrets import hide_secrets, without_secrets
from .._untrusted import one_line

OPTIONS: ArgumentSpec = {
    "path": {"type": "str", "required": True},
    "method": {"type": "str", "choices": ["GET", "POST", "PUT", "DELETE"], "default": "GET"},
    "query": {"type": "dict", "no_log": True},
    "data": {"type": "dict", "no_log": True},
    "probe": {"type": "str"},
    "idempotent": {"type": "bool", "default": True},
    "expect": {"type": "dict", "no_log": True},
    "dest": {"type": "path"},
    "schema": {"type": "str", "choices": ["hint", "strict", "ignore"], "default": "hint"},
    "include_secrets": {"type": "bool", "default": False},
}

# Refusals that no other path or body would have prevented.
_UNRELATED_TO_SCHEMA = (
    "already_exists",
    "license_inactive",
    "license_limit",
    "not_authorized",
    "panel_busy",
    "permission_denied",
)


@dataclass(frozen=True)
class _Call:
    """A validated request. ``probe`` is the path that is read first, None when the request is sent unconditionally."""

    method: str
    path: str
    query: Mapping[str, Any] | None
    data: dict[str, Any]
    probe: str | None
    idempotent: bool
    expect: dict[str, Any] | None
    dest: str | None
    schema: str
    include_secrets: bool

    @property
    def writes(self) -> bool:
        return self.method != "GET" or writes_by_get(self.method, self.path)


def request(options: Mapping[str, Any], client: PanelClient) -> dict[str, Any]:
    """Send one operation: one GET to read, one GET and at most one write to change.

    The OpenAPI document of a 2.x panel is read at most once, and not at all while nothing is refused, unless ``schema``
    is ``strict``.

    :returns: ``changed``, ``payload``, ``http_status``, ``generation``, ``request`` and ``diff``.
    :raises OptionError: with every problem of the options, before anything is sent.
    :raises PuqVpnError: as the client does, ``expectation_failed`` with all ``mismatches``, ``schema_mismatch`` with
        all ``problems``, and ``schema_unavailable``.
    """
    call = _validated(options, client)
    client.learn_secrets(call.data, call.expect)
    if call.schema == "strict":
        call = _checked(call, client)
    if call.writes:
        return _write(call, client)
    with _with_hints(call, client):
        return _read(call, client)


# --- Options


def _validated(options: Mapping[str, Any], client: PanelClient) -> _Call:
    method, data, generation = options["method"], options["data"] or {}, client.connection.generation
    problems = [*_useless_options(options), *_unsendable(data, generation), *unwritable_for(client, options["dest"])]
    paths: dict[str, str] = {}
    for option in ("path", "probe"):
        if options[option] is not None:
            try:
                paths[option] = api_path(options[option], option)
            except OptionError as error:
                problems.append(str(error))
    if writes_by_get(method, paths.get("path", "")) and (options["expect"] or options["dest"]) is not None:
        problems.append("expect and dest do not work with this path, where a GET writes.")
    if generation == 1 and options["schema"] == "strict":
        problems.append("schema: strict works with 2.x panels only, since a 1.x panel has no OpenAPI document.")
    if problems:
        raise OptionError(" ".join(problems))
    probe = paths.get("probe")
    if options["idempotent"] and (method == "DELETE" or (method == "PUT" and data)):
        probe = probe or paths["path"]
    return _Call(
        method=method,
        path=paths["path"],
        query=options["query"],
        data=data,
        probe=probe if options["idempotent"] else None,
        idempotent=options["idempotent"],
        expect=options["expect"],
        dest=options["dest"],
        schema=options["schema"],
        include_secrets=options["include_secrets"],
    )


def _useless_options(options: Mapping[str, Any]) -> Iterable[str]:
    """Yield a problem for each option that has no effect with the method."""
    method = options["method"]
    if method in ("GET", "DELETE") and options["data"]:
        yield f"data cannot be sent with {method}: use method POST or PUT, or give query."
    if method == "GET" and options["probe"] is not None:
        yield "probe cannot be used with method GET, which changes nothing."
    if method == "PUT" and options["probe"] is not None and not options["data"]:
        yield "probe needs data to compare with."
    for option in ("expect", "dest"):
        if options[option] is not None and method != "GET":
            yield f"{option} only works with method GET: read what was written in a task of its own."
    if options["expect"] is not None and options["dest"] is not None:
        yield "expect and dest are mutually exclusive: one is about data, the other about a file."


def _unsendable(data: Mapping[str, Any], generation: int) -> Iterable[str]:
    """Yield a problem for each value that a form cannot contain; the JSON of 2.x panels can contain all of them."""
    if generation != 1:
        return
    for name, value in data.items():
        if value is None:
            yield f"data.{name} has no value: leave it out, or give the empty string to clear it."
        elif isinstance(value, dict) or (isinstance(value, list) and any(isinstance(i, (dict, list)) for i in value)):
            yield f"data.{name} is nested, and a 1.x panel takes plain values and lists of them."


# --- The OpenAPI document of the panel


def _checked(call: _Call, client: PanelClient) -> _Call:
    """Return the call with numbers and booleans where the document has them.

    :raises PuqVpnError: ``schema_mismatch`` if the document describes no such request, or ``schema_unavailable``.
    """
    try:
        api = ApiDescription(client.openapi_document(patiently=True), client.redact)
    except (PuqVpnError, ValueError) as cause:
        text = cause.message if isinstance(cause, PuqVpnError) else f"the document {cause}"
        text = f"openapi.json of the panel cannot be used for a check: {text}"
        raise _failure(call, client, "schema_unavailable", text, hint=None) from None
    call = replace(call, data=api.typed(call.method, call.path, call.data))
    problems = [
        *api.operation_problems(call.method, call.path),
        *(f"probe: {problem}" for problem in (api.operation_problems("GET", call.probe) if call.probe else [])),
        *api.body_problems(call.method, call.path, call.data),
    ]
    if problems:
        text = f"the request does not fit openapi.json of the panel: {'; '.join(problems)}"
        error = _failure(call, client, "schema_mismatch", text, hint=None)
        error.details = {"problems": problems}
        raise error
    return call


@contextlib.contextmanager
def _with_hints(call: _Call, client: PanelClient) -> Iterator[None]:
    """Add to a refusal what the document of the panel says about the request; it never causes an error of its own."""
    try:
        yield
    except PuqVpnError as error:
        if call.schema == "hint" and client.connection.generation == 2 and _may_be_explained(error):
            problems = "; ".join(_explanations(call, client, error))
            error.hint += f" According to openapi.json of the panel, {problems}." if problems else ""
        raise


def _may_be_explained(error: PuqVpnError) -> bool:
    """Return whether another path, method or body may be the solution."""
    if isinstance(error, RefusedError):
        return error.code not in _UNRELATED_TO_SCHEMA and error.http_status not in (401, 403)
    if error.code == "http_error":
        # A refusal without an envelope.
        return error.http_status is not None and 400 <= error.http_status < 500
    # The web interface of a panel may answer in the place of an operation that does not exist.
    return error.code == "unknown_operation" or (error.code == "answer_is_html" and error.method == "GET")


def _explanations(call: _Call, client: PanelClient, error: PuqVpnError) -> list[str]:
    try:
        api = ApiDescription(client.openapi_document(patiently=False), client.redact)
    except (PuqVpnError, ValueError):
        return []
    problems = api.operation_problems(error.method, error.path)
    if not problems and (error.method, error.path) == (call.method, call.path):
        problems = api.body_problems(call.method, call.path, call.data)
    return problems


# --- Reading


def _read(call: _Call, client: PanelClient) -> dict[str, Any]:
    try:
        reply = client.get(call.path, _texts(call.query), raw=True)
    except RefusedError as refused:
        if not client.check_mode or not refused.absent:
            raise
        return _prediction(call, client, refused)
    if call.dest is not None:
        return _store(call, call.dest, client, reply)
    if reply.content is not None:
        raise _failure(
            call, client, "answer_is_a_file", "the answer is a file, not data", "Give dest, the file to write it to."
        )
    mismatches = _mismatches(call, client, reply)
    result = _result(call, client, reply, changed=False, sent=True)
    if not mismatches:
        return result
    result["mismatches"] = mismatches
    sentence = "; ".join(_describe_mismatch(mismatch, client) for mismatch in mismatches)
    if not client.check_mode:
        error = _failure(call, client, "expectation_failed", f"the answer is not as expected: {sentence}")
        error.details = result
        raise error
    client.assume(f"{call.path} is as expected by then, which it is not now: {sentence}")
    return result


def _prediction(call: _Call, client: PanelClient, refused: RefusedError) -> dict[str, Any]:
    """Return the result for an object that an earlier task may yet create."""
    client.assume(f"{call.path} exists by then")
    reply = Reply(None, refused.http_status, client.connection.generation)
    result = _result(call, client, reply, changed=call.dest is not None, sent=True)
    if call.dest is not None:
        before, after = digest_of_file(call.dest), "not known yet"
        result["diff"] = {
            side: {"dest": call.dest, "sha256": sha} for side, sha in (("before", before), ("after", after))
        }
    return result


def _mismatches(call: _Call, client: PanelClient, reply: Reply) -> list[dict[str, Any]]:
    """Return every difference between the answer and what is expected."""
    if call.expect is None:
        return []
    if not isinstance(reply.payload, dict):
        raise _failure(
            call,
            client,
            "expectation_failed",
            "expect describes an object, and the answer is not an object",
            "Give the path of one object.",
        )
    return [
        {"field": name, "expected": shown(name, wanted), "found": None if held is MISSING else shown(name, held)}
        for name, wanted, held in differences(call.expect, reply.payload)
    ]


def _describe_mismatch(mismatch: Mapping[str, Any], client: PanelClient) -> str:
    field, found, expected = one_line(mismatch["field"]), mismatch["found"], mismatch["expected"]
    # Two secrets look the same once they are hidden.
    if found == expected:
        return f"{field} differs"
    return f"{field} is {_quoted(found, client)}, expected {_quoted(expected, client)}"


def _quoted(value: Any, client: PanelClient) -> str:
    """Return a value in a sentence, in the spelling of its type."""
    return client.redact(one_line(repr(value)))


def _store(call: _Call, dest: str, client: PanelClient, reply: Reply) -> dict[str, Any]:
    content = reply.content
    if content is None:
        if not isinstance(reply.payload, str):
            raise _failure(
                call,
                client,
                "answer_is_data",
                "the answer is data, not a file",
                "Leave dest out and register the result.",
            )
        content = reply.payload.encode("utf-8")
    before, after = digest_of_file(dest), hashlib.sha256(content).hexdigest()
    if before != after and not client.check_mode:
        with AtomicFile(dest) as new:
            new.write(content)
            new.put_in_place()
    # The file contains the answer: to return it as well would show what is kept in a file of mode 0600.
    bare = Reply(None, reply.http_status, reply.generation)
    result = _result(call, client, bare, changed=before != after, sent=True)
    result["diff"] = {"before": {"dest": dest, "sha256": before}, "after": {"dest": dest, "sha256": after}}
    return result


# --- Writing


@dataclass(frozen=True)
class _Probed:
    """The answer to the probe, and the object in it; None when the object does not exist.

    ``sample`` shows the types of fields: the object itself, otherwise the other objects of a collection.
    """

    reply: Reply
    object: Any
    sample: Any = None


def _write(call: _Call, client: PanelClient) -> dict[str, Any]:
    with _with_hints(call, client):
        probed = _probe(call, call.probe, client) if call.probe else None
    if probed is not None and client.connection.generation == 2:
        call = replace(call, data=as_panel_types(call.data, probed.sample))
    if probed is not None and not _is_needed(call, probed.object):
        return _result(call, client, probed.reply, changed=False, sent=False)
    diff = _diff(call, probed.object if probed else None)
    if client.check_mode:
        reply = probed.reply if probed else Reply(None, None, client.connection.generation)
        return {**_result(call, client, reply, changed=True, sent=False), "diff": diff}
    with _with_hints(call, client):
        reply, changed = _send(call, client)
    _warn_of_other_values(call, client, reply)
    return {**_result(call, client, reply, changed=changed, sent=True), "diff": diff}


def _is_needed(call: _Call, found: Any) -> bool:
    if call.method == "POST":
        return found is None
    if call.method == "DELETE":
        return found is not None
    return next(differences(call.data, found), None) is not None


def _probe(call: _Call, path: str, client: PanelClient) -> _Probed:
    try:
        reply = client.get(path)
        found = _object_in(call, reply.payload)
    except RefusedError as refused:
        if not refused.absent or (call.method == "PUT" and not client.check_mode):
            raise
        reply, found = Reply(None, refused.http_status, client.connection.generation), None
    except ExchangeError as error:
        if error.code == "unknown_operation":
            error.hint = (
                "Nothing can be read there to find out whether the request is needed: set probe to the path that shows "
                "the object, or send the request unconditionally with idempotent: false."
            )
        error.during("GET", path, client.connection.root)
        raise
    if found is None and call.method == "PUT":
        if not client.check_mode:
            raise PuqVpnError(
                "not_found", f"{path} does not show the object to change", hint="Create it first, with POST."
            ).at(client.connection.root)
        client.assume(f"{path} shows the object to change by then")
    return _Probed(reply, found, _sample(reply.payload) if found is None else found)


def _find(call: _Call, path: str, client: PanelClient) -> Reply | None:
    """Return the reply to the probe if it shows the object."""
    probed = _probe(call, path, client)
    return probed.reply if probed.object is not None else None


def _object_in(call: _Call, payload: Any) -> Any:
    """Return the object that the request is about; None when the payload does not show it.

    A payload may be the object itself or a collection. In a collection, a POST looks for an entry with its data, the
    other methods look for the entry that the path ends with.
    """
    entries = _entries(payload)
    if entries is None:
        return payload or None
    if call.method == "POST":
        return next((entry for entry in entries.values() if next(differences(call.data, entry), None) is None), None)
    segments = [unquote(segment) for segment in call.path.rstrip("/").split("/")]
    # Port forwards are keyed "<port>_<protocol>" and addressed "<port>/<protocol>" (contract: port_forward_list).
    return entries.get(segments[-1]) or entries.get("_".join(segments[-2:]))


def _entries(payload: Any) -> dict[str, Any] | None:
    """Return the objects of a collection by name; None when the payload is no collection.

    :raises ExchangeError: the payload is an array of something else.
    """
    items = collection(payload)
    if items is None and isinstance(payload, list):
        raise ExchangeError("answer_wrong_type", "the answer is neither an object nor a collection of objects")
    if items is None or isinstance(payload, dict):
        return payload if items else None
    return {str(item.get("name", at)): item for at, item in enumerate(items)}


def _sample(payload: Any) -> dict[str, Any]:
    """Return an object with each field of a collection, as in the first entry that has a value there."""
    sample: dict[str, Any] = {}
    for entry in (_entries(payload) or {}).values():
        sample.update((name, value) for name, value in entry.items() if sample.get(name) is None)
    return sample


def _diff(call: _Call, found: Any) -> Diff:
    """Return what the request changes, by field."""
    if call.method == "DELETE":
        return {"before": without_secrets(found) if isinstance(found, dict) else {}, "after": {}}
    if found is None:
        return {"before": {}, "after": hide_secrets(call.data)}
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for name, wanted, held in differences(call.data, found):
        if held is not MISSING:
            before[name] = shown(name, held)
        # A hidden value must differ from the hidden one before it, or the diff would say that nothing changes.
        after[name] = shown(name, wanted, mark="changed")
    return {"before": before, "after": after}


def _send(call: _Call, client: PanelClient) -> tuple[Reply, bool]:
    """Send the write; return the reply, and whether it changed anything."""
    data, query = call.data or None, _texts(call.query)
    if client.connection.generation == 1:
        data = _texts(data)
    if call.method == "POST" and call.probe is not None:
        probe = call.probe
        return client.create(call.path, data, lambda: _find(call, probe, client), query), True
    try:
        return client.write(call.method, call.path, data, query), True
    except RefusedError as refused:
        if call.method != "DELETE" or not call.idempotent or not refused.absent:
            raise
        # Removed by somebody else since the probe, or by an earlier attempt whose answer was lost.
        return Reply(None, refused.http_status, client.connection.generation), refused.attempts > 1
    except FateUnknownError as unknown:
        unknown.hint += " Look at the panel before you run the task again."
        if call.method == "POST":
            unknown.hint += " With probe, the path that shows the object, the task finds it out itself."
        raise


def _texts(values: Mapping[str, Any] | None) -> dict[str, str] | None:
    """Return values as a form or a query carries them."""
    return None if values is None else {name: _text(value) for name, value in values.items()}


def _text(value: Any) -> str:
    """Return a value as 1.x panels take it: switches as 1 and 0, lists joined by commas, the rest as text."""
    if isinstance(value, bool):
        return "1" if value else "0"
    return ",".join(map(_text, value)) if isinstance(value, list) else str(value)


def _warn_of_other_values(call: _Call, client: PanelClient, reply: Reply) -> None:
    """Warn of values that a panel changed in a write that it accepted, as known from account_create/3."""
    if not isinstance(reply.payload, dict):
        return
    others = [
        f"{one_line(name)} (requested {_quoted(shown(name, wanted), client)}, "
        f"answered {_quoted(shown(name, held), client)})"
        for name, wanted, held in differences(call.data, reply.payload)
        if held is not MISSING
    ]
    if others:
        client.warnings.append(f"{call.method} {call.path}: the panel answered with other values: {', '.join(others)}.")


# --- Results


def _result(call: _Call, client: PanelClient, reply: Reply, *, changed: bool, sent: bool) -> dict[str, Any]:
    payload = reply.payload
    if not call.include_secrets and payload is not None:
        answered = call.path if sent or call.probe is None else call.probe
        if answers_secret(answered):
            payload = None
            client.warnings.append(
                f"The answer of {answered} is secret as a whole and is not returned. Set include_secrets: true to "
                "return it, or with method GET set dest to write it to a file."
            )
        else:
            payload = without_secrets(payload)
    return {
        "changed": changed,
        "payload": payload,
        "http_status": reply.http_status,
        "generation": reply.generation,
        "request": {"method": call.method, "url": client.connection.url_of(call.path), "sent": sent},
        "diff": {"before": {}, "after": {}},
        "msg": one_line(f"{call.method} {call.path}: {'sent' if sent else _not_sent(client, changed)}"),
    }


def _not_sent(client: PanelClient, changed: bool) -> str:
    return "to be sent" if changed and client.check_mode else "not needed"


def _failure(call: _Call, client: PanelClient, code: str, message: str, hint: str | None = "") -> PuqVpnError:
    """Return the error for an answer that does not fit the options."""
    return PuqVpnError(code, f"{call.method} {call.path}: {message}", hint=hint).at(client.connection.root)
