# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The body of ``puqvpn_account_link``: a one-time link, created once."""

from __future__ import annotations

from datetime import date
from typing import Any, Mapping

from .._client import PanelClient
from .._endpoints import expand_path
from .._errors import ExchangeError, PuqVpnError, VerificationError
from .._objects.account import ACCOUNT
from .._panel.links import unused_links
from .._panel.reader import read_object
from .._resource import account_name
from .._schema import VERIFY_ARGUMENTS, ArgumentSpec
from .._time import parse_time
from .._untrusted import one_line
from .._verify import not_verified, verifying

OPTIONS: ArgumentSpec = {
    "name": {"type": "str", "required": True},
    "reuse": {"type": "bool", "default": True},
    "include_secrets": {"type": "bool", "default": False},
    **VERIFY_ARGUMENTS,
}


def account_link(options: Mapping[str, Any], client: PanelClient) -> dict[str, Any]:
    """Create a one-time link for an account, or find one that is still valid: one read, one write, one read.

    :returns: ``changed``, ``expires``, ``diff``, ``msg``, and ``url`` with ``include_secrets``.
    :raises PuqVpnError: as the client does; ``write_fate_unknown`` when the answer with the link was lost.
    """
    name = account_name(options)
    if options["reuse"]:
        links = filter(_outlives_today, _links(client, name))
        link: Mapping[str, Any] | None = max(links, key=lambda link: str(link["lifetime"]), default=None)
        if link is not None:
            # The key is the last part of a link's address (contract: otl_list).
            url = f"{client.connection.root}/otl/{link['key']}"
            return _result(options, False, url, link["lifetime"])
    if client.check_mode:
        if read_object(client, ACCOUNT, {"name": name}) is None:
            client.assume(f"{ACCOUNT.label({'name': name})} exists")
        return _result(options, True, None, None)
    url = _create(client, name)
    if not options["include_secrets"]:
        client.warnings.append(
            "A link was created, but it is a secret and is not returned. Run the task with include_secrets: true and "
            "reuse: true to get it."
        )
    try:
        return _result(options, True, url, client.until_verified(lambda: _listed(client, name, url))["lifetime"])
    except VerificationError:
        client.warnings.append("The panel does not list the new link, so its expiry date is unknown.")
        return _result(options, True, url, None)
    except PuqVpnError as error:
        # The link exists, and is good for one use: it must not be lost.
        error.details.update(_result(options, True, url, None))
        raise


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
    return [{**link, "lifetime": str(link.get("lifetime", ""))} for link in links]


def _outlives_today(link: Mapping[str, Any]) -> bool:
    """Return whether a link is valid beyond today: at which hour of its last day it expires is not documented."""
    last_day = parse_time(link["lifetime"])
    return last_day is not None and last_day.date() > date.today()


def _result(options: Mapping[str, Any], changed: bool, url: str | None, expires: str | None) -> dict[str, Any]:
    until = f", until {expires}" if expires else ""
    result = {
        "changed": changed,
        "expires": expires,
        "diff": {"before": {}, "after": {"link": "a new one"} if changed else {}},
        "msg": one_line(f"{options['name']}: link {'created' if changed else 'still valid'}{until}"),
    }
    return {**result, "url": url} if options["include_secrets"] else result
