# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An event source of ansible-rulebook: what changes on PUQ VPN panels."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible import constants

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterator
    from types import ModuleType

DOCUMENTATION = r"""
---
name: panel
short_description: Send events about PUQ VPN panels, their accounts and live sessions
version_added: 0.9.0
author:
  - PUQ VPN collection contributors (@puqcloud)
description:
  - An ansible-rulebook event source plugin that polls panels, and sends one event for each change of state.
  - Supports panels of both generations. Unless stated otherwise, everything about accounts also applies to clients of
    2.x panels.
  - The first poll learns the state of a panel, and only sends events for what is wrong.
  - Sends one to three requests with each poll of a panel - the status, the accounts, and one of the other lists in
    turn, which are those of live sessions, and once per hour the backups. It only reads.
  - Each event contains C(type), C(panel) (the name of the panel), C(url), C(generation), C(time) (UTC) and C(text), a
    sentence. Types are C(panel_unreachable), C(panel_reachable), C(panel_not_ready), C(panel_ready), C(license_ending),
    C(slots_low), C(backup_too_old), C(account_created), C(account_changed), C(account_removed), C(account_online),
    C(account_offline) and C(drift).
  - C(panel_unreachable) contains C(error_code), C(panel_not_ready) C(state), C(license_ending) C(days_left),
    C(expires) and C(valid), C(slots_low) C(free), C(used) and C(limit), C(backup_too_old) C(age_minutes), C(newest) and
    C(count).
  - All events about accounts contain C(account), its name. C(account_created) contains its fields in C(after),
    C(account_changed) the names of the changed C(fields), and their values C(before) and C(after).
  - C(account_online) contains C(protocol), C(endpoint), C(known_endpoints) (the addresses from which the account was
    online before) and C(new_endpoint), whether the address is none of them. It is also sent when an account that stays
    online moves to a new address.
  - C(drift) contains C(plan), the entries of the plan that M(puqcloud.puqvpn.puqvpn_apply) would execute, C(changes),
    their number, and C(refusals). It is sent again when the plan changes.
  - No event contains a secret. All texts of the panel are single lines of at most 500 characters. Braces are replaced
    with parentheses, since Ansible would evaluate templates in events.
  - An error of a panel never ends the source. A panel whose status cannot be read is unreachable. Other errors, such as
    a list that the panel refuses, are written to the log once, and the last known state is kept.
requirements:
  - ansible-core >= 2.16
  - requests
options:
  url:
    description:
      - URL of the panel, without the path of the API.
      - Defaults to the environment variable C(PUQVPN_URL).
    type: str
  access_hash:
    description:
      - Access hash of a 1.x panel.
      - Defaults to the environment variable C(PUQVPN_ACCESS_HASH).
    type: str
  token:
    description:
      - API token of a 2.x panel. It must be allowed to read the system status and clients.
      - Defaults to the environment variable C(PUQVPN_TOKEN).
    type: str
  validate_certs:
    description:
      - Whether to validate the TLS certificate of the panel.
      - Defaults to the environment variable C(PUQVPN_VALIDATE_CERTS).
    type: bool
    default: true
  ca_path:
    description:
      - Path of a file with trusted certificates of authorities, in PEM format.
      - Defaults to the environment variable C(PUQVPN_CA_PATH).
    type: path
  timeout:
    description:
      - Timeout of a single request, in seconds.
      - Defaults to the environment variable C(PUQVPN_TIMEOUT).
    type: float
    default: 30.0
  retries:
    description:
      - Number of retries after a transient failure, before the panel counts as unreachable.
      - Defaults to the environment variable C(PUQVPN_RETRIES).
    type: int
    default: 3
  panels:
    description:
      - The panels to poll, if there are several. An option that a panel does not set is taken from those beside this
        list. A panel with a credential of its own takes neither credential from there.
    type: list
    elements: dict
    suboptions:
      name:
        description:
          - Unique name of the panel in events. Defaults to the host in C(url).
        type: str
      url:
        description:
          - See O(url).
        type: str
      access_hash:
        description:
          - See O(access_hash).
        type: str
      token:
        description:
          - See O(token).
        type: str
      validate_certs:
        description:
          - See O(validate_certs).
        type: bool
      ca_path:
        description:
          - See O(ca_path).
        type: path
      timeout:
        description:
          - See O(timeout).
        type: float
      retries:
        description:
          - See O(retries).
        type: int
      config:
        description:
          - See O(config).
        type: dict
      config_file:
        description:
          - See O(config_file).
        type: path
  interval:
    description:
      - Seconds between two polls of a panel.
    type: float
    default: 60.0
  jitter:
    description:
      - The largest part of O(interval) that is added to it at random, so that panels are not polled at the same moment.
    type: float
    default: 0.1
  concurrency:
    description:
      - The number of panels that are polled at the same time, 64 at most.
    type: int
    default: 8
  watch:
    description:
      - What to watch beside the panel itself. V(accounts) reads the accounts with each poll, and V(sessions) one of the
        lists of live sessions.
    type: list
    elements: str
    choices: [accounts, sessions]
    default: [accounts, sessions]
  min_license_days:
    description:
      - Fewer days until the license ends send C(license_ending), and so does a license that is not valid.
    type: int
    default: 30
  min_free_accounts:
    description:
      - Fewer accounts that can still be created send C(slots_low).
    type: int
    default: 1
  max_backup_hours:
    description:
      - A newest backup that is older sends C(backup_too_old), and so does a panel without a backup. With V(0), backups
        are not read. 2.x panels do not list their backups.
    type: int
    default: 48
  state_file:
    description:
      - Path of a file that keeps the state of the panels, so that a restart sends no event twice, and what changed
        meanwhile makes events. Each source needs a file of its own. The file contains no secrets and has the mode 0600.
      - A file with anything else is refused. If it does not exist, the source begins with the present state.
      - Without it, the state is lost when the source ends.
    type: path
  config:
    description:
      - The desired state of the panel, as O(puqcloud.puqvpn.puqvpn_apply#module:config). Differences send C(drift).
    type: dict
  config_file:
    description:
      - Path of a YAML file with such a document, or with the variables of the role P(puqcloud.puqvpn.panel#role). It is
        read before each comparison, and must contain neither templates nor encrypted values.
      - Mutually exclusive with O(config).
    type: path
  purge:
    description:
      - The sections in which an object that the document does not contain is a difference, as in
        M(puqcloud.puqvpn.puqvpn_apply).
    type: list
    elements: str
    default: []
    choices: [firewall_rules, wireguard, accounts, port_forwards, clients]
  purge_scope:
    description:
      - The servers or networks that O(purge) is limited to, as in M(puqcloud.puqvpn.puqvpn_apply).
    type: list
    elements: str
  protect:
    description:
      - Names or shell patterns of accounts that O(purge) does not concern, as in M(puqcloud.puqvpn.puqvpn_apply).
    type: list
    elements: str
    default: []
  drift_interval:
    description:
      - Seconds between two comparisons with the document. Each takes one request for each section of the document,
        beside those of the poll.
    type: float
    default: 3600.0
"""

EXAMPLES = r"""
# One panel, whose address and credential come from the environment variables PUQVPN_URL and PUQVPN_ACCESS_HASH.
- puqcloud.puqvpn.panel:

# Several panels, with variables of ansible-rulebook. The state survives a restart.
- puqcloud.puqvpn.panel:
    panels:
      - url: https://paris.example.com
        access_hash: "{{ paris_access_hash }}"
      - name: oslo
        url: https://oslo.example.com
        token: "{{ oslo_token }}"
    interval: 30
    min_license_days: 14
    state_file: /var/lib/puqvpn/events.json

# Compare a panel with a document every ten minutes, and watch nothing else of its accounts.
- puqcloud.puqvpn.panel:
    url: https://vpn.example.com
    access_hash: "{{ access_hash }}"
    watch: []
    config_file: /etc/puqvpn/panel.yml
    purge: [accounts]
    drift_interval: 600
"""

_COLLECTION = ("ansible_collections", "puqcloud", "puqvpn")
_MODULE = ("plugins", "plugin_utils", "_events", "poll")


async def main(queue: asyncio.Queue[Any], args: dict[str, Any]) -> None:
    """Poll panels and send events until the rulebook ends."""
    events = _load()
    await events.watch(queue, args)


def _load() -> ModuleType:
    """Import the collection, which no collection loader does in the process of ansible-rulebook."""
    root = next(_roots(), None)
    if root is None:
        message = (
            "The event source puqcloud.puqvpn.panel does not find its collection. It lies neither around "
            f"{Path(__file__).absolute()} nor in a collections path. Install puqcloud.puqvpn, or set "
            "ANSIBLE_COLLECTIONS_PATH."
        )
        raise ImportError(message)
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    importlib.invalidate_caches()
    package = importlib.import_module(_COLLECTION[0])
    folder = str(root / _COLLECTION[0])
    if folder not in package.__path__:
        # The package "ansible" of PyPI has a regular package of this name, which hides all others.
        package.__path__ = [folder, *package.__path__]
    return importlib.import_module(".".join((*_COLLECTION, *_MODULE)))


def _roots() -> Iterator[Path]:
    """Yield the folders that contain this collection in ansible_collections, beginning with that of this file."""
    here = Path(__file__)
    for path in (here.absolute(), here.resolve()):
        yield from filter(_is_root, path.parents)
    for folder in (*constants.COLLECTIONS_PATHS, *sys.path):
        path = Path(folder).expanduser().absolute()
        # A collections path may be given with or without its last folder.
        yield from filter(_is_root, (path, path.parent))


def _is_root(root: Path) -> bool:
    return root.joinpath(*_COLLECTION, *_MODULE).with_suffix(".py").is_file()
