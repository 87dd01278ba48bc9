# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rule of check mode: what an earlier task may bring about is assumed, what no task can mend fails as for real.

That everything else is predicted, and without a write, is what ``test_every_option.py`` shows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._check_mode import lasting_problems
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._objects.backup_config import BACKUP_CONFIG
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._objects.traffic_logging import TRAFFIC_LOGGING
from ansible_collections.puqcloud.puqvpn.tests.unit.keys import authority
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import Connect, add_servers_and_accounts, writes_to
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import failure, run, without_summary
from simulator import Simulator

OFFICE = ("wireguard", {"name": "branch", "address": "10.77.0.1/24", "listen_port": 51977})
DAVE = ("account", {"name": "dave", "wg_name": "branch", "allowed_ips": "10.77.0.9"})
ROOT = {"common_name": "Example CA", "organization": "Example"}
SERVER = {**ROOT, "common_name": "vpn.example.com", "domain": "vpn.example.com", "ip": "203.0.113.9"}
CERTIFICATES = ("ikev2", {"ca": ROOT, "server": SERVER})
FORWARD = {"wg_name": "branch", "dst_port": 8443, "protocol": "tcp", "to_peer": "dave", "to_port": 443}
SYSLOG = {"enabled_remote_syslog": True, "remote_syslog_server": "192.0.2.14"}


@dataclass
class Play:
    """Tasks of which the last one needs the others, and what it warns of in check mode when they were not run."""

    tasks: list[tuple[str, dict[str, Any]]]
    assumed: list[str]
    reads: int
    unknown: set[str] = field(default_factory=set)


ASSUMED = "In check mode it is assumed that "

PLAYS = {
    "an account on a missing server": Play([OFFICE, DAVE], ["WireGuard server branch exists"], 3),
    "an account without an address on a missing server": Play(
        [OFFICE, ("account", {"name": "dave", "wg_name": "branch", "username": "d"})],
        ["WireGuard server branch exists"],
        3,
        {"allowed_ips"},
    ),
    "an account that moves to a missing server": Play(
        [OFFICE, ("account", {"name": "alice", "wg_name": "branch", "recreate": True})],
        ["WireGuard server branch exists"],
        2,
        {"allowed_ips"},
    ),
    "a change of a missing account": Play(
        [OFFICE, DAVE, ("account", {"name": "dave", "status": "disable"})], ["account dave exists"], 1
    ),
    "no change of a missing account": Play([OFFICE, DAVE, ("account", {"name": "dave"})], ["account dave exists"], 1),
    "a port forward to a missing account on a missing server": Play(
        [OFFICE, DAVE, ("port_forward", FORWARD)],
        ["WireGuard server branch exists", "account dave exists on WireGuard server branch"],
        4,
    ),
    "a port forward to a missing account": Play(
        [
            ("account", {"name": "dave", "wg_name": "Default"}),
            ("port_forward", {**FORWARD, "wg_name": "Default"}),
        ],
        ["account dave exists on WireGuard server Default"],
        4,
    ),
    "a change of a missing port forward": Play(
        [OFFICE, DAVE, ("port_forward", FORWARD), ("port_forward", {**FORWARD, "to_peer": None, "to_port": 8080})],
        ["port forward branch/8443/tcp exists", "WireGuard server branch exists"],
        3,
    ),
    "a change of a missing rule": Play(
        [
            ("firewall_rule", {"name": "no_telnet", "action": "DROP", "protocol": "TCP", "d_port": 23}),
            ("firewall_rule", {"name": "no_telnet", "d_port": 24}),
        ],
        ["firewall rule no_telnet exists"],
        1,
    ),
    "a link of a missing account": Play(
        [OFFICE, DAVE, ("account_link", {"name": "dave"})], ["account dave exists"], 2, {"expires"}
    ),
    "a link of a missing account that is always new": Play(
        [OFFICE, DAVE, ("account_link", {"name": "dave", "reuse": False})], ["account dave exists"], 1, {"expires"}
    ),
    "IKEv2 without certificates": Play(
        [CERTIFICATES, ("ikev2", {"enabled": True})],
        ["the server certificate exists", "the root certificate exists"],
        1,
    ),
    "a server certificate without a root": Play(
        [("ikev2", {"ca": ROOT}), ("ikev2", {"server": SERVER, "enabled": True})], ["the root certificate exists"], 1
    ),
    "certificates of which too little is said to make them": Play(
        [CERTIFICATES, ("ikev2", {"ca": {}, "server": {"domain": "vpn.example.com"}, "enabled": True})],
        ["the server certificate exists", "the root certificate exists"],
        1,
    ),
    "a request that changes what is missing": Play(
        [OFFICE, DAVE, ("request", {"method": "PUT", "path": "account/dave", "data": {"status": "disable"}})],
        ["account/dave shows the object to change by then"],
        1,
    ),
    "a request that changes what a collection lacks": Play(
        [
            OFFICE,
            DAVE,
            ("request", {"method": "PUT", "path": "account/dave", "probe": "account", "data": {"b_upload": 7}}),
        ],
        ["account shows the object to change by then"],
        1,
    ),
    "a request that reads what is missing": Play(
        [OFFICE, DAVE, ("request", {"path": "account/dave"})], ["account/dave exists by then"], 1, {"payload"}
    ),
    "a request that expects something of what is missing": Play(
        [OFFICE, DAVE, ("request", {"path": "account/dave", "expect": {"status": "enable"}})],
        ["account/dave exists by then"],
        1,
        {"payload"},
    ),
    "a request that expects what a task has yet to change": Play(
        [
            ("account", {"name": "alice", "status": "disable"}),
            ("request", {"path": "account/alice", "expect": {"status": "disable", "name": "alice"}}),
        ],
        [
            "account/alice is as expected by then, which it is not now: status is 'enable', expected 'disable'",
        ],
        1,
        {"payload", "mismatches"},
    ),
    "traffic logging in two tasks": Play(
        [("traffic_logging", SYSLOG), ("traffic_logging", {"enabled": True})],
        ["the traffic logging is complete by then: enabled needs enabled_remote_syslog or enabled_influxdb to be true"],
        1,
        set(SYSLOG),
    ),
    "a server whose accounts are removed before": Play(
        [("account", {"name": "carol", "state": "absent"}), ("wireguard", {"name": "office", "state": "absent"})],
        ["the accounts of WireGuard server office are removed before: carol"],
        1,
    ),
    "a server that is recreated after its accounts are removed": Play(
        [
            ("account", {"name": "carol", "state": "absent"}),
            ("wireguard", {"name": "office", "interface_name": "wg77", "recreate": True}),
        ],
        ["the accounts of WireGuard server office are removed before: carol"],
        3,
    ),
}


def within(predicted: Any, happened: Any, unknown: set[str], where: str = "") -> None:
    """Nothing that was predicted turned out otherwise."""
    if not isinstance(predicted, dict) or not isinstance(happened, dict):
        assert predicted == happened, where
        return
    for name in set(predicted) - unknown:
        assert name in happened, f"{where}{name}"
        within(predicted[name], happened[name], unknown, f"{where}{name}.")


@pytest.mark.parametrize("play", PLAYS.values(), ids=PLAYS)
def test_what_an_earlier_task_may_bring_about_is_assumed(play: Play, panel: Simulator, connect: Connect) -> None:
    add_servers_and_accounts(panel)
    *earlier, (module, options) = play.tasks
    checking, client = connect(panel, check_mode=True), connect(panel)
    predicted = run(checking, module, **options)
    assert [text for text in checking.warnings if ASSUMED in text] == [f"{ASSUMED}{what}." for what in play.assumed]
    assert writes_to(panel) == []
    assert sum(panel.counts().values()) == play.reads
    for name, given in earlier:
        assert run(client, name, **given)["changed"] is True
    happened = run(client, module, **options)
    assert predicted.pop("changed") is happened.pop("changed")
    # Before, there is what the tasks have left that were not run.
    predicted_diff, diff = predicted.pop("diff"), happened.pop("diff")
    within(predicted_diff["after"], diff["after"], play.unknown)
    assert set(diff["after"]) - set(predicted_diff["after"]) <= play.unknown
    if "request" in predicted:
        assert predicted.pop("request")["url"] == happened.pop("request")["url"]
        predicted.pop("payload"), predicted.pop("http_status")
    within(without_summary(predicted), happened, play.unknown)
    assert not [text for text in client.warnings if ASSUMED in text]


ALICE = {"name": "alice", "wg_name": "Default"}
NEW = {"name": "new", "wg_name": "office"}

# The module, its options, and the code and some words of the failure.
Refused = tuple[str, dict[str, Any], str, str]

REFUSED: dict[str, Refused] = {
    "an address outside": (
        "account",
        {**NEW, "allowed_ips": "10.8.0.5"},
        "panel_refused",
        "outside the network 10.",
    ),
    "the network": ("account", {**NEW, "allowed_ips": "10.9.0.0"}, "panel_refused", "not a host address"),
    "the server's": ("account", {**NEW, "allowed_ips": "10.9.0.1"}, "already_exists", "is the address of its server"),
    "a taken address": ("account", {**NEW, "allowed_ips": "10.9.0.2"}, "already_exists", "use by account carol"),
    "a taken IPv6 address": (
        "account",
        {**NEW, "allowed_ips": "10.9.0.7", "allowed_ips_ipv6": "fd00::7"},
        "already_exists",
        "allowed_ips_ipv6 fd00::7 is already in use by account bob",
    ),
    "a taken username": ("account", {**NEW, "username": "alice2"}, "already_exists", "use by account alice"),
    "an address outside, later": (
        "account",
        {**ALICE, "allowed_ips": "10.8.0.5"},
        "panel_refused",
        "outside the network",
    ),
    "a taken address, later": ("account", {**ALICE, "allowed_ips": "10.0.0.11"}, "already_exists", "account bob"),
    "an address of the old server": (
        "account",
        {"name": "alice", "wg_name": "office", "allowed_ips": "10.0.0.10", "recreate": True},
        "panel_refused",
        "outside the network",
    ),
    "another server": ("account", {"name": "alice", "wg_name": "office"}, "immutable_field", "wg_name"),
    "a taken interface": ("wireguard", {"name": "new", "interface_name": "wg99"}, "already_exists", "server office"),
    "a taken port": ("wireguard", {"name": "new", "listen_port": 51900}, "already_exists", "server office"),
    "a taken network": ("wireguard", {"name": "new", "address": "10.9.0.129/25"}, "already_exists", "server office"),
    "a taken port, later": ("wireguard", {"name": "Default", "listen_port": 51900}, "already_exists", "office"),
    "a taken network, later": ("wireguard", {"name": "Default", "address": "10.9.1.1/16"}, "already_exists", "office"),
    "a peer of another server": (
        "port_forward",
        {**FORWARD, "wg_name": "office", "to_peer": "alice"},
        "panel_refused",
        "to_peer alice is an account of WireGuard server Default, and not of office",
    ),
    "the server's own port": (
        "port_forward",
        {**FORWARD, "wg_name": "office", "to_peer": "carol", "dst_port": 51900},
        "panel_refused",
        "dst_port 51900 is the port that WireGuard server office itself listens on",
    ),
    "a root that goes before its use": (
        "ikev2",
        {"ca": {"state": "absent"}, "enabled": True},
        "invalid_option",
        "cannot be true without the root certificate",
    ),
    "a server certificate without its root": (
        "ikev2",
        {"ca": {"state": "absent"}, "server": SERVER},
        "missing_certificate",
        "without a root certificate",
    ),
    "a certificate of which nothing is known": (
        "ikev2",
        {"ca": {"state": "absent"}, "server": {}},
        "missing_certificate",
        "without a root certificate",
    ),
    "settings that never make sense": (
        "traffic_logging",
        {"enabled": True, "enabled_remote_syslog": False, "enabled_influxdb": False},
        "invalid_option",
        "enabled needs",
    ),
    "an archive that is not there": ("backup", {"name": "none.zip", "state": "restored"}, "not_found", "none.zip"),
    "a path that is none": ("request", {"path": "acount/alice"}, "unknown_operation", "no such operation"),
    "a list that should be an object": (
        "request",
        {"path": "account", "expect": {"name": "alice"}},
        "expectation_failed",
        "the answer is not an object",
    ),
    "a full server": ("account", {"name": "new", "wg_name": "tiny"}, "no_free_address", "tiny"),
}


@pytest.mark.parametrize("refused", REFUSED.values(), ids=REFUSED)
def test_what_no_task_can_mend_fails_as_for_real(panel: Simulator, connect: Connect, refused: Refused) -> None:
    module, options, code, message = refused
    panel.panel.add_server({"name": "tiny", "address": "10.5.0.1/32", "listen_port": 51950})
    add_servers_and_accounts(panel)
    panel.panel.falsify(panel.panel.wireguard["office"], "interface_name", "wg99")
    panel.panel.falsify(panel.panel.accounts["alice"], "username", "alice2")
    panel.panel.falsify(panel.panel.accounts["bob"], "allowed_IPs_ipv6", "fd00::7")
    panel.options.set(echo_write_only=True)
    predicted = failure(connect(panel, check_mode=True), module, **options)
    assert (predicted.code, writes_to(panel)) == (code, [])
    assert message in str(predicted)
    assert failure(connect(panel), module, **options).code == code


def test_a_real_run_asks_for_nothing_more(panel: Simulator, connect: Connect) -> None:
    client = connect(panel)
    for (module, options), requests in (
        (OFFICE, {"GET wireguard/branch": 2, "POST wireguard": 1}),
        (DAVE, {"GET account/dave": 2, "POST account": 1}),
        (
            ("port_forward", FORWARD),
            {
                "GET wireguard/branch/port_forward": 2,
                "GET firewall/rules/filter": 1,
                "POST wireguard/branch/port_forwarding": 1,
            },
        ),
    ):
        panel.reset_counters()
        run(client, module, **options)
        assert panel.counts() == requests


# --- Certificates


def test_a_root_can_go_after_its_server_certificate(panel: Simulator, connect: Connect) -> None:
    client, checking = connect(panel), connect(panel, check_mode=True)
    run(client, "ikev2", ca=ROOT, server=SERVER, enabled=True)
    for options in ({"ca": {"state": "absent"}}, {"ca": {**ROOT, "locality": "Town"}, "recreate": True}):
        predicted = run(checking, "ikev2", **options)
        assert checking.warnings == [f"{ASSUMED}the server certificate is removed before."]
        assert predicted["changed"] is True
        assert predicted["ikev2"]["enabled"] is False
        assert failure(client, "ikev2", **options).code == "missing_option"
    run(client, "ikev2", server={"state": "absent"})
    happened = run(client, "ikev2", **options)
    assert predicted["diff"]["after"] == happened["diff"]["after"]


def test_a_certificate_to_import_that_comes_without_its_key_is_assumed_to_be_there(
    panel: Simulator, connect: Connect
) -> None:
    imported = authority("Example CA")
    client, checking = connect(panel), connect(panel, check_mode=True)
    options: dict[str, Any] = {"ca": {"cert": imported["cert"]}}
    predicted = run(checking, "ikev2", **options)
    assert checking.warnings == [f"{ASSUMED}the root certificate exists."]
    run(client, "ikev2", ca=imported)
    assert predicted["changed"] is run(client, "ikev2", **options)["changed"] is False


# --- Settings that make sense only together


@pytest.mark.parametrize(
    ("kind", "wanted", "lasting"),
    [
        (TRAFFIC_LOGGING, {"enabled": True}, []),
        (TRAFFIC_LOGGING, {"enabled_remote_syslog": True}, []),
        (TRAFFIC_LOGGING, {"remote_syslog_server": ""}, []),
        (
            TRAFFIC_LOGGING,
            {"enabled_remote_syslog": True, "remote_syslog_server": ""},
            ["remote_syslog_server must be filled while enabled_remote_syslog is true."],
        ),
        (BACKUP_CONFIG, {"backup_to_ftp": True, "ftp_user": "x"}, []),
        (
            BACKUP_CONFIG,
            {"backup_to_ftp": True, "ftp_user": ""},
            ["ftp_user must be filled while backup_to_ftp is true."],
        ),
    ],
)
def test_only_what_the_given_settings_say_themselves_lasts(
    kind: Any, wanted: dict[str, Any], lasting: list[str]
) -> None:
    assert lasting_problems(kind, wanted) == lasting


# --- Files


@pytest.mark.parametrize("kind", ["wireguard", "qr", "ikev2"])
def test_the_profile_of_a_missing_account_is_not_known(
    panel: Simulator, connect: Connect, tmp_path: Path, kind: str
) -> None:
    checking = connect(panel, check_mode=True)
    result = run(checking, "account_profile", name="dave", format=kind, dest=str(tmp_path / "x"))
    more = ", and so do the certificates of IKEv2" if kind == "ikev2" else ""
    assert checking.warnings == [f"{ASSUMED}account dave exists{more}."]
    assert (result["changed"], result["checksum"], result["size"]) == (True, None, None)
    assert (result["diff"]["before"], result["diff"]["after"]) == ("", "")
    assert failure(connect(panel), "account_profile", name="dave", dest=str(tmp_path / "x")).code == "not_found"


@pytest.mark.parametrize("ending", ["", "dave.conf"])
@pytest.mark.parametrize("exists", [False, True])
def test_the_folder_of_a_profile_may_come_later(
    panel: Simulator, connect: Connect, tmp_path: Path, ending: str, exists: bool
) -> None:
    if exists:
        panel.panel.add_account({"name": "dave", "wg_name": "Default", "allowed_IPs": "10.0.0.9"})
    checking, folder = connect(panel, check_mode=True), tmp_path / "later"
    predicted = run(checking, "account_profile", name="dave", dest=f"{folder}/{ending}")
    assert checking.warnings[0] == f"{ASSUMED}the directory {folder} exists."
    assert (predicted["changed"], predicted["dest"]) == (True, f"{folder}/dave.conf")
    assert "does not exist. Create it first" in str(
        failure(connect(panel), "account_profile", name="dave", dest=f"{folder}/{ending}")
    )


def test_a_request_for_a_file_that_is_not_there(panel: Simulator, connect: Connect, tmp_path: Path) -> None:
    checking, dest = connect(panel, check_mode=True), str(tmp_path / "later" / "x")
    result = run(checking, "request", path="account/dave/config_text", dest=dest)
    assert checking.warnings == [
        f"{ASSUMED}the directory {tmp_path / 'later'} exists.",
        f"{ASSUMED}account/dave/config_text exists by then.",
    ]
    assert (result["changed"], result["payload"]) == (True, None)
    assert result["diff"] == {
        "before": {"dest": dest, "sha256": None},
        "after": {"dest": dest, "sha256": "not known yet"},
    }


@pytest.mark.parametrize("options", [{}, {"name": "old.zip"}])
@pytest.mark.parametrize("ending", ["", "x.zip"])
def test_the_folder_of_an_archive_may_come_later(
    panel: Simulator, connect: Connect, tmp_path: Path, options: dict[str, Any], ending: str
) -> None:
    panel.panel.add_backup("old.zip", "2026-01-01T00:00:00+00:00")
    checking, folder = connect(panel, check_mode=True), tmp_path / "later"
    predicted = run(checking, "backup", **options, dest=f"{folder}/{ending}")
    # One that ends with a slash is created.
    assert checking.warnings == ([f"{ASSUMED}the directory {folder} exists."] if ending else [])
    assert not folder.exists()
    if ending:
        folder.mkdir()
    happened = run(connect(panel), "backup", **options, dest=f"{folder}/{ending}")
    assert predicted["changed"] is happened["changed"] is True
    if options or ending:
        assert predicted["dest"] == happened["dest"]


# --- Links


def test_how_to_see_a_link_is_reported_when_one_is_created_and_not_shown(panel: Simulator, connect: Connect) -> None:
    add_servers_and_accounts(panel)
    warnings = []
    for options in ({"reuse": False}, {}, {"reuse": False, "include_secrets": True}):
        client = connect(panel)
        run(client, "account_link", name="alice", **options)
        warnings.append(client.warnings)
    (warning,) = warnings[0]
    assert "include_secrets: true and reuse: true" in warning
    assert warnings[1:] == [[], []]
    checking = connect(panel, check_mode=True)
    run(checking, "account_link", name="alice", reuse=False)
    assert checking.warnings == []
