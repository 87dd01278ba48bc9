# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user of generation 1 notices: refusals, dependencies, defaults, and what the answers are good for."""

from __future__ import annotations

import base64
import datetime
import io
import json
import zipfile
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from simulator import Simulator, material
from simulator.simulator import GENERATIONS
from unit.simulator.api import Api, decode_qr

NAME_TEXT = "Wrong name (only letters, numbers and '_', '-')"
KEY = base64.b64encode(bytes(32)).decode()
RULE = {
    "name": "SSH",
    "action": "ACCEPT",
    "chain": "INPUT",
    "protocol": "TCP",
    "s_ip": "0.0.0.0/0",
    "s_port": "0",
    "d_ip": "0.0.0.0/0",
    "d_port": "22",
}
CA = {"ca_common_name": "Root", "ca_organization": "Example"}
SERVER = {"server_domain": "vpn.example.com", "server_ip": "192.0.2.7", "server_common_name": "Server"}
SERVER |= {"server_organization": "Example"}


def public_key_of(private_key: str) -> str:
    raw = X25519PrivateKey.from_private_bytes(base64.b64decode(private_key)).public_key().public_bytes_raw()
    return base64.b64encode(raw).decode()


# Access -------------------------------------------------------------------------------------------------------------


def test_only_the_right_cookie_lets_in(sim: Simulator, api: Api) -> None:
    api.session.cookies.clear()
    for headers in ({}, {"Cookie": "access_hash=0"}, {"Authorization": f"Bearer {sim.credential}"}):
        answer = api.send("GET", "system/status", headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (200, "Not authorized")


def test_credentials_look_like_those_of_the_manual() -> None:
    for generation, digits in ((1, 80), (2, 64)):
        credential = Simulator(generation).credential
        assert len(credential) == digits
        assert set(credential) <= set("0123456789abcdef")
        assert credential != Simulator(generation).credential


def test_hash_of_another_address_is_refused(sim: Simulator, api: Api) -> None:
    sim.options.set(bound_to="192.0.2.1")
    assert api.refusal("GET", "system/status") == "Not authorized"
    sim.options.set(bound_to="127.0.0.1")
    assert api.ask("GET", "system/status")


def test_panel_without_licence_refuses_everything(sim: Simulator, api: Api) -> None:
    sim.options.set(licensed=False)
    assert api.refusal("GET", "system/status") == "The license is not active"
    assert api.refusal("POST", "account") == "The license is not active"


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "nothing"), ("POST", "system/status"), ("GET", "openapi.json"), ("DELETE", "account")]
)
def test_unknown_route_is_a_page_without_envelope(api: Api, method: str, path: str) -> None:
    answer = api.send(method, path)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "<html>" in answer.text


# Servers ------------------------------------------------------------------------------------------------------------


def test_new_server_gets_free_values(api: Api) -> None:
    servers = [api.ask("POST", "wireguard") for _time in range(3)] + [api.ask("GET", "wireguard/Default")]
    for field in ("name", "interface_name", "listen_port", "address", "private_key"):
        assert len({server[field] for server in servers}) == 4
    for server in servers:
        assert public_key_of(server["private_key"]) == server["public_key"]


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ({"name": "Default"}, "The name is already in use"),
        ({"name": "no spaces"}, NAME_TEXT),
        ({"interface_name": "eth0"}, "Wrong network interface name (wgXXX)"),
        ({"interface_name": "wg51820"}, "Interface already in use"),
        ({"listen_port": "51820"}, "Port already in use"),
        ({"listen_port": "51819"}, "Wrong Port format"),
        ({"external_ip": "example.com"}, "Wrong external IP format"),
        ({"address": "10.0.0.129/25"}, "IP address or subnet already in use"),
        ({"dns_1": "none"}, "Wrong DNS1 IP format"),
        ({"dns_2": "none"}, "Wrong DNS2 IP format"),
        ({"private_key": KEY}, "Keys are invalid"),
        ({"private_key": KEY, "public_key": "short"}, "Keys are invalid"),
    ],
)
def test_server_with_bad_values_is_refused(sim: Simulator, api: Api, form: dict[str, str], text: str) -> None:
    assert api.refusal("POST", "wireguard", **form) == text
    assert list(sim.panel.wireguard) == ["Default"]


def test_name_and_interface_of_a_server_stay(api: Api) -> None:
    changed = api.ask("PUT", "wireguard/Default", name="Other", interface_name="wg1", keep_alive="25")
    assert (changed["name"], changed["interface_name"], changed["keep_alive"]) == ("Default", "wg51820", 25)


def test_change_of_a_server_is_checked_against_the_others(sim: Simulator, api: Api) -> None:
    api.ask("POST", "wireguard", name="Second")
    assert api.refusal("PUT", "wireguard/Second", listen_port="51820") == "Port already in use"
    assert api.refusal("PUT", "wireguard/Second", address="10.0.0.1/24") == "IP address or subnet already in use"
    assert api.ask("PUT", "wireguard/Default", listen_port="51820", address="10.0.0.1/24")
    assert sim.panel.wireguard["Second"]["listen_port"] != 51820


def test_server_with_accounts_cannot_be_deleted(api: Api) -> None:
    api.account("alice", "10.0.0.2")
    assert api.refusal("DELETE", "wireguard/Default") == "Cannot be deleted. There are active peers."
    api.ask("DELETE", "account/alice")
    api.ask("DELETE", "wireguard/Default")
    assert api.refusal("GET", "wireguard/Default") == "Wireguard server not found"
    assert api.ask("GET", "wireguard") == {}


def test_switch_in_a_spelling_of_the_client_is_passed_over(api: Api) -> None:
    assert api.ask("PUT", "wireguard/Default", ikev2="True")["ikev2"] is False
    assert api.ask("PUT", "wireguard/Default", ikev2="1")["ikev2"] is True


def test_address_is_taken_with_and_without_prefix(api: Api) -> None:
    assert api.ask("PUT", "wireguard/Default", dns_1="192.0.2.53/32")["dns_1"] == "192.0.2.53"


def test_write_only_fields_are_kept_and_shown_on_demand(sim: Simulator, api: Api) -> None:
    shown = api.ask("PUT", "wireguard/Default", mtu="1320", endpoint="vpn.example.com", allowed_ips="10.0.0.0/8")
    assert not {"mtu", "endpoint", "allowed_ips"} & shown.keys()
    sim.options.set(echo_write_only=True)
    shown = api.ask("GET", "wireguard/Default")
    assert (shown["mtu"], shown["endpoint"], shown["allowed_ips"]) == (1320, "vpn.example.com", "10.0.0.0/8")
    assert "allowed_IPs_ipv6" in api.account("alice", "10.0.0.2")
    assert "server_ipv6" in api.ask("GET", "ikev2/config")


def test_available_addresses_are_those_that_nobody_has(api: Api) -> None:
    api.ask("PUT", "wireguard/Default", address="10.0.0.1/29")
    api.account("alice", "10.0.0.3")
    assert api.ask("GET", "wireguard/Default/available_ips") == ["10.0.0.2", "10.0.0.4", "10.0.0.5", "10.0.0.6"]


def test_set_bandwidth_reaches_all_accounts(api: Api) -> None:
    for number in (2, 3):
        api.account(f"peer{number}", f"10.0.0.{number}", b_download="5")
    api.ask("PUT", "wireguard/Default", b_download="30", b_upload="20")
    assert api.ask("PUT", "wireguard/Default/set_bandwidth") == ""
    bandwidths = [(account["b_download"], account["b_upload"]) for account in api.ask("GET", "account")]
    assert bandwidths == [("30", "20")] * 2


# Port forwards ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ({"protocol": "icmp"}, "Protocol must be tcp or udp"),
        ({"dst_port": "0"}, "DST port must be within 1-65535"),
        ({"to_port": "65536"}, "To port must be within 1-65535"),
        ({"dst_port": "51820"}, "DstPort cannot be ListenPort"),
        ({"dst_port": "80"}, "DST port and protocol are already enabled"),
        ({"to_peer": "nobody"}, "Entered incorrect peer"),
        ({"to_peer": "bob"}, "Entered incorrect peer"),
    ],
)
def test_bad_port_forward_is_refused(api: Api, form: dict[str, str], text: str) -> None:
    api.account("alice", "10.0.0.2")
    second = api.ask("POST", "wireguard", name="Second", address="10.9.0.1/24")
    api.ask("POST", "account", wg_name=second["name"], allowed_IPs="10.9.0.2", name="bob")
    good = {"protocol": "tcp", "dst_port": "80", "to_port": "8080", "to_peer": "alice"}
    path = "wireguard/Default/port_forwarding"
    api.ask("POST", path, **good)
    assert api.refusal("POST", path, **{**good, "dst_port": "81", **form}) == text
    assert list(api.ask("GET", "wireguard/Default/port_forward")) == ["80_tcp"]


def test_port_forward_goes_with_its_account(api: Api) -> None:
    api.account("alice", "10.0.0.2")
    api.ask("POST", "wireguard/Default/port_forwarding", protocol="udp", dst_port="5", to_port="5", to_peer="alice")
    api.ask("DELETE", "account/alice")
    assert api.ask("GET", "wireguard/Default/port_forward") == {}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("Default/port_forwarding/80/tcp", "There is no such port forwarding"),
        ("Default/port_forwarding/80/icmp", "Incorrect protocol parameter (tcp|udp)"),
        ("Default/port_forwarding/x/tcp", "Incorrect dst_port parameter"),
        ("None/port_forwarding/80/tcp", "Wireguard server not found"),
    ],
)
def test_port_forward_that_is_not_there_cannot_be_deleted(api: Api, path: str, text: str) -> None:
    assert api.refusal("DELETE", f"wireguard/{path}") == text


# Accounts -----------------------------------------------------------------------------------------------------------


def test_new_account_is_filled_in(api: Api) -> None:
    accounts = [api.ask("POST", "account", wg_name="Default", allowed_IPs=f"10.0.0.{n}") for n in (2, 3)]
    for field in ("name", "username", "password", "mangle", "private_key"):
        assert accounts[0][field] != accounts[1][field]
    for account in accounts:
        assert public_key_of(account["private_key"]) == account["public_key"]
        assert (account["status"], account["b_download"]) == ("enable", "0")


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ({"wg_name": "None"}, "Wireguard server not valid"),
        ({"name": "no spaces"}, NAME_TEXT),
        ({"name": "alice"}, "The name is already in use"),
        ({"username": "alice_login"}, "The username is already in use"),
        ({"username": "a@b"}, "Wrong Username (only letters, numbers and '_', '-')"),
        ({"allowed_IPs": ""}, "Wrong IP format"),
        ({"allowed_IPs": "10.0.0.2"}, "IP address already in use"),
        ({"allowed_IPs": "10.0.0.1"}, "IP address already in use"),
        ({"allowed_IPs": "10.0.1.2"}, "The IP address is not within the range of the wireguard server"),
        ({"allowed_IPs": "10.0.0.255"}, "The IP address is not within the range of the wireguard server"),
        ({"public_key": KEY}, "Keys are invalid"),
        ({"public_key": KEY, "private_key": KEY.replace("A", " ")}, "Keys are invalid"),
    ],
)
def test_account_with_bad_values_is_refused(sim: Simulator, api: Api, form: dict[str, str], text: str) -> None:
    api.account("alice", "10.0.0.2", username="alice_login")
    good = {"wg_name": "Default", "allowed_IPs": "10.0.0.3", "name": "bob"}
    assert api.refusal("POST", "account", **{**good, **form}) == text
    assert list(sim.panel.accounts) == ["alice"]


def test_edit_changes_what_can_be_changed_only(api: Api) -> None:
    before = api.account("alice", "10.0.0.2")
    form = {"name": "bob", "username": "bob", "wg_name": "Other", "private_key": KEY, "public_key": KEY}
    after = api.ask("PUT", "account/alice", **form, status="disable", b_upload="7", allowed_IPs="10.0.0.9")
    assert after == {**before, "status": "disable", "b_upload": "7", "allowed_IPs": "10.0.0.9"}
    assert api.ask("GET", "account/alice") == after


def test_address_is_free_again_after_a_change_and_a_deletion(api: Api) -> None:
    api.account("alice", "10.0.0.2")
    api.account("bob", "10.0.0.3")
    assert api.refusal("PUT", "account/bob", allowed_IPs="10.0.0.2") == "IP address already in use"
    api.ask("PUT", "account/alice", allowed_IPs="10.0.0.4")
    api.ask("PUT", "account/bob", allowed_IPs="10.0.0.2")
    api.ask("DELETE", "account/bob")
    assert api.account("carol", "10.0.0.2")["allowed_IPs"] == "10.0.0.2"
    assert api.refusal("PUT", "account/carol", allowed_IPs="x") == "Wrong external IP format"


def test_licence_limits_the_accounts(sim: Simulator, api: Api) -> None:
    sim.options.set(licence_slots=1)
    api.account("alice", "10.0.0.2")
    form = {"wg_name": "Default", "allowed_IPs": "10.0.0.3"}
    assert api.refusal("POST", "account", **form) == "VPN account limit exceeded"
    api.ask("DELETE", "account/alice")
    api.ask("POST", "account", **form)


@pytest.mark.parametrize(("wins", "bandwidth"), [(True, ("12", "100")), (False, ("100", "100"))])
def test_bandwidth_of_the_server_can_win(sim: Simulator, api: Api, wins: bool, bandwidth: tuple[str, str]) -> None:
    api.ask("PUT", "wireguard/Default", b_download="12")
    sim.options.set(server_bandwidth_wins=wins)
    made = api.account("alice", "10.0.0.2", b_download="100", b_upload="100")
    assert (made["b_download"], made["b_upload"]) == bandwidth
    assert api.ask("GET", "account/alice") == made


def test_config_holds_what_the_client_needs(api: Api) -> None:
    account = api.account("alice", "10.0.0.2")
    form = {"mtu": "1320", "keep_alive": "25", "allowed_ips": "10.0.0.0/8", "endpoint": "vpn.example.com"}
    server = api.ask("PUT", "wireguard/Default", **form)
    lines = [line.strip() for line in api.ask("GET", "account/alice/config_text").replace("]\t", "]\n").splitlines()]
    assert lines == [
        "[Interface]",
        "Address = 10.0.0.2/24",
        f"DNS = {server['dns_1']},{server['dns_2']}",
        f"PrivateKey = {account['private_key']}",
        "MTU = 1320",
        "[Peer]",
        "AllowedIPs = 10.0.0.0/8",
        "Endpoint = vpn.example.com:51820",
        "PersistentKeepalive = 25",
        f"PublicKey = {server['public_key']}",
    ]


def test_qr_code_holds_the_config(api: Api) -> None:
    api.account("alice", "10.0.0.2")
    assert decode_qr(api.ask("GET", "account/alice/config_qr")) == api.ask("GET", "account/alice/config_text")


def test_one_time_link_is_created_by_reading(sim: Simulator, api: Api) -> None:
    api.account("alice", "10.0.0.2")
    urls = {api.ask("GET", "account/alice/otl") for _time in range(2)}
    assert urls == {f"{sim.url}/otl/{key}" for key in api.ask("GET", "otl/list")["olts"]}
    assert len(urls) == 2
    for link in api.ask("GET", "otl/list")["olts"].values():
        lifetime = datetime.date.fromisoformat(link["lifetime"]) - datetime.date.fromisoformat(link["created_data"])
        assert (link["account"], lifetime.days) == ("alice", 10)


@pytest.mark.parametrize(("year", "month", "days"), [("2024", "2", 29), ("2023", "02", 28), ("2022", "11", 30)])
def test_statistics_have_an_entry_per_day(api: Api, year: str, month: str, days: int) -> None:
    api.account("alice", "10.0.0.2")
    path = f"account/alice/traffic_statistics/{year}/{month}"
    entries = api.ask("GET", path)
    assert [entry["date"] for entry in entries] == [f"{year}-{int(month):02}-{day:02}" for day in range(1, days + 1)]
    assert sum(entry["traffic_download"] for entry in entries) > 0
    assert api.ask("GET", path) == entries


def test_statistics_of_the_future_are_zero(api: Api) -> None:
    api.account("alice", "10.0.0.2")
    entries = api.ask("GET", "account/alice/traffic_statistics/9999/12")
    assert len(entries) == 31
    assert {entry["traffic_download"] + entry["traffic_upload"] for entry in entries} == {0}


@pytest.mark.parametrize(
    ("when", "text"),
    [("2022/13", "Wrong month setting"), ("2022/x", "Wrong month setting"), ("x/1", "Wrong year setting")],
)
def test_statistics_of_no_month_are_refused(api: Api, when: str, text: str) -> None:
    api.account("alice", "10.0.0.2")
    assert api.refusal("GET", f"account/alice/traffic_statistics/{when}") == text


@pytest.mark.parametrize("rest", ["", "/config_text", "/config_qr", "/otl", "/dump", "/traffic_statistics/2022/1"])
def test_account_that_is_not_there(api: Api, rest: str) -> None:
    assert api.refusal("GET", f"account/nobody{rest}") == "Account not found"


# Firewall, DNS, settings --------------------------------------------------------------------------------------------


def test_rules_are_added_at_either_end(api: Api) -> None:
    api.ask("POST", "firewall/rules/filter/top", **RULE)
    api.ask("POST", "firewall/rules/filter/end", **{**RULE, "name": "LAST"})
    names = [rule["name"] for rule in api.ask("GET", "firewall/rules/filter")]
    assert names == ["SSH", "system_PUQVPNCP", "LAST"]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"name": "a-b"}, "Wrong rule name. Must be letters and numbers only"),
        ({"name": "system_PUQVPNCP"}, "A rule with the same name already exists"),
        ({"chain": "FORWARD"}, "Not correct Chain"),
        ({"d_ip": "192.0.2.1"}, "Destination IP must be in CIDR format"),
        ({"s_ip": "any"}, "Source IP must be in CIDR format"),
    ],
)
def test_bad_rule_is_refused(api: Api, change: dict[str, str], text: str) -> None:
    assert api.refusal("POST", "firewall/rules/filter/end", **{**RULE, **change}) == text


def test_rule_of_the_panel_stays(api: Api) -> None:
    path = "firewall/rules/filter/"
    assert api.refusal("DELETE", f"{path}system_PUQVPNCP") == "You cannot delete this rule. ONLY name=system_PUQVPNCP"
    assert api.refusal("DELETE", f"{path}None") == "No rule found with given name"


def test_policies_are_stored_and_checked(api: Api) -> None:
    api.ask("PUT", "firewall/conf", ip_forward="0", policy_forward="DROP")
    conf = api.ask("GET", "firewall/conf")
    assert (conf["ip_forward"], conf["policy_forward"], conf["policy_input"]) == (False, "DROP", "ACCEPT")
    assert api.ask("GET", "firewall/info")["ip_forward"] == "no"
    text = "Wrong parameter: INPUT policy, should be: ACCEPT or DROP"
    assert api.refusal("PUT", "firewall/conf", policy_input="REJECT") == text


def test_generated_rules_follow_servers_and_accounts(api: Api) -> None:
    account = api.account("alice", "10.0.0.2", username="al")
    marks = api.ask("GET", "firewall/rules/mangle")
    assert {(rule["name"], rule["set-mark"]) for rule in marks} == {
        ("src_alice_al", account["mangle"]),
        ("dst_alice_al", account["mangle"]),
    }
    [nat] = api.ask("GET", "firewall/rules/nat")
    assert (nat["name"], nat["s_ip"]) == ("Default_wg51820", "10.0.0.0/24")


def test_dns_follows_servers_and_checks_forwarders(api: Api) -> None:
    api.ask("POST", "wireguard", address="10.9.0.1/24")
    assert api.ask("GET", "dns")["acl"] == ["127.0.0.1", "10.0.0.0/24", "10.9.0.0/24"]
    changed = api.ask("PUT", "dns", enabled="false", max_cache_ttl="300")
    assert (changed["enabled"], changed["max_cache_ttl"]) == (False, "300")
    assert api.refusal("PUT", "dns", forwarders_1="x") == "Incorrect data in Forwarder1 parameters"
    assert api.refusal("PUT", "dns", forwarders_2="x") == "Incorrect data in Forwarder2 parameters"


@pytest.mark.parametrize(
    ("words", "heeded"),
    [("any", ["0", "false", "1", "true"]), ("digits", ["0", "1"]), ("words", ["false", "true"])],
)
@pytest.mark.parametrize("switch", ["dns enabled", "firewall/conf internal_traffic", "firewall/conf ip_forward"])
def test_switch_may_be_heeded_in_one_spelling_only(
    sim: Simulator, api: Api, switch: str, words: str, heeded: list[str]
) -> None:
    path, field = switch.split()
    found = []
    for value in ("0", "false", "1", "true"):
        before = value in ("0", "false")
        sim.options.set(switch_words="any")
        api.ask("PUT", path, **{field: str(int(before))})
        sim.options.set(switch_words=words)
        api.ask("PUT", path, **{field: value})
        if api.ask("GET", path)[field] is not before:
            found.append(value)
    assert found == heeded


def test_switches_of_other_operations_know_any_spelling(sim: Simulator, api: Api) -> None:
    sim.options.set(switch_words="digits")
    assert api.ask("PUT", "wireguard/Default", ikev2="true")["ikev2"] is True


def test_settings_are_checked_and_go_back(api: Api) -> None:
    before = api.ask("GET", "system/config")
    text = "Incorrect value Wireguard Handshake Uptime (should be 1 to 300)"
    assert api.refusal("PUT", "system/config", wireguard_handshake_uptime="301") == text
    assert api.ask("PUT", "system/config", traffic_statistics_history="7")["traffic_statistics_history"] == 7
    assert api.ask("PUT", "system/config/default") == before


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ({"enabled": "1"}, "At least one logging method must be enabled (Remote Syslog or/and InfluxDB)"),
        ({"enabled_remote_syslog": "1"}, "Remote Syslog Server must be filled"),
        ({"enabled_influxdb": "1"}, "InfluxDB Url must be filled"),
        ({"enabled_influxdb": "1", "influxdb_url": "http://x"}, "InfluxDB Token must be filled"),
    ],
)
def test_incomplete_logging_is_refused(api: Api, form: dict[str, str], text: str) -> None:
    before = api.ask("GET", "traffic_logging")
    assert api.refusal("PUT", "traffic_logging", **form) == text
    assert api.ask("GET", "traffic_logging") == before


def test_influxdb_needs_telegraf(sim: Simulator, api: Api) -> None:
    sim.panel.telegraf_installed = False
    assert api.refusal("PUT", "traffic_logging", enabled_influxdb="1") == "InfluxDB Telegraf not installed"


# IKEv2 --------------------------------------------------------------------------------------------------------------


def test_server_certificate_verifies_against_the_root(api: Api) -> None:
    api.ask("PUT", "ikev2/generate_ca_rsa", **CA)
    config = api.ask("PUT", "ikev2/generate_server_rsa", **SERVER)
    root, server = (x509.load_pem_x509_certificate(config[f"{kind}_cert"].encode()) for kind in ("ca", "server"))
    root.verify_directly_issued_by(root)
    server.verify_directly_issued_by(root)
    for kind, certificate in (("ca", root), ("server", server)):
        key = load_pem_private_key(config[f"{kind}_key"].encode(), password=None)
        assert key.public_key() == certificate.public_key()
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "vpn.example.com" in names.get_values_for_type(x509.DNSName)
    assert root.subject.rfc4514_string() == "CN=Root,O=Example"


def test_ikev2_needs_root_then_server_certificate(api: Api) -> None:
    missing_root = "The ROOT certificate is not present in the system"
    missing_server = "The SERVER certificate is not present in the system"
    assert api.refusal("PUT", "ikev2", enabled="1") == missing_root
    assert api.refusal("DELETE", "ikev2/delete_ca_rsa") == missing_root
    assert api.refusal("DELETE", "ikev2/delete_server_rsa") == missing_root
    text = "The root certificate is not present in the system"
    assert api.refusal("PUT", "ikev2/generate_server_rsa", **SERVER) == text
    api.ask("PUT", "ikev2/generate_ca_rsa", **CA)
    assert api.refusal("PUT", "ikev2", enabled="1") == missing_server
    assert api.refusal("DELETE", "ikev2/delete_server_rsa") == missing_server
    api.ask("PUT", "ikev2/generate_server_rsa", **SERVER)
    assert api.ask("PUT", "ikev2", enabled="1")["enabled"] is True
    assert api.ask("DELETE", "ikev2/delete_server_rsa")["enabled"] is False


@pytest.mark.parametrize("by_itself", [False, True])
def test_server_certificate_may_switch_ikev2_on(sim: Simulator, api: Api, by_itself: bool) -> None:
    sim.options.set(ikev2_self_enable=by_itself)
    assert api.ask("PUT", "ikev2/generate_ca_rsa", **CA)["enabled"] is False
    assert api.ask("PUT", "ikev2/generate_server_rsa", **SERVER)["enabled"] is by_itself
    api.ask("PUT", "ikev2", enabled="1")
    assert api.ask("PUT", "ikev2/generate_server_rsa", **SERVER)["enabled"] is True


def test_root_is_never_replaced(api: Api) -> None:
    api.ask("PUT", "ikev2/generate_ca_rsa", **CA)
    for operation in ("generate_ca_rsa", "import_ca_rsa"):
        assert api.refusal("PUT", f"ikev2/{operation}", **CA) == "The root certificate is already in the system"


def test_imported_root_signs(api: Api) -> None:
    subject = dict.fromkeys(("country_name", "state_or_province_name", "locality", "organizational_unit"), "")
    certificate, key = material.root_certificate({**subject, "organization": "Example", "common_name": "Imported"})
    assert api.refusal("PUT", "ikev2/import_ca_rsa", ca_key=key) == "CaCert must be filled"
    assert api.refusal("PUT", "ikev2/import_ca_rsa", ca_cert=certificate) == "CaKey must be filled"
    assert api.refusal("PUT", "ikev2/import_ca_rsa", ca_cert="x", ca_key=key) == "Certificate not found"
    # A plus sign that was not encoded arrives as a blank.
    broken = certificate.replace("MII", "M I", 1)
    assert api.refusal("PUT", "ikev2/import_ca_rsa", ca_cert=broken, ca_key=key) == "Certificate failed"
    assert api.ask("PUT", "ikev2/import_ca_rsa", ca_cert=certificate, ca_key=key)["ca_cert"] == certificate
    signed = api.ask("PUT", "ikev2/generate_server_rsa", **SERVER)["server_cert"]
    x509.load_pem_x509_certificate(signed.encode()).verify_directly_issued_by(
        x509.load_pem_x509_certificate(certificate.encode())
    )


@pytest.mark.parametrize(
    ("path", "good", "missing", "text"),
    [
        ("generate_ca_rsa", CA, "ca_common_name", "Common Name must be filled"),
        ("generate_ca_rsa", CA, "ca_organization", "Organization must be filled"),
        ("generate_server_rsa", SERVER, "server_domain", "Server Domain must be filled"),
        ("generate_server_rsa", SERVER, "server_ip", "Server IP must be filled"),
    ],
)
def test_subject_must_be_filled(api: Api, path: str, good: dict[str, str], missing: str, text: str) -> None:
    if good is SERVER:
        api.ask("PUT", "ikev2/generate_ca_rsa", **CA)
    form = {key: value for key, value in good.items() if key != missing}
    assert api.refusal("PUT", f"ikev2/{path}", **form) == text


def test_profile_holds_the_root_with_raw_carriage_returns(api: Api) -> None:
    api.account("alice", "10.0.0.2", username="al")
    root = api.ask("PUT", "ikev2/generate_ca_rsa", **CA)["ca_cert"]
    profile = api.ask("GET", "account/alice/ikev2_profile")
    with pytest.raises(json.JSONDecodeError):
        json.loads(profile)
    parsed = json.loads(profile, strict=False)
    assert parsed["remote"]["cert"].replace("\r", "\n") == root
    assert (parsed["local"]["eap_id"], parsed["type"]) == ("al", "ikev2-eap")


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"charondebug_dmn": "5"}, "Incorrect value Charondebug dmn (should be -1 to 4)"),
        ({"modeconfig": "x"}, "Incorrect value Modeconfig (should be  push|pull)"),
        ({"esp": " "}, "Esp must be filled"),
        ({"rekeyfuzz": "-1"}, "Incorrect value Keyingtries (should be 0 to 2147483647)"),
        ({"type": None}, "Incorrect value Type (should be  tunnel|transport|transport_proxy|passthrough|drop)"),
    ],
)
def test_advanced_settings_are_all_needed_and_checked(api: Api, change: dict[str, Any], text: str) -> None:
    settings = {**api.ask("GET", "ikev2/advanced_settings"), **change}
    form = {key: str(value) for key, value in settings.items() if value is not None}
    assert api.refusal("PUT", "ikev2/advanced_settings", **form) == text


def test_dropped_session_is_gone(sim: Simulator, api: Api) -> None:
    assert api.ask("GET", "ikev2/online") == api.ask("GET", "wireguard/online") == []
    for name, address in (("alice", "10.0.0.2"), ("bob", "10.0.0.3")):
        api.account(name, address)
        sim.connect("ikev2", name)
    sim.connect("wireguard", "alice", endpoint="198.51.100.9:1")
    api.ask("DELETE", "ikev2/online/alice")
    assert [session["name"] for session in api.ask("GET", "ikev2/online")] == ["bob"]
    assert [session["endpoint"] for session in api.ask("GET", "wireguard/online")] == ["198.51.100.9:1"]


# Backups ------------------------------------------------------------------------------------------------------------


def test_restore_brings_back_what_was(sim: Simulator, api: Api) -> None:
    sim.options.set(reload_seconds=0.0)
    alice = api.account("alice", "10.0.0.2")
    name = api.ask("POST", "backups", statistics="0")["backup_name"]
    api.ask("DELETE", "account/alice")
    api.account("bob", "10.0.0.2")
    assert api.ask("PUT", "backups/restore", backup_name=name) == "success"
    assert api.ask("GET", "account") == [alice]
    # What depends on the objects came back, too.
    assert api.refusal("DELETE", "wireguard/Default") == "Cannot be deleted. There are active peers."
    assert api.account("carol", "10.0.0.3")["mangle"] != alice["mangle"]
    form = {"wg_name": "Default", "allowed_IPs": "10.0.0.2"}
    assert api.refusal("POST", "account", **form) == "IP address already in use"


def test_archive_is_a_zip_of_the_state(api: Api) -> None:
    api.account("alice", "10.0.0.2")
    names = [api.ask("POST", "backups")["backup_name"] for _time in range(2)]
    assert [backup["backup_name"] for backup in api.ask("GET", "backups")["backups"]] == names[::-1]
    answer = api.send("GET", f"backups/{names[0]}")
    assert answer.headers["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert list(json.loads(archive.read("accounts.json"))) == ["alice"]


def test_old_archive_is_listed_by_its_time_and_can_be_restored(sim: Simulator, api: Api) -> None:
    sim.options.set(reload_seconds=0.0)
    api.account("alice", "10.0.0.2")
    sim.panel.add_backup("b.zip", "2023-01-27T19:00:57.159356394+01:00")
    sim.panel.add_backup("a.zip", "2023-01-27T18:30:00Z")
    sim.panel.add_backup("c.zip", "2023-01-27T20:00:00+05:00")
    api.ask("DELETE", "account/alice")
    newest = api.ask("POST", "backups")["backup_name"]
    listed = api.ask("GET", "backups")["backups"]
    assert [backup["backup_name"] for backup in listed] == [newest, "a.zip", "b.zip", "c.zip"]
    assert listed[2]["creation_date"] == "2023-01-27T19:00:57.159356394+01:00"
    api.ask("PUT", "backups/restore", backup_name="b.zip")
    assert [account["name"] for account in api.ask("GET", "account")] == ["alice"]


@pytest.mark.parametrize("created", ["yesterday", "2023-01-27T19:00:57"])
def test_archive_has_a_time_with_an_offset(sim: Simulator, created: str) -> None:
    with pytest.raises(ValueError, match=created):
        sim.panel.add_backup("x.zip", created)
    assert sim.panel.backups == {}


def test_upload_that_fails_leaves_the_archive(sim: Simulator, api: Api) -> None:
    sim.options.set(ftp_fails=True)
    api.ask("POST", "backups")
    sim.panel.backup_config["backup_to_ftp"] = True
    assert api.refusal("POST", "backups") == "FTP upload error: connection refused"
    assert len(api.ask("GET", "backups")["backups"]) == 2
    sim.options.set(ftp_fails=False)
    api.ask("POST", "backups")


def archive_of(**files: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("_txt", ".txt"), content)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("archive", "text"),
    [
        (b"no zip", "Failed to open archive, ERROR:"),
        (archive_of(), "Empty archive"),
        (archive_of(a="1"), "Empty list of files in file with file list"),
        (archive_of(files_txt="a b", a="1"), "The number of files in the archive does not match"),
        (archive_of(files_txt="b", a="1"), "Mismatch between files in archive and list of files"),
    ],
)
def test_broken_archive_is_refused(sim: Simulator, api: Api, archive: bytes, text: str) -> None:
    api.account("alice", "10.0.0.2")
    name = api.ask("POST", "backups")["backup_name"]
    sim.panel.backups[name]["archive"] = archive
    assert api.refusal("PUT", "backups/restore", backup_name=name).startswith(text)
    assert [account["name"] for account in api.ask("GET", "account")] == ["alice"]


def test_archive_that_is_not_there(api: Api) -> None:
    assert api.refusal("PUT", "backups/restore", backup_name="x.zip") == "There is no backup with this name"


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"every_hour_minute": "60"}, "In every hour schedule, the minute parameter must be between 0 and 59"),
        ({"every_day_hour": None}, "In the daily schedule, the hour parameter must be between 0 and 23"),
        ({"number_backups": "0"}, "Number backups parameter must be greater than 0"),
        ({"backup_to_ftp": "1"}, "FTP server must be filled"),
        ({"backup_to_ftp": "1", "ftp_server": "x"}, "FTP user must be filled"),
    ],
)
def test_schedule_is_checked(api: Api, change: dict[str, Any], text: str) -> None:
    config = {**api.ask("GET", "backups/config"), **change}
    form = {key: str(int(value) if isinstance(value, bool) else value) for key, value in config.items()}
    form = {key: value for key, value in form.items() if config[key] is not None}
    assert api.refusal("PUT", "backups/config", **form) == text


# Busy, and the readings of the contract -----------------------------------------------------------------------------


def test_busy_panel_refuses_writes_until_told_to_stop(sim: Simulator, api: Api) -> None:
    api.account("alice", "10.0.0.2")
    sim.busy(text="Loading (Rules)")
    assert api.ask("GET", "system/status")["status"] == "Loading (Rules)"
    assert api.ask("GET", "account/alice")
    for method, path in (("DELETE", "account/alice"), ("PUT", "system/reload"), ("GET", "account/alice/otl")):
        assert api.refusal(method, path) == "PUQVPNCP status not OK"
    sim.idle()
    assert api.ask("GET", "system/status")["status"] == "OK"
    api.ask("DELETE", "account/alice")


def test_busy_for_some_requests(sim: Simulator, api: Api) -> None:
    sim.busy(requests=2)
    statuses = [api.ask("GET", "system/status")["status"] for _time in range(3)]
    assert [status == "OK" for status in statuses] == [False, False, True]


def test_busy_ends_by_itself(sim: Simulator, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000
    monkeypatch.setattr("simulator.site.time", SimpleNamespace(monotonic=lambda: now))
    sim.busy(seconds=3)
    now += 2
    assert api.refusal("PUT", "system/reload") == "PUQVPNCP status not OK"
    now += 1
    assert api.ask("GET", "system/status")["status"] == "OK"
    api.ask("PUT", "system/reload")


def test_reload_makes_busy(sim: Simulator, api: Api) -> None:
    sim.options.set(reload_seconds=3600.0)
    api.ask("PUT", "system/reload")
    assert api.ask("GET", "system/status")["status"].startswith("Loading")


@pytest.mark.parametrize(
    ("method", "path", "rebuilds"),
    [("PUT", "wireguard/Default", True), ("PUT", "firewall/conf", True), ("PUT", "dns", False), ("GET", "dns", False)],
)
def test_writes_can_make_busy(sim: Simulator, api: Api, method: str, path: str, rebuilds: bool) -> None:
    sim.options.set(busy_after_write=3600.0)
    api.ask(method, path)
    assert (api.ask("GET", "system/status")["status"] != "OK") is rebuilds


def test_error_codes(sim: Simulator, api: Api) -> None:
    sim.options.set(error_codes=True)
    assert api.send("GET", "account/nobody").status_code == 404
    assert api.send("POST", "account", {"wg_name": "None"}).status_code == 400
    assert api.send("GET", "system/status").status_code == 200
    sim.busy()
    assert api.send("PUT", "system/reload").status_code == 409
    api.session.cookies.clear()
    assert api.send("GET", "system/status").status_code == 401


def test_status_word_in_capitals(sim: Simulator, api: Api) -> None:
    sim.options.set(status_word="SUCCESS", ready_text="ok", version="1.10")
    reply = api.send("GET", "system/status").json()
    assert (reply["status"], reply["msg"]["status"], reply["msg"]["version"]) == ("SUCCESS", "ok", "1.10")
    assert api.send("GET", "account/nobody").json()["status"] == "ERROR"


def test_numbers_in_either_form(sim: Simulator, api: Api) -> None:
    api.account("1234", "10.0.0.2", password="5678")
    sim.options.set(numbers="strings")
    assert api.ask("GET", "wireguard/Default")["keep_alive"] == "0"
    assert api.ask("GET", "wireguard/Default")["ikev2"] is False
    sim.options.set(numbers="numbers")
    assert api.ask("GET", "wireguard/Default")["listen_port"] == 51820
    assert api.ask("GET", "system/info")["cpu_used_load1"] == 0.69
    account = api.ask("GET", "account/1234")
    assert (account["name"], account["password"], account["b_download"]) == ("1234", "5678", 0)


COLLECTIONS = {
    "wireguard": "Default",
    "wireguard/Default/peers": "alice",
    "wireguard/Default/port_forward": "9_tcp",
    "account": "alice",
    "firewall/rules/filter": "system_PUQVPNCP",
}


@pytest.mark.parametrize(("path", "key"), COLLECTIONS.items())
def test_collection_in_the_other_form(sim: Simulator, api: Api, path: str, key: str) -> None:
    api.account("alice", "10.0.0.2")
    api.ask("POST", "wireguard/Default/port_forwarding", protocol="tcp", dst_port="9", to_port="9", to_peer="alice")
    documented = api.ask("GET", path)
    sim.options.set(keyed="swapped", unknown_fields=True)
    swapped = api.ask("GET", path)
    if isinstance(documented, dict):
        documented, [member] = [documented[key]], swapped
    else:
        member = swapped.pop(key)
        assert swapped == {}
    assert member.pop("undocumented")
    assert [member] == documented


@pytest.mark.parametrize("path", COLLECTIONS)
def test_empty_collection_in_each_form(sim: Simulator, api: Api, path: str) -> None:
    sim.panel.firewall_filter.clear()
    if path == "wireguard":
        sim.panel.remove_server("Default")
    empty: Any = [] if path in ("account", "firewall/rules/filter") else {}
    assert api.ask("GET", path) == empty
    sim.options.set(keyed="swapped")
    assert api.ask("GET", path) == ({} if empty == [] else [])
    for form, value in (("text", ""), ("null", None)):
        sim.options.set(empty_sets=form)
        assert api.ask("GET", path) == value


def test_collection_with_members_is_not_an_empty_one(sim: Simulator, api: Api) -> None:
    sim.options.set(empty_sets="null")
    assert list(api.ask("GET", "wireguard")) == ["Default"]
    assert api.ask("GET", "wireguard/online") == []


def test_unknown_field_in_every_object_but_no_unknown_object(sim: Simulator, api: Api) -> None:
    sim.options.set(unknown_fields=True)
    servers = api.ask("GET", "wireguard")
    assert list(servers) == ["Default"]
    assert "undocumented" in servers["Default"]
    assert "undocumented" in api.ask("GET", "system/status")


@pytest.mark.parametrize(
    ("method", "default", "alternate"),
    [
        ("GET", "wireguard/Default/port_forward", "wireguard/Default/port_forwarding"),
        ("GET", "traffic_logging", "system/traffic_logging"),
        ("GET", "backups", "system/backups"),
        ("PUT", "ikev2", "ikev2/"),
        ("DELETE", "wireguard/Default/port_forwarding/9/tcp", "port_forward/9/tcp"),
    ],
)
def test_one_spelling_is_known_at_a_time(sim: Simulator, api: Api, method: str, default: str, alternate: str) -> None:
    api.account("alice", "10.0.0.2")
    sim.panel.port_forwards["Default"]["9_tcp"] = {"dst_port": 9, "protocol": "tcp", "to_peer": "alice", "to_port": 9}
    assert api.send(method, alternate).status_code == 404
    sim.options.set(spelling="alternate")
    assert api.send(method, default).status_code == 404
    assert "status" in api.send(method, alternate).json()
    assert api.ask("GET", "system/status")


def test_short_spelling_of_a_port_forward_finds_the_server(sim: Simulator, api: Api) -> None:
    api.account("alice", "10.0.0.2")
    sim.options.set(spelling="alternate")
    api.ask("POST", "port_forward", protocol="tcp", dst_port="9", to_port="9", to_peer="alice")
    assert list(sim.panel.port_forwards["Default"]) == ["9_tcp"]
    api.ask("DELETE", "port_forward/9/tcp")
    assert sim.panel.port_forwards["Default"] == {}


def test_bandwidth_can_be_set_by_get_in_the_other_spelling(sim: Simulator, api: Api) -> None:
    assert api.send("GET", "wireguard/Default/set_bandwidth").status_code == 404
    sim.options.set(spelling="alternate")
    assert api.ask("GET", "wireguard/Default/set_bandwidth") == ""


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize(
    "options", [{"numbers": "words"}, {"licence_slots": "5"}, {"error_codes": 1}, {"no_such_option": 1}]
)
def test_option_that_is_none_is_an_error(generation: int, options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        Simulator(generation, **options)


def test_ten_thousand_accounts(sim: Simulator, api: Api) -> None:
    sim.options.set(licence_slots=10001)
    sim.panel.add_server({"name": "Big", "address": "10.64.0.1/16"})
    addresses = iter(sim.panel.free_addresses("Big"))
    for _time in range(10000):
        sim.panel.add_account({"wg_name": "Big", "allowed_IPs": next(addresses)})
    made = api.ask("POST", "account", wg_name="Big", allowed_IPs=next(addresses), name="last")
    assert len(api.ask("GET", "account")) == 10001
    assert api.ask("GET", "account/last") == made
    assert api.refusal("POST", "account", wg_name="Big", allowed_IPs=next(addresses)) == "VPN account limit exceeded"
