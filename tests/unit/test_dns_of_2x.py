# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The work of puqvpn_dns, puqvpn_adblock and puqvpn_reload on 2.x panels, whose settings nobody has documented."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import Connect, client_of, writes_to
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import failure, run
from simulator import Simulator
from simulator.readings import readings

OWN = {"name": "own list", "url": "https://example.com/list", "enabled": True}
DOMAINS = ["ads.example.com", "other.example.com"]
READINGS = pytest.mark.parametrize("reading", readings(), ids=range(len(readings())))


@pytest.fixture
def panel() -> Iterator[Simulator]:
    with _panel() as simulator:
        yield simulator


@pytest.fixture
def client(panel: Simulator, connect: Connect) -> PanelClient:
    return connect(panel)


def _panel(**reading: Any) -> Simulator:
    """A 2.x panel with a list of its own and two domains that are never blocked."""
    simulator = Simulator(generation=2, **reading)
    simulator.start()
    with client_of(simulator) as client:
        client.write("POST", "dns/adblock/lists", OWN)
        for domain in DOMAINS:
            client.write("POST", "dns/adblock/whitelist", {"domain": domain})
    simulator.reset_counters()
    return simulator


def body(panel: Simulator) -> Any:
    """What the only PUT carried."""
    (request,) = (request for request in panel.requests if request.method == "PUT")
    return json.loads(request.body)


# --- DNS


@READINGS
def test_dns_settings_are_set_where_their_names_are_known(connect: Connect, reading: dict[str, Any]) -> None:
    with Simulator(generation=2, **reading) as panel:
        before = dict(panel.panel.dns)
        if reading["dns_names"] == "known":
            result = run(connect(panel), "dns", max_cache_ttl=77, enabled=not before["enabled"])
            assert result["changed"] is True
            assert panel.panel.dns == {**before, "max_cache_ttl": 77, "enabled": not before["enabled"]}
            assert run(connect(panel), "dns", max_cache_ttl=77)["changed"] is False
        else:
            error = failure(connect(panel), "dns", max_cache_ttl=77)
            assert (error.code, error.details["fields"]) == ("field_not_shown", ["max_cache_ttl"])
            assert "service_enabled" in str(error)
            assert (writes_to(panel), panel.panel.dns) == ([], before)


def test_everything_that_the_panel_shows_is_sent_back(panel: Simulator, client: PanelClient) -> None:
    shown = client.get("dns").payload
    panel.reset_counters()
    run(client, "dns", max_cache_ttl=77)
    assert body(panel) == {**shown, "max_cache_ttl": 77}
    assert [f"{request.method} {request.path}" for request in panel.requests] == ["GET dns", "PUT dns", "GET dns"]


@pytest.mark.parametrize(
    ("shown", "sent"),
    [
        ({"enabled": "1", "max_cache_ttl": "600"}, {"enabled": "0", "max_cache_ttl": "77"}),
        ({"Enabled": 1, "MAX_CACHE_TTL": 600.0}, {"Enabled": 0, "MAX_CACHE_TTL": 77}),
        ({"enabled": "yes", "max_cache_ttl": 600}, {"enabled": "no", "max_cache_ttl": 77}),
        ({"enabled": True, "max_cache_ttl": 600, "x": None, "y": [{}]}, {"enabled": False, "max_cache_ttl": 77}),
    ],
)
def test_values_are_sent_in_the_names_and_types_of_the_panel(
    panel: Simulator, client: PanelClient, shown: dict[str, Any], sent: dict[str, Any]
) -> None:
    panel.fault("wrong_type", path="dns", method="GET", msg=shown)
    panel.fault("wrong_type", path="dns", method="PUT", msg={})
    panel.fault("wrong_type", path="dns", method="GET", msg={**shown, **sent})
    assert run(client, "dns", enabled=False, max_cache_ttl=77)["changed"] is True
    assert body(panel) == {**shown, **sent}


@pytest.mark.parametrize("name", ["dns", "settings"])
def test_settings_inside_another_object_are_not_written(panel: Simulator, client: PanelClient, name: str) -> None:
    panel.fault("wrong_type", path="dns", method="GET", msg={name: {"max_cache_ttl": 600}})
    assert failure(client, "dns", max_cache_ttl=77).code == "field_not_shown"
    assert writes_to(panel) == []


@pytest.mark.parametrize("option", [{"max_cache_ttl": 77}, {"forwarders_2": "192.0.2.1", "max_cache_ttl": 77}])
def test_one_name_that_is_not_shown_is_enough_to_write_nothing(
    panel: Simulator, client: PanelClient, option: dict[str, Any]
) -> None:
    panel.fault("wrong_type", path="dns", method="GET", msg={"enabled": True, "forwarders_2": ""}, times=None)
    error = failure(client, "dns", **option)
    assert (error.code, error.details["fields"]) == ("field_not_shown", ["max_cache_ttl"])
    assert writes_to(panel) == []


def test_a_value_that_the_panel_does_not_store_fails_the_task(panel: Simulator, client: PanelClient) -> None:
    panel.fault("not_stored", path="dns", method="PUT")
    error = failure(client, "dns", enabled=False, verify_timeout=0)
    assert (error.code, error.details["fields"]) == ("value_not_stored", ["enabled"])
    # A 2.x panel takes JSON, in which a switch has one spelling.
    assert writes_to(panel) == ["PUT dns"]


# --- Ad blocking


@READINGS
def test_ad_blocking_under_every_reading(connect: Connect, reading: dict[str, Any]) -> None:
    with _panel(**reading) as panel:
        client, checking = connect(panel), connect(panel, check_mode=True)
        wanted = {"lists_absent": ["own list", "nobody's"], "whitelist_absent": [DOMAINS[0].upper(), "x.example.com"]}
        predicted, removed = run(checking, "adblock", **wanted), run(client, "adblock", **wanted)
        assert removed["diff"] == predicted["diff"]
        assert removed["diff"]["before"] == {"lists": ["own list"], "whitelist": [DOMAINS[0]]}
        assert "own list" not in panel.panel.adblock["lists"]
        assert panel.panel.adblock["whitelist"] == [DOMAINS[1]]
        assert run(client, "adblock", **wanted)["changed"] is False
        before = panel.panel.adblock["enabled"]
        if reading["adblock_names"] == "known":
            assert run(client, "adblock", enabled=not before)["changed"] is True
            assert panel.panel.adblock["enabled"] is not before
            assert run(client, "adblock", enabled=not before)["changed"] is False
        else:
            assert failure(client, "adblock", enabled=not before).code == "field_not_shown"
            assert panel.panel.adblock["enabled"] is before


def test_the_requests_of_ad_blocking(panel: Simulator, client: PanelClient) -> None:
    enabled = not panel.panel.adblock["enabled"]
    run(client, "adblock", enabled=enabled, lists_absent=["own list"], whitelist_absent=DOMAINS, update=True)
    assert writes_to(panel) == [
        "PUT dns/adblock",
        "DELETE dns/adblock/lists/own%20list",
        "DELETE dns/adblock/whitelist/ads.example.com",
        "DELETE dns/adblock/whitelist/other.example.com",
        "POST dns/adblock/update",
    ]
    panel.reset_counters()
    run(client, "adblock", enabled=enabled)
    assert panel.counts() == {"GET dns/adblock": 1}


def test_an_update_is_a_change_every_time(panel: Simulator, client: PanelClient) -> None:
    for _run in range(2):
        result = run(client, "adblock", update=True)
        assert (result["changed"], result["diff"]["after"]) == (True, {"update": "requested"})
    assert writes_to(panel) == ["POST dns/adblock/update"] * 2


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_built_in_list_is_refused_before_anything_is_written(
    panel: Simulator, connect: Connect, check_mode: bool
) -> None:
    name = next(iter(panel.panel.adblock["lists"]))
    client = connect(panel, check_mode=check_mode)
    error = failure(client, "adblock", lists_absent=[name, "own list"], enabled=not panel.panel.adblock["enabled"])
    assert f"{name} is built in, and a panel cannot delete such a list" in str(error)
    assert writes_to(panel) == []


def test_lists_that_the_panel_does_not_show_are_not_removed(panel: Simulator, client: PanelClient) -> None:
    panel.fault("wrong_type", path="dns/adblock", method="GET", msg={"enabled": True})
    error = failure(client, "adblock", lists_absent=["own list"])
    assert (error.code, error.details["fields"]) == ("field_not_shown", ["lists_absent"])
    assert writes_to(panel) == []


@pytest.mark.parametrize("payload", [{"a": 1}, [1], "text", 7, {"domains": [1]}])
def test_a_whitelist_that_cannot_be_understood_is_not_changed(
    panel: Simulator, client: PanelClient, payload: Any
) -> None:
    panel.fault("wrong_type", path="dns/adblock/whitelist", method="GET", msg=payload)
    if payload == {"a": 1}:
        # Domains may be the keys of a map.
        assert run(client, "adblock", whitelist_absent=DOMAINS)["changed"] is False
    else:
        assert failure(client, "adblock", whitelist_absent=DOMAINS).code == "answer_wrong_type"
    assert writes_to(panel) == []


@pytest.mark.parametrize(
    "payload", [{"whitelist": DOMAINS}, dict.fromkeys(DOMAINS), [{"name": name} for name in DOMAINS]]
)
def test_a_whitelist_may_have_any_form(panel: Simulator, client: PanelClient, payload: Any) -> None:
    panel.fault("wrong_type", path="dns/adblock/whitelist", method="GET", msg=payload)
    run(client, "adblock", whitelist_absent=DOMAINS)
    assert panel.panel.adblock["whitelist"] == []


def test_a_failure_in_between_reports_the_diff(panel: Simulator, client: PanelClient) -> None:
    panel.fault("error", path="dns/adblock/update", method="POST", text="Something failed")
    error = failure(client, "adblock", whitelist_absent=[DOMAINS[0]], update=True)
    assert error.details["changed"] is True
    assert error.details["diff"]["before"]["whitelist"] == [DOMAINS[0]]
    error = failure(client, "adblock", whitelist_absent=["x"], update=False, enabled=None, lists_absent=["Pete Lowe"])
    assert "changed" not in error.details


# --- Reload


@READINGS
def test_a_reload_is_a_post(connect: Connect, reading: dict[str, Any]) -> None:
    with Simulator(generation=2, reload_seconds=0.0, **reading) as panel:
        result = run(connect(panel), "reload")
        assert writes_to(panel) == ["POST system/reload"]
        assert (result["changed"], result["status"]["ready"]) == (True, True)


def test_a_reload_whose_answer_is_lost_is_not_sent_again(panel: Simulator, client: PanelClient) -> None:
    panel.fault("drop_after", path="system/reload", method="POST")
    assert failure(client, "reload").code == "write_fate_unknown"
    assert writes_to(panel) == ["POST system/reload"]


def test_a_name_that_no_path_can_contain_is_refused_before_anything_is_written(
    panel: Simulator, client: PanelClient
) -> None:
    panel.fault("wrong_type", path="dns/adblock/whitelist", method="GET", msg=[DOMAINS[0], ".."])
    error = failure(client, "adblock", whitelist_absent=[DOMAINS[0], ".."], enabled=not panel.panel.adblock["enabled"])
    assert (error.code, writes_to(panel)) == ("untrusted_value", [])
