# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What both generations share as web applications: refusals, pages without an envelope, the form of JSON."""

from __future__ import annotations

import json
from typing import Any

from flask import Flask, request
from werkzeug import Response
from werkzeug.exceptions import HTTPException

from .site import Site
from .wire import PanelError

# The key of the environment of a request under which `current_site` finds the panel.
SITE = "simulator.site"


def current_site() -> Site:
    """Return the panel that the current request came to: all panels of a generation share an application."""
    site: Site = request.environ[SITE]
    return site


def html_page(title: str, body: str = "", code: int = 200) -> Response:
    """Return an HTML page."""
    page = f"<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><h1>{title}</h1>{body}</body></html>\n"
    return Response(page, code, mimetype="text/html")


def json_bytes(value: Any) -> bytes:
    """Return JSON, keys sorted as the panel sorts them; a text without UTF-8, a lone surrogate, is escaped."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace")


def json_response(value: Any, code: int = 200) -> Response:
    """Return JSON."""
    return Response(json_bytes(value), code, mimetype="application/json")


def create_app() -> Flask:
    """Return an application without operations: it knows how a refusal and an unknown path are answered."""
    app = Flask("simulator", static_folder=None)

    @app.errorhandler(PanelError)
    def refuse(error: PanelError) -> Response:
        return current_site().dialect.failure(current_site(), error)

    @app.errorhandler(HTTPException)
    def unknown(error: HTTPException) -> Response:
        # A known path with another method is an unknown route, too.
        code = 404 if error.code == 405 else error.code or 500
        return html_page(f"{code} page", code=code)

    return app
