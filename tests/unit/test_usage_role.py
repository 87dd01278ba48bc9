# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The decisions of the role usage: who is disabled, limited and restored, what is remembered, and the reports.

A story is a number of runs on the same panel. A run ends well, or early: before or after the panel got the changes.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.puqcloud.puqvpn.plugins.filter.filters import FilterModule
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._usage.plan import usage_plan

GB = 10**9
QUOTA = {"quota_gb": 10}
DISABLE = {**QUOTA, "over_quota": "disable"}
LIMIT = {**QUOTA, "over_quota": "limit", "limit": {"b_download": 2, "b_upload": 1}}
STALE = {"stale_months": 1, "stale": "disable"}


class Panel:
    """A panel as far as the role sees it, and the folder of its reports."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.accounts: dict[str, dict[str, Any]] = {}
        self.month = (2026, 11)
        self.traffic: dict[tuple[str, int, int], int] = {}
        self.unknown: set[str] = set()
        self.online: set[str] = set()
        for name in ("alice", "bob"):
            self.add(name)

    def add(self, name: str, **values: Any) -> None:
        address = f"10.0.0.{len(self.accounts) + 2}"
        identity = {"server": "office", "username": name, "address": address, "public_key": f"key of {name}"}
        self.accounts[name] = {**identity, "status": "enable", "b_download": 100, "b_upload": 0, **values}

    def uses(self, name: str, gigabytes: float) -> None:
        self.traffic[(name, *self.month)] = int(gigabytes * GB)

    def usage(self, months: int = 1) -> dict[str, Any]:
        year, month = self.month
        shown = [(year, month)] if months == 1 else [(year, month - 1), (year, month)]
        rows = [
            {
                **{"panel": "https://vpn", "name": name, "server": account["server"], "year": year, "month": month},
                **self._amount(self.traffic.get((name, year, month), 0)),
            }
            for year, month in shown
            for name, account in sorted(self.accounts.items())
            if name not in self.unknown
        ]
        unused = [
            {"name": name, "status": account["status"], "year": year, "month": month - 1, "online": name in self.online}
            for name, account in sorted(self.accounts.items())
            if not any(self.traffic.get((name, year, of)) for of in (month, month - 1)) and name not in self.unknown
        ]
        return {
            "generation": 1,
            "current_month": {"year": year, "month": month},
            "months": [{"year": year, "month": month} for year, month in shown],
            "rows": rows,
            "accounts": [
                {"name": name, **account, "complete": name not in self.unknown}
                for name, account in sorted(self.accounts.items())
            ],
            "accounts_without_traffic_since": unused,
        }

    def _amount(self, total: int) -> dict[str, Any]:
        return {"download": total, "upload": 0, "total": total, "total_gb": round(total / GB, 3)}

    def plan(self, options: Mapping[str, Any], months: int = 1) -> dict[str, Any]:
        plan = usage_plan(self.usage(months), str(self.folder), "vpn1", options)
        assert plan["problems"] == []
        return plan

    def run(self, options: Mapping[str, Any], *, until: str = "the end", months: int = 1) -> dict[str, dict[str, Any]]:
        """Do what the tasks of the role do, and return the fields that were written by account."""
        plan = self.plan(options, months)
        Path(plan["path"]).mkdir(exist_ok=True)
        changes = {item["name"]: {**item} for item in plan["config"]["accounts"]}
        for item in changes.values():
            del item["name"]
        for file in plan["files"]:
            Path(file["path"]).write_text(file["content"])
        if until == "the files":
            return changes
        for name, values in changes.items():
            self.accounts[name].update(values)
        if until == "the changes":
            return changes
        Path(plan["list"]["path"]).write_text(plan["list"]["content"])
        again = self.plan(options, months)
        assert again["config"]["accounts"] == []
        assert again["files"] == []
        assert Path(again["list"]["path"]).read_text() == again["list"]["content"]
        return changes

    def held(self) -> list[str]:
        content = json.loads((self.folder / "vpn1" / "changes.json").read_text())
        return [entry["name"] for entry in content["changes"]]


@pytest.fixture
def panel(tmp_path: Path) -> Panel:
    return Panel(tmp_path)


DISABLED = {"alice": {"status": "disable"}}
ENABLED = {"alice": {"status": "enable"}}


# --- Quotas


def test_without_a_quota_nothing_is_over_it(panel: Panel) -> None:
    panel.uses("alice", 10**6)
    assert panel.run({"over_quota": "disable"}) == {}
    assert panel.plan({"over_quota": "disable"})["result"]["over_quota"] == []


def test_who_is_over_the_quota_is_reported(panel: Panel) -> None:
    panel.uses("alice", 10.001)
    panel.uses("bob", 10)
    assert panel.run(QUOTA) == {}
    over = [{"name": "alice", "quota_gb": 10.0, "total_gb": 10.001}]
    assert panel.plan(QUOTA)["result"]["over_quota"] == over
    assert panel.held() == []


def test_who_is_over_the_quota_is_disabled_until_the_next_month(panel: Panel) -> None:
    panel.uses("alice", 11)
    assert panel.run(DISABLE) == DISABLED
    assert panel.held() == ["alice"]
    assert panel.run(DISABLE) == {}
    panel.month = (2026, 12)
    assert panel.run(DISABLE) == ENABLED
    assert panel.held() == []


@pytest.mark.parametrize(
    "options",
    [
        {**DISABLE, "quota_gb": 11},
        {**DISABLE, "account_quotas_gb": {"alice": 11}},
        {**DISABLE, "account_quotas_gb": {"alice": None}},
        QUOTA,
        {},
    ],
)
def test_who_is_not_over_the_quota_any_more_is_restored(panel: Panel, options: dict[str, Any]) -> None:
    panel.uses("alice", 11)
    panel.run(DISABLE)
    assert panel.run(options) == ENABLED


def test_a_quota_of_an_account_goes_before_the_default(panel: Panel) -> None:
    panel.uses("alice", 5)
    panel.uses("bob", 5)
    options = {**DISABLE, "account_quotas_gb": {"alice": "4.5", "none": 1}}
    assert panel.plan(options)["result"]["quotas_without_account"] == ["none"]
    assert panel.run(options) == DISABLED


def test_who_was_disabled_before_is_not_enabled(panel: Panel) -> None:
    panel.accounts["alice"]["status"] = "disable"
    panel.uses("alice", 11)
    assert panel.run(DISABLE) == {}
    panel.month = (2026, 12)
    assert panel.run(DISABLE) == {}


def test_who_is_enabled_by_somebody_else_is_disabled_again_as_long_as_the_quota_is_exceeded(panel: Panel) -> None:
    panel.uses("alice", 11)
    panel.run(DISABLE)
    panel.accounts["alice"]["status"] = "enable"
    assert panel.run(DISABLE) == DISABLED
    panel.month = (2026, 12)
    assert panel.run(DISABLE) == ENABLED


def test_who_is_disabled_by_somebody_else_meanwhile_is_not_enabled(panel: Panel) -> None:
    panel.uses("alice", 11)
    panel.run(DISABLE)
    # Somebody makes an exception for this month, and disables the account later.
    panel.accounts["alice"]["status"] = "enable"
    panel.run({**DISABLE, "account_quotas_gb": {"alice": 20}})
    panel.accounts["alice"]["status"] = "disable"
    panel.month = (2026, 12)
    assert panel.run(DISABLE) == {}
    assert panel.accounts["alice"]["status"] == "disable"


# --- Limits


def test_who_is_over_the_quota_is_limited_until_the_next_month(panel: Panel) -> None:
    panel.uses("alice", 11)
    assert panel.run(LIMIT) == {"alice": {"b_download": 2, "b_upload": 1}}
    panel.month = (2026, 12)
    assert panel.run(LIMIT) == {"alice": {"b_download": 100, "b_upload": 0}}
    assert panel.held() == []


def test_a_bandwidth_below_the_limit_is_not_raised(panel: Panel) -> None:
    panel.accounts["alice"].update(b_download=1, b_upload=5)
    panel.uses("alice", 11)
    assert panel.run(LIMIT) == {"alice": {"b_upload": 1}}
    panel.month = (2026, 12)
    assert panel.run(LIMIT) == {"alice": {"b_upload": 5}}


def test_a_bandwidth_that_somebody_else_has_changed_meanwhile_is_left_alone(panel: Panel) -> None:
    panel.uses("alice", 11)
    panel.run(LIMIT)
    panel.accounts["alice"]["b_download"] = 50
    panel.month = (2026, 12)
    plan = panel.plan(LIMIT)
    assert plan["result"]["dropped"] == [{"name": "alice", "why": "somebody else has changed it"}]
    assert panel.run(LIMIT) == {}


def test_a_bandwidth_that_the_panel_does_not_show_is_not_limited(panel: Panel) -> None:
    panel.accounts["alice"]["b_upload"] = None
    panel.uses("alice", 11)
    assert panel.plan(LIMIT)["result"]["not_enforced"] == ["alice"]
    assert panel.run(LIMIT) == {}


@pytest.mark.parametrize("until", ["the files", "the changes", "the end"])
def test_from_one_measure_to_the_other(panel: Panel, until: str) -> None:
    panel.uses("alice", 11)
    panel.run(DISABLE)
    limited = {"alice": {"status": "enable", "b_download": 2, "b_upload": 1}}
    assert panel.run(LIMIT, until=until) == limited
    panel.run(LIMIT)
    assert panel.accounts["alice"]["b_download"] == 2
    back = {"alice": {"status": "disable", "b_download": 100, "b_upload": 0}}
    assert panel.run(DISABLE, until=until) == back
    panel.month = (2026, 12)
    panel.run(DISABLE)
    assert (panel.accounts["alice"]["status"], panel.accounts["alice"]["b_download"]) == ("enable", 100)
    assert panel.held() == []


def test_a_name_that_no_account_can_have_does_not_prevent_the_changes_of_others(panel: Panel) -> None:
    panel.add("a b")
    panel.uses("a b", 11)
    panel.uses("alice", 11)
    assert panel.plan(DISABLE)["result"]["not_enforced"] == ["a b"]
    assert panel.run(DISABLE) == DISABLED


# --- A run that ends early


@pytest.mark.parametrize("until", ["the files", "the changes"])
@pytest.mark.parametrize("options", [DISABLE, LIMIT])
def test_the_next_run_heals_one_that_ended_early(panel: Panel, options: dict[str, Any], until: str) -> None:
    before = {**panel.accounts["alice"]}
    panel.uses("alice", 11)
    panel.run(options, until=until)
    panel.run(options)
    assert panel.held() == ["alice"]
    limited = {**panel.accounts["alice"]}
    assert limited != before
    panel.month = (2026, 12)
    panel.run(options, until=until)
    panel.run(options)
    assert panel.accounts["alice"] == before
    assert panel.held() == []


@pytest.mark.parametrize("until", ["the files", "the changes"])
def test_it_is_healed_in_the_next_month_as_well(panel: Panel, until: str) -> None:
    panel.uses("alice", 11)
    panel.run(DISABLE, until=until)
    panel.month = (2026, 12)
    panel.run(DISABLE)
    assert panel.accounts["alice"]["status"] == "enable"
    assert panel.held() == []


def test_runs_that_never_come_to_the_changes_do_not_pile_up(panel: Panel) -> None:
    panel.uses("alice", 11)
    for _run in range(3):
        panel.run(DISABLE, until="the files")
    assert panel.held() == ["alice"]


# --- Accounts that are gone, another one, excluded, or unknown


def test_who_does_not_exist_any_more_is_forgotten(panel: Panel) -> None:
    panel.uses("alice", 11)
    panel.run(DISABLE)
    del panel.accounts["alice"]
    plan = panel.plan(DISABLE)
    assert plan["result"]["dropped"] == [{"name": "alice", "why": "it does not exist any more"}]
    assert panel.run(DISABLE) == {}
    assert panel.held() == []


def test_a_panel_that_shows_nothing_is_not_believed(panel: Panel) -> None:
    panel.uses("alice", 11)
    panel.run(DISABLE)
    before = (panel.folder / "vpn1" / "changes.json").read_text()
    panel.accounts = {}
    plan = usage_plan(panel.usage(), str(panel.folder), "vpn1", DISABLE)
    assert "The panel shows no account at all" in plan["problems"][0]
    assert plan["files"] == []
    assert (panel.folder / "vpn1" / "changes.json").read_text() == before


@pytest.mark.parametrize("another", [{"public_key": "another"}, {"public_key": None, "username": "another"}])
def test_who_was_recreated_is_another_account(panel: Panel, another: dict[str, Any]) -> None:
    panel.uses("alice", 11)
    panel.run(DISABLE)
    panel.accounts["alice"].update(another)
    panel.month = (2026, 12)
    plan = panel.plan(DISABLE)
    assert plan["result"]["dropped"] == [{"name": "alice", "why": "it was recreated"}]
    assert panel.run(DISABLE) == {}
    assert panel.accounts["alice"]["status"] == "disable"


def test_who_is_excluded_is_neither_changed_nor_restored(panel: Panel) -> None:
    panel.uses("alice", 11)
    panel.uses("bob", 11)
    assert panel.run({**DISABLE, "exclude": ["b*"]}) == DISABLED
    panel.month = (2026, 12)
    assert panel.run({**DISABLE, "exclude": ["alice"]}) == {}
    assert panel.run(DISABLE) == {}
    assert panel.accounts["alice"]["status"] == "disable"


def test_whose_traffic_is_unknown_stays_as_it_is(panel: Panel) -> None:
    panel.uses("alice", 11)
    panel.uses("bob", 11)
    panel.unknown = {"bob"}
    assert panel.run(DISABLE) == DISABLED
    panel.unknown = {"alice"}
    panel.month = (2026, 12)
    assert panel.plan(DISABLE)["result"]["unknown"] == ["alice"]
    assert panel.run(DISABLE) == {}
    panel.unknown = set()
    assert panel.run(DISABLE) == ENABLED


def test_no_more_are_disabled_than_allowed(panel: Panel) -> None:
    panel.uses("alice", 11)
    panel.uses("bob", 11)
    assert panel.plan({**DISABLE, "max_disables": 2})["refusal"] == ""
    refusal = "2 accounts would be disabled, and puqvpn_usage_max_disables is 1: alice, bob."
    assert panel.plan({**DISABLE, "max_disables": 1})["refusal"] == refusal


# --- Stale accounts


def test_who_is_not_used_is_disabled_once_the_role_has_known_the_account_for_as_long(panel: Panel) -> None:
    panel.uses("bob", 1)
    assert panel.run(STALE) == {}
    (alice,) = panel.plan(STALE)["result"]["stale"]
    assert (alice["name"], alice["known_since"], alice["due"]) == ("alice", "2026-11", False)
    panel.month = (2026, 12)
    panel.uses("bob", 1)
    panel.add("carl")
    assert panel.run(STALE) == DISABLED
    assert panel.run(STALE) == {}
    assert panel.held() == ["alice"]


def test_who_is_online_is_not_stale(panel: Panel) -> None:
    panel.run(STALE)
    panel.month = (2026, 12)
    panel.online = {"alice", "bob"}
    assert panel.run(STALE) == {}


def stale_panel(panel: Panel) -> Panel:
    panel.uses("bob", 1)
    panel.run(STALE)
    panel.month = (2026, 12)
    panel.uses("bob", 1)
    return panel


def test_who_is_not_used_is_only_reported_by_default(panel: Panel) -> None:
    stale_panel(panel)
    options = {"stale_months": 1}
    assert [one["due"] for one in panel.plan(options)["result"]["stale"]] == [True]
    assert panel.run(options) == {}


def test_a_stale_account_that_somebody_enables_gets_as_many_months_again(panel: Panel) -> None:
    assert stale_panel(panel).run(STALE) == DISABLED
    panel.accounts["alice"]["status"] = "enable"
    assert panel.run(STALE) == {}
    assert panel.run(STALE) == {}


@pytest.mark.parametrize("until", ["the files", "the changes"])
def test_the_next_run_disables_stale_accounts_that_one_that_ended_early_did_not(panel: Panel, until: str) -> None:
    stale_panel(panel).run(STALE, until=until)
    panel.run(STALE)
    assert panel.accounts["alice"]["status"] == "disable"
    assert panel.held() == ["alice"]


def test_stale_accounts_are_restored_when_they_are_not_to_be_disabled_any_more(panel: Panel) -> None:
    assert stale_panel(panel).run(STALE) == DISABLED
    assert panel.run({"stale_months": 1}) == ENABLED


# --- Beside roles that apply accounts from files


def hold(panel: Panel, *items: Any) -> list[Any]:
    return list(FilterModule().filters()["usage_hold"](list(items), str(panel.folder), "vpn1"))


ALICE = {"name": "alice", "status": "enable", "b_download": 100, "b_upload": "1"}
BOB = {"name": "bob", "status": "enable"}


def test_accounts_from_files_do_not_restore_who_is_disabled(panel: Panel) -> None:
    assert hold(panel, ALICE, BOB) == [ALICE, BOB]
    panel.uses("alice", 11)
    panel.run(DISABLE)
    assert hold(panel, ALICE, BOB) == [{**ALICE, "status": "disable"}, BOB]
    assert hold(panel, {"name": "alice"}, "alice", {}) == [{"name": "alice", "status": "disable"}, "alice", {}]
    panel.month = (2026, 12)
    panel.run(DISABLE)
    assert hold(panel, ALICE, BOB) == [ALICE, BOB]


@pytest.mark.parametrize(("own", "held"), [(100, 2), (0, 2), ("0", 2), (None, 2), ("many", 2), (1, 1), ("1", "1")])
def test_accounts_from_files_do_not_raise_a_limited_bandwidth(panel: Panel, own: Any, held: Any) -> None:
    panel.uses("alice", 11)
    panel.run(LIMIT)
    (alice,) = hold(panel, {**ALICE, "b_download": own})
    assert alice == {**ALICE, "b_download": held, "b_upload": 1}


def test_a_run_that_ended_early_is_held_as_well(panel: Panel) -> None:
    panel.uses("alice", 11)
    panel.run(DISABLE, until="the files")
    assert hold(panel, ALICE)[0]["status"] == "disable"


def test_a_list_that_nobody_can_read_restores_no_account(panel: Panel) -> None:
    panel.run({})
    (panel.folder / "vpn1" / "changes.json").write_text("{}")
    with pytest.raises(AnsibleFilterError, match="not as the role writes it"):
        hold(panel, ALICE)


# --- Reports


def test_a_report_has_a_row_for_each_account(panel: Panel) -> None:
    panel.uses("alice", 11)
    panel.run(DISABLE)
    report = json.loads((panel.folder / "vpn1" / "2026-11.json").read_text())
    alice, bob = report["rows"]
    assert (alice["panel"], alice["name"], alice["total_gb"]) == ("vpn1", "alice", 11.0)
    assert (alice["quota_gb"], alice["over_quota"], bob["over_quota"]) == (10.0, True, False)
    assert report["total"]["total"] == report["servers"][0]["total"] == 11 * GB
    rows = list(csv.DictReader(io.StringIO((panel.folder / "vpn1" / "2026-11.csv").read_text())))
    assert [(row["name"], row["total"], row["over_quota"]) for row in rows] == [
        ("alice", str(11 * GB), "true"),
        ("bob", "0", "false"),
    ]


def test_the_report_of_the_month_before_is_completed(panel: Panel) -> None:
    panel.uses("alice", 1)
    panel.run({})
    panel.uses("alice", 2)
    panel.month = (2026, 12)
    panel.run({}, months=2)
    assert json.loads((panel.folder / "vpn1" / "2026-11.json").read_text())["total"]["total"] == 2 * GB
    assert json.loads((panel.folder / "vpn1" / "2026-12.json").read_text())["total"]["total"] == 0


def test_who_was_removed_or_is_unknown_keeps_the_traffic_in_the_report(panel: Panel) -> None:
    panel.uses("alice", 3)
    panel.uses("bob", 4)
    panel.run({})
    del panel.accounts["alice"]
    panel.unknown = {"bob"}
    panel.run({})
    report = json.loads((panel.folder / "vpn1" / "2026-11.json").read_text())
    assert [(row["name"], row["total_gb"]) for row in report["rows"]] == [("alice", 3.0), ("bob", 4.0)]
    assert report["total"]["total_gb"] == 7.0


def test_a_name_is_no_formula_in_a_report(panel: Panel) -> None:
    panel.add("=cmd|' /C calc'!A0")
    panel.run({})
    text = (panel.folder / "vpn1" / "2026-11.csv").read_text()
    assert "'=cmd" in text
    assert ",=cmd" not in text


def test_a_name_stays_on_one_line_of_a_report(panel: Panel) -> None:
    panel.add("a\0\nb", server="x\ny")
    panel.run({})
    text = (panel.folder / "vpn1" / "2026-11.csv").read_text()
    assert "vpn1,a\\x00\\nb,x\\ny,2026" in text
    names = [row["name"] for row in json.loads((panel.folder / "vpn1" / "2026-11.json").read_text())["rows"]]
    assert "a\0\nb" in names


# --- What is refused


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"quota_gb": -1}, "quota_gb must be a number, 0 or more, not -1."),
        ({"quota_gb": "many"}, "quota_gb must be a number"),
        ({"quota_gb": True}, "quota_gb must be a number"),
        ({"quota_gb": "inf"}, "quota_gb must be a number"),
        ({"account_quotas_gb": [1]}, "account_quotas_gb must be a dictionary"),
        ({"account_quotas_gb": {"alice": "x"}}, "account_quotas_gb, alice must be a number"),
        ({"over_quota": "delete"}, "over_quota must be one of report, disable, limit, not delete."),
        ({"stale": "absent", "stale_months": 1}, "stale must be one of report, disable, not absent."),
        ({"stale": "disable"}, "stale_months must be set"),
        ({"over_quota": "limit", "limit": {}}, "limit must contain b_download, b_upload or both."),
        ({"limit": {"status": 1}}, "limit must be a dictionary with b_download and b_upload."),
        ({"limit": {"b_upload": 0}}, "limit, b_upload must be a whole number, from 1 to 10000, not 0."),
        ({"limit": {"b_upload": 1.5}}, "limit, b_upload must be a whole number"),
        ({"max_disables": -1}, "max_disables must be a whole number"),
        ({"exclude": "alice"}, "exclude must be a list"),
    ],
)
def test_a_wrong_option_is_refused(panel: Panel, options: dict[str, Any], words: str) -> None:
    plan = usage_plan(panel.usage(), str(panel.folder), "vpn1", options)
    assert words in " ".join(plan["problems"])
    assert (plan["files"], plan["config"]) == ([], {})


def test_all_wrong_options_are_reported_at_once(panel: Panel) -> None:
    plan = usage_plan(panel.usage(), str(panel.folder), "vpn1", {"quota_gb": -1, "stale": "x", "max_disables": -1})
    assert [word in plan["problems"][0] for word in ("quota_gb", "stale", "max_disables")] == [True, True, True]


@pytest.mark.parametrize("host", ["../vpn1", "a/b", "..", ""])
def test_nothing_is_written_outside_the_folder(panel: Panel, host: str) -> None:
    plan = usage_plan(panel.usage(), str(panel.folder), host, {})
    assert plan["problems"]
    assert plan["files"] == []


@pytest.mark.parametrize("file", ["changes.json", "2026-11.json", "2026-11.csv"])
def test_a_link_in_the_place_of_a_file_is_refused(panel: Panel, file: str) -> None:
    panel.run({})
    path = panel.folder / "vpn1" / file
    path.unlink()
    path.symlink_to("/etc/passwd")
    assert "symbolic link" in usage_plan(panel.usage(), str(panel.folder), "vpn1", {})["problems"][0]


def broken(content: dict[str, Any], change: Any) -> str:
    change(content)
    return json.dumps(content)


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content.pop("changes"),
        lambda content: content.update(accounts=[]),
        lambda content: content["accounts"].update(alice={"since": "2026-13", "identity": ""}),
        lambda content: content["accounts"].update(alice={"since": 1, "identity": ""}),
        lambda content: content["changes"][0].update(reason="other"),
        lambda content: content["changes"][0].update(done="yes"),
        lambda content: content["changes"][0].update(name=None),
        lambda content: content["changes"][0].update(more=1),
        lambda content: content["changes"][0].update(values={"password": "x"}, previous={"password": "y"}),
        lambda content: content["changes"][0].update(values={"status": "off"}),
        lambda content: content["changes"][0].update(values={"b_upload": "1"}, previous={"b_upload": 1}),
        lambda content: content["changes"][0].update(values={}, previous={}),
        lambda content: content["changes"][0].update(values=None),
        lambda content: content["changes"][0].pop("previous"),
    ],
)
def test_a_list_that_the_role_has_not_written_is_refused(panel: Panel, change: Any) -> None:
    panel.uses("alice", 11)
    panel.run(DISABLE)
    path = panel.folder / "vpn1" / "changes.json"
    path.write_text(broken(json.loads(path.read_text()), change))
    plan = usage_plan(panel.usage(), str(panel.folder), "vpn1", DISABLE)
    assert f"{path} is not as the role writes it" in plan["problems"][0]
    assert (plan["files"], plan["config"]) == ([], {})


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff", b'{"rows": [{"name": 1}]}', b"[" * 100_000])
def test_a_report_that_the_role_has_not_written_is_refused(panel: Panel, content: bytes) -> None:
    panel.run({})
    (panel.folder / "vpn1" / "2026-11.json").write_bytes(content)
    assert "2026-11.json is not as the role writes it" in " ".join(
        usage_plan(panel.usage(), str(panel.folder), "vpn1", {})["problems"]
    )
