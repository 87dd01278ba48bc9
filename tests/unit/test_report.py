# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The document of the role report: its panels, what has changed since the last one, the metrics, and the plan."""

from __future__ import annotations

import copy
import json
import math
import os
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._subsets.traffic import with_total
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._report.document import build
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._report.metrics import metrics_text
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._report.plan import report_plan
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._report.usage import PanelUsage, read_usage
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._report.view import report_view
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._usage.folder import report as usage_report
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._usage.folder import report_files
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._usage.rules import Rules
from ansible_collections.puqcloud.puqvpn.tests.hostile.tables import VALUES, texts
from jsonschema import Draft202012Validator
from prometheus_client.parser import text_string_to_metric_families

NOW = datetime(2026, 11, 30, 14, 30, tzinfo=timezone.utc)
GB = 10**9
ANYTHING = [*VALUES.values(), None, True, -1, 1.5, float("nan"), 10**400, "text", "a\n\x1b[2Jb\u2028", [], {}, [[]]]
Values = dict[str, Any]


def health(**more: Any) -> Values:
    """What puqvpn_health returns of a healthy panel with two accounts."""
    return {
        "healthy": True,
        "reachable": True,
        "violations": [],
        "violation_codes": [],
        "not_reported": [],
        "status": {
            "url": "https://vpn.example.com",
            "generation": 1,
            "version": "1.8",
            "state": "OK",
            "ready": True,
            "license_valid": True,
            "license_expires": "2027-12-31",
            "license_days_left": 396,
            "accounts_used": 2,
            "accounts_limit": 50,
            "accounts_free": 48,
            "wireguard_servers": 1,
        },
        "accounts": {
            "total": 2,
            "enabled": 1,
            "online": 1,
            "servers": [{"name": "office", "total": 2, "enabled": 1, "online": 1}],
            "names": ["anna", "bert"],
            "online_names": ["anna"],
        },
        "services": {},
        "backups": {"count": 2, "size": 5.5, "newest": "new.zip", "age": 180},
        **more,
    }


def sick(*violations: str, codes: list[str] | None = None, **more: Any) -> Values:
    return health(
        healthy=False,
        violations=list(violations),
        violation_codes=["backup_too_old"] * len(violations) if codes is None else codes,
        **more,
    )


def down(text: str = "it cannot be checked: refused") -> Values:
    empty = {"status": {}, "accounts": {}, "backups": {"count": 0, "size": 0, "newest": None, "age": None}}
    return sick(text, codes=["unreachable"], reachable=False, **empty)


def drift(*names: str, **more: Any) -> Values:
    """What puqvpn_apply returns in check mode."""
    plan = [{"action": "update", "kind": "account", "name": name, "fields": ["status"], "reason": ""} for name in names]
    return {"plan": plan, "refusals": [], "expired": [], "expiring": [], "requests": 2, **more}


def report_of(health: Values, before: Values | None = None, **more: Any) -> Values:
    """The row of a single panel; ``before`` is its health in the last report."""
    previous = None if before is None else json.loads(json.dumps(build({"vpn": {"health": before}}, NOW)))
    (panel,) = build({"vpn": {"health": health, **more}}, NOW, previous)["panels"]
    return dict(panel)


def changes_of(panel: Values) -> dict[str, str]:
    return {change["code"]: change["text"] for change in panel["changes"]}


# --- The panels


def test_a_healthy_panel() -> None:
    panel = report_of(health(), drift=drift())
    assert panel == {
        "name": "vpn",
        "url": "https://vpn.example.com",
        "generation": 1,
        "version": "1.8",
        "state": "healthy",
        "reasons": [],
        "ready": True,
        "license": {"valid": True, "expires": "2027-12-31", "days_left": 396},
        "accounts": {"used": 2, "limit": 50, "free": 48, "enabled": 1, "online": 1},
        "servers": [{"name": "office", "accounts": 2, "enabled": 1, "online": 1, "traffic": []}],
        "traffic": [],
        "backup": {"count": 2, "newest": "new.zip", "age_seconds": 10800},
        "drift": {"changes": 0, "plan": [], "refusals": []},
        "expiring": [],
        "expired": [],
        "over_quota": [],
        "unused": [],
        "changes": [],
        "account_names": ["anna", "bert"],
    }


def test_the_worst_panels_come_first_and_are_counted() -> None:
    found = {
        "a": {"health": health()},
        "b": {"health": health(), "drift": drift("anna", "bert")},
        "c": {"health": sick("it has no backup")},
        "d": {"health": sick("its license is not valid", "it has no backup", codes=["license_ending"])},
        "e": {"error": "access_hash is empty"},
        "f": {"health": down()},
        "g": {},
    }
    report = build(found, NOW)
    states = [(panel["name"], panel["state"]) for panel in report["panels"]]
    assert states == [
        *[("f", "unreachable"), ("e", "not_checked"), ("g", "not_checked"), ("d", "unhealthy"), ("c", "unhealthy")],
        *[("b", "healthy"), ("a", "healthy")],
    ]
    assert report["summary"] == {
        **{"panels": 7, "healthy": 2, "unhealthy": 2, "unreachable": 1, "not_checked": 2},
        **{"accounts_used": 8, "accounts_limit": 200, "online": 4, "drift_changes": 2},
    }
    rows = {panel["name"]: panel for panel in report["panels"]}
    assert [reason["code"] for reason in rows["d"]["reasons"]] == ["license_ending", "other"]
    assert rows["e"]["reasons"] == [{"code": "not_checked", "text": "it cannot be checked: access_hash is empty"}]
    assert rows["f"]["backup"] == {"count": None, "newest": None, "age_seconds": None}
    assert (report["version"], report["generated"], report["previous"]) == (1, "2026-11-30T14:30:00Z", None)


def test_without_a_panel_that_shows_them_sums_are_unknown() -> None:
    summary = build({"vpn": {"health": down()}}, NOW)["summary"]
    assert [summary[name] for name in ("accounts_used", "accounts_limit", "online", "drift_changes")] == [None] * 4


def test_a_panel_without_a_backup_differs_from_one_that_reports_none() -> None:
    backups = {"count": 0, "size": 0, "newest": None, "age": None}
    assert report_of(sick("it has no backup", backups=backups))["backup"]["count"] == 0
    assert report_of(health(backups=backups, not_reported=["backups"]))["backup"]["count"] is None


def test_a_comparison_with_the_files() -> None:
    found = drift(
        "anna",
        refusals=[{"reason": "max_deletes", "message": "too many", "removals": []}],
        expiring=[{"kind": "account", "name": "anna", "expires": "2026-12-05", "days_left": 5}],
    )
    panel = report_of(health(), drift=found)
    assert panel["drift"]["plan"] == [
        {"action": "update", "kind": "account", "name": "anna", "fields": ["status"], "reason": ""}
    ]
    assert (panel["drift"]["refusals"], panel["state"]) == (["too many"], "healthy")
    assert panel["expiring"] == [{"kind": "account", "name": "anna", "expires": "2026-12-05", "days_left": 5}]
    failed = report_of(health(), drift={"failed": True, "msg": "config has no such option"})
    assert (failed["drift"], failed["state"]) == (None, "unhealthy")
    assert failed["reasons"] == [
        {"code": "drift_unknown", "text": "it cannot be compared with its files: config has no such option"}
    ]
    # Without any variable, nothing was read.
    assert report_of(health(), drift=drift(requests=0))["drift"] is None


def places_in(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of everything inside a value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, held in items:
        yield (*path, key)
        yield from places_in(held, (*path, key))


def at_every_place(value: Values) -> Iterator[Values]:
    """The value with anything else at each place in it."""
    for path in list(places_in(value)):
        for other in ANYTHING:
            changed = copy.deepcopy(value)
            parent: Any = changed
            for key in path[:-1]:
                parent = parent[key]
            parent[path[-1]] = other
            yield changed


ROLE = Path(__file__).resolve().parents[2] / "roles/report"
SCHEMA = json.loads((ROLE / "files/report.schema.json").read_text())


def closed(schema: Any) -> Any:
    """The schema without room for keys that it does not name, so that it has to name all of them."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    own = {"additionalProperties": False} if "required" in schema else {}
    return {**{key: closed(value) for key, value in schema.items()}, **own}


VALIDATOR = Draft202012Validator(closed(SCHEMA), format_checker=Draft202012Validator.FORMAT_CHECKER)


def test_the_readme_describes_what_the_schema_does() -> None:
    text = (ROLE / "README.md").read_text().split("## The document")[1].split("## Metrics")[0]
    described = set(re.findall(r"`(\w+)`", text))
    panel = SCHEMA["$defs"]["panel"]["properties"]
    inner = [part for name in ("license", "accounts", "backup") for part in panel[name]["properties"]]
    assert {*SCHEMA["properties"], *panel, *inner} <= described


def objections_to(report: Values) -> list[str]:
    """What no report may contain: what its schema, JSON or the textfile collector does not take, or moves a cursor."""
    VALIDATOR.validate(report)
    json.dumps(report, allow_nan=False).encode()
    list(text_string_to_metric_families(metrics_text(report)))
    return [text for text in texts_in([report, report_view(report)]) if not text.isprintable()]


def texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for held in value.values():
            yield from texts_in(held)
    elif isinstance(value, list):
        for held in value:
            yield from texts_in(held)


def test_no_value_of_a_panel_prevents_the_report() -> None:
    found = {"health": sick("it has no backup"), "drift": drift("anna"), "error": ""}
    good = {"health": health()}
    for changed in at_every_place(found):
        report = build({"hostile": changed, "good": good}, NOW)
        assert objections_to(report) == [], changed
        assert {panel["name"] for panel in report["panels"]} == {"hostile", "good"}


def test_every_hostile_text_stays_text(tmp_path: Path) -> None:
    for id, text in texts(tmp_path / "canary").items():
        accounts = {"names": [text], "servers": [{"name": text, "total": 1, "enabled": 1, "online": 1}]}
        status = dict.fromkeys(("url", "version", "license_expires"), text)
        usage_file(tmp_path / "vpn", 11, {text: 231}, server=text)
        usage = read_usage(str(tmp_path), "vpn", NOW)
        found = {
            "health": sick(text, codes=[text], accounts=accounts, status=status),
            "drift": drift(text, refusals=[{"message": text}]),
        }
        report = build({text: found}, NOW, usage={text: usage})
        assert objections_to(report) == [], text
        families = text_string_to_metric_families(metrics_text(report))
        (label,) = {sample.labels["panel"] for family in families for sample in family.samples if sample.labels}
        (panel,) = report["panels"]
        assert label == panel["name"], id
        assert panel["over_quota"][0]["name"] == panel["account_names"][0], id
        assert len(panel["servers"]) == 1, id


# --- What has changed


def test_nothing_changes_without_a_last_report() -> None:
    assert report_of(health())["changes"] == []
    assert report_of(health(), health())["changes"] == []


def test_changes_since_the_last_report() -> None:
    before = sick("bind9 is not installed", "it has no backup", codes=["service_down", "backup_too_old"])
    now = sick(
        *("iptables is not installed", "its newest backup is 60 hours old"),
        codes=["service_down", "backup_too_old"],
        status={
            **health()["status"],
            "version": "1.9",
            "license_expires": "2028-01-01T10:00:00Z",
            "accounts_limit": 100,
        },
        accounts={
            **health()["accounts"],
            "names": ["anna", "carl", "dora"],
            "servers": [{"name": "office", "total": 3, "enabled": 3, "online": 0}],
        },
    )
    assert changes_of(report_of(now, before)) == {
        # The age of a backup changes every hour, and is no change.
        "reason_new": "iptables is not installed",
        "reason_gone": "no longer: bind9 is not installed",
        "version": "version: 1.8 before, 1.9 now",
        "license": "end of the license: 2027-12-31 before, 2028-01-01 now",
        "accounts_limit": "account slots: 50 before, 100 now",
        "server_accounts": "accounts on office: 2 before, 3 now",
        "account_created": "2 accounts created: carl, dora",
        "account_removed": "1 account removed: bert",
    }


def test_while_a_panel_is_unreachable_only_its_state_has_changed() -> None:
    panel = report_of(down(), health())
    assert list(changes_of(panel)) == ["state", "reason_new"]
    assert changes_of(panel)["state"] == "healthy before, unreachable now"
    # The next report compares with what was known last.
    assert panel["account_names"] == ["anna", "bert"]
    assert changes_of(report_of(down("it cannot be checked: timeout"), down())) == {}
    assert list(changes_of(report_of(health(), down()))) == ["state", "reason_gone"]


def test_panels_that_come_and_go() -> None:
    previous = build({"old": {"health": health()}, "vpn": {"health": health()}}, NOW - timedelta(days=1))
    report = build({"vpn": {"health": health()}, "new": {"health": down()}}, NOW, previous)
    assert (report["gone"], report["previous"]) == (["old"], "2026-11-29T14:30:00Z")
    codes = {panel["name"]: list(changes_of(panel)) for panel in report["panels"]}
    assert codes == {"vpn": [], "new": ["panel_new", "state", "reason_new"]}


def test_no_value_of_the_last_report_prevents_the_next_one() -> None:
    found = {"vpn": {"health": sick("it has no backup"), "drift": drift("anna")}}
    for changed in at_every_place(build(found, NOW)):
        report = build(found, NOW, changed)
        assert objections_to(report) == [], changed
        assert [panel["name"] for panel in report["panels"]] == ["vpn"]


# --- The files of the role usage


def month(number: int, gigabytes: int) -> Values:
    return {"year": 2026, "month": number, "download": gigabytes * GB, "upload": 0, "total": gigabytes * GB}


def usage_file(folder: Path, number: int, gigabytes: dict[str, int], server: str = "office") -> Values:
    """A file as the role usage writes it."""
    rows = [
        {
            **{"name": name, "server": server, "year": 2026, "month": number},
            **with_total({"download": amount * GB, "upload": 0}),
        }
        for name, amount in gigabytes.items()
    ]
    path = str(folder / f"2026-{number:02}")
    content = usage_report("vpn", {"year": 2026, "month": number}, {"rows": rows}, Rules.parse({"quota_gb": 200}), path)
    folder.mkdir(parents=True, exist_ok=True)
    for file in report_files(content, path):
        Path(file["path"]).write_text(file["content"])
    return content


def test_traffic_quotas_and_unused_accounts_come_from_the_files_of_the_role_usage(tmp_path: Path) -> None:
    for number in (3, 10, 11):
        usage_file(tmp_path / "vpn", number, {"anna": 231, "bert": 0, "carl": 0 if number == 11 else 1, "gone": 0})
    # Older than twelve months.
    (tmp_path / "vpn" / "2025-10.json").write_text((tmp_path / "vpn" / "2026-03.json").read_text())
    report = build({"vpn": {"health": health()}}, NOW, usage={"vpn": read_usage(str(tmp_path), "vpn", NOW)})
    (panel,) = report["panels"]
    traffic = [month(3, 232), month(10, 232), month(11, 231)]
    assert (panel["traffic"], panel["servers"][0]["traffic"]) == (traffic, traffic)
    assert panel["over_quota"] == [{"name": "anna", "server": "office", "total_gb": 231.0, "quota_gb": 200.0}]
    # Another one was removed since.
    assert panel["unused"] == [{"name": "bert", "server": "office"}]
    assert report["notes"] == []


def test_files_that_the_role_usage_has_not_written_are_noted_and_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "vpn"
    good = usage_file(folder, 10, {"anna": 1})
    for content in ("[]", "{", "\ud800", "[" * 100_000, "7"):
        (folder / "2026-11.json").write_bytes(content.encode("utf-8", "surrogatepass"))
        usage = read_usage(str(tmp_path), "vpn", NOW)
        assert [amounts["month"] for amounts in usage.months] == [10], content
        assert len(usage.problems) == 1, content
    for changed in at_every_place(good):
        (folder / "2026-10.json").write_text(json.dumps(changed))
        usage = read_usage(str(tmp_path), "vpn", NOW)
        assert objections_to(build({"vpn": {"health": health()}}, NOW, usage={"vpn": usage})) == [], changed


def test_no_file_outside_the_folder_of_the_panel_is_read(tmp_path: Path) -> None:
    usage_file(tmp_path / "elsewhere", 11, {"anna": 231})
    (tmp_path / "usage").mkdir()
    (tmp_path / "usage" / "linked").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "usage" / "vpn").mkdir()
    (tmp_path / "usage" / "vpn" / "2026-11.json").symlink_to(tmp_path / "elsewhere" / "2026-11.json")
    os.mkfifo(tmp_path / "usage" / "vpn" / "2026-10.json")
    for host in ("../elsewhere", str(tmp_path / "elsewhere"), "linked", "vpn", "", ".", "..", "missing"):
        assert read_usage(str(tmp_path / "usage"), host, NOW).months == [], host


# --- The metrics


def samples_of(report: Values) -> dict[str, dict[tuple[str, ...], float]]:
    """The samples by the name of their metric, and by the values of their labels."""
    families = list(text_string_to_metric_families(metrics_text(report)))
    assert all(family.documentation and family.type in ("gauge", "counter") for family in families)
    assert not any(sample.timestamp for family in families for sample in family.samples)
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in families:
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return found


def test_metrics_of_a_fleet() -> None:
    usage = PanelUsage(servers={"office": [month(10, 2), month(11, 3)], None: [month(11, 0)]})
    silent = health(accounts={}, status={"ready": False}, backups={"count": 0, "age": None})
    found = {
        "vpn1": {"health": health(), "drift": drift("anna")},
        "vpn2": {"health": down()},
        "vpn3": {"health": silent},
        "vpn4": {
            "health": sick(
                "it has no backup",
                accounts={"online": 0, "enabled": 0, "servers": [], "names": []},
                backups={"count": 0, "size": 0, "newest": None, "age": None},
            )
        },
    }
    assert samples_of(build(found, NOW, usage={"vpn1": usage})) == {
        "puqvpn_report_timestamp_seconds": {(): NOW.timestamp()},
        "puqvpn_up": {("vpn1",): 1, ("vpn2",): 0, ("vpn3",): 1, ("vpn4",): 1},
        "puqvpn_ready": {("vpn1",): 1, ("vpn3",): 0, ("vpn4",): 1},
        "puqvpn_license_days": {("vpn1",): 396, ("vpn4",): 396},
        "puqvpn_accounts_used": {("vpn1",): 2, ("vpn4",): 2},
        "puqvpn_accounts_limit": {("vpn1",): 50, ("vpn4",): 50},
        "puqvpn_backup_age_seconds": {("vpn1",): 10800, ("vpn4",): math.inf},
        "puqvpn_drift_changes": {("vpn1",): 1},
        "puqvpn_online": {("vpn1", "office"): 1, ("vpn4", ""): 0},
        "puqvpn_traffic_bytes_total": {
            **{("vpn1", "office", "download"): 3 * GB, ("vpn1", "office", "upload"): 0},
            **{("vpn1", "", "download"): 0, ("vpn1", "", "upload"): 0},
        },
    }


def test_no_sample_comes_twice() -> None:
    servers = [{"name": "x" * 300 + str(number), "total": 1, "enabled": 1, "online": 1} for number in range(2)]
    found = {"y" * 300 + str(number): {"health": health(accounts={"servers": servers})} for number in range(2)}
    lines = [line for line in metrics_text(build(found, NOW)).splitlines() if not line.startswith("#")]
    names = [line.rpartition(" ")[0] for line in lines]
    assert len(names) == len(set(names))


# --- The plan


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the reports."""
    path = tmp_path / "report"
    path.mkdir()
    return path


def plan(folder: Path, found: Values, hosts: list[str] | None = None) -> Values:
    return report_plan(found, hosts or list(found), str(folder), str(folder.parent / "usage"), now=NOW)


def keep(folder: Path, planned: Values) -> None:
    (folder / "report.json").write_text(planned["json"])


def test_a_plan_has_the_same_document_in_each_form(folder: Path) -> None:
    planned = plan(folder, {"vpn1": {"health": health()}, "vpn2": {"health": down()}})
    assert (planned["complete"], planned["problems"], planned["path"]) == (True, [], str(folder))
    document = json.loads(planned["json"])
    assert planned["metrics"] == metrics_text(document)
    assert planned["view"] == report_view(document)
    artifact = planned["artifact"]
    assert artifact["summary"] == document["summary"]
    assert [(panel["name"], panel["state"]) for panel in artifact["panels"]] == [
        ("vpn2", "unreachable"),
        ("vpn1", "healthy"),
    ]
    assert "anna" not in json.dumps(artifact)


def test_an_empty_folder_is_not_the_current_one() -> None:
    (problem,) = report_plan({"vpn1": {"health": health()}}, ["vpn1"], "", "usage", now=NOW)["problems"]
    assert problem == "The folder of the report is empty. Set puqvpn_report_folder to a path, or leave it out."


def test_nothing_is_planned_until_all_hosts_have_a_result(folder: Path) -> None:
    found = {"vpn1": {"health": health()}, "vpn2": {}, "vpn3": {}}
    assert plan(folder, found, ["vpn1", "vpn2"]) == {"complete": False}
    # One that has left the play has its row nevertheless.
    planned = plan(folder, found, ["vpn1"])
    assert [panel["state"] for panel in planned["artifact"]["panels"]] == ["not_checked", "not_checked", "healthy"]


def test_only_a_changed_state_is_worth_a_notification(folder: Path) -> None:
    old = sick("its newest backup is 50 hours old")
    planned = plan(folder, {"vpn1": {"health": health()}, "vpn2": {"health": old}})
    assert [(panel["name"], panel["before"], panel["state"]) for panel in planned["changed"]] == [
        ("vpn2", "healthy", "unhealthy")
    ]
    assert planned["text"] == "vpn2 is unhealthy: its newest backup is 50 hours old"
    keep(folder, planned)
    older = sick("its newest backup is 51 hours old")
    again = plan(folder, {"vpn1": {"health": health()}, "vpn2": {"health": older}})
    assert (again["changed"], again["text"]) == ([], "")
    # A new version is a change, and none of the state.
    newer = health(status={**health()["status"], "version": "1.9"})
    assert plan(folder, {"vpn1": {"health": newer}, "vpn2": {"health": older}})["changed"] == []
    keep(folder, again)
    worse = sick(
        "its newest backup is 52 hours old", "its license is not valid", codes=["backup_too_old", "license_ending"]
    )
    planned = plan(folder, {"vpn1": {"health": health()}, "vpn2": {"health": worse}})
    assert planned["text"] == "vpn2 is unhealthy: its newest backup is 52 hours old; its license is not valid"
    keep(folder, planned)
    planned = plan(folder, {"vpn1": {"health": health()}, "vpn2": {"health": health()}})
    assert (planned["text"], planned["changed"][0]["before"]) == ("vpn2 is healthy", "unhealthy")


@pytest.mark.parametrize(
    "content", ["{}", "[]", "", "{", "7", '{"panels": []}', '{"panels": [], "version": "1"}', "[" * 100_000]
)
def test_a_file_that_is_no_report_is_not_replaced(folder: Path, content: str) -> None:
    (folder / "report.json").write_text(content)
    (problem,) = plan(folder, {"vpn": {"health": health()}})["problems"]
    assert problem.startswith(f"{folder}/report.json is not a report of this role.")


def test_a_report_of_another_version_is_replaced_without_a_comparison(folder: Path) -> None:
    (folder / "report.json").write_text('{"version": 2, "panels": [{"name": "vpn", "state": "unreachable"}]}')
    planned = plan(folder, {"vpn": {"health": health()}})
    assert (planned["problems"], planned["changed"], planned["artifact"]["previous"]) == ([], [], None)
    assert planned["view"]["notes"] == ["The last report has version 2, and cannot be compared with version 1."]


@pytest.mark.parametrize("name", ["report.html", "report.md", "report.prom", "report.json"])
def test_no_link_is_followed_out_of_the_folder(folder: Path, name: str) -> None:
    (folder.parent / "elsewhere").write_text("{}")
    (folder / name).symlink_to(folder.parent / "elsewhere")
    (problem,) = plan(folder, {"vpn": {"health": health()}})["problems"]
    assert problem.startswith(f"{folder}/{name} is a symbolic link")


def test_a_folder_that_is_none_is_refused(folder: Path) -> None:
    (folder / "file").write_text("")
    for path in (folder / "file", folder / "file" / "report"):
        (problem,) = plan(path, {"vpn": {"health": health()}})["problems"]
        assert str(folder / "file") in problem
