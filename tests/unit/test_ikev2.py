# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""IKEv2: what is missing is created in the right order, once; nothing is recreated without being asked for."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import OptionError
from ansible_collections.puqcloud.puqvpn.tests.unit import tasks
from ansible_collections.puqcloud.puqvpn.tests.unit.keys import authority
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import Connect, writes_to
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import run, without_summary
from simulator import Simulator

CA = {"common_name": "Example CA", "organization": "Example"}
SERVER = {**CA, "common_name": "vpn.example.com", "domain": "vpn.example.com", "ip": "203.0.113.9"}
WHOLE: dict[str, Any] = {"enabled": True, "ca": CA, "server": SERVER}


@pytest.fixture
def client(panel: Simulator, connect: Connect) -> PanelClient:
    return connect(panel)


failure = partial(tasks.failure, module="ikev2")


def test_everything_is_made_in_one_task_in_the_right_order(panel: Simulator, client: PanelClient) -> None:
    result = run(client, "ikev2", **WHOLE)
    assert writes_to(panel) == ["PUT ikev2/generate_ca_rsa", "PUT ikev2/generate_server_rsa", "PUT ikev2"]
    assert panel.counts()["GET ikev2/config"] == 2
    assert (result["ikev2"]["enabled"], panel.panel.ikev2["enabled"]) == (True, True)
    assert result["ikev2"]["ca"]["state"] == result["ikev2"]["server"]["state"] == "present"
    assert result["ikev2"]["server"]["ip"] == "203.0.113.9"


def test_certificates_are_made_once(panel: Simulator, client: PanelClient) -> None:
    run(client, "ikev2", **WHOLE)
    before = dict(panel.panel.ikev2)
    panel.reset_counters()
    assert run(client, "ikev2", **WHOLE)["changed"] is False
    assert panel.counts() == {"GET ikev2/config": 1}
    assert panel.panel.ikev2 == before


def test_only_what_is_missing_is_made(panel: Simulator, client: PanelClient) -> None:
    run(client, "ikev2", ca=CA)
    root = panel.panel.ikev2["ca_cert"]
    panel.reset_counters()
    run(client, "ikev2", **WHOLE)
    assert writes_to(panel) == ["PUT ikev2/generate_server_rsa", "PUT ikev2"]
    assert panel.panel.ikev2["ca_cert"] == root


def test_no_key_is_returned_unless_asked_for(client: PanelClient) -> None:
    result = run(client, "ikev2", **WHOLE)
    assert "key" not in result["ikev2"]["ca"]
    assert "key" not in result["ikev2"]["server"]
    with_keys = run(client, "ikev2", **WHOLE, include_secrets=True)["ikev2"]
    assert "PRIVATE KEY" in with_keys["ca"]["key"]
    assert "PRIVATE KEY" in with_keys["server"]["key"]
    assert "PRIVATE KEY" not in str(result)


# --- The switch


@pytest.mark.parametrize(
    ("before", "message"),
    [({}, "root certificate and the server certificate"), ({"ca": CA}, "without the server certificate")],
)
def test_enabling_without_certificates_says_which_is_missing(
    panel: Simulator, client: PanelClient, before: dict[str, Any], message: str
) -> None:
    run(client, "ikev2", **before)
    panel.reset_counters()
    error = failure(client, enabled=True)
    assert error.code == "missing_certificate"
    assert message in str(error)
    assert panel.counts() == {"GET ikev2/config": 1}


def test_a_server_certificate_needs_a_root(panel: Simulator, client: PanelClient) -> None:
    assert failure(client, server=SERVER).code == "missing_certificate"
    assert writes_to(panel) == []


@pytest.mark.parametrize("self_enable", [False, True])
@pytest.mark.parametrize("enabled", [None, False, True])
def test_the_switch_stands_as_asked_whether_or_not_the_panel_moves_it(
    panel: Simulator, client: PanelClient, self_enable: bool, enabled: bool | None
) -> None:
    panel.options.set(ikev2_self_enable=self_enable)
    options = {**WHOLE, "enabled": enabled}
    result = run(client, "ikev2", **{name: value for name, value in options.items() if value is not None})
    # What is not given stays as it was, which is off on a new panel.
    assert result["ikev2"]["enabled"] is panel.panel.ikev2["enabled"] is bool(enabled)


def test_the_other_spelling_of_the_switch_is_found(panel: Simulator, client: PanelClient) -> None:
    panel.options.set(spelling="alternate")
    assert run(client, "ikev2", **WHOLE)["ikev2"]["enabled"] is True


def test_a_switch_that_does_not_follow_is_named(panel: Simulator, client: PanelClient) -> None:
    panel.fault("not_stored", method="PUT", path="ikev2")
    error = failure(client, **WHOLE)
    assert (error.code, error.details["fields"]) == ("value_not_stored", ["enabled"])


# --- Another subject


@pytest.mark.parametrize(
    ("options", "fields"),
    [
        ({"ca": {**CA, "common_name": "Other"}}, ["ca.common_name"]),
        ({"server": {**SERVER, "ip": "203.0.113.10", "locality": "Town"}}, ["server.ip", "server.locality"]),
    ],
)
def test_another_subject_asks_for_recreate(
    panel: Simulator, client: PanelClient, options: dict[str, Any], fields: list[str]
) -> None:
    run(client, "ikev2", **WHOLE)
    panel.reset_counters()
    error = failure(client, **options)
    assert (error.code, error.details["fields"]) == ("immutable_field", fields)
    assert "recreate: true" in str(error)
    assert panel.counts() == {"GET ikev2/config": 1}


def test_a_new_root_takes_a_new_server_certificate_along(panel: Simulator, client: PanelClient) -> None:
    run(client, "ikev2", **WHOLE)
    before = dict(panel.panel.ikev2)
    assert failure(client, ca={**CA, "common_name": "Other"}, recreate=True).code == "missing_option"
    panel.reset_counters()
    run(client, "ikev2", ca={**CA, "common_name": "Other"}, server={}, recreate=True)
    assert writes_to(panel) == [
        "DELETE ikev2/delete_server_rsa",
        "DELETE ikev2/delete_ca_rsa",
        "PUT ikev2/generate_ca_rsa",
        "PUT ikev2/generate_server_rsa",
        "PUT ikev2",
    ]
    after = panel.panel.ikev2
    assert after["ca_cert"] != before["ca_cert"]
    assert after["server_cert"] != before["server_cert"]
    assert (after["server_domain"], after["server_ip"], after["enabled"]) == ("vpn.example.com", "203.0.113.9", True)


def test_the_old_root_is_put_back_when_the_new_one_is_refused(panel: Simulator, client: PanelClient) -> None:
    run(client, "ikev2", **WHOLE)
    before = dict(panel.panel.ikev2)
    panel.fault("error", method="PUT", path="ikev2/generate_ca_rsa", text="Something is wrong")
    error = failure(client, ca={**CA, "common_name": "Other"}, server={}, recreate=True)
    assert error.details["restored"] is True
    assert "delete_ca_rsa" in str(error)
    after = panel.panel.ikev2
    assert (after["ca_cert"].strip(), after["enabled"]) == (before["ca_cert"].strip(), True)
    assert after["server_domain"] == "vpn.example.com"
    assert "PRIVATE KEY" not in str(error) + str(error.details)


def test_a_run_that_stopped_between_the_certificates_is_finished_by_the_next(
    panel: Simulator, client: PanelClient
) -> None:
    run(client, "ikev2", **WHOLE)
    options: dict[str, Any] = {**WHOLE, "ca": {**CA, "common_name": "Other"}, "recreate": True}
    panel.fault("error", method="PUT", path="ikev2/generate_server_rsa", text="Something is wrong")
    assert "Done before" in str(failure(client, **options))
    assert panel.panel.ikev2["server_cert"] == ""
    assert run(client, "ikev2", **options)["ikev2"]["enabled"] is True
    assert run(client, "ikev2", **options)["changed"] is False


# --- Importing a root


def test_a_root_is_imported_once(panel: Simulator, client: PanelClient) -> None:
    own = authority("Own CA")
    result = run(client, "ikev2", ca=own)
    assert writes_to(panel) == ["PUT ikev2/import_ca_rsa"]
    # The panel's form keeps its defaults; the subject is that of the certificate.
    assert panel.panel.ikev2["ca_common_name"] == "vpn.example.com"
    assert result["ikev2"]["ca"]["common_name"] == "Own CA"
    for again in (own, {"cert": own["cert"]}, {"cert": own["cert"].replace("\n", "\r\n")}, {"common_name": "Own CA"}):
        assert run(client, "ikev2", ca=again)["changed"] is False


def test_another_root_asks_for_recreate(client: PanelClient) -> None:
    run(client, "ikev2", ca=authority("Own CA"))
    other = authority("Own CA")
    assert failure(client, ca=other).details["fields"] == ["ca.cert"]
    assert run(client, "ikev2", ca=other, recreate=True)["ikev2"]["ca"]["cert"] == other["cert"]


@pytest.mark.parametrize(
    ("ca", "message"),
    [
        ({"cert": authority("a")["cert"], "key": authority("a")["key"]}, "ca.key does not belong to ca.cert"),
        ({"cert": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"}, "ca.key"),
        (
            {**authority("a"), "cert": "-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----"},
            "not a valid certificate",
        ),
        (
            {**authority("a"), "key": "-----BEGIN RSA PRIVATE KEY-----\nA\n-----END RSA PRIVATE KEY-----"},
            "not a valid private key",
        ),
        ({"key": authority("a")["key"]}, "ca.key needs ca.cert"),
        ({"cert": "certificate"}, "ca.cert must be in PEM format"),
        ({**authority("Own CA"), "common_name": "Other"}, "ca.common_name is not that of ca.cert"),
    ],
)
def test_a_root_that_cannot_be_imported_is_refused_before_the_write(
    panel: Simulator, client: PanelClient, ca: dict[str, str], message: str
) -> None:
    error = failure(client, ca=ca)
    assert message in str(error)
    assert "MII" not in str(error)
    assert writes_to(panel) == []


# --- Removal


def test_a_root_with_a_server_certificate_is_only_removed_with_it(panel: Simulator, client: PanelClient) -> None:
    run(client, "ikev2", **WHOLE)
    panel.reset_counters()
    assert "server with state: absent" in str(failure(client, ca={"state": "absent"}))
    assert writes_to(panel) == []
    result = run(client, "ikev2", ca={"state": "absent"}, server={"state": "absent"})
    assert writes_to(panel) == ["DELETE ikev2/delete_server_rsa", "DELETE ikev2/delete_ca_rsa"]
    assert result["ikev2"]["enabled"] is False
    assert run(client, "ikev2", ca={"state": "absent"}, server={"state": "absent"})["changed"] is False


def test_a_certificate_that_is_still_there_after_its_removal(panel: Simulator, client: PanelClient) -> None:
    run(client, "ikev2", **WHOLE)
    panel.fault("not_stored", method="DELETE")
    error = failure(client, server={"state": "absent"})
    assert error.code == "value_not_stored"
    assert "server.state" in error.details["fields"]


def test_enabled_without_its_certificates_is_refused_before_anything_is_read(
    panel: Simulator, client: PanelClient
) -> None:
    error = failure(client, enabled=True, server={"state": "absent", "ip": "nowhere"})
    assert isinstance(error, OptionError)
    assert "server.state" in str(error)
    assert "server.ip" in str(error)
    assert panel.counts() == {}


# --- Fields that a panel does not show


def test_an_ipv6_address_that_is_not_shown_is_reported(panel: Simulator, client: PanelClient) -> None:
    options = {**WHOLE, "server": {**SERVER, "ipv6": "fd00::9"}}
    assert run(client, "ikev2", **options)["unverified"] == ["server.ipv6"]
    assert panel.panel.ikev2["server_ipv6"] == "fd00::9"
    assert run(client, "ikev2", **options)["changed"] is False


# --- Sessions


def test_a_session_is_ended_once(panel: Simulator, client: PanelClient, connect: Connect) -> None:
    panel.panel.add_account({"name": "alice", "wg_name": "Default", "allowed_IPs": "10.0.0.10"})
    panel.panel.add_account({"name": "bob", "wg_name": "Default", "allowed_IPs": "10.0.0.11"})
    panel.connect("ikev2", "alice")
    panel.connect("ikev2", "bob")
    predicted = run(connect(panel, check_mode=True), "ikev2_session", name="alice")
    assert panel.counts() == {"GET ikev2/online": 1}
    happened = run(client, "ikev2_session", name="alice")
    assert without_summary(predicted) == without_summary(happened)
    assert (happened["changed"], happened["disconnected"]) == (True, True)
    assert [session["name"] for session in panel.panel.ikev2_online] == ["bob"]
    panel.reset_counters()
    again = run(client, "ikev2_session", name="alice")
    assert (again["changed"], again["disconnected"]) == (False, False)
    assert panel.counts() == {"GET ikev2/online": 1}


def test_a_client_that_is_back_at_once_is_reported(panel: Simulator, client: PanelClient) -> None:
    panel.panel.add_account({"name": "alice", "wg_name": "Default", "allowed_IPs": "10.0.0.10"})
    panel.connect("ikev2", "alice")
    panel.fault("not_stored", method="DELETE")
    assert run(client, "ikev2_session", name="alice")["disconnected"] is True
    assert any("still shows a session of alice" in warning for warning in client.warnings)
