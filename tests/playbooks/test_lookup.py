# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lookup as playbooks use it."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible_collections.puqcloud.puqvpn.plugins.lookup import puqvpn
from ansible_collections.puqcloud.puqvpn.tests.playbooks.runs import Playbook, Start, environment_of
from simulator import Simulator

CANARY = "c4nary"
HOSTILE = "{{ lookup('pipe', 'id') }}"


def looked_up(*terms: Any, **options: Any) -> str:
    """The template of a lookup."""
    arguments = [*(repr(term) for term in terms), *(f"{name}={value!r}" for name, value in options.items())]
    return f"{{{{ query('puqcloud.puqvpn.puqvpn', {', '.join(arguments)}) }}}}"


def show(name: str, template: str) -> dict[str, Any]:
    return {"name": name, "ansible.builtin.set_fact": {"told": template}, "ignore_errors": True}


def told(playbook: Playbook, template: str, **environment: str) -> Any:
    """What a lookup returns."""
    run = playbook([show("told", template)], **environment)
    assert run.results[0]["outcome"] == "ok", run.output
    return run.results[0]["result"]["ansible_facts"]["told"]


@pytest.fixture
def panel(start: Start) -> Simulator:
    """A panel with an account that holds secrets."""
    panel = start(credential=f"{CANARY}-hash")
    account = {"name": "alice", "wg_name": "Default", "allowed_IPs": "10.0.0.10", "password": f"{CANARY} word"}
    panel.panel.add_account(account)
    return panel


def test_answers_come_in_order_over_one_connection(panel: Simulator, playbook: Playbook) -> None:
    paths = ("account/alice", "/api/v1/dns", "wireguard/Default", "account")
    alice, dns, server, accounts = told(playbook, looked_up(*paths), **environment_of(panel))
    account = panel.panel.accounts["alice"]
    shown = {"name", "username", "wg_name", "status", "allowed_IPs", "b_download", "b_upload", "mangle", "public_key"}
    assert set(alice) == shown
    assert alice["public_key"] == account["public_key"]
    assert (dns["max_cache_ttl"], server["name"], accounts) == ("3600", "Default", [alice])
    assert panel.counts() == {"GET account/alice": 1, "GET dns": 1, "GET wireguard/Default": 1, "GET account": 1}
    assert panel.connections == 1


def test_both_generations_and_options_in_the_task(start: Start, panel: Simulator, playbook: Playbook) -> None:
    second = start(generation=2)
    ways = {
        "first": {"url": panel.url, "access_hash": panel.credential, "timeout": "20", "retries": 0},
        "second": {"url": second.url, "token": second.credential},
        "hash at 2.x": {"url": second.url, "access_hash": panel.credential},
        "token at 1.x": {"url": panel.url, "token": second.credential},
    }
    run = playbook([show(name, looked_up("system/status", **way)) for name, way in ways.items()])
    for name in ("first", "second"):
        assert run.result_of(name)["ansible_facts"]["told"][0]["status"] == "OK"
    wrong = {name: run.result_of(name)["msg"] for name in ("hash at 2.x", "token at 1.x")}
    assert "this is a 2.x panel, which does not accept access_hash. Set token instead of" in wrong["hash at 2.x"]
    assert "this is a 1.x panel, which does not accept token. Set access_hash instead of" in wrong["token at 1.x"]


@pytest.fixture
def second(start: Start) -> Simulator:
    """A 2.x panel with a client that holds secrets."""
    second = start(generation=2, credential=f"{CANARY}-token")
    client = {"name": "alice", "wg_name": "Default", "allowed_IPs": "10.0.0.10", "password": f"{CANARY} word"}
    second.panel.add_account(client)
    return second


def test_paths_of_2x_panels_are_read_over_one_connection(second: Simulator, playbook: Playbook) -> None:
    paths = ("client/alice", "/api/v1/network/Default", "client", "client/online")
    alice, network, clients, online = told(playbook, looked_up(*paths), **environment_of(second))
    client = second.panel.accounts["alice"]
    assert {name: alice[name] for name in ("name", "network_name", "ipv4", "public_key")} == {
        "name": "alice",
        "network_name": "Default",
        "ipv4": "10.0.0.10",
        "public_key": client["public_key"],
    }
    assert alice.keys().isdisjoint({"password", "private_key"})
    assert (network["name"], clients, online) == ("Default", [alice], [])
    assert second.counts() == {f"GET {path.removeprefix('/api/v1/')}": 1 for path in paths}
    assert second.connections == 1


def test_profiles_of_2x_panels_are_secret(second: Simulator, playbook: Playbook) -> None:
    profiles = ("config/text", "wireguard", "amneziawg/config", "openvpn/profile", "ikev2/profile", "config/qr", "otl")
    paths = [f"client/alice/{profile}" for profile in profiles]
    # Nobody knows where a panel shows the certificate of a client (contract: Clients_17): its content decides.
    certificate = "client/alice/certificate"
    pem = f"-----BEGIN PRIVATE KEY-----\n{CANARY}\n-----END PRIVATE KEY-----\n"
    second.fault("wrong_type", path=certificate, msg=pem, times=None)
    tasks = [show(path, looked_up(path)) for path in (*paths, certificate)]
    tasks.append(show("all of it", looked_up("client/alice/config/text", certificate, include_secrets=True)))
    tasks[-1]["no_log"] = True
    run = playbook(tasks, "-vvvv", **environment_of(second))
    for path in (*paths, certificate):
        words = f"The entire answer of {path} is secret. Set include_secrets=true to return it."
        assert words in run.result_of(path)["msg"]
    for secret in (CANARY, second.panel.accounts["alice"]["private_key"]):
        assert run.places_with(secret) == []
    assert second.counts() == {f"GET {certificate}": 2, "GET client/alice/config/text": 1}
    config, whole = told(
        playbook,
        looked_up("client/alice/config/text", certificate, include_secrets=True),
        **environment_of(second),
    )
    assert f"PrivateKey = {second.panel.accounts['alice']['private_key']}" in config
    assert whole == pem
    second.options.set(profile_reply="raw")
    run = playbook(
        [show("raw", looked_up("client/alice/openvpn/profile", include_secrets=True))], **environment_of(second)
    )
    assert (
        "the answer is a file, not data. Use a task with puqcloud.puqvpn.puqvpn_request" in run.result_of("raw")["msg"]
    )


def test_lists_of_paths_are_taken_apart(panel: Simulator, playbook: Playbook) -> None:
    tasks = [
        show("lists", looked_up(["dns", ["account", []]], [[["wireguard/Default"]]], "account/alice")),
        {**show("variable", "{{ query('puqcloud.puqvpn.puqvpn', paths) }}"), "vars": {"paths": ["dns", ["account"]]}},
        show("nothing", looked_up([], [[]])),
        {
            "name": "loop",
            "ansible.builtin.debug": {"msg": "{{ item.name }}"},
            "with_puqcloud.puqvpn.puqvpn": ["wireguard/Default", "account/alice"],
        },
    ]
    run = playbook(tasks, **environment_of(panel))
    assert run.code == 0, run.output
    dns, accounts, server, alice = run.result_of("lists")["ansible_facts"]["told"]
    assert (dns["max_cache_ttl"], server["name"], accounts) == ("3600", "Default", [alice])
    assert run.result_of("variable")["ansible_facts"]["told"] == [dns, accounts]
    assert run.result_of("nothing")["ansible_facts"]["told"] == []
    assert [one["msg"] for one in run.result_of("loop")["results"]] == ["Default", "alice"]


def test_secrets_are_returned_where_they_are_asked_for(panel: Simulator, playbook: Playbook) -> None:
    paths = ("account/alice", "account/alice/config_text")
    alice, config = told(playbook, looked_up(*paths, include_secrets=True), **environment_of(panel))
    account = panel.panel.accounts["alice"]
    assert (alice["password"], alice["private_key"]) == (account["password"], account["private_key"])
    assert f"PrivateKey = {account['private_key']}" in config


def test_no_secret_is_seen_otherwise(panel: Simulator, playbook: Playbook) -> None:
    private_key = panel.panel.accounts["alice"]["private_key"]
    panel.panel.add_otl("alice", "2026-01-01", "2099-01-01")
    panel.fault("echo_credential", path="dns", times=None)
    paths = ("account/alice", "account", "wireguard", "otl/list", "ikev2/config", "backups/config", "dns", "account/x")
    tasks = [show(path, looked_up(path)) for path in paths]
    run = playbook(tasks, "-vvvv", **environment_of(panel))
    outcomes = {entry["task"]: entry["outcome"] for entry in run.results}
    assert outcomes == {path: "failed" if path in ("dns", "account/x") else "ok" for path in paths}
    for secret in (CANARY, private_key, *panel.panel.otls):
        assert run.places_with(secret) == []
    assert "output" in run.places_with(panel.panel.accounts["alice"]["public_key"])


@pytest.mark.parametrize("generation", [1, 2])
def test_every_mistake_gets_one_clear_sentence(start: Start, playbook: Playbook, generation: int) -> None:
    panel = start(generation=generation)
    account = {1: "account", 2: "client"}[generation]
    secret = {1: "account/a/config_text", 2: "client/a/config/text"}[generation]
    cases = {
        "nobody": (looked_up(f"{account}/nobody"), f"GET {account}/nobody on {panel.url} failed: the panel answered"),
        "no operation": (looked_up("acount"), "the panel has no such operation"),
        "dots": (looked_up(f"{account}/../x"), 'the path contains "." or ".."'),
        "foreign host": (looked_up("https://evil.example.com/x"), "the path contains a host"),
        "query": (looked_up("dns?x=1"), "the path contains a query"),
        "nothing": (looked_up(""), "the path is empty"),
        "number": (looked_up("dns", retries=-1), "retries is -1"),
        "secret": (looked_up(secret), f"The entire answer of {secret} is secret. Set include_secrets=true"),
        "backup": (looked_up("backups/old.zip"), "The entire answer of backups/old.zip is secret"),
        "both": (looked_up("dns", token="x", access_hash="y"), "access_hash and token are both set"),
        "certificates": (looked_up("dns", validate_certs="ture"), "validate_certs"),
        "later": (looked_up("dns", "account/alice/otl"), "a lookup only reads"),
        "set": (looked_up("wireguard/Default/set_bandwidth"), "a lookup only reads"),
        "keyword": (
            looked_up("dns", timout=5),
            'unknown option "timout" (did you mean "timeout"?). Valid options: acc',
        ),
        "keywords": (looked_up("dns", validate_cert=False, x=1), 'unknown option "validate_cert" (did you mean "val'),
        "terms": (looked_up(_terms=["dns"]), 'unknown option "_terms". Valid options'),
        "term": (
            looked_up("dns", ["license", 7]),
            "A term of the lookup is 7, which is not a string. Use paths such as",
        ),
        "switch": (looked_up(True), "A term of the lookup is True, which is not a string"),
        "none": (looked_up([None]), "A term of the lookup is None, which is not a string"),
        "dictionary": (looked_up({"a": "dns"}), "A term of the lookup is a dictionary, which is not a string"),
    }
    run = playbook([show(name, template) for name, (template, _words) in cases.items()], **environment_of(panel))
    for name, (_template, words) in cases.items():
        result = run.result_of(name)
        assert words in result["msg"], (name, result)
        assert "Traceback" not in str(result)
        assert panel.credential not in str(result)
    # Only what is no mistake of the task was sent.
    assert set(panel.counts()) == {f"GET {account}/nobody", "GET acount"}


def test_no_url(playbook: Playbook) -> None:
    run = playbook([show("url", looked_up("dns", access_hash="x"))])
    assert "url is missing: set it as an option" in run.result_of("url")["msg"]
    assert "environment variable PUQVPN_URL" in run.result_of("url")["msg"]


def test_an_answer_that_is_a_file_is_told(panel: Simulator, playbook: Playbook) -> None:
    panel.panel.add_backup("old.zip", "2026-01-31T18:00:17+01:00")
    run = playbook([show("file", looked_up("backups/old.zip", include_secrets=True))], **environment_of(panel))
    message = run.result_of("file")["msg"]
    assert "GET backups/old.zip on" in message
    assert "the answer is a file, not data. Use a task with puqcloud.puqvpn.puqvpn_request, and set dest" in message


def test_a_text_of_a_panel_is_never_a_template(panel: Simulator, playbook: Playbook) -> None:
    panel.panel.add_account({"name": HOSTILE, "username": HOSTILE, "wg_name": "Default", "allowed_IPs": "10.0.0.11"})
    tasks = [
        show("looked up", looked_up("account")),
        {
            "name": "used",
            "ansible.builtin.debug": {"msg": "{{ told | map('last') | map(attribute='username') | list }}"},
        },
    ]
    run = playbook(tasks, **environment_of(panel))
    assert run.result_of("used")["msg"] == [HOSTILE]
    assert "uid=" not in run.output


def test_what_a_user_should_know_is_told(panel: Simulator, playbook: Playbook) -> None:
    panel.fault("status", code=503, path="dns")
    run = playbook([show("told", looked_up("dns"))], **environment_of(panel))
    assert f"GET dns on {panel.url} succeeded only at attempt 2." in " ".join(run.output.split())


def test_every_example_works(panel: Simulator, second: Simulator, playbook: Playbook) -> None:
    text = puqvpn.EXAMPLES.replace("https://vpn.example.com", panel.url).replace("https://vpn2.example.com", second.url)
    arguments = (f"vault_puqvpn_access_hash={panel.credential}", f"vault_puqvpn_token={second.credential}")
    tasks = yaml.safe_load(text)
    environment = environment_of(panel)
    # Only the first one takes the connection from the environment, where a hash would not go with a token.
    for task, variables in zip(tasks, (environment, {}, {})):
        run = playbook([task], *(part for one in arguments for part in ("-e", one)), **variables)
        assert run.code == 0, run.output
        shown = run.results[0]["result"]
    assert shown["msg"] == "10.0.0.10"
