# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan for an entire panel, made of a document and of what the panel shows.

Each item is planned as by the module of its kind. A document adds what only the whole shows: removals of objects
without an item, addresses for accounts that set none, conflicts between objects, and the order of all writes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Iterable, Sequence

from .._change import CREATE, DELETE, RECREATE, settings_change, unverified
from .._errors import PuqVpnError
from .._expiry import DISABLED
from .._lockout import FirewallChange
from .._objects.firewall import FIREWALL
from .._packet_filter import is_system_rule
from .._schema import Values
from .._summary import describe_objects
from .addresses import AddressPool
from .checks import check_accounts, check_forwards, check_servers, check_slots
from .conflicts import check_items
from .expiry import disable_protected, end_with_target, expiry_results
from .list_plan import Assume, ListPlan
from .lockout import check_lockout, diversions, lockout_warnings, planned_firewall_change
from .parse import Document
from .problems import Problems
from .purge import FORCE, RemovalGuards, needed_by_protected, protected_results, purge
from .refusals import Refusal, lost_forwards, refusals_of, removals_of
from .rules import RulesPlan, plan_rules
from .sections import FIREWALL_SECTION, PORT_FORWARDS, RULES, SERVERS, Item, ListSection, Section, SettingsSection
from .source import PanelSource
from .stages import StageBuilder
from .steps import SettingsStep, Stage, Step


@dataclass
class Plan:
    """The stages of writes, in their order, and what a user should know about them.

    ``addresses`` assigns those of accounts that set none. ``unverified`` names, by section, options that were set and
    that the panel does not show. ``protected`` is what a purge or an expiry kept. ``expired`` and ``expiring`` are the
    accounts whose date has passed, and is near. A plan with ``refusals`` must not be carried out.
    """

    addresses: AddressPool
    rules: RulesPlan = field(default_factory=RulesPlan)
    stages: list[Stage] = field(default_factory=list)
    unchanged: int = 0
    unverified: dict[str, list[str]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    protected: list[dict[str, str]] = field(default_factory=list)
    expired: list[dict[str, Any]] = field(default_factory=list)
    expiring: list[dict[str, Any]] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)

    @property
    def steps(self) -> list[Step]:
        """Each step once, where its last write is."""
        return [write.step for stage in self.stages for write in stage if write.is_last]


def plan_document(
    document: Document,
    panel: PanelSource,
    guards: RemovalGuards,
    assume: Assume | None = None,
    *,
    warn_days: int = 0,
) -> Plan:
    """Plan a whole document. In check mode, ``assume`` notes what is missing and assumed, see :mod:`.checks`.

    ``warn_days`` before the date of an account it is among those that expire soon.

    :raises OptionError: the guards make no sense with the document.
    :raises PuqVpnError: ``invalid_config`` with every problem that the document has by itself, or with every one that
        it has on this panel; or as the panel's reads do.
    """
    check_items(document)
    planner = _Planner(document, panel, guards, assume)
    planner.plan_settings()
    planner.check()
    return planner.finish(warn_days)


class _Planner:
    """Makes a plan. Sections that the document does not concern are empty, and nothing is read for them."""

    def __init__(self, document: Document, panel: PanelSource, guards: RemovalGuards, assume: Assume | None) -> None:
        self.document = document
        self.panel = panel
        self.guards = guards
        self.assume = assume
        self.problems = Problems()
        self.settings: dict[str, SettingsStep] = {}
        self.firewall_change: FirewallChange | None = None
        guards.check(document)
        servers, accounts = document.layout.servers, document.layout.accounts
        has_objects = any(section in document for section in (servers, accounts, PORT_FORWARDS))
        self.servers = ListPlan(servers, self._read(servers, self._wanted_servers()) if has_objects else ())
        wanted = [item.values for item in document.items(accounts)]
        self.accounts = ListPlan(accounts, self._read(accounts, wanted) if self._needs_accounts() else ())
        self.forwards = ListPlan(PORT_FORWARDS, self._read_forwards())
        self.rules = ListPlan(RULES, ())
        self.plan = self._plan_objects()

    # Objects --------------------------------------------------------------------------------------------------------

    def _plan_objects(self) -> Plan:
        """Plan servers, accounts and port forwards."""
        servers, accounts, forwards = (
            self.document.items(objects.section) for objects in (self.servers, self.accounts, self.forwards)
        )
        self.servers.plan(servers, self.problems, self.assume)
        needed = needed_by_protected(self.forwards, self.guards, "to_peer")
        items = disable_protected(self.accounts, accounts, self.guards, needed)
        self.accounts.plan(items, self.problems, self.assume)
        self.forwards.plan(end_with_target(forwards, self.accounts), self.problems, self.assume)
        self._purge()
        self.guards.check_scope(self.servers, self.assume)
        self._remove_accounts_by_force()
        self._recreate_forwards()
        return Plan(self._assign_addresses())

    def _purge(self) -> None:
        """Purge from the children up. A protected object keeps its account and its server."""
        purge(self.forwards, self.guards)
        names = "to_peer", self.forwards.section.parent_field
        accounts, servers = (needed_by_protected(self.forwards, self.guards, name) for name in names)
        purge(self.accounts, self.guards, accounts)
        servers |= needed_by_protected(self.accounts, self.guards, self.accounts.section.parent_field)
        purge(self.servers, self.guards, servers)

    def _needs_accounts(self) -> bool:
        """Return whether accounts must be read: for servers alone only where one may be removed."""
        layout = self.document.layout
        return layout.accounts in self.document or PORT_FORWARDS in self.document or self._may_remove(layout.servers)

    def _wanted_servers(self) -> list[Values]:
        """Return the names of the servers that the accounts are on, for a panel that does not list its servers."""
        section = self.document.layout.accounts
        names = (item.values.get(section.parent_field) for item in self.document.items(section))
        return [{"name": name} for name in dict.fromkeys(names) if name is not None]

    def _read(self, section: ListSection, wanted: Sequence[Values]) -> Iterable[Values]:
        """Read the objects of a section; all of them where those without an item are removed."""
        is_purged = self.guards.purges(section)
        fields = [section.parent_field] if is_purged and self.guards.scope is not None and section.parent_field else []
        fields += DISABLED if is_purged and self.guards.disables(section) else ()
        return self.panel.objects(section.kind, wanted, fields=fields, partial=not is_purged)

    def _may_remove(self, section: Section) -> bool:
        """Return whether objects of the section may be removed, for good or to be recreated."""
        return self.guards.purges(section) or any(
            item.absent or item.flags.get("recreate") for item in self.document.items(section)
        )

    def _read_forwards(self) -> Iterable[Values]:
        """Read the port forwards that the document may change, and protected ones that may be lost with an account."""
        known = [str(server.get("name")) for server in self.servers.current]
        wanted = {str(item.values["wg_name"]) for item in self.document.items(PORT_FORWARDS)}
        if self.guards.purges(PORT_FORWARDS):
            wanted |= {name for name in known if self.guards.covers(name)}
        if self.guards.names_forwards and any(map(self._may_remove, (self.servers.section, self.accounts.section))):
            wanted |= set(known)
        return [forward for name in known if name in wanted for forward in self.panel.port_forwards(name)]

    def _remove_accounts_by_force(self) -> None:
        """Remove the accounts of servers with ``force``, unless the document contains them."""
        forced = {
            step.name
            for step in self.servers.steps
            if step.change.action == DELETE and step.item is not None and step.item.flags.get("force")
        }
        for account in self.accounts.without_item() if forced else ():
            server = str(account.get(self.accounts.section.parent_field))
            if server in forced and self.accounts.step_of(account) is None:
                self.accounts.remove(account, FORCE)

    def _assign_addresses(self) -> AddressPool:
        """Assign an address to each new account that sets none."""
        addresses = AddressPool(self.panel, self.servers, self.accounts)
        parent = self.accounts.section.parent_field
        for step in self.accounts.steps:
            if step.change.action in (CREATE, RECREATE) and self.accounts.kind.address not in step.change.values:
                step.picks_address = True
                if not addresses.assign(step) and step.item is not None:
                    self.problems.add(step.item, f"finds no free address on {step.change.values[parent]}.")
        return addresses

    def _recreate_forwards(self) -> None:
        """Recreate the port forwards to recreated accounts: the panel may drop them meanwhile."""
        recreated = {step.name for step in self.accounts.steps if step.change.action == RECREATE}
        for forward in self.forwards.future() if recreated else ():
            if forward.step is None and forward.item is not None and str(forward.values.get("to_peer")) in recreated:
                self.forwards.recreate_unchanged(forward)

    # Settings and rules ---------------------------------------------------------------------------------------------

    def plan_settings(self) -> None:
        """Plan the settings, and the rules of the firewall, which depend on its policies."""
        for section in self.document.layout.settings:
            for item in self.document.items(section):
                self._plan_settings(section, item)
        if RULES in self.document:
            self._plan_rules()
        step = self.settings.get(FIREWALL.name)
        self.firewall_change = planned_firewall_change(
            self.panel,
            self._future_servers,
            self.plan.rules if RULES in self.document else None,
            step,
            allow_lockout=any(item.flags.get("allow_lockout") for item in self.document.items(FIREWALL_SECTION)),
            assume=self.assume,
        )
        if self.firewall_change is not None:
            check_lockout(self.firewall_change, step, self.problems)

    def _plan_settings(self, section: SettingsSection, item: Item) -> None:
        current = self.panel.settings(section.kind)
        try:
            change = settings_change(section.kind, item.values, current)
        except PuqVpnError as error:
            self.problems.add_error(item, error)
            return
        unknown = unverified(item.values, current)
        if unknown:
            self.plan.unverified[section.name] = unknown
        if change is None:
            self.plan.unchanged += 1
        else:
            self.settings[section.name] = SettingsStep(section, change, item)

    def _plan_rules(self) -> None:
        self.rules = ListPlan(RULES, self.panel.objects(RULES.kind))
        items = [item for item in self.document.items(RULES) if not self._assumes_rule(item)]
        self.plan.rules = plan_rules(self.rules, items, self.guards, self.problems)

    def _assumes_rule(self, item: Item) -> bool:
        """Return whether a rule is assumed to exist later, which also leaves its position unknown."""
        current = self.rules.current.find(item.values)
        if self.assume is None or is_system_rule(item.values) or not self.rules.is_assumed(item, current):
            return False
        self.assume(f"{describe_objects(self.rules.kind.title, [item.name])} will exist, as config has it")
        return True

    def _future_servers(self) -> Iterable[Values]:
        if SERVERS in self.document:
            return [server.values for server in self.servers.future()]
        return self.panel.objects(SERVERS.kind)

    # The whole ------------------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Order the writes, and refuse what is inconsistent or would remove more than is allowed."""
        # A document that contains accounts says itself which of them are removed.
        assume_removed = None if self.accounts.section in self.document else self.assume
        check_servers(self.problems, self.servers, self.accounts, self.guards, assume_removed)
        check_accounts(self.problems, self.accounts, self.servers, self.assume)
        check_forwards(self.problems, self.forwards, self.accounts, self.servers, self.assume)
        check_slots(self.problems, self.accounts, self.panel)
        builder = StageBuilder(self.servers, self.accounts, self.forwards, self.plan.addresses, self.problems)
        self.plan.stages = builder.build(list(self.settings.values()), self.plan.rules.steps)
        steps = [step for objects in self._object_plans for step in objects.steps] + self.plan.rules.steps
        self.problems.raise_if_any([removal.as_result for removal in removals_of(steps)])
        lost = lost_forwards(self.forwards, self.accounts, self.servers)
        self.plan.refusals = refusals_of(self.document, self.guards, steps, lost)

    def finish(self, warn_days: int) -> Plan:
        """Return the plan."""
        plan = self.plan
        plan.unchanged += sum(objects.unchanged for objects in self._object_plans) + plan.rules.unchanged
        for objects in self._object_plans:
            if objects.unverified:
                plan.unverified[objects.section.name] = sorted(objects.unverified)
        if self.firewall_change is not None:
            plan.warnings += lockout_warnings(self.firewall_change)
        plan.warnings += diversions(self.forwards, self.panel)
        in_order = (self.rules, self.servers, self.accounts, self.forwards)
        plan.protected = [result for objects in in_order for result in protected_results(objects)]
        plan.expired, plan.expiring = expiry_results(self.accounts, self.document.moment, warn_days)
        return plan

    @property
    def _object_plans(self) -> tuple[ListPlan, ...]:
        return self.forwards, self.accounts, self.servers
