#!/usr/bin/python
# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: puqvpn_ikev2_settings
short_description: Manage the IKEv2 settings of a panel
version_added: 0.2.0
description:
  - Configures ciphers, lifetimes, timeouts and logging of strongSwan, the IKEv2 daemon of a PUQVPNCP panel.
  - A change probably restarts the daemon, which disconnects all IKEv2 clients.
extends_documentation_fragment:
  - puqcloud.puqvpn.connection
  - puqcloud.puqvpn.attributes
  - puqcloud.puqvpn.modify
  - puqcloud.puqvpn.modify.settings
options:
  ike:
    description:
      - Cipher proposals for control connections (IKE SA), separated by commas, in order of preference. A trailing V(!)
        forbids all others.
    type: str
  esp:
    description:
      - Cipher proposals for traffic (CHILD SA), in the same format as O(ike).
    type: str
  ikelifetime:
    description:
      - Lifetime of a control connection in seconds, from 0 to 2147483647.
    type: int
  lifetime:
    description:
      - Lifetime of the keys for traffic in seconds, from 1 to 86400.
    type: int
  margintime:
    description:
      - How long before the end of a lifetime it is renegotiated, in seconds, from 1 to 2147483647.
    type: int
  rekey:
    description:
      - Whether the panel renegotiates a connection that is about to expire.
    type: str
    choices: ["yes", "no"]
  rekeyfuzz:
    description:
      - Percentage by which O(margintime) is randomly increased at most, from 0 to 2147483647. Prevents clients from
        renegotiating all at the same time.
    type: int
  reauth:
    description:
      - Whether clients must authenticate again when a control connection is renegotiated.
    type: str
    choices: ["yes", "no"]
  keyingtries:
    description:
      - Number of attempts to negotiate a connection, from 1 to 2147483647.
    type: int
  dpdaction:
    description:
      - What to do with the connection of a client that no longer responds (dead peer detection). V(none) does not check
        for this, V(clear) closes the connection, V(hold) reestablishes it when there is traffic for it, and V(restart)
        reestablishes it at once.
    type: str
    choices: [none, clear, hold, restart]
  dpddelay:
    description:
      - Time without traffic after which a client is checked, in seconds, from 0 to 2147483647. V(0) disables the check.
    type: int
  dpdtimeout:
    description:
      - Time after which a client that does not respond is considered dead, in seconds, from 0 to 2147483647. Only
        applies to IKEv1.
    type: int
  inactivity:
    description:
      - Time without traffic after which a connection is closed, in seconds, from 0 to 2147483647.
    type: int
  closeaction:
    description:
      - What to do if a client closes the connection unexpectedly. V(none) does nothing. The other values are the same
        as for O(dpdaction).
    type: str
    choices: [none, clear, hold, restart]
  authby:
    description:
      - How panel and clients authenticate. V(pubkey), V(rsasig) and V(ecdsasig) are signatures, V(psk) and V(secret) a
        shared secret, V(xauthrsasig) and V(xauthpsk) only apply to IKEv1, and V(never) rejects everybody.
    type: str
    choices: [pubkey, rsasig, ecdsasig, psk, secret, xauthrsasig, xauthpsk, never]
  compress:
    description:
      - Whether to propose compression of the traffic.
    type: str
    choices: ["yes", "no"]
  forceencaps:
    description:
      - Whether to encapsulate traffic in UDP even if no NAT is detected.
    type: str
    choices: ["yes", "no"]
  fragmentation:
    description:
      - Whether to fragment large IKE messages. V(yes) does so if the client supports it, V(accept) accepts fragments
        but sends none, V(force) only applies to IKEv1, and V(no) disables fragmentation.
    type: str
    choices: ["yes", accept, force, "no"]
  installpolicy:
    description:
      - Whether the daemon installs the IPsec policies in the kernel. Connections carry no traffic without them, unless
        something else installs them.
    type: str
    choices: ["yes", "no"]
  mobike:
    description:
      - Whether a client keeps its connection when its address changes (MOBIKE).
    type: str
    choices: ["yes", "no"]
  modeconfig:
    description:
      - Whether the server pushes the address to the client, or the client pulls it. IKEv2 only supports V(pull).
    type: str
    choices: [push, pull]
  strictcrlpolicy:
    description:
      - Whether a current certificate revocation list is required to accept a certificate. V(ifuri) requires it only if
        the URI of the list is known.
    type: str
    choices: ["yes", "no", ifuri]
  type:
    description:
      - Type of the connection. VPN clients use V(tunnel). V(passthrough) does not encrypt, and V(drop) discards the
        traffic.
    type: str
    choices: [tunnel, transport, transport_proxy, passthrough, drop]
  uniqueids:
    description:
      - What to do if a client connects with an identity that is already connected. V(yes) and V(replace) end the older
        connection, V(keep) rejects the newer one, V(no) ends the older one only if the client asks for it, and V(never)
        keeps both.
    type: str
    choices: ["yes", "no", never, replace, keep]
  charondebug_dmn:
    description:
      - Log level of the daemon itself.
    type: int
  charondebug_mgr:
    description:
      - Log level of the manager of control connections.
    type: int
  charondebug_ike:
    description:
      - Log level of control connections (IKE SA).
    type: int
  charondebug_chd:
    description:
      - Log level of connections for traffic (CHILD SA).
    type: int
  charondebug_job:
    description:
      - Log level of the job queue and its threads.
    type: int
  charondebug_cfg:
    description:
      - Log level of the configuration and of plugins.
    type: int
  charondebug_knl:
    description:
      - Log level of the kernel interface.
    type: int
  charondebug_net:
    description:
      - Log level of the network communication of IKE.
    type: int
  charondebug_asn:
    description:
      - Log level of the encoding of ASN.1 and certificates.
    type: int
  charondebug_enc:
    description:
      - Log level of the encoding and encryption of packets.
    type: int
  charondebug_lib:
    description:
      - Log level of the library libstrongswan.
    type: int
  charondebug_esp:
    description:
      - Log level of the library libipsec.
    type: int
  charondebug_tls:
    description:
      - Log level of the library libtls.
    type: int
  charondebug_tnc:
    description:
      - Log level of Trusted Network Connect.
    type: int
  charondebug_imc:
    description:
      - Log level of integrity measurement collectors.
    type: int
  charondebug_imv:
    description:
      - Log level of integrity measurement verifiers.
    type: int
  charondebug_pts:
    description:
      - Log level of the Platform Trust Service.
    type: int
  defaults:
    description:
      - Whether to reset all of these settings to the factory defaults of the panel. Mutually exclusive with all of
        them.
      - Nothing is sent if the settings already have the documented factory defaults. A panel whose factory defaults
        differ from these is reset in every run, and a warning says so.
    type: bool
    default: false
notes:
  - The factory defaults of O(ike) and O(esp) include 3DES and SHA-1, and that of O(ike) also a 1024-bit group. Set
    stronger ciphers if all clients support them.
  - Log levels range from V(-1) for nothing to V(4) for everything. V(4) writes keys to the log of the host.
  - For details, see the documentation of C(ipsec.conf) and of the loggers of strongSwan.
seealso:
  - module: puqcloud.puqvpn.puqvpn_ikev2
    description: Enable IKEv2, and create its certificates.
  - module: puqcloud.puqvpn.puqvpn_ikev2_session
    description: End the live session of an account.
"""

EXAMPLES = r"""
- name: Allow strong ciphers only
  puqcloud.puqvpn.puqvpn_ikev2_settings:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    ike: aes256gcm16-prfsha384-ecp384,aes256-sha256-modp2048!
    esp: aes256gcm16-ecp384,aes256-sha256!
  register: settings

- name: Show the lifetime of keys, which was not changed
  ansible.builtin.debug:
    msg: "Keys are renegotiated after {{ settings.ikev2_settings.lifetime }} seconds"

- name: Check silent clients after a minute, close dead connections, and allow several devices per account
  puqcloud.puqvpn.puqvpn_ikev2_settings:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    dpdaction: clear
    dpddelay: 60
    uniqueids: never

- name: Log more details of negotiations, for troubleshooting
  puqcloud.puqvpn.puqvpn_ikev2_settings:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    charondebug_ike: 2
    charondebug_cfg: 2

- name: Restore the factory defaults
  puqcloud.puqvpn.puqvpn_ikev2_settings:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    defaults: true
"""

RETURN = r"""
ikev2_settings:
  description: The settings after the task, under the names of the options.
  type: dict
  returned: success
  sample:
    ike: aes256gcm16-prfsha384-ecp384!
    esp: aes256gcm16-ecp384!
    ikelifetime: 86400
    lifetime: 3600
    margintime: 600
    rekey: "no"
    rekeyfuzz: 100
    reauth: "yes"
    keyingtries: 5
    dpdaction: clear
    dpddelay: 300
    dpdtimeout: 150
    inactivity: 86400
    closeaction: none
    authby: pubkey
    compress: "no"
    forceencaps: "yes"
    fragmentation: "yes"
    installpolicy: "yes"
    mobike: "yes"
    modeconfig: pull
    strictcrlpolicy: "no"
    type: tunnel
    uniqueids: "no"
    charondebug_dmn: 0
    charondebug_mgr: 0
    charondebug_ike: 0
    charondebug_chd: 0
    charondebug_job: 0
    charondebug_cfg: 0
    charondebug_knl: 0
    charondebug_net: 0
    charondebug_asn: 0
    charondebug_enc: 0
    charondebug_lib: 0
    charondebug_esp: 0
    charondebug_tls: 0
    charondebug_tnc: 0
    charondebug_imc: 0
    charondebug_imv: 0
    charondebug_pts: 0
diff:
  description: The fields that change, before and after.
  type: dict
  returned: success, or failure after a write
  sample: {before: {lifetime: 3600}, after: {lifetime: 7200}}
fields:
  description: The options that caused the failure.
  type: list
  elements: str
  returned: failure because of specific options, for example with RV(error_code=value_not_stored)
  sample: [dpddelay]
msg:
  description: A summary of the result in one line; on failure, the error message.
  type: str
  returned: always
  sample: "IKEv2 settings: lifetime 1h -> 2h"
requests:
  description: The number of HTTP requests that the task sent, retries included.
  type: int
  returned: success
  sample: 3
error_code:
  description:
    - A stable, machine-readable error code, for example V(invalid_option), V(panel_refused) or V(value_not_stored).
  type: str
  returned: failure
  sample: panel_refused
panel_error:
  description: The error message returned by the panel; empty if there was none.
  type: str
  returned: failure
  sample: Incorrect value Lifetime (should be 1 to 86400)
"""

from functools import partial

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._objects.ikev2 import IKEV2_SETTINGS
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._resource import manage_settings
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._task import Task

TASK = Task(IKEV2_SETTINGS.argument_spec, partial(manage_settings, IKEV2_SETTINGS))


def main() -> None:
    """Entry point of the module."""
    TASK.run()


if __name__ == "__main__":
    main()
