# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What 2.x panels can be asked for by ``puqvpn_info``.

Of most answers only the path is documented, so what a panel lists is returned as the panel writes it.
"""

from __future__ import annotations

from typing import Any

from .._client import STATUS_PATH
from .._errors import PuqVpnError
from .._objects.report import HOST
from .info1 import Options, Subset, gather_dns, gather_license
from .reading import Objects, Reading
from .sessions import sessions_in
from .status import summarise
from .traffic import traffic


def _system(reading: Reading, _options: Options) -> dict[str, Any]:
    return {"status": summarise(reading.client.get(STATUS_PATH), reading.root), "host": _host(reading)}


def _host(reading: Reading) -> dict[str, Any] | None:
    """The host; that a panel shows it is only likely (contract: inferred)."""
    try:
        return reading.told(HOST, "system/info")
    except PuqVpnError as error:
        if not reading.is_of_one_part(error):
            raise
        return None


def _wireguard(reading: Reading, _options: Options) -> dict[str, Any]:
    return {"servers": reading.listed("network"), "packages": None}


def _accounts(reading: Reading, _options: Options) -> Objects:
    return reading.listed("client")


def _online(reading: Reading, _options: Options) -> dict[str, Any]:
    return {"clients": reading.client.read("client/online", sessions_in)}


def _traffic(reading: Reading, options: Options) -> dict[str, Any]:
    # Pages disagree on the name of the field.
    accounts = [{**one, "wg_name": one.get("network_name", one.get("network"))} for one in reading.listed("client")]
    return traffic(reading.client, accounts, "client/{name}/traffic/{year}/{month}", options)


SUBSETS: dict[str, Subset] = {
    "system": _system,
    "license": gather_license,
    "wireguard": _wireguard,
    "accounts": _accounts,
    "dns": gather_dns,
    "online": _online,
    "traffic": _traffic,
}
"""What can be gathered. Secrets are taken out of the result afterwards."""
