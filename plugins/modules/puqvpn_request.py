#!/usr/bin/python
# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: puqvpn_request
short_description: Send a request to the panel API, idempotently where possible
version_added: 0.1.0
description:
  - Sends a request to any operation of the REST API of a PUQVPNCP panel, including those that no other module of this
    collection supports.
  - Before a write, the module reads the current state, and sends nothing if nothing has to change. It sends one GET if
    nothing changes, and two requests otherwise.
  - What a write interrupts depends on the operation. For example, saving an account disconnects its client, and saving
    a WireGuard server rebuilds its interface.
extends_documentation_fragment:
  - puqcloud.puqvpn.connection
  - puqcloud.puqvpn.attributes.both_generations
  - puqcloud.puqvpn.attributes
  - puqcloud.puqvpn.file
attributes:
  check_mode:
    support: full
    details:
      - No writes are sent. The result is predicted from the answer to O(probe).
      - An object that does not exist, or that differs from O(expect), is assumed to be created or changed by an earlier
        task, and a warning names the assumption.
  diff_mode:
    support: full
    details:
      - The diff contains the fields that change. For a secret, it only shows that the value changes.
  idempotent:
    support: partial
    details:
      - With O(method=GET), with V(PUT) and O(data), with V(DELETE), and with V(POST) and O(probe).
      - Not with O(idempotent=false), and not for a request without O(data) that triggers something, such as V(PUT) of
        V(system/reload).
options:
  path:
    description:
      - Path of the operation, relative to V(/api/v1), for example V(account/alice). A full path such as
        V(/api/v1/account/alice) is accepted as well.
      - Characters that are invalid in a path are percent-encoded. Encode V(/) and V(%) in a name yourself, as V(%2F)
        and V(%25).
      - A path that leads out of the API, with another host or with V(..), is rejected.
    type: str
    required: true
  method:
    description:
      - V(GET) reads, and the task never reports a change. V(account/NAME/otl) and V(wireguard/NAME/set_bandwidth) of
        1.x panels are exceptions. Their GET changes something, so it is treated as a write.
      - V(PUT) first reads O(probe), and sends nothing if the answer already contains all of O(data). Without O(data),
        there is nothing to compare, and the request is always sent.
      - V(DELETE) first reads O(probe), and sends nothing if the object does not exist.
      - V(POST) first reads O(probe), if it is set, and sends nothing if the object exists. Without O(probe), the
        request is always sent.
    type: str
    choices: [GET, POST, PUT, DELETE]
    default: GET
  query:
    description:
      - Query parameters. No operation of 1.x panels has any.
    type: dict
  data:
    description:
      - Fields to write with V(PUT) or V(POST), under the names that the API uses.
      - 1.x panels receive a form, with V(1) and V(0) for booleans and with lists joined by commas. 2.x panels receive
        JSON.
      - Before version 2.19, ansible-core converts a number or a boolean from a template to a string. For a 2.x panel,
        such a string is converted back if the answer to O(probe) shows that the field contains a number or a boolean.
        Names, secrets, and strings such as V("0100") that are not exactly a number are never converted.
    type: dict
  probe:
    description:
      - Path that returns the current state. Defaults to O(path) for V(PUT) and V(DELETE).
      - If it returns a collection, which is a list or a mapping of objects, V(POST) looks for an entry that contains
        all of O(data), and V(PUT) and V(DELETE) look for the entry with the name that O(path) ends with.
    type: str
  idempotent:
    description:
      - Whether to read O(probe) before a write. If V(false), the request is always sent.
    type: bool
    default: true
  expect:
    description:
      - What the answer to a V(GET) must contain, at any depth. Otherwise, the task fails and reports all differences in
        RV(mismatches).
      - Values are compared by their meaning. V(1), V("1") and V(true) are equal, and so are V(10.0.26.2) and
        V(10.0.26.2/32), and V(enable) and V(Enable). Names are case-sensitive.
    type: dict
  dest:
    description:
      - File to write the answer to a V(GET) to, with mode V(0600). The answer must be text or binary data, as that of
        V(account/NAME/config_text) or V(backups/NAME).
      - The file is only replaced if its content differs.
    type: path
  schema:
    description:
      - How to use the OpenAPI document of a 2.x panel, V(openapi.json). It is read at most once per task, and without
        the credential. A document larger than 4 MiB is not used.
      - With V(hint), the document is only read if the panel refuses the path, the method or the data. The error message
        then contains what the document says about them, such as the nearest path, the methods of the path, unknown and
        missing fields, and valid values. If the document cannot be read, or says nothing about the request, the error
        stays as it is.
      - With V(strict), the document is read first. If it does not describe O(path) and O(probe) with their methods, or
        if O(data) does not match its schema, the task fails with RV(error_code=schema_mismatch), reports all
        RV(problems), and sends nothing else. This also applies in check mode. Without a document, the task fails with
        RV(error_code=schema_unavailable). Strings in O(data) are converted as described there, to the numbers and
        booleans of the schema.
      - With V(ignore), the document is never read.
      - A field is unknown if no part of a schema names it, and the schema does not explicitly allow additional fields.
        The case of words, patterns and formats are not checked, and neither is O(query).
      - 1.x panels have no such document. For them, V(strict) is invalid, and the other values have no effect.
    type: str
    choices: [hint, strict, ignore]
    default: hint
    version_added: 0.7.0
  include_secrets:
    description:
      - Whether to return passwords, private keys and other secrets in RV(payload). If V(false), the fields that contain
        them are omitted, and so are answers that are entirely secret, such as the configuration of a client.
    type: bool
    default: false
notes:
  - A field that the panel never returns, such as V(mtu) of a WireGuard server, always counts as different.
  - Writes are not verified. If the panel answers with other values than it was sent, a warning says so. To be sure,
    read the object in another task with O(expect).
  - If the connection breaks after a V(POST) was sent, the module uses O(probe) to check whether the object was created,
    and retries only if it was not. Without O(probe), the task fails with RV(error_code=write_fate_unknown).
seealso:
  - module: puqcloud.puqvpn.puqvpn_info
    description: Gather information about a panel, under stable names.
  - plugin: puqcloud.puqvpn.puqvpn
    plugin_type: lookup
    description: Read data from a panel in a template.
  - ref: ansible_collections.puqcloud.puqvpn.docsite.panels_2x
    description: What works on 2.x panels, and which facts about them are still open.
"""

EXAMPLES = r"""
- name: Read an account, without its password and its private key
  puqcloud.puqvpn.puqvpn_request:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    path: account/alice

- name: Set the bandwidth of an account if it differs
  puqcloud.puqvpn.puqvpn_request:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    method: PUT
    path: account/alice
    data:
      b_download: 100
      b_upload: 100

- name: Create an account if it does not exist
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

- name: Delete an account if it exists
  puqcloud.puqvpn.puqvpn_request:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    method: DELETE
    path: account/bob

- name: Create a firewall rule, which only the list of rules returns
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

- name: Check the DNS server, and report all differences in a single failure
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

- name: Reload the panel, in every run
  puqcloud.puqvpn.puqvpn_request:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    method: PUT
    path: system/reload

- name: Create a client on a 2.x panel if it does not exist
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

- name: Set the bandwidth of a client on a 2.x panel, only if its OpenAPI document describes such a request
  puqcloud.puqvpn.puqvpn_request:
    url: https://vpn2.example.com
    token: "{{ vault_puqvpn_token }}"
    method: PUT
    path: client/carol
    schema: strict
    data:
      b_download: 100
      b_upload: 100
"""

RETURN = r"""
payload:
  description:
    - The answer of the panel without its envelope, or that to O(probe) if the request was not sent.
    - V(null) if O(dest) is set, and in check mode if the object does not exist.
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
  description: The HTTP status code of the answer. V(null) if no request was sent.
  type: int
  returned: when the panel answered
  sample: 200
generation:
  description: The generation of the panel, V(1) or V(2).
  type: int
  returned: when the panel answered
  sample: 1
request:
  description: The request.
  type: dict
  returned: when the panel answered
  sample: {method: PUT, url: "https://vpn.example.com/api/v1/account/alice", sent: true}
  contains:
    method:
      description: The method.
      type: str
    url:
      description: The URL without the query.
      type: str
    sent:
      description: Whether the request was sent. V(false) if nothing has to change, and for writes in check mode.
      type: bool
diff:
  description: The fields that change, before and after. With O(dest), the path and the checksum of the file.
  type: dict
  returned: when the panel answered
  sample: {before: {b_download: "20"}, after: {b_download: 100}}
mismatches:
  description: All differences between O(expect) and the answer.
  type: list
  elements: dict
  returned: when O(expect) is not met, also in check mode
  sample: [{field: max_cache_ttl, expected: 600, found: "60"}]
  contains:
    field:
      description: The name of the field, with dots between the levels.
      type: str
    expected:
      description: The expected value.
      type: raw
    found:
      description: The value in the answer. V(null) if there is no such field.
      type: raw
problems:
  description: All reasons why the request does not fit the OpenAPI document of the panel.
  type: list
  elements: str
  returned: failure, if O(schema=strict) and RV(error_code=schema_mismatch)
  sample: ['"b_downlod" is unknown (probably "b_download")', '"network_name" must be set']
msg:
  description: A summary of the result in one line; on failure, the error message.
  type: str
  returned: always
  sample: "PUT dns: sent"
requests:
  description: The number of HTTP requests that the task sent, retries included.
  type: int
  returned: success
  sample: 3
error_code:
  description:
    - A stable, machine-readable error code, for example V(not_found), V(expectation_failed) or V(write_fate_unknown).
  type: str
  returned: failure
  sample: not_found
panel_error:
  description: The error message returned by the panel; empty if there was none.
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
