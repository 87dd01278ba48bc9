# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client of simulated panels as plain as can be."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from typing import Any

import requests
import zxingcpp
from PIL import Image
from simulator import Simulator


class Api:
    """One session with a panel of generation 1."""

    def __init__(self, simulator: Simulator) -> None:
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.cookies.set("access_hash", simulator.credential)
        self._url = f"{simulator.url}/api/v1/"

    def send(self, method: str, path: str, form: Mapping[str, str] | None = None, **options: Any) -> requests.Response:
        """Return the answer as it is; a redirect is not followed."""
        return self.session.request(
            method, self._url + path.lstrip("/"), data=form, timeout=10, allow_redirects=False, **options
        )

    def ask(self, method: str, path: str, **form: Any) -> Any:
        """Return the payload of a success."""
        reply = self.send(method, path, form).json()
        assert (reply["status"], reply["error"]) == ("success", ""), reply
        return reply["msg"]

    def refusal(self, method: str, path: str, **form: Any) -> str:
        """Return the text of a refusal."""
        reply = self.send(method, path, form).json()
        assert (reply["status"], reply["msg"]) == ("error", ""), reply
        return str(reply["error"])

    def account(self, name: str, address: str, **form: Any) -> Any:
        """Create an account on the first server."""
        return self.ask("POST", "account", wg_name="Default", allowed_IPs=address, name=name, **form)


def decode_qr(picture: str) -> str:
    """Return the text in a QR code, a base64 PNG."""
    [code] = zxingcpp.read_barcodes(Image.open(io.BytesIO(base64.b64decode(picture, validate=True))))
    return code.text
