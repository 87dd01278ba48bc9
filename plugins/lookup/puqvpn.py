# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: puqvpn
short_description: Read data from a panel
version_added: 0.3.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Sends GET requests to the REST API of a PUQVPNCP panel and returns the answers.
  - All paths of one lookup are read over one connection.
  - Works with 1.x panels, with O(access_hash), and with 2.x panels, with O(token). Their paths and answers differ. For
    example, V(client/alice) on a 2.x panel corresponds to V(account/alice) on a 1.x panel.
extends_documentation_fragment:
  - puqcloud.puqvpn.connection.plugins
options:
  _terms:
    description:
      - Paths to read, or lists of paths, relative to V(/api/v1), for example V(account/alice). A full path such as
        V(/api/v1/account/alice) is accepted as well.
      - Characters that are invalid in a path are percent-encoded. Encode V(/) and V(%) in a name yourself, as V(%2F)
        and V(%25).
      - A path that leads out of the API, with another host or with V(..), is refused. V(account/NAME/otl) and
        V(wireguard/NAME/set_bandwidth) are refused as well, since a GET of them changes something on 1.x panels. A 2.x
        panel creates one-time links with POST, which a lookup never sends.
    type: list
    elements: str
    required: true
  include_secrets:
    description:
      - Whether to return passwords, private keys and other secrets. With V(false), fields that contain secrets are
        omitted, and a path whose whole answer is secret is refused, such as V(account/NAME/config_text) or
        V(client/NAME/openvpn/profile).
    type: bool
    default: false
notes:
  - Answers are untrusted. They are never evaluated as templates, but you have to check them before you use them as a
    file name, a host or a part of a command.
  - A lookup runs on the controller every time its value is needed. Use M(ansible.builtin.set_fact) to store a value
    that is needed more than once.
  - Files such as backups are refused, as are profiles that a panel returns without its envelope. Use
    O(puqcloud.puqvpn.puqvpn_request#module:dest) to download them.
seealso:
  - module: puqcloud.puqvpn.puqvpn_request
    description: Send a request to the panel API in a task.
  - plugin: puqcloud.puqvpn.puqvpn
    plugin_type: inventory
    description: Use the accounts of panels as hosts.
"""

EXAMPLES = r"""
- name: Show the address of an account, with the connection options from the environment
  ansible.builtin.debug:
    msg: "{{ lookup('puqcloud.puqvpn.puqvpn', 'account/alice').allowed_IPs }}"

- name: Read two paths over one connection
  ansible.builtin.set_fact:
    answers: >-
      {{ query('puqcloud.puqvpn.puqvpn', 'license', 'dns',
               url='https://vpn.example.com', access_hash=vault_puqvpn_access_hash) }}

- name: Show the address of a client of a 2.x panel
  ansible.builtin.debug:
    msg: >-
      {{ lookup('puqcloud.puqvpn.puqvpn', 'client/alice',
                url='https://vpn2.example.com', token=vault_puqvpn_token).ipv4 }}
"""

RETURN = r"""
_raw:
  description:
    - The answers of the panel without their envelopes, in the order of the paths.
    - Secrets are omitted unless O(include_secrets=true).
  type: list
  elements: raw
  sample:
    - allowed_IPs: 10.0.0.20
      b_download: "100"
      b_upload: "100"
      name: alice
      status: enable
      username: alice
      wg_name: Default
"""

from collections.abc import Iterator, Mapping
from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._connection import Connection
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._endpoints import answers_secret, api_path, writes_by_get
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import ExchangeError, OptionError
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._secrets import without_secrets
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._untrusted import one_line
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._plugin_client import (
    connection_options,
    errors_as,
    reader,
    refuse_unknown,
)

# The terms are not a keyword, and wantlist is a keyword of Ansible itself.
_TERMS = "_terms"
_WANTLIST = "wantlist"


class LookupModule(LookupBase):  # type: ignore[misc]  # ansible-core ships no types
    """Read paths of a panel."""

    def run(self, terms: list[Any], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[Any]:
        """Return the payloads at the paths, all read over one connection."""
        with errors_as(AnsibleLookupError):
            refuse_unknown(kwargs.keys() - {_WANTLIST}, self.option_definitions.keys() - {_TERMS})
        self.set_options(var_options=variables, direct=kwargs)
        include_secrets = self.get_option("include_secrets")
        with errors_as(AnsibleLookupError):
            connection = Connection.from_options(connection_options(kwargs))
            paths = [_readable(term, include_secrets) for term in _texts(terms)]
            with reader(connection) as client:
                return [_payload(client, path, include_secrets) for path in paths]


def _texts(terms: list[Any]) -> Iterator[str]:
    """Yield the terms, also those in lists.

    :raises OptionError: one of them is not a string.
    """
    for term in terms:
        if isinstance(term, (list, tuple)):
            yield from _texts(list(term))
        elif isinstance(term, str):
            yield term
        else:
            shown = "a dictionary" if isinstance(term, Mapping) else one_line(term)
            raise OptionError(
                f"A term of the lookup is {shown}, which is not a string",
                hint="Use paths such as system/status or account/alice, or lists of them.",
            )


def _readable(term: str, include_secrets: bool) -> str:
    """Return the path of a term.

    :raises OptionError: it is invalid, or cannot be read by a lookup.
    """
    path = api_path(term, "the path")
    if writes_by_get("GET", path):
        raise OptionError(
            f"A GET of {path} changes something on the panel, but a lookup only reads",
            hint="Use a task with puqcloud.puqvpn.puqvpn_request instead.",
        )
    if answers_secret(path) and not include_secrets:
        raise _is_secret(path)
    return path


def _is_secret(path: str) -> OptionError:
    return OptionError(f"The entire answer of {path} is secret", hint="Set include_secrets=true to return it.")


def _payload(client: PanelClient, path: str, include_secrets: bool) -> Any:
    reply = client.get(path, raw=True)
    if reply.content is not None:
        error = ExchangeError("answer_is_a_file", "the answer is a file, not data")
        raise error.during("GET", path, client.connection.root)
    if include_secrets:
        return reply.payload
    # In a list, an answer that is itself the text of a private key is left out as a whole.
    shown = without_secrets([reply.payload])
    if not shown:
        raise _is_secret(path)
    return shown[0]
