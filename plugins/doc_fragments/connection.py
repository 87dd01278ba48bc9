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
      - Several panels instead of one. The connection options beside O(panels) are the defaults for each of them.
      - A panel that gives one of O(panels[].access_hash) and O(panels[].token) takes neither of them from there.
    type: list
    elements: dict
    suboptions:
      name:
        description:
          - The name of the panel, which no other panel may have. By default the host in its URL. Every text on one line
            may be a name.
        type: str
"""


def _for_plugins(document: str) -> str:
    """The same for plugins, but for what Ansible would check too early.

    The environment is read as it is for modules. If Ansible read it, with the key ``env``, a variable that is empty
    would count. It would also not know that an option which it requires can come from there.
    """
    options, _notes, _text = document.partition("notes:")
    return re.sub(r" +required: true\n", "", options)


def _for_panels(document: str) -> str:
    """The same for each of several panels, which take what they do not say from the options beside."""
    options = document.partition("options:\n")[2].partition("requirements:")[0]
    options = re.sub(r" +(- Can also be given .*|required: .*|default: .*)\n", "", options)
    return _PANELS + textwrap.indent(options, "    ")


class ModuleDocFragment:
    """``puqcloud.puqvpn.connection``: the options that say how to reach a panel.

    ``.plugins`` are the same for plugins, ``.panels`` the option for several panels.
    """

    DOCUMENTATION = r"""
options:
  url:
    description:
      - The root of the panel, for example V(https://vpn.example.com) or V(http://192.0.2.10:8098).
      - A trailing V(/) or V(/api/v1) is accepted.
      - Can also be given in the environment variable E(PUQVPN_URL).
    type: str
    required: true
  access_hash:
    description:
      - The credential of a 1.x panel, made in the panel under Settings, API. It only works from the one address that
        it is bound to.
      - Exactly one of O(access_hash) and O(token) must be given. Nothing is ever tried with the other one.
      - Can also be given in the environment variable E(PUQVPN_ACCESS_HASH).
    type: str
  token:
    description:
      - The credential of a 2.x panel, made in the panel under Settings, API Tokens.
      - Exactly one of O(access_hash) and O(token) must be given. Nothing is ever tried with the other one.
      - Can also be given in the environment variable E(PUQVPN_TOKEN).
    type: str
  validate_certs:
    description:
      - Whether the certificate of the panel must be valid. Set this to V(false) for tests only; to trust the authority
        of your company, use O(ca_path).
      - Can also be given in the environment variable E(PUQVPN_VALIDATE_CERTS).
    type: bool
    default: true
  ca_path:
    description:
      - A file in PEM format with the certificates of the authorities to trust, on the machine where the task runs.
      - Can also be given in the environment variable E(PUQVPN_CA_PATH).
    type: path
  timeout:
    description:
      - Seconds that one request may take.
      - Can also be given in the environment variable E(PUQVPN_TIMEOUT).
    type: float
    default: 30.0
  retries:
    description:
      - How often a request is sent again after a failure that may pass, such as a broken connection or the HTTP codes
        429, 502, 503 and 504. The pauses grow, and a Retry-After of the panel is honoured.
      - A request that creates something is never sent again blindly.
      - Can also be given in the environment variable E(PUQVPN_RETRIES).
    type: int
    default: 3
  busy_timeout:
    description:
      - Seconds to wait for a panel that refuses a request because it is rebuilding its configuration.
      - Can also be given in the environment variable E(PUQVPN_BUSY_TIMEOUT).
    type: int
    default: 300
requirements:
  - requests
notes:
  - The task talks to the panel from the machine that it runs on. Run it on the controller, with C(connection=local) or
    C(delegate_to=localhost), unless only another machine may reach the panel.
"""

    # The annotations keep these from tools that only understand literals.
    PLUGINS: str = _for_plugins(DOCUMENTATION)
    PANELS: str = _for_panels(DOCUMENTATION)
