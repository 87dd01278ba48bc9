# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a bare script needs for the requests of a module: ``script.py make|update|download FILE LIBRARY ...``.

The file holds the accounts. Nothing is compared, nothing is proved.
"""

from __future__ import annotations

import http.client
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
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
    """Do one of the works."""
    _script, work, accounts, library, *more = sys.argv
    WORKS[work](json.loads(Path(accounts).read_text()), library, *more)


def download(accounts: list[dict[str, Any]], library: str, *operations: str) -> None:
    """Write what operations answer for each account to files."""
    send = sender_of(library)
    folder = Path("downloaded")
    folder.mkdir(exist_ok=True)
    for account in accounts:
        for operation in operations:
            content = send("GET", f"account/{account['name']}/{operation}", None)["msg"]
            (folder / f"{account['name']}.{operation}").write_text(content)


def update(accounts: list[dict[str, Any]], library: str, at_a_time: str) -> None:
    """Change all accounts, with so many requests at the same time, and print the seconds of that as JSON."""
    local = threading.local()

    def change(account: dict[str, Any]) -> None:
        if not hasattr(local, "send"):
            local.send = sender_of(library)
        form = {"b_download": account["b_download"]}
        if local.send("PUT", f"account/{account['name']}", form)["status"] != "success":
            sys.exit("an account was not changed")

    wall, cpu = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(int(at_a_time)) as pool:
        list(pool.map(change, accounts))
    print(json.dumps({"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}))


def make(forms: list[dict[str, Any]], library: str) -> None:
    """Read, make all accounts, read again, as ``puqvpn_apply`` does."""
    send = sender_of(library)
    for path in ("wireguard", "account", "license"):
        send("GET", path, None)
    for form in forms:
        if send("POST", "account", form)["status"] != "success":
            sys.exit("an account was not made")
    send("GET", "account", None)


WORKS: dict[str, Callable[..., None]] = {"make": make, "update": update, "download": download}

if __name__ == "__main__":
    main()
