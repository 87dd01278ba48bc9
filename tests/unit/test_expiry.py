# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Accounts and clients that end on a date, on panels of both generations, with a clock that the test moves."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._expiry import enforce_expiry
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._field_types import End
from ansible_collections.puqcloud.puqvpn.tests.unit import tasks
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import Connect, writes_to
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import apply, failure, run
from simulator import Simulator
from simulator.readings import readings

DAY = "2027-01-31"
LAST_MOMENT = datetime(2027, 1, 31, 23, 59, 59, 999999, timezone.utc)
NEXT_DAY = LAST_MOMENT + timedelta(microseconds=1)

# By generation: the module and the kind, the section, and the option that names a server or a network.
KINDS = {1: "account", 2: "client"}
SECTIONS = {1: "accounts", 2: "clients"}
PARENTS = {1: "wg_name", 2: "network_name"}


@pytest.fixture
def client(any_panel: Simulator, connect: Connect) -> PanelClient:
    """A client whose task runs on the last day."""
    client = connect(any_panel)
    client.now = LAST_MOMENT
    return client


def known(panel: Simulator, *names: str, **values: Any) -> None:
    """Put enabled accounts or clients on a panel."""
    for name in names:
        at = len(panel.panel.accounts) + 10
        account = {"name": name, "username": f"{name}_login", "wg_name": "Default", "allowed_IPs": f"10.0.0.{at}"}
        panel.panel.add_account({**account, **values})
    panel.reset_counters()


def statuses(panel: Simulator) -> dict[str, str]:
    return {name: account["status"] for name, account in panel.panel.accounts.items()}


def manage(client: PanelClient, name: str = "bob", **options: Any) -> dict[str, Any]:
    """The result of the module for one object, which check mode predicts."""
    module = KINDS[client.connection.generation]
    real, client.check_mode = client.check_mode, True
    predicted = run(client, module, name=name, **options)
    client.check_mode = real
    result = run(client, module, name=name, **options)
    assert {key: predicted[key] for key in ("changed", "diff", "expires", "expired")} == {
        key: result[key] for key in ("changed", "diff", "expires", "expired")
    }
    return result


def items(client: PanelClient, *items: dict[str, Any], **config: Any) -> dict[str, Any]:
    return {SECTIONS[client.connection.generation]: list(items), **config}


def apply_all(client: PanelClient, *accounts: dict[str, Any], **options: Any) -> dict[str, Any]:
    """The result of a run that check mode predicts, and after which nothing is left to do."""
    config = items(client, *accounts, **options.pop("more", {}))
    client.check_mode = True
    predicted = apply(client, config, **options)
    client.check_mode = False
    result = apply(client, config, **options)
    for name in ("changed", "summary", "protected", "expired", "expiring", "refusals", "diff"):
        assert result[name] == predicted[name], name
    assert [{**step, "done": False} for step in result["plan"]] == predicted["plan"]
    again = apply(client, config, **options)
    assert again["changed"] is False
    assert again["protected"] == result["protected"]
    for name in ("expired", "expiring"):
        # Once it is removed, the name of an object need not be known.
        assert [entry["expires"] for entry in again[name]] == [entry["expires"] for entry in result[name]]
    return result


def reasons(result: dict[str, Any]) -> dict[str, str]:
    return {f"{step['action']} {step['name']}": step["reason"] for step in result["plan"]}


def new(client: PanelClient, name: str = "bob", **options: Any) -> dict[str, Any]:
    return {"name": name, PARENTS[client.connection.generation]: "Default", **options}


# --- What is a date


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        ("2027-01-31", "2027-01-31"),
        (" 2027-01-31 ", "2027-01-31"),
        ("2028-02-29", "2028-02-29"),
        ("0001-01-01", "0001-01-01"),
        ("9999-12-31", "9999-12-31"),
        ("2027-01-31T18:00:00Z", "2027-01-31T18:00:00Z"),
        ("2027-01-31t18:00:00z", "2027-01-31T18:00:00Z"),
        ("2027-01-31T18:00:00+01:00", "2027-01-31T17:00:00Z"),
        ("2027-01-31T18:00:00+0100", "2027-01-31T17:00:00Z"),
        ("2027-01-31T18:00+01:00", "2027-01-31T17:00:00Z"),
        ("2027-01-31T18:00:00-09:30", "2027-02-01T03:30:00Z"),
        # The text of a date object of Python, as a template writes it.
        ("2027-01-31 18:00:00+01:00", "2027-01-31T17:00:00Z"),
        ("2027-01-31 18:00:00.250000+01:00", "2027-01-31T17:00:00Z"),
        ("2027-01-31 18:00:00 +01:00", "2027-01-31T17:00:00Z"),
        # The same time by the clock on the wall, before and after the clocks change.
        ("2027-03-28T01:59:59+01:00", "2027-03-28T00:59:59Z"),
        ("2027-03-28T03:00:00+02:00", "2027-03-28T01:00:00Z"),
        ("2027-10-31T02:30:00+02:00", "2027-10-31T00:30:00Z"),
        ("2027-10-31T02:30:00+01:00", "2027-10-31T01:30:00Z"),
    ],
)
def test_a_date_has_one_normal_form(given: str, normal: str) -> None:
    assert End().parse(given) == normal
    assert End().parse(normal) == normal


NO_DATES = [
    ("", "must be a day such as 2027-01-31, or a moment with a zone such as 2027-01-31T18:00:00Z"),
    ("never", "must be a day"),
    ("31.01.2027", "must be a day"),
    ("2027-1-31", "must be a day"),
    ("20270131", "must be a day"),
    ("2027-01-31T24:00:00Z", "must be a day"),
    ("2027-01-31T18:00:60Z", "must be a day"),
    ("2027-01-31T18:00:00+25:00", "must be a day"),
    ("2027-01-31T18:00:00 Europe/Berlin", "must be a day"),
    ("٢٠٢٧-٠١-٣١", "must be a day"),
    ("2027-01-31T18:00:00", "needs a zone"),
    ("2027-01-31 18:00:00", "needs a zone"),
    ("2027-02-29", "is no day that exists"),
    ("2027-02-30T18:00:00Z", "is no day that exists"),
    ("0000-01-01", "is no day that exists"),
    ("0001-01-01T00:00:00+01:00", "is no day that exists"),
    ("9999-12-31T23:30:00-01:00", "is no day that exists"),
]


@pytest.mark.parametrize(("given", "words"), NO_DATES)
def test_anything_else_is_refused_before_anything_is_sent(
    any_panel: Simulator, client: PanelClient, given: str, words: str
) -> None:
    error = failure(client, KINDS[any_panel.generation], **new(client, expires=given))
    assert error.code == "invalid_option"
    assert f"expires {words}" in str(error)
    assert "2027-01-31T18:00:00+01:00" in str(error)
    error = failure(client, "apply", config=items(client, new(client, expires=given)))
    assert error.code == "invalid_config"
    assert f"bob: expires {words}" in str(error)
    assert any_panel.requests == []


@pytest.mark.parametrize("given", [True, 20270131, 2027.5, ["2027-01-31"], {"day": 31}])
def test_a_document_takes_no_other_types(any_panel: Simulator, client: PanelClient, given: object) -> None:
    error = failure(client, "apply", config=items(client, new(client, expires=given)))
    assert f"{SECTIONS[any_panel.generation]}[0] bob: expires must be a day such as 2027-01-31" in str(error)
    assert any_panel.requests == []


def test_no_date_is_no_date(client: PanelClient) -> None:
    result = apply_all(client, new(client, expires=None), new(client, "eve", expired="absent"))
    assert (result["expired"], result["expiring"], result["summary"]["create"]) == ([], [], 2)


# --- When it has passed


@pytest.mark.parametrize(
    ("expires", "moment", "expired"),
    [
        (DAY, LAST_MOMENT, False),
        (DAY, NEXT_DAY, True),
        (DAY, LAST_MOMENT - timedelta(days=1), False),
        ("2028-02-29", datetime(2028, 2, 29, 23, 59, 59, 999999, timezone.utc), False),
        ("2028-02-29", datetime(2028, 3, 1, tzinfo=timezone.utc), True),
        ("2028-02-28", datetime(2028, 2, 29, tzinfo=timezone.utc), True),
        ("2026-12-31", datetime(2027, 1, 1, tzinfo=timezone.utc), True),
        ("9999-12-31", datetime.max.replace(tzinfo=timezone.utc), False),
        ("2027-01-31T17:00:00Z", datetime(2027, 1, 31, 16, 59, 59, 999999, timezone.utc), False),
        ("2027-01-31T17:00:00Z", datetime(2027, 1, 31, 17, tzinfo=timezone.utc), True),
    ],
)
def test_a_day_ends_with_its_last_moment_in_utc(expires: str, moment: datetime, expired: bool) -> None:
    enforced = enforce_expiry({"name": "bob", "status": "enable"}, {"expires": expires}, moment)
    assert enforced.values["status"] == ("disable" if expired else "enable")
    assert (enforced.state, enforced.reason) == ("present", f"expired on {expires}" if expired else "")


@pytest.mark.parametrize(
    ("options", "state"),
    [
        ({}, "present"),
        ({"expired": "disable"}, "present"),
        ({"expired": "absent"}, "absent"),
        ({"expired": "disable", "state": "absent"}, "absent"),
    ],
)
def test_what_becomes_of_an_expired_account(options: dict[str, str], state: str) -> None:
    assert enforce_expiry({}, {"expires": DAY, **options}, NEXT_DAY).state == state


# --- One object


def test_an_account_is_disabled_when_its_last_day_is_over(any_panel: Simulator, client: PanelClient) -> None:
    known(any_panel, "bob")
    result = manage(client, status="enable", expires=DAY)
    assert (result["changed"], result["expires"], result["expired"]) == (False, DAY, False)
    assert writes_to(any_panel) == []
    client.now = NEXT_DAY
    result = manage(client, status="enable", expires=DAY)
    assert (result["changed"], result["expires"], result["expired"]) == (True, DAY, True)
    assert result["diff"] == {"before": {"status": "enable"}, "after": {"status": "disable"}}
    assert result["msg"] == f"bob: status enable -> disable (expired on {DAY})"
    assert statuses(any_panel) == {"bob": "disable"}
    assert manage(client, status="enable", expires=DAY, b_download=7)["msg"] == "bob: b_download 0 -> 7"


def test_an_expired_account_that_is_disabled_costs_one_read(any_panel: Simulator, client: PanelClient) -> None:
    known(any_panel, "bob", status="disable")
    client.now = NEXT_DAY
    module = KINDS[any_panel.generation]
    assert run(client, module, name="bob", status="enable", expires=DAY)["changed"] is False
    assert any_panel.counts() == {f"GET {module}/bob": 1}


def test_a_date_that_is_taken_back_enables_only_what_asks_for_it(any_panel: Simulator, client: PanelClient) -> None:
    known(any_panel, "bob", status="disable")
    client.now = NEXT_DAY
    assert manage(client)["changed"] is False
    assert manage(client, expires="2027-12-31")["changed"] is False
    assert manage(client, expires="2027-12-31", status="disable")["changed"] is False
    assert manage(client, expires="2027-12-31", status="enable")["changed"] is True
    assert statuses(any_panel) == {"bob": "enable"}


def test_an_expired_account_that_does_not_exist_is_created_disabled(any_panel: Simulator, client: PanelClient) -> None:
    client.now = NEXT_DAY
    assert manage(client, **new(client, status="enable", expires=DAY))["changed"] is True
    assert statuses(any_panel) == {"bob": "disable"}


def test_an_expired_account_may_have_to_be_absent(any_panel: Simulator, client: PanelClient) -> None:
    options = new(client, status="enable", expires=DAY, expired="absent")
    assert manage(client, **options)["changed"] is True
    assert statuses(any_panel) == {"bob": "enable"}
    client.now = NEXT_DAY
    result = manage(client, **options)
    kind = KINDS[any_panel.generation]
    assert (result["changed"], result[kind], result["diff"]["after"], result["expired"]) == (True, {}, {}, True)
    assert result["msg"] == f"bob: deleted (expired on {DAY})"
    assert statuses(any_panel) == {}
    assert manage(client, **options)["changed"] is False


def test_state_absent_needs_no_date(any_panel: Simulator, client: PanelClient) -> None:
    known(any_panel, "bob")
    result = manage(client, state="absent", expires=DAY)
    assert (result["changed"], result["expires"], result["expired"]) == (True, DAY, False)
    assert statuses(any_panel) == {}


def test_an_account_without_a_date(any_panel: Simulator, client: PanelClient) -> None:
    known(any_panel, "bob")
    result = manage(client, expired="absent")
    assert (result["changed"], result["expires"], result["expired"]) == (False, None, False)


@pytest.mark.parametrize(("expired", "left"), [("disable", {"bob": "disable"}), ("absent", {})])
def test_an_account_that_is_found_by_its_username(
    panel: Simulator, connect: Connect, expired: str, left: dict[str, str]
) -> None:
    known(panel, "bob")
    client = connect(panel)
    client.now = NEXT_DAY
    result = run(client, "account", username="bob_login", expires=DAY, expired=expired)
    assert (result["changed"], statuses(panel)) == (True, left)


def test_a_panel_need_not_know_the_date(any_panel: Simulator, client: PanelClient) -> None:
    known(any_panel, "bob")
    manage(client, expires=DAY, b_download=5)
    bodies = " ".join(str(request.body) for request in any_panel.requests)
    assert "b_download" in bodies
    assert "expire" not in bodies


# --- A whole panel


def test_a_run_disables_whose_date_has_passed(any_panel: Simulator, client: PanelClient) -> None:
    known(any_panel, "bob", "eve", "zoe")
    kind = KINDS[any_panel.generation]
    accounts = [
        {"name": "zoe", "status": "enable", "expires": "2027-02-14"},
        {"name": "eve", "status": "enable", "expires": "2027-01-31T19:00:00+01:00"},
        {"name": "bob", "status": "enable", "expires": DAY},
    ]
    client.now = datetime(2027, 1, 31, 17, 59, tzinfo=timezone.utc)
    result = apply_all(client, *accounts)
    assert (result["changed"], result["plan"], result["expired"]) == (False, [], [])
    assert result["expiring"] == [
        {"kind": kind, "name": "eve", "expires": "2027-01-31T18:00:00Z", "days_left": 0},
        {"kind": kind, "name": "bob", "expires": DAY, "days_left": 0},
        {"kind": kind, "name": "zoe", "expires": "2027-02-14", "days_left": 14},
    ]
    client.now = NEXT_DAY
    result = apply_all(client, *accounts)
    assert result["expired"] == [
        {"kind": kind, "name": "eve", "expires": "2027-01-31T18:00:00Z", "days_left": -1},
        {"kind": kind, "name": "bob", "expires": DAY, "days_left": -1},
    ]
    assert [entry["name"] for entry in result["expiring"]] == ["zoe"]
    assert reasons(result) == {
        "update bob": f"expired on {DAY}",
        "update eve": "expired on 2027-01-31T18:00:00Z",
    }
    assert [step["fields"] for step in result["plan"]] == [["status"], ["status"]]
    assert statuses(any_panel) == {"bob": "disable", "eve": "disable", "zoe": "enable"}


@pytest.mark.parametrize(("days", "names"), [(0, []), (1, ["a"]), (2, ["a", "b"]), (400, ["a", "b", "c"])])
def test_who_expires_soon(any_panel: Simulator, client: PanelClient, days: int, names: list[str]) -> None:
    known(any_panel, "a", "b", "c", "d")
    dates = {"c": "2028-01-31", "b": "2027-02-02", "a": "2027-01-31"}
    accounts = [{"name": name, "expires": date} for name, date in dates.items()]
    gone = {"name": "d", "state": "absent", "expires": "2027-01-31"}
    result = apply_all(client, *accounts, gone, expiry_warn_days=days)
    assert [entry["name"] for entry in result["expiring"]] == names


def test_a_negative_number_of_days_is_refused(any_panel: Simulator, client: PanelClient) -> None:
    error = failure(client, "apply", config=items(client), expiry_warn_days=-1)
    assert "expiry_warn_days is -1" in str(error)


def test_the_requests_of_an_unchanged_run(any_panel: Simulator, client: PanelClient) -> None:
    known(any_panel, "bob", "eve", status="disable")
    client.now = NEXT_DAY
    config = items(client, {"name": "bob", "status": "enable", "expires": DAY}, {"name": "eve", "status": "disable"})
    expected = apply_requests(any_panel, client, items(client, {"name": "eve", "status": "disable"}))
    assert apply_requests(any_panel, client, config) == expected


def apply_requests(panel: Simulator, client: PanelClient, config: dict[str, Any]) -> dict[str, int]:
    panel.reset_counters()
    assert apply(client, config)["changed"] is False
    return panel.counts()


def test_other_changes_of_an_expired_account_have_no_reason(any_panel: Simulator, client: PanelClient) -> None:
    known(any_panel, "bob", status="disable")
    client.now = NEXT_DAY
    result = apply_all(client, {"name": "bob", "b_download": 7, "expires": DAY})
    assert reasons(result) == {"update bob": ""}


def test_an_expired_new_account_of_a_run(any_panel: Simulator, client: PanelClient) -> None:
    client.now = NEXT_DAY
    gone = new(client, "eve", expires=DAY, expired="absent")
    result = apply_all(client, new(client, status="enable", expires=DAY), gone)
    assert reasons(result) == {"create bob": f"expired on {DAY}"}
    assert [entry["name"] for entry in result["expired"]] == ["bob", "eve"]
    assert statuses(any_panel) == {"bob": "disable"}


def test_state_absent_of_an_item_needs_no_date(any_panel: Simulator, client: PanelClient) -> None:
    known(any_panel, "bob")
    client.now = NEXT_DAY
    result = apply_all(client, {"name": "bob", "state": "absent", "expires": DAY}, new(client, "eve"))
    assert reasons(result) == {"delete bob": "", "create eve": ""}
    assert (result["expired"], result["expiring"]) == ([], [])


def test_a_failed_run_also_says_who_is_expired(any_panel: Simulator, client: PanelClient) -> None:
    known(any_panel, "bob")
    client.now = NEXT_DAY
    any_panel.fault("error", path=f"{KINDS[any_panel.generation]}/bob", method="PUT", text="No", times=None)
    error = failure(client, "apply", config=items(client, {"name": "bob", "expires": DAY}))
    assert [entry["name"] for entry in error.details["expired"]] == ["bob"]
    assert error.details["expiring"] == []


# --- Removals


def test_expired_accounts_are_removed_if_that_is_asked_for(any_panel: Simulator, client: PanelClient) -> None:
    known(any_panel, "bob", "eve")
    client.now = NEXT_DAY
    result = apply_all(client, {"name": "bob", "expires": DAY, "expired": "absent"}, {"name": "eve"})
    assert reasons(result) == {"delete bob": f"expired on {DAY}"}
    assert statuses(any_panel) == {"eve": "enable"}


def refused(client: PanelClient, config: dict[str, Any], **options: Any) -> tuple[dict[str, Any], str]:
    """The only refusal of a run, which check mode reports, and the message of the error."""
    client.check_mode = True
    predicted = apply(client, config, **options)
    client.check_mode = False
    error = tasks.failure(client, "apply", config=config, **options)
    assert error.code == "removal_refused"
    assert error.details["refusals"] == predicted["refusals"]
    (refusal,) = predicted["refusals"]
    return dict(refusal), str(error)


def test_removals_of_expired_accounts_are_limited(any_panel: Simulator, client: PanelClient) -> None:
    known(any_panel, "bob", "eve")
    client.now = NEXT_DAY
    config = items(client, *({"name": name, "expires": DAY, "expired": "absent"} for name in ("bob", "eve")))
    refusal, message = refused(client, config, max_deletes=1)
    kind = KINDS[any_panel.generation]
    assert refusal["reason"] == "max_deletes"
    assert refusal["removals"] == [
        {"kind": kind, "name": name, "reason": f"expired on {DAY}"} for name in ("bob", "eve")
    ]
    assert f"{kind} bob (expired on {DAY}), {kind} eve (expired on {DAY})" in message
    assert writes_to(any_panel) == []


def test_a_protected_expired_account_is_disabled_in_place_of_removed(any_panel: Simulator, client: PanelClient) -> None:
    known(any_panel, "bob", "eve")
    client.now = NEXT_DAY
    # What it should have been does not matter any more: no difference may keep the run from disabling it.
    bob = {"name": "bob", "username": "other", "status": "enable", "expires": DAY, "expired": "absent"}
    result = apply_all(client, bob, {"name": "eve"}, protect=["b*"], max_deletes=0)
    assert reasons(result) == {"update bob": f"expired on {DAY}"}
    assert result["protected"] == [{"kind": KINDS[any_panel.generation], "name": "bob"}]
    assert statuses(any_panel) == {"bob": "disable", "eve": "enable"}


@pytest.mark.parametrize(("protect", "left"), [(["bob"], {"bob": "disable"}), ([], {})])
def test_expired_items_by_their_username(
    panel: Simulator, connect: Connect, protect: list[str], left: dict[str, str]
) -> None:
    known(panel, "bob")
    client = connect(panel)
    client.now = NEXT_DAY
    result = apply_all(client, {"username": "bob_login", "expires": DAY, "expired": "absent"}, protect=protect)
    assert statuses(panel) == left
    assert [step["name"] for step in result["plan"]] == ["bob"]
    assert [entry["name"] for entry in result["expired"]] == ["bob"]


def test_a_section_of_expired_accounts_counts_as_empty(any_panel: Simulator, client: PanelClient) -> None:
    known(any_panel, "bob", "eve")
    client.now = NEXT_DAY
    config = items(client, {"name": "bob", "expires": DAY, "expired": "absent"})
    refusal, _message = refused(client, config, purge=[SECTIONS[any_panel.generation]])
    assert refusal["reason"] == "empty_section"
    assert [removal["name"] for removal in refusal["removals"]] == ["eve"]


def test_an_address_of_an_expired_account_is_free_again(any_panel: Simulator, client: PanelClient) -> None:
    known(any_panel, "bob")
    address = {1: "allowed_ips", 2: "ipv4"}[any_panel.generation]
    accounts = (
        {"name": "bob", address: "10.0.0.10", "expires": DAY, "expired": "absent"},
        new(client, "eve", **{address: "10.0.0.10"}),
    )
    error = failure(client, "apply", config=items(client, *accounts))
    assert "10.0.0.10 is already used" in str(error)
    client.now = NEXT_DAY
    apply_all(client, *accounts)
    assert statuses(any_panel) == {"eve": "enable"}


# --- Port forwards to an expired account


FORWARD = {"wg_name": "Default", "dst_port": 8080, "protocol": "tcp", "to_peer": "bob", "to_port": 80}


@pytest.fixture
def forwarding(panel: Simulator, connect: Connect) -> PanelClient:
    """A client of a panel with a port forward to bob."""
    known(panel, "bob", "eve")
    values = {name: value for name, value in FORWARD.items() if name != "wg_name"}
    panel.panel.port_forwards["Default"]["8080_tcp"] = values
    client = connect(panel)
    client.now = LAST_MOMENT
    return client


def test_the_port_forwards_to_a_removed_account_end_with_it(panel: Simulator, forwarding: PanelClient) -> None:
    bob = {"name": "bob", "expires": DAY, "expired": "absent"}
    assert apply_all(forwarding, bob, more={"port_forwards": [FORWARD]})["changed"] is False
    forwarding.now = NEXT_DAY
    result = apply_all(forwarding, bob, more={"port_forwards": [FORWARD]})
    assert reasons(result) == {
        "delete Default/8080/tcp": f"account bob expired on {DAY}",
        "delete bob": f"expired on {DAY}",
    }
    assert panel.panel.port_forwards["Default"] == {}


@pytest.mark.parametrize("protect", ["bob", "Default/*"])
def test_what_is_protected_keeps_its_port_forward(panel: Simulator, forwarding: PanelClient, protect: str) -> None:
    forwarding.now = NEXT_DAY
    bob = {"name": "bob", "expires": DAY, "expired": "absent"}
    result = apply_all(forwarding, bob, more={"port_forwards": [FORWARD]}, protect=[protect])
    assert reasons(result) == {"update bob": f"expired on {DAY}"}
    assert result["protected"] == [{"kind": "account", "name": "bob"}]
    assert list(panel.panel.port_forwards["Default"]) == ["8080_tcp"]
    assert statuses(panel) == {"bob": "disable", "eve": "enable"}


# --- Purge that disables


def test_purge_may_disable_in_place_of_removing(any_panel: Simulator, client: PanelClient) -> None:
    known(any_panel, "a", "b")
    known(any_panel, "c", status="disable")
    section = SECTIONS[any_panel.generation]
    result = apply_all(client, {"name": "a"}, purge=[section], purge_action="disable", max_disables=1)
    assert result["plan"] == [
        {
            "action": "update",
            "kind": KINDS[any_panel.generation],
            "name": "b",
            "fields": ["status"],
            "reason": "not in config (purge)",
            "done": True,
        }
    ]
    assert result["summary"] == {"create": 0, "update": 1, "recreate": 0, "delete": 0, "unchanged": 1, "failed": 0}
    assert statuses(any_panel) == {"a": "enable", "b": "disable", "c": "disable"}


def test_purge_deletes_by_default_and_says_why(any_panel: Simulator, client: PanelClient) -> None:
    known(any_panel, "a", "b")
    result = apply_all(client, {"name": "a"}, purge=[SECTIONS[any_panel.generation]])
    assert reasons(result) == {"delete b": "not in config (purge)"}


def test_purge_that_disables_is_limited(any_panel: Simulator, client: PanelClient) -> None:
    known(any_panel, "a", "b", "c", "old")
    section, kind = SECTIONS[any_panel.generation], KINDS[any_panel.generation]
    # Expired accounts are disabled by name, and do not count.
    client.now = NEXT_DAY
    config = items(client, {"name": "a"}, {"name": "old", "expires": DAY})
    refusal, message = refused(client, config, purge=[section], purge_action="disable", max_disables=1)
    assert refusal == {
        "reason": "max_disables",
        "message": "purge would disable 2 objects, and max_disables is 1.",
        "removals": [{"kind": kind, "name": name, "reason": "not in config (purge)"} for name in "bc"],
    }
    assert message.startswith("nothing was written: purge would disable 2 objects, and max_disables is 1.")
    assert f"The run would disable {kind} b, {kind} c" in message
    assert writes_to(any_panel) == []
    apply_all(
        client, {"name": "a"}, {"name": "old", "expires": DAY}, purge=[section], purge_action="disable", max_disables=2
    )
    assert statuses(any_panel) == {"a": "enable", "b": "disable", "c": "disable", "old": "disable"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "accounts is empty, and purge would disable everything"),
        ({"max_disables": -1}, "max_disables must be 0 or more"),
    ],
)
def test_an_empty_section_is_not_disabled(
    any_panel: Simulator, client: PanelClient, options: dict[str, Any], words: str
) -> None:
    known(any_panel, "a")
    section = SECTIONS[any_panel.generation]
    error = failure(client, "apply", config={section: []}, purge=[section], purge_action="disable", **options)
    assert words.replace("accounts", section) in str(error)
    assert writes_to(any_panel) == []


def test_a_missing_section_is_not_disabled(any_panel: Simulator, client: PanelClient) -> None:
    section = SECTIONS[any_panel.generation]
    error = failure(client, "apply", config={}, purge=[section], purge_action="disable")
    assert f"Purging it would disable every {KINDS[any_panel.generation]}" in str(error)


def test_protected_accounts_stay_enabled(any_panel: Simulator, client: PanelClient) -> None:
    known(any_panel, "a", "ops")
    section, kind = SECTIONS[any_panel.generation], KINDS[any_panel.generation]
    result = apply_all(
        client, purge=[section], purge_action="disable", protect=["ops"], allow_empty=True, max_disables=1
    )
    assert (statuses(any_panel), result["protected"]) == (
        {"a": "disable", "ops": "enable"},
        [{"kind": kind, "name": "ops"}],
    )


def test_other_sections_are_still_removed(panel: Simulator, forwarding: PanelClient) -> None:
    panel.panel.add_server({"name": "lab", "address": "10.60.0.1/24", "listen_port": 51999})
    panel.panel.add_account({"name": "zoe", "wg_name": "lab", "allowed_IPs": "10.60.0.2"})
    result = apply_all(
        forwarding,
        {"name": "eve"},
        more={"port_forwards": []},
        purge=["accounts", "port_forwards"],
        purge_scope=["Default"],
        purge_action="disable",
        allow_empty=True,
    )
    assert reasons(result) == {
        "delete Default/8080/tcp": "not in config (purge)",
        "update bob": "not in config (purge)",
    }
    assert statuses(panel) == {"bob": "disable", "eve": "enable", "zoe": "enable"}


def test_a_server_with_disabled_accounts_cannot_be_purged(panel: Simulator, forwarding: PanelClient) -> None:
    panel.panel.add_server({"name": "lab", "address": "10.60.0.1/24", "listen_port": 51999})
    panel.panel.add_account({"name": "zoe", "wg_name": "lab", "allowed_IPs": "10.60.0.2"})
    config = {"wireguard": [{"name": "Default"}], "accounts": [{"name": "eve"}]}
    error = failure(forwarding, "apply", config=config, purge=["wireguard", "accounts"], purge_action="disable")
    assert "lab: cannot be removed while it has accounts: zoe" in str(error)
    assert writes_to(panel) == []


def test_accounts_of_a_server_that_is_removed_by_force_say_why(panel: Simulator, forwarding: PanelClient) -> None:
    panel.panel.add_server({"name": "lab", "address": "10.60.0.1/24", "listen_port": 51999})
    panel.panel.add_account({"name": "zoe", "wg_name": "lab", "allowed_IPs": "10.60.0.2"})
    server = {"name": "lab", "state": "absent", "force": True}
    result = apply_all(forwarding, {"name": "eve"}, more={"wireguard": [server]})
    assert reasons(result) == {"delete zoe": "its server is removed with force: true", "delete lab": ""}


# --- What panels show, and what they do not


@pytest.mark.parametrize("reading", readings(), ids=range(len(readings())))
def test_the_end_of_clients_under_every_reading(connect: Connect, reading: dict[str, Any]) -> None:
    with Simulator(generation=2, **reading) as panel:
        for name in ("ended", "kept", "gone", "unlisted", "staying"):
            known(panel, name)
        client = connect(panel)
        client.now = NEXT_DAY
        clients = [
            {"name": "ended", "expires": DAY, "status": "enable"},
            {"name": "kept", "expires": DAY, "expired": "absent"},
            {"name": "gone", "expires": DAY, "expired": "absent"},
            {"name": "staying", "expires": "2027-02-01", "status": "enable"},
        ]
        # Without a list of clients, a purge is refused.
        purge = ["clients"] if reading["inferred"] else []
        result = apply_all(client, *clients, purge=purge, purge_action="disable", protect=["kept"])
        expected = {"ended": "disable", "kept": "disable", "staying": "enable"}
        assert statuses(panel) == {**expected, "unlisted": "disable" if purge else "enable"}
        assert result["unverified"] == {}


def test_an_export_contains_no_date(any_panel: Simulator, client: PanelClient) -> None:
    known(any_panel, "bob")
    any_panel.panel.accounts["bob"].update(expires="2027-01-31", expired="absent")
    (exported,) = tasks.gather(client, "config")["config"][SECTIONS[any_panel.generation]]
    assert exported["name"] == "bob"
    assert exported.keys().isdisjoint({"expires", "expired"})
