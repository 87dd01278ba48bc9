# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The work of puqvpn_request."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import (
    FateUnknownError,
    OptionError,
    PuqVpnError,
    RefusedError,
)
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._module.request import request
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import Connect
from simulator import Simulator

OPENAPI = Path(__file__).with_name("openapi")

OPTIONS: dict[str, Any] = {
    "method": "GET",
    "query": None,
    "data": None,
    "probe": None,
    "idempotent": True,
    "expect": None,
    "dest": None,
    "schema": "hint",
    "include_secrets": False,
}
ALICE = {
    "name": "alice",
    "username": "alice",
    "wg_name": "Default",
    "allowed_IPs": "10.0.0.10",
    "password": "canary-password",
}


def run(client: PanelClient, **options: Any) -> dict[str, Any]:
    return request({**OPTIONS, **options}, client)


def post_alice(client: PanelClient, **options: Any) -> dict[str, Any]:
    return run(client, method="POST", path="account", data=ALICE, **{"probe": "account/alice", **options})


@pytest.fixture
def client(panel: Simulator, connect: Connect) -> PanelClient:
    """A client of a panel that holds the account alice; counting starts after it."""
    client = connect(panel)
    client.write("POST", "account", ALICE)
    panel.reset_counters()
    return client


# --- Reading


def test_reading_costs_one_get_and_returns_no_secret(panel: Simulator, client: PanelClient) -> None:
    result = run(client, path="account/alice")
    assert panel.counts() == {"GET account/alice": 1}
    assert result["changed"] is False
    assert result["request"] == {"method": "GET", "url": f"{panel.url}/api/v1/account/alice", "sent": True}
    assert result["payload"]["name"] == "alice"
    assert result["payload"]["public_key"]
    assert not {"password", "private_key"} & set(result["payload"])


def test_secrets_are_returned_on_request(client: PanelClient) -> None:
    payload = run(client, path="account/alice", include_secrets=True)["payload"]
    assert payload["password"] == "canary-password"
    assert len(payload["private_key"]) == 44


def test_an_answer_that_is_secret_as_a_whole_is_left_out_with_a_word(client: PanelClient) -> None:
    assert run(client, path="account/alice/config_text")["payload"] is None
    assert any("include_secrets" in warning for warning in client.warnings)
    assert "PrivateKey" in run(client, path="account/alice/config_text", include_secrets=True)["payload"]


def test_what_is_expected_is_compared_by_meaning(client: PanelClient) -> None:
    result = run(client, path="account/alice", expect={"allowed_IPs": "10.0.0.10/32", "b_download": 0})
    assert result["changed"] is False


def test_every_mismatch_is_listed_and_secrets_are_not(client: PanelClient) -> None:
    with pytest.raises(PuqVpnError) as caught:
        run(client, path="account/alice", expect={"status": "disable", "password": "canary-other", "colour": 1})
    error = caught.value
    assert error.code == "expectation_failed"
    assert [mismatch["field"] for mismatch in error.details["mismatches"]] == ["status", "password", "colour"]
    assert error.details["mismatches"][0] == {"field": "status", "expected": "disable", "found": "enable"}
    assert "canary" not in f"{error} {error.details}"
    assert "status is 'enable', expected 'disable'; password differs; colour is None, expected 1" in str(error)


def test_expecting_fields_of_a_list_is_reported(client: PanelClient) -> None:
    with pytest.raises(PuqVpnError, match="the answer is not an object"):
        run(client, path="account", expect={"name": "alice"})


@pytest.mark.parametrize(
    ("code", "options", "message"),
    [
        ("expectation_failed", {"path": "dns", "expect": {"max_cache_ttl": 7}}, "GET dns: the answer is not as exp"),
        ("expectation_failed", {"path": "account", "expect": {"name": "alice"}}, "GET account: expect describes an"),
        ("answer_is_a_file", {"path": "backups/kept.zip"}, "GET backups/kept.zip: the answer is a file, not"),
        ("answer_is_data", {"path": "dns", "dest": "kept"}, "GET dns: the answer is data, not a file"),
        (
            "not_found",
            {"path": "firewall/rules/filter/ssh", "method": "PUT", "data": {"a": 1}, "probe": "firewall/rules/filter"},
            "firewall/rules/filter does not show the object to change",
        ),
    ],
)
def test_what_an_answer_is_not_is_no_failure_of_the_request(
    panel: Simulator, client: PanelClient, code: str, options: dict[str, Any], message: str
) -> None:
    panel.panel.add_backup("kept.zip", "2026-01-31T18:00:17+01:00")
    with pytest.raises(PuqVpnError) as caught:
        run(client, **options)
    assert caught.value.code == code
    assert str(caught.value).startswith(f"{panel.url}: {message}")


HOSTILE = "a\n\x1b[2J\u2028\u202e" * 200


def test_values_of_a_panel_never_break_a_message(panel: Simulator, client: PanelClient) -> None:
    for method, options in (("GET", {"expect": {"name": "a"}}), ("PUT", {"data": {"name": "a"}, "idempotent": False})):
        panel.fault("wrong_type", method=method, msg={"name": HOSTILE, "other": "x"})
        try:
            run(client, path="account/alice", method=method, **options)
        except PuqVpnError as error:
            client.warnings.append(str(error))
    assert len(client.warnings) == 2
    for text in client.warnings:
        assert text.isprintable()
        assert "a\\n\\x1b[2J\\u2028" in text
        assert len(text) < 800


def test_a_file_is_only_returned_as_a_file(client: PanelClient) -> None:
    name = client.write("POST", "backups").payload["backup_name"]
    with pytest.raises(PuqVpnError, match="Give dest"):
        run(client, path=f"backups/{name}")


def test_dest_is_written_once_with_mode_0600(client: PanelClient, tmp_path: Path) -> None:
    dest = tmp_path / "alice.conf"
    first = run(client, path="account/alice/config_text", dest=str(dest))
    assert (first["changed"], first["payload"]) == (True, None)
    assert "PrivateKey" in dest.read_text()
    assert stat.S_IMODE(dest.stat().st_mode) == 0o600
    untouched = dest.stat().st_ino
    assert run(client, path="account/alice/config_text", dest=str(dest))["changed"] is False
    assert dest.stat().st_ino == untouched
    assert [path.name for path in tmp_path.iterdir()] == ["alice.conf"]


def test_dest_takes_archives_byte_by_byte(panel: Simulator, client: PanelClient, tmp_path: Path) -> None:
    name = client.write("POST", "backups").payload["backup_name"]
    dest = tmp_path / "panel.zip"
    assert run(client, path=f"backups/{name}", dest=str(dest))["changed"] is True
    assert dest.read_bytes()[:4] == b"PK\x03\x04"
    assert run(client, path=f"backups/{name}", dest=str(dest))["changed"] is False


def test_dest_predicts_in_check_mode(panel: Simulator, connect: Connect, client: PanelClient, tmp_path: Path) -> None:
    dest = tmp_path / "alice.conf"
    result = run(connect(panel, check_mode=True), path="account/alice/config_text", dest=str(dest))
    assert result["changed"] is True
    assert not dest.exists()


def test_dest_takes_no_data(client: PanelClient, tmp_path: Path) -> None:
    with pytest.raises(PuqVpnError, match="data, not a file"):
        run(client, path="account/alice", dest=str(tmp_path / "x"))
    assert list(tmp_path.iterdir()) == []


def test_a_refusal_never_lands_in_a_file(client: PanelClient, tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="Account not found"):
        run(client, path="account/nobody/config_text", dest=str(tmp_path / "x"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("dest", ["", "missing/alice.conf"])
def test_a_dest_that_cannot_be_written_is_reported_before_anything_is_sent(
    panel: Simulator, client: PanelClient, tmp_path: Path, dest: str
) -> None:
    with pytest.raises(OptionError, match="dest "):
        run(client, path="account/alice/config_text", dest=str(tmp_path / dest))
    assert panel.requests == []


# --- PUT


def test_form_values_are_written_as_1x_panels_take_them(panel: Simulator, client: PanelClient) -> None:
    data = {"ip_forward": True, "internal_traffic": False, "more": ["a+b", 2]}
    run(client, method="PUT", path="firewall/conf", data=data, idempotent=False)
    sent = panel.requests[0]
    assert sent.body == b"ip_forward=1&internal_traffic=0&more=a%2Bb%2C2"
    assert sent.headers["Content-Type"] == "application/x-www-form-urlencoded"


def test_a_put_that_changes_nothing_costs_one_get(panel: Simulator, client: PanelClient) -> None:
    result = run(client, method="PUT", path="account/alice", data={"status": "enable", "allowed_IPs": "10.0.0.10/32"})
    assert (result["changed"], result["request"]["sent"], result["diff"]) == (False, False, {"before": {}, "after": {}})
    assert result["payload"]["name"] == "alice"
    assert panel.counts() == {"GET account/alice": 1}


def test_a_put_that_changes_costs_two_requests_and_shows_the_keys(panel: Simulator, client: PanelClient) -> None:
    result = run(
        client,
        method="PUT",
        path="account/alice",
        data={"status": "disable", "allowed_IPs": "10.0.0.10", "password": "canary-new"},
    )
    assert result["changed"] is True
    assert panel.counts() == {"GET account/alice": 1, "PUT account/alice": 1}
    assert result["diff"]["before"]["status"] == "enable"
    assert result["diff"]["after"]["status"] == "disable"
    assert set(result["diff"]["after"]) == {"status", "password"}
    assert result["diff"]["before"]["password"] != result["diff"]["after"]["password"]
    assert "canary" not in str(result)


def test_a_put_takes_another_probe(panel: Simulator, client: PanelClient) -> None:
    with pytest.raises(PuqVpnError, match="set probe to the path"):
        run(client, method="PUT", path="ikev2", data={"enabled": False})
    result = run(client, method="PUT", path="ikev2", probe="ikev2/config", data={"enabled": False})
    assert result["changed"] is False


def test_a_put_to_what_is_not_there_fails(panel: Simulator, client: PanelClient) -> None:
    with pytest.raises(RefusedError, match="Account not found"):
        run(client, method="PUT", path="account/nobody", data={"status": "enable"})
    assert "PUT account/nobody" not in panel.counts()


def test_a_put_without_data_is_a_command(panel: Simulator, client: PanelClient) -> None:
    assert run(client, method="PUT", path="system/reload")["changed"] is True
    assert panel.counts() == {"PUT system/reload": 1}


def test_an_unconditional_put_reads_nothing(panel: Simulator, client: PanelClient) -> None:
    result = run(client, method="PUT", path="account/alice", data={"status": "enable"}, idempotent=False)
    assert result["changed"] is True
    assert panel.counts() == {"PUT account/alice": 1}


def test_an_answer_with_other_values_is_warned_of(panel: Simulator, client: PanelClient) -> None:
    client.write("PUT", "wireguard/Default", {"b_download": 12, "b_upload": 12})
    data = {**ALICE, "name": "bob", "username": "bob", "allowed_IPs": "10.0.0.11", "b_download": 100}
    run(client, method="POST", path="account", data=data)
    assert [warning for warning in client.warnings if "b_download (requested 100, answered '12')" in warning]


# --- DELETE


def test_a_delete_happens_once(panel: Simulator, client: PanelClient) -> None:
    first = run(client, method="DELETE", path="account/alice")
    assert (first["changed"], first["diff"]["before"]["name"], first["diff"]["after"]) == (True, "alice", {})
    assert "canary" not in str(first)
    panel.reset_counters()
    second = run(client, method="DELETE", path="account/alice")
    assert (second["changed"], second["request"]["sent"]) == (False, False)
    assert panel.counts() == {"GET account/alice": 1}


def test_a_delete_finds_its_object_in_a_list(panel: Simulator, client: PanelClient) -> None:
    path, probe = "firewall/rules/filter/no_telnet", "firewall/rules/filter"
    assert run(client, method="DELETE", path=path, probe=probe)["changed"] is False
    client.write("POST", "firewall/rules/filter/end", RULE)
    assert run(client, method="DELETE", path=path, probe=probe)["changed"] is True
    assert [rule["name"] for rule in client.get(probe).payload] == ["system_PUQVPNCP"]


def test_a_delete_finds_a_port_forward_in_a_map(panel: Simulator, client: PanelClient) -> None:
    forward = {"dst_port": 53, "protocol": "udp", "to_peer": "alice", "to_port": 5353}
    path, probe = "wireguard/Default/port_forwarding/53/udp", "wireguard/Default/port_forward"
    assert run(client, method="DELETE", path=path, probe=probe)["changed"] is False
    client.write("POST", "wireguard/Default/port_forwarding", forward)
    assert run(client, method="DELETE", path=path, probe=probe)["changed"] is True


def test_a_delete_that_came_through_although_its_answer_was_lost(panel: Simulator, client: PanelClient) -> None:
    panel.fault("drop_after", method="DELETE")
    assert run(client, method="DELETE", path="account/alice")["changed"] is True
    assert "alice" not in panel.panel.accounts


def test_a_refused_delete_is_a_failure(panel: Simulator, client: PanelClient) -> None:
    with pytest.raises(RefusedError):
        run(client, method="DELETE", path="wireguard/Default")
    assert "Default" in panel.panel.wireguard


# --- POST

RULE = {
    "name": "no_telnet",
    "action": "DROP",
    "chain": "INPUT",
    "protocol": "TCP",
    "s_ip": "0.0.0.0/0",
    "s_port": 0,
    "d_ip": "0.0.0.0/0",
    "d_port": 23,
}


def test_a_post_with_probe_happens_once(panel: Simulator, connect: Connect) -> None:
    client = connect(panel)
    first = post_alice(client)
    assert first["changed"] is True
    assert panel.counts() == {"GET account/alice": 1, "POST account": 1}
    assert first["diff"] == {"before": {}, "after": {**ALICE, "password": "********"}}
    panel.reset_counters()
    second = post_alice(client)
    assert (second["changed"], second["payload"]["name"]) == (False, "alice")
    assert panel.counts() == {"GET account/alice": 1}
    assert "canary" not in f"{first}{second}"


def test_a_post_finds_its_object_in_a_list(panel: Simulator, client: PanelClient) -> None:
    options = {"method": "POST", "path": "firewall/rules/filter/end", "probe": "firewall/rules/filter", "data": RULE}
    assert run(client, **options)["changed"] is True
    assert run(client, **options)["changed"] is False


def test_a_post_without_probe_is_always_sent(panel: Simulator, client: PanelClient) -> None:
    assert run(client, method="POST", path="backups")["changed"] is True
    assert run(client, method="POST", path="backups")["changed"] is True
    assert panel.counts() == {"POST backups": 2}


def test_a_lost_post_ends_with_exactly_one_object_and_says_so(panel: Simulator, connect: Connect) -> None:
    client = connect(panel)
    panel.fault("drop_after", method="POST")
    assert post_alice(client)["changed"] is True
    assert list(panel.panel.accounts) == ["alice"]
    assert panel.counts()["POST account"] == 1
    assert any("The object exists on the panel" in warning for warning in client.warnings)


def test_a_post_that_got_lost_on_the_way_is_sent_again(panel: Simulator, connect: Connect) -> None:
    client = connect(panel)
    panel.fault("drop_before", method="POST")
    assert post_alice(client)["changed"] is True
    assert list(panel.panel.accounts) == ["alice"]
    assert panel.counts()["POST account"] == 2


def test_a_lost_post_without_probe_says_how_to_find_out(panel: Simulator, client: PanelClient) -> None:
    panel.fault("drop_after", method="POST")
    with pytest.raises(FateUnknownError, match="unknown whether the write took effect.*With probe"):
        run(client, method="POST", path="backups")
    assert panel.counts() == {"POST backups": 1}


# --- A GET that writes


def test_the_get_of_a_link_is_a_write(panel: Simulator, connect: Connect, client: PanelClient) -> None:
    predicted = run(connect(panel, check_mode=True), path="account/alice/otl")
    assert (predicted["changed"], predicted["request"]["sent"], len(panel.panel.otls)) == (True, False, 0)
    made = run(client, path="account/alice/otl", include_secrets=True)
    assert (made["changed"], len(panel.panel.otls)) == (True, 1)
    assert "/otl/" in made["payload"]
    assert run(client, path="account/alice/otl")["payload"] is None


# --- Check mode


@pytest.mark.parametrize(
    "options",
    [
        {"method": "PUT", "path": "account/alice", "data": {"status": "disable"}},
        {"method": "PUT", "path": "account/alice", "data": {"status": "enable"}},
        {"method": "DELETE", "path": "account/alice"},
        {"method": "DELETE", "path": "account/nobody"},
        {"method": "POST", "path": "account", "data": ALICE, "probe": "account/alice"},
        {
            "method": "POST",
            "path": "account",
            "data": {**ALICE, "name": "bob", "username": "bob", "allowed_IPs": "10.0.0.11"},
            "probe": "account/bob",
        },
        {"method": "PUT", "path": "system/reload"},
        {"method": "POST", "path": "backups"},
    ],
    ids=lambda options: f"{options['method']} {options['path']} {list(options.get('data', {}))[:1]}",
)
def test_check_mode_predicts_what_happens(
    panel: Simulator, connect: Connect, client: PanelClient, options: dict[str, Any]
) -> None:
    predicted = run(connect(panel, check_mode=True), **options)
    assert {request.method for request in panel.requests} <= {"GET"}
    happened = run(client, **options)
    assert predicted["changed"] == happened["changed"]
    assert predicted["diff"] == happened["diff"]
    assert predicted["request"]["sent"] is False


# --- Options that make no sense


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"path": "account/../x"}, "would leave the API"),
        ({"path": "https://evil.example.com/x"}, "contains a host"),
        ({"path": "account", "data": {"a": 1}}, "data cannot be sent with GET"),
        ({"path": "account", "probe": "account"}, "probe cannot be used with method GET"),
        ({"path": "account/a", "method": "DELETE", "data": {"a": 1}}, "data cannot be sent with DELETE"),
        ({"path": "system/reload", "method": "PUT", "probe": "dns"}, "probe needs data"),
        ({"path": "dns", "method": "PUT", "data": {"a": 1}, "probe": "../x"}, "^probe contains"),
        ({"path": "dns", "method": "PUT", "data": {"a": None}}, "data.a has no value"),
        ({"path": "dns", "method": "PUT", "data": {"a": {"b": 1}}}, "data.a is nested"),
        ({"path": "dns", "method": "PUT", "data": {"a": [[1]]}}, "data.a is nested"),
        ({"path": "dns", "method": "PUT", "data": {"a": 1}, "expect": {"a": 1}}, "expect only works with method GET"),
        ({"path": "dns", "method": "PUT", "data": {"a": 1}, "dest": "/tmp/x"}, "dest only works with method GET"),
        ({"path": "dns", "expect": {"a": 1}, "dest": "/tmp/x"}, "expect and dest are mutually exclusive"),
        ({"path": "account/a/otl", "dest": "/tmp/x"}, "expect and dest do not work with this path"),
        ({"path": "account", "schema": "strict"}, "schema: strict works with 2.x panels only"),
    ],
)
def test_options_that_make_no_sense_are_refused_before_anything_is_sent(
    panel: Simulator, connect: Connect, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(OptionError, match=message):
        run(connect(panel), **options)
    assert panel.connections == 0


def test_all_problems_are_reported_at_once(panel: Simulator, connect: Connect) -> None:
    with pytest.raises(OptionError, match="data cannot be sent.*directory /nowhere.*leave the API"):
        run(connect(panel), path="../x", data={"a": 1}, dest="/nowhere/at/all")


# --- 2.x


def test_the_round_of_a_client_on_a_2x_panel(connect: Connect) -> None:
    with Simulator(generation=2) as panel:
        client = connect(panel)
        network = next(iter(panel.panel.wireguard))
        create = {
            "method": "POST",
            "path": "client",
            "probe": "client/alice",
            "data": {"name": "alice", "network_name": network},
        }
        assert run(client, **create)["changed"] is True
        assert run(client, **create)["changed"] is False
        change = {"method": "PUT", "path": "client/alice", "data": {"b_download": 50, "status": "disable"}}
        assert run(client, **change)["diff"]["after"] == {"b_download": 50, "status": "disable"}
        assert run(client, **change)["changed"] is False
        remove = {"method": "DELETE", "path": "client/alice"}
        assert run(client, **remove)["changed"] is True
        assert run(client, **remove)["changed"] is False


@pytest.fixture
def panel2() -> Iterator[Simulator]:
    """A 2.x panel with the client alice."""
    with Simulator(generation=2) as panel:
        panel.panel.add_account({"name": "alice", "wg_name": "Default", "allowed_IPs": "10.0.0.10"})
        yield panel


def body_of(panel: Simulator, method: str) -> Any:
    """What the only request of this method carried."""
    (sent,) = (request.body for request in panel.requests if request.method == method)
    return json.loads(sent)


def test_the_case_of_a_status_does_not_count(panel2: Simulator, connect: Connect) -> None:
    client = connect(panel2)
    change = {"method": "PUT", "path": "client/alice"}
    panel2.fault("wrong_type", path="client/alice", times=None, msg={"name": "Enable", "status": "Enable"})
    assert run(client, **change, data={"status": "enable"})["changed"] is False
    assert run(client, path="client/alice", expect={"status": "ENABLE"})["changed"] is False
    with pytest.raises(PuqVpnError, match="status is 'Enable', expected 'disable'"):
        run(client, path="client/alice", expect={"status": "disable"})
    with pytest.raises(PuqVpnError, match="name is 'Enable', expected 'enable'"):
        run(client, path="client/alice", expect={"name": "enable"})


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_put_sends_texts_as_the_panel_shows_them(panel2: Simulator, connect: Connect, check_mode: bool) -> None:
    """ansible-core 2.18 makes texts of numbers and switches that come from templates."""
    given = {"b_download": "100", "ipv6": "True", "nested": {"port": "0100", "ports": ["1", "x"]}, "name": "7"}
    shown = {"b_download": 5, "ipv6": False, "nested": {"port": 1, "ports": [2]}, "name": "6"}
    sent = {"b_download": 100, "ipv6": True, "nested": {"port": "0100", "ports": [1, "x"]}, "name": "7"}
    panel2.fault("wrong_type", path="client/alice", method="GET", msg=shown)
    panel2.fault("wrong_type", path="client/alice", method="PUT", msg={})
    result = run(connect(panel2, check_mode=check_mode), method="PUT", path="client/alice", data=given)
    flat = {"b_download": 100, "ipv6": True, "nested.port": "0100", "nested.ports": [1, "x"], "name": "7"}
    assert repr(result["diff"]["after"]) == repr(flat)
    if not check_mode:
        assert repr(body_of(panel2, "PUT")) == repr(sent)


def test_a_put_of_texts_that_mean_what_is_there_is_not_sent(panel2: Simulator, connect: Connect) -> None:
    panel2.fault("wrong_type", path="client/alice", msg={"b_download": 100, "ipv6": True})
    data = {"b_download": "100", "ipv6": "True"}
    assert run(connect(panel2), method="PUT", path="client/alice", data=data)["changed"] is False


def test_a_post_sends_texts_as_the_entries_of_its_collection_show_them(panel2: Simulator, connect: Connect) -> None:
    data = {"name": "7", "network_name": "Default", "b_download": "100", "b_upload": "0100"}
    result = run(connect(panel2), method="POST", path="client", probe="client", data=data)
    assert repr(body_of(panel2, "POST")) == repr({**data, "b_download": 100})
    assert repr(result["diff"]["after"]) == repr({**data, "b_download": 100})
    panel2.panel.change_account("7", {"b_download": 100, "b_upload": 100})
    assert run(connect(panel2), method="POST", path="client", probe="client", data=data)["changed"] is False


def test_a_post_learns_from_every_entry(panel2: Simulator, connect: Connect) -> None:
    entries = {"a": {"limit": None}, "b": {"limit": 5, "on": None}, "c": {"limit": "x", "on": True}}
    panel2.fault("wrong_type", path="client", method="GET", msg=entries)
    panel2.fault("wrong_type", path="client", method="POST", msg={})
    run(connect(panel2), method="POST", path="client", probe="client", data={"limit": "7", "on": "no"})
    assert repr(body_of(panel2, "POST")) == repr({"limit": 7, "on": False})


@pytest.mark.parametrize("options", [{"idempotent": False}, {"method": "POST"}])
def test_texts_stay_texts_where_nothing_shows_their_types(
    panel2: Simulator, connect: Connect, options: dict[str, Any]
) -> None:
    panel2.fault("wrong_type", path="client/alice", times=None, msg={})
    request_ = {"method": "PUT", "path": "client/alice", "data": {"b_download": "100"}, **options}
    run(connect(panel2), **request_)
    assert body_of(panel2, request_["method"]) == {"b_download": "100"}


def test_numbers_never_become_texts(panel2: Simulator, connect: Connect) -> None:
    panel2.options.set(numbers="strings")
    run(connect(panel2), method="PUT", path="client/alice", data={"b_download": 100, "b_upload": "50"})
    assert body_of(panel2, "PUT") == {"b_download": 100, "b_upload": "50"}


def test_a_2x_document_without_an_envelope_is_read(connect: Connect) -> None:
    with Simulator(generation=2) as panel:
        assert run(connect(panel), path="openapi.json")["payload"]["openapi"].startswith("3.")


# --- The OpenAPI document of a 2.x panel


def show(panel: Simulator, document: Any) -> None:
    """Let a panel show a document, or one of the folder by its name."""
    if isinstance(document, str):
        document = yaml.safe_load(next(OPENAPI.glob(f"{document}.*")).read_text())
    panel.fault("wrong_type", path="openapi.json", times=None, body=document)


def refusal(client: PanelClient, **options: Any) -> PuqVpnError:
    with pytest.raises(PuqVpnError) as caught:
        run(client, **options)
    return caught.value


FETCH = "GET openapi.json"
CHANGE = {"method": "PUT", "path": "client/alice", "data": {"b_download": 50}}


class Refused(NamedTuple):
    """A request that a panel refuses: what it sees until then, the error, and what the document says about it."""

    options: dict[str, Any]
    requests: dict[str, int]
    code: str
    problems: tuple[str, ...]


REFUSED = [
    Refused(
        {"path": "clients/alice"},
        {"GET clients/alice": 1},
        "unknown_operation",
        ('the path "clients/alice" is unknown (nearest: "client/{name}" with GET, PUT, DELETE',),
    ),
    Refused(
        {"method": "POST", "path": "client/alice", "data": {"status": "enable"}},
        {"POST client/alice": 1},
        "unknown_operation",
        ('the method POST is unknown for "client/{name}" (it has GET, PUT, DELETE).',),
    ),
    Refused(
        {"method": "PUT", "path": "clint/alice", "data": {"status": "enable"}},
        {"GET clint/alice": 1},
        "unknown_operation",
        ('the path "clint/alice" is unknown (nearest: "client/{name}" with GET, PUT, DELETE',),
    ),
    Refused(
        {"method": "POST", "path": "client", "data": {"name": "bob", "network": 7, "status": "on", "colour": "x"}},
        {"POST client": 1},
        "panel_refused",
        (
            '"network" is unknown (probably "network_name"); "colour" is unknown (known: "',
            '); "status" must be one of "enable", "disable"; "network_name" must be set.',
        ),
    ),
    Refused(
        {**CHANGE, "data": {"b_download": "fast"}},
        {"GET client/alice": 1, "PUT client/alice": 1},
        "panel_refused",
        ('"b_download" must be an integer, not a string.',),
    ),
]
EACH_REFUSED = pytest.mark.parametrize("refused", REFUSED, ids=lambda refused: " ".join(refused.requests))


@EACH_REFUSED
def test_a_refusal_is_explained_by_the_document(panel2: Simulator, connect: Connect, refused: Refused) -> None:
    show(panel2, "hand_written")
    error = refusal(connect(panel2), **refused.options)
    assert error.code == refused.code
    assert f" According to openapi.json of the panel, {refused.problems[0]}" in str(error)
    assert all(problem in str(error) for problem in refused.problems)
    assert panel2.counts() == {**refused.requests, FETCH: 1}
    fetched = panel2.requests[-1]
    assert (fetched.method, fetched.path) == ("GET", "openapi.json")
    assert "Authorization" not in fetched.headers
    assert panel2.credential not in str(fetched.headers)


@EACH_REFUSED
def test_the_document_is_never_read_with_ignore(panel2: Simulator, connect: Connect, refused: Refused) -> None:
    show(panel2, "hand_written")
    error = refusal(connect(panel2), **refused.options, schema="ignore")
    assert (error.code, "openapi.json" in str(error)) == (refused.code, False)
    assert panel2.counts() == refused.requests


@EACH_REFUSED
@pytest.mark.parametrize("check_mode", [True, False])
def test_strict_refuses_before_anything_is_sent(
    panel2: Simulator, connect: Connect, refused: Refused, check_mode: bool
) -> None:
    show(panel2, "hand_written")
    error = refusal(connect(panel2, check_mode=check_mode), **refused.options, schema="strict")
    assert error.code == "schema_mismatch"
    assert all(problem in str(error) for problem in refused.problems)
    assert str(error).endswith("set schema to hint.")
    assert all(problem in str(error) for problem in error.details["problems"])
    assert panel2.counts() == {FETCH: 1}
    assert "Authorization" not in panel2.requests[0].headers


def test_strict_reports_the_problems_of_all_parts_at_once(panel2: Simulator, connect: Connect) -> None:
    show(panel2, "thin")
    options = {"method": "POST", "path": "client", "probe": "client", "data": {"name": "bob"}, "schema": "strict"}
    error = refusal(connect(panel2), **options)
    assert error.details == {"problems": ['probe: the method GET is unknown for "client" (it has POST)']}
    panel2.clear_faults()
    show(panel2, "generated")
    error = refusal(connect(panel2), **{**options, "probe": "clients/bob", "data": {"nam": "bob"}})
    assert error.details["problems"] == [
        'probe: the path "clients/bob" is unknown (nearest: "client/{client_name}" with GET, PUT, DELETE, '
        '"client/{client_name}/otl" with POST, "client" with GET, POST)',
        '"nam" is unknown (probably "name")',
        '"name", "network" must be set',
    ]


@pytest.mark.parametrize("schema", ["hint", "ignore"])
def test_the_document_costs_nothing_while_all_is_well(panel2: Simulator, connect: Connect, schema: str) -> None:
    show(panel2, {"openapi": "3.0.3", "paths": {"/other": {}}})
    assert run(connect(panel2), **CHANGE, schema=schema)["changed"] is True
    assert run(connect(panel2), path="client/alice", schema=schema)["payload"]["b_download"] == 50
    gone = {"method": "DELETE", "path": "client/nobody"}
    assert run(connect(panel2), **gone, schema=schema)["changed"] is False
    assert run(connect(panel2, check_mode=True), path="client/bob", schema=schema)["payload"] is None
    assert FETCH not in panel2.counts()


def test_strict_costs_one_request_while_all_is_well(panel2: Simulator, connect: Connect) -> None:
    show(panel2, "hand_written")
    predicted = run(connect(panel2, check_mode=True), **CHANGE, schema="strict")
    assert panel2.counts() == {FETCH: 1, "GET client/alice": 1}
    panel2.reset_counters()
    happened = run(connect(panel2), **CHANGE, schema="strict")
    assert (happened["changed"], happened["diff"]) == (True, predicted["diff"])
    assert panel2.counts() == {FETCH: 1, "GET client/alice": 1, "PUT client/alice": 1}
    panel2.reset_counters()
    assert run(connect(panel2), path="client/alice", schema="strict")["payload"]["b_download"] == 50
    assert panel2.counts() == {FETCH: 1, "GET client/alice": 1}


def test_strict_works_with_the_document_of_the_simulator(panel2: Simulator, connect: Connect) -> None:
    assert run(connect(panel2), **CHANGE, schema="strict")["changed"] is True
    error = refusal(connect(panel2), **{**CHANGE, "data": {"b_downlod": 50}}, schema="strict")
    assert error.details["problems"] == ['"b_downlod" is unknown (probably "b_download")']


def test_strict_sends_texts_as_the_document_has_them(panel2: Simulator, connect: Connect) -> None:
    show(panel2, "hand_written")
    data = {"name": "7", "network_name": "Default", "b_download": "100"}
    run(connect(panel2), method="POST", path="client", data=data, schema="strict")
    assert body_of(panel2, "POST") == {**data, "b_download": 100}


UNUSABLE: list[tuple[str, dict[str, Any], str]] = [
    ("status", {"code": 404}, "HTTP 404"),
    ("login_page", {}, "web page"),
    ("redirect", {}, "redirected to http://other.example.com/"),
    ("wrong_type", {"body": {"swagger": "2.0", "paths": {}}}, "the document is not an OpenAPI 3 document"),
    ("wrong_type", {"body": {"openapi": "3.1.0"}}, "the document describes no paths"),
    ("wrong_type", {"msg": [[1]]}, "the document is not an OpenAPI 3 document"),
    ("endless", {}, "larger than 4 MiB"),
    ("cut_json", {}, "incomplete JSON"),
    ("drop_before", {}, "closed without an answer"),
]


@pytest.mark.parametrize(("kind", "parameters", "text"), UNUSABLE)
def test_a_document_that_cannot_be_used_only_matters_to_strict(
    panel2: Simulator, connect: Connect, kind: str, parameters: dict[str, Any], text: str
) -> None:
    request_ = {"method": "POST", "path": "client", "data": {"colour": "blue"}}
    without = str(refusal(connect(panel2), **request_, schema="ignore"))
    panel2.fault(kind, path="openapi.json", times=None, **parameters)
    panel2.reset_counters()
    hinting = connect(panel2)
    assert str(refusal(hinting, **request_)) == without
    assert (panel2.counts(), hinting.warnings) == ({"POST client": 1, FETCH: 1}, hinting.warnings[:1])
    panel2.reset_counters()
    error = refusal(connect(panel2), **request_, schema="strict")
    assert error.code == "schema_unavailable"
    assert str(error).startswith(f"{panel2.url}: POST client: openapi.json of the panel cannot be used for a check: ")
    assert text in str(error)
    assert str(error).endswith("Set schema to hint or ignore to send the request without a check.")
    assert set(panel2.counts()) == {FETCH}


def test_strict_retries_to_read_the_document(panel2: Simulator, connect: Connect) -> None:
    panel2.fault("status", path="openapi.json", code=503, times=2)
    assert run(connect(panel2), **CHANGE, schema="strict")["changed"] is True
    assert panel2.counts()[FETCH] == 3


@pytest.mark.parametrize(
    "text", ["Unauthorized", "Account limit exceeded", "License is not active", "Client already exists"]
)
def test_what_no_document_explains_is_not_looked_up(panel2: Simulator, connect: Connect, text: str) -> None:
    panel2.fault("error", method="PUT", text=text, times=None)
    refusal(connect(panel2), **CHANGE)
    assert FETCH not in panel2.counts()


@pytest.mark.parametrize("code", [401, 403])
def test_a_missing_permission_is_not_looked_up(panel2: Simulator, connect: Connect, code: int) -> None:
    panel2.options.set(error_codes=True)
    panel2.fault("error", method="PUT", text="Permission client:write is missing", code=code)
    refusal(connect(panel2), **CHANGE)
    assert FETCH not in panel2.counts()


def test_a_document_never_refuses_with_hint(panel2: Simulator, connect: Connect) -> None:
    show(panel2, {"openapi": "3.0.3", "paths": {"/none": {"get": {}}}})
    assert run(connect(panel2), **CHANGE)["changed"] is True
    panel2.fault("error", method="PUT", text="No")
    error = refusal(connect(panel2), **{**CHANGE, "data": {"b_download": 51}})
    assert (error.code, error.panel_error) == ("panel_refused", "No")
    assert 'the path "client/alice" is unknown.' in str(error)


def test_a_refusal_without_an_envelope_is_explained(panel2: Simulator, connect: Connect) -> None:
    show(panel2, "hand_written")
    panel2.fault("status", method="PUT", code=422)
    error = refusal(connect(panel2), **{**CHANGE, "data": {"b_download": "fast"}})
    assert (error.code, error.http_status) == ("http_error", 422)
    assert '"b_download" must be an integer, not a string.' in str(error)
    panel2.fault("status", method="PUT", code=500)
    assert "openapi.json" not in str(refusal(connect(panel2), **CHANGE))


def test_a_page_of_the_web_interface_in_the_place_of_an_operation_is_explained(
    panel2: Simulator, connect: Connect
) -> None:
    panel2.fault("login_page", path="clients")
    error = refusal(connect(panel2), path="clients")
    assert error.code == "answer_is_html"
    assert '(nearest: "client" with GET, POST' in str(error)


def test_texts_of_a_document_never_break_a_message_nor_show_a_secret(panel2: Simulator, connect: Connect) -> None:
    secret = panel2.credential
    # What is shown ends in the middle of the secret.
    long = f"{'Z' * 90}{secret}"
    fields = {long: {}, HOSTILE: {}, secret: {}, "name": {"enum": [HOSTILE, long, secret]}}
    schema = {"properties": fields, "required": [secret, long]}
    operation = {"requestBody": {"content": {"application/json": {"schema": schema}}}}
    show(panel2, {"openapi": "3.0.3", "paths": {"/client": {"post": operation}, f"/cliemt{secret}": {}}})
    for options in ({}, {"schema": "strict"}):
        error = refusal(
            connect(panel2), method="POST", path="client", data={"name": "bad name", "password": "canary"}, **options
        )
        text = f"{error} {error.details}"
        assert "openapi.json" in text
        assert str(error).isprintable()
        assert secret not in text
        assert f"Z{secret[:4]}" not in text
        assert "canary" not in text
        assert len(text) < 5000


def test_errors_by_field_stay_beside_the_hints(panel2: Simulator, connect: Connect) -> None:
    show(panel2, "hand_written")
    error = refusal(connect(panel2), method="POST", path="client", data={"name": "a b", "network_name": "Default"})
    assert error.panel_error.startswith("name: Wrong name (only letters")
    assert "According to openapi.json" not in error.panel_error


def test_a_1x_panel_is_never_asked_for_a_document(panel: Simulator, client: PanelClient) -> None:
    for schema in ("hint", "ignore"):
        with pytest.raises(PuqVpnError, match="no such operation"):
            run(client, path="acount/alice", schema=schema)
    assert panel.counts() == {"GET acount/alice": 2}
