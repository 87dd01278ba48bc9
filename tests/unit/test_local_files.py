# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module puqvpn_files, which needs no panel."""

from __future__ import annotations

import os
import pwd
import signal
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._module import files as module
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._task import Outcome, invocation, text_problems
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._file_tools import FileTools
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import WITHOUT_PANEL, module_of

TASK = module_of(WITHOUT_PANEL).TASK


def attempt(dest: Path | str, *, check_mode: bool = False, diff_mode: bool = True, **options: Any) -> Outcome:
    """The outcome of the task. Files are given as a dictionary of their contents by name."""
    files = [{"name": name, "content": content} for name, content in options.pop("files", {}).items()]
    validated = ArgumentSpecValidator(TASK.argument_spec).validate({"dest": str(dest), "files": files, **options})
    assert not validated.error_messages, validated.error_messages
    given = validated.validated_parameters
    tools = FileTools(given, check_mode=check_mode, diff_mode=diff_mode)
    outcome: Outcome = TASK.attempt(given, check_mode=check_mode, file_tools=tools)
    return outcome


def written(dest: Path | str, **options: Any) -> dict[str, Any]:
    """The result of a task that succeeds."""
    outcome = attempt(dest, **options)
    assert not outcome.failed, outcome.result
    return outcome.result


def refused(dest: Path | str, **options: Any) -> str:
    """The message of a task that refuses its options, with check mode and without."""
    predicted, happened = (attempt(dest, check_mode=check_mode, **options) for check_mode in (True, False))
    assert predicted.failed
    assert predicted.result == happened.result
    assert happened.result["error_code"] == "invalid_option"
    return str(happened.result["msg"])


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}


def mode(path: Path) -> str:
    return f"{stat.S_IMODE(path.stat().st_mode):04o}"


def test_files_are_written_and_removed_as_predicted_and_only_once(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "reports"
    folder.parent.mkdir()
    wanted: dict[str, Any] = {"files": {"a.txt": "one\n", "b \u00fc.csv": "\u00fc"}, "absent": ["old.zip", "never.txt"]}
    for before in ({}, {"old.zip": b"\xff", "a.txt": b"other", "c.txt": b"mine"}):
        folder.mkdir(exist_ok=True) if before else None
        for name, content in before.items():
            (folder / name).write_bytes(content)
        predicted = written(folder, check_mode=True, **wanted)
        assert contents(folder) == {**contents(folder), **before}
        assert folder.exists() is bool(before)
        happened = written(folder, **wanted)
        assert contents(folder) == {
            **{name: content for name, content in before.items() if name == "c.txt"},
            **{"a.txt": b"one\n", "b \u00fc.csv": "\u00fc".encode()},
        }
        assert predicted == {**happened, "msg": f"{happened['msg']} (check mode, nothing was written)"}
        assert happened["written"] == ["a.txt"] if before else ["a.txt", "b \u00fc.csv"]
        assert happened["removed"] == (["old.zip"] if before else [])
        again = written(folder, **wanted)
        assert (again["changed"], again["written"], again["removed"], again["diff"]) == (False, [], [], [])
        for name in happened["removed"]:
            assert {"before": {"path": f"{folder}/{name}", "state": "file"}} in [
                {"before": change["before"]} for change in happened["diff"]
            ]
    assert happened["dest"] == str(folder)
    assert happened["msg"] == f"1 written, 1 removed in {folder}"
    assert happened["diff"][-1] == {
        **{"before_header": f"{folder}/a.txt", "after_header": f"{folder}/a.txt"},
        **{"before": "other", "after": "one\n"},
    }


def test_modes_are_those_that_are_asked_for(tmp_path: Path) -> None:
    folder = tmp_path / "above" / "reports"
    before = os.umask(0)
    try:
        written(folder, files={"a.txt": ""})
        assert [mode(path) for path in (folder.parent, folder, folder / "a.txt")] == ["0700", "0700", "0600"]
        for options in ({"mode": "0644", "folder_mode": "0755"}, {"mode": "u=rw,go=r", "folder_mode": "u=rwx,go=rx"}):
            os.chmod(folder, 0o700)
            os.chmod(folder / "a.txt", 0o600)
            predicted = written(folder, check_mode=True, files={"a.txt": ""}, **options)
            assert (mode(folder), mode(folder / "a.txt")) == ("0700", "0600")
            assert predicted["changed"] is written(folder, files={"a.txt": ""}, **options)["changed"] is True
            assert (mode(folder), mode(folder / "a.txt")) == ("0755", "0644")
            assert written(folder, files={"a.txt": ""}, **options)["changed"] is False
        other = tmp_path / "other" / "reports"
        written(other, folder_mode="0750")
        assert [mode(path) for path in (other.parent, other)] == ["0750", "0750"]
        # Without the option, an existing folder keeps its mode.
        assert written(other)["changed"] is False
        assert mode(other) == "0750"
    finally:
        os.umask(before)


def test_a_user_of_check_mode_may_be_created_earlier(tmp_path: Path) -> None:
    outcome = attempt(tmp_path, check_mode=True, files={"a.txt": ""}, owner="nobody-knows")
    assert list(outcome.warnings) == ["In check mode it is assumed that the user nobody-knows exists."]
    assert outcome.result["written"] == ["a.txt"]
    assert (
        "owner names the user nobody-knows, which does not exist"
        in attempt(tmp_path, owner="nobody-knows").result["msg"]
    )
    own = pwd.getpwuid(os.getuid()).pw_name
    assert written(tmp_path, files={"a.txt": ""}, owner=own)["written"] == ["a.txt"]


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../a", "/etc/a", "a/b", "a\nb", "a\0b", "a\x1b[2J", "a\u2028b", "a\udc80"]
)
def test_a_name_never_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "reports"
    (tmp_path / "a").write_text("mine")
    for options in ({"files": {name: "x", "good.txt": "x"}}, {"absent": [name], "files": {"good.txt": "x"}}):
        message = refused(folder, **options)
        assert message.startswith("Nothing was written. ")
        assert f"is not the name of a file in {folder}: it must not contain a path." in message
        assert message.isprintable()
        assert not folder.exists()
    assert (tmp_path / "a").read_text() == "mine"


def test_nothing_but_regular_files_is_replaced_or_removed(tmp_path: Path) -> None:
    folder, mine = tmp_path / "reports", tmp_path / "mine"
    folder.mkdir()
    mine.write_text("mine")
    makers: dict[str, Callable[[Path], Any]] = {
        "a symbolic link": lambda path: path.symlink_to(mine),
        "a directory": Path.mkdir,
        "a named pipe": os.mkfifo,
    }
    for number, make in enumerate(makers.values()):
        make(folder / str(number))
    for number, found in enumerate(makers):
        for options in ({"files": {str(number): "x", "good.txt": "x"}}, {"absent": [str(number)]}):
            assert f"{folder}/{number} is {found}, and only regular files are replaced" in refused(folder, **options)
    assert (mine.read_text(), (folder / "good.txt").exists()) == ("mine", False)


def test_all_problems_are_reported_at_once(tmp_path: Path) -> None:
    options = {
        "files": {"a.txt": "x", "A.txt": "x", "b.txt": "\udc80"},
        **{"absent": ["a.txt", "b.txt"], "mode": "worldwide", "folder_mode": True},
    }
    assert refused(tmp_path, **options) == (
        "Nothing was written. "
        "mode must be an octal number such as '0640', or symbolic such as u=rw,g=r, not worldwide. "
        "folder_mode must be an octal number such as '0640', or symbolic such as u=rw,g=r, not True. "
        '"A.txt" differs from "a.txt" only by case, and both would be the same file. '
        '"a.txt" differs from "A.txt" only by case, and both would be the same file. '
        '"b.txt" is named twice, and both would be the same file. '
        'The content of "b.txt" is not valid Unicode text.'
    )
    assert contents(tmp_path) == {}


def test_the_folder_may_be_a_link_but_must_be_a_folder(tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "target")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    (tmp_path / "file").write_text("mine")
    assert written(tmp_path / "link", files={"a.txt": "x"})["dest"] == str(tmp_path / "target")
    assert contents(tmp_path / "target") == {"a.txt": b"x"}
    for dest, reason in (
        (tmp_path / "dangling", "is a symbolic link, not a folder"),
        (tmp_path / "file", "is a file, not a folder"),
        (tmp_path / "file" / "below", f"cannot be created in {tmp_path / 'file'}"),
        ("", "dest is empty"),
    ):
        assert reason in refused(dest, files={"a.txt": "x"})


def test_a_failure_leaves_the_files_that_it_did_not_reach(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("old")
    replace = FileTools.atomic_move

    def fail_for_b(tools: FileTools, src: str, dest: str, **options: Any) -> None:
        if dest.endswith("b.txt"):
            raise OSError(28, "No space left on device")
        replace(tools, src, dest, **options)

    monkeypatch.setattr(FileTools, "atomic_move", fail_for_b)
    outcome = attempt(tmp_path, files={"a.txt": "new", "b.txt": "new"})
    assert outcome.result["error_code"] == "file_not_written"
    assert f"dest {tmp_path}/b.txt could not be written (No space left on device)" in outcome.result["msg"]
    assert contents(tmp_path) == {"a.txt": b"new", "b.txt": b"old"}


def test_a_signal_does_not_come_between_a_removal_and_what_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "old.zip").write_text("old")
    remove = module._remove

    def remove_and_end(path: str) -> None:
        remove(path)
        signal.raise_signal(signal.SIGTERM)

    def end(*_args: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "_remove", remove_and_end)
    before = signal.signal(signal.SIGTERM, end)
    try:
        with pytest.raises(KeyboardInterrupt):
            attempt(tmp_path, files={"list": "new"}, absent=["old.zip"])
    finally:
        signal.signal(signal.SIGTERM, before)
    assert contents(tmp_path) == {"list": b"new"}


def test_contents_are_shown_in_diff_mode_only_and_never_among_the_options(tmp_path: Path) -> None:
    result = written(tmp_path, files={"a.txt": "c4nary"}, diff_mode=False)
    assert "c4nary" not in str(result)
    given = {"dest": str(tmp_path), "files": [{"name": "a.txt", "content": "c4nary"}]}
    assert invocation(given, TASK.argument_spec)["module_args"]["files"] == "********"
    # A text that is none is refused without it.
    (problem,) = text_problems(TASK.argument_spec, {"files": [{"name": "a.txt", "content": {"key": "c4nary"}}]})
    assert problem.startswith("files[0].content must be a string.")
    assert "c4nary" not in problem


def test_what_the_module_returns_is_documented(tmp_path: Path) -> None:
    documented = yaml.safe_load(module_of(WITHOUT_PANEL).RETURN)
    succeeded = written(tmp_path, files={"a.txt": "x"})
    tools = FileTools({}, check_mode=False)
    returned = {**tools.add_path_info(succeeded), **attempt("", files={}).result}
    assert returned.keys() - {"changed"} == documented.keys()
    types = {"str": str, "int": int, "list": list}
    assert [name for name in documented if not isinstance(returned[name], types[documented[name]["type"]])] == []
