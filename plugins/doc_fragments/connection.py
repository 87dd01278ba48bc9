# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The connection options, documented once for every module and plugin."""

from __future__ import annotations

import re
import textwrap

_PANELS = """
options:
  panels:
    description:
      - List of panels, to use several instead of one. The top-level connection options are the defaults of each panel.
      - A panel that sets O(panels[].access_hash) or O(panels[].token) inherits neither of them.
    type: list
    elements: dict
    suboptions:
      name:
        description:
          - Unique name of the panel, any string without line breaks. Defaults to the host in its URL.
        type: str
"""


def _for_plugins(document: str) -> str:
    """Return the document for plugins, without what Ansible would check too early.

    The environment is read as it is for modules. If Ansible read it, with the key ``env``, a variable that is empty
    would count. It would also not know that an option which it requires can come from there.
    """
    options, _notes, _text = document.partition("notes:")
    return re.sub(r" +required: true\n", "", options)


def _for_panels(document: str) -> str:
    """Return the options for each of several panels, whose defaults are the options beside them."""
    options = document.partition("options:\n")[2].partition("requirements:")[0]
    options = re.sub(r" +(- If not set, the environment .*|required: .*|default: .*)\n", "", options)
    return _PANELS + textwrap.indent(options, "    ")


class ModuleDocFragment:
    """``puqcloud.puqvpn.connection``: the options that say how to reach a panel.

    ``.plugins`` are the same for plugins, ``.panels`` the option for several panels.
    """

    DOCUMENTATION = r"""
options:
  url:
    description:
      - URL of the panel, for example V(https://vpn.example.com) or V(http://192.0.2.10:8098).
      - A trailing V(/) or V(/api/v1) is accepted.
      - If not set, the environment variable E(PUQVPN_URL) is used.
    type: str
    required: true
  access_hash:
    description:
      - Access hash of a 1.x panel, created in the panel under Settings, API. The panel only accepts it from the IP
        address that it is bound to.
      - Exactly one of O(access_hash) and O(token) is required. There is no fallback from one to the other.
      - If not set, the environment variable E(PUQVPN_ACCESS_HASH) is used.
    type: str
  token:
    description:
      - API token of a 2.x panel, created in the panel under Settings, API Tokens.
      - Modules and plugins that only support 1.x panels reject it before the first request, with C(error_code)
        V(unsupported_generation).
      - If not set, the environment variable E(PUQVPN_TOKEN) is used.
    type: str
  validate_certs:
    description:
      - Whether to verify the TLS certificate of the panel. Only disable this for tests. To trust a private certificate
        authority (CA), use O(ca_path).
      - The trusted CAs are those of the Python package C(certifi), which C(requests) uses, or those in the file that
        E(REQUESTS_CA_BUNDLE) or E(CURL_CA_BUNDLE) points to. Unlike M(ansible.builtin.uri), this does not use the CAs
        of the operating system. To use these, set O(ca_path) to their file, for example
        V(/etc/ssl/certs/ca-certificates.crt) on Debian and Ubuntu or V(/etc/pki/tls/certs/ca-bundle.crt) on Red Hat.
      - If not set, the environment variable E(PUQVPN_VALIDATE_CERTS) is used.
    type: bool
    default: true
  ca_path:
    description:
      - Path to a file with the CA certificates to trust, in PEM format, on the host that sends the requests. They
        replace the CAs that are trusted by default, see O(validate_certs).
      - If not set, the environment variable E(PUQVPN_CA_PATH) is used.
    type: path
  timeout:
    description:
      - Timeout of a single request in seconds, from connecting to the last byte of the response. For an archive, it
        applies to each MiB. Looking up the host name is not included.
      - If not set, the environment variable E(PUQVPN_TIMEOUT) is used.
    type: float
    default: 30.0
  retries:
    description:
      - Number of retries after a transient failure, such as a broken connection or one of the HTTP status codes 429,
        502, 503 and 504. The delays increase, and a Retry-After header is honored.
      - Create requests are never blindly retried.
      - If not set, the environment variable E(PUQVPN_RETRIES) is used.
    type: int
    default: 3
  busy_timeout:
    description:
      - Maximum time in seconds to wait for a panel that rejects a request because it is rebuilding its configuration.
      - If not set, the environment variable E(PUQVPN_BUSY_TIMEOUT) is used.
    type: int
    default: 300
requirements:
  - requests
notes:
  - Requests are sent from the host that the task runs on. Run it on the controller, with C(connection=local) or
    C(delegate_to=localhost), unless only another host can reach the panel.
  - Quote strings that YAML would convert, such as C("no"), C("yes") and C("1.10"). Booleans and decimal numbers are
    rejected where a string is expected. Integers keep their digits and need no quotes.
  - An environment variable that is empty counts as not set.
"""

    # The annotations keep these from tools that only understand literals.
    PLUGINS: str = _for_plugins(DOCUMENTATION)
    PANELS: str = _for_panels(DOCUMENTATION)
