# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options, attributes and notes that modules which modify a panel share, documented once."""

from __future__ import annotations


class ModuleDocFragment:
    """``puqcloud.puqvpn.modify`` for every module that modifies a panel, and its other parts where they apply.

    ``.settings`` is for modules of settings and ``.resource`` for modules of objects. ``.replace`` is for objects that
    the panel cannot edit at all, ``.recreate`` for fields that it cannot edit, and ``.write_only`` for fields that it
    never returns. ``.expiry`` is for accounts and clients that end on a date, ``.lockout`` for changes of the firewall.
    """

    DOCUMENTATION = r"""
attributes:
  check_mode:
    support: full
    details:
      - Only read requests are sent. The result is the one to expect from a run without check mode.
  diff_mode:
    support: full
    details:
      - The diff contains the fields that change. For a secret, it only shows that the value changes.
  idempotent:
    support: full
    details:
      - Nothing is written if the panel already is as requested.
options:
  include_secrets:
    description:
      - Whether to return passwords, private keys and other secrets. If V(false), the fields that contain them are
        omitted.
    type: bool
    default: false
  verify_timeout:
    description:
      - Maximum time in seconds that the panel may take to return what was written. After a write, the module reads the
        panel again, with increasing delays, until the change is visible. The task fails if it is not visible in time.
      - This costs neither time nor further requests if the panel shows the change at once. With V(0), it is read once.
      - Also applies to a create or delete request whose response was lost. The module looks for the object for this
        long before it concludes that it does not exist, so that nothing is created twice.
    type: float
    default: 5.0
    version_added: 0.5.0
"""

    SETTINGS = r"""
options: {}
notes:
  - Options that are not set keep their current values.
  - The module sends one request if nothing has to change, and three otherwise, the last of which verifies the change.
"""

    RESOURCE = r"""
options:
  state:
    description:
      - Whether the object should exist.
    type: str
    choices: [present, absent]
    default: present
notes:
  - Options that are not set keep their current values. For a new object, the panel chooses them unless the option says
    otherwise.
  - The module sends one request if nothing has to change, and at least three otherwise, the last of which verifies the
    change.
"""

    REPLACE = r"""
options: {}
notes:
  - The panel cannot edit such an object. An update deletes and recreates it, which takes four requests and leaves a
    moment in which it does not exist. If the new object cannot be created, the old one is restored.
  - The signals TERM, INT and HUP, and the timeout of the task, are deferred while an object is being replaced. KILL
    cannot be deferred. If it arrives at that moment, the object is missing until the next run.
"""

    LOCKOUT = r"""
options: {}
notes:
  - The panel's own port is the one in its rule V(system_PUQVPNCP), or the one in O(url) if there is no such rule.
  - A rule with V(ACCEPT) for some sources is taken to admit you, unless rules with V(DROP) before it together cover all
    of these sources. A rule for a single source port, or for a destination other than the address of the panel, admits
    nobody. The address of the panel is only known if O(url) contains an IP address.
  - The task warns if a change cuts off SSH (TCP port 22), the port in O(url) if it is not the panel's own, or the UDP
    port of a WireGuard server.
  - In check mode, a rule that accepts the panel's own port is assumed to be created by an earlier task of the same
    play, with a warning. Outside check mode, it must exist.
"""

    RECREATE = r"""
options:
  recreate:
    description:
      - Whether to delete and recreate the object when a field differs that the panel cannot update in place. Options
        that are not set are taken over from the old object. If V(false), the task fails and names the field.
      - If the new object cannot be created, the old one is restored.
      - The signals TERM, INT and HUP, and the timeout of the task, are deferred from the deletion until the new object
        is verified. KILL cannot be deferred. The operating system sends it when memory runs out, and Ansible sends it
        to an asynchronous task that exceeds its time limit. If it arrives at that moment, the object is missing, and
        the next run creates it with new values, such as keys, for options that are not set.
    type: bool
    default: false
"""

    WRITE_ONLY = r"""
options:
  update_write_only:
    description:
      - When to send write-only options, which the panel accepts but never returns, so that they cannot be compared.
        RV(unverified) lists them. If the panel does return such an option, it is compared like any other.
      - V(on_create) sends them when the object is created, and later only together with another change.
      - V(always) sends them in every run, and the task is changed every time.
    type: str
    choices: [on_create, always]
    default: on_create
"""

    EXPIRY = r"""
options:
  expires:
    description:
      - When the access ends. Either a day such as V(2027-01-31), which is the last one in UTC, or a moment with a zone
        such as V(2027-01-31T18:00:00+01:00) or V(2027-01-31T17:00:00Z).
      - After that, O(status=disable) applies whatever the option says, or the object must not exist, see O(expired). It
        is enabled again once the date is moved or removed and O(status=enable) is set.
      - The panel does not store the date, so access ends with the first run after it. Only the clock of the Ansible
        controller counts.
    type: str
    version_added: 0.8.0
  expired:
    description:
      - What to do once O(expires) has passed. V(disable) disables the object, and creates a new one disabled. V(absent)
        deletes it.
      - Has no effect without O(expires), or with O(state=absent).
    type: str
    choices: [disable, absent]
    default: disable
    version_added: 0.8.0
"""
