# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Simulated panels in a process of their own, so that they take no time from what is measured."""

from __future__ import annotations

import base64
import hashlib
import http.client
import ipaddress
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from urllib.parse import urlsplit

from simulator import Simulator

# Room for more accounts than any case makes.
SERVER = {"name": "wide", "address": "10.64.0.1/16", "listen_port": 51900}
SLOTS = 65_536


class Panel:
    """A simulated panel, and what a benchmark does with it."""

    def __init__(self, url: str, control_url: str, credential: str, ca_path: str | None, latency: float) -> None:
        self.url = url
        self.credential = credential
        self._control_url = control_url
        self._ca_path = ca_path
        self._latency = latency

    @property
    def environment(self) -> dict[str, str]:
        """What leads a module to the panel."""
        authority = {"PUQVPN_CA_PATH": self._ca_path} if self._ca_path else {}
        return {"PUQVPN_URL": self.url, "PUQVPN_ACCESS_HASH": self.credential, **authority}

    @property
    def options(self) -> dict[str, str]:
        """The options of a module that lead it to the panel."""
        return {"url": self.url, "access_hash": self.credential}

    def fill(self, accounts: list[dict[str, Any]]) -> None:
        """Hold these accounts and no others; their names and values are those of ``puqvpn_account``."""
        self._control("POST", "reset")
        self._control("POST", "options", licence_slots=SLOTS, latency=self._latency)
        self._control("POST", "network", **SERVER)
        self._control("POST", "accounts", accounts=[{**form_of(one), **keys_of(one["name"])} for one in accounts])

    def requests(self) -> dict[str, int]:
        """How many requests there were of each method since the panel forgot them."""
        counts: Counter[str] = Counter()
        for request, number in self._control("GET", "counts")["requests"].items():
            counts[request.split()[0]] += number
        return dict(counts)

    def forget(self) -> None:
        """Forget the requests that there were."""
        self._control("POST", "counts/reset")

    def _control(self, method: str, path: str, **values: Any) -> Any:
        parts = urlsplit(self._control_url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
        connection.request(method, f"/{path}", json.dumps(values) if method == "POST" else None)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        if answer.status != 200:
            raise RuntimeError(f"{method} {path}: {text}")
        return json.loads(text)


def people(number: int) -> list[dict[str, Any]]:
    """Accounts with addresses of their own, as items of a document."""
    hosts = ipaddress.ip_interface(SERVER["address"]).network.hosts()
    next(hosts)  # The address of the server itself.
    return [
        {"name": f"user_{at:05}", "wg_name": "wide", "username": f"user_{at:05}", "allowed_ips": str(host)}
        for at, host in zip(range(number), hosts)
    ]


def form_of(account: dict[str, Any]) -> dict[str, Any]:
    """An account as the form that makes it."""
    return {("allowed_IPs" if name == "allowed_ips" else name): value for name, value in account.items()}


def keys_of(name: str) -> dict[str, str]:
    """What looks like the keys and the password of an account, the same each time."""
    private, public = (hashlib.sha256(f"{name} {kind}".encode()).digest() for kind in ("private", "public"))
    texts = (base64.b64encode(key).decode() for key in (private, public))
    return {**dict(zip(("private_key", "public_key"), texts)), "password": private[:8].hex()}


@contextmanager
def start_panels(number: int, *, tls: bool, latency: float) -> Iterator[list[Panel]]:
    """Start panels in one process, and end it."""
    command = [sys.executable, "-m", __spec__.name, str(number), "https" if tls else "http"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the panels have no input or output")
        try:
            yield [Panel(**one, latency=latency) for one in json.loads(process.stdout.readline())]
        finally:
            # Which is the end of what it reads, and so of itself.
            process.stdin.close()


def main() -> None:
    """Run panels until the standard input ends."""
    number, scheme = sys.argv[1:]
    with ExitStack() as stack:
        running = [stack.enter_context(Simulator(tls=scheme == "https")) for _panel in range(int(number))]
        shown = ("url", "control_url", "credential", "ca_path")
        print(json.dumps([{name: getattr(one, name) for name in shown} for one in running]), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
