# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a client is handed: its profile as the content of a file, and a one-time link."""

from __future__ import annotations

import base64
import datetime
import io
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import OptionError
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import Connect
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import failure, run
from PIL import Image
from simulator import Simulator


@pytest.fixture
def client(panel: Simulator, connect: Connect) -> PanelClient:
    panel.panel.wireguard["Default"].update(mtu=1320, keep_alive=25, allowed_ips="0.0.0.0/1,128.0.0.0/1")
    panel.panel.add_account({"name": "alice", "wg_name": "Default", "allowed_IPs": "10.0.0.10", "username": "al"})
    return connect(panel)


def profile(client: PanelClient, dest: Path, kind: str = "wireguard", **options: Any) -> dict[str, Any]:
    return run(client, "account_profile", name="alice", format=kind, dest=str(dest), **options)


def saved(client: PanelClient, dest: Path, kind: str = "wireguard") -> bytes:
    """The content of the file."""
    return Path(profile(client, dest, kind)["dest"]).read_bytes()


# --- WireGuard


def test_the_text_has_one_setting_per_line(panel: Simulator, client: PanelClient, tmp_path: Path) -> None:
    text = saved(client, tmp_path / "a.conf").decode()
    account, server = panel.panel.accounts["alice"], panel.panel.wireguard["Default"]
    assert text.splitlines() == [
        "[Interface]",
        "Address = 10.0.0.10/24",
        "DNS = 192.0.2.8,192.0.2.1",
        f"PrivateKey = {account['private_key']}",
        "MTU = 1320",
        "",
        "[Peer]",
        "AllowedIPs = 0.0.0.0/1,128.0.0.0/1",
        "Endpoint = 203.0.113.200:51820",
        "PersistentKeepalive = 25",
        f"PublicKey = {server['public_key']}",
    ]
    assert panel.counts() == {"GET account/alice/config_text": 1}


@pytest.mark.parametrize(
    "line",
    [
        "PostUp = touch pwned",
        "postup=touch pwned",
        " PREUP = touch pwned",
        "PreDown\t= touch pwned",
        "PostDown = touch pwned",
        "[Interface]PostUp = touch pwned",
        "MTU = 1\x0bPostUp = touch pwned",
        "MTU = 1\u2028PostUp = touch pwned",
        "MTU = 1\rPostUp = touch pwned",
    ],
    ids=ascii,
)
def test_a_profile_that_would_run_commands_is_refused(
    panel: Simulator, client: PanelClient, tmp_path: Path, line: str
) -> None:
    text = f"[Interface] Address = 10.0.0.10/24\nPrivateKey = {'a' * 43}=\n{line}\n[Peer]\nAllowedIPs = 0.0.0.0/0\n"
    panel.fault("wrong_type", method="GET", msg=text)
    error = failure(client, "account_profile", name="alice", dest=str(tmp_path / "a.conf"))
    assert error.code == "answer_wrong_type"
    assert "it contains commands (P" in str(error) or "it contains commands (p" in str(error)
    assert "pwned" not in str(error)


def test_wg_quick_takes_the_text(client: PanelClient, tmp_path: Path) -> None:
    wg_quick = shutil.which("wg-quick")
    if wg_quick is None:
        pytest.skip("wg-quick is not installed (Debian: wireguard-tools)")
    file = tmp_path / "alice.conf"
    saved(client, file)
    stripped = subprocess.run([wg_quick, "strip", str(file)], check=True, capture_output=True, text=True).stdout
    assert "PrivateKey = " in stripped
    assert "Address" not in stripped


def test_the_picture_decodes_to_the_same_text(client: PanelClient, tmp_path: Path) -> None:
    text = saved(client, tmp_path / "a.conf").decode()
    picture = saved(client, tmp_path / "a.png", "qr")
    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))
    assert found.text.split() == text.split()


def test_zbar_reads_the_picture(client: PanelClient, tmp_path: Path) -> None:
    zbarimg = shutil.which("zbarimg")
    if zbarimg is None:
        pytest.skip("zbarimg is not installed (Debian: zbar-tools)")
    text = saved(client, tmp_path / "a.conf").decode()
    file = tmp_path / "alice.png"
    saved(client, file, "qr")
    read = subprocess.run([zbarimg, "--raw", "--quiet", str(file)], check=True, capture_output=True, text=True).stdout
    assert read.split() == text.split()


@pytest.mark.parametrize("head", ["", "data:image/png;base64,"])
def test_a_picture_with_the_head_of_a_uri(panel: Simulator, client: PanelClient, tmp_path: Path, head: str) -> None:
    png = b"\x89PNG\r\n\x1a\n rest"
    panel.fault("wrong_type", method="GET", msg=head + base64.b64encode(png).decode())
    assert saved(client, tmp_path / "a.png", "qr") == png


# --- IKEv2


def test_the_ikev2_profile_is_passed_on_byte_for_byte(panel: Simulator, client: PanelClient, tmp_path: Path) -> None:
    certificate = "-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n"
    panel.panel.ikev2["ca_cert"] = certificate
    content = saved(client, tmp_path / "a.sswan", "ikev2")
    assert certificate.replace("\n", "\r").encode() in content
    assert json.loads(content, strict=False)["local"]["eap_id"] == "al"
    assert client.warnings == []


def test_another_number_of_the_profile_is_no_change(panel: Simulator, client: PanelClient, tmp_path: Path) -> None:
    file = tmp_path / "a.sswan"
    content = saved(client, file, "ikev2")
    number = json.loads(content, strict=False)["uuid"]
    file.write_bytes(content.replace(number.encode(), b"00000000-0000-4000-8000-000000000001"))
    assert profile(client, file, "ikev2")["changed"] is False


def test_a_profile_with_the_login_of_another_account_is_reported(
    panel: Simulator, client: PanelClient, tmp_path: Path
) -> None:
    profile_of_another = json.dumps({"uuid": "x", "local": {"eap_id": "mallory"}})
    panel.fault("wrong_type", method="GET", path="account/alice/ikev2_profile", msg=profile_of_another)
    profile(client, tmp_path / "a.sswan", "ikev2")
    assert any("mallory" in warning for warning in client.warnings)


@pytest.mark.parametrize("login", ["a\n\x1b[2J\u2028b" * 200, ["a\nb"], {"a": 1}, 7, None])
def test_a_warning_of_another_login_is_one_line(
    panel: Simulator, client: PanelClient, tmp_path: Path, login: Any
) -> None:
    profile_of_another = json.dumps({"uuid": "x", "local": {"eap_id": login}})
    panel.fault("wrong_type", method="GET", path="account/alice/ikev2_profile", msg=profile_of_another)
    profile(client, tmp_path / "a.sswan", "ikev2")
    (warning,) = client.warnings
    assert warning.isprintable()
    assert len(warning) < 1100


# --- All of them


@pytest.mark.parametrize("kind", ["wireguard", "qr", "ikev2"])
def test_unchanged_content_is_no_change(client: PanelClient, tmp_path: Path, kind: str) -> None:
    file = tmp_path / "profile"
    first = profile(client, file, kind)
    assert first["changed"] is True
    again = profile(client, file, kind)
    assert (again["changed"], again["diff"]) == (False, {"before": "", "after": ""})


def test_the_diff_shows_what_changes_but_no_key(panel: Simulator, client: PanelClient, tmp_path: Path) -> None:
    file = tmp_path / "a.conf"
    saved(client, file)
    key = panel.panel.accounts["alice"]["private_key"]
    panel.panel.wireguard["Default"]["keep_alive"] = 30
    diff = profile(client, file)["diff"]
    assert "PersistentKeepalive = 25" in diff["before"]
    assert "PersistentKeepalive = 30" in diff["after"]
    assert key not in str(diff)


def test_the_diff_says_that_only_the_key_changes(panel: Simulator, client: PanelClient, tmp_path: Path) -> None:
    file = tmp_path / "a.conf"
    content = saved(client, file).decode()
    key = panel.panel.accounts["alice"]["private_key"]
    file.write_text(content.replace(key, "b" * 43 + "="))
    diff = profile(client, file)["diff"]
    assert diff["before"] != diff["after"]
    assert key not in str(diff)
    assert "b" * 43 not in str(diff)


@pytest.mark.parametrize("kind", ["wireguard", "qr", "ikev2"])
@pytest.mark.parametrize("answer", ["", "<h1>Login</h1>", "aGVsbG8=", [], None, {"a": 1}])
def test_an_answer_that_is_no_profile_is_refused(
    panel: Simulator, client: PanelClient, tmp_path: Path, kind: str, answer: Any
) -> None:
    panel.fault("wrong_type", method="GET", msg=answer, times=9)
    error = failure(client, "account_profile", name="alice", format=kind, dest=str(tmp_path / "a"))
    assert error.code == "answer_wrong_type"


def test_an_account_that_is_not_there(client: PanelClient, tmp_path: Path) -> None:
    assert failure(client, "account_profile", name="nobody", dest=str(tmp_path / "a")).code == "not_found"


def test_every_bad_option_is_reported_before_anything_is_sent(panel: Simulator, client: PanelClient) -> None:
    error = failure(client, "account_profile", name="a/b", dest="/nowhere/a", validate="wg-quick strip")
    assert isinstance(error, OptionError)
    for problem in ("name must", "does not exist", "%s"):
        assert problem in str(error)
    assert panel.counts() == {}


def test_a_folder_is_checked_without_a_file_if_the_name_is_bad(client: PanelClient, tmp_path: Path) -> None:
    def problems(dest: str) -> str:
        """What is said beside the name."""
        return str(failure(client, "account_profile", name="a/b", dest=dest)).partition("not a/b.")[2].strip()

    missing = f"{tmp_path}/missing/"
    said = f"dest {missing} cannot be written: the directory {missing[:-1]} does not exist. Create it first."
    assert problems(missing) == said
    assert problems(str(tmp_path)) == ""


def test_a_folder_gets_the_file_under_the_name_of_the_account(client: PanelClient, tmp_path: Path) -> None:
    for kind, ending in (("wireguard", "conf"), ("qr", "png"), ("ikev2", "sswan")):
        assert profile(client, tmp_path, kind)["dest"] == str(tmp_path / f"alice.{ending}")


# --- One-time links


def test_a_link_is_made_once(panel: Simulator, client: PanelClient, connect: Connect) -> None:
    predicted = run(connect(panel, check_mode=True), "account_link", name="alice")
    assert (predicted["changed"], panel.panel.otls) == (True, {})
    panel.reset_counters()
    first = run(client, "account_link", name="alice", include_secrets=True)
    assert panel.counts() == {"GET otl/list": 2, "GET account/alice/otl": 1}
    (key,) = panel.panel.otls
    assert first["url"] == f"{panel.url}/otl/{key}"
    assert first["expires"] == panel.panel.otls[key]["lifetime"]
    panel.reset_counters()
    again = run(client, "account_link", name="alice", include_secrets=True)
    assert (again["changed"], again["url"], again["expires"]) == (False, first["url"], first["expires"])
    assert panel.counts() == {"GET otl/list": 1}


def test_the_url_is_only_returned_when_asked_for(panel: Simulator, client: PanelClient) -> None:
    result = run(client, "account_link", name="alice")
    (key,) = panel.panel.otls
    assert "url" not in result
    assert key not in str(result)


def test_without_reuse_a_new_link_is_made_each_time(panel: Simulator, client: PanelClient) -> None:
    urls = {run(client, "account_link", name="alice", reuse=False, include_secrets=True)["url"] for _run in range(2)}
    assert len(urls) == len(panel.panel.otls) == 2


@pytest.mark.parametrize(("days", "reused"), [(-1, False), (0, False), (1, True)])
def test_only_a_link_that_outlives_today_is_reused(
    panel: Simulator, client: PanelClient, days: int, reused: bool
) -> None:
    client.now = datetime.datetime(2031, 5, 30, 23, 59, tzinfo=datetime.timezone.utc)
    today = client.now.date()
    expires = today + datetime.timedelta(days=days)
    panel.panel.add_otl("alice", today.isoformat(), expires.isoformat())
    assert run(client, "account_link", name="alice")["changed"] is not reused


def test_a_link_of_another_account_is_not_handed_out(panel: Simulator, client: PanelClient) -> None:
    panel.panel.add_account({"name": "bob", "wg_name": "Default", "allowed_IPs": "10.0.0.11"})
    panel.panel.add_otl("bob", "2026-01-01", "2099-01-01")
    result = run(client, "account_link", name="alice", include_secrets=True)
    assert result["changed"] is True
    assert panel.panel.otls[result["url"].rsplit("/", 1)[1]]["account"] == "alice"


def test_a_link_whose_answer_was_lost_is_not_made_twice(panel: Simulator, client: PanelClient) -> None:
    panel.fault("drop_after", method="GET", path="account/alice/otl")
    error = failure(client, "account_link", name="alice")
    assert error.code == "write_fate_unknown"
    assert len(panel.panel.otls) == 1
    assert run(client, "account_link", name="alice")["changed"] is False


# --- Reload


def test_a_reload_waits_until_the_panel_is_ready(panel: Simulator, client: PanelClient, connect: Connect) -> None:
    panel.options.set(reload_seconds=0.3)
    assert run(connect(panel, check_mode=True), "reload")["changed"] is True
    assert set(panel.counts()) == {"GET system/status"}
    result = run(client, "reload")
    assert (result["changed"], result["status"]["ready"]) == (True, True)
    assert panel.counts()["PUT system/reload"] == 1


def test_a_reload_that_is_not_waited_for(panel: Simulator, client: PanelClient) -> None:
    panel.options.set(reload_seconds=60.0)
    assert run(client, "reload", wait=False)["status"]["ready"] is False
