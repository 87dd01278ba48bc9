# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A whole play in check mode on an empty panel ends without a failure, and the same for real does what that said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.puqcloud.puqvpn.tests.playbooks.runs import Playbook, Start, play_of_panels

CERTIFICATE = {"common_name": "vpn.example.com", "organization": "Example"}
FORWARD = {"wg_name": "office", "dst_port": 8443, "protocol": "tcp", "to_peer": "alice", "to_port": 443}


def tasks_for(folder: Path) -> list[dict[str, Any]]:
    """Tasks each of which needs something that those before it make."""

    def task(title: str, module: str, /, **options: Any) -> dict[str, Any]:
        return {"name": title, f"puqcloud.puqvpn.puqvpn_{module}": options}

    document = {
        "wireguard": [{"name": "shop", "address": "10.78.0.1/24", "listen_port": 51978}],
        "accounts": [{"name": "till", "wg_name": "shop"}],
        "port_forwards": [{**FORWARD, "wg_name": "shop", "to_peer": "till"}],
    }
    return [
        task("server", "wireguard", name="office", address="10.77.0.1/24", listen_port=51977),
        task("account", "account", name="alice", wg_name="office", allowed_ips="10.77.0.9", username="alice"),
        task("account without an address", "account", name="bob", wg_name="office"),
        task("account changed", "account", name="alice", b_download=50),
        task("port forward", "port_forward", **FORWARD),
        task("link", "account_link", name="alice"),
        {"name": "folder", "ansible.builtin.file": {"path": f"{folder}", "state": "directory", "mode": "0700"}},
        task("profile", "account_profile", name="alice", dest=f"{folder}/"),
        task("root", "ikev2", ca=CERTIFICATE),
        task("certificate", "ikev2", server={**CERTIFICATE, "domain": "vpn.example.com", "ip": "203.0.113.9"}),
        task("IKEv2", "ikev2", enabled=True),
        task("profile for IKEv2", "account_profile", name="alice", format="ikev2", dest=f"{folder}/alice.sswan"),
        task("session", "ikev2_session", name="alice"),
        task("rule", "firewall_rule", name="panel", action="ACCEPT", protocol="TCP", d_port=8098, position="top"),
        task("policy", "firewall", policy_input="DROP"),
        task("document", "apply", config=document),
        task("raw change", "request", method="PUT", path="account/bob", data={"status": "disable"}),
        task("raw read", "request", path="account/bob", expect={"status": "disable"}),
        task("gone", "account", name="bob", state="absent"),
    ]


@pytest.mark.parametrize("in_process", ["true", "false"], ids=["in process", "as a module"])
def test_a_whole_play_does_what_its_check_said(
    start: Start, playbook: Playbook, tmp_path: Path, in_process: str
) -> None:
    panel = start()
    tasks = tasks_for(tmp_path / "profiles")
    connection = {"url": panel.url, "access_hash": panel.credential}
    plays = [play_of_panels(connection, hosts="localhost", tasks=tasks, check_mode=check) for check in (True, False)]
    (tmp_path / "play.yml").write_text(yaml.safe_dump(plays, sort_keys=False))
    run = playbook(tmp_path / "play.yml", "--diff", PUQVPN_IN_PROCESS=in_process)
    assert run.code == 0, run.output
    checked = {entry["task"]: entry["result"] for entry in run.results[: len(tasks)]}
    happened = {entry["task"]: entry["result"] for entry in run.results[len(tasks) :]}
    assert list(checked) == list(happened) == [task["name"] for task in tasks]
    for name, told in (
        ("account", "WireGuard server office exists"),
        ("account changed", "account alice exists"),
        ("port forward", "account alice exists on WireGuard server office"),
        ("link", "account alice exists"),
        ("profile", f"the directory {tmp_path / 'profiles'} exists"),
        ("certificate", "the root certificate exists"),
        ("IKEv2", "the server certificate exists"),
        ("raw change", "account/bob shows the object to change by then"),
        ("raw read", "account/bob exists by then"),
    ):
        assert any(f"In check mode it is assumed that {told}" in str(one) for one in checked[name]["warnings"]), name
        assert "In check mode" not in str(happened[name].get("warnings"))
    changed = [name for name, result in happened.items() if result["changed"]]
    assert [name for name in happened if name not in changed] == ["session", "raw read"]
    # That something is there to be removed is never assumed: a play that has been run would never be unchanged.
    assert [name for name, result in checked.items() if result["changed"]] == [one for one in changed if one != "gone"]
    writes = [at for at, request in enumerate(panel.requests) if request.method != "GET"]
    assert writes[0] > len(tasks)
