# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options before they are converted, for every module: texts that are none, variables that are empty, generations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.puqcloud.puqvpn.plugins.module_utils import _task
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._connection import CONNECTION_OPTIONS
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._task import (
    connection_argument_spec,
    invocation,
    keep_secret,
    spec_to_validate,
    text_problems,
)
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import Connect, connection_options
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import MODULES, apply, failure, module_of, run
from simulator import Simulator

TEXTS = ("str", "path")


def text_options(spec: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The options that are texts or lists of texts, under all their names, and those inside other options."""
    for option, details in spec.items():
        for name in (option, *details.get("aliases", ())):
            if "options" in details:
                yield from text_options(details["options"], (*above, name))
            elif details.get("elements", details["type"]) in TEXTS and "choices" not in details:
                yield (*above, name), details


TEXT_OPTIONS = [
    pytest.param(module, place, details, id=f"{module}-{'.'.join(place)}")
    for module in MODULES
    for place, details in text_options(module_of(module).TASK.argument_spec)
]


def problems(module: str, place: tuple[str, ...], value: Any) -> list[str]:
    """What is said when an option has a value."""
    given: Any = value
    for name in reversed(place):
        given = {name: given}
    return list(text_problems(module_of(module).TASK.argument_spec, given))


@pytest.mark.parametrize(("module", "place", "details"), TEXT_OPTIONS)
def test_a_text_option_takes_texts_and_whole_numbers_only(module: str, place: tuple[str, ...], details: Any) -> None:
    for value in (False, True, 1.1, float("nan"), {"a": 1}, [["a"]], [False], [None, 1.1]):
        told = problems(module, place, value)
        assert told, value
        for text in told:
            assert text.startswith(".".join(place))
            assert "must be a string. " in text
            assert "quote it" in text
            assert not (details.get("no_log") and "1.1)" in text)
    assert problems(module, place, "no") == problems(module, place, 7) == problems(module, place, None) == []
    is_list = details["type"] == "list"
    assert bool(problems(module, place, ["a", 10**30])) is not is_list


def test_all_wrong_texts_are_told_at_once() -> None:
    spec = module_of("ikev2").TASK.argument_spec
    given = {"url": True, "ca": {"country_name": False, "organization": 1.5}, "server": '{"domain": [1]}', "enabled": 1}
    assert list(text_problems(spec, given)) == [
        "url must be a string. A boolean (true) was given: quote it, since YAML converts words such as no and "
        "yes to booleans.",
        "ca.organization must be a string. A decimal number (1.5) was given: quote it, or 1.10 would become 1.1.",
        "ca.country_name must be a string. A boolean (false) was given: quote it, since YAML converts words such "
        "as no and yes to booleans.",
        "server.domain must be a string. A list was given: quote it.",
    ]


def test_a_refused_secret_is_not_echoed() -> None:
    options = {"password": ["canary"], "ca": {"key": {"a": "canary"}}, "name": ["shown"], "token": None}
    hidden = "********"
    echoed = {"password": hidden, "ca": {"key": hidden}, "name": ["shown"], "token": None}
    spec = {**module_of("account").TASK.argument_spec, **module_of("ikev2").TASK.argument_spec}
    assert invocation(options, spec) == {"module_args": echoed}


def test_the_value_of_an_option_that_a_module_does_not_have_is_not_echoed() -> None:
    hidden = "********"
    spec = module_of("ikev2").TASK.argument_spec
    for given, echoed in (
        ({"pasword": "canary", "enabled": True}, {"pasword": hidden, "enabled": True}),
        ({"acces_hash": {"a": ["canary"]}}, {"acces_hash": hidden}),
        (
            {"ca": {"kye": "canary", "key": "canary", "common_name": "shown"}},
            {"ca": {"kye": hidden, "key": hidden, "common_name": "shown"}},
        ),
        (
            {"ca": ["kye=canary", {"kye": "canary"}], "server": "kye=canary"},
            {"ca": [hidden, {"kye": hidden}], "server": hidden},
        ),
    ):
        assert invocation(given, spec) == {"module_args": echoed}
    aliased = {"allowed_IPs": "10.0.0.9", "allowed_ips": "10.0.0.9"}
    assert invocation(aliased, module_of("account").TASK.argument_spec) == {"module_args": aliased}


def without_no_log(spec: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: {
            part: without_no_log(value) if part == "options" else value
            for part, value in option.items()
            if part != "no_log"
        }
        for name, option in spec.items()
    }


@pytest.mark.parametrize("module", MODULES)
def test_ansible_validates_the_same_options_without_taking_their_words_for_secrets(module: str) -> None:
    spec = module_of(module).TASK.argument_spec
    validated = spec_to_validate(spec)
    assert without_no_log(validated) == without_no_log(spec)
    assert ArgumentSpecValidator(validated).validate(connection_options_with("enable"))._no_log_values == set()
    assert spec["access_hash"]["no_log"] is True


def connection_options_with(word: str) -> dict[str, Any]:
    free_form = {name: {"status": word} for name in ("config", "data", "query", "expect")}
    return {"access_hash": word, "password": word, "ca": {"key": word}, **free_form}


def test_only_secrets_that_are_no_words_are_registered(panel: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    registered: list[str] = []
    monkeypatch.setattr(_task, "register_secrets", registered.extend)
    keep_secret(["short", "longer than a word"])
    assert registered == ["longer than a word"]
    panel.panel.add_account({"name": "alice", "wg_name": "Default", "allowed_IPs": "10.0.0.10", "password": "alice"})
    key = panel.panel.accounts["alice"]["private_key"]
    task = module_of("account").TASK
    for include_secrets in (True, False):
        registered.clear()
        given = {**connection_options(panel), "name": "alice", "include_secrets": include_secrets}
        options = ArgumentSpecValidator(task.argument_spec).validate(
            {name: value for name, value in given.items() if value is not None}
        )
        outcome = task.attempt(options.validated_parameters, check_mode=False)
        assert not outcome.failed
        assert panel.credential in registered
        assert (key in registered) is not include_secrets
        assert "alice" not in registered


def test_options_with_choices_stay_what_ansible_makes_of_them(panel: Simulator, connect: Connect) -> None:
    assert problems("ikev2_settings", ("rekey",), False) == []
    assert run(connect(panel), "ikev2_settings", rekey=True)["ikev2_settings"]["rekey"] == "yes"


def test_what_ansible_itself_finds_wrong_is_left_to_it() -> None:
    spec = module_of("ikev2").TASK.argument_spec
    assert list(text_problems(spec, {"ca": "no dictionary", "server": ["none"], "unknown": False})) == []


@pytest.mark.parametrize("text", ["no dictionary", "no key=value", "key=value pair", "a==", "{", "=", "-=- ="])
def test_a_text_that_is_not_a_dictionary_is_refused(text: str) -> None:
    spec = module_of("ikev2").TASK.argument_spec
    for value in (text, [text], [{}, text]):
        given = {"url": "http://192.0.2.1", "ca": value}
        problems = list(text_problems(spec, given))
        assert problems or ArgumentSpecValidator(spec_to_validate(spec)).validate(given).errors


@pytest.mark.parametrize(
    ("item", "told"),
    [
        ({"name": False}, "name must be a string. A boolean (false) was given: quote it"),
        ({"name": "a", "username": 1.5}, "username must be a string. A decimal number (1.5) was given: quote it"),
        ({"name": "a", "password": 1.5}, "password must be a string. A decimal number was given: quote it"),
        ({"name": "a", "password": True}, "password must be a string. A boolean was given: quote it"),
        ({"name": "a", "allowed_ips": ["10.0.0.2"]}, "allowed_ips must be a string. A list was given: quote it"),
    ],
)
def test_an_item_of_a_document_is_refused_in_the_same_words(
    panel: Simulator, connect: Connect, item: dict[str, Any], told: str
) -> None:
    error = str(failure(connect(panel), "apply", config={"accounts": [{"wg_name": "Default", **item}]}))
    assert told in error
    assert panel.counts() == {}


def test_numbers_in_a_document_keep_their_digits(panel: Simulator, connect: Connect) -> None:
    apply(connect(panel), {"accounts": [{"name": 7, "wg_name": "Default", "username": 42, "password": 1234}]})
    account = panel.panel.accounts["7"]
    assert (account["username"], account["password"]) == ("42", "1234")


@pytest.mark.parametrize("part", ["ca", "server"])
@pytest.mark.parametrize(
    ("country", "good"), [("PL", True), ("no", True), ("", True), ("Poland", False), ("P1", False)]
)
def test_a_country_is_two_letters(panel: Simulator, connect: Connect, part: str, country: str, good: bool) -> None:
    subject = {"common_name": "CA", "organization": "Example"}
    parts = {"ca": dict(subject), "server": {**subject, "domain": "vpn.example.com", "ip": "203.0.113.9"}}
    parts[part]["country_name"] = country
    if good:
        run(connect(panel), "ikev2", **parts)
        assert panel.panel.ikev2[f"{part}_country_name"] == country
    else:
        told = str(failure(connect(panel), "ikev2", **parts))
        assert f"{part}.country_name must be two letters, such as PL, not {country}." in told
        assert panel.counts() == {}


def test_an_empty_value_is_shown(panel: Simulator, connect: Connect) -> None:
    assert "name must be letters, digits, _ and - only, not ''." in str(failure(connect(panel), "account", name=""))


# --- The environment


def from_environment(monkeypatch: pytest.MonkeyPatch, **variables: str) -> dict[str, Any]:
    """The connection options when nothing but these environment variables is given."""
    for option in CONNECTION_OPTIONS.values():
        monkeypatch.delenv(option["env"], raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    checked = ArgumentSpecValidator(connection_argument_spec()).validate({})
    assert not checked.error_messages
    return dict(checked.validated_parameters)


def test_an_empty_environment_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    empty = {option["env"]: "" for option in CONNECTION_OPTIONS.values()}
    assert from_environment(monkeypatch, **empty) == from_environment(monkeypatch)
    options = from_environment(monkeypatch, **{**empty, "PUQVPN_TIMEOUT": "7.5"})
    assert (options["timeout"], options["retries"], options["ca_path"]) == (7.5, 3, None)


@pytest.mark.parametrize("module", MODULES)
def test_a_missing_url_names_the_environment_variable(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    options = from_environment(monkeypatch, PUQVPN_ACCESS_HASH="abc")
    for url in (options["url"], None, " "):
        outcome = module_of(module).TASK.attempt({**options, "url": url}, check_mode=False)
        assert outcome.result["error_code"] == "invalid_option"
        assert "url is missing: set it as an option" in outcome.result["msg"]
        assert "environment variable PUQVPN_URL" in outcome.result["msg"]


# --- Generations


BOTH = [name for name in MODULES if module_of(name).TASK.generations == (1, 2)]
CREDENTIALS = {1: "access_hash", 2: "token"}


@pytest.mark.parametrize("module", sorted(set(MODULES) - set(BOTH)))
def test_a_module_for_one_generation_refuses_the_other_before_the_first_request(module: str) -> None:
    (generation,) = module_of(module).TASK.generations
    other = 3 - generation
    with Simulator(generation=other) as panel:
        made: list[Any] = []
        outcome = module_of(module).TASK.attempt(
            connection_options(panel), name=f"puqcloud.puqvpn.{module}", check_mode=False, transport_to=made.append
        )
        assert panel.connections == 0
    assert outcome.failed
    assert made == []
    assert outcome.result["error_code"] == "unsupported_generation"
    assert outcome.result["panel_error"] == ""
    assert outcome.result["msg"] == (
        f"{panel.url}: {module} supports {generation}.x panels only, and {CREDENTIALS[other]} is the credential of a "
        f"{other}.x panel. Set {CREDENTIALS[generation]} for a {generation}.x panel. See the attribute platform in the "
        "documentation of each module."
    )


def test_which_modules_are_for_all_panels() -> None:
    names = ("apply", "dns", "export", "health", "info", "reload", "request", "status", "usage_info")
    assert [f"puqvpn_{name}" for name in names] == BOTH


@pytest.mark.parametrize("module", ["status", "export", "health", "info", "usage_info", "request"])
def test_a_module_for_all_panels_takes_a_token(module: str, tmp_path: Path) -> None:
    needed = {"request": {"path": "system/status"}, "export": {"dest": str(tmp_path)}}
    with Simulator(generation=2) as panel:
        given = {**connection_options(panel), **needed.get(module, {})}
        task = module_of(module).TASK
        options = ArgumentSpecValidator(task.argument_spec).validate(given).validated_parameters
        assert not task.attempt(options, check_mode=False).failed


def test_a_subset_that_only_1x_panels_have_is_refused_in_the_same_words() -> None:
    with Simulator(generation=2) as panel:
        options = {**connection_options(panel), "gather_subset": ["ikev2"], "include_secrets": False}
        outcome = module_of("info").TASK.attempt({"year": None, "month": None, **options}, check_mode=False)
    told = outcome.result["info"]["ikev2"]
    assert told["error_code"] == "unsupported_generation"
    assert "The subset ikev2 supports 1.x panels only, and token is the credential of a 2.x panel." in told["error"]
