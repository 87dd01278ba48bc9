# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Generation 1: form bodies, the cookie `access_hash`, the envelope {error, msg, status}."""

from __future__ import annotations

import functools
from typing import Any

from flask import Flask, abort, request
from werkzeug import Request, Response

from ..pages import create_app as create_bare_app
from ..pages import current_site, json_response
from ..site import Site
from ..wire import PanelError, render
from . import account, backup, firewall, ikev2, system, wireguard
from .operations import Operation

OPERATIONS: tuple[Operation, ...] = tuple(
    operation for group in (system, wireguard, account, firewall, ikev2, backup) for operation in group.operations
)


class V1:
    """How generation 1 puts its answers."""

    def success(self, site: Site, payload: Any) -> Response:
        """Return the envelope around a payload."""
        options = site.options
        message = render(payload, options.numbers, options.unknown_fields)
        return json_response({"error": "", "msg": message, "status": options.status_word})

    def failure(self, site: Site, error: PanelError) -> Response:
        """Return the envelope of a refusal; no failing reply is documented, this is what is expected."""
        status = "ERROR" if site.options.status_word.isupper() else "error"
        code = error.code if site.options.error_codes else 200
        return json_response({"error": error.text, "msg": "", "status": status}, code)

    def credential(self, request: Request) -> str:
        """Return the access hash that a request carries."""
        return request.cookies.get("access_hash", "")


@functools.lru_cache(maxsize=None)
def create_app() -> Flask:
    """Return the API of generation 1; to make it takes longer than most tests."""
    app = create_bare_app()
    for operation in OPERATIONS:
        _add(app, operation)
    return app


def _add(app: Flask, operation: Operation) -> None:
    def run(**path: str) -> Response:
        alternate = request.endpoint != operation.id or request.path.endswith("/")
        if operation.alternates and alternate != (current_site().options.spelling == "alternate"):
            abort(404)
        return _run(current_site(), operation, path)

    spellings = {operation.id: (operation.method, operation.path)}
    spellings |= {f"{operation.id}/{number}": spelling for number, spelling in enumerate(operation.alternates)}
    for endpoint, (method, path) in spellings.items():
        app.add_url_rule(f"/api/v1{path}", endpoint, run, methods=[method], provide_automatic_options=False)


def _run(site: Site, operation: Operation, path: dict[str, str]) -> Response:
    site.authorize(request)
    if not site.options.licensed:
        raise PanelError("The license is not active")
    if operation.writes:
        site.refuse_when_busy()
    payload = operation.view(site, request.form, **path)
    if operation.rebuilds:
        site.rebuild(site.options.busy_after_write)
    return payload if isinstance(payload, Response) else site.dialect.success(site, payload)
