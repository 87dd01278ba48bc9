# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role backup: enough good archives, and never the loss of one."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.puqcloud.puqvpn.tests.playbooks.runs import (
    COLLECTION,
    EITHER_GENERATION,
    Playbook,
    Run,
    Start,
    environment_of,
    play_of_panels,
    variables_of,
)
from simulator import Simulator

PANEL = "vpn.example.com"
SUMS = "SHA256SUMS"
STORE = "Remove intact archives beyond the number to keep, and list the others"
REPORT = "Report what went wrong"

Backup = Callable[..., Run]


@pytest.fixture
def panel(start: Start) -> Simulator:
    """The panel to back up."""
    return start()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the panel on the controller, which is not there yet."""
    return tmp_path / "backups" / PANEL


@pytest.fixture
def backup(panel: Simulator, folder: Path, playbook: Playbook, tmp_path: Path) -> Backup:
    """Run the role for a host that nothing but the name is known of; options are its variables without their prefix."""
    play = tmp_path / "backup.yml"
    header = {"name": "Test", "hosts": PANEL, "gather_facts": False}
    play.write_text(yaml.safe_dump([{**header, "roles": ["puqcloud.puqvpn.backup"]}]))

    def run(*arguments: str, **options: Any) -> Run:
        options = {"folder": folder.parent, **options}
        variables = [f"-epuqvpn_backup_{name}={value}" for name, value in options.items()]
        return playbook(play, "-i", f"{PANEL},", *variables, *arguments, **environment_of(panel))

    return run


def _mode(path: Path) -> str:
    return f"{stat.S_IMODE(path.stat().st_mode):04o}"


def _archives(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.zip"))


def _listed(folder: Path) -> dict[str, str]:
    """The names and checksums in the list, as sha256sum writes and reads it."""
    lines = (folder / SUMS).read_text().splitlines()
    return {name: checksum for checksum, name in (line.split("  ") for line in lines)}


def _sums(folder: Path, names: list[str]) -> dict[str, str]:
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}


def _damage(path: Path) -> None:
    """Turn one bit in the middle around."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_an_archive_is_kept_once_and_for_nobody_else(panel: Simulator, folder: Path, backup: Backup) -> None:
    first = backup()
    assert first.code == 0, first.output
    (name,) = panel.panel.backups
    assert (folder / name).read_bytes() == panel.panel.backups[name]["archive"]
    assert _listed(folder) == _sums(folder, [name])
    assert {path.name: _mode(path) for path in folder.iterdir()} == {name: "0600", SUMS: "0600"}
    assert (_mode(folder), _mode(folder.parent)) == ("0700", "0700")
    panel.reset_counters()
    again = backup()
    assert again.code == 0, again.output
    assert again.changed == []
    assert panel.counts() == {"GET backups": 2, f"GET backups/{name}": 1}


def test_as_many_as_wanted_are_kept_and_only_those_of_the_role_removed(
    panel: Simulator, folder: Path, backup: Backup
) -> None:
    folder.mkdir(parents=True)
    foreign = {"by-hand.zip": "mine", f"{PANEL}_2020-01-31_18-00-00.zip": "old", "notes.txt": "text"}
    for name, content in foreign.items():
        (folder / name).write_text(content)
    for number in range(1, 5):
        run = backup(keep=2, max_age=0)
        assert run.code == 0, run.output
        newest = sorted(panel.panel.backups)[-2:]
        assert len(panel.panel.backups) == number
        assert sorted(path.name for path in folder.iterdir()) == sorted([*foreign, *newest, SUMS])
        assert _listed(folder) == _sums(folder, newest)
    assert {name: (folder / name).read_text() for name in foreign} == foreign
    # The archive of the last run is enough when there is to be only one.
    run = backup(keep=1)
    assert run.code == 0, run.output
    assert list(_listed(folder)) == newest[-1:]
    assert sorted(path.name for path in folder.iterdir()) == sorted([*foreign, newest[-1], SUMS])


def test_damaged_archives_never_take_the_place_of_a_good_one(panel: Simulator, folder: Path, backup: Backup) -> None:
    for _run in range(3):
        assert backup(keep=3, max_age=0).code == 0
    good, damaged, cut = _archives(folder)
    _damage(folder / damaged)
    (folder / cut).write_bytes(b"")
    # Nothing new comes: what is there stays as it is.
    panel.fault("status", code=500, method="POST", path="backups", times=None)
    run = backup(keep=1, max_age=0)
    assert run.code != 0
    assert _archives(folder) == [good, damaged, cut]
    panel.clear_faults()
    run = backup(keep=2, max_age=0)
    (new,) = set(_archives(folder)) - {good, damaged, cut}
    assert _archives(folder) == [good, damaged, cut, new]
    assert run.code != 0
    said = run.result_of(REPORT)["msg"]
    assert f"Archives in {folder} are damaged: {damaged}, {cut}." in said
    # The advice is followed, and all is well.
    (folder / damaged).unlink()
    (folder / cut).unlink()
    run = backup(keep=2)
    assert run.code == 0, run.output
    assert _listed(folder) == _sums(folder, [good, new])


def test_an_archive_of_the_panel_that_is_damaged_here_is_downloaded_again(
    panel: Simulator, folder: Path, backup: Backup
) -> None:
    assert backup().code == 0
    (name,) = _archives(folder)
    _damage(folder / name)
    predicted = backup("--check")
    happened = backup()
    assert (predicted.code, happened.code) == (0, 0), predicted.output + happened.output
    assert predicted.changed == happened.changed == ["Download the archive and check that it is complete"]
    assert (folder / name).read_bytes() == panel.panel.backups[name]["archive"]


def test_an_archive_that_is_damaged_on_the_panel_costs_none_of_those_here(
    panel: Simulator, folder: Path, backup: Backup
) -> None:
    assert backup(max_age=0).code == 0
    kept = _archives(folder)
    panel.panel.add_backup("newer.zip", "2099-01-31T18:00:17+01:00")["archive"] = b"PK\x03\x04 and no more"
    run = backup(keep=1)
    assert run.code != 0
    assert run.result_of("Download the archive and check that it is complete")["error_code"] == "archive_damaged"
    assert _archives(folder) == kept


def test_check_mode_changes_nothing_and_predicts_it(panel: Simulator, folder: Path, backup: Backup) -> None:
    run = backup("--check")
    assert run.code == 0, run.output
    assert run.changed == ["Ensure that a recent archive exists", STORE]
    assert panel.counts() == {"GET backups": 1}
    assert not folder.parent.exists()

    assert backup(max_age=0).code == backup(max_age=0).code == 0
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    predicted = backup("--check", "--diff", keep=1, max_age=0)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    happened = backup("--diff", keep=1, max_age=0)
    assert (predicted.code, happened.code) == (0, 0), predicted.output + happened.output
    assert STORE in predicted.changed
    # What depends on the name of the new archive can only be told when there is one.
    assert set(happened.changed) - set(predicted.changed) == {"Download the archive and check that it is complete"}
    removed = [run.result_of(STORE)["results"][0]["removed"] for run in (predicted, happened)]
    assert removed[0] == removed[1]
    assert len(removed[0]) == 2


def test_a_copy_by_ftp_that_fails_is_told_when_the_archive_is_safe(
    panel: Simulator, folder: Path, backup: Backup
) -> None:
    panel.options.set(ftp_fails=True)
    panel.panel.backup_config.update(backup_to_ftp=True, ftp_server="f", ftp_user="u", ftp_password="p")
    run = backup()
    (name,) = panel.panel.backups
    assert run.code != 0
    said = run.result_of(REPORT)["msg"]
    assert f"The archive {name} was created and is on the panel, only its copy by FTP is missing" in said
    assert _listed(folder) == _sums(folder, [name])


def test_another_failure_is_one_at_once(panel: Simulator, folder: Path, backup: Backup) -> None:
    panel.fault("error", text="Error backup creation: disk full", method="POST", times=None)
    run = backup()
    assert run.code != 0
    assert "disk full" in run.result_of("Ensure that a recent archive exists")["msg"]
    assert not folder.parent.exists()


def test_no_archive_is_created_for_a_folder_that_cannot_be(panel: Simulator, folder: Path, backup: Backup) -> None:
    folder.parent.write_text("mine")
    run = backup()
    assert run.code != 0
    said = run.result_of(REPORT)["msg"]
    assert said == (
        f"Nothing was created, downloaded or removed. {folder} cannot be created in {folder.parent}. "
        "Choose another folder."
    )
    assert panel.connections == 0


def test_keeping_nothing_is_refused(panel: Simulator, folder: Path, backup: Backup) -> None:
    run = backup(keep=0)
    assert run.code != 0
    assert run.result_of(REPORT)["msg"] == (
        "Nothing was created, downloaded or removed. puqvpn_backup_keep is 0, and must be at least 1."
    )
    assert panel.counts() == {}


def _tree(folder: Path) -> dict[str, Any]:
    """Everything in a folder, without following or opening what is no file."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        if path.is_file() and not path.is_symlink()
        else os.lstat(path)[:2]
        for path in folder.rglob("*")
    }


@pytest.fixture
def fleet(start: Start, playbook: Playbook, tmp_path: Path) -> Callable[..., tuple[Run, dict[str, str]]]:
    """Run the role on panels by name, and return the run and the failures by the name of the panel."""

    def run(panels: dict[str, Simulator], **options: Any) -> tuple[Run, dict[str, str]]:
        hosts = {name: variables_of(panel) for name, panel in panels.items()}
        inventory, play, failures = tmp_path / "inventory.yml", tmp_path / "fleet.yml", tmp_path / "failures.json"
        inventory.write_text(yaml.safe_dump({"all": {"hosts": hosts}}))
        variables = {f"puqvpn_backup_{name}": value for name, value in options.items()}
        role = {"name": "Back up", "ansible.builtin.include_role": {"name": "puqcloud.puqvpn.backup"}}
        keep = {"name": "Keep why", "ansible.builtin.set_fact": {"why": "{{ ansible_failed_result.msg | string }}"}}
        write = {
            "name": "Write down why",
            "ansible.builtin.copy": {"content": "{{ told | to_json }}", "dest": str(failures), "mode": "0600"},
            "vars": {
                "told": "{{ dict(ansible_play_hosts_all | zip(ansible_play_hosts_all | map('extract', hostvars) "
                "| map(attribute='why', default=''))) }}"
            },
            "run_once": True,
        }
        content = play_of_panels(EITHER_GENERATION, tasks=[{"block": [role], "rescue": [keep]}, write])
        content["vars"].update(variables)
        play.write_text(yaml.safe_dump([content], sort_keys=False))
        done = playbook(play, "-i", str(inventory), "-f", "10")
        return done, {name: told for name, told in json.loads(failures.read_text()).items() if told}

    return run


def test_no_panel_gets_out_of_its_folder(
    start: Start, fleet: Callable[..., tuple[Run, dict[str, str]]], tmp_path: Path
) -> None:
    # By the name of the host: what its newest archive is called, and what the failure says of it.
    names: dict[str, tuple[Any, str]] = {
        "list": (SUMS, "the name of the checksum list"),
        "lower": ("sha256sums", "the name of the checksum list"),
        "above": ("../../authorized_keys", "not a file name"),
        "absolute": (str(tmp_path / "controller" / "pwned"), "not a file name"),
        "lines": (f"a\u2028{'0' * 64}  ..\u2028b.zip", "not a file name"),
        "control": ("a\x1b[2J\r\n\x85b.zip", "not a file name"),
        "option": ("-rf", "not a file name"),
        "template": ("{{ lookup('ansible.builtin.pipe', 'touch pwned') }}.zip", "not a file name"),
        "nothing": (None, "not a file name"),
        "number": (7, "not a file name"),
        "foreign": ("notes.txt", "that this role did not write"),
        "linked": ("linked.zip", "that this role did not write"),
    }
    controller = tmp_path / "controller"
    backups = controller / "backups"
    backups.mkdir(parents=True)
    (controller / "authorized_keys").write_text("mine")
    panels = {}
    for host, (name, _told) in names.items():
        panels[host] = start()
        archive = {"backup_name": name, "creation_date": datetime.now(timezone.utc).isoformat(), "size": 1}
        panels[host].fault("wrong_type", method="GET", path="backups", msg={"backups": [archive]})
        (backups / host).mkdir(mode=0o700)
        (backups / host / "notes.txt").write_text("mine")
        (backups / host / "linked.zip").symlink_to(controller / "authorized_keys")
    before = _tree(controller)
    run, failures = fleet(panels, folder=str(backups))
    assert run.code == 0, run.output
    assert _tree(controller) == before
    assert not (run.home / "pwned").exists()
    assert "{{ lookup('ansible.builtin.pipe', 'touch pwned') }}.zip" in run.output
    assert failures.keys() == names.keys()
    for host, (_name, told) in names.items():
        assert told in failures[host], failures[host]
        assert failures[host].startswith("Nothing was downloaded or removed. The panel shows an archive named ")
        assert failures[host].isascii()
        assert failures[host].isprintable()
        assert panels[host].counts() == {"GET backups": 1}
    # Later runs, with archives of other names, are as good as ever.
    run, failures = fleet({host: panels[host] for host in ("list", "lines")}, folder=str(backups))
    assert (run.code, failures) == (0, {}), run.output
    for host in ("list", "lines"):
        (name,) = panels[host].panel.backups
        assert _listed(backups / host) == _sums(backups / host, [name])


def test_a_list_or_a_folder_that_is_not_the_roles_costs_nothing(
    start: Start, fleet: Callable[..., tuple[Run, dict[str, str]]], tmp_path: Path
) -> None:
    controller = tmp_path / "controller"
    backups, elsewhere = controller / "backups", controller / "elsewhere"
    content, digest = b"PK an archive", hashlib.sha256(b"PK an archive").hexdigest()
    good = f"{digest}  1.zip\n{digest}  2.zip\n{digest}  3.zip\n"
    lists = {
        "above": f"{good}{digest}  ..\n",
        "itself": f"{good}{digest}  .\n",
        "elsewhere": f"{digest}  ../above/1.zip\n{good}",
        "absolute": f"{digest}  {elsewhere}/1.zip\n{good}",
        "split": f"{digest}  1.zip\u2028{digest}  ..\n{good}",
        "twice": f"{good}{digest}  1.zip\n",
        "blank": f"{good}\n",
        "template": f"{good}{digest}  {{{{ 6 * 7 }}}}\n",
    }
    for host in (*lists, "pipe", "link", "folder", "good"):
        (backups / host).mkdir(parents=True)
        for number in range(1, 4):
            (backups / host / f"{number}.zip").write_bytes(content)
        (backups / host / SUMS).write_text(lists.get(host, good), encoding="utf-8")
    elsewhere.mkdir()
    (elsewhere / "1.zip").write_bytes(content)
    (elsewhere / SUMS).write_text(good)
    for host, replace in {
        "pipe": os.mkfifo,
        "link": lambda place: place.symlink_to(elsewhere / SUMS),
        "folder": lambda place: place.mkdir(),
    }.items():
        (backups / host / SUMS).unlink()
        replace(backups / host / SUMS)
    (backups / "linked").symlink_to(elsewhere)
    panels = {host: start() for host in (*lists, "pipe", "link", "folder", "linked", "..", "good")}
    panels["next"] = start(generation=2)
    before = _tree(controller)
    run, failures = fleet(panels, folder=str(backups), keep=1)
    assert run.code == 0, run.output
    assert set(failures) == set(panels) - {"good"}
    assert "{{ 6 * 7 }}" in run.output
    refused = (
        f"{panels['next'].url}: puqvpn_backup supports 1.x panels only, and token is the credential of a 2.x panel. "
    )
    assert failures.pop("next").startswith(refused)
    assert panels["next"].connections == 0
    for host, told in failures.items():
        assert told.startswith("Nothing was created, downloaded or removed. "), told
        assert told.isascii()
        assert told.isprintable()
        assert panels[host].connections == 0
    for host in lists:
        assert f"of {backups}/{host}/{SUMS} is '" in failures[host]
        assert failures[host].endswith(
            "Correct them, or remove the list. The archives then count as files that this role did not write."
        )
    after = _tree(controller)
    assert {path: held for path, held in after.items() if not path.startswith("backups/good")} == {
        path: held for path, held in before.items() if not path.startswith("backups/good")
    }
    assert list(_listed(backups / "good")) == list(panels["good"].panel.backups)
    assert len(list((backups / "good").iterdir())) == 2


def test_the_example_of_the_readme_works(start: Start, playbook: Playbook, tmp_path: Path) -> None:
    panels = {"vpn1.example.com": start(), "vpn2.example.com": start()}
    hosts = {name: {"puqvpn_url": panel.url, "puqvpn_access_hash": panel.credential} for name, panel in panels.items()}
    inventory, play, backups = tmp_path / "inventory.yml", tmp_path / "readme.yml", tmp_path / "backups"
    inventory.write_text(yaml.safe_dump({"panels": {"hosts": hosts}}))
    (text,) = re.findall(r"```yaml\n(.*?)```", (COLLECTION / "roles/backup/README.md").read_text(), re.DOTALL)
    play.write_text(text.replace("/srv/backups/panels", str(backups)))
    run = playbook(play, "-i", str(inventory))
    assert run.code == 0, run.output
    for name, panel in panels.items():
        assert _archives(backups / name) == list(panel.panel.backups)
