#!/usr/bin/python
# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: puqvpn_ikev2
short_description: Manage IKEv2 and its certificates
version_added: 0.2.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Makes, imports and removes the root certificate and the server certificate for IKEv2 of a PUQVPNCP panel, and
    switches IKEv2 on and off.
  - What is missing is made in one task and in the order that it needs, which is O(ca), O(server), O(enabled).
  - A certificate is made once. One that is there with another subject, or another one than O(ca.cert), fails the task,
    unless O(recreate=true).
  - Switching IKEv2 off ends all its sessions. So does the removal of a certificate, without which IKEv2 stops. After a
    new root certificate, every client has to import it before it can connect again.
  - A task that changes nothing costs one request. Otherwise it costs one for each certificate that is removed, made or
    imported, one for the switch where it has to move, and two reads.
  - Works with panels of the generation 1.x.
extends_documentation_fragment:
  - puqcloud.puqvpn.connection
  - puqcloud.puqvpn.attributes
  - puqcloud.puqvpn.attributes.actiongroup_all
  - puqcloud.puqvpn.modify
  - puqcloud.puqvpn.modify.recreate
attributes:
  check_mode:
    support: full
    details:
      - Only reads are sent in check mode. The result is the plan, without certificates that the panel has yet to make.
  diff_mode:
    support: full
    details:
      - The diff shows what changes. Of a private key it only shows that it changes.
  idempotent:
    support: full
    details:
      - Nothing is written when the certificates are there as described and the switch stands as wanted.
options:
  enabled:
    description:
      - Whether IKEv2 is switched on. V(true) needs both certificates, on the panel or given here. Otherwise the task
        fails and names what is missing.
      - Without this option the switch stays as it was, also when certificates are made anew. Only the removal of a
        certificate switches IKEv2 off.
    type: bool
  ca:
    description:
      - The root certificate, which signs the server certificate and which clients import.
      - With O(ca.cert) and O(ca.key) an existing one is imported. Otherwise the panel makes one, and needs
        O(ca.common_name) and O(ca.organization).
    type: dict
    suboptions:
      state:
        description:
          - Whether the root certificate should be there.
          - V(absent) is refused while the panel has a server certificate, unless O(server.state=absent) as well. A key
            that was not saved before is lost.
        type: str
        choices: [present, absent]
        default: present
      cert:
        description:
          - The root certificate to import, in PEM format.
        type: str
      key:
        description:
          - The private key of O(ca.cert), in PEM format and not encrypted. It is needed when the certificate has to be
            imported, and it is never compared.
        type: str
      common_name:
        description:
          - The common name (CN) of the root certificate. A new one needs it, unless it is imported.
        type: str
      organization:
        description:
          - The organization (O) of the root certificate. A new one needs it, unless it is imported.
        type: str
      organizational_unit:
        description:
          - The organizational unit (OU) of the root certificate.
        type: str
      locality:
        description:
          - The locality (L), that is the town, of the root certificate.
        type: str
      state_or_province_name:
        description:
          - The state or province (ST) of the root certificate.
        type: str
      country_name:
        description:
          - The country (C) of the root certificate, two letters such as V(PL), or empty. Write C("NO") in quotes,
            since YAML takes the word for a switch.
        type: str
  server:
    description:
      - The server certificate, which the panel signs with the root certificate and shows to clients.
      - A new one needs O(server.domain), O(server.ip), O(server.common_name) and O(server.organization).
    type: dict
    suboptions:
      state:
        description:
          - Whether the server certificate should be there. V(absent) stops IKEv2.
        type: str
        choices: [present, absent]
        default: present
      domain:
        description:
          - The host name that clients connect to. A new server certificate needs it.
        type: str
      ip:
        description:
          - The IPv4 address that clients connect to, without a prefix. A new server certificate needs it.
        type: str
      ipv6:
        description:
          - The IPv6 address that clients connect to, without a prefix.
          - It needs version 1.7 of the panel. Panels need not show it. It is then only sent when the server certificate
            is made, and named in RV(unverified).
        type: str
      common_name:
        description:
          - The common name (CN) of the server certificate. A new one needs it.
        type: str
      organization:
        description:
          - The organization (O) of the server certificate. A new one needs it.
        type: str
      organizational_unit:
        description:
          - The organizational unit (OU) of the server certificate.
        type: str
      locality:
        description:
          - The locality (L), that is the town, of the server certificate.
        type: str
      state_or_province_name:
        description:
          - The state or province (ST) of the server certificate.
        type: str
      country_name:
        description:
          - The country (C) of the server certificate, two letters such as V(PL), or empty. Write C("NO") in quotes,
            since YAML takes the word for a switch.
        type: str
notes:
  - The accounts of a WireGuard server can only use IKEv2 when it is switched on for that server as well, see
    M(puqcloud.puqvpn.puqvpn_wireguard).
  - With O(recreate=true) and another root certificate, the server certificate is made anew as well. If there is one,
    O(server) must be given, for which O(server.state=present) is enough. What is not given is taken over from the old
    one.
  - When the panel refuses the new root certificate, the old one is put back, with a new server certificate of the old
    subject. When only the new server certificate fails, the new root stays, and the next run goes on from there.
  - With the Python library cryptography on the machine where the task runs, O(ca.key) is checked to belong to
    O(ca.cert), and the subject of the root is read from the certificate itself. Without it, the subject is what the
    panel shows, which is not that of an imported root.
  - The configuration is read again after every write. A value that did not stick fails the task with
    RV(error_code=value_not_stored) and the name of the field.
  - Whoever has the key of the root certificate can pretend to be the server. It is only returned with
    O(include_secrets=true).
seealso:
  - module: puqcloud.puqvpn.puqvpn_ikev2_settings
    description: Manage the settings of IKEv2, such as its ciphers.
  - module: puqcloud.puqvpn.puqvpn_wireguard
    description: Let the accounts of a server use IKEv2.
  - module: puqcloud.puqvpn.puqvpn_account_profile
    description: Save the IKEv2 profile of a client as a file.
"""

EXAMPLES = r"""
- name: Make both certificates, and switch IKEv2 on
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

- name: Make the server certificate anew for another address, with the same root
  puqcloud.puqvpn.puqvpn_ikev2:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    server:
      ip: 203.0.113.201
    recreate: true

- name: Read the root certificate together with its key
  puqcloud.puqvpn.puqvpn_ikev2:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    include_secrets: true
  register: kept
  no_log: true

- name: Remove both certificates, which stops IKEv2
  puqcloud.puqvpn.puqvpn_ikev2:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    ca:
      state: absent
    server:
      state: absent

- name: Import a root certificate that clients trust already, and switch IKEv2 on
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
    - IKEv2 and its certificates after the task, in check mode as they will be as far as that is known.
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
  contains:
    enabled:
      description: Whether IKEv2 is switched on.
      type: bool
      returned: success
    ca:
      description:
        - The root certificate. The subject is what the panel would make one with when there is none.
      type: dict
      returned: success
      contains:
        state:
          description: Whether it is there, V(present) or V(absent).
          type: str
          returned: success
        cert:
          description: The root certificate in PEM format, empty when there is none.
          type: str
          returned: success, in check mode not when it has yet to be made
        key:
          description: The private key of the root certificate in PEM format, empty when there is none.
          type: str
          returned: when O(include_secrets=true)
        common_name:
          description: The common name (CN) of the root certificate.
          type: str
          returned: success
        organization:
          description: The organization (O) of the root certificate.
          type: str
          returned: success
        organizational_unit:
          description: The organizational unit (OU) of the root certificate.
          type: str
          returned: success
        locality:
          description: The locality (L), that is the town, of the root certificate.
          type: str
          returned: success
        state_or_province_name:
          description: The state or province (ST) of the root certificate.
          type: str
          returned: success
        country_name:
          description: The country (C) of the root certificate.
          type: str
          returned: success
    server:
      description:
        - The server certificate. The other fields are what the panel would make one with when there is none.
      type: dict
      returned: success
      contains:
        state:
          description: Whether it is there, V(present) or V(absent).
          type: str
          returned: success
        cert:
          description: The server certificate in PEM format, empty when there is none.
          type: str
          returned: success, in check mode not when it has yet to be made
        key:
          description: The private key of the server certificate in PEM format, empty when there is none.
          type: str
          returned: when O(include_secrets=true)
        domain:
          description: The host name that clients connect to.
          type: str
          returned: success
        ip:
          description: The IPv4 address that clients connect to.
          type: str
          returned: success
        ipv6:
          description: The IPv6 address that clients connect to.
          type: str
          returned: when the panel shows it
        common_name:
          description: The common name (CN) of the server certificate.
          type: str
          returned: success
        organization:
          description: The organization (O) of the server certificate.
          type: str
          returned: success
        organizational_unit:
          description: The organizational unit (OU) of the server certificate.
          type: str
          returned: success
        locality:
          description: The locality (L), that is the town, of the server certificate.
          type: str
          returned: success
        state_or_province_name:
          description: The state or province (ST) of the server certificate.
          type: str
          returned: success
        country_name:
          description: The country (C) of the server certificate.
          type: str
          returned: success
unverified:
  description:
    - The options that were given and that the panel does not show, so that nobody can tell whether they differ.
  type: list
  elements: str
  returned: success
  sample:
    - server.ipv6
diff:
  description: What changes by its dotted name, before and after. Secrets are hidden.
  type: dict
  returned: success, or when the failure came after a write
  sample:
    before:
      server.ip: 203.0.113.200
    after:
      server.ip: 203.0.113.201
      server.cert: a new one
fields:
  description: The options that the failure is about.
  type: list
  elements: str
  returned: when the failure is about single options, for example RV(error_code=immutable_field)
  sample: [ca.common_name]
done:
  description: The requests that were carried out before the failure.
  type: list
  elements: str
  returned: when a change of several steps stops half-way
  sample: [DELETE ikev2/delete_server_rsa, DELETE ikev2/delete_ca_rsa]
restored:
  description: Whether the old root certificate was put back after a new one could not take its place.
  type: bool
  returned: when the old one was removed before the failure
  sample: true
error_code:
  description:
    - What went wrong as a stable word, for example V(invalid_option), V(missing_certificate), V(missing_option),
      V(immutable_field) or V(value_not_stored).
  type: str
  returned: failure
  sample: immutable_field
panel_error:
  description: The panel's own words, empty when it said nothing.
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
