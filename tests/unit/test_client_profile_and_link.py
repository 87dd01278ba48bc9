# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a client of a 2.x panel is handed, under every reading of what the vendor leaves open."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._errors import OptionError, PuqVpnError
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import Connect, client_of
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import failure, run, without_summary
from PIL import Image
from simulator import Simulator
from simulator.readings import readings

ALICE = {"name": "alice", "network_name": "Default", "username": "al", "password": "canary-al", "ipv4": "10.0.0.10"}
OPERATIONS = {
    "wireguard": "config/text",
    "wireguard_qr": "config/qr",
    "amneziawg": "amneziawg/config",
    "amneziawg_qr": "amneziawg/qr",
    "openvpn": "openvpn/profile",
    "ikev2": "ikev2/profile",
}
EXTENSIONS = {"wireguard": "conf", "amneziawg": "conf", "openvpn": "ovpn", "ikev2": "sswan"}
FORMATS = list(OPERATIONS)


@pytest.fixture
def panel() -> Iterator[Simulator]:
    """A 2.x panel with a client, who may know other people's secrets."""
    with Simulator(generation=2) as simulator:
        with client_of(simulator) as client:
            client.write("POST", "client", ALICE)
        simulator.reset_counters()
        yield simulator


@pytest.fixture
def client(panel: Simulator, connect: Connect) -> PanelClient:
    return connect(panel)


def profile(client: PanelClient, dest: Path, kind: str = "wireguard", **options: Any) -> dict[str, Any]:
    return run(client, "client_profile", name="alice", format=kind, dest=str(dest), **options)


def saved(client: PanelClient, dest: Path, kind: str = "wireguard") -> bytes:
    """The content of the file."""
    return Path(profile(client, dest, kind)["dest"]).read_bytes()


def refused(client: PanelClient, dest: Path, kind: str = "wireguard") -> PuqVpnError:
    return failure(client, "client_profile", name="alice", format=kind, dest=str(dest))


def requests_for(kind: str) -> dict[str, int]:
    return {"GET client/alice": 1, "GET network/Default": 1, f"GET client/alice/{OPERATIONS[kind]}": 1}


# --- Profiles


@pytest.mark.parametrize("kind", FORMATS)
def test_a_profile_takes_three_requests_and_is_written_once(
    panel: Simulator, client: PanelClient, tmp_path: Path, kind: str
) -> None:
    file = tmp_path / "profile"
    first = profile(client, file, kind)
    assert panel.counts() == requests_for(kind)
    assert (first["changed"], first["format"], first["dest"]) == (True, kind, str(file))
    assert first["size"] == file.stat().st_size
    again = profile(client, file, kind)
    assert (again["changed"], again["diff"]) == (False, {"before": "", "after": ""})
    assert again["checksum"] == first["checksum"]
    assert client.warnings == []


@pytest.mark.parametrize("reading", readings())
def test_every_reading_of_the_contract_gives_the_same_files_and_a_link(
    panel: Simulator, client: PanelClient, tmp_path: Path, reading: dict[str, Any]
) -> None:
    usual = {kind: saved(client, tmp_path / kind, kind) for kind in FORMATS}
    panel.options.set(**reading)
    for kind, content in usual.items():
        result = profile(client, tmp_path / kind, kind)
        assert (kind, result["changed"], (tmp_path / kind).read_bytes()) == (kind, False, content)
    url = link(client, include_secrets=True)["url"]
    (key,) = panel.panel.otls
    assert url.endswith(f"/otl/{key}")
    assert client.warnings == []


@pytest.mark.parametrize("kind", FORMATS)
def test_check_mode_reads_the_same(panel: Simulator, connect: Connect, tmp_path: Path, kind: str) -> None:
    predicted = profile(connect(panel, check_mode=True), tmp_path / "file", kind)
    assert predicted["changed"] is True
    assert panel.counts() == requests_for(kind)
    assert not (tmp_path / "file").exists()
    happened = profile(connect(panel), tmp_path / "file", kind)
    assert (happened["changed"], happened["size"]) == (True, predicted["size"])
    # The number of an IKEv2 profile is a new one each time.
    assert happened["checksum"] == predicted["checksum"] or kind == "ikev2"


def test_the_settings_of_wireguard_are_those_of_the_panel(
    panel: Simulator, client: PanelClient, tmp_path: Path
) -> None:
    text = saved(client, tmp_path / "a.conf").decode()
    key = panel.panel.accounts["alice"]["private_key"]
    assert text.splitlines()[:2] == ["[Interface]", "Address = 10.0.0.10/24"]
    assert f"PrivateKey = {key}" in text.splitlines()
    assert not any(line.startswith("Jc") for line in text.splitlines())
    assert "Jc = 4" in saved(client, tmp_path / "b.conf", "amneziawg").decode().splitlines()


@pytest.mark.parametrize("kind", ["wireguard", "amneziawg"])
def test_the_picture_decodes_to_the_same_text(client: PanelClient, tmp_path: Path, kind: str) -> None:
    text = saved(client, tmp_path / "a.conf", kind).decode()
    picture = saved(client, tmp_path / "a.png", f"{kind}_qr")
    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))
    assert found.text.split() == text.split()


def test_a_folder_gets_the_file_under_the_name_of_the_client(client: PanelClient, tmp_path: Path) -> None:
    for kind in FORMATS:
        extension = EXTENSIONS.get(kind, "png")
        assert profile(client, tmp_path, kind)["dest"] == str(tmp_path / f"alice.{extension}")


def test_another_number_of_the_profile_is_no_change(client: PanelClient, tmp_path: Path) -> None:
    file = tmp_path / "a.sswan"
    document = json.loads(saved(client, file, "ikev2"))
    file.write_text(json.dumps({**document, "uuid": "00000000-0000-4000-8000-000000000001"}, indent=4))
    assert profile(client, file, "ikev2")["changed"] is False


def test_a_profile_with_the_login_of_another_client_is_reported(
    panel: Simulator, client: PanelClient, tmp_path: Path
) -> None:
    document = json.loads(saved(client, tmp_path / "a", "ikev2"))
    answer = json.dumps({**document, "local": {"eap_id": "mallory"}})
    panel.fault("wrong_type", method="GET", path="client/alice/ikev2/profile", msg=answer)
    profile(client, tmp_path / "a", "ikev2")
    assert client.warnings == ["The profile of alice has the login mallory, and the client has al."]


@pytest.mark.parametrize("kind", ["wireguard", "amneziawg", "openvpn"])
def test_the_diff_shows_what_changes_but_no_key(
    panel: Simulator, client: PanelClient, tmp_path: Path, kind: str
) -> None:
    file = tmp_path / "a"
    before = saved(client, file, kind).decode()
    file.write_text(before.replace("203.0.113.200", "192.0.2.99"))
    diff = profile(client, file, kind)["diff"]
    assert "192.0.2.99" in diff["before"]
    assert "203.0.113.200" in diff["after"]
    hidden = [line.partition("= ")[2] for line in before.splitlines() if line.startswith("PrivateKey")]
    hidden += before.partition("<key>\n")[2].splitlines()[1:2]
    assert hidden
    assert [secret for secret in hidden if secret in str(diff)] == []


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("answer", ["", "<h1>Login</h1>", "aGVsbG8=", [], None, {"a": 1}, {"a": {"b": "c"}}])
def test_an_answer_that_is_no_profile_is_refused(
    panel: Simulator, client: PanelClient, tmp_path: Path, kind: str, answer: Any
) -> None:
    panel.fault("wrong_type", method="GET", path=f"client/alice/{OPERATIONS[kind]}", msg=answer, times=9)
    file = tmp_path / "a"
    file.write_bytes(b"what was there before")
    error = refused(client, file, kind)
    assert error.code == "answer_wrong_type"
    assert f"GET client/alice/{OPERATIONS[kind]} on {panel.url} failed: the answer is not a profile" in str(error)
    assert file.read_bytes() == b"what was there before"


@pytest.mark.parametrize("kind", FORMATS)
def test_the_profile_of_another_format_is_refused(
    panel: Simulator, client: PanelClient, tmp_path: Path, kind: str
) -> None:
    for other in ("wireguard", "amneziawg", "openvpn", "ikev2"):
        if other != kind:
            text = saved(client, tmp_path / "other", other).decode()
            panel.fault("wrong_type", method="GET", path=f"client/alice/{OPERATIONS[kind]}", msg=text)
            assert refused(client, tmp_path / "a", kind).code == "answer_wrong_type"


def test_every_bad_option_is_reported_before_anything_is_sent(panel: Simulator, client: PanelClient) -> None:
    options = {"name": "a/b", "dest": "/nowhere/a", "validate": "wg-quick strip"}
    error = failure(client, "client_profile", **options)
    assert isinstance(error, OptionError)
    for problem in ("name must", "does not exist", "%s"):
        assert problem in str(error)
    assert panel.counts() == {}


# --- Protocols


@pytest.mark.parametrize("flags", ["flat", "nested", "enabled"])
@pytest.mark.parametrize("kind", FORMATS)
def test_a_protocol_that_is_off_is_not_asked_for(
    panel: Simulator, connect: Connect, tmp_path: Path, kind: str, flags: str
) -> None:
    protocol = kind.removesuffix("_qr")
    panel.options.set(protocol_flags=flags)
    held = panel.panel.wireguard["Default"]
    held["protocols"] = [name for name in held["protocols"] if name != protocol]
    for check_mode in (False, True):
        panel.reset_counters()
        error = refused(connect(panel, check_mode=check_mode), tmp_path / "a", kind)
        assert error.code == "protocol_disabled"
        assert 'network "Default" of client alice does not offer' in str(error)
        assert panel.counts() == {"GET client/alice": 1, "GET network/Default": 1}


def test_without_flags_the_panel_itself_says_that_a_protocol_is_off(
    panel: Simulator, client: PanelClient, tmp_path: Path
) -> None:
    panel.options.set(protocol_flags="hidden")
    panel.panel.wireguard["Default"]["protocols"] = []
    error = refused(client, tmp_path / "a", "openvpn")
    assert error.code == "panel_refused"
    assert "OpenVPN is not enabled on the network Default" in error.panel_error


@pytest.mark.parametrize("codes", [False, True])
def test_a_token_that_may_not_read_networks_is_enough(
    panel: Simulator, client: PanelClient, tmp_path: Path, codes: bool
) -> None:
    panel.options.set(permissions="client:read", error_codes=codes)
    for kind in FORMATS:
        assert profile(client, tmp_path / kind, kind)["changed"] is True
    assert client.warnings == []


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "code": 403},
        {"kind": "status", "code": 404},
        {"kind": "error", "text": "Network not found"},
        {"kind": "wrong_type", "msg": None},
        {"kind": "wrong_type", "msg": ["a"]},
        {"kind": "wrong_type", "msg": {"wireguard": "10.0.0.1"}},
    ],
    ids=str,
)
def test_a_network_that_cannot_be_read_is_no_obstacle(
    panel: Simulator, client: PanelClient, tmp_path: Path, fault: dict[str, Any]
) -> None:
    panel.fault(fault.pop("kind"), method="GET", path="network/Default", times=9, **fault)
    assert profile(client, tmp_path / "a")["changed"] is True
    assert panel.counts() == requests_for("wireguard")


@pytest.mark.parametrize("held", [None, "", {}, {"name": None}, [], {"name": ["Default"]}], ids=str)
def test_a_client_that_does_not_show_its_network(
    panel: Simulator, client: PanelClient, tmp_path: Path, held: Any
) -> None:
    panel.fault("wrong_type", method="GET", path="client/alice", msg={"name": "alice", "network": held})
    assert profile(client, tmp_path / "a")["changed"] is True
    assert panel.counts() == {"GET client/alice": 1, "GET client/alice/config/text": 1}


def test_an_older_panel_without_the_operation_is_reported(
    panel: Simulator, client: PanelClient, tmp_path: Path
) -> None:
    panel.fault("status", method="GET", path="client/alice/amneziawg/config", code=404, times=9)
    error = refused(client, tmp_path / "a", "amneziawg")
    assert error.code == "unknown_operation"
    assert "GET client/alice/amneziawg/config" in str(error)


# --- Clients that do not exist


def test_a_client_that_is_not_there(panel: Simulator, connect: Connect, tmp_path: Path) -> None:
    error = failure(connect(panel), "client_profile", name="nobody", dest=str(tmp_path / "a"))
    assert error.code == "not_found"
    checking = connect(panel, check_mode=True)
    predicted = run(checking, "client_profile", name="nobody", dest=str(tmp_path / "a"))
    assert (predicted["changed"], predicted["checksum"]) == (True, None)
    assert checking.warnings == ["In check mode it is assumed that client nobody exists."]


def test_check_mode_assumes_the_folder(panel: Simulator, connect: Connect, tmp_path: Path) -> None:
    checking = connect(panel, check_mode=True)
    assert profile(checking, tmp_path / "later" / "a")["changed"] is True
    assert checking.warnings == [f"In check mode it is assumed that the directory {tmp_path / 'later'} exists."]


def test_an_answer_with_another_client_is_refused(panel: Simulator, client: PanelClient, tmp_path: Path) -> None:
    panel.fault("wrong_type", method="GET", path="client/alice", msg={"name": "bob", "network_name": "Default"})
    assert refused(client, tmp_path / "a").code == "answer_wrong_object"


def test_no_error_shows_a_secret_of_the_client(panel: Simulator, client: PanelClient, tmp_path: Path) -> None:
    text = f"canary-al and {panel.panel.accounts['alice']['private_key']} are no secrets"
    panel.fault("error", method="GET", path="client/alice/config/text", text=text, times=9)
    error = refused(client, tmp_path / "a")
    assert error.panel_error == "******** and ******** are no secrets"


# --- One-time links


def link(client: PanelClient, **options: Any) -> dict[str, Any]:
    return run(client, "client_link", name="alice", **options)


@pytest.mark.parametrize("reply", ["text", "object", "nested"])
def test_a_link_takes_one_request_and_is_returned_unchanged(panel: Simulator, client: PanelClient, reply: str) -> None:
    panel.options.set(link_reply=reply)
    result = link(client, include_secrets=True)
    (key,) = panel.panel.otls
    assert without_summary(result) == {
        "changed": True,
        "url": f"https://vpn.example.com/otl/{key}",
        "diff": {"before": {}, "after": {"link": "a new one"}},
    }
    (request,) = panel.requests
    assert (request.method, request.path, request.body) == ("POST", "client/alice/otl", b"")
    assert client.warnings == []


def test_every_run_creates_a_link(panel: Simulator, client: PanelClient) -> None:
    urls = {link(client, include_secrets=True)["url"] for _run in range(2)}
    assert len(urls) == len(panel.panel.otls) == 2


def test_without_include_secrets_the_link_is_not_shown(panel: Simulator, client: PanelClient) -> None:
    result = link(client)
    (key,) = panel.panel.otls
    assert without_summary(result) == {"changed": True, "diff": {"before": {}, "after": {"link": "a new one"}}}
    (warning,) = client.warnings
    assert "include_secrets: true" in warning
    assert key not in warning
    assert client.redact(f"see {key}") == "see ********"


def test_check_mode_creates_no_link(panel: Simulator, connect: Connect) -> None:
    checking = connect(panel, check_mode=True)
    predicted = link(checking, include_secrets=True)
    assert without_summary(predicted) == {
        "changed": True,
        "url": None,
        "diff": {"before": {}, "after": {"link": "a new one"}},
    }
    assert panel.counts() == {"GET client/alice": 1}
    assert checking.warnings == []
    assert run(checking, "client_link", name="nobody")["changed"] is True
    assert checking.warnings == ["In check mode it is assumed that client nobody exists."]
    assert panel.panel.otls == {}


def test_a_link_for_nobody(panel: Simulator, client: PanelClient) -> None:
    assert failure(client, "client_link", name="nobody").code == "not_found"
    assert isinstance(failure(client, "client_link", name="a/b"), OptionError)


@pytest.mark.parametrize("kind", ["drop_after", "drop_before", "short_body", "login_page", "bad_utf8"])
def test_a_link_whose_answer_was_lost_is_not_made_twice(panel: Simulator, client: PanelClient, kind: str) -> None:
    panel.fault(kind, method="POST", path="client/alice/otl")
    error = failure(client, "client_link", name="alice", include_secrets=True)
    assert error.code == "write_fate_unknown"
    assert "cannot list links" in str(error)
    assert panel.counts() == {"POST client/alice/otl": 1}


GOOD, OTHER = "https://192.168.131.11:8098/otl/0123abc", "https://192.168.131.11:8098/otl/4567def"


@pytest.mark.parametrize(
    "answer",
    [
        GOOD,
        {"url": GOOD},
        {"a": {"b": {"c": [{"d": GOOD}]}}},
        [GOOD],
        {"url": GOOD, "again": GOOD},
        {"url": GOOD, "message": f"Send {GOOD} to the user", "docs": "https://vpn.example.com/doc"},
        {"url": GOOD, "expires": "2026-12-24", "uses": 1, "note": None},
    ],
    ids=str,
)
def test_the_one_link_is_found_wherever_it_is(panel: Simulator, client: PanelClient, answer: Any) -> None:
    panel.fault("wrong_type", method="POST", path="client/alice/otl", msg=answer)
    assert link(client, include_secrets=True)["url"] == GOOD


@pytest.mark.parametrize("body", [{"url": GOOD}, [GOOD], GOOD], ids=str)
def test_a_link_without_an_envelope_is_found(panel: Simulator, client: PanelClient, body: Any) -> None:
    panel.fault("wrong_type", method="POST", path="client/alice/otl", body=body)
    assert link(client, include_secrets=True)["url"] == GOOD


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("", "no link"),
        (None, "no link"),
        ({"url": 7}, "no link"),
        ("https://vpn.example.com/login", "no link"),
        ([GOOD, OTHER], "2 different links"),
        ({"url": GOOD, "old": {"url": OTHER}}, "2 different links"),
        (f"Send {GOOD} to the user", "contains white space or control characters"),
        (f"{GOOD}\n", "contains white space or control characters"),
        (f"{GOOD}\x1b[2J", "contains white space or control characters"),
        ("https://u:p@vpn.example.com/otl/0123abc", "contains user information"),
        ("javascript:alert(1)//otl/0123abc", "not an absolute http or https URL"),
        ("/otl/0123abc", "not an absolute http or https URL"),
        ("https://vpn.example.com/otl/", "not an absolute http or https URL"),
    ],
    ids=str,
)
def test_an_answer_without_exactly_one_link_is_refused(
    panel: Simulator, client: PanelClient, answer: Any, reason: str
) -> None:
    panel.fault("wrong_type", method="POST", path="client/alice/otl", msg=answer)
    error = failure(client, "client_link", name="alice", include_secrets=True)
    assert error.code == "answer_wrong_type"
    assert f"POST client/alice/otl on {panel.url} failed: the answer contains " in str(error)
    assert reason in str(error)
    assert "A link may have been created" in str(error)
    assert "0123abc" not in str(error)
    assert panel.counts() == {"POST client/alice/otl": 1}
