# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Paths of the API: what a user may enter, and the special cases among the operations.

Paths are relative to ``/api/v1`` everywhere in the collection, for example ``account/alice``.
"""

from __future__ import annotations

import re
from typing import Any, Mapping
from urllib.parse import quote, unquote

from ._connection import API_PREFIX
from ._errors import OptionError, accepted
from ._untrusted import as_path_segment

# GETs of 1.x panels that change something: account_otl_create creates a one-time link, and the manual shows
# wireguard_set_bandwidth once as a GET (contract: conflicts account_otl_create/1 and wireguard_set_bandwidth/1).
_WRITING_GETS = re.compile(r"account/[^/]+/otl/?|wireguard/[^/]+/set_bandwidth/?")

# Operations whose entire answer is secret: client configurations contain a private key, links open without a password,
# an archive contains everything (contract: returns.secret; the 2.x paths are their counterparts).
_SECRET_ANSWERS = re.compile(
    r"account/[^/]+/(config_text|config_qr|ikev2_profile|otl)"
    r"|client/[^/]+/(config/text|config/qr|wireguard|amneziawg/config|amneziawg/qr|openvpn/profile|ikev2/profile|otl)"
    r"|(system/)?backups/(?!config$|restore$)[^/]+"
)

# Other spellings of an operation, in the order to try them (contract: alternates). A match of the pattern is replaced
# by each template; neither includes a query string or a trailing slash.
_ALTERNATES: tuple[tuple[str, re.Pattern[str], tuple[tuple[str, str], ...]], ...] = (
    ("GET", re.compile(r"(wireguard/[^/]+)/port_forward"), (("GET", r"\1/port_forwarding"),)),
    (
        "POST",
        re.compile(r"(wireguard/[^/]+)/port_forwarding"),
        (("POST", r"\1/port_forward"), ("POST", "port_forward")),
    ),
    (
        "DELETE",
        re.compile(r"(wireguard/[^/]+)/port_forwarding/([^/]+/[^/]+)"),
        (("DELETE", r"\1/port_forward/\2"), ("DELETE", r"port_forward/\2")),
    ),
    ("PUT", re.compile(r"(wireguard/[^/]+/set_bandwidth)"), (("GET", r"\1"),)),
    ("PUT", re.compile(r"ikev2"), (("PUT", "ikev2/"),)),
    ("GET", re.compile(r"traffic_logging"), (("GET", "system/traffic_logging"),)),
    ("GET", re.compile(r"backups"), (("GET", "system/backups"),)),
)

# By generation (contract: system_reload, differences_from_v1).
RELOAD_METHODS = {1: "PUT", 2: "POST"}

# Where a name belongs in the template of a path.
_PLACE = re.compile(r"\{(\w+)\}")

_PATH_HINT = "Use a path relative to /api/v1, for example system/status or account/alice."


def api_path(text: str, option: str = "path") -> str:
    """Return ``text`` as a path relative to ``/api/v1``, percent-encoded and unable to leave it.

    A leading ``/`` and a leading ``/api/v1/`` are accepted; existing escapes are kept.

    :raises OptionError: for another host, ``..``, a query, a control character, an empty path.
    """
    if "://" in text or text.startswith(("//", "\\\\")):
        raise OptionError(f"{option} contains a host, but requests are only sent to url", hint=_PATH_HINT)
    if "?" in text or "#" in text:
        raise OptionError(f"{option} contains a query or a fragment", hint="Set query to a dictionary instead.")
    if re.search(r"[\x00-\x1f\x7f\\]", text):
        raise OptionError(f"{option} contains a control character or a backslash", hint=_PATH_HINT)
    path = f"/{text.strip().lstrip('/')}"
    if path == API_PREFIX or path.startswith(f"{API_PREFIX}/"):
        path = path[len(API_PREFIX) :]
    segments = path.lstrip("/").split("/")
    for segment in segments:
        # With encoded slashes, a segment contains several; each of them must be harmless.
        if any(part in (".", "..") for part in re.split(r"[/\\]", unquote(segment))):
            raise OptionError(f'{option} contains "." or ".." and would leave the API', hint=_PATH_HINT)
    if not all(segments[:-1]) or not segments[0]:
        raise OptionError(f"{option} is empty or has an empty segment", hint=_PATH_HINT)
    return "/".join(_encoded(segment) for segment in segments)


def expand_path(template: str, names: Mapping[str, Any]) -> str:
    """Fill names into the template of a path, so that no name can change the path.

    :raises UntrustedValueError: a name is empty, ``.`` or ``..``, or contains what no URL can.
    """

    def segment(place: re.Match[str]) -> str:
        name = place.group(1)
        return quote(accepted(as_path_segment, f"the {name} of an object", names.get(name, "")), safe="")

    return _PLACE.sub(segment, template)


def writes_by_get(method: str, path: str) -> bool:
    """Return whether a GET changes something on the panel nevertheless."""
    return method == "GET" and _WRITING_GETS.fullmatch(path) is not None


def spellings(method: str, path: str) -> tuple[str, list[tuple[str, str]]]:
    """Return the name of an operation, and its method and path in all spellings of the contract, in order."""
    for known, pattern, others in _ALTERNATES:
        match = pattern.fullmatch(path)
        if known == method and match:
            ways = [(method, path), *((other, match.expand(template)) for other, template in others)]
            return f"{known} {pattern.pattern}", ways
    return "", [(method, path)]


def answers_secret(path: str) -> bool:
    """Return whether the entire answer to a GET or POST of this path is secret."""
    return _SECRET_ANSWERS.fullmatch(path.rstrip("/")) is not None


def _encoded(segment: str) -> str:
    """Percent-encode a segment; valid escapes are kept, so that nothing is encoded twice."""
    return "".join(
        part if re.fullmatch("%[0-9A-Fa-f]{2}", part) else quote(part, safe="~!$'()*+,;=:@&")
        for part in re.split("(%[0-9A-Fa-f]{2})", segment)
    )
