# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The connection options that every module and plugin shares, and their validation.

The documentation of these options is ``plugins/doc_fragments/connection.py``.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Any, Mapping, NamedTuple
from urllib.parse import urlsplit

from ._errors import OptionError
from ._untrusted import one_line

API_PREFIX = "/api/v1"

# Option -> its part of an argument spec. ``env`` is the environment variable that is used if the option is not set.
CONNECTION_OPTIONS: dict[str, dict[str, Any]] = {
    "url": {"type": "str", "required": True, "env": "PUQVPN_URL"},
    "access_hash": {"type": "str", "no_log": True, "env": "PUQVPN_ACCESS_HASH"},
    "token": {"type": "str", "no_log": True, "env": "PUQVPN_TOKEN"},
    "validate_certs": {"type": "bool", "default": True, "env": "PUQVPN_VALIDATE_CERTS"},
    "ca_path": {"type": "path", "env": "PUQVPN_CA_PATH"},
    "timeout": {"type": "float", "default": 30.0, "env": "PUQVPN_TIMEOUT"},
    "retries": {"type": "int", "default": 3, "env": "PUQVPN_RETRIES"},
    "busy_timeout": {"type": "int", "default": 300, "env": "PUQVPN_BUSY_TIMEOUT"},
}

# A cookie value ends at any of these, a header at a line break: such a credential would change the request itself.
_UNSAFE_IN_HEADER = re.compile(r"[\x00-\x20\x7f-\x9f;,]")
_UNSAFE_IN_URL = re.compile(r"[\x00-\x20\\]")


class Connection(NamedTuple):
    """A panel and how to reach it. Create it with :meth:`from_options`, which validates.

    ``root`` is scheme, host, port and an optional path prefix, without a trailing slash. ``generation`` is 1 with an
    access hash and 2 with a token: the credential decides, and the other API is never tried.
    """

    root: str
    generation: int
    credential: str
    validate_certs: bool
    ca_path: str | None
    timeout: float
    retries: int
    busy_timeout: int

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Connection:
        """Validate the connection options.

        :raises OptionError: with the option that is invalid, and what to set instead.
        """
        generation, credential = _credential(options.get("access_hash"), options.get("token"))
        return cls(
            root=_root(options["url"]),
            generation=generation,
            credential=credential,
            validate_certs=options["validate_certs"],
            ca_path=options.get("ca_path"),
            timeout=_at_least("timeout", options["timeout"], 0.001),
            retries=int(_at_least("retries", options["retries"], 0)),
            busy_timeout=int(_at_least("busy_timeout", options["busy_timeout"], 0)),
        )

    @property
    def is_cleartext(self) -> bool:
        """True if others on the network could read the credential: plain http to anything but loopback."""
        parts = urlsplit(self.root)
        return parts.scheme == "http" and not _is_loopback(parts.hostname or "")

    def url_of(self, path: str) -> str:
        """Return the full URL of a path relative to ``/api/v1``."""
        return f"{self.root}{API_PREFIX}/{path}"


def _credential(access_hash: str | None, token: str | None) -> tuple[int, str]:
    if access_hash and token:
        raise OptionError(
            "access_hash and token are both set, but they are mutually exclusive",
            hint="Set access_hash for a 1.x panel or token for a 2.x panel. An option that the task does not set "
            "can also come from the environment variable PUQVPN_ACCESS_HASH or PUQVPN_TOKEN.",
        )
    if not access_hash and not token:
        raise OptionError(
            "No credential is set",
            hint="Set access_hash for a 1.x panel (Settings, API in the panel) or token for a 2.x panel "
            "(Settings, API Tokens), as an option or in the environment variable PUQVPN_ACCESS_HASH or PUQVPN_TOKEN.",
        )
    name, value, generation = ("token", token, 2) if token else ("access_hash", access_hash or "", 1)
    if _UNSAFE_IN_HEADER.search(value) or not value.isascii():
        raise OptionError(
            f"{name} contains a character that no credential has: a space, a line break, a control character, a "
            "semicolon, a comma or a non-ASCII letter",
            hint="If it comes from a file or a command, remove the line break with the trim filter.",
        )
    return generation, value


def _root(url: str | None) -> str:
    hint = "Set it to the root of the panel, for example https://vpn.example.com or http://192.0.2.10:8098."
    if not url or not url.strip():
        raise OptionError(
            "url is missing: set it as an option, for all modules in module_defaults, or in the environment variable "
            "PUQVPN_URL",
            hint=hint,
        )
    try:
        parts = urlsplit(url.strip())
        # .port is parsed on access: a port that is not a number raises here.
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or _UNSAFE_IN_URL.search(url.strip()):
        raise OptionError("url is not the http or https URL of a panel", hint=hint)
    if parts.username is not None or parts.query or parts.fragment:
        raise OptionError("url must not contain a user, a password, a query or a fragment", hint=hint)
    _check_host(parts.hostname or "")
    path = parts.path.rstrip("/")
    if path.endswith(API_PREFIX):
        path = path[: -len(API_PREFIX)].rstrip("/")
    return f"{parts.scheme}://{parts.netloc.lower()}{path}"


def _check_host(host: str) -> None:
    """Refuse a host name that cannot be resolved by any name server: libraries notice that only during a request.

    :raises OptionError: with what is wrong.
    """
    labels = host.rstrip(".").split(".")
    if "" in labels or any(len(label) > 63 for label in labels) or len(host) > 253:
        raise OptionError(
            f"url has the host name {one_line(host)}, which cannot exist: a label between its dots is empty or longer "
            "than 63 characters, or the name is longer than 253",
            hint="Check the spelling of url.",
        )


def _at_least(name: str, value: float, least: float) -> float:
    # The comparison is written so that NaN fails it as well.
    if not value >= least or value == float("inf"):
        raise OptionError(f"{name} is {value}, which is too small or not finite", hint="Leave it out for the default.")
    return value


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
