# Copyright (c) 2026 PUQ VPN collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a task on a hostile panel up to the edge to Ansible, and say what is wrong with how it ends."""

from __future__ import annotations

import functools
import json
import math
import re
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.utils.unsafe_proxy import wrap_var
from ansible_collections.puqcloud.puqvpn.plugins.module_utils import _client, _rotate_keys, _task
from ansible_collections.puqcloud.puqvpn.plugins.module_utils._client import PanelClient, Transport
from ansible_collections.puqcloud.puqvpn.plugins.plugin_utils._file_tools import FileTools
from ansible_collections.puqcloud.puqvpn.tests.hostile.scenarios import Play
from ansible_collections.puqcloud.puqvpn.tests.hostile.watch import Surroundings, Watched, watching
from ansible_collections.puqcloud.puqvpn.tests.unit.panels import connection_options
from ansible_collections.puqcloud.puqvpn.tests.unit.scenarios import PAIRS, state_of
from ansible_collections.puqcloud.puqvpn.tests.unit.tasks import module_of
from cryptography.hazmat.primitives import serialization
from simulator import Simulator, material

# In characters, of a sentence: where it is from, the panel's words, the hint, and a list of names or problems.
LONGEST_SENTENCE = 4000
OUR_CODE = "/plugins/"


# --- Panels


@dataclass
class Site(Surroundings):
    """A panel of each generation, and the folder of the tasks on them."""

    panels: dict[int, Simulator]


class Clock(threading.local):
    """The time as a client sees it that does not wait for its pauses."""

    def __init__(self) -> None:
        self.paused = 0.0

    def sleep(self, seconds: float) -> None:
        """Note a pause instead of waiting for it."""
        self.paused += seconds

    def monotonic(self) -> float:
        """The seconds since some moment, pauses included."""
        return time.monotonic() + self.paused


def hasten(patch: pytest.MonkeyPatch) -> None:
    """Let tasks wait for no pause and be measured, and the simulator make and load each key once."""
    clock = Clock()
    patch.setattr(_client, "time", SimpleNamespace(monotonic=clock.monotonic))
    patch.setattr(Transport, "send", _noting(Transport.send))
    patch.setattr(_task, "PanelClient", functools.partial(PanelClient, sleep=clock.sleep))
    patch.setattr(material, "rsa_key", functools.lru_cache(maxsize=None)(material.rsa_key))
    load = functools.lru_cache(maxsize=None)(serialization.load_pem_private_key)
    patch.setattr(serialization, "load_pem_private_key", load)
    # Every run of a task must leave the same behind.
    patch.setattr(_rotate_keys, "new_pair", lambda: PAIRS[6])


# --- A run


@dataclass
class Ending:
    """How a task ended, what it did on the way, and what was there afterwards."""

    result: dict[str, Any]
    failed: bool
    warnings: list[str]
    watched: Watched
    state: dict[str, Any]
    requests: list[tuple[str, str, bytes]]
    answers: list[tuple[str, str, bytes]]
    slowest: float = 0.0
    escaped: str = ""

    @property
    def sentence(self) -> str:
        """What a failed task says."""
        return str(self.result.get("msg", ""))


@dataclass
class Exchanges:
    """The exchanges of a task: how long each took, and what was answered."""

    after_each: Callable[[str, str], None] = lambda _method, _path: None
    seconds: list[float] = field(default_factory=list)
    answers: list[tuple[str, str, bytes]] = field(default_factory=list)


@contextmanager
def noting_exchanges(after_each: Callable[[str, str], None]) -> Iterator[Exchanges]:
    """Note what goes over the transport of this thread."""
    noted = Exchanges(after_each)
    _NOTED.exchanges = noted
    try:
        yield noted
    finally:
        _NOTED.exchanges = None


_NOTED = threading.local()


def _noting(send: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(send)
    def noting(transport: Transport, method: str, path: str, **content: Any) -> Any:
        noted: Exchanges | None = getattr(_NOTED, "exchanges", None)
        if noted is None:
            return send(transport, method, path, **content)
        start = time.monotonic()
        try:
            answer = send(transport, method, path, **content)
        finally:
            noted.seconds.append(time.monotonic() - start)
        noted.answers.append((method, path, answer.content))
        noted.after_each(method, path)
        return answer

    return noting


def perform(
    play: Play, site: Site, after_each: Callable[[str, str], None] = lambda _method, _path: None, **connection: Any
) -> Ending:
    """Run a task as an action plugin does, up to the result that Ansible gets."""
    panel = site.panels[play.generation]
    task = module_of(play.scenario.module).TASK
    options = connection_options(panel, **{"busy_timeout": 1, "retries": 1, **connection})
    given = {name: value for name, value in options.items() if value is not None}
    checked = ArgumentSpecValidator(task.argument_spec).validate({**given, **play.given(site.folder)})
    assert not checked.error_messages, checked.error_messages
    tools = FileTools(checked.validated_parameters, check_mode=False)
    outcome, escaped = _task.Outcome({}), ""
    with watching() as watched, noting_exchanges(after_each) as exchanges:
        try:
            outcome = task.attempt(checked.validated_parameters, check_mode=False, file_tools=tools)
            # What an action plugin and Ansible do with a result.
            wrap_var(outcome.result)
            json.dumps(outcome.result)
        except Exception as error:
            escaped = _origin_of(error)
    return Ending(
        dict(outcome.result),
        outcome.failed,
        list(outcome.warnings),
        watched,
        snapshot(panel, site.folder),
        [(request.method, request.path, request.body) for request in panel.requests],
        exchanges.answers,
        max(exchanges.seconds, default=0.0),
        escaped,
    )


def snapshot(panel: Simulator, folder: Path) -> dict[str, Any]:
    """All that a panel and a folder hold; of an archive made now, the name does not tell the second."""
    state = state_of(panel, folder)
    state["files"] = {re.sub(r"_[-0-9_]+\.zip$", "_now.zip", name): content for name, content in state["files"].items()}
    return state


def _origin_of(error: BaseException) -> str:
    """An exception that is none of ours, and the last place in our code that it came through."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if OUR_CODE in frame.filename]
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno} {frames[-1].name}" if frames else "the test"
    return f"{type(error).__name__} in {place}: {str(error)[:100]!a}"


# --- What is wrong with it


def objections(ending: Ending, folder: Path) -> Iterator[str]:
    """What a task may never do, whatever the panel answers."""
    if ending.escaped:
        yield f"an exception escapes: {ending.escaped}"
    for path in ending.watched.outside(folder):
        yield f"touched {path!a}"
    for process in ending.watched.started:
        yield f"started {process!a}"
    yield from _objections_to_files(folder)
    if ending.failed:
        yield from _objections_to_failure(ending)
    for text in ending.warnings:
        yield from objections_to_sentence("a warning", text)
    yield from _objections_to_data(ending.result)


def _objections_to_files(folder: Path) -> Iterator[str]:
    for file in folder.iterdir():
        if file.is_symlink() or not file.is_file() or not file.name.isprintable() or file.name.startswith((".", "-")):
            yield f"left {file.name!a} behind"


def _objections_to_failure(ending: Ending) -> Iterator[str]:
    yield from objections_to_sentence("msg", ending.sentence)
    if not ending.result.get("error_code"):
        yield "no error_code"
    panel_error = ending.result.get("panel_error")
    if not isinstance(panel_error, str) or (panel_error and not panel_error.isprintable()):
        yield f"panel_error is {panel_error!a:.100}"


def objections_to_sentence(what: str, text: str) -> Iterator[str]:
    if not text.strip():
        yield f"{what} is empty"
    unprintable = [one for one in text if not one.isprintable()]
    if unprintable:
        yield f"{what} cannot be printed: {unprintable[0]!a}"
    if len(text) > LONGEST_SENTENCE:
        yield f"{what} has {len(text)} characters"


def _objections_to_data(value: Any) -> Iterator[str]:
    """What Ansible, or a program that reads its output, cannot take."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeError:
        yield "the result holds text that is not Unicode"
    except RecursionError:
        yield "the result is nested too deeply"
    if any(isinstance(one, float) and not math.isfinite(one) for one in _leaves(value)):
        yield "the result holds a number that is not finite"


def _leaves(value: Any) -> Iterator[Any]:
    stack = [value]
    while stack:
        one = stack.pop()
        if isinstance(one, dict):
            stack += one.values()
        elif isinstance(one, list):
            stack += one
        else:
            yield one


# --- What is there


Identities = Counter[tuple[str, str]]

# What an error says of a write that may have been carried out.
UNSURE = ("unknown whether the write took effect", "may have taken effect")
# Families whose new members have a name that no task asks for.
MADE_UP = ("backups", "otls", "files")


def identities(state: dict[str, Any]) -> Identities:
    """The objects of a panel, and the files of the folder, whatever they hold."""
    found: Identities = Counter()
    for family in ("accounts", "wireguard", "files"):
        found.update((family, name) for name in state[family])
    found.update(
        ("port_forwards", f"{server} {key}") for server, keys in state["port_forwards"].items() for key in keys
    )
    found.update(("firewall_rules", rule["name"]) for rule in state["firewall_filter"])
    for family in ("backups", "otls"):
        found.update((family, name) for name in state[family])
    found.update(("sessions", session["name"]) for session in state["ikev2_online"])
    found.update(("certificates", part) for part in ("ca", "server") if state["ikev2"][f"{part}_cert"])
    return found


def losses(ending: Ending, play: Play, before: Identities, goal: Identities) -> Iterator[str]:
    """What is gone although it should stay, without a word, and what was made although nobody asked for it, or twice.

    Where a panel denies that something is there, a task rightly makes what it is about.
    """
    now, sentence = identities(ending.state), ending.sentence
    told = ending.failed and any(text in sentence for text in (*UNSURE, play.scenario.in_between or UNSURE[0]))
    for one in (before & goal) - now:
        # Whose a port forward is, only the panel can say.
        if not told and not (one[0] == "port_forwards" and play.scenario.completes):
            yield f"lost {one!a}"
    for (family, name), count in (now - (before | goal)).items():
        wanted = family in MADE_UP or name in repr(play.scenario.parameters)
        if not wanted or count > 1:
            yield f"there is one more {(family, name)!a}"
