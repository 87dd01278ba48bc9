# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to change on a whole panel: a pure function of a document and of what the panel answers.

Each item is planned as the single modules plan it. What is added here is what only the whole shows: removals of what no
item is about, addresses for accounts that have none, what objects take from each other, and the order of all writes.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Iterable, Sequence, cast

from .._change import CREATE, DELETE, RECREATE, settings_change, unverified
from .._errors import PuqVpnError
from .._lockout import is_system_rule, policies_becoming_drop
from .._objects.firewall import FIREWALL
from .._schema import SettingsKind, Values
from .addresses import Addresses
from .checks import check_accounts, check_forwards, check_servers, check_slots
from .conflicts import check_items
from .lockout import Reach, diversions
from .order import holders, in_order, overlaps, together
from .purge import FORCE, Guards, Refusal, kept_of, lost_forwards, needed_by_protected, purge, refusals_of, removals_of
from .rules import RulesPlan, plan_rules
from .sections import (
    ACCOUNTS,
    FIREWALL_SECTION,
    PORT_FORWARDS,
    RULES,
    SERVERS,
    SETTINGS,
    Document,
    Item,
    Problems,
    Section,
    refuse,
)
from .source import PanelSource
from .steps import MAKE, REMOVE, WHOLE, Assume, Family, Stage, Step, Write, counted


@dataclass
class Plan:
    """All steps in the order in which they end, and the stages of writes that make them up, in theirs.

    ``unverified`` names, by section, options that were given and that the panel does not show. ``addresses`` hands out
    those of accounts that were given none. ``warnings`` are what a user should know before. ``protected`` is what a
    purge passed over. A plan with ``refusals`` must not be carried out.
    """

    addresses: Addresses
    rules: RulesPlan = field(default_factory=RulesPlan)
    stages: list[Stage] = field(default_factory=list)
    unchanged: int = 0
    unverified: dict[str, list[str]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    protected: list[dict[str, str]] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)

    @property
    def steps(self) -> list[Step]:
        """Each step once, where its last write is."""
        return [write.step for stage in self.stages for write in stage if write.ends]


def plan_document(document: Document, panel: PanelSource, guards: Guards, assume: Assume | None = None) -> Plan:
    """Plan a whole document. In check mode, ``assume`` notes what is missing and taken to come, see :mod:`.checks`.

    :raises OptionError: the guards make no sense with the document.
    :raises PuqVpnError: ``invalid_config`` with every problem that the document has by itself, or with every one that
        it has on this panel; or as the panel's reads do.
    """
    check_items(document)
    draft = _Draft(document, panel, guards, assume)
    draft.plan_settings()
    draft.check()
    return draft.finished()


class _Draft:
    """A plan in the making. Families of which nothing is said are empty, and nothing is read for them."""

    def __init__(self, document: Document, panel: PanelSource, guards: Guards, assume: Assume | None) -> None:
        self.document = document
        self.panel = panel
        self.guards = guards
        self.assume = assume
        self.problems = Problems()
        self.settings: dict[str, Step] = {}
        guards.check(document)
        objects = any(one in document for one in (SERVERS, ACCOUNTS, PORT_FORWARDS))
        self.servers = Family(SERVERS, panel.servers() if objects else ())
        self.accounts = Family(ACCOUNTS, panel.accounts() if self._needs_accounts() else ())
        self.forwards = Family(PORT_FORWARDS, self._forwards())
        self.rules = Family(RULES, ())
        self.plan = self._plan_objects()

    # Families -------------------------------------------------------------------------------------------------------

    def _plan_objects(self) -> Plan:
        """Plan servers, accounts and port forwards."""
        for family in (self.servers, self.accounts, self.forwards):
            family.plan(self.document.items(family.section), self.problems, self.assume)
        self._purge()
        self.guards.check_scope((str(entry.values.get("name")) for entry in self.servers.future()), self.assume)
        self._remove_with_servers()
        self._follow_accounts()
        return Plan(self._chosen_addresses())

    def _purge(self) -> None:
        """Purge from the children up. What is protected keeps the account and the server that it hangs on."""
        purge(self.forwards, self.guards)
        peers, parents = (needed_by_protected(self.forwards, self.guards, name) for name in ("to_peer", "wg_name"))
        purge(self.accounts, self.guards, peers)
        parents |= needed_by_protected(self.accounts, self.guards, "wg_name")
        purge(self.servers, self.guards, parents)

    def _needs_accounts(self) -> bool:
        """Servers alone only need them where one goes."""
        return ACCOUNTS in self.document or PORT_FORWARDS in self.document or self._may_go(SERVERS)

    def _may_go(self, section: Section) -> bool:
        """True when objects of the section may be removed, for good or to be made again."""
        return self.guards.purges(section) or any(
            item.absent or item.flags.get("recreate") for item in self.document.items(section)
        )

    def _forwards(self) -> Iterable[Values]:
        """Those that the document may change, and those that are protected and may be lost with an account."""
        known = [str(one.get("name")) for one in self.servers.current]
        wanted = {str(item.values["wg_name"]) for item in self.document.items(PORT_FORWARDS)}
        if self.guards.purges(PORT_FORWARDS):
            wanted |= {name for name in known if self.guards.covers(name)}
        if self.guards.names_forwards and (self._may_go(SERVERS) or self._may_go(ACCOUNTS)):
            wanted |= set(known)
        return [one for name in known if name in wanted for one in self.panel.port_forwards(name)]

    def _remove_with_servers(self) -> None:
        """The accounts of a server that is to go by force go along, unless something else is said of them."""
        forced = {
            step.name
            for step in self.servers.steps
            if step.change.action == DELETE and step.item is not None and step.item.flags.get("force")
        }
        for one in self.accounts.unclaimed() if forced else ():
            if one.get("wg_name") in forced and self.accounts.step_of(one) is None:
                self.accounts.remove(one, FORCE)

    def _chosen_addresses(self) -> Addresses:
        """Give an address to each new account that has none."""
        addresses = Addresses(self.panel, self.servers, self.accounts)
        for step in self.accounts.steps:
            if step.change.action in (CREATE, RECREATE) and "allowed_ips" not in step.change.values:
                step.chosen = True
                if not addresses.choose(step):
                    self._problem(step, f"finds no free address on {step.change.values['wg_name']}.")
        return addresses

    def _follow_accounts(self) -> None:
        """A port forward to an account that is made again is made again, too: the panel may drop it meanwhile."""
        again = {step.name for step in self.accounts.steps if step.change.action == RECREATE}
        for entry in self.forwards.future() if again else ():
            if entry.step is None and entry.item is not None and entry.values.get("to_peer") in again:
                self.forwards.recreate_unchanged(entry)

    # Settings and rules ---------------------------------------------------------------------------------------------

    def plan_settings(self) -> None:
        """Plan the settings, and the rules of the firewall, which go together with its policies."""
        for section in SETTINGS:
            for item in self.document.items(section):
                self._plan_settings(section, item)
        if RULES in self.document:
            self._plan_rules()
        self._reach().check(self.problems)

    def _plan_settings(self, section: Section, item: Item) -> None:
        kind = cast(SettingsKind, section.kind)
        current = self.panel.settings(kind)
        try:
            change = settings_change(kind, item.values, current)
        except PuqVpnError as error:
            self.problems.add_error(item, error)
            return
        unknown = unverified(item.values, current)
        if unknown:
            self.plan.unverified[section.name] = unknown
        if change is None:
            self.plan.unchanged += 1
        else:
            self.settings[section.name] = Step(section, change, item)

    def _plan_rules(self) -> None:
        self.rules = Family(RULES, self.panel.rules())
        items = [item for item in self.document.items(RULES) if not self._assumes_rule(item)]
        self.plan.rules = plan_rules(self.rules, items, self.guards, self.problems)

    def _assumes_rule(self, item: Item) -> bool:
        """True for a rule of which too little is said to add it; where it will stand is not known either."""
        found = self.rules.current.find(item.values)
        if self.assume is None or is_system_rule(item.values) or not self.rules.is_assumed(item, found):
            return False
        self.assume(f"{counted(self.rules.kind.title, [item.name])} will exist, as config has it")
        return True

    def _reach(self) -> Reach:
        """What the changes of the firewall leave within reach."""
        return Reach(
            self.panel,
            self.plan.rules if RULES in self.document else None,
            self.settings.get(FIREWALL.name),
            any(item.flags.get("allow_lockout") for item in self.document.items(FIREWALL_SECTION)),
            self.assume,
        )

    def _servers(self) -> Iterable[Values]:
        """The servers as they will be."""
        if SERVERS in self.document:
            return [entry.values for entry in self.servers.future()]
        return self.panel.servers()

    @staticmethod
    def _is_late(step: Step) -> bool:
        """True for a change of the firewall that must wait for the rules which accept something."""
        return bool(policies_becoming_drop(step.change))

    # The whole ------------------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Refuse what does not fit together, and find out whether more would be removed than may be."""
        # A document that holds the accounts as well says itself which of them go.
        check_servers(
            self.problems,
            self.servers,
            self.accounts,
            self.guards,
            None if ACCOUNTS in self.document else self.assume,
        )
        check_accounts(self.problems, self.accounts, self.servers, self.assume)
        check_forwards(self.problems, self.forwards, self.accounts, self.servers, self.assume)
        check_slots(self.problems, self.accounts, self.panel)
        self._order()
        steps = [step for family in self._families() for step in family.steps] + self.plan.rules.steps
        refuse(self.problems, [one.as_result for one in removals_of(steps)])
        lost = lost_forwards(self.forwards, self.accounts, self.servers)
        self.plan.refusals = refusals_of(self.document, self.guards, steps, lost)

    def finished(self) -> Plan:
        """The plan."""
        plan = self.plan
        plan.unchanged += sum(family.unchanged for family in self._families()) + plan.rules.unchanged
        plan.unverified.update((one.section.name, sorted(one.unverified)) for one in self._families() if one.unverified)
        plan.warnings += [*self._reach().warnings(self._servers), *diversions(self.forwards, self.panel)]
        families = (self.rules, self.servers, self.accounts, self.forwards)
        plan.protected = [one for family in families for one in kept_of(family)]
        return plan

    def _families(self) -> tuple[Family, ...]:
        return self.forwards, self.accounts, self.servers

    # The order ------------------------------------------------------------------------------------------------------

    def _order(self) -> None:
        """Put all writes in order: removals, which free what others need, from the children up; settings and rules;
        then what is made and changed, from the parents down. Servers, settings and rules are written one by one.
        """
        early = self._early()
        servers = _made(self.servers)
        accounts = _made(self.accounts)
        blockers = together(holders(servers, ("listen_port", "interface_name")), overlaps(servers))
        server_stages = in_order(servers, blockers, self._refuse_circle)
        fields = ("username", "allowed_ips", "allowed_ips_ipv6")
        account_stages = in_order(accounts, holders(accounts, fields, early), partial(self._free, early))
        late = [step for step in self.settings.values() if self._is_late(step)]
        stages = [
            _removals(self.forwards, early),
            _removals(self.accounts, early),
            *_one_by_one(_removals(self.servers, early)),
            *_one_by_one(Write(step) for step in self.settings.values() if step not in late),
            *_one_by_one(map(Write, self.plan.rules.steps)),
            *_one_by_one(map(Write, late)),
            *_one_by_one(write for stage in server_stages for write in stage),
            *(tuple(_second(write, early) for write in stage) for stage in account_stages),
            tuple(_second(Write(step), early) for step in _made(self.forwards)),
        ]
        self.plan.stages = [stage for stage in stages if stage]

    def _early(self) -> set[Step]:
        """What is made again and must go with the removals: accounts of servers that go, port forwards of accounts that
        are made again.
        """
        going = {step.name for step in self.servers.steps if step.change.action in (DELETE, RECREATE)}
        again = {step.name for step in self.accounts.steps if step.change.action == RECREATE}
        early = {
            step
            for step in self.accounts.steps
            if step.change.action == RECREATE and step.change.before.get("wg_name") in going
        }
        return early | {
            step
            for step in self.forwards.steps
            if step.change.action == RECREATE and step.change.before.get("to_peer") in again
        }

    def _free(self, early: set[Step], step: Step, names: Sequence[str]) -> dict[str, Any]:
        """Let an account leave what others wait for: one that is made again goes early, another one is parked."""
        if step.change.action == RECREATE:
            early.add(step)
            return {}
        values: dict[str, Any] = {name: "" for name in names if name != "allowed_ips"}
        if "allowed_ips" in names:
            server = str(step.change.before["wg_name"])
            values["allowed_ips"] = self.plan.addresses.spare(server)
            if values["allowed_ips"] is None:
                self._problem(step, f"changes addresses in a circle, which needs one more that is free on {server}.")
        return values

    def _refuse_circle(self, step: Step, names: Sequence[str]) -> dict[str, Any]:
        told = " and ".join(names)
        self._problem(step, f"takes {told} in a circle with others: give it another value in a run before this one.")
        return {}

    def _problem(self, step: Step, text: str) -> None:
        if step.item is not None:
            self.problems.add(step.item, text)


def _made(family: Family) -> list[Step]:
    return [step for step in family.steps if step.change.action != DELETE]


def _removals(family: Family, early: set[Step]) -> Stage:
    """What goes at first: removals, and the first half of what is made again later."""
    return tuple(
        Write(step, WHOLE if step.change.action == DELETE else REMOVE)
        for step in family.steps
        if step.change.action == DELETE or step in early
    )


def _one_by_one(writes: Iterable[Write]) -> list[Stage]:
    return [(write,) for write in writes]


def _second(write: Write, early: set[Step]) -> Write:
    return replace(write, part=MAKE) if write.step in early else write
