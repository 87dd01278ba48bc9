# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Generation 2, as far as it is documented: bearer token, JSON bodies, {result, message, data, errors}."""

from __future__ import annotations

import functools
from typing import Any

from flask import Flask, abort, request
from werkzeug import Request, Response

from ..pages import create_app as create_bare_app
from ..pages import current_site, html_page, json_response
from ..site import Site
from ..wire import PanelError, render
from . import client, dns, network, profile, system
from .fields import InvalidBodyError
from .openapi import document
from .operations import NOTHING, Operation
from .system import UNLICENSED_SLOTS

__all__ = ["OPERATIONS", "UNLICENSED_SLOTS", "V2", "create_app"]

OPERATIONS: tuple[Operation, ...] = tuple(
    operation for group in (system, network, client, profile, dns) for operation in group.operations
)

DOCUMENT = "/api/v1/openapi.json"
# What a panel under maintenance answers nevertheless.
MAINTAINED = (DOCUMENT, "/api/v1/system/status")


class V2:
    """How generation 2 puts its answers."""

    def success(self, site: Site, payload: Any) -> Response:
        """Return the envelope around a payload."""
        envelope = {"result": self._word(site, "OK"), "message": ""}
        if payload is not NOTHING:
            envelope["data"] = render(payload, site.options.numbers, site.options.unknown_fields)
        return json_response(envelope)

    def failure(self, site: Site, error: PanelError) -> Response:
        """Return the envelope of a refusal, or, for a bad token, what no page describes."""
        if error.code == 401 and site.options.bare_unauthorized:
            return json_response({"error": "unauthorized"}, 401)
        envelope = {"result": self._word(site, "ERROR"), "message": error.text}
        if site.options.field_errors:
            envelope["errors"] = error.errors if isinstance(error, InvalidBodyError) else self._errors(error)
        code = error.code if site.options.error_codes or error.code == 403 else 200
        return json_response(envelope, code)

    def credential(self, request: Request) -> str:
        """Return the token that a request carries."""
        scheme, _blank, token = request.headers.get("Authorization", "").partition(" ")
        return token if scheme.lower() == "bearer" else ""

    @staticmethod
    def _errors(error: PanelError) -> dict[str, str]:
        return {error.field: error.text} if error.field else {}

    @staticmethod
    def _word(site: Site, word: str) -> Any:
        return word.lower() if site.options.status_word.isupper() else word


@functools.lru_cache(maxsize=None)
def create_app() -> Flask:
    """Return the API of generation 2; to make it takes longer than most tests."""
    app = create_bare_app()

    @app.before_request
    def maintain() -> Response | None:
        if current_site().options.maintenance and request.path not in MAINTAINED:
            return html_page("Maintenance", code=503)
        return None

    app.add_url_rule(DOCUMENT, "openapi", _document)
    for operation in OPERATIONS:
        _add(app, operation)
    return app


def _document() -> Response:
    site = current_site()
    if site.options.openapi == "none":
        abort(404)
    return json_response(document(site, OPERATIONS))


def _add(app: Flask, operation: Operation) -> None:
    def run(**path: str) -> Response:
        site = current_site()
        if not operation.is_there(site):
            abort(404)
        site.authorize(request)
        _permit(site, operation)
        if operation.method != "GET":
            site.refuse_when_busy()
        return _run(site, operation, path)

    endpoint = f"{operation.method} {operation.path}".replace(".", "")
    path = f"/api/v1{operation.path}"
    app.add_url_rule(path, endpoint, run, methods=[operation.method], provide_automatic_options=False)


def _permit(site: Site, operation: Operation) -> None:
    permissions = [permission.strip() for permission in site.options.permissions.split(",") if permission.strip()]
    if permissions and not {operation.permission, "*"} & set(permissions):
        raise PanelError(f"Permission denied: {operation.permission} is required", code=403)


def _run(site: Site, operation: Operation, arguments: dict[str, Any]) -> Response:
    if operation.takes:
        sent = request.get_json(force=True, silent=True)
        arguments["values"] = operation.takes(site.options).read(sent, numbers=site.options.numbers)
    payload = operation.view(site, **arguments)
    if operation.rebuilds:
        site.rebuild(site.options.busy_after_write)
    return payload if isinstance(payload, Response) else site.dialect.success(site, payload)
