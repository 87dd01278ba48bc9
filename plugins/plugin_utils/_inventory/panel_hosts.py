# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The panels of an inventory as its hosts: their status as variables, and groups for what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import STATUS_PATH, PanelClient
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._envelope import Reply
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import OptionError, PuqVpnError
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._health import PanelReport, judge
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._panel.reader import PanelReader
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._panel.status import summarize_status
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._untrusted import as_host_name, echo, one_line
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._inventory.hosts import Host, as_variable
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._inventory.panels import InventoryPanel, Variables

# The variables of a panel, without their prefix. They are null if the panel does not show them.
_STATUS = (
    "version",
    "state",
    "ready",
    "license_valid",
    "license_expires",
    "license_days_left",
    "accounts_used",
    "accounts_limit",
    "accounts_free",
    "wireguard_servers",
)
_HEALTH = ("healthy", "reachable", "violations", "violation_codes")
FACTS = ("url", "generation", *_STATUS, *_HEALTH)

_ALL_GROUP = "puqvpn_panels"
# By code of :func:`._health.judge`, as far as the status of a panel can have it.
_CODE_GROUPS = {
    code: f"puqvpn_{code}" for code in ("unreachable", "unreadable", "not_ready", "license_ending", "slots_low")
}
_GENERATION_GROUPS = {generation: f"puqvpn_generation_{generation}" for generation in (1, 2)}

# What a cache keeps of a status, by its keys in the API (contract: system_status). The rest follows from these.
_KEPT = {
    "version": "version",
    "status": "state",
    "license": "license_expires",
    "license_valid": "license_valid",
    "count_accounts": "accounts_used",
    "count_accounts_available": "accounts_limit",
    "count_wireguard": "wireguard_servers",
}


@dataclass(frozen=True)
class PanelHost(Host):
    """A host that is a panel."""

    @property
    def label(self) -> str:
        """The panel in a sentence."""
        return f"panel {one_line(self.name)}"

    @property
    def default_groups(self) -> Iterator[str]:
        """The groups of all panels, of its generation, and of what is wrong with it."""
        yield _ALL_GROUP
        yield _GENERATION_GROUPS[self.panel.connection.generation]
        yield from dict.fromkeys(_CODE_GROUPS[code] for code in self.variables["puqvpn_violation_codes"])


class PanelHosts:
    """The panels as hosts, with the options of the inventory that they depend on.

    ``requirements`` are those of :func:`._health.judge`. ``with_unreadable`` is whether a panel that cannot be read is
    a host nevertheless, with a warning.
    """

    def __init__(self, requirements: Mapping[str, Any], *, with_unreadable: bool) -> None:
        self._requirements = requirements
        self._with_unreadable = with_unreadable

    def groups(self, _panels: Iterable[InventoryPanel]) -> Iterator[str]:
        """Return the default groups, all of which exist even if they are empty."""
        yield from (_ALL_GROUP, *_GENERATION_GROUPS.values(), *_CODE_GROUPS.values())

    def read(self, panel: InventoryPanel, client: PanelClient) -> PanelReport:
        """Read the status of a panel with one GET.

        :raises PuqVpnError: as the client does, unless a panel that cannot be read is a host.
        """
        reader, report = PanelReader(client), PanelReport()
        try:
            report.parts["status"] = summarize_status(client.get(STATUS_PATH), reader.root)
        except PuqVpnError as error:
            if not self._with_unreadable:
                raise
            report.note_failure("status", error, reachable=reader.concerns_one_part(error))
            group = _CODE_GROUPS[report.failures[0].code]
            client.warnings.append(f"Panel {one_line(panel.name)} cannot be read: {error} It is in the group {group}.")
        return report

    def to_keep(self, report: PanelReport) -> Variables | None:
        """Return what a cache keeps of a panel; None if nothing, so that the panel is read again."""
        status = report.parts.get("status")
        return {"status": {key: status[name] for key, name in _KEPT.items()}} if status else None

    def kept(self, panel: InventoryPanel, entry: Mapping[str, Any]) -> PanelReport | None:
        """Return the report that a cache contains; None if :meth:`read` could not have returned it."""
        kept = entry.get("status")
        try:
            status = summarize_status(Reply(kept, None, panel.connection.generation), panel.connection.root)
        except (PuqVpnError, ValueError, RecursionError):
            return None
        report = PanelReport({"status": status})
        return report if self.to_keep(report) == entry else None

    def of(self, panel: InventoryPanel, report: PanelReport) -> list[PanelHost]:
        """Return the only host of a panel."""
        health = judge(report, self._requirements)
        facts = {
            # A host of an earlier source has its own URL already, which may be a template.
            **({} if panel.is_host else {"url": panel.connection.root}),
            "generation": panel.connection.generation,
            **{name: health["status"].get(name) for name in _STATUS},
            **{name: health[name] for name in _HEALTH},
        }
        return [PanelHost(panel.name, panel, {f"puqvpn_{name}": as_variable(value) for name, value in facts.items()})]


def refuse_taken_names(panels: Iterable[InventoryPanel], taken: Callable[[str], str]) -> None:
    """Refuse panels whose name cannot be that of a host.

    :param taken: returns what has a name already, empty if nothing has.
    :raises OptionError: the name of a panel is no host name, or is taken.
    """
    for panel in panels:
        if panel.is_host:
            continue
        try:
            reason = taken(as_host_name(panel.name))
        except ValueError as error:
            reason = f"which {error}"
        if reason:
            raise OptionError(
                f"The panel {echo(panel.name)} cannot be a host of this name, {reason}",
                hint="Set another name for it in panels.",
            )
