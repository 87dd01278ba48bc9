#!/usr/bin/python
# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: puqvpn_request
short_description: Call any operation of a panel, and change only what needs a change
version_added: 0.1.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Calls any operation of the REST API of a PUQVPNCP panel, also those that no other module of this collection knows.
  - Before a write, the module reads what is there and sends nothing when nothing has to change. A request that changes
    nothing costs one GET, one that changes something costs two requests.
  - Works with panels of the generations 1.x and 2.x.
extends_documentation_fragment:
  - puqcloud.puqvpn.connection
  - puqcloud.puqvpn.attributes
  - puqcloud.puqvpn.attributes.actiongroup_all
  - puqcloud.puqvpn.file
attributes:
  platform:
    platforms: PUQVPNCP 1.x, PUQVPNCP 2.x
  check_mode:
    support: full
    details:
      - No write is sent in check mode. The prediction is made from what O(probe) answers.
      - An object that is not there yet is assumed to come, and so are the values that O(expect) wants. A warning names
        what is assumed.
  diff_mode:
    support: full
    details:
      - The diff shows the fields that change. Of a secret it only shows that it changes.
  idempotent:
    support: partial
    details:
      - With O(method=GET), V(PUT) with O(data), and V(DELETE). With O(method=POST) only when O(probe) is given.
      - Not with O(idempotent=false), and not for requests without O(data) that start something, such as V(PUT) to
        V(system/reload).
  in_process:
    support: partial
    details:
      - Not with O(dest).
options:
  path:
    description:
      - The path of the operation, relative to V(/api/v1), for example V(account/alice). A full V(/api/v1/account/alice)
        is accepted as well.
      - Characters that cannot stand in a path are percent-encoded. A name that holds a V(/) or a V(%) must be encoded
        by you, with V(%2F) and V(%25).
      - A path that would leave the API, with another host or with V(..), is refused.
    type: str
    required: true
  method:
    description:
      - V(GET) reads, and the task is never changed. The exceptions are V(account/NAME/otl) and
        V(wireguard/NAME/set_bandwidth) of 1.x panels, which change something even with V(GET). They count as writes.
      - V(PUT) first reads O(probe). When the answer holds every key of O(data) already, nothing is sent. Without
        O(data) there is nothing to compare, so it is always sent.
      - V(DELETE) first reads O(probe). When the object is not there, nothing is sent.
      - V(POST) with O(probe) first reads it. When it answers with an object, nothing is sent. Without O(probe) it is
        always sent.
    type: str
    choices: [GET, POST, PUT, DELETE]
    default: GET
  query:
    description:
      - Parameters of the query. No operation of 1.x panels has any.
    type: dict
  data:
    description:
      - What to write with V(PUT) or V(POST), under the names that the API uses.
      - 1.x panels get a form, with booleans as V(1) and V(0) and lists joined by commas. 2.x panels get JSON.
      - Before version 2.19, ansible-core turns a number or a boolean that comes from a template into a text. On 2.x
        panels such a text is sent as a number or a boolean where O(probe) shows that the field holds one, in the object
        itself, or with V(POST) in an entry of the collection. A text such as V("0100") is not exactly a number and
        stays a text. Names and secrets always do.
    type: dict
  probe:
    description:
      - The path of a GET that shows whether O(data) has to be written. By default the same as O(path) for V(PUT) and
        V(DELETE).
      - When it answers with a collection, that is a list or a map of objects, V(POST) looks for an entry that holds
        every key of O(data), and V(PUT) and V(DELETE) look for the entry whose name O(path) ends with.
    type: str
  idempotent:
    description:
      - With V(false) nothing is read before, and the request is always sent.
    type: bool
    default: true
  expect:
    description:
      - What the answer to a V(GET) must contain, in as many levels as needed. Otherwise the task fails and names every
        difference.
      - Values are compared by their meaning, so V(1), V("1") and V(true) are the same, and so are V(10.0.26.2) and
        V(10.0.26.2/32), and V(enable) and V(Enable). The case of names counts.
    type: dict
  dest:
    description:
      - A file to write the answer to a V(GET) to, with mode V(0600). The answer must be a text or binary, for example
        V(account/NAME/config_text) or V(backups/NAME).
      - The file is only touched when its content differs.
      - Only a regular file is replaced. A device, a named pipe or a socket is refused. A symbolic link is followed to
        compare, and is replaced itself.
    type: path
  include_secrets:
    description:
      - Whether RV(payload) holds passwords, private keys and other secrets. Otherwise fields that hold them are left
        out, and so are answers that are secret as a whole, such as the configuration of a client.
    type: bool
    default: false
notes:
  - A field that the panel never shows, such as V(mtu) of a WireGuard server, always counts as a difference.
  - What was written is not read again. When the panel answers with other values than it was sent, there is a warning.
    To be sure, read in a task of its own, with O(expect).
  - When the connection breaks after a V(POST) was sent, O(probe) tells whether the object was made. The request is only
    sent again when it was not. Without O(probe) the task fails and says that the fate of the request is not known.
  - Saving an account ends its connection, and saving a WireGuard server rebuilds its interface.
seealso:
  - module: puqcloud.puqvpn.puqvpn_status
    description: Gather the status of a panel, wait for it, and check it.
"""

EXAMPLES = r"""
- name: Read an account, without its password and its private key
  puqcloud.puqvpn.puqvpn_request:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    path: account/alice

- name: Set the bandwidth of an account, only if it differs
  puqcloud.puqvpn.puqvpn_request:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    method: PUT
    path: account/alice
    data:
      b_download: 100
      b_upload: 100

- name: Create an account, only if it is not there
  puqcloud.puqvpn.puqvpn_request:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    method: POST
    path: account
    probe: account/bob
    data:
      name: bob
      username: bob
      wg_name: Default
      allowed_IPs: 10.0.0.20

- name: Remove an account, only if it is there
  puqcloud.puqvpn.puqvpn_request:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    method: DELETE
    path: account/bob

- name: Add a firewall rule, which only a list shows
  puqcloud.puqvpn.puqvpn_request:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    method: POST
    path: firewall/rules/filter/end
    probe: firewall/rules/filter
    data:
      name: no_telnet
      action: DROP
      chain: INPUT
      protocol: TCP
      s_ip: 0.0.0.0/0
      s_port: 0
      d_ip: 0.0.0.0/0
      d_port: 23

- name: Check the name server, and fail with every difference
  puqcloud.puqvpn.puqvpn_request:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    path: dns
    expect:
      enabled: true
      max_cache_ttl: 600

- name: Save the configuration of a client to a file
  puqcloud.puqvpn.puqvpn_request:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    path: account/alice/config_text
    dest: "{{ playbook_dir }}/alice.conf"

- name: Reload the panel, which has nothing to compare and is always sent
  puqcloud.puqvpn.puqvpn_request:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    method: PUT
    path: system/reload

- name: Create a client on a 2.x panel, only if it is not there
  puqcloud.puqvpn.puqvpn_request:
    url: https://vpn2.example.com
    token: "{{ vault_puqvpn_token }}"
    method: POST
    path: client
    probe: client/carol
    data:
      name: carol
      network_name: office
      status: enable
"""

RETURN = r"""
payload:
  description:
    - The answer of the panel, without its envelope. Where nothing was sent, the answer of O(probe).
    - Without secrets, unless O(include_secrets=true). V(null) with O(dest), and in check mode for what is not there
      yet.
  type: raw
  returned: when the panel answered
  sample:
    allowed_IPs: 10.0.0.20
    b_download: "100"
    b_upload: "100"
    name: alice
    status: enable
    username: alice
    wg_name: Default
http_status:
  description: The HTTP code of the answer, V(null) when nothing was asked.
  type: int
  returned: when the panel answered
  sample: 200
generation:
  description: The generation of the API, V(1) or V(2).
  type: int
  returned: when the panel answered
  sample: 1
request:
  description: The request.
  type: dict
  returned: when the panel answered
  sample:
    method: PUT
    url: https://vpn.example.com/api/v1/account/alice
    sent: true
  contains:
    method:
      description: The method.
      type: str
      returned: always
    url:
      description: The address, without the query.
      type: str
      returned: always
    sent:
      description:
        - Whether the request itself was sent. It is not when nothing has to change, and in check mode no write is.
      type: bool
      returned: always
diff:
  description: The fields that change, before and after. Secrets are hidden.
  type: dict
  returned: when the panel answered
  sample:
    before:
      b_download: "20"
    after:
      b_download: 100
mismatches:
  description: Every difference between O(expect) and the answer.
  type: list
  elements: dict
  returned: when O(expect) is not met, in check mode as well
  sample:
    - field: max_cache_ttl
      expected: 600
      found: "60"
  contains:
    field:
      description: The field, with dots between the levels.
      type: str
      returned: always
    expected:
      description: What was expected.
      type: raw
      returned: always
    found:
      description: What was found, V(null) when the field is not there.
      type: raw
      returned: always
error_code:
  description:
    - What went wrong as a stable word, for example V(not_authorized), V(not_found), V(write_fate_unknown) or
      V(file_not_written), such as on a full disk.
  type: str
  returned: failure
  sample: not_found
panel_error:
  description: The panel's own words, empty when it said nothing.
  type: str
  returned: failure
  sample: Account not found
"""

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._module.request import OPTIONS, request
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._task import BOTH_GENERATIONS, Task

TASK = Task(OPTIONS, request, generations=BOTH_GENERATIONS)


def main() -> None:
    """Entry point of the module."""
    TASK.run()


if __name__ == "__main__":
    main()
