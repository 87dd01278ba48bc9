# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The connection options, documented once for every module and plugin."""

from __future__ import annotations


class ModuleDocFragment:
    """``puqcloud.puqvpn.connection``: the options that say how to reach a panel."""

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
