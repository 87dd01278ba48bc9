# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The body of ``puqvpn_account_link``: a one-time link, created once."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any, Iterable, Mapping

from .._client import PanelClient
from .._endpoints import expand_path
from .._errors import ExchangeError, PuqVpnError, VerificationError
from .._file_writer import FILE_ARGUMENTS, FileWriter
from .._objects.account import ACCOUNT
from .._panel.links import unused_links
from .._panel.reader import read_object
from .._profile.link_file import LinkFile
from .._schema import VERIFY_ARGUMENTS, ArgumentSpec
from .._time import parse_time
from .._untrusted import one_line
from .._verify import not_verified, verifying

OPTIONS: ArgumentSpec = {
    "name": {"type": "str", "required": True},
    "reuse": {"type": "bool", "default": True},
    "dest": {"type": "path"},
    **FILE_ARGUMENTS,
    "include_secrets": {"type": "bool", "default": False},
    **VERIFY_ARGUMENTS,
}

_MAY_BE_FOUND = "The link was created: running the task again with reuse: true finds it."


def account_link(options: Mapping[str, Any], client: PanelClient, files: FileWriter) -> dict[str, Any]:
    """Create a one-time link for an account, or find one that is still valid: one read, one write, one read.

    :returns: ``changed``, ``expires``, ``diff``, ``msg``, ``url`` with ``include_secrets``, and ``dest`` with a file.
    :raises PuqVpnError: as the client does; ``write_fate_unknown`` when the answer with the link was lost.
    """
    file = LinkFile(options, client, files)
    name = file.name
    if options["reuse"]:
        link = _best_link(filter(partial(_outlives, client.now.date()), _links(client, name)), file)
        if link is not None:
            # The key is the last part of a link's address (contract: otl_list).
            url = file.link if file.holds(link["key"]) else f"{client.connection.root}/otl/{link['key']}"
            return file.save(_result(options, False, url, link["lifetime"]), url)
    if client.check_mode:
        if read_object(client, ACCOUNT, {"name": name}) is None:
            client.assume(f"{ACCOUNT.label({'name': name})} exists")
        return file.predict(_result(options, True, None, None))
    url = _create(client, name)
    result = file.save(_result(options, True, url, None), url, _MAY_BE_FOUND)
    if not options["include_secrets"] and file.path is None:
        client.warnings.append(
            "A link was created, but it is a secret and is not returned. Run the task with include_secrets: true and "
            "reuse: true to get it."
        )
    try:
        expires = client.until_verified(lambda: _listed(client, name, url))["lifetime"]
    except VerificationError:
        client.warnings.append("The panel does not list the new link, so its expiry date is unknown.")
        return result
    except PuqVpnError as error:
        # The link exists, and is good for one use: it must not be lost.
        error.details.update(result)
        raise
    return {**result, "expires": expires, "msg": one_line(f"{result['msg']}, until {expires}")}


def _best_link(links: Iterable[Mapping[str, Any]], file: LinkFile) -> Mapping[str, Any] | None:
    """Return the link that the file contains, or the one that is valid longest."""
    return max(links, key=lambda link: (file.holds(link["key"]), str(link["lifetime"])), default=None)


def _listed(client: PanelClient, name: str, url: str) -> dict[str, Any]:
    """Return the new link as the panel lists it."""
    with verifying():
        links = _links(client, name)
    for link in links:
        if url.endswith(str(link["key"])):
            return link
    raise not_verified(client, "object_not_stored", "the new link is not listed")


def _create(client: PanelClient, name: str) -> str:
    """Send the GET that creates a link each time, and is never sent twice (contract: account_otl_create)."""
    path = expand_path("account/{name}/otl", {"name": name})
    try:
        url = client.write("GET", path).payload
    except PuqVpnError as error:
        if error.code == "write_fate_unknown":
            error.hint += " If a link was created, running the task again with reuse: true finds it."
        raise
    if not isinstance(url, str) or "://" not in url:
        raise ExchangeError("answer_wrong_type", "the answer is not a link").during("GET", path, client.connection.root)
    client.learn_secrets({"token": url.rsplit("/", 1)[-1]})
    return url


def _links(client: PanelClient, name: str) -> list[dict[str, Any]]:
    links = [link for link in unused_links(client) if link.get("account") == name and link.get("key")]
    return [{**link, "key": str(link["key"]), "lifetime": str(link.get("lifetime", ""))} for link in links]


def _outlives(today: date, link: Mapping[str, Any]) -> bool:
    """Return whether a link is valid beyond today: at which hour of its last day it expires is not documented."""
    last_day = parse_time(link["lifetime"])
    return last_day is not None and last_day.date() > today


def _result(options: Mapping[str, Any], changed: bool, url: str | None, expires: str | None) -> dict[str, Any]:
    until = f", until {expires}" if expires else ""
    result = {
        "changed": changed,
        "expires": expires,
        "diff": {"before": {}, "after": {"link": "a new one"} if changed else {}},
        "msg": one_line(f"{options['name']}: link {'created' if changed else 'still valid'}{until}"),
    }
    return {**result, "url": url} if options["include_secrets"] else result
