# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One-time links in files: written once, kept as long as they are valid, and shown nowhere."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import OptionError, PuqVpnError
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import Connect
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import run
from simulator import Simulator

MODULES = {1: "account_link", 2: "client_link"}
CREATE = {1: "GET account/alice/otl", 2: "POST client/alice/otl"}


@pytest.fixture(params=[1, 2], ids=["1.x", "2.x"])
def panel(request: pytest.FixtureRequest) -> Iterator[Simulator]:
    with Simulator(generation=request.param) as simulator:
        simulator.panel.add_account({"name": "alice", "wg_name": "Default", "allowed_IPs": "10.0.0.10"})
        yield simulator


@pytest.fixture
def client(panel: Simulator, connect: Connect) -> PanelClient:
    return connect(panel)


def link(client: PanelClient, **options: Any) -> dict[str, Any]:
    return run(client, MODULES[client.connection.generation], **{"name": "alice", **options})


def refused(client: PanelClient, **options: Any) -> PuqVpnError:
    with pytest.raises(PuqVpnError) as caught:
        link(client, **options)
    return caught.value


def test_the_link_is_in_the_file_and_nowhere_else(panel: Simulator, client: PanelClient, tmp_path: Path) -> None:
    file = tmp_path / "alice.link"
    before = os.umask(0)
    try:
        result = link(client, dest=str(file))
    finally:
        os.umask(before)
    (key,) = panel.panel.otls
    line = file.read_text()
    assert line.endswith(f"/otl/{key}\n")
    assert line.count("\n") == 1
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert (result["changed"], result["dest"]) == (True, str(file))
    assert result["diff"]["after"] == {"link": "a new one", str(file): "the link"}
    assert key not in json.dumps(result)
    assert client.warnings == []


def test_a_used_link_is_replaced_and_one_that_is_valid_is_kept(
    panel: Simulator, client: PanelClient, tmp_path: Path
) -> None:
    file = tmp_path / "alice.link"
    options = {"dest": str(file), **({"force": False} if panel.generation == 2 else {})}
    link(client, **options)
    first = file.read_text()
    panel.reset_counters()
    # Another address of the panel in the file is as good.
    file.write_text(first.replace(panel.url, "https://vpn.example.com"))
    kept = link(client, **options)
    assert (kept["changed"], kept["diff"]) == (False, {"before": {}, "after": {}})
    assert panel.counts() == ({"GET otl/list": 1} if panel.generation == 1 else {})
    attributes = link(client, **options, mode="0640")
    assert (attributes["changed"], stat.S_IMODE(file.stat().st_mode)) == (True, 0o640)
    panel.panel.otls.clear()
    again = link(client, **options, mode="0640", backup=True)
    if panel.generation == 1:
        (key,) = panel.panel.otls
        assert file.read_text() == f"{panel.url}/otl/{key}\n"
        assert Path(again["backup_file"]).read_text().endswith(first[-20:])
    else:
        # Which links were opened is not known of 2.x panels.
        assert (again["changed"], panel.panel.otls) == (False, {})


def test_of_several_links_that_in_the_file_is_kept(panel: Simulator, client: PanelClient, tmp_path: Path) -> None:
    if panel.generation == 2:
        pytest.skip("2.x panels do not list links")
    file = tmp_path / "alice.link"
    first, other = (panel.panel.add_otl("alice", "2026-01-01", end) for end in ("2098-01-01", "2099-01-01"))
    file.write_text(f"{panel.url}/otl/{first}\n")
    file.chmod(0o600)
    result = link(client, dest=str(file), include_secrets=True)
    assert (result["changed"], result["expires"]) == (False, "2098-01-01")
    file.write_text("something else\n")
    result = link(client, dest=str(file), include_secrets=True)
    assert (result["changed"], result["expires"]) == (True, "2099-01-01")
    assert file.read_text() == f"{result['url']}\n" == f"{panel.url}/otl/{other}\n"
    assert result["diff"] == {"before": {str(file): "another content"}, "after": {str(file): "the link"}}


def test_each_run_creates_a_link_if_that_is_what_the_options_say(
    panel: Simulator, client: PanelClient, tmp_path: Path
) -> None:
    file = tmp_path / "alice.link"
    options = {"dest": str(file), **({"reuse": False} if panel.generation == 1 else {})}
    lines = set()
    for _run in range(2):
        assert link(client, **options)["changed"] is True
        lines.add(file.read_text())
    assert len(lines) == len(panel.panel.otls) == 2


def test_check_mode_creates_neither_a_link_nor_a_file(panel: Simulator, connect: Connect, tmp_path: Path) -> None:
    file = tmp_path / "alice.link"
    predicted = link(connect(panel, check_mode=True), dest=str(file))
    assert (list(tmp_path.iterdir()), panel.panel.otls) == ([], {})
    happened = link(connect(panel), dest=str(file))
    assert (predicted["changed"], predicted["dest"], predicted["diff"]) == (True, str(file), happened["diff"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"name": "a/b", "dest": "/not/there/x"}, ["name must", "/not/there does not exist"]),
        ({"dest": "/dev/null"}, ["/dev/null is a device"]),
        ({"mode": "0640", "backup": True}, ["mode needs dest.", "backup needs dest."]),
        ({"dest": "/tmp/x", "mode": "x", "validate": "true"}, ["mode must be", "validate must contain %s"]),
    ],
    ids=str,
)
def test_what_is_wrong_with_the_options_is_reported_before_anything_is_sent(
    panel: Simulator, client: PanelClient, options: dict[str, Any], words: list[str]
) -> None:
    error = refused(client, **options)
    assert isinstance(error, OptionError)
    assert all(word in str(error) for word in words), str(error)
    assert panel.counts() == {}


def test_a_file_can_only_be_kept_if_there_is_one(panel: Simulator, client: PanelClient, tmp_path: Path) -> None:
    if panel.generation == 1:
        pytest.skip("1.x panels list links, so that there is no such option")
    assert "force: false needs dest" in str(refused(client, force=False))
    file = tmp_path / "alice.link"
    file.write_text("")
    assert link(client, dest=str(file), force=False)["changed"] is True
    assert len(panel.panel.otls) == 1


@pytest.mark.parametrize("include_secrets", [False, True])
def test_a_link_whose_file_is_rejected_is_not_forgotten(
    panel: Simulator, client: PanelClient, tmp_path: Path, include_secrets: bool
) -> None:
    file = tmp_path / "alice.link"
    error = refused(client, dest=str(file), validate="grep -q nothing %s", include_secrets=include_secrets)
    assert error.code == "validation_failed"
    assert "The link was created" in str(error)
    (key,) = panel.panel.otls
    assert ("url" in error.details) is include_secrets
    assert key not in str(error)
    assert list(tmp_path.iterdir()) == []
    if panel.generation == 1:
        assert link(client, dest=str(file))["diff"]["after"] == {str(file): "the link"}
        assert len(panel.panel.otls) == 1


def test_a_file_gets_no_other_text_of_the_panel(panel: Simulator, client: PanelClient, tmp_path: Path) -> None:
    file = tmp_path / "alice.link"
    method, path = CREATE[panel.generation].split()
    for text in ("https://vpn.example.com/otl/k\nrm -rf /", "javascript://x/otl/canary", "https://a@b/otl/canary"):
        panel.fault("wrong_type", method=method, path=path, msg=text)
        error = refused(client, dest=str(file), **({"reuse": False} if panel.generation == 1 else {}))
        assert error.code in ("untrusted_value", "answer_wrong_type")
        assert "canary" not in str(error)
        assert not file.exists()
