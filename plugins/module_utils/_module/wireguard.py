# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The body of ``puqvpn_wireguard``: a server, and its accounts as far as it concerns them."""

from __future__ import annotations

from typing import Any, Mapping

from .._change import DELETE, RECREATE, ObjectChange
from .._client import PanelClient
from .._endpoints import expand_path
from .._errors import PuqVpnError, RefusedError, listed
from .._execute import remove_object
from .._objects.account import ACCOUNT
from .._objects.wireguard import WIREGUARD
from .._panel.reader import read_object, read_objects
from .._resource import conclude_object, needed_change, parse_options
from .._schema import ArgumentSpec, Values
from .._summary import counted
from .._untrusted import one_line
from .._verify import report_diff, value_not_stored, verifying

OPTIONS: ArgumentSpec = {
    **WIREGUARD.argument_spec,
    "set_bandwidth": {"type": "bool", "default": False},
    "force": {"type": "bool", "default": False},
}

_BANDWIDTH = ("b_download", "b_upload")


def wireguard(options: Mapping[str, Any], client: PanelClient) -> dict[str, Any]:
    """Ensure that a server is as the options say: one read, one write, one read.

    ``set_bandwidth`` costs one read more, and another one to verify bandwidths that were written.

    :returns: ``changed``, ``wireguard``, ``unverified`` and ``diff``.
    :raises PuqVpnError: ``server_has_accounts``, or as :func:`._resource.manage_object` does.
    """
    wanted = parse_options(WIREGUARD, options, client)
    if options["state"] == "absent":
        return _remove(options, client, wanted)
    current = read_object(client, WIREGUARD, wanted)
    change = needed_change(client, WIREGUARD, options, wanted, current)
    if change is not None and change.action == RECREATE:
        accounts = _accounts(client, change.before) or {}
        _refuse_with_accounts(client, accounts, change.before, "Remove its accounts first.")
    result = conclude_object(client, WIREGUARD, options, change, wanted=wanted, current=current)
    if options["set_bandwidth"] and current is not None:
        _set_bandwidth(client, {**current, **result[WIREGUARD.name]}, result)
    return result


def _accounts(client: PanelClient, values: Values) -> dict[str, dict[str, Any]] | None:
    """Read the accounts of a server by name; None when the server does not exist (contract: wireguard_peers)."""
    path = expand_path("wireguard/{name}/peers", {"name": values["name"]})
    try:
        accounts = read_objects(client, ACCOUNT, values, path)
    except RefusedError as refused:
        if not refused.absent:
            raise
        return None
    return {str(account.get("name")): account for account in accounts}


def _refuse_with_accounts(client: PanelClient, accounts: Mapping[str, Any], values: Values, hint: str) -> None:
    """Refuse to remove a server that has accounts; in check mode, assume that an earlier task removes them."""
    if not accounts:
        return
    names = sorted(accounts)
    if client.check_mode:
        client.assume(
            f"the accounts of {WIREGUARD.label(values)} are removed before: {listed(list(map(one_line, names)))}"
        )
        return
    raise PuqVpnError(
        "server_has_accounts",
        f"{WIREGUARD.label(values)} cannot be removed while it has accounts: {listed(list(map(one_line, names)))}",
        hint=hint,
        details={"accounts": names},
    )


# --- Removal


def _remove(options: Mapping[str, Any], client: PanelClient, wanted: Values) -> dict[str, Any]:
    """Remove the server. The only read before is that of its accounts, which also shows whether it exists."""
    accounts = _accounts(client, wanted)
    if accounts is None:
        return conclude_object(client, WIREGUARD, options, None, wanted=wanted, current=None)
    if not options["force"]:
        _refuse_with_accounts(client, accounts, wanted, "Give force: true to have them removed first.")
        accounts = {}
    change = ObjectChange(
        WIREGUARD, DELETE, {"name": wanted["name"], "accounts": sorted(accounts)}, {}, ("name", "accounts")
    )
    removed: list[str] = []
    try:
        for name, account in accounts.items() if not client.check_mode else ():
            remove_object(client, ACCOUNT, account)
            removed.append(name)
        return conclude_object(client, WIREGUARD, options, change, wanted=wanted, current=change.before)
    except PuqVpnError as error:
        if removed:
            error.details["removed"] = removed
            error.hint += f" {len(removed)} of {len(accounts)} accounts were removed before."
            if not error.wrote:
                error.wrote = True
                report_diff(error, {"before": {"accounts": removed}, "after": {}})
        raise


# --- Bandwidth of the accounts


def _set_bandwidth(client: PanelClient, server: Values, result: dict[str, Any]) -> None:
    """Give all accounts the bandwidth of the server, if one has another (contract: wireguard_set_bandwidth).

    The accounts that differ are added to the diff of the result.
    """
    try:
        others = _with_other_bandwidth(client, server)
        if not others:
            return
        if not client.check_mode:
            client.write("PUT", expand_path("wireguard/{name}/set_bandwidth", {"name": server["name"]}))
        result["changed"] = True
        result["msg"] += f"; bandwidth of {counted(len(others), 'account')} set"
        result["diff"]["before"]["accounts"] = {name: _bandwidth(account) for name, account in others.items()}
        result["diff"]["after"]["accounts"] = {name: _bandwidth(server) for name in others}
        if not client.check_mode:
            client.until_verified(lambda: _verify_bandwidth(client, server))
    except PuqVpnError as error:
        # The server itself may have been changed before, too.
        error.wrote = bool(result["changed"])
        report_diff(error, result["diff"])
        raise


def _verify_bandwidth(client: PanelClient, server: Values) -> None:
    with verifying():
        left = _with_other_bandwidth(client, server)
    if left:
        label = f"{WIREGUARD.label(server)}, account {' and '.join(left)},"
        raise value_not_stored(client, label, list(_BANDWIDTH))


def _with_other_bandwidth(client: PanelClient, server: Values) -> dict[str, dict[str, Any]]:
    accounts = sorted((_accounts(client, server) or {}).items())
    return {name: account for name, account in accounts if _bandwidth(account) != _bandwidth(server)}


def _bandwidth(values: Values) -> dict[str, Any]:
    return {name: values.get(name) for name in _BANDWIDTH}
