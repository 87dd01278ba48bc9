# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The certificates that a connection trusts, as far as the user chose them."""

from __future__ import annotations

import errno
import os
import ssl
from typing import NamedTuple

from .._connection import Connection
from .._errors import OptionError
from .bounded import MAX_ANSWER_BYTES

BUNDLE_HINT = "Use a file in PEM format on the machine where the task runs."

# The variables that name a file of trusted certificates, in the order in which requests reads them.
_BUNDLE_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


class Bundle(NamedTuple):
    """A file of trusted certificates, and the option or variable that names it."""

    name: str
    path: str

    def __str__(self) -> str:
        return f"{self.name} {self.path}"


def bundle_of(connection: Connection, is_tls: bool) -> Bundle | None:
    """Return the file of trusted certificates that was set; None for those that come with ``requests``.

    :raises OptionError: it cannot be one.
    """
    if not connection.validate_certs:
        return None
    if connection.ca_path:
        return _readable(Bundle("ca_path", connection.ca_path))
    names = [name for name in _BUNDLE_VARIABLES if is_tls and os.environ.get(name)]
    return _readable(Bundle(names[0], os.environ[names[0]])) if names else None


def _readable(bundle: Bundle) -> Bundle:
    if os.path.isdir(bundle.path) and bundle.name != "ca_path":
        # In its variables, requests accepts a directory of certificates as well.
        return bundle
    try:
        # Opening a pipe would block until somebody writes to it.
        if os.path.exists(bundle.path) and not os.path.isfile(bundle.path):
            raise OSError(errno.EINVAL, "it is not a file")
        with open(bundle.path, "rb") as file:
            holds_certificate = b"-----BEGIN " in file.read(MAX_ANSWER_BYTES)
    except OSError as error:
        raise OptionError(f"{bundle} cannot be read ({error.strerror})", hint=BUNDLE_HINT) from None
    if not holds_certificate:
        raise OptionError(f"{bundle} contains no certificate", hint=BUNDLE_HINT)
    return bundle


def is_bundle(path: str) -> bool:
    """Return whether OpenSSL finds certificates in a file."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except (OSError, ValueError):
        return False
    return True
