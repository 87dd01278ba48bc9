#!/usr/bin/python
# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: puqvpn_ikev2
short_description: Manage IKEv2 and its certificates
version_added: 0.2.0
description:
  - Creates, imports and deletes the root certificate and the server certificate for IKEv2 of a PUQVPNCP panel, and
    enables or disables IKEv2.
  - Disabling IKEv2 ends all of its sessions, and so does deleting a certificate, since IKEv2 stops without it. After
    the root certificate has changed, clients have to import the new one before they can connect again.
  - The module sends one request if nothing has to change. Otherwise, it sends one for each certificate that is deleted,
    created or imported, one to enable or disable IKEv2, and two read requests.
extends_documentation_fragment:
  - puqcloud.puqvpn.connection
  - puqcloud.puqvpn.attributes
  - puqcloud.puqvpn.modify
  - puqcloud.puqvpn.modify.recreate
attributes:
  check_mode:
    details:
      - Only read requests are sent. The result does not contain certificates that the panel would create.
options:
  enabled:
    description:
      - Whether IKEv2 is enabled. V(true) requires both certificates, on the panel or in this task. Otherwise, the task
        fails and names the missing ones.
      - If not set, IKEv2 stays as it is unless a certificate is deleted.
    type: bool
  ca:
    description:
      - Root certificate, which signs the server certificate and which clients import.
      - It is imported if O(ca.cert) and O(ca.key) are set. Otherwise, the panel creates it, which requires
        O(ca.common_name) and O(ca.organization).
    type: dict
    suboptions:
      <<: &subject
        common_name:
          description:
            - Common name (CN).
          type: str
        organization:
          description:
            - Organization (O).
          type: str
        organizational_unit:
          description:
            - Organizational unit (OU).
          type: str
        locality:
          description:
            - Locality (L), for example the city.
          type: str
        state_or_province_name:
          description:
            - State or province (ST).
          type: str
        country_name:
          description:
            - Country (C), as two letters such as V(PL), or empty. Quote C("NO"), which YAML would convert to a boolean.
          type: str
      state:
        description:
          - Whether the root certificate should exist.
          - V(absent) is refused if the panel has a server certificate, unless O(server.state=absent) as well. A key
            that was not saved before is lost.
        type: str
        choices: [present, absent]
        default: present
      cert:
        description:
          - Root certificate to import, in PEM format.
        type: str
      key:
        description:
          - Private key of O(ca.cert), in PEM format and not encrypted. It is required for an import, and it is never
            compared.
        type: str
  server:
    description:
      - Server certificate, which the panel signs with the root certificate and presents to clients. To create it,
        O(server.domain), O(server.ip), O(server.common_name) and O(server.organization) are required.
    type: dict
    suboptions:
      <<: *subject
      state:
        description:
          - Whether the server certificate should exist.
        type: str
        choices: [present, absent]
        default: present
      domain:
        description:
          - Host name that clients connect to.
        type: str
      ip:
        description:
          - IPv4 address that clients connect to, without a prefix length.
        type: str
      ipv6:
        description:
          - IPv6 address that clients connect to, without a prefix length. Requires version 1.7 of the panel.
          - The panel may not return it. It is then only sent when the server certificate is created, and listed in
            RV(unverified).
        type: str
notes:
  - A certificate cannot be edited. If an existing one has another subject than requested, or is not O(ca.cert), the
    task fails unless O(recreate=true).
  - With O(recreate=true) and another root certificate, the server certificate is recreated as well. If there is one,
    O(server) must be set, for which O(server.state=present) is enough.
  - If the panel refuses the new root certificate, the old one is restored, with a new server certificate of the old
    subject. If only the new server certificate fails, the new root certificate stays, and the next run continues from
    there.
  - If the Python library C(cryptography) is available on the host that the task runs on, O(ca.key) is checked to belong
    to O(ca.cert), and the subject of the root certificate is read from the certificate itself. Otherwise, it is the one
    that the panel returns, which is not that of an imported certificate.
  - IKEv2 can only be used by accounts of a WireGuard server for which it is enabled as well, see
    M(puqcloud.puqvpn.puqvpn_wireguard).
  - Whoever has the key of the root certificate can impersonate the server.
seealso:
  - module: puqcloud.puqvpn.puqvpn_ikev2_settings
    description: Manage the settings of IKEv2, such as its ciphers.
  - module: puqcloud.puqvpn.puqvpn_wireguard
    description: Allow the accounts of a server to use IKEv2.
  - module: puqcloud.puqvpn.puqvpn_account_profile
    description: Save the IKEv2 profile of an account to a file.
"""

EXAMPLES = r"""
- name: Create both certificates, and enable IKEv2
  puqcloud.puqvpn.puqvpn_ikev2:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    enabled: true
    ca:
      common_name: Example VPN root
      organization: Example
      country_name: PL
    server:
      domain: vpn.example.com
      ip: 203.0.113.200
      common_name: vpn.example.com
      organization: Example
  register: vpn

- name: Save the root certificate, which clients import
  ansible.builtin.copy:
    content: "{{ vpn.ikev2.ca.cert }}"
    dest: "{{ playbook_dir }}/example-vpn-root.pem"
    mode: "0644"

- name: Recreate the server certificate for another address, with the same root certificate
  puqcloud.puqvpn.puqvpn_ikev2:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    server:
      ip: 203.0.113.201
    recreate: true

- name: Return the root certificate together with its key
  puqcloud.puqvpn.puqvpn_ikev2:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    include_secrets: true
  register: kept
  no_log: true

- name: Delete both certificates, which stops IKEv2
  puqcloud.puqvpn.puqvpn_ikev2:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    ca:
      state: absent
    server:
      state: absent

- name: Import a root certificate that clients already trust, and enable IKEv2
  puqcloud.puqvpn.puqvpn_ikev2:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    enabled: true
    ca:
      cert: "{{ kept.ikev2.ca.cert }}"
      key: "{{ kept.ikev2.ca.key }}"
    server:
      domain: vpn.example.com
      ip: 203.0.113.200
      common_name: vpn.example.com
      organization: Example
  no_log: true
"""

RETURN = r"""
ikev2:
  description:
    - IKEv2 after the task, in the structure of the options. C(ca) and C(server) both contain C(cert), and with
      O(include_secrets=true) also C(key), in PEM format. O(server.ipv6) is only included if the panel returns it.
    - If a certificate does not exist, its C(cert) and C(key) are empty, and its other fields are the values with which
      the panel would create it.
  type: dict
  returned: success
  sample:
    enabled: true
    ca:
      state: present
      cert: "-----BEGIN CERTIFICATE-----\n...\n-----END CERTIFICATE-----\n"
      common_name: Example VPN root
      organization: Example
      organizational_unit: ""
      locality: ""
      state_or_province_name: ""
      country_name: PL
    server:
      state: present
      cert: "-----BEGIN CERTIFICATE-----\n...\n-----END CERTIFICATE-----\n"
      domain: vpn.example.com
      ip: 203.0.113.200
      common_name: vpn.example.com
      organization: Example
      organizational_unit: ""
      locality: ""
      state_or_province_name: ""
      country_name: ""
unverified:
  description: The options that were set but could not be compared, because the panel does not return them.
  type: list
  elements: str
  returned: success
  sample: [server.ipv6]
diff:
  description: The fields that change, before and after, by their dotted names.
  type: dict
  returned: success, or failure after a write
  sample: {before: {server.ip: 203.0.113.200}, after: {server.ip: 203.0.113.201, server.cert: a new one}}
fields:
  description: The options that caused the failure.
  type: list
  elements: str
  returned: failure because of specific options, for example with RV(error_code=immutable_field)
  sample: [ca.common_name]
done:
  description: The requests that were carried out before the failure.
  type: list
  elements: str
  returned: failure after the first of several writes
  sample: [DELETE ikev2/delete_server_rsa, DELETE ikev2/delete_ca_rsa]
restored:
  description: Whether the old root certificate was restored.
  type: bool
  returned: failure after the deletion of a root certificate that was to be recreated
  sample: true
msg:
  description: A summary of the result in one line; on failure, the error message.
  type: str
  returned: always
  sample: "IKEv2: enabled false -> true"
requests:
  description: The number of HTTP requests that the task sent, retries included.
  type: int
  returned: success
  sample: 3
error_code:
  description:
    - A stable, machine-readable error code, for example V(missing_certificate), V(immutable_field) or V(panel_refused).
  type: str
  returned: failure
  sample: immutable_field
panel_error:
  description: The error message returned by the panel; empty if there was none.
  type: str
  returned: failure
  sample: Certificate failed
"""

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._module.ikev2 import OPTIONS, ikev2
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._task import Task

TASK = Task(OPTIONS, ikev2)


def main() -> None:
    """Entry point of the module."""
    TASK.run()


if __name__ == "__main__":
    main()
