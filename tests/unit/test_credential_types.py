# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The credential types of AWX and of Event-Driven Ansible: what becomes of the inputs that are left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._connection import CONNECTION_OPTIONS, Connection
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import OptionError
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._task import connection_argument_spec
from ansible_collections.puqcloud.puqvpn.tests.unit.credential_types import (
    awx_environment,
    credential_type,
    eda_environment,
)
from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

URL = "https://vpn.example.com"
HASH = "0" * 80
AWX, EDA = credential_type("credential_type"), credential_type("eda_credential_type")
FLEET = credential_type("fleet_credential_type")
CONNECTION = {option["env"] for option in CONNECTION_OPTIONS.values()}

Connect = Callable[..., Connection]


@pytest.fixture(params=[(AWX, awx_environment), (EDA, eda_environment)], ids=["AWX", "EDA"])
def connect(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Connect:
    """Return the connection of a task that sets no option, in a job with a credential of these inputs."""
    kind, environment = request.param

    def connection(**inputs: Any) -> Connection:
        for name, value in environment(kind, {"url": URL, **inputs}, tmp_path).items():
            monkeypatch.setenv(name, value)
        checked = ArgumentSpecValidator(connection_argument_spec()).validate({})
        assert not checked.error_messages
        return Connection.from_options(checked.validated_parameters)

    return connection


@pytest.mark.parametrize("others", [{}, {"access_hash": "", "ca_certificates": ""}], ids=["left out", "empty"])
# A token that is a number to programs has to stay a text.
@pytest.mark.parametrize("token", ["c0ffee", "0123456789", "1e10"])
def test_a_token_is_all_that_a_2x_panel_needs(connect: Connect, token: str, others: dict[str, str]) -> None:
    connection = connect(token=token, **others)
    assert (connection.root, connection.generation, connection.credential) == (URL, 2, token)
    assert connection.ca_path is None
    assert connection.validate_certs is True


def test_an_access_hash_is_all_that_a_1x_panel_needs(connect: Connect) -> None:
    connection = connect(access_hash=HASH)
    assert (connection.generation, connection.credential, connection.ca_path) == (1, HASH, None)


def test_the_authority_is_a_file(connect: Connect) -> None:
    connection = connect(access_hash=HASH, ca_certificates="-----BEGIN CERTIFICATE-----\n")
    assert connection.ca_path is not None
    assert Path(connection.ca_path).read_text() == "-----BEGIN CERTIFICATE-----\n"


@pytest.mark.parametrize("skip", [True, False])
def test_certificates_are_verified_unless_that_is_skipped(connect: Connect, skip: bool) -> None:
    assert connect(access_hash=HASH, skip_tls_verification=skip).validate_certs is not skip


def test_two_credentials_are_refused(connect: Connect) -> None:
    with pytest.raises(OptionError, match="access_hash and token are both set"):
        connect(access_hash=HASH, token="c0ffee")


def test_no_credential_is_refused(connect: Connect) -> None:
    with pytest.raises(OptionError, match="No credential is set"):
        connect()


@pytest.mark.parametrize(
    ("kind", "namespace", "variables"),
    [(AWX, "tower", CONNECTION), (EDA, "eda", CONNECTION), (FLEET, "tower", {"VPN_PANELS_FILE"})],
    ids=["AWX", "EDA", "fleet"],
)
def test_a_credential_type_is_accepted(kind: Mapping[str, Any], namespace: str, variables: set[str]) -> None:
    assert set(kind) == {"inputs", "injectors"}
    inputs, injectors = kind["inputs"], kind["injectors"]
    names = [field["id"] for field in inputs["fields"]]
    assert set(inputs["required"]) <= set(names)
    properties = {"id", "label", "help_text", "type", "secret", "multiline"}
    assert all(set(field) <= properties for field in inputs["fields"])
    assert all(set(field) <= properties - {"secret", "multiline"} for field in inputs["fields"] if "type" in field)
    # Only files that are templates of their own name have a path.
    files = {name.removeprefix("template."): "/path" for name in injectors["file"]}
    values = {**dict.fromkeys(names, "example"), namespace: SimpleNamespace(filename=SimpleNamespace(**files))}
    sandbox = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    for templates in injectors.values():
        for template in templates.values():
            assert template.isascii()
            sandbox.from_string(template).render(values)
    assert set(injectors["env"]) <= variables


def test_both_credential_types_ask_for_the_same() -> None:
    assert AWX["inputs"] == EDA["inputs"]
