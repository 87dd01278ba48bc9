# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The work of ``puqvpn_account_link``: a one-time link, made once."""

from __future__ import annotations

from datetime import date
from typing import Any, Mapping

from .._client import PanelClient
from .._endpoints import expand_path
from .._errors import ExchangeError, PuqVpnError, VerificationError
from .._links import unused_links
from .._objects.account import ACCOUNT
from .._reader import read_object
from .._resource import account_name
from .._schema import VERIFY_ARGUMENTS
from .._time import parse_time
from .._verify import not_verified, verifying

OPTIONS: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "reuse": {"type": "bool", "default": True},
    "include_secrets": {"type": "bool", "default": False},
    **VERIFY_ARGUMENTS,
}


def account_link(options: Mapping[str, Any], client: PanelClient) -> dict[str, Any]:
    """Make a one-time link of an account, or find one that is still good: one read, one write, one read.

    :returns: ``changed``, ``expires``, ``diff``, and ``url`` with ``include_secrets``.
    :raises PuqVpnError: as the client does; ``write_fate_unknown`` when the answer with the link was lost.
    """
    name = account_name(options)
    if options["reuse"]:
        link = _newest(link for link in _links(client, name) if _outlives_today(link))
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
            "A link was made, and it is secret, so the result does not show it. Run the task with "
            "include_secrets: true and reuse: true to see it."
        )
    try:
        return _result(options, True, url, client.until_verified(lambda: _listed(client, name, url))["lifetime"])
    except VerificationError:
        client.warnings.append("The panel does not list the new link, so it is not known when it expires.")
        return _result(options, True, url, None)
    except PuqVpnError as error:
        # The link is there, and good for one use: who made it must not lose it.
        error.details.update(_result(options, True, url, None))
        raise


def _listed(client: PanelClient, name: str, url: str) -> dict[str, Any]:
    """The new link as the panel lists it."""
    with verifying():
        links = _links(client, name)
    for link in links:
        if url.endswith(str(link["key"])):
            return link
    raise not_verified(client, "object_not_stored", "the new link is not listed")


def _create(client: PanelClient, name: str) -> str:
    """A GET that makes a link each time, and is never sent twice (contract: account_otl_create)."""
    path = expand_path("account/{name}/otl", {"name": name})
    try:
        url = client.write("GET", path).payload
    except PuqVpnError as error:
        if error.code == "write_fate_unknown":
            error.hint += " A link that was made is found when the task runs again with reuse: true."
        raise
    if not isinstance(url, str) or "://" not in url:
        raise ExchangeError("answer_wrong_type", "the answer is no link").during("GET", path, client.connection.root)
    client.learn_secrets({"token": url.rsplit("/", 1)[-1]})
    return url


def _links(client: PanelClient, name: str) -> list[dict[str, Any]]:
    links = [one for one in unused_links(client) if one.get("account") == name and one.get("key")]
    return [{**link, "lifetime": str(link.get("lifetime", ""))} for link in links]


def _newest(links: Any) -> dict[str, Any] | None:
    return max(links, key=lambda link: str(link["lifetime"]), default=None)


def _outlives_today(link: Mapping[str, Any]) -> bool:
    """True for a link that is good beyond today: at which hour of its last day it ends is not documented."""
    last_day = parse_time(link["lifetime"])
    return last_day is not None and last_day.date() > date.today()


def _result(options: Mapping[str, Any], changed: bool, url: str | None, expires: str | None) -> dict[str, Any]:
    result = {
        "changed": changed,
        "expires": expires,
        "diff": {"before": {}, "after": {"link": "a new one"} if changed else {}},
    }
    return {**result, "url": url} if options["include_secrets"] else result
