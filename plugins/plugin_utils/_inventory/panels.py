# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The panels of an inventory, as its file lists them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._connection import CONNECTION_OPTIONS, Connection
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import OptionError, PuqVpnError
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._untrusted import one_line

Variables = dict[str, Any]

# The option ``panels``, as in an argument spec. A panel takes what it does not set from the options beside it, so there
# are no defaults.
PANELS_OPTION: dict[str, Any] = {
    "type": "list",
    "elements": "dict",
    "options": {
        "name": {"type": "str"},
        **{name: {"type": option["type"]} for name, option in CONNECTION_OPTIONS.items()},
    },
}

OWN_GROUPS = "set default_groups: false and define your own keyed_groups"

_CREDENTIALS = ("access_hash", "token")


@dataclass(frozen=True)
class InventoryPanel:
    """A panel of an inventory. Its ``name`` is unique. ``is_host`` is true if an earlier source has a host for it."""

    name: str
    connection: Connection
    is_host: bool = False

    @property
    def group(self) -> str:
        """The group of its hosts. The name comes from the user, so letters of all alphabets are accepted."""
        return "puqvpn_panel_" + re.sub(r"\W", "_", self.name)


def panels_of(
    options: Mapping[str, Any], panels: list[dict[str, Any]] | None, *, are_hosts: bool = False
) -> list[InventoryPanel]:
    """Return the panels of an inventory: that of the connection options, or those in ``panels`` with these as defaults.

    :param are_hosts: whether they come from hosts of an earlier source.
    :raises OptionError: the options of a panel are invalid, or two panels have the same name.
    """
    found: dict[str, InventoryPanel] = {}
    for given in panels or [{}]:
        panel = _panel({name: value for name, value in given.items() if value is not None}, options, are_hosts)
        if panel.name in found:
            raise OptionError(
                f"Two panels have the name {one_line(panel.name)}",
                hint="Set a unique name for each of them in panels. The default is the host in url.",
            )
        found[panel.name] = panel
    return list(found.values())


def _panel(given: dict[str, Any], defaults: Mapping[str, Any], is_host: bool) -> InventoryPanel:
    if any(name in given for name in _CREDENTIALS):
        defaults = {**defaults, **dict.fromkeys(_CREDENTIALS)}
    options = {**defaults, **given}
    name = str(given.get("name") or "")
    try:
        if not name.isprintable():
            raise OptionError("name contains a line break or another control character", hint="Choose another name.")
        connection = Connection.from_options(options)
    except PuqVpnError as error:
        if given:
            option = "panels_from" if is_host else "panels"
            error.at(f"{option}, {one_line(name or options['url'] or 'unnamed panel')}")
        raise
    return InventoryPanel(name or str(urlsplit(connection.root).hostname), connection, is_host)


def refuse_shared_groups(panels: Iterable[InventoryPanel]) -> None:
    """Refuse panels that would share a group.

    :raises OptionError: two of them would.
    """
    owners: dict[str, InventoryPanel] = {}
    for panel in panels:
        owner = owners.setdefault(panel.group, panel)
        if owner is not panel:
            raise OptionError(
                f"The panels {one_line(owner.name)} and {one_line(panel.name)} would share the group "
                f"{one_line(panel.group)}",
                hint=f"Rename one of them, or {OWN_GROUPS}.",
            )
