# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The body of ``puqvpn_client_link``: a one-time link for a client of a 2.x panel, a new one each time."""

from __future__ import annotations

from typing import Any, Iterator, Mapping

from .._client import PanelClient
from .._endpoints import expand_path
from .._envelope import Reply
from .._errors import ExchangeError, PuqVpnError
from .._file_writer import FILE_ARGUMENTS, FileWriter
from .._objects.client import CLIENT
from .._panel.reader import read_object
from .._profile.link_file import LinkFile
from .._schema import ArgumentSpec
from .._untrusted import as_one_time_link

OPTIONS: ArgumentSpec = {
    "name": {"type": "str", "required": True},
    "dest": {"type": "path"},
    "force": {"type": "bool", "default": True},
    **FILE_ARGUMENTS,
    "include_secrets": {"type": "bool", "default": False},
}

_IS_LOST = "The link was created, and nobody learned it. Running the task again creates another one."

_MAY_EXIST = (
    "A link may have been created: the API of 2.x panels cannot list links, so look in the panel under One-Time Links. "
    "Running the task again creates another one."
)


def client_link(options: Mapping[str, Any], client: PanelClient, files: FileWriter) -> dict[str, Any]:
    """Create a one-time link for a client: one write, which no read can verify. Without ``force``, a file is kept.

    :returns: ``changed``, ``diff``, ``msg``, ``url`` with ``include_secrets``, and ``dest`` with a file.
    :raises PuqVpnError: as the client does; ``write_fate_unknown`` when the answer with the link was lost, and
        ``answer_wrong_type`` when the answer does not contain exactly one link.
    """
    problems = [] if options["force"] or options["dest"] is not None else ["force: false needs dest."]
    file = LinkFile(options, client, files, problems)
    name = file.name
    if file.link and not options["force"]:
        return file.keep(_result(options, file.link, created=False))
    if client.check_mode:
        if read_object(client, CLIENT, {"name": name}) is None:
            client.assume(f"{CLIENT.label({'name': name})} exists")
        return file.predict(_result(options, None))
    url = _create(client, name)
    if not options["include_secrets"] and file.path is None:
        client.warnings.append(
            "A link was created, but it is a secret and is not returned, and no later task can return it. Run the task "
            "with include_secrets: true to get a link."
        )
    return file.save(_result(options, url), url, _IS_LOST)


def _create(client: PanelClient, name: str) -> str:
    """Send the POST that creates a link each time, without a body, and is never sent twice."""
    path = expand_path("client/{name}/otl", {"name": name})
    try:
        reply = client.write("POST", path, raw=True)
        url = _only_link(reply)
    except PuqVpnError as error:
        if error.code in ("write_fate_unknown", "answer_wrong_type"):
            error.hint = f"{error.hint} {_MAY_EXIST}" if error.code == "write_fate_unknown" else _MAY_EXIST
        error.during("POST", path, client.connection.root)
        raise
    client.learn_secrets({"token": url.rstrip("/").rsplit("/", 1)[-1]})
    return url


def _only_link(reply: Reply) -> str:
    """Return the one link in a reply of undocumented shape, as the panel spells it.

    :raises ExchangeError: ``answer_wrong_type``; the message never repeats what the panel answered.
    """
    payload = reply.payload if reply.content is None else reply.content.decode("utf-8", "replace").strip()
    links, problems = set(), []
    for text in _texts(payload):
        try:
            links.add(as_one_time_link(text))
        except ValueError as reason:
            if "/otl/" in text:
                problems.append(str(reason))
    if len(links) > 1:
        raise ExchangeError("answer_wrong_type", f"the answer contains {len(links)} different links")
    if not links:
        found = f"a link that {problems[0]}" if problems else "no link"
        raise ExchangeError("answer_wrong_type", f"the answer contains {found}")
    return links.pop()


def _texts(payload: Any) -> Iterator[str]:
    """Yield every text in a payload, wherever it is."""
    waiting = [payload]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value


def _result(options: Mapping[str, Any], url: str | None, *, created: bool = True) -> dict[str, Any]:
    result = {
        "changed": created,
        "diff": {"before": {}, "after": {"link": "a new one"} if created else {}},
        "msg": f"{options['name']}: link {'created' if created else 'not created'}",
    }
    return {**result, "url": url} if options["include_secrets"] else result
