# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a bare script needs to make accounts: the requests that ``puqvpn_apply`` sends, one after the other.

The arguments are the file with the accounts, and the library that is used. Nothing is compared, nothing is proved.
With the names of operations as further arguments, it writes what these answer for each account to files instead.
"""

from __future__ import annotations

import http.client
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

Send = Callable[[str, str, "dict[str, Any] | None"], Any]

ROOT = os.environ["PUQVPN_URL"]
COOKIE = {"Cookie": f"access_hash={os.environ['PUQVPN_ACCESS_HASH']}"}


def sender_of(library: str) -> Send:
    """A function that sends a request over the one connection, and returns the answer."""
    if library == "requests":
        import requests  # noqa: PLC0415  # Only who uses it pays for it.

        session = requests.Session()
        return lambda method, path, form: session.request(
            method, f"{ROOT}/api/v1/{path}", data=form, headers=COOKIE, timeout=30
        ).json()
    parts = urlsplit(ROOT)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)

    def send(method: str, path: str, form: dict[str, Any] | None) -> Any:
        headers = {**COOKIE, "Content-Type": "application/x-www-form-urlencoded"}
        connection.request(method, f"/api/v1/{path}", urlencode(form or {}), headers)
        return json.loads(connection.getresponse().read())

    return send


def main() -> None:
    """Make or download."""
    _script, accounts, library, *operations = sys.argv
    content = json.loads(Path(accounts).read_text())
    (download if operations else make)(sender_of(library), content, *operations)


def download(send: Send, accounts: list[dict[str, Any]], *operations: str) -> None:
    """Write all files."""
    folder = Path("downloaded")
    folder.mkdir(exist_ok=True)
    for account in accounts:
        for operation in operations:
            content = send("GET", f"account/{account['name']}/{operation}", None)["msg"]
            (folder / f"{account['name']}.{operation}").write_text(content)


def make(send: Send, forms: list[dict[str, Any]]) -> None:
    """Read, make all accounts, read again."""
    for path in ("wireguard", "account", "license"):
        send("GET", path, None)
    for form in forms:
        if send("POST", "account", form)["status"] != "success":
            sys.exit("an account was not made")
    send("GET", "account", None)


if __name__ == "__main__":
    main()
