#!/usr/bin/python
# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: puqvpn_ikev2_settings
short_description: Manage the settings of IKEv2
version_added: 0.2.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - Sets ciphers, lifetimes, timeouts and the log of strongSwan, the IKEv2 daemon of a PUQVPNCP panel.
  - The settings are written as a whole, that is the present ones with the wanted ones laid over them. They are read
    again after the write, and a value that did not stick fails the task.
  - A change likely restarts the IKEv2 daemon, which interrupts the connections of all IKEv2 clients. Therefore nothing
    is sent when nothing differs.
  - When nothing has to change, one request is sent, otherwise three.
  - Works with panels of the generation 1.x.
extends_documentation_fragment:
  - puqcloud.puqvpn.connection
  - puqcloud.puqvpn.attributes
  - puqcloud.puqvpn.attributes.actiongroup_all
  - puqcloud.puqvpn.modify
  - puqcloud.puqvpn.modify.settings
attributes:
  check_mode:
    support: full
    details:
      - In check mode the panel is only read. The result is the plan.
  diff_mode:
    support: full
    details:
      - The diff shows the fields that change.
  idempotent:
    support: full
    details:
      - Nothing is written when every option that is given has its value already.
options:
  ike:
    description:
      - The ciphers of the control connection (IKE SA), as proposals with commas between them. Their order counts. A
        V(!) at the end allows no others.
    type: str
  esp:
    description:
      - The ciphers of the traffic (CHILD SA), as proposals with commas between them. Their order counts. A V(!) at the
        end allows no others.
    type: str
  ikelifetime:
    description:
      - Seconds that a control connection lasts until it is negotiated anew, 0 to 2147483647.
    type: int
  lifetime:
    description:
      - Seconds that the keys of the traffic last until they are negotiated anew, 1 to 86400.
    type: int
  margintime:
    description:
      - Seconds before the end of a lifetime at which a new negotiation begins, 1 to 2147483647.
    type: int
  rekey:
    description:
      - Whether the panel negotiates a connection anew when it is about to expire.
    type: str
    choices: ["yes", "no"]
  rekeyfuzz:
    description:
      - How much longer O(margintime) may be at random, in percent, 0 to 2147483647. It keeps clients from negotiating
        all at the same time.
    type: int
  reauth:
    description:
      - Whether the client has to authenticate again when the control connection is negotiated anew.
    type: str
    choices: ["yes", "no"]
  keyingtries:
    description:
      - How many attempts are made to negotiate a connection before it is given up, 1 to 2147483647.
    type: int
  dpdaction:
    description:
      - What to do with the connection of a client that does not answer any more. V(none) does not check for this,
        V(clear) closes the connection, V(hold) makes it anew when there is traffic for it, and V(restart) makes it
        anew at once.
    type: str
    choices: [none, clear, hold, restart]
  dpddelay:
    description:
      - Seconds without traffic after which a client is asked whether it is still there, 0 to 2147483647. With V(0) it
        is not asked.
    type: int
  dpdtimeout:
    description:
      - Seconds without an answer after which a client counts as gone, 0 to 2147483647. It has a meaning for IKEv1
        only.
    type: int
  inactivity:
    description:
      - Seconds without traffic after which a connection is closed, 0 to 2147483647.
    type: int
  closeaction:
    description:
      - What to do when a client closes the connection unexpectedly. V(none) does nothing, V(clear) closes the
        connection, V(hold) makes it anew when there is traffic for it, and V(restart) makes it anew at once.
    type: str
    choices: [none, clear, hold, restart]
  authby:
    description:
      - How both sides prove who they are. V(pubkey), V(rsasig) and V(ecdsasig) are signatures, V(psk) and V(secret) a
        shared secret, V(xauthrsasig) and V(xauthpsk) belong to IKEv1, and V(never) refuses everybody.
    type: str
    choices: [pubkey, rsasig, ecdsasig, psk, secret, xauthrsasig, xauthpsk, never]
  compress:
    description:
      - Whether compression of the traffic is proposed.
    type: str
    choices: ["yes", "no"]
  forceencaps:
    description:
      - Whether the traffic is always wrapped in UDP, even if there is no NAT in between.
    type: str
    choices: ["yes", "no"]
  fragmentation:
    description:
      - Whether long messages of IKE are split. V(yes) does so when the client can take it, V(accept) offers to take
        split messages but sends none, V(force) has a meaning for IKEv1 only, and V(no) does not offer it.
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
      - Whether the server pushes the address of a client, or the client pulls it. IKEv2 knows V(pull) only.
    type: str
    choices: [push, pull]
  strictcrlpolicy:
    description:
      - Whether a fresh list of revoked certificates must be there for a certificate to be accepted. With V(ifuri) only
        when the address of such a list is known.
    type: str
    choices: ["yes", "no", ifuri]
  type:
    description:
      - The type of the connection. Clients of a VPN use V(tunnel). V(passthrough) does not encrypt, and V(drop)
        discards the traffic.
    type: str
    choices: [tunnel, transport, transport_proxy, passthrough, drop]
  uniqueids:
    description:
      - What happens when a client connects with an identity that is connected already. V(yes) and V(replace) end the
        older connection, V(keep) refuses the newer one, V(no) ends the older one only if the client asks for it, and
        V(never) leaves both.
    type: str
    choices: ["yes", "no", never, replace, keep]
  charondebug_dmn:
    description:
      - How much is logged of the daemon itself, from V(-1) for nothing to V(4) for everything, keys included.
    type: int
  charondebug_mgr:
    description:
      - How much is logged of the manager of control connections, from V(-1) for nothing to V(4) for everything, keys
        included.
    type: int
  charondebug_ike:
    description:
      - How much is logged of control connections (IKE SA), from V(-1) for nothing to V(4) for everything, keys
        included.
    type: int
  charondebug_chd:
    description:
      - How much is logged of connections for traffic (CHILD SA), from V(-1) for nothing to V(4) for everything, keys
        included.
    type: int
  charondebug_job:
    description:
      - How much is logged of the queue of jobs and its threads, from V(-1) for nothing to V(4) for everything, keys
        included.
    type: int
  charondebug_cfg:
    description:
      - How much is logged of the configuration and plugins, from V(-1) for nothing to V(4) for everything, keys
        included.
    type: int
  charondebug_knl:
    description:
      - How much is logged of the kernel interface, from V(-1) for nothing to V(4) for everything, keys included.
    type: int
  charondebug_net:
    description:
      - How much is logged of the network communication of IKE, from V(-1) for nothing to V(4) for everything, keys
        included.
    type: int
  charondebug_asn:
    description:
      - How much is logged of the encoding of ASN.1 and certificates, from V(-1) for nothing to V(4) for everything,
        keys included.
    type: int
  charondebug_enc:
    description:
      - How much is logged of the encoding and encryption of packets, from V(-1) for nothing to V(4) for everything,
        keys included.
    type: int
  charondebug_lib:
    description:
      - How much is logged of the library libstrongswan, from V(-1) for nothing to V(4) for everything, keys included.
    type: int
  charondebug_esp:
    description:
      - How much is logged of the library libipsec, from V(-1) for nothing to V(4) for everything, keys included.
    type: int
  charondebug_tls:
    description:
      - How much is logged of the library libtls, from V(-1) for nothing to V(4) for everything, keys included.
    type: int
  charondebug_tnc:
    description:
      - How much is logged of Trusted Network Connect, from V(-1) for nothing to V(4) for everything, keys included.
    type: int
  charondebug_imc:
    description:
      - How much is logged of the collectors of integrity measurements, from V(-1) for nothing to V(4) for everything,
        keys included.
    type: int
  charondebug_imv:
    description:
      - How much is logged of the verifiers of integrity measurements, from V(-1) for nothing to V(4) for everything,
        keys included.
    type: int
  charondebug_pts:
    description:
      - How much is logged of the Platform Trust Service, from V(-1) for nothing to V(4) for everything, keys included.
    type: int
  defaults:
    description:
      - Whether to reset all of these settings to the factory values of the panel.
      - Nothing is sent when they have the documented factory values already. A panel whose factory values are others is
        reset every time, with a warning.
      - Cannot be given together with one of these settings.
    type: bool
    default: false
notes:
  - The factory values of O(ike) and O(esp) include 3DES and SHA-1, those of O(ike) also a group of 1024 bits. Set
    stronger ones when all clients know them.
  - A level of V(4) writes keys to the log of the host.
  - Quote the words V("yes") and V("no"), since YAML takes them for booleans otherwise.
  - The settings are described in detail in the documentation of C(ipsec.conf) and of the loggers of strongSwan.
seealso:
  - module: puqcloud.puqvpn.puqvpn_ikev2
    description: Switch IKEv2 on, and make its certificates.
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

- name: Show the lifetime of keys, which was not touched
  ansible.builtin.debug:
    msg: "Keys of the traffic last {{ settings.ikev2_settings.lifetime }} seconds"

- name: Ask silent clients after a minute, drop those that are gone, and let several devices use one account
  puqcloud.puqvpn.puqvpn_ikev2_settings:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    dpdaction: clear
    dpddelay: 60
    uniqueids: never

- name: Log more of the negotiation, to look for a fault
  puqcloud.puqvpn.puqvpn_ikev2_settings:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    charondebug_ike: 2
    charondebug_cfg: 2

- name: Go back to the factory values
  puqcloud.puqvpn.puqvpn_ikev2_settings:
    url: https://vpn.example.com
    access_hash: "{{ vault_puqvpn_access_hash }}"
    defaults: true
"""

RETURN = r"""
ikev2_settings:
  description: The settings as they are now, in check mode as they would be.
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
  contains:
    ike:
      description: The ciphers of the control connection, as proposals.
      type: str
      returned: success
    esp:
      description: The ciphers of the traffic, as proposals.
      type: str
      returned: success
    ikelifetime:
      description: Seconds that a control connection lasts.
      type: int
      returned: success
    lifetime:
      description: Seconds that the keys of the traffic last.
      type: int
      returned: success
    margintime:
      description: Seconds before the end of a lifetime at which a new negotiation begins.
      type: int
      returned: success
    rekey:
      description: Whether the panel negotiates a connection anew when it is about to expire.
      type: str
      returned: success
    rekeyfuzz:
      description: How much longer the margin may be at random, in percent.
      type: int
      returned: success
    reauth:
      description: Whether the client has to authenticate again when the control connection is negotiated anew.
      type: str
      returned: success
    keyingtries:
      description: How many attempts are made to negotiate a connection.
      type: int
      returned: success
    dpdaction:
      description: What is done with the connection of a client that does not answer any more.
      type: str
      returned: success
    dpddelay:
      description: Seconds without traffic after which a client is asked whether it is still there.
      type: int
      returned: success
    dpdtimeout:
      description: Seconds without an answer after which a client counts as gone.
      type: int
      returned: success
    inactivity:
      description: Seconds without traffic after which a connection is closed.
      type: int
      returned: success
    closeaction:
      description: What is done when a client closes the connection unexpectedly.
      type: str
      returned: success
    authby:
      description: How both sides prove who they are.
      type: str
      returned: success
    compress:
      description: Whether compression of the traffic is proposed.
      type: str
      returned: success
    forceencaps:
      description: Whether the traffic is always wrapped in UDP.
      type: str
      returned: success
    fragmentation:
      description: Whether long messages of IKE are split.
      type: str
      returned: success
    installpolicy:
      description: Whether the daemon installs the IPsec policies in the kernel.
      type: str
      returned: success
    mobike:
      description: Whether a client keeps its connection when its address changes.
      type: str
      returned: success
    modeconfig:
      description: Whether the server pushes the address of a client, or the client pulls it.
      type: str
      returned: success
    strictcrlpolicy:
      description: Whether a fresh list of revoked certificates must be there.
      type: str
      returned: success
    type:
      description: The type of the connection.
      type: str
      returned: success
    uniqueids:
      description: What happens when a client connects with an identity that is connected already.
      type: str
      returned: success
    charondebug_dmn:
      description: How much is logged of the daemon itself.
      type: int
      returned: success
    charondebug_mgr:
      description: How much is logged of the manager of control connections.
      type: int
      returned: success
    charondebug_ike:
      description: How much is logged of control connections (IKE SA).
      type: int
      returned: success
    charondebug_chd:
      description: How much is logged of connections for traffic (CHILD SA).
      type: int
      returned: success
    charondebug_job:
      description: How much is logged of the queue of jobs and its threads.
      type: int
      returned: success
    charondebug_cfg:
      description: How much is logged of the configuration and plugins.
      type: int
      returned: success
    charondebug_knl:
      description: How much is logged of the kernel interface.
      type: int
      returned: success
    charondebug_net:
      description: How much is logged of the network communication of IKE.
      type: int
      returned: success
    charondebug_asn:
      description: How much is logged of the encoding of ASN.1 and certificates.
      type: int
      returned: success
    charondebug_enc:
      description: How much is logged of the encoding and encryption of packets.
      type: int
      returned: success
    charondebug_lib:
      description: How much is logged of the library libstrongswan.
      type: int
      returned: success
    charondebug_esp:
      description: How much is logged of the library libipsec.
      type: int
      returned: success
    charondebug_tls:
      description: How much is logged of the library libtls.
      type: int
      returned: success
    charondebug_tnc:
      description: How much is logged of Trusted Network Connect.
      type: int
      returned: success
    charondebug_imc:
      description: How much is logged of the collectors of integrity measurements.
      type: int
      returned: success
    charondebug_imv:
      description: How much is logged of the verifiers of integrity measurements.
      type: int
      returned: success
    charondebug_pts:
      description: How much is logged of the Platform Trust Service.
      type: int
      returned: success
diff:
  description: The fields that change, before and after.
  type: dict
  returned: success, or when the failure came after a write
  sample:
    before:
      lifetime: 3600
    after:
      lifetime: 7200
fields:
  description: The options that the failure is about.
  type: list
  elements: str
  returned: when the failure is about single options, for example RV(error_code=value_not_stored)
  sample: [dpddelay]
error_code:
  description:
    - What went wrong as a stable word, for example V(invalid_option), V(panel_refused), V(value_not_stored) or
      V(not_authorized).
  type: str
  returned: failure
  sample: panel_refused
panel_error:
  description: The panel's own words, empty when it said nothing.
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
